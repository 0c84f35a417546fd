"""The commands that talk, as processes of their own: `demo`, and `simulate` against `serve`."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest

COMMAND = [sys.executable, "-m", "ocpp_core.cli"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, encoding="utf-8", timeout=60, check=False
    )


@contextmanager
def serving(*options: str) -> Generator[tuple[int, "subprocess.Popen[str]"], None, None]:
    """A running `ocpp-core serve`, and its port."""
    arguments = [*COMMAND, "serve", "--port", "0", *options]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            port = re.search(r"ws://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert port is not None
            yield int(port[1]), process
        finally:
            process.kill()


def test_every_station_of_the_demo_succeeds() -> None:
    done = run("demo")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "8 of 8 stations succeeded" in done.stdout
    assert "8 transactions started, 8 ended" in done.stdout
    assert "the CSMS answered 44 calls and made 24" in done.stdout


STATIONS = [
    ("1.2", "http", ()),
    ("1.5", "http", ()),
    ("1.6", "http", ("--soap",)),
    ("1.6", "ws", ()),
    ("2.0", "ws", ()),
    ("2.0.1", "ws", ()),
    ("2.1", "ws", ()),
]


def test_stations_of_every_version_charge_at_the_csms_of_the_command() -> None:
    with serving() as (port, process):
        for version, scheme, options in STATIONS:
            url = f"{scheme}://127.0.0.1:{port}/"
            done = run("simulate", url, "--version", version, "--identity", f"CP-{version}", *options)

            assert 0 == done.returncode, done.stdout + done.stderr
            assert "BootNotification" in done.stdout
        process.send_signal(signal.SIGINT)
        log = process.communicate(timeout=20)[0]

    assert 130 == process.returncode
    for version, *_ in STATIONS:
        assert f"CP-{version}" in log


HELLO = (
    b"GET /CP-1 HTTP/1.1\r\nHost: csms.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


def frame(number: int) -> bytes:
    """A heartbeat as a WebSocket client sends it, masked with zeros."""
    text = f'[2,"{number}","Heartbeat",{{}}]'.encode()
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


def test_stations_that_hang_up_unanswered_do_not_end_the_csms() -> None:
    with serving() as (port, process):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(HELLO)
                connection.recv(1000)
                connection.sendall(b"".join(map(frame, range(20))))
        done = run("simulate", f"ws://127.0.0.1:{port}", "--version", "1.6", "--identity", "CP-2")

        assert process.poll() is None
    assert 0 == done.returncode, done.stderr


def test_a_version_that_is_not_accepted_is_an_error() -> None:
    with serving("--accept", "2.0.1") as (port, _):
        done = run("simulate", f"ws://127.0.0.1:{port}", "--version", "1.6")

    assert 2 == done.returncode
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "ws://127.0.0.1:1", "--version", "2.1"),
        ("simulate", "http://127.0.0.1:1", "--version", "1.5"),
        ("simulate", "http://127.0.0.1:1", "--version", "2.1", "--soap"),
        ("simulate", "no address", "--version", "2.1"),
        ("simulate", "no address", "--version", "1.5"),
        ("serve", "--accept", "1.7"),
    ],
)
def test_what_cannot_work_is_said_in_a_sentence(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert 2 == done.returncode
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr
