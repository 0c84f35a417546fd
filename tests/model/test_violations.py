"""Broken rules are listed in order, cheaply, and not without end."""

import pytest

from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import (
    MAX_DEVIATIONS,
    MAX_FAULTS,
    Deviations,
    TooMany,
    Violation,
    tolerances,
    violation,
)


def report(found: Deviations, rule: Tolerance | None, times: int = 1) -> int:
    """How often it could be reported."""
    for number in range(times):
        try:
            found.report(rule, f"$.a{number}", "type", number, "string")
        except TooMany:
            return number + 1
    return times


def test_a_report_is_the_violation_of_its_keyword() -> None:
    found = Deviations(Tolerance.STRICT)
    found.report(Tolerance.TOO_LONG, "$.a", "maxLength", "xx", 1, line=7)

    assert [violation("$.a", "maxLength", "xx", 1, Tolerance.TOO_LONG, 7)] == found.listed
    assert "$.a (line 7): has 2 characters, at most 1 are allowed: 'xx'" == str(found.listed[0])


def test_a_report_says_whether_reading_may_go_on() -> None:
    found = Deviations(Tolerance.TOO_LONG)

    assert found.report(Tolerance.TOO_LONG, "$.a", "maxLength", "xx", 1)
    assert found.are_allowed
    assert not found.report(Tolerance.WRONG_TYPE, "$.b", "type", 1, "string")
    assert not found.are_allowed
    assert found.report(Tolerance.TOO_LONG, "$.c", "maxLength", "xx", 1)
    assert not found.are_allowed
    assert (Tolerance.TOO_LONG, Tolerance.WRONG_TYPE) == tolerances(found.listed)


def test_what_has_no_tolerance_is_never_allowed() -> None:
    found = Deviations(Tolerance.TOLERANT)

    assert not found.report(None, "$", "depth", [], 64)
    assert not found.are_allowed
    assert () == tolerances(found.listed)


def test_faults_are_listed_up_to_a_bound() -> None:
    found = Deviations(Tolerance.STRICT)

    assert MAX_FAULTS == report(found, Tolerance.WRONG_TYPE, 2 * MAX_FAULTS)
    assert MAX_FAULTS == len(found.listed)


@pytest.mark.parametrize("most", [MAX_FAULTS, 1_000, MAX_DEVIATIONS])
def test_deviations_are_read_up_to_a_bound(most: int) -> None:
    found = Deviations(Tolerance.TOLERANT, most)

    assert most == report(found, Tolerance.WRONG_TYPE, most)
    assert found.are_allowed
    assert 1 == report(found, Tolerance.WRONG_TYPE, 2)
    assert not found.are_allowed
    assert most + 1 == len(found.listed)


@pytest.mark.parametrize("before", [0, 1, MAX_FAULTS - 1, MAX_FAULTS, MAX_DEVIATIONS])
def test_the_fault_that_refuses_is_listed_whatever_was_allowed_before(before: int) -> None:
    found = Deviations(Tolerance.TOO_LONG)
    report(found, Tolerance.TOO_LONG, before)
    report(found, Tolerance.WRONG_TYPE)

    assert not found.are_allowed
    assert Tolerance.WRONG_TYPE is found.listed[-1].rule
    assert before + 1 == len(found.listed)


def ruled(rule: Tolerance | None) -> Violation:
    return violation("$", "type", 1, "string", rule)


@pytest.mark.parametrize(
    "rules, together",
    [
        ([], ()),
        ([Tolerance.TOO_LONG, Tolerance.TOO_LONG], (Tolerance.TOO_LONG,)),
        ([Tolerance.WRONG_TYPE, Tolerance.TOO_LONG], (Tolerance.WRONG_TYPE, Tolerance.TOO_LONG)),
        ([Tolerance.WRONG_TYPE, None], ()),
    ],
    ids=["none", "one", "two", "what nothing accepts"],
)
def test_rules_that_accept_together(rules: list[Tolerance | None], together: tuple[Tolerance, ...]) -> None:
    assert together == tolerances([ruled(rule) for rule in rules])
