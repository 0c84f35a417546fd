"""Whatever a peer sends, in whatever order, `receive_message` returns, everything it queues is a frame that the version
allows, and each call of ours ends exactly once.

Two machines try that: in one, two connections talk over a wire that loses, repeats, reorders and spoils messages; in
the other, one connection hears whatever an enemy can think of. `Side` has what must hold after every step.
"""

import json
import os
import zlib
from collections import deque
from collections.abc import Callable
from functools import cache, partial
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ocpp_core.dispatch.connection import (
    DEFAULT,
    NEED_DATA,
    PAUSED,
    REMEMBERED_RESULTS,
    TYPED,
    CallLost,
    CallOutcome,
    CallReceived,
    CallTimedOut,
    Codec,
    Connection,
    Default,
    Event,
    Ignored,
    PendingCall,
    ResultReceived,
    size_of,
)
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError
from ocpp_core.model.messages import Call, CallError, CallResult, CallResultError, Frame, Request, Send
from ocpp_core.soap.envelopes import UNSPECIFIED
from pair import SCENES, Scene, attributes, numbered, room, state

Draw = Callable[[st.SearchStrategy[Any]], Any]
Act = Callable[[Draw], None]
Record = Callable[[str, object], None]

deep = [
    pytest.mark.deep,
    pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1"),
]

HELD = 3
#: Bytes of the largest message that is said here.
LARGEST = 4_000
TIMEOUT = 5.0

KINDS: dict[type[Frame], FrameKind] = {
    Call: FrameKind.CALL,
    CallResult: FrameKind.CALLRESULT,
    CallError: FrameKind.CALLERROR,
    CallResultError: FrameKind.CALLRESULTERROR,
    Send: FrameKind.SEND,
}
#: None of these is ever answered, but that 2.1 lets a bad CALLRESULT draw one CALLRESULTERROR.
NEVER_ANSWERED = (FrameKind.CALLRESULT, FrameKind.CALLERROR, FrameKind.CALLRESULTERROR, FrameKind.SEND)
Sent = tuple[FrameKind, str]


class Side:
    """A connection, an application that uses it as it likes, and a book of what must become of everything."""

    def __init__(self, scene: Scene, mine: Codec[Any], theirs: Codec[Any], ids: str) -> None:
        self.scene = scene
        self.codec = mine
        self.connection = Connection(
            mine, new_id=numbered(scene.ids + ids), call_timeout=TIMEOUT, max_held_bytes=room(scene, HELD)
        )
        self.waiting: dict[str, PendingCall[Any]] = {}
        self.held: deque[Call] = deque()
        self.sizes: dict[str, int] = {}
        self.at_work: list[CallReceived] = []
        self.results: list[ResultReceived] = []
        self.said: list[Any] = []
        self._theirs = theirs
        self._asked: dict[str, type[Request[Any]]] = {}

    # The application

    def call(self, number: int, now: float, timeout: float | Default | None) -> None:
        act = partial(self.connection.call, self.scene.request(number), now=now, timeout=timeout)
        if not self.connection.can_call:
            self.cannot(act)
            return
        pending = act()
        self.waiting[pending.id] = pending

        assert [(FrameKind.CALL, pending.id)] == self.sent()
        assert [] == self.events()

    def answer(self, call: CallReceived, number: int, code: ErrorCode | None) -> None:
        """Answers a call of theirs once; `code` refuses it. What only an enemy asks is always refused."""
        again = partial(self.connection.reply, call, self.scene.response(number))
        if not self.is_known(call):
            code = code or ErrorCode.NOT_SUPPORTED
        if code is None:
            again()
        else:
            self.connection.reject(call, code, "no")
        self.at_work.remove(call)
        kind = FrameKind.CALLRESULT if code is None else FrameKind.CALLERROR

        assert [(kind, call.id)] == self.sent()
        self.cannot(again)
        assert all(isinstance(event, CallReceived) for event in self.events())

    def drop(self, call: CallReceived) -> None:
        """Leaves a call of theirs unanswered, which is as final as an answer."""
        self.connection.drop(call)
        self.at_work.remove(call)

        assert [] == self.sent()
        for again in (
            partial(self.connection.drop, call),
            partial(self.connection.reply, call, self.scene.response(1)),
        ):
            self.cannot(again)
        assert all(isinstance(event, CallReceived) for event in self.events())

    def is_known(self, call: CallReceived) -> bool:
        return type(call.request) is type(self.scene.request(1))

    def misuse(self, now: float) -> None:
        """What may not be sent."""
        scene, connection = self.scene, self.connection
        for request in (scene.unwritable[0], scene.foreign[0]):
            self.cannot(partial(connection.call, request, now=now))
        for call in filter(self.is_known, self.at_work[:1]):
            for response in (scene.misplaced, scene.unwritable[1], scene.foreign[1]):
                self.cannot(partial(connection.reply, call, response))
            if self.codec.max_outstanding is not None:  # in SOAP, every code has a name
                self.cannot(partial(connection.reject, call, ErrorCode.IDENTITY))

    def notify(self, number: int) -> None:
        if self.scene.notification is None:
            return
        self.connection.notify(self.scene.notification(number))

        assert [FrameKind.SEND] == [kind for kind, _ in self.sent()]
        assert [] == self.events()

    def refuse(self, result: ResultReceived, code: ErrorCode) -> None:
        self.results.remove(result)
        act = partial(self.connection.refuse, result, code)
        if self.scene.notification is not None:
            act()

            assert [(FrameKind.CALLRESULTERROR, result.call.id)] == self.sent()
        self.cannot(act)

    def cannot(self, act: Callable[[], object]) -> None:
        """What a method refuses to do changes nothing."""
        before = state(self.connection)
        with pytest.raises(LocalProtocolError):
            act()

        assert before == state(self.connection)

    # The network and the clock

    def hear(self, message: Any) -> None:
        """A message comes in. It must become what another codec of the same making takes it for."""
        judged = self._judged(message)
        kind = judged.kind if isinstance(judged, FrameError) else KINDS[type(judged)]
        pending = self.waiting.get(judged.id or "")
        could_receive = self.connection.can_receive
        self.connection.receive_message(message)
        sent = self.sent()
        if isinstance(judged, Call):
            self._check_fate(judged, size_of(message), sent, could_receive)
            return
        events = self.events()

        if isinstance(judged, FrameError):
            assert self._owed(judged, pending) == sent
        else:
            assert [] == sent
        is_answer = kind in (FrameKind.CALLRESULT, FrameKind.CALLERROR)
        ended = [event.call for event in events if isinstance(event, CallOutcome)]
        assert ([pending] if pending is not None and is_answer else []) == ended
        assert 1 == len(events)

    def _judged(self, message: Any) -> Frame | FrameError:
        awaiting = {id: type(call.request) for id, call in self.waiting.items()}
        try:
            frame = self.codec.decode(message, awaiting=awaiting)
        except FrameError as error:
            return error
        if isinstance(frame, CallResult) and frame.id in awaiting and not self._answers(frame):
            kind, code = FrameKind.CALLRESULT, ErrorCode.STRUCTURE
            return FrameError("of another action", kind=kind, code=code, id=frame.id)
        return frame

    def _answers(self, result: CallResult) -> bool:
        action = self.waiting[result.id].request.__ocpp__.action or ""
        return isinstance(result.payload, self.codec.specification.response(action))

    def _owed(self, error: FrameError, pending: PendingCall[Any] | None) -> list[Sent]:
        """What a bad frame draws."""
        owed = self.codec.owed.get(error.kind)
        if error.kind in NEVER_ANSWERED:
            is_drawn = owed is FrameKind.CALLRESULTERROR and pending is not None
            return [(FrameKind.CALLRESULTERROR, error.id or "")] if is_drawn else []
        id = self.codec.unreadable_id if error.id is None else error.id
        is_soap = self.codec.max_outstanding is None
        return [] if owed is None else [(owed, UNSPECIFIED if is_soap and not id else id)]

    def _check_fate(self, call: Call, size: int, sent: list[Sent], could_receive: bool) -> None:
        """A good call is delivered, held or refused, or it is one that we have already.

        It is refused for its id, or for want of room; that never if the driver could receive and no call of ours waits.
        """
        known = {each.id: each.request for each in self.at_work} | {
            each.id: each.payload for each in self.held
        }
        is_same = call.id in known and known[call.id] == call.payload
        is_too_much = self.held_size() >= room(self.scene, HELD)
        is_refused = not is_same and (call.id in known or is_too_much)
        if not is_same and not is_refused:
            self.held.append(call)
            self.sizes[call.id] = size

        assert not is_too_much or not could_receive or self.waiting
        events = self.events()

        assert ([(FrameKind.CALLERROR, call.id)] if is_refused else []) == sent
        if is_same:
            assert [Ignored(f"call {call.id!r} was sent again")] == events
        elif is_refused:
            assert [Ignored] == [type(event) for event in events]
        else:
            assert call in self.held or [call.id] == [event.id for event in events if event in self.at_work]

    def held_size(self) -> int:
        """What counts for a refusal: what is held, or where nothing is, what is at work."""
        if self.codec.max_outstanding is None:
            return self.size_at_work()
        return sum(self.sizes[call.id] for call in self.held)

    def size_at_work(self) -> int:
        return TYPED * sum(self.sizes[call.id] for call in self.at_work)

    def is_now(self, now: float) -> None:
        """The clock has come to `now`."""
        due = [call for call in self.waiting.values() if call.deadline is not None and call.deadline <= now]
        self.connection.handle_timeout(now)
        timeout = self.connection.next_timeout()

        assert [] == self.sent()
        assert [CallTimedOut(call) for call in due] == self.events()
        assert timeout is None or timeout > now

    def end(self) -> None:
        """The network is gone: what waits is lost, and nothing more is possible."""
        waiting, held, at_work = list(self.waiting.values()), len(self.held), self.at_work
        self.connection.receive_eof()
        self.held.clear()
        self.at_work = []
        events = self.events()

        assert [CallLost(call) for call in waiting] == events[: len(waiting)]
        assert [Ignored] * min(held, 1) == [type(event) for event in events[len(waiting) :]]
        assert {} == self.waiting
        self.cannot(partial(self.connection.call, self.scene.request(1), now=0.0))
        for call in at_work:
            self.cannot(partial(self.connection.reply, call, self.scene.response(1)))
        self.connection.receive_eof()
        self.connection.receive_message(self._theirs.encode(Call("urn:late", self.scene.request(1))))
        assert [] == self.sent()
        assert [] == self.events()

    # What a driver does after every input

    def sent(self) -> list[Sent]:
        """What is to be sent: each a frame that the version allows, in the eyes of the other side."""
        messages = self.connection.messages_to_send()
        self.said += messages
        frames = [self._theirs.decode(message, awaiting=self._asked) for message in messages]
        return [(KINDS[type(frame)], _named_by(frame)) for frame in frames]

    def events(self) -> list[Event]:
        """What has happened, written into the book."""
        events = list(self.connection.events())
        for event in events:
            match event:
                case CallReceived():
                    assert self.held.popleft().id == event.id
                    self.at_work.append(event)
                    self._asked[event.id] = type(event.request)
                case CallOutcome():
                    assert event.call is self.waiting.pop(event.call.id)
                    if isinstance(event, ResultReceived):
                        self.results = [*self.results, event][-REMEMBERED_RESULTS:]
                case _:
                    pass
        return events

    def check(self) -> None:
        """What holds between two inputs."""
        connection, most = self.connection, self.codec.max_outstanding
        deadlines = [call.deadline for call in self.waiting.values() if call.deadline is not None]

        held_bytes = sum(self.sizes[call.id] for call in self.held) + self.size_at_work()

        assert [call.id for call in self.held] == list(connection._held)
        assert (len(self.held), held_bytes) == (connection.held, connection.held_bytes)
        assert bool(self.waiting) == connection.awaits_answer
        assert connection.can_receive == (bool(self.waiting) or held_bytes < room(self.scene, HELD))
        assert (PAUSED if self.held else NEED_DATA) is connection.next_event()
        assert tuple(self.at_work) == connection.unanswered
        assert most is None or (len(self.waiting) <= most and len(self.at_work) <= most)
        assert connection.can_call == (most is None or len(self.waiting) < most)
        assert min(deadlines, default=None) == connection.next_timeout()
        assert len(self.waiting) == len(connection._ours)
        check_bounds(connection)


def check_bounds(connection: Connection[Any]) -> None:
    """If its events are taken after each input, a connection keeps no more than it says, and one message."""
    assert connection._held_size <= connection._max_held_bytes + LARGEST
    assert not connection._queue
    assert connection._held_size == sum(size for _, size in connection._held.values())
    assert connection._ours.keys() == connection._awaiting.keys()
    assert len(connection._replied) <= REMEMBERED_RESULTS
    assert len(connection._refusable) <= REMEMBERED_RESULTS
    assert [] == connection._out


# --- messages that are not as they should be ----------------------------------------------------------------------

_SNIPPETS = [*'[]{}",:<>/&;\\ \0', "null", "17", "[2,", "[3,", "<!--", "<!DOCTYPE x>", "\ud800", "é"]
_SWAPS = [
    ("[2,", "[3,"),
    ("[3,", "[2,"),
    ("[3,", "[4,"),
    ("[2,", "[6,"),
    ("[4,", "[5,"),
    ("[2,", "[7,"),
    ("here-", "there-"),
    ('"Accepted"', "7"),
    (">Accepted<", ">Perhaps<"),
    ("RelatesTo", "MessageID"),
    ("MessageID", "RelatesTo"),
    ("Response", "Request"),
    ("Request", "Response"),
    ("dataTransfer", "clearCache"),
    ("/Cs/", "/Cp/"),
    ("Header", "header"),
]


@st.composite
def spoilt(draw: st.DrawFn, message: Any) -> Any:
    """A message with something swapped, put in, cut out or repeated."""
    text = message if isinstance(message, str) else message.decode("utf-8", "surrogateescape")
    start, length = draw(st.integers(0, len(text))), draw(st.integers(0, 20))
    match draw(st.integers(0, 3)):
        case 0:
            text = text.replace(*draw(st.sampled_from(_SWAPS)))
        case 1:
            text = text[:start] + draw(st.sampled_from(_SNIPPETS)) + text[start:]
        case 2:
            text = text[:start] + text[start + length :]
        case _:
            text = text[: start + length] + text[start:]
    return text if isinstance(message, str) else text.encode("utf-8", "surrogatepass")


#: Stands for a message id in what an enemy says.
ID = "urn:id"


@cache
def hostile(scene: Scene) -> st.SearchStrategy[Any]:
    """What an enemy says, who knows the protocol well; `ID` may be any id."""
    is_soap = scene.here().max_outstanding is None
    return _hostile_envelopes(scene) if is_soap else _hostile_texts(scene)


def with_id(message: Any, id: Any) -> Any:
    """The message with an id in it; in JSON, any value will do."""
    if isinstance(message, str):
        return message.replace(json.dumps(ID), json.dumps(id))
    return message.replace(ID.encode(), str(id).encode())


def _hostile_envelopes(scene: Scene) -> st.SearchStrategy[Any]:
    codec = scene.there()
    frames: list[Frame] = [
        *(Call(ID, scene.request(number)) for number in range(3)),
        *(CallResult(ID, scene.response(number)) for number in range(2)),
        CallResult(ID, scene.misplaced),
        CallError(ID, ErrorCode.INTERNAL, "no"),
    ]
    return st.sampled_from([codec.encode(frame) for frame in frames]) | st.binary(max_size=20)


def _hostile_texts(scene: Scene) -> st.SearchStrategy[Any]:
    codec = scene.there()
    calls = [json.loads(codec.encode(Call(ID, scene.request(number)))) for number in range(3)]
    results = [
        json.loads(codec.encode(CallResult(ID, each))) for each in (scene.response(1), scene.misplaced)
    ]
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    good = st.sampled_from([call[3] for call in calls] + [result[2] for result in results])
    bad: st.SearchStrategy[Any] = st.sampled_from([{}, [], None, 7, {"more": {"a": [[]]}}])
    payloads = (
        good | bad | st.dictionaries(st.text(max_size=5), scalars | st.lists(scalars, max_size=2), max_size=2)
    )
    actions = st.sampled_from([calls[0][2], *codec.specification.actions, "Nothing", 1])
    codes = st.sampled_from(["InternalError", "FormatViolation", "Own", "", None])
    types = st.sampled_from([2, 3, 4, 5, 6, 7, -1, 2.0, "2", True, 10**30])
    id = st.just(ID)
    frames = (
        st.sampled_from(calls)
        | st.sampled_from(results)
        | st.tuples(st.sampled_from([2, 6]), id, actions, payloads)
        | st.tuples(st.just(3), id, payloads)
        | st.tuples(st.sampled_from([4, 5]), id, codes, st.text(max_size=5), good | bad)
        | st.lists(types | id | actions | payloads, max_size=6)
    )
    return frames.map(json.dumps) | st.text(max_size=20)


# --- the machines -------------------------------------------------------------------------------------------------

NUMBERS = st.integers(0, 2)
TIMEOUTS = st.sampled_from([DEFAULT, DEFAULT, None, 0.0, 8.0])
STEPS = st.sampled_from([-1.0, 0.1, 1.0, 4.9, 5.0])
CODES = st.sampled_from([ErrorCode.INTERNAL, ErrorCode.SECURITY, ErrorCode.FORMAT, ErrorCode.GENERIC])
FATES = st.sampled_from(["arrives", "arrives", "arrives", "arrives", "is lost", "arrives twice", "is spoilt"])
STRANGE_IDS = ["1", "2", "3", "-1", "", "x" * 37, 1, None, []]


class Machine(RuleBasedStateMachine):
    """What applications may do.

    There is one rule, which chooses among what is possible; of many rules, Hypothesis would leave out half each time.
    """

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self.now = 0.0
        self.connections = count(1)
        self.connect()

    def connect(self) -> None:
        """Connects. Every second time, applications take long to answer."""
        number = next(self.connections)
        self.diligence = 1 if number % 2 else 4
        self.sides = self.new_sides(number)

    def new_sides(self, number: int) -> list[Side]:
        raise NotImplementedError

    def possible(self) -> list[Act]:
        """What may happen next; what is there more often is more likely."""
        acts: list[Act] = [*[self.call] * 4, *[self.time_passes] * 2, self.misuse, self.connect_again]
        is_at_work = any(side.at_work for side in self.sides)
        acts += [*[self.answer] * self.diligence, self.drop] if is_at_work else []
        acts += [self.refuse] if any(side.results for side in self.sides) else []
        acts += [self.notify] if self.scene.notification is not None else []
        return acts

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        acts = {act.__name__: act for act in self.possible()}
        name = data.draw(st.sampled_from([act.__name__ for act in self.possible()]), label="act")
        acts[name](data.draw)

    def call(self, draw: Draw) -> None:
        side = draw(st.sampled_from(self.sides))
        side.call(draw(NUMBERS), self.now, draw(TIMEOUTS))

    def answer(self, draw: Draw) -> None:
        side, call = draw(self.calls_at_work())
        side.answer(call, draw(NUMBERS), draw(st.none() | CODES))

    def drop(self, draw: Draw) -> None:
        side, call = draw(self.calls_at_work())
        side.drop(call)

    def calls_at_work(self) -> st.SearchStrategy[tuple[Side, CallReceived]]:
        return st.sampled_from([(side, call) for side in self.sides for call in side.at_work])

    def refuse(self, draw: Draw) -> None:
        side, result = draw(st.sampled_from([(side, each) for side in self.sides for each in side.results]))
        side.refuse(result, draw(CODES))

    def notify(self, draw: Draw) -> None:
        draw(st.sampled_from(self.sides)).notify(draw(NUMBERS))

    def misuse(self, draw: Draw) -> None:
        draw(st.sampled_from(self.sides)).misuse(self.now)

    def time_passes(self, draw: Draw) -> None:
        """A timer may also be early."""
        step = draw(STEPS)
        self.now += max(step, 0.0)
        for side in self.sides:
            side.is_now(self.now + min(step, 0.0))

    def connect_again(self, draw: Draw) -> None:
        if draw(st.integers(0, 3)) == 3:
            self.teardown()
            self.connect()

    @invariant()
    def all_is_well(self) -> None:
        for side in self.sides:
            side.check()

    def teardown(self) -> None:
        for side in self.sides:
            side.end()


class Wired(Machine):
    """Two connections, and a wire that cannot be trusted."""

    def new_sides(self, number: int) -> list[Side]:
        here, there = self.scene.here, self.scene.there
        return [
            Side(self.scene, here(), there(), f"here-{number}-"),
            Side(self.scene, there(), here(), f"there-{number}-"),
        ]

    def possible(self) -> list[Act]:
        is_busy = any(side.said for side in self.sides)
        return [*super().possible(), *[self.carry] * (6 if is_busy else 0)]

    def carry(self, draw: Draw) -> None:
        one, two = self.sides
        side, other = draw(st.sampled_from([pair for pair in ((one, two), (two, one)) if pair[0].said]))
        # Mostly the first; any other is one that overtakes.
        message = side.said.pop(draw(st.just(0) | st.integers(0, len(side.said) - 1)))
        fate = draw(FATES)
        if fate == "arrives twice":
            side.said.append(message)
        if fate == "is spoilt":
            message = draw(spoilt(message))
        if fate != "is lost":
            other.hear(message)


class Attacked(Machine):
    """One connection, and an enemy at the other end."""

    def new_sides(self, number: int) -> list[Side]:
        return [Side(self.scene, self.scene.here(), self.scene.there(), f"here-{number}-")]

    def possible(self) -> list[Act]:
        return [*super().possible(), *[self.hear] * 8, *[self.hear_good_call] * 4]

    def hear(self, draw: Draw) -> None:
        (side,) = self.sides
        known = [*side.waiting, *(call.id for call in side.at_work), *(call.id for call in side.held)]
        ids = [*known * 3, *(result.call.id for result in side.results[-2:]), *STRANGE_IDS]
        message = with_id(draw(hostile(self.scene)), draw(st.sampled_from(ids)))
        side.hear(draw(st.just(message) | spoilt(message)))

    def hear_good_call(self, draw: Draw) -> None:
        (side,) = self.sides
        id = f"{self.scene.ids}{draw(st.integers(1, 9))}"
        side.hear(self.scene.there().encode(Call(id, self.scene.request(draw(NUMBERS)))))


def _named_by(frame: Frame) -> str:
    """The request that a frame names itself. In SOAP a reader pairs what names none with the only one that waits; and a
    fault of SOAP 1.1 has no header."""
    headers = None if isinstance(frame, Send) else frame.headers
    if headers is None or isinstance(frame, Call):
        return frame.id
    return headers.relates_to or UNSPECIFIED


def run(machine: type[Machine], scene: str, examples: int, steps: int) -> int:
    """Runs a machine, with the same cases on every run and every computer; returns how many."""
    tried = count()

    def made() -> Machine:
        next(tried)
        return machine(SCENES[scene]())

    seeded: Any = seed(zlib.crc32(f"{machine.__name__} {scene}".encode()))(made)
    run_state_machine_as_test(
        seeded,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.data_too_large,
                HealthCheck.filter_too_much,
            ],
        ),
    )
    return next(tried)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("machine", [Wired, Attacked])
def test_what_must_hold_holds_after_every_step(
    machine: type[Machine], scene: str, record_property: Record
) -> None:
    record_property("cases", run(machine, scene, examples=40, steps=50))


@pytest.mark.parametrize("scene", [pytest.param(scene, marks=deep) for scene in SCENES])
@pytest.mark.parametrize("machine", [Wired, Attacked])
def test_what_must_hold_holds_for_long(machine: type[Machine], scene: str, record_property: Record) -> None:
    record_property("cases", run(machine, scene, examples=300, steps=100))


# --- memory -------------------------------------------------------------------------------------------------------


def drained(connection: Connection[Any]) -> list[Event]:
    """What a driver does after every input."""
    connection.messages_to_send()
    return list(connection.events())


def sizes(connection: Connection[Any]) -> dict[str, int]:
    """How much a connection keeps, in every collection that it has."""
    return {name: len(value) for name, value in attributes(connection).items() if hasattr(value, "__len__")}


@pytest.mark.parametrize("name", SCENES)
def test_flood_of_calls_and_rubbish_is_not_kept(name: str) -> None:
    """Ten thousand messages, each with a new id. Nobody answers anything, on either side."""
    scene = SCENES[name]()
    codec = scene.there()
    good: list[Frame] = [
        Call(ID, scene.request(1)),
        CallResult(ID, scene.response(1)),
        CallError(ID, ErrorCode.INTERNAL, "no"),
    ]
    messages = [codec.encode(frame) for frame in good]
    messages += [message[:cut] for message in messages for cut in (-1, -3, 0)]
    connection = Connection(
        scene.here(), new_id=numbered(scene.ids), call_timeout=1.0, max_held_bytes=room(scene, HELD)
    )
    for number in range(10_000):
        connection.receive_message(with_id(messages[number % len(messages)], f"{scene.ids}flood-{number}"))
        drained(connection)
        if connection.can_call and number % 100 == 0:
            connection.call(scene.request(1), now=number / 100)
        connection.handle_timeout(number / 100)

    check_bounds(connection)
    assert max(sizes(connection).values()) <= HELD + 1


@pytest.mark.parametrize("name", SCENES)
def test_results_of_long_ago_are_not_kept(name: str) -> None:
    """Of answers in both directions, only the last hundred can still be refused; below 2.1 none, and none is kept."""
    scene = SCENES[name]()
    codec = scene.there()
    call, result = (
        codec.encode(frame) for frame in (Call(ID, scene.request(1)), CallResult(ID, scene.response(1)))
    )
    connection = Connection(scene.here(), new_id=numbered(scene.ids), max_held_bytes=room(scene, HELD))
    for number in range(2 * REMEMBERED_RESULTS):
        connection.receive_message(with_id(call, f"{scene.ids}{number}"))
        (received,) = drained(connection)
        assert isinstance(received, CallReceived)
        connection.reply(received, scene.response(1))
        pending = connection.call(scene.request(1), now=0.0)
        connection.receive_message(with_id(result, pending.id))
        assert [ResultReceived(pending, scene.response(1))] == drained(connection)

    check_bounds(connection)
    has_result_errors = FrameKind.CALLRESULTERROR in codec.owed.values()
    assert (REMEMBERED_RESULTS if has_result_errors else 0) == max(sizes(connection).values())
