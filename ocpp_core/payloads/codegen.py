"""Functions made of source text: straight-line code for one class at a time, as `attrs` makes its methods."""

from collections.abc import Iterable
from typing import Any


class Source:
    """Lines of Python, and the objects that they name."""

    def __init__(self, *lines: str) -> None:
        self.lines: list[str] = list(lines)
        self.names: dict[str, Any] = {}

    def name(self, thing: Any, hint: str) -> str:
        """A name for `thing` in the compiled code."""
        name = hint if self.names.get(hint, thing) is thing else f"{hint}_{len(self.names)}"
        self.names[name] = thing
        return name

    def add(self, lines: Iterable[str], depth: int = 1) -> None:
        """Adds lines to the body."""
        self.lines += ["    " * depth + line for line in lines]

    @property
    def text(self) -> str:
        """The whole source."""
        return "\n".join(self.lines)


def compiled(made: Source, function: str, cls: type) -> Any:
    """The function that the source defines. Errors show it as a file named after the class."""
    names = dict(made.names)
    exec(compile(made.text, f"<{function} {cls.__module__}.{cls.__name__}>", "exec"), names)
    return names[function]


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, one level deeper."""
    return [f"    {line}" for line in lines]
