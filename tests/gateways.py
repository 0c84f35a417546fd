"""A CSMS of one version behind a gateway, and stations before it: what the tests of the gateway share."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from loops import until
from ocpp_core.cli.csms import Csms
from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.gateway import Backend, Gateway
from ocpp_core.model.messages import Request, Response
from ocpp_core.model.versions import Role
from ocpp_core.transports import soap_station
from ocpp_core.transports.serving import serving
from ocpp_core.transports.websocket import Backoff, Server, connect, serve

#: A test does not wait for the back-off of the standard.
AT_ONCE = Backoff(minimum=0.02, doublings=0, spread=0.0)


class Office:
    """A CSMS that accepts everything, keeps what it was told, and can be stopped and started again on its port."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.heard: list[Any] = []
        self.router = Csms().router
        self.router.middleware(self._hear)
        self.server: Server | None = None
        self.options: dict[str, Any] = {}
        self.port = 0
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def _hear(self, message: Any, peer: Any, handle: Callable[..., Awaitable[Any]]) -> Any:
        self.heard.append(message)
        return await handle(message, peer)

    @property
    def actions(self) -> list[str | None]:
        return [message.__ocpp__.action for message in self.heard]

    def backend(self, **options: Any) -> Backend:
        options.setdefault("options", {"backoff": AT_ONCE})
        return Backend(url=f"ws://127.0.0.1:{self.port}/ocpp", version=self.version, **options)

    async def start(self, **options: Any) -> None:
        self._stop.clear()
        ready = asyncio.Event()

        async def run() -> None:
            accepts: dict[str, Any] = {"accepts": [self.version], **options}
            async with serve(self.router, "127.0.0.1", self.port, **accepts) as self.server:
                self.port = self.server.port
                ready.set()
                await self._stop.wait()

        self._running = asyncio.create_task(run())
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({self._running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def stop(self) -> None:
        self._stop.set()
        if self._running is not None:
            await self._running

    async def call(self, request: Request[Any]) -> Response:
        """Calls the station, as soon as it is there."""
        server = self.server
        assert server is not None
        await until(lambda: "CP-1" in server.peers)
        return await server.peers["CP-1"].call(request)


@asynccontextmanager
async def office(version: str, **options: Any) -> AsyncGenerator[Office, None]:
    made = Office(version)
    await made.start(**options)
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def gateway_to(
    *backends: Backend, app: Any = None, **options: Any
) -> AsyncGenerator[tuple[Gateway, int], None]:
    """A gateway that serves both wires on one port."""
    async with Gateway(backends[0], mirrors=backends[1:], **options) as gateway:
        served = gateway.app(**{"may_call": lambda *_: True, **(app or {})})
        async with serving(served, "127.0.0.1", 0) as port:
            yield gateway, port


@asynccontextmanager
async def station(
    port: int, version: str = "1.6", wire: str = "json", router: Router | None = None, **options: Any
) -> AsyncGenerator[Caller, None]:
    handlers = Router() if router is None else router
    if wire == "soap":
        async with soap_station.connect(f"http://127.0.0.1:{port}/", "CP-1", handlers, version) as csms:
            yield csms
    else:
        url, options = f"ws://127.0.0.1:{port}/ocpp", {"reconnect": False, **options}
        async with connect(url, "CP-1", handlers, version, **options) as connected:
            yield connected


def obedient(*answers: Response) -> Router:
    """A station that gives these answers, each to the request that it belongs to, and keeps what it was asked."""
    router = Router(receives=Role.CHARGE_POINT)
    by_action = {answer.__ocpp__.action: answer for answer in answers}
    router.on_any(lambda request, _: by_action[request.__ocpp__.action])
    return router
