"""Packages of npm, each installed once into a folder of its own below ``build/node``, and scripts that use them.

Without Node, npm or a registry the test is skipped, and says why.
"""

import asyncio
import functools
import json
import os
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "tests" / "interop"
CACHE = ROOT / "build" / "node"
VERSIONS = {"axe-core": "4.10.3", "ocpp-rpc": "2.2.1", "ocpp-ts": "0.3.0", "ocpp-ws-io": "2.3.2"}


def installed(package: str) -> Path:
    """The folder ``node_modules`` with the package in it."""
    if reason := obstacle(package):
        pytest.skip(reason)
    return CACHE / package / "node_modules"


@functools.cache
def obstacle(package: str) -> str:
    """Installs the package, or says why it is not there; asked once, as a registry may take its time to say no."""
    folder = CACHE / package  # a folder for each: what npm installs later removes what it knows nothing of
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "Node or npm is not on PATH"
    if (folder / "node_modules" / package / "package.json").exists():
        return ""
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        npm,
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        f"--prefix={folder}",
        f"{package}@{VERSIONS[package]}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return f"npm cannot install {package}: {done.stderr[:200]}" if done.returncode else ""


@asynccontextmanager
async def script(
    modules: Path, name: str, *arguments: str
) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """A script of `tests/interop` that runs, and ends when its standard input does."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(SCRIPTS / name),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(modules)},
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        if process.returncode is None:
            await process.wait()


async def line(process: asyncio.subprocess.Process) -> Any:
    """The next line that it prints, which is JSON."""
    assert process.stdout is not None
    return json.loads(await process.stdout.readline())
