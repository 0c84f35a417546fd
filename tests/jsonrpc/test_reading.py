"""Valid frames are read and written as the table says, and refused if cut short or with rubbish around them."""

import json
import re
from typing import Any

import attrs
import pytest

from frames import FRAMES, awaiting, codec, every_row, every_version, refusal
from ocpp_core import v15, v16
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError, PayloadError
from ocpp_core.model.messages import Call, CallResult, Frame, Request
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.conversion import from_wire


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


def test_version_without_a_json_wire_has_no_codec() -> None:
    silent = attrs.evolve(specification("1.5"), error_names={})
    with pytest.raises(LocalProtocolError, match=re.escape("OCPP 1.5 has no JSON wire")):
        JsonCodec(silent)


_METERED = '{"connectorId":1,"values":[{"timestamp":"2026-01-31T12:00:00Z",%s}]}'
_STOPPED = (
    '{"transactionId":1,"timestamp":"2026-01-31T12:00:00Z","meterStop":5,"transactionData":[{"values":'
    '[{"timestamp":"2026-01-31T12:00:00Z",%s}]}]}'
)
_READ = '"value":[{"value":"5","unit":"kWh"}]'
#: What stations of 1.5 write over WebSocket, for which nobody has made a standard; what it means by the WSDL; and the
#: rules that say what is different.
DIALECTS: dict[str, tuple[str, str, str, list[Tolerance]]] = {
    "as the WSDL": ("MeterValues", _METERED % '"value":[%s]', _METERED % '"value":[%s]', []),
    "values in values": (
        "MeterValues",
        _METERED % '"values":[%s]',
        _METERED % '"value":[%s]',
        [Tolerance.MISNAMED_MEMBER],
    ),
    "one value": (
        "MeterValues",
        _METERED % '"value":%s',
        _METERED % '"value":[%s]',
        [Tolerance.OBJECT_FOR_LIST],
    ),
    "flat": ("MeterValues", _METERED % '"value":"5","unit":"kWh"', _METERED % _READ, [Tolerance.FLAT_VALUE]),
    "flat, attributes first": (
        "MeterValues",
        '{"connectorId":1,"values":[{"unit":"kWh","value":"5","timestamp":"2026-01-31T12:00:00Z"}]}',
        _METERED % _READ,
        [Tolerance.FLAT_VALUE],
    ),
    "flat, in transactions": (
        "StopTransaction",
        _STOPPED % '"value":"5","unit":"kWh"',
        _STOPPED % _READ,
        [Tolerance.FLAT_VALUE],
    ),
    "flat, and one for the list": (
        "MeterValues",
        '{"connectorId":1,"values":{"timestamp":"2026-01-31T12:00:00Z","value":"5"}}',
        _METERED % '"value":[{"value":"5"}]',
        [Tolerance.OBJECT_FOR_LIST, Tolerance.FLAT_VALUE],
    ),
    "authorization": (
        "SendLocalList",
        '{"updateType":"Full","listVersion":1,"localAuthorizationList":[{"idTag":"%s"}]}',
        '{"updateType":"Full","listVersion":1,"localAuthorisationList":[{"idTag":"%s"}]}',
        [Tolerance.MISNAMED_MEMBER],
    ),
}


@pytest.mark.parametrize("case", DIALECTS)
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
def test_dialects_of_1_5_over_websocket_are_read_and_named(case: str, tolerance: Tolerance) -> None:
    action, said, meant, rules = DIALECTS[case]
    reader = JsonCodec("ocpp1.5", tolerance=tolerance)
    value = "A" if action == "SendLocalList" else '{"value":"5","unit":"kWh"}'
    said, meant = (text % value if "%s" in text else text for text in (said, meant))
    frame: Any = reader.decode(f'[2,"17","{action}",{said}]')

    assert rules == [fault.rule for fault in frame.violations]
    assert f'[2,"17","{action}",{meant}]' == reader.encode(Call("17", frame.payload))


def test_in_a_flat_value_of_1_5_a_fault_has_its_place_and_its_rule() -> None:
    """Each attribute is judged where it stands; a number is another deviation, and so is an attribute beside a list."""
    strict = JsonCodec("1.5")
    for members, expected in (
        ('"value":5', [("$.values[0].value", "flat_value"), ("$.values[0].value", "number_as_text")]),
        (
            '"value":"5","unit":"mWh"',
            [("$.values[0].value", "flat_value"), ("$.values[0].unit", "unknown_enum")],
        ),
        (
            '"value":"5","unit":null',
            [("$.values[0].value", "flat_value"), ("$.values[0].unit", "optional_null")],
        ),
        (
            '"value":"5","phase":1',
            [("$.values[0].phase", "extra_member"), ("$.values[0].value", "flat_value")],
        ),
        ('"value":[{"value":"5"}],"unit":"Wh"', [("$.values[0].unit", "extra_member")]),
        (
            '"value":null,"unit":"Wh"',
            [("$.values[0].value", "required_null"), ("$.values[0].unit", "extra_member")],
        ),
    ):
        text = f'[2,"17","MeterValues",{_METERED % members}]'
        with pytest.raises(FrameError) as caught:
            strict.decode(text)
        found = [(fault.path, fault.rule and fault.rule.label) for fault in caught.value.violations]

        assert sorted(expected) == sorted(found)
        frame: Any = JsonCodec("1.5", tolerance=Tolerance.TOLERANT).decode(text)
        assert sorted(expected) == sorted((fault.path, fault.rule.label) for fault in frame.violations)


def test_many_flat_values_of_1_5_are_one_deviation_each() -> None:
    """A frame may have so many in so much text; a day of short readings must not be too much."""
    flat = '{"timestamp":"2026-01-31T12:00:00Z","value":"1","unit":"W","format":"Raw","location":"Inlet"}'
    frame: Any = JsonCodec("1.5").decode(
        f'[2,"17","MeterValues",{{"connectorId":1,"values":[{",".join([flat] * 500)}]}}]'
    )

    assert {Tolerance.FLAT_VALUE} == {fault.rule for fault in frame.violations}
    assert 500 == len(frame.violations)
    assert "Inlet" == frame.payload.values[-1].value[0].location


def test_a_reading_of_1_2_over_websocket_is_the_number_of_its_wsdl() -> None:
    """It has no attributes, and nobody has seen another form of it."""
    plain = _METERED % '"value":5'
    frame: Any = JsonCodec("1.2").decode(f'[2,"17","MeterValues",{plain}]')

    assert (5, ()) == (frame.payload.values[0].value, frame.violations)
    for members in ('"value":"5","unit":"Wh"', '"values":[{"value":"5"}]'):
        with pytest.raises(FrameError):
            JsonCodec("1.2").decode(f'[2,"17","MeterValues",{_METERED % members}]')


def test_dialects_of_1_5_are_those_of_its_json_wire_alone() -> None:
    """The SOAP wire has its WSDL, and 1.6 its schemas."""
    payload = {
        "connectorId": 1,
        "values": [{"timestamp": "2026-01-31T12:00:00Z", "values": [{"value": "5"}]}],
    }
    with pytest.raises(PayloadError):
        from_wire(v15.MeterValuesRequest, payload)
    with pytest.raises(FrameError):
        JsonCodec("1.6").decode('[2,"17","MeterValues",{"connectorId":1,"meterValue":{}}]')


def test_codec_is_found_by_its_subprotocol() -> None:
    assert "2.0.1" == JsonCodec("ocpp2.0.1").specification.version
