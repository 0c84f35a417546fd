"""Malformed frames: what each draws in each version, what is tolerated, and the same verdicts in threads."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest

from frames import FIRST, FRAMES, NOON, VERSIONS, answer, awaiting, codec, every_version, refusal
from ocpp_core import v16
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError, PayloadError
from ocpp_core.model.messages import Call, CallError, CallResult, CallResultError, Frame, Request
from ocpp_core.model.tolerance import Tolerance

# Malformed frames: text; kind; id; code; then the answers of 1.6, of 2.0 and 2.0.1, and of 2.1.

SILENCE = None
_NO_ID = (
    FrameKind.UNREADABLE,
    None,
    ErrorCode.FRAME,
    SILENCE,
    "-1 RpcFrameworkError",
    "-1 RpcFrameworkError",
)
_NO_CALL = (
    FrameKind.CALL,
    "17",
    ErrorCode.FRAME,
    "17 FormationViolation",
    "17 RpcFrameworkError",
    "17 RpcFrameworkError",
)
_BROKEN = (
    FrameKind.CALL,
    "17",
    ErrorCode.FORMAT,
    "17 FormationViolation",
    "17 FormatViolation",
    "17 FormatViolation",
)
_NO_OBJECT = (
    FrameKind.CALL,
    "17",
    ErrorCode.STRUCTURE,
    "17 FormationViolation",
    "17 ProtocolError",
    "17 ProtocolError",
)
_NO_TYPE = (
    FrameKind.UNKNOWN_TYPE,
    "17",
    ErrorCode.MESSAGE_TYPE,
    SILENCE,
    "17 MessageTypeNotSupported",
    SILENCE,
)
_NEITHER = (
    FrameKind.UNKNOWN_TYPE,
    None,
    ErrorCode.MESSAGE_TYPE,
    SILENCE,
    "-1 MessageTypeNotSupported",
    SILENCE,
)
_NO_RESULT = (FrameKind.CALLRESULT, "17", ErrorCode.FRAME, SILENCE, SILENCE, "17 RpcFrameworkError")
_BROKEN_RESULT = (FrameKind.CALLRESULT, "17", ErrorCode.FORMAT, SILENCE, SILENCE, "17 FormatViolation")
_NO_ERROR = (FrameKind.CALLERROR, "17", ErrorCode.FRAME, SILENCE, SILENCE, SILENCE)

#: 1.2 has no DataTransfer, which some of these frames call.
with_data_transfer = pytest.mark.parametrize("version", [one for one in VERSIONS if one != "1.2"])

MALFORMED: dict[str, tuple[str, tuple[Any, ...]]] = {
    "empty": ("", (FrameKind.EMPTY, None, ErrorCode.FRAME, SILENCE, SILENCE, SILENCE)),
    # Not JSON and no readable id; no array; no message type.
    "blanks": (" \n", _NO_ID),
    "no JSON": ("Heartbeat", _NO_ID),
    "cut before the type": ("[", _NO_ID),
    "cut after the type": ("[2", _NO_ID),
    "cut before the id": ("[2,", _NO_ID),
    "cut in the id": ('[2,"17', _NO_ID),
    "null": ("null", _NO_ID),
    "string": ('"17"', _NO_ID),
    "string that unpacks like a frame": ('"2abc"', _NO_ID),
    "number": ("2", _NO_ID),
    "object": ('{"2":"17"}', _NO_ID),
    "object that unpacks like a frame": ('{"2":1,"17":2,"Heartbeat":3,"x":4}', _NO_ID),
    "empty array": ("[]", _NO_ID),
    "array in an array": ('[[2,"17","Heartbeat",{}]]', _NO_ID),
    "type is null": ('[null,"17","Heartbeat",{}]', _NO_ID),
    "type is true": ('[true,"17","Heartbeat",{}]', _NO_ID),
    "type is text": ('["2","17","Heartbeat",{}]', _NO_ID),
    "type is 2.0": ('[2.0,"17","Heartbeat",{}]', _NO_ID),
    "type is 2.0, rest broken": ('[2.0,"17","Heartbeat",{', _NO_ID),
    "type is 3.0, rest broken": ('[3.0,"17",{', _NO_ID),
    "type is 2e0": ('[2e0,"17","Heartbeat",{}]', _NO_ID),
    "type is 2e0, rest broken": ('[2e0,"17","Heartbeat",{', _NO_ID),
    "type is 1e400": ('[1e400,"17","Heartbeat",{}]', _NO_ID),
    "type is 02": ('[02,"17","Heartbeat",{}]', _NO_ID),
    "type is +2": ('[+2,"17","Heartbeat",{}]', _NO_ID),
    "type in Arabic digits": ('[\u0662,"17","Heartbeat",{}]', _NO_ID),
    "type is NaN": ('[NaN,"17","Heartbeat",{}]', _NO_ID),
    # A call without a readable id.
    "type alone": ("[2]", _NO_ID),
    "id is a number": ('[2,17,"Heartbeat",{}]', _NO_ID),
    "id is null": ('[2,null,"Heartbeat",{}]', _NO_ID),
    "id is NaN": ('[2,NaN,"Heartbeat",{}]', _NO_ID),
    "id has a lone surrogate": ('[2,"1\ud8007","Heartbeat",{}]', _NO_ID),
    "id has a lone surrogate, escaped": ('[2,"\\ud800","Heartbeat",{}]', _NO_ID),
    "id has a control character": ('[2,"1\n7","Heartbeat",{}]', _NO_ID),
    "id has a wrong escape": ('[2,"1\\x7","Heartbeat",{}]', _NO_ID),
    # A call whose id and action are read, and its payload is no JSON.
    "payload cut": ('[2,"17","Heartbeat",{', _BROKEN),
    "payload left out": ('[2,"17","Heartbeat",]', _BROKEN),
    "payload lacks a value": ('[2,"17","Heartbeat",{"transactionId":,"a":1}]', _BROKEN),
    "payload has NaN": ('[2,"17","DataTransfer",{"vendorId":NaN}]', _BROKEN),
    "payload is Infinity": ('[2,"17","DataTransfer",-Infinity]', _BROKEN),
    "payload has a number beyond all bounds": ('[2,"17","DataTransfer",{"vendorId":1e400}]', _BROKEN),
    "payload has 5,000 digits": (f'[2,"17","DataTransfer",{{"vendorId":{"9" * 5000}}}]', _BROKEN),
    "payload has a lone surrogate": ('[2,"17","DataTransfer",{"vendorId":"\ud800"}]', _BROKEN),
    "payload has a lone surrogate, escaped": (r'[2,"17","DataTransfer",{"vendorId":"\udc00"}]', _BROKEN),
    "payload has a member twice": ('[2,"17","DataTransfer",{"vendorId":"a","vendorId":"b"}]', _BROKEN),
    "id and action have escapes": (r'[2,"\u0031\u0037","H\u0065artbeat",{', _BROKEN),
    "array not closed": ('[2,"17","Heartbeat",{}', _BROKEN),
    "rubbish behind": ('[2,"17","Heartbeat",{}]]', _BROKEN),
    "blanks before all": (' \t[\r\n2 , "17" , "Heartbeat" , {', _BROKEN),
    "100,000 brackets": ('[2,"17","Heartbeat",' + "[" * 100_000, _BROKEN),
    "100,000 pairs of brackets": ('[2,"17","Heartbeat",' + "[" * 100_000 + "]" * 100_000 + "]", _BROKEN),
    "too large": ('[2,"17","Heartbeat",{"a":"' + "x" * 1_048_576 + '"}]', _BROKEN),
    # A call without a readable action, or of another length.
    "action is a number": ('[2,"17",5,{}]', _NO_CALL),
    "action is null": ('[2,"17",null,{}]', _NO_CALL),
    "action is an object": ('[2,"17",{},"Heartbeat"]', _NO_CALL),
    "action is a list": ('[2,"17",["Heartbeat"],{}]', _NO_CALL),
    "action has a lone surrogate": ('[2,"17","Heart\ud800beat",{}]', _NO_CALL),
    "action has a lone surrogate, escaped": ('[2,"17","Heartbeat\\udfff",{}]', _NO_CALL),
    "cut after the id": ('[2,"17"', _NO_CALL),
    "cut in the action": ('[2,"17","Heart', _NO_CALL),
    "cut after the action": ('[2,"17","Heartbeat"', _NO_CALL),
    "2 elements": ('[2,"17"]', _NO_CALL),
    "3 elements": ('[2,"17","Heartbeat"]', _NO_CALL),
    "5 elements": ('[2,"17","Heartbeat",{},{}]', _NO_CALL),
    # A payload of the wrong JSON type.
    "payload is an array": ('[2,"17","Heartbeat",[]]', _NO_OBJECT),
    "payload is an array of pairs": ('[2,"17","DataTransfer",[["vendorId","V"]]]', _NO_OBJECT),
    "payload is text": ('[2,"17","Heartbeat",""]', _NO_OBJECT),
    "payload is a number": ('[2,"17","Heartbeat",0]', _NO_OBJECT),
    "payload is false": ('[2,"17","Heartbeat",false]', _NO_OBJECT),
    # Types that no version has.
    "type 1": ('[1,"17","Heartbeat",{}]', _NO_TYPE),
    "type 7": ('[7,"17","Heartbeat",{}]', _NO_TYPE),
    "type 7, nothing else": ('[7,"17"]', _NO_TYPE),
    "type 7, rest broken": ('[7,"17",{', _NO_TYPE),
    "type 7, id empty": (
        '[7,"",{}]',
        (*_NO_TYPE[:1], "", ErrorCode.MESSAGE_TYPE, SILENCE, " MessageTypeNotSupported", SILENCE),
    ),
    "type 22": ('[22,"17","Heartbeat",{}]', _NO_TYPE),
    "type 0": ('[0,"17","Heartbeat",{}]', _NO_TYPE),
    "type -0": ('[-0,"17","Heartbeat",{', _NO_TYPE),
    "type -2": ('[-2,"17","Heartbeat",{}]', _NO_TYPE),
    "type of 40 digits": ('[2222222222222222222222222222222222222222,"17","Heartbeat",{}]', _NO_TYPE),
    "type of 40 digits, rest broken": ('[2222222222222222222222222222222222222222,"17",{', _NO_TYPE),
    "type 7 alone": ("[7]", _NEITHER),
    "type 7, id a number": ("[7,17]", _NEITHER),
    "type 7, id null, rest broken": ("[7,null,{", _NEITHER),
    # Results and errors: never answered below 2.1.
    "result alone": ("[3]", (FrameKind.CALLRESULT, None, ErrorCode.FRAME, SILENCE, SILENCE, SILENCE)),
    "result without id": (
        "[3,17,{}]",
        (FrameKind.CALLRESULT, None, ErrorCode.FRAME, SILENCE, SILENCE, SILENCE),
    ),
    "result without id, rest broken": (
        "[3,17,{",
        (FrameKind.CALLRESULT, None, ErrorCode.FRAME, SILENCE, SILENCE, SILENCE),
    ),
    "result without payload": ('[3,"17"]', _NO_RESULT),
    "result with an action": ('[3,"17","Heartbeat",{"currentTime":"2026-01-31T12:00:00Z"}]', _NO_RESULT),
    "result of an array": (
        '[3,"17",[]]',
        (*_NO_RESULT[:2], ErrorCode.STRUCTURE, SILENCE, SILENCE, "17 ProtocolError"),
    ),
    "result cut": ('[3,"17",{', _BROKEN_RESULT),
    "result with a member twice": ('[3,"17",{"a":1,"a":1}]', _BROKEN_RESULT),
    "result that lacks a member": (
        '[3,"17",{}]',
        (
            *_NO_RESULT[:2],
            ErrorCode.OCCURRENCE_CONSTRAINT,
            SILENCE,
            SILENCE,
            "17 OccurrenceConstraintViolation",
        ),
    ),
    "result for nobody": (
        '[3,"18",{}]',
        (FrameKind.CALLRESULT, "18", ErrorCode.MESSAGE_ID, SILENCE, SILENCE, SILENCE),
    ),
    "result for nobody, cut": (
        '[3,"18",{',
        (FrameKind.CALLRESULT, "18", ErrorCode.FORMAT, SILENCE, SILENCE, SILENCE),
    ),
    "error alone": ("[4]", (FrameKind.CALLERROR, None, ErrorCode.FRAME, SILENCE, SILENCE, SILENCE)),
    "error without id": (
        '[4,null,"GenericError","",{}]',
        (FrameKind.CALLERROR, None, ErrorCode.FRAME, SILENCE, SILENCE, SILENCE),
    ),
    "error cut": (
        '[4,"17","GenericError","",{',
        (*_NO_ERROR[:2], ErrorCode.FORMAT, SILENCE, SILENCE, SILENCE),
    ),
    "error with details too deep": (
        f'[4,"17","GenericError","",{{"a":{"[" * 64 + "]" * 64}}}]',
        (*_NO_ERROR[:2], ErrorCode.FORMAT, SILENCE, SILENCE, SILENCE),
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
@with_data_transfer
def test_j16_4_2_j201_4_2_j21_4_2_malformed_frame_draws_what_is_owed(version: str, case: str) -> None:
    text, (kind, id, code, *answers) = MALFORMED[case]
    known = codec(version).specification
    calls = {"17": known.request("Heartbeat")}
    error = refusal(version, text, calls=calls)

    assert (kind, id, code) == (error.kind, error.id, error.code)
    expected = answers[{**dict.fromkeys(FIRST, 0), "2.0": 1, "2.0.1": 1, "2.1": 2}[version]]
    if expected is None:
        assert answer(version, error, calls) is None
    else:
        number = 5 if kind is FrameKind.CALLRESULT else 4
        assert [number, *expected.split(" ")] == answer(version, error, calls)


@pytest.mark.parametrize("case", MALFORMED)
@with_data_transfer
def test_malformed_frame_is_refused_however_often_it_comes(version: str, case: str) -> None:
    reader = codec(version)
    calls = {"17": reader.specification.request("Heartbeat")}
    for _, text in FRAMES[version]:
        reader.decode(text, awaiting=awaiting(version))

    for _ in range(2):
        with pytest.raises(FrameError) as caught:
            reader.decode(MALFORMED[case][0], awaiting=calls)
        assert MALFORMED[case][1][:3] == (caught.value.kind, caught.value.id, caught.value.code)


@pytest.mark.parametrize("version", [*FIRST, "2.0", "2.0.1", "2.1"])
@pytest.mark.parametrize("number", [0, 2, 6, 7])
def test_j16_4_2_2_only_a_callresult_is_a_result(version: str, number: int) -> None:
    """Whatever else has three elements answers no call of ours, although it may have its id and a payload that fits."""
    calls = {"17": codec(version).specification.request("Heartbeat")}
    text = '[%d,"17",{"currentTime":"2026-01-31T12:00:00Z"}]'

    assert [CallResult, CallError] == [
        type(codec(version).decode(text % one, awaiting=calls)) for one in (3, 4)
    ]
    assert FrameKind.CALLRESULT is not refusal(version, text % number, calls=calls).kind


def test_j16_4_1_3_unknown_message_type_is_ignored() -> None:
    assert answer("1.6", refusal("1.6", '[7,"17",{}]')) is None


@pytest.mark.parametrize("version", ["2.0", "2.0.1"])
def test_j201_4_4_unknown_message_type_is_answered(version: str) -> None:
    assert [4, "17", "MessageTypeNotSupported"] == answer(version, refusal(version, '[7,"17",{}]'))


def test_j21_4_4_unknown_message_type_is_ignored_again() -> None:
    assert answer("2.1", refusal("2.1", '[7,"17",{}]')) is None


@pytest.mark.parametrize("version", [*FIRST, "2.0", "2.0.1"])
@pytest.mark.parametrize("text", [text for _, text in FRAMES["2.1"][-2:]], ids=["CALLRESULTERROR", "SEND"])
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
def test_j21_4_1_3_types_5_and_6_are_unknown_below(version: str, text: str, tolerance: Tolerance) -> None:
    error = refusal(version, text, tolerance)

    assert (FrameKind.UNKNOWN_TYPE, ErrorCode.MESSAGE_TYPE) == (error.kind, error.code)
    expected = None if version in FIRST else [4, json.loads(text)[1], "MessageTypeNotSupported"]
    assert expected == answer(version, error)


#: Malformed SEND and CALLRESULTERROR: kind, id and code; nothing is ever answered.
NEVER_ANSWERED: dict[str, tuple[str, FrameKind, str | None, ErrorCode]] = {
    "SEND of an unknown action": ('[6,"17","Nope",{}]', FrameKind.SEND, "17", ErrorCode.NOT_IMPLEMENTED),
    "SEND of a CALL": ('[6,"17","Heartbeat",{}]', FrameKind.SEND, "17", ErrorCode.NOT_SUPPORTED),
    "SEND of a CALL, cut": ('[6,"17","Heartbeat",{', FrameKind.SEND, "17", ErrorCode.NOT_SUPPORTED),
    "SEND that breaks its schema": (
        '[6,"17","NotifyPeriodicEventStream",{}]',
        FrameKind.SEND,
        "17",
        ErrorCode.OCCURRENCE_CONSTRAINT,
    ),
    "SEND of an array": (
        '[6,"17","NotifyPeriodicEventStream",[]]',
        FrameKind.SEND,
        "17",
        ErrorCode.STRUCTURE,
    ),
    "SEND cut": ('[6,"17","NotifyPeriodicEventStream",{', FrameKind.SEND, "17", ErrorCode.FORMAT),
    "SEND of 3 elements": ('[6,"17","NotifyPeriodicEventStream"]', FrameKind.SEND, "17", ErrorCode.FRAME),
    "SEND without action": ('[6,"17",1,{}]', FrameKind.SEND, "17", ErrorCode.FRAME),
    "SEND cut before its action": ('[6,"17",', FrameKind.SEND, "17", ErrorCode.FRAME),
    "SEND of an empty id": (
        '[6,"","NotifyPeriodicEventStream",{}]',
        FrameKind.SEND,
        "",
        ErrorCode.MESSAGE_ID,
    ),
    "SEND without id": ('[6,17,"NotifyPeriodicEventStream",{}]', FrameKind.SEND, None, ErrorCode.FRAME),
    "SEND alone": ("[6]", FrameKind.SEND, None, ErrorCode.FRAME),
    "CALLRESULTERROR alone": ("[5]", FrameKind.CALLRESULTERROR, None, ErrorCode.FRAME),
    "CALLRESULTERROR cut": ('[5,"17","X","",{', FrameKind.CALLRESULTERROR, "17", ErrorCode.FORMAT),
}


@pytest.mark.parametrize("case", NEVER_ANSWERED)
def test_j21_4_2_4_p2_fr_07_send_and_callresulterror_are_never_answered(case: str) -> None:
    text, kind, id, code = NEVER_ANSWERED[case]
    error = refusal("2.1", text)

    assert (kind, id, code) == (error.kind, error.id, error.code)
    assert answer("2.1", error, {"17"}) is None


@pytest.mark.parametrize("payload", ["{}", "{", "[]"])
def test_p2_fr_07_call_of_a_send_is_not_supported(payload: str) -> None:
    error = refusal("2.1", f'[2,"17","NotifyPeriodicEventStream",{payload}]')

    assert [4, "17", "NotSupported"] == answer("2.1", error)


TOLERATED: dict[str, tuple[str, Tolerance, str, Frame]] = {
    "result with an action": (
        '[3,"17","Heartbeat",{"currentTime":"2026-01-31T12:00:00Z"}]',
        Tolerance.RESULT_WITH_ACTION,
        "$[2]",
        CallResult("17", v16.HeartbeatResponse(current_time=NOON)),
    ),
}


@pytest.mark.parametrize("case", TOLERATED)
def test_deviation_is_accepted_by_its_rule_alone(case: str) -> None:
    text, rule, path, frame = TOLERATED[case]
    calls: dict[str, type[Request[Any]]] = {"17": v16.HeartbeatRequest}
    read = codec("1.6", rule).decode(text, awaiting=calls)

    assert [(path, "frame", rule, ErrorCode.FRAME)] == [
        (it.path, it.keyword, it.rule, it.code) for it in read.violations
    ]
    assert attrs.evolve(frame, violations=read.violations) == read
    refusal("1.6", text, Tolerance.TOLERANT & ~rule, calls)


#: Errors in another form, and what is read of each all the same.
ODD_ERRORS: dict[str, tuple[str, CallError]] = {
    "nothing": ('[4,"17"]', CallError("17", ErrorCode.GENERIC)),
    "details alone": ('[4,"17",{}]', CallError("17", ErrorCode.GENERIC)),
    "text alone": ('[4,"17","Leider nein"]', CallError("17", ErrorCode.GENERIC, "Leider nein")),
    "code alone": ('[4,"17","InternalError"]', CallError("17", ErrorCode.INTERNAL)),
    "no details": (
        '[4,"17","InternalError","Leider nein"]',
        CallError("17", ErrorCode.INTERNAL, "Leider nein"),
    ),
    "nulls": ('[4,"17","InternalError",null,null]', CallError("17", ErrorCode.INTERNAL)),
    "no description": (
        '[4,"17","InternalError",{"a":1}]',
        CallError("17", ErrorCode.INTERNAL, "", {"a": 1}),
    ),
    "text for details": (
        '[4,"17","InternalError","Leider nein","Akku leer"]',
        CallError("17", ErrorCode.INTERNAL, "Leider nein", {"#rest": ["Akku leer"]}),
    ),
    "a list for details": (
        '[4,"17","InternalError","Leider nein",[1,{"a":2}]]',
        CallError("17", ErrorCode.INTERNAL, "Leider nein", {"#rest": [[1, {"a": 2}]]}),
    ),
    "a number for the code": (
        '[4,"17",500,"Leider nein",{"a":1}]',
        CallError("17", ErrorCode.GENERIC, "Leider nein", {"a": 1, "#rest": [500]}),
    ),
    "more elements": (
        '[4,"17","SecurityError","Leider nein",{"a":1},{"b":2},false]',
        CallError("17", ErrorCode.SECURITY, "Leider nein", {"a": 1, "#rest": [{"b": 2}, False]}),
    ),
}


@pytest.mark.parametrize("case", ODD_ERRORS)
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
@every_version
def test_an_error_is_never_lost_for_its_form(version: str, tolerance: Tolerance, case: str) -> None:
    """Nobody answers an error, so it is read whatever is tolerated, and its form is reported."""
    text, frame = ODD_ERRORS[case]
    read = codec(version, tolerance).decode(text)

    assert [("$", "frame", Tolerance.SHORT_CALLERROR, ErrorCode.FRAME)] == [
        (it.path, it.keyword, it.rule, it.code) for it in read.violations
    ]
    assert attrs.evolve(frame, violations=read.violations) == read


def test_a_complaint_about_a_result_is_never_lost_for_its_form() -> None:
    read = codec("2.1").decode('[5,"17","SecurityError",""]')

    assert CallResultError("17", ErrorCode.SECURITY, violations=read.violations) == read
    assert [Tolerance.SHORT_CALLERROR] == [it.rule for it in read.violations]


def test_an_error_is_read_with_a_number_as_id_and_members_twice() -> None:
    read = codec("1.6").decode(' [ 4 , 17,"GenericError","",{"a":1,"a":2}]')

    assert ("17", {"a": 2}) == (read.id, getattr(read, "details", None))
    assert [Tolerance.DUPLICATE_MEMBER, Tolerance.ID_NOT_STRING] == [it.rule for it in read.violations]


def test_member_twice_is_accepted_by_its_rule_alone() -> None:
    text = '[2,"17","DataTransfer",{"vendorId":"a","vendorId":"b"}]'

    read = codec("1.6", Tolerance.DUPLICATE_MEMBER).decode(text)

    assert isinstance(read, Call)
    assert v16.DataTransferRequest(vendor_id="b") == read.payload
    assert [("$", "duplicate", Tolerance.DUPLICATE_MEMBER, "vendorId")] == [
        (it.path, it.keyword, it.rule, it.value) for it in read.violations
    ]
    refusal("1.6", text, Tolerance.TOLERANT & ~Tolerance.DUPLICATE_MEMBER)


@pytest.mark.parametrize(
    "text",
    [
        '[3,"17",{},{"currentTime":"2026-01-31T12:00:00Z"}]',
        '[3,"17","Heartbeat",[]]',
        '[3,"17","Heartbeat",{},{}]',
        '[3,"17"]',
        '[2,"17","Heartbeat"]',
        '[2,"17","Heartbeat",{},{}]',
        '[2,"17","Heartbeat",[]]',
        '[2,"17","Nope",{}]',
        '[2,"17",null,{}]',
        '[7,"17",{}]',
    ],
)
@every_version
def test_what_is_refused_in_any_mode(version: str, text: str) -> None:
    calls = {"17": codec(version).specification.request("Heartbeat")}

    assert "17" == refusal(version, text, Tolerance.TOLERANT, calls).id


def test_violations_of_frame_and_payload_stand_together() -> None:
    call = codec("1.6", Tolerance.TOLERANT).decode('[2,17,"Authorize",{"idTag":"x","more":1}]')

    assert ["$[1]", "$.more"] == [it.path for it in call.violations]


def test_codecs_in_threads_give_each_its_own_verdict() -> None:
    """A strict and a tolerant codec, both used by several threads at once, from the first frame on."""
    good = [text for _, text in FRAMES["1.6"]]
    texts = [*good, *(text for text, *_ in TOLERATED.values()), *(text for text, *_ in MALFORMED.values())]

    def verdicts(readers: list[JsonCodec]) -> list[Any]:
        found: list[Any] = []
        for reader in readers * 10:
            for text in texts:
                try:
                    frame = reader.decode(text, awaiting=awaiting("1.6"))
                    found.append((frame, reader.encode(frame)))
                except (FrameError, PayloadError, LocalProtocolError) as error:
                    found.append(str(error))
        return found

    def pair() -> list[JsonCodec]:
        return [codec("1.6"), codec("1.6", Tolerance.TOLERANT)]

    shared = pair()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(verdicts, [shared] * 4))
    finally:
        sys.setswitchinterval(interval)

    assert [verdicts(pair())] * 4 == found
