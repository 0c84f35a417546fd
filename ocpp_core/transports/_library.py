"""What a library of WebSockets has to offer, and what is asked of it: `websockets` and `picows` are taken alike.

Who may connect, what becomes of a connection and how it ends is said above; what passes over the wire is theirs.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextvars import Context
from ssl import SSLContext
from typing import Any, Protocol

from attrs import evolve, field, frozen

from ocpp_core.dispatch.peer import PeerOptions
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version
from ocpp_core.transports._options import COUNT, FLAG, SECONDS
from ocpp_core.transports.admission import Handshake, Refusal
from ocpp_core.transports.http_request import OFFERS, Headers, HttpRequest


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
        compression: permessage-deflate. None offers it from 2.0 on, where a CSMS has to (2.0.1 part 4 §3.3), if the
            library can.
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


class Socket(Protocol):
    """An open WebSocket."""

    @property
    def close_code(self) -> int | None:
        """That the peer has sent, 1006 if it sent none; None while the WebSocket is not closed."""
        ...

    @property
    def subprotocol(self) -> str | None:
        """That was agreed on."""
        ...

    def messages(self) -> AsyncIterator[str | bytes]:
        """What the peer sends, until the end, however that comes."""
        ...

    def send_text(self, text: str, context: Context) -> Awaitable[None] | None:
        """Sends a message: None if it has been sent, or what is to be awaited for that, which raises if it is lost.

        Args:
            text: Of the message.
            context: In which that is done.
        """
        ...

    async def end(self, code: int = 1000, reason: str = "") -> None:
        """Closes the WebSocket, in whatever state it is; takes ``close_timeout`` at most."""

    def cut(self) -> None:
        """Ends the connection without a word."""

    def when_over(self, told: Callable[[], None]) -> None:
        """Has somebody told as soon as the connection is over; at once if it is."""

    def hand_over(self, take: Callable[[str], bool]) -> None:
        """Offers each text to `take` in the step in which it comes, if `messages` have all been asked for.

        Those of which it says False are among the `messages`; a library may leave it at them.
        """

    @property
    def loss(self) -> str:
        """How the connection was lost, for the log; "" if it was closed in good form."""
        ...


class Listener(Protocol):
    """Takes connections."""

    @property
    def port(self) -> int:
        """Where it listens."""
        ...

    def stop(self) -> None:
        """Takes no more connections, and cuts handshakes of TLS."""

    async def end(self) -> None:
        """Ends all connections that are left: those in their handshake at once, others with 1001."""

    async def wait_closed(self) -> None:
        """Returns when nothing is left of it."""


class Door(Protocol):
    """Says who is let in, and serves those; a listener asks it."""

    settings: Settings
    requires_connection_header: bool
    is_closing: bool

    async def admit(self, asked: HttpRequest) -> Handshake | Refusal:
        """Judges a request. Of a refusal it has told already."""
        ...

    def turn_away(self, asked: HttpRequest, refusal: Refusal, *, identity: str | None = None) -> None:
        """Tells of somebody whom the listener refuses by itself."""

    async def serve(self, socket: Socket, handshake: Handshake, asked: HttpRequest) -> None:
        """Serves a WebSocket until it is closed."""


class CannotOpenError(Exception):
    """A WebSocket could not be opened; its ``__cause__`` is what the library has raised.

    Attributes:
        reason: In a sentence.
        status: Of HTTP, if the other side has answered.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@frozen(kw_only=True)
class Opening:
    """What is opened by a station.

    Attributes:
        url: Whole.
        subprotocols: That are offered, most wanted first.
        headers: Beside those of every WebSocket.
        ssl: For TLS; None is what Python trusts by default.
        compresses: Whether compression is offered.
    """

    url: str
    subprotocols: Sequence[str]
    headers: Mapping[str, str] = field(repr=False)
    ssl: SSLContext | None
    compresses: bool


class Library(Protocol):
    """One that WebSockets can be had of."""

    @property
    def name(self) -> str:
        """On the registry."""
        ...

    @property
    def can_compress(self) -> bool:
        """Whether it has permessage-deflate."""
        ...

    async def listen(
        self, door: Door, host: str, port: int, *, ssl: SSLContext | None, reuse_port: bool
    ) -> Listener:
        """Takes connections from now on."""
        ...

    async def open(self, opening: Opening, settings: Settings) -> Socket:
        """Opens a WebSocket.

        Raises:
            CannotOpenError: The other side has said no, or what is no WebSocket.
            OSError: There is no connection.
            EOFError: It ended too early.
        """
        ...


def settings_for(library: Library, settings: Settings) -> Settings:
    """The settings, as the library can have them.

    Raises:
        LocalProtocolError: One is wanted that it cannot have.
    """
    if library.can_compress:
        return settings
    if settings.compression:
        raise LocalProtocolError(f"{library.name} has no compression: leave that to `transports.websocket`")
    return evolve(settings, compression=False)


def asked_of(transport: Any, path: str = "", headers: Headers | None = None) -> HttpRequest:
    """What is known of a request on a connection; without a path it has not come, or could not be read."""
    headers = headers or Headers()
    return HttpRequest(
        path=path,
        headers=headers,
        offers=headers.all(OFFERS),
        certificate=transport.get_extra_info("peercert") or None,
        is_secure=transport.get_extra_info("ssl_object") is not None,
        remote=transport.get_extra_info("peername"),
    )
