"""The command on a terminal of a given width, as a person sees it."""

import contextlib
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Generator
from fcntl import ioctl
from pathlib import Path

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@contextlib.contextmanager
def terminal(columns: int) -> Generator[tuple[int, list[bytes]], None, None]:
    """A terminal to write to, and what it has seen, all of it once the context has ended."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    seen: list[bytes] = []

    def watch() -> None:
        with contextlib.suppress(OSError):  # the end, on Linux
            while data := os.read(ours, 65536):
                seen.append(data)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield theirs, seen
    finally:
        os.close(theirs)
        watcher.join(10)
        os.close(ours)


def on_a_terminal(*arguments: str | Path, columns: int) -> tuple[int, list[str]]:
    """The exit code, and the lines that it has written, without colours."""
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    with terminal(columns) as (theirs, seen):
        code = subprocess.run(
            [sys.executable, "-m", "ocpp_core.cli", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            check=False,
            timeout=60,
            env={**environment, "TERM": "xterm-256color"},
        ).returncode
    return code, _COLOURS.sub("", b"".join(seen).decode()).splitlines()
