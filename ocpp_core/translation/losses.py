"""What a translation gives back, and what it could not carry: each loss is a value with its place and its reason."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import evolve, frozen

from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.printing import HIDDEN
from ocpp_core.model.secrets import hide, is_secret_path
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


@frozen
class Loss:
    """Something that one step of a translation could not carry as it was.

    Attributes:
        path: Of the leaf, in the vocabulary of the source if something of it was lost (dropped, approximated), of the
            target if something was made up (defaulted, synthesised). Where an object or a list was lost as a whole, all
            that stands in it is meant.
        kind: What has become of it.
        value: The leaf of the source, or what was written. Secrets are hidden, nested values are JSON.
        reason: Why.
        target: Path in the target; None if nothing arrived.
        became: What arrived instead of `value`, where that is another.
        step: The adjacent versions between which it happened, ``1.6->2.0.1``.
    """

    path: str
    kind: LossKind
    value: Any
    reason: LossReason
    target: str | None = None
    became: Any = None
    step: str = ""


@frozen
class Translation:
    """The outcome of a translation.

    Attributes:
        messages: What to send on to the other side, in this order, one outstanding call at a time.
        answer: What to tell whoever waits for an answer, if it is known already: a request that goes no further is
            answered by the translator, as a response or an error; and so is one whose response cannot be expressed.
        losses: In the order in which they happened.
    """

    messages: tuple[Payload, ...] = ()
    answer: Response | OcppError | None = None
    losses: tuple[Loss, ...] = ()

    @property
    def message(self) -> Payload:
        """The only message.

        Raises:
            ValueError: There is none, or there are several.
        """
        (message,) = self.messages
        return message


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
    """A rule has neither used nor named a leaf of its source: a defect of the rule, raised only where tests ask for it."""


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
            parts.append(f".{part}")
        place = place[0]
    return "$" + "".join(reversed(parts))


def shown(path: str, value: Any) -> Any:
    """A value of a message as a loss carries it: JSON, and no secret."""
    if isinstance(value, Payload | Mapping | list | tuple):
        kept = hide({"": _json(value)})[""]
    elif isinstance(value, datetime):
        return value
    else:
        kept = hide(value)
    return HIDDEN if is_secret_path(path) and value not in (None, "", True, False) else kept


def _json(value: Any) -> Any:
    if isinstance(value, Payload):
        return plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    return [_json(item) for item in value] if isinstance(value, list | tuple) else value


__all__ = [
    "Loss",
    "LossKind",
    "LossReason",
    "NeedsSessionError",
    "Notification",
    "Place",
    "Request",
    "Translation",
    "UnaccountedError",
    "evolve",
    "path_text",
    "shown",
]
