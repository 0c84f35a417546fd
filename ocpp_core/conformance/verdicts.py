"""What can be said of software and a rule, and what a run exits with."""

from collections.abc import Container, Iterable
from enum import StrEnum

from attrs import define, field, frozen

from ocpp_core.conformance.learning import Learned
from ocpp_core.conformance.rules import Level, Rule
from ocpp_core.conformance.traces import Trace


class Verdict(StrEnum):
    """What was seen of a rule."""

    CONFORMING = "conforming"  #: everything that it says was seen
    DEVIATING = "deviating"  #: something else was seen; there is a `Finding`
    INCONCLUSIVE = "inconclusive"  #: nobody can tell: what it takes could not be brought about
    NOT_APPLICABLE = (
        "not applicable"  #: the software does not claim to do such a thing, or the version has none
    )
    BROKEN = "broken"  #: the kit itself, or a hook of the user, has failed


@frozen
class Finding:
    """How a rule was broken: one, however often it was seen.

    Attributes:
        expected: What the standard wants, in one line.
        got: What was seen, in one line.
        place: Where, to tell findings of one rule apart: an action, a wire path.
        trace: What was said, made as short as it could be.
        marks: Numbers of the entries that show it.
        count: How often the same was seen.
        replay: The file that replays it; "" if none was written.
        known: What was known of the software before the trace began: a verdict may rest on it.
    """

    expected: str
    got: str
    place: str
    trace: Trace
    marks: tuple[int, ...] = ()
    count: int = 1
    replay: str = ""
    known: Learned = field(factory=Learned)


@define
class Outcome:
    """What became of one rule.

    Attributes:
        rule: The rule.
        verdict: What was seen.
        reason: Why nobody can tell, why it does not apply, or what broke; "" otherwise.
        findings: If it deviates.
        seconds: How long it took.
        examples: How many messages or histories were tried.
        is_untried: The software is not there, or lets no check begin: so nobody has looked, and that is no success.
    """

    rule: Rule
    verdict: Verdict
    reason: str = ""
    findings: list[Finding] = field(factory=list)
    seconds: float = 0.0
    examples: int = 1
    is_untried: bool = False


def is_blind(outcomes: Iterable[Outcome]) -> bool:
    """Whether nobody can tell of any rule: of what is not reached, say. That nothing was found is no good news then."""
    return all(outcome.verdict not in (Verdict.CONFORMING, Verdict.DEVIATING) for outcome in outcomes)


def exit_code(
    outcomes: Iterable[Outcome],
    *,
    strict: bool = False,
    known: Container[str] = frozenset(),
    is_stopped: bool = False,
) -> int:
    """What a run exits with: 0 clean, 1 deviations, 2 it could not run, or not to its end, or nothing could be told.

    Args:
        outcomes: Of all rules.
        strict: Whether what only should be counts too.
        known: Ids of rules whose deviation is known, and counts as none. One that is kept after all counts: the list is
            to be mended.
        is_stopped: Whether it has not come to its end: that nothing was found so far is no good news.
    """
    outcomes = list(outcomes)
    if is_blind(outcomes) or any(outcome.verdict is Verdict.BROKEN for outcome in outcomes):
        return 2
    if any(_counts(outcome, strict, known) for outcome in outcomes):
        return 1
    return 2 if is_stopped or any(outcome.is_untried for outcome in outcomes) else 0


def _counts(outcome: Outcome, strict: bool, known: Container[str]) -> bool:
    if outcome.rule.id in known:
        return outcome.verdict is Verdict.CONFORMING
    is_wanted = strict or outcome.rule.level is Level.MUST
    return outcome.verdict is Verdict.DEVIATING and is_wanted


class Deviation(Exception):
    """Raised by a check: the rule that it is about is broken."""

    def __init__(self, expected: str, got: str, *, place: str = "", marks: Iterable[int] = ()) -> None:
        super().__init__(f"expected {expected}; got {got}")
        self.expected = expected
        self.got = got
        self.place = place
        self.marks: tuple[int, ...] = tuple(marks)


class Inconclusive(Exception):
    """Raised by a check: what the rule takes could not be brought about; another rule may be why."""


class NotApplicable(Exception):
    """Raised by a check: the software does not do such a thing, and need not."""
