"""Whoever says nothing gets the strict reading: one deviation, offered to everything that reads messages."""

import json
from collections.abc import Awaitable, Callable
from inspect import signature
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as raw_serve
from websockets.typing import Subprotocol

import served
from loopback import csms, raw, station
from loops import asynchronous
from ocpp_core import JsonCodec, SoapCodec, Tolerance, from_wire, read, v16
from ocpp_core.dispatch.connection import Connection
from ocpp_core.dispatch.peer import Peer
from ocpp_core.model.errors import CallResultInvalidError, FrameError, PayloadError
from ocpp_core.model.messages import Call
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.websocket import Settings, connect, serve

#: A member that no heartbeat has.
SURPLUS = {"x": 1}
DEVIATING = '[2,"1","Heartbeat",{"x":1}]'
#: A boot whose element has a child that the WSDL has not.
ENVELOPE = (
    served.soap("1.6")
    .encode(Call("urn:uuid:1", served.BOOTS["1.6"]))
    .replace(b"</ocpp:bootNotificationRequest>", b"<ocpp:x>1</ocpp:x></ocpp:bootNotificationRequest>")
)


def accepts(reading: Callable[[], object]) -> bool:
    try:
        reading()
    except (PayloadError, FrameError):
        return False
    return True


async def by_from_wire(**options: Any) -> bool:
    return accepts(lambda: from_wire(v16.HeartbeatRequest, SURPLUS, **options))


async def by_read(**options: Any) -> bool:
    return accepts(lambda: read(v16.HeartbeatRequest, SURPLUS, **options))


async def by_json_codec(**options: Any) -> bool:
    return accepts(lambda: JsonCodec("1.6", **options).decode(DEVIATING))


async def by_soap_codec(**options: Any) -> bool:
    return accepts(lambda: SoapCodec("1.6", **options).decode(ENVELOPE))


async def by_serve(**options: Any) -> bool:
    async with serve(csms(), "localhost", **options) as server, raw(server, "CP-1", "ocpp1.6") as socket:
        await socket.send(DEVIATING)
        return str(await socket.recv()).startswith("[3,")


async def by_connect(**options: Any) -> bool:
    async def answer(socket: ServerConnection) -> None:
        async for message in socket:
            response = {"currentTime": "2026-01-31T12:00:00Z", **SURPLUS}
            await socket.send(json.dumps([3, json.loads(message)[1], response]))

    async with raw_serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        url = f"ws://127.0.0.1:{port}"
        async with connect(url, "CP-1", station(), "1.6", reconnect=False, **options) as peer:
            try:
                await peer.call(v16.HeartbeatRequest())
            except CallResultInvalidError:
                return False
            return True


async def by_an_application_over_websocket(**options: Any) -> bool:
    async with (
        served.served(OcppApp(csms(), **options)) as port,
        served.station(port, "ocpp1.6") as socket,
    ):
        await socket.send(DEVIATING)
        return str(await socket.recv()).startswith("[3,")


async def by_an_application_over_soap(**options: Any) -> bool:
    async with served.served(OcppApp(served.csms(), **options)) as port:
        return (await served.post(port, ENVELOPE)).status_code == 200


@pytest.mark.parametrize(
    "is_accepted",
    [
        by_from_wire,
        by_read,
        by_json_codec,
        by_soap_codec,
        by_serve,
        by_connect,
        by_an_application_over_websocket,
        by_an_application_over_soap,
    ],
    ids=lambda reading: reading.__name__,
)
@asynchronous
async def test_who_says_nothing_reads_strictly(is_accepted: Callable[..., Awaitable[bool]]) -> None:
    assert not await is_accepted()
    assert await is_accepted(tolerance=Tolerance.TOLERANT)
    assert await is_accepted(tolerance=Tolerance.EXTRA_MEMBER)


def test_a_connection_holds_8_mib_unless_it_is_told_otherwise() -> None:
    """As SECURITY.md and docs/architecture.md say."""
    defaults = {
        signature(each).parameters["max_held_bytes"].default for each in (Peer.__init__, Connection.__init__)
    }

    assert {8 * 2**20} == defaults


def test_what_holds_for_a_websocket_if_nothing_is_said() -> None:
    """The figures that the docstring of `Settings` and docs/odd-stations.md give, in bytes and seconds."""
    given = Settings()

    assert (1_048_576, 4_194_304) == (given.max_frame, given.max_size)
    assert (60, 30) == (given.ping_interval, given.ping_timeout)
    assert (10, 10, 30) == (given.open_timeout, given.close_timeout, given.write_timeout)
