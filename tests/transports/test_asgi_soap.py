"""SOAP requests to an `OcppApp`: bodies and their status, whose stations they are, and what is kept of them."""

import asyncio
from typing import Any

import httpx
import pytest

from loops import asynchronous
from ocpp_core import CallError, CallResult, ErrorCode, Role, v15, v16
from ocpp_core.dispatch.gate import BootGate, Registration, StationGate
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import CallRejectedError, NotConnectedError
from ocpp_core.model.messages import Call, SoapHeaders
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import CONTENT_TYPE
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.soap_http import SoapPeer
from served import BOOTS, NOW, csms, post, served, soap

# --- HTTP --------------------------------------------------------------------------------------------------------


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


@asynchronous
async def test_an_envelope_may_be_as_large_as_the_application_says() -> None:
    boot = soap("1.6").encode(Call("urn:uuid:1", BOOTS["1.6"]))
    async with served(OcppApp(csms(), max_size=3_000_000)) as port:
        large = await post(port, boot + b" " * 2_000_000)
        larger = await post(port, boot + b" " * 3_000_000)

    assert (200, 413) == (large.status_code, larger.status_code)


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


# --- stations ----------------------------------------------------------------------------------------------------


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
            with pytest.raises(NotConnectedError):
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


@asynchronous
async def test_a_soap_station_that_is_rejected_answers_as_http_wants_an_answer() -> None:
    gate, station = StationGate(), Router()
    station.middleware(gate)
    app = OcppApp(station, role=Role.CHARGE_POINT, accepts=["1.6"], hooks=[gate])
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
            with pytest.raises(CallRejectedError, match="no such station"):
                await peer.call(BOOTS["1.5"])

    assert is_known == bool(app.stations)


def test_silent_soap_stations_are_forgotten_first() -> None:
    async def scenario() -> None:
        app = OcppApp(csms(), max_stations=2)
        async with served(app) as port:
            for identity in ("A", "B", "A", "C"):
                codec = SoapCodec("1.5", role=Role.CHARGE_POINT, identity=identity, to="http://127.0.0.1/")
                await post(port, codec.encode(Call("urn:uuid:1", BOOTS["1.5"])))

            assert ["A", "C"] == list(app.stations)

    asyncio.run(scenario())
