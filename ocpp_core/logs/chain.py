"""A station and a CSMS that speak one version, as a log has them, and what would be said between them in another.

Two sessions stand back to back, each with one side of the log, and what crosses between them is the translation: the
first translates what the station says, and the second what the CSMS answers; each learns from the other what it has to
remember. What a session asks its side of the log is answered by the log.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from attrs import define, field

from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import (
    Call,
    CallError,
    CallResult,
    Frame,
    Request,
    Response,
    Send,
    evolve,
)
from ocpp_core.model.responses import response_class
from ocpp_core.model.shapes import shape
from ocpp_core.model.versions import Role
from ocpp_core.translation.engine import path
from ocpp_core.translation.losses import Loss, LossKind, LossReason, Note, losses_in
from ocpp_core.translation.missing import Missing
from ocpp_core.translation.policies import Policy
from ocpp_core.translation.sessions import Call as Asking
from ocpp_core.translation.sessions import Effect, Reply, Side, TranslationSession
from ocpp_core.translation.sessions.ids import Ids
from ocpp_core.translation.sessions.records import LARGEST_ID
from ocpp_core.translation.sessions.shortest import shortest_answer
from ocpp_core.translation.sessions.stores import Key, Value

#: What an answer says of who charges, whichever call it answers.
_TOLD = ("id_tag_info", "id_token_info")
#: What a session takes beside its records.
_BASE_SIZE = 20_000
#: What it takes for a connector or an EVSE.
_OUTLET_SIZE = 500
#: Calls of the log that may wait until a report is complete, as the one that asked for it does.
_PATIENCE = 10


@define(eq=False)
class Crossed:
    """A frame between the sessions, in the version of the translation.

    Attributes:
        frame: It.
        side: Who has sent it.
    """

    frame: Frame
    side: Side


@define(eq=False)
class Made:
    """What a frame of the log has led to.

    Attributes:
        crossed: What was said between the sessions, in this order.
        losses: What could not be carried of the frame.
        of_call: The same of a call before it, where that is known only now: of the one that the frame answers, or the
            last one of its side, which nobody has answered.
        called: What was lost of that belongs to this.
        answer: What the sender of a call is told that goes no further.
        missing: What the frame has shown not to have come.
    """

    crossed: Sequence[Crossed] = ()
    losses: tuple[Loss, ...] = ()
    of_call: tuple[Loss, ...] = ()
    called: Request[Any] | None = None
    answer: Response | OcppError | None = None
    missing: tuple[Missing, ...] = ()


@define(eq=False)
class Exchange:
    """A call of the log, and what has become of it.

    Attributes:
        side: Who has sent it.
        frame: It.
        answer: That of the log, when it is there.
        is_given_up: No answer came before the next call of its side.
        is_over: Its sender has been told by the session.
        crossings: Calls between the sessions that it has become.
        waiting: What the log is asked, and has not answered yet.
        result: The last answer between the sessions, until the log has one, or it becomes a further call.
        notes: What was lost with that.
        heard: Members of the answer of the log that a session was given.
        is_heard: It was given all.
        told: What its sender is told.
    """

    side: Side
    frame: Call
    answer: Response | OcppError | None = None
    is_given_up: bool = False
    is_over: bool = False
    crossings: int = 0
    waiting: list[tuple[Side, Asking]] = field(factory=list)
    result: Crossed | None = None
    notes: list[Note] = field(factory=list)
    heard: set[str] = field(factory=set)
    is_heard: bool = False
    told: Response | OcppError | None = None


@define(eq=False)
class _Crossing:
    """A call between the sessions.

    Attributes:
        exchange: The call of the log that it was made for; None if it is for no call.
        key: Under which its sender is told what came of it.
        frame: It.
    """

    exchange: Exchange | None
    key: Any
    frame: Call


class _Sizes:
    """A store that keeps nothing but how much there is. See `Store`."""

    def __init__(self) -> None:
        self._sizes: dict[Key, int] = {}
        self.size = 0

    def load(self, identity: str) -> Mapping[Key, Value]:
        return {}

    def save(self, identity: str, changes: Mapping[Key, Value]) -> None:
        for key, value in changes.items():
            size = 0 if value is None else len(str(value)) + 200
            self.size += size - self._sizes.pop(key, 0)
            if size:
                self._sizes[key] = size


class _LogIds(Ids):
    """Those that the log has, so that what follows in it is understood.

    Args:
        at: The side of the log that the session stands at.
    """

    def __init__(self, at: Side) -> None:
        self._at = at
        self._last = count(LARGEST_ID, -1)  # far from those of the log, which are not known all
        self.call: Any = None  #: the call of the log that is translated
        self.answer: Any = None  #: its answer

    def number(self) -> int | None:
        """See `Ids`."""
        if self._at is Side.CSMS:  # it is told nobody but the other session
            return None
        given = getattr(self.answer, "transaction_id", None)
        return given if isinstance(given, int) else next(self._last)

    def transaction(self) -> str | None:
        """See `Ids`."""
        given = getattr(getattr(self.call, "transaction_info", None), "transaction_id", None)
        return given if self._at is Side.CSMS and isinstance(given, str) else None

    def request(self) -> int | None:
        """See `Ids`."""
        for name in ("request_id", "remote_start_id"):
            given = getattr(self.call, name, None)
            if isinstance(given, int):
                return given
        return None


class Chain:
    """Two sessions between one station of a log and its CSMS.

    Args:
        source: Version of the log.
        target: Version between the sessions.
        identity: Of the station.
        policy: What the user has decided.

    Attributes:
        is_closed: It is forgotten: calls that wait for an answer are not answered here any more.
    """

    def __init__(self, source: str, target: str, identity: str, policy: Policy) -> None:
        self.is_closed: bool = False
        steps = [one.step for one in path(source, target)]
        self._step, self._forward = steps[0], set(steps)
        self._ids = {side: _LogIds(side) for side in Side}
        self._stores = [_Sizes(), _Sizes()]
        self._sessions = {
            side: TranslationSession(
                station=source if side is Side.STATION else target,
                csms=target if side is Side.STATION else source,
                identity=identity,
                store=store,
                policy=policy,
                ids=self._ids[side],
            )
            for side, store in zip(Side, self._stores, strict=True)
        }
        self._open: dict[Side, Exchange] = {}
        self._stuck = 0
        self._now: datetime | None = None

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        outlets = sum(one.outlets for one in self._sessions.values())
        return 2 * _BASE_SIZE + sum(store.size for store in self._stores) + outlets * _OUTLET_SIZE

    def close(self) -> None:
        """Forgets all. Calls that wait for an answer still know of it."""
        self.is_closed = True
        self._sessions.clear()
        self._open.clear()

    # What happens

    def called(self, side: Side, frame: Call | Send, now: datetime) -> tuple[Made, Exchange | None]:
        """A side of the log has sent a call, or what wants no answer.

        Args:
            side: Which.
            frame: It.
            now: When, aware.

        Returns:
            What it has led to so far, and what to give `answered` with its answer.
        """
        self._begin(side, frame)
        self._tell(now)
        before = self._open.pop(side, None)
        if before is not None:
            self._give_up(before)
        self._said(frame.payload, None)
        exchange = Exchange(side, frame) if isinstance(frame, Call) else None
        self._carry_out(side, self._sessions[side].received(side, frame.payload, exchange, self._time))
        if exchange is None:
            return self._made(before), None
        if exchange.is_over and not exchange.crossings:
            return self._made(before, exchange.told), exchange
        self._open[side] = exchange
        if not exchange.crossings:
            self._hurry()
        return self._made(before), exchange

    def answered(self, exchange: Exchange, frame: CallResult | CallError, now: datetime) -> Made:
        """The other side has answered a call, for which nobody has given up to wait.

        Args:
            exchange: The call.
            frame: Its answer.
            now: When, aware.
        """
        self._begin(exchange.side.other, frame)
        self._tell(now)
        if self._open.get(exchange.side) is exchange:
            del self._open[exchange.side]
        answer: Response | OcppError
        if isinstance(frame, CallResult):
            answer = frame.payload
        else:
            answer = OcppError(frame.code, frame.description, frame.details)
        self._said(exchange.frame.payload, answer)
        exchange.answer = answer
        self._flush(exchange)
        self._answer_waiting(exchange)
        if self._crossed:
            self._name_unheard(exchange)
        return self._made(exchange)

    # How it goes on

    def _begin(self, side: Side, frame: Call | Send | CallResult | CallError) -> None:
        """A side of the log has sent a frame."""
        self._side, self._frame = side, frame
        self._is_late = False
        self._crossed: list[Crossed] = []
        self._notes: list[Note] = []
        self._of_call: list[Note] = []
        self._missing: list[Missing] = []
        self._asides = 0

    def _tell(self, now: datetime) -> None:
        """Time passes, and never backwards."""
        self._now = now if self._now is None else max(self._now, now)
        for side, session in self._sessions.items():
            if session.wake_at is not None and session.wake_at <= self._now:
                self._carry_out(side, session.woken(self._now))

    @property
    def _time(self) -> datetime:
        assert self._now is not None
        return self._now

    def _said(self, call: Any, answer: Any) -> None:
        for ids in self._ids.values():
            ids.call, ids.answer = call, answer

    def _made(self, before: Exchange | None, told: Response | OcppError | None = None) -> Made:
        called = before.frame.payload if before is not None and self._of_call else None
        losses = losses_in(self._notes), losses_in(self._of_call)
        return Made(self._crossed, *losses, called, told, tuple(self._missing))

    def _give_up(self, exchange: Exchange) -> None:
        """A side says something new before it was answered: it does not wait any more, or the log lacks the answer."""
        exchange.is_given_up = self._is_late = True
        self._said(exchange.frame.payload, None)
        self._answer_waiting(exchange)
        self._is_late = False

    def _hurry(self) -> None:
        """A call waits behind one that waits for a report. The log may not have all of that."""
        self._stuck += 1
        if self._stuck > _PATIENCE:
            self._stuck = 0
            for side, session in self._sessions.items():
                self._carry_out(side, session.hurried(self._time))

    def _answer_waiting(self, exchange: Exchange) -> None:
        while exchange.waiting:
            at, asking = exchange.waiting.pop(0)
            given = self._suited(exchange, asking.request)
            self._carry_out(at, self._sessions[at].answered(asking.call, given, self._time))

    def _carry_out(self, at: Side, effects: Sequence[Effect]) -> None:
        """Carries out what a session wants done, and what that leads to."""
        waiting = deque((at, effect) for effect in effects)
        while waiting:
            side, effect = waiting.popleft()
            self._note(side, effect)
            if effect.side is side:
                followed = side, self._to_log(side, effect)
            else:
                followed = side.other, self._to_session(side, effect)
            waiting.extend((followed[0], one) for one in followed[1])

    def _note(self, at: Side, effect: Effect) -> None:
        """Keeps what was lost on the way from the log; on the way back to it nothing is, as the log has it all."""
        notes = [note for note in effect.notes if note[0] in self._forward]
        # What the other session misses is only what this one has not sent on.
        self._missing += effect.missing if at is self._side else ()
        key = effect.call if isinstance(effect, Reply) else None
        if isinstance(key, Exchange) and not key.crossings:
            self._notes += effect.notes  # it went no further, and its answer was made for it
        elif self._is_late or (at is not self._side and isinstance(self._frame, CallResult | CallError)):
            self._of_call += notes
        elif at is self._side:
            self._notes += notes
        elif isinstance(key, _Crossing) and key.exchange is not None:
            key.exchange.notes += notes

    def _to_log(self, at: Side, effect: Effect) -> Sequence[Effect]:
        """What a session wants of its side of the log."""
        if isinstance(effect, Reply):
            if isinstance(effect.call, Exchange):
                effect.call.is_over, effect.call.told = True, effect.answer
            return ()
        assert isinstance(effect, Asking), "2.1 alone has what wants no answer, and not on both sides"
        exchange = effect.of.exchange if isinstance(effect.of, _Crossing) else None
        if exchange is not None and self._waits(exchange, effect.request):
            exchange.waiting.append((at, effect))
            return ()
        given = self._suited(exchange, effect.request)
        return self._sessions[at].answered(effect.call, given, self._time)

    def _waits(self, exchange: Exchange, request: Request[Any]) -> bool:
        """Whether the log may yet have what answers this."""
        if exchange.answer is not None or exchange.is_given_up:
            return False
        if _asks_for_other(request, exchange.frame.payload):
            return False
        wanted, comes = response_class(request), response_class(exchange.frame.payload)
        return wanted is comes or any(_has(wanted, name) and _has(comes, name) for name in _TOLD)

    def _suited(self, exchange: Exchange | None, request: Request[Any]) -> Response | OcppError | None:
        """What answers this: the answer of the log, or as much of it as belongs here, or what does no harm."""
        wanted = response_class(request)
        is_command = request.__ocpp__.sent_by is Role.CSMS
        answer = None if exchange is None else exchange.answer
        if exchange is not None:
            if _asks_for_other(request, exchange.frame.payload):
                return wanted()
            if isinstance(answer, OcppError):
                exchange.heard.add("code")
                return answer
            # What it says of a report is said once. Of a command that became several it is the answer to each.
            if isinstance(answer, wanted) and (is_command or not exchange.is_heard):
                exchange.is_heard = True
                exchange.heard |= {one.name for one in shape(wanted).fields}
                return answer
        if is_command:
            return None
        stock = shortest_answer(wanted, self._time)
        if stock is None or exchange is None:
            return stock
        told = {
            name: value
            for name in _TOLD
            if name not in exchange.heard
            and _has(wanted, name)
            and (value := getattr(answer, name, None)) is not None
        }
        exchange.heard |= set(told)
        return evolve(stock, **told)

    def _to_session(self, at: Side, effect: Effect) -> Sequence[Effect]:
        """What a session says to the other."""
        other = self._sessions[at.other]
        if isinstance(effect, Reply):
            if not isinstance(effect.call, _Crossing):
                return ()
            self._cross_back(at, effect.call, effect.answer)
            return other.answered(effect.call.key, effect.answer, self._time)
        exchange = effect.of if isinstance(effect.of, Exchange) else None
        if exchange is not None:
            self._flush(exchange)
        id, headers = self._new_id(exchange), getattr(self._frame, "headers", None)
        assert isinstance(effect, Asking), "see `_to_log`"
        frame = Call(id, effect.request, headers=headers)
        self._crossed.append(Crossed(frame, at))
        return other.received(at, effect.request, _Crossing(exchange, effect.call, frame), self._time)

    def _new_id(self, exchange: Exchange | None) -> str:
        """That of the call of the log, numbered where it became several, or something else besides."""
        if exchange is None:
            self._asides += 1
            is_it = isinstance(self._frame, Send) and self._asides == 1
            return self._frame.id if is_it else f"{self._frame.id}-aside-{self._asides}"
        exchange.crossings += 1
        return numbered(exchange.frame.id, exchange.crossings - 1)

    def _cross_back(self, at: Side, crossing: _Crossing, answer: Response | OcppError | None) -> None:
        exchange, call = crossing.exchange, crossing.frame
        if answer is None or (exchange is not None and exchange.is_given_up):
            return
        headers = getattr(self._frame, "headers", None)
        if isinstance(answer, OcppError):
            told = (answer.code, answer.description, answer.details)
            frame: Frame = CallError(call.id, *told, headers=headers)
        else:
            frame = CallResult(call.id, answer, headers=headers)
        crossed = Crossed(frame, at)
        if exchange is None or exchange.answer is not None:
            self._crossed.append(crossed)
        else:
            exchange.result = crossed

    def _name_unheard(self, exchange: Exchange) -> None:
        """Names what the log has answered and no session has asked for: the call was answered on the way."""
        answer = exchange.answer
        if isinstance(answer, OcppError):
            if "code" not in exchange.heard:
                self._drop("", str(answer.code))
            return
        for one in shape(type(answer)).fields if answer is not None else ():
            value = getattr(answer, one.name)
            if value is not None and one.name not in exchange.heard:
                self._drop(one.wire, value)

    def _drop(self, wire: str, value: Any) -> None:
        place = (None, wire, "")
        self._notes.append((self._step, LossKind.DROPPED, place, value, LossReason.SUPPRESSED, None))

    def _flush(self, exchange: Exchange) -> None:
        if exchange.result is not None:
            self._crossed.append(exchange.result)
            self._notes += exchange.notes
            exchange.result, exchange.notes = None, []


def numbered(id: str, number: int) -> str:
    """The id of one of the frames that a frame has become."""
    return f"{id}-{number + 1}" if number else id


def _has(cls: type[Response], name: str) -> bool:
    return any(one.name == name for one in shape(cls).fields)


def _asks_for_other(request: Any, call: Any) -> bool:
    """Whether a session asks for keys that the CSMS of the log has not asked for, so that the log does not say them."""
    if type(request) is not type(call):
        return False
    wanted, there = getattr(request, "key", None), getattr(call, "key", None)
    return isinstance(wanted, list) and isinstance(there, list) and not set(wanted) & set(there)
