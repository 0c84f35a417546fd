"""The stations that a server knows: those that are connected, and those that post SOAP and were there before."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from ocpp_core.dispatch.ends import is_of_task
from ocpp_core.model.bounded import Bounded
from ocpp_core.model.errors import ConnectionLostError, NotConnectedError
from ocpp_core.model.logs import logger
from ocpp_core.model.printing import printable
from ocpp_core.transports._handshake import GOING_AWAY, INTERNAL_ERROR
from ocpp_core.transports._options import FUNCTION
from ocpp_core.transports.admission import Handshake, Refusal, hook_failed, result_of
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.socket_peer import SocketPeer

_log = logger("stations")


P = TypeVar("P", bound=SocketPeer)

#: Seconds for a hook to end by itself when its connection is over, and once more when it is cancelled.
BRIEFLY = 1.0


class Stations(Generic[P]):
    """The stations that are connected to one server: each identity once, the latest connection counts.

    Hooks of one identity run one after the other, in the order of its connections: what `on_disconnect` tidies up is
    never that of a connection whose `on_connect` has run.

    Args:
        on_connect: Told of each peer as soon as it is connected, beside the connection; it may call the peer. Plain or
            a coroutine function, as the next. It is cancelled if it still runs a second after the connection is over.
        on_disconnect: Told of every connection that is over, after its handlers have ended. ``peer.is_replaced`` says
            whether a newer one has taken over; the `on_connect` of that waits until this hook has ended.
        replaces: Decides by peer and handshake whether a new connection of an identity takes the place of the live one;
            it does by default. If not, it is refused with HTTP 409.

    Attributes:
        peers: By identity.
    """

    def __init__(
        self,
        *,
        on_connect: Callable[[P], Awaitable[None] | None] | None = None,
        on_disconnect: Callable[[P], Awaitable[None] | None] | None = None,
        replaces: Callable[[P, Handshake], bool] | None = None,
    ) -> None:
        for name, hook in (
            ("on_connect", on_connect),
            ("on_disconnect", on_disconnect),
            ("replaces", replaces),
        ):
            FUNCTION.or_none.check(name, hook)
        self.peers: dict[str, P] = {}
        self._on_connect = on_connect
        self._on_disconnect = on_disconnect
        self._replaces = replaces
        #: Of each identity, what is set when its latest connection is over and `on_disconnect` has ended.
        # (Futures, as an event takes 1 KB.)
        self._over: dict[str, asyncio.Future[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def make_room(self, handshake: Handshake) -> Refusal | None:
        """Says no if the station is to keep the connection that it has."""
        live = self.peers.get(handshake.identity)
        if live is None or not live.is_open or self._replaces is None:
            return None
        try:
            is_replaced = self._replaces(live, handshake)
        except BaseException as error:
            if is_of_task(error):
                raise
            return hook_failed("`replaces`", error)
        return None if is_replaced else Refusal(409, "connected already")

    @asynccontextmanager
    async def connected(self, peer: P) -> AsyncGenerator[None, None]:
        """Has the peer among the stations while the context lasts, and closes the connection that it replaces."""
        identity = peer.identity
        earlier, earlier_is_over = self.peers.get(identity), self._over.get(identity)
        loop = asyncio.get_running_loop()
        over = self._over[identity] = loop.create_future()
        self.peers[identity] = peer
        if earlier is not None:
            _log.warning("%s connected again; its earlier connection is closed", printable(identity))
            self._spawn(earlier.give_way())
        begun = loop.create_future()
        welcoming = self._spawn(self._welcome(peer, earlier_is_over, begun))
        try:
            yield
        finally:
            if self.peers.get(identity) is peer:  # it may have been replaced
                del self.peers[identity]
            try:
                if begun.done():  # what it calls fails now, and it may have something to tidy up
                    await asyncio.wait({welcoming}, timeout=BRIEFLY)
                welcoming.cancel()
                await asyncio.wait({welcoming}, timeout=BRIEFLY)
                if earlier_is_over is not None:
                    await asyncio.wait({earlier_is_over})
                if self._on_disconnect is not None:
                    await self._tell("on_disconnect", self._on_disconnect, peer)
            finally:
                over.set_result(None)
                if self._over.get(identity) is over:
                    del self._over[identity]

    async def close(self) -> None:
        """Closes all connections; returns when handlers have ended, or had their time."""
        closing = [peer.close(GOING_AWAY, "the server stops") for peer in self.peers.values()]
        for fault in await asyncio.gather(*closing, return_exceptions=True):
            if fault is not None:
                _log.error("a connection could not be closed", exc_info=fault)

    async def end(self) -> None:
        """Ends what still runs for connections that are closed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _welcome(
        self, peer: P, earlier_is_over: "asyncio.Future[None] | None", begun: "asyncio.Future[None]"
    ) -> None:
        if earlier_is_over is not None:
            await asyncio.wait({earlier_is_over})
        begun.set_result(None)
        is_held = peer.is_held
        is_welcome = self._on_connect is None or await self._tell("on_connect", self._on_connect, peer)
        peer.welcome(is_welcome)
        if is_held and not is_welcome:
            await peer.close(INTERNAL_ERROR, "this server has failed")

    async def _tell(self, name: str, hook: Callable[[P], Awaitable[None] | None], peer: P) -> bool:
        """Tells a hook. What it raises is logged, be it a cancellation that nobody has asked for."""
        try:
            await result_of(hook(peer))
        except BaseException as error:
            if is_of_task(error):
                raise
            if isinstance(error, ConnectionLostError | NotConnectedError):  # it called, and nobody was there
                _log.warning("%s: the hook %s failed: %s", printable(peer.identity), name, error)
            else:
                _log.exception("%s: the hook %s failed", printable(peer.identity), name)
            return False
        return True

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class SoapStations(Mapping[str, SoapPeer]):
    """SOAP stations by identity, as they are known from their last request.

    Those that have proven to be who they are and those that anybody may claim to be are kept apart, so that a stranger
    with many names drives out no real station: of each kind, the one that was silent longest is forgotten. What was
    kept under an unproven name, such as an address, is not handed on to the station that proves to have it.

    Args:
        most: Stations of each kind.
        has_proven: Whether a station of this identity has proven itself, on either wire. What is kept under its name
            counts only if it was kept of a request that has proven the same.
    """

    def __init__(self, most: int, has_proven: Callable[[str], bool]) -> None:
        self._has_proven = has_proven
        self._proven: Bounded[str, SoapPeer] = Bounded(most)
        self._others: Bounded[str, SoapPeer] = Bounded(most)

    def __getitem__(self, identity: str) -> SoapPeer:
        return (self._proven if self._has_proven(identity) else self._others)[identity]

    def __iter__(self) -> Iterator[str]:
        yield from (identity for identity in self._proven if self._has_proven(identity))
        yield from (identity for identity in self._others if not self._has_proven(identity))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def met(self, identity: str, make: Callable[[], SoapPeer], *, is_proven: bool) -> SoapPeer:
        """The station that has just sent a request, made if it is new.

        The caller has refused who comes unproven under the name of a station that has proven itself (`Admission`).
        """
        if is_proven:
            self._others.pop(identity, None)
        kind = self._proven if is_proven else self._others
        station = kind.get(identity)
        if station is None:
            station = kind[identity] = make()
        kind.move_to_end(identity)
        return station
