"""The first tier of reading: JSON text straight to typed messages, with no values of a parser in between.

Each class has a *twin*, a `msgspec.Struct` with the same members and limits, made from its `Shape`. `msgspec` reads
text into twins and checks them in C; straight-line code then moves what it found into the class itself.

A twin takes less than the class, never more, and what it refuses is looked at again by `ocpp_core.payloads.binding`:
free data, members of open classes, whole numbers beyond 64 bits or written as ``1.0``, misspelt tokens. Three things
`msgspec` takes that we do not: a member that is there twice, a number in quotes, a decimal of any size. The first two
have more quotation marks than the message needs, so those that it needs are counted and compared; the third is looked
at as each decimal is moved. Escapes would hide quotation marks: text with a backslash is left to the second tier.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import GenericAlias
from typing import Annotated, Any, NamedTuple

from msgspec import DecodeError, Meta, Struct, defstruct
from msgspec.json import Decoder

from ocpp_core._lazy import once
from ocpp_core.model.messages import NOTHING_EXTRA, UNSET, Payload
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
from ocpp_core.payloads.statements import EXACT_LENGTH, PLAIN, Refused, Statements, each, whole_range

#: Builds a message, or what it is in, from its text; raises one of `REFUSALS` where the second tier has to look.
Read = Callable[[str], Any]


@once
def twin(cls: type[Payload]) -> type[Struct] | None:
    """The twin of a class; None if it has to have a member that no twin can have."""
    members: list[tuple[str, Any] | tuple[str, Any, None]] = []
    for field, hint in _members(shape(cls)):
        if hint is not None:
            members.append((field.name, hint) if field.is_required else (field.name, hint, None))
        elif field.is_required:
            return None
    names = {field.name: field.wire for field in shape(cls).fields}
    # It is gone before anything could refer back to it, so the garbage collector need not know.
    return defstruct(
        cls.__name__, members, kw_only=True, rename=names, forbid_unknown_fields=True, gc=False, eq=False
    )


class Before(NamedTuple):
    """What stands in a text before the payload, in an array, and what is made of both.

    Attributes:
        types: Of the elements before the payload; empty if the payload is all.
        names: Variables for them; `_` for what is not needed.
        quotes: Quotation marks that they have.
        statements: They return what shall be made of these variables and of the message, which is in `made`.
        objects: What the statements name.
    """

    types: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()
    quotes: int = 0
    statements: tuple[str, ...] = ("return made",)
    objects: Mapping[str, Any] = NOTHING_EXTRA


ALONE = Before()


def reader(cls: type[Payload], before: Before = ALONE) -> Read | None:
    """The function that reads texts with a `cls` in them; None if the class has no twin."""
    if twin(cls) is None:
        return None
    read: Read = compiled(read_source(cls, before), "read", cls)
    return read


def _members(facts: Shape) -> Iterator[tuple[Field, Any]]:
    """The fields of a class, each with what stands for it in the twin, or None."""
    for field in facts.fields:
        # CustomData has members that no class knows, or it would not be sent.
        is_custom = isinstance(field.kind, Nested) and shape(field.kind.cls).is_open and not facts.is_open
        yield field, None if is_custom else _TWIN.of(field.kind)


class _Twin(Fold[Any]):
    """What stands for a kind in a twin; None for what cannot be said there."""

    def text(self, kind: Text) -> Any:
        return str if kind.max_length is None else Annotated[str, Meta(max_length=kind.max_length)]

    def integer(self, kind: Integer) -> Any:
        smallest, largest = whole_range(kind)
        return Annotated[int, Meta(ge=smallest, le=largest)]

    def number(self, kind: Number) -> Any:
        return Decimal

    def boolean(self, kind: Boolean) -> Any:
        return bool

    def timestamp(self, kind: Timestamp) -> Any:
        return str

    def enumeration(self, kind: Enumeration) -> Any:
        return kind.enum

    def nested(self, kind: Nested) -> Any:
        return twin(kind.cls)

    def anything(self, kind: Anything) -> Any:
        return None

    def list_of(self, kind: ListOf) -> Any:
        item = self.of(kind.item)
        if item is None:
            return None
        items = GenericAlias(list, (item,))
        return Annotated[items, Meta(min_length=kind.min_items, max_length=kind.max_items)]


_TWIN = _Twin()


# Moving


def read_source(cls: type[Payload], before: Before = ALONE) -> Source:
    """The source of `reader`, of a class that has a twin."""
    made = Source("def read(text):")
    whole: Any = GenericAlias(tuple, (*before.types, twin(cls))) if before.types else twin(cls)
    made.names |= {**_NAMES, **before.objects, "parse": Decoder(whole).decode, "DecodeError": DecodeError}
    made.add(
        [
            "if '\\\\' in text: raise Refused",
            f"try: {', '.join((*before.names, 'twin'))} = parse(text)",
            "except DecodeError: raise Refused from None",
            f"quotes = {_quotes(cls) + before.quotes}",
            *_moving(made, cls, "twin"),
            "if text.count('\"') != quotes: raise Refused",
            *before.statements,
        ]
    )
    return made


_NAMES = {"Refused": Refused, "Decimal": Decimal, "new": object.__new__, "nothing_extra": NOTHING_EXTRA}


def _moving(made: Source, cls: type[Payload], twin: str, level: str = "") -> list[str]:
    """Statements that move the twin in one variable into a message in the variable `made`, with its level behind.

    `quotes` has been set to `_quotes`. They add what else the text has, and take off what it has not.
    """
    there, v = f"made{level}", f"v{level}"
    statements = [f"{there} = new({made.name(cls, cls.__name__)})"]
    for field, hint in _members(shape(cls)):
        if hint is None:
            default = made.name(field.default, "UNSET") if field.default is UNSET else "None"
            statements.append(f"{there}.{field.name} = {default}")
            continue
        moving, marks = _Move(made, v).of(field.kind), 2 + _quotes_of(field.kind)
        if field.is_required and not moving:
            statements.append(f"{there}.{field.name} = {twin}.{field.name}")
            continue
        if field.is_required:
            statements += [f"{v} = {twin}.{field.name}", *moving]
        elif _is_expected(field):
            statements += [f"if ({v} := {twin}.{field.name}) is None:", f"    quotes -= {marks}"]
        else:
            counted = indented([f"quotes += {marks}", *moving])
            statements += [f"if ({v} := {twin}.{field.name}) is not None:", *counted]
        statements.append(f"{there}.{field.name} = {v}")
    return [*statements, f"{there}.extra = nothing_extra"]


class _Move(Statements):
    """Statements that count further quotation marks, and leave in `v` what belongs into the class."""

    def text(self, kind: Text) -> list[str]:
        return []

    def integer(self, kind: Integer) -> list[str]:
        return []

    def boolean(self, kind: Boolean) -> list[str]:
        return []

    def enumeration(self, kind: Enumeration) -> list[str]:
        return []

    def number(self, kind: Number) -> list[str]:
        v = self.v
        return [
            # What a float holds exactly and has no exponent, and that as the shortest text of the float.
            f"if len(digits := str({v})) > {EXACT_LENGTH} or digits.strip({PLAIN!r}): raise Refused",
            f"if digits[-1] == '0' and '.' in digits: {v} = Decimal(repr(float(digits)))",
            *self.range(kind),
        ]

    def timestamp(self, kind: Timestamp) -> list[str]:
        return self.moment(kind)

    def nested(self, kind: Nested) -> list[str]:
        level = self._below()
        return [*_moving(self.made, kind.cls, self.v, level), f"{self.v} = made{level}"]

    def list_of(self, kind: ListOf) -> list[str]:
        v, quotes = self.v, _quotes_of(kind.item)
        counting = [f"quotes += {quotes} * len({v})"] if quotes else []
        if isinstance(kind.item, Nested):
            level = self._below()
            moving = [
                *_moving(self.made, kind.item.cls, f"twin{level}", level),
                f"every{level}.append(made{level})",
            ]
            return [
                *counting,
                f"every{level} = []",
                f"for twin{level} in {v}:",
                *indented(moving),
                f"{v} = every{level}",
            ]
        moving = self.about("i").of(kind.item)
        return [*counting, *each(moving, v)] if moving else counting

    def _below(self) -> str:
        """The level of what stands in `v`."""
        return f"{self.v.removeprefix('v')}_"


def _is_expected(field: Field) -> bool:
    """Whether a member is counted before it is looked for, so that only absence costs: where nothing is moved.

    In 1.x most of them are there, and in 2.x as many as not.
    """
    return field.is_required or isinstance(field.kind, Text | Integer | Boolean | Enumeration)


def _quotes(cls: type[Payload]) -> int:
    """Quotation marks that a text of a class has, if it has what is expected and no more."""
    facts = shape(cls)
    return sum(
        2 + _quotes_of(field.kind)
        for field, hint in _members(facts)
        if hint is not None and _is_expected(field)
    )


def _quotes_of(kind: Kind) -> int:
    """Quotation marks that a value of a kind has, if it has what is expected and no more."""
    match kind:
        case Text() | Timestamp() | Enumeration():
            return 2
        case Nested(cls=cls):
            return _quotes(cls)
        case _:
            return 0
