"""Flow control of a Peer: back-logs wait, and what a peer may have us hold is bounded, in bytes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest

from bounds import memory
from loops import asynchronous, in_no_time, until
from ocpp_core import JsonCodec, LocalProtocolError, v16, v21
from ocpp_core.dispatch.connection import TYPED, size_of
from ocpp_core.dispatch.peer import MOST_AT_ONCE, Peer
from ocpp_core.dispatch.router import Router
from wire import RESET, Wire, heartbeat, wire

STOPPED = v16.StopTransactionResponse()
MOMENT = "2026-01-31T12:00:00Z"


def stop(number: int) -> str:
    payload = {"transactionId": number, "meterStop": 5, "timestamp": MOMENT}
    return json.dumps([2, f"stop-{number}", "StopTransaction", payload])


def stream(number: int, values: int = 1) -> str:
    data = [{"t": 0, "v": "1"}] * values
    payload = {"id": number, "pending": 0, "basetime": MOMENT, "data": data}
    return json.dumps([6, f"send-{number}", "NotifyPeriodicEventStream", payload])


def kinds(frames: Iterable[str]) -> list[tuple[int, str]]:
    """Type and id of each frame."""
    return [(type, id) for type, id, *_ in map(json.loads, frames)]


# --- back-logs ---------------------------------------------------------------------------------------------------


def at_once(*_: Any) -> v16.StopTransactionResponse:
    return STOPPED


async def as_coroutine(*_: Any) -> v16.StopTransactionResponse:
    return STOPPED


async def after_a_turn(*_: Any) -> v16.StopTransactionResponse:
    await asyncio.sleep(0)
    return STOPPED


async def after_a_while(*_: Any) -> v16.StopTransactionResponse:
    await asyncio.sleep(0.05)
    return STOPPED


@pytest.mark.parametrize("handler", [at_once, as_coroutine, after_a_turn, after_a_while])
@pytest.mark.parametrize("count", [18, 50, 500])
@in_no_time
async def test_a_station_that_drains_its_queue_is_never_refused(count: int, handler: Any) -> None:
    """However many calls come in one segment: the rule of one outstanding call binds who sends them."""
    router = Router()
    router.on(v16.StopTransactionRequest)(handler)
    async with wire(router) as other:
        for number in range(count):
            other.put(stop(number))
        await until(lambda: len(other.sent) == count)

    assert [(3, f"stop-{number}") for number in range(count)] == kinds(other.sent)


@in_no_time
async def test_nor_is_it_refused_while_a_call_of_ours_waits_and_its_answer_comes_behind() -> None:
    router = Router()
    router.on(v16.StopTransactionRequest)(after_a_while)
    async with wire(router) as other:
        call = asyncio.create_task(other.peer.call(RESET))
        await until(lambda: other.sent)
        for number in range(500):
            other.put(stop(number))
        other.put('[3,"1",{"status":"Accepted"}]')

        assert "Accepted" == (await call).status

        await until(lambda: len(other.sent) == 501)

    assert [(3, f"stop-{number}") for number in range(500)] == kinds(other.sent[1:])


@pytest.mark.parametrize("handler", [at_once, as_coroutine])
@asynchronous
async def test_handlers_that_are_ready_run_between_messages_that_lie_ready(handler: Any) -> None:
    """Else a station with a long back-log would have us hold it all, and all the other stations wait."""
    router, most = Router(), 0
    router.on(v16.StopTransactionRequest)(handler)
    async with wire(router) as other:
        receive = other.peer.receive

        def noting(message: str) -> None:
            nonlocal most
            receive(message)
            most = max(most, other.peer._connection.held)

        other.peer.receive = noting  # type: ignore[method-assign]
        for number in range(50):
            other.put(stop(number))
        await until(lambda: len(other.sent) == 50)

    assert most <= 1


@asynchronous
async def test_those_of_notices_and_the_writer_do_so_too() -> None:
    router, most = Router(), 0
    router.on(v21.NotifyPeriodicEventStream)(lambda *_: None)
    async with wire(router, "2.1") as other:
        receive = other.peer.receive

        def noting(message: str) -> None:
            nonlocal most
            receive(message)
            most = max(most, len(other.peer._tasks), len(other.peer._outbox))

        other.peer.receive = noting  # type: ignore[method-assign]
        for number in range(50):
            other.put(stream(number))
            other.put(f'[2,"{number}","Nothing",{{}}]')
        await until(lambda: len(other.sent) == 50)

    assert 1 == most


# --- the bound ---------------------------------------------------------------------------------------------------


class Slow:
    """A router whose handlers work until they may end."""

    def __init__(self) -> None:
        self.router = Router()
        self.seen: list[int] = []
        self.may_end = asyncio.Event()
        self.router.on(v16.StopTransactionRequest)(self._stop)
        self.router.on(v21.NotifyPeriodicEventStream)(self._notice)

    async def _stop(self, request: v16.StopTransactionRequest, _: Any) -> v16.StopTransactionResponse:
        self.seen.append(request.transaction_id)
        await self.may_end.wait()
        return STOPPED

    async def _notice(self, message: v21.NotifyPeriodicEventStream, _: Any) -> None:
        self.seen.append(message.id)
        await self.may_end.wait()


async def settled(read: Callable[[], object]) -> None:
    """Waits until what is ready has run, and nothing changes any more."""
    before: object = None
    while before != (before := read()):
        for _ in range(20):
            await asyncio.sleep(0)


@asynchronous
async def test_at_the_bound_nobody_reads_until_an_answer_has_made_room() -> None:
    """Nothing is refused: what is not read waits with the peer."""
    slow = Slow()
    most = TYPED * size_of(stop(0)) + 3 * size_of(stop(1))  # the first at work, and three
    async with wire(slow.router, max_held_bytes=most) as other:
        for number in range(9):
            other.put(stop(number))
        await settled(other._inbox.qsize)

        assert (4, 3, False) == (
            other._inbox.qsize(),
            other.peer._connection.held,
            other.peer.can_receive,
        )

        slow.may_end.set()
        await until(lambda: len(other.sent) == 9)

    assert [(3, f"stop-{number}") for number in range(9)] == kinds(other.sent)


@asynchronous
async def test_while_a_call_of_ours_waits_what_is_beyond_the_bound_is_refused_and_its_answer_found() -> None:
    slow = Slow()
    async with wire(slow.router, max_held_bytes=3 * size_of(stop(0))) as other:
        call = asyncio.create_task(other.peer.call(RESET))
        await until(lambda: other.sent)
        for number in range(9):
            other.put(stop(number))
        other.put('[3,"1",{"status":"Accepted"}]')

        assert "Accepted" == (await call).status

        await until(lambda: len(other.sent) == 6)
        slow.may_end.set()
        await until(lambda: len(other.sent) == 10)

    assert [(4, f"stop-{number}") for number in range(4, 9)] == kinds(other.sent[1:6])
    assert all("GenericError" in frame for frame in other.sent[1:6])
    assert [(3, f"stop-{number}") for number in range(4)] == kinds(other.sent[6:])


@in_no_time
async def test_a_call_of_ours_that_times_out_lets_the_reading_stop_again() -> None:
    slow = Slow()
    async with wire(slow.router, max_held_bytes=1) as other:
        other.put(stop(0))
        await until(lambda: slow.seen)
        call = asyncio.create_task(other.peer.call(RESET, timeout=5))
        other.put(stop(1))
        await until(lambda: other.peer._connection.held)
        await asyncio.gather(call, return_exceptions=True)
        for number in range(2, 9):
            other.put(stop(number))
        await settled(other._inbox.qsize)

        assert (6, 1) == (other._inbox.qsize(), other.peer._connection.held)

        slow.may_end.set()
        await until(lambda: len(other.sent) == 10)

    assert [(2, "1"), *((3, f"stop-{number}") for number in range(9))] == kinds(other.sent)


@in_no_time
async def test_calls_that_cross_with_back_logs_on_both_sides_do_not_lock_each_other() -> None:
    """A handler calls its caller back, whose answer comes behind a back-log; or never, and then the call times out."""
    router = Router()

    @router.on(v16.StopTransactionRequest)
    async def call_back(_: Any, peer: Any) -> v16.StopTransactionResponse:
        with suppress(TimeoutError):
            await peer.call(RESET, timeout=5)
        return STOPPED

    async with wire(router, max_held_bytes=4 * size_of(stop(0))) as other:
        for number in range(3):
            other.put(stop(number))
        await until(lambda: len(other.sent) == 1)
        other.put('[3,"1",{"status":"Accepted"}]')  # behind two that wait for the answer to the first
        await until(lambda: len(other.sent) == 6)

    assert [(2, "1"), (3, "stop-0"), (2, "2"), (3, "stop-1"), (2, "3"), (3, "stop-2")] == kinds(other.sent)


@asynchronous
async def test_notices_at_work_are_bounded_by_not_reading() -> None:
    slow = Slow()
    async with wire(slow.router, "2.1", max_held_bytes=3 * TYPED * size_of(stream(0))) as other:
        for number in range(9):
            other.put(stream(number))
        await settled(other._inbox.qsize)

        assert ([0, 1, 2], 5) == (slow.seen, other._inbox.qsize())

        slow.may_end.set()
        await until(lambda: len(slow.seen) == 9)

    assert list(range(9)) == slow.seen


@asynchronous
async def test_notices_beyond_the_bound_are_dropped_while_a_call_of_ours_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    slow = Slow()
    async with wire(slow.router, "2.1", max_held_bytes=3 * TYPED * size_of(stream(0))) as other:
        call = asyncio.create_task(other.peer.call(v21.ClearCacheRequest()))
        await until(lambda: other.sent)
        for number in range(9):
            other.put(stream(number))
        other.put('[3,"1",{"status":"Accepted"}]')
        await call

        assert [0, 1, 2] == slow.seen
        assert 6 == caplog.text.count("NotifyPeriodicEventStream is dropped: too many are at work")

        slow.may_end.set()
        await until(lambda: not other.peer._tasks)
        other.put(stream(9))
        await until(lambda: 9 in slow.seen)


@asynchronous
async def test_who_does_not_read_our_answers_is_not_read_and_has_none_made() -> None:
    """Its calls would each be answered, and small ones may have large answers. Not even for a call of ours."""
    router, handled = Router(), 0
    status = v16.DataTransferStatus.ACCEPTED
    may_send = asyncio.Event()

    @router.on(v16.DataTransferRequest)
    def handler(*_: Any) -> v16.DataTransferResponse:
        nonlocal handled
        handled += 1
        return v16.DataTransferResponse(status=status, data="x" * 1_000)

    one = Wire(router, max_held_bytes=5_000)

    async def send(message: str) -> None:
        await may_send.wait()
        one.sent.append(message)

    one.peer._send = send
    call = asyncio.create_task(one.peer.call(RESET))
    running = asyncio.create_task(one.peer.run(one.messages()))
    for number in range(100):
        one.put(f'[2,"{number}","DataTransfer",{{"vendorId":"V"}}]')
    await settled(one._inbox.qsize)

    assert 5 == handled
    assert one.peer._unsent < 5_000 + 1_200
    assert 90 < one._inbox.qsize()

    may_send.set()
    await until(lambda: len(one.sent) == 101)
    one.put(None)
    await asyncio.gather(running, call, return_exceptions=True)

    assert [(3, str(number)) for number in range(100)] == kinds(one.sent[1:])


@asynchronous
async def test_a_call_that_waits_for_its_answer_to_be_made_ends_with_the_connection() -> None:
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)
    one = Wire(router, max_held_bytes=1)
    stuck = asyncio.Event()

    async def send(_: str) -> None:
        await stuck.wait()

    one.peer._send = send
    call = asyncio.create_task(one.peer.call(RESET))
    running = asyncio.create_task(one.peer.run(one.messages()))
    await settled(lambda: one.peer._unsent)
    one.peer.receive('[2,"1","Heartbeat",{}]')
    await settled(lambda: len(one.peer._tasks))
    assert 1 == len(one.peer._tasks)
    one.put(None)
    await running

    assert not one.peer._tasks
    await asyncio.gather(call, return_exceptions=True)


@asynchronous
async def test_what_a_dead_transport_cannot_send_is_not_kept() -> None:
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)
    one = Wire(router, max_held_bytes=1)

    async def send(_: str) -> None:
        raise OSError("cable")

    one.peer._send = send
    running = asyncio.create_task(one.peer.run(one.messages()))
    for number in range(50):
        one.put(f'[2,"{number}","Heartbeat",{{}}]')
    await until(lambda: not one._inbox.qsize())
    await settled(lambda: len(one.peer._tasks))

    assert (0, 0) == (one.peer._unsent, len(one.peer._outbox))
    one.put(None)
    await running


@asynchronous
async def test_a_driver_of_its_own_is_told_and_one_that_does_not_heed_it_sees_calls_refused() -> None:
    slow = Slow()
    one = Wire(slow.router, max_held_bytes=2 * size_of(stop(0)))

    assert one.peer.can_receive

    for number in range(5):
        one.peer.receive(stop(number))

        assert not one.peer.can_receive

    slow.may_end.set()
    running = asyncio.create_task(one.peer.run(one.messages()))  # sends
    await until(lambda: len(one.sent) == 5)
    one.put(None)
    await running

    assert [(4, "stop-3"), (4, "stop-4"), *((3, f"stop-{number}") for number in range(3))] == kinds(one.sent)


@pytest.mark.parametrize("most", [0, -1])
def test_a_bound_that_lets_nothing_in_is_refused(most: int) -> None:
    with pytest.raises(LocalProtocolError, match="max_held_bytes"):
        Wire(max_held_bytes=most)


# --- the end of what is not read ----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["lost", "close"])
@asynchronous
async def test_a_connection_that_is_not_read_ends_all_the_same(end: str) -> None:
    """The handler never ends by itself, and nobody would see that its caller is gone."""
    slow = Slow()
    one = Wire(slow.router, max_held_bytes=1)
    running = asyncio.create_task(one.peer.run(one.messages()))
    for number in range(3):
        one.put(stop(number))
    one.put(None)
    await settled(one._inbox.qsize)
    assert not running.done()

    if end == "lost":
        one.peer.lost()
    else:
        await one.peer.close()
    await running

    assert [0] == slow.seen


# --- memory -------------------------------------------------------------------------------------------------------

KIB = 1_024
BOUND = 128 * KIB
LARGE = 16 * KIB


@pytest.mark.parametrize("do_we_call", [False, True], ids=["we-listen", "we-call"])
@pytest.mark.parametrize("what", ["calls", "notices", "both", "unread answers"])
@asynchronous
async def test_a_flood_takes_a_small_multiple_of_the_bound(what: str, do_we_call: bool) -> None:
    """Four times as much is sent, and would take twenty times that if it were kept as objects."""
    router = Router()
    never = asyncio.Event()

    async def wait(*_: Any) -> Any:
        await never.wait()

    router.on(v21.MeterValuesRequest)(wait)
    router.on(v21.NotifyPeriodicEventStream)(wait)
    status = v21.DataTransferStatus.ACCEPTED
    router.on(v21.DataTransferRequest)(lambda *_: v21.DataTransferResponse(status=status, data="x" * LARGE))
    made: dict[str, Callable[[int], list[str]]] = {
        "calls": lambda number: [meter_values(number)],
        "notices": lambda number: [stream(number, LARGE // 18)],
        "both": lambda number: [stream(number, LARGE // 36), meter_values(number)],
        "unread answers": lambda number: [f'[2,"{number}","DataTransfer",{{"vendorId":"V"}}]'],
    }

    async def messages() -> AsyncIterator[str]:
        for number in range(30):
            for message in made[what](number):
                yield message

    async def send(_: str) -> None:
        await never.wait()

    peer: Peer[str] = Peer(JsonCodec("2.1"), router, send, max_held_bytes=BOUND, grace=0.0)
    for message in made[what](0):
        peer.codec.decode(message)  # compiles
    call = asyncio.create_task(peer.call(v21.ClearCacheRequest())) if do_we_call else None
    with memory(10 * BOUND):
        running = asyncio.create_task(peer.run(messages()))
        await settled(lambda: (peer._connection.held_bytes, peer._unsent, running.done()))
        running.cancel()
        await asyncio.gather(running, *filter(None, [call]), return_exceptions=True)


def meter_values(number: int) -> str:
    sampled = [{"value": 1}] * (LARGE // 12)
    payload = {"evseId": 1, "meterValue": [{"timestamp": MOMENT, "sampledValue": sampled}]}
    return json.dumps([2, str(number), "MeterValues", payload], separators=(",", ":"))


# --- messages that are handed over --------------------------------------------------------------------------------


@asynchronous
async def test_a_message_that_is_handed_over_is_answered_in_the_same_step() -> None:
    sent: list[str] = []
    router = Router()
    router.on(v16.StopTransactionRequest)(at_once)
    peer = Peer(JsonCodec("1.6"), router, sent.append)
    asked = asyncio.Event()

    async def messages() -> AsyncIterator[str]:
        asked.set()
        await asyncio.Event().wait()
        yield ""

    running = asyncio.create_task(peer.run(messages()))
    await asked.wait()
    taken = [peer.take(stop(number)) for number in range(20)]

    # The others have a turn, for which `run` is there.
    assert [True] * MOST_AT_ONCE + [False] * (20 - MOST_AT_ONCE) == taken
    assert [(3, f"stop-{number}") for number in range(MOST_AT_ONCE)] == kinds(sent)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    "before, version",
    [
        ([stop(1), stop(2)], "1.6"),
        ([stream(1)], "2.1"),
    ],
    ids=["a call is held", "a notification is at work"],
)
@asynchronous
async def test_nothing_overtakes_what_waits(before: list[str], version: str) -> None:
    router = Router()

    async def never(*_: Any) -> Any:
        await asyncio.Event().wait()

    router.on(v16.StopTransactionRequest)(never)
    router.on(v21.NotifyPeriodicEventStream)(never)
    async with wire(router, version) as one:
        for message in before:
            one.peer.receive(message)

        assert not one.peer.take('[2,"9","Heartbeat",{}]')


@asynchronous
async def test_who_does_not_read_is_not_taken_from() -> None:
    async with wire() as one:
        one.peer._unsent = one.peer._max_held_bytes

        assert not one.peer.take('[2,"9","Heartbeat",{}]')
