"""What `websockets` leaves unbounded on a connection: pongs, what one packet unpacks to, and the time to hang up.

It answers each ping at once, whatever waits to be sent already; and it takes a packet of the network apart as a whole,
before it looks how much waits to be read. A megabyte of pings, or of compressed messages, can thus hold many. When it
has refused what it read, it leaves the connection to the peer until somebody sends.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from typing import Any

from ocpp_core.dispatch.steps import begin
from ocpp_core.model.extras import needed
from ocpp_core.model.logs import logger
from ocpp_core.transports._reading import read_less_at_once

# Whoever uses websockets imports this module before it: here it is told if it is missing.
with needed("ocpp_core.transports.websocket", "websockets", "websockets"):
    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.connection import Connection
    from websockets.asyncio.server import ServerConnection
    from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
    from websockets.frames import Frame, Opcode
    from websockets.protocol import State

_log = logger("websocket")

#: Bytes that are taken apart at once. zlib makes at most a thousand of one.
PIECE = 4096

#: Bytes of a message that is handed over: a packet may unpack to many, and all are taken before others have their turn.
MOST_HANDED_OVER = 65_536

#: Messages of the largest size that may wait to be read. Reading stops long before, but not within a packet.
MOST_UNREAD = 4


class Bounded(Connection):
    """A connection of `websockets` that answers the last of several pings, and ends when too much waits to be read.

    It is a `Socket`, too.

    Args:
        max_size: Bytes of a message, as the connection has it.
        arguments: Of the connection.
    """

    # With those of websockets they are more than Python lets share their names: without slots, 1.3 KB for each.
    __slots__ = (
        "_hanging_up",
        "_is_awaited",
        "_is_receiving",
        "_most_unread",
        "_pong",
        "_take",
        "_told",
        "_unread",
        "loss",
    )

    def __init__(self, *arguments: Any, max_size: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._most_unread = MOST_UNREAD * max_size
        self._unread = 0
        self._is_receiving = False
        self._pong = b""
        self._hanging_up: asyncio.TimerHandle | None = None
        self._told: list[Callable[[], None]] = []
        self._take: Callable[[str], bool] | None = None
        self._is_awaited = False
        self.loss: str = ""

    async def messages(self) -> AsyncIterator[str | bytes]:
        """As `Socket.messages`."""
        try:
            while True:
                self._is_awaited = True
                message = await self.recv()
                self._is_awaited = False
                yield message
        except ConnectionClosedOK:
            return
        except ConnectionClosed as closed:
            self.loss = str(closed)
        finally:
            self._is_awaited = False

    def send_text(self, text: str, context: Context) -> Awaitable[None] | None:
        """As `Socket.send_text`.

        What `send` does for a whole message that need not wait is two calls; the rest is for fragments and the end.
        """
        if self.protocol.state is not State.OPEN:  # it waits for the end, and tells which it was
            return self.send(text)
        if self.paused:
            return begin(self.send(text), context)
        if self._is_receiving:
            self._keep_pong()
        self.protocol.send_text(text.encode())
        for data in self.protocol.data_to_send():
            self.transport.write(data)
        return self._room()

    async def end(self, code: int = 1000, reason: str = "") -> None:
        """As `Socket.end`."""
        if self.protocol.state is State.CLOSED:
            return
        # websockets aborts a transport that asyncio may have let go of already, when it had unsent data.
        with suppress(AttributeError):
            await self.close(code, reason)

    def cut(self) -> None:
        """As `Socket.cut`."""
        if self.protocol.state is not State.CLOSED:
            self.transport.abort()

    def when_over(self, told: Callable[[], None]) -> None:
        """As `Socket.when_over`."""
        if self.connection_lost_waiter.done():
            told()
        else:
            self._told.append(told)

    def hand_over(self, take: Callable[[str], bool]) -> None:
        """As `Socket.hand_over`."""
        self._take = take

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As of websockets."""
        read_less_at_once(transport)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Takes what has come apart, piece by piece."""
        self._is_receiving = True
        for start in range(0, len(data), PIECE):
            super().data_received(data[start : start + PIECE])
            if self._has_too_much_unread():
                _log.warning("%s: more than %d bytes wait to be read", self.remote_address, self._most_unread)
                self.transport.abort()
                break
        self._is_receiving = False
        if self.close_deadline is not None and self._hanging_up is None:
            self._hanging_up = self.loop.call_at(self.close_deadline, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the wait for the peer to hang up."""
        if self._hanging_up is not None:
            self._hanging_up.cancel()
        super().connection_lost(exc)
        for told in self._told:
            told()

    def process_event(self, event: Any) -> None:
        """Hands a text over if somebody waits for just that, and counts what has been unpacked."""
        if isinstance(event, Frame):
            if self._is_handed_over(event):
                return
            self._unread += len(event.data)
        super().process_event(event)

    def send_data(self) -> None:
        """Sends what is due; of several pongs, the last.

        A pong answers all pings up to its own, so nobody misses the others (RFC 6455 §5.5.3).
        """
        if not self._is_receiving or self.protocol.state is not State.OPEN:
            super().send_data()
            return
        self._keep_pong()
        if not self.paused:
            self._send_pong()

    def resume_writing(self) -> None:
        """Sends the pong that had to wait until the peer would read again."""
        super().resume_writing()
        self._send_pong()

    def _is_handed_over(self, frame: Frame) -> bool:
        if self._take is None or not self._is_awaited or self.recv_messages.frames.queue:
            return False
        if frame.opcode is not Opcode.TEXT or not frame.fin or len(frame.data) > MOST_HANDED_OVER:
            return False
        try:
            text = bytes(frame.data).decode()
        except UnicodeDecodeError:
            return False  # whoever reads it closes the connection
        return self._take(text)

    def _room(self) -> Awaitable[None] | None:
        return self.drain() if self.paused else None

    def _keep_pong(self) -> None:
        # An open connection that has just received has nothing else to send.
        self._pong = ([self._pong, *self.protocol.data_to_send()])[-1]

    def _send_pong(self) -> None:
        pong, self._pong = self._pong, b""
        if pong and not self.transport.is_closing():
            self.transport.write(pong)

    def _has_too_much_unread(self) -> bool:
        if self._unread > self._most_unread:
            # What has been read since the last look has been counted too.
            self._unread = sum(len(frame.data) for frame in self.recv_messages.frames.queue)
        return self._unread > self._most_unread


class BoundedServerConnection(Bounded, ServerConnection):
    """The server's end."""


class BoundedClientConnection(Bounded, ClientConnection):
    """The client's end."""
