"""Work that begins where it is asked for, and becomes a task only if it has to wait.

Most handlers are through before anything else could have its turn, so that a task for each would be made, scheduled
and let go of for nothing. What begins here has no task yet: `asyncio.current_task` is None, and `own_task` is awaited
before anything that wants one, as `asyncio.timeout` does.
"""

import asyncio
import sys
from asyncio import tasks
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class _Turn:
    """A bare yield: a task goes on in the next turn of the loop."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def own_task() -> None:
    """Goes on in a task, if this is none yet; at once where Python lets a task begin at once (3.12)."""
    try:
        has_none = asyncio.current_task() is None
    except RuntimeError:  # no loop of asyncio runs here, and whoever drives this wants no task of it
        return
    if has_none:
        await _Turn()


def begin(work: Coroutine[Any, Any, None], context: Context) -> Coroutine[Any, Any, None] | None:
    """As `advance`, in a context, where the task of the caller is another's."""
    return alone(context, asyncio.get_running_loop(), advance, work)


def advance(work: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None] | None:
    """Does the work as far as it goes without waiting.

    Returns:
        The rest, for `task_of` in the same context; None if there is none. What the work raises goes on.
    """
    try:
        waits_for = work.send(None)
    except StopIteration:
        return None
    return _Rest(work, waits_for)


def alone(context: Context, loop: asyncio.AbstractEventLoop, function: Callable[[A], B], argument: A) -> B:
    """What a function returns that runs in a context of its own, and in no task: that of its caller is another's.

    Args:
        context: In which it runs.
        loop: The one that runs: to ask Python 3.11 for it costs as much as all that is done here.
        function: Takes the argument.
        argument: Is handed over.
    """
    current = asyncio.current_task(loop)
    if current is None:
        return context.run(function, argument)
    # These two are there for whoever drives coroutines (Python's documentation: asyncio, extending, task lifetime).
    tasks._leave_task(loop, current)
    try:
        return context.run(function, argument)
    finally:
        tasks._enter_task(loop, current)


def task_of(rest: Coroutine[Any, Any, None], context: Context, name: str) -> asyncio.Task[None]:
    """A task for what has begun, or begins with it."""
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12) and loop.get_task_factory() is None:
        return asyncio.Task(rest, loop=loop, name=name, context=context, eager_start=True)
    return loop.create_task(rest, name=name, context=context)


class _Rest(Coroutine[Any, Any, None]):
    """What is left of a coroutine that has begun, which therefore cannot be awaited like a new one."""

    def __init__(self, work: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self._work = work
        self._waits_for = waits_for

    def send(self, value: Any) -> Any:
        waits_for, self._waits_for = self._waits_for, None
        return self._work.send(value) if waits_for is None else waits_for

    def throw(self, *error: Any) -> Any:
        self._waits_for = None
        return self._work.throw(*error)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> "_Rest":
        return self

    def __iter__(self) -> "_Rest":
        return self

    def __next__(self) -> Any:
        return self.send(None)
