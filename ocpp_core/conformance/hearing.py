"""What was said in a conversation, as overheard rules look at it: frames, and messages whatever their wire."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import define, field, frozen

from ocpp_core.conformance import learning
from ocpp_core.conformance.json_frames import Json, Type, parsed
from ocpp_core.conformance.learning import Learned
from ocpp_core.conformance.traces import Direction, Entry, Trace, What
from ocpp_core.model.versions import Role, Specification, Wire
from ocpp_core.model.violations import Violation
from ocpp_core.payloads.validation import explain

#: How the note begins of what the kit has said wrongly on purpose.
BROKEN = "broken"
#: What stands in place of a text that is no JSON.
UNREADABLE = object()


@frozen
class Said:
    """A message: a request, or what came for one.

    Attributes:
        entry: In the trace.
        kind: `Type.CALL`, or how it was answered.
        id: Its id.
        action: Of the request, and of the request that is answered; "" if that is not known.
        payload: As it stands on the wire, or as the JSON form of the same message; None of an error.
        code: Of an error.
        faults: What is wrong with the payload; None if the payload itself tells.
    """

    entry: Entry
    kind: Type
    id: str
    action: str
    payload: Json | None = None
    code: str = ""
    faults: tuple[Violation, ...] | None = None

    @property
    def is_received(self) -> bool:
        """Whether the software under test has said it."""
        return self.entry.direction is Direction.RECEIVED

    @property
    def mark(self) -> int:
        """Where it stands in the trace."""
        return self.entry.number

    @property
    def members(self) -> Json:
        """The payload; nothing of an error."""
        return self.payload or {}


@frozen
class Frame:
    """A message of the JSON wire, read as far as it can be.

    Attributes:
        entry: In the trace.
        value: The JSON value, or `UNREADABLE`.
    """

    entry: Entry
    value: Any

    @property
    def is_received(self) -> bool:
        """Whether the software under test has said it."""
        return self.entry.direction is Direction.RECEIVED

    @property
    def kind(self) -> Any:
        """The message type number; None if there is none."""
        value = self.value
        return value[0] if isinstance(value, list) and value and type(value[0]) is int else None

    @property
    def id(self) -> str | None:
        """The message id; None if it is no text."""
        value = self.value
        return value[1] if isinstance(value, list) and len(value) > 1 and isinstance(value[1], str) else None


# No slots: `cached_property` needs a place.
@define(slots=False)
class Heard:
    """A conversation that is over.

    Attributes:
        trace: What was said.
        specification: Of the version.
        role: Of the software under test.
        wire: How it speaks.
        earlier: Ids of what was asked before the trace began.
        was_registered: Whether the station was registered when it began.
        silent: Ids of calls whose answer was waited for as long as the profile says, and did not come.
        given: The messages of a wire whose texts are not read here.
        before: What was known of the station when the trace began.
    """

    trace: Trace
    specification: Specification
    role: Role
    wire: Wire
    earlier: frozenset[str] = frozenset()
    was_registered: bool = False
    silent: frozenset[str] = frozenset()
    given: Sequence[Said] | None = None
    before: Learned = field(factory=Learned)
    _faults: dict[int, list[Violation]] = field(factory=dict, init=False, eq=False, repr=False)

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """All messages of the JSON wire, in order."""
        return tuple(Frame(entry, _read(entry.text)) for entry in self.trace if entry.what is What.MESSAGE)

    @cached_property
    def received(self) -> tuple[Frame, ...]:
        """Those of the software under test."""
        return tuple(frame for frame in self.frames if frame.is_received)

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """The messages that are whole, in order."""
        return tuple(self._read()) if self.given is None else tuple(self.given)

    def faults(self, said: Said) -> list[Violation]:
        """What is wrong with the payload of a message, of a known action, by its JSON schema.

        Many rules ask, and a schema is slow: each message is looked at once.
        """
        number = said.entry.number
        if number not in self._faults:
            known = self.specification
            of = known.response if said.kind is Type.CALLRESULT else known.request
            self._faults[number] = explain(of(said.action), said.members)
        return self._faults[number]

    @cached_property
    def known(self) -> tuple[Learned, ...]:
        """What was known of a station when each of `said` came, and at last what is known at the end.

        Nothing is learned of stations of 1.x and 2.0.
        """
        if self.role is Role.CHARGE_POINT and self.specification.version in learning.VERSIONS:
            return tuple(self._learn())
        return (self.before,) * (len(self.said) + 1)

    def known_at(self, mark: int) -> Learned:
        """What was known before an entry of the trace."""
        moments = zip(self.said, self.known, strict=False)
        return next((known for said, known in moments if said.mark >= mark), self.known[-1])

    def _learn(self) -> Iterator[Learned]:
        known = self.before
        for said in self.said:
            yield known
            if not said.is_received and said.kind is Type.CALL:
                known = learning.asked(known, said.action)
            elif self.tells(said, *learning.TOLD):
                known = learning.told(known, said.action, said.members)
            elif self.answers(said, *learning.ANSWERED):
                request = self.answered.get(said.mark)
                if request is not None and self.is_right(request):
                    known = learning.answered(known, said.action, request.members, said.members)
        yield known

    @cached_property
    def answered(self) -> Mapping[int, Said]:
        """What the kit has asked, by the marks of the results that came for it."""
        asked, found = dict[str, Said | None](), dict[int, Said]()
        for said in self.said:
            if not said.is_received and said.kind is Type.CALL:
                # Of two calls under one id nobody can tell which one is answered.
                asked[said.id] = None if said.id in asked else said
            elif said.is_received and said.kind is Type.CALLRESULT and (request := asked.get(said.id)):
                found[said.mark] = request
        return found

    def is_right(self, said: Said) -> bool:
        """Whether a message is of an action of the version, fits its schema, and was not spoilt by the kit."""
        is_known = said.payload is not None and said.action in self.specification.actions
        return is_known and not said.entry.note.startswith(BROKEN) and not self.faults(said)

    def tells(self, said: Said, *actions: str) -> bool:
        """Whether a message is a right request of the software under test for one of these actions."""
        return said.is_received and said.kind is Type.CALL and said.action in actions and self.is_right(said)

    def asks(self, said: Said, *actions: str) -> bool:
        """Whether a message is a right request of the kit for one of these actions."""
        is_its_own = not said.is_received and said.kind is Type.CALL
        return is_its_own and said.action in actions and self.is_right(said)

    def answers(self, said: Said, *actions: str) -> bool:
        """Whether a message is a right result of the software under test for one of these actions."""
        is_result = said.is_received and said.kind is Type.CALLRESULT
        return is_result and said.action in actions and self.is_right(said)

    def _read(self) -> Iterator[Said]:
        asked: dict[tuple[Direction, str], str] = {}
        for frame in self.frames:
            side, other = frame.entry.direction, _OTHER[frame.entry.direction]
            match frame.value:
                case [Type.CALL | Type.SEND as kind, str() as id, str() as action, dict() | None as payload]:
                    # Under one id there may be two calls; then nobody can tell which one is answered.
                    asked[side, id] = action if asked.get((side, id), action) == action else ""
                    yield Said(frame.entry, Type(kind), id, action, payload or {})
                case [Type.CALLRESULT, str() as id, dict() | None as payload]:
                    yield Said(frame.entry, Type.CALLRESULT, id, asked.get((other, id), ""), payload or {})
                case [Type.CALLERROR | Type.CALLRESULTERROR as kind, str() as id, str() as code, *_]:
                    yield Said(frame.entry, Type(kind), id, asked.get((other, id), ""), None, code)
                case _:
                    pass


_OTHER = {Direction.SENT: Direction.RECEIVED, Direction.RECEIVED: Direction.SENT}


def _read(text: str) -> Any:
    try:
        return parsed(text)
    except ValueError:
        return UNREADABLE
