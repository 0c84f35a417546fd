"""Hypothesis strategies for valid values: typed messages, and payloads as peers may write them.

Both walk the `Shape` of a class and nothing else. They draw from the edges of what is valid: text of exactly the length
allowed, lists of exactly the size allowed, decimals of many digits, all offsets. What they draw is small otherwise: a
value has some fifty members, then only what is required.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from itertools import cycle, islice
from typing import Any, Literal, NoReturn, TypeVar, overload

from attrs import evolve
from hypothesis import strategies as st

from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Field,
    Fold,
    Integer,
    Kind,
    ListOf,
    Nested,
    Number,
    Shape,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import WireTimestamp
from ocpp_core.payloads.binding import tokens

__all__ = ["json_values", "messages", "payloads"]

P = TypeVar("P", bound=Payload)


def messages(cls: type[P]) -> st.SearchStrategy[P]:
    """Valid values of a class, typed and nested.

    Each can be sent as it is, and comes back equal: timestamps are no finer than the version allows, numbers are such
    as `to_wire` writes. Optional fields are given or left out; `extra` has members where the schema is open.

    Args:
        cls: A message class or data type of any version.
    """
    return _values(shape(cls), _TYPED, _build_message)


@overload
def payloads(of: type[Payload], /) -> st.SearchStrategy[dict[str, Any]]: ...
@overload
def payloads(
    of: str, action: str, kind: Literal["request", "response"] = "request", /
) -> st.SearchStrategy[dict[str, Any]]: ...
def payloads(
    of: type[Payload] | str, action: str = "", kind: Literal["request", "response"] = "request", /
) -> st.SearchStrategy[dict[str, Any]]:
    """Valid JSON payloads of a class, also in forms that we never write.

    Such as ``1.0`` for an integer where the draft of its schema allows that, exponents, lower-case ``t`` and ``z`` in
    timestamps, misspelt tokens that an erratum tells us to read, and members in any order. Numbers are int, float or
    `Decimal`, as parsers give them.

    Args:
        of: A message class or data type of any version; or a version, such as "2.0.1", for those of one of its actions,
            which takes no class.
        action: Of the version; of a class nothing is said here.
        kind: Which message of the action; a SEND of 2.1 is its request.

    Raises:
        NoSuchAction: The version does not know the action, or it is a SEND and has no response.
    """
    cls = _class_of(of, action, kind) if isinstance(of, str) else of
    return _values(shape(cls), _ON_THE_WIRE, _build_payload)


def _class_of(version: str, action: str, kind: Literal["request", "response"]) -> type[Payload]:
    known = specification(version)
    cls: type[Payload] = known.request(action) if kind == "request" else known.response(action)
    return cls


def messages_in_xml(cls: type[P]) -> st.SearchStrategy[P]:
    """As `messages`, of a class of a version with SOAP, as far as XML can hold them: integers have 32 bits there."""
    return _values(shape(cls), _IN_XML, _build_message)


_quoted = json.JSONEncoder(ensure_ascii=False).encode


def json_text(value: Any) -> str:
    """A drawn value as text, in which each number is spelt as it was drawn: ``1E+2`` is no 100 to a strict reader."""
    match value:
        case dict():
            return f"{{{','.join(f'{_quoted(name)}:{json_text(item)}' for name, item in value.items())}}}"
        case list():
            return f"[{','.join(map(json_text, value))}]"
        case Decimal():
            return str(value)
        case _:
            return _quoted(value)


def json_values() -> st.SearchStrategy[Any]:
    """Any JSON value, nested a little: what may stand where a schema asks for nothing."""
    return _JSON


# Objects and lists

Leaf = Callable[[Kind], st.SearchStrategy[Any]]
_Members = Sequence[tuple[Field, Any]]
Build = Callable[[Shape, _Members, Mapping[str, Any]], Any]

#: How many members a value may have before only the required ones are drawn.
_ROOM = 50
#: A list at its upper limit repeats a few items; and if that is beyond this, which is rare, items of required members.
_LONG_LIST = 24
#: Beyond the limits of most texts and lists, and of all numbers that have one.
_REACH = 2**15


@st.composite
def _values(draw: st.DrawFn, facts: Shape, leaf: Leaf, build: Build) -> Any:
    return _Drawing(draw, leaf, build).object(facts)


class _Drawing:
    """One value being drawn: typed or on the wire, as `leaf` and `build` say.

    Half of all values go to their limits wherever they have some, the others at places that are drawn. That is drawn
    first, since Hypothesis begins with examples in which only the first draws are no zeros; and as one number with how
    far a limit is gone to, so that a finding shrinks to the length that is one too many.
    """

    def __init__(self, draw: st.DrawFn, leaf: Leaf, build: Build) -> None:
        self.draw = draw
        self.leaf = leaf
        self.build = build
        self.room = _ROOM
        self.is_full, self.reach = divmod(draw(_REACHES), _REACH)

    def object(self, facts: Shape, depth: int = 0) -> Any:
        given = self.given(facts.fields, depth)
        self.room -= len(given)
        # One draw says of all its members whether they go to their limits: draws are what takes time.
        full = -self.is_full or (self.draw(_MASK) if any(_is_limited(field.kind) for field in given) else 0)
        members = [
            (field, self.value(_asked_for(field), depth, full >> number % _MASK_BITS & 1))
            for number, field in enumerate(given)
        ]
        extra = self.draw(_extra(facts)) if facts.is_open and self.room > 0 else {}
        return self.build(facts, members, extra)

    def given(self, fields: Sequence[Field], depth: int) -> list[Field]:
        """Those that are required, and half of the others: fewer further down, none when the room is used up."""
        optional = 0 if self.room <= 0 else sum(not field.is_required for field in fields)
        mask, bits = 0, 0
        given: list[Field] = []
        for field in fields:
            if field.is_required:
                given.append(field)
            elif optional:
                if not bits:
                    mask = self.draw(_MASK) & (self.draw(_MASK) if depth else -1)
                    bits = _MASK_BITS
                if mask & 1:
                    given.append(field)
                mask, bits = mask >> 1, bits - 1
        return given

    def value(self, kind: Kind, depth: int, is_full: int) -> Any:
        match kind:
            case Nested(cls=cls, draft=draft):
                return self.object(shape(cls, draft), depth + 1)
            case ListOf():
                return self.list(kind, depth, is_full)
            case Text(max_length=int(most)) if is_full:
                return _lengthened(self.draw(self.leaf(kind)), min(most, self.reach))
            case Integer(minimum=least, maximum=int(most)) if is_full:
                return max(int(least or 0), min(most, self.reach))
            case Number(minimum=least, maximum=int(most)) if is_full:
                return Decimal(max(int(least or 0), min(most, self.reach)))
            case _:
                return self.draw(self.leaf(kind))

    def list(self, kind: ListOf, depth: int, is_full: int) -> list[Any]:
        length = min(kind.max_items or 0, self.reach) if is_full else 0
        is_long = length > 0 and (length <= _LONG_LIST or self.draw(_RARELY))
        if is_long and length > _LONG_LIST:
            self.room = 0
        fewest = max(kind.min_items or 0, 1 if is_long else 0)
        most = fewest if self.room <= 0 else min(fewest + 2, kind.max_items or fewest + 2)
        items = [self.value(kind.item, depth, is_full) for _ in range(self.draw(_size(fewest, most)))]
        return list(islice(cycle(items), max(length, len(items)))) if is_long else items


_MASK_BITS = 16  # Hypothesis draws from wider ranges with a preference for small numbers
_MASK = st.integers(0, 2**_MASK_BITS - 1)
_REACHES = st.integers(0, 2 * _REACH - 1)
_RARELY = st.integers(0, 6).map(lambda number: number == 6)


@cache
def _size(fewest: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(fewest, most)


def _asked_for(field: Field) -> Kind:
    """What a field is to have. The document of 1.6 asks for an item in each required list; its schemas do not."""
    kind = field.kind
    is_silent = field.is_required and isinstance(kind, ListOf) and not kind.min_items
    return _with_an_item(kind) if is_silent else kind


@cache
def _with_an_item(kind: ListOf) -> ListOf:
    return evolve(kind, min_items=1)


def _is_limited(kind: Kind) -> bool:
    match kind:
        case (
            Text(max_length=int()) | Integer(maximum=int()) | Number(maximum=int()) | ListOf(max_items=int())
        ):
            return True
        case ListOf(item=item):
            return _is_limited(item)
        case _:
            return False


def _lengthened(part: str, length: int) -> str:
    """Text of exactly `length` code points, which repeats itself."""
    return "".join(islice(cycle(part or "0"), length))


def _build_message(facts: Shape, members: _Members, extra: Mapping[str, Any]) -> Payload:
    given = {field.name: value for field, value in members}
    return facts.cls(**given, extra=extra) if extra else facts.cls(**given)


def _build_payload(facts: Shape, members: _Members, extra: Mapping[str, Any]) -> dict[str, Any]:
    payload = {field.wire: value for field, value in members}
    # The order of members means nothing; it follows from what was drawn, so that all orders occur without another draw.
    if len(members) % 3 == 2:
        payload = dict(reversed(payload.items()))
    return {**extra, **payload} if len(extra) == 1 else {**payload, **extra}


# Opaque content

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)


def _nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        _SCALARS, st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    )


_JSON = _nest(_nest(_SCALARS))
#: Names that a careless implementation mistakes for its own attributes or renames.
_TREACHEROUS = (
    "extra",
    "vendor_id",
    "vendorid",
    "VendorId",
    "customdata",
    "self",
    "__class__",
    "snake_case",
    "a.b",
    "",
)


@cache
def _extra(facts: Shape) -> st.SearchStrategy[dict[str, Any]]:
    known = {field.wire for field in facts.fields}
    names = st.one_of(st.sampled_from(_TREACHEROUS), st.text(max_size=8)).filter(
        lambda name: name not in known
    )
    return st.one_of(st.just({}), st.dictionaries(names, _JSON, max_size=3))


# Typed values


class _Typed(Fold[st.SearchStrategy[Any]]):
    """Values of a kind that is neither an object nor a list, as attributes hold them."""

    def text(self, kind: Text) -> st.SearchStrategy[Any]:
        return _text(kind.max_length)

    def integer(self, kind: Integer) -> st.SearchStrategy[Any]:
        return _integers(kind)

    def number(self, kind: Number) -> st.SearchStrategy[Any]:
        return _decimals(kind)

    def boolean(self, kind: Boolean) -> st.SearchStrategy[Any]:
        return st.booleans()

    def timestamp(self, kind: Timestamp) -> st.SearchStrategy[Any]:
        return _timestamps(kind.digits)

    def enumeration(self, kind: Enumeration) -> st.SearchStrategy[Any]:
        return st.sampled_from(list(kind.enum))

    def anything(self, kind: Anything) -> st.SearchStrategy[Any]:
        return _JSON

    def nested(self, kind: Nested) -> NoReturn:
        raise TypeError("objects are drawn member by member")

    def list_of(self, kind: ListOf) -> NoReturn:
        raise TypeError("lists are drawn item by item")


_CHARACTERS = st.characters(codec="utf-8")


#: Text that is not as long as it may be.
_SHORT = 12


def _text(max_length: int | None, characters: st.SearchStrategy[str] = _CHARACTERS) -> st.SearchStrategy[str]:
    """Short text, with characters beyond the basic plane; that of full length is made of it."""
    return st.text(characters, max_size=_SHORT if max_length is None else min(max_length, _SHORT))


@cache
def text_of_length(length: int, characters: st.SearchStrategy[str] = _CHARACTERS) -> st.SearchStrategy[str]:
    """Text of exactly `length` code points, which repeats itself."""
    return st.text(characters, min_size=1, max_size=4).map(lambda part: _lengthened(part, length))


def _integers(kind: Integer) -> st.SearchStrategy[int]:
    lowest = -(2**63) if kind.minimum is None else int(kind.minimum)
    highest = 2**63 - 1 if kind.maximum is None else int(kind.maximum)
    edges = [number for number in (0, 1, 2**31 - 1, -(2**31), lowest, highest) if lowest <= number <= highest]
    usual = st.integers(max(lowest, -1000), min(highest, 2**31 - 1))
    return st.one_of(usual, st.sampled_from(edges))


#: How many digits the drawn decimals have after the point.
_PLACES = (0, 1, 2, 6, 25)


def _decimals(kind: Number) -> st.SearchStrategy[Decimal]:
    places = _PLACES if kind.multiple_of is None else range(-kind.multiple_of.adjusted() + 1)
    return st.one_of([_decimals_of(kind, number) for number in places])


def _decimals_of(kind: Number, places: int) -> st.SearchStrategy[Decimal]:
    lowest = -(10**12) if kind.minimum is None else int(kind.minimum)
    highest = 10**12 if kind.maximum is None else int(kind.maximum)
    # As text: arithmetic would round to 28 digits.
    return st.integers(lowest * 10**places, highest * 10**places).map(
        lambda digits: Decimal(f"{digits}E-{places}")
    )


_UTC_OFFSETS = (0, 0, 120, -300, 345, 14 * 60, -(23 * 60 + 59), 23 * 60 + 59)
_BEGINNING = datetime(2026, 1, 31, 12)
_MICROSECOND = timedelta(microseconds=1)


def _moments(unit: timedelta) -> st.SearchStrategy[datetime]:
    """Naive: pieces to write."""
    first = -((_BEGINNING - datetime.min) // unit)
    last = (datetime.max - _BEGINNING) // unit
    return st.integers(first, last).map(lambda number: _BEGINNING + number * unit)


def _timestamps(digits: int | None) -> st.SearchStrategy[datetime]:
    zones = st.sampled_from(
        [timezone(timedelta(minutes=minutes)) if minutes else UTC for minutes in _UTC_OFFSETS]
    )
    whole = [timedelta(seconds=1), timedelta(milliseconds=1)]
    fractions = whole if digits == 3 else [*whole, _MICROSECOND]
    moments = st.one_of([_moments(unit) for unit in fractions])
    aware = st.builds(lambda moment, zone: moment.replace(tzinfo=zone), moments, zones)
    if digits is not None:
        return aware
    finer = st.builds(_finer, _moments(_MICROSECOND), st.integers(0, 999))
    return st.one_of(aware, finer)


def _finer(moment: datetime, rest: int) -> datetime:
    """A moment between two microseconds."""
    text = _timestamp_text(moment, "T", f".{moment.microsecond:06}{rest}", "Z")
    return WireTimestamp.of(moment.replace(tzinfo=UTC), text)


# The same on the wire


class _OnTheWire(_Typed):
    """The same as peers may write them."""

    def integer(self, kind: Integer) -> st.SearchStrategy[Any]:
        whole = _integers(kind)
        return whole if kind.draft == 4 else st.one_of(whole, whole.map(_as_number))

    def number(self, kind: Number) -> st.SearchStrategy[Any]:
        exact = _decimals(kind)
        return st.one_of(exact, exact.map(_exponent), exact.map(_float_or_int), _whole_numbers(kind))

    def timestamp(self, kind: Timestamp) -> st.SearchStrategy[Any]:
        return _timestamp_texts(kind.digits)

    def enumeration(self, kind: Enumeration) -> st.SearchStrategy[Any]:
        return st.sampled_from(list(tokens(kind.enum)))


class _InXml(_Typed):
    """The same as XML can hold them."""

    def text(self, kind: Text) -> st.SearchStrategy[Any]:
        return _text(kind.max_length, _XML_CHARACTERS)

    def integer(self, kind: Integer) -> st.SearchStrategy[Any]:
        lowest = -(2**31) if kind.minimum is None else kind.minimum
        highest = 2**31 - 1 if kind.maximum is None else kind.maximum
        return _integers(Integer(minimum=max(lowest, -(2**31)), maximum=min(highest, 2**31 - 1)))


#: XML 1.0 §2.2. Those that readers turn into others are left out: white space but the blank, and the old controls.
_XML_CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
_TYPED, _ON_THE_WIRE, _IN_XML = cache(_Typed().of), cache(_OnTheWire().of), cache(_InXml().of)


def _as_number(whole: int) -> Decimal | float:
    """The same integer with a point or an exponent: ``1.0``, ``1E+2``."""
    if whole % 10 == 0:
        return Decimal(whole).normalize() if abs(whole) < 10**20 else Decimal(whole)
    return float(whole) if abs(whole) < 2**53 and whole % 2 else Decimal(f"{whole}.0")


def _exponent(number: Decimal) -> Decimal:
    """The same number with an exponent and zeros: ``15.0`` as ``150.00E-1``."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    return Decimal((sign, (*digits, 0, 0), exponent - 2))


def _float_or_int(number: Decimal) -> Decimal | float | int:
    """As most parsers give it, if that holds the number exactly."""
    if number == number.to_integral_value():
        return int(number)
    short = float(number)
    return short if Decimal(repr(short)) == number else number


def _whole_numbers(kind: Number) -> st.SearchStrategy[int]:
    return _integers(Integer(minimum=kind.minimum, maximum=kind.maximum))


_WIRE_OFFSETS = ("Z", "z", "+00:00", "-00:00", "+02:00", "-05:30", "+14:00", "+23:59", "-23:59")


@cache
def _timestamp_texts(digits: int | None) -> st.SearchStrategy[str]:
    most = 12 if digits is None else digits
    fractions = st.one_of(st.just(""), st.text("0123456789", min_size=1, max_size=most).map(".{}".format))
    return st.builds(
        _timestamp_text,
        _moments(timedelta(seconds=1)),
        st.sampled_from("TTt"),
        fractions,
        st.sampled_from(_WIRE_OFFSETS),
    )


def _timestamp_text(moment: datetime, separator: str, fraction: str, offset: str) -> str:
    date = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
    return f"{date}{separator}{moment.hour:02}:{moment.minute:02}:{moment.second:02}{fraction}{offset}"
