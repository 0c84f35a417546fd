"""Frames cut out of other text: lines of logs, JSON, XML. The text of a frame is never parsed and written again."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

# A frame in other text: its type, an id, and the beginning of what must follow. A text of a log is hardly ever that.
_ID = r'(?:"(?:[^"\\]|\\.){0,300}+"|-?\d{1,36})'
FRAME = re.compile(
    rf'\[\s*(?:[26]\s*,\s*{_ID}\s*,\s*"\w[^"\\]*"\s*[,\]]|3\s*,\s*{_ID}\s*,\s*(?:[{{"]|null)|[45]\s*,\s*{_ID}\s*,\s*["{{])'
)
# The same with quotes that are escaped, because it stands in a string.
_QUOTED_FRAME = re.compile(r'\[\s*[2-6]\s*,\s*\\+"')
# The beginning of a frame, at the end of a line: it goes on in the next one.
_BEGUN = re.compile(rf"\[\s*[2-6]\s*,\s*{_ID}\s*,")
_OPENED = re.compile(rf"\[\s*(?:[2-6]\s*,\s*(?:{_ID}\s*,)?)?\Z")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
# A line that can only be meant as a frame, even if its type is unknown. (Logs write [12:00:00,123] and [2, main].)
BARE = re.compile(r'\[\s*-?\d{1,9}\s*,\s*(?:"|-?\d+\s*,)')
# The beginning of JSON that goes on in the next line, or of an array of frames.
OPENING = re.compile(r'\[\s*(?:$|[\[{"]|\d{1,9}\s*(?:,|$))|\{\s*(?:$|")|<')
_ENVELOPE_BEGINS = re.compile(r"<(?:[\w.-]+:)?Envelope[\s>]")
_ENVELOPE_ENDS = re.compile(r"</(?:[\w.-]+:)?Envelope\s*>")
MEMBER = re.compile(r'"frame"\s*:\s*(?=\[)')
BLANK = " \t\r\n\ufeff"
_BETWEEN = re.compile(r"[\s,]*")
_READER = json.JSONDecoder()
#: How often a quoted text may be quoted again.
_MAX_QUOTES = 3
#: Characters before and behind a frame in which something may be said about it.
NEAR = 500


#: Where a JSON value begins and ends in a text, and what it is.
Placed = tuple[int, int, Any]


def parsed(text: str) -> Any:
    """The value of JSON text; None if it is none."""
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def elements(text: str, found: list[Placed]) -> Iterator[Placed]:
    """The values, with an array of frames replaced by its elements."""
    for start, end, value in found:
        first = value[0] if isinstance(value, list) and value else None
        if isinstance(first, list | dict) or (
            isinstance(first, str) and first.lstrip(BLANK)[:1] in ("[", "<")
        ):
            yield from values_in(text, start + 1, end - 1) or ()
        else:
            yield start, end, value


def bare_frame(text: str) -> str:
    """The frame that a line begins with; it may be broken."""
    end = end_of_value(text, 0)
    if end is None:
        return text
    rest = text[end:]
    # A comma: one of an array of frames. A blank: the rest of a log's line. Anything else makes it a broken frame.
    return text[:end] if rest.strip() in ("", ",") or rest[0].isspace() else text


class Piece(NamedTuple):
    """A frame in other text, the last of it perhaps broken, with what stands around it."""

    text: str
    before: str
    after: str


def frames_in(text: str, around: str = "", quotes: int = 0) -> Iterator[Piece]:
    """The frames inside other text; the last one may be broken.

    Args:
        text: Any.
        around: What stands before it, if it was quoted.
        quotes: How often it was.
    """
    start = 0
    match = FRAME.search(text)
    while match:
        begin = match.start()
        end = end_of_value(text, begin)
        if end is None:
            yield Piece(text[begin:], around + text[start:begin], "")
            return
        match = FRAME.search(text, end)
        yield Piece(text[begin:end], around + text[start:begin], _behind(text, end, match))
        start = end
    if start == 0 and quotes < _MAX_QUOTES and (match := _QUOTED_FRAME.search(text)):
        opening, inner = _unquoted(text, match.start())
        yield from frames_in(inner, around + text[max(0, opening - NEAR) : opening], quotes + 1)


def behind(text: str, end: int) -> str:
    """What stands behind a frame that ends there, up to the next one: what that says, its sender says."""
    return _behind(text, end, FRAME.search(text, end))


def _behind(text: str, end: int, following: re.Match[str] | None) -> str:
    return text[end : min(end + NEAR, following.start() if following else len(text))]


def _unquoted(text: str, place: int) -> tuple[int, str]:
    """Where the JSON string around `place` begins, and its text."""
    opening = text.rfind('"', 0, place)
    while opening > 0 and text[opening - 1] == "\\":
        opening = text.rfind('"', 0, opening)
    if opening >= 0:
        try:
            value, end = _READER.raw_decode(text, opening)
        except (ValueError, RecursionError):
            pass
        else:
            if end > place and isinstance(value, str):
                return opening, value
    return place, text[place:].replace('\\"', '"').replace("\\\\", "\\")


def envelopes_in(text: str) -> Iterator[tuple[int, Piece]]:
    """The SOAP envelopes inside other text, each with its place; the last one may be broken."""
    start = 0
    while begins := _ENVELOPE_BEGINS.search(text, start):
        place = begins.start()
        ends = _ENVELOPE_ENDS.search(text, begins.end())
        yield place, Piece(text[place : ends.end() if ends else None], text[start:place], "")
        if ends is None:
            return
        start = ends.end()


def end_of_value(text: str, start: int) -> int | None:
    """Where the JSON value that begins at `start` ends; None if it is broken."""
    try:
        return _READER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return None


def values_in(text: str, start: int, stop: int) -> list[Placed] | None:
    """The JSON values that make up a text, each with its place; None if it is something else."""
    values: list[Placed] = []
    while True:
        between = _BETWEEN.match(text, start)
        start = between.end() if between else start
        if start >= stop:
            return values
        try:
            value, end = _READER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return None
        values.append((start, end, value))
        start = end


def begun(text: str) -> int | None:
    """Where a frame begins that goes on in the next line, as printers of JSON break it; None if there is none."""
    if text[-1:] not in (",", "{", "[", ":"):
        return None
    match = _BEGUN.search(text)
    while match and (end := end_of_value(text, match.start())) is not None:
        match = _BEGUN.search(text, end)
    match = match or _OPENED.search(text)
    return match.start() if match else None


def begins(text: str) -> bool:
    """Whether a frame begins in a text."""
    return _BEGUN.search(text) is not None


def depth_of(text: str) -> int:
    """How many brackets a piece of JSON leaves open; less than zero if it closes more."""
    bare = _STRING.sub("", text)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")
