"""A CSMS that uvicorn serves, and stations of both wires that connect to it."""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from loops import until
from ocpp_core import Role, specification, v12, v15, v16, v20, v21, v201
from ocpp_core.dispatch.router import Router
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import CONTENT_TYPE

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

#: The boot of each version that can be told apart, and the wires that carry it.
BOOTS: dict[str, Any] = {
    "1.2": v12.BootNotificationRequest(charge_point_vendor="Example", charge_point_model="Duo"),
    "1.5": v15.BootNotificationRequest(charge_point_vendor="Example", charge_point_model="Duo"),
    "1.6": v16.BootNotificationRequest(charge_point_vendor="Example", charge_point_model="Duo"),
}
JSON_BOOTS = {
    "ocpp1.6": '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    "ocpp2.0": '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]',
    "ocpp2.0.1": '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]',
    "ocpp2.1": '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]',
}


def csms() -> Router:
    """A CSMS that accepts every station of every version."""
    router = Router(receives=Role.CSMS)

    @router.on(v12.BootNotificationRequest, v15.BootNotificationRequest)
    def boot_1(request: Any, _: Any) -> Any:
        response = specification(request.__ocpp__.version).response("BootNotification")
        return response(status="Accepted", current_time=NOW, heartbeat_interval=300)

    @router.on(
        v16.BootNotificationRequest,
        v20.BootNotificationRequest,
        v201.BootNotificationRequest,
        v21.BootNotificationRequest,
    )
    async def boot_2(request: Any, _: Any) -> Any:
        response = specification(request.__ocpp__.version).response("BootNotification")
        return response(status="Accepted", current_time=NOW, interval=300)

    @router.on(v15.DataTransferRequest)
    async def data(request: v15.DataTransferRequest, station: Any) -> v15.DataTransferResponse:
        reset = await station.call(v15.ResetRequest(type=v15.ResetType.SOFT))
        return v15.DataTransferResponse(status=v15.DataTransferStatus.ACCEPTED, data=str(reset.status))

    return router


@asynccontextmanager
async def served(app: Any, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncGenerator[int, None]:
    """The port of an application that uvicorn serves."""
    options = {"ws": "websockets-sansio", **options}
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level=logging.ERROR, **options)
    config.load()
    config.ssl = tls
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


def soap(version: str, **options: Any) -> SoapCodec:
    return SoapCodec(version, role=Role.CHARGE_POINT, identity="CP-1", to="http://127.0.0.1/", **options)


def station(port: int, subprotocol: str, path: str = "/CP-1") -> connect:
    return connect(f"ws://127.0.0.1:{port}{path}", subprotocols=[Subprotocol(subprotocol)])


async def post(port: int, body: bytes, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"http://127.0.0.1:{port}/soap", content=body, headers={"Content-Type": CONTENT_TYPE, **headers}
        )
