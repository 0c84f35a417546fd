"""Work that begins at once: what is answered in the step in which it came, and what becomes a task."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from loops import asynchronous, until
from ocpp_core import JsonCodec, v16
from ocpp_core.dispatch.peer import MOST_AT_ONCE, Peer
from ocpp_core.dispatch.router import Router
from ocpp_core.dispatch.steps import begin, own_task, task_of
from wire import Wire, heartbeat, wire

HEARTBEAT = '[2,"{}","Heartbeat",{{}}]'


@asynchronous
async def test_a_plain_handler_is_answered_in_the_step_in_which_its_call_came() -> None:
    sent: list[str] = []
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)
    peer: Peer[str] = Peer(JsonCodec("1.6"), router, sent.append)
    inbox: asyncio.Queue[str] = asyncio.Queue()

    async def messages() -> AsyncIterator[str]:
        yield await inbox.get()

    running = asyncio.create_task(peer.run(messages()))
    await until(lambda: peer._loop)
    peer.receive(HEARTBEAT.format(1))

    assert 1 == len(sent)
    assert {} == peer._tasks

    inbox.put_nowait(HEARTBEAT.format(2))
    await running

    assert 2 == len(sent)


@asynchronous
async def test_what_has_to_wait_is_no_burden_to_what_comes_before_it_and_keeps_the_order() -> None:
    """A transport that takes no more has the rest awaited by the writer, and later messages behind it."""
    sent: list[str] = []
    may_go_on = asyncio.Event()
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)

    async def later(text: str) -> None:
        await may_go_on.wait()
        sent.append(text)

    def send(text: str) -> Coroutine[Any, Any, None] | None:
        if len(sent) == 1:
            return later(text)
        sent.append(text)
        return None

    one = Wire(router)
    one.peer._send = send
    running = asyncio.create_task(one.peer.run(one.messages()))
    for number in range(4):
        one.put(HEARTBEAT.format(number))
    await until(lambda: one.peer._unsent)
    may_go_on.set()
    await until(lambda: len(sent) == 4)
    one.put(None)
    await running

    assert [f'[3,"{number}"' for number in range(4)] == [text[:6] for text in sent]


@asynchronous
async def test_a_transport_that_fails_at_once_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tried: list[str] = []
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)

    def send(text: str) -> None:
        tried.append(text)
        raise OSError("no network")

    one = Wire(router)
    one.peer._send = send
    running = asyncio.create_task(one.peer.run(one.messages()))
    await until(lambda: one.peer._loop)
    for number in range(2):
        one.peer.receive(HEARTBEAT.format(number))
    one.put(None)
    await running

    assert 1 == len(tried)
    assert "cannot send: OSError('no network')" in caplog.text


@asynchronous
async def test_what_was_begun_is_let_go_of_when_the_connection_ends() -> None:
    ended: list[str] = []
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    one = Wire(router)
    one.peer._send = lambda _: begin(work(), copy_context())
    running = asyncio.create_task(one.peer.run(one.messages()))
    await until(lambda: one.peer._loop)
    one.peer.receive(HEARTBEAT.format(1))
    assert one.peer._writer is not None
    one.peer._writer.cancel()  # before it has had its turn
    one.put(None)
    await running

    assert ["ended"] == ended


@asynchronous
async def test_a_plain_handler_has_no_task_and_a_coroutine_has_its_own() -> None:
    tasks: list[Any] = []
    router = Router()

    @router.on(v16.HeartbeatRequest)
    def plain(*_: Any) -> v16.HeartbeatResponse:
        tasks.append(asyncio.current_task())
        return heartbeat()

    @router.on(v16.AuthorizeRequest)
    async def coroutine(*_: Any) -> v16.AuthorizeResponse:
        tasks.append(asyncio.current_task())
        async with asyncio.timeout(1):
            await asyncio.sleep(0)
        return v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED))

    async with wire(router) as other:
        other.put(HEARTBEAT.format(1))
        other.put('[2,"2","Authorize",{"idTag":"T"}]')
        await until(lambda: len(other.sent) == 2)

    assert tasks[0] is None
    assert "ocpp Authorize " == tasks[1].get_name()


def through_at_once(rest: Coroutine[Any, Any, None], *_: Any) -> "asyncio.Future[None]":
    """What `task_of` returns since Python 3.12 if nothing has to wait, on any Python."""
    with suppress(StopIteration):
        while True:
            rest.send(None)
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future


@asynchronous
async def test_a_coroutine_that_is_through_at_once_leaves_no_task_and_counts_like_a_plain_handler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ocpp_core.dispatch.peer.task_of", through_at_once)
    router = Router()

    @router.on(v16.HeartbeatRequest)
    async def coroutine(*_: Any) -> v16.HeartbeatResponse:
        return heartbeat()

    async with wire(router) as other:
        await until(lambda: other.peer._loop)
        other.peer.receive(HEARTBEAT.format(1))

        assert ({}, 1) == (other.peer._tasks, other.peer._at_once)

        await until(lambda: other.sent)


@asynchronous
async def test_a_message_that_comes_while_another_is_at_work_is_left_to_whoever_is_at_it() -> None:
    """As where both ends of a connection are in one process: what one sends is with the other in the same step."""
    router = Router()
    steps: list[str] = []

    @router.on(v16.HeartbeatRequest)
    def plain(_: Any, peer: Peer[str]) -> v16.HeartbeatResponse:
        steps.append("begins")
        if len(steps) == 1:
            peer.receive(HEARTBEAT.format(2))
        steps.append("ends")
        return heartbeat()

    async with wire(router) as other:
        await until(lambda: other.peer._loop)
        other.peer.receive(HEARTBEAT.format(1))
        await until(lambda: len(other.sent) == 2)

    assert ["begins", "ends", "begins", "ends"] == steps


@asynchronous
async def test_calls_that_were_held_give_others_a_turn() -> None:
    """However many there are, and however quick their handlers."""
    router, seen, most = Router(), 0, 0
    may_end = asyncio.Event()

    @router.on(v16.HeartbeatRequest)
    def plain(*_: Any) -> v16.HeartbeatResponse:
        nonlocal seen
        seen += 1
        return heartbeat()

    @router.on(v16.AuthorizeRequest)
    async def slow(*_: Any) -> Any:
        await may_end.wait()

    async with wire(router) as other:
        other.put('[2,"0","Authorize",{"idTag":"T"}]')
        for number in range(1, 101):
            other.put(HEARTBEAT.format(number))
        await until(lambda: other.peer._connection.held == 100)
        may_end.set()
        while seen < 100:
            before = seen
            await asyncio.sleep(0)
            most = max(most, seen - before)
        await until(lambda: len(other.sent) == 101)

    assert most <= MOST_AT_ONCE


# --- the mechanism -----------------------------------------------------------------------------------------------

MARK: ContextVar[str] = ContextVar("mark", default="")


@asynchronous
async def test_work_that_waits_at_once_goes_on_in_a_task_and_in_its_context() -> None:
    seen: list[Any] = []
    event = asyncio.Event()

    async def work() -> None:
        MARK.set("mine")
        await event.wait()
        seen.append((MARK.get(), asyncio.current_task()))

    context = copy_context()
    rest = begin(work(), context)
    assert rest is not None
    task = task_of(rest, context, "the rest")
    event.set()
    await task

    assert [("mine", task)] == seen
    assert "" == MARK.get()


@pytest.mark.parametrize("own", [own_task, asyncio.Event().wait])
@asynchronous
async def test_the_rest_can_be_cancelled(own: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    seen: list[str] = []

    async def work() -> None:
        try:
            await own()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    context = copy_context()
    rest = begin(work(), context)
    assert rest is not None
    task = task_of(rest, context, "the rest")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    assert ["cancelled"] == seen
    assert task.cancelled()


async def a_future() -> None:
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, None)
    await future


@pytest.mark.parametrize("wait", [own_task, a_future])
@asynchronous
async def test_the_rest_can_be_awaited_by_another(wait: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    seen: list[str] = []

    async def work() -> None:
        await wait()
        seen.append("through")

    rest = begin(work(), copy_context())
    assert rest is not None
    await rest

    assert ["through"] == seen


def test_without_a_loop_nobody_gets_a_task() -> None:
    with pytest.raises(StopIteration):
        own_task().send(None)


def test_a_rest_that_nobody_goes_on_with_is_closed() -> None:
    closed: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            closed.append("closed")

    async def main() -> None:
        rest = begin(work(), copy_context())
        assert rest is not None
        again = begin(rest, copy_context())
        assert again is not None
        again.close()
        rest.close()

    asyncio.run(main())

    assert ["closed"] == closed
