"""A step: the rules between two adjacent versions, looked up by action and direction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never

from attrs import define, field, frozen

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.shapes import Enumeration, shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Version
from ocpp_core.payloads.binding import REFUSALS, encoder
from ocpp_core.translation.leaves import Table
from ocpp_core.translation.losses import LossReason, NeedsSessionError, UnaccountedError
from ocpp_core.translation.plans import Way
from ocpp_core.translation.rules import (
    NOT_SUPPORTED,
    REJECTED,
    Action,
    Carry,
    Extension,
    How,
    Local,
    Memory,
    Pair,
    Tokens,
    Written,
    empty,
    error,
    refused,
    silence,
    status,
)
from ocpp_core.translation.runs import Answer, Convert, Outcome, Run, Unfit, is_tolerated
from ocpp_core.translation.views import View

#: Set by tests: a leaf that a rule written by hand has neither used nor named is then an error, not a loss.
strict = False


@define(eq=False)
class Step:
    """All rules between two adjacent versions.

    Attributes:
        older: The older version.
        newer: The newer version.
        actions: What becomes of each action. What both versions have under one name is carried, if nothing is said.
        pairs: Classes that are not the same field by field.
        tokens: Enums that are not the same token by token.
        integers_down: Bounds of integers in the older version that its JSON schema does not state.
    """

    older: Version
    newer: Version
    actions: Sequence[Action]
    pairs: Iterable[Pair]
    tokens: Iterable[Tokens] = ()
    integers_down: tuple[int, int] | None = None


@frozen
class _Rule:
    """An action as one direction sees it."""

    source: str
    target: str
    how: How
    refusal: Answer
    action: Action


@define(eq=False)
class Direction:
    """One direction of a step: what it makes of requests and of responses.

    Attributes:
        source: Version that messages come from.
        target: Version that they become.
        way: The plans.
        rules: By the action of the request in `source`.
        returns: The rules of requests that went the other way, by the action of the source of this one.
    """

    source: Version
    target: Version
    way: Way
    rules: Mapping[str, _Rule]
    returns: Mapping[str, tuple[_Rule, ...]] = field(factory=dict)
    _carrying: dict[type, Convert] = field(factory=dict)

    @property
    def step(self) -> str:
        """Its name, ``1.6->2.0.1``."""
        return self.way.step

    def request(self, message: Request[Any] | Notification, run: Run) -> Outcome:
        """What becomes of a request, or of a message that wants no answer."""
        made = self.becomes(message, run)
        return made if isinstance(made, Outcome) else Outcome((made,))

    def becomes(self, message: Any, run: Run) -> Any:
        """As `request`; but most become one message, which then stands alone, as an `Outcome` around it takes time."""
        carry = self._carrying.get(message.__class__)
        try:
            if carry is not None:
                return carry(message, run, None)
            rule = self.rules[message.__ocpp__.action or ""]
            match rule.how:
                case Carry():
                    target = specification(self.target).request(rule.target)
                    plan = self.way.plan(type(message), target, is_command(message))
                    self._carrying[type(message)] = plan
                    return plan(message, run, None)
                case Extension(otherwise=answer):
                    if run.policy.has_security_extension:
                        return self.carried(message, run, rule.target)
                    return self._local(message, answer, run)
                case Local(answer=answer):
                    return self._local(message, answer, run)
                case Written(function=function):
                    view = View(message, run, is_command=is_command(message))
                    outcome = function(view, run, self)
                    if outcome.messages:
                        account(view, run)
                    return outcome
                case Memory(rows=rows):
                    if rows and run.memory is not None:
                        return self.carried(message, run, rule.target)
                    raise NeedsSessionError(rule.source, self.step)
                case _:
                    assert_never(rule.how)
        except (Unfit, *REFUSALS) as unfit:
            return Outcome(answer=self.refusal(message, run, unfit))

    def refusal(self, message: Any, run: Run, why: Exception) -> Response | OcppError | None:
        """The answer to a request that has no place in the target. Only what goes against a schema may lack a reason.

        Raises:
            Exception: `why`, if it is a defect: no `Unfit`, and the request keeps to its schema.
        """
        told: Answer = error(ErrorCode.TYPE_CONSTRAINT)
        unfit = why if isinstance(why, Unfit) else None
        if unfit is not None:
            told = self.rules[message.__ocpp__.action or ""].refusal
        elif not is_tolerated(message):
            raise why
        run.losses.clear()
        if unfit is not None and is_command(message):
            run.dropped(unfit.place, unfit.value, unfit.reason)
        else:
            run.dropped(None, message, LossReason.SUPPRESSED)
        return sendable(told, message, run, unfit)

    def carried(self, message: Any, run: Run, action: str) -> Any:
        """The request of another action that the rows make of a request."""
        target = specification(self.target).request(action)
        return self.way.plan(type(message), target, is_command(message))(message, run, None)

    def _local(self, message: Any, answer: Answer, run: Run) -> Outcome:
        if not is_command(message):
            run.dropped(None, message, LossReason.SUPPRESSED)
        return Outcome(answer=sendable(answer, message, run, None))

    def response(self, message: Response, run: Run, action: str) -> Response | OcppError:
        """What becomes of the response to a request of this action in the version of the target."""
        target = specification(self.target).response(action)
        plan = self.way.plan(type(message), target)
        try:
            made: Response = plan(message, run, None)
        except Unfit as unfit:
            run.losses.clear()
            run.dropped(None, message, LossReason.SUPPRESSED)
            return OcppError(
                ErrorCode.INTERNAL, f"the response cannot be expressed in OCPP {self.target}: {unfit.reason}"
            )
        except REFUSALS:
            if not is_tolerated(message):
                raise
            run.losses.clear()
            run.dropped(None, message, LossReason.SUPPRESSED)
            return broken()
        return made

    def asked_by(self, response: Response) -> str:
        """The action of the target that a response is likely to answer, where the request is not known."""
        name = response.__ocpp__.action or ""
        rules = self.returns.get(name, ())
        if not rules:
            raise LocalProtocolError(
                f"{self.step}: no request becomes {name}, so nothing asks for {name}Response"
            )
        return next((rule.source for rule in rules if rule.source == name), rules[0].source)

    def merged(self, responses: Sequence[Response], action: str) -> Response:
        """One response of several to the parts of a request of the target."""
        for rules in self.returns.values():
            for rule in rules:
                if rule.source == action and rule.action.merge is not None:
                    return rule.action.merge(responses)
        return responses[0]


def account(view: View, run: Run) -> None:
    """Names what a rule written by hand has neither used nor named."""
    for place, value, reason in view.left():
        if strict and place is not None and place[2] != place[1]:
            raise UnaccountedError(f"{run.step} {type(view.whole).__name__}.{place[1]}")
        run.dropped(place, value, reason)


def broken() -> OcppError:
    """What is said in place of a response that was tolerated and that nothing can be made of."""
    return OcppError(ErrorCode.INTERNAL, "the response breaks its schema")


def sendable(answer: Answer, message: Any, run: Run, why: Unfit | None) -> Response | OcppError | None:
    """An answer, or an error if it would repeat what breaks the schema in the request."""
    made: Response | OcppError | None = None
    try:
        made = answer(message, run, why)
        if made is None or isinstance(made, OcppError):
            return made
        encoder(type(made))(made)
    except REFUSALS:
        if not is_tolerated(message):
            raise
        return refused(ErrorCode.PROPERTY_CONSTRAINT, message, why)
    return made


def is_command(message: Payload) -> bool:
    """Whether a request says what a station shall do, which may not have a wider effect than was meant."""
    return message.__ocpp__.sent_by is Role.CSMS


def directions(step: Step) -> tuple[Direction, Direction]:
    """Up and down."""
    up = _direction(step, is_up=True)
    down = _direction(step, is_up=False)
    up.returns = _returns(down)
    down.returns = _returns(up)
    return up, down


def _returns(other: Direction) -> dict[str, tuple[_Rule, ...]]:
    found: dict[str, list[_Rule]] = {}
    for rule in other.rules.values():
        if rule.target:
            found.setdefault(rule.target, []).append(rule)
    return {name: tuple(rules) for name, rules in found.items()}


def _direction(step: Step, *, is_up: bool) -> Direction:
    source, target = (step.older, step.newer) if is_up else (step.newer, step.older)
    rules: dict[str, _Rule] = {}
    for action in (*step.actions, *_alike(step)):
        names = (action.older, action.newer) if is_up else (action.newer, action.older)
        how, refusal = (action.up, action.refusal_up) if is_up else (action.down, action.refusal_down)
        if names[0] and names[0] not in rules:
            if refusal is None:
                refusal = how.answer if isinstance(how, Local) else _refusal(source, names[0])
            rules[names[0]] = _Rule(*names, how, refusal, action)
    way = Way(
        step=f"{source}->{target}",
        is_up=is_up,
        pairs={((p.older, p.newer) if is_up else (p.newer, p.older)): p for p in step.pairs},
        tables={
            ((t.older, t.newer) if is_up else (t.newer, t.older)): Table(t.up if is_up else t.down, t.other)
            for t in step.tokens
        },
        integers=None if is_up else step.integers_down,
    )
    return Direction(source, target, way, rules)


def _alike(step: Step) -> list[Action]:
    """The actions that both versions have under one name, and of which nothing is said."""
    older, newer = specification(step.older).actions, specification(step.newer).actions
    spoken = {one.older for one in step.actions} | {one.newer for one in step.actions}
    return [Action(older=name, newer=name) for name in older if name in newer and name not in spoken]


#: What says of a status that nothing was done, the plainest word first.
_REFUSALS = {"Rejected": REJECTED, "Failed": status("Failed")}


def _refusal(version: Version, action: str) -> Answer:
    """The empty response where there is one, else Rejected or Failed, else an error; nothing for what has no answer."""
    known = specification(version)
    if not known.actions[action].answered:
        return silence
    fields = shape(known.response(action)).fields
    if not any(one.is_required for one in fields):
        return empty
    (first, *more) = [one for one in fields if one.is_required]
    is_plain = not more and first.wire == "status" and isinstance(first.kind, Enumeration)
    tokens = list(first.kind.enum) if is_plain else []  # type: ignore[union-attr]
    return next((answer for token, answer in _REFUSALS.items() if token in tokens), NOT_SUPPORTED)
