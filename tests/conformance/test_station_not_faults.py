"""What the standard leaves open is no deviation: stations that are odd, and right."""

from typing import Any

import pytest

from conformance.peers.station import Queued, Station
from conformance.peers.station_faults import TRANSACTIONS
from conformance.peers.station_judging import IS_DEEP, binding, block, found
from conformance.peers.station_odd import ODD, Odd
from conformance.peers.station_ways import behaving
from ocpp_core.conformance.checks import CHECKS


@pytest.mark.parametrize(
    "odd, version",
    [pytest.param(odd, version, id=f"{odd.name}-{version}") for odd in ODD for version in odd.versions],
)
def test_nothing_is_found_in_a_station_that_is_odd_and_right(odd: Odd, version: str) -> None:
    """In the deep run by all checks; else by those that its oddity could mislead."""
    seen: dict[str, str] = {}
    for id in binding(version):
        if id in CHECKS and (IS_DEEP or block(id) in odd.blocks):
            seen |= found(lambda: odd.station(version), id, odd.profile)

    assert {} == {id: told for id, told in seen.items() if id not in odd.unseen}


# The other way round: what was not seen is not kept, and what can be seen is looked for.


def _odd(name: str) -> Odd:
    (one,) = (each for each in ODD if each.name == name)
    return one


def _reason(station: Station, id: str) -> str:
    """Why nobody can tell; "" if somebody can."""
    unclear: dict[str, str] = {}
    found(lambda: station, id, unclear=unclear)
    return unclear.get(id, "")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_the_end_of_another_transaction_is_not_the_one_that_was_lost(version: str) -> None:
    (fault,) = (each for each in TRANSACTIONS if each.rule == "transaction.again-after-loss")
    beside = _odd("others charge beside")

    def station() -> Station:
        made = fault.station(version)
        beside.change(made)
        return made

    assert {fault.rule} == found(station, fault.rule).keys()


async def _stops_first(self: Station, frame: list[Any]) -> None:
    """Tells the end before it answers the remote stop."""
    if "Stop" not in frame[2]:
        await Station.called(self, frame)
        return

    async def stop_and_answer() -> None:
        await self.stop_remotely(frame[3]["transactionId"])
        await self.transmit([3, frame[1], {"status": "Accepted"}])

    self.spawn(stop_and_answer())


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_an_end_that_came_before_the_loss_did_not_come_after_it(version: str) -> None:
    """However quickly it came: it is not the one that is waited for on the next connection."""
    (fault,) = (each for each in TRANSACTIONS if each.rule == "transaction.again-after-loss")

    def station() -> Station:
        made = fault.station(version)
        behaving(called=_stops_first)(made)
        return made

    assert {fault.rule} == found(station, fault.rule).keys()


async def _ends_by_itself(self: Station, item: Queued, answer: dict[str, object]) -> None:
    if item.is_start:
        await self.stop(self.connectors[item.transaction.connector - 1], "Local", "StopAuthorized")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_an_end_that_was_answered_was_not_lost(version: str) -> None:
    """A station whose transactions end by themselves says nothing of what it does about a lost answer."""
    station = Station(version)
    behaving(told=_ends_by_itself)(station)

    assert _reason(station, "transaction.again-after-loss").startswith("it has ended by itself")


@pytest.mark.parametrize(
    "id", ["transaction.told-once", "transaction.sampled", "trigger.sent", "configuration.all"]
)
def test_a_station_that_was_registered_before_is_judged(id: str) -> None:
    """It does not boot for a new connection, nor when it is asked to: and is right."""
    assert "" == _reason(_odd("registered before").station("1.6"), id)


@pytest.mark.parametrize(
    "version, name",
    [("1.6", "MeterValueSampleInterval"), ("2.0.1", "SampledDataCtrlr.TxUpdatedInterval")],
)
def test_a_setting_goes_by_its_name_in_the_version(version: str, name: str) -> None:
    station = Station(version)
    del (
        station.settings["MeterValueSampleInterval"],
        station.variables["SampledDataCtrlr", "TxUpdatedInterval"],
    )

    assert _reason(station, "transaction.sampled").startswith(f"{name} cannot be set")


def test_a_password_that_a_station_does_not_have_is_not_kept_back() -> None:
    assert "it has none" == _reason(_odd("only what it must").station("2.0.1"), "variable.get-write-only")


def test_messages_about_transactions_have_an_instance_of_their_attempts() -> None:
    """In 2.x the variable is asked for with it: without, no station has it."""
    assert "" == _reason(Station("2.0.1"), "transaction.attempts")
