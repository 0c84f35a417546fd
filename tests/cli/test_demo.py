"""The commands that talk, as processes of their own: `demo`, and `simulate` against `serve`."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress

import pytest
from rich.console import Console
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from loops import asynchronous
from ocpp_core.cli import demo_process
from ocpp_core.cli.demo import show

OCPP_16 = Subprotocol("ocpp1.6")
COMMAND = [sys.executable, "-m", "ocpp_core.cli"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, encoding="utf-8", timeout=120, check=False
    )


@contextmanager
def serving(*options: str) -> Generator[tuple[int, "subprocess.Popen[str]"], None, None]:
    """A running `ocpp-core serve`, and its port."""
    arguments = [*COMMAND, "serve", "--port", "0", *options]  # of two ports the last counts
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdout=pipe, stderr=pipe, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            port = re.search(r"ws://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert port is not None
            yield int(port[1]), process
        finally:
            process.kill()


# The demo


@pytest.fixture(scope="module")
def done() -> subprocess.CompletedProcess[str]:
    """A demo that was run without a terminal."""
    return run("demo")


def test_every_station_of_the_demo_succeeds(done: subprocess.CompletedProcess[str]) -> None:
    assert 0 == done.returncode, done.stdout + done.stderr
    for act in done.stdout.split("The same stations; handlers and calls are written once, for 2.0.1."):
        assert "10 of 10 stations succeeded" in act
        assert "10 transactions started, 10 ended" in act
        assert "The CSMS answered 54 calls and made 30" in act


def test_second_act_of_the_demo_shows_what_could_not_be_translated(
    done: subprocess.CompletedProcess[str],
) -> None:
    """Of stations of other versions, in every step that is not exact; of the version of the handlers nothing."""
    act = done.stdout.partition("The same stations")[2]
    rows = {
        line[:17].strip(): line[17:].strip() for line in act.splitlines() if line[:3] in ("1.2", "1.6", "2.0")
    }

    assert {"✓", "-", *"123456789"} >= set(rows["1.2 SOAP"].replace(" ", ""))
    assert re.fullmatch(r"✓ +✓ +✓ +✓ +✓ +✓ +✓ +✓ +✓", rows["2.0.1 JSON"])
    assert re.fullmatch(r"✓ \d+ +✓( \d+)? +✓ \d+ .*", rows["1.6 JSON secured"])
    assert re.search(
        r"\d+ things were not exact, of these most often:\n +\d+ synthesised, \w+, such as \$\.", act
    )


def test_demo_without_a_terminal_writes_its_tables_once(done: subprocess.CompletedProcess[str]) -> None:
    lines = done.stdout.splitlines()

    assert 2 == sum(line.startswith("station ") for line in lines)  # one table for each act
    assert 2 == sum(line.startswith("2.0.1 JSON ") for line in lines)


@asynchronous
async def test_table_of_the_demo_fits_into_80_columns() -> None:
    output = io.StringIO()
    code = await show(0.0, Console(file=output, force_terminal=True, color_system=None, width=80))

    assert 0 == code
    assert "boot security authorize config start  start meter stop reset" in output.getvalue()


@contextmanager
def demonstrating() -> Generator[tuple["subprocess.Popen[str]", int, socket.socket], None, None]:
    """A demo under way, in a session as if of a terminal; the id of its CSMS, and a connection that lasts as long."""
    with subprocess.Popen(
        [*COMMAND, "demo", "--pace", "5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert "Each station is served in its own version.\n" == process.stdout.readline()
            assert "Starting a CSMS in a process of its own ...\n" == process.stdout.readline()
            found = re.search(r"process (\d+), .* on 127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert found is not None
            with socket.create_connection(("127.0.0.1", int(found[2])), timeout=20) as connection:
                yield process, int(found[1]), connection
        finally:
            process.kill()


def has_ended(connection: socket.socket) -> bool:
    """Whether the other side ends, for which this waits."""
    with suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def test_csms_of_the_demo_is_another_process_and_its_death_the_end() -> None:
    with demonstrating() as (process, csms, _):
        assert csms != process.pid
        os.kill(csms, signal.SIGKILL)
        output, errors = process.communicate(timeout=20)

    assert 1 == process.returncode
    assert "failed: the CSMS has ended with exit code -9" in output
    assert "Traceback" not in output + errors


def test_interrupted_demo_ends_with_its_csms_and_says_nothing() -> None:
    with demonstrating() as (process, _, connection):
        os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate(timeout=20)[1]

        assert has_ended(connection)
    assert 130 == process.returncode
    assert "" == errors.strip()


def test_csms_of_a_demo_that_is_killed_ends_by_itself() -> None:
    with demonstrating() as (process, _, connection):
        process.kill()

        assert has_ended(connection)


async def shown(code: str) -> tuple[int, str]:
    """What a demo ends with and writes whose CSMS is this code."""
    output = io.StringIO()
    command = (sys.executable, "-P", "-c", code)
    return await show(0.0, Console(file=output, width=100), command), output.getvalue()


FAILING = {
    "dies": (
        "import sys; sys.exit('no port is left')",
        ["failed: the CSMS has ended with exit code 1", "no port is left"],
    ),
    "says-what-is-no-json": ("print('Hello')", ["failed: the CSMS has said b'Hello"]),
    "says-no-object": ("print('[]')", ["failed: the CSMS has said b'[]"]),
    "says-no-address": ("print('{}')", ["failed: the CSMS has said b'{}"]),
    "says-too-much": ("print('x' * 100_000)", ["failed: the CSMS has said too much"]),
    "stays-after-the-end-of-its-output": (
        "import os, time; os.close(1); time.sleep(60)",
        ["failed: the CSMS has been silent"],
    ),
    "is-silent": ("import time; time.sleep(60)", ["failed: the CSMS has been silent"]),
    "dies-of-an-order": (
        "import asyncio, os, sys\n"
        "from ocpp_core.cli import demo_csms\n"
        "demo_csms.read_json = lambda line: sys.exit('too much')\n"
        "asyncio.run(demo_csms.serve())",
        ["failed: the CSMS has ended with exit code 1", "too much"],
    ),
}


@pytest.mark.parametrize("code, expected", FAILING.values(), ids=FAILING)
@asynchronous
async def test_demo_fails_if_its_csms_does(
    code: str, expected: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "silent" in expected[0]:
        monkeypatch.setattr(demo_process, "PATIENCE", 0.5)
    exit_code, output = await shown(code)

    assert 1 == exit_code
    for text in expected:
        assert text in output


@asynchronous
async def test_demo_fails_if_one_station_does() -> None:
    """Here the CSMS expects another password."""
    exit_code, output = await shown(
        "import asyncio\n"
        "from ocpp_core.cli import demo_csms\n"
        "demo_csms.PASSWORDS['CP-16JS'] = 'not that of the station'\n"
        "asyncio.run(demo_csms.serve())"
    )

    assert 1 == exit_code
    assert "failed: 1.6 JSON secured, boot: " in output
    assert "401" in output
    assert "9 of 10 stations succeeded" in output


def test_csms_of_the_demo_answers_each_order_and_ends_with_its_input() -> None:
    orders = [
        {"order": 1, "identity": "CP-1", "version": "1.6", "action": "Reset", "payload": {"type": "Soft"}},
        {"order": 2, "identity": "CP-1", "version": "1.6", "action": "Reset", "payload": {"type": "Warm"}},
        {"order": 3, "identity": "CP-1", "version": "1.7", "action": "Reset", "payload": {}},
    ]
    done = subprocess.run(
        demo_process.COMMAND,
        input="".join(f"{json.dumps(order)}\n" for order in orders),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    first, *answers, last = map(json.loads, done.stdout.splitlines())

    assert {"address"} == set(first)
    assert [1, 2, 3] == sorted(answer["order"] for answer in answers)
    assert all(answer["error"] for answer in answers)
    assert {"received": 0, "made": 0, "started": 0, "ended": 0} == last
    assert "" == done.stderr


# A station and a CSMS


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


@pytest.mark.parametrize("version, scheme", [("1.6", "ws"), ("1.5", "http")])
def test_a_password_is_wanted_of_every_station(version: str, scheme: str) -> None:
    with serving("--password", "hunter2-hunter2-") as (port, process):
        simulated = ("simulate", f"{scheme}://127.0.0.1:{port}/", "--version", version)
        none = run(*simulated)
        wrong = run(*simulated, "--password", "another-password")
        right = run(*simulated, "--password", "hunter2-hunter2-")
        process.send_signal(signal.SIGINT)
        log, _ = process.communicate(timeout=20)

    assert (2, 2, 0) == (none.returncode, wrong.returncode, right.returncode), right.stderr
    assert "401" in none.stderr or "SecurityError" in none.stderr
    assert "is refused: 401" in log
    assert "hunter2" not in log


def test_a_tolerant_csms_answers_a_station_whatever_it_can_type() -> None:
    event = (
        '[2,"1","TransactionEvent",{"timestamp":"2026-01-31T12:00:00Z","seqNo":0,"idToken":{"idToken":"A"}}]'
    )
    with serving("--tolerant") as (port, _):
        subprotocols = [Subprotocol("ocpp2.0.1")]
        with connect(f"ws://127.0.0.1:{port}/CP-1", subprotocols=subprotocols) as station:
            station.send(event)

            assert '[3,"1",{"idTokenInfo":{"status":"Accepted"}}]' == station.recv(20)

            station.send('[2,"2","SignCertificate",{"csr":"x"}]')

            assert '[3,"2",{"status":"Rejected"}]' == station.recv(20)


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


def test_a_station_that_stays_outlives_a_restart_of_its_csms() -> None:
    """It connects again and boots again; in between it says what it waits for."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    arguments = [
        *COMMAND,
        "simulate",
        f"ws://127.0.0.1:{port}/CP-7",
        "--identity",
        "CP-7",
        "--version",
        "2.0.1",
    ]
    with subprocess.Popen([*arguments, "--stay"], stdout=subprocess.PIPE, encoding="utf-8") as station:
        try:
            assert station.stdout is not None
            for _ in range(2):
                with serving("--port", port) as (_, process):
                    assert process.stdout is not None
                    first = next(line for line in process.stdout if " → " in line)
                    assert "CP-7 " in first
                    assert "BootNotification" in first
                    assert any("StatusNotification" in line for line in process.stdout)
            assert any("connects again in" in line for line in station.stdout)
        finally:
            station.kill()


def test_a_station_that_stays_says_that_its_csms_does_not_let_it_boot() -> None:
    """Over SOAP there is no connection whose end could be told."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = ["simulate", f"http://127.0.0.1:{port}/", "--identity", "CP-7", "--version", "1.5", "--stay"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, encoding="utf-8") as station:
        try:
            assert station.stdout is not None
            line = next((line for line in station.stdout if "cannot boot" in line), "")
        finally:
            station.kill()

    assert re.match(r"\d\d:\d\d:\d\d CP-7 cannot boot: .*; it boots again in 10 s$", line)


def test_an_interrupted_csms_closes_its_connections_and_says_nothing() -> None:
    with (
        serving() as (port, process),
        connect(f"ws://127.0.0.1:{port}/CP-1", subprotocols=[OCPP_16]) as socket,
    ):
        socket.send('[2,"1","Heartbeat",{}]')
        socket.recv(20)
        process.send_signal(signal.SIGINT)
        with pytest.raises(ConnectionClosed) as info:
            socket.recv(20)

        assert info.value.rcvd is not None
        assert 130 == process.wait(20)
        assert process.stderr is not None
        assert "" == process.stderr.read().strip()


def test_a_csms_that_nobody_reads_any_more_ends_in_silence() -> None:
    with serving() as (port, process):
        assert process.stdout is not None
        process.stdout.close()
        run("simulate", f"ws://127.0.0.1:{port}", "--version", "1.6")

        assert 141 == process.wait(20)
        assert process.stderr is not None
        assert "" == process.stderr.read()


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
