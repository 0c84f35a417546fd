"""Where the state of sessions lies: both stores keep the same, and all of a batch or nothing."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting
from ocpp_core import v16, v201
from ocpp_core.translation import MemoryStore, Side, SqliteStore, StateError, TranslationSession

Make = Callable[[], Any]
CSMS = {"TransactionEvent": v201.TransactionEventResponse()}


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Gives the same store again each time, as a process that starts anew would have it."""
    opened: list[SqliteStore] = []
    memory = MemoryStore()

    def sqlite() -> SqliteStore:
        for one in opened:
            one.close()
        opened.append(SqliteStore(tmp_path / "state"))
        return opened[-1]

    yield sqlite if request.param == "sqlite" else lambda: memory
    if opened:
        opened[-1].close()


def test_records_are_there_again(make: Make) -> None:
    make().save("CP-1", {("a", "1"): {"x": [1, None, "é\udc80"]}, ("a", "2"): 0})
    make().save("CP-1", {("a", "1"): {"x": 2}, ("b", ""): ""})

    assert {("a", "1"): {"x": 2}, ("a", "2"): 0, ("b", ""): ""} == make().load("CP-1")


def test_none_removes_a_record(make: Make) -> None:
    make().save("CP-1", {("a", "1"): 1, ("a", "2"): 2})
    make().save("CP-1", {("a", "1"): None, ("a", "3"): None})

    assert {("a", "2"): 2} == make().load("CP-1")


def test_stations_do_not_see_each_other(make: Make) -> None:
    store = make()
    store.save("CP-1", {("a", "1"): 1})
    store.save("CP-2", {("a", "1"): 2})

    assert ({("a", "1"): 1}, {("a", "1"): 2}, {}) == tuple(store.load(f"CP-{one}") for one in (1, 2, 3))


def test_what_is_no_json_changes_nothing(make: Make) -> None:
    store = make()
    store.save("CP-1", {("a", "1"): 1})

    with pytest.raises(TypeError):
        store.save("CP-1", {("a", "1"): 2, ("a", "2"): object()})

    assert {("a", "1"): 1} == store.load("CP-1")


def test_loaded_records_are_copies(make: Make) -> None:
    store = make()
    store.save("CP-1", {("a", "1"): {"x": 1}})
    store.load("CP-1")[("a", "1")]["x"] = 2

    assert {("a", "1"): {"x": 1}} == store.load("CP-1")


def test_a_batch_that_fails_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state")
    store.save("CP-1", {("a", "1"): 1})

    with pytest.raises(sqlite3.Error):
        store.save("CP-1", {("a", "2"): 2, ("a", None): 3})  # type: ignore[dict-item]

    store.save("CP-1", {("a", "3"): 3})
    assert {("a", "1"): 1, ("a", "3"): 3} == store.load("CP-1")
    store.close()


def test_a_file_of_a_later_release_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version=2")
    file.close()

    with pytest.raises(StateError, match="its layout is 2"):
        SqliteStore(path)


def test_what_is_no_database_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("no database, and long enough to be read as one" * 100)

    with pytest.raises(sqlite3.DatabaseError):
        SqliteStore(path)


def test_records_of_a_later_release_are_not_touched(make: Make) -> None:
    make().save("CP-1", {("session", "format"): 99})

    with pytest.raises(StateError, match="CP-1 cannot be used: its format is 99"):
        TranslationSession(station="1.6", csms="2.0.1", identity="CP-1", store=make())


@pytest.mark.parametrize("text", ["", "{", "\\ud800"])
def test_a_record_that_is_no_json_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state"
    SqliteStore(path).close()
    with sqlite3.connect(path) as file:
        file.execute("INSERT INTO record VALUES ('CP-1', 'number', '7', ?)", (text,))
    file.close()
    store = SqliteStore(path)

    with pytest.raises(StateError, match="CP-1 cannot be used: its record number 7 is no JSON"):
        store.load("CP-1")
    assert {} == store.load("CP-2")
    store.close()


@pytest.mark.parametrize("value", [[], "x", {}, {"id": 7}, {"id": "x", "outbox": [["a"]]}])
def test_a_record_that_is_no_transaction_is_said_to_be_none(make: Make, value: Any) -> None:
    """Else it would show at any time later, between a message and its answer."""
    make().save("CP-1", {("transaction", "x"): value})

    with pytest.raises(StateError, match="CP-1 cannot be used: its transaction x is none"):
        TranslationSession(station="1.6", csms="2.0.1", identity="CP-1", store=make())


def test_records_say_only_what_is_not_usual(make: Make) -> None:
    """Of a thousand transactions, most fields of each are as they are when nothing is known."""
    both = Bridge("1.6", "2.0.1", serves={side: accepting(**CSMS) for side in Side}, store=make())
    both.station(v16.StartTransactionRequest(connector_id=1, id_tag="TAG", meter_start=0, timestamp=NOON))
    (record,) = [value for (kind, _), value in make().load("CP-1").items() if kind == "transaction"]

    assert {"id", "number", "place", "tag", "seq_no", "is_started", "start_reply"} <= set(record)
    assert set() == {"token", "stop", "outbox", "buffer", "ended"} & set(record)


_WRITER = """
import sys
from ocpp_core.translation import SqliteStore
store = SqliteStore(sys.argv[1])
number = 0
while True:
    number += 1
    store.save("CP-1", {("count", name): number for name in "abc"} | {("event", str(number)): number})
    print(number, flush=True)
"""


def test_a_process_that_is_killed_has_kept_what_it_has_said(tmp_path: Path) -> None:
    """Killed while it writes, it leaves whole batches, and all of those that were answered."""
    path = tmp_path / "state"
    process = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.wait()
    process.stdout.close()
    said = int((rest or lines)[-1])

    store = SqliteStore(path)
    records = store.load("CP-1")
    store.close()

    counts = {records["count", name] for name in "abc"}
    assert 1 == len(counts)
    (number,) = counts
    assert number in (said, said + 1)
    assert number == len([key for key in records if key[0] == "event"])


def test_a_session_that_has_nothing_to_remember_writes_nothing(make: Make) -> None:
    TranslationSession(station="1.5", csms="1.6", identity="CP-1", store=make()).woken(NOON)

    assert {} == make().load("CP-1")


def test_a_disk_that_is_full_is_said_to_be_full_and_may_have_room_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state")
    store.save("CP-1", {("a", "1"): 1})
    store._file.execute("PRAGMA max_page_count=3")

    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.save("CP-1", {("a", "1"): 2, ("a", "2"): "x" * 100_000})
    store._file.execute("PRAGMA max_page_count=10000")
    before = store.load("CP-1")
    store.save("CP-1", {("a", "2"): 2})
    after = store.load("CP-1")
    store.close()

    assert {("a", "1"): 1} == before
    assert {("a", "1"): 1, ("a", "2"): 2} == after


def test_who_is_to_be_alone_with_a_file_is(tmp_path: Path) -> None:
    """Two sessions of one station would not know of each other, and both write."""
    store = SqliteStore(tmp_path / "state", alone=True)
    store.save("CP-1", {("a", "1"): 1})

    for alone in (True, False):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            SqliteStore(tmp_path / "state", alone=alone)
    store.close()
    other = SqliteStore(tmp_path / "state", alone=True)
    found = other.load("CP-1")
    other.close()

    assert {("a", "1"): 1} == found


def test_who_is_to_be_alone_is_so_from_the_start(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "state").close()
    first = SqliteStore(tmp_path / "state", alone=True)

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        SqliteStore(tmp_path / "state", alone=True)
    first.close()
