"""What a peer wrote, made fit for people: for logs, terminals and the sentences of errors.

Peer text may hold escape sequences that command a terminal, line breaks that forge a line of a log, marks that turn the
direction of writing, and a megabyte of anything. Whatever shows it goes through here: `printable` for text as it
stands, `shown` for a value in a sentence. Both take time and memory for what they show, not for what they are given.
"""

import json
import re
from collections.abc import Iterable, Mapping
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


#: What `str.isprintable` lets through, going by categories, although nothing is seen of it. Letters, marks and symbols:
#: those that Unicode calls Default_Ignorable_Code_Point (fillers of Hangul, vowels inherent in Khmer, the joiner of
#: graphemes, selectors of variants), the Braille pattern without dots, the filler of Khitan, a note without a head.
#: Two names that differ by one of these look the same.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00016fe4\U0001d159\U000e0000-\U000e0fff]"
)


_MORE_THAN_A_WORD = re.compile(r"[^\w.\-+*@~]")


def is_printable(text: str) -> bool:
    """Whether every character of the text is seen, and does nothing else to whatever shows it. A blank is seen."""
    return text.isprintable() and (text.isascii() or _UNSEEN.search(text) is None)


def printable(text: str, most: int = SHORT) -> str:
    r"""The text with escapes (``\x1b``, ``\u202e``) for all that is not printable, cut to `most` characters of it.

    A backslash stays as it is: this is for reading, not for reading back.
    """
    cut = text[:most]
    if not is_printable(cut):
        cut = "".join(character if is_printable(character) else _escaped(character) for character in cut)
    return f"{cut}..." if len(text) > most else cut


def one_word(text: str) -> str:
    """A name as one word of a line that is read again: what could be taken for more is escaped as in a URL."""
    return _MORE_THAN_A_WORD.sub(_as_in_a_url, printable(text))


def _as_in_a_url(found: "re.Match[str]") -> str:
    # As `urllib.parse.quote` has it, whose import the first frame of a process would wait for.
    return "".join(f"%{byte:02X}" for byte in found[0].encode(errors="replace"))


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
    text = _VALUES.repr(value)
    # As in `printable`: a backslash of text stays one.
    return printable(text.replace("\\\\", "\\") if isinstance(value, str) else text, 4 * SHORT)


def printable_json(text: str) -> str:
    """JSON text in which whatever is not printable is escaped; its value is the same."""
    if is_printable(text):
        return text
    return "".join(one if is_printable(one) else json.dumps(one)[1:-1] for one in text)


def printable_xml(text: str) -> str:
    """XML text in which whatever is not printable is a reference; it says the same. Names and tags are ours."""
    if is_printable(text):
        return text
    return "".join(one if is_printable(one) else f"&#{ord(one)};" for one in text)


def likely(name: Any, known: Iterable[str]) -> str | None:
    """Which of the known names was meant by another; None if none is like it.

    One that begins with the same letter and has the same letters, whatever their case and the marks between them; or is
    the same but for a few letters side by side, which is what a slip leaves. That takes microseconds; to look for all
    that is somehow alike takes a thousand times as long, for every fault that a peer makes.
    """
    if not isinstance(name, str) or not 0 < len(name) <= SHORT:
        return None
    letters = _letters(name)
    first = letters[:1]
    best, fewest = None, None
    for other in known:
        if other[:1].lower() != first:
            continue
        theirs = _letters(other)
        if theirs == letters:
            return other
        longer = max(len(theirs), len(letters))
        most = max(2, longer // 5)
        if abs(len(theirs) - len(letters)) <= most:
            off = longer - _shared(letters, theirs)
            if off <= most and 2 * off <= longer and (fewest is None or off < fewest):
                best, fewest = other, off
    return best


def _letters(name: str) -> str:
    # (Faster than `str.translate`, ten times.)
    return name.replace("_", "").replace("-", "").replace(".", "").replace(" ", "").lower()


def _shared(one: str, other: str) -> int:
    """How many letters two names have in common at the beginning and at the end together."""
    shorter = min(len(one), len(other))
    start = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    end = next(
        (place for place in range(shorter - start) if one[-1 - place] != other[-1 - place]), shorter - start
    )
    return start + end
