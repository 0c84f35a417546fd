"""The command `ocpp-core`, in this process and as one of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from ocpp_core.cli.commands import command


def cli(*arguments: str | Path, text: str | bytes | None = None) -> Result:
    """Runs the command in this process; a traceback is a failure."""
    result = CliRunner(env={"COLUMNS": None}).invoke(command, list(map(str, arguments)), input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def process(*arguments: str | Path, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "ocpp_core.cli", *map(str, arguments)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def saying(version: str, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments with the version of the frames; who translates says where from."""
    return (*arguments, "--from" if arguments[0] == "translate" else "--version", version)


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def summary(*arguments: str | Path, text: str | bytes | None = None) -> dict[str, Any]:
    """The summary of `validate`."""
    told: dict[str, Any] = objects(cli("validate", "--quiet", "--json", *arguments, text=text))[-1]["summary"]
    return told
