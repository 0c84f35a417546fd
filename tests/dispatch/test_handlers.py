"""Registering: what is said of a handler that could never work, when it is registered and not when a station calls."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from ocpp_core import LocalProtocolError, Request, Role, Router, v16, v21
from ocpp_core.dispatch import BootGate
from ocpp_core.dispatch.handlers import name_of
from ocpp_core.jsonrpc.codec import JsonCodec

HEARTBEAT = '[2,"1","Heartbeat",{}]'
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def good(request: Any, peer: Any) -> Any:
    return None


class Store:
    def boot(self, request: Any, peer: Any) -> Any:
        return None

    def booted(self, request: Any, response: Any, peer: Any) -> Any:
        return None

    def __call__(self, request: Any, peer: Any) -> Any:
        return None


def three(store: Any, request: Any, peer: Any) -> Any:
    return None


def one(request: Any) -> Any:
    return None


def keyword(request: Any, *, peer: Any) -> Any:
    return None


# --- what is no class, and which class is none ---------------------------------------------------------------------

#: What a method is called with; the error; what is said of it.
NO_CLASSES: dict[str, tuple[Any, type[Exception], str]] = {
    "text": (
        ("BootNotification",),
        TypeError,
        "Router.on takes classes, such as v16.HeartbeatRequest; got the text 'BootNotification'",
    ),
    "an object": (
        (v16.HeartbeatRequest(),),
        TypeError,
        "such as v16.HeartbeatRequest; got a HeartbeatRequest",
    ),
    "a version": ((v16,), TypeError, "got the module ocpp_core.v16"),
    "None": ((None,), TypeError, "got None"),
    "a list": (([v16.HeartbeatRequest],), TypeError, "got a list"),
    "nothing": ((), TypeError, "with the classes that are meant: @router.on(v16.HeartbeatRequest); got none"),
    "the handler": (
        (good,),
        TypeError,
        "what that gives with the function: @router.on(v16.HeartbeatRequest); got the function good",
    ),
    "a method": ((Store().boot,), TypeError, "got the function Store.boot"),
    "a response": (
        (v16.AuthorizeResponse,),
        LocalProtocolError,
        "AuthorizeResponse is no request of a version; did you mean AuthorizeRequest?",
    ),
    "a data type": ((v16.IdTagInfo,), LocalProtocolError, "IdTagInfo is no request of a version"),
    "the base": (
        (Request,),
        LocalProtocolError,
        "Request is no request of a version; what has no handler of its own goes to Router.on_any",
    ),
    "another class": ((str,), LocalProtocolError, "str is no request of a version"),
    "the second": ((v16.HeartbeatRequest, "Boot"), TypeError, "got the text 'Boot'"),
}


@pytest.mark.parametrize("classes, error, said", NO_CLASSES.values(), ids=NO_CLASSES)
@pytest.mark.parametrize("method", ["on", "after"])
def test_what_is_no_request_is_named_before_there_is_a_handler(
    method: str, classes: Any, error: type[Exception], said: str
) -> None:
    router: Any = Router()

    with pytest.raises(error) as info:
        getattr(router, method)(*classes)

    assert said.replace("Router.on ", f"Router.{method} ").replace(
        "@router.on(", f"@router.{method}("
    ) in str(info.value)


def test_a_subclass_and_a_notification_are_told_why() -> None:
    class Mine(v16.HeartbeatRequest):
        pass

    router: Any = Router()

    with pytest.raises(
        LocalProtocolError, match="Mine is no request of a version; no message is read as a subclass"
    ):
        router.on(Mine)
    with pytest.raises(LocalProtocolError, match="wants no answer, so that nothing comes after one"):
        router.after(v21.NotifyPeriodicEventStream)


def test_data_comes_in_data_transfers_only() -> None:
    router: Any = Router()

    with pytest.raises(LocalProtocolError, match="StatusNotificationRequest is no DataTransferRequest"):
        router.on_data(v16.StatusNotificationRequest, "V")
    with pytest.raises(TypeError, match="takes the vendorId as text; got 1"):
        router.on_data(v16.DataTransferRequest, 1)
    with pytest.raises(TypeError, match=r"Router.on_data takes classes, .* got the text 'DataTransfer'"):
        router.on_data("DataTransfer", "V")


def test_a_router_receives_one_side_or_both() -> None:
    with pytest.raises(
        TypeError, match=r"receives is Role.CSMS, Role.CHARGE_POINT or None; got the text 'CSMS'"
    ):
        Router(receives="CSMS")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="got a Role"):
        Router(receives=Role.EITHER)


# --- what cannot be called as a handler is -------------------------------------------------------------------------

NO_HANDLERS: dict[str, tuple[Any, str]] = {
    "one parameter": (
        one,
        "The handler of HeartbeatRequest is called with (request, peer), but one takes (request: Any) -> Any",
    ),
    "three parameters": (three, "but three takes (store: Any, request: Any, peer: Any) -> Any"),
    "by keyword": (keyword, "but keyword takes (request: Any, *, peer: Any) -> Any"),
    "too partial": (partial(three, 1, 2), "takes (peer: Any) -> Any"),
    "a method of a class": (
        Store.boot,
        "peer: Any) -> Any; register the method of an object, not that of its class",
    ),
    "a class": (Store, "Store takes (); did you mean an object of it, Store()?"),
    "a message class": (
        v16.HeartbeatResponse,
        "is called with (request, peer); got the class HeartbeatResponse",
    ),
    "a response": (v16.ClearCacheResponse(status=v16.ClearCacheStatus.ACCEPTED), "got a ClearCacheResponse"),
    "None": (
        None,
        "The handler of HeartbeatRequest needs a function that is called with (request, peer); got None",
    ),
}


@pytest.mark.parametrize("handler, said", NO_HANDLERS.values(), ids=NO_HANDLERS)
def test_a_handler_with_other_parameters_is_refused(handler: Any, said: str) -> None:
    router = Router()

    with pytest.raises(TypeError) as info:
        router.on(v16.HeartbeatRequest)(handler)

    assert said in str(info.value)
    router.on(v16.HeartbeatRequest)(good)


#: What else registers a function, what it is called with, and a function that it refuses.
OTHERS: dict[str, tuple[Callable[[Any], Any], str, Any]] = {
    "on_data": (
        lambda router: router.on_data(v16.DataTransferRequest, "V"),
        "The handler of DataTransferRequest is called with (request, peer)",
        one,
    ),
    "on_any": (
        lambda router: router.on_any,
        "The handler of Router.on_any is called with (request, peer)",
        one,
    ),
    "after": (
        lambda router: router.after(v16.ResetRequest),
        "The hook after ResetRequest is called with (request, response, peer)",
        good,
    ),
    "middleware": (
        lambda router: router.middleware,
        "The middleware of a router is called with (message, peer, handle)",
        good,
    ),
}


@pytest.mark.parametrize("register, said, function", OTHERS.values(), ids=OTHERS)
def test_so_is_every_other_function(register: Any, said: str, function: Any) -> None:
    router = Router()

    with pytest.raises(TypeError) as info:
        register(router)(function)

    assert str(info.value).startswith(f"{said}, but {function.__name__} takes (request: Any")


def test_a_gate_is_registered_as_an_object() -> None:
    router: Any = Router()

    with pytest.raises(TypeError, match=r"did you mean an object of it, BootGate\(\)\?"):
        router.middleware(BootGate)
    router.middleware(BootGate())


def test_on_any_is_for_one_handler_and_for_no_class() -> None:
    router: Any = Router()

    with pytest.raises(TypeError, match=r"needs a function .* got the class HeartbeatRequest"):
        router.on_any(v16.HeartbeatRequest)
    router.on_any(good)
    with pytest.raises(LocalProtocolError, match=r"Router.on_any has a handler: good"):
        router.on_any(good)


HANDLERS: dict[str, Any] = {
    "a function": good,
    "a lambda": lambda *_: None,
    "a method": Store().boot,
    "an object": Store(),
    "a partial": partial(three, Store()),
    "with a default": lambda request, peer, more=1: None,
    "written in C": max,  # says nothing of its parameters
}


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_whatever_can_be_called_so_is_a_handler(handler: Any) -> None:
    router = Router()

    assert handler is router.on(v16.HeartbeatRequest)(handler)


def test_a_handler_that_is_refused_has_registered_nothing() -> None:
    """All of its classes, or none."""
    router: Any = Router()
    router.on(v16.HeartbeatRequest)(good)

    with pytest.raises(LocalProtocolError, match="HeartbeatRequest has a handler: good"):
        router.on(v16.ResetRequest, v16.HeartbeatRequest)(Store())
    router.on(v16.ResetRequest)(good)


def test_a_hook_runs_after_several_requests_and_once_for_each() -> None:
    router: Any = Router()
    seen: list[str] = []
    router.on(v16.HeartbeatRequest, v21.HeartbeatRequest)(
        lambda request, _: (v16 if isinstance(request, v16.HeartbeatRequest) else v21).HeartbeatResponse(
            current_time=NOW
        )
    )
    router.after(v16.HeartbeatRequest, v21.HeartbeatRequest, v16.HeartbeatRequest)(
        lambda request, response, peer: seen.append(peer.specification.version)
    )
    for version in ("1.6", "2.1"):
        asyncio.run(router.answer(HEARTBEAT, codec=JsonCodec(version)))

    assert ["1.6", "2.1"] == seen


def test_a_function_that_has_no_name_is_shown() -> None:
    assert "good" == name_of(partial(partial(good, 1), 2))
    assert "a Store" == name_of(Store())
