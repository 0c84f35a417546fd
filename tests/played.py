"""Our own CSMS and station behind sockets, and stages in front of them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from ocpp_core.cli.csms import Csms
from ocpp_core.cli.station import Simulator, StepFailed
from ocpp_core.conformance.dialling import Dial
from ocpp_core.conformance.json_stage import JsonStage
from ocpp_core.conformance.listening import Door
from ocpp_core.conformance.profiles import Profile
from ocpp_core.dispatch.router import Caller
from ocpp_core.model.errors import CallFailedError
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Wire
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving
from ocpp_core.transports.websocket import Backoff, connect, serve

QUICK = Profile(answer_within=2.0, silence=0.05)
JSON_VERSIONS = ("1.6", "2.0", "2.0.1", "2.1")
_AT_ONCE = Backoff(minimum=0.01, doublings=0, spread=0)


@asynccontextmanager
async def csms_url(**options: Any) -> AsyncGenerator[str, None]:
    """Where our CSMS serves."""
    async with serve(
        Csms().router, "127.0.0.1", accepts=JSON_VERSIONS, tolerance=Tolerance.STRICT, **options
    ) as server:
        yield f"ws://127.0.0.1:{server.port}"


@asynccontextmanager
async def soap_csms_url() -> AsyncGenerator[str, None]:
    """The same on the SOAP wire."""
    app = OcppApp(Csms().router, tolerance=Tolerance.STRICT)
    async with serving(app, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}/"


async def csms_stage(
    url: str, version: str, profile: Profile = QUICK, identity: str = "CP1", **dial: Any
) -> JsonStage:
    """A stage in front of a CSMS."""
    known = specification(version)
    assert known.subprotocol is not None
    line = Dial(url=url, identity=identity, subprotocols=(known.subprotocol,), **dial)
    stage = JsonStage(
        line, role=Role.CSMS, wire=Wire.JSON, specification=known, profile=profile, identity=identity
    )
    return await stage.open()


async def obedient(simulator: Simulator, csms: Caller) -> None:
    """Boots, and does what it is asked for."""
    with suppress(StepFailed, CallFailedError):
        await simulator.do("boot", csms)
    while True:
        step = await simulator.asked.get()
        with suppress(StepFailed, CallFailedError):
            if step == "start":
                await simulator.charge(csms, readings=1)
            elif step != "reset":
                await simulator.do(step, csms)


@asynccontextmanager
async def station(
    port: int, version: str, identity: str = "CP1", **options: Any
) -> AsyncGenerator[Simulator, None]:
    """Our station, connected while the context lasts, again and again."""
    simulator = Simulator(version)
    async with connect(
        f"ws://127.0.0.1:{port}",
        identity,
        simulator.router,
        version,
        reconnect=True,
        backoff=_AT_ONCE,
        **options,
    ) as csms:
        task = asyncio.create_task(obedient(simulator, csms))
        try:
            yield simulator
        finally:
            task.cancel()
            await asyncio.wait((task,))


def door(version: str, **options: Any) -> Door:
    """Where a station of a version may come."""
    known = specification(version).subprotocol
    assert known is not None
    return Door((known,), patience=5.0, **options)


async def station_stage(
    door: Door, version: str, profile: Profile = QUICK, hooks: Mapping[str, Any] | None = None
) -> JsonStage:
    """A stage in front of the station that is at the door."""
    stage = JsonStage(
        door,
        role=Role.CHARGE_POINT,
        wire=Wire.JSON,
        specification=specification(version),
        profile=profile,
        identity="CP1",
    )
    return await stage.open()
