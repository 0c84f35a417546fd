"""What a gateway adds to the time of an answer: a station of 1.6 and a CSMS over loopback, without and with one.

    python benchmarks/gateway.py [--calls 2000]

The station and the CSMS run in this process, the gateway in a second one. Without a gateway the CSMS speaks 1.6; with
one it speaks 2.0.1, or 1.6, which shows what the second connection alone costs. Calls are made one after the other.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ocpp_core import Request, v16
from ocpp_core.cli.csms import Csms
from ocpp_core.cli.station import Simulator
from ocpp_core.gateway import Backend, Gateway
from ocpp_core.translation.sessions import MemoryStore, SqliteStore
from ocpp_core.transports.websocket import connect, serve

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
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


async def measured(port: int, calls: int) -> dict[str, list[float]]:
    """Milliseconds of each call, sorted, by action."""
    found: dict[str, list[float]] = {}
    station = Simulator("1.6")
    async with connect(f"ws://127.0.0.1:{port}/", "CP-1", station.router, "1.6") as csms:
        await station.do("boot", csms)
        await station.do("start", csms)
        for number in range(calls):
            for name, request in requests(station.memory.transaction_id, number).items():
                began = time.perf_counter()
                await csms.call(request)
                found.setdefault(name, []).append(1e3 * (time.perf_counter() - began))
    return {name: sorted(times[len(times) // 10 :]) for name, times in found.items()}


async def main(calls: int) -> dict[str, dict[str, list[float]]]:
    """All ways, one after the other."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "gateway.db")
        for name, version, store in (
            ("1.6 to 1.6", "1.6", ""),
            ("1.6 to 2.0.1", "2.0.1", ""),
            ("1.6 to 2.0.1, SQLite", "2.0.1", file),
        ):
            async with (
                serve(Csms().router, "127.0.0.1", accepts=[version]) as server,
                relayed(server.port, version, store) as port,
            ):
                found[name] = await measured(port, calls)
        async with serve(Csms().router, "127.0.0.1", accepts=["1.6"]) as server:
            found["no gateway"] = await measured(server.port, calls)
    return found


def show(found: dict[str, dict[str, list[float]]]) -> None:
    """Times, and in front of them what was added to those without a gateway."""
    plain = found.pop("no gateway")
    table = Table("added, p50 / p99 in ms", *plain)
    for name, ways in found.items():
        cells = []
        for action, times in ways.items():
            added = [at(times, part) - at(plain[action], part) for part in (0.5, 0.99)]
            cells.append(" / ".join(f"{one:.2f}" for one in added))
        table.add_row(name, *cells)
    without = [" / ".join(f"{at(times, part):.2f}" for part in (0.5, 0.99)) for times in plain.values()]
    table.add_row("(no gateway, in all)", *without)
    Console(width=100).print(table)


def at(times: list[float], part: float) -> float:
    """A quantile."""
    return times[min(len(times) - 1, int(part * len(times)))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--json", action="store_true", help="all times, for programs")
    parser.add_argument("--relay", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.relay:
        asyncio.run(relay(*options.relay))
    else:
        result = asyncio.run(main(options.calls))
        print(json.dumps(result)) if options.json else show(result)
