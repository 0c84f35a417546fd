"""What the hooks of a Peer are told, and what it logs."""

import asyncio
import logging
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import Mock

import pytest

from loops import asynchronous, in_no_time, until
from ocpp_core import ErrorCode, LocalProtocolError, OcppError, Response, v16, v201
from ocpp_core.dispatch.connection import (
    CallLost,
    CallTimedOut,
    ErrorReceived,
    PendingCall,
    ReplyRefused,
    ResultReceived,
)
from ocpp_core.dispatch.hooks import Hooks, Observer, Refused
from ocpp_core.dispatch.router import Answer, Router
from ocpp_core.model.errors import CallRejectedError
from ocpp_core.model.messages import Request
from ocpp_core.transports.memory import pair
from wire import NOW, RESET, Wire, heartbeat, wire

# --- hooks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hooks", [Hooks(), None])
def test_hooks_come_in_a_list(hooks: Any) -> None:
    with pytest.raises(LocalProtocolError, match="hooks are given as a list"):
        Wire(hooks=hooks)


class Noting(Hooks):
    def __init__(self) -> None:
        self.notes: list[Any] = []

    def frame(self, peer: Any, direction: str, size: int) -> None:
        self.notes.append((direction, size))

    def call_ended(self, peer: Any, request: Any, outcome: Any, seconds: float) -> None:
        assert seconds >= 0
        self.notes.append(type(outcome))

    def call_answered(self, peer: Any, request: Any, answer: Any, seconds: float) -> None:
        assert seconds >= 0
        self.notes.append(answer)


@asynchronous
async def test_hooks_are_told_of_frames_calls_and_answers() -> None:
    hooks = Noting()
    async with wire(hooks=[hooks], call_timeout=0.01) as other:
        call = asyncio.create_task(other.peer.call(RESET, timeout=1))
        await other.answer('[3,"1",{"status":"Accepted"}]')
        await call
        call = asyncio.create_task(other.peer.call(RESET, timeout=1))
        await until(lambda: len(other.sent) == 2)
        other.put('[4,"2","GenericError","",{}]')
        await asyncio.gather(call, return_exceptions=True)
        await asyncio.gather(other.peer.call(RESET), return_exceptions=True)
        call = asyncio.create_task(other.peer.call(RESET, timeout=None))
        await until(lambda: len(other.sent) == 4)
    await asyncio.gather(call, return_exceptions=True)

    ends = [note for note in hooks.notes if isinstance(note, type)]
    assert ends == [ResultReceived, ErrorReceived, CallTimedOut, CallLost]
    assert ("out", len('[2,"1","Reset",{"type":"Soft"}]')) in hooks.notes
    received = [note for note in hooks.notes if isinstance(note, tuple) and note[0] == "in"]
    frames = ('[3,"1",{"status":"Accepted"}]', '[4,"2","GenericError","",{}]')
    assert received == [("in", len(frame)) for frame in frames]


@asynchronous
async def test_a_call_that_is_handled_when_the_connection_has_ended_was_not_answered() -> None:
    hooks = Noting()
    router = Router()

    @router.on(v16.HeartbeatRequest)
    async def late(_: Any, peer: Any) -> v16.HeartbeatResponse:
        await until(lambda: peer._connection.closed)
        return heartbeat()

    async with wire(router, hooks=[hooks]) as other:
        other.put('[2,"1","Heartbeat",{}]')
        await until(lambda: other.peer._tasks)

    assert [("in", 22)] == hooks.notes


@asynchronous
async def test_hooks_surround_calls_and_handlers_in_their_order() -> None:
    notes: list[str] = []

    class Surrounding(Hooks):
        def __init__(self, name: str) -> None:
            self.name = name

        @contextmanager
        def around(self, what: str, message: Any) -> Any:
            notes.append(f"> {self.name} {what}")
            try:
                yield
            except CallRejectedError as error:
                notes.append(error.description)
                raise
            finally:
                notes.append(f"< {self.name} {what}")

        def calling(self, peer: Any, request: Any) -> Any:
            return self.around("calling", request)

        def handling(self, peer: Any, message: Any) -> Any:
            return self.around("handling", message)

    csms = Router()

    @csms.on(v16.HeartbeatRequest)
    def refuse(*_: Any) -> Any:
        raise OcppError(ErrorCode.INTERNAL, "no")

    async with pair("1.6", csms=csms, hooks=[Surrounding("a"), Surrounding("b")]) as (peer, _):
        with pytest.raises(CallRejectedError):
            await peer.call(v16.HeartbeatRequest())

    assert notes == [
        *("> a calling", "> b calling"),
        *("> a handling", "> b handling", "< b handling", "< a handling"),
        *("no", "< b calling", "no", "< a calling"),
    ]


@pytest.mark.parametrize("moment", ["entered", "left"])
@asynchronous
async def test_surroundings_that_raise_do_no_harm(caplog: pytest.LogCaptureFixture, moment: str) -> None:
    @contextmanager
    def failing() -> Any:
        try:
            if moment == "left":
                yield
        finally:
            raise RuntimeError("a hook's surroundings")

    class Failing(Hooks):
        def calling(self, peer: Any, request: Any) -> Any:
            return failing()

        def handling(self, peer: Any, message: Any) -> Any:
            return failing()

    csms = Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    async with pair("1.6", csms=csms, hooks=[Failing()]) as (peer, _):
        assert (await peer.call(v16.HeartbeatRequest())).current_time == NOW
        with pytest.raises(CallRejectedError):
            await peer.call(v16.AuthorizeRequest(id_tag="T"))

    assert 4 == len([record for record in caplog.records if record.name == "ocpp_core.hooks"])


@asynchronous
async def test_surroundings_cannot_hide_an_error() -> None:
    class Hiding(Hooks):
        def calling(self, peer: Any, request: Any) -> Any:
            return suppress(Exception)

    async with pair("1.6", hooks=[Hiding()]) as (peer, _):
        with pytest.raises(CallRejectedError):
            await peer.call(v16.HeartbeatRequest())


@asynchronous
async def test_hooks_that_raise_are_logged_and_do_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Hooks):
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("frame hook")

    csms, station = Router(), Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    async with pair("1.6", csms=csms, station=station, hooks=[Failing()]) as (peer, _):
        await peer.call(v16.HeartbeatRequest())

    assert "frame hook" in caplog.text


@in_no_time
async def test_hooks_are_told_how_long_calls_and_answers_took() -> None:
    """In seconds: an answer from the turn of its call on, a call of ours from its sending on and not from before."""
    told: list[Any] = []

    class Timing(Hooks):
        def call_ended(self, peer: Any, request: Any, outcome: Any, seconds: float) -> None:
            told.append((f"ended {type(outcome).__name__}", seconds))

        def call_answered(self, peer: Any, request: Any, answer: Any, seconds: float) -> None:
            told.append((f"answered {request.__ocpp__.action}", seconds))

    router = Router()

    @router.on(v16.HeartbeatRequest)
    async def slow(*_: Any) -> v16.HeartbeatResponse:
        await asyncio.sleep(7)
        return heartbeat()

    @router.on(v16.AuthorizeRequest)
    async def cancel(*_: Any) -> Any:
        await asyncio.sleep(2)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    async with wire(router, hooks=[Timing()]) as other:
        other.put('[2,"1","Heartbeat",{}]')
        other.put('[2,"2","Authorize",{"idTag":"T"}]')
        calls = [asyncio.create_task(other.peer.call(RESET, timeout=seconds)) for seconds in (3, 4)]
        await asyncio.gather(*calls, return_exceptions=True)
        await until(lambda: len(told) == 4)

    assert [
        ("ended CallTimedOut", pytest.approx(3)),
        ("ended CallTimedOut", pytest.approx(4)),
        ("answered Heartbeat", pytest.approx(7)),
        ("answered Authorize", pytest.approx(2)),
    ] == sorted(told, key=lambda each: (each[0][0] != "e", [3, 4, 7, 2].index(round(each[1]))))


# --- logs --------------------------------------------------------------------------------------------------------


KEY = "hunter2hunter2hunter2"

SECRETS: dict[str, tuple[str, Request[Any] | Response]] = {
    "ChangeConfiguration": (
        "1.6",
        v16.ChangeConfigurationRequest(key="AuthorizationKey", value=KEY),
    ),
    "SetVariables": (
        "2.0.1",
        v201.SetVariablesRequest(
            set_variable_data=[
                v201.SetVariableData(
                    attribute_value=KEY,
                    component=v201.Component(name="SecurityCtrlr"),
                    variable=v201.Variable(name="BasicAuthPassword"),
                )
            ]
        ),
    ),
}


@pytest.mark.parametrize("name", SECRETS)
def test_frames_are_logged_without_secrets(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ocpp_core")
    version, request = SECRETS[name]
    assert isinstance(request, Request)

    @asynchronous
    async def run() -> None:
        async with pair(version) as (_, peer):
            with pytest.raises(CallRejectedError):
                await peer.call(request)

    run()

    record = next(record for record in caplog.records if record.name == "ocpp_core.frames")
    assert name in record.getMessage()
    assert record.__dict__["identity"] == "CP-1"
    assert KEY not in caplog.text


@pytest.mark.parametrize("length, is_whole", [(110, True), (130, False)])
def test_of_a_path_of_who_was_refused_a_line_shows_what_fits(length: int, is_whole: bool) -> None:
    path = "/" + "x" * (length - 1)

    assert is_whole is (f"path {path}, " in str(Refused(path=path, status=404, reason="no such station")))


def test_a_value_without_a_name_is_no_name() -> None:
    refused = Refused(path="/CP-1?hunter2&key=hunter3&&hunter4", status=404, reason="no")

    assert "path /CP-1?***&key=&&***," in str(refused)


def test_of_what_was_offered_eight_names_are_shown() -> None:
    told = str(Refused(path="/CP-1", offered=[f"v{number}" for number in range(10)], status=404, reason="no"))

    assert "offers v0, v1, v2, v3, v4, v5, v6, v7)" in told


def test_who_is_refused_and_what_is_translated_every_hook_is_told(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Any] = []

    class All(Hooks):
        def refused(self, refused: Refused) -> None:
            told.append(refused)

        def translated(self, peer: Any, direction: str, request: Any, answer: Any) -> None:
            told.append((direction, request, answer))

    refused = Refused(status=404, reason="no such station")
    answer = Answer(response=heartbeat())
    both = Observer([All(), All()])
    with caplog.at_level(logging.INFO):
        both.refused(refused)
    both.translated(Mock(), "in", v201.HeartbeatRequest(), answer)

    assert [refused] * 2 + [("in", v201.HeartbeatRequest(), answer)] * 2 == told
    assert [str(refused)] == [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    "event",
    [
        ReplyRefused("1", ErrorCode.GENERIC, "wrong password", {"sent": KEY}),
        ErrorReceived(PendingCall("1", RESET, None), ErrorCode.GENERIC, "wrong password", {"sent": KEY}),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_a_peer_says_of_a_secret_an_event_does_not_show(event: Any) -> None:
    assert repr(event).startswith(f"{type(event).__name__}(")
    assert KEY not in repr(event)
