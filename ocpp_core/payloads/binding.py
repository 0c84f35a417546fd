"""Compiles message classes into the straight-line functions that build them from JSON payloads and write them back.

A valid payload takes one pass: each member is looked up by its wire name, checked against its limits and stored. The
first fault ends the pass with an exception that says nothing; explaining is left to `ocpp_core.payloads.validation`.
The verdict equals that of the official JSON schema, and timestamps are checked to be RFC 3339 in addition.

The source of each function is made from the `Shape` of the class on first use, and can be read: ``print(source(...))``.
What does the same with text is in `ocpp_core.payloads.twins` and `ocpp_core.payloads.texts`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ocpp_core._lazy import once
from ocpp_core.model.decimals import read_decimal, read_integer, write_number
from ocpp_core.model.messages import MISSING, NOTHING_EXTRA, UNSET, Payload
from ocpp_core.model.passed import Misplaced, passed
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
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
from ocpp_core.model.timestamps import write_timestamp
from ocpp_core.payloads.codegen import Source, compiled, indented
from ocpp_core.payloads.statements import (
    MAX_DEPTH,
    REFUSALS,
    Refused,
    Statements,
    check_depth,
    is_too_deep,
    plain_integer,
    plain_text,
    refuse,
    tokens,
    written_tokens,
)

Decode = Callable[[Any], Any]
Encode = Callable[[Any], dict[str, Any]]


@once
def decoder(cls: type[Payload], draft: int | None = None) -> Decode:
    """The function that builds a `cls` from a payload; it raises one of `REFUSALS` where the schema refuses."""
    decode: Decode = compiled(_decode_source(shape(cls, draft)), "decode", cls)
    return decode


@once
def encoder(
    cls: type[Payload],
    draft: int | None = None,
    misspelt: tuple[str, ...] = (),
    fraction_digits: int | None = None,
) -> Encode:
    """The function that writes a `cls` as a payload; it raises one of `REFUSALS` where the schema would refuse.

    With `fraction_digits`, its timestamps have so many digits after the second.
    """
    encode: Encode = compiled(_encode_source(shape(cls, draft, misspelt), fraction_digits), "encode", cls)
    return encode


@once
def loader(kind: Kind) -> Decode:
    """The function that builds one value of a kind; it raises one of `REFUSALS` where the schema refuses."""
    made = Source("def load(v):")
    made.names |= _NAMES
    made.add([*_Load(made).of(kind), "return v"])
    load: Decode = compiled(made, "load", type(kind))
    return load


def source(cls: type[Payload]) -> str:
    """The Python source of its functions, for people: from values and to values, then from text and to text."""
    from ocpp_core.payloads.texts import write_source
    from ocpp_core.payloads.twins import read_source, twin

    facts = shape(cls)
    sources = [_decode_source(facts), _encode_source(facts)]
    sources += [] if twin(cls) is None else [read_source(cls)]
    return "\n\n".join(made.text for made in [*sources, write_source(facts)]) + "\n"


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
        made.add([f"v = data[{field.wire!r}]", *_Load(made).of(field.kind), f"made.{field.name} = v"])
    for field in optional:
        default = made.name(field.default, "UNSET") if field.default is UNSET else "None"
        made.add(
            [
                f"if left and (v := data.get({field.wire!r}, {absent})) is not {absent}:",
                "    left -= 1",
                *indented(_Load(made).of(field.kind)),
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


class _Load(Statements):
    """Statements that check the wire value in `v` and leave the attribute's value there."""

    def text(self, kind: Text) -> list[str]:
        return self.length(kind)

    def integer(self, kind: Integer) -> list[str]:
        v = self.v
        if kind.draft == 4:
            return [*refuse(f"type({v}) is not int"), *self.range(kind)]
        convert = self.made.name(read_integer, "read_integer")
        return [f"if type({v}) is not int: {v} = {convert}({v})", *self.range(kind)]

    def number(self, kind: Number) -> list[str]:
        return [f"{self.v} = {self.made.name(read_decimal, 'read_decimal')}({self.v})", *self.range(kind)]

    def timestamp(self, kind: Timestamp) -> list[str]:
        return self.moment(kind)

    def enumeration(self, kind: Enumeration) -> list[str]:
        return [f"{self.v} = {self.made.name(tokens(kind.enum), kind.enum.__name__)}[{self.v}]"]

    def nested(self, kind: Nested) -> list[str]:
        decode = self.made.name(decoder(kind.cls, kind.draft), f"decode_{kind.cls.__name__}")
        return [f"{self.v} = {decode}({self.v})"]


# Writing


def _encode_source(facts: Shape, fraction_digits: int | None = None) -> Source:
    made = Source("def encode(made):", "    data = {}")
    made.names |= _NAMES
    for field in facts.fields:
        made.add([f"v = made.{field.name}"])
        store = [*_Dump(made, fraction_digits).of(field.kind), f"data[{field.wire!r}] = v"]
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


class _Dump(Statements):
    """Statements that check the attribute's value in `v` and leave the wire value there."""

    def __init__(self, made: Source, fraction_digits: int | None) -> None:
        super().__init__(made)
        self.fraction_digits = fraction_digits

    def text(self, kind: Text) -> list[str]:
        convert = self.made.name(plain_text, "plain_text")
        return [f"if type({self.v}) is not str: {self.v} = {convert}({self.v})", *self.length(kind)]

    def integer(self, kind: Integer) -> list[str]:
        convert = self.made.name(plain_integer, "plain_integer")
        return [f"if type({self.v}) is not int: {self.v} = {convert}({self.v})", *self.range(kind)]

    def number(self, kind: Number) -> list[str]:
        v, made = self.v, self.made
        read, write = made.name(read_decimal, "read_decimal"), made.name(write_number, "write_number")
        return [f"{v} = {read}({v})", *self.range(kind), f"{v} = {write}({v})"]

    def timestamp(self, kind: Timestamp) -> list[str]:
        digits = f"{kind.digits}, {self.fraction_digits}"
        return [f"{self.v} = {self.made.name(write_timestamp, 'write_timestamp')}({self.v}, {digits})"]

    def enumeration(self, kind: Enumeration) -> list[str]:
        return [f"{self.v} = {self.made.name(written_tokens(kind), kind.enum.__name__)}[{self.v}]"]

    def nested(self, kind: Nested) -> list[str]:
        expected = self.made.name(kind.cls, kind.cls.__name__)
        encode = self.made.name(
            encoder(kind.cls, kind.draft, kind.misspelt, self.fraction_digits), f"encode_{kind.cls.__name__}"
        )
        return [*refuse(f"not isinstance({self.v}, {expected})"), f"{self.v} = {encode}({self.v})"]


# What callers use


def plain(message: Payload) -> dict[str, Any]:
    """The payload of a message without checking anything, as far as it can be written: for explaining what is wrong."""
    data: dict[str, Any] = {}
    for field in shape(type(message)).fields:
        value = getattr(message, field.name)
        is_absent = value is None and not isinstance(field.kind, Anything)
        if not is_absent and (field.is_required or value is not field.default):
            data[field.wire] = _plain_value(value, field.kind)
    twice = dict.fromkeys(data.keys() & message.extra.keys(), _TWICE)
    return {**data, **message.extra, **twice}


def _misplaced(value: Any, wanted: str) -> Misplaced:
    version = f" of OCPP {value.__ocpp__.version}" if isinstance(value, Payload) else ""
    return Misplaced(wanted, passed(value) + version)


_TWICE = Misplaced("one value", "two, one of them in extra")


def _plain_value(value: Any, kind: Kind) -> Any:
    if value is None or value is MISSING:
        return value
    try:
        return _PLAIN.of(kind)(value)
    except REFUSALS:
        return value


class _Plain(Fold[Callable[[Any], Any]]):
    """Functions that write a value of a kind, as far as it can be written."""

    def text(self, kind: Text) -> Callable[[Any], Any]:
        return plain_text

    def integer(self, kind: Integer) -> Callable[[Any], Any]:
        return plain_integer

    def number(self, kind: Number) -> Callable[[Any], Any]:
        return write_number

    def boolean(self, kind: Boolean) -> Callable[[Any], Any]:
        return _as_it_is

    def timestamp(self, kind: Timestamp) -> Callable[[Any], Any]:
        def write(value: Any) -> Any:
            if not isinstance(value, datetime) or value.utcoffset() is None:
                return _misplaced(value, "an aware datetime")
            return write_timestamp(value, kind.digits)

        return write

    def enumeration(self, kind: Enumeration) -> Callable[[Any], Any]:
        return plain_text

    def nested(self, kind: Nested) -> Callable[[Any], Any]:
        wanted = f"{kind.cls.__name__} of OCPP {kind.cls.__ocpp__.version}"
        return lambda value: plain(value) if isinstance(value, kind.cls) else _misplaced(value, wanted)

    def anything(self, kind: Anything) -> Callable[[Any], Any]:
        return _as_it_is

    def list_of(self, kind: ListOf) -> Callable[[Any], Any]:
        def write(value: Any) -> Any:
            if type(value) is not list:
                return _misplaced(value, "a list")
            return [_plain_value(item, kind.item) for item in value]

        return write


def _as_it_is(value: Any) -> Any:
    return value


_PLAIN = _Plain()


__all__ = [
    "MAX_DEPTH",
    "REFUSALS",
    "Decode",
    "Encode",
    "Refused",
    "check_depth",
    "decoder",
    "encoder",
    "is_too_deep",
    "loader",
    "plain",
    "source",
    "tokens",
]
