"""A stage in memory for a station that runs beside it.

The engine's stage reads from a WebSocket. This one has the same done without, so that all checks can be tried on all
stations with a fault in seconds.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from websockets.exceptions import ConnectionClosedOK

from conformance.peers.station import Station
from ocpp_core.conformance.json_stage import JsonStage, Line
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.stages import Opening
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.model.versions import Role, Wire

#: Seconds for a station to come back.
_PATIENCE = 30.0


class _End:
    """An end of a connection in memory, with what a stage uses of a WebSocket."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self.other: _End
        self.is_closed = False
        self.close_code = 1000
        self.transport = self

    async def send(self, text: str | Sequence[str]) -> None:
        if not self.is_closed:
            self.other.inbox.put_nowait("".join(text))

    async def ping(self) -> Awaitable[None]:
        return asyncio.sleep(0)

    async def receive(self) -> str | None:
        return None if self.is_closed and self.inbox.empty() else await self.inbox.get()

    async def recv(self) -> str:
        text = await self.receive()
        if text is None:
            raise ConnectionClosedOK(None, None)
        return text

    async def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        for end in (self, self.other):
            if not end.is_closed:
                end.is_closed = True
                end.inbox.put_nowait(None)


class _Line(Line):
    """Where a station connects in memory."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[_End] = asyncio.Queue()
        self.stage: JsonStage | None = None
        self.is_awaited = False

    async def connect(self) -> _End:
        """A new connection; the station's end of it."""
        ours, theirs = _End(), _End()
        ours.other, theirs.other = theirs, ours
        if self.stage is not None and not self.is_awaited:  # it has come back by itself
            self._record(self.stage)
            self.stage.take(ours)  # type: ignore[arg-type]
        else:
            self.arrived.put_nowait(ours)
        return theirs

    def _record(self, stage: JsonStage) -> None:
        entry = stage.record(Direction.RECEIVED, What.OPENED, "in memory")
        own = stage.specification.subprotocol or ""
        stage.opening = Opening("/STATION-1", (own,), own, 101, mark=entry.number)

    async def opened(self, stage: JsonStage) -> Any:
        self.stage, self.is_awaited = stage, True
        try:
            end = await asyncio.wait_for(self.arrived.get(), _PATIENCE)
        except TimeoutError:
            raise Inconclusive("the station did not come") from None
        finally:
            self.is_awaited = False
        self._record(stage)
        return end

    async def left(self, stage: JsonStage, connection: Any) -> None:
        self.stage = None


@asynccontextmanager
async def staged(station: Station, profile: Profile) -> AsyncGenerator[JsonStage, None]:
    """A stage to which a station, switched on just now, connects."""
    line = _Line()
    power = asyncio.ensure_future(station.run(line.connect))
    stage = JsonStage(
        line,
        role=Role.CHARGE_POINT,
        wire=Wire.JSON,
        specification=station.specification,
        profile=profile,
        identity="STATION-1",
    )
    try:
        yield await stage.open()
    finally:
        await stage.close()
        power.cancel()
        await asyncio.gather(power, return_exceptions=True)
