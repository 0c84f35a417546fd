"""Tables as spreadsheets and databases write them: CSV, with commas, semicolons or tabs."""

import re

from attrs import frozen

from ocpp_core.logs.cutting import BLANK
from ocpp_core.logs.origins import names_columns

_SEPARATORS = (",", ";", "\t", "|")
#: A line of CSV that has a frame in quotes: they are written twice there.
_QUOTED = re.compile(r'(?:^|[,;\t|])\s*"[^"]*\[\s*[2-6]\s*,\s*""')


@frozen
class Table:
    """How the rows of a file are written.

    Attributes:
        names: Of the columns.
    """

    separator: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, head: str) -> "Table | None":
        """The table that begins with a line; None if it is no head of one."""
        line = head.strip(BLANK)
        if not line or line[0] in "[{<":
            return None
        separator = max(_SEPARATORS, key=line.count)
        if separator not in line or len(line) > 10_000:
            return None
        names = tuple(cells(line, separator))
        return cls(separator, names) if names_columns(names) else None

    def row(self, line: str) -> dict[str, str]:
        """The cells of a row by the names of their columns; what has no column is left out."""
        return dict(zip(self.names, cells(line, self.separator), strict=False))


def cells(line: str, separator: str) -> list[str]:
    """The cells of a row, in one walk. A quote inside a cell that is not quoted belongs to it."""
    found: list[str] = []
    place, has_quotes = 0, True
    while place <= len(line):
        end = line.find(separator, place)
        end = len(line) if end < 0 else end
        start = place + len(line[place:end]) - len(line[place:end].lstrip())
        cell = line[start:end].rstrip()
        if has_quotes and line.startswith('"', start):
            close = _closing(line, start + 1)
            has_quotes = close is not None  # else there is no such end for a later one either
            behind = len(line) if close is None else close + 1
            while line[behind : behind + 1] in (" ", "\r", "\n"):
                behind += 1
            if close is not None and (behind == len(line) or line.startswith(separator, behind)):
                cell, end = line[start + 1 : close].replace('""', '"'), behind
        found.append(cell)
        place = end + 1
    return found


def _closing(line: str, start: int) -> int | None:
    """Where the quote is that ends a cell; one that is written twice does not."""
    place = line.find('"', start)
    while place >= 0 and line.startswith('"', place + 1):
        place = line.find('"', place + 2)
    return None if place < 0 else place


def separator_of(line: str) -> str | None:
    """What separates the cells of a line that has a frame in quotes; None if it is no such line."""
    match = _QUOTED.search(line)
    if match is None:
        return None
    first = match[0].lstrip()[:1]
    return first if first in _SEPARATORS else next((one for one in _SEPARATORS if f'"{one}' in line), ",")


def is_open(line: str) -> bool:
    """Whether a row goes on in the next line: a quote has not been closed."""
    return line.count('"') % 2 == 1
