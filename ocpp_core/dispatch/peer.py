"""The asyncio driver of one connection: `await peer.call(request)` is the typed response.

A `Peer` joins a `Connection`, a `Router` and the two ends of a transport. A call of theirs is answered where it came in
if its handler is a plain one; a handler that waits becomes a task, so that it may call back. Our calls queue first
come, first served; a caller that gives up does not free the wire, as the answer to its call is still owed.

What the peer may have us hold is bounded in bytes: by not reading on, which the flow control of the transport passes on
to the peer. `Peer.can_receive` says when.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from typing import Any, Generic, NoReturn, Self, TypedDict, TypeVar, assert_never, cast

from ocpp_core.dispatch.connection import (
    DEFAULT,
    MAX_HELD_BYTES,
    NEED_DATA,
    PAUSED,
    TYPED,
    CallOutcome,
    CallReceived,
    Codec,
    Connection,
    Default,
    Event,
    Ignored,
    M,
    NotificationReceived,
    ReplyRefused,
    require_call,
    size_of,
)
from ocpp_core.dispatch.ends import ENDS_OF_PROCESS, is_of_task
from ocpp_core.dispatch.handlers import require_notification
from ocpp_core.dispatch.hooks import Hooks, Observer
from ocpp_core.dispatch.outcomes import response_of
from ocpp_core.dispatch.redaction import Redaction
from ocpp_core.dispatch.router import Answer, Caller, Router, conclude, failed
from ocpp_core.dispatch.steps import advance, alone, own_task, task_of
from ocpp_core.model.bounded import NOTHING
from ocpp_core.model.errors import NotConnectedError
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.printing import LONG, printable
from ocpp_core.model.secrets import told
from ocpp_core.model.values import value
from ocpp_core.model.versions import Specification

_log = logger("peer")

#: Share of the grace that is kept for handlers that do not end in time: they are cancelled, and may have to tidy up.
TIDYING = 0.1
#: Seconds that handlers have to end, unless it is said otherwise.
GRACE = 5.0
#: Messages that lie ready, and calls that are answered at once, before everybody else has a turn.
MOST_AT_ONCE = 16

R = TypeVar("R", bound=Response)
E = TypeVar("E", CallReceived, NotificationReceived)


@value(eq=False)
class _Waiting:
    request: Request[Any]
    timeout: float | Default | None
    future: "asyncio.Future[Any]"


class PeerOptions(TypedDict, total=False):
    """Options of `Peer` that a transport passes on."""

    new_id: Callable[[], str]
    call_timeout: float | None
    max_held_bytes: int
    grace: float
    hooks: Sequence[Hooks]
    redaction: Redaction | None


#: How a call of theirs comes to its answer: `Router.handle`, or something in its place.
HandleCall = Callable[[Request[Any], Any], Awaitable[Answer]]


async def answer_call(
    connection: Connection[Any], call: CallReceived, handle: HandleCall, caller: Caller, observer: Observer
) -> Answer:
    """Has a call of theirs handled, answers it, and tells the observer.

    Args:
        connection: That the call came in by.
        call: Unanswered.
        handle: Does the work; raises nothing but what ends the task, see `is_of_task`. The call is unanswered then.
        caller: Is handed to the handler.
        observer: Is told.

    Returns:
        What was sent, see `conclude`. You must send ``connection.messages_to_send`` next.
    """
    if not observer.hooks:
        return conclude(connection, call, await handle(call.request, caller), caller)
    clock = asyncio.get_running_loop().time
    since = clock()
    with observer.handling(caller, call.request):
        answer = await handle(call.request, caller)
        answer = conclude(connection, call, answer, caller)
        if not connection.closed:
            observer.call_answered(caller, call.request, answer, clock() - since)
    return answer


class Peer(Generic[M]):
    """The other side of a connection: call it, and be called by it.

    Args:
        codec: Of the version that both sides speak.
        router: Handlers for its calls.
        send: Sends one message, in order, the next one once it is through: None if it has been sent, or what is to be
            awaited for that. Back-pressure is its own.
        identity: Of the station.
        new_id: Makes message ids; UUIDs by default.
        call_timeout: Seconds that a call waits for its answer; None for ever.
        max_held_bytes: What the peer may have us hold, in bytes; at least 1. It holds for its calls, for what wants no
            answer (2.1: SEND) and for what waits to be sent, each; see `can_receive`.
        grace: Seconds that handlers have to end once `close` is called or the connection has ended; counted once. In
            the last tenth of them, those that have not ended are cancelled. What goes on even then is left to itself,
            and the log names it.
        hooks: For metrics, tracing and gates.
        redaction: What the log of frames does not show.
    """

    # With those of a transport they are more than thirty, and where there are no slots, Python lets no more than that
    # share their names: each peer would take 1.5 KB more. What others set on a peer goes into its `__dict__`.
    __slots__ = (
        "__dict__",
        "__weakref__",
        "_at_once",
        "_callers",
        "_changed",
        "_connection",
        "_context",
        "_deadline",
        "_grace",
        "_is_closing",
        "_is_delivering",
        "_is_ending",
        "_is_mute",
        "_loop",
        "_max_held_bytes",
        "_noticed",
        "_observer",
        "_outbox",
        "_router",
        "_send",
        "_tasks",
        "_timer",
        "_unsent",
        "_waiting",
        "_writer",
        "codec",
        "identity",
    )

    def __init__(
        self,
        codec: Codec[M],
        router: Router,
        send: Callable[[M], Awaitable[None] | None],
        *,
        identity: str = "",
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        call_timeout: float | None = 30.0,
        max_held_bytes: int = MAX_HELD_BYTES,
        grace: float = GRACE,
        hooks: Sequence[Hooks] = (),
        redaction: Redaction | None = None,
    ) -> None:
        self.identity: str = identity
        self.codec: Codec[M] = codec
        self._router = router
        self._send = send
        self._connection: Connection[M] = Connection(
            codec, new_id=new_id, call_timeout=call_timeout, max_held_bytes=max_held_bytes
        )
        self._max_held_bytes = max_held_bytes
        self._grace = grace
        self._deadline: float | None = None
        self._observer = Observer(hooks, redaction)
        self._callers: dict[str, tuple[asyncio.Future[Any], float]] = {}
        self._waiting: list[_Waiting] = []
        self._outbox: deque[tuple[M | Awaitable[None], int]] = NOTHING
        self._unsent = 0
        self._is_mute = False
        self._is_ending = False
        self._changed: asyncio.Event | None = None
        # Its keys are the tasks: an empty set takes three times as much as an empty dict.
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._writer: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._noticed = 0
        self._context = Context()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closing = False
        self._is_delivering = False
        self._at_once = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.identity!r}, OCPP {self.specification.version}>"

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
            NotConnectedError: The connection had ended before the request was sent.
            ConnectionLostError: The connection ended before the answer.
            CallResultInvalidError: The answer cannot be used.
            LocalProtocolError: The request cannot be sent: a value breaks its schema (`violations` has them all), or
                it is of another version.
            TypeError: `request` is no request, or `timeout` no number of seconds.
        """
        require_call(request, timeout)
        with self._observer.calling(self, request):
            if self._connection.closed or self._is_closing:
                raise self._not_connected(request)
            waiting = _Waiting(request, timeout, asyncio.get_running_loop().create_future())
            self._waiting.append(waiting)
            self._pump()
            try:
                outcome = await waiting.future
            except asyncio.CancelledError:
                with suppress(ValueError):  # it has had its turn
                    self._waiting.remove(waiting)
                raise
            return cast(R, response_of(outcome, self.identity))

    async def notify(self, message: Notification) -> None:
        """Sends a message that wants no answer (2.1: SEND).

        Raises:
            NotConnectedError: The connection has ended.
            LocalProtocolError: The message cannot be sent.
            TypeError: `message` is no notification.
        """
        require_notification(message)
        if self._connection.closed:
            raise self._not_connected(message)
        self._connection.notify(message)
        self._pump()

    # Being driven by a transport

    async def run(self, messages: AsyncIterator[M]) -> None:
        """Serves the connection until `messages` end or raise, then ends all that is under way.

        While `can_receive` is False, one message waits here and no other is asked for, so that the flow control of the
        transport lets the peer feel that nobody reads. Handlers that are ready run between two messages.

        Returns when the connection is over and every handler has ended or has had its `grace`. What `messages` raises
        goes on to the caller.
        """
        self._context = copy_context()
        self._loop = asyncio.get_running_loop()  # which is dear to ask for
        self._write_on()
        try:
            async for message in messages:
                while not (self.can_receive or self._is_ending):
                    await self._change()
                self.receive(message)
                # Messages may lie ready by the hundred, and taking one suspends nothing: let those run that can.
                if self._connection.held or self._noticed or self._unsent or self._at_once >= MOST_AT_ONCE:
                    self._at_once = 0
                    await asyncio.sleep(0)
        finally:
            await self._end()

    @property
    def can_receive(self) -> bool:
        """Whether the next message should be taken: what the peer has us hold is less than `max_held_bytes`.

        While a call of ours waits, its answer may come behind anything, and only what waits to be sent counts: who does
        not read us is not read. Then, and for a driver of its own that does not heed this, calls are refused with
        GenericError once `max_held_bytes` of them are held, and what wants no answer (2.1: SEND) is dropped once as
        much of it is at work.
        """
        most = self._max_held_bytes
        if self._unsent >= most:
            return False
        return self._connection.held_bytes + self._noticed < most or self._connection.awaits_answer

    def receive(self, message: M) -> None:
        """Takes one message of the peer. Never raises for what the peer did. See `can_receive`."""
        self._observer.frame(self, "in", message, self.codec)
        self._connection.receive_message(message)
        self._deliver_all()

    def take(self, message: M) -> bool:
        """Takes a message in the step in which it came, if nothing is in its way; False leaves it to `run`.

        For a transport to which messages are handed, while `run` waits for the next of them: it saves a turn of the
        loop. Now and then it says False so that others have their turn.
        """
        if self._at_once >= MOST_AT_ONCE or self._connection.held or self._noticed or not self.can_receive:
            return False
        self.receive(message)
        return True

    def lost(self) -> None:
        """Tells that the transport has ended, if it knows that before its `messages` do.

        While `run` takes no message, it does not learn of their end. From now on it takes whatever there is.
        """
        self._is_ending = True
        self._tell_of_change()

    async def close(self) -> None:
        """Takes no new calls of ours, and lets handlers end and answers go out for up to the `grace` of the peer.

        The transport closes the connection after that. Calls of ours that wait for their turn are lost. May be called
        again, and before `run`.
        """
        self._is_closing = True
        self._lose_waiting()
        # A handler may close the connection that it serves.
        others = self._tasks.keys() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=self._seconds_left())
        if self._writer is not None:
            await asyncio.wait({self._writer}, timeout=self._seconds_left())
        self._is_mute = self._loop is not None
        self.lost()  # the end of the messages may come behind what we would not take

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Inside: everything runs on the event loop, in one of these steps

    def _pump(self) -> None:
        """After each input of ours: start the next call, send, and whatever comes of it.

        What is delivered may come back here: then all that is left to the one that is at it.
        """
        if not self._is_delivering:
            self._flush()
            self._deliver_all()

    def _deliver_all(self) -> None:
        """After each input of theirs, which sends nothing without an event: deliver, send, arm the timer."""
        if self._is_delivering:
            return
        self._is_delivering = True
        try:
            while (event := self._connection.next_event()) is not NEED_DATA and event is not PAUSED:
                self._at_once += 1
                self._deliver(event)
                self._flush()
                if self._at_once >= MOST_AT_ONCE and self._connection.held:
                    asyncio.get_running_loop().call_soon(self._deliver_all)
                    self._at_once = 0
                    break
        finally:
            self._is_delivering = False
        if self._callers or self._timer is not None:
            self._arm()
        if self._changed is not None:
            self._tell_of_change()

    async def _change(self) -> None:
        """Waits for the next thing that may let `can_receive` be True."""
        if self._changed is None:  # which is so for most connections, always
            self._changed = asyncio.Event()
        self._changed.clear()
        await self._changed.wait()

    def _tell_of_change(self) -> None:
        if self._changed is not None:
            self._changed.set()

    def _start_calls(self) -> None:
        while self._waiting and self._connection.can_call:
            waiting = self._waiting.pop(0)
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
        if self._waiting:
            self._start_calls()
        for message in self._connection.messages_to_send():
            if self._is_mute:
                continue
            rest = message if self._unsent or self._loop is None else self._sent(message)
            if rest is not None:
                size = size_of(message)
                self._unsent += size
                if not self._outbox:
                    self._outbox = deque()
                self._outbox.append((rest, size))
                self._write_on()

    def _deliver(self, event: Event) -> None:
        if self._observer.hooks:
            self._observer.event(self, event)
        match event:
            case CallReceived():
                self._begin(self._answer, event)
            case CallOutcome():
                future, since = self._callers.pop(event.call.id)
                if not future.done():
                    future.set_result(event)
                seconds = asyncio.get_running_loop().time() - since
                self._observer.call_ended(self, event.call.request, event, seconds)
            case NotificationReceived() if self._noticed < self._max_held_bytes:
                self._begin(self._notice, event)
            case NotificationReceived(message=message):
                _log.warning(
                    "%s: %s is dropped: too many are at work",
                    named(self.identity),
                    message.__ocpp__.action,
                )
            case ReplyRefused():
                _log.warning(
                    "%s cannot use the reply %s: %s",
                    named(self.identity),
                    told(event.id),
                    told(event.description, LONG),
                )
            case Ignored():
                _log.info("%s: %s", named(self.identity), event.reason)
            case _:
                assert_never(event)

    def _answer(self, call: CallReceived) -> Coroutine[Any, Any, None] | None:
        """Has a call of theirs handled and answered, at once if it can be; returns what has to wait."""
        if self._observer.hooks or self._unsent >= self._max_held_bytes:
            return advance(self._answer_told(call))
        answer = self._router.begin(call.request, self)
        if not isinstance(answer, Answer):
            return self._answer_later(call, answer)
        rest = self._answered(call, conclude(self._connection, call, answer, self))
        return None if rest is None else advance(rest)

    async def _answer_later(self, call: CallReceived, answer: Awaitable[Answer]) -> None:
        rest = self._answered(call, conclude(self._connection, call, await answer, self))
        if rest is not None:
            await rest

    async def _answer_told(self, call: CallReceived) -> None:
        """As `_answer`, where hooks are told of it, or it has to wait for what was sent before."""
        if self._unsent >= self._max_held_bytes:
            await own_task()
            while self._unsent >= self._max_held_bytes and not self._connection.closed:
                # The answer to this call gives a held one its turn: who does not read them gets no more of them made.
                await self._change()
        answer = await answer_call(self._connection, call, self._router.handle, self, self._observer)
        rest = self._answered(call, answer)
        if rest is not None:
            await rest

    def _answered(self, call: CallReceived, answer: Answer) -> Coroutine[Any, Any, None] | None:
        """Sends an answer on its way; returns the hooks that run after it, if there are any."""
        if not self._is_delivering:
            self._pump()
        if answer.response is None or not self._router.has_hooks(call.request):
            return None
        self._flush()
        return self._router.run_after(call.request, answer.response, self)

    def _notice(self, event: NotificationReceived) -> Coroutine[Any, Any, None] | None:
        return advance(self._handle_notification(event))

    async def _handle_notification(self, event: NotificationReceived) -> None:
        self._noticed += TYPED * event.size
        try:
            with self._observer.handling(self, event.message):
                await self._router.notify(event.message, self)
        finally:
            self._noticed -= TYPED * event.size
            self._tell_of_change()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._connection.next_timeout()
        if deadline is not None:
            self._timer = asyncio.get_running_loop().call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._connection.handle_timeout(asyncio.get_running_loop().time())
        self._deliver_all()

    def _sent(self, message: M) -> Awaitable[None] | None:
        """Sends a message that nothing waits before; returns what is left to wait for."""
        self._observer.frame(self, "out", message, self.codec)
        try:
            return self._send(message)
        except Exception as error:
            self._muted(error)
            return None

    def _write_on(self) -> None:
        """Has somebody see to the outbox, if there is anything in it. Of most connections there never is."""
        if self._outbox and self._writer is None and self._loop is not None:
            self._writer = self._loop.create_task(self._write(), name=f"ocpp writer {self.identity}")

    async def _write(self) -> None:
        """Sends what is in the outbox, in order. A transport that fails ends the connection by itself."""
        try:
            while self._outbox:
                waiting, size = self._outbox.popleft()
                if isinstance(waiting, Awaitable):
                    rest: Awaitable[None] | None = waiting
                else:
                    self._observer.frame(self, "out", waiting, self.codec)
                    rest = self._send(waiting)
                if rest is not None:
                    await self._have_sent(rest)
                self._unsent -= size
                self._tell_of_change()
            self._writer, self._outbox = None, NOTHING
        except BaseException as error:
            if is_of_task(error):
                raise
            self._muted(error)

    async def _have_sent(self, rest: Awaitable[None]) -> None:
        """Waits until a message is through, for as long as the transport may take."""
        await rest

    def _muted(self, error: BaseException) -> None:
        """Nothing more can be sent."""
        self._let_go()
        _log.info("%s: cannot send: %r", named(self.identity), error)

    def _let_go(self) -> None:
        """Sends nothing any more, and keeps nothing of what was to be sent."""
        self._is_mute = True
        self._unsent = 0
        while self._outbox:
            waiting, _ = self._outbox.popleft()
            if isinstance(waiting, Coroutine):
                waiting.close()
        self._tell_of_change()

    async def _end(self) -> None:
        self._connection.receive_eof()
        self._lose_waiting()
        self._pump()
        writers = set() if self._writer is None else {self._writer}
        for writer in writers:
            writer.cancel()
        self._let_go()
        try:
            if self._tasks:
                # A handler may be at work that matters, such as storing what a transaction cost; its answer is lost.
                await asyncio.wait(set(self._tasks), timeout=self._seconds_left())
        finally:
            tasks = self._tasks.keys() | writers
            for task in tasks:
                task.cancel()
            left = (await asyncio.wait(tasks, timeout=TIDYING * self._grace))[1] if tasks else ()
            for task in left:
                _log.error(
                    "%s: %s goes on although it was cancelled, and is left to itself",
                    named(self.identity),
                    printable(task.get_name()),
                )

    def _seconds_left(self) -> float:
        """Of the grace, which begins when this is first asked for, less what is kept for those that are cancelled."""
        now = asyncio.get_running_loop().time()
        if self._deadline is None:
            self._deadline = now + (1 - TIDYING) * self._grace
        return max(0.0, self._deadline - now)

    def _lose_waiting(self) -> None:
        """Ends the calls of ours that have not had their turn."""
        while self._waiting:
            waiting = self._waiting.pop(0)
            if not waiting.future.done():
                waiting.future.set_exception(self._not_connected(waiting.request))

    def _not_connected(self, message: Payload) -> NotConnectedError:
        reason = "the connection has ended" if self._connection.closed else "the connection is being closed"
        return NotConnectedError(message.__ocpp__.action or "", reason, identity=self.identity)

    def _begin(self, work: Callable[[E], Coroutine[Any, Any, None] | None], event: E) -> None:
        """Does the work as far as it goes at once, and what it leaves in a task of its own."""
        # In the context of the connection: what a handler has set in its own is nothing to the next one.
        context = self._context.copy()
        loop = self._loop or asyncio.get_running_loop()
        since = loop.time() if self._observer.hooks else 0.0
        try:
            rest = alone(context, loop, work, event)
        except BaseException as error:
            self._failed(event, since, error)
            if isinstance(error, ENDS_OF_PROCESS):
                # It goes out of the loop, as from a task; who reads the messages goes on if the loop does.
                loop.call_soon(_raise, error)
            return
        if rest is None:
            return
        task = task_of(rest, context, self._name(event))
        if task.done():  # since Python 3.12 a task begins at once
            self._ended(event, since, task)
            return
        self._tasks[task] = None
        task.add_done_callback(partial(self._ended, event, since))

    def _ended(
        self, event: CallReceived | NotificationReceived, since: float, task: asyncio.Task[None]
    ) -> None:
        self._tasks.pop(task, None)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            self._failed(event, since, error)

    def _failed(self, event: CallReceived | NotificationReceived, since: float, error: BaseException) -> None:
        """Something has ended a handler: a call is answered even if that has cancelled its own task."""
        if self._connection.closed:
            return
        if isinstance(event, CallReceived) and event in self._connection.unanswered:
            answer = conclude(self._connection, event, failed(error), self)
            seconds = asyncio.get_running_loop().time() - since
            self._observer.call_answered(self, event.request, answer, seconds)
            self._pump()
        else:
            name = printable(self._name(event))
            _log.error("%s: %s was cut short", named(self.identity), name, exc_info=error)

    def _name(self, event: CallReceived | NotificationReceived) -> str:
        """Of the task of a handler."""
        message = event.request if isinstance(event, CallReceived) else event.message
        return f"ocpp {message.__ocpp__.action} {self.identity}"


def _raise(error: BaseException) -> NoReturn:
    raise error
