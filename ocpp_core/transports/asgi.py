"""One ASGI application for stations on both wires: WebSocket and SOAP, on one port.

The application itself needs nothing but `ocpp_core`; uvicorn or another server runs it, and FastAPI or Starlette mount
it. Calling SOAP stations back needs the extra ``soap``.

Source: OCPP-J as in `ocpp_core.transports.admission`; OCPP-S 1.6 §3.2, §3.3, §3.7, §5.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, Unpack
from urllib.parse import urlsplit

from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.peer import Peer, PeerOptions
from ocpp_core.dispatch.redaction import Redaction
from ocpp_core.dispatch.router import Caller, LoneCaller, Router
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import ConnectionLostError, OcppError
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Request, Response, SoapHeaders
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.payloads.tolerance import ToleranceByStation
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import ANONYMOUS, CONTENT_TYPE
from ocpp_core.transports._asgi_io import (
    Channel,
    PeerNotReadingError,
    Receive,
    Scope,
    Send,
    closing,
    read_request,
    respond,
)
from ocpp_core.transports._handshake import GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED_DATA
from ocpp_core.transports.admission import Admission, Authenticate, Handshake, Identities, Refusal
from ocpp_core.transports.soap_body import BodyRefused, http_status, read_body, write_body
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.soap_server import answer_envelope

if TYPE_CHECKING:
    import httpx

_log = logger("asgi")

R = TypeVar("R", bound=Response)

#: Characters of a SOAP station's identity. No standard limits it, and it is kept.
MAX_IDENTITY = 255

#: Says whether a SOAP station may be called at an address that it announced: any host can be claimed.
MayCall = Callable[[str, str], bool]


class OcppApp:
    """An ASGI application that serves stations.

    WebSocket stations connect to any path that ends in their identity; SOAP stations post to any path.

    Args:
        router: Handlers, by message class: one router serves all versions.
        accepts: Versions that are served. 1.6 is served on both wires.
        role: Ours. `Role.CHARGE_POINT` makes it the station's side of SOAP, which serves ChargePointService.
        identity: Of the station that we are, with that role: requests for another are answered IdentityMismatch.
        default_version: Of WebSocket stations that offer no subprotocol.
        authenticate: Says whether a WebSocket station is who it claims to be.
        identities: Gives the identity under which a WebSocket station is known, or None.
        tolerance: What is accepted although it breaks a rule, of all stations or of each by its identity. (The media
            type of a SOAP request comes before the identity: a function leaves it to all of them.)
        address: Where we listen for SOAP requests, written as From.
        may_call: Says whether a SOAP station may be called at the address that it announced; without it no one is.
        client: An ``httpx.AsyncClient`` for those calls; one is made on first use.
        sender_fault_status: HTTP status of faults of the sender; some stacks read the fault only with 500.
        max_size: Bytes of an envelope, characters of a frame.
        open_timeout: Seconds for the handshake of a WebSocket, hooks included. The body of a request has as long, and a
            second more for each kilobyte that has come.
        body_timeout: Seconds for the body of a request, however large.
        write_timeout: Seconds that a peer may not read before it counts as gone: it holds our memory. ASGI cannot cut
            it off; its socket is the server's, and so are handshakes and heads of requests that never end.
        max_stations: SOAP stations whose addresses are kept; the one that was silent longest is forgotten.
        options: Of each `Peer`; those that have a meaning on the SOAP wire are used there too.

    Attributes:
        peers: WebSocket stations that are connected, by identity.
        stations: SOAP stations by identity, as they are known from their last request; the address is where they listen
            if they announced one that may be called.
    """

    def __init__(
        self,
        router: Router,
        *,
        accepts: Sequence[str] = tuple(Version),
        role: Role = Role.CSMS,
        identity: str | None = None,
        default_version: str | None = None,
        authenticate: Authenticate | None = None,
        identities: Identities | None = None,
        tolerance: ToleranceByStation = Tolerance.STRICT,
        address: str | None = None,
        may_call: MayCall | None = None,
        client: "httpx.AsyncClient | None" = None,
        sender_fault_status: int = 400,
        max_size: int = 1_048_576,
        open_timeout: float = 10.0,
        body_timeout: float = 60.0,
        write_timeout: float = 30.0,
        max_stations: int = 100_000,
        **options: Unpack[PeerOptions],
    ) -> None:
        wires = {name: specification(name).error_names for name in accepts}
        self._admission = Admission(
            accepts=[name for name, wire in wires.items() if Wire.JSON in wire],
            default_version=default_version,
            authenticate=authenticate,
            identities=identities,
            tolerance=tolerance,
        )
        self._codecs = {
            name: SoapCodec(name, role=role, tolerance=tolerance, address=address, max_size=max_size)
            for name, wire in wires.items()
            if Wire.SOAP in wire
        }
        self.peers: dict[str, AsgiPeer] = {}
        self.stations: OrderedDict[str, SoapPeer] = OrderedDict()
        self._identity = identity
        self._may_call: MayCall = may_call or (lambda *_: False)
        self._max_stations = max_stations
        self._router = router
        self._tolerance = tolerance
        self._client = client
        self._is_client_ours = client is None
        self._sender_fault_status = sender_fault_status
        self._max_size = max_size
        self._open_timeout = open_timeout
        self._body_timeout = body_timeout
        self._write_timeout = write_timeout
        self._options = options
        self._observer = Observer(options.get("hooks", ()), options.get("redaction") or Redaction())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection, as ASGI defines it."""
        channel = Channel(receive, send, write_timeout=self._write_timeout)
        try:
            match scope["type"]:
                case "websocket":
                    await self._websocket(scope, channel.receive, channel.send)
                case "http":
                    await self._http(scope, channel.receive, channel.send)
                case "lifespan":
                    await self._lifespan(receive, send)
                case other:
                    raise ValueError(f"ASGI has no scope {other!r} that OCPP could use")
        except PeerNotReadingError:
            _log.info("%s has not read for %s s", scope.get("client"), self._write_timeout)

    async def call(self, identity: str, request: Request[R], **options: Any) -> R:
        """Calls a station on whichever wire it speaks.

        Raises:
            ConnectionLostError: It is not connected, or is not known.
            CallFailedError: Of another kind, see `Peer.call`.
            LocalProtocolError: The request cannot be sent.
        """
        station = self.peers.get(identity) or self.stations.get(identity)
        if station is None:
            raise ConnectionLostError(request.__ocpp__.action or "")
        return await station.call(request, **options)

    async def close(self) -> None:
        """Lets handlers end and closes what is open. Servers that speak ``lifespan`` do this when they stop."""
        await asyncio.gather(*(peer.close(GOING_AWAY, "the server stops") for peer in self.peers.values()))
        if self._client is not None and self._is_client_ours:
            await self._client.aclose()

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

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._open_timeout) as timer:
                await receive()  # websocket.connect
                verdict = await self._admit(scope)
        except TimeoutError:
            if not timer.expired():
                raise
            verdict = Refusal(503, "the handshake takes too long")
        if isinstance(verdict, Refusal):
            await _refuse(scope, send, verdict)
            return
        await send({"type": "websocket.accept", "subprotocol": verdict.subprotocol})
        if verdict.version is None:
            await send(
                {"type": "websocket.close", "code": PROTOCOL_ERROR, "reason": "no common OCPP version"}
            )
            return
        await self._serve(verdict, verdict.version, receive, send)

    async def _admit(self, scope: Scope) -> Handshake | Refusal:
        headers = _headers(scope)
        path = scope.get("raw_path") or scope["path"].encode()
        return await self._admission.admit(
            path.decode("latin-1"),
            offers=[", ".join(scope.get("subprotocols", ()))],
            authorization=headers.get("authorization"),
            certificate=scope.get("extensions", {}).get("tls"),
            remote=scope.get("client"),
        )

    async def _serve(self, handshake: Handshake, version: Version, receive: Receive, send: Send) -> None:
        codec = JsonCodec(version, tolerance=handshake.tolerance, max_size=self._max_size)
        peer = AsgiPeer(codec, self._router, send, identity=handshake.identity, **self._options)
        earlier = self.peers.get(peer.identity)
        self.peers[peer.identity] = peer
        closing = None
        if earlier is not None:
            _log.warning("%s connected again; its earlier connection is closed", peer.identity)
            closing = asyncio.create_task(earlier.close(GOING_AWAY, "connected again"))
        try:
            await peer.run(_texts(receive, send))
        finally:
            if self.peers.get(peer.identity) is peer:
                del self.peers[peer.identity]
            if closing is not None:
                await closing

    # SOAP

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await respond(send, 405, b"OCPP over SOAP is posted\n", ("Allow", "POST"), *closing(scope))
            return
        headers = _headers(scope)
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
                any_xml=self._tolerance != Tolerance.STRICT,
            )
        except BodyRefused as refused:
            await respond(send, refused.status, f"{refused}\n".encode(), *closing(scope))
            return
        codec = self._codecs.get(SoapCodec.sniff(body, max_size=self._max_size) or "")
        if codec is None:
            codec = next(iter(self._codecs.values()), None)  # its fault says what is wrong
        if codec is None:
            await respond(send, 404, b"no SOAP here\n")
            return
        async with answer_envelope(
            self._router, codec, body, partial(self._identify, codec), self._observer
        ) as answer:
            status = http_status(answer.code, sender_fault_status=self._sender_fault_status)
            packed, coding = write_body(answer.body, headers.get("accept-encoding", ""))
            more = (("Content-Encoding", coding),) if coding else ()
            await respond(send, status, packed, *more, content_type=CONTENT_TYPE)

    def _identify(self, codec: SoapCodec, headers: SoapHeaders) -> Caller:
        """Whose request it is. A station refuses what is meant for another one (OCPP-S 1.6 §3.3)."""
        identity = headers.identity or ""
        if len(identity) > MAX_IDENTITY:
            raise OcppError(ErrorCode.IDENTITY, f"the identity has {len(identity)} characters")
        if codec.role is Role.CHARGE_POINT:
            if self._identity not in (None, identity):
                raise OcppError(ErrorCode.IDENTITY, f"this is not {identity!r}")
            return LoneCaller(identity, codec.specification)
        station = self.stations.get(identity)
        if station is None:
            station = self.stations[identity] = SoapPeer(
                codec, identity, call_timeout=self._options.get("call_timeout", 30.0), observer=self._observer
            )
        self.stations.move_to_end(identity)
        if len(self.stations) > self._max_stations:
            self.stations.popitem(last=False)
        station.codec = codec
        address = headers.from_
        if address is not None and _is_address(address) and self._may_call(identity, address):
            station.address = address
            station.client = self._client_of_calls()
        return station

    def _client_of_calls(self) -> "httpx.AsyncClient":
        if self._client is None:
            import httpx

            self._client = httpx.AsyncClient()
        return self._client


class AsgiPeer(Peer[str]):
    """A `Peer` on the WebSocket of an ASGI server."""

    def __init__(self, codec: JsonCodec, router: Router, send: Send, **options: Any) -> None:
        self._send_event = send
        super().__init__(codec, router, self._send_text, **options)

    async def _send_text(self, text: str) -> None:
        await self._send_event({"type": "websocket.send", "text": text})

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Lets handlers end and answers go out for up to the ``grace``, then closes the WebSocket.

        A peer that does not read delays that by the ``write_timeout`` of the application, and no longer.
        """
        await super().close()
        with suppress(Exception):  # the station may be gone, and servers differ in what they raise then
            await self._send_event({"type": "websocket.close", "code": code, "reason": reason})


def _is_address(address: str) -> bool:
    """Whether a station can be called there (OCPP-S 1.6 §3.7): absolute, with a host, not anonymous."""
    try:
        parts = urlsplit(address)
        has_port = parts.port != 0  # raises for what is none
    except ValueError:
        return False
    return address != ANONYMOUS and parts.scheme in ("http", "https") and bool(parts.hostname) and has_port


def _headers(scope: Scope) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _texts(receive: Receive, send: Send) -> AsyncIterator[str]:
    while (event := await receive())["type"] == "websocket.receive":
        text = event.get("text")
        if text is None:
            await send({"type": "websocket.close", "code": UNSUPPORTED_DATA, "reason": "OCPP-J is text"})
            return
        yield text


async def _refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """An HTTP response in place of the WebSocket, where the server can send one; else its plain refusal."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": PROTOCOL_ERROR, "reason": refusal.reason})
        return
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
    await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": f"{refusal.reason}\n".encode()})
