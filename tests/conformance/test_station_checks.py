"""Every check of stations can fail: each station with one fault is found by exactly its rule, all others by none."""

import asyncio
import itertools
import os

import pytest

from conformance.peers.memory_stage import run, staged
from conformance.peers.station import Station
from conformance.peers.station_faults import BOOTS, FRAMES, TRANSACTIONS
from conformance.peers.station_faults_more import MORE
from conformance.peers.station_faults_settings import SETTINGS_FAULTS
from conformance.peers.station_ways import Fault, behaving, says
from ocpp_core.conformance.checks import CHECKS
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.rules import Seen, rules
from ocpp_core.conformance.runner import load_checks
from ocpp_core.conformance.verdicts import Deviation, Inconclusive, NotApplicable
from ocpp_core.model.versions import Role, Wire

load_checks()

FAULTS: list[Fault] = [*BOOTS, *TRANSACTIONS, *FRAMES, *SETTINGS_FAULTS, *MORE]
VERSIONS = ("1.6", "2.0", "2.0.1", "2.1")
PROFILE = Profile(evses=2, tokens={"accepted": ("GOOD0001",)}, hooks={"plug": lambda _: None})
#: Seconds, which pass in no time, that a check may take.
_LONGEST = 900.0
IS_DEEP = os.environ.get("OCPP_DEEP") == "1"


def binding(version: str) -> list[str]:
    """The rules that hold stations of a version to something, less those of generated messages."""
    return [
        rule.id
        for rule in rules().values()
        if rule.binds(Role.CHARGE_POINT, version, Wire.JSON) and rule.seen is not Seen.GENERATED
    ]


def block(id: str) -> str:
    """The first part of a rule's id."""
    return id.partition(".")[0]


def found(make: type[Station] | Fault, version: str, id: str) -> dict[str, str]:
    """What is found by a check, and by listening meanwhile: rules, and what was seen."""

    async def look() -> dict[str, str]:
        seen: dict[str, str] = {}
        station = make.station(version) if isinstance(make, Fault) else make(version)
        async with staged(station, PROFILE) as stage:
            try:
                await stage.be_registered()
                await asyncio.sleep(0.3)
                async with asyncio.timeout(_LONGEST):
                    await CHECKS[id].judge(stage)
            except TimeoutError:
                seen[id] = "it took too long"
            except Deviation as deviation:
                seen[id] = str(deviation)
            except (Inconclusive, NotApplicable):
                pass
        for rule, judge in OVERHEARD.items():
            if rules()[rule].binds(Role.CHARGE_POINT, version, Wire.JSON):
                for each in judge(stage.heard()):
                    if each is not None:
                        seen[rule] = str(each)
        return seen

    seen: dict[str, str] = run(look())
    return seen


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_found_in_a_station_without_a_fault(version: str) -> None:
    seen: dict[str, str] = {}
    for id in binding(version):
        if id in CHECKS:
            seen |= found(Station, version, id)

    assert {} == seen


@pytest.mark.parametrize(
    "fault, version",
    [
        pytest.param(fault, version, id=f"{fault.name}-{version}")
        for fault in FAULTS
        for version in fault.versions
    ],
)
def test_one_fault_is_found_by_its_rule_alone(fault: Fault, version: str) -> None:
    """In the deep run by all checks; else by those of the same block, and by what is overheard meanwhile."""
    seen: dict[str, str] = {}
    nearby = {
        block(fault.rule),
        *(
            ("trigger", "transaction", "composite", "profile", "configuration")
            if fault.rule in OVERHEARD
            else ()
        ),
    }
    for id in binding(version):
        if id in CHECKS and (IS_DEEP or block(id) in nearby):
            seen |= found(fault, version, id)

    assert {fault.rule} == seen.keys(), seen


_NUMBERS = itertools.count()

#: What the standard leaves open, though some would call it a fault.
OPEN = [
    Fault(
        "Available right after a stop",
        "",
        says("StatusNotification", lambda payload: None if payload.get("status") == "Finishing" else payload),
        ("1.6",),
        ("NF-7", "KB-72"),
    ),
    Fault(
        "ids that are no UUIDs",
        "",
        behaving(new_id=lambda self: f"call {next(_NUMBERS)}"),
        ("1.6", "2.0.1"),
        ("NF-3",),
    ),
]


@pytest.mark.parametrize(
    "station, version",
    [
        pytest.param(station, version, id=f"{station.name}-{version}")
        for station in OPEN
        for version in station.versions
    ],
)
def test_what_the_standard_leaves_open_is_no_fault(station: Fault, version: str) -> None:
    seen: dict[str, str] = {}
    for id in binding(version):
        if id in CHECKS and (IS_DEEP or block(id) in ("status", "transaction", "reset")):
            seen |= found(station, version, id)

    assert {} == seen


def test_every_rule_of_stations_alone_is_broken_by_a_station() -> None:
    alone = {
        rule.id for rule in rules().values() if rule.roles is Role.CHARGE_POINT and Wire.JSON in rule.wires
    }

    assert set() == alone - {fault.rule for fault in FAULTS}


def test_every_rule_of_stations_has_a_check_in_each_version() -> None:
    assert set() == {
        id for version in VERSIONS for id in binding(version) if id not in CHECKS.keys() | OVERHEARD.keys()
    }
