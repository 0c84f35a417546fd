"""Every message of every version to every other: what comes out can be sent, and nothing is lost without a word."""

import os
from itertools import permutations
from typing import Any

import pytest
from hypothesis import strategies as st

from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.messages import Notification, Payload, Response
from ocpp_core.model.versions import Version
from ocpp_core.testing import messages
from ocpp_core.translation import engine
from ocpp_core.translation.losses import Loss, NeedsSessionError
from properties import for_all
from translations import (
    ADJACENT,
    POLICIES,
    carried,
    check_no_silent_loss,
    check_nothing_from_nowhere,
    check_output,
    check_round_trip,
    exchanges,
    messages_of,
    spellings,
)

#: Of each message between neighbours, and between any two versions.
NEAR, FAR = 3, 1
#: In the deep run: 1e5 messages for each adjacent pair, in both directions and kinds.
MANY = int(os.environ.get("OCPP_TRANSLATED", "100_000"))

ORDERED = [pair for older, newer in ADJACENT for pair in ((older, newer), (newer, older))]
#: Pairs that are made of several steps.
COMPOSED = [pair for pair in permutations(Version, 2) if pair not in ORDERED]


def _names(pairs: Any) -> list[str]:
    return [f"{source}-{target}" for source, target in pairs]


REQUESTS = [
    pytest.param(source, target, cls, id=f"{source}-{target}-{cls.__name__}")
    for source, target in ORDERED
    for cls in messages_of(source)
]
RESPONSES = [
    pytest.param(source, target, cls, asked, id=f"{source}-{target}-{cls.__name__}-{asked.__ocpp__.action}")
    for source, target in ORDERED
    for cls, asked in exchanges(source, target)
]


def _check_request(source: str, target: str, message: Payload) -> None:
    step = f"{source}->{target}"
    alike = spellings(source, target)
    for policy in POLICIES:
        try:
            found = carried(message, target, policy=policy)
        except NeedsSessionError:
            return  # and so would be what comes back
        check_output(found, target, source)
        check_no_silent_loss(step, message, found, alike)
        check_nothing_from_nowhere(step, message, found, alike)
        assert repr(found) == repr(carried(message, target, policy=policy))
        if len(found.messages) == 1:
            back = carried(found.message, source, policy=policy)
            if len(back.messages) == 1 and type(back.message) is type(message):
                check_round_trip(source, target, message, found, back)


@pytest.mark.parametrize("source, target, cls", REQUESTS)
def test_requests_to_a_neighbour(source: str, target: str, cls: type[Payload]) -> None:
    for_all(messages(cls), NEAR, lambda message: _check_request(source, target, message))


def _check_response(source: str, target: str, message: Response, request: Any) -> None:
    step = f"{source}->{target}"
    try:
        found = carried(message, target, request=request)
    except (NeedsSessionError, LocalProtocolError):
        return  # a request that never reaches who would answer so
    check_output(found, target, target)
    check_no_silent_loss(step, message, found, spellings(source, target))


@pytest.mark.parametrize("source, target, cls, asked", RESPONSES)
def test_responses_to_a_neighbour(source: str, target: str, cls: type[Any], asked: type[Any]) -> None:
    for_all(
        st.tuples(messages(cls), messages(asked)), NEAR, lambda pair: _check_response(source, target, *pair)
    )


@pytest.mark.parametrize(
    "source, cls",
    [pytest.param(one, cls, id=f"{one}-{cls.__name__}") for one in Version for cls in messages_of(one)],
)
def test_requests_over_several_steps(source: str, cls: type[Payload]) -> None:
    """A composition is its steps: the same messages, and the losses of each in their order."""
    targets = [far for near, far in COMPOSED if near == source]

    def check(message: Any) -> None:
        for target in targets:
            _check_composition(message, source, target)

    for_all(messages(cls), FAR, check)


def _check_composition(message: Any, source: str, target: str) -> None:
    try:
        found = carried(message, target)
    except NeedsSessionError:
        return
    check_output(found, target, source)
    if not found.messages:
        assert found.answer is not None or isinstance(message, Notification)
        return
    current: list[Any] = [message]
    losses: list[Loss] = []
    for step in engine.path(source, target):
        each = [carried(one, step.target) for one in current]
        current = [made for one in each for made in one.messages]
        losses += [loss for one in each for loss in one.losses]
    if len(current) == 1:  # ids are counted anew in each
        assert (list(found.messages), list(found.losses)) == (current, losses)


@pytest.mark.deep
@pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1")
@pytest.mark.parametrize("source, target", ORDERED, ids=_names(ORDERED))
def test_a_hundred_thousand_messages(source: str, target: str) -> None:
    requests = messages_of(source)
    responses = exchanges(source, target)
    each = MANY // 2 // (len(requests) + len(responses))
    checked = 0
    for cls in requests:
        checked += for_all(messages(cls), each, lambda message: _check_request(source, target, message))
    for cls, asked in responses:
        pairs = st.tuples(messages(cls), messages(asked))
        checked += for_all(pairs, each, lambda pair: _check_response(source, target, *pair))

    # Of a class with a handful of values there are no more.
    assert checked > MANY // 2 * 0.6
