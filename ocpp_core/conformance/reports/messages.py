"""The messages of a trace as people read them: what each is, what it answers, and its text in lines."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen
from lxml import etree

from ocpp_core.conformance.reports.discretion import MOST, values_of
from ocpp_core.conformance.traces import Entry, What
from ocpp_core.conformance.verdicts import Finding
from ocpp_core.model.codes import FrameKind
from ocpp_core.model.printing import SHORT, is_printable, printable
from ocpp_core.model.versions import Wire
from ocpp_core.soap.text import BrokenXml, read_xml

_KINDS = {kind.value: kind.name for kind in FrameKind if kind.value > 0}
#: How a frame begins, of which the end was cut off.
_HEAD = re.compile(r'\s*\[\s*(\d)\s*,\s*"([^"]{0,300})"\s*,\s*(?:"([^"]{0,300})")?')
_SOAP_SUFFIXES = {"Request": "request", "Response": "response"}


@frozen(kw_only=True)
class Message:
    """What happened on the wire, for people.

    Attributes:
        entry: As the trace has it.
        kind: ``CALL``, ``response``, ``opened``; "not readable" if it cannot be told.
        action: Of a call, or of the call that it answers; "" if nobody knows.
        id: Of the message; "" if it has none.
        shows: Whether the finding is seen in it.
    """

    entry: Entry
    kind: str
    action: str = ""
    id: str = ""
    shows: bool = False


def messages_of(finding: Finding, wire: Wire) -> Iterator[Message]:
    """What was said, in order."""
    asked: dict[tuple[str, bool], str] = {}
    for entry in finding.trace:
        kind, action, id = _said(entry, wire)
        side = (id, entry.direction.value == "sent")
        if kind in ("CALL", "SEND", "request"):
            asked[side] = action
        elif not action or kind == "Fault":
            action = asked.get((id, not side[1]), "")
        yield Message(
            entry=entry,
            kind=kind,
            action=printable(action),
            id=printable(id),
            shows=entry.number in finding.marks,
        )


def _said(entry: Entry, wire: Wire) -> tuple[str, str, str]:
    """What an entry is, its action and its id."""
    if entry.what is not What.MESSAGE:
        return entry.what.value, "", ""
    values = values_of(entry.text, wire)
    if wire is Wire.SOAP:
        return _of_envelope(values)
    if values is None and len(entry.text) == MOST and (head := _HEAD.match(entry.text)):
        values = [int(head[1]), head[2], head[3]]
    match values:
        case [int(number), str(id), *rest] if number in _KINDS:
            action = rest[0] if number in (2, 6) and rest and isinstance(rest[0], str) else ""
            return _KINDS[number], action, id
        case _:
            return "not readable" if values is None else "no frame", "", ""


def _of_envelope(values: Any) -> tuple[str, str, str]:
    match values:
        case {"Body": dict(members)} if members:
            header = values.get("Header")
            header = header if isinstance(header, dict) else {}
            id = header.get("RelatesTo") or header.get("MessageID") or ""
            name: str = next(iter(members))
            for suffix, kind in _SOAP_SUFFIXES.items():
                if name.endswith(suffix):
                    action = name.removesuffix(suffix)
                    return kind, action[:1].upper() + action[1:], _text(id)
            return "Fault" if name == "Fault" else "envelope", "", _text(id)
        case _:
            return "not readable" if values is None else "no envelope", "", ""


def _text(value: Any) -> str:
    """Of an element: its text, whether it has attributes or not."""
    if isinstance(value, dict):
        value = next((one for name, one in value.items() if not name.startswith("@")), "")
    return value if isinstance(value, str) else ""


def one_line(message: Message, most: int) -> str:
    """The text of a message, printable and cut."""
    return printable(" ".join(message.entry.text.split()), most)


def lines_of(message: Message) -> Sequence[str]:
    """The text of a message laid out in printable lines."""
    text = message.entry.text
    if message.entry.what is What.MESSAGE:
        text = _laid_out_xml(text) if text.lstrip().startswith("<") else laid_out_json(text)
    return [line if is_printable(line) else printable(line, MOST) for line in text.split("\n")]


def _laid_out_xml(text: str) -> str:
    try:
        root = read_xml(text.encode("utf-8", "replace"), 2 * MOST).root
    except BrokenXml:
        return text
    etree.indent(root)
    laid_out: str = etree.tostring(root, encoding="unicode")
    return laid_out


def laid_out_json(text: str) -> str:
    """JSON text with its members below each other; what stands in it stays, to the letter, be it JSON or not."""
    made: list[str] = []
    depth = 0
    in_string = escaped = False
    for place, character in enumerate(text):
        if in_string:
            made.append(character)
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character in "[{":
            depth += 1
            is_empty = text[place + 1 : place + 2] in ("]", "}")
            made += [character, "" if is_empty else _new_line(depth)]
        elif character in "]}":
            depth -= 1
            is_empty = text[place - 1 : place] in ("[", "{")
            made += ["" if is_empty else _new_line(depth), character]
        elif character == ",":
            made += [character, _new_line(depth)]
        elif character == ":":
            made.append(": ")
        elif character not in " \t\r\n":
            in_string = character == '"'
            made.append(character)
    return "".join(made)


def _new_line(depth: int) -> str:
    return "\n" + "  " * min(depth, SHORT)
