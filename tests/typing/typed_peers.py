"""What calls over the network come to, and what handlers may be. Checked, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from typing import assert_type

from ocpp_core import Connection, JsonCodec, Peer, Request, Response, Router, Tolerance, v12, v16, v21, v201
from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.router import Caller, Handle, LoneCaller
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.memory import pair
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.styles import Style
from ocpp_core.transports.websocket import Station, WebSocketPeer, connect, serve

router = Router()
RESET = v16.ResetRequest(type=v16.ResetType.HARD)


async def calls(
    peer: Peer[str],
    socket: WebSocketPeer,
    station: Station,
    envelopes: SoapPeer,
    app: OcppApp,
    caller: Caller,
    lone: LoneCaller,
) -> None:
    assert_type(await peer.call(v16.ResetRequest(type=v16.ResetType.HARD)), v16.ResetResponse)
    assert_type(await peer.call(RESET, timeout=None), v16.ResetResponse)
    assert_type((await peer.call(RESET)).status, v16.ResetStatus)
    assert_type(await socket.call(v201.ClearCacheRequest(), timeout=3), v201.ClearCacheResponse)
    assert_type(await station.call(v21.HeartbeatRequest()), v21.HeartbeatResponse)
    assert_type(await envelopes.call(v12.ResetRequest(type=v12.ResetType.SOFT)), v12.ResetResponse)
    assert_type(await app.call("CP-1", RESET, timeout=1.0), v16.ResetResponse)
    assert_type(await caller.call(RESET, timeout=5), v16.ResetResponse)
    assert_type(await lone.call(RESET), v16.ResetResponse)
    await peer.call(v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))  # type: ignore[arg-type]


async def connections() -> None:
    async with pair("1.6", csms=router) as (csms, station):
        assert_type(await csms.call(v16.HeartbeatRequest()), v16.HeartbeatResponse)
        assert_type(await station.call(RESET), v16.ResetResponse)
    async with connect("ws://localhost", "CP-1", router, "2.0.1") as online:
        assert_type(await online.call(v201.HeartbeatRequest()), v201.HeartbeatResponse)
    async with serve(router, "localhost", tolerance=tolerance_for, styles=style_for) as server:
        assert_type(server.peers, dict[str, WebSocketPeer])
    async with connect("ws://localhost", "CP-1", router, "1.6", style=Style(fraction_digits=3)) as online:
        assert_type(online.peer, WebSocketPeer | None)
    serve(router, "localhost", styles={"CP-1": 3})  # type: ignore[dict-item]


def style_for(identity: str) -> Style | None:
    return Style(qualified_actions=True) if identity else None


def tolerance_for(identity: str) -> Tolerance:
    return Tolerance.TOLERANT if identity else Tolerance.STRICT


@router.on(v16.HeartbeatRequest)
async def heartbeat(request: v16.HeartbeatRequest, peer: Peer[str]) -> v16.HeartbeatResponse:
    raise NotImplementedError


@router.middleware
async def only_calls(
    request: Request[v16.HeartbeatResponse], peer: Caller, handle: Handle
) -> v16.HeartbeatResponse:
    raise NotImplementedError


# Nobody has to name a wire or a response.
async def unnamed(peer: Peer, connection: Connection, request: Request, socket: WebSocketPeer) -> None:
    assert_type(await peer.call(request), Response)
    await unnamed(socket, Connection(JsonCodec("1.6"), new_id=str), RESET, socket)


async def named(json: Peer[str], xml: Peer[bytes], socket: WebSocketPeer) -> None:
    await unnamed(json, Connection(JsonCodec("1.6"), new_id=str), v201.ClearCacheRequest(), socket)
    assert_type(xml.receive(b""), None)
    xml.receive("")  # type: ignore[arg-type]


# Decorators hand back what they were given.
assert_type(router.on(v16.HeartbeatRequest)(heartbeat) is heartbeat, bool)


class Narrow(Hooks):
    """A hook may look at less than it is given."""

    def call_answered(self, peer: object, request: object, answer: object, seconds: object) -> None:
        assert_type(seconds, object)
