"""Compiles message classes into the straight-line functions that build them from XML elements and write them back.

The counterpart of `ocpp_core.payloads.binding` for the SOAP wire. Reading trusts its input: what it makes of an element
means nothing unless `ocpp_core.soap.validation` finds the element valid. Writing checks nothing either: what was
written is validated before it is sent.

What is made for the IdTagInfo of 1.6, whose status alone is required::

    def read(element):
        made = new(cls)
        made.extra = nothing_extra
        child = element[0]
        made.status = AuthorizationStatus[child.text or '']
        child = child.getnext()
        tag = None if child is None else child.tag
        if tag == '{urn://Ocpp/Cs/2015/10/}expiryDate':
            made.expiry_date = read_date_time(child.text or '')
            child = child.getnext()
        else:
            made.expiry_date = None
        if child is not None:
            made.parent_id_tag = child.text or ''
        else:
            made.parent_id_tag = None
        return made

What XML Schema allows and Python cannot hold is refused here all the same: years before 1 and after 9999.

Source: XML Schema part 2 §3 (lexical forms); the WSDLs of OCPP 1.2, 1.5 and 1.6.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from ocpp_core._lazy import kept, once
from ocpp_core.model.decimals import number_text, read_decimal
from ocpp_core.model.messages import NOTHING_EXTRA, Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Field,
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
from ocpp_core.model.timestamps import WireTimestamp, write_timestamp
from ocpp_core.payloads.codegen import Source, compiled, indented
from ocpp_core.soap.text import attribute_xml, text_xml

ReadElement = Callable[[Any], Any]
WriteElement = Callable[[Any], str]
#: What reading raises of elements that are not valid, if it notices: a value that is none, a child that is not there, a
#: child of what is not there.
UNREADABLE = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError)

_END_OF_DAY = re.compile(r"(\d{4}-\d\d-\d\d)T24:00:00(?:\.0+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-](0\d|1[0-3]):\d\d|[+-]14:00)?", re.ASCII
)


def read_date_time(text: str) -> datetime:
    """Reads an xs:dateTime. Without a zone it is taken as UTC, and the text is remembered.

    Raises:
        ValueError: Not one, or a year that a `datetime` cannot hold.
    """
    text = text.strip()
    end_of_day = _END_OF_DAY.fullmatch(text) if text[11:13] == "24" else None
    if end_of_day is not None:
        midnight = read_date_time(f"{end_of_day[1]}T00:00:00{end_of_day[2] or ''}")
        try:
            return WireTimestamp.of(midnight + timedelta(days=1), text)
        except OverflowError:
            raise ValueError(f"{text!r} is in the year 10000") from None
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date and time that can be held")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return WireTimestamp.of(moment.replace(tzinfo=UTC), text)
    return WireTimestamp.of(moment, text) if match[1] and len(match[1]) > 7 else moment


def read_boolean(text: str) -> bool:
    """Reads an xs:boolean: true, 1, false, 0."""
    return text.strip() in ("true", "1")


def read_number(text: str) -> Decimal:
    """Reads an xs:decimal."""
    return Decimal(text.strip())


@once
def element_reader(cls: type[Payload], namespace: str) -> ReadElement:
    """The function that builds a `cls` from a valid element whose children are in `namespace`.

    It raises ValueError for a timestamp that Python cannot hold, and what is `UNREADABLE` of elements that are not
    valid; of some of those it makes what means nothing.
    """
    read: ReadElement = compiled(_reader_source(shape(cls), namespace), "read", cls)
    return read


#: Writers that are kept, of all versions: about ten ways of writing. A style may have any prefixes.
MOST_WRITERS = 4_096


@partial(kept, most=MOST_WRITERS)
def element_writer(cls: type[Payload], prefix: str, fraction_digits: int | None = None) -> WriteElement:
    """The function that writes what stands inside the element of a `cls`; its children have `prefix`.

    With `fraction_digits`, its timestamps have so many digits after the second.
    """
    write: WriteElement = compiled(_writer_source(shape(cls), _Style(prefix, fraction_digits)), "write", cls)
    return write


def attributes_writer(cls: type[Payload]) -> WriteElement:
    """The function that writes the attributes of the element of a `cls`."""
    write: WriteElement = compiled(_attributes_source(shape(cls)), "write", cls)
    return write


# Reading


def _reader_source(facts: Shape, namespace: str) -> Source:
    made = Source("def read(element):")
    cls, new = made.name(facts.cls, "cls"), made.name(facts.cls.__new__, "new")
    nothing = made.name(NOTHING_EXTRA, "nothing_extra")
    made.add([f"made = {new}({cls})", f"made.extra = {nothing}"])
    elements = [field for field in facts.fields if field.xml == "element"]
    for field in facts.fields:
        if field.xml == "text":
            made.add([f"made.{field.name} = element.text or ''"])
        elif field.xml == "attribute":
            made.add([f"v = element.get({field.wire!r})"])
            made.add([f"made.{field.name} = {_optional(field.kind, made)}"])
    if elements:
        is_certain = elements[0].is_required and not isinstance(elements[0].kind, ListOf)
        first = "element[0]" if is_certain else "element[0] if len(element) else None"
        made.add(_step(elements[0], is_last=len(elements) == 1, child=first))
    for position, field in enumerate(elements):
        made.add(_read_member(field, elements[position + 1 :], made, namespace))
    made.add(["return made"])
    return made


def _read_member(field: Field, following: list[Field], made: Source, namespace: str) -> list[str]:
    """Statements that read one member from `child`, or find it absent, and go to the next child.

    To go from child to child is faster than to iterate, and a tag costs as much time as all else about an element, so
    names are looked at only where one of several may stand. That is sound because the element is valid: all content is
    an ``xs:sequence``, in the order of the fields, so that a member that is required and no list stands where its turn
    is, and what is left when only the last field is left is that.
    """
    tag = repr(f"{{{namespace}}}{field.wire}")
    step = _step(following[0], is_last=len(following) == 1) if following else []
    target = f"made.{field.name}"
    if isinstance(field.kind, ListOf):
        value = _value(field.kind.item, made, namespace)
        here = f"tag == {tag}" if following else "child is not None"
        loop = [f"while {here}:", *indented([f"items.append({value})", *_step(field, is_last=not following)])]
        return [
            "items = []",
            *loop,
            f"{target} = items" if field.is_required else f"{target} = items or None",
        ]
    read = [f"{target} = {_value(field.kind, made, namespace)}", *step]
    if field.is_required:
        return read
    here = f"tag == {tag}" if following else "child is not None"
    return [f"if {here}:", *indented(read), "else:", f"    {target} = None"]


def _step(following: Field, *, is_last: bool, child: str = "child.getnext()") -> list[str]:
    """Statements that go to the child that may be the member `following`; they get its tag if it can be another."""
    is_certain = is_last or (following.is_required and not isinstance(following.kind, ListOf))
    return [f"child = {child}", *([] if is_certain else ["tag = None if child is None else child.tag"])]


def _value(kind: Kind, made: Source, namespace: str) -> str:
    """The expression for the value of the element `child`."""
    if isinstance(kind, Nested):
        return f"{made.name(element_reader(kind.cls, namespace), f'read_{kind.cls.__name__}')}(child)"
    return _converted(kind, made, "child.text or ''")


def _optional(kind: Kind, made: Source) -> str:
    return f"None if v is None else {_converted(kind, made, 'v')}"


def _converted(kind: Kind, made: Source, text: str) -> str:
    match kind:
        case Text() | Anything():
            return text
        case Integer():
            return f"int({text})"
        case Number():
            return f"{made.name(read_number, 'read_number')}({text})"
        case Boolean():
            return f"{made.name(read_boolean, 'read_boolean')}({text})"
        case Timestamp():
            return f"{made.name(read_date_time, 'read_date_time')}({text})"
        case Enumeration(enum=enum):
            members = {str(member): member for member in enum}
            return f"{made.name(members, enum.__name__)}[{text}]"
        case _:
            raise TypeError(f"{kind} has no text")


# Writing


class _Style(NamedTuple):
    """How elements are written."""

    prefix: str
    fraction_digits: int | None


def _writer_source(facts: Shape, style: _Style) -> Source:
    """Each member gets a variable with its text, and the texts are put together at once: lists take twice as long."""
    made = Source("def write(made):")
    # What the class has no field for cannot be sent; the caller finds out what it is.
    made.add(
        [f"if made.extra is not {made.name(NOTHING_EXTRA, 'nothing_extra')} and made.extra: raise TypeError"]
    )
    parts = []
    for number, field in enumerate(field for field in facts.fields if field.xml != "attribute"):
        part = f"part{number}"
        parts.append(f"{{{part}}}")
        if field.xml == "text":
            made.add([f"v = made.{field.name}", f"{part} = {_written(field.kind, made, style)}"])
        elif isinstance(field.kind, Enumeration):
            made.add(_token(field, field.kind, made, style, part))
        elif isinstance(field.kind, ListOf):
            absent = "" if field.is_required else " and v is not None"
            checked, text = _element(field, field.kind.item, made, style)
            made.add([f"v = made.{field.name}", f"if type(v) is not list{absent}: raise TypeError"])
            made.add([f"{part} = ''", "for v in v or ():", *indented([*checked, f"{part} += {text}"])])
        else:
            checked, text = _element(field, field.kind, made, style)
            made.add([f"v = made.{field.name}"])
            if field.is_required:
                made.add([*checked, f"{part} = {text}"])
            else:
                made.add(["if v is None:", f"    {part} = ''"])
                made.add(["else:", *indented([*checked, f"{part} = {text}"])])
    made.add([f"return f'{''.join(parts)}'"])
    return made


def _token(field: Field, kind: Enumeration, made: Source, style: _Style, part: str) -> list[str]:
    """Statements that write a member of an enum: the whole element is found by it."""
    tag = f"{style.prefix}:{field.wire}"
    whole = _whole_elements(kind, tag)
    if not field.is_required:
        whole[None] = ""
    known = made.name(whole, f"{kind.enum.__name__}_{field.wire}")
    return [
        f"{part} = {known}.get(made.{field.name})",
        f"if {part} is None:",
        f"    v = made.{field.name}",
        f"    {part} = '<{tag}>' + {_written(kind, made, style)} + '</{tag}>'",
    ]


def _whole_elements(kind: Enumeration, tag: str) -> dict[str | None, str]:
    return {str(member): f"<{tag}>{text_xml(member)}</{tag}>" for member in kind.enum}


def _element(field: Field, kind: Kind, made: Source, style: _Style) -> tuple[list[str], str]:
    """Statements that look at the value `v`, and the expression for its element."""
    tag = f"{style.prefix}:{field.wire}"
    if isinstance(kind, Enumeration):  # in a list
        known = f"{made.name(_whole_elements(kind, tag), f'{kind.enum.__name__}_{field.wire}')}.get(v)"
        return [], f"({known} or '<{tag}>' + {_written(kind, made, style)} + '</{tag}>')"
    if not isinstance(kind, Nested):
        return [], f"'<{tag}>' + {_written(kind, made, style)} + '</{tag}>'"
    name = kind.cls.__name__
    expected = made.name(kind.cls, name)
    inner = made.name(element_writer(kind.cls, *style), f"write_{name}")
    start = f"'<{tag}>'"
    if any(inside.xml == "attribute" for inside in shape(kind.cls).fields):
        start = f"'<{tag}' + {made.name(attributes_writer(kind.cls), f'attributes_{name}')}(v) + '>'"
    return (
        [f"if not isinstance(v, {expected}): raise TypeError"],
        f"{start} + {inner}(v) + '</{tag}>'",
    )


def _attributes_source(facts: Shape) -> Source:
    made = Source("def write(made):", "    parts = []")
    escape = made.name(attribute_xml, "attribute_xml")
    for field in facts.fields:
        if field.xml == "attribute":
            text = _plain(field.kind, made, None)
            made.add(
                [
                    f"v = made.{field.name}",
                    f"if v is not None: parts.append(' {field.wire}=\"' + {escape}({text}) + '\"')",
                ]
            )
    made.add(["return ''.join(parts)"])
    return made


def _written(kind: Kind, made: Source, style: _Style) -> str:
    return f"{made.name(text_xml, 'text_xml')}({_plain(kind, made, style.fraction_digits)})"


def _plain(kind: Kind, made: Source, fraction_digits: int | None) -> str:
    """The expression for the text of the value `v`."""
    match kind:
        case Text() | Enumeration() | Anything():
            return "v"
        case Integer():
            return f"{made.name(_integer_text, 'integer_text')}(v)"
        case Number():
            return f"{made.name(_decimal_text, 'decimal_text')}(v)"
        case Boolean():
            return f"{made.name(_boolean_text, 'boolean_text')}(v)"
        case Timestamp():
            return f"{made.name(date_time_text, 'date_time_text')}(v, {fraction_digits})"
        case _:
            raise TypeError(f"{kind} has no text")


def date_time_text(value: datetime, fraction_digits: int | None = None) -> str:
    """An aware `datetime` as xs:dateTime, with as many digits after its second as it has, or 0 or 3.

    Raises:
        ValueError: It is naive.
        OverflowError: It has to be written in UTC, where it is in no year from 1 to 9999.
    """
    # xs:dateTime goes no further than 14 hours from UTC.
    is_far = abs(value.utcoffset() or timedelta()) > timedelta(hours=14)
    return write_timestamp(value.astimezone(UTC) if is_far else value, fixed=fraction_digits)


def _integer_text(value: Any) -> str:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not an integer")
    return str(value)


def _decimal_text(value: Any) -> str:
    return number_text(read_decimal(value))


def _boolean_text(value: Any) -> str:
    if type(value) is not bool:
        raise TypeError(f"{value!r} is not true or false")
    return "true" if value else "false"
