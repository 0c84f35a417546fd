"""The command as a process: pipes, terminals, interrupts, and memory."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import ocpp_core.cli
from command import process
from inputs import ANSWER, HEARTBEAT, HERTZ, an_object
from ocpp_core.cli.commands import run
from ocpp_core.logs.origins import STATION_TO_CSMS
from ocpp_core.model.extras import install
from terminal import terminal


def test_process_reads_standard_input_and_says_its_version() -> None:
    judged = process("validate", "--quiet", text=HEARTBEAT)

    assert (0, "<stdin>: taken as OCPP 1.6, which accepts 1 of 1 calls\n") == (
        judged.returncode,
        judged.stderr,
    )
    assert judged.stdout.endswith("1 frame, 1 accepted\n")
    assert process("--version").stdout.startswith("ocpp-core, version ")


def test_process_without_arguments_shows_help() -> None:
    result = process()

    assert 2 == result.returncode
    assert "validate" in result.stdout + result.stderr


def test_output_has_no_colours_unless_it_is_a_terminal() -> None:
    assert "\x1b" not in process("validate", "--version", "1.6", text=HERTZ).stdout
    assert (
        "\x1b[" in process("validate", "--version", "1.6", text=HERTZ, FORCE_COLOR="1", TERM="xterm").stdout
    )
    assert "\x1b[3" not in process("validate", text=HERTZ, NO_COLOR="1", FORCE_COLOR="1", TERM="xterm").stdout


def test_output_may_be_ascii_only() -> None:
    line = an_object(HERTZ.replace("Hertz", "Ω\\ud800"), direction=STATION_TO_CSMS)
    result = process("validate", text=line, PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert (1, "") == (result.returncode, result.stderr)


@pytest.mark.parametrize(
    "options, first",
    [
        ("--version 1.6", "accepted  <stdin>:1  CALL  Heartbeat  '17'  OCPP 1.6  station → csms\n"),
        ("--json --version 1.6", '{"source":"<stdin>","line":1,'),
    ],
    ids=["text", "json"],
)
def test_broken_pipe_is_quiet(options: str, first: str) -> None:
    command = f"{sys.executable} -m ocpp_core.cli decode {options}"
    shell = f"yes '{HEARTBEAT}' | ({command}; echo $? >&2) | head -n 1"
    result = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False, timeout=60)

    assert "141\n" == result.stderr
    assert result.stdout.startswith(first)


def test_interrupt_is_quiet() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ocpp_core.cli", "decode", "--json", "--version", "1.6"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdin.write(f"{HEARTBEAT}\n")
        running.stdin.flush()

        assert '"Heartbeat"' in running.stdout.readline()

        running.send_signal(signal.SIGINT)

        assert 130 == running.wait(20)
        assert "" == running.stderr.read().strip()


def on_a_terminal(*arguments: str | Path) -> tuple[int, str, str]:
    """Runs the command with standard error on a terminal: exit code, standard output, what the terminal saw."""
    with terminal(100) as (theirs, seen):
        result = subprocess.run(
            [sys.executable, "-m", "ocpp_core.cli", *map(str, arguments)],
            stdout=subprocess.PIPE if "--json" not in arguments else subprocess.DEVNULL,
            stderr=theirs,
            check=False,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        )
    return result.returncode, (result.stdout or b"").decode(), b"".join(seen).decode()


def test_progress_is_shown_for_a_long_input_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(f"{HEARTBEAT}\n{ANSWER}\n" * 20_000)
    code, _, shown = on_a_terminal("validate", "--quiet", "--json", "--version", "1.6", path)

    assert 0 == code
    assert "reading" in shown
    assert "/1.4 MB" in shown
    assert "Traceback" not in shown


def test_progress_is_not_shown_for_a_short_input_or_beside_another_program(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(f"{HEARTBEAT}\n")

    assert "reading" not in on_a_terminal("validate", "--quiet", "--json", "--version", "1.6", path)[2]

    path.write_text(f"{HEARTBEAT}\n{ANSWER}\n" * 20_000)
    code, out, shown = on_a_terminal("validate", "--quiet", "--version", "1.6", path)

    assert (0, "") == (code, shown)
    assert "40000 frames, 40000 accepted" in out


def test_missing_extra_is_explained() -> None:
    program = "import sys; sys.modules['click'] = None; from ocpp_core.cli import main; sys.exit(main())"
    result = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False
    )

    assert (2, "") == (result.returncode, result.stdout)
    assert f"  {install('cli')}\n" in result.stderr


def test_a_command_that_talks_says_all_that_it_needs() -> None:
    """The transport names the one extra that it misses; whoever installs only that meets the next one."""
    program = "import sys; sys.modules['websockets'] = None; from ocpp_core.cli import main; sys.exit(main())"
    result = subprocess.run(
        [sys.executable, "-P", "-c", program, "simulate", "--version", "1.6", "ws://127.0.0.1:1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (2, "") == (result.returncode, result.stdout)
    assert ["This command needs more extras:", install("cli,websockets,server,soap")] == [
        line.rpartition(". ")[2].strip() for line in result.stderr.splitlines()
    ]


def test_main_returns_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.log"
    path.write_text(HERTZ)

    assert 1 == ocpp_core.cli.main(["validate", "--version", "1.6", str(path)])
    assert 2 == run(["validate", str(tmp_path / "b.log")])
    assert "does not exist" in capsys.readouterr().err


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    """Twenty times the frames, none of them answered, in the same memory (but for what the allocator keeps)."""
    program = (
        "import resource, sys; from ocpp_core.cli import main; main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.ndjson"
        path.write_text("".join(f'[2,"{number}","Heartbeat",{{}}]\n' for number in range(count)))
        arguments = [sys.executable, "-c", program, "validate", "--quiet", "--version", "1.6", str(path)]
        return int(subprocess.run(arguments, capture_output=True, text=True, check=True).stderr)

    assert peak(200_000) < 1.1 * peak(10_000)
