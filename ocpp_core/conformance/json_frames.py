"""Frames of OCPP-J as the kit reads and writes them: with `json` and nothing of the library's codec in it.

What judges other people's frames shall not share a fault with what makes our own.
"""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any

from ocpp_core.model.versions import Specification, Wire

Json = dict[str, Any]


class Type(IntEnum):
    """Message types."""

    CALL = 2
    CALLRESULT = 3
    CALLERROR = 4
    CALLRESULTERROR = 5
    SEND = 6


#: What may come for a call.
ANSWERS = frozenset({Type.CALLRESULT, Type.CALLERROR})

#: Spellings of error codes that stand in some edition of a version, beside those of the last (part 4 §4.3).
_OF_EDITIONS: Mapping[str, frozenset[str]] = dict.fromkeys(
    ("2.0", "2.0.1"), frozenset({"OccurenceConstraintViolation"})
)


def error_codes(known: Specification) -> frozenset[str]:
    """The codes that a CALLERROR may carry in a version, by any of its editions."""
    names = frozenset(known.error_names[Wire.JSON].values())
    return names | _OF_EDITIONS.get(known.version, frozenset())


def parsed(text: str) -> Any:
    """The JSON value of a text, with its fractions as they are written.

    Raises:
        ValueError: It is no JSON, or is nested or has a number beyond what can be read.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_not_json)
    except RecursionError:
        raise ValueError("it is nested too deep to be read") from None
    except InvalidOperation:  # an exponent of twenty digits
        raise ValueError("it has a number that nothing holds") from None


def _not_json(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def frame_in(text: str) -> list[Any] | None:
    """The frame that a text is: an array with a type and an id; None if it is none."""
    try:
        value = parsed(text)
    except ValueError:
        return None
    is_frame = isinstance(value, list) and len(value) >= 2 and type(value[0]) is int
    return value if is_frame else None


def written(*elements: Any) -> str:
    """A frame as text."""
    return json.dumps(elements, ensure_ascii=False, default=_number, separators=(",", ":"))


def call(id: str, action: str, payload: Mapping[str, Any]) -> str:
    """A CALL."""
    return written(Type.CALL, id, action, payload)


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON: {type(value).__name__}")
