"""JSON text to values and back, exactly: no rounded numbers, no silently dropped members, no unbounded nesting.

`orjson` reads what it reads exactly; the rare text that it would not goes through the `json` of the standard library
once more, which is slower and keeps every digit. Likewise for writing: where `orjson` may have changed a value, a
slower pass makes sure.
"""

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

import orjson

from ocpp_core.model.decimals import is_in_range, number_text
from ocpp_core.model.printing import shown
from ocpp_core.model.secrets import told_value
from ocpp_core.payloads.binding import MAX_DEPTH, is_too_deep

# A double holds any number of 15 digits, unless it is tiny. What may be more is looked for twice: first quickly, as a
# run of digits and dots or as an exponent, then as a number ("0." may be two of 17 characters; that does no harm).
_KINDS = bytes.maketrans(b"123456789.E", b"0000000000e")
_LONG_RUN = b"0" * 16
_TINY = b"e-000"
_BEFORE_NUMBER = b":,[- \t\n\r"
_INEXACT = re.compile(rb"(?:^|[:,\[\s-])(?:[0-9][0-9.]{16}|[0-9]{16}[eE]|[0-9.]+[eE]-[0-9]{3})")

# How deep the slow passes go, which are recursive. A payload may be somewhat deeper than what it carries.
_SLOW_DEPTH = 2 * MAX_DEPTH

# What is no JSON shall not become text unasked.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


class BrokenJson(Exception):
    """The text is no JSON, or beyond a limit; the message says why."""


class DuplicateMember(BrokenJson):
    """An object has two members of one name; JSON allows it, and no two readers agree on what it means."""

    def __init__(self, member: str) -> None:
        super().__init__(f"the member {told_value(member)} occurs twice in one object")
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
        BrokenJson: Not JSON; or nested without end; or a number beyond the range of a double.
    """
    try:
        data = text.encode()
        value = orjson.loads(data)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise BrokenJson(f"not JSON: {str(error)[:120]}") from None
    if not _may_be_inexact(data) and (duplicates or _has_all_members(data, value)):
        return value
    return _read_exactly(text, value, duplicates)


def _may_be_inexact(data: bytes) -> bool:
    # (find is quicker than the operator, which first takes the bytes for a number.)
    kinds = data.translate(_KINDS)
    at = kinds.find(_LONG_RUN)
    while at >= 0:
        # Most long runs are in strings: serial numbers, ICCIDs.
        if at == 0 or data[at - 1] in _BEFORE_NUMBER:
            return _INEXACT.search(data) is not None
        at = kinds.find(_LONG_RUN, at + len(_LONG_RUN))
    return kinds.find(_TINY) >= 0 and _INEXACT.search(data) is not None


def _has_all_members(data: bytes, value: Any) -> bool:
    # A dropped member takes its colon along. An escaped colon could make up for it, so escapes of that kind are not
    # trusted. (False here costs only a second look.)
    try:
        return data.count(b":") == orjson.dumps(value).count(b":") and data.find(b"\\u003") < 0
    except TypeError:  # nested deeper than orjson writes
        return False


def _read_exactly(text: str, seen: Any, duplicates: bool) -> Any:
    if is_too_deep(seen, _SLOW_DEPTH):
        raise BrokenJson(f"nested deeper than {_SLOW_DEPTH} levels")
    hook = None if duplicates else _unique
    try:
        return json.loads(text, parse_float=_decimal, object_pairs_hook=hook)
    except (ValueError, InvalidOperation) as error:
        raise BrokenJson(f"not JSON: {str(error)[:120]}") from None
    except RecursionError:
        # Of a member that is there twice only the last has been seen; the first may be nested as deep as it likes.
        raise BrokenJson(f"nested deeper than {_SLOW_DEPTH} levels") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DuplicateMember(Counter(name for name, _ in pairs).most_common(1)[0][0])
    return members


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not is_in_range(number):
        raise ValueError(f"the number {text[:40]} is beyond what a double holds")
    return number


def write_json(value: Any) -> str:
    """Writes JSON text without blanks; a `Decimal` with all its digits and no exponent.

    Raises:
        TypeError: `value` has something in it that JSON cannot hold: NaN, a lone surrogate, another Python object.
    """
    try:
        text = orjson.dumps(value, _writable, _OPTIONS).decode()
        if "null" not in text:  # which is also what it writes for NaN
            return text
    except TypeError:
        pass  # perhaps there is only an integer beyond 64 bits
    if is_too_deep(value, _SLOW_DEPTH):
        raise TypeError(f"nested deeper than {_SLOW_DEPTH} levels")
    return orjson.dumps(_exactly(value), _writable, _OPTIONS).decode()


def _writable(value: Any) -> Any:
    if isinstance(value, Decimal) and is_in_range(value):
        return orjson.Fragment(number_text(value))
    raise TypeError(f"{shown(value)} is not JSON")


def _exactly(value: Any) -> Any:
    """The same value, with those numbers as `Decimal` that `orjson` would change or refuse."""
    if isinstance(value, dict):
        return {name: _exactly(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exactly(item) for item in value]
    if (isinstance(value, float) and not isfinite(value)) or (type(value) is int and abs(value) >= 2**63):
        return Decimal(value)
    return value
