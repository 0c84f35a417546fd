"""A CSMS for stations of every version, WebSocket and SOAP, on one port.

    python examples/csms.py [PORT]

Needs ocpp-core[websockets,server,soap]. WebSocket stations connect to ws://HOST:PORT/IDENTITY, SOAP stations post to
http://HOST:PORT/.
"""

import sys
from datetime import UTC, datetime
from itertools import count
from typing import Any

import uvicorn

from ocpp_core import Request, Response, Role, Router, Version, specification
from ocpp_core.transports.asgi import OcppApp

router = Router(receives=Role.CSMS)
transaction_ids = count(1)


def every(action: str) -> list[type[Request[Any]]]:
    """The request classes of an action, of all versions that have it."""
    known = [specification(version) for version in Version]
    return [one.request(action) for one in known if action in one.actions]


def reply(request: Request[Any], **values: Any) -> Response:
    """The response to a request, in its version."""
    of_version = specification(request.__ocpp__.version)
    response: Response = of_version.response(request.__ocpp__.action or "")(**values)
    return response


def accepted(request: Request[Any], data_type: str) -> Any:
    """The `IdTagInfo` or `IdTokenInfo` of a version: everyone may charge here."""
    return specification(request.__ocpp__.version).load(data_type)(status="Accepted")


@router.on(*every("BootNotification"))
def boot(request: Any, station: Any) -> Response:
    is_old = request.__ocpp__.version in ("1.2", "1.5")
    interval = {"heartbeat_interval" if is_old else "interval": 300}
    return reply(request, status="Accepted", current_time=datetime.now(UTC), **interval)


@router.on(*every("Heartbeat"))
def heartbeat(request: Any, station: Any) -> Response:
    return reply(request, current_time=datetime.now(UTC))


@router.on(*every("Authorize"))
def authorize(request: Any, station: Any) -> Response:
    if hasattr(request, "id_tag"):  # 1.x
        return reply(request, id_tag_info=accepted(request, "IdTagInfo"))
    return reply(request, id_token_info=accepted(request, "IdTokenInfo"))


@router.on(*every("StartTransaction"))  # 1.x
def start(request: Any, station: Any) -> Response:
    info = accepted(request, "IdTagInfo")
    return reply(request, transaction_id=next(transaction_ids), id_tag_info=info)


@router.on(*every("TransactionEvent"))  # 2.x
def transaction(request: Any, station: Any) -> Response:
    info = accepted(request, "IdTokenInfo") if request.id_token else None
    return reply(request, id_token_info=info)


@router.on(*every("StopTransaction"), *every("MeterValues"), *every("StatusNotification"))
@router.on(*every("SecurityEventNotification"), *every("NotifyEvent"), *every("NotifyReport"))
def noted(request: Any, station: Any) -> Response:
    print(station.identity, request)
    return reply(request)


def main(port: int = 9000) -> None:
    uvicorn.run(
        OcppApp(router),
        host="127.0.0.1",
        port=port,
        ws="wsproto",  # this and the next two: SECURITY.md, "Behind uvicorn"
        ws_max_size=4_194_304,
        ws_per_message_deflate=False,
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
