"""`ocpp-core conform` as its users run it: a process, a CSMS behind a socket, files, exit codes."""

import asyncio
import json
import re
import shlex
import ssl
import sys
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from errno import ENOSPC
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from xml.etree import ElementTree

import pytest
import trustme

from certificates import Certificates
from command import cli, process
from made_reports import report
from ocpp_core import v16
from ocpp_core.cli.csms import Csms
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.replays import Replay, Replayed, State
from ocpp_core.conformance.reports.report import Report
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Wire
from ocpp_core.transports.websocket import serve
from played import csms_url, soap_csms_url, station

_QUICK = "answer_within = 2.0\nsilence = 0.05\n"


@asynccontextmanager
async def that_says_no_time() -> AsyncGenerator[str, None]:
    """A CSMS of 1970."""
    router = Csms().router

    @router.on(v16.HeartbeatRequest)
    async def heartbeat(_: v16.HeartbeatRequest, __: object) -> v16.HeartbeatResponse:
        raise RuntimeError("\x1b[2Jno clock")

    async with serve(router, "127.0.0.1", accepts=["1.6"], tolerance=Tolerance.STRICT) as server:
        yield f"ws://127.0.0.1:{server.port}"


def conform(
    csms: AbstractAsyncContextManager[str], *options: str | Path, text: str = ""
) -> CompletedProcess[str]:
    """Runs the command against a CSMS of this process."""

    async def run() -> CompletedProcess[str]:
        async with csms as url:
            return await asyncio.to_thread(process, "conform", url, *options, text=text)

    return asyncio.run(run())


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.toml"
    path.write_text(_QUICK, encoding="utf-8")
    return path


def test_a_clean_run_writes_its_reports_and_exits_with_0(tmp_path: Path, profile: Path) -> None:
    files = [tmp_path / name for name in ("report.xml", "report.json", "report.html")]
    told = conform(
        csms_url(),
        *(
            "--version",
            "1.6",
            "--rules",
            "boot.answered,generated.valid",
            "--seed",
            "7",
            "--profile",
            profile,
        ),
        *("--junit", files[0], "--json", files[1], "--html", files[2], "--identity", "CP-7"),
    )
    report: dict[str, Any] = json.loads(files[1].read_text(encoding="utf-8"))

    assert (0, "") == (told.returncode, told.stderr.partition("\n")[2])
    assert 7 == report["seed"]
    assert "the station CP-7" == report["leftBehind"][0]
    assert {"conforming"} == {row["verdict"] for row in report["outcomes"]}
    assert ElementTree.parse(files[0]).getroot().tag in ("testsuites", "testsuite")
    assert files[2].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_finding_exits_with_1_and_is_replayed(tmp_path: Path, profile: Path) -> None:
    options = ("--version", "1.6", "--profile", profile)
    found = conform(
        that_says_no_time(), *options, "--rules", "heartbeat.answered", "--replays", tmp_path / "findings"
    )
    [replay] = (tmp_path / "findings").iterdir()
    still = conform(that_says_no_time(), "--replay", replay, "--profile", profile)
    mended = conform(csms_url(), "--replay", replay, "--profile", profile)

    assert [1, 1, 0] == [found.returncode, still.returncode, mended.returncode]
    assert "heartbeat.answered" in found.stdout
    assert "\x1b" not in found.stdout + found.stderr
    assert still.stdout.startswith("FAILED: heartbeat.answered")
    assert mended.stdout.startswith("FIXED: heartbeat.answered")


def test_the_commands_of_a_finding_can_be_run(tmp_path: Path, profile: Path) -> None:
    """As they stand there: one looks for the rule again, the other replays the finding, both as the same station."""

    async def run() -> list[CompletedProcess[str]]:
        async with that_says_no_time() as url:
            named = ("--identity", "CP 7", "--profile", profile, "--replays", tmp_path / "findings")
            rules = ("--version", "1.6", "--rules", "heartbeat.answered")
            found = await asyncio.to_thread(process, "conform", url, *rules, *named)
            lines = [line.split(maxsplit=1) for line in found.stdout.splitlines() if line.strip()]
            commands = {label: shlex.split(text) for label, *rest in lines for text in rest}
            return [
                await asyncio.to_thread(process, *commands[label][1:], *also)
                for label, also in (("again", ["--json", str(tmp_path / "again")]), ("replay", []))
            ]

    again, replayed = asyncio.run(run())

    assert (1, 1) == (again.returncode, replayed.returncode), again.stderr + replayed.stderr
    assert ["the station CP 7"] == json.loads((tmp_path / "again").read_text(encoding="utf-8"))["leftBehind"]
    assert replayed.stdout.startswith("FAILED: heartbeat.answered")


@pytest.mark.parametrize("wanted", [(), ("--intrusive", "--ask")])
def test_a_replay_intrudes_and_asks_if_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: tuple[str, ...]
) -> None:
    path = tmp_path / "finding.ndjson"
    station = Role.CHARGE_POINT
    Replay(
        rule="reset.boots", role=station, version="1.6", wire=Wire.JSON, expected="", got="", place=""
    ).write(path)
    seen: list[bool] = []

    async def replayed(
        _: Replay, __: Target, profile: Profile, *, intrusive: bool, **___: object
    ) -> Replayed:
        seen.extend((intrusive, "card" in profile.hooks))
        return Replayed(State.FIXED, "")

    monkeypatch.setattr("ocpp_core.conformance.replays.replayed", replayed)
    told = cli("conform", "--replay", path, "--role", "station", *wanted)

    assert 0 == told.exit_code
    assert [bool(wanted)] * 2 == seen


FILES = ("--html", "--json", "--junit", "--replays")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Target]:
    """What was tested, of which a report was made at once."""
    targets: list[Target] = []

    async def ended(target: Target, **_: Any) -> Report:
        targets.append(target)
        return report()

    monkeypatch.setattr("ocpp_core.conformance.runner.conform", ended)
    return targets


@pytest.mark.parametrize("option", FILES)
def test_a_folder_that_is_not_there_is_told_before_the_run(
    ran: list[Target], tmp_path: Path, option: str
) -> None:
    told = cli("conform", "ws://h", "--version", "1.6", option, tmp_path / "none" / "report")

    assert 2 == told.exit_code
    assert "there is no folder" in told.output
    assert [] == ran


@pytest.mark.parametrize("option", FILES)
def test_a_report_that_cannot_be_kept_is_shown_all_the_same(
    ran: list[Target], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(Path, "write_text", full)
    told = cli("conform", "ws://h", "--version", "1.6", option, tmp_path / "report")

    assert 2 == told.exit_code
    assert f"{option}: " in told.output
    assert "No space left on device" in told.output
    assert "boot.interval" in told.output
    assert 1 == len(ran)


def test_a_csms_that_is_not_there_exits_with_2(profile: Path) -> None:
    told = process("conform", "ws://127.0.0.1:1/", "--version", "1.6", "--profile", profile)

    assert 2 == told.returncode
    assert "Traceback" not in told.stderr


def test_why_there_is_no_connection_is_never_left_out(profile: Path) -> None:
    """A CSMS without TLS that hangs up on who begins with it: the error of that has no text."""

    async def run() -> CompletedProcess[str]:
        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1") as server:
            url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            options = ("--version", "1.6", "--rules", "boot.answered", "--profile", profile)
            return await asyncio.to_thread(process, "conform", url, *options)

    told = asyncio.run(run())

    assert 2 == told.returncode
    assert re.search(r"the CSMS is not reached: no connection: \w+", told.stdout)


def test_the_soap_wire_is_that_of_the_url(profile: Path) -> None:
    told = conform(soap_csms_url(), "--version", "1.5", "--rules", "envelope.answer", "--profile", profile)

    assert 0 == told.returncode, told.stderr


def test_it_shows_its_certificate_and_says_its_password(tmp_path: Path, profile: Path) -> None:
    certificates = Certificates(ssl.CERT_REQUIRED)
    ca, client = tmp_path / "ca.pem", tmp_path / "client.pem"
    certificates.authority.cert_pem.write_to_path(str(ca))
    _written(certificates.authority.issue_cert("CP-7.stations.test", common_name="CP-7"), client)
    passwords: list[Any] = []

    def authenticate(one: Any) -> bool:
        passwords.append((one.identity, one.password))
        return bool(one.password == b"0123456789abcdef")

    @asynccontextmanager
    async def secure() -> AsyncGenerator[str, None]:
        async with csms_url(ssl=certificates.server, authenticate=authenticate) as url:
            yield url.replace("ws://127.0.0.1", "wss://localhost")

    options = ("--version", "1.6", "--rules", "boot.answered", "--profile", profile, "--ca", ca)
    who = ("--identity", "CP-7", "--password", "0123456789abcdef")
    told = conform(secure(), *options, *who, "--cert", client)
    without = conform(secure(), *options, *who)

    assert [0, 2] == [told.returncode, without.returncode], told.stdout + told.stderr
    assert ("CP-7", b"0123456789abcdef") in passwords
    assert "0123456789abcdef" not in told.stdout + told.stderr


def _written(certificate: trustme.LeafCert, path: Path) -> None:
    certificate.private_key_and_cert_chain_pem.write_to_path(str(path))


def test_what_no_hook_does_is_asked_for(profile: Path) -> None:
    rule = ("--rules", "envelope.call-action")
    options = ("--version", "1.6", "--profile", profile, "--ask", *rule)
    told = conform(soap_csms_url(), *options, text="\n" * 5)

    assert "Please do: trigger" in told.stderr
    assert 2 == told.returncode  # nobody has done it


def test_who_can_ask_nobody_says_so(profile: Path) -> None:
    rule = ("--rules", "envelope.call-action")
    told = conform(soap_csms_url(), "--version", "1.6", "--profile", profile, "--ask", *rule, text="")

    assert "there is nobody to ask" in told.stdout
    assert 2 == told.returncode


def test_a_station_comes_to_where_the_kit_listens(tmp_path: Path, profile: Path) -> None:
    file = tmp_path / "report.json"
    command = ("--role", "station", "--version", "1.6", "--listen", "127.0.0.1:0", "--profile", str(profile))

    async def run() -> int | None:
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ocpp_core.cli", "conform", *command),
            *("--rules", "configuration.all", "--json", str(file)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert running.stderr is not None
        port = int((await running.stderr.readline()).decode().strip().rpartition(":")[2])
        async with station(port, "1.6"):
            await running.communicate()
        return running.returncode

    assert 0 == asyncio.run(run())
    assert "conforming" == json.loads(file.read_text(encoding="utf-8"))["outcomes"][0]["verdict"]
