"""Shared by all tests: the fixture `pair`; and generated cases are counted, also those of the workers of xdist.

A property test says `record_property("cases", n)`.
"""

import importlib
import os
import signal
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import settings

from ocpp_core.model import secret_words
from pair import SCENES, Pair

# No test measures speed: on a busy machine a case may take any time.
settings.register_profile("ocpp_core", deadline=None)
settings.load_profile("ocpp_core")

# A shell that starts a command in the background has it ignore Ctrl-C, and so would every process that a test starts
# and interrupts: it would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


#: By the library below.
TRANSPORTS = {"websockets": "websocket", "picows": "fast_websocket"}


@pytest.fixture(params=TRANSPORTS)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test over each library of WebSockets: `serve` and `connect` of its module are those of one of them.

    A module says ``pytestmark = pytest.mark.usefixtures("library")``, and a test that holds for one takes that only by
    `parametrize("library", [...], indirect=True)`.
    """
    name: str = request.param
    pytest.importorskip(name)
    transport = importlib.import_module(f"ocpp_core.transports.{TRANSPORTS[name]}")
    for function in ("serve", "connect"):
        if hasattr(request.module, function):
            monkeypatch.setattr(request.module, function, getattr(transport, function))
    return name


@pytest.fixture(params=SCENES)
def pair(request: pytest.FixtureRequest) -> Pair:
    """Two connections, once per codec; take some only by `parametrize("pair", [...], indirect=True)`."""
    return Pair(SCENES[request.param]())


@pytest.fixture
def names_of_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test adds to them by `add_secret_names`, the process forgets with it."""
    monkeypatch.setattr(secret_words, "_known", attrs.evolve(secret_words._known))
    yield
    secret_words._again.cache_clear()


@pytest.hookimpl(optionalhook=True)  # `make mutants` asks its tests without xdist
def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are processors: tests with sockets and processes wait for most of their time."""
    return (os.cpu_count() or 1) + 2


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = terminalreporter.stats.get("passed", [])
    cases = sum(value for report in reports for name, value in report.user_properties if name == "cases")
    if cases:
        terminalreporter.write_line(f"{cases:,} generated cases")
