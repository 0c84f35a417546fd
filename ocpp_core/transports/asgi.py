"""One ASGI application for stations on both wires: WebSocket and SOAP, on one port.

The application itself needs nothing but `ocpp_core`; uvicorn or another server runs it, and FastAPI or Starlette mount
it. Calling SOAP stations back needs the extra ``soap``.

Source: OCPP-J as in `ocpp_core.transports.admission`; OCPP-S 1.6 §3.2, §3.3, §3.7, §5.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
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
from ocpp_core.model.printing import printable, shown
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import ANONYMOUS
from ocpp_core.transports._asgi_io import (
    Channel,
    PeerNotReadingError,
    Receive,
    Scope,
    Send,
    closing,
    headers_of,
    joined,
    read_request,
    respond,
)
from ocpp_core.transports._certificate import read_certificate
from ocpp_core.transports._handshake import PROTOCOL_ERROR, UNSUPPORTED_DATA, versions_over
from ocpp_core.transports._options import require_of_peer
from ocpp_core.transports.admission import (
    Admission,
    AdmissionOptions,
    Handshake,
    Refusal,
    admission_of,
)
from ocpp_core.transports.soap_body import BodyRefused, http_status, read_body, write_body
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.soap_server import answer_envelope
from ocpp_core.transports.stations import SoapStations, Stations

if TYPE_CHECKING:
    import httpx

_log = logger("asgi")

R = TypeVar("R", bound=Response)

#: Says whether a SOAP station may be called at an address that it announced: any host can be claimed.
MayCall = Callable[[str, str], bool]


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
        options: See `Admission` and `Peer`; those of a peer that have a meaning on the SOAP wire are used there too.

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
        address: str | None = None,
        may_call: MayCall | None = None,
        client: "httpx.AsyncClient | None" = None,
        sender_fault_status: int = 400,
        max_size: int = 1_048_576,
        open_timeout: float = 10.0,
        body_timeout: float = 60.0,
        write_timeout: float = 30.0,
        max_stations: int = 100_000,
        **options: Unpack[AppOptions],
    ) -> None:
        others: dict[str, Any] = dict(options)
        if role is Role.CHARGE_POINT and admission is None:
            others.setdefault("bound_by", "nothing")
        rules = self._admission = admission_of(others, admission)
        require_of_peer(others, AppOptions.__annotations__)
        self._codecs: dict[str, SoapCodec] = {
            version: SoapCodec(
                version, role=role, tolerance=rules.tolerance, address=address, max_size=max_size
            )
            for version in versions_over(Wire.SOAP, rules.accepts)
        }
        self._on_sockets: Stations[AsgiPeer] = Stations(
            on_connect=on_connect, on_disconnect=on_disconnect, replaces=replaces
        )
        self.stations: SoapStations = SoapStations(max_stations, rules.has_proven)
        self._identity = identity
        self._may_call: MayCall = may_call or (lambda *_: False)
        self._router = router
        self._client = client
        self._is_client_ours = client is None
        self._sender_fault_status = sender_fault_status
        self._max_size = max_size
        self._open_timeout = open_timeout
        self._body_timeout = body_timeout
        self._write_timeout = write_timeout
        self._options = others
        self._observer = Observer(others.get("hooks", ()), others.get("redaction") or Redaction())

    @property
    def peers(self) -> "dict[str, AsgiPeer]":
        """WebSocket stations that are connected, by identity."""
        return self._on_sockets.peers

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
            where = printable(str(scope.get("client")))
            _log.info("%s has not read for %s s", where, self._write_timeout)

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
        await self._on_sockets.close()
        await self._on_sockets.end()
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
        timer = asyncio.timeout(self._open_timeout)
        try:
            async with timer:
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
        verdict = await self._admission.admit(
            _path(scope), offers=[", ".join(scope.get("subprotocols", ()))], **_credentials(scope)
        )
        if isinstance(verdict, Handshake):
            return self._on_sockets.make_room(verdict) or verdict
        return verdict

    async def _serve(self, handshake: Handshake, version: Version, receive: Receive, send: Send) -> None:
        codec = JsonCodec(version, tolerance=handshake.tolerance, max_size=self._max_size)
        peer = AsgiPeer(codec, self._router, send, handshake, **self._options)
        async with self._on_sockets.connected(peer):
            await peer.run(_texts(receive, send))

    # SOAP

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await respond(send, 405, b"OCPP over SOAP is posted\n", ("Allow", "POST"), *closing(scope))
            return
        headers, tolerance = headers_of(scope), self._admission.tolerance
        try:
            body = read_body(
                await read_request(
                    receive,
                    self._max_size,
                    open_timeout=self._open_timeout,
                    body_timeout=self._body_timeout,
                ),
                content_type=joined(headers, "content-type"),
                content_encoding=joined(headers, "content-encoding"),
                max_size=self._max_size,
                any_xml=not isinstance(tolerance, Tolerance) or Tolerance.MEDIA_TYPE in tolerance,
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
            self._router, codec, body, partial(self._identify, scope, codec), self._observer
        ) as answer:
            packed, coding = write_body(answer.body, joined(headers, "accept-encoding"))
            more = [("Content-Encoding", coding)] if coding else []
            if isinstance(answer.error, _NotAdmitted) and answer.error.refusal.status in _SPOKEN:
                status = answer.error.refusal.status
                more += answer.error.refusal.headers.items()
            else:
                status = http_status(answer.code, sender_fault_status=self._sender_fault_status)
            await respond(send, status, packed, *more, content_type=answer.content_type)

    async def _identify(self, scope: Scope, codec: SoapCodec, headers: SoapHeaders) -> Caller:
        """Whose request it is; nothing is kept of one that is not admitted.

        A station refuses what is meant for another one (OCPP-S 1.6 §3.3).
        """
        claimed, is_station = headers.identity, codec.role is Role.CHARGE_POINT
        if is_station:
            claimed = claimed or self._identity
            if self._identity not in (None, claimed):
                raise OcppError(ErrorCode.IDENTITY, f"this is not {shown(claimed)}")
        version = Version(codec.specification.version)
        verdict = await self._admission.admit_soap(claimed, version, path=_path(scope), **_credentials(scope))
        if isinstance(verdict, Refusal):
            raise _NotAdmitted(verdict)
        if is_station:
            return LoneCaller(verdict.identity, codec.specification)
        return self._met(verdict, codec, headers.from_)

    def _met(self, handshake: Handshake, codec: SoapCodec, address: str | None) -> SoapPeer:
        """The station of a request that is admitted; where it listens may have changed (OCPP-S 1.6 §3.7)."""
        identity = handshake.identity

        def make() -> SoapPeer:
            timeout = self._options.get("call_timeout", 30.0)
            return SoapPeer(codec, identity, call_timeout=timeout, observer=self._observer)

        station = self.stations.met(identity, make, is_proven=handshake.is_proven)
        station.codec = codec
        if address is not None and _is_address(address) and self._may_call(identity, address):
            station.address = address
            station.client = self._client_of_calls()
        return station

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
_SPOKEN = (401, 503)


class AsgiPeer(Peer[str]):
    """A `Peer` on the WebSocket of an ASGI server.

    Attributes:
        handshake: What the station has said to open it.
    """

    def __init__(
        self, codec: JsonCodec, router: Router, send: Send, handshake: Handshake, **options: Any
    ) -> None:
        self.handshake = handshake
        self._send_event = send
        super().__init__(codec, router, self._send_text, identity=handshake.identity, **options)

    async def _send_text(self, text: str) -> None:
        await self._send_event({"type": "websocket.send", "text": text})

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return not self._connection.closed

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


def _path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope.get("path", "").encode()
    return raw.decode("latin-1")


def _credentials(scope: Scope) -> dict[str, Any]:
    """What an admission is told of the sender of a request, as ASGI and its extension ``tls`` have it."""
    tls = scope.get("extensions", {}).get("tls")
    return {
        "authorization": headers_of(scope).get("authorization", []),
        "certificate": _certificate(tls) if tls is not None else None,
        "sees_certificates": tls is not None,
        "is_secure": scope.get("scheme") in ("https", "wss"),
        "remote": scope.get("client"),
    }


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
