"""What is raised and is no `Exception`: by handlers, middleware and hooks. It ends one call, and nothing else."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import pytest

from loops import asynchronous, until
from ocpp_core import ErrorCode, JsonCodec, OcppError, specification, v16, v21
from ocpp_core.dispatch.connection import CallOutcome, CallReceived, Connection, Ignored, PendingCall
from ocpp_core.dispatch.hooks import Hooks, Observer
from ocpp_core.dispatch.router import Answer, LoneCaller, Router, conclude
from ocpp_core.transports.memory import pair
from wire import NOW, RESET, Wire, heartbeat, wire


class Panic(BaseException):
    """As that of pyo3, by which a library written in Rust says that it has come to its end."""


FAILURES: dict[str, Callable[[], BaseException]] = {
    "panic": lambda: Panic("the reason"),
    "group": lambda: BaseExceptionGroup("the reason", [Panic()]),
    "cancelled": lambda: asyncio.CancelledError("the reason"),
    "generator exit": lambda: GeneratorExit("the reason"),
    "exception": lambda: RuntimeError("the reason"),
}
each_failure = pytest.mark.parametrize("failure", FAILURES)

SEND = (
    '[6,"1","NotifyPeriodicEventStream",'
    '{"id":1,"pending":0,"basetime":"2026-01-31T12:00:00Z","data":[{"t":0,"v":"1"}]}]'
)


async def cancel_own_task() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


# --- handlers ----------------------------------------------------------------------------------------------------


def plain(failure: str) -> Router:
    router = Router()

    @router.on(v16.AuthorizeRequest)
    def handler(*_: Any) -> Any:
        raise FAILURES[failure]()

    return router


def coroutine(failure: str) -> Router:
    router = Router()

    @router.on(v16.AuthorizeRequest)
    async def handler(*_: Any) -> Any:
        await asyncio.sleep(0)
        raise FAILURES[failure]()

    return router


def middleware(failure: str) -> Router:
    router = Router()
    router.on(v16.AuthorizeRequest)(lambda *_: None)  # type: ignore[arg-type]

    @router.middleware
    async def wrap(message: Any, peer: Any, handle: Callable[..., Awaitable[Any]]) -> Any:
        if isinstance(message, v16.AuthorizeRequest):
            raise FAILURES[failure]()
        return await handle(message, peer)

    return router


def shown(failure: str) -> Router:
    """What is returned is no response, and raises when it is shown."""
    router = Router()

    class Odd:
        def __repr__(self) -> str:
            raise FAILURES[failure]()

    router.on(v16.AuthorizeRequest)(lambda *_: Odd())  # type: ignore[arg-type]
    return router


@pytest.mark.parametrize("make", [plain, coroutine, middleware, shown])
@each_failure
@asynchronous
async def test_whatever_a_handler_raises_the_call_is_answered_and_so_is_the_next(
    failure: str, make: Callable[[str], Router], caplog: pytest.LogCaptureFixture
) -> None:
    router = make(failure)
    router.on(v16.HeartbeatRequest)(heartbeat)
    async with wire(router) as other:
        other.put('[2,"1","Authorize",{"idTag":"T"}]')
        other.put('[2,"2","Heartbeat",{}]')
        await until(lambda: len(other.sent) == 2)

    assert '[4,"1","InternalError","",{}]' == other.sent[0]
    assert other.sent[1].startswith('[3,"2"')
    assert "the handler of Authorize has failed" in caplog.text


@asynchronous
async def test_a_handler_that_cancels_its_own_task_is_answered_and_so_is_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers: list[Any] = []

    class Noting(Hooks):
        def call_answered(self, peer: Any, request: Any, answer: Any, seconds: float) -> None:
            answers.append((type(request), answer.error and answer.error.code, type(answer.cause)))

    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)

    @router.on(v16.AuthorizeRequest)
    async def cancel(*_: Any) -> Any:
        await cancel_own_task()

    async with wire(router, hooks=[Noting()]) as other:
        other.put('[2,"1","Authorize",{"idTag":"T"}]')
        other.put('[2,"2","Heartbeat",{}]')
        await until(lambda: len(other.sent) == 2)

    assert '[4,"1","InternalError","",{}]' == other.sent[0]
    assert other.sent[1].startswith('[3,"2"')
    assert "the handler of Authorize has failed" in caplog.text
    assert [
        (v16.AuthorizeRequest, ErrorCode.INTERNAL, asyncio.CancelledError),
        (v16.HeartbeatRequest, None, type(None)),
    ] == answers


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt])
def test_what_is_said_to_the_process_goes_on_and_the_call_is_answered_if_the_loop_does(
    raised: type[BaseException],
) -> None:
    """Ctrl-C has to work wherever it strikes, and `sys.exit` is what its author wants."""
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)

    @router.on(v16.AuthorizeRequest)
    def handler(*_: Any) -> Any:
        raise raised

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        one = Wire(router)
        running = loop.create_task(one.peer.run(one.messages()))
        one.put('[2,"1","Authorize",{"idTag":"T"}]')
        one.put('[2,"2","Heartbeat",{}]')
        with pytest.raises(raised):
            loop.run_until_complete(running)
        loop.run_until_complete(until(lambda: len(one.sent) == 2))
        one.put(None)
        loop.run_until_complete(running)

    assert '[4,"1","InternalError","",{}]' == one.sent[0]
    assert one.sent[1].startswith('[3,"2"')


@each_failure
@asynchronous
async def test_whatever_the_handler_of_a_notification_raises_the_next_is_handled(
    failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    router, seen = Router(), 0

    @router.on(v21.NotifyPeriodicEventStream)
    async def handler(*_: Any) -> None:
        nonlocal seen
        seen += 1
        raise FAILURES[failure]()

    async with wire(router, "2.1") as other:
        for count in (1, 2):
            other.put(SEND)
            await until(lambda count=count: caplog.text.count("the reason") >= count)  # type: ignore[misc]

    assert 2 == seen


@each_failure
@asynchronous
async def test_whatever_an_after_hook_raises_the_others_run(
    failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    router, ran = Router(), asyncio.Event()
    router.on(v16.HeartbeatRequest)(heartbeat)

    @router.after(v16.HeartbeatRequest)
    async def fail(*_: Any) -> None:
        raise FAILURES[failure]()

    router.after(v16.HeartbeatRequest)(lambda *_: ran.set())
    async with wire(router) as other:
        other.put('[2,"1","Heartbeat",{}]')
        await (until(lambda: "the reason" in caplog.text) if failure == "generator exit" else ran.wait())

    assert "the reason" in caplog.text


@pytest.mark.parametrize("what", ["notification", "after"])
@asynchronous
async def test_what_owes_no_answer_and_cancels_its_own_task_is_logged(
    what: str, caplog: pytest.LogCaptureFixture
) -> None:
    router = Router()
    router.on(v21.HeartbeatRequest)(lambda *_: v21.HeartbeatResponse(current_time=NOW))

    async def cancel(*_: Any) -> None:
        await cancel_own_task()

    router.on(v21.NotifyPeriodicEventStream)(cancel)
    router.after(v21.HeartbeatRequest)(cancel)

    async with wire(router, "2.1") as other:
        other.put(SEND if what == "notification" else '[2,"1","Heartbeat",{}]')
        await until(lambda: "was cut short" in caplog.text)

    (name,) = {"notification": ["NotifyPeriodicEventStream"], "after": ["Heartbeat"]}[what]
    assert f"ocpp {name}" in caplog.text


@asynchronous
async def test_what_ends_with_its_connection_is_no_accident(caplog: pytest.LogCaptureFixture) -> None:
    router = Router()
    begun, ended = asyncio.Event(), asyncio.Event()

    @router.on(v16.HeartbeatRequest)
    async def handler(*_: Any) -> v16.HeartbeatResponse:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError("nobody ends the waiting")

    async with wire(router, grace=0.0) as other:
        other.put('[2,"1","Heartbeat",{}]')
        await begun.wait()

    await ended.wait()
    assert "was cut short" not in caplog.text


@each_failure
@asynchronous
async def test_a_single_frame_is_answered_whatever_its_handler_raises(failure: str) -> None:
    if failure == "generator exit":
        pytest.skip("closes the coroutine of who has asked")
    answer = await plain(failure).answer('[2,"1","Authorize",{"idTag":"T"}]', codec=JsonCodec("1.6"))

    assert '[4,"1","InternalError","",{}]' == answer


@pytest.mark.parametrize("what", ["response", "error"])
@each_failure
@asynchronous
async def test_an_answer_that_raises_when_it_is_written_becomes_an_internal_error(
    failure: str, what: str
) -> None:
    class OddResponse(v16.AuthorizeResponse):
        def __getattribute__(self, name: str) -> Any:
            if name == "id_tag_info":
                raise FAILURES[failure]()
            return super().__getattribute__(name)

    class OddError(OcppError):
        def __getattribute__(self, name: str) -> Any:
            if name == "details":
                raise FAILURES[failure]()
            return super().__getattribute__(name)

    router = Router()

    @router.on(v16.AuthorizeRequest)
    def handler(*_: Any) -> Any:
        if what == "error":
            raise OddError(ErrorCode.SECURITY, "no")
        info = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
        return OddResponse(id_tag_info=info)

    async with wire(router) as other:
        other.put('[2,"1","Authorize",{"idTag":"T"}]')
        await until(lambda: other.sent)

    assert ['[4,"1","InternalError","",{}]'] == other.sent

    if failure != "generator exit":  # that closes the coroutine of who has asked
        alone = await router.answer('[2,"1","Authorize",{"idTag":"T"}]', codec=JsonCodec("1.6"))

        assert '[4,"1","InternalError","",{}]' == alone


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("what", ["response", "error"])
def test_an_answer_does_not_keep_what_is_said_to_the_process(what: str, raised: type[BaseException]) -> None:
    class Raising:
        def __getattribute__(self, name: str) -> Any:
            raise raised

    class RaisingError(OcppError):
        def __getattribute__(self, name: str) -> Any:
            if name == "details":
                raise raised
            return super().__getattribute__(name)

    connection: Connection[str] = Connection(JsonCodec("1.6"), new_id=str)
    connection.receive_message('[2,"1","Heartbeat",{}]')
    (call,) = connection.events()
    assert isinstance(call, CallReceived)
    answer: Any = Answer(error=RaisingError(ErrorCode.INTERNAL))
    if what == "response":
        answer = Answer(Raising())  # type: ignore[arg-type]
    with pytest.raises(raised):
        conclude(connection, call, answer, LoneCaller("CP-1", specification("1.6")))

    assert (call,) == connection.unanswered


# --- hooks -------------------------------------------------------------------------------------------------------

METHODS = ["frame", "calling", "call_ended", "handling", "call_answered", "event"]


class Failing(Hooks):
    """One method raises."""

    def __init__(self, method: str, failure: Callable[[], BaseException]) -> None:
        def fail(*_: Any) -> Any:
            raise failure()

        setattr(self, method, fail)


class FailingInside(Hooks):
    """The surroundings raise, as they are entered or left."""

    def __init__(self, moment: str, failure: Callable[[], BaseException]) -> None:
        self.moment = moment
        self.failure = failure

    @contextmanager
    def _failing(self) -> Generator[None, None, None]:
        if self.moment == "entered":
            raise self.failure()
        try:
            yield
        finally:
            raise self.failure()

    def calling(self, peer: Any, request: Any) -> Any:
        return self._failing()

    def handling(self, peer: Any, message: Any) -> Any:
        return self._failing()


HOOKS: dict[str, Callable[[Callable[[], BaseException]], Hooks]] = {
    **{method: partial(Failing, method) for method in METHODS},
    **{moment: partial(FailingInside, moment) for moment in ("entered", "left")},
}


@asynccontextmanager
async def talking(hooks: Hooks) -> AsyncGenerator[tuple[Any, Any], None]:
    csms, station = Router(), Router()
    csms.on(v16.HeartbeatRequest)(heartbeat)
    station.on(v16.ResetRequest)(lambda *_: v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
    async with pair("1.6", csms=csms, station=station, hooks=[hooks]) as peers:
        yield peers


@pytest.mark.parametrize("hook", HOOKS)
@each_failure
@asynchronous
async def test_whatever_a_hook_raises_the_connection_serves_on(
    failure: str, hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A CancelledError out of plain code is the hook's own: it looked at a future that was cancelled, perhaps."""
    async with talking(HOOKS[hook](FAILURES[failure])) as (to_csms, to_station):
        for _ in range(2):
            assert NOW == (await to_csms.call(v16.HeartbeatRequest())).current_time
            assert "Accepted" == (await to_station.call(RESET)).status

    assert any(record.name == "ocpp_core.hooks" for record in caplog.records)
    assert "failed" in caplog.text


@pytest.mark.parametrize("hook", HOOKS)
@asynchronous
async def test_a_hook_does_not_keep_a_handler_from_being_cancelled(hook: str) -> None:
    """What is swallowed is the hook's own CancelledError, and not that of the task around it."""
    router, started = Router(), asyncio.Event()
    ends: list[str] = []

    @router.on(v16.HeartbeatRequest)
    async def wait(*_: Any) -> Any:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    async with wire(router, hooks=[HOOKS[hook](asyncio.CancelledError)]) as other:
        other.put('[2,"1","Heartbeat",{}]')
        await started.wait()

    assert ["cancelled"] == ends


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt])
def test_what_a_hook_says_to_the_process_goes_on(raised: type[BaseException], hook: str) -> None:
    observer, told = Observer([HOOKS[hook](raised)]), LoneCaller("CP-1", specification("1.6"))

    def tell() -> None:
        observer.frame(told, "in", "", JsonCodec("1.6"))
        observer.event(told, Ignored(""))
        observer.call_ended(told, RESET, CallOutcome(PendingCall("1", RESET, None)), 0.0)
        observer.call_answered(told, RESET, Answer(), 0.0)
        with observer.calling(told, RESET):
            pass
        with observer.handling(told, RESET):
            pass

    with pytest.raises(raised):
        tell()


# --- transports --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", ["panic", "cancelled", "exception"])
@asynchronous
async def test_whatever_a_transport_raises_as_it_sends_is_logged(
    failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ocpp_core")
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)
    one = Wire(router)

    async def send(_: str) -> None:
        raise FAILURES[failure]()

    one.peer._send = send
    running = asyncio.create_task(one.peer.run(one.messages()))
    one.put('[2,"1","Heartbeat",{}]')
    await until(lambda: "cannot send" in caplog.text)
    one.put(None)
    await running

    assert "the reason" in caplog.text
