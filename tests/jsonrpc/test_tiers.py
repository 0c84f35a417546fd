"""The tiers of the codec have one verdict: what the first reads or writes, the second reads and writes the same.

The first works on text, the second on values. So the texts here differ in what values do not show: blanks, escapes,
members that are there twice, numbers in every spelling.
"""

import os
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st

from classes import DERIVED_MESSAGES, JSON_MESSAGES
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
from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import WireTimestamp
from ocpp_core.payloads.binding import REFUSALS, decoder
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.testing import messages, mutated_payloads, payloads
from properties import for_all
from spelling import Speller

SHORT = 8
DEEP = 150
deep = [
    pytest.mark.deep,
    pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1"),
]
MESSAGES = [*JSON_MESSAGES, *DERIVED_MESSAGES]
DEEP_MESSAGES = [pytest.param(*each.values, id=each.id, marks=deep) for each in MESSAGES]
Record = Callable[[str, object], None]

#: Ids as they come, and such as may not.
IDS = ("17", "x" * 36, "x" * 37, "", "-1", "Zoë 🔌", 'q"', "\\", 17, None, "2,3", "\x7f")


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


@pytest.mark.parametrize("cls", MESSAGES)
def test_first_tier_reads_what_is_written_as_usual(cls: type[Payload], record_property: Record) -> None:
    """Of what we write ourselves it leaves to the second tier only what its module says."""
    framed = Framed(cls)
    write = frame_writer(framed.made, framed.number, cls, None)

    def check(message: Any) -> None:
        try:
            text = write(framed.made("17", message))
        except REFUSALS:
            return
        if "\\" not in text and '"customData"' not in text:
            read = outcome(framed.first, text)
            if read is not None:
                ...

    record_property("cases", for_all(messages(cls), SHORT, check))
