"""What a peer wrote, made fit for people: for logs, terminals and the sentences of errors.

Peer text may hold escape sequences that command a terminal, line breaks that forge a line of a log, marks that turn the
direction of writing, and a megabyte of anything. Whatever shows it goes through here: `printable` for text as it
stands, `shown` for a value in a sentence. Both take time and memory for what they show, not for what they are given.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from reprlib import Repr
from typing import Any

#: Stands for what is secret, see `ocpp_core.model.secrets`.
HIDDEN = "***"
#: Characters that are shown of a name or value.
SHORT = 60
#: Characters that are shown of a sentence that a peer wrote, such as the description of an error.
LONG = 300


_LARGE = "a very large number"
_VALUES = Repr()
_VALUES.maxstring = _VALUES.maxother = SHORT


class Hidden:
    """Stands in a sentence for a value that is secret: `shown` shows another text, and its length is its own."""

    __slots__ = ("_length", "_text")

    def __init__(self, value: Any, text: str = HIDDEN) -> None:
        self._length = len(value) if hasattr(value, "__len__") else 0
        self._text = text

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return self._text


def printable(text: str, most: int = SHORT) -> str:
    r"""The text with escapes (``\x1b``, ``\u202e``) for all that is not printable, cut to `most` characters of it.

    A backslash stays as it is: this is for reading, not for reading back.
    """
    cut = text[:most]
    if not cut.isprintable():
        cut = "".join(character if character.isprintable() else _escaped(character) for character in cut)
    return f"{cut}..." if len(text) > most else cut


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def shown(value: Any) -> str:
    """A value in a sentence: text in quotes, numbers and literals as JSON has them, all of it cut short.

    Of an object or a list only that it is one: what it holds may be anything, secrets as well.
    """
    if value is None or type(value) is bool:
        return json.dumps(value)
    if type(value) is int and value.bit_length() > 3 * SHORT:
        return _LARGE
    if isinstance(value, Mapping):
        return "an object" if value else "{}"
    if isinstance(value, list | tuple):
        return "a list" if value else "[]"
    if type(value) in (int, Decimal):
        return printable(str(value))
    return printable(_VALUES.repr(value), 4 * SHORT)


def printable_json(text: str) -> str:
    """JSON text in which whatever is not printable is escaped; its value is the same."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
