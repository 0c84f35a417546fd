"""What WebSocket asks of stations: each station with one fault there is found by exactly its rule, over sockets."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from conformance.peers.sockets import COMPRESSED_MASKED, deaf_to_parts, without_sent
from conformance.peers.station import Station
from loops import run_in_no_time
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.runner import Event, Listening, conform
from ocpp_core.conformance.verdicts import Verdict
from ocpp_core.model.versions import Role

_PROFILE = Profile(answer_within=1.0, silence=0.1)


class _Link:
    """The station's end of a WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        with suppress(ConnectionClosed):
            await self._connection.send(text)

    async def receive(self) -> str | None:
        try:
            return str(await self._connection.recv())
        except ConnectionClosed:
            return None

    async def close(self) -> None:
        await self._connection.close()


def _compresses(protocol: Any) -> None:
    """The third message it sends."""
    send, count = protocol.send_frame, 0

    def sent(frame: Frame) -> None:
        nonlocal count
        count += frame.opcode is Opcode.TEXT
        if count == 3:
            protocol.writes.append(COMPRESSED_MASKED)
        else:
            send(frame)

    protocol.send_frame = sent


def judged(version: str, change: Callable[[Any], None] = lambda _: None) -> list[str]:
    """The rules that a station breaks whose connections are changed."""

    async def run() -> list[str]:
        tasks: list[asyncio.Task[None]] = []
        station = Station(version)

        def told(event: Event) -> None:
            if isinstance(event, Listening):
                tasks.append(asyncio.ensure_future(station.run(lambda: opened(event.address))))

        async def opened(address: str) -> _Link:
            connection = await connect(
                f"{address}/STATION-1", subprotocols=[Subprotocol(f"ocpp{version}")], compression=None
            )
            change(connection.protocol)
            return _Link(connection)

        target = Target(role=Role.CHARGE_POINT, version=version, patience=5.0)
        report = await conform(target, profile=_PROFILE, patterns=["connection.*"], told=told)
        tasks[0].cancel()
        bad = (Verdict.DEVIATING, Verdict.BROKEN)
        return [outcome.rule.id for outcome in report.outcomes if outcome.verdict in bad]

    return run_in_no_time(run())


@pytest.mark.parametrize("version", ["1.6", "2.1"])
def test_nothing_is_found_in_a_station_without_a_fault(version: str) -> None:
    assert [] == judged(version)


@pytest.mark.parametrize(
    "rule, change",
    [
        ("connection.ping-answered", without_sent(Opcode.PONG)),
        ("connection.close-answered", without_sent(Opcode.CLOSE)),
        ("connection.fragments", deaf_to_parts),
        ("connection.well-formed", _compresses),
    ],
)
def test_one_fault_is_found_by_its_rule_alone(rule: str, change: Callable[[Any], None]) -> None:
    assert [rule] == judged("2.0.1", change)
