"""Commands told to end by a service manager: the other side hears of it, and the code says whether all is well."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol
from websockets.utils import accept_key

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


async def left_by(number: signal.Signals, *options: str) -> tuple[int | None, int | None]:
    """The code with which a station that has booted leaves its CSMS, and that of the process."""
    booted, left = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def answer(socket: ServerConnection) -> None:
        _, id, _, _ = json.loads(await socket.recv())
        payload = {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 300}
        await socket.send(json.dumps([3, id, payload]))
        booted.set()
        await socket.wait_closed()
        left.set_result(socket.close_code)

    async with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        command = (sys.executable, "-m", "ocpp_core.cli", "simulate", url, "--version", "1.6", *options)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            await asyncio.wait_for(booted.wait(), 20)
            process.send_signal(number)
            code = await asyncio.wait_for(left, 20)
            await asyncio.to_thread(process.wait, 20)
        return code, process.returncode


@pytest.mark.parametrize("number, code", SIGNALS)
@asynchronous
async def test_a_station_that_stays_closes_its_connection(number: signal.Signals, code: int) -> None:
    assert (1000, code) == await left_by(number, "--stay")


@asynchronous
async def test_a_station_that_is_stopped_in_its_work_closes_its_connection() -> None:
    assert (1000, 143) == await left_by(signal.SIGTERM)


@asynccontextmanager
async def mute_csms(subprotocol: str) -> AsyncGenerator[tuple[str, asyncio.Event], None]:
    """Its URL, and whether somebody has connected: it opens WebSockets, and neither reads nor says anything more."""
    came, over = asyncio.Event(), asyncio.Event()

    async def open_and_be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        found = re.search("(?i)sec-websocket-key: (.*)\r\n", head)
        assert found is not None
        writer.write(
            "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(found[1])}\r\n"
            f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n".encode()
        )
        came.set()
        await over.wait()
        writer.close()

    async with await asyncio.start_server(open_and_be_silent, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", came
        over.set()


#: Seconds in which a command ends whose peers say nothing: 5 for answers that are due, 1 for the end of connections.
SOON = 8.0


@pytest.mark.parametrize("options", [(), ("--stay",)], ids=["once", "stay"])
@asynchronous
async def test_a_csms_that_says_nothing_does_not_hold_up_the_end_of_its_station(
    options: tuple[str, ...],
) -> None:
    async with mute_csms("ocpp1.6") as (url, came):
        command = (sys.executable, "-m", "ocpp_core.cli", "simulate", url, "--version", "1.6", *options)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            await came.wait()
            process.send_signal(signal.SIGTERM)

            assert (0 if options else 143) == await asyncio.to_thread(process.wait, SOON)


@pytest.mark.parametrize("number, code", SIGNALS)
@asynchronous
async def test_a_csms_that_says_nothing_does_not_hold_up_the_end_of_a_gateway(
    number: signal.Signals, code: int
) -> None:
    async with mute_csms("ocpp2.0.1") as (url, came):
        csms = ("--csms", url, "--csms-version", "2.0.1")
        async with (
            listening("gateway", "--listen", "127.0.0.1:0", *csms) as running,
            connect(running.url(), subprotocols=[Subprotocol("ocpp1.6")]) as socket,
        ):
            await socket.send('[2,"1","Heartbeat",{}]')
            await came.wait()
            running.process.send_signal(number)

            assert code == await asyncio.to_thread(running.process.wait, SOON)


def test_the_demo_takes_its_csms_along() -> None:
    command = (sys.executable, "-m", "ocpp_core.cli", "demo", "--pace", "5")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        demo.stdout.readline()
        demo.send_signal(signal.SIGTERM)
        demo.stdout.read()  # to its end: nobody is left who could write

        assert 143 == demo.wait(20)
