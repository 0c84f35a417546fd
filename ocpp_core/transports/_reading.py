"""How much is read from a socket at once."""

import asyncio
from typing import Any

#: Bytes.
_AT_ONCE = 65_536


def read_less_at_once(transport: asyncio.BaseTransport) -> None:
    """Has less read at once than asyncio would, which has room made for 256 KiB with each message.

    Above 128 KiB many an allocator asks the system for memory each time: that takes as long as all the rest.

    Args:
        transport: One of asyncio's own, over plain TCP; any other is left as it is.
    """
    reading: Any = transport
    if hasattr(reading, "max_size"):
        reading.max_size = _AT_ONCE
