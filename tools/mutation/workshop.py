"""Tries mutants on copies of the checkout: finds the tests that may notice one, and runs them.

The checkout itself is never changed. Tests are run once without any mutant, under coverage, to learn which test takes
which line, and how long; that is kept (`Baseline.of`) until a file of the package or of the tests changes. A mutant is
then tried in a child process that has loaded everything but the package beforehand.
"""

import compileall
import hashlib
import json
import multiprocessing
import os
import py_compile
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock

import coverage
import pytest
from attrs import define, frozen

from mutation.operators import Mutant
from mutation.recording import function_of, may_be_thinned

PACKAGE = "ocpp_core"
#: Not asked: what runs in other processes or reads the repository rather than the package (it is slow, and the coverage
#: sees nothing of it), and what measures the cost of messages (which under coverage is something else).
LEFT_OUT = [
    *(
        "tests/interop",
        "tests/cli",
        "tests/test_architecture.py",
        "tests/test_docs.py",
        "tests/test_examples.py",
    ),
    *("tests/test_packaging.py", "tests/test_tests.py", "tests/test_mutants.py"),
    *("tests/jsonrpc/test_hostile_frames.py", "tests/soap/test_hostile_sizes.py"),
    "tests/transports/test_hostile_http.py",
]
#: Loaded before the children are made. Nothing of ours is among them.
PRELOADED = [
    *("pytest", "attrs", "jsonschema", "lxml.etree", "orjson", "hypothesis.strategies", "decimal", "asyncio"),
    *(
        "httpx",
        "websockets.asyncio.client",
        "websockets.asyncio.server",
        "opentelemetry.trace",
        "rich.console",
    ),
]

#: Of our own, where the library is installed: it would be loaded before what is mutated.
_NO_PLUGIN = "no:ocpp-core"
#: Without these the tests are asked about a mutant.
LEFT_OUT_PLUGINS = ("no:cacheprovider", "no:cov", "no:xdist", _NO_PLUGIN)
#: The same of Hypothesis.
_NO_PLUGINS = {"HYPOTHESIS_NO_PLUGINS": "1"}
#: Unmutated seconds of the tests that are asked first.
FIRST_SECONDS = 5.0
#: How long all parameters of the tests are gone through, when no other has noticed the mutant.
LAST_SECONDS = 60.0
#: A mutant may take so many times the unmutated time, and this many seconds more to load.
TIMES, SECONDS_TO_LOAD = 5.0, 30.0
#: A mutant that fills the memory shall fail, and nothing beside it.
MOST_MEMORY = 6 << 30


class BaselineError(Exception):
    """The tests cannot be run without a mutant."""


def copied(checkout: Path, into: Path) -> Path:
    """A copy of what tests need of a checkout."""
    ignored = shutil.ignore_patterns(
        ".git", ".venv*", ".mutants", "node_modules", "build", "dist", ".*_cache", ".hypothesis", ".coverage*"
    )
    shutil.copytree(checkout, into, ignore=ignored, symlinks=True)
    return into


def environment(copy: Path) -> dict[str, str]:
    """What the tests of a copy see: it, and nothing that is installed."""
    official = Path(os.environ.get("OCPP_OFFICIAL") or Path.cwd().parent / "shared" / "official")
    return {
        **os.environ,
        **_NO_PLUGINS,
        "OCPP_SOURCE": "1",
        "OCPP_OFFICIAL": str(official.resolve()),
        "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "tools")]),
    }


@frozen
class Baseline:
    """What the tests do without a mutant.

    Attributes:
        seconds: How long each test takes; those that fail or skip are not there.
        covered: File of the coverage data, with the tests as its contexts.
        root: Where the files lay that it speaks of.
    """

    seconds: dict[str, float]
    covered: Path
    root: str

    @classmethod
    def of(cls, copy: Path, kept: Path, tests: Sequence[str], jobs: int) -> "Baseline":
        """The kept baseline of these very files, or a new one, which takes as long as the tests.

        Args:
            copy: Of the checkout.
            kept: The folder where baselines are kept.
            tests: Files and folders, all if there are none; of what is in them not `LEFT_OUT`.
            jobs: How many tests run at once.

        Raises:
            BaselineError: No test passes.
        """
        chosen = [*(tests or ["tests"]), *(f"--ignore={path}" for path in LEFT_OUT)]
        home = kept / digest(copy, chosen)
        durations, covered, root = home / "durations.json", home / "coverage", home / "root"
        if not root.is_file():
            home.mkdir(parents=True, exist_ok=True)
            configuration = home / "coveragerc"
            configuration.write_text(f"[run]\nsource_pkgs = {PACKAGE}\ndata_file = {covered}\n")
            run_pytest(
                copy,
                *chosen,
                *("-n", str(jobs), "-p", "mutation.recording", "-p", "no:cacheprovider"),
                *(f"--cov={PACKAGE}", "--cov-context=test", f"--cov-config={configuration}", "--cov-report="),
                MUTANTS_DURATIONS=str(durations),
            )
            if not durations.is_file() or not json.loads(durations.read_text()):
                raise BaselineError("no test passes without a mutant")
            root.write_text(str(copy))
        else:  # compiles the tests, as the run above does
            run_pytest(copy, *chosen, "--collect-only", "-p", "no:cacheprovider")
        compileall.compile_dir(copy / PACKAGE, quiet=2)
        return cls(json.loads(durations.read_text()), covered, root.read_text())

    def lines(self, module: str) -> dict[int, set[str]]:
        """The tests that take each line of a module; a line taken only on import has none."""
        data = coverage.CoverageData(str(self.covered))
        data.read()
        contexts = data.contexts_by_lineno(os.path.join(self.root, PACKAGE, module))
        return {
            line: {name for each in names if (name := each.rpartition("|")[0]) in self.seconds}
            for line, names in contexts.items()
        }


def digest(copy: Path, tests: Sequence[str]) -> str:
    """Changes with every file that decides what a test does."""
    total = hashlib.sha256("\0".join([sys.version, *tests]).encode())
    for folder in (PACKAGE, "tests", "schemas", "wsdl"):
        for path in sorted((copy / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                total.update(f"{path.relative_to(copy)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]


def run_pytest(copy: Path, *arguments: str, **variables: str) -> None:
    """Runs pytest in a process of its own; what it prints is kept in ``pytest.log``."""
    with open(copy / "pytest.log", "wb") as log:
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", f"-p{_NO_PLUGIN}", *arguments],
            cwd=copy,
            env=environment(copy) | variables,
            stdout=log,
            stderr=log,
            check=False,
        )


@frozen
class Round:
    """Tests that are asked about a mutant together.

    Attributes:
        tests: Ids, in the order in which they are run.
        seconds: How long they take without a mutant.
        all_parameters: The ids are those of functions, of which all parameters are run, as many as there is time for.
    """

    tests: tuple[str, ...]
    seconds: float
    all_parameters: bool = False


class Choice:
    """Which tests may notice a mutant, in rounds: those that are likely to, and quick, come first."""

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self._lines = cache(baseline.lines)
        # Mutants are tried in threads, and a file of coverage that two open at once is none to one of them.
        self._reading = Lock()

    def rounds(self, mutant: Mutant, avoided: Collection[str] = ()) -> Iterator[Round]:
        """What is asked until a test fails. No test of the baseline is asked twice but in the last round."""
        with self._reading:
            lines = self._lines(mutant.module)
        takes_it = lines.get(mutant.line, set())
        # What is computed once and kept, or on import, is seen by tests that do not take its line.
        may_see_it = set().union(*lines.values()) | {
            test for test in self._baseline.seconds if _is_of_package(test, mutant.module)
        }
        likely = self._ranked(takes_it or may_see_it, mutant)
        asked = set(avoided)
        for tests in (
            self._first([test for test in likely if _is_near(test, mutant.module)]),
            self._ranked(takes_it, mutant),
            self._ranked(may_see_it, mutant),
            # A line that is taken on import may hold what every other module looks at.
            [] if takes_it else self._ranked(self._baseline.seconds, mutant),
        ):
            if new := tuple(test for test in tests if test not in asked):
                asked.update(new)
                yield self.round(new)
        thinned = may_be_thinned(self._baseline.seconds)
        if functions := tuple(dict.fromkeys(each for each in map(function_of, likely) if each in thinned)):
            yield Round(functions, LAST_SECONDS, all_parameters=True)

    def some(self) -> Round:
        """The quickest test of each file."""
        quickest: dict[str, str] = {}
        for test in sorted(self._baseline.seconds, key=lambda test: (self._baseline.seconds[test], test)):
            quickest.setdefault(test.partition("::")[0], test)
        return self.round(list(quickest.values()))

    def round(self, tests: Sequence[str]) -> Round:
        """These tests, as they were run without a mutant."""
        # (One of the parameters that were not run without a mutant is no slower than others.)
        return Round(tuple(tests), sum(self._baseline.seconds.get(test, 1.0) for test in tests))

    def _ranked(self, tests: Iterable[str], mutant: Mutant) -> list[str]:
        return sorted(
            tests,
            key=lambda test: (
                not _is_near(test, mutant.module),
                not _is_of_package(test, mutant.module),
                self._baseline.seconds[test],
                test,
            ),
        )

    def _first(self, tests: Sequence[str]) -> list[str]:
        chosen: list[str] = []
        seconds = FIRST_SECONDS
        for test in tests:
            seconds -= self._baseline.seconds[test]
            if seconds < 0:
                break
            chosen.append(test)
        return chosen


def _is_of_package(test: str, module: str) -> bool:
    """``tests/dispatch/...`` for ``dispatch/gate.py``."""
    return test.startswith(f"tests/{os.path.dirname(module)}/")


def _is_near(test: str, module: str) -> bool:
    """``tests/dispatch/test_gate.py`` and ``test_gate_*.py`` for ``dispatch/gate.py``."""
    folder, name = os.path.split(module.removesuffix(".py"))
    return (
        re.match(rf"tests/{re.escape(folder)}/test_{re.escape(name.lstrip('_'))}(_\w+)?\.py::", test)
        is not None
    )


@define
class Outcome:
    """What became of a mutant: "killed" by a test, "survived", or "timeout"."""

    verdict: str
    killer: str = ""


class Bench:
    """One copy of the checkout, in which one mutant at a time is tried."""

    def __init__(self, copy: Path, choice: Choice) -> None:
        self.copy = copy
        self.choice = choice
        os.environ.update(_NO_PLUGINS)  # of the server too, which loads Hypothesis beforehand
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)

    def try_mutant(self, mutant: Mutant, avoided: Collection[str] = ()) -> Outcome:
        """Asks the tests about a mutant until one of them fails."""
        with self._mutated(mutant):
            for tests in self.choice.rounds(mutant, avoided):
                outcome = self.run(tests, avoided)
                if outcome.verdict != "survived":
                    return outcome
        return Outcome("survived")

    def check(self) -> None:
        """Sees that tests run in this copy, and that some pass as long as nothing is mutated.

        Raises:
            BaselineError: They would notice every mutant.
        """
        some = self.choice.some()
        outcome = self.run(some, to_the_end=True)
        failed = outcome.killer.splitlines()
        if outcome.verdict != "survived" and not 0 < len(failed) < len(some.tests):
            raise BaselineError(
                f"tests fail without a mutant:\n{(self.copy / 'child.log').read_text()[-2000:]}"
            )

    def failing(self, tests: Sequence[str]) -> list[str]:
        """Those of the tests that fail in this copy as it is."""
        return self.run(self.choice.round(tests), to_the_end=True).killer.splitlines()

    def run(self, tests: Round, avoided: Collection[str] = (), *, to_the_end: bool = False) -> Outcome:
        """Runs tests in this copy as it is; the killer is the first that fails, or all of them, one a line."""
        answer = self.copy / "answer.txt"
        answer.unlink(missing_ok=True)
        child = self._context.Process(
            target=_child,
            args=(str(self.copy), _Chosen(tests, avoided), to_the_end, environment(self.copy)),
        )
        child.start()
        child.join(SECONDS_TO_LOAD + TIMES * tests.seconds)
        is_late = child.is_alive()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid or 0, signal.SIGKILL)  # and whatever its tests have started
        child.join()
        passed = child.exitcode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        verdict = "timeout" if is_late else "survived" if passed else "killed"
        return Outcome(verdict, answer.read_text() if answer.is_file() else "")

    @contextmanager
    def _mutated(self, mutant: Mutant) -> Generator[None, None, None]:
        path = self.copy / PACKAGE / mutant.module
        original = path.read_text(encoding="utf-8")
        path.write_text(mutant.applied(original), encoding="utf-8")
        # Its age and size may be those of the original to the second and byte.
        Path(py_compile.compile(str(path), doraise=True) or "").unlink()
        try:
            yield
        finally:
            path.write_text(original, encoding="utf-8")
            py_compile.compile(str(path), doraise=True)


class _Chosen:
    """A plugin of pytest: runs the tests of a round, in their order."""

    def __init__(self, tests: Round, avoided: Collection[str]) -> None:
        self._order = {test: index for index, test in enumerate(tests.tests)}
        self._key = function_of if tests.all_parameters else str
        self._avoided = frozenset(avoided)
        self._seconds = tests.seconds if tests.all_parameters else None
        self._end: float | None = None
        self.failed: list[str] = []

    @property
    def is_out_of_time(self) -> bool:
        """Whether the time for all parameters is over."""
        return self._end is not None and time.monotonic() > self._end

    @property
    def files(self) -> list[str]:
        """Those of the tests."""
        return list(dict.fromkeys(test.partition("::")[0] for test in self._order))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [
            item
            for item in items
            if self._key(item.nodeid) in self._order and item.nodeid not in self._avoided
        ]
        items[:] = sorted(chosen, key=lambda item: self._order[self._key(item.nodeid)])
        if self._seconds is not None:
            self._end = time.monotonic() + self._seconds

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if self.is_out_of_time:
            item.session.shouldstop = "there is no more time"


def _child(copy: str, chosen: _Chosen, to_the_end: bool, variables: dict[str, str]) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with open(os.path.join(copy, "child.log"), "wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ.update(variables, PYTHONDONTWRITEBYTECODE="1")
    os.chdir(copy)
    sys.dont_write_bytecode = True
    sys.path[:0] = [copy]
    # Of what is loaded beforehand, pytest says that it cannot rewrite its assertions; there are none.
    quiet = "-Wignore::pytest.PytestAssertRewriteWarning"
    arguments = ["-q", quiet, *(f"-p{plugin}" for plugin in LEFT_OUT_PLUGINS), "--tb=line", *chosen.files]
    code = pytest.main(arguments if to_the_end else ["-x", *arguments], plugins=[chosen])
    if code == pytest.ExitCode.INTERRUPTED and not chosen.failed and chosen.is_out_of_time:
        code = pytest.ExitCode.OK
    Path(copy, "answer.txt").write_text("\n".join(chosen.failed))
    sys.stdout.flush()
    os._exit(code)
