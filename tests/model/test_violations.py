"""Broken rules are listed in order, cheaply, and not without end."""

from decimal import Decimal
from typing import Any

import pytest

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.printing import SHORT
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import (
    MAX_DEVIATIONS,
    MAX_FAULTS,
    Deviations,
    TooMany,
    Violation,
    decisive,
    member_path,
    summary_for_peer,
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


def test_who_makes_a_violation_gives_its_sentence_as_message() -> None:
    made = Violation(path="$[1]", keyword="frame", message="is odd", code=ErrorCode.FRAME)

    assert "is odd" == made.message
    assert "$[1]: is odd" == str(made)


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


#: Rule, value, what is allowed, and the sentence.
SENTENCES: list[tuple[str, Any, Any, str]] = [
    ("type", 1, "string", "must be a string, not 1"),
    ("type", "1", "integer", "must be an integer, not '1'"),
    ("type", "1", "number", "must be a number, not '1'"),
    ("type", 1, "boolean", "must be true or false, not 1"),
    ("type", 1, "array", "must be a list, not 1"),
    ("type", 1, "object", "must be an object, not 1"),
    ("enum", "Hrd", ("Hard", "Soft"), "'Hrd' is none of Hard, Soft; did you mean 'Hard'?"),
    ("enum", "x", tuple("abcdefgh"), "'x' is none of a, b, c, d, e, f, g, h"),
    ("enum", "x", tuple("abcdefghi"), "'x' is none of a, b, c, d, e, f, g, h ..."),
    ("maxLength", "abc", 2, "has 3 characters, at most 2 are allowed: 'abc'"),
    ("minimum", -1, 0.0, "must be 0 or more, not -1"),
    ("maximum", 101, 100.0, "must be 100 or less, not 101"),
    ("multipleOf", 0.05, Decimal("0.1"), "must be a multiple of 0.1, not 0.05"),
    ("format", "now", "xs:dateTime", "'now' is not a xs:dateTime that OCPP allows"),
    *(
        ("format", text, "date-time", f"{text!r} is not a date-time that OCPP allows: it {reason}")
        for text, reason in (
            ("now", "is not like 2026-01-31T12:00:00Z"),
            ("2026-01-31", "is a date without a time"),
            ("2026-01-31 12:00:00Z", "has no T between date and time"),
            ("2026-01-31T12:00Z", "has no seconds"),
            ("2026-01-31T12:00:00", "has no time zone, such as Z or +01:00"),
            ("2026-01-31T12:00:00.5", "has no time zone, such as Z or +01:00"),
            ("2026-01-31T12:00:00+0100", "has a time zone that is not like Z or +01:00"),
            ("2026-01-31T23:59:60Z", "has a leap second, which cannot be held"),
            ("2026-02-30T12:00:00Z", "is no day, time or zone that there is"),
            ("2026-01-31T25:00:00Z", "is no day, time or zone that there is"),
            ("2026-01-31T12:00:00.1234Z", "has 4 digits after the second, more than its version allows"),
        )
    ),
    ("required", {}, None, "is missing"),
    ("minItems", [], 1, "needs 1 or more items, has 0"),
    ("maxItems", [1, 2], 1, "may have 1 items, has 2"),
    (
        "additionalProperties",
        1,
        ("idtag", ("idTag",)),
        "no such member here; did you mean 'idTag'?",
    ),
    ("depth", [], 64, "is nested deeper than 64 levels"),
]


@pytest.mark.parametrize("keyword, value, limit, sentence", SENTENCES)
def test_a_broken_rule_makes_a_sentence(keyword: str, value: Any, limit: Any, sentence: str) -> None:
    fault = violation("$.x", keyword, value, limit)

    assert sentence == fault.message
    assert f"$.x: {sentence}" == str(fault)
    assert f"$.x (line 7): {sentence}" == str(violation("$.x", keyword, value, limit, line=7))


@pytest.mark.parametrize(
    "member, path",
    [
        ("b", "$.a.b"),
        ("b c", "$.a['b c']"),
        ("x" * SHORT, f"$.a.{'x' * SHORT}"),
        ("x" * (SHORT + 1), f"$.a['{'x' * SHORT}...']"),
    ],
)
def test_a_member_has_a_path(member: str, path: str) -> None:
    assert path == member_path("$.a", member)


def test_one_code_decides() -> None:
    in_order = ["type", "required", "maxLength", "additionalProperties", "depth"]
    faults = [violation("$", keyword, None) for keyword in in_order]

    assert [fault.code for fault in faults] == [
        decisive(faults[index:][::-1]) for index in range(len(faults))
    ]
    assert ErrorCode.FORMAT is decisive([])


def test_a_peer_is_told_little_and_no_values() -> None:
    many = [violation(f"$.a[{index}]", "required", {}) for index in range(11)]
    long = [violation("$." + "x" * 400, "required", "secret")] * 4

    assert {} == summary_for_peer([])
    assert {"violations": [{"path": "$.a[0]", "keyword": "required"}]} == summary_for_peer(many[:1])
    assert 10 == len(summary_for_peer(many)["violations"])
    assert 2 == len(summary_for_peer(long)["violations"])


@pytest.mark.parametrize("bytes_more, listed", [(0, 1), (1, 0)])
def test_what_a_peer_is_told_fits_into_a_small_station(bytes_more: int, listed: int) -> None:
    path = "$." + "x" * (1024 - len("$.") - len("type") - 30 + bytes_more)

    assert listed == len(summary_for_peer([violation(path, "type", 1)]).get("violations", ()))


def test_what_a_peer_is_told_has_no_gaps() -> None:
    faults = [violation(path, "type", 1) for path in ("$.a", "$." + "x" * 1024, "$.b")]

    assert [{"path": "$.a", "keyword": "type"}] == summary_for_peer(faults)["violations"]
