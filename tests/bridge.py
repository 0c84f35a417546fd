"""A translation session between a station and a CSMS that are lists of answers: what the tests of sessions drive."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import oracle
from classes import JSON_VERSIONS
from ocpp_core.model.messages import Payload, Response
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.translation import MemoryStore, Policy, Side, TranslationSession
from ocpp_core.translation.losses import Loss
from ocpp_core.translation.missing import Missing
from ocpp_core.translation.sessions import Call, Effect, Notice, Reply

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

#: What a side does with a request: gives a response, an error, or None for no answer.
Serve = Callable[[Any], Any]


def at(minutes: float) -> datetime:
    """A time of the day of all tests."""
    return NOON + timedelta(minutes=minutes)


class Bridge:
    """Drives a session as a gateway does: one call to a side at a time, in the order of the effects.

    Attributes:
        sent: What each side was sent, in order.
        losses: All that was lost, in order.
        missing: All that was seen not to have come.
        serves: What each side answers.
    """

    def __init__(
        self,
        station: str,
        csms: str,
        *,
        serves: dict[Side, Serve],
        policy: Policy | None = None,
        store: Any = None,
        identity: str = "CP-1",
    ) -> None:
        self.store = MemoryStore() if store is None else store
        self.versions = {Side.STATION: station, Side.CSMS: csms}
        self.policy = policy or Policy()
        self.identity = identity
        self.serves = serves
        self.sent: dict[Side, list[Any]] = {side: [] for side in Side}
        self.losses: list[Loss] = []
        self.missing: list[Missing] = []
        self.now = NOON
        self._keys = count(1)
        self._replies: dict[Any, Any] = {}
        self.session = self._new()
        self.carry_out(self.session.connected(Side.STATION, self.now))

    def _new(self) -> TranslationSession:
        return TranslationSession(
            station=self.versions[Side.STATION],
            csms=self.versions[Side.CSMS],
            identity=self.identity,
            store=self.store,
            policy=self.policy,
        )

    def restart(self) -> None:
        """The process is killed, and another one goes on with the store."""
        self.session = self._new()
        self.carry_out(self.session.connected(Side.STATION, self.now))

    def tick(self, minutes: float = 1) -> datetime:
        """Time passes."""
        self.now += timedelta(minutes=minutes)
        return self.now

    def station(self, request: Any) -> Any:
        """The station sends a request; gives what it is answered."""
        return self.ask(Side.STATION, request)

    def csms(self, request: Any) -> Any:
        """The CSMS sends one."""
        return self.ask(Side.CSMS, request)

    def ask(self, side: Side, request: Any) -> Any:
        """A side sends a request; gives what it is answered, None if that is still to come."""
        key = next(self._keys)
        self.carry_out(self.session.received(side, request, key, self.now))
        return self._replies.pop(key, None)

    def carry_out(self, effects: list[Effect]) -> None:
        """Does what the session wants done, until there is nothing left."""
        waiting = deque(effects)
        while waiting:
            effect = waiting.popleft()
            self.losses += effect.losses
            self.missing += effect.missing
            if isinstance(effect, Reply):
                check(effect.answer, self.versions[effect.side])
                self._replies[effect.call] = effect.answer
            elif isinstance(effect, Notice):
                check(effect.send, self.versions[effect.side])
                self.sent[effect.side].append(effect.send)
            else:
                assert isinstance(effect, Call)
                answer = self.call(effect)
                waiting.extend(self.session.answered(effect.call, answer, self.now))

    def call(self, effect: Call) -> Any:
        """Sends a request to a side; gives its answer."""
        check(effect.request, self.versions[effect.side])
        self.sent[effect.side].append(effect.request)
        return self.serves[effect.side](effect.request)

    def to_csms(self) -> list[Any]:
        """What the CSMS was sent since the last time."""
        return self._taken(Side.CSMS)

    def to_station(self) -> list[Any]:
        """What the station was sent since the last time."""
        return self._taken(Side.STATION)

    def _taken(self, side: Side) -> list[Any]:
        taken, self.sent[side] = self.sent[side], []
        return taken

    def lost(self) -> list[tuple[str, str, str]]:
        """Path, kind and reason of what was lost since the last time."""
        taken, self.losses = self.losses, []
        return [(one.path, one.kind.value, one.reason.value) for one in taken]


def check(message: Any, version: str) -> None:
    """Whatever a session lets out is valid in the version of who gets it."""
    if isinstance(message, Payload):
        assert version == message.__ocpp__.version
        written = to_wire(message)
        if version in JSON_VERSIONS:
            name = message.__ocpp__.name
            assert oracle.is_valid(version, name, written), (message, written)


def accepting(**responses: Any) -> Serve:
    """A side that answers each action as given: with a response, or what a function makes of the request.

    Of what is not given, the sender never hears.
    """

    def serve(request: Any) -> Any:
        given = responses.get(request.__ocpp__.action)
        return given(request) if callable(given) and not isinstance(given, Response) else given

    return serve


__all__ = ["NOON", "Bridge", "accepting", "at", "check"]
