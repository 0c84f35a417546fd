"""WebSockets of the library `websockets`: its listener and its client, told what we know better."""

import asyncio
import http
from collections.abc import Sequence
from functools import partial
from ssl import SSLContext
from typing import Any, cast
from weakref import WeakKeyDictionary, WeakSet

from ocpp_core.dispatch.ends import ENDS_OF_PROCESS
from ocpp_core.transports._floods import BoundedClientConnection, BoundedServerConnection
from ocpp_core.transports._handshake import GOING_AWAY
from ocpp_core.transports._library import CannotOpenError, Door, Opening, Settings, asked_of
from ocpp_core.transports._tls import Tls
from ocpp_core.transports.admission import FAILED, Handshake, Refusal
from ocpp_core.transports.http_request import Headers, HttpRequest

from websockets.asyncio.client import ClientConnection  # isort: skip  # _floods has checked that it is there
from websockets.asyncio.client import connect as open_socket  # isort: skip
from websockets.asyncio.server import Server, ServerConnection  # isort: skip
from websockets.asyncio.server import serve as listen  # isort: skip
from websockets.exceptions import InvalidMessage, InvalidStatus, WebSocketException  # isort: skip
from websockets.extensions.permessage_deflate import enable_server_permessage_deflate  # isort: skip
from websockets.http11 import Request, Response  # isort: skip
from websockets.protocol import State  # isort: skip
from websockets.typing import Subprotocol  # isort: skip


class _Listener:
    """See `Listener`."""

    def __init__(self, door: Door) -> None:
        self.port: int = 0
        self._door = door
        self._handshakes: WeakKeyDictionary[ServerConnection, tuple[Handshake, HttpRequest]] = (
            WeakKeyDictionary()
        )
        self._sockets: WeakSet[BoundedServerConnection] = WeakSet()
        #: Those that are turned away, and told of.
        self._told: WeakSet[ServerConnection] = WeakSet()
        self._server: Server | None = None
        self._tls: Tls | None = None

    async def start(self, host: str, port: int, ssl: SSLContext | None, *, reuse_port: bool) -> None:
        """Listens."""
        settings, sockets, tell = self._door.settings, self._sockets, self._tell_of_failure
        tls = self._tls = None if ssl is None else Tls.of(self._door, ssl)

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

        self._server = await listen(
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
            reuse_port=reuse_port or None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    def stop(self) -> None:
        """See `Listener.stop`."""
        assert self._server is not None
        self._server.close(close_connections=False)
        if self._tls is not None:
            self._tls.close()

    async def end(self) -> None:
        """See `Listener.end`."""
        await asyncio.gather(*(_end(socket) for socket in list(self._sockets)))

    async def wait_closed(self) -> None:
        """See `Listener.wait_closed`."""
        assert self._server is not None
        await self._server.wait_closed()

    # Inside

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Judges the request; called before the handshake is completed."""
        asked = _asked(socket, request)
        verdict = await self._door.admit(asked)
        if isinstance(verdict, Refusal):
            self._told.add(socket)
            response = socket.respond(http.HTTPStatus(verdict.status), f"{verdict.reason}\n")
            for name, value in verdict.headers.items():
                response.headers[name] = value
            return response
        self._handshakes[socket] = verdict, asked
        if self._door.settings.compresses(verdict.version):
            socket.protocol.available_extensions = enable_server_permessage_deflate(None)
        if not self._door.requires_connection_header:
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
        elif socket.protocol.state is State.CONNECTING and not self._door.is_closing:
            reason = "the handshake takes too long"
        else:
            return  # it has hung up
        refusal = Refusal(status or http.HTTPStatus.SERVICE_UNAVAILABLE, reason)
        self._door.turn_away(_asked(socket, socket.request), refusal)

    def _select(self, socket: ServerConnection, _: Sequence[Subprotocol]) -> Subprotocol | None:
        name = self._handshakes[socket][0].subprotocol
        return None if name is None else Subprotocol(name)

    async def _serve(self, socket: ServerConnection) -> None:
        await self._door.serve(cast(BoundedServerConnection, socket), *self._handshakes.pop(socket))


def _asked(socket: ServerConnection, request: Request | None) -> HttpRequest:
    if request is None:
        return asked_of(socket.transport)
    return asked_of(socket.transport, request.path, Headers(request.headers.raw_items()))


async def _end(socket: BoundedServerConnection) -> None:
    """Closes a socket without a peer: some have no common version, and some never come to the end of a handshake."""
    if socket.protocol.state is State.CONNECTING:
        socket.transport.abort()
    else:
        await socket.end(GOING_AWAY)


class _Websockets:
    """See `Library`."""

    name = "websockets"
    can_compress = True

    async def listen(
        self, door: Door, host: str, port: int, *, ssl: SSLContext | None, reuse_port: bool
    ) -> _Listener:
        """See `Library.listen`."""
        listener = _Listener(door)
        await listener.start(host, port, ssl, reuse_port=reuse_port)
        return listener

    async def open(self, opening: Opening, settings: Settings) -> BoundedClientConnection:
        """See `Library.open`."""
        try:
            socket = await open_socket(
                opening.url,
                subprotocols=list(map(Subprotocol, opening.subprotocols)),
                additional_headers=opening.headers,
                compression="deflate" if opening.compresses else None,
                open_timeout=settings.open_timeout,
                ping_interval=settings.ping_interval,
                ping_timeout=settings.ping_timeout,
                close_timeout=settings.close_timeout,
                max_size=settings.max_size,
                create_connection=cast(
                    "type[ClientConnection]", partial(BoundedClientConnection, max_size=settings.max_size)
                ),
                ssl=opening.ssl or (True if opening.url.startswith("wss:") else None),
            )
        except InvalidStatus as error:
            status = error.response.status_code
            raise CannotOpenError(f"HTTP {status}", status) from error
        except InvalidMessage as error:
            if isinstance(error.__cause__, EOFError):
                raise ConnectionResetError("the connection ended before the response") from error
            # What is no HTTP passes as a network that is down does: a proxy, or a CSMS that is half-way up.
            raise ConnectionError(str(error)) from error
        except WebSocketException as error:
            raise CannotOpenError(str(error)) from error
        return cast(BoundedClientConnection, socket)


WEBSOCKETS = _Websockets()
