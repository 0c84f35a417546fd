"""Two peers wired together in one process: for tests, examples and gateways."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ocpp_core.dispatch.peer import Peer
from ocpp_core.dispatch.router import Router
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.transports._options import require_of_peer


@asynccontextmanager
async def pair(
    version: str,
    *,
    station: Router | None = None,
    csms: Router | None = None,
    identity: str = "CP-1",
    **options: Any,
) -> AsyncGenerator[tuple[Peer[str], Peer[str]], None]:
    """A station and a CSMS that are connected while the context lasts.

    Args:
        version: Of both.
        station: Handlers of the station.
        csms: Handlers of the CSMS.
        identity: Of the station.
        options: Passed to both peers, see `Peer`.

    Yields:
        Two peers: the CSMS as the station sees it, and the station as the CSMS sees it. Call either.
    """
    to_csms: asyncio.Queue[str | None] = asyncio.Queue()
    to_station: asyncio.Queue[str | None] = asyncio.Queue()
    require_of_peer(options)
    options = {"identity": identity, **options}
    csms_peer: Peer[str] = Peer(JsonCodec(version), station or Router(), to_csms.put_nowait, **options)
    station_peer: Peer[str] = Peer(JsonCodec(version), csms or Router(), to_station.put_nowait, **options)
    running = [
        asyncio.create_task(csms_peer.run(_until_none(to_station))),
        asyncio.create_task(station_peer.run(_until_none(to_csms))),
    ]
    try:
        yield csms_peer, station_peer
    finally:
        await asyncio.gather(csms_peer.close(), station_peer.close())
        to_station.put_nowait(None)
        to_csms.put_nowait(None)
        await asyncio.gather(*running)


async def _until_none(queue: "asyncio.Queue[str | None]") -> AsyncIterator[str]:
    while (message := await queue.get()) is not None:
        yield message
