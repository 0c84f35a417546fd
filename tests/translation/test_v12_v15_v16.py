"""1.2, 1.5 and 1.6: meter values, lists of configuration keys, and what has an answer here."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ocpp_core import v12, v15, v16
from ocpp_core.model.errors import OcppError
from ocpp_core.translation import Policy, translate
from translations import RECEIVED_AT, carried

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
Sample = v16.SampledValue


def reasons(found: Any) -> list[tuple[str, str, str]]:
    return [(loss.path, loss.kind.value, loss.reason.value) for loss in found.losses]


def in_1_5(*samples: v16.SampledValue) -> Any:
    meter = v16.MeterValue(timestamp=NOON, sampled_value=list(samples))
    return carried(v16.MeterValuesRequest(connector_id=1, meter_value=[meter]), "1.5")


def values_of(found: Any) -> list[tuple[str, str | None, str | None]]:
    (message,) = found.messages
    return [(one.value, one.measurand, one.unit) for one in message.values[0].value]


def phases(measurand: v16.Measurand | None, *values: tuple[str, str]) -> list[v16.SampledValue]:
    return [Sample(value=value, measurand=measurand, phase=v16.Phase(phase)) for phase, value in values]


# 1.6 to 1.5: no phases


def test_energy_and_power_of_the_phases_are_added_up() -> None:
    power = v16.Measurand.POWER_ACTIVE_IMPORT
    found = in_1_5(*phases(power, ("L1", "1000.5"), ("L2", "2000"), ("L3", "0.5")))

    assert [("3001.0", power, None)] == values_of(found)
    assert [(f"$.meterValue[0].sampledValue[{n}]", "approximated", "merged") for n in range(3)] == reasons(
        found
    )


def test_of_current_and_voltage_the_largest_counts() -> None:
    found = in_1_5(*phases(v16.Measurand.VOLTAGE, ("L1-N", "229"), ("L2-N", "231.5"), ("L3-N", "230")))

    assert [("231.5", v16.Measurand.VOLTAGE, None)] == values_of(found)


def test_beside_the_total_the_phases_are_left_out() -> None:
    found = in_1_5(Sample(value="3000"), *phases(None, ("L1", "1000"), ("L2", "2000")))

    assert [("3000", None, None)] == values_of(found)
    assert [(f"$.meterValue[0].sampledValue[{n}]", "dropped", "no_counterpart") for n in (1, 2)] == reasons(
        found
    )


@pytest.mark.parametrize(
    "samples",
    [
        phases(v16.Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, ("L1", "1"), ("L1-N", "2")),
        phases(v16.Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, ("L1", "1"), ("L1", "2")),
        phases(v16.Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, ("L1", "1"), ("L2", "one")),
        phases(v16.Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, ("L1-L2", "1"), ("L2-L3", "2")),
        phases(v16.Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, ("N", "1")),
        phases(v16.Measurand.TEMPERATURE, ("L1", "1")),
    ],
    ids=["two families", "one phase twice", "no number", "between phases", "neutral", "no total"],
)
def test_what_is_no_total_never_arrives_as_one(samples: list[Any]) -> None:
    found = in_1_5(*samples)

    assert (((), v16.MeterValuesResponse())) == (found.messages, found.answer)


@pytest.mark.parametrize(
    "unit, value, expected", [("Fahrenheit", "212", "100.00"), ("K", "273.15", "0.00"), ("Celsius", "7", "7")]
)
def test_temperatures_are_in_degrees_celsius(unit: str, value: str, expected: str) -> None:
    sample = Sample(value=value, measurand=v16.Measurand.TEMPERATURE, unit=v16.UnitOfMeasure(unit))

    assert [(expected, v16.Measurand.TEMPERATURE, "Celsius")] == values_of(in_1_5(sample))


def test_a_temperature_that_is_no_number_is_left_out() -> None:
    sample = Sample(value="warm", unit=v16.UnitOfMeasure.K)

    assert [("1", None, None)] == values_of(in_1_5(sample, Sample(value="1")))


@pytest.mark.parametrize(
    "sample",
    [
        Sample(value="1", unit=v16.UnitOfMeasure.PERCENT),
        Sample(value="1", location=v16.Location.EV),
        Sample(value="1", measurand=v16.Measurand.SOC),
    ],
    ids=["unit", "location", "measurand"],
)
def test_a_sample_without_a_counterpart_is_left_out_alone(sample: Any) -> None:
    assert [("2", None, None)] == values_of(in_1_5(sample, Sample(value="2")))


def test_the_context_that_1_5_lacks_is_the_default() -> None:
    found = in_1_5(Sample(value="1", context=v16.ReadingContext.TRIGGER))

    assert None is found.message.values[0].value[0].context
    assert [("$.meterValue[0].sampledValue[0].context", "approximated", "collapsed")] == reasons(found)


# 1.5 to 1.6


def test_groups_of_transaction_data_become_one_row_and_one_group_again() -> None:
    value = [v15.MeterValue(timestamp=NOON, value=[v15.SampledValue(value=str(n))]) for n in range(3)]
    groups = [v15.TransactionData(values=value[:2]), v15.TransactionData(values=value[2:])]
    message = v15.StopTransactionRequest(
        transaction_id=1, timestamp=NOON, meter_stop=5, transaction_data=groups
    )
    there: Any = translate(message, to="1.6")
    back: Any = translate(there.message, to="1.5").message

    assert ["0", "1", "2"] == [one.sampled_value[0].value for one in there.message.transaction_data]
    assert [("$.transactionData", "approximated", "merged")] == reasons(there)
    assert [v15.TransactionData(values=value)] == back.transaction_data


def test_transaction_data_without_a_place_is_named_as_a_whole() -> None:
    sample = Sample(value="1", measurand=v16.Measurand.SOC)
    message = v16.StopTransactionRequest(
        transaction_id=1,
        timestamp=NOON,
        meter_stop=5,
        transaction_data=[v16.MeterValue(timestamp=NOON, sampled_value=[sample])],
    )
    found: Any = translate(message, to="1.5")

    assert None is found.message.transaction_data
    assert [("$.transactionData", "dropped", "no_counterpart")] == reasons(found)


def test_the_status_of_the_charge_point_itself_is_one_of_three() -> None:
    message = v15.StatusNotificationRequest(
        connector_id=0,
        status=v15.ChargePointStatus.OCCUPIED,
        error_code=v15.ChargePointErrorCode.NO_ERROR,
    )
    made: Any = translate(message, to="1.6").message

    assert "Available" == made.status


def test_occupied_is_a_policy() -> None:
    message = v15.StatusNotificationRequest(
        connector_id=1,
        status=v15.ChargePointStatus.OCCUPIED,
        error_code=v15.ChargePointErrorCode.NO_ERROR,
    )
    made: Any = translate(message, to="1.6", policy=Policy(occupied_as="Preparing")).message

    assert v16.ChargePointStatus.PREPARING is made.status


def test_keys_that_are_too_long_are_unknown_and_values_end_with_an_item() -> None:
    long = "k" * 51
    request = v15.GetConfigurationRequest(key=["short", long])
    asked: Any = translate(request, to="1.6").message
    response = v16.GetConfigurationResponse(unknown_key=["short"])
    answer: Any = translate(response, to="1.5", request=request).message
    value = v15.KeyValue(key="k", readonly=True, value=",".join(["item"] * 101))
    read: Any = translate(v15.GetConfigurationResponse(configuration_key=[value]), to="1.6").message

    assert ["short"] == asked.key
    assert ["short", long] == answer.unknown_key
    assert ",".join(["item"] * 100) == read.configuration_key[0].value
    only: Any = translate(v15.GetConfigurationRequest(key=[long]), to="1.6").answer
    assert [long] == only.unknown_key


def test_a_setting_that_is_too_long_is_rejected() -> None:
    message = v15.ChangeConfigurationRequest(key="k", value="v" * 501)

    assert (
        v15.ChangeConfigurationResponse(status=v15.ConfigurationStatus.REJECTED)
        == translate(message, to="1.6").answer
    )


# 1.5 to 1.2


def test_of_a_moment_1_2_has_the_register() -> None:
    samples = [
        v15.SampledValue(value="1", measurand=v15.Measurand.VOLTAGE),
        v15.SampledValue(value="1.2345", unit=v15.UnitOfMeasure.KWH),
        v15.SampledValue(value="7"),
    ]
    message = v15.MeterValuesRequest(
        connector_id=1, transaction_id=4, values=[v15.MeterValue(timestamp=NOON, value=samples)]
    )
    found: Any = translate(message, to="1.2")

    assert [v12.MeterValue(timestamp=NOON, value=1234)] == found.message.values
    assert [
        ("$.transactionId", "dropped", "no_counterpart"),
        ("$.values[0].value[0]", "dropped", "no_counterpart"),
        ("$.values[0].value[1]", "approximated", "rounded"),
        ("$.values[0].value[2]", "dropped", "no_counterpart"),
    ] == sorted(reasons(found))


@pytest.mark.parametrize("context", v15.ReadingContext)
def test_when_the_register_was_read_1_2_cannot_say(context: v15.ReadingContext) -> None:
    value = v15.SampledValue(
        value="1", context=context, measurand=v15.Measurand.ENERGY_ACTIVE_IMPORT_REGISTER
    )
    moment = v15.MeterValue(timestamp=NOON, value=[value])
    found = carried(v15.MeterValuesRequest(connector_id=1, values=[moment]), "1.2")
    lost = [] if context == "Sample.Periodic" else [("$.values[0].value[0].context", context)]

    assert 1 == found.message.values[0].value  # type: ignore[attr-defined]
    assert lost == [(loss.path, loss.value) for loss in found.losses]


def test_a_moment_without_the_register_is_left_out_and_a_message_without_moments_answered() -> None:
    volts = v15.SampledValue(value="1", measurand=v15.Measurand.VOLTAGE)
    message = v15.MeterValuesRequest(connector_id=1, values=[v15.MeterValue(timestamp=NOON, value=[volts])])

    assert v15.MeterValuesResponse() == translate(message, to="1.2").answer


@pytest.mark.parametrize("value, expected", [("1e12", 2**31 - 1), ("-1e12", -(2**31)), ("5", 5)])
def test_the_register_of_1_2_has_32_bits(value: str, expected: int) -> None:
    meter = v15.MeterValue(timestamp=NOON, value=[v15.SampledValue(value=value)])
    made: Any = translate(v15.MeterValuesRequest(connector_id=1, values=[meter]), to="1.2").message

    assert expected == made.values[0].value


def test_a_boot_response_of_1_2_may_leave_out_what_1_5_needs() -> None:
    found = carried(v12.BootNotificationResponse(status=v12.RegistrationStatus.ACCEPTED), "1.5")

    assert (
        v15.BootNotificationResponse(
            status=v15.RegistrationStatus.ACCEPTED, current_time=RECEIVED_AT, heartbeat_interval=900
        )
        == found.message
    )
    assert [
        ("$.currentTime", "synthesised", "time_of_receipt"),
        ("$.heartbeatInterval", "defaulted", "required"),
    ] == reasons(found)


@pytest.mark.parametrize(
    "request_, expected",
    [
        (v15.DataTransferRequest(vendor_id="v"), {"status": "UnknownVendorId"}),
        (v15.GetConfigurationRequest(key=["a"]), {"unknown_key": ["a"]}),
        (v15.GetLocalListVersionRequest(), {"list_version": -1}),
        (v15.CancelReservationRequest(reservation_id=1), {"status": "Rejected"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_1_2_does_not_know_is_answered(request_: Any, expected: dict[str, Any]) -> None:
    answer = translate(request_, to="1.2").answer

    assert not isinstance(answer, OcppError)
    assert expected == {name: getattr(answer, name) for name in expected}


@pytest.mark.parametrize("end, kept", [(",b", "a" * 500), ("b", "a" * 500), (",b" * 2, "a" * 500)])
def test_a_value_that_may_be_a_list_is_cut_where_an_item_ends(end: str, kept: str) -> None:
    value = v15.KeyValue(key="K", readonly=False, value="a" * 500 + end)
    found = carried(v15.GetConfigurationResponse(configuration_key=[value]), "1.6")

    assert kept == found.message.configuration_key[0].value  # type: ignore[attr-defined]
    assert [("$.configurationKey[0].value", "approximated", "too_long")] == reasons(found)
