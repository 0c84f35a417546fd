"""Our own CSMS under the kit: it keeps every rule that must be kept."""

import pytest

from conformance.peers.csms_judging import ALL
from loops import run_in_no_time
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.reports.report import Report
from ocpp_core.conformance.runner import conform
from ocpp_core.conformance.verdicts import Verdict
from ocpp_core.model.versions import Role, Wire
from played import JSON_VERSIONS, csms_url, soap_csms_url

_SOAP_VERSIONS = ("1.2", "1.5", "1.6")


async def _judged(version: str, wire: Wire) -> Report:
    async with csms_url() if wire is Wire.JSON else soap_csms_url() as url:
        target = Target(role=Role.CSMS, version=version, wire=wire, url=url)
        return await conform(target, profile=Profile(answer_within=5.0, silence=0.05), patterns=ALL)


@pytest.mark.parametrize(
    "wire, version",
    [*((Wire.JSON, version) for version in JSON_VERSIONS), *((Wire.SOAP, each) for each in _SOAP_VERSIONS)],
)
def test_our_csms_keeps_what_must_be_kept(wire: Wire, version: str) -> None:
    report = run_in_no_time(_judged(version, wire))

    bad = (Verdict.DEVIATING, Verdict.BROKEN)
    assert [] == [(each.rule.id, each.reason) for each in report.outcomes if each.verdict in bad]
