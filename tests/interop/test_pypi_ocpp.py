"""The PyPI package ``ocpp`` at the other end of a real socket: as a station, and as a CSMS."""

# The package has no complete types, and its dataclasses take plain text for enums and dicts for objects.
# pyright: reportMissingTypeStubs=false, reportArgumentType=false, reportOptionalMemberAccess=false

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import ocpp.v16
import ocpp.v201
import pytest
from ocpp.routing import on
from websockets.asyncio.client import connect as raw_connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as raw_serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from firsts import BOOTS, HEARTBEATS
from loops import asynchronous
from ocpp_core import v16, v201
from ocpp_core.dispatch.router import Router
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallRejectedError
from ocpp_core.transports.websocket import connect, serve

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SUBPROTOCOLS = {"1.6": Subprotocol("ocpp1.6"), "2.0.1": Subprotocol("ocpp2.0.1")}


def our_csms() -> Router:
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
    router.on(v16.MeterValuesRequest)(lambda *_: v16.MeterValuesResponse())
    return router


class Station16(ocpp.v16.ChargePoint):  # type: ignore[misc]  # the package has no types
    @on("Reset")  # type: ignore[untyped-decorator]
    def reset(self, type: str, **_: Any) -> Any:
        return ocpp.v16.call_result.Reset(status="Accepted" if type == "Soft" else "Rejected")


class Station201(ocpp.v201.ChargePoint):  # type: ignore[misc]
    @on("Reset")  # type: ignore[untyped-decorator]
    def reset(self, type: str, **_: Any) -> Any:
        return ocpp.v201.call_result.Reset(status="Accepted" if type == "OnIdle" else "Rejected")


class Csms16(ocpp.v16.ChargePoint):  # type: ignore[misc]
    @on("BootNotification")  # type: ignore[untyped-decorator]
    def boot(self, **_: Any) -> Any:
        return ocpp.v16.call_result.BootNotification(
            current_time=NOW.isoformat(), interval=60, status="Accepted"
        )


class Csms201(ocpp.v201.ChargePoint):  # type: ignore[misc]
    @on("BootNotification")  # type: ignore[untyped-decorator]
    def boot(self, **_: Any) -> Any:
        return ocpp.v201.call_result.BootNotification(
            current_time=NOW.isoformat(), interval=60, status="Accepted"
        )


async def run(charge_point: Any) -> None:
    with suppress(ConnectionClosed):
        await charge_point.start()


@asynchronous
async def test_their_station_1_6_against_our_csms() -> None:
    async with (
        serve(our_csms(), "localhost") as server,
        raw_connect(f"ws://localhost:{server.port}/CP-1", subprotocols=[SUBPROTOCOLS["1.6"]]) as socket,
    ):
        theirs = Station16("CP-1", socket)
        running = asyncio.create_task(run(theirs))
        boot = await theirs.call(
            ocpp.v16.call.BootNotification(charge_point_model="M", charge_point_vendor="V")
        )
        meter = await theirs.call(
            ocpp.v16.call.MeterValues(
                connector_id=1,
                meter_value=[
                    {"timestamp": NOW.isoformat(), "sampledValue": [{"value": "12.5", "unit": "kWh"}]}
                ],
            )
        )
        peer = server.peers["CP-1"]
        reset = await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))
        with pytest.raises(CallRejectedError) as info:
            await peer.call(v16.ClearCacheRequest())
        await socket.close()
        await running

    assert (boot.status, boot.interval) == ("Accepted", 60)
    assert meter is not None
    assert reset.status is v16.ResetStatus.ACCEPTED
    assert info.value.code in (ErrorCode.NOT_SUPPORTED, ErrorCode.NOT_IMPLEMENTED)


@asynchronous
async def test_their_station_2_0_1_against_our_csms() -> None:
    async with (
        serve(our_csms(), "localhost") as server,
        raw_connect(f"ws://localhost:{server.port}/CP-1", subprotocols=[SUBPROTOCOLS["2.0.1"]]) as socket,
    ):
        theirs = Station201("CP-1", socket)
        running = asyncio.create_task(run(theirs))
        boot = await theirs.call(
            ocpp.v201.call.BootNotification(
                charging_station={"model": "M", "vendor_name": "V"}, reason="PowerUp"
            )
        )
        reset = await server.peers["CP-1"].call(v201.ResetRequest(type=v201.Reset.ON_IDLE))
        await socket.close()
        await running

    assert (boot.status, boot.interval) == ("Accepted", 60)
    assert reset.status is v201.ResetStatus.ACCEPTED


def our_station() -> Router:
    router = Router()
    router.on(v16.ResetRequest)(lambda *_: v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
    router.on(v201.ResetRequest)(lambda *_: v201.ResetResponse(status=v201.ResetStatus.ACCEPTED))
    return router


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@asynchronous
async def test_our_station_against_their_csms(version: str) -> None:
    resets: list[Any] = []

    async def handler(socket: ServerConnection) -> None:
        assert socket.request is not None
        assert socket.request.path == "/ocpp/CP-1"
        theirs = Csms16("CP-1", socket) if version == "1.6" else Csms201("CP-1", socket)
        running = asyncio.create_task(run(theirs))
        call = ocpp.v16.call.Reset("Soft") if version == "1.6" else ocpp.v201.call.Reset("OnIdle")
        resets.append((await theirs.call(call)).status)
        await running

    async with (
        raw_serve(handler, "localhost", 0, subprotocols=[SUBPROTOCOLS[version]]) as server,
        connect(
            f"ws://localhost:{next(iter(server.sockets)).getsockname()[1]}/ocpp",
            "CP-1",
            our_station(),
            version,
        ) as station,
    ):
        response: Any = await station.call(BOOTS[version])
        with pytest.raises(CallRejectedError):  # no handler for it over there
            await station.call(HEARTBEATS[version])

    assert (response.status, response.interval, response.current_time) == ("Accepted", 60, NOW)
    assert resets == ["Accepted"]
