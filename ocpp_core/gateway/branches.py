"""One station and one back-end: a link, and the connection below it."""

import asyncio
from collections.abc import Callable
from typing import Any

from ocpp_core.dispatch.router import Caller
from ocpp_core.gateway.backends import Backend
from ocpp_core.gateway.passing import Passed
from ocpp_core.gateway.ways import Way
from ocpp_core.links.driver import Link, sent_by
from ocpp_core.links.ends import End
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.translation.policies import Policy
from ocpp_core.translation.sessions.effects import Effect, Reply, Side
from ocpp_core.translation.sessions.session import TranslationSession
from ocpp_core.translation.sessions.stores import Store

_log = logger("gateway")

#: Is told of whatever has passed.
Told = Callable[[Passed], None]


class Branch:
    """A station's connection to one back-end, whatever becomes of the sockets below it.

    Args:
        station: As its handlers see it.
        end: Who is called for it.
        backend: At the other end.
        way: To that.
        store: Of the session.
        policy: The same.
        told: Is told of whatever passes.
        on_broken: Is told when the session cannot go on.
        on_connected: Is told of each connection.
        on_lost: Is told when it is lost.
        may_ask: Says whether what the back-end asks reaches the station; it is answered SecurityError otherwise.

    Attributes:
        is_there: Set while the back-end is connected.
    """

    def __init__(
        self,
        station: Caller,
        end: End,
        backend: Backend,
        way: Way,
        *,
        store: Store,
        policy: Policy,
        told: Told,
        on_broken: Callable[[BaseException], None],
        on_connected: Callable[[], None] = lambda: None,
        on_lost: Callable[[], None] = lambda: None,
        may_ask: Callable[[Request[Any] | Notification], bool] = lambda _: True,
    ) -> None:
        self.backend = backend
        self.is_there: asyncio.Event = asyncio.Event()
        self._station = station
        self._way = way
        self._told = told
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._may_ask = may_ask
        session = TranslationSession(
            station=station.specification.version,
            csms=backend.version,
            identity=station.identity,
            store=store,
            policy=policy,
        )
        self.link: Link = Link(session, watch=self._watch, on_broken=on_broken)
        self.link.connected(Side.STATION, end)

    async def run(self, retries: Callable[[Exception], bool] | None = None) -> None:
        """Connects, and stays connected until it is cancelled.

        Raises:
            CannotConnectError: The back-end does not let the station in, and `retries` has not said to go on.
        """
        async with self._way.joined(self._station, self, retries=retries):
            await asyncio.Event().wait()

    async def carry(self, side: Side, message: Request[Any]) -> Response | OcppError:
        """Carries a request of a side, and tells of it. What the other end has raised is the cause of an error."""
        clock = asyncio.get_running_loop().time
        since = clock()
        carried = await self.link.carry(side, message)
        done = (carried.notes, clock() - since, carried.missing)
        self._tell(side, message, carried.sent, carried.answer, *done)
        if isinstance(carried.answer, OcppError):
            carried.answer.__cause__ = carried.cause
        return carried.answer

    async def notify(self, side: Side, message: Notification) -> None:
        """Carries a message that wants no answer."""
        await self.link.notify(side, message)

    async def close(self) -> None:
        """Ends the link."""
        await self.link.close()

    # What the way tells

    def connected(self, csms: End) -> None:
        """See `Ends`."""
        self.link.connected(Side.CSMS, csms)
        self.is_there.set()
        self._on_connected()
        _log.info("%s: connected to %s", named(self._station.identity), self.backend.name)

    def lost(self, csms: End) -> None:
        """See `Ends`."""
        self.link.disconnected(Side.CSMS, csms)
        self.is_there.clear()
        _log.info("%s: disconnected from %s", named(self._station.identity), self.backend.name)
        self._on_lost()

    async def receive(self, message: Request[Any] | Notification) -> Response | None:
        """See `Ends`."""
        if not self._may_ask(message):
            raise OcppError(ErrorCode.SECURITY, "this back-end may not ask that of the station")
        if isinstance(message, Notification):
            await self.notify(Side.CSMS, message)
            return None
        answer = await self.carry(Side.CSMS, message)
        if isinstance(answer, OcppError):
            raise answer
        return answer

    # Inside

    def _watch(self, effect: Effect) -> None:
        """What belongs to no request that somebody waits for."""
        if isinstance(effect, Reply):
            if effect.call is None and effect.notes:
                self._tell(effect.side, None, (), None, effect.notes, 0.0)
        elif effect.of is None:
            self._tell(effect.side.other, None, (sent_by(effect),), None, effect.notes, 0.0)

    def _tell(self, side: Side, message: Any, sent: Any, answer: Any, *done: Any) -> None:
        self._told(Passed(self._station.identity, self.backend, side, message, sent, answer, *done))
