"""Translation: what a message costs to be said in another version, beside the decoding of its frame, which precedes it.

A message that is translated has been read before, and is written afterwards; neither is measured here. What a
translation makes is what `translate` gives back: messages that are typed and valid, with the losses as notes.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from contest import compete, measurements, results
from report import Effort, Suite
from traffic import (
    AUTHORIZE,
    AUTHORIZE_2_0_1,
    BOOT_NOTIFICATION,
    BOOT_NOTIFICATION_2_0_1,
    METER_VALUES_2_0_1,
    METER_VALUES_OF_CONNECTOR,
    STATUS_NOTIFICATION,
    STATUS_NOTIFICATION_2_0_1,
    Message,
)

OURS = "decode, for comparison"
TRANSLATED = "translate"
WORDED = "translate, and put the losses into words"

#: From 1.6 to 2.0.1, and back. Transactions take a session: what it does beyond this is remembering.
UP = (BOOT_NOTIFICATION, AUTHORIZE, STATUS_NOTIFICATION, METER_VALUES_OF_CONNECTOR)
DOWN = (BOOT_NOTIFICATION_2_0_1, AUTHORIZE_2_0_1, STATUS_NOTIFICATION_2_0_1, METER_VALUES_2_0_1)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def measure(effort: Effort) -> list[Suite]:
    """Measures both directions."""
    found = results(__file__, effort, values=effort.values, min_time=0.05)
    return [_suite("up", "1.6 to 2.0.1", UP, found), _suite("down", "2.0.1 to 1.6", DOWN, found)]


def _suite(name: str, title: str, messages: Iterable[Message], found: dict[str, float]) -> Suite:
    return Suite(
        name=f"translation_{name}",
        title=f"Translation, {title}: best time per message, and how many times that of its decoding",
        reference=OURS,
        measurements=measurements("translation", WORK, messages, found),
    )


def decoding(message: Message) -> Callable[[], object]:
    from ocpp_core import JsonCodec

    decode, text = JsonCodec(message.version).decode, message.text
    return lambda: decode(text)


def translating(message: Message) -> Callable[[], Any]:
    from ocpp_core import JsonCodec
    from ocpp_core.model.messages import Call
    from ocpp_core.translation import translate

    target = "2.0.1" if message.version == "1.6" else "1.6"
    frame = JsonCodec(message.version).decode(message.text)
    assert isinstance(frame, Call)
    payload, new_id = frame.payload, count(1).__next__
    assert translate(payload, to=target, received_at=NOON, new_id=new_id).messages, "it shall be translated"
    return lambda: translate(payload, to=target, received_at=NOON, new_id=new_id)


def wording(message: Message) -> Callable[[], object]:
    prepared = translating(message)
    return lambda: prepared().losses


WORK: dict[tuple[str, str], Callable[[Message], Any]] = {
    ("translation", OURS): decoding,
    ("translation", TRANSLATED): translating,
    ("translation", WORDED): wording,
}


if __name__ == "__main__":
    compete(WORK, (*UP, *DOWN))
