"""`ocpp-core gateway --store FILE` as a process that is killed, and started again with its file.

The station repeats what was not acknowledged, as its standard wants it. The CSMS may hear a message again that it has
answered, and then the same one: it knows it by transaction and number, or by its content in 1.x.
"""

import asyncio
import os
import random
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateways import Office
from loops import asynchronous, turns
from ocpp_core import v16, v201
from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.model.errors import CallFailedError
from ocpp_core.model.messages import Request, Response
from ocpp_core.transports.websocket import Backoff, connect
from serving_command import Serve, started

#: A process needs a second to start.
SOON = Backoff(minimum=0.1, doublings=0, spread=0.0)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
#: Where the gateway is killed: the CSMS has a message and has not answered; it has just answered; the station has just
#: begun to send; it has its answer.
HEARD, ANSWERED, SENT, ACKNOWLEDGED = "heard", "answered", "sent", "acknowledged"
MOMENTS = (HEARD, ANSWERED, SENT, ACKNOWLEDGED)
#: The moment, and the number of the message of the day, from 0. In each day there are six.
Point = tuple[str, int]


class Killed:
    """The gateway as a process, at one port, killed once at each point, so many turns of the loop later."""

    def __init__(self, points: Sequence[Point], delay: Callable[[], int] = lambda: 0) -> None:
        self.left = set(points)
        self.port = 0
        self._arguments: tuple[str, ...] = ()
        self._delay = delay
        self._serve: Serve | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, *arguments: str) -> None:
        self._arguments = arguments
        await self._start()

    async def _start(self) -> None:
        listen = ("--listen", f"127.0.0.1:{self.port}")
        self._serve = await asyncio.to_thread(started, "gateway", *listen, *self._arguments)
        self.port = self._serve.port

    def end(self) -> None:
        if self._serve is not None:
            self._serve.process.kill()
            self._serve.process.communicate()
            self._serve = None

    async def at(self, moment: str, number: int) -> None:
        """Kills it if it is to be killed here, and starts it again."""
        if (moment, number) in self.left:
            self.left.remove((moment, number))
            await turns(self._delay())
            self.end()
            self._tasks.append(asyncio.create_task(self._start()))

    async def settled(self) -> None:
        await asyncio.gather(*self._tasks)


class Listening(Office):
    """A CSMS that says which messages of a day it has: each counts once, however often it comes."""

    def __init__(self, version: str, killed: Killed) -> None:
        super().__init__(version)
        self.killed = killed
        self.answers: dict[str, Any] = {}

    async def _hear(self, message: Any, peer: Any, handle: Callable[..., Awaitable[Any]]) -> Any:
        number = len(self.answers)
        self.heard.append(message)
        answer = self.answers.get(repr(message))
        if answer is None and message.__ocpp__.action in ("StatusNotification", "BootNotification"):
            return await handle(message, peer)
        if answer is None:
            await self.killed.at(HEARD, number)
            answer = self.answers[repr(message)] = await handle(message, peer)
            if (ANSWERED, number) in self.killed.left:
                asyncio.get_running_loop().call_soon(self._answered, number)
        return answer

    def _answered(self, number: int) -> None:
        self._task = asyncio.create_task(self.killed.at(ANSWERED, number))


class Station:
    """It sends one message after the other, each until it is acknowledged."""

    def __init__(self, csms: Caller, killed: Killed) -> None:
        self._csms = csms
        self._killed = killed
        self._number = 0

    async def send(self, request: Request[Any]) -> Any:
        number, self._number = self._number, self._number + 1
        answer: Response | None = None
        while answer is None:
            killing = asyncio.create_task(self._killed.at(SENT, number))
            try:
                answer = await self._csms.call(request, timeout=5.0)
            except CallFailedError:
                await asyncio.sleep(0)
            await killing
        await self._killed.at(ACKNOWLEDGED, number)
        return answer


async def day_of_16(send: Callable[[Request[Any]], Awaitable[Any]]) -> list[int]:
    ids = []
    for start in (0, 10):
        moments = [NOON + timedelta(minutes=start + minute) for minute in range(3)]
        begun = v16.StartTransactionRequest(
            connector_id=1, id_tag="TAG", meter_start=start, timestamp=moments[0]
        )
        id = (await send(begun)).transaction_id
        value = v16.MeterValue(timestamp=moments[1], sampled_value=[v16.SampledValue(value=str(start + 1))])
        await send(v16.MeterValuesRequest(connector_id=1, transaction_id=id, meter_value=[value]))
        await send(v16.StopTransactionRequest(transaction_id=id, meter_stop=start + 2, timestamp=moments[2]))
        ids.append(id)
    return ids


async def day_of_201(send: Callable[[Request[Any]], Awaitable[Any]]) -> list[int]:
    for start in (0, 10):
        for seq_no, kind in enumerate(("Started", "Updated", "Ended")):
            moment = NOON + timedelta(minutes=start + seq_no)
            value = v201.MeterValue(
                timestamp=moment, sampled_value=[v201.SampledValue(value=Decimal(start + seq_no))]
            )
            await send(
                v201.TransactionEventRequest(
                    event_type=v201.TransactionEvent(kind),
                    timestamp=moment,
                    trigger_reason=v201.TriggerReason.CHARGING_STATE_CHANGED,
                    seq_no=seq_no,
                    transaction_info=v201.Transaction(
                        transaction_id=f"T-{start}", charging_state=v201.ChargingState.CHARGING
                    ),
                    evse=v201.EVSE(id=1, connector_id=1),
                    id_token=None if seq_no else v201.IdToken(id_token="TAG", type=v201.IdTokenEnum.CENTRAL),
                    meter_value=[value],
                )
            )
    return []


@asynccontextmanager
async def killed_at(
    points: Sequence[Point], csms: str, version: str, store: Path, delay: Callable[[], int] = lambda: 0
) -> AsyncGenerator[tuple[Listening, Station], None]:
    killed = Killed(points, delay)
    back = Listening(csms, killed)
    await back.start()
    try:
        url = f"ws://127.0.0.1:{back.port}/ocpp"
        await killed.start("--csms", url, "--csms-version", csms, "--store", str(store))
        gateway = f"ws://127.0.0.1:{killed.port}/"
        options: dict[str, Any] = {"reconnect": True, "wait": True, "backoff": SOON}
        async with connect(gateway, "CP-1", Router(), version, **options) as peer:
            yield back, Station(peer, killed)
            await killed.settled()
    finally:
        killed.end()
        await back.stop()

    assert set() == killed.left
    with closing(sqlite3.connect(store)) as file:
        assert [("ok",)] == file.execute("PRAGMA integrity_check").fetchall()
        assert [(0,)] == file.execute("SELECT count(*) FROM record WHERE kind = 'event'").fetchall()


def once(heard: Sequence[Any]) -> list[Any]:
    """Without what is the same as one before."""
    found: dict[str, Any] = {}
    for message in heard:
        found.setdefault(repr(message), message)
    return list(found.values())


async def of_16_at_201(points: Sequence[Point], store: Path, **options: Any) -> None:
    async with killed_at(points, "2.0.1", "1.6", store, **options) as (back, station):
        ids = await day_of_16(station.send)

    events = [one for one in once(back.heard) if one.__ocpp__.action == "TransactionEvent"]
    transactions = list(dict.fromkeys(one.transaction_info.transaction_id for one in events))
    expected = [
        (transaction, seq_no, kind)
        for transaction in transactions
        for seq_no, kind in enumerate(("Started", "Updated", "Ended"))
    ]
    assert 2 == len(transactions) == len(set(ids))
    assert expected == [(one.transaction_info.transaction_id, one.seq_no, one.event_type) for one in events]
    assert [0.0, 1.0, 2.0, 10.0, 11.0, 12.0] == [
        float(one.meter_value[-1].sampled_value[-1].value) for one in events
    ]


async def of_201_at_16(points: Sequence[Point], store: Path, **options: Any) -> None:
    async with killed_at(points, "1.6", "2.0.1", store, **options) as (back, station):
        await day_of_201(station.send)

    heard = [one for one in once(back.heard) if one.__ocpp__.action != "StatusNotification"]
    actions = [one.__ocpp__.action for one in heard]
    assert 2 * ["StartTransaction", "MeterValues", "StopTransaction"] == actions
    ids = [back.answers[repr(heard[at])].transaction_id for at in (0, 3)]
    assert [ids[0], ids[0], ids[1], ids[1]] == [heard[at].transaction_id for at in (1, 2, 4, 5)]
    assert [0, 10] == [heard[at].meter_start for at in (0, 3)]
    assert [2, 12] == [heard[at].meter_stop for at in (2, 5)]


CHOSEN: list[list[Point]] = [
    [(HEARD, 0), (ACKNOWLEDGED, 3)],
    [(ANSWERED, 2), (HEARD, 4)],
    [(SENT, 0), (HEARD, 1)],
]


@pytest.mark.parametrize("points", CHOSEN, ids=str)
@pytest.mark.parametrize("day", [of_16_at_201, of_201_at_16])
@asynchronous
async def test_a_gateway_that_is_killed_loses_nothing_and_doubles_nothing(
    day: Callable[..., Awaitable[None]], points: list[Point], tmp_path: Path
) -> None:
    await day(points, tmp_path / "gateway.db")


@pytest.mark.deep
@pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1")
@pytest.mark.parametrize("number", range(30))
@pytest.mark.parametrize("day", [of_16_at_201, of_201_at_16])
@asynchronous
async def test_it_is_killed_anywhere(
    day: Callable[..., Awaitable[None]], number: int, tmp_path: Path
) -> None:
    chance = random.Random(number)
    points = {(chance.choice(MOMENTS), chance.randrange(6)) for _ in range(2)}
    await day(sorted(points), tmp_path / "gateway.db", delay=lambda: chance.randrange(500))
