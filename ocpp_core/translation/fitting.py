"""How to tell that a value is what a kind has: as a test in compiled code, and as a function."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from attrs import frozen

from ocpp_core._lazy import once
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import (
    Boolean,
    Enumeration,
    Field,
    Integer,
    Kind,
    ListOf,
    Nested,
    Number,
    Text,
    Timestamp,
    shape,
)

_NUMBERS = (int, float, Decimal)


@frozen
class Direct:
    """A test that a value fits as it is, and what it becomes.

    Attributes:
        test: Of ``v``; it makes ``w`` if that is something else.
        names: That it speaks of.
        result: What to write.
    """

    test: str
    names: Mapping[str, Any]
    result: str = "v"


def direct(source: Kind, target: Kind, integers: tuple[int, int] | None) -> Direct | None:
    """How to tell that a value fits as it is; None if that takes more than a test."""
    match source, target:
        case Text(), Text(max_length=most):
            return Direct("v.__class__ is str" + ("" if most is None else f" and len(v) <= {most}"), {})
        case Integer(), Integer(minimum=low, maximum=high):
            low = low if low is not None or integers is None else integers[0]
            high = high if high is not None or integers is None else integers[1]
            bounds = ("" if low is None else f" and v >= {low}") + (
                "" if high is None else f" and v <= {high}"
            )
            return Direct(f"v.__class__ is int{bounds}", {})
        case Number(), Number(minimum=None, maximum=None, multiple_of=None):
            return Direct("v.__class__ is Decimal", {"Decimal": Decimal})
        case Boolean(), Boolean():
            return Direct("v.__class__ is bool", {})
        case Timestamp(), Timestamp(digits=digits):
            exact = "" if digits is None else " and not v.microsecond % 1000"
            return Direct(f"v.__class__ is datetime and v.tzinfo is not None{exact}", {"datetime": datetime})
        case _:
            return None


def usual(kind: Kind) -> Direct | None:
    """How to tell that ``v`` is of the type of its kind; None if any is."""
    match kind:
        case Text() | Enumeration():
            return Direct("isinstance(v, str)", {})
        case Integer():
            return Direct("isinstance(v, int) and v.__class__ is not bool", {})
        case Number():
            return Direct("isinstance(v, NUMBERS) and v.__class__ is not bool", {"NUMBERS": _NUMBERS})
        case Boolean():
            return Direct("v.__class__ is bool", {})
        case Timestamp():
            return Direct("isinstance(v, datetime) and v.tzinfo is not None", {"datetime": datetime})
        case ListOf():
            return Direct("isinstance(v, list)", {})
        case Nested(cls=cls):
            return Direct("isinstance(v, CLASS)", {"CLASS": cls})
        case _:
            return None


_VALUE = re.compile(r"\bv\b")


def about(test: str, variable: str) -> str:
    """A test of ``v``, of another variable."""
    return _VALUE.sub(variable, test)


class Member(NamedTuple):
    """A field, and how to tell a value of its type.

    Attributes:
        field: The field.
        classes: What is of one of them is of its type; to look that up is cheaper than to ask.
        is_usual: Tells the rest.
    """

    field: Field
    classes: frozenset[type]
    is_usual: Callable[[Any], bool]


@once
def members(cls: type[Payload]) -> Mapping[str, Member]:
    """The fields of a class, by attribute."""
    return {
        one.name: Member(one, _classes(one.kind), _function(usual(one.kind))) for one in shape(cls).fields
    }


def _classes(kind: Kind) -> frozenset[type]:
    match kind:
        case Text():
            return frozenset([str])
        case Enumeration(enum=enum):
            return frozenset([enum])
        case Integer():
            return frozenset([int])
        case Number():
            return frozenset(_NUMBERS)
        case Boolean():
            return frozenset([bool])
        case ListOf():
            return frozenset([list])
        case Nested(cls=cls):
            return frozenset([cls])
        case _:
            return frozenset()


def _function(test: Direct | None) -> Callable[[Any], bool]:
    source, names = ("True", {}) if test is None else (test.test, dict(test.names))
    made: Callable[[Any], bool] = eval(f"lambda v: {source}", names)
    return made
