"""Tests that are coroutines: each has a loop of its own, an end in time, and leaves no task behind."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")

LONGEST = 30.0


def asynchronous(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    return _run_by(asyncio.new_event_loop, test)


def with_processes(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """As `asynchronous`, with time to start processes several times on a machine that is busy."""
    return _run_by(asyncio.new_event_loop, test, longest=4 * LONGEST)


def in_no_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """As `asynchronous`, by a clock that jumps to the next timer whenever nothing is ready: what takes 5 s on the clock
    of the loop takes exactly that, and none of the test's own.
    """
    return _run_by(_JumpingLoop, test)


class _JumpingLoop(asyncio.SelectorEventLoop):
    """Its selector waits for nobody: it turns the clock on."""

    def __init__(self) -> None:
        self._now = 1_000.0
        selector = selectors.SelectSelector()
        select = selector.select

        def jump(timeout: float | None = None) -> Any:
            if timeout is None:
                raise RuntimeError("nothing is ready, and no timer runs: this would wait for ever")
            self._now += timeout
            return select(0.0)

        selector.select = jump  # type: ignore[method-assign]
        super().__init__(selector)

    def time(self) -> float:
        return self._now


def _run_by(
    loop: Callable[[], asyncio.AbstractEventLoop],
    test: Callable[P, Coroutine[Any, Any, None]],
    *,
    longest: float = LONGEST,
) -> Callable[P, None]:
    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def watched() -> None:
            async with asyncio.timeout(longest):
                await test(*args, **kwargs)
            await turns(3)  # callbacks of what has just ended
            leaked = {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}

            assert leaked == set()

        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(watched())

    return run


async def turns(count: int = 20) -> None:
    """Lets everything else that can go on go on, so many steps; nothing here takes time."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Waits for what another task does. The test as a whole has an end in time."""
    while not condition():
        await asyncio.sleep(0.001)
