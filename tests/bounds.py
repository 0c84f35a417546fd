"""Bounded work: how much memory something may take. (Time is not measured in tests.)"""

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
