"""docs/incumbent.md has each pain point, and names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "incumbent.md").read_text(encoding="utf-8")
#: Number of the point, file below tests and function of the test.
ROWS = re.findall(r"^\| (\d+) \|.*\| `((?:\w+/)?test_\w+\.py)` `(test_\w+)` \|$", PAGE, re.MULTILINE)


def test_every_row_has_a_number_and_names_a_test() -> None:
    assert PAGE.count("\n| ") - 1 == len(ROWS)


def test_every_point_is_there_in_order() -> None:
    numbers = [int(number) for number, *_ in ROWS]

    assert list(range(1, 26)) == list(dict.fromkeys(numbers))
    assert sorted(numbers) == numbers


@pytest.mark.parametrize("file, name", [row[1:] for row in ROWS])
def test_the_test_exists(file: str, name: str) -> None:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))

    assert name in {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
