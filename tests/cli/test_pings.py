"""`--ping-interval` of `serve` and `simulate`: pings on real sockets, counted by whoever gets them."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as listen
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from loops import asynchronous, until
from serving_command import serve


class Counting(Connection):
    """Answers pings, and counts them."""

    pings = 0

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame):
            self.pings += event.opcode is Opcode.PING
        super().process_event(event)


class CountingClient(Counting, ClientConnection):
    """A station."""


class CountingServer(Counting, ServerConnection):
    """A CSMS."""


async def at_serve(stack: AsyncExitStack, *options: str) -> Counting:
    """The station of a CSMS that runs with these options."""
    running = await stack.enter_async_context(serve(*options))
    station = await stack.enter_async_context(
        connect(
            running.url(),
            subprotocols=[Subprotocol("ocpp1.6")],
            ping_interval=None,
            create_connection=CountingClient,
        )
    )
    assert isinstance(station, Counting)
    return station


@asynccontextmanager
async def simulated(port: int, *options: str) -> AsyncGenerator[None, None]:
    url = f"ws://127.0.0.1:{port}/"
    with subprocess.Popen(
        [sys.executable, "-m", "ocpp_core.cli", "simulate", url, "--version", "1.6", *options],
        stdout=subprocess.DEVNULL,
    ) as running:
        try:
            yield
        finally:
            running.kill()


async def at_simulate(stack: AsyncExitStack, *options: str) -> Counting:
    """The CSMS of a station that runs with these options, and never gets an answer to its boot."""
    connected: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def keep(csms: ServerConnection) -> None:
        connected.put_nowait(csms)
        await csms.wait_closed()

    listening = await stack.enter_async_context(
        listen(
            keep,
            "127.0.0.1",
            0,
            subprotocols=[Subprotocol("ocpp1.6")],
            ping_interval=None,
            create_connection=CountingServer,
        )
    )
    port = next(iter(listening.sockets)).getsockname()[1]
    await stack.enter_async_context(simulated(port, *options))
    csms = await connected.get()
    assert isinstance(csms, Counting)
    return csms


@pytest.mark.parametrize("start", [at_serve, at_simulate])
@asynchronous
async def test_pings_are_sent_at_the_interval_and_none_at_0(start: Any) -> None:
    async with AsyncExitStack() as stack:
        never = await start(stack, "--ping-interval", "0")
        seldom = await start(stack, "--ping-interval", "3600")
        often = await start(stack, "--ping-interval", "0.02")
        await until(lambda: often.pings > 5)

        assert (0, 0) == (never.pings, seldom.pings)
