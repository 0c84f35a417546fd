"""What we write can suit old peers, each its own: over real sockets, on both wires, from both sides."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import connect as open_socket
from websockets.typing import Subprotocol

from both_servers import both, running
from loops import asynchronous
from ocpp_core import CallResult, ErrorCode, Role, Router, Tolerance, v15, v16
from ocpp_core.model.messages import Call, CallError
from ocpp_core.soap import Prefixes, SoapCodec
from ocpp_core.transports._handshake import authorization_of
from ocpp_core.transports.admission import Admission, Handshake
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving
from ocpp_core.transports.soap_codecs import MOST_STYLES, SoapCodecs
from ocpp_core.transports.soap_station import connect as soap_station
from ocpp_core.transports.styles import USUAL, Style
from ocpp_core.transports.websocket import connect
from served import NOW, post, served

#: What has a fraction of a second, so that each style writes it in another way.
FINE = NOW + timedelta(microseconds=123_456)
AS_IT_IS, THREE, NONE = ("2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123Z", "2026-01-31T12:00:00Z")
OLD = Style(
    fraction_digits=3,
    prefixes=Prefixes(envelope="SOAP-ENV", addressing="wsa5", ocpp="cs"),
    qualified_actions=True,
)
RESERVE = v16.ReserveNowRequest(connector_id=1, expiry_date=FINE, id_tag="A", reservation_id=1)
RESERVED = v16.ReserveNowResponse(status=v16.ReservationStatus.ACCEPTED)
OFFERS = [Subprotocol("ocpp1.6")]


def csms() -> Router:
    router = Router()
    router.on(v16.HeartbeatRequest)(lambda *_: v16.HeartbeatResponse(current_time=FINE))
    router.on(v15.HeartbeatRequest)(lambda *_: v15.HeartbeatResponse(current_time=FINE))
    return router


def station() -> Router:
    router = Router()
    router.on(v16.ReserveNowRequest)(lambda *_: RESERVED)
    return router


# --- WebSocket -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("styles", [{"CP-1": OLD}, {"CP-1": OLD}.get], ids=["mapping", "function"])
@both
@asynchronous
async def test_each_station_of_a_port_gets_the_digits_that_it_can_read(server: str, styles: Any) -> None:
    """In answers, and in calls to it."""
    options: dict[str, Any] = {"styles": styles}
    async with running(server, csms(), **options) as up:
        for identity, expected in (("CP-1", THREE), ("CP-2", AS_IT_IS)):
            async with open_socket(up.url(f"/{identity}"), subprotocols=OFFERS) as socket:
                await socket.send('[2,"1","Heartbeat",{}]')

                assert f'[3,"1",{{"currentTime":"{expected}"}}]' == await socket.recv()
                calling = asyncio.ensure_future(up.peers[identity].call(RESERVE))
                asked = str(await socket.recv())
                await socket.send(f'[3,{asked.split(",")[1]},{{"status":"Accepted"}}]')

                assert RESERVED == await calling
                assert f'"expiryDate":"{expected}"' in asked


@both
@asynchronous
async def test_a_style_goes_by_the_identity_under_which_a_station_is_known(server: str) -> None:
    options: dict[str, Any] = {"styles": {"CP-1": OLD}, "identities": lambda _: "CP-1"}
    async with (
        running(server, csms(), **options) as up,
        open_socket(up.url("/cp-1"), subprotocols=OFFERS) as socket,
    ):
        await socket.send('[2,"1","Heartbeat",{}]')

        assert THREE in str(await socket.recv())
        assert OLD == up.peers["CP-1"].handshake.style


@both
@asynchronous
async def test_styles_that_fail_let_nobody_in(server: str, caplog: pytest.LogCaptureFixture) -> None:
    options: dict[str, Any] = {"styles": lambda _: {"fraction_digits": 3}}
    async with running(server, csms(), **options) as up:
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            async with open_socket(up.url(), subprotocols=OFFERS):
                pass

    assert 500 == refused.value.response.status_code
    assert "`styles` gives a Style or None, not a dict" in caplog.text


@asynchronous
async def test_a_station_writes_what_its_csms_can_read() -> None:
    said: list[str] = []

    async def old(socket: Any) -> None:
        async for text in socket:
            said.append(text)
            await socket.send(f"[3,{text.split(',')[1]},{{}}]")

    reading = v16.MeterValuesRequest(
        connector_id=1,
        meter_value=[v16.MeterValue(timestamp=FINE, sampled_value=[v16.SampledValue(value="1")])],
    )
    async with websockets.serve(old, "127.0.0.1", subprotocols=OFFERS) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        style = Style(fraction_digits=0)
        async with connect(f"ws://127.0.0.1:{port}", "CP-1", station(), "1.6", style=style) as cp:
            await cp.call(reading)

    assert f'"timestamp":"{NONE}"' in said[0]


# --- SOAP ------------------------------------------------------------------------------------------------------------


class Listener:
    """The end of a SOAP station: keeps the envelopes that come, and answers each with the same payload."""

    def __init__(self, version: str, answer: Any) -> None:
        self.bodies: list[bytes] = []
        self._codec = SoapCodec(version, role=Role.CHARGE_POINT)
        self._answer = answer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event["body"], event["more_body"]
        self.bodies.append(body)
        frame: Any = self._codec.decode(body)
        headers = [(b"content-type", b"application/soap+xml")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        answer = self._codec.encode(CallResult(frame.id, self._answer))
        await send({"type": "http.response.body", "body": answer})


@asynccontextmanager
async def listening() -> AsyncGenerator[tuple[Listener, str], None]:
    """A station that can be called, and where."""
    listener = Listener("1.6", RESERVED)
    async with served(listener) as port:
        yield listener, f"http://127.0.0.1:{port}/"


def envelope(identity: str | None, address: str | None = None, version: str = "1.6") -> bytes:
    codec = SoapCodec(version, role=Role.CHARGE_POINT, identity=identity or "-", address=address)
    heartbeat = {"1.5": v15, "1.6": v16}[version].HeartbeatRequest()
    written = codec.encode(Call("m1", heartbeat))
    if identity is None:
        start, end = written.index(b"<ocpp:charge"), written.index(b"<wsa:Action")
        written = written[:start] + written[end:]
    return written


def is_old(body: bytes) -> bool:
    """Whether an envelope has the prefixes of `OLD`; it has none of them, or no others."""
    found = [name in body for name in (b"<SOAP-ENV:Envelope", b"<wsa5:Action", b"<SOAP-ENV:Body><cs:")]
    usual = [name in body for name in (b"<env:Envelope", b"<wsa:Action", b"<env:Body><ocpp:")]
    assert all(found) is not any(usual)
    assert all(usual) is not any(found)
    return all(found)


@asynchronous
async def test_each_soap_station_of_a_port_gets_its_prefixes_and_actions() -> None:
    """In answers, and in calls to it."""
    app = OcppApp(csms(), styles={"CP-1": OLD}, may_call=lambda *_: True)
    async with served(app) as port, listening() as (listener, address):
        for identity, digits, is_styled in (("CP-1", THREE, True), ("CP-2", AS_IT_IS, False)):
            answer = (await post(port, envelope(identity, address))).content
            assert RESERVED == await app.call(identity, RESERVE)
            asked = listener.bodies.pop()
            answered = b"CentralSystemService/HeartbeatResponse" in answer
            called = b"ChargePointService/ReserveNow<" in asked

            assert [is_styled] * 4 == [is_old(answer), is_old(asked), answered, called]
            assert f"currentTime>{digits}<".encode() in answer
            assert f"expiryDate>{digits}<".encode() in asked


@asynchronous
async def test_faults_have_the_style_of_the_station_that_is_claimed() -> None:
    """Of an envelope that breaks a rule, of a stranger, and where no request is."""
    app = OcppApp(csms(), styles={"CP-1": OLD}, authenticate=lambda handshake: handshake.profile == 1)
    good = envelope("CP-1")
    answer = SoapCodec("1.6").encode(CallResult("m1", v16.HeartbeatResponse(current_time=NOW)))
    faulty = good.replace(b"<ocpp:heartbeatRequest>", b"<ocpp:heartbeatRequest><ocpp:odd>1</ocpp:odd>")
    async with served(app) as port:
        faults = [(await post(port, body)).content for body in (faulty, good, envelope("CP-2"), answer)]

    fault = (b"<SOAP-ENV:Body><SOAP-ENV:Fault>", b"<env:Body><env:Fault>")
    assert [True, True, False, False] == [fault[0] in body for body in faults]
    assert [False, False, True, True] == [fault[1] in body for body in faults]
    assert b"cs:SecurityError" in faults[1]


@asynchronous
async def test_a_soap_station_that_names_itself_in_another_way_gets_its_style() -> None:
    """By its user name, as its header has no identity; under another identity, as we know it by that."""
    known: dict[str, Any] = {"identities": lambda handshake: handshake.identity.upper()}
    tolerance = Tolerance.HARMLESS | Tolerance.NO_IDENTITY
    app = OcppApp(csms(), styles={"CP-1": OLD}, tolerance=tolerance, **known)
    async with served(app) as port:
        user = {"Authorization": authorization_of("CP-1", "secret")}
        answers = [
            (await post(port, envelope(None), **user)).content,
            (await post(port, envelope("cp-1"))).content,
        ]

    assert [True, True] == [is_old(answer) for answer in answers]


@pytest.mark.parametrize("is_broken", [False, True], ids=["request", "no request"])
@asynchronous
async def test_styles_that_fail_answer_nothing_but_that(
    is_broken: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def styles(identity: str) -> Style:
        raise ValueError("no database")

    body = b"<" if is_broken else envelope("CP-1")
    async with served(OcppApp(csms(), styles=styles)) as port:
        response = await post(port, body)

    assert 500 == response.status_code
    assert "no database" not in response.text
    assert "no database" in caplog.text


@asynchronous
async def test_a_soap_station_of_ours_writes_what_its_csms_can_read() -> None:
    """It calls in its style, and answers calls in it."""
    seen = Listener("1.6", None)
    app = OcppApp(csms(), may_call=lambda *_: True)

    async def between(scope: Any, receive: Any, send: Any) -> None:
        async def noting() -> Any:
            event = await receive()
            seen.bodies.append(event.get("body", b""))
            return event

        await app(scope, noting if scope["type"] == "http" else receive, send)

    async with (
        serving(between, "127.0.0.1", 0) as port,
        soap_station(f"http://127.0.0.1:{port}/", "CP-1", station(), "1.6", style=OLD) as caller,
    ):
        await caller.call(v16.HeartbeatRequest())
        address = app.stations["CP-1"].address or ""
        reserve = SoapCodec("1.6", identity="CP-1", to=address).encode(Call("m1", RESERVE))
        answer = await post(int(address.rstrip("/").rpartition(":")[2]), reserve)

    assert is_old(b"".join(seen.bodies))
    assert b"CentralSystemService/Heartbeat<" in b"".join(seen.bodies)
    assert is_old(answer.content)
    assert b"ChargePointService/ReserveNowResponse" in answer.content


# --- what is kept ----------------------------------------------------------------------------------------------------


@asynchronous
async def test_the_codec_of_a_style_is_made_once() -> None:
    """For all messages and all stations that have the style."""
    app = OcppApp(csms(), styles=lambda identity: OLD if identity.startswith("CP") else None)
    async with served(app) as port:
        codecs = set()
        for identity in ("CP-1", "CP-1", "CP-2", "X-1", "X-2"):
            await post(port, envelope(identity))
            codecs.add((identity[0], id(app.stations[identity].codec)))

    assert ["C", "X"] == sorted(kind for kind, _ in codecs)


def test_no_more_codecs_are_kept_than_there_may_be_styles() -> None:
    codecs = SoapCodecs(["1.5", "1.6"], role=Role.CSMS)
    plain = codecs.of("1.6")
    assert plain is not None
    often = codecs.styled(plain, OLD)
    for number in range(2 * MOST_STYLES):
        codecs.styled(plain, Style(prefixes=Prefixes(ocpp=f"p{number}")))

        assert often is codecs.styled(plain, OLD)
    assert MOST_STYLES == len(codecs._styled)


def test_a_style_suits_the_version_of_its_message_and_keeps_what_it_reads() -> None:
    codecs = SoapCodecs(["1.5", "1.6"], role=Role.CSMS, tolerance=Tolerance.TOLERANT, max_size=5_000)
    for version in ("1.5", "1.6"):
        plain: Any = codecs.of(version)
        styled = codecs.styled(plain, OLD)

        assert (version, Tolerance.TOLERANT, 5_000, 3, OLD.prefixes, True) == (
            styled.specification.version,
            styled.tolerance,
            styled.max_size,
            styled.fraction_digits,
            styled.prefixes,
            styled.qualified_actions,
        )
        assert b"SOAP-ENV" in styled.encode(CallError("1", ErrorCode.SECURITY))


# --- options ---------------------------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"fraction_digits": 6}, ValueError, "option fraction_digits: 0 or 3 or None wanted, not 6"),
    ({"fraction_digits": "3"}, TypeError, "option fraction_digits: 0 or 3 or None wanted, not str"),
    ({"fraction_digits": False}, TypeError, "wanted, not False"),
    ({"prefixes": "cs"}, TypeError, "option prefixes: a Prefixes wanted, not str"),
    ({"qualified_actions": 1}, TypeError, "option qualified_actions: True or False wanted, not 1"),
]


@pytest.mark.parametrize("options, kind, said", WRONG)
def test_a_style_that_cannot_work_is_said_when_it_is_made(
    options: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as caught:
        Style(**options)

    assert said in str(caught.value)


def test_a_rule_says_whose_style_it_is() -> None:
    rules = Admission(styles={"CP-1": OLD})

    assert (OLD, USUAL, USUAL) == (rules.style_of("CP-1"), rules.style_of(""), Admission().style_of("CP-1"))
    assert USUAL == Handshake(identity="CP-1", version=None).style == Style()
