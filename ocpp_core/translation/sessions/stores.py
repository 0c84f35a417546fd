"""Where the state of sessions lies: values under keys, written in batches that are there afterwards or not."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from msgspec import DecodeError
from msgspec.json import decode, encode

from ocpp_core.model.bounded import Bounded
from ocpp_core.model.printing import printable

#: Kind and name of a record: ``("transaction", "8f1c...")``.
Key = tuple[str, str]
#: A JSON value: what `json.dumps` writes and `json.loads` gives back equal.
Value = Any


class StateError(Exception):
    """A state cannot be used: a later release has written it, or it is no state.

    Attributes:
        identity: Whose state.
    """

    def __init__(self, identity: str, reason: str) -> None:
        super().__init__(identity, reason)
        self.identity = identity
        self.reason = reason

    def __str__(self) -> str:
        return f"the state of {printable(self.identity)} cannot be used: {printable(self.reason)}"


class Store(Protocol):
    """Keeps the records of sessions, by the identity of their station.

    A session calls `save` before it returns what depends on it. Whatever `save` raises comes out of the session, which
    has then to be thrown away: it knows what the store does not.
    """

    def load(self, identity: str) -> Mapping[Key, Value]:
        """All records of a station; empty if nothing is known of it.

        Raises:
            StateError: They cannot be read.
        """
        ...

    def save(self, identity: str, changes: Mapping[Key, Value]) -> None:
        """Writes all changes or none, and returns when they will be there after a crash. None removes a record."""
        ...


def _written(value: Value) -> str:
    """A value as text."""
    try:
        return encode(value).decode()
    except UnicodeEncodeError:  # lone surrogates, which only their escapes can say
        return json.dumps(value)


def _read(identity: str, texts: Iterable[tuple[str, str, str]]) -> dict[Key, Value]:
    """What `_written` has written of a station: kind, name and text of each."""
    found: dict[Key, Value] = {}
    for kind, name, text in texts:
        try:
            found[kind, name] = decode(text)
        except DecodeError:  # lone surrogates, or damage
            try:
                found[kind, name] = json.loads(text)
            except ValueError:
                raise StateError(identity, f"its record {kind} {name} is no JSON") from None
    return found


class MemoryStore:
    """Keeps records as long as it lives: a session that is made anew with it goes on where the last one was.

    Args:
        most: Stations of which they are kept; those of the one that was not written to longest are forgotten. Where
            anybody may come, anybody fills this up.
    """

    def __init__(self, *, most: int = 100_000) -> None:
        self._records: Bounded[str, dict[Key, str]] = Bounded(most)

    def load(self, identity: str) -> Mapping[Key, Value]:
        """See `Store`."""
        return _read(identity, ((*key, text) for key, text in self._records.get(identity, {}).items()))

    def save(self, identity: str, changes: Mapping[Key, Value]) -> None:
        """See `Store`."""
        written = {key: None if value is None else _written(value) for key, value in changes.items()}
        mine = self._records.setdefault(identity, {})
        for key, text in written.items():
            if text is None:
                mine.pop(key, None)
            else:
                mine[key] = text
        self._records.move_to_end(identity)
        if not mine:
            del self._records[identity]


_TABLE = """
    CREATE TABLE IF NOT EXISTS record (
        identity TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (identity, kind, name)
    ) WITHOUT ROWID
"""
#: Of the table, in ``PRAGMA user_version``; 0 is a file that has just been made.
_LAYOUT = 1


class SqliteStore:
    """Keeps records in a file, for any number of stations. A process may be killed at any point.

    One file is for one process at a time that writes for a station: two sessions of the same identity would not know
    of each other. Calls block until the disk has the data, some milliseconds; they may come from any thread. A file
    that another process keeps locked for a second is an error.

    Args:
        path: Of the file, which is made if there is none; beside it lie its ``-wal`` and ``-shm``.
        alone: Whether no other process may open the file as long as this one has it open, not even to read.

    Raises:
        StateError: The file is of a later release.
        sqlite3.Error: It cannot be opened, or is no database; or another process has it, and one of the two is to be
            alone with it.
    """

    def __init__(self, path: str | Path, *, alone: bool = False) -> None:
        self._lock = Lock()
        # While it waits for a lock nothing else happens on the event loop of whoever calls: pings go unanswered.
        self._file = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
        try:
            if alone:
                self._file.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._prepare(path)
        except BaseException:
            self._file.close()
            raise

    def _prepare(self, path: str | Path) -> None:
        (layout,) = self._file.execute("PRAGMA user_version").fetchone()
        if layout not in (0, _LAYOUT):
            raise StateError(str(path), f"its layout is {layout}, and this release knows {_LAYOUT}")
        self._file.execute("PRAGMA journal_mode=WAL")
        # With less, what was acknowledged could be gone after a loss of power.
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.execute(_TABLE)
        self._file.execute(f"PRAGMA user_version={_LAYOUT}")

    def load(self, identity: str) -> Mapping[Key, Value]:
        """See `Store`."""
        with self._lock:
            rows = self._file.execute(
                "SELECT kind, name, value FROM record WHERE identity = ?", (identity,)
            ).fetchall()
        return _read(identity, rows)

    def save(self, identity: str, changes: Mapping[Key, Value]) -> None:
        """See `Store`."""
        gone = [(identity, *key) for key, value in changes.items() if value is None]
        kept = [(identity, *key, _written(value)) for key, value in changes.items() if value is not None]
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                self._file.executemany(
                    "DELETE FROM record WHERE identity = ? AND kind = ? AND name = ?", gone
                )
                self._file.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", kept)
                self._file.execute("COMMIT")
            except BaseException:
                if self._file.in_transaction:  # a full disk has ended it already
                    self._file.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Closes the file. Sessions that still use it will fail."""
        with self._lock:
            self._file.close()
