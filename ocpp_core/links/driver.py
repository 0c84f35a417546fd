"""Carries out what a `TranslationSession` wants done: the asyncio driver between its two ends.

A session says what to send, in which order, and under which key to give the answer; a `Link` does it. It keeps one call
out to each end, starts what has to be started, and tells the session the time, what came back and what did not.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Self, TypeVar, cast

from attrs import define, field

from ocpp_core.dispatch.ends import is_of_task
from ocpp_core.links.ends import End, Notified
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallFailedError, CallRejectedError, LocalProtocolError, OcppError
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.translation.losses import Loss, Note
from ocpp_core.translation.missing import Missing
from ocpp_core.translation.sessions.effects import Call, Effect, Notice, Reply, Side
from ocpp_core.translation.sessions.session import TranslationSession

_log = logger("links")

R = TypeVar("R", bound=Response)

#: The effect that is being carried out, for whoever is called by a `Link`: an end finds the losses of its request here.
_CARRIED: ContextVar[Call | Notice | None] = ContextVar("ocpp_core_carried", default=None)


def carried_out() -> Call | Notice | None:
    """The effect that the code around is called for; None outside of a `Link`.

    Handlers that serve as an end (`RouterEnd`) see the losses of the request that they are given: ``effect.losses``.
    """
    return _CARRIED.get()


def sent_by(effect: Call | Notice) -> Request[Any] | Notification:
    """The message that an effect sends."""
    return effect.request if isinstance(effect, Call) else effect.send


@define(eq=False)
class Carried:
    """What became of a request that was carried from one end to the other.

    Attributes:
        answer: In the version of its sender.
        effects: What was done for it, in this order; the `Reply` comes last.
        cause: What the other end raised last, if it did: a `CallFailedError` or an `OcppError`, in its own version.
    """

    answer: Response | OcppError
    effects: tuple[Effect, ...] = ()
    cause: BaseException | None = None

    @property
    def sent(self) -> tuple[Request[Any] | Notification, ...]:
        """What was sent to the other end for it, in its version and in this order."""
        return tuple(sent_by(effect) for effect in self.effects if not isinstance(effect, Reply))

    @property
    def notes(self) -> tuple[Note, ...]:
        """The losses before they are put into words."""
        return tuple(note for effect in self.effects for note in effect.notes)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What the request has shown not to have come."""
        return tuple(one for effect in self.effects for one in effect.missing)

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Of the request and of its answer, in the order in which they happened."""
        return tuple(loss for effect in self.effects for loss in effect.losses)


@define(eq=False)
class _Waiting:
    """A request whose sender waits for its answer.

    Attributes:
        side: Of the sender.
        future: Its answer.
        effects: What has been done for it so far.
        cause: What the other end raised last.
        context: Of the sender. What is done for it is done there, whoever's turn it is.
    """

    side: Side
    future: "asyncio.Future[Response | OcppError]"
    effects: list[Effect] = field(factory=list)
    cause: BaseException | None = None
    context: Context = field(factory=copy_context)


@define(eq=False)
class _Place:
    """An end as long as it is there.

    Attributes:
        end: Itself.
        turn: Is held while a call is out to it.
    """

    end: End
    turn: asyncio.Lock = field(factory=asyncio.Lock)
    is_gone: bool = False


#: Is told of each effect before it is carried out.
Watch = Callable[[Effect], None]


class Link:
    """Joins the two ends of a session. Everything happens on one event loop; nothing here blocks but the store.

    An end is what can be called; give it with `connected`, and take it away with `disconnected`. What an end sends is
    handed to `receive`, which returns the translated answer: that is all a handler has to do.

        router.on_any(lambda request, peer: link.receive(Side.STATION, request))

    - Effects are carried out in their order. To each end one call is out at a time, and what waits for its turn has it
      in the order in which it came. The two directions do not wait for each other, so an end may call while its own
      call waits.
    - An answer goes to `receive` before what follows it in the same direction is started: it is sent first, unless
      whoever awaits `receive` does other things in between.
    - An end that raises `CallRejectedError` or `OcppError` has refused; with any other `CallFailedError` there was no
      answer. An end that is not there does not answer.
    - Timers of the session run as long as the link.

    A store that fails breaks the session: then, and after `close`, every request is answered InternalError. See
    `on_broken`.

    Args:
        session: Nobody else may drive it.
        clock: Tells the time, aware. Where it is set back, time goes on for the session from where it was.
        watch: Is told of each effect before it is carried out, with its losses: for a view or a log. What it raises is
            logged.
        on_broken: Is told, once, what has broken the session.
    """

    def __init__(
        self,
        session: TranslationSession,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        watch: Watch | None = None,
        on_broken: Callable[[BaseException], None] | None = None,
    ) -> None:
        self.session = session
        self._clock = clock
        self._watch = watch
        self._on_broken = on_broken
        self._places: dict[Side, _Place] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._keys = count(1)
        self._latest: datetime | None = None
        self._latest_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False
        self._context = copy_context()

    @property
    def identity(self) -> str:
        """Of the station."""
        return self.session.identity

    @property
    def is_over(self) -> bool:
        """Whether it carries nothing any more: it was closed, or its session is broken."""
        return self._is_over

    def end(self, side: Side) -> End | None:
        """Who is there now; None if nobody is."""
        place = self._places.get(side)
        return None if place is None else place.end

    # What happens

    def connected(self, side: Side, end: End) -> None:
        """An end is there, or there again. One that was there before is gone."""
        self.disconnected(side)
        self._places[side] = _Place(end)
        self._tell(lambda now: self.session.connected(side, now))

    def disconnected(self, side: Side, end: End | None = None) -> None:
        """An end is gone: what it was asked has no answer, and nobody waits for what it has asked.

        Args:
            side: Which.
            end: That is gone. Nothing happens if another one has taken its place.
        """
        place = self._places.get(side)
        if place is None or end not in (None, place.end):
            return
        del self._places[side]
        place.is_gone = True
        self._tell(lambda now: self.session.disconnected(side, now))
        self._give_up(side, "the connection has ended")

    async def receive(self, side: Side, message: Request[R]) -> R:
        """Carries a request of one end to the other, and its answer back.

        Returns:
            The response, in the version of the sender.

        Raises:
            OcppError: It is refused, or has no answer. Its ``__cause__`` is what the other end raised, if it did.
            LocalProtocolError: The message is of another version. Nothing has changed.
        """
        carried = await self.carry(side, message)
        if isinstance(carried.answer, OcppError):
            raise carried.answer from carried.cause
        return cast(R, carried.answer)

    async def carry(self, side: Side, message: Request[Any]) -> Carried:
        """As `receive`, and tells what was lost on the way; a refusal is returned.

        Who is cancelled here takes nothing back: the request goes its way, and its answer is nobody's.

        Raises:
            LocalProtocolError: The message is of another version. Nothing has changed.
        """
        key, waiting = next(self._keys), _Waiting(side, asyncio.get_running_loop().create_future())
        self._waiting[key] = waiting
        try:
            self._tell(lambda now: self.session.received(side, message, key, now))
            if self._is_over and not waiting.future.done():
                waiting.future.set_result(OcppError(ErrorCode.INTERNAL))
            answer = await waiting.future
        finally:
            self._waiting.pop(key, None)
        return Carried(answer, tuple(waiting.effects), waiting.cause)

    async def notify(self, side: Side, message: Notification) -> None:
        """Carries a message that wants no answer. Returns when all that came of it at once has been sent or has failed.

        Raises:
            LocalProtocolError: The message is of another version. Nothing has changed.
        """
        begun = self._tell(lambda now: self.session.received(side, message, None, now))
        if begun:
            await asyncio.wait(begun)

    async def close(self) -> None:
        """Ends everything: both ends are gone, nothing is carried any more, no task is left. May be called again."""
        for side in Side:
            self.disconnected(side)
        self._finish()
        others = self._tasks - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Inside: everything runs on the event loop, in one of these steps

    def _now(self) -> datetime:
        now, at = self._clock(), asyncio.get_running_loop().time()
        if self._latest is not None and now < self._latest:
            # Were it to stand still, what waits in the session would wait until the clock has caught up.
            now = self._latest + timedelta(seconds=at - self._latest_at)
        self._latest, self._latest_at = now, at
        return now

    def _tell(
        self, what: Callable[[datetime], list[Effect]], cause: BaseException | None = None
    ) -> "list[asyncio.Task[None]]":
        """Tells the session something, and begins what it wants done.

        Returns:
            What has been begun.
        """
        if self._is_over:
            return []
        try:
            effects = what(self._now())
        except LocalProtocolError:
            raise
        except Exception as error:  # the store, or a rule: what the session knows is not what is written
            self._break(error)
            return []
        begun = [task for effect in effects if (task := self._begin(effect, cause)) is not None]
        self._arm()
        return begun

    def _begin(self, effect: Effect, cause: BaseException | None) -> "asyncio.Task[None] | None":
        if self._watch is not None:
            try:
                self._watch(effect)
            except Exception:
                _log.exception("%s: what watches the link has failed", named(self.identity))
        key = effect.call if isinstance(effect, Reply) else effect.of
        waiting = self._waiting.get(cast(int, key))
        if waiting is not None:
            waiting.effects.append(effect)
        if not isinstance(effect, Reply):
            # Whoever comes in the place of this end is not asked: by then the session knows that there was no answer.
            work = self._carry_out(effect, self._places.get(effect.side))
            # Each with a copy: what an end sets in its context is nothing to those that come after it.
            context = (self._context if waiting is None else waiting.context).copy()
            task = asyncio.get_running_loop().create_task(
                work, name=f"ocpp link {self.identity}", context=context
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return task
        if waiting is not None and not waiting.future.done():
            waiting.cause = cause
            waiting.future.set_result(effect.answer or OcppError(ErrorCode.GENERIC))
        return None

    async def _carry_out(self, effect: Call | Notice, place: _Place | None) -> None:
        _CARRIED.set(effect)  # in the context of this task
        answer: Response | OcppError | None = None
        cause: BaseException | None = None
        if place is not None:
            async with place.turn:
                try:
                    if not place.is_gone:
                        answer = await self._sent(effect, place.end)
                except BaseException as error:
                    if is_of_task(error):
                        raise
                    answer, cause = self._refusal(effect, error), error
        if isinstance(effect, Call):
            self._tell(lambda now: self.session.answered(effect.call, answer, now), cause)

    async def _sent(self, effect: Call | Notice, end: End) -> Response | None:
        if isinstance(effect, Call):
            return await end.call(effect.request)
        if isinstance(end, Notified):
            await end.notify(effect.send)
        return None

    def _refusal(self, effect: Call | Notice, error: BaseException) -> OcppError | None:
        """What an end that has raised says of what it was sent; None if there was no answer."""
        if isinstance(error, OcppError):
            return error
        if isinstance(error, CallRejectedError):
            return OcppError(error.code, error.description, error.details)
        if isinstance(error, CallFailedError):
            return None
        # We have made a message that cannot be sent, or an end of somebody's has a defect.
        action = sent_by(effect).__ocpp__.action
        _log.error("%s: %s could not be sent", named(self.identity), action, exc_info=error)
        return OcppError(ErrorCode.INTERNAL)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wake_at = self.session.wake_at
        if wake_at is not None and not self._is_over:
            seconds = (wake_at - self._now()).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._tell(self.session.woken)

    def _break(self, error: BaseException) -> None:
        _log.error("%s: the session is broken", named(self.identity), exc_info=error)
        self._finish()
        if self._on_broken is not None:
            self._on_broken(error)

    def _finish(self) -> None:
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for side in Side:
            self._give_up(side, "the session has ended", ErrorCode.INTERNAL)

    def _give_up(self, side: Side, why: str, code: ErrorCode = ErrorCode.GENERIC) -> None:
        """Nobody hears the answers to what a side has asked; who awaits them is not left alone."""
        for waiting in self._waiting.values():
            if waiting.side is side and not waiting.future.done():
                waiting.future.set_result(OcppError(code, why))
