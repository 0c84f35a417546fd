"""Measures speed beside other libraries, all in one run, as ratios.

python benchmarks/run.py [--quick] [--json FILE] [--update] [SUITE ...]

Each suite runs in a process of its own, and what it has found is written before the next begins: one that fails or
takes too long costs the others nothing. The exit code is 1 then.

A suite is a module with a function ``measure(effort) -> list[Suite]``; a new one is added to `SUITES`.
"""

import argparse
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pages
from report import FULL, QUICK, show
from rich.console import Console

#: What belongs together, with the seconds that it takes about.
SUITES = {
    "json_codec": 165,
    "dispatch": 65,
    "wire": 40,
    "soap": 60,
    "translation": 80,
    "imports": 20,
    "memory": 35,
    "load": 120,
    "gateway": 15,
}
#: Seconds after which a suite is given up.
PATIENCE = 600
PACKAGES = (
    "ocpp-core",
    "ocpp",
    "websockets",
    "picows",
    "uvloop",
    "orjson",
    "msgspec",
    "attrs",
    "jsonschema",
    "lxml",
    "zeep",
)


def main() -> int:
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measures speed beside other libraries, as ratios.")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="less of everything; rougher")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write what was measured")
    parser.add_argument(
        "--update",
        action="store_true",
        help="write results.json, and the tables and the picture of the pages",
    )
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # in this process, as JSON
    given = parser.parse_args()
    if unknown := sorted(set(given.suites) - SUITES.keys()):
        parser.error(f"no suite is called {', '.join(unknown)}")
    if given.here:
        found = [
            suite for name in given.suites for suite in importlib.import_module(name).measure(_effort(given))
        ]
        print(json.dumps([suite.as_json() for suite in found]))
        return 0
    targets = [path for path in (given.json, pages.RESULTS if given.update else None) if path is not None]
    missed = _measure(given, targets, Console(width=140))
    if given.update:
        pages.write()
    return 1 if missed else 0


def _effort(given: argparse.Namespace) -> Any:
    return QUICK if given.quick else FULL


def _measure(given: argparse.Namespace, targets: list[Path], console: Console) -> list[str]:
    """Measures one suite after the other; returns those that have failed."""
    names = given.suites or list(SUITES)
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "suites": [],
    }
    about = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    console.print(f"Python {facts['python']}; {about}\n", highlight=False)
    missed = []
    for number, name in enumerate(names, start=1):
        left = sum(SUITES[other] for other in names[number - 1 :])
        hint = "" if given.quick else f"; about {left / 60:.0f} minutes to go"
        console.print(f"{number} of {len(names)}: {name}{hint}", style="bold", highlight=False)
        began = time.monotonic()
        suites = _found(name, given)
        if suites is None:
            missed.append(name)
            console.print(f"  {name} has failed\n", style="red")
            continue
        for suite in suites:
            show(suite, console)
        console.print(f"  {time.monotonic() - began:.0f} s\n", highlight=False)
        facts["suites"] += suites
        for path in targets:
            path.write_text(json.dumps(_with_others(facts, path), indent=2) + "\n", encoding="utf-8")
    if missed:
        console.print(f"not measured: {', '.join(missed)}", style="red")
    return missed


def _with_others(facts: dict[str, Any], path: Path) -> dict[str, Any]:
    """The facts, and of those that stand in the file already what was not measured again."""
    if not path.exists():
        return facts
    before = {suite["name"]: suite for suite in json.loads(path.read_text(encoding="utf-8"))["suites"]}
    now = {suite["name"]: suite for suite in facts["suites"]}
    return {**facts, "suites": list((before | now).values())}


def _found(name: str, given: argparse.Namespace) -> list[dict[str, Any]] | None:
    """What a suite has found; None if it has failed, and has said why."""
    command = [sys.executable, __file__, "--here", name, *(["--quick"] if given.quick else [])]
    # With those that it starts it is a group, which ends as a whole.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            out, _ = process.communicate(timeout=PATIENCE)
            lines = out.splitlines() if process.returncode == 0 else []
            found: list[dict[str, Any]] | None = json.loads(lines[-1] if lines else "null")
            return found
        except (subprocess.TimeoutExpired, ValueError):
            return None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "from the checkout" if package == "ocpp-core" else "not installed"


if __name__ == "__main__":
    # Whoever ends this ends the suite too, which is a group of its own: what raises comes by `killpg`.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(main())
