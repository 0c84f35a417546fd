"""Histories of a station in which the last step breaks exactly one rule of sequence, and what a CSMS may say to that.

The ids of rules are those of the conformance kit (`docs/conformance-rules.md`), where it has one for the same thing: in
its words the rule binds the CSMS, which has to bear what such a station does. Those that begin with ``history`` are of
the station alone.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Literal, NamedTuple

from attrs import evolve
from hypothesis import strategies as st

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.shapes import shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Specification, Wire
from ocpp_core.testing.histories import ACTS, Link, Model, Step, Transaction, done, event, history

__all__ = ["RESULT", "BrokenHistory", "broken_histories"]

#: Stands among the answers for a result.
RESULT = "result"


class BrokenHistory(NamedTuple):
    """A history that breaks exactly one rule, with its last step.

    Attributes:
        rule: Its id, which names no version: ``transaction.stop-unknown``.
        steps: What the station does; the last of it it should not do, or not now.
        accepted: What a CSMS may answer to the last step: `RESULT`, and codes of errors as the version spells them.
            Silence is never right, and neither is an end of the connection.
        level: "should" where the standard recommends no more than what is accepted here.
    """

    rule: str
    steps: list[Step]
    accepted: frozenset[str]
    level: Literal["must", "should"] = "must"


def broken_histories(
    version: str, *, rules: Collection[str] = (), max_steps: int = 6
) -> st.SearchStrategy[BrokenHistory]:
    """Histories that break one rule of sequence each. A rule is drawn first.

    Args:
        version: Any.
        rules: Only these; all that the version has, if none is given. Those that begin with ``frame`` are of the JSON
            wire.
        max_steps: That are in order; some more may be needed to get where the rule can be broken.

    Raises:
        LocalProtocolError: No rule is left.
    """
    known = specification(version)
    left = {
        rule: broken for rule, broken in _BROKEN.items() if broken.has(known) and (not rules or rule in rules)
    }
    if not left:
        raise LocalProtocolError(f"OCPP {known.version} has no such rule")
    return _broken_histories(known, left, max_steps)


class _Telling(NamedTuple):
    """A history that is in order so far."""

    draw: st.DrawFn
    model: Model
    steps: list[Step]

    def add(self, step: Step) -> None:
        self.steps.append(step)

    def act(self, *names: str) -> Step:
        """Goes on with one of some acts."""
        step = self.draw(done(ACTS[self.draw(st.sampled_from(names))], self.model))
        self.add(step)
        return step

    def token(self) -> None:
        if not self.model.tokens:
            self.act("authorize")

    def running(self) -> Transaction:
        """A transaction that goes on."""
        if not self.model.running:
            self.token()
            self.act("start")
        return next(iter(self.model.running.values()))

    def ended(self) -> Transaction:
        """A transaction that went on until the last step."""
        running = self.running()
        # The act ends one of those that run, so the others have to end first.
        while running.connector in self.model.running:
            self.act("stop")
        return running

    def stranger(self) -> Transaction:
        """A transaction that nobody has told of."""
        self.token()
        id = f"tx-{self.draw(st.integers(0, 99))}-unknown"
        return Transaction(0, id, 1, self.model.tokens[-1], 0, events=3)


_Break = Callable[[_Telling], None]


class _Rule(NamedTuple):
    """How a rule is broken.

    Attributes:
        break_: Makes the history that is in order one whose last step is not.
        has: Whether a version knows the rule.
        codes: That may be answered, beside a result.
        level: Of `BrokenHistory`.
    """

    break_: _Break
    has: Callable[[Specification], bool]
    codes: Iterable[ErrorCode] = ()
    level: Literal["must", "should"] = "must"


@st.composite
def _broken_histories(
    draw: st.DrawFn, known: Specification, rules: dict[str, _Rule], max_steps: int
) -> BrokenHistory:
    name = draw(st.sampled_from(list(rules)))
    rule, model = rules[name], Model(known)
    telling = _Telling(draw, model, [] if rule.break_ in _FROM_THE_FIRST else history(draw, model, max_steps))
    rule.break_(telling)
    names = known.error_names[Wire.JSON if Wire.JSON in known.error_names else Wire.SOAP]
    codes = {names[code] for code in rule.codes if code in names}
    return BrokenHistory(name, telling.steps, frozenset({RESULT, *codes}), rule.level)


# Boots and calls


#: What makes sense before anything else has been said.
_PLAIN = ("heartbeat", "status", "authorize")


def _no_boot(telling: _Telling) -> None:
    telling.act(*_PLAIN)


def _before_answer(telling: _Telling) -> None:
    telling.act("boot")
    _second_call(telling)


def _second_call(telling: _Telling) -> None:
    if not telling.steps[-1].action:
        telling.act(*_PLAIN)
    telling.act(*_PLAIN)
    telling.steps[-1] = evolve(telling.steps[-1], is_early=True)


def _used_id(telling: _Telling) -> None:
    """That of a call which has been answered."""
    telling.act("authorize")
    telling.act("heartbeat", "status")
    telling.steps[-1] = evolve(telling.steps[-1], same_id=len(telling.steps) - 2)


def _open_id(telling: _Telling) -> None:
    _used_id(telling)
    telling.steps[-1] = evolve(telling.steps[-1], is_early=True)


# Transactions


def _unknown_end(telling: _Telling) -> None:
    stranger = telling.stranger()
    if not telling.model.is_first:
        telling.add(event(telling.draw, telling.model, stranger, "Ended", "StopAuthorized"))
        return
    members = {"transactionId": telling.draw(_UNKNOWN), "meterStop": 1, **stranger.token}
    telling.add(telling.model.step(telling.draw, "StopTransaction", members))


def _unknown_meter(telling: _Telling) -> None:
    members = {"connectorId": 1, "transactionId": telling.draw(_UNKNOWN)}
    telling.add(telling.model.step(telling.draw, "MeterValues", members))


#: Numbers that hardly a CSMS hands out.
_UNKNOWN = st.integers(2**31 - 1000, 2**31 - 1)


def _unknown_event(telling: _Telling) -> None:
    stranger = telling.stranger()
    telling.add(event(telling.draw, telling.model, stranger, "Updated", "MeterValuePeriodic"))


def _event_after_end(telling: _Telling) -> None:
    ended = telling.ended()
    ended.events += 1
    telling.add(event(telling.draw, telling.model, ended, "Updated", "MeterValuePeriodic"))


def _event_out_of_order(telling: _Telling) -> None:
    """Its number is that of the first event."""
    running = telling.running()
    telling.act("meter")
    running.events = 1
    telling.add(event(telling.draw, telling.model, running, "Updated", "MeterValuePeriodic"))


def _start_again(telling: _Telling) -> None:
    while not telling.model.free:
        telling.act("stop")
    telling.token()
    telling.act("start")
    telling.add(telling.steps[-1])


def _end_again(telling: _Telling) -> None:
    telling.ended()
    telling.add(telling.steps[-1])


def _end_below_start(telling: _Telling) -> None:
    running = telling.running()
    members = {"meterStop": running.meter - 1 - telling.draw(st.integers(0, 1000)), **running.token}
    link = {"transactionId": Link(running.step, "transactionId")}
    telling.add(telling.model.step(telling.draw, "StopTransaction", members, link))


def _busy_connector(telling: _Telling) -> None:
    running = telling.running()
    del telling.model.running[running.connector]
    # Whatever else is free looks taken, so that the act takes the one that is not.
    others = [number for number in telling.model.free if number != running.connector]
    telling.model.running.update(dict.fromkeys(others, running))
    telling.act("start")


def _all(_: Specification) -> bool:
    return True


def _first(known: Specification) -> bool:
    """Whether transactions have messages of their own: 1.x."""
    return "StartTransaction" in known.actions


def _later(known: Specification) -> bool:
    return not _first(known)


def _json(known: Specification) -> bool:
    return Wire.JSON in known.error_names


def _meters_name_transactions(known: Specification) -> bool:
    return _first(known) and "transactionId" in shape(known.request("MeterValues")).by_wire


_TOO_MANY = (ErrorCode.GENERIC, ErrorCode.PROTOCOL, ErrorCode.INTERNAL, ErrorCode.SECURITY)
_BAD_ID = (*_TOO_MANY, ErrorCode.FRAME, ErrorCode.MESSAGE_ID, ErrorCode.FORMAT)
#: Of these no history in order comes first.
_FROM_THE_FIRST = (_no_boot, _before_answer)
_BROKEN: dict[str, _Rule] = {
    # A CSMS may know the station from before (part 4 §5.4), or let it wait for its boot (OCPP 1.6 §4.2).
    "boot.first": _Rule(_no_boot, _all, (ErrorCode.SECURITY, ErrorCode.GENERIC), "should"),
    "boot.nothing-before-answer": _Rule(_before_answer, _all, _TOO_MANY, "should"),
    # The sender may have given up the first call, so a receiver that serves the second is right (§4.1.1).
    "frame.calls-in-turn": _Rule(
        _second_call, lambda known: _json(known) and _first(known), _TOO_MANY, "should"
    ),
    "frame.one-call-open": _Rule(_second_call, lambda known: _json(known) and _later(known), _TOO_MANY),
    # It may be taken for a retry (OCPP-J 1.6 errata 2025-04 §3.1; part 4 §4.1.4).
    "frame.id-new": _Rule(_used_id, _json, _BAD_ID, "should"),
    "frame.open-id": _Rule(_open_id, _json, _BAD_ID, "should"),
    # What a station tells of transactions is taken, or it would tell it for ever (OCPP 1.6 §4.8, §4.10; J02.FR.19).
    "transaction.stop-unknown": _Rule(_unknown_end, _all, level="should"),
    "transaction.stop-repeated": _Rule(_end_again, _all, level="should"),
    "transaction.stop-odd": _Rule(_end_below_start, _first, level="should"),
    "transaction.start-repeated": _Rule(_start_again, _first, level="should"),
    "transaction.event-repeated": _Rule(_start_again, _later),
    "transaction.updated": _Rule(_unknown_event, _later),
    "meter.unknown-transaction": _Rule(_unknown_meter, _meters_name_transactions, level="should"),
    "history.connector-busy": _Rule(_busy_connector, _all, level="should"),
    "history.event-after-end": _Rule(_event_after_end, _later),
    "history.event-number": _Rule(_event_out_of_order, _later),
}
