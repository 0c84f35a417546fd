"""Bounded work: how much memory something may take; and time, which is only compared, where nothing disturbs it."""

import gc
import sys
import tracemalloc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def memory(limit: int) -> Generator[None, None, None]:
    """Fails if Python holds more than `limit` bytes at once inside it, on top of what it held before."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= limit, f"{peak:,} of {limit:,} bytes"


@contextmanager
def undisturbed() -> Generator[None, None, None]:
    """Nobody counts lines meanwhile, and nobody looks through all that other tests have left in memory.

    The first makes Python several times as slow, and what is written in C not at all; the second takes longer than what
    is measured, and falls to whoever makes many objects.
    """
    tracer = sys.gettrace()
    sys.settrace(None)
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        sys.settrace(tracer)
