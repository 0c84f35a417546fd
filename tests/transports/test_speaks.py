"""Handlers written once: a CSMS that speaks one version serves stations of every other, on each wire."""

from typing import Any

import pytest

from loops import asynchronous
from ocpp_core import v16, v201
from ocpp_core.model.versions import Wire
from speaking import SPOKEN, WIRE_IDS, WIRES, Seen, connected, csms, is_first, serving

TOKEN = v201.IdToken(id_token="04A2B3C4", type=v201.IdTokenEnum.ISO14443)
every_wire = pytest.mark.parametrize("version, wire", WIRES, ids=WIRE_IDS)
each_way = pytest.mark.parametrize("speaks", SPOKEN)


@each_way
@every_wire
@asynchronous
async def test_a_day_of_a_station_reaches_the_handlers_in_their_version(
    version: str, wire: Wire, speaks: str
) -> None:
    seen = Seen()
    async with serving(csms(seen), speaks) as (_, port), connected(port, version, wire) as (station, peer):
        for step in ("boot", "status", "authorize", "heartbeat"):
            await station.do(step, peer)
        await station.charge(peer)

    assert {speaks} == {request.__ocpp__.version for request in seen.requests}
    actions = [request.__ocpp__.action for request in seen.requests]
    assert ["BootNotification", "StatusNotification"] == actions[:2]
    assert {"Authorize", "Heartbeat"} < set(actions)
    if is_first(speaks):
        transaction = [action for action in actions if action.endswith("Transaction")]
        assert ["StartTransaction", "StopTransaction"] == transaction
    else:
        events = seen.of(v201.TransactionEventRequest)
        assert ["Started", "Ended"] == [events[0].event_type, events[-1].event_type]
        assert list(range(len(events))) == [event.seq_no for event in events]
        assert 1 == len({event.transaction_info.transaction_id for event in events})


COMMANDS: dict[str, list[Any]] = {
    "2.0.1": [
        v201.RequestStartTransactionRequest(id_token=TOKEN, remote_start_id=7, evse_id=1),
        v201.ResetRequest(type=v201.Reset.ON_IDLE),
        v201.ChangeAvailabilityRequest(operational_status=v201.OperationalStatus.OPERATIVE),
    ],
    "1.6": [
        v16.RemoteStartTransactionRequest(id_tag="04A2B3C4", connector_id=1),
        v16.ResetRequest(type=v16.ResetType.SOFT),
        v16.ChangeAvailabilityRequest(connector_id=0, type=v16.AvailabilityType.OPERATIVE),
    ],
}


@each_way
@every_wire
@asynchronous
async def test_a_call_is_answered_in_its_own_version(version: str, wire: Wire, speaks: str) -> None:
    async with (
        serving(csms(Seen()), speaks) as (app, port),
        connected(port, version, wire) as (station, peer),
    ):
        await station.do("boot", peer)
        for request in COMMANDS[speaks]:
            answer = await app.call("CP-1", request)

            assert (speaks, request.__ocpp__.action) == (answer.__ocpp__.version, answer.__ocpp__.action)
            assert "Accepted" == answer.status
        assert "start" == await station.asked.get()
        assert "reset" == await station.asked.get()
