"""What both servers of WebSocket stations offer alike, over real sockets."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.typing import Subprotocol

from both_servers import both, running
from loops import asynchronous, until
from ocpp_core import Router, Version, v16
from ocpp_core.dispatch import PerConnection, PerIdentity
from ocpp_core.transports._handshake import authorization_of
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.asgi import AsgiPeer
from ocpp_core.transports.socket_peer import SocketPeer
from rawsocket import raw_socket
from served import NOW, csms

HEARTBEAT = '[2,"1","Heartbeat",{}]'


def knock(url: str, offer: str | None = "ocpp1.6", **headers: str) -> connect:
    offers = None if offer is None else [Subprotocol(offer)]
    return connect(url, subprotocols=offers, additional_headers=headers)


def answering(told: list[str] | None = None) -> Router:
    router = csms()

    @router.on(v16.HeartbeatRequest)
    def heartbeat(request: v16.HeartbeatRequest, station: Any) -> v16.HeartbeatResponse:
        if told is not None:
            told.append("heartbeat")
        return v16.HeartbeatResponse(current_time=NOW)

    return router


async def closed(socket: ClientConnection) -> int | None:
    await socket.wait_closed()
    return socket.close_code


# --- the peer --------------------------------------------------------------------------------------------------------


@both
@asynchronous
async def test_a_peer_says_what_it_is_and_how_it_ended(server: str) -> None:
    gone: list[SocketPeer] = []
    async with running(server, csms(), on_disconnect=gone.append) as up, knock(up.url()) as socket:
        await until(lambda: up.peers)
        peer = up.peers["CP-1"]
        assert (Version.V1_6, "ocpp1.6", True, None) == (
            peer.version,
            peer.handshake.subprotocol,
            peer.is_open,
            peer.close_code,
        )
        await socket.close(3001, "good night")
        await until(lambda: gone)

    assert (False, 3001, False) == (peer.is_open, peer.close_code, peer.is_replaced)


@both
@asynchronous
async def test_an_open_connection_keeps_what_it_knows_in_slots(server: str) -> None:
    """Of more than thirty attributes without slots, Python shares the names with no other object: 1.3 KB for each."""
    async with running(server, csms()) as up, knock(up.url()):
        await until(lambda: up.peers)
        peer = up.peers["CP-1"]

        assert {} == peer.__dict__
        assert 30 >= len(getattr(getattr(peer, "_socket", None), "__dict__", {}))


@both
@asynchronous
async def test_a_connection_can_be_cut_without_a_close_frame(server: str) -> None:
    gone: list[SocketPeer] = []
    async with running(server, csms(), on_disconnect=gone.append) as up, knock(up.url()) as socket:
        await until(lambda: up.peers)
        peer = up.peers["CP-1"]
        peer.abort()
        # Of websockets, only the loop learns that the transport is gone.
        assert not isinstance(peer, AsgiPeer) or (1006, False) == (peer.close_code, peer.is_open)
        with pytest.raises(ConnectionClosedError):
            await socket.recv()
        await until(lambda: gone)

        assert (1006, False) == (socket.close_code, gone[0].is_open)


# --- which version ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offer, meant", [("OCPP1.6", "1.6"), ("v16", "1.6"), ("ocpp2.0", "2.0.1")])
@both
@asynchronous
async def test_an_alias_matches_to_the_letter_and_is_echoed(server: str, offer: str, meant: str) -> None:
    async with running(server, csms(), aliases={offer: meant}) as up:
        async with knock(up.url(), offer) as socket:
            await until(lambda: up.peers)

            assert (offer, meant) == (socket.subprotocol, up.peers["CP-1"].version)
        async with knock(up.url(), offer.title()) as socket:
            assert 1002 == await closed(socket)


@both
@asynchronous
async def test_a_station_that_offers_nothing_gets_the_default_version(server: str) -> None:
    async with (
        running(server, answering(), default_version="1.6") as up,
        knock(up.url(), None) as socket,
    ):
        await socket.send(HEARTBEAT)

        assert str(await socket.recv()).startswith('[3,"1",')


@both
@asynchronous
async def test_no_common_version_may_be_refused(server: str) -> None:
    async with running(server, csms(), no_common_version="refuse") as up:
        with pytest.raises(InvalidStatus) as refused:
            async with knock(up.url(), "ocpp9"):
                pass

    assert 400 == refused.value.response.status_code


# --- which station ---------------------------------------------------------------------------------------------------


def from_query(handshake: Handshake) -> str | None:
    return parse_qs(urlsplit(handshake.path).query).get("cid", [""])[0] or None


def from_slash(handshake: Handshake) -> str | None:
    return handshake.path.strip("/").rpartition("/")[2]


def from_header(handshake: Handshake) -> str | None:
    return handshake.headers.get("x-station")


def from_user(handshake: Handshake) -> str | None:
    return handshake.username


Identities = Callable[[Handshake], str | None]


@pytest.mark.parametrize(
    "path, identities, headers",
    [
        ("/ocpp/?cid=CP-1", from_query, {}),
        ("/ocpp/CP-1/", from_slash, {}),
        ("/", from_header, {"X-Station": "CP-1"}),
        ("/", from_user, {"Authorization": authorization_of("CP-1", "secret")}),
    ],
)
@both
@asynchronous
async def test_a_path_that_ends_in_no_identity_is_a_matter_of_the_hook(
    server: str, path: str, identities: Identities, headers: dict[str, str]
) -> None:
    seen: list[str] = []

    def authenticate(handshake: Handshake) -> bool:
        seen.append(handshake.identity)
        return True

    options: dict[str, Any] = {"identities": identities, "authenticate": authenticate}
    async with running(server, answering(), **options) as up:
        async with knock(up.url(path), **headers) as socket:
            await socket.send(HEARTBEAT)
            await socket.recv()

            assert ["CP-1"] == list(up.peers) == seen
        if identities is not from_slash:
            with pytest.raises(InvalidStatus):
                async with knock(up.url("/")):
                    pass


@both
@asynchronous
async def test_what_the_hook_gives_is_who_has_to_prove_itself(server: str) -> None:
    """A password of another station does not do, although the path names none."""
    options: dict[str, Any] = {
        "identities": from_header,
        "authenticate": lambda handshake: handshake.has_password("secret"),
    }
    async with running(server, csms(), **options) as up:
        for user in ("CP-2", ""):
            headers = {"X-Station": "CP-1", "Authorization": authorization_of(user, "secret")}
            with pytest.raises(InvalidStatus, match="401"):
                async with knock(up.url("/"), **headers):
                    pass
        headers = {"X-Station": "CP-1", "Authorization": authorization_of("CP-1", "secret")}
        async with knock(up.url("/"), **headers):
            await until(lambda: up.peers)


@both
@asynchronous
async def test_a_header_that_comes_twice_is_not_the_last_one(server: str) -> None:
    asked: list[str | None] = []

    def identities(handshake: Handshake) -> str | None:
        asked.append(handshake.headers.get("X-Client-Cert"))
        return None

    async with running(server, csms(), identities=identities) as up, raw_socket(up.port) as socket:
        await socket.upgrade("/CP-1", more="X-Client-Cert: CP-1\r\nx-client-cert: CP-2\r\n")

    assert ["CP-1, CP-2"] == asked


@both
@asynchronous
async def test_an_identity_is_text(server: str, caplog: pytest.LogCaptureFixture) -> None:
    async with running(server, csms(), identities=lambda _: True) as up:
        with pytest.raises(InvalidStatus) as refused:
            async with knock(up.url()):
                pass

    assert 500 == refused.value.response.status_code
    assert "`identities` gives an identity or None, not a bool" in caplog.text


# --- what is kept of a connection ------------------------------------------------------------------------------------


@both
@asynchronous
async def test_what_is_kept_of_a_connection_is_not_that_of_the_next(server: str) -> None:
    ends: list[tuple[int, bool]] = []
    counts, visits = PerConnection(list[int]), PerIdentity(list[int])
    router = csms()

    @router.on(v16.HeartbeatRequest)
    def heartbeat(request: v16.HeartbeatRequest, station: SocketPeer) -> v16.HeartbeatResponse:
        counts.of(station).append(1)
        visits.of(station).append(1)
        return v16.HeartbeatResponse(current_time=NOW)

    def on_disconnect(station: SocketPeer) -> None:
        ends.append((len(counts.of(station)), station.is_replaced))

    async with running(server, router, on_disconnect=on_disconnect) as up, knock(up.url()) as old:
        for _ in range(2):
            await old.send(HEARTBEAT)
            await old.recv()
        async with knock(up.url()) as new:
            assert 1001 == await closed(old)
            await new.send(HEARTBEAT)
            await new.recv()
        await until(lambda: len(ends) == 2)

    assert [(2, True), (1, False)] == ends
    assert 3 == len(visits.of("CP-1"))


@both
@asynchronous
async def test_handlers_may_wait_until_a_station_is_welcomed(server: str) -> None:
    told: list[str] = []
    welcome = asyncio.Event()

    async def on_connect(station: SocketPeer) -> None:
        told.append("connect")
        await welcome.wait()
        told.append("connected")

    options: dict[str, Any] = {"on_connect": on_connect, "handlers_wait": True}
    async with running(server, answering(told), **options) as up, knock(up.url()) as socket:
        await socket.send(HEARTBEAT)
        await until(lambda: told)
        welcome.set()
        await socket.recv()

    assert ["connect", "connected", "heartbeat"] == told


@both
@asynchronous
async def test_a_welcome_that_fails_closes_the_connection_if_handlers_wait_for_it(server: str) -> None:
    def on_connect(station: SocketPeer) -> None:
        raise ValueError("no database")

    told: list[str] = []
    options: dict[str, Any] = {"on_connect": on_connect, "handlers_wait": True, "grace": 0.1}
    async with running(server, answering(told), **options) as up, knock(up.url()) as socket:
        with suppress(ConnectionClosed):  # it may be closed by now
            await socket.send(HEARTBEAT)

        assert 1011 == await closed(socket)
    assert [] == told


# --- odd ways to ask for a WebSocket ---------------------------------------------------------------------------------


@pytest.mark.parametrize("connection", ["", "Connection: keep-alive\r\n"])
@pytest.mark.parametrize("is_required", [True, False])
@asynchronous
async def test_a_station_that_sends_no_connection_upgrade(connection: str, is_required: bool) -> None:
    async with (
        running("serve", csms(), require_connection_header=is_required) as up,
        raw_socket(up.port) as socket,
    ):
        await socket.send(
            f"GET /CP-1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n{connection}"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n".encode()
        )
        head = await socket.receive()

    assert (b"HTTP/1.1 426 " if is_required else b"HTTP/1.1 101 ") == head[:13]
