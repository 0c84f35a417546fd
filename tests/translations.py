"""What every translation has to keep: the target's schema, and a place or a name for every leaf of the source."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

import oracle
from classes import JSON_VERSIONS
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.shapes import shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Action, Version
from ocpp_core.payloads.binding import plain
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.translation import engine, steps
from ocpp_core.translation.losses import Loss, LossKind, Translation
from ocpp_core.translation.rules import Carry

RECEIVED_AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
LOST = (LossKind.DROPPED, LossKind.APPROXIMATED)

#: The adjacent pairs, older version first.
ADJACENT = list(engine._STEPS)


def carried(message: Payload, to: str, **more: Any) -> Translation:
    """A translation with everything given that a rule may ask for."""
    ids = count(1)
    return engine.translate(message, to=to, received_at=RECEIVED_AT, new_id=lambda: next(ids), **more)


def answered(version: str) -> Iterator[Action]:
    for action in specification(version).actions.values():
        if action.answered:
            yield action


def check_output(found: Translation, version: str, home: str) -> None:
    """Everything that comes out can be sent: the messages in the target's version, the answer in the sender's."""
    for message in found.messages:
        check_valid(message, version)
    if isinstance(found.answer, Response):
        check_valid(found.answer, home)
    elif found.answer is not None:
        assert isinstance(found.answer, OcppError)


def check_valid(message: Payload, version: str) -> None:
    assert version == message.__ocpp__.version

    written = to_wire(message)

    if version in JSON_VERSIONS:
        assert oracle.is_valid(version, message.__ocpp__.name, written), (message, written)


# Leaves


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """The leaves of JSON with their paths. An empty list or object has none."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}[{number}]")
    else:
        yield path, value


def _covers(path: str, leaf: str) -> bool:
    return leaf == path or leaf.startswith((f"{path}.", f"{path}["))


def check_no_silent_loss(
    message: Payload, found: Translation, renamed: frozenset[str] = frozenset(), *, consumed: Any = ()
) -> None:
    """Every leaf of the source is in the output, or a loss names it. Answered messages were told so.

    `renamed` are tokens that have another spelling; `consumed` are paths that the target expresses in another way.
    """
    if not found.messages:
        return
    there = Counter(
        _key(value) for made in found.messages for _, value in leaves(plain(made))
    )
    named = [loss.path for loss in found.losses if loss.kind in LOST]
    for path, value in leaves(plain(message)):
        if any(_covers(one, path) for one in named):
            continue
        if value in renamed if isinstance(value, str) else False:
            continue
        if path in consumed:
            continue
        assert there[_key(value)] > 0, f"{path} = {value!r} was lost without a word; {found.losses}"


def check_nothing_from_nowhere(
    message: Payload, found: Translation, renamed: frozenset[str] = frozenset()
) -> None:
    """Every leaf of the output is in the source, or a loss names it."""
    there = {_key(value) for _, value in leaves(plain(message))}
    named = [loss.target for loss in found.losses if loss.target]
    for made in found.messages:
        for path, value in leaves(plain(made)):
            if isinstance(value, str) and value in renamed:
                continue
            assert _key(value) in there or any(_covers(one, path) for one in named), (
                f"{path} = {value!r} came from nowhere; {found.losses}"
            )


def _key(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return (type(value), value)
    if isinstance(value, int | float | Decimal):
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return value if isinstance(value, str) else str(value)


# Rules


@cache
def gaps(older: str, newer: str) -> tuple[str, ...]:
    """What no rule of a pair speaks of, in either direction."""
    up, down = engine.path(older, newer)[0], engine.path(newer, older)[0]
    found: list[str] = []
    for one, back in ((up, down), (down, up)):
        source, target = specification(one.source), specification(one.target)
        found += [f"{one.step} {name} has no rule" for name in source.actions if name not in one.rules]
        for rule in one.rules.values():
            if isinstance(rule.how, Carry):
                cls = source.request(rule.source)
                one.way.plan(cls, target.request(rule.target), steps.is_command(cls))
            if rule.target and source.actions[rule.source].answered:
                back.way.plan(target.response(rule.target), source.response(rule.source))
    for one in (up, down):
        one.way.complete()
        found += one.way.gaps
    return tuple(sorted(set(found)))


def spellings(older: str, newer: str) -> frozenset[str]:
    """Tokens of a pair that are the same under another name."""
    found: set[str] = set()
    for one in (*engine.path(older, newer), *engine.path(newer, older)):
        for table in one.way.tables.values():
            for token, entry in table.entries.items():
                if isinstance(entry, str):
                    found |= {token, entry}
    return frozenset(found)


def messages_of(version: str) -> list[type[Payload]]:
    """All requests, and all SENDs, of a version."""
    known = specification(version)
    return [known.request(name) for name in known.actions]


__all__ = [
    "ADJACENT",
    "Loss",
    "Notification",
    "Request",
    "Version",
    "carried",
    "shape",
]
