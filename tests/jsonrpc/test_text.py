"""JSON text: exact in both directions, and nothing but `BrokenJson` for whatever is no JSON."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from bounds import memory
from holding import by_stdlib, exact, is_same
from ocpp_core.jsonrpc.text import BrokenJson, DuplicateMember, read_json, write_json
from ocpp_core.payloads.binding import MAX_DEPTH
from properties import for_all

LARGEST_DOUBLE = Decimal(2**1024 - 2**970)


def numbers_as_decimals(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: numbers_as_decimals(item) for name, item in value.items()}
    if isinstance(value, list):
        return [numbers_as_decimals(item) for item in value]
    return exact(value) if type(value) in (int, float, Decimal) else value


# Both directions.

#: Each is written as it was read, character by character.
VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "0": 0,
    "-17": -17,
    "0.1": 0.1,
    "-0.0": -0.0,
    "230.5": 230.5,
    "9223372036854775807": 2**63 - 1,
    "9223372036854775808": 2**63,
    "18446744073709551615": 2**64 - 1,
    "18446744073709551616": 2**64,
    "-9223372036854775808": -(2**63),
    "-9223372036854775809": -(2**63) - 1,
    "1234567890123456789012345678901234567890": 1234567890123456789012345678901234567890,
    "9007199254740.993": Decimal("9007199254740.993"),
    "0.1234567890123456789": Decimal("0.1234567890123456789"),
    "12345678901234567.500": Decimal("12345678901234567.500"),
    "-0.00000000000000000000000000000000000001": Decimal("-1E-38"),
    '""': "",
    '"null"': "null",
    '"NaN"': "NaN",
    '"a:b,c[12345678901234567890]"': "a:b,c[12345678901234567890]",
    '"Zoë 充电 🔌"': "Zoë 充电 🔌",
    '"\\"\\\\\\n"': '"\\\n',
    '"\u2028\x7f"': "\u2028\x7f",
    "[]": [],
    "{}": {},
    '{"":[{"a":null},[]],":":"::"}': {"": [{"a": None}, []], ":": "::"},
    '["12345678901234567890",0.1]': ["12345678901234567890", 0.1],
    '["1",[null,9007199254740993.5,36893488147419103232]]': [
        "1",
        [None, Decimal("9007199254740993.5"), 2**65],
    ],
}


@pytest.mark.parametrize("text", VALUES)
def test_value_is_read_exactly(text: str) -> None:
    expected, actual = VALUES[text], read_json(text)

    assert numbers_as_decimals(expected) == numbers_as_decimals(actual)
    assert str(expected) == str(actual) or "1234" in text  # next to a long number, floats are Decimals too


@pytest.mark.parametrize("text", VALUES)
def test_value_is_written_exactly(text: str) -> None:
    assert text == write_json(VALUES[text])


def test_whatever_is_json_is_read_as_the_standard_library_reads_it(
    record_property: Callable[..., None],
) -> None:
    def check(value: tuple[Any, bool, int | None]) -> None:
        data, ascii_only, indent = value
        text = json.dumps(data, ensure_ascii=ascii_only, indent=indent)

        assert is_same(by_stdlib(text), numbers_as_decimals(read_json(text)))

    anything = st.tuples(json_values(), st.booleans(), st.sampled_from([None, 0, 2]))
    record_property("cases", for_all(anything, 300, check))


def test_whatever_is_json_is_written_as_the_standard_library_would(
    record_property: Callable[..., None],
) -> None:
    def check(value: Any) -> None:
        text = write_json(value)

        assert is_same(value, json.loads(text))
        assert is_same(numbers_as_decimals(value), numbers_as_decimals(read_json(text)))

    record_property("cases", for_all(json_values(), 300, check))


def json_values() -> st.SearchStrategy[Any]:
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    size = 10**40
    scalars = (
        st.none()
        | st.booleans()
        | text
        | st.integers(-size, size)
        | st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
        max_leaves=20,
    )


# Numbers.


def number_texts() -> st.SearchStrategy[str]:
    """Numbers as JSON may write them, of 1 to 40 digits on each side of the point."""
    whole = st.from_regex(r"0|[1-9][0-9]{0,39}", fullmatch=True, alphabet="0123456789")
    fraction = st.just("") | st.from_regex(r"\.[0-9]{1,40}", fullmatch=True, alphabet=".0123456789")
    power = st.integers(-345, 330).map(str) | st.integers(0, 330).map("+{:03}".format)
    exponent = st.just("") | st.builds("{}{}".format, st.sampled_from("eE"), power)
    return st.builds("{}{}{}{}".format, st.sampled_from(["", "-"]), whole, fraction, exponent)


AROUND = [
    "{}",
    " {}\n",
    "[{}]",
    '{{"a":{}}}',
    '["a", {}]',
    '["12345678901234567890",{}]',
    '["8d1f3e5c-4b3e-4c9e-8a33-1",{}]',
]


def last(value: Any) -> Any:
    """The number among those texts."""
    return (
        last(list(value.values() if isinstance(value, dict) else value)[-1])
        if isinstance(value, dict | list)
        else value
    )


@pytest.mark.parametrize("around", AROUND)
def test_number_is_exact_or_beyond_a_double(around: str, record_property: Callable[..., None]) -> None:
    def check(text: str) -> None:
        expected = Decimal(text)
        try:
            read = last(read_json(around.format(text)))
        except BrokenJson:
            assert abs(expected) > LARGEST_DOUBLE or not -324 <= expected.adjusted() <= 308
            return

        assert expected == exact(read)
        assert abs(expected) <= LARGEST_DOUBLE

    record_property("cases", for_all(number_texts(), 200, check))


def test_decimal_is_written_with_all_digits_and_no_exponent(record_property: Callable[..., None]) -> None:
    def check(number: Decimal) -> None:
        text = write_json([number])

        assert re.fullmatch(r"\[-?(0|[1-9][0-9]*)(\.[0-9]+)?\]", text)
        assert number == Decimal(text[1:-1])
        assert [number] == [exact(value) for value in read_json(text)]

    decimals = st.builds(
        lambda digits, sign, exponent: Decimal((sign, digits, exponent)),
        st.lists(st.integers(0, 9), min_size=1, max_size=40).map(tuple),
        st.sampled_from([0, 1]),
        st.integers(-60, 60),
    )
    record_property("cases", for_all(decimals, 300, check))


#: A double holds no such number exactly, though it has few digits or is written with few.
INEXACT = [
    "9007199254740993e-3",
    "9007199254740993E0",
    "1234567890123457e22",
    "9007199254740.993",
    "9007199254740993.5",
    "0.1234567890123456789",
    "4e-324",
    "1.2345E-322",
    "123456789012345e-323",
    "0.000000000000001e-299",
    "1e-0310",
]


@pytest.mark.parametrize("text", INEXACT)
@pytest.mark.parametrize("around", AROUND)
def test_number_that_no_double_holds_is_exact(around: str, text: str) -> None:
    assert Decimal(text) == exact(last(read_json(around.format(text))))


BEYOND = {
    "too large": "1e400",
    "too large by a little": "1.8e308",
    "too small": "1e-400",
    "5,000 digits": "9" * 5000,
    "5,000 digits after the point": "0." + "0" * 4999 + "1",
    "beyond what a Decimal holds": "1e-99999999999999999999",
    "small beside a long number": "1e-999999,12345678901234567",
    "zero beside a long number": "0e-999999999,12345678901234567",
}


@pytest.mark.parametrize("case", BEYOND)
def test_number_beyond_a_double_is_refused(case: str) -> None:
    text = f"[{BEYOND[case]}]"

    with memory(1_000_000 + 20 * len(text)), pytest.raises(BrokenJson):
        read_json(text)


# What is no JSON.

BROKEN = {
    "nothing": "",
    "blanks": "  ",
    "byte order mark": "\ufeff{}",
    "two values": "{} {}",
    "trailing comma": "[1,]",
    "trailing bracket": "[1]]",
    "no value": '{"a":}',
    "no name": "{1:2}",
    "single quotes": "['a']",
    "comment": "[1/*2*/]",
    "NaN": "[NaN]",
    "Infinity": "[Infinity]",
    "minus Infinity": "[-Infinity]",
    "leading zero": "[01]",
    "plus sign": "[+1]",
    "hexadecimal": "[0x1F]",
    "no digit before the point": "[.5]",
    "no digit after the point": "[1.]",
    "no digit after e": "[1e]",
    "Arabic digits": "[\u0661]",
    "no-break space": "[\u00a01]",
    "vertical tab": "[\x0b1]",
    "unended string": '"abc',
    "NUL in a string": '"a\x00b"',
    "NUL behind": "[]\x00",
    "newline in a string": '"a\nb"',
    "unknown escape": r'"\x41"',
    "cut escape": r'"\u00"',
    "lone surrogate": '"\ud800"',
    "lone surrogate as a name": '{"\udfff":1}',
    "lone surrogate, escaped": r'"\ud800"',
    "surrogates in the wrong order, escaped": r'"\udc00\ud800"',
    "lone surrogate, escaped, as a name": r'{"\uDFFF":1}',
    "100,000 brackets": "[" * 100_000,
    "100,000 pairs of brackets": "[" * 100_000 + "]" * 100_000,
    "100,000 objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
}


@pytest.mark.parametrize("duplicates", [False, True])
@pytest.mark.parametrize("case", BROKEN)
def test_broken_text_is_refused(case: str, duplicates: bool) -> None:
    with pytest.raises(BrokenJson) as caught:
        read_json(BROKEN[case], duplicates=duplicates)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("number", ["1", "12345678901234567890.5"], ids=["short", "long"])
def test_depth_does_not_depend_on_the_digits(number: str) -> None:
    deep = 2 * MAX_DEPTH - 1

    value = read_json("[" * deep + number + "]" * deep)
    for _ in range(deep):
        (value,) = value
    assert Decimal(number) == value


def test_any_text_is_json_or_broken(record_property: Callable[..., None]) -> None:
    def check(text: str) -> None:
        try:
            value = read_json(text)
        except BrokenJson:
            return
        assert is_same(by_stdlib(text), numbers_as_decimals(value))

    snippets = st.sampled_from(
        [*'{}[],:"\\01-.eE \n\x00\ud800\ufeff', '"a"', '"\\u', "003a", "null", "NaN", "1e9", "0" * 17]
    )
    texts = st.lists(snippets, max_size=12).map("".join) | st.text(max_size=20)
    record_property("cases", for_all(texts, 1000, check))


# A member twice in one object.

TWICE = {
    "at the top": ('{"a":1,"a":2}', {"a": 2}),
    "equal": ('{"a":1,"a":1}', {"a": 1}),
    "empty name": ('{"":1,"":2}', {"": 2}),
    "further down": ('[0,{"b":[{"a":1,"c":0,"a":2}]}]', [0, {"b": [{"a": 2, "c": 0}]}]),
    "in what is dropped itself": ('{"a":{"b":1,"b":2},"c":3}', {"a": {"b": 2}, "c": 3}),
    "with an escape in the name": (r'{"a":1,"\u0061":2}', {"a": 2}),
    "with a colon in the value that is dropped": ('{"a":":","a":""}', {"a": ""}),
    "with a colon in the value that stays": ('{"a":"","a":":"}', {"a": ":"}),
    "with an escaped colon that makes up for it": (r'{"a":1,"a":"\u003a"}', {"a": ":"}),
    "the same in capitals": (r'{"a":1,"a":"\u003A"}', {"a": ":"}),
    "with an escaped colon in another name": (r'{"\u003a":1,"a":1,"a":2}', {":": 1, "a": 2}),
    "beside a long number": ('{"a":1.2345678901234567890,"a":2}', {"a": 2}),
    "among 100,000": (  # in time that is not the square of it, or this test does not end
        "{" + "".join(f'"{n}":0,' for n in range(100_000)) + '"x":1,"x":2}',
        {**{str(n): 0 for n in range(100_000)}, "x": 2},
    ),
}


@pytest.mark.parametrize("case", TWICE)
def test_member_twice_is_refused(case: str) -> None:
    text, value = TWICE[case]

    with pytest.raises(DuplicateMember, match="occurs twice") as caught:
        read_json(text)
    assert caught.value.member in json.dumps(value)


@pytest.mark.parametrize("case", TWICE)
def test_last_of_two_members_counts_where_that_is_allowed(case: str) -> None:
    text, value = TWICE[case]

    assert value == read_json(text, duplicates=True)


@pytest.mark.parametrize(
    "text",
    [r'{"a":"\u003a"}', r'{"a":"\\u003a"}', r'{"\u003a":":"}', '{"a":{"a":{"a":[]}}}', '[{"a":1},{"a":1}]'],
)
def test_members_once_each_are_accepted(text: str) -> None:
    assert json.loads(text) == read_json(text)


def test_member_twice_is_found_wherever_it_is(record_property: Callable[..., None]) -> None:
    names = st.sampled_from(["a", r"\u0061", "b", ":", r"\u003a", "a:", ""])
    values = st.recursive(
        st.sampled_from(["1", '"a"', '":"', r'"\u003a"', r'"\\u003a"', '"\\""', "12345678901234567890"]),
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
            | st.lists(st.builds('"{}":{}'.format, names, inner), max_size=4).map(
                lambda items: f"{{{','.join(items)}}}"
            )
        ),
        max_leaves=12,
    )

    def check(text: str) -> None:
        twice = False

        def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            nonlocal twice
            twice = twice or len(dict(pairs)) < len(pairs)
            return dict(pairs)

        expected = json.loads(text, object_pairs_hook=members)
        if twice:
            with pytest.raises(DuplicateMember):
                read_json(text)
        else:
            assert expected == read_json(text)
        assert expected == read_json(text, duplicates=True)

    record_property("cases", for_all(values, 300, check))


# What JSON cannot hold.


@dataclass
class Thing:
    text: str


def nested(levels: int) -> Any:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


NOT_JSON = {
    "NaN": float("nan"),
    "NaN beside None": [None, {"a": float("nan")}],
    "infinity": float("-inf"),
    "decimal NaN": Decimal("NaN"),
    "decimal infinity": Decimal("Infinity"),
    "decimal too large": Decimal("1E+309"),
    "decimal too small": Decimal("1E-325"),
    "zero with a billion digits": Decimal("0E-999999999"),
    "integer too large": 10**309,
    "integer of 5,000 digits": 10**5000,
    "lone surrogate": "\ud800",
    "lone surrogate as a name": {"\ud800": 1},
    "number as a name": {1: 2},
    "bytes": b"a",
    "set": {1},
    "datetime": datetime(2026, 1, 31, tzinfo=UTC),
    "dataclass": Thing("a"),
    "object": object(),
    "100,000 lists": nested(100_000),
}


@pytest.mark.parametrize("case", NOT_JSON)
def test_what_json_cannot_hold_is_not_written(case: str) -> None:
    value = NOT_JSON[case]

    with memory(20_000_000), pytest.raises(TypeError):
        write_json([value])


@pytest.mark.parametrize("value", [None, 2**64], ids=["quick", "slow"])
def test_depth_that_is_read_is_written(value: Any) -> None:
    text = write_json([nested(2 * MAX_DEPTH - 2), value])

    assert [nested(2 * MAX_DEPTH - 2), value] == read_json(text)
