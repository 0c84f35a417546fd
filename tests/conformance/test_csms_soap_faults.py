"""Every check of CSMSs on the SOAP wire can fail: see `test_csms_faults`."""

from typing import Any

import pytest

from conformance.peers.csms_judging import deviating, judged
from conformance.peers.soap_csms import SoapCsms
from conformance.peers.soap_csms_faults import FAULTS, Fault
from ocpp_core.conformance.envelopes import is_broken
from ocpp_core.conformance.rules import rules
from ocpp_core.conformance.verdicts import Verdict
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Wire

VERSIONS = ("1.2", "1.5", "1.6")
#: Faults of real CSMSs on this wire, by their ids in the list of such faults; and one that nobody has reported.
KNOWN = {"KB-21", "KB-29", "KB-100", "KB-101", "XP-15"}


def _block(rule: str) -> tuple[str, ...]:
    first = rule.partition(".")[0]
    return (
        ("payload.*", "boot.answered", "data-transfer.*", "heartbeat.*")
        if first == "payload"
        else (f"{first}.*",)
    )


@pytest.mark.parametrize("fault", [pytest.param(fault, id=f"{fault.rule}-{fault.name}") for fault in FAULTS])
def test_a_csms_with_one_fault_breaks_one_rule_of_its_block(fault: Fault) -> None:
    report = judged(fault.csms(fault.versions[0]), *_block(fault.rule), wire=Wire.SOAP)

    assert [fault.rule] == deviating(report)


@pytest.mark.deep
@pytest.mark.parametrize(
    "fault, version",
    [
        pytest.param(fault, version, id=f"{version}-{fault.rule}-{fault.name}")
        for fault in FAULTS
        for version in fault.versions
    ],
)
def test_a_csms_with_one_fault_breaks_one_rule_of_all(fault: Fault, version: str) -> None:
    report = judged(fault.csms(version), wire=Wire.SOAP)

    assert [fault.rule] == deviating(report)


@pytest.mark.parametrize("registration", ["Accepted", "Rejected"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_faultless_csms_is_clean(version: str, registration: str) -> None:
    patterns = () if registration == "Accepted" else ("boot.*", "envelope.*")
    report = judged(SoapCsms(version, registration), *patterns, wire=Wire.SOAP)

    assert [] == deviating(report)
    if registration == "Accepted":
        conforming = [each for each in report.outcomes if each.verdict is Verdict.CONFORMING]
        assert len(conforming) > 0.85 * len(report.outcomes)


def test_every_rule_of_this_wire_alone_is_broken_by_some_csms() -> None:
    wanted = {
        rule.id
        for rule in rules().values()
        if rule.roles & Role.CSMS and rule.wires == frozenset({Wire.SOAP})
    }

    assert set() == wanted - {fault.rule for fault in FAULTS}


def test_every_known_fault_of_a_csms_on_this_wire_has_one_of_its_kind() -> None:
    assert set() == KNOWN - {id for fault in FAULTS for id in fault.known}


@pytest.mark.parametrize(
    "expected, action, payload",
    [
        pytest.param(False, "Authorize", {"idTag": 7}, id="a number where text is due"),
        pytest.param(False, "MeterValues", {"connectorId": 1}, id="no values"),
        pytest.param(True, "MeterValues", {"connectorId": "seven"}, id="text where a number is due"),
        pytest.param(True, "Authorize", {}, id="no token"),
    ],
)
def test_what_xml_cannot_break_is_not_broken(expected: bool, action: str, payload: dict[str, Any]) -> None:
    assert expected == is_broken(specification("1.5"), Role.CSMS, action, payload)
