"""WebSockets of the library `picows`: a listener whose requests are judged before picows has them, and a client.

picows decides about a request where it stands, and who may connect is asked of coroutines. So its head is read here,
and picows is given a request that says what was found.
"""

import asyncio
import ssl as tls
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from logging import CRITICAL, Logger
from ssl import SSLContext
from typing import Any, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from ocpp_core.dispatch.ends import ENDS_OF_PROCESS
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.transports._handshake import GOING_AWAY, authorization_of
from ocpp_core.transports._library import CannotOpenError, Door, Opening, Settings, asked_of
from ocpp_core.transports._picows_socket import BUFFER, PicowsSocket, Wire
from ocpp_core.transports._tls import Tls
from ocpp_core.transports._upgrade import END, MOST_HEAD, UpgradeRefused, key_of, read_head
from ocpp_core.transports.admission import FAILED, Handshake, Refusal
from ocpp_core.transports.http_request import HttpRequest

from picows import (  # isort: skip  # _picows_socket has checked that it is there
    WSAutoPingStrategy,
    WSError,
    WSInvalidMessageError,
    WSInvalidStatusError,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.url import parse_url  # isort: skip

#: picows writes a line for each connection and for each frame that is broken; what is worth one is logged by us.
_SILENT = Logger("picows", CRITICAL + 1)

_REQUEST = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: %b\r\n\r\n"
)


def wire(
    factory: Any, settings: Settings, *, host: str | None = None, path: str | None = None, **headers: Any
) -> Wire:
    """The protocol of one connection.

    Args:
        factory: Makes the listener, as picows asks for it.
        settings: Of the connection.
        host: That a client connects to; None is the server's end.
        path: The same.
        headers: The same; of the request, ``extra_headers``.
    """
    return Wire(
        host_port=host,
        ws_path=path,
        is_client_side=host is not None,
        ws_listener_factory=factory,
        logger=_SILENT,
        disconnect_on_exception=True,
        websocket_handshake_timeout=settings.open_timeout,
        enable_auto_ping=False,
        auto_ping_idle_timeout=0,
        auto_ping_reply_timeout=0,
        auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
        enable_auto_pong=False,
        max_frame_size=settings.max_size,
        extra_headers=headers.get("extra_headers"),
        read_buffer_init_size=BUFFER,
    )


def _require_known(settings: Settings) -> None:
    """Says at once that picows has changed where it promises nothing.

    Raises:
        LocalProtocolError: It has.
    """
    try:
        wire(lambda *_: None, settings)
    except TypeError as error:
        raise LocalProtocolError(
            f"picows {version('picows')} is not made as those that are known here: {error}"
        ) from error


class _Entrance(asyncio.Protocol):
    """Has a connection until it is a WebSocket, or is turned away."""

    def __init__(self, listener: "_Listener", door: Door) -> None:
        self._listener = listener
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._came = bytearray()
        self._asked: HttpRequest | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_judged = False
        self._task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport
        self.socket: PicowsSocket | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._listener.tls is not None and transport.get_extra_info("sslcontext") is None:
            self._listener.tls.start(transport, self)
            return
        self.transport = cast(asyncio.Transport, transport)  # those of uvloop are none, and do the same
        self._asked = asked_of(transport)
        self._listener.entrances.add(self)
        self._timer = self._loop.call_later(self._door.settings.open_timeout, self._take_too_long)

    def data_received(self, data: bytes) -> None:
        if self._is_judged:
            return  # of a request that was refused
        before = max(0, len(self._came) - len(END))
        self._came += data
        end = self._came.find(END, before)
        if end < 0 and len(self._came) <= MOST_HEAD:
            return
        self._is_judged = True
        self.transport.pause_reading()
        self._task = self._loop.create_task(self._enter(end), name="ocpp handshake")
        self._listener.tasks.add(self._task)
        self._task.add_done_callback(self._listener.tasks.discard)

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()

    def leave(self) -> None:
        """The connection is no longer here."""
        if self._timer is not None:
            self._timer.cancel()
        self._listener.entrances.discard(self)

    async def _enter(self, end: int) -> None:
        assert self._asked is not None
        try:
            if not 0 <= end <= MOST_HEAD:
                raise UpgradeRefused(431, f"more than {MOST_HEAD} bytes before the end of the request")
            head = read_head(bytes(self._came[:end]))
            self._asked = asked_of(self.transport, head.path, head.headers)
            key = key_of(head.headers, requires_connection=self._door.requires_connection_header)
        except UpgradeRefused as refused:
            refusal = Refusal(refused.status, refused.reason, refused.headers)
            self._door.turn_away(self._asked, refusal)
            self._refuse(refusal)
            return
        try:
            verdict = await self._door.admit(self._asked)
        except ENDS_OF_PROCESS:
            self._refuse(FAILED)
            raise
        if self.transport.is_closing():
            return
        if isinstance(verdict, Refusal):
            self._refuse(verdict)
            return
        self.leave()
        socket = self._upgrade(key, verdict, bytes(self._came[end + len(END) :]))
        self._listener.sockets.add(socket)
        try:
            await self._door.serve(socket, verdict, self._asked)
        finally:
            socket.cut()
            self._listener.sockets.discard(socket)

    def _upgrade(self, key: str, verdict: Handshake, rest: bytes) -> PicowsSocket:
        socket = PicowsSocket(self._door.settings, is_server=True)
        socket.subprotocol = verdict.subprotocol
        headers = {} if verdict.subprotocol is None else {"Sec-WebSocket-Protocol": verdict.subprotocol}
        response = WSUpgradeResponse.create_101_response(headers)
        protocol = wire(lambda _: WSUpgradeResponseWithListener(response, socket), self._door.settings)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        _feed(protocol, _REQUEST % key.encode())
        # Frames may have come right behind the request.
        _feed(protocol, rest)
        self.transport.resume_reading()
        return socket

    def _refuse(self, refusal: Refusal) -> None:
        body = f"{refusal.reason}\n".encode()
        headers: Mapping[str, str] = {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **refusal.headers,
        }
        status = HTTPStatus(refusal.status)
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            *(f"{key}: {value}" for key, value in headers.items()),
        ]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        # What it still sends is read for a while: to hang up on it could cost it the answer.
        self.transport.write_eof() if self.transport.can_write_eof() else self.transport.close()
        self.transport.resume_reading()

    def _take_too_long(self) -> None:
        assert self._asked is not None
        if not self._is_judged or (self._task is not None and not self._task.done()):
            self._door.turn_away(self._asked, Refusal(503, "the handshake takes too long"))
        if self._task is not None:
            self._task.cancel()
        self.transport.abort()


def _feed(protocol: Wire, data: bytes) -> None:
    while data:
        buffer = protocol.get_buffer(-1)
        part, data = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(part)] = part
        protocol.buffer_updated(len(part))


class _Listener:
    """See `Listener`."""

    def __init__(self, door: Door) -> None:
        self.port: int = 0
        self.tls: Tls | None = None
        self.entrances: set[_Entrance] = set()
        self.sockets: set[PicowsSocket] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self._door = door
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int, ssl: SSLContext | None, *, reuse_port: bool) -> None:
        """Listens."""
        if ssl is not None:
            self.tls = Tls.of(self._door, ssl)
        self._server = await asyncio.get_running_loop().create_server(
            partial(_Entrance, self, self._door), host or None, port, reuse_port=reuse_port or None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """See `Listener.stop`."""
        assert self._server is not None
        self._server.close()
        if self.tls is not None:
            self.tls.close()

    async def end(self) -> None:
        """See `Listener.end`."""
        for entrance in list(self.entrances):
            entrance.transport.abort()
        await asyncio.gather(*(socket.end(GOING_AWAY) for socket in list(self.sockets)))

    async def wait_closed(self) -> None:
        """See `Listener.wait_closed`."""
        assert self._server is not None
        if self.tasks:
            await asyncio.wait(self.tasks)
        await self._server.wait_closed()


class _Picows:
    """See `Library`."""

    name = "picows"
    can_compress = False

    async def listen(
        self, door: Door, host: str, port: int, *, ssl: SSLContext | None, reuse_port: bool
    ) -> _Listener:
        """See `Library.listen`."""
        _require_known(door.settings)
        listener = _Listener(door)
        await listener.start(host, port, ssl, reuse_port=reuse_port)
        return listener

    async def open(self, opening: Opening, settings: Settings) -> PicowsSocket:
        """See `Library.open`."""
        _require_known(settings)
        socket = PicowsSocket(settings, is_server=False)
        headers = {"Sec-WebSocket-Protocol": ", ".join(opening.subprotocols), **opening.headers}
        try:
            url = parse_url(_without_credentials(opening.url, headers))
        except (WSError, ValueError) as error:
            raise CannotOpenError(str(error)) from error
        is_secure = url.is_secure
        protocol = wire(
            lambda *_: socket, settings, host=url.netloc, path=url.resource_name, extra_headers=headers
        )
        try:
            async with asyncio.timeout(settings.open_timeout):
                await asyncio.get_running_loop().create_connection(
                    lambda: protocol,
                    url.host,
                    url.port,
                    ssl=(opening.ssl or tls.create_default_context()) if is_secure else None,
                )
                await protocol.wait_until_handshake_complete()
        except WSInvalidStatusError as error:
            status = None if error.response is None else int(error.response.status)
            raise CannotOpenError(f"HTTP {status}", status) from error
        except WSInvalidMessageError as error:
            raise ConnectionError("what came is no response of HTTP") from error
        except WSError as error:
            raise CannotOpenError(str(error)) from error
        if protocol.listener is None:
            raise ConnectionResetError("the connection ended before the response")
        picked = protocol.transport.response.headers.getall("Sec-WebSocket-Protocol", [])
        socket.subprotocol = picked[0] if len(picked) == 1 else None
        return socket


def _without_credentials(url: str, headers: dict[str, str]) -> str:
    """The address without a user name and a password, which go into the headers unless they have some."""
    parts = urlsplit(url)
    if parts.username is not None:
        name, password = unquote(parts.username), unquote(parts.password or "")
        headers.setdefault("Authorization", authorization_of(name, password))
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return url


PICOWS = _Picows()
