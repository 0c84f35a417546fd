"""Room for what is remembered of others, who are never so few that all of them could be."""

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


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
