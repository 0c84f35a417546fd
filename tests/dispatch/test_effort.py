"""The way that nearly every message takes does not become longer unnoticed: what it costs is counted, and held."""

import asyncio
import runpy
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from effort import effort
from loops import asynchronous
from ocpp_core import JsonCodec, Router, from_wire, specification
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
    ("decode", BOOT): (10, 1646),
    ("decode", METER): (42, 5579),
    ("decode", TRANSACTION): (33, 4305),
    ("encode", BOOT): (23, 1114),
    ("encode", METER): (35, 3834),
    ("encode", TRANSACTION): (33, 2889),
    ("dispatch", BOOT): (71, 2026),
    ("dispatch", METER): (102, 5579),
    ("dispatch", TRANSACTION): (93, 4305),
}
#: What may be more: another Python, or another reader below us. A message that takes more than that has become slower.
TOLERANCE = 1.1


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


@pytest.mark.parametrize("work, subject", COUNTED, ids=" ".join)
@asynchronous
async def test_what_a_message_costs_is_held(work: str, subject: str) -> None:
    message = MESSAGES[subject]
    known, router, sent = specification(message.version), Router(), []
    action = JsonCodec(message.version).decode(message.text).payload.__ocpp__.action
    answer = from_wire(known.response(action), ANSWERS.get(action, {}))
    router.on(known.request(action))(lambda request, peer: answer)
    ended = asyncio.Event()

    async def frames() -> AsyncIterator[str]:
        yield message.text
        await ended.wait()

    peer: Peer[str] = Peer(JsonCodec(message.version), router, sent.append)
    running = asyncio.create_task(peer.run(frames()))
    while not sent:
        await asyncio.sleep(0)
    found = effort(WORK[work](message, peer))
    ended.set()
    await running

    calls, size = COUNTED[work, subject]
    assert found.calls <= TOLERANCE * calls
    assert found.bytes <= TOLERANCE * size
