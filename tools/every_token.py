"""Messages that have every member, or as few as they may, and each token of each enum in turn."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ocpp_core.model.messages import Call, CallResult, Frame, Notification, Payload, Response, Send
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Fold,
    Integer,
    ListOf,
    Nested,
    Number,
    Shape,
    Text,
    Timestamp,
    kinds,
    shape,
)


def full_messages(cls: type[Payload]) -> Iterator[Any]:
    """Valid messages of a class, as many as the longest enum in it has tokens; one if it has no enum."""
    turns = [len(kind.enum) for kind in kinds(shape(cls)) if isinstance(kind, Enumeration)]
    for turn in range(max(turns, default=1)):
        yield _full(shape(cls), _Value(turn))


def frame_of(message: Any) -> Frame:
    """The frame that carries a message."""
    if isinstance(message, Response):
        return CallResult("1", message)
    return Send("1", message) if isinstance(message, Notification) else Call("1", message)


#: An integer, a decimal, and text of any meaning; and the one token that may stand where another version has text.
TEXTS = ("1", "ResetOrReboot")


def sparse_messages(cls: type[Payload], number: int) -> Iterator[Any]:
    """Valid messages of a class with what is required and at most one member more, wherever it may stand.

    Args:
        cls: The class.
        number: What integers are, if they may.
    """
    turns = [len(kind.enum) for kind in kinds(shape(cls)) if isinstance(kind, Enumeration)]
    for turn in range(max(turns, default=len(TEXTS))):
        yield from _sparse(shape(cls), _Value(turn, number, is_sparse=True))


def _sparse(facts: Shape, value: "_Value") -> Iterator[Any]:
    required = {field.name: value.of(field.kind) for field in facts.fields if field.is_required}
    yield facts.cls(**required)
    for field in facts.fields:
        for number, made in enumerate(_each(field.kind, value)):
            if number or not field.is_required:  # the first is the one above
                yield facts.cls(**{**required, field.name: made})


def _each(kind: Any, value: "_Value") -> Iterator[Any]:
    if isinstance(kind, Nested):
        yield from _sparse(shape(kind.cls, kind.draft), value)
    elif isinstance(kind, ListOf):
        for item in _each(kind.item, value):
            yield [item] * max(1, kind.min_items or 0)
    else:
        yield value.of(kind)


def _full(facts: Shape, value: "_Value") -> Any:
    fields = [field for field in facts.fields if field.is_required or not value.is_sparse]
    return facts.cls(**{field.name: value.of(field.kind) for field in fields})


class _Value(Fold[Any]):
    """A valid value of each kind; of an enum, the token whose turn it is."""

    def __init__(self, turn: int, number: int = 0, *, is_sparse: bool = False) -> None:
        self.turn = turn
        self._number = number
        self.is_sparse = is_sparse

    def text(self, kind: Text) -> str:
        found = TEXTS[self.turn % len(TEXTS)]
        return found if kind.max_length is None or len(found) <= kind.max_length else TEXTS[0]

    def integer(self, kind: Integer) -> int:
        return max(self._number, int(kind.minimum or 0))

    def number(self, kind: Number) -> Decimal:
        return max(Decimal(0), Decimal(kind.minimum or 0))

    def boolean(self, kind: Boolean) -> bool:
        return True

    def timestamp(self, kind: Timestamp) -> datetime:
        return datetime(2026, 1, 31, 12, tzinfo=UTC)

    def enumeration(self, kind: Enumeration) -> Any:
        tokens = list(kind.enum)
        return tokens[self.turn % len(tokens)]

    def nested(self, kind: Nested) -> Any:
        return _full(shape(kind.cls, kind.draft), self)

    def anything(self, kind: Anything) -> str:
        return "x"

    def list_of(self, kind: ListOf) -> list[Any]:
        return [self.of(kind.item)] * max(1, kind.min_items or 0)
