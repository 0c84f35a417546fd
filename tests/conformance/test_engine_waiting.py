"""How long the kit waits: silence is waited for once, and what one check has seen no other looks for again."""

import asyncio
from contextlib import suppress

import pytest

from conformance.peers.csms import Csms
from conformance.peers.csms_faults import FAULTS
from conformance.peers.csms_judging import judged
from conformance.peers.memory_stage import staged
from conformance.peers.station import Station
from conformance.peers.station_judging import PROFILE, VERSIONS, binding
from loops import run_in_no_time
from ocpp_core.conformance.checks import CHECKS
from ocpp_core.conformance.rules import rules
from ocpp_core.conformance.verdicts import Deviation, Inconclusive, NotApplicable, Verdict

CONFORMING = Verdict.CONFORMING
#: Seconds for all checks of a default run that are not generated: half of what a run may take.
_MOST = 60.0


def waited(station: Station, *ids: str) -> tuple[float, set[str]]:
    """Seconds, which pass in no time, that the checks of rules take; and the rules that were seen on the way."""

    async def look() -> tuple[float, set[str]]:
        loop, shown, total = asyncio.get_running_loop(), set[str](), 0.0
        async with staged(station, PROFILE) as stage:
            await stage.be_registered()
            await asyncio.sleep(0.3)  # what it says after it has booted
            for id in ids:
                if id in shown:
                    continue
                began = loop.time()
                with suppress(Deviation, Inconclusive, NotApplicable):
                    await CHECKS[id].judge(stage)
                total += loop.time() - began
                shown |= stage.shown
        return total, shown

    return run_in_no_time(look())


@pytest.mark.parametrize(
    "rule, version",
    [
        *(("frame.unknown-type", version) for version in VERSIONS),
        *(("frame.answers-unanswered", version) for version in VERSIONS),
        ("frame.send-unanswered", "2.1"),
    ],
)
def test_silence_is_waited_for_once(version: str, rule: str) -> None:
    seconds, _ = waited(Station(version), rule)

    assert seconds < 2 * PROFILE.silence


def test_the_timeout_of_a_station_is_waited_for_once() -> None:
    _, shown = waited(Station("1.6"), "frame.own-timeout")

    assert {"frame.after-timeout"} == shown


BOTH = ("frame.own-timeout", "frame.after-timeout")


def test_what_a_check_has_seen_of_another_rule_is_not_looked_for_again() -> None:
    report = judged(Csms("2.0.1"), *BOTH)

    told = [(outcome.verdict, outcome.reason) for outcome in report.outcomes]
    assert [(CONFORMING, ""), (CONFORMING, "seen by the check of frame.own-timeout")] == told


def test_what_a_check_has_not_seen_of_another_rule_is_looked_for() -> None:
    fault = next(each for each in FAULTS if each.rule == "frame.after-timeout")
    report = judged(fault.csms("2.0.1"), *BOTH)

    assert [CONFORMING, Verdict.DEVIATING] == [outcome.verdict for outcome in report.outcomes]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_default_run_waits_for_a_station_a_minute_at_most(version: str) -> None:
    polite = [id for id in binding(version) if id in CHECKS and not rules()[id].intrusive]

    assert waited(Station(version), *polite)[0] < _MOST
