"""Who may connect to an `OcppApp`: the same rules for WebSocket and SOAP, and certificates from the server."""

import asyncio
import gzip
import ssl
import zlib
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from certificates import Certificates
from loops import asynchronous
from ocpp_core import CallError, CallResult, ErrorCode, Role, SoapCodec, Tolerance, v15
from ocpp_core.dispatch.gate import BootGate
from ocpp_core.dispatch.router import Router
from ocpp_core.model.messages import Call, SoapHeaders
from ocpp_core.soap.envelopes import CONTENT_TYPE
from ocpp_core.transports._handshake import authorization_of
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import _WebSocket, serving
from served import BOOTS, JSON_BOOTS, NOW, csms, served, station

PASSWORD = "secret-secret-16"
HEARTBEAT = v15.HeartbeatRequest()


def has_password(handshake: Handshake) -> bool:
    return handshake.has_password(PASSWORD)


def envelope(identity: str, request: Any = None, address: str | None = None) -> bytes:
    headers = SoapHeaders(from_=address)
    codec = SoapCodec("1.5", role=Role.CHARGE_POINT, identity=identity, to="http://csms/")
    return codec.encode(Call("urn:uuid:1", request or BOOTS["1.5"], headers=headers))


def nameless(body: bytes) -> bytes:
    """Without the header that says whose it is."""
    end = b"</ocpp:chargeBoxIdentity>"
    start = body.index(b"<ocpp:chargeBoxIdentity")
    return body[:start] + body[body.index(end) + len(end) :]


#: A CSMS has a station reset.
RESET = SoapCodec("1.5", role=Role.CSMS, identity="CP-1", to="http://station/").encode(
    Call("urn:uuid:1", v15.ResetRequest(type=v15.ResetType.SOFT))
)


async def post(
    app: OcppApp, body: bytes, password: str | None = None, user: str = "CP-1", **headers: str
) -> httpx.Response:
    if password is not None:
        headers["Authorization"] = authorization_of(user, password)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.post(
            "http://csms/soap", content=body, headers={"Content-Type": CONTENT_TYPE, **headers}
        )


def answer(response: httpx.Response) -> Any:
    return SoapCodec("1.5", role=Role.CHARGE_POINT).decode(response.content)


def told_of() -> tuple[Router, list[Any]]:
    """A CSMS, and what its handlers were called for."""
    router, told = csms(), []

    @router.middleware
    async def note(request: Any, peer: Any, handle: Any) -> Any:
        told.append((peer.identity, request.__ocpp__.action))
        return await handle(request, peer)

    return router, told


# --- SOAP ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password, user",
    [(None, "CP-1"), ("wrong", "CP-1"), (PASSWORD, "CP-2")],
    ids=["none", "wrong", "another's"],
)
@asynchronous
async def test_a_soap_request_is_authenticated_before_anything_is_kept(
    password: str | None, user: str
) -> None:
    router, told = told_of()
    app = OcppApp(router, authenticate=has_password, may_call=lambda *_: True)

    response = await post(app, envelope("CP-1", address="http://stranger/"), password, user)

    assert 401 == response.status_code
    assert response.headers["www-authenticate"].startswith("Basic")
    frame = answer(response)
    assert isinstance(frame, CallError)
    assert (ErrorCode.SECURITY, "urn:uuid:1") == (frame.code, frame.id)
    assert ([], []) == (told, list(app.stations))


@asynchronous
async def test_a_soap_station_that_authenticates_itself_is_served() -> None:
    router, told = told_of()
    app = OcppApp(router, authenticate=has_password)

    response = await post(app, envelope("CP-1"), PASSWORD)

    assert 200 == response.status_code
    assert isinstance(answer(response), CallResult)
    assert [("CP-1", "BootNotification")] == told
    assert ["CP-1"] == list(app.stations)


@asynchronous
async def test_a_stranger_neither_moves_an_address_nor_passes_the_gate() -> None:
    router, gate = csms(), BootGate()
    router.on(v15.HeartbeatRequest)(lambda *_: v15.HeartbeatResponse(current_time=NOW))
    router.middleware(gate)
    app = OcppApp(router, authenticate=has_password, may_call=lambda *_: True, hooks=[gate])
    await post(app, envelope("CP-1", address="http://station/"), PASSWORD)
    assert 200 == (await post(app, envelope("CP-1", HEARTBEAT), PASSWORD)).status_code

    response = await post(app, envelope("CP-1", HEARTBEAT, address="http://stranger/"))

    assert 401 == response.status_code
    assert "http://station/" == app.stations["CP-1"].address
    await post(app, envelope("CP-1", HEARTBEAT, address="http://moved/"), PASSWORD)
    assert "http://moved/" == app.stations["CP-1"].address
    await app.close()


@asynchronous
async def test_soap_without_authentication_is_not_for_those_that_are_known_by_websocket() -> None:
    """The gate that a station has opened by its WebSocket stays closed to whoever posts in its name."""
    gate, router = BootGate(), csms()
    router.on(v15.HeartbeatRequest)(lambda *_: v15.HeartbeatResponse(current_time=NOW))
    router.middleware(gate)
    app = OcppApp(router, authenticate=has_password, soap_without_authentication=True, hooks=[gate])
    async with served(app) as port:
        headers = {"Authorization": authorization_of("CP-16", PASSWORD)}
        at = f"ws://127.0.0.1:{port}/CP-16"
        async with connect(at, subprotocols=[Subprotocol("ocpp1.6")], additional_headers=headers) as socket:
            await socket.send(JSON_BOOTS["ocpp1.6"])
            assert "Accepted" in str(await socket.recv())

            assert 401 == (await post(app, envelope("CP-16", HEARTBEAT))).status_code
        assert 401 == (await post(app, envelope("CP-16", HEARTBEAT))).status_code
        assert 200 == (await post(app, envelope("CP-15"))).status_code
        assert 200 == (await post(app, envelope("CP-15", HEARTBEAT))).status_code

    assert ["CP-15"] == list(app.stations)


@asynchronous
async def test_strangers_evict_no_station_that_has_proven_itself() -> None:
    def lenient(handshake: Handshake) -> bool:
        return handshake.identity != "CP-1" or handshake.has_password(PASSWORD)

    app = OcppApp(csms(), authenticate=lenient, max_stations=2)
    await post(app, envelope("CP-1"), PASSWORD)
    for number in range(5):
        await post(app, envelope(f"x{number}"), "guessed", f"x{number}")

    assert ["CP-1", "x3", "x4"] == list(app.stations)


@pytest.mark.parametrize(
    "rules, identity, status, code",
    [
        ({"identities": lambda handshake: None}, "CP-1", 400, ErrorCode.SECURITY),
        ({"profiles": [1]}, "CP-1", 401, ErrorCode.SECURITY),
        ({}, "..", 400, ErrorCode.IDENTITY),
        ({}, "a/b", 400, ErrorCode.IDENTITY),
        ({}, "x" * 256, 400, ErrorCode.IDENTITY),
    ],
    ids=["unknown", "profile", "dots", "slash", "long"],
)
@asynchronous
async def test_what_is_not_admitted_is_a_fault(
    rules: dict[str, Any], identity: str, status: int, code: ErrorCode
) -> None:
    router, told = told_of()
    app = OcppApp(router, **rules)
    response = await post(app, envelope(identity))

    assert (status, code) == (response.status_code, answer(response).code)
    assert ([], []) == (told, list(app.stations))


@asynchronous
async def test_a_soap_station_may_be_known_under_another_name() -> None:
    router, told = told_of()
    app = OcppApp(router, identities=lambda handshake: handshake.identity.upper())
    await post(app, envelope("cp-1"))

    assert [("CP-1", "BootNotification")] == told
    assert ["CP-1"] == list(app.stations)


@asynchronous
async def test_a_hook_is_told_what_a_soap_request_has_said() -> None:
    seen: list[Handshake] = []

    async def authenticate(handshake: Handshake) -> bool:
        seen.append(handshake)
        return True

    await post(OcppApp(csms(), authenticate=authenticate), envelope("CP-1"), PASSWORD)
    (handshake,) = seen

    assert ("CP-1", "1.5", "soap") == (handshake.identity, handshake.version, handshake.wire.value)
    assert ("/soap", "CP-1", PASSWORD.encode()) == (handshake.path, handshake.username, handshake.password)
    assert (False, None, 1) == (handshake.is_secure, handshake.certificate, handshake.profile)


@asynchronous
async def test_stations_without_identity_are_not_one_and_the_same() -> None:
    """Where that is tolerated, credentials have to say who it is."""
    router, told = told_of()
    app = OcppApp(router, tolerance=Tolerance.TOLERANT)
    body = nameless(envelope("CP-1"))

    response = await post(app, body)
    assert (400, ErrorCode.PROTOCOL) == (response.status_code, answer(response).code)
    assert ([], []) == (told, list(app.stations))

    assert 200 == (await post(app, body, PASSWORD, "CP-7")).status_code
    assert [("CP-7", "BootNotification")] == told


@asynchronous
async def test_nobody_is_admitted_under_one_identity_and_handled_under_another() -> None:
    """A header that names two stations."""
    admitted: list[str] = []
    router, told = told_of()

    def authenticate(handshake: Handshake) -> bool:
        admitted.append(handshake.identity)
        return True

    app = OcppApp(router, authenticate=authenticate, tolerance=Tolerance.TOLERANT)
    good = envelope("CP-1")
    start = good.index(b"<ocpp:chargeBoxIdentity")
    end = good.index(b"</ocpp:chargeBoxIdentity>") + len(b"</ocpp:chargeBoxIdentity>")
    block = good[start:end]
    assert block.count(b"CP-1") == 1
    for other in (block.replace(b"CP-1", b"CP-2"), block.replace(b"chargeBoxIdentity", b"ChargeBoxIdentity")):
        await post(app, good[:end] + other.replace(b"CP-1", b"CP-2") + good[end:])
        await post(app, good[:start] + other.replace(b"CP-1", b"CP-2") + good[start:])

    assert admitted == [identity for identity, _ in told]
    assert set(app.stations) == set(admitted)


@asynchronous
async def test_a_station_may_ask_its_csms_for_a_password() -> None:
    """The user is the CSMS then, and need not have the name of the station."""
    router = Router(receives=Role.CHARGE_POINT)
    router.on(v15.ResetRequest)(lambda *_: v15.ResetResponse(status=v15.ResetStatus.ACCEPTED))

    def of_csms(handshake: Handshake) -> bool:
        return (handshake.username, handshake.password) == ("csms", PASSWORD.encode())

    box = OcppApp(router, role=Role.CHARGE_POINT, identity="CP-1", accepts=["1.5"], authenticate=of_csms)

    assert [401, 200] == [(await post(box, RESET, said, "csms")).status_code for said in (None, PASSWORD)]
    assert [] == list(box.stations)


@asynchronous
async def test_what_names_no_station_is_meant_for_the_one_that_it_was_sent_to() -> None:
    """Where that is tolerated."""
    router, told = Router(receives=Role.CHARGE_POINT), []

    @router.on(v15.ResetRequest)
    def reset(request: v15.ResetRequest, peer: Any) -> v15.ResetResponse:
        told.append(peer.identity)
        return v15.ResetResponse(status=v15.ResetStatus.ACCEPTED)

    box = OcppApp(
        router, role=Role.CHARGE_POINT, identity="CP-1", accepts=["1.5"], tolerance=Tolerance.NO_IDENTITY
    )

    assert [200, 200] == [(await post(box, body)).status_code for body in (RESET, nameless(RESET))]
    assert ["CP-1", "CP-1"] == told


# --- headers that occur several times --------------------------------------------------------------------------------


async def ask(app: OcppApp, body: bytes, *headers: tuple[str, str]) -> tuple[int, bytes]:
    """The status and body of an answer, as ASGI has them."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(event: Any) -> None:
        sent.append(event)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    await app({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive, send)
    return sent[0]["status"], sent[1]["body"]


@asynchronous
async def test_two_authorization_headers_are_400_on_soap() -> None:
    right = ("authorization", authorization_of("CP-1", PASSWORD))
    wrong = ("Authorization", "Basic x")
    app = OcppApp(csms(), authenticate=has_password)
    content = ("content-type", CONTENT_TYPE)

    for pair in ((right, wrong), (wrong, right), (right, right)):
        assert 400 == (await ask(app, envelope("CP-1"), content, *pair))[0]
    assert 200 == (await ask(app, envelope("CP-1"), content, right))[0]


@asynchronous
async def test_two_authorization_headers_are_400_on_websocket() -> None:
    headers = [("Authorization", authorization_of("CP-1", PASSWORD)), ("Authorization", "Basic x")]
    async with served(OcppApp(csms(), authenticate=has_password)) as port:
        with pytest.raises(InvalidStatus) as info:
            async with connect(f"ws://127.0.0.1:{port}/CP-1", additional_headers=headers):
                pass

    assert 400 == info.value.response.status_code


@asynchronous
async def test_codings_of_two_headers_are_undone_in_their_order() -> None:
    content = ("content-type", CONTENT_TYPE)
    body = gzip.compress(zlib.compress(envelope("CP-1")))
    codings = [("content-encoding", "deflate"), ("content-encoding", "gzip")]

    assert 200 == (await ask(OcppApp(csms()), body, content, *codings))[0]
    assert 400 == (await ask(OcppApp(csms()), body, content, *reversed(codings)))[0]


@asynchronous
async def test_what_the_last_of_two_media_types_says_does_not_count() -> None:
    types = [("content-type", "text/html"), ("content-type", CONTENT_TYPE)]

    assert (await ask(OcppApp(csms()), envelope("CP-1"), *types))[0] in (400, 415)
    assert (await ask(OcppApp(csms()), envelope("CP-1"), *reversed(types)))[0] in (400, 415)


# --- certificates ----------------------------------------------------------------------------------------------------


def on_socket(
    port: int, context: ssl.SSLContext, identity: str = "SN-1", **headers: str
) -> AbstractAsyncContextManager[ClientConnection]:
    return connect(
        f"wss://localhost:{port}/{identity}",
        host="127.0.0.1",
        ssl=context,
        subprotocols=[Subprotocol("ocpp1.6")],
        additional_headers=headers,
    )


async def statuses(port: int, context: ssl.SSLContext, identity: str = "SN-1", **headers: str) -> list[int]:
    """By which a station is let in or refused: on its WebSocket, and over SOAP."""
    try:
        async with on_socket(port, context, identity, **headers) as socket:
            await socket.send(JSON_BOOTS["ocpp1.6"])
            await socket.recv()
        found = [101]
    except InvalidStatus as refused:
        found = [refused.response.status_code]
    async with httpx.AsyncClient(verify=context) as client:
        response = await client.post(
            f"https://localhost:{port}/",
            content=envelope(identity),
            headers={"Content-Type": CONTENT_TYPE, **headers},
        )
    return [*found, response.status_code]


@asynchronous
async def test_a00_405_profile_3_on_a_server_that_hands_over_certificates() -> None:
    certificates = Certificates(ssl.CERT_REQUIRED)
    app = OcppApp(csms(), profiles=[3])
    async with serving(app, "127.0.0.1", 0, ssl=certificates.server) as port:
        assert [101, 200] == await statuses(port, certificates.client("SN-1"))
        assert [401, 401] == await statuses(port, certificates.client("SN-1"), "SN-2")
    assert ["SN-1"] == list(app.stations)
    assert 401 == (await post(app, envelope("SN-1"))).status_code  # by a plain port


@asynchronous
async def test_several_profiles_on_one_port() -> None:
    certificates = Certificates(ssl.CERT_OPTIONAL)
    app = OcppApp(
        csms(),
        authenticate=lambda handshake: handshake.profile == 3 or has_password(handshake),
        profiles=lambda identity: [3] if identity.startswith("SN") else [2],
    )
    basic = {"Authorization": authorization_of("CP-2", PASSWORD)}
    async with serving(app, "127.0.0.1", 0, ssl=certificates.server) as port:
        assert [101, 200] == await statuses(port, certificates.client("SN-1"))
        assert [401, 401] == await statuses(port, certificates.client())
        assert [101, 200] == await statuses(port, certificates.client(), "CP-2", **basic)
        assert [401, 401] == await statuses(port, certificates.client(), "CP-2")


@asynchronous
async def test_a_server_that_hands_over_no_certificates_is_found_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    certificates = Certificates(ssl.CERT_REQUIRED)
    async with served(OcppApp(csms(), profiles=[3]), certificates.server) as port:
        assert [503, 503] == await statuses(port, certificates.client("SN-1"))
    assert "the server hands over no certificates" in caplog.text


@pytest.mark.parametrize(
    "more", [{"client_cert_error": "certificate has expired"}, {"client_cert_chain": ["CP-1"]}], ids=str
)
@asynchronous
async def test_a_certificate_that_is_not_verified_or_not_readable_is_none(more: dict[str, Any]) -> None:
    certificates = Certificates(ssl.CERT_REQUIRED)
    app = OcppApp(csms(), profiles=[3])

    async def with_more(scope: Any, receive: Any, send: Any) -> None:
        scope.get("extensions", {}).get("tls", {}).update(more)
        await app(scope, receive, send)

    async with serving(with_more, "127.0.0.1", 0, ssl=certificates.server) as port:
        assert [401, 401] == await statuses(port, certificates.client("SN-1"))


# --- WebSocket stations ----------------------------------------------------------------------------------------------


@asynchronous
async def test_hooks_of_connect_and_disconnect_and_the_choice_between_two_connections() -> None:
    told: list[str] = []
    app = OcppApp(
        csms(),
        on_connect=lambda peer: told.append(f"{peer.handshake.identity} comes"),
        on_disconnect=lambda peer: told.append(f"{peer.identity} goes"),
        replaces=lambda live, handshake: False,
    )
    async with served(app) as port:
        async with station(port, "ocpp1.6") as socket:
            await socket.send(JSON_BOOTS["ocpp1.6"])
            await socket.recv()
            with pytest.raises(InvalidStatus) as info:
                async with station(port, "ocpp1.6"):
                    pass
        while len(told) < 2:
            await asyncio.sleep(0)

    assert 409 == info.value.response.status_code
    assert ["CP-1 comes", "CP-1 goes"] == told


@asynchronous
async def test_what_only_ends_like_a_version_is_none() -> None:
    async with served(OcppApp(csms())) as port, station(port, "ocppocpp1.6") as socket:
        await socket.wait_closed()

        assert (None, 1002) == (socket.subprotocol, socket.close_code)


@asynchronous
async def test_uvicorn_reads_with_room_that_no_system_is_asked_for() -> None:
    """From 128 KiB on an allocator may ask for memory with each message."""
    rooms: list[int] = []

    class Noting(_WebSocket):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            rooms.append(transport.max_size)

    async with (
        serving(OcppApp(csms()), "127.0.0.1", 0, ws=Noting) as port,
        station(port, "ocpp1.6"),
    ):
        assert [True] == [room < 128 * 1024 for room in rooms]
