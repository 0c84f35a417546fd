"""What becomes of a single value on its way from one kind to another: length, range, digits, tokens, encoding."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from attrs import frozen
from msgspec.json import Encoder

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.decimals import number_text, read_decimal
from ocpp_core.model.messages import Token
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Integer,
    Kind,
    Number,
    Text,
    Timestamp,
)
from ocpp_core.payloads.binding import tokens
from ocpp_core.translation.losses import LossReason, Place
from ocpp_core.translation.rules import Near
from ocpp_core.translation.runs import Convert, Run, Unfit


def words(text: str) -> frozenset[str]:
    """Tokens or names that stand in a row."""
    return frozenset(text.split())


#: Text for people and names of things: cut to the limit (rule T).
CUT = words("""
    additionalInfo content info techInfo vendorName chargePointVendor chargePointModel model serialNumber meterType
    chargePointSerialNumber chargeBoxSerialNumber meterSerialNumber firmwareVersion vendorId messageId vendorErrorCode
    """)
#: Who charges: an alias stands for what is too long (rule K).
ALIASED = words("idToken additionalIdToken idTag parentIdTag")

#: Digits enough for every number that is in range.
_EXACT = Context(prec=2_000)


@frozen(kw_only=True)
class Manner:
    """How strict a conversion is.

    Attributes:
        name: Of the field in the target; the last part of it.
        keep: Text that is too long is never cut or aliased.
        is_command: A number out of range is refused, where a report has the nearest bound.
        whole: All items of a list, or none.
        alone: Which items are left out all the same.
        integers: The bounds of integers that no schema states: the XSD of 1.x has 32 bits.
    """

    name: str = ""
    keep: bool = False
    is_command: bool = False
    whole: bool = False
    alone: Callable[[Any], bool] | None = None
    integers: tuple[int, int] | None = None


def alias(token: str, length: int) -> str:
    """What stands for an identity token that is too long: the same one always, and for no other."""
    digest = base64.b32encode(hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()).decode()
    return f"~{digest[: length - 1]}"


def rounded(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    """A number in whole multiples of a power of ten."""
    return value.quantize(step, rounding=rounding, context=_EXACT)


def leaf(source: Kind, target: Kind, manner: Manner, table: "Table | None" = None) -> Convert | None:
    """The conversion between two kinds of values that are neither objects nor lists; None if there is none."""
    match source, target:
        case (Text() | Enumeration(), Text()):
            return _text(target, manner)
        case (Text() | Enumeration(), Enumeration()):
            return _token(source, target, table)
        case (Integer(), Integer()):
            return _integer(target, manner)
        case (Integer() | Number(), Number()):
            return _number(target, manner)
        case (Number(), Integer()):
            return _whole(target, manner)
        case (Boolean(), Boolean()):
            return _boolean
        case (Timestamp(), Timestamp()):
            return _moment(target)
        case (Anything() | Text(), Anything()):
            return _anything
        case (Anything(), Text()):
            return _json_text(target, manner)
        case _:
            return None


def _wrong_type(place: Place, value: Any) -> Unfit:
    return Unfit(place, value, error=ErrorCode.TYPE_CONSTRAINT)


def _text(target: Text, manner: Manner) -> Convert:
    limit = float("inf") if target.max_length is None else target.max_length
    most = target.max_length or 0
    is_cut = manner.name in CUT and not manner.keep
    is_aliased = manner.name in ALIASED and not manner.keep

    def convert(value: Any, run: Run, place: Place) -> Any:
        if value.__class__ is not str:
            if not isinstance(value, str):
                raise _wrong_type(place, value)
            value = str.__str__(value)
        if len(value) <= limit:
            return value
        if is_cut:
            short = value[:most]
        elif is_aliased:
            short = alias(value, most)
        else:
            raise Unfit(place, value, LossReason.TOO_LONG, code="TooLargeElement")
        run.approximated(place, value, short, LossReason.TOO_LONG)
        return short

    return convert


def _bounds(target: Integer | Number, manner: Manner) -> tuple[float, float]:
    low, high = manner.integers or (float("-inf"), float("inf"))
    low = low if target.minimum is None else target.minimum
    return low, high if target.maximum is None else target.maximum


def _out_of_range(value: Any, bound: Any, manner: Manner, run: Run, place: Place) -> Any:
    if manner.is_command:
        raise Unfit(place, value, LossReason.OUT_OF_RANGE, error=ErrorCode.PROPERTY_CONSTRAINT)
    run.approximated(place, value, bound, LossReason.OUT_OF_RANGE)
    return bound


def _integer(target: Integer, manner: Manner) -> Convert:
    low, high = _bounds(target, manner)

    def convert(value: Any, run: Run, place: Place) -> Any:
        if value.__class__ is not int and (not isinstance(value, int) or isinstance(value, bool)):
            raise _wrong_type(place, value)
        if low <= value <= high:
            return value
        return _out_of_range(value, int(low if value < low else high), manner, run, place)

    return convert


def _number(target: Number, manner: Manner) -> Convert:
    low, high = _bounds(target, Manner())
    step = target.multiple_of

    def convert(value: Any, run: Run, place: Place) -> Any:
        try:
            number = read_decimal(value)
        except (TypeError, ValueError):
            raise _wrong_type(place, value) from None
        if not low <= number <= high:
            number = _out_of_range(value, Decimal(low if number < low else high), manner, run, place)
        if step is not None and (near := rounded(number, step, ROUND_FLOOR)) != number:
            run.approximated(place, value, near, LossReason.ROUNDED)
            return near
        return number

    return convert


def _whole(target: Integer, manner: Manner) -> Convert:
    check = _integer(target, manner)

    def convert(value: Any, run: Run, place: Place) -> Any:
        whole = whole_number(value, run, place, ROUND_FLOOR)
        return check(whole, run, place)

    return convert


def whole_number(value: Any, run: Run, place: Place, rounding: str) -> int:
    """A decimal as an integer."""
    try:
        number = read_decimal(value)
    except (TypeError, ValueError):
        raise _wrong_type(place, value) from None
    whole = int(rounded(number, Decimal(1), rounding))
    if whole != number:
        run.approximated(place, value, whole, LossReason.ROUNDED)
    return whole


def _boolean(value: Any, run: Run, place: Place) -> Any:
    if value.__class__ is not bool:
        raise _wrong_type(place, value)
    return value


def _moment(target: Timestamp) -> Convert:
    is_short = target.digits is not None

    def convert(value: Any, run: Run, place: Place) -> Any:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise _wrong_type(place, value)
        if not is_short or (value.__class__ is datetime and not value.microsecond % 1000):
            return value
        return in_milliseconds(value, run, place)

    return convert


def in_milliseconds(value: datetime, run: Run, place: Place) -> datetime:
    """A moment as 2.x writes it, with a loss if it has more digits after the second."""
    short = milliseconds(value)
    text = getattr(value, "text", None)
    if short != value or (text and "." in text):
        run.approximated(place, text or value, short, LossReason.ROUNDED)
    return short


def milliseconds(value: datetime) -> datetime:
    """A moment as 2.x writes it, which has three digits after the second."""
    whole = value.microsecond // 1000 * 1000
    return datetime.combine(value.date(), value.timetz()).replace(microsecond=whole)


def _anything(value: Any, run: Run, place: Place) -> Any:
    return value


#: Writes a `Decimal` as a number, with all its digits.
_JSON = Encoder(decimal_format="number")


def _json_text(target: Text, manner: Manner) -> Convert:
    check = _text(target, manner)

    def convert(value: Any, run: Run, place: Place) -> Any:
        if isinstance(value, str):
            return check(value, run, place)
        try:
            text = _JSON.encode(value).decode()
        except UnicodeEncodeError:  # lone surrogates, which no wire carries
            raise Unfit(place, value) from None
        run.approximated(place, value, text, LossReason.REENCODED)
        return text

    return convert


@frozen
class Table:
    """The tokens of two enums in one direction that are not the same on both sides."""

    entries: Mapping[str, "str | Near | None"]
    other: Near | None = None


def unlisted(source: type[Token], target: type[Token], table: Table | None) -> tuple[str, ...]:
    """Tokens of `source` that have neither a namesake nor a row: a gap in the table."""
    known = {*tokens(target), *(table.entries if table else ())}
    return tuple(str(token) for token in source if token not in known)


def _token(source: Text | Enumeration, target: Enumeration, table: Table | None) -> Convert:
    members = tokens(target.enum)
    entries = table.entries if table else {}
    other = table.other if table else None
    # A row goes before the namesake: Occupied of 1.5 is no status of 1.6, but Invalid may be read in two ways.
    same: dict[str, Any] = {token: member for token, member in members.items() if token not in entries}

    def convert(value: Any, run: Run, place: Place) -> Any:
        member = same.get(value) if isinstance(value, str) else None
        if member is not None:
            return member
        if not isinstance(value, str):
            raise _wrong_type(place, value)
        entry = entries.get(value, other)
        if entry is None:
            raise Unfit(place, value)
        if isinstance(entry, Near):
            found = members[entry.token]
            run.approximated(place, value, found, LossReason.COLLAPSED)
            return found
        return members[entry]

    return convert


__all__ = [
    "ROUND_CEILING",
    "ROUND_FLOOR",
    "ROUND_HALF_EVEN",
    "Manner",
    "Table",
    "alias",
    "leaf",
    "number_text",
    "rounded",
    "unlisted",
    "whole_number",
]
