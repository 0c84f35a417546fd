"""The station's end of OCPP-J: a WebSocket client that connects again when the connection is lost."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from ssl import SSLCertVerificationError, SSLContext
from typing import Any, TypeVar, Unpack

from attrs import field, frozen

from ocpp_core.dispatch.connection import DEFAULT, Default, require_call
from ocpp_core.dispatch.handlers import require_notification
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import CallFailedError, CannotConnectError, NotConnectedError
from ocpp_core.model.identities import require_identity
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.printing import printable
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Specification, Version
from ocpp_core.payloads.tolerance import DEFAULT_TOLERANCE
from ocpp_core.transports._handshake import (
    PROTOCOL_ERROR,
    Backoff,
    authorization_of,
    require_tls,
    subprotocol_of,
    url_of,
    versions_of,
)
from ocpp_core.transports._library import (
    CannotOpenError,
    Library,
    Opening,
    Options,
    Settings,
    Socket,
    settings_for,
)
from ocpp_core.transports._options import (
    FLAG,
    FUNCTION,
    PASSWORD,
    STATION,
    TOLERANCE,
    check,
    instance_of,
    require_of_peer,
    take,
)
from ocpp_core.transports._socket import WebSocketPeer
from ocpp_core.transports.admission import Handshake, result_of
from ocpp_core.transports.mending import Mend
from ocpp_core.transports.styles import STYLE, USUAL, Style

_log = logger("websocket")

R = TypeVar("R", bound=Response)

#: Told of a connection; plain or a coroutine function.
Connected = Callable[[WebSocketPeer], Awaitable[None] | None]


#: What a CSMS usually means.
_HINTS = {
    401: " (it does not accept what the station proves itself with)",
    403: " (it does not let this station in)",
    404: " (it knows no such station, or the URL has another path)",
}

#: Since TLS 1.3 a server that misses a certificate, or refuses one, says so when TLS is made for the client: what that
#: sees is often but the end.
_MUTE = " (TLS was made: does the CSMS want a certificate, or another one?)"
_ENDS = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, EOFError)

#: HTTP statuses that another attempt may find gone; so are those from 500 on.
_PASSING = (408, 425, 429)


def is_passing(error: BaseException) -> bool:
    """Whether another attempt may succeed although nobody changes anything here.

    A network that is down, a CSMS that restarts or is overloaded (HTTP 5xx, 408, 425, 429), and a boot that is not
    answered pass. A refusal (401, 404 ...), a certificate that is not trusted, an address that is none, no common
    version and an error of a program do not.
    """
    if isinstance(error, CannotConnectError):
        cause = error.__cause__
        if error.status is not None:
            return error.status in _PASSING or error.status >= 500
        return isinstance(cause, OSError | EOFError) and not isinstance(cause, SSLCertVerificationError)
    return isinstance(error, CallFailedError | OSError)


class ConnectOptions(Options, total=False):
    """Options of `connect`, beside those of `Options`; `Connecting` has their meaning and defaults."""

    password: str | bytes | None
    ssl: SSLContext | None
    reconnect: bool
    backoff: Backoff | None
    retries: Callable[[Exception], bool] | None
    wait: bool
    require_subprotocol: bool
    on_connect: Connected | None
    on_disconnect: Connected | None
    chance: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    tolerance: Tolerance
    mend: Mend | None
    style: Style


@frozen(kw_only=True)
class Connecting:
    """How a station connects to its CSMS, and stays connected.

    Attributes:
        password: For security profiles 1 and 2: text, or in 1.6 the bytes of AuthorizationKey.
        ssl: For security profiles 2 and 3 (with the client's certificate loaded).
        reconnect: Connect again and again, also at first. Without it, a first attempt that fails raises.
        retries: Says whether to go on after an attempt that has failed. Without it, what is not `is_passing` (HTTP 401
            or 404, say) ends the first connecting and is raised, as waiting would not change it; once there has been a
            connection, every failure is followed by another attempt, as it is the CSMS that has changed.
        backoff: How long to wait between attempts.
        wait: Calls wait for a connection where there is none; they raise NotConnectedError otherwise.
        require_subprotocol: Close if the CSMS picks no version. Without it, the first of those that are offered is
            spoken then.
        on_connect: Runs on each new connection before other calls are let through, to boot. It calls the peer that it
            is given. If it raises, the connection is closed and counts as failed.
        on_disconnect: Told of each connection that is over, after its handlers have ended; not of one that `on_connect`
            has not let come about. What it raises is treated as what makes an attempt fail.
        chance: A random number from 0 to 1, for the back-off.
        sleep: Waits for so many seconds, for the back-off.
        tolerance: What is accepted of the CSMS although it breaks a rule.
        mend: Puts right the text of what the CSMS sends, before it is read; see `Admission.menders`.
        style: In which we write to it.
    """

    password: str | bytes | None = field(default=None, repr=False, validator=PASSWORD.or_none)
    ssl: SSLContext | None = field(default=None, validator=instance_of(SSLContext).or_none)
    reconnect: bool = field(default=True, validator=FLAG)
    backoff: Backoff | None = field(default=None, validator=instance_of(Backoff).or_none)
    retries: Callable[[Exception], bool] | None = field(default=None, validator=FUNCTION.or_none)
    wait: bool = field(default=False, validator=FLAG)
    require_subprotocol: bool = field(default=True, validator=FLAG)
    on_connect: Connected | None = field(default=None, validator=FUNCTION.or_none)
    on_disconnect: Connected | None = field(default=None, validator=FUNCTION.or_none)
    chance: Callable[[], float] = field(default=random.random, validator=FUNCTION)
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, validator=FUNCTION)
    tolerance: Tolerance = field(default=DEFAULT_TOLERANCE, validator=TOLERANCE)
    mend: Mend | None = field(default=None, repr=False, validator=FUNCTION.or_none)
    style: Style = field(default=USUAL, repr=False, validator=STYLE)


class Station:
    """A station's connection to its CSMS, whatever becomes of the sockets below it."""

    def __init__(
        self,
        library: Library,
        url: str,
        identity: str,
        router: Router,
        versions: Sequence[Version],
        how: Connecting,
        settings: Settings,
        peer_options: Mapping[str, Any],
    ) -> None:
        self.identity = identity
        self._library = library
        self._url = url_of(url, identity)
        self._router = router
        self._versions = versions
        self._how = how
        self._backoff = how.backoff or Backoff()
        self._settings = settings
        self._peer_options = dict(peer_options)
        self._current: WebSocketPeer | None = None
        self._peer: WebSocketPeer | None = None
        self._ready = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._is_closing = False
        self._failure: BaseException | None = None
        self._was_connected = False

    def __repr__(self) -> str:
        connected = "not connected" if self.peer is None else "connected"
        return f"<Station {self.identity!r}, OCPP {self.specification.version}, {connected}>"

    @property
    def peer(self) -> WebSocketPeer | None:
        """The CSMS over the present connection; None while there is none."""
        return self._peer if self._peer is not None and self._peer.is_open else None

    @property
    def specification(self) -> Specification:
        """Of the version that is spoken; while there is no connection, of the one that is most wanted."""
        peer = self.peer
        return specification(self._versions[0]) if peer is None else peer.specification

    async def connected(self) -> WebSocketPeer:
        """Waits until there is a connection, and the hook has done its work.

        Raises:
            NotConnectedError: There will be none any more.
        """
        while (peer := self.peer) is None:
            running = self._running
            if running is None or running.done() or self._is_closing:
                raise self._not_connected("", "there will be no connection any more") from self._given_up()
            self._ready.clear()
            waiter = asyncio.ensure_future(self._ready.wait())
            try:
                await asyncio.wait({waiter, running}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiter.cancel()
        return peer

    async def call(self, request: Request[R], *, timeout: float | Default | None = DEFAULT) -> R:
        """Calls the CSMS; see `Peer.call`.

        While there is no connection it raises NotConnectedError, whose ``__cause__`` is what made the last attempt
        fail; or it waits for one if the option ``wait`` is set. A call that is under way when the connection is lost is
        never repeated: the CSMS may have acted on it.
        """
        require_call(request, timeout)
        peer = await self._usable()
        if peer is None:
            raise self._not_connected(request.__ocpp__.action) from self._failure
        return await peer.call(request, timeout=timeout)

    async def notify(self, message: Notification) -> None:
        """Sends a message that wants no answer; see `Peer.notify`.

        Raises:
            NotConnectedError: There is no connection; with the option ``wait``: there will be none any more.
            LocalProtocolError: The message cannot be sent.
            TypeError: `message` is no notification.
        """
        require_notification(message)
        peer = await self._usable()
        if peer is None:
            raise self._not_connected(message.__ocpp__.action) from self._failure
        await peer.notify(message)

    async def start(self) -> None:
        """Connects, and goes on connecting in the background.

        Raises:
            CannotConnectError: The CSMS does not let the station in, and waiting would not change it; or the first
                attempt has failed, without ``reconnect``.
            Exception: What `on_connect` raised, in the same two cases.
        """
        running = self._running = asyncio.create_task(self._run(), name=f"ocpp station {self.identity}")
        try:
            await self.connected()
        except NotConnectedError:
            await running  # raises what ended it
            raise

    async def close(self) -> None:
        """Lets handlers end and answers go out, closes the connection, and opens no other."""
        self._is_closing = True
        if self._current is not None:
            await self._current.close()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    # Inside

    def _not_connected(self, action: str | None, reason: str = "") -> NotConnectedError:
        return NotConnectedError(action or "", reason, identity=self.identity)

    async def _usable(self) -> WebSocketPeer | None:
        """The CSMS, waited for if that is wanted."""
        return await self.connected() if self._how.wait else self.peer

    async def _run(self) -> None:
        failures = 0
        while not self._is_closing:
            try:
                if await self._connect_once():
                    failures = 0
            except Exception as error:  # no network, refused, no common version, the hook failed ...
                if not self._goes_on(error):
                    if self._was_connected:  # nobody waits for `start` any more
                        _log.exception("%s gives up", self.identity)
                    raise
                self._failure = error
                if isinstance(error, CannotConnectError):
                    _log.warning("%s", error)
                else:
                    is_ours = not isinstance(error, CallFailedError | OSError)
                    _log.warning("%s has failed to start: %r", self.identity, error, exc_info=is_ours)
            if not self._how.reconnect or self._is_closing:
                return
            seconds = self._backoff.seconds(failures, self._how.chance())
            failures += 1
            _log.info("%s connects again in %.1f s", self.identity, seconds)
            await self._how.sleep(seconds)

    def _goes_on(self, error: Exception) -> bool:
        if not self._how.reconnect:
            return False
        if self._how.retries is not None:
            return bool(self._how.retries(error))
        return self._was_connected or is_passing(error)

    def _given_up(self) -> BaseException | None:
        """What has ended all attempts."""
        running = self._running
        return (
            running.exception()
            if running is not None and running.done() and not running.cancelled()
            else None
        )

    async def _connect_once(self) -> bool:
        """One connection, from its handshake to its end."""
        try:
            socket = await self._open()
        except CannotOpenError as error:
            hint = "" if error.status is None else _HINTS.get(error.status, "")
            raise self._cannot(f"{error.reason}{hint}", error.status) from error.__cause__
        except (OSError, EOFError) as error:
            hint = _MUTE if self._url.startswith("wss:") and isinstance(error, _ENDS) else ""
            raise self._cannot(f"{str(error) or type(error).__name__}{hint}") from error
        subprotocol = socket.subprotocol
        version = next((one for one in self._versions if subprotocol_of(one) == subprotocol), None)
        if version is None and subprotocol is None and not self._how.require_subprotocol:
            version = self._versions[0]
        if version is None:
            await socket.end(PROTOCOL_ERROR, "no common OCPP version")
            offered = ", ".join(subprotocol_of(one) for one in self._versions)
            picked = printable(repr(subprotocol)) if subprotocol else "none"
            raise self._cannot(f"no common OCPP version (offered {offered}; the CSMS picked {picked})")
        handshake = Handshake(
            identity=self.identity,
            version=version,
            subprotocol=subprotocol,
            tolerance=self._how.tolerance,
            mend=self._how.mend,
            style=self._how.style,
        )
        peer = WebSocketPeer(socket, self._router, handshake, self._settings, **self._peer_options)
        self._current = peer
        serving = asyncio.create_task(peer.serve(), name=f"ocpp socket {self.identity}")
        is_connected = False
        try:
            if self._how.on_connect is not None:
                await result_of(self._how.on_connect(peer))
            self._peer = peer
            self._was_connected = is_connected = True
            self._ready.set()
            await asyncio.shield(serving)
        finally:
            self._peer = self._current = None
            await socket.end()
            await serving
            if is_connected and self._how.on_disconnect is not None:
                await result_of(self._how.on_disconnect(peer))
        return True

    def _cannot(self, reason: str, status: int | None = None) -> CannotConnectError:
        return CannotConnectError("", reason, url=self._url, status=status, identity=self.identity)

    async def _open(self) -> Socket:
        password = self._how.password
        headers = {} if password is None else {"Authorization": authorization_of(self.identity, password)}
        opening = Opening(
            url=self._url,
            subprotocols=[subprotocol_of(version) for version in self._versions],
            headers=headers,
            ssl=self._how.ssl,
            compresses=self._settings.compresses(self._versions[0]),
        )
        return await self._library.open(opening, self._settings)


@frozen
class Connect:
    """Keeps a station connected to its CSMS while the context lasts.

    Args:
        url: Of the CSMS: ``ws`` or ``wss``; the identity is added to its path.
        identity: Of the station.
        router: Handlers of the station.
        version: That is spoken; or several, most wanted first, of which the CSMS picks one.
        options: See `Connecting`, `Settings` and `Peer`.

    Yields:
        The station, once it is connected.

    Raises:
        LocalProtocolError: A version does not allow the identity, `ssl` is given for a URL without TLS, or
            `fast_websocket` shall have a compression.
        TypeError: There is no such option, or it is of another type.
        ValueError: An option is out of range.
        CannotConnectError: See `Connecting.retries`.
    """

    _library: Library

    @asynccontextmanager
    async def __call__(
        self,
        url: str,
        identity: str,
        router: Router,
        version: str | Sequence[str],
        **options: Unpack[ConnectOptions],
    ) -> AsyncGenerator[Station, None]:
        """Keeps a station connected to its CSMS while the context lasts."""
        check(STATION, locals())
        versions = versions_of([version] if isinstance(version, str) else version)
        for one in versions:
            require_identity(identity, one)
        others: dict[str, Any] = dict(options)
        how, settings = take(Connecting, others), settings_for(self._library, take(Settings, others))
        require_of_peer(others, ConnectOptions.__annotations__)
        require_tls(url, how.ssl)
        station = Station(self._library, url, identity, router, versions, how, settings, others)
        try:
            await station.start()
            yield station
        finally:
            await station.close()
