"""What a station tells and answers, action by action: what fits its schema, as other rules are about the rest."""

from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json
from ocpp_core.conformance.learning import Learned
from ocpp_core.conformance.traces import Entry
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.timestamps import read_timestamp

#: What is expected and what came instead; None of what is right.
Wrong = tuple[str, str] | None
#: Finds messages of an action, with their payloads.
Source = Callable[[Heard, str], Iterator[tuple[Said, Json]]]


@frozen
class Event:
    """An event of a transaction of 2.0.1 or 2.1, and what was known when it came."""

    said: Said
    payload: Json
    known: Learned

    @property
    def mark(self) -> int:
        """Where it stands in the trace."""
        return self.said.mark

    @property
    def id(self) -> str:
        """Of its transaction."""
        return str(self.payload["transactionInfo"]["transactionId"])

    @property
    def kind(self) -> str:
        """Started, Updated or Ended."""
        return str(self.payload["eventType"])

    @property
    def trigger(self) -> str:
        """Why it is told."""
        return str(self.payload["triggerReason"])

    @property
    def state(self) -> str:
        """The charging state that it tells; "" if it tells none."""
        return str(self.payload["transactionInfo"].get("chargingState", ""))

    @property
    def reason(self) -> str:
        """Why the transaction has ended; left out, it is that a driver has ended it."""
        return str(self.payload["transactionInfo"].get("stoppedReason", "Local"))

    @property
    def is_offline(self) -> bool:
        """Whether it says that it happened while there was no connection."""
        return bool(self.payload.get("offline", False))

    @property
    def samples(self) -> list[Json]:
        """The values that were read."""
        return [
            sample for reading in self.payload.get("meterValue", ()) for sample in reading["sampledValue"]
        ]


def requests(heard: Heard, action: str) -> Iterator[tuple[Said, Json]]:
    """The requests of an action that the station has sent."""
    return ((said, said.members) for said in heard.said if heard.tells(said, action))


def results(heard: Heard, action: str) -> Iterator[tuple[Said, Json]]:
    """The results of an action that the station has sent."""
    return ((said, said.members) for said in heard.said if heard.answers(said, action))


def course(heard: Heard) -> Iterator[tuple[Entry, Said | None]]:
    """All that happened, and the messages that are whole."""
    whole = {said.mark: said for said in heard.said}
    return ((entry, whole.get(entry.number)) for entry in heard.trace)


def informed(heard: Heard, action: str) -> Iterator[tuple[Said, Learned]]:
    """The requests of an action, and what was known of the station when each came."""
    moments = zip(heard.said, heard.known, strict=False)
    return ((said, known) for said, known in moments if heard.tells(said, action))


def events(heard: Heard) -> Iterator[Event]:
    """The events of transactions in the order in which they came; what came again, once."""
    seen: set[tuple[Any, ...]] = set()
    for said, known in informed(heard, "TransactionEvent"):
        event = Event(said, said.members, known)
        key = event.id, event.payload["seqNo"], event.kind, event.trigger, event.payload["timestamp"]
        if key not in seen:
            seen.add(key)
            yield event


def transactions(heard: Heard) -> Iterator[list[Event]]:
    """The same, those of each transaction by themselves."""
    found: dict[str, list[Event]] = {}
    for event in events(heard):
        found.setdefault(event.id, []).append(event)
    yield from found.values()


def each(
    source: Source, action: str, judge: Callable[[Json], Wrong], heard: Heard
) -> Iterator[Deviation | None]:
    """Judges each message of an action by itself."""
    for said, payload in source(heard, action):
        wrong = judge(payload)
        yield None if wrong is None else Deviation(*wrong, place=action, marks=(said.mark,))


def judged(is_right: bool, expected: str, got: str, *said: Said) -> Deviation | None:
    """The verdict on messages: None if they are right, else what was expected and what came."""
    return None if is_right else Deviation(expected, got, marks=tuple(each.mark for each in said))


def answered(heard: Heard, action: str) -> Iterator[tuple[Json, Said]]:
    """The results of an action with what was asked for: those that fit their schemas, as both have to."""
    for said, _ in results(heard, action):
        request = heard.answered.get(said.mark)
        if request is not None and heard.is_right(request):
            yield request.members, said


def clock(heard: Heard, after: int, until: int) -> float | None:
    """Seconds by which the clock of the station is before that of the trace, told by its freshest message."""
    offsets = [
        seconds(payload["timestamp"]) - said.entry.at
        for action in ("StatusNotification", "TransactionEvent")
        for said, payload in requests(heard, action)
        if after < said.entry.number < until
    ]
    return max(offsets, default=None)


def seconds(timestamp: str) -> float:
    """The same moment as a number."""
    return read_timestamp(timestamp).timestamp()
