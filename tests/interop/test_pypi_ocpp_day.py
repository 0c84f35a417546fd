"""An ordinary day with the PyPI package ``ocpp`` at the other end, by default options: nothing of it is refused.

Its stations and CSMSs write times as ``isoformat()`` does.
"""

import asyncio

import pytest
from websockets.asyncio.client import connect as raw_connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as raw_serve
from websockets.typing import Subprotocol

import journeys
from both_servers import running
from loops import asynchronous
from ocpp_core.cli.csms import Csms
from ocpp_core.transports.websocket import connect
from pypi import call_all, charge_point, run

each_version = pytest.mark.parametrize("version", journeys.VERSIONS)


@pytest.mark.parametrize("server", ["serve", "websockets"])
@each_version
@asynchronous
async def test_their_station_has_a_day_with_our_csms(version: str, server: str) -> None:
    watching = journeys.Watching()
    said, asked = journeys.said_by_station(version), journeys.said_by_csms(version)
    async with (
        running(server, Csms().router, hooks=[watching]) as csms,
        raw_connect(csms.url(), subprotocols=[Subprotocol(f"ocpp{version}")]) as socket,
    ):
        theirs = charge_point(version, journeys.answers_of_station(version))("CP-1", socket)
        reading = asyncio.create_task(run(theirs))
        answered = await call_all(theirs, version, said)
        obeyed = await journeys.call_all(csms.peers["CP-1"], version, asked)
        await socket.close()
        await reading

    assert [] == watching.wrong
    assert [action for action, _ in said] == answered
    assert [action for action, _ in asked] == obeyed
    # What 1.6 allows is no deviation there. In 2.x: a status, and three events with a reading each.
    assert ({} if version == "1.6" else {"datetime_fraction": 7}) == watching.harmless


@each_version
@asynchronous
async def test_our_station_has_a_day_with_their_csms(version: str) -> None:
    watching, obeyed = journeys.Watching(), list[str]()
    said, asked = journeys.said_by_station(version, "2026-01-31T12:00:00Z"), journeys.said_by_csms(version)
    has_asked = asyncio.Event()

    async def handler(socket: ServerConnection) -> None:
        theirs = charge_point(version, journeys.answers_of_csms(version))("CP-1", socket)
        reading = asyncio.create_task(run(theirs))
        obeyed.extend(await call_all(theirs, version, asked))
        has_asked.set()
        await reading

    async with (
        raw_serve(handler, "localhost", 0, subprotocols=[Subprotocol(f"ocpp{version}")]) as server,
        connect(
            f"ws://localhost:{next(iter(server.sockets)).getsockname()[1]}",
            "CP-1",
            journeys.our_station(version),
            version,
            hooks=[watching],
        ) as station,
    ):
        answered = await journeys.call_all(station, version, said)
        await has_asked.wait()

    assert [] == watching.wrong
    assert [action for action, _ in said] == answered
    assert [action for action, _ in asked] == obeyed
    # The times of boot and heartbeat, and until when a token is good: of one Authorize and three events.
    assert ({} if version == "1.6" else {"datetime_fraction": 6}) == watching.harmless
