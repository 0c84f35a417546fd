"""What one of several processes makes, and all of them use: the workers of pytest-xdist test the software once."""

import time
from collections.abc import Callable
from pathlib import Path

#: Seconds between two looks, and without a sign of life after which nothing is expected any more.
_LOOK = 0.1
_GONE = 600.0


def shared(path: Path, make: Callable[[Callable[[], None]], str]) -> str:
    """The text that the first process makes; the others wait for it.

    If making it fails, that is raised where it failed, and the next process tries.

    Args:
        path: Of a file that is not there yet, in a folder that all processes use; a lock is put beside it.
        make: Makes the text. It is given what it has to call now and then, as a sign of life.

    Raises:
        TimeoutError: Whoever makes it has given none for ten minutes.
    """
    lock, part = path.with_suffix(".lock"), path.with_suffix(".part")
    while not path.exists():
        try:
            lock.open("x").close()
        except FileExistsError:
            _wait(lock)
            continue
        try:
            # It may have been made between the look and the lock.
            if not path.exists():
                part.write_text(make(lock.touch), encoding="utf-8")
                part.replace(path)
        finally:
            lock.unlink()
    return path.read_text(encoding="utf-8")


def _wait(lock: Path) -> None:
    try:
        silent = time.time() - lock.stat().st_mtime
    except FileNotFoundError:
        return
    if silent > _GONE:
        raise TimeoutError(f"the process that tests the software is gone; {lock} is what it has left")
    time.sleep(_LOOK)
