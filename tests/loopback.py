"""A CSMS and a station on the loopback, and a client that knows no OCPP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as raw_connect
from websockets.typing import Subprotocol

from ocpp_core import v16, v21, v201
from ocpp_core.dispatch.router import Router
from ocpp_core.transports.websocket import Server

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def csms() -> Router:
    """Answers heartbeats of every version."""
    router = Router()
    router.on(v16.HeartbeatRequest)(lambda *_: v16.HeartbeatResponse(current_time=NOW))
    router.on(v201.HeartbeatRequest)(lambda *_: v201.HeartbeatResponse(current_time=NOW))
    router.on(v21.HeartbeatRequest)(lambda *_: v21.HeartbeatResponse(current_time=NOW))
    return router


def station() -> Router:
    router = Router()
    router.on(v16.ResetRequest)(lambda *_: v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
    return router


def url(server: Server, scheme: str = "ws") -> str:
    return f"{scheme}://localhost:{server.port}/ocpp"


@asynccontextmanager
async def raw(
    server: Server, identity: str = "CP-1", *offers: str, **options: Any
) -> AsyncGenerator[ClientConnection, None]:
    """A client that knows no OCPP."""
    offered = [Subprotocol(offer) for offer in offers] or None
    async with raw_connect(f"{url(server)}/{identity}", subprotocols=offered, **options) as socket:
        yield socket


async def close_code(socket: ClientConnection) -> int | None:
    await socket.wait_closed()
    return socket.close_code
