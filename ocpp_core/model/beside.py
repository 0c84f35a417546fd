"""Values that are kept beside objects which can be no keys: messages are equal by value, and cannot be hashed."""

from typing import Any, Generic, TypeVar
from weakref import ref

V = TypeVar("V")


class Beside(Generic[V]):
    """One value for each object, for as long as the object lives."""

    def __init__(self) -> None:
        #: By the `id` of an object, which no other has while it lives.
        self._kept: dict[int, tuple[ref[Any], V]] = {}

    def put(self, one: object, value: V) -> None:
        """Keeps a value beside an object, in place of what was there."""
        key = id(one)
        self._kept[key] = (ref(one, lambda _: self._kept.pop(key, None)), value)

    def get(self, one: object) -> V | None:
        """The value beside an object; None if there is none. A copy of the object is another one."""
        kept = self._kept.get(id(one))
        return None if kept is None else kept[1]

    def pop(self, one: object) -> None:
        """Keeps nothing beside an object any more."""
        self._kept.pop(id(one), None)

    def __len__(self) -> int:
        return len(self._kept)
