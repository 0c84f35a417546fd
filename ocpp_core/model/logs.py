"""Loggers through which nothing goes that a peer could use: its text comes out printable and short.

Whoever logs here need not think of it. A filter looks at every argument of every record, and at the exception with it:
the traceback is written with the exceptions' texts made fit for people, and line breaks only between its own lines. A
handler with a formatter of its own, which asks for ``exc_info``, sees the exceptions themselves.
"""

import logging
from collections.abc import Callable, Iterator
from traceback import format_tb

from ocpp_core.model.printing import LONG, printable
from ocpp_core.model.secrets import told

#: Lines of a stack, the innermost, and exceptions of a chain or group that are shown.
_MOST_LINES, _MOST_EXCEPTIONS = 60, 20


class Fit(str):
    """Text that is printable, and as short as it has to be: a frame that `Redaction` has shown."""

    __slots__ = ()


def logger(name: str) -> logging.Logger:
    """The logger ``ocpp_core.<name>``."""
    made = logging.getLogger(f"ocpp_core.{name}")
    if not any(isinstance(each, _Printable) for each in made.filters):
        made.addFilter(_Printable())
    return made


class _Printable(logging.Filter):
    """Makes the arguments and the traceback of a record printable; keeps every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(map(_fit, record.args))
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = "\n".join(_lines(record.exc_info[1]))  # what a formatter takes, if it is there
        return True


def _fit(argument: object) -> object:
    return argument if isinstance(argument, int | float | Fit) else _Fitting(argument)


class _Fitting:
    """An argument of which ``%s`` and ``%r`` write what they would, made printable and short."""

    __slots__ = ("_argument",)

    def __init__(self, argument: object) -> None:
        self._argument = argument

    def __str__(self) -> str:
        return printable(_text(self._argument), LONG)

    def __repr__(self) -> str:
        return printable(_text(self._argument, repr), LONG)


def _text(value: object, write: Callable[[object], str] = str) -> str:
    try:
        return write(value)
    except Exception:  # nothing that is logged may end what logs it
        return f"({printable(type(value).__qualname__)} that cannot be written)"


def _lines(error: BaseException) -> Iterator[str]:
    """The traceback of an exception, those that led to it before it, those of a group behind it."""
    chain = _chain(error)
    for position, one in enumerate(chain):
        if position:
            yield f"After it, or because of it ({len(chain)} in all):"
        yield "Traceback (most recent call last):"
        for entry in format_tb(one.__traceback__, -_MOST_LINES):
            yield from (f"  {printable(line.strip(), LONG)}" for line in entry.splitlines())
        # Another library's text may quote anything. What it is, the name of the exception says in any case.
        yield f"{printable(type(one).__qualname__)}: {told(_text(one), LONG)}"


def _chain(error: BaseException) -> list[BaseException]:
    """The exceptions that have to do with one, the first cause first, each once."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(found) < _MOST_EXCEPTIONS:
        one = waiting.pop()
        if one is not None and not any(one is known for known in found):
            found.append(one)
            waiting.append(one.__cause__ or (None if one.__suppress_context__ else one.__context__))
            waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
    return found[::-1]
