"""What connections hold: that of an idle station beside what its WebSocket takes, and that of a million frames.

python benchmarks/memory.py [--stations 200] [--frames 1000000]

An idle station: a CSMS and its stations in one process, over loopback; the stations are plain sockets of `websockets`,
and have sent one frame. The same with a bare server of that library, and the difference is ours. Counted is what Python
has allocated (tracemalloc), in a process for each.

A million frames: MeterValues of 1.6 with 12 samples, each answered, and a call of ours after every hundredth, over one
connection. What the process holds is looked at ten times.
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
from typing import Any

from traffic import METER_VALUES
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_bare

from ocpp_core import JsonCodec, Peer, Router, v16
from ocpp_core.transports.websocket import serve

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


async def with_us(visit: Callable[[int], Awaitable[None]]) -> None:
    async with serve(router, ADDRESS, 0, accepts=["1.6"], ping_interval=None) as server:
        await visit(server.port)


async def with_websockets_alone(visit: Callable[[int], Awaitable[None]]) -> None:
    async def answer(socket: ServerConnection) -> None:
        async for _ in socket:
            await socket.send(ANSWER)

    options: Any = {"subprotocols": ["ocpp1.6"], "ping_interval": None, "compression": None}
    async with serve_bare(answer, ADDRESS, 0, **options) as server:
        await visit(next(iter(server.sockets)).getsockname()[1])


SERVERS = {"us": with_us, "websockets": with_websockets_alone}


async def idle(server: str, stations: int) -> None:
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

    await SERVERS[server](visit)


# A million frames


async def many(frames: int) -> None:
    """Prints ten times: the frames that have passed, the blocks that Python holds, and the most memory so far in KB."""
    sent: list[str] = []

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
                print(number, sys.getallocatedblocks(), most, flush=True)
            elif number % 1_000 == 0:
                sent.clear()

    peer = Peer(JsonCodec("1.6"), router, sent.append)
    await peer.run(messages())


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description="Measures what connections hold.")
    parser.add_argument("--stations", type=int, default=200, help="idle ones, at once")
    parser.add_argument(
        "--frames", type=int, default=1_000_000, help="over one connection, one after the other"
    )
    parser.add_argument("--one", choices=SERVERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        asyncio.run(idle(options.one, options.stations))
        return
    found = {}
    for server in SERVERS:
        command = [sys.executable, __file__, "--one", server, "--stations", str(options.stations)]
        found[server] = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ours = found["us"] - found["websockets"]
    print(
        f"an idle station: {ours / 1024:.1f} KiB of ours, beside {found['websockets'] / 1024:.1f} KiB of two WebSockets"
    )
    if options.frames:
        asyncio.run(many(options.frames))


if __name__ == "__main__":
    main()
