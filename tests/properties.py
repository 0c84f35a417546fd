"""How property tests run here: the same cases on every run and every machine, other ones in each test."""

import os
import warnings
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis.strategies import SearchStrategy


def for_all(strategy: SearchStrategy[Any], examples: int, check: Callable[[Any], None]) -> int:
    """Checks generated values, and shrinks one that fails.

    Returns:
        How many were checked.
    """
    checked = 0

    @seed(zlib.crc32(os.environ["PYTEST_CURRENT_TEST"].encode()))
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType] - its metaclass
    )
    @given(strategy)
    def run(value: Any) -> None:
        nonlocal checked
        checked += 1
        check(value)

    with large_values_allowed():
        run()
    return checked


def find_one(strategy: SearchStrategy[Any], condition: Callable[[Any], bool]) -> Any:
    """A value of which something holds: it shall be seen, and not made small."""
    return _found(strategy, condition, 5000, [Phase.generate])


def smallest(strategy: SearchStrategy[Any], condition: Callable[[Any], bool] = lambda _: True) -> Any:
    """What is left of a value of which something holds. What matters in it is not explained: it takes as long."""
    return _found(strategy, condition, 2000, [phase for phase in Phase if phase is not Phase.explain])


def _found(
    strategy: SearchStrategy[Any], condition: Callable[[Any], bool], examples: int, phases: list[Phase]
) -> Any:
    chosen = settings(max_examples=examples, database=None, derandomize=True, deadline=None, phases=phases)
    with large_values_allowed():
        return find(strategy, condition, settings=chosen)


@contextmanager
def large_values_allowed() -> Generator[None, None, None]:
    """Hypothesis warns when it shows a list of a thousand items; an error made of that would hide the failure."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Generating overly large repr")
        yield
