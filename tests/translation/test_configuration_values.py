"""Values of configuration keys and variables: measurands, units, passwords, phases of connectors."""

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
    statuses,
    texts,
)
from ocpp_core.translation.configuration import (
    Known,
    Station,
    Target,
    change_configuration,
    get_configuration,
    get_variables,
    set_variables,
)
from ocpp_core.translation.configuration_keys import table

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
    station = having(key)
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
    station = having(key)
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
    station = having(key)
    done = exchange(change_configuration, change(key.name, value), station)

    assert ("Accepted" if expected else "Rejected") == done.outcome.status
    assert (expected or "0") == station.values[key.target.folded]  # type: ignore[union-attr]


def test_a_password_may_be_as_long_as_the_station_says() -> None:
    key = table().names["authorizationkey"]
    station = Station(variables=known({PASSWORD: Known(max_limit=Decimal(64))}))
    done = exchange(change_configuration, change(key.name, "p" * 64), having(key), station)

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
    ups = exchange(change_configuration, change("AuthorizationKey", value), having(*PLAIN))
    downs = exchange(set_variables, set_of((PASSWORD, value)), Keys({"AuthorizationKey": ""}))

    said = repr([*ups.there, *ups.back, *downs.there, *downs.back])
    assert all(one not in said for one in (value, TEXT, value.encode().hex().upper()))


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
