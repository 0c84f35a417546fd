"""Many stations on one CSMS: latency, memory and errors under steady load, and what survives when connections are cut.

    python benchmarks/load.py --stations 2000 --seconds 60 [--library picows] [--processes 2] [--uvloop]
    python benchmarks/load.py --stations 200 --idle 10000
    python benchmarks/load.py --stations 2000 --seconds 60 --drain 500
    python benchmarks/load.py --churn 1000 [--library picows]

The CSMS runs in a process of its own, or in several on one port, and the stations in one more: `--library` says what it
is made with, `ocpp` is the PyPI package. ``--idle`` has so many stations connected beside those at work, which say
nothing. With ``--drain`` one more station comes back after a long time without a network: half-way it sends so many
StopTransactions at once, without waiting for an answer to any. With ``--churn`` both ends, in this process, count their
calls: every one has to end, with or without an answer, and no task may be left.
"""

import argparse
import asyncio
import gc
import importlib
import json
import random
import resource
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime
from typing import Any

from csms import LIBRARIES, as_many_files_as_allowed, handlers, started
from report import Effort, Measurement, Suite

from ocpp_core import v16
from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import CallFailedError, ConnectionLostError
from ocpp_core.transports.websocket import Backoff, Station


def transport(library: str) -> Any:
    """Of ours, over a library."""
    return importlib.import_module(
        f"ocpp_core.transports.{'fast_websocket' if library == 'picows' else 'websocket'}"
    )


def meter_values() -> v16.MeterValuesRequest:
    sample = v16.SampledValue(value="1234.5", measurand=v16.Measurand.ENERGY_ACTIVE_IMPORT_REGISTER)
    return v16.MeterValuesRequest(
        connector_id=1, meter_value=[v16.MeterValue(timestamp=datetime.now(UTC), sampled_value=[sample])]
    )


# --- steady load ---------------------------------------------------------------------------------------------------


async def drained(url: str, calls: int) -> dict[str, Any]:
    """A station that sends a queue of calls at once; how they are answered, and how long that takes."""
    from websockets.asyncio.client import connect as open_socket
    from websockets.typing import Subprotocol

    answers: Counter[str] = Counter()
    body = '"StopTransaction",{"transactionId":%d,"meterStop":9,"timestamp":"2026-01-31T12:00:00Z"}'
    frames = [f'[2,"{number}",{body % number}]' for number in range(calls)]
    async with open_socket(f"{url}/CP-DRAIN", subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        began = time.perf_counter()
        sending = asyncio.gather(*(socket.send(frame) for frame in frames))
        for _ in frames:
            kind, *rest = json.loads(await socket.recv())
            answers["answered" if kind == 3 else f"refused: {rest[1]}"] += 1
        await sending
        seconds = time.perf_counter() - began
    return {**answers, "in ms": round(1e3 * seconds, 1)}


async def stations(url: str, given: argparse.Namespace) -> dict[str, Any]:
    """The process of the stations: each of those at work sends `rate` messages a second.

    It prints a line as soon as all are connected, and its report in the end.
    """
    count, seconds, rate, drain = given.stations, given.seconds, given.rate, given.drain
    connect = transport(given.stations_library).connect
    latencies: list[float] = []
    meanwhile: list[float] = []
    queue: dict[str, Any] = {}
    is_draining = False
    errors: Counter[str] = Counter()
    clock = time.perf_counter
    async with AsyncExitStack() as stack:
        opening = asyncio.Semaphore(50)

        async def open_one(number: int) -> Station:
            async with opening:
                return await stack.enter_async_context(
                    connect(
                        url,
                        f"CP-{number}",
                        Router(),
                        "1.6",
                        reconnect=False,
                        open_timeout=60,
                        ping_interval=None,
                    )
                )

        began = clock()
        opened = await asyncio.gather(*(open_one(number) for number in range(count)))
        idle = await asyncio.gather(*(open_one(count + number) for number in range(given.idle)))
        connecting = clock() - began
        print("connected", flush=True)
        gc.collect()
        gc.freeze()  # a collection here would stand in the latencies, which are to be those of the CSMS
        end = clock() + seconds

        async def work(station: Station) -> None:
            due = clock() + random.random() / rate
            while max(due, clock()) < end:  # whoever cannot keep up sends less, and the report shows it
                await asyncio.sleep(max(0.0, due - clock()))
                sent = clock()
                try:
                    await station.call(meter_values())
                except Exception as error:
                    errors[type(error).__name__] += 1
                else:
                    latencies.append(clock() - sent)
                    if is_draining:
                        meanwhile.append(latencies[-1])
                due += 1 / rate

        async def come_back() -> None:
            nonlocal is_draining
            await asyncio.sleep(seconds / 2)
            is_draining = True
            queue.update(await drained(url, drain))
            await asyncio.sleep(0.1)  # those that were under way meanwhile
            is_draining = False

        await asyncio.gather(*(work(station) for station in opened), *([come_back()] if drain else []))
        print("done", flush=True)
        sys.stdin.readline()  # until it is known what that has cost
        await asyncio.gather(*(station.close() for station in [*opened, *idle]))
    latencies.sort()
    meanwhile.sort()
    drained_queue = {"the queue": queue, "p99 ms meanwhile": _percentile(meanwhile, 99)} if drain else {}
    return {
        "connected in s": round(connecting, 1),
        "messages": len(latencies),
        "wanted": round(count * seconds * rate),
        "p50 ms": _percentile(latencies, 50),
        "p99 ms": _percentile(latencies, 99),
        "max ms": _percentile(latencies, 100),
        **drained_queue,
        "errors": dict(errors),
        "stations' CPU s": round(time.process_time(), 1),
    }


def _percentile(ascending: list[float], percent: int) -> float:
    """In milliseconds; 0 of nothing."""
    if not ascending:
        return 0.0
    return round(1e3 * ascending[min(len(ascending) * percent // 100, len(ascending) - 1)], 1)


async def load(given: argparse.Namespace, *, says: bool = True) -> dict[str, Any]:
    """Starts the CSMS and the stations; the report in the end. It prints memory while they work if it `says` so."""
    with ExitStack() as stack:
        first = stack.enter_context(started(given.library, uvloop=given.uvloop))
        servers = [first]
        servers += [
            stack.enter_context(started(given.library, port=first.port, uvloop=given.uvloop))
            for _ in range(given.processes - 1)
        ]
        empty = sum(server.used()["mb"] for server in servers)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            __file__,
            *("--url", f"ws://127.0.0.1:{first.port}", "--stations-library", given.stations_library),
            *("--stations", str(given.stations), "--idle", str(given.idle), "--drain", str(given.drain)),
            *("--seconds", str(given.seconds), "--rate", str(given.rate)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        await process.stdout.readline()
        began = time.monotonic()
        before = [server.used() for server in servers]
        interval = max(5.0, given.seconds / 12) if says else given.seconds + 3600
        watching = asyncio.create_task(_watch(servers, began, interval))
        await process.stdout.readline()
        watching.cancel()
        after = [server.used() for server in servers]
        seconds = time.monotonic() - began
        out, _ = await process.communicate(b"\n")
    report = json.loads(out)
    spent = [end["cpu"] - start["cpu"] for start, end in zip(before, after, strict=True)]
    connected = given.stations + given.idle
    grown = sum(start["mb"] for start in before) - empty
    report["stations of each process"] = [int(start["stations"]) for start in before]
    report["KB for a connection"] = round(1e3 * grown / connected, 1)
    report["MB in the end"] = round(sum(end["mb"] for end in after), 1)
    report["CSMS CPU s"] = f"{', '.join(f'{one:.1f}' for one in spent)} of {seconds:.1f}"
    report["CSMS CPU µs a message"] = round(1e6 * sum(spent) / max(1, report["messages"]), 1)
    return report


async def shown(given: argparse.Namespace) -> bool:
    """Prints the report; whether all went well."""
    report = await load(given)
    width = max(map(len, report))
    for name, value in report.items():
        print(f"{name:>{width}}: {value}")
    is_refused = any(name.startswith("refused") for name in report.get("the queue", ()))
    return not report["errors"] and not is_refused


#: What `measure` has compared: the library of the CSMS, its processes, and whether there are idle stations too.
SCENES = {
    "ocpp_core on websockets": ("websockets", 1, False),
    "ocpp_core on websockets, two processes, idle stations": ("websockets", 2, True),
    "ocpp_core on picows": ("picows", 1, False),
    "ocpp_core on picows, two processes, idle stations": ("picows", 2, True),
    "ocpp on websockets": ("ocpp", 1, False),
}


def measure(effort: Effort) -> list[Suite]:
    """Steady load, one CSMS after the other; as many stations as may have an open file each."""
    as_many_files_as_allowed()
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 1_000
    busy = min(effort.stations, room)
    idle = min(effort.idle, room - busy)
    found: list[Measurement] = []
    for name, (library, processes, has_idle) in SCENES.items():
        given = _parser().parse_args([])
        given.library, given.processes, given.stations = library, processes, busy
        given.idle, given.seconds = idle if has_idle else 0, effort.seconds
        report = asyncio.run(load(given, says=False))
        found += (
            Measurement(name, "stations", busy + given.idle, ""),
            Measurement(name, "CPU a message", report["CSMS CPU µs a message"] / 1e6),
            Measurement(name, "messages", report["messages"], ""),
            Measurement(name, "of", report["wanted"], ""),
            Measurement(name, "errors", sum(report["errors"].values()), ""),
            Measurement(name, "p50", report["p50 ms"], "ms"),
            Measurement(name, "p99", report["p99 ms"], "ms"),
            Measurement(name, "memory a connection", report["KB for a connection"], "KB"),
        )
    title = f"Load: {busy:,} stations that each send a MeterValues a second"
    return [Suite("load", title, tuple(found))]


async def _watch(servers: list[Any], began: float, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        used = [server.used() for server in servers]
        count, size = sum(one["stations"] for one in used), sum(one["mb"] for one in used)
        print(f"{time.monotonic() - began:6.0f} s  {count:5.0f} stations  {size:7.1f} MB", flush=True)


# --- churn ---------------------------------------------------------------------------------------------------------


class Counting(Hooks):
    """Counts how calls end."""

    def __init__(self) -> None:
        self.ended: Counter[str] = Counter()

    def call_ended(self, peer: Any, request: Any, outcome: Any, seconds: float) -> None:
        """As `Hooks.call_ended`."""
        self.ended[type(outcome).__name__] += 1


async def churn(disconnects: int, library: str, count: int = 50) -> bool:
    """Cuts connections at random moments while both sides call each other.

    Every call has to return or raise within its timeout, and nothing may be left in the end.
    """
    ends: Counter[str] = Counter()
    begun = 0
    stop = asyncio.Event()
    router = handlers()
    station_router = Router()
    station_router.on(v16.ClearCacheRequest)(
        lambda *_: v16.ClearCacheResponse(status=v16.ClearCacheStatus.ACCEPTED)
    )

    @router.on(v16.AuthorizeRequest)
    async def call_back(request: v16.AuthorizeRequest, peer: Any) -> v16.AuthorizeResponse:
        await asyncio.sleep(random.random() / 200)
        await peer.call(v16.ClearCacheRequest())
        return v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED))

    hooks = Counting()
    over = transport(library)

    async def work(station: Station) -> None:
        nonlocal begun
        while not stop.is_set():
            begun += 1
            try:
                await station.call(v16.AuthorizeRequest(id_tag="T"))
                ends["answered"] += 1
            except CallFailedError as error:
                ends[type(error).__name__] += 1
                if isinstance(error, ConnectionLostError):
                    await asyncio.sleep(0.001)

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            over.serve(router, "127.0.0.1", accepts=["1.6"], hooks=[hooks], grace=0.05, call_timeout=10)
        )
        soon = Backoff(minimum=0.001, doublings=3, spread=0.01)
        options: dict[str, Any] = {
            "backoff": soon,
            "wait": True,
            "hooks": [hooks],
            "grace": 0.05,
            "call_timeout": 10,
        }
        opened = [
            await stack.enter_async_context(
                over.connect(f"ws://127.0.0.1:{server.port}", f"CP-{n}", station_router, "1.6", **options)
            )
            for n in range(count)
        ]
        workers = [asyncio.create_task(work(station)) for station in opened for _ in range(3)]
        cut = 0
        while cut < disconnects:
            await asyncio.sleep(random.random() / 100)
            peers = [peer for peer in server.peers.values() if peer.is_open]
            if peers:
                peer = random.choice(peers)
                if random.random() < 0.8:
                    peer.abort()
                else:
                    asyncio.create_task(peer.close())  # noqa: RUF006  # waited for below
                cut += 1
        stop.set()
        done, stuck = await asyncio.wait(workers, timeout=15)
        for task in done:
            task.result()
    await asyncio.sleep(0.2)
    left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    lost = begun - sum(ends.values())
    print(f"{cut} disconnects, {begun} calls: {dict(ends)}; outcomes on the wire: {dict(hooks.ended)}")
    print(f"stuck workers: {len(stuck)}, calls without outcome: {lost}, tasks left: {left}")
    return not stuck and not lost and not left


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--library", choices=LIBRARIES, default="websockets", help="of the CSMS")
    parser.add_argument("--processes", type=int, default=1, help="of the CSMS, on one port")
    parser.add_argument("--uvloop", action="store_true", help="runs the CSMS on uvloop, if it is installed")
    parser.add_argument(
        "--stations-library", choices=LIBRARIES[:2], default="websockets", help="of the stations"
    )
    parser.add_argument("--stations", type=int, default=200)
    parser.add_argument("--idle", type=int, default=0, metavar="N", help="so many more are connected")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=1.0, help="messages per station and second")
    parser.add_argument("--drain", type=int, default=0, metavar="N", help="one station sends N calls at once")
    parser.add_argument("--churn", type=int, metavar="N", help="cut N connections instead")
    parser.add_argument("--url", help=argparse.SUPPRESS)  # the process of the stations
    return parser


def main() -> None:
    """Runs the command."""
    given = _parser().parse_args()
    as_many_files_as_allowed()
    if given.url:
        print(json.dumps(asyncio.run(stations(given.url, given))))
    elif given.churn:
        sys.exit(not asyncio.run(churn(given.churn, given.library)))
    else:
        sys.exit(not asyncio.run(shown(given)))


if __name__ == "__main__":
    main()
