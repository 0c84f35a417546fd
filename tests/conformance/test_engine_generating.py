"""Generated checks find what is wrong with a single value, make it small, and replay it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from ocpp_core import v16
from ocpp_core.cli.csms import Csms
from ocpp_core.conformance.generating import Example, _broken, _is_iso, _is_rfc, _valid
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.refusals import fitting
from ocpp_core.conformance.replays import Replay, State, replayed, with_replays
from ocpp_core.conformance.reports import Report
from ocpp_core.conformance.runner import conform
from ocpp_core.conformance.verdicts import Verdict
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.testing.mutations import BrokenPayload
from ocpp_core.transports.websocket import serve
from played import QUICK, csms_url


@asynccontextmanager
async def that_fails_on_long_tags() -> AsyncGenerator[str, None]:
    """A CSMS whose database has room for three characters."""
    router = Csms().router

    @router.on(v16.AuthorizeRequest)
    async def authorize(request: v16.AuthorizeRequest, _: object) -> v16.AuthorizeResponse:
        if len(request.id_tag) > 3:
            raise RuntimeError("too long")
        accepted = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
        return v16.AuthorizeResponse(id_tag_info=accepted)

    async with serve(router, "127.0.0.1", accepts=["1.6"], tolerance=Tolerance.STRICT) as server:
        yield f"ws://127.0.0.1:{server.port}"


async def judged(url: str, *patterns: str) -> Report:
    target = Target(role=Role.CSMS, version="1.6", url=url)
    return await conform(target, profile=QUICK, patterns=patterns, seed=1)


def test_a_finding_is_made_small_and_replayed(tmp_path: Path) -> None:
    async def run() -> None:
        async with that_fails_on_long_tags() as url:
            report = with_replays(await judged(url, "generated.valid"), tmp_path)
            [outcome] = report.outcomes
            [finding] = outcome.findings
            replay = Replay.read(Path(finding.replay))
            target = Target(role=Role.CSMS, version="1.6", url=url)
            again = await replayed(replay, target, QUICK)
        async with csms_url() as url:
            mended = await replayed(replay, Target(role=Role.CSMS, version="1.6", url=url), QUICK)

        assert Verdict.DEVIATING is outcome.verdict
        assert "Authorize InternalError" == finding.place
        assert '{"idTag":"0000"}' in finding.trace[-2].text
        assert (State.FAILED, State.FIXED) == (again.state, mended.state)

    asyncio.run(run())


def test_what_another_rule_has_found_is_not_told_again() -> None:
    async def run() -> None:
        async with that_fails_on_long_tags() as url:
            report = await judged(url, "authorize.answered", "generated.valid")

        told = {outcome.rule.id: outcome.verdict for outcome in report.outcomes}
        assert (Verdict.DEVIATING, Verdict.INCONCLUSIVE) == (
            told["authorize.answered"],
            told["generated.valid"],
        )

    asyncio.run(run())


def drawn(version: str, action: str, strategy: Any) -> list[Example]:
    """Many examples."""
    found: list[Example] = []
    stage = SimpleNamespace(specification=specification(version))

    @settings(max_examples=300, database=None, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(strategy(stage, action))
    def collect(example: Example) -> None:
        found.append(example)

    collect()
    return found


@pytest.mark.parametrize(
    "expected, time",
    [
        (True, "0000-01-31T12:00:00Z"),
        (True, "2026-01-31T23:59:60Z"),
        (False, "2026-01-31T12:00:61Z"),
        (False, "2026-01-31T12:00:00"),
        (False, "0000-01-31"),
    ],
)
def test_a_time_that_rfc_3339_has_and_calendars_lack_is_no_fault_of_who_takes_it(
    expected: bool, time: str
) -> None:
    broken = BrokenPayload({"timestamp": time}, "$.timestamp", "format", ErrorCode.FORMAT)

    assert expected == _is_rfc(broken)


@pytest.mark.parametrize(
    "expected, keyword, time",
    [
        (True, "format", "2026-01-31T12:00:00"),
        (True, "format", "2026-01-31T24:00:00Z"),
        (False, "format", "now"),
        (False, "format", "2026-02-30T12:00:00Z"),
        (False, "type", "2026-01-31T12:00:00"),
    ],
)
def test_a_time_of_iso_8601_is_no_fault_in_1_x(expected: bool, keyword: str, time: str) -> None:
    payload = {"meterValue": [{"timestamp": time}]}
    broken = BrokenPayload(payload, "$.meterValue[0].timestamp", keyword, ErrorCode.FORMAT)

    assert expected == _is_iso(broken)


@pytest.mark.parametrize("strategy", [_valid, _broken])
def test_what_is_right_is_written_plainly(strategy: Any) -> None:
    examples = drawn("2.0.1", "StatusNotification", strategy)

    whole = [each.payload.get("evseId") for each in examples if each.path != "$.evseId"]
    assert {int, type(None)} >= {type(value) for value in whole}


def test_generated_and_asked_accept_the_same() -> None:
    assert ErrorCode.TYPE_CONSTRAINT in fitting("maxLength")
    assert ErrorCode.OCCURRENCE_CONSTRAINT not in fitting("maxLength")
