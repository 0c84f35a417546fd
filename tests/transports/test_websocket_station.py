"""The station's side of WebSocket connections: calls over connections that come and go."""

import asyncio
import logging
import re
from decimal import Decimal
from typing import Any

import pytest

from loopback import NOW, csms, station, url
from loops import asynchronous, turns, until
from ocpp_core import v16, v21
from ocpp_core.model.errors import CallTimeoutError, ConnectionLostError, NotConnectedError
from ocpp_core.model.messages import Request
from ocpp_core.transports.websocket import Backoff, Server, WebSocketPeer, connect, serve

pytestmark = pytest.mark.usefixtures("library")

SOON = Backoff(minimum=0.01, doublings=0, spread=0)


@asynchronous
async def test_a_lost_connection_loses_its_calls_and_is_made_anew() -> None:
    router = csms()
    waits: list[float] = []
    boots: list[WebSocketPeer] = []

    @router.on(v16.AuthorizeRequest)
    async def authorize(request: v16.AuthorizeRequest, peer: WebSocketPeer) -> Any:
        peer.abort()

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
async def test_j14_a_station_backs_off_until_the_csms_is_there(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ocpp_core")
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
    assert ["1.0", "2.0", "4.0", "4.0"] == re.findall(r"CP-1 connects again in (\S+) s", caplog.text)


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
            with pytest.raises(NotConnectedError):
                await cp.call(v16.HeartbeatRequest())
            forever.set()
            assert (await cp.connected()).is_open
            await cp.call(v16.HeartbeatRequest())


@asynchronous
async def test_a_connection_that_shall_not_be_made_anew_is_not() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with (
        serve(csms(), "localhost") as server,
        connect(url(server), "CP-1", station(), "1.6", reconnect=False, sleep=sleep) as cp,
    ):
        await until(lambda: server.peers)
        await server.peers["CP-1"].close()
        await until(lambda: cp.peer is None)
        with pytest.raises(NotConnectedError):
            await cp.connected()

    assert [] == waits


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
        with pytest.raises(NotConnectedError):
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
async def test_a_station_tells_its_csms_what_wants_no_answer() -> None:
    noted: list[v21.NotifyPeriodicEventStream] = []
    router = csms()
    router.on(v21.NotifyPeriodicEventStream)(lambda message, peer: noted.append(message))
    stream = v21.NotifyPeriodicEventStream(
        id=1, pending=0, basetime=NOW, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
    )

    async def sleep(seconds: float) -> None:
        await asyncio.Event().wait()

    async with (
        serve(router, "localhost") as server,
        connect(url(server), "CP-1", station(), "2.1", sleep=sleep) as cp,
    ):
        await cp.notify(stream)
        await until(lambda: noted)
        assert [stream] == noted

        await server.peers["CP-1"].close()
        await until(lambda: cp.peer is None)
        with pytest.raises(NotConnectedError, match="no connection"):
            await cp.notify(stream)


@asynchronous
async def test_each_end_of_a_connection_is_told() -> None:
    """But not of one that `on_connect` has not let come about."""
    told: list[str] = []
    has_failed = False

    def connected(_: WebSocketPeer) -> None:
        nonlocal has_failed
        if not has_failed:
            has_failed = True
            raise ConnectionError("not yet")
        told.append("on")

    async with (
        serve(csms(), "localhost") as server,
        connect(
            url(server),
            "CP-1",
            station(),
            "1.6",
            wait=True,
            backoff=SOON,
            on_connect=connected,
            on_disconnect=lambda _: told.append("off"),
        ) as cp,
    ):
        server.peers["CP-1"].abort()
        await until(lambda: told[-1] == "on" and len(told) == 3)
        await cp.call(v16.HeartbeatRequest())

    assert ["on", "off"] * 2 == told


@asynchronous
async def test_a_station_that_closes_does_not_think_of_another_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with (
        serve(csms(), "localhost") as server,
        connect(url(server), "CP-1", station(), "1.6", wait=True) as cp,
    ):
        await cp.call(v16.HeartbeatRequest())
        assert cp._current is not None
        close = cp._current.close

        async def slowly(*reason: Any) -> None:
            await close(*reason)
            await turns(50)  # the end of the connection is seen meanwhile

        cp._current.close = slowly  # type: ignore[method-assign,assignment]

    assert "connects again" not in caplog.text


@asynchronous
async def test_a_station_waits_for_the_end_as_long_as_it_is_told() -> None:
    async with (
        serve(csms(), "localhost") as server,
        connect(url(server), "CP-1", station(), "1.6", close_timeout=7.5) as client,
    ):
        socket: Any = (await client.connected())._socket
        waits = socket._settings.close_timeout if hasattr(socket, "_settings") else socket.close_timeout

    assert 7.5 == waits
