"""`OcppApp` over real sockets: uvicorn serves it, stations connect on both wires."""

import asyncio
import gzip
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from loops import asynchronous, until
from ocpp_core import (
    CallError,
    CallResult,
    ErrorCode,
    Role,
    Tolerance,
    Version,
    specification,
    v12,
    v15,
    v16,
    v20,
    v21,
    v201,
)
from ocpp_core.connection import CallLost, CallReceived, ErrorReceived, Ignored, ResultReceived
from ocpp_core.envelopes import CONTENT_TYPE
from ocpp_core.errors import CallRejectedError, CallResultInvalidError, ConnectionLostError, OcppError
from ocpp_core.gate import BootGate, Registration, StationGate
from ocpp_core.hooks import Hooks, Observer
from ocpp_core.messages import Call, SoapHeaders
from ocpp_core.router import Router
from ocpp_core.soap import SoapCodec
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.soap_http import SoapPeer

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

#: The boot of each version that can be told apart, and the wires that carry it.
BOOTS: dict[str, Any] = {
    "1.2": v12.BootNotificationRequest(charge_point_vendor="Example", charge_point_model="Duo"),
    "1.5": v15.BootNotificationRequest(charge_point_vendor="Example", charge_point_model="Duo"),
    "1.6": v16.BootNotificationRequest(charge_point_vendor="Example", charge_point_model="Duo"),
}
JSON_BOOTS = {
    "ocpp1.6": '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    "ocpp2.0": '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]',
    "ocpp2.0.1": '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]',
    "ocpp2.1": '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]',
}


def csms() -> Router:
    """A CSMS that accepts every station of every version."""
    router = Router(receives=Role.CSMS)

    @router.on(v12.BootNotificationRequest, v15.BootNotificationRequest)
    def boot_1(request: Any, _: Any) -> Any:
        response = specification(request.__ocpp__.version).response("BootNotification")
        return response(status="Accepted", current_time=NOW, heartbeat_interval=300)

    @router.on(
        v16.BootNotificationRequest,
        v20.BootNotificationRequest,
        v201.BootNotificationRequest,
        v21.BootNotificationRequest,
    )
    async def boot_2(request: Any, _: Any) -> Any:
        response = specification(request.__ocpp__.version).response("BootNotification")
        return response(status="Accepted", current_time=NOW, interval=300)

    @router.on(v15.DataTransferRequest)
    async def data(request: v15.DataTransferRequest, station: Any) -> v15.DataTransferResponse:
        reset = await station.call(v15.ResetRequest(type=v15.ResetType.SOFT))
        return v15.DataTransferResponse(status=v15.DataTransferStatus.ACCEPTED, data=str(reset.status))

    return router


@asynccontextmanager
async def served(app: Any) -> AsyncGenerator[int, None]:
    """The port of an application that uvicorn serves."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level=logging.ERROR, ws="websockets-sansio")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


def soap(version: str, **options: Any) -> SoapCodec:
    return SoapCodec(version, role=Role.CHARGE_POINT, identity="CP-1", to="http://127.0.0.1/", **options)


def station(port: int, subprotocol: str, path: str = "/CP-1") -> connect:
    return connect(f"ws://127.0.0.1:{port}{path}", subprotocols=[Subprotocol(subprotocol)])


async def post(port: int, body: bytes, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"http://127.0.0.1:{port}/soap", content=body, headers={"Content-Type": CONTENT_TYPE, **headers}
        )


@pytest.mark.parametrize("name", list(JSON_BOOTS))
def test_websocket_stations_of_every_version_are_served(name: str) -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms())) as port, station(port, name, "/ocpp/CP-1") as socket:
            await socket.send(JSON_BOOTS[name])
            answer = await socket.recv()

            assert name == socket.subprotocol
            assert str(answer).startswith('[3,"1",{"')
            assert '"status":"Accepted"' in str(answer)

    asyncio.run(scenario())


@pytest.mark.parametrize("version", list(BOOTS))
def test_soap_stations_of_every_version_are_served_at_one_address(version: str) -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms())) as port:
            codec = soap(version)
            response = await post(port, codec.encode(Call("urn:uuid:1", BOOTS[version])))

            assert 200 == response.status_code
            frame = codec.decode(response.content)
            assert isinstance(frame, CallResult)
            assert ("urn:uuid:1", "Accepted") == (frame.id, frame.payload.status)  # type: ignore[attr-defined]

    asyncio.run(scenario())


def test_both_wires_share_one_port_and_both_can_be_called() -> None:
    station = Router(receives=Role.CHARGE_POINT)

    @station.on(v15.ResetRequest)
    def reset(request: v15.ResetRequest, _: Any) -> v15.ResetResponse:
        return v15.ResetResponse(status=v15.ResetStatus.ACCEPTED)

    async def scenario() -> None:
        app = OcppApp(csms(), may_call=lambda identity, address: identity == "CP-1")
        box = OcppApp(station, role=Role.CHARGE_POINT, identity="CP-1", accepts=["1.5"])
        async with served(app) as port, served(box) as box_port, httpx.AsyncClient() as client:
            codec = soap("1.5", address=f"http://127.0.0.1:{box_port}/")
            peer = SoapPeer(codec, "CP-1", client=client, address=f"http://127.0.0.1:{port}/")
            async with connect(f"ws://127.0.0.1:{port}/CP-2", subprotocols=["ocpp1.6"]) as socket:  # type: ignore[list-item]
                await peer.call(BOOTS["1.5"])
                called_back = await peer.call(v15.DataTransferRequest(vendor_id="com.example"))
                by_soap = await app.call("CP-1", v15.ResetRequest(type=v15.ResetType.HARD))
                calling = asyncio.create_task(app.call("CP-2", v16.ResetRequest(type=v16.ResetType.HARD)))
                frame = str(await socket.recv())
                await socket.send(f'[3,"{frame.split(chr(34))[1]}",{{"status":"Rejected"}}]')

                assert "Accepted" == called_back.data
                assert v15.ResetStatus.ACCEPTED == by_soap.status
                assert v16.ResetStatus.REJECTED == (await calling).status
                with pytest.raises(ConnectionLostError):
                    await app.call("CP-3", v16.ResetRequest(type=v16.ResetType.HARD))

    asyncio.run(scenario())


def test_a_station_refuses_what_is_meant_for_another() -> None:
    async def scenario() -> None:
        box = OcppApp(Router(), role=Role.CHARGE_POINT, identity="CP-1", accepts=["1.5"])
        async with served(box) as port, httpx.AsyncClient() as client:
            codec = SoapCodec("1.5", role=Role.CSMS, to="http://127.0.0.1/")
            peer = SoapPeer(codec, "CP-2", client=client, address=f"http://127.0.0.1:{port}/")
            with pytest.raises(CallRejectedError) as info:
                await peer.call(v15.ResetRequest(type=v15.ResetType.SOFT))

            assert ErrorCode.IDENTITY == info.value.code

    asyncio.run(scenario())


def test_an_address_is_called_only_if_it_may_be() -> None:
    async def scenario() -> None:
        app = OcppApp(csms())
        async with served(app) as port:
            codec = soap("1.5", address="http://127.0.0.1:1/")
            await post(port, codec.encode(Call("urn:uuid:1", BOOTS["1.5"])))

            assert app.stations["CP-1"].address is None
            with pytest.raises(ConnectionLostError):
                await app.call("CP-1", v15.ResetRequest(type=v15.ResetType.SOFT))

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "address",
    [
        "http://www.w3.org/2005/08/addressing/anonymous",
        "http://:8082/",
        "/relative",
        "ftp://host/",
        "null",
        "http://[",
    ],
)
def test_what_is_no_address_is_not_kept(address: str) -> None:
    async def scenario() -> None:
        app = OcppApp(csms(), may_call=lambda *_: True)
        async with served(app) as port:
            call = Call("urn:uuid:1", BOOTS["1.5"], headers=SoapHeaders(from_=address))
            await post(port, soap("1.5").encode(call))

            assert app.stations["CP-1"].address is None

    asyncio.run(scenario())


class Noting(Hooks):
    """Notes what it is told, and of whom."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, Any]] = []

    def frame(self, peer: Any, direction: str, size: int) -> None:
        assert size > 0
        self.notes.append((peer.identity, direction))

    def call_ended(self, peer: Any, request: Any, outcome: Any, seconds: float) -> None:
        assert seconds >= 0
        self.notes.append((peer.identity, type(outcome)))

    def call_answered(self, peer: Any, request: Any, answer: Any, seconds: float) -> None:
        assert seconds >= 0
        self.notes.append((peer.identity, type(answer.response or answer.error)))

    def event(self, peer: Any, event: Any) -> None:
        self.notes.append((peer.identity, type(event)))


@asynchronous
async def test_hooks_are_told_of_the_soap_wire() -> None:
    on_csms, on_station = Noting(), Noting()
    station = Router(receives=Role.CHARGE_POINT)
    station.on(v15.ResetRequest)(lambda *_: v15.ResetResponse(status=v15.ResetStatus.ACCEPTED))
    box = OcppApp(station, role=Role.CHARGE_POINT, identity="CP-1", accepts=["1.5"], hooks=[on_station])
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(box)) as to_box,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(
                OcppApp(csms(), may_call=lambda *_: True, client=to_box, hooks=[on_csms])
            )
        ) as to_csms,
    ):
        codec = soap("1.5", address="http://station/")
        peer = SoapPeer(
            codec, "CP-1", client=to_csms, address="http://csms/", observer=Observer([on_station])
        )
        await peer.call(v15.DataTransferRequest(vendor_id="com.example"))
        await to_csms.post("http://csms/", content=b"<a/>", headers={"Content-Type": CONTENT_TYPE})
        with pytest.raises(CallRejectedError):
            await peer.call(v15.HeartbeatRequest())

    called = [("CP-1", "in"), ("CP-1", CallReceived)]
    calls_back = [("CP-1", "out"), ("CP-1", "in"), ("CP-1", ResultReceived), ("CP-1", ResultReceived)]
    assert on_csms.notes == [
        *called,
        *calls_back,
        *(("CP-1", v15.DataTransferResponse), ("CP-1", "out")),
        *(("", "in"), ("", Ignored), ("", "out")),
        *called,
        *(("CP-1", OcppError), ("CP-1", "out")),
    ]
    assert on_station.notes == [
        ("CP-1", "out"),
        *called,
        *(("CP-1", v15.ResetResponse), ("CP-1", "out")),
        *(("CP-1", "in"), ("CP-1", ResultReceived), ("CP-1", ResultReceived)),
        *(("CP-1", "out"), ("CP-1", "in"), ("CP-1", ErrorReceived), ("CP-1", ErrorReceived)),
    ]


@asynchronous
async def test_a_request_that_is_refused_is_told_of_its_station() -> None:
    noting = Noting()
    app = OcppApp(csms(), hooks=[noting])
    good = soap("1.5").encode(Call("urn:uuid:1", BOOTS["1.5"]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        bad = good.replace(b"<ocpp:chargePointModel>Duo</ocpp:chargePointModel>", b"")
        await client.post("http://csms/", content=bad, headers={"Content-Type": CONTENT_TYPE})

    assert [("CP-1", "in"), ("CP-1", Ignored), ("CP-1", "out")] == noting.notes
    assert not app.stations  # it may be anybody


@asynchronous
async def test_envelopes_are_logged_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ocpp_core.frames")
    app = OcppApp(Router(), role=Role.CHARGE_POINT, accepts=["1.6"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        codec = SoapCodec("1.6", role=Role.CSMS)
        peer = SoapPeer(codec, "CP-1", client=client, address="http://station/")
        with pytest.raises(CallRejectedError):
            await peer.call(v16.ChangeConfigurationRequest(key="AuthorizationKey", value="hunter2hunter2"))

    assert [("CP-1", "out"), ("CP-1", "in"), ("CP-1", "out"), ("CP-1", "in")] == [
        (record.identity, record.direction)  # type: ignore[attr-defined]
        for record in caplog.records
        if record.name == "ocpp_core.frames"
    ]
    assert "AuthorizationKey" in caplog.text
    assert "hunter2" not in caplog.text


@asynchronous
async def test_what_runs_after_an_answer_does_not_delay_it() -> None:
    order: list[str] = []
    router = csms()

    @router.after(v15.BootNotificationRequest)
    async def booted(request: Any, response: Any, peer: Any) -> None:
        order.append(f"after {peer.identity}")

    sent = [{"type": "http.request", "body": soap("1.5").encode(Call("urn:uuid:1", BOOTS["1.5"]))}]

    async def receive() -> Any:
        return sent.pop()

    async def send(event: Any) -> None:
        order.append(event["type"])

    headers = [(b"content-type", CONTENT_TYPE.encode())]
    await OcppApp(router)({"type": "http", "method": "POST", "headers": headers}, receive, send)

    assert ["http.response.start", "http.response.body", "after CP-1"] == order


@asynchronous
async def test_a_soap_station_that_is_rejected_answers_as_http_wants_an_answer() -> None:
    gate, station = StationGate(), Router()
    station.middleware(gate)
    app = OcppApp(station, role=Role.CHARGE_POINT, accepts=["1.6"])
    gate.registration = Registration.REJECTED
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        peer = SoapPeer(SoapCodec("1.6", role=Role.CSMS), "CP-1", client=client, address="http://station/")
        with pytest.raises(CallRejectedError) as info:
            await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))

    assert ErrorCode.SECURITY is info.value.code


@asynchronous
async def test_a_gate_knows_a_soap_station_by_its_identity() -> None:
    """Pending, asked for a heartbeat and nothing else: the gate remembers across the exchanges."""
    gate, router, station = BootGate(), Router(), Router()
    router.middleware(gate)
    router.on(v16.BootNotificationRequest)(
        lambda *_: v16.BootNotificationResponse(
            status=v16.RegistrationStatus.PENDING, current_time=NOW, interval=300
        )
    )
    router.on(v16.HeartbeatRequest)(lambda *_: v16.HeartbeatResponse(current_time=NOW))
    station.on(v16.TriggerMessageRequest)(
        lambda *_: v16.TriggerMessageResponse(status=v16.TriggerMessageStatus.ACCEPTED)
    )
    box = OcppApp(station, role=Role.CHARGE_POINT, accepts=["1.6"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(box)) as to_box:
        app = OcppApp(router, may_call=lambda *_: True, client=to_box, hooks=[gate])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            codec = soap("1.6", address="http://station/")
            peer = SoapPeer(codec, "CP-1", client=client, address="http://csms/")
            with pytest.raises(CallRejectedError):
                await peer.call(v16.HeartbeatRequest())
            await peer.call(BOOTS["1.6"])
            trigger = v16.TriggerMessageRequest(requested_message=v16.MessageTrigger.HEARTBEAT)
            await app.call("CP-1", trigger)
            assert NOW == (await peer.call(v16.HeartbeatRequest())).current_time
            with pytest.raises(CallRejectedError):
                await peer.call(v16.AuthorizeRequest(id_tag="T"))


def test_each_station_has_its_own_tolerance_on_both_wires() -> None:
    def tolerance(identity: str) -> Tolerance:
        return Tolerance.EXTRA_MEMBER if identity == "sloppy" else Tolerance.STRICT

    frame = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M","uptime":1}]'

    async def scenario() -> None:
        async with served(OcppApp(csms(), tolerance=tolerance)) as port:
            for identity, is_accepted in (("sloppy", True), ("other", False)):
                async with station(port, "ocpp1.6", f"/{identity}") as socket:
                    await socket.send(frame)
                    assert is_accepted == ("Accepted" in str(await socket.recv()))

                codec = SoapCodec("1.5", role=Role.CHARGE_POINT, identity=identity, to="http://127.0.0.1/")
                body = codec.encode(Call("urn:uuid:1", BOOTS["1.5"]))
                odd = body.replace(
                    b"</ocpp:chargePointModel>", b"</ocpp:chargePointModel><ocpp:uptime>1</ocpp:uptime>"
                )
                assert odd != body
                assert is_accepted == (b"Accepted" in (await post(port, odd)).content)

    asyncio.run(scenario())


class Stream(httpx.AsyncByteStream):
    """A body that comes in parts."""

    def __init__(self, body: bytes) -> None:
        self.parts = (body[start : start + 65_536] for start in range(0, len(body), 65_536))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        part = next(self.parts, None)
        if part is None:
            raise StopAsyncIteration
        return part


def answering(status: int, body: bytes, **headers: str) -> SoapPeer:
    """A peer that answers each call with the same."""
    stream = Stream(body) if headers or len(body) > 1_000_000 else None
    responses = httpx.MockTransport(
        lambda _: httpx.Response(status, stream=stream, content=None if stream else body, headers=headers)
    )
    client = httpx.AsyncClient(transport=responses)
    return SoapPeer(SoapCodec("1.6", role=Role.CSMS), "CP-1", client=client, address="http://station/")


WRONG = SoapCodec("1.6", role=Role.CHARGE_POINT).encode(
    CallResult("urn:other", v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
)
FAULT = SoapCodec("1.6", role=Role.CHARGE_POINT).encode(CallError("", ErrorCode.NOT_SUPPORTED))
GZIP = {"Content-Encoding": "gzip"}
BOMB = gzip.compress(bytes(64 << 20))


@pytest.mark.parametrize(
    "status, body, headers, reason",
    [
        (502, b"<html>Bad gateway</html>", {}, "HTTP 502, not an envelope"),
        (404, b"", {}, "HTTP 404, not XML"),
        (200, b"<" + b" " * 2_000_000, {}, "HTTP 200, the body has more than 1048576 bytes"),
        (200, BOMB, GZIP, "HTTP 200, the body has more than 1048576 bytes"),
        (200, b"<a/>", {"Content-Encoding": "br"}, "HTTP 200, the content encoding 'br' is not read"),
        (200, gzip.compress(WRONG), GZIP, "HTTP 200, CallResult 'urn:other' answers no call that waits"),
        (
            500,
            FAULT,
            {},
            "HTTP 500, CallError 'http://www.w3.org/2005/08/addressing/unspecified' concerns nothing",
        ),
    ],
    ids=["page", "nothing", "long", "bomb", "coding", "other", "unspecified"],
)
@asynchronous
async def test_an_answer_that_cannot_be_read_says_why_and_with_which_status(
    status: int, body: bytes, headers: dict[str, str], reason: str
) -> None:
    with pytest.raises(CallResultInvalidError) as info:
        await answering(status, body, **headers).call(v16.ResetRequest(type=v16.ResetType.SOFT))

    assert info.value.error.reason.startswith(reason)


@pytest.mark.parametrize("length, is_known", [(255, True), (256, False)])
@asynchronous
async def test_an_identity_without_end_is_not_kept(length: int, is_known: bool) -> None:
    app = OcppApp(csms())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        codec = SoapCodec("1.5", role=Role.CHARGE_POINT)
        peer = SoapPeer(codec, "x" * length, client=client, address="http://csms/")
        if is_known:
            await peer.call(BOOTS["1.5"])
        else:
            with pytest.raises(CallRejectedError, match="256 characters"):
                await peer.call(BOOTS["1.5"])

    assert is_known == bool(app.stations)


@asynchronous
async def test_a_station_has_its_tolerance_when_it_answers_too() -> None:
    """Its answer does not say who it is; whoever was called has answered."""
    written = SoapCodec("1.6", role=Role.CHARGE_POINT).encode(CallError("urn:1", ErrorCode.INTERNAL))
    asked: list[str] = []

    def tolerance(identity: str) -> Tolerance:
        asked.append(identity)
        return Tolerance.TOLERANT

    def respond(request: httpx.Request) -> httpx.Response:
        id = request.content.partition(b"<wsa:MessageID>")[2].partition(b"<")[0]
        return httpx.Response(500, content=written.replace(b"urn:1", id))

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as client:
        codec = SoapCodec("1.6", role=Role.CSMS, tolerance=tolerance)
        with pytest.raises(CallRejectedError):
            await SoapPeer(codec, "CP-1", client=client, address="http://station/").call(
                v16.ResetRequest(type=v16.ResetType.SOFT)
            )

    assert ["CP-1"] == asked


@asynchronous
async def test_a_caller_that_gives_up_leaves_a_call_that_is_lost() -> None:
    called, noting = asyncio.Event(), Noting()

    async def silent(request: httpx.Request) -> httpx.Response:
        called.set()
        await asyncio.sleep(60)
        raise AssertionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(silent)) as client:
        codec = SoapCodec("1.6", role=Role.CSMS)
        peer = SoapPeer(codec, "CP-1", client=client, address="http://station/", observer=Observer([noting]))
        calling = asyncio.create_task(peer.call(v16.ResetRequest(type=v16.ResetType.SOFT)))
        await called.wait()
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)

    assert calling.cancelled()
    assert [("CP-1", "out"), ("CP-1", CallLost), ("CP-1", CallLost)] == noting.notes


@pytest.mark.parametrize("address", ["http://xn--/", "http://127.0.0.1:99999/", "http://127.0.0.1:1/"])
@asynchronous
async def test_where_nobody_can_be_called_the_call_is_lost(address: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        peer = SoapPeer(SoapCodec("1.6", role=Role.CSMS), "CP-1", client=client, address=address)
        with pytest.raises(ConnectionLostError):
            await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))
    with pytest.raises(ConnectionLostError):  # the client is closed now
        await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))


@asynchronous
async def test_an_application_closes_its_own_client_and_no_other() -> None:
    async with httpx.AsyncClient() as client:
        app = OcppApp(csms(), client=client)
        await app.close()
        assert not client.is_closed

    app = OcppApp(csms(), may_call=lambda *_: True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        codec = soap("1.5", address="http://station/")
        await SoapPeer(codec, "CP-1", client=client, address="http://csms/").call(BOOTS["1.5"])
    ours = app.stations["CP-1"].client
    assert ours is not None
    await app.close()
    assert ours.is_closed


@asynchronous
async def test_of_an_answer_without_end_no_more_is_read_than_an_envelope_may_have() -> None:
    stream = Stream(b" " * 8_000_000)
    responses = httpx.MockTransport(lambda _: httpx.Response(200, stream=stream))
    async with httpx.AsyncClient(transport=responses) as client:
        codec = SoapCodec("1.6", role=Role.CSMS, max_size=100_000)
        peer = SoapPeer(codec, "CP-1", client=client, address="http://station/")
        with pytest.raises(CallResultInvalidError, match="more than 100000 bytes"):
            await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))

    assert 8_000_000 - 2 * 65_536 <= sum(map(len, stream.parts))  # what is left


def test_silent_soap_stations_are_forgotten_first() -> None:
    async def scenario() -> None:
        app = OcppApp(csms(), max_stations=2)
        async with served(app) as port:
            for identity in ("A", "B", "A", "C"):
                codec = SoapCodec("1.5", role=Role.CHARGE_POINT, identity=identity, to="http://127.0.0.1/")
                await post(port, codec.encode(Call("urn:uuid:1", BOOTS["1.5"])))

            assert ["A", "C"] == list(app.stations)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "body, headers, status",
    [
        (b"<html>login</html>", {}, 400),
        (b"", {}, 400),
        (b"<a/>", {"Content-Type": "application/json"}, 415),
        (b" " * 3000, {}, 413),
        (b"\x1f\x8b", {"Content-Encoding": "gzip"}, 400),
    ],
    ids=["html", "empty", "media type", "too large", "broken gzip"],
)
def test_a_body_that_cannot_be_used_draws_its_status(
    body: bytes, headers: dict[str, str], status: int
) -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms(), max_size=2000)) as port:
            assert status == (await post(port, body, **headers)).status_code

    asyncio.run(scenario())


def test_a_new_connection_of_an_identity_closes_the_old_one() -> None:
    async def scenario() -> None:
        app = OcppApp(csms())
        async with served(app) as port, station(port, "ocpp1.6") as old:
            await until(lambda: "CP-1" in app.peers)
            async with station(port, "ocpp1.6") as new:
                with pytest.raises(ConnectionClosed) as info:
                    await old.recv()
                await new.send(JSON_BOOTS["ocpp1.6"])

                assert "Accepted" in str(await new.recv())
                assert info.value.rcvd is not None
                assert (1001, "connected again") == (info.value.rcvd.code, info.value.rcvd.reason)
                assert ["CP-1"] == list(app.peers)

    asyncio.run(scenario())


def test_an_application_for_websocket_stations_has_no_soap() -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms(), accepts=["2.0.1"])) as port:
            assert 404 == (await post(port, b"<a/>")).status_code

    asyncio.run(scenario())


@asynchronous
async def test_a_scope_that_ocpp_has_no_use_for_is_an_error() -> None:
    with pytest.raises(ValueError, match="no scope 'webtransport'"):
        await OcppApp(csms())({"type": "webtransport"}, None, None)  # type: ignore[arg-type]


@asynchronous
async def test_a_server_that_cannot_refuse_with_a_status_closes_instead() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {"type": "websocket", "path": "/CP-1", "headers": []}
    await OcppApp(csms(), authenticate=lambda _: False)(scope, receive, send)

    assert [{"type": "websocket.close", "code": 1002, "reason": "not authenticated"}] == sent


@asynchronous
async def test_of_a_body_without_end_no_more_is_kept_than_allowed() -> None:
    taken, sent = 0, []

    async def receive() -> Any:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b" " * 1000, "more_body": True}

    async def send(event: Any) -> None:
        sent.append(event.get("status"))

    headers = [(b"content-type", CONTENT_TYPE.encode())]
    await OcppApp(csms(), max_size=3000)(
        {"type": "http", "method": "POST", "headers": headers}, receive, send
    )

    assert (4, 413) == (taken, sent[0])


def test_soap_is_posted() -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms())) as port, httpx.AsyncClient() as client:
            assert 405 == (await client.get(f"http://127.0.0.1:{port}/")).status_code

    asyncio.run(scenario())


@pytest.mark.parametrize("option, status", [(400, 400), (500, 500)])
def test_a_fault_of_the_sender_has_the_status_that_the_peer_can_read(option: int, status: int) -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms(), sender_fault_status=option)) as port:
            good = soap("1.5").encode(Call("urn:uuid:1", BOOTS["1.5"]))
            response = await post(
                port, good.replace(b"<ocpp:chargePointModel>Duo</ocpp:chargePointModel>", b"")
            )

            assert status == response.status_code
            frame = soap("1.5").decode(response.content)
            assert isinstance(frame, CallError)
            assert (ErrorCode.PROTOCOL, "urn:uuid:1") == (frame.code, frame.id)

    asyncio.run(scenario())


def test_an_answer_in_place_of_a_request_is_a_fault() -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms())) as port:
            response = await post(port, soap("1.5").encode(CallError("urn:uuid:1", ErrorCode.INTERNAL)))

            assert 400 == response.status_code

    asyncio.run(scenario())


def test_large_answers_are_packed_if_the_peer_can_unpack_them() -> None:
    router = Router()

    @router.on(v15.DataTransferRequest)
    def data(request: v15.DataTransferRequest, _: Any) -> v15.DataTransferResponse:
        return v15.DataTransferResponse(status=v15.DataTransferStatus.ACCEPTED, data="x" * 10_000)

    async def scenario() -> None:
        async with served(OcppApp(router)) as port:
            call = Call("urn:uuid:1", v15.DataTransferRequest(vendor_id="v"))
            response = await post(port, soap("1.5").encode(call), **{"Accept-Encoding": "gzip"})

            assert "gzip" == response.headers["content-encoding"]
            assert isinstance(soap("1.5").decode(response.content), CallResult)

    asyncio.run(scenario())


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_strangers_draw_404_and_wrong_passwords_401(version: str) -> None:
    async def scenario() -> None:
        app = OcppApp(
            csms(),
            identities=lambda handshake: handshake.identity if handshake.identity != "CP-9" else None,
            authenticate=lambda handshake: handshake.has_password("secret-secret-secret"),
        )
        async with served(app) as port:
            statuses = []
            for identity in ("CP-1", "CP-9"):
                with pytest.raises(InvalidStatus) as info:
                    async with connect(
                        f"ws://127.0.0.1:{port}/{identity}",
                        subprotocols=[f"ocpp{version}"],  # type: ignore[list-item]
                    ):
                        pass
                statuses.append(info.value.response.status_code)

            assert [401, 404] == statuses

    asyncio.run(scenario())


def test_no_common_version_completes_the_handshake_and_closes() -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms(), accepts=["2.1"])) as port, station(port, "ocpp1.6") as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()

            assert (None, 1002) == (socket.subprotocol, socket.close_code)

    asyncio.run(scenario())


def test_a_binary_message_closes_with_1003() -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms())) as port, station(port, "ocpp1.6") as socket:
            await socket.send(b"[]")
            with pytest.raises(ConnectionClosed):
                await socket.recv()

            assert 1003 == socket.close_code

    asyncio.run(scenario())


def fastapi_mount(app: OcppApp) -> Any:
    outer = FastAPI()
    outer.mount("/ocpp", app)

    @outer.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return outer


def starlette_mount(app: OcppApp) -> Any:
    return Starlette(routes=[Mount("/ocpp", app=app)])


@pytest.mark.parametrize("mount", [fastapi_mount, starlette_mount])
def test_it_mounts_in_other_applications(mount: Callable[[OcppApp], Any]) -> None:
    async def scenario() -> None:
        app = OcppApp(csms())
        async with served(mount(app)) as port:
            async with connect(f"ws://127.0.0.1:{port}/ocpp/CP-1", subprotocols=["ocpp1.6"]) as socket:  # type: ignore[list-item]
                await socket.send(JSON_BOOTS["ocpp1.6"])

                assert '"status":"Accepted"' in str(await socket.recv())
                assert ["CP-1"] == list(app.peers)
            async with httpx.AsyncClient() as client:
                response = await client.post(
                    f"http://127.0.0.1:{port}/ocpp/soap",
                    content=soap("1.6").encode(Call("urn:uuid:1", BOOTS["1.6"])),
                    headers={"Content-Type": CONTENT_TYPE},
                )

                assert 200 == response.status_code

    asyncio.run(scenario())


def test_a_tolerant_application_takes_what_a_strict_one_refuses() -> None:
    envelope = soap("1.5").encode(Call("urn:uuid:1", BOOTS["1.5"]))
    vendor = b"<ocpp:chargePointVendor>Example</ocpp:chargePointVendor>"
    model = b"<ocpp:chargePointModel>Duo</ocpp:chargePointModel>"
    swapped = envelope.replace(vendor + model, model + vendor)

    async def status(tolerance: Tolerance) -> int:
        async with served(OcppApp(csms(), tolerance=tolerance)) as port:
            return (await post(port, swapped)).status_code

    assert envelope != swapped
    assert (400, 200) == (asyncio.run(status(Tolerance.STRICT)), asyncio.run(status(Tolerance.TOLERANT)))


def test_all_versions_are_served_by_default() -> None:
    app = OcppApp(csms())

    assert {"1.2", "1.5", "1.6"} == set(app._codecs)
    assert {Version.V1_6, Version.V2_0, Version.V2_0_1, Version.V2_1} == set(app._admission.accepts)
