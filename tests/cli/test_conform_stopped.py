"""`ocpp-core conform` that is told to end, or has only so much time: it tells what was seen, and leaves nothing."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from loops import asynchronous
from ocpp_core import v16
from ocpp_core.cli.csms import Csms
from ocpp_core.conformance.replays import Replay
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Wire
from ocpp_core.transports.websocket import serve

#: Seconds for a process to end that has nothing to wait for.
SOON = 60.0
#: Its software may take longer than any test to answer.
PATIENT = "answer_within = 600.0\nsilence = 0.05\n"
RULES = "boot.answered,heartbeat.answered,authorize.answered"


class Silent:
    """A CSMS that does not answer one action, and may refuse another.

    Attributes:
        url: Where it serves.
        asked: Set when the action has come.
    """

    def __init__(self, action: str, refused: str = "") -> None:
        self.url = ""
        self.asked = asyncio.Event()
        self._over = asyncio.Event()
        self._router = Csms().router

        async def never(_: Any, __: object) -> Any:
            self.asked.set()
            await self._over.wait()
            raise RuntimeError("nobody waits any more")

        async def refuse(_: Any, __: object) -> Any:
            raise RuntimeError("no")

        for name, handler in ((action, never), (refused, refuse)):
            if name:
                self._router.on(getattr(v16, f"{name}Request"))(handler)

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator["Silent", None]:
        """Serves while the context lasts."""
        async with serve(self._router, "127.0.0.1", accepts=["1.6"], tolerance=Tolerance.STRICT) as server:
            self.url = f"ws://127.0.0.1:{server.port}"
            try:
                yield self
            finally:
                self._over.set()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.toml"
    path.write_text(PATIENT, encoding="utf-8")
    return path


async def running(*arguments: object, stdin: int = asyncio.subprocess.DEVNULL) -> Process:
    """The command as a process."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ocpp_core.cli", "conform", *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        stdin=stdin,
    )


async def ended(process: Process) -> tuple[int | None, str, str]:
    """How it has come to its end, and what it has written."""
    try:
        out, err = await asyncio.wait_for(process.communicate(), SOON)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, out.decode(), err.decode()


async def stopped(process: Process, number: signal.Signals = signal.SIGINT) -> tuple[int | None, str, str]:
    """The same, once it was told to end."""
    process.send_signal(number)
    return await ended(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@asynchronous
async def test_what_was_seen_is_reported_in_all_forms(
    tmp_path: Path, profile: Path, number: signal.Signals
) -> None:
    junit, page, data = (tmp_path / name for name in ("report.xml", "report.html", "report.json"))
    async with Silent("Heartbeat").serving() as csms:
        process = await running(
            *(csms.url, "--version", "1.6", "--profile", profile, "--rules", RULES),
            *("--junit", junit, "--html", page, "--json", data),
        )
        await asyncio.wait_for(csms.asked.wait(), SOON)
        code, out, err = await stopped(process, number)
    report = json.loads(data.read_text(encoding="utf-8"))
    verdicts = {row["rule"]["id"]: (row["verdict"], row["reason"]) for row in report["outcomes"]}
    left = "Stopped before its end: 1 of 3 rules were not looked for."
    skipped = ElementTree.parse(junit).findall("testsuite/testcase/skipped")

    assert 2 == code, err
    assert {
        "authorize.answered": ("conforming", ""),
        "boot.answered": ("conforming", ""),
        "heartbeat.answered": ("inconclusive", "it was stopped before"),
    } == verdicts
    assert (True, 2) == (report["stopped"], report["exitCode"])
    assert left in out
    assert left in page.read_text(encoding="utf-8")
    assert ["inconclusive: it was stopped before"] == [each.get("message") for each in skipped]
    assert "Traceback" not in err


@asynchronous
async def test_deviations_that_were_found_count(profile: Path) -> None:
    async with Silent("Heartbeat", refused="Authorize").serving() as csms:
        process = await running(csms.url, "--version", "1.6", "--profile", profile, "--rules", RULES)
        await asyncio.wait_for(csms.asked.wait(), SOON)
        code, out, _ = await stopped(process)

    assert 1 == code
    assert "DEVIATING  authorize.answered" in out
    assert "Stopped before its end" in out


@asynchronous
async def test_a_run_is_stopped_among_generated_messages(profile: Path) -> None:
    async with Silent("Authorize").serving() as csms:
        quick = profile.with_name("quick.toml")
        quick.write_text("answer_within = 1.0\n", encoding="utf-8")
        process = await running(
            csms.url, "--version", "1.6", "--profile", quick, "--rules", "generated.valid"
        )
        await asyncio.wait_for(csms.asked.wait(), SOON)
        code, out, _ = await stopped(process)

    assert 2 == code
    assert "Stopped before its end" in out


@asynchronous
async def test_a_station_that_does_not_come_is_not_waited_for() -> None:
    process = await running("--role", "station", "--version", "1.6", "--listen", "127.0.0.1:0")
    assert process.stderr is not None
    await process.stderr.readline()
    code, out, _ = await stopped(process)

    assert 2 == code
    assert "Stopped before its end" in out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
@asynchronous
async def test_a_hook_and_what_it_has_started_end_with_it(tmp_path: Path, profile: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    hook = f"sleep 600 & echo $! $$ > '{pipe}'; wait"
    profile.write_text(f'{PATIENT}[hooks]\ntrigger = "{hook}"\n', encoding="utf-8")
    async with Silent("DataTransfer").serving() as csms:
        process = await running(
            csms.url, "--version", "1.6", "--profile", profile, "--rules", "taken.reset,taken.clear-cache"
        )
        ids = [int(id) for id in (await asyncio.to_thread(pipe.read_text, "utf-8")).split()]
        code, _, _ = await stopped(process)

    assert 2 == code
    assert [False, False] == [_lives(id) for id in ids]


def _lives(id: int) -> bool:
    """Whether there is such a process; one that has ended, and that nobody has asked about, does not live."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(id)], capture_output=True, text=True, check=False)
    return told.stdout.strip() != "" and not told.stdout.strip().startswith("Z")


@asynchronous
async def test_nobody_has_to_press_enter_any_more(profile: Path) -> None:
    async with Silent("DataTransfer").serving() as csms:
        process = await running(
            *(
                csms.url,
                "--version",
                "1.6",
                "--profile",
                profile,
                "--rules",
                "taken.reset,taken.clear-cache",
                "--ask",
            ),
            stdin=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        while b"Please do" not in await process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        out = await asyncio.wait_for(process.stdout.read(), SOON)
        code = await asyncio.wait_for(process.wait(), SOON)
        assert process.stdin is not None
        process.stdin.close()

    assert 2 == code
    assert b"Stopped before its end" in out


def _replay(rule: str, path: Path) -> Path:
    replay = Replay(
        rule=rule, role=Role.CSMS, version="1.6", wire=Wire.JSON, expected="", got="", place="Heartbeat"
    )
    replay.trace.add(0.1, Direction.SENT, What.MESSAGE, '[2,"1","Heartbeat",{}]')
    replay.write(path)
    return path


REPLAYED = ["heartbeat.answered", "frame.answer-id"]


@pytest.mark.parametrize("rule", REPLAYED)
@asynchronous
async def test_a_replay_has_so_much_time(tmp_path: Path, profile: Path, rule: str) -> None:
    """Of a rule that is asked for, and of one that is overheard."""
    file = _replay(rule, tmp_path / "finding.ndjson")
    async with Silent("Heartbeat").serving() as csms:
        code, out, _ = await ended(
            await running(csms.url, "--replay", file, "--profile", profile, "--time", 1)
        )

    assert (2, f"CHANGED: {rule}") == (code, out[: len(f"CHANGED: {rule}")])
    assert "the time was over" in out


@pytest.mark.parametrize("rule", REPLAYED)
@asynchronous
async def test_a_replay_is_stopped(tmp_path: Path, profile: Path, rule: str) -> None:
    file = _replay(rule, tmp_path / "finding.ndjson")
    async with Silent("Heartbeat").serving() as csms:
        process = await running(csms.url, "--replay", file, "--profile", profile)
        await asyncio.wait_for(csms.asked.wait(), SOON)
        code, out, _ = await stopped(process)

    assert 2 == code
    assert "it was stopped before" in out
