"""Each broken frame and envelope draws one of the answers that it says are accepted, and each rule occurs."""

import json
from collections import Counter

import pytest
from lxml import etree

from ocpp_core import Connection, JsonCodec, SoapCodec
from ocpp_core.conformance.rules import rules
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.versions import Role
from ocpp_core.testing import NO_ANSWER, Broken, broken_envelopes, broken_frames
from ocpp_core.testing.broken import PAYLOAD_RULES
from properties import for_all

ENVELOPE = "{http://www.w3.org/2003/05/soap-envelope}"
OF_FRAMES = {
    *(
        "frame.unknown-action",
        "frame.action-case",
        "frame.survives-no-json",
        "frame.type",
        "frame.unknown-type",
    ),
    *("frame.id-text", "frame.long-id", "frame.id-length", "frame.wrong-count", "frame.call-shape"),
    *("frame.payload-no-object", "frame.answers-unanswered", "frame.result-shape", "frame.error-shape"),
}
OF_ENVELOPES = {
    *("envelope.unknown-action", "envelope.no-identity", "envelope.must-understand", "envelope.soap11"),
    *("envelope.broken", "refuse.unknown-member", "refuse.required", "refuse.enum"),
}


#: What is drawn each time; many more in the deep run.
MANY = pytest.mark.parametrize("examples", [200, pytest.param(1000, marks=pytest.mark.deep)])


@MANY
@pytest.mark.parametrize("version", ["1.6", "2.0", "2.0.1", "2.1"])
@pytest.mark.parametrize("receiver", [Role.CSMS, Role.CHARGE_POINT])
def test_connection_answers_a_broken_frame_as_accepted(version: str, receiver: Role, examples: int) -> None:
    seen: Counter[str] = Counter()

    def check(broken: Broken) -> None:
        seen[broken.rule] += 1
        connection = Connection(JsonCodec(version), new_id=str)
        connection.receive_message(broken.text)
        answers = [json.loads(text) for text in connection.messages_to_send()]

        assert len(answers) <= 1
        assert (answers[0][2] if answers else NO_ANSWER) in broken.accepted
        assert all(4 == answer[0] for answer in answers)

    for_all(broken_frames(version, receiver=receiver), examples, check)
    rules = OF_FRAMES | ({"frame.send-unanswered"} if version == "2.1" else set())
    # Hypothesis may dwell on some of many rules.
    for rule in sorted(rules - set(seen)):
        for_all(broken_frames(version, receiver=receiver, rules=[rule]), 10, check)

    assert rules <= set(seen) <= rules | set(PAYLOAD_RULES.values())


@MANY
@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
@pytest.mark.parametrize("receiver", [Role.CSMS, Role.CHARGE_POINT])
def test_connection_answers_a_broken_envelope_as_accepted(
    version: str, receiver: Role, examples: int
) -> None:
    seen: Counter[str] = Counter()

    def check(broken: Broken) -> None:
        seen[broken.rule] += 1
        connection = Connection(SoapCodec(version, role=receiver), new_id=str)
        connection.receive_message(broken.text)
        (answer,) = connection.messages_to_send()

        assert _fault(answer) in broken.accepted

    for_all(broken_envelopes(version, receiver=receiver), examples, check)
    for rule in sorted(OF_ENVELOPES - set(seen)):
        for_all(broken_envelopes(version, receiver=receiver, rules=[rule]), 10, check)

    assert OF_ENVELOPES == set(seen)


def _fault(answer: bytes) -> str:
    """The sub-code of a fault, or its code if it has none."""
    values = [each.text or "" for each in etree.fromstring(answer).iter(f"{ENVELOPE}Value", "faultcode")]
    return values[-1].rpartition(":")[2]


@pytest.mark.parametrize(
    "rule", sorted({*OF_FRAMES, *OF_ENVELOPES, *PAYLOAD_RULES.values()} - {"refuse.range"})
)
def test_rule_is_one_of_the_kit(rule: str) -> None:
    assert rule in rules()


def test_only_the_rules_that_are_asked_for() -> None:
    for_all(broken_frames("1.6", rules=["refuse.enum"]), 20, lambda it: _is({"refuse.enum"}, it.rule))
    for_all(
        broken_envelopes("1.6", rules=["envelope.soap11"]), 5, lambda it: _is({"envelope.soap11"}, it.rule)
    )


def test_only_calls_of_the_actions_that_are_asked_for() -> None:
    rules = ["frame.long-id", "refuse.required"]
    calls = broken_frames("1.6", rules=rules, receiver=Role.CHARGE_POINT, actions=["DataTransfer"])

    for_all(calls, 20, lambda it: _is({"DataTransfer"}, json.loads(it.text)[2]))


def _is(rules: set[str], rule: str) -> None:
    assert rule in rules


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="no such rule"):
        broken_frames("1.6", rules=["none"])
    with pytest.raises(LocalProtocolError, match="no such rule"):
        broken_envelopes("1.6", rules=["none"])
    with pytest.raises(LocalProtocolError, match="no SOAP wire"):
        broken_envelopes("2.1")
