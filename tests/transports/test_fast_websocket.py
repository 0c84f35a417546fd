"""What only the transport on picows has to say: it takes frames as they come, and can do less."""

import asyncio
import random
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Opcode

from loopback import close_code, csms, raw, station, url
from loops import asynchronous, until
from ocpp_core import LocalProtocolError, v16
from ocpp_core.model.errors import CallFailedError
from rawsocket import frame, raw_socket, upgrading

pytest.importorskip("picows")

from ocpp_core.transports import _picows, fast_websocket, websocket
from ocpp_core.transports.fast_websocket import connect, serve

HEARTBEAT = b'[2,"1","Heartbeat",{}]'


@asynchronous
async def test_compression_is_refused_at_start() -> None:
    with pytest.raises(LocalProtocolError, match="picows has no compression"):
        async with serve(csms(), "localhost", compression=True):
            pass
    with pytest.raises(LocalProtocolError, match="picows has no compression"):
        async with connect("ws://localhost:1", "CP-1", station(), "2.0.1", compression=True):
            pass
    async with serve(csms(), "localhost", compression=None) as server, raw(server, "CP-1", "ocpp2.0.1") as cp:
        assert [] == cp.protocol.extensions


@asynchronous
async def test_a_picows_that_has_changed_is_said_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(**_: Any) -> None:
        raise TypeError("got an unexpected keyword argument")

    monkeypatch.setattr(_picows, "Wire", changed)
    with pytest.raises(LocalProtocolError, match="is not made as those that are known here"):
        async with serve(csms(), "localhost"):
            pass


@pytest.mark.parametrize("size", [0, 3_000, 20_000])
@asynchronous
async def test_a_frame_that_comes_right_behind_the_request_is_read(size: int) -> None:
    async with serve(csms(), "localhost") as server, raw_socket(server.port) as socket:
        behind = frame(HEARTBEAT.ljust(size))
        await socket.send(upgrading() + behind)
        data = b""
        while b"currentTime" not in data:
            data += await socket.receive()

    assert data.startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("size, status", [(16_384, b"101"), (16_385, b"431")])
@asynchronous
async def test_a_head_may_have_sixteen_kilobytes(size: int, status: bytes) -> None:
    async with serve(csms(), "localhost") as server, raw_socket(server.port) as socket:
        end = b"\r\n\r\n"
        await socket.send((upgrading().removesuffix(end) + b"\r\nX: ").ljust(size, b"x") + end)

        assert status == (await socket.receive())[9:12]


@asynchronous
async def test_a_request_without_a_head_is_no_request() -> None:
    async with serve(csms(), "localhost") as server, raw_socket(server.port) as socket:
        await socket.send(b"\r\n\r\n")

        assert (await socket.receive()).startswith(b"HTTP/1.1 400 ")


@asynchronous
async def test_a_request_without_end_is_refused() -> None:
    async with serve(csms(), "localhost") as server, raw_socket(server.port) as socket:
        await socket.send(b"GET /CP-1 HTTP/1.1\r\nX: ".ljust(20_000, b"x"))

        assert (await socket.receive()).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "sent, code",
    [
        ([frame(b"{}", is_packed=True)], 1002),
        ([frame(b"[", Opcode.CONT)], 1002),
        ([frame(b"[", fin=False), frame(b"]")], 1002),
        ([b"\x09\x80\0\0\0\0"], 1002),
        ([frame(b"\xc3", fin=False), frame(b"\x28", Opcode.CONT)], 1007),
        ([frame(b"x" * 600, fin=False), frame(b"x" * 600, Opcode.CONT)], 1009),
        ([frame(b"x" * 1200)], 1009),
        ([frame(b"[", Opcode.BINARY, fin=False), frame(b"]", Opcode.CONT)], 1003),
        ([frame((3001).to_bytes(2), Opcode.CLOSE)], 3001),
    ],
    ids=[
        "extension",
        "no first",
        "no last",
        "ping in parts",
        "UTF-8 in parts",
        "parts",
        "large",
        "bytes",
        "close",
    ],
)
@asynchronous
async def test_what_breaks_a_rule_of_websocket_is_closed_with_its_code(sent: list[bytes], code: int) -> None:
    async with (
        serve(csms(), "localhost", max_size=1000, close_timeout=0.1) as server,
        raw_socket(server.port) as s,
    ):
        await s.upgrade()
        for one in sent:
            await s.send(one)
        closing = await s.rest()

    assert (0x88, code) == (closing[0], int.from_bytes(closing[2:4]))


@asynchronous
async def test_a_close_without_a_code_is_answered_without_one() -> None:
    async with serve(csms(), "localhost") as server, raw_socket(server.port) as socket:
        await socket.upgrade()
        await socket.send(frame(b"", Opcode.CLOSE))

        assert b"\x88\x00" == await socket.rest()


@asynchronous
async def test_a_message_in_parts_with_a_ping_between_them_is_one() -> None:
    async with serve(csms(), "localhost") as server, raw_socket(server.port) as socket:
        await socket.upgrade()
        parts = [frame(HEARTBEAT[:5], fin=False), frame(b"p", Opcode.PING), frame(HEARTBEAT[5:], Opcode.CONT)]
        await socket.send(b"".join(parts))
        data = b""
        while b"currentTime" not in data:
            data += await socket.receive()

    assert b"\x8a\x01p" in data


@asynchronous
async def test_a_reason_that_is_too_long_is_the_callers_fault() -> None:
    async with serve(csms(), "localhost") as server, raw(server, "CP-1", "ocpp1.6") as socket:
        await until(lambda: server.peers)
        with pytest.raises(ValueError, match="123 bytes"):
            await server.peers["CP-1"].close(1000, "x" * 124)
        await server.peers["CP-1"].close(1000, "x" * 123)

        assert 1000 == await close_code(socket)


@asynchronous
async def test_each_ping_is_answered_or_the_connection_is_over() -> None:
    options: dict[str, Any] = {"ping_interval": 0.01, "ping_timeout": 5}
    async with serve(csms(), "localhost", **options) as server, raw(server, "CP-1", "ocpp1.6"):
        await until(lambda: server.peers)
        socket: Any = server.peers["CP-1"]._socket
        await until(lambda: socket._pings > 3)
        assert server.peers["CP-1"].is_open

    options["ping_timeout"] = None
    async with serve(csms(), "localhost", **options) as server, raw_socket(server.port) as mute:
        await mute.upgrade()
        await until(lambda: server.peers)
        socket = server.peers["CP-1"]._socket
        await until(lambda: socket._pings > 3)
        assert server.peers["CP-1"].is_open


@asynchronous
async def test_a_station_that_sends_ahead_is_read_no_further_than_it_is_answered() -> None:
    begun: list[int] = []
    may_end = asyncio.Event()
    router = csms()

    @router.on(v16.AuthorizeRequest)
    async def authorize(request: v16.AuthorizeRequest, _: Any) -> v16.AuthorizeResponse:
        begun.append(1)
        await may_end.wait()
        return v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED))

    async with (
        serve(router, "localhost", max_held_bytes=10_000, ping_interval=None) as server,
        raw_socket(server.port) as socket,
    ):
        await socket.upgrade()
        calls = [frame(b'[2,"%d","Authorize",{"idTag":"T"}]' % number) for number in range(40_000)]
        sending = asyncio.create_task(socket.send(b"".join(calls)))
        await until(lambda: begun)
        peer = server.peers["CP-1"]
        inside: Any = peer._socket
        await until(lambda: not inside._is_reading)

        assert inside._waiting_bytes < 3 * 65_536
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        may_end.set()
        peer.abort()
        await until(lambda: not server.peers)


@asynchronous
async def test_what_is_sent_after_the_end_is_lost_and_says_so() -> None:
    async with serve(csms(), "localhost") as server, raw(server, "CP-1", "ocpp1.6") as socket:
        await until(lambda: server.peers)
        inside: Any = server.peers["CP-1"]._socket
        server.peers["CP-1"].abort()
        with pytest.raises(ConnectionResetError):
            inside.send_text("[]", None)
        with pytest.raises(ConnectionClosedError):
            await socket.recv()


@asynchronous
async def test_credentials_of_an_address_are_sent_as_those_of_an_option_are() -> None:
    def authenticate(handshake: Any) -> bool:
        return bool(handshake.has_password("pass word"))

    async with serve(csms(), "localhost", authenticate=authenticate) as server:
        address = url(server).replace("ws://", "ws://CP-1:pass%20word@")
        async with connect(address, "CP-1", station(), "1.6") as cp:
            await cp.call(v16.HeartbeatRequest())


@pytest.mark.parametrize(
    "ends", [(websocket, fast_websocket), (fast_websocket, websocket)], ids=["client", "server"]
)
@asynchronous
async def test_both_libraries_speak_with_each_other(ends: tuple[Any, Any]) -> None:
    csms_end, station_end = ends
    async with (
        csms_end.serve(csms(), "localhost") as server,
        station_end.connect(url(server), "CP-1", station(), "1.6") as cp,
    ):
        await cp.call(v16.HeartbeatRequest())
        reset = await server.peers["CP-1"].call(v16.ResetRequest(type=v16.ResetType.SOFT))

    assert v16.ResetStatus.ACCEPTED is reset.status


@asynchronous
async def test_calls_end_whenever_the_connection_is_cut() -> None:
    """Some before the answer and some behind it, and each has one end."""
    ends: list[str] = []
    dice = random.Random(1)
    soon = fast_websocket.Backoff(minimum=0.001, doublings=0, spread=0)
    async with (
        serve(csms(), "localhost", grace=0.05) as server,
        connect(url(server), "CP-1", station(), "1.6", wait=True, backoff=soon, grace=0.05) as cp,
    ):
        for _ in range(40):
            calling = asyncio.gather(
                *(cp.call(v16.HeartbeatRequest()) for _ in range(3)), return_exceptions=True
            )
            for _ in range(dice.randrange(12)):
                await asyncio.sleep(0)
            for peer in list(server.peers.values()):
                peer.abort()
            for outcome in await calling:
                assert isinstance(outcome, v16.HeartbeatResponse | CallFailedError)
                ends.append(type(outcome).__name__)

    assert 120 == len(ends)
    assert len(set(ends)) > 1
