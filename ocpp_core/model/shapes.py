"""What a message class looks like to an engine: its fields, in order, each with the kind of value it holds.

`shape` reads a class once. `ocpp_core.payloads.binding` compiles shapes, `ocpp_core.payloads.walk` walks them,
`ocpp_core.testing` generates from them; none of them looks at annotations or metadata itself. What each of them does
with the kinds of value is a `Fold`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import UnionType
from typing import Any, Generic, TypeVar, Union, assert_never, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from ocpp_core._lazy import once
from ocpp_core.model.messages import UNSET, DataType, Payload, Token, Unset, WireField


@frozen
class Text:
    """A string of at most `max_length` code points."""

    max_length: int | None = None


@frozen
class Integer:
    """A whole number. In draft 6 of JSON Schema ``1.0`` is one too, in draft 4 it is not."""

    draft: int = 6
    minimum: float | None = None
    maximum: float | None = None


@frozen
class Number:
    """A decimal number."""

    minimum: float | None = None
    maximum: float | None = None
    multiple_of: Decimal | None = None


@frozen
class Boolean:
    """True or false."""


@frozen
class Timestamp:
    """A moment, with at most `digits` digits after the second."""

    digits: int | None = None


@frozen
class Enumeration:
    """One of the tokens of an enum. Those of `misspelt` are written in place of the tokens that they are read as."""

    enum: type[Token]
    misspelt: tuple[str, ...] = ()


@frozen
class Nested:
    """A structured value."""

    cls: type[DataType]
    draft: int = 6
    misspelt: tuple[str, ...] = ()


@frozen
class Anything:
    """Any JSON value, passed through untouched."""


@frozen
class ListOf:
    """A list of values of one kind."""

    item: "Text | Integer | Number | Boolean | Timestamp | Enumeration | Nested | Anything"
    min_items: int | None = None
    max_items: int | None = None


Kind = Text | Integer | Number | Boolean | Timestamp | Enumeration | Nested | Anything | ListOf

T = TypeVar("T")


class Fold(ABC, Generic[T]):
    """What becomes of each kind of value: one method per kind, so that none can be forgotten.

    A subclass that lacks one cannot be instantiated, and type checkers say so before.
    """

    def of(self, kind: Kind) -> T:
        """What becomes of this one."""
        match kind:
            case Text():
                return self.text(kind)
            case Integer():
                return self.integer(kind)
            case Number():
                return self.number(kind)
            case Boolean():
                return self.boolean(kind)
            case Timestamp():
                return self.timestamp(kind)
            case Enumeration():
                return self.enumeration(kind)
            case Nested():
                return self.nested(kind)
            case Anything():
                return self.anything(kind)
            case ListOf():
                return self.list_of(kind)
            case _:
                assert_never(kind)

    @abstractmethod
    def text(self, kind: Text) -> T: ...  # noqa: D102

    @abstractmethod
    def integer(self, kind: Integer) -> T: ...  # noqa: D102

    @abstractmethod
    def number(self, kind: Number) -> T: ...  # noqa: D102

    @abstractmethod
    def boolean(self, kind: Boolean) -> T: ...  # noqa: D102

    @abstractmethod
    def timestamp(self, kind: Timestamp) -> T: ...  # noqa: D102

    @abstractmethod
    def enumeration(self, kind: Enumeration) -> T: ...  # noqa: D102

    @abstractmethod
    def nested(self, kind: Nested) -> T: ...  # noqa: D102

    @abstractmethod
    def anything(self, kind: Anything) -> T: ...  # noqa: D102

    @abstractmethod
    def list_of(self, kind: ListOf) -> T: ...  # noqa: D102


@frozen
class Field:
    """One field of a class.

    Attributes:
        name: Of the Python attribute.
        wire: On the wire.
        kind: What it holds.
        default: What stands for absence; `attrs.NOTHING` if the field is required.
        xml: What it is in SOAP: "element", "attribute" or "text".
        soap_min_items: Items that a list of 1.6 must have in SOAP, where its JSON schema asks for none.
        misnamed: Names under which peers send it.
    """

    name: str
    wire: str
    kind: Kind
    default: Any = attrs.NOTHING
    xml: str = "element"
    soap_min_items: int | None = None
    misnamed: tuple[str, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether it must be there."""
        return self.default is attrs.NOTHING


@frozen
class Shape:
    """All fields of a class, in the order of the wire."""

    cls: type[Payload]
    draft: int
    fields: tuple[Field, ...]

    @property
    def is_open(self) -> bool:
        """Whether members without a field are allowed."""
        return self.cls.__ocpp__.is_open

    @property
    def by_wire(self) -> Mapping[str, Field]:
        """The fields by wire name."""
        return {field.wire: field for field in self.fields}

    @property
    def misnamed(self) -> Mapping[str, str]:
        """Wire names of fields by the names under which peers send them."""
        return {name: field.wire for field in self.fields for name in field.misnamed}

    @property
    def fraction_digits(self) -> int | None:
        """Digits that may follow the second of its timestamps, which are the same in all of a version."""
        for kind in kinds(self):
            if isinstance(kind, Timestamp):
                return kind.digits
        return None


@once
def shape(cls: type[Payload], draft: int | None = None, misspelt: tuple[str, ...] = ()) -> Shape:
    """Reads the facts of a class.

    Args:
        cls: A message class or data type.
        draft: Draft of JSON Schema for data types inside a message; that of `cls` itself by default.
        misspelt: Tokens that the message around a data type writes as its file has them; besides those of `cls` itself.
    """
    draft = draft or cls.__ocpp__.draft
    misspelt = misspelt or cls.__ocpp__.misspelt
    hints = get_type_hints(cls)
    fields = (
        Field(
            attribute.name,
            facts.name,
            _kind(hints[attribute.name], facts, draft, misspelt),
            attribute.default,
            facts.xml,
            facts.soap_min_items,
            facts.misnamed,
        )
        for attribute in attrs.fields(cls)
        if (facts := attribute.metadata.get("wire")) is not None
    )
    return Shape(cls, draft, tuple(fields))


def kinds(facts: Shape) -> Iterator[Kind]:
    """The kinds of all values in a class, also in lists and in the classes that it uses. (None contains itself.)"""
    for field in facts.fields:
        kind = field.kind.item if isinstance(field.kind, ListOf) else field.kind
        yield field.kind
        if kind is not field.kind:
            yield kind
        if isinstance(kind, Nested):
            yield from kinds(shape(kind.cls, kind.draft, kind.misspelt))


def _kind(hint: Any, facts: WireField, draft: int, misspelt: tuple[str, ...]) -> Kind:
    if get_origin(hint) in (Union, UnionType):
        hint = next(option for option in get_args(hint) if option not in (type(None), Unset))
    if get_origin(hint) is list:
        item = _kind(get_args(hint)[0], facts, draft, misspelt)
        assert not isinstance(item, ListOf)
        return ListOf(item, facts.min_items, facts.max_items)
    if hint is Any:
        return Anything()
    if issubclass(hint, DataType):
        return Nested(hint, draft, misspelt)
    if issubclass(hint, Token):
        return Enumeration(hint, tuple(token for token in misspelt if token in hint.__read_as__))
    if hint is str:
        return Text(facts.max_length)
    if hint is bool:
        return Boolean()
    if hint is int:
        return Integer(draft, facts.minimum, facts.maximum)
    if hint is Decimal:
        step = None if facts.multiple_of is None else Decimal(facts.multiple_of)
        return Number(facts.minimum, facts.maximum, step)
    if hint is datetime:
        return Timestamp(facts.digits)
    raise TypeError(f"{facts.name}: no wire form for {hint!r}")


__all__ = [
    "UNSET",
    "Anything",
    "Boolean",
    "Enumeration",
    "Field",
    "Fold",
    "Integer",
    "Kind",
    "ListOf",
    "Nested",
    "Number",
    "Shape",
    "Text",
    "Timestamp",
    "kinds",
    "shape",
]
