"""`ocpp-core serve`, or another command that listens, as a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple


class Serve(NamedTuple):
    """The command as it runs, where it listens, and the lines that it has written."""

    process: subprocess.Popen[str]
    port: int
    scheme: str

    def url(self, path: str = "/CP-1") -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def started(*arguments: str) -> Serve:
    """A command that says in its first line where it listens; whoever starts it ends it."""
    running = subprocess.Popen(
        [sys.executable, "-m", "ocpp_core.cli", *arguments],
        stdout=subprocess.PIPE,
        pipesize=4096,  # so that little is kept for a test that does not read
        text=True,
        env={**os.environ, "COLUMNS": "300"},
    )
    assert running.stdout is not None
    found = re.search(r"(wss?)://127\.0\.0\.1:(\d+)/", running.stdout.readline())
    assert found is not None
    return Serve(running, int(found[2]), found[1])


@asynccontextmanager
async def listening(*arguments: str) -> AsyncGenerator[Serve, None]:
    """The same, until it is interrupted."""
    serve = started(*arguments)
    with serve.process as running:
        try:
            yield serve
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(20)


@asynccontextmanager
async def serve(*options: str) -> AsyncGenerator[Serve, None]:
    async with listening("serve", "--port", "0", *options) as running:
        assert "1.6" in running.line()  # the versions
        assert "→" in running.line()  # what the arrows mean
        yield running
