"""The first tier of writing: typed messages straight to elements, checked on the way.

What these functions write is, character by character, what `ocpp_core.soap.binding` writes, and the XML Schema of the
WSDL accepts it: its rules are those that the classes know, and one more, that a whole number has 32 bits (xs:int). So
nobody has to parse it and judge it. They write less than may be written: text that has to be escaped, addresses
(xs:anyURI, of which the classes do not know), times that are not in UTC, and numbers of many digits are refused here,
and written there.

What is made for the IdTagInfo of 1.6, whose status is found in a table of whole elements::

    def write(made):
        if type(made) is not IdTagInfo: raise Refused
        if made.extra is not nothing_extra and made.extra: raise Refused
        if (expiry_date_ := made.expiry_date) is None: expiry_date_ = ''
        else:
            if type(expiry_date_) is not datetime or expiry_date_.tzinfo is not UTC: raise Refused
            expiry_date_ = f'<ocpp:expiryDate>{write_timestamp(expiry_date_, None, None)}</ocpp:expiryDate>'
        if (parent_id_tag_ := made.parent_id_tag) is None: parent_id_tag_ = ''
        else:
            if type(parent_id_tag_) is not str or len(parent_id_tag_) > 20: raise Refused
            if needs_care(parent_id_tag_): raise Refused
            parent_id_tag_ = f'<ocpp:parentIdTag>{parent_id_tag_}</ocpp:parentIdTag>'
        return f'>{AuthorizationStatus[made.status]}{expiry_date_}{parent_id_tag_}'

Source: XML Schema part 2 §3; the WSDLs of OCPP 1.2, 1.5 and 1.6.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from ocpp_core._lazy import kept
from ocpp_core.model.decimals import number_text, read_decimal
from ocpp_core.model.messages import NOTHING_EXTRA, Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Field,
    Fold,
    Integer,
    ListOf,
    Nested,
    Number,
    Shape,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.timestamps import write_timestamp
from ocpp_core.payloads.codegen import Source, compiled, indented
from ocpp_core.payloads.statements import EXACT_LENGTH, Refused, Rules, refuse, whole_range
from ocpp_core.soap.binding import MOST_WRITERS
from ocpp_core.soap.text import text_xml

Matching = Callable[[str], "re.Match[str] | None"]

#: Characters that cannot stand as they are between tags.
needs_care: Matching = re.compile("[^\t\n\x20-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").search
#: Code points of a text without a limit: far below what libxml2 takes for an attack.
LONGEST = 100_000


@partial(kept, most=MOST_WRITERS)
def writer(cls: type[Payload], prefix: str, fraction_digits: int | None = None) -> Callable[[Any], str]:
    """The function that writes a `cls` as what stands between the name of its element and its end tag.

    That begins with its attributes and a ``>``. It raises one of `REFUSALS` where the second tier has to look.

    Args:
        cls: A message class or data type.
        prefix: Of the elements in it.
        fraction_digits: Digits after the second of its timestamps, if they have a fixed number.
    """
    write: Callable[[Any], str] = compiled(write_source(shape(cls), prefix, fraction_digits), "write", cls)
    return write


def write_source(facts: Shape, prefix: str, fraction_digits: int | None = None) -> Source:
    """The source of `writer`."""
    made = Source("def write(made):")
    made.names |= {"Refused": Refused, "nothing_extra": NOTHING_EXTRA}
    made.add(
        [
            f"if type(made) is not {made.name(facts.cls, facts.cls.__name__)}: raise Refused",
            "if made.extra is not nothing_extra and made.extra: raise Refused",
        ]
    )
    attributes = content = ""
    for field in facts.fields:
        statements, member = _member(made, field, prefix, fraction_digits)
        made.add(statements)
        if field.xml == "attribute":
            attributes += member
        else:
            content += member
    made.add([f"return f'{attributes}>{content}'"])
    return made


def is_address(field: Field) -> bool:
    """Whether the XML Schema of a member has a rule that no class knows: that of xs:anyURI."""
    return field.wire == "location" and isinstance(field.kind, Text)


def decimal_text(number: Any) -> str:
    """The text of a number of few digits."""
    text = number_text(read_decimal(number))
    if len(text) > EXACT_LENGTH:  # libxml2 reads 24 digits
        raise Refused
    return text


def _member(made: Source, field: Field, prefix: str, digits: int | None) -> tuple[list[str], str]:
    """Statements that prepare a member, and what stands for it in a format string."""
    value, v = f"made.{field.name}", f"{field.name}_"
    tag = f"{prefix}:{field.wire}"
    before, after = {
        "element": (f"<{tag}>", f"</{tag}>"),
        "attribute": (f' {field.wire}="', '"'),
        "text": ("", ""),
    }[field.xml]
    place = _Place(v, tag, before, after, field.soap_min_items)
    if isinstance(field.kind, Enumeration) and not field.is_required:
        return [], f"{{{_table(made, field.kind, place, {None: ''})}[{value}]}}"
    if field.xml == "attribute" or is_address(field):
        return ["raise Refused"] if field.is_required else refuse(f"{value} is not None"), ""
    written = _Write(made, place, prefix, digits).of(field.kind)
    if field.is_required:
        return [f"{v} = {value}", *written.checks], written.text
    there = [*written.checks, f"{v} = f'{written.text}'"]
    return [f"if ({v} := {value}) is None: {v} = ''", "else:", *indented(there)], f"{{{v}}}"


class _Place(NamedTuple):
    """Where a value stands.

    Attributes:
        v: The variable that it is in.
        tag: Of its element.
        before: Its start tag; nothing for the text of the element around it.
        after: Its end tag.
        fewest: Elements that there must be at least.
    """

    v: str
    tag: str
    before: str
    after: str
    fewest: int | None = None


def _table(made: Source, kind: Enumeration, place: _Place, absent: Mapping[Any, str] = NOTHING_EXTRA) -> str:
    """The name of a table from the members of an enum to their texts, with what stands around."""
    texts = {member: f"{place.before}{text_xml(member)}{place.after}" for member in kind.enum}
    return made.name({**texts, **absent}, kind.enum.__name__)


class _Written(NamedTuple):
    """How a value is written.

    Attributes:
        checks: Statements that check what is in the variable, and may change it.
        text: What stands for its element in a format string.
    """

    checks: list[str]
    text: str


class _Write(Fold[_Written]):
    """How each kind of value is written."""

    def __init__(self, made: Source, place: _Place, prefix: str, digits: int | None) -> None:
        self.made = made
        self.place = place
        self.prefix = prefix
        self.digits = digits
        self.v = place.v
        self.rules = Rules(made, place.v)

    def _element(self, checks: list[str], text: str) -> _Written:
        return _Written(checks, f"{self.place.before}{{{text}}}{self.place.after}")

    def text(self, kind: Text) -> _Written:
        length = self.rules.length(Text(LONGEST if kind.max_length is None else kind.max_length))
        care = self.made.name(needs_care, "needs_care")
        return self._element([*length, *refuse(f"{care}({self.v})")], self.v)

    def integer(self, kind: Integer) -> _Written:
        smallest, largest = whole_range(kind)
        smallest, largest = max(smallest, -(2**31)), min(largest, 2**31 - 1)
        faults = (f"type({self.v}) is not int", f"{self.v} < {smallest}", f"{self.v} > {largest}")
        return self._element(refuse(*faults), self.v)

    def number(self, kind: Number) -> _Written:
        convert, digits = self.made.name(decimal_text, "decimal_text"), f"{self.v}text"
        return self._element([f"{digits} = {convert}({self.v})", *self.rules.range(kind)], digits)

    def boolean(self, kind: Boolean) -> _Written:
        return self._element(refuse(f"type({self.v}) is not bool"), f'"true" if {self.v} else "false"')

    def timestamp(self, kind: Timestamp) -> _Written:
        utc, write = self.made.name(UTC, "UTC"), self.made.name(write_timestamp, "write_timestamp")
        moment = self.made.name(datetime, "datetime")
        faults = (f"type({self.v}) is not {moment}", f"{self.v}.tzinfo is not {utc}")
        return self._element(refuse(*faults), f"{write}({self.v}, {kind.digits}, {self.digits})")

    def enumeration(self, kind: Enumeration) -> _Written:
        return _Written([], f"{{{_table(self.made, kind, self.place)}[{self.v}]}}")

    def nested(self, kind: Nested) -> _Written:
        return _Written([], f"<{self.place.tag}{{{self._writer(kind)}({self.v})}}{self.place.after}")

    def anything(self, kind: Anything) -> _Written:
        return _Written(["raise Refused"], "")

    def list_of(self, kind: ListOf) -> _Written:
        v, tag = self.v, self.place.tag
        fewest = max(kind.min_items or 0, self.place.fewest or 0)
        faults = self.rules.size(ListOf(kind.item, fewest, kind.max_items))
        if isinstance(kind.item, Nested):
            between = f"items = '</{tag}><{tag}'.join(map({self._writer(kind.item)}, {v}))"
            joining = [between, f"{v} = f'<{tag}{{items}}</{tag}>' if items else ''"]
        else:
            of_item = _Write(self.made, self.place._replace(v="i"), self.prefix, self.digits)
            checks, text = of_item.of(kind.item)
            each = [*checks, f"items.append(f'{text}')"]
            joining = ["items = []", f"for i in {v}:", *indented(each), f"{v} = ''.join(items)"]
        return _Written([*faults, *joining], f"{{{v}}}")

    def _writer(self, kind: Nested) -> str:
        return self.made.name(writer(kind.cls, self.prefix, self.digits), f"write_{kind.cls.__name__}")
