"""OCPP stations inside a FastAPI application: they connect below /ocpp, people and programs use the rest.

    python examples/fastapi_mount.py [PORT]
    curl -X POST http://127.0.0.1:9000/stations/CP-1/reset

Needs ocpp-core[websockets,server,soap] and fastapi.
"""

import sys
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException

from ocpp_core import CallFailedError, Router, v16
from ocpp_core.transports.asgi import OcppApp

router = Router()
ocpp = OcppApp(router, accepts=["1.6"])
app = FastAPI()
app.mount("/ocpp", ocpp)  # ws://HOST:PORT/ocpp/IDENTITY


@router.on(v16.BootNotificationRequest)
def boot(request: v16.BootNotificationRequest, station: Any) -> v16.BootNotificationResponse:
    return v16.BootNotificationResponse(
        status=v16.RegistrationStatus.ACCEPTED, current_time=datetime.now(UTC), interval=300
    )


@app.get("/stations")
def stations() -> list[str]:
    return sorted([*ocpp.peers, *ocpp.stations])


@app.post("/stations/{identity}/reset")
async def reset(identity: str) -> dict[str, str]:
    try:
        answer = await ocpp.call(identity, v16.ResetRequest(type=v16.ResetType.SOFT))
    except CallFailedError as error:
        raise HTTPException(502, str(error)) from error
    return {"status": answer.status}


def main(port: int = 9000) -> None:
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        ws="wsproto",  # this and the next two: SECURITY.md, "Behind uvicorn"
        ws_max_size=4_194_304,
        ws_per_message_deflate=False,
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
