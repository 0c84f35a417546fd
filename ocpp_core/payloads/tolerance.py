"""What real peers send against the standard, and reading it all the same without losing anything.

Every deviation has a name, so that the profile of a peer can say "strict, but allow this":
``Tolerance.UNKNOWN_ENUM | Tolerance.EXTRA_MEMBER``. A tolerated deviation is returned as a `Violation` beside the
value. What we send is always strict.

What becomes of the value:

====================  ==================================================================================
OPTIONAL_NULL         read as absent
REQUIRED_NULL         `MISSING` stands in the field
REQUIRED_MISSING      `MISSING` stands in the field
EXTRA_MEMBER          kept in ``extra`` under its own name
MISNAMED_MEMBER       read as the member that is meant (``heartbeatInterval`` of 1.6)
UNKNOWN_ENUM          a value of the enum that is no member of it (``Token.foreign``)
TOO_LONG              kept in full
OBJECT_FOR_LIST       a list of one
LIST_SIZE             kept as it is: an empty list, or one with too many items
NUMBER_AS_TEXT        a number or text in place of the other: converted if that is exact and reversible
BOOL_AS_TEXT          "true" and "false" converted
FLOAT_AS_INT          ``1.0`` in 1.6 read as 1
NUMBER_RANGE          kept
DECIMAL_STEP          kept, all decimals
DATETIME_NAIVE        read as UTC; the text is kept (`WireTimestamp`)
DATETIME_FRACTION     kept to the microsecond; the text is kept
DATETIME_SHORT        a date alone, no seconds, a blank for the T: read if unambiguous
DATETIME_UNREADABLE   the text itself stands in the field
WRONG_TYPE            the JSON value itself stands in the field
--------------------  ----------------------------------------------------------------------------------
ID_NOT_STRING         a number as message id: `NumericId`, written back as the same number
ID_TOO_LONG           a message id of more than 36 characters
ID_EMPTY              an empty message id
RESULT_WITH_ACTION    ``[3, id, action, payload]``
SHORT_CALLERROR       CALLERROR with parts left out or null: filled with "" and {}
DUPLICATE_MEMBER      the same member twice: the last one counts
--------------------  ----------------------------------------------------------------------------------
NO_HEADER             SOAP: an answer without any header; HTTP has paired it already
NO_IDENTITY           SOAP: a request without chargeBoxIdentity
NO_MESSAGE_ID         SOAP: a request without MessageID: its id is ""
NO_ACTION             SOAP: no Action; the body decides
ACTION_FORM           SOAP: an Action without its slash, or in lower case
ACTION_MISMATCH       SOAP: an Action that is not that of the body; the body decides
RELATES_TO            SOAP: an answer whose RelatesTo is missing, or its own id
REPLY_TO_OTHER        SOAP: a ReplyTo that is not anonymous; the answer goes back in the exchange all the same
ADDRESSING_NAMESPACE  SOAP: WS-Addressing of another year
MUST_UNDERSTAND       SOAP: an unknown header that must be understood: ignored
ADDRESS_AS_TEXT       SOAP: an address as text of From, without an Address element
NO_NAMESPACE          SOAP: an element without a namespace
WRONG_NAMESPACE       SOAP: an element in the namespace of the other service, or of nobody
ELEMENT_ORDER         SOAP: elements in another order than the schema's
NIL_OR_EMPTY          SOAP: nil, or an empty element where text makes no sense: read as absent
ATTRIBUTE_PLACE       SOAP: meter attributes of 1.5 on another element, or as elements
WHITE_SPACE           SOAP: blanks around a token
====================  ==================================================================================
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Flag, auto
from typing import Any

from ocpp_core.model.decimals import is_multiple, read_decimal, read_integer
from ocpp_core.model.errors import Violation
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
from ocpp_core.payloads.binding import tokens
from ocpp_core.payloads.validation import member_path, violation


class Tolerance(Flag):
    """Which deviations are accepted in what a peer sends. See the table of the module."""

    OPTIONAL_NULL = auto()
    REQUIRED_NULL = auto()
    REQUIRED_MISSING = auto()
    EXTRA_MEMBER = auto()
    MISNAMED_MEMBER = auto()
    UNKNOWN_ENUM = auto()
    TOO_LONG = auto()
    OBJECT_FOR_LIST = auto()
    LIST_SIZE = auto()
    NUMBER_AS_TEXT = auto()
    BOOL_AS_TEXT = auto()
    FLOAT_AS_INT = auto()
    NUMBER_RANGE = auto()
    DECIMAL_STEP = auto()
    DATETIME_NAIVE = auto()
    DATETIME_FRACTION = auto()
    DATETIME_SHORT = auto()
    DATETIME_UNREADABLE = auto()
    WRONG_TYPE = auto()
    ID_NOT_STRING = auto()
    ID_TOO_LONG = auto()
    ID_EMPTY = auto()
    RESULT_WITH_ACTION = auto()
    SHORT_CALLERROR = auto()
    DUPLICATE_MEMBER = auto()
    NO_HEADER = auto()
    NO_IDENTITY = auto()
    NO_MESSAGE_ID = auto()
    NO_ACTION = auto()
    ACTION_FORM = auto()
    ACTION_MISMATCH = auto()
    RELATES_TO = auto()
    REPLY_TO_OTHER = auto()
    ADDRESSING_NAMESPACE = auto()
    MUST_UNDERSTAND = auto()
    ADDRESS_AS_TEXT = auto()
    NO_NAMESPACE = auto()
    WRONG_NAMESPACE = auto()
    ELEMENT_ORDER = auto()
    NIL_OR_EMPTY = auto()
    ATTRIBUTE_PLACE = auto()
    WHITE_SPACE = auto()

    #: Nothing is accepted: a message conforms or is refused.
    STRICT = 0
    #: Whatever can be typed is accepted: all of the above.
    TOLERANT = (1 << 42) - 1

    @property
    def rule(self) -> str:
        """The name of a single deviation, as violations carry it."""
        return (self.name or "").lower()


#: A tolerance for all stations, or a function from the identity of a station to its own. It must know an answer for
#: strangers too: what it raises leaves the codec.
ToleranceByStation = Tolerance | Callable[[str], Tolerance]


def tolerance_of(tolerance: ToleranceByStation, identity: Callable[[], str]) -> Tolerance:
    """What is tolerated of one station, whose identity is looked for only if it matters."""
    return tolerance if isinstance(tolerance, Tolerance) else tolerance(identity())


#: Members that peers send under another name. (1.6: the example of OCPP-J 1.6 §4.2.2 itself has it.)
MISNAMED = {("1.6", "BootNotificationResponse"): {"heartbeatInterval": "interval"}}

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
        found.append(violation(path, keyword, value, limit, tolerance.rule))

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
    definition = cls.__ocpp__
    renamed = MISNAMED.get((definition.version, definition.name), {})
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
