"""What a translation gives back, and what it could not carry: each loss is a value with its place and its reason."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

from attrs import define, field

from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.model.messages import MISSING, Payload, Response
from ocpp_core.model.passed import Misplaced
from ocpp_core.model.printing import HIDDEN
from ocpp_core.model.secrets import discreet_path, hide, is_secret_path
from ocpp_core.model.shapes import shape
from ocpp_core.model.violations import member_path
from ocpp_core.payloads.binding import plain


class LossKind(StrEnum):
    """What has become of a leaf."""

    DROPPED = "dropped"  #: a leaf of the source has no place in the target
    APPROXIMATED = "approximated"  #: a leaf of the source arrives changed
    DEFAULTED = "defaulted"  #: the target requires a leaf that the source lacks: a constant was written
    SYNTHESISED = "synthesised"  #: a leaf of the target was made from something else


class LossReason(StrEnum):
    """Why. This list is closed."""

    NO_COUNTERPART = "no_counterpart"  #: the target has no such field, token or message
    COLLAPSED = "collapsed"  #: several tokens of the source are one in the target
    TOO_LONG = "too_long"  #: text cut, aliased or left out
    OUT_OF_RANGE = "out_of_range"  #: a number set to the nearest bound
    ROUNDED = "rounded"  #: digits cut
    UNIT_CONVERTED = "unit_converted"  #: the same quantity in another unit
    REENCODED = "reencoded"  #: the same content in another encoding
    MERGED = "merged"  #: several values became one
    SPLIT = "split"  #: one value became several
    SUPPRESSED = "suppressed"  #: the whole message is not sent on; its sender has an answer
    REQUIRED = "required"  #: the target requires a value
    ALLOCATED = "allocated"  #: an id that was given out here
    REMEMBERED = "remembered"  #: from what was seen before
    FROM_REQUEST = "from_request"  #: from the request that is answered
    TIME_OF_RECEIPT = "time_of_receipt"  #: the `received_at` of the call
    GUESSED = "guessed"  #: likely, and not known
    EFFECT_CHANGED = "effect_changed"  #: a part of a command that only adds comfort
    EXTENSION = "extension"  #: a member that no schema has


@define(unsafe_hash=True)
class Loss:
    """Something that one step of a translation could not carry as it was.

    Attributes:
        path: Of the leaf, in the vocabulary of the source if something of it was lost (dropped, approximated), of the
            target if something was made up (defaulted, synthesised). Where an object or a list was lost as a whole, all
            that stands in it is meant.
        kind: What has become of it.
        value: The leaf of the source, or what was written. Secrets are hidden, and so is what a member has that is
            in no schema; nested values are JSON.
        reason: Why.
        target: Path in the target; None if nothing arrived.
        became: What arrived instead of `value`, where that is another.
        step: The adjacent versions between which it happened, ``1.6->2.0.1``; or the same twice, where what was
            tolerated could not be sent.
    """

    path: str
    kind: LossKind
    value: Any
    reason: LossReason
    target: str | None = None
    became: Any = None
    step: str = ""


class NeedsSessionError(LocalProtocolError):
    """A message cannot be translated on its own: what it means depends on what went before.

    Attributes:
        action: Of the message.
        step: Where it stopped, ``1.6->2.0.1``.
    """

    def __init__(self, action: str, step: str) -> None:
        super().__init__(action, step)
        self.action = action
        self.step = step

    def __str__(self) -> str:
        return f"{self.action} ({self.step}) needs memory of what went before: use a TranslationSession"


class UnaccountedError(AssertionError):
    """A rule has neither used nor named a leaf of its source: a defect, raised only where tests ask for it."""


# A place is a chain of (parent, part of the source path, part of the target path), from the leaf up; None is the root.
# It costs a tuple for each step down, and text is made of it only where something is lost.
Place = tuple[Any, str | int, str | int] | None


def path_text(place: Place, side: int) -> str:
    """The path of a place in the source (`side` 1) or in the target (2): ``$.meterValue[0].timestamp``."""
    parts: list[str] = []
    while place is not None:
        part = place[side]
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif part:
            parts.append(part if part[0] in ".[" else "".join(map(quoted, part.split("."))))
        place = place[0]
    return "$" + "".join(reversed(parts))


def quoted(name: str) -> str:
    """The name of a member that no schema has, as a part of a path: it may be anything."""
    return member_path("", name)


def shown(path: str, value: Any, reason: LossReason | None = None) -> Any:
    """A value of a message as a loss carries it: JSON, and no secret."""
    if value is None or value == "" or value.__class__ is bool:
        return value
    # What a member without a field was meant for is not known: it may be a misspelt secret.
    if reason is LossReason.EXTENSION or _is_secret(path):
        return HIDDEN
    if isinstance(value, Payload | Mapping | list | tuple | Misplaced):
        return _closed(hide({"": in_json(value)})[""], value)
    return hide(value) if value.__class__ is str else value


#: Most losses are of few paths. What a peer makes of them is bounded.
_is_secret = lru_cache(maxsize=1024)(is_secret_path)


def _closed(found: Any, value: Any) -> Any:
    """JSON without what its source has that no schema has: the name that tells what that is for may be elsewhere."""
    if isinstance(value, list) and isinstance(found, list):
        return [_closed(*pair) for pair in zip(found, value, strict=True)]
    if not isinstance(value, Payload) or not isinstance(found, dict):
        return found
    closed = {**found, **dict.fromkeys(value.extra, HIDDEN)}
    for one in shape(type(value)).fields:
        if one.wire in found and one.wire not in value.extra:
            closed[one.wire] = _closed(found[one.wire], getattr(value, one.name))
    return closed


def in_json(value: Any) -> Any:
    """A nested value as JSON; what a tolerated message has in the wrong place, in words."""
    if isinstance(value, Payload):
        value = plain(value)
    if isinstance(value, Mapping):
        return {name: in_json(item) for name, item in value.items() if item is not MISSING}
    if isinstance(value, list | tuple):
        return [in_json(item) for item in value]
    return repr(value) if isinstance(value, Misplaced) else value


#: A loss before it is put into words: step, kind, place, value, reason, what it became.
Note = tuple[str, LossKind, Place, Any, LossReason, Any]


def _loss(note: Note) -> Loss:
    step, kind, place, value, reason, became = note
    source, target = discreet_path(path_text(place, 1)), discreet_path(path_text(place, 2))
    if kind is LossKind.DROPPED:
        return Loss(source, kind, shown(source, value, reason), reason, step=step)
    if kind is LossKind.APPROXIMATED:
        return Loss(source, kind, shown(source, value), reason, target, shown(target, became), step)
    return Loss(target, kind, shown(target, value), reason, target, step=step)


def losses_in(notes: Sequence[Note]) -> tuple[Loss, ...]:
    """Losses in words, which takes time for very many."""
    return tuple(map(_loss, notes))


@define(eq=False, repr=False)
class Translation:
    """The outcome of a translation.

    Attributes:
        messages: What to send on to the other side, in this order, one outstanding call at a time.
        answer: What to tell whoever waits for an answer, if it is known already: a request that goes no further is
            answered by the translator, as a response or an error; and so is one whose response cannot be expressed.
        forms: Of a request: what each message was in one version after the other, from that of the source to its own.
    """

    messages: tuple[Payload, ...] = ()
    answer: Response | OcppError | None = None
    _notes: tuple[Note, ...] = ()
    forms: Sequence[tuple[Any, ...]] = ()
    _losses: tuple[Loss, ...] | None = field(default=None, init=False)

    @property
    def losses(self) -> tuple[Loss, ...]:
        """In the order in which they happened. They are put into words when they are asked for."""
        if self._losses is None:
            self._losses = losses_in(self._notes)
        return self._losses

    @property
    def is_exact(self) -> bool:
        """Whether nothing was lost; quicker than to ask for the losses."""
        return not self._notes

    @property
    def message(self) -> Payload:
        """The only message.

        Raises:
            ValueError: There is none, or there are several.
        """
        (message,) = self.messages
        return message

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Translation):
            return NotImplemented
        return (self.messages, self.answer, self.losses) == (other.messages, other.answer, other.losses)

    def __hash__(self) -> int:
        raise TypeError("a Translation cannot be hashed: messages cannot")

    def __repr__(self) -> str:
        return f"Translation(messages={self.messages!r}, answer={self.answer!r}, losses={self.losses!r})"
