"""What the documents say is so: their examples run, their links lead somewhere, their tables are up to date.

In a page, examples build on each other. What they show is compared:

- a ``text`` block after a ``python`` block is what the latter prints;
- ``# -> value`` behind a statement, or in the line below, is the ``repr`` of its value;
- a ``python`` block with ``>>>`` is a doctest;
- the lines below a ``$ ocpp-core ...`` in a ``console`` block are what the command writes; ``...`` stands for any text.
"""

import ast
import doctest
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import pytest

import generate_docs
from ocpp_core import Tolerance
from ocpp_core.dispatch import Hooks
from ocpp_core.translation import Policy

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "SECURITY.md", "benchmarks/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
ALL_PAGES = [*PAGES, *(ROOT / f"{name}.md" for name in ("CHANGELOG", "CONTRIBUTING"))]

LANGUAGES = {"console", "json", "mermaid", "python", "text"}


def pages_of(paths: list[Path]) -> pytest.MarkDecorator:
    names = [path.relative_to(ROOT).as_posix() for path in paths]
    return pytest.mark.parametrize("page", paths, ids=names)


pages = pages_of(PAGES)
all_pages = pages_of(ALL_PAGES)


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str
    line: int


_FENCED = re.compile(r"^```(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start(2)) + 1) for found in _FENCED.finditer(text)
    ]


def without_blocks(page: Path) -> str:
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


# Examples


@pages
@pytest.mark.usefixtures("names_of_secrets")
def test_python_examples_run_and_show_what_they_say(page: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    found = [*blocks(page), Block("", "", 0)]
    for block, following in pairwise(found):
        if block.language != "python":
            continue
        if block.text.startswith(">>>"):
            run_doctest(page, block, namespace)
        else:
            printed = run(page, block, namespace)
            if following.language == "text":
                assert following.text == printed, f"{page.name}:{following.line}"


def run_doctest(page: Path, block: Block, namespace: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, namespace, page.name, str(page), block.line - 1)
    said = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(test, out=said.write, clear_globs=False)
    namespace.update(test.globs)

    if said.getvalue():
        pytest.fail(said.getvalue(), pytrace=False)


def run(page: Path, block: Block, namespace: dict[str, Any]) -> str:
    """Runs a block, compares the values that it shows, and returns what it prints."""
    lines = block.text.splitlines()
    with redirect_stdout(io.StringIO()) as printed:
        for statement in ast.parse(block.text).body:
            shown = shown_value(lines, statement)
            ast.increment_lineno(statement, block.line - 1)
            if isinstance(statement, ast.Expr):
                value = eval(compile(ast.Expression(statement.value), str(page), "eval"), namespace)
                if shown is not None:
                    assert shown == repr(value), f"{page.name}:{statement.end_lineno}"
            else:
                assert shown is None, f"{page.name}:{statement.end_lineno}: no value to show"
                exec(compile(ast.Module([statement], []), str(page), "exec"), namespace)
    return printed.getvalue()


def shown_value(lines: list[str], statement: ast.stmt) -> str | None:
    end = statement.end_lineno or 0
    last = lines[end - 1].encode()[statement.end_col_offset or 0 :].decode()
    below = lines[end] if end < len(lines) else ""
    for text, start in ((last, "  # -> "), (below, "# -> ")):
        if text.startswith(start):
            return text.removeprefix(start)
    return None


def commands(page: Path) -> Iterator[tuple[str, str, int]]:
    """Each command of the console blocks, what it is said to write, and its line."""
    for block in blocks(page):
        if block.language == "console":
            for found in re.finditer(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
                yield found[1], found[2], block.line + block.text.count("\n", 0, found.start())


#: Stands for a download of the reader's own. tests/facts/test_equivalence.py compares with one, where there is one.
DOWNLOAD = "official"


@pages
def test_commands_write_what_is_shown(page: Path) -> None:
    checker = doctest.OutputChecker()
    for line, shown, number in commands(page):
        # The command that belongs to the package under test, installed or not.
        command, count = re.subn(r"(^|\| )ocpp-core ", r'\1"$PYTHON" -P -m ocpp_core.cli ', line)
        if count and DOWNLOAD not in line.split():
            done = subprocess.run(
                command,
                shell=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                cwd=ROOT,
                env={**os.environ, "PYTHON": sys.executable, "COLUMNS": "120"},
            )
            flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

            assert done.returncode in (0, 1), f"{page.name}:{number}: {done.stdout}"
            assert checker.check_output(shown, done.stdout, flags), f"{page.name}:{number}:\n{done.stdout}"


@all_pages
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^\$ |`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert set() == set(named) - targets


@all_pages
def test_every_block_names_its_language(page: Path) -> None:
    assert set() == {block.language for block in blocks(page)} - LANGUAGES


# Links


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@all_pages
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page)):
        if not target.startswith("https://"):
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page

            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


@all_pages
def test_files_that_are_named_exist(page: Path) -> None:
    """Paths in code spans, such as `docs/errors.md`, lead to files of the project."""
    named = re.findall(r"`((?:benchmarks|docs|ocpp_core|tests|tools)/[\w/.*-]+)`", without_blocks(page))

    assert [] == [path for path in named if not any(ROOT.glob(path.rstrip("/")))]


@all_pages
def test_tests_that_are_named_exist(page: Path) -> None:
    """Those that hold what a page says: "`dispatch/test_gate.py` `test_...`", from one line to the next too."""
    text = without_blocks(page)
    for file, name in re.findall(r"`((?:\w+/)?test_\w+\.py)`\s`(test_\w+)`", text):
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

        assert name in {function.name for function in functions}, file


def test_each_field_case_is_held_by_a_block_or_a_test() -> None:
    text = (ROOT / "docs" / "field-cases.md").read_text(encoding="utf-8")
    listed: list[str] = []
    for header, rows in re.findall(r"^(\| .+ \|)\n\|[-|]+\|\n((?:\| .+ \|\n)+)", text, re.MULTILINE):
        if header.startswith("| case |"):
            listed += re.findall(r"^\| (\w+) \|", rows, re.MULTILINE)
        else:
            assert rows.count("\n") == len(re.findall(r"\.py` `test_\w+` \|$", rows, re.MULTILINE))

    assert len(listed) > 40
    assert listed == re.findall(r"^>>> .+  # ([A-Z]\d+)$", text, re.MULTILINE)


# What is derived


def test_generated_parts_are_up_to_date() -> None:
    """Otherwise run `python tools/generate_docs.py`."""
    assert [] == [path.name for path in generate_docs.changes()]


def test_every_tolerance_is_documented_once() -> None:
    text = (ROOT / "docs" / "tolerance.md").read_text(encoding="utf-8")
    rules, _, reasons = text.partition("\n## Harmless\n")
    documented = re.findall(r"^\| `([A-Z_]+)` \|", rules, re.MULTILINE)

    assert sorted(rule.name or "" for rule in Tolerance) == sorted(documented)
    # Each is harmless or not, with a reason.
    assert {rule.name for rule in Tolerance} == set(re.findall(r"`([A-Z_]+)`", reasons)) - {"HARMLESS"}


def test_every_policy_of_translation_is_documented_once() -> None:
    text = (ROOT / "docs" / "translation.md").read_text(encoding="utf-8")
    rows = text.partition("\n## Policies\n")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| .+? \| `(\w+)`: .+ \| .+ \|$", rows, re.MULTILINE)

    assert sorted(one.name for one in attrs.fields(Policy) if one.init) == sorted(documented)


def test_what_is_harmless_has_its_reason_in_the_table() -> None:
    text = (ROOT / "docs" / "tolerance.md").read_text(encoding="utf-8").partition("\n## Harmless\n")[2]
    rows = re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE)
    argued = [name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)]

    assert sorted(rule.name or "" for rule in Tolerance.HARMLESS) == sorted(argued)


def test_the_page_for_a_csms_has_all_hooks() -> None:
    text = (ROOT / "docs" / "csms.md").read_text(encoding="utf-8")
    table = text.partition("\n## Hooks\n")[2].partition("```")[0]

    assert {name for name in vars(Hooks) if not name.startswith("_")} == set(
        re.findall(r"`([a-z_]+)`(?=[^|]*\|)", table)
    )
