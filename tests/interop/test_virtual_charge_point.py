"""The station simulator of GitHub's solidstudiosh/ocpp-virtual-charge-point has an ordinary day with our application.

It is in no registry: whoever wants these tests to run puts a checkout into ``build/node/ocpp-vcp`` and runs
``npm install`` there. Checked with commit 7ef0e65. It ends at any answer that its schemas refuse.
"""

import asyncio
import os
import shutil
import socket
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest

import journeys
from loops import asynchronous, until
from node import CACHE
from ocpp_core.cli.csms import Csms
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving

CHECKOUT = CACHE / "ocpp-vcp"
INDEX = {"1.6": "index_16.ts", "2.0.1": "index_201.ts", "2.1": "index_21.ts"}
TIME = "2026-01-31T12:00:00.123Z"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def simulator(
    version: str, csms_port: int, admin_port: int
) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    more = {"WS_URL": f"ws://127.0.0.1:{csms_port}", "CP_ID": "CP-1", "ADMIN_PORT": str(admin_port)}
    process = await asyncio.create_subprocess_exec(
        "node",
        "--import",
        "tsx",
        INDEX[version],
        cwd=CHECKOUT,
        env={**os.environ, **more},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not on PATH")
@pytest.mark.skipif(not (CHECKOUT / "node_modules" / "tsx").exists(), reason=f"it is not in {CHECKOUT}")
@pytest.mark.parametrize("version", journeys.VERSIONS)
@asynchronous
async def test_the_simulator_has_a_day_with_our_application(version: str) -> None:
    csms, watching = Csms(), journeys.Watching()
    app = OcppApp(csms.router, hooks=[watching])
    admin = free_port()
    said, asked = journeys.said_by_station(version, TIME), journeys.said_by_csms(version)
    async with (
        serving(app, "127.0.0.1", 0) as port,
        simulator(version, port, admin) as theirs,
        httpx.AsyncClient(base_url=f"http://localhost:{admin}") as control,
    ):
        # It says these two by itself.
        await until(lambda: csms.received["BootNotification"] and csms.received["StatusNotification"])
        for action, payload in said:
            if action not in ("BootNotification", "StatusNotification"):
                await control.post("/execute", json={"action": action, "payload": payload})
        await until(lambda: sum(csms.received.values()) == len(said))
        received = Counter(csms.received)
        obeyed = await journeys.call_all(app.peers["CP-1"], version, asked)
        is_running = theirs.returncode is None

    assert [] == watching.wrong
    assert Counter(action for action, _ in said) == received
    assert [action for action, _ in asked] == obeyed
    assert {} == watching.harmless
    assert is_running
