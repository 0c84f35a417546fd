"""What becomes of every action between two adjacent versions, found out by translating messages of all tokens.

The messages are those of `every_token.sparse_messages`: what is required with each optional member in turn, each token
in turn, numbers 0 and 1. What is lost at a limit (length, range, digits) is not among it: see docs/translation.md.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

from attrs import define, field

from every_token import sparse_messages
from ocpp_core import specification
from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import shape
from ocpp_core.model.versions import Role
from ocpp_core.translation import engine
from ocpp_core.translation.losses import Loss, LossKind, NeedsSessionError, Translation
from ocpp_core.translation.steps import Direction

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

EXACT, LOSSES, OTHER = "exact", "losses", "other message"
SESSION, REFUSED, ANSWERED, SILENT = "session", "refused", "answered", "dropped"
#: In the order of the tables.
KINDS = (EXACT, LOSSES, OTHER, SESSION, REFUSED, ANSWERED, SILENT)
#: The same without words.
SIGNS = {EXACT: "=", LOSSES: "≈", OTHER: "⇄", SESSION: "S", REFUSED: "✗", ANSWERED: "✓", SILENT: "∅"}
_MARKS = {
    LossKind.DROPPED: "-",
    LossKind.APPROXIMATED: "~",
    LossKind.DEFAULTED: "+",
    LossKind.SYNTHESISED: "+",
}
_POSITION = re.compile(r"\[\d+\]")
#: Of every object, so that a table of them would say nothing else.
_EVERYWHERE = ("customData", "statusInfo")


@define
class Fate:
    """What becomes of the requests of an action.

    Attributes:
        action: In the version of the source.
        targets: Actions that they become.
        lost: Losses of requests that go on, each with its mark.
        back: The same of responses.
        refusing: Paths that make a request be refused.
        answers: What senders are told of requests that go no further.
        needs_session: Whether all, or some, of them do.
    """

    action: str
    targets: list[str] = field(factory=list)
    lost: dict[str, None] = field(factory=dict)
    back: dict[str, None] = field(factory=dict)
    refusing: dict[str, None] = field(factory=dict)
    answers: dict[str, None] = field(factory=dict)
    needs_session: bool = False

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        if not self.targets:
            if self.needs_session:
                return SESSION
            told = next(iter(self.answers), SILENT)
            return ANSWERED if told in ("{}", "Accepted") else told if told == SILENT else REFUSED
        if self.targets != [self.action]:
            return OTHER
        return LOSSES if self.lost or self.back or self.refusing or self.answers else EXACT


@cache
def fates(source: str, target: str) -> tuple[Fate, ...]:
    """What becomes of each action of one version in its neighbour."""
    (direction,) = engine.path(source, target)
    return tuple(_fate(direction, action) for action in sorted(specification(source).actions))


def _fate(direction: Direction, action: str) -> Fate:
    known = specification(direction.source)
    fate = Fate(action)
    asked: dict[str, Any] = {}
    for number in (0, 1):
        for message in sparse_messages(known.request(action), number):
            try:
                found = _translated(message, direction.target)
            except NeedsSessionError:
                fate.needs_session = True
                continue
            for made in found.messages:
                name = made.__ocpp__.action or ""
                asked.setdefault(name, message)
                fate.targets += [] if name in fate.targets else [name]
            if found.messages:
                fate.lost |= dict.fromkeys(_marked(found.losses))
            else:
                fate.answers[_told(found)] = None
                if known.actions[action].sent_by is Role.CSMS:
                    fate.refusing |= dict.fromkeys(one[1:] for one in _marked(found.losses) if one != "-$")
    fate.refusing = {path: None for path in fate.refusing if f"-{path}" not in fate.lost}
    for name, request in asked.items():
        if known.actions[action].answered:
            fate.back |= dict.fromkeys(_lost_back(direction, name, request))
    return fate


def _lost_back(direction: Direction, name: str, request: Any) -> Iterator[str]:
    """What responses to a request lose on their way to its sender."""
    for number in (0, 1):
        for response in sparse_messages(specification(direction.target).response(name), number):
            try:
                found = _translated(response, direction.source, request=request)
            except (NeedsSessionError, LocalProtocolError):
                continue
            yield from _marked(found.losses)


def _translated(message: Any, to: str, **more: Any) -> Translation:
    return engine.translate(message, to=to, received_at=NOON, new_id=count(1).__next__, **more)


def _marked(losses: Iterable[Loss]) -> Iterator[str]:
    for loss in losses:
        path = _POSITION.sub("", loss.path)
        if not path.endswith(_EVERYWHERE):
            yield f"{_MARKS[loss.kind]}{path}"


def _told(found: Translation) -> str:
    answer = found.answer
    if answer is None:
        return SILENT
    if isinstance(answer, OcppError):
        return f"error {answer.code}"
    return _status(answer) or "{}"


def _status(answer: Any) -> str:
    """The status of an answer, or of the first of its results; "" where there is none."""
    for one in shape(type(answer)).fields:
        value = getattr(answer, one.name)
        if one.wire.lower().endswith("status") and isinstance(value, str):
            return str(value)
        if isinstance(value, list) and value and isinstance(value[0], Payload):
            return _status(value[0])
    return ""
