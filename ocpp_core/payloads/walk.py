"""The second look at a payload that the compiled pass refused: what is wrong with it, and what it is all the same.

One walk over the shapes does both. It lists every broken rule in document order, with its place, its limit and the
tolerance that accepts it, and builds the message as far as it can be typed. Where a deviation is allowed it goes on
behind it: a number in text may still be out of its range. Where it is not, the walk ends at that value, as the
validation of JSON Schema does.

What the compiled pass accepts is not looked at again: each value is handed to its loader first, and only what that
refuses is taken apart. So the walk costs a few times the compiled pass, however many values there are and wherever the
wrong one stands.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ocpp_core._lazy import once
from ocpp_core.model.decimals import missed_multiple, read_decimal
from ocpp_core.model.messages import MISSING, Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Field,
    Fold,
    Integer,
    ListOf,
    Nested,
    Number,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.timestamps import WireTimestamp, read_timestamp
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import Deviations, TooMany, member_path
from ocpp_core.payloads.binding import MAX_DEPTH, REFUSALS, Decode, is_too_deep, loader, tokens


def walk(cls: type[Payload], payload: Any, found: Deviations) -> Any:
    """Reads a payload that the compiled pass refused.

    Args:
        cls: The class to build.
        payload: JSON values as a parser gives them; it is not changed.
        found: Takes every broken rule, in document order, and says which are allowed.

    Returns:
        A `cls` if all of them are allowed, otherwise None. What is no object, or nested deeper than `MAX_DEPTH`, is
        never allowed.
    """
    try:
        if is_too_deep(payload):
            found.report(None, "$", "depth", payload, MAX_DEPTH)
        elif type(payload) is not dict:
            found.report(None, "$", "type", payload, "object")
        else:
            return _read_object(_object(cls, None), payload, "$", found)
    except TooMany:
        pass
    return None


#: Builds a value that its loader refused, reporting what is wrong with it.
Read = Callable[[Any, str, Deviations], Any]


class _Member(NamedTuple):
    """What the walk needs to know of a member of an object, worked out once.

    Attributes:
        field: The member.
        place: What it adds to the path.
        load: Builds its value in one pass.
        read: Builds it where that is refused.
        null: The JSON type that it has in place of null; None where null may stand.
    """

    field: Field
    place: str
    load: Decode
    read: Read
    null: str | None


class _Object(NamedTuple):
    """What the walk needs to know of a class, worked out once."""

    cls: type[Payload]
    is_open: bool
    members: dict[str, _Member]
    required: list[_Member]
    known: list[str]
    misnamed: dict[str, str]
    flat: "_Flat | None"


class _Flat(NamedTuple):
    """A list of texts with attributes, of which peers write one as text, with its attributes in the object around it.

    Attributes:
        member: That should be the list.
        item: What is in it.
        places: The names of its members by those that they have in the object around it.
    """

    member: _Member
    item: _Object
    places: dict[str, str]

    @classmethod
    def among(cls, members: Iterable[_Member]) -> "_Flat | None":
        """What may be written so of the members of a class: `MeterValue` of 1.5 has one such list."""
        for member in members:
            kind = member.field.kind
            if isinstance(kind, ListOf) and isinstance(kind.item, Nested):
                inner = shape(kind.item.cls).fields
                places = {field.wire: field.wire for field in inner if field.xml == "attribute"}
                for field in inner:
                    if field.xml == "text":
                        item = _object(kind.item.cls, kind.item.draft)
                        return cls(member, item, {**places, member.field.wire: field.wire})
        return None

    def is_in(self, data: dict[str, Any]) -> bool:
        """Whether an object has a value in this form."""
        return type(data.get(self.member.field.wire)) in (str, int, float, Decimal)

    def read(self, data: dict[str, Any], path: str, found: Deviations) -> Any:
        """The list, where that form is allowed."""
        item = {self.places[name]: value for name, value in data.items() if name in self.places}
        return [_read_object(self.item, item, path, found)]


@once
def _object(cls: type[Payload], draft: int | None) -> _Object:
    facts = shape(cls, draft)
    members = {
        field.wire: _Member(
            field,
            member_path("", field.wire),
            loader(field.kind),
            _READ.of(field.kind),
            _JSON_TYPE.of(field.kind),
        )
        for field in facts.fields
    }
    required = [member for member in members.values() if member.field.is_required]
    flat = _Flat.among(members.values())
    return _Object(cls, facts.is_open, members, required, list(members), dict(facts.misnamed), flat)


def _read_object(about: _Object, data: dict[str, Any], path: str, found: Deviations) -> Any:
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    misnamed: set[str] = set()
    flat = about.flat if about.flat is not None and about.flat.is_in(data) else None
    for name, value in data.items():
        member = about.members.get(name)
        if flat is not None and name in flat.places:
            if name == flat.member.field.wire:
                here = path + flat.member.place
                is_allowed = found.report(Tolerance.FLAT_VALUE, here, "type", value, "array")
                values[flat.member.field.name] = flat.read(data, path, found) if is_allowed else value
            elif Tolerance.FLAT_VALUE not in found.allowed:
                # Read strictly, each attribute is one member too many; the rule that accepts the value accepts them.
                limit = name, about.known
                found.report(
                    Tolerance.FLAT_VALUE, member_path(path, name), "additionalProperties", value, limit
                )
            continue
        if member is None:
            member = _meant(about, name, data, path, found, misnamed)
            if member is None:
                extra[name] = value
                continue
        try:
            values[member.field.name] = member.load(value)
        except REFUSALS:
            here = path + member.place if name == member.field.wire else member_path(path, name)
            values[member.field.name] = _read_member(member, value, here, found)
    for member in about.required:
        if member.field.name not in values:
            rule = Tolerance.MISNAMED_MEMBER if member.field.wire in misnamed else Tolerance.REQUIRED_MISSING
            found.report(rule, path + member.place, "required", data)
            values[member.field.name] = MISSING
    if not found.are_allowed:
        return None
    return about.cls(**values, extra=extra) if extra else about.cls(**values)


def _meant(
    about: _Object, name: str, data: dict[str, Any], path: str, found: Deviations, misnamed: set[str]
) -> _Member | None:
    """The member that is meant by a name that no member has, if that is allowed."""
    meant = about.misnamed.get(name)
    limit = name, about.known
    if meant is not None and meant not in data:
        if found.report(
            Tolerance.MISNAMED_MEMBER, member_path(path, name), "additionalProperties", data[name], limit
        ):
            return about.members[meant]
        # Read strictly, it is one member too many and one too few; the same rule accepts both.
        misnamed.add(meant)
    elif not about.is_open:
        found.report(
            Tolerance.EXTRA_MEMBER, member_path(path, name), "additionalProperties", data[name], limit
        )
    return None


def _read_member(member: _Member, value: Any, path: str, found: Deviations) -> Any:
    if value is None and member.null is not None:
        field = member.field
        rule = Tolerance.REQUIRED_NULL if field.is_required else Tolerance.OPTIONAL_NULL
        found.report(rule, path, "type", None, member.null)
        return MISSING if field.is_required else field.default
    return member.read(value, path, found)


class _JsonType(Fold[str | None]):
    """What a value is in JSON; None if that may be anything."""

    def text(self, kind: Text) -> str:
        return "string"

    def integer(self, kind: Integer) -> str:
        return "integer"

    def number(self, kind: Number) -> str:
        return "number"

    def boolean(self, kind: Boolean) -> str:
        return "boolean"

    def timestamp(self, kind: Timestamp) -> str:
        return "string"

    def enumeration(self, kind: Enumeration) -> str:
        return "string"

    def nested(self, kind: Nested) -> str:
        return "object"

    def anything(self, kind: Anything) -> None:
        return None

    def list_of(self, kind: ListOf) -> str:
        return "array"


class _Read(Fold[Read]):
    """Functions that read what the loader of a kind refused."""

    def text(self, kind: Text) -> Read:
        def read(value: Any, path: str, found: Deviations) -> Any:
            if type(value) in (int, float, Decimal) and _can_be_written(value):
                if not found.report(Tolerance.NUMBER_AS_TEXT, path, "type", value, "string"):
                    return value
                value = str(value)
            elif type(value) is bool:
                if not found.report(Tolerance.BOOL_FOR_TEXT, path, "type", value, "string"):
                    return value
                value = "true" if value else "false"
            if type(value) is not str:
                found.report(Tolerance.WRONG_TYPE, path, "type", value, "string")
            elif kind.max_length is not None and len(value) > kind.max_length:
                found.report(Tolerance.TOO_LONG, path, "maxLength", value, kind.max_length)
            return value

        return read

    def integer(self, kind: Integer) -> Read:
        def read(value: Any, path: str, found: Deviations) -> Any:
            number = _number(value, "integer", path, found)
            if number is None:
                return value
            whole = int(number)
            if whole != number:
                found.report(Tolerance.FRACTION_FOR_INT, path, "type", value, "integer")
            elif kind.draft == 4 and type(value) in (float, Decimal):
                found.report(Tolerance.FLOAT_AS_INT, path, "type", value, "integer")
            _check_range(kind, number, value, path, found)
            return whole if whole == number else number

        return read

    def number(self, kind: Number) -> Read:
        def read(value: Any, path: str, found: Deviations) -> Any:
            number = _number(value, "number", path, found)
            if number is None:
                return value
            _check_range(kind, number, value, path, found)
            step = kind.multiple_of
            if step is not None and (missed := missed_multiple(number, step)):
                rule = Tolerance.FLOAT_NOISE if missed * _PARTS <= step else Tolerance.DECIMAL_STEP
                found.report(rule, path, "multipleOf", value, step)
            return number

        return read

    def boolean(self, kind: Boolean) -> Read:
        def read(value: Any, path: str, found: Deviations) -> Any:
            if type(value) is str and value in ("true", "false"):
                found.report(Tolerance.BOOL_AS_TEXT, path, "type", value, "boolean")
                return value == "true"
            if type(value) is int and value in (0, 1):
                found.report(Tolerance.NUMBER_FOR_BOOL, path, "type", value, "boolean")
                return value == 1
            found.report(Tolerance.WRONG_TYPE, path, "type", value, "boolean")
            return value

        return read

    def timestamp(self, kind: Timestamp) -> Read:
        def read(value: Any, path: str, found: Deviations) -> Any:
            if isinstance(value, datetime):  # the SOAP wire has read it already
                return value
            if type(value) is not str:
                found.report(Tolerance.WRONG_TYPE, path, "type", value, "string")
                return value
            rule, moment = _guess_timestamp(value)
            found.report(rule, path, "format", value, "date-time")
            return value if moment is None else WireTimestamp.of(moment, value)

        return read

    def enumeration(self, kind: Enumeration) -> Read:
        known = list(tokens(kind.enum))

        def read(value: Any, path: str, found: Deviations) -> Any:
            if type(value) is not str:
                found.report(Tolerance.WRONG_TYPE, path, "type", value, "string")
                return value
            found.report(Tolerance.UNKNOWN_ENUM, path, "enum", value, known)
            return kind.enum.foreign(value)

        return read

    def nested(self, kind: Nested) -> Read:
        about = _object(kind.cls, kind.draft)

        def read(value: Any, path: str, found: Deviations) -> Any:
            if type(value) is not dict:
                found.report(Tolerance.WRONG_TYPE, path, "type", value, "object")
                return value
            return _read_object(about, value, path, found)

        return read

    def anything(self, kind: Anything) -> Read:
        # Only the depth of such a value can be wrong, and that of the whole payload has been looked at.
        return lambda value, path, found: value

    def list_of(self, kind: ListOf) -> Read:
        load, read_item = loader(kind.item), self.of(kind.item)
        is_of_objects = isinstance(kind.item, Nested)

        def read(value: Any, path: str, found: Deviations) -> Any:
            if type(value) is dict and is_of_objects:
                if not found.report(Tolerance.OBJECT_FOR_LIST, path, "type", value, "array"):
                    return value
                return [read_item(value, path, found)]
            if type(value) is not list:
                found.report(Tolerance.WRONG_TYPE, path, "type", value, "array")
                return value
            if kind.min_items is not None and len(value) < kind.min_items:
                found.report(Tolerance.LIST_SIZE, path, "minItems", value, kind.min_items)
            if kind.max_items is not None and len(value) > kind.max_items:
                found.report(Tolerance.LIST_SIZE, path, "maxItems", value, kind.max_items)
            items: list[Any] = []
            for index, item in enumerate(value):
                try:
                    items.append(load(item))
                except REFUSALS:
                    items.append(read_item(item, f"{path}[{index}]", found))
            return items

        return read


_READ, _JSON_TYPE = _Read(), _JsonType()


# Numbers

#: A number is noise beside a multiple if it misses it by one part in so many of the step: floats of 32 bits do.
_PARTS = 100
#: Digits of a number that is read from text or written as text: more take a hundred times their size in memory.
_LONGEST_NUMBER = 4000
_LARGEST_WRITTEN = 10**_LONGEST_NUMBER


def _can_be_written(number: int | float | Decimal) -> bool:
    return type(number) is not int or -_LARGEST_WRITTEN < number < _LARGEST_WRITTEN


def _number(value: Any, expected: str, path: str, found: Deviations) -> Decimal | None:
    """The number that a value is, or that its text is where that is allowed."""
    if type(value) is str:
        number = _number_in(value, expected == "integer")
        rule = Tolerance.WRONG_TYPE if number is None else Tolerance.NUMBER_AS_TEXT
        return number if found.report(rule, path, "type", value, expected) else None
    try:
        return read_decimal(value)
    except (TypeError, ValueError):
        found.report(Tolerance.WRONG_TYPE, path, "type", value, expected)
        return None


def _number_in(text: str, is_integer: bool) -> Decimal | None:
    """The number that a text is, if writing it gives the same text."""
    if len(text) > _LONGEST_NUMBER:
        return None
    try:
        number = read_decimal(Decimal(text))
    except (InvalidOperation, ValueError):
        return None
    if str(number) != text or (is_integer and (not text.removeprefix("-").isdecimal() or text == "-0")):
        return None
    return number


def _check_range(kind: Integer | Number, number: Decimal, value: Any, path: str, found: Deviations) -> None:
    if kind.minimum is not None and number < kind.minimum:
        found.report(Tolerance.NUMBER_RANGE, path, "minimum", value, kind.minimum)
    if kind.maximum is not None and number > kind.maximum:
        found.report(Tolerance.NUMBER_RANGE, path, "maximum", value, kind.maximum)


# Timestamps

_LONGEST_TIMESTAMP = 64


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
