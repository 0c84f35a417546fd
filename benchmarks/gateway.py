"""What a gateway adds to the time of an answer: a station of 1.6 and a CSMS over loopback, without and with one.

    python benchmarks/gateway.py [--calls 2000] [--seconds 45]

The station and the CSMS run in this process, the gateway in a second one. Without a gateway the CSMS speaks 1.6; with
one it speaks 2.0.1, or 1.6, which shows what the second connection alone costs. Calls are made one after the other, on
all ways in turn, so that a machine that gets busy is busy for all of them; p50 is the median of what each call took
more than its neighbour without a gateway, and of how many times as long. It ends after so many seconds at most.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from report import Effort, Measurement, Suite, show
from rich.console import Console

from ocpp_core import Request, v16
from ocpp_core.cli.csms import Csms
from ocpp_core.cli.station import Simulator
from ocpp_core.gateway import Backend, Gateway
from ocpp_core.translation.sessions import MemoryStore, SqliteStore
from ocpp_core.transports.websocket import Station, connect, serve

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NO_GATEWAY = "no gateway"
SAMPLE = v16.SampledValue(value="1234", measurand=v16.Measurand.ENERGY_ACTIVE_IMPORT_REGISTER)


async def relay(url: str, version: str, file: str) -> None:
    """The second process: a gateway, until its standard input ends."""
    store = SqliteStore(file) if file else MemoryStore()
    async with (
        Gateway(Backend(url=url, version=version), store=store) as gateway,
        gateway.serve("127.0.0.1") as server,
    ):
        print(server.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


@asynccontextmanager
async def relayed(port: int, version: str, file: str) -> AsyncGenerator[int, None]:
    """The port of a gateway to a CSMS."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--relay", f"ws://127.0.0.1:{port}/", version, file),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()


def requests(transaction: int, number: int) -> dict[str, Request]:
    """What is sent over and over."""
    then = NOON + timedelta(seconds=number)
    reading = v16.MeterValue(timestamp=then, sampled_value=[SAMPLE])
    return {
        "Heartbeat": v16.HeartbeatRequest(),
        "Authorize": v16.AuthorizeRequest(id_tag="04A2B3C4"),
        "MeterValues": v16.MeterValuesRequest(
            connector_id=1, transaction_id=transaction, meter_value=[reading]
        ),
    }


#: What stands between station and CSMS: the version of the CSMS, and whether there is a gateway, and with which store.
WAYS = {
    NO_GATEWAY: ("1.6", None),
    "1.6 to 1.6": ("1.6", ""),
    "1.6 to 2.0.1": ("2.0.1", ""),
    "1.6 to 2.0.1, SQLite": ("2.0.1", "gateway.db"),
}


@asynccontextmanager
async def way(version: str, file: str | None) -> AsyncGenerator[tuple[Station, int], None]:
    """A station that has begun a transaction, and its number."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serve(Csms().router, "127.0.0.1", accepts=[version]))
        port = server.port
        if file is not None:
            port = await stack.enter_async_context(relayed(server.port, version, file))
        station = Simulator("1.6")
        url = f"ws://127.0.0.1:{port}/"
        csms = await stack.enter_async_context(connect(url, "CP-1", station.router, "1.6"))
        await station.do("boot", csms)
        await station.do("start", csms)
        yield csms, station.memory.transaction_id


async def main(calls: int, seconds: float) -> dict[str, dict[str, list[float]]]:
    """Milliseconds of each call, in their order, by way and action. Each call is made on all ways before the next."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in WAYS}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stations = {
            name: await stack.enter_async_context(way(version, str(folder / file) if file else file))
            for name, (version, file) in WAYS.items()
        }
        until = time.monotonic() + seconds
        for number in range(calls):
            if time.monotonic() > until:
                break
            for name, (csms, transaction) in stations.items():
                for action, request in requests(transaction, number).items():
                    began = time.perf_counter()
                    await csms.call(request)
                    found[name].setdefault(action, []).append(1e3 * (time.perf_counter() - began))
    # The first tenth warms up.
    return {
        name: {action: times[len(times) // 10 :] for action, times in ways.items()}
        for name, ways in found.items()
    }


def measure(effort: Effort) -> list[Suite]:
    """What a call takes on each way."""
    return suites(asyncio.run(main(calls=100_000, seconds=2 * effort.seconds)))


def suites(found: dict[str, dict[str, list[float]]]) -> list[Suite]:
    """The tables of p50 and p99, beside the times without a gateway."""
    plain = found[NO_GATEWAY]
    calls = len(next(iter(plain.values())))

    def p50(times: list[float], action: str) -> float:
        added = (mine - other for mine, other in zip(times, plain[action], strict=True))
        return median(plain[action]) + median(added)

    def p99(times: list[float], _: str) -> float:
        return sorted(times)[int(0.99 * len(times))]

    return [
        Suite(
            f"gateway_{name}",
            f"A call over a gateway, {name} of {calls:,}",
            tuple(
                Measurement(way, action, quantile(times, action) / 1e3)
                for way, ways in found.items()
                for action, times in ways.items()
            ),
            NO_GATEWAY,
        )
        for name, quantile in (("p50", p50), ("p99", p99))
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--json", action="store_true", help="all times, for programs")
    parser.add_argument("--relay", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.relay:
        asyncio.run(relay(*options.relay))
    else:
        result = asyncio.run(main(options.calls, options.seconds))
        if options.json:
            print(json.dumps(result))
        else:
            for suite in suites(result):
                show(suite.as_json(), Console(width=140))
