"""A Central System for OCPP 1.5 over SOAP that asks each station for its configuration when it has booted.

    python examples/soap_csms.py [PORT]

Needs ocpp-core[server,soap]. A SOAP station is called at the address that it announces, and it may announce any: say
with `may_call` which you trust.
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from ocpp_core import Router, v15
from ocpp_core.transports.asgi import OcppApp

router = Router()
tasks: set[asyncio.Task[None]] = set()


def is_local(identity: str, address: str) -> bool:
    return urlsplit(address).hostname == "127.0.0.1"


@router.on(v15.BootNotificationRequest)
def boot(request: v15.BootNotificationRequest, station: Any) -> v15.BootNotificationResponse:
    return v15.BootNotificationResponse(
        status=v15.RegistrationStatus.ACCEPTED, current_time=datetime.now(UTC), heartbeat_interval=300
    )


@router.after(v15.BootNotificationRequest)
def booted(request: Any, response: Any, station: Any) -> None:
    # In SOAP the answer leaves when this returns, so that what takes longer runs beside it.
    task = asyncio.create_task(look_around(station))
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def look_around(station: Any) -> None:
    answer = await station.call(v15.GetConfigurationRequest())
    for setting in answer.configuration_key or []:
        print(station.identity, setting.key, setting.value)


def main(port: int = 9000) -> None:
    app = OcppApp(router, accepts=["1.5"], may_call=is_local)
    uvicorn.run(app, host="127.0.0.1", port=port, ws="none")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
