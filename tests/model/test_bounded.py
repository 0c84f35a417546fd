"""What is remembered of many is bounded, and the first goes."""

import pytest

from ocpp_core.model.bounded import Bounded


def test_the_first_is_forgotten_when_there_is_no_more_room() -> None:
    kept = Bounded[str, int](2)
    for number, name in enumerate("abc"):
        kept[name] = number

    assert {"b": 1, "c": 2} == dict(kept)


def test_what_is_heard_of_again_goes_last() -> None:
    kept = Bounded[str, int](2)
    kept["a"], kept["b"] = 1, 2
    kept.move_to_end("a")
    kept["c"] = 3

    assert ["a", "c"] == list(kept)


def test_what_is_there_already_takes_no_room() -> None:
    kept = Bounded[str, int](2)
    kept["a"], kept["b"], kept["a"] = 1, 2, 3

    assert {"a": 3, "b": 2} == dict(kept)


@pytest.mark.parametrize("most", [0, -1])
def test_room_for_nothing_is_none(most: int) -> None:
    with pytest.raises(ValueError, match=str(most)):
        Bounded[str, int](most)
