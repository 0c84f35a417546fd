"""Tests that are coroutines: each has a loop of its own, an end in time, and leaves no task behind."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")

LONGEST = 30.0


def asynchronous(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def watched() -> None:
            async with asyncio.timeout(LONGEST):
                await test(*args, **kwargs)
            await turns(3)  # callbacks of what has just ended
            leaked = {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}

            assert leaked == set()

        asyncio.run(watched())

    return run


async def turns(count: int = 20) -> None:
    """Lets everything else that can go on go on, so many steps; nothing here takes time."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Waits for what another task does. The test as a whole has an end in time."""
    while not condition():
        await asyncio.sleep(0.001)
