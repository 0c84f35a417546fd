"""Each module says what to install if the extra that it needs is missing."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from ocpp_core.model import extras
from ocpp_core.model.extras import install

#: Module, what it calls itself, what it needs, and the extra that has it.
NEEDED = [
    ("dispatch.tracing", "Tracing", "opentelemetry-api", "tracing"),
    ("transports.websocket", "ocpp_core.transports.websocket", "websockets", "websockets"),
    ("transports.fast_websocket", "ocpp_core.transports.fast_websocket", "picows", "fast"),
    ("transports.serving", "ocpp_core.transports.serving", "uvicorn", "server"),
    ("transports.soap_station", "SOAP over HTTP", "httpx", "soap"),
]


@pytest.mark.parametrize("module, what, package, extra", NEEDED, ids=[row[0] for row in NEEDED])
def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    module: str, what: str, package: str, extra: str
) -> None:
    """In a process of its own: in this one they are loaded."""
    imported = package.removesuffix("-api")  # of whose distribution only
    program = f"import sys; sys.modules[{imported!r}] = None; import ocpp_core.{module}"
    result = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False
    )

    last = result.stderr.splitlines()[-1]
    assert f"ImportError: {what} needs {package}, which is missing or too old: {install(extra)}" == last


@pytest.mark.parametrize(
    "kept, installed_from",
    [
        ({"url": "file://{there}", "dir_info": {}}, "{there}"),
        ({"url": "file://{there}/gone", "dir_info": {}}, "ocpp-core"),
        ({"url": "https://host.example/ocpp_core.whl", "archive_info": {}}, "ocpp-core"),
        (None, "ocpp-core"),
    ],
    ids=["a folder", "a folder that is gone", "an archive", "the registry"],
)
def test_the_command_installs_from_where_it_was_installed(
    kept: dict[str, object] | None,
    installed_from: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who has installed a checkout, as the README says, has a name that the registry need not know."""
    there = tmp_path / "a checkout"
    there.mkdir()
    (there / "pyproject.toml").touch()
    told = None if kept is None else json.dumps(kept).replace("{there}", str(there).replace(" ", "%20"))
    monkeypatch.setattr(
        extras, "__file__", str(tmp_path / "site-packages" / "ocpp_core" / "model" / "extras.py")
    )
    monkeypatch.setattr(metadata, "distribution", lambda _: SimpleNamespace(read_text=lambda _: told))

    where = f"'{installed_from}[cli]'".replace("{there}", str(there))
    assert f"python -m pip install {where}" == install("cli")


def test_who_has_it_on_a_path_alone_is_told_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> None:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(extras, "__file__", str(tmp_path / "a" / "b" / "c.py"))
    monkeypatch.setattr(metadata, "distribution", none)

    assert "python -m pip install 'ocpp-core[cli]'" == install("cli")
