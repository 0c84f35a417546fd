"""The first tier of reading a body: elements straight from text to typed messages, checked on the way.

Text is cut at each ``<``, and the pieces are compared with what a class must have. So nobody has to parse it, make
objects of its elements and judge them by a schema. This takes less than the standard allows, never more: attributes,
blanks between elements, comments, escapes, empty-element tags, addresses (xs:anyURI), negative and long numbers, and
times that are not in UTC are refused here, and read by lxml.

What is made for the IdTagInfo of 1.6::

    def read(pieces, at):
        made = new(cls)
        made.extra = nothing_extra
        piece = pieces[at]
        if (v := AuthorizationStatus.get(piece)) is not None:
            at += 1
            if pieces[at] != '/status>': raise Refused
            made.status = v
            at += 1
            piece = pieces[at]
        else:
            raise Refused
        if piece[:11] == 'expiryDate>':
            v = piece[11:]
            if not (v.encode().translate(zeros) in usual_in_utc and 'T24' not in v): raise Refused
            v = fromisoformat(v)
            at += 1
            if pieces[at] != '/expiryDate>': raise Refused
            made.expiry_date = v
            at += 1
            piece = pieces[at]
        else:
            made.expiry_date = None
        ...
        return made, at

Source: XML Schema part 2 §3; the WSDLs of OCPP 1.2, 1.5 and 1.6.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ocpp_core._lazy import once
from ocpp_core.model.messages import NOTHING_EXTRA, Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Field,
    Fold,
    Integer,
    Kind,
    ListOf,
    Nested,
    Number,
    Shape,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.payloads.codegen import Source, compiled, indented
from ocpp_core.payloads.statements import Refused, Rules, refuse
from ocpp_core.soap.texts import LONGEST, Matching, is_address, needs_care

ReadPieces = Callable[[list[str], int], tuple[Any, int]]
#: Pieces of one text: those of `MAX_CHILDREN` elements. More take too much memory, and are seldom.
MOST_PIECES = 20_000
#: Whole numbers that need no look at their size, and decimals whose digits libxml2 and every rule of OCPP allow.
is_whole: Matching = re.compile(r"\d{1,9}", re.ASCII).fullmatch
is_decimal: Matching = re.compile(r"\d{1,9}(?:\.\d)?", re.ASCII).fullmatch


def read_pieces(cls: type[Payload], text: str, prefix: str) -> Any:
    """The message that stands between the tags of its element.

    Args:
        cls: Of the message.
        text: Of a document without entities.
        prefix: Of each element in it, with its colon; "" for none.

    Raises:
        Refused: lxml has to be asked; or another of `REFUSALS`.
    """
    pieces = _cut(text, prefix)
    made, end = pieces_reader(cls)(pieces, 1)
    if pieces[0] or end != len(pieces) - 1:
        raise Refused
    return made


def _cut(text: str, prefix: str) -> list[str]:
    """The pieces of a text, in which each tag has the prefix; they have it no more."""
    tags = text.count("<")
    if tags > MOST_PIECES:
        raise Refused
    if prefix:
        ends = f"</{prefix}"
        # Half of the tags are end tags: ``<ocpp:/value>`` is none, though it will look like one.
        if not tags == 2 * text.count(f"<{prefix}") == 2 * text.count(ends):
            raise Refused
        text = text.replace(ends, "</").replace(f"<{prefix}", "<")
    pieces = text.split("<")
    pieces.append("")  # what stands behind the last element: nothing
    return pieces


@once
def pieces_reader(cls: type[Payload]) -> ReadPieces:
    """The function that reads a `cls` from pieces, beginning at one, and says which it has not read any more."""
    read: ReadPieces = compiled(reader_source(shape(cls)), "read", cls)
    return read


def reader_source(facts: Shape) -> Source:
    """The source of `pieces_reader`."""
    made = Source("def read(pieces, at):")
    made.names["Refused"] = Refused
    cls, new = made.name(facts.cls, "cls"), made.name(facts.cls.__new__, "new")
    nothing = made.name(NOTHING_EXTRA, "nothing_extra")
    made.add([f"made = {new}({cls})", f"made.extra = {nothing}", "piece = pieces[at]"])
    for field in facts.fields:
        made.add(_member(field, made))
    made.add(["return made, at"])
    return made


def _member(field: Field, made: Source) -> list[str]:
    target, kind = f"made.{field.name}", field.kind
    if field.xml == "text":
        return ["raise Refused"]
    if field.xml == "attribute" or is_address(field):
        # Where there is one, neither the next member nor the end is found.
        return ["raise Refused"] if field.is_required else [f"{target} = None"]
    if isinstance(kind, ListOf):
        here, statements = _element(kind.item, field, made)
        fewest = max(kind.min_items or 0, field.soap_min_items or 0)
        sizes = _Read(made, field.wire, "items").rules.size(ListOf(kind.item, fewest, kind.max_items))
        loop = [f"while {here}:", *indented([*statements, "items.append(v)"])]
        if not field.is_required:  # no element is no list
            return [
                "items = []",
                *loop,
                "if items:",
                *indented(sizes or ["pass"]),
                f"{target} = items or None",
            ]
        return ["items = []", *loop, *sizes, f"{target} = items"]
    here, statements = _element(kind, field, made)
    otherwise = "    raise Refused" if field.is_required else f"    {target} = None"
    return [f"if {here}:", *indented([*statements, f"{target} = v"]), "else:", otherwise]


def _element(kind: Kind, field: Field, made: Source) -> tuple[str, list[str]]:
    """Whether an element begins here, and statements that leave its value in `v` and go behind it."""
    value = _Read(made, field.wire, "v").of(kind)
    end = (f"if pieces[at] != '/{field.wire}>': raise Refused", "at += 1", "piece = pieces[at]")
    return value.here, [*value.statements, *end]


class _Value(NamedTuple):
    """How a value is read.

    Attributes:
        here: Whether `piece` begins its element.
        statements: They leave it in the variable, and the number of its end tag in `at`.
    """

    here: str
    statements: list[str]


class _Read(Fold[_Value]):
    """How each kind of value is read from the start tag of its element, behind which its text stands."""

    def __init__(self, made: Source, wire: str, v: str) -> None:
        self.made = made
        self.tag = f"{wire}>"
        self.v = v
        self.here = f"piece[:{len(self.tag)}] == {self.tag!r}"
        self.rules = Rules(made, v)

    def _leaf(self, *statements: str) -> _Value:
        return _Value(self.here, [f"{self.v} = piece[{len(self.tag)}:]", *statements, "at += 1"])

    def _table(self, texts: Mapping[str, Any], hint: str) -> _Value:
        elements = {f"{self.tag}{text}": meant for text, meant in texts.items()}
        found = f"({self.v} := {self.made.name(elements, hint)}.get(piece)) is not None"
        return _Value(found, ["at += 1"])

    def text(self, kind: Text) -> _Value:
        care = self.made.name(needs_care, "needs_care")
        most = LONGEST if kind.max_length is None else kind.max_length
        return self._leaf(*refuse(f"len({self.v}) > {most}", f"{care}({self.v})"))

    def integer(self, kind: Integer) -> _Value:
        whole = self.made.name(is_whole, "is_whole")
        read = f"{self.v} = int({self.v})"
        return self._leaf(*refuse(f"not {whole}({self.v})"), read, *self.rules.range(kind))

    def number(self, kind: Number) -> _Value:
        decimal, read = self.made.name(is_decimal, "is_decimal"), self.made.name(Decimal, "Decimal")
        converted = f"{self.v} = {read}({self.v})"
        return self._leaf(*refuse(f"not {decimal}({self.v})"), converted, *self.rules.range(kind))

    def boolean(self, kind: Boolean) -> _Value:
        return self._table({"true": True, "false": False, "1": True, "0": False}, "booleans")

    def timestamp(self, kind: Timestamp) -> _Value:
        moment = self.made.name(datetime.fromisoformat, "fromisoformat")
        usual = self.rules.is_usual_in_utc()
        return self._leaf(*refuse(f"not ({usual})"), f"{self.v} = {moment}({self.v})")

    def enumeration(self, kind: Enumeration) -> _Value:
        return self._table({str(member): member for member in kind.enum}, kind.enum.__name__)

    def nested(self, kind: Nested) -> _Value:
        read = self.made.name(pieces_reader(kind.cls), f"read_{kind.cls.__name__}")
        # No text may stand behind the tag: it would be read by nobody.
        return _Value(f"piece == {self.tag!r}", [f"{self.v}, at = {read}(pieces, at + 1)"])

    def anything(self, kind: Anything) -> _Value:
        return _Value(self.here, ["raise Refused"])

    def list_of(self, kind: ListOf) -> _Value:
        return _Value(self.here, ["raise Refused"])  # of lists: there are none
