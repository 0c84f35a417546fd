"""Runs the kit: every rule that applies is looked for, and what was seen of it becomes an outcome."""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pkgutil import iter_modules
from time import monotonic
from traceback import extract_tb
from typing import Any

from attrs import define, evolve, field, frozen

from ocpp_core.conformance import checks
from ocpp_core.conformance.budgets import OVER, STOPPED, Budget
from ocpp_core.conformance.checks import CHECKS, Check, Start
from ocpp_core.conformance.conversation import Conversation
from ocpp_core.conformance.grounds import Ground, Target, ground
from ocpp_core.conformance.hearing import Heard
from ocpp_core.conformance.hooks import HookFailed
from ocpp_core.conformance.json_frames import Type, frame_in
from ocpp_core.conformance.learning import Learned
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.refusals import RULES
from ocpp_core.conformance.reports.report import Report, Software
from ocpp_core.conformance.rules import Rule, Seen, selected
from ocpp_core.conformance.traces import Trace
from ocpp_core.conformance.verdicts import Deviation, Finding, Inconclusive, NotApplicable, Outcome, Verdict
from ocpp_core.model.extras import install
from ocpp_core.model.printing import printable
from ocpp_core.model.versions import Role

#: Seconds for generated messages, if a run has no time of its own.
_GENERATING = 30.0
#: Findings that are kept of one rule.
MOST_FINDINGS = 20
#: Seconds after which a check is given up, and times that it may wait for an answer.
_LONGEST = 60.0
_MOST_WAITS = 20
#: What one check may take of the time that a run has left, and waits for an answer that it may take in any case.
_SHARE = 0.25
_LEAST_WAITS = 2
#: Checks in a row that could not begin, after which no other is tried that begins in the same way.
_MOST_UNBEGUN = 3


@frozen
class Listening:
    """Told before anything else: the kit is ready.

    Attributes:
        address: Where the software is reached, or where the kit listens for it.
    """

    address: str


@frozen
class Began:
    """Told when the software is there.

    Attributes:
        rules: That will be looked for.
    """

    rules: tuple[Rule, ...]


@frozen
class Judged:
    """Told of each rule, once.

    Attributes:
        outcome: What was seen of it.
    """

    outcome: Outcome


Event = Listening | Began | Judged
Told = Callable[[Event], None]


def load_checks() -> None:
    """Imports all checks and judges, so that `CHECKS` and `OVERHEARD` have them."""
    for judges in (
        "blocks",
        "costs",
        "dialogues",
        "envelopes",
        "events",
        "first",
        "limits",
        "offline",
        "registration",
        "stations",
        "streams",
        "swaps",
        "transactions",
        "updates",
    ):
        import_module(f"ocpp_core.conformance.overheard_{judges}")
    for module in iter_modules(checks.__path__):
        import_module(f"{checks.__name__}.{module.name}")


def applicable(target: Target, patterns: Sequence[str] = ("*",)) -> tuple[Rule, ...]:
    """The rules that software is held to, each with its level in the version."""
    return tuple(
        evolve(rule, level=rule.level_in(target.version), levels={})
        for rule in selected(patterns)
        if rule.binds(target.role, target.version, target.wire)
    )


async def conform(
    target: Target,
    *,
    profile: Profile | None = None,
    patterns: Sequence[str] = ("*",),
    intrusive: bool = False,
    strict: bool = False,
    seed: int | None = None,
    seconds: float | None = None,
    budget: Budget | None = None,
    told: Told | None = None,
    profile_name: str = "",
) -> Report:
    """Tests software.

    Args:
        target: The software.
        profile: What is known of it.
        patterns: Of the ids of rules: ``boot.*``.
        intrusive: Look also for rules whose checks change what an operator would miss.
        strict: Whether what only should be counts as a deviation.
        seed: Makes the generated messages again; None draws one.
        seconds: That the run may take; what is not reached is inconclusive.
        budget: In place of seconds, for whoever may stop the run: there is a report all the same.
        told: Told of progress.
        profile_name: For the report.

    Raises:
        ValueError: The target cannot be.
        OSError: The kit cannot listen.
    """
    load_checks()
    profile = profile or Profile()
    run = Run(
        profile=profile,
        intrusive=intrusive,
        seed=secrets.randbelow(1 << 32) if seed is None else seed,
        budget=budget or Budget(seconds),
        told=told or (lambda _: None),
    )
    rules = applicable(target, patterns)
    started = datetime.now(UTC)
    async with ground(target, profile) as given:
        run.told(Listening(given.address))
        await run.all(given, rules)
    return Report(
        target=given.address,
        role=target.role,
        version=target.version,
        wire=target.wire,
        seed=run.seed,
        started=started,
        ended=datetime.now(UTC),
        outcomes=tuple(run.outcomes),
        profile=profile_name,
        known=profile.known,
        software=run.software,
        left_behind=run.left_behind(given),
        strict=strict,
        is_stopped=run.budget.is_stopped,
        identity=target.identity or "",
    )


@define
class _Overheard:
    """What was heard of one rule so far."""

    kept: int = 0
    findings: dict[str, Finding] = field(factory=dict)


@define(kw_only=True)
class Run:
    """One run.

    Attributes:
        profile: What is known of the software.
        intrusive: See `conform`.
        seed: The same.
        budget: The time that it has.
        told: Told of progress.
        outcomes: So far.
        software: What the software says of itself.
    """

    profile: Profile
    intrusive: bool
    seed: int
    budget: Budget
    told: Told
    outcomes: list[Outcome] = field(factory=list)
    software: Software = field(factory=Software)
    _heard: dict[str, _Overheard] = field(factory=dict)
    _known: Learned = field(factory=Learned)
    _open: set[Any] = field(factory=set)
    _gone: str = ""
    _to_generate: int = 0
    _played: dict[str, None] = field(factory=dict)
    _unbegun: list[str] = field(factory=list)
    _shown: dict[str, str] = field(factory=dict)

    async def all(self, given: Ground, rules: Sequence[Rule]) -> None:
        """Looks for all rules."""
        self._heard = {rule.id: _Overheard() for rule in rules if rule.seen is Seen.OVERHEARD}
        await self._greet(given)
        self.told(Began(tuple(rules)))
        # What is polite comes first: what is not may leave the software in another state.
        # What is generated comes last, and uses the time that is left.
        self._to_generate = sum(rule.seen is Seen.GENERATED for rule in rules)
        for rule in sorted(rules, key=lambda rule: (rule.seen is Seen.GENERATED, rule.intrusive)):
            if rule.seen is not Seen.OVERHEARD:
                self._judged(await self._looked_for(rule, given))
        for rule in rules:
            if rule.seen is Seen.OVERHEARD:
                self._judged(self._overheard(rule))

    def left_behind(self, given: Ground) -> tuple[str, ...]:
        """What stays in the software."""
        if given.target.role is not Role.CSMS:
            return ()
        stations = [f"the station {identity}" for identity in self._played]
        return (*stations, *([f"{len(self._open)} transactions that have not ended"] if self._open else []))

    def _judged(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.told(Judged(outcome))

    async def _greet(self, given: Ground) -> None:
        """Sees whether the software is there at all."""
        stage: Conversation | None = None
        try:
            async with self.budget.within():
                stage = await given.stage()
                await stage.be_registered()
        except Inconclusive as reason:
            if stage is None:
                self._gone = str(reason)
        except HookFailed:
            pass  # each check that takes it tells so
        except TimeoutError:
            self._gone = self.budget.why
        finally:
            if stage is not None:
                await self._end(stage)

    async def _end(self, stage: Conversation) -> None:
        await stage.close()
        self._listen(stage)

    def _longest(self) -> float:
        """Seconds that the next check may take."""
        longest = _LONGEST + _MOST_WAITS * self.profile.answer_within
        left = self.budget.left()
        if left is None:
            return longest
        return min(longest, left, max(_SHARE * left, _LEAST_WAITS * self.profile.answer_within))

    # A rule that is asked for

    async def _looked_for(self, rule: Rule, given: Ground) -> Outcome:
        began = monotonic()
        outcome = self._set_aside(rule, given)
        if outcome is None:
            check = CHECKS.get(rule.id)
            if rule.seen is Seen.GENERATED:
                outcome = await self._generated(rule, given)
            elif check is None:
                outcome = Outcome(rule, Verdict.INCONCLUSIVE, "there is no check of it yet")
            else:
                outcome = await self._tried_twice(check, rule, given)
        outcome.seconds = monotonic() - began
        return outcome

    def _set_aside(self, rule: Rule, given: Ground) -> Outcome | None:
        """The outcome of a rule that is not looked for; None if it is."""
        if self._gone:
            return Outcome(
                rule, Verdict.INCONCLUSIVE, self._gone, is_untried=self._gone not in (OVER, STOPPED)
            )
        for need in rule.needs:
            kind, _, name = need.partition(":")
            if kind == "feature" and self.profile.features.get(name) is False:
                return Outcome(rule, Verdict.NOT_APPLICABLE, f"the profile denies {name}")
            if kind == "helper" and not self._is_helped(name, given):
                return Outcome(rule, Verdict.INCONCLUSIVE, f"the profile has no hook {name}")
        if rule.intrusive and not self.intrusive:
            return Outcome(rule, Verdict.INCONCLUSIVE, "it is intrusive, and was not asked for")
        if self.budget.is_over:
            return Outcome(rule, Verdict.INCONCLUSIVE, self.budget.why)
        if (by := self._shown.get(rule.id)) is not None:
            return Outcome(rule, Verdict.CONFORMING, f"seen by the check of {by}")
        check = CHECKS.get(rule.id)
        if len(self._unbegun) >= _MOST_UNBEGUN and (check is None or check.start is Start.BOOTED):
            why = f"{self._unbegun[-1]}; it was not tried any more"
            return Outcome(rule, Verdict.INCONCLUSIVE, why, is_untried=True)
        return None

    def _is_helped(self, name: str, given: Ground) -> bool:
        # A station can be asked for its messages over the protocol.
        is_asked = name == "trigger" and given.target.role is Role.CHARGE_POINT
        return is_asked or name in self.profile.hooks

    async def _tried_twice(self, check: Check, rule: Rule, given: Ground) -> Outcome:
        """What was seen; a deviation is looked for once more, on a fresh connection."""
        outcome = await self._tried(check, rule, given)
        if outcome.verdict is Verdict.DEVIATING:
            if self.budget.is_over:
                outcome.reason = f"not looked for again: {self.budget.why}"
                return outcome
            # What is left of the first look, such as a transaction, belongs to the station that was played.
            other = given.other()
            again = await self._tried(check, rule, other)
            # A second station may be unknown to the software, which says nothing about the rule.
            if other is not given and again.verdict is Verdict.INCONCLUSIVE:
                self._gone = ""
                again = await self._tried(check, rule, given)
            if again.verdict is not Verdict.DEVIATING:
                told = f": {again.reason}" if again.reason else ""
                outcome.reason = f"flaky: looked for again, it was {again.verdict.value}{told}"
        return outcome

    async def _tried(self, check: Check, rule: Rule, given: Ground) -> Outcome:
        stage: Conversation | None = None
        longest = self._longest()
        try:
            async with self.budget.within(longest):
                stage = await given.stage()
                if check.start is Start.BOOTED:
                    await self._begun(stage)
                await check.judge(stage)
        except Deviation as seen:
            trace = Trace() if stage is None else stage.trace.kept(seen.marks)
            finding = Finding(seen.expected, seen.got, seen.place, trace, seen.marks)
            return Outcome(rule, Verdict.DEVIATING, findings=[finding])
        except Inconclusive as reason:
            if stage is None:
                await self._greet(given)
            return Outcome(rule, Verdict.INCONCLUSIVE, str(reason))
        except NotApplicable as reason:
            return Outcome(rule, Verdict.NOT_APPLICABLE, str(reason))
        except TimeoutError:
            why = self.budget.why if self.budget.is_over else f"it took more than {longest:.0f} s"
            return Outcome(rule, Verdict.INCONCLUSIVE, why)
        except HookFailed as failure:
            return Outcome(rule, Verdict.BROKEN, str(failure))
        except Exception as error:  # of a check: the other rules can still be looked for
            return Outcome(rule, Verdict.BROKEN, _told(error))
        else:
            self._shown |= dict.fromkeys(stage.shown, rule.id)
            return Outcome(rule, Verdict.CONFORMING)
        finally:
            if stage is not None:
                await self._end(stage)

    async def _begun(self, stage: Conversation) -> None:
        try:
            await stage.be_registered()
        except Inconclusive as reason:
            self._unbegun.append(str(reason))
            raise
        self._unbegun.clear()

    # Rules that are looked for with generated messages

    async def _generated(self, rule: Rule, given: Ground) -> Outcome:
        try:
            from ocpp_core.conformance.generating import EXAMPLES, MOST_EXAMPLES, Generation
        except ImportError:
            return Outcome(rule, Verdict.INCONCLUSIVE, f"it takes more: {install('testing')}")

        async def stage() -> Conversation:
            try:
                async with self.budget.within():
                    made = await given.stage()
                    await made.be_registered()
            except TimeoutError:
                raise Inconclusive(self.budget.why) from None
            return made

        left = self.budget.left()
        generation = Generation(
            rule=rule.id,
            stage=stage,
            ended=self._end,
            seed=self.seed,
            # The rules that are still to come get their share.
            deadline=monotonic() + (_GENERATING if left is None else left) / max(1, self._to_generate),
            examples=EXAMPLES if left is None else MOST_EXAMPLES,
            intrusive=self.intrusive,
            is_stopped=lambda: self.budget.is_stopped,
        )
        self._to_generate -= 1
        try:
            findings = await generation.findings()
        except Inconclusive as why:
            return Outcome(rule, Verdict.INCONCLUSIVE, str(why), examples=generation.tried)
        except Exception as error:
            return Outcome(rule, Verdict.BROKEN, _told(error), examples=generation.tried)
        findings, told = self._not_told_yet(findings)
        reason = f"{generation.flaky} examples failed once, and not again" if generation.flaky else ""
        if findings:
            verdict = Verdict.DEVIATING
        elif told:
            verdict, reason = Verdict.INCONCLUSIVE, f"other rules say so: {', '.join(sorted(told))}"
        elif self.budget.is_stopped:
            verdict, reason = Verdict.INCONCLUSIVE, self.budget.why
        else:
            verdict = Verdict.CONFORMING
        return Outcome(rule, verdict, reason, findings=findings, examples=generation.tried)

    def _not_told_yet(self, findings: list[Finding]) -> tuple[list[Finding], set[str]]:
        """Findings at places where no other rule has found the same; and the rules that have."""
        others = [
            outcome
            for outcome in self.outcomes
            if outcome.verdict is Verdict.DEVIATING and outcome.rule.seen is not Seen.GENERATED
        ]
        bad = {outcome.rule.id for outcome in others}
        told = {
            (action, finding.got): outcome.rule.id
            for outcome in others
            for finding in outcome.findings
            for action in _actions_in(finding)
        }
        new, known = [], set()
        for finding in findings:
            action, _, keyword = finding.place.partition(" ")
            # Whoever does not refuse long texts does so everywhere; but what an action is answered, another may not be.
            if RULES.get(keyword) in bad:
                known.add(RULES[keyword])
            elif (action, finding.got) in told:
                known.add(told[action, finding.got])
            else:
                new.append(finding)
        return new, known

    # Rules that are overheard

    def _listen(self, stage: Conversation) -> None:
        self._played[stage.identity] = None
        heard = evolve(stage.heard(), before=self._known)
        self._learn(heard)
        for id, so_far in self._heard.items():
            for seen in OVERHEARD[id](heard) if id in OVERHEARD else ():
                if seen is None:
                    so_far.kept += 1
                elif (before := so_far.findings.get(seen.place)) is not None:
                    so_far.findings[seen.place] = _counted(before)
                elif len(so_far.findings) < MOST_FINDINGS:
                    trace = heard.trace.kept(seen.marks)
                    known = heard.known_at(trace[0].number if trace else 0)
                    finding = Finding(seen.expected, seen.got, seen.place, trace, seen.marks, known=known)
                    so_far.findings[seen.place] = finding

    def _overheard(self, rule: Rule) -> Outcome:
        so_far = self._heard[rule.id]
        examples = so_far.kept + sum(finding.count for finding in so_far.findings.values())
        if rule.id not in OVERHEARD:
            return Outcome(rule, Verdict.INCONCLUSIVE, "nothing judges it yet")
        if so_far.findings:
            return Outcome(
                rule, Verdict.DEVIATING, findings=list(so_far.findings.values()), examples=examples
            )
        if not so_far.kept:
            return Outcome(
                rule, Verdict.INCONCLUSIVE, self._gone or "nothing of the kind was heard", examples=0
            )
        return Outcome(rule, Verdict.CONFORMING, examples=examples)

    def _learn(self, heard: Heard) -> None:
        """Remembers what the software says of itself, and what is left in it."""
        self._known = heard.known[-1]
        for said in heard.said:
            id = said.members.get("transactionId")
            id = id if isinstance(id, int | str) else None  # it is what somebody else has written
            match said.action, said.kind:
                case "BootNotification", Type.CALL if said.is_received:
                    self.software = _software(said.members)
                case "StartTransaction", Type.CALLRESULT if said.is_received:
                    self._open.add(id)
                case "StopTransaction", Type.CALL if not said.is_received:
                    self._open.discard(id)
                case _:
                    pass


def _counted(finding: Finding) -> Finding:
    """The same, seen once more."""
    return evolve(finding, count=finding.count + 1)


def _actions_in(finding: Finding) -> set[str]:
    """The actions that a finding is about: of what was asked last before each place that shows it."""
    found = {finding.place.partition(" ")[0]} - {""}
    for mark in finding.marks:
        for entry in reversed([entry for entry in finding.trace if entry.number <= mark]):
            frame = frame_in(entry.text)
            if frame is not None and frame[0] == Type.CALL and len(frame) > 2 and isinstance(frame[2], str):
                found.add(frame[2])
                break
    return found


def _software(boot: dict[str, Any]) -> Software:
    station = boot.get("chargingStation", boot)
    if not isinstance(station, dict):
        return Software()

    def text(*names: str) -> str:
        return next((str(station[name]) for name in names if name in station), "")

    return Software(
        vendor=text("vendorName", "chargePointVendor"),
        model=text("model", "chargePointModel"),
        firmware=text("firmwareVersion"),
    )


def _told(error: Exception) -> str:
    """What went wrong in the kit, and where."""
    place = extract_tb(error.__traceback__)[-1]
    where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
    return printable(f"{type(error).__name__} at {where}: {error}")
