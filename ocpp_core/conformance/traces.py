"""What was said on a connection to the software under test, as it was on the wire, in order."""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from typing import overload

from attrs import define, evolve, field, frozen

#: Entries that are kept of a very long trace, and characters of the software after which its other texts are left out.
MOST_ENTRIES = 400
MOST_CHARACTERS = 1_000_000

#: How the note of an entry begins that is the body of an HTTP request of the software, and no answer.
POSTED = "HTTP POST"


class Direction(StrEnum):
    """Who said it, seen from the kit."""

    SENT = "sent"  #: by the kit
    RECEIVED = "received"  #: from the software under test


class What(StrEnum):
    """What an entry of a trace is."""

    MESSAGE = "message"  #: a WebSocket message, or the body of an HTTP request or response
    OPENED = "opened"  #: a connection; its text says how
    CLOSED = "closed"  #: a connection; its text is the code and the reason
    CONTROL = "control"  #: a control frame of WebSocket; its text is its name


@frozen
class Entry:
    """One thing that happened on the wire.

    Attributes:
        number: In its trace, from 0.
        at: Seconds since the trace began.
        direction: Who did it.
        what: What it is.
        text: As it was on the wire; bytes that are no UTF-8 are written as escapes.
        note: What the kit knows about it: "broken: $.status", "binary", "HTTP 500".
    """

    number: int
    at: float
    direction: Direction
    what: What
    text: str
    note: str = ""


@define
class Trace(Sequence[Entry]):
    """Everything that was said on one connection, or on several of one check, in order."""

    _entries: list[Entry] = field(factory=list)

    def add(self, at: float, direction: Direction, what: What, text: str | bytes, note: str = "") -> Entry:
        """Adds what has just happened."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", "backslashreplace")
        entry = Entry(len(self._entries), at, direction, what, text, note)
        self._entries.append(entry)
        return entry

    def received(self) -> Iterator[Entry]:
        """The messages of the software under test."""
        return (
            entry
            for entry in self._entries
            if entry.direction is Direction.RECEIVED and entry.what is What.MESSAGE
        )

    def kept(self, marks: Collection[int]) -> "Trace":
        """What a finding keeps: all of it, or of a very long one its end and what has the numbers of `marks`."""
        if len(self) <= MOST_ENTRIES and sum(len(entry.text) for entry in self.received()) <= MOST_CHARACTERS:
            return self
        least = len(self) - MOST_ENTRIES
        left, kept = MOST_CHARACTERS, list[Entry]()
        for entry in sorted(self, key=lambda entry: (entry.number in marks, entry.number), reverse=True):
            if entry.number < least and entry.number not in marks:
                continue
            is_received = entry.direction is Direction.RECEIVED
            kept.append(evolve(entry, text="") if is_received and left <= 0 else entry)
            left -= len(entry.text) if is_received else 0
        return Trace(sorted(kept, key=lambda entry: entry.number))

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self._entries[index]
