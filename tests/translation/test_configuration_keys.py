"""The table of configuration keys, and what is written and read through it."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import oracle
from configured import (
    PLAIN,
    Keys,
    change,
    exchange,
    get,
    get_of,
    having,
    pairs,
    set_of,
    statuses,
    texts,
)
from ocpp_core.translation import Policy, configuration_keys
from ocpp_core.translation.configuration import (
    Key,
    Rule,
    Target,
    change_configuration,
    get_configuration,
    get_variables,
    set_variables,
)
from ocpp_core.translation.configuration_keys import KEYS, table
from ocpp_core.translation.configuration_stations import COMPUTED

FACTS = Path(oracle.OFFICIAL).parent / "facts" / "translation" / "config_keys.toml"
WRITABLE = [key for key in PLAIN if key.is_writable]
EACH_WRITABLE = pytest.mark.parametrize("key", WRITABLE, ids=lambda key: key.name)


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
    station, value = having(key), value_for(key)
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
    station = having(key)
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
    station = having(*PLAIN)

    assert "Accepted" == exchange(change_configuration, change(name, "7"), station).outcome.status
    assert {name: "7"} == pairs(exchange(get_configuration, get(name), station).outcome)


def test_variables_are_compared_without_case() -> None:
    station = Keys({"HeartbeatInterval": "1"})
    done = exchange(set_variables, set_of(("ocppcommctrlr/HEARTBEATINTERVAL", "7")), station)

    assert [("Accepted", None)] == statuses(done.outcome)
    assert "7" == station.values["HeartbeatInterval"]
