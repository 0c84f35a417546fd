"""The WebSocket transport over real sockets of the loopback."""

import asyncio
import logging
import ssl
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as raw_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from loops import asynchronous, until
from ocpp_core import LocalProtocolError, Tolerance, v16, v21, v201
from ocpp_core.errors import CallTimeoutError, ConnectionLostError
from ocpp_core.messages import Request
from ocpp_core.peer import MOST_UNSENT
from ocpp_core.router import Router
from ocpp_core.transports.websocket import (
    Backoff,
    Handshake,
    Server,
    Station,
    WebSocketPeer,
    connect,
    serve,
)

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SOON = Backoff(minimum=0.01, doublings=0, spread=0)
HEARTBEAT: dict[str, type[Request[Any]]] = {
    "1.6": v16.HeartbeatRequest,
    "2.0.1": v201.HeartbeatRequest,
    "2.1": v21.HeartbeatRequest,
}


def csms() -> Router:
    """Answers heartbeats of every version."""
    router = Router()
    router.on(v16.HeartbeatRequest)(lambda *_: v16.HeartbeatResponse(current_time=NOW))
    router.on(v201.HeartbeatRequest)(lambda *_: v201.HeartbeatResponse(current_time=NOW))
    router.on(v21.HeartbeatRequest)(lambda *_: v21.HeartbeatResponse(current_time=NOW))
    return router


def station() -> Router:
    router = Router()
    router.on(v16.ResetRequest)(lambda *_: v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
    return router


def url(server: Server, scheme: str = "ws") -> str:
    return f"{scheme}://localhost:{server.port}/ocpp"


def heartbeat(version: str) -> Request[Any]:
    return HEARTBEAT[version]()


@asynccontextmanager
async def raw(
    server: Server, identity: str = "CP-1", *offers: str, **options: Any
) -> AsyncGenerator[ClientConnection, None]:
    """A client that knows no OCPP."""
    offered = [Subprotocol(offer) for offer in offers] or None
    async with raw_connect(f"{url(server)}/{identity}", subprotocols=offered, **options) as socket:
        yield socket


# --- negotiation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@asynchronous
async def test_calls_go_both_ways_in_each_version(version: str) -> None:
    async with (
        serve(csms(), "localhost") as server,
        connect(url(server), "CP-1", station(), version) as cp,
    ):
        await cp.call(heartbeat(version))

        assert server.peers["CP-1"].version == version
        if version == "1.6":
            reset = await server.peers["CP-1"].call(v16.ResetRequest(type=v16.ResetType.SOFT))
            assert reset.status is v16.ResetStatus.ACCEPTED


@asynchronous
async def test_one_router_serves_stations_of_several_versions_at_once() -> None:
    async with (
        serve(csms(), "localhost") as server,
        connect(url(server), "A", station(), "1.6") as a,
        connect(url(server), "B", station(), "2.0.1") as b,
        connect(url(server), "C", station(), "2.1") as c,
    ):
        await asyncio.gather(
            a.call(v16.HeartbeatRequest()), b.call(v201.HeartbeatRequest()), c.call(v21.HeartbeatRequest())
        )

        assert {name: str(peer.version) for name, peer in server.peers.items()} == {
            "A": "1.6",
            "B": "2.0.1",
            "C": "2.1",
        }


@asynchronous
async def test_the_stations_order_of_preference_decides() -> None:
    async with serve(csms(), "localhost", accepts=["1.6", "2.0.1"]) as server:
        async with raw(server, "CP-1", "ocpp2.1", "ocpp2.0.1", "ocpp1.6") as socket:
            assert socket.subprotocol == "ocpp2.0.1"
        async with connect(url(server), "CP-1", station(), ["2.1", "1.6", "2.0.1"]) as cp:
            assert cp.peer is not None
            assert cp.peer.version == "1.6"


@asynchronous
async def test_j12_no_common_version_completes_the_handshake_and_closes() -> None:
    async with (
        serve(csms(), "localhost", accepts=["1.6"]) as server,
        raw(server, "CP-1", "ocpp2.1") as socket,
    ):
        assert socket.subprotocol is None
        with pytest.raises(ConnectionClosed) as info:
            await socket.recv()
        assert info.value.rcvd is not None
        assert info.value.rcvd.code == 1002
        assert server.peers == {}


@asynchronous
async def test_j12_no_common_version_can_be_refused() -> None:
    async with serve(csms(), "localhost", accepts=["1.6"], no_common_version="refuse") as server:
        with pytest.raises(InvalidStatus) as info:
            async with raw(server, "CP-1", "ocpp2.1"):
                pass
        assert info.value.response.status_code == 400


@asynchronous
async def test_a_station_that_offers_nothing_gets_the_default_version() -> None:
    async with (
        serve(csms(), "localhost", default_version="1.6") as server,
        raw(server) as socket,
    ):
        await socket.send('[2,"1","Heartbeat",{}]')

        assert await socket.recv() == '[3,"1",{"currentTime":"2026-01-31T12:00:00Z"}]'
        assert socket.subprotocol is None


@asynchronous
async def test_the_label_of_2_0_may_stand_for_2_0_1() -> None:
    async with (
        serve(csms(), "localhost", aliases={"ocpp2.0": "2.0.1"}) as server,
        raw(server, "CP-1", "ocpp2.0") as socket,
    ):
        assert socket.subprotocol == "ocpp2.0"
        await socket.send('[2,"1","Heartbeat",{}]')
        await socket.recv()
        assert server.peers["CP-1"].version == "2.0.1"


@asynchronous
async def test_a_csms_that_picks_no_version_is_left_unless_allowed() -> None:
    async with serve(csms(), "localhost", accepts=["1.6"]) as server:
        with pytest.raises(ConnectionLostError):
            async with connect(url(server), "CP-1", station(), "2.1", reconnect=False):
                pass


@pytest.mark.parametrize("version, is_compressed", [("1.6", False), ("2.0.1", True), ("2.1", True)], ids=str)
@asynchronous
async def test_part4_3_3_compression_is_offered_from_2_0_on(version: str, is_compressed: bool) -> None:
    async with (
        serve(csms(), "localhost") as server,
        raw(server, "CP-1", f"ocpp{version}") as socket,
    ):
        assert bool(socket.protocol.extensions) is is_compressed


@asynchronous
async def test_identity_is_decoded_and_names_the_peer() -> None:
    async with (
        serve(csms(), "localhost") as server,
        connect(url(server), "CP 1|+ü/:", station(), "1.6") as cp,
    ):
        await cp.call(v16.HeartbeatRequest())

        assert list(server.peers) == ["CP 1|+ü/:"]


@asynchronous
async def test_j_3_2_unknown_identity_is_404_and_no_websocket() -> None:
    async with serve(csms(), "localhost", identities=lambda handshake: None) as server:
        with pytest.raises(InvalidStatus) as info:
            async with raw(server, "CP-1", "ocpp1.6"):
                pass
        assert info.value.response.status_code == 404


def test_2_x_stations_may_not_have_a_colon() -> None:
    async def attempt() -> None:
        async with connect("ws://localhost:1", "A:B", station(), "2.0.1"):
            pass

    with pytest.raises(LocalProtocolError, match="identity"):
        asyncio.run(attempt())


@asynchronous
async def test_a_hook_that_raises_is_500_and_the_server_lives(caplog: pytest.LogCaptureFixture) -> None:
    def identities(handshake: Handshake) -> str:
        raise RuntimeError("database")

    caplog.set_level(logging.CRITICAL, "websockets")
    async with serve(csms(), "localhost", identities=identities) as server:
        for _ in range(2):
            with pytest.raises(InvalidStatus) as info:
                async with raw(server, "CP-1", "ocpp1.6"):
                    pass
            assert info.value.response.status_code == 500
            assert info.value.response.body is not None
            assert b"database" not in info.value.response.body


# --- security profiles ---------------------------------------------------------------------------------------------

KEY = bytes(range(0xEC, 0x100))


@pytest.mark.parametrize("identity", ["CP-1", "A:B"])
@asynchronous
async def test_profile_1_basic_authentication(identity: str) -> None:
    def authenticate(handshake: Handshake) -> bool:
        return handshake.has_password(KEY)

    async with serve(csms(), "localhost", authenticate=authenticate) as server:
        async with connect(url(server), identity, station(), "1.6", password=KEY) as cp:
            await cp.call(v16.HeartbeatRequest())
        for password in (None, KEY[1:], KEY.hex()):
            with pytest.raises(InvalidStatus) as info:
                async with connect(
                    url(server), identity, station(), "1.6", password=password, reconnect=False
                ):
                    pass
            assert info.value.response.status_code == 401
            assert "Basic" in info.value.response.headers["WWW-Authenticate"]


@asynchronous
async def test_profile_1_password_is_text_in_2_x() -> None:
    async with (
        serve(
            csms(), "localhost", authenticate=lambda handshake: handshake.has_password("pässword-16-chars")
        ) as server,
        connect(url(server), "CP-1", station(), "2.0.1", password="pässword-16-chars") as cp,
    ):
        await cp.call(v201.HeartbeatRequest())


class Certificates:
    """A CA, a server's certificate, and a client's."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.minimum_version = ssl.TLSVersion.TLSv1_2
        self.authority.issue_cert("localhost").configure_cert(self.server)

    def require_client(self) -> None:
        self.authority.configure_trust(self.server)
        self.server.verify_mode = ssl.CERT_REQUIRED

    def client(self, common_name: str | None = None, issuer: trustme.CA | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        if common_name is not None:
            certificate = (issuer or self.authority).issue_cert(
                f"{common_name}.stations.test", common_name=common_name, organization_name="Operator"
            )
            certificate.configure_cert(context)
        return context


@asynchronous
async def test_profile_2_tls_and_password() -> None:
    certificates = Certificates()

    def authenticate(handshake: Handshake) -> bool:
        return handshake.certificate is None and handshake.has_password(KEY)

    async with serve(csms(), "localhost", ssl=certificates.server, authenticate=authenticate) as server:
        async with connect(
            url(server, "wss"), "CP-1", station(), "1.6", password=KEY, ssl=certificates.client()
        ) as cp:
            await cp.call(v16.HeartbeatRequest())
        with pytest.raises(ssl.SSLCertVerificationError):  # nobody has told this station of our authority
            async with connect(url(server, "wss"), "CP-1", station(), "1.6", password=KEY, reconnect=False):
                pass
        with pytest.raises(InvalidStatus):
            async with connect(
                url(server, "wss"), "CP-1", station(), "1.6", ssl=certificates.client(), reconnect=False
            ):
                pass


@asynchronous
async def test_profile_3_client_certificate(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "websockets")
    certificates = Certificates()
    certificates.require_client()
    seen: list[str | None] = []

    def authenticate(handshake: Handshake) -> bool:
        seen.append(handshake.common_name)
        return handshake.common_name == handshake.identity

    async with serve(csms(), "localhost", ssl=certificates.server, authenticate=authenticate) as server:
        options: dict[str, Any] = {"reconnect": False, "router": station(), "version": "2.0.1"}
        async with connect(url(server, "wss"), "SN-1", ssl=certificates.client("SN-1"), **options) as cp:
            await cp.call(v201.HeartbeatRequest())
        with pytest.raises(InvalidStatus):  # the certificate of another station
            async with connect(url(server, "wss"), "SN-2", ssl=certificates.client("SN-1"), **options):
                pass

        assert seen == ["SN-1", "SN-1"]
        for context in (certificates.client(), certificates.client("SN-1", trustme.CA())):
            with pytest.raises((OSError, EOFError, ConnectionClosed, Exception)) as info:
                async with connect(url(server, "wss"), "SN-1", ssl=context, **options):
                    pass
            assert not isinstance(info.value, InvalidStatus)  # it never came to HTTP
        assert len(seen) == 2


# --- messages ------------------------------------------------------------------------------------------------------


async def close_code(socket: ClientConnection) -> int | None:
    await socket.wait_closed()
    return socket.close_code


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
        serve(router, "localhost", write_timeout=0.3, ping_interval=None) as server,
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
            most = max(most, peer._outbox.qsize())
            await asyncio.sleep(0.001)
        with pytest.raises(ConnectionClosed):
            await flooding
        await until(lambda: not server.peers)

        assert 2 < most <= MOST_UNSENT + 20


# --- connections ---------------------------------------------------------------------------------------------------


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
            await until(lambda: gone)
            await new.send('[2,"1","Heartbeat",{}]')
            await new.recv()

            assert gone == [first]
            assert server.peers["CP-1"] is not first


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
        await asyncio.sleep(0.01)
        may_end.set()

        assert (await call).id_tag_info.status == "Accepted"
        await closing
        with pytest.raises(ConnectionLostError):
            await cp.call(v16.HeartbeatRequest())
        with pytest.raises(OSError, match=r"Connect|connect|refused"):
            async with raw(server, "CP-1", "ocpp1.6"):
                pass


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


# --- the station's side --------------------------------------------------------------------------------------------


@asynchronous
async def test_a_lost_connection_loses_its_calls_and_is_made_anew() -> None:
    router = csms()
    waits: list[float] = []
    boots: list[WebSocketPeer] = []

    @router.on(v16.AuthorizeRequest)
    async def authorize(request: v16.AuthorizeRequest, peer: WebSocketPeer) -> None:
        peer._socket.transport.abort()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with (
        serve(router, "localhost") as server,
        connect(
            url(server),
            "CP-1",
            station(),
            "1.6",
            wait=True,
            backoff=Backoff(minimum=10, doublings=1, spread=4),
            chance=lambda: 0.5,
            sleep=sleep,
            on_connect=boots.append,
        ) as cp,
    ):
        for _ in range(3):
            with pytest.raises(ConnectionLostError):
                await cp.call(v16.AuthorizeRequest(id_tag="T"))
            await cp.call(v16.HeartbeatRequest())  # waits for the next connection

    assert waits == [12.0, 12.0, 12.0]  # each time there was success before
    assert len(set(map(id, boots))) == 4


@asynchronous
async def test_j14_a_station_backs_off_until_the_csms_is_there() -> None:
    waits: list[float] = []
    started: list[Server] = []
    async with serve(csms(), "localhost", port=0) as placeholder:
        port = placeholder.port

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            contexts.append(serve(csms(), "localhost", port))
            started.append(await contexts[0].__aenter__())

    contexts: list[Any] = []
    async with connect(
        f"ws://localhost:{port}",
        "CP-1",
        station(),
        "1.6",
        backoff=Backoff(minimum=1, doublings=2, spread=0),
        sleep=sleep,
    ) as cp:
        await cp.call(v16.HeartbeatRequest())
    await contexts[0].__aexit__(None, None, None)

    assert waits == [1, 2, 4, 4]


@asynchronous
async def test_calls_without_a_connection_raise_unless_they_shall_wait() -> None:
    async with serve(csms(), "localhost") as server:
        forever = asyncio.Event()

        async def sleep(seconds: float) -> None:
            await forever.wait()

        async with connect(url(server), "CP-1", station(), "1.6", sleep=sleep) as cp:
            await until(lambda: server.peers)
            await server.peers["CP-1"].close()
            await until(lambda: cp.peer is None)
            with pytest.raises(ConnectionLostError):
                await cp.call(v16.HeartbeatRequest())
            forever.set()
            assert (await cp.connected()).is_open
            await cp.call(v16.HeartbeatRequest())


@asynchronous
async def test_closing_a_station_ends_those_that_wait_for_it() -> None:
    async def sleep(seconds: float) -> None:
        await asyncio.Event().wait()

    async with serve(csms(), "localhost") as server:
        async with connect(url(server), "CP-1", station(), "1.6", sleep=sleep, wait=True) as cp:
            await until(lambda: server.peers)
            await server.peers["CP-1"].close()
            await until(lambda: cp.peer is None)
            waiting = asyncio.create_task(cp.call(v16.HeartbeatRequest()))
            await asyncio.sleep(0)
        with pytest.raises(ConnectionLostError):
            await waiting


@asynchronous
async def test_nobody_calls_before_the_boot_hook_is_done() -> None:
    order: list[str] = []
    router = csms()
    router.middleware(_noting(order))

    async def boot(peer: WebSocketPeer) -> None:
        await peer.call(v16.HeartbeatRequest())
        order.append("booted")

    async with (
        serve(router, "localhost") as server,
        connect(url(server), "CP-1", station(), "1.6", on_connect=boot) as cp,
    ):
        with pytest.raises(Exception, match="Authorize"):
            await cp.call(v16.AuthorizeRequest(id_tag="T"))

    assert order == ["Heartbeat", "booted", "Authorize"]


def _noting(order: list[str]) -> Any:
    async def note(request: Request[Any], peer: Any, handle: Any) -> Any:
        order.append(request.__ocpp__.action or "")
        return await handle(request, peer)

    return note


@asynchronous
async def test_a_boot_hook_that_fails_counts_as_a_failed_connection() -> None:
    async def boot(peer: WebSocketPeer) -> None:
        raise CallTimeoutError("BootNotification")

    async with serve(csms(), "localhost") as server:
        with pytest.raises(CallTimeoutError):
            async with connect(url(server), "CP-1", station(), "1.6", on_connect=boot, reconnect=False):
                pass

        attempts: list[int] = []

        async def boot_later(peer: WebSocketPeer) -> None:
            attempts.append(1)
            if len(attempts) < 3:
                raise CallTimeoutError("BootNotification")

        async with connect(url(server), "CP-1", station(), "1.6", on_connect=boot_later, backoff=SOON) as cp:
            await cp.call(v16.HeartbeatRequest())

        assert len(attempts) == 3


@asynchronous
async def test_tolerance_is_passed_on() -> None:
    async with (
        serve(csms(), "localhost", tolerance=Tolerance.TOLERANT) as server,
        raw(server, "CP-1", "ocpp1.6") as socket,
    ):
        await socket.send('[2,17,"Heartbeat",{"extra":1}]')

        assert str(await socket.recv()).startswith("[3,17,")


def test_passwords_do_not_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ocpp_core")

    @asynchronous
    async def run() -> None:
        async with (
            serve(csms(), "localhost", authenticate=lambda handshake: True) as server,
            connect(url(server), "CP-1", station(), "1.6", password="hunter2-hunter2-") as cp,
        ):
            await cp.call(v16.HeartbeatRequest())

    run()

    assert "Heartbeat" in caplog.text
    assert "hunter2" not in caplog.text
    assert b64encode(b"CP-1:hunter2-hunter2-").decode() not in caplog.text


def test_station_is_what_connect_yields() -> None:
    assert {"call", "notify", "connected", "close", "peer"} <= set(dir(Station))
