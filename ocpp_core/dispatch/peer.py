"""The asyncio driver of one connection: `await peer.call(request)` is the typed response.

A `Peer` joins a `Connection`, a `Router` and the two ends of a transport. It starts a task per call of theirs and never
waits for one, so a handler may call back. Our calls queue first come, first served; a caller that gives up does not
free the wire, as the answer to its call is still owed.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from types import TracebackType
from typing import Any, Generic, Self, TypedDict, TypeVar, assert_never, cast

from attrs import frozen

from ocpp_core.dispatch.connection import (
    DEFAULT,
    CallOutcome,
    CallReceived,
    CallTimedOut,
    Codec,
    Connection,
    Default,
    ErrorReceived,
    Event,
    Ignored,
    NotificationReceived,
    ReplyRefused,
    ResultInvalid,
    ResultReceived,
)
from ocpp_core.dispatch.hooks import Hooks, Observer
from ocpp_core.dispatch.redaction import Redaction
from ocpp_core.dispatch.router import Answer, Caller, Router, conclude, failed
from ocpp_core.model.errors import (
    CallRejectedError,
    CallResultInvalidError,
    CallTimeoutError,
    ConnectionLostError,
)
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.secrets import hide
from ocpp_core.model.versions import Specification

_log = logger("peer")

#: Messages that wait to be sent before we read no more.
MOST_UNSENT = 64
#: Messages that want no answer (2.1: SEND) at work at once; one too many is dropped.
MOST_NOTICES = 256

M = TypeVar("M", bound=str | bytes)
R = TypeVar("R", bound=Response)


@frozen(eq=False)
class _Waiting:
    request: Request[Any]
    timeout: float | Default | None
    future: "asyncio.Future[Any]"


class PeerOptions(TypedDict, total=False):
    """Options of `Peer` that a transport passes on."""

    new_id: Callable[[], str]
    call_timeout: float | None
    max_held_calls: int
    grace: float
    hooks: Sequence[Hooks]
    redaction: Redaction | None


def response_of(outcome: CallOutcome) -> Response:
    """The response that a call of ours ended with. The codec has seen that it is the one of the request.

    Raises:
        CallFailedError: One of its kinds; it ended without.
    """
    action = outcome.call.request.__ocpp__.action or ""
    match outcome:
        case ResultReceived(response=response):
            return response
        case ErrorReceived():
            raise CallRejectedError(
                action, outcome.code, outcome.description, outcome.details, outcome.spelling
            )
        case CallTimedOut():
            raise CallTimeoutError(action)
        case ResultInvalid(error=error):
            raise CallResultInvalidError(action, error)
        case _:
            raise ConnectionLostError(action)


#: How a call of theirs comes to its answer: `Router.handle`, or something in its place.
HandleCall = Callable[[Request[Any], Any], Awaitable[Answer]]


async def answer_call(
    connection: Connection[Any], call: CallReceived, handle: HandleCall, caller: Caller, observer: Observer
) -> Answer:
    """Has a call of theirs handled, answers it, and tells the observer.

    Returns:
        What was sent, see `conclude`. You must send ``connection.messages_to_send`` next.
    """
    clock = asyncio.get_running_loop().time
    since = clock()
    with observer.handling(caller, call.request):
        try:
            answer = await handle(call.request, caller)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            answer = failed(error)  # the handler has waited for something that somebody else has cancelled
        answer = conclude(connection, call, answer, caller)
        if not connection.closed:
            observer.call_answered(caller, call.request, answer, clock() - since)
    return answer


class Peer(Generic[M]):
    """The other side of a connection: call it, and be called by it.

    Args:
        codec: Of the version that both sides speak.
        router: Handlers for its calls.
        send: Sends one message; awaited one at a time, in order. Back-pressure is its own.
        identity: Of the station.
        new_id: Makes message ids; UUIDs by default.
        call_timeout: Seconds that a call waits for its answer; None for ever.
        max_held_calls: Their calls that wait for an earlier one.
        grace: Seconds that handlers have to end once the connection has ended.
        hooks: For metrics, tracing and gates.
        redaction: What the log of frames does not show.
    """

    def __init__(
        self,
        codec: Codec[M],
        router: Router,
        send: Callable[[M], Awaitable[None]],
        *,
        identity: str = "",
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        call_timeout: float | None = 30.0,
        max_held_calls: int = 16,
        grace: float = 5.0,
        hooks: Sequence[Hooks] = (),
        redaction: Redaction | None = None,
    ) -> None:
        self.identity = identity
        self.codec = codec
        self._router = router
        self._send = send
        self._connection: Connection[M] = Connection(
            codec, new_id=new_id, call_timeout=call_timeout, max_held_calls=max_held_calls
        )
        self._grace = grace
        self._observer = Observer(hooks, redaction or Redaction())
        self._callers: dict[str, tuple[asyncio.Future[Any], float]] = {}
        self._waiting: deque[_Waiting] = deque()
        self._outbox: asyncio.Queue[M | None] = asyncio.Queue()
        self._sent = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writer: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._notices: set[asyncio.Task[None]] = set()
        self._context = Context()
        self._is_closing = False

    @property
    def specification(self) -> Specification:
        """Of the version that is spoken."""
        return self.codec.specification

    # Calling

    async def call(self, request: Request[R], *, timeout: float | Default | None = DEFAULT) -> R:
        """Calls the peer and waits for its response.

        Callers queue fairly where only one call may be under way. Cancelling the caller does not free the wire.

        Args:
            request: A request of this connection's version.
            timeout: Seconds for the answer, from when the request is sent. None waits until the connection ends.

        Raises:
            CallRejectedError: The peer refused; it has `code`, `description` and `details`.
            CallTimeoutError: No answer in time.
            ConnectionLostError: The connection ended, or had ended before.
            CallResultInvalidError: The answer cannot be used.
            LocalProtocolError: The request cannot be sent: a value breaks its schema, or it is of another version.
        """
        with self._observer.calling(self, request):
            if self._connection.closed or self._is_closing:
                raise ConnectionLostError(request.__ocpp__.action or "")
            waiting = _Waiting(request, timeout, asyncio.get_running_loop().create_future())
            self._waiting.append(waiting)
            self._pump()
            try:
                outcome = await waiting.future
            except asyncio.CancelledError:
                with suppress(ValueError):  # it has had its turn
                    self._waiting.remove(waiting)
                raise
            return cast(R, response_of(outcome))

    async def notify(self, message: Notification) -> None:
        """Sends a message that wants no answer (2.1: SEND).

        Raises:
            LocalProtocolError: The connection has ended, or the message cannot be sent.
        """
        self._connection.notify(message)
        self._pump()

    # Being driven by a transport

    async def run(self, messages: AsyncIterator[M]) -> None:
        """Serves the connection until `messages` end or raise, then ends all that is under way.

        Returns when the connection is over and every handler has ended. What `messages` raises goes on to the caller.
        """
        self._context = copy_context()
        writer = self._writer = asyncio.create_task(self._write(), name=f"ocpp writer {self.identity}")
        try:
            async for message in messages:
                self.receive(message)
                while self._outbox.qsize() > MOST_UNSENT and not writer.done():
                    # Who does not read our answers is not read either, or they would fill our memory.
                    self._sent.clear()
                    await self._sent.wait()
        finally:
            await self._end(writer)

    def receive(self, message: M) -> None:
        """Takes one message of the peer. Never raises for what the peer did."""
        self._observer.frame(self, "in", message, self.codec)
        self._connection.receive_message(message)
        self._pump()

    async def close(self) -> None:
        """Takes no new calls of ours, and lets handlers end and answers go out for up to the `grace` of the peer.

        The transport closes the connection after that. Calls of ours that wait for their turn are lost.
        """
        self._is_closing = True
        self._lose_waiting()
        others = self._tasks - {asyncio.current_task()}  # a handler may close the connection that it serves
        if others:
            await asyncio.wait(others, timeout=self._grace)
        if self._writer is not None and not self._writer.done():
            self._outbox.put_nowait(None)
            await asyncio.wait({self._writer}, timeout=self._grace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    # Inside: everything runs on the event loop, in one of these steps

    def _pump(self) -> None:
        """After each input: send, deliver events, start the next call, arm the timer."""
        self._start_calls()
        self._flush()
        for event in self._connection.events():
            self._deliver(event)
            self._start_calls()
            self._flush()
        self._arm()

    def _start_calls(self) -> None:
        while self._waiting and self._connection.can_call:
            waiting = self._waiting.popleft()
            if waiting.future.done():  # its caller gives up in this very turn of the loop
                continue
            now = asyncio.get_running_loop().time()
            try:
                pending = self._connection.call(waiting.request, now=now, timeout=waiting.timeout)
            except Exception as error:  # it is the caller's fault, and nobody else's business
                waiting.future.set_exception(error)
            else:
                self._callers[pending.id] = (waiting.future, now)

    def _flush(self) -> None:
        for message in self._connection.messages_to_send():
            self._outbox.put_nowait(message)

    def _deliver(self, event: Event) -> None:
        self._observer.event(self, event)
        match event:
            case CallReceived():
                self._spawn(self._answer(event), f"ocpp {event.request.__ocpp__.action} {self.identity}")
            case CallOutcome():
                future, since = self._callers.pop(event.call.id)
                if not future.done():
                    future.set_result(event)
                seconds = asyncio.get_running_loop().time() - since
                self._observer.call_ended(self, event.call.request, event, seconds)
            case NotificationReceived(message=message) if len(self._notices) < MOST_NOTICES:
                task = self._spawn(self._notice(message), f"ocpp {message.__ocpp__.action} {self.identity}")
                self._notices.add(task)
                task.add_done_callback(self._notices.discard)
            case NotificationReceived(message=message):
                _log.warning(
                    "%s: %s is dropped: too many are at work", self.identity, message.__ocpp__.action
                )
            case ReplyRefused():
                _log.warning(
                    "%s cannot use the reply %s: %s", self.identity, event.id, hide(event.description)
                )
            case Ignored():
                _log.info("%s: %s", self.identity, event.reason)
            case _:
                assert_never(event)

    async def _answer(self, call: CallReceived) -> None:
        answer = await answer_call(self._connection, call, self._router.handle, self, self._observer)
        self._pump()
        if answer.response is not None:
            await self._router.run_after(call.request, answer.response, self)

    async def _notice(self, message: Notification) -> None:
        with self._observer.handling(self, message):
            await self._router.notify(message, self)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._connection.next_timeout()
        if deadline is not None:
            self._timer = asyncio.get_running_loop().call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._connection.handle_timeout(asyncio.get_running_loop().time())
        self._pump()

    async def _write(self) -> None:
        """Sends what is in the outbox, in order. A transport that fails ends the connection by itself."""
        while (message := await self._outbox.get()) is not None:
            self._observer.frame(self, "out", message, self.codec)
            try:
                await self._send(message)
            except Exception as error:
                _log.info("%s: cannot send: %s", self.identity, error)
                return
            finally:
                self._sent.set()

    async def _end(self, writer: asyncio.Task[None]) -> None:
        self._connection.receive_eof()
        self._lose_waiting()
        self._pump()
        writer.cancel()
        try:
            if self._tasks:
                # A handler may be at work that matters, such as storing what a transaction cost; its answer is lost.
                await asyncio.wait(set(self._tasks), timeout=self._grace)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, writer, return_exceptions=True)

    def _lose_waiting(self) -> None:
        """Ends the calls of ours that have not had their turn."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.future.done():
                waiting.future.set_exception(ConnectionLostError(waiting.request.__ocpp__.action or ""))

    def _spawn(self, work: Any, name: str) -> asyncio.Task[None]:
        # In the context of the connection: what a handler has set in its own is nothing to the next one.
        task: asyncio.Task[None] = asyncio.create_task(work, name=name, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
