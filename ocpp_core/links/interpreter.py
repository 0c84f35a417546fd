"""Handlers that are written once: what stands between them and a station that speaks another version.

A server that `speaks` a version has a `Speech`, and each station of another version an `Interpreter`, which is the
router of its connection and makes the calls to it. A station of the very version needs none.
"""

import asyncio
import logging
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any, Protocol, TypeVar, cast
from weakref import WeakValueDictionary

from attrs import define, field

from ocpp_core.dispatch.connection import DEFAULT, Default, require_call
from ocpp_core.dispatch.handlers import require_notification, wrong_response
from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.router import Answer, Caller, Router, failed, note_failure
from ocpp_core.dispatch.steps import own_task
from ocpp_core.links.driver import Carried, Link, carried_out, sent_by
from ocpp_core.model.beside import Beside
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import (
    CallRejectedError,
    ConnectionLostError,
    LocalProtocolError,
    NotConnectedError,
    OcppError,
    PayloadError,
)
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.responses import response_class
from ocpp_core.model.versions import Version
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.translation.lost import in_words, keep_losses, losing
from ocpp_core.translation.policies import DEFAULT_POLICY, Policy
from ocpp_core.translation.sessions.effects import Effect, Reply, Side
from ocpp_core.translation.sessions.session import TranslationSession
from ocpp_core.translation.sessions.stores import MemoryStore, Store

_log = logger("interpreter")

R = TypeVar("R", bound=Response)


class Speech:
    """What the handlers of a server speak, and what its interpreters share.

    Args:
        version: Of the handlers, and of the calls that are made.
        store: Where the sessions keep what they know of stations. Without one they know it as long as the server runs.
        policy: What you decide differently.
    """

    def __init__(self, version: Version, store: Store | None = None, policy: Policy | None = None) -> None:
        self.version = version
        self.store: Store = MemoryStore() if store is None else store
        self.policy: Policy = policy or DEFAULT_POLICY
        # What two sessions of one station wrote into a store would be neither's: one at a time has its records.
        self._holders: WeakValueDictionary[str, Interpreter] = WeakValueDictionary()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, identity: str) -> asyncio.Lock:
        """Is held by whoever takes the records of a station."""
        return self._turns.setdefault(identity, asyncio.Lock())

    async def hand_over(self, interpreter: "Interpreter") -> None:
        """Gives an interpreter the records of its station; whoever had them has ended its session."""
        earlier = self._holders.get(interpreter.identity)
        if earlier is not None and earlier is not interpreter:
            await earlier.release()
        self._holders[interpreter.identity] = interpreter

    async def close(self) -> None:
        """Ends all sessions."""
        for interpreter in list(self._holders.values()):
            await interpreter.close()


class WireCall(Protocol):
    """Calls a station in its own version, see `Caller.call`."""

    def __call__(self, request: Request[Any], *, timeout: float | Default | None) -> Awaitable[Any]:
        """The response."""
        ...


#: Requests of the version of the handlers, and what these have answered.
_Handled = list[tuple[Request[Any], Answer]]


@define(eq=False)
class _Exchange:
    """One call, of theirs or of ours, for as long as it is carried.

    Attributes:
        timeout: Of each request that is made of a call of ours.
        is_sent: Whether any has been made.
        handled: What a call of theirs has become.
    """

    timeout: float | Default | None = DEFAULT
    is_sent: bool = False
    handled: _Handled = field(factory=list)


_EXCHANGE: ContextVar[_Exchange | None] = ContextVar("ocpp_core_exchange", default=None)


class Interpreter(Router):
    """Handlers as a station of another version finds them, and the station as its callers find it.

    It has a `TranslationSession` from the first message on, and makes another with the same store when that has ended:
    the records of a station go to the connection that speaks last.

    Args:
        speech: Of the server.
        router: The handlers.
        station: What they get as their peer.
        call: Calls the station in its own version.
        observer: Is told, beside what it is told of the connection itself.
        patience: Seconds for handlers to end that are cancelled when the session ends.
    """

    def __init__(
        self,
        speech: Speech,
        router: Router,
        station: Caller,
        call: WireCall,
        *,
        observer: Observer,
        patience: float,
    ) -> None:
        super().__init__()
        self.identity: str = station.identity
        self.version: Version = Version(station.specification.version)
        self._speech = speech
        self._station = station
        self._end = _Handlers(router, station, observer)
        self._station_end = _Wire(call)
        self._router = router
        self._observer = observer
        self._patience = patience
        self._link: Link | None = None
        self._is_closed = False
        self._answered: Beside[tuple[_Handled, Carried]] = Beside()

    # From the station

    def begin(self, request: Request[Any], caller: Any) -> Awaitable[Answer]:
        """See `Router.begin`; the request is of the station's version, and so is the answer."""
        return self._handle(request)

    async def _handle(self, request: Request[Any]) -> Answer:
        await own_task()
        exchange = _Exchange()
        token = _EXCHANGE.set(exchange)
        try:
            carried = await (await self._linked(request)).carry(Side.STATION, request)
        except Exception as error:  # the store, or the connection is over
            return failed(error)
        finally:
            _EXCHANGE.reset(token)
        if exchange.handled:
            self._answered.put(request, (exchange.handled, carried))
            with _losing(exchange.handled, carried):
                for asked, answer in exchange.handled:
                    self._observer.translated(self._station, "in", asked, answer)
        if isinstance(carried.answer, OcppError):
            return Answer(error=carried.answer)
        return Answer(carried.answer)

    def has_hooks(self, request: Request[Any]) -> bool:
        """See `Router.has_hooks`."""
        return True

    async def notify(self, message: Notification, caller: Any) -> None:
        """See `Router.notify`. What wants no answer has no counterpart in a version that has no such messages."""
        await own_task()
        await (await self._linked(message)).notify(Side.STATION, message)

    async def run_after(self, request: Request[Any], response: Response, caller: Any) -> None:
        """See `Router.run_after`: runs the hooks of what the request has become."""
        kept = self._answered.get(request)
        if kept is None:
            return
        with _losing(*kept):
            for asked, answer in kept[0]:
                if answer.response is not None:
                    await self._router.run_after(asked, answer.response, caller)

    # To the station

    async def call(self, request: Request[R], timeout: float | Default | None = DEFAULT) -> R:
        """Calls the station, as `Peer.call` does; `losses_of` the response says what was lost.

        A request that has no counterpart is answered without the station: by a response that refuses it, or by
        `CallRejectedError`. What has become of one is told by the errors in the words of the station's version.

        Args:
            request: In the version of the handlers.
            timeout: Seconds for each answer of the station. One request may become several.

        Raises:
            CallFailedError: Of one kind or another.
            LocalProtocolError: The request cannot be sent: a value breaks its schema, or it is of another version.
            StateError: The records of the station are of a later release.
            TypeError: `request` is no request, or `timeout` no number of seconds.
        """
        require_call(request, timeout)
        self._require_spoken(request)
        exchange = _Exchange(timeout)
        token = _EXCHANGE.set(exchange)
        try:
            link = await self._linked(request)
            carried = await link.carry(Side.CSMS, request)
        finally:
            _EXCHANGE.reset(token)
        answer, cause = carried.answer, carried.cause
        if isinstance(answer, Response):
            keep_losses(answer, carried.notes)
            self._observer.translated(self._station, "out", request, Answer(answer))
            return cast(R, answer)
        self._observer.translated(self._station, "out", request, Answer(error=answer, cause=cause))
        if cause is not None and not isinstance(cause, OcppError | CallRejectedError):
            raise cause
        action = request.__ocpp__.action or ""
        if cause is None and link.is_over:
            if not exchange.is_sent:
                raise self._not_connected(request)
            raise ConnectionLostError(action, identity=self.identity)
        raise CallRejectedError(
            action, answer.code, answer.description, answer.details, identity=self.identity
        ) from cause

    async def tell(self, message: Notification) -> None:
        """Takes what wants no answer (2.1: SEND), as `Peer.notify` does; see `call`.

        No version but that one has such messages, so that all of it is lost, and logged.
        """
        require_notification(message)
        self._require_spoken(message)
        await (await self._linked(message)).notify(Side.CSMS, message)

    # The session

    async def release(self) -> None:
        """Ends the session, so that another interpreter may have the records. The next message begins another."""
        link, self._link = self._link, None
        if link is not None:
            for task in self._end.tasks:
                task.cancel()
            closing = {asyncio.create_task(link.close()), *self._end.tasks}
            if (await asyncio.wait(closing, timeout=self._patience))[1]:
                _log.error("%s: a handler goes on although it was cancelled", named(self.identity))

    async def close(self) -> None:
        """Ends the session for good: the connection is over."""
        self._is_closed = True
        await self.release()

    async def _linked(self, message: Payload) -> Link:
        link = self._link
        while link is None or link.is_over:
            async with self._speech.turn(self.identity):
                if self._is_closed:
                    raise self._not_connected(message)
                if self._link is None or self._link.is_over:  # nobody has done it in the meantime
                    await self._speech.hand_over(self)
                    self._link = self._opened()
                link = self._link
        return link

    def _opened(self) -> Link:
        session = TranslationSession(
            station=self.version,
            csms=self._speech.version,
            identity=self.identity,
            store=self._speech.store,
            policy=self._speech.policy,
        )
        # Not in the context of the call that happens to be the first.
        link = Context().run(lambda: Link(session, watch=self._watch))
        link.connected(Side.CSMS, self._end)
        link.connected(Side.STATION, self._station_end)
        return link

    def _watch(self, effect: Effect) -> None:
        """Logs what was lost, and what has not come."""
        for one in effect.missing:
            _log.warning("%s: %s", named(self.identity), one)
        if not effect.notes or not _log.isEnabledFor(logging.INFO):
            return
        to = "the station" if effect.side is Side.STATION else "the handlers"
        what = effect.answer if isinstance(effect, Reply) else sent_by(effect)
        action = "an error" if what is None or isinstance(what, OcppError) else what.__ocpp__.action
        _log.info("%s: %s to %s is not exact: %s", named(self.identity), action, to, in_words(effect.notes))

    def _require_spoken(self, message: Payload) -> None:
        facts, spoken = message.__ocpp__, self._speech.version
        if facts.version != spoken:
            raise LocalProtocolError(
                f"this server speaks OCPP {spoken.value} with all stations, and {type(message).__name__} is of "
                f"{facts.version}"
            )
        _require_valid(message)

    def _not_connected(self, message: Payload) -> NotConnectedError:
        action = message.__ocpp__.action or ""
        return NotConnectedError(action, "the connection has ended", identity=self.identity)


@contextmanager
def _losing(handled: _Handled, carried: Carried) -> Generator[None, None, None]:
    """What was lost of the answer is known for as long as hooks run: a handler may give the same one to many."""
    response = handled[-1][1].response
    if response is None:
        yield
    else:
        with losing(response, carried.effects[-1].notes):
            yield


class _Wire:
    """The station as an end."""

    def __init__(self, call: WireCall) -> None:
        self._call = call

    async def call(self, request: Request[R], /) -> R:
        exchange = _EXCHANGE.get()
        if exchange is None:
            return cast(R, await self._call(request, timeout=DEFAULT))
        exchange.is_sent = True
        return cast(R, await self._call(request, timeout=exchange.timeout))


class _Handlers:
    """The handlers as an end.

    Attributes:
        tasks: Hooks that run after an answer for which no station waits.
    """

    def __init__(self, router: Router, station: Caller, observer: Observer) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._router = router
        self._station = station
        self._observer = observer

    async def call(self, request: Request[R], /) -> R:
        effect, exchange = carried_out(), _EXCHANGE.get()
        assert effect is not None
        keep_losses(request, effect.notes, effect.missing)
        answer = await self._answer(request)
        if answer.cause is not None:
            note_failure(self._station, f"the handler of {request.__ocpp__.action}", answer.cause)
        if exchange is not None:
            exchange.handled.append((request, answer))
        else:  # the session asks by itself: no answer has to be sent before the hooks run
            self._observer.translated(self._station, "in", request, answer)
            if answer.response is not None:
                after = asyncio.create_task(self._router.run_after(request, answer.response, self._station))
                self.tasks.add(after)
                after.add_done_callback(self.tasks.discard)
        if answer.response is None:
            raise answer.error or OcppError(ErrorCode.INTERNAL)
        return cast(R, answer.response)

    async def _answer(self, request: Request[Any]) -> Answer:
        try:
            answer = await _alone(self._router.handle(request, self._station))
            if answer.response is not None:
                _require_answer(request, answer.response)
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            return failed(error)  # by its own handler
        except LocalProtocolError as error:
            return failed(error)
        return answer


T = TypeVar("T")


async def _alone(work: Awaitable[T]) -> T:
    """Does something in a task of its own, which it may cancel: somebody waits for an answer all the same."""

    async def working() -> T:
        return await work

    task = asyncio.create_task(working())
    try:
        await asyncio.wait({task})
    finally:
        if not task.done():  # we are cancelled, and so is it; it may have something to tidy up
            task.cancel()
            await asyncio.wait({task})
    return task.result()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _require_valid(message: Payload) -> None:
    try:
        to_wire(message)
    except PayloadError as error:
        raise LocalProtocolError(str(error), violations=error.violations) from error


def _require_answer(request: Request[Any], response: Response) -> None:
    """Sees to it that what a handler has returned can be translated: a wrong answer must not become a right one."""
    if not isinstance(response, response_class(request)):
        raise wrong_response(request.__ocpp__.action, response)
    _require_valid(response)
