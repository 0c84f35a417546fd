"""Every check of CSMSs can fail: a faultless CSMS is clean, and each with one fault breaks the one rule it is about."""

import pytest

from conformance.peers.csms import Csms
from conformance.peers.csms_faults import FAULTS as OF_FRAMES
from conformance.peers.csms_faults import Fault
from conformance.peers.csms_faults_blocks import FAULTS as OF_BLOCKS
from conformance.peers.csms_faults_charging import FAULTS as OF_CHARGING
from conformance.peers.csms_faults_messages import FAULTS as OF_MESSAGES
from conformance.peers.csms_faults_security import FAULTS as OF_SECURITY
from conformance.peers.csms_faults_security import encrypted
from conformance.peers.csms_faults_taking import FAULTS as OF_ANSWERS
from conformance.peers.csms_faults_wire import WIRE
from conformance.peers.csms_judging import deviating, judged
from ocpp_core.conformance.rules import Seen, rules
from ocpp_core.conformance.verdicts import Verdict
from ocpp_core.model.versions import Role, Wire

FAULTS: tuple[Fault, ...] = (
    *(*OF_FRAMES, *WIRE, *OF_CHARGING, *OF_MESSAGES, *OF_BLOCKS, *OF_SECURITY, *OF_ANSWERS),
)
VERSIONS = ("1.6", "2.0", "2.0.1", "2.1")
#: What gives overheard rules something to hear, beside the checks of frames.
_TALK = (
    "payload.*",
    "boot.answered",
    "status.answered",
    "heartbeat.*",
    "data-transfer.*",
    "transaction.started",
    "send.trigger-*",
    "send.password-variable",
    "send.first-period",
    "send.list-version",
)
#: The same of frames.
_FRAMES = (
    *(id for id, rule in rules().items() if rule.seen is Seen.OVERHEARD and id.startswith("frame.")),
    *(
        "frame.unknown-action",
        "frame.wrong-direction",
        "frame.any-id",
        "frame.crossing-calls",
        "frame.own-timeout",
    ),
    *("transaction.started", "transaction.stop-unknown", "refuse.required", "refuse.unknown-member"),
)
#: Faults of real CSMSs on the JSON wire, by their ids in the list of such faults; and some that nobody has reported.
KNOWN = {
    *(
        "KB-01",
        "KB-03",
        "KB-04",
        "KB-05",
        "KB-06",
        "KB-08",
        "KB-09",
        "KB-12",
        "KB-13",
        "KB-14",
        "KB-16",
        "KB-17",
    ),
    *(
        "KB-18",
        "KB-20",
        "KB-21",
        "KB-22",
        "KB-23",
        "KB-26",
        "KB-27",
        "KB-28",
        "KB-29",
        "KB-31",
        "KB-32",
        "KB-33",
    ),
    *("KB-34", "KB-36", "KB-37", "KB-38", "KB-39", "KB-41", "KB-42"),
    *("XP-2", "XP-3", "XP-4", "XP-5", "XP-6", "XP-7", "XP-8", "XP-10", "XP-11", "XP-12", "XP-13", "XP-14"),
}


def _block(rule: str) -> tuple[str, ...]:
    if rules()[rule].seen is Seen.OVERHEARD and not rule.startswith("connection."):
        return _FRAMES if rule.startswith("frame.") else _TALK
    if rule.startswith("taken."):
        # There are many of them, and each asks many times.
        return (rule, "taken.reset", "taken.clear-cache")
    return (f"{rule.partition('.')[0]}.*",)


@pytest.mark.parametrize("fault", [pytest.param(fault, id=f"{fault.rule}-{fault.name}") for fault in FAULTS])
def test_a_csms_with_one_fault_breaks_one_rule_of_its_block(fault: Fault) -> None:
    report = judged(fault.csms(fault.versions[0]), *_block(fault.rule))

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
    report = judged(fault.csms(version))

    assert [fault.rule] == deviating(report)


@pytest.mark.deep
@pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, id=fault.name) for fault in FAULTS if fault.rule.startswith("refuse.")],
)
def test_what_was_asked_for_is_not_found_again_by_generated_messages(fault: Fault) -> None:
    report = judged(fault.csms(fault.versions[0]), "refuse.*", "generated.broken")

    assert [fault.rule] == deviating(report)


@pytest.mark.parametrize("registration", ["Accepted", "Pending", "Rejected"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_faultless_csms_is_clean(version: str, registration: str) -> None:
    patterns = () if registration == "Accepted" else ("boot.*", "frame.*", "handshake.*")
    report = judged(Csms(version, registration), *patterns)

    assert [] == deviating(report)
    if registration == "Accepted":
        conforming = [each for each in report.outcomes if each.verdict is Verdict.CONFORMING]
        assert len(conforming) > 0.85 * len(report.outcomes)


@pytest.mark.parametrize("version", ["1.6", "2.1"])
def test_a_faultless_csms_is_clean_over_tls(version: str) -> None:
    csms = Csms(version)
    encrypted()(csms)
    report = judged(csms, "security.tls-*", "security.certificate-name")

    assert [] == deviating(report)
    assert {
        "security.tls-version",
        "security.tls-suites",
        "security.tls-weak",
        "security.certificate-name",
    } == {each.rule.id for each in report.outcomes if each.verdict is Verdict.CONFORMING}


def test_faults_have_names_of_their_own() -> None:
    assert len(FAULTS) == len({fault.name for fault in FAULTS})


def test_every_rule_for_csms_is_broken_by_some_csms() -> None:
    json = [rule for rule in rules().values() if rule.roles & Role.CSMS and Wire.JSON in rule.wires]
    wanted = {rule.id for rule in json if rule.seen is not Seen.GENERATED}

    assert set() == wanted - {fault.rule for fault in FAULTS}


def test_every_known_fault_of_a_csms_has_one_of_its_kind() -> None:
    assert set() == KNOWN - {id for fault in FAULTS for id in fault.known}
