"""The tiers of the codec have one verdict: what the first reads or writes, the second reads and writes the same.

The first works on text, the second on values. So the texts here differ in what values do not show: blanks, escapes,
members that are there twice, numbers in every spelling.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st

from classes import DERIVED_MESSAGES, JSON_MESSAGES
from ocpp_core import v16, v201
from ocpp_core.jsonrpc.kinds import NOT_READ, Kinds, Made
from ocpp_core.jsonrpc.quick import frame_reader, frame_writer
from ocpp_core.jsonrpc.text import BrokenJson, read_json, write_json
from ocpp_core.model.codes import FrameKind
from ocpp_core.model.messages import (
    MISSING,
    UNSET,
    Call,
    CallResult,
    Notification,
    Payload,
    Response,
    Send,
    Token,
)
from ocpp_core.model.shapes import Anything, Enumeration, Integer, Kind, ListOf, Nested, Number, Shape, shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import FIXED_DIGITS, WireTimestamp
from ocpp_core.payloads.binding import REFUSALS, decoder
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.testing import messages, mutated_payloads, payloads
from properties import for_all
from spelling import Speller

SHORT = 5
DEEP = 150
deep = [
    pytest.mark.deep,
    pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1"),
]
MESSAGES = [*JSON_MESSAGES, *DERIVED_MESSAGES]
DEEP_MESSAGES = [pytest.param(*each.values, id=each.id, marks=deep) for each in MESSAGES]
Record = Callable[[str, object], None]

#: Ids as they come, and such as may not.
IDS: tuple[Any, ...] = ("17", "x" * 36, "x" * 37, "", "-1", "Zoë 🔌", 'q"', "\\", 17, None, "2,3", "\x7f")


class Framed:
    """The frames of a class of messages, and both tiers that read them."""

    def __init__(self, cls: type[Payload]) -> None:
        known = specification(cls.__ocpp__.version)
        self.cls = cls
        self.action = cls.__ocpp__.action or ""
        self.made: Made = (
            CallResult if issubclass(cls, Response) else Send if issubclass(cls, Notification) else Call
        )
        kind = {
            Call: FrameKind.CALL,
            CallResult: FrameKind.CALLRESULT,
            Send: FrameKind.SEND,
        }[self.made]
        self.number = next(number for number, one in known.frame_kinds.items() if one is kind)
        self.awaiting = {id: known.request(self.action) for id in map(str, IDS)}
        self.kinds = Kinds(known)
        self.kinds.has_read(kind, self.action, decoder(cls))
        self.kinds._kinds[kind].readers[self.action] = frame_reader(self.made, self.number, cls)

    def parts(self, id: Any, payload: Any) -> list[Any]:
        action = [] if self.made is CallResult else [self.action]
        return [self.number, id, *action, payload]

    def first(self, text: str) -> Any:
        return self.kinds.read_text(text, self.awaiting)

    def second(self, text: str) -> Any:
        return self.kinds.read_values(read_json(text), self.awaiting)


def outcome(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except (*NOT_READ, BrokenJson):
        return None


@st.composite
def texts(draw: st.DrawFn, framed: Framed) -> str:
    random: Random = draw(st.randoms(use_true_random=False))
    payload = draw(st.one_of(payloads(framed.cls), payloads(framed.cls), mutated_payloads(framed.cls)))
    id = "17" if random.random() < 0.8 else random.choice(IDS)
    return Speller(random, random.choice((0, 0.02, 0.1, 0.4))).text(framed.parts(id, payload))


@pytest.mark.parametrize("cls", MESSAGES)
def test_first_tier_reads_only_what_the_second_reads_and_the_same(
    cls: type[Payload], record_property: Record
) -> None:
    record_property("cases", agree_on_texts(cls, SHORT))


@pytest.mark.parametrize("cls", DEEP_MESSAGES)
def test_first_tier_reads_the_same_of_many_texts(cls: type[Payload], record_property: Record) -> None:
    record_property("cases", agree_on_texts(cls, DEEP))


def agree_on_texts(cls: type[Payload], examples: int) -> int:
    framed = Framed(cls)

    def check(text: str) -> None:
        frame = outcome(framed.first, text)
        if frame is not None:
            assert_same(frame, outcome(framed.second, text))

    return for_all(texts(framed), examples, check)


def assert_same(frame: Any, other: Any) -> None:
    """Equal, and shown alike: a `WireTimestamp` with its text, each value of the same type."""
    assert frame == other
    assert type(frame) is type(other)
    assert shown(frame) == shown(other)
    assert frame.payload.extra is other.payload.extra


def shown(value: Any) -> Any:
    """A value taken apart, down to what `==` does not tell apart; decimals but for zeros at their end."""
    match value:
        case _ if attrs.has(type(value)):
            names = [field.name for field in attrs.fields(type(value))]
            return type(value), [(name, shown(getattr(value, name))) for name in names]
        case list():
            return [shown(item) for item in value]
        case datetime():
            return type(value), value.isoformat(), value.tzinfo, getattr(value, "text", None)
        case Token():
            return type(value), str(value), value.is_standard
        case _:
            return type(value), value


# What is usual is not left to the second tier


@pytest.mark.parametrize("cls", MESSAGES)
def test_first_tier_reads_and_writes_what_is_usual(cls: type[Payload], record_property: Record) -> None:
    framed = Framed(cls)
    write = frame_writer(framed.made, framed.number, cls, None)

    def check(message: Any) -> None:
        payload = to_wire(message)
        text = write_json(framed.parts("17", payload))
        if is_usual(shape(cls), payload) and "\\" not in text:
            frame = framed.first(text)

            assert_same(frame, framed.made("17", message))
            assert text == write(frame)

    record_property("cases", for_all(messages(cls), SHORT, check))


def is_usual(facts: Shape, payload: Any) -> bool:
    """Whether a payload has nothing in it that the first tier leaves to the second."""
    return all(
        name in facts.by_wire and is_usual_value(facts.by_wire[name].kind, value, facts.is_open)
        for name, value in payload.items()
    )


def is_usual_value(kind: Kind, value: Any, is_in_open: bool) -> bool:
    match kind:
        case Nested(cls=cls):
            return is_usual(shape(cls), value) and (is_in_open or not shape(cls).is_open)
        case ListOf(item=item):
            return all(is_usual_value(item, one, is_in_open) for one in value)
        case Enumeration(enum=enum):
            return value in [str(member) for member in enum]
        case Integer():
            return bool(-(2**63) <= value < 2**63)
        case Number():
            return len(repr(value)) <= 16 and isinstance(value, int | float) and "e" not in repr(value)
        case Anything():
            return False
        case _:
            return True


# Writing


class Sub(str):
    """Text of a kind."""


class Level(IntEnum):
    ONE = 1


NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
#: What programs put into fields, rightly and wrongly.
VALUES: tuple[Any, ...] = (
    None, UNSET, MISSING, True, 0, 1, -1, 2**63, -(2**70), 10**400, 1.5, float("nan"), Level.ONE,
    Decimal("16.1"), Decimal("16.10"), Decimal("16.00"), Decimal("-0"), Decimal("-0.0"), Decimal("1E+2"),
    Decimal("0.00001"), Decimal("0.000010"), Decimal("1E-7"), Decimal("1234567890.12345"), Decimal("NaN"),
    Decimal("-NaN1"), Decimal("Infinity"), Decimal("1E+400"), Decimal("0.10000000000000000001"), Decimal(100),
    Decimal("-10"), "", "x", "x" * 5000, "\ud800", '"\\\n\x00\x1f\x7f', "\u2028Zo\u00eb \U0001f50c", Sub("x"), b"x",
    NOON, NOON.replace(tzinfo=None), NOON.replace(microsecond=5), NOON.replace(microsecond=250_000),
    NOON.replace(year=7), NOON.replace(tzinfo=timezone(timedelta(hours=2))),
    NOON.replace(tzinfo=timezone(timedelta(seconds=1))), NOON.replace(tzinfo=UTC),
    WireTimestamp.of(NOON, "2026-01-31T12:00:00.000000000Z"), WireTimestamp.of(NOON, '"'),
    [], ["x"], [1, True], ["x"] * 2000, {}, {"a": 1}, object(), v16.ResetType.HARD, v16.ResetType.foreign('"'),
    v201.CustomData(vendor_id="V"), v201.CustomData(vendor_id="V", extra={"x": [1]}),
    v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED),
)  # fmt: skip


def spoilt(random: Random, message: Any) -> Any:
    """A copy of a message with some values changed, wherever they are."""
    changes: dict[str, Any] = {}
    for field in shape(type(message)).fields:
        value = getattr(message, field.name)
        if random.random() < 0.1:
            changes[field.name] = random.choice(VALUES)
        elif isinstance(value, Payload):
            changes[field.name] = spoilt(random, value)
        elif isinstance(value, list):
            changes[field.name] = [
                spoilt(random, item)
                if isinstance(item, Payload)
                else random.choice((item, item, *VALUES[:1]))
                for item in value
            ]
    if random.random() < 0.05:
        changes["extra"] = random.choice(
            ({}, {"x": 1}, {field.wire: 1 for field in shape(type(message)).fields})
        )
    return attrs.evolve(message, **changes)


@st.composite
def frames(draw: st.DrawFn, framed: Framed) -> Any:
    random: Random = draw(st.randoms(use_true_random=False))
    message: Any = draw(messages(framed.cls))
    id = "17" if random.random() < 0.8 else random.choice(IDS)
    made: Any = framed.made
    return made(id, spoilt(random, message) if random.random() < 0.7 else message)


@pytest.mark.parametrize("cls", MESSAGES)
def test_first_tier_writes_only_what_the_second_writes_and_the_same(
    cls: type[Payload], record_property: Record
) -> None:
    record_property("cases", agree_on_frames(cls, SHORT))


@pytest.mark.parametrize("cls", DEEP_MESSAGES)
def test_first_tier_writes_the_same_of_many_frames(cls: type[Payload], record_property: Record) -> None:
    record_property("cases", agree_on_frames(cls, DEEP))


def agree_on_frames(cls: type[Payload], examples: int) -> int:
    framed = Framed(cls)
    writers = {
        digits: frame_writer(framed.made, framed.number, cls, digits) for digits in (None, *FIXED_DIGITS)
    }

    def check(frame: Any) -> None:
        for digits, write in writers.items():
            try:
                text = write(frame)
            except REFUSALS:
                continue
            written = framed.parts(frame.id, to_wire(frame.payload, fraction_digits=digits))

            assert write_json(written) == text

    return for_all(frames(framed), examples, check)
