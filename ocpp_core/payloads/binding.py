"""Compiles message classes into the straight-line functions that build them from JSON payloads and write them back.

A valid payload takes one pass: each member is looked up by its wire name, checked against its limits and stored. The
first fault ends the pass with an exception that says nothing; explaining is left to `ocpp_core.payloads.validation`.
The verdict equals that of the official JSON schema, and timestamps are checked to be RFC 3339 in addition.

The source of each function is made from the `Shape` of the class on first use, and can be read: ``print(source(...))``.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, assert_never

from ocpp_core._lazy import once
from ocpp_core.model.decimals import is_multiple, read_decimal, read_integer, write_number
from ocpp_core.model.messages import MISSING, NOTHING_EXTRA, UNSET, Payload, Token
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
from ocpp_core.model.timestamps import read_timestamp, write_timestamp
from ocpp_core.payloads.codegen import Source, compiled, indented

#: How deep JSON may be nested where a schema allows anything.
MAX_DEPTH = 64


class Refused(Exception):
    """The value breaks a rule. Which one, `ocpp_core.payloads.validation.explain` finds out."""


#: What a compiled function may raise for a value that breaks a rule; everything else is a defect of ours.
REFUSALS = (Refused, KeyError, TypeError, ValueError, AttributeError, OverflowError)

Decode = Callable[[Any], Any]
Encode = Callable[[Any], dict[str, Any]]


@once
def decoder(cls: type[Payload], draft: int | None = None) -> Decode:
    """The function that builds a `cls` from a payload; it raises one of `REFUSALS` where the schema refuses."""
    decode: Decode = compiled(_decode_source(shape(cls, draft)), "decode", cls)
    return decode


@once
def encoder(cls: type[Payload], draft: int | None = None) -> Encode:
    """The function that writes a `cls` as a payload; it raises one of `REFUSALS` where the schema would refuse."""
    encode: Encode = compiled(_encode_source(shape(cls, draft)), "encode", cls)
    return encode


def source(cls: type[Payload]) -> str:
    """The Python source of both functions, for people."""
    return f"{_decode_source(shape(cls)).text}\n\n{_encode_source(shape(cls)).text}\n"


def is_too_deep(value: Any, allowed: int = MAX_DEPTH) -> bool:
    """Whether JSON is nested deeper than `allowed`; found out without recursion."""
    level: list[Any] = [value]
    for _ in range(allowed):
        level = [
            item
            for container in level
            if isinstance(container, dict | list)
            for item in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return False
    return True


def check_depth(value: Any, allowed: int = MAX_DEPTH) -> None:
    """Refuses JSON that is nested deeper than `allowed`."""
    if is_too_deep(value, allowed):
        raise Refused


def plain_text(value: Any) -> str:
    """The text of a `str` of any kind, such as a member of a `StrEnum`."""
    if not isinstance(value, str):
        raise Refused
    return str.__str__(value)


def plain_integer(value: Any) -> int:
    """The number that an `int` of any kind is, such as a member of an `IntEnum`; a boolean is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused
    return int(value)


def tokens(enum: type[Token]) -> dict[str, Token]:
    """The members of an enum by the tokens that are read as them."""
    members: dict[str, Token] = {str(member): member for member in enum}
    return members | {token: members[meant] for token, meant in enum.__read_as__.items()}


# Reading


def _decode_source(facts: Shape) -> Source:
    required = [field for field in facts.fields if field.is_required]
    optional = [field for field in facts.fields if not field.is_required]
    made = Source("def decode(data):")
    made.names |= _NAMES
    cls, new = made.name(facts.cls, "cls"), made.name(facts.cls.__new__, "new")
    absent = made.name(_ABSENT, "absent")
    made.add(
        [
            "if type(data) is not dict: raise Refused",
            f"left = len(data) - {len(required)}",
            f"made = {new}({cls})",
        ]
    )
    for field in required:
        made.add([f"v = data[{field.wire!r}]", *_load(field.kind, made), f"made.{field.name} = v"])
    for field in optional:
        default = made.name(field.default, "UNSET") if field.default is UNSET else "None"
        made.add(
            [
                f"if left and (v := data.get({field.wire!r}, {absent})) is not {absent}:",
                "    left -= 1",
                *indented(_load(field.kind, made)),
                f"    made.{field.name} = v",
                "else:",
                f"    made.{field.name} = {default}",
            ]
        )
    nothing = made.name(NOTHING_EXTRA, "nothing_extra")
    if facts.is_open:
        known = made.name(frozenset(field.wire for field in facts.fields), "known")
        made.add(
            [
                "if left:",
                f"    made.extra = {{name: v for name, v in data.items() if name not in {known}}}",
                "    check_depth(made.extra)",
                "else:",
                f"    made.extra = {nothing}",
            ]
        )
    else:
        made.add(["if left: raise Refused", f"made.extra = {nothing}"])
    made.add(["return made"])
    return made


_ABSENT = object()

#: What any of the sources may name.
_NAMES = {"Refused": Refused, "check_depth": check_depth}


def _load(kind: Kind, made: Source, v: str = "v") -> list[str]:
    """Statements that check the wire value in `v` and leave the attribute's value there."""
    match kind:
        case Text() | Boolean():
            return _check(kind, v)
        case Integer(draft=4):
            return [f"if type({v}) is not int: raise Refused", *_check(kind, v)]
        case Integer():
            convert = made.name(read_integer, "read_integer")
            return [f"if type({v}) is not int: {v} = {convert}({v})", *_check(kind, v)]
        case Number():
            return [f"{v} = {made.name(read_decimal, 'read_decimal')}({v})", *_check(kind, v, made)]
        case Timestamp(digits=digits):
            return [f"{v} = {made.name(read_timestamp, 'read_timestamp')}({v}, {digits})"]
        case Enumeration(enum=enum):
            return [f"{v} = {made.name(tokens(enum), enum.__name__)}[{v}]"]
        case Nested(cls=cls, draft=draft):
            return [f"{v} = {made.name(decoder(cls, draft), f'decode_{cls.__name__}')}({v})"]
        case Anything():
            return [f"if type({v}) is dict or type({v}) is list: check_depth({v})"]
        case ListOf(item=item):
            return [*_check(kind, v), *_each(_load(item, made, "i"), v)]
        case _:
            assert_never(kind)


# Writing


def _encode_source(facts: Shape) -> Source:
    made = Source("def encode(made):", "    data = {}")
    made.names |= _NAMES
    for field in facts.fields:
        made.add([f"v = made.{field.name}"])
        store = [*_dump(field.kind, made), f"data[{field.wire!r}] = v"]
        if field.is_required:
            made.add(store)
        else:
            absent = made.name(UNSET, "UNSET") if field.default is UNSET else "None"
            made.add([f"if v is not {absent}:", *indented(store)])
    nothing = made.name(NOTHING_EXTRA, "nothing_extra")
    if facts.is_open:
        known = made.name(frozenset(field.wire for field in facts.fields), "known")
        made.add(
            [
                f"if made.extra is not {nothing} and made.extra:",
                f"    if not {known}.isdisjoint(made.extra): raise Refused",
                "    check_depth(made.extra)",
                "    data.update(made.extra)",
            ]
        )
    else:
        made.add([f"if made.extra is not {nothing} and made.extra: raise Refused"])
    made.add(["return data"])
    return made


def _dump(kind: Kind, made: Source, v: str = "v") -> list[str]:
    """Statements that check the attribute's value in `v` and leave the wire value there."""
    match kind:
        case Text():
            convert = made.name(plain_text, "plain_text")
            return [f"if type({v}) is not str: {v} = {convert}({v})", *_check(kind, v)]
        case Boolean():
            return _check(kind, v)
        case Integer():
            convert = made.name(plain_integer, "plain_integer")
            return [f"if type({v}) is not int: {v} = {convert}({v})", *_check(kind, v)]
        case Number():
            read, write = made.name(read_decimal, "read_decimal"), made.name(write_number, "write_number")
            return [f"{v} = {read}({v})", *_check(kind, v, made), f"{v} = {write}({v})"]
        case Timestamp(digits=digits):
            return [f"{v} = {made.name(write_timestamp, 'write_timestamp')}({v}, {digits})"]
        case Enumeration(enum=enum):
            written = {member.value: member.value for member in enum}
            return [f"{v} = {made.name(written, enum.__name__)}[{v}]"]
        case Nested(cls=cls, draft=draft):
            expected = made.name(cls, cls.__name__)
            encode = made.name(encoder(cls, draft), f"encode_{cls.__name__}")
            return [f"if not isinstance({v}, {expected}): raise Refused", f"{v} = {encode}({v})"]
        case Anything():
            return [f"if type({v}) is dict or type({v}) is list: check_depth({v})"]
        case ListOf(item=item):
            return [*_check(kind, v), *_each(_dump(item, made, "i"), v)]
        case _:
            assert_never(kind)


# Both


def _check(kind: Text | Boolean | Integer | Number | ListOf, v: str, made: Source | None = None) -> list[str]:
    """Statements that refuse what breaks a limit; the type of numbers has been seen to before."""
    faults: list[str] = []
    match kind:
        case Text(max_length=max_length):
            faults.append(f"type({v}) is not str")
            if max_length is not None:
                faults.append(f"len({v}) > {max_length}")
        case Boolean():
            faults.append(f"type({v}) is not bool")
        case Integer(minimum=minimum, maximum=maximum) | Number(minimum=minimum, maximum=maximum):
            if minimum is not None:
                faults.append(f"{v} < {minimum}")
            if maximum is not None:
                faults.append(f"{v} > {maximum}")
            if isinstance(kind, Number) and kind.multiple_of is not None and made is not None:
                step = made.name(kind.multiple_of, "step")
                faults.append(f"not {made.name(is_multiple, 'is_multiple')}({v}, {step})")
        case ListOf(min_items=min_items, max_items=max_items):
            faults.append(f"type({v}) is not list")
            if min_items:
                faults.append(f"len({v}) < {min_items}" if min_items > 1 else f"not {v}")
            if max_items is not None:
                faults.append(f"len({v}) > {max_items}")
        case _:
            assert_never(kind)
    return [f"if {' or '.join(faults)}: raise Refused"] if faults else []


def _each(statements: list[str], v: str) -> list[str]:
    """Statements that do the same to each item ``i`` of the list in `v`, leaving a new list there."""
    if len(statements) == 1 and statements[0].startswith("i = "):
        return [f"{v} = [{statements[0].removeprefix('i = ')} for i in {v}]"]
    return ["items = []", f"for i in {v}:", *indented(statements), "    items.append(i)", f"{v} = items"]


# What callers use


def plain(message: Payload) -> dict[str, Any]:
    """The payload of a message without checking anything, as far as it can be written: for explaining what is wrong."""
    data: dict[str, Any] = {}
    for field in shape(type(message)).fields:
        value = getattr(message, field.name)
        if field.is_required or value is not field.default:
            data[field.wire] = _plain_value(value, field)
    twice = dict.fromkeys(data.keys() & message.extra.keys(), _TWICE)
    return {**data, **message.extra, **twice}


class _Unwritable:
    """Stands for what cannot be written, although it may look like valid JSON; no schema accepts it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


_TWICE = _Unwritable("two values, one of them in extra")


def _misplaced(value: Any, expected: str) -> _Unwritable:
    version = f" of OCPP {value.__ocpp__.version}" if isinstance(value, Payload) else ""
    return _Unwritable(f"{type(value).__name__}{version}, where {expected} belongs")


def _plain_value(value: Any, field: Field) -> Any:
    if type(value) is list:
        return [_plain_value(item, field) for item in value]
    if value is None or value is MISSING:
        return value
    kind = field.kind.item if isinstance(field.kind, ListOf) else field.kind
    try:
        match kind:
            case Number():
                return write_number(value)
            case Integer():
                return plain_integer(value)
            case Nested(cls=cls):
                expected = f"{cls.__name__} of OCPP {cls.__ocpp__.version}"
                return plain(value) if isinstance(value, cls) else _misplaced(value, expected)
            case Timestamp() if not isinstance(value, datetime) or value.utcoffset() is None:
                return _misplaced(value, "an aware datetime")
            case Enumeration() | Text():
                return plain_text(value)
            case Timestamp(digits=digits):
                return write_timestamp(value, digits)
            case _:
                return value
    except REFUSALS:
        return value
