"""Mistakes of other translators that a session does not make: facts, section 5, as far as they are about memory."""

from decimal import Decimal
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting, at
from ocpp_core import v16, v201
from ocpp_core.translation import Side
from ocpp_core.translation.sessions import reasons

PERMITTED = v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED)
ACCEPTED = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
TOKEN = v201.IdToken(id_token="04AABBCC", type=v201.IdTokenEnum.ISO14443)


def old_station(**to_csms: Any) -> Bridge:
    """A station of 1.6 behind a CSMS of 2.0.1."""
    answers: dict[str, Any] = {
        "TransactionEvent": v201.TransactionEventResponse(id_token_info=PERMITTED),
        "MeterValues": v201.MeterValuesResponse(),
        "FirmwareStatusNotification": v201.FirmwareStatusNotificationResponse(),
        "LogStatusNotification": v201.LogStatusNotificationResponse(),
    }
    started = v16.RemoteStartTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED)
    stopped = v16.RemoteStopTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED)
    station = accepting(RemoteStartTransaction=started, RemoteStopTransaction=stopped)
    return Bridge(
        "1.6", "2.0.1", serves={Side.STATION: station, Side.CSMS: accepting(**{**answers, **to_csms})}
    )


def new_station(**to_station: Any) -> Bridge:
    """A station of 2.0.1 behind a CSMS of 1.6, which counts its transactions from 41."""
    answers: dict[str, Any] = {
        "StartTransaction": v16.StartTransactionResponse(transaction_id=41, id_tag_info=ACCEPTED),
        "StopTransaction": v16.StopTransactionResponse(),
        "MeterValues": v16.MeterValuesResponse(),
        "StatusNotification": v16.StatusNotificationResponse(),
        "Authorize": v16.AuthorizeResponse(id_tag_info=ACCEPTED),
    }
    serves = {Side.STATION: accepting(**to_station), Side.CSMS: accepting(**answers)}
    return Bridge("2.0.1", "1.6", serves=serves)


def start(connector: int = 1, tag: str = "04AABBCC") -> v16.StartTransactionRequest:
    return v16.StartTransactionRequest(connector_id=connector, id_tag=tag, timestamp=NOON, meter_start=0)


def stop(number: int, **more: Any) -> v16.StopTransactionRequest:
    return v16.StopTransactionRequest(transaction_id=number, timestamp=at(9), meter_stop=9, **more)


def event(kind: str, seq_no: int, **more: Any) -> v201.TransactionEventRequest:
    info: dict[str, Any] = {"transaction_id": "T-1", **more.pop("info", {})}
    return v201.TransactionEventRequest(
        event_type=v201.TransactionEvent(kind),
        timestamp=at(seq_no),
        trigger_reason=v201.TriggerReason.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        transaction_info=v201.Transaction(**info),
        **more,
    )


CHARGING = {"charging_state": v201.ChargingState.CHARGING}


def test_ids_of_transactions_survive_a_restart_and_belong_to_their_station() -> None:
    both = old_station()
    begun = both.station(start())
    both.restart()
    both.station(stop(begun.transaction_id))
    again = both.station(start(connector=2))

    first, end, second = both.to_csms()
    assert first.transaction_info.transaction_id == end.transaction_info.transaction_id
    assert first.transaction_info.transaction_id != second.transaction_info.transaction_id
    assert [1, 2] == [begun.transaction_id, again.transaction_id]
    assert 1 == old_station().station(start()).transaction_id


def test_a_stop_of_a_transaction_that_nobody_knows_is_the_same_one_each_time() -> None:
    ids = set()
    for _ in range(2):
        both = old_station()
        both.station(stop(7))
        ids.add(both.to_csms()[0].transaction_info.transaction_id)

    assert 1 == len(ids)


def test_two_starts_that_are_asked_for_at_once_keep_their_connectors() -> None:
    both = old_station()
    for evse, number in ((1, 11), (2, 22)):
        token = v201.IdToken(id_token="04AABBCC", type=v201.IdTokenEnum.ISO14443)
        both.csms(v201.RequestStartTransactionRequest(evse_id=evse, id_token=token, remote_start_id=number))
    for connector in (2, 1):
        both.station(start(connector))

    assert [(2, 22), (1, 11)] == [
        (one.evse.id, one.transaction_info.remote_start_id) for one in both.to_csms()
    ]


def test_events_are_counted() -> None:
    both = old_station()
    number = both.station(start()).transaction_id
    for minute in (1, 2, 3):
        value = v16.MeterValue(timestamp=at(minute), sampled_value=[v16.SampledValue(value="1")])
        both.station(v16.MeterValuesRequest(connector_id=1, transaction_id=number, meter_value=[value]))
    both.station(stop(number))

    assert [0, 1, 2, 3, 4] == [one.seq_no for one in both.to_csms()]


@pytest.mark.parametrize("reason", [None, *v16.Reason])
def test_a_reason_to_stop_is_no_trigger_and_has_the_word_of_the_other_version(reason: Any) -> None:
    both = old_station()
    number = both.station(start()).transaction_id
    both.station(stop(number, reason=reason))

    end = both.to_csms()[-1]
    assert end.trigger_reason in set(v201.TriggerReason)
    assert end.transaction_info.stopped_reason in {None, *v201.Reason}
    assert ["HardReset", "SoftReset", "UnlockCommand"] == [
        one for one in reasons.UP if one not in {str(token) for token in v201.Reason}
    ]


def test_what_an_event_says_on_the_way_arrives_with_the_number_of_its_transaction() -> None:
    """Meter values and a second token of Updated, and an Updated that says no state."""
    both = new_station()
    sample = v201.MeterValue(timestamp=NOON, sampled_value=[v201.SampledValue(value=Decimal(5))])
    other = v201.IdToken(id_token="FF", type=v201.IdTokenEnum.CENTRAL)
    both.station(event("Started", 0, info=CHARGING, id_token=TOKEN, evse=v201.EVSE(id=1)))
    both.to_csms()
    both.station(event("Updated", 1, meter_value=[sample]))
    both.station(event("Updated", 2, id_token=other))

    values, asked = both.to_csms()
    assert (41, "5") == (values.transaction_id, values.meter_value[0].sampled_value[0].value)
    assert "FF" == asked.id_tag


def test_transactions_are_found_in_both_directions() -> None:
    """And the id in 2.x is not the number in text."""
    both = old_station()
    number = both.station(start()).transaction_id
    id = both.to_csms()[0].transaction_info.transaction_id
    both.csms(v201.RequestStopTransactionRequest(transaction_id=id))
    stopped = v201.RequestStopTransactionResponse(status=v201.RequestStartStopStatus.ACCEPTED)
    other = new_station(RequestStopTransaction=stopped)
    other.station(event("Started", 0, info=CHARGING, id_token=TOKEN, evse=v201.EVSE(id=1)))
    other.csms(v16.RemoteStopTransactionRequest(transaction_id=41))

    assert [v16.RemoteStopTransactionRequest(transaction_id=number)] == both.to_station()
    assert str(number) != id
    assert [v201.RequestStopTransactionRequest(transaction_id="T-1")] == other.to_station()


def test_jobs_are_told_apart_by_ids_that_are_given_once() -> None:
    both = new_station(
        GetLog=v201.GetLogResponse(status=v201.LogStatus.ACCEPTED),
        UpdateFirmware=v201.UpdateFirmwareResponse(status=v201.UpdateFirmwareStatus.ACCEPTED),
        RequestStartTransaction=v201.RequestStartTransactionResponse(
            status=v201.RequestStartStopStatus.ACCEPTED
        ),
    )
    both.csms(v16.GetDiagnosticsRequest(location="ftp://files.example/"))
    both.restart()
    both.csms(v16.UpdateFirmwareRequest(location="ftp://files.example/", retrieve_date=NOON))
    both.csms(v16.RemoteStartTransactionRequest(id_tag="A"))

    log, update, begun = both.to_station()
    assert [1, 2, 3] == [log.request_id, update.request_id, begun.remote_start_id]


@pytest.mark.parametrize("status", list(v201.SetVariableStatus))
def test_what_a_station_refuses_is_not_reported_as_done(status: v201.SetVariableStatus) -> None:
    def answer(request: v201.SetVariablesRequest) -> v201.SetVariablesResponse:
        return v201.SetVariablesResponse(
            set_variable_result=[
                v201.SetVariableResult(
                    attribute_status=status, component=one.component, variable=one.variable
                )
                for one in request.set_variable_data
            ]
        )

    both = new_station(SetVariables=answer)
    told = both.csms(v16.ChangeConfigurationRequest(key="HeartbeatInterval", value="60"))

    assert (status in ("Accepted", "RebootRequired")) == (told.status in ("Accepted", "RebootRequired"))
    assert (status == "RebootRequired") == (told.status == "RebootRequired")
    (sent,) = both.to_station()
    assert ("OCPPCommCtrlr", "HeartbeatInterval") == (
        sent.set_variable_data[0].component.name,
        sent.set_variable_data[0].variable.name,
    )
