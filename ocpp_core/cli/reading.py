"""Where frames come from: files, folders and standard input, in whatever form people keep their traffic.

Each line may be

- a frame: ``[2,"17","Heartbeat",{}]``;
- an object with a member ``frame`` and what is known about it: ``version``, ``wire``, ``direction``, ``station``,
  ``vendor``, ``model``, ``source``;
- a line of a log that has a frame somewhere in it, perhaps quoted inside a JSON string;
- a SOAP envelope.

A document below 1 MB may instead be one JSON array of frames, or frames and envelopes written over several lines.
The text of a frame is always cut out, never parsed and written again: what the codec judges is what was sent.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from attrs import define, frozen

from ocpp_core.model.versions import Wire

#: What is read from a folder.
SUFFIXES = frozenset({".ndjson", ".jsonl", ".log", ".txt", ".json", ".xml"})
#: A frame over several lines is looked for up to this size.
DOCUMENT_SIZE = 1_000_000
#: What is beyond this in one line is not looked at; it is more than any codec accepts.
LINE_SIZE = 4_000_000

STATION_TO_CSMS = "station->csms"
CSMS_TO_STATION = "csms->station"


@frozen(cache_hash=True)
class StationLabel:
    """What an input says about the station of a frame."""

    identity: str = ""
    vendor: str = ""
    model: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.identity, self.vendor, self.model)))


#: The members of an object that say something about its frame.
_MEMBERS = ("station", "identity", "vendor", "model", "version", "wire", "direction", "source")
_MAX_KNOWN, _MAX_TEXT = 10_000, 200


@frozen
class _Known:
    """What an object says about its frame."""

    station: StationLabel | None
    version: str
    is_soap: bool
    direction: str
    source: str

    @classmethod
    def of(
        cls,
        station: str,
        identity: str,
        vendor: str,
        model: str,
        version: str,
        wire: str,
        direction: str,
        source: str,
    ) -> "_Known":
        about = (station or identity, vendor, model)
        way = direction.replace(" ", "")
        return cls(
            StationLabel(*about) if any(about) else None,
            version,
            wire.lower() == "soap",
            way if way in (STATION_TO_CSMS, CSMS_TO_STATION) else "",
            source,
        )


@define(eq=False)
class Found:
    """A frame as it was found.

    Attributes:
        source: The file, as it was given.
        line: Where it begins, from 1.
        text: The frame, exactly.
        stream: Frames of one stream may answer each other.
        version: As the input says, or as it was found out since; "" if it is not known.
        direction: `STATION_TO_CSMS`, `CSMS_TO_STATION`, or "" if it is not known.
    """

    source: str
    line: int
    text: str
    stream: Hashable
    version: str = ""
    wire: Wire = Wire.JSON
    direction: str = ""
    station: StationLabel | None = None


# A frame in other text: its type, an id, and the beginning of what must follow. A text of a log is hardly ever that.
_ID = r'(?:"(?:[^"\\]|\\.){0,300}+"|-?\d{1,36})'
_FRAME = re.compile(
    rf'\[\s*(?:[26]\s*,\s*{_ID}\s*,\s*"\w[^"\\]*"\s*[,\]]|3\s*,\s*{_ID}\s*,\s*(?:[{{"]|null)|[45]\s*,\s*{_ID}\s*,\s*["{{])'
)
# The same with quotes that are escaped, because it stands in a string.
_QUOTED_FRAME = re.compile(r'\[\s*[2-6]\s*,\s*\\+"')
# A line that can only be meant as a frame, even if its type is unknown. (Logs write [12:00:00,123] and [2, main].)
_BARE = re.compile(r'\[\s*-?\d{1,9}\s*,\s*(?:"|-?\d+\s*,)')
# The beginning of JSON that goes on in the next line, or of an array of frames.
_OPENING = re.compile(r'\[\s*(?:$|[\[{"]|\d{1,9}\s*(?:,|$))|\{\s*(?:$|")|<')
_ENVELOPE_BEGINS = re.compile(r"<(?:[\w.-]+:)?Envelope[\s>]")
_ENVELOPE_ENDS = re.compile(r"</(?:[\w.-]+:)?Envelope\s*>")
_MEMBER = re.compile(r'"frame"\s*:\s*(?=\[)')
_BLANK = " \t\r\n\ufeff"
_BETWEEN = re.compile(r"[\s,]*")
_READER = json.JSONDecoder()
#: How often a quoted text may be quoted again.
_MAX_QUOTES = 3


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that are meant: of a folder, all below it whose suffix is one of `SUFFIXES`, in order.

    Raises:
        FileNotFoundError: A folder has no such file.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        if not files:
            raise FileNotFoundError(f"no {', '.join(f'*{suffix}' for suffix in sorted(SUFFIXES))} in {path}")
        yield from files


class Reader:
    """Finds frames, and counts what it passes over.

    Args:
        skipped: Called for every line without a frame.

    Attributes:
        bytes_read: Of all sources so far.
        lines_skipped: Lines with text and without a frame, so far.
    """

    def __init__(self, skipped: Callable[[str, int, str], None] | None = None) -> None:
        self.bytes_read: int = 0
        self.lines_skipped: int = 0
        self._skipped = skipped
        self._about: dict[tuple[str, ...], _Known] = {}

    def read(self, file: BinaryIO, source: str) -> Iterator[Found]:
        """The frames of one file, one after the other.

        Args:
            file: Is read to its end, in constant memory.
            source: What the file is called.

        Raises:
            OSError: The file cannot be read (further).
        """
        lines = self._lines(file)
        number = 1
        gathered: list[str] = []
        for line in lines:
            opening = line.strip(_BLANK)
            if not opening:
                number += 1
                continue
            gathered = [line]
            if _OPENING.match(opening) and not isinstance(_parsed(opening), list | dict):
                size = len(line)
                for further in lines:
                    gathered.append(further)
                    size += len(further)
                    if size > DOCUMENT_SIZE:
                        break
                else:
                    document = self._document("".join(gathered).strip(_BLANK), source, number)
                    if document is not None:
                        yield from document
                        return
            break
        yield from self._read_lines(chain(gathered, lines), source, number)

    def _lines(self, file: BinaryIO) -> Iterator[str]:
        while raw := file.readline(LINE_SIZE):
            self.bytes_read += len(raw)
            # Bytes that are no UTF-8 stay recognisable; a codec refuses them.
            yield raw.decode("utf-8", "surrogateescape")
            if len(raw) == LINE_SIZE and raw[-1] != b"\n"[0]:
                while (rest := file.readline(LINE_SIZE)) and rest[-1] != b"\n"[0]:
                    self.bytes_read += len(rest)
                self.bytes_read += len(rest)

    def _read_lines(self, lines: Iterable[str], source: str, first: int) -> Iterator[Found]:
        for number, line in enumerate(lines, first):
            text = line.strip(_BLANK)
            if not text:
                continue
            if text[0] == "[" and text[-1] == "]" and "] " not in text and _BARE.match(text):
                yield Found(source, number, text, source)  # the way of nearly all frames
                continue
            passed = True
            for found in self._inspect(text, source, number):
                passed = False
                yield found
            if passed:
                self._skip(source, number, text)

    def _skip(self, source: str, number: int, text: str) -> None:
        self.lines_skipped += 1
        if self._skipped is not None:
            self._skipped(source, number, text)

    def _inspect(self, text: str, source: str, number: int) -> Iterator[Found]:
        """The frames of a line that is not simply a frame."""
        if text[0] in "[{" and not _BARE.match(text):
            value = _parsed(text)
            if isinstance(value, dict):
                yield from self._object(value, text, source, number)
                return
            if isinstance(value, list):
                for start, end, one in _elements(text, [(0, len(text), value)]):
                    yield from self._of_value(one, text[start:end], source, number)
                return
        if text[0] == "[" and _BARE.match(text):
            yield Found(source, number, _bare_frame(text), source)
            return
        for frame in _frames_in(text):
            yield Found(source, number, frame, source)
        for _, envelope in _envelopes_in(text):
            yield Found(source, number, envelope, source, wire=Wire.SOAP)

    def _of_value(self, value: Any, raw: str, source: str, line: int) -> Iterable[Found]:
        """The frames of a JSON value that was written as `raw`."""
        if isinstance(value, list):
            return (Found(source, line, raw, source),)
        if isinstance(value, dict):
            return self._object(value, raw, source, line)
        text = value.strip(_BLANK) if isinstance(value, str) else ""
        return self._inspect(text, source, line) if text[:1] in ("[", "<") else ()

    def _object(self, members: dict[str, Any], text: str, source: str, number: int) -> list[Found]:
        """The frame in a JSON object: its member ``frame``, or somewhere in an entry of a log."""
        frame = members.get("frame")
        if isinstance(frame, str):
            frames = [frame.strip(_BLANK)]
        else:
            frames = list(_frames_in(text))
            if not frames and isinstance(frame, list) and (match := _MEMBER.search(text)):
                frames = [text[match.end() : _end_of_value(text, match.end())]]  # too broken to be recognised
        if not frames:
            return []
        known = self._known(members)
        stream = (source, known.source, known.station)
        return [
            Found(
                source,
                number,
                frame,
                stream,
                known.version,
                Wire.SOAP if known.is_soap or frame[:1] == "<" else Wire.JSON,
                known.direction,
                known.station,
            )
            for frame in frames
        ]

    def _known(self, members: dict[str, Any]) -> "_Known":
        """What an object says about its frame; the same for most objects of a file, so it is kept."""
        values = tuple([value if type(value) is str else "" for value in map(members.get, _MEMBERS)])
        known = self._about.get(values)
        if known is None:
            if len(self._about) >= _MAX_KNOWN:
                self._about.clear()
            known = self._about[values] = _Known.of(*(value[:_MAX_TEXT] for value in values))
        return known

    def _document(self, text: str, source: str, first: int) -> Iterator[Found] | None:
        """The frames of a whole file that is JSON or XML; None if it is not."""
        breaks = [match.start() for match in re.finditer("\n", text)]

        def line_of(place: int) -> int:
            return first + bisect_left(breaks, place)

        if text[0] == "<":
            envelopes = list(_envelopes_in(text))
            found = (Found(source, line_of(at), body, source, wire=Wire.SOAP) for at, body in envelopes)
            return found if envelopes else None
        values = _values(text, 0, len(text))
        if values is not None:
            return self._of_values(text, values, source, line_of)
        opening = text.partition("\n")[0]
        if _FRAME.match(text) and not _FRAME.match(
            opening
        ):  # broken, and meant as a frame over several lines
            return iter([Found(source, first, text, source)])
        return None

    def _of_values(
        self, text: str, values: "list[_Placed]", source: str, line_of: Callable[[int], int]
    ) -> Iterator[Found]:
        for start, end, value in _elements(text, values):
            line, raw = line_of(start), text[start:end]
            found = list(self._of_value(value, raw, source, line))
            yield from found
            if not found:
                self._skip(source, line, raw)


#: Where a JSON value begins and ends in a text, and what it is.
_Placed = tuple[int, int, Any]


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def _elements(text: str, values: list[_Placed]) -> Iterator[_Placed]:
    """The values, with an array of frames replaced by its elements."""
    for start, end, value in values:
        first = value[0] if isinstance(value, list) and value else None
        if isinstance(first, list | dict) or (
            isinstance(first, str) and first.lstrip(_BLANK)[:1] in ("[", "<")
        ):
            yield from _values(text, start + 1, end - 1) or ()
        else:
            yield start, end, value


def _bare_frame(text: str) -> str:
    """The frame that a line begins with; it may be broken."""
    end = _end_of_value(text, 0)
    if end is None:
        return text
    rest = text[end:]
    # A comma: one of an array of frames. A blank: the rest of a log's line. Anything else makes it a broken frame.
    return text[:end] if rest.strip() in ("", ",") or rest[0].isspace() else text


def _frames_in(text: str, quotes: int = 0) -> Iterator[str]:
    """The frames inside other text; the last one may be broken."""
    start = 0
    while match := _FRAME.search(text, start):
        begin = match.start()
        end = _end_of_value(text, begin)
        yield text[begin:end]
        if end is None:
            return
        start = end
    if start == 0 and quotes < _MAX_QUOTES and (match := _QUOTED_FRAME.search(text)):
        yield from _frames_in(_unquoted(text, match.start()), quotes + 1)


def _unquoted(text: str, place: int) -> str:
    """The text of the JSON string around `place`."""
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
                return value
    return text[place:].replace('\\"', '"').replace("\\\\", "\\")


def _envelopes_in(text: str) -> Iterator[tuple[int, str]]:
    """The SOAP envelopes inside other text, each with its place; the last one may be broken."""
    start = 0
    while begins := _ENVELOPE_BEGINS.search(text, start):
        ends = _ENVELOPE_ENDS.search(text, begins.end())
        yield begins.start(), text[begins.start() : ends.end() if ends else None]
        if ends is None:
            return
        start = ends.end()


def _end_of_value(text: str, start: int) -> int | None:
    """Where the JSON value that begins at `start` ends; None if it is broken."""
    try:
        return _READER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return None


def _values(text: str, start: int, stop: int) -> list[_Placed] | None:
    """The JSON values that make up a text, each with its place; None if it is something else."""
    values: list[_Placed] = []
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
