"""One step of one translation while it happens: what it may ask, and where it notes what is lost."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from attrs import define, field, frozen

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import NOTHING_EXTRA, Payload, Request, Response
from ocpp_core.payloads.binding import REFUSALS, encoder
from ocpp_core.translation.losses import LossKind, LossReason, Note, Place
from ocpp_core.translation.policies import Policy

# Looked up once: before Python 3.12 an enum takes longer to find a member than a loss takes to be noted.
_DROPPED, _APPROXIMATED = LossKind.DROPPED, LossKind.APPROXIMATED


class Unfit(Exception):
    """A value has no place in the target. What that means, the rule around it decides.

    In a report the smallest optional parent is left out. A command is refused, with `answer` if that is given, else
    with what its action says, else with `error`.
    """

    def __init__(
        self,
        place: Place,
        value: Any,
        reason: LossReason = LossReason.NO_COUNTERPART,
        *,
        status: str | None = None,
        code: str | None = None,
        error: ErrorCode | None = None,
    ) -> None:
        super().__init__(reason)
        self.place = place
        self.value = value
        self.reason = reason
        self.status = status
        self.code = code
        self.error = error


class Memory(Protocol):
    """What a session knows that the rows of a step may ask for."""

    def token(self, tag: str) -> tuple[str, str] | None:
        """Text and type of the token that this idTag has stood for; the type may be empty."""
        ...

    def learn(self, tag: str, token: str, kind: str) -> None:
        """Keeps that this idTag stands for a token of this type."""
        ...

    def newer_transaction(self, number: int) -> str | None:
        """Id in 2.x of a transaction of 1.x; None if there is none."""
        ...

    def occupied_as(self, connector: int) -> str:
        """Status of 1.6 for a connector that is Occupied in 1.5."""
        ...

    def has_set_monitor(self, id: int) -> bool:
        """Whether the CSMS has set this monitor."""
        ...

    def monitor(self, id: int) -> dict[str, Any] | None:
        """What is known of a monitor: ``value`` as text, ``type``, ``severity``, ``transaction``; None if it is not."""
        ...

    def older_transaction(self, id: str) -> int | None:
        """The other way round."""
        ...


@define(eq=False)
class Run:
    """One step of one translation.

    Attributes:
        step: Its name, ``1.6->2.0.1``.
        way: The plans of this direction.
        policy: What the user has decided.
        received_at: When the message came; None if the caller did not say.
        new_id: Gives out ids for what the target requires; None if the caller has none to give.
        request: Of a response: the request in the version of the target, if the caller knows it.
        sent: Of a response: the same request as its sender has seen it.
        memory: What went before, if a session stands behind it.
        notes: What the rules of an object tell those of the objects in it.
        losses: So far.
    """

    step: str
    way: Any
    policy: Policy
    received_at: datetime | None = None
    new_id: Callable[[], int] | None = None
    request: Request[Any] | None = None
    sent: Callable[[], Request[Any] | None] = lambda: None
    memory: Memory | None = None
    notes: Mapping[str, Any] = NOTHING_EXTRA
    losses: list[Note] = field(factory=list)

    def note(self, name: str, value: Any) -> None:
        """Tells the rules of the objects in this one."""
        self.notes = {**self.notes, name: value}

    def dropped(self, place: Place, value: Any, reason: LossReason = LossReason.NO_COUNTERPART) -> None:
        """Notes that a leaf of the source is not sent on."""
        self.losses.append((self.step, _DROPPED, place, value, reason, None))

    def fitting(self, value: Any, target: str, place: Place) -> Any:
        """An item of a report as an object of this class of the target; None, and a loss, if it has no place."""
        return self.way.values[target][value.__class__](value, self, place)

    def all_fitting(self, items: Iterable[Any], target: str, place: Place) -> list[Any]:
        """Items of a report as `fitting` has them, without those that have no place."""
        made: list[Any] = []
        plans = self.way.values[target]
        for number, item in enumerate(items):
            one = plans[item.__class__](item, self, (place, number, len(made)))
            if one is not None:
                made.append(one)
        return made

    def approximated(self, place: Place, value: Any, became: Any, reason: LossReason) -> None:
        """Notes that a leaf of the source arrives changed."""
        self.losses.append((self.step, _APPROXIMATED, place, value, reason, became))

    def made(
        self,
        place: Place,
        value: Any,
        reason: LossReason = LossReason.REQUIRED,
        kind: LossKind = LossKind.SYNTHESISED,
    ) -> None:
        """Notes that a leaf of the target comes from somewhere else."""
        self.losses.append((self.step, kind, place, value, reason, None))


#: Turns one value into that of the target, or raises `Unfit`. None leaves the field out.
Convert = Callable[[Any, Run, Place], Any]


@define(eq=False)
class At:
    """Where a conversion written by hand stands.

    Attributes:
        run: The step.
        place: Of the value.
        source: The object that the value stands in.
        is_command: Whether the message says what a station shall do.
    """

    run: Run
    place: Place
    source: Any
    is_command: bool = False

    def approximated(self, value: Any, became: Any, reason: LossReason = LossReason.COLLAPSED) -> Any:
        """Notes that the value arrives changed, and gives what arrives."""
        self.run.approximated(self.place, value, became, reason)
        return became

    def dropped(self, value: Any, reason: LossReason = LossReason.NO_COUNTERPART) -> None:
        """Notes that the value is not sent on."""
        self.run.dropped(self.place, value, reason)

    def unfit(self, value: Any, reason: LossReason = LossReason.NO_COUNTERPART, **refusal: Any) -> Unfit:
        """What to raise where the value has no place; `refusal` as `Unfit` takes it."""
        return Unfit(self.place, value, reason, **refusal)


#: A conversion written by hand, for one field.
ByHand = Callable[[Any, At], Any]


@frozen
class Pure:
    """A conversion written by hand to which nothing but the value matters: a `ByHand` of a plain function.

    Attributes:
        function: Gives what the value becomes; None if it has no place.
    """

    function: Callable[[Any], Any]

    def __call__(self, value: Any, at: At) -> Any:
        """See `ByHand`."""
        made = self.function(value)
        if made is None:
            raise at.unfit(value)
        return made


#: Makes an answer to a request that goes no further. What was `Unfit` says why, if that is the cause.
Answer = Callable[[Request[Any], Run, Unfit | None], Response | OcppError | None]


@define
class Outcome:
    """What one step makes of a message: see `Translation`."""

    messages: Sequence[Payload] = ()
    answer: Response | OcppError | None = None


def is_tolerated(message: Payload) -> bool:
    """Whether a message, or what is in one, breaks its schema, which only tolerant reading lets through."""
    try:
        encoder(type(message))(message)
    except REFUSALS:
        return True
    return False
