"""What ends a task or the process, and what only a handler."""

import asyncio
from typing import Any

import pytest

from loops import asynchronous
from ocpp_core import ErrorCode, v16
from ocpp_core.dispatch.ends import is_of_task
from ocpp_core.dispatch.router import Router


@pytest.mark.parametrize(
    "expected, error",
    [
        (True, KeyboardInterrupt()),
        (True, SystemExit()),
        (True, GeneratorExit()),
        (False, asyncio.CancelledError()),
        (False, BaseExceptionGroup("", [BaseException()])),
        (False, BaseException()),
        (False, ValueError()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_of_a_task_where_none_is_cancelled(expected: bool, error: BaseException) -> None:
    @asynchronous
    async def within() -> None:
        assert expected == is_of_task(error)

    within()

    assert expected == is_of_task(error)  # and where there is no loop


@asynchronous
async def test_a_cancellation_is_of_the_task_that_is_being_cancelled() -> None:
    async def work() -> bool:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            return is_of_task(error)
        return False

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()

    assert await task


def test_a_router_answers_for_a_failed_handler_where_there_is_no_loop() -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    def fail(*_: Any) -> Any:
        raise asyncio.CancelledError

    with pytest.raises(StopIteration) as stopped:
        router.handle(v16.HeartbeatRequest(), None).send(None)

    answer = stopped.value.value
    assert (ErrorCode.INTERNAL, asyncio.CancelledError) == (answer.error.code, type(answer.cause))
