"""Not connected, cannot connect, no client, connection lost: which of the four it is on each transport, and of whom."""

import asyncio
from typing import Any

import httpx
import pytest

from loopback import NOW, csms, station, url
from loops import asynchronous, until
from ocpp_core import (
    CallFailedError,
    CallRejectedError,
    CannotConnectError,
    ConnectionLostError,
    ErrorCode,
    LocalProtocolError,
    NoClientError,
    NotConnectedError,
    OcppError,
    Role,
    Router,
    SoapCodec,
    v16,
    v21,
)
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.memory import pair
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.websocket import connect, serve

RESET = v16.ResetRequest(type=v16.ResetType.SOFT)
STREAM = v21.NotifyPeriodicEventStream(id=1, pending=0, basetime=NOW, data=[])


async def failure(calling: Any) -> Any:
    """What is raised instead of an answer."""
    with pytest.raises((CallFailedError, LocalProtocolError)) as info:
        await calling
    return info.value


def soap_peer(address: str | None, client: httpx.AsyncClient | None) -> SoapPeer:
    return SoapPeer(SoapCodec("1.6", role=Role.CSMS), "CP-1", address=address, client=client)


# --- not connected: nothing was sent -------------------------------------------------------------------------------


@asynchronous
async def test_a_station_that_is_not_there_is_not_connected() -> None:
    error = await failure(OcppApp(Router()).call("CP-1", RESET))

    assert type(error) is NotConnectedError
    assert ("CP-1", "Reset") == (error.identity, error.action)
    assert "CP-1: Reset was not sent: no station of that identity is connected" == str(error)


@asynchronous
async def test_a_station_without_an_address_is_not_connected_and_a_closed_client_reaches_nobody() -> None:
    async with httpx.AsyncClient() as client:
        unknown = await failure(soap_peer(None, client).call(RESET))
    closed = await failure(soap_peer("http://127.0.0.1:1/", client).call(RESET))

    assert [NotConnectedError] * 2 == [type(unknown), type(closed)]
    assert "CP-1: Reset was not sent: no address is known at which it may be called" == str(unknown)
    assert "CP-1: Reset was not sent: the client has been closed" == str(closed)


@asynchronous
async def test_a_connection_that_has_ended_is_none_on_both_sides() -> None:
    async with serve(csms(), "localhost") as server:
        async with connect(url(server), "CP-1", station(), "1.6", reconnect=False):
            await until(lambda: server.peers)
            peer = server.peers["CP-1"]
        await until(lambda: not server.peers)
        error = await failure(peer.call(RESET))

    assert type(error) is NotConnectedError
    assert "CP-1: Reset was not sent: the connection has ended" == str(error)


@asynchronous
async def test_a_station_that_is_offline_says_why() -> None:
    """Its last attempt is the cause."""
    forever = asyncio.Event()

    async def sleep(_: float) -> None:
        await forever.wait()

    async with serve(csms(), "localhost") as server:
        connecting = connect(url(server), "CP-1", station(), "1.6", sleep=sleep)
        async with connecting as online:
            await server.close()
            await until(lambda: online.peer is None)
            forever.set()
            await until(lambda: online._failure is not None)
            error = await failure(online.call(v16.HeartbeatRequest()))
            unsaid = await failure(online.notify(STREAM))

    assert [NotConnectedError] * 2 == [type(error), type(unsaid)]
    assert "CP-1: Heartbeat was not sent: there is no connection" == str(error)
    assert isinstance(error.__cause__, CannotConnectError)
    assert isinstance(error.__cause__.__cause__, OSError)


# --- cannot connect: nothing was sent either, and the cause is chained ---------------------------------------------


@asynchronous
async def test_where_nobody_listens_no_connection_can_be_made() -> None:
    port = 1  # of no service, and none that is handed out
    with pytest.raises(CannotConnectError) as info:
        async with connect(f"ws://127.0.0.1:{port}", "CP-1", station(), "1.6", reconnect=False):
            pass
    async with httpx.AsyncClient(trust_env=False) as client:
        error = await failure(soap_peer(f"http://127.0.0.1:{port}/", client).call(RESET))

    assert str(info.value).startswith(f"CP-1 cannot connect to ws://127.0.0.1:{port}/CP-1: ")
    assert isinstance(info.value.__cause__, OSError)
    assert type(error) is CannotConnectError
    assert str(error).startswith(f"CP-1: Reset was not sent: http://127.0.0.1:{port}/ is not reached: ")
    assert isinstance(error.__cause__, httpx.ConnectError)


# --- no client: the program has to be mended -----------------------------------------------------------------------


@asynchronous
async def test_without_a_client_nobody_can_be_called_over_soap() -> None:
    error = await failure(soap_peer("http://127.0.0.1:1/", None).call(RESET))

    assert type(error) is NoClientError
    assert "CP-1" == error.identity


# --- connection lost: it was sent, and may have been acted on ------------------------------------------------------


@asynchronous
async def test_a_connection_that_ends_before_the_answer_is_lost() -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    async def end(request: v16.HeartbeatRequest, peer: Any) -> v16.HeartbeatResponse:
        peer.abort()
        raise OcppError(ErrorCode.INTERNAL)

    async with (
        serve(router, "localhost") as server,
        connect(url(server), "CP-1", station(), "1.6", reconnect=False) as online,
    ):
        error = await failure(online.call(v16.HeartbeatRequest()))

    assert type(error) is ConnectionLostError
    assert "CP-1: Heartbeat: the connection ended before the answer" == str(error)


@asynchronous
async def test_so_is_one_of_http() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    async with server, httpx.AsyncClient(trust_env=False) as client:
        error = await failure(soap_peer(f"http://127.0.0.1:{port}/", client).call(RESET))

    assert type(error) is ConnectionLostError
    assert "CP-1: Reset: the connection ended before the answer" == str(error)
    assert isinstance(error.__cause__, httpx.TransportError)


# --- and what else a call may come to names the station ------------------------------------------------------------


@pytest.mark.parametrize(
    "version, request_, written",
    [
        ("1.6", v16.HeartbeatRequest(), "FormationViolation"),
        ("2.1", v21.HeartbeatRequest(), "FormatViolation"),
    ],
    ids=["1.6", "2.1"],
)
@asynchronous
async def test_a_refusal_says_what_the_peer_wrote(version: str, request_: Any, written: str) -> None:
    router = Router()

    @router.on_any
    def refuse(request: Any, peer: Any) -> Any:
        raise OcppError(ErrorCode.FORMAT, "because")

    async with pair(version, csms=router, identity="CP-1") as (peer, _):
        error = await failure(peer.call(request_))

    assert isinstance(error, CallRejectedError)
    assert (ErrorCode.FORMAT, written, None) == (error.code, error.written, error.spelling)
    assert f"CP-1: Heartbeat was refused with {written}: because" == str(error)
