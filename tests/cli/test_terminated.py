"""Commands that listen, told to end by a service manager: stations hear of it, and the code says that all is well."""

import asyncio
import signal
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from gateways import office
from loops import asynchronous
from serving_command import listening

SIGNALS = [(signal.SIGTERM, 0), (signal.SIGINT, 130)]


async def closed_by(number: signal.Signals, *command: str) -> tuple[int | None, int | None]:
    """The code with which a station is closed, and that of the process."""
    async with (
        listening(*command) as running,
        connect(running.url(), subprotocols=[Subprotocol("ocpp1.6")]) as socket,
    ):
        await socket.send('[2,"1","Heartbeat",{}]')
        await socket.recv()
        running.process.send_signal(number)
        with suppress(ConnectionClosed):
            await socket.recv()
        await asyncio.to_thread(running.process.wait, 20)
        return socket.close_code, running.process.returncode


@pytest.mark.parametrize("number, code", SIGNALS)
@asynchronous
async def test_serve_says_that_it_goes_away(number: signal.Signals, code: int) -> None:
    assert (1001, code) == await closed_by(number, "serve", "--port", "0")


@pytest.mark.parametrize("number, code", SIGNALS)
@asynchronous
async def test_a_gateway_says_that_it_goes_away(number: signal.Signals, code: int) -> None:
    async with office("2.0.1") as back:
        csms = ("--csms", f"ws://127.0.0.1:{back.port}", "--csms-version", "2.0.1")

        assert (1001, code) == await closed_by(number, "gateway", "--listen", "127.0.0.1:0", *csms)
