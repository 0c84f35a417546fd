"""A request carries the class of its response through code that knows neither. Checked, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Awaitable, Callable
from typing import TypeVar, assert_type

from ocpp_core import Request, Response, from_wire, v15, v16, v20, v21, v201

R = TypeVar("R", bound=Response)


def call(request: Request[R]) -> R:
    """What a client does: sends the request and hands back the response."""
    raise NotImplementedError(request)


async def call_later(request: Request[R]) -> R:
    """The same, asynchronously."""
    return call(request)


def on(cls: type[Request[R]], handler: Callable[[Request[R]], Awaitable[R]]) -> None:
    """What a server does: the handler of a request returns its response."""


assert_type(call(v16.ResetRequest(type=v16.ResetType.HARD)), v16.ResetResponse)
assert_type(call(v16.ResetRequest(type=v16.ResetType.HARD)).status, v16.ResetStatus)
assert_type(call(v15.HeartbeatRequest()), v15.HeartbeatResponse)
assert_type(call(v20.HeartbeatRequest()), v20.HeartbeatResponse)
assert_type(call(v201.HeartbeatRequest()), v201.HeartbeatResponse)
assert_type(call(v21.HeartbeatRequest()), v21.HeartbeatResponse)


async def main() -> None:
    assert_type(await call_later(v201.ClearCacheRequest()), v201.ClearCacheResponse)


async def wrong(request: Request[v16.HeartbeatResponse]) -> v16.ResetResponse:
    raise NotImplementedError(request)


on(v16.HeartbeatRequest, call_later)
on(v16.HeartbeatRequest, wrong)  # type: ignore[arg-type]

# What wants no answer cannot be called, and a response neither.
stream = from_wire(v21.NotifyPeriodicEventStream, {})
call(stream)  # type: ignore[arg-type]
call(v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))  # type: ignore[arg-type]
