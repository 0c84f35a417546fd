"""Payloads that break one rule, and payloads that break who knows what.

`broken_payloads` says which rule it broke, where, and which error code a peer must be sent for it, so that an
implementation can be held to its answer. `mutated_payloads` says nothing: what is done with those must be judged by
the schemas.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import cycle, islice
from typing import Any, NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import Payload, Token
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
from ocpp_core.model.violations import KEYWORD_CODES, member_path
from ocpp_core.payloads.binding import tokens
from ocpp_core.testing.strategies import json_values, payloads, text_of_length

__all__ = ["BrokenPayload", "broken_payloads", "is_breakable", "mutated_payloads"]


class BrokenPayload(NamedTuple):
    """A payload that breaks exactly one rule.

    Attributes:
        payload: The payload.
        path: Where the rule is broken, in wire names: ``$.meterValue[0].timestamp``.
        keyword: The rule, named as in JSON Schema: ``enum``, ``maxLength``, ``required``, ``format`` ...
        code: What a receiver must answer; how a version spells it is in its `Specification`.
    """

    payload: dict[str, Any]
    path: str
    keyword: str
    code: ErrorCode


def broken_payloads(
    cls: type[Payload], *, valid: st.SearchStrategy[dict[str, Any]] | None = None
) -> st.SearchStrategy[BrokenPayload]:
    """Payloads of a class that break one rule, at one place, never inside opaque content.

    The rules: JSON type (null and booleans for numbers included), missing and unknown members, tokens, lengths, ranges,
    steps, list sizes, timestamps. A rule is drawn first and a place for it then, so that rare rules get their share.

    Args:
        cls: A message class or data type of any version.
        valid: What is broken: payloads of the class, those of `payloads` if nothing is given.

    Raises:
        ValueError: No payload of the class can be broken: see `is_breakable`.
    """
    if not is_breakable(cls):
        raise ValueError(
            f"{cls.__name__} accepts every JSON object: it is open and has no members of its own"
        )
    return _broken_payloads(cls, payloads(cls) if valid is None else valid)


def is_breakable(cls: type[Payload]) -> bool:
    """Whether the class refuses any JSON object: the empty messages of 2.0 do not."""
    facts = shape(cls)
    return not facts.is_open or any(not isinstance(field.kind, Anything) for field in facts.fields)


def mutated_payloads(cls: type[Payload]) -> st.SearchStrategy[Any]:
    """Payloads of a class in which one to three random nodes have been replaced, added or removed.

    Some are still valid; some are no object any more.

    Args:
        cls: A message class or data type of any version.
    """
    return _mutated_payloads(cls)


# One rule


#: Where something stands: members and indices, from the outside in.
Steps = tuple[str | int, ...]


class _Break(NamedTuple):
    """One rule that can be broken at one place."""

    keyword: str
    steps: Steps
    value: st.SearchStrategy[Any]  # to put there


class _Absent:
    """What stands for nothing: putting it somewhere removes what is there."""


_ABSENT = _Absent()
#: How many items of a list are looked at: those of long lists are the same anyway.
_ITEMS = 3


@st.composite
def _broken_payloads(
    draw: st.DrawFn, cls: type[Payload], valid: st.SearchStrategy[dict[str, Any]]
) -> BrokenPayload:
    payload = draw(valid)
    breaks = list(_breaks_of_object(shape(cls), payload, ()))
    assume(breaks)
    keyword = draw(st.sampled_from(sorted({each.keyword for each in breaks})))
    chosen = draw(st.sampled_from([each for each in breaks if each.keyword == keyword]))
    steps = chosen.steps
    if keyword == "additionalProperties":
        name, value = draw(chosen.value)
        steps = (*steps, name)
    else:
        value = draw(chosen.value)
    return BrokenPayload(_put(payload, steps, value), _path(steps), keyword, KEYWORD_CODES[keyword])


def _breaks_of_object(facts: Shape, payload: dict[str, Any], steps: Steps) -> Iterator[_Break]:
    for field in facts.fields:
        if field.wire in payload:
            if field.is_required:
                yield _Break("required", (*steps, field.wire), st.just(_ABSENT))
            yield from _breaks(field.kind, payload[field.wire], (*steps, field.wire))
    if not facts.is_open:
        yield _Break("additionalProperties", steps, _unknown_members(facts.fields))


def _breaks(kind: Kind, value: Any, steps: Steps) -> Iterator[_Break]:
    return _Breaks(value, steps).of(kind)


class _Breaks(Fold[Iterator[_Break]]):
    """What can be broken in a valid value."""

    def __init__(self, value: Any, steps: Steps) -> None:
        self.value = value
        self.steps = steps

    def text(self, kind: Text) -> Iterator[_Break]:
        yield self.type(*_NO_TEXT, [self.value])
        if kind.max_length is not None:
            yield self.rule("maxLength", text_of_length(kind.max_length + 1))

    def integer(self, kind: Integer) -> Iterator[_Break]:
        points = (1.0, Decimal("1.0"), Decimal("1E+2")) if kind.draft == 4 else ()
        yield self.type(*_NO_NUMBER, str(self.value), 1.5, Decimal("0.5"), *points)
        yield from self.range(kind)

    def number(self, kind: Number) -> Iterator[_Break]:
        yield self.type(*_NO_NUMBER, str(self.value))
        yield from self.range(kind)
        if kind.multiple_of is not None:
            yield self.rule("multipleOf", st.sampled_from(_between(kind.multiple_of)))

    def boolean(self, kind: Boolean) -> Iterator[_Break]:
        yield self.type(0, 1, 1.0, "true", "false", "", [], {})

    def timestamp(self, kind: Timestamp) -> Iterator[_Break]:
        yield self.type(*_NO_TEXT, [self.value])
        yield self.rule("format", st.sampled_from(_bad_timestamps(self.value, kind.digits)))

    def enumeration(self, kind: Enumeration) -> Iterator[_Break]:
        yield self.type(*_NO_TEXT, [self.value])
        yield self.rule("enum", _unknown_tokens(kind.enum))

    def nested(self, kind: Nested) -> Iterator[_Break]:
        yield self.type(True, "", 1, [], [self.value])
        yield from _breaks_of_object(shape(kind.cls, kind.draft), self.value, self.steps)

    def anything(self, kind: Anything) -> Iterator[_Break]:
        return iter(())

    def list_of(self, kind: ListOf) -> Iterator[_Break]:
        value, fewest, most = self.value, kind.min_items, kind.max_items
        # An object in place of a list of objects is read as a list of one, which may be wrong itself.
        objects: list[Any] = [] if isinstance(kind.item, Nested) else [{}]
        yield self.type(True, "", 1, *value[:1], *objects)
        if fewest:
            yield self.rule("minItems", st.just(value[: fewest - 1]))
        if most is not None and value:
            items = cycle(_without_optional(kind.item, each) for each in value[:_ITEMS])
            yield self.rule("maxItems", st.just(list(islice(items, most + 1))))
        for index in range(min(len(value), _ITEMS)):
            yield from _breaks(kind.item, value[index], (*self.steps, index))

    def range(self, kind: Integer | Number) -> Iterator[_Break]:
        """Numbers outside the limits."""
        if kind.minimum is not None:
            yield self.rule("minimum", st.sampled_from(_beyond(kind, kind.minimum, -1)))
        if kind.maximum is not None:
            yield self.rule("maximum", st.sampled_from(_beyond(kind, kind.maximum, 1)))

    def type(self, *others: Any) -> _Break:
        """Values of every other JSON type, and the lookalikes: text and booleans for numbers, an item for a list."""
        return self.rule("type", st.sampled_from([None, *others]))

    def rule(self, keyword: str, value: st.SearchStrategy[Any]) -> _Break:
        """One rule that can be broken here."""
        return _Break(keyword, self.steps, value)


_NO_TEXT: tuple[Any, ...] = (7, 0.5, Decimal("1.50"), True, False, [], {})
_NO_NUMBER: tuple[Any, ...] = ("", "x", True, False, [], {})


def _without_optional(kind: Kind, value: Any) -> Any:
    """The same item with its required members only: a thousand of them shall be readable."""
    if isinstance(kind, Nested):
        fields = [field for field in shape(kind.cls, kind.draft).fields if field.is_required]
        return {field.wire: _without_optional(field.kind, value[field.wire]) for field in fields}
    if isinstance(kind, ListOf):
        return [_without_optional(kind.item, each) for each in value]
    return value


def _unknown_members(fields: tuple[Field, ...]) -> st.SearchStrategy[tuple[str, Any]]:
    known = {field.wire for field in fields}
    lookalikes = sorted({change(name) for name in known for change in (str.upper, str.lower, _snake)} - known)
    names = st.one_of(
        st.sampled_from([*lookalikes, "extra", "vendor"]),
        st.text(max_size=8).filter(lambda name: name not in known),
    )
    return st.tuples(names.filter(lambda name: name not in _MISNAMED), json_values())


#: What tolerant reading takes for another member, which then is there twice or is missing no more.
_MISNAMED = ("heartbeatInterval",)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _unknown_tokens(enum: type[Token]) -> st.SearchStrategy[str]:
    known = tokens(enum)
    lookalikes = {
        change(token) for token in known for change in (str.lower, str.upper, "{} ".format, "{}x".format)
    }
    return st.one_of(
        st.sampled_from(sorted(lookalikes - known.keys())),
        st.text(max_size=8).filter(lambda text: text not in known),
    )


def _beyond(kind: Integer | Number, limit: float, direction: int) -> list[Any]:
    """Numbers just outside a limit, and far outside."""
    edge = int(limit)
    beyond = [edge + direction, edge + direction * 10**6]
    if isinstance(kind, Integer):
        return beyond
    return [
        *beyond,
        edge + direction * Decimal("0.1"),
        Decimal(f"{edge + direction}.00"),
        edge + direction * 0.5,
    ]


def _between(step: Decimal) -> list[Any]:
    """Numbers between two multiples of a step that is a power of ten."""
    half = step / 2
    return [half, -half, 16 + half, float(half), 16 + float(half), Decimal(16) + step + Decimal("1E-20")]


def _bad_timestamps(text: str, digits: int | None) -> list[str]:
    """Texts that are no timestamp of RFC 3339, made from one that is."""
    date, time, seconds = text[:10], text[:16], text[:19]
    bad = [
        *(
            "",
            "now",
            date,
            seconds,
            f"{time}Z",
            f"{date} {text[11:]}",
            f" {text}",
            f"{text}\n",
            f"{seconds}.Z",
        ),
        *(
            f"{seconds},5Z",
            f"{seconds}+02",
            f"{seconds}+0200",
            f"{seconds}+24:00",
            f"{seconds}+02:60",
            f"{seconds}UTC",
        ),
        *(
            f"2026-02-30{text[10:]}",
            f"2025-02-29{text[10:]}",
            f"2026-13-01{text[10:]}",
            f"2026-00-10{text[10:]}",
        ),
        *(
            f"{date}T24:00:00Z",
            f"{date}T12:60:00Z",
            f"{date}T12:00:61Z",
            f"{date}T23:59:60Z",
            f"0000{text[4:]}",
        ),
        *(
            f"1{text}",
            f"-{text}",
            "20260131T120000Z",
            "2026-W05-6T12:00:00Z",
            "٢٠٢٦-01-31T12:00:00Z",
            "1767225600",
        ),
    ]
    if digits is not None:
        bad += [f"{seconds}.{'0' * digits}0Z", f"{seconds}.{'123456789'[: digits + 1]}+01:00"]
    return bad


# Any nodes


@st.composite
def _mutated_payloads(draw: st.DrawFn, cls: type[Payload]) -> Any:
    payload = draw(payloads(cls))
    for _ in range(draw(_MUTATIONS)):
        nodes = list(_nodes(payload, ()))
        steps, node = draw(st.sampled_from(nodes))
        replacement = st.one_of(_LIKELY, json_values(), st.sampled_from(nodes).map(lambda other: other[1]))
        match draw(_WAYS):
            case "remove":
                payload = _put(payload, steps, _ABSENT) if steps else payload
            case "add" if isinstance(node, dict):
                payload = _put(payload, (*steps, draw(_names(payload))), draw(replacement))
            case "add" if isinstance(node, list):
                items = list(node)
                items.insert(draw(st.integers(0, len(node))), draw(replacement))
                payload = _put(payload, steps, items)
            case _:
                payload = _put(payload, steps, draw(replacement))
    return payload


_MUTATIONS = st.sampled_from((1, 1, 2, 3))
_WAYS = st.sampled_from(("replace", "replace", "add", "remove"))
#: Values that are right somewhere, or nearly.
_LIKELY: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            1,
            -1,
            1.0,
            100,
            101,
            0.1,
            0.25,
            Decimal("1.00"),
            Decimal("16.15"),
            2**31,
            "",
            "x" * 51,
        ),
        *(
            "Accepted",
            "accepted",
            "true",
            "5",
            "2026-01-31T12:00:00Z",
            "2026-01-31T12:00:00.1234Z",
            "2026-01-31",
        ),
        *([], {}, {"vendorId": "x"}, [1], ["x"], [{}], "Celsius", "Celcius"),
    ]
)


def _names(payload: Any) -> st.SearchStrategy[str]:
    """Names of members: those that occur somewhere in the payload, and others."""
    known = sorted({step for steps, _ in _nodes(payload, ()) for step in steps[-1:] if isinstance(step, str)})
    return st.one_of(st.sampled_from([*known, "customData", "status"]), st.text(max_size=6))


def _nodes(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    yield steps, value
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _nodes(member, (*steps, name))
    elif isinstance(value, list):
        for index, item in enumerate(value[:_ITEMS]):
            yield from _nodes(item, (*steps, index))


# Places


def _put(container: Any, steps: Steps, value: Any) -> Any:
    """A copy of `container` with `value` at a place; what is not on the way there is shared."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    copy: Any = container.copy()
    if rest:
        copy[step] = _put(container[step], rest, value)
    elif value is _ABSENT:
        del copy[step]
    else:
        copy[step] = value
    return copy


def _path(steps: Steps) -> str:
    path = "$"
    for step in steps:
        path = f"{path}[{step}]" if isinstance(step, int) else member_path(path, step)
    return path
