"""The CSMS's end of OCPP-J: a WebSocket server."""

import asyncio
import http
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from ssl import CERT_NONE, CERT_REQUIRED, SSLContext
from typing import Any, Unpack, cast
from weakref import WeakKeyDictionary, WeakSet

from ocpp_core.dispatch.ends import ENDS_OF_PROCESS
from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.redaction import Redaction
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.versions import Version
from ocpp_core.transports._floods import BoundedServerConnection
from ocpp_core.transports._handshake import GOING_AWAY, PROTOCOL_ERROR, versions_of
from ocpp_core.transports._options import FLAG, PORT, ROUTER, TEXT, check, instance_of, require_of_peer, take
from ocpp_core.transports._socket import (
    Options,
    Settings,
    WebSocketPeer,
    close_socket,
)
from ocpp_core.transports._tls import Tls
from ocpp_core.transports.admission import (
    CERTIFICATES,
    FAILED,
    NO_ANSWER,
    Admission,
    AdmissionOptions,
    Handshake,
    Refusal,
    admission_of,
    refused,
)
from ocpp_core.transports.http_request import OFFERS, Headers, HttpRequest
from ocpp_core.transports.stations import Stations

from websockets.asyncio.server import Server as Listener  # isort: skip  # _socket has checked that it is there
from websockets.asyncio.server import ServerConnection  # isort: skip
from websockets.asyncio.server import serve as listen  # isort: skip
from websockets.exceptions import InvalidMessage  # isort: skip
from websockets.extensions.permessage_deflate import enable_server_permessage_deflate  # isort: skip
from websockets.http11 import Request, Response  # isort: skip
from websockets.protocol import State  # isort: skip
from websockets.typing import Subprotocol  # isort: skip

#: Served by default: who says "ocpp2.0" often means 2.0.1 (see `Admission.aliases`).
_VERSIONS = (Version.V2_1, Version.V2_0_1, Version.V1_6)

#: Told of a peer; plain or a coroutine function.
Told = Callable[[WebSocketPeer], Awaitable[None] | None]
#: Decides whether a new connection of an identity takes the place of the live one.
Replaces = Callable[[WebSocketPeer, Handshake], bool]


#: What the arguments of `serve` may be.
_KINDS = {
    "router": ROUTER,
    "host": TEXT.or_none,
    "port": PORT,
    "admission": instance_of(Admission).or_none,
    "handlers_wait": FLAG,
    "require_connection_header": FLAG,
    "ssl": instance_of(SSLContext).or_none,
}


class ServeOptions(Options, AdmissionOptions, total=False):
    """Options of `serve`: of the sockets and peers, and who may connect."""


class Server:
    """A running server.

    Attributes:
        port: Where it listens; useful if it was to be any (0).
    """

    def __init__(
        self,
        router: Router,
        admission: Admission,
        stations: Stations[WebSocketPeer],
        settings: Settings,
        peer_options: Mapping[str, Any],
        *,
        handlers_wait: bool,
        require_connection_header: bool,
    ) -> None:
        self.port: int = 0
        self._router = router
        self._admission = admission
        self._stations = stations
        self._settings = settings
        self._peer_options = {**peer_options, "handlers_wait": handlers_wait}
        self._observer = Observer(peer_options.get("hooks", ()), peer_options.get("redaction") or Redaction())
        self._requires_connection_header = require_connection_header
        self._handshakes: WeakKeyDictionary[ServerConnection, Handshake] = WeakKeyDictionary()
        self._sockets: WeakSet[ServerConnection] = WeakSet()
        #: Those that are turned away, and told of.
        self._told: WeakSet[ServerConnection] = WeakSet()
        self._listener: Listener | None = None
        self._tls: Tls | None = None
        self._is_closing = False

    @property
    def peers(self) -> dict[str, WebSocketPeer]:
        """The stations that are connected, by identity."""
        return self._stations.peers

    async def start(self, host: str, port: int, ssl: SSLContext | None) -> None:
        """Listens."""
        settings, sockets, tell = self._settings, self._sockets, self._tell_of_failure
        if ssl is not None:
            self._tls = Tls(
                ssl,
                open_timeout=settings.open_timeout,
                close_timeout=settings.close_timeout,
                failed=self._tell_of_tls,
            )
        tls = self._tls

        class Socket(BoundedServerConnection):
            """Known from its first moment on: websockets lists only those whose handshake is done."""

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                if tls is not None and transport.get_extra_info("sslcontext") is None:
                    tls.start(transport, self)
                    return
                super().connection_made(transport)
                sockets.add(self)

            async def handshake(self, *arguments: Any, **options: Any) -> None:
                try:
                    await super().handshake(*arguments, **options)
                except ENDS_OF_PROCESS:
                    self.protocol.send_response(self.respond(500, f"{FAILED.reason}\n"))
                    self.send_data()
                    raise
                finally:
                    tell(self)

        self._listener = await listen(
            self._serve,
            host,
            port,
            process_request=self._admit,
            select_subprotocol=self._select,
            create_connection=cast("type[ServerConnection]", partial(Socket, max_size=settings.max_size)),
            compression=None,  # decided for each station, in `_admit`
            open_timeout=settings.open_timeout,
            ping_interval=settings.ping_interval,
            ping_timeout=settings.ping_timeout,
            close_timeout=settings.close_timeout,
            max_size=settings.max_size,
            server_header=None,
        )
        self.port = next(iter(self._listener.sockets)).getsockname()[1]

    async def close(self) -> None:
        """Takes no more connections, lets handlers end and answers go out, and closes all connections with 1001."""
        if self._listener is None or self._is_closing:
            return
        self._is_closing = True
        self._listener.close(close_connections=False)
        if self._tls is not None:
            self._tls.close()
        await self._stations.close()
        await asyncio.gather(*(_end(socket) for socket in list(self._sockets)))
        await self._stations.end()
        await self._listener.wait_closed()

    # Inside

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Judges the request; called before the handshake is completed."""
        asked = _asked(socket, request)
        verdict = await self._admission.admit(asked)
        identity = ""
        if isinstance(verdict, Handshake):
            identity = verdict.identity
            verdict = self._stations.make_room(verdict) or verdict
        if isinstance(verdict, Refusal):
            self._observer.refused(refused(asked, verdict, identity=identity))
            self._told.add(socket)
            response = socket.respond(http.HTTPStatus(verdict.status), f"{verdict.reason}\n")
            for name, value in verdict.headers.items():
                response.headers[name] = value
            return response
        self._handshakes[socket] = verdict
        if self._settings.compresses(verdict.version):
            socket.protocol.available_extensions = enable_server_permessage_deflate(None)
        if not self._requires_connection_header:
            request.headers["Connection"] = "Upgrade"  # one more; `websockets` looks for it now
        return None

    def _tell_of_failure(self, socket: ServerConnection) -> None:
        """Tells of a handshake that `websockets` has refused by itself, or that took too long."""
        status = None if socket.response is None else socket.response.status_code
        fault = socket.protocol.handshake_exc
        if socket in self._told or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
            return
        if isinstance(fault, InvalidMessage) and isinstance(fault.__cause__, EOFError):
            return  # it has hung up, as whoever looks whether a port is open does
        if fault is not None:
            reason = str(fault)
        elif status is not None:
            reason = "the server stops"
        elif socket.protocol.state is State.CONNECTING and not self._is_closing:
            reason = "the handshake takes too long"
        else:
            return  # it has hung up
        asked = _asked(socket, socket.request)
        refusal = Refusal(status or http.HTTPStatus.SERVICE_UNAVAILABLE, reason)
        self._observer.refused(refused(asked, refusal))

    def _tell_of_tls(self, remote: Any, reason: str) -> None:
        self._observer.refused(refused(HttpRequest(remote=remote), Refusal(NO_ANSWER, reason)))

    def _select(self, socket: ServerConnection, _: Sequence[Subprotocol]) -> Subprotocol | None:
        name = self._handshakes[socket].subprotocol
        return None if name is None else Subprotocol(name)

    async def _serve(self, socket: ServerConnection) -> None:
        handshake = self._handshakes.pop(socket)
        if handshake.version is None:
            refusal = Refusal(PROTOCOL_ERROR, "no common OCPP version")
            asked = _asked(socket, socket.request)
            self._observer.refused(refused(asked, refusal, identity=handshake.identity))
            await close_socket(socket, PROTOCOL_ERROR, refusal.reason)
            return
        if self._is_closing:
            await close_socket(socket, GOING_AWAY, "the server stops")
            return
        peer = WebSocketPeer(socket, self._router, handshake, self._settings, **self._peer_options)
        async with self._stations.connected(peer):
            await peer.serve()


def _asked(socket: ServerConnection, request: Request | None) -> HttpRequest:
    """What is known of a request; None is one that has not come, or could not be read."""
    transport = socket.transport
    headers = Headers() if request is None else Headers(request.headers.raw_items())
    return HttpRequest(
        path="" if request is None else request.path,
        headers=headers,
        offers=headers.all(OFFERS),
        certificate=transport.get_extra_info("peercert") or None,
        is_secure=transport.get_extra_info("ssl_object") is not None,
        remote=socket.remote_address,
    )


async def _end(socket: ServerConnection) -> None:
    """Closes a socket without a peer: some have no common version, and some never come to the end of a handshake."""
    if socket.protocol.state is State.CONNECTING:
        socket.transport.abort()
    else:
        await close_socket(socket, GOING_AWAY)


def _check_profiles(admission: Admission, ssl: SSLContext | None) -> None:
    """Says at once what would otherwise be found out by every station that is refused.

    Raises:
        LocalProtocolError: A security profile is wanted that this listener cannot have.
    """
    if admission.profiles is None or callable(admission.profiles):
        return
    # Other listeners may share the admission, so that a profile that is possible elsewhere is no fault here. But who
    # serves TLS and forgets to ask for certificates has made a mistake.
    asks = ssl is not None and ssl.verify_mode is not CERT_NONE
    if ssl is None:
        possible = {0, 1}
    elif ssl.verify_mode is CERT_REQUIRED:
        possible = {CERTIFICATES}
    else:
        possible = {0, 2, CERTIFICATES} if asks else {0, 2}
    if possible.isdisjoint(admission.profiles) or (ssl and not asks and CERTIFICATES in admission.profiles):
        how = "without `ssl`" if ssl is None else f"with {ssl.verify_mode.name}"
        wanted = ", ".join(map(str, sorted(admission.profiles)))
        raise LocalProtocolError(f"stations cannot come in security profile {wanted} {how}")


@asynccontextmanager
async def serve(
    router: Router,
    host: str = "",
    port: int = 0,
    *,
    admission: Admission | None = None,
    on_connect: Told | None = None,
    on_disconnect: Told | None = None,
    replaces: Replaces | None = None,
    handlers_wait: bool = False,
    require_connection_header: bool = True,
    ssl: SSLContext | None = None,
    **options: Unpack[ServeOptions],
) -> AsyncGenerator[Server, None]:
    """Serves stations over WebSocket while the context lasts.

    One router may have handlers of several versions: a station's messages are of the classes of its version.

    Args:
        router: Handlers of the CSMS.
        host: Where to listen; "" is everywhere.
        port: The same; 0 is any free port, see `Server.port`.
        admission: Who may connect, ready-made; the options of `Admission` make one otherwise. Of the versions,
            2.1, 2.0.1 and 1.6 are served then if ``accepts`` does not say another thing.
        on_connect: See `Stations`, as for the next two.
        on_disconnect: Told when a connection is over.
        replaces: Decides whether a new connection of an identity takes the place of the live one.
        handlers_wait: No handler runs before `on_connect` has ended; if that fails, the connection is closed with 1011.
        require_connection_header: Without it, stations are let in that send ``Upgrade: websocket`` and no
            ``Connection: Upgrade``.
        ssl: For security profile 2; with ``verify_mode=CERT_REQUIRED`` and the operator's CA for 3, with
            ``CERT_OPTIONAL`` for both. A certificate has to name the station that shows it: see ``bound_by``.
        options: See `Admission`, `Settings` and `Peer`.

    Yields:
        The server. Leaving the context closes it gracefully.

    Raises:
        LocalProtocolError: `ssl` cannot have a security profile that is wanted.
        TypeError: There is no such option, or it is of another type.
        ValueError: An option is out of range.
    """
    others: dict[str, Any] = dict(options)
    check(_KINDS, locals())
    settings = take(Settings, others)
    if admission is None:
        others["accepts"] = versions_of(others.get("accepts", _VERSIONS))
    rules = admission_of(others, admission)
    require_of_peer(others, ServeOptions.__annotations__)
    _check_profiles(rules, ssl)
    stations = Stations(on_connect=on_connect, on_disconnect=on_disconnect, replaces=replaces)
    server = Server(
        router,
        rules,
        stations,
        settings,
        others,
        handlers_wait=handlers_wait,
        require_connection_header=require_connection_header,
    )
    await server.start(host, port, ssl)
    try:
        yield server
    finally:
        await server.close()
