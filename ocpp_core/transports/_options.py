"""Options that come together in one typed dict, taken apart for the classes that have their meaning and defaults."""

from collections.abc import Mapping, MutableMapping
from typing import Any, TypeVar

from attrs import fields

from ocpp_core.dispatch.peer import PeerOptions
from ocpp_core.model.printing import likely

T = TypeVar("T")


def take(cls: type[T], options: MutableMapping[str, Any]) -> T:
    """Makes a value of an attrs class of those options that are its own, and removes them."""
    names = [field.name for field in fields(cls) if field.init and field.name in options]  # type: ignore[arg-type]
    return cls(**{name: options.pop(name) for name in names})


def require_of_peer(options: Mapping[str, Any], others: Mapping[str, Any]) -> None:
    """Sees to it that what is left has a meaning: a misspelt `authenticate` must not let everybody in.

    Args:
        options: What is left of them when all others have been taken: those of `Peer`.
        others: Everything that could have been said, for a suggestion.

    Raises:
        TypeError: There is no such option.
    """
    for name in options:
        if name not in PeerOptions.__annotations__:
            meant = likely(name, [*others, *PeerOptions.__annotations__])
            raise TypeError(f"there is no option {name!r}" + (f"; did you mean {meant!r}?" if meant else ""))
