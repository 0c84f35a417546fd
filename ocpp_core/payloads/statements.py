"""What the engines of this package are made of: the rules of each kind of value as statements of source text.

A compiled function says only that it refuses, by one of `REFUSALS`; explaining is left to `ocpp_core.payloads.walk`.
"""

from copy import copy
from datetime import datetime
from math import ceil, floor
from typing import Any, Self

from ocpp_core.model.decimals import is_multiple
from ocpp_core.model.messages import Token
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Fold,
    Integer,
    ListOf,
    Number,
    Text,
    Timestamp,
)
from ocpp_core.model.timestamps import USUAL_IN_UTC, ZEROS, is_usual, read_timestamp
from ocpp_core.payloads.codegen import Source, indented

#: How deep JSON may be nested where a schema allows anything.
MAX_DEPTH = 64

#: Characters of a decimal that a float holds exactly, whatever its digits: 15 of them and a point.
EXACT_LENGTH = 16
#: What a decimal is written with that has no exponent, and is a number. (How an exponent is written, and whether
#: `Decimal` makes NaN of what it cannot hold, the decimal context of the program decides.)
PLAIN = "-.0123456789"

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


class Refused(Exception):
    """The value breaks a rule. Which one, `ocpp_core.payloads.validation.explain` finds out."""


#: What a compiled function may raise for a value that breaks a rule; everything else is a defect of ours.
REFUSALS = (Refused, KeyError, TypeError, ValueError, AttributeError, OverflowError)


_CONTAINERS = (dict, list)


def is_too_deep(value: Any, allowed: int = MAX_DEPTH) -> bool:
    """Whether JSON is nested deeper than `allowed`; found out without recursion, and without a copy of what is flat."""
    level: list[Any] = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(allowed - 1):
        if not level:
            return False
        level = [
            item
            for container in level
            for item in (container.values() if isinstance(container, dict) else container)
            if isinstance(item, _CONTAINERS)
        ]
    # What stands in the innermost container is a level too.
    return any(level)


def check_depth(value: Any, allowed: int = MAX_DEPTH) -> None:
    """Refuses JSON that is nested deeper than `allowed`."""
    if is_too_deep(value, allowed):
        raise Refused


def plain_text(value: Any) -> str:
    """The text of a `str` of any kind, such as a member of a `StrEnum`."""
    if not isinstance(value, str):
        raise Refused
    return str.__str__(value)


def plain_integer(value: Any) -> int:
    """The number that an `int` of any kind is, such as a member of an `IntEnum`; a boolean is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused
    return int(value)


def whole_range(kind: Integer) -> tuple[int, int]:
    """The whole numbers that are allowed, as far as they have 64 bits: beyond, not every number can be written."""
    smallest = _SMALLEST if kind.minimum is None else ceil(kind.minimum)
    largest = _LARGEST if kind.maximum is None else floor(kind.maximum)
    return max(smallest, _SMALLEST), min(largest, _LARGEST)


def tokens(enum: type[Token]) -> dict[str, Token]:
    """The members of an enum by the tokens that are read as them."""
    members: dict[str, Token] = {str(member): member for member in enum}
    return members | {token: members[meant] for token, meant in enum.__read_as__.items()}


def written_tokens(kind: Enumeration) -> dict[str, str]:
    """What is written for the tokens of an enum."""
    # By the members themselves: a dict finds the very object that it has as key in half the time.
    written: dict[str, str] = {member: str(member) for member in kind.enum}
    return written | {kind.enum.__read_as__[token]: token for token in kind.misspelt}


class Rules:
    """The rules of a value in the variable `v`, as statements."""

    def __init__(self, made: Source, v: str = "v") -> None:
        self.made = made
        self.v = v

    def length(self, kind: Text) -> list[str]:
        """Refuses what is no text, or too long."""
        faults = [f"type({self.v}) is not str"]
        if kind.max_length is not None:
            faults.append(f"len({self.v}) > {kind.max_length}")
        return refuse(*faults)

    def size(self, kind: ListOf) -> list[str]:
        """Refuses what is no list, or has too few or too many items."""
        v, faults = self.v, [f"type({self.v}) is not list"]
        if kind.min_items:
            faults.append(f"len({v}) < {kind.min_items}" if kind.min_items > 1 else f"not {v}")
        if kind.max_items is not None:
            faults.append(f"len({v}) > {kind.max_items}")
        return refuse(*faults)

    def range(self, kind: Integer | Number) -> list[str]:
        """Refuses a number outside its limits; its type has been seen to before."""
        faults: list[str] = []
        if kind.minimum is not None:
            faults.append(f"{self.v} < {kind.minimum}")
        if kind.maximum is not None:
            faults.append(f"{self.v} > {kind.maximum}")
        if isinstance(kind, Number) and kind.multiple_of is not None:
            step = self.made.name(kind.multiple_of, "step")
            faults.append(f"not {self.made.name(is_multiple, 'is_multiple')}({self.v}, {step})")
        return refuse(*faults)

    def moment(self, kind: Timestamp) -> list[str]:
        """Reads a timestamp."""
        v, name = self.v, self.made.name
        usual, moment = name(is_usual, "is_usual"), name(datetime.fromisoformat, "fromisoformat")
        read = name(read_timestamp, "read_timestamp")
        is_read_as_it_is = f"{self.is_usual_in_utc()} or {usual}({v})"
        return [f"{v} = {moment}({v}) if {is_read_as_it_is} else {read}({v}, {kind.digits})"]

    def is_usual_in_utc(self) -> str:
        """Whether text is such a timestamp, if `datetime.fromisoformat` reads it."""
        form = f"{self.v}.encode().translate({self.made.name(ZEROS, 'zeros')})"
        return f"{form} in {self.made.name(USUAL_IN_UTC, 'usual_in_utc')} and 'T24' not in {self.v}"


class Statements(Rules, Fold[list[str]]):
    """Statements about a value in the variable `v`. What is the same in both directions stands here."""

    def boolean(self, kind: Boolean) -> list[str]:  # noqa: D102
        return refuse(f"type({self.v}) is not bool")

    def anything(self, kind: Anything) -> list[str]:  # noqa: D102
        return [f"if type({self.v}) is dict or type({self.v}) is list: check_depth({self.v})"]

    def list_of(self, kind: ListOf) -> list[str]:  # noqa: D102
        return [*self.size(kind), *each(self.about("i").of(kind.item), self.v)]

    def about(self, v: str) -> Self:
        """The same about another variable."""
        other = copy(self)
        other.v = v
        return other


def refuse(*faults: str) -> list[str]:
    """A statement that refuses what has one of these faults."""
    return [f"if {' or '.join(faults)}: raise Refused"] if faults else []


def each(statements: list[str], v: str) -> list[str]:
    """Statements that do the same to each item ``i`` of the list in `v`, leaving a new list there."""
    if len(statements) == 1 and statements[0].startswith("i = "):
        return [f"{v} = [{statements[0].removeprefix('i = ')} for i in {v}]"]
    return ["items = []", f"for i in {v}:", *indented(statements), "    items.append(i)", f"{v} = items"]
