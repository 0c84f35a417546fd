"""A peer whose other side is the test."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from loops import until
from ocpp_core import JsonCodec, v16
from ocpp_core.dispatch.peer import Peer
from ocpp_core.dispatch.router import Router

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
RESET = v16.ResetRequest(type=v16.ResetType.SOFT)


def heartbeat(*_: Any) -> v16.HeartbeatResponse:
    return v16.HeartbeatResponse(current_time=NOW)


class Wire:
    """A peer whose other side is the test: `sent` is what it wrote, `put` is what it reads."""

    def __init__(self, router: Router | None = None, version: str = "1.6", **options: Any) -> None:
        self.sent: list[str] = []
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        ids = iter(range(1, 1_000))
        options = {"new_id": lambda: str(next(ids)), "grace": 0.05, **options}
        self.peer: Peer[str] = Peer(JsonCodec(version), router or Router(), self._send, **options)

    async def _send(self, message: str) -> None:
        self.sent.append(message)

    def put(self, message: str | None) -> None:
        self._inbox.put_nowait(message)

    async def messages(self) -> AsyncIterator[str]:
        while (message := await self._inbox.get()) is not None:
            yield message

    async def answer(self, text: str) -> None:
        """Waits until one more frame was sent, then answers it."""
        await until(lambda: self.sent)
        self.put(text)


@asynccontextmanager
async def wire(
    router: Router | None = None, version: str = "1.6", **options: Any
) -> AsyncGenerator[Wire, None]:
    one = Wire(router, version, **options)
    running = asyncio.create_task(one.peer.run(one.messages()))
    try:
        yield one
    finally:
        one.put(None)
        await running
