"""A day of a station over one session or two, with everything going wrong that may: for property tests of sessions."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from itertools import count
from typing import Any

from bridge import check
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.translation import MemoryStore, Side, TranslationSession
from ocpp_core.translation.sessions import Call, Effect, Reply

MORNING = datetime(2026, 1, 31, 6, tzinfo=UTC)


class Fault(Enum):
    """What happens to a call between two sessions, or between a session and a side."""

    NONE = auto()
    LOST = auto()  #: it never arrives
    UNANSWERED = auto()  #: it arrives, and the answer does not
    REFUSED = auto()  #: it arrives, and is answered with an error
    KILLED = auto()  #: the process dies when its state is saved and nothing is sent
    KILLED_LATE = auto()  #: it dies when the call has arrived


class _Killed(Exception):
    """A session has died: whoever waits for it has no answer."""


class Day:
    """A chain of sessions from a station to a CSMS, driven as gateways would, with faults on the way.

    Attributes:
        versions: Of the station, between the sessions, and of the CSMS.
        csms: Answers what arrives at the end.
        station: Answers what arrives at the beginning.
        faults: What happens to the calls that come, in order; after that nothing does.
        now: The time.
    """

    def __init__(
        self, versions: Sequence[str], csms: Callable[[Any], Any], station: Callable[[Any], Any]
    ) -> None:
        self.versions = versions
        self.csms = csms
        self.station = station
        self.faults: deque[Fault] = deque()
        self.now = MORNING
        self._keys = count()
        self._stores = [MemoryStore() for _ in versions[1:]]
        self._sessions = [self._new(level) for level in range(len(self._stores))]

    def _new(self, level: int) -> TranslationSession:
        session = TranslationSession(
            station=self.versions[level],
            csms=self.versions[level + 1],
            identity="CP-1",
            store=self._stores[level],
        )
        session.connected(Side.STATION, self.now)
        return session

    def later(self, seconds: float = 60) -> datetime:
        """Time passes."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def ask(self, request: Any) -> Any:
        """The station sends a request: what it is answered, None if nothing comes."""
        return self._ask(0, Side.STATION, request)

    def command(self, request: Any) -> Any:
        """The CSMS sends one."""
        return self._ask(len(self._sessions) - 1, Side.CSMS, request)

    def restart(self, level: int = 0) -> None:
        """A process is killed between two messages."""
        self._sessions[level] = self._new(level)

    def _ask(self, level: int, side: Side, request: Any) -> Any:
        if level == len(self._sessions):
            return self.csms(request)
        if level < 0:
            return self.station(request)
        key = next(self._keys)
        try:
            effects = self._sessions[level].received(side, request, key, self.now)
            return self._carried_out(level, effects, key)
        except _Killed:
            self._sessions[level] = self._new(level)
            return None

    def _carried_out(self, level: int, effects: list[Effect], key: Any) -> Any:
        waiting = deque(effects)
        reply: Any = None
        while waiting:
            effect = waiting.popleft()
            if isinstance(effect, Reply):
                check(effect.answer, self.versions[level + (effect.side is Side.CSMS)])
                reply = effect.answer if effect.call == key else reply
            elif isinstance(effect, Call):
                answer = self._called(level, effect)
                waiting.extend(self._sessions[level].answered(effect.call, answer, self.now))
        return reply

    def _called(self, level: int, call: Call) -> Any:
        check(call.request, self.versions[level + (call.side is Side.CSMS)])
        fault = self.faults.popleft() if self.faults else Fault.NONE
        if fault is Fault.KILLED:
            raise _Killed
        if fault is Fault.LOST:
            return None
        up = call.side is Side.CSMS
        answer = self._ask(level + 1 if up else level - 1, Side.STATION if up else Side.CSMS, call.request)
        if fault is Fault.KILLED_LATE:
            raise _Killed
        if fault is Fault.UNANSWERED:
            return None
        return OcppError(ErrorCode.INTERNAL, "not now") if fault is Fault.REFUSED else answer


class Outbox:
    """The messages of a station that have to arrive: sent in order, each until it is answered.

    Attributes:
        waiting: Functions that make a message when it is its turn, and take its answer.
    """

    def __init__(self, day: Day) -> None:
        self._day = day
        self.waiting: deque[tuple[Callable[[], Any], Callable[[Any], None]]] = deque()
        self._last: Any = None

    def put(self, make: Callable[[], Any], take: Callable[[Any], None] = lambda answer: None) -> None:
        """Another one."""
        self.waiting.append((make, take))

    def send(self) -> bool:
        """Sends the first, if there is one; whether it was answered."""
        if not self.waiting:
            return False
        make, take = self.waiting[0]
        message = make()
        answer = self._day.ask(message)
        if answer is None or isinstance(answer, OcppError):
            return False
        self._last = message
        take(answer)
        self.waiting.popleft()
        return True

    def again(self) -> None:
        """Sends what was answered last once more: its answer was lost on the way."""
        if self._last is not None:
            self._day.ask(self._last)

    def drain(self) -> None:
        """Sends all, now that nothing goes wrong any more."""
        self._day.faults.clear()
        while self.waiting:
            assert self.send(), "nothing goes wrong, and yet it is not answered"
