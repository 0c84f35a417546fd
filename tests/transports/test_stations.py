"""The registries of stations: who is connected, and which SOAP stations are remembered."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from loops import asynchronous, turns, until
from ocpp_core import Role, Router, SoapCodec, Version, v21
from ocpp_core.dispatch import Peer
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.socket_peer import SocketPeer
from ocpp_core.transports.stations import SoapStations, Stations

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
STREAM = (
    '[6,"1","NotifyPeriodicEventStream",{"data":[{"t":0.5,"v":"230.1"}],"id":1,"pending":0,'
    '"basetime":"2026-01-31T12:00:00Z"}]'
)


class Connected(SocketPeer):
    """A peer as the registry sees it."""

    def __init__(
        self,
        identity: str = "CP-1",
        fault: Exception | None = None,
        *,
        router: Router | None = None,
        handlers_wait: bool = False,
    ) -> None:
        handshake = Handshake(identity=identity, version=Version.V2_1)
        super().__init__(router or Router(), handshake, max_frame=1000, handlers_wait=handlers_wait)
        self.closed: list[tuple[int, str]] = []
        self.is_cut = False
        self.is_alive = True
        self._fault = fault

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed.append((code, reason))
        if self._fault is not None:
            raise self._fault
        self.is_alive = False

    @property
    def is_open(self) -> bool:
        return self.is_alive

    def abort(self) -> None:
        self.is_cut = True


class Serving:
    """A connection that is served until it is told to end."""

    def __init__(self, stations: Stations[Connected], peer: Connected) -> None:
        self._end = asyncio.Event()
        self._running = asyncio.create_task(self._serve(stations, peer))

    async def _serve(self, stations: Stations[Connected], peer: Connected) -> None:
        async with stations.connected(peer):
            await self._end.wait()

    async def end(self) -> None:
        self._end.set()
        await self._running


async def serving(stations: Stations[Connected], peer: Connected) -> Serving:
    made = Serving(stations, peer)
    await until(lambda: peer in stations.peers.values())
    return made


@asynchronous
async def test_the_latest_connection_of_an_identity_counts() -> None:
    stations: Stations[Connected] = Stations()
    peers = [Connected() for _ in range(3)]
    served = [await serving(stations, peer) for peer in peers]

    assert {"CP-1": peers[2]} == stations.peers
    await until(lambda: peers[0].closed and peers[1].closed)
    for one in served[:2]:
        await one.end()
    # What was replaced has not driven out its successor, and is not back either.
    assert {"CP-1": peers[2]} == stations.peers
    await served[2].end()

    assert {} == stations.peers
    assert [[(1001, "connected again")]] * 2 + [[]] == [peer.closed for peer in peers]
    assert [True, True, False] == [peer.is_replaced for peer in peers]


@asynchronous
async def test_hooks_of_one_identity_run_in_the_order_of_its_connections() -> None:
    """What the end of the old connection tidies up is not what the new one has set up."""
    told: list[tuple[str, Connected, bool]] = []
    tidying = asyncio.Event()

    async def on_connect(peer: Connected) -> None:
        told.append(("connect", peer, peer.is_replaced))

    async def on_disconnect(peer: Connected) -> None:
        await tidying.wait()
        told.append(("disconnect", peer, peer.is_replaced))

    stations: Stations[Connected] = Stations(on_connect=on_connect, on_disconnect=on_disconnect)
    old, new = Connected(), Connected()
    on_old = await serving(stations, old)
    await until(lambda: told)
    on_new = await serving(stations, new)
    ends = [asyncio.create_task(one.end()) for one in (on_new, on_old)]
    await asyncio.sleep(0)
    assert [("connect", old, False)] == told
    tidying.set()
    await asyncio.gather(*ends)

    # The new one was over before it could be told of.
    assert [("connect", old, False), ("disconnect", old, True), ("disconnect", new, False)] == told


@asynchronous
async def test_what_welcomes_a_station_may_tidy_up_when_its_connection_ends() -> None:
    told: list[str] = []
    call_fails = asyncio.Event()

    async def on_connect(_: Connected) -> None:
        told.append("connect")
        await call_fails.wait()
        await turns()
        told.append("tidied up")

    stations: Stations[Connected] = Stations(on_connect=on_connect)
    served = await serving(stations, Connected())
    await until(lambda: told)
    call_fails.set()
    await served.end()

    assert ["connect", "tidied up"] == told


@asynchronous
async def test_the_new_connection_is_told_of_when_the_old_one_is_over() -> None:
    told: list[tuple[str, Connected]] = []
    stations: Stations[Connected] = Stations(
        on_connect=lambda peer: told.append(("connect", peer)),
        on_disconnect=lambda peer: told.append(("disconnect", peer)),
    )
    old, new = Connected(), Connected()
    on_old = await serving(stations, old)
    await until(lambda: told)
    on_new = await serving(stations, new)
    await until(lambda: old.is_cut)
    assert [("connect", old)] == told
    await on_old.end()
    await until(lambda: len(told) == 3)
    await on_new.end()

    assert [("connect", old), ("disconnect", old), ("connect", new), ("disconnect", new)] == told


@asynchronous
async def test_a_hook_that_still_runs_at_the_end_is_cancelled_before_the_next_one() -> None:
    told: list[str] = []

    async def on_connect(peer: Connected) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.append("cancelled")

    stations: Stations[Connected] = Stations(
        on_connect=on_connect, on_disconnect=lambda _: told.append("disconnect")
    )
    on_peer = await serving(stations, Connected())
    await asyncio.sleep(0)
    await on_peer.end()

    assert ["cancelled", "disconnect"] == told


@pytest.mark.parametrize("is_failing", [False, True])
@asynchronous
async def test_handlers_may_wait_for_the_hook(is_failing: bool) -> None:
    begun = asyncio.Event()
    end = asyncio.Event()

    async def on_connect(peer: Connected) -> None:
        begun.set()
        await end.wait()
        if is_failing:
            raise ValueError("no database")

    stations: Stations[Connected] = Stations(on_connect=on_connect)
    peer = Connected(handlers_wait=True)
    async with stations.connected(peer):
        await begun.wait()
        assert peer.is_held
        end.set()
        await until(lambda: peer.closed if is_failing else not peer.is_held)

        assert [(1011, "this server has failed")] * is_failing == peer.closed


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
        peer.is_alive = is_open
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
    served = [await serving(stations, Connected(name)) for _ in range(2)]
    for one in served:
        await one.end()
    await stations.end()

    assert caplog.records
    assert all(
        record.getMessage().isprintable() and len(record.getMessage()) < 300 for record in caplog.records
    )


@pytest.mark.parametrize("is_welcome", [True, False])
@asynchronous
async def test_what_comes_before_the_welcome_waits_for_it(is_welcome: bool) -> None:
    """A call is answered in any case; a notification is dropped if the station is not welcome."""
    noticed: list[str] = []
    router = Router()

    @router.on(v21.NotifyPeriodicEventStream)
    def notice(message: v21.NotifyPeriodicEventStream, station: Any) -> None:
        noticed.append("notification")

    @router.on(v21.HeartbeatRequest)
    def heartbeat(request: v21.HeartbeatRequest, station: Any) -> v21.HeartbeatResponse:
        noticed.append("call")
        return v21.HeartbeatResponse(current_time=NOW)

    peer = Connected(router=router, handlers_wait=True)
    for text in (STREAM, '[2,"2","Heartbeat",{}]'):
        peer.receive(text)
    await turns()
    assert [] == noticed
    peer.welcome(is_welcome)
    await turns()
    await Peer.close(peer)

    assert (["notification", "call"] if is_welcome else []) == noticed


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
