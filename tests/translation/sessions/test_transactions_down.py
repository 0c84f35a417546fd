"""A station of 2.0.1 behind a CSMS of 1.6: the rules B1 to B11, one by one."""

from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting, at
from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.translation import Policy, Side

TOKEN = v201.IdToken(id_token="04AABBCC", type=v201.IdTokenEnum.ISO14443)
REFUSED = OcppError(ErrorCode.INTERNAL, "no")


def information(status: str = "Accepted", **more: Any) -> v16.IdTagInfo:
    return v16.IdTagInfo(status=v16.AuthorizationStatus(status), **more)


def csms_answers() -> dict[str, Any]:
    numbers = count(5)
    return {
        "Authorize": v16.AuthorizeResponse(id_tag_info=information()),
        "MeterValues": v16.MeterValuesResponse(),
        "StartTransaction": lambda one: v16.StartTransactionResponse(
            transaction_id=next(numbers), id_tag_info=information()
        ),
        "StatusNotification": v16.StatusNotificationResponse(),
        "StopTransaction": v16.StopTransactionResponse(id_tag_info=information()),
    }


STATION = {
    "RequestStartTransaction": v201.RequestStartTransactionResponse(
        status=v201.RequestStartStopStatus.ACCEPTED
    ),
    "RequestStopTransaction": v201.RequestStopTransactionResponse(
        status=v201.RequestStartStopStatus.ACCEPTED
    ),
}


def bridge(csms: dict[str, Any] | None = None, station: dict[str, Any] | None = None, **more: Any) -> Bridge:
    serves = {
        Side.STATION: accepting(**{**STATION, **(station or {})}),
        Side.CSMS: accepting(**{**csms_answers(), **(csms or {})}),
    }
    return Bridge("2.0.1", "1.6", serves=serves, **more)


def sample(wh: float | str, context: str | None = None, **more: Any) -> v201.MeterValue:
    one = v201.SampledValue(
        value=Decimal(str(wh)), context=None if context is None else v201.ReadingContext(context), **more
    )
    return v201.MeterValue(timestamp=NOON, sampled_value=[one])


def event(
    kind: str,
    seq_no: int,
    trigger: str = "ChargingStateChanged",
    state: str | None = None,
    *,
    wh: v201.MeterValue | None = None,
    token: v201.IdToken | None = None,
    evse: int | None = None,
    reason: str | None = None,
    id: str = "T-1",
    **more: Any,
) -> v201.TransactionEventRequest:
    info = v201.Transaction(
        transaction_id=id,
        charging_state=None if state is None else v201.ChargingState(state),
        stopped_reason=None if reason is None else v201.Reason(reason),
        remote_start_id=more.pop("remote_start_id", None),
    )
    return v201.TransactionEventRequest(
        event_type=v201.TransactionEvent(kind),
        timestamp=at(seq_no),
        trigger_reason=v201.TriggerReason(trigger),
        seq_no=seq_no,
        transaction_info=info,
        id_token=token,
        evse=None if evse is None else v201.EVSE(id=evse, connector_id=1),
        meter_value=None if wh is None else [wh],
        **more,
    )


def plugged(**more: Any) -> v201.TransactionEventRequest:
    return event("Started", 0, "CablePluggedIn", "EVConnected", evse=1, **more)


def charging(seq_no: int = 1, wh: float | str = 1000) -> v201.TransactionEventRequest:
    return event("Updated", seq_no, "Authorized", "Charging", token=TOKEN, wh=sample(wh, "Transaction.Begin"))


def ended(seq_no: int, wh: float | str = 3000, **more: Any) -> v201.TransactionEventRequest:
    return event(
        "Ended",
        seq_no,
        more.pop("trigger", "StopAuthorized"),
        "EVConnected",
        wh=sample(wh, "Transaction.End"),
        **more,
    )


def actions(sent: list[Any]) -> list[str]:
    return [
        f"{one.__ocpp__.action} {one.status}" if hasattr(one, "status") else str(one.__ocpp__.action)
        for one in sent
    ]


def test_a_normal_charge_reads_as_one_of_1_6() -> None:
    both = bridge()
    whole = [
        plugged(),
        event("Updated", 1, "Authorized", "EVConnected", token=TOKEN),
        event("Updated", 2, "ChargingStateChanged", "Charging", wh=sample(1000, "Transaction.Begin")),
        event("Updated", 3, "MeterValuePeriodic", wh=sample(2000, "Sample.Periodic")),
        ended(4, token=TOKEN, reason="Local"),
    ]

    answers = [both.station(one) for one in whole]

    sent = both.to_csms()
    assert [
        "StatusNotification Preparing",
        "Authorize",
        "StartTransaction",
        "StatusNotification Charging",
        "MeterValues",
        "StopTransaction",
        "StatusNotification Finishing",
    ] == actions(sent)
    accepted = v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED)
    assert [None, accepted, None, None, accepted] == [one.id_token_info for one in answers]
    _, _, start, _, values, stop, _ = sent
    assert (1, "04AABBCC", at(2), 1000) == (
        start.connector_id,
        start.id_tag,
        start.timestamp,
        start.meter_start,
    )
    assert (5, 5) == (values.transaction_id, stop.transaction_id)
    assert (at(4), 3000, "Local", "04AABBCC") == (stop.timestamp, stop.meter_stop, stop.reason, stop.id_tag)
    assert ["3000"] == [one.value for value in stop.transaction_data for one in value.sampled_value]


# B1


def test_B1_a_repeated_event_emits_nothing() -> None:
    both = bridge()
    both.station(plugged())
    first = both.station(charging())
    both.to_csms()

    both.restart()

    assert (first, []) == (both.station(charging()), both.to_csms())


@pytest.mark.parametrize("answer", [None, REFUSED], ids=["lost", "refused"])
def test_B3_a_start_that_was_not_answered_comes_again_with_the_event(answer: Any) -> None:
    given = [answer]
    start = csms_answers()["StartTransaction"]
    both = bridge({"StartTransaction": lambda one: given.pop() if given else start(one)})
    both.station(plugged())

    failed = both.station(charging())
    both.restart()
    told = both.station(charging())

    assert isinstance(failed, OcppError)
    assert "Accepted" == told.id_token_info.status
    starts = [one for one in both.to_csms() if isinstance(one, v16.StartTransactionRequest)]
    assert starts[0] == starts[1]


@pytest.mark.parametrize("answer", [None, REFUSED], ids=["lost", "refused"])
def test_B3_a_start_stays_what_it_was_when_another_event_brings_it(answer: Any) -> None:
    """The CSMS may have it: with another time it would be another transaction."""
    given = [answer]
    start = csms_answers()["StartTransaction"]
    both = bridge({"StartTransaction": lambda one: given.pop() if given else start(one)})
    both.station(plugged())
    both.station(charging(1, 1000))

    both.station(event("Updated", 2, "MeterValuePeriodic", wh=sample(1500)))

    first, second = (one for one in both.to_csms() if isinstance(one, v16.StartTransactionRequest))
    assert first == second


def test_B7_a_stop_stays_what_it_was_when_a_late_event_changes_what_is_known() -> None:
    given: list[Any] = [None]
    both = bridge({"StopTransaction": lambda one: given.pop() if given else v16.StopTransactionResponse()})
    both.station(plugged())
    both.station(charging())
    end = event("Ended", 3, "StopAuthorized", "EVConnected")
    both.station(end)
    both.station(event("Updated", 2, "MeterValuePeriodic", wh=sample(1500)))

    both.station(end)

    first, second = (one for one in both.to_csms() if isinstance(one, v16.StopTransactionRequest))
    assert first == second


def test_B7_a_stop_that_was_not_answered_comes_again_alone() -> None:
    given: list[Any] = [None]
    both = bridge({"StopTransaction": lambda one: given.pop() if given else v16.StopTransactionResponse()})
    both.station(plugged())
    both.station(charging())
    both.station(ended(2))
    both.to_csms()

    answer = both.station(ended(2))

    assert ["StopTransaction", "StatusNotification Finishing"] == actions(both.to_csms())
    assert v201.TransactionEventResponse() == answer


def test_B1_a_repetition_goes_on_where_the_last_one_was_stopped() -> None:
    """The beginning was answered, the values that waited for it were not: they alone come again."""
    given: list[Any] = [None]
    both = bridge({"MeterValues": lambda one: given.pop() if given else v16.MeterValuesResponse()})
    both.station(plugged(wh=sample(990, "Sample.Clock")))

    failed = both.station(charging())
    told = both.station(charging())

    assert isinstance(failed, OcppError)
    assert "Accepted" == told.id_token_info.status
    assert ["StartTransaction", "MeterValues", "MeterValues"] == [
        one for one in actions(both.to_csms()) if not one.startswith("Status") and one != "Authorize"
    ]


# B3


def test_B3_begins_when_all_is_known() -> None:
    """A register reading is waited for until energy may flow."""
    both = bridge()
    both.station(event("Started", 0, "Authorized", "Idle", token=TOKEN))
    both.station(event("Updated", 1, "CablePluggedIn", "EVConnected", evse=1))
    before = actions(both.to_csms())

    both.station(event("Updated", 2, "ChargingStateChanged", "SuspendedEV"))

    assert ["Authorize", "StatusNotification Preparing"] == before
    start, status = both.to_csms()
    assert (0, "SuspendedEV") == (start.meter_start, status.status)
    assert ("$.meterStart", "synthesised", "guessed") in both.lost()


def test_B3_values_from_before_the_beginning_follow_it() -> None:
    both = bridge()
    both.station(plugged(wh=sample(990, "Sample.Clock")))

    both.station(charging(wh=1000))

    start, values = (one for one in both.to_csms() if not hasattr(one, "status"))
    assert 1000 == start.meter_start
    assert (5, "990") == (values.transaction_id, values.meter_value[0].sampled_value[0].value)


@pytest.mark.parametrize(
    "value, expected",
    [
        (sample("1.5", unit_of_measure=v201.UnitOfMeasure(unit="kWh")), 1500),
        (sample("15", unit_of_measure=v201.UnitOfMeasure(unit="Wh", multiplier=2)), 1500),
        (sample("1500.4"), 1500),
        (
            v201.MeterValue(
                timestamp=NOON,
                sampled_value=[
                    v201.SampledValue(value=Decimal(one), phase=v201.Phase(phase))
                    for one, phase in (("500", "L1"), ("600", "L2"), ("400", "L3"))
                ],
            ),
            1500,
        ),
    ],
    ids=["kWh", "multiplier", "fraction", "phases"],
)
def test_B3_the_register_is_read_in_wh(value: Any, expected: int) -> None:
    both = bridge()
    both.station(plugged())

    both.station(event("Updated", 1, "Authorized", "Charging", token=TOKEN, wh=value))

    (start,) = (one for one in both.to_csms() if isinstance(one, v16.StartTransactionRequest))
    assert expected == start.meter_start


def test_B3_a_remote_start_brings_its_token() -> None:
    both = bridge(
        station={
            "RequestStartTransaction": v201.RequestStartTransactionResponse(
                status=v201.RequestStartStopStatus.ACCEPTED, transaction_id="T-1"
            )
        }
    )
    answer = both.csms(v16.RemoteStartTransactionRequest(id_tag="remote", connector_id=1))
    (request,) = both.to_station()

    both.station(
        event("Started", 0, "RemoteStart", "Charging", evse=1, remote_start_id=request.remote_start_id)
    )

    assert ("Accepted", 1) == (answer.status, request.remote_start_id)
    (start,) = (one for one in both.to_csms() if isinstance(one, v16.StartTransactionRequest))
    assert "remote" == start.id_tag


def test_B3_a_remote_start_is_known_by_its_id_alone() -> None:
    both = bridge()
    both.csms(v16.RemoteStartTransactionRequest(id_tag="remote", connector_id=1))

    both.station(event("Started", 0, "RemoteStart", "Charging", evse=1, remote_start_id=1))

    (start,) = (one for one in both.to_csms() if isinstance(one, v16.StartTransactionRequest))
    assert "remote" == start.id_tag


def test_B3_a_reservation_is_used_up_and_its_connector_told() -> None:
    both = bridge()
    first = event("Started", 0, "CablePluggedIn", "EVConnected", reservation_id=9)
    both.station(first)

    both.station(
        v201.TransactionEventRequest(
            event_type=v201.TransactionEvent.UPDATED,
            timestamp=at(1),
            trigger_reason=v201.TriggerReason.AUTHORIZED,
            seq_no=1,
            transaction_info=v201.Transaction(
                transaction_id="T-1", charging_state=v201.ChargingState.CHARGING
            ),
            evse=v201.EVSE(id=2, connector_id=3),
            id_token=TOKEN,
            cable_max_current=32,
        )
    )

    (start,) = (one for one in both.to_csms() if isinstance(one, v16.StartTransactionRequest))
    assert (2, 9) == (start.connector_id, start.reservation_id)
    assert {"$.cableMaxCurrent", "$.evse.connectorId"} <= {path for path, _, _ in both.lost()}


@pytest.mark.parametrize("trigger, is_there", [("EVDetected", True), ("EVDeparted", False)])
def test_B3_without_charging_states_the_trigger_tells_of_the_vehicle(trigger: str, is_there: bool) -> None:
    both = bridge()
    both.station(event("Started", 0, trigger, evse=1))

    both.station(event("Updated", 1, "Authorized", token=TOKEN, wh=sample(1000, "Transaction.Begin")))

    started = [one for one in both.to_csms() if isinstance(one, v16.StartTransactionRequest)]
    assert is_there == bool(started)


# B6


def test_B6_a_second_card_is_asked_for() -> None:
    both = bridge({"Authorize": v16.AuthorizeResponse(id_tag_info=information("Blocked"))})
    both.station(plugged())
    both.station(charging())
    both.to_csms()
    other = v201.IdToken(id_token="another", type=v201.IdTokenEnum.CENTRAL)

    answer = both.station(event("Updated", 2, "Deauthorized", token=other))

    assert "Authorize" in actions(both.to_csms())
    assert "Blocked" == answer.id_token_info.status


def test_B6_nothing_begins_with_a_token_that_was_refused() -> None:
    both = bridge({"Authorize": v16.AuthorizeResponse(id_tag_info=information("Invalid"))})
    both.station(event("Started", 0, "Authorized", "Idle", token=TOKEN))

    both.station(event("Updated", 1, "CablePluggedIn", "Charging", evse=1, wh=sample(1)))

    assert [] == [one for one in both.to_csms() if isinstance(one, v16.StartTransactionRequest)]


# B7 to B10


@pytest.mark.parametrize(
    "reason, trigger, expected",
    [
        ("MasterPass", "StopAuthorized", "Local"),
        ("Remote", "RemoteStop", "Remote"),
        ("Remote", "UnlockCommand", "UnlockCommand"),
        ("ImmediateReset", "ResetCommand", "HardReset"),
        ("TimeLimitReached", "TimeLimitReached", "Other"),
        (None, "StopAuthorized", None),
    ],
)
def test_B7_reasons(reason: Any, trigger: str, expected: Any) -> None:
    both = bridge()
    both.station(plugged())
    both.station(charging())

    both.station(ended(2, reason=reason, trigger=trigger))

    (stop,) = (one for one in both.to_csms() if isinstance(one, v16.StopTransactionRequest))
    assert expected == stop.reason


def test_B7_a_soft_reset_is_the_reason_if_one_was_sent() -> None:
    both = bridge(station={"Reset": v201.ResetResponse(status=v201.ResetStatus.ACCEPTED)})
    both.station(plugged())
    both.station(charging())
    both.csms(v16.ResetRequest(type=v16.ResetType.SOFT))

    both.station(ended(2, reason="ImmediateReset", trigger="ResetCommand"))

    (stop,) = (one for one in both.to_csms() if isinstance(one, v16.StopTransactionRequest))
    assert "SoftReset" == stop.reason


def test_B7_a_reading_between_two_watt_hours_is_rounded_with_a_loss() -> None:
    both = bridge()
    both.station(plugged())
    both.station(charging(wh="1000.6"))

    both.station(ended(2, "3000.4"))

    sent = both.to_csms()
    assert [1001] == [one.meter_start for one in sent if isinstance(one, v16.StartTransactionRequest)]
    assert [3000] == [one.meter_stop for one in sent if isinstance(one, v16.StopTransactionRequest)]
    assert 2 == [reason for _, _, reason in both.lost()].count("rounded")


def test_B9_values_of_what_never_began_are_lost_by_name() -> None:
    both = bridge()
    both.station(plugged(wh=sample(990, "Sample.Clock")))

    both.station(event("Ended", 1, "EVDeparted", "EVConnected"))

    assert ("$.meterValue", "dropped", "no_counterpart") in both.lost()


def test_B5_of_more_values_than_may_wait_the_oldest_are_lost_by_name() -> None:
    both = bridge(policy=Policy(most_waiting=2))
    both.station(plugged(wh=sample(990, "Sample.Clock")))
    for seq_no in (1, 2):
        both.station(event("Updated", seq_no, "MeterValueClock", wh=sample(990 + seq_no, "Sample.Clock")))

    assert [("$.meterValue", "dropped", "no_counterpart")] == [
        one for one in both.lost() if "meterValue" in one[0]
    ]


def test_B7_who_has_asked_for_the_end_is_remembered() -> None:
    both = bridge()
    both.station(plugged())
    both.station(charging())
    both.station(event("Updated", 2, "StopAuthorized", "EVConnected", token=TOKEN))

    both.station(event("Ended", 3, "EVDeparted", "Idle", reason="Local"))

    (stop,) = (one for one in both.to_csms() if isinstance(one, v16.StopTransactionRequest))
    assert ("04AABBCC", 1000) == (stop.id_tag, stop.meter_stop)
    assert ("$.idTag", "synthesised", "remembered") in both.lost()


@pytest.mark.parametrize("is_known", [True, False], ids=["offline", "lost store"])
def test_B8_what_comes_with_the_end_is_still_a_transaction(is_known: bool) -> None:
    both = bridge()
    if is_known:
        both.station(event("Started", 0, "CablePluggedIn", "EVConnected", evse=1, wh=sample(1000)))

    both.station(ended(5, evse=1, token=TOKEN, trigger="ChargingStateChanged"))

    found = [one for one in both.to_csms() if not isinstance(one, v16.StatusNotificationRequest)]
    expected = ["StartTransaction", "StopTransaction"] if is_known else ["Authorize"]
    assert expected == [one for one in actions(found) if one != "MeterValues"]


def test_B9_what_nobody_has_used_is_no_transaction() -> None:
    both = bridge()
    both.station(plugged())

    both.station(event("Ended", 1, "EVDeparted", "Idle"))

    assert ["StatusNotification Preparing"] == actions(both.to_csms())
    assert ("$", "dropped", "suppressed") in both.lost()


def test_B10_a_transaction_begins_late_where_the_store_was_lost() -> None:
    both = bridge()

    both.station(event("Updated", 7, "MeterValuePeriodic", "Charging", evse=1, token=TOKEN, wh=sample(1700)))

    (start,) = (one for one in both.to_csms() if isinstance(one, v16.StartTransactionRequest))
    assert 1700 == start.meter_start


def test_events_that_come_late_are_events_of_their_transaction() -> None:
    both = bridge()
    both.station(plugged())
    both.station(charging(2))
    both.station(ended(4))
    both.to_csms()

    answer = both.station(event("Updated", 3, "MeterValuePeriodic", wh=sample(1500)))

    (values,) = both.to_csms()
    assert (5, v201.TransactionEventResponse()) == (values.transaction_id, answer)


# Commands


def test_a_transaction_is_stopped_by_its_number() -> None:
    both = bridge()
    both.station(plugged())
    both.station(charging())

    known = both.csms(v16.RemoteStopTransactionRequest(transaction_id=5))
    unknown = both.csms(v16.RemoteStopTransactionRequest(transaction_id=6))

    assert ["Accepted", "Rejected"] == [known.status, unknown.status]
    assert [v201.RequestStopTransactionRequest(transaction_id="T-1")] == both.to_station()


# Numbers that are left out


def test_B1_a_gap_in_the_numbers_is_said_and_nothing_is_held_back() -> None:
    both = bridge()
    both.station(plugged())
    for number in (1, 4, 4, 2, 6):
        both.station(charging(number))
    both.restart()
    both.station(ended(9))

    assert [(2, 3), (5, 5), (7, 8)] == [(one.first, one.last) for one in both.missing]
    assert ["StartTransaction", "StopTransaction"] == [
        one for one in actions(both.to_csms()) if one in ("StartTransaction", "StopTransaction")
    ]
    assert "TransactionEvent 2 to 3 of transaction 'T-1' has not come" == str(both.missing[0])
    assert "TransactionEvent 5 of transaction 'T-1' has not come" == str(both.missing[1])


def test_B1_the_first_number_may_be_any_and_a_repetition_is_no_gap() -> None:
    both = bridge()
    both.station(event("Started", 17, "CablePluggedIn", "EVConnected", evse=1))
    both.station(charging(18))
    both.station(charging(18))
    both.station(event("Started", 40, "Authorized", "Charging", evse=2, token=TOKEN, id="T-2"))

    assert [] == both.missing


def test_B1_what_only_shows_a_gap_is_told_with_the_answer() -> None:
    """An event that becomes nothing in 1.6."""
    both = bridge()
    both.station(plugged())
    both.to_csms()
    both.station(event("Updated", 3, "ChargingRateChanged"))

    assert [] == both.to_csms()
    assert [(1, 2)] == [(one.first, one.last) for one in both.missing]
