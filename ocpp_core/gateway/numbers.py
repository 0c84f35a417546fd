"""Transaction ids of a mirror: in 1.x the CSMS gives them out, and a station knows only those of its own.

A station puts the id that it got from the primary into all that follows. A mirror has given another one, or its session
has, so that ids are exchanged on the way: those of the station for those of the mirror, and back for commands.
"""

from typing import Any, TypeVar

import attrs

from ocpp_core.model.messages import Payload, evolve
from ocpp_core.translation.sessions.stores import Store

P = TypeVar("P", bound=Payload)

_KIND = "number"


class Numbers:
    """Which id of the mirror belongs to which one of the station. They are kept in a store.

    Args:
        store: Of all stations.
        name: Of the records of this one.
        most: Transactions that are remembered; a station has few open ones, but may be offline for long.
    """

    def __init__(self, store: Store, name: str, *, most: int = 1000) -> None:
        self._store = store
        self._most = most
        self._name = name
        self._theirs: dict[int, int] = {
            int(number): value for (kind, number), value in store.load(name).items() if kind == _KIND
        }
        self._ours = {theirs: ours for ours, theirs in self._theirs.items()}

    def learn(self, ours: Any, theirs: Any) -> None:
        """Learns from the two responses to one request; all but those of a StartTransaction say nothing of ids."""
        pair = _number(ours), _number(theirs)
        if None in pair or pair[0] in self._theirs:
            return
        mine, other = pair
        assert mine is not None
        assert other is not None
        changes: dict[tuple[str, str], Any] = {(_KIND, str(mine)): other}
        if len(self._theirs) >= self._most:
            oldest = next(iter(self._theirs))
            self._ours.pop(self._theirs.pop(oldest), None)
            changes[_KIND, str(oldest)] = None
        self._store.save(self._name, changes)
        self._theirs[mine], self._ours[other] = other, mine

    def to_mirror(self, message: P) -> P:
        """A message of the station, with the id that the mirror knows."""
        return _renumbered(message, self._theirs)

    def to_station(self, message: P) -> P:
        """A message for the station, with the id that the station knows."""
        return _renumbered(message, self._ours)


def _number(message: Any) -> int | None:
    number = getattr(message, "transaction_id", None)
    return number if isinstance(number, int) else None


def _renumbered(message: P, ids: dict[int, int]) -> P:
    """A message with other ids: in itself, or in what stands in it (csChargingProfiles)."""
    if not ids:
        return message
    changes: dict[str, Any] = {}
    for field in attrs.fields(type(message)):
        value = getattr(message, field.name)
        if field.name == "transaction_id" and isinstance(value, int) and value in ids:
            changes[field.name] = ids[value]
        elif isinstance(value, Payload):
            inner = _renumbered(value, ids)
            if inner is not value:
                changes[field.name] = inner
    return evolve(message, **changes) if changes else message
