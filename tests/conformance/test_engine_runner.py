"""What becomes of a rule in a run: its needs, a second look, and what the run exits with."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from attrs import evolve
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as websockets_serve
from websockets.typing import Subprotocol

from ocpp_core.conformance.budgets import Budget
from ocpp_core.conformance.checks import CHECKS, Check, Start
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.hooks import HookFailed
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.reports import as_json, from_json
from ocpp_core.conformance.reports.report import Report
from ocpp_core.conformance.rules import Level, Rule, rules
from ocpp_core.conformance.runner import Run, applicable, conform, load_checks
from ocpp_core.conformance.traces import Direction, Trace
from ocpp_core.conformance.verdicts import (
    Deviation,
    Finding,
    Inconclusive,
    NotApplicable,
    Outcome,
    Verdict,
    exit_code,
)
from ocpp_core.model.versions import Role, Wire
from played import QUICK, csms_url, soap_csms_url

RULE = "frame.unknown-action"
_DEVIATION = Deviation("an error", "silence")

Seen = Callable[..., Outcome]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Runs one rule, changed as wanted, whose check raises what is given, one after the other."""

    def run(
        *raised: Exception | None,
        profile: Profile = QUICK,
        is_intrusive: bool = False,
        needs: tuple[str, ...] = (),
        **options: Any,
    ) -> Outcome:
        left = list(raised)

        async def judge(_: Any) -> None:
            if (what := left.pop(0)) is not None:
                raise what

        async def conformed() -> Outcome:
            async with csms_url() as url:
                target = Target(role=Role.CSMS, version="1.6", url=url)
                report = await conform(target, profile=profile, patterns=[RULE], **options)
                return report.outcomes[0]

        load_checks()
        table = cast("dict[str, Rule]", rules())
        monkeypatch.setitem(table, RULE, evolve(table[RULE], intrusive=is_intrusive, needs=needs))
        monkeypatch.setitem(CHECKS, RULE, Check(RULE, judge, Start.CONNECTED))
        outcome = asyncio.run(conformed())

        assert not left
        return outcome

    return run


@pytest.mark.parametrize(
    "raised, verdict, told",
    [
        ([None], Verdict.CONFORMING, ""),
        ([Inconclusive("no boot")], Verdict.INCONCLUSIVE, "no boot"),
        ([NotApplicable("no such thing")], Verdict.NOT_APPLICABLE, "no such thing"),
        ([HookFailed("the hook card failed")], Verdict.BROKEN, "the hook card failed"),
        ([ZeroDivisionError("oops")], Verdict.BROKEN, "ZeroDivisionError"),
        ([_DEVIATION, _DEVIATION], Verdict.DEVIATING, ""),
        ([_DEVIATION, None], Verdict.DEVIATING, "flaky: looked for again, it was conforming"),
        (
            [_DEVIATION, Inconclusive("gone")],
            Verdict.DEVIATING,
            "flaky: looked for again, it was inconclusive: gone",
        ),
    ],
)
def test_what_a_check_raises_is_a_verdict(
    seen: Seen, raised: list[Exception | None], verdict: Verdict, told: str
) -> None:
    outcome = seen(*raised)

    assert verdict is outcome.verdict
    assert told in outcome.reason
    assert bool(told) == bool(outcome.reason)


@pytest.mark.parametrize("url", [csms_url, soap_csms_url], ids=["json", "soap"])
@pytest.mark.parametrize(
    "identities, raised, expected",
    [
        ((), [_DEVIATION, _DEVIATION], ["CONFORMANCE-1"] * 2),
        (("CP1", "CP2"), [_DEVIATION, _DEVIATION], ["CP1", "CP2"]),
        (("CP1", "CP2"), [None], ["CP1"]),
    ],
)
def test_the_second_look_is_of_another_station(
    monkeypatch: pytest.MonkeyPatch,
    identities: tuple[str, ...],
    raised: list[Exception | None],
    expected: list[str],
    url: Callable[[], Any],
) -> None:
    """What was played stays in the software, and nothing else does."""
    played: list[str] = []
    wire = Wire.JSON if url is csms_url else Wire.SOAP

    async def judge(stage: Any) -> None:
        await stage.call("Heartbeat", {})
        sent = [entry.text for entry in stage.trace if entry.direction is Direction.SENT]
        assert any(stage.identity in text for text in sent)
        played.append(stage.identity)
        if (what := raised[len(played) - 1]) is not None:
            raise what

    async def conformed() -> Report:
        async with url() as there:
            target = Target(role=Role.CSMS, version="1.6", url=there, wire=wire)
            return await conform(
                target, profile=evolve(QUICK, identities=identities), patterns=["heartbeat.answered"]
            )

    load_checks()
    monkeypatch.setitem(CHECKS, "heartbeat.answered", Check("heartbeat.answered", judge, Start.CONNECTED))
    report = asyncio.run(conformed())

    assert expected == played
    assert [f"the station {name}" for name in dict.fromkeys(expected)] == list(report.left_behind)


def _told(outcomes: dict[str, list[Finding]], *found: Finding) -> tuple[list[str], set[str]]:
    """What is left of findings with generated messages, when other rules have found something."""
    run = Run(profile=QUICK, intrusive=False, seed=0, budget=Budget(), told=lambda _: None)
    for id, findings in outcomes.items():
        run.outcomes.append(Outcome(rules()[id], Verdict.DEVIATING, findings=findings))
    new, known = run._not_told_yet(list(found))
    return [finding.place for finding in new], known


def _found(place: str, got: str) -> Finding:
    return Finding("something else", got, place, Trace())


@pytest.mark.parametrize(
    "place, got, is_new",
    [
        pytest.param("Authorize InternalError", "an error InternalError", False, id="the same answer"),
        pytest.param("Authorize 1011", "a closed connection 1011", True, id="another answer"),
        pytest.param("Authorize maxLength", "a result", True, id="another fault of the action"),
        pytest.param("Heartbeat InternalError", "an error InternalError", True, id="another action"),
        pytest.param("Heartbeat enum", "a result", False, id="what is not refused anywhere"),
    ],
)
def test_an_action_with_two_faults_tells_both(place: str, got: str, is_new: bool) -> None:
    told = {
        "authorize.answered": [_found("Authorize", "an error InternalError")],
        "refuse.enum": [_found("StatusNotification $.status", "a result")],
    }
    new, known = _told(told, _found(place, got))

    assert ([place] if is_new else []) == new
    assert is_new != bool(known)


def test_a_second_station_that_is_refused_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    async def judge(_: Any) -> None:
        raise _DEVIATION

    async def conformed() -> Sequence[Outcome]:
        async with csms_url(authenticate=lambda one: one.identity == "CP1") as url:
            target = Target(role=Role.CSMS, version="1.6", url=url)
            profile = evolve(QUICK, identities=("CP1", "CP2"))
            return (await conform(target, profile=profile, patterns=[RULE, "boot.time"])).outcomes

    load_checks()
    monkeypatch.setitem(CHECKS, RULE, Check(RULE, judge, Start.CONNECTED))
    outcomes = {outcome.rule.id: outcome for outcome in asyncio.run(conformed())}

    assert (Verdict.DEVIATING, "") == (outcomes[RULE].verdict, outcomes[RULE].reason)
    assert Verdict.CONFORMING is outcomes["boot.time"].verdict


def test_what_the_profile_denies_does_not_apply(seen: Seen) -> None:
    profile = evolve(QUICK, features={"reservation": False})
    outcome = seen(needs=("feature:reservation",), profile=profile)

    assert (Verdict.NOT_APPLICABLE, "the profile denies reservation") == (outcome.verdict, outcome.reason)


def test_without_a_helper_nobody_can_tell(seen: Seen) -> None:
    outcome = seen(needs=("helper:trigger",))

    assert (Verdict.INCONCLUSIVE, "the profile has no hook trigger") == (outcome.verdict, outcome.reason)


def test_a_helper_of_the_profile_is_enough(seen: Seen) -> None:
    outcome = seen(None, needs=("helper:trigger",), profile=evolve(QUICK, hooks={"trigger": "true"}))

    assert Verdict.CONFORMING is outcome.verdict


@pytest.mark.parametrize(
    "wanted, raised, verdict", [(False, [], Verdict.INCONCLUSIVE), (True, [None], Verdict.CONFORMING)]
)
def test_what_is_intrusive_is_looked_for_if_wanted(
    seen: Seen, wanted: bool, raised: list[None], verdict: Verdict
) -> None:
    outcome = seen(*raised, is_intrusive=True, intrusive=wanted)

    assert verdict is outcome.verdict


def _outcome(verdict: Verdict, level: Level = Level.MUST) -> Outcome:
    return Outcome(evolve(rules()[RULE], level=level), verdict)


@pytest.mark.parametrize(
    "verdicts, options, code",
    [
        ([Verdict.CONFORMING], {}, 0),
        ([Verdict.CONFORMING, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE], {}, 0),
        ([Verdict.CONFORMING, Verdict.DEVIATING], {}, 1),
        ([Verdict.DEVIATING, Verdict.BROKEN], {}, 2),
        ([Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE], {}, 2),
        ([], {}, 2),
        ([Verdict.DEVIATING], {"known": {RULE}}, 0),
        ([Verdict.CONFORMING], {"known": {RULE}}, 1),
        ([Verdict.INCONCLUSIVE], {"known": {RULE}}, 2),
    ],
)
def test_a_run_exits_with_what_it_has_seen(
    verdicts: list[Verdict], options: dict[str, Any], code: int
) -> None:
    assert code == exit_code([_outcome(verdict) for verdict in verdicts], **options)


@asynccontextmanager
async def _hanging_up(after: int) -> AsyncGenerator[str, None]:
    """A CSMS that accepts stations, and crashes after some messages, one connection after the other."""
    heard = 0

    async def listen(socket: ServerConnection) -> None:
        nonlocal heard
        async for text in socket:
            heard += 1
            if heard > after:
                raise RuntimeError("a handler that crashes")
            now = datetime.now(UTC).isoformat()
            answer = {"status": "Accepted", "currentTime": now, "interval": 60}
            await socket.send(json.dumps([3, json.loads(text)[1], answer]))

    async with websockets_serve(listen, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("after", [0, 4], ids=["at once", "after a while"])
def test_software_that_lets_no_check_begin_is_no_success(after: int) -> None:
    """Some rules are kept by whoever lets a station connect; that the others could not be tried is no good news."""

    async def conformed() -> Report:
        async with _hanging_up(after) as url:
            target = Target(role=Role.CSMS, version="1.6", url=url)
            patterns = ["handshake.*", "boot.answered", "authorize.*", "heartbeat.answered"]
            return await conform(target, profile=QUICK, patterns=patterns)

    report = asyncio.run(conformed())

    assert Verdict.CONFORMING in {outcome.verdict for outcome in report.outcomes}
    assert Verdict.DEVIATING not in {outcome.verdict for outcome in report.outcomes}
    assert any(outcome.is_untried for outcome in report.outcomes)
    assert 2 == report.exit_code == from_json(as_json(report)).exit_code


def test_a_deviation_counts_for_more_than_what_was_not_tried() -> None:
    untried = evolve(_outcome(Verdict.INCONCLUSIVE), is_untried=True)

    assert 1 == exit_code([_outcome(Verdict.DEVIATING), untried])
    assert 2 == exit_code([_outcome(Verdict.CONFORMING), untried])


@pytest.mark.parametrize("strict, code", [(False, 0), (True, 1)])
def test_what_only_should_be_counts_for_the_strict(strict: bool, code: int) -> None:
    assert code == exit_code([_outcome(Verdict.DEVIATING, Level.SHOULD)], strict=strict)


def test_a_rule_has_the_level_of_the_version_that_is_tested() -> None:
    rule = "trigger.no-boot-when-accepted"
    levels = {
        version: applicable(Target(role=Role.CHARGE_POINT, version=version), [rule])[0].level
        for version in ("1.6", "2.0.1")
    }

    assert {"1.6": Level.SHOULD, "2.0.1": Level.MUST} == levels
