"""Work that is done on first use, and once.

Creating an attrs class takes half a millisecond, and 2.1 has some 300: the names of a version's package are loaded
when they are asked for (PEP 562).
"""

import sys
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

#: What is told of each class of a message or data type when it is made, which happens late. Here, so that who adds one
#: needs not load the classes.
watchers: list[Callable[[type[Any]], object]] = []


def once(function: F) -> F:
    """`functools.cache` for type checkers that shall still know the arguments of `function`."""
    return cast(F, cache(function))


def kept(function: F, most: int) -> F:
    """As `once`, of the `most` that were asked for last."""
    return cast(F, lru_cache(most)(function))


def deferred(module: str, name: str) -> Callable[..., Any]:
    """A function of a module that is loaded with the first call."""

    @cache
    def load() -> Any:
        return getattr(import_module(module), name)

    def function(*values: Any, **named: Any) -> Any:
        return load()(*values, **named)

    return function


def lazy(
    package: str, modules: Mapping[str, str], *, packages: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The ``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Args:
        package: Its name.
        modules: The public names, separated by white space, by the module of the package that defines them.
        packages: Modules of the package that are public names themselves.
    """
    homes = {name: module for module, names in modules.items() for name in names.split()}
    children = set(packages.split())

    def load(name: str) -> Any:
        if name in children:
            return import_module(f"{package}.{name}")
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)  # from now on it is found without asking here
        return value

    names = sorted({*homes, *children})

    return load, lambda: list(names), names
