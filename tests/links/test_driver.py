"""A link between two ends: what is carried, in which order, and what becomes of it when an end is gone."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from loops import asynchronous, in_no_time, turns, until
from ocpp_core import v16, v21, v201
from ocpp_core.dispatch.router import LoneCaller, Router
from ocpp_core.links.driver import Link, carried_out
from ocpp_core.links.ends import RouterEnd
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import (
    CallRejectedError,
    CallTimeoutError,
    ConnectionLostError,
    LocalProtocolError,
    OcppError,
)
from ocpp_core.model.specifications import specification
from ocpp_core.translation.sessions.effects import Call, Effect, Notice, Reply, Side
from ocpp_core.translation.sessions.session import TranslationSession

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AUTHORIZE = v16.AuthorizeRequest(id_tag="04A2")
ACCEPTED = v201.AuthorizeResponse(id_token_info=v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED))
CLEAR = v201.ClearCacheRequest()
CLEARED = v16.ClearCacheResponse(status=v16.ClearCacheStatus.ACCEPTED)


class End:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self, answer: Callable[[Any], Any] | Any) -> None:
        self.asked: list[Any] = []
        self._answer = answer

    async def call(self, request: Any) -> Any:
        self.asked.append(request)
        answer = self._answer(request) if callable(self._answer) else self._answer
        if asyncio.iscoroutine(answer) or isinstance(answer, asyncio.Future):
            answer = await answer
        if isinstance(answer, BaseException):
            raise answer
        return answer


class NotifiedEnd(End):
    async def notify(self, message: Any) -> None:
        self.asked.append(message)


def link_of(station: str = "1.6", csms: str = "2.0.1", **options: Any) -> Link:
    session = TranslationSession(station=station, csms=csms, identity="CP-1")
    given: dict[str, Any] = {"clock": lambda: NOW, **options}
    return Link(session, **given)


@asynchronous
async def test_a_request_of_a_station_is_answered_in_its_own_version() -> None:
    csms = End(ACCEPTED)
    async with link_of() as link:
        link.connected(Side.CSMS, csms)
        answer = await link.receive(Side.STATION, AUTHORIZE)

    assert v16.AuthorizationStatus.ACCEPTED == answer.id_tag_info.status
    assert [v201.AuthorizeRequest] == [type(request) for request in csms.asked]


@asynchronous
async def test_losses_of_both_ways_come_with_the_answer_and_reach_the_end() -> None:
    seen: list[Any] = []

    def answer(_: Any) -> v201.AuthorizeResponse:
        effect = carried_out()
        assert effect is not None
        seen.extend(effect.losses)
        return ACCEPTED

    async with link_of() as link:
        link.connected(Side.CSMS, End(answer))
        carried = await link.carry(Side.STATION, AUTHORIZE)

    assert ["$.idToken.type"] == [loss.path for loss in seen]
    assert seen == list(carried.losses)[: len(seen)]
    assert carried_out() is None


@asynchronous
async def test_the_directions_do_not_wait_for_each_other() -> None:
    """A CSMS may command while the call of the station waits for its answer, and be answered before."""
    release = asyncio.get_running_loop().create_future()
    station = End(CLEARED)
    async with link_of() as link:
        link.connected(Side.STATION, station)
        link.connected(Side.CSMS, End(release))
        waiting = asyncio.create_task(link.receive(Side.STATION, AUTHORIZE))
        await turns(3)
        cleared = await link.receive(Side.CSMS, CLEAR)
        was_waiting = not waiting.done()
        release.set_result(ACCEPTED)
        authorized = await waiting

    assert was_waiting
    assert v201.ClearCacheStatus.ACCEPTED == cleared.status
    assert v16.AuthorizationStatus.ACCEPTED == authorized.id_tag_info.status


@asynchronous
async def test_an_end_may_call_back_inside_its_handler() -> None:
    async def boot(request: Any) -> v201.BootNotificationResponse:
        await link.receive(Side.CSMS, CLEAR)
        return v201.BootNotificationResponse(
            current_time=NOW, interval=300, status=v201.RegistrationStatus.ACCEPTED
        )

    station = End(CLEARED)
    async with link_of() as link:
        link.connected(Side.STATION, station)
        link.connected(Side.CSMS, End(boot))
        answer = await link.receive(
            Side.STATION, v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
        )

    assert v16.RegistrationStatus.ACCEPTED == answer.status
    assert [v16.ClearCacheRequest()] == station.asked


@asynchronous
async def test_one_call_is_out_to_an_end_at_a_time_and_all_keep_their_order() -> None:
    out, most, order = 0, 0, []

    async def answer(request: Any) -> Any:
        nonlocal out, most
        out += 1
        most = max(most, out)
        order.append(request.id_token.id_token)
        await turns(2)
        out -= 1
        return ACCEPTED

    async with link_of() as link:
        link.connected(Side.CSMS, End(answer))
        tags = [f"TAG-{number}" for number in range(20)]
        await asyncio.gather(*(link.receive(Side.STATION, v16.AuthorizeRequest(id_tag=tag)) for tag in tags))

    assert 1 == most
    assert tags == order


@pytest.mark.parametrize(
    "raised, code",
    [
        (CallRejectedError("Authorize", ErrorCode.SECURITY, "no"), ErrorCode.SECURITY),
        (OcppError(ErrorCode.PROPERTY_CONSTRAINT), ErrorCode.PROPERTY_CONSTRAINT),
        (CallTimeoutError("Authorize"), ErrorCode.GENERIC),
        (ConnectionLostError("Authorize"), ErrorCode.GENERIC),
        (LocalProtocolError("a bug of ours"), ErrorCode.INTERNAL),
        (ZeroDivisionError("a bug of theirs"), ErrorCode.INTERNAL),
        (asyncio.CancelledError("of something else"), ErrorCode.INTERNAL),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
@asynchronous
async def test_what_an_end_raises_is_an_answer(raised: Any, code: ErrorCode) -> None:
    async with link_of() as link:
        link.connected(Side.CSMS, End(raised))
        carried = await link.carry(Side.STATION, AUTHORIZE)

    assert isinstance(carried.answer, OcppError)
    assert code is carried.answer.code
    assert raised is carried.cause


@asynchronous
async def test_a_refusal_is_raised_with_its_cause() -> None:
    lost = ConnectionLostError("Authorize")
    async with link_of() as link:
        link.connected(Side.CSMS, End(lost))
        with pytest.raises(OcppError) as info:
            await link.receive(Side.STATION, AUTHORIZE)

    assert lost is info.value.__cause__


@asynchronous
async def test_nobody_at_the_other_end_is_no_answer() -> None:
    async with link_of() as link:
        carried = await link.carry(Side.STATION, AUTHORIZE)

    assert isinstance(carried.answer, OcppError)
    assert ErrorCode.GENERIC is carried.answer.code


@asynchronous
async def test_who_has_gone_is_not_waited_for_and_does_not_wait() -> None:
    never = asyncio.get_running_loop().create_future()
    async with link_of() as link:
        csms, station = End(lambda _: asyncio.shield(never)), End(CLEARED)
        link.connected(Side.STATION, station)
        link.connected(Side.CSMS, csms)
        first = asyncio.create_task(link.carry(Side.STATION, AUTHORIZE))
        second = asyncio.create_task(link.carry(Side.STATION, AUTHORIZE))
        await turns(3)
        link.disconnected(Side.CSMS)
        unanswered = await first
        await second
        link.connected(Side.CSMS, csms)
        third = asyncio.create_task(link.carry(Side.STATION, AUTHORIZE))
        await turns(3)
        link.disconnected(Side.STATION)
        unheard = await third

    for carried in (unanswered, unheard):
        assert isinstance(carried.answer, OcppError)
        assert ErrorCode.GENERIC is carried.answer.code


@asynchronous
async def test_an_end_in_the_place_of_another_is_not_asked_what_that_was_asked() -> None:
    never = asyncio.get_running_loop().create_future()
    old, new = End(lambda _: asyncio.shield(never)), End(ACCEPTED)
    async with link_of() as link:
        link.connected(Side.CSMS, old)
        first = asyncio.create_task(link.carry(Side.STATION, AUTHORIZE))
        await turns(3)
        link.connected(Side.CSMS, new)
        await first
        link.disconnected(Side.CSMS, old)  # it is told late, and changes nothing
        answer = await link.receive(Side.STATION, AUTHORIZE)
        asked = len(new.asked)

    assert v16.AuthorizationStatus.ACCEPTED == answer.id_tag_info.status
    assert 1 == asked


@asynchronous
async def test_a_message_of_another_version_is_the_fault_of_who_hands_it_in() -> None:
    async with link_of() as link:
        link.connected(Side.CSMS, End(ACCEPTED))
        with pytest.raises(LocalProtocolError):
            await link.receive(Side.STATION, CLEAR)
        answer = await link.receive(Side.STATION, AUTHORIZE)

    assert v16.AuthorizationStatus.ACCEPTED == answer.id_tag_info.status


@asynchronous
async def test_a_send_of_2_1_is_carried_and_not_answered() -> None:
    send = v21.NotifyPeriodicEventStream(
        id=1, pending=0, basetime=NOW, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
    )
    csms = NotifiedEnd(None)
    async with link_of("2.1", "2.1") as link:
        link.connected(Side.CSMS, csms)
        await link.notify(Side.STATION, send)

    assert [send] == csms.asked


@asynchronous
async def test_a_router_is_an_end() -> None:
    router = Router()

    @router.on(v201.AuthorizeRequest)
    def authorize(request: v201.AuthorizeRequest, peer: Any) -> v201.AuthorizeResponse:
        return ACCEPTED

    @router.on(v201.HeartbeatRequest)
    def heartbeat(request: v201.HeartbeatRequest, peer: Any) -> v201.HeartbeatResponse:
        raise ZeroDivisionError

    async with link_of() as link:
        link.connected(Side.CSMS, RouterEnd(router, LoneCaller("CP-1", specification("2.0.1"))))
        good = await link.receive(Side.STATION, AUTHORIZE)
        failed = await link.carry(Side.STATION, v16.HeartbeatRequest())
        refused = await link.carry(
            Side.STATION,
            v16.StatusNotificationRequest(
                connector_id=1,
                error_code=v16.ChargePointErrorCode.NO_ERROR,
                status=v16.ChargePointStatus.AVAILABLE,
            ),
        )

    assert v16.AuthorizationStatus.ACCEPTED == good.id_tag_info.status
    assert [ErrorCode.INTERNAL, ErrorCode.NOT_SUPPORTED] == [
        carried.answer.code for carried in (failed, refused) if isinstance(carried.answer, OcppError)
    ]


SEND = v21.NotifyPeriodicEventStream(
    id=1, pending=0, basetime=NOW, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
)


@asynchronous
async def test_handlers_of_this_process_take_what_wants_no_answer() -> None:
    router, told = Router(), list[Any]()
    router.on(v21.NotifyPeriodicEventStream)(lambda message, _: told.append(message))
    end = RouterEnd(router, LoneCaller("CP-1", specification("2.1")))
    async with link_of("2.1", "2.1") as link:
        link.connected(Side.CSMS, end)
        await link.notify(Side.STATION, SEND)

    assert [SEND] == told
    assert "RouterEnd(" in repr(end)


@asynchronous
async def test_an_end_that_takes_nothing_without_an_answer_is_told_nothing() -> None:
    end = End(ACCEPTED)
    async with link_of("2.1", "2.1") as link:
        link.connected(Side.CSMS, end)
        await link.notify(Side.STATION, SEND)

    assert [] == end.asked


@asynchronous
async def test_what_waits_for_its_turn_at_an_end_that_is_gone_is_never_sent() -> None:
    """A message that wants no answer, behind a call that is out."""
    never = asyncio.get_running_loop().create_future()
    end = NotifiedEnd(never)
    async with link_of("2.1", "2.1") as link:
        link.connected(Side.CSMS, end)
        calling = asyncio.create_task(link.carry(Side.STATION, v21.HeartbeatRequest()))
        await until(lambda: end.asked)
        link._begin(Notice(Side.CSMS, SEND, None), None)
        await turns()
        link.disconnected(Side.CSMS)
        never.set_result(v21.HeartbeatResponse(current_time=NOW))
        await calling
        await turns()

    assert [v21.HeartbeatRequest()] == end.asked


class BrokenStore:
    """A disk that is full."""

    def load(self, identity: str) -> dict[Any, Any]:
        return {}

    def save(self, identity: str, changes: Any) -> None:
        raise OSError("no space left")


@asynchronous
async def test_a_store_that_fails_ends_the_session_and_is_told() -> None:
    told: list[BaseException] = []
    session = TranslationSession(station="1.6", csms="2.0.1", identity="CP-1", store=BrokenStore())
    csms = End(ACCEPTED)
    async with Link(session, clock=lambda: NOW, on_broken=told.append) as link:
        link.connected(Side.CSMS, csms)
        start = v16.StartTransactionRequest(connector_id=1, id_tag="04A2", meter_start=0, timestamp=NOW)
        carried = await link.carry(Side.STATION, start)
        after = await link.carry(Side.STATION, AUTHORIZE)
        is_over = link.is_over

    assert is_over
    assert [OSError] == [type(error) for error in told]
    assert [] == csms.asked
    for one in (carried, after):
        assert isinstance(one.answer, OcppError)
        assert ErrorCode.INTERNAL is one.answer.code


@in_no_time
async def test_timers_of_the_session_run() -> None:
    class Session:
        identity = "CP-1"
        wake_at: datetime | None = NOW + timedelta(seconds=5)

        def __init__(self) -> None:
            self.woken_at: list[datetime] = []

        def connected(self, side: Side, now: datetime) -> list[Effect]:
            return []

        def disconnected(self, side: Side, now: datetime) -> list[Effect]:
            return []

        def woken(self, now: datetime) -> list[Effect]:
            self.woken_at.append(now)
            self.wake_at = None
            return []

    loop = asyncio.get_running_loop()
    begun, session = loop.time(), Session()
    clock = lambda: NOW + timedelta(seconds=loop.time() - begun)  # noqa: E731
    async with Link(session, clock=clock) as link:  # type: ignore[arg-type]
        link.connected(Side.CSMS, End(None))
        await asyncio.sleep(9)

    assert [NOW + timedelta(seconds=5)] == session.woken_at


class Timed:
    """A session that keeps the time that it is told, and wants to be woken."""

    identity = "CP-1"

    def __init__(self, wake_at: datetime | None = None) -> None:
        self.wake_at = wake_at
        self.seen: list[datetime] = []

    def connected(self, side: Side, now: datetime) -> list[Effect]:
        self.seen.append(now)
        return []

    disconnected = connected

    def woken(self, now: datetime) -> list[Effect]:
        self.seen.append(now)
        if self.wake_at is not None and self.wake_at <= now:
            self.wake_at = None
        return []


@in_no_time
async def test_time_never_runs_backwards_for_a_session() -> None:
    times = [NOW, NOW - timedelta(hours=1), NOW - timedelta(hours=2), NOW + timedelta(hours=1)]
    session = Timed()

    link = Link(session, clock=iter(times).__next__)  # type: ignore[arg-type]
    link.connected(Side.CSMS, End(None))
    link.disconnected(Side.CSMS)
    await asyncio.sleep(3)
    link.connected(Side.CSMS, End(None))
    link.disconnected(Side.CSMS)

    assert [NOW, NOW, NOW + timedelta(seconds=3), NOW + timedelta(hours=1)] == session.seen


@in_no_time
async def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    """What waits ten seconds in a session has waited ten seconds, whatever the clock on the wall says."""
    session, clock = Timed(NOW + timedelta(seconds=10)), [NOW]
    async with Link(session, clock=lambda: clock[0]) as link:  # type: ignore[arg-type]
        link.connected(Side.CSMS, End(None))
        clock[0] -= timedelta(hours=1)
        await asyncio.sleep(11)
        woken = session.wake_at is None

    assert woken
    assert [NOW, NOW + timedelta(seconds=10)] == session.seen[:2]


@asynchronous
async def test_a_view_sees_every_effect_and_cannot_hurt() -> None:
    seen: list[Effect] = []

    def watch(effect: Effect) -> None:
        seen.append(effect)
        raise ZeroDivisionError

    async with link_of(watch=watch) as link:
        link.connected(Side.CSMS, End(ACCEPTED))
        await link.receive(Side.STATION, AUTHORIZE)

    assert [Call, Reply] == [type(effect) for effect in seen]


@asynchronous
async def test_a_closed_link_carries_nothing_and_leaves_nobody_waiting() -> None:
    never = asyncio.get_running_loop().create_future()
    link = link_of()
    link.connected(Side.CSMS, End(lambda _: asyncio.shield(never)))
    waiting = asyncio.create_task(link.carry(Side.STATION, AUTHORIZE))
    await turns(3)
    await link.close()
    await link.close()
    carried, late = await waiting, await link.carry(Side.STATION, AUTHORIZE)

    for one in (carried, late):
        assert isinstance(one.answer, OcppError)
    assert isinstance(late.answer, OcppError)
    assert ErrorCode.INTERNAL is late.answer.code
    assert None is link.end(Side.CSMS)


@asynchronous
async def test_a_sender_that_gives_up_does_not_stop_what_it_has_asked_for() -> None:
    release = asyncio.get_running_loop().create_future()
    csms = End(lambda _: asyncio.shield(release))
    async with link_of() as link:
        link.connected(Side.CSMS, csms)
        first = asyncio.create_task(link.carry(Side.STATION, AUTHORIZE))
        await turns(3)
        first.cancel()
        second = asyncio.create_task(link.carry(Side.STATION, AUTHORIZE))
        await turns(3)
        release.set_result(ACCEPTED)
        carried = await second

    assert isinstance(carried.answer, v16.AuthorizeResponse)
    assert 2 == len(csms.asked)


@asynchronous
async def test_what_an_end_sets_in_its_context_is_nothing_to_what_comes_after_it() -> None:
    """What is done for a request is done in the context of its sender, whoever's turn it is."""
    mark: ContextVar[str] = ContextVar("mark", default="")
    seen: list[str] = []

    async def answer(_: Any) -> Any:
        seen.append(mark.get())
        mark.set("of an end")
        await turns(2)
        return ACCEPTED

    async def authorize(link: Link, name: str) -> None:
        mark.set(name)
        await link.receive(Side.STATION, AUTHORIZE)

    async with link_of() as link:
        link.connected(Side.CSMS, End(answer))
        await asyncio.gather(*(authorize(link, name) for name in ("first", "second")))

    assert ["first", "second"] == seen
