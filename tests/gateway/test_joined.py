"""One station before its back-ends, by a clock that jumps; and what a branch does for nobody who waits."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from loops import asynchronous, in_no_time, turns
from ocpp_core import v21, v201
from ocpp_core.dispatch.router import LoneCaller
from ocpp_core.gateway import Backend, Passed
from ocpp_core.gateway.branches import Branch
from ocpp_core.gateway.joined import Joined
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import NotConnectedError, OcppError
from ocpp_core.model.messages import Notification, Response
from ocpp_core.model.specifications import specification
from ocpp_core.translation import Side
from ocpp_core.translation.policies import DEFAULT_POLICY
from ocpp_core.translation.sessions.effects import Reply
from ocpp_core.translation.sessions.stores import MemoryStore
from served import NOW

STATION = LoneCaller("CP-1", specification("2.0.1"))
HEARTBEAT = v201.HeartbeatRequest()
ANSWER = v201.HeartbeatResponse(current_time=NOW)
SEND = v21.NotifyPeriodicEventStream(
    id=1, pending=0, basetime=NOW, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
)
BACKEND = Backend(url="ws://csms.example/", version="2.1")


class Primary:
    """A branch of which the test says when it is connected, and how long it takes to answer."""

    backend = BACKEND

    def __init__(self, running: Callable[[], Any], answering: Callable[[], Any] = turns) -> None:
        self.is_there = asyncio.Event()
        self._running = running
        self._answering = answering

    async def run(self) -> None:
        await self._running()

    async def carry(self, side: Side, message: Any) -> Response:
        await self._answering()
        return ANSWER

    async def close(self) -> None:
        pass


async def started(joined: Joined, primary: Primary) -> None:
    primary.is_there.set()
    joined.csms_connected()
    await joined.start(primary, [])  # type: ignore[arg-type]


@in_no_time
async def test_a_station_is_not_silent_while_it_waits_for_an_answer() -> None:
    ended: list[float] = []
    clock = asyncio.get_running_loop().time
    begun = clock()
    joined = Joined(STATION, patience=20, silence=4, give_up=lambda _: ended.append(clock() - begun))
    await started(joined, Primary(asyncio.Event().wait, lambda: asyncio.sleep(9)))

    answer = await joined.receive(HEARTBEAT)
    before = list(ended)
    await asyncio.sleep(10)
    await joined.close()

    assert ANSWER == answer
    assert [] == before
    assert [13.0] == [round(one, 3) for one in ended]


@in_no_time
async def test_what_waits_for_a_csms_is_answered_when_all_is_closed() -> None:
    joined = Joined(STATION, patience=20, give_up=lambda _: None)
    await started(joined, Primary(asyncio.Event().wait))
    joined.csms_lost()
    waiting = asyncio.create_task(joined.receive(HEARTBEAT))
    await turns()
    clock = asyncio.get_running_loop().time
    since = clock()
    await joined.close()

    with pytest.raises(OcppError) as info:
        await waiting
    assert ErrorCode.GENERIC is info.value.code
    assert since == clock()


@in_no_time
async def test_a_connection_that_is_closed_while_it_begins_has_not_begun() -> None:
    joined = Joined(STATION, patience=20, give_up=lambda _: None)
    starting = asyncio.create_task(joined.start(Primary(asyncio.Event().wait), []))  # type: ignore[arg-type]
    await turns()
    await joined.close()

    with pytest.raises(NotConnectedError):
        await starting


@in_no_time
async def test_a_defect_of_a_back_end_ends_the_beginning_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    joined = Joined(STATION, patience=20, give_up=lambda _: None)
    with pytest.raises(ZeroDivisionError):
        await joined.start(Primary(fail), [])  # type: ignore[arg-type]
    await joined.close()

    assert "CP-1: CSMS has failed" in caplog.text


class End:
    def __init__(self) -> None:
        self.told: list[Notification] = []

    async def call(self, request: Any, /) -> Any:
        raise NotImplementedError

    async def notify(self, message: Notification, /) -> None:
        self.told.append(message)


def branch_of(end: Any, told: Callable[[Passed], None] = lambda _: None) -> Branch:
    return Branch(
        LoneCaller("CP-1", specification("2.1")),
        end,
        BACKEND,
        None,  # type: ignore[arg-type]
        store=MemoryStore(),
        policy=DEFAULT_POLICY,
        told=told,
        on_broken=lambda _: None,
    )


@asynchronous
async def test_what_a_csms_sends_for_no_answer_reaches_the_station() -> None:
    end = End()
    branch = branch_of(end)

    answer = await branch.receive(SEND)
    await branch.close()

    assert None is answer
    assert [SEND] == end.told


@asynchronous
async def test_what_was_lost_of_an_answer_that_nobody_waits_for_is_told() -> None:
    told: list[Passed] = []
    branch = branch_of(End(), told.append)
    note: Any = ("a note",)

    branch._watch(Reply(Side.CSMS, None, None, notes=(note,)))
    branch._watch(Reply(Side.CSMS, None, None))
    await branch.close()

    assert [(None, (note,))] == [(one.message, one.notes) for one in told]


@in_no_time
async def test_a_station_is_given_up_once() -> None:
    given_up: list[str] = []
    joined = Joined(STATION, patience=20, give_up=given_up.append)
    for why in ("its session is broken", "the CSMS is gone"):
        joined.end(why)
    await joined.close()
    joined.end("it has been silent for long")

    assert ["its session is broken"] == given_up
