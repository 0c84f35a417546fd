"""A report as anybody may see it: what goes into tickets has no keys and no passwords in it, and no gigabyte."""

from collections.abc import Iterable
from typing import Any

from attrs import define, evolve, field

from ocpp_core.conformance import learning
from ocpp_core.conformance.learning import Learned
from ocpp_core.conformance.reports.report import Report, Software
from ocpp_core.conformance.traces import Direction, Entry, Trace, What
from ocpp_core.conformance.verdicts import Finding, Outcome
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.jsonrpc.text import DuplicateMember, read_json, write_json
from ocpp_core.model.errors import FrameError
from ocpp_core.model.printing import LONG
from ocpp_core.model.secrets import hide
from ocpp_core.model.versions import Version, Wire
from ocpp_core.soap.codec import SoapCodec

#: Characters that are kept of a message.
MOST = 20_000
#: Characters of messages that are kept in all; after that, of a finding the messages that show it.
MOST_IN_ALL = 8_000_000


def discreet(report: Report) -> Report:
    """The same report with `ocpp_core.model.printing.HIDDEN` in place of secrets.

    A message becomes what can be read of it; of one of the peer that cannot be read nothing is left but its length.
    What the kit has sent is of its own making: where it cannot be read, that is what it was sent for, and it stays.
    """
    if report.is_discreet:
        return report
    software, left = report.software, _Left()
    return evolve(
        report,
        target=hide(report.target),
        identity=short(report.identity),
        software=Software(
            vendor=short(software.vendor),
            model=short(software.model),
            firmware=short(software.firmware),
        ),
        left_behind=tuple(short(each) for each in report.left_behind),
        outcomes=tuple(_outcome(outcome, report.wire, left) for outcome in report.outcomes),
        is_discreet=True,
    )


def replayable(finding: Finding, wire: Wire, *, is_drawn: bool) -> Finding:
    """A finding as anybody may see it in a file that replays it.

    Of what has come it is hidden too who charges, as that is never sent again.

    Args:
        finding: The finding.
        wire: Of its messages.
        is_drawn: What was sent was drawn by the kit: it says nothing of anybody, and is what shows the finding.
    """
    kept = [
        _entry(entry, wire, persons=True)
        if entry.direction is Direction.RECEIVED
        else entry
        if is_drawn
        else _entry(entry, wire)
        for entry in finding.trace
    ]
    return evolve(
        finding,
        expected=short(finding.expected),
        got=short(finding.got),
        place=short(finding.place),
        trace=Trace(kept),
        known=_hidden(finding.known),
    )


def _hidden(known: Learned) -> Learned:
    """The same without the values of secret variables; which these are is no secret."""
    said = learning.written(known)
    return learning.read({**said, "values": hide(said["values"], persons=True)})


@define
class _Left:
    """What a report may still hold."""

    characters: int = field(factory=lambda: MOST_IN_ALL)


def _outcome(outcome: Outcome, wire: Wire, left: _Left) -> Outcome:
    findings = [_finding(finding, wire, left) for finding in outcome.findings]
    return evolve(outcome, reason=short(outcome.reason), findings=findings)


def _finding(finding: Finding, wire: Wire, left: _Left) -> Finding:
    kept = Trace(list(_kept(finding, wire, left)))
    return evolve(finding, got=short(finding.got), place=short(finding.place), trace=kept)


def _kept(finding: Finding, wire: Wire, left: _Left) -> Iterable[Entry]:
    for entry in finding.trace.kept(finding.marks):
        if left.characters > 0 or entry.number in finding.marks:
            shown = _entry(entry, wire)
            left.characters -= len(shown.text)
            yield shown


def short(text: str) -> str:
    """What is said about a finding, without the secrets of an address in it, and not longer than a few lines."""
    kept: str = hide(text[: 2 * LONG])
    return kept[:LONG]


def _entry(entry: Entry, wire: Wire, *, persons: bool = False) -> Entry:
    if entry.what is not What.MESSAGE or not entry.text:
        return evolve(entry, text=short(entry.text), note=short(entry.note))
    text, values = entry.text, values_of(entry.text, wire)
    hidden = hide(values, persons=persons, most=MOST)
    if values is None and entry.direction is Direction.RECEIVED:
        return evolve(entry, text="", note=_noted(entry, f"{len(text)} characters that cannot be read"))
    if hidden != values or (entry.direction is Direction.RECEIVED and _says_more(text, wire)):
        text = write_json(hidden)
    if len(text) > MOST:
        return evolve(
            entry, text=text[:MOST], note=_noted(entry, f"the first of {len(entry.text)} characters")
        )
    return evolve(entry, text=text)


def _says_more(text: str, wire: Wire) -> bool:
    """Whether a message that can be read has something in it that is not among its values."""
    if wire is Wire.SOAP:
        return "<!--" in text or "<?" in text[1:]
    try:
        read_json(text)
    except DuplicateMember:
        return True
    return False


def _noted(entry: Entry, note: str) -> str:
    return f"{entry.note}; {note}" if entry.note else note


def values_of(text: str, wire: Wire) -> Any:
    """The values of a message, whatever they mean; None if they cannot be read.

    An envelope with a secret in it has become JSON.
    """
    # Values are the same in every version, and this one has both wires.
    try:
        if wire is Wire.SOAP and text.lstrip().startswith("<"):
            # What was no UTF-8 is bytes again.
            return SoapCodec(Version.V1_6).values(text.encode("utf-8", "surrogateescape"))
        return JsonCodec(Version.V1_6).values(text)
    except FrameError:
        return None
