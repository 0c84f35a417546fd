"""One frame in, one frame out: a CSMS as a function, for gateways that keep the WebSockets and forward messages.

python examples/serverless.py
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from ocpp_core import JsonCodec, Router, v201

router = Router()


@router.on(v201.HeartbeatRequest)
def heartbeat(request: v201.HeartbeatRequest, station: Any) -> v201.HeartbeatResponse:
    return v201.HeartbeatResponse(current_time=datetime.now(UTC))


async def handle(event: dict[str, str]) -> dict[str, Any]:
    """What the platform calls, with the message and what it knows of the connection."""
    answer = await router.answer(event["body"], codec=JsonCodec(event["protocol"]), identity=event["station"])
    return {"statusCode": 200, "body": answer}


def main() -> None:
    for body in ('[2,"1","Heartbeat",{}]', '[2,"2","Heartbeat",{"now":true}]', '[2,"3","Dance",{}]'):
        answer = asyncio.run(handle({"body": body, "protocol": "ocpp2.0.1", "station": "CP-1"}))
        print(answer["body"])


if __name__ == "__main__":
    main()
