"""A CSMS in a process of its own, made with one library or another; it tells how much of its core it has used.

    python benchmarks/csms.py --library picows [--port 9000] [--uvloop]

prints its port. For each line that it is sent it prints what it has used until then, as JSON, and ends with its input.
`load.py` and `wire.py` start it.
"""

import argparse
import asyncio
import json
import logging
import resource
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: `ocpp` is the PyPI package on `websockets`, as its documentation shows a central system.
LIBRARIES = ("websockets", "picows", "ocpp")


def handlers() -> Any:
    """A router that answers what stations send."""
    from ocpp_core import v16
    from ocpp_core.dispatch.router import Router

    router = Router()
    router.on(v16.HeartbeatRequest)(lambda *_: v16.HeartbeatResponse(current_time=datetime.now(UTC)))
    router.on(v16.MeterValuesRequest)(lambda *_: v16.MeterValuesResponse())
    router.on(v16.StopTransactionRequest)(lambda *_: v16.StopTransactionResponse())
    return router


@asynccontextmanager
async def ours(library: str, port: int) -> AsyncGenerator[tuple[int, Any], None]:
    """The port, and the stations."""
    if library == "picows":
        from ocpp_core.transports.fast_websocket import serve
    else:
        from ocpp_core.transports.websocket import serve

    options: dict[str, Any] = {"accepts": ["1.6"], "ping_interval": None, "reuse_port": True}
    async with serve(handlers(), "127.0.0.1", port, **options) as server:
        yield server.port, server.peers


@asynccontextmanager
async def theirs(port: int) -> AsyncGenerator[tuple[int, Any], None]:
    """The same with PyPI `ocpp`, whose handlers are given the members by name."""
    from ocpp.routing import on
    from ocpp.v16 import ChargePoint, call_result
    from websockets.asyncio.server import serve
    from websockets.exceptions import ConnectionClosed
    from websockets.typing import Subprotocol

    class Station(ChargePoint):
        @on("Heartbeat")
        def heartbeat(self) -> Any:
            return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

        @on("MeterValues")
        def meter_values(self, **_: Any) -> Any:
            return call_result.MeterValues()

        @on("StopTransaction")
        def stop_transaction(self, **_: Any) -> Any:
            return call_result.StopTransaction()

    logging.getLogger("ocpp").setLevel(logging.WARNING)
    stations: dict[Any, Any] = {}

    async def serving(socket: Any) -> None:
        station = stations[socket] = Station(socket.request.path.rpartition("/")[2], socket)
        try:
            await station.start()
        except ConnectionClosed:
            del stations[socket]

    options: dict[str, Any] = {"ping_interval": None, "compression": None, "reuse_port": True}
    async with serve(serving, "127.0.0.1", port, subprotocols=[Subprotocol("ocpp1.6")], **options) as server:
        yield next(iter(server.sockets)).getsockname()[1], stations


async def run(library: str, port: int) -> None:
    """Serves until the input ends."""
    loop = asyncio.get_running_loop()
    async with theirs(port) if library == "ocpp" else ours(library, port) as (listening, stations):
        print(listening, flush=True)
        while await loop.run_in_executor(None, sys.stdin.readline):
            used = {"cpu": time.process_time(), "mb": resident_mb(), "stations": len(stations)}
            print(json.dumps(used), flush=True)


def resident_mb() -> float:
    """Memory of this process now."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def as_many_files_as_allowed() -> None:
    """A connection is an open file."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Process:
    """One that runs."""

    def __init__(self, running: "subprocess.Popen[str]", port: int) -> None:
        self.port = port
        self._running = running

    def used(self) -> dict[str, float]:
        """Seconds of its core, megabytes and stations, until now."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write("\n")
        self._running.stdin.flush()
        used: dict[str, float] = json.loads(self._running.stdout.readline())
        return used


@contextmanager
def started(library: str, *, port: int = 0, uvloop: bool = False) -> Generator[Process, None, None]:
    """Has a CSMS run in a process of its own while the context lasts."""
    command = [sys.executable, __file__, "--library", library, "--port", str(port)]
    command += ["--uvloop"] if uvloop else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        try:
            yield Process(running, int(running.stdout.readline()))
        finally:
            running.stdin.close()
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                running.kill()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--library", choices=LIBRARIES, default="websockets")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--uvloop", action="store_true", help="on the loop of uvloop, which has to be installed"
    )
    given = parser.parse_args()
    as_many_files_as_allowed()
    if given.uvloop:
        import uvloop

        uvloop.run(run(given.library, given.port))
    else:
        asyncio.run(run(given.library, given.port))


if __name__ == "__main__":
    main()
