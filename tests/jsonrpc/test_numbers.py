"""Numbers pass digit for digit."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from frames import READERS, codec
from holding import by_stdlib, exact
from ocpp_core import v201
from ocpp_core.model.messages import Call
from properties import for_all
from toy import PingRequest


def decimal_texts() -> st.SearchStrategy[str]:
    """Decimals of 1 to 40 digits without an exponent; some are integers."""
    digits = st.text("0123456789", min_size=1, max_size=40)

    def point(digits: str, place: int, sign: str) -> str:
        place = min(place, len(digits))
        whole, fraction = digits[:place].lstrip("0") or "0", digits[place:]
        return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"

    return st.builds(point, digits, st.integers(0, 40), st.sampled_from(["", "-"]))


NUMBERS_IN: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "data": ('[2,"17","DataTransfer",{"data":%s,"vendorId":"V"}]', lambda it: it.data),
    "list in data": (
        '[2,"17","DataTransfer",{"data":{"a":[%s]},"vendorId":"V"}]',
        lambda it: it.data["a"][0],
    ),
    "data beside long text": (
        '[2,"17","DataTransfer",{"data":["12345678901234567890.5",%s],"vendorId":"1234567890123456"}]',
        lambda it: it.data[1],
    ),
    "customData": (
        '[2,"17","Heartbeat",{"customData":{"vendorId":"V","a":%s}}]',
        lambda it: it.custom_data.extra["a"],
    ),
    "number field": (
        '[2,"17","CostUpdated",{"totalCost":%s,"transactionId":"12345678901234567890"}]',
        lambda it: it.total_cost,
    ),
}
WRITTEN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


@pytest.mark.parametrize("place", NUMBERS_IN)
def test_number_passes_digit_for_digit(place: str, record_property: Callable[..., None]) -> None:
    text, get = NUMBERS_IN[place]
    reader = READERS["2.0.1"]

    def check(number: str) -> None:
        frame = reader.decode(text % number)
        assert isinstance(frame, Call)
        assert Decimal(number) == exact(get(frame.payload))

        written = reader.encode(frame)
        assert frame == reader.decode(written)
        assert by_stdlib(text % number) == by_stdlib(written)

    record_property("cases", for_all(decimal_texts(), 200, check))


def test_decimal_is_never_written_with_an_exponent(record_property: Callable[..., None]) -> None:
    def check(number: Decimal) -> None:
        for call in (PingRequest(text="", number=number), PingRequest(text="", data=[number])):
            written = codec("toy").encode(Call("17", call))
            found = re.fullmatch(r'\[2,"17","Ping",\{"text":"","(?:number":|data":\[)(.*?)\]?\}\]', written)

            assert found is not None
            assert WRITTEN_NUMBER.fullmatch(found[1])
            assert number == Decimal(found[1])

    decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)
    record_property("cases", for_all(decimals, 200, check))


@pytest.mark.parametrize(
    "number", ["9007199254740993", "12345678901234567", "0.1234567890123456", "123456789012345.67"]
)
def test_16_and_17_digits_beside_text_of_digits(number: str) -> None:
    text = f'[2,"17","Ping",{{"text":"0123456789","number":{number},"data":["{"9" * 40}",0.1]}}]'
    reader = codec("toy")
    frame = reader.decode(text)

    assert isinstance(frame, Call)
    assert isinstance(frame.payload, PingRequest)
    assert Decimal(number) == frame.payload.number
    assert text == reader.encode(frame)


@pytest.mark.parametrize("integer", [2**63, 2**64, -(2**63) - 1, 10**40, 10**308])
def test_integer_beyond_64_bits_passes(integer: int) -> None:
    for call in (
        v201.DataTransferRequest(vendor_id="V", data=integer),
        v201.HeartbeatRequest(custom_data=v201.CustomData(vendor_id="V", extra={"a": [integer]})),
    ):
        frame = Call("17", call)
        written = codec("2.0.1").encode(frame)

        assert str(integer) in written
        assert frame == codec("2.0.1").decode(written)
