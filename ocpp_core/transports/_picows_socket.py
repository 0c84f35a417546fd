"""A WebSocket of `picows`, which takes frames apart and puts them together; all else about them is done here.

It leaves to its user what a peer could do harm with: how many fragments a message may have, pings that are never read,
who does not hang up, what waits to be read. The bounds are those of `_floods`.

Source: RFC 6455 §5, §7.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context
from typing import Any, Final

from ocpp_core.model.bounded import NOTHING
from ocpp_core.model.extras import needed
from ocpp_core.transports._handshake import INTERNAL_ERROR, PROTOCOL_ERROR
from ocpp_core.transports._library import Settings

# Whoever uses picows imports this module before it: here it is told if it is missing.
with needed("ocpp_core.transports.fast_websocket", "picows", "fast"):
    from picows import WSFrame, WSListener, WSMsgType, WSTransport
    from picows.picows import WSProtocol  # type: ignore[attr-defined]  # its types leave it out

INVALID_TEXT: Final = 1007
TOO_LARGE: Final = 1009
#: There was no Close frame, or one without a code (RFC 6455 §7.4.1).
LOST: Final = 1006
NO_CODE: Final = 1005

#: Bytes that are read at once. A packet of a byte each message makes no more than so many of them.
PIECE: Final = 65_536
#: Bytes of the buffer that a connection has from the beginning. It grows with the frames, and stays.
BUFFER: Final = 4_096
#: Messages, and bytes of them, that may wait before no more is read.
MOST_WAITING: Final = 16
#: Fragments of a message: empty ones count for no size.
MOST_FRAGMENTS: Final = 4_096
#: Bytes that may wait to be sent before the sender has to wait.
MOST_UNSENT: Final = 32_768

_TEXT, _CONTINUATION, _BINARY = WSMsgType.TEXT, WSMsgType.CONTINUATION, WSMsgType.BINARY
_PING, _PONG, _CLOSE = WSMsgType.PING, WSMsgType.PONG, WSMsgType.CLOSE


class Wire(WSProtocol):  # type: ignore[misc]
    """The protocol of picows, which reads no more at once than we allow, and tells us when it has.

    picows ends a connection by itself where a frame is broken or too large, and says nothing of it.
    """

    def get_buffer(self, sizehint: int) -> Any:
        """Of no more than a `PIECE`."""
        return super().get_buffer(sizehint)[:PIECE]

    def buffer_updated(self, nbytes: int) -> None:
        """Has the frames taken apart, and tells the socket that they are."""
        super().buffer_updated(nbytes)
        socket = self.listener
        if socket is not None:
            socket.have_read()


class PicowsSocket(WSListener):
    """A `Socket` of picows, at either end.

    Args:
        settings: Of the connection.
        is_server: Whether it is the server's end, which hangs up first.
    """

    __slots__ = (
        "_drained",
        "_fragments",
        "_hanging_up",
        "_is_open",
        "_is_reading",
        "_is_server",
        "_kind",
        "_link",
        "_loop",
        "_message",
        "_over",
        "_ping",
        "_pinging",
        "_pings",
        "_pong",
        "_ponging",
        "_reader",
        "_received",
        "_sent",
        "_settings",
        "_take",
        "_waiting",
        "_waiting_bytes",
        "close_code",
        "loss",
        "paused",
        "subprotocol",
    )

    def __init__(self, settings: Settings, *, is_server: bool) -> None:
        self.subprotocol: str | None = None
        self.close_code: int | None = None
        self.loss: str = ""
        self.paused: bool = False
        self._settings = settings
        self._is_server = is_server
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._link: WSTransport | None = None
        self._is_open = False
        self._received: tuple[int, str] | None = None
        self._sent: tuple[int, str] | None = None
        self._waiting: deque[str | bytes] = NOTHING
        self._waiting_bytes = 0
        self._is_reading = True
        self._reader: asyncio.Future[None] | None = None
        self._take: Callable[[str], bool] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._message = bytearray()
        self._kind: Any = None
        self._fragments = 0
        self._pong: bytes | None = None
        self._ping: bytes = b""
        self._pings = 0
        self._pinging: asyncio.TimerHandle | None = None
        self._ponging: asyncio.TimerHandle | None = None
        self._hanging_up: asyncio.TimerHandle | None = None

    # What a peer asks of it, see `Socket`

    async def messages(self) -> AsyncIterator[str | bytes]:
        """See `Socket.messages`."""
        while True:
            while not self._waiting:
                if self._over.done():
                    return
                self._reader = self._loop.create_future()
                try:
                    await self._reader
                finally:
                    self._reader = None
            message = self._waiting.popleft()
            self._waiting_bytes -= len(message)
            if not self._is_reading and not self._is_full():
                self._is_reading = True
                self.transport.resume_reading()
            yield message

    def send_text(self, text: str, context: Context) -> Awaitable[None] | None:
        """See `Socket.send_text`."""
        if not self._is_open:
            raise ConnectionResetError("the WebSocket is closed")
        assert self._link is not None
        self._link.send(_TEXT, text)
        return self._room() if self.paused else None

    async def end(self, code: int = 1000, reason: str = "") -> None:
        """See `Socket.end`."""
        if self._is_open:
            self._send_close(code, reason)
        await asyncio.shield(self._over)

    def cut(self) -> None:
        """See `Socket.cut`."""
        if not self._over.done():
            self._is_open = False  # picows writes to the socket itself, past the transport that is aborted
            self.transport.abort()

    def when_over(self, told: Callable[[], None]) -> None:
        """See `Socket.when_over`."""
        self._over.add_done_callback(lambda _: told())

    def hand_over(self, take: Callable[[str], bool]) -> None:
        """See `Socket.hand_over`."""
        self._take = take

    @property
    def transport(self) -> asyncio.Transport:
        """Of asyncio."""
        assert self._link is not None
        return self._link.underlying_transport

    # What picows tells

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self._link = transport
        self._is_open = True
        self.transport.set_write_buffer_limits(MOST_UNSENT)
        if self._settings.ping_interval is not None:
            self._pinging = self._loop.call_later(self._settings.ping_interval, self._send_ping)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame has come."""
        if not self._is_open and frame.msg_type is not _CLOSE:
            return  # nobody asks for it any more
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._fail(PROTOCOL_ERROR, "a frame of an extension that was not agreed on")
        elif kind is _TEXT and frame.fin and self._kind is None:
            try:
                text = frame.get_payload_as_utf8_text()
            except UnicodeDecodeError:
                self._fail(INVALID_TEXT, "text that is no UTF-8")
                return
            self._deliver(text)
        elif kind is _PING:
            self._pong = frame.get_payload_as_bytes()
        elif kind is _PONG:
            self._have_pong(frame.get_payload_as_bytes())
        elif kind is _CLOSE:
            self._have_close(frame)
        else:
            self._gather(kind, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is over."""
        self._is_open = False
        for timer in (self._pinging, self._ponging, self._hanging_up):
            if timer is not None:
                timer.cancel()
        self.close_code = LOST if self._received is None else self._received[0]
        if (
            self._sent is None
            or self._received is None
            or not {self._sent[0], self.close_code} <= {1000, 1001, NO_CODE}
        ):
            self.loss = f"received {_said(self._received)}; sent {_said(self._sent)}"
        self._over.set_result(None)
        self._wake()
        self.resume_writing()

    def pause_writing(self) -> None:
        """The peer does not read."""
        self.paused = True

    def resume_writing(self) -> None:
        """It has read; it is owed the last pong, if any."""
        self.paused = False
        if self._drained is not None:
            self._drained.set_result(None)
            self._drained = None
        self._send_pong()

    def have_read(self) -> None:
        """What had come is taken apart."""
        if self._pong is not None and not self.paused:
            self._send_pong()
        if self._is_open and self._link is not None and self._link.is_close_frame_sent:
            # picows has: only here Close frames are sent by `send`. It hangs up soon, unless the peer does not read.
            self._is_open = False
            closing: Any = self._link.close_handshake.sent
            self._sent = int(closing.code), closing.reason or ""
            self._hang_up_later()
            self.transport.pause_reading()  # it would keep what it does not take apart any more

    # Inside

    def _deliver(self, message: str | bytes) -> None:
        is_awaited = self._reader is not None and not self._waiting
        if is_awaited and self._take is not None and isinstance(message, str) and self._take(message):
            return
        if not self._waiting:
            self._waiting = deque()
        self._waiting.append(message)
        self._waiting_bytes += len(message)
        self._wake()
        if self._is_reading and self._is_full():
            self._is_reading = False
            self.transport.pause_reading()

    def _is_full(self) -> bool:
        return len(self._waiting) > MOST_WAITING or self._waiting_bytes > PIECE

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def _room(self) -> None:
        """Waits until the peer has read."""
        while self.paused:
            if self._drained is None:
                self._drained = self._loop.create_future()
            await asyncio.shield(self._drained)
        if self._over.done():
            raise ConnectionResetError("the connection was lost")

    def _gather(self, kind: Any, frame: WSFrame) -> None:
        """A fragment of a message, or one of bytes."""
        if (kind is _CONTINUATION) is (self._kind is None):
            self._fail(PROTOCOL_ERROR, "a fragment out of turn")
            return
        if self._kind is None:
            self._kind = kind
        self._fragments += 1
        if self._fragments > MOST_FRAGMENTS:
            self._fail(TOO_LARGE, "too many fragments")
            return
        self._message += frame.get_payload_as_memoryview()
        if len(self._message) > self._settings.max_size:
            self._fail(TOO_LARGE, f"over size limit of {self._settings.max_size} bytes")
            return
        if not frame.fin:
            return
        message, kind = self._message, self._kind
        self._message, self._kind, self._fragments = bytearray(), None, 0
        if kind is _BINARY:
            self._deliver(bytes(message))
            return
        try:
            text = message.decode("utf-8")
        except UnicodeDecodeError:
            self._fail(INVALID_TEXT, "text that is no UTF-8")
        else:
            self._deliver(text)

    def _have_close(self, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        code = int.from_bytes(payload[:2]) if payload else NO_CODE
        self._received = code, payload[2:].decode("utf-8", "replace")
        assert self._link is not None
        if self._is_open:
            self._is_open = False
            self._sent = code, ""
            self._link.send(_CLOSE, payload[:2])
        if self._is_server:
            self._link.disconnect()
        self._hang_up_later()

    def _fail(self, code: int, reason: str) -> None:
        self._message, self._kind = bytearray(), None
        self._send_close(code, reason)

    def _send_close(self, code: int, reason: str) -> None:
        payload = code.to_bytes(2) + reason.encode()
        if len(payload) > 125:
            raise ValueError("the reason of a Close frame has 123 bytes at most")
        assert self._link is not None
        self._link.send(_CLOSE, payload)
        self._is_open = False
        self._sent = code, reason
        self._hang_up_later()
        if not self._is_reading:  # the Close frame of the peer lies behind what nobody wants any more
            self._is_reading = True
            self.transport.resume_reading()

    def _hang_up_later(self) -> None:
        if self._hanging_up is None:
            self._hanging_up = self._loop.call_later(self._settings.close_timeout, self.cut)

    # Pings

    def _send_ping(self) -> None:
        assert self._link is not None
        assert self._settings.ping_interval is not None
        self._pinging = self._loop.call_later(self._settings.ping_interval, self._send_ping)
        if not self._is_open or self._ponging is not None:
            return
        self._pings += 1
        self._ping = self._pings.to_bytes(4)
        self._link.send(_PING, self._ping)
        if self._settings.ping_timeout is not None:
            self._ponging = self._loop.call_later(self._settings.ping_timeout, self._have_no_pong)

    def _have_pong(self, payload: bytes) -> None:
        if self._ponging is not None and payload == self._ping:
            self._ponging.cancel()
            self._ponging = None

    def _have_no_pong(self) -> None:
        if self._is_open:
            self._fail(INTERNAL_ERROR, "keepalive ping timeout")

    def _send_pong(self) -> None:
        """Of several pings that came at once, or while the peer did not read, the last is answered.

        A pong answers all pings up to its own, so nobody misses the others (RFC 6455 §5.5.3).
        """
        pong, self._pong = self._pong, None
        if pong is not None and self._is_open and self._link is not None:
            self._link.send(_PONG, pong)


def _said(close: tuple[int, str] | None) -> str:
    return "no Close frame" if close is None else f"{close[0]} {close[1]}".rstrip()
