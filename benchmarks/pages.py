"""What the pages show of `results.json`: the tables of README.md and benchmarks/README.md, and docs/speed.svg.

    python benchmarks/pages.py

writes them. A table, or the list of the targets, stands between ``<!-- measured: NAME -->`` and ``<!-- end -->``.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from picture import drawn
from report import markdown

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
PICTURE = ROOT / "docs" / "speed.svg"
TABLES = (ROOT / "README.md", ROOT / "benchmarks" / "README.md")


def pages(facts: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """The files that show the facts, each with the text that it should have."""
    yield PICTURE, drawn(facts)
    for page in TABLES:
        text = page.read_text(encoding="utf-8")
        for name, shown in _shown(facts):
            head = f"<!-- measured: {name} -->\n"
            before, found, after = text.partition(head)
            if found:
                text = f"{before}{head}\n{shown}\n\n<!-- end -->{after.partition('<!-- end -->')[2]}"
        yield page, text


def _shown(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the pages may have: the table of each suite, and how all of them stand with what was aimed at."""
    suites = facts["suites"]
    yield from ((suite["name"], markdown(suite)) for suite in suites)
    yield "targets", "\n".join(f"- {suite['name']}: {one}" for suite in suites for one in suite["verdicts"])


def write() -> None:
    """Writes them anew."""
    for path, text in pages(json.loads(RESULTS.read_text(encoding="utf-8"))):
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
