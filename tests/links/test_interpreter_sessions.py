"""What an interpreter keeps, and what becomes of it: at the end of a session, when a store fails, for a second one."""

import asyncio
import gc
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from interpreting import ACCEPTED, BOOT, HEARTBEAT, NOW, START, Station, answering, interpreter
from loops import asynchronous, turns, until
from ocpp_core import (
    ConnectionLostError,
    ErrorCode,
    NotConnectedError,
    Router,
    Version,
    evolve,
    v16,
    v201,
)
from ocpp_core.links.interpreter import Speech
from ocpp_core.translation import MemoryStore, lost, missing_of


@asynchronous
async def test_a_call_that_waits_when_the_session_ends_is_lost_and_one_behind_it_was_not_sent() -> None:
    station = Station(asyncio.get_running_loop().create_future())
    made = interpreter(Router(), station)
    first = asyncio.create_task(made.call(v201.ClearCacheRequest()))
    second = asyncio.create_task(made.call(v201.ClearCacheRequest()))
    await until(lambda: station.asked)
    await made.close()
    results = await asyncio.gather(first, second, return_exceptions=True)

    assert [ConnectionLostError, NotConnectedError] == [type(result) for result in results]


@asynchronous
async def test_nothing_goes_through_when_the_connection_is_over() -> None:
    made = interpreter(answering(ACCEPTED))
    await made.close()
    answer = await made.handle(BOOT, made)
    with pytest.raises(NotConnectedError):
        await made.call(v201.ClearCacheRequest())

    assert (ErrorCode.INTERNAL, NotConnectedError) == (answer.error and answer.error.code, type(answer.cause))


@asynchronous
async def test_two_interpreters_of_a_station_have_its_records_one_after_the_other() -> None:
    """Each goes on where the other was: a connection that takes the place of another, or another wire."""
    ids: list[str] = []
    router = Router()

    @router.on(v201.TransactionEventRequest)
    def event(request: Any, station: Any) -> Any:
        ids.append(f"{request.event_type} {request.seq_no} {request.transaction_info.transaction_id[:8]}")
        return v201.TransactionEventResponse()

    speech = Speech(Version.V2_0_1)
    first, second = interpreter(router, speech=speech), interpreter(router, speech=speech)
    answer = await first.handle(START, first)
    assert isinstance(answer.response, v16.StartTransactionResponse)
    number = answer.response.transaction_id
    for minutes, one in enumerate((second, first, second), 1):
        time = NOW + timedelta(minutes=minutes)
        reading = v16.MeterValue(timestamp=time, sampled_value=[v16.SampledValue(value="5")])
        meter = v16.MeterValuesRequest(connector_id=1, transaction_id=number, meter_value=[reading])
        assert (await one.handle(meter, one)).error is None
    stop = v16.StopTransactionRequest(
        transaction_id=number, meter_stop=10, timestamp=NOW + timedelta(minutes=9)
    )
    await first.handle(stop, first)
    await speech.close()

    (transaction,) = {one.split()[-1] for one in ids}
    assert [
        f"Started 0 {transaction}",
        *(f"Updated {seq_no} {transaction}" for seq_no in (1, 2, 3)),
        f"Ended 4 {transaction}",
    ] == ids


@asynchronous
async def test_what_comes_while_a_session_is_handed_over_waits_for_the_one_session() -> None:
    speech = Speech(Version.V2_0_1)
    first, second = (interpreter(answering(ACCEPTED), speech=speech) for _ in range(2))
    await first.handle(BOOT, first)
    answers = await asyncio.gather(*(second.handle(evolve(BOOT), second) for _ in range(3)))
    await speech.close()

    assert [None] * 3 == [answer.error for answer in answers]


class Broken(MemoryStore):
    """Fails as often as it is told."""

    failures = 0

    def save(self, identity: str, changes: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("no space left")
        super().save(identity, changes)


@asynchronous
async def test_a_session_whose_store_has_failed_is_made_anew(caplog: pytest.LogCaptureFixture) -> None:
    store = Broken()
    router = Router()
    router.on(v201.TransactionEventRequest)(lambda *_: v201.TransactionEventResponse())
    made = interpreter(router, speech=Speech(Version.V2_0_1, store))
    store.failures = 1
    failed = await made.handle(START, made)
    answer = await made.handle(START, made)
    await made.close()

    assert ErrorCode.INTERNAL == (failed.error and failed.error.code)
    assert isinstance(answer.response, v16.StartTransactionResponse)
    assert "no space left" in caplog.text


class Unreadable(MemoryStore):
    def load(self, identity: str) -> Any:
        raise OSError("the disk has gone")


@asynchronous
async def test_a_store_that_cannot_be_read_refuses_calls_of_both_sides() -> None:
    made = interpreter(answering(ACCEPTED), speech=Speech(Version.V2_0_1, Unreadable()))
    answer = await made.handle(BOOT, made)
    with pytest.raises(OSError, match="the disk has gone"):
        await made.call(v201.ClearCacheRequest())

    assert ErrorCode.INTERNAL == (answer.error and answer.error.code)
    assert isinstance(answer.cause, OSError)


@asynchronous
async def test_a_handler_is_cancelled_with_its_session_and_may_tidy_up() -> None:
    tidied: list[str] = []
    at_work = asyncio.Event()

    async def boot(request: Any, station: Any) -> Any:
        at_work.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            tidied.append("up")

    made = interpreter(answering(boot))
    waiting = asyncio.create_task(made.handle(BOOT, made))
    await at_work.wait()
    await made.close()

    assert ["up"] == tidied
    assert (await waiting).error is not None


@asynchronous
async def test_a_handler_that_does_not_end_is_left_to_itself_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    end, at_work = asyncio.Event(), asyncio.Event()

    async def boot(request: Any, station: Any) -> Any:
        at_work.set()
        while not end.is_set():
            with suppress(asyncio.CancelledError):
                await end.wait()
        return ACCEPTED

    made = interpreter(answering(boot), patience=0.01)
    waiting = asyncio.create_task(made.handle(BOOT, made))
    await at_work.wait()
    await made.close()
    end.set()
    await waiting
    await turns()

    assert "CP-1: a handler goes on although it was cancelled" in caplog.text


@asynchronous
async def test_nothing_is_kept_of_what_was_carried() -> None:
    made = interpreter(answering(ACCEPTED))
    gc.collect()
    before = len(lost._KEPT)
    for _ in range(3):
        await made.handle(evolve(BOOT), made)
    await made.close()
    gc.collect()

    assert (before, 0) == (len(lost._KEPT), len(made._answered))


@asynchronous
async def test_what_a_station_has_left_out_is_found_by_the_request_after_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A station of 2.0.1 counts its events; handlers of 1.6 have no number to look at."""
    router = Router()
    missed: list[Any] = []

    @router.on(v16.StartTransactionRequest)
    async def begun(request: v16.StartTransactionRequest, station: Any) -> v16.StartTransactionResponse:
        missed.extend(missing_of(request))
        info = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
        return v16.StartTransactionResponse(transaction_id=1, id_tag_info=info)

    @router.on(v16.StatusNotificationRequest)
    async def status(request: v16.StatusNotificationRequest, station: Any) -> v16.StatusNotificationResponse:
        assert () == missing_of(request)
        return v16.StatusNotificationResponse()

    made = interpreter(router, Station(version="2.0.1"), speech=Speech(Version.V1_6))
    for number, kind, token in (
        (0, v201.TransactionEvent.STARTED, None),
        (3, v201.TransactionEvent.UPDATED, v201.IdToken(id_token="04A2", type=v201.IdTokenEnum.CENTRAL)),
    ):
        info = v201.Transaction(transaction_id="T", charging_state=v201.ChargingState.CHARGING)
        request = v201.TransactionEventRequest(
            event_type=kind,
            timestamp=NOW,
            trigger_reason=v201.TriggerReason.AUTHORIZED,
            seq_no=number,
            transaction_info=info,
            evse=v201.EVSE(id=1),
            id_token=token,
        )
        await made.handle(request, made)
    await made.close()

    assert [("T", 1, 2)] == [(one.transaction_id, one.first, one.last) for one in missed]
    assert "CP-1: TransactionEvent 1 to 2 of transaction 'T' has not come" in caplog.text
    assert () == missing_of(evolve(HEARTBEAT))
