"""An ordinary day with the PyPI package ``ocpp`` at the other end, by default options: nothing of it is refused.

Its stations and CSMSs write times as ``isoformat()`` does.
"""

# The package has no complete types.
# pyright: reportMissingTypeStubs=false

import asyncio
from contextlib import suppress
from types import ModuleType
from typing import Any

import ocpp.v16
import ocpp.v21
import ocpp.v201
import pytest
from ocpp.charge_point import camel_to_snake_case
from ocpp.routing import on
from websockets.asyncio.client import connect as raw_connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as raw_serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

import journeys
from both_servers import running
from loops import asynchronous
from ocpp_core.cli.csms import Csms
from ocpp_core.transports.websocket import connect

MODULES: dict[str, ModuleType] = {"1.6": ocpp.v16, "2.0.1": ocpp.v201, "2.1": ocpp.v21}
each_version = pytest.mark.parametrize("version", journeys.VERSIONS)


def written(module: ModuleType, turn: journeys.Turn) -> Any:
    """A call or result of theirs, whose fields have names of Python."""
    action, members = turn
    fields: Any = camel_to_snake_case(members)
    return getattr(module, action)(**fields)


def charge_point(version: str, answers: dict[str, dict[str, Any]]) -> Any:
    """A class of theirs that has a handler for each answer."""
    module = MODULES[version]

    def handler(action: str, answer: dict[str, Any]) -> Any:
        def handle(self: Any, **_: Any) -> Any:
            return written(module.call_result, (action, answer))

        handle.__name__ = f"handle_{action}"
        return on(action)(handle)

    handlers = {f"handle_{action}": handler(action, answer) for action, answer in answers.items()}
    return type("Theirs", (module.ChargePoint,), handlers)


async def run(theirs: Any) -> None:
    with suppress(ConnectionClosed):
        await theirs.start()


async def call_all(theirs: Any, version: str, turns: list[journeys.Turn]) -> list[str]:
    """The actions that were answered: theirs raises what is a CALLERROR, and what breaks its schemas."""
    answered = []
    for turn in turns:
        await theirs.call(written(MODULES[version].call, turn), suppress=False)
        answered.append(turn[0])
    return answered


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
