"""Options that come together in one typed dict, taken apart for the classes that have their meaning and defaults."""

from collections.abc import MutableMapping
from typing import Any, TypeVar

from attrs import fields

T = TypeVar("T")


def take(cls: type[T], options: MutableMapping[str, Any]) -> T:
    """Makes a value of an attrs class of those options that are its own, and removes them."""
    names = [field.name for field in fields(cls) if field.init and field.name in options]  # type: ignore[arg-type]
    return cls(**{name: options.pop(name) for name in names})
