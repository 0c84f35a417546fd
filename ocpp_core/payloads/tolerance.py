"""What real peers send against the standard, and reading it all the same without losing anything.

`Tolerance` names the deviations, and says what becomes of the value.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ocpp_core.model.decimals import is_multiple, read_decimal, read_integer
from ocpp_core.model.messages import MISSING, Payload
from ocpp_core.model.shapes import (
    Anything,
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
from ocpp_core.model.timestamps import WireTimestamp, read_timestamp
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import Violation, member_path, violation
from ocpp_core.payloads.binding import tokens

#: A tolerance for all stations, or a function from the identity of a station to its own. It must know an answer for
#: strangers too: what it raises leaves the codec.
ToleranceByStation = Tolerance | Callable[[str], Tolerance]


def tolerance_of(tolerance: ToleranceByStation, identity: Callable[[], str]) -> Tolerance:
    """What is tolerated of one station, whose identity is looked for only if it matters."""
    return tolerance if isinstance(tolerance, Tolerance) else tolerance(identity())


Report = Callable[..., None]

#: Deviations that one message may have: a peer must not be able to keep us busy with its own.
MAX_DEVIATIONS = 10_000


class TooManyDeviations(Exception):
    """More than `MAX_DEVIATIONS`: such a message is not read."""


def read_tolerantly(cls: type[Payload], payload: Any) -> tuple[Any, list[Violation]]:
    """Builds a message from whatever a peer sent, as far as it can be typed.

    Args:
        cls: The class to build.
        payload: JSON values as a parser gives them, not nested without end.

    Returns:
        The message, and every deviation with the `rule` that accepts it, in document order. If the payload is no object
        there is nothing to build: the message is None. So it is beyond `MAX_DEVIATIONS`.
    """
    found: list[Violation] = []

    def report(tolerance: Tolerance, path: str, keyword: str, value: Any, limit: Any = None) -> None:
        if len(found) == MAX_DEVIATIONS:
            raise TooManyDeviations
        found.append(violation(path, keyword, value, limit, tolerance))

    try:
        message = _read_object(cls, None, payload, "$", report)
    except TooManyDeviations:
        return None, found
    return (message if isinstance(message, Payload) else None), found


def _read_object(cls: type[Payload], draft: int | None, data: Any, path: str, report: Report) -> Any:
    if type(data) is not dict:
        report(Tolerance.WRONG_TYPE, path, "type", data, "object")
        return data
    facts = shape(cls, draft)
    renamed = facts.misnamed
    by_wire = facts.by_wire
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for member, value in data.items():
        here = member_path(path, member)
        meant = renamed.get(member) or member
        field = by_wire.get(meant)
        if field is None or (meant != member and meant in data):
            extra[member] = value
            if not facts.is_open:
                report(Tolerance.EXTRA_MEMBER, here, "additionalProperties", value, (member, list(by_wire)))
            continue
        if meant != member:
            report(Tolerance.MISNAMED_MEMBER, here, "additionalProperties", value, (member, list(by_wire)))
        values[field.name] = _read_member(field, value, here, report)
    for field in facts.fields:
        if field.is_required and field.name not in values:
            report(Tolerance.REQUIRED_MISSING, member_path(path, field.wire), "required", data)
            values[field.name] = MISSING
    return cls(**values, **({"extra": extra} if extra else {}))


def _read_member(field: Field, value: Any, path: str, report: Report) -> Any:
    if value is None and not isinstance(field.kind, Anything):
        tolerance = Tolerance.REQUIRED_NULL if field.is_required else Tolerance.OPTIONAL_NULL
        report(tolerance, path, "type", None, _json_type(field.kind))
        return MISSING if field.is_required else field.default
    return _read(field.kind, value, path, report)


def _read(kind: Kind, value: Any, path: str, report: Report) -> Any:
    match kind:
        case Text():
            return _read_text(kind, value, path, report)
        case Integer() | Number():
            return _read_number(kind, value, path, report)
        case Boolean():
            if type(value) is str and value in ("true", "false"):
                report(Tolerance.BOOL_AS_TEXT, path, "type", value, "boolean")
                return value == "true"
            if type(value) is not bool:
                report(Tolerance.WRONG_TYPE, path, "type", value, "boolean")
            return value
        case Timestamp():
            return _read_timestamp(kind, value, path, report)
        case Enumeration(enum=enum):
            if type(value) is not str:
                report(Tolerance.WRONG_TYPE, path, "type", value, "string")
                return value
            known = tokens(enum)
            if value not in known:
                report(Tolerance.UNKNOWN_ENUM, path, "enum", value, list(known))
                return enum.foreign(value)
            return known[value]
        case Nested(cls=cls, draft=draft):
            return _read_object(cls, draft, value, path, report)
        case Anything():
            return value
        case ListOf():
            return _read_list(kind, value, path, report)


def _read_text(kind: Text, value: Any, path: str, report: Report) -> Any:
    if type(value) in (int, float, Decimal):
        report(Tolerance.NUMBER_AS_TEXT, path, "type", value, "string")
        value = str(value)
    if type(value) is not str:
        report(Tolerance.WRONG_TYPE, path, "type", value, "string")
    elif kind.max_length is not None and len(value) > kind.max_length:
        report(Tolerance.TOO_LONG, path, "maxLength", value, kind.max_length)
    return value


def _read_number(kind: Integer | Number, value: Any, path: str, report: Report) -> Any:
    is_integer = isinstance(kind, Integer)
    expected = "integer" if is_integer else "number"
    if type(value) is str:
        number = _number_in(value, is_integer)
        if number is None:
            report(Tolerance.WRONG_TYPE, path, "type", value, expected)
            return value
        report(Tolerance.NUMBER_AS_TEXT, path, "type", value, expected)
    else:
        try:
            number = read_integer(value) if is_integer else read_decimal(value)
        except (TypeError, ValueError):
            report(Tolerance.WRONG_TYPE, path, "type", value, expected)
            return value
        if isinstance(kind, Integer) and kind.draft == 4 and type(value) is not int:
            report(Tolerance.FLOAT_AS_INT, path, "type", value, expected)
    if kind.minimum is not None and number < kind.minimum:
        report(Tolerance.NUMBER_RANGE, path, "minimum", value, kind.minimum)
    if kind.maximum is not None and number > kind.maximum:
        report(Tolerance.NUMBER_RANGE, path, "maximum", value, kind.maximum)
    if isinstance(kind, Number) and kind.multiple_of and not is_multiple(Decimal(number), kind.multiple_of):
        report(Tolerance.DECIMAL_STEP, path, "multipleOf", value, kind.multiple_of)
    return number


#: Digits that are read in a text: more of them take a hundred times their size in memory.
_LONGEST_NUMBER = 4000


def _number_in(text: str, is_integer: bool) -> int | Decimal | None:
    """The number that a text is, if writing it gives the same text."""
    if len(text) > _LONGEST_NUMBER:
        return None
    try:
        number = read_decimal(Decimal(text))
    except (InvalidOperation, ValueError):
        return None
    if str(number) != text:
        return None
    if not is_integer:
        return number
    return int(number) if text.removeprefix("-").isdecimal() and text != "-0" else None


_LONGEST_TIMESTAMP = 64


def _read_timestamp(kind: Timestamp, value: Any, path: str, report: Report) -> Any:
    if isinstance(value, datetime):  # the SOAP wire has read it already
        return value
    if type(value) is not str:
        report(Tolerance.WRONG_TYPE, path, "type", value, "string")
        return value
    try:
        return read_timestamp(value, kind.digits)
    except ValueError:
        pass
    tolerance, moment = _guess_timestamp(value)
    report(tolerance, path, "format", value, "date-time")
    return value if moment is None else WireTimestamp.of(moment, value)


def _guess_timestamp(text: str) -> tuple[Tolerance, datetime | None]:
    """What a text that is no RFC 3339 timestamp may mean, and the deviation that this is."""
    try:
        return Tolerance.DATETIME_FRACTION, read_timestamp(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.strip()) if len(text) <= _LONGEST_TIMESTAMP else None
    except ValueError:
        moment = None
    if moment is None:
        return Tolerance.DATETIME_UNREADABLE, None
    is_whole = len(text) >= len("2026-01-31T12:00:00") and text[10] in "Tt"
    if moment.tzinfo is not None:
        return Tolerance.DATETIME_SHORT, moment
    moment = moment.replace(tzinfo=UTC)
    return (Tolerance.DATETIME_NAIVE if is_whole else Tolerance.DATETIME_SHORT), moment


def _read_list(kind: ListOf, value: Any, path: str, report: Report) -> Any:
    if type(value) is dict and isinstance(kind.item, Nested):
        report(Tolerance.OBJECT_FOR_LIST, path, "type", value, "array")
        return [_read(kind.item, value, path, report)]
    if type(value) is not list:
        report(Tolerance.WRONG_TYPE, path, "type", value, "array")
        return value
    if kind.min_items is not None and len(value) < kind.min_items:
        report(Tolerance.LIST_SIZE, path, "minItems", value, kind.min_items)
    if kind.max_items is not None and len(value) > kind.max_items:
        report(Tolerance.LIST_SIZE, path, "maxItems", value, kind.max_items)
    return [_read(kind.item, item, f"{path}[{index}]", report) for index, item in enumerate(value)]


def _json_type(kind: Kind) -> str:
    names: dict[type, str] = {
        Integer: "integer",
        Number: "number",
        Boolean: "boolean",
        Nested: "object",
        ListOf: "array",
    }
    return names.get(type(kind), "string")
