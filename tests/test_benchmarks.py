"""The picture of what was measured; the measuring itself is no test."""

import importlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])


def picture() -> Any:
    return importlib.import_module("picture")


def result(contender: str, ratio: float | None) -> dict[str, object]:
    return {"contender": contender, "subject": "any", "value": 1e-6, "unit": "s", "ratio": ratio}


def test_a_picture_has_a_bar_for_each_contender_as_long_as_the_mean_of_its_ratios() -> None:
    found = [
        result("ocpp_core", 1.0),
        result("other & one", 4.0),
        result("other & one", 25.0),
        result("imports", None),
    ]
    root = ElementTree.fromstring(picture().drawn({"suites": [{"name": "json_decode", "results": found}]}))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    widths = [
        float(element.get("width") or 0)
        for element in root.iter("{http://www.w3.org/2000/svg}rect")
        if element.get("class") != "page"
    ]

    assert ["ocpp_core", "1x", "other & one", "10x"] == texts[-4:]
    assert 2 == len(widths)
    assert widths[0] < widths[1]


def test_the_pages_show_the_results_beside_them() -> None:
    facts = json.loads((FOLDER / "results.json").read_text("utf-8"))
    shown = dict(importlib.import_module("pages").pages(facts))

    assert shown == {path: path.read_text("utf-8") for path in shown}
    assert 3 == len(shown)


def test_what_was_not_measured_again_stays_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text('{"suites": [{"name": "a", "results": [1]}, {"name": "b", "results": [1]}]}', "utf-8")
    facts = {"python": "3", "suites": [{"name": "b", "results": [2]}, {"name": "c", "results": [2]}]}

    merged = importlib.import_module("run")._with_others(facts, file)

    assert [("a", [1]), ("b", [2]), ("c", [2])] == [(one["name"], one["results"]) for one in merged["suites"]]


def test_what_is_compared_is_gone_over_several_times_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the machine is slow it is slow for all of them."""
    contest, report = importlib.import_module("contest"), importlib.import_module("report")
    order: list[str] = []

    def gone_over(*_: object) -> dict[str, float]:
        order.append("Python")
        return {"ours": 3.0 / len(order), "theirs": 6.0 * len(order)}

    def beside() -> dict[str, float]:
        order.append("Node")
        return {"foreign": 8.0 / len(order)}

    monkeypatch.setattr(contest, "_gone_over", gone_over)
    found = contest.results("any.py", report.FULL, values=1, min_time=0.1, beside=beside)

    assert {
        "ours": 3.0 / (2 * report.FULL.passes - 1),
        "theirs": 6.0,
        "foreign": 4.0 / report.FULL.passes,
    } == found
    assert ["Python", "Node"] * report.FULL.passes == order
    assert report.QUICK.passes > 1


@pytest.mark.parametrize("fault", ["raise SystemExit(3)", "import time; time.sleep(60)", "print('no JSON')"])
def test_a_suite_that_fails_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Whatever becomes of it: it raises, it hangs, or it says nothing of use."""
    run = importlib.import_module("run")
    program = tmp_path / "run.py"
    suite = '{"name": "good", "title": "", "verdicts": [], "results": []}'
    program.write_text(
        f"import sys\nif 'bad' in sys.argv:\n    {fault}\nelse:\n    print('[{suite}]')\n", "utf-8"
    )
    monkeypatch.setattr(run, "__file__", str(program))
    monkeypatch.setattr(run, "SUITES", {"bad": 1, "good": 1})
    monkeypatch.setattr(run, "PATIENCE", 2)
    written = tmp_path / "results.json"
    monkeypatch.setattr(sys, "argv", ["run.py", "--json", str(written)])

    assert 1 == run.main()
    assert ["good"] == [one["name"] for one in json.loads(written.read_text("utf-8"))["suites"]]


def test_a_suite_ends_with_the_run_that_has_started_it(tmp_path: Path) -> None:
    program = shutil.copy(FOLDER / "run.py", tmp_path)
    suite = tmp_path / "imports.py"
    suite.write_text(
        "import sys, threading\nprint('begun', file=sys.stderr, flush=True)\nthreading.Event().wait(20)\n",
        "utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(FOLDER)}
    with subprocess.Popen(
        [sys.executable, program, "imports"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stderr is not None
        begun = process.stderr.readline()
        process.terminate()
        process.wait()
        left, _, _ = select.select(
            [process.stderr], [], [], 5
        )  # at its end, once nobody is left who may write

    assert ("begun\n", 128 + signal.SIGTERM, 1) == (begun, process.returncode, len(left))
