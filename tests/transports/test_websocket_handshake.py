"""The handshake over real sockets: versions, identities and refusals."""

import asyncio
import logging
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from loopback import close_code, csms, raw, station, url
from loops import asynchronous
from ocpp_core import LocalProtocolError, v16, v21, v201
from ocpp_core.model.messages import Request
from ocpp_core.transports.websocket import CannotConnectError, Handshake, connect, serve

pytestmark = pytest.mark.usefixtures("library")

HEARTBEAT: dict[str, type[Request[Any]]] = {
    "1.6": v16.HeartbeatRequest,
    "2.0.1": v201.HeartbeatRequest,
    "2.1": v21.HeartbeatRequest,
}


def heartbeat(version: str) -> Request[Any]:
    return HEARTBEAT[version]()


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
        for reconnect in (False, True):
            with pytest.raises(CannotConnectError, match=r"offered ocpp2\.1; the CSMS picked none"):
                async with connect(url(server), "CP-1", station(), "2.1", reconnect=reconnect):
                    pass


@pytest.mark.parametrize("version, is_compressed", [("1.6", False), ("2.0.1", True), ("2.1", True)], ids=str)
@pytest.mark.parametrize("library", ["websockets"], indirect=True)
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
        connect(url(server), "CP 1|+ü:", station(), "1.6") as cp,
    ):
        await cp.call(v16.HeartbeatRequest())

        assert list(server.peers) == ["CP 1|+ü:"]


@pytest.mark.parametrize("segment", ["..", "%2E%2E", "a%2Fb", "CP-1%20", "%20CP-1", "x" * 4000, "%1B", ""])
@asynchronous
async def test_an_identity_that_is_trouble_is_404(segment: str) -> None:
    async with serve(csms(), "localhost") as server:
        request = "GET /ocpp/{} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        rest = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\n"
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        reader, writer = await asyncio.open_connection("localhost", server.port)
        writer.write((request.format(segment) + rest + key).encode())
        answer = await reader.readline()
        writer.close()

        assert b"HTTP/1.1 404 Not Found\r\n" == answer


@asynchronous
async def test_what_only_ends_like_a_version_is_none() -> None:
    async with serve(csms(), "localhost") as server, raw(server, "CP-1", "ocppocpp1.6") as socket:
        assert None is socket.subprotocol
        assert 1002 == await close_code(socket)


@asynchronous
async def test_j_3_2_unknown_identity_is_404_and_no_websocket() -> None:
    async with serve(csms(), "localhost", identities=lambda handshake: None) as server:
        with pytest.raises(InvalidStatus) as info:
            async with raw(server, "CP-1", "ocpp1.6"):
                pass
        assert info.value.response.status_code == 404


@pytest.mark.parametrize(
    "identity, version",
    [("A:B", "2.0.1"), ("A:B", ["1.6", "2.0.1"]), ("..", "1.6"), ("A/B", "1.6"), ("", "1.6")],
)
def test_a_station_cannot_be_called_everything(identity: str, version: str | list[str]) -> None:
    async def attempt() -> None:
        async with connect("ws://localhost:1", identity, station(), version):
            pass

    with pytest.raises(LocalProtocolError, match="cannot be the identity"):
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
