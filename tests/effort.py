"""What a piece of work costs, counted and not timed: the load of a machine changes nothing about it."""

import gc
import sys
import tracemalloc
from collections.abc import Callable
from types import CodeType
from typing import Any, NamedTuple

#: Times after which what is made once has been made.
_BEFORE = 4


class Effort(NamedTuple):
    """Of a piece of work.

    Attributes:
        calls: Of functions, those written in C among them.
        bytes: That it had at once, at most, beyond what was there before.
    """

    calls: int
    bytes: int


def effort(work: Callable[[], Any]) -> Effort:
    """Of the fifth time."""
    for _ in range(_BEFORE):
        work()
    calls = -1  # that of `sys.setprofile`, which ends the counting

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    gc.collect()
    gc.disable()
    # What measures coverage would be counted too.
    before, tracing = sys.getprofile(), sys.gettrace()
    sys.settrace(None)
    try:
        sys.setprofile(count)
        work()
        sys.setprofile(before)
        tracemalloc.start()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        work()
        return Effort(calls, tracemalloc.get_traced_memory()[1] - held)
    finally:
        sys.setprofile(before)
        sys.settrace(tracing)
        tracemalloc.stop()
        gc.enable()


def functions(work: Callable[[], Any]) -> list[CodeType]:
    """Those in Python that a piece of work calls the fifth time, one call after another."""
    called: list[CodeType] = []

    def note(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            called.append(frame.f_code)

    for _ in range(_BEFORE):
        work()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return called
