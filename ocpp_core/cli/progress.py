"""A bar on standard error that shows how much of a long input has been read."""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

#: An input is long if it has more bytes than this, or has taken more seconds than that.
LONG_INPUT = 1_000_000
LONG_TIME = 2.0


class _Bar(Progress):
    """Looks at `bytes_read` whenever it is drawn, so that reading need not tell it."""

    def __init__(self, console: Console, total: int | None, bytes_read: Callable[[], int]) -> None:
        self._bytes_read = bytes_read
        self._visible_from = time.monotonic() + (0 if total is not None and total > LONG_INPUT else LONG_TIME)
        super().__init__(
            TextColumn("reading"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.add_task("", total=total)

    def get_renderables(self) -> Iterable[RenderableType]:
        """Nothing while the input is not known to be long."""
        if time.monotonic() >= self._visible_from:
            for task in self.task_ids:
                self.update(task, completed=self._bytes_read())
            yield from super().get_renderables()


@contextmanager
def progress(console: Console, total: int | None, bytes_read: Callable[[], int]) -> Generator[None]:
    """Shows the bar while the body runs.

    Args:
        console: On standard error. Nothing is shown unless it is a terminal.
        total: Bytes of the whole input; None if that is not known.
        bytes_read: Tells how many have been read.
    """
    if not console.is_terminal:
        yield
        return
    with _Bar(console, total, bytes_read):
        yield
