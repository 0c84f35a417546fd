"""A report as a JSON file, written and read back: its schema lies beside this module, and has a number.

The number is that of the form. A member may be added under the same number; what changes or goes takes another.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import asdict, fields
from jsonschema import Draft202012Validator

from ocpp_core.conformance.reports.discretion import discreet
from ocpp_core.conformance.reports.report import NO_CERTIFICATION, Report, Software
from ocpp_core.conformance.rules import Rule, rule_of
from ocpp_core.conformance.traces import Direction, Entry, Trace, What
from ocpp_core.conformance.verdicts import Finding, Outcome, Verdict
from ocpp_core.model.printing import LONG, SHORT, printable
from ocpp_core.model.versions import Role, Wire

#: What the file says it is.
FORMAT = "ocpp-core conformance report"
#: Of the form.
SCHEMA = 1

_SUBJECTS = {"CSMS": Role.CSMS, "station": Role.CHARGE_POINT}
# A report is of one version, and has the level that counts there.
_MEMBERS_OF_RULES = [attribute.name for attribute in fields(Rule) if attribute.name != "levels"]
_MEMBERS_OF_SOFTWARE = [attribute.name for attribute in fields(Software)]


def as_json(report: Report, *, show_secrets: bool = False) -> str:
    """The text of a JSON file.

    Args:
        report: The report.
        show_secrets: Write messages as they were, keys and passwords included.
    """
    shown = report if show_secrets else discreet(report)
    return json.dumps(_document(shown), indent=1, ensure_ascii=True) + "\n"


def from_json(text: str) -> Report:
    """Reads a report back.

    Raises:
        ValueError: It is none, or one of a form that this version does not know.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON: {printable(str(error), LONG)}") from None
    _refuse(document)
    fault = next(schema().iter_errors(document), None)
    if fault is not None:
        raise ValueError(f"{printable(fault.json_path, SHORT)}: {printable(fault.message, LONG)}")
    return _report(document)


def _refuse(document: Any) -> None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"no {FORMAT}")
    if document.get("schema") != SCHEMA:
        raise ValueError(f"schema {printable(str(document.get('schema')))}; this version reads {SCHEMA}")


@cache
def schema() -> Draft202012Validator:
    """The validator of the form."""
    path = files("ocpp_core.conformance.reports") / "report.schema.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


# Writing


def _document(report: Report) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "note": NO_CERTIFICATION,
        "kit": report.kit,
        "target": report.target,
        "role": report.subject,
        "version": report.version,
        "wire": report.wire.value,
        "seed": report.seed,
        "started": report.started.isoformat(),
        "ended": report.ended.isoformat(),
        "identity": report.identity,
        "profile": report.profile,
        "known": dict(report.known),
        "software": asdict(report.software),
        "leftBehind": list(report.left_behind),
        "strict": report.strict,
        "stopped": report.is_stopped,
        "discreet": report.is_discreet,
        "exitCode": report.exit_code,
        "counts": {verdict.value: count for verdict, count in report.counts.items()},
        "outcomes": [_written(outcome) for outcome in report.outcomes],
    }


def _written(outcome: Outcome) -> dict[str, Any]:
    return {
        "rule": _rule_row(outcome.rule),
        "verdict": outcome.verdict.value,
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "examples": outcome.examples,
        "untried": outcome.is_untried,
        "findings": [_finding_row(finding) for finding in outcome.findings],
    }


def _rule_row(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "sentence": rule.sentence,
        "roles": [name for name, role in _SUBJECTS.items() if role & rule.roles],
        "wires": sorted(wire.value for wire in rule.wires),
        "versions": sorted(rule.versions),
        "level": rule.level.value,
        "kind": rule.kind.value,
        "seen": rule.seen.value,
        "needs": list(rule.needs),
        "intrusive": rule.intrusive,
        "sources": dict(rule.sources),
        "requirements": {version: list(ids) for version, ids in rule.requirements.items()},
        "cases": list(rule.cases),
    }


def _finding_row(finding: Finding) -> dict[str, Any]:
    return {
        "expected": finding.expected,
        "got": finding.got,
        "place": finding.place,
        "count": finding.count,
        "marks": list(finding.marks),
        "replay": finding.replay,
        "trace": [_entry_row(entry) for entry in finding.trace],
    }


def _entry_row(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "direction": entry.direction.value,
        "what": entry.what.value,
        "text": entry.text,
        "note": entry.note,
    }


# Reading


def _report(document: Mapping[str, Any]) -> Report:
    return Report(
        target=document["target"],
        role=_SUBJECTS[document["role"]],
        version=document["version"],
        wire=Wire(document["wire"]),
        seed=document["seed"],
        started=datetime.fromisoformat(document["started"]),
        ended=datetime.fromisoformat(document["ended"]),
        outcomes=tuple(map(_outcome, document["outcomes"])),
        kit=document["kit"],
        profile=document["profile"],
        known=document["known"],
        software=Software(**{name: document["software"][name] for name in _MEMBERS_OF_SOFTWARE}),
        left_behind=tuple(document["leftBehind"]),
        strict=document["strict"],
        is_stopped=document.get("stopped", False),
        is_discreet=document["discreet"],
        identity=document.get("identity", ""),  # which came later
    )


def _outcome(row: Mapping[str, Any]) -> Outcome:
    return Outcome(
        rule=rule_of({name: row["rule"][name] for name in _MEMBERS_OF_RULES}),
        verdict=Verdict(row["verdict"]),
        reason=row["reason"],
        findings=list(map(_finding, row["findings"])),
        seconds=row["seconds"],
        examples=row["examples"],
        is_untried=row.get("untried", False),  # which came later
    )


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        expected=row["expected"],
        got=row["got"],
        place=row["place"],
        trace=Trace(list(map(_entry, row["trace"]))),
        marks=tuple(row["marks"]),
        count=row["count"],
        replay=row["replay"],
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        number=row["number"],
        at=row["at"],
        direction=Direction(row["direction"]),
        what=What(row["what"]),
        text=row["text"],
        note=row["note"],
    )
