from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import strategies as st

from ocpp_core.model.decimals import (
    is_multiple,
    missed_multiple,
    number_text,
    read_decimal,
    read_integer,
    write_number,
)
from properties import for_all

#: What a JSON parser gives, the decimal that it is, and what is written for that.
NUMBERS = [
    (0, "0", 0),
    (-0.0, "-0.0", 0),
    (1, "1", 1),
    (1.0, "1.0", 1),
    (12.34, "12.34", 12.34),
    (0.1, "0.1", 0.1),
    (16.1, "16.1", 16.1),
    (2**53 - 1, "9007199254740991", 2**53 - 1),
    (2**63, "9223372036854775808", Decimal(2**63)),
    (1e22, "1e+22", Decimal("1E+22")),
    (1e-7, "1E-7", Decimal("1E-7")),
    (5e-324, "5E-324", Decimal("5E-324")),
    (1.7976931348623157e308, "1.7976931348623157E+308", Decimal("1.7976931348623157E+308")),
    (Decimal("1.50"), "1.50", 1.5),
    (Decimal("1E+2"), "1E+2", 100),
    (Decimal("0.1000000000000000055511151231257827"),) * 3,
    (Decimal("123456789012345678901234567890.123456789012345678901234567890"),) * 3,
    (Decimal("0E-1000"), "0", 0),
    (Decimal("0E+1000"), "0", 0),
]

REFUSED: list[tuple[Any, type[Exception]]] = [
    (True, TypeError),
    (False, TypeError),
    (None, TypeError),
    ("1", TypeError),
    ([], TypeError),
    (1j, TypeError),
    (float("nan"), ValueError),
    (float("inf"), ValueError),
    (Decimal("NaN"), ValueError),
    (Decimal("sNaN"), ValueError),
    (Decimal("-Infinity"), ValueError),
    (Decimal("1E+309"), ValueError),
    (Decimal("1E-325"), ValueError),
    (Decimal("1E+999999999"), ValueError),
    (Decimal("-1E-999999999"), ValueError),
    (10**309, ValueError),
    (-(10**309), ValueError),
]


@pytest.mark.parametrize("value, number, written", NUMBERS, ids=repr)
def test_a_number_keeps_its_value(value: Any, number: Any, written: Any) -> None:
    assert Decimal(number) == read_decimal(value)
    assert written == write_number(value)
    assert type(written) is type(write_number(value))
    assert Decimal(number) == read_decimal(write_number(read_decimal(value)))


@pytest.mark.parametrize("value, error", REFUSED, ids=repr)
def test_what_is_no_number_is_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_decimal(value)
    with pytest.raises(error):
        write_number(value)


@pytest.mark.parametrize(
    "value, whole", [(1, 1), (1.0, 1), (-5.0, -5), (Decimal("1E+2"), 100), (Decimal("7.000"), 7)]
)
def test_a_whole_number_is_an_integer(value: Any, whole: int) -> None:
    assert whole == read_integer(value)
    assert type(read_integer(value)) is int


@pytest.mark.parametrize("value", [1.5, Decimal("0.1"), 5e-324, Decimal("1.00000000000000000000000000001")])
def test_a_broken_number_is_no_integer(value: Any) -> None:
    with pytest.raises(ValueError, match="not whole"):
        read_integer(value)


@pytest.mark.parametrize(
    "value", [True, "1", None, float("inf"), Decimal("NaN"), Decimal("1E+400")], ids=repr
)
def test_what_is_no_number_is_no_integer(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        read_integer(value)


def test_large_integers_stay_as_they_are() -> None:
    assert 2**70 + 1 == read_integer(2**70 + 1)
    assert 10**400 == read_integer(10**400)


@pytest.mark.parametrize(
    "value, text",
    [
        ("1E+22", "10000000000000000000000"),
        ("1E-7", "0.0000001"),
        ("1.50", "1.50"),
        ("-0.10", "-0.10"),
        ("100", "100"),
    ],
)
def test_text_has_no_exponent(value: str, text: str) -> None:
    assert text == number_text(Decimal(value))


@pytest.mark.parametrize(
    "value, expected",
    [
        ("0", True),
        ("0.0", True),
        ("0.00", True),
        ("-0.00", True),
        ("16", True),
        ("16.1", True),
        ("16.10", True),
        ("-16.1", True),
        ("1E+5", True),
        ("1.61E+1", True),
        ("16.11", False),
        ("0.05", False),
        ("-0.05", False),
        ("16.1000000000000000000000000000000001", False),
        ("1E-2", False),
    ],
)
def test_multiples_of_a_tenth(value: str, expected: bool) -> None:
    assert expected == is_multiple(Decimal(value), Decimal("0.1"))


def test_multiples_agree_with_fractions() -> None:
    decimals = st.builds(
        lambda digits, exponent: Decimal(f"{digits}E{exponent}"),
        st.integers(-(10**40), 10**40),
        st.integers(-45, 45),
    )
    steps = st.sampled_from([Decimal("0.1"), Decimal("0.001"), Decimal(1), Decimal(10)])

    def check(case: tuple[Decimal, Decimal]) -> None:
        value, step = case

        assert ((Fraction(value) / Fraction(step)).denominator == 1) == is_multiple(value, step)
        assert value == read_decimal(write_number(value))
        assert value == Decimal(number_text(value))

    for_all(st.tuples(decimals, steps), 300, check)


def test_every_float_keeps_its_shortest_text() -> None:
    def check(value: float) -> None:
        assert Decimal(repr(value)) == read_decimal(value)
        assert float(write_number(value)) == value
        assert Decimal(repr(value)) == read_decimal(write_number(value))

    for_all(st.floats(allow_nan=False, allow_infinity=False), 300, check)


@pytest.mark.parametrize(
    "value, step, missed",
    [
        ("16.1", "0.1", "0"),
        ("-16.099", "0.1", "0.001"),
        ("0.30000000000000004", "0.1", "4E-17"),
        ("16.15", "0.1", "0.05"),
        ("1E+308", "0.1", "0"),
        ("1E-324", "0.1", "1E-324"),
        (f"16.1{'0' * 1000}1", "0.1", "1E-1002"),
        ("2.75", "1", "0.25"),
    ],
)
def test_how_far_a_number_is_from_a_multiple(value: str, step: str, missed: str) -> None:
    assert Decimal(missed) == missed_multiple(Decimal(value), Decimal(step))
    assert is_multiple(Decimal(value), Decimal(step)) == (not Decimal(missed))
