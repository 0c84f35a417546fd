"""One OCPP connection without I/O: who has called whom, and who owes an answer.

Invariants, kept whatever a peer sends and in whatever order (tests/dispatch/test_connection_machine.py tries to break
them):

1. Every `PendingCall` ends in exactly one `CallOutcome`.
2. Never are more calls of ours unanswered than the wire allows; in OCPP-J that is one.
3. Their calls reach the application one at a time, in order; everything else overtakes a call that is held back. (A
   handler that calls its caller back would otherwise wait for an answer that waits behind a held call.)
4. Every call of theirs is answered once: by the application, which may `drop` it, or here when it cannot be used.
5. An answer is never answered, except that 2.1 lets a CALLRESULT draw one CALLRESULTERROR.
6. `receive_message` never raises, and what it keeps is bounded, in bytes.
7. A method that raises has changed nothing.
8. No call of theirs is refused for want of room if the driver heeds `can_receive`, unless a call of ours waits: its
   answer may come behind theirs, so that reading must go on.

All changes of state stand in this module: `_ours` holds our calls that wait for an answer, `_theirs` their calls that
have their turn and are owed an answer, `_held` those that wait for their turn. What a frame that cannot be used draws
is the codec's `owed` table.

Source: OCPP-J 1.6 §4.1; OCPP 2.0.1 and 2.1 part 4 §4.1; OCPP-S 1.6 §3.2.
"""

import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from math import isnan
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Protocol, TypeVar, assert_never, cast

from attrs import field, frozen

from ocpp_core.dispatch.handlers import (
    require_codec,
    require_notification,
    require_request,
    wrong_response,
)
from ocpp_core.model.bounded import NOTHING
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError, PayloadError
from ocpp_core.model.messages import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    Notification,
    Request,
    Response,
    Send,
    SoapHeaders,
    error_repr,
)
from ocpp_core.model.passed import passed
from ocpp_core.model.printing import LONG, printable
from ocpp_core.model.secrets import discreet_repr, told, told_value
from ocpp_core.model.values import value
from ocpp_core.model.versions import Specification
from ocpp_core.model.violations import Violation, summary_for_peer

#: How many results of each side stay known for a CALLRESULTERROR that may follow, in the versions that have it.
REMEMBERED_RESULTS = 100
#: Characters of an id that is remembered for that. A tolerated one may be as long as a frame.
REMEMBERED_ID = 255
#: Bytes that one peer may have us hold, unless it is said otherwise: eight of the largest frames that we take, or some
#: 20,000 StopTransactions that a station has kept while it was offline. It is the memory of one connection, so that of
#: all is this times as many as there are.
MAX_HELD_BYTES = 8 * 1_048_576
#: How many bytes a message takes for each byte of its text once it is typed and has a task: 5 to 14 where it is large,
#: and where it is small the task counts.
TYPED = 16

if TYPE_CHECKING:
    from typing_extensions import TypeVar as _TypeVar

    # A default, as that of `Request`: `Peer` alone is one of the JSON wire, as nearly all are.
    M = _TypeVar("M", bound=str | bytes, default=str)
else:
    M = TypeVar("M", bound=str | bytes)
R = TypeVar("R", bound=Response)


class Codec(Protocol[M]):
    """What a connection needs of a codec: `JsonCodec` with M = str, `SoapCodec` with M = bytes."""

    max_outstanding: ClassVar[int | None]
    unreadable_id: ClassVar[str]
    owed: Mapping[FrameKind, FrameKind]
    specification: Specification
    error_names: Mapping[ErrorCode, str]

    def decode(self, message: M, /, *, awaiting: Mapping[str, type[Request[Any]]] | None = None) -> Frame:
        """Reads a frame, or raises `FrameError`."""
        ...

    def values(self, message: M, /) -> Any:
        """The JSON values of a message, whatever they mean: for a log. Raises `FrameError` if it has none."""
        ...

    def encode(self, frame: Frame) -> M:
        """Writes a frame, or raises `PayloadError` or `LocalProtocolError`."""
        ...


class Default(Enum):
    """Type of `DEFAULT`."""

    DEFAULT = "default"


#: The connection's own timeout; None is no timeout.
DEFAULT: Final = Default.DEFAULT


def require_call(request: Any, timeout: Any) -> None:
    """Makes sure that it is a request, and that its answer can be waited for so long.

    Raises:
        TypeError: It is no message at all, or the time is no number of seconds.
        ValueError: The time is NaN, after which no timer runs.
        LocalProtocolError: It is a message that nothing answers.
    """
    require_request(request)
    if timeout is None or timeout is DEFAULT:
        return
    if not isinstance(timeout, int | float) or isinstance(timeout, bool):
        raise TypeError(f"call() takes a timeout of seconds, or None; got {passed(timeout)}")
    if isnan(timeout):
        raise ValueError("call() takes a timeout of seconds, or None; got NaN")


@value(eq=False)
class PendingCall(Generic[R]):
    """A call of ours that is under way. Exactly one `CallOutcome` will carry it."""

    id: str = field(repr=discreet_repr)
    request: Request[R]
    deadline: float | None


@value(eq=False)
class CallReceived:
    """The peer calls. Pass this to `Connection.reply` or `Connection.reject`, once. `size` is that of `size_of`."""

    id: str = field(repr=discreet_repr)
    request: Request[Any]
    violations: tuple[Violation, ...] = ()
    headers: SoapHeaders | None = None
    size: int = 0


@frozen
class CallOutcome:
    """The end of a call of ours."""

    call: PendingCall[Any]


@frozen
class ResultReceived(CallOutcome):
    """The peer has answered with a response."""

    response: Response
    violations: tuple[Violation, ...] = ()


@frozen(repr=False)
class ErrorReceived(CallOutcome):
    """The peer has refused the call. `spelling` is its code as it wrote it, if not as this version spells it.

    `written` is that too, whether the version spells it so or not. `violations` are those of the refusal's own form.
    """

    code: ErrorCode
    description: str
    details: Mapping[str, Any]
    spelling: str | None = None
    written: str = field(default="", eq=False)
    violations: tuple[Violation, ...] = ()

    def __repr__(self) -> str:
        return error_repr(self)


@frozen
class ResultInvalid(CallOutcome):
    """The peer has answered, but not in a way that can be used."""

    error: FrameError


@frozen
class CallTimedOut(CallOutcome):
    """The peer has not answered in time; should it still do so, that is `Ignored`."""


@frozen
class CallLost(CallOutcome):
    """The connection ended first. Whether the peer has acted on the call is not known."""


@frozen
class NotificationReceived:
    """The peer tells something and wants no answer (2.1: SEND). `size` is that of `size_of`."""

    message: Notification
    violations: tuple[Violation, ...] = ()
    size: int = field(default=0, eq=False)


@frozen(repr=False)
class ReplyRefused:
    """The peer cannot use a reply of ours (2.1: CALLRESULTERROR). `violations` are those of what it says."""

    id: str
    code: ErrorCode
    description: str
    details: Mapping[str, Any]
    violations: tuple[Violation, ...] = ()

    def __repr__(self) -> str:
        return error_repr(self)


def _sentence(text: str) -> str:
    return printable(text, LONG)


@frozen
class Ignored:
    """Nothing was to be done with a frame; for the log. `error` says more if it was malformed."""

    reason: str = field(converter=_sentence)  # it quotes the peer
    error: FrameError | None = field(default=None, eq=False)


Event = CallReceived | CallOutcome | NotificationReceived | ReplyRefused | Ignored


class Idle(Enum):
    """Why there is no event."""

    NEED_DATA = "nothing more until the network or the clock speaks"
    PAUSED = "their next call is here and waits for your answer to the last"


NEED_DATA: Final = Idle.NEED_DATA
PAUSED: Final = Idle.PAUSED


#: What a message takes in memory, in bytes: a character of text may take four.
size_of: Final[Callable[[str | bytes], int]] = sys.getsizeof


class Connection(Generic[M]):
    """One OCPP connection: who has called whom, and who owes an answer.

    Does no I/O, reads no clock, draws no random number, knows no role. After every input (from the application, the
    network or the clock): send all of `messages_to_send`, take `events`, arm one timer for `next_timeout`; and while
    `can_receive` is False, leave what the peer sends to the flow control of the network.

    Args:
        codec: Reads and writes the frames of the version that both sides speak.
        new_id: Makes message ids: 1 to 36 characters in OCPP-J, never used before by this sender.
        call_timeout: Seconds that a call waits for its answer, unless it says otherwise; None for ever.
        max_held_bytes: What their calls may take, in bytes; at least 1. See `can_receive`.

    Attributes:
        held_bytes: What their unanswered calls take, in bytes; not to be set. Those that are held count as they came
            in, and those that have their turn `TYPED` times.

    Raises:
        LocalProtocolError: `max_held_bytes` is not positive.
        TypeError: `codec` is none.
    """

    # There is one for each station, and most are idle.
    __slots__ = (
        "_awaiting",
        "_call_timeout",
        "_closed",
        "_codec",
        "_held",
        "_held_size",
        "_max_held_bytes",
        "_new_id",
        "_ours",
        "_out",
        "_queue",
        "_refusable",
        "_replied",
        "_theirs",
        "held_bytes",
    )

    def __init__(
        self,
        codec: Codec[M],
        *,
        new_id: Callable[[], str],
        call_timeout: float | None = 30.0,
        max_held_bytes: int = MAX_HELD_BYTES,
    ) -> None:
        require_codec(codec)
        if max_held_bytes < 1:
            raise LocalProtocolError(f"max_held_bytes is {max_held_bytes}: no call could be received.")
        self._codec = codec
        self._new_id = new_id
        self._call_timeout = call_timeout
        self._max_held_bytes = max_held_bytes
        self._ours: dict[str, PendingCall[Any]] = {}
        self._awaiting: dict[str, type[Request[Any]]] = {}
        self._theirs: dict[str, CallReceived] = {}
        # As they came in, with their sizes: typed objects are many times as large as their text.
        self._held: OrderedDict[str, tuple[M, int]] = OrderedDict()
        self._held_size = 0
        self.held_bytes: int = 0
        has_refusals = FrameKind.CALLRESULTERROR in codec.owed.values()
        self._replied: deque[str] = deque(maxlen=REMEMBERED_RESULTS) if has_refusals else NOTHING
        self._refusable: deque[str] = deque(maxlen=REMEMBERED_RESULTS) if has_refusals else NOTHING
        # A list, although the first is taken: there is hardly ever a second, as a driver takes all after each input.
        self._queue: list[Event] = []
        self._out: list[M] = []
        self._closed = False

    # Ask

    @property
    def closed(self) -> bool:
        """Whether the connection has ended."""
        return self._closed

    @property
    def can_call(self) -> bool:
        """Whether `call` may be used: not closed, and the turn is free."""
        most = self._codec.max_outstanding
        return not self._closed and (most is None or len(self._ours) < most)

    @property
    def unanswered(self) -> tuple[CallReceived, ...]:
        """Their calls that have their turn and are owed an answer; in OCPP-J at most one."""
        return tuple(self._theirs.values())

    @property
    def held(self) -> int:
        """How many of their calls wait for their turn."""
        return len(self._held)

    @property
    def awaits_answer(self) -> bool:
        """Whether a call of ours waits for its answer. It may come behind anything, so reading must go on."""
        return bool(self._ours)

    @property
    def can_receive(self) -> bool:
        """Whether the driver should take the next message of the peer.

        It should if their calls take less than `max_held_bytes`, or if a call of ours waits for its answer. So it turns
        True by `reply`, `reject`, `drop` and `call`, and False by `receive_message` and by the end of a call of ours,
        which a timeout is too.

        Who goes on taking messages, as one must while a call of ours waits, has calls refused with GenericError: those
        that come while calls of `max_held_bytes` are held, or, where several may be at work at once, as in SOAP, while
        those at work take as much. Nothing else is ever refused for want of room.
        """
        return self.held_bytes < self._max_held_bytes or self.awaits_answer

    # The application says

    def call(
        self, request: Request[R], *, now: float, timeout: float | Default | None = DEFAULT
    ) -> PendingCall[R]:
        """Sends a request to the peer and takes the turn.

        You must send `messages_to_send` next and arm your timer again: `next_timeout` may be earlier now.

        Args:
            request: An instance of one of this version's request classes.
            now: Seconds, on any clock that never runs backwards; the same one for every `now`.
            timeout: Seconds from `now`. None waits until the connection ends; DEFAULT is `call_timeout`.

        Returns:
            A handle. Exactly one later `CallOutcome` has it as its `call`, whatever the peer does.

        Raises:
            LocalProtocolError: `can_call` is False, this version has no such request, or a value breaks its schema
                (`violations` has every fault). Nothing has changed and nothing was queued.
            TypeError: `request` is no request, or `timeout` no number of seconds.
            ValueError: `timeout` is NaN.

        Source: OCPP-J 1.6 §4.1.1 (SHOULD NOT); OCPP 2.0.1 and 2.1 part 4 §4.1.1 (SHALL NOT).
        """
        require_call(request, timeout)
        if not self.can_call:
            reason = (
                "the connection has ended" if self._closed else "an earlier call still waits for its answer"
            )
            raise LocalProtocolError(f"Cannot call now: {reason}.")
        id = self._new_id()
        if id in self._ours:
            raise LocalProtocolError(f"The message id {id!r} is in use.")
        seconds = self._call_timeout if timeout is DEFAULT else timeout
        pending = PendingCall(id, request, None if seconds is None else now + seconds)
        self._out.append(self._encoded(Call(id, request)))
        self._ours[id] = pending
        self._awaiting[id] = type(request)
        return pending

    def reply(self, call: CallReceived, response: Response) -> None:
        """Answers a call of theirs. You must send `messages_to_send` next, and look at `events`: one may be free now.

        Raises:
            LocalProtocolError: The call is answered already or gone, `response` is not that of its action, or a value
                breaks its schema. Nothing has changed: the call still wants its answer.
        """
        action = call.request.__ocpp__.action or ""
        if not isinstance(response, self._codec.specification.response(action)):
            raise wrong_response(action, response)
        self._settle(call, CallResult(call.id, response))
        if len(call.id) <= REMEMBERED_ID:
            self._replied.append(call.id)

    def reject(
        self,
        call: CallReceived,
        code: ErrorCode,
        description: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Refuses a call of theirs. You must send `messages_to_send` next, and look at `events`: one may be free now.

        Raises:
            LocalProtocolError: The call is answered already or gone, this version has no such code, or the details are
                no JSON. Nothing has changed.
        """
        self._settle(call, CallError(call.id, code, description, dict(details or {})))

    def drop(self, call: CallReceived) -> None:
        """Leaves a call of theirs without an answer for good. You must look at `events`: one may be free now.

        Raises:
            LocalProtocolError: The call is answered already or gone.

        Source: OCPP 1.6 §4.2: a rejected station does not respond.
        """
        self._settle(call, None)

    def notify(self, message: Notification) -> None:
        """Sends a message that wants no answer; it takes no turn. You must send `messages_to_send` next.

        Raises:
            LocalProtocolError: The connection has ended, this version has no such message, or a value breaks its
                schema.

        Source: OCPP 2.1 part 4 §4.2.4.
        """
        require_notification(message)
        if self._closed:
            raise LocalProtocolError("Cannot notify: the connection has ended.")
        self._out.append(self._encoded(Send(self._new_id(), message)))

    def refuse(self, result: ResultReceived, code: ErrorCode, description: str = "") -> None:
        """Tells the peer that its result cannot be used. You must send `messages_to_send` next.

        Raises:
            LocalProtocolError: Below 2.1, the connection has ended, or the result was refused before or is long ago.

        Source: OCPP 2.1 part 4 §4.2.3.
        """
        if self._closed or result.call.id not in self._refusable:
            raise LocalProtocolError("This result cannot be refused (any more).")
        self._out.append(self._encoded(CallResultError(result.call.id, code, description)))
        self._refusable.remove(result.call.id)

    # The network says

    def receive_message(self, message: M) -> None:
        """Takes one message of the peer. Never raises for what the peer did.

        You must send `messages_to_send` next and take `events`.
        """
        if self._closed:
            return
        try:
            frame = self._codec.decode(message, awaiting=self._awaiting)
        except FrameError as error:
            self._receive_fault(error)
            return
        match frame:
            case Call():
                self._receive_call(frame, message)
            case CallResult() if frame.id in self._ours:
                self._receive_result(frame)
            case CallResult():
                self._queue.append(Ignored(f"CallResult {told_value(frame.id)} answers no call that waits"))
            case CallError() if frame.id in self._ours:
                call, code = self._end(frame.id), frame.code
                written = frame.spelling or self._codec.error_names.get(code, str(code))
                said = code, frame.description, frame.details, frame.spelling, written, frame.violations
                self._queue.append(ErrorReceived(call, *said))
            case CallResultError() if frame.id in self._replied:
                self._replied.remove(frame.id)
                about_reply = frame.code, frame.description, frame.details, frame.violations
                self._queue.append(ReplyRefused(frame.id, *about_reply))
            case CallError() | CallResultError():
                name = type(frame).__name__
                about = f"{frame.code}: {told(frame.description)}"
                self._queue.append(
                    Ignored(f"{name} {told_value(frame.id)} concerns nothing of ours: {about}")
                )
            case Send():
                size = size_of(message)
                self._queue.append(NotificationReceived(frame.payload, frame.violations, size))
            case _:
                assert_never(frame)

    def receive_eof(self) -> None:
        """The connection has ended, however. Twice is harmless. Take `events` once more: calls of ours are lost."""
        if self._closed:
            return
        self._closed = True
        self._out.clear()
        kept: list[Event] = [event for event in self._queue if not isinstance(event, CallReceived)]
        lost = len(self._queue) - len(kept) + len(self._held)
        self._theirs.clear()
        self._held.clear()
        self._held_size = self.held_bytes = 0
        self._queue = kept
        self._queue += (CallLost(self._end(id)) for id in list(self._ours))
        if lost:
            self._queue.append(Ignored(f"the connection ended before {lost} of their calls had their turn"))

    # The clock says

    def next_timeout(self) -> float | None:
        """The earliest deadline, on the clock of every `now`; None if there is none."""
        if not self._ours:  # most of the time
            return None
        deadlines = [call.deadline for call in self._ours.values() if call.deadline is not None]
        return min(deadlines, default=None)

    def handle_timeout(self, now: float) -> None:
        """It is `now`: ends the calls whose deadline has come. Too early is harmless. Take `events` next."""
        for id, call in list(self._ours.items()):
            if call.deadline is not None and call.deadline <= now:
                self._queue.append(CallTimedOut(self._end(id)))

    # What to do next

    def messages_to_send(self) -> list[M]:
        """Hands over what is to be sent, in order, once."""
        messages, self._out = self._out, []
        return messages

    def next_event(self) -> Event | Idle:
        """The next event that may be delivered; a call of theirs waits for your answer to the one before."""
        if self._queue:
            return self._queue.pop(0)
        if self._held and self._has_turn():
            _, (message, size) = self._held.popitem(last=False)
            self._held_size -= size
            self.held_bytes -= size
            return self._begin(self._read_again(message), size)
        return PAUSED if self._held else NEED_DATA

    def events(self) -> Iterator[Event]:
        """`next_event` until there is none."""
        while not isinstance(event := self.next_event(), Idle):
            yield event

    # Inside

    def _encoded(self, frame: Frame) -> M:
        try:
            return self._codec.encode(frame)
        except PayloadError as error:
            raise LocalProtocolError(str(error), violations=error.violations) from error

    def _end(self, id: str) -> PendingCall[Any]:
        del self._awaiting[id]
        return self._ours.pop(id)

    def _has_turn(self) -> bool:
        most = self._codec.max_outstanding
        return most is None or len(self._theirs) < most

    def _begin(self, frame: Call, size: int) -> CallReceived:
        """Gives a call of theirs its turn."""
        call = CallReceived(frame.id, frame.payload, frame.violations, frame.headers, size)
        self._theirs[frame.id] = call
        self.held_bytes += TYPED * size
        return call

    def _settle(self, call: CallReceived, answer: Frame | None) -> None:
        """Ends a call of theirs that has its turn, by an answer or without one."""
        if self._theirs.get(call.id) is not call:
            raise LocalProtocolError(f"Call {call.id!r} wants no answer (any more).")
        if answer is not None:
            self._out.append(self._encoded(answer))
        del self._theirs[call.id]
        self.held_bytes -= TYPED * call.size

    def _read_again(self, message: M) -> Call:
        """A call that was held. It was a valid one when it came in, and reading depends on nothing else."""
        return cast(Call, self._codec.decode(message))

    def _known(self, id: str) -> Request[Any] | None:
        """The request of an unanswered call of theirs."""
        if id in self._theirs:
            return self._theirs[id].request
        if id in self._held:
            return self._read_again(self._held[id][0]).payload
        return None

    def _receive_call(self, frame: Call, message: M) -> None:
        if not self._theirs and not self._held:  # most of the time: nothing that it could be compared with
            self._queue.append(self._begin(frame, size_of(message)))
            return
        is_held = bool(self._held) or not self._has_turn()
        twin = self._known(frame.id)
        if twin == frame.payload:
            # A station that resends while we are at work: one answer serves both.
            self._queue.append(Ignored(f"call {told_value(frame.id)} was sent again"))
        elif twin is not None:
            reason = "the message id belongs to a call that still waits for its answer"
            self._refuse_call(FrameError(reason, kind=FrameKind.CALL, code=ErrorCode.MESSAGE_ID, id=frame.id))
        elif (self._held_size if is_held else self.held_bytes - self._held_size) >= self._max_held_bytes:
            reason = f"{len(self._held) + len(self._theirs)} calls wait for their answer already"
            self._refuse_call(FrameError(reason, kind=FrameKind.CALL, code=ErrorCode.GENERIC, id=frame.id))
        elif is_held:
            size = size_of(message)
            self._held[frame.id] = message, size
            self._held_size += size
            self.held_bytes += size
        else:
            self._queue.append(self._begin(frame, size_of(message)))

    def _receive_result(self, frame: CallResult) -> None:
        action = self._ours[frame.id].request.__ocpp__.action
        if frame.payload.__ocpp__.action != action:  # only in SOAP, where a result says itself what it is
            reason = f"{type(frame.payload).__name__} does not answer {action}"
            kind, code = FrameKind.CALLRESULT, ErrorCode.STRUCTURE
            self._receive_fault(FrameError(reason, kind=kind, code=code, id=frame.id, action=action))
            return
        self._refusable.append(frame.id)
        self._queue.append(ResultReceived(self._end(frame.id), frame.payload, frame.violations))

    def _receive_fault(self, error: FrameError) -> None:
        """A frame that cannot be used: ends the call that it answers, and draws what the version owes it."""
        owed = self._codec.owed.get(error.kind)
        if error.kind in (FrameKind.CALLRESULT, FrameKind.CALLERROR) and error.id in self._ours:
            self._queue.append(ResultInvalid(self._end(error.id), error))
            if owed is FrameKind.CALLRESULTERROR:
                details = summary_for_peer(error.violations)
                self._answer(CallResultError(error.id, error.code, error.reason, details))
        elif owed is FrameKind.CALLERROR:
            self._refuse_call(error)
        else:
            self._queue.append(Ignored(str(error), error))

    def _refuse_call(self, error: FrameError) -> None:
        id = self._codec.unreadable_id if error.id is None else error.id
        self._answer(CallError(id, error.code, error.reason, summary_for_peer(error.violations)))
        self._queue.append(Ignored(str(error), error))

    def _answer(self, frame: Frame) -> None:
        """Sends an answer of our own making. If even that cannot be written, silence is all that is left."""
        try:
            self._out.append(self._codec.encode(frame))
        except LocalProtocolError as error:
            self._queue.append(Ignored(f"no answer can be written: {error}"))
