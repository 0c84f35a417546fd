"""Calls of theirs: whatever handlers do, a Peer answers, and ends as it should."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from loops import asynchronous, turns, until
from ocpp_core import ErrorCode, OcppError, v16, v21
from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.router import Router
from wire import NOW, heartbeat, wire

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
    def fail(*_: Any) -> Any:
        raise RuntimeError("the reason")

    csms.on(v16.AuthorizeRequest)(lambda *_: None)  # type: ignore[arg-type]
    async with wire(csms) as other:
        other.put('[2,"1","Heartbeat",{}]')
        other.put('[2,"2","Authorize",{"idTag":"T"}]')
        await until(lambda: len(other.sent) == 2)

    assert other.sent == ['[4,"1","InternalError","",{}]', '[4,"2","InternalError","",{}]']
    assert "the reason" in caplog.text
    assert "Authorize is answered by AuthorizeResponse, not by None" in caplog.text


@asynchronous
async def test_an_answer_of_another_kind_is_named_by_its_type(caplog: pytest.LogCaptureFixture) -> None:
    """Not by what it holds, cut in the middle."""
    csms = Router()
    csms.on(v16.HeartbeatRequest)(lambda *_: {"currentTime": "2026-01-31T12:00:00Z"})  # type: ignore[arg-type]
    csms.on(v16.AuthorizeRequest)(lambda *_: v16.HeartbeatResponse(current_time=NOW))  # type: ignore[arg-type]
    async with wire(csms) as other:
        other.put('[2,"1","Heartbeat",{}]')
        other.put('[2,"2","Authorize",{"idTag":"T"}]')
        await until(lambda: len(other.sent) == 2)

    assert "Heartbeat is answered by HeartbeatResponse, not by a dict" in caplog.text
    assert "Authorize is answered by AuthorizeResponse, not by a HeartbeatResponse" in caplog.text


@asynchronous
async def test_a_handler_that_returns_nothing_does_not_end_the_connection() -> None:
    csms = Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    csms.on(v16.AuthorizeRequest)(lambda *_: None)  # type: ignore[arg-type]
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


@pytest.mark.parametrize("hooks", [[], [Hooks()]], ids=["nobody is told", "hooks are told"])
@asynchronous
async def test_hooks_run_after_an_answer_that_had_to_be_waited_for(
    hooks: list[Hooks],
) -> None:
    router, may_answer = Router(), asyncio.Event()

    @router.on(v16.HeartbeatRequest)
    async def late(*_: Any) -> v16.HeartbeatResponse:
        await may_answer.wait()
        return heartbeat()

    async with wire(router, hooks=hooks) as other:
        seen: list[Any] = []
        router.after(v16.HeartbeatRequest)(lambda _, response, __: seen.append(response))
        other.put('[2,"1","Heartbeat",{}]')
        await turns()
        assert [] == seen

        may_answer.set()
        await until(lambda: seen and other.sent)

    assert [heartbeat()] == seen
    assert ['[3,"1"'] == [text[:6] for text in other.sent]
