"""A CSMS for OCPP 1.6 on a WebSocket server of your own: `Peer` needs texts to read and a function to send them.

    python examples/plain_websockets.py [PORT]

Needs ocpp-core[websockets]. `ocpp_core.transports.websocket.serve` does this for you, with authentication, more
versions and graceful shutdown.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ocpp_core import JsonCodec, Peer, Router, Version, v16

router = Router()


@router.on(v16.BootNotificationRequest)
def boot(request: v16.BootNotificationRequest, station: Peer[str]) -> v16.BootNotificationResponse:
    return v16.BootNotificationResponse(
        status=v16.RegistrationStatus.ACCEPTED, current_time=datetime.now(UTC), interval=300
    )


@router.after(v16.BootNotificationRequest)
async def look_around(
    request: v16.BootNotificationRequest, response: v16.BootNotificationResponse, station: Peer[str]
) -> None:
    answer = await station.call(v16.GetConfigurationRequest(key=["HeartbeatInterval"]))
    for setting in answer.configuration_key or []:
        print(station.identity, setting.key, setting.value)


async def station(socket: ServerConnection) -> None:
    assert socket.request is not None
    identity = socket.request.path.rpartition("/")[2]

    async def texts() -> AsyncIterator[str]:
        async for message in socket:
            if isinstance(message, str):
                yield message

    peer = Peer(JsonCodec(Version.V1_6), router, socket.send, identity=identity)
    try:
        await peer.run(texts())
    except ConnectionClosed:
        print(identity, "is gone")


async def run(port: int = 9000) -> None:
    async with serve(station, "127.0.0.1", port, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        await server.serve_forever()


def main(*arguments: str) -> None:
    asyncio.run(run(*map(int, arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
