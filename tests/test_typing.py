"""What tests/typing expects of type checkers, they report: each mistake, on its line, and nothing else.

`make types` checks these files with their comments, by which the mistakes are expected. Here the comments are taken
away, so that a mistake which only one of the checkers finds is seen, and so is one that is found somewhere else.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tests" / "typing").glob("*.py"))
EXPECTED = re.compile(r"  # type: ignore\[[\w, -]+\]")

pytest.importorskip("mypy", reason="type checkers are of the group dev")
pytest.importorskip("pyright", reason="type checkers are of the group dev")

Place = tuple[str, int]


def places_of(comment: re.Pattern[str]) -> set[Place]:
    return {
        (path.name, number)
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if comment.search(line)
    }


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of the files, without the comments."""
    folder = tmp_path_factory.mktemp("typing")
    for path in FILES:
        (folder / path.name).write_text(EXPECTED.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    settings = {
        "include": ["."],
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def test_mypy_finds_every_mistake_on_its_line(bare: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", *bare.glob("*.py")],
        cwd=ROOT,  # where the cache of `make types` is
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"(\w+\.py):(\d+): error: ", done.stdout)

    assert places_of(EXPECTED) == {(name, int(line)) for name, line in found}, done.stdout + done.stderr


def test_pyright_finds_every_mistake_on_its_line(bare: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--project", bare],
        cwd=bare,
        env={**os.environ, "PYRIGHT_PYTHON_GLOBAL_NODE": "0", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1)
        for one in json.loads(done.stdout)["generalDiagnostics"]
        if one["severity"] == "error"
    }

    assert places_of(EXPECTED) == found, done.stdout
