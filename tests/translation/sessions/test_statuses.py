"""Statuses and tokens of a session at their edges: what is not answered, too long, too many or no status at all."""

from typing import Any

import pytest

from bridge import NOON, Bridge, accepting, at
from ocpp_core import v16, v201
from ocpp_core.model.errors import OcppError
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.translation import Policy, Side
from ocpp_core.translation.sessions import statuses_down

OLD_CSMS = {"StatusNotification": v16.StatusNotificationResponse()}


def new_station(**csms: Any) -> Bridge:
    """A station of 2.0.1 behind a CSMS of 1.6."""
    serves = {
        Side.STATION: accepting(
            TriggerMessage=v201.TriggerMessageResponse(status=v201.TriggerMessageStatus.ACCEPTED)
        ),
        Side.CSMS: accepting(**{**OLD_CSMS, **csms}),
    }
    return Bridge("2.0.1", "1.6", serves=serves)


def old_station(policy: Policy | None = None, **csms: Any) -> Bridge:
    """A station of 1.6 behind a CSMS of 2.0.1."""
    serves = {
        Side.STATION: accepting(
            ReserveNow=v16.ReserveNowResponse(status=v16.ReservationStatus.ACCEPTED),
            RemoteStopTransaction=v16.RemoteStopTransactionResponse(
                status=v16.RemoteStartStopStatus.REJECTED
            ),
        ),
        Side.CSMS: accepting(
            **{"TransactionEvent": v201.TransactionEventResponse(), **csms},
            StatusNotification=v201.StatusNotificationResponse(),
            ReservationStatusUpdate=v201.ReservationStatusUpdateResponse(),
        ),
    }
    return Bridge("1.6", "2.0.1", serves=serves, policy=policy)


def newer(token: str, connector: int = 1) -> v201.StatusNotificationRequest:
    return v201.StatusNotificationRequest(
        evse_id=1, connector_id=connector, connector_status=v201.ConnectorStatus(token), timestamp=NOON
    )


def older(token: str, connector: int) -> v16.StatusNotificationRequest:
    return v16.StatusNotificationRequest(
        connector_id=connector,
        status=v16.ChargePointStatus(token),
        error_code=v16.ChargePointErrorCode.NO_ERROR,
        timestamp=NOON,
    )


def event(name: str, variable: str, value: str, **more: Any) -> v201.NotifyEventRequest:
    evse = None if name == "ChargingStation" else v201.EVSE(id=1, connector_id=1)
    data = v201.EventData(
        event_id=1,
        timestamp=NOON,
        trigger=v201.EventTrigger.ALERTING,
        actual_value=value,
        event_notification_type=v201.EventNotification.HARD_WIRED_NOTIFICATION,
        component=v201.Component(name=name, evse=evse),
        variable=v201.Variable(name=variable),
        **more,
    )
    return v201.NotifyEventRequest(generated_at=NOON, seq_no=0, event_data=[data])


def start(tag: str = "A") -> v16.StartTransactionRequest:
    return v16.StartTransactionRequest(connector_id=1, id_tag=tag, timestamp=NOON, meter_start=0)


# Down


def test_an_event_whose_status_is_not_answered_is_not_acknowledged() -> None:
    both = new_station(StatusNotification=None)

    assert isinstance(both.station(event("Connector", "AvailabilityState", "Available")), OcppError)


def test_what_is_told_of_a_problem_is_cut_by_name() -> None:
    both = new_station()
    both.station(event("Connector", "Problem", "true", tech_info="x" * 60))

    assert ["x" * 50] == [one.info for one in both.to_csms()]
    assert ("$.eventData[0].techInfo", "approximated", "too_long") in both.lost()


def test_a_connector_that_changes_nothing_of_its_evse_is_merged_by_name() -> None:
    both = new_station()
    both.station(newer("Available", 1))
    both.lost()
    both.station(newer("Unavailable", 2))

    assert ["Available"] == [one.status for one in both.to_csms()]
    assert [("$", "dropped", "suppressed")] == both.lost()


def test_the_whole_station_is_never_occupied_in_1_6() -> None:
    both = new_station()
    both.station(event("ChargingStation", "AvailabilityState", "Occupied"))

    assert [(0, "Available")] == [(one.connector_id, one.status) for one in both.to_csms()]
    assert ("$.eventData[0].actualValue", "approximated", "collapsed") in both.lost()


def test_no_station_has_any_number_of_connectors_at_an_evse() -> None:
    both = new_station()
    for connector in range(1, statuses_down._MOST_CONNECTORS + 1):
        both.station(newer("Unavailable", connector))
    both.station(newer("Available", statuses_down._MOST_CONNECTORS + 1))
    both.station(newer("Available", 1))

    assert ["Unavailable", "Available"] == [one.status for one in both.to_csms()]


def test_the_status_of_the_only_evse_is_triggered_by_its_number() -> None:
    both = new_station()
    both.station(newer("Available"))
    both.csms(v16.TriggerMessageRequest(requested_message=v16.MessageTrigger.STATUS_NOTIFICATION))

    assert [v201.EVSE(id=1, connector_id=1)] == [one.evse for one in both.to_station()]


# Up


def test_only_the_reservation_of_a_connector_is_over_with_its_status() -> None:
    both = old_station()
    token = v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL)
    for number in (1, 2):
        both.csms(v201.ReserveNowRequest(id=number, expiry_date_time=at(30), id_token=token, evse_id=number))
    for status in ("Reserved", "Available"):
        both.station(older(status, 2))

    assert [2] == [
        one.reservation_id for one in both.to_csms() if isinstance(one, v201.ReservationStatusUpdateRequest)
    ]


@pytest.mark.parametrize("most, expected", [(2, "Blocked"), (1, "Accepted")], ids=["known", "forgotten"])
def test_what_was_said_of_a_card_is_known_for_the_latest_ones(most: int, expected: str) -> None:
    blocked = v201.IdTokenInfo(status=v201.AuthorizationStatus.BLOCKED)
    both = old_station(
        Policy(most_transactions=most), Authorize=v201.AuthorizeResponse(id_token_info=blocked)
    )
    for tag in ("A", "B"):
        both.station(v16.AuthorizeRequest(id_tag=tag))

    assert expected == both.station(start("A")).id_tag_info.status


def test_a_stop_that_the_station_refuses_has_not_ended_the_transaction() -> None:
    both = old_station()
    number = both.station(start()).transaction_id
    (started,) = both.to_csms()
    id = started.transaction_info.transaction_id
    refused = both.csms(v201.RequestStopTransactionRequest(transaction_id=id))
    both.station(v16.StopTransactionRequest(transaction_id=number, timestamp=at(9), meter_stop=1))

    (ended,) = both.to_csms()
    assert ("Rejected", "StopAuthorized") == (refused.status, ended.trigger_reason)


def test_what_waits_for_the_csms_is_in_its_queue() -> None:
    both = old_station()
    both.station(start())
    (started,) = both.to_csms()
    both.serves[Side.CSMS] = accepting()
    value = v16.MeterValue(timestamp=at(1), sampled_value=[v16.SampledValue(value="1")])
    both.station(v16.MeterValuesRequest(connector_id=1, transaction_id=1, meter_value=[value]))
    status = both.csms(
        v201.GetTransactionStatusRequest(transaction_id=started.transaction_info.transaction_id)
    )

    assert (True, True) == (status.ongoing_indicator, status.messages_in_queue)


# A status that is none


def test_a_status_that_there_is_not_permits_nothing_in_1_6() -> None:
    """The transaction has begun at the station, and the CSMS has not said that it may go on."""
    perhaps = from_wire(
        v201.TransactionEventResponse, {"idTokenInfo": {"status": "Perhaps"}}, tolerance=Tolerance.TOLERANT
    )
    both = old_station(TransactionEvent=perhaps)

    assert "Invalid" == both.station(start()).id_tag_info.status


def test_a_status_that_there_is_not_permits_nothing_in_2_0_1() -> None:
    perhaps = from_wire(
        v16.StartTransactionResponse,
        {"transactionId": 5, "idTagInfo": {"status": "Perhaps"}},
        tolerance=Tolerance.TOLERANT,
    )
    both = new_station(StartTransaction=perhaps)
    answer = both.station(
        v201.TransactionEventRequest(
            event_type=v201.TransactionEvent.STARTED,
            timestamp=NOON,
            trigger_reason=v201.TriggerReason.AUTHORIZED,
            seq_no=0,
            transaction_info=v201.Transaction(
                transaction_id="T-1", charging_state=v201.ChargingState.CHARGING
            ),
            evse=v201.EVSE(id=1, connector_id=1),
            id_token=v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL),
        )
    )

    assert "Invalid" == answer.id_token_info.status
