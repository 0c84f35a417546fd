"""Messages that have every member, and each token of each enum in turn."""

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
        yield _full(shape(cls), turn)


def frame_of(message: Any) -> Frame:
    """The frame that carries a message."""
    if isinstance(message, Response):
        return CallResult("1", message)
    return Send("1", message) if isinstance(message, Notification) else Call("1", message)


def _full(facts: Shape, turn: int) -> Any:
    value = _Value(turn)
    return facts.cls(**{field.name: value.of(field.kind) for field in facts.fields})


class _Value(Fold[Any]):
    """A valid value of each kind; of an enum, the token whose turn it is."""

    def __init__(self, turn: int) -> None:
        self.turn = turn

    def text(self, kind: Text) -> str:
        return "x"

    def integer(self, kind: Integer) -> int:
        return max(0, int(kind.minimum or 0))

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
        return _full(shape(kind.cls, kind.draft), self.turn)

    def anything(self, kind: Anything) -> str:
        return "x"

    def list_of(self, kind: ListOf) -> list[Any]:
        return [self.of(kind.item)] * max(1, kind.min_items or 0)
