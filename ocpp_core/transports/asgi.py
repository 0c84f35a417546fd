"""One ASGI application for stations on both wires: WebSocket and SOAP, on one port.

The application itself needs nothing but `ocpp_core`; uvicorn or another server runs it, and FastAPI or Starlette mount
it. Calling SOAP stations back needs the extra ``soap``.

Source: OCPP-J as in `ocpp_core.transports.admission`; OCPP-S 1.6 §3.2, §3.3, §3.7, §5.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, Unpack
from urllib.parse import urlsplit

from ocpp_core.dispatch.connection import DEFAULT, Default, require_call
from ocpp_core.dispatch.ends import ENDS_OF_PROCESS, is_of_task
from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.peer import GRACE, TIDYING, Peer, PeerOptions
from ocpp_core.dispatch.router import Caller, LoneCaller, Router
from ocpp_core.links.interpreter import Interpreter, Speech
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, NotConnectedError, OcppError
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Request, Response, SoapHeaders
from ocpp_core.model.printing import printable, shown
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import ANONYMOUS
from ocpp_core.translation.policies import Policy
from ocpp_core.translation.sessions.stores import Store
from ocpp_core.transports._asgi_io import (
    Channel,
    PeerNotReadingError,
    Receive,
    Scope,
    Send,
    asked_in,
    closing,
    read_request,
    respond,
)
from ocpp_core.transports._handshake import (
    INTERNAL_ERROR,
    PROTOCOL_ERROR,
    UNSUPPORTED_DATA,
    versions_over,
)
from ocpp_core.transports._options import (
    COUNT,
    FLAG,
    FUNCTION,
    OF_SPEECH,
    ROUTER,
    SECONDS,
    TEXT,
    Kind,
    check,
    instance_of,
    one_of,
    require_of_peer,
    speech_of,
)
from ocpp_core.transports.admission import (
    NO_ANSWER,
    Admission,
    AdmissionOptions,
    Handshake,
    Refusal,
    admission_of,
    hook_failed,
    refused,
)
from ocpp_core.transports.http_request import HttpRequest
from ocpp_core.transports.soap_body import BodyRefused, http_status, read_body, write_body
from ocpp_core.transports.soap_codecs import AnsweringCodec, SoapCodecs
from ocpp_core.transports.soap_http import OF_CALLS, Interpreted, SoapPeer
from ocpp_core.transports.soap_server import answer_envelope
from ocpp_core.transports.socket_peer import SocketPeer
from ocpp_core.transports.stations import SoapStations, Stations

if TYPE_CHECKING:
    import httpx

_log = logger("asgi")

R = TypeVar("R", bound=Response)

#: Says whether a SOAP station may be called at an address that it announced: any host can be claimed.
MayCall = Callable[[str, str], bool]


#: What the arguments of `OcppApp` may be.
_KINDS = {
    "router": ROUTER,
    "admission": instance_of(Admission).or_none,
    "role": instance_of(Role),
    "identity": TEXT.or_none,
    "handlers_wait": FLAG,
    "address": TEXT.or_none,
    "may_call": FUNCTION.or_none,
    "client": Kind("an httpx.AsyncClient", (object,), lambda client: hasattr(client, "aclose")).or_none,
    "sender_fault_status": one_of(400, 500),
    "max_size": COUNT,
    "open_timeout": SECONDS,
    "body_timeout": SECONDS,
    "write_timeout": SECONDS,
    "max_stations": COUNT,
    **OF_SPEECH,
}


class AppOptions(PeerOptions, AdmissionOptions, total=False):
    """Options of `OcppApp`: of the peers, and who may connect."""


class OcppApp:
    """An ASGI application that serves stations.

    WebSocket stations connect to any path that ends in their identity; SOAP stations post to any path. The same rules
    say who may do either: with ``authenticate``, SOAP stations have to authenticate themselves too, unless
    ``soap_without_authentication`` is set.

    Args:
        router: Handlers, by message class: one router serves all versions.
        admission: Who may connect, ready-made; the options of `Admission` make one otherwise. (The media type of a SOAP
            request comes before the identity: a tolerance by station leaves it to all of them.)
        role: Ours. `Role.CHARGE_POINT` makes it the station's side of SOAP, which serves ChargePointService: then it is
            the CSMS that is admitted, and what it shows need not have the name of the station (``bound_by``).
        identity: Of the station that we are, with that role: requests for another are answered IdentityMismatch.
        on_connect: See `Stations`, as for the next two. Of WebSocket stations.
        on_disconnect: Told when a connection is over.
        replaces: Decides whether a new connection of an identity takes the place of the live one.
        handlers_wait: No handler of a WebSocket station runs before `on_connect` has ended; if that fails, the
            connection is closed with 1011.
        address: Where we listen for SOAP requests, written as From.
        may_call: Says whether a SOAP station may be called at the address that it announced; without it no one is.
            Where stations prove who they are, nobody else moves their address.
        client: An ``httpx.AsyncClient`` for those calls; one is made on first use.
        sender_fault_status: HTTP status of faults of the sender; some stacks read the fault only with 500.
        max_size: Bytes of an envelope, characters of a frame.
        open_timeout: Seconds for the handshake of a WebSocket, hooks included. The body of a request has as long, and a
            second more for each kilobyte that has come.
        body_timeout: Seconds for the body of a request, however large.
        write_timeout: Seconds that a peer may not read before it counts as gone: it holds our memory. ASGI cannot cut
            it off; its socket is the server's, and so are handshakes and heads of requests that never end.
        max_stations: SOAP stations that are remembered, see `SoapStations`.
        speaks: Version in which handlers and calls are written; see `websocket.serve`, as for the next two.
        store: Keeps what translating has to remember of stations.
        policy: How to translate, where there is a choice.
        options: See `Admission` and `Peer`; those of a peer that have a meaning on the SOAP wire are used there too.
            Pings and compression are the server's that runs the application.

    Raises:
        LocalProtocolError: `store` or `policy` is given without `speaks`, or that with another role than a CSMS.
        LookupError: There is no such version.
        TypeError: There is no such option, or it is of another type.
        ValueError: An option is out of range.

    Attributes:
        stations: SOAP stations by identity, as they are known from their last request; the address is where they listen
            if they announced one that may be called.
    """

    def __init__(
        self,
        router: Router,
        *,
        admission: Admission | None = None,
        role: Role = Role.CSMS,
        identity: str | None = None,
        on_connect: "Callable[[AsgiPeer], Awaitable[None] | None] | None" = None,
        on_disconnect: "Callable[[AsgiPeer], Awaitable[None] | None] | None" = None,
        replaces: "Callable[[AsgiPeer, Handshake], bool] | None" = None,
        handlers_wait: bool = False,
        address: str | None = None,
        may_call: MayCall | None = None,
        client: "httpx.AsyncClient | None" = None,
        sender_fault_status: int = 400,
        max_size: int = 1_048_576,
        open_timeout: float = 10.0,
        body_timeout: float = 60.0,
        write_timeout: float = 30.0,
        max_stations: int = 100_000,
        speaks: str | None = None,
        store: Store | None = None,
        policy: Policy | None = None,
        **options: Unpack[AppOptions],
    ) -> None:
        others: dict[str, Any] = dict(options)
        check(_KINDS, locals())
        if role is Role.CHARGE_POINT and admission is None:
            others.setdefault("bound_by", "nothing")
        self._speech = speech_of(speaks, store, policy)
        if role is Role.CHARGE_POINT and self._speech is not None:
            raise LocalProtocolError(
                "a station has the version that it has: only a CSMS `speaks` one with others"
            )
        rules = self._admission = admission_of(others, admission)
        require_of_peer(others, AppOptions.__annotations__)
        self._codecs = SoapCodecs(
            versions_over(Wire.SOAP, rules.accepts),
            role=role,
            tolerance=rules.tolerance,
            address=address,
            max_size=max_size,
        )
        self._role = role
        self._on_sockets: Stations[AsgiPeer] = Stations(
            on_connect=on_connect, on_disconnect=on_disconnect, replaces=replaces
        )
        self.stations: SoapStations = SoapStations(max_stations, rules.has_proven)
        self._identity = identity
        self._may_call: MayCall = may_call or (lambda *_: False)
        self._router = router
        self._soap_router = router if self._speech is None else Interpreted(router)
        self._client = client
        self._is_client_ours = client is None
        self._sender_fault_status = sender_fault_status
        self._max_size = max_size
        self._open_timeout = open_timeout
        self._body_timeout = body_timeout
        self._write_timeout = write_timeout
        self._options = others
        self._handlers_wait = handlers_wait
        self._observer = Observer(others.get("hooks", ()), others.get("redaction"))

    def __repr__(self) -> str:
        return f"<OcppApp, stations: {len(self.peers)} on WebSockets, {len(self.stations)} over SOAP>"

    @property
    def peers(self) -> "dict[str, AsgiPeer]":
        """WebSocket stations that are connected, by identity."""
        return self._on_sockets.peers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection, as ASGI defines it.

        What a hook raises is answered (500, or 1011 on an open WebSocket) and logged, whatever it derives from.
        KeyboardInterrupt and SystemExit are answered and go on; so does what the server raises itself.
        """
        channel = Channel(receive, send, write_timeout=self._write_timeout)
        try:
            match scope["type"]:
                case "websocket":
                    await self._websocket(scope, channel)
                case "http":
                    await self._http(scope, channel.receive, channel.send)
                case "lifespan":
                    await self._lifespan(receive, send)
                case other:
                    raise ValueError(f"ASGI has no scope {other!r} that OCPP could use")
        except PeerNotReadingError:
            where = printable(str(scope.get("client")))
            _log.info("%s has not read for %s s", where, self._write_timeout)
        except BaseException as error:
            is_of_process = isinstance(error, ENDS_OF_PROCESS)
            if error is channel.fault or scope["type"] not in ("websocket", "http"):
                raise
            if is_of_task(error) and not is_of_process:
                raise
            await self._fail(scope, channel, error)
            if is_of_process:
                raise

    async def _fail(self, scope: Scope, channel: Channel, error: BaseException) -> None:
        """Answers what nobody else has, after a hook or we ourselves have failed."""
        refusal = hook_failed("serving a connection", error)
        with suppress(Exception):  # the peer may be gone
            if scope["type"] == "http" and not channel.has_begun:
                await self._refuse_body(scope, channel.send, asked_in(scope), refusal)
            elif scope["type"] == "websocket" and not channel.has_begun:
                self._turn_away(asked_in(scope), refusal)
                await _refuse(scope, channel.send, refusal)
            elif scope["type"] == "websocket":
                await channel.send(
                    {"type": "websocket.close", "code": INTERNAL_ERROR, "reason": refusal.reason}
                )

    async def call(
        self, identity: str, request: Request[R], *, timeout: float | Default | None = DEFAULT
    ) -> R:
        """Calls a station on whichever wire it speaks.

        Raises:
            NotConnectedError: It is not connected, or is not known.
            CallFailedError: Of another kind, see `Peer.call` and `SoapPeer.call`.
            LocalProtocolError: The request cannot be sent.
            TypeError: `request` is no request, or `timeout` no number of seconds.
        """
        require_call(request, timeout)
        station = self.peers.get(identity) or self.stations.get(identity)
        if station is None:
            reason = "no station of that identity is connected"
            raise NotConnectedError(request.__ocpp__.action or "", reason, identity=identity)
        return await station.call(request, timeout=timeout)

    async def close(self) -> None:
        """Lets handlers end and closes what is open. Servers that speak ``lifespan`` do this when they stop."""
        await self._on_sockets.close()
        await self._on_sockets.end()
        if self._speech is not None:
            await self._speech.close()
        if self._client is not None and self._is_client_ours:
            await self._client.aclose()

    def tls_failed(self, remote: Any, reason: str) -> None:
        """Tells hooks and the log of a handshake of TLS that has failed, of which ASGI has no word.

        `serving` calls it; so may whoever runs a server that knows of them.

        Args:
            remote: Address of the peer.
            reason: Why.
        """
        self._turn_away(HttpRequest(remote=remote), Refusal(NO_ANSWER, reason))

    # Lifespan

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    # WebSocket

    async def _websocket(self, scope: Scope, channel: Channel) -> None:
        asked = asked_in(scope)
        timer = asyncio.timeout(self._open_timeout)
        try:
            async with timer:
                await channel.receive()  # websocket.connect
                verdict = await self._admission.admit(asked)
        except TimeoutError:
            if not timer.expired():
                raise
            verdict = Refusal(503, "the handshake takes too long")
        identity = None
        if isinstance(verdict, Handshake):
            identity = verdict.identity
            verdict = self._on_sockets.make_room(verdict) or verdict
        if isinstance(verdict, Refusal):
            self._turn_away(asked, verdict, identity=identity)
            await _refuse(scope, channel.send, verdict)
            return
        await channel.send({"type": "websocket.accept", "subprotocol": verdict.subprotocol})
        if verdict.version is None:
            refusal = Refusal(PROTOCOL_ERROR, "no common OCPP version")
            self._turn_away(asked, refusal, identity=identity)
            await channel.send({"type": "websocket.close", "code": PROTOCOL_ERROR, "reason": refusal.reason})
            return
        peer = AsgiPeer(
            channel,
            self._router,
            verdict,
            max_frame=self._max_size,
            handlers_wait=self._handlers_wait,
            speech=self._speech,
            **self._options,
        )
        async with self._on_sockets.connected(peer):
            await peer.run(peer.messages())

    def _turn_away(
        self, asked: HttpRequest, refusal: Refusal, *, identity: str | None = None, wire: Wire = Wire.JSON
    ) -> None:
        self._observer.refused(refused(asked, refusal, identity=identity, wire=wire))

    # SOAP

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = asked_in(scope)
        headers = asked.headers
        if scope["method"] != "POST":
            why = f"{scope['method']} without what opens a WebSocket; SOAP is posted"
            refusal = Refusal(405, "OCPP over SOAP is posted", {"Allow": "POST"}, why=why)
            await self._refuse_body(scope, send, asked, refusal)
            return
        tolerance = self._admission.tolerance
        try:
            body = read_body(
                await read_request(
                    receive,
                    self._max_size,
                    open_timeout=self._open_timeout,
                    body_timeout=self._body_timeout,
                ),
                content_type=headers.get("content-type", ""),
                content_encoding=headers.get("content-encoding", ""),
                max_size=self._max_size,
                any_xml=not isinstance(tolerance, Tolerance) or Tolerance.MEDIA_TYPE in tolerance,
            )
        except BodyRefused as error:
            await self._refuse_body(scope, send, asked, Refusal(error.status, error.reason))
            return
        reading = self._codecs.of(SoapCodec.sniff(body, max_size=self._max_size))
        if reading is None:
            await self._refuse_body(scope, send, asked, Refusal(404, "no SOAP here"))
            return
        codec = AnsweringCodec(reading, self._codecs, self._admission.style_of)
        async with answer_envelope(
            self._soap_router, codec, body, partial(self._identify, asked, codec), self._observer
        ) as answer:
            packed, coding = write_body(answer.body, headers.get("accept-encoding", ""))
            more = [("Content-Encoding", coding)] if coding else []
            if isinstance(answer.error, _NotAdmitted) and answer.error.refusal.status in _SPOKEN:
                status = answer.error.refusal.status
                more += answer.error.refusal.headers.items()
            else:
                status = http_status(answer.code, sender_fault_status=self._sender_fault_status)
            await respond(send, status, packed, *more, content_type=answer.content_type)

    async def _refuse_body(self, scope: Scope, send: Send, asked: HttpRequest, refusal: Refusal) -> None:
        """Refuses what is no request of OCPP over SOAP; no more of it is read."""
        # Who posts is named by his envelope, and by no path; of whom a server took for a browser, that is all there is.
        identity = "" if scope["method"] == "POST" else None
        self._turn_away(asked, refusal, identity=identity, wire=Wire.SOAP)
        body = f"{refusal.reason}\n".encode()
        await respond(send, refusal.status, body, *refusal.headers.items(), *closing(scope))

    async def _identify(self, asked: HttpRequest, codec: AnsweringCodec, headers: SoapHeaders) -> Caller:
        """Whose request it is; nothing is kept of one that is not admitted.

        A station refuses what is meant for another one (OCPP-S 1.6 §3.3).
        """
        claimed, is_station = headers.identity, self._role is Role.CHARGE_POINT
        if is_station:
            claimed = claimed or self._identity
        found: Caller | Refusal
        if is_station and self._identity not in (None, claimed):
            found = Refusal(400, f"this is not {shown(claimed)}", code=ErrorCode.IDENTITY)
        else:
            version = Version(codec.specification.version)
            verdict = await self._admission.admit_soap(asked, claimed, version)
            if isinstance(verdict, Refusal):
                found = verdict
            else:
                writing = codec.suit(verdict.style)
                found = (
                    LoneCaller(verdict.identity, codec.specification)
                    if is_station
                    else self._met(verdict, writing, headers.from_)
                )
        if isinstance(found, Refusal):
            self._turn_away(asked, found, identity=claimed or "", wire=Wire.SOAP)
            raise _NotAdmitted(found)
        if self._speech is not None and isinstance(found, SoapPeer):
            await self._interpret(found, self._speech)
        return found

    def _met(self, handshake: Handshake, codec: SoapCodec, address: str | None) -> SoapPeer | Refusal:
        """The station of a request that is admitted; where it listens may have changed (OCPP-S 1.6 §3.7)."""
        identity = handshake.identity
        try:
            is_called = (
                address is not None and _is_address(address) and bool(self._may_call(identity, address))
            )
        except BaseException as error:
            if is_of_task(error):
                raise
            return hook_failed("`may_call`", error)

        def make() -> SoapPeer:
            calling = {name: self._options[name] for name in OF_CALLS if name in self._options}
            return SoapPeer(codec, identity, observer=self._observer, **calling)

        station = self.stations.met(identity, make, is_proven=handshake.is_proven)
        station.codec = codec
        if is_called:
            station.address = address
            station.client = self._client_of_calls()
        return station

    async def _interpret(self, station: SoapPeer, speech: Speech) -> None:
        """Sees to it that the station has the interpreter of its version, which it may have changed."""
        version, earlier = Version(station.codec.specification.version), station.interpreter
        if version is (speech.version if earlier is None else earlier.version):
            return
        station.interpreter = None
        if version is not speech.version:
            station.interpreter = Interpreter(
                speech,
                self._router,
                station,
                station.call_in_its_version,
                observer=self._observer,
                patience=TIDYING * self._options.get("grace", GRACE),
            )
        if earlier is not None:
            await earlier.close()

    def _client_of_calls(self) -> "httpx.AsyncClient":
        if self._client is None:
            from ocpp_core.transports._http_client import new_client

            self._client = new_client()
        return self._client


class _NotAdmitted(OcppError):
    """A SOAP request of somebody who may not send it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code, refusal.reason)
        self.refusal = refusal


#: Refusals that HTTP has a status of its own for; others are faults of the sender.
_SPOKEN = (401, 500, 503)


class AsgiPeer(SocketPeer):
    """A `Peer` on the WebSocket of an ASGI server."""

    __slots__ = ("_channel", "_close_code")

    def __init__(self, channel: Channel, router: Router, handshake: Handshake, **options: Any) -> None:
        self._channel = channel
        self._close_code: int | None = None
        super().__init__(router, handshake, **options)

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._close_code is None and not self._connection.closed

    @property
    def close_code(self) -> int | None:
        """Of the WebSocket; None while it is open. 1006 if it was cut."""
        return self._close_code

    async def messages(self) -> AsyncIterator[str]:
        """What the station sends, until the WebSocket is closed."""
        while (event := await self._channel.receive())["type"] == "websocket.receive":
            text = event.get("text")
            if text is None:
                await self._send_close(UNSUPPORTED_DATA, "OCPP-J is text")
                return
            yield text
        self._over(event.get("code") or 1005)

    def _send_text(self, text: str) -> Awaitable[None]:
        return self._channel.send({"type": "websocket.send", "text": text})

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Lets handlers end and answers go out, then closes the WebSocket, all of it within the ``grace``.

        A peer that does not read, so that no Close frame can be sent, is given up.
        """
        await Peer.close(self)
        try:
            async with asyncio.timeout(self._seconds_left() + TIDYING * self._grace):
                await self._send_close(code, reason)
        except Exception:  # the station may be gone, and servers differ in what they raise then
            self.abort()

    def abort(self) -> None:
        """Ends the connection at once, without a Close frame of ours.

        ASGI leaves the rest to the server: uvicorn cuts the connection.
        """
        self._over(1006)
        self._channel.give_up()

    async def _send_close(self, code: int, reason: str) -> None:
        if self._close_code is None:
            await self._channel.send({"type": "websocket.close", "code": code, "reason": reason})
            self._over(code)

    def _over(self, code: int) -> None:
        if self._close_code is None:
            self._close_code = code


def _is_address(address: str) -> bool:
    """Whether a station can be called there (OCPP-S 1.6 §3.7): absolute, with a host, not anonymous."""
    try:
        parts = urlsplit(address)
        has_port = parts.port != 0  # raises for what is none
    except ValueError:
        return False
    return address != ANONYMOUS and parts.scheme in ("http", "https") and bool(parts.hostname) and has_port


async def _refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """An HTTP response in place of the WebSocket, where the server can send one; else its plain refusal."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": PROTOCOL_ERROR, "reason": refusal.reason})
        return
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
    await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": f"{refusal.reason}\n".encode()})
