"""Ids of messages (§4.1.4): which are read, tolerated, refused, echoed and written."""

import json

import pytest

from frames import FIRST, answer, codec, every_version, refusal
from ocpp_core.jsonrpc.codec import MAX_ID_LENGTH
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError
from ocpp_core.model.messages import Call, CallError, CallResult, CallResultError, NumericId, Send
from ocpp_core.model.tolerance import Tolerance
from toy import PingResponse, Tick

READABLE_IDS = {
    "one character": "1",
    "36 characters": "x" * 36,
    "36 beyond the basic plane": "🔌" * 36,
    "-1": "-1",
}


@every_version
@pytest.mark.parametrize("case", READABLE_IDS)
def test_j16_4_1_4_id_of_1_to_36_characters_is_accepted(version: str, case: str) -> None:
    id = READABLE_IDS[case]

    assert id == codec(version).decode(f'[2,"{id}","Heartbeat",{{}}]').id


#: id as JSON; then the code that a CALL of that id draws, and the rule that accepts it.
ODD_IDS = {
    "37 characters": (json.dumps("x" * 37), ErrorCode.MESSAGE_ID, Tolerance.ID_TOO_LONG),
    "60 characters": (json.dumps("x" * 60), ErrorCode.MESSAGE_ID, Tolerance.ID_TOO_LONG),
    "empty": ('""', ErrorCode.MESSAGE_ID, Tolerance.ID_EMPTY),
    "integer": ("17", ErrorCode.FRAME, Tolerance.ID_NOT_STRING),
    "0": ("0", ErrorCode.FRAME, Tolerance.ID_NOT_STRING),
    "negative integer": ("-17", ErrorCode.FRAME, Tolerance.ID_NOT_STRING),
    "integer of 36 digits": ("9" * 36, ErrorCode.FRAME, Tolerance.ID_NOT_STRING),
}
NO_IDS = {
    "null": "null",
    "boolean": "true",
    "float": "17.0",
    "exponent": "1e1",
    "list": '["17"]',
    "object": '{"17":17}',
    "integer of 37 digits": "1" + "0" * 36,
    "negative integer of 37 digits": "-1" + "0" * 36,
    "integer of 400 digits": "9" * 400,
}


@every_version
@pytest.mark.parametrize("case", ODD_IDS)
@pytest.mark.parametrize("rest", ['"Heartbeat",{}]', '"Heartbeat",{'], ids=["whole", "broken"])
def test_j16_4_2_3_odd_id_is_refused_and_echoed(version: str, case: str, rest: str) -> None:
    id, code, _ = ODD_IDS[case]
    readable = json.loads(id) if id.startswith('"') else None
    error = refusal(version, f"[2,{id},{rest}")

    assert (code, readable) == (error.code, error.id)
    if readable is not None:
        name = "GenericError" if version in FIRST else "RpcFrameworkError"
        assert FrameKind.CALL is error.kind
        assert [4, readable, name] == answer(version, error)
    else:
        assert FrameKind.UNREADABLE is error.kind
        assert (None if version in FIRST else [4, "-1", "RpcFrameworkError"]) == answer(version, error)


@every_version
@pytest.mark.parametrize("case", ODD_IDS)
def test_j16_4_2_3_odd_id_is_refused_however_often_it_comes(version: str, case: str) -> None:
    reader = codec(version)
    assert "17" == reader.decode('[2,"17","Heartbeat",{}]').id

    with pytest.raises(FrameError) as caught:
        reader.decode(f'[2,{ODD_IDS[case][0]},"Heartbeat",{{}}]')
    assert ODD_IDS[case][1] is caught.value.code


@every_version
@pytest.mark.parametrize("case", ODD_IDS)
def test_tolerated_odd_id_is_echoed_as_it_came(version: str, case: str) -> None:
    id, code, rule = ODD_IDS[case]
    reader = codec(version, rule)
    call = reader.decode(f'[2,{id},"Heartbeat",{{}}]')

    assert str(json.loads(id)) == call.id
    assert [("$[1]", rule, code)] == [(it.path, it.rule, it.code) for it in call.violations]
    assert f'[4,{id},"InternalError","",{{}}]' == reader.encode(CallError(call.id, ErrorCode.INTERNAL))


@every_version
@pytest.mark.parametrize("case", ODD_IDS)
def test_odd_id_needs_its_own_rule(version: str, case: str) -> None:
    id, _, rule = ODD_IDS[case]

    refusal(version, f'[2,{id},"Heartbeat",{{}}]', Tolerance.TOLERANT & ~rule)


@every_version
def test_negative_id_of_37_characters_breaks_two_rules(version: str) -> None:
    id = "-" + "9" * 36
    call = codec(version, Tolerance.TOLERANT).decode(f'[2,{id},"Heartbeat",{{}}]')

    assert [Tolerance.ID_NOT_STRING, Tolerance.ID_TOO_LONG] == [it.rule for it in call.violations]
    assert id == refusal(version, f'[2,{id},"Heartbeat",{{}}]', Tolerance.ID_NOT_STRING).id


@every_version
@pytest.mark.parametrize("case", ["integer", "0", "negative integer", "integer of 36 digits"])
def test_tolerated_integer_id_is_known_although_the_rest_is_broken(version: str, case: str) -> None:
    id = ODD_IDS[case][0]
    error = refusal(version, f'[2,{id},"Heartbeat",{{', Tolerance.TOLERANT)

    assert (FrameKind.CALL, ErrorCode.FORMAT, NumericId(id)) == (error.kind, error.code, error.id)
    assert [4, int(id)] == (answer(version, error) or [])[:2]


@every_version
@pytest.mark.parametrize("case", NO_IDS)
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
@pytest.mark.parametrize("rest", ['"Heartbeat",{}]', '"Heartbeat",{'], ids=["whole", "broken"])
def test_j201_4_2_3_anything_else_is_no_id(version: str, case: str, tolerance: Tolerance, rest: str) -> None:
    error = refusal(version, f"[2,{NO_IDS[case]},{rest}", tolerance)

    assert (FrameKind.UNREADABLE, ErrorCode.FRAME, None) == (error.kind, error.code, error.id)
    assert (None if version in FIRST else [4, "-1", "RpcFrameworkError"]) == answer(version, error)


@every_version
def test_integer_id_pairs_a_result_with_its_call(version: str) -> None:
    known = codec(version).specification
    text = '[3,17,{"currentTime":"2026-01-31T12:00:00Z"}]'
    result = codec(version, Tolerance.TOLERANT).decode(text, awaiting={"17": known.request("Heartbeat")})

    assert [Tolerance.ID_NOT_STRING] == [it.rule for it in result.violations]
    assert isinstance(result, CallResult)


@every_version
@pytest.mark.parametrize(
    "id", ["", "-1", "x" * 37, "🔌" * 37], ids=["empty", "-1", "37", "37 beyond the basic plane"]
)
def test_j16_4_1_4_id_of_our_own_keeps_to_the_rules(version: str, id: str) -> None:
    request = codec(version).specification.request("Heartbeat")()

    with pytest.raises(LocalProtocolError, match="cannot be a message id"):
        codec(version).encode(Call(id, request))


@pytest.mark.parametrize("id", ["", "-1", "x" * 37])
def test_j21_4_1_4_send_shares_the_rules_of_ids(id: str) -> None:
    with pytest.raises(LocalProtocolError, match="cannot be a message id"):
        codec("toy").encode(Send(id, Tick(count=1)))


@pytest.mark.parametrize("id", ["", "-1", "x" * MAX_ID_LENGTH, "x" * 1000, 'q"\\', "🔌"])
def test_j16_4_1_4_answer_repeats_any_id(id: str) -> None:
    quoted = json.dumps(id, ensure_ascii=False)

    assert f'[3,{quoted},{{"text":""}}]' == codec("toy").encode(CallResult(id, PingResponse(text="")))
    assert f'[4,{quoted},"GenericError","",{{}}]' == codec("toy").encode(CallError(id, ErrorCode.GENERIC))
    assert f'[5,{quoted},"GenericError","",{{}}]' == codec("toy").encode(
        CallResultError(id, ErrorCode.GENERIC)
    )


@pytest.mark.parametrize("id", ["0", "-1", "17", "9" * 36])
def test_numeric_id_is_written_as_the_number_that_it_was(id: str) -> None:
    assert f'[3,{id},{{"text":""}}]' == codec("toy").encode(CallResult(NumericId(id), PingResponse(text="")))
    assert f'[4,{id},"GenericError","",{{}}]' == codec("toy").encode(
        CallError(NumericId(id), ErrorCode.GENERIC)
    )
