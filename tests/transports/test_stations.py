"""The registries of stations: who is connected, and which SOAP stations are remembered."""

import asyncio
import logging
from typing import Any

import pytest

from loops import asynchronous, until
from ocpp_core import Role, SoapCodec
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.stations import SoapStations, Stations


class Connected:
    """A peer as the registry sees it."""

    def __init__(self, identity: str = "CP-1", fault: Exception | None = None) -> None:
        self.identity = identity
        self.is_open = True
        self.closed: list[tuple[int, str]] = []
        self._fault = fault

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed.append((code, reason))
        if self._fault is not None:
            raise self._fault
        self.is_open = False


@asynchronous
async def test_the_latest_connection_of_an_identity_counts() -> None:
    stations: Stations[Connected] = Stations()
    first, second, third = Connected(), Connected(), Connected()
    async with stations.connected(third):
        assert {"CP-1": third} == stations.peers
        async with stations.connected(first):
            async with stations.connected(second):
                assert {"CP-1": second} == stations.peers
                await until(lambda: first.closed)
            assert {} == stations.peers
        # What was replaced has not driven out its successor, and is not back either.
        assert {} == stations.peers
    assert [(1001, "connected again")] == first.closed == third.closed
    assert [] == second.closed


@asynchronous
async def test_what_was_replaced_does_not_take_its_successor_along() -> None:
    stations: Stations[Connected] = Stations()
    old, new = Connected(), Connected()
    replaced = asyncio.Event()

    async def serve_old() -> None:
        async with stations.connected(old):
            await replaced.wait()

    serving = asyncio.create_task(serve_old())
    await until(lambda: stations.peers)
    async with stations.connected(new):
        replaced.set()
        await serving

        assert {"CP-1": new} == stations.peers


@pytest.mark.parametrize(
    "replaces, is_open, status",
    [(None, True, None), (True, True, None), (False, True, 409), (False, False, None)],
)
@asynchronous
async def test_the_application_decides_between_two_connections(
    replaces: bool | None, is_open: bool, status: int | None
) -> None:
    stations: Stations[Connected] = Stations(
        replaces=None if replaces is None else lambda peer, handshake: bool(replaces)
    )
    async with stations.connected(peer := Connected()):
        peer.is_open = is_open
        refusal = stations.make_room(Handshake(identity="CP-1", version=None))

        assert status == (refusal and refusal.status)
        assert None is stations.make_room(Handshake(identity="CP-2", version=None))


FAULTS = [ValueError("hook"), asyncio.CancelledError("hook"), BaseExceptionGroup("hook", [GeneratorExit()])]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("is_late", [False, True])
@asynchronous
async def test_hooks_that_fail_are_logged_and_hurt_nobody(
    fault: BaseException, is_late: bool, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Connected] = []

    def hook(peer: Connected) -> None:
        told.append(peer)
        raise fault

    async def late_hook(peer: Connected) -> None:
        await asyncio.sleep(0)
        hook(peer)

    one = late_hook if is_late else hook
    stations: Stations[Connected] = Stations(on_connect=one, on_disconnect=one)
    peer = Connected()
    async with stations.connected(peer):
        await until(lambda: told)
        assert {"CP-1": peer} == stations.peers
    await stations.end()

    assert [peer, peer] == told
    assert 2 == caplog.text.count("CP-1: the hook")
    assert {} == stations.peers


@asynchronous
async def test_a_hook_that_is_cancelled_because_its_server_ends_is_no_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, ended = asyncio.Event(), []

    async def hook(peer: Connected) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(peer)

    stations: Stations[Connected] = Stations(on_connect=hook)
    async with stations.connected(peer := Connected()):
        await begun.wait()
        await stations.end()

        assert [peer] == ended
    assert "" == caplog.text


@asynchronous
async def test_one_connection_that_cannot_be_closed_keeps_no_other_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stations: Stations[Connected] = Stations()
    bad, good = Connected("A", OSError("broken")), Connected("B")
    async with stations.connected(bad), stations.connected(good):
        await stations.close()

        assert [(1001, "the server stops")] == bad.closed == good.closed
    assert "broken" in caplog.text


@asynchronous
async def test_what_a_station_calls_itself_is_printable_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ocpp_core")

    def hook(peer: Any) -> None:
        raise ValueError

    stations: Stations[Connected] = Stations(on_connect=hook, on_disconnect=hook)
    name = "CP\x1b[2J\n\u202e" + "x" * 7000  # by a hook of `identities`, which may say what it likes
    async with stations.connected(Connected(name)), stations.connected(Connected(name)):
        await asyncio.sleep(0)
    await stations.end()

    assert caplog.records
    assert all(
        record.getMessage().isprintable() and len(record.getMessage()) < 300 for record in caplog.records
    )


# --- SOAP ------------------------------------------------------------------------------------------------------------


def met(stations: SoapStations, identity: str, *, is_proven: bool) -> SoapPeer:
    def make() -> SoapPeer:
        return SoapPeer(SoapCodec("1.5", role=Role.CSMS), identity)

    return stations.met(identity, make, is_proven=is_proven)


def two_of_each(*proven: str) -> SoapStations:
    """With room for two; these have proven themselves."""
    return SoapStations(2, set(proven).__contains__)


def test_strangers_drive_out_strangers_only() -> None:
    stations = two_of_each("A", "B")
    proven = [met(stations, name, is_proven=True) for name in ("A", "B")]
    for number in range(1000):
        met(stations, f"stranger {number}", is_proven=False)

    assert ["A", "B", "stranger 998", "stranger 999"] == list(stations)
    assert 4 == len(stations)
    assert proven == [met(stations, name, is_proven=True) for name in ("A", "B")]


@pytest.mark.parametrize("is_proven", [False, True])
def test_who_was_silent_longest_is_forgotten(is_proven: bool) -> None:
    stations = two_of_each(*("ABC" if is_proven else ""))
    for name in ("A", "B", "A", "C"):
        met(stations, name, is_proven=is_proven)

    assert ["A", "C"] == list(stations)


def test_who_proves_to_be_a_station_inherits_nothing_from_who_did_not() -> None:
    stations = two_of_each("A")
    stranger = met(stations, "A", is_proven=False)
    stranger.address = "http://stranger/"
    station = met(stations, "A", is_proven=True)

    assert None is station.address
    assert station is stations["A"] is met(stations, "A", is_proven=True)
    assert ["A"] == list(stations)


def test_an_address_planted_before_a_station_proves_itself_elsewhere_is_not_used() -> None:
    """It may prove itself by its WebSocket, and never post anything."""
    known: set[str] = set()
    stations = SoapStations(2, known.__contains__)
    met(stations, "A", is_proven=False).address = "http://stranger/"
    known.add("A")

    assert None is stations.get("A")
    assert ([], 0) == (list(stations), len(stations))


def test_a_station_that_is_forgotten_is_not_called_where_it_was() -> None:
    known = {"A"}
    stations = SoapStations(2, known.__contains__)
    met(stations, "A", is_proven=True).address = "http://gone/"
    known.clear()

    assert None is stations.get("A")
    assert ["A"] == [met(stations, "A", is_proven=False).identity, *stations][1:]
