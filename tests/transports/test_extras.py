"""Each transport says what to install if the extra that it needs is missing."""

import subprocess
import sys

import pytest

from ocpp_core.model.extras import install

#: Module, what it calls itself, what it needs, and the extra that has it.
NEEDED = [
    ("websocket", "ocpp_core.transports.websocket", "websockets", "websockets"),
    ("fast_websocket", "ocpp_core.transports.fast_websocket", "picows", "fast"),
    ("serving", "ocpp_core.transports.serving", "uvicorn", "server"),
    ("soap_station", "SOAP over HTTP", "httpx", "soap"),
]


@pytest.mark.parametrize("module, what, package, extra", NEEDED, ids=[row[0] for row in NEEDED])
def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    module: str, what: str, package: str, extra: str
) -> None:
    """In a process of its own: in this one they are loaded."""
    program = f"import sys; sys.modules[{package!r}] = None; import ocpp_core.transports.{module}"
    result = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False
    )

    last = result.stderr.splitlines()[-1]
    assert f"ImportError: {what} needs {package}, which is missing or too old: {install(extra)}" == last
