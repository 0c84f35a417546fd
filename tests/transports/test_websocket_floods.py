"""Peers that send more than they read, on `serve` and `connect`: pings, fragments and messages that unpack to much."""

import asyncio
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as raw_serve
from websockets.frames import Frame, Opcode

from bounds import memory
from loopback import csms, station
from loops import asynchronous, until
from ocpp_core import v16
from ocpp_core.dispatch.router import Router
from ocpp_core.transports.websocket import Server, WebSocketPeer, connect, serve
from rawsocket import KEPT, RawSocket, frame, raw_socket

pytestmark = pytest.mark.usefixtures("library")

MEBIBYTE = 1_048_576
PINGS = b"".join(frame(b"%d" % number, Opcode.PING) for number in range(10_000))
LAST = Frame(Opcode.PONG, b"9999").serialize(mask=False)


@asynccontextmanager
async def joined(server: Server, **options: Any) -> AsyncGenerator[tuple[RawSocket, WebSocketPeer], None]:
    """A station that speaks bytes, and the peer that the server makes of it."""
    async with raw_socket(server.port) as socket:
        await socket.upgrade(**options)
        await until(lambda: "CP-1" in server.peers)
        yield socket, server.peers["CP-1"]


def inside(peer: WebSocketPeer) -> Any:
    """The socket, of whichever library: both have the names that are asked for here."""
    return peer._socket


def unsent(peer: WebSocketPeer) -> int:
    size: int = inside(peer).transport.get_write_buffer_size()
    return size


@asynchronous
async def test_of_many_pings_that_come_at_once_the_last_is_answered() -> None:
    """A pong answers the pings before its own too (RFC 6455 §5.5.3)."""
    async with serve(csms(), "localhost") as server, joined(server) as (socket, _):
        await socket.send(PINGS)
        pongs = b""
        while not pongs.endswith(LAST):
            pongs += await socket.receive()

    assert len(pongs) <= 1000 * len(LAST)


@asynchronous
async def test_who_does_not_read_is_owed_one_pong_and_gets_it_when_they_read_again() -> None:
    answered = asyncio.Event()
    router = Router()
    router.on(v16.DataTransferRequest)(
        lambda *_: v16.DataTransferResponse(status=v16.DataTransferStatus.ACCEPTED, data="x" * 300_000)
    )
    router.after(v16.DataTransferRequest)(lambda *_: answered.set())
    async with serve(router, "localhost") as server, joined(server) as (socket, peer):
        kernels = inside(peer).transport.get_extra_info("socket")
        kernels.setsockopt(SOL_SOCKET, SO_SNDBUF, KEPT)
        await socket.send(frame(b'[2,"1","DataTransfer",{"vendorId":"V"}]'))
        await answered.wait()
        await until(lambda: inside(peer).paused)
        before = unsent(peer)
        await socket.send(PINGS)
        await until(lambda: b"9999" in (inside(peer)._pong or b""))

        assert unsent(peer) <= before
        data = b""
        while not data.endswith(LAST):
            data = data[-len(LAST) :] + await socket.receive()


@asynchronous
async def test_who_reads_again_and_has_sent_no_ping_is_sent_no_pong() -> None:
    async with serve(csms(), "localhost") as server, joined(server) as (socket, peer):
        inside(peer).pause_writing()
        inside(peer).resume_writing()
        await socket.send(frame(b'[2,"1","Heartbeat",{}]'))

        assert (await socket.receive()).startswith(b"\x81")  # a text, and not a pong


@asynchronous
async def test_a_csms_that_floods_its_stations_with_pings_is_owed_one_pong() -> None:
    done = asyncio.Event()
    pongs: list[int] = []

    async def flood(socket: ServerConnection) -> None:
        pings = b"".join(Frame(Opcode.PING, b"%d" % number).serialize(mask=False) for number in range(10_000))
        received = socket.process_event

        def counted(event: Any) -> None:
            pongs.append(1)
            received(event)

        socket.process_event = counted  # type: ignore[method-assign]
        waiting = await socket.ping(b"first")
        socket.transport.write(pings)
        last = await socket.ping(b"last")
        await asyncio.gather(waiting, last)
        done.set()
        await socket.wait_closed()

    async with raw_serve(flood, "localhost", 0, subprotocols=["ocpp1.6"]) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        async with connect(f"ws://localhost:{port}", "CP-1", station(), "1.6"):
            await done.wait()

    assert 2 <= len(pongs) <= 1000


@pytest.mark.parametrize("data", [b"", b" "], ids=["empty", "a byte each"])
@asynchronous
async def test_fragments_without_end_end_the_connection(data: bytes) -> None:
    async with (
        serve(csms(), "localhost", close_timeout=0.1, ping_interval=None) as server,
        joined(server) as (socket, _),
    ):
        fragments = frame(data, Opcode.CONT, fin=False) * 10_000
        await socket.send(frame(b"[", fin=False))
        with memory(8 * MEBIBYTE):
            await socket.send(fragments)

            assert b"too many fragments" in await socket.rest()


def packed(message: bytes, times: int) -> bytes:
    """The same compressed message again and again, each in a frame of its own."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    first = (packer.compress(message) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    return frame(first, is_packed=True) * times


@pytest.mark.parametrize("library", ["websockets"], indirect=True)
@asynchronous
async def test_of_what_one_packet_unpacks_to_only_some_is_kept() -> None:
    """Reading stops when much waits to be read, but only after the packet."""
    bombs = packed(b" " * (MEBIBYTE - 1), 500)
    more = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    async with (
        serve(csms(), "localhost", compression=True, max_size=MEBIBYTE, ping_interval=None) as server,
        joined(server, more=more) as (socket, peer),
    ):
        with memory(64 * MEBIBYTE):
            await socket.send(bombs)
            await socket.rest()

        assert 1006 == peer.close_code


@pytest.mark.parametrize("library", ["websockets"], indirect=True)
@asynchronous
async def test_what_has_been_read_is_no_longer_counted() -> None:
    message = b'[2,"1","Heartbeat",{}]'.ljust(MEBIBYTE - 1)
    more = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    async with (
        serve(csms(), "localhost", compression=True, max_size=MEBIBYTE) as server,
        joined(server, more=more) as (socket, peer),
    ):
        for _ in range(20):
            await socket.send(packed(message, 1))
            assert b"" != await socket.receive()

        assert peer.is_open


@pytest.mark.parametrize(
    "sent",
    [frame(b"x" * 2000), frame(b"\xff"), b"\xff\xff", frame(b"", Opcode.CLOSE)],
    ids=["too large", "no UTF-8", "no frame", "close"],
)
@asynchronous
async def test_who_is_sent_away_and_does_not_hang_up_is_cut_off(sent: bytes) -> None:
    async with (
        serve(csms(), "localhost", max_size=1000, close_timeout=0.1, ping_interval=None) as server,
        joined(server) as (socket, _),
    ):
        await socket.send(sent)
        await until(lambda: not server.peers)


@asynchronous
async def test_who_hangs_up_leaves_nothing_behind() -> None:
    async with serve(csms(), "localhost") as server, joined(server) as (socket, peer):
        await socket.send(frame(b"", Opcode.CLOSE))
        await socket.rest()
        timer = inside(peer)._hanging_up
    await until(timer.cancelled)


@asynchronous
async def test_what_is_read_at_once_has_room_that_no_system_is_asked_for() -> None:
    """From 128 KiB on an allocator may ask for memory with each message; picows has one buffer for all."""
    async with serve(csms(), "localhost") as server, joined(server) as (_, peer):
        socket = inside(peer)
        is_buffered = isinstance(socket.transport.get_protocol(), asyncio.BufferedProtocol)

        assert is_buffered or socket.transport.max_size < 128 * 1024
