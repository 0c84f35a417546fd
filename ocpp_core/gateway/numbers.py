"""Transaction ids of a mirror: in 1.x the CSMS gives them out, and a station knows only those of its own.

A station puts the id that it got from the primary into all that follows. A mirror has given another one, or its session
has, so that ids are exchanged on the way: those of the station for those of the mirror, and back for commands. One that
has no counterpart never passes as it is: at the other end it may be that of another transaction, or of another station.
"""

from typing import Any, TypeVar

import attrs

from ocpp_core.model.messages import Payload, evolve
from ocpp_core.translation.sessions.stores import Store

P = TypeVar("P", bound=Payload)

_KIND = "pair"


class UnknownTransactionError(LookupError):
    """A message speaks of a transaction of which the other end has not heard."""


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
        known = [(value, int(number)) for (kind, number), value in store.load(name).items() if kind == _KIND]
        #: By age, which the second number of a record tells.
        known.sort(key=lambda one: one[0][1])
        self._theirs: dict[int, int] = {ours: theirs for (theirs, _), ours in known}
        self._ours = {theirs: ours for ours, theirs in self._theirs.items()}
        self._age: int = known[-1][0][1] if known else 0

    def learn(self, ours: Any, theirs: Any) -> None:
        """Learns from the two responses to one request; all but those of a StartTransaction say nothing of ids."""
        mine, other = _number(ours), _number(theirs)
        if mine is None or other is None:
            return
        changes: dict[tuple[str, str], Any] = {(_KIND, str(mine)): [other, self._age + 1]}
        forgotten = (
            [mine]
            if mine in self._theirs
            else list(self._theirs)[: max(0, len(self._theirs) - self._most + 1)]
        )
        changes |= {(_KIND, str(one)): None for one in forgotten if one != mine}
        self._store.save(self._name, changes)
        for one in forgotten:
            gone = self._theirs.pop(one)
            if self._ours.get(gone) == one:  # an id may be given twice, by either
                del self._ours[gone]
        self._age += 1
        self._theirs[mine], self._ours[other] = other, mine

    def to_mirror(self, message: P) -> P:
        """A message of the station, with the id that the mirror knows; without one if it may and the mirror knows none.

        Raises:
            UnknownTransactionError: The mirror has not heard of the transaction that it is about.
        """
        return _renumbered(message, self._theirs, may_leave_out=True)

    def to_station(self, message: P) -> P:
        """A message for the station, with the id that the station knows.

        Raises:
            UnknownTransactionError: It has no such transaction; without the id a command would be for any.
        """
        return _renumbered(message, self._ours, may_leave_out=False)


def _number(message: Any) -> int | None:
    number = getattr(message, "transaction_id", None)
    return number if isinstance(number, int) else None


def _renumbered(message: P, ids: dict[int, int], *, may_leave_out: bool) -> P:
    """A message with other ids: in itself, or in what stands in it (csChargingProfiles)."""
    changes: dict[str, Any] = {}
    for field in attrs.fields(type(message)):
        value = getattr(message, field.name)
        if field.name == "transaction_id" and isinstance(value, int):
            other = ids.get(value)
            if other is None and (not may_leave_out or field.default is attrs.NOTHING):
                raise UnknownTransactionError(value)
            changes[field.name] = other
        elif isinstance(value, Payload):
            inner = _renumbered(value, ids, may_leave_out=may_leave_out)
            if inner is not value:
                changes[field.name] = inner
    return evolve(message, **changes) if changes else message
