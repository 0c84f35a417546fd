"""The npm package ``ocpp-rpc`` at the other end of a real socket: as a station, and as a CSMS.

`test_npm_day` has more of it.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from firsts import BOOTS, HEARTBEATS
from loops import asynchronous
from node import installed, line, script
from ocpp_core import v16, v201
from ocpp_core.dispatch.router import Router
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallRejectedError
from ocpp_core.transports.websocket import WebSocketPeer, connect, serve

PASSWORD = "a password of 2x"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def modules() -> Path:
    return installed("ocpp-rpc")


def csms() -> Router:
    router = Router()
    router.on(v16.BootNotificationRequest)(
        lambda *_: v16.BootNotificationResponse(
            status=v16.RegistrationStatus.ACCEPTED, current_time=NOW, interval=60
        )
    )
    router.on(v201.BootNotificationRequest)(
        lambda *_: v201.BootNotificationResponse(
            status=v201.RegistrationStatus.ACCEPTED, current_time=NOW, interval=60
        )
    )
    router.on(v16.HeartbeatRequest)(lambda *_: v16.HeartbeatResponse(current_time=NOW))
    router.on(v201.HeartbeatRequest)(lambda *_: v201.HeartbeatResponse(current_time=NOW))
    router.on(v16.StatusNotificationRequest)(lambda *_: v16.StatusNotificationResponse())
    router.on(v201.StatusNotificationRequest)(lambda *_: v201.StatusNotificationResponse())

    @router.after(v16.StatusNotificationRequest)
    async def reset_16(request: Any, response: Any, peer: WebSocketPeer) -> None:
        await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))

    @router.after(v201.StatusNotificationRequest)
    async def reset_201(request: Any, response: Any, peer: WebSocketPeer) -> None:
        await peer.call(v201.ResetRequest(type=v201.Reset.ON_IDLE))

    return router


@pytest.mark.parametrize("version, type", [("1.6", "Soft"), ("2.0.1", "OnIdle")])
@asynchronous
async def test_their_station_against_our_csms(modules: Path, version: str, type: str) -> None:
    async with (
        serve(csms(), "localhost", authenticate=lambda handshake: handshake.has_password(PASSWORD)) as server,
        script(
            modules, "station.js", f"ws://localhost:{server.port}/ocpp", f"ocpp{version}", PASSWORD
        ) as process,
    ):
        seen = await line(process)

    assert seen == {
        "boot": {"status": "Accepted", "currentTime": "2026-01-31T12:00:00Z", "interval": 60},
        "heartbeat": {"currentTime": "2026-01-31T12:00:00Z"},
        "error": "NotSupported",
        "reset": type,
    }


def station(seen: list[Any]) -> Router:
    router = Router()

    @router.on(v16.ResetRequest)
    def reset_16(request: v16.ResetRequest, _: Any) -> v16.ResetResponse:
        seen.append(request.type)
        return v16.ResetResponse(status=v16.ResetStatus.ACCEPTED)

    @router.on(v201.ResetRequest)
    def reset_201(request: v201.ResetRequest, _: Any) -> v201.ResetResponse:
        seen.append(request.type)
        return v201.ResetResponse(status=v201.ResetStatus.ACCEPTED)

    return router


@pytest.mark.parametrize("version, type", [("1.6", "Soft"), ("2.0.1", "OnIdle")])
@asynchronous
async def test_our_station_against_their_csms(modules: Path, version: str, type: str) -> None:
    seen: list[Any] = []
    async with script(modules, "csms.js", f"ocpp{version}", PASSWORD) as process:
        port = await line(process)
        async with connect(
            f"ws://localhost:{port}/ocpp", "CP-1", station(seen), version, password=PASSWORD, reconnect=False
        ) as cp:
            boot: Any = await cp.call(BOOTS[version])
            with pytest.raises(CallRejectedError) as info:
                await cp.call(HEARTBEATS[version])
            told = await line(process)

    assert (boot.status, boot.current_time) == ("Accepted", NOW)
    assert seen == [type]
    assert told == {"identity": "CP-1", "reset": {"status": "Accepted"}}
    assert info.value.code in (ErrorCode.INTERNAL, ErrorCode.GENERIC)
