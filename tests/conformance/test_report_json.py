"""The JSON file of a report: it is read back, and it keeps to its schema."""

import json
from typing import Any

import pytest
from attrs import evolve
from jsonschema import Draft202012Validator

import made_reports
from ocpp_core.conformance.reports import NO_CERTIFICATION, Report, as_json, discreet, from_json
from ocpp_core.conformance.reports.json_file import schema

reports = pytest.mark.parametrize("report", made_reports.REPORTS.values(), ids=made_reports.REPORTS.keys())


def test_the_schema_is_one() -> None:
    assert Draft202012Validator(Draft202012Validator.META_SCHEMA).is_valid(schema().schema)


@reports
def test_what_is_written_is_read_back(report: Report) -> None:
    assert discreet(report) == from_json(as_json(report))
    assert report == from_json(as_json(report, show_secrets=True))


@reports
def test_what_is_written_keeps_to_the_schema(report: Report) -> None:
    document = json.loads(as_json(report))

    schema().validate(document)

    assert NO_CERTIFICATION == document["note"]
    assert sum(document["counts"].values()) == len(report.outcomes)


@reports
def test_the_file_is_ascii_and_has_no_control_character_but_line_breaks(report: Report) -> None:
    text = as_json(report)

    assert text.isascii()
    assert text.replace("\n", "").isprintable()


def test_members_that_came_later_are_passed_over() -> None:
    report = discreet(made_reports.report())
    document = json.loads(as_json(report))
    for place in (document, document["software"], document["outcomes"][1]["rule"]):
        place["cameLater"] = True

    assert report == from_json(json.dumps(document))


def test_a_file_from_before_a_member_came_is_read() -> None:
    report = discreet(made_reports.report(identity="CP-1"))
    document = json.loads(as_json(report))
    del document["identity"]
    for row in document["outcomes"]:
        del row["untried"]

    assert evolve(report, identity="") == from_json(json.dumps(document))


def changed(*path: Any, to: Any) -> str:
    document = json.loads(as_json(made_reports.report()))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(document)


@pytest.mark.parametrize(
    "text, said",
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no ocpp-core conformance report"),
        ('{"format": "junit"}', "no ocpp-core conformance report"),
        (changed("schema", to=2), "schema 2; this version reads 1"),
        (changed("schema", to="\x1b[2J"), r"schema \\x1b"),
        (changed("role", to="\x1b[2J"), r"\$.role"),
        (changed("outcomes", 0, "verdict", to="fine"), r"\$.outcomes\[0\].verdict"),
        (changed("outcomes", 1, "findings", 0, "trace", 0, "at", to="now"), r"trace\[0\].at"),
        (changed("started", to="2026-13-31T12:00:00+00:00"), "month"),
        (changed("started", to="yesterday"), "started"),
    ],
    ids=range(11),
)
def test_what_is_no_report_is_refused_in_one_printable_line(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        from_json(text)

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
