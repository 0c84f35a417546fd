"""A station boots until it is accepted, and sends heartbeats from then on."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from loops import asynchronous
from ocpp_core import ErrorCode, LocalProtocolError, OcppError, evolve, specification
from ocpp_core.dispatch.boot import booted
from ocpp_core.dispatch.gate import BootGate
from ocpp_core.dispatch.router import Router
from ocpp_core.model.messages import Request, Response
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.transports.memory import pair

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
NOON = "2026-01-31T12:00:00Z"
BOOT: dict[str, dict[str, Any]] = {
    "1.6": {"chargePointVendor": "V", "chargePointModel": "M"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}},
    "2.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}},
}


def boot_request(version: str) -> Request[Any]:
    request: Request[Any] = from_wire(specification(version).request("BootNotification"), BOOT[version])
    return request


class Sleeper:
    """Sleeps until it is woken, and remembers for how long it should have."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[float] = asyncio.Queue()
        self._woken = asyncio.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self.asked.put_nowait(seconds)
        await self._woken.acquire()

    def wake_one(self) -> None:
        """Wakes whoever sleeps, whatever he wanted."""
        self._woken.release()

    async def wake(self) -> float:
        """Waits for somebody to sleep and wakes him; returns the seconds that he wanted."""
        seconds = await self.asked.get()
        self._woken.release()
        return seconds


class Csms:
    """A CSMS that answers boots with one of several statuses after the other; the last remains."""

    def __init__(self, version: str, *statuses: tuple[str, int], gate: BootGate | None = None) -> None:
        self.router = Router()
        self.seen: asyncio.Queue[str] = asyncio.Queue()
        self._statuses = list(statuses)
        self._known = specification(version)
        if gate is not None:
            self.router.middleware(gate)
        self.router.on(self._known.request("BootNotification"))(self._boot)
        self.router.on(self._known.request("Heartbeat"))(self._beat)

    def _boot(self, request: Any, _: Any) -> Response:
        self.seen.put_nowait("boot")
        status, interval = self._statuses[0] if len(self._statuses) == 1 else self._statuses.pop(0)
        if status == "":
            raise OcppError(ErrorCode.INTERNAL)
        return self._answer("BootNotification", status=status, interval=interval)

    def _beat(self, request: Any, _: Any) -> Response:
        self.seen.put_nowait("heartbeat")
        return self._answer("Heartbeat")

    def _answer(self, action: str, **members: Any) -> Response:
        response: Response = from_wire(self._known.response(action), {"currentTime": NOON, **members})
        return response


@pytest.mark.parametrize("version", BOOT)
@asynchronous
async def test_a_station_boots_until_it_is_accepted(version: str) -> None:
    """At the interval that the CSMS gives; at its own where that is 0, or where there is no answer."""
    sleeper = Sleeper()
    csms = Csms(version, ("Rejected", 17), ("Pending", 0), ("", 0), ("Accepted", 120))
    async with pair(version, csms=csms.router) as (caller, _):

        async def work() -> Any:
            async with booted(caller, boot_request(version), retry_interval=33.0, sleep=sleeper) as station:
                return station.response

        working = asyncio.create_task(work())
        waited = [await sleeper.wake() for _ in range(3)]
        response = await working

    assert [17, 33.0, 33.0] == waited
    assert ("Accepted", 120) == (response.status, response.interval)
    assert 4 == csms.seen.qsize()


@asynchronous
async def test_a_station_that_waits_to_be_accepted_is_seen_without_configuring_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Python shows warnings by default; `booted` would seem to hang."""
    sleeper = Sleeper()
    csms = Csms("1.6", ("Rejected", 17), ("", 0), ("Accepted", 120))
    async with pair("1.6", csms=csms.router) as (caller, _):

        async def work() -> str:
            async with booted(caller, boot_request("1.6"), retry_interval=33.0, sleep=sleeper) as station:
                return repr(station)

        working = asyncio.create_task(work())
        for _ in range(2):
            await sleeper.wake()
        shown = await working

    assert [
        ("WARNING", f"{caller.identity} has booted and is Rejected; it boots again in 17 s"),
        (
            "WARNING",
            f"{caller.identity} cannot boot: {caller.identity}: BootNotification was refused with"
            " InternalError; it boots again in 33 s",
        ),
    ] == [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "ocpp_core.boot"]
    assert shown.startswith(f"<Booted {caller.identity}: BootNotificationResponse(")


@pytest.mark.parametrize("interval, waits", [(120, 120), (0, 300.0)])
@asynchronous
async def test_heartbeats_go_out_at_the_interval_of_the_csms(interval: int, waits: float) -> None:
    sleeper, csms, times = Sleeper(), Csms("1.6", ("Accepted", interval)), list[datetime]()
    async with (
        pair("1.6", csms=csms.router) as (caller, _),
        booted(caller, boot_request("1.6"), on_time=times.append, sleep=sleeper),
    ):
        waited = [await sleeper.wake() for _ in range(2)]
        seen = [await csms.seen.get() for _ in range(3)]

    assert [waits, waits] == waited
    assert ["boot", "heartbeat", "heartbeat"] == seen
    assert {NOW} == set(times)


class Panic(BaseException):
    """Such as a library in Rust raises."""


@pytest.mark.parametrize("fault", [OverflowError("year 1"), Panic()])
@asynchronous
async def test_a_clock_that_cannot_be_set_ends_no_heartbeats(
    fault: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """The CSMS chooses the time: it may be one that no clock has."""

    def on_time(_: datetime) -> None:
        raise fault

    sleeper, csms = Sleeper(), Csms("1.6", ("Accepted", 60))
    async with (
        pair("1.6", csms=csms.router) as (caller, _),
        booted(caller, boot_request("1.6"), on_time=on_time, sleep=sleeper),
    ):
        for _ in range(2):
            await sleeper.wake()
        seen = [await csms.seen.get() for _ in range(3)]

    assert ["boot", "heartbeat", "heartbeat"] == seen
    assert "CP-1: the hook on_time failed" == caplog.records[0].getMessage()


@asynchronous
async def test_what_a_clock_says_to_the_process_goes_on() -> None:
    def on_time(_: datetime) -> None:
        raise SystemExit

    async with pair("1.6", csms=Csms("1.6", ("Accepted", 60)).router) as (caller, _):
        with pytest.raises(SystemExit):
            async with booted(caller, boot_request("1.6"), on_time=on_time):
                pytest.fail("it has booted")


@asynchronous
async def test_no_heartbeat_goes_out_behind_the_end() -> None:
    sleeper, csms = Sleeper(), Csms("1.6", ("Accepted", 60))
    async with pair("1.6", csms=csms.router) as (caller, _):
        async with booted(caller, boot_request("1.6"), sleep=sleeper):
            await sleeper.asked.get()
        left = [task.get_name() for task in asyncio.all_tasks()]

    assert [] == [name for name in left if "heartbeats" in name]


@asynchronous
async def test_a_csms_that_has_forgotten_the_station_is_booted_at_again() -> None:
    """It was restarted, and its gate refuses heartbeats."""
    sleeper, gate = Sleeper(), BootGate(each_connection=True)
    csms = Csms("2.0.1", ("Accepted", 60), gate=gate)
    async with (
        pair("2.0.1", csms=csms.router, hooks=[gate]) as (caller, station),
        booted(caller, boot_request("2.0.1"), sleep=sleeper),
    ):
        gate._connections.pop(station)
        await sleeper.wake()
        seen = [await csms.seen.get() for _ in range(2)]
        await sleeper.wake()
        seen.append(await csms.seen.get())

    assert ["boot", "boot", "heartbeat"] == seen


@asynchronous
async def test_a_heartbeat_without_answer_is_told_and_followed_by_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sleeper, csms = Sleeper(), Csms("1.6", ("Accepted", 60))
    answers = iter([OcppError(ErrorCode.INTERNAL), None])

    async def refuse_one(request: Any, peer: Any, handle: Callable[..., Any]) -> Any:
        if request.__ocpp__.action == "Heartbeat" and (error := next(answers)):
            csms.seen.put_nowait("refused")
            raise error
        return await handle(request, peer)

    csms.router.middleware(refuse_one)
    async with (
        pair("1.6", csms=csms.router) as (caller, _),
        booted(caller, boot_request("1.6"), sleep=sleeper),
    ):
        for _ in range(2):
            await sleeper.wake()
        seen = [await csms.seen.get() for _ in range(3)]

    assert ["boot", "refused", "heartbeat"] == seen
    assert [
        (
            "WARNING",
            "CP-1 has no answer to its heartbeat: CP-1: Heartbeat was refused with InternalError",
        )
    ] == [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "ocpp_core.boot"]


@asynchronous
async def test_a_reset_station_boots_again() -> None:
    sleeper, csms = Sleeper(), Csms("1.6", ("Accepted", 60))
    async with (
        pair("1.6", csms=csms.router) as (caller, _),
        booted(caller, boot_request("1.6"), sleep=sleeper) as station,
    ):
        first = station.response
        second = await station.boot()

    assert first is not second
    assert second is station.response
    assert 2 == csms.seen.qsize()


@asynchronous
async def test_a_station_boots_again_with_another_reason() -> None:
    """B01.FR.09: after a Reset the reason is another than at first; and it stays so while the CSMS refuses."""
    told: list[Any] = []
    router = Router()

    known = specification("2.0.1")

    @router.on(known.request("BootNotification"))
    def boot(request: Any, _: Any) -> Any:
        told.append(request.reason)
        status = "Pending" if len(told) == 2 else "Accepted"
        answer = {"currentTime": NOON, "interval": 60, "status": status}
        return from_wire(known.response("BootNotification"), answer)

    sleeper = Sleeper()
    async with (
        pair("2.0.1", csms=router) as (caller, _),
        booted(caller, boot_request("2.0.1"), sleep=sleeper) as station,
    ):
        waking = asyncio.create_task(station.boot(evolve(boot_request("2.0.1"), reason="RemoteReset")))
        while len(told) < 3:
            sleeper.wake_one()
            await asyncio.sleep(0)
        await waking

    assert ["PowerUp", "RemoteReset", "RemoteReset"] == told


@asynchronous
async def test_a_request_that_cannot_be_sent_is_the_callers_fault() -> None:
    request = boot_request("1.6")
    async with pair("2.0.1") as (caller, _):
        with pytest.raises(LocalProtocolError):
            async with booted(caller, request):
                pytest.fail("it has not booted")


@asynchronous
async def test_the_interval_of_another_boot_counts_at_once() -> None:
    """Who was told to beat every five minutes, and every two seconds now, does not wait for the five minutes."""
    csms, sleeper = Csms("1.6", ("Accepted", 300), ("Accepted", 2)), Sleeper()
    async with (
        pair("1.6", csms=csms.router) as (caller, _),
        booted(caller, boot_request("1.6"), sleep=sleeper) as station,
    ):
        waits = [await sleeper.asked.get()]
        await station.boot()
        waits.append(await asyncio.wait_for(sleeper.asked.get(), 5))

    assert [300, 2] == waits


@asynchronous
async def test_no_heartbeat_is_sent_until_another_boot_is_accepted() -> None:
    csms, sleeper = Csms("1.6", ("Accepted", 300), ("Pending", 7), ("Accepted", 2)), Sleeper()
    async with (
        pair("1.6", csms=csms.router) as (caller, _),
        booted(caller, boot_request("1.6"), sleep=sleeper) as station,
    ):
        waits = [await sleeper.asked.get()]
        again = asyncio.create_task(station.boot())
        waits.append(await sleeper.asked.get())
        sleeper.wake_one()
        await again
        waits.append(await asyncio.wait_for(sleeper.asked.get(), 5))

    assert [300, 7, 2] == waits
    assert ["boot"] * 3 == [csms.seen.get_nowait() for _ in range(csms.seen.qsize())]
