"""Output that cannot be written, and ids that may be secrets."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from command import cli, objects
from inputs import HEARTBEAT, HERTZ

COMMAND = f"{sys.executable} -m ocpp_core.cli"
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")

WAYS = {
    "decode": f"echo '{HEARTBEAT}' | {COMMAND} decode --version 1.6",
    "decode json": f"echo '{HEARTBEAT}' | {COMMAND} decode --version 1.6 --json",
    "validate": f"echo '{HERTZ}' | {COMMAND} validate --version 1.6",
    "actions": f"{COMMAND} actions",
    "help": f"{COMMAND} --help",
    "version": f"{COMMAND} --version",
    "no such file": f"{COMMAND} validate /no/such/file",
}


def shell(command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)


@needs_full
@pytest.mark.parametrize("name", WAYS)
def test_full_disk_is_an_error_in_a_line(name: str) -> None:
    result = shell(f"{WAYS[name]} > /dev/full")

    assert 2 == result.returncode
    assert "Traceback" not in result.stderr
    if name != "no such file":
        assert "Error: cannot write: No space left on device\n" in result.stderr


@needs_full
@pytest.mark.parametrize("name", ["decode", "validate", "no such file"])
@pytest.mark.parametrize("where", ["2> /dev/full", "> /dev/full 2>&1", "2>&-", ">&-", ">&- 2>&-"])
def test_whatever_cannot_be_written_the_command_ends(where: str, name: str) -> None:
    result = shell(f"{WAYS[name]} {where}")

    assert result.returncode in (0, 1, 2)
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


@pytest.mark.parametrize("name", [name for name in WAYS if name != "no such file"])
def test_reader_that_has_gone_is_no_error(name: str) -> None:
    result = shell(f"set -o pipefail; ({WAYS[name]}; echo $? >&2) | sleep 0; exit 0")

    assert result.stderr.strip() in ("0", "1", "141")


HIDDEN_FRAMES = {
    "id of a call": '[2,"AuthorizationKey hunter2","Heartbeat"]',
    "action": '[2,"AuthorizationKey","hunter2"]',
    "id of a result": '[3,"AuthorizationKey hunter2"]',
}


@pytest.mark.parametrize("frame", HIDDEN_FRAMES.values(), ids=HIDDEN_FRAMES)
def test_what_is_hidden_in_one_place_is_hidden_in_all(frame: str) -> None:
    echo = next(
        line
        for line in cli("decode", "--version", "1.6", text=frame).stdout.splitlines()
        if line.startswith("  [")
    )
    for arguments in (("decode",), ("decode", "--json"), ("validate",), ("validate", "--json")):
        hidden = cli(*arguments, "--version", "1.6", text=frame)

        assert "hunter2" in echo or "hunter2" not in hidden.stdout + hidden.stderr
    assert "hunter2" in cli("decode", "--version", "1.6", "--show-secrets", text=frame).stdout


def test_ordinary_ids_are_shown() -> None:
    (row,) = objects(cli("decode", "--json", "--version", "1.6", text=HEARTBEAT))

    assert ("17", "Heartbeat") == (row["id"], row["action"])


def test_hints_name_what_there_is() -> None:
    result = shell(f"{COMMAND} decode --no-such-option")

    # Releases of click take one or the other name of the option.
    assert re.search(r"Try 'python -m ocpp_core\.cli decode (--help|-h)' for help\.", result.stderr)
    program = (
        "import sys; from ocpp_core.cli import main; sys.argv[0] = '/bin/ocpp-core'; sys.exit(main(['x']))"
    )
    named = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert re.search(r"Try 'ocpp-core (--help|-h)' for help\.", named.stderr)
    assert os.sep not in named.stderr
