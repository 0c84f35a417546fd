"""The handshake of TLS on connections that a server has accepted, so that one that fails can be told of.

An asyncio server that is given a context tells nobody of handshakes that fail, except in debug mode. Who starts TLS
on a connection that is open already is told.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from ssl import SSLCertVerificationError, SSLContext, SSLError
from typing import Any, cast

from ocpp_core.transports._library import Door
from ocpp_core.transports.admission import NO_ANSWER, Refusal
from ocpp_core.transports.http_request import HttpRequest

#: Told of a handshake that failed: the address of the peer, and why.
Failed = Callable[[Any, str], None]


class Tls:
    """Makes the handshakes of one listener.

    Args:
        context: Of the server.
        open_timeout: Seconds for a handshake.
        close_timeout: Seconds for the end of TLS.
        failed: Told of each handshake that fails, unless the peer has just hung up, as whoever looks whether a port is
            open does.
    """

    def __init__(
        self, context: SSLContext, *, open_timeout: float, close_timeout: float, failed: Failed
    ) -> None:
        self._context = context
        self._open_timeout = open_timeout
        self._close_timeout = close_timeout
        self._failed = failed
        self._running: set[asyncio.Task[None]] = set()
        self._is_closing = False

    @classmethod
    def of(cls, door: Door, context: SSLContext) -> "Tls":
        """For a listener: the door is told of what fails."""

        def failed(remote: Any, reason: str) -> None:
            door.turn_away(HttpRequest(remote=remote), Refusal(NO_ANSWER, reason))

        settings = door.settings
        return cls(
            context,
            open_timeout=settings.open_timeout,
            close_timeout=settings.close_timeout,
            failed=failed,
        )

    def start(self, transport: asyncio.BaseTransport, protocol: asyncio.Protocol) -> None:
        """Makes the handshake; then `protocol` is given its connection, with TLS.

        Args:
            transport: That was just accepted: nothing of it has been read.
            protocol: Whose ``connection_made`` this is called in. It is called again.
        """
        plain = cast(asyncio.Transport, transport)
        plain.pause_reading()  # until TLS is there to read
        waiting = _Waiting(protocol)
        plain.set_protocol(waiting)
        if self._is_closing:
            plain.abort()
            return
        task = asyncio.create_task(self._shake_hands(plain, waiting), name="ocpp tls")
        self._running.add(task)
        task.add_done_callback(partial(self._ended, plain))

    def close(self) -> None:
        """Cuts the connections whose handshake is not done, without a word, and those that still come."""
        self._is_closing = True
        for task in self._running:
            task.cancel()

    def _ended(self, plain: asyncio.Transport, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if task.cancelled():  # perhaps before it began; and what is unsent must not keep the connection
            plain.abort()

    async def _shake_hands(self, plain: asyncio.Transport, waiting: "_Waiting") -> None:
        remote = plain.get_extra_info("peername")
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(
                plain,
                waiting,
                self._context,
                server_side=True,
                ssl_handshake_timeout=self._open_timeout,
                ssl_shutdown_timeout=self._close_timeout,
            )
        except Exception as error:  # of `ssl`, too, which cannot read each certificate that it has verified
            if reason := _reason(error):
                self._failed(remote, f"no TLS: {reason}")
            return
        # None: the connection was lost without an error.
        if secured is not None:
            waiting.give_way(secured)


def _reason(error: Exception) -> str:
    """Why a handshake has failed; "" if the peer has hung up."""
    if isinstance(error, SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    if isinstance(error, ConnectionAbortedError):
        return "the handshake takes too long"
    return "" if isinstance(error, OSError) else f"{type(error).__name__} of what the peer has sent"


class _Waiting(asyncio.Protocol):
    """Takes the place of a protocol during the handshake.

    What comes with its end may be here before `start_tls` has returned; it is kept for so long.
    """

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol
        self._missed: list[Callable[[], object]] = []

    def data_received(self, data: bytes) -> None:
        self._missed.append(partial(self._protocol.data_received, data))

    def eof_received(self) -> None:
        self._missed.append(self._protocol.eof_received)

    def connection_lost(self, exc: Exception | None) -> None:
        self._missed.append(partial(self._protocol.connection_lost, exc))

    def give_way(self, transport: asyncio.Transport) -> None:
        """Gives the protocol its connection, and what it has missed of it."""
        transport.set_protocol(self._protocol)
        self._protocol.connection_made(transport)
        for missed in self._missed:
            missed()
