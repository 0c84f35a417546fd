"""Who is turned away is seen: one line of the log and one call of the hook, with the reason, on both servers."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.typing import Subprotocol

from both_servers import SERVERS, Door, both, running
from loops import asynchronous, until
from ocpp_core import Role, Router, SoapCodec, Wire, v15
from ocpp_core.dispatch.hooks import Refused
from ocpp_core.model.messages import Call
from ocpp_core.soap.envelopes import CONTENT_TYPE
from ocpp_core.transports._handshake import authorization_of
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.websocket import serve
from rawsocket import raw_socket
from served import BOOTS, csms, soap

PASSWORD = {"Authorization": authorization_of("CP-1", "wrong")}
OTHER = {"Authorization": authorization_of("CP-2", "wrong")}


def knocking(url: str, *offers: str, **headers: str) -> connect:
    return connect(url, subprotocols=[Subprotocol(one) for one in offers] or None, additional_headers=headers)


async def knock(url: str, *offers: str, **headers: str) -> int:
    """The status of the response, or the code with which the WebSocket is closed."""
    try:
        async with knocking(url, *offers, **headers) as socket:
            return await close_code(socket)
    except InvalidStatus as refused:
        return refused.response.status_code


async def close_code(socket: ClientConnection) -> int:
    try:
        while True:
            await socket.recv()
    except ConnectionClosed:
        return socket.close_code or 0


def known(handshake: Handshake) -> str | None:
    return handshake.identity if handshake.identity.startswith("CP") else None


#: Rules, path, offers and headers; then what is told: the status, and a part of the reason.
REFUSED: dict[str, tuple[dict[str, Any], str, str, Mapping[str, str], int, str]] = {
    "no identity": ({}, "/", "ocpp1.6", {}, 404, "the path ends in no identity"),
    "slash at the end": ({}, "/CP-1/", "ocpp1.6", {}, 404, "the path ends in no identity"),
    "no identity of 2.x": ({}, "/CP%201", "ocpp2.0.1", {}, 404, "no station of this version can have"),
    "stranger": ({"identities": known}, "/X", "ocpp1.6", {}, 404, "`identities` knows no such station"),
    "no version": ({}, "/CP-1", "ocpp9", {}, 1002, "no common OCPP version"),
    "no version, refused": (
        {"no_common_version": "refuse"},
        "/CP-1",
        "ocpp9",
        {},
        400,
        "no common OCPP version",
    ),
    "no password": (
        {"authenticate": lambda handshake: handshake.has_password("right")},
        "/CP-1",
        "ocpp1.6",
        {},
        401,
        "`authenticate` said no to a station that sent no credentials",
    ),
    "wrong password": (
        {"authenticate": lambda handshake: handshake.has_password("right")},
        "/CP-1",
        "ocpp1.6",
        PASSWORD,
        401,
        "`authenticate` said no to a station that sent a user name and a password",
    ),
    "password of another": ({}, "/CP-1", "ocpp1.6", OTHER, 401, "the user name 'CP-2' is not the identity"),
    "wrong profile": ({"profiles": [1]}, "/CP-1", "ocpp1.6", {}, 401, "security profile 0 is not among"),
    "failing hook": (
        {"authenticate": lambda _: 1 / 0},
        "/CP-1",
        "ocpp1.6",
        {},
        500,
        "a rule of who may connect has failed: ZeroDivisionError",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
@both
@asynchronous
async def test_who_is_turned_away_is_seen_once_with_the_reason(
    server: str, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ocpp_core.admission")
    rules, path, offer, headers, status, why = REFUSED[case]
    door = Door()
    async with running(server, csms(), hooks=[door], **rules) as up:
        assert status == await knock(up.url(path), offer, **headers)

    (refused,) = door.refused_ones
    assert (status, path, (offer,), Wire.JSON) == (
        refused.status,
        refused.path,
        refused.offered,
        refused.wire,
    )
    assert why in refused.reason
    assert "127.0.0.1" == refused.remote[0]
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert [str(refused)] == lines
    assert (case == "failing hook") is any(record.levelno >= logging.ERROR for record in caplog.records)
    assert "right" not in caplog.text
    assert "wrong" not in caplog.text


@both
@asynchronous
async def test_a_station_that_is_connected_already_is_seen(server: str) -> None:
    door = Door()
    async with (
        running(server, csms(), hooks=[door], replaces=lambda *_: False) as up,
        knocking(up.url(), "ocpp1.6"),
    ):
        await until(lambda: up.peers)
        assert 409 == await knock(up.url(), "ocpp1.6")

    assert [(409, "CP-1")] == [(one.status, one.identity) for one in door.refused_ones]


@both
@asynchronous
async def test_a_request_without_connection_upgrade_is_seen(server: str) -> None:
    door = Door()
    async with running(server, csms(), hooks=[door]) as up, raw_socket(up.port) as raw:
        await raw.send(
            b"GET /CP-1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
        )
        await raw.receive()

    (refused,) = door.refused_ones
    assert ("CP-1", "/CP-1", ("ocpp1.6",)) == (refused.identity, refused.path, refused.offered)
    assert refused.status in (405, 426)


@asynchronous
async def test_what_is_no_request_at_all_is_seen() -> None:
    door = Door()
    async with serve(csms(), "127.0.0.1", hooks=[door]) as server, raw_socket(server.port) as raw:
        await raw.send(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        await raw.rest()
        await until(lambda: door.refused_ones)

    assert ["", ""] == [door.refused_ones[0].identity, door.refused_ones[0].path]


@asynchronous
async def test_a_handshake_that_never_ends_is_seen_and_a_port_that_is_tried_is_not() -> None:
    door = Door()
    async with serve(csms(), "127.0.0.1", hooks=[door], open_timeout=0.05) as server:
        async with raw_socket(server.port):
            pass
        async with raw_socket(server.port) as raw:
            await raw.send(b"GET /CP-1 HTTP/1.1\r\n")
            await raw.rest()
            await until(lambda: door.refused_ones)

    assert ["the handshake takes too long"] == [one.reason for one in door.refused_ones]


@both
@asynchronous
async def test_a_hook_that_takes_too_long_is_seen(server: str) -> None:
    async def authenticate(_: Handshake) -> bool:
        await asyncio.Event().wait()
        return True

    door = Door()
    options = {"open_timeout": 0.1, "authenticate": authenticate, "hooks": [door]}
    async with running(server, csms(), **options) as up:
        with suppress(InvalidMessage):  # `serve` cuts the connection
            assert 503 == await knock(up.url(), "ocpp1.6")
        await until(lambda: door.refused_ones)

    assert [(503, "the handshake takes too long")] == [(one.status, one.reason) for one in door.refused_ones]


# --- what a hook raises ----------------------------------------------------------------------------------------------


class Panic(BaseException):
    """Such as a library in Rust raises."""


FAULTS = [ValueError("hook"), asyncio.CancelledError("hook"), Panic("hook")]
HOOKS = ("authenticate", "identities", "profiles", "aliases", "tolerance")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("hook", HOOKS)
@both
@asynchronous
async def test_whatever_a_rule_raises_is_answered_and_logged(
    server: str, hook: str, fault: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: Any) -> Any:
        raise fault

    door = Door()
    async with running(server, csms(), hooks=[door], **{hook: fails}) as up:
        assert 500 == await knock(up.url(), "ocpp1.6")

    assert [500] == [one.status for one in door.refused_ones]
    assert "a rule of who may connect has failed" in caplog.text


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@both
@asynchronous
async def test_whatever_the_choice_between_two_connections_raises_is_answered(
    server: str, fault: BaseException
) -> None:
    def replaces(*_: Any) -> bool:
        raise fault

    door = Door()
    async with running(server, csms(), hooks=[door], replaces=replaces) as up, knocking(up.url(), "ocpp1.6"):
        await until(lambda: up.peers)
        assert 500 == await knock(up.url(), "ocpp1.6")

    assert [500] == [one.status for one in door.refused_ones]


def fault_raiser(fault: BaseException) -> Callable[..., Any]:
    def fails(*_: Any) -> Any:
        raise fault

    return fails


async def post(app: OcppApp, body: bytes, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.post(
            "http://csms/", content=body, headers={"Content-Type": CONTENT_TYPE, **headers}
        )


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("hook", ["authenticate", "identities", "profiles", "tolerance", "may_call"])
@asynchronous
async def test_whatever_a_rule_raises_is_answered_over_soap(
    hook: str, fault: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    door = Door()
    options: dict[str, Any] = {hook: fault_raiser(fault)}
    app = OcppApp(csms(), hooks=[door], **options)
    body = soap("1.5", address="http://station/").encode(Call("urn:uuid:1", BOOTS["1.5"]))
    response = await post(app, body)

    assert 500 == response.status_code
    assert [500] == [one.status for one in door.refused_ones]
    assert "has failed" in caplog.text
    assert not app.stations


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), SystemExit()], ids=lambda fault: type(fault).__name__)
def test_what_is_said_to_the_process_goes_on_after_the_answer(fault: BaseException) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(event: Any) -> None:
        sent.append(event)

    app = OcppApp(csms(), authenticate=fault_raiser(fault))
    scope = {"type": "websocket", "path": "/CP-1", "headers": [], "subprotocols": ["ocpp1.6"]}
    with pytest.raises(type(fault)):
        asyncio.run(app(scope, receive, send))

    assert ["this server has failed"] == [event["reason"] for event in sent]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), SystemExit()], ids=lambda fault: type(fault).__name__)
def test_so_it_does_on_a_server_of_ours(fault: BaseException) -> None:
    answers: list[bytes] = []
    knockers: list[threading.Thread] = []

    def knock_at(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(
                b"GET /CP-1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            answers.append(plain.recv(1000))

    async def serving() -> None:
        async with serve(csms(), "127.0.0.1", authenticate=fault_raiser(fault)) as server:
            knockers.append(threading.Thread(target=knock_at, args=(server.port,)))
            knockers[0].start()
            await asyncio.Event().wait()

    with pytest.raises(type(fault)):
        asyncio.run(serving())
    knockers[0].join()

    assert answers[0].startswith(b"HTTP/1.1 500 ")


# --- SOAP ------------------------------------------------------------------------------------------------------------


def envelope(version: str = "1.5") -> bytes:
    return soap(version).encode(Call("urn:uuid:1", BOOTS[version]))


def only(door: Door) -> Refused:
    (refused,) = door.refused_ones
    assert Wire.SOAP is refused.wire
    return refused


@pytest.mark.parametrize(
    "options, headers, status, why",
    [
        ({"authenticate": lambda _: False}, {}, 401, "`authenticate` said no to a station that sent no cred"),
        ({"identities": lambda _: None}, {}, 404, "`identities` knows no such station"),
        ({}, {"Content-Type": "text/plain"}, 415, "text/plain"),
        ({"max_size": 100}, {}, 413, "more than 100 bytes"),
        ({"accepts": ["2.0.1"]}, {}, 404, "no SOAP here"),
        ({"role": Role.CHARGE_POINT, "identity": "CP-9"}, {}, 400, "this is not 'CP-1'"),
    ],
)
@asynchronous
async def test_who_is_turned_away_over_soap_is_seen(
    options: dict[str, Any], headers: dict[str, str], status: int, why: str
) -> None:
    door = Door()
    body = envelope()
    if options.get("role") is Role.CHARGE_POINT:
        call = Call("urn:uuid:1", v15.ResetRequest(type=v15.ResetType.SOFT))
        body = SoapCodec("1.5", role=Role.CSMS, identity="CP-1", to="http://station/").encode(call)
    await post(OcppApp(csms(), hooks=[door], **options), body, **headers)

    refused = only(door)
    assert status == refused.status
    assert why in refused.reason


@asynchronous
async def test_what_is_not_posted_is_seen() -> None:
    door = Door()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(OcppApp(Router(), hooks=[door]))) as client:
        await client.get("http://csms/CP-1?key=hunter2")

    refused = only(door)
    assert ("CP-1", 405, "/CP-1?key=hunter2") == (refused.identity, refused.status, refused.path)
    assert "hunter2" not in json.dumps([str(refused), repr(refused)])


@asynchronous
async def test_a_path_names_nobody_who_posts() -> None:
    """Whose an envelope is it says itself; an address is anybody's."""
    door = Door()
    app = OcppApp(csms(), hooks=[door])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        await client.post("http://csms/CP-1", content=b"rubbish", headers={"Content-Type": "text/plain"})

    assert "" == only(door).identity


def test_each_server_is_among_those_that_are_tried() -> None:
    assert {"serve", "fast", "wsproto", "websockets"} == set(SERVERS)
