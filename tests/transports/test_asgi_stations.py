"""`OcppApp` over real sockets: uvicorn serves it, stations connect on both wires."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from loops import asynchronous, until
from ocpp_core import CallResult, Role, Tolerance, Version, v15, v16
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import NotConnectedError
from ocpp_core.model.messages import Call
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import CONTENT_TYPE
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.socket_peer import SocketPeer
from served import BOOTS, JSON_BOOTS, csms, post, served, soap, station

# --- both wires --------------------------------------------------------------------------------------------------


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
                with pytest.raises(NotConnectedError):
                    await app.call("CP-3", v16.ResetRequest(type=v16.ResetType.HARD))

    asyncio.run(scenario())


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

    reading = {codec.specification.version for version in Version if (codec := app._codecs.of(version))}
    assert {"1.2", "1.5", "1.6"} == reading
    assert set(Version) == set(app._admission.accepts)


# --- WebSocket stations ------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("said, code", [({"code": 3001}, 3001), ({"code": None}, 1005), ({}, 1005)], ids=repr)
@asynchronous
async def test_where_a_server_knows_no_close_code_none_was_sent(said: dict[str, Any], code: int) -> None:
    """RFC 6455 §7.1.5, and what ASGI says of ``websocket.disconnect``."""
    gone: list[SocketPeer] = []
    events = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", **said}]

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        assert "websocket.accept" == event["type"]

    scope = {"type": "websocket", "path": "/CP-1", "headers": [], "subprotocols": ["ocpp1.6"]}
    await OcppApp(csms(), on_disconnect=gone.append)(scope, receive, send)

    assert [code] == [peer.close_code for peer in gone]


# --- applications around it --------------------------------------------------------------------------------------


def test_an_application_for_websocket_stations_has_no_soap() -> None:
    async def scenario() -> None:
        async with served(OcppApp(csms(), accepts=["2.0.1"])) as port:
            assert 404 == (await post(port, b"<a/>")).status_code

    asyncio.run(scenario())


@asynchronous
async def test_a_scope_that_ocpp_has_no_use_for_is_an_error() -> None:
    with pytest.raises(ValueError, match="no scope 'webtransport'"):
        await OcppApp(csms())({"type": "webtransport"}, None, None)  # type: ignore[arg-type]


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
