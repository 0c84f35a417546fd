"""When a frame was written down, as far as what stands beside it says so.

In text it is what begins a line, as loggers write it: ``2026-01-31T12:00:00.5Z``, ``2026-01-31 13:00:00,500 +0100``,
``[2026-01-31 12:00:00]``. In objects and tables it is a member or a column by its name: such a time, or seconds or
milliseconds since 1970. Without an offset it is taken as UTC. Times of other forms are not read.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ocpp_core.logs.origins import plain

#: Names of members, in small letters without marks, those that mean it most first.
_NAMES = ("timestamp", "time", "ts", "datetime", "receivedat", "loggedat", "createdat", "date")
#: How much of a line is looked at: loggers write a level or a host before the time.
_NEAR = 120
_FRAME = re.compile(r"\[\s*[2-6]\s*,|[{<]")
_DAY = r"\d{4}-[01]\d-[0-3]\d"
_MOMENT = re.compile(
    rf"(?<!\d)({_DAY})[Tt ]([0-2]\d:[0-5]\d:[0-5]\d)(?:[.,](\d{{1,9}}))?\s?([Zz]|[+-]\d\d:?\d\d)?(?!\d)"
)
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE_1970 = re.compile(r"(\d{10})(?:\.\d+)?|(\d{13})")


def of_line(line: str) -> str:
    """The time that a line of a log begins with; "" if there is none before what may be a frame or an object."""
    begins = _FRAME.search(line, 0, _NEAR)
    match = _MOMENT.search(line, 0, _NEAR if begins is None else begins.start())
    return "" if match is None else match[0]


def of_members(members: Mapping[str, Any]) -> str:
    """The time that an object, or the columns of a row, say; "" if there is none."""
    found = {plain(name): value for name, value in members.items() if type(value) in (str, int, float)}
    return next((str(found[name])[:60] for name in _NAMES if name in found), "")


def moment(text: str) -> datetime | None:
    """A time as these functions give it; None if it is none."""
    text = text.strip()
    if (match := _SINCE_1970.fullmatch(text)) is not None:
        return _1970 + timedelta(milliseconds=int(match[2] or int(match[1]) * 1000))
    if (match := _MOMENT.fullmatch(text)) is None:
        return None
    day, time, fraction, offset = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{time}.{(fraction or '0')[:6]:0<6}{(offset or 'Z').upper()}")
    except ValueError:  # such as the 31st of February
        return None
