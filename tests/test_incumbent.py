"""docs/incumbent.md has each pain point, and names a test for each. That these exist is seen by test_docs."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "incumbent.md").read_text(encoding="utf-8")
#: Number of the point, file and function of the test.
ROWS = re.findall(r"^\| (\d+) \|.*\| `((?:\w+/)?test_\w+\.py)` `(test_\w+)` \|$", PAGE, re.MULTILINE)


def test_every_row_has_a_number_and_names_a_test() -> None:
    assert PAGE.count("\n| ") - 1 == len(ROWS)


def test_every_point_is_there_in_order() -> None:
    numbers = [int(number) for number, *_ in ROWS]

    assert list(range(1, 26)) == list(dict.fromkeys(numbers))
    assert sorted(numbers) == numbers
