"""The picture of what was measured; the measuring itself is no test."""

import importlib
import json
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
    return {"contender": contender, "subject": "any", "seconds": 1e-6, "ratio": ratio}


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


def test_the_picture_of_the_pages_is_of_the_results_beside_it() -> None:
    facts = json.loads((FOLDER / "results.json").read_text("utf-8"))

    assert picture().drawn(facts) == (FOLDER.parent / "docs" / "speed.svg").read_text("utf-8")
