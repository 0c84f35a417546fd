"""What the kit says of CSMSs that are played in the same process."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from conformance.peers.csms import KINDS, Csms
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.reports.report import Report
from ocpp_core.conformance.rules import Seen, rules
from ocpp_core.conformance.runner import conform
from ocpp_core.conformance.verdicts import Verdict
from ocpp_core.model.versions import Role, Wire

#: All rules but those that are looked for with generated messages, which find the same faults once more.
ALL = tuple(id for id, rule in rules().items() if rule.seen is not Seen.GENERATED)


def profile_of(csms: Csms) -> Profile:
    """What is known of the peers: everything that is claimed, tokens, and how to have something sent."""

    async def trigger(told: dict[str, Any]) -> None:
        await csms.trigger(told["action"], told["payload"])

    needs = {need.removeprefix("feature:") for rule in rules().values() for need in rule.needs}
    return Profile(
        features=dict.fromkeys(needs, True),
        tokens={kind: (token,) for kind, token in KINDS.items()},
        hooks={"trigger": trigger},
        answer_within=1.0,
        silence=0.1,
    )


def judged(csms: Csms, *patterns: str, wire: Wire = Wire.JSON) -> Report:
    """What the kit says of a CSMS; waiting takes no time."""

    async def look() -> Report:
        async with csms.served() as url:
            target = Target(
                role=Role.CSMS,
                version=csms.version,
                wire=wire,
                url=url,
                identity="CS-1",
                password=csms.password,
                ssl=csms.trust,
            )
            return await conform(target, profile=profile_of(csms), patterns=patterns or ALL)

    with _quiet():
        report: Report = csms.run(look())
    return report


def deviating(report: Report) -> list[str]:
    """The ids of the rules that are broken, and of checks that broke themselves."""
    bad = (Verdict.DEVIATING, Verdict.BROKEN)
    # What was seen once only was the machine, which other tests keep busy.
    return [
        outcome.rule.id
        for outcome in report.outcomes
        if outcome.verdict in bad and not outcome.reason.startswith("flaky")
    ]


@contextmanager
def _quiet() -> Generator[None, None, None]:
    """Faulty peers may fail, and say so."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
