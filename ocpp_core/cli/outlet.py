"""Text on its way to a reader who may stop reading: whoever writes never waits for him."""

import io
import select
import threading
from collections.abc import Callable
from typing import TextIO, cast

from rich.live import Live

#: Characters that wait for a reader. More are not written.
MOST_WAITING = 65_536


class Outlet(io.TextIOBase):
    """A stream before another one, to which a thread of its own writes.

    A pipe that nobody reads and a terminal that is held (Ctrl-S) stop whoever writes to them. Here `MOST_WAITING`
    characters wait for them; what comes beyond is left out, each `write` as a whole. Once there is room again, the
    number of lines that are missing stands in their place. So it is with what cannot be written for another reason, as
    on a full disk.

    Args:
        stream: That is written to. What is in its own buffer comes later.
        say: Writes the number of lines that are missing, in place of the sentence; it is called in the thread.
        failed: Is told that nothing can be written any more, as the reader has gone, or nothing ever could; in the
            thread too.

    Attributes:
        failure: What it was told.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        say: Callable[[int], None] | None = None,
        failed: Callable[[OSError], None] = lambda _: None,
    ) -> None:
        self.failure: OSError | None = None
        self.failed: Callable[[OSError], None] = failed
        self._stream = stream
        self._say = say or self._say_so
        try:
            # Not the buffer of the stream: the end of the process would have to wait for its lock.
            self._raw: io.FileIO | None = io.FileIO(stream.fileno(), "wb", closefd=False)
        except (OSError, ValueError):  # it stands for no file
            self._raw = None
        self._waiting: list[str] = []
        self._size = self._missing = 0
        self._is_full = self._is_ending = self._has_written = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def is_full(self) -> bool:
        """Whether what is written now is left out."""
        return self._is_full

    def write(self, text: object) -> int:
        """Takes a text, or leaves it out. Never waits.

        Raises:
            TypeError: It is no text. That is how libraries find out that the stream is none of bytes.
        """
        if not isinstance(text, str):
            raise TypeError(f"a text is written here, not {type(text).__name__}")
        with self._changed:
            # It says what is missing, before anything else.
            is_own = threading.current_thread() is self._thread
            if self.failure is not None or (not is_own and (self._is_full or self._is_ending)):
                self._missing += "\n" in text
            else:
                self._waiting.append(text)
                self._size += len(text)
                self._is_full |= self._size >= MOST_WAITING
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="ocpp output", daemon=True)
                    self._thread.start()
                self._changed.notify_all()
        return len(text)

    def end(self, seconds: float | None) -> None:
        """Takes nothing more, and waits until all that was taken has been written.

        Args:
            seconds: At most; None waits for as long as it takes.
        """
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(seconds)

    # As the stream below

    @property
    def encoding(self) -> str:  # type: ignore[override]  # it is a constant there
        """That of the stream."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]  # it is a constant there
        """What becomes of characters that the encoding lacks."""
        return self._stream.errors

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor below."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Yes."""
        return True

    # In the thread

    def _run(self) -> None:
        while self.failure is None:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_ending)
                taken, self._waiting = self._waiting, []
            if not taken:
                return
            self._write_all(taken)

    def _write_all(self, texts: list[str]) -> None:
        text, missing = "".join(texts), 0
        try:
            self._put(text)
        except OSError as error:
            missing = sum("\n" in one for one in texts)
            if isinstance(error, BrokenPipeError) or not self._has_written:
                self.failure = error
        else:
            self._has_written = True
        with self._changed:
            self._size -= len(text)
            self._missing += missing
            has_room = self._size <= MOST_WAITING // 2
            told = 0
            if has_room and not missing:
                told, self._missing = self._missing, 0
        if self.failure is not None:
            self.failed(self.failure)
        elif told:
            self._say(told)
        if has_room:
            self._is_full = False

    def _put(self, text: str) -> None:
        if self._raw is None:
            self._stream.write(text)
            self._stream.flush()
            return
        left = memoryview(text.encode(self.encoding, self.errors or "strict"))
        while left:
            written = self._raw.write(left)
            if written is None:  # somebody else who has the terminal wants no one to wait for it
                select.select([], [self._raw], [])
            else:
                left = left[written:]

    def _say_so(self, missing: int) -> None:
        self.write(f"{left_out(missing)}\n")


def left_out(missing: int) -> str:
    """What stands in the place of lines that are missing."""
    what, it = ("line is", "it") if missing == 1 else ("lines are", "they")
    return f"… {missing} {what} left out here: {it} could not be written"


class Picture(Live):
    """What is drawn anew again and again, but not while an `Outlet` below its console is full."""

    def refresh(self) -> None:
        """Draws it."""
        below = cast(object, self.console.file)
        if not (isinstance(below, Outlet) and below.is_full):
            super().refresh()
