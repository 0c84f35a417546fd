"""`tools/mutants.py`: which changes it makes, and whether it sees that a test notices them."""

import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import evolve
from rich.console import Console

import mutants
from mutation.operators import Mutant, mutants_of
from mutation.recording import may_be_thinned, thinned
from mutation.workshop import (
    LEFT_OUT,
    LEFT_OUT_PLUGINS,
    PACKAGE,
    Baseline,
    BaselineError,
    Bench,
    Choice,
    Outcome,
)

GATE = '''\
"""A docstring."""

LIMIT: int = 3


def is_open(count: int, *, strict: bool = True) -> bool:
    """Whether so many may pass."""
    assert count >= 0
    if count == LIMIT and strict:
        raise ValueError("that is the limit")
    return count < LIMIT
'''
NOTICING = """\
from ocpp_core.gate import is_open


def test_limits():
    assert [True, True, False] == [is_open(count) for count in (1, 2, 4)]


def test_strict():
    assert not is_open(3, strict=False)
"""


def after(text: str) -> set[str]:
    """What the lines of a module become."""
    return {mutant.after for mutant in mutants_of("gate.py", text)}


@pytest.mark.parametrize(
    "line, expected",
    [
        ("a < b", {"(a <= b)", "(a >= b)"}),
        ("a is None", {"(a is not None)"}),
        ("a and b", {"(a or b)", "a", "b"}),
        ("x = not a", {"x = a"}),
        ("x = a + b", {"x = (a - b)"}),
        ("x = 3", {"x = 4", "x = 2"}),
        ("x = True", {"x = False"}),
        ("x = 'Hard'", {"x = 'Hard_'"}),
        ("x = 'a sentence'", set()),
        ("x = {a, b, c}", {"x = {a, c}"}),
        ("f(a, key=b)", {"f(a)", "pass"}),
        ("raise ValueError(a)", {"raise ArithmeticError(a)", "pass"}),
        ("a.b = c", {"pass"}),
        ("a: int = b", set()),
        ("assert a < b", set()),
        ("__all__ = ['a', 'b']", set()),
        ("x = cast('int', a)", set()),
        ("if TYPE_CHECKING:\n    import a", set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_changes_of_a_line(line: str, expected: set[str]) -> None:
    assert expected == after(line)


def test_changes_inside_others() -> None:
    assert {"if (not a):", "pass"} == after("if a:\n    f()")
    assert {"x = [a for a in b if (not a)]"} == after("x = [a for a in b if a]")
    assert {"continue"} == after("for a in b:\n    break")
    assert {"except ():", "pass"} == after("try:\n    f()\nexcept ValueError:\n    pass")
    assert {"return None"} == after("def f():\n    return a")


def test_docstrings_and_assertions_stay() -> None:
    lines = {mutant.line for mutant in mutants_of("gate.py", GATE)}

    assert {3, 6, 9, 10, 11} == lines


def test_a_mutant_is_one_edit() -> None:
    text = "x = 'ä', a <  b\n"
    (mutant,) = (each for each in mutants_of("gate.py", text) if "<=" in each.after)

    assert "x = 'ä', (a <= b)\n" == mutant.applied(text)
    assert "-x = 'ä', a <  b\n+x = 'ä', (a <= b)" == mutant.difference(text)
    assert mutant.can_run(text)
    assert not evolve(mutant, code="<=").can_run(text)


def test_the_same_seed_gives_the_same_mutants_and_each_module_its_share() -> None:
    texts = dict.fromkeys(("a.py", "b.py", "c.py"), GATE) | {"large.py": GATE * 7}
    made = {name: mutants_of(name, text) for name, text in texts.items()}
    chosen = mutants.sample(made, texts, 20, 7)

    assert chosen == mutants.sample(made, texts, 20, 7)
    assert chosen != mutants.sample(made, texts, 20, 8)
    assert [2, 2, 2, 14] == [sum(each.module == name for each in chosen) for name in texts]
    assert sum(map(len, made.values())) == len(mutants.sample(made, texts, 10**6, 7))


def test_many_parameters_are_thinned_evenly() -> None:
    tests = [f"a.py::test[{number:03}]" for number in range(100)] + ["a.py::test_other"]

    assert {"a.py::test[000]", "a.py::test[050]", "a.py::test_other"} == thinned(tests, 2)
    assert {*tests} == thinned(tests, 100)
    assert {"a.py::test"} == may_be_thinned(thinned(tests, 40), 40)


def test_each_row_of_the_table_fits_a_mutant() -> None:
    words = " ".join({row["module"] for row in mutants.equivalents()})
    texts = mutants.modules(words)
    left = mutants.without_equivalents(texts)

    assert all(row["reason"].endswith(".") for row in mutants.equivalents())
    assert {mutants.key(**row) for row in mutants.equivalents()}.isdisjoint(
        mutants.key_of(each) for of_one in left.values() for each in of_one
    )


def test_a_row_that_fits_no_mutant_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"module": "gate.py", "before": "x = 3", "after": "x = 4", "reason": "It is not used."}
    monkeypatch.setattr(mutants, "equivalents", lambda: [row])

    assert ["x = 2"] == [each.after for each in mutants.without_equivalents({"gate.py": "x = 3"})["gate.py"]]
    with pytest.raises(mutants.UsageError, match="x = 3 -> x = 4"):
        mutants.without_equivalents({"gate.py": "x = 5"})


def test_modules_are_named_by_package_or_path() -> None:
    assert ["model/decimals.py"] == list(mutants.modules("model/decimals"))
    assert {"dispatch/gate.py", "model/decimals.py"} < {*mutants.modules("dispatch model/decimals.py")}
    with pytest.raises(mutants.UsageError, match="no module 'nonsense'"):
        mutants.modules("nonsense")


def test_the_tests_of_the_engines_and_of_what_is_changed_are_asked() -> None:
    engines = mutants.tests_of(["soap/codec.py"])

    assert {"tests/soap", "tests/dispatch"} < {*engines}
    assert [] == [path for path in engines if not (mutants.ROOT / path).is_dir()]
    assert {*engines, "tests/logs"} == {*mutants.tests_of(["logs/chain.py", "_lazy.py"])}


#: Passes once, in the run without a mutant, and then never again.
UNFIT = """\
from pathlib import Path

from ocpp_core.gate import is_open


def test_once():
    assert is_open(1)
    Path("was-here").touch(exist_ok=False)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of one module that has the name of ours, and of some tests."""
    copy = tmp_path_factory.mktemp("copy") / "0"
    for path, text in {
        f"{PACKAGE}/__init__.py": "",
        f"{PACKAGE}/gate.py": GATE,
        "tests/test_gate.py": NOTICING,
        "tests/test_unfit.py": UNFIT,
        "pyproject.toml": (
            "[tool.pytest.ini_options]\naddopts = '--import-mode=importlib'\nfilterwarnings = ['error']\n"
        ),
    }.items():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_text(text)
    shutil.copytree(Path(mutants.__file__).parent, copy / "tools")
    return copy


@pytest.fixture(scope="module")
def bench(project: Path) -> Bench:
    baseline = Baseline.of(project, project.parent / "kept", ["tests/test_gate.py"], 1)
    return Bench(project, Choice(baseline))


def mutant(after: str) -> Mutant:
    """The first that makes a line so."""
    return next(each for each in mutants_of("gate.py", GATE) if each.after == after)


def test_tests_notice_a_mutant_or_not(bench: Bench) -> None:
    bench.check()
    killed = bench.try_mutant(mutant("return (count <= LIMIT)"))
    survived = bench.try_mutant(mutant('raise ArithmeticError("that is the limit")'))
    broken = bench.try_mutant(mutant("LIMIT: int = 4"))

    assert Outcome("killed", "tests/test_gate.py::test_strict") == killed
    assert Outcome("survived") == survived
    assert "killed" == broken.verdict
    assert GATE == (bench.copy / PACKAGE / "gate.py").read_text()
    assert [] == bench.failing(["tests/test_gate.py::test_limits", "tests/test_gate.py::test_strict"])


def test_a_test_that_fails_without_a_mutant_too_has_noticed_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutants, "ROOT", project)
    chosen = [mutant('raise ArithmeticError("that is the limit")'), mutant("LIMIT: int = 4")]
    trials = mutants.try_all(chosen, [], 2, Console(width=120))
    status = mutants.report(trials, {"gate.py": GATE}, 95, Console(width=120))
    told = capsys.readouterr().out

    assert ["killed", "survived"] == [trial.outcome.verdict for trial in trials]
    assert "fails without a mutant too, and so is not asked: tests/test_unfit.py::test_once" in told
    assert "ocpp_core/gate.py:10 survived (error)" in told
    assert '+        raise ArithmeticError("that is the limit")' in told
    assert "1 of 2 noticed: 50.0 %" in told
    assert 1 == status
    assert 0 == mutants.report(trials, {"gate.py": GATE}, 50, Console(width=120))


def test_tests_that_cannot_run_are_an_error(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "0"
    shutil.copytree(project, copy)
    (copy / PACKAGE / "gate.py").write_text("is_closed = 1\n")

    with pytest.raises(BaselineError, match="no test passes without a mutant"):
        Baseline.of(copy, tmp_path / "kept", [], 1)
    kept = Baseline.of(project, project.parent / "kept", ["tests/test_gate.py"], 1)
    with pytest.raises(BaselineError, match="cannot import name 'is_open'"):
        Bench(copy, Choice(kept)).check()


def test_what_is_left_out_is_there() -> None:
    assert [] == [path for path in LEFT_OUT if not (mutants.ROOT / path).exists()]


def test_what_covers_a_module_is_read_once_and_by_one_thread(project: Path) -> None:
    """A file of coverage that two threads open at once is none to one of them."""
    read, both = [], threading.Barrier(2)

    class Covered(Baseline):
        def lines(self, module: str) -> dict[int, set[str]]:
            read.append(module)
            with suppress(threading.BrokenBarrierError):
                both.wait(0.2)
            return {}

    choice = Choice(Covered(seconds={}, covered=project, root=""))
    with ThreadPoolExecutor(2) as pool:
        for asked in [pool.submit(lambda: list(choice.rounds(mutant("LIMIT: int = 4")))) for _ in range(2)]:
            asked.result()

    assert ["gate.py"] == read


def test_the_tests_of_this_project_run_without_the_plugins_that_are_left_out() -> None:
    """As they are asked about a mutant: what stands in their `conftest.py` needs none of them."""
    here = Path(__file__)
    without = [f"-p{plugin}" for plugin in LEFT_OUT_PLUGINS]
    asked = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        *without,
        "--collect-only",
        str(here.with_name("test_loops.py")),
    ]
    told = subprocess.run(asked, cwd=here.parents[1], capture_output=True, text=True, check=False)

    assert 0 == told.returncode, told.stdout + told.stderr
