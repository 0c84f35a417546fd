"""JUnit XML, read as build servers read it."""

from collections.abc import Mapping
from xml.etree import ElementTree

import pytest
from attrs import evolve

import made_reports
from ocpp_core.conformance.reports import NO_CERTIFICATION, Report, as_junit
from ocpp_core.conformance.verdicts import Outcome, Verdict, exit_code

reports = pytest.mark.parametrize("report", made_reports.REPORTS.values(), ids=made_reports.REPORTS.keys())

#: What may stand in what, and the attributes that it has to have, as the readers of build servers agree on.
FORM: Mapping[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, set()),
    "testsuite": (
        {"properties", "testcase"},
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    ),
    "properties": ({"property"}, set()),
    "property": (set(), {"name", "value"}),
    "testcase": ({"failure", "error", "skipped", "system-out"}, {"classname", "name", "time"}),
    "failure": (set(), {"message", "type"}),
    "error": (set(), {"message", "type"}),
    "skipped": (set(), {"message"}),
    "system-out": (set(), set()),
}


def read(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(as_junit(report))


def by_name(report: Report) -> dict[str | None, ElementTree.Element]:
    return {case.get("name"): case for case in read(report).iter("testcase")}


@reports
def test_the_form_is_that_of_junit(report: Report) -> None:
    root = read(report)

    assert "testsuites" == root.tag
    for element in root.iter():
        inner, attributes = FORM[element.tag]
        assert {child.tag for child in element} <= inner
        assert attributes <= set(element.keys())


@reports
def test_the_counts_are_those_of_the_cases(report: Report) -> None:
    (suite,) = read(report)

    assert len(report.outcomes) == int(suite.get("tests", "")) == len(suite.findall("testcase"))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert len(suite.findall(f"testcase/{tag}")) == int(suite.get(attribute, ""))


@reports
def test_who_and_how_stand_in_the_properties(report: Report) -> None:
    (suite,) = read(report)
    said = {each.get("name"): each.get("value") for each in suite.iter("property")}

    assert ("7", "0.1.0", NO_CERTIFICATION) == (said["seed"], said["ocpp_core"], said["note"])
    assert suite.get("name") == f"OCPP {report.version} {report.subject} {report.wire.name}"


def test_each_verdict_has_its_element() -> None:
    cases = by_name(made_reports.report())
    tags = {name: [child.tag for child in case] for name, case in cases.items()}

    assert {
        "boot.answered": [],
        "boot.interval": ["failure", "system-out"],
        "boot.time-zone": ["system-out"],
        "boot.before-acceptance": ["skipped"],
        "reservation.status": ["skipped"],
        "send.reset": ["error"],
    } == tags
    assert ("boot", "0.050") == (cases["boot.interval"].get("classname"), cases["boot.interval"].get("time"))


def test_a_failure_names_rule_expected_got_frames_and_requirements() -> None:
    failure = by_name(made_reports.report())["boot.interval"].find("failure")
    assert failure is not None

    assert "expected an interval of 0 or more; got interval -5" == failure.get("message")
    assert "boot.interval" == failure.get("type")
    told = failure.text or ""
    for part in (
        "$.interval",
        '* 0.034 received: [3,"1",{"status"',
        "B01.FR.02",
        "--rules boot.interval",
        "seen 3 times",
    ):
        assert part in told


def test_the_file_that_replays_is_attached() -> None:
    out = by_name(made_reports.report())["boot.interval"].find("system-out")
    assert out is not None

    assert "[[ATTACHMENT|boot.interval.ndjson]]" == out.text


def test_what_only_should_be_fails_if_one_is_strict() -> None:
    cases = by_name(made_reports.report(strict=True))

    assert cases["boot.time-zone"].find("failure") is not None


def test_a_known_deviation_is_skipped_with_its_reason() -> None:
    case = by_name(made_reports.report(known={"boot.interval": "as agreed"}))["boot.interval"]
    skipped = case.find("skipped")
    assert skipped is not None

    assert "known deviation: as agreed" == skipped.get("message")
    assert "interval -5" in (case.findtext("system-out") or "")


def test_what_is_known_and_not_seen_any_more_fails() -> None:
    report = made_reports.report(known={"boot.answered": "as agreed"})
    failure = by_name(report)["boot.answered"].find("failure")
    assert failure is not None

    assert "known, and not seen any more" == failure.get("message")


def test_a_deviation_without_a_finding_fails_with_its_sentence() -> None:
    outcome = Outcome(made_reports.rule(), Verdict.DEVIATING)
    failure = by_name(made_reports.report((outcome,)))["boot.interval"].find("failure")
    assert failure is not None

    assert outcome.rule.sentence == failure.get("message")


def test_what_was_not_tried_is_an_error() -> None:
    """A build server that looks at this file alone shall not take software that is gone for right."""
    told = "no connection: refused"
    outcome = Outcome(made_reports.rule(), Verdict.INCONCLUSIVE, told, is_untried=True)
    error = by_name(made_reports.report((outcome,)))["boot.interval"].find("error")
    assert error is not None

    assert ("untried", told) == (error.get("type"), error.get("message"))


@pytest.mark.parametrize("strict", [False, True])
def test_there_are_failures_if_the_command_exits_with_1(strict: bool) -> None:
    for outcome in made_reports.outcomes():
        if outcome.verdict is Verdict.DEVIATING:
            report = evolve(made_reports.report((outcome,)), strict=strict)
            (suite,) = read(report)

            assert exit_code([outcome], strict=strict) == int(suite.get("failures", ""))
