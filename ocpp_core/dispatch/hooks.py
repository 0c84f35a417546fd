"""What metrics, tracing, gates and the log of frames learn of a connection, on either wire."""

import logging
from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from types import TracebackType
from typing import Any

from attrs import field, frozen

from ocpp_core.dispatch.connection import CallOutcome, Codec, Event
from ocpp_core.dispatch.ends import ENDS_OF_PROCESS
from ocpp_core.dispatch.redaction import Redaction
from ocpp_core.dispatch.router import Answer, Caller
from ocpp_core.model.errors import FrameError, LocalProtocolError
from ocpp_core.model.logs import Fit, logger
from ocpp_core.model.messages import Notification, Request
from ocpp_core.model.printing import HIDDEN, LONG, SHORT, one_word, printable, shown
from ocpp_core.model.secrets import hide
from ocpp_core.model.versions import Wire

_log = logger("hooks")
_frames = logger("frames")
_refusals_log = logger("admission")

_NOTHING: AbstractContextManager[None] = nullcontext()


@frozen(kw_only=True)
class Refused:
    """Somebody who was turned away at the door, before there was a connection or a request was handled.

    Attributes:
        identity: As it called itself; "" if it did not say.
        remote: Address and port.
        path: Of its request, raw, with its query; "" if it was not read.
        offered: The subprotocols that it offered, at most 64.
        wire: That it came by.
        status: Of HTTP; the close code where a WebSocket was opened only to be closed; 0 where no answer is possible,
            as TLS has failed.
        reason: One sentence, for our own eyes: it may say more than the peer was told.
    """

    identity: str = ""
    remote: Any = None
    path: str = field(default="", repr=False)
    offered: Sequence[str] = ()
    wire: Wire = Wire.JSON
    status: int
    reason: str

    def __str__(self) -> str:
        who = shown(self.identity) if self.identity else "a peer without identity"
        offered = ", ".join(printable(name) for name in self.offered[:8]) or "no subprotocol"
        how = f"offers {offered}" if self.wire is Wire.JSON else "over SOAP"
        # What a query holds may be anything, a key as well: here stands what it asks for.
        path, _, query = self.path[: 4 * SHORT].partition("?")
        names = "&".join(_asked_for(pair) for pair in query.split("&")) if query else ""
        path = printable(f"{hide(path)}{names and '?'}{names}", 2 * SHORT)
        asked = f"path {path}, {how}" if path else "no request was read"
        told = f"{self.status} " if self.status else ""
        where = printable(str(self.remote))
        return f"{who} at {where} is refused: {told}{printable(self.reason, LONG)} ({asked})"


def _asked_for(pair: str) -> str:
    """What a pair of a query asks for. Text without ``=`` may be a value as well."""
    name, equals, _ = pair.partition("=")
    return f"{name}=" if equals else HIDDEN if name else ""


class Hooks:
    """What may listen to peers. Override what you need.

    What a hook raises is logged and goes no further, whatever it derives from; but KeyboardInterrupt and SystemExit,
    which are said to the process, go on.

    A peer is a `Peer` on the JSON wire. On the SOAP wire it is what the handlers get as their caller.
    """

    def frame(self, peer: Caller, direction: str, size: int) -> None:
        """A frame was sent ("out") or received ("in"); `size` in characters or bytes."""

    def calling(self, peer: Caller, request: Request[Any]) -> AbstractContextManager[Any]:
        """Entered by a caller of ours before its call, and left with what the call returns or raises."""
        return _NOTHING

    def call_ended(self, peer: Caller, request: Request[Any], outcome: CallOutcome, seconds: float) -> None:
        """A call of ours has ended, whether or not its caller still waits. Not told of one that was never sent."""

    def handling(self, peer: Caller, message: Request[Any] | Notification) -> AbstractContextManager[Any]:
        """Entered before a message of theirs is handled, and left when it has been answered."""
        return _NOTHING

    def call_answered(self, peer: Caller, request: Request[Any], answer: Answer, seconds: float) -> None:
        """A call of theirs was answered, or left unanswered on purpose (`NoAnswer`).

        Runs inside `handling`, or after it where a handler has cancelled its own task.
        """

    def event(self, peer: Caller, event: Event) -> None:
        """Anything that the connection reports."""

    def translated(self, peer: Caller, direction: str, request: Request[Any], answer: Answer) -> None:
        """Handlers that are written for one version have been called by a station of another, or have called it.

        What the connection itself does is told in the version of the station, as ever; this is told beside it, of each
        request in the version of the handlers: "in" before the station is answered, "out" before our caller is.
        `losses_of` says what was lost: of request and response of the one, of the response of the other.
        """

    def refused(self, refused: Refused) -> None:
        """Somebody was turned away: told once for each refusal of a server, on either wire."""


def _several(hooks: Any) -> tuple[Hooks, ...]:
    if not isinstance(hooks, Iterable):
        raise LocalProtocolError(f"hooks are given as a list, not as {hooks!r:.80}")
    return tuple(hooks)


#: Nobody can change it, so that it is that of all who do not say another.
_USUAL = Redaction()


def _or_usual(redaction: Redaction | None) -> Redaction:
    return redaction or _USUAL


@frozen
class Observer:
    """Tells several hooks, and the log of frames.

    Attributes:
        hooks: In the order in which they are told.
        redaction: What the log ``ocpp_core.frames`` does not show.
    """

    hooks: Sequence[Hooks] = field(default=(), converter=_several)
    redaction: Redaction = field(default=None, converter=_or_usual)

    def frame(self, peer: Caller, direction: str, message: str | bytes, codec: Codec[Any]) -> None:
        """Logs a frame, as far as `codec` can read it, and tells its size."""
        if self.hooks:
            self._tell("frame", peer, direction, len(message))
        if _frames.isEnabledFor(logging.DEBUG):
            text = self._shown(message, codec)
            extra = {"identity": printable(peer.identity), "direction": direction, "frame": text}
            # Whatever a station calls itself, it is the frame behind it that is read as one.
            _frames.debug(
                "%s %s %s",
                one_word(peer.identity),
                "<-" if direction == "in" else "->",
                Fit(text),
                extra=extra,
            )

    def _shown(self, message: str | bytes, codec: Codec[Any]) -> str:
        try:
            values = codec.values(message)
        except FrameError:  # nobody knows what is a secret in it, and even the error may quote it
            unit = "characters" if isinstance(message, str) else "bytes"
            return f"({len(message)} {unit} that cannot be read)"
        return self.redaction.apply(values)

    def calling(self, peer: Caller, request: Request[Any]) -> AbstractContextManager[None]:
        """See `Hooks.calling`."""
        return self._around("calling", peer, request) if self.hooks else _NOTHING

    def call_ended(self, peer: Caller, request: Request[Any], outcome: CallOutcome, seconds: float) -> None:
        """See `Hooks.call_ended`."""
        self._tell("call_ended", peer, request, outcome, seconds)

    def handling(self, peer: Caller, message: Request[Any] | Notification) -> AbstractContextManager[None]:
        """See `Hooks.handling`."""
        return self._around("handling", peer, message) if self.hooks else _NOTHING

    def call_answered(self, peer: Caller, request: Request[Any], answer: Answer, seconds: float) -> None:
        """See `Hooks.call_answered`."""
        self._tell("call_answered", peer, request, answer, seconds)

    def event(self, peer: Caller, event: Event) -> None:
        """See `Hooks.event`."""
        self._tell("event", peer, event)

    def translated(self, peer: Caller, direction: str, request: Request[Any], answer: Answer) -> None:
        """See `Hooks.translated`."""
        self._tell("translated", peer, direction, request, answer)

    def refused(self, refused: Refused) -> None:
        """Logs who was turned away, and tells it; see `Hooks.refused`."""
        _refusals_log.info("%s", Fit(refused))
        self._tell("refused", refused)

    def _tell(self, hook: str, *arguments: Any) -> None:
        for hooks in self.hooks:
            with _Logged(hook):
                getattr(hooks, hook)(*arguments)

    @contextmanager
    def _around(self, hook: str, *arguments: Any) -> Generator[None, None, None]:
        with ExitStack() as stack:
            for hooks in self.hooks:
                stack.enter_context(_Guarded(hooks, hook, arguments))
            yield


class _Logged:
    """Logs what a hook raises inside it.

    A hook is plain code, so that a CancelledError that comes out of it is never the cancellation of the task around
    it: that is raised where a coroutine waits.
    """

    def __init__(self, hook: str) -> None:
        self._hook = hook

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if error is None or isinstance(error, ENDS_OF_PROCESS):
            return False
        _log.error("the hook %s failed", self._hook, exc_info=error)
        return True


class _Guarded:
    """The context of a hook, which neither hides nor replaces what happens inside it."""

    def __init__(self, hooks: Hooks, hook: str, arguments: tuple[Any, ...]) -> None:
        self._hooks = hooks
        self._hook = hook
        self._arguments = arguments
        self._context: AbstractContextManager[Any] = _NOTHING

    def __enter__(self) -> None:
        with _Logged(self._hook):
            context = getattr(self._hooks, self._hook)(*self._arguments)
            context.__enter__()
            self._context = context

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with _Logged(self._hook):
            self._context.__exit__(kind, error, traceback)
