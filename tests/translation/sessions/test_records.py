"""What a session remembers, as plain values: in which order it goes, and what it may hold."""

from decimal import Decimal

import pytest

from ocpp_core import v201
from ocpp_core.translation import MemoryStore, Policy
from ocpp_core.translation.sessions.ids import Ids
from ocpp_core.translation.sessions.records import LARGEST_ID, Records, packed, unpacked
from ocpp_core.translation.sessions.state import State, TransactionRecord


def records() -> Records:
    return Records("CP-1", MemoryStore())


def test_of_more_than_there_may_be_the_oldest_are_forgotten() -> None:
    known = records()
    gone = [known.push("start", name, {}, 2) for name in ("a", "b", "a", "c", "d")]

    assert [[], [], [], ["b"], ["a"]] == gone
    assert ["c", "d"] == list(known.all("start"))


def test_an_id_is_never_given_twice_even_if_there_is_none_left() -> None:
    known = records()
    known.put("counter", "request", LARGEST_ID - 1)

    assert LARGEST_ID == known.next_id("request")
    with pytest.raises(OverflowError):
        known.next_id("request")


def test_numbers_keep_their_digits_and_members_of_a_vendor_stay_what_they_are() -> None:
    exact = Decimal("0.1000000000000000000000000000001")
    numbered = v201.DataTransferRequest(vendor_id="v", data={"n": exact})
    alike = v201.DataTransferRequest(vendor_id="v", data={"\x00exact": "no number"})

    assert [numbered, alike] == [unpacked(v201.DataTransferRequest, packed(one)) for one in (numbered, alike)]


@pytest.mark.parametrize("number, left", [(None, ["1"]), (1, []), (2, ["1"])])
def test_a_transaction_takes_its_number_along_and_no_other(number: int | None, left: list[str]) -> None:
    """It may never have had one, or another transaction has it now."""
    state = State("CP-1", MemoryStore(), Policy(), Ids())
    state.save(TransactionRecord(id="T", number=1, place=1, tag="A"))
    state.forget(TransactionRecord(id="T", number=number, place=1, tag="A"))

    assert left == list(state.records.all("number"))
    assert state.transaction("T") is None
