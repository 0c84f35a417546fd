"""What goes into a ticket has no secret in it, in whatever form; and no more than can be read."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import evolve
from rich.console import Console

import made_reports
from ocpp_core.conformance.replays import Replay, with_replays
from ocpp_core.conformance.reports import Report, as_json, as_junit, as_page, discreet, from_json
from ocpp_core.conformance.reports.discretion import MOST
from ocpp_core.conformance.reports.terminal import print_report
from ocpp_core.conformance.rules import Rule, Seen
from ocpp_core.conformance.traces import MOST_ENTRIES, Direction, Trace, What
from ocpp_core.conformance.verdicts import Outcome, Verdict


def on_terminal(report: Report, *, show_secrets: bool = False) -> str:
    written = io.StringIO()
    print_report(report, Console(file=written, width=500, force_terminal=True), show_secrets=show_secrets)
    return written.getvalue()


def in_replay_files(report: Report, **options: bool) -> str:
    with TemporaryDirectory() as folder:
        with_replays(report, Path(folder), **options)
        return "".join(path.read_text(encoding="utf-8") for path in Path(folder).iterdir())


FORMS = {
    "replays": in_replay_files,
    "json": as_json,
    "junit": lambda report, **options: as_junit(report, **options).decode(),
    "page": as_page,
    "terminal": on_terminal,
}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())

SECRET = made_reports.REPORTS["secrets"]
ENVELOPE = made_reports.REPORTS["SOAP"]


@forms
@pytest.mark.parametrize("report", [SECRET, ENVELOPE], ids=["JSON", "SOAP"])
def test_no_form_has_a_key_or_a_password_in_it(form, report):  # type: ignore[no-untyped-def]
    text = form(report)

    assert [] == [secret for secret in made_reports.SECRETS if secret in text]
    assert "Q1AtMTpwYTU1dzByZE9mQ3Ax" not in text


@forms
def test_secrets_are_shown_if_asked(form):  # type: ignore[no-untyped-def]
    text = form(SECRET, show_secrets=True)

    assert [] == [secret for secret in made_reports.SECRETS if secret not in text]


def test_a_report_that_was_read_back_is_shown_as_it_is() -> None:
    read = from_json(as_json(SECRET))

    assert discreet(SECRET) == read
    assert read is discreet(read)
    assert as_page(SECRET) == as_page(read)


def replay_of(rule: Rule, *said: tuple[Direction, str]) -> list[str]:
    """The texts in the file that replays a finding of a rule."""
    trace = Trace()
    for direction, text in said:
        trace.add(0.0, direction, What.MESSAGE, text)
    outcome = Outcome(rule, Verdict.DEVIATING, findings=[made_reports.finding(trace)])
    with TemporaryDirectory() as folder:
        [written] = with_replays(made_reports.report((outcome,)), Path(folder)).outcomes
        return [entry.text for entry in Replay.read(Path(written.findings[0].replay)).trace]


CARD = '[2,"1","Authorize",{"idTag":"04A2B3C4"}]'


def test_a_replay_file_has_no_card_of_somebody_in_it_and_those_of_the_profile() -> None:
    texts = replay_of(made_reports.rule(), (Direction.RECEIVED, CARD), (Direction.SENT, CARD))

    assert ['[2,"1","Authorize",{"idTag":"***"}]', CARD] == texts


def test_what_was_drawn_is_replayed_as_it_was() -> None:
    drawn = f'[2,"1","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{"0" * MOST}"}}]'

    assert [drawn] == replay_of(made_reports.rule(seen=Seen.GENERATED), (Direction.SENT, drawn))
    assert [drawn] != replay_of(made_reports.rule(), (Direction.SENT, drawn))


def test_files_that_replay_leave_the_report_as_it_was() -> None:
    before = as_json(SECRET)
    in_replay_files(SECRET)

    assert before == as_json(SECRET)


def entries(trace: Trace, *marks: int) -> Trace:
    finding = made_reports.finding(trace, marks=marks)
    (outcome,) = made_reports.outcomes()[:1]
    report = made_reports.report((evolve(outcome, findings=[finding]),))
    return discreet(report).outcomes[0].findings[0].trace


def test_what_the_kit_has_broken_on_purpose_is_shown() -> None:
    trace = Trace()
    trace.add(0.0, Direction.SENT, What.MESSAGE, '[2,"1","Nonsense",{"not": ')

    assert '[2,"1","Nonsense",{"not": ' == entries(trace)[0].text


def test_of_an_unreadable_message_of_the_peer_the_length_is_left() -> None:
    trace = Trace()
    trace.add(0.0, Direction.RECEIVED, What.MESSAGE, '{"password": "pa55w0rd', "late")

    (entry,) = entries(trace)

    assert ("", "late; 22 characters that cannot be read") == (entry.text, entry.note)


def test_an_empty_message_is_one() -> None:
    trace = Trace()
    trace.add(0.0, Direction.RECEIVED, What.MESSAGE, "")

    assert ("", "") == (entries(trace)[0].text, entries(trace)[0].note)


def test_a_message_of_a_megabyte_is_cut() -> None:
    trace = Trace()
    trace.add(0.0, Direction.RECEIVED, What.MESSAGE, f'[3,"1",{{"data":"{"x" * 1_000_000}"}}]')

    (entry,) = entries(trace)

    assert MOST == len(entry.text)
    assert "the first of 1000019 characters" == entry.note


def test_of_a_long_trace_the_end_is_kept_and_what_shows_the_finding() -> None:
    trace = Trace()
    for number in range(1_000):
        trace.add(float(number), Direction.SENT, What.MESSAGE, "[]")

    kept = entries(trace, 3, 999)

    assert [3, *range(1_000 - MOST_ENTRIES, 1_000)] == [entry.number for entry in kept]


def test_text_that_has_no_secret_stays_as_it_was_written() -> None:
    trace = Trace()
    trace.add(0.0, Direction.RECEIVED, What.MESSAGE, '[ 3, "1", {"interval":5.0} ]')

    assert '[ 3, "1", {"interval":5.0} ]' == entries(trace)[0].text
