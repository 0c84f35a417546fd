"""A report on a terminal; or in a file or pipe, where each line is one line, however long."""

from collections.abc import Iterator, Sequence

from attrs import frozen
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ocpp_core.conformance.reports.advice import look_at
from ocpp_core.conformance.reports.discretion import discreet
from ocpp_core.conformance.reports.messages import Message, messages_of, one_line
from ocpp_core.conformance.reports.report import NO_CERTIFICATION, VERDICTS, Report
from ocpp_core.conformance.traces import Direction
from ocpp_core.conformance.verdicts import Finding, Outcome, Verdict
from ocpp_core.model.printing import LONG, printable

#: One letter for each verdict: a line of them is read at a glance, in any encoding and without colours.
MARKS = {
    Verdict.BROKEN: "!",
    Verdict.DEVIATING: "X",
    Verdict.INCONCLUSIVE: "?",
    Verdict.CONFORMING: ".",
    Verdict.NOT_APPLICABLE: "-",
}
STYLES = {
    Verdict.BROKEN: "bold magenta",
    Verdict.DEVIATING: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.CONFORMING: "green",
    Verdict.NOT_APPLICABLE: "dim",
}
#: Messages of a finding that are shown: those that show it, and the last ones.
_MOST_MESSAGES = 12
_MOST_CHARACTERS = 800
#: Rules that are named for one reason.
_MOST_NAMED = 8
_LABEL = 14


@frozen
class _Line:
    """A line and how far it is indented; what does not fit stands below it, `hang` further to the right."""

    text: Text
    indent: int = 0
    hang: int = 0


def print_report(report: Report, console: Console, *, show_secrets: bool = False) -> None:
    """Writes a report to a console.

    Args:
        report: The report.
        console: Whose width is kept if it is a terminal.
        show_secrets: Show messages as they were, keys and passwords included.
    """
    shown = report if show_secrets else discreet(report)
    for line in _lines(shown, console.width if console.is_terminal else 0):
        _print(line, console)


def _print(line: _Line, console: Console) -> None:
    if not console.is_terminal:
        console.print(Text(" " * line.indent).append_text(line.text), soft_wrap=True)
        return
    width = max(console.width - line.indent, 20)
    first = line.text.wrap(console, width)[0]
    console.print(Padding(first, (0, 0, 0, line.indent)))
    rest = line.text[len(first) :]
    if rest:
        rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
        for each in rest.wrap(console, max(width - line.hang, 20)):
            console.print(Padding(each, (0, 0, 0, line.indent + line.hang)))


def _lines(report: Report, width: int) -> Iterator[_Line]:
    yield from _head(report)
    yield _Line(Text())
    yield from _groups(report, width)
    for outcome in report.deviations:
        for finding in outcome.findings:
            yield _Line(Text())
            yield from _finding(report, outcome, finding)
    for verdict in (Verdict.BROKEN, Verdict.INCONCLUSIVE):
        yield from _reasons(report, verdict)
    if report.surprises:
        yield _Line(Text())
        yield _Line(Text("KNOWN, AND NOT SEEN ANY MORE", STYLES[Verdict.DEVIATING]))
        yield _Line(Text(f"{', '.join(report.surprises)}: to be taken off the profile"), 2, 2)
    yield _Line(Text())
    yield from _foot(report)


def _head(report: Report) -> Iterator[_Line]:
    title = f"OCPP {report.version} {report.subject} at {printable(report.target, LONG)}, {report.wire.name}"
    yield _Line(Text(title, "bold"))
    software = report.software
    said = " ".join(filter(None, (software.vendor, software.model)))
    if software.firmware:
        said = f"{said}, firmware {software.firmware}".removeprefix(", ")
    if said:
        yield _Line(Text(printable(said, LONG)))
    facts = [
        f"ocpp_core {report.kit}",
        f"seed {report.seed}",
        f"profile {printable(report.profile, LONG)}" if report.profile else "no profile",
        f"{report.started:%Y-%m-%d %H:%M:%S %Z}",
        f"{report.seconds:.1f} s",
    ]
    yield _Line(Text(", ".join(facts), "dim"))


def _groups(report: Report, width: int) -> Iterator[_Line]:
    groups = report.groups
    longest = max(map(len, groups), default=0)
    for group, outcomes in groups.items():
        marks = Text(f"{group:<{longest}}  ")
        for outcome in outcomes:
            marks.append(MARKS[outcome.verdict], STYLES[outcome.verdict])
        counts = _counted(_counts(outcomes))
        room = cell_len(marks.plain) + 2 + cell_len(counts.plain)
        yield _Line(
            marks if width and room > width else marks.append("  ").append_text(counts), hang=longest + 2
        )
    legend = "   ".join(f"{mark} {verdict}" for verdict, mark in MARKS.items() if report.counts[verdict])
    yield _Line(Text(legend, "dim"))


def _counts(outcomes: Sequence[Outcome]) -> dict[Verdict, int]:
    verdicts = [outcome.verdict for outcome in outcomes]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def _counted(counts: dict[Verdict, int]) -> Text:
    parts = [Text(f"{count} {verdict}", STYLES[verdict]) for verdict, count in counts.items() if count]
    return Text(", ").join(parts)


def _finding(report: Report, outcome: Outcome, finding: Finding) -> Iterator[_Line]:
    rule = outcome.rule
    head = Text("DEVIATING", STYLES[Verdict.DEVIATING]).append(f"  {rule.id}", "bold")
    if weight := report.weight(outcome):
        head.append(f"  {weight}", "yellow")
    if finding.count > 1:
        head.append(f"  seen {finding.count} times")
    yield _Line(head)
    yield _Line(Text(rule.sentence, "italic"), 2)
    if rule.id in report.known:
        yield _labelled("known", printable(report.known[rule.id], LONG))
    if outcome.reason:
        yield _labelled("note", printable(outcome.reason, LONG))
    if finding.place:
        yield _labelled("where", printable(finding.place, LONG))
    yield _labelled("expected", printable(finding.expected, LONG))
    yield _labelled("got", printable(finding.got, LONG))
    yield from _messages(report, finding)
    if ids := report.requirements(rule):
        yield _labelled("requirements", ", ".join(ids))
    if source := report.source(rule):
        yield _labelled("source", source)
    if rule.cases:
        yield _labelled("touches", ", ".join(rule.cases))
    yield _labelled("again", report.replaying(rule))
    if finding.replay:
        yield _labelled("replay", printable(report.replayed(rule, finding), LONG))
    yield _labelled("look at", look_at(rule))


def _labelled(label: str, text: str) -> _Line:
    return _Line(Text(f"{label:<{_LABEL}}", "dim").append(text, "default"), 2, _LABEL)


def _messages(report: Report, finding: Finding) -> Iterator[_Line]:
    messages = list(messages_of(finding, report.wire))
    least = len(messages) - _MOST_MESSAGES
    chosen = [message for place, message in enumerate(messages) if message.shows or place >= least]
    if left_out := len(messages) - len(chosen):
        yield _labelled("frames", f"{left_out} more before or between these")
    for message in chosen:
        yield from _message(report, message)


def _message(report: Report, message: Message) -> Iterator[_Line]:
    entry = message.entry
    arrow = "-->" if entry.direction is Direction.SENT else "<--"
    line = Text(f"{entry.at:8.3f} s  ", "dim").append(f"kit {arrow} {report.subject}", "blue")
    line.append(f"  {message.kind} {message.action}".rstrip())
    if message.shows:
        line.append("  here", STYLES[Verdict.DEVIATING])
    if entry.note:
        line.append(f"  ({printable(entry.note, LONG)})", "yellow")
    yield _Line(line, 2, _LABEL)
    if entry.text:
        yield _Line(Text(one_line(message, _MOST_CHARACTERS)), 4 + _LABEL - 2)


def _reasons(report: Report, verdict: Verdict) -> Iterator[_Line]:
    reasons: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        if outcome.verdict is verdict:
            reasons.setdefault(printable(outcome.reason, LONG), []).append(outcome.rule.id)
    if not reasons:
        return
    yield _Line(Text())
    yield _Line(Text(verdict.value.upper(), STYLES[verdict]))
    for reason, ids in reasons.items():
        named = ", ".join(ids[:_MOST_NAMED])
        more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
        yield _Line(Text(f"{named}{more}: {reason}"), 2, 2)


def _foot(report: Report) -> Iterator[_Line]:
    total = len(report.outcomes)
    line = Text(f"{total} rule{'' if total == 1 else 's'}: ", "bold")
    yield _Line(line.append_text(_counted(dict(report.counts))))
    if report.stop:
        yield _Line(Text(report.stop, STYLES[Verdict.INCONCLUSIVE]))
    if report.left_behind:
        left = ", ".join(printable(each) for each in report.left_behind)
        yield _Line(Text(f"left in the {report.subject}: {left}"), hang=2)
    yield _Line(Text(NO_CERTIFICATION, "dim"))
