"""Rules that are looked for with generated messages: Hypothesis draws them in a thread, and makes a finding smaller.

What fails is tried again twice, each time on a fresh connection, before it is believed; and again and again, smaller,
while there is time. Needs the extra ``testing``.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from time import monotonic
from typing import Any
from zlib import crc32

from attrs import define, field, frozen
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from ocpp_core.conformance.conversation import Conversation
from ocpp_core.conformance.hearing import BROKEN
from ocpp_core.conformance.json_frames import call
from ocpp_core.conformance.refusals import CLOSED, fitting
from ocpp_core.conformance.requests import is_first
from ocpp_core.conformance.stages import Answer, AnswerKind, Json
from ocpp_core.conformance.traces import Trace
from ocpp_core.conformance.verdicts import Deviation, Finding, Inconclusive
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import Payload
from ocpp_core.model.versions import ERROR_CODES, Role
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.testing.broken import broken_frames
from ocpp_core.testing.mutations import BrokenPayload, broken_payloads, is_breakable
from ocpp_core.testing.strategies import messages

#: A peer may be slow, and most of what is drawn may be none of its business.
_ALL_IS_WELL = (
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
)


#: Examples of an action, or of frames, in a run without a budget of its own: so many meet most limits.
EXAMPLES = 12
#: Examples that each gets though it has used up its share of the time.
_LEAST_EXAMPLES = 6
#: Examples at most, however much time there is.
MOST_EXAMPLES = 2000
#: Seconds, and attempts, for making one finding smaller.
_SHRINKING = 10.0
_ATTEMPTS = 200
#: Times that a finding has to be seen on fresh connections.
_CONFIRMATIONS = 2

#: What says of a payload that it breaks its schema, or of the software that it failed. A value that fits its schema may
#: still be refused as a value.
_UNFITTING = frozenset(
    {
        ErrorCode.FORMAT,
        ErrorCode.STRUCTURE,
        ErrorCode.TYPE_CONSTRAINT,
        ErrorCode.OCCURRENCE_CONSTRAINT,
        ErrorCode.PROTOCOL,
        ErrorCode.FRAME,
        ErrorCode.INTERNAL,
    }
)
_UNSERVED = frozenset({ErrorCode.NOT_IMPLEMENTED, ErrorCode.NOT_SUPPORTED})
#: What a station may be asked without being changed.
_CHANGES_NOTHING = ("Get", "DataTransfer")
_UPLOADS = frozenset({"GetDiagnostics", "GetLog"})


@frozen
class Example:
    """Something generated.

    Attributes:
        action: Of the call; "" of mere text.
        payload: Of the call.
        text: That is sent in place of a call.
        path: Where the payload is broken; "" if it is not.
        keyword: Of the rule of the schema that is broken there.
    """

    action: str = ""
    payload: Json = field(factory=dict)
    text: str = ""
    path: str = ""
    keyword: str = ""

    @property
    def size(self) -> int:
        """For telling which of two is smaller."""
        return len(self.text) + len(json.dumps(self.payload, default=str))


@frozen
class Generator:
    """How a rule is looked for.

    Attributes:
        subjects: What is generated for: actions, or "" for text.
        examples: Of a subject.
        judge: What an example does to a conversation: None if the rule was kept.
    """

    subjects: Callable[[Conversation, bool], Iterator[str]]
    examples: Callable[[Conversation, str], st.SearchStrategy[Example]]
    judge: Callable[[Conversation, Example], Awaitable[Deviation | None]]


def _actions(stage: Conversation, intrusive: bool) -> Iterator[str]:
    """The requests that the software takes."""
    for action in stage.specification.actions.values():
        if not action.answered or not action.sent_by & ~stage.role:
            continue
        is_polite = action.name.startswith(_CHANGES_NOTHING) and action.name not in _UPLOADS
        if stage.role is Role.CSMS or intrusive or is_polite:
            yield action.name


def _breakable(stage: Conversation, intrusive: bool) -> Iterator[str]:
    return (name for name in _actions(stage, intrusive) if is_breakable(stage.specification.request(name)))


def _text(stage: Conversation, intrusive: bool) -> Iterator[str]:
    del stage, intrusive
    yield ""


def _plain(cls: type[Payload]) -> st.SearchStrategy[Json]:
    """Payloads as we write them: odd forms that are right too would be a second fault to some."""
    return messages(cls).map(to_wire)


def _valid(stage: Conversation, action: str) -> st.SearchStrategy[Example]:
    cls = stage.specification.request(action)
    return _plain(cls).map(lambda payload: Example(action, payload))


def _broken(stage: Conversation, action: str) -> st.SearchStrategy[Example]:
    cls = stage.specification.request(action)
    drawn = broken_payloads(cls, valid=_plain(cls)).filter(lambda broken: not _is_rfc(broken))
    if is_first(stage.specification):
        drawn = drawn.filter(lambda broken: not _is_iso(broken))
    return drawn.map(lambda broken: Example(action, broken.payload, path=broken.path, keyword=broken.keyword))


def _is_iso(broken: BrokenPayload) -> bool:
    """Whether it is a time of ISO 8601 that RFC 3339 lacks, such as one without offset: 1.x asks for ISO alone."""
    if broken.keyword != "format":
        return False
    value = _value(broken)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        # This is of ISO too, and not every Python reads it.
        return bool(value[10:19] == "T24:00:00")
    return True


#: The year 0 and the leap second are in the grammar of RFC 3339; our calendar has neither.
_RFC = re.compile(r"0000-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)|.{10}T23:59:60.*(Z|[+-]\d\d:\d\d)")


def _is_rfc(broken: BrokenPayload) -> bool:
    """Whether it is a time of RFC 3339 that we do not take, and others may."""
    return broken.keyword == "format" and _RFC.fullmatch(_value(broken)) is not None


def _value(broken: BrokenPayload) -> Any:
    """What stands where a payload is broken."""
    value: Any = broken.payload
    for step in re.findall(r"[^$.\[\]]+", broken.path):
        value = value[int(step) if isinstance(value, list) else step]
    return value


#: What is no call that software could serve, whatever it makes of it. Careless software may, so only what is sent to it
#: anyway is in there.
_NO_CALLS = (
    *("frame.survives-no-json", "frame.type", "frame.unknown-type", "frame.id-text", "frame.wrong-count"),
    *("frame.call-shape", "frame.unknown-action", "frame.payload-no-object", "frame.answers-unanswered"),
)


def _frames(stage: Conversation, _: str) -> st.SearchStrategy[Example]:
    harmless = list(_actions(stage, intrusive=False))
    version, role = stage.specification.version, stage.role
    broken = broken_frames(version, rules=_NO_CALLS, receiver=role, actions=harmless)
    whole = '[2,"generated","Heartbeat",{}]'
    pieces = st.sampled_from(
        ['"', "[", "]", "{", "}", ",", ":", "\\", "null", "1e999", "\ud7ff", "\u0000", " "]
    )
    cut = st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole)), pieces)
    spoilt = cut.map(lambda drawn: whole[: min(drawn[:2])] + drawn[2] + whole[max(drawn[:2]) :])
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
    no_frame = values.filter(
        lambda value: not (isinstance(value, list) and value and type(value[0]) is int and 2 <= value[0] <= 6)
    )
    texts = st.text(max_size=40) | spoilt | no_frame.map(json.dumps) | broken.map(lambda each: str(each.text))
    return texts.map(lambda text: Example(text=text))


async def _judge_valid(stage: Conversation, example: Example) -> Deviation | None:
    answer = await _asked(stage, example)
    code = ERROR_CODES.get(answer.code)
    if answer.kind is AnswerKind.CLOSED or (answer.kind is AnswerKind.ERROR and code in _UNFITTING):
        expected = "a result, or an error that does not blame the schema"
        return Deviation(expected, str(answer), place=f"{example.action} {answer.code}", marks=(answer.mark,))
    return None


async def _judge_broken(stage: Conversation, example: Example) -> Deviation | None:
    answer = await _asked(stage, example, f"{BROKEN}: {example.path} {example.keyword}")
    code = ERROR_CODES.get(answer.code)
    is_fitting = answer.kind is AnswerKind.ERROR and code in fitting(example.keyword) | _UNSERVED | {None}
    # Silence, and how codes are spelt, are the matter of other rules.
    if is_fitting or answer.kind in (AnswerKind.SILENCE, AnswerKind.UNREADABLE):
        return None
    expected = f"an error for {example.path} {example.keyword}"
    place = f"{example.action} {CLOSED if answer.kind is AnswerKind.CLOSED else example.keyword}"
    return Deviation(expected, str(answer), place=place, marks=(answer.mark,))


async def _judge_frames(stage: Conversation, example: Example) -> Deviation | None:
    await stage.send(example.text, note=f"{BROKEN}: generated")
    mark = len(stage.trace) - 1
    alive = "Heartbeat" if stage.role is Role.CSMS else "GetVariables"
    if await stage.is_alive():
        return None
    return Deviation(f"a connection that lives, and an answer to {alive}", "neither", marks=(mark,))


async def _asked(stage: Conversation, example: Example, note: str = "") -> Answer:
    id = stage.new_id()
    return await stage.exchange(call(id, example.action, example.payload), id, note=note)


#: What looks for each rule, by its id.
GENERATED: dict[str, Generator] = {
    "generated.valid": Generator(_actions, _valid, _judge_valid),
    "generated.broken": Generator(_breakable, _broken, _judge_broken),
    "generated.frames": Generator(_text, _frames, _judge_frames),
}


class _Enough(Exception):
    """There is no more time, or nobody waits any more."""


class _Fails(Exception):
    """An example has failed: Hypothesis makes it smaller."""


@define(kw_only=True)
class Generation:
    """A search for one rule.

    Attributes:
        rule: Its id.
        stage: Gives stages on which the station is registered.
        ended: Takes those that are done with.
        seed: Of what is drawn.
        deadline: On the monotonic clock.
        examples: For each subject.
        intrusive: Whether what changes a station is sent.
        is_stopped: Whether nothing more shall be tried.
        tried: Examples so far.
        flaky: Findings that were not seen again.
    """

    rule: str
    stage: Callable[[], Awaitable[Conversation]]
    ended: Callable[[Conversation], Awaitable[None]]
    seed: int
    deadline: float
    examples: int = EXAMPLES
    intrusive: bool = False
    is_stopped: Callable[[], bool] = lambda: False
    tried: int = 0
    flaky: int = 0
    _current: Conversation | None = None
    _smallest: tuple[Example, Finding] | None = None
    _failed: float | None = None
    _attempts: int = 0
    _is_over: bool = False
    _until: float = 0.0
    _of_subject: int = 0

    async def findings(self) -> list[Finding]:
        """Looks for findings, one of each subject at most.

        Raises:
            Inconclusive: The software cannot be reached.
        """
        generator = GENERATED[self.rule]
        first = await self._fresh()
        found: list[Finding] = []
        try:
            subjects = list(generator.subjects(first, self.intrusive))
            for number, subject in enumerate(subjects):
                now = monotonic()
                if now > self.deadline or self.is_stopped():
                    break
                # All subjects get their share of the time.
                self._until = now + (self.deadline - now) / (len(subjects) - number)
                try:
                    finding = await self._of(generator, subject, generator.examples(first, subject))
                except Inconclusive:
                    # It is gone, which says nothing about what was found before.
                    if not found:
                        raise
                    break
                if finding is not None:
                    found.append(finding)
        finally:
            self._is_over = True
            await self._drop()
        return found

    async def _of(
        self, generator: Generator, subject: str, examples: st.SearchStrategy[Example]
    ) -> Finding | None:
        self._smallest = self._failed = None
        self._attempts = self._of_subject = 0
        loop = asyncio.get_running_loop()

        def attempt(example: Example) -> None:
            if self._is_over or self.is_stopped() or self._is_late():
                raise _Enough
            doing = self._attempt(generator, example)
            if asyncio.run_coroutine_threadsafe(doing, loop).result():
                raise _Fails

        drawn = seed(self.seed ^ crc32(f"{self.rule} {subject}".encode()))(
            settings(
                max_examples=self.examples,
                database=None,
                deadline=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=_ALL_IS_WELL,
                verbosity=Verbosity.quiet,
                report_multiple_bugs=False,
                print_blob=False,
            )(given(examples)(attempt))
        )
        await asyncio.to_thread(_silently, drawn)
        return self._found()

    def _found(self) -> Finding | None:
        return None if self._smallest is None else self._smallest[1]

    def _is_late(self) -> bool:
        if self._failed is None:
            now = monotonic()
            return now > self.deadline or (now > self._until and self._of_subject >= _LEAST_EXAMPLES)
        return self._attempts > _ATTEMPTS or monotonic() > self._failed + _SHRINKING

    async def _attempt(self, generator: Generator, example: Example) -> Finding | None:
        """What is found with an example: on the present stage at first, on fresh ones what has failed."""
        self.tried += 1
        self._of_subject += 1
        if self._failed is None and await self._on(await self._present(), generator, example) is None:
            return None
        self._attempts += 1
        finding = None
        for _ in range(_CONFIRMATIONS if self._failed is None else 1):
            finding = await self._on(await self._fresh(), generator, example)
            if finding is None:
                self.flaky += self._failed is None
                return None
        assert finding is not None
        self._failed = self._failed or monotonic()
        if self._smallest is None or example.size <= self._smallest[0].size:
            self._smallest = example, finding
        return finding

    async def _on(self, stage: Conversation, generator: Generator, example: Example) -> Finding | None:
        try:
            deviation = await generator.judge(stage, example)
        except Inconclusive:
            deviation = None
        if deviation is None:
            return None
        place = deviation.place
        return Finding(
            deviation.expected,
            deviation.got,
            place,
            Trace(list(stage.trace.kept(deviation.marks))),
            deviation.marks,
        )

    async def _present(self) -> Conversation:
        if self._current is None or self._current.has_ended:
            return await self._fresh()
        return self._current

    async def _fresh(self) -> Conversation:
        await self._drop()
        self._current = await self.stage()
        return self._current

    async def _drop(self) -> None:
        stage, self._current = self._current, None
        if stage is not None:
            await self.ended(stage)


def _silently(drawn: Callable[[], None]) -> None:
    """Runs Hypothesis; what it raises has been kept, smaller than it knows."""
    try:
        drawn()
    except (_Enough, _Fails):
        pass
    except Exception as error:
        # Software that behaves otherwise each time is flaky to Hypothesis: so it is, and was counted.
        if not type(error).__module__.startswith("hypothesis"):
            raise
