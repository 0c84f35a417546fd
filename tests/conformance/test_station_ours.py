"""Our own station under the kit: it keeps every rule."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from loops import run_in_no_time
from ocpp_core.cli.station import Simulator
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.reports.report import Report
from ocpp_core.conformance.runner import Event, Listening, conform
from ocpp_core.conformance.verdicts import Verdict
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Wire
from ocpp_core.transports import soap_station
from ocpp_core.transports.websocket import Backoff, connect
from played import JSON_VERSIONS

_WAYS = [
    *((Wire.JSON, version) for version in JSON_VERSIONS),
    *((Wire.SOAP, version) for version in ("1.2", "1.5", "1.6")),
]
_AT_ONCE = Backoff(minimum=0.01, doublings=0, spread=0)
#: Quick, as nothing is far away. Of a reset more is wanted: it takes the time that the kit tells.
_PROFILE = Profile(answer_within=1.5, silence=0.1, hooks={"plug": lambda _: None})
#: Seconds that our station waits for an answer: the kit waits for that.
_CALL_TIMEOUT = 2.0


async def _stays(address: str, version: str, wire: Wire) -> None:
    simulator = Simulator(version)
    if wire is Wire.SOAP:
        async with soap_station.connect(
            address,
            "CP1",
            simulator.router,
            version,
            call_timeout=_CALL_TIMEOUT,
            tolerance=Tolerance.STRICT,
            hooks=[simulator.gate],
        ) as csms:
            await simulator.stay(csms, lambda _: None)
        return
    async with connect(
        address,
        "CP1",
        simulator.router,
        version,
        reconnect=True,
        backoff=_AT_ONCE,
        call_timeout=_CALL_TIMEOUT,
        tolerance=Tolerance.STRICT,
        hooks=[simulator.gate],
    ) as csms:
        await simulator.stay(csms, lambda _: None)


async def _judged(wire: Wire, version: str, patterns: Sequence[str], *, intrusive: bool = False) -> Report:
    async with AsyncExitStack() as stack:
        group = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = []

        def told(event: Event) -> None:
            if isinstance(event, Listening):
                tasks.append(group.create_task(_stays(event.address, version, wire)))

        target = Target(role=Role.CHARGE_POINT, version=version, wire=wire)
        report = await conform(
            target, profile=_PROFILE, patterns=patterns, intrusive=intrusive, told=told, seed=7
        )
        tasks[0].cancel()
        return report


def _bad(report: Report) -> list[tuple[str, list[str]]]:
    return [
        (each.rule.id, [each.reason, *(f"expected {one.expected}; got {one.got}" for one in each.findings)])
        for each in report.outcomes
        if each.verdict in (Verdict.DEVIATING, Verdict.BROKEN)
    ]


@pytest.mark.parametrize("wire, version", _WAYS)
def test_our_station_keeps_every_rule(wire: Wire, version: str) -> None:
    report = run_in_no_time(_judged(wire, version, ["*"]))

    assert [] == _bad(report)
    assert report.counts[Verdict.CONFORMING] > len(report.outcomes) / 3


@pytest.mark.parametrize("rule", ["reset.after-transaction", "transaction.waiting-told"])
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_our_station_is_seen_to_keep_what_it_might_avoid(version: str, rule: str) -> None:
    """Not inconclusive, as it would be if it refused. Rules of frames give it time for its own first transaction."""
    report = run_in_no_time(_judged(Wire.JSON, version, ["frame.a*", rule], intrusive=True))

    assert {Verdict.CONFORMING} == {each.verdict for each in report.outcomes if each.rule.id == rule}


@pytest.mark.parametrize(
    "version, rule",
    [
        ("2.0", "availability.unknown-connector"),
        ("2.0.1", "availability.unknown-connector"),
        ("2.0.1", "boot.refuses-while-rejected"),
    ],
)
def test_our_station_refuses_what_is_not_there_and_who_has_rejected_it(version: str, rule: str) -> None:
    report = run_in_no_time(_judged(Wire.JSON, version, [rule], intrusive=True))

    assert {Verdict.CONFORMING} == {each.verdict for each in report.outcomes if each.rule.id == rule}


@pytest.mark.deep
@pytest.mark.parametrize("wire, version", _WAYS)
def test_our_station_keeps_what_may_be_looked_for_in_a_laboratory(wire: Wire, version: str) -> None:
    assert [] == _bad(run_in_no_time(_judged(wire, version, ["*"], intrusive=True)))
