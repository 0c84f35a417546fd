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


@once
def _mover(cls: type[Payload]) -> Callable[[list[Any]], tuple[list[Any], int]]:
    """The function that moves a list of twins; and how many quotation marks they had."""
    move: Callable[[list[Any]], tuple[list[Any], int]] = compiled(_move_source(cls), "move", cls)
    return move


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


def _move_source(cls: type[Payload]) -> Source:
    made = Source("def move(twins):")
    made.names |= _NAMES
    made.add(
        [
            f"quotes = {_quotes(cls)} * len(twins)",
            "every = []",
            "for twin in twins:",
            *indented([*_moving(made, cls, "twin"), "every.append(made)"]),
            "return every, quotes",
        ]
    )
    return made


_NAMES = {"Refused": Refused, "Decimal": Decimal, "new": object.__new__, "nothing_extra": NOTHING_EXTRA}


def _moving(made: Source, cls: type[Payload], twin: str, level: str = "") -> list[str]:
    """Statements that move the twin in one variable into a message in the variable `made`, with its level behind.

    They add to `quotes` the quotation marks that not every text of the class has.
    """
    there, v = f"made{level}", f"v{level}"
    statements = [f"{there} = new({made.name(cls, cls.__name__)})"]
    for field, hint in _members(shape(cls)):
        if hint is None:
            default = made.name(field.default, "UNSET") if field.default is UNSET else "None"
            statements.append(f"{there}.{field.name} = {default}")
            continue
        moving = _Move(made, v).of(field.kind)
        if not field.is_required:
            counted = indented([f"quotes += {2 + _quotes_of(field.kind)}", *moving])
            statements += [f"if ({v} := {twin}.{field.name}) is not None:", *counted]
        elif moving:
            statements += [f"{v} = {twin}.{field.name}", *moving]
        is_moved = field.is_required and not moving
        statements.append(f"{there}.{field.name} = {f'{twin}.{field.name}' if is_moved else v}")
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
        level = f"{self.v.removeprefix('v')}_"
        return [*_moving(self.made, kind.cls, self.v, level), f"{self.v} = made{level}"]

    def list_of(self, kind: ListOf) -> list[str]:
        v = self.v
        if isinstance(kind.item, Nested):
            move = self.made.name(_mover(kind.item.cls), f"move_{kind.item.cls.__name__}")
            return [f"{v}, more = {move}({v})", "quotes += more"]
        quotes, moving = _quotes_of(kind.item), self.about("i").of(kind.item)
        counting = [f"quotes += {quotes} * len({v})"] if quotes else []
        return [*counting, *each(moving, v)] if moving else counting


def _quotes(cls: type[Payload]) -> int:
    """Quotation marks that every text of a class has."""
    return sum(2 + _quotes_of(field.kind) for field in shape(cls).fields if field.is_required)


def _quotes_of(kind: Kind) -> int:
    """Quotation marks that every value of a kind has."""
    match kind:
        case Text() | Timestamp() | Enumeration():
            return 2
        case Nested(cls=cls):
            return _quotes(cls)
        case _:
            return 0
