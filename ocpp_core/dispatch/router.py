"""Handlers by message class, the hooks that run after them, and the middleware around them.

A handler takes a request and the caller, and returns the response or raises `OcppError`; it may be a coroutine function
or a plain one. A `Router` knows no connection: `ocpp_core.dispatch.peer` drives it, and `answer` serves a single frame
without one.
"""

import inspect
import reprlib
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from attrs import field, frozen

from ocpp_core.dispatch.connection import (
    DEFAULT,
    CallReceived,
    Codec,
    Connection,
    Default,
    NotificationReceived,
)
from ocpp_core.dispatch.ends import ENDS_OF_PROCESS, is_of_task
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import ConnectionLostError, LocalProtocolError, NoAnswer, OcppError
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.printing import shown
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Specification
from ocpp_core.payloads.conversion import from_wire

_log = logger("router")

#: A message of either wire.
M = TypeVar("M", str, bytes)
R = TypeVar("R", bound=Response)
H = TypeVar("H", bound=Callable[..., Any])


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


@frozen
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
    """

    def __init__(self, *, receives: Role | None = None) -> None:
        self._receives = receives
        self._handlers: dict[type[Payload], Callable[..., Any]] = {}
        self._data_handlers: dict[type[Payload], dict[tuple[str, str | None], Callable[..., Any]]] = {}
        self._after: dict[type[Payload], list[Callable[..., Any]]] = {}
        self._fallback: Callable[..., Any] | None = None
        self._middleware: list[Middleware] = []

    # Registering

    def on(self, *classes: type[Payload]) -> Callable[[H], H]:
        """Registers the handler of one or more request (or, for SEND, notification) classes.

        Raises:
            LocalProtocolError: A class is no request of a version (a subclass is none), or has a handler already.
        """

        def register(handler: H) -> H:
            for cls in classes:
                if not issubclass(cls, Request | Notification) or "__ocpp__" not in vars(cls):
                    hint = (
                        f"; did you mean {cls.__name__}Request?"
                        if not cls.__name__.endswith("Request")
                        else ""
                    )
                    raise LocalProtocolError(f"{cls.__name__} is no request of a version{hint}")
                if cls in self._handlers:
                    raise LocalProtocolError(f"{cls.__name__} has a handler: {_name_of(self._handlers[cls])}")
                self._handlers[cls] = handler
            return handler

        return register

    def on_data(self, cls: type[Payload], vendor: str, message: str | None = None) -> Callable[[H], H]:
        """Registers the handler of the DataTransfer requests of one vendor, or of one message of it.

        The most particular handler is taken. Once there is any, a vendor or message that has none is answered with
        UnknownVendorId or UnknownMessageId, unless `on` has a handler for the class.

        Raises:
            LocalProtocolError: That message, or that vendor as a whole, has a handler already.
        """

        def register(handler: H) -> H:
            handlers = self._data_handlers.setdefault(cls, {})
            if (vendor, message) in handlers:
                known = _name_of(handlers[vendor, message])
                raise LocalProtocolError(f"{cls.__name__} of {vendor!r}, {message!r} has a handler: {known}")
            handlers[vendor, message] = handler
            return handler

        return register

    def on_any(self, handler: H) -> H:
        """Registers the handler of all requests that have no other."""
        self._fallback = handler
        return handler

    def after(self, cls: type[Payload]) -> Callable[[H], H]:
        """Registers a hook that runs once the answer to a request has been sent: ``(request, response, peer)``."""

        def register(hook: H) -> H:
            self._after.setdefault(cls, []).append(hook)
            return hook

        return register

    def middleware(self, middleware: Middleware) -> Middleware:
        """Registers a wrapper around every handler: ``(message, peer, handle)``. The first one is outermost.

        It returns what ``await handle(message, peer)`` does: a response, or None for a notification (2.1: SEND). What
        it raises is treated as what a handler raises.
        """
        self._middleware.append(middleware)
        return middleware

    # Handling

    async def handle(self, request: Request[Any], caller: Any) -> Answer:
        """Finds and runs the handler. Never raises but for what ends the task or the process, see `is_of_task`."""
        try:
            response = await self._chain(request, caller)
            if not isinstance(response, Response):  # a handler may return anything
                action = request.__ocpp__.action
                raise LocalProtocolError(
                    f"{action} is answered by {action}Response, not by {reprlib.repr(response)}."
                )
        except OcppError as error:
            return Answer(error=error)
        except BaseException as error:  # whatever a handler does, the peer gets an answer
            if is_of_task(error):
                raise
            return failed(error)
        return Answer(response)

    async def notify(self, message: Notification, caller: Any) -> None:
        """Runs the handler of a message that wants no answer. What it raises is logged."""
        action = message.__ocpp__.action
        try:
            await self._chain(message, caller)
        except OcppError as error:
            _log.info("%s: %s is ignored: %s %s", caller.identity, action, error.code, error.description)
        except BaseException as error:
            if is_of_task(error):
                raise
            _note_failure(caller, f"the handler of {action}", error)

    async def run_after(self, request: Request[Any], response: Response, caller: Any) -> None:
        """Runs the hooks of a request whose answer has been sent; a hook that raises is logged."""
        for hook in self._after.get(type(request), ()):
            try:
                await _result(hook(request, response, caller))
            except BaseException as error:
                if is_of_task(error):
                    raise
                _note_failure(caller, f"the hook {_name_of(hook)}", error)

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

    async def _chain(self, message: Payload, caller: Any) -> Any:
        handle: Handle = self._run_handler
        for middleware in reversed(self._middleware):
            handle = _wrapped(middleware, handle)
        return await handle(message, caller)

    async def _run_handler(self, message: Payload, caller: Any) -> Any:
        definition = message.__ocpp__
        if self._receives is not None and self._receives is definition.sent_by:
            raise OcppError(ErrorCode.NOT_SUPPORTED, f"{definition.action} is not for this side")
        handler = self._find(message)
        if handler is None:
            raise OcppError(ErrorCode.NOT_SUPPORTED, f"{definition.action} is not supported here")
        return await _result(handler(message, caller))

    def _find(self, message: Payload) -> Callable[..., Any] | None:
        cls = type(message)
        by_vendor = self._data_handlers.get(cls)
        if by_vendor is not None:
            vendor, message_id = getattr(message, "vendor_id", ""), getattr(message, "message_id", None)
            handler = by_vendor.get((vendor, message_id)) or by_vendor.get((vendor, None))
            if handler is None and cls not in self._handlers:
                return _unknown_data(vendor in {known for known, _ in by_vendor})
            if handler is not None:
                return handler
        return self._handlers.get(cls) or self._fallback


class LoneCaller:
    """The sender of a single frame: nobody to call back."""

    def __init__(self, identity: str, specification: Specification) -> None:
        self.identity = identity
        self.specification = specification

    async def call(self, request: Request[R], *, timeout: float | Default | None = DEFAULT) -> R:
        """Raises `LocalProtocolError`: there is no connection to call over."""
        raise LocalProtocolError("A single frame has been answered; there is no connection to call over.")


def conclude(connection: Connection[Any], call: CallReceived, answer: Answer, caller: Caller) -> Answer:
    """Sends the answer to a call, if it may be sent: a response that breaks its schema becomes InternalError.

    Returns:
        What was sent: neither a response nor an error if the connection had ended. What went wrong on our side is
        logged. You must send ``connection.messages_to_send`` next.
    """
    answer = Answer(cause=answer.cause) if connection.closed else _sent(connection, call, answer)
    if answer.cause is not None:
        _note_failure(caller, f"the handler of {call.request.__ocpp__.action}", answer.cause)
    return answer


def _note_failure(caller: Caller, what: str, error: BaseException) -> None:
    if isinstance(error, ConnectionLostError):  # it called back, and nobody was there: no fault of ours
        _log.info("%s: %s has failed: %s", caller.identity, what, error)
    else:
        _log.error("%s: %s has failed", caller.identity, what, exc_info=error)


def _sent(connection: Connection[Any], call: CallReceived, answer: Answer) -> Answer:
    if answer.response is not None:
        try:
            connection.reply(call, answer.response)
        except ENDS_OF_PROCESS:
            raise
        except BaseException as error:  # it breaks its schema, or raises when it is looked at
            answer = failed(error)
        else:
            return answer
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


def _name_of(function: Callable[..., Any]) -> str:
    """A `functools.partial` or an object that can be called has no name of its own."""
    return getattr(function, "__qualname__", None) or reprlib.repr(function)


def _wrapped(middleware: Middleware, inner: Handle) -> Handle:
    async def handle(message: Any, caller: Any) -> Any:
        return await middleware(message, caller, inner)

    return handle


def _unknown_data(is_vendor_known: bool) -> Callable[..., Any]:
    def handler(request: Request[Any], _: Any) -> Response:
        status = "UnknownMessageId" if is_vendor_known else "UnknownVendorId"
        cls: type[Response] = specification(request.__ocpp__.version).response("DataTransfer")
        return from_wire(cls, {"status": status})

    return handler


async def _result(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
