"""What is heard of stations, judged over what was written down: a fault breaks its rule alone, what is right none."""

import pytest

from conformance.peers.station_traces_blocks import FAULTS, RIGHT, Told

_TOLD = [
    pytest.param(told, version, id=f"{told.name}-{version}")
    for told in (*FAULTS, *RIGHT)
    for version in told.versions
]


@pytest.mark.parametrize("told, version", _TOLD)
def test_what_a_station_has_told_breaks_its_rule_alone(told: Told, version: str) -> None:
    assert {told.rule} - {""} == told.broken(version).keys()
