"""Measures speed beside other libraries, all in one run, as ratios.

python benchmarks/run.py [--quick] [--json FILE] [--picture FILE] [--update] [SUITE ...]

``--update`` writes the tables into README.md and benchmarks/README.md, between ``<!-- measured: NAME -->`` and
``<!-- end -->``.

A suite is a module with a function ``measure(effort) -> list[Suite]``; a new one is added to `SUITES`.
"""

import argparse
import importlib
import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from picture import drawn
from report import FULL, QUICK, markdown, show
from rich.console import Console

SUITES = ("json_codec", "dispatch", "wire", "soap", "translation", "imports")
PAGES = [Path(__file__).parents[1] / "README.md", Path(__file__).parent / "README.md"]
PACKAGES = (
    "ocpp-core",
    "ocpp",
    "websockets",
    "picows",
    "uvloop",
    "orjson",
    "attrs",
    "jsonschema",
    "lxml",
    "zeep",
)


def main() -> int:
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measures speed beside other libraries, as ratios.")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a minute in place of three; rougher")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write what was measured")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="also draw it, as SVG")
    parser.add_argument("--update", action="store_true", help="write the tables into the READMEs")
    options = parser.parse_args()
    if unknown := sorted(set(options.suites) - set(SUITES)):
        parser.error(f"no suite is called {', '.join(unknown)}")

    console = Console(width=120)
    python = platform.python_version()
    packages = {name: _version(name) for name in PACKAGES}
    console.print(f"Python {python}; {', '.join(f'{name} {number}' for name, number in packages.items())}\n")
    suites = []
    for name in options.suites or SUITES:
        with console.status(f"measuring {name}"):
            measured = importlib.import_module(name).measure(QUICK if options.quick else FULL)
        for suite in measured:
            show(suite, console)
            suites.append(suite)
    facts = {"python": python, "packages": packages, "suites": [suite.as_json() for suite in suites]}
    if options.picture:
        options.picture.write_text(drawn(facts), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    if options.update:
        _update({suite.name: markdown(suite) for suite in suites})
    return 0


def _update(tables: dict[str, str]) -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for name, table in tables.items():
            head = f"<!-- measured: {name} -->\n"
            before, found, after = text.partition(head)
            if found:
                text = f"{before}{head}\n{table}\n\n<!-- end -->{after.partition('<!-- end -->')[2]}"
        page.write_text(text, encoding="utf-8")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "from the checkout" if package == "ocpp-core" else "not installed"


if __name__ == "__main__":
    sys.exit(main())
