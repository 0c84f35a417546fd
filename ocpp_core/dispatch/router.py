"""Handlers by message class, the hooks that run after them, and the middleware around them.

A handler takes a request and the caller, and returns the response or raises `OcppError`; it may be a coroutine function
or a plain one. A `Router` knows no connection: `ocpp_core.dispatch.peer` drives it, and `answer` serves a single frame
without one.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar, cast, overload

from attrs import field

from ocpp_core.dispatch.connection import (
    DEFAULT,
    CallReceived,
    Codec,
    Connection,
    Default,
    NotificationReceived,
    require_call,
)
from ocpp_core.dispatch.ends import ENDS_OF_PROCESS, is_of_task
from ocpp_core.dispatch.handlers import (
    HANDLER,
    HOOK,
    MIDDLEWARE,
    Exchange,
    Registering,
    RegisteringHook,
    name_of,
    require_classes,
    require_function,
    wrong_response,
)
from ocpp_core.dispatch.steps import own_task
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import (
    ConnectionLostError,
    LocalProtocolError,
    NoAnswer,
    NotConnectedError,
    OcppError,
)
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.passed import passed
from ocpp_core.model.printing import shown
from ocpp_core.model.responses import response_class
from ocpp_core.model.values import value
from ocpp_core.model.versions import Role, Specification
from ocpp_core.payloads.conversion import from_wire

_log = logger("router")

#: A message of either wire.
M = TypeVar("M", str, bytes)
R = TypeVar("R", bound=Response)
H = TypeVar("H", bound=Callable[[Any, Any], Any])
W = TypeVar("W", bound=Callable[[Any, Any, Any], Awaitable[Any]])

# Of the classes of one handler, up to one of each version: type checkers differ in what they make of `*classes`.
Q1 = TypeVar("Q1")
R1 = TypeVar("R1")
Q2 = TypeVar("Q2")
R2 = TypeVar("R2")
Q3 = TypeVar("Q3")
R3 = TypeVar("R3")
Q4 = TypeVar("Q4")
R4 = TypeVar("R4")
Q5 = TypeVar("Q5")
R5 = TypeVar("R5")
Q6 = TypeVar("Q6")
R6 = TypeVar("R6")


class Caller(Protocol):
    """The other side, as a handler sees it: a `Peer`, or the `LoneCaller` of a single frame."""

    @property
    def identity(self) -> str:
        """Identity of the station."""
        ...

    @property
    def specification(self) -> Specification:
        """Of the version that is spoken."""
        ...

    async def call(self, request: Request[R], *, timeout: float | Default | None = DEFAULT) -> R:
        """Calls it back, see `Peer.call`."""
        ...


#: What middleware wraps, the rest of the chain: ``(message, peer)`` to the response, or to None for a notification.
Handle = Callable[[Any, Any], Awaitable[Any]]
Middleware = Callable[[Any, Any, Handle], Awaitable[Any]]


@value
class Answer:
    """What became of a call: the response, or the error that refuses it.

    Attributes:
        response: None if the call is refused.
        error: What the peer is told, unless it is `NoAnswer`.
        cause: Why, for our own log only; None if a handler refused on purpose.
    """

    response: Response | None = None
    error: OcppError | None = None
    cause: BaseException | None = field(default=None, eq=False)


class Router:
    """Leads each request to its handler.

    Args:
        receives: The side that this router serves. A request that the standard does not let the other side send is
            answered NotSupported. None allows both directions, for tests and gateways.

    Raises:
        TypeError: `receives` is something else.
    """

    def __init__(self, *, receives: Role | None = None) -> None:
        if receives not in (None, Role.CSMS, Role.CHARGE_POINT):
            raise TypeError(f"receives is Role.CSMS, Role.CHARGE_POINT or None; got {passed(receives)}")
        self._receives = receives
        self._handlers: dict[type[Payload], Callable[..., Any]] = {}
        self._data_handlers: dict[type[Payload], dict[tuple[str, str | None], Callable[..., Any]]] = {}
        self._after: dict[type[Payload], list[Callable[..., Any]]] = {}
        self._fallback: Callable[..., Any] | None = None
        self._middleware: list[Middleware] = []
        self._outermost: Handle | None = None

    def __repr__(self) -> str:
        return f"<Router, handlers: {len(self._handlers)}>"

    # Registering

    @overload
    def on(self, c1: Exchange[Q1, R1], /) -> Registering[Q1, R1]: ...
    @overload
    def on(self, c1: Exchange[Q1, R1], c2: Exchange[Q2, R2], /) -> Registering[Q1 | Q2, R1 | R2]: ...
    @overload
    def on(
        self, c1: Exchange[Q1, R1], c2: Exchange[Q2, R2], c3: Exchange[Q3, R3], /
    ) -> Registering[Q1 | Q2 | Q3, R1 | R2 | R3]: ...
    @overload
    def on(
        self, c1: Exchange[Q1, R1], c2: Exchange[Q2, R2], c3: Exchange[Q3, R3], c4: Exchange[Q4, R4], /
    ) -> Registering[Q1 | Q2 | Q3 | Q4, R1 | R2 | R3 | R4]: ...
    @overload
    def on(
        self,
        c1: Exchange[Q1, R1],
        c2: Exchange[Q2, R2],
        c3: Exchange[Q3, R3],
        c4: Exchange[Q4, R4],
        c5: Exchange[Q5, R5],
        /,
    ) -> Registering[Q1 | Q2 | Q3 | Q4 | Q5, R1 | R2 | R3 | R4 | R5]: ...
    @overload
    def on(
        self,
        c1: Exchange[Q1, R1],
        c2: Exchange[Q2, R2],
        c3: Exchange[Q3, R3],
        c4: Exchange[Q4, R4],
        c5: Exchange[Q5, R5],
        c6: Exchange[Q6, R6],
        /,
    ) -> Registering[Q1 | Q2 | Q3 | Q4 | Q5 | Q6, R1 | R2 | R3 | R4 | R5 | R6]: ...
    @overload
    def on(self, *classes: Exchange[Q1, R1]) -> Registering[Q1, R1]: ...
    def on(self, *classes: Any) -> Any:
        """Registers the handler of one or more request (or, for SEND, notification) classes.

        The handler is called with the message and the caller. It returns the response of the request, or an awaitable
        of it; nothing for a notification. Type checkers hold it to that.

        Raises:
            LocalProtocolError: A class is no request of a version (a subclass is none), or has a handler already. Then
                none of them has got one. Or the side that this router serves never receives it.
            TypeError: It is called with something else than classes, or the handler takes other arguments.
        """
        self._require_received("on", classes, (Request, Notification))

        def register(handler: H) -> H:
            require_function(handler, f"The handler of {_names(classes)}", HANDLER)
            for cls in classes:
                if cls in self._handlers:
                    raise LocalProtocolError(f"{cls.__name__} has a handler: {name_of(self._handlers[cls])}")
            self._handlers.update(dict.fromkeys(classes, handler))
            return handler

        return register

    def on_data(self, cls: Exchange[Q1, R1], vendor: str, message: str | None = None) -> Registering[Q1, R1]:
        """Registers the handler of the DataTransfer requests of one vendor, or of one message of it.

        The most particular handler is taken. Once there is any, a vendor or message that has none is answered with
        UnknownVendorId or UnknownMessageId, unless `on` has a handler for the class.

        Raises:
            LocalProtocolError: The class is no DataTransferRequest of a version; or that message, or that vendor as a
                whole, has a handler already.
            TypeError: As `on`.
        """
        requests, name = cast(Any, cls), cast(Any, vendor)
        require_classes("on_data", [requests], (Request,))
        if requests.__ocpp__.action != "DataTransfer":
            raise LocalProtocolError(
                f"{requests.__name__} is no DataTransferRequest; Router.on takes all others"
            )
        if not isinstance(name, str):
            raise TypeError(f"Router.on_data takes the vendorId as text; got {passed(name)}")

        def register(handler: H) -> H:
            require_function(handler, f"The handler of {requests.__name__}", HANDLER)
            handlers = self._data_handlers.setdefault(requests, {})
            if (vendor, message) in handlers:
                known = name_of(handlers[vendor, message])
                raise LocalProtocolError(
                    f"{requests.__name__} of {vendor!r}, {message!r} has a handler: {known}"
                )
            handlers[vendor, message] = handler
            return handler

        return register

    def on_any(self, handler: H) -> H:
        """Registers the handler of all requests that have no other: ``@router.on_any``, without parentheses.

        Raises:
            LocalProtocolError: There is one already.
            TypeError: It takes other arguments than a handler.
        """
        require_function(handler, "The handler of Router.on_any", HANDLER)
        if self._fallback is not None:
            raise LocalProtocolError(f"Router.on_any has a handler: {name_of(self._fallback)}")
        self._fallback = handler
        return handler

    @overload
    def after(self, c1: Exchange[Q1, R1], /) -> RegisteringHook[Q1, R1]: ...
    @overload
    def after(self, c1: Exchange[Q1, R1], c2: Exchange[Q2, R2], /) -> RegisteringHook[Q1 | Q2, R1 | R2]: ...
    @overload
    def after(
        self, c1: Exchange[Q1, R1], c2: Exchange[Q2, R2], c3: Exchange[Q3, R3], /
    ) -> RegisteringHook[Q1 | Q2 | Q3, R1 | R2 | R3]: ...
    @overload
    def after(
        self, c1: Exchange[Q1, R1], c2: Exchange[Q2, R2], c3: Exchange[Q3, R3], c4: Exchange[Q4, R4], /
    ) -> RegisteringHook[Q1 | Q2 | Q3 | Q4, R1 | R2 | R3 | R4]: ...
    @overload
    def after(
        self,
        c1: Exchange[Q1, R1],
        c2: Exchange[Q2, R2],
        c3: Exchange[Q3, R3],
        c4: Exchange[Q4, R4],
        c5: Exchange[Q5, R5],
        /,
    ) -> RegisteringHook[Q1 | Q2 | Q3 | Q4 | Q5, R1 | R2 | R3 | R4 | R5]: ...
    @overload
    def after(
        self,
        c1: Exchange[Q1, R1],
        c2: Exchange[Q2, R2],
        c3: Exchange[Q3, R3],
        c4: Exchange[Q4, R4],
        c5: Exchange[Q5, R5],
        c6: Exchange[Q6, R6],
        /,
    ) -> RegisteringHook[Q1 | Q2 | Q3 | Q4 | Q5 | Q6, R1 | R2 | R3 | R4 | R5 | R6]: ...
    @overload
    def after(self, *classes: Exchange[Q1, R1]) -> RegisteringHook[Q1, R1]: ...
    def after(self, *classes: Any) -> Any:
        """Registers a hook that runs once the answer to a request has been sent: ``(request, response, peer)``.

        Raises:
            LocalProtocolError: A class is no request of a version, or one that this router never receives.
            TypeError: As `on`.
        """
        self._require_received("after", classes, (Request,))

        def register(hook: H) -> H:
            require_function(hook, f"The hook after {_names(classes)}", HOOK)
            for cls in dict.fromkeys(classes):
                self._after.setdefault(cls, []).append(hook)
            return hook

        return register

    def middleware(self, middleware: W) -> W:
        """Registers a wrapper around every handler: ``(message, peer, handle)``. The first one is outermost.

        It returns what ``await handle(message, peer)`` does: a response, or None for a notification (2.1: SEND). What
        it raises is treated as what a handler raises.

        Raises:
            TypeError: It takes other arguments.
        """
        require_function(middleware, "The middleware of a router", MIDDLEWARE)
        self._middleware.append(middleware)
        handle: Handle = self._innermost
        for one in reversed(self._middleware):
            handle = _wrapped(one, handle)
        self._outermost = handle
        return middleware

    def _require_received(
        self, method: str, classes: Sequence[Any], bases: tuple[type[Payload], ...]
    ) -> None:
        """Makes sure that what is registered can ever run.

        Raises:
            LocalProtocolError: A class is no message, or one that only the side sends that this router serves.
            TypeError: As `require_classes`.
        """
        require_classes(method, classes, bases)
        for cls in classes:
            if self._receives is not None and self._receives is cls.__ocpp__.sent_by:
                raise LocalProtocolError(
                    f"{cls.__name__} is never received here: a router with receives={self._receives} is for what "
                    "the other side sends"
                )

    # Handling

    async def handle(self, request: Request[Any], caller: Any) -> Answer:
        """Finds and runs the handler. Never raises but for what ends the task or the process, see `is_of_task`."""
        answer = self.begin(request, caller)
        return answer if isinstance(answer, Answer) else await answer

    def begin(self, request: Request[Any], caller: Any) -> Answer | Awaitable[Answer]:
        """As `handle`: the answer at once if the handler is a plain one, or else what is to be awaited for it."""
        try:
            response = (self._outermost or self._run_handler)(request, caller)
            if isinstance(response, Response):
                return Answer(response)
            if inspect.isawaitable(response):
                return self._later(request, response)
            raise wrong_response(request.__ocpp__.action, response)
        except BaseException as error:
            return _raised(error)

    async def _later(self, request: Request[Any], awaited: Awaitable[Any]) -> Answer:
        try:
            await own_task()
            response = await awaited
            if isinstance(response, Response):
                return Answer(response)
            raise wrong_response(request.__ocpp__.action, response)
        except BaseException as error:
            return _raised(error)

    async def notify(self, message: Notification, caller: Any) -> None:
        """Runs the handler of a message that wants no answer. What it raises is logged."""
        action = message.__ocpp__.action
        try:
            await _result((self._outermost or self._run_handler)(message, caller))
        except OcppError as error:
            _log.info(
                "%s: %s is ignored: %s %s", named(caller.identity), action, error.code, error.description
            )
        except BaseException as error:
            if is_of_task(error):
                raise
            note_failure(caller, f"the handler of {action}", error)

    def has_hooks(self, request: Request[Any]) -> bool:
        """Whether `run_after` has anything to do."""
        return type(request) in self._after

    async def run_after(self, request: Request[Any], response: Response, caller: Any) -> None:
        """Runs the hooks of a request whose answer has been sent; a hook that raises is logged."""
        for hook in self._after.get(type(request), ()):
            try:
                await _result(hook(request, response, caller))
            except BaseException as error:
                if is_of_task(error):
                    raise
                note_failure(caller, f"the hook {name_of(hook)}", error)

    async def answer(self, message: M, *, codec: Codec[M], identity: str = "") -> M | None:
        """Answers one frame without a connection, as a serverless function does.

        Args:
            message: A frame of the wire that `codec` reads.
            codec: Of the version that the station speaks: ``JsonCodec("1.6")``. Its tolerance holds.
            identity: Of the station, for the handlers. Where an envelope names another one, it is answered
                IdentityMismatch; "" takes that of the envelope, whoever has sent it.

        Returns:
            The frame to send back; None if none is due. Hooks have run when it returns.
        """
        connection: Connection[M] = Connection(codec, new_id=str)
        connection.receive_message(message)
        caller = LoneCaller(identity, codec.specification)
        for event in connection.events():
            if isinstance(event, CallReceived):
                claimed = (event.headers and event.headers.identity) or identity
                caller = LoneCaller(identity or claimed, codec.specification)
                if claimed == caller.identity:
                    answer = await self.handle(event.request, caller)
                else:
                    answer = Answer(error=OcppError(ErrorCode.IDENTITY, f"this is not {shown(claimed)}"))
                answer = conclude(connection, event, answer, caller)
                if answer.response is not None:
                    await self.run_after(event.request, answer.response, caller)
            elif isinstance(event, NotificationReceived):
                await self.notify(event.message, caller)
        return next(iter(connection.messages_to_send()), None)

    async def _innermost(self, message: Payload, caller: Any) -> Any:
        return await _result(self._run_handler(message, caller))

    def _run_handler(self, message: Payload, caller: Any) -> Any:
        """What the handler returns: the response, or what is to be awaited for it."""
        cls, definition = type(message), message.__ocpp__
        if self._receives is not None and self._receives is definition.sent_by:
            raise OcppError(ErrorCode.NOT_SUPPORTED, f"{definition.action} is not for this side")
        handler = self._handlers.get(cls) or self._fallback
        if cls in self._data_handlers:
            handler = self._data_handler(message)
        if handler is None:
            raise OcppError(ErrorCode.NOT_SUPPORTED, f"{definition.action} is not supported here")
        return handler(message, caller)

    def _data_handler(self, message: Payload) -> Callable[..., Any]:
        """That of a vendor, or else the one that `on` has for the class."""
        cls = type(message)
        by_vendor = self._data_handlers[cls]
        vendor, message_id = getattr(message, "vendor_id", ""), getattr(message, "message_id", None)
        return (
            by_vendor.get((vendor, message_id))
            or by_vendor.get((vendor, None))
            or self._handlers.get(cls)
            or _unknown_data(vendor in {known for known, _ in by_vendor})
        )


class LoneCaller:
    """The sender of a single frame: nobody to call back."""

    def __init__(self, identity: str, specification: Specification) -> None:
        self.identity = identity
        self.specification = specification

    async def call(self, request: Request[R], *, timeout: float | Default | None = DEFAULT) -> R:
        """Raises `LocalProtocolError`: there is no connection to call over. `TypeError` if it is no request."""
        require_call(request, timeout)
        raise LocalProtocolError("A single frame has been answered; there is no connection to call over.")


def conclude(connection: Connection[Any], call: CallReceived, answer: Answer, caller: Caller) -> Answer:
    """Sends the answer to a call, if it may be sent: a response that breaks its schema becomes InternalError.

    Returns:
        What was sent: neither a response nor an error if the connection had ended. What went wrong on our side is
        logged. You must send ``connection.messages_to_send`` next.
    """
    response = answer.response
    if response is None:
        answer = _refused(connection, call, answer)
    else:
        try:
            connection.reply(call, response)
        except ENDS_OF_PROCESS:
            raise
        except BaseException as error:  # it breaks its schema, or raises when it is looked at
            answer = _refused(connection, call, answer if connection.closed else failed(error))
    if answer.cause is not None:
        note_failure(caller, f"the handler of {call.request.__ocpp__.action}", answer.cause)
    return answer


def note_failure(caller: Caller, what: str, error: BaseException) -> None:
    """Logs what has failed on our side, and how."""
    if isinstance(error, ConnectionLostError | NotConnectedError):  # it called back, and nobody was there
        _log.info("%s: %s has failed: %s", named(caller.identity), what, error)
    else:
        _log.error("%s: %s has failed", named(caller.identity), what, exc_info=error)


def _refused(connection: Connection[Any], call: CallReceived, answer: Answer) -> Answer:
    if connection.closed:
        return Answer(cause=answer.cause)
    refusal = answer.error or OcppError(ErrorCode.INTERNAL)
    if isinstance(refusal, NoAnswer):
        connection.drop(call)
        return answer
    try:
        connection.reject(call, refusal.code, refusal.description, refusal.details)
    except ENDS_OF_PROCESS:
        raise
    except BaseException as error:
        connection.reject(call, ErrorCode.INTERNAL)
        answer = failed(error)
    return answer


def failed(cause: BaseException) -> Answer:
    """What the peer is told when something on our side goes wrong, and why, for us."""
    return Answer(error=OcppError(ErrorCode.INTERNAL), cause=cause)


def _raised(error: BaseException) -> Answer:
    """The answer where a handler has raised: whatever it does, the peer gets one. Raises what ends the task."""
    if isinstance(error, OcppError):
        return Answer(error=error)
    if is_of_task(error):
        raise error
    return failed(error)


def _names(classes: Iterable[type]) -> str:
    return ", ".join(cls.__name__ for cls in classes)


def _wrapped(middleware: Middleware, inner: Handle) -> Handle:
    async def handle(message: Any, caller: Any) -> Any:
        return await middleware(message, caller, inner)

    return handle


def _unknown_data(is_vendor_known: bool) -> Callable[..., Any]:
    def handler(request: Request[Any], _: Any) -> Response:
        status = "UnknownMessageId" if is_vendor_known else "UnknownVendorId"
        return from_wire(response_class(request), {"status": status})

    return handler


async def _result(value: Any) -> Any:
    if isinstance(value, Payload) or not inspect.isawaitable(value):
        return value
    await own_task()
    return await value
