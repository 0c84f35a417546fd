"""JSON text to values and back, exactly: no rounded numbers, no silently dropped members, no unbounded nesting.

`orjson` reads what it reads exactly; the rare text that it would not goes through the `json` of the standard library
once more, which is slower and keeps every digit.
"""

import json
import re
from decimal import Decimal
from typing import Any

import orjson

from ocpp_core.binding import MAX_DEPTH, Refused, check_depth
from ocpp_core.decimals import LARGEST_EXPONENT, number_text

# A double holds any number of 15 digits. 17 digits and dots in a row are more (or may be: "0." is two of them).
_LONG_RUN = b"0" * 17
_DIGITS_AND_REST = bytes(ord("0") if chr(byte) in "0123456789." else ord(" ") for byte in range(256))
_LONG_NUMBER = re.compile(rb"[:,\[\s-][0-9][0-9.]{16}")


class BrokenJson(Exception):
    """The text is no JSON, or beyond a limit; the message says why."""


class DuplicateMember(BrokenJson):
    """An object has two members of one name; JSON allows it, and no two readers agree on what it means."""

    def __init__(self, member: str) -> None:
        super().__init__(f"the member {member[:60]!r} occurs twice in one object")
        self.member = member


def read_json(text: str, *, duplicates: bool = False) -> Any:
    """Reads JSON text.

    Args:
        text: One JSON value. NaN, a byte order mark, lone surrogates and trailing data are no JSON.
        duplicates: Allow an object to have two members of one name; the last one counts.

    Returns:
        dict, list, str, int, float, bool, None; `Decimal` in place of float where a float would not be exact.

    Raises:
        DuplicateMember: Two members of one name.
        BrokenJson: Not JSON; or nested beyond `MAX_DEPTH` and in need of the slow reader; or a number beyond a double.
    """
    try:
        data = text.encode()
        value = orjson.loads(data)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise BrokenJson(f"not JSON: {str(error)[:120]}") from None
    is_exact = _LONG_RUN not in data.translate(_DIGITS_AND_REST) or _LONG_NUMBER.search(data) is None
    if is_exact and (duplicates or _has_all_members(data, value)):
        return value
    return _read_exactly(text, value, duplicates)


def _has_all_members(data: bytes, value: Any) -> bool:
    # A dropped member takes its colon along. An escaped colon could make up for it, so escapes of that kind are not
    # trusted. (False here costs only a second look.)
    try:
        return data.count(b":") == orjson.dumps(value).count(b":") and b"\\u003" not in data
    except TypeError:  # nested deeper than orjson writes
        return False


def _read_exactly(text: str, seen: Any, duplicates: bool) -> Any:
    try:
        check_depth(seen)
    except Refused:
        raise BrokenJson(f"nested deeper than {MAX_DEPTH} levels") from None
    hook = None if duplicates else _unique
    try:
        return json.loads(text, parse_float=_decimal, object_pairs_hook=hook)
    except ValueError as error:
        raise BrokenJson(f"not JSON: {str(error)[:120]}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise DuplicateMember(next(name for name in names if names.count(name) > 1))
    return members


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        raise ValueError(f"the number {text[:40]} is beyond what a double holds")
    return number


def write_json(value: Any) -> str:
    """Writes JSON text without blanks; a `Decimal` with all its digits and no exponent.

    Raises:
        TypeError: `value` has something in it that JSON cannot hold: NaN, a lone surrogate, another Python object.
    """
    try:
        return orjson.dumps(value, default=_writable).decode()
    except TypeError:
        # The one JSON value that orjson refuses and we do not: an integer beyond 64 bits.
        return orjson.dumps(_without_large_integers(value), default=_writable).decode()


def _writable(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(number_text(value))
    raise TypeError(f"{value!r} is not JSON")


def _without_large_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_large_integers(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_large_integers(item) for item in value]
    if type(value) is int and not -(2**63) <= value < 2**64:
        return orjson.Fragment(str(value))
    return value
