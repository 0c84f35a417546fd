"""A report as one page for a browser: it loads nothing, runs nothing, and stands in one file.

There is no script in it. What unfolds are elements of HTML, and what filters is the style sheet; so it works with a
keyboard, in a mail, and under the policy that the page itself sets: nothing else than its own style. Text becomes nodes
of a tree before it becomes HTML, which escapes it; and what is not printable is escaped before that.
"""

from collections.abc import Iterator
from functools import cache, partial
from importlib.resources import files
from typing import Any

from lxml import etree, html
from lxml.builder import ElementMaker

from ocpp_core.conformance.reports.advice import look_at
from ocpp_core.conformance.reports.discretion import discreet
from ocpp_core.conformance.reports.messages import Message, lines_of, messages_of
from ocpp_core.conformance.reports.report import NO_CERTIFICATION, VERDICTS, Report
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.conformance.verdicts import Finding, Outcome, Verdict
from ocpp_core.model.printing import LONG, printable

_Element = etree._Element
_SIGNS = {
    Verdict.BROKEN: "!",
    Verdict.DEVIATING: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.CONFORMING: "✓",
    Verdict.NOT_APPLICABLE: "-",
}
#: Nothing may be loaded, run or sent from the page, whatever a peer gets into it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_E: Any = ElementMaker(makeelement=html.html_parser.makeelement)


def as_page(report: Report, *, show_secrets: bool = False) -> str:
    """The text of an HTML file.

    Args:
        report: The report.
        show_secrets: Show messages as they were, keys and passwords included.
    """
    shown = report if show_secrets else discreet(report)
    title = f"OCPP {shown.version} {shown.subject}: what was seen of its conformance"
    page = _E.html(
        _E.head(
            _E.meta(charset="utf-8"),
            _E.meta({"http-equiv": "Content-Security-Policy", "content": _POLICY}),
            _E.meta(name="viewport", content="width=device-width, initial-scale=1"),
            _E.title(title),
            _E.style(_style()),
        ),
        _E.body(
            _made("a", "skip", "To the findings", href="#findings"),
            _E.header(_E.h1(title), _made("p", "quiet", *_where(shown))),
            _E.main(*_summary(shown), *_findings(shown), *_rules(shown)),
            _E.footer(_E.p(NO_CERTIFICATION), _E.p(f"Made by ocpp_core {shown.kit}.")),
        ),
        lang="en",
    )
    text: str = html.tostring(page, doctype="<!DOCTYPE html>", encoding="unicode")
    return text + "\n"


def _made(tag: str, kind: str, *children: Any, **attributes: str) -> _Element:
    made: _Element = _E(tag, *children, {"class": kind, **attributes})
    return made


_span, _p, _div = partial(_made, "span"), partial(_made, "p"), partial(_made, "div")


def _seen(text: str, most: int = LONG) -> str:
    return printable(text, most)


@cache
def _style() -> str:
    """The sheet, and for each verdict what is left when it is not wanted."""
    sheet = (files("ocpp_core.conformance.reports") / "page.css").read_text(encoding="utf-8")
    lines = [sheet, ".group { display: none; }"]
    for verdict in VERDICTS:
        name = _css(verdict)
        lines += [
            f"body:has(#show-{name}:checked) .group.has-{name} {{ display: block; }}",
            f"body:has(#show-{name}:not(:checked)) .rules > .{name} {{ display: none; }}",
        ]
    return "\n".join(lines)


def _css(verdict: Verdict) -> str:
    return verdict.replace(" ", "-")


def _verdict(verdict: Verdict, *said: str) -> _Element:
    """A verdict as a sign and a word."""
    sign = _span("sign", _SIGNS[verdict], **{"aria-hidden": "true"})
    return _span(f"verdict {_css(verdict)}", sign, " ".join(said) or verdict.value)


# Summary


def _where(report: Report) -> Iterator[Any]:
    yield f"{report.wire.name}, at "
    yield _E.code(_seen(report.target))


def _summary(report: Report) -> Iterator[_Element]:
    counts = report.counts
    cards = (
        _made("li", _css(verdict), _E.strong(str(count)), _verdict(verdict))
        for verdict, count in counts.items()
        if count
    )
    yield _E.h2("Summary")
    yield _E.p(_in_short(report))
    if report.outcomes:
        yield _made("ul", "counts", *cards)
    rows = [(name, _seen(value)) for name, value in _facts(report) if value]
    yield _E.dl(*(cell for name, value in rows for cell in (_E.dt(name), _E.dd(value))))
    if report.surprises:
        yield _p("note", f"Known, and not seen any more: {', '.join(report.surprises)}.")
    yield _p("note", NO_CERTIFICATION)


def _in_short(report: Report) -> str:
    broken = sum(1 for one in report.outcomes if one.verdict is Verdict.DEVIATING)
    total = len(report.outcomes)
    rules = f"{total} rule{'' if total == 1 else 's'}"
    if not total:
        return "No rule was looked at."
    if not broken:
        return f"Of {rules}, none was seen broken."
    return f"Of {rules}, {broken} {'was' if broken == 1 else 'were'} seen broken."


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    software = report.software
    yield "Vendor", software.vendor
    yield "Model", software.model
    yield "Firmware", software.firmware
    yield "Profile", report.profile
    yield "Seed", str(report.seed)
    yield "Began", f"{report.started:%Y-%m-%d %H:%M:%S %Z}"
    yield "Took", f"{report.seconds:.1f} s"
    yield "Not to its end", report.stop
    yield f"Left in the {report.subject}", ", ".join(map(printable, report.left_behind))


# Findings


def _findings(report: Report) -> Iterator[_Element]:
    yield _E.h2("Findings", id="findings", tabindex="-1")
    if not report.deviations:
        yield _p("quiet", "None.")
    if len(report.deviations) > 3:
        yield _E.nav(_made("ul", "index", *map(_listed, report.deviations)), {"aria-label": "Findings"})
    for outcome in report.deviations:
        for place, finding in enumerate(outcome.findings):
            yield _finding(report, outcome, finding, _anchor(outcome, place))


def _listed(outcome: Outcome) -> _Element:
    made: _Element = _E.li(_E.a(_E.code(outcome.rule.id), href=f"#{_anchor(outcome, 0)}"))
    return made


def _anchor(outcome: Outcome, place: int) -> str:
    return f"{outcome.rule.id}-{place + 1}"


def _finding(report: Report, outcome: Outcome, finding: Finding, anchor: str) -> _Element:
    rule = outcome.rule
    head = [_E.h3(_E.code(rule.id)), _verdict(outcome.verdict)]
    if weight := report.weight(outcome):
        head.append(_span("weight", weight))
    if finding.count > 1:
        head.append(_span("weight", f"seen {finding.count} times"))
    facts = (
        cell for name, *value in _told(report, outcome, finding) for cell in (_E.dt(name), _E.dd(*value))
    )
    made: _Element = _E.article(
        _E.header(*head),
        _E.p(rule.sentence),
        _E.dl(*facts),
        _E.h4("What was said"),
        _div("ends", _E.span("kit"), _E.span(report.subject), **{"aria-hidden": "true"}),
        _made("ol", "sequence", *(_message(report, each) for each in messages_of(finding, report.wire))),
        id=anchor,
    )
    return made


def _told(report: Report, outcome: Outcome, finding: Finding) -> Iterator[tuple[Any, ...]]:
    rule = outcome.rule
    if rule.id in report.known:
        yield "Known", _seen(report.known[rule.id])
    if outcome.reason:
        yield "Note", _seen(outcome.reason)
    if finding.place:
        yield "Where", _E.code(_seen(finding.place))
    yield "Expected", _seen(finding.expected)
    yield "Got", _span("got", _seen(finding.got))
    if ids := report.requirements(rule):
        yield "Requirements", ", ".join(ids)
    if source := report.source(rule):
        yield "Source", source
    if rule.cases:
        yield "Touches", ", ".join(rule.cases)
    yield "Again", _E.code(report.replaying(rule))
    if finding.replay:
        yield "Replay", _E.code(_seen(report.replayed(rule, finding)))
    yield "Look at", look_at(rule)


def _message(report: Report, message: Message) -> _Element:
    entry = message.entry
    is_sent = entry.direction is Direction.SENT
    way = f"Kit to {report.subject}: " if is_sent else f"{report.subject} to kit: "
    label = [_span("unseen", way), _span("kind", message.kind), " "]
    if message.action:
        label += [_E.code(message.action), " "]
    if message.shows:
        label += [_span("here", "here"), " "]
    if entry.note:
        label += [_span("quiet", f"({_seen(entry.note)})"), " "]
    label.append(_span("at", f"{entry.at:.3f} s"))
    kinds = [
        "sent" if is_sent else "received",
        *(["shows"] if message.shows else []),
        *([] if entry.what is What.MESSAGE else ["event"]),
    ]
    return _made("li", " ".join(kinds), _unfolding(label, message), _div("arrow", **{"aria-hidden": "true"}))


def _unfolding(label: list[Any], message: Message) -> _Element:
    """The label of a message, below which its text unfolds; what shows a finding is unfolded."""
    if not message.entry.text:
        return _div("plain", *label)
    payload = _E.pre("\n".join(lines_of(message)))
    made: _Element = _E.details(_E.summary(*label), payload)
    if message.shows:
        made.set("open", "")
    return made


# Rules


def _rules(report: Report) -> Iterator[_Element]:
    yield _E.h2("Rules by group")
    if not report.outcomes:
        yield _p("quiet", "None.")
        return
    boxes = (_box(verdict, count) for verdict, count in report.counts.items() if count)
    yield _E.fieldset(_E.legend("Verdicts that are shown"), *boxes)
    for group, outcomes in report.groups.items():
        yield _group(report, group, outcomes)


def _box(verdict: Verdict, count: int) -> _Element:
    name = f"show-{_css(verdict)}"
    box = _E.input(type="checkbox", id=name, checked="")
    made: _Element = _E.label(box, _verdict(verdict, str(count), verdict.value), {"for": name})
    return made


def _group(report: Report, group: str, outcomes: tuple[Outcome, ...]) -> _Element:
    verdicts = [outcome.verdict for outcome in outcomes]
    present = [verdict for verdict in VERDICTS if verdict in verdicts]
    tally = (_verdict(each, str(verdicts.count(each)), each.value) for each in present)
    made = _made(
        "details",
        " ".join(["group", *(f"has-{_css(verdict)}" for verdict in present)]),
        _E.summary(_E.h3(group), _span("tally", *tally)),
        _made("ul", "rules", *(_outcome(report, outcome) for outcome in outcomes)),
    )
    if {Verdict.DEVIATING, Verdict.BROKEN} & set(present):
        made.set("open", "")
    return made


def _outcome(report: Report, outcome: Outcome) -> _Element:
    rule = outcome.rule
    told = [_p("sentence", _E.code(rule.id), " ", rule.sentence)]
    if outcome.reason:
        told.append(_p("quiet", _seen(outcome.reason)))
    if ids := report.requirements(rule):
        told.append(_p("quiet", ", ".join(ids)))
    if outcome.findings:
        links = []
        for place, finding in enumerate(outcome.findings):
            links += [
                _E.a(f"finding {_seen(finding.place or finding.got)}", href=f"#{_anchor(outcome, place)}"),
                " ",
            ]
        told.append(_E.p(*links))
    return _made("li", _css(outcome.verdict), _E.div(_verdict(outcome.verdict)), _E.div(*told))
