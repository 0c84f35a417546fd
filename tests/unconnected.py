"""What is to be said of a station that cannot connect: that it cannot, and why."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from ocpp_core import CannotConnectError


@contextmanager
def cannot_connect(*causes: type[BaseException]) -> Generator[list[Any], None, None]:
    """Inside it a `CannotConnectError` comes up, for one of these causes. What is given becomes a list of that one."""
    why: list[Any] = []
    with pytest.raises(CannotConnectError) as info:
        yield why
    assert isinstance(info.value.__cause__, causes)
    why.append(info.value.__cause__)
