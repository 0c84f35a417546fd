"""Files that replay a finding: read, written, and what has become of it."""

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import evolve

from ocpp_core.conformance.checks import CHECKS, Check, Start
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.replays import FORMAT, Replay, Replayed, State, replayed
from ocpp_core.conformance.rules import Rule, rules
from ocpp_core.conformance.runner import load_checks
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.conformance.verdicts import Deviation
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
