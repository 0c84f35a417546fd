"""The time that a run has: a number of seconds, or as long as it takes; and in any case until it is stopped."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic

from attrs import define, field

#: Why nobody can tell of a rule that was not reached.
OVER = "the time was over"
STOPPED = "it was stopped before"


@define(eq=False)
class Budget:
    """What a run may take, beginning now.

    Args:
        seconds: None is as long as it takes.

    Attributes:
        is_stopped: Whether somebody has ended it.
    """

    seconds: float | None = None
    is_stopped: bool = field(default=False, init=False)
    _began: float = field(factory=monotonic, init=False)
    _limits: set[asyncio.Timeout] = field(factory=set, init=False)

    def left(self) -> float | None:
        """Seconds that are left; None if it may take as long as it does."""
        if self.is_stopped:
            return 0.0
        return None if self.seconds is None else self._began + self.seconds - monotonic()

    @property
    def is_over(self) -> bool:
        """Whether nothing new shall begin."""
        left = self.left()
        return left is not None and left <= 0

    @property
    def why(self) -> str:
        """Why nobody can tell of what is not reached any more."""
        return STOPPED if self.is_stopped else OVER

    def stop(self) -> None:
        """Ends it at once, in the loop in which it is used: what is being done gets a `TimeoutError`."""
        self.is_stopped = True
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(0.0)

    @asynccontextmanager
    async def within(self, seconds: float | None = None) -> AsyncGenerator[None, None]:
        """Bounds what is done in the context: by seconds, by what is left, and by `stop`.

        Raises:
            TimeoutError: It took longer.
        """
        known = [each for each in (seconds, self.left()) if each is not None]
        async with asyncio.timeout(min(known, default=None)) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)
