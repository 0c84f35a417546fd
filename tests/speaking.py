"""A CSMS that is written once, in 2.0.1 or in 1.6, and simulated stations on each wire that there is."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field

from ocpp_core import Loss, Router, specification
from ocpp_core.cli.csms import Csms
from ocpp_core.cli.hosting import online
from ocpp_core.cli.station import Simulator
from ocpp_core.model.messages import Request
from ocpp_core.model.versions import Version, Wire
from ocpp_core.translation.lost import losses_of
from ocpp_core.transports.asgi import OcppApp
from served import served

#: Every version on every wire that it has.
WIRES = [
    (version.value, wire)
    for version in Version
    for wire in (Wire.JSON, Wire.SOAP)
    if wire in specification(version).error_names
]
WIRE_IDS = [f"{version}-{wire.name.lower()}" for version, wire in WIRES]
#: What handlers are written in.
SPOKEN = ["2.0.1", "1.6"]


def is_first(version: str) -> bool:
    """Whether it is of the family of 1.x."""
    return "StartTransaction" in specification(version).actions


@define
class Seen:
    """What the handlers have been given.

    Attributes:
        requests: In their order, of all stations.
        losses: By action, of the requests.
        callers: Their peers.
    """

    requests: list[Request[Any]] = field(factory=list)
    losses: dict[str, tuple[Loss, ...]] = field(factory=dict)
    callers: list[Any] = field(factory=list)

    def of(self, cls: type[Any]) -> list[Any]:
        """The requests of a class."""
        return [request for request in self.requests if type(request) is cls]


def csms(seen: Seen) -> Router:
    """Accepts everything, in whatever version it is asked, and notes it."""
    router = Csms().router

    @router.middleware
    async def note(request: Any, station: Any, handle: Any) -> Any:
        seen.requests.append(request)
        seen.losses[request.__ocpp__.action] = losses_of(request)
        seen.callers.append(station)
        return await handle(request, station)

    return router


@asynccontextmanager
async def serving(router: Router, speaks: str, **options: Any) -> AsyncGenerator[tuple[OcppApp, int], None]:
    """A CSMS for all wires on one port, and the port."""

    def is_here(_: str, address: str) -> bool:
        return urlsplit(address).hostname == "127.0.0.1"

    known: dict[str, Any] = {"may_call": is_here, "call_timeout": 5.0, **options}
    app = OcppApp(router, speaks=speaks, **known)
    async with served(app, lifespan="off") as port:
        yield app, port
    await app.close()


@asynccontextmanager
async def connected(
    port: int, version: str, wire: Wire, identity: str = "CP-1", station: Simulator | None = None
) -> AsyncGenerator[tuple[Simulator, Any], None]:
    """A station that is connected, and its CSMS."""
    station = station or Simulator(version)
    soap = wire is Wire.SOAP
    url = f"http://127.0.0.1:{port}/" if soap else f"ws://127.0.0.1:{port}"
    async with online(url, identity, version, station.router, soap=soap) as caller:
        yield station, caller
