"""An interpreter between handlers of 2.0.1 and a station of 1.6: what each of the two sees of the other."""

import asyncio
import logging
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

import pytest

from interpreting import ACCEPTED, BOOT, CLEARED, HEARTBEAT, NOW, START, Station, Told, answering, interpreter
from loops import asynchronous, until
from ocpp_core import (
    CallRejectedError,
    CallTimeoutError,
    ConnectionLostError,
    ErrorCode,
    LocalProtocolError,
    NoAnswer,
    NotConnectedError,
    OcppError,
    Router,
    Version,
    evolve,
    v16,
    v21,
    v201,
)
from ocpp_core.dispatch.connection import DEFAULT
from ocpp_core.links.interpreter import Speech
from ocpp_core.translation import losses_of

# What the station is told


@asynchronous
async def test_a_request_is_handled_in_the_version_of_the_handlers_and_answered_in_that_of_the_station() -> (
    None
):
    asked: list[Any] = []

    async def boot(request: Any, station: Any) -> Any:
        asked.append((request.charging_station.model, station.identity))
        return ACCEPTED

    made = interpreter(answering(boot))
    answer = await made.handle(BOOT, made)
    await made.close()

    assert [("Duo", "CP-1")] == asked
    status = v16.RegistrationStatus.ACCEPTED
    assert v16.BootNotificationResponse(status=status, current_time=NOW, interval=300) == answer.response


REFUSED = {
    "on purpose": (OcppError(ErrorCode.SECURITY, "not you"), ErrorCode.SECURITY, False),
    "by a fault": (RuntimeError("boom"), ErrorCode.INTERNAL, True),
    "with nothing": (None, ErrorCode.INTERNAL, True),
    "with another answer": (v201.HeartbeatResponse(current_time=NOW), ErrorCode.INTERNAL, True),
    "with one of another version": (v16.HeartbeatResponse(current_time=NOW), ErrorCode.INTERNAL, True),
    "with one that breaks its schema": (evolve(ACCEPTED, interval="soon"), ErrorCode.INTERNAL, True),
}


@pytest.mark.parametrize("answer, code, is_logged", REFUSED.values(), ids=REFUSED)
@asynchronous
async def test_what_is_no_answer_refuses_the_station_too(
    answer: Any, code: ErrorCode, is_logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong answer is not translated into a right one."""
    made = interpreter(answering(answer))
    got = await made.handle(BOOT, made)
    await made.close()

    assert (None, code) == (got.response, got.error and got.error.code)
    assert is_logged == ("CP-1: the handler of BootNotification has failed" in caplog.text)


@asynchronous
async def test_a_handler_may_leave_a_station_without_an_answer() -> None:
    made = interpreter(answering(NoAnswer(ErrorCode.SECURITY)))
    answer = await made.handle(BOOT, made)
    await made.close()

    assert isinstance(answer.error, NoAnswer)


@asynchronous
async def test_a_handler_that_cancels_its_own_task_has_failed_and_holds_nobody_up() -> None:
    async def boot(request: Any, station: Any) -> Any:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    made = interpreter(answering(boot))
    answers = [await made.handle(BOOT, made) for _ in range(2)]
    await made.close()

    assert [ErrorCode.INTERNAL] * 2 == [answer.error and answer.error.code for answer in answers]


@asynchronous
async def test_what_has_no_handler_is_not_supported() -> None:
    made = interpreter(Router())
    answer = await made.handle(HEARTBEAT, made)
    await made.close()

    assert ErrorCode.NOT_SUPPORTED == (answer.error and answer.error.code)


@asynchronous
async def test_what_a_handler_sets_in_its_context_is_nothing_to_the_next_one() -> None:
    mark: ContextVar[int] = ContextVar("mark", default=0)
    seen: list[int] = []

    async def boot(request: Any, station: Any) -> Any:
        seen.append(mark.get())
        mark.set(len(seen))
        return ACCEPTED

    made = interpreter(answering(boot))
    await asyncio.gather(*(made.handle(BOOT, made) for _ in range(3)))
    await made.close()

    assert [0, 0, 0] == seen


# Losses


@asynchronous
async def test_losses_are_found_by_the_request_and_by_its_response_once_it_is_sent() -> None:
    before: list[Any] = []
    after: list[Any] = []
    router = Router()

    @router.on(v201.AuthorizeRequest)
    def authorize(request: Any, station: Any) -> Any:
        before.append([(loss.path, loss.kind) for loss in losses_of(request)])
        info = v201.IdTokenInfo(status=v201.AuthorizationStatus.NO_CREDIT)
        return v201.AuthorizeResponse(id_token_info=info)

    @router.after(v201.AuthorizeRequest)
    def authorized(request: Any, response: Any, station: Any) -> None:
        after.append([(loss.path, loss.became) for loss in losses_of(response)])

    made, request = interpreter(router), v16.AuthorizeRequest(id_tag="04A2")
    answer = await made.handle(request, made)
    assert answer.response is not None
    assert [] == after
    await made.run_after(request, answer.response, made)
    await made.close()

    assert [[("$.idToken.type", "synthesised")]] == before
    assert [[("$.idTokenInfo.status", v16.AuthorizationStatus.BLOCKED)]] == after


@asynchronous
async def test_losses_of_a_call_are_found_by_its_response() -> None:
    answer = v16.RemoteStartTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED)
    made = interpreter(Router(), Station(answer))
    token = v201.IdToken(id_token="04A2", type=v201.IdTokenEnum.ISO14443)
    request = v201.RequestStartTransactionRequest(id_token=token, remote_start_id=7, evse_id=1)
    response = await made.call(request)
    await made.close()

    assert v201.RequestStartStopStatus.ACCEPTED == response.status
    assert {"$.idToken.type", "$.remoteStartId"} <= {loss.path for loss in losses_of(response)}
    assert () == losses_of(evolve(response))


@asynchronous
async def test_losses_are_logged_by_their_places_and_not_by_their_values(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "ocpp_core.interpreter")
    made = interpreter(Router())
    await made.handle(evolve(BOOT, meter_type="hunter2"), made)
    await made.close()

    assert "CP-1: BootNotification to the handlers is not exact: " in caplog.text
    assert "$.meterType dropped (no_counterpart)" in caplog.text
    assert "hunter2" not in caplog.text


# Calls


@asynchronous
async def test_a_call_has_its_timeout_for_each_answer_of_the_station() -> None:
    station = Station()
    made = interpreter(Router(), station)
    await made.call(v201.ClearCacheRequest(), timeout=7)
    await made.call(v201.ClearCacheRequest())
    await made.close()

    assert [(v16.ClearCacheRequest(), 7), (v16.ClearCacheRequest(), DEFAULT)] == station.asked


FAILURES = {
    "refused": CallRejectedError("ClearCache", ErrorCode.INTERNAL, "no", {"a": 1}),
    "late": CallTimeoutError("ClearCache"),
    "lost": ConnectionLostError("ClearCache"),
    "away": NotConnectedError("ClearCache", "gone"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@asynchronous
async def test_a_call_fails_as_it_does_without_an_interpreter(failure: Any) -> None:
    made = interpreter(Router(), Station(failure))
    with pytest.raises(type(failure)) as caught:
        await made.call(v201.ClearCacheRequest())
    await made.close()

    assert "ClearCache" == caught.value.action
    if isinstance(failure, CallRejectedError):
        assert (ErrorCode.INTERNAL, "no", {"a": 1}, "CP-1") == (
            caught.value.code,
            caught.value.description,
            caught.value.details,
            caught.value.identity,
        )


@asynchronous
async def test_what_the_station_cannot_be_told_is_refused_without_it() -> None:
    station = Station()
    made = interpreter(Router(), station)
    with pytest.raises(CallRejectedError) as caught:
        await made.call(v201.CostUpdatedRequest(total_cost=Decimal(1), transaction_id="TX-1"))
    await made.close()

    assert ErrorCode.NOT_SUPPORTED == caught.value.code
    assert [] == station.asked


MISTAKES: dict[str, tuple[Any, type[Exception], str]] = {
    "other version": (
        v16.ResetRequest(type=v16.ResetType.SOFT),
        LocalProtocolError,
        "this server speaks OCPP 2.0.1 with all stations, and ResetRequest is of 1.6",
    ),
    "breaks its schema": (
        v201.ResetRequest(type="Warm"),  # type: ignore[arg-type]
        LocalProtocolError,
        "$.type: ",
    ),
    "class": (v201.ResetRequest, TypeError, "its fields belong in parentheses"),
}


@pytest.mark.parametrize("request_, kind, said", MISTAKES.values(), ids=MISTAKES)
@asynchronous
async def test_a_mistake_of_the_caller_is_said_and_nothing_is_sent(
    request_: Any, kind: type[Exception], said: str
) -> None:
    station = Station()
    made = interpreter(Router(), station)
    with pytest.raises(kind) as caught:
        await made.call(request_)

    assert said in str(caught.value)
    assert [] == station.asked


STREAM = v21.NotifyPeriodicEventStream(
    id=1, pending=0, basetime=NOW, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
)


@pytest.mark.parametrize("station, handlers", [("2.1", "2.0.1"), ("1.6", "2.1")])
@asynchronous
async def test_what_wants_no_answer_is_lost_with_a_line_in_the_log(
    station: str, handlers: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Only 2.1 has such messages."""
    caplog.set_level(logging.INFO, "ocpp_core.interpreter")
    made = interpreter(Router(), Station(version=station), speech=Speech(Version(handlers)))
    if station == "2.1":
        await made.notify(STREAM, made)
    else:
        await made.tell(STREAM)
    with pytest.raises(TypeError):
        await made.tell("NotifyPeriodicEventStream")  # type: ignore[arg-type]
    await made.close()

    assert "$ dropped (suppressed)" in caplog.text


# Hooks


@asynchronous
async def test_hooks_are_told_what_handlers_and_callers_see() -> None:
    told = Told()
    made = interpreter(answering(ACCEPTED), hooks=[told])
    await made.handle(BOOT, made)
    await made.handle(HEARTBEAT, made)
    response = await made.call(v201.ClearCacheRequest())
    with pytest.raises(CallRejectedError):
        await made.call(v201.CostUpdatedRequest(total_cost=Decimal(1), transaction_id="TX-1"))
    await made.close()

    assert [
        ("in", "ocpp_core.v201.provisioningBootNotification"),
        ("in", "ocpp_core.v201.availabilityHeartbeat"),
        ("out", "ocpp_core.v201.authorizationClearCache"),
        ("out", "ocpp_core.v201.tariff_and_costCostUpdated"),
    ] == [one[:2] for one in told.translated_ones]
    answers = [one[2] for one in told.translated_ones]
    assert [ACCEPTED, None, response, None] == [answer.response for answer in answers]
    assert [None, ErrorCode.NOT_SUPPORTED, None, ErrorCode.NOT_SUPPORTED] == [
        answer.error and answer.error.code for answer in answers
    ]


class PerAction(Station):
    """A station with an answer for each action."""

    async def ask(self, request: Any, *, timeout: Any) -> Any:
        return self._answer[request.__ocpp__.action]


SET_PROFILE = v201.SetChargingProfileRequest(
    evse_id=1,
    charging_profile=v201.ChargingProfile(
        id=5,
        stack_level=0,
        charging_profile_purpose=v201.ChargingProfilePurpose.TX_DEFAULT_PROFILE,
        charging_profile_kind=v201.ChargingProfileKind.RELATIVE,
        charging_schedule=[
            v201.ChargingSchedule(
                id=5,
                charging_rate_unit=v201.ChargingRateUnit.A,
                charging_schedule_period=[v201.ChargingSchedulePeriod(start_period=0, limit=Decimal(16))],
            )
        ],
    ),
)
GET_PROFILES = v201.GetChargingProfilesRequest(
    request_id=9, charging_profile=v201.ChargingProfileCriterion(charging_profile_id=[5])
)


@asynchronous
async def test_what_the_session_asks_by_itself_is_handled_and_has_its_hooks() -> None:
    """A station of 1.6 cannot report its profiles: the session does, from what it has seen."""
    seen: list[Any] = []
    after: list[Any] = []
    told = Told()
    router = Router()

    @router.on(v201.ReportChargingProfilesRequest)
    async def report(request: Any, station: Any) -> Any:
        seen.append(request.request_id)
        return v201.ReportChargingProfilesResponse()

    @router.after(v201.ReportChargingProfilesRequest)
    async def reported(request: Any, response: Any, station: Any) -> None:
        after.append((await station.call(v201.ClearCacheRequest())).status)

    accepted = v16.SetChargingProfileResponse(status=v16.ChargingProfileStatus.ACCEPTED)
    station = PerAction({"SetChargingProfile": accepted, "ClearCache": CLEARED})
    made = interpreter(router, station, hooks=[told])
    await made.call(SET_PROFILE)
    await made.call(GET_PROFILES)
    await until(lambda: after)
    await made.close()

    assert ([9], ["Accepted"]) == (seen, after)
    assert ("in", "ocpp_core.v201.smart_chargingReportChargingProfiles") in [
        one[:2] for one in told.translated_ones
    ]


@asynchronous
async def test_hooks_of_what_the_session_asks_end_with_it() -> None:
    at_work = asyncio.Event()
    router = Router()
    router.on(v201.ReportChargingProfilesRequest)(lambda *_: v201.ReportChargingProfilesResponse())

    @router.after(v201.ReportChargingProfilesRequest)
    async def reported(request: Any, response: Any, station: Any) -> None:
        at_work.set()
        await asyncio.Event().wait()

    accepted = v16.SetChargingProfileResponse(status=v16.ChargingProfileStatus.ACCEPTED)
    made = interpreter(router, PerAction({"SetChargingProfile": accepted}))
    await made.call(SET_PROFILE)
    await made.call(GET_PROFILES)
    await at_work.wait()
    await made.close()


@asynchronous
async def test_what_the_session_asks_by_itself_may_have_no_handler() -> None:
    told = Told()
    accepted = v16.SetChargingProfileResponse(status=v16.ChargingProfileStatus.ACCEPTED)
    made = interpreter(Router(), PerAction({"SetChargingProfile": accepted}), hooks=[told])
    await made.call(SET_PROFILE)
    await made.call(GET_PROFILES)
    await until(lambda: len(told.translated_ones) == 3)
    await made.close()

    refusals = [answer.error.code for _, _, answer in told.translated_ones if answer.error is not None]
    assert [ErrorCode.NOT_SUPPORTED] == refusals


@asynchronous
async def test_what_the_session_asks_the_station_by_itself_has_the_timeout_of_the_connection() -> None:
    """A reset that was to wait until the station is idle, which 1.6 cannot do by itself."""
    station = Station(v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
    router = Router()
    router.on(v201.TransactionEventRequest)(lambda *_: v201.TransactionEventResponse())
    made = interpreter(router, station)
    started = await made.handle(START, made)
    assert isinstance(started.response, v16.StartTransactionResponse)
    scheduled = await made.call(v201.ResetRequest(type=v201.Reset.ON_IDLE), timeout=7)
    before = list(station.asked)
    number = started.response.transaction_id
    await made.handle(v16.StopTransactionRequest(transaction_id=number, meter_stop=1, timestamp=NOW), made)
    await until(lambda: station.asked)
    await made.close()

    assert ([], v201.ResetStatus.SCHEDULED) == (before, scheduled.status)
    assert [(v16.ResetRequest(type=v16.ResetType.SOFT), DEFAULT)] == station.asked
