"""Translation: what a message costs to be said in another version, beside the decoding of its frame, which precedes it.

A message that is translated has been read before, and is written afterwards; neither is measured here. What a
translation makes is what `translate` gives back: messages that are typed and valid, with the losses as notes.

What belongs to a transaction takes a session. There a message is one that has not come before, with its answer; making
it new is measured too, and so is what has to be in the store before it is sent, which here is one in memory.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from contest import compete, measurements, results
from report import Effort, Suite
from traffic import (
    AUTHORIZE,
    AUTHORIZE_2_0_1,
    BOOT_NOTIFICATION,
    BOOT_NOTIFICATION_2_0_1,
    METER_VALUES,
    METER_VALUES_2_0_1,
    METER_VALUES_OF_CONNECTOR,
    START_TRANSACTION,
    STATUS_NOTIFICATION,
    STATUS_NOTIFICATION_2_0_1,
    TRANSACTION_EVENT,
    Message,
)

OURS = "decode, for comparison"
TRANSLATED = "translate"
WORDED = "translate, and put the losses into words"

#: From 1.6 to 2.0.1, and back; the last of each in a session.
UP = (BOOT_NOTIFICATION, AUTHORIZE, STATUS_NOTIFICATION, METER_VALUES_OF_CONNECTOR, METER_VALUES)
DOWN = (
    BOOT_NOTIFICATION_2_0_1,
    AUTHORIZE_2_0_1,
    STATUS_NOTIFICATION_2_0_1,
    METER_VALUES_2_0_1,
    TRANSACTION_EVENT,
)

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


def _payload(message: Message) -> Any:
    from ocpp_core import JsonCodec
    from ocpp_core.model.messages import Call

    frame = JsonCodec(message.version).decode(message.text)
    assert isinstance(frame, Call)
    return frame.payload


def translating(message: Message) -> Callable[[], Any]:
    from ocpp_core.translation import translate

    if message in IN_SESSION:
        return IN_SESSION[message](_payload(message))
    target = "2.0.1" if message.version == "1.6" else "1.6"
    payload, new_id = _payload(message), count(1).__next__
    assert translate(payload, to=target, received_at=NOON, new_id=new_id).messages, "it shall be translated"
    return lambda: translate(payload, to=target, received_at=NOON, new_id=new_id)


class _Effects(list[Any]):
    """What a session wants done, from a message to the answer to it."""

    @property
    def losses(self) -> list[Any]:
        return [one.losses for one in self]


def _exchanging(session: Any, answers: Iterable[Any]) -> Callable[[Any], _Effects]:
    """What tells a session of a message of the station, and of the answers to the calls it is made of."""
    from ocpp_core.translation.sessions import Call, Side

    known = {type(one).__name__.removesuffix("Response"): one for one in answers}

    def exchange(message: Any) -> _Effects:
        done = _Effects()
        effects = session.received(Side.STATION, message, 1, NOON)
        while effects:
            done += effects
            call = effects[-1]
            if not isinstance(call, Call):
                break
            effects = session.answered(call.call, known[call.request.__ocpp__.action or ""], NOON)
        return done

    return exchange


def _metering(values: Any) -> Callable[[], _Effects]:
    """MeterValues of 1.6 in a transaction, which become a TransactionEvent."""
    from ocpp_core import evolve, v201
    from ocpp_core.translation.sessions import TranslationSession

    session = TranslationSession(station="1.6", csms="2.0.1", identity="CS-1")
    exchange = _exchanging(session, [v201.TransactionEventResponse()])
    exchange(_payload(START_TRANSACTION))
    (one,), seconds = values.meter_value, count(1)

    def meter() -> _Effects:
        later = one.timestamp + timedelta(seconds=next(seconds))
        return exchange(evolve(values, transaction_id=1, meter_value=[evolve(one, timestamp=later)]))

    return meter


def _reporting(event: Any) -> Callable[[], _Effects]:
    """TransactionEvent of a transaction that runs, which becomes MeterValues."""
    from ocpp_core import evolve, v16, v201
    from ocpp_core.translation.sessions import TranslationSession

    accepted = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
    answers = [
        v16.StartTransactionResponse(transaction_id=7, id_tag_info=accepted),
        v16.StatusNotificationResponse(),
        v16.MeterValuesResponse(),
    ]
    session = TranslationSession(station="2.0.1", csms="1.6", identity="CS-1")
    exchange = _exchanging(session, answers)
    exchange(evolve(event, event_type=v201.TransactionEvent.STARTED, seq_no=0))
    numbers = count(1)
    return lambda: exchange(evolve(event, seq_no=next(numbers), id_token=None))


IN_SESSION: dict[Message, Callable[[Any], Callable[[], _Effects]]] = {
    METER_VALUES: _metering,
    TRANSACTION_EVENT: _reporting,
}


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
