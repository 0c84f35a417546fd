"""An ordinary day with packages of npm at the other end, by default options: nothing of it is refused.

They write times with three digits, so that nothing has to be tolerated either.
"""

import asyncio
import json
from typing import Any

import pytest

import journeys
from both_servers import running
from loops import asynchronous
from node import installed, line, script
from ocpp_core.cli.csms import Csms
from ocpp_core.transports.websocket import connect

TIME = "2026-01-31T12:00:00.123Z"
SPOKEN = {"ocpp-rpc": journeys.VERSIONS, "ocpp-ws-io": journeys.VERSIONS, "ocpp-ts": ("1.6",)}
each_peer = pytest.mark.parametrize(
    "package, version", [(package, version) for package, versions in SPOKEN.items() for version in versions]
)
each_server = pytest.mark.parametrize("server", ["serve", "websockets"])


async def begin(process: asyncio.subprocess.Process, says: list[journeys.Turn], answers: Any) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps({"says": says, "answers": answers}).encode() + b"\n")
    await process.stdin.drain()


@each_server
@each_peer
@asynchronous
async def test_their_station_has_a_day_with_our_csms(package: str, version: str, server: str) -> None:
    modules, watching = installed(package), journeys.Watching()
    said, asked = journeys.said_by_station(version, TIME), journeys.said_by_csms(version)
    async with running(server, Csms().router, hooks=[watching]) as csms:
        url = csms.url("")
        async with script(modules, "day.js", package, "station", f"ocpp{version}", url) as process:
            await begin(process, said, journeys.answers_of_station(version, TIME))
            answered = await line(process)
            obeyed = await journeys.call_all(csms.peers["CP-1"], version, asked)

    assert [] == watching.wrong
    assert [action for action, _ in said] == answered
    assert [action for action, _ in asked] == obeyed
    assert {} == watching.harmless


@each_peer
@asynchronous
async def test_our_station_has_a_day_with_their_csms(package: str, version: str) -> None:
    modules, watching = installed(package), journeys.Watching()
    said, asked = journeys.said_by_station(version, TIME), journeys.said_by_csms(version)
    async with script(modules, "day.js", package, "csms", f"ocpp{version}") as process:
        await begin(process, asked, journeys.answers_of_csms(version, TIME))
        url = f"ws://localhost:{await line(process)}"
        station = journeys.our_station(version)
        async with connect(url, "CP-1", station, version, hooks=[watching]) as csms:
            answered = await journeys.call_all(csms, version, said)
            obeyed = await line(process)

    assert [] == watching.wrong
    assert [action for action, _ in said] == answered
    assert [action for action, _ in asked] == obeyed
    assert {} == watching.harmless
