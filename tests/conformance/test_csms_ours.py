"""Our own CSMS under the kit: it keeps every rule that must be kept."""

import asyncio

import pytest

from conformance.peers.csms_judging import ALL
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.reports.report import Report
from ocpp_core.conformance.rules import Level
from ocpp_core.conformance.runner import conform
from ocpp_core.conformance.verdicts import Verdict
from ocpp_core.model.versions import Role
from played import JSON_VERSIONS, csms_url


async def _judged(version: str) -> Report:
    async with csms_url() as url:
        target = Target(role=Role.CSMS, version=version, url=url)
        return await conform(target, profile=Profile(answer_within=5.0, silence=0.05), patterns=ALL)


@pytest.mark.parametrize("version", JSON_VERSIONS)
def test_our_csms_keeps_what_must_be_kept(version: str) -> None:
    report = asyncio.run(_judged(version))

    bad = {outcome.rule.id: outcome for outcome in report.outcomes if outcome.verdict is Verdict.DEVIATING}
    assert [] == [id for id, outcome in bad.items() if outcome.rule.level is Level.MUST]
    # The CSMS of `serve` remembers no transactions.
    assert set(bad) <= {"transaction.start-repeated"}
    assert [] == [each.reason for each in report.outcomes if each.verdict is Verdict.BROKEN]
