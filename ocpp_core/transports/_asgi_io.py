"""What passes between an ASGI server and us, bounded in time and size: no peer holds us by not reading or not sending.

ASGI has no way to cut a connection off, and no timeouts. A server waits in ``send`` until the peer has read enough of
what came before, and in ``receive`` until something comes; both may be for ever. `websocket.serve` is the measure of
what is done about it here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from ocpp_core.model.logs import logger
from ocpp_core.transports._certificate import read_certificate
from ocpp_core.transports.http_request import OFFERS, Headers, HttpRequest
from ocpp_core.transports.soap_body import BodyRefused

_log = logger("asgi")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Bytes of a body that are handed to the server at once. Servers wait before a write, not after it: of what is handed
#: over whole they hold all, and we would never learn that the peer does not read it.
PART = 65_536

#: Bytes per second; the slowest mobile networks have more.
SLOWEST = 1_000


class PeerNotReadingError(Exception):
    """The peer has read too little of what we sent for the whole ``write_timeout``: its connection counts as lost."""

    def __str__(self) -> str:
        return "the peer does not read"


class Channel:
    """The two callables of one connection, of which none waits for ever on a peer that does not read.

    Args:
        receive: Of the server.
        send: Of the server.
        write_timeout: Seconds that one `send` may take.

    Attributes:
        has_begun: Whether an answer has begun, so that no other can.
        fault: What the server has raised; it is its own business.
    """

    def __init__(self, receive: Receive, send: Send, *, write_timeout: float) -> None:
        self._receive = receive
        self._send = send
        self._write_timeout = write_timeout
        self._reading: asyncio.Timeout | None = None
        self._is_lost = False
        self.has_begun: bool = False
        self.fault: BaseException | None = None

    async def send(self, event: MutableMapping[str, Any]) -> None:
        """Sends an event.

        Raises:
            PeerNotReadingError: Now, or in an earlier `send`. From now on `receive` says that the peer has gone.
        """
        if self._is_lost:
            raise PeerNotReadingError
        self.has_begun = True
        timer = asyncio.timeout(self._write_timeout)
        try:
            async with timer:
                await self._send(event)
        except BaseException as error:
            if not timer.expired():  # the server's own
                self.fault = error
                raise
            self.give_up()
            raise PeerNotReadingError from None

    def give_up(self) -> None:
        """From now on `receive` says that the peer has gone, and `send` that it does not read."""
        self._is_lost = True
        if self._reading is not None:
            self._reading.reschedule(asyncio.get_running_loop().time())

    async def receive(self) -> MutableMapping[str, Any]:
        """The next event; a disconnect as soon as a `send` has given up, whatever the server says."""
        if not self._is_lost:
            try:
                # Without an end of its own; `send` sets one when it gives up.
                async with asyncio.timeout(None) as self._reading:
                    return await self._receive()
            except BaseException as error:
                if not self._is_lost or not isinstance(error, TimeoutError):
                    self.fault = error
                    raise
            finally:
                self._reading = None
        return {"type": "websocket.disconnect", "code": 1006}


def asked_in(scope: Scope) -> HttpRequest:
    """What is known of a request, as ASGI and its extension ``tls`` have it."""
    raw: bytes = scope.get("raw_path") or scope.get("path", "").encode()
    query: bytes = scope.get("query_string", b"")
    tls = scope.get("extensions", {}).get("tls")
    headers = Headers(scope["headers"])
    return HttpRequest(
        path=(raw.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1"),
        headers=headers,
        offers=[", ".join(scope["subprotocols"])] if "subprotocols" in scope else headers.all(OFFERS),
        certificate=_certificate(tls) if tls is not None else None,
        sees_certificates=tls is not None,
        is_secure=scope.get("scheme") in ("https", "wss"),
        remote=scope.get("client"),
    )


def _certificate(tls: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """That of the client, if the server has verified it."""
    chain = tls.get("client_cert_chain") or ()
    pem = next(iter(chain), None)
    if pem is None or tls.get("client_cert_error") is not None:
        return None
    try:
        return read_certificate(pem)
    except ValueError:
        _log.error("the server hands over a certificate that cannot be read")
        return None


async def read_request(receive: Receive, max_size: int, *, open_timeout: float, body_timeout: float) -> bytes:
    """The body of a request, cut off just beyond the limit: more is never kept.

    Args:
        receive: Of the connection.
        max_size: Bytes that it may have.
        open_timeout: Seconds in which it must be there, and one more for each `SLOWEST` bytes that are: whoever sends a
            byte now and then has no more time than who sends nothing.
        body_timeout: Seconds in which it must be there, however fast.

    Raises:
        BodyRefused: It took too long (408), or the peer has gone before its end (400): half an envelope is none.
    """
    since = asyncio.get_running_loop().time()
    body = bytearray()
    is_whole = False
    until = since + min(open_timeout, body_timeout)
    timer = asyncio.timeout_at(until)
    try:
        async with timer:
            while not is_whole and len(body) <= max_size:
                event = await receive()
                if event["type"] != "http.request":
                    raise BodyRefused(400, "the body ends too early")
                body += event.get("body", b"")
                is_whole = not event.get("more_body", False)
                deadline = since + min(open_timeout + len(body) / SLOWEST, body_timeout)
                # Not for each byte: the loop keeps a timer that is moved for as long as it might have run.
                if deadline >= until + 1.0 or is_whole:
                    until = deadline
                    timer.reschedule(until)
    except TimeoutError:
        if not timer.expired():
            raise
        raise BodyRefused(408, "the body takes too long") from None
    return bytes(body[: max_size + 1])


def closing(scope: Scope) -> tuple[tuple[str, str], ...]:
    """The header of a response that comes before all of the request has: the rest is read no more.

    Without it servers keep such a connection for as long as something comes. From HTTP/2 on it has no meaning, and may
    not be sent.
    """
    return (("Connection", "close"),) if scope.get("http_version", "1.1").startswith("1") else ()


async def respond(
    send: Send,
    status: int,
    body: bytes,
    *more: tuple[str, str],
    content_type: str = "text/plain; charset=utf-8",
) -> None:
    """Sends a whole HTTP response, its body in parts.

    Args:
        send: Of the connection.
        status: Of HTTP.
        body: All of it.
        more: Headers beside those of type and length.
        content_type: Of the body.
    """
    headers = [("content-type", content_type), ("content-length", str(len(body))), *more]
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    for start in range(0, max(len(body), 1), PART):
        part = body[start : start + PART]
        await send({"type": "http.response.body", "body": part, "more_body": start + PART < len(body)})
