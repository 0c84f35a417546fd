"""Stations on the SOAP wire: one without a fault is clean, and one with a fault is found by exactly its rule."""

import pytest

from conformance.peers.soap_station import SoapStation, soap_staged
from conformance.peers.soap_station_faults import ANSWERS, CALLS, PAYLOADS, SHARED, Fault
from conformance.peers.station_judging import IS_DEEP, PROFILE, block, judged
from loops import run_in_no_time
from ocpp_core.conformance.checks import CHECKS
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.rules import Rule, Seen, rules
from ocpp_core.model.versions import Role, Wire

VERSIONS = ("1.2", "1.5", "1.6")
FAULTS = [*ANSWERS, *CALLS, *PAYLOADS, *SHARED]
#: Checks in which a station is got to say and to answer enough to be overheard.
_TALK = {"trigger.sent", "unlock.unknown-connector", "configuration.asked-only"}
#: Rules that no station of 1.x breaks: it would have to end by itself what was not taken.
_BY_2X = {"transaction.order"}


def binding(version: str) -> list[Rule]:
    """The rules that hold stations of a version to something on this wire."""
    return [rule for rule in rules().values() if rule.binds(Role.CHARGE_POINT, version, Wire.SOAP)]


def found(station: SoapStation, id: str, unclear: dict[str, str] | None = None) -> dict[str, str]:
    """What is found by a check, and by listening meanwhile; see `station_judging.found`."""

    async def look() -> dict[str, str]:
        async with soap_staged(station, PROFILE) as stage:
            return await judged(stage, id, unclear)

    return run_in_no_time(look())


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_found_in_a_station_without_a_fault(version: str) -> None:
    seen: dict[str, str] = {}
    for rule in binding(version):
        if rule.id in CHECKS:
            seen |= found(SoapStation(version), rule.id)

    assert {} == seen


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_station_may_pack_what_it_says(coding: str) -> None:
    station = SoapStation("1.6")
    station.packs = coding

    assert {} == found(station, "trigger.sent")


@pytest.mark.parametrize(
    "fault, version",
    [
        pytest.param(
            fault,
            version,
            id=f"{fault.rule}-{fault.name}-{version}",
            marks=[pytest.mark.deep] if version != fault.versions[0] else [],
        )
        for fault in FAULTS
        for version in fault.versions
    ],
)
def test_one_fault_is_found_by_its_rule_alone(fault: Fault, version: str) -> None:
    """In the deep run by all checks; else by those of the same block, and by what is overheard meanwhile."""
    is_overheard = rules()[fault.rule].seen is Seen.OVERHEARD
    seen: dict[str, str] = {}
    for rule in binding(version):
        is_near = rule.id in _TALK if is_overheard else block(rule.id) == block(fault.rule)
        if rule.id in CHECKS and (IS_DEEP or is_near):
            seen |= found(fault.station(version), rule.id)

    assert {fault.rule} == seen.keys(), seen


def test_every_rule_of_stations_on_this_wire_is_broken_by_a_station() -> None:
    bound = {rule.id for version in VERSIONS for rule in binding(version) if rule.seen is not Seen.GENERATED}

    assert _BY_2X == bound - {fault.rule for fault in FAULTS}


def test_every_rule_of_stations_on_this_wire_has_a_check() -> None:
    bound = {rule.id for version in VERSIONS for rule in binding(version)}

    assert set() == bound - CHECKS.keys() - OVERHEARD.keys()


@pytest.mark.parametrize("id", ["availability.told", "reservation.shown", "status.connector-zero-tokens"])
@pytest.mark.parametrize("fault", [fault for fault in PAYLOADS if fault.name == "a status of its own"])
def test_what_breaks_its_schema_is_neither_right_nor_wrong_nor_absent(fault: Fault, id: str) -> None:
    """Whoever cannot read a status knows neither that it was told nor that it was not."""
    unclear: dict[str, str] = {}
    seen = found(fault.station("1.6"), id, unclear)

    assert {fault.rule} == seen.keys()
    assert "a StatusNotification came that breaks its schema" in unclear[id]
