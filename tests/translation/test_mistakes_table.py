"""Each known mistake of others has a test that shows that ours does not make it: the table of docs/translation.md."""

import ast
import re
from pathlib import Path

import pytest

import oracle

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "translation.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| (.+) \| `(translation/\S+)` `(test_\w+)` \|$",
    PAGE.partition("## Mistakes of others")[2],
    re.MULTILINE,
)
FACTS = Path(oracle.OFFICIAL).parent / "facts" / "translation.md"


def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("mistake, file, name", ROWS, ids=[name for _, _, name in ROWS])
def test_a_mistake_has_its_test(mistake: str, file: str, name: str) -> None:
    assert name in functions(file), mistake


def test_every_mistake_has_one_row() -> None:
    names = [name for _, _, name in ROWS]

    assert len(names) == len(set(names))
    held = functions("translation/sessions/test_known_mistakes.py")
    assert set(names) >= {name for name in held if name.startswith("test_")}


@pytest.mark.skipif(not FACTS.exists(), reason="our facts are not here")
def test_there_are_as_many_rows_as_the_facts_have_mistakes() -> None:
    """Which lists several of a kind in one point."""
    facts = FACTS.read_text(encoding="utf-8").partition("## 5. Mistakes")[2].partition("## 6.")[0]

    assert len(ROWS) >= facts.count("- [ ] ")
