"""docs/incumbent.md names tests that exist."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "incumbent.md").read_text(encoding="utf-8")
ROWS = re.findall(r"\| `(test_\w+\.py)` `(test_\w+)` \|$", PAGE, re.MULTILINE)


def test_every_row_names_a_test() -> None:
    assert PAGE.count("\n| ") - 1 == len(ROWS)


@pytest.mark.parametrize("file, name", ROWS)
def test_the_test_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (TESTS / file).read_text(encoding="utf-8")
