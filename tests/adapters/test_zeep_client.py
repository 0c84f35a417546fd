"""zeep with our header and our converters: every operation over HTTP, every class both ways, faults and refusals."""

import asyncio
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st
from lxml import etree

from classes import data_types
from envelopes import (
    ADDRESSING,
    ALL_MESSAGES,
    ANONYMOUS,
    ENVELOPE,
    MESSAGES,
    SOAP_VERSIONS,
    SoapMessage,
    soap_messages,
)
from ocpp_core import v12, v15, v16, v201
from ocpp_core.adapters.zeep_client import OcppHeaders, from_zeep, to_zeep, zeep_client
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, PayloadError
from ocpp_core.model.extras import install
from ocpp_core.model.messages import Call, CallError, CallResult, Payload, Response, SoapHeaders
from ocpp_core.model.shapes import Text, shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import WireTimestamp
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import SERVICES, Role
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.transports.soap_body import http_status, read_body
from properties import for_all

zeep = pytest.importorskip("zeep")

IDENTITY = "CP-<1>"
LISTENING = "http://192.0.2.7:8080/?a=1&b=2"

DATA_TYPES = [
    pytest.param(cls, id=f"{version}-{cls.__name__}")
    for version in SOAP_VERSIONS
    for cls in data_types(version)
]
SOAP_CLASSES = [
    pytest.param(each.cls, id=f"{each.version}-{each.cls.__name__}")
    for each in MESSAGES
    if each.receiver is Role.CSMS or each.operation != "DataTransfer"
]
OPERATIONS = [
    pytest.param(each, id=f"{each.version}-{SERVICES[each.receiver]}-{each.operation}")
    for each in MESSAGES
    if each.is_request
]


class Server:
    """A peer: reads envelopes strictly, and answers as it is told."""

    def __init__(self) -> None:
        self.frame: Any = None
        self.body = b""
        self.http_headers: Any = None
        self.answer: Response | CallError | None = None
        self.sender_fault_status = 400
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: the second would wait for an acknowledgement

            def do_POST(self) -> None:
                status, body = server.exchange(self)
                self.send_response(status)
                self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._http.server_port}/ocpp"

    def exchange(self, exchange: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        headers = exchange.headers
        self.http_headers = headers
        self.body = read_body(
            exchange.rfile.read(int(headers["Content-Length"])), content_type=headers["Content-Type"]
        )
        version = SoapCodec.sniff(self.body)
        assert version is not None
        tag = body_tag(self.body)
        namespaces = specification(version).namespaces
        role = next(role for role, namespace in namespaces.items() if tag.startswith(f"{{{namespace}}}"))
        codec = SoapCodec(version, role=role)
        self.frame = codec.decode(self.body)
        if isinstance(self.answer, CallError):
            fault = attrs.evolve(self.answer, id=self.frame.id)
            status = http_status(fault.code, sender_fault_status=self.sender_fault_status)
            return status, codec.encode(fault)
        assert self.answer is not None
        return http_status(None), codec.encode(CallResult(self.frame.id, self.answer))

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def body_tag(body: bytes) -> str:
    return str(etree.fromstring(body)[1][0].tag)


def as_zeep_reads(message: Any) -> Any:
    """What is left of a message when zeep has read it: empty text that may be absent is absent."""
    return attrs.evolve(
        message,
        **{
            field.name: left_by_zeep(
                getattr(message, field.name),
                is_optional=not field.is_required and isinstance(field.kind, Text),
            )
            for field in shape(type(message)).fields
        },
    )


def left_by_zeep(value: Any, *, is_optional: bool) -> Any:
    if isinstance(value, Payload):
        return as_zeep_reads(value)
    if isinstance(value, list):
        return [left_by_zeep(item, is_optional=False) for item in value]
    return None if is_optional and value == "" else value


# Over HTTP


@cache
def client_of(version: str, receiver: Role, address: str) -> Any:
    """Kept: to make one zeep reads the whole WSDL."""
    return zeep_client(version, receiver, address, IDENTITY, from_address=LISTENING)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_understood_on_both_sides(operation: SoapMessage, server: Server) -> None:
    answer_class = specification(operation.version).response(operation.operation)
    client = client_of(operation.version, operation.receiver, server.address)

    def check(pair: tuple[Any, Any]) -> None:
        request, response = pair
        server.answer = response

        value = client.service[operation.operation](**to_zeep(request))

        assert isinstance(server.frame, Call)
        assert request == server.frame.payload
        assert () == server.frame.violations
        assert as_zeep_reads(response) == from_zeep(answer_class, value)

    for_all(st.tuples(soap_messages(operation.cls), soap_messages(answer_class)), 5, check)
    assert server.frame.headers == SoapHeaders(
        identity=IDENTITY,
        action=f"/{operation.operation}",
        message_id=server.frame.id,
        from_=LISTENING,
        reply_to=ANONYMOUS,
        to=server.address,
    )
    assert server.frame.id.startswith("urn:uuid:")
    media_type = f'application/soap+xml; charset=utf-8; action="/{operation.operation}"'
    assert media_type == server.http_headers["Content-Type"]


def test_header_is_what_the_standard_shows(server: Server) -> None:
    server.answer = v16.HeartbeatResponse(current_time=datetime(2026, 1, 31, tzinfo=UTC))
    client = zeep_client("1.6", "CentralSystemService", server.address, "CP-1", new_id=lambda: "urn:uuid:17")

    client.service.Heartbeat()

    header = etree.fromstring(server.body)[0]
    wsa = f"{{{ADDRESSING}}}"
    assert [
        ("{urn://Ocpp/Cs/2015/10/}chargeBoxIdentity", "true", "CP-1"),
        (f"{wsa}Action", "true", "/Heartbeat"),
        (f"{wsa}MessageID", None, "urn:uuid:17"),
        (f"{wsa}From", None, ANONYMOUS),
        (f"{wsa}ReplyTo", "true", ANONYMOUS),
        (f"{wsa}To", "true", server.address),
    ] == [
        (block.tag, block.get(f"{{{ENVELOPE}}}mustUnderstand"), "".join(block.itertext())) for block in header
    ]


def test_each_request_has_an_id_of_its_own(server: Server) -> None:
    server.answer = v15.HeartbeatResponse(current_time=datetime(2026, 1, 31, tzinfo=UTC))
    client = zeep_client("1.5", Role.CSMS, server.address, "CP-1")

    ids = set()
    for _ in range(3):
        client.service.Heartbeat()
        ids.add(server.frame.id)

    assert 3 == len(ids)


def test_one_client_can_call_many_stations(server: Server) -> None:
    server.answer = v16.ClearCacheResponse(status=v16.ClearCacheStatus.ACCEPTED)
    client = zeep_client("1.6", "ChargePointService", server.address, "CP-1")
    other = etree.Element("{urn:example}trace")
    other.text = "t-1"

    client.service.ClearCache(_soapheaders={"ChargeBoxIdentity": "CP-2"})
    assert "CP-2" == server.frame.headers.identity
    client.service.ClearCache(_soapheaders=[other])

    assert "CP-1" == server.frame.headers.identity
    assert "t-1" == etree.fromstring(server.body)[0][-1].text


def test_plugins_of_the_caller_see_the_header(server: Server) -> None:
    server.answer = v16.ClearCacheResponse(status=v16.ClearCacheStatus.ACCEPTED)
    history = zeep.plugins.HistoryPlugin()
    client = zeep_client("1.6", "ChargePointService", server.address, "CP-1", plugins=[history])

    value = client.service.ClearCache()

    assert "Accepted" == value
    sent = history.last_sent["envelope"]
    assert "CP-1" == sent.findtext(".//{urn://Ocpp/Cp/2015/10/}chargeBoxIdentity")


def test_clients_of_one_service_do_not_share_an_address(server: Server) -> None:
    server.answer = v12.ResetResponse(status=v12.ResetStatus.ACCEPTED)
    client = zeep_client("1.2", Role.CHARGE_POINT, server.address, "CP-1")
    zeep_client("1.2", Role.CHARGE_POINT, "http://192.0.2.1/", "CP-2")

    assert "Accepted" == client.service.Reset(type="Hard")
    assert "CP-1" == server.frame.headers.identity


def test_operations_of_an_async_transport_are_awaited(server: Server) -> None:
    httpx = pytest.importorskip("httpx")
    make_transport: Any = zeep.transports.AsyncTransport
    server.answer = v16.ResetResponse(status=v16.ResetStatus.REJECTED)

    async def reset() -> Any:
        async with httpx.AsyncClient() as http:
            with httpx.Client() as loader:
                transport = make_transport(client=http, wsdl_client=loader)
                client = zeep_client("1.6", Role.CHARGE_POINT, server.address, "CP-1", transport=transport)
                return await client.service.Reset(**to_zeep(v16.ResetRequest(type=v16.ResetType.HARD)))

    assert server.answer == from_zeep(v16.ResetResponse, asyncio.run(reset()))
    assert v16.ResetRequest(type=v16.ResetType.HARD) == server.frame.payload


@pytest.mark.parametrize("sender_fault_status", [400, 500])
@pytest.mark.parametrize(
    "code, first, second",
    [
        (ErrorCode.SECURITY, "Sender", "SecurityError"),
        (ErrorCode.IDENTITY, "Sender", "IdentityMismatch"),
        (ErrorCode.OCCURRENCE_CONSTRAINT, "Sender", "ProtocolError"),
        (ErrorCode.INTERNAL, "Receiver", "InternalError"),
        (ErrorCode.NOT_SUPPORTED, "Receiver", "NotSupported"),
    ],
)
def test_faults_become_faults(
    code: ErrorCode, first: str, second: str, sender_fault_status: int, server: Server
) -> None:
    server.answer = CallError("", code, "no <thanks>")
    server.sender_fault_status = sender_fault_status
    client = zeep_client("1.6", Role.CHARGE_POINT, server.address, "CP-1")

    with pytest.raises(zeep.exceptions.Fault) as info:
        client.service.ClearCache()

    assert "no <thanks>" == info.value.message
    assert f"env:{first}" == info.value.code
    assert [("urn://Ocpp/Cp/2015/10/", second)] == [
        (name.namespace, name.localname) for name in info.value.subcodes
    ]


# What we write, read by zeep


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_what_we_write_zeep_reads(message: SoapMessage) -> None:
    client = zeep_client(message.version, message.receiver, "http://192.0.2.1/", "CP-1")
    operation = client.service._binding.get(message.operation)
    writer = SoapCodec(message.version, role=Role.EITHER ^ message.reader, identity="CP-1")
    made: Any = Call if message.is_request else CallResult

    def check(payload: Any) -> None:
        body = writer.encode(made("m-1", payload))
        envelope = zeep.loader.parse_xml(body, client.transport, settings=client.settings)
        read = operation.input.deserialize if message.is_request else operation.process_reply
        assert as_zeep_reads(payload) == from_zeep(message.cls, read(envelope))

    for_all(soap_messages(message.cls), 25, check)


# Converters


@pytest.mark.parametrize("cls", [*SOAP_CLASSES, *DATA_TYPES])
def test_values_come_back_equal(cls: type[Payload]) -> None:
    def check(message: Any) -> None:
        values = to_zeep(message)

        back = from_zeep(cls, values)

        assert message == back
        assert texts(message) == texts(back)

    for_all(soap_messages(cls), 40, check)


def texts(message: Any) -> list[Any]:
    """What moments remember of their text; equal moments need not have the same."""
    if isinstance(message, Payload):
        return [text for field in attrs.fields(type(message)) for text in texts(getattr(message, field.name))]
    if isinstance(message, list):
        return [text for item in message for text in texts(item)]
    return [getattr(message, "text", None)]


def start(**given: Any) -> v16.StartTransactionRequest:
    values: dict[str, Any] = {
        "connector_id": 1,
        "id_tag": "A",
        "timestamp": datetime(2026, 1, 31, 12, tzinfo=UTC),
        "meter_start": 0,
    }
    return v16.StartTransactionRequest(**{**values, **given})


def test_absent_members_are_left_out() -> None:
    assert ["connectorId", "idTag", "timestamp", "meterStart"] == [*to_zeep(start())]


def test_tokens_become_plain_text() -> None:
    values = to_zeep(v16.ResetRequest(type=v16.ResetType.HARD))

    assert {"type": "Hard"} == values
    assert str is type(values["type"])


def test_text_with_attributes_is_where_zeep_has_it() -> None:
    value = v15.SampledValue(value="12.5", unit=v15.UnitOfMeasure.KWH)
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    request = v15.MeterValuesRequest(connector_id=1, values=[v15.MeterValue(timestamp=moment, value=[value])])

    assert {
        "connectorId": 1,
        "values": [{"timestamp": moment, "value": [{"_value_1": "12.5", "unit": "kWh"}]}],
    } == to_zeep(request)


@pytest.mark.parametrize(
    "given, written",
    [
        ("10.0", Decimal("10.0")),
        ("1E+2", Decimal("100")),
        ("0E-7", "0.0000000"),
        ("16.10", Decimal("16.10")),
    ],
)
def test_decimals_keep_their_digits_and_have_no_exponent(given: str, written: Any) -> None:
    period = v16.ChargingSchedulePeriod(start_period=0, limit=Decimal(given))

    value = to_zeep(period)["limit"]

    assert (type(written), str(written)) == (type(value), str(value))
    assert period == from_zeep(v16.ChargingSchedulePeriod, to_zeep(period))


def test_moments_finer_than_zeep_writes_are_text() -> None:
    text = "2026-01-31T12:00:00.123456789Z"
    moment = WireTimestamp.of(datetime(2026, 1, 31, 12, 0, 0, 123456, UTC), text)

    assert text == to_zeep(start(timestamp=moment))["timestamp"]
    assert text == from_zeep(v16.StartTransactionRequest, to_zeep(start(timestamp=moment))).timestamp.text  # type: ignore[attr-defined]


def test_moment_without_a_zone_is_utc_and_remembers_its_text() -> None:
    values = {**to_zeep(start()), "timestamp": datetime(2026, 1, 31, 12)}

    read = from_zeep(v16.StartTransactionRequest, values)

    assert start() == read
    assert isinstance(read.timestamp, WireTimestamp)
    assert "2026-01-31T12:00:00" == read.timestamp.text
    assert datetime(2026, 1, 31, 12, tzinfo=UTC) == to_zeep(read)["timestamp"]


def test_moment_far_from_utc_is_written_in_utc() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=20)))

    assert "2026-01-30T16:00:00+00:00" == to_zeep(start(timestamp=moment))["timestamp"].isoformat()


def test_what_zeep_returns_for_small_responses() -> None:
    info = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)

    assert v16.AuthorizeResponse(id_tag_info=info) == from_zeep(v16.AuthorizeResponse, {"status": "Accepted"})
    assert v16.StopTransactionResponse() == from_zeep(v16.StopTransactionResponse, None)
    assert v16.MeterValuesResponse() == from_zeep(v16.MeterValuesResponse, None)
    assert v16.GetConfigurationRequest(key=["a"]) == from_zeep(v16.GetConfigurationRequest, ["a"])
    assert v16.GetConfigurationRequest(key=[""]) == from_zeep(v16.GetConfigurationRequest, {"key": [None]})
    assert v16.GetConfigurationRequest() == from_zeep(v16.GetConfigurationRequest, {"key": []})


# What is refused

MISSING_TAG = {key: value for key, value in to_zeep(start()).items() if key != "timestamp"}


@pytest.mark.parametrize(
    "values, path, keyword",
    [
        (MISSING_TAG, "$.timestamp", "required"),
        ({**to_zeep(start()), "timestamp": None}, "$.timestamp", "required"),
        ({**to_zeep(start()), "timestamp": "yesterday"}, "$.timestamp", "format"),
        ({**to_zeep(start()), "timestamp": 7}, "$.timestamp", "type"),
        ({**to_zeep(start()), "idTag": "x" * 21}, "$.idTag", "maxLength"),
        ({**to_zeep(start()), "connectorId": "one"}, "$.connectorId", "type"),
        ({**to_zeep(start()), "connectorId": 2**31}, "$.connectorId", "maximum"),
        ({**to_zeep(start()), "reserved": 1}, "$.reserved", "additionalProperties"),
        ("text", "$", "type"),
    ],
)
def test_values_that_break_the_schema_are_refused(values: Any, path: str, keyword: str) -> None:
    with pytest.raises(PayloadError) as info:
        from_zeep(v16.StartTransactionRequest, values)

    assert [(path, keyword)] == [(fault.path, fault.keyword) for fault in info.value.violations]


def test_unknown_token_is_refused_or_tolerated() -> None:
    with pytest.raises(PayloadError) as info:
        from_zeep(v16.ResetRequest, {"type": "Warm"})
    tolerated = from_zeep(v16.ResetRequest, {"type": "Warm"}, tolerance=Tolerance.TOLERANT)

    assert ["$.type"] == [fault.path for fault in info.value.violations]
    assert "Warm" == tolerated.type
    assert not tolerated.type.is_standard


@pytest.mark.parametrize(
    "message",
    [
        start(id_tag="x" * 21),
        start(connector_id=2**31),
        start(id_tag="\0"),
        start(extra={"more": 1}),
        v16.MeterValuesRequest(
            connector_id=1,
            meter_value=[v16.MeterValue(timestamp=datetime(2026, 1, 31, tzinfo=UTC), sampled_value=[])],
        ),
    ],
    ids=["too long", "beyond 32 bits", "no character of XML", "extra member", "no sample"],
)
def test_invalid_message_is_not_converted(message: Payload) -> None:
    with pytest.raises(PayloadError):
        to_zeep(message)


@pytest.mark.parametrize("year", [1, 9999])
def test_a_moment_in_no_year_of_utc_is_not_converted(year: int) -> None:
    """It is too far from UTC for XML Schema; JSON, in which a data type is checked, would carry it as it is."""
    far = timezone(timedelta(hours=20 if year == 1 else -20))
    moment = datetime(year, 1, 1, tzinfo=far) if year == 1 else datetime(year, 12, 31, 23, tzinfo=far)
    sample = v16.MeterValue(timestamp=moment, sampled_value=[v16.SampledValue(value="1")])

    for message in (sample, v16.MeterValuesRequest(connector_id=1, meter_value=[sample])):
        with pytest.raises(PayloadError):
            to_zeep(message)


def test_message_without_a_soap_form_is_not_converted() -> None:
    with pytest.raises(LocalProtocolError):
        to_zeep(v201.HeartbeatRequest())
    with pytest.raises(LocalProtocolError):
        to_zeep(v16.SignedFirmwareStatusNotificationRequest(status=v16.SignedFirmwareStatus.IDLE))


@pytest.mark.parametrize(
    "version, service, identity",
    [
        ("2.0.1", "CentralSystemService", "CP-1"),
        ("1.6", "MasterService", "CP-1"),
        ("1.6", Role.EITHER, "CP-1"),
        ("1.6", Role.CSMS, ""),
        ("1.6", Role.CSMS, "CP\x01"),
    ],
)
def test_client_that_could_not_call_is_not_made(version: str, service: Role | str, identity: str) -> None:
    with pytest.raises(LocalProtocolError):
        zeep_client(version, service, "http://192.0.2.1/", identity)


def test_without_zeep_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zeep", None)

    with pytest.raises(ImportError, match=re.escape(install("soap"))):
        zeep_client("1.6", Role.CSMS, "http://192.0.2.1/", "CP-1")


def test_plugin_serves_other_clients_too(server: Server) -> None:
    """Somebody has a client of his own, say on the official WSDL."""
    server.answer = v16.ResetResponse(status=v16.ResetStatus.ACCEPTED)
    own = zeep_client("1.6", Role.CHARGE_POINT, "http://192.0.2.1/", "CP-1")
    client = zeep.Client(own.wsdl, plugins=[OcppHeaders("urn://Ocpp/Cp/2015/10/", "CP-9")])
    service = client.create_service(own.service._binding.name, server.address)

    assert "Accepted" == service.Reset(type="Soft")
    assert ("CP-9", server.address) == (server.frame.headers.identity, server.frame.headers.to)
