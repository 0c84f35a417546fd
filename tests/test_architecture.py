"""Imports point downwards only, as docs/architecture.md draws it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ocpp_core
from ocpp_core.model.versions import Version

ROOT = Path(__file__).parents[1]
PACKAGE = Path(ocpp_core.__file__).parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"

VERSIONS = [f"v{version.replace('.', '')}" for version in Version]
#: What annotations and constants of generated modules need.
STANDARD_LIBRARY = {"collections.abc", "datetime", "decimal", "types", "typing"}


def diagrams() -> tuple[str, str]:
    """Those of the page: of the packages, and of the modules inside them."""
    section = ARCHITECTURE.read_text(encoding="utf-8").partition("## Imports point downwards")[2]
    packages, modules, *_ = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    return packages, modules


def heights(rows: list[list[str]]) -> dict[str, int]:
    """How high each name stands; rows are given from the top."""
    return {name: height for height, row in enumerate(reversed(rows)) for name in row}


def package_rows() -> list[list[str]]:
    return [line.split() for line in diagrams()[0].splitlines()]


def module_rows() -> dict[str, list[list[str]]]:
    """The rows of each package; its name begins the first of them."""
    rows: dict[str, list[list[str]]] = {}
    package = ""
    for line in diagrams()[1].splitlines():
        names = line.split()
        if not line.startswith(" "):
            package = names.pop(0)
        rows.setdefault(package, []).append(names)
    return rows


HEIGHT = heights(package_rows())
INSIDE = {package: heights(rows) for package, rows in module_rows().items()}


def module_name(path: Path) -> str:
    return ".".join(("ocpp_core", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
GENERATED = [
    name for name in MODULES if name.startswith(tuple(f"ocpp_core.{version}" for version in VERSIONS))
]
#: Of a file that people write.
MOST_LINES = 700
PARTS = sorted({name.split(".")[1] for name in MODULES if name != "ocpp_core"})


def imported(path: Path) -> Iterator[str]:
    """Names of the modules that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=level):
                assert 0 == level, f"{path.name} imports relatively"
                for alias in names:  # `from ocpp_core import v16` imports a module
                    name = f"{module}.{alias.name}"
                    yield name if name in MODULES else module
            case _:
                pass


def parts_imported(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(path) if name.startswith("ocpp_core.")}


def place(name: str) -> tuple[str, str]:
    """Package and module of a dotted name: ``ocpp_core.soap.codec`` is soap, codec; a package itself has no module."""
    _, package, *inner = name.split(".")
    return package, inner[0] if inner else ""


def inner_place(name: str) -> tuple[str, str]:
    """The same for a package in a package: ``ocpp_core.translation.sessions.state`` is translation.sessions, state."""
    _, *outer, module = name.split(".")
    return ".".join(outer), module


def test_every_package_and_module_has_one_place_in_the_diagrams() -> None:
    named = [name for name in MODULES if name != "ocpp_core" and name not in GENERATED]
    modules = list({place(name) for name in named}) + [
        inner_place(one) for one in named if one.count(".") > 2
    ]
    drawn = [(package, name) for package, rows in module_rows().items() for row in rows for name in row]

    assert sorted(name for row in package_rows() for name in row) == PARTS, "see docs/architecture.md"
    assert sorted(drawn) == sorted(one for one in modules if one[1]), "see docs/architecture.md"


#: A report says which version of the library has made it.
SAYS_VERSION = {"ocpp_core.conformance.reports.report"}


@pytest.mark.parametrize("name", [name for name in MODULES if name != "ocpp_core"])
def test_module_imports_only_what_is_below_it(name: str) -> None:
    package, module = place(name)
    wrong = []
    for other in imported(MODULES[name]):
        if not other.startswith("ocpp_core."):
            continue
        target, inner = place(other)
        if target != package:
            is_below = HEIGHT[target] < HEIGHT[package]
        elif module == inner and module and name.count(".") > 2:
            height, below = INSIDE[inner_place(name)[0]], inner_place(other)[1]
            # What the modules of a package share may stand in the package itself, which then imports none of them.
            is_below = below == module or height[below] < height[inner_place(name)[1]]
        elif module == inner and module:  # a package that gathers names of its modules
            is_below = MODULES[name].name == "__init__.py"
        elif package in INSIDE and module and inner:
            is_below = INSIDE[package][inner] < INSIDE[package][module]
        else:  # a generated sibling, or the package that gathers names for users
            is_below = name in GENERATED or not module or name.endswith("__main__")
        wrong += [] if is_below else [other]

    assert [] == wrong
    gathers = "ocpp_core" in imported(MODULES[name])
    assert not gathers or name in SAYS_VERSION, "import the module, not the package that gathers names"


def test_the_wires_do_not_know_each_other() -> None:
    wires = {"jsonrpc": "soap", "soap": "jsonrpc"}
    seen = {
        name
        for name, path in MODULES.items()
        if (other := wires.get(place(f"{name}.")[0])) and other in parts_imported(path)
    }

    assert set() == seen


def test_layers_and_arrows_are_as_few_as_they_are() -> None:
    """Folders as boxes: the numbers that a change of the structure shall not make worse without a word."""
    arrows = {
        (place(f"{name}.")[0], part)
        for name, path in MODULES.items()
        if name != "ocpp_core"
        for part in parts_imported(path) - {place(f"{name}.")[0]}
    }

    assert (22, 10) == (len(PARTS), len(package_rows()))
    # Two of them are those of `translation.sessions` to v16 and v201, between which a session stands. Three are of
    # servers that speak one version: `transports` to `links` and, for a store and a policy, to `translation`; and
    # `links` to `payloads`, as what a handler returns is judged before it is translated. The demo shows losses,
    # the command runs a gateway, and two lead from logs and cli to translation: logs can be translated.
    # The conformance kit plays both sides on both wires, and is run by the command: seven more; two are those of
    # `testing` to both wires.
    assert len(arrows) <= 81


def test_package_itself_imports_only_what_loads_the_rest() -> None:
    tree = ast.parse(MODULES["ocpp_core"].read_text(encoding="utf-8"))
    at_run_time = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}

    assert {"typing", "ocpp_core._lazy"} == at_run_time


@pytest.mark.parametrize("name", GENERATED)
def test_generated_module_imports_messages_versions_and_siblings(name: str) -> None:
    package = ".".join(name.split(".")[:2])
    others = {
        other
        for other in imported(MODULES[name])
        if other not in STANDARD_LIBRARY and not other.startswith(package)
    }
    allowed = (
        {"ocpp_core._lazy"} if name == package else {"ocpp_core.model.messages", "ocpp_core.model.versions"}
    )

    assert set() == others - allowed


@pytest.mark.parametrize("version", VERSIONS)
def test_generated_modules_hold_no_logic(version: str) -> None:
    """They have classes with fields, tokens and docstrings; and the table of actions."""
    for name, path in MODULES.items():
        if name.startswith(f"ocpp_core.{version}."):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            logic = (
                ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.If | ast.For | ast.While | ast.Try
            )

            assert [] == [type(node).__name__ for node in ast.walk(tree) if isinstance(node, logic)], name


#: Reads files whose names and layout the official downloads decide, version by version.
READS_DOWNLOADS = {"ocpp_core.facts.equivalence"}


#: What editions of the standard say of one rule differs, and each check is about one rule.
CHECKS = "ocpp_core.conformance.checks."


def test_no_engine_asks_for_the_version() -> None:
    """What differs between versions is data: nothing is compared with a `Version` or its number."""
    asking = {name for name, path in MODULES.items() if asks_for_the_version(path)}

    assert {name for name in asking if not name.startswith(CHECKS)} == READS_DOWNLOADS


def asks_for_the_version(path: Path) -> bool:
    return any(
        any(map(names_a_version, ast.walk(node)))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare | ast.MatchValue)
    )


def names_a_version(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="Version")):
            return True
        case ast.Constant(value=str(value)):
            return value in set(Version)
        case _:
            return False


#: What only the driver and the transports may know: everything else works in threads and without a loop.
LOOPS = {"asyncio", "anyio"}
#: `ends` only asks whether there is one, and `steps` is what `peer` does with one.
ON_A_LOOP = {f"ocpp_core.dispatch.{name}" for name in ("boot", "ends", "peer", "steps")}


def test_only_the_driver_and_those_above_dispatch_know_an_event_loop() -> None:
    knowing = {
        name
        for name, path in MODULES.items()
        if name != "ocpp_core" and LOOPS & {each.split(".")[0] for each in imported(path)}
    }

    assert ON_A_LOOP == {name for name in knowing if HEIGHT[place(name)[0]] <= HEIGHT["dispatch"]}


#: Names that lead to threads or processes.
POOLS = {
    *("Thread", "Timer", "start_new_thread", "ThreadPoolExecutor", "ProcessPoolExecutor", "Process", "Pool"),
    *("run_in_executor", "to_thread"),
}


def names_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name
            case _:
                pass


def test_nothing_starts_a_thread_or_a_process() -> None:
    """But for the commands: the CSMS of the demo is a process. And but for a thread that ends before its call returns:
    what strangers have lxml remember can be forgotten in no other way. The conformance kit has Hypothesis and a user's
    hooks in threads, since neither is made for a loop.
    """
    tools = ("ocpp_core.cli", "ocpp_core.conformance")
    library = {name: path for name, path in MODULES.items() if not name.startswith(tools)}

    assert {"ocpp_core.soap.text": {"ThreadPoolExecutor"}} == {
        name: found for name, path in library.items() if (found := POOLS & {*names_in(path)})
    }


def test_no_file_that_people_write_is_longer_than_one_reads() -> None:
    written = {path for name, path in MODULES.items() if name not in GENERATED}
    for folder in ("tests", "tools", "benchmarks", "examples"):
        written |= {*(Path(__file__).parents[1] / folder).rglob("*.py")}
    lines = {str(path): len(path.read_text("utf-8").splitlines()) for path in written}

    assert {} == {name: count for name, count in lines.items() if count > MOST_LINES}


def test_no_function_changes_a_global() -> None:
    """Settings are arguments: nothing that one caller chooses is there for another."""
    changing = [
        name
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Global)
    ]

    assert [] == changing
