"""Decimal numbers between the wire and the model, exactly: 12.34 never becomes 12.3 or 12.339999."""

from decimal import Context, Decimal
from typing import Any

#: Powers of ten beyond which a number is refused: those of a double, which is what JSON peers can hold. Written out,
#: what lies beyond may take any amount of memory; so may a zero, ``0E-900000000``, which is read as plain 0.
LARGEST_EXPONENT = 308
SMALLEST_EXPONENT = -324
_INTEGERS_END = 10 ** (LARGEST_EXPONENT + 1)

#: Whole numbers up to here are the same as float and as int.
_WHOLE_FLOATS = float(2**53)


def read_decimal(value: Any) -> Decimal:
    """The number that a JSON parser gave, as a `Decimal`.

    A float is taken by its shortest text, which is the text it was read from for up to 15 digits.

    Raises:
        TypeError: Not a number; a boolean is none.
        ValueError: Not finite, or of a size that no double has.
    """
    kind = type(value)
    number: Decimal
    if kind is float:
        number = Decimal(repr(value))
        if number.is_finite():
            return number
    elif kind is int:
        if -_INTEGERS_END < value < _INTEGERS_END:
            return Decimal(value)
    elif kind is Decimal:
        number = value
        if is_in_range(number):
            return number
        if not value:  # a zero is a zero, but this one has as many decimals as somebody liked
            return Decimal(0)
    else:
        raise TypeError("not a number")
    raise ValueError("not finite, or of a size that no double has")


def is_in_range(number: Decimal) -> bool:
    """Whether a number is finite and has a power of ten that a double has, so that it can be written out."""
    return number.is_finite() and SMALLEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT


def read_integer(value: Any) -> int:
    """The integer that a JSON parser gave, where ``1.0`` counts as one (JSON Schema since draft 6).

    Raises:
        TypeError: Not a number; a boolean is none.
        ValueError: Not whole.
    """
    if type(value) is int:
        return value
    number = read_decimal(value)
    whole = int(number)
    if whole != number:
        raise ValueError("not whole")
    return whole


def write_number(value: Decimal | int | float) -> int | float | Decimal:
    """A number for a JSON writer: an int or float if that is exactly `value`, else the `Decimal` itself.

    What a float would write with an exponent stays a `Decimal` too.

    Raises:
        TypeError: Not a number.
        ValueError: Not finite.
    """
    number = read_decimal(value)
    short = float(number)
    if short.is_integer() and -_WHOLE_FLOATS < short < _WHOLE_FLOATS:
        whole = int(short)
        return whole if whole == number else number
    text = repr(short)
    return short if "e" not in text and Decimal(text) == number else number


def number_text(value: Decimal) -> str:
    """A `Decimal` as JSON text, without an exponent."""
    return format(value, "f")


#: Holds every number that is in range, however many decimals it is to be cut to; nothing is signalled.
_EXACT = Context(prec=2 * (LARGEST_EXPONENT - SMALLEST_EXPONENT), traps=[])


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether `value`, which is in range, is a whole multiple of `step`, a power of ten, however many its digits."""
    return value == value.quantize(Decimal((0, (1,), step.adjusted())), context=_EXACT)


def missed_multiple(value: Decimal, step: Decimal) -> Decimal:
    """How far `value`, which is in range, is from the nearest multiple of `step`, a power of ten: 0 if it is one."""
    return abs(_EXACT.remainder_near(value, step))
