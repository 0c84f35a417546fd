"""A gateway: stations of every version on its one side, and a CSMS of one version on the other."""

import asyncio
import hmac
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self
from weakref import WeakValueDictionary

from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.gateway.backends import Backend
from ocpp_core.gateway.branches import Branch
from ocpp_core.gateway.joined import Joined
from ocpp_core.gateway.mirrors import Mirror
from ocpp_core.gateway.passing import Passed, log_losses
from ocpp_core.gateway.ways import Way, way_to
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import (
    CallFailedError,
    CannotConnectError,
    LocalProtocolError,
    NotConnectedError,
    OcppError,
)
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.versions import Role
from ocpp_core.translation.policies import DEFAULT_POLICY, Policy
from ocpp_core.translation.sessions.stores import MemoryStore, Store
from ocpp_core.transports._handshake import GOING_AWAY, POLICY_VIOLATION
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.socket_peer import SocketPeer

_log = logger("gateway")


class Gateway:
    """Serves stations, and is each of them to the back-ends.

        async with Gateway(Backend(url="wss://csms.example/ocpp", version="2.0.1"), store=store) as gateway:
            async with serving(gateway.app(authenticate=...), "", 9000):
                ...

    A connection of a station is one connection to its CSMS: it is let in when the CSMS has let it in, with the password
    that it has shown (`Backend.credentials`), and ends when the CSMS is gone for longer than `patience`; when the
    station goes, so does the connection to the CSMS. A station on SOAP is connected from its first request until it has
    been silent for `silence`. What is remembered of a station is in the store, and outlives its connections, this
    process, and a change of its version.

    What the primary answers is what the station gets. Mirrors receive what the station sends once the primary has
    answered it, and are never waited for; see `Mirror`.

    Args:
        csms: The primary.
        mirrors: The others.
        store: Where sessions keep what they remember; in memory without one. One gateway at a time may use it.
        policy: Of all sessions.
        patience: Seconds that a station is kept while its CSMS cannot be reached.
        silence: Seconds after which a SOAP station that sends nothing is forgotten.
        max_posting: SOAP stations that are connected to back-ends at a time; for one more, the one that was silent
            longest is forgotten. Each takes sockets of ours, and who posts under a name takes up none of its own.
        watch: Is told of whatever passes; what it raises is logged. Losses are logged without it (INFO).

    Raises:
        ValueError: Two back-ends have the same name, or there is no room for a station.
    """

    def __init__(
        self,
        csms: Backend,
        *,
        mirrors: Sequence[Backend] = (),
        store: Store | None = None,
        policy: Policy = DEFAULT_POLICY,
        patience: float = 20.0,
        silence: float = 100_000.0,
        max_posting: int = 1_000,
        watch: Callable[[Passed], None] | None = None,
    ) -> None:
        if len({one.name for one in (csms, *mirrors)}) <= len(mirrors):
            raise ValueError("two back-ends have the same name")
        if max_posting < 1:
            raise ValueError(f"option max_posting: room for {max_posting} is no room")
        self._csms = csms
        self._mirrors = tuple(mirrors)
        self._ways: dict[str, Way] = {one.name: way_to(one) for one in (csms, *mirrors)}
        self._store = MemoryStore() if store is None else store
        self._policy = policy
        self._patience = patience
        self._silence = silence
        self._watch = watch
        self._joined: dict[str, Joined] = {}
        #: Of those, the SOAP stations; the one that was silent longest comes first.
        self._posting: OrderedDict[str, Joined] = OrderedDict()
        self._max_posting = max_posting
        #: What two sessions of one station wrote into a store would be neither's: one at a time is begun.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._ending: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()
        self.router: Router = Router(receives=Role.CSMS)
        self.router.on_any(self._receive)

    def __repr__(self) -> str:
        return f"<Gateway to {', '.join(self._ways)}, stations: {len(self._joined)}>"

    @property
    def identities(self) -> tuple[str, ...]:
        """Of the stations that are connected now."""
        return tuple(self._joined)

    async def __aenter__(self) -> Self:
        """Begins to listen where SOAP back-ends call.

        Raises:
            OSError: It cannot listen there.
        """
        for way in self._ways.values():
            await self._stack.enter_async_context(way.serving())
        return self

    async def __aexit__(self, *error: object) -> None:
        """Ends all connections to the back-ends; those of the stations are their server's."""
        joined = list(self._joined.values())
        self._joined.clear()
        self._posting.clear()
        await asyncio.gather(*(one.close() for one in joined))
        await asyncio.gather(*self._ending, return_exceptions=True)
        await self._stack.aclose()

    # Serving

    def app(self, **options: Any) -> OcppApp:
        """An ASGI application for stations on both wires, on one port.

        Args:
            options: Of `OcppApp`. Hooks of connections are the gateway's. Without `authenticate`, a station may
                take the place of one that is connected only with the same credentials as that.
        """
        return OcppApp(self.router, **self._served(options))

    @asynccontextmanager
    async def serve(self, host: str = "", port: int = 0, **options: Any) -> AsyncGenerator[Any, None]:
        """Serves WebSocket stations alone while the context lasts; see `websocket.serve`.

        Args:
            host: Where to listen.
            port: The same.
            options: Of `websocket.serve`; see `app`.

        Yields:
            The server.
        """
        from ocpp_core.transports.websocket import serve

        async with serve(self.router, host, port, **self._served(options)) as server:
            yield server

    def _served(self, options: dict[str, Any]) -> dict[str, Any]:
        own: dict[str, Any] = {
            "on_connect": self._station_connected,
            "on_disconnect": self._forget,
            "handlers_wait": True,
        }
        if taken := own.keys() & options.keys():
            raise TypeError(f"{', '.join(sorted(taken))} of a gateway is its own")
        if not {"authenticate", "admission", "replaces"} & options.keys():
            own["replaces"] = _is_same
        return {**own, **options}

    # What the stations do

    async def _station_connected(self, peer: SocketPeer) -> None:
        """A WebSocket is open; its handlers wait until this has returned."""

        def give_up(why: str, code: int = GOING_AWAY) -> None:
            self._spawn(peer.close(code, why))

        def turn_away(why: str, code: int = GOING_AWAY) -> None:
            _log.warning("%s is turned away: %s", named(peer.identity), why)
            give_up(why, code)

        try:
            await self._join(peer, give_up)
        except CannotConnectError as error:
            if error.status is not None and error.status < 500:
                turn_away("the CSMS does not let this station in", POLICY_VIOLATION)
            else:
                turn_away("the CSMS cannot be reached")
        except NotConnectedError:
            give_up("the gateway has closed it")
        except LocalProtocolError:
            turn_away("the CSMS can have no station of this name", POLICY_VIOLATION)

    async def _receive(self, message: Request[Any] | Notification, caller: Caller) -> Response | None:
        joined = self._joined.get(caller.identity)
        if isinstance(caller, SocketPeer):
            if joined is None or joined.station is not caller:
                raise OcppError(ErrorCode.GENERIC, "the CSMS is not connected")
        elif joined is None or not joined.is_of(caller):
            joined = await self._met(caller)
        elif caller.identity in self._posting:
            self._posting.move_to_end(caller.identity)
        return await joined.receive(message)

    async def _met(self, caller: Caller) -> Joined:
        """A SOAP station has sent something, for the first time since long or in another version than before."""
        joined = self._joined.get(caller.identity)
        if joined is not None and isinstance(joined.station, SocketPeer):
            raise OcppError(ErrorCode.GENERIC, "the station is connected by a WebSocket")
        try:
            return await self._join(
                caller, lambda _: self._spawn(self._forget(caller)), silence=self._silence
            )
        except CallFailedError as error:
            raise OcppError(ErrorCode.GENERIC, "the CSMS cannot be reached") from error

    async def _forget(self, station: Caller) -> None:
        """A station is gone, or given up."""
        joined = self._joined.get(station.identity)
        if joined is not None and joined.station is station:
            await self._part(joined)

    async def _part(self, joined: Joined) -> None:
        """Ends what there is of a station, unless another connection has taken its place."""
        identity = joined.station.identity
        # It is known until it is closed: whoever takes its place has to wait for that.
        await joined.close()
        if self._joined.get(identity) is joined:
            del self._joined[identity]
            self._posting.pop(identity, None)

    async def _join(
        self, station: Caller, give_up: Callable[[str], None], *, silence: float | None = None
    ) -> Joined:
        """Connects a station to its back-ends, in place of what there is of it.

        Raises:
            CannotConnectError: The CSMS does not let it in, or is not reached.
            LocalProtocolError: In the version of the CSMS there can be no such station.
            NotConnectedError: Another connection of it has taken the place of this one.
        """
        identity = station.identity
        joined = Joined(station, patience=self._patience, silence=silence, give_up=give_up)
        earlier, self._joined[identity] = self._joined.get(identity), joined
        self._posting.pop(identity, None)
        if silence is not None:
            self._make_room()
            self._posting[identity] = joined
        turn = self._turns.setdefault(identity, asyncio.Lock())
        try:
            if earlier is not None:  # which may still be beginning, and gives its turn away then
                await earlier.close()
            async with turn:
                if not joined.is_closed:
                    await joined.start(
                        self._primary(station, joined),
                        [self._mirror(station, mirror) for mirror in self._mirrors],
                    )
        except BaseException:
            await self._part(joined)
            raise
        return joined

    def _make_room(self) -> None:
        """For one more SOAP station."""
        while len(self._posting) >= self._max_posting:
            identity, longest = self._posting.popitem(last=False)
            _log.warning("%s is forgotten for another SOAP station", named(identity))
            self._spawn(self._part(longest))

    def _primary(self, station: Caller, joined: Joined) -> Branch:
        return Branch(
            station,
            station,
            self._csms,
            self._ways[self._csms.name],
            store=self._store,
            policy=self._policy,
            told=self._tell,
            on_broken=lambda _: joined.end("its session is broken"),
            on_connected=joined.csms_connected,
            on_lost=joined.csms_lost,
        )

    def _mirror(self, station: Caller, backend: Backend) -> Mirror:
        return Mirror(
            station,
            backend,
            self._ways[backend.name],
            store=self._store,
            policy=self._policy,
            told=self._tell,
        )

    def _tell(self, passed: Passed) -> None:
        log_losses(passed)
        if self._watch is None:
            return
        try:
            self._watch(passed)
        except Exception:
            _log.exception("%s: what watches the gateway has failed", named(passed.identity))

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name="ocpp gateway")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


def _is_same(live: SocketPeer, handshake: Handshake) -> bool:
    """Whether who comes shows what the one has shown that is connected, and that the CSMS has let in."""
    has, shows = live.handshake, handshake
    is_password = hmac.compare_digest(has.password or b"", shows.password or b"")
    return is_password and (has.username, has.certificate) == (shows.username, shows.certificate)
