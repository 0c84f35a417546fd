"""Every action through a session, both ways, with generated messages and answers of any kind."""

import os
from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import strategies as st

from bridge import NOON, check
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Notification, Response
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Version
from ocpp_core.testing import messages
from ocpp_core.translation import Side, TranslationSession, engine
from ocpp_core.translation.rules import Memory
from ocpp_core.translation.sessions import Call, Effect, Reply
from ocpp_core.translation.sessions.tables import RULES
from properties import for_all

#: Of each action, in `make test` and in the deep run.
FEW, MANY = 2, 200
SENDERS = {Side.STATION: Role.CHARGE_POINT, Side.CSMS: Role.CSMS}
#: Pairs that have a step with memory in them, and those that have none.
NEAR = [("1.6", "2.0.1"), ("2.0.1", "1.6")]
FAR = [pair for pair in permutations(map(str, Version), 2) if pair not in NEAR]


Sender = tuple[str, str, Side, str]


def _senders(pairs: Iterable[tuple[str, str]]) -> list[Sender]:
    """Station, CSMS, who sends, and what."""
    return [
        (station, csms, side, action.name)
        for station, csms in pairs
        for side in Side
        for action in specification(station if side is Side.STATION else csms).actions.values()
        if action.sent_by & SENDERS[side]
    ]


CASES = [pytest.param(*one, id=f"{one[0]}-{one[1]}-{one[2].value}-{one[3]}") for one in _senders(NEAR)]


@pytest.mark.parametrize("side, step", [(side, step) for side, step in RULES])
def test_every_action_that_needs_memory_has_a_rule(side: Side, step: str) -> None:
    source, _, target = step.partition("->")
    (direction,) = engine.path(source, target)
    needed = {
        rule.source
        for rule in direction.rules.values()
        if isinstance(rule.how, Memory) and specification(source).action(rule.source).sent_by & SENDERS[side]
    }

    assert set() == needed - set(RULES[side, step])
    assert set() == set(RULES[side, step]) - set(specification(source).actions)


def _answers(action: str, version: str) -> Any:
    """What a side may do with a call."""
    return st.one_of(
        messages(specification(version).response(action)),
        st.just(OcppError(ErrorCode.INTERNAL, "no")),
        st.just(OcppError(ErrorCode.NOT_SUPPORTED, "no")),
        st.none(),
    )


def _check(station: str, csms: str, side: Side, message: Any, data: Any) -> None:
    versions = {Side.STATION: station, Side.CSMS: csms}
    session = TranslationSession(station=station, csms=csms, identity="CP-1")
    session.connected(Side.STATION, NOON)
    replies = []
    for number in range(2):  # the same again, as a station does that has had no answer
        effects: list[Effect] = session.received(side, message, ("key", number), NOON)
        while effects:
            effect = effects.pop(0)
            if isinstance(effect, Reply):
                assert all(loss.step for loss in effect.losses)
                check(effect.answer, versions[side])
                replies += [effect] if effect.call is not None else []
            elif isinstance(effect, Call):
                assert all(loss.step for loss in effect.losses)
                check(effect.request, versions[effect.side])
                answer = data.draw(_answers(effect.request.__ocpp__.action or "", versions[effect.side]))
                effects += session.answered(effect.call, answer, NOON)
        while session.wake_at is not None and len(replies) <= number:
            for effect in session.woken(session.wake_at):
                assert isinstance(effect, Reply)
                replies.append(effect)
    if isinstance(message, Notification):
        return
    assert [("key", 0), ("key", 1)] == [one.call for one in replies], "one answer for each request"
    assert all(isinstance(one.answer, Response | OcppError) for one in replies)


def _run(station: str, csms: str, side: Side, action: str, times: int) -> None:
    cls = specification(station if side is Side.STATION else csms).request(action)
    pairs = st.tuples(messages(cls), st.data())
    for_all(pairs, times, lambda pair: _check(station, csms, side, *pair))


@pytest.mark.parametrize("station, csms, side, action", CASES)
def test_an_action(station: str, csms: str, side: Side, action: str) -> None:
    _run(station, csms, side, action, FEW * 3)


@pytest.mark.parametrize("station, csms", FAR, ids=[f"{one}-{other}" for one, other in FAR])
def test_some_actions_of_other_pairs(station: str, csms: str) -> None:
    """Each action of each version meets some other; the deep run has all of them."""
    for one in _senders([(station, csms)])[FAR.index((station, csms)) % 4 :: 4]:
        _run(*one, 1)


@pytest.mark.deep
@pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1")
@pytest.mark.parametrize("station, csms, side, action", CASES)
def test_an_action_deeply(station: str, csms: str, side: Side, action: str) -> None:
    _run(station, csms, side, action, MANY)


@pytest.mark.deep
@pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1")
@pytest.mark.parametrize("station, csms", FAR, ids=[f"{one}-{other}" for one, other in FAR])
def test_all_actions_of_other_pairs(station: str, csms: str) -> None:
    for one in _senders([(station, csms)]):
        _run(*one, MANY // 10)
