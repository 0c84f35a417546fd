"""Helpers of the user: commands, addresses and functions, and what is told of one that fails."""

import asyncio
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.error import HTTPError

import pytest

from ocpp_core.conformance.hooks import Hook, HookFailed, run
from ocpp_core.conformance.verdicts import Inconclusive


class _Helper(BaseHTTPRequestHandler):
    """Keeps what it is told; fails where its path says so."""

    told: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        self.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(500 if self.path == "/fails" else 204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _run(hook: Hook, told: dict[str, Any]) -> None:
    asyncio.run(run({"card": hook}, "card", told))


def _posted(path: str) -> list[Any]:
    _Helper.told = []
    with HTTPServer(("127.0.0.1", 0), _Helper) as server:
        serving = threading.Thread(target=server.handle_request)
        serving.start()
        try:
            _run(f"http://127.0.0.1:{server.server_port}{path}", {"idToken": "A"})
        finally:
            serving.join()
    return _Helper.told


def test_a_command_is_told_on_its_standard_input(tmp_path: Path) -> None:
    _run(f"cat > '{tmp_path}/told'", {"idToken": "A"})

    assert {"idToken": "A"} == json.loads((tmp_path / "told").read_text(encoding="utf-8"))


def test_an_address_is_told_in_the_body() -> None:
    assert [{"idToken": "A"}] == _posted("/")


def test_functions_may_be_coroutine_functions() -> None:
    told: list[Any] = []

    async def later(what: Any) -> None:
        told.append(what)

    _run(told.append, {"evse": 1})
    _run(later, {"evse": 2})

    assert [{"evse": 1}, {"evse": 2}] == told


def test_a_command_that_fails_tells_why() -> None:
    with pytest.raises(HookFailed, match="the hook card failed: exit 3: no reader"):
        _run("echo no reader >&2; exit 3", {})


def test_an_address_that_fails_tells_why() -> None:
    with pytest.raises(HookFailed, match="HTTP Error 500") as raised:
        _posted("/fails")

    # What is raised does not keep the connection.
    cause = raised.value.__cause__
    assert isinstance(cause, HTTPError)
    assert cause.closed


def test_what_a_helper_says_cannot_steer_a_terminal() -> None:
    with pytest.raises(HookFailed) as raised:
        _run(r"printf '\033[2J' >&2; exit 1", {})

    assert "\033" not in str(raised.value)


def test_a_helper_that_is_not_there_proves_nothing() -> None:
    with pytest.raises(Inconclusive, match="the profile has no hook card"):
        asyncio.run(run({}, "card", {}))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_command_that_nobody_waits_for_ends_with_all_that_it_has_started(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    async def stopped() -> list[int]:
        hook = f"sleep 600 & echo $! $$ > '{pipe}'; wait"
        doing = asyncio.create_task(run({"card": hook}, "card", {}))
        ids = (await asyncio.to_thread(pipe.read_text, "utf-8")).split()
        doing.cancel()
        await asyncio.wait([doing])
        return list(map(int, ids))

    assert [False, False] == [_lives(id) for id in asyncio.run(stopped())]


def _lives(id: int) -> bool:
    """Whether there is such a process; one that has ended, and that nobody has asked about, does not live."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(id)], capture_output=True, text=True, check=False)
    return told.stdout.strip() != "" and not told.stdout.strip().startswith("Z")
