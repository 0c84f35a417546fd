"""Leads a message step by step from its version to another, and an answer back."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any

from ocpp_core._lazy import once
from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.model.messages import Payload, Request, Response
from ocpp_core.model.versions import Version
from ocpp_core.translation.losses import Note, Translation
from ocpp_core.translation.policies import DEFAULT_POLICY, Policy
from ocpp_core.translation.runs import Outcome, Run, is_tolerated
from ocpp_core.translation.steps import Direction, Step, directions

#: The module of each step. Every other pair of versions is a composition: this is a tree.
_STEPS = {
    (Version.V1_2, Version.V1_5): "v12_v15",
    (Version.V1_5, Version.V1_6): "v15_v16",
    (Version.V1_6, Version.V2_0_1): "v16_v201",
    (Version.V2_0, Version.V2_0_1): "v20_v201",
    (Version.V2_0_1, Version.V2_1): "v201_v21",
}

#: The same without them, older version first.
ADJACENT = tuple(_STEPS)


@once
def _neighbours(version: Version) -> dict[Version, str]:
    found = {newer: module for (older, newer), module in _STEPS.items() if older is version}
    return found | {older: module for (older, newer), module in _STEPS.items() if newer is version}


@once
def _module(name: str) -> dict[Version, Direction]:
    """Both directions of a step, by the version they lead from."""
    step: Step = import_module(f"ocpp_core.translation.{name}").STEP
    return {one.source: one for one in directions(step)}


@once
def path(source: str, target: str) -> tuple[Direction, ...]:
    """The steps from one version to another.

    Raises:
        ValueError: There is no such version.
    """
    found = _search(Version(source), Version(target), None)
    assert found is not None, "the steps are a tree, and all versions are in it"
    return found


@once
def itself(version: Version) -> Direction:
    """What says a message again in its own version, as far as it can be sent: without what was tolerated in it."""
    return directions(Step(older=version, newer=version, actions=(), pairs=()))[0]


def opposite(direction: Direction) -> Direction:
    """The way back."""
    steps = path(direction.target, direction.source)
    return steps[0] if steps else direction


def _among_equals(message: Payload) -> tuple[Direction, ...]:
    """The steps of a message that stays in its version: one, if it breaks its schema."""
    return (itself(Version(message.__ocpp__.version)),) if is_tolerated(message) else ()


def _search(at: Version, target: Version, come_from: Version | None) -> tuple[Direction, ...] | None:
    if at is target:
        return ()
    for other, module in _neighbours(at).items():
        if other is not come_from:
            rest = _search(other, target, at)
            if rest is not None:
                return (_module(module)[at], *rest)
    return None


def translate(
    message: Payload,
    *,
    to: str,
    request: Request[Any] | None = None,
    received_at: datetime | None = None,
    policy: Policy = DEFAULT_POLICY,
    new_id: Callable[[], int] | None = None,
    part: int = 0,
) -> Translation:
    """Says in another version what a message says, and names what that version cannot say.

    What depends on what went before (transactions, above all) takes a session instead. The output is valid under the
    schema of its version. The same arguments give the same result.

    Args:
        message: A request, a response, or a SEND of 2.1.
        to: The version to translate to: a `Version` or its number.
        request: Of a response: the request that it answers, in the version `to`, as it was before it was translated.
            Some responses can be translated without.
        received_at: When the message came, aware: what a required timestamp becomes that the source lacks.
        policy: What you decide differently.
        new_id: Gives out request ids, from 1 and never the same one twice, where the target requires one that the
            source lacks.
        part: Of a response to one of several requests that were made of `request`: which of them, from 0. `merge` puts
            the translated responses together.

    Returns:
        Messages for the other side, or an answer for the sender, or both; and the losses of all steps.

    Raises:
        NeedsSessionError: The message cannot be translated on its own.
        LocalProtocolError: `request`, `received_at` or `new_id` is needed and was not given; or the request is not in
            the version `to`, or would not have become one of the kind that is answered.
        ValueError: There is no such version.
    """
    steps = path(message.__ocpp__.version, to) or _among_equals(message)
    if isinstance(message, Response):
        return _answer(message, steps, (policy, received_at, new_id), request, part)
    # Nearly every request stays one message, all the way.
    made: Any = message
    forms: _Forms = (message,)
    losses: list[Note] = []
    for direction in steps:
        way = direction.way
        run = Run(way.step, way, policy, received_at, new_id)
        made = direction.becomes(made, run)
        losses += run.losses
        if made.__class__ is Outcome:
            return _parted(forms, made, steps, (policy, received_at, new_id), losses)
        forms += (made,)
    return Translation(forms[-1:], None, tuple(losses), (forms,))


def translate_along(
    message: Response,
    forms: Sequence[Any],
    *,
    received_at: datetime | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> Translation:
    """Translates a response in the direction in which its request was translated, as both are in a log.

    Args:
        message: The response.
        forms: One of the `Translation.forms` of the request.
        received_at: As in `translate`.
        policy: That of the request.

    Raises:
        NeedsSessionError: The response cannot be translated on its own.
    """
    asked = tuple(reversed(forms))
    steps = path(message.__ocpp__.version, asked[0].__ocpp__.version) or _among_equals(message)
    return _response(message, steps, (policy, received_at, None), asked[0], lambda: asked)


def merge(responses: Sequence[Response], request: Request[Any], *, of: str) -> Response:
    """The one response to a request that became several: made of the translated responses to all parts.

    Args:
        responses: At least one, in the version of `request`, in the order of the parts.
        request: As it was before it was translated.
        of: The version that it was translated to.
    """
    facts = request.__ocpp__
    steps = path(of, facts.version)
    return steps[-1].merged(responses, facts.action or "") if steps else responses[0]


#: What all steps of a translation are told: see `translate`.
_Context = tuple[Policy, datetime | None, Callable[[], int] | None]
#: What a message has been on the way, in the order of the steps.
_Forms = tuple[Any, ...]


def _parted(
    forms: _Forms, outcome: Outcome, steps: tuple[Direction, ...], context: _Context, losses: list[Note]
) -> Translation:
    """Goes on from the step in which a message became several, or none."""
    number = len(forms) - 1
    outcomes: list[tuple[_Forms, Outcome]] = [(forms, outcome)]
    while going := _after(outcomes):
        # The answers of those that go on will tell; what was answered here alone counts for nothing beside them.
        number += 1
        if number == len(steps):
            return Translation(tuple([taken[-1] for taken in going]), None, tuple(losses), going)
        direction, outcomes = steps[number], []
        for taken in going:
            run = Run(direction.way.step, direction.way, *context)
            outcomes.append((taken, direction.request(taken[-1], run)))
            losses += run.losses
    answers = [(taken, one.answer) for taken, one in outcomes if one.answer is not None]
    return Translation((), _back(answers, steps[:number], context, losses), tuple(losses))


def _after(outcomes: list[tuple[_Forms, Outcome]]) -> list[_Forms]:
    return [(*taken, made) for taken, one in outcomes for made in one.messages]


def _back(
    answers: list[tuple[_Forms, Any]], taken: tuple[Direction, ...], context: _Context, losses: list[Note]
) -> Response | OcppError | None:
    """An answer that was given on the way, in the version of the sender."""
    if not answers:
        return None
    home: list[Any] = []
    for forms, given in answers:
        answer = given
        for number in reversed(range(len(taken))):
            if isinstance(answer, OcppError):
                break
            returning = opposite(taken[number])
            run = Run(returning.way.step, returning.way, *context)
            run.request, run.sent = forms[number], partial(_form, forms, number + 1)
            answer = returning.response(answer, run, forms[number].__ocpp__.action)
            losses += run.losses
        home.append(answer)
    good = [one for one in home if isinstance(one, Response)]
    if len(good) > 1:
        first = answers[0][0][0]
        return merge(good, first, of=taken[0].target) if taken else good[0]
    return good[0] if good else home[0]


def _answer(
    message: Response,
    steps: tuple[Direction, ...],
    context: _Context,
    request: Request[Any] | None,
    part: int,
) -> Translation:
    """A response, and what its request was on the way, if that is known."""
    if request is None or not steps:
        return _response(message, steps, context)
    if request.__ocpp__.version != steps[-1].target:
        raise LocalProtocolError(
            f"the request is of OCPP {request.__ocpp__.version}: give it as it was in {steps[-1].target}"
        )
    out = tuple(map(opposite, reversed(steps)))
    return _response(message, steps, context, request, once(lambda: _forms(request, out, context, part)))


def _response(
    message: Response,
    steps: tuple[Direction, ...],
    context: _Context,
    request: Request[Any] | None = None,
    forms: Callable[[], _Forms] = tuple,
) -> Translation:
    """`forms` are what the request was on its way, from the version of the target to that of the response."""
    losses: list[Note] = []
    answer: Response = message
    for number, direction in enumerate(steps):
        run = Run(direction.way.step, direction.way, *context)
        if request is not None:
            left = len(steps) - number - 1  # how many steps the request was away from its sender
            asked: Request[Any] = request if not left else forms()[left]
            run.request = asked
            run.sent = partial(_form_of, forms, left + 1)
            action = asked.__ocpp__.action or ""
        else:
            action = direction.asked_by(answer)
        made = direction.response(answer, run, action)
        losses += run.losses
        if isinstance(made, OcppError):
            return Translation((), made, tuple(losses))
        answer = made
    return Translation((answer,), None, tuple(losses))


def _form(forms: _Forms, number: int) -> Any:
    return forms[number]


def _form_of(forms: Callable[[], _Forms], number: int) -> Any:
    return forms()[number]


def _forms(request: Request[Any], steps: tuple[Direction, ...], context: _Context, part: int) -> _Forms:
    current: list[_Forms] = [(request,)]
    policy, received_at, new_id = context
    again = policy, received_at, new_id and (lambda: 0)
    for direction in steps:
        current = [
            (*forms, made)
            for forms in current
            for made in direction.request(forms[-1], Run(direction.way.step, direction.way, *again)).messages
        ]
    if part >= len(current):
        raise LocalProtocolError(
            f"{type(request).__name__} of OCPP {request.__ocpp__.version} becomes {len(current)} requests"
        )
    return current[part]
