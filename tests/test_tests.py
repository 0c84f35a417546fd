"""No test is written so that it cannot fail, or so that it measures or waits for time."""

import ast
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TypeAlias, TypeVar

import pytest

TESTS = Path(__file__).parent
FILES = {path.relative_to(TESTS).as_posix(): path for path in sorted(TESTS.rglob("*.py"))}

#: Reads a clock, or waits for it to go on. Letting other tasks run, ``sleep(0)``, is neither.
CLOCKS = {"time.time", "time.monotonic", "time.perf_counter", "time.process_time", "time.sleep"}
#: From here on a wait stands for "without end": the test ends what waits.
ENDLESS = 60

#: Where the clock is what is looked at, or another process is waited for, and why.
MAY_USE_THE_CLOCK = {
    "loops.py": "the one place that waits for what another task does; every test with a loop ends in time",
    "hostile_*.py": "compare the cost of two messages in one process, as a ratio",
    "dispatch/test_peer_flow.py": "its handlers take a while, by a clock that jumps",
    "test_examples.py": "waits for a process of its own until it listens",
    "logs/test_reading.py": "a search that begins anew at every opening takes minutes, and one that does not a second",
    "logs/test_origins.py": "the same, of searches for what stands beside a frame",
    "conformance/peers/*.py": "software that is played: it takes its time, mostly by a clock that jumps",
    "conformance/test_station_checks.py": "the same clock; what hangs ends in time",
    "conformance/test_engine_waiting.py": "the same clock, which tells how long the kit has waited",
    "cli/test_demo.py": "the programs that it runs wait until they are ended",
}


@cache
def trees() -> dict[str, ast.Module]:
    """Read when a test asks: every worker of xdist collects this file, and one or two run it."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def name_of(node: ast.AST) -> str:
    """Dotted, as far as it is made of names: ``asyncio.sleep``."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{name_of(value)}.{attribute}"
        case ast.Call(func=function):
            return name_of(function)
        case _:
            return ""


T = TypeVar("T", bound=ast.AST)


def inside(node: ast.AST, kind: type[T]) -> Iterator[T]:
    """The node and what lies below it, of one kind."""
    return (each for each in ast.walk(node) if isinstance(each, kind))


# What cannot fail


def constant_assertions(tree: ast.AST) -> Iterator[ast.AST]:
    """An assertion without anything that could come out otherwise, or one that an ``or`` or a tuple makes true."""
    for node in inside(tree, ast.Assert):
        match node.test:
            case ast.Constant(value=False):
                pass  # fails, and so says that nobody comes here
            case ast.Constant() | ast.Tuple():
                yield node
            case ast.BoolOp(values=values) if any(isinstance(value, ast.Constant) for value in values):
                yield node
            case test if not any(isinstance(each, ast.Name | ast.Call) for each in ast.walk(test)):
                yield node
            case _:
                pass


def self_comparisons(tree: ast.AST) -> Iterator[ast.AST]:
    """A value is compared with itself. Two calls are two values."""
    for node in inside(tree, ast.Compare):
        sides = [ast.dump(side) for side in (node.left, *node.comparators) if not [*inside(side, ast.Call)]]
        if len(set(sides)) < len(sides):
            yield node


def capitals_in_lowered_text(tree: ast.AST) -> Iterator[ast.AST]:
    """What is looked for has capitals, and what it is looked for in has none; or the other way round."""
    for node in inside(tree, ast.Compare):
        sides = (node.left, *node.comparators)
        words = [
            side.value for side in sides if isinstance(side, ast.Constant) and isinstance(side.value, str)
        ]
        changes = {name_of(side).rpartition(".")[2] for side in sides if isinstance(side, ast.Call)}
        if any(
            ("lower" in changes and word != word.lower()) or ("upper" in changes and word != word.upper())
            for word in words
        ):
            yield node


def lengths_of_at_least_nothing(tree: ast.AST) -> Iterator[ast.AST]:
    """``len(...) >= 0`` holds always; so does ``0 <= len(...)``."""
    for node in inside(tree, ast.Compare):
        match node.left, node.ops, node.comparators:
            case [ast.Call() as length, [ast.GtE()], [ast.Constant(value=0)]]:
                pass
            case [ast.Constant(value=0), [ast.LtE()], [ast.Call() as length]]:
                pass
            case _:
                continue
        if name_of(length) == "len":
            yield node


def errors_of_any_kind(tree: ast.AST) -> Iterator[ast.AST]:
    """``pytest.raises(Exception)`` is content with a misspelt name in the test itself, unless it says what is said."""
    for node in inside(tree, ast.Call):
        if name_of(node) == "pytest.raises" and not any(
            each.arg in ("match", "check") for each in node.keywords
        ):
            kinds = node.args[0].elts if node.args and isinstance(node.args[0], ast.Tuple) else node.args[:1]
            if {name_of(kind) for kind in kinds} & {"Exception", "BaseException"}:
                yield node


#: What catches an `AssertionError` among the rest.
CATCHING = {"AssertionError", "Exception", "BaseException"}


def kinds_of(handler: ast.ExceptHandler) -> set[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {"BaseException" if kind is None else name_of(kind) for kind in kinds}


def swallowed_assertions(tree: ast.AST) -> Iterator[ast.AST]:
    """An assertion whose failure the test itself catches."""
    for node in ast.walk(tree):
        match node:
            case ast.Try(handlers=handlers):
                caught = {
                    kind for each in handlers if not [*inside(each, ast.Raise)] for kind in kinds_of(each)
                }
            case ast.With(items=items) | ast.AsyncWith(items=items):
                names = {name_of(each) for item in items for each in ast.walk(item.context_expr)}
                caught = names if names & {"pytest.raises", "suppress", "contextlib.suppress"} else set()
            case _:
                continue
        if caught & CATCHING:
            yield from (each for statement in node.body for each in inside(statement, ast.Assert))


def assertions_behind_the_error(tree: ast.AST) -> Iterator[ast.AST]:
    """An assertion in the block of ``pytest.raises``, behind the call that raises, is never reached."""
    for node in inside(tree, ast.With):
        if any(name_of(item.context_expr) == "pytest.raises" for item in node.items):
            yield from (each for each in node.body[1:] if isinstance(each, ast.Assert))


CANNOT_FAIL: list[Callable[[ast.AST], Iterable[ast.AST]]] = [
    constant_assertions,
    self_comparisons,
    capitals_in_lowered_text,
    lengths_of_at_least_nothing,
    errors_of_any_kind,
    swallowed_assertions,
    assertions_behind_the_error,
]


@pytest.mark.parametrize("rule", CANNOT_FAIL, ids=lambda rule: rule.__name__)
def test_no_assertion_is_written_so_that_it_cannot_fail(rule: Callable[[ast.AST], Iterable[ast.AST]]) -> None:
    found = {f"{name}:{getattr(node, 'lineno', 0)}" for name, tree in trees().items() for node in rule(tree)}

    assert set() == found


#: Each is found by the rule beside it.
EXAMPLES = [
    (constant_assertions, "assert True"),
    (constant_assertions, "assert (made, 'a message')"),
    (constant_assertions, "assert 1 == 1"),
    (constant_assertions, "assert made == 1 or True"),
    (self_comparisons, "assert frame.payload == frame.payload"),
    (self_comparisons, "assert 1 < count < 3 and made[0] is made[0]"),
    (capitals_in_lowered_text, "assert 'Secret' not in text.lower()"),
    (capitals_in_lowered_text, "assert text.upper() == 'Ok'"),
    (lengths_of_at_least_nothing, "assert len(found) >= 0"),
    (lengths_of_at_least_nothing, "assert 0 <= len(found)"),
    (errors_of_any_kind, "with pytest.raises(Exception): made()"),
    (errors_of_any_kind, "with pytest.raises((ValueError, Exception)): made()"),
    (swallowed_assertions, "try:\n    assert made()\nexcept Exception:\n    pass"),
    (swallowed_assertions, "try:\n    assert made()\nexcept:\n    pass"),
    (swallowed_assertions, "with suppress(AssertionError):\n    assert made()"),
    (assertions_behind_the_error, "with pytest.raises(ValueError):\n    made()\n    assert done"),
]


@pytest.mark.parametrize("rule, text", EXAMPLES)
def test_the_rules_find_what_they_name(rule: Callable[[ast.AST], Iterable[ast.AST]], text: str) -> None:
    assert list(rule(ast.parse(text)))


# What asserts nothing

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    return (each for each in ast.walk(tree) if isinstance(each, Function))


def checking_names() -> set[str]:
    """Functions of the tests that assert something, or call or hand on what does."""
    named: dict[str, set[str]] = {}
    checking = {"raises", "fail"}
    for tree in trees().values():
        for function in functions(tree):
            names = {name_of(each).rpartition(".")[2] for each in ast.walk(function)}
            named.setdefault(function.name, set()).update(names)
            if [*inside(function, ast.Assert)]:
                checking.add(function.name)
    while more := {name for name, names in named.items() if names & checking} - checking:
        checking |= more
    return checking


def test_every_test_asserts_something() -> None:
    checking = checking_names()
    found = {
        f"{name}:{test.lineno} {test.name}"
        for name, tree in trees().items()
        for test in functions(tree)
        if test.name.startswith("test_") and test.name not in checking
    }

    assert set() == found


def test_no_test_of_a_file_hides_another() -> None:
    """Of two functions with one name in one place, only the last is run."""
    found = []
    for name, tree in trees().items():
        homes: list[ast.Module | ast.ClassDef] = [tree, *inside(tree, ast.ClassDef)]
        for home in homes:
            names = [each.name for each in home.body if isinstance(each, Function)]
            found += [f"{name} {each}" for each in {*names} if names.count(each) > 1]

    assert [] == found


# Time


def uses_of_the_clock(tree: ast.AST) -> Iterator[ast.AST]:
    """But for those of tests whose clock jumps (`loops.in_no_time`): what they wait for takes no time."""
    in_no_time = {
        id(node)
        for test in inside(tree, ast.AsyncFunctionDef)
        if any(isinstance(mark, ast.Name) and mark.id == "in_no_time" for mark in test.decorator_list)
        for node in ast.walk(test)
    }
    for node in inside(tree, ast.Call):
        if id(node) in in_no_time:
            continue
        name = name_of(node)
        if name in CLOCKS:
            yield node
        elif name.rpartition(".")[2] == "sleep" and name.startswith("asyncio"):
            match node.args:
                case [ast.Constant(value=int() | float() as seconds)] if not 0 < seconds < ENDLESS:
                    pass
                case _:
                    yield node


def test_no_test_measures_or_waits_for_time() -> None:
    found = {
        f"{name}:{getattr(node, 'lineno', 0)}"
        for name, tree in trees().items()
        if not any(fnmatch(name, pattern) for pattern in MAY_USE_THE_CLOCK)
        for node in uses_of_the_clock(tree)
    }

    assert set() == found
    assert all(any(fnmatch(name, pattern) for name in FILES) for pattern in MAY_USE_THE_CLOCK)


def test_uses_of_the_clock_are_found() -> None:
    text = "time.monotonic()\ntime.sleep(1)\nasyncio.sleep(0.01)\nasyncio.sleep(0)\nasyncio.sleep(60)\n"

    text += "@in_no_time\nasync def test() -> None:\n    await asyncio.sleep(5)\n"

    assert [1, 2, 3] == sorted(getattr(node, "lineno", 0) for node in uses_of_the_clock(ast.parse(text)))
