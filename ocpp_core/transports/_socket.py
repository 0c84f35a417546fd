"""The peer that sits on an open WebSocket, of whichever library and at either end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

from ocpp_core.dispatch.peer import Peer
from ocpp_core.dispatch.router import Router
from ocpp_core.model.logs import logger
from ocpp_core.model.printing import LONG, printable
from ocpp_core.transports._handshake import UNSUPPORTED_DATA
from ocpp_core.transports._library import Settings, Socket
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.socket_peer import SocketPeer

_log = logger("websocket")


class WebSocketPeer(SocketPeer):
    """A `Peer` on an open WebSocket."""

    __slots__ = ("_socket", "_write_timeout")

    def __init__(
        self, socket: Socket, router: Router, handshake: Handshake, settings: Settings, **options: Any
    ) -> None:
        self._socket = socket
        self._write_timeout = settings.write_timeout
        super().__init__(router, handshake, max_frame=settings.max_frame, **options)

    async def serve(self) -> None:
        """Serves the socket until it is closed. What ends it is logged, not raised."""
        # The end of the messages comes behind those that we do not take while a slow handler is at work.
        self._socket.when_over(self.lost)
        self._socket.hand_over(self.take)
        try:
            await self.run(self._messages())
            if loss := self._socket.loss:
                _log.info("%s: the connection was lost: %s", self.identity, printable(loss, LONG))
        finally:
            await self._socket.end()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Lets handlers end and answers go out for up to the ``grace``, then closes the WebSocket."""
        await Peer.close(self)
        await self._socket.end(code, reason)

    def abort(self) -> None:
        """Cuts the connection at once, see `SocketPeer.abort`."""
        self._socket.cut()

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._socket.close_code is None and not self._connection.closed

    @property
    def close_code(self) -> int | None:
        """Of the WebSocket; None while it is open."""
        return self._socket.close_code

    async def _messages(self) -> AsyncIterator[str]:
        async for message in self._socket.messages():
            if not isinstance(message, str):
                _log.warning("%s sent a binary message", self.identity)
                await self._socket.end(UNSUPPORTED_DATA, "OCPP-J is text")
                return
            yield message

    def _send_text(self, text: str) -> Awaitable[None] | None:
        return self._socket.send_text(text, self._context)

    async def _have_sent(self, rest: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._write_timeout):
                await rest
        except TimeoutError:
            self._socket.cut()
            raise
