"""A refused frame says what was parsed, and which tolerances together would accept it."""

from typing import Any

import pytest

from frames import codec, refusal
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.tolerance import Tolerance

BOOT = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"%s}]'

#: A frame of 1.6, the rules that accept it, and those that its violations name.
RULED: dict[str, tuple[str, set[Tolerance], set[Tolerance]]] = {
    "payload": (
        BOOT % ',"a":1,"iccid":1',
        {Tolerance.EXTRA_MEMBER, Tolerance.NUMBER_AS_TEXT},
        {Tolerance.EXTRA_MEMBER, Tolerance.NUMBER_AS_TEXT},
    ),
    "number that is too long as text": (
        BOOT % f',"iccid":{10**20}',
        {Tolerance.NUMBER_AS_TEXT, Tolerance.TOO_LONG},
        {Tolerance.NUMBER_AS_TEXT},
    ),
    "id": ('[2,17,"Heartbeat",{}]', {Tolerance.ID_NOT_STRING}, {Tolerance.ID_NOT_STRING}),
    "id and payload": (
        '[2,17,"Heartbeat",{"a":1}]',
        {Tolerance.ID_NOT_STRING, Tolerance.EXTRA_MEMBER},
        {Tolerance.ID_NOT_STRING},
    ),
    "long id": (f'[2,"{"x" * 37}","Heartbeat",{{}}]', {Tolerance.ID_TOO_LONG}, {Tolerance.ID_TOO_LONG}),
    "empty id": ('[2,"","Heartbeat",{}]', {Tolerance.ID_EMPTY}, {Tolerance.ID_EMPTY}),
    "member twice": (
        BOOT % ',"iccid":"1","iccid":"2"',
        {Tolerance.DUPLICATE_MEMBER},
        {Tolerance.DUPLICATE_MEMBER},
    ),
    "result with action": (
        '[3,"7","Heartbeat",{"currentTime":"2026-01-31T12:00:00Z"}]',
        {Tolerance.RESULT_WITH_ACTION},
        {Tolerance.RESULT_WITH_ACTION},
    ),
    "result": ('[3,"7",{"currentTime":null}]', {Tolerance.REQUIRED_NULL}, {Tolerance.REQUIRED_NULL}),
    "result as a number": (
        '[3,7,{"currentTime":"2026-01-31T12:00:00Z"}]',
        {Tolerance.ID_NOT_STRING},
        {Tolerance.ID_NOT_STRING},
    ),
    "unknown action": ('[2,"1","Fly",{}]', set(), set()),
    "no JSON": ('[2,"1","Heartbeat",{]', set(), set()),
    "no object": ('[2,"1","Heartbeat",[]]', set(), set()),
    "no frame": ("{}", set(), set()),
    "nothing": ("", set(), set()),
    "unpaired": ('[3,"8",{}]', set(), set()),
    "unpaired with action": ('[3,"8","Heartbeat",{}]', set(), {Tolerance.RESULT_WITH_ACTION}),
    "twice, and no JSON": ('[2,"1","Heartbeat",{"a":1e400,"a":0e-999999999}]', set(), set()),
}


@pytest.mark.parametrize("case", RULED)
def test_refusal_names_the_rules_that_would_accept_the_frame(case: str) -> None:
    text, rules, named = RULED[case]
    reader = codec("1.6")
    calls = {"7": reader.specification.request("Heartbeat")}
    error = refusal("1.6", text, calls=calls)

    assert rules == set(error.rules)
    assert named == {fault.rule for fault in error.violations}
    if rules:
        together = Tolerance(sum(rule.value for rule in rules))
        assert rules == {
            fault.rule for fault in reader.decode(text, awaiting=calls, tolerance=together).violations
        }


@pytest.mark.parametrize(
    "text, payload",
    [
        (BOOT % ',"a":1', {"chargePointVendor": "V", "chargePointModel": "M", "a": 1}),
        ('[2,"1","Heartbeat",[1]]', [1]),
        ('[2,"1","Fly",{"a":1}]', {"a": 1}),
        ('[2,"1","Heartbeat"]', None),
        ('[2,"1","Heartbeat",{"a":1]', None),
        ('[3,"8",{"a":1}]', {"a": 1}),
        ('[3,"8",null]', None),
        ('[3,"8","Heartbeat",{"a":1}]', {"a": 1}),
        ('[3,"8",[]]', []),
    ],
)
def test_refusal_carries_the_payload_as_it_was_parsed(text: str, payload: Any) -> None:
    assert payload == refusal("1.6", text).payload


@pytest.mark.parametrize(
    "text, code",
    [
        ('[3,"8",{}]', ErrorCode.MESSAGE_ID),
        ('[3,"8",null]', ErrorCode.MESSAGE_ID),
        ('[3,"8"]', ErrorCode.FRAME),
        ('[3,"8",[]]', ErrorCode.STRUCTURE),
        ('[3,"8",{},{}]', ErrorCode.FRAME),
    ],
)
def test_result_that_answers_nothing_is_judged_as_a_frame_first(text: str, code: ErrorCode) -> None:
    error = refusal("1.6", text)

    assert (FrameKind.CALLRESULT, "8", code) == (error.kind, error.id, error.code)


def test_message_type_of_many_digits_is_not_written_out() -> None:
    error = refusal("2.0.1", f'[{"7" * 200},"1","Heartbeat",{{}}]')

    assert "message type a very large number is unknown in OCPP 2.0.1" == error.reason


def test_member_twice_does_not_hide_a_number_that_cannot_be_read() -> None:
    text = '[2,"1","DataTransfer",{"vendorId":{"a":1,"a":2},"data":0e-999999999}]'
    error = refusal("1.6", text, Tolerance.TOLERANT)

    assert (ErrorCode.FORMAT, "1", "DataTransfer") == (error.code, error.id, error.action)
    assert "beyond what a double holds" in error.reason
    assert () == error.rules


def test_what_nobody_has_read_has_no_rules() -> None:
    assert () == FrameError("no", kind=FrameKind.CALL, code=ErrorCode.GENERIC).rules
