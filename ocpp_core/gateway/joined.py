"""One station before its CSMS and its mirrors, for as long as it is connected."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from ocpp_core.dispatch.router import Caller
from ocpp_core.gateway.branches import Branch
from ocpp_core.gateway.mirrors import Mirror
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CannotConnectError, LocalProtocolError, NotConnectedError, OcppError
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.translation.sessions.effects import Side

_log = logger("gateway")


class Joined:
    """A station, its CSMS and its mirrors.

    While the CSMS is away, what the station sends waits, up to `patience`: it is not told that all is well, and not
    refused what it would send again so many times and then drop. After that `give_up` is called, so that the station
    learns that it is offline, and keeps what it has to say.

    Args:
        station: As its handlers see it.
        patience: Seconds without the CSMS.
        silence: Seconds after which there is no use in going on with a station that has sent nothing; None for one
            whose connection says when it is gone.
        give_up: Is called once when there is no use in going on, with a sentence.

    Attributes:
        is_closed: Whether it was closed, be it before it had begun.
    """

    def __init__(
        self,
        station: Caller,
        *,
        patience: float,
        silence: float | None = None,
        give_up: Callable[[str], None],
    ) -> None:
        self.station = station
        self.version: str = station.specification.version
        self._patience = patience
        self._silence = silence
        self._give_up: Callable[[str], None] | None = give_up
        self._primary: Branch | None = None
        self._mirrors: Sequence[Mirror] = ()
        self._tasks: list[asyncio.Task[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        #: Set while nobody has to wait: the primary is there, or there is no use in waiting.
        self._is_decided = asyncio.Event()
        self.is_closed: bool = False
        #: Messages of the station, and when it was heard of last; it is not silent while it waits for an answer.
        self._under_way = 0
        self._heard: float = asyncio.get_running_loop().time()

    def is_of(self, station: Caller) -> bool:
        """Whether it still is of this station, in the version that it speaks now: a SOAP station may be updated."""
        is_same = self.station is station and self.version == station.specification.version
        return is_same and not self.is_closed

    async def start(self, primary: Branch, mirrors: Sequence[Mirror]) -> None:
        """Connects to the back-ends; returns when the primary is there.

        Raises:
            CannotConnectError: It does not let the station in, or is not reached within `patience`.
            LocalProtocolError: There can be no such station in its version.
            NotConnectedError: All was closed in the meantime.
        """
        self._primary, self._mirrors = primary, mirrors
        running = self._begin(primary.run(), "CSMS")
        for mirror in mirrors:
            self._begin(mirror.run(), "mirror")
        waiting = asyncio.create_task(primary.is_there.wait())
        try:
            await asyncio.wait(
                {running, waiting}, timeout=self._patience, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()
        if primary.is_there.is_set():
            if self._silence is not None:
                self._begin(self._until_silent(self._silence), "silence")
            return
        if self.is_closed:
            raise NotConnectedError("", "it was closed", identity=self.station.identity)
        if running.done():
            running.result()
        reason = f"{primary.backend.name} is not reached within {self._patience} s"
        raise CannotConnectError("", reason, url=primary.backend.url, identity=self.station.identity)

    async def receive(self, message: Request[Any] | Notification) -> Response | None:
        """Carries a message of the station to the CSMS, and then to those that look on.

        Raises:
            OcppError: It is refused, or has no answer.
        """
        self._under_way += 1
        try:
            return await self._carried(message)
        finally:
            self._under_way -= 1
            self._heard = asyncio.get_running_loop().time()

    async def _carried(self, message: Request[Any] | Notification) -> Response | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                await self._is_decided.wait()
        primary = self._primary
        if primary is None or self.is_closed or not self._is_decided.is_set():
            raise OcppError(ErrorCode.GENERIC, "the CSMS cannot be reached")
        if isinstance(message, Notification):
            await primary.notify(Side.STATION, message)
            self._show(message, None)
            return None
        answer = await primary.carry(Side.STATION, message)
        if isinstance(answer, OcppError):
            raise answer
        self._show(message, answer)
        return answer

    async def close(self) -> None:
        """Ends all connections of the station, and leaves no task behind. May be called again."""
        self._give_up = None
        self.is_closed = True
        self._is_decided.set()
        self._stop_timer()
        # Commands that wait for the station are answered while there is a connection.
        branches = [one for one in (self._primary, *self._mirrors) if one is not None]
        await asyncio.gather(*(branch.close() for branch in branches))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # What the branches tell

    def csms_connected(self) -> None:
        """The primary is there."""
        self._stop_timer()
        self._is_decided.set()

    def csms_lost(self) -> None:
        """The primary is gone. It may come back."""
        self._stop_timer()
        if self.is_closed:
            return
        self._is_decided.clear()
        self._timer = asyncio.get_running_loop().call_later(self._patience, self.end, "the CSMS is gone")

    def end(self, why: str) -> None:
        """There is no use in going on."""
        give_up, self._give_up = self._give_up, None
        if give_up is not None:
            _log.warning("%s is given up: %s", named(self.station.identity), why)
            give_up(why)

    # Inside

    def _show(self, message: Request[Any] | Notification, answer: Response | None) -> None:
        for mirror in self._mirrors:
            mirror.put(message, answer)

    async def _until_silent(self, silence: float) -> None:
        clock = asyncio.get_running_loop().time
        while (left := silence if self._under_way else self._heard + silence - clock()) > 0:
            await asyncio.sleep(left)
        self.end("it has been silent for long")

    def _begin(self, work: Awaitable[None], what: str) -> "asyncio.Task[None]":
        async def watched() -> None:
            try:
                await work
            except (NotConnectedError, LocalProtocolError) as error:
                _log.warning("%s: %s: %s", named(self.station.identity), what, error)
                raise
            except Exception:
                _log.exception("%s: %s has failed", named(self.station.identity), what)
                raise

        task = asyncio.create_task(watched(), name=f"ocpp gateway {self.station.identity}")
        self._tasks.append(task)
        task.add_done_callback(_seen)
        return task

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _seen(task: "asyncio.Task[None]") -> None:
    """What it has raised has been logged."""
    with suppress(asyncio.CancelledError):
        task.exception()
