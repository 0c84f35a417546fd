"""Calls of theirs: whatever handlers do, a Peer answers, and ends as it should."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from loops import asynchronous, turns, until
from ocpp_core import ErrorCode, OcppError, v16, v21
from ocpp_core.dispatch.peer import MOST_NOTICES
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import ConnectionLostError
from wire import NOW, RESET, Wire, heartbeat, wire

# --- answers -----------------------------------------------------------------------------------------------------


@asynchronous
async def test_a_frame_of_any_kind_does_not_end_the_connection() -> None:
    csms = Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    async with wire(csms) as other:
        for frame in ("", "{", "[]", "[2]", '[2,"a"]', '[3,"x",{}]', '[9,"x"]', "[" * 5_000, '[2,"a",7,{}]'):
            other.put(frame)
        other.put('[2,"last","Heartbeat",{}]')
        await until(lambda: any(frame.startswith('[3,"last"') for frame in other.sent))


@asynchronous
async def test_handler_failures_are_logged_and_their_text_is_not_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    csms = Router()

    @csms.on(v16.HeartbeatRequest)
    def fail(*_: Any) -> None:
        raise RuntimeError("the reason")

    csms.on(v16.AuthorizeRequest)(lambda *_: None)
    async with wire(csms) as other:
        other.put('[2,"1","Heartbeat",{}]')
        other.put('[2,"2","Authorize",{"idTag":"T"}]')
        await until(lambda: len(other.sent) == 2)

    assert other.sent == ['[4,"1","InternalError","",{}]', '[4,"2","InternalError","",{}]']
    assert "the reason" in caplog.text
    assert "Authorize is answered by AuthorizeResponse, not by None" in caplog.text


@asynchronous
async def test_a_handler_that_returns_nothing_does_not_end_the_connection() -> None:
    csms = Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    csms.on(v16.AuthorizeRequest)(lambda *_: None)
    async with wire(csms) as other:
        other.put('[2,"1","Authorize",{"idTag":"T"}]')
        other.put('[2,"2","Heartbeat",{}]')
        await until(lambda: len(other.sent) == 2)

    assert other.sent[0].startswith('[4,"1","InternalError"')
    assert other.sent[1].startswith('[3,"2"')


@asynchronous
async def test_a_handler_whose_work_somebody_else_cancels_is_answered() -> None:
    router = Router()
    started: list[asyncio.Task[Any]] = []

    @router.on(v16.HeartbeatRequest)
    async def wait(*_: Any) -> Any:
        started.append(asyncio.create_task(asyncio.sleep(60)))
        await started[-1]

    async with wire(router) as other:
        for number in range(2):
            other.put(f'[2,"{number}","Heartbeat",{{}}]')
            await until(lambda number=number: len(started) > number)  # type: ignore[misc]
            started[-1].cancel()
            await until(lambda number=number: len(other.sent) > number)  # type: ignore[misc]

    assert [f'[4,"{number}","InternalError","",{{}}]' for number in range(2)] == other.sent


class Odd:
    """What cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


BAD: Any = ValueError("no")


@pytest.mark.parametrize("result", [Odd(), OcppError(ErrorCode.INTERNAL, BAD)], ids=["result", "description"])
@asynchronous
async def test_whatever_a_handler_returns_or_raises_is_answered(result: Any) -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    def odd(*_: Any) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    async with wire(router) as other:
        for number in range(2):
            other.put(f'[2,"{number}","Heartbeat",{{}}]')
            await until(lambda number=number: len(other.sent) > number)  # type: ignore[misc]

    assert all('"InternalError"' in frame for frame in other.sent)


@asynchronous
async def test_p21_4_2_3_a_reply_that_the_peer_cannot_use_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    router = Router()
    router.on(v21.HeartbeatRequest)(lambda *_: v21.HeartbeatResponse(current_time=NOW))
    async with wire(router, "2.1") as other:
        other.put('[2,"1","Heartbeat",{}]')
        await until(lambda: other.sent)
        other.put('[5,"1","FormatViolation","no such time",{}]')
        await until(lambda: "cannot use the reply 1: no such time" in caplog.text)


@asynchronous
async def test_what_the_handler_of_a_send_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    csms = Router()

    @csms.on(v21.NotifyPeriodicEventStream)
    def fail(*_: Any) -> None:
        raise KeyError("the reason")

    async with wire(csms, "2.1") as other:
        element = '{"t":0,"v":"1"}'
        other.put(
            '[6,"1","NotifyPeriodicEventStream",'
            f'{{"id":1,"pending":0,"basetime":"2026-01-31T12:00:00Z","data":[{element}]}}]'
        )
        await until(lambda: caplog.records)

    assert "the reason" in caplog.text


# --- many at once ------------------------------------------------------------------------------------------------


@asynchronous
async def test_a_flood_of_calls_is_bounded() -> None:
    csms = Router()
    may_end = asyncio.Event()

    @csms.on(v16.HeartbeatRequest)
    async def slow(*_: Any) -> Any:
        await may_end.wait()
        return heartbeat()

    async with wire(csms, max_held_calls=3) as other:
        for number in range(10):
            other.put(f'[2,"{number}","Heartbeat",{{}}]')
        await until(lambda: len(other.sent) == 6)
        may_end.set()
        await until(lambda: len(other.sent) == 10)

    assert [frame[:8] for frame in other.sent[:6]] == [f'[4,"{n}","' for n in range(4, 10)]
    assert [frame[:6] for frame in other.sent[6:]] == [f'[3,"{n}"' for n in range(4)]


@asynchronous
async def test_notifications_at_work_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    router, done, seen = Router(), asyncio.Event(), []

    @router.on(v21.NotifyPeriodicEventStream)
    async def slow(message: Any, _: Any) -> None:
        seen.append(message.id)
        await done.wait()

    async with wire(router, "2.1") as other:
        for number in range(2 * MOST_NOTICES):
            other.put(
                f'[6,"{number}","NotifyPeriodicEventStream",'
                f'{{"id":{number},"pending":0,"basetime":"2026-01-31T12:00:00Z","data":[{{"t":0,"v":"1"}}]}}]'
            )
        await until(lambda: len(seen) == MOST_NOTICES)
        assert "NotifyPeriodicEventStream is dropped" in caplog.text
        done.set()

    assert list(range(MOST_NOTICES)) == seen


@asynchronous
async def test_what_a_handler_sets_in_its_context_is_nothing_to_the_next() -> None:
    router, found = Router(), []
    variable: ContextVar[int] = ContextVar("variable", default=0)

    @router.on(v16.HeartbeatRequest)
    async def handle(*_: Any) -> Any:
        found.append(variable.get())
        variable.set(1)
        await asyncio.sleep(0)
        return heartbeat()

    async with wire(router) as other:
        for number in range(4):
            other.put(f'[2,"{number}","Heartbeat",{{}}]')
        await until(lambda: len(other.sent) == 4)

    assert [0, 0, 0, 0] == found


@asynchronous
async def test_no_thread_is_started_to_judge_or_to_handle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain handler runs where the loop runs, and so does what judges a frame, good or bad."""
    started: list[str] = []
    start = threading.Thread.start

    def noting(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", noting)
    handled: list[int] = []
    csms = Router()

    @csms.on(v16.HeartbeatRequest)
    def handler(*_: Any) -> v16.HeartbeatResponse:
        handled.append(threading.get_ident())
        return heartbeat()

    async with wire(csms) as other:
        other.put('[2,"1","Heartbeat",{}]')
        other.put('[2,"2","Heartbeat",{"x":1}]')
        await until(lambda: len(other.sent) == 2)

    assert [threading.get_ident()] == handled
    assert [] == started


# --- the end -----------------------------------------------------------------------------------------------------


@asynchronous
async def test_a_handler_that_fails_after_the_end_is_still_logged(caplog: pytest.LogCaptureFixture) -> None:
    csms = Router()
    begun, may_end = asyncio.Event(), asyncio.Event()

    @csms.on(v16.HeartbeatRequest)
    async def fail(*_: Any) -> None:
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
    async def slow(*_: Any) -> None:
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
        with pytest.raises(ConnectionLostError):
            await waiting
        with pytest.raises(ConnectionLostError):
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
