"""Configuration keys and variables, written and read in both directions."""

import json
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

import oracle
from configured import (
    Keys,
    Variables,
    change,
    exchange,
    get,
    get_of,
    known,
    pairs,
    set_of,
    statuses,
    texts,
)
from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import evolve
from ocpp_core.testing import messages
from ocpp_core.translation import Policy, configuration_keys, steps
from ocpp_core.translation.configuration import (
    Key,
    Known,
    Rule,
    Station,
    Target,
    change_configuration,
    get_configuration,
    get_variables,
    set_variables,
)
from ocpp_core.translation.configuration_keys import KEYS, table
from ocpp_core.translation.configuration_stations import COMPUTED
from properties import for_all

FACTS = Path(oracle.OFFICIAL).parent / "facts" / "translation" / "config_keys.toml"
TWO = Station(topology={1: (1, 1), 2: (2, 1)})
#: Keys that have the value of a variable of the whole station.
PLAIN = [key for key in KEYS if key.is_value and key.rule not in (Rule.PHASE_ROTATION, Rule.PER_CONNECTOR)]
WRITABLE = [key for key in PLAIN if key.is_writable]
EACH_WRITABLE = pytest.mark.parametrize("key", WRITABLE, ids=lambda key: key.name)


@pytest.fixture(autouse=True)
def _strictly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "strict", True)


def variables(*keys: Key, value: str = "0", limit: int = 1000) -> Variables:
    """A station of 2.0.1 that has the variables of these keys."""
    targets = [target for key in keys for target in (key.target, key.also) if target is not None]
    return Variables(dict.fromkeys(targets, value), limit)


def value_for(key: Key) -> str:
    """A value that is one of the key in both versions."""
    by_rule = {Rule.MEASURANDS: "Voltage,Power.Active.Import", Rule.PASSWORD: "an_old=password-1"}
    by_type = {"boolean": "true", "integer": "60", "dateTime": "2026-03-29T01:00:00Z"}
    return by_rule.get(key.rule) or by_type.get(key.data, "text")


# The table


def access(words: str) -> str:
    return words if words in ("R", "W") else "RW"


@pytest.mark.skipif(not FACTS.is_file(), reason="the facts are not here")
def test_the_table_has_every_key_as_the_facts_have_it() -> None:
    rows = tomllib.loads(FACTS.read_text(encoding="utf-8"))["key"]
    ours = {key.name: key for key in KEYS}

    assert [row["name"] for row in rows] == [key.name for key in KEYS]
    for row in rows:
        key = ours[row["name"]]
        instance = f"[{row['variable_instance']}]" if "variable_instance" in row else ""
        target = f"{row['component']}/{row['variable']}{instance}" if "component" in row else None
        lists = {"CSL": "MemberList"}
        older = lists.get(row["type"], row["type"])

        assert row["rule"] == key.rule
        assert (Target.of(target) if target else None) == key.target
        assert access(row["access"].partition(" (")[0]) == key.access
        assert access(row.get("v201_mutability", row["access"])) == key.mutability or not key.is_value
        assert row.get("v201_type", older) == key.data
        assert (row.get("unit") if row.get("unit") in ("s", "Wh") else None) == key.unit
        assert (row.get("also") is not None) == (key.rule is Rule.FAN_OUT)
        if key.rule is Rule.FAN_OUT:
            assert [Target.of(text) for text in row["also"]] == [key.also]


DISPUTES = Path(oracle.OFFICIAL).parent / "oracles" / "device_model" / "config_key_map.json"


@pytest.mark.skipif(not DISPUTES.is_file(), reason="the map of others is not here")
def test_each_key_that_others_place_elsewhere_has_our_reason() -> None:
    there = json.loads(DISPUTES.read_text(encoding="utf-8"))
    disputed = {one["key"] for one in there["disagreements"] + there["our_targets_not_in_the_201_table"]}
    said = set(re.findall(r"\w+", configuration_keys.__doc__ or ""))

    assert set() == disputed - said


def test_no_two_keys_have_one_variable_and_none_has_two_names() -> None:
    assert len(KEYS) == len({key.name.casefold() for key in KEYS})
    assert sum(1 + (key.also is not None) for key in KEYS if key.is_value) == len(table().targets)


def test_what_is_computed_is_said_for_each() -> None:
    assert {key.name for key in KEYS if key.rule is Rule.COMPUTED} == set(COMPUTED)


@pytest.mark.parametrize(
    "text", ["", "A", "A/", "/B", "A/B[", "A/B]", "A/B[]", f"{'a' * 51}/B", f"A/{'b' * 51}", "A/B[c"]
)
def test_what_is_no_variable_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no Component/Variable"):
        Target.of(text)


@pytest.mark.parametrize(
    "keys, words",
    [
        ((Key("A", "B/C"), Key("a", "B/D")), "given twice"),
        ((Key("A", "B/C"), Key("D", "b/c")), "one variable"),
        ((Key("A", "AuthCacheCtrlr/Enabled"),), "one variable"),
        ((Key("A", rule=Rule.COMPUTED),), "computed"),
    ],
)
def test_keys_of_a_user_that_clash_are_refused_when_the_policy_is_made(keys: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Policy(configuration_keys=keys)


@pytest.mark.parametrize("name", ["", "k" * 51])
def test_a_key_has_a_name_that_1_6_can_hold(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 50 characters"):
        Key(name, "A/B")


def test_a_second_variable_is_for_a_fan_out() -> None:
    with pytest.raises(ValueError, match="fan_out"):
        Key("K", "A/B", also="A/C")


# Write, then read


@EACH_WRITABLE
def test_a_value_that_is_written_up_is_read_down_again(key: Key) -> None:
    """Invariant 19 of the facts, for a CSMS of 1.6. Passwords are not read."""
    station, value = variables(key), value_for(key)
    done = exchange(change_configuration, change(key.name, value), station)

    assert "Accepted" == done.outcome.status
    if key.rule is not Rule.PASSWORD:
        assert {key.name: value} == pairs(exchange(get_configuration, get(key.name), station).outcome)


@EACH_WRITABLE
def test_a_value_that_is_written_down_is_read_up_again(key: Key) -> None:
    """The same for a CSMS of 2.0.1."""
    station, value = Keys({key.name: "0"}), value_for(key)
    text = f"{key.target.component}/{key.target.variable}"  # type: ignore[union-attr]
    instance = key.target.instance if key.target else None
    text += f"[{instance}]" if instance else ""
    done = exchange(set_variables, set_of((text, value)), station)

    assert [("Accepted", None)] == statuses(done.outcome)
    if key.rule is not Rule.PASSWORD:
        assert [value] == texts(exchange(get_variables, get_of(text), station).outcome)


@pytest.mark.parametrize("key", [key for key in KEYS if not key.is_writable], ids=lambda key: key.name)
def test_what_is_read_only_is_never_written(key: Key) -> None:
    station = variables(key)
    expected = "NotSupported" if key.rule is Rule.NONE else "Rejected"
    name = f"{key.name}1" if key.rule is Rule.PER_CONNECTOR else key.name

    assert expected == exchange(change_configuration, change(name, "1"), station).outcome.status
    assert [] == station.seen
    if key.is_value and key.target is not None:
        below = Keys({key.name: "0"})
        place = "@1" if key.rule is Rule.PER_CONNECTOR else ""
        instance = f"[{key.target.instance}]" if key.target.instance else ""
        text = f"{key.target.component}/{key.target.variable}{instance}{place}"
        done = exchange(set_variables, set_of((text, "1")), below)

        assert [("Rejected", "ReadOnly")] == statuses(done.outcome)
        assert [] == below.seen


@pytest.mark.parametrize("name", ["HeartbeatInterval", "heartbeatinterval", "HEARTBEATINTERVAL"])
def test_keys_are_compared_without_case_and_answered_as_they_were_asked(name: str) -> None:
    station = variables(*PLAIN)

    assert "Accepted" == exchange(change_configuration, change(name, "7"), station).outcome.status
    assert {name: "7"} == pairs(exchange(get_configuration, get(name), station).outcome)


def test_variables_are_compared_without_case() -> None:
    station = Keys({"HeartbeatInterval": "1"})
    done = exchange(set_variables, set_of(("ocppcommctrlr/HEARTBEATINTERVAL", "7")), station)

    assert [("Accepted", None)] == statuses(done.outcome)
    assert "7" == station.values["HeartbeatInterval"]


# Writing, up


def test_an_interval_of_two_uses_is_written_to_both_and_the_first_is_read() -> None:
    key = table().names["metervaluesampleinterval"]
    station = variables(key)
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
    done = exchange(change_configuration, change(name, "1"), variables())

    assert "NotSupported" == done.outcome.status
    assert [("$.key", "dropped", "no_counterpart")] == done.notes


def test_a_key_of_a_vendor_has_the_variable_that_the_user_says() -> None:
    vendor = Key("Vendor.Key", "VendorCtrlr/Some[Thing]", data="boolean")
    policy = Policy(configuration_keys=(vendor,))
    up, down = variables(vendor), Keys({"Vendor.Key": "false"})
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
    station = variables(key, limit=1)
    done = exchange(change_configuration, change(key.name, "9"), station)

    assert "Accepted" == done.outcome.status
    assert ["GetVariablesRequest", "SetVariablesRequest", "SetVariablesRequest"] == [
        type(one).__name__ for one in done.requests
    ]


def test_a_limit_that_is_known_is_not_asked_for() -> None:
    key = table().names["clockaligneddatainterval"]
    station = Station(variables=known({"DeviceDataCtrlr/ItemsPerMessage[SetVariables]": Known(value="2")}))
    done = exchange(change_configuration, change(key.name, "9"), variables(key, limit=2), station)

    assert ["SetVariablesRequest"] == [type(one).__name__ for one in done.requests]


# Values


@pytest.mark.parametrize(
    "value, expected, is_lost",
    [
        ("Voltage,Current.Import", "Voltage,Current.Import", False),
        (" Voltage , Current.Import ", "Voltage,Current.Import", False),
        ("Voltage.L1,Voltage.L2,Voltage", "Voltage", True),
        ("Voltage.L1-N", "Voltage", True),
        ("Temperature,RPM,SoC", "SoC", True),
        ("Temperature", "", True),
        ("", "", False),
        ("Some.Thing", "Some.Thing", False),
        ("Some.Thing.L1", "Some.Thing.L1", False),
    ],
)
def test_measurands_lose_their_phases_on_the_way_up(value: str, expected: str, is_lost: bool) -> None:
    key = table().names["metervaluessampleddata"]
    station = variables(key)
    done = exchange(change_configuration, change(key.name, value), station)

    assert expected == station.values[key.target.folded]  # type: ignore[union-attr]
    assert is_lost == any(loss.path == "$.value" for loss in done.there)


@pytest.mark.parametrize(
    "value, expected",
    [
        ("Voltage,Energy.Active.Net", "Voltage"),
        ("Energy.Apparent.Import", ""),
        ("Display.PresentSOC,SoC", "SoC"),
        ("Some.Thing", "Some.Thing"),
    ],
)
def test_measurands_that_1_6_lacks_leave_the_list(value: str, expected: str) -> None:
    station = Keys({"MeterValuesSampledData": ""})
    done = exchange(set_variables, set_of(("SampledDataCtrlr/TxUpdatedMeasurands", value)), station)

    assert expected == station.values["MeterValuesSampledData"]
    assert (value != expected) == any(loss.path.endswith(".attributeValue") for loss in done.there)


@pytest.mark.parametrize("older, newer", [("Current", "A"), ("Power", "W"), ("Current,Power", "A,W")])
def test_units_of_limits_have_other_names(older: str, newer: str) -> None:
    name, text = "ChargingScheduleAllowedChargingRateUnit", "SmartChargingCtrlr/RateUnit"

    assert [newer] == texts(exchange(get_variables, get_of(text), Keys({name: older})).outcome)
    station = Variables({Target.of(text): newer})
    assert {name: older} == pairs(exchange(get_configuration, get(name), station).outcome)


@pytest.mark.parametrize("value", ["True", "TRUE", " true "])
def test_booleans_are_written_small(value: str) -> None:
    key = table().names["localpreauthorize"]
    station = variables(key)
    exchange(change_configuration, change(key.name, value), station)

    assert "true" == station.values[key.target.folded]  # type: ignore[union-attr]


PASSWORD = "SecurityCtrlr/BasicAuthPassword"
TEXT = "0123456789abcDEF"
BINARY = "00FF" * 10


@pytest.mark.parametrize(
    "value, expected",
    [
        (TEXT.encode().hex(), TEXT),
        (TEXT.encode().hex().upper(), TEXT),
        (BINARY, BINARY),  # no text in it
        ("p" * 16, "p" * 16),
        ("p" * 40, "p" * 40),
        ("p" * 15, None),
        ("p" * 41, None),
        ("p" * 15 + " ", None),
        ("é" * 16, None),
    ],
)
def test_a_password_is_text_in_2_0_1(value: str, expected: str | None) -> None:
    key = table().names["authorizationkey"]
    station = variables(key)
    done = exchange(change_configuration, change(key.name, value), station)

    assert ("Accepted" if expected else "Rejected") == done.outcome.status
    assert (expected or "0") == station.values[key.target.folded]  # type: ignore[union-attr]


def test_a_password_may_be_as_long_as_the_station_says() -> None:
    key = table().names["authorizationkey"]
    station = Station(variables=known({PASSWORD: Known(max_limit=Decimal(64))}))
    done = exchange(change_configuration, change(key.name, "p" * 64), variables(key), station)

    assert "Accepted" == done.outcome.status


@pytest.mark.parametrize(
    "value, expected, status",
    [
        (TEXT, TEXT.encode().hex().upper(), ("Accepted", None)),
        ("p" * 20, "70" * 20, ("Accepted", None)),
        ("p" * 21, "0", ("Rejected", "TooLargeElement")),
        ("é" * 11, "0", ("Rejected", "TooLargeElement")),
        ("\ud800", "0", ("Rejected", "InvalidValue")),
    ],
)
def test_a_password_is_hex_digits_in_1_6(value: str, expected: str, status: Any) -> None:
    station = Keys({"AuthorizationKey": "0"})
    there = set_of((PASSWORD, value))

    assert [status] == statuses(exchange(set_variables, there, station).outcome)
    assert expected == station.values["AuthorizationKey"]


def test_a_password_is_never_read() -> None:
    above, below = Variables({Target.of(PASSWORD): "secret"}), Keys({"AuthorizationKey": "secret"})
    up = exchange(get_configuration, get("AuthorizationKey"), above).outcome
    down = exchange(get_variables, get_of(PASSWORD), below).outcome

    assert ({}, ["AuthorizationKey"]) == (pairs(up), up.unknown_key)
    assert [("Rejected", "WriteOnly")] == statuses(down)
    assert [] == above.seen + below.seen


@pytest.mark.parametrize("value", ["Secret0123456789", "p" * 50, TEXT.encode().hex()])
def test_no_loss_has_a_password_in_it(value: str) -> None:
    ups = exchange(change_configuration, change("AuthorizationKey", value), variables(*PLAIN))
    downs = exchange(set_variables, set_of((PASSWORD, value)), Keys({"AuthorizationKey": ""}))

    said = repr([*ups.there, *ups.back, *downs.there, *downs.back])
    assert all(one not in said for one in (value, TEXT, value.encode().hex().upper()))


# Reading, up


def test_keys_that_are_unknown_or_not_answered_are_unknown() -> None:
    station = variables(table().names["heartbeatinterval"], value="5")
    done = exchange(get_configuration, get("Vendor", "HeartbeatInterval", "CpoName", "BlinkRepeat"), station)

    assert {"HeartbeatInterval": "5"} == pairs(done.outcome)
    assert ["Vendor", "CpoName", "BlinkRepeat"] == done.outcome.unknown_key
    assert 1 == len([one for one in station.seen if len(one.get_variable_data) == 2])


def test_a_key_that_is_asked_for_twice_is_answered_once() -> None:
    station = variables(table().names["heartbeatinterval"], value="5")
    done = exchange(get_configuration, get("HeartbeatInterval", "heartbeatInterval"), station)

    assert ({"HeartbeatInterval": "5"}, None) == (pairs(done.outcome), done.outcome.unknown_key)
    assert [("$.key[1]", "dropped", "merged")] == done.notes


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_the_station_is_never_asked_for_more_than_it_takes(limit: int) -> None:
    readable = [key for key in PLAIN if "R" in key.mutability]
    station = variables(*readable, value="1", limit=limit)
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
    done = exchange(get_configuration, get(name), variables(key), about)

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
    done = exchange(get_configuration, get(name), variables(key, value=value))
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


# Phases of connectors


def test_the_list_of_rotations_is_a_variable_of_each_connector() -> None:
    whole = Target("ChargingStation", "PhaseRotation")
    each = [Target("Connector", "PhaseRotation", evse=number, connector=1) for number in (1, 2)]
    station = Variables(dict.fromkeys([whole, *each], ""))
    done = exchange(
        change_configuration, change("ConnectorPhaseRotation", "0.RST, 1.RTS,2.NotApplicable"), station, TWO
    )

    assert "Accepted" == done.outcome.status
    assert ["RST", "RTS", ""] == [station.values[one.folded] for one in (whole, *each)]
    assert {"ConnectorPhaseRotation": "0.RST,1.RTS,2.NotApplicable"} == pairs(
        exchange(get_configuration, get("ConnectorPhaseRotation"), station, TWO).outcome
    )


@pytest.mark.parametrize("value", ["RST", "1.RST,1.RTS", "3.RST", "", "-1.RST", "1.", "9999999999.RST"])
def test_a_list_that_is_none_or_has_another_connector_is_rejected(value: str) -> None:
    station = Variables({})
    done = exchange(change_configuration, change("ConnectorPhaseRotation", value), station, TWO)

    assert ("Rejected", []) == (done.outcome.status, station.seen)


@pytest.mark.parametrize(
    "now, text, value, expected",
    [
        ("0.RST,1.RST", "Connector/PhaseRotation@1.1", "RTS", "0.RST,1.RTS"),
        (None, "Connector/PhaseRotation@2.1", "RTS", "2.RTS"),
        ("1.RST", "ChargingStation/PhaseRotation", "SRT", "0.SRT,1.RST"),
        ("1.RST", "Connector/PhaseRotation@1", "", "1.NotApplicable"),
    ],
)
def test_one_rotation_is_written_into_the_list_of_all(
    now: str | None, text: str, value: str, expected: str
) -> None:
    station = Keys({"ConnectorPhaseRotation": now})
    done = exchange(set_variables, set_of((text, value)), station, TWO)

    assert [("Accepted", None)] == statuses(done.outcome)
    assert expected == station.values["ConnectorPhaseRotation"]


def test_a_list_that_cannot_be_read_is_not_overwritten() -> None:
    station = Keys({"ConnectorPhaseRotation": "what?"})
    done = exchange(set_variables, set_of(("Connector/PhaseRotation@1.1", "RST")), station, TWO)

    assert [("Rejected", "InternalError")] == statuses(done.outcome)
    assert "what?" == station.values["ConnectorPhaseRotation"]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Connector/PhaseRotation@1.1", "Accepted"),
        ("Connector/PhaseRotation@2.1", "UnknownVariable"),
        ("Connector/PhaseRotation@3.1", "UnknownVariable"),
        ("Connector/PhaseRotation@1.2", "UnknownVariable"),
        ("Connector/PhaseRotation", "UnknownVariable"),
        ("ChargingStation/PhaseRotation@1", "UnknownVariable"),
    ],
)
def test_one_rotation_is_read_out_of_the_list(text: str, expected: str) -> None:
    station = Keys({"ConnectorPhaseRotation": "0.RST,1.RTS"})

    assert [(expected, None)] == statuses(exchange(get_variables, get_of(text), station, TWO).outcome)


# Down


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


# What tolerant reading lets through


@pytest.mark.parametrize(
    "request_",
    [
        evolve(change("HeartbeatInterval", "1"), value=60),
        evolve(change("HeartbeatInterval", "1"), key=60),
        evolve(change("CpoName", "1"), value="n" * 1001),
    ],
)
def test_a_change_that_is_no_text_or_too_long_is_rejected(request_: Any) -> None:
    station = variables(*PLAIN)

    assert "Rejected" == exchange(change_configuration, request_, station).outcome.status
    assert [] == station.seen


def test_keys_that_are_no_text_are_left_out() -> None:
    request = v16.GetConfigurationRequest(key=[60, "HeartbeatInterval"])  # type: ignore[list-item]
    done = exchange(get_configuration, request, variables(*PLAIN))

    assert ["HeartbeatInterval"] == list(pairs(done.outcome))
    assert ["$.key[0]"] == [loss.path for loss in done.there]


@pytest.mark.parametrize("name", ["n" * 51, 60])
def test_a_name_that_the_answer_cannot_repeat_is_an_error(name: Any) -> None:
    component, variable = v201.Component(name=name), v201.Variable(name="V")
    writing = v201.SetVariableData(attribute_value="1", component=component, variable=variable)
    reading = v201.GetVariableData(component=component, variable=variable)

    both: list[tuple[Any, Any]] = [
        (set_variables, v201.SetVariablesRequest(set_variable_data=[writing])),
        (get_variables, v201.GetVariablesRequest(get_variable_data=[reading])),
    ]
    for function, request in both:
        outcome = exchange(function, request, Keys({})).outcome
        assert ErrorCode.PROPERTY_CONSTRAINT == outcome.code


def test_a_value_that_is_no_text_is_refused_or_absent() -> None:
    (item,) = set_of(("OCPPCommCtrlr/HeartbeatInterval", "1")).set_variable_data
    request = v201.SetVariablesRequest(set_variable_data=[evolve(item, attribute_value=60)])
    done = exchange(set_variables, request, Keys({"HeartbeatInterval": "1"}))
    read = exchange(
        get_variables,
        get_of("OCPPCommCtrlr/HeartbeatInterval"),
        Keys({"HeartbeatInterval": 60}),  # type: ignore[dict-item]
    )

    assert [("Rejected", "InvalidValue")] == statuses(done.outcome)
    assert [""] == texts(read.outcome)


# Anything


@pytest.mark.parametrize(
    "function, cls",
    [
        (change_configuration, v16.ChangeConfigurationRequest),
        (get_configuration, v16.GetConfigurationRequest),
        (set_variables, v201.SetVariablesRequest),
        (get_variables, v201.GetVariablesRequest),
    ],
    ids=["change_configuration", "get_configuration", "set_variables", "get_variables"],
)
@pytest.mark.parametrize("is_known", [False, True], ids=["any", "known"])
def test_any_request_and_any_answer(function: Any, cls: Any, is_known: bool) -> None:
    """What comes out is valid, and every leaf is accounted for, whatever is asked and answered."""

    def check(drawn: Any) -> None:
        request, data = drawn
        if is_known:
            request = data.draw(_named(request))

        def answering(made: Any) -> Any:
            answer = made.__ocpp__
            cls = type(made).__name__.replace("Request", "Response")
            package = v16 if answer.version == "1.6" else v201
            return data.draw(messages(getattr(package, cls)) | st.none())

        exchange(function, request, answering, TWO)

    for_all(st.tuples(messages(cls), st.data()), 60, check)


@st.composite
def _named(draw: Any, request: Any) -> Any:
    """The same request about settings that exist."""
    keys = st.sampled_from(KEYS)
    if isinstance(request, v16.ChangeConfigurationRequest):
        return evolve(request, key=draw(keys).name)
    if isinstance(request, v16.GetConfigurationRequest):
        return evolve(request, key=[draw(keys).name for _ in range(draw(st.integers(0, 4)))])
    attribute = "set_variable_data" if isinstance(request, v201.SetVariablesRequest) else "get_variable_data"
    items = getattr(request, attribute)
    named = []
    for item in items:
        target = draw(keys).target or Target("ChargingStation", "Model")
        component = v201.Component(name=target.component)
        variable = v201.Variable(name=target.variable, instance=target.instance)
        named.append(evolve(item, component=component, variable=variable))
    return type(request)(**{attribute: named})
