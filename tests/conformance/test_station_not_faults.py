"""What the standard leaves open is no deviation: stations that are odd, and right."""

import pytest

from conformance.peers.station_judging import IS_DEEP, binding, block, found
from conformance.peers.station_odd import ODD, Odd
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

    assert {} == seen
