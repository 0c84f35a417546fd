"""Peers of an `OcppApp` that do not read, do not send, or take for ever: each is given up within its time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from loops import asynchronous, turns, until
from ocpp_core import v15, v16
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import ConnectionLostError
from ocpp_core.model.messages import Call
from ocpp_core.soap.envelopes import CONTENT_TYPE
from ocpp_core.transports._asgi_io import PART, Channel, PeerNotReadingError, read_request, respond
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.soap_body import BodyRefused
from rawsocket import frame, raw_socket
from served import BOOTS, csms, served, soap

SOON = 0.1
NEVER = 3600.0
WEBSOCKETS = pytest.mark.parametrize("ws", ["websockets-sansio", "wsproto"])

#: More than the kernel keeps for two sockets.
LARGE, MANY = 1_000_000, 16

CALLS = b"".join(frame(b'[2,"%d","DataTransfer",{"vendorId":"V"}]' % number) for number in range(MANY))
HEAD = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: {CONTENT_TYPE}\r\n"


def talkative(size: int = LARGE) -> Router:
    """Answers with more than was asked for."""
    router = Router()
    router.on(v16.DataTransferRequest)(
        lambda *_: v16.DataTransferResponse(status=v16.DataTransferStatus.ACCEPTED, data="x" * size)
    )
    router.on(v15.DataTransferRequest)(
        lambda *_: v15.DataTransferResponse(status=v15.DataTransferStatus.ACCEPTED, data="x" * size)
    )
    return router


# --- peers that do not read --------------------------------------------------------------------------------------


@WEBSOCKETS
@asynchronous
async def test_a_station_that_does_not_read_is_no_longer_among_the_peers(ws: str) -> None:
    app = OcppApp(talkative(), write_timeout=SOON)
    async with served(app, ws=ws) as port, raw_socket(port) as socket:
        await socket.upgrade()
        await until(lambda: "CP-1" in app.peers)
        call = asyncio.create_task(app.call("CP-1", v16.ResetRequest(type=v16.ResetType.SOFT)))
        await socket.send(CALLS)
        await until(lambda: "CP-1" not in app.peers)

        with pytest.raises(ConnectionLostError):
            await call


@asynccontextmanager
async def choked(ws: str, write_timeout: float) -> AsyncGenerator[OcppApp, None]:
    """An application with a station that has been sent more than the kernel keeps, and reads nothing."""
    answered: list[str] = []
    router = talkative()
    router.after(v16.DataTransferRequest)(lambda *_: answered.append("queued"))
    app = OcppApp(router, write_timeout=write_timeout, grace=SOON, max_held_bytes=2**30)
    async with served(app, ws=ws) as port, raw_socket(port) as socket:
        await socket.upgrade()
        await socket.send(CALLS)
        await until(lambda: len(answered) >= MANY // 2)
        yield app


@WEBSOCKETS
@asynchronous
async def test_a_station_that_does_not_read_does_not_hold_up_the_end_of_the_application(ws: str) -> None:
    async with choked(ws, SOON) as app:
        await app.close()
        await until(lambda: not app.peers)


@WEBSOCKETS
@asynchronous
async def test_closing_a_peer_that_does_not_read_takes_its_grace_and_no_longer(ws: str) -> None:
    """The Close frame cannot be sent: there is one bound for all of it, not one more for that."""
    async with choked(ws, NEVER) as app:
        peer = app.peers["CP-1"]
        await peer.close()
        await until(lambda: not app.peers)

    assert 1006 == peer.close_code


class Deaf:
    """An ASGI server whose peer reads so many events and no more."""

    def __init__(self, reads: int, events: list[dict[str, Any]]) -> None:
        self.sent: list[dict[str, Any]] = []
        self._reads = reads
        self._events = events

    async def receive(self) -> Any:
        if not self._events:
            await asyncio.Event().wait()
        return self._events.pop(0)

    async def send(self, event: Any) -> None:
        if len(self.sent) == self._reads:
            await asyncio.Event().wait()
        self.sent.append(event)


@asynchronous
async def test_a_response_is_handed_over_in_parts_so_that_a_peer_that_does_not_read_is_found() -> None:
    """A server waits before a write and not after it: who hands over all at once never learns of it."""
    ran: list[str] = []
    router = talkative()
    router.after(v15.DataTransferRequest)(lambda *_: ran.append("after"))
    body = soap("1.5").encode(Call("urn:uuid:1", v15.DataTransferRequest(vendor_id="v")))
    server = Deaf(3, [{"type": "http.request", "body": body}])
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", CONTENT_TYPE.encode())]}
    await OcppApp(router, write_timeout=SOON)(scope, server.receive, server.send)

    assert [PART, PART] == [len(event["body"]) for event in server.sent[1:]]
    assert [] == ran  # nobody has the answer


@asynchronous
async def test_a_response_comes_whole() -> None:
    body = soap("1.5").encode(Call("urn:uuid:1", v15.DataTransferRequest(vendor_id="v")))
    server = Deaf(1000, [{"type": "http.request", "body": body}])
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", CONTENT_TYPE.encode())]}
    await OcppApp(talkative())(scope, server.receive, server.send)
    start, *parts = server.sent
    whole = b"".join(part["body"] for part in parts)

    assert str(len(whole)).encode() == dict(start["headers"])[b"content-length"]
    assert LARGE < len(whole)
    assert [True] * (len(parts) - 1) + [False] == [part["more_body"] for part in parts]


@asynchronous
async def test_of_a_body_that_fills_its_parts_the_last_is_said_to_be_the_last() -> None:
    server = Deaf(1000, [])
    await respond(server.send, 200, b"x" * 2 * PART)

    assert [True, False] == [part["more_body"] for part in server.sent[1:]]


@asynchronous
async def test_what_is_given_up_is_given_up_for_good() -> None:
    server = Deaf(0, [])
    channel = Channel(server.receive, server.send, write_timeout=SOON)
    receiving = asyncio.create_task(channel.receive())
    assert not channel.has_begun
    with pytest.raises(PeerNotReadingError, match="does not read"):
        await channel.send({"type": "websocket.send", "text": "1"})
    assert channel.has_begun  # and no other answer may be given
    server._reads = 1000
    with pytest.raises(PeerNotReadingError):
        await channel.send({"type": "websocket.send", "text": "2"})

    assert [] == server.sent
    for event in (await receiving, await channel.receive()):
        assert "websocket.disconnect" == event["type"]


@asynchronous
async def test_who_waits_for_a_peer_that_is_given_up_can_be_cancelled() -> None:
    server = Deaf(0, [])
    channel = Channel(server.receive, server.send, write_timeout=NEVER)
    receiving = asyncio.create_task(channel.receive())
    await turns(1)
    receiving.cancel()
    channel.give_up()

    with pytest.raises(asyncio.CancelledError):
        await receiving


@asynchronous
async def test_a_timeout_that_is_the_servers_own_is_its_own() -> None:
    async def fails(*_: Any) -> Any:
        raise TimeoutError("of the server")

    channel = Channel(fails, fails, write_timeout=NEVER)
    with pytest.raises(TimeoutError, match="of the server"):
        await channel.send({})
    with pytest.raises(TimeoutError, match="of the server"):
        await channel.receive()
    with pytest.raises(TimeoutError, match="of the server"):
        await read_request(channel.receive, 1, open_timeout=NEVER, body_timeout=NEVER)


# --- bodies and handshakes that never end ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent, open_timeout, body_timeout",
    [
        (b"Content-Length: 1000\r\n\r\n", SOON, NEVER),
        (b"Content-Length: 1000\r\n\r\n<", SOON, NEVER),
        (b"Transfer-Encoding: chunked\r\n\r\n1\r\n<\r\n", SOON, NEVER),
        (b"Transfer-Encoding: chunked\r\n\r\n1\r\n<\r\n", NEVER, SOON),
        (b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n", SOON, NEVER),
    ],
    ids=["nothing", "a byte", "a chunk", "in all", "never continued"],
)
@asynchronous
async def test_a_body_that_never_ends_is_given_up_and_its_connection_closed(
    sent: bytes, open_timeout: float, body_timeout: float
) -> None:
    app = OcppApp(csms(), open_timeout=open_timeout, body_timeout=body_timeout)
    async with served(app) as port, raw_socket(port) as socket:
        await socket.send(HEAD.encode() + sent)
        answer = (await socket.rest()).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b"the body takes too long\n")


@asynchronous
async def test_a_connection_is_not_kept_for_the_rest_of_a_body_that_is_refused() -> None:
    """A server reads on otherwise, for as long as the peer likes."""
    async with served(OcppApp(csms(), max_size=1000)) as port:
        for head in (HEAD, HEAD.replace("POST", "PUT")):
            async with raw_socket(port) as socket:
                await socket.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + b"1000\r\n")
                await socket.send(bytes(0x1000))
                answer = await socket.rest()

                assert answer[:12] in (b"HTTP/1.1 413", b"HTTP/1.1 405")
                assert b"\r\nconnection: close\r\n" in answer.lower()


@asynchronous
async def test_from_http_2_on_no_response_speaks_of_the_connection() -> None:
    server = Deaf(1000, [{"type": "http.request", "body": b"<"}])
    scope = {"type": "http", "method": "POST", "http_version": "2", "headers": []}
    await OcppApp(csms())(scope, server.receive, server.send)

    assert {b"content-type", b"content-length"} == dict(server.sent[0]["headers"]).keys()


@pytest.mark.parametrize("size, is_taken", [(10, False), (1000, True)], ids=["drips", "flows"])
@asynchronous
async def test_who_sends_faster_has_longer(size: int, is_taken: bool) -> None:
    """Time is the loop's, so that a drop each half second costs the test nothing."""
    loop = asyncio.get_running_loop()
    start, since = loop.time(), 0.0
    parts = 40

    async def receive() -> Any:
        nonlocal since, parts
        since, parts = since + 0.5, parts - 1
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b" " * size, "more_body": parts > 0}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "time", lambda: start + since)
        reading = read_request(receive, 1_000_000, open_timeout=10.0, body_timeout=60.0)
        if is_taken:
            assert 40 * size == len(await reading)
        else:
            with pytest.raises(BodyRefused, match="too long"):
                await reading


@asynchronous
async def test_half_an_envelope_is_none_even_if_it_can_be_read() -> None:
    """The peer has gone before the end of its body: nobody may act on it."""
    handled: list[Any] = []
    router = Router()
    router.on(v15.BootNotificationRequest)(lambda request, _: handled.append(request))  # type: ignore[arg-type, return-value]
    body = soap("1.5").encode(Call("urn:uuid:1", BOOTS["1.5"]))
    server = Deaf(
        1000, [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]
    )
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", CONTENT_TYPE.encode())]}
    await OcppApp(router)(scope, server.receive, server.send)

    assert [] == handled
    assert 400 == server.sent[0]["status"]


@WEBSOCKETS
@asynchronous
async def test_a_handshake_that_takes_too_long_is_refused(ws: str) -> None:
    async def authenticate(_: Any) -> bool:
        await asyncio.Event().wait()
        return True

    app = OcppApp(csms(), authenticate=authenticate, open_timeout=SOON)
    async with served(app, ws=ws) as port, raw_socket(port) as socket:
        head = await socket.upgrade()

    assert head.startswith(b"HTTP/1.1 503 ")
    assert {} == app.peers


@asynchronous
async def test_a_hook_that_fails_for_want_of_time_is_no_handshake_that_took_too_long() -> None:
    async def authenticate(_: Any) -> bool:
        raise TimeoutError("of a database")

    server = Deaf(1000, [{"type": "websocket.connect"}])
    scope = {"type": "websocket", "path": "/CP-1", "headers": [], "subprotocols": ["ocpp1.6"]}
    await OcppApp(csms(), authenticate=authenticate)(scope, server.receive, server.send)

    assert ["this server has failed"] == [event["reason"] for event in server.sent]
