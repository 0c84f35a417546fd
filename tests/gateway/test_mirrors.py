"""Back-ends that look on: they hear what the station sends, decide nothing, and are never waited for."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from gateways import AT_ONCE, gateway_to, obedient, office, station
from loops import asynchronous, turns, until
from ocpp_core import v16, v201
from ocpp_core.dispatch.router import LoneCaller
from ocpp_core.gateway import Backend
from ocpp_core.gateway.mirrors import WAITING, WAITING_SIZE, Mirror, _size
from ocpp_core.gateway.numbers import Numbers, UnknownTransactionError
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallRejectedError, OcppError
from ocpp_core.model.specifications import specification
from ocpp_core.translation import Policy
from ocpp_core.translation.sessions.effects import Side
from ocpp_core.translation.sessions.stores import MemoryStore

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
BOOT = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
START = v16.StartTransactionRequest(connector_id=1, id_tag="04A2", meter_start=0, timestamp=NOON)
NEXT = v16.StartTransactionRequest(connector_id=1, id_tag="04A2", meter_start=5, timestamp=NOON)
STOPPED = v16.RemoteStopTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED)
RESET = v16.ResetResponse(status=v16.ResetStatus.ACCEPTED)


def stop(started: Any) -> v16.StopTransactionRequest:
    return v16.StopTransactionRequest(
        transaction_id=started.transaction_id, meter_stop=5, timestamp=NOON + timedelta(minutes=1)
    )


def numbering_from(first: int) -> Any:
    """A handler of StartTransaction that gives out ids of its own."""
    ids = count(first)
    return lambda *_: v16.StartTransactionResponse(
        transaction_id=next(ids), id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.INVALID)
    )


@pytest.mark.parametrize("primary, mirror", [("2.0.1", "1.6"), ("1.6", "2.0.1"), ("1.6", "1.6")])
@asynchronous
async def test_a_mirror_hears_the_transactions_of_a_station_under_its_own_ids(
    primary: str, mirror: str
) -> None:
    async with office(primary) as main, office(mirror) as side:
        for one, first in ((main, 100), (side, 500)):
            one.router.on(v16.StartTransactionRequest)(numbering_from(first))
        async with gateway_to(main.backend(), side.backend()) as (_, port), station(port) as peer:
            await peer.call(BOOT)
            for start in (START, NEXT):
                await peer.call(stop(await peer.call(start)))
            await peer.call(v16.HeartbeatRequest())
            await until(lambda: side.actions[-1:] == ["Heartbeat"])

    if mirror == "1.6":
        stops: list[Any] = [one for one in side.heard if isinstance(one, v16.StopTransactionRequest)]
        assert [500, 501] == [one.transaction_id for one in stops]
    else:
        events: list[Any] = [one for one in side.heard if isinstance(one, v201.TransactionEventRequest)]
        ids = [one.transaction_info.transaction_id for one in events]
        assert ["Started", "Ended"] * 2 == [str(one.event_type) for one in events]
        assert [ids[0], ids[0], ids[2], ids[2]] == ids


@asynchronous
async def test_the_primary_alone_decides() -> None:
    async with office("1.6") as main, office("2.0.1") as side:
        main.router.on(v16.AuthorizeRequest)(
            lambda *_: v16.AuthorizeResponse(
                id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.BLOCKED)
            )
        )
        async with gateway_to(main.backend(), side.backend()) as (_, port), station(port) as peer:
            answer = await peer.call(v16.AuthorizeRequest(id_tag="04A2"))
            await until(lambda: side.heard)

    assert v16.AuthorizationStatus.BLOCKED == answer.id_tag_info.status
    assert ["Authorize"] == side.actions


@asynchronous
async def test_a_mirror_asks_only_what_it_may() -> None:
    async with office("2.0.1") as main, office("1.6") as side:
        mirror = side.backend(allows=["Reset"])
        async with gateway_to(main.backend(), mirror) as (_, port), station(port, router=obedient(RESET)):
            reset: Any = await side.call(v16.ResetRequest(type=v16.ResetType.SOFT))
            with pytest.raises(CallRejectedError) as info:
                await side.call(v16.ClearCacheRequest())

    assert v16.ResetStatus.ACCEPTED == reset.status
    assert ErrorCode.SECURITY is info.value.code


@asynchronous
async def test_a_mirror_asks_nothing_by_default() -> None:
    async with office("2.0.1") as main, office("1.6") as side:
        backends = (main.backend(), side.backend())
        async with gateway_to(*backends) as (_, port), station(port, router=obedient(RESET)):
            with pytest.raises(CallRejectedError):
                await side.call(v16.ResetRequest(type=v16.ResetType.SOFT))


@asynchronous
async def test_what_a_mirror_asks_names_the_transaction_as_the_station_knows_it() -> None:
    asked: list[Any] = []

    def obey(request: Any, _: Any) -> v16.RemoteStopTransactionResponse:
        asked.append(request.transaction_id)
        return STOPPED

    async with office("2.0.1") as main, office("1.6") as side:
        side.router.on(v16.StartTransactionRequest)(numbering_from(500))
        mirror = side.backend(allows=["RemoteStopTransaction"])
        async with gateway_to(main.backend(), mirror) as (_, port):
            router = obedient()
            router.on(v16.RemoteStopTransactionRequest)(obey)
            async with station(port, router=router) as peer:
                started = await peer.call(START)
                await peer.call(v16.HeartbeatRequest())
                await until(lambda: side.actions[-1:] == ["Heartbeat"])
                answer: Any = await side.call(v16.RemoteStopTransactionRequest(transaction_id=500))

    assert v16.RemoteStartStopStatus.ACCEPTED == answer.status
    assert [started.transaction_id] == asked
    assert 500 != started.transaction_id


@asynchronous
async def test_a_mirror_that_says_nothing_holds_nobody_up() -> None:
    never = asyncio.Event()

    async def wait(*_: Any) -> None:
        await never.wait()

    async with office("2.0.1") as main, office("1.6", grace=0.1) as side:
        side.router.middleware(wait)
        async with gateway_to(main.backend(), side.backend()) as (_, port), station(port) as peer:
            await peer.call(BOOT)
            for _ in range(2 * WAITING):
                await peer.call(v16.HeartbeatRequest())

    assert 2 * WAITING + 1 == len(main.heard)


@asynchronous
async def test_a_mirror_that_comes_late_hears_the_boot_and_what_is_newest() -> None:
    async with office("2.0.1") as main, office("1.6") as side:
        await side.stop()
        async with gateway_to(main.backend(), side.backend()) as (_, port), station(port) as peer:
            await peer.call(BOOT)
            for number in range(WAITING + 5):
                await peer.call(v16.AuthorizeRequest(id_tag=str(number)))
            await side.start()
            await until(lambda: len(side.heard) == WAITING)

    tags: list[Any] = side.heard[1:]
    assert isinstance(side.heard[0], v16.BootNotificationRequest)
    assert [str(number) for number in range(6, WAITING + 5)] == [one.id_tag for one in tags]


@asynchronous
async def test_what_waits_for_a_mirror_is_bounded_in_size_too() -> None:
    def data(number: int) -> v16.DataTransferRequest:
        return v16.DataTransferRequest(vendor_id=str(number), data="x" * (WAITING_SIZE // 3))

    async with office("2.0.1") as main, office("1.6") as side:
        await side.stop()
        async with gateway_to(main.backend(), side.backend()) as (_, port), station(port) as peer:
            await peer.call(BOOT)
            for number in range(5):
                await peer.call(data(number))
            await side.start()
            await until(lambda: len(side.heard) == 3)
            await side.stop()
            await peer.call(v16.DataTransferRequest(vendor_id="9", data="x" * 2 * WAITING_SIZE))
            await side.start()
            await until(lambda: len(side.heard) == 4)

    heard: list[Any] = side.heard[1:]
    assert isinstance(side.heard[0], v16.BootNotificationRequest)
    assert ["3", "4", "9"] == [one.vendor_id for one in heard]


def test_a_message_is_measured_as_far_as_there_is_room() -> None:
    """A station that sends a megabyte has us measure a quarter of it; what a vendor has put into it counts too."""
    value = v16.MeterValue(timestamp=NOON, sampled_value=[v16.SampledValue(value="x" * 100)])
    request = v16.MeterValuesRequest(connector_id=1, meter_value=[value] * 10_000)
    custom = v201.CustomData(vendor_id="v", extra={"name": ["y" * 50, {"z": 1}]})

    assert WAITING_SIZE < _size(request) < WAITING_SIZE + 1_000
    assert 56 < _size(v201.HeartbeatRequest(custom_data=custom), None) < 100


@asynchronous
async def test_a_mirror_that_refuses_the_station_is_tried_again_and_the_primary_does_not_care() -> None:
    is_open = False
    async with (
        office("2.0.1") as main,
        office("1.6", authenticate=lambda _: is_open) as side,
        gateway_to(main.backend(), side.backend()) as (_, port),
        station(port) as peer,
    ):
        await peer.call(BOOT)
        is_open = True
        await until(lambda: side.heard)

    assert ["BootNotification"] == side.actions


@asynchronous
async def test_what_the_primary_has_not_answered_is_not_shown() -> None:
    """The station will send it again, and a mirror would have it twice."""

    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    async with office("1.6") as main, office("1.6") as side:
        main.router.on(v16.StartTransactionRequest)(fail)
        async with gateway_to(main.backend(), side.backend()) as (_, port), station(port) as peer:
            with pytest.raises(CallRejectedError):
                await peer.call(START)
            await peer.call(v16.HeartbeatRequest())
            await until(lambda: side.heard)

    assert ["Heartbeat"] == side.actions


@asynchronous
async def test_ids_of_a_mirror_outlive_the_gateway() -> None:
    store = MemoryStore()
    async with office("2.0.1") as main, office("1.6") as side:
        side.router.on(v16.StartTransactionRequest)(numbering_from(500))
        backends = (main.backend(), side.backend(name="side"))
        async with gateway_to(*backends, store=store) as (_, port), station(port) as peer:
            started = await peer.call(START)
            await peer.call(v16.HeartbeatRequest())
            await until(lambda: side.actions[-1:] == ["Heartbeat"])
        async with gateway_to(*backends, store=store) as (_, port), station(port) as peer:
            await peer.call(stop(started))
            await until(lambda: side.actions[-1:] == ["StopTransaction"])

    (heard,) = [one for one in side.heard if isinstance(one, v16.StopTransactionRequest)]
    assert 500 == heard.transaction_id


def learned(numbers: Numbers, *pairs: tuple[int, int]) -> Numbers:
    info = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
    for pair in pairs:
        numbers.learn(*(v16.StartTransactionResponse(transaction_id=id, id_tag_info=info) for id in pair))
    return numbers


def test_numbers_are_bounded_and_the_oldest_goes() -> None:
    store = MemoryStore()
    numbers = learned(Numbers(store, "CP-1", most=2), (1, 10), (2, 20), (3, 30))
    numbers.learn(v16.HeartbeatResponse(current_time=NOON), v16.HeartbeatResponse(current_time=NOON))

    for kept in (numbers, Numbers(store, "CP-1")):
        seen = [kept.to_mirror(stop_of(number)).transaction_id for number in (2, 3)]
        back = kept.to_station(v16.RemoteStopTransactionRequest(transaction_id=30)).transaction_id

        assert ([20, 30], 3) == (seen, back)
        with pytest.raises(UnknownTransactionError):
            kept.to_mirror(stop_of(1))


def test_the_oldest_is_the_oldest_after_a_restart_too() -> None:
    """A primary counts as it likes, and a store gives records in any order."""
    store = MemoryStore()
    learned(Numbers(store, "CP-1", most=2), (10, 1), (9, 2))
    numbers = learned(Numbers(store, "CP-1", most=2), (11, 3))

    assert [2, 3] == [numbers.to_mirror(stop_of(number)).transaction_id for number in (9, 11)]
    with pytest.raises(UnknownTransactionError):
        numbers.to_mirror(stop_of(10))


def test_an_id_that_a_mirror_has_given_twice_is_that_of_the_later_transaction() -> None:
    numbers = learned(Numbers(MemoryStore(), "CP-1", most=2), (1, 7), (2, 7), (3, 8))

    assert 2 == numbers.to_station(v16.RemoteStopTransactionRequest(transaction_id=7)).transaction_id


def test_an_id_that_the_primary_has_given_twice_is_that_of_the_later_transaction() -> None:
    """As one does whose own store is gone."""
    numbers = learned(Numbers(MemoryStore(), "CP-1"), (1, 7), (2, 8), (1, 9))

    assert [9, 8] == [numbers.to_mirror(stop_of(number)).transaction_id for number in (1, 2)]
    with pytest.raises(UnknownTransactionError):
        numbers.to_station(v16.RemoteStopTransactionRequest(transaction_id=7))


def test_readings_of_a_transaction_that_a_mirror_does_not_know_are_readings_all_the_same() -> None:
    value = v16.MeterValue(timestamp=NOON, sampled_value=[v16.SampledValue(value="1")])
    request = v16.MeterValuesRequest(connector_id=1, transaction_id=7, meter_value=[value])

    expected = v16.MeterValuesRequest(connector_id=1, meter_value=[value])
    assert expected == Numbers(MemoryStore(), "CP-1").to_mirror(request)


def stop_of(number: int) -> v16.StopTransactionRequest:
    return v16.StopTransactionRequest(transaction_id=number, meter_stop=1, timestamp=NOON)


@asynchronous
async def test_a_mirror_never_hears_an_id_that_is_not_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """It has refused the beginning; to stop the transaction of that id would be to stop another station's."""

    def refuse(*_: object) -> None:
        raise OcppError(ErrorCode.INTERNAL)

    async with office("1.6") as main, office("1.6") as side:
        side.router.on(v16.StartTransactionRequest)(refuse)  # type: ignore[arg-type]
        async with gateway_to(main.backend(), side.backend()) as (_, port), station(port) as peer:
            await peer.call(stop(await peer.call(START)))
            await peer.call(v16.HeartbeatRequest())
            await until(lambda: side.actions[-1:] == ["Heartbeat"])

    assert ["StartTransaction", "StopTransaction", "Heartbeat"] == main.actions
    assert ["StartTransaction", "Heartbeat"] == side.actions
    assert "has not heard of the beginning of a transaction" in caplog.text
    assert "has missed 1 messages" in caplog.text


@asynchronous
async def test_what_was_never_sent_to_a_mirror_is_sent_when_it_is_there_again() -> None:
    async with (
        office("1.6") as main,
        office("1.6") as side,
        gateway_to(main.backend(), side.backend()) as (gateway, port),
        station(port) as peer,
    ):
        (joined,) = gateway._joined.values()
        branch = joined._mirrors[0]._branch
        assert branch is not None
        await branch.is_there.wait()
        carry = branch.carry

        async def lost(side: Side, message: Any) -> OcppError:
            branch.carry = carry  # type: ignore[method-assign]
            branch.is_there.clear()
            asyncio.get_running_loop().call_soon(branch.is_there.set)
            return OcppError(ErrorCode.GENERIC)

        branch.carry = lost  # type: ignore[method-assign]
        await peer.call(v16.HeartbeatRequest())
        await until(lambda: side.actions == ["Heartbeat"])


@asynchronous
async def test_a_mirror_stops_no_transaction_of_which_it_has_not_heard() -> None:
    async with office("1.6") as main, office("1.6") as side:
        side.router.on(v16.StartTransactionRequest)(numbering_from(500))
        mirror = side.backend(allows=["RemoteStopTransaction"])
        async with (
            gateway_to(main.backend(), mirror) as (_, port),
            station(port, router=obedient(STOPPED)) as peer,
        ):
            started = await peer.call(START)
            with pytest.raises(CallRejectedError) as info:
                await side.call(v16.RemoteStopTransactionRequest(transaction_id=started.transaction_id))

    assert ErrorCode.PROPERTY_CONSTRAINT is info.value.code


def test_an_id_inside_a_profile_is_exchanged_too() -> None:
    numbers = Numbers(MemoryStore(), "CP-1")
    info = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
    numbers.learn(
        v16.StartTransactionResponse(transaction_id=7, id_tag_info=info),
        v16.StartTransactionResponse(transaction_id=500, id_tag_info=info),
    )
    request = v16.SetChargingProfileRequest(
        connector_id=1,
        cs_charging_profiles=v16.ChargingProfile(
            charging_profile_id=1,
            transaction_id=500,
            stack_level=0,
            charging_profile_purpose=v16.ChargingProfilePurpose.TX_PROFILE,
            charging_profile_kind=v16.ChargingProfileKind.RELATIVE,
            charging_schedule=v16.ChargingSchedule(
                charging_rate_unit=v16.ChargingRateUnit.A,
                charging_schedule_period=[v16.ChargingSchedulePeriod(start_period=0, limit=Decimal(16))],
            ),
        ),
    )

    assert 7 == numbers.to_station(request).cs_charging_profiles.transaction_id


def test_a_backend_that_is_dead_has_a_name_and_no_secret() -> None:
    backend = Backend(url="ws://user:password-of-it@a.example/x", version="1.6", options={"backoff": AT_ONCE})

    assert "password-of-it" not in backend.name


@asynchronous
async def test_what_still_waits_when_the_station_goes_is_handed_on() -> None:
    async def linger(message: Any, peer: Any, handle: Any) -> Any:
        await turns(50)
        return await handle(message, peer)

    async with office("2.0.1") as main, office("1.6") as side:
        side.router.middleware(linger)
        async with gateway_to(main.backend(), side.backend()) as (_, port), station(port) as peer:
            await peer.call(BOOT)
            for number in range(20):
                await peer.call(v16.AuthorizeRequest(id_tag=str(number)))
        heard = len(side.heard)

    assert 21 == heard


@asynchronous
async def test_a_mirror_that_never_began_tells_what_it_has_missed(caplog: pytest.LogCaptureFixture) -> None:
    mirror = Mirror(
        LoneCaller("CP-1", specification("1.6")),
        Backend(url="ws://mirror.example/", version="1.6"),
        None,  # type: ignore[arg-type]
        store=MemoryStore(),
        policy=Policy(),
        told=lambda _: None,
    )
    mirror.put(BOOT, None)
    await mirror.close()

    assert "has missed 1 messages" in caplog.text
