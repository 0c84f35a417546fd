"""A plugin of pytest that runs a part of the tests and writes down how they went, to ``$MUTANTS_DURATIONS``.

Of a test with many parameters only some are run: every message of every version is a parameter of many tests, and
nearly all of them take the same lines.
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

#: Of a test with many parameters, how many are run.
MOST_PARAMETERS = 40

_seconds: defaultdict[str, float] = defaultdict(float)
_unfit: set[str] = set()


def function_of(test: str) -> str:
    """The id of a test without its parameters."""
    return test.partition("[")[0]


def thinned(tests: Iterable[str], most: int = MOST_PARAMETERS) -> set[str]:
    """Of each test at most so many of its parameters, evenly chosen."""
    of_one: defaultdict[str, list[str]] = defaultdict(list)
    for test in tests:
        of_one[function_of(test)].append(test)
    return {test for same in of_one.values() for test in _evenly(same, most)}


def _evenly(tests: Sequence[str], most: int) -> Sequence[str]:
    return tests[:: -(-len(tests) // most)]


def may_be_thinned(tests: Iterable[str], most: int = MOST_PARAMETERS) -> set[str]:
    """The functions among thinned tests of which there may be more parameters than these."""
    counts = Counter(map(function_of, tests))
    return {function for function, count in counts.items() if count > most // 2}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    kept = thinned(item.nodeid for item in items)
    items[:] = [item for item in items if item.nodeid in kept]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] += report.duration
    if not report.passed:
        _unfit.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # workers of xdist hand their reports on
        passed = {test: seconds for test, seconds in _seconds.items() if test not in _unfit}
        Path(os.environ["MUTANTS_DURATIONS"]).write_text(json.dumps(passed))
