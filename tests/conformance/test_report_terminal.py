"""A report on terminals of several widths, and on none."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

import made_reports
from ocpp_core.conformance.reports import NO_CERTIFICATION, Report
from ocpp_core.conformance.reports.terminal import MARKS, print_report
from ocpp_core.conformance.verdicts import Outcome, Verdict

reports = pytest.mark.parametrize("report", made_reports.REPORTS.values(), ids=made_reports.REPORTS.keys())
widths = pytest.mark.parametrize("width", [80, 100, 200])


def shown(report: Report, width: int | None = None) -> list[str]:
    written = io.StringIO()
    console = Console(file=written, width=width, force_terminal=width is not None, color_system=None)
    print_report(report, console)
    return written.getvalue().splitlines()


@reports
@widths
def test_it_fits(report: Report, width: int) -> None:
    lines = shown(report, width)

    assert [] == [line for line in lines if cell_len(line) > width]


@reports
@widths
def test_words_are_whole_where_they_may_be(report: Report, width: int) -> None:
    """The sentence at the end is the same at every width."""
    said = " ".join(" ".join(shown(report, width)).split())

    assert said.endswith(NO_CERTIFICATION)


@reports
def test_without_a_terminal_each_line_is_one_line(report: Report) -> None:
    lines = shown(report)

    assert NO_CERTIFICATION == lines[-1]
    again = [line for line in lines if line.startswith("  again ")]
    assert sum(len(outcome.findings) for outcome in report.outcomes) == len(again)
    assert all(" --rules " in line for line in again)


@reports
@pytest.mark.parametrize("width", [None, 80])
def test_nothing_of_a_peer_commands_the_terminal(report: Report, width: int | None) -> None:
    """And none of its lines is one of ours."""
    lines = shown(report, width)

    assert [] == [line for line in lines if not line.isprintable()]
    assert [] == [line for line in lines if line.strip().startswith("FORGED")]


def test_per_group_there_is_a_line_of_verdicts() -> None:
    lines = [line.rstrip() for line in shown(made_reports.report(), 80)]

    assert "boot         XX?.  2 deviating, 1 inconclusive, 1 conforming" in lines
    assert "send         !  1 broken" in lines


def test_a_group_that_is_too_wide_leaves_its_counts_out() -> None:
    many = tuple(Outcome(made_reports.rule(f"frame.{number}"), Verdict.CONFORMING) for number in range(60))
    lines = [line.rstrip() for line in shown(made_reports.report(many), 80)]

    assert f"frame  {'.' * 60}" in lines


def test_every_verdict_has_a_mark_of_its_own() -> None:
    assert len(Verdict) == len(set(MARKS.values())) == len(MARKS)


def test_a_finding_says_what_its_reader_needs() -> None:
    lines = shown(made_reports.report())
    start = next(place for place, line in enumerate(lines) if line.startswith("DEVIATING  boot.interval"))
    told = lines[start : lines.index("", start)]

    assert [
        "DEVIATING  boot.interval  seen 3 times",
        "  The interval in the answer to BootNotification is not negative.",
        "  where         $.interval",
        "  expected      an interval of 0 or more",
        "  got           interval -5",
        "     0.000 s  kit --> CSMS  opened",
        "                GET /ocpp/CP-1 ocpp2.0.1",
        "     0.012 s  kit --> CSMS  CALL BootNotification",
        '                [2,"1","BootNotification",{"reason":"PowerUp","chargingStation":'
        '{"vendorName":"Example Energy","model":"Duo 22"}}]',
        "     0.034 s  kit <-- CSMS  CALLRESULT BootNotification  here",
        '                [3,"1",{"status":"Accepted","currentTime":"2026-01-31T12:00:00Z","interval":-5}]',
        "  requirements  B01.FR.02",
        "  source        part 2 B01",
        "  touches       TC_B_01_CSMS",
        "  again         ocpp-core conform ws://127.0.0.1:9000/ocpp --role csms --version 2.0.1 --wire json --seed 7"
        " --rules boot.interval --profile csms.toml",
        "  replay        ocpp-core conform ws://127.0.0.1:9000/ocpp --replay boot.interval.ndjson --profile csms.toml",
    ] == told[:-1]
    assert told[-1].startswith("  look at       the handler of BootNotification")


def test_what_is_flaky_says_so() -> None:
    findings = [made_reports.finding()]
    flaky = Outcome(made_reports.rule(), Verdict.DEVIATING, "flaky: it was conforming", findings=findings)

    assert "  note          flaky: it was conforming" in shown(made_reports.report((flaky,)))


def test_what_is_known_and_not_seen_any_more_is_told() -> None:
    lines = shown(made_reports.REPORTS["a surprise"])

    assert "  boot.answered: to be taken off the profile" in lines


def test_of_many_rules_with_one_reason_some_are_named() -> None:
    many = tuple(
        Outcome(made_reports.rule(f"boot.{number}"), Verdict.INCONCLUSIVE, "no token is known")
        for number in range(10)
    )
    lines = shown(made_reports.report(many))

    assert (
        "  boot.0, boot.1, boot.2, boot.3, boot.4, boot.5, boot.6, boot.7 and 2 more: no token is known"
        in lines
    )


def test_of_a_long_trace_the_last_frames_are_shown() -> None:
    trace = made_reports.boot_trace()
    for _ in range(20):
        trace.add(1.0, trace[1].direction, trace[1].what, trace[1].text)
    finding = made_reports.finding(trace)
    lines = shown(made_reports.report((Outcome(made_reports.rule(), Verdict.DEVIATING, findings=[finding]),)))

    assert "  frames        10 more before or between these" in lines
    assert 1 == sum("CALLRESULT BootNotification  here" in line for line in lines)


def test_a_station_is_listened_for_again() -> None:
    lines = shown(made_reports.REPORTS["a station"])

    assert any("conform --listen 127.0.0.1:9000 --role station --version 1.6" in line for line in lines)
