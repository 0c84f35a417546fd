"""Each file of examples/ is run as a program, and met over real sockets by the other side."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest

from loops import asynchronous
from ocpp_core.cli.csms import Csms
from ocpp_core.cli.hosting import online
from ocpp_core.cli.station import Simulator
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving

EXAMPLES = Path(__file__).parents[1] / "examples"
ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
SECONDS = 30.0


class Program:
    """An example that is running."""

    def __init__(self, name: str, port: int) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / name), str(port)],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=ENVIRONMENT,
        )
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    async def printed(self, text: str) -> str:
        """The next line that it prints with this text in it."""
        while text not in (line := await asyncio.to_thread(self._lines.get, timeout=SECONDS)):
            pass
        return line

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)


@contextmanager
def running(name: str) -> Generator[Program, None, None]:
    """An example that serves, once it does."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Program(name, port)
    try:
        until = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                assert program.process.poll() is None, f"{name} has ended"
                assert time.monotonic() < until, f"{name} does not listen"
                time.sleep(0.05)
        yield program
    finally:
        program.end()


def run(name: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(EXAMPLES / name), *arguments],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=ENVIRONMENT,
    )


async def output(process: "subprocess.Popen[str]") -> str:
    text, _ = await asyncio.to_thread(process.communicate, timeout=SECONDS)

    assert 0 == process.returncode, text
    return text


STATIONS = [
    ("1.2", "http"),
    ("1.5", "http"),
    ("1.6", "http"),
    ("1.6", "ws"),
    ("2.0", "ws"),
    ("2.0.1", "ws"),
    ("2.1", "ws"),
]


@asynchronous
async def test_csms_serves_stations_of_every_version() -> None:
    with running("csms.py") as program:
        for version, scheme in STATIONS:
            station = Simulator(version)
            url, identity = f"{scheme}://127.0.0.1:{program.port}", f"CP-{version}-{scheme}"
            async with online(url, identity, version, station.router, soap=scheme == "http") as csms:
                for step in ("boot", "status", "authorize", "heartbeat"):
                    await station.do(step, csms)
                await station.charge(csms)

            assert "StatusNotificationRequest" in await program.printed(identity)


@asynchronous
async def test_station_charges() -> None:
    csms = Csms()
    async with serving(OcppApp(csms.router), "127.0.0.1", 0) as port:
        text = await output(run("station.py", f"ws://127.0.0.1:{port}"))

    assert "CP-201 boots: Accepted, heartbeat every 300 s\ncharged 2.5 kWh\n" == text
    assert {"started": 1, "ended": 1} == csms.transactions


@asynchronous
async def test_station_boots_again_when_it_is_reset() -> None:
    from ocpp_core import v201

    csms, resets = Csms(), []

    @csms.router.after(v201.AuthorizeRequest)
    async def reset(request: Any, response: Any, station: Any) -> None:
        resets.append(await station.call(v201.ResetRequest(type=v201.Reset.ON_IDLE)))

    async with serving(OcppApp(csms.router), "127.0.0.1", 0) as port:
        await output(run("station.py", f"ws://127.0.0.1:{port}", "CP-7"))

    assert [v201.ResetStatus.ACCEPTED] == [answer.status for answer in resets]
    assert 2 == csms.received["BootNotification"]


@asynchronous
async def test_fastapi_mount_has_stations_and_pages() -> None:
    with running("fastapi_mount.py") as program:
        station = Simulator("1.6")
        at = f"127.0.0.1:{program.port}"
        async with httpx.AsyncClient(base_url=f"http://{at}") as client:
            async with online(f"ws://{at}/ocpp", "CP-1", "1.6", station.router) as csms:
                await station.do("boot", csms)

                assert ["CP-1"] == (await client.get("/stations")).json()
                assert {"status": "Accepted"} == (await client.post("/stations/CP-1/reset")).json()
                assert "reset" == await station.asked.get()
            assert 502 == (await client.post("/stations/CP-9/reset")).status_code


@pytest.mark.parametrize(
    "example, version, scheme",
    [("plain_websockets.py", "1.6", "ws"), ("soap_csms.py", "1.5", "http")],
)
@asynchronous
async def test_a_csms_asks_a_booted_station_for_its_configuration(
    example: str, version: str, scheme: str
) -> None:
    with running(example) as program:
        station = Simulator(version)
        url = f"{scheme}://127.0.0.1:{program.port}"
        async with online(url, "CP-1", version, station.router, soap=scheme == "http") as csms:
            await station.do("boot", csms)

            assert "CP-1 HeartbeatInterval 300\n" == await program.printed("HeartbeatInterval")


@asynchronous
async def test_serverless_answers_frames() -> None:
    good, bad, unknown = (await output(run("serverless.py"))).splitlines()

    assert good.startswith('[3,"1",{"currentTime":"')
    assert bad.startswith('[4,"2","')
    assert unknown.startswith('[4,"3","NotImplemented",')


def test_every_example_is_run() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")

    assert [] == [path.name for path in EXAMPLES.glob("*.py") if f'"{path.name}"' not in tested]
