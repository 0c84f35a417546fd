"""What all stages have in common, whatever the wire: who has asked what, who has answered, and how a check ends."""

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from ssl import SSLContext
from typing import Any, NoReturn, TypeVar
from uuid import uuid4

from ocpp_core.conformance import hooks
from ocpp_core.conformance.answers import STATION, registering, written
from ocpp_core.conformance.answers import Answer as Peaceful
from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Type
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.requests import is_first, request, token
from ocpp_core.conformance.stages import (
    Answer,
    AnswerKind,
    Encrypted,
    Json,
    Opening,
    PeerCall,
    Refused,
    Responder,
)
from ocpp_core.conformance.traces import Direction, Entry, Trace, What
from ocpp_core.conformance.verdicts import Deviation, Inconclusive, NotApplicable
from ocpp_core.model.errors import NoSuchAction
from ocpp_core.model.versions import Role, Specification, Wire
from ocpp_core.testing.smallest import TOKEN

T = TypeVar("T")

#: Seconds between heartbeats that a station is told.
_INTERVAL = 300
#: Seconds before a call of the software is answered.
_BREATH = 0.005
#: Messages that software may say between two that it is asked, and characters on one stage.
MOST_UNASKED = 1_000
MOST_CHARACTERS = 64 * 1024 * 1024
#: Seconds for answers that are still to be sent when a stage ends: whoever does not read keeps nobody.
_LAST_ANSWERS = 2.0
#: What a station can be got to say by a message that asks for it, beside what TriggerMessage names.
_STARTS = ("StartTransaction", "TransactionEvent")
#: What asks for messages, and the enum that names them.
_TRIGGERS = {"TriggerMessage": "MessageTrigger", "ExtendedTriggerMessage": "ExtendedMessageTrigger"}


def peaceful(role: Role) -> Mapping[str, Peaceful]:
    """What a role answers when nothing else is wanted of it."""
    # Numbers of other runs are not used again: the software may remember them.
    return registering(_INTERVAL, secrets.randbelow(1 << 30) + 1) if role is Role.CSMS else STATION


class Conversation(ABC):
    """A `Stage` without its wire.

    Args:
        role: Of the software under test.
        wire: How it speaks.
        specification: Of the version.
        profile: What is known of the software.
        identity: Of the station, be it ours or theirs.
        answers: What the kit answers when no check wants anything else.
    """

    def __init__(
        self,
        *,
        role: Role,
        wire: Wire,
        specification: Specification,
        profile: Profile,
        identity: str,
        answers: Mapping[str, Peaceful] | None = None,
    ) -> None:
        self.role: Role = role
        self.wire: Wire = wire
        self.specification: Specification = specification
        self.profile: Profile = profile
        self.identity: str = identity
        self.trace: Trace = Trace()
        self.responders: dict[str, Responder] = {}
        self.calls: list[PeerCall] = []
        self.opening: Opening = Opening("")
        #: Ids of what was asked before this trace began, and may still be answered.
        self.earlier: frozenset[str] = frozenset()
        #: Ids of calls whose answer was waited for as long as the profile says, and did not come.
        self.silent: set[str] = set()
        #: Rules that were seen to be kept beside the one that was looked for.
        self.shown: set[str] = set()
        #: Whether the station, ours or theirs, is registered.
        self.is_registered: bool = False
        #: Whether it was when the conversation began.
        self.was_registered: bool = False
        self._we = Role.CSMS if role is Role.CHARGE_POINT else Role.CHARGE_POINT
        self._peaceful = peaceful(self._we) if answers is None else answers
        self._asked: list[str] = []
        self._answers: dict[str, list[Answer]] = {}
        self._taken: dict[str, int] = {}
        self._seen: set[int] = set()
        self._waiters: set[asyncio.Future[None]] = set()
        self._end: Answer | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._unasked = self._characters = 0
        self._overrun = ""

    # What a wire does

    @abstractmethod
    async def _transmit(self, text: str | bytes, note: str) -> None:
        """Sends something as it is, and records it."""

    @abstractmethod
    async def _answer(self, call: PeerCall, answer: Json | Refused) -> None:
        """Answers a call of the software."""

    @abstractmethod
    def _written(self, id: str, action: str, payload: Mapping[str, Any]) -> str:
        """A call as text."""

    @abstractmethod
    async def reconnect(self, *, abruptly: bool = False) -> None:
        """See `Stage`."""

    @abstractmethod
    async def close(self) -> None:
        """Ends it; a station stays connected."""

    async def shake_hands(
        self,
        *,
        identity: str | None = None,
        password: str | bytes | None = None,
        username: str | None = None,
        offers: Sequence[str] | None = None,
    ) -> Opening:
        """See `Stage`."""
        raise NotApplicable("there is no handshake that the kit could make")

    async def encrypt(self, context: SSLContext) -> Encrypted:
        """See `Stage`."""
        raise NotApplicable("there is no handshake that the kit could make")

    async def exchange_in_parts(
        self, parts: Sequence[str], id: str, *, within: float | None = None
    ) -> Answer:
        """See `Stage`."""
        raise NotApplicable("there are no frames on this wire")

    async def exchange_packed(
        self, text: str, id: str, coding: str, *, within: float | None = None
    ) -> Answer:
        """See `Stage`."""
        raise NotApplicable("there are no content codings on this wire")

    async def ping(self, *, within: float | None = None) -> bool:
        """See `Stage`."""
        raise NotApplicable("there are no pings on this wire")

    async def hang_up(self) -> str:
        """See `Stage`."""
        raise NotApplicable("there are no close frames on this wire")

    # Recording

    def record(self, direction: Direction, what: What, text: str | bytes, note: str = "") -> Entry:
        """Adds what has just happened to the trace."""
        if direction is Direction.RECEIVED and what is What.MESSAGE:
            self._unasked += 1
            self._characters += len(text)
            if self._unasked > MOST_UNASKED:
                self.give_up(f"it says more than {MOST_UNASKED} messages at once")
            elif self._characters > MOST_CHARACTERS:
                self.give_up(f"it says more than {MOST_CHARACTERS} characters")
        return self.trace.add(self._loop.time() - self._began, direction, what, text, note)

    def give_up(self, why: str) -> None:
        """Nothing more is heard of the software on this stage, and nobody can tell anything of it."""
        self._overrun = self._overrun or why
        self._tell()

    @property
    def is_given_up(self) -> bool:
        """Whether nothing more is heard of it."""
        return bool(self._overrun)

    def _tell(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _until(self, ready: Callable[[], T | None], within: float | None) -> T | None:
        """What `ready` finds, once it finds something; None if it does not in time.

        Raises:
            Inconclusive: So much is said that nothing is heard any more.
        """
        deadline = self._loop.time() + (self.profile.answer_within if within is None else within)
        while (found := ready()) is None:
            if self._overrun:
                raise Inconclusive(self._overrun)
            left = deadline - self._loop.time()
            if left <= 0:
                return None
            waiter = self._loop.create_future()
            self._waiters.add(waiter)
            try:
                await asyncio.wait((waiter,), timeout=left)
            finally:
                self._waiters.discard(waiter)
        return found

    def heard(self) -> Heard:
        """What was said, for overheard rules."""
        return Heard(
            self.trace,
            self.specification,
            self.role,
            self.wire,
            earlier=self.earlier,
            was_registered=self.was_registered,
            silent=frozenset(self.silent),
        )

    # What comes

    def _came_answer(self, id: str, answer: Answer) -> None:
        self._answers.setdefault(id, []).append(answer)
        self._tell()

    def _came_call(self, call: PeerCall, *, answered: bool = True) -> None:
        self.calls.append(call)
        self._tell()
        if answered and (answer := self._reply(call)) is not None:
            task = asyncio.create_task(self._answer_soon(call, answer), name="conformance answer")
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer_soon(self, call: PeerCall, answer: Json | Refused) -> None:
        # Who calls twice at once shall be seen to: an answer in between would hide it.
        await asyncio.sleep(_BREATH)
        await self._answer(call, answer)

    async def _end_answering(self) -> None:
        if self._answering:
            _, late = await asyncio.wait(self._answering, timeout=_LAST_ANSWERS)
            for task in late:
                task.cancel()

    def _reply(self, call: PeerCall) -> Json | Refused | None:
        """What a call of the software is answered; None is silence."""
        responder = self.responders.get(call.action)
        answer = self._peace(call) if responder is None else responder(call)
        if call.action == "BootNotification" and isinstance(answer, dict):
            self.is_registered = answer.get("status") == "Accepted"
        return answer

    def _peace(self, call: PeerCall) -> Json | Refused:
        try:
            cls = self.specification.response(call.action)
        except NoSuchAction:
            return Refused("NotImplemented", "the kit does not know this action")
        if not self.specification.actions[call.action].sent_by & self.role:
            return Refused("NotSupported", "the kit does not serve this action")
        return written(cls, call.payload, self._peaceful.get(call.action, {}))

    def peace(self, call: PeerCall, **members: Any) -> Json:
        """What a call is answered when nothing else is wanted, with members set: for responders."""
        answer = self._peace(call)
        return {**answer, **members} if isinstance(answer, dict) else dict(members)

    def _came_end(self, code: str, text: str, mark: int) -> None:
        self._end = Answer(AnswerKind.CLOSED, code=code, text=text, mark=mark)
        self._tell()

    # What a check does

    def new_id(self) -> str:
        """See `Stage`."""
        return str(uuid4())

    async def call(
        self, action: str, payload: Mapping[str, Any], *, id: str | None = None, within: float | None = None
    ) -> Answer:
        """See `Stage`."""
        id = id or self.new_id()
        answer = await self.exchange(self._written(id, action, payload), id, within=within)
        if action == "BootNotification" and self.role is Role.CSMS and answer.payload is not None:
            self.is_registered = answer.payload.get("status") == "Accepted"
        return answer

    async def send(self, text: str | bytes, *, note: str = "") -> None:
        """See `Stage`."""
        self._unasked = 0
        await self._transmit(text, note)

    async def exchange(
        self, text: str | bytes, id: str, *, note: str = "", within: float | None = None
    ) -> Answer:
        """See `Stage`."""
        self._will_ask(id)
        await self._transmit(text, note)
        return await self.answer_to(id, within=within)

    def _will_ask(self, id: str) -> None:
        self._taken[id] = len(self._answers.get(id, ()))
        self._asked.append(id)
        self._unasked = 0

    async def answer_to(self, id: str, *, within: float | None = None) -> Answer:
        """See `Stage`."""

        def ready() -> Answer | None:
            taken, answers = self._taken.get(id, 0), self._answers.get(id, [])
            if len(answers) > taken:
                self._taken[id] = taken + 1
                return answers[taken]
            return self._end

        answer = await self._until(ready, within)
        if answer is None:
            if within is None:
                self.silent.add(id)
            return Answer(AnswerKind.SILENCE)
        return answer

    async def expect(self, *actions: str, within: float | None = None) -> PeerCall | None:
        """See `Stage`."""

        def ready() -> PeerCall | AnswerKind | None:
            for place, call in enumerate(self.calls):
                if place not in self._seen and (not actions or call.action in actions):
                    self._seen.add(place)
                    return call
            return AnswerKind.CLOSED if self._is_over() else None

        found = await self._until(ready, within)
        return found if isinstance(found, PeerCall) else None

    @property
    def has_ended(self) -> bool:
        """Whether its connection is gone."""
        return self._end is not None

    @property
    def asked(self) -> tuple[str, ...]:
        """The ids of what was asked."""
        return tuple(self._asked)

    def _is_over(self) -> bool:
        """Whether nothing can come any more."""
        return self._end is not None and self.role is Role.CSMS and self.wire is Wire.JSON

    def _forget(self, *actions: str) -> None:
        """Calls so far are not what is waited for from now on."""
        self._seen.update(place for place, call in enumerate(self.calls) if call.action in actions)

    async def provoke(self, action: str, payload: Mapping[str, Any] | None = None) -> PeerCall:
        """See `Stage`."""
        self._forget(action)
        if self.role is Role.CHARGE_POINT and await self._asked_for(action):
            call = await self.expect(action)
            if call is not None:
                return call
        await self.help("trigger", action=action, payload=dict(payload or {}))
        call = await self.expect(action)
        if call is None:
            raise Inconclusive(f"the hook trigger was run, and no {action} came")
        return call

    async def _asked_for(self, action: str) -> bool:
        """Whether the station says that it will send a message, when the protocol is used to ask for it."""
        if action in _STARTS:
            return await self._is_accepted(*self._remote_start())
        for trigger, enum in _TRIGGERS.items():
            if trigger in self.specification.actions:
                tokens = self.specification.load(enum)
                if action in set(map(str, tokens)):
                    return await self._is_accepted(trigger, self._trigger(trigger, action))
        return False

    async def _is_accepted(self, action: str, payload: Mapping[str, Any]) -> bool:
        answer = await self.call(action, payload)
        return answer.payload is not None and answer.payload.get("status") == "Accepted"

    def _remote_start(self) -> tuple[str, Json]:
        known = self.profile.tokens.get("accepted", ())
        members = token(self.specification, known[0] if known else TOKEN)
        if is_first(self.specification):
            action, place = "RemoteStartTransaction", {"connectorId": 1}
        else:
            action, place = (
                "RequestStartTransaction",
                {"evseId": 1, "remoteStartId": secrets.randbelow(1 << 30)},
            )
        return action, request(self.specification, action, {**members, **place})

    def _trigger(self, trigger: str, action: str) -> Json:
        place: Json = {"connectorId": 1, "evse": {"id": 1, "connectorId": 1}}
        members = {"requestedMessage": action, **(place if action in _PLACED else {})}
        return request(self.specification, trigger, members)

    async def help(self, helper: str, **details: Any) -> None:
        """See `Stage`."""
        told = {
            "hook": helper,
            "identity": self.identity,
            "version": str(self.specification.version),
            **details,
        }
        await hooks.run(self.profile.hooks, helper, told)

    async def is_alive(self) -> bool:
        """See `Stage`."""
        if self.role is Role.CSMS:
            action = "Heartbeat"
        else:
            action = next(each for each in _HARMLESS if each in self.specification.actions)
        answer = await self.call(action, request(self.specification, action))
        return answer.kind in (AnswerKind.RESULT, AnswerKind.ERROR)

    async def boot(self, **members: Any) -> Answer:
        """See `Stage`."""
        if self.role is Role.CSMS:
            return await self.call(
                "BootNotification", request(self.specification, "BootNotification", members)
            )
        answered: list[Json] = []

        def answer(call: PeerCall) -> Json:
            answered.append(self.peace(call, **members))
            return answered[-1]

        self.responders["BootNotification"] = answer
        try:
            call = await self.provoke("BootNotification")
            await self._until(lambda: answered or None, None)
        finally:
            self.responders.pop("BootNotification", None)
        return Answer(AnswerKind.RESULT, answered[-1] if answered else {}, mark=call.mark)

    async def be_registered(self) -> None:
        """Brings the conversation to where the station is registered.

        Raises:
            Inconclusive: It is not.
        """
        if self.is_registered:
            # It may have booted while its coming was waited for: that is no boot that a check has brought about.
            self._forget("BootNotification")
        elif self.role is Role.CSMS:
            payload = self.needed(await self.boot(), "BootNotification")
            if payload.get("status") != "Accepted":
                self.cannot_tell(f"the station {self.identity} was not accepted")
        elif await self.expect("BootNotification") is None:
            await self._be_known()

    async def _be_known(self) -> None:
        """Has a station that did not boot do so; one that need not, since it was registered before, serves calls."""
        try:
            await self.boot()
        except Inconclusive:
            if not await self.is_alive():
                raise
            self.is_registered = True

    # How a check ends

    def shows(self, rule: str) -> None:
        """See `Stage`."""
        self.shown.add(rule)

    def deviates(
        self, expected: str, got: object, *, place: str = "", marks: tuple[int, ...] = ()
    ) -> NoReturn:
        """See `Stage`."""
        self._need_right(lambda said: said.mark in marks)
        raise Deviation(expected, str(got), place=place, marks=marks)

    def lacks(
        self,
        expected: str,
        *actions: str,
        got: object = "none",
        place: str = "",
        marks: tuple[int, ...] = (),
    ) -> NoReturn:
        """See `Stage`."""
        since = min(marks, default=-1)
        self._need_right(lambda said: said.action in actions and said.mark > since)
        self.deviates(expected, got, place=place, marks=marks)

    def _need_right(self, is_meant: Callable[[Said], bool]) -> None:
        heard = self.heard()
        for said in heard.said:
            is_request = said.is_received and said.kind is Type.CALL
            if is_request and is_meant(said) and not heard.is_right(said):
                self.cannot_tell(f"a {said.action} came that breaks its schema, which another rule is about")

    def cannot_tell(self, reason: str) -> NoReturn:
        """See `Stage`."""
        raise Inconclusive(reason)

    def does_not_apply(self, reason: str) -> NoReturn:
        """See `Stage`."""
        raise NotApplicable(reason)

    def needed(self, answer: Answer, what: str = "") -> Json:
        """See `Stage`."""
        if answer.payload is None or answer.kind is not AnswerKind.RESULT:
            raise Inconclusive(f"a result was needed{f' for {what}' if what else ''}; there is {answer}")
        return answer.payload

    def known_token(self, kind: str = "accepted") -> str:
        """See `Stage`."""
        for known in self.profile.tokens.get(kind, ()):
            return known
        raise Inconclusive(f"the profile names no token that is {kind}")


#: What is asked to see whether a station is there.
_HARMLESS = ("GetConfiguration", "GetVariables", "ClearCache")
#: Messages that are about one connector.
_PLACED = ("StatusNotification", "MeterValues", "TransactionEvent")
