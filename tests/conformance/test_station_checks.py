"""Every check of stations can fail: each station with one fault is found by exactly its rule, all others by none."""

import pytest

from conformance.peers.station import Station
from conformance.peers.station_faults import BOOTS, FRAMES, TRANSACTIONS
from conformance.peers.station_faults_asked import ASKED_FAULTS
from conformance.peers.station_faults_asked_blocks import ASKED_BLOCKS
from conformance.peers.station_faults_blocks import BLOCK_FAULTS
from conformance.peers.station_faults_cards import CARD_FAULTS
from conformance.peers.station_faults_more import MORE
from conformance.peers.station_faults_overheard import OVERHEARD_FAULTS
from conformance.peers.station_faults_selecting import SELECTING_FAULTS
from conformance.peers.station_faults_settings import SETTINGS_FAULTS
from conformance.peers.station_judging import IS_DEEP, VERSIONS, binding, block, found
from conformance.peers.station_stories_blocks import BLOCK_STORIES
from conformance.peers.station_stories_frames import FRAME_STORIES
from conformance.peers.station_stories_limits import LIMIT_STORIES
from conformance.peers.station_stories_offline import OFFLINE_STORIES
from conformance.peers.station_stories_transactions import TRANSACTION_STORIES
from conformance.peers.station_ways import Fault
from ocpp_core.conformance.checks import CHECKS
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.rules import rules
from ocpp_core.model.versions import Role, Wire

FAULTS: list[Fault] = [
    *BOOTS,
    *TRANSACTIONS,
    *FRAMES,
    *SETTINGS_FAULTS,
    *SELECTING_FAULTS,
    *CARD_FAULTS,
    *MORE,
    *OVERHEARD_FAULTS,
    *ASKED_FAULTS,
    *ASKED_BLOCKS,
    *BLOCK_FAULTS,
]


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_found_in_a_station_without_a_fault(version: str) -> None:
    seen: dict[str, str] = {}
    for id in binding(version):
        if id in CHECKS:
            seen |= found(lambda: Station(version), id)

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
            seen |= found(lambda: fault.station(version), id)

    assert {fault.rule} == seen.keys(), seen


def test_every_rule_of_stations_is_broken_by_a_station_or_a_story() -> None:
    """Those of both sides that are no matter of what is heard are broken by a CSMS, handshakes over sockets."""
    wanted = {
        rule.id
        for rule in rules().values()
        if Wire.JSON in rule.wires and Role.CHARGE_POINT in rule.roles
        if rule.roles is Role.CHARGE_POINT or rule.id in OVERHEARD
        if block(rule.id) != "handshake"
    }
    told = {
        stories.rule
        for stories in (
            *FRAME_STORIES,
            *TRANSACTION_STORIES,
            *LIMIT_STORIES,
            *OFFLINE_STORIES,
            *BLOCK_STORIES,
        )
        if stories.broken
    }

    assert set() == wanted - {fault.rule for fault in FAULTS} - told


def test_every_rule_of_stations_has_a_check_in_each_version() -> None:
    assert set() == {
        id for version in VERSIONS for id in binding(version) if id not in CHECKS.keys() | OVERHEARD.keys()
    }
