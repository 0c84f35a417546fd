"""The end of a Peer: handlers have their grace, once, and whatever they do with it, the end comes."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import pytest

from loops import asynchronous, in_no_time, turns, until
from ocpp_core import v16
from ocpp_core.dispatch.peer import TIDYING
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import ConnectionLostError, NotConnectedError
from wire import RESET, Wire, heartbeat, wire


@asynchronous
async def test_a_handler_that_fails_after_the_end_is_still_logged(caplog: pytest.LogCaptureFixture) -> None:
    csms = Router()
    begun, may_end = asyncio.Event(), asyncio.Event()

    @csms.on(v16.HeartbeatRequest)
    async def fail(*_: Any) -> Any:
        begun.set()
        await may_end.wait()
        raise RuntimeError("the reason")

    async with wire(csms, grace=5) as other:
        other.put('[2,"1","Heartbeat",{}]')
        await begun.wait()
        other.put(None)
        await until(lambda: other.peer._connection.closed)
        may_end.set()

    assert "the reason" in caplog.text


@asynchronous
async def test_handlers_have_their_grace_when_the_connection_ends() -> None:
    csms = Router()
    done: list[str] = []

    @csms.on(v16.HeartbeatRequest)
    async def quick(*_: Any) -> Any:
        await turns()
        done.append("quick")
        return heartbeat()

    @csms.on(v16.AuthorizeRequest)
    async def slow(*_: Any) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            done.append("cancelled")

    async with wire(csms, grace=1) as other:
        other.put('[2,"1","Heartbeat",{}]')
    async with wire(csms, grace=0.02) as other:
        other.put('[2,"1","Authorize",{"idTag":"T"}]')

    assert done == ["quick", "cancelled"]


@asynchronous
async def test_close_lets_answers_go_out_and_takes_no_new_calls() -> None:
    csms = Router()
    may_end = asyncio.Event()

    @csms.on(v16.HeartbeatRequest)
    async def slow(*_: Any) -> Any:
        await may_end.wait()
        return heartbeat()

    async with wire(csms, grace=5) as other:
        under_way = asyncio.create_task(other.peer.call(RESET))
        waiting = asyncio.create_task(other.peer.call(RESET))
        other.put('[2,"9","Heartbeat",{}]')
        await until(lambda: other.peer._connection.unanswered)
        closing = asyncio.create_task(other.peer.close())
        with pytest.raises(NotConnectedError):
            await waiting
        with pytest.raises(NotConnectedError):
            await other.peer.call(RESET)
        may_end.set()
        await closing

        assert other.sent[-1].startswith('[3,"9"')
    with pytest.raises(ConnectionLostError):
        await under_way


@asynchronous
async def test_handlers_are_cancelled_even_if_the_end_is_cut_short() -> None:
    router, started = Router(), asyncio.Event()
    ends: list[str] = []

    @router.on(v16.HeartbeatRequest)
    async def wait(*_: Any) -> Any:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ends.append("cancelled")

    one = Wire(router, grace=60)
    running = asyncio.create_task(one.peer.run(one.messages()))
    one.put('[2,"1","Heartbeat",{}]')
    await started.wait()
    running.cancel()
    await turns()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert ["cancelled"] == ends


GRACE = 10.0


class Stubborn:
    """A handler that swallows its cancellation, until it is told to end."""

    def __init__(self) -> None:
        self.router = Router()
        self.may_end = asyncio.Event()
        self.started = asyncio.Event()
        self.router.on(v16.HeartbeatRequest)(self._work)

    async def _work(self, *_: Any) -> v16.HeartbeatResponse:
        self.started.set()
        while not self.may_end.is_set():
            with suppress(asyncio.CancelledError):
                await self.may_end.wait()
        return heartbeat()

    async def serving(self, **options: Any) -> "tuple[Wire, asyncio.Task[None]]":
        one = Wire(self.router, grace=GRACE, **options)
        running = asyncio.create_task(one.peer.run(one.messages()))
        one.put('[2,"1","Heartbeat",{}]')
        await self.started.wait()
        return one, running

    async def end(self) -> None:
        self.may_end.set()
        await asyncio.sleep(0)


@in_no_time
async def test_an_end_takes_the_grace_once_even_if_a_handler_swallows_its_cancellation(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the log names what is left behind."""
    stubborn = Stubborn()
    one, running = await stubborn.serving(identity="CP\x1b[31m")
    since = asyncio.get_running_loop().time()
    one.put(None)
    await running

    assert GRACE == pytest.approx(asyncio.get_running_loop().time() - since, abs=0.01)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (
        r"CP\x1b[31m: ocpp Heartbeat CP\x1b[31m goes on although it was cancelled, and is left to itself"
        == record.getMessage()
    )
    await stubborn.end()


@in_no_time
async def test_close_and_the_end_that_follows_take_the_grace_once_together() -> None:
    stubborn = Stubborn()
    one, running = await stubborn.serving()
    since = asyncio.get_running_loop().time()
    await one.peer.close()

    assert (1 - TIDYING) * GRACE == pytest.approx(asyncio.get_running_loop().time() - since, abs=0.01)

    one.put(None)
    await running

    assert GRACE == pytest.approx(asyncio.get_running_loop().time() - since, abs=0.01)
    await stubborn.end()


@in_no_time
async def test_close_waits_for_handlers_and_for_what_they_say_once() -> None:
    """A transport that never gets rid of an answer takes what is left of the grace, and not another one."""
    router, stuck = Router(), asyncio.Event()

    @router.on(v16.HeartbeatRequest)
    async def slow(*_: Any) -> v16.HeartbeatResponse:
        await asyncio.sleep(GRACE / 2)
        return heartbeat()

    one = Wire(router, grace=GRACE)

    async def send(_: str) -> None:
        await stuck.wait()

    one.peer._send = send
    running = asyncio.create_task(one.peer.run(one.messages()))
    one.put('[2,"1","Heartbeat",{}]')
    await until(lambda: one.peer._tasks)
    since = asyncio.get_running_loop().time()
    await one.peer.close()

    assert (1 - TIDYING) * GRACE == pytest.approx(asyncio.get_running_loop().time() - since, abs=0.01)

    one.put(None)
    await running


@in_no_time
async def test_closes_side_by_side_and_one_after_another_take_no_longer() -> None:
    stubborn = Stubborn()
    one, running = await stubborn.serving()
    since = asyncio.get_running_loop().time()
    await asyncio.gather(one.peer.close(), one.peer.close())
    await one.peer.close()

    assert (1 - TIDYING) * GRACE == pytest.approx(asyncio.get_running_loop().time() - since, abs=0.01)

    one.put(None)
    await running
    await one.peer.close()
    await stubborn.end()


@in_no_time
async def test_close_with_nothing_at_work_takes_no_time_before_during_and_after_run() -> None:
    one = Wire(grace=GRACE)
    since = asyncio.get_running_loop().time()
    await one.peer.close()
    running = asyncio.create_task(one.peer.run(one.messages()))
    await one.peer.close()
    one.put(None)
    await running
    await one.peer.close()

    assert since == asyncio.get_running_loop().time()
    with pytest.raises(NotConnectedError):
        await one.peer.call(RESET)


@in_no_time
async def test_run_waits_for_what_cancelled_handlers_have_to_tidy_up() -> None:
    router, tidied = Router(), []

    @router.on(v16.HeartbeatRequest)
    async def wait(*_: Any) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(TIDYING * GRACE / 2)  # rolls back, for instance
            tidied.append(True)

    async with wire(router, grace=GRACE) as other:
        other.put('[2,"1","Heartbeat",{}]')
        await until(lambda: other.peer._tasks)

    assert [True] == tidied


@in_no_time
async def test_a_handler_may_close_the_connection_that_it_serves() -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    async def close(_: Any, peer: Any) -> v16.HeartbeatResponse:
        await peer.close()
        return heartbeat()

    async with wire(router, grace=GRACE) as other:
        since = asyncio.get_running_loop().time()
        other.put('[2,"1","Heartbeat",{}]')
        await until(lambda: other.peer._is_mute)

        assert 1.0 > asyncio.get_running_loop().time() - since


@asynchronous
async def test_the_end_of_a_connection_is_no_failure_to_send(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with wire() as other:
        other.put('[2,"1","Heartbeat",{}]')
        await until(lambda: other.sent)

    assert "cannot send" not in caplog.text
