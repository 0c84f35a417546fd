"""Timestamps on the wire: RFC 3339 text to aware `datetime` and back, without losing what a `datetime` cannot hold.

Source: OCPP 1.6 errata §3.10; 2.0.1 and 2.1 part 2 §2.1.4.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
#: Makes a zero of each digit, in the bytes of a text.
ZEROS = bytes.maketrans(b"123456789", b"000000000")
#: Timestamps in UTC that every version allows, as nearly all are, with zeros for their digits. A look at the form of a
#: text takes half the time of `is_usual`. A `datetime.fromisoformat` that reads what has such a form has found a moment
#: of RFC 3339, but for the hour 24, which it takes from Python 3.14 on.
USUAL_IN_UTC = frozenset({b"0000-00-00T00:00:00%sZ" % fraction for fraction in (b"", b".0", b".00", b".000")})
#: Those that every version allows, in UTC or not: `datetime.fromisoformat` reads them as they are, if there is such
#: a day.
is_usual: Callable[[str], re.Match[str] | None] = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
).fullmatch
_WHOLE_MINUTES = timedelta(minutes=1)


class WireTimestamp(datetime):
    """A `datetime` that remembers the text it was read from, because it holds less than that text says.

    Made for fractions beyond microseconds and, in tolerant mode, for text that leaves the offset out.
    """

    text: str | None = None

    @classmethod
    def of(cls, value: datetime, text: str) -> "WireTimestamp":
        """A copy of `value` that remembers `text`."""
        copy = cls.combine(value.date(), value.timetz())
        copy.text = text
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        plain = datetime.combine(self.date(), self.timetz())
        return (
            (WireTimestamp.of, (plain, self.text))
            if self.text
            else (datetime.combine, (plain.date(), plain.timetz()))
        )


def read_timestamp(text: str, digits: int | None = None) -> datetime:
    """Reads an RFC 3339 timestamp.

    A leap second (``:60``) is refused, as no `datetime` can hold it.

    Args:
        text: Such as ``2026-01-31T12:00:00.5+02:00``.
        digits: How many digits may follow the second; None for any number.

    Returns:
        An aware `datetime` with the offset of the text; a `WireTimestamp` if the fraction is finer than that.

    Raises:
        ValueError: Not such a timestamp, or a date that does not exist.
        TypeError: `text` is no string.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError("not a timestamp of RFC 3339")
    fraction = match[1]
    if fraction is None:
        return datetime.fromisoformat(text.upper())
    if digits is not None and len(fraction) > digits + 1:
        raise ValueError(f"more than {digits} digits after the second")
    value = datetime.fromisoformat(text.upper())
    return value if len(fraction) <= 7 else WireTimestamp.of(value, text)


#: How many digits a timestamp may be told to have after its second, and what Python calls that.
FIXED_DIGITS = {0: "seconds", 3: "milliseconds"}

_TWO = tuple(f"{number:02}" for number in range(60))


def write_timestamp(value: datetime, digits: int | None = None, fixed: int | None = None) -> str:
    """Writes an aware `datetime`: in UTC with ``Z``, otherwise with its own offset.

    Args:
        value: An aware `datetime`.
        digits: 3 cuts to milliseconds, as 2.x allows no more; None writes microseconds if there are any.
        fixed: One of `FIXED_DIGITS`: so many digits always, for peers that read one form only. What is finer is cut.

    Raises:
        ValueError: `value` is naive.
    """
    if type(value) is datetime and value.tzinfo is UTC:
        # As below, in half the time: that of nearly every timestamp.
        second = (
            f"{value.year:04}-{_TWO[value.month]}-{_TWO[value.day]}T{_TWO[value.hour]}:{_TWO[value.minute]}"
        )
        second += f":{_TWO[value.second]}"
        fraction = value.microsecond
        if fixed == 0 or (fixed is None and not fraction):
            return f"{second}Z"
        is_short = fixed == 3 or digits == 3 or not fraction % 1000
        return f"{second}.{fraction // 1000:03}Z" if is_short else f"{second}.{fraction:06}Z"
    offset = value.utcoffset()
    if offset is None:
        raise ValueError(f"{value!r} has no time zone")
    if (
        digits is fixed is None
        and isinstance(value, WireTimestamp)
        and value.text
        and _RFC_3339.fullmatch(value.text)
    ):
        return value.text
    if offset % _WHOLE_MINUTES:
        value = value.astimezone(UTC)
    is_short = digits == 3 or not value.microsecond % 1000
    usual = "milliseconds" if is_short and value.microsecond else "auto"
    text = value.isoformat(timespec=usual if fixed is None else FIXED_DIGITS[fixed])
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


#: A timestamp as people and programs write it, right or not.
_LOOSE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:(?P<between>.)(?P<minute>\d\d:\d\d)(?P<second>:\d\d)?(?P<fraction>\.\d+)?(?P<zone>[Zz]|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_ZONE = re.compile(r"[Zz]|[+-]\d\d:\d\d", re.ASCII)


def what_is_wrong(text: str) -> str:
    """Why a text is no timestamp of its version, as a sentence goes on after "it"."""
    parts = _LOOSE.fullmatch(text)
    if parts is None:
        return "is not like 2026-01-31T12:00:00Z"
    if parts["between"] is None:
        return "is a date without a time"
    if parts["between"] not in "Tt":
        return "has no T between date and time"
    if parts["second"] is None:
        return "has no seconds"
    if parts["zone"] is None:
        return "has no time zone, such as Z or +01:00"
    if not _ZONE.fullmatch(parts["zone"]):
        return "has a time zone that is not like Z or +01:00"
    if parts["second"] == ":60":
        return "has a leap second, which cannot be held"
    if not is_timestamp(text):
        return "is no day, time or zone that there is"
    return f"has {len(parts['fraction'] or '.') - 1} digits after the second, more than its version allows"


def is_timestamp(text: str, digits: int | None = None) -> bool:
    """Whether `read_timestamp` accepts it."""
    try:
        read_timestamp(text, digits)
    except ValueError:
        return False
    return True
