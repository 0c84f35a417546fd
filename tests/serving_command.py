"""`ocpp-core serve` as a process of its own."""

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

    def url(self, path: str = "/CP-1") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@asynccontextmanager
async def serve(*options: str) -> AsyncGenerator[Serve, None]:
    with subprocess.Popen(
        [sys.executable, "-m", "ocpp_core.cli", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "300"},
    ) as running:
        assert running.stdout is not None
        found = re.search(r"ws://127\.0\.0\.1:(\d+)/", running.stdout.readline())
        assert found is not None
        assert "1.6" in running.stdout.readline()  # the versions
        assert "→" in running.stdout.readline()  # what the arrows mean
        try:
            yield Serve(running, int(found[1]))
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(20)
