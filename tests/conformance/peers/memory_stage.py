"""A stage in memory for a station that runs beside it, and a loop on which waiting takes no time.

The engine's stage listens on a socket. This one does the same without, so that all checks can be tried on all stations
with a fault in seconds.
"""

import asyncio
import json
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, NoReturn
from uuid import uuid4

from conformance.peers.station import Station

from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.requests import request, response, timestamp
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, PeerCall, Responder
from ocpp_core.conformance.traces import Direction, Trace, What
from ocpp_core.conformance.verdicts import Deviation, Inconclusive, NotApplicable
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Specification, Wire


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found and timeout is None:
            raise RuntimeError("everybody waits, and for nothing")
        if not found and timeout:
            self.passed += timeout
        return found


class Loop(asyncio.SelectorEventLoop):
    """Jumps to the next timer when there is nothing to do."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds, those that were jumped over among them."""
        return super().time() + self._jumping.passed


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs something in no time."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(work)


class _End:
    """An end of a connection in memory."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self.other: _End
        self.is_closed = False

    async def send(self, text: str) -> None:
        if not self.is_closed:
            self.other.inbox.put_nowait(text)

    async def receive(self) -> str | None:
        return None if self.is_closed and self.inbox.empty() else await self.inbox.get()

    async def close(self) -> None:
        for end in (self, self.other):
            if not end.is_closed:
                end.is_closed = True
                end.inbox.put_nowait(None)


def _pair() -> tuple[_End, _End]:
    one, other = _End(), _End()
    one.other, other.other = other, one
    return one, other


class MemoryStage:
    """Plays the CSMS of a station; see `ocpp_core.conformance.stages.Stage`."""

    role = Role.CHARGE_POINT
    wire = Wire.JSON

    def __init__(self, station: Station, profile: Profile | None = None) -> None:
        self.profile = profile or Profile(evses=2, answer_within=5.0, silence=1.0)
        self.specification: Specification = specification(station.version)
        self.trace = Trace()
        self.responders: dict[str, Responder] = {}
        self.calls: list[PeerCall] = []
        self._fresh: list[PeerCall] = []
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self._news = asyncio.Event()
        self._arrived: asyncio.Queue[_End] = asyncio.Queue()
        self._end: _End | None = None
        self._ended: list[asyncio.Future[Answer]] = []
        self._station = station
        self._tasks: list[asyncio.Task[Any]] = []
        self.connections = 0
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    # The connection

    async def start(self) -> None:
        """Switches the station on."""
        self._tasks = [
            asyncio.ensure_future(self._station.run(self._connected)),
            asyncio.ensure_future(self._listen()),
        ]

    async def end(self) -> None:
        """Switches it off."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self) -> _End:
        ours, theirs = _pair()
        self._arrived.put_nowait(ours)
        return theirs

    def _now(self) -> float:
        return self._loop.time() - self._began

    async def _listen(self) -> None:
        while True:
            end = self._end = await self._arrived.get()
            self.connections += 1
            self.trace.add(self._now(), Direction.RECEIVED, What.OPENED, "")
            self._news.set()
            while (text := await end.receive()) is not None:
                self._received(text, self.trace.add(self._now(), Direction.RECEIVED, What.MESSAGE, text).number)
            self._end = None
            entry = self.trace.add(self._now(), Direction.RECEIVED, What.CLOSED, "1000")
            for waiting in self._answers.values():
                if not waiting.done():
                    waiting.set_result(Answer(AnswerKind.CLOSED, code="1000", mark=entry.number))

    def _received(self, text: str, mark: int) -> None:
        try:
            frame = json.loads(text)
            kind, id = frame[:2]
        except ValueError:
            return
        if kind == 2:
            call = PeerCall(id, frame[2], frame[3], mark, self._now())
            self.calls.append(call)
            self._fresh.append(call)
            self._answer(call)
            self._news.set()
        elif id in self._answers and not self._answers[id].done():
            self._answers[id].set_result(
                Answer(AnswerKind.RESULT, frame[2], mark=mark)
                if kind == 3
                else Answer(AnswerKind.ERROR, None, frame[2], frame[3], mark)
            )

    def _answer(self, call: PeerCall) -> None:
        responder = self.responders.get(call.action)
        payload = responder(call) if responder else self._peaceful(call)
        if payload is not None:
            self._say(json.dumps([3, call.id, payload]))

    def _peaceful(self, call: PeerCall) -> Json:
        return response(
            self.specification,
            call.action,
            {
                "status": "Accepted",
                "currentTime": timestamp(),
                "interval": 300,
                "idTagInfo": {"status": "Accepted"},
                "idTokenInfo": {"status": "Accepted"} if call.action == "Authorize" else None,
            },
        )

    def _say(self, text: str, note: str = "") -> None:
        self.trace.add(self._now(), Direction.SENT, What.MESSAGE, text, note)
        if self._end is not None and not self._end.is_closed:
            self._end.other.inbox.put_nowait(text)

    # What checks use

    def new_id(self) -> str:
        return str(uuid4())

    async def call(
        self, action: str, payload: Mapping[str, Any], *, id: str | None = None, within: float | None = None
    ) -> Answer:
        id = id or self.new_id()
        return await self.exchange(json.dumps([2, id, action, payload]), id, within=within)

    async def send(self, text: str | bytes, *, note: str = "") -> None:
        self._say(str(text), note)

    async def exchange(
        self, text: str | bytes, id: str, *, note: str = "", within: float | None = None
    ) -> Answer:
        self._answers[id] = self._loop.create_future()
        self._say(str(text), note)
        return await self.answer_to(id, within=within)

    async def answer_to(self, id: str, *, within: float | None = None) -> Answer:
        waiting = self._answers.setdefault(id, self._loop.create_future())
        try:
            return await asyncio.wait_for(asyncio.shield(waiting), within or self.profile.answer_within)
        except TimeoutError:
            return Answer(AnswerKind.SILENCE)

    async def expect(self, *actions: str, within: float | None = None) -> PeerCall | None:
        until = self._loop.time() + (self.profile.answer_within if within is None else within)
        while True:
            for call in self._fresh:
                if not actions or call.action in actions:
                    self._fresh.remove(call)
                    return call
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), until - self._loop.time())
            except TimeoutError:
                return None

    async def provoke(self, action: str, payload: Mapping[str, Any] | None = None) -> PeerCall:
        if "TriggerMessage" in self.specification.actions:
            wish = {"requestedMessage": action, **(payload or {})}
            await self.call("TriggerMessage", request(self.specification, "TriggerMessage", wish))
        call = await self.expect(action)
        if call is None:
            raise Inconclusive(f"no {action} came")
        return call

    async def is_alive(self) -> bool:
        return self._end is not None

    async def reconnect(self, *, abruptly: bool = False) -> None:
        before = self.connections
        if self._end is not None:
            await self._end.close()
        until = self._loop.time() + 30
        while self.connections == before:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), until - self._loop.time())
            except TimeoutError:
                raise Inconclusive("the station did not come back") from None

    async def boot(self, **members: Any) -> Answer:
        raise NotImplementedError

    def deviates(
        self, expected: str, got: object, *, place: str = "", marks: tuple[int, ...] = ()
    ) -> NoReturn:
        raise Deviation(expected, str(got), place=place, marks=marks)

    def cannot_tell(self, reason: str) -> NoReturn:
        raise Inconclusive(reason)

    def does_not_apply(self, reason: str) -> NoReturn:
        raise NotApplicable(reason)

    def needed(self, answer: Answer, what: str = "") -> Json:
        if answer.kind is not AnswerKind.RESULT or answer.payload is None:
            raise Inconclusive(f"{what}: {answer}")
        return answer.payload

    def known_token(self, kind: str = "accepted") -> str:
        return next(iter(self.profile.tokens.get(kind, ("GOOD0001",))))
