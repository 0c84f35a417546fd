"""Two peers in one process."""

import asyncio
from typing import Any

from loops import asynchronous, turns, until
from ocpp_core import v16
from ocpp_core.dispatch.router import Router
from ocpp_core.transports.memory import pair
from wire import heartbeat


@asynchronous
async def test_what_is_at_work_at_the_end_is_answered() -> None:
    router, begun = Router(), asyncio.Event()

    @router.on(v16.HeartbeatRequest)
    async def slow(*_: Any) -> v16.HeartbeatResponse:
        begun.set()
        await turns(500)
        return heartbeat()

    async with pair("1.6", csms=router) as (csms, _):
        call = asyncio.create_task(csms.call(v16.HeartbeatRequest()))
        await until(begun.is_set)

    assert heartbeat() == await call
