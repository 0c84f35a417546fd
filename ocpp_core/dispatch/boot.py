"""What a station does first: it boots until its CSMS accepts it, and sends heartbeats from then on.

    async with connect(url, "CP-1", router, "1.6") as csms, booted(csms, v16.BootNotificationRequest(...)) as station:
        await csms.call(...)

Source: OCPP 1.6 §4.2 and §4.6 (1.2 and 1.5 likewise); 2.0.1 and 2.1 part 2 B01, B02, B03 and G02.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Generic, TypeVar

from attrs import define, field

from ocpp_core.dispatch.ends import ENDS_OF_PROCESS
from ocpp_core.dispatch.router import Caller
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallFailedError, CallRejectedError
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Request, Response
from ocpp_core.model.printing import printable

_log = logger("boot")

R = TypeVar("R", bound=Response)


@define(repr=False)
class Booted(Generic[R]):
    """A station that has booted, see `booted`."""

    _csms: Caller
    _request: Request[R]
    _retry_interval: float
    _heartbeat_interval: float
    _on_time: Callable[[datetime], None] | None
    _sleep: Callable[[float], Awaitable[None]]
    _response: R | None = field(default=None, init=False)
    _boots: asyncio.Event = field(factory=asyncio.Event, init=False)
    _is_accepted: asyncio.Event = field(factory=asyncio.Event, init=False)

    def __repr__(self) -> str:
        return f"<Booted {printable(self._csms.identity)}: {self._response!r}>"

    @property
    def response(self) -> R:
        """The last response to its BootNotification, whatever the status."""
        assert self._response is not None, "it has not booted yet"
        return self._response

    async def boot(self, request: Request[R] | None = None) -> R:
        """Boots until the CSMS accepts; also to boot again, after a Reset or because the CSMS asks for it.

        Args:
            request: What it says from now on, such as another reason (2.x); None is what it has said before.

        Returns:
            The response that accepts.

        Raises:
            LocalProtocolError: The request cannot be sent.
        """
        if request is not None:
            self._request = request
        self._is_accepted.clear()
        self._boots.set()
        try:
            return await self._boot()
        finally:
            # Who has given it up is what the CSMS has said last.
            if _status(self._response) == "Accepted":
                self._is_accepted.set()

    async def _boot(self) -> R:
        while True:
            try:
                response = await self._csms.call(self._request)
            except CallFailedError as error:
                again = self._retry_interval
                _log.warning("%s cannot boot: %s; it boots again in %g s", self._csms.identity, error, again)
                await self._sleep(again)
                continue
            self._response = response
            self._tell_time(response)
            status = _status(response)
            if status == "Accepted":
                return response
            again = _interval(response) or self._retry_interval
            _log.warning(
                "%s has booted and is %s; it boots again in %g s", self._csms.identity, status, again
            )
            await self._sleep(again)

    async def keep_beating(self) -> None:
        """Sends heartbeats until it is cancelled. A CSMS that refuses one with SecurityError has forgotten us."""
        heartbeat: Any = self._csms.specification.request("Heartbeat")
        while True:
            # (It may have begun to boot again since it was accepted.)
            while not self._is_accepted.is_set():
                await self._is_accepted.wait()
            if await self._boots_meanwhile(_interval(self._response) or self._heartbeat_interval):
                continue  # nothing is sent until it is accepted, and from then on another interval counts
            try:
                self._tell_time(await self._csms.call(heartbeat()))
            except CallFailedError as error:
                _log.warning("%s has no answer to its heartbeat: %s", self._csms.identity, error)
                if isinstance(error, CallRejectedError) and error.code is ErrorCode.SECURITY:
                    await self.boot()

    async def _boots_meanwhile(self, seconds: float) -> bool:
        """Sleeps; True if the station boots before it is over."""
        self._boots.clear()
        waits = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._boots.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        if waits[0].done() and not waits[0].cancelled():
            waits[0].result()
        return self._boots.is_set()

    def _tell_time(self, response: Any) -> None:
        # (1.2 and 1.5 tell it too; where it was tolerated it may be missing.)
        time = getattr(response, "current_time", None)
        if self._on_time is None or not isinstance(time, datetime):
            return
        try:
            self._on_time(time)
        except ENDS_OF_PROCESS:
            raise
        except BaseException as error:  # the CSMS has chosen the time, and must not end our heartbeats by it
            _log.error("%s: the hook on_time failed", self._csms.identity, exc_info=error)


@asynccontextmanager
async def booted(
    csms: Caller,
    request: Request[R],
    *,
    retry_interval: float = 60.0,
    heartbeat_interval: float = 300.0,
    on_time: Callable[[datetime], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncGenerator[Booted[R], None]:
    """Boots a station, and sends heartbeats while the context lasts.

    It comes to the body of the context when the CSMS has accepted. Until then it boots again and again, at the interval
    that the CSMS gives; meanwhile handlers answer, and gates decide what they may. Each attempt that was not accepted
    is a warning in the log ``ocpp_core.boot``.

    Args:
        csms: To be called: what `websocket.connect` and `soap_station.connect` yield, or a `Peer`.
        request: A BootNotification of the version that is spoken.
        retry_interval: Seconds until the next attempt, where the CSMS gives no interval, or no answer.
        heartbeat_interval: Seconds between heartbeats, where the CSMS gives none.
        on_time: Is told the time of the CSMS by each response that has it. What it raises is logged.
        sleep: Waits for so many seconds.

    Yields:
        What the CSMS has answered; with it the station boots again.

    Raises:
        LocalProtocolError: The request cannot be sent.
    """
    station = Booted(csms, request, retry_interval, heartbeat_interval, on_time, sleep)
    await station.boot()
    beating = asyncio.create_task(station.keep_beating(), name=f"ocpp heartbeats {csms.identity}")
    try:
        yield station
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


def _status(response: Any) -> str:
    return str(getattr(response, "status", ""))


def _interval(response: Any) -> float:
    """Seconds; 0 where the CSMS leaves it to the station."""
    for name in ("interval", "heartbeat_interval"):  # the second in 1.2 and 1.5
        if isinstance(value := getattr(response, name, None), int):
            return max(0, value)
    return 0
