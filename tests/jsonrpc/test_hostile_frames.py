"""Refusing or tolerating a frame costs at most ten times what accepting a valid one of the same size costs.

In time of the processor and in memory; the table is `hostile_frames`. Both sides of a ratio are measured in one
process, so that it holds on any machine; all but the smallest size are for `make test-deep`, as they take minutes.
"""

import os
from decimal import Decimal

import pytest

from hostile_frames import ATTACKS, MANY, READ, REFUSED, SIZES, TOLERATED, VERSIONS, measure, receive, valid
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import MAX_FAULTS, summary_for_peer

ALLOWED = 10

deep = [
    pytest.mark.deep,
    pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1"),
]
CASES = [
    pytest.param(name, version, size, id=f"{name}-{version}-{size}", marks=deep if size != SIZES[0] else ())
    for size in SIZES
    for version in VERSIONS
    for name, attack in ATTACKS.items()
    if version in attack.versions
]

#: Whether a frame is read strictly, and with all tolerance.
OUTCOMES = {
    REFUSED: {(False, False)},
    TOLERATED: {(False, True)},
    MANY: {(False, True), (False, False)},
    READ: {(True, True)},
}


@pytest.mark.parametrize("name, version, size", CASES)
def test_cost_of_a_hostile_frame_is_bounded(name: str, version: str, size: int) -> None:
    attack = ATTACKS[name]
    strict = measure(attack, version, size, Tolerance.STRICT, ALLOWED)
    tolerant = measure(attack, version, size, Tolerance.TOLERANT, ALLOWED)
    is_read = strict.refusal is None, tolerant.refusal is None

    assert is_read in OUTCOMES[attack.outcome]
    assert max(strict.seconds, tolerant.seconds) <= ALLOWED
    assert max(strict.memory, tolerant.memory) <= ALLOWED


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_said_of_a_hostile_frame_is_short(name: str, version: str) -> None:
    """A sentence for people, details for the peer, and no more faults than are listed."""
    error = receive(ATTACKS[name].make(version, 16_384), version, Tolerance.STRICT)
    faults = () if error is None else error.violations

    assert len(str(error)) < 1_500
    assert len(faults) <= MAX_FAULTS
    assert len(str(summary_for_peer(faults))) < 1_500
    assert all(len(str(fault)) < 800 for fault in faults)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", SIZES)
def test_what_everything_is_compared_with_is_valid_and_of_its_size(version: str, size: int) -> None:
    written = valid(version, size)

    assert 0.95 * size <= len(written) <= size
    assert () == JsonCodec(version).decode(written).violations


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_no_longer_than_it_shall_be(name: str) -> None:
    """One that is too long for a frame would be refused for that, and say nothing."""
    attack = ATTACKS[name]

    assert all(len(attack.make(version, size)) <= size for version in attack.versions for size in SIZES)


def test_zero_with_a_large_exponent_is_no_number() -> None:
    """It would take a gigabyte to be written without an exponent, as SOAP has it, and as we do."""
    schedule = '{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":"%s"}]}'
    text = f'[3,"7",{{"status":"Accepted","chargingSchedule":{schedule}}}]'
    codec = JsonCodec("1.6", tolerance=Tolerance.TOLERANT)
    awaiting = {"7": codec.specification.request("GetCompositeSchedule")}
    held, rules = [], []
    for number in ("0E-900000000", "0E+900000000", "0.000", "0E-7"):
        frame = codec.decode(text % number, awaiting=awaiting)
        held.append(frame.payload.charging_schedule.charging_schedule_period[0].limit)  # type: ignore[union-attr]
        rules += [fault.rule for fault in frame.violations]

    assert ["0E-900000000", "0E+900000000", Decimal(0), Decimal(0)] == held
    assert [*[Tolerance.WRONG_TYPE] * 2, *[Tolerance.NUMBER_AS_TEXT] * 2] == rules
