"""What a run of the kit has found, as a value: what every form of it is made of."""

import shlex
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from attrs import field, frozen

from ocpp_core.conformance.budgets import STOPPED
from ocpp_core.conformance.rules import Level, Rule
from ocpp_core.conformance.verdicts import Finding, Outcome, Verdict, exit_code
from ocpp_core.model.versions import Role, Wire

#: Stands in every form of a report.
NO_CERTIFICATION = (
    "This is no certification. It tells what was seen on the wire in one run; "
    "certificates are given by the Open Charge Alliance, with tools of its own."
)
#: In the order of urgency, which is that of every list.
VERDICTS = (
    Verdict.BROKEN,
    Verdict.DEVIATING,
    Verdict.INCONCLUSIVE,
    Verdict.CONFORMING,
    Verdict.NOT_APPLICABLE,
)


def _own_version() -> str:
    try:
        return version("ocpp-core")
    except PackageNotFoundError:  # a checkout that was not installed
        return "unknown"


@frozen(kw_only=True)
class Software:
    """What the software under test says of itself; "" is what it has not said."""

    vendor: str = ""
    model: str = ""
    firmware: str = ""


@frozen(kw_only=True)
class Report:
    """What a run of the kit has found.

    Attributes:
        target: Where the software under test is reached, or where the kit has listened for it.
        role: Of the software under test.
        version: Of OCPP, as the standard writes it.
        wire: How it speaks.
        seed: What makes the run again.
        started: When, with an offset.
        ended: When, with an offset.
        outcomes: Of every rule that was selected.
        kit: The version of this library.
        profile: The file that told what the software claims; "" if there was none.
        known: Deviations that the profile excuses: rule id to reason.
        software: What the software says of itself.
        left_behind: What the run has left in the software: stations, transactions, profiles.
        strict: Whether what only should be counts as a deviation too.
        is_stopped: Whether it was ended before its end.
        is_discreet: Whether nothing is in it that is not for everybody, see `discreet`.
        identity: Of the station that was played or tested; "" if nobody has named one.
    """

    target: str
    role: Role
    version: str
    wire: Wire
    seed: int
    started: datetime
    ended: datetime
    outcomes: tuple[Outcome, ...]
    kit: str = field(factory=_own_version)
    profile: str = ""
    known: Mapping[str, str] = field(factory=dict)
    software: Software = Software()
    left_behind: tuple[str, ...] = ()
    strict: bool = False
    is_stopped: bool = False
    is_discreet: bool = False
    identity: str = ""

    @property
    def subject(self) -> str:
        """What was tested, in two words at most: ``CSMS``, ``station``."""
        return "CSMS" if self.role is Role.CSMS else "station"

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return (self.ended - self.started).total_seconds()

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many rules have which verdict; all verdicts are there."""
        verdicts = [outcome.verdict for outcome in self.outcomes]
        return {verdict: verdicts.count(verdict) for verdict in VERDICTS}

    @property
    def groups(self) -> Mapping[str, tuple[Outcome, ...]]:
        """The outcomes by group of their rule, those with the most urgent verdict first in each."""
        groups: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            groups.setdefault(group_of(outcome.rule), []).append(outcome)
        return {
            group: tuple(sorted(outcomes, key=lambda one: VERDICTS.index(one.verdict)))
            for group, outcomes in groups.items()
        }

    @property
    def deviations(self) -> tuple[Outcome, ...]:
        """The outcomes that have findings to show, in the order of the groups."""
        return tuple(outcome for group in self.groups.values() for outcome in group if outcome.findings)

    @property
    def surprises(self) -> tuple[str, ...]:
        """Ids of rules whose deviation is known and was not seen: they are to be taken off the list."""
        return tuple(
            outcome.rule.id
            for outcome in self.outcomes
            if outcome.verdict is Verdict.CONFORMING and outcome.rule.id in self.known
        )

    @property
    def exit_code(self) -> int:
        """What the command exits with."""
        return exit_code(self.outcomes, strict=self.strict, known=self.known, is_stopped=self.is_stopped)

    @property
    def stop(self) -> str:
        """What a run that was stopped has not come to, in one sentence; "" if it has come to its end."""
        if not self.is_stopped:
            return ""
        left = sum(outcome.reason == STOPPED for outcome in self.outcomes)
        return f"Stopped before its end: {left} of {len(self.outcomes)} rules were not looked for."

    def weight(self, outcome: Outcome) -> str:
        """How much an outcome counts beside its verdict: ``should``, ``known``; "" for all of it."""
        if outcome.rule.id in self.known:
            return "known"
        return "should" if outcome.rule.level is Level.SHOULD else ""

    def requirements(self, rule: Rule) -> tuple[str, ...]:
        """The ids of the standard's requirements that a rule goes back to, in this version and on this wire."""
        keys = [self.version, "soap"] if self.wire is Wire.SOAP else [self.version]
        return tuple(dict.fromkeys(id for key in keys for id in rule.requirements.get(key, ())))

    def source(self, rule: Rule) -> str:
        """Where the standard says it, in this version."""
        return rule.sources.get(self.version, rule.sources.get("", ""))

    def replaying(self, rule: Rule) -> str:
        """The command that looks for one rule again, as a shell reads it."""
        which = ["--role", self.subject.lower(), "--version", self.version, "--wire", self.wire.name.lower()]
        return self._command(rule, *which, "--seed", str(self.seed), "--rules", rule.id)

    def replayed(self, rule: Rule, finding: Finding) -> str:
        """The command that replays a finding of a rule from its file, which says of what it is."""
        return self._command(rule, "--replay", finding.replay)

    def _command(self, rule: Rule, *what: str) -> str:
        """A command in front of the same software, as the same station; a password is not in it, nor a certificate."""
        listening = ["--listen", self.target.rpartition("://")[2].partition("/")[0]]
        where = listening if self.role is Role.CHARGE_POINT else [self.target]
        words = ["ocpp-core", "conform", *where, *what]
        words += ["--identity", self.identity] if self.identity else []
        words += ["--profile", self.profile] if self.profile else []
        return shlex.join([*words, *(["--intrusive"] if rule.intrusive else [])])


def group_of(rule: Rule) -> str:
    """The first word of a rule's id."""
    return rule.id.partition(".")[0]
