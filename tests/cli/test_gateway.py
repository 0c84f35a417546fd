"""`ocpp-core gateway` as a process: what it says of what passes; and its table."""

import asyncio
import io
import re
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from rich.cells import cell_len
from rich.console import Console

from certificates import Certificates
from gateways import office, station
from loops import asynchronous
from ocpp_core import v16, v201
from ocpp_core.cli.relay_board import RelayBoard
from ocpp_core.cli.station import Simulator
from ocpp_core.dispatch.router import Router
from ocpp_core.gateway import Backend, Passed
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallFailedError, CannotConnectError, OcppError
from ocpp_core.translation.engine import translate
from ocpp_core.translation.losses import LossKind, LossReason
from ocpp_core.translation.missing import Missing
from ocpp_core.translation.sessions.effects import Side
from ocpp_core.transports.websocket import connect
from serving_command import listening

BOOT = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
HOSTILE = "\x1b[31m" + "x" * 40


@asynchronous
async def test_a_line_is_written_for_whatever_passes(tmp_path: Path) -> None:
    store = tmp_path / "gateway.db"
    async with office("2.0.1") as back, office("1.6") as side:
        url = f"ws://127.0.0.1:{side.port}"
        options = (
            *("--csms", f"ws://127.0.0.1:{back.port}", "--csms-version", "2.0.1", "--store", str(store)),
            *("--mirror", f"1.6={url}"),
        )
        lines = [""]
        async with (
            listening("gateway", "--listen", "127.0.0.1:0", *options) as running,
            station(running.port) as peer,
        ):
            simulated = Simulator("1.6")
            await simulated.do("boot", peer)
            await simulated.charge(peer)
            while "→ 1.6   (m1) StopTransaction" not in lines[-1]:
                lines.append(await asyncio.to_thread(running.line))

    text = "".join(lines)
    assert 130 == running.process.returncode
    assert "BootNotification  " in text
    assert "StartTransaction as TransactionEvent" in text
    assert "filled in $.reason" in text
    assert f"connected to ws://127.0.0.1:{back.port}" in text
    assert f"m1, which looks on: OCPP 1.6 at {url}" in text
    assert store.exists()


@asynchronous
async def test_whatever_is_told_has_its_time(capfd: pytest.CaptureFixture[str]) -> None:
    """What happens to connections too: without a CSMS there is nothing else to see of a station that is turned away."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        csms = ("--csms", f"ws://127.0.0.1:{nobody.getsockname()[1]}", "--csms-version", "2.0.1")
    async with listening("gateway", "--listen", "127.0.0.1:0", *csms, "--patience", "0.1") as running:
        assert "2.0.1" in running.line()
        assert "→" in running.line()
        async with station(running.port) as first, station(running.port) as second:
            for peer in (first, second):
                with pytest.raises(CallFailedError):
                    await peer.call(BOOT)
        told: list[str] = []
        while not told or "is turned away: the CSMS cannot be reached" not in told[-1]:
            told.append(await asyncio.to_thread(running.line))
            assert told[-1]

    assert "connected again" in "".join(told)
    assert "cannot connect to" in "".join(told)
    assert [] == [line for line in told if not re.match(r"\d\d:\d\d:\d\d ", line)]
    assert "" == capfd.readouterr().err.strip()


def passed(
    identity: str = "CP-1", side: Side = Side.STATION, backend: str = "ws://csms.example/" + "a" * 80
) -> Passed:
    message = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
    made = translate(message, to="2.0.1")
    csms = Backend(url=backend, version="2.0.1")
    answer = OcppError(ErrorCode.GENERIC, HOSTILE)
    sent: tuple[object, ...] = made.messages
    return Passed(identity, csms, side, message, sent, answer, made._notes, 0.01)  # type: ignore[arg-type]


def test_the_table_fits_80_columns_whatever_stations_call_themselves() -> None:
    console = Console(width=80, file=io.StringIO(), force_terminal=True, color_system=None)
    board = RelayBoard(console)
    for number in range(30):
        for _ in range(12_345 if number == 29 else 1):
            board.add(passed(f"{number}-{HOSTILE}"))

    console.print(board.table())
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]

    assert 80 >= max(map(cell_len, lines))
    heads = "station speaks at → ← refused dropped changed filled in made up"
    assert heads.split() == lines[0].split()
    assert "29-" == lines[-1][:3]
    assert "1.6 → 2.0.1" in lines[-1]
    assert "12345" in lines[-1]
    assert 12 == len(lines)
    assert not any("\x1b" in line for line in lines)


def test_who_looks_on_is_told_from_who_decides() -> None:
    one, other = passed(), passed(backend="ws://mirror.example/")
    board = RelayBoard(Console(width=80, file=io.StringIO()), {"ws://mirror.example/": "m1"})
    board.add(one)
    board.add(other)

    board.console.print(board.table())
    rows = board.console.file.getvalue().splitlines()[-2:]  # type: ignore[attr-defined]

    assert ["csms", "m1"] == [row.split()[4] for row in rows]
    assert "(m1) BootNotification" in board.line(other).plain
    assert "(m1)" not in board.line(one).plain


def test_very_many_losses_are_counted_without_words() -> None:
    """A station can send a message of which ten thousand things are lost."""
    one = passed()
    lost: Any = ("1.6->2.0.1", LossKind.DROPPED, None, 0, LossReason.EXTENSION, None)
    worse: Any = ("1.6->2.0.1", LossKind.DROPPED, ("what is put into words fails",), 0, None, None)
    many = evolve(one, notes=(*3 * (lost,), *9_997 * (worse,)))
    board = RelayBoard(Console(width=80, file=io.StringIO()))

    board.add(many)
    line = board.line(many).plain
    board.console.print(board.table())

    assert line.endswith("and 9997 more")
    assert "10000" in board.console.file.getvalue()  # type: ignore[attr-defined]


def test_lines_show_refusals_and_nothing_that_commands_a_terminal() -> None:
    board = RelayBoard(Console())

    line = board.line(passed(HOSTILE)).plain

    assert "\x1b" not in line
    assert "generic: " in line


def test_what_the_gateway_sends_by_itself_is_shown_as_its_own() -> None:
    board = RelayBoard(Console())
    heartbeat = v201.HeartbeatRequest()
    backend = Backend(url="ws://csms.example/", version="2.0.1")

    line = board.line(Passed("CP-1", backend, Side.STATION, None, (heartbeat,), None, (), 0.0)).plain
    here = board.line(Passed("CP-1", backend, Side.CSMS, heartbeat, (), None, (), 0.0)).plain

    gap = Passed("CP-1", backend, Side.STATION, heartbeat, (), None, (), 0.0, (Missing("\x1bT", 1, 2),))

    assert "TransactionEvent 1 to 2 of transaction '\\x1bT' has not come" in board.line(gap).plain
    assert "(the gateway) as Heartbeat" in line
    assert "Heartbeat as (answered here)" in here


@asynchronous
async def test_stations_are_shown_to_the_csms_by_a_certificate_of_a_file(tmp_path: Path) -> None:
    known = Certificates(ssl.CERT_REQUIRED)
    ca, own = tmp_path / "ca.pem", tmp_path / "own.pem"
    known.authority.cert_pem.write_to_path(ca)
    known.authority.issue_cert(
        "cp.stations.test", common_name="CP-1"
    ).private_key_and_cert_chain_pem.write_to_path(own)
    async with office("2.0.1", ssl=known.server) as back:
        csms = ("--csms", f"wss://localhost:{back.port}", "--csms-version", "2.0.1")
        files = ("--csms-ca", str(ca), "--csms-certificate", str(own))
        async with (
            listening("gateway", "--listen", "127.0.0.1:0", *csms, *files) as running,
            station(running.port) as peer,
        ):
            answer: Any = await peer.call(
                v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
            )

    assert "Accepted" == answer.status


@asynchronous
async def test_stations_connect_by_tls_if_there_is_a_certificate(tmp_path: Path) -> None:
    known, own = Certificates(), tmp_path / "own.pem"
    known.authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(own)
    async with office("2.0.1") as back:
        csms = ("--csms", f"ws://127.0.0.1:{back.port}", "--csms-version", "2.0.1")
        async with (
            listening("gateway", "--listen", "127.0.0.1:0", "--certificate", str(own), *csms) as running,
            connect(running.url(""), "CP-1", Router(), "1.6", ssl=known.client(), reconnect=False) as peer,
        ):
            answer: Any = await peer.call(
                v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
            )

    assert "Accepted" == answer.status
    assert running.url("").startswith("wss://")


CLIENT_CA = [("gateway", "--listen", "127.0.0.1:0"), ("serve", "--port", "0")]


@pytest.mark.parametrize("command", CLIENT_CA, ids=["gateway", "serve"])
@asynchronous
async def test_a00_405_stations_of_profile_3_show_their_certificate(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    known = Certificates(ssl.CERT_REQUIRED)
    ca, own = tmp_path / "ca.pem", tmp_path / "own.pem"
    known.authority.cert_pem.write_to_path(ca)
    known.authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(own)
    said: list[str] = []
    async with office("2.0.1") as back:
        csms = ("--csms", f"ws://127.0.0.1:{back.port}", "--csms-version", "2.0.1")
        options = (*command, *("--certificate", str(own), "--client-ca", str(ca)))
        async with listening(*options, *(csms if command[0] == "gateway" else ())) as running:

            async def visit(context: ssl.SSLContext, identity: str = "CP-1") -> Any:
                url, options = running.url(""), {"ssl": context, "reconnect": False}
                async with connect(url, identity, Router(), "1.6", **options) as peer:  # type: ignore[arg-type]
                    return await peer.call(BOOT)

            async def refused(context: ssl.SSLContext, identity: str = "CP-1") -> tuple[int | None, str]:
                with pytest.raises(CannotConnectError) as info:
                    await visit(context, identity)
                while "is refused" not in (line := await asyncio.to_thread(running.line)):
                    said.append(line)
                return info.value.status, line.partition("is refused: ")[2]

            assert "Accepted" == (await visit(known.client("CP-1"))).status
            status, why = await refused(known.client("CP-1"), "CP-2")
            assert 401 == status
            assert "401" in why
            status, why = await refused(known.client())
            assert status is None
            assert "no TLS: peer did not return a certificate" in why
            assert "Accepted" == (await visit(known.client("CP-1"))).status
