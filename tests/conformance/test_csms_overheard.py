"""What is overheard of a CSMS, judged over frames that are written down here."""

import json
from typing import Any

import pytest

from ocpp_core.conformance import hearing
from ocpp_core.conformance.hearing import Heard
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.traces import Direction, Trace, What
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Wire
from ocpp_core.payloads import validation


def broken(rule: str, version: str, sent: list[Any], received: list[Any]) -> bool:
    """Whether a rule is broken by what came for a frame."""
    trace = Trace()
    for direction, frame in ((Direction.SENT, sent), (Direction.RECEIVED, received)):
        trace.add(0.0, direction, What.MESSAGE, json.dumps(frame))
    heard = Heard(trace, specification(version), Role.CSMS, Wire.JSON)
    return any(seen is not None for seen in OVERHEARD[rule](heard))


@pytest.mark.parametrize(
    "sent, received, expected",
    [
        pytest.param([2, {}, "x", {}], [4, {}, "FormationViolation", "", {}], False, id="echo"),
        pytest.param([2, "1", "x", {}], [3, 1, {}], True, id="number"),
        pytest.param([2, {}, "x", {}], [4, None, "FormationViolation", "", {}], True, id="another"),
        pytest.param([2, {}, "x", {}], [2, {}, "Reset", {}], True, id="call"),
    ],
)
def test_an_id_of_the_kit_that_is_no_text_may_come_back(
    sent: list[Any], received: list[Any], expected: bool
) -> None:
    assert expected == broken("frame.id-text", "1.6", sent, received)


@pytest.mark.parametrize(
    "version, kind, expected",
    [("1.6", 99, True), ("2.0.1", 99, False), ("2.1", 99, False), ("2.0.1", 2, True)],
)
def test_with_the_type_unknown_no_id_is_known(version: str, kind: int, expected: bool) -> None:
    answer = [4, "-1", "MessageTypeNotSupported", "", {}]

    assert expected == broken("frame.answer-id", version, [kind, "1", "Heartbeat", {}], answer)


@pytest.mark.parametrize(
    "version, code, expected",
    [
        ("1.6", "OccurenceConstraintViolation", False),
        ("1.6", "OccurrenceConstraintViolation", True),
        ("2.0", "OccurenceConstraintViolation", False),
        ("2.0.1", "OccurenceConstraintViolation", False),
        ("2.0.1", "OccurrenceConstraintViolation", False),
        ("2.0.1", "FormationViolation", True),
        ("2.1", "OccurenceConstraintViolation", True),
    ],
)
def test_both_spellings_of_occurrence_stand_in_the_first_editions(
    version: str, code: str, expected: bool
) -> None:
    assert expected == broken("frame.error-code", version, [2, "1", "x", {}], [4, "1", code, "", {}])


def test_a_message_is_held_to_its_schema_once_however_many_rules_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[Any] = []

    def counted(cls: type[Any], payload: Any) -> Any:
        looked_at.append(payload)
        return validation.explain(cls, payload)

    monkeypatch.setattr(hearing, "explain", counted)
    trace, payload = Trace(), {"idTag": "A"}
    trace.add(0.0, Direction.RECEIVED, What.MESSAGE, json.dumps([2, "1", "Authorize", payload]))
    heard = Heard(trace, specification("1.6"), Role.CHARGE_POINT, Wire.JSON)
    rules = ("request-type", "request-required", "request-value", "request-unknown-member")

    assert [None] * 4 == [seen for rule in rules for seen in OVERHEARD[f"payload.{rule}"](heard)]
    assert [payload] == looked_at
