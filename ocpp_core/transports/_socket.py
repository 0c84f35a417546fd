"""What both ends of a WebSocket have in common: their options, and the peer that sits on an open socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Any

from attrs import field, frozen

from ocpp_core.dispatch.peer import Peer, PeerOptions
from ocpp_core.dispatch.router import Router
from ocpp_core.dispatch.steps import begin
from ocpp_core.model.logs import logger
from ocpp_core.model.printing import LONG, printable
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version
from ocpp_core.transports._handshake import UNSUPPORTED_DATA
from ocpp_core.transports._options import COUNT, FLAG, SECONDS
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.socket_peer import SocketPeer

from websockets.asyncio.connection import Connection as WebSocket  # isort: skip  # _floods has checked that it is there
from websockets.exceptions import ConnectionClosed  # isort: skip
from websockets.protocol import State  # isort: skip

_log = logger("websocket")


class Options(PeerOptions, total=False):
    """Options of `serve` and `connect`, beside those of `Peer`; `Settings` has their meaning and defaults."""

    max_frame: int
    max_size: int
    ping_interval: float | None
    ping_timeout: float | None
    open_timeout: float
    close_timeout: float
    write_timeout: float
    compression: bool | None


@frozen(kw_only=True)
class Settings:
    """How a WebSocket is kept.

    Attributes:
        max_frame: Characters of a frame; a longer one is answered with an error.
        max_size: Bytes of a WebSocket message; a longer one ends the connection with 1009 before it is read.
        ping_interval: Seconds between our pings; None sends none.
        ping_timeout: Seconds for the pong before the connection counts as lost. None waits for ever: for stations that
            never answer a ping, of which it can then not be told that they are gone.
        open_timeout: Seconds for connecting and the handshake.
        close_timeout: Seconds for the closing handshake.
        write_timeout: Seconds that a peer may not read before its connection is cut: it holds our memory.
        compression: permessage-deflate. None offers it from 2.0 on, where a CSMS has to (2.0.1 part 4 §3.3).
    """

    max_frame: int = field(default=1_048_576, validator=COUNT)
    max_size: int = field(default=4_194_304, validator=COUNT)
    ping_interval: float | None = field(default=60.0, validator=SECONDS.or_none)
    ping_timeout: float | None = field(default=30.0, validator=SECONDS.or_none)
    open_timeout: float = field(default=10.0, validator=SECONDS)
    close_timeout: float = field(default=10.0, validator=SECONDS)
    write_timeout: float = field(default=30.0, validator=SECONDS)
    compression: bool | None = field(default=None, validator=FLAG.or_none)

    def compresses(self, version: Version | None) -> bool:
        """Whether compression is offered with this version."""
        if self.compression is None:
            return version is not None and specification(version).compresses
        return self.compression


async def close_socket(socket: WebSocket, code: int = 1000, reason: str = "") -> None:
    """Closes a WebSocket, in whatever state it is."""
    if socket.protocol.state is State.CLOSED:
        return
    # websockets aborts a transport that asyncio may have let go of already, when it had unsent data.
    with suppress(AttributeError):
        await socket.close(code, reason)


class WebSocketPeer(SocketPeer):
    """A `Peer` on an open WebSocket."""

    def __init__(
        self, socket: WebSocket, router: Router, handshake: Handshake, settings: Settings, **options: Any
    ) -> None:
        self._socket = socket
        self._write_timeout = settings.write_timeout
        super().__init__(router, handshake, max_frame=settings.max_frame, **options)

    async def serve(self) -> None:
        """Serves the socket until it is closed. What ends it is logged, not raised."""
        # The end of the messages comes behind those that we do not take while a slow handler is at work.
        watching = asyncio.create_task(self._socket.wait_closed(), name=f"ocpp end {self.identity}")
        watching.add_done_callback(lambda _: self.lost())
        try:
            await self.run(self._messages())
        except ConnectionClosed as closed:
            _log.info("%s: the connection was lost: %s", self.identity, printable(str(closed), LONG))
        finally:
            watching.cancel()
            await close_socket(self._socket)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Lets handlers end and answers go out for up to the ``grace``, then closes the WebSocket."""
        await Peer.close(self)
        await close_socket(self._socket, code, reason)

    def abort(self) -> None:
        """Cuts the connection at once, see `SocketPeer.abort`."""
        if self._socket.protocol.state is not State.CLOSED:
            self._socket.transport.abort()

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._socket.close_code is None and not self._connection.closed

    @property
    def close_code(self) -> int | None:
        """Of the WebSocket; None while it is open."""
        return self._socket.close_code

    async def _messages(self) -> AsyncIterator[str]:
        async for message in self._socket:
            if not isinstance(message, str):
                _log.warning("%s sent a binary message", self.identity)
                await close_socket(self._socket, UNSUPPORTED_DATA, "OCPP-J is text")
                return
            yield message

    def _send_text(self, text: str) -> Awaitable[None] | None:
        sending = self._socket.send(text)
        if self._socket.protocol.state is not State.OPEN:  # it waits for the end, and tells which it was
            return sending
        return begin(sending, self._context)

    async def _have_sent(self, rest: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._write_timeout):
                await rest
        except TimeoutError:
            self._socket.transport.abort()
            raise
