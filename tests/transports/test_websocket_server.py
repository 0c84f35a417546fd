"""The CSMS's side of WebSocket connections: messages, connections and their ends."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from loopback import NOW, close_code, csms, raw, station, url
from loops import asynchronous, turns, until
from ocpp_core import Tolerance, v16
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import NotConnectedError
from ocpp_core.transports.websocket import Handshake, WebSocketPeer, connect, serve

pytestmark = pytest.mark.usefixtures("library")

# --- messages ----------------------------------------------------------------------------------------------------


@asynchronous
async def test_a_binary_message_closes_with_1003() -> None:
    async with serve(csms(), "localhost") as server, raw(server, "CP-1", "ocpp1.6") as socket:
        await socket.send(b'[2,"1","Heartbeat",{}]')

        assert await close_code(socket) == 1003


@asynchronous
async def test_invalid_utf_8_closes_with_1007() -> None:
    async with serve(csms(), "localhost") as server, raw(server, "CP-1", "ocpp1.6") as socket:
        await socket.send(b'[2,"\xff","Heartbeat",{}]', text=True)

        assert await close_code(socket) == 1007


@asynchronous
async def test_empty_text_is_ignored() -> None:
    async with serve(csms(), "localhost") as server, raw(server, "CP-1", "ocpp1.6") as socket:
        await socket.send("")
        await socket.send('[2,"1","Heartbeat",{}]')

        assert str(await socket.recv()).startswith('[3,"1"')


@asynchronous
async def test_a_long_frame_is_answered_and_a_huge_one_closes_with_1009() -> None:
    async with (
        serve(csms(), "localhost", max_frame=1_000, max_size=10_000) as server,
        raw(server, "CP-1", "ocpp1.6") as socket,
    ):
        await socket.send('[2,"1","Heartbeat",{"x":"%s"}]' % ("x" * 2_000))
        assert str(await socket.recv()).startswith('[4,"1","FormationViolation"')
        await socket.send("x" * 20_000)

        assert await close_code(socket) == 1009


@asynchronous
async def test_a_peer_that_does_not_read_is_not_read_either_and_is_cut_off() -> None:
    router = Router()
    status = v16.DataTransferStatus.ACCEPTED
    router.on(v16.DataTransferRequest)(lambda *_: v16.DataTransferResponse(status=status, data="x" * 500_000))
    async with (
        serve(router, "localhost", write_timeout=0.3, ping_interval=None, max_held_bytes=5_000_000) as server,
        raw(server, "CP-1", "ocpp1.6", ping_interval=None, max_queue=1) as socket,
    ):
        await until(lambda: "CP-1" in server.peers)
        peer = server.peers["CP-1"]

        async def flood() -> None:
            for number in range(10_000_000):
                await socket.send(f'[2,"{number}","DataTransfer",{{"vendorId":"V"}}]')

        flooding = asyncio.create_task(flood())
        most = 0
        while peer.is_open:
            most = max(most, len(peer._outbox))
            await turns(1)
        with pytest.raises(ConnectionClosed):
            await flooding
        await until(lambda: not server.peers)

        assert 2 < most <= 11


@asynchronous
async def test_tolerance_is_passed_on() -> None:
    async with (
        serve(csms(), "localhost", tolerance=Tolerance.TOLERANT) as server,
        raw(server, "CP-1", "ocpp1.6") as socket,
    ):
        await socket.send('[2,17,"Heartbeat",{"extra":1}]')

        assert str(await socket.recv()).startswith("[3,17,")


# --- connections -------------------------------------------------------------------------------------------------


@asynchronous
async def test_a_new_connection_of_an_identity_replaces_the_old_one() -> None:
    gone: list[WebSocketPeer] = []
    async with (
        serve(csms(), "localhost", on_disconnect=gone.append) as server,
        raw(server, "CP-1", "ocpp1.6") as old,
    ):
        await until(lambda: "CP-1" in server.peers)
        first = server.peers["CP-1"]
        async with raw(server, "CP-1", "ocpp1.6") as new:
            assert await close_code(old) == 1001
            assert "connected again" == old.close_reason
            await until(lambda: gone)
            await new.send('[2,"1","Heartbeat",{}]')
            await new.recv()

            assert gone == [first]
            assert server.peers["CP-1"] is not first


@asynchronous
async def test_closing_has_a_code_and_a_reason_only_if_it_is_given_one() -> None:
    async with serve(csms(), "localhost") as server:
        cases: list[tuple[dict[str, Any], tuple[int, str]]] = [
            ({}, (1000, "")),
            ({"code": 3001, "reason": "moved"}, (3001, "moved")),
        ]
        for given, seen in cases:
            async with raw(server, "CP-1", "ocpp1.6") as socket:
                await until(lambda: "CP-1" in server.peers)
                await server.peers["CP-1"].close(**given)
                await socket.wait_closed()

                assert seen == (socket.close_code, socket.close_reason)
                await until(lambda: "CP-1" not in server.peers)


@asynchronous
async def test_the_application_may_keep_the_old_connection() -> None:
    async with (
        serve(csms(), "localhost", replaces=lambda live, handshake: False) as server,
        raw(server, "CP-1", "ocpp1.6") as old,
    ):
        await until(lambda: "CP-1" in server.peers)
        with pytest.raises(InvalidStatus) as info:
            async with raw(server, "CP-1", "ocpp1.6"):
                pass
        await old.send('[2,"1","Heartbeat",{}]')
        await old.recv()

        assert info.value.response.status_code == 409


@asynchronous
async def test_on_connect_may_call_the_station_and_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    statuses: list[Any] = []

    async def on_connect(peer: WebSocketPeer) -> None:
        statuses.append((await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))).status)
        raise RuntimeError("whatever")

    async with (
        serve(csms(), "localhost", on_connect=on_connect) as server,
        connect(url(server), "CP-1", station(), "1.6") as cp,
    ):
        await until(lambda: statuses)
        await cp.call(v16.HeartbeatRequest())

        assert statuses == ["Accepted"]
        assert "whatever" in caplog.text


@asynchronous
async def test_closing_the_server_lets_handlers_answer() -> None:
    router = csms()
    begun, may_end = asyncio.Event(), asyncio.Event()

    @router.on(v16.AuthorizeRequest)
    async def authorize(request: v16.AuthorizeRequest, peer: WebSocketPeer) -> v16.AuthorizeResponse:
        begun.set()
        await may_end.wait()
        return v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED))

    async with (
        serve(router, "localhost") as server,
        connect(url(server), "CP-1", station(), "1.6", reconnect=False) as cp,
    ):
        call = asyncio.create_task(cp.call(v16.AuthorizeRequest(id_tag="T")))
        await begun.wait()
        closing = asyncio.create_task(server.close())
        await turns()
        may_end.set()

        assert (await call).id_tag_info.status == "Accepted"
        await closing
        with pytest.raises(NotConnectedError):
            await cp.call(v16.HeartbeatRequest())
        with pytest.raises(OSError, match=r"Connect|connect|refused"):
            async with raw(server, "CP-1", "ocpp1.6"):
                pass


UPGRADE = (
    b"GET /CP-1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@pytest.mark.parametrize(
    "sent, answer",
    [(b"", b""), (b"GET /CP-1 HTTP/1.1\r\nHost: local", b""), (UPGRADE + b"\r\n", b"\r\n\r\n")],
    ids=["nothing", "half a request", "no common version"],
)
@asynchronous
async def test_closing_the_server_leaves_no_socket_behind(sent: bytes, answer: bytes) -> None:
    """Not those of clients that stop in the middle of their handshake, or do not answer when they are closed."""
    async with serve(csms(), "localhost", open_timeout=60, close_timeout=0.01) as server:
        reader, writer = await asyncio.open_connection("localhost", server.port)
        writer.write(sent)
        if answer:
            await reader.readuntil(answer)
        await turns()
        await server.close()

        with suppress(ConnectionResetError):
            await reader.read()  # to its end
        writer.close()


@asynchronous
async def test_closing_the_server_closes_a_connection_that_has_just_been_made() -> None:
    async def authenticate(handshake: Handshake) -> bool:
        server.is_closing = True  # as when it is closed between the end of the handshake and the next step
        return True

    async with serve(csms(), "localhost", authenticate=authenticate) as server:
        async with raw(server, "CP-1", "ocpp1.6") as socket:
            assert 1001 == await close_code(socket)
        assert {} == server.peers
        server.is_closing = False


@asynchronous
async def test_on_disconnect_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    gone: list[WebSocketPeer] = []

    def on_disconnect(peer: WebSocketPeer) -> None:
        gone.append(peer)
        raise asyncio.CancelledError

    async with serve(csms(), "localhost", on_disconnect=on_disconnect) as server:
        for number in (1, 2):
            async with raw(server, "CP-1", "ocpp1.6"):
                await until(lambda: "CP-1" in server.peers)
            await until(lambda: len(gone) == number)  # noqa: B023  # is awaited here

        assert 2 == caplog.text.count("CP-1: the hook")


@asynchronous
async def test_a_handler_may_close_the_connection_it_serves() -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    async def heartbeat(request: v16.HeartbeatRequest, peer: WebSocketPeer) -> v16.HeartbeatResponse:
        await peer.close(1008, "enough")
        return v16.HeartbeatResponse(current_time=NOW)

    async with serve(router, "localhost") as server, raw(server, "CP-1", "ocpp1.6") as socket:
        await socket.send('[2,"1","Heartbeat",{}]')

        assert await close_code(socket) == 1008


@asynchronous
async def test_pings_find_a_peer_that_is_gone() -> None:
    async with (
        serve(csms(), "localhost", ping_interval=0.02, ping_timeout=0.05, close_timeout=0.05) as server,
        raw(server, "CP-1", "ocpp1.6") as socket,
    ):
        await until(lambda: "CP-1" in server.peers)
        socket.transport.pause_reading()
        await until(lambda: not server.peers)
        socket.transport.abort()


@asynchronous
@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_connection_that_is_lost_is_told_from_one_that_is_closed(
    is_lost: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ocpp_core")
    async with serve(csms(), "localhost") as server, raw(server, "CP-1", "ocpp1.6") as socket:
        await until(lambda: "CP-1" in server.peers)
        socket.transport.abort() if is_lost else await socket.close()
        await until(lambda: not server.peers)

    assert is_lost == ("CP-1: the connection was lost" in caplog.text)


@asynchronous
async def test_several_servers_may_have_one_port() -> None:
    async with (
        serve(csms(), "127.0.0.1", reuse_port=True) as one,
        serve(csms(), "127.0.0.1", one.port, reuse_port=True) as other,
    ):
        assert one.port == other.port
        with pytest.raises(OSError, match="in use"):
            async with serve(csms(), "127.0.0.1", one.port):
                pass
