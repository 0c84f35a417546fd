"""Whether a message holds what a payload says: each member, at its place, with its exact value."""

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Kind,
    ListOf,
    Nested,
    Shape,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.timestamps import WireTimestamp
from ocpp_core.model.violations import member_path


def not_held(message: Payload, payload: dict[str, Any], elsewhere: Collection[str] = ()) -> list[str]:
    """Paths of what the payload says and the message does not.

    Args:
        message: What was read from the payload, or written as it.
        payload: JSON values.
        elsewhere: Paths that need not be looked at, as what stands there is kept elsewhere.
    """
    return list(_in_object(shape(type(message)), message, payload, "$", elsewhere))


def _in_object(
    facts: Shape, message: Any, payload: Any, path: str, elsewhere: Collection[str]
) -> Iterator[str]:
    if type(message) is not facts.cls or type(payload) is not dict:
        yield path
        return
    for name, value in payload.items():
        here = member_path(path, name)
        field = facts.by_wire.get(name)
        if field is not None:
            yield from _in_value(field.kind, getattr(message, field.name), value, here, elsewhere)
        elif name not in message.extra or not is_same(value, message.extra[name]):
            yield here
    yield from (member_path(path, name) for name in message.extra if name not in payload)
    for field in facts.fields:
        if (
            field.wire not in payload
            and not field.is_required
            and getattr(message, field.name) is not field.default
        ):
            yield member_path(path, field.wire)


def _in_value(kind: Kind, held: Any, value: Any, path: str, elsewhere: Collection[str]) -> Iterator[str]:
    if path in elsewhere:
        return
    match kind:
        case Nested(cls=cls, draft=draft):
            yield from _in_object(shape(cls, draft), held, value, path, elsewhere)
        case ListOf(item=item):
            if type(held) is not list or len(held) != len(value):
                yield path
                return
            for index, pair in enumerate(zip(held, value, strict=True)):
                yield from _in_value(item, *pair, f"{path}[{index}]", elsewhere)
        case _:
            if not _holds(kind, held, value):
                yield path


def _holds(kind: Kind, held: Any, value: Any) -> bool:
    match kind:
        case Timestamp():
            written = datetime.fromisoformat(value.upper())
            if isinstance(held, WireTimestamp) and held.text is not None:
                return held.text == value and held == written
            return bool(held == written) and held.utcoffset() == written.utcoffset()
        case Enumeration(enum=enum):
            return type(held) is enum and str(held) == enum.__read_as__.get(value, value)
        case Text() | Boolean():
            return type(held) is type(value) and bool(held == value)
        case Anything():
            return is_same(value, held)
        case _:
            return type(held) in (int, Decimal) and Decimal(held) == exact(value)


def exact(number: Any) -> Decimal:
    """A JSON number as a `Decimal`; a float by its shortest text."""
    return Decimal(repr(number) if isinstance(number, float) else number)


def by_stdlib(text: str) -> Any:
    """JSON text with all its digits, read by others."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def is_same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same down to their types: True is not 1, and 1.0 is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(is_same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)
