"""What a program gives in place of a message, a class, a version or a moment: the error says what is wanted too."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ocpp_core import (
    Call,
    CallResult,
    ErrorCode,
    FrameError,
    JsonCodec,
    PayloadError,
    Request,
    SoapCodec,
    Tolerance,
    from_wire,
    read,
    specification,
    to_wire,
    v16,
    v201,
    validate,
)

VERSIONS = "there are 1.2, 1.5, 1.6, 2.0, 2.0.1, 2.1"
CLASS = "the class of a message is needed, such as v16.HeartbeatRequest; got"
MESSAGE = "a message is needed, such as v16.HeartbeatRequest(); got"
VERSION = "the number of an OCPP version is needed, such as '1.6'; got"

#: What is called; the error; its sentence.
MISUSES: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "from_wire of a name": (lambda _: _(from_wire)("Reset", {}), TypeError, f"{CLASS} the text 'Reset'"),
    "read of a base": (lambda _: _(read)(Request, {}), TypeError, f"{CLASS} the class Request"),
    "from_wire of another class": (lambda _: _(from_wire)(dict, {}), TypeError, f"{CLASS} the class dict"),
    "to_wire of None": (lambda _: _(to_wire)(None), TypeError, f"{MESSAGE} None"),
    "to_wire of a dict": (lambda _: _(to_wire)({}), TypeError, f"{MESSAGE} a dict"),
    "to_wire of a class": (
        lambda _: _(to_wire)(v16.ResetRequest),
        TypeError,
        f"{MESSAGE} the class ResetRequest",
    ),
    "encode of text": (
        lambda _: _(JsonCodec("1.6").encode)(Call("1", _("x"))),
        TypeError,
        "the payload of a frame is a message; got the text 'x'",
    ),
    "validate of requests": (
        lambda _: _(validate)({}, "1.6", "Reset", "requests"),
        ValueError,
        "kind is 'request' or 'response'; got the text 'requests'",
    ),
    "validate of no version": (lambda _: _(validate)({}, None, "Reset"), TypeError, f"{VERSION} None"),
    "JsonCodec of None": (lambda _: JsonCodec(_(None)), TypeError, f"{VERSION} None"),
    "JsonCodec of a number": (lambda _: JsonCodec(_(1.6)), TypeError, f"{VERSION} 1.6"),
    "JsonCodec of a package": (lambda _: JsonCodec(_(v16)), TypeError, f"{VERSION} the module ocpp_core.v16"),
    "SoapCodec of None": (lambda _: SoapCodec(_(None)), TypeError, f"{VERSION} None"),
    "another version": (
        lambda _: specification("1.7"),
        LookupError,
        f"No OCPP version is called '1.7'; {VERSIONS}",
    ),
    "a misspelt one": (
        lambda _: JsonCodec("v16"),
        LookupError,
        f"No OCPP version is called 'v16'; {VERSIONS}",
    ),
    "a frame of an object": (
        lambda _: JsonCodec("1.6").decode(_([2, "1", "Heartbeat", {}])),
        TypeError,
        """a frame is text or bytes, such as '[2,"1","Heartbeat",{}]'; got a list""",
    ),
    "the values of None": (lambda _: JsonCodec("1.6").values(_(None)), TypeError, "got None"),
    "an envelope of text": (
        lambda _: SoapCodec("1.6").decode(_("an envelope")),
        TypeError,
        "an envelope is bytes, as HTTP has it; got the text 'an envelope'",
    ),
    "the values of text": (
        lambda _: SoapCodec("1.6").values(_("an envelope")),
        TypeError,
        "got the text 'an envelope'",
    ),
    "a misspelt tolerance": (
        lambda _: Tolerance.named("unknown-enums"),
        LookupError,
        "no tolerance is called 'unknown-enums'; did you mean 'unknown_enum'?",
    ),
    "no tolerance": (
        lambda _: Tolerance.named("bad"),
        LookupError,
        "no tolerance is called 'bad'; there are optional_null, required_null,",
    ),
}


def untyped(value: Any) -> Any:
    """Types are what these tests break."""
    return value


@pytest.mark.parametrize("misuse, error, said", MISUSES.values(), ids=MISUSES)
def test_what_is_given_and_what_is_wanted_is_said(misuse: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as info:
        misuse(untyped)

    assert said in str(info.value)


NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
VALUE = v16.MeterValue(timestamp=NOW, sampled_value=[v16.SampledValue(value="1")])

#: A message with a value of another Python type; where, and what is said.
VALUES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "text for a moment": (
        lambda _: v16.HeartbeatResponse(current_time=_("2026-01-31T12:00:00Z")),
        "$.currentTime: needs an aware datetime; got the text '2026-01-31T12:00:00Z'",
    ),
    "a naive moment": (
        lambda _: v16.HeartbeatResponse(current_time=datetime(2026, 1, 31)),
        "$.currentTime: needs an aware datetime; got a naive datetime",
    ),
    "a dict for an object": (
        lambda _: v16.AuthorizeResponse(id_tag_info=_({"status": "Accepted"})),
        "$.idTagInfo: needs IdTagInfo of OCPP 1.6; got a dict",
    ),
    "a class for an object": (
        lambda _: v16.AuthorizeResponse(id_tag_info=_(v16.IdTagInfo)),
        "$.idTagInfo: needs IdTagInfo of OCPP 1.6; got the class IdTagInfo",
    ),
    "another version": (
        lambda _: v16.AuthorizeResponse(
            id_tag_info=_(v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED))
        ),
        "$.idTagInfo: needs IdTagInfo of OCPP 1.6; got an IdTokenInfo of OCPP 2.0.1",
    ),
    "a tuple for a list": (
        lambda _: v16.MeterValuesRequest(connector_id=1, meter_value=_((VALUE,))),
        "$.meterValue: needs a list; got a tuple",
    ),
    "one for a list": (
        lambda _: v16.MeterValuesRequest(connector_id=1, meter_value=_(VALUE)),
        "$.meterValue: needs a list; got a MeterValue of OCPP 1.6",
    ),
    "None": (lambda _: v16.ResetRequest(type=_(None)), "$.type: is missing"),
    "credentials": (
        lambda _: v16.HeartbeatResponse(current_time=_("ftp://user:hush@example.com")),
        "$.currentTime: needs an aware datetime; got the text 'ftp://***@example.com'",
    ),
}


@pytest.mark.parametrize("make, said", VALUES.values(), ids=VALUES)
def test_a_value_of_another_type_says_so(make: Any, said: str) -> None:
    message = make(untyped)

    for write in (to_wire, lambda it: JsonCodec("1.6").encode(untyped(_frame(it)))):
        with pytest.raises(PayloadError) as info:
            write(message)

        assert f"{type(message).__name__}: {said}" == str(info.value)


def _frame(message: Any) -> Any:
    return Call("1", message) if isinstance(message, Request) else CallResult("1", message)


def test_a_frame_may_come_as_bytes() -> None:
    codec = JsonCodec("1.6")
    text = '[2,"1","Authorize",{"idTag":"Ä"}]'

    for given in (text.encode(), bytearray(text.encode()), memoryview(text.encode())):
        assert codec.decode(text) == codec.decode(untyped(given))
        assert codec.values(text) == codec.values(untyped(given))


def test_bytes_that_are_no_utf_8_are_the_fault_of_the_peer() -> None:
    for read_it in (JsonCodec("1.6").decode, JsonCodec("1.6").values):
        with pytest.raises(FrameError, match="byte 1 is not UTF-8") as info:
            read_it(b"[\xff]")

        assert ErrorCode.FRAME is info.value.code
