"""A gateway before stations and back-ends that nobody has chosen: odd names, many names, both wires at once."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect as dial
from websockets.typing import Subprotocol

from gateways import AT_ONCE, gateway_to, office, station
from loops import asynchronous, until
from ocpp_core import v15, v16
from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.router import LoneCaller, Router
from ocpp_core.gateway import Backend, Gateway, Passed
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallFailedError, CallRejectedError, OcppError
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.transports import soap_station
from ocpp_core.transports.websocket import connect

BOOT = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")


class Heard(Hooks):
    """Says that a frame of a station has come."""

    def __init__(self) -> None:
        self.told = asyncio.Event()

    def frame(self, peer: Any, direction: str, size: int) -> None:
        if direction == "in":
            self.told.set()


@asynccontextmanager
async def silent_csms() -> AsyncGenerator[Backend, None]:
    """It takes connections, and never answers a handshake."""
    waiting: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: waiting.append(writer), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Backend(url=f"ws://127.0.0.1:{port}/", version="2.0.1", options={"backoff": AT_ONCE})
        for writer in waiting:
            writer.close()


@asynchronous
async def test_a_station_that_the_csms_does_not_let_in_is_told_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    closed, heard = list[Any](), Heard()

    async def refuse(_: object) -> bool:
        await heard.told.wait()
        return False

    async with (
        office("2.0.1", authenticate=refuse) as back,
        gateway_to(back.backend(), app={"hooks": [heard]}) as (_, port),
        station(port, on_disconnect=closed.append) as peer,
    ):
        with pytest.raises(CallRejectedError) as info:
            await peer.call(BOOT)
        await until(lambda: bool(closed))

    assert ErrorCode.GENERIC is info.value.code
    assert 1008 == closed[0].close_code
    assert 1 == caplog.text.count("HTTP 401")
    assert "has failed" not in caplog.text


@asynchronous
async def test_a_station_whose_csms_is_not_reached_is_told_to_come_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nowhere, closed = Backend(url="ws://127.0.0.1:9/", version="2.0.1"), list[Any]()
    async with (
        gateway_to(nowhere, patience=0.05) as (gateway, port),
        station(port, on_disconnect=closed.append) as peer,
    ):
        with pytest.raises(CallRejectedError) as info:
            await peer.call(BOOT)
        await until(lambda: bool(closed))

    assert ErrorCode.GENERIC is info.value.code
    assert 1001 == closed[0].close_code
    assert () == gateway.identities
    assert "on_connect" not in caplog.text


@asynchronous
async def test_a_name_that_the_version_of_a_back_end_cannot_have_is_no_fault_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """1.6 allows a colon in an identity, and 2.0.1 does not."""
    closed: list[Any] = []
    async with office("2.0.1") as back, gateway_to(back.backend()) as (_, port):
        url, options = f"ws://127.0.0.1:{port}/", {"reconnect": False, "on_disconnect": closed.append}
        async with connect(url, "CP:1", Router(), "1.6", **options):  # type: ignore[arg-type]
            await until(lambda: bool(closed))

    assert 1008 == closed[0].close_code
    assert "Traceback" not in caplog.text
    assert "cannot be the identity" in caplog.text


@asynchronous
async def test_a_name_that_a_mirror_cannot_have_is_none_of_the_stations_business(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        office("1.6") as back,
        office("2.0.1") as side,
        gateway_to(back.backend(), side.backend()) as (_, port),
        connect(f"ws://127.0.0.1:{port}/", "CP:1", Router(), "1.6", reconnect=False) as peer,
    ):
        await peer.call(BOOT)
        await until(lambda: "cannot be the identity" in caplog.text)

    assert ["BootNotification"] == back.actions
    assert "Traceback" not in caplog.text


@asynchronous
async def test_no_number_of_names_takes_up_all_sockets(caplog: pytest.LogCaptureFixture) -> None:
    """Who posts SOAP needs no connection of its own, and each name costs one to the CSMS."""
    async with office("2.0.1") as back, gateway_to(back.backend(), max_posting=3) as (gateway, port):
        for number in range(8):
            async with soap_station.connect(
                f"http://127.0.0.1:{port}/", f"CP-{number}", Router(), "1.5"
            ) as csms:
                await csms.call(v15.HeartbeatRequest())
        server = back.server
        assert server is not None
        await until(lambda: len(server.peers) == 3)
        known = gateway.identities

    assert ("CP-5", "CP-6", "CP-7") == known
    assert 8 * ["Heartbeat"] == back.actions
    assert "CP-0 is forgotten for another SOAP station" in caplog.text


@asynchronous
async def test_of_soap_stations_the_one_is_forgotten_that_was_silent_longest() -> None:
    async with office("2.0.1") as back, gateway_to(back.backend(), max_posting=2) as (gateway, port):
        for number in (0, 1, 0, 2):
            async with soap_station.connect(
                f"http://127.0.0.1:{port}/", f"CP-{number}", Router(), "1.5"
            ) as csms:
                await csms.call(v15.HeartbeatRequest())
        known = gateway.identities

    assert ("CP-0", "CP-2") == known


def test_there_has_to_be_room_for_a_soap_station() -> None:
    with pytest.raises(ValueError, match="max_posting"):
        Gateway(Backend(url="ws://localhost", version="1.6"), max_posting=0)


@asynchronous
async def test_a_websocket_takes_the_place_of_a_station_that_waits_for_its_csms() -> None:
    """The one that has posted is told at once, and only one of the two goes on connecting."""
    async with (
        silent_csms() as backend,
        gateway_to(backend, patience=20.0) as (gateway, port),
        station(port, "1.6", "soap") as poster,
    ):
        posting = asyncio.create_task(poster.call(BOOT))
        await until(lambda: bool(gateway.identities))
        async with station(port) as peer:
            with pytest.raises(CallRejectedError) as info:
                await posting
            calling = asyncio.create_task(peer.call(BOOT))
        with pytest.raises(CallFailedError):
            await calling
        await until(lambda: not gateway.identities)

    assert "RejectedError" in type(info.value).__name__


def held_up(gateway: Gateway) -> asyncio.Event:
    """Makes the one session that there is end slowly: once this is set."""
    (joined,) = gateway._joined.values()
    may_close, close = asyncio.Event(), joined.close

    async def slowly() -> None:
        await may_close.wait()
        await close()

    joined.close = slowly  # type: ignore[method-assign]
    return may_close


@asynchronous
async def test_a_soap_station_that_posts_while_its_session_is_changed_waits_for_it() -> None:
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend()) as (gateway, port),
        station(port, "1.5", "soap") as old,
        station(port, "1.6", "soap") as new,
    ):
        await old.call(v15.HeartbeatRequest())
        may_close, (earlier,) = held_up(gateway), gateway._joined.values()
        first = asyncio.create_task(new.call(v16.HeartbeatRequest()))
        await until(lambda: gateway._joined.get("CP-1") is not earlier)
        begun, receive = asyncio.Event(), gateway._joined["CP-1"].receive

        async def received(message: Any) -> Any:
            begun.set()
            return await receive(message)

        gateway._joined["CP-1"].receive = received  # type: ignore[method-assign]
        second = asyncio.create_task(new.call(v16.HeartbeatRequest()))
        await begun.wait()
        may_close.set()
        await asyncio.gather(first, second)

    assert 3 * ["Heartbeat"] == back.actions


@asynchronous
async def test_a_station_that_was_replaced_before_it_had_begun_never_begins() -> None:
    """Its earlier session takes its time to end; meanwhile another connection of it has come."""
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend()) as (gateway, port),
        station(port, "1.5", "soap") as old,
        station(port, "1.6", "soap") as new,
    ):
        await old.call(v15.HeartbeatRequest())
        may_close, (earlier,) = held_up(gateway), gateway._joined.values()
        posting = asyncio.create_task(new.call(v16.HeartbeatRequest()))
        await until(lambda: gateway._joined.get("CP-1") is not earlier)
        async with station(port) as peer:
            await until(lambda: "CP-1" in gateway._joined and not gateway._posting)
            may_close.set()
            await peer.call(BOOT)
            with pytest.raises(CallRejectedError):
                await posting
            await peer.call(BOOT)
            tasks = [one.get_name() for one in asyncio.all_tasks()]

    assert ["Heartbeat", "BootNotification", "BootNotification"] == back.actions
    assert 1 == tasks.count("ocpp gateway CP-1")


@asynchronous
async def test_a_csms_that_is_gone_is_tried_again_before_stations_are_given_up() -> None:
    """The back-off of the standard begins with ten seconds, which is for stations: there are fewer gateways."""
    waits: list[float] = []

    async def slept(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    async with office("2.0.1") as back:
        backend = back.backend(options={"sleep": slept, "chance": lambda: 1.0})
        async with gateway_to(backend, patience=20.0) as (_, port), station(port) as peer:
            await peer.call(BOOT)
            await back.stop()
            await until(lambda: len(waits) > 2)
            await back.start()
            await peer.call(BOOT)

    assert 20.0 > sum(waits[:3])


@asynchronous
async def test_nothing_is_left_of_a_station_that_was_closed_with_its_gateway() -> None:
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend(), patience=20.0) as (gateway, port),
        station(port) as peer,
    ):
        await peer.call(BOOT)
        (joined,) = gateway._joined.values()

    # A timer that runs on would keep all of it in memory.
    assert joined._timer is None


@asynchronous
async def test_a_station_that_is_just_forgotten_and_posts_again_waits_for_the_end_of_its_session() -> None:
    """Two sessions at once would write the same records."""
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend()) as (gateway, port),
        station(port, "1.6", "soap") as poster,
    ):
        await poster.call(BOOT)
        may_close, (joined,) = held_up(gateway), gateway._joined.values()
        joined.is_closed = True  # as it is from the first moment of its end
        joined.end("it has been silent for long")
        posting = asyncio.create_task(poster.call(BOOT))
        await until(lambda: gateway._joined.get("CP-1") is not joined)
        is_waiting = gateway._joined["CP-1"]._primary is None
        may_close.set()
        await posting

    assert is_waiting
    assert 2 * ["BootNotification"] == back.actions


@asynchronous
async def test_stations_that_post_are_let_go_of_together() -> None:
    """One may wait a second for its mirrors, and there may be a thousand."""
    both = asyncio.Barrier(2)
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend()) as (gateway, port),
        soap_station.connect(f"http://127.0.0.1:{port}/", "CP-1", Router(), "1.5") as one,
        soap_station.connect(f"http://127.0.0.1:{port}/", "CP-2", Router(), "1.5") as other,
    ):
        for csms in (one, other):
            await csms.call(v15.HeartbeatRequest())
        for joined in gateway._joined.values():
            joined.close = waiting_for(both, joined.close)  # type: ignore[method-assign]

    assert () == gateway.identities


def waiting_for(both: asyncio.Barrier, close: Any) -> Any:
    async def closed() -> None:
        await both.wait()
        await close()

    return closed


@asynchronous
async def test_what_was_tolerated_of_a_station_reaches_a_csms_of_its_version_as_far_as_it_may(
    caplog: pytest.LogCaptureFixture,
) -> None:
    passed: list[Passed] = []
    async with (
        office("1.6") as back,
        gateway_to(back.backend(), app={"tolerance": Tolerance.TOLERANT}, watch=passed.append) as (_, port),
        dial(f"ws://127.0.0.1:{port}/ocpp/CP-1", subprotocols=[Subprotocol("ocpp1.6")]) as odd,
    ):
        await odd.send('[2,"1","Heartbeat",{"junk":1}]')
        heard = json.loads(await odd.recv())
        asking = asyncio.create_task(back.call(v16.ClearCacheRequest()))
        _, number, *_ = json.loads(await odd.recv())
        await odd.send(json.dumps([3, number, {"status": "Accepted", "junk": 1}]))
        cleared = await asking
        asking = asyncio.create_task(back.call(v16.ClearCacheRequest()))
        _, number, *_ = json.loads(await odd.recv())
        await odd.send(json.dumps([3, number, {"status": "Perhaps"}]))
        with pytest.raises(CallRejectedError) as info:
            await asking

    assert [3, "1"] == heard[:2]
    assert [v16.HeartbeatRequest()] == back.heard
    assert v16.ClearCacheResponse(status=v16.ClearCacheStatus.ACCEPTED) == cleared
    assert ErrorCode.INTERNAL is info.value.code
    assert ["$.junk", "$.junk", "$"] == [loss.path for one in passed for loss in one.losses]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@asynchronous
async def test_who_decides_whom_to_let_in_decides_who_takes_a_place() -> None:
    """Without `authenticate` another password would not do."""
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend(), app={"authenticate": lambda _: True}) as (gateway, port),
        station(port, password="one password of many") as first,
        station(port, password="another of them all!") as second,
    ):
        await second.call(BOOT)
        with pytest.raises(CallFailedError):
            await first.call(BOOT)
        known = gateway.identities

    assert ("CP-1",) == known


@asynchronous
async def test_a_station_that_still_waits_for_the_csms_is_told_that_the_gateway_has_closed() -> None:
    async with (
        silent_csms() as backend,
        gateway_to(backend) as (gateway, port),
        dial(f"ws://127.0.0.1:{port}/ocpp/CP-1", subprotocols=[Subprotocol("ocpp1.6")]) as waiting,
    ):
        await until(lambda: bool(gateway.identities))
        await gateway.__aexit__()
        await waiting.wait_closed()

    assert (1001, "the gateway has closed it") == (waiting.close_code, waiting.close_reason)


@asynchronous
async def test_who_posts_while_it_is_forgotten_for_another_has_an_answer() -> None:
    """It has lost its place already, and its connection is not closed yet."""
    heartbeat = v16.HeartbeatRequest()
    async with office("2.0.1") as back, Gateway(back.backend(), max_posting=1) as gateway:
        one, two = (LoneCaller(name, specification("1.6")) for name in ("CP-1", "CP-2"))
        await gateway.router.handle(heartbeat, one)
        second, first = await asyncio.gather(
            gateway.router.handle(heartbeat, two), gateway.router.handle(heartbeat, one)
        )
        again = await gateway.router.handle(heartbeat, one)
        known = gateway.identities

    assert isinstance(second.response, v16.HeartbeatResponse)
    assert isinstance(first.error, OcppError)
    assert ErrorCode.GENERIC is first.error.code
    assert isinstance(again.response, v16.HeartbeatResponse)
    assert ("CP-1",) == known
