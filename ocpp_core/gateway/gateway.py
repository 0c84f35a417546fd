"""A gateway: stations of every version on its one side, and a CSMS of one version on the other."""

import asyncio
import hmac
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self

from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.gateway.backends import Backend
from ocpp_core.gateway.branches import Branch
from ocpp_core.gateway.joined import Joined
from ocpp_core.gateway.mirrors import Mirror
from ocpp_core.gateway.passing import Passed, log_losses
from ocpp_core.gateway.ways import Way, way_to
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallFailedError, OcppError
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.versions import Role
from ocpp_core.translation.policies import DEFAULT_POLICY, Policy
from ocpp_core.translation.sessions.stores import MemoryStore, Store
from ocpp_core.transports._handshake import GOING_AWAY
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
        watch: Is told of whatever passes; what it raises is logged. Losses are logged without it (INFO).

    Raises:
        ValueError: Two back-ends have the same name.
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
        watch: Callable[[Passed], None] | None = None,
    ) -> None:
        if len({one.name for one in (csms, *mirrors)}) <= len(mirrors):
            raise ValueError("two back-ends have the same name")
        self._csms = csms
        self._mirrors = tuple(mirrors)
        self._ways: dict[str, Way] = {one.name: way_to(one) for one in (csms, *mirrors)}
        self._store = MemoryStore() if store is None else store
        self._policy = policy
        self._patience = patience
        self._silence = silence
        self._watch = watch
        self._joined: dict[str, Joined] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()
        self.router: Router = Router(receives=Role.CSMS)
        self.router.on_any(self._receive)

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
        while self._joined:
            _, joined = self._joined.popitem()
            await joined.close()
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
            "on_disconnect": self._station_gone,
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

        def give_up(why: str) -> None:
            self._spawn(peer.close(GOING_AWAY, why))

        await self._join(peer, give_up)

    async def _station_gone(self, peer: SocketPeer) -> None:
        joined = self._joined.get(peer.identity)
        if joined is not None and joined.station is peer:
            del self._joined[peer.identity]
            await joined.close()

    async def _receive(self, message: Request[Any] | Notification, caller: Caller) -> Response | None:
        joined = self._joined.get(caller.identity)
        if joined is None or joined.station is not caller:
            if isinstance(caller, SocketPeer):
                raise OcppError(ErrorCode.GENERIC, "the CSMS is not connected")
            joined = await self._met(caller)
        elif joined.version != caller.specification.version:  # a SOAP station that was updated
            joined = await self._met(caller)
        return await joined.receive(message)

    async def _met(self, caller: Caller) -> Joined:
        """A SOAP station has sent something, for the first time since long."""
        identity = caller.identity
        turn = self._turns.setdefault(identity, asyncio.Lock())
        try:
            async with turn:
                joined = self._joined.get(identity)
                if joined is not None:
                    if joined.station is caller and joined.version == caller.specification.version:
                        return joined
                    if isinstance(joined.station, SocketPeer):
                        raise OcppError(ErrorCode.GENERIC, "the station is connected by a WebSocket")
                try:
                    return await self._join(
                        caller, lambda _: self._spawn(self._forget(caller)), silence=self._silence
                    )
                except CallFailedError as error:
                    raise OcppError(ErrorCode.GENERIC, "the CSMS cannot be reached") from error
        finally:
            if not turn.locked():
                self._turns.pop(identity, None)

    async def _forget(self, station: Caller) -> None:
        joined = self._joined.get(station.identity)
        if joined is not None and joined.station is station:
            del self._joined[station.identity]
            await joined.close()

    async def _join(
        self, station: Caller, give_up: Callable[[str], None], *, silence: float | None = None
    ) -> Joined:
        """Connects a station to its back-ends, in place of what there is of it.

        Raises:
            CannotConnectError: The CSMS does not let it in, or is not reached.
        """
        identity = station.identity
        joined = Joined(station, patience=self._patience, silence=silence, give_up=give_up)
        earlier, self._joined[identity] = self._joined.get(identity), joined
        try:
            if earlier is not None:
                await earlier.close()
            await joined.start(
                self._primary(station, joined), [self._mirror(station, mirror) for mirror in self._mirrors]
            )
        except BaseException:
            if self._joined.get(identity) is joined:
                del self._joined[identity]
            await joined.close()
            raise
        return joined

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
