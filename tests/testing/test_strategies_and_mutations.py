"""The testing kit keeps its word, and what it makes is read tolerantly without loss, for every class."""

import copy
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis.strategies import SearchStrategy, one_of

from classes import ALL_CLASSES, BREAKABLE_CLASSES
from holding import is_same, not_held
from ocpp_core import testing, v12, v16, v20, v21, v201
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.messages import UNSET, Payload
from ocpp_core.model.timestamps import WireTimestamp
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import KEYWORD_CODES, Deviations, Violation, member_path
from ocpp_core.payloads.conversion import read
from ocpp_core.payloads.validation import explain
from ocpp_core.payloads.walk import walk
from ocpp_core.testing import broken_payloads, is_breakable, messages, mutated_payloads, payloads
from properties import find_one, for_all

EXAMPLES = 3

# The strategies reach the edges.

EDGES: dict[str, tuple[SearchStrategy[Any], Callable[[Any], bool]]] = {
    "text at its limit, beyond the basic plane": (
        messages(v16.AuthorizeRequest),
        lambda it: (
            len(it.id_tag) == 20 and it.id_tag.count(max(it.id_tag)) > 1 and ord(max(it.id_tag)) > 0xFFFF
        ),
    ),
    "empty text": (messages(v16.AuthorizeRequest), lambda it: it.id_tag == ""),
    "empty list": (messages(v16.GetConfigurationRequest), lambda it: it.key == []),
    "list at its lower limit": (
        messages(v201.ChargingSchedule),
        lambda it: len(it.charging_schedule_period) == 1,
    ),
    "list at its upper limit": (
        messages(v201.ChargingSchedule),
        lambda it: len(it.charging_schedule_period) == 1024,
    ),
    "integer at its lower limit": (
        messages(v21.BatterySwapRequest),
        lambda it: it.battery_data[0].evse_id == 0,
    ),
    "integer at its upper limit": (messages(v12.MeterValuesRequest), lambda it: it.connector_id == 2**31 - 1),
    "number at its upper limit": (messages(v21.BatterySwapRequest), lambda it: it.battery_data[0].soc == 100),
    "more digits than a decimal context": (
        messages(v201.CostUpdatedRequest),
        lambda it: len(it.total_cost.as_tuple().digits) > 28,
    ),
    "offset": (
        messages(v201.HeartbeatResponse),
        lambda it: it.current_time.utcoffset() == timedelta(minutes=345),
    ),
    "milliseconds": (messages(v201.HeartbeatResponse), lambda it: it.current_time.microsecond > 0),
    "finer than microseconds": (
        messages(v16.HeartbeatResponse),
        lambda it: isinstance(it.current_time, WireTimestamp),
    ),
    "opaque members": (messages(v201.CustomData), lambda it: len(it.extra) > 1),
    "members of an open class": (messages(v20.HeartbeatRequest), lambda it: bool(it.extra)),
    "any JSON": (messages(v201.DataTransferRequest), lambda it: type(it.data) is dict),
    "null": (messages(v201.DataTransferRequest), lambda it: it.data is None),
    "absent": (messages(v201.DataTransferRequest), lambda it: it.data is UNSET),
    "every field at once": (messages(v16.BootNotificationRequest), lambda it: None not in attrs.astuple(it)),
    "integer with a point": (
        payloads(v201.CancelReservationRequest),
        lambda it: type(it["reservationId"]) is float,
    ),
    "integer with an exponent": (
        payloads(v201.CancelReservationRequest),
        lambda it: "E" in str(it["reservationId"]),
    ),
    "whole number without a point": (
        payloads(v201.CostUpdatedRequest),
        lambda it: type(it["totalCost"]) is int,
    ),
    "lower-case timestamp": (payloads(v201.HeartbeatResponse), lambda it: "t" in it["currentTime"]),
    "offset in text": (payloads(v201.HeartbeatResponse), lambda it: it["currentTime"].endswith("-05:30")),
    "long fraction": (payloads(v16.HeartbeatResponse), lambda it: len(it["currentTime"]) > 31),
    "misspelt token": (payloads(v16.SampledValue), lambda it: it.get("unit") == "Celcius"),
    "members out of order": (payloads(v16.MeterValuesRequest), lambda it: next(iter(it)) != "connectorId"),
    "valid though mutated": (
        mutated_payloads(v16.ResetRequest),
        lambda it: explain(v16.ResetRequest, it) == [],
    ),
    "no object any more": (mutated_payloads(v16.ResetRequest), lambda it: type(it) is not dict),
}


@pytest.mark.parametrize("edge", EDGES)
def test_strategies_reach_the_edge(edge: str) -> None:
    strategy, condition = EDGES[edge]

    assert condition(find_one(strategy, condition))


#: Those of JSON Schema that the official files use.
KEYWORDS = (
    *("type", "required", "additionalProperties", "enum", "format"),
    *("maxLength", "minimum", "maximum", "multipleOf", "minItems", "maxItems"),
)


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_every_rule_is_broken(keyword: str) -> None:
    classes = (
        v16.SetChargingProfileRequest,
        v16.HeartbeatResponse,
        v21.BatterySwapRequest,
        v201.SetChargingProfileRequest,
    )
    strategy = one_of([broken_payloads(cls) for cls in classes])

    assert find_one(strategy, lambda broken: broken.keyword == keyword).code is KEYWORD_CODES[keyword]


def test_an_integer_of_draft_4_is_never_written_with_a_point() -> None:
    def check(payload: dict[str, Any]) -> None:
        assert type(payload["reservationId"]) is int

    for_all(payloads(v16.CancelReservationRequest), 50, check)


def test_what_cannot_be_broken_is_refused() -> None:
    assert not is_breakable(v20.HeartbeatRequest)
    assert is_breakable(v201.HeartbeatRequest)
    everything = [cls for (cls,) in (each.values for each in ALL_CLASSES)]
    assert {"2.0"} == {cls.__ocpp__.version for cls in everything if not is_breakable(cls)}
    with pytest.raises(ValueError, match="HeartbeatRequest accepts every JSON object"):
        broken_payloads(v20.HeartbeatRequest)


def test_opaque_content_is_never_broken() -> None:
    def check(broken: testing.BrokenPayload) -> None:
        assert not broken.path.startswith("$.data")
        assert broken.path in ("$.customData", "$.customData.vendorId") or "customData" not in broken.path

    for_all(broken_payloads(v201.DataTransferRequest), 100, check)


def test_the_kit_is_lazy() -> None:
    assert {"messages", "payloads", "broken_payloads", "mutated_payloads"} <= {*dir(testing)}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        testing.nonsense  # type: ignore[attr-defined]  # noqa: B018


# What tolerant reading keeps, in every class of every version.


@pytest.mark.parametrize("cls", BREAKABLE_CLASSES)
def test_one_broken_rule_is_named_by_the_schema_and_by_the_walk_in_any_mode(cls: type[Payload]) -> None:
    """No exceptions: what is made here breaks one rule for all of them."""

    def check(broken: testing.BrokenPayload) -> None:
        payload, path, keyword, code = broken
        before = copy.deepcopy(payload)
        message, deviations = read(cls, payload, tolerance=Tolerance.TOLERANT)

        assert [(path, keyword, code)] == [
            (fault.path, fault.keyword, fault.code) for fault in explain(cls, payload)
        ]
        assert [*deviations] == strictly(cls, payload)
        assert [(path, keyword, code)] == [(fault.path, fault.keyword, fault.code) for fault in deviations]
        assert type(message) is cls
        assert_nothing_is_lost(payload, message, deviations)
        assert is_same(before, payload)

    for_all(broken_payloads(cls), EXAMPLES, check)


def strictly(cls: type[Payload], payload: Any) -> list[Violation]:
    """What the walk finds where nothing is allowed."""
    found = Deviations(Tolerance.STRICT)

    assert walk(cls, payload, found) is None or not found.listed
    return found.listed


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_the_walk_finds_exactly_what_the_schema_finds(cls: type[Payload]) -> None:
    """Every fault of it, at the same place; `walk` knows the classes and `explain` the files in ``schemas/``."""

    def check(payload: Any) -> None:
        expected = explain(cls, payload)
        found = strictly(cls, payload)

        assert {(fault.path, fault.keyword) for fault in expected} == {
            (fault.path, fault.keyword) for fault in found
        }
        assert [fault.path for fault in found] == [fault.path for fault in expected], "the same order"
        assert all(fault.rule is not None for fault in found if fault.path != "$")

    for_all(mutated_payloads(cls), 2 * EXAMPLES, check)


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_mutated_payloads_are_read_tolerantly_or_refused_and_nothing_else_is_raised(
    cls: type[Payload],
) -> None:
    def check(payload: Any) -> None:
        try:
            message, deviations = read(cls, payload, tolerance=Tolerance.TOLERANT)
        except PayloadError:
            assert type(payload) is not dict, "whatever is an object can be read tolerantly"
        else:
            assert_nothing_is_lost(payload, message, deviations)
            assert bool(explain(cls, payload)) == bool(deviations)
            assert not unexpected_differences(explain(cls, payload), deviations)

    for_all(mutated_payloads(cls), EXAMPLES, check)


def unexpected_differences(
    explained: list[Violation], tolerated: tuple[Violation, ...]
) -> set[tuple[str, str]]:
    """Faults that only one of the two names, without those that are to be expected."""
    explained_at = {(fault.path, fault.keyword) for fault in explained}
    tolerated_at = {(fault.path, fault.keyword) for fault in tolerated}
    converted = (
        Tolerance.NUMBER_AS_TEXT,
        Tolerance.BOOL_FOR_TEXT,
        Tolerance.OBJECT_FOR_LIST,
        Tolerance.FLAT_VALUE,
    )
    read_on = [fault.path for fault in tolerated if fault.rule in converted]
    expected = {
        (path, keyword)
        for path, keyword in tolerated_at - explained_at
        # Where a wrong type is tolerated, reading goes on: a number in text may be out of its range, a truth value
        # longer than the text may be, and one object in place of a list may have faults of its own.
        if any(path.startswith(wrong) for wrong in read_on)
    }
    return explained_at ^ tolerated_at - expected


def assert_nothing_is_lost(payload: Any, message: Payload, deviations: tuple[Violation, ...]) -> None:
    """What came in is in the message, in an `extra` of it, or in the value of a violation, unchanged."""
    raw: dict[str, list[Any]] = {}
    for fault in deviations:
        if fault.keyword != "required":
            raw.setdefault(fault.path, []).append(fault.value)
    at = dict(places(payload, "$"))

    assert [] == not_held(message, payload, raw.keys())
    assert [] == [
        path for path, values in raw.items() if not any(is_same(at[path], value) for value in values)
    ]


def places(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value in a JSON value, with its path."""
    yield path, value
    if isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, member_path(path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, f"{path}[{index}]")


@pytest.mark.parametrize("action", ["MeterValues", "StopTransaction", "SetChargingProfile"])
def test_a_list_of_1_6_that_is_required_has_an_item(action: str) -> None:
    """The tables of its document say 1..*, where its JSON schemas say nothing: who refuses an empty one is right."""

    def check(drawn: Any) -> None:
        assert [] not in list(_required_lists(drawn))

    assert for_all(payloads("1.6", action), 60, check)


def _required_lists(drawn: Any) -> Iterator[Any]:
    for name, value in drawn.items() if isinstance(drawn, dict) else enumerate(drawn):
        if name in ("meterValue", "sampledValue", "chargingSchedulePeriod"):
            yield value
        if isinstance(value, dict | list):
            yield from _required_lists(value)
