"""The frame layer of OCPP-J, version by version: what is read, what is refused, and what a refusal draws.

Names of tests carry the section: `j16` is OCPP-J 1.6, `j201` and `j21` are part 4 of 2.0.1 and 2.1, `p2` is part 2.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from types import MappingProxyType
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st

from bounds import memory
from holding import exact
from ocpp_core import v16, v20, v21, v201
from ocpp_core.binding import MAX_DEPTH
from ocpp_core.errors import (
    ErrorCode,
    FrameError,
    FrameKind,
    LocalProtocolError,
    PayloadError,
    decisive,
)
from ocpp_core.jsonrpc import MAX_DESCRIPTION_LENGTH, MAX_ID_LENGTH, UNREADABLE_ID, JsonCodec
from ocpp_core.messages import (
    UNSET,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    NumericId,
    Request,
    Send,
)
from ocpp_core.testing import json_values, messages
from ocpp_core.tolerance import Tolerance
from ocpp_core.versions import Specification
from properties import for_all
from toy import TOY, Direction, Note, PingRequest, PingResponse, Tick, TurnRequest, TurnResponse

VERSIONS = ("1.6", "2.0", "2.0.1", "2.1")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

# Frames and their texts.

_STATION_201 = v201.ChargingStation(model="M1", vendor_name="V")
_BOOTED: dict[str, Any] = {"current_time": NOON, "interval": 300}

FRAMES: dict[str, list[tuple[Frame, str]]] = {
    "1.6": [
        (Call("17", v16.HeartbeatRequest()), '[2,"17","Heartbeat",{}]'),
        (
            Call("a" * 36, v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="Zoë 🔌")),
            f'[2,"{"a" * 36}","BootNotification",{{"chargePointVendor":"V","chargePointModel":"Zoë 🔌"}}]',
        ),
        (
            Call(
                "18",
                v16.MeterValuesRequest(
                    connector_id=1,
                    meter_value=[
                        v16.MeterValue(
                            timestamp=NOON,
                            sampled_value=[
                                v16.SampledValue(value="0230.10", unit=v16.UnitOfMeasure.V),
                                v16.SampledValue(value='{"a":[1]}', format=v16.ValueFormat.SIGNED_DATA),
                            ],
                        )
                    ],
                ),
            ),
            '[2,"18","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-31T12:00:00Z","sampledValue":'
            '[{"value":"0230.10","unit":"V"},{"value":"{\\"a\\":[1]}","format":"SignedData"}]}]}]',
        ),
        (
            CallResult("17", v16.HeartbeatResponse(current_time=NOON)),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z"}]',
        ),
        (
            CallResult(
                "18",
                v16.BootNotificationResponse(**_BOOTED, status=v16.RegistrationStatus.ACCEPTED),
            ),
            '[3,"18",{"status":"Accepted","currentTime":"2026-01-31T12:00:00Z","interval":300}]',
        ),
        (CallError("17", ErrorCode.NOT_IMPLEMENTED), '[4,"17","NotImplemented","",{}]'),
        (
            CallError("x" * 60, ErrorCode.OCCURRENCE_CONSTRAINT, "Schade!", {"a": [1, 0.5, None, {}]}),
            f'[4,"{"x" * 60}","OccurenceConstraintViolation","Schade!",{{"a":[1,0.5,null,{{}}]}}]',
        ),
    ],
    "2.0": [
        (
            Call(
                "17",
                v20.BootNotificationRequest(
                    charging_station=v20.ChargingStation(model="M1", vendor_name="V", extra={"color": "red"}),
                    reason=v20.BootReason.POWER_UP,
                ),
            ),
            '[2,"17","BootNotification",'
            '{"chargingStation":{"model":"M1","vendorName":"V","color":"red"},"reason":"PowerUp"}]',
        ),
        (
            CallResult("17", v20.BootNotificationResponse(**_BOOTED, status=v20.RegistrationStatus.PENDING)),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z","interval":300,"status":"Pending"}]',
        ),
        (
            CallError("17", ErrorCode.OCCURRENCE_CONSTRAINT, "d"),
            '[4,"17","OccurrenceConstraintViolation","d",{}]',
        ),
    ],
    "2.0.1": [
        (
            Call(
                "17",
                v201.BootNotificationRequest(
                    charging_station=_STATION_201,
                    reason=v201.BootReason.POWER_UP,
                    custom_data=v201.CustomData(vendor_id="V", extra={"level": {"deep": [1, None]}}),
                ),
            ),
            '[2,"17","BootNotification",{"customData":{"vendorId":"V","level":{"deep":[1,null]}},'
            '"chargingStation":{"model":"M1","vendorName":"V"},"reason":"PowerUp"}]',
        ),
        (
            Call("18", v201.DataTransferRequest(vendor_id="V", data=None)),
            '[2,"18","DataTransfer",{"data":null,"vendorId":"V"}]',
        ),
        (
            CallResult(
                "17", v201.BootNotificationResponse(**_BOOTED, status=v201.RegistrationStatus.REJECTED)
            ),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z","interval":300,"status":"Rejected"}]',
        ),
        (
            CallError(UNREADABLE_ID, ErrorCode.FRAME, "no id"),
            '[4,"-1","RpcFrameworkError","no id",{}]',
        ),
    ],
    "2.1": [
        (Call("17", v21.HeartbeatRequest()), '[2,"17","Heartbeat",{}]'),
        (
            CallResult("17", v21.HeartbeatResponse(current_time=NOON)),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z"}]',
        ),
        (
            CallError("17", ErrorCode.FORMAT, "d", {"a": "b"}),
            '[4,"17","FormatViolation","d",{"a":"b"}]',
        ),
        (CallResultError("17", ErrorCode.FRAME, "d"), '[5,"17","RpcFrameworkError","d",{}]'),
        (
            Send(
                "18",
                v21.NotifyPeriodicEventStream(
                    id=1, pending=0, basetime=NOON, data=[v21.StreamDataElement(t=Decimal("0.5"), v="230.1")]
                ),
            ),
            '[6,"18","NotifyPeriodicEventStream",{"data":[{"t":0.5,"v":"230.1"}],"id":1,"pending":0,'
            '"basetime":"2026-01-31T12:00:00Z"}]',
        ),
    ],
    "toy": [
        (
            Call(
                "17",
                PingRequest(text="a:b", number=Decimal("1.25"), note=Note(author="A", extra={"b": [True]})),
            ),
            '[2,"17","Ping",{"text":"a:b","number":1.25,"note":{"author":"A","b":[true]}}]',
        ),
        (
            Call("18", TurnRequest(direction=Direction.LEFT, steps=[1, 2])),
            '[2,"18","Turn",{"direction":"Left","steps":[1,2]}]',
        ),
        (CallResult("17", PingResponse(text="")), '[3,"17",{"text":""}]'),
        (CallResult("18", TurnResponse()), '[3,"18",{}]'),
        (CallError("17", ErrorCode.GENERIC), '[4,"17","GenericError","",{}]'),
        (CallResultError("17", ErrorCode.TYPE_CONSTRAINT), '[5,"17","TypeConstraintViolation","",{}]'),
        (Send("19", Tick(count=0)), '[6,"19","Tick",{"count":0}]'),
    ],
}
SPECIFICATIONS: dict[str, str | Specification] = {**{version: version for version in VERSIONS}, "toy": TOY}
ROWS = [
    pytest.param(version, frame, text, id=f"{version}-{type(frame).__name__}-{number}")
    for version, rows in FRAMES.items()
    for number, (frame, text) in enumerate(rows)
]
every_row = pytest.mark.parametrize("version, frame, text", ROWS)
every_version = pytest.mark.parametrize("version", VERSIONS)


def codec(version: str, tolerance: Tolerance = Tolerance.STRICT, max_size: int = 1_048_576) -> JsonCodec:
    return JsonCodec(SPECIFICATIONS[version], tolerance=tolerance, max_size=max_size)


def awaiting(version: str) -> dict[str, type[Request[Any]]]:
    """The calls that the results among the `FRAMES` of a version answer."""
    known = codec(version).specification
    return {
        frame.id: known.request(frame.payload.__ocpp__.action or "")
        for frame, _ in FRAMES[version]
        if isinstance(frame, CallResult)
    }


def refusal(
    version: str,
    text: str,
    tolerance: Tolerance = Tolerance.STRICT,
    calls: Mapping[str, type[Request[Any]]] | None = None,
) -> FrameError:
    with pytest.raises(FrameError) as caught:
        codec(version, tolerance).decode(text, awaiting=calls)
    return caught.value


def by_stdlib(text: str) -> Any:
    """JSON text with all its digits, read by others."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def answer(version: str, error: FrameError, pending: Any = ()) -> list[Any] | None:
    """What is sent for a frame that cannot be used, up to the error code; None for silence."""
    owed = codec(version).specification.owed.get(error.kind)
    if owed is None or (owed is FrameKind.CALLRESULTERROR and error.id not in pending):
        return None
    made = CallError if owed is FrameKind.CALLERROR else CallResultError
    text = codec(version).encode(made(UNREADABLE_ID if error.id is None else error.id, error.code))
    frame: list[Any] = json.loads(text)
    assert ["", {}] == frame[3:]
    return frame[:3]


# §4.2: what is valid.


@every_row
def test_frame_is_read(version: str, frame: Frame, text: str) -> None:
    reader = codec(version)

    assert frame == reader.decode(text, awaiting=awaiting(version))
    assert frame == reader.decode(text, awaiting=awaiting(version)), "the quick way, once a class is known"
    assert () == reader.decode(text, awaiting=awaiting(version)).violations


@every_row
def test_frame_is_written(version: str, frame: Frame, text: str) -> None:
    assert text == codec(version).encode(frame)


@every_row
def test_frame_is_read_with_blanks_between_its_tokens(version: str, frame: Frame, text: str) -> None:
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[^]["{}:,]+|.', text)
    assert text == "".join(tokens)
    spaced = " \t\r\n".join(["", *tokens, ""])

    assert frame == codec(version).decode(spaced, awaiting=awaiting(version))


@every_row
def test_frame_is_read_with_escapes_for_all_that_can_be_escaped(
    version: str, frame: Frame, text: str
) -> None:
    escaped = json.dumps(json.loads(text))

    assert frame == codec(version).decode(escaped, awaiting=awaiting(version))


@every_row
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
def test_frame_that_is_cut_short_is_refused(
    version: str, frame: Frame, text: str, tolerance: Tolerance
) -> None:
    calls = awaiting(version)
    for end in range(len(text)):
        error = refusal(version, text[:end], tolerance, calls)

        assert error.id in (None, frame.id)
        assert FrameKind.UNKNOWN_TYPE is not error.kind


@every_row
@pytest.mark.parametrize("rubbish", ["x", "]", ",", "{}", "\x00", "\ufeff", '""', "[]", "NaN", "\ud800"])
def test_frame_with_rubbish_behind_is_refused(version: str, frame: Frame, text: str, rubbish: str) -> None:
    error = refusal(version, text + rubbish, calls=awaiting(version))

    assert frame.id == error.id
    assert ErrorCode.FORMAT is error.code


@every_row
@pytest.mark.parametrize("rubbish", ["x", "[", ",", "\ufeff", "\x00", "\u00a0", "\x0b", "\ud800"])
def test_frame_with_rubbish_before_is_unreadable(version: str, frame: Frame, text: str, rubbish: str) -> None:
    error = refusal(version, rubbish + text, calls=awaiting(version))

    assert (FrameKind.UNREADABLE, ErrorCode.FRAME, None) == (error.kind, error.code, error.id)


@every_version
def test_every_frame_type_of_the_version_is_in_the_table(version: str) -> None:
    numbers = {json.loads(text)[0] for _, text in FRAMES[version]}

    assert set(codec(version).specification.frame_kinds) == numbers
    assert ({2, 3, 4, 5, 6} if version == "2.1" else {2, 3, 4}) == numbers


@every_version
def test_j16_4_2_1_null_is_a_second_way_to_write_an_empty_payload(version: str) -> None:
    reader = codec(version)
    call = reader.decode('[2,"17","Heartbeat",null]')

    assert reader.decode('[2,"17","Heartbeat",{}]') == call
    assert () == call.violations
    assert '[2,"17","Heartbeat",{}]' == reader.encode(call)


def test_j16_4_2_2_null_is_a_second_way_to_write_an_empty_result() -> None:
    calls: dict[str, type[Request[Any]]] = {"17": v16.MeterValuesRequest}

    assert CallResult("17", v16.MeterValuesResponse()) == codec("1.6").decode('[3,"17",null]', awaiting=calls)


@every_version
def test_j16_4_2_1_null_for_a_payload_with_required_fields_lacks_them(version: str) -> None:
    error = refusal(version, '[2,"17","BootNotification",null]')

    assert ErrorCode.OCCURRENCE_CONSTRAINT is error.code
    assert {"required"} == {violation.keyword for violation in error.violations}


def test_j16_4_2_1_action_names_are_case_sensitive() -> None:
    error = refusal("1.6", '[2,"17","heartbeat",{}]')

    assert (ErrorCode.NOT_IMPLEMENTED, "heartbeat") == (error.code, error.action)
    assert "did you mean 'Heartbeat'" in str(error)


def test_response_is_no_action() -> None:
    reader = codec("1.6")
    text = '[3,"17",{"currentTime":"2026-01-31T12:00:00Z"}]'
    for _ in range(2):
        reader.decode(text, awaiting={"17": v16.HeartbeatRequest})

    with pytest.raises(FrameError) as caught:
        reader.decode('[2,"17","HeartbeatResponse",{"currentTime":"2026-01-31T12:00:00Z"}]')
    assert ErrorCode.NOT_IMPLEMENTED is caught.value.code


def test_tolerance_of_the_codec_can_be_replaced_for_one_frame() -> None:
    text = '[2,17,"Heartbeat",{}]'

    assert "17" == codec("1.6").decode(text, tolerance=Tolerance.TOLERANT).id
    with pytest.raises(FrameError):
        codec("1.6", Tolerance.TOLERANT).decode(text, tolerance=Tolerance.STRICT)


@pytest.mark.parametrize("version", ["1.2", "1.5"])
def test_version_without_a_json_wire_has_no_codec(version: str) -> None:
    with pytest.raises(LocalProtocolError, match=f"OCPP {version} has no JSON wire"):
        JsonCodec(version)


def test_codec_is_found_by_its_subprotocol() -> None:
    assert "2.0.1" == JsonCodec("ocpp2.0.1").specification.version


# §4.1.4: message ids.

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
    if readable is not None:  # J-3
        name = "GenericError" if version == "1.6" else "RpcFrameworkError"
        assert FrameKind.CALL is error.kind
        assert [4, readable, name] == answer(version, error)
    else:
        assert FrameKind.UNREADABLE is error.kind
        assert (None if version == "1.6" else [4, "-1", "RpcFrameworkError"]) == answer(version, error)


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
    id, _, rule = ODD_IDS[case]
    reader = codec(version, rule)
    call = reader.decode(f'[2,{id},"Heartbeat",{{}}]')

    assert str(json.loads(id)) == call.id
    assert [("$[1]", rule.rule, ErrorCode.MESSAGE_ID)] == [
        (it.path, it.rule, it.code) for it in call.violations
    ]
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

    assert ["id_not_string", "id_too_long"] == [it.rule for it in call.violations]
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
    assert (None if version == "1.6" else [4, "-1", "RpcFrameworkError"]) == answer(version, error)


@every_version
def test_integer_id_pairs_a_result_with_its_call(version: str) -> None:
    known = codec(version).specification
    text = '[3,17,{"currentTime":"2026-01-31T12:00:00Z"}]'
    result = codec(version, Tolerance.TOLERANT).decode(text, awaiting={"17": known.request("Heartbeat")})

    assert ["id_not_string"] == [it.rule for it in result.violations]
    assert isinstance(result, CallResult)


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
    "error of 2 elements": ('[4,"17"]', _NO_ERROR),
    "error without details": ('[4,"17","GenericError",""]', _NO_ERROR),
    "error with details null": ('[4,"17","GenericError","",null]', _NO_ERROR),
    "error with details of a list": ('[4,"17","GenericError","",[]]', _NO_ERROR),
    "error with description null": ('[4,"17","GenericError",null,{}]', _NO_ERROR),
    "error with a number as code": ('[4,"17",1,"",{}]', _NO_ERROR),
    "error of 6 elements": ('[4,"17","GenericError","",{},{}]', _NO_ERROR),
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
@every_version
def test_j16_4_2_j201_4_2_j21_4_2_malformed_frame_draws_what_is_owed(version: str, case: str) -> None:
    text, (kind, id, code, *answers) = MALFORMED[case]
    known = codec(version).specification
    calls = {"17": known.request("Heartbeat")}
    error = refusal(version, text, calls=calls)

    assert (kind, id, code) == (error.kind, error.id, error.code)
    expected = answers[{"1.6": 0, "2.0": 1, "2.0.1": 1, "2.1": 2}[version]]
    if expected is None:
        assert answer(version, error, calls) is None
    else:
        number = 5 if kind is FrameKind.CALLRESULT else 4
        assert [number, *expected.split(" ")] == answer(version, error, calls)


@pytest.mark.parametrize("case", MALFORMED)
@every_version
def test_malformed_frame_is_refused_however_often_it_comes(version: str, case: str) -> None:
    reader = codec(version)
    calls = {"17": reader.specification.request("Heartbeat")}
    for _, text in FRAMES[version]:
        reader.decode(text, awaiting=awaiting(version))

    for _ in range(2):
        with pytest.raises(FrameError) as caught:
            reader.decode(MALFORMED[case][0], awaiting=calls)
        assert MALFORMED[case][1][:3] == (caught.value.kind, caught.value.id, caught.value.code)


def test_j16_4_1_3_unknown_message_type_is_ignored() -> None:
    assert answer("1.6", refusal("1.6", '[7,"17",{}]')) is None


@pytest.mark.parametrize("version", ["2.0", "2.0.1"])
def test_j201_4_4_unknown_message_type_is_answered(version: str) -> None:
    assert [4, "17", "MessageTypeNotSupported"] == answer(version, refusal(version, '[7,"17",{}]'))


def test_j21_4_4_unknown_message_type_is_ignored_again() -> None:
    assert answer("2.1", refusal("2.1", '[7,"17",{}]')) is None


@pytest.mark.parametrize("version", ["1.6", "2.0", "2.0.1"])
@pytest.mark.parametrize("text", [text for _, text in FRAMES["2.1"][-2:]], ids=["CALLRESULTERROR", "SEND"])
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
def test_j21_4_1_3_types_5_and_6_are_unknown_below(version: str, text: str, tolerance: Tolerance) -> None:
    error = refusal(version, text, tolerance)

    assert (FrameKind.UNKNOWN_TYPE, ErrorCode.MESSAGE_TYPE) == (error.kind, error.code)
    expected = None if version == "1.6" else [4, json.loads(text)[1], "MessageTypeNotSupported"]
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
    "CALLRESULTERROR of 4 elements": ('[5,"17","X",""]', FrameKind.CALLRESULTERROR, "17", ErrorCode.FRAME),
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


# Tolerated frames.

TOLERATED: dict[str, tuple[str, Tolerance, str, Frame]] = {
    "result with an action": (
        '[3,"17","Heartbeat",{"currentTime":"2026-01-31T12:00:00Z"}]',
        Tolerance.RESULT_WITH_ACTION,
        "$[2]",
        CallResult("17", v16.HeartbeatResponse(current_time=NOON)),
    ),
    "error with details alone": (
        '[4,"17",{}]',
        Tolerance.SHORT_CALLERROR,
        "$",
        CallError("17", ErrorCode.GENERIC),
    ),
    "error with nothing": ('[4,"17"]', Tolerance.SHORT_CALLERROR, "$", CallError("17", ErrorCode.GENERIC)),
    "error with a text alone": (
        '[4,"17","Leider nein"]',
        Tolerance.SHORT_CALLERROR,
        "$",
        CallError("17", ErrorCode.GENERIC, "Leider nein"),
    ),
    "error with a code alone": (
        '[4,"17","InternalError"]',
        Tolerance.SHORT_CALLERROR,
        "$",
        CallError("17", ErrorCode.INTERNAL),
    ),
    "error without details": (
        '[4,"17","InternalError","Leider nein"]',
        Tolerance.SHORT_CALLERROR,
        "$",
        CallError("17", ErrorCode.INTERNAL, "Leider nein"),
    ),
    "error with nulls": (
        '[4,"17","InternalError",null,null]',
        Tolerance.SHORT_CALLERROR,
        "$",
        CallError("17", ErrorCode.INTERNAL),
    ),
    "error without description": (
        '[4,"17","InternalError",{"a":1}]',
        Tolerance.SHORT_CALLERROR,
        "$",
        CallError("17", ErrorCode.INTERNAL, "", {"a": 1}),
    ),
}


@pytest.mark.parametrize("case", TOLERATED)
def test_deviation_is_accepted_by_its_rule_alone(case: str) -> None:
    text, rule, path, frame = TOLERATED[case]
    calls: dict[str, type[Request[Any]]] = {"17": v16.HeartbeatRequest}
    read = codec("1.6", rule).decode(text, awaiting=calls)

    assert [(path, "frame", rule.rule, ErrorCode.FRAME)] == [
        (it.path, it.keyword, it.rule, it.code) for it in read.violations
    ]
    assert attrs.evolve(frame, violations=read.violations) == read
    refusal("1.6", text, Tolerance.TOLERANT & ~rule, calls)


def test_member_twice_is_accepted_by_its_rule_alone() -> None:
    text = '[2,"17","DataTransfer",{"vendorId":"a","vendorId":"b"}]'

    read = codec("1.6", Tolerance.DUPLICATE_MEMBER).decode(text)

    assert isinstance(read, Call)
    assert v16.DataTransferRequest(vendor_id="b") == read.payload
    assert [("$", "duplicate", "duplicate_member", "vendorId")] == [
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
        '[4,"17","GenericError","",{},{}]',
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


# §4.3: error codes.

#: Every name: what it means, and the versions that write it so.
CODES: dict[str, tuple[ErrorCode, str]] = {
    "NotImplemented": (ErrorCode.NOT_IMPLEMENTED, "1.6 2.0 2.0.1 2.1"),
    "NotSupported": (ErrorCode.NOT_SUPPORTED, "1.6 2.0 2.0.1 2.1"),
    "InternalError": (ErrorCode.INTERNAL, "1.6 2.0 2.0.1 2.1"),
    "ProtocolError": (ErrorCode.PROTOCOL, "1.6 2.0 2.0.1 2.1"),
    "SecurityError": (ErrorCode.SECURITY, "1.6 2.0 2.0.1 2.1"),
    "FormationViolation": (ErrorCode.FORMAT, "1.6"),
    "FormatViolation": (ErrorCode.FORMAT, "2.0 2.0.1 2.1"),
    "PropertyConstraintViolation": (ErrorCode.PROPERTY_CONSTRAINT, "1.6 2.0 2.0.1 2.1"),
    "OccurenceConstraintViolation": (ErrorCode.OCCURRENCE_CONSTRAINT, "1.6"),
    "OccurrenceConstraintViolation": (ErrorCode.OCCURRENCE_CONSTRAINT, "2.0 2.0.1 2.1"),
    "TypeConstraintViolation": (ErrorCode.TYPE_CONSTRAINT, "1.6 2.0 2.0.1 2.1"),
    "GenericError": (ErrorCode.GENERIC, "1.6 2.0 2.0.1 2.1"),
    "MessageTypeNotSupported": (ErrorCode.MESSAGE_TYPE, "2.0 2.0.1 2.1"),
    "RpcFrameworkError": (ErrorCode.FRAME, "2.0 2.0.1 2.1"),
}
#: Neutral codes that borrow a name: in 1.6, in 2.x.
BORROWED = {
    ErrorCode.STRUCTURE: ("FormationViolation", "ProtocolError"),
    ErrorCode.FRAME: ("FormationViolation", "RpcFrameworkError"),
    ErrorCode.MESSAGE_ID: ("GenericError", "RpcFrameworkError"),
}


@every_version
@pytest.mark.parametrize("name", CODES)
def test_j16_4_2_3_j201_4_3_every_code_of_every_version_is_understood(version: str, name: str) -> None:
    code, versions = CODES[name]
    spelling = None if version in versions.split() else name
    frame = codec(version).decode(f'[4,"17","{name}","d",{{"a":1}}]')

    assert CallError("17", code, "d", {"a": 1}, spelling=spelling) == frame
    assert () == frame.violations


@every_version
@pytest.mark.parametrize("code", ErrorCode)
def test_j16_4_2_3_j201_4_3_code_is_written_as_the_version_spells_it(version: str, code: ErrorCode) -> None:
    names = [
        name for name, (meant, versions) in CODES.items() if meant is code and version in versions.split()
    ]
    if code in BORROWED:
        names = [BORROWED[code][version != "1.6"]]
    if names:
        assert f'[4,"17","{names[0]}","",{{}}]' == codec(version).encode(CallError("17", code))
    else:
        with pytest.raises(LocalProtocolError, match=f"OCPP {version} has no error code for {code}"):
            codec(version).encode(CallError("17", code))


@every_version
def test_codes_without_a_name_are_those_of_soap_and_in_1_6_that_of_unknown_types(version: str) -> None:
    def has_name(code: ErrorCode) -> bool:
        try:
            return bool(codec(version).encode(CallError("17", code)))
        except LocalProtocolError:
            return False

    nameless = {code for code in ErrorCode if not has_name(code)}
    soap = {ErrorCode.IDENTITY, ErrorCode.ENVELOPE_VERSION, ErrorCode.MUST_UNDERSTAND}
    assert soap | ({ErrorCode.MESSAGE_TYPE} if version == "1.6" else set()) == nameless


@every_version
@pytest.mark.parametrize("name", ["", "genericError", "Nope", "Störung", "x" * 10_000])
def test_j16_4_2_3_unknown_code_is_kept_and_means_generic(version: str, name: str) -> None:
    frame = codec(version).decode(f'[4,"17","{name}","d",{{}}]')

    assert CallError("17", ErrorCode.GENERIC, "d", spelling=name) == frame
    assert '[4,"17","GenericError","d",{}]' == codec(version).encode(frame), "never its spelling"


def test_j21_4_2_3_callresulterror_is_read_like_a_callerror() -> None:
    frame = codec("2.1").decode('[5,"17","FormationViolation","d",{}]')

    assert CallResultError("17", ErrorCode.FORMAT, "d", spelling="FormationViolation") == frame


# Schema violations and their codes.

_SOC = (
    '[2,"17","NotifyEVChargingNeeds",{"evseId":1,"chargingNeeds":{"requestedEnergyTransfer":"DC",'
    '"dcChargingParameters":{"evMaxCurrent":1,"evMaxVoltage":1,"stateOfCharge":%s}}}]'
)
_SCHEDULES = ",".join(
    ['{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":1}]}'] * 4
)
KEYWORDS: dict[str, tuple[str, str, str, str]] = {
    "type": ("1.6", '[2,"17","Authorize",{"idTag":17}]', "$.idTag", "TypeConstraintViolation"),
    "enum": ("1.6", '[2,"17","Reset",{"type":"Warm"}]', "$.type", "PropertyConstraintViolation"),
    "maxLength": (
        "1.6",
        f'[2,"17","Authorize",{{"idTag":"{"x" * 21}"}}]',
        "$.idTag",
        "PropertyConstraintViolation",
    ),
    "multipleOf": (
        "1.6",
        '[2,"17","RemoteStartTransaction",{"idTag":"x","chargingProfile":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute","chargingSchedule":{'
        '"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.15}]}}}]',
        "$.chargingProfile.chargingSchedule.chargingSchedulePeriod[0].limit",
        "PropertyConstraintViolation",
    ),
    "format": (
        "1.6",
        '[2,"17","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"now"}]',
        "$.timestamp",
        "PropertyConstraintViolation",
    ),
    "required": ("1.6", '[2,"17","Authorize",{}]', "$.idTag", "OccurenceConstraintViolation"),
    "additionalProperties": ("1.6", '[2,"17","Heartbeat",{"a":1}]', "$.a", "FormationViolation"),
    "type 2.x": ("2.0.1", '[2,"17","Reset",{"type":null}]', "$.type", "TypeConstraintViolation"),
    "enum 2.x": ("2.0.1", '[2,"17","Reset",{"type":"Hard"}]', "$.type", "PropertyConstraintViolation"),
    "minimum 2.x": (
        "2.0.1",
        _SOC % "-1",
        "$.chargingNeeds.dcChargingParameters.stateOfCharge",
        "PropertyConstraintViolation",
    ),
    "maximum 2.x": (
        "2.0.1",
        _SOC % "101",
        "$.chargingNeeds.dcChargingParameters.stateOfCharge",
        "PropertyConstraintViolation",
    ),
    "required 2.x": ("2.0.1", '[2,"17","Reset",{}]', "$.type", "OccurrenceConstraintViolation"),
    "minItems 2.x": (
        "2.0.1",
        '[2,"17","GetVariables",{"getVariableData":[]}]',
        "$.getVariableData",
        "OccurrenceConstraintViolation",
    ),
    "maxItems 2.x": (
        "2.0.1",
        '[2,"17","ReportChargingProfiles",{"requestId":1,"chargingLimitSource":"EMS","evseId":1,"chargingProfile":['
        '{"id":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute",'
        f'"chargingSchedule":[{_SCHEDULES}]}}]}}]',
        "$.chargingProfile[0].chargingSchedule",
        "OccurrenceConstraintViolation",
    ),
    "additionalProperties 2.x": ("2.0.1", '[2,"17","Heartbeat",{"a":1}]', "$.a", "ProtocolError"),
    "additionalProperties 2.1": ("2.1", '[2,"17","Heartbeat",{"a":1}]', "$.a", "ProtocolError"),
}


@pytest.mark.parametrize("case", KEYWORDS)
def test_j16_4_2_3_j201_4_3_broken_keyword_draws_its_code(case: str) -> None:
    version, text, path, name = KEYWORDS[case]
    error = refusal(version, text)

    assert [(path, case.split(maxsplit=1)[0])] == [(it.path, it.keyword) for it in error.violations]
    assert [4, "17", name] == answer(version, error)
    assert path in error.reason


def test_unknown_members_are_no_fault_where_the_schema_is_open() -> None:
    frame = codec("2.0").decode('[2,"17","Heartbeat",{"a":1}]')

    assert Call("17", v20.HeartbeatRequest(extra={"a": 1})) == frame


#: Members of a Ping that break one rule each, from the strongest on.
FAULTS = [
    ('"number":"1"', ErrorCode.TYPE_CONSTRAINT),
    ('"note":{}', ErrorCode.OCCURRENCE_CONSTRAINT),
    ('"text":"12345678901"', ErrorCode.PROPERTY_CONSTRAINT),
    ('"speed":1', ErrorCode.STRUCTURE),
]


@pytest.mark.parametrize("strongest", range(4))
@pytest.mark.parametrize("weakest", range(4))
@pytest.mark.parametrize("backwards", [False, True])
def test_type_then_occurrence_then_property_then_unknown_member(
    strongest: int, weakest: int, backwards: bool
) -> None:
    faults = [FAULTS[strongest], *FAULTS[max(weakest, strongest + 1) :]]
    members = [text for text, _ in faults]
    if not any("text" in member for member in members):
        members.append('"text":""')
    error = refusal("toy", f'[2,"17","Ping",{{{",".join(members[::-1] if backwards else members)}}}]')

    assert FAULTS[strongest][1] is error.code
    assert len(faults) == len(error.violations)
    assert decisive(error.violations) is error.code


def test_all_violations_come_along_in_document_order() -> None:
    error = refusal("toy", '[2,"17","Turn",{"a":1,"direction":"Up","steps":[0,"1"],"b":2}]')

    assert ["$.a", "$.direction", "$.steps[0]", "$.steps[1]", "$.b"] == [it.path for it in error.violations]
    assert error.reason.endswith(" ...")
    assert "$.steps[1]" not in error.reason, "three are enough for a sentence"


#: Frames with two faults; the stage that comes first decides.
STAGES: dict[str, tuple[str, FrameKind, str | None, ErrorCode]] = {
    "type before id": ('[7,"","Ping",{}]', FrameKind.UNKNOWN_TYPE, "", ErrorCode.MESSAGE_TYPE),
    "type before missing id": ("[7,null]", FrameKind.UNKNOWN_TYPE, None, ErrorCode.MESSAGE_TYPE),
    "id before arity": ('[2,"","Ping"]', FrameKind.CALL, "", ErrorCode.MESSAGE_ID),
    "missing id before arity": ("[2,17]", FrameKind.UNREADABLE, None, ErrorCode.FRAME),
    "id before action": ('[2,"","Nope",{}]', FrameKind.CALL, "", ErrorCode.MESSAGE_ID),
    "id before broken payload": ('[2,"","Ping",{', FrameKind.CALL, "", ErrorCode.MESSAGE_ID),
    "arity before action": ('[2,"17","Nope"]', FrameKind.CALL, "17", ErrorCode.FRAME),
    "arity before payload": ('[2,"17","Ping",[],1]', FrameKind.CALL, "17", ErrorCode.FRAME),
    "action before broken payload": ('[2,"17","Nope",{', FrameKind.CALL, "17", ErrorCode.NOT_IMPLEMENTED),
    "action before payload": ('[2,"17","Nope",[]]', FrameKind.CALL, "17", ErrorCode.NOT_IMPLEMENTED),
    "direction before broken payload": ('[2,"17","Tick",{', FrameKind.CALL, "17", ErrorCode.NOT_SUPPORTED),
    "direction before payload": ('[2,"17","Tick",[]]', FrameKind.CALL, "17", ErrorCode.NOT_SUPPORTED),
    "broken payload before its type": ('[2,"17","Ping",[}', FrameKind.CALL, "17", ErrorCode.FORMAT),
    "broken payload before its schema": (
        '[2,"17","Ping",{"a":1,"a":1}]',
        FrameKind.CALL,
        "17",
        ErrorCode.FORMAT,
    ),
    "payload before its schema": ('[2,"17","Ping",["text"]]', FrameKind.CALL, "17", ErrorCode.STRUCTURE),
}


@pytest.mark.parametrize("case", STAGES)
def test_first_stage_that_fails_decides(case: str) -> None:
    text, kind, id, code = STAGES[case]
    error = refusal("toy", text)

    assert (kind, id, code) == (error.kind, error.id, error.code)


def test_refusal_knows_the_action() -> None:
    texts = [
        '[2,"17","Ping",{',
        '[2,"17","Ping",{}]',
        '[2,"17","Ping",[]]',
        '[2,"17","Ping"]',
        '[2,"17","Tick",{}]',
    ]

    assert ["Ping", "Ping", "Ping", "Ping", "Tick"] == [refusal("toy", text).action for text in texts]
    assert "Ping" == refusal("toy", '[3,"17",{}]', calls={"17": PingRequest}).action
    assert "CALL '17' Ping: $.text: is missing" == str(refusal("toy", '[2,"17","Ping",{}]'))


# Hostile text.

_DEEP = "[" * 100_000
_LONG = "x" * 10_000_000
HOSTILE: dict[str, tuple[str, str | None]] = {
    "brackets": (_DEEP, None),
    "objects": ('{"a":' * 100_000, None),
    "brackets as type": (f"[{_DEEP}", None),
    "brackets as id": (f"[2,{_DEEP}", None),
    "brackets as action": (f'[2,"17",{_DEEP}', "17"),
    "brackets as payload": (f'[2,"17","Ping",{_DEEP}', "17"),
    "500 brackets as type": (f'[{"[" * 500 + "]" * 500},"17","Ping",{{}}]', None),
    "500 brackets as id": (f'[2,{"[" * 500 + "]" * 500},"Ping",{{}}]', None),
    "500 brackets as action": (f'[2,"17",{"[" * 500 + "]" * 500},{{}}]', "17"),
    "500 brackets as payload": (f'[2,"17","Ping",{"[" * 500 + "]" * 500}]', "17"),
    "500 brackets in a member": (f'[2,"17","Ping",{{"text":{"[" * 500 + "]" * 500}}}]', "17"),
    "500 brackets in free data": (f'[2,"17","Ping",{{"text":"","data":{"[" * 500 + "]" * 500}}}]', "17"),
    "500 brackets in details": (f'[4,"17","GenericError","",{{"a":{"[" * 500 + "]" * 500}}}]', "17"),
    "200 brackets and a long number": (
        f'[2,"17","Ping",{{"text":"","data":[12345678901234567890,{"[" * 200 + "]" * 200}]}}]',
        "17",
    ),
    "commas": ("[2" + "," * 1_000_000, None),
    "blanks": (" " * 1_000_000, None),
    "blanks in a frame": ("[2," + " " * 1_000_000 + '"17","Ping",{}', None),
    "backslashes": ('[2,"' + "\\" * 1_000_001, None),
    "quotes": ('"' * 1_000_000, None),
    "digits as type": ("[" + "2" * 1_000_000, None),
    "digits as id": ("[2," + "1" * 1_000_000, None),
    "digits in a member": (f'[2,"17","Ping",{{"text":"","number":{"1" * 1_000_000}}}]', "17"),
    "large exponent": ('[2,"17","Ping",{"text":"","number":1e999999999}]', "17"),
    "small exponent": ('[2,"17","Ping",{"text":"","number":1e-999999999}]', "17"),
    "small exponent in free data": ('[2,"17","Ping",{"text":"","data":1e-99999999999999999999}]', "17"),
    "zero with a billion digits": (
        '[2,"17","Ping",{"text":"","data":[0e-999999999,12345678901234567]}]',
        "17",
    ),
    "NaN in free data": ('[2,"17","Ping",{"text":"","data":NaN}]', "17"),
    "escaped name twice": (r'[2,"17","Ping",{"text":"a","te\u0078t":"b"}]', "17"),
    "name twice in an open object": ('[2,"17","Ping",{"text":"a","note":{"author":"A","b":1,"b":2}}]', "17"),
    "name twice in free data": ('[2,"17","Ping",{"text":"a","data":{"b":1,"b":1}}]', "17"),
    "name twice behind an escaped colon": (r'[2,"17","Ping",{"text":"\u003a","text":"\u003a"}]', "17"),
    "name twice in details": ('[4,"17","GenericError","",{"a":1,"a":1}]', "17"),
    "100,000 names, one twice": (
        '[2,"17","Ping",{' + "".join(f'"{n}":0,' for n in range(100_000)) + '"text":"","text":""}]',
        "17",
    ),
    "20,000 unknown names": (
        '[2,"17","Ping",{' + "".join(f'"{n}":0,' for n in range(20_000)) + '"text":1}]',
        "17",
    ),
    "list of 200,000 wrong items": (
        '[2,"17","Turn",{"direction":"Left","steps":[' + "0," * 200_000 + "0]}]",
        "17",
    ),
    "NUL behind": ('[2,"17","Ping",{"text":""}]\x00', "17"),
    "NUL in a member": ('[2,"17","Ping",{"text":"\x00"}]', "17"),
    "byte order mark": ('\ufeff[2,"17","Ping",{"text":""}]', None),
    "10 MB": (_LONG, None),
    "id of 10 MB": (f'[2,"{_LONG}","Ping",{{"text":""}}]', _LONG),
    "action of 10 MB": (f'[2,"17","{_LONG}",{{}}]', "17"),
    "action of 10 MB, mixed": ('[2,"17","' + "TurnPing" * 1_250_000 + '",{}]', "17"),
    "text of 10 MB": (f'[2,"17","Ping",{{"text":"{_LONG}"}}]', "17"),
    "enum of 10 MB": (f'[2,"17","Turn",{{"direction":"{_LONG}"}}]', "17"),
    "name of 10 MB": (f'[2,"17","Ping",{{"text":"","{_LONG}":1}}]', "17"),
    "10 MB, not closed": (f'[2,"17","Ping",{{"text":"{_LONG}', "17"),
}
ACCEPTED_IF_TOLERANT = {
    "escaped name twice",
    "name twice in an open object",
    "name twice in free data",
    "name twice behind an escaped colon",
    "name twice in details",
    "100,000 names, one twice",
    "20,000 unknown names",
    "list of 200,000 wrong items",
    "id of 10 MB",
    "text of 10 MB",
    "enum of 10 MB",
    "name of 10 MB",
    "500 brackets as action",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_is_refused_with_bounded_work(case: str) -> None:
    text, id = HOSTILE[case]

    with memory(5_000_000 + 100 * len(text)):
        with pytest.raises(FrameError) as caught:
            codec("toy", max_size=100_000_000).decode(text)
        assert id == caught.value.id
        assert len(caught.value.reason) < 1_000
        assert len(str(caught.value)) < 1_200


@pytest.mark.parametrize("case", [case for case in HOSTILE if case not in ACCEPTED_IF_TOLERANT])
def test_hostile_text_is_refused_in_any_mode(case: str) -> None:
    text, id = HOSTILE[case]

    with pytest.raises(FrameError) as caught:
        codec("toy", Tolerance.TOLERANT, max_size=100_000_000).decode(text)
    assert id == caught.value.id


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_beyond_the_size_is_not_parsed(case: str) -> None:
    text, id = HOSTILE[case]
    reader = codec("toy", max_size=len(text) - 1)

    with (
        memory(1_000_000),
        pytest.raises(FrameError, match="|".join(["characters", "unknown", "message id"])) as caught,
    ):
        reader.decode(text)
    assert caught.value.id in (id, None)


def test_size_is_counted_in_characters() -> None:
    text = '[2,"17","Heartbeat",{}]'

    assert "17" == codec("1.6", max_size=len(text)).decode(text).id
    with pytest.raises(FrameError, match="has 23 characters, at most 22 are allowed"):
        codec("1.6", max_size=len(text) - 1).decode(text)


def nested(levels: int, innermost: str = "") -> str:
    return "[" * levels + innermost + "]" * levels


@pytest.mark.parametrize("number", ["1", "12345678901234567.5"], ids=["quick", "slow"])
@pytest.mark.parametrize(
    "text, free",
    [
        ('[2,"17","DataTransfer",{"vendorId":"V","data":%s}]', 0),
        ('[2,"17","DataTransfer",{"vendorId":"V","customData":{"vendorId":"V","a":%s}}]', 1),
        (
            '[2,"17","BootNotification",{"chargingStation":{"model":"M","vendorName":"V","modem":{"customData":'
            '{"vendorId":"V","a":{"b":%s}}}},"reason":"PowerUp"}]',
            2,
        ),
        ('[4,"17","GenericError","",{"a":%s}]', 1),
    ],
    ids=["data", "customData", "customData further in", "details"],
)
def test_depth_of_free_data_is_limited_whatever_its_digits(text: str, free: int, number: str) -> None:
    reader = codec("2.0.1")
    deepest = MAX_DEPTH - free - 1
    frame = reader.decode(text % nested(deepest, number))

    assert frame == reader.decode(reader.encode(frame))
    for levels in (deepest + 1, 200, 1_000, 100_000):
        with pytest.raises(FrameError) as caught:
            reader.decode(text % nested(levels, number))
        assert (ErrorCode.FORMAT, "17") == (caught.value.code, caught.value.id)


# Whatever a peer sends.

PENDING = {version: awaiting(version) for version in FRAMES}
TEXTS = list(chain.from_iterable([text for _, text in rows] for rows in FRAMES.values()))
READERS = {version: codec(version) for version in FRAMES}
TOLERANT_READERS = {version: codec(version, Tolerance.TOLERANT) for version in FRAMES}


def survives(text: str) -> None:
    """Any text is a frame or a `FrameError`, and an accepted strict frame is written as one that is read as the same.

    Exceptions: a call of the reserved id "-1" is read, though we send none. A long description is cut. An error whose
    code the version spells otherwise, or has not at all, may come back as another.
    """
    sentences: list[str] = []
    for version, reader in TOLERANT_READERS.items():
        try:
            reader.decode(text, awaiting=PENDING[version])
        except FrameError as error:
            sentences.append(str(error))
    assert all(0 < len(sentence) < 1_500 for sentence in sentences)
    for version, reader in READERS.items():
        try:
            frame = reader.decode(text, awaiting=PENDING[version])
        except FrameError as error:
            answer(version, error, PENDING[version])
            continue
        assert () == frame.violations
        if isinstance(frame, CallError | CallResultError):
            if frame.spelling is not None:
                continue
            frame = attrs.evolve(frame, description=frame.description[:MAX_DESCRIPTION_LENGTH])
        elif isinstance(frame, Call | Send) and frame.id == UNREADABLE_ID:
            continue
        assert frame == reader.decode(reader.encode(frame), awaiting=PENDING[version])


def test_any_text_is_a_frame_or_a_frame_error(record_property: Callable[..., None]) -> None:
    record_property(
        "cases", for_all(st.text() | st.text('[]{}",:\\0123456789.eE- \ud800truefalsnu'), 500, survives)
    )


def test_any_json_is_a_frame_or_a_frame_error(record_property: Callable[..., None]) -> None:
    numbers = st.sampled_from([2, 3, 4, 5, 6, 7, -1, 2.0, True, None])
    ids = st.sampled_from(["17", "18", "", "-1", "x" * 37, 17])
    words = st.sampled_from(
        ["Heartbeat", "BootNotification", "DataTransfer", "Ping", "Turn", "Tick", "GenericError"]
    )
    frames = st.tuples(numbers, ids).flatmap(
        lambda head: st.lists(words | json_values(), max_size=4).map(lambda rest: [*head, *rest])
    )

    def check(value: Any) -> None:
        survives(json.dumps(value, default=float))

    record_property("cases", for_all(json_values() | frames, 500, check))


_SNIPPETS = [
    *'[]{}",:\\0123456789.eE-+ \n\x00\ufeff\u2028\ud800',
    *["null", "true", "NaN", "1e400", "1e-400", "0e-99999", "9" * 20, "9" * 5000, "\u0662", "Zoë"],
    *[r"\u003a", r"\ud800", r"\u0000", '"a":1,', "[]", "{}", '""', "[" * 100],
]


def mutated_texts() -> st.SearchStrategy[str]:
    """Valid frames with a few things deleted, replaced or inserted, at any place."""
    edits = st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from(["", *_SNIPPETS])),
        min_size=1,
        max_size=4,
    )

    def mutate(text: str, edits: list[tuple[float, int, str]]) -> str:
        for place, length, snippet in edits:
            start = int(place * len(text))
            text = text[:start] + snippet + text[start + length :]
        return text

    return st.builds(mutate, st.sampled_from(TEXTS), edits)


def test_any_mutated_frame_is_a_frame_or_a_frame_error(record_property: Callable[..., None]) -> None:
    record_property("cases", for_all(mutated_texts(), 2000, survives))


def test_any_cut_of_two_frames_is_a_frame_or_a_frame_error(record_property: Callable[..., None]) -> None:
    def cut(one: str, other: str, place: float, from_: float) -> str:
        return one[: int(place * len(one))] + other[int(from_ * len(other)) :]

    share = st.floats(0, 1)
    record_property(
        "cases",
        for_all(st.builds(cut, st.sampled_from(TEXTS), st.sampled_from(TEXTS), share, share), 300, survives),
    )


@pytest.mark.parametrize(
    "version, cls",
    [
        ("toy", PingRequest),
        ("toy", TurnRequest),
        ("1.6", v16.SetChargingProfileRequest),
        ("2.0", v20.DataTransferRequest),
        ("2.0.1", v201.DataTransferRequest),
        ("2.1", v21.DataTransferRequest),
    ],
)
def test_any_call_comes_back(
    version: str, cls: type[Request[Any]], record_property: Callable[..., None]
) -> None:
    def check(payload: Request[Any]) -> None:
        written = READERS[version].encode(Call("17", payload))
        read = READERS[version].decode(written)
        again = READERS[version].encode(read)

        assert read == READERS[version].decode(again)
        assert by_stdlib(written) == by_stdlib(again), "a number of 17 digits is a float only once"

    record_property("cases", for_all(messages(cls), 50, check))


# Numbers, digit for digit.


def decimal_texts() -> st.SearchStrategy[str]:
    """Decimals of 1 to 40 digits without an exponent; some are integers."""
    digits = st.text("0123456789", min_size=1, max_size=40)

    def point(digits: str, place: int, sign: str) -> str:
        place = min(place, len(digits))
        whole, fraction = digits[:place].lstrip("0") or "0", digits[place:]
        return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"

    return st.builds(point, digits, st.integers(0, 40), st.sampled_from(["", "-"]))


NUMBERS_IN: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "data": ('[2,"17","DataTransfer",{"data":%s,"vendorId":"V"}]', lambda it: it.data),
    "list in data": (
        '[2,"17","DataTransfer",{"data":{"a":[%s]},"vendorId":"V"}]',
        lambda it: it.data["a"][0],
    ),
    "data beside long text": (
        '[2,"17","DataTransfer",{"data":["12345678901234567890.5",%s],"vendorId":"1234567890123456"}]',
        lambda it: it.data[1],
    ),
    "customData": (
        '[2,"17","Heartbeat",{"customData":{"vendorId":"V","a":%s}}]',
        lambda it: it.custom_data.extra["a"],
    ),
    "number field": (
        '[2,"17","CostUpdated",{"totalCost":%s,"transactionId":"12345678901234567890"}]',
        lambda it: it.total_cost,
    ),
}
WRITTEN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


@pytest.mark.parametrize("place", NUMBERS_IN)
def test_number_passes_digit_for_digit(place: str, record_property: Callable[..., None]) -> None:
    text, get = NUMBERS_IN[place]
    reader = READERS["2.0.1"]

    def check(number: str) -> None:
        frame = reader.decode(text % number)
        assert isinstance(frame, Call)
        assert Decimal(number) == exact(get(frame.payload))

        written = reader.encode(frame)
        assert frame == reader.decode(written)
        assert by_stdlib(text % number) == by_stdlib(written)

    record_property("cases", for_all(decimal_texts(), 200, check))


def test_decimal_is_never_written_with_an_exponent(record_property: Callable[..., None]) -> None:
    def check(number: Decimal) -> None:
        for call in (PingRequest(text="", number=number), PingRequest(text="", data=[number])):
            written = codec("toy").encode(Call("17", call))
            found = re.fullmatch(r'\[2,"17","Ping",\{"text":"","(?:number":|data":\[)(.*?)\]?\}\]', written)

            assert found is not None
            assert WRITTEN_NUMBER.fullmatch(found[1])
            assert number == Decimal(found[1])

    decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)
    record_property("cases", for_all(decimals, 200, check))


@pytest.mark.parametrize(
    "number", ["9007199254740993", "12345678901234567", "0.1234567890123456", "123456789012345.67"]
)
def test_16_and_17_digits_beside_text_of_digits(number: str) -> None:
    text = f'[2,"17","Ping",{{"text":"0123456789","number":{number},"data":["{"9" * 40}",0.1]}}]'
    reader = codec("toy")
    frame = reader.decode(text)

    assert isinstance(frame, Call)
    assert isinstance(frame.payload, PingRequest)
    assert Decimal(number) == frame.payload.number
    assert text == reader.encode(frame)


@pytest.mark.parametrize("integer", [2**63, 2**64, -(2**63) - 1, 10**40, 10**308])
def test_integer_beyond_64_bits_passes(integer: int) -> None:
    for call in (
        v201.DataTransferRequest(vendor_id="V", data=integer),
        v201.HeartbeatRequest(custom_data=v201.CustomData(vendor_id="V", extra={"a": [integer]})),
    ):
        frame = Call("17", call)
        written = codec("2.0.1").encode(frame)

        assert str(integer) in written
        assert frame == codec("2.0.1").decode(written)


# Writing.


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


def untyped(payload: Any) -> Any:
    """A payload that type checkers would not let into a frame."""
    return payload


@pytest.mark.parametrize(
    "version, frame",
    [
        ("1.6", Call("17", v201.HeartbeatRequest())),
        ("2.0.1", Call("17", v16.HeartbeatRequest())),
        ("2.0.1", Call("17", v20.HeartbeatRequest())),
        ("2.1", CallResult("17", v201.HeartbeatResponse(current_time=NOON))),
        ("toy", Send("17", v21.NotifyPeriodicEventStream(
            id=1, pending=0, basetime=NOON, data=[v21.StreamDataElement(t=Decimal(0), v="")]
        ))),
        ("toy", Call("17", untyped(Tick(count=1)))),
        ("toy", Call("17", untyped(PingResponse(text="")))),
        ("toy", Call("17", untyped(Note(author="A")))),
        ("toy", Send("17", untyped(PingRequest(text="")))),
        ("toy", CallResult("17", untyped(PingRequest(text="")))),
    ],
    ids=lambda it: it if isinstance(it, str) else f"{type(it).__name__}-{type(it.payload).__name__}",
)  # fmt: skip
def test_message_of_another_version_or_kind_is_not_written(version: str, frame: Any) -> None:
    with pytest.raises(LocalProtocolError, match=rf"is no (request|response|notification) of OCPP {version}"):
        codec(version).encode(frame)


@pytest.mark.parametrize("version", ["1.6", "2.0", "2.0.1"])
def test_j21_4_2_3_callresulterror_is_not_written_below(version: str) -> None:
    with pytest.raises(LocalProtocolError, match=f"OCPP {version} has no CALLRESULTERROR"):
        codec(version).encode(CallResultError("17", ErrorCode.GENERIC))


def test_j21_4_2_4_send_is_not_written_where_the_version_has_none() -> None:
    older = attrs.evolve(TOY, frame_kinds=codec("2.0.1").specification.frame_kinds)

    with pytest.raises(LocalProtocolError, match="OCPP toy has no SEND"):
        JsonCodec(older).encode(Send("17", Tick(count=1)))


@every_version
def test_j201_4_2_3_description_is_cut_at_255_characters(version: str) -> None:
    for length in (0, 254, 255, 256, 10_000):
        written = codec(version).encode(CallError("17", ErrorCode.GENERIC, "ü" * length))

        assert "ü" * min(length, 255) == json.loads(written)[3]


def too_deep() -> Any:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    return value


DETAILS_NOT_JSON: dict[str, Any] = {
    "object": {"a": object()},
    "bytes": {"a": b"a"},
    "datetime": {"a": NOON},
    "NaN": {"a": float("nan")},
    "decimal NaN": {"a": Decimal("NaN")},
    "lone surrogate": {"a": "\udfff"},
    "number as a name": {1: 2},
    "65 levels": {"a": json.loads(nested(MAX_DEPTH))},
    "100,000 levels": {"a": too_deep()},
}


@pytest.mark.parametrize("case", DETAILS_NOT_JSON)
def test_details_that_are_no_json_are_not_written(case: str) -> None:
    for made in (CallError, CallResultError):
        with pytest.raises(LocalProtocolError):
            codec("toy").encode(made("17", ErrorCode.GENERIC, "", DETAILS_NOT_JSON[case]))


def test_free_data_that_is_no_json_is_not_written() -> None:
    for data in (float("nan"), [float("inf")], object(), {"a": "\ud800"}):
        with pytest.raises((LocalProtocolError, PayloadError)):
            codec("toy").encode(Call("17", PingRequest(text="", data=data)))


def test_details_may_be_any_mapping() -> None:
    error = CallError("17", ErrorCode.GENERIC, "", MappingProxyType({"a": []}))

    assert '[4,"17","GenericError","",{"a":[]}]' == codec("toy").encode(error)


def test_payload_that_breaks_its_schema_is_not_written() -> None:
    profile = v16.ChargingProfile(
        charging_profile_id=1,
        stack_level=0,
        charging_profile_purpose=v16.ChargingProfilePurpose.TX_PROFILE,
        charging_profile_kind=v16.ChargingProfileKind.ABSOLUTE,
        charging_schedule=v16.ChargingSchedule(
            charging_rate_unit=v16.ChargingRateUnit.A,
            charging_schedule_period=[v16.ChargingSchedulePeriod(start_period=0, limit=Decimal("16.15"))],
        ),
    )
    call = Call("17", v16.SetChargingProfileRequest(connector_id=1, cs_charging_profiles=profile))

    with pytest.raises(PayloadError) as caught:
        codec("1.6").encode(call)
    assert ["$.csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit"] == [
        it.path for it in caught.value.violations
    ]


def test_absent_fields_are_not_written() -> None:
    assert '[2,"17","Ping",{"text":""}]' == codec("toy").encode(Call("17", PingRequest(text="", data=UNSET)))


@every_row
def test_nothing_is_written_with_blanks(version: str, frame: Frame, text: str) -> None:
    written = codec(version).encode(frame)

    assert json.dumps(json.loads(written), separators=(",", ":"), ensure_ascii=False) == written


# What codecs share, and what messages are called.


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


def test_a_subclass_is_sent_as_the_action_of_its_parent() -> None:
    """The action is stored with the class; no name is read for it."""

    class Tag(v16.AuthorizeRequest):
        pass

    assert '[2,"17","Authorize",{"idTag":"x"}]' == codec("1.6").encode(Call("17", Tag(id_tag="x")))
