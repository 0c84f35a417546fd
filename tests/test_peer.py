"""Peer: calls of both sides over one connection, whatever their callers and handlers do."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import pytest

from loops import asynchronous, until
from ocpp_core import ErrorCode, JsonCodec, LocalProtocolError, OcppError, Response, v16, v21, v201
from ocpp_core.connection import CallLost, CallTimedOut, ErrorReceived, ResultReceived
from ocpp_core.errors import (
    CallRejectedError,
    CallResultInvalidError,
    CallTimeoutError,
    ConnectionLostError,
)
from ocpp_core.hooks import Hooks
from ocpp_core.messages import Request
from ocpp_core.peer import MOST_NOTICES, Peer
from ocpp_core.redaction import Redaction
from ocpp_core.router import Router
from ocpp_core.transports.memory import pair

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
RESET = v16.ResetRequest(type=v16.ResetType.SOFT)


def heartbeat(*_: Any) -> v16.HeartbeatResponse:
    return v16.HeartbeatResponse(current_time=NOW)


class Wire:
    """A peer whose other side is the test: `sent` is what it wrote, `put` is what it reads."""

    def __init__(self, router: Router | None = None, version: str = "1.6", **options: Any) -> None:
        self.sent: list[str] = []
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        ids = iter(range(1, 1_000))
        options = {"new_id": lambda: str(next(ids)), "grace": 0.05, **options}
        self.peer: Peer[str] = Peer(JsonCodec(version), router or Router(), self._send, **options)

    async def _send(self, message: str) -> None:
        self.sent.append(message)

    def put(self, message: str | None) -> None:
        self._inbox.put_nowait(message)

    async def messages(self) -> AsyncIterator[str]:
        while (message := await self._inbox.get()) is not None:
            yield message

    async def answer(self, text: str) -> None:
        """Waits until one more frame was sent, then answers it."""
        await until(lambda: self.sent)
        self.put(text)


@asynccontextmanager
async def wire(
    router: Router | None = None, version: str = "1.6", **options: Any
) -> AsyncGenerator[Wire, None]:
    one = Wire(router, version, **options)
    running = asyncio.create_task(one.peer.run(one.messages()))
    try:
        yield one
    finally:
        one.put(None)
        await running


async def queued(other: Wire, count: int) -> "list[asyncio.Task[v16.ResetResponse]]":
    """So many callers; the first has its turn, the others wait for theirs."""
    calls = [asyncio.create_task(other.peer.call(RESET)) for _ in range(count)]
    await until(lambda: other.sent)
    return calls


async def ends_of(calls: "list[asyncio.Task[v16.ResetResponse]]") -> list[type]:
    """What each of them came to."""
    return [type(end) for end in await asyncio.gather(*calls, return_exceptions=True)]


# --- outcomes of our calls -----------------------------------------------------------------------------------------


@asynchronous
async def test_a_call_returns_its_typed_response() -> None:
    csms = Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    async with pair("1.6", csms=csms) as (peer, _):
        response = await peer.call(v16.HeartbeatRequest())

    assert response.current_time == NOW


@asynchronous
async def test_a_refusal_raises_with_code_description_and_details() -> None:
    csms = Router()

    @csms.on(v16.HeartbeatRequest)
    def refuse(*_: Any) -> None:
        raise OcppError(ErrorCode.FORMAT, "because", {"a": 1})

    async with pair("1.6", csms=csms) as (peer, _):
        with pytest.raises(CallRejectedError) as info:
            await peer.call(v16.HeartbeatRequest())

    error = info.value
    assert (error.action, error.code, error.description, error.details, error.spelling) == (
        "Heartbeat",
        ErrorCode.FORMAT,
        "because",
        {"a": 1},
        None,
    )


@asynchronous
async def test_a_refusal_in_the_spelling_of_another_version_is_understood() -> None:
    async with wire() as other:
        call = asyncio.create_task(other.peer.call(RESET))
        await other.answer('[4,"1","FormatViolation","",{}]')
        with pytest.raises(CallRejectedError) as info:
            await call

    assert (info.value.code, info.value.spelling) == (ErrorCode.FORMAT, "FormatViolation")


@asynchronous
async def test_a_call_times_out_and_the_next_one_may_go() -> None:
    async with wire(call_timeout=0.01) as other:
        with pytest.raises(CallTimeoutError):
            await other.peer.call(RESET)
        second = asyncio.create_task(other.peer.call(RESET, timeout=None))
        await until(lambda: len(other.sent) == 2)
        other.put('[3,"1",{"status":"Rejected"}]')  # late: concerns nobody any more
        other.put('[3,"2",{"status":"Accepted"}]')

        assert (await second).status == "Accepted"


@asynchronous
async def test_an_answer_that_cannot_be_used_raises() -> None:
    async with wire() as other:
        call = asyncio.create_task(other.peer.call(RESET))
        await other.answer('[3,"1",{"status":"Perhaps"}]')
        with pytest.raises(CallResultInvalidError) as info:
            await call

    assert info.value.error.violations[0].path == "$.status"
    assert len(other.sent) == 1  # nothing was said about it


@asynchronous
async def test_2_1_is_told_of_an_answer_that_cannot_be_used() -> None:
    async with wire(version="2.1") as other:
        call = asyncio.create_task(other.peer.call(v21.ClearCacheRequest()))
        await other.answer('[3,"1",{"status":"Perhaps"}]')
        with pytest.raises(CallResultInvalidError):
            await call
        await until(lambda: len(other.sent) == 2)

    assert other.sent[1].startswith('[5,"1","PropertyConstraintViolation"')


@asynchronous
async def test_a_lost_connection_loses_the_calls_under_way_and_those_that_wait() -> None:
    other = Wire()
    running = asyncio.create_task(other.peer.run(other.messages()))
    calls = [asyncio.create_task(other.peer.call(RESET)) for _ in range(3)]
    await until(lambda: other.sent)
    other.put(None)
    results = await asyncio.gather(*calls, return_exceptions=True)
    await running

    assert [type(result) for result in results] == [ConnectionLostError] * 3
    with pytest.raises(ConnectionLostError):
        await other.peer.call(RESET)
    with pytest.raises(LocalProtocolError):
        await other.peer.notify(v21.NotifyPeriodicEventStream(id=1, pending=0, basetime=NOW, data=[]))


@asynchronous
async def test_a_request_that_cannot_be_sent_raises_and_costs_no_turn() -> None:
    async with wire() as other:
        wrong: list[Request[Any]] = [
            v201.HeartbeatRequest(),
            v16.ResetRequest(type="Warm"),  # type: ignore[arg-type]  # that is the test
        ]
        for request in wrong:
            with pytest.raises(LocalProtocolError):
                await other.peer.call(request)
        call = asyncio.create_task(other.peer.call(RESET))
        await until(lambda: other.sent)
        other.put(other.sent[0].replace("[2,", "[3,").split(',"Reset"')[0] + ',{"status":"Accepted"}]')

        assert (await call).status == "Accepted"


@asynchronous
async def test_what_the_transport_raises_goes_on_and_ends_everything() -> None:
    other = Wire()

    async def messages() -> AsyncIterator[str]:
        yield '[2,"x","Nothing",{}]'
        raise OSError("cable")

    call = asyncio.create_task(other.peer.call(RESET))
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="cable"):
        await other.peer.run(messages())
    with pytest.raises(ConnectionLostError):
        await call


@asynchronous
async def test_a_transport_that_cannot_send_does_not_hang_its_peer() -> None:
    async def send(_: str) -> None:
        raise OSError("cable")

    peer: Peer[str] = Peer(JsonCodec("1.6"), Router(), send, call_timeout=0.01)
    end = asyncio.Event()

    async def messages() -> AsyncIterator[str]:
        await end.wait()
        return
        yield ""

    running = asyncio.create_task(peer.run(messages()))
    with pytest.raises(CallTimeoutError):
        await peer.call(RESET)
    end.set()
    await running


# --- turns ---------------------------------------------------------------------------------------------------------


@asynchronous
async def test_j_4_1_1_callers_queue_in_order_and_only_one_call_is_out() -> None:
    station = Router()
    open_calls = most = 0
    order: list[str] = []

    @station.on(v16.DataTransferRequest)
    async def handler(request: v16.DataTransferRequest, _: Any) -> v16.DataTransferResponse:
        nonlocal open_calls, most
        open_calls += 1
        most = max(most, open_calls)
        order.append(request.vendor_id)
        await asyncio.sleep(0)
        open_calls -= 1
        return v16.DataTransferResponse(status=v16.DataTransferStatus.ACCEPTED)

    async with pair("1.6", station=station) as (_, peer):
        await asyncio.gather(*(peer.call(v16.DataTransferRequest(vendor_id=str(n))) for n in range(50)))

    assert order == [str(n) for n in range(50)]
    assert most == 1


@asynchronous
async def test_a_handler_may_call_its_caller() -> None:
    csms, station = Router(), Router()

    @csms.on(v16.HeartbeatRequest)
    async def on_heartbeat(request: Any, peer: Any) -> Any:
        assert (await peer.call(RESET)).status == "Accepted"
        return heartbeat()

    @station.on(v16.ResetRequest)
    async def on_reset(request: Any, peer: Any) -> Any:
        # Our turn is taken by the heartbeat, which waits for us: calling here and waiting would be a true deadlock.
        return v16.ResetResponse(status=v16.ResetStatus.ACCEPTED)

    async with pair("1.6", station=station, csms=csms) as (peer, _):
        assert (await peer.call(v16.HeartbeatRequest(), timeout=5)).current_time == NOW


@asynchronous
async def test_calls_of_both_sides_cross() -> None:
    csms, station = Router(), Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    station.on(v16.ResetRequest)(lambda *_: v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
    async with pair("1.6", station=station, csms=csms) as (to_csms, to_station):
        await asyncio.gather(
            *(to_csms.call(v16.HeartbeatRequest()) for _ in range(20)),
            *(to_station.call(RESET) for _ in range(20)),
        )


@asynchronous
async def test_a_cancelled_caller_does_not_free_the_wire() -> None:
    async with wire() as other:
        first = asyncio.create_task(other.peer.call(RESET))
        second = asyncio.create_task(other.peer.call(RESET))
        await until(lambda: other.sent)
        first.cancel()
        for _ in range(5):
            await asyncio.sleep(0)

        assert len(other.sent) == 1  # the answer to the first is still owed
        other.put('[3,"1",{"status":"Rejected"}]')
        await until(lambda: len(other.sent) == 2)
        other.put('[3,"2",{"status":"Accepted"}]')
        assert (await second).status == "Accepted"
        assert first.cancelled()


@asynchronous
async def test_a_caller_that_gives_up_in_the_queue_is_never_sent() -> None:
    async with wire() as other:
        first = asyncio.create_task(other.peer.call(RESET))
        second = asyncio.create_task(other.peer.call(v16.ResetRequest(type=v16.ResetType.HARD)))
        third = asyncio.create_task(other.peer.call(RESET))
        await until(lambda: other.sent)
        second.cancel()
        other.put('[3,"1",{"status":"Accepted"}]')
        await first
        await until(lambda: len(other.sent) == 2)
        other.put('[3,"2",{"status":"Accepted"}]')
        await third

    assert not any("Hard" in frame for frame in other.sent)


# --- calls of theirs -----------------------------------------------------------------------------------------------


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
        await asyncio.sleep(0.01)
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
async def test_p21_4_2_3_a_reply_that_the_peer_cannot_use_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    router = Router()
    router.on(v21.HeartbeatRequest)(lambda *_: v21.HeartbeatResponse(current_time=NOW))
    async with wire(router, "2.1") as other:
        other.put('[2,"1","Heartbeat",{}]')
        await until(lambda: other.sent)
        other.put('[5,"1","FormatViolation","no such time",{}]')
        await until(lambda: "cannot use the reply 1: no such time" in caplog.text)


@asynchronous
async def test_a_caller_that_has_given_up_before_its_turn_is_not_told_of_the_end() -> None:
    async with wire() as other:
        calls = await queued(other, 3)
        calls[1].cancel()

    assert [ConnectionLostError, asyncio.CancelledError, ConnectionLostError] == await ends_of(calls)
    assert 1 == len(other.sent)


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
async def test_a_queued_call_that_cannot_be_made_is_its_callers_fault_alone() -> None:
    async with wire() as other:
        first = asyncio.create_task(other.peer.call(RESET))
        await until(lambda: other.sent)
        wrong = asyncio.create_task(other.peer.call(RESET, timeout="5"))  # type: ignore[arg-type]
        last = asyncio.create_task(other.peer.call(RESET))
        await asyncio.sleep(0)
        other.put('[3,"1",{"status":"Accepted"}]')
        await until(lambda: len(other.sent) == 2)
        other.put(f'[3,{other.sent[1].split(",")[1]},{{"status":"Rejected"}}]')

        assert "Accepted" == (await first).status
        assert "Rejected" == (await last).status
        with pytest.raises(TypeError):
            await wrong


@pytest.mark.parametrize("hooks", [Hooks(), None])
def test_hooks_come_in_a_list(hooks: Any) -> None:
    with pytest.raises(LocalProtocolError, match="hooks are given as a list"):
        Wire(hooks=hooks)


@asynchronous
async def test_callers_that_have_given_up_before_their_turn_are_not_kept() -> None:
    async with wire() as other:
        calls = await queued(other, 4)
        calls[1].cancel()
        other.peer.receive('[3,"1",{"status":"Accepted"}]')  # before the caller knows
        assert 2 == len(other.sent) + other.peer._outbox.qsize()
        calls[3].cancel()
        await asyncio.sleep(0)
        assert not other.peer._waiting

    given_up = asyncio.CancelledError
    assert [v16.ResetResponse, given_up, ConnectionLostError, given_up] == await ends_of(calls)


@asynchronous
async def test_a_caller_that_gives_up_while_the_peer_closes_is_told_nothing_else() -> None:
    async with wire() as other:
        calls = await queued(other, 2)
        calls[1].cancel()
        await other.peer.close()  # before the caller knows

    assert [ConnectionLostError, asyncio.CancelledError] == await ends_of(calls)


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
    await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert ["cancelled"] == ends


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


# --- hooks and logs ------------------------------------------------------------------------------------------------


class Noting(Hooks):
    def __init__(self) -> None:
        self.notes: list[Any] = []

    def frame(self, peer: Any, direction: str, size: int) -> None:
        self.notes.append((direction, size))

    def call_ended(self, peer: Any, request: Any, outcome: Any, seconds: float) -> None:
        assert seconds >= 0
        self.notes.append(type(outcome))

    def call_answered(self, peer: Any, request: Any, answer: Any, seconds: float) -> None:
        assert seconds >= 0
        self.notes.append(answer)


@asynchronous
async def test_hooks_are_told_of_frames_calls_and_answers() -> None:
    hooks = Noting()
    async with wire(hooks=[hooks], call_timeout=0.01) as other:
        call = asyncio.create_task(other.peer.call(RESET, timeout=1))
        await other.answer('[3,"1",{"status":"Accepted"}]')
        await call
        call = asyncio.create_task(other.peer.call(RESET, timeout=1))
        await until(lambda: len(other.sent) == 2)
        other.put('[4,"2","GenericError","",{}]')
        await asyncio.gather(call, return_exceptions=True)
        await asyncio.gather(other.peer.call(RESET), return_exceptions=True)
        call = asyncio.create_task(other.peer.call(RESET, timeout=None))
        await until(lambda: len(other.sent) == 4)
    await asyncio.gather(call, return_exceptions=True)

    ends = [note for note in hooks.notes if isinstance(note, type)]
    assert ends == [ResultReceived, ErrorReceived, CallTimedOut, CallLost]
    assert ("out", len('[2,"1","Reset",{"type":"Soft"}]')) in hooks.notes


@asynchronous
async def test_hooks_surround_calls_and_handlers_in_their_order() -> None:
    notes: list[str] = []

    class Surrounding(Hooks):
        def __init__(self, name: str) -> None:
            self.name = name

        @contextmanager
        def around(self, what: str, message: Any) -> Any:
            notes.append(f"> {self.name} {what}")
            try:
                yield
            except CallRejectedError as error:
                notes.append(error.description)
                raise
            finally:
                notes.append(f"< {self.name} {what}")

        def calling(self, peer: Any, request: Any) -> Any:
            return self.around("calling", request)

        def handling(self, peer: Any, message: Any) -> Any:
            return self.around("handling", message)

    csms = Router()

    @csms.on(v16.HeartbeatRequest)
    def refuse(*_: Any) -> None:
        raise OcppError(ErrorCode.INTERNAL, "no")

    async with pair("1.6", csms=csms, hooks=[Surrounding("a"), Surrounding("b")]) as (peer, _):
        with pytest.raises(CallRejectedError):
            await peer.call(v16.HeartbeatRequest())

    assert notes == [
        *("> a calling", "> b calling"),
        *("> a handling", "> b handling", "< b handling", "< a handling"),
        *("no", "< b calling", "no", "< a calling"),
    ]


@pytest.mark.parametrize("moment", ["entered", "left"])
@asynchronous
async def test_surroundings_that_raise_do_no_harm(caplog: pytest.LogCaptureFixture, moment: str) -> None:
    @contextmanager
    def failing() -> Any:
        try:
            if moment == "left":
                yield
        finally:
            raise RuntimeError("a hook's surroundings")

    class Failing(Hooks):
        def calling(self, peer: Any, request: Any) -> Any:
            return failing()

        def handling(self, peer: Any, message: Any) -> Any:
            return failing()

    csms = Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    async with pair("1.6", csms=csms, hooks=[Failing()]) as (peer, _):
        assert (await peer.call(v16.HeartbeatRequest())).current_time == NOW
        with pytest.raises(CallRejectedError):
            await peer.call(v16.AuthorizeRequest(id_tag="T"))

    assert 4 == len([record for record in caplog.records if record.name == "ocpp_core.hooks"])


@asynchronous
async def test_surroundings_cannot_hide_an_error() -> None:
    class Hiding(Hooks):
        def calling(self, peer: Any, request: Any) -> Any:
            return suppress(Exception)

    async with pair("1.6", hooks=[Hiding()]) as (peer, _):
        with pytest.raises(CallRejectedError):
            await peer.call(v16.HeartbeatRequest())


@asynchronous
async def test_hooks_that_raise_are_logged_and_do_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Hooks):
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("frame hook")

    csms, station = Router(), Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    async with pair("1.6", csms=csms, station=station, hooks=[Failing()]) as (peer, _):
        await peer.call(v16.HeartbeatRequest())

    assert "frame hook" in caplog.text


KEY = "hunter2hunter2hunter2"

SECRETS: dict[str, tuple[str, Request[Any] | Response]] = {
    "ChangeConfiguration": (
        "1.6",
        v16.ChangeConfigurationRequest(key="AuthorizationKey", value=KEY),
    ),
    "SetVariables": (
        "2.0.1",
        v201.SetVariablesRequest(
            set_variable_data=[
                v201.SetVariableData(
                    attribute_value=KEY,
                    component=v201.Component(name="SecurityCtrlr"),
                    variable=v201.Variable(name="BasicAuthPassword"),
                )
            ]
        ),
    ),
}


@pytest.mark.parametrize("name", SECRETS)
def test_frames_are_logged_without_secrets(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ocpp_core")
    version, request = SECRETS[name]
    assert isinstance(request, Request)

    @asynchronous
    async def run() -> None:
        async with pair(version) as (_, peer):
            with pytest.raises(CallRejectedError):
                await peer.call(request)

    run()

    record = next(record for record in caplog.records if record.name == "ocpp_core.frames")
    assert name in record.getMessage()
    assert record.__dict__["identity"] == "CP-1"
    assert KEY not in caplog.text


LOGGED = {  # frames with a secret in it, beyond those that a message class above makes
    "GetConfiguration": '[3,"1",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"%s"}]}]',
    "in another order": '[2,"1","ChangeConfiguration",{"value":"%s","key":"AuthorizationKey"}]',
    "in lower case": '[2,"1","ChangeConfiguration",{"key":"authorizationkey","value":"%s"}]',
    "GetVariables": '[3,"1",{"getVariableResult":[{"attributeStatus":"Accepted","attributeValue":"%s",'
    '"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}]',
    "NotifyReport": '[2,"1","NotifyReport",{"reportData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":'
    '"BasicAuthPassword"},"variableAttribute":[{"value":"%s"}]}]}]',
    "SetNetworkProfile": '[2,"1","SetNetworkProfile",{"connectionData":{"basicAuthPassword":"%s"}}]',
    "APN": '[2,"1","SetNetworkProfile",{"connectionData":{"apn":{"apnPassword":"%s"}}}]',
    "VPN": '[2,"1","SetNetworkProfile",{"connectionData":{"vpn":{"password":"%s"}}}]',
    "VPN key": '[2,"1","SetNetworkProfile",{"connectionData":{"vpn":{"key":"%s","type":"IPSec"}}}]',
    "cut short": '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"%s',
    "DataTransfer": '[2,"1","DataTransfer",{"vendorId":"V","data":"{\\"password\\":\\"%s\\"}"}]',
}


@pytest.mark.parametrize("name", LOGGED)
def test_redaction_hides_the_secret(name: str) -> None:
    text = Redaction().apply(LOGGED[name] % KEY)

    assert KEY not in text
    assert text.startswith(LOGGED[name][:5])


def test_redaction_hides_tokens_only_if_asked() -> None:
    frame = '[2,"1","Authorize",{"idTag":"TAG-1"}]'

    assert Redaction().apply(frame) == frame
    assert "TAG-1" not in Redaction(id_tokens=True).apply(frame)
    assert Redaction().apply(frame.encode()) == frame


def test_redaction_leaves_other_settings() -> None:
    frame = '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"60"}]'

    assert Redaction().apply(frame) == frame
    assert len(Redaction(max_length=10).apply(frame)) == 10


@asynchronous
async def test_what_comes_later_than_close_is_not_waited_for() -> None:
    async with wire() as other:
        async with other.peer:
            pass
        with pytest.raises(ConnectionLostError):
            await other.peer.call(RESET)


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


@asynchronous
async def test_another_thread_may_call_over_the_loop_of_the_peer() -> None:
    """A peer belongs to its loop; asyncio leads there from anywhere."""
    csms = Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    async with pair("1.6", csms=csms) as (peer, _):
        loop = asyncio.get_running_loop()

        def work() -> v16.HeartbeatResponse:
            call = peer.call(v16.HeartbeatRequest())
            return asyncio.run_coroutine_threadsafe(call, loop).result(timeout=5)

        responses = await asyncio.gather(*(asyncio.to_thread(work) for _ in range(3)))

    assert [heartbeat()] * 3 == responses


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
