"""A typed place for what an application keeps of its stations, so that nobody needs a dict by identity.

`PerConnection` ends with the connection, and cannot be mistaken for that of the next one; `PerIdentity` outlives it,
and is bounded.
"""

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from ocpp_core.dispatch.router import Caller
from ocpp_core.model.bounded import Bounded

T = TypeVar("T")


class PerConnection(Generic[T]):
    """A value of yours for each connection.

    ``meters = PerConnection(list[int])``, and in a handler ``meters.of(station).append(5)``. Over SOAP, which has no
    connections, it lasts for as long as the server remembers the station.

    Args:
        make: Makes the value of a connection when it is first asked for.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: WeakKeyDictionary[Caller, T] = WeakKeyDictionary()

    def of(self, peer: Caller) -> T:
        """That of this connection."""
        try:
            return self._values[peer]
        except KeyError:
            return self.put(peer, self._make())

    def put(self, peer: Caller, value: T) -> T:
        """Keeps another value for this connection, and returns it."""
        self._values[peer] = value
        return value


class PerIdentity(Generic[T]):
    """A value of yours for each station, whichever connection it has.

    Identities are what stations call themselves: where anybody may come, anybody fills this up to `most`.

    Args:
        make: Makes the value of a station when it is first asked for.
        most: Stations of which one is kept; the one that was not asked for longest is forgotten.
    """

    def __init__(self, make: Callable[[], T], *, most: int = 100_000) -> None:
        self._make = make
        self._values: Bounded[str, T] = Bounded(most)

    def of(self, peer: Caller | str) -> T:
        """That of this station, given as a peer or by its identity."""
        identity = _identity(peer)
        try:
            self._values.move_to_end(identity)
            return self._values[identity]
        except KeyError:
            return self.put(identity, self._make())

    def put(self, peer: Caller | str, value: T) -> T:
        """Keeps another value for this station, and returns it."""
        identity = _identity(peer)
        self._values[identity] = value
        self._values.move_to_end(identity)
        return value

    def forget(self, peer: Caller | str) -> None:
        """Keeps nothing of this station any more."""
        self._values.pop(_identity(peer), None)

    def __len__(self) -> int:
        return len(self._values)


def _identity(peer: Caller | str) -> str:
    return peer if isinstance(peer, str) else peer.identity
