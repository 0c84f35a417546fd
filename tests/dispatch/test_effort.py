"""The way that nearly every message takes does not become longer unnoticed: what it costs is counted, and held."""

import asyncio
import gc
import json
import runpy
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from effort import effort, functions
from loops import asynchronous, until
from ocpp_core import JsonCodec, Router, from_wire, specification, v16
from ocpp_core.dispatch.peer import Peer

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = {
    message.subject: message
    for message in runpy.run_path(str(ROOT / "benchmarks" / "traffic.py"))["MESSAGES"]
}
BOOT, METER, TRANSACTION = MESSAGES
ANSWERS: dict[str, Any] = {
    "BootNotification": {"status": "Accepted", "currentTime": "2026-01-31T12:00:00Z", "interval": 300}
}

#: Calls, and bytes at once, of each piece of work, counted on Python 3.11; 3.12 and 3.13 take a little less.
COUNTED = {
    ("decode", BOOT): (10, 1526),
    ("decode", METER): (41, 5507),
    ("decode", TRANSACTION): (33, 3451),
    ("encode", BOOT): (22, 1114),
    ("encode", METER): (34, 3834),
    ("encode", TRANSACTION): (32, 2889),
    ("dispatch", BOOT): (64, 1470),
    ("dispatch", METER): (94, 5451),
    ("dispatch", TRANSACTION): (86, 3395),
}
#: What may be more: another Python, or another reader below us. A message that takes more than that has become slower.
TOLERANCE = 1.05


def decoding(message: Any, _: Peer[str]) -> Callable[[], Any]:
    codec = JsonCodec(message.version)
    return lambda: codec.decode(message.text)


def encoding(message: Any, _: Peer[str]) -> Callable[[], Any]:
    codec = JsonCodec(message.version)
    frame = codec.decode(message.text)
    return lambda: codec.encode(frame)


def dispatching(message: Any, peer: Peer[str]) -> Callable[[], Any]:
    return lambda: peer.receive(message.text)


WORK = {"decode": decoding, "encode": encoding, "dispatch": dispatching}


class Served:
    """A peer that is being served. What it is sent is answered at once, and what it sends is in `sent`."""

    def __init__(self, message: Any) -> None:
        self.sent: list[str] = []
        known, router = specification(message.version), Router()
        action = json.loads(message.text)[2]
        answer = from_wire(known.response(action), ANSWERS.get(action, {}))
        router.on(known.request(action))(lambda request, peer: answer)
        self.peer: Peer[str] = Peer(JsonCodec(message.version), router, self.sent.append)
        self._first = message.text
        self._ended = asyncio.Event()
        self._running: Any = None

    async def _frames(self) -> AsyncIterator[str]:
        yield self._first
        await self._ended.wait()

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self.peer.run(self._frames()))
        await until(lambda: self.sent)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        await self._running


@pytest.mark.parametrize("work, subject", COUNTED, ids=map(" ".join, COUNTED))
@asynchronous
async def test_what_a_message_costs_is_held(work: str, subject: str) -> None:
    message = MESSAGES[subject]
    async with Served(message) as one:
        found = effort(WORK[work](message, one.peer))

    calls, size = COUNTED[work, subject]
    assert found.calls <= TOLERANCE * calls
    assert found.bytes <= TOLERANCE * size


@pytest.mark.parametrize("work, subject", COUNTED, ids=map(" ".join, COUNTED))
@asynchronous
async def test_no_function_on_the_way_has_variables_that_others_share(work: str, subject: str) -> None:
    """A lambda that is made when something fails has its variables kept in cells, which are made with each call."""
    message = MESSAGES[subject]
    async with Served(message) as one:
        called = functions(WORK[work](message, one.peer))

    assert called
    assert [] == [code.co_qualname for code in called if code.co_cellvars]


@asynchronous
async def test_an_idle_connection_holds_no_more_than_it_needs() -> None:
    """No writer, no queue and no table of what has not happened: 2 KB, here with router, codec, task and event."""
    message = MESSAGES[BOOT]
    found = []
    for _ in range(3):  # the least of three: in the first, what is made once is made
        async with AsyncExitStack() as stack:
            gc.collect()
            tracemalloc.start()
            for _ in range(50):
                one = await stack.enter_async_context(Served(message))
                one.sent.clear()
            gc.collect()
            found.append(tracemalloc.get_traced_memory()[0] / 50)
            tracemalloc.stop()

    assert 5_632 >= min(found)


@asynchronous
async def test_8_000_frames_leave_nothing_behind() -> None:
    """Calls of theirs, each with an id of its own, and of ours, and frames that nobody waits for."""
    message = MESSAGES[METER]
    before, _, after = message.text.split('"', 2)
    async with Served(message) as one:

        async def some(numbers: range) -> int:
            for number in numbers:
                one.peer.receive(f'{before}"{number}"{after}')
                if number % 4 == 0:
                    one.peer.receive(f'[3,"{number}",{{}}]')
                    call = asyncio.create_task(one.peer.call(v16.ClearCacheRequest()))
                    await asyncio.sleep(0)
                    id = json.loads(one.sent[-1])[1]
                    one.peer.receive(f'[3,"{id}",{{"status":"Accepted"}}]')
                    await call
                one.sent.clear()
            gc.collect()
            return sys.getallocatedblocks()

        # The lesser of two: what came from elsewhere in the process comes once, and what we leave each time.
        held = [await some(range(start, start + 4_000)) for start in range(0, 12_000, 4_000)]
        grown = min(held[1] - held[0], held[2] - held[1])

    assert (
        500 > grown
    )  # of 1,000 calls of ours, each leaves less than a block; some come and go by themselves
