"""What a handler may be, and a call: what type checkers hold them to, and what is seen to when they are given.

A handler takes a request (or a base of it) and the caller, and returns the response of that request, or an awaitable of
it. Type checkers know the response by `Request.__exchange__`, so that nobody writes a generic argument.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from types import FunctionType, MethodType
from typing import Any, Protocol, TypeVar, overload

from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.passed import passed

Q = TypeVar("Q")
R = TypeVar("R")
T = TypeVar("T")
Q_co = TypeVar("Q_co", covariant=True)
R_co = TypeVar("R_co", covariant=True)


class Exchange(Protocol[Q_co, R_co]):
    """A class of messages: of requests ``Q`` that ``R`` answers, or of notifications, which None answers."""

    def __exchange__(self) -> tuple[Q_co, R_co]:
        """See `Request.__exchange__`. Nothing calls it."""
        ...

    def __call__(self, *arguments: Any, **fields: Any) -> Any:
        """As a class can be called, and no message."""
        ...


class Registering(Protocol[Q, R]):
    """Registers a handler of ``Q``, which ``R`` answers, and hands it back."""

    @overload
    def __call__(
        self, handler: Callable[[Q, Any], Coroutine[Any, Any, R]], /
    ) -> Callable[[Q, Any], Coroutine[Any, Any, R]]: ...
    @overload
    def __call__(self, handler: Callable[[Q, Any], R], /) -> Callable[[Q, Any], R]: ...
    @overload
    def __call__(
        self, handler: Callable[[Q, Any], R | Awaitable[R]], /
    ) -> Callable[[Q, Any], R | Awaitable[R]]: ...


class RegisteringHook(Protocol[Q, R]):
    """Registers a hook that runs after ``Q`` was answered with ``R``, and hands it back."""

    def __call__(self, hook: Callable[[Q, R, Any], T], /) -> Callable[[Q, R, Any], T]:
        """What the hook returns is awaited, if it can be, and means nothing."""
        ...


#: What each kind of function is called with.
HANDLER = ("request", "peer")
HOOK = ("request", "response", "peer")
MIDDLEWARE = ("message", "peer", "handle")


def name_of(function: Any) -> str:
    """A name for people, also of what has none of its own: a `functools.partial`, or an object that can be called."""
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__qualname__", None) or passed(function)


def require_classes(method: str, classes: Sequence[Any], bases: tuple[type[Payload], ...]) -> None:
    """Makes sure that these are classes of messages that somebody sends.

    Args:
        method: Of the router, for the sentence.
        classes: What it was called with.
        bases: What they have to be: requests, or notifications too.

    Raises:
        TypeError: One is no class at all: the name of an action, an instance, or the handler.
        LocalProtocolError: A class is no request of a version (a subclass is none).
    """
    example = f"@router.{method}(v16.HeartbeatRequest)"
    if not classes:
        raise TypeError(f"Router.{method} is called with the classes that are meant: {example}; got none")
    for cls in classes:
        if isinstance(cls, FunctionType | MethodType):
            raise TypeError(
                f"Router.{method} is called with classes, and what that gives with the function: {example}; "
                f"got the function {cls.__qualname__}"
            )
        if not isinstance(cls, type):
            raise TypeError(f"Router.{method} takes classes, such as v16.HeartbeatRequest; got {passed(cls)}")
        if not issubclass(cls, bases) or "__ocpp__" not in vars(cls):
            raise LocalProtocolError(f"{cls.__name__} is no request of a version{_hint(cls)}")


def _hint(cls: type) -> str:
    if cls in (Request, Notification, Payload):
        return "; what has no handler of its own goes to Router.on_any"
    if issubclass(cls, Response):
        return f"; did you mean {cls.__name__.removesuffix('Response')}Request?"
    if issubclass(cls, Notification):
        return "; it wants no answer, so that nothing comes after one"
    return "; no message is read as a subclass" if issubclass(cls, Request) else ""


def require_function(function: Any, of: str, wanted: tuple[str, ...]) -> None:
    """Makes sure that a function can be called with what it will be called with.

    Args:
        function: A function, a bound method, a `functools.partial` or an object that can be called.
        of: What it was registered for, for the sentence.
        wanted: Names of the arguments, which are handed over by position.

    Raises:
        TypeError: It cannot be called, or not with so many arguments.
    """
    call = f"({', '.join(wanted)})"
    if not callable(function) or (isinstance(function, type) and issubclass(function, Payload)):
        raise TypeError(f"{of} needs a function that is called with {call}; got {passed(function)}")
    try:
        signature = inspect.signature(function)
    except ValueError:  # some that are written in C do not say
        return
    try:
        signature.bind(*wanted)
    except TypeError:
        hint = ""
        if next(iter(signature.parameters), "") == "self":
            hint = "; register the method of an object, not that of its class"
        elif isinstance(function, type):
            hint = f"; did you mean an object of it, {function.__name__}()?"
        raise TypeError(
            f"{of} is called with {call}, but {name_of(function)} takes {signature}{hint}"
        ) from None


def require_request(request: Any) -> None:
    """Makes sure that it is a request that somebody calls with.

    Raises:
        TypeError: It is no message at all: the name of one, or its class.
        LocalProtocolError: It is a message that nothing answers.
    """
    if not isinstance(request, Request):
        raise _misplaced(request, "call() takes a request, such as v16.HeartbeatRequest()")


def require_notification(message: Any) -> None:
    """Makes sure that it is a message that wants no answer.

    Raises:
        TypeError: It is no message at all.
        LocalProtocolError: It is a request or a response.
    """
    if not isinstance(message, Notification):
        raise _misplaced(message, "notify() takes a notification, such as v21.NotifyPeriodicEventStream(...)")


def wrong_response(action: str | None, response: Any) -> LocalProtocolError:
    """What is raised when a handler has returned what does not answer its request: it may return anything."""
    return LocalProtocolError(f"{action} is answered by {action}Response, not by {passed(response)}.")


def _misplaced(value: Any, wanted: str) -> Exception:
    meant = ""
    if isinstance(value, type) and issubclass(value, Request | Notification):
        meant = "; its fields belong in parentheses behind it"
    elif isinstance(value, Notification):
        meant = ", which wants no answer: notify() sends it"
    elif isinstance(value, Request):
        meant = ", which wants an answer: call() sends it"
    elif isinstance(value, Response):
        meant = ", which is what a handler returns"
    kind = LocalProtocolError if isinstance(value, Payload) else TypeError
    return kind(f"{wanted}; got {passed(value)}{meant}")


def require_codec(codec: Any) -> None:
    """Makes sure that it is a codec.

    Raises:
        TypeError: It is something else, such as the version that one is made of.
    """
    if isinstance(codec, str | type) or not hasattr(codec, "decode"):
        raise TypeError(f'a codec is needed, such as JsonCodec("1.6"); got {passed(codec)}')
