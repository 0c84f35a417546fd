"""Real sockets for `serve`, `simulate` and `demo`: a server for either role, and a station's way to its CSMS.

Needs the extras ``websockets``, ``server`` and ``soap``; imported only by the commands that do.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import uvicorn

from ocpp_core.dispatch.hooks import Hooks, Observer
from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.model.identities import require_identity
from ocpp_core.model.versions import Role, Version
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.websocket import connect


class _Server(uvicorn.Server):
    """Several may run in one process, so none of them takes the signals: Ctrl-C belongs to the command."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serving(
    app: Any, host: str, port: int, *, ping_interval: float | None = 20.0
) -> AsyncGenerator[int, None]:
    """Serves an application while the context lasts.

    Args:
        app: To be served.
        host: Where to listen.
        port: The same; 0 is any free port.
        ping_interval: Seconds between pings; None sends none.

    Yields:
        The port; useful if it was to be any (0).

    Raises:
        OSError: It cannot listen there.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        ws="wsproto",  # this and the next two: SECURITY.md, "Behind uvicorn"
        ws_max_size=4_194_304,
        ws_per_message_deflate=False,
        ws_ping_interval=ping_interval,
        timeout_graceful_shutdown=2,
    )
    listener = socket.create_server((host, port))
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await running
        listener.close()


@asynccontextmanager
async def online(
    url: str,
    identity: str,
    version: str,
    router: Router,
    *,
    soap: bool = False,
    password: str | None = None,
    listen: str = "127.0.0.1",
    hooks: Sequence[Hooks] = (),
) -> AsyncGenerator[Caller, None]:
    """A station that is connected while the context lasts.

    Args:
        url: Of the CSMS: ``ws`` or ``wss``, or ``http`` or ``https`` with SOAP.
        identity: Of the station.
        version: That it speaks.
        router: Its handlers.
        soap: Speak SOAP: the station then listens too, on any free port, and announces the address.
        password: For Basic authentication of the WebSocket.
        listen: Host that the station's SOAP service listens on.
        hooks: Listen to both directions.

    Yields:
        The CSMS, to be called.

    Raises:
        OSError: It cannot be reached, or does not let the station in.
        LocalProtocolError: A station of this version cannot have this identity.
    """
    if not soap:
        async with connect(
            url, identity, router, version, reconnect=False, password=password, hooks=hooks
        ) as station:
            yield station
        return
    require_identity(identity, Version(version))
    box = OcppApp(router, role=Role.CHARGE_POINT, identity=identity, accepts=[version], hooks=hooks)
    async with serving(box, listen, 0) as port, httpx.AsyncClient() as client:
        codec = SoapCodec(version, role=Role.CHARGE_POINT, address=f"http://{listen}:{port}/")
        yield SoapPeer(codec, identity, client=client, address=url, observer=Observer(hooks))
