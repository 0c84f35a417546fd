"""The matrix of docs/translation-matrix.md, beside the table of the facts (section 1.1)."""

import pytest

from generate_docs import STEPS
from ocpp_core.model.specifications import specification
from translation_matrix import ANSWERED, EXACT, LOSSES, OTHER, REFUSED, SESSION, SILENT, Fate, fates

#: Requests, and those that go no further. DataTransfer, which either side sends, counts twice.
FACTS = {
    "1.2->1.5": (18, 0),
    "1.5->1.2": (25, 7),
    "1.5->1.6": (25, 0),
    "1.6->1.5": (40, 12),
    "1.6->2.0.1": (40, 0),
    "2.0.1->1.6": (65, 23),
    "2.0->2.0.1": (68, 1),
    "2.0.1->2.0": (65, 0),
    "2.0.1->2.1": (65, 0),
    "2.1->2.0.1": (92, 27),
}
#: What goes no further here by default, and can in the facts.
_EXTENSION = {
    "SignCertificate",
    "CertificateSigned",
    "InstallCertificate",
    "DeleteCertificate",
    "GetInstalledCertificateIds",
    "SecurityEventNotification",
}
_DATA_TRANSFER = {"CostUpdated", "Get15118EVCertificate", "GetCertificateStatus"}
HERE = {
    # The policy `has_security_extension`; emulation by DataTransfer, which is off; and a cache that a session has.
    "2.0.1->1.6": _EXTENSION | _DATA_TRANSFER | {"NotifyReport"},
    # The session makes a profile of it, see the next.
    "2.0->2.0.1": {"NotifyCentralChargingNeeds"},
}


def _of(step: tuple[str, str]) -> tuple[Fate, ...]:
    return fates(*step)


@pytest.mark.parametrize("step", STEPS, ids="->".join)
def test_as_many_requests_go_no_further_as_in_the_facts(step: tuple[str, str]) -> None:
    name = "->".join(step)
    here = {fate.action for fate in _of(step) if fate.kind in (REFUSED, ANSWERED, SILENT)}
    twice = "DataTransfer" in specification(step[0]).actions

    assert FACTS[name] == (len(_of(step)) + twice, len(here - HERE.get(name, set())) + _twice(name))
    assert HERE.get(name, set()) <= here


def _twice(name: str) -> int:
    """1.2 has no DataTransfer in either direction, so it goes no further twice."""
    return name == "1.5->1.2"


@pytest.mark.parametrize("step", STEPS, ids="->".join)
def test_what_is_exact_comes_back_exact_and_all_have_a_kind(step: tuple[str, str]) -> None:
    for fate in _of(step):
        assert fate.kind in (EXACT, LOSSES, OTHER, SESSION, REFUSED, ANSWERED, SILENT)
        if fate.kind == EXACT:
            assert ([fate.action], {}, {}, {}) == (fate.targets, fate.lost, fate.back, fate.answers)


def test_what_takes_a_session_is_transactions_and_settings() -> None:
    assert {
        *["StartTransaction", "StopTransaction", "RemoteStartTransaction", "RemoteStopTransaction"],
        *["ChangeConfiguration", "GetConfiguration"],
    } == {fate.action for fate in fates("1.6", "2.0.1") if fate.kind == SESSION}
    assert {
        *["TransactionEvent", "GetTransactionStatus", "RequestStartTransaction", "RequestStopTransaction"],
        *["GetVariables", "SetVariables", "GetBaseReport", "GetReport", "NotifyEvent"],
    } == {fate.action for fate in fates("2.0.1", "1.6") if fate.kind == SESSION}


def test_a_loss_is_named_once_with_its_mark() -> None:
    (boot,) = [fate for fate in fates("1.6", "2.0.1") if fate.action == "BootNotification"]

    assert {
        "+$.reason",
        "~$.chargeBoxSerialNumber",
        "+$.chargingStation.serialNumber",
        "-$.meterType",
        "-$.meterSerialNumber",
    } == set(boot.lost)
