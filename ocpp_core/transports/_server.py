"""The CSMS's end of OCPP-J: a WebSocket server."""

import asyncio
import http
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from ssl import SSLContext
from typing import Any, Literal, Unpack, cast
from weakref import WeakKeyDictionary

from ocpp_core.dispatch.router import Router
from ocpp_core.model.logs import logger
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version
from ocpp_core.payloads.tolerance import ToleranceByStation
from ocpp_core.transports._floods import BoundedServerConnection
from ocpp_core.transports._handshake import GOING_AWAY, PROTOCOL_ERROR
from ocpp_core.transports._socket import (
    Options,
    Settings,
    WebSocketPeer,
    close_socket,
    split_options,
)
from ocpp_core.transports.admission import (
    Admission,
    Authenticate,
    Handshake,
    Identities,
    Refusal,
    result_of,
)

from websockets.asyncio.server import Server as Listener  # isort: skip  # _socket has checked that it is there
from websockets.asyncio.server import ServerConnection  # isort: skip
from websockets.asyncio.server import serve as listen  # isort: skip
from websockets.extensions.permessage_deflate import enable_server_permessage_deflate  # isort: skip
from websockets.http11 import Request, Response  # isort: skip
from websockets.typing import Subprotocol  # isort: skip

_log = logger("websocket")

#: Told of a peer; plain or a coroutine function.
Told = Callable[[WebSocketPeer], Awaitable[None] | None]
#: Decides whether a new connection of an identity takes the place of the live one.
Replaces = Callable[[WebSocketPeer, Handshake], bool]


class Server:
    """A running server.

    Attributes:
        peers: The stations that are connected, by identity.
        port: Where it listens; useful if it was to be any (0).
    """

    def __init__(
        self,
        router: Router,
        admission: Admission,
        settings: Settings,
        peer_options: Mapping[str, Any],
        *,
        on_connect: Told | None,
        on_disconnect: Told | None,
        replaces: Replaces | None,
    ) -> None:
        self.peers: dict[str, WebSocketPeer] = {}
        self.port: int = 0
        self._router = router
        self._admission = admission
        self._settings = settings
        self._peer_options = dict(peer_options)
        self._on_connect = on_connect
        self._on_disconnect = on_disconnect
        self._replaces = replaces
        self._handshakes: WeakKeyDictionary[ServerConnection, Handshake] = WeakKeyDictionary()
        self._listener: Listener | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closing = False

    async def start(self, host: str, port: int, ssl: SSLContext | None) -> None:
        """Listens."""
        settings = self._settings
        self._listener = await listen(
            self._serve,
            host,
            port,
            ssl=ssl,
            process_request=self._admit,
            select_subprotocol=self._select,
            compression=None,  # decided for each station, in `_admit`
            open_timeout=settings.open_timeout,
            ping_interval=settings.ping_interval,
            ping_timeout=settings.ping_timeout,
            close_timeout=settings.close_timeout,
            max_size=settings.max_size,
            server_header=None,
            create_connection=cast(
                "type[ServerConnection]", partial(BoundedServerConnection, max_size=settings.max_size)
            ),
        )
        self.port = next(iter(self._listener.sockets)).getsockname()[1]

    async def close(self) -> None:
        """Takes no more connections, lets handlers end and answers go out, and closes all connections with 1001."""
        if self._listener is None or self._is_closing:
            return
        self._is_closing = True
        self._listener.close(close_connections=False)
        await asyncio.gather(*(peer.close(GOING_AWAY, "the server stops") for peer in self.peers.values()))
        # Those without a peer: still in their handshake's end, or without a common version.
        await asyncio.gather(
            *(close_socket(socket, GOING_AWAY) for socket in list(self._listener.connections))
        )
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._listener.wait_closed()

    # Inside

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Judges the request; called before the handshake is completed."""
        verdict = await self._admission.admit(
            request.path,
            offers=request.headers.get_all("Sec-WebSocket-Protocol"),
            authorization=request.headers.get("Authorization"),
            certificate=socket.transport.get_extra_info("peercert") or None,
            remote=socket.remote_address,
        )
        if isinstance(verdict, Handshake) and self._replaces is not None:
            live = self.peers.get(verdict.identity)
            if live is not None and live.is_open and not self._replaces(live, verdict):
                verdict = Refusal(409, "connected already")
        if isinstance(verdict, Refusal):
            _log.info("%s refused: %s %s", socket.remote_address, verdict.status, verdict.reason)
            response = socket.respond(http.HTTPStatus(verdict.status), f"{verdict.reason}\n")
            for name, value in verdict.headers.items():
                response.headers[name] = value
            return response
        self._handshakes[socket] = verdict
        if self._settings.compresses(verdict.version):
            socket.protocol.available_extensions = enable_server_permessage_deflate(None)
        return None

    def _select(self, socket: ServerConnection, _: Sequence[Subprotocol]) -> Subprotocol | None:
        name = self._handshakes[socket].subprotocol
        return None if name is None else Subprotocol(name)

    async def _serve(self, socket: ServerConnection) -> None:
        handshake = self._handshakes.pop(socket)
        if handshake.version is None:
            await close_socket(socket, PROTOCOL_ERROR, "no common OCPP version")
            return
        if self._is_closing:
            await close_socket(socket, GOING_AWAY, "the server stops")
            return
        peer = WebSocketPeer(socket, self._router, handshake, self._settings, **self._peer_options)
        earlier = self.peers.get(peer.identity)
        self.peers[peer.identity] = peer
        if earlier is not None:
            _log.warning("%s connected again; its earlier connection is closed", peer.identity)
            self._spawn(earlier.close(GOING_AWAY, "connected again"))
        if self._on_connect is not None:
            self._spawn(self._tell(self._on_connect, peer))
        try:
            await peer.serve()
        finally:
            if self.peers.get(peer.identity) is peer:
                del self.peers[peer.identity]
            if self._on_disconnect is not None:
                await self._tell(self._on_disconnect, peer)

    async def _tell(self, hook: Told, peer: WebSocketPeer) -> None:
        try:
            await result_of(hook(peer))
        except Exception:
            _log.exception("%s: the hook %r failed", peer.identity, hook)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[Any] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def serve(
    router: Router,
    host: str = "",
    port: int = 0,
    *,
    accepts: Sequence[str] = (Version.V2_1, Version.V2_0_1, Version.V1_6),
    default_version: str | None = None,
    authenticate: Authenticate | None = None,
    identities: Identities | None = None,
    no_common_version: Literal["close", "refuse"] = "close",
    aliases: Mapping[str, str] | Callable[[str], Mapping[str, str]] | None = None,
    on_connect: Told | None = None,
    on_disconnect: Told | None = None,
    replaces: Replaces | None = None,
    ssl: SSLContext | None = None,
    tolerance: ToleranceByStation = Tolerance.STRICT,
    **options: Unpack[Options],
) -> AsyncGenerator[Server, None]:
    """Serves stations over WebSocket while the context lasts.

    One router may have handlers of several versions: a station's messages are of the classes of its version.

    Args:
        router: Handlers of the CSMS.
        host: Where to listen; "" is everywhere.
        port: The same; 0 is any free port, see `Server.port`.
        accepts: Versions; of those that a station offers, the first is taken that is among them.
        default_version: See `Admission`, as for the next four and `tolerance`.
        authenticate: ``(handshake) -> bool``; see `Handshake.has_password` and `Handshake.certificate`.
        identities: ``(handshake) -> identity or None``.
        no_common_version: "close" or "refuse".
        aliases: ``{"ocpp2.0": "2.0.1"}``, or a function from the identity to such a table.
        on_connect: Runs beside the connection as soon as it is open; it may call the peer.
        on_disconnect: Runs when a connection is over.
        replaces: Decides whether a new connection of an identity takes the place of a live one; it does by default.
        ssl: For security profile 2; with ``verify_mode=CERT_REQUIRED`` and the operator's CA for 3.
        tolerance: What is accepted although it breaks a rule, of all stations or of each by its identity.
        options: See `Settings` and `Peer`.

    Yields:
        The server. Leaving the context closes it gracefully.
    """
    settings, peer_options = split_options(options)
    admission = Admission(
        accepts=accepts,
        default_version=default_version,
        authenticate=authenticate,
        identities=identities,
        no_common_version=no_common_version,
        aliases=aliases,
        tolerance=tolerance,
    )
    server = Server(
        router,
        admission,
        settings,
        peer_options,
        on_connect=on_connect,
        on_disconnect=on_disconnect,
        replaces=replaces,
    )
    await server.start(host, port, ssl)
    try:
        yield server
    finally:
        await server.close()
