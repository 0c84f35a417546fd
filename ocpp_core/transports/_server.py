"""The CSMS's end of OCPP-J: a WebSocket server, over whichever library."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from ssl import CERT_NONE, CERT_REQUIRED, SSLContext
from typing import Any, Unpack

from attrs import frozen

from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.router import Router
from ocpp_core.links.interpreter import Speech
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.versions import Version
from ocpp_core.translation.policies import Policy
from ocpp_core.translation.sessions.stores import Store
from ocpp_core.transports._handshake import GOING_AWAY, PROTOCOL_ERROR, versions_of
from ocpp_core.transports._library import Library, Listener, Options, Settings, Socket, settings_for
from ocpp_core.transports._options import (
    FLAG,
    OF_SPEECH,
    PORT,
    ROUTER,
    TEXT,
    check,
    instance_of,
    require_of_peer,
    speech_of,
    take,
)
from ocpp_core.transports._socket import WebSocketPeer
from ocpp_core.transports.admission import (
    CERTIFICATES,
    Admission,
    AdmissionOptions,
    Handshake,
    Refusal,
    admission_of,
    refused,
)
from ocpp_core.transports.http_request import HttpRequest
from ocpp_core.transports.stations import Stations

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
    "reuse_port": FLAG,
    "ssl": instance_of(SSLContext).or_none,
    **OF_SPEECH,
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
        speech: Speech | None,
    ) -> None:
        self.port: int = 0
        self.settings: Settings = settings
        self.requires_connection_header: bool = require_connection_header
        self.is_closing: bool = False
        self._router = router
        self._admission = admission
        self._stations = stations
        self._peer_options = {**peer_options, "handlers_wait": handlers_wait, "speech": speech}
        self._observer = Observer(peer_options.get("hooks", ()), peer_options.get("redaction"))
        self._listener: Listener | None = None

    def __repr__(self) -> str:
        return f"<Server on port {self.port}, stations: {len(self.peers)}>"

    @property
    def peers(self) -> dict[str, WebSocketPeer]:
        """The stations that are connected, by identity."""
        return self._stations.peers

    async def start(
        self, library: Library, host: str, port: int, ssl: SSLContext | None, *, reuse_port: bool
    ) -> None:
        """Listens."""
        self._listener = await library.listen(self, host, port, ssl=ssl, reuse_port=reuse_port)
        self.port = self._listener.port

    async def close(self) -> None:
        """Takes no more connections, lets handlers end and answers go out, and closes all connections with 1001."""
        if self._listener is None or self.is_closing:
            return
        self.is_closing = True
        self._listener.stop()
        await self._stations.close()
        await self._listener.end()
        await self._stations.end()
        await self._listener.wait_closed()

    # What a listener asks of it, see `Door`

    async def admit(self, asked: HttpRequest) -> Handshake | Refusal:
        """Judges a request. Of a refusal it has told already."""
        verdict = await self._admission.admit(asked)
        identity = None
        if isinstance(verdict, Handshake):
            identity = verdict.identity
            verdict = self._stations.make_room(verdict) or verdict
        if isinstance(verdict, Refusal):
            self.turn_away(asked, verdict, identity=identity)
        return verdict

    def turn_away(self, asked: HttpRequest, refusal: Refusal, *, identity: str | None = None) -> None:
        """Tells of somebody who is refused."""
        self._observer.refused(refused(asked, refusal, identity=identity))

    async def serve(self, socket: Socket, handshake: Handshake, asked: HttpRequest) -> None:
        """Serves a WebSocket until it is closed."""
        if handshake.version is None:
            refusal = Refusal(PROTOCOL_ERROR, "no common OCPP version")
            self.turn_away(asked, refusal, identity=handshake.identity)
            await socket.end(PROTOCOL_ERROR, refusal.reason)
            return
        if self.is_closing:
            await socket.end(GOING_AWAY, "the server stops")
            return
        peer = WebSocketPeer(socket, self._router, handshake, self.settings, **self._peer_options)
        async with self._stations.connected(peer):
            await peer.serve()


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


@frozen
class Serve:
    """Serves stations over WebSocket while the context lasts.

    One router may have handlers of several versions: a station's messages are of the classes of its version. Or it has
    those of one, which the server `speaks` with every station: see docs/write-once.md.

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
        reuse_port: Lets several processes listen on one port, where the system can (Linux, macOS): each gets some of
            the connections. A station that connects again may come to another one, which knows nothing of it.
        ssl: For security profile 2; with ``verify_mode=CERT_REQUIRED`` and the operator's CA for 3, with
            ``CERT_OPTIONAL`` for both. A certificate has to name the station that shows it: see ``bound_by``.
        speaks: Version in which handlers and calls are written. What stations of others send is translated for them,
            and so is what they are called with.
        store: Keeps what translating has to remember of stations; in memory by default, as long as the server runs.
        policy: How to translate, where there is a choice.
        options: See `Admission`, `Settings` and `Peer`.

    Yields:
        The server. Leaving the context closes it gracefully.

    Raises:
        LocalProtocolError: `ssl` cannot have a security profile that is wanted, or `fast_websocket` a compression; or
            `store` or `policy` is given without `speaks`.
        LookupError: There is no such version.
        TypeError: There is no such option, or it is of another type.
        ValueError: An option is out of range.
    """

    _library: Library

    @asynccontextmanager
    async def __call__(
        self,
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
        reuse_port: bool = False,
        ssl: SSLContext | None = None,
        speaks: str | None = None,
        store: Store | None = None,
        policy: Policy | None = None,
        **options: Unpack[ServeOptions],
    ) -> AsyncGenerator[Server, None]:
        """Serves stations while the context lasts."""
        others: dict[str, Any] = dict(options)
        check(_KINDS, locals())
        settings = settings_for(self._library, take(Settings, others))
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
            speech=speech_of(speaks, store, policy),
        )
        await server.start(self._library, host, port, ssl, reuse_port=reuse_port)
        try:
            yield server
        finally:
            await server.close()
