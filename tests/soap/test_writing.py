"""What envelopes are written as, and what is refused before it is sent."""

from datetime import datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from lxml import etree

from envelopes import ADDRESSING, ANONYMOUS, ENVELOPE, body_element, envelope, request_header
from ocpp_core import v15, v16
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, PayloadError
from ocpp_core.model.messages import MISSING, Call, CallError, CallResult, CallResultError, Send, SoapHeaders
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import CONTENT_TYPE, UNSPECIFIED
from sample_envelopes import (
    BOOT_ANSWER,
    BOOTED,
    CP_16,
    CS_16,
    CSMS,
    NOON,
    STARTED,
    STATION,
    boot,
    places,
    read,
)


def test_a_request_has_all_its_headers_in_order() -> None:
    codec = SoapCodec("1.6", role=STATION, identity="CP1", address="http://us:80/?a=1&b=2", to="http://them/")
    root = etree.fromstring(codec.encode(Call("m1", BOOTED)))
    header = root[0]
    understand = f"{{{ENVELOPE}}}mustUnderstand"

    assert [
        (f"{{{CS_16}}}chargeBoxIdentity", "CP1", "true"),
        (f"{{{ADDRESSING}}}Action", "/BootNotification", "true"),
        (f"{{{ADDRESSING}}}MessageID", "m1", None),
        (f"{{{ADDRESSING}}}From", "http://us:80/?a=1&b=2", None),
        (f"{{{ADDRESSING}}}ReplyTo", ANONYMOUS, "true"),
        (f"{{{ADDRESSING}}}To", "http://them/", "true"),
    ] == [(block.tag, "".join(block.itertext()), block.get(understand)) for block in header]
    assert [f"{{{ADDRESSING}}}Address"] * 2 == [inner.tag for block in header for inner in block]


def test_a_response_relates_to_its_request() -> None:
    codec = SoapCodec("1.6", address="http://us/", identity="CP1")
    root = etree.fromstring(codec.encode(CallResult("m1", BOOT_ANSWER)))
    blocks = {etree.QName(block).localname: "".join(block.itertext()) for block in root[0]}

    assert ["Action", "MessageID", "RelatesTo", "From", "To"] == list(blocks)
    assert blocks["MessageID"].startswith("urn:uuid:")
    assert ("/BootNotificationResponse", "m1", "http://us/", ANONYMOUS) == (
        blocks["Action"],
        blocks["RelatesTo"],
        blocks["From"],
        blocks["To"],
    )
    assert codec.encode(CallResult("m1", BOOT_ANSWER)) == codec.encode(CallResult("m1", BOOT_ANSWER))
    assert codec.encode(CallResult("m1", BOOT_ANSWER)) != codec.encode(CallResult("m2", BOOT_ANSWER))


def test_an_answer_to_a_request_without_id_relates_to_what_is_unspecified() -> None:
    codec = SoapCodec("1.6", tolerance=Tolerance.TOLERANT)
    call: Any = codec.decode(boot(MessageID=""))
    answer: Any = SoapCodec("1.6", role=STATION).decode(codec.encode(CallResult(call.id, BOOT_ANSWER)))

    assert ("", UNSPECIFIED) == (call.id, answer.id)


def test_the_headers_of_a_frame_go_before_those_of_the_codec() -> None:
    headers = SoapHeaders(
        identity="CP2", action="/X", message_id="r9", from_="http://a/", reply_to="http://b/", to="http://c/"
    )
    codec = SoapCodec("1.6", role=STATION, identity="CP1", address="http://us/", to="http://them/")
    for frame in (Call("m1", BOOTED, headers=headers), CallError("m1", ErrorCode.GENERIC, headers=headers)):
        root = etree.fromstring(codec.encode(frame))
        blocks = {etree.QName(block).localname: "".join(block.itertext()) for block in root[0]}

        assert ("/X", "http://a/", "http://c/") == (blocks["Action"], blocks["From"], blocks["To"])
        expected = ("CP2", "m1", "http://b/") if isinstance(frame, Call) else (None, "r9", None)
        assert expected == (blocks.get("chargeBoxIdentity"), blocks["MessageID"], blocks.get("ReplyTo"))


@pytest.mark.parametrize(
    "role, frame, action",
    [
        (STATION, Call("m1", BOOTED), f"{CS_16}CentralSystemService/BootNotification"),
        (CSMS, CallResult("m1", BOOT_ANSWER), f"{CS_16}CentralSystemService/BootNotificationResponse"),
        (CSMS, Call("m1", v16.ClearCacheRequest()), f"{CP_16}ChargePointService/ClearCache"),
    ],
)
def test_actions_may_be_written_fully_qualified(role: Role, frame: Any, action: str) -> None:
    written = SoapCodec("1.6", role=role, identity="CP1", qualified_actions=True).encode(frame)
    read: Any = SoapCodec("1.6", role=Role.EITHER ^ role).decode(written)

    assert (action, frame.payload, ()) == (read.headers.action, read.payload, read.violations)


def test_the_direction_of_a_data_transfer_is_in_its_namespace() -> None:
    request, response = (
        v16.DataTransferRequest(vendor_id="V"),
        v16.DataTransferResponse(status=v16.DataTransferStatus.ACCEPTED),
    )
    for role, called in ((STATION, CS_16), (CSMS, CP_16)):
        codec = SoapCodec("1.6", role=role, identity="CP1")
        other = specification("1.6").namespaces[role]

        assert called == etree.QName(body_element(codec.encode(Call("m1", request)))).namespace
        assert other == etree.QName(body_element(codec.encode(CallResult("m1", response)))).namespace


@pytest.mark.parametrize("role", [STATION, CSMS], ids=["station", "csms"])
def test_the_endpoint_decides_on_a_data_transfer_without_namespace(role: Role) -> None:
    body = "<dataTransferRequest><vendorId>V</vendorId></dataTransferRequest>"
    namespace = specification("1.6").namespaces[role]
    codec = SoapCodec("1.6", role=role, tolerance=Tolerance.NO_NAMESPACE)
    frame: Any = codec.decode(envelope(request_header("DataTransfer"), body, namespace))

    assert v16.DataTransferRequest(vendor_id="V") == frame.payload


def test_bytes_begin_with_a_declaration_and_their_type_names_the_action() -> None:
    codec = SoapCodec("1.6", role=STATION, identity="CP1")

    assert codec.encode(Call("m1", BOOTED)).startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope '
    )
    assert f'{CONTENT_TYPE}; action="/BootNotification"' == codec.content_type(Call("m1", BOOTED))
    assert "application/soap+xml; charset=utf-8" == codec.content_type(CallResult("m1", BOOT_ANSWER))
    assert CONTENT_TYPE == codec.content_type(CallError("m1", ErrorCode.GENERIC))


NOTIFICATION: Any = object()
UNSENDABLE = {
    "no-identity": (SoapCodec("1.6", role=STATION), Call("m1", BOOTED), "identity"),
    "no-id": (SoapCodec("1.6", role=STATION, identity="CP1"), Call("", BOOTED), "id"),
    "send": (SoapCodec("1.6"), Send("m1", NOTIFICATION), "no Send"),
    "callresulterror": (SoapCodec("1.6"), CallResultError("m1", ErrorCode.GENERIC), "no CallResultError"),
    "security": (
        SoapCodec("1.6", role=STATION, identity="CP1"),
        Call("m1", v16.SignCertificateRequest(csr="x")),
        "no request of OCPP 1.6 in SOAP",
    ),
    "version": (
        SoapCodec("1.5", role=STATION, identity="CP1"),
        Call("m1", BOOTED),
        "of OCPP 1.6 is no request of OCPP 1.5",
    ),
    "data-type": (
        SoapCodec("1.6", role=STATION, identity="CP1"),
        Call("m1", v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)),  # type: ignore[arg-type]
        "no request",
    ),
    "response-as-request": (
        SoapCodec("1.6", role=STATION, identity="CP1"),
        Call("m1", BOOT_ANSWER),
        "BootNotificationResponse of OCPP 1.6 is no request",
    ),
    "request-as-response": (
        SoapCodec("1.6"),
        CallResult("m1", BOOTED),
        "BootNotificationRequest of OCPP 1.6 is no response",
    ),
    "identity-nul": (SoapCodec("1.6", role=STATION, identity="CP\0"), Call("m1", BOOTED), "XML cannot hold"),
    "id-control": (SoapCodec("1.6"), CallResult("m\x01", BOOT_ANSWER), "XML cannot hold"),
    "address-surrogate": (
        SoapCodec("1.6", address="\ud800"),
        CallResult("m1", BOOT_ANSWER),
        "XML cannot hold",
    ),
}


@pytest.mark.parametrize(
    "codec, frame, reason", [pytest.param(*row, id=name) for name, row in UNSENDABLE.items()]
)
def test_what_soap_cannot_say_is_refused_before_it_is_sent(codec: SoapCodec, frame: Any, reason: str) -> None:
    with pytest.raises(LocalProtocolError, match=reason):
        codec.encode(frame)


ACCEPTED_TAG: Any = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
FAR_EAST, FAR_WEST = (timezone(timedelta(hours=hours)) for hours in (20, -20))
UNWRITABLE: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "extra": (attrs.evolve(BOOTED, extra={"a": 1}), [("$.a", "additionalProperties")]),
    "nested-extra": (
        v16.AuthorizeResponse(id_tag_info=attrs.evolve(ACCEPTED_TAG, extra={"a": 1})),
        [("$.idTagInfo.a", "additionalProperties")],
    ),
    "nul": (attrs.evolve(BOOTED, iccid="a\0"), [("$", "characters")]),
    "surrogate": (attrs.evolve(BOOTED, iccid="\ud800"), [("$", "characters")]),
    "non-character": (v15.DataTransferRequest(vendor_id="\uffff"), [("$", "characters")]),
    "more-text-than-libxml2-holds": (
        v16.DataTransferRequest(vendor_id="V", data="x" * 10_000_001),
        [("$", "characters")],
    ),
    "too-long": (attrs.evolve(BOOTED, iccid="x" * 21), [("$.iccid", "maxLength")]),
    "missing": (attrs.evolve(STARTED, id_tag=MISSING), [("$.idTag", "type")]),
    "missing-list": (v16.MeterValuesRequest(connector_id=1, meter_value=MISSING), [("$.meterValue", "type")]),  # type: ignore[arg-type]
    "text-for-a-list": (v16.GetConfigurationRequest(key="abc"), [("$.key", "type")]),  # type: ignore[arg-type]
    "other-class": (v16.AuthorizeResponse(id_tag_info=BOOTED), [("$.idTagInfo", "type")]),
    "number-for-text": (attrs.evolve(BOOTED, iccid=7), [("$.iccid", "type")]),
    "true-for-a-number": (attrs.evolve(STARTED, meter_start=True), [("$.meterStart", "type")]),
    "text-for-a-number": (attrs.evolve(STARTED, meter_start="7"), [("$.meterStart", "type")]),
    "number-for-a-boolean": (
        v16.GetConfigurationResponse(configuration_key=[v16.KeyValue(key="k", readonly=1)]),  # type: ignore[arg-type]
        [("$.configurationKey[0].readonly", "type")],
    ),
    "large": (attrs.evolve(STARTED, meter_start=2**31), [("$.meterStart", "maximum")]),
    "naive": (attrs.evolve(STARTED, timestamp=NOON.replace(tzinfo=None)), [("$.timestamp", "type")]),
    "token": (
        attrs.evolve(BOOT_ANSWER, status=v16.RegistrationStatus.foreign("Odd")),
        [("$.status", "enum")],
    ),
    "list-for-a-token": (attrs.evolve(BOOT_ANSWER, status=[]), [("$.status", "type")]),
    "year-10000-in-utc": (
        v16.HeartbeatResponse(current_time=datetime(9999, 12, 31, 23, tzinfo=FAR_WEST)),
        [("$", "type")],
    ),
    "year-0-in-utc": (
        v16.HeartbeatResponse(current_time=datetime(1, 1, 1, tzinfo=FAR_EAST)),
        [("$", "type")],
    ),
}


@pytest.mark.parametrize(
    "payload, expected", [pytest.param(*row, id=name) for name, row in UNWRITABLE.items()]
)
def test_what_breaks_the_schema_is_refused_before_it_is_sent(
    payload: Any, expected: list[tuple[str, str]]
) -> None:
    role = (
        CSMS
        if type(payload).__ocpp__.sent_by is STATION and "Response" in type(payload).__name__
        else STATION
    )
    codec = SoapCodec(type(payload).__ocpp__.version, role=role, identity="CP1")
    frame = CallResult if "Response" in type(payload).__name__ else Call

    with pytest.raises(PayloadError) as caught:
        codec.encode(frame("m1", payload))

    assert expected == places(caught.value.violations)


def test_an_offset_that_xml_schema_does_not_have_is_written_in_utc() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=FAR_EAST)
    written = SoapCodec("1.6").encode(CallResult("m1", v16.HeartbeatResponse(current_time=moment)))

    assert "2026-01-30T16:00:00Z" == body_element(written)[0].text
    assert moment == read(SoapCodec("1.6", role=STATION), written).payload.current_time


def test_the_reason_of_a_fault_is_made_writable() -> None:
    written = SoapCodec("1.6").encode(CallError("m1", ErrorCode.GENERIC, "a\0b<c>&\x1f"))

    assert "a?b<c>&?" == read(SoapCodec("1.6", role=STATION), written).description
