"""A table of connectors, given or learnt: which of 1.6 is which of 2.0.1, in messages and answers of both sides."""

from decimal import Decimal
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting
from ocpp_core import v16, v201
from ocpp_core.model.errors import OcppError
from ocpp_core.translation import MemoryStore, Policy, Side
from ocpp_core.translation.sessions.topology import MOST_LEARNT

#: An EVSE with two connectors, and one with one.
TABLE = {1: (1, 1), 2: (1, 2), 3: (2, 1)}
ACCEPTED = v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED)
STATION_16 = {
    "ChangeAvailability": v16.ChangeAvailabilityResponse(status=v16.AvailabilityStatus.ACCEPTED),
    "UnlockConnector": v16.UnlockConnectorResponse(status=v16.UnlockStatus.UNLOCKED),
    "RemoteStartTransaction": v16.RemoteStartTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED),
    "GetCompositeSchedule": v16.GetCompositeScheduleResponse(
        status=v16.GetCompositeScheduleStatus.ACCEPTED,
        connector_id=2,
        schedule_start=NOON,
        charging_schedule=v16.ChargingSchedule(
            charging_rate_unit=v16.ChargingRateUnit.A,
            charging_schedule_period=[v16.ChargingSchedulePeriod(start_period=0, limit=Decimal(16))],
        ),
    ),
}
CSMS_201 = {
    "StatusNotification": v201.StatusNotificationResponse(),
    "NotifyEvent": v201.NotifyEventResponse(),
    "TransactionEvent": v201.TransactionEventResponse(id_token_info=ACCEPTED),
}
STATION_201 = {
    "ChangeAvailability": v201.ChangeAvailabilityResponse(status=v201.ChangeAvailabilityStatus.ACCEPTED),
    "UnlockConnector": v201.UnlockConnectorResponse(status=v201.UnlockStatus.UNLOCKED),
    "RequestStartTransaction": v201.RequestStartTransactionResponse(
        status=v201.RequestStartStopStatus.ACCEPTED
    ),
}
CSMS_16 = {
    "StatusNotification": v16.StatusNotificationResponse(),
    "MeterValues": v16.MeterValuesResponse(),
    "StartTransaction": v16.StartTransactionResponse(
        transaction_id=5, id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
    ),
}


def old_station(table: Any = TABLE, **more: Any) -> Bridge:
    serves = {Side.STATION: accepting(**STATION_16), Side.CSMS: accepting(**CSMS_201)}
    return Bridge("1.6", "2.0.1", serves=serves, policy=Policy(connectors=table), **more)


def new_station(table: Any = TABLE, **more: Any) -> Bridge:
    serves = {Side.STATION: accepting(**STATION_201), Side.CSMS: accepting(**CSMS_16)}
    return Bridge("2.0.1", "1.6", serves=serves, policy=Policy(connectors=table), **more)


def status(connector: int, token: str = "Available") -> v16.StatusNotificationRequest:
    return v16.StatusNotificationRequest(
        connector_id=connector,
        status=v16.ChargePointStatus(token),
        error_code=v16.ChargePointErrorCode.NO_ERROR,
        timestamp=NOON,
    )


def newer_status(evse: int, connector: int, token: str = "Available") -> v201.StatusNotificationRequest:
    return v201.StatusNotificationRequest(
        evse_id=evse, connector_id=connector, connector_status=v201.ConnectorStatus(token), timestamp=NOON
    )


def values(evse: int) -> v201.MeterValuesRequest:
    sample = v201.SampledValue(value=Decimal(7))
    return v201.MeterValuesRequest(
        evse_id=evse, meter_value=[v201.MeterValue(timestamp=NOON, sampled_value=[sample])]
    )


def started(evse: v201.EVSE) -> v201.TransactionEventRequest:
    return v201.TransactionEventRequest(
        event_type=v201.TransactionEvent.STARTED,
        timestamp=NOON,
        trigger_reason=v201.TriggerReason.AUTHORIZED,
        seq_no=0,
        transaction_info=v201.Transaction(transaction_id="T-1", charging_state=v201.ChargingState.CHARGING),
        evse=evse,
        id_token=v201.IdToken(id_token="04A2B3C4", type=v201.IdTokenEnum.ISO14443),
    )


def availability(evse: v201.EVSE | None) -> v201.ChangeAvailabilityRequest:
    return v201.ChangeAvailabilityRequest(operational_status=v201.OperationalStatus.INOPERATIVE, evse=evse)


@pytest.mark.parametrize("number, evse, connector", [(1, 1, 1), (2, 1, 2), (3, 2, 1)])
def test_a_status_of_1_6_arrives_at_its_connector_and_nothing_is_guessed(
    number: int, evse: int, connector: int
) -> None:
    bridge = old_station()
    bridge.station(status(number))

    (sent,) = bridge.to_csms()

    assert (evse, connector) == (sent.evse_id, sent.connector_id)
    assert [] == bridge.lost()


def test_the_station_itself_is_in_no_table() -> None:
    bridge = old_station()
    bridge.station(status(0))
    bridge.csms(availability(None))

    (event,) = bridge.to_csms()
    (command,) = bridge.to_station()

    assert v201.Component(name="ChargingStation") == event.event_data[0].component
    assert 0 == command.connector_id


def test_each_connector_of_an_evse_has_a_status_of_its_own() -> None:
    bridge = new_station()
    for evse, connector, token in ((1, 1, "Occupied"), (1, 2, "Available"), (2, 1, "Faulted")):
        bridge.station(newer_status(evse, connector, token))

    assert [(1, "Preparing"), (2, "Available"), (3, "Faulted")] == [
        (one.connector_id, one.status) for one in bridge.to_csms()
    ]


def test_a_transaction_begins_at_its_connector() -> None:
    bridge = new_station()
    bridge.station(started(v201.EVSE(id=1, connector_id=2)))
    bridge.station(values(1))

    begun, *_, last = bridge.to_csms()

    assert 2 == begun.connector_id
    assert 2 == last.connector_id  # the EVSE has a vehicle at that one


def test_a_transaction_of_1_6_names_its_connector() -> None:
    bridge = old_station()
    bridge.station(
        v16.StartTransactionRequest(connector_id=2, id_tag="04A2B3C4", timestamp=NOON, meter_start=0)
    )

    (begun,) = bridge.to_csms()

    assert v201.EVSE(id=1, connector_id=2) == begun.evse


def test_a_command_reaches_its_connector() -> None:
    bridge = new_station()
    answer = bridge.csms(v16.UnlockConnectorRequest(connector_id=2))
    bridge.csms(v16.ChangeAvailabilityRequest(connector_id=2, type=v16.AvailabilityType.INOPERATIVE))

    unlock, change = bridge.to_station()

    assert v201.UnlockConnectorRequest(evse_id=1, connector_id=2) == unlock
    assert v201.EVSE(id=1, connector_id=2) == change.evse
    assert v16.UnlockStatus.UNLOCKED == answer.status


def test_what_only_an_evse_can_be_told_names_that_it_is_for_all_its_connectors() -> None:
    bridge = new_station()
    bridge.csms(v16.RemoteStartTransactionRequest(connector_id=2, id_tag="04A2B3C4"))

    (asked,) = bridge.to_station()

    assert 1 == asked.evse_id
    assert ("$.connectorId", "approximated", "merged") in bridge.lost()


def test_of_an_evse_with_one_connector_nothing_is_widened() -> None:
    bridge = new_station()
    bridge.csms(v16.RemoteStartTransactionRequest(connector_id=3, id_tag="04A2B3C4"))

    (asked,) = bridge.to_station()

    assert 2 == asked.evse_id
    assert ("$.connectorId", "approximated", "merged") not in bridge.lost()


def test_a_command_for_a_connector_that_there_is_not_is_refused() -> None:
    there, back = new_station(), old_station()

    up = there.csms(v16.UnlockConnectorRequest(connector_id=4))
    down = back.csms(availability(v201.EVSE(id=2, connector_id=2)))

    assert v16.UnlockStatus.UNLOCKED != up.status
    assert v201.ChangeAvailabilityStatus.REJECTED == down.status
    assert [] == [*there.to_station(), *back.to_station()]


def test_a_command_for_an_evse_goes_to_the_connector_in_use() -> None:
    bridge = old_station()
    bridge.station(status(2, "Preparing"))
    answer = bridge.csms(availability(v201.EVSE(id=1)))

    (asked,) = bridge.to_station()

    assert 2 == asked.connector_id
    assert v201.ChangeAvailabilityStatus.ACCEPTED == answer.status


def test_a_command_for_an_evse_of_which_no_connector_is_in_use_is_refused() -> None:
    bridge = old_station()
    answer = bridge.csms(availability(v201.EVSE(id=1)))

    assert v201.ChangeAvailabilityStatus.REJECTED == answer.status
    assert [] == bridge.to_station()


def test_a_report_of_an_evse_of_which_no_connector_is_in_use_is_guessed() -> None:
    bridge = new_station()
    bridge.station(values(1))

    (sent,) = bridge.to_csms()

    assert 1 == sent.connector_id
    assert ("$.connectorId", "synthesised", "guessed") in bridge.lost()


def test_answers_have_the_numbers_of_who_asked() -> None:
    bridge = old_station()
    bridge.station(status(2, "Preparing"))
    answer = bridge.csms(v201.GetCompositeScheduleRequest(duration=60, evse_id=1))

    (asked,) = bridge.to_station()

    assert 2 == asked.connector_id
    assert 1 == answer.schedule.evse_id


def test_a_permission_for_an_evse_is_for_its_connectors() -> None:
    info = v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED, evse_id=[2])
    bridge = old_station()
    bridge.serves[Side.CSMS] = accepting(
        **{**CSMS_201, "TransactionEvent": v201.TransactionEventResponse(id_token_info=info)}
    )

    answers = [
        bridge.station(
            v16.StartTransactionRequest(connector_id=number, id_tag="A", timestamp=NOON, meter_start=0)
        )
        for number in (3, 1)
    ]

    assert ["Accepted", "Blocked"] == [one.id_tag_info.status for one in answers]


def test_an_empty_table_learns_from_reports_and_keeps_what_it_has_learnt() -> None:
    store = MemoryStore()
    bridge = new_station({}, store=store)
    for evse, connector in ((1, 1), (1, 2), (7, 1)):
        bridge.station(newer_status(evse, connector))
    bridge.restart()
    bridge.csms(v16.UnlockConnectorRequest(connector_id=3))

    (asked,) = bridge.to_station()

    assert [1, 2, 3] == [one.connector_id for one in bridge.to_csms()]
    assert (7, 1) == (asked.evse_id, asked.connector_id)


def test_a_given_place_goes_before_a_learnt_one() -> None:
    store = MemoryStore()
    new_station({}, store=store).station(newer_status(1, 2))
    bridge = new_station({1: (1, 1), 2: (1, 2)}, store=store)
    bridge.station(newer_status(1, 2))

    (sent,) = bridge.to_csms()

    assert 2 == sent.connector_id


def test_a_connector_of_1_6_beyond_the_table_has_the_next_evse() -> None:
    bridge = old_station({1: (1, 1), 2: (1, 2)})
    bridge.station(status(3))
    bridge.station(values_of_1_6(1))
    other = old_station({1: (2, 1)})
    other.station(status(2))

    assert [3] == [one.evse_id for one in bridge.to_csms() if isinstance(one, v201.StatusNotificationRequest)]
    assert [3] == [one.evse_id for one in other.to_csms()]


def values_of_1_6(connector: int) -> v16.MeterValuesRequest:
    value = v16.MeterValue(timestamp=NOON, sampled_value=[v16.SampledValue(value="7")])
    return v16.MeterValuesRequest(connector_id=connector, meter_value=[value])


def test_a_report_of_an_evse_alone_is_learnt_with_one_connector() -> None:
    bridge = new_station({})
    bridge.station(values(4))
    bridge.station(newer_status(4, 1, "Occupied"))

    assert [1, 1] == [one.connector_id for one in bridge.to_csms()]


def test_no_station_makes_up_any_number_of_connectors() -> None:
    bridge = new_station({})
    for connector in range(1, MOST_LEARNT + 3):
        bridge.station(newer_status(1, connector))

    assert MOST_LEARNT == len(bridge.to_csms())


def test_a_variable_of_an_evse_stays_one() -> None:
    bridge = new_station()
    evse = v201.EVSE(id=1)
    data = v201.EventData(
        event_id=1,
        timestamp=NOON,
        trigger=v201.EventTrigger.DELTA,
        actual_value="Available",
        event_notification_type=v201.EventNotification.HARD_WIRED_NOTIFICATION,
        component=v201.Component(name="EVSE", evse=evse),
        variable=v201.Variable(name="AvailabilityState"),
    )
    bridge.station(v201.NotifyEventRequest(generated_at=NOON, seq_no=0, event_data=[data]))

    (sent,) = bridge.to_csms()

    assert 1 == sent.connector_id


def test_an_error_is_the_same_for_all() -> None:
    bridge = new_station()
    bridge.serves[Side.STATION] = lambda request: None
    answer = bridge.csms(v16.UnlockConnectorRequest(connector_id=2))

    assert isinstance(answer, OcppError)


def test_what_a_session_asks_by_itself_has_the_numbers_of_the_station() -> None:
    """The CSMS takes back its permission, which 1.6 can only be told by a command."""
    bridge = old_station()
    started = bridge.station(
        v16.StartTransactionRequest(connector_id=2, id_tag="A", timestamp=NOON, meter_start=0)
    )
    blocked = v201.IdTokenInfo(status=v201.AuthorizationStatus.BLOCKED)
    bridge.serves[Side.CSMS] = accepting(
        TransactionEvent=v201.TransactionEventResponse(id_token_info=blocked)
    )
    value = v16.MeterValue(timestamp=NOON, sampled_value=[v16.SampledValue(value="7")])
    bridge.station(
        v16.MeterValuesRequest(connector_id=2, transaction_id=started.transaction_id, meter_value=[value])
    )

    assert [started.transaction_id] == [one.transaction_id for one in bridge.to_station()]


def test_an_answer_that_names_more_connectors_than_fit_is_an_error() -> None:
    bridge = new_station({})
    for connector in range(1, MOST_LEARNT + 1):
        bridge.station(newer_status(1, connector))
    schedule = v201.CompositeSchedule(
        evse_id=77,
        duration=1,
        schedule_start=NOON,
        charging_rate_unit=v201.ChargingRateUnit.A,
        charging_schedule_period=[v201.ChargingSchedulePeriod(start_period=0, limit=Decimal(16))],
    )
    bridge.serves[Side.STATION] = accepting(
        GetCompositeSchedule=v201.GetCompositeScheduleResponse(
            status=v201.GenericStatus.ACCEPTED, schedule=schedule
        )
    )
    answer = bridge.csms(v16.GetCompositeScheduleRequest(connector_id=1, duration=1))

    assert isinstance(answer, OcppError)
    assert "names more connectors than fit" in answer.description
