"""Files that replay one finding: what the kit has sent, with its gaps, and what the rule says.

A file is NDJSON: a line about the finding, with what was known of the software before, and a line for each entry of its
trace. A rule that a check asks for is asked for again; of the others what was sent is sent again, under ids of its own,
and judged as then.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from enum import Enum
from math import inf
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from ocpp_core.conformance import learning
from ocpp_core.conformance.budgets import Budget
from ocpp_core.conformance.checks.steering import coming
from ocpp_core.conformance.conversation import Conversation
from ocpp_core.conformance.grounds import Ground, Target, ground
from ocpp_core.conformance.hearing import BROKEN
from ocpp_core.conformance.json_frames import ANSWERS, Type, frame_in, written
from ocpp_core.conformance.learning import Learned
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.reports.discretion import replayable, short
from ocpp_core.conformance.reports.report import Report
from ocpp_core.conformance.rules import Seen, rules
from ocpp_core.conformance.runner import Listening, Told, conform
from ocpp_core.conformance.traces import Direction, Entry, Trace, What
from ocpp_core.conformance.verdicts import Deviation, Finding, Inconclusive, Outcome, Verdict
from ocpp_core.model.printing import shown
from ocpp_core.model.versions import Role, Version, Wire

#: What a file begins with.
FORMAT = "ocpp-core conform replay 1"
#: Seconds between two messages that are waited for at most.
_LONGEST_GAP = 10.0
_ROLES = {"csms": Role.CSMS, "station": Role.CHARGE_POINT}


class State(Enum):
    """What became of a finding."""

    FIXED = "FIXED"  #: the rule is kept now
    FAILED = "FAILED"  #: it is broken as it was
    CHANGED = "CHANGED"  #: something else is seen, or nobody can tell


@frozen
class Replayed:
    """What a replay has shown.

    Attributes:
        state: What became of the finding.
        told: One line for people.
    """

    state: State
    told: str

    @property
    def exit_code(self) -> int:
        """What the command exits with."""
        return {State.FIXED: 0, State.FAILED: 1, State.CHANGED: 2}[self.state]


@frozen(kw_only=True)
class Replay:
    """A finding that can be replayed.

    Attributes:
        rule: Id of the rule.
        role: Of the software.
        version: Of OCPP.
        wire: How it speaks.
        expected: See `Finding`, as for the rest.
    """

    rule: str
    role: Role
    version: str
    wire: Wire
    expected: str
    got: str
    place: str
    known: Learned = field(factory=Learned)
    trace: Trace = field(factory=Trace)

    @classmethod
    def of(cls, report: Report, rule: str, finding: Finding) -> "Replay":
        """That of a finding of a report."""
        return cls(
            rule=rule,
            role=report.role,
            version=report.version,
            wire=report.wire,
            expected=finding.expected,
            got=finding.got,
            place=finding.place,
            known=finding.known,
            trace=finding.trace,
        )

    @classmethod
    def read(cls, path: Path) -> "Replay":
        """Reads a file.

        Raises:
            OSError: It cannot be read.
            ValueError: It is none.
        """
        lines = path.read_text(encoding="utf-8").splitlines()
        try:
            head = json.loads(lines[0])
            if head["format"] != FORMAT:
                raise ValueError(f"format {shown(head['format'])} is not known")
            if head["rule"] not in rules():
                raise ValueError(f"there is no rule {shown(head['rule'])}")
            return cls(
                rule=head["rule"],
                role=_ROLES[head["role"]],
                version=Version(head["version"]),
                wire=Wire(head["wire"]),
                expected=str(head["expected"]),
                got=str(head["got"]),
                place=str(head["place"]),
                known=learning.read(head["known"]) if "known" in head else Learned(),
                trace=Trace([_entry(number, line) for number, line in enumerate(lines[1:])]),
            )
        except (LookupError, TypeError, RecursionError, json.JSONDecodeError) as error:
            raise ValueError(f"it is no replay file: {error}") from None

    def write(self, path: Path) -> None:
        """Writes a file.

        Raises:
            OSError: It cannot be written.
        """
        path.write_text("".join(f"{json.dumps(line)}\n" for line in self._lines()), encoding="utf-8")

    def _lines(self) -> Iterator[dict[str, Any]]:
        yield {
            "format": FORMAT,
            "rule": self.rule,
            "role": next(name for name, role in _ROLES.items() if role is self.role),
            "version": self.version,
            "wire": self.wire.value,
            "expected": self.expected,
            "got": self.got,
            "place": self.place,
            **({} if self.known == Learned() else {"known": learning.written(self.known)}),
        }
        for entry in self.trace:
            yield {
                "at": round(entry.at, 6),
                "direction": entry.direction.value,
                "what": entry.what.value,
                "text": entry.text,
                "note": entry.note,
            }


def _entry(number: int, line: str) -> Entry:
    read = json.loads(line)
    at, text = float(read["at"]), str(read["text"])
    if not 0 <= at < inf:
        raise ValueError(f"it has a time that is none: {shown(read['at'])}")
    text.encode()  # raises where a surrogate is alone: it could not be sent
    return Entry(
        number,
        at,
        Direction(read["direction"]),
        What(read["what"]),
        text,
        str(read["note"]),
    )


def with_replays(report: Report, folder: Path, *, show_secrets: bool = False) -> Report:
    """Writes a file for each finding, without secrets; a report that names these files.

    Args:
        report: The report.
        folder: Is made, unless it is there.
        show_secrets: Write messages as they were: keys and passwords, and in what has come who charges.

    Raises:
        OSError: A file cannot be written.
    """
    folder.mkdir(exist_ok=True)

    def written(outcome: Outcome, number: int, finding: Finding) -> Finding:
        path = folder / f"{outcome.rule.id}-{number}.ndjson"
        is_drawn = outcome.rule.seen is Seen.GENERATED
        shown = finding if show_secrets else replayable(finding, report.wire, is_drawn=is_drawn)
        Replay.of(report, outcome.rule.id, shown).write(path)
        return evolve(finding, replay=str(path))

    outcomes = (
        evolve(outcome, findings=[written(outcome, *each) for each in enumerate(outcome.findings, 1)])
        for outcome in report.outcomes
    )
    return evolve(report, outcomes=tuple(outcomes))


async def replayed(
    replay: Replay,
    target: Target,
    profile: Profile,
    *,
    intrusive: bool = False,
    budget: Budget | None = None,
    told: Told = lambda _: None,
) -> Replayed:
    """What becomes of a finding now.

    Args:
        replay: The finding.
        target: The software.
        profile: What is known of it.
        intrusive: See `conform`: without it a rule whose check is intrusive is not asked for again.
        budget: The time that it has.
        told: Told where the kit listens.

    Raises:
        ValueError: The target cannot be.
        OSError: The kit cannot listen.
    """
    rule, budget = rules()[replay.rule], budget or Budget()
    if rule.seen is Seen.ASKED or replay.wire is Wire.SOAP:
        report = await conform(
            target,
            profile=profile,
            patterns=[replay.rule],
            intrusive=intrusive,
            budget=budget,
            told=told,
        )
        outcome = next(iter(report.outcomes), None)
        if outcome is None:
            return Replayed(State.CHANGED, "the rule does not bind this software")
        if outcome.verdict is Verdict.CONFORMING:
            return Replayed(State.FIXED, "the rule is kept")
        seen = outcome.findings[0] if outcome.findings else None
        if seen is None:
            return Replayed(State.CHANGED, f"{outcome.verdict.value}: {outcome.reason}")
        return _compared(replay, Deviation(seen.expected, seen.got, place=seen.place))
    async with ground(target, profile) as given:
        told(Listening(given.address))
        try:
            async with budget.within():
                deviation = await _said_again(replay, given, rule.seen)
        except Inconclusive as reason:
            return Replayed(State.CHANGED, str(reason))
        except TimeoutError:
            return Replayed(State.CHANGED, budget.why)
    return Replayed(State.FIXED, "the rule is kept") if deviation is None else _compared(replay, deviation)


def _compared(replay: Replay, seen: Deviation) -> Replayed:
    told = f"expected {seen.expected}; got {seen.got}"
    is_same = short(seen.place) == short(replay.place)
    return Replayed(State.FAILED if is_same else State.CHANGED, told)


async def _said_again(replay: Replay, given: Ground, seen: Seen) -> Deviation | None:
    stage = await given.stage()
    try:
        return await _again(replay, stage, seen)
    finally:
        await stage.close()


async def _again(replay: Replay, stage: Conversation, seen: Seen) -> Deviation | None:
    """Sends what was sent, and judges."""
    sent = [
        entry
        for entry in replay.trace
        if entry.direction is Direction.SENT and entry.what is What.MESSAGE and not _is_answer(entry.text)
    ]
    last, clock = None, asyncio.get_running_loop().time
    for entry, gap in zip(sent, _gaps(replay, sent), strict=True):
        id, until = stage.new_id(), clock() + gap
        frame = frame_in(entry.text)
        if frame is not None and isinstance(frame[1], str):
            answer = await stage.exchange(written(frame[0], id, *frame[2:]), id, note=entry.note)
            last = frame, answer
        else:
            await stage.send(entry.text, note=entry.note)
            until = max(until, clock() + (stage.profile.silence if entry is sent[-1] else 0))
        # What the software says by itself follows what it was asked, and comes after the answer.
        await asyncio.sleep(max(0.0, until - clock()))
    if seen is Seen.OVERHEARD:
        return await _overheard(replay, stage)
    return await _generated(replay, stage, last)


async def _overheard(replay: Replay, stage: Conversation) -> Deviation | None:
    """Judges what is heard. If it is nothing that the rule is about, that is waited for: silence keeps no rule."""

    def judged() -> list[Deviation | None]:
        return list(OVERHEARD[replay.rule](evolve(stage.heard(), before=replay.known)))

    seen = judged()
    if not seen:
        async for _ in coming(stage):
            if seen := judged():
                break
        else:
            stage.cannot_tell("nothing of the kind was heard")
    return next((one for one in seen if one is not None), None)


def _gaps(replay: Replay, sent: Sequence[Entry]) -> Iterator[float]:
    """Seconds from each of the entries to the next one, and from the last one to the end of all."""
    ends = [*sent[1:], *replay.trace[-1:]]
    return (min(max(0.0, end.at - entry.at), _LONGEST_GAP) for entry, end in zip(sent, ends, strict=False))


async def _generated(replay: Replay, stage: Conversation, last: Any) -> Deviation | None:
    """Judges the last thing that was sent, as it was when it was found."""
    from ocpp_core.conformance.generating import GENERATED, Example

    broken = [entry for entry in replay.trace if entry.note.startswith(BROKEN)]
    if last is None or replay.rule == "generated.frames":
        text = broken[-1].text if broken else "["
        return await GENERATED[replay.rule].judge(stage, Example(text=text))
    frame, _ = last
    path = broken[-1].note.partition(": ")[2] if broken else ""
    return await GENERATED[replay.rule].judge(stage, Example(frame[2], frame[3], path=path))


def _is_answer(text: str) -> bool:
    frame = frame_in(text)
    return frame is not None and (frame[0] in ANSWERS or frame[0] == Type.CALLRESULTERROR)
