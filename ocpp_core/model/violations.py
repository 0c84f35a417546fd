"""Broken rules, each at one place of a payload or frame, and the sentences that explain them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import define, field

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.passed import Misplaced
from ocpp_core.model.printing import LONG, SHORT, Hidden, likely, printable, shown
from ocpp_core.model.secrets import discreet, discreet_path, is_in_setting
from ocpp_core.model.timestamps import what_is_wrong
from ocpp_core.model.tolerance import Tolerance

#: What each keyword of JSON Schema draws. The same in every version; the spelling differs (`ocpp_core.model.versions`).
KEYWORD_CODES: Mapping[str, ErrorCode] = {
    "type": ErrorCode.TYPE_CONSTRAINT,
    "enum": ErrorCode.PROPERTY_CONSTRAINT,
    "maxLength": ErrorCode.PROPERTY_CONSTRAINT,
    "minimum": ErrorCode.PROPERTY_CONSTRAINT,
    "maximum": ErrorCode.PROPERTY_CONSTRAINT,
    "multipleOf": ErrorCode.PROPERTY_CONSTRAINT,
    "format": ErrorCode.PROPERTY_CONSTRAINT,
    "required": ErrorCode.OCCURRENCE_CONSTRAINT,
    "minItems": ErrorCode.OCCURRENCE_CONSTRAINT,
    "maxItems": ErrorCode.OCCURRENCE_CONSTRAINT,
    "additionalProperties": ErrorCode.STRUCTURE,
    "depth": ErrorCode.FORMAT,
    # Of XML alone:
    "order": ErrorCode.STRUCTURE,
    "namespace": ErrorCode.STRUCTURE,
    "place": ErrorCode.STRUCTURE,
    "nil": ErrorCode.STRUCTURE,
    "text": ErrorCode.STRUCTURE,
    "characters": ErrorCode.PROPERTY_CONSTRAINT,
}


# Not frozen, which would make each three times as dear: a hostile message has thousands.
@define
class Violation:
    """One broken rule, at one place of a payload or frame. Nothing changes one once it is made.

    Attributes:
        path: Where, in wire names: ``$.meterValue[0].sampledValue[2].unit``.
        keyword: The rule, named as in JSON Schema: ``enum``, ``maxLength``, ``required``, ``format`` ...
        code: What a peer would be told.
        value: The value that broke it; for a missing member the object that lacks it.
        rule: The tolerance that accepts it; None if none does.
        line: Line of an XML document; None on the JSON wire, whose frames have one line.
        limit: What the rule allows: a number, the tokens of an enum, the members of an object.
    """

    path: str
    keyword: str
    # What is said if it is not the sentence of the keyword. Sentences are made when they are asked for: most of the
    # faults of a message that has many are never read.
    _said: str = field(alias="message", repr=False)
    code: ErrorCode
    value: Any = field(default=None, repr=False)
    rule: Tolerance | None = None
    line: int | None = None
    limit: Any = field(default=None, repr=False, eq=False)

    @property
    def message(self) -> str:
        """One sentence for people, naming rule and value; printable and short, whatever the peer wrote, and no secret.

        Who wants to see a secret reads `value`.
        """
        return printable(self._said, LONG) or _SENTENCES[self.keyword](self.discreet_value, self.limit)

    @property
    def discreet_value(self) -> Any:
        """The value for whoever may not see secrets: a `Hidden` in place of what is, or may be, one."""
        # Of a member without a field it is not known what it was meant for: it may be a misspelt secret's.
        if self.keyword == "additionalProperties" and isinstance(self.value, str | int | float | Decimal):
            return Hidden(self.value)
        # Which setting it is, is not known here. A wrong token says what it was meant to be, all else may be the value.
        if self.keyword != "enum" and is_in_setting(self.path):
            return Hidden(self.value)
        return discreet(self.path, self.value)

    def __str__(self) -> str:
        path = printable(discreet_path(self.path), LONG)
        where = path if self.line is None else f"{path} (line {self.line})"
        return f"{where}: {self.message}"


def violation(
    path: str,
    keyword: str,
    value: Any,
    limit: Any = None,
    rule: Tolerance | None = None,
    line: int | None = None,
) -> Violation:
    """One broken rule of `KEYWORD_CODES`, with the code and the sentence of its keyword."""
    return Violation(path, keyword, "", KEYWORD_CODES[keyword], value, rule, line, limit)


#: Faults that are listed of a message that is refused: a peer must not be able to keep us busy with its own.
MAX_FAULTS = 64
#: Deviations that a payload may have and still be read, if all of them are allowed.
MAX_DEVIATIONS = 10_000
#: A message that is tolerated may have one deviation in so many characters, and `MAX_FAULTS` whatever its size. What
#: real stations send has fewer even if every value in it is odd; of lists of a letter each we would say more than they
#: do, at a hundred times the cost of reading them.
_CHARACTERS_PER_DEVIATION = 24


class TooMany(Exception):
    """More faults than are listed, or more deviations than are read: whoever looks for them stops."""


class Deviations:
    """What is wrong with one message, in the order in which it is found, with a bound on how much is looked for.

    The first deviation that is not allowed refuses the message; from then on only `MAX_FAULTS` are listed.

    Args:
        allowed: What is accepted although it breaks a rule.
        most: Deviations with which a message is still read, if all of them are allowed.

    Attributes:
        listed: The violations so far, those that are allowed included.
        are_allowed: Whether all of them are.
    """

    __slots__ = ("allowed", "are_allowed", "listed", "most")

    def __init__(self, allowed: Tolerance, most: int = MAX_DEVIATIONS) -> None:
        self.allowed: Tolerance = allowed
        self.most: int = most
        self.are_allowed: bool = True
        self.listed: list[Violation] = []

    @classmethod
    def of_message(cls, size: int, allowed: Tolerance) -> "Deviations":
        """Those of a message of so many characters."""
        return cls(allowed, max(MAX_FAULTS, size // _CHARACTERS_PER_DEVIATION))

    def report(
        self,
        rule: Tolerance | None,
        path: str,
        keyword: str,
        value: Any,
        limit: Any = None,
        line: int | None = None,
    ) -> bool:
        """Lists one broken rule of `KEYWORD_CODES`; otherwise as `add`."""
        return self.add(Violation(path, keyword, "", KEYWORD_CODES[keyword], value, rule, line, limit))

    def add(self, violation: Violation) -> bool:
        """Lists one broken rule; returns whether it is allowed, so that reading may go on behind it.

        Raises:
            TooMany: The bound is reached. What is listed stays, and the message is not to be read.
        """
        self.listed.append(violation)
        is_allowed = violation.rule is not None and violation.rule in self.allowed
        if not is_allowed or len(self.listed) > self.most:
            self.are_allowed = False
        if not self.are_allowed and len(self.listed) >= MAX_FAULTS:
            raise TooMany
        return is_allowed


def tolerances(violations: Iterable[Violation]) -> tuple[Tolerance, ...]:
    """The tolerances that together accept these violations, each once; empty if one of them has none."""
    rules = dict.fromkeys(violation.rule for violation in violations)
    return () if None in rules else tuple(rule for rule in rules if rule is not None)


def member_path(path: str, member: str) -> str:
    """The path of a member of an object: ``$.a.b``, or ``$.a['b c']`` where the name is no plain word.

    A name longer than those of any schema is cut short.
    """
    if len(member) > SHORT:
        return f"{path}[{printable(member)!r}]"
    return f"{path}.{member}" if member.isidentifier() else f"{path}[{member!r}]"


_JSON_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def _wrong_type(value: Any, expected: Any) -> str:
    if isinstance(value, Misplaced):
        return repr(value)
    return f"must be {_JSON_NAMES[expected]}, not {shown(value)}"


def _no_token(value: Any, allowed: Any) -> str:
    listed = ", ".join(map(str, allowed[:8])) + (" ..." if len(allowed) > 8 else "")
    return f"{shown(value)} is none of {listed}{_guess(value, allowed)}"


def _wrong_format(value: Any, limit: Any) -> str:
    sentence = f"{shown(value)} is not a {limit} that OCPP allows"
    return (
        f"{sentence}: it {what_is_wrong(value)}"
        if limit == "date-time" and isinstance(value, str)
        else sentence
    )


def _unknown_member(value: Any, limit: Any) -> str:
    member, known = limit
    told = "" if isinstance(value, Hidden) else f" (value {shown(value)})"
    return f"no such member here{_guess(member, known)}{told}"


def _guess(name: Any, known: Iterable[str]) -> str:
    meant = likely(name, known)
    return "" if meant is None else f"; did you mean {meant!r}?"


_SENTENCES: Mapping[str, Callable[[Any, Any], str]] = {
    "type": _wrong_type,
    "enum": _no_token,
    "maxLength": lambda value, limit: (
        f"has {len(value)} characters, at most {limit} are allowed: {shown(value)}"
    ),
    "minimum": lambda value, limit: f"must be {limit:.15g} or more, not {shown(value)}",
    "maximum": lambda value, limit: f"must be {limit:.15g} or less, not {shown(value)}",
    "multipleOf": lambda value, limit: f"must be a multiple of {limit}, not {shown(value)}",
    "format": _wrong_format,
    "required": lambda value, limit: "is missing",
    "minItems": lambda value, limit: f"needs {limit} or more items, has {len(value)}",
    "maxItems": lambda value, limit: f"may have {limit} items, has {len(value)}",
    "additionalProperties": _unknown_member,
    "depth": lambda value, limit: f"is nested deeper than {limit} levels",
    "order": lambda value, limit: f"stands in the wrong place; expected {limit}",
    "namespace": lambda value, limit: (
        f"is in {f'the namespace {shown(value)}' if value else 'no namespace'}, not in {limit!r}"
    ),
    "place": lambda value, limit: f"{shown(value)} belongs {limit}",
    "nil": lambda value, limit: "is nil or empty; what has no value is left out",
    "text": lambda value, limit: f"no text is allowed here: {shown(value)}",
    "characters": lambda value, limit: f"has the character {value!r}, which XML cannot hold",
}


#: Which class of fault decides the code of a payload with several. A wrong type makes all other checks meaningless; an
#: unknown member beside a missing one is usually one misspelling, and the missing one tells the peer more.
_PRECEDENCE = (
    ErrorCode.TYPE_CONSTRAINT,
    ErrorCode.OCCURRENCE_CONSTRAINT,
    ErrorCode.PROPERTY_CONSTRAINT,
    ErrorCode.STRUCTURE,
)


def decisive(violations: Iterable[Violation]) -> ErrorCode:
    """The one error code that answers a payload with these violations."""
    codes = {violation.code for violation in violations}
    return next((code for code in _PRECEDENCE if code in codes), ErrorCode.FORMAT)


#: A CALLERROR beyond this size has made small stations drop the connection.
_MOST_BYTES = 1024
_MOST_VIOLATIONS = 10


def summary_for_peer(violations: Sequence[Violation]) -> dict[str, Any]:
    """The details of a CALLERROR: where and which rule, no values; small enough for small stations."""
    listed = []
    size = 0
    for violation in violations[:_MOST_VIOLATIONS]:
        size += len(violation.path) + len(violation.keyword) + 30
        if size > _MOST_BYTES:
            break
        listed.append({"path": violation.path, "keyword": violation.keyword})
    return {"violations": listed} if listed else {}
