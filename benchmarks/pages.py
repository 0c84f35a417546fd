"""What the pages show of `results.json`: the tables of README.md and benchmarks/README.md, and docs/speed.svg.

    python benchmarks/pages.py

writes them. A table stands between ``<!-- measured: NAME -->`` and ``<!-- end -->``.
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
        for suite in facts["suites"]:
            head = f"<!-- measured: {suite['name']} -->\n"
            before, found, after = text.partition(head)
            if found:
                text = (
                    f"{before}{head}\n{markdown(suite)}\n\n<!-- end -->{after.partition('<!-- end -->')[2]}"
                )
        yield page, text


def write() -> None:
    """Writes them anew."""
    for path, text in pages(json.loads(RESULTS.read_text(encoding="utf-8"))):
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
