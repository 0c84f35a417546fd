"""Variables of a CSMS of 2.0.1 on a station of 1.6."""

from typing import Any

import pytest

from configured import (
    PLAIN,
    TWO,
    Keys,
    exchange,
    get_of,
    set_of,
    statuses,
    texts,
)
from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import evolve
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.translation.configuration import (
    Station,
    get_variables,
    set_variables,
)


def tolerated(cls: Any, payload: Any) -> Any:
    return from_wire(cls, payload, tolerance=Tolerance.TOLERANT)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("VendorCtrlr/Thing", "UnknownComponent"),
        ("AuthCtrlr/Thing", "UnknownVariable"),
        ("AuthCtrlr/AuthorizeRemoteStart[A]", "UnknownVariable"),
        ("AuthCtrlr/AuthorizeRemoteStart@1", "UnknownVariable"),
        ("LocalAuthListCtrlr/Entries", "UnknownVariable"),
        ("ClockCtrlr/DateTime", "UnknownVariable"),
        ("Controller/Thing", "UnknownVariable"),
    ],
)
def test_an_unknown_component_is_told_from_an_unknown_variable(text: str, expected: str) -> None:
    station = Keys({})

    both: list[tuple[Any, Any]] = [(get_variables, get_of(text)), (set_variables, set_of((text, "1")))]
    for function, request in both:
        assert [(expected, None)] == statuses(exchange(function, request, station).outcome)
    assert [] == station.seen


def test_an_instance_of_a_component_is_no_component_of_1_6() -> None:
    (item,) = set_of(("AuthCtrlr/AuthorizeRemoteStart", "true")).set_variable_data
    item = evolve(item, component=evolve(item.component, instance="1"))
    request = v201.SetVariablesRequest(set_variable_data=[item])

    assert [("UnknownComponent", None)] == statuses(exchange(set_variables, request, Keys({})).outcome)


@pytest.mark.parametrize("kind", ["Target", "MinSet", "MaxSet"])
def test_only_actual_values_exist_in_1_6(kind: str) -> None:
    (written,) = set_of(("OCPPCommCtrlr/ResetRetries", "1")).set_variable_data
    (read,) = get_of("OCPPCommCtrlr/ResetRetries").get_variable_data
    attribute, station = v201.Attribute(kind), Keys({"ResetRetries": "1"})
    both: list[tuple[Any, Any]] = [
        (
            set_variables,
            v201.SetVariablesRequest(set_variable_data=[evolve(written, attribute_type=attribute)]),
        ),
        (get_variables, v201.GetVariablesRequest(get_variable_data=[evolve(read, attribute_type=attribute)])),
    ]

    for function, request in both:
        answer = exchange(function, request, station).outcome
        assert [("NotSupportedAttributeType", None)] == statuses(answer)
    assert [] == station.seen


def test_actual_is_the_same_as_nothing_and_is_repeated() -> None:
    (item,) = get_of("OCPPCommCtrlr/ResetRetries").get_variable_data
    request = v201.GetVariablesRequest(get_variable_data=[evolve(item, attribute_type=v201.Attribute.ACTUAL)])
    (result,) = exchange(get_variables, request, Keys({"ResetRetries": "3"})).outcome.get_variable_result

    assert ("Actual", "3") == (result.attribute_type, result.attribute_value)


def test_items_are_written_in_order_and_each_has_its_result() -> None:
    station = Keys({"HeartbeatInterval": "1", "ResetRetries": "1"}, readonly={"ResetRetries"})
    request = set_of(
        ("OCPPCommCtrlr/HeartbeatInterval", "5"),
        ("Vendor/Thing", "1"),
        ("OCPPCommCtrlr/ResetRetries", "5"),
        ("SecurityCtrlr/OrganizationName", "N" * 501),
        ("OCPPCommCtrlr/HeartbeatInterval", "6"),
        ("SecurityCtrlr/OrganizationName", "N"),
        ("ChargingStation/Model", "M"),
    )
    done = exchange(set_variables, request, station)

    assert [
        ("Accepted", None),
        ("UnknownComponent", None),
        ("Rejected", None),
        ("Rejected", "TooLargeElement"),
        ("Accepted", None),
        ("UnknownVariable", None),
        ("Rejected", "ReadOnly"),
    ] == statuses(done.outcome)
    assert ["5", "5", "6", "N"] == [one.value for one in station.seen]
    assert [one.variable for one in request.set_variable_data] == [
        one.variable for one in done.outcome.set_variable_result
    ]
    assert "6" == station.values["HeartbeatInterval"]


@pytest.mark.parametrize(
    "pairs_, expected",
    [
        ([("TxEndedInterval", "60")], ["Accepted"]),
        ([("TxEndedInterval", "30")], ["Rejected"]),
        ([("TxUpdatedInterval", "30"), ("TxEndedInterval", "30")], ["Accepted", "Accepted"]),
        ([("TxEndedInterval", "30"), ("TxUpdatedInterval", "30")], ["Accepted", "Accepted"]),
        ([("TxEndedInterval", "60"), ("TxUpdatedInterval", "30")], ["Rejected", "Accepted"]),
    ],
)
def test_what_shares_its_value_is_accepted_if_it_has_it(pairs_: Any, expected: list[str]) -> None:
    station = Keys({"MeterValueSampleInterval": "60"})
    request = set_of(*((f"SampledDataCtrlr/{name}", value) for name, value in pairs_))

    assert expected == [status for status, _ in statuses(exchange(set_variables, request, station).outcome)]


def test_what_shares_its_value_is_read_from_it() -> None:
    station = Keys({"MeterValueSampleInterval": "60"})
    request = get_of("SampledDataCtrlr/TxEndedInterval", "SampledDataCtrlr/TxUpdatedInterval")
    done = exchange(get_variables, request, station)

    assert (["60", "60"], 1) == (texts(done.outcome), len(station.seen))
    assert ["split"] == [loss.reason for loss in done.back if loss.kind == "approximated"]


@pytest.mark.parametrize(
    "status, expected",
    [
        ("Accepted", "Accepted"),
        ("Rejected", "Rejected"),
        ("RebootRequired", "RebootRequired"),
        ("NotSupported", "UnknownVariable"),
    ],
)
def test_each_status_of_1_6_has_one_of_2_0_1(status: str, expected: str) -> None:
    answer = v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus(status))
    done = exchange(set_variables, set_of(("OCPPCommCtrlr/HeartbeatInterval", "5")), lambda request: answer)

    assert [(expected, None)] == statuses(done.outcome)


def test_a_status_that_there_is_not_is_no_success() -> None:
    answer = v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus.foreign("Perhaps"))
    done = exchange(set_variables, set_of(("OCPPCommCtrlr/HeartbeatInterval", "5")), lambda request: answer)

    assert [("Rejected", None)] == statuses(done.outcome)
    assert ["no_counterpart"] == [loss.reason for loss in done.back if loss.kind == "approximated"]


def test_a_part_that_is_not_answered_is_refused_and_the_others_are_not() -> None:
    answers: list[Any] = [
        None,
        v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus.ACCEPTED),
        OcppError(ErrorCode.NOT_SUPPORTED),
    ]
    request = set_of(*(("OCPPCommCtrlr/HeartbeatInterval", str(number)) for number in range(3)))
    done = exchange(set_variables, request, lambda _: answers.pop(0))

    assert [("Rejected", "InternalError"), ("Accepted", None), ("Rejected", "UnsupportedRequest")] == (
        statuses(done.outcome)
    )


@pytest.mark.parametrize("text", ["SampledDataCtrlr/TxEndedInterval", "Connector/PhaseRotation@1.1"])
def test_a_value_that_has_to_be_read_first_and_is_not_is_refused(text: str) -> None:
    request = set_of((text, "1"))
    error = OcppError(ErrorCode.INTERNAL)

    assert error is exchange(set_variables, request, lambda request: error).outcome


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_a_station_of_1_6_is_never_asked_for_more_keys_than_it_takes(limit: int) -> None:
    station = Keys({key.name: "1" for key in PLAIN}, limit)
    readable = [key for key in PLAIN if "R" in key.access and key.target and not key.target.instance]
    names = [f"{key.target.component}/{key.target.variable}" for key in readable if key.target]
    done = exchange(get_variables, get_of(*names, *names), station)

    assert {("Accepted", None)} == set(statuses(done.outcome))
    assert 2 * len(names) == len(texts(done.outcome))


def test_who_asks_for_nothing_is_refused() -> None:
    request = tolerated(v201.GetVariablesRequest, {"getVariableData": []})
    station = Keys({})
    done = exchange(get_variables, request, station)

    assert isinstance(done.outcome, OcppError)
    assert [] == station.seen


def test_a_variable_that_is_named_by_no_object_is_unknown() -> None:
    request = tolerated(
        v201.GetVariablesRequest, {"getVariableData": [{"component": "C", "variable": {"name": "V"}}]}
    )
    done = exchange(get_variables, request, Keys({}))

    assert isinstance(done.outcome, OcppError)


def test_a_list_of_rotations_that_is_none_says_nothing_of_a_connector() -> None:
    done = exchange(
        get_variables,
        get_of("Connector/PhaseRotation@1.1"),
        Keys({"ConnectorPhaseRotation": "R.S.T"}),
        TWO,
    )

    assert [None] == texts(done.outcome)
    assert "$.configurationKey[0].value" in {loss.path for loss in done.back if loss.kind == "dropped"}


def test_a_key_without_a_value_is_an_empty_text() -> None:
    done = exchange(get_variables, get_of("SecurityCtrlr/OrganizationName"), Keys({"CpoName": None}))

    assert [""] == texts(done.outcome)
    assert ("$.getVariableResult[0].attributeValue", "synthesised") in {
        (loss.path, loss.kind) for loss in done.back
    }


def test_keys_that_were_not_asked_for_are_lost_by_name() -> None:
    def answering(request: Any) -> Any:
        one = v16.KeyValue(key="CpoName", readonly=False, value="N")
        return v16.GetConfigurationResponse(
            configuration_key=[one, evolve(one, value="M"), evolve(one, key="Other")]
        )

    done = exchange(get_variables, get_of("SecurityCtrlr/OrganizationName"), answering)

    assert ["N"] == texts(done.outcome)
    assert ["$.configurationKey[1]", "$.configurationKey[2]"] == [
        loss.path for loss in done.back if loss.kind == "dropped" and loss.path.endswith("]")
    ]


BOOT = v16.BootNotificationRequest(
    charge_point_vendor="V", charge_point_model="M", charge_box_serial_number="B", firmware_version="1.0"
)
LIVE = Station(
    identity="CP-1",
    topology={1: (1, 1), 2: (2, 1), 3: (2, 2)},
    boot=BOOT,
    statuses={0: "Available", 1: "SuspendedEV", 2: "Available", 3: "Faulted"},
)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("ChargingStation/VendorName", "V"),
        ("ChargingStation/Model", "M"),
        ("ChargingStation/SerialNumber", "B"),
        ("Controller/FirmwareVersion", "1.0"),
        ("ChargingStation/AvailabilityState", "Available"),
        ("EVSE/AvailabilityState@1", "Occupied"),
        ("EVSE/AvailabilityState@2", "Available"),
        ("Connector/AvailabilityState@2.2", "Faulted"),
        ("ChargingStation/Available", "true"),
        ("EVSE/Available@2", "true"),
        ("Connector/Available@2.2", "true"),
        ("Connector/Available@2.3", None),
        ("EVSE/Available@4", None),
        ("EVSE/Available", None),
        ("EVSE/AvailabilityState@4", None),
        ("TxCtrlr/TxStartPoint", "PowerPathClosed"),
        ("TxCtrlr/TxStopPoint", "PowerPathClosed"),
        ("DeviceDataCtrlr/ItemsPerMessage[GetReport]", "7"),
        ("DeviceDataCtrlr/ItemsPerMessage[SetVariables]", "7"),
        ("SecurityCtrlr/Identity", "CP-1"),
        ("SmartChargingCtrlr/Available", "true"),
        ("SmartChargingCtrlr/Enabled", "true"),
        ("ReservationCtrlr/Available", "false"),
        ("LocalAuthListCtrlr/Available", "false"),
    ],
)
def test_what_1_6_tells_elsewhere_stands_in_for_a_variable(text: str, expected: str | None) -> None:
    station = Keys({"SupportedFeatureProfiles": "Core, SmartCharging"}, limit=7)
    done = exchange(get_variables, get_of(text), station, LIVE)

    assert [expected] == texts(done.outcome)
    if expected is None:
        assert [("UnknownVariable", None)] == statuses(done.outcome)


@pytest.mark.parametrize(
    "text", ["ChargingStation/Model", "SecurityCtrlr/Identity", "SmartChargingCtrlr/Available"]
)
def test_what_nobody_has_told_is_unknown(text: str) -> None:
    assert [("UnknownVariable", None)] == statuses(exchange(get_variables, get_of(text), Keys({})).outcome)


def test_the_evses_of_a_station_that_says_how_many_it_has() -> None:
    station = Keys({"NumberOfConnectors": "2"})

    assert ["true", None] == texts(
        exchange(get_variables, get_of("EVSE/Available@2", "EVSE/Available@3"), station).outcome
    )
