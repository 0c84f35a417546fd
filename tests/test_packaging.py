"""The tests run against the wheel as a user installs it, and the wheel is complete."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ocpp_core

ROOT = Path(__file__).parents[1]
PACKAGE = Path(ocpp_core.__file__).parent

CORE = {"attrs", "jsonschema", "lxml", "msgspec", "orjson"}
#: What only an extra brings, and so may be absent: import names.
OPTIONAL = [
    "click",
    "h11",
    "httpx",
    "hypothesis",
    "opentelemetry",
    "picows",
    "pytest",
    "rich",
    "uvicorn",
    "websockets",
    "wsproto",
    "zeep",
]
#: What needs an extra, and so may import it.
EXTRAS = (
    "ocpp_core.adapters",
    "ocpp_core.cli",
    "ocpp_core.conformance",
    "ocpp_core.testing",
    "ocpp_core.dispatch.tracing",
    "ocpp_core.transports",
)

installed = pytest.mark.skipif(
    os.environ.get("OCPP_SOURCE") == "1", reason="OCPP_SOURCE=1: the checkout itself is tested"
)


def run(program: str) -> list[str]:
    """Runs a program in a Python of its own; the program prints a JSON list of strings."""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert ("", 0) == (result.stderr, result.returncode)
    names: list[str] = json.loads(result.stdout)
    return names


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


@installed
def test_tests_import_the_installed_package() -> None:
    assert "site-packages" in PACKAGE.parts, (
        "this would test the checkout: run `make pytest` or `.venv/bin/pytest`, not `python -m pytest`; "
        "or set OCPP_SOURCE=1 if you mean it"
    )


@installed
def test_wheel_holds_exactly_the_files_of_the_checkout() -> None:
    expected = contents(ROOT / "ocpp_core")
    for folder in ("schemas", "wsdl"):
        expected |= {f"{folder}/{name}": content for name, content in contents(ROOT / folder).items()}
    actual = contents(PACKAGE)

    assert sorted(expected) == sorted(actual)
    assert [] == [name for name in expected if expected[name] != actual[name]], "the wheel is stale"
    assert "py.typed" in actual


@installed
def test_wheel_installs_one_package() -> None:
    files = importlib.metadata.files("ocpp-core") or []
    places = {path.parts[0] for path in files if path.parts[0] != ".."}

    assert ["ocpp_core"] == [place for place in places if not place.endswith(".dist-info")]


@installed
def test_core_dependencies_are_four() -> None:
    requires = importlib.metadata.requires("ocpp-core") or []
    core = {re.split(r"[^\w-]", line)[0] for line in requires if "extra ==" not in line}

    assert CORE == core


@installed
def test_command_is_installed() -> None:
    (command,) = importlib.metadata.entry_points(group="console_scripts", name="ocpp-core")

    assert callable(command.load())


def test_import_loads_neither_extras_nor_what_is_slow_nor_a_version() -> None:
    loaded = run("import ocpp_core, sys, json; print(json.dumps(sorted(sys.modules)))")

    assert [] == [name for name in loaded if name in {*OPTIONAL, "jsonschema", "lxml"}]
    assert [] == [name for name in loaded if re.match(r"ocpp_core\.v\d", name)]


def test_core_modules_import_without_extras() -> None:
    program = f"""
import importlib, json, pkgutil, sys
for name in {OPTIONAL!r}:
    sys.modules[name] = None  # importing it raises ModuleNotFoundError
import ocpp_core
imported = []
for module in pkgutil.walk_packages(ocpp_core.__path__, "ocpp_core.", onerror=lambda name: None):
    if not module.name.startswith({EXTRAS!r}):
        importlib.import_module(module.name)
        imported.append(module.name)
print(json.dumps(imported))
"""

    assert "ocpp_core.model.versions" in run(program)
