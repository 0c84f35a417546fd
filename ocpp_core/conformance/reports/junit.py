"""A report as JUnit XML, which build servers read.

Only what makes the command exit 1 is a failure. What has no place in JUnit, such as a rule that only should be kept,
stands in ``system-out``.
"""

from collections.abc import Iterator

from lxml import etree
from lxml.builder import E

from ocpp_core.conformance.reports.advice import look_at
from ocpp_core.conformance.reports.discretion import discreet
from ocpp_core.conformance.reports.messages import messages_of, one_line
from ocpp_core.conformance.reports.report import NO_CERTIFICATION, Report, group_of
from ocpp_core.conformance.verdicts import Finding, Outcome, Verdict
from ocpp_core.model.printing import LONG, printable

_MOST_CHARACTERS = 4_000


def as_junit(report: Report, *, show_secrets: bool = False) -> bytes:
    """The bytes of an XML file.

    Args:
        report: The report.
        show_secrets: Write messages as they were, keys and passwords included.
    """
    shown = report if show_secrets else discreet(report)
    suite = E.testsuite(
        E.properties(*(E.property(name=name, value=value) for name, value in _properties(shown))),
        *(_case(shown, outcome) for outcome in shown.outcomes),
        name=f"OCPP {shown.version} {shown.subject} {shown.wire.name}",
        tests=str(len(shown.outcomes)),
        timestamp=shown.started.replace(microsecond=0, tzinfo=None).isoformat(),
        time=f"{shown.seconds:.3f}",
    )
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
    made: bytes = etree.tostring(
        E.testsuites(suite), xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
    return made


def _properties(report: Report) -> Iterator[tuple[str, str]]:
    yield "ocpp_core", report.kit
    yield "target", printable(report.target, LONG)
    yield "seed", str(report.seed)
    yield "started", report.started.isoformat()
    for name, value in (
        ("profile", report.profile),
        ("vendor", report.software.vendor),
        ("model", report.software.model),
        ("firmware", report.software.firmware),
        ("left_behind", ", ".join(report.left_behind)),
        ("stopped", report.stop),
    ):
        if value:
            yield name, printable(value, LONG)
    yield "note", NO_CERTIFICATION


def _case(report: Report, outcome: Outcome) -> etree._Element:
    rule = outcome.rule
    case = E.testcase(classname=group_of(rule), name=rule.id, time=f"{outcome.seconds:.3f}")
    reason = printable(outcome.reason, LONG)
    match outcome.verdict:
        case Verdict.DEVIATING if _fails(report, outcome):
            first = outcome.findings[0] if outcome.findings else None
            told = f"expected {first.expected}; got {first.got}" if first else rule.sentence
            case.append(E.failure(_told(report, outcome), message=printable(told, LONG), type=rule.id))
        case Verdict.DEVIATING if rule.id in report.known:
            known = printable(report.known[rule.id], LONG)
            case.append(E.skipped(message=f"known deviation: {known}"))
        case Verdict.CONFORMING if rule.id in report.surprises:
            case.append(E.failure(message="known, and not seen any more", type=rule.id))
        case Verdict.BROKEN:
            case.append(E.error(reason, message=reason, type="broken"))
        case Verdict.INCONCLUSIVE if outcome.is_untried:
            case.append(E.error(reason, message=reason, type="untried"))
        case Verdict.INCONCLUSIVE | Verdict.NOT_APPLICABLE:
            case.append(E.skipped(message=f"{outcome.verdict}: {reason}"))
        case _:
            pass
    if beside := "\n".join(_beside(report, outcome)):
        case.append(E("system-out", beside))
    return case


def _fails(report: Report, outcome: Outcome) -> bool:
    weight = report.weight(outcome)
    return not weight or (weight == "should" and report.strict)


def _beside(report: Report, outcome: Outcome) -> Iterator[str]:
    if not _fails(report, outcome):
        yield f"no failure ({report.weight(outcome)}): {_told(report, outcome)}"
    for finding in outcome.findings:
        if finding.replay:
            yield f"[[ATTACHMENT|{printable(finding.replay, LONG)}]]"


def _told(report: Report, outcome: Outcome) -> str:
    rule = outcome.rule
    lines = [rule.sentence, *([printable(outcome.reason, LONG)] if outcome.reason else [])]
    for finding in outcome.findings:
        lines += ["", *_finding(report, finding)]
    if ids := report.requirements(rule):
        lines += ["", f"requirements: {', '.join(ids)}"]
    lines += [f"again: {report.replaying(rule)}", f"look at {look_at(rule)}"]
    return "\n".join(lines)


def _finding(report: Report, finding: Finding) -> Iterator[str]:
    if finding.place:
        yield f"where: {printable(finding.place, LONG)}"
    yield f"expected: {printable(finding.expected, LONG)}"
    yield f"got: {printable(finding.got, LONG)}"
    if finding.count > 1:
        yield f"seen {finding.count} times"
    for message in messages_of(finding, report.wire):
        entry = message.entry
        mark = "*" if message.shows else " "
        note = f" ({printable(entry.note, LONG)})" if entry.note else ""
        yield f"{mark} {entry.at:.3f} {entry.direction}{note}: {one_line(message, _MOST_CHARACTERS)}"
