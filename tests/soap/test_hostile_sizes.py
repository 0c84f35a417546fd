"""Refusing or tolerating an envelope costs at most ten times what accepting a valid one of the same size costs.

The envelopes are those of `hostile_sizes.py`, which also prints what they cost.
"""

from __future__ import annotations

import os
from functools import cache

import pytest

from hostile_sizes import HOSTILE, MODES, MOST_MEMORY, MOST_TIME, SIZES, Cost, cost, valid
from ocpp_core.model.tolerance import Tolerance

#: Another process on the same core may double a time: what is too much is taken again, together with its basis.
TRIES = 5


@cache
def basis(size: int) -> Cost:
    return cost(valid(size), Tolerance.STRICT)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_what_everything_is_compared_with_is_valid_and_of_that_size(size: int) -> None:
    assert basis(size).refusal is None
    assert 0.85 * size < len(valid(size)) <= size


#: All but the smallest take minutes, and are for `make test-deep`.
deep = [
    pytest.mark.deep,
    pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1"),
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "size",
    [
        pytest.param(size, id=name, marks=deep if place else ())
        for place, (name, size) in enumerate(SIZES.items())
    ],
)
def test_a_hostile_envelope_costs_no_more_than_a_few_valid_ones(size: int, name: str) -> None:
    written = HOSTILE[name](size)

    assert len(written) <= 1.2 * size
    for tolerance in MODES.values():
        found = cost(written, tolerance)
        assert found.memory <= MOST_MEMORY * basis(size).memory
        for _ in range(TRIES):
            if found.seconds <= MOST_TIME * basis(size).seconds:
                break
            basis.cache_clear()
            found = cost(written, tolerance)
        assert found.seconds <= MOST_TIME * basis(size).seconds
