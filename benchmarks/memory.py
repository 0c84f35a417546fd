"""What connections hold: that of an idle station beside what its WebSocket takes, and that of a million frames.

python benchmarks/memory.py [--stations 200] [--frames 1000000]

An idle station: a CSMS and its stations in one process, over loopback; the stations are plain sockets of `websockets`,
and have sent one frame. The same with a bare server of the library, and the difference is ours. Counted is what Python
has allocated (tracemalloc), in a process for each.

A million frames: MeterValues of 1.6 with 12 samples, each answered, and a call of ours after every hundredth, over one
connection. What the process holds is looked at ten times; what it has grown by since the first is shown.
"""

import argparse
import asyncio
import gc
import json
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

from picows import (
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)
from report import Effort, Measurement, Suite, show
from rich.console import Console
from traffic import METER_VALUES
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_bare

from ocpp_core import JsonCodec, Peer, Router, v16
from ocpp_core.transports import fast_websocket, websocket
from ocpp_core.transports._picows_socket import BUFFER

ADDRESS = "127.0.0.1"
HEARTBEAT = '[2,"1","Heartbeat",{}]'
ANSWER = '[3,"1",{"currentTime":"2026-01-31T12:00:00Z"}]'

router = Router()


@router.on(v16.HeartbeatRequest)
def heartbeat(request: v16.HeartbeatRequest, peer: Any) -> v16.HeartbeatResponse:
    return v16.HeartbeatResponse(current_time=datetime(2026, 1, 31, 12, tzinfo=UTC))


@router.on(v16.MeterValuesRequest)
def meter_values(request: v16.MeterValuesRequest, peer: Any) -> v16.MeterValuesResponse:
    return v16.MeterValuesResponse()


# An idle station


Visit = Callable[[int], Awaitable[None]]


async def with_us(serve: Any, visit: Visit) -> None:
    async with serve(router, ADDRESS, 0, accepts=["1.6"], ping_interval=None) as server:
        await visit(server.port)


async def with_websockets(visit: Visit) -> None:
    async def answer(socket: ServerConnection) -> None:
        async for _ in socket:
            await socket.send(ANSWER)

    options: Any = {"subprotocols": ["ocpp1.6"], "ping_interval": None, "compression": None}
    async with serve_bare(answer, ADDRESS, 0, **options) as server:
        await visit(next(iter(server.sockets)).getsockname()[1])


async def with_picows(visit: Visit) -> None:
    class Listener(WSListener):
        def on_ws_frame(self, transport: WSTransport, frame: Any) -> None:
            if frame.msg_type is WSMsgType.TEXT:
                transport.send(WSMsgType.TEXT, ANSWER)
            elif frame.msg_type is WSMsgType.CLOSE:
                transport.send(WSMsgType.CLOSE, frame.get_payload_as_bytes())
                transport.disconnect()

    def agree(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        headers = {"Sec-WebSocket-Protocol": "ocpp1.6"}
        return WSUpgradeResponseWithListener(
            WSUpgradeResponse.create_101_response(extra_headers=headers), Listener()
        )

    server = await ws_create_server(agree, ADDRESS, 0, read_buffer_init_size=BUFFER)
    async with server:
        await visit(server.sockets[0].getsockname()[1])


#: Of each library, a server of ours, and one that is the library alone.
SERVERS: dict[str, tuple[Callable[[Visit], Awaitable[None]], ...]] = {
    "websockets": (partial(with_us, websocket.serve), with_websockets),
    "picows": (partial(with_us, fast_websocket.serve), with_picows),
}
OURS, LIBRARY = range(2)


async def idle(library: str, whose: int, stations: int) -> None:
    """Prints the bytes that a station takes, with its side of the connection, which all servers have alike."""

    async def visit(port: int) -> None:
        async with AsyncExitStack() as stack:

            async def come(number: int) -> None:
                options: Any = {"subprotocols": ["ocpp1.6"], "ping_interval": None, "compression": None}
                socket = await stack.enter_async_context(
                    connect(f"ws://{ADDRESS}:{port}/CP-{number}", **options)
                )
                await socket.send(HEARTBEAT)
                await socket.recv()

            for number in range(10):  # what is made once has been made by then
                await come(number)
            gc.collect()
            tracemalloc.start()
            for number in range(10, 10 + stations):
                await come(number)
            gc.collect()
            print(tracemalloc.get_traced_memory()[0] / stations)
            tracemalloc.stop()

    await SERVERS[library][whose](visit)


def bytes_of(library: str, whose: int, stations: int) -> float:
    """The same, measured in a process of its own."""
    arguments = ["--one", library, str(whose), "--stations", str(stations)]
    command = [sys.executable, __file__, *arguments]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


# A million frames


async def many(frames: int) -> list[tuple[int, int]]:
    """Looks ten times at the blocks that Python holds, and at the most memory so far in KB."""
    sent: list[str] = []
    seen: list[tuple[int, int]] = []

    async def messages() -> AsyncIterator[str]:
        before, _, after = METER_VALUES.text.split('"', 2)
        for number in range(1, frames + 1):
            yield f'{before}"{number}"{after}'
            if number % 100 == 0:
                call = asyncio.create_task(peer.call(v16.ResetRequest(type=v16.ResetType.SOFT)))
                await asyncio.sleep(0)
                yield f'[3,"{json.loads(sent[-1])[1]}",{{"status":"Accepted"}}]'
                await call
            if number % (frames // 10) == 0:
                gc.collect()
                sent.clear()
                most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                seen.append((sys.getallocatedblocks(), most))
            elif number % 1_000 == 0:
                sent.clear()

    peer = Peer(JsonCodec("1.6"), router, sent.append)
    await peer.run(messages())
    return seen


def measure(effort: Effort) -> list[Suite]:
    """Measures both."""
    return [idle_stations(stations=200), frames_of_one(effort.frames)]


def idle_stations(stations: int) -> Suite:
    """What an idle station takes."""
    found: list[Measurement] = []
    for library in SERVERS:
        alone = bytes_of(library, LIBRARY, stations) / 1024
        ours = bytes_of(library, OURS, stations) / 1024 - alone
        found.append(Measurement(f"ocpp_core on {library}", "ours", ours, "KiB"))
        found.append(Measurement(f"ocpp_core on {library}", "two WebSockets", alone, "KiB"))
    limits = {(f"ocpp_core on {library}", "ours"): 8.0 for library in SERVERS}
    return Suite("memory_idle", "Memory of an idle station", tuple(found), limits=limits)


def frames_of_one(frames: int) -> Suite:
    """What frames over one connection leave behind."""
    (blocks, most), *_, (blocks_then, most_then) = asyncio.run(many(frames))
    about = f"{frames:,} frames over one connection"
    found = (
        Measurement(about, "objects more than after a tenth", blocks_then - blocks, ""),
        Measurement(about, "most memory more", most_then - most, "KiB"),
    )
    return Suite(
        "memory_frames", "What frames leave behind", found, limits={(about, found[0].subject): 100.0}
    )


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description="Measures what connections hold.")
    parser.add_argument("--stations", type=int, default=200, help="idle ones, at once")
    parser.add_argument(
        "--frames", type=int, default=1_000_000, help="over one connection, one after the other"
    )
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        library, whose = options.one
        asyncio.run(idle(library, int(whose), options.stations))
        return
    show(idle_stations(options.stations).as_json(), Console())
    if options.frames:
        show(frames_of_one(options.frames).as_json(), Console())


if __name__ == "__main__":
    main()
