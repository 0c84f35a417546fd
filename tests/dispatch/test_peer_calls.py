"""Our calls over a Peer: what they come to, whose turn it is, and callers that give up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from loops import asynchronous, until
from ocpp_core import ErrorCode, JsonCodec, LocalProtocolError, OcppError, v16, v21, v201
from ocpp_core.dispatch.peer import Peer
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import (
    CallRejectedError,
    CallResultInvalidError,
    CallTimeoutError,
    ConnectionLostError,
    NotConnectedError,
)
from ocpp_core.model.messages import Request
from ocpp_core.transports.memory import pair
from wire import NOW, RESET, Wire, heartbeat, wire

# --- outcomes ----------------------------------------------------------------------------------------------------


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
    def refuse(*_: Any) -> Any:
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

    assert [type(result) for result in results] == [ConnectionLostError, NotConnectedError, NotConnectedError]
    assert ["Reset"] * 3 == [getattr(result, "action", None) for result in results]
    with pytest.raises(NotConnectedError) as info:
        await other.peer.call(RESET)
    assert "Reset" == info.value.action
    with pytest.raises(NotConnectedError):
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
        with pytest.raises(TypeError, match="timeout"):
            await wrong


NO_TIMEOUTS: list[tuple[Any, type[Exception], str]] = [
    ("10", TypeError, "timeout of seconds, or None; got the text '10'"),
    (True, TypeError, "timeout of seconds, or None; got True"),
    (float("nan"), ValueError, "timeout of seconds, or None; got NaN"),
]


@pytest.mark.parametrize("timeout, error, said", NO_TIMEOUTS)
@asynchronous
async def test_a_timeout_is_a_number_of_seconds(timeout: Any, error: type[Exception], said: str) -> None:
    csms = Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    async with pair("1.6", csms=csms) as (peer, _):
        with pytest.raises(error, match=said):
            await peer.call(v16.HeartbeatRequest(), timeout=timeout)
        answer = await peer.call(v16.HeartbeatRequest(), timeout=30)

    assert isinstance(answer, v16.HeartbeatResponse)


@asynchronous
async def test_what_comes_later_than_close_is_not_waited_for() -> None:
    async with wire() as other:
        async with other.peer:
            pass
        with pytest.raises(NotConnectedError):
            await other.peer.call(RESET)


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


# --- turns -------------------------------------------------------------------------------------------------------


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


# --- callers that give up ----------------------------------------------------------------------------------------


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


async def queued(other: Wire, count: int) -> "list[asyncio.Task[v16.ResetResponse]]":
    """So many callers; the first has its turn, the others wait for theirs."""
    calls = [asyncio.create_task(other.peer.call(RESET)) for _ in range(count)]
    await until(lambda: other.sent)
    return calls


async def ends_of(calls: "list[asyncio.Task[v16.ResetResponse]]") -> list[type]:
    """What each of them came to."""
    return [type(end) for end in await asyncio.gather(*calls, return_exceptions=True)]


@asynchronous
async def test_a_caller_that_has_given_up_before_its_turn_is_not_told_of_the_end() -> None:
    async with wire() as other:
        calls = await queued(other, 3)
        calls[1].cancel()

    assert [ConnectionLostError, asyncio.CancelledError, NotConnectedError] == await ends_of(calls)
    assert 1 == len(other.sent)


@asynchronous
async def test_callers_that_have_given_up_before_their_turn_are_not_kept() -> None:
    async with wire() as other:
        calls = await queued(other, 4)
        calls[1].cancel()
        other.peer.receive('[3,"1",{"status":"Accepted"}]')  # before the caller knows
        assert 2 == len(other.sent) + len(other.peer._outbox)
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
