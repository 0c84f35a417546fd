"""Every log call of the package, made with whatever a peer may write: what comes out is printable and short."""

import ast
import builtins
import logging
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import ocpp_core
from hostile_text import ALL, LONG, PIECES, Hostile, wrong_in
from ocpp_core.model.logs import logger

PACKAGE = Path(ocpp_core.__file__).parent
METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log", "warn", "fatal"}
FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
#: What all of a record may take: a line, and a traceback if it has one.
LONGEST_LINE, LONGEST_TRACEBACK = 8_000, 16_000


def trees(mentioning: str = "") -> Iterator[tuple[Path, ast.Module]]:
    """The modules in which a pattern is found."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text("utf-8")
        if re.search(mentioning, text, re.IGNORECASE):
            yield path, ast.parse(text)


def is_logger(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Name) and node.id.startswith("_") and node.id.lower().endswith(("log", "frames"))
    )


def log_calls() -> Iterator[Any]:
    """Every call of a logger's method, wherever it stands."""
    for path, tree in trees(r"\b_\w*(log|frames)\s*\."):
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=target, attr=method)) if (
                    method in METHODS and is_logger(target)
                ):
                    name = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                    yield pytest.param(node, id=name)
                case _:
                    pass


CALLS = list(log_calls())


def test_loggers_are_made_in_one_place_only() -> None:
    """A logger of another kind would let through what it is given."""
    found = [
        path.relative_to(PACKAGE).as_posix() for path, _ in trees() if "getLogger" in path.read_text("utf-8")
    ]

    assert ["model/logs.py"] == found


def test_the_calls_are_found() -> None:
    """Whoever logs with a logger of another name is not tested: each is called _frames, or something with log."""
    made = [
        target
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "logger"
        for target in node.targets
    ]

    assert all(is_logger(target) for target in made)
    assert len(CALLS) >= 20


class Names(dict[str, Any]):
    """All names that a call may use."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return Hostile()


def written(log: logging.Logger, call: Any) -> str:
    """The bytes of what a handler writes, as text."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(FORMAT))
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        call()
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    return stream.getvalue()


def with_numbers(node: ast.Call) -> ast.Call:
    """The call with a number wherever its text asks for one."""
    match node.args:
        case [ast.Constant(value=str(text)), *_]:
            for place, conversion in enumerate(re.findall(r"%[-.\d]*([a-z])", text), 1):
                if conversion in "dfg":
                    node.args[place] = ast.copy_location(ast.Constant(1), node)
        case _:
            raise AssertionError(f"{ast.unparse(node)} has no text of its own")
    return node


@pytest.mark.parametrize("node", CALLS)
def test_every_log_call_writes_what_is_printable_and_short(
    node: ast.Call, capsys: pytest.CaptureFixture[str]
) -> None:
    log = logger("tested")
    code = compile(ast.Expression(with_numbers(node)), "call", "eval")
    target = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    names = Names({ast.unparse(target): log}, extra={})

    def call() -> None:
        try:
            raise Hostile from Hostile()
        except Hostile:
            eval(code, {"__builtins__": builtins}, names)  # our own source

    text = written(log, call)

    has_traceback = "Traceback" in text
    assert "" == wrong_in(text, LONGEST_TRACEBACK if has_traceback else LONGEST_LINE)
    assert has_traceback or 1 == text.count("\n")
    assert "Logging error" not in capsys.readouterr().err


@pytest.mark.parametrize("name", PIECES)
def test_arguments_come_out_printable(name: str) -> None:
    log = logger("tested")
    piece = PIECES[name]

    text = written(log, lambda: log.error("%s %s %r", piece, ValueError(piece), piece))

    assert "" == wrong_in(text, LONGEST_LINE)
    assert 1 == text.count("\n")


def raised(error: Exception, cause: BaseException | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as caught:
        return caught


def deep(depth: int) -> None:
    if depth:
        deep(depth - 1)
    raise ValueError(LONG)


def chained() -> Exception:
    error = raised(ValueError(ALL))
    for _ in range(100):
        error = raised(ValueError(LONG), error)
    return error


def circular() -> BaseException:
    error, other = ValueError(ALL), ValueError(ALL)
    error.__cause__, other.__cause__ = other, error
    return error


def recursive() -> BaseException:
    try:
        deep(500)
    except ValueError as error:
        return error
    raise AssertionError


class Unwritable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


ERRORS = {
    "plain": raised(ValueError(LONG)),
    "a cause": raised(ValueError(ALL), raised(KeyError(ALL))),
    "a chain": chained(),
    "a circle": circular(),
    "a group": raised(
        ExceptionGroup(ALL, [raised(ValueError(ALL)), raised(ExceptionGroup(ALL, [OSError(ALL)]))])
    ),
    "a deep stack": recursive(),
    "notes": ValueError(ALL),
    "a foreign name": raised(type("Na\x1b[2Jme", (Exception,), {})(ALL)),
    "what cannot be written": raised(Unwritable()),
}
ERRORS["notes"].add_note(LONG)


@pytest.mark.parametrize("name", ERRORS)
def test_a_traceback_comes_out_printable_and_short(name: str) -> None:
    log = logger("tested")

    text = written(log, lambda: log.error("failed", exc_info=ERRORS[name]))

    assert "" == wrong_in(text, 30_000)
    assert "Traceback (most recent call last):" in text


def test_a_line_of_a_traceback_cannot_be_forged() -> None:
    """A text with line breaks stays in the line of its exception."""
    log = logger("tested")
    error = raised(ValueError("a\nTraceback (most recent call last):\n2026-01-31 CRITICAL forged"))

    text = written(log, lambda: log.error("failed", exc_info=error))

    assert not any(line.startswith("2026-01-31 CRITICAL") for line in text.splitlines())
    assert 1 == text.count("\nTraceback")


def test_a_traceback_still_says_where() -> None:
    log = logger("tested")
    error = raised(ValueError("no"), raised(KeyError("why")))

    lines = written(log, lambda: log.error("failed", exc_info=error)).splitlines()

    assert "KeyError: 'why'" in lines
    assert "ValueError: no" == lines[-1]
    assert any(f'File "{__file__}"' in line and "in raised" in line for line in lines)


@pytest.mark.parametrize("is_hidden", [False, True])
def test_what_was_being_handled_is_shown_unless_it_was_hidden(is_hidden: bool) -> None:
    def fail() -> None:
        try:
            raise KeyError("the first")
        except KeyError:
            if is_hidden:
                raise ValueError("the second") from None
            raise ValueError("the second")  # noqa: B904  # is what is looked at

    with pytest.raises(ValueError, match="the second") as caught:
        fail()
    log, error = logger("tested"), caught.value
    text = written(log, lambda: log.error("failed", exc_info=error))

    assert "ValueError: the second" in text
    assert is_hidden == ("KeyError" not in text)


def test_a_text_of_another_library_that_speaks_of_a_secret_is_not_shown() -> None:
    log = logger("tested")
    error = raised(ValueError("AuthorizationKey hunter2 is too short"))

    text = written(log, lambda: log.error("failed", exc_info=error))

    assert "hunter2" not in text.replace(str(Path(__file__)), "").partition("ValueError")[2]
    assert "ValueError: ***" in text


def test_a_record_keeps_its_exception_for_other_handlers() -> None:
    log = logger("tested")
    records: list[logging.LogRecord] = []
    kept = logging.Handler()
    kept.emit = records.append  # type: ignore[method-assign, assignment]
    log.addHandler(kept)
    error = raised(ValueError("no"))
    try:
        log.error("failed %d of %.1f", 1, 2.0, exc_info=error)
    finally:
        log.removeHandler(kept)

    (record,) = records
    assert record.exc_info is not None
    assert error is record.exc_info[1]
    assert "failed 1 of 2.0" == record.getMessage()


def test_an_argument_is_written_as_its_conversion_says() -> None:
    log = logger("tested")

    assert written(log, lambda: log.error("%s %r %r", "a", "b", ValueError("c"))).endswith(
        "a 'b' ValueError('c')\n"
    )


def test_a_logger_has_one_filter_however_often_it_is_asked_for() -> None:
    assert logger("tested") is logger("tested")
    assert 1 == len(logger("tested").filters)
