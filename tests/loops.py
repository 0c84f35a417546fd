"""Tests that are coroutines: each has a loop of its own, an end in time, and leaves no task behind."""

import asyncio
import functools
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar, TypeVarTuple

P = ParamSpec("P")
T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

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


#: Of a wait, what both ends of a socket in this process are given to hear of each other; and the real seconds that they
#: are given at least once one of them has heard something, as there may be an answer to it.
_PART = 0.05
_REPLY = 0.03
#: Seconds for the threads of a loop that ends.
_LAST = 2.0


class _JumpingLoop(asyncio.SelectorEventLoop):
    """Its clock stands still while something can go on, and is turned on to the next timer when nothing can."""

    def __init__(self) -> None:
        self._now = 1_000.0
        self._elsewhere = 0
        heard = 0.0  # on the clock of the machine
        selector = selectors.DefaultSelector()
        select = selector.select

        def jump(timeout: float | None = None) -> Any:
            nonlocal heard
            # A thread takes the time that it takes.
            if self._elsewhere:
                return select(timeout)
            if timeout is None:
                ready = select(_LAST)
                if not ready:
                    raise RuntimeError("nothing is ready, and no timer runs: this would wait for ever")
                return ready
            # The first is the loop's own. What was sent over another has arrived, unless the machine is busy.
            if len(selector.get_map()) == 1:
                ready = select(0.0)
            else:
                ready = select(max(timeout * _PART, heard + _REPLY - time.monotonic()) if timeout else 0.0)
                heard = time.monotonic() if ready else heard
            if not ready:
                self._now += timeout
            return ready

        selector.select = jump  # type: ignore[method-assign]
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    def run_in_executor(
        self, executor: Any, func: Callable[[*Arguments], T], *args: *Arguments
    ) -> asyncio.Future[T]:
        work = super().run_in_executor(executor, func, *args)
        self._elsewhere += 1
        work.add_done_callback(self._back)
        return work

    def _back(self, _: asyncio.Future[Any]) -> None:
        self._elsewhere -= 1


def run_in_no_time(work: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, by the clock of `in_no_time`."""
    with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
        return runner.run(work)


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
