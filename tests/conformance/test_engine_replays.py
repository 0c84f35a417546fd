"""Files that replay a finding: read, written, and what has become of it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import evolve
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

import made_reports
from ocpp_core.conformance import learning
from ocpp_core.conformance.checks import CHECKS, Check, Start
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.learning import Learned, Monitor
from ocpp_core.conformance.replays import FORMAT, Replay, Replayed, State, replayed, with_replays
from ocpp_core.conformance.rules import Rule, rules
from ocpp_core.conformance.runner import Event, Listening, conform, load_checks
from ocpp_core.conformance.traces import Direction, Trace, What
from ocpp_core.conformance.verdicts import Deviation, Finding, Outcome, Verdict
from ocpp_core.model.versions import Role, Wire
from played import QUICK, csms_url

RULE = "frame.unknown-action"
_HEAD = {
    "format": FORMAT,
    "rule": RULE,
    "role": "csms",
    "version": "1.6",
    "wire": "json",
    "expected": "an error",
    "got": "silence",
    "place": "here",
}


def _with_entry(**said: Any) -> str:
    """A file of one entry, in which something is said."""
    entry = {"at": 0.5, "direction": "sent", "what": "message", "text": "[]", "note": ""}
    return f"{json.dumps(_HEAD)}\n{json.dumps({**entry, **said})}"


def _replay(rule: str = RULE, place: str = "here") -> Replay:
    return Replay(
        rule=rule,
        role=Role.CSMS,
        version="1.6",
        wire=Wire.JSON,
        expected="an error",
        got="silence",
        place=place,
    )


async def _replayed(replay: Replay, **options: Any) -> Replayed:
    async with csms_url() as url:
        return await replayed(replay, Target(role=Role.CSMS, version="1.6", url=url), QUICK, **options)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    replay = _replay()
    replay.trace.add(0.25, Direction.SENT, What.MESSAGE, '[2,"1","X",{}]', "broken: $")
    replay.trace.add(0.5, Direction.RECEIVED, What.CLOSED, "1000")
    replay.write(tmp_path / "one.ndjson")

    assert replay == Replay.read(tmp_path / "one.ndjson")


@pytest.mark.parametrize(
    "written, told",
    [
        ("", "no replay file"),
        ("{", "no replay file"),
        ("[]", "no replay file"),
        ("7", "no replay file"),
        (json.dumps({**_HEAD, "format": "other"}), "format 'other' is not known"),
        (json.dumps({**_HEAD, "rule": "no.rule"}), "there is no rule 'no.rule'"),
        (json.dumps({**_HEAD, "rule": []}), "no replay file"),
        (json.dumps({**_HEAD, "role": "cloud"}), "no replay file"),
        (json.dumps({**_HEAD, "wire": "smoke"}), "smoke"),
        (json.dumps(_HEAD) + "\n{}", "no replay file"),
        (json.dumps(_HEAD) + "\nnull", "no replay file"),
        ("[" * 50_000, "no replay file"),
        (json.dumps({**_HEAD, "version": "9.9"}), "'9.9'"),
        (_with_entry(at="nan"), "it has a time that is none: 'nan'"),
        (_with_entry(at=-1), "it has a time that is none: -1"),
        (_with_entry(text="\ud800"), "surrogates not allowed"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, written: str, told: str) -> None:
    path = tmp_path / "wrong.ndjson"
    path.write_text(written, encoding="utf-8")

    with pytest.raises(ValueError, match=told):
        Replay.read(path)


def test_what_is_kept_is_fixed() -> None:
    result = asyncio.run(_replayed(_replay()))

    assert (State.FIXED, 0) == (result.state, result.exit_code)


@pytest.mark.parametrize("place, state, code", [("here", State.FAILED, 1), ("there", State.CHANGED, 2)])
def test_what_is_broken_is_compared_with_what_it_was(
    monkeypatch: pytest.MonkeyPatch, place: str, state: State, code: int
) -> None:
    async def judge(_: Any) -> None:
        raise Deviation("an error", "silence", place="here")

    load_checks()
    monkeypatch.setitem(CHECKS, RULE, Check(RULE, judge, Start.CONNECTED))
    result = asyncio.run(_replayed(_replay(place=place)))

    assert (state, code) == (result.state, result.exit_code)


def test_nobody_there_is_no_proof() -> None:
    replay = _replay("frame.answer-id")
    target = Target(role=Role.CSMS, version="1.6", url="ws://127.0.0.1:1")
    result = asyncio.run(replayed(replay, target, QUICK))

    assert State.CHANGED is result.state


@pytest.mark.parametrize("intrusive, times", [(False, 0), (True, 1)])
def test_an_intrusive_rule_is_asked_for_only_if_wanted(
    monkeypatch: pytest.MonkeyPatch, intrusive: bool, times: int
) -> None:
    asked = []

    async def judge(stage: Any) -> None:
        asked.append(stage)

    table = cast("dict[str, Rule]", rules())
    monkeypatch.setitem(table, RULE, evolve(table[RULE], intrusive=True))
    load_checks()
    monkeypatch.setitem(CHECKS, RULE, Check(RULE, judge, Start.CONNECTED))
    result = asyncio.run(_replayed(_replay(), intrusive=intrusive))

    assert times == len(asked)
    assert (State.FIXED if intrusive else State.CHANGED) is result.state


# What rests on what was learnt before

#: Rules whose checks are replaced, in the order in which they are looked for.
_BEFORE = ("data-transfer.station-unknown-vendor", "display.clear-unknown")
_LIMITS = "charging-limit.schedules-told"
_SETTING = {
    "component": {"name": "SmartChargingCtrlr"},
    "variable": {"name": "NotifyChargingLimitWithSchedules"},
}
_ANSWERS: dict[str, dict[str, Any]] = {
    "GetVariables": {
        "getVariableResult": [{**_SETTING, "attributeStatus": "Accepted", "attributeValue": "true"}]
    },
    "ClearCache": {"status": "Accepted"},
}
_SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
}
_LIMIT: dict[str, Any] = {"chargingLimit": {"chargingLimitSource": "EMS"}}


async def _stays(address: str, limit: dict[str, Any]) -> None:
    """A station that says of a setting that it is on, and tells a limit some time after its cache was cleared.

    It tells none if there is none to be told.
    """
    async with connect(f"{address}/CP1", subprotocols=[Subprotocol("ocpp2.0.1")]) as socket:
        boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
        await socket.send(json.dumps([2, "boot", "BootNotification", boot]))
        async for text in socket:
            frame = json.loads(text)
            if frame[0] == 2:
                await socket.send(json.dumps([3, frame[1], _ANSWERS[frame[2]]]))
            if frame[0] == 2 and frame[2] == "ClearCache":
                await socket.send(json.dumps([2, "heartbeat", "Heartbeat", {}]))
            if frame[0] == 3 and frame[1] == "heartbeat" and limit:
                await socket.send(json.dumps([2, "limit", "NotifyChargingLimit", limit]))


@asynccontextmanager
async def _there(limit: dict[str, Any]) -> AsyncGenerator[Callable[[Event], None], None]:
    """Has such a station come to where the kit listens, once it is told where that is."""
    coming: list[asyncio.Task[None]] = []

    def told(event: Event) -> None:
        if isinstance(event, Listening):
            coming.append(asyncio.create_task(_stays(event.address, limit)))

    yield told
    for each in coming:
        each.cancel()
    await asyncio.gather(*coming, return_exceptions=True)


@pytest.mark.parametrize(
    "limit, state",
    [
        pytest.param(_LIMIT, State.FAILED, id="without a schedule, still"),
        pytest.param({**_LIMIT, "chargingSchedule": [_SCHEDULE]}, State.FIXED, id="with one now"),
        pytest.param({}, State.CHANGED, id="no limit any more"),
    ],
)
def test_a_finding_that_rests_on_an_earlier_rule_is_replayed_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: dict[str, Any], state: State
) -> None:
    """The setting is asked for on one stage, and the limit comes on the next; the replay is of that alone."""

    async def learns(stage: Any) -> None:
        await stage.call("GetVariables", {"getVariableData": [_SETTING]})

    async def goes_on(stage: Any) -> None:
        await stage.call("ClearCache", {})
        await stage.expect("NotifyChargingLimit")

    target = Target(role=Role.CHARGE_POINT, version="2.0.1", patience=10.0)
    load_checks()
    for id, judge in zip(_BEFORE, (learns, goes_on), strict=True):
        monkeypatch.setitem(CHECKS, id, Check(id, judge, Start.CONNECTED))

    async def run() -> Replayed:
        async with _there(_LIMIT) as told:
            found = await conform(target, profile=QUICK, patterns=[*_BEFORE, _LIMITS], told=told)
        report = with_replays(found, tmp_path)
        [finding] = next(each.findings for each in report.outcomes if each.rule.id == _LIMITS)
        assert not any("GetVariables" in entry.text for entry in finding.trace)
        async with _there(limit) as told:
            return await replayed(Replay.read(Path(finding.replay)), target, QUICK, told=told)

    assert state is asyncio.run(run()).state


_KNOWN = Learned(
    values={
        ("txctrlr", "", "txstoppoint", "one"): "Authorized",
        ("securityctrlr", "", "basicauthpassword", ""): "s3cret",
    },
    hidden=frozenset({("securityctrlr", "", "basicauthpassword", "")}),
    monitors={4: Monitor("Delta", 2.5, 3)},
    level=7,
    asked=frozenset({"GetReport"}),
)


@pytest.mark.parametrize("shown", [False, True])
def test_what_was_known_is_in_the_file_without_secrets(tmp_path: Path, shown: bool) -> None:
    finding = Finding("this", "that", "here", Trace(), known=_KNOWN)
    outcome = Outcome(rules()[_LIMITS], Verdict.DEVIATING, findings=[finding])
    report = with_replays(made_reports.report((outcome,)), tmp_path, show_secrets=shown)
    [path] = tmp_path.iterdir()
    read = Replay.read(path)

    assert report.outcomes[0].findings[0].replay == str(path)
    assert shown is ("s3cret" in path.read_text(encoding="utf-8"))
    if shown:
        assert _KNOWN == read.known
    assert "Authorized" == read.known.values["txctrlr", "", "txstoppoint", "one"]
    assert (_KNOWN.hidden, _KNOWN.monitors, 7, _KNOWN.asked) == (
        *(read.known.hidden, read.known.monitors, read.known.level, read.known.asked),
    )


@pytest.mark.parametrize(
    "known",
    [
        pytest.param([], id="a list"),
        pytest.param({}, id="nothing"),
        pytest.param({**learning.written(_KNOWN), "monitors": [{"id": 4}]}, id="half a monitor"),
        pytest.param({**learning.written(_KNOWN), "level": []}, id="no level"),
        pytest.param(
            {**learning.written(_KNOWN), "hidden": [{"component": 7, "variable": {}}]}, id="no place"
        ),
    ],
)
def test_what_cannot_be_known_is_told(tmp_path: Path, known: Any) -> None:
    path = tmp_path / "wrong.ndjson"
    path.write_text(json.dumps({**_HEAD, "known": known}), encoding="utf-8")

    with pytest.raises(ValueError, match="it is no replay file"):
        Replay.read(path)
