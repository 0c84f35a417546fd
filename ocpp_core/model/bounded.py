"""Room for what is remembered of others, who are never so few that all of them could be."""

from collections import OrderedDict, deque
from typing import Any, Final, TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: Keeps nothing, and is that of all who have nothing to keep so far: an empty deque of one's own takes 760 bytes.
NOTHING: Final[deque[Any]] = deque(maxlen=0)


class Bounded(OrderedDict[K, V]):
    """A mapping of at most so many items: when there is no more room, the first is forgotten.

    ``move_to_end`` makes that the one that was not heard of longest.

    Raises:
        ValueError: There is to be no room at all.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        if most < 1:
            raise ValueError(f"room for {most} is no room")
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        if len(self) > self._most:
            self.popitem(last=False)
