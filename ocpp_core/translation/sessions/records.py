"""The state of a session as plain values, and what of it the store has not seen yet."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from json import dumps, loads
from typing import Any, TypeVar

from ocpp_core.model.messages import Payload
from ocpp_core.model.timestamps import read_timestamp, write_timestamp
from ocpp_core.payloads.binding import REFUSALS
from ocpp_core.payloads.conversion import from_wire, to_wire
from ocpp_core.payloads.texts import writer
from ocpp_core.translation.sessions.stores import Key, StateError, Store, Value

P = TypeVar("P", bound=Payload)

#: Of all records of a station together; it stands in one of them.
FORMAT = 1
_FORMAT: Key = ("session", "format")
#: Ids are those of 1.6 too, which has 32 bits.
LARGEST_ID = 2**31 - 1


class Records:
    """All records of one station, by kind and name.

    Values are JSON and are not changed in place: whoever changes one puts it anew. Nothing reaches the store before
    `flush`, which a session calls before it returns effects.
    """

    def __init__(self, identity: str, store: Store) -> None:
        self._identity = identity
        self._store = store
        self._changes: dict[Key, Value] = {}
        self._kinds: dict[str, dict[str, Value]] = {}
        loaded = dict(store.load(identity))
        found = loaded.pop(_FORMAT, None)
        self._is_new = found is None
        if found not in (None, FORMAT):
            raise StateError(identity, f"its format is {found}, and this release knows {FORMAT}")
        # Where there is an order, it is kept: see `push`.
        for (kind, name), value in sorted(loaded.items(), key=_order):
            self._kinds.setdefault(kind, {})[name] = value
        self._pushed = max(map(_order, loaded.items()), default=0)

    def get(self, kind: str, name: str) -> Any:
        """The value; None if there is none."""
        return self._kinds.get(kind, {}).get(name)

    def all(self, kind: str) -> Mapping[str, Any]:
        """All of a kind, by name; those that were pushed in their order."""
        return self._kinds.get(kind, {})

    def put(self, kind: str, name: str, value: Value) -> None:
        """Writes one, in place of what was there."""
        self._kinds.setdefault(kind, {})[name] = value
        self._changes[kind, name] = value

    def push(self, kind: str, name: str, value: dict[str, Any], most: int) -> list[str]:
        """Like `put`, as the newest of its kind, of which there are so many at most.

        Returns:
            The names of the oldest, which were removed.
        """
        self._pushed += 1
        self._kinds.get(kind, {}).pop(name, None)
        self.put(kind, name, {**value, "order": self._pushed})
        known = self._kinds[kind]
        gone = list(islice(known, max(0, len(known) - most)))
        for one in gone:
            self.remove(kind, one)
        return gone

    def remove(self, kind: str, name: str) -> None:
        """Forgets one, if it is there."""
        if self._kinds.get(kind, {}).pop(name, None) is not None:
            self._changes[kind, name] = None

    def next_id(self, name: str) -> int:
        """Counts on: from 1, never the same again; ids of 1.6 and 2.x have 31 bits.

        Raises:
            OverflowError: All have been given.
        """
        given = self.get("counter", name) or 0
        if given >= LARGEST_ID:
            raise OverflowError(f"all {name} ids have been given")
        self.put("counter", name, given + 1)
        return int(given) + 1

    def flush(self) -> None:
        """Hands what has changed to the store, all at once."""
        if self._changes:
            if self._is_new:
                self._changes[_FORMAT] = FORMAT
            self._store.save(self._identity, self._changes)
            self._changes, self._is_new = {}, False


def _order(item: tuple[Key, Value]) -> int:
    value = item[1]
    order = value.get("order") if isinstance(value, dict) else None
    return order if isinstance(order, int) else 0


# What stands in values


def packed(message: Payload) -> str:
    """A message that can be sent, as text for a value."""
    try:
        return writer(type(message))(message)
    except REFUSALS:  # what it cannot say, or not with every digit
        return dumps(to_wire(message), default=_exact, separators=(",", ":"))


def unpacked(cls: type[P], text: str) -> P:
    """What `packed` has packed."""
    return from_wire(cls, loads(text, object_hook=_number))


#: Marks a number that no float holds.
_EXACT = "\x00exact"


def _exact(value: Decimal) -> Any:
    return {_EXACT: str(value)}


def _number(value: dict[str, Any]) -> Any:
    text = value.get(_EXACT) if len(value) == 1 else None
    try:
        return value if text is None else Decimal(text)
    except (ArithmeticError, TypeError, ValueError):  # a member of somebody's, by that name
        return value


def moment(text: str) -> datetime:
    """A time of a value."""
    return read_timestamp(text)


def moment_text(value: datetime) -> str:
    """A time for a value."""
    return write_timestamp(value)
