"""Commands that print while they talk, and nobody reads: traffic goes on, gaps are counted, and the end comes."""

import asyncio
import errno
import io
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, redirect_stderr, suppress
from pathlib import Path
from typing import TextIO, cast

import click
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from gateways import office
from loops import asynchronous
from ocpp_core.cli.live import Output, run
from ocpp_core.cli.outlet import MOST_WAITING, Outlet
from serving_command import listening

CALL = '[2,"{}","DataTransfer",{{"vendorId":"{:x<90}"}}]'
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
CALLS = 3 * MOST_WAITING // 80  # a line of a gateway has as many characters
LEFT_OUT = re.compile(r"… (\d+) lines? (?:is|are) left out here")


async def talk(url: str, start: int, stop: int) -> None:
    """Calls, each of which makes a line."""
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        for number in range(start, stop):
            await socket.send(CALL.format(number, number))
            await asyncio.wait_for(socket.recv(), 20)


@pytest.mark.parametrize("command", ["serve", "gateway"])
@asynchronous
async def test_who_does_not_read_what_is_printed_stops_no_traffic(command: str) -> None:
    async with office("2.0.1") as back:
        options = {
            "serve": ("serve", "--port", "0"),
            "gateway": (
                *("gateway", "--listen", "127.0.0.1:0"),
                *("--csms", f"ws://127.0.0.1:{back.port}", "--csms-version", "2.0.1"),
            ),
        }
        async with listening(*options[command]) as running:
            await talk(running.url(), 0, CALLS)
            text = ""
            while not (found := LEFT_OUT.search(text)):
                text += await asyncio.to_thread(running.line)
            await talk(running.url("/CP-2"), 0, 1)
            while not re.search("CP-2 .*DataTransfer", text):
                text += await asyncio.to_thread(running.line)

    written = text.partition(found[0])[0].count("DataTransfer")
    assert 0 < written < CALLS
    # The gateway has a line more, of the end of the connection.
    assert CALLS - written + (command == "gateway") == int(found[1])


@asynchronous
async def test_who_does_not_read_what_is_printed_does_not_hold_up_the_end() -> None:
    async with listening("serve", "--port", "0") as running:
        await talk(running.url(), 0, CALLS)
        running.process.send_signal(signal.SIGTERM)

        assert 0 == await asyncio.to_thread(running.process.wait, 20)


# The stream itself


@contextmanager
def pipe() -> Generator[tuple[int, int], None, None]:
    """One that is full: the end to read from, and the end to write to."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    for size in (4096, 1):
        with suppress(BlockingIOError):
            while True:
                os.write(theirs, b"-" * size)
    os.set_blocking(theirs, True)
    yield ours, theirs


def read_all(descriptor: int) -> str:
    with open(descriptor, encoding="utf-8") as file:
        return file.read().lstrip("-")


@pytest.mark.parametrize("is_blocking", [True, False], ids=["blocking", "not blocking"])
def test_what_is_left_out_is_counted_at_its_place(is_blocking: bool) -> None:
    with pipe() as (ours, theirs):
        os.set_blocking(theirs, is_blocking)
        outlet = Outlet(os.fdopen(theirs, "w", encoding="utf-8", closefd=False))
        line = "é" * 999 + "\n"
        lines = MOST_WAITING // len(line) + 8
        for _ in range(lines):
            outlet.write(line)
        is_full = outlet.is_full
        read: list[str] = []
        reader = threading.Thread(target=lambda: read.append(read_all(ours)))
        reader.start()
        while outlet.is_full:
            pass
        outlet.write("the end\n")
        outlet.end(None)
        os.close(theirs)
        reader.join()

    assert is_full
    kept = read[0].count("é\n")
    assert lines - 8 <= kept < lines
    assert read[0].endswith(
        f"é\n… {lines - kept} lines are left out here: they could not be written\nthe end\n"
    )


def test_an_end_waits_no_longer_than_it_shall() -> None:
    with pipe() as (ours, theirs), open(theirs, "w", encoding="utf-8") as stream:
        outlet = Outlet(stream)
        outlet.write("never read\n")
        outlet.end(0.01)
        outlet.write("after the end\n")
        os.close(ours)
        outlet.end(None)

    assert isinstance(outlet.failure, BrokenPipeError)


def test_what_is_written_through_click_arrives(tmp_path: Path) -> None:
    """It writes nothing as bytes to a stream, to find out of which kind it is."""
    path = tmp_path / "errors"
    with path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        outlet = Outlet(stream)
        with redirect_stderr(cast(TextIO, outlet)):
            click.echo("what is asked for", err=True)
        outlet.end(None)

    assert "what is asked for\n" == path.read_text()


def test_who_has_gone_is_told_of_once() -> None:
    failures: list[OSError] = []
    ours, theirs = os.pipe()
    os.close(ours)
    with open(theirs, "w", encoding="utf-8") as stream:
        outlet = Outlet(stream, failed=failures.append)
        outlet.write("x\n")
        outlet.end(None)
        outlet.write("y\n")

    assert [outlet.failure] == failures
    assert isinstance(failures[0], BrokenPipeError)


class Disk(io.StringIO):
    """A file that can be written to when there is room on its disk."""

    def __init__(self) -> None:
        super().__init__()
        self.has_room = True
        self.tried = threading.Event()

    def write(self, text: str) -> int:
        self.tried.set()
        if not self.has_room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_what_a_full_disk_has_no_room_for_is_counted() -> None:
    disk = Disk()
    outlet = Outlet(disk)
    for has_room, line in ((True, "before\n"), (False, "lost\n"), (True, "after\n")):
        disk.has_room = has_room
        disk.tried.clear()
        outlet.write(line)
        assert disk.tried.wait(20)
    outlet.end(None)

    assert "before\nafter\n… 1 line is left out here: it could not be written\n" == disk.getvalue()
    assert outlet.failure is None


def test_where_nothing_can_be_written_at_all_there_is_no_use_in_going_on() -> None:
    disk = Disk()
    disk.has_room = False
    outlet = Outlet(disk)
    outlet.write("x\n")
    outlet.end(None)

    assert errno.ENOSPC == getattr(outlet.failure, "errno", None)


@needs_full
def test_a_server_that_can_say_nothing_from_the_start_says_why_it_ends() -> None:
    command = f"{sys.executable} -m ocpp_core.cli serve --port 0 > /dev/full"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=30)

    assert (2, "Error: cannot write: No space left on device\n") == (ended.returncode, ended.stderr)


def test_a_log_that_nobody_reads_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    with pipe() as (ours, theirs), open(theirs, "w", encoding="utf-8", buffering=1) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        reader = threading.Thread(target=lambda: read.append(read_all(ours)))

        async def work(_: Output) -> int:
            for number in range(1000):
                print(f"{number:<200}", file=sys.stderr)
            reader.start()
            return 7

        code = run(work)
        stream.close()
        reader.join()

    assert 7 == code
    assert LEFT_OUT.search(read[0])
