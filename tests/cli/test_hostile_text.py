"""Whatever a peer has written or a file is called: no byte of it commands the terminal, forges a line or fills it."""

import io
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape

import pytest
from rich.console import Console

from command import saying
from hostile_text import ALL, PIECES, wrong_in
from inputs import HEARTBEAT
from ocpp_core import v16, v21
from ocpp_core.cli import showing
from ocpp_core.cli.commands import REFUSED, UNREADABLE, run
from ocpp_core.cli.demo_board import Board
from ocpp_core.cli.live import Output, _Log
from ocpp_core.dispatch.connection import (
    CallLost,
    ErrorReceived,
    Ignored,
    NotificationReceived,
    PendingCall,
    ReplyRefused,
    ResultInvalid,
    ResultReceived,
)
from ocpp_core.dispatch.router import Answer
from ocpp_core.logs.judging import Judge
from ocpp_core.logs.reading import Found
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, OcppError
from ocpp_core.model.versions import Role
from ocpp_core.soap.text import FORBIDDEN

#: A megabyte behind every piece, so that whatever is not cut is seen to be long.
FAT = ALL + "x" * 1_000_000
#: In a URL they belong to an address of IPv6.
NO_BRACKETS = str.maketrans("", "", "[]")
#: What a command may write about one input, a line for programs included.
LONGEST = 60_000


def frames(text: str) -> list[str]:
    """A frame for each place where a peer may write."""
    value = {"a": text, text: [text, {"b": text}]}
    call = {"connectorId": 1, "status": text, "errorCode": "NoError", text: text}
    start = {"connectorId": 1, "idTag": text, "timestamp": text, "meterStart": 1}
    boot = {"chargePointVendor": text, "chargePointModel": text}
    made: list[Any] = [
        [2, text, "Heartbeat", {}],
        [2, "1", text, {}],
        [2, "2", "StatusNotification", call],
        [2, "3", "StartTransaction", start],
        [2, "4", "BootNotification", boot],
        [2, "5", "DataTransfer", {"vendorId": text, "data": text}],
        [3, text, value],
        [3, "5", {"status": text}],
        [4, "1", text, text, value],
        [4, text, "GenericError", "", {}],
        [5, "1", text, text, value],
        [9, text],
        [2, text],
        text,
        {"frame": HEARTBEAT, "version": text, "station": text, "vendor": text, "model": text, "source": text},
    ]
    return [json.dumps(frame, ensure_ascii=True) for frame in made]


def raw(text: str) -> list[str]:
    """The same characters as they are, in frames that are broken by them and lines that are none."""
    return [f'[2,"1","{text}",{{}}]', f'[2,"{text}","Heartbeat",{{', text, f"{text} [2, main] {text}"]


def envelope(text: str) -> str:
    inner = escape(FORBIDDEN.sub("?", text))
    attribute = inner.replace('"', "&quot;").replace("\n", "&#10;").replace("\r", "&#13;")
    return (
        '<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope" xmlns:A="http://www.w3.org/2005/08/addressing" '
        f'xmlns:C="urn://Ocpp/Cs/2012/06/"><S:Header><C:chargeBoxIdentity>{inner}</C:chargeBoxIdentity><A:Action>{inner}'
        f"</A:Action><A:MessageID>{inner}</A:MessageID></S:Header><S:Body><C:heartbeatRequest>{inner}<b c="
        f'"{attribute}">{inner}</b></C:heartbeatRequest></S:Body></S:Envelope>'
    ).replace("\n", " ")


def lines_of(text: str) -> str:
    one = text.replace("\n", "").replace("\r", "")
    return "\n".join([*frames(text), *raw(one), envelope(text)])


ARGUMENTS = (
    ("decode",),
    ("decode", "--json"),
    ("decode", "--show-secrets"),
    ("decode", "--json", "--show-secrets", "--tolerant"),
    ("decode", "--tolerant"),
    ("validate",),
    ("validate", "--verbose", "--show-secrets"),
    ("validate", "--json", "--verbose"),
    ("validate", "--tolerant", "--json"),
    ("validate", "--tolerant"),
    ("validate", "--quiet"),
    ("translate", "--to", "2.0.1"),
    ("translate", "--to", "1.5", "--tolerant", "--show-secrets"),
    ("translate", "--to", "2.1", "--json", "--tolerant"),
    ("translate", "--to", "2.1", "--quiet", "--tolerant"),
)


def outputs(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """What the command writes, both streams, and its exit code."""
    capsys.readouterr()
    code = run(arguments)
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
@pytest.mark.parametrize("piece", PIECES)
def test_a_file_cannot_command_the_terminal(
    piece: str, arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "in.log"
    file.write_bytes(lines_of(PIECES[piece]).encode("utf-8", "surrogatepass"))

    code, text = outputs(capsys, *saying("1.6", arguments), str(file))

    assert code in (0, REFUSED)
    assert "" == wrong_in(text, LONGEST)
    for line in text.splitlines() if "--json" in arguments else ():
        assert line.startswith(("{", str(file)))


@pytest.mark.parametrize(
    "arguments",
    [
        one
        for one in ARGUMENTS
        if one[:2] != ("decode", "--json") and (one[0] != "translate" or "--quiet" in one)
    ],
    ids=" ".join,
)
def test_a_megabyte_is_not_written(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`decode --json` writes the payload that was sent, `translate` frames, as they are for. All else is cut."""
    file = tmp_path / "in.log"
    file.write_bytes(lines_of(FAT).encode("utf-8", "surrogatepass"))

    _, text = outputs(capsys, *saying("1.6", arguments), str(file))

    assert "" == wrong_in(text, 3 * LONGEST)


def test_json_for_programs_is_what_was_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Escapes change no value: a program reads the characters that the peer has sent."""
    text = "a\x1b\x85\u202e\u200b\U000e0041"
    file = tmp_path / "in.log"
    file.write_text(json.dumps([2, "1", "DataTransfer", {"vendorId": text}]))

    _, written = outputs(capsys, "decode", "--json", "--version", "1.6", str(file))

    assert text == json.loads(written)["payload"]["vendorId"]
    assert "" == wrong_in(written, LONGEST)


@pytest.mark.parametrize("piece", ["escape", "c1", "directions", "no width", "lines", "markup"])
def test_a_name_of_a_file_cannot_command_the_terminal(
    piece: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / PIECES[piece].replace("/", "")[:60]
    folder.mkdir()
    (folder / "in.log").write_text(f"{HEARTBEAT}\nno frame\n")
    (folder / "empty").mkdir()
    tried = (
        ("validate", str(folder)),
        ("validate", "--verbose", str(folder)),
        ("decode", str(folder)),
        ("decode", "--json", str(folder)),
        ("validate", str(folder / "none")),
        ("validate", str(folder / "empty")),
        ("schemas", "compare", str(folder / "none")),
        ("schemas", "compare", str(folder)),
        ("validate", "--allow", PIECES[piece]),
        ("validate", "--version", PIECES[piece]),
        ("translate", "--to", "2.1", str(folder)),
        ("translate", "--to", PIECES[piece]),
        ("translate", "--to", "2.1", "--policy", PIECES[piece]),
        ("translate", "--to", "2.1", "--policy", f"soft_reset={PIECES[piece]}"),
        ("translate", "--to", "2.1", "--received-at", PIECES[piece]),
        ("validate", f"--{PIECES[piece]}"),
        ("actions", PIECES[piece]),
        (PIECES[piece],),
        ("serve", "--accept", PIECES[piece]),
        ("simulate", "--version", "1.6", PIECES[piece].translate(NO_BRACKETS)),
        ("simulate", "--version", "1.6", f"http://{PIECES[piece].translate(NO_BRACKETS)}"),
    )

    for arguments in tried:
        code, text = outputs(capsys, *arguments)

        assert (arguments, "") == (arguments, wrong_in(text, LONGEST))
        assert code in (0, REFUSED, UNREADABLE)


def heard(log: _Log) -> io.StringIO:
    stream = io.StringIO()
    log.output.file = stream
    return stream


@pytest.mark.parametrize("piece", PIECES)
def test_lines_of_serve_and_simulate_are_printable(piece: str) -> None:
    text = PIECES[piece]
    log = _Log(Role.CSMS, Output())
    stream = heard(log)
    peer = SimpleNamespace(identity=text)
    data = v16.DataTransferRequest(vendor_id=text, data=text)
    call = PendingCall("1", data, None)
    error = FrameError(text, kind=FrameKind.CALLRESULT, code=ErrorCode.FORMAT, id=text, action=text)
    answer = v16.DataTransferResponse(status=v16.DataTransferStatus.foreign(text), data=text)
    send = v21.NotifyPeriodicEventStream(
        id=1, pending=0, basetime=datetime(2026, 1, 1), data=[v21.StreamDataElement(t=Decimal(1), v=text)]
    )

    log.call_answered(peer, data, Answer(answer), 1.0)
    log.call_answered(peer, data, Answer(None, OcppError(ErrorCode.GENERIC, text)), 1.0)
    for outcome in (
        ResultReceived(call, answer),
        ErrorReceived(call, ErrorCode.GENERIC, text, {text: text}, text),
        ResultInvalid(call, error),
        CallLost(call),
    ):
        log.call_ended(peer, data, outcome, 1.0)
    for event in (
        Ignored(text, error),
        NotificationReceived(send),
        ReplyRefused(text, ErrorCode.GENERIC, text, {}),
    ):
        log.event(peer, event)

    assert "" == wrong_in(stream.getvalue(), 20_000)
    assert 8 == stream.getvalue().count("\n")


def test_lines_of_the_demo_are_printable() -> None:
    stream = io.StringIO()
    board = Board(Console(file=stream, width=200), ["CP-1"], ["boot"], ())
    board.fail("CP-1", "boot", FAT)

    board.sum_up({"received": 1, "made": 1, "started": 1, "ended": 1}, 1.0)

    assert "" == wrong_in(stream.getvalue(), 30_000)


@pytest.mark.parametrize("piece", PIECES)
def test_text_with_a_style_is_printable_too(piece: str) -> None:
    """On a terminal, where lines have colours, the text of each is what is written elsewhere."""
    for frame in lines_of(PIECES[piece]).split("\n"):
        judged = Judge().judge(Found("x", 1, frame, "x", "1.6"))

        assert all("" == wrong_in(line.plain, 10_000) for line in showing.message(judged))
        assert all("\n" not in line.plain for line in showing.message(judged))
