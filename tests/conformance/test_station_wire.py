"""What WebSocket asks of stations: each station with one fault there is found by exactly its rule, over sockets."""

import asyncio
from collections.abc import Callable, Sequence
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
from ocpp_core.transports._handshake import authorization_of

_RULES = ["connection.*", "handshake.*"]
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


#: An identity that an address cannot hold as it is, and how it is written there.
_IDENTITY, _ENCODED = "STATION|1", "STATION%7C1"


def _outcomes(
    version: str,
    change: Callable[[Any], None] = lambda _: None,
    *,
    path: str = _ENCODED,
    name: str = _IDENTITY,
    offers: Sequence[str] | None = None,
) -> dict[str, Verdict]:
    """What is seen of a station whose connections are changed, or which connects in another way."""

    async def run() -> dict[str, Verdict]:
        tasks: list[asyncio.Task[None]] = []
        station = Station(version)

        def told(event: Event) -> None:
            if isinstance(event, Listening):
                tasks.append(asyncio.ensure_future(station.run(lambda: opened(event.address))))

        async def opened(address: str) -> _Link:
            offered = [f"ocpp{version}"] if offers is None else offers
            connection = await connect(
                f"{address}/{path}",
                subprotocols=[Subprotocol(each) for each in offered] or None,
                additional_headers={"Authorization": authorization_of(name, "0123456789abcdef")},
                compression=None,
            )
            change(connection.protocol)
            return _Link(connection)

        target = Target(role=Role.CHARGE_POINT, version=version, patience=5.0)
        report = await conform(target, profile=_PROFILE, patterns=_RULES, told=told)
        tasks[0].cancel()
        return {outcome.rule.id: outcome.verdict for outcome in report.outcomes}

    return run_in_no_time(run())


def judged(version: str, change: Callable[[Any], None] = lambda _: None, **how: Any) -> list[str]:
    """The rules that such a station breaks."""
    seen = _outcomes(version, change, **how)
    return [rule for rule, verdict in seen.items() if verdict in (Verdict.DEVIATING, Verdict.BROKEN)]


@pytest.mark.parametrize("version", ["1.6", "2.1"])
def test_a_station_without_a_fault_is_seen_to_have_none(version: str) -> None:
    assert {Verdict.CONFORMING} == set(_outcomes(version).values())


def test_a_plain_identity_has_nothing_to_encode() -> None:
    seen = _outcomes("1.6", path="STATION-1", name="STATION-1")

    assert Verdict.NOT_APPLICABLE is seen["handshake.encoded"]


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


@pytest.mark.parametrize(
    "rule, how",
    [
        ("handshake.offered", {"offers": ()}),
        ("handshake.encoded", {"path": _IDENTITY}),
        ("handshake.own-name", {"name": "ANOTHER"}),
    ],
)
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_one_fault_of_a_handshake_is_found_by_its_rule_alone(
    version: str, rule: str, how: dict[str, Any]
) -> None:
    assert [rule] == judged(version, **how)
