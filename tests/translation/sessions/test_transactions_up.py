"""A station of 1.6 behind a CSMS of 2.0.1: the rules A1 to A12, one by one."""

import itertools
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting, at
from effort import effort
from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.translation import Policy, Side

TAG = "04AABBCC"
REFUSED = OcppError(ErrorCode.INTERNAL, "no")


def information(status: str = "Accepted", **more: Any) -> v201.IdTokenInfo:
    return v201.IdTokenInfo(status=v201.AuthorizationStatus(status), **more)


def event_answer(request: v201.TransactionEventRequest) -> v201.TransactionEventResponse:
    return v201.TransactionEventResponse(id_token_info=information() if request.id_token else None)


CSMS = {
    "Authorize": v201.AuthorizeResponse(id_token_info=information()),
    "BootNotification": v201.BootNotificationResponse(
        current_time=NOON, interval=300, status=v201.RegistrationStatus.ACCEPTED
    ),
    "MeterValues": v201.MeterValuesResponse(),
    "NotifyEvent": v201.NotifyEventResponse(),
    "StatusNotification": v201.StatusNotificationResponse(),
    "TransactionEvent": event_answer,
}
STATION = {
    "RemoteStartTransaction": v16.RemoteStartTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED),
    "RemoteStopTransaction": v16.RemoteStopTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED),
    "Reset": v16.ResetResponse(status=v16.ResetStatus.ACCEPTED),
}


def bridge(csms: dict[str, Any] | None = None, **more: Any) -> Bridge:
    serves = {Side.STATION: accepting(**STATION), Side.CSMS: accepting(**{**CSMS, **(csms or {})})}
    return Bridge("1.6", "2.0.1", serves=serves, **more)


def start(**more: Any) -> v16.StartTransactionRequest:
    members: dict[str, Any] = {"connector_id": 1, "id_tag": TAG, "timestamp": NOON, "meter_start": 1000}
    return v16.StartTransactionRequest(**{**members, **more})


def values(number: int | None, wh: str = "1500", minute: float = 5, **more: Any) -> v16.MeterValuesRequest:
    sample = v16.SampledValue(value=wh, **more)
    value = v16.MeterValue(timestamp=at(minute), sampled_value=[sample])
    return v16.MeterValuesRequest(connector_id=1, transaction_id=number, meter_value=[value])


def stop(number: int, **more: Any) -> v16.StopTransactionRequest:
    members: dict[str, Any] = {"transaction_id": number, "timestamp": at(10), "meter_stop": 2000}
    return v16.StopTransactionRequest(**{**members, **more})


def status(
    token: str, connector: int = 1, error: str = "NoError", **more: Any
) -> v16.StatusNotificationRequest:
    return v16.StatusNotificationRequest(
        connector_id=connector,
        status=v16.ChargePointStatus(token),
        error_code=v16.ChargePointErrorCode(error),
        timestamp=at(1),
        **more,
    )


def kinds(sent: list[Any]) -> list[Any]:
    """What was sent, in short: events by type, trigger and number."""
    return [
        (str(one.event_type), str(one.trigger_reason), one.seq_no)
        if isinstance(one, v201.TransactionEventRequest)
        else one.__ocpp__.action
        for one in sent
    ]


# A1


def test_A1_authorize_is_carried() -> None:
    both = bridge()

    answer = both.station(v16.AuthorizeRequest(id_tag=TAG))

    assert v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)) == answer
    assert [v201.IdToken(id_token=TAG, type=v201.IdTokenEnum.ISO14443)] == [
        one.id_token for one in both.to_csms()
    ]


# A2, A3


def test_A2_a_status_is_sent_when_that_of_2_x_changes() -> None:
    both = bridge()

    answers = [both.station(status(one)) for one in ("Available", "Preparing", "Charging", "Available")]

    assert [v16.StatusNotificationResponse()] * 4 == answers
    assert ["Available", "Occupied", "Available"] == [one.connector_status for one in both.to_csms()]


def test_A2_a_status_that_says_nothing_new_is_a_loss_as_a_whole() -> None:
    both = bridge()
    both.station(status("Preparing"))
    both.lost()

    both.station(status("Finishing"))

    assert [("$", "dropped", "suppressed")] == both.lost()


def test_A2_an_error_is_an_event_that_ends_when_it_is_over() -> None:
    both = bridge()
    both.station(status("Available"))
    both.to_csms()

    both.station(status("Faulted", error="GroundFailure", info="wet", vendor_id="V", vendor_error_code="7"))
    faulted = both.to_csms()
    both.station(status("Available"))
    mended = both.to_csms()

    assert ["StatusNotification", "NotifyEvent"] == kinds(faulted) == kinds(mended)
    (event,) = faulted[1].event_data
    assert ("true", "GroundFailure", "wet [V:7]") == (event.actual_value, event.tech_code, event.tech_info)
    assert v201.EVSE(id=1, connector_id=1) == event.component.evse
    (event,) = mended[1].event_data
    assert ("false", True, None, 2) == (event.actual_value, event.cleared, event.tech_code, event.event_id)


def test_A2_the_status_of_the_station_is_an_event() -> None:
    both = bridge()

    both.station(status("Unavailable", connector=0))

    (sent,) = both.to_csms()
    (event,) = sent.event_data
    assert ("ChargingStation", "AvailabilityState", "Unavailable", "Delta") == (
        event.component.name,
        event.variable.name,
        event.actual_value,
        event.trigger,
    )


def test_A3_the_charging_state_of_a_transaction_is_an_event() -> None:
    both = bridge()
    both.station(status("Preparing"))
    both.station(start())
    both.to_csms()

    for token in ("Charging", "SuspendedEV", "SuspendedEV", "Finishing"):
        both.station(status(token))

    sent = both.to_csms()
    assert ["Charging", "SuspendedEV", "EVConnected"] == [one.transaction_info.charging_state for one in sent]
    assert [("Updated", "ChargingStateChanged", number) for number in (1, 2, 3)] == kinds(sent)


# A4 to A6


def test_A4_a_transaction_begins() -> None:
    both = bridge()

    answer = both.station(start(reservation_id=7))

    (sent,) = both.to_csms()
    assert ("Started", "Authorized", 0, 7, NOON) == (
        sent.event_type,
        sent.trigger_reason,
        sent.seq_no,
        sent.reservation_id,
        sent.timestamp,
    )
    assert v201.EVSE(id=1, connector_id=1) == sent.evse
    assert "EVConnected" == sent.transaction_info.charging_state
    (sample,) = sent.meter_value[0].sampled_value
    assert (Decimal(1000), "Transaction.Begin", "Wh") == (
        sample.value,
        sample.context,
        sample.unit_of_measure.unit,
    )
    assert (1, "Accepted") == (answer.transaction_id, answer.id_tag_info.status)


def test_A4_the_last_word_on_a_token_counts_where_the_csms_says_nothing() -> None:
    both = bridge(
        {
            "TransactionEvent": v201.TransactionEventResponse(),
            "Authorize": v201.AuthorizeResponse(id_token_info=information("ConcurrentTx")),
        }
    )
    both.station(v16.AuthorizeRequest(id_tag=TAG))

    answers = [both.station(start()), both.station(start(id_tag="another"))]

    assert ["ConcurrentTx", "Accepted"] == [one.id_tag_info.status for one in answers]
    assert ("$.idTagInfo.status", "synthesised", "remembered") in both.lost()


def test_A4_a_permission_for_another_evse_is_none() -> None:
    both = bridge(
        {"TransactionEvent": v201.TransactionEventResponse(id_token_info=information(evse_id=[2, 3]))}
    )

    answer = both.station(start())

    assert "Blocked" == answer.id_tag_info.status
    assert ("$.idTokenInfo.status", "approximated", "collapsed") in both.lost()


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_A4_a_time_at_the_end_of_all_times_is_one_like_any_other(text: str) -> None:
    """It is a time in its own zone, and none in UTC."""
    both = bridge()
    moment = datetime.fromisoformat(text)

    number = both.station(start(timestamp=moment)).transaction_id
    both.station(stop(number, timestamp=moment))
    both.station(stop(-1, timestamp=moment))

    assert [moment] * 3 == [one.timestamp for one in both.to_csms()]


def test_A5_a_repeated_start_is_the_same_transaction() -> None:
    both = bridge()
    first = both.station(start())
    both.to_csms()

    again = both.station(start())

    assert ([], first) == (both.to_csms(), again)


@pytest.mark.parametrize("answer", [None, REFUSED], ids=["lost", "refused"])
def test_A5_a_start_that_was_not_answered_is_sent_again_as_it_was(answer: Any) -> None:
    given = [answer]
    both = bridge({"TransactionEvent": lambda one: given.pop() if given else event_answer(one)})

    failed = both.station(start())
    (first,) = both.to_csms()
    both.restart()
    told = both.station(start())

    assert isinstance(failed, OcppError)
    assert [first] == both.to_csms()
    assert 1 == told.transaction_id


def test_A6_another_transaction_on_the_connector_leaves_the_first_one_open() -> None:
    both = bridge()
    first = both.station(start())
    second = both.station(start(timestamp=at(1)))

    both.station(values(first.transaction_id))
    both.station(values(second.transaction_id))
    both.station(values(None))

    sent = both.to_csms()
    one, two = (event.transaction_info.transaction_id for event in sent[:2])
    assert one != two
    assert [(one, 0), (two, 0), (one, 1), (two, 1), (two, 2)] == [
        (event.transaction_info.transaction_id, event.seq_no) for event in sent
    ]


# A7, A8


@pytest.mark.parametrize(
    "sample, trigger",
    [
        ({}, "MeterValuePeriodic"),
        ({"context": v16.ReadingContext.SAMPLE_CLOCK}, "MeterValueClock"),
        ({"context": v16.ReadingContext.TRIGGER}, "Trigger"),
        ({"format": v16.ValueFormat.SIGNED_DATA}, "SignedDataReceived"),
    ],
    ids=["periodic", "clock", "trigger", "signed"],
)
def test_A7_meter_values_are_events_whose_trigger_is_their_context(sample: Any, trigger: str) -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    both.to_csms()

    answer = both.station(values(number, **sample))

    assert v16.MeterValuesResponse() == answer
    assert [("Updated", trigger, 1)] == kinds(both.to_csms())


def test_A7_repeated_meter_values_are_one_event() -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    both.station(values(number))
    both.to_csms()

    both.restart()
    answer = both.station(values(number))

    assert ([], v16.MeterValuesResponse()) == (both.to_csms(), answer)


def test_A7_values_that_2_x_has_no_word_for_are_no_event_and_use_up_no_number() -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    both.to_csms()
    both.lost()

    both.station(values(number, measurand=v16.Measurand.RPM))
    both.station(values(number))

    assert [("Updated", "MeterValuePeriodic", 1)] == kinds(both.to_csms())
    assert ("$", "dropped", "suppressed") == both.lost()[0]


def test_A7_who_may_not_charge_any_more_is_stopped() -> None:
    refusal = v201.TransactionEventResponse(id_token_info=information("Expired"))
    both = bridge({"TransactionEvent": lambda one: event_answer(one) if one.id_token else refusal})
    number = both.station(start()).transaction_id

    both.station(values(number))

    assert [v16.RemoteStopTransactionRequest(transaction_id=number)] == both.to_station()


@pytest.mark.parametrize("number", [None, 77], ids=["without", "unknown"])
def test_A8_values_of_no_transaction_stay_meter_values(number: int | None) -> None:
    both = bridge()

    both.station(values(number))

    (sent,) = both.to_csms()
    assert (1, Decimal(1500)) == (sent.evse_id, sent.meter_value[0].sampled_value[0].value)
    assert (number is not None) == (("$.transactionId", "dropped", "no_counterpart") in both.lost())


def test_A7_the_connector_of_the_transaction_counts() -> None:
    both = bridge()
    number = both.station(start(connector_id=2)).transaction_id
    both.lost()

    both.station(values(number))

    assert ("$.connectorId", "dropped", "no_counterpart") in both.lost()


# A9 to A12


def test_A9_a_transaction_ends() -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    both.to_csms()

    answer = both.station(stop(number, id_tag=TAG, reason=v16.Reason.LOCAL))

    (sent,) = both.to_csms()
    assert ("Ended", "StopAuthorized", 1, "Local", None) == (
        sent.event_type,
        sent.trigger_reason,
        sent.seq_no,
        sent.transaction_info.stopped_reason,
        sent.evse,
    )
    (value,) = sent.meter_value
    assert (Decimal(2000), "Transaction.End") == (
        value.sampled_value[0].value,
        value.sampled_value[0].context,
    )
    assert "Accepted" == answer.id_tag_info.status


def test_A9_the_end_is_not_read_twice() -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    both.to_csms()
    end = v16.SampledValue(
        value="2.0", unit=v16.UnitOfMeasure.KWH, context=v16.ReadingContext.TRANSACTION_END
    )

    both.station(stop(number, transaction_data=[v16.MeterValue(timestamp=at(10), sampled_value=[end])]))

    (sent,) = both.to_csms()
    assert [Decimal("2.0")] == [one.value for value in sent.meter_value for one in value.sampled_value]


@pytest.mark.parametrize(
    "reason, expected, trigger",
    [
        (None, None, "StopAuthorized"),
        ("SoftReset", "ImmediateReset", "ResetCommand"),
        ("UnlockCommand", "Remote", "UnlockCommand"),
        ("EVDisconnected", "EVDisconnected", "EVCommunicationLost"),
    ],
)
def test_A9_reasons(reason: Any, expected: Any, trigger: str) -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    both.to_csms()
    both.lost()

    both.station(stop(number, reason=None if reason is None else v16.Reason(reason)))

    (sent,) = both.to_csms()
    assert (expected, trigger) == (sent.transaction_info.stopped_reason, sent.trigger_reason)
    assert (reason in ("SoftReset", "UnlockCommand")) == (
        ("$.reason", "approximated", "collapsed") in both.lost()
    )


@pytest.mark.parametrize(
    "token, reason, expected",
    [
        ("Finishing", None, "EVConnected"),
        ("Available", None, "Idle"),
        ("Charging", "EVDisconnected", "Idle"),
        ("Charging", None, None),
    ],
)
def test_A9_the_charging_state_at_the_end(token: str, reason: str | None, expected: str | None) -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    both.station(status(token))

    both.station(stop(number, reason=None if reason is None else v16.Reason(reason)))

    assert expected == both.to_csms()[-1].transaction_info.charging_state


def test_A9_times_are_cut_to_milliseconds_with_a_loss() -> None:
    both = bridge()
    moment = NOON.replace(microsecond=123456)

    both.station(start(timestamp=moment))

    assert NOON.replace(microsecond=123000) == both.to_csms()[0].timestamp
    assert ("$.timestamp", "approximated", "rounded") in both.lost()


def test_A9_signed_data_alone_belongs_to_the_registers_of_the_transaction() -> None:
    both = bridge()
    number = both.station(start(meter_start=1000)).transaction_id
    both.to_csms()
    signed = [
        v16.SampledValue(value="00ff", format=v16.ValueFormat.SIGNED_DATA, context=v16.ReadingContext(one))
        for one in ("Transaction.Begin", "Transaction.End")
    ]

    both.station(stop(number, transaction_data=[v16.MeterValue(timestamp=at(10), sampled_value=signed)]))

    (sent,) = both.to_csms()
    assert [Decimal(1000), Decimal(2000)] == [
        one.value for value in sent.meter_value for one in value.sampled_value
    ]


def test_A10_a_repeated_stop_emits_nothing() -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    first = both.station(stop(number, id_tag=TAG))
    both.to_csms()

    both.restart()
    again = both.station(stop(number, id_tag=TAG))

    assert ([], first) == (both.to_csms(), again)


def test_A11_the_end_of_an_unknown_transaction_is_sent() -> None:
    both = bridge()

    both.station(stop(77))
    both.station(stop(77))
    both.station(stop(-1))
    both.station(stop(-1, meter_stop=3000))

    sent = both.to_csms()
    assert [("Ended", "StopAuthorized", 0)] * 3 == kinds(sent)
    assert 3 == len({one.transaction_info.transaction_id for one in sent})
    assert ("$.transactionInfo.transactionId", "synthesised", "allocated") in both.lost()


def test_A11_ids_go_on_above_those_that_the_station_knows() -> None:
    both = bridge()
    both.station(stop(77))

    assert 78 == both.station(start()).transaction_id


def test_A12_a_boot_ends_nothing() -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    both.to_csms()

    both.station(v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M"))
    both.station(stop(number, reason=v16.Reason.POWER_LOSS))

    assert ["BootNotification", ("Ended", "AbnormalCondition", 1)] == kinds(both.to_csms())


# What was given up, and what was late


def test_what_the_station_has_given_up_goes_before_the_next_event() -> None:
    given: list[Any] = []
    both = bridge({"TransactionEvent": lambda one: given.pop() if given else event_answer(one)})
    number = both.station(start()).transaction_id
    given.append(None)
    both.station(values(number))
    both.to_csms()

    answer = both.station(values(number, minute=6))

    assert [1, 2] == [one.seq_no for one in both.to_csms()]
    assert v16.MeterValuesResponse() == answer


def test_A3_the_same_status_again_while_the_csms_is_away_is_another_event() -> None:
    """A station that sends no timestamps says the same when it comes back to a status."""
    both = bridge()
    both.station(start())
    both.to_csms()
    answers = both.serves[Side.CSMS]
    both.serves[Side.CSMS] = lambda request: None
    for token in ("Charging", "SuspendedEV", "Charging"):
        both.station(status(token))
    both.serves[Side.CSMS] = answers
    both.to_csms()
    both.station(status("SuspendedEVSE"))

    sent = [one for one in both.to_csms() if isinstance(one, v201.TransactionEventRequest)]
    assert [(1, "Charging"), (2, "SuspendedEV"), (3, "Charging"), (4, "SuspendedEVSE")] == [
        (one.seq_no, one.transaction_info.charging_state) for one in sent
    ]


def test_what_the_csms_refuses_twice_does_not_stop_the_rest() -> None:
    both = bridge({"TransactionEvent": lambda one: REFUSED if one.seq_no == 1 else event_answer(one)})
    number = both.station(start()).transaction_id

    answers = [both.station(one) for one in (values(number), values(number, minute=6), stop(number))]

    assert [REFUSED, v16.MeterValuesResponse(), v16.StopTransactionResponse()] == answers
    assert [0, 1, 1, 2, 3] == [one.seq_no for one in both.to_csms()]


def test_what_happened_before_the_connection_is_offline() -> None:
    both = bridge()

    both.station(start(timestamp=at(-5)))

    assert True is both.to_csms()[0].offline
    assert ("$.offline", "synthesised", "guessed") in both.lost()


def test_a_transaction_may_have_so_many_messages_waiting() -> None:
    both = bridge({"TransactionEvent": None}, policy=Policy(most_waiting=2))
    both.station(start())

    answers = [both.station(values(None, minute=minute)) for minute in (1, 2, 3)]

    assert [True] * 3 == [isinstance(one, OcppError) for one in answers]
    assert [0, 0, 0, 0] == [one.seq_no for one in both.to_csms()]


def test_of_too_many_transactions_those_that_have_ended_are_forgotten() -> None:
    both = bridge(policy=Policy(most_transactions=3))

    for minute in range(5):
        number = both.station(start(timestamp=at(minute))).transaction_id
        both.station(stop(number))

    kept = [key for key in both.store.load("CP-1") if key[0] in ("transaction", "number")]
    assert 6 == len(kept)


def test_a_further_transaction_costs_the_same_however_many_are_open() -> None:
    """A station may begin one after the other and end none."""

    def calls(most: int) -> int:
        both = bridge(policy=Policy(most_transactions=most))
        for number in range(most):
            both.station(start(timestamp=at(number)))
        minutes = itertools.count(most)
        return effort(lambda: both.station(start(timestamp=at(next(minutes))))).calls

    assert calls(300) - calls(100) < 2 * 200  # they are looked at, and no more


def test_an_ended_transaction_is_forgotten_after_a_month() -> None:
    both = bridge()
    number = both.station(start()).transaction_id
    both.station(stop(number))

    both.tick(31 * 24 * 60)
    both.restart()

    assert [] == [key for key in both.store.load("CP-1") if key[0] in ("transaction", "number")]
