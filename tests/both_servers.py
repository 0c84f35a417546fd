"""The servers of WebSocket stations, for tests of what holds for all of them."""

import importlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ocpp_core.dispatch.connection import CallReceived
from ocpp_core.dispatch.hooks import Hooks, Refused
from ocpp_core.dispatch.router import Router
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.socket_peer import SocketPeer
from served import served

#: How uvicorn is run; or by what we serve ourselves.
SERVERS: dict[str, dict[str, Any] | str] = {
    "serve": "websocket",
    "fast": "fast_websocket",
    "wsproto": {"ws": "wsproto"},
    "websockets": {"ws": "websockets-sansio"},
}
both = pytest.mark.parametrize("server", SERVERS)


class Door(Hooks):
    """Notes who is turned away."""

    def __init__(self) -> None:
        self.refused_ones: list[Refused] = []

    def refused(self, refused: Refused) -> None:
        self.refused_ones.append(refused)


class Reported(Hooks):
    """Keeps what was tolerated in the calls of stations."""

    def __init__(self) -> None:
        self.rules: list[Any] = []

    def event(self, peer: Any, event: Any) -> None:
        if isinstance(event, CallReceived):
            self.rules += [fault.rule for fault in event.violations]


class Running:
    """A server that runs: `port`, and its peers."""

    def __init__(self, port: int, server: Any) -> None:
        self.port = port
        self._server = server

    @property
    def peers(self) -> dict[str, SocketPeer]:
        peers: dict[str, SocketPeer] = self._server.peers
        return peers

    def url(self, path: str = "/CP-1") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"


def serve_of(transport: str) -> Any:
    """`serve` of one of our transports; the test is skipped where its library is missing."""
    if transport == "fast_websocket":
        pytest.importorskip("picows")
    return importlib.import_module(f"ocpp_core.transports.{transport}").serve


@asynccontextmanager
async def running(server: str, router: Router, **options: Any) -> AsyncGenerator[Running, None]:
    """One of `SERVERS`, with options that both take."""
    how = SERVERS[server]
    if isinstance(how, str):
        async with serve_of(how)(router, "127.0.0.1", **options) as listening:
            yield Running(listening.port, listening)
    else:
        app = OcppApp(router, **options)
        async with served(app, **how) as port:
            yield Running(port, app)
