"""A session: one station and one CSMS of any two versions, and all that is remembered of them."""

from collections import deque
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any

from attrs import define

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.model.messages import Notification, Request
from ocpp_core.model.versions import Version
from ocpp_core.translation.engine import itself, opposite, path
from ocpp_core.translation.policies import DEFAULT_POLICY, Policy
from ocpp_core.translation.sessions.effects import Answer, Call, Effect, Notice, Reply, Side
from ocpp_core.translation.sessions.emulations import Emulating
from ocpp_core.translation.sessions.ids import Ids
from ocpp_core.translation.sessions.layers import (
    Alike,
    Layer,
    Message,
    Passage,
    Pause,
    Plain,
    Remembering,
    Steps,
    through,
)
from ocpp_core.translation.sessions.state import State
from ocpp_core.translation.sessions.stores import MemoryStore, Store
from ocpp_core.translation.sessions.tables import RULES, TO_EVSES
from ocpp_core.translation.sessions.topology import Placing, Topology
from ocpp_core.translation.steps import Direction

#: Requests of one side that wait for the one before them.
WAITING = 64


@define(eq=False)
class _Exchange:
    """A request on its way to the other side and back.

    Attributes:
        side: Who has sent it.
        call: The key that the driver gave with it.
        steps: Its way.
        passage: What goes along.
    """

    side: Side
    call: Hashable | None
    steps: Steps
    passage: Passage


class TranslationSession:
    """Translates between one station and one CSMS, and remembers what that takes.

    It does no input or output of its own but for its store, reads no clock and draws no random number. Tell it what
    happens, and carry out the effects that it returns, in their order; one `Call` to a side is to be out at a time,
    so the next waits for the answer of the one before. Whatever has to survive a crash is in the store before the
    effects that depend on it are returned: make a new session with the same store and identity, and go on.

    If a method raises anything but `LocalProtocolError`, the store has failed or a rule has a defect: what this session
    knows is not what is written then, so throw it away and make a new one.

    The requests of a side are translated one after another, each when the one before it has its answer. What both sides
    send meets only in what is remembered.

    Args:
        station: Version of the station.
        csms: Version of the CSMS.
        identity: Of the station. It is the name of its records, and goes into ids: keep it.
        store: Where the records lie. Without one they are gone with the session.
        policy: What you decide differently.
        ids: Knows ids that were given out already; only who plays back what has happened has any.

    Raises:
        ValueError: There is no such version.
        StateError: The records are of a later release, or damaged.
    """

    def __init__(
        self,
        *,
        station: str,
        csms: str,
        identity: str,
        store: Store | None = None,
        policy: Policy = DEFAULT_POLICY,
        ids: Ids | None = None,
    ) -> None:
        self.station: Version = Version(station)
        self.csms: Version = Version(csms)
        self.identity = identity
        self.policy = policy
        self._state = State(identity, MemoryStore() if store is None else store, policy, ids or Ids())
        self._topology = None if policy.connectors is None else Topology(self._state, policy.connectors)
        self._emulates = policy.has_plug_and_charge or policy.has_cost_messages
        self._asides: deque[_Exchange] = deque()
        self._due: list[Hashable] = []
        self._paused: dict[Hashable, tuple[_Exchange, datetime]] = {}
        self._layers = {
            Side.STATION: self._stack(Side.STATION, self.station, self.csms),
            Side.CSMS: self._stack(Side.CSMS, self.csms, self.station),
        }
        self._lines: dict[Side, deque[_Exchange]] = {side: deque() for side in Side}
        self._calls: dict[Hashable, _Exchange] = {}
        self._made = 0
        self._now: datetime | None = None
        self._effects: list[Effect] = []

    def __repr__(self) -> str:
        return f"<TranslationSession of {self.identity!r}, {self.station} to {self.csms}>"

    def _stack(self, side: Side, source: str, target: str) -> tuple[Layer, ...]:
        """The layers that lead from one side to the other."""
        layers: list[Layer] = []
        for there in path(source, target):
            plain = Plain(there, opposite(there))
            placing = self._placing(plain)
            if placing is not None and not placing.is_outward:
                layers.append(placing)
            rules = RULES.get((side, there.step))
            layer: Layer = plain
            if rules is not None:
                aside = self._aside(side, plain.back)
                layer = Remembering(plain, rules, self._state, aside, self._due.append)
            is_up = TO_EVSES.get(there.step)
            if is_up is not None and self._emulates:
                layer = Emulating(layer, plain, self._state, is_up)
            layers.append(layer)
            if placing is not None and placing.is_outward:
                layers.append(placing)
        if not layers:
            layers.append(Alike(itself(Version(source)), itself(Version(target))))
        return tuple(layers)

    def _placing(self, step: Plain) -> Placing | None:
        """What renumbers on the side of 2.0.1 of a step between connectors and EVSEs; None if nothing does."""
        is_outward = TO_EVSES.get(step.there.step)
        if self._topology is None or is_outward is None:
            return None
        return Placing(self._topology, step.there, step.back if is_outward else step.there, is_outward)

    # What happens

    def connected(self, side: Side, now: datetime) -> list[Effect]:
        """A side is there, or there again.

        Args:
            side: Which.
            now: Aware, and never earlier than before; so in all methods.
        """
        self._tell(now)
        self._state.connected(side is Side.STATION, now)
        return self._done()

    def disconnected(self, side: Side, now: datetime) -> list[Effect]:
        """A side is gone: what it was asked has no answer, and what it has asked needs none."""
        self._tell(now)
        line = self._lines[side]
        while len(line) > 1:  # the first is under way, and the other side will answer it
            line.pop()
        asked = [key for key, one in self._calls.items() if one.side is side.other]
        for key in asked:
            self._go_on(self._calls.pop(key), None)
        return self._done()

    def received(
        self, side: Side, message: Request[Any] | Notification, call: Hashable | None, now: datetime
    ) -> list[Effect]:
        """A side has sent a request, or a SEND of 2.1.

        Args:
            side: Which.
            message: In its version.
            call: Any key, under which you will find the answer in a `Reply`; None for a SEND.
            now: When it came: what a required timestamp becomes that the message lacks.

        Raises:
            LocalProtocolError: The message is of another version. Nothing has changed.
        """
        version = self.station if side is Side.STATION else self.csms
        if message.__ocpp__.version != version:
            raise LocalProtocolError(
                f"the {side.value} speaks OCPP {version}, and {type(message).__name__} is of "
                f"{message.__ocpp__.version}"
            )
        self._tell(now)
        if len(self._lines[side]) > WAITING:
            error = OcppError(ErrorCode.GENERIC, "too many requests wait for an answer")
            self._effects.append(Reply(side, call, error))
            return self._done()
        passage = self._passage(now)
        self._begin(_Exchange(side, call, through(self._layers[side], message, passage), passage))
        return self._done()

    def answered(self, call: Hashable, answer: Answer, now: datetime) -> list[Effect]:
        """A `Call` has its answer.

        Args:
            call: The key of the effect. One that is not known is of a session before this one: nothing happens.
            answer: A response in the version of the side that was called; the error it has sent; None if none came.
            now: The time.
        """
        self._tell(now)
        exchange = self._calls.pop(call, None)
        if exchange is not None:
            self._go_on(exchange, answer)
        return self._done()

    @property
    def wake_at(self) -> datetime | None:
        """When to call `woken`, if nothing else happens before. It may change with every call."""
        times = [until for _, until in self._paused.values()]
        expiry = self._state.wake_at
        return min(times if expiry is None else [*times, expiry], default=None)

    def woken(self, now: datetime) -> list[Effect]:
        """Time has passed: what has waited too long is given up."""
        self._tell(now)
        self._state.expire(now)
        self._due += [key for key, (_, until) in self._paused.items() if until <= now]
        return self._done()

    @property
    def outlets(self) -> int:
        """How many connectors or EVSEs are known; a peer can name a thousand. They take memory and no store."""
        return len(self._state.outlets)

    def hurried(self, now: datetime) -> list[Effect]:
        """Nothing is waited for any longer but answers: a report goes on as far as it has come."""
        self._tell(now)
        self._due += self._paused
        return self._done()

    # How it goes on

    def _tell(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise LocalProtocolError(f"`now` needs a time zone: {now!r}")
        self._now = now

    def _done(self) -> list[Effect]:
        """The effects, when the store knows what they depend on."""
        while self._asides or self._due:  # after what led to them
            if self._asides:
                self._begin(self._asides.popleft())
            else:
                self._resume(self._due.pop())
        self._state.records.flush()
        effects, self._effects = self._effects, []
        return effects

    def _passage(self, now: datetime) -> Passage:
        return Passage(self.policy, self._state, self._state.new_request_id, now)

    def _begin(self, exchange: _Exchange) -> None:
        line = self._lines[exchange.side]
        line.append(exchange)
        if len(line) == 1:
            self._go_on(exchange, None)

    def _resume(self, key: Hashable) -> None:
        paused = self._paused.pop(key, None)
        if paused is not None:
            self._go_on(paused[0], None)

    def _go_on(self, exchange: _Exchange, answer: Answer) -> None:
        """Tells an exchange what became of its request, and those behind it that it is their turn."""
        line = self._lines[exchange.side]
        current = exchange
        while self._moved(current, answer):
            line.popleft()
            if not line:
                return
            current, answer = line[0], None

    def _moved(self, exchange: _Exchange, answer: Answer) -> bool:
        """Whether it has come to its end."""
        assert self._now is not None
        passage = exchange.passage
        passage.now = self._now
        while True:
            try:
                made = exchange.steps.send(answer)
            except StopIteration as end:
                self._reply(exchange, end.value)
                return True
            if isinstance(made, Pause):
                self._paused[made.key] = (exchange, made.until)
                return False
            told = _told(passage)
            other = exchange.side.other
            if isinstance(made, Notification):
                self._effects.append(Notice(other, made, exchange.call, **told))
                answer = None
                continue
            self._made += 1
            self._calls[self._made] = exchange
            self._effects.append(Call(other, made, self._made, exchange.call, **told))
            return False

    def _reply(self, exchange: _Exchange, answer: Answer) -> None:
        if answer is None and exchange.call is not None:
            # The sender tries again by its own rules: it is never told that all is well.
            answer = OcppError(ErrorCode.GENERIC, "the other side has not answered")
        told = _told(exchange.passage)
        if exchange.call is not None or any(told.values()):
            self._effects.append(Reply(exchange.side, exchange.call, answer, **told))

    def _aside(self, side: Side, back: Direction) -> Callable[[Message], None]:
        """What lets a rule for messages of a side send a request to that side, through the steps behind its own."""

        def aside(message: Message) -> None:
            assert self._now is not None
            passage = self._passage(self._now)
            layers = self._layers[side.other]
            at = next(number for number, one in enumerate(layers) if one.there is back)
            steps = through(layers[at + 1 :], message, passage)
            self._asides.append(_Exchange(side.other, None, steps, passage))

        return aside


def _told(passage: Passage) -> dict[str, tuple[Any, ...]]:
    """What the next effect of a message takes along."""
    told = {"notes": tuple(passage.notes), "missing": tuple(passage.missing)}
    passage.notes, passage.missing = [], []
    return told
