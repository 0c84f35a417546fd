"""`ocpp-core gateway --store FILE` as a process that is killed, and started again with its file.

The station repeats what was not acknowledged, as its standard wants it. The CSMS may hear a message again that it has
answered, and then the same one: it knows it by transaction and number, or by its content in 1.x.
"""

import contextlib
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateways import office
from killing import (
    ACKNOWLEDGED,
    ANSWERED,
    ASKED,
    HEARD,
    MOMENTS,
    OBEYED,
    SENT,
    Killed,
    Listening,
    Point,
    killed_at,
    once,
)
from loops import until, with_processes
from ocpp_core import v15, v16, v201
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import CallFailedError
from ocpp_core.model.messages import Request

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


async def day_of_15(send: Callable[[Request[Any]], Awaitable[Any]]) -> list[int]:
    ids = []
    for start in (0, 10):
        moments = [NOON + timedelta(minutes=start + minute) for minute in range(3)]
        begun = v15.StartTransactionRequest(
            connector_id=1, id_tag="TAG", meter_start=start, timestamp=moments[0]
        )
        id = (await send(begun)).transaction_id
        value = v15.MeterValue(timestamp=moments[1], value=[v15.SampledValue(value=str(start + 1))])
        await send(v15.MeterValuesRequest(connector_id=1, transaction_id=id, values=[value]))
        await send(v15.StopTransactionRequest(transaction_id=id, meter_stop=start + 2, timestamp=moments[2]))
        ids.append(id)
    return ids


async def day_of_16(send: Callable[[Request[Any]], Awaitable[Any]]) -> list[int]:
    ids = []
    for start in (0, 10):
        moments = [NOON + timedelta(minutes=start + minute) for minute in range(3)]
        begun = v16.StartTransactionRequest(
            connector_id=1, id_tag="TAG", meter_start=start, timestamp=moments[0]
        )
        id = (await send(begun)).transaction_id
        value = v16.MeterValue(timestamp=moments[1], sampled_value=[v16.SampledValue(value=str(start + 1))])
        await send(v16.MeterValuesRequest(connector_id=1, transaction_id=id, meter_value=[value]))
        await send(v16.StopTransactionRequest(transaction_id=id, meter_stop=start + 2, timestamp=moments[2]))
        ids.append(id)
    return ids


async def day_of_201(send: Callable[[Request[Any]], Awaitable[Any]]) -> list[int]:
    for start in (0, 10):
        for seq_no, kind in enumerate(("Started", "Updated", "Ended")):
            moment = NOON + timedelta(minutes=start + seq_no)
            value = v201.MeterValue(
                timestamp=moment, sampled_value=[v201.SampledValue(value=Decimal(start + seq_no))]
            )
            await send(
                v201.TransactionEventRequest(
                    event_type=v201.TransactionEvent(kind),
                    timestamp=moment,
                    trigger_reason=v201.TriggerReason.CHARGING_STATE_CHANGED,
                    seq_no=seq_no,
                    transaction_info=v201.Transaction(
                        transaction_id=f"T-{start}", charging_state=v201.ChargingState.CHARGING
                    ),
                    evse=v201.EVSE(id=1, connector_id=1),
                    id_token=None if seq_no else v201.IdToken(id_token="TAG", type=v201.IdTokenEnum.CENTRAL),
                    meter_value=[value],
                )
            )
    return []


def require_two_transactions(heard: Sequence[Any]) -> set[str]:
    """Makes sure that a CSMS of 2.0.1 has heard all of the day of a station of 1.x, in order; returns their ids."""
    events = [one for one in once(heard) if one.__ocpp__.action == "TransactionEvent"]
    transactions = list(dict.fromkeys(one.transaction_info.transaction_id for one in events))
    expected = [
        (transaction, seq_no, kind)
        for transaction in transactions
        for seq_no, kind in enumerate(("Started", "Updated", "Ended"))
    ]
    values = [float(one.meter_value[-1].sampled_value[-1].value) for one in events]

    assert expected == [(one.transaction_info.transaction_id, one.seq_no, one.event_type) for one in events]
    assert [0.0, 1.0, 2.0, 10.0, 11.0, 12.0] == values
    return set(transactions)


async def of_16_at_201(points: Sequence[Point], store: Path, **options: Any) -> None:
    async with killed_at(points, "2.0.1", "1.6", store, **options) as (back, station):
        ids = await day_of_16(station.send)

    assert 2 == len(require_two_transactions(back.heard)) == len(set(ids))


async def of_15_soap_at_201(points: Sequence[Point], store: Path, **options: Any) -> None:
    async with killed_at(points, "2.0.1", "1.5", store, wire="soap", **options) as (back, station):
        ids = await day_of_15(station.send)

    assert 2 == len(require_two_transactions(back.heard)) == len(set(ids))


async def of_201_at_16(points: Sequence[Point], store: Path, **options: Any) -> None:
    async with killed_at(points, "1.6", "2.0.1", store, **options) as (back, station):
        await day_of_201(station.send)

    heard = [one for one in once(back.heard) if one.__ocpp__.action != "StatusNotification"]
    actions = [one.__ocpp__.action for one in heard]
    assert 2 * ["StartTransaction", "MeterValues", "StopTransaction"] == actions
    ids = [back.answers[repr(heard[at])].transaction_id for at in (0, 3)]
    assert [ids[0], ids[0], ids[1], ids[1]] == [heard[at].transaction_id for at in (1, 2, 4, 5)]
    assert [0, 10] == [heard[at].meter_start for at in (0, 3)]
    assert [2, 12] == [heard[at].meter_stop for at in (2, 5)]


DAYS = [of_16_at_201, of_201_at_16, of_15_soap_at_201]
CHOSEN: list[list[Point]] = [
    [(HEARD, 0), (ACKNOWLEDGED, 3)],
    [(ANSWERED, 2), (HEARD, 4)],
    [(SENT, 0), (HEARD, 1)],
]


@pytest.mark.parametrize("points", CHOSEN, ids=str)
@pytest.mark.parametrize("day", DAYS)
@with_processes
async def test_a_gateway_that_is_killed_loses_nothing_and_doubles_nothing(
    day: Callable[..., Awaitable[None]], points: list[Point], tmp_path: Path
) -> None:
    await day(points, tmp_path / "gateway.db")


@pytest.mark.parametrize("points", [[(HEARD, 1)], [(ANSWERED, 0), (ACKNOWLEDGED, 3)]], ids=str)
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@with_processes
async def test_what_a_mirror_hears_is_of_the_right_transaction_whatever_it_has_missed(
    version: str, points: list[Point], tmp_path: Path
) -> None:
    """Nobody waits for it, so that a kill may cost it something. Its ids are its own all the same."""

    def numbered(request: v16.StartTransactionRequest, _: Any) -> v16.StartTransactionResponse:
        info = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
        return v16.StartTransactionResponse(transaction_id=500 + request.meter_start, id_tag_info=info)

    store = tmp_path / "gateway.db"
    async with office(version) as side:
        side.router.on(v16.StartTransactionRequest)(numbered)
        async with killed_at(points, "2.0.1", "1.6", store, mirror=side) as (back, station):
            ids = await day_of_16(station.send)
            await station.send(v16.HeartbeatRequest())
            await until(lambda: side.actions[-1:] == ["Heartbeat"])

    assert 2 == len(require_two_transactions(back.heard)) == len(set(ids))
    heard = once(side.heard)
    ends = {
        one.transaction_id: one.meter_stop for one in heard if isinstance(one, v16.StopTransactionRequest)
    }
    events = [one for one in heard if isinstance(one, v201.TransactionEventRequest)]
    numbers = [(one.transaction_info.transaction_id, one.seq_no) for one in events]
    parts = {(one.transaction_info.transaction_id, one.timestamp.minute // 10) for one in events}

    assert ends.items() <= {500: 2, 510: 12}.items()
    assert len(numbers) == len(set(numbers))
    assert len(parts) == len({id for id, _ in parts})
    assert heard


@pytest.mark.parametrize("points", [[(ASKED, 0)], [(OBEYED, 0)]], ids=str)
@pytest.mark.parametrize("wire", ["json", "soap"])
@with_processes
async def test_a_command_reaches_the_station_once_and_is_known_by_its_number(
    wire: str, points: list[Point], tmp_path: Path
) -> None:
    """What the station begins is what the CSMS has asked for, although the gateway was killed in between."""
    asked: list[Any] = []

    def obeying(killed: Killed) -> Router:
        router = Router()

        @router.on(v16.RemoteStartTransactionRequest)
        async def obey(
            request: v16.RemoteStartTransactionRequest, _: Any
        ) -> v16.RemoteStartTransactionResponse:
            asked.append(request)
            await killed.at(ASKED, len(asked) - 1)
            killed.soon_at(OBEYED, len(asked) - 1)
            return v16.RemoteStartTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED)

        return router

    async def command(back: Listening) -> None:
        request = v201.RequestStartTransactionRequest(
            id_token=v201.IdToken(id_token="TAG", type=v201.IdTokenEnum.CENTRAL), remote_start_id=7, evse_id=1
        )
        with contextlib.suppress(CallFailedError):
            await back.call(request)

    store = tmp_path / "gateway.db"
    async with killed_at(points, "2.0.1", "1.6", store, wire=wire, router=obeying) as (back, station):
        await station.send(v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M"))
        await command(back)
        await back.killed.settled()
        await day_of_16(station.send)

    started = [one for one in once(back.heard) if getattr(one, "event_type", None) == "Started"]
    assert 1 == len(asked)
    assert [7, None] == [one.transaction_info.remote_start_id for one in started]


@pytest.mark.deep
@pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1")
@pytest.mark.parametrize("number", range(30))
@pytest.mark.parametrize("day", DAYS)
@with_processes
async def test_it_is_killed_anywhere(
    day: Callable[..., Awaitable[None]], number: int, tmp_path: Path
) -> None:
    chance = random.Random(number)
    points = {(chance.choice(MOMENTS), chance.randrange(6)) for _ in range(2)}
    await day(sorted(points), tmp_path / "gateway.db", delay=lambda: chance.randrange(500))
