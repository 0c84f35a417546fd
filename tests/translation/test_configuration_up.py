"""Configuration keys of a CSMS of 1.6 on a station of 2.0.1."""

from decimal import Decimal
from typing import Any

import pytest

from configured import (
    PLAIN,
    TWO,
    Keys,
    Variables,
    change,
    exchange,
    get,
    get_of,
    having,
    known,
    pairs,
    set_of,
    texts,
)
from ocpp_core import v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.translation import Policy
from ocpp_core.translation.configuration import (
    Key,
    Known,
    Station,
    Target,
    change_configuration,
    get_configuration,
    get_variables,
    set_variables,
)
from ocpp_core.translation.configuration_keys import table

# Writing, up


def test_an_interval_of_two_uses_is_written_to_both_and_the_first_is_read() -> None:
    key = table().names["metervaluesampleinterval"]
    station = having(key)
    exchange(change_configuration, change(key.name, "30"), station)

    assert key.target is not None
    assert key.also is not None
    assert ["30", "30"] == [station.values[one.folded] for one in (key.target, key.also)]
    station.values[key.also.folded] = "40"
    assert {key.name: "30"} == pairs(exchange(get_configuration, get(key.name), station).outcome)


@pytest.mark.parametrize(
    "statuses_, expected",
    [
        (["Accepted", "Accepted"], "Accepted"),
        (["Accepted", "RebootRequired"], "RebootRequired"),
        (["RebootRequired", "Rejected"], "Rejected"),
        (["UnknownVariable", "Accepted"], "NotSupported"),
        (["Accepted", "UnknownComponent"], "NotSupported"),
        (["NotSupportedAttributeType", "Rejected"], "NotSupported"),
        (["Accepted"], "Rejected"),
    ],
)
def test_the_worst_of_the_variables_is_the_answer(statuses_: list[str], expected: str) -> None:
    def answering(request: Any) -> Any:
        if isinstance(request, v201.GetVariablesRequest):
            return None
        (one,) = request.set_variable_data
        if not left:
            return None
        status = v201.SetVariableStatus(left.pop(0))
        return v201.SetVariablesResponse(
            set_variable_result=[
                v201.SetVariableResult(
                    attribute_status=status, component=one.component, variable=one.variable
                )
            ]
        )

    left = list(statuses_)
    done = exchange(change_configuration, change("ClockAlignedDataInterval", "1"), answering)

    assert expected == done.outcome.status


@pytest.mark.parametrize(
    "answer, expected",
    [
        (OcppError(ErrorCode.NOT_SUPPORTED), "NotSupported"),
        (OcppError(ErrorCode.NOT_IMPLEMENTED), "NotSupported"),
        (OcppError(ErrorCode.SECURITY), ErrorCode.SECURITY),
        (None, ErrorCode.GENERIC),
    ],
)
def test_what_is_not_answered_is_no_success(answer: Any, expected: str) -> None:
    outcome = exchange(change_configuration, change("HeartbeatInterval", "1"), lambda request: answer).outcome

    assert expected == (outcome.code if isinstance(outcome, OcppError) else outcome.status)


@pytest.mark.parametrize("name", ["Vendor.Key", "BlinkRepeat", "MeterPublicKey", "MeterPublicKey01", ""])
def test_a_key_without_a_variable_is_not_supported(name: str) -> None:
    done = exchange(change_configuration, change(name, "1"), having())

    assert "NotSupported" == done.outcome.status
    assert [("$.key", "dropped", "no_counterpart")] == done.notes


def test_a_key_of_a_vendor_has_the_variable_that_the_user_says() -> None:
    vendor = Key("Vendor.Key", "VendorCtrlr/Some[Thing]", data="boolean")
    policy = Policy(configuration_keys=(vendor,))
    up, down = having(vendor), Keys({"Vendor.Key": "false"})
    exchange(change_configuration, change("vendor.key", "TRUE"), up, policy=policy)
    exchange(set_variables, set_of(("VendorCtrlr/Some[Thing]", "true")), down, policy=policy)

    assert ["true", "true"] == [up.values[vendor.target.folded], down.values["Vendor.Key"]]  # type: ignore[union-attr]


def test_a_user_may_place_a_key_elsewhere() -> None:
    policy = Policy(configuration_keys=[Key("BlinkRepeat", "OCPP16LegacyCtrlr/BlinkRepeat", data="integer")])
    station = Variables({Target.of("OCPP16LegacyCtrlr/BlinkRepeat"): "1"})
    done = exchange(change_configuration, change("BlinkRepeat", "2"), station, policy=policy)

    assert "Accepted" == done.outcome.status


def test_more_variables_than_the_station_takes_are_written_one_by_one() -> None:
    key = table().names["clockaligneddatainterval"]
    station = having(key, limit=1)
    done = exchange(change_configuration, change(key.name, "9"), station)

    assert "Accepted" == done.outcome.status
    assert ["GetVariablesRequest", "SetVariablesRequest", "SetVariablesRequest"] == [
        type(one).__name__ for one in done.requests
    ]


def test_a_limit_that_is_known_is_not_asked_for() -> None:
    key = table().names["clockaligneddatainterval"]
    station = Station(variables=known({"DeviceDataCtrlr/ItemsPerMessage[SetVariables]": Known(value="2")}))
    done = exchange(change_configuration, change(key.name, "9"), having(key, limit=2), station)

    assert ["SetVariablesRequest"] == [type(one).__name__ for one in done.requests]


# Reading, up


def test_keys_that_are_unknown_or_not_answered_are_unknown() -> None:
    station = having(table().names["heartbeatinterval"], value="5")
    done = exchange(get_configuration, get("Vendor", "HeartbeatInterval", "CpoName", "BlinkRepeat"), station)

    assert {"HeartbeatInterval": "5"} == pairs(done.outcome)
    assert ["Vendor", "CpoName", "BlinkRepeat"] == done.outcome.unknown_key
    assert 1 == len([one for one in station.seen if len(one.get_variable_data) == 2])


def test_a_key_that_is_asked_for_twice_is_answered_once() -> None:
    station = having(table().names["heartbeatinterval"], value="5")
    done = exchange(get_configuration, get("HeartbeatInterval", "heartbeatInterval"), station)

    assert ({"HeartbeatInterval": "5"}, None) == (pairs(done.outcome), done.outcome.unknown_key)
    assert [("$.key[1]", "dropped", "merged")] == done.notes


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_the_station_is_never_asked_for_more_than_it_takes(limit: int) -> None:
    readable = [key for key in PLAIN if "R" in key.mutability]
    station = having(*readable, value="1", limit=limit)
    done = exchange(get_configuration, get(*[key.name for key in readable]), station)

    assert [key.name for key in readable] == [one.key for one in done.outcome.configuration_key]


def test_limits_are_those_that_a_report_has_told() -> None:
    about = known({"LocalAuthListCtrlr/Entries": Known(value="3", max_limit=Decimal(500))})
    done = exchange(get_configuration, get("LocalAuthListMaxLength"), Variables({}), Station(variables=about))

    assert {"LocalAuthListMaxLength": "500"} == pairs(done.outcome)
    assert [] == done.requests


def test_certificate_store_is_the_most_and_not_the_count() -> None:
    station = Variables({Target.of("SecurityCtrlr/CertificateEntries"): "3"})
    outcome = exchange(get_configuration, get("CertificateStoreMaxLength"), station).outcome

    assert ["CertificateStoreMaxLength"] == outcome.unknown_key


def test_what_the_station_has_no_variable_for_is_computed() -> None:
    controllers = {
        Target.of("LocalAuthListCtrlr/Available"): "true",
        Target.of("ReservationCtrlr/Available"): "false",
    }
    done = exchange(
        get_configuration,
        get("NumberOfConnectors", "ConnectorPhaseRotationMaxLength", "SupportedFeatureProfiles"),
        Variables(controllers),
        TWO,
    )

    assert ["2", "3", "Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger"] == list(
        pairs(done.outcome).values()
    )
    assert all(one.readonly for one in done.outcome.configuration_key)


def test_connectors_that_nobody_knows_are_not_counted() -> None:
    done = exchange(get_configuration, get("NumberOfConnectors"), Variables({}))

    assert ["NumberOfConnectors"] == done.outcome.unknown_key


@pytest.mark.parametrize(
    "name, mutability, expected",
    [
        ("HeartbeatInterval", None, False),
        ("HeartbeatInterval", "ReadOnly", True),
        ("HeartbeatInterval", "ReadWrite", False),
        ("SecurityProfile", None, True),
        ("SecurityProfile", "ReadWrite", True),
    ],
)
def test_read_only_is_what_the_station_says_or_what_we_refuse(
    name: str, mutability: str | None, expected: bool
) -> None:
    key = table().names[name.casefold()]
    assert key.target is not None
    about = Station(variables={key.target.folded: Known(mutability=mutability)} if mutability else {})
    done = exchange(get_configuration, get(name), having(key), about)

    assert [expected] == [one.readonly for one in done.outcome.configuration_key]
    assert (mutability is None) == any(loss.kind == "defaulted" for loss in done.back)


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("MeterValuesSampledData", ",".join(["Voltage", *(f"x{n:04}" for n in range(200))]), 500),
        ("CpoName", "n" * 501, None),
        ("MeterValuesSampledData", "m" * 501, None),
        ("CpoName", "n" * 500, 500),
    ],
)
def test_a_list_is_cut_where_an_item_ends_and_other_text_is_not_cut(
    name: str, value: str, expected: int | None
) -> None:
    key = table().names[name.casefold()]
    done = exchange(get_configuration, get(name), having(key, value=value))
    got = pairs(done.outcome).get(name)

    assert (expected is None) == (got is None)
    if got is not None:
        assert len(got) <= 500
        assert value.startswith(got)
        assert value[len(got) : len(got) + 1] in ("", ",")


def test_a_public_key_is_that_of_an_evse() -> None:
    station = Variables({Target("FiscalMetering", "PublicKey", evse=7): "key"})
    about = Station(topology={1: (7, 1)})

    done = exchange(get_configuration, get("MeterPublicKey1", "MeterPublicKey2"), station, about)
    assert ({"MeterPublicKey1": "key"}, ["MeterPublicKey2"]) == (
        pairs(done.outcome),
        done.outcome.unknown_key,
    )
    below = Keys({"MeterPublicKey1": "key"})
    assert ["key"] == texts(
        exchange(get_variables, get_of("FiscalMetering/PublicKey@7"), below, about).outcome
    )


@pytest.mark.parametrize("answer", [OcppError(ErrorCode.INTERNAL), None])
def test_a_station_that_does_not_answer_is_an_error(answer: Any) -> None:
    up = exchange(get_configuration, get("CpoName", "HeartbeatInterval"), lambda request: answer)
    down = exchange(get_variables, get_of("SecurityCtrlr/OrganizationName"), lambda request: answer)

    assert all(isinstance(one.outcome, OcppError) for one in (up, down))


def test_what_was_refused_is_unknown_and_said() -> None:
    def answering(request: Any) -> Any:
        (one,) = request.get_variable_data
        result = v201.GetVariableResult(
            attribute_status=v201.GetVariableStatus.REJECTED, component=one.component, variable=one.variable
        )
        return v201.GetVariablesResponse(get_variable_result=[result])

    done = exchange(get_configuration, get("CpoName"), answering)

    assert ["CpoName"] == done.outcome.unknown_key
    assert [("$.getVariableResult[0].attributeStatus", "approximated")] == [
        (loss.path, loss.kind) for loss in done.back
    ]


def test_a_result_that_nobody_asked_for_is_lost_by_name_and_counts_for_nothing() -> None:
    def answering(request: Any) -> Any:
        result = v201.SetVariableResult(
            attribute_status=v201.SetVariableStatus.ACCEPTED,
            component=v201.Component(name="Other"),
            variable=v201.Variable(name="Thing"),
        )
        return v201.SetVariablesResponse(set_variable_result=[result])

    done = exchange(change_configuration, change("HeartbeatInterval", "1"), answering)

    assert "Rejected" == done.outcome.status
    assert ["$.setVariableResult[0]"] == [loss.path for loss in done.back]
