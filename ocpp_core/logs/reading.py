"""Where frames stand: files and streams, in whatever form people keep their traffic.

Each line may be

- a frame: ``[2,"17","Heartbeat",{}]``;
- an object with a member ``frame`` and what is known about it: ``version``, ``wire``, ``direction``, ``station``,
  ``vendor``, ``model``, ``source``;
- an object with a member for each element of a frame, or such an object inside it:
  ``{"messageTypeId":2,"messageId":"17","action":"Heartbeat","payload":{}}``;
- a line of a log that has a frame somewhere in it, perhaps quoted inside a JSON string, or printed over several lines;
- a row of a table (CSV), whose first line may name the columns;
- a SOAP envelope.

What a line says about the station and the direction of its frame is read too, see `ocpp_core.logs.origins`. A document
below 1 MB may instead be one JSON array of frames, or frames and envelopes written over several lines. Bytes may be
packed with gzip, or UTF-16 with its mark, which XML with a declaration may lack. The text of a frame is always cut out,
never parsed and written again: what the codec judges is what was sent, or the log has kept of it. Memory does not grow
with the input.
"""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from attrs import define

from ocpp_core.logs import moments
from ocpp_core.logs.cutting import (
    BARE,
    BLANK,
    FRAME,
    MEMBER,
    OPENING,
    Placed,
    bare_frame,
    begins,
    begun,
    behind,
    depth_of,
    elements,
    end_of_value,
    envelopes_in,
    frames_in,
    parsed,
    values_in,
)
from ocpp_core.logs.fields import beside, frames_of_members
from ocpp_core.logs.origins import NOTHING, Origin, StationLabel, both, of_heading, of_members, of_text
from ocpp_core.logs.sources import unpacked
from ocpp_core.logs.tables import Table, cells, is_open, separator_of
from ocpp_core.model.versions import Wire

#: A frame over several lines is looked for up to this size, and up to so many lines in a log.
DOCUMENT_SIZE, MOST_LINES = 1_000_000, 200
#: What is beyond this in one line is not looked at; it is more than any codec accepts.
LINE_SIZE = 4_000_000


@define(eq=False)
class Found:
    """A frame as it was found.

    Attributes:
        source: The file, as it was given.
        line: Where it begins, from 1.
        text: The frame, exactly.
        stream: Frames of one stream may answer each other.
        version: As the input says, or as it was found out since; "" if it is not known.
        direction: `STATION_TO_CSMS`, `CSMS_TO_STATION`; `RECEIVED` or `SENT` if the input does not say by whom; "" if
            it is not known.
        station: What the input says about it; None if nothing.
        moment: When it was written down, as the input says it: see `moments.moment`; "" if it does not.
    """

    source: str
    line: int
    text: str
    stream: Hashable
    version: str = ""
    wire: Wire = Wire.JSON
    direction: str = ""
    station: StationLabel | None = None
    moment: str = ""


def _found(source: str, line: int, text: str, origin: Origin, wire: Wire | None = None) -> Found:
    is_soap = origin.is_soap or text[:1] == "<"
    known = (source, origin.source, origin.station) if origin.station or origin.source else source
    wire = wire or (Wire.SOAP if is_soap else Wire.JSON)
    return Found(source, line, text, known, origin.version, wire, origin.direction, origin.station)


class Reader:
    """Finds frames, and counts what it passes over.

    Args:
        skipped: Called for every line without a frame.

    Attributes:
        bytes_read: Of all sources so far, as they are kept.
        lines_skipped: Lines with text and without a frame, so far.
    """

    def __init__(self, skipped: Callable[[str, int, str], None] | None = None) -> None:
        self.bytes_read: int = 0
        self.lines_skipped: int = 0
        self._skipped = skipped

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
            opening = line.strip(BLANK)
            if not opening:
                number += 1
                continue
            gathered = [line]
            if OPENING.match(opening) and not isinstance(parsed(opening), list | dict):
                size = len(line)
                for further in lines:
                    gathered.append(further)
                    size += len(further)
                    if size > DOCUMENT_SIZE:
                        break
                else:
                    document = self._document("".join(gathered).strip(BLANK), source, number)
                    if document is not None:
                        yield from document
                        return
            break
        table = Table.of(gathered[0]) if gathered else None
        numbered = enumerate(chain(gathered, lines), number)
        yield from (
            self._read_lines(_Lines(numbered), source)
            if table is None
            else self._read_rows(_Lines(numbered), source, table)
        )

    def _lines(self, file: BinaryIO) -> Iterator[str]:
        def count(size: int) -> None:
            self.bytes_read += size

        readline = unpacked(file, count).readline
        while raw := readline(LINE_SIZE):
            # Bytes that are no UTF-8 stay recognisable; a codec refuses them.
            yield raw.decode("utf-8", "surrogateescape")
            if len(raw) == LINE_SIZE and raw[-1] != b"\n"[0]:
                while (rest := readline(LINE_SIZE)) and rest[-1] != b"\n"[0]:
                    pass

    def _read_lines(self, lines: "_Lines", source: str) -> Iterator[Found]:
        heading = NOTHING
        for number, line in lines:
            text = line.strip(BLANK)
            if not text:
                continue
            above, heading = heading, NOTHING
            if text[0] == "[" and text[-1] == "]" and "] " not in text and BARE.match(text):
                # The way of nearly all frames.
                yield Found(source, number, text, source, direction=above.direction)
                continue
            if (start := begun(text)) is not None:
                text = lines.completed(number, text, start)
            elif (separator := separator_of(text)) is not None:
                text = " ".join(cells(lines.closed(text), separator))
            passed = True
            when = None
            for found in self._inspect(text, source, number, above):
                passed = False
                when = moments.of_line(text) if when is None else when
                found.moment = found.moment or when
                yield found
            if passed:
                heading = of_heading(text)
                self._skip(source, number, text)

    def _read_rows(self, lines: "_Lines", source: str, table: Table) -> Iterator[Found]:
        """The frames of a table; what the columns say goes before what the text around a frame does."""
        next(lines)
        for number, line in lines:
            if not (text := line.strip(BLANK)):
                continue
            row = table.row(lines.closed(text))
            known, when = of_members(row), moments.of_members(row)
            passed = True
            # A frame that is not quoted as CSV wants it has commas too: it is looked for in the whole line.
            for cell in (*row.values(), text):
                for found in self._inspect(cell, source, number, known) if "[" in cell or "<" in cell else ():
                    passed = False
                    found.moment = when or found.moment
                    yield found
                if not passed:
                    break
            if passed:
                self._skip(source, number, text)

    def _skip(self, source: str, number: int, text: str) -> None:
        self.lines_skipped += 1
        if self._skipped is not None:
            self._skipped(source, number, text)

    def _inspect(self, text: str, source: str, number: int, known: Origin = NOTHING) -> Iterator[Found]:
        """The frames of a text that is not simply a frame."""
        if text[0] in "[{" and not BARE.match(text):
            value = parsed(text)
            if isinstance(value, dict):
                yield from self._object(value, text, source, number, known)
                return
            if isinstance(value, list):
                for start, end, one in elements(text, [(0, len(text), value)]):
                    yield from self._of_value(one, text[start:end], source, number, known)
                return
        if text[0] == "[" and BARE.match(text):
            frame = bare_frame(text)
            yield _found(source, number, frame, both(known, of_text("", behind(text, len(frame)))), Wire.JSON)
            return
        for frame, before, after in frames_in(text):
            yield _found(source, number, frame, both(known, of_text(before, after)), Wire.JSON)
        for _, envelope in envelopes_in(text):
            yield _found(source, number, envelope.text, both(known, of_text(envelope.before)), Wire.SOAP)

    def _of_value(
        self, value: Any, raw: str, source: str, line: int, known: Origin = NOTHING
    ) -> Iterable[Found]:
        """The frames of a JSON value that was written as `raw`."""
        if isinstance(value, list):
            return (_found(source, line, raw, known, Wire.JSON),)
        if isinstance(value, dict):
            return self._object(value, raw, source, line, known)
        text = value.strip(BLANK) if isinstance(value, str) else ""
        return self._inspect(text, source, line, known) if text[:1] in ("[", "<") else ()

    def _object(
        self, members: dict[str, Any], text: str, source: str, number: int, outer: Origin
    ) -> Iterator[Found]:
        """The frame in a JSON object: its member ``frame``, or somewhere in an entry of a log."""
        said = beside(members)
        when = moments.of_members(said)
        for found in self._of_members(members, text, source, number, both(of_members(said), outer)):
            found.moment = when or found.moment
            yield found

    def _of_members(
        self, members: dict[str, Any], text: str, source: str, number: int, known: Origin
    ) -> Iterator[Found]:
        frame = members.get("frame")
        if isinstance(frame, str):
            yield _found(source, number, frame.strip(BLANK), known)
            return
        is_told = bool(known.station and known.direction)
        passed = True
        for piece, before, after in frames_in(text):
            passed = False
            told = known if is_told else both(known, of_text(before, after))
            yield _found(source, number, piece, told)
        if passed and isinstance(frame, list) and (match := MEMBER.search(text)):
            # Too broken to be recognised.
            passed = False
            yield _found(source, number, text[match.end() : end_of_value(text, match.end())], known)
        for whole in frames_of_members(members, text) if passed else ():
            yield _found(source, number, whole, known, Wire.JSON)

    def _document(self, text: str, source: str, first: int) -> Iterator[Found] | None:
        """The frames of a whole file that is JSON or XML; None if it is not."""
        breaks = [match.start() for match in re.finditer("\n", text)]

        def line_of(place: int) -> int:
            return first + bisect_left(breaks, place)

        if text[0] == "<":
            envelopes = list(envelopes_in(text))
            found = (_found(source, line_of(at), one.text, NOTHING, Wire.SOAP) for at, one in envelopes)
            return found if envelopes else None
        values = values_in(text, 0, len(text))
        if values is not None:
            return self._of_values(text, values, source, line_of)
        opening = text.partition("\n")[0]
        # Broken, and meant as a frame over several lines.
        if FRAME.match(text) and not FRAME.match(opening):
            return iter([Found(source, first, text, source)])
        return None

    def _of_values(
        self, text: str, values: list[Placed], source: str, line_of: Callable[[int], int]
    ) -> Iterator[Found]:
        for start, end, value in elements(text, values):
            line, raw = line_of(start), text[start:end]
            found = list(self._of_value(value, raw, source, line))
            yield from found
            if not found:
                self._skip(source, line, raw)


class _Lines:
    """Numbered lines, of which some may be looked at ahead. What was looked at in vain comes again."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self._again: deque[tuple[int, str]] = deque()
        self._looked_at = 0

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        return self._again.popleft() if self._again else next(self._lines)

    def completed(self, number: int, text: str, start: int) -> str:
        """A line with those that complete the frame that begins in it at `start`; the line itself if none do.

        No frame begins in them. What was looked at in vain is not looked at again.
        """
        if number <= self._looked_at:
            return text
        depth = depth_of(text[start:])

        def is_last(line: str) -> bool:
            nonlocal depth
            depth += depth_of(line)
            return depth <= 0

        return self._joined(text, is_last, begins, lambda whole: end_of_value(whole, start) is not None)

    def closed(self, text: str) -> str:
        """A row with the lines that belong to it, as long as a quote is open; the row itself if it stays so.

        The first line with an odd number of quotes closes it, so that no line is looked at ahead twice.
        """
        return self._joined(text, is_open, lambda _: False, lambda _: True) if is_open(text) else text

    def _joined(
        self,
        text: str,
        is_last: Callable[[str], bool],
        is_beyond: Callable[[str], bool],
        is_right: Callable[[str], bool],
    ) -> str:
        gathered: list[tuple[int, str]] = []
        size = len(text)
        for number, line in self:
            gathered.append((number, line))
            size += len(line)
            if size > DOCUMENT_SIZE or len(gathered) >= MOST_LINES or is_beyond(line):
                break
            if is_last(line):
                whole = "".join([f"{text}\n", *(one for _, one in gathered)]).strip(BLANK)
                if is_right(whole):
                    return whole
                break
        if gathered:
            self._looked_at = gathered[-1][0] - 1
        self._again.extendleft(reversed(gathered))
        return text
