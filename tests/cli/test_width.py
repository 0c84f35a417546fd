"""What people read fits their terminal, and no word of it is broken."""

import io
import re
from itertools import product
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from inputs import HERTZ, an_object, found
from ocpp_core.cli import live, showing
from ocpp_core.cli.demo_board import Board
from ocpp_core.cli.summary import Summary
from ocpp_core.logs.judging import Judge
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Version
from ocpp_core.v16 import BootNotificationRequest
from terminal import on_a_terminal

WIDTHS = (80, 100, 200)
TRAFFIC = Path(__file__).resolve().parents[2] / "examples" / "traffic"
COMMANDS = {
    "actions": ("actions",),
    "actions 2.1": ("actions", "2.1"),
    "validate": ("validate", TRAFFIC),
    "decode": ("decode", "--tolerant", TRAFFIC / "deviations.ndjson", TRAFFIC / "actec.log"),
    "translate": ("translate", "--to", "2.0.1", "--quiet", TRAFFIC),
    "help": ("validate", "--help"),
    "help of translate": ("translate", "--help"),
    "wrong policy": ("translate", "--to", "2.1", "--policy", "everything"),
    "wrong rule": ("validate", "--allow", "everything"),
}
WHOLE = re.compile(r"[\w$.\[\]]+")


def words(lines: list[str]) -> set[str]:
    return set(WHOLE.findall(" ".join(line.strip() for line in lines)))


@pytest.mark.parametrize("name", COMMANDS)
def test_lines_fit_and_words_are_whole(name: str) -> None:
    """At every width there are the same words, but for columns that are left out: none is in two parts."""
    seen = {columns: on_a_terminal(*COMMANDS[name], columns=columns)[1] for columns in WIDTHS}

    for columns, lines in seen.items():
        assert lines
        assert columns >= max(map(cell_len, lines))
        assert "…" not in "".join(lines)
    if name in ("actions", "actions 2.1", "help", "help of translate", "wrong rule", "wrong policy"):
        whole = words(on_a_terminal(*COMMANDS[name], columns=2_000)[1])
        assert all(words(lines) <= whole for lines in seen.values())


@pytest.mark.parametrize("columns", WIDTHS)
def test_tables_with_all_their_columns_fit(columns: int) -> None:
    total, judge = Summary(), Judge()
    frames = [
        HERTZ,
        '[4,"18","NotSupported"]',
        '[2,"19","PublishFirmwareStatusNotification",{}]',
        '[2,"20","SignedFirmwareStatusNotification",{"status":"x"}]',
        '[3,"99",{}]',
        "[2]",
        '[2,"21","Heartbeat",{}]',
        "",
    ]
    for frame in frames:
        for one in found(
            an_object(frame, vendor="A vendor with a long name", model="M-5320-E", station="CP-16")
        ):
            total.add(judge.judge(one))
    console = Console(width=columns, record=True, file=io.StringIO(), highlight=False)
    for part in showing.summary_tables(total, 5, columns):
        console.print(showing.hanging(part, console) if isinstance(part, Text) else part)
    shown = console.export_text()

    assert columns >= max(map(cell_len, shown.splitlines()))
    assert {"PublishFirmwareStatusNotification", "M-5320-E", "$.meterValue[].sampledValue[].unit"} <= set(
        shown.split()
    )


@pytest.mark.parametrize("columns, side", list(product(WIDTHS, (Role.CSMS, Role.CHARGE_POINT))))
def test_lines_of_serve_and_simulate_fit(columns: int, side: Role) -> None:
    class Box:
        identity = "CP-1"

    class Answer:
        response = None
        error = None

    log = live._Log(side, live.Output())
    log.output._width, log.output._force_terminal = columns, True
    log.output.file = file = io.StringIO()
    log.output.no_color = True
    log.begin()
    boot = BootNotificationRequest(
        charge_point_vendor="Example Energy", charge_point_model="a model with a name"
    )
    log.call_answered(Box(), boot, Answer(), 0.1)  # type: ignore[arg-type]
    shown = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue())

    assert columns >= max(map(cell_len, shown.splitlines()))
    assert "chargePointModel=a" in shown
    assert ("→" if side is Role.CSMS else "←") in shown.splitlines()[-1 if columns > 100 else 1]


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_demo_says_at_once_what_it_is_doing_and_fits(columns: int) -> None:
    code, lines = on_a_terminal("demo", "--pace", "0", columns=columns)

    assert 0 == code
    assert "Each station is served in its own version." == lines[0].rstrip()
    assert lines[1].startswith("Starting a CSMS")
    assert columns >= max(map(cell_len, lines))
    heads = {"boot", "security", "authorize", "config", "remote", "start", "meter", "stop", "reset"}
    assert heads <= words(lines)
    assert 2 == sum(line.startswith("10 of 10 stations succeeded in ") for line in lines)


@pytest.mark.parametrize("columns", WIDTHS)
def test_what_goes_wrong_in_the_demo_fits_on_a_terminal_and_is_a_line_elsewhere(columns: int) -> None:
    why = "the CSMS did not let it in: " + " ".join(f"reason{number}" for number in range(40))
    written = {}
    for is_terminal in (True, False):
        file = io.StringIO()
        console = Console(width=columns, force_terminal=is_terminal, no_color=True, file=file)
        board = Board(console, ["1.6 JSON"], ["boot"], ())
        board.fail("1.6 JSON", "boot", why)
        board.sum_up(dict.fromkeys(("received", "made", "started", "ended"), 0), 1.0)
        board.quote("a line of the CSMS: " + why)
        written[is_terminal] = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue()).splitlines()

    assert columns >= max(map(cell_len, written[True]))
    assert words(written[False]) == words(written[True])
    assert f"failed: 1.6 JSON, boot: {why}" in written[False]
    assert f"a line of the CSMS: {why}" in written[False]


def test_a_line_is_broken_between_words_and_goes_on_below_itself() -> None:
    console = Console(width=30)

    assert (
        "  one two three four\n      five six seven"
        == showing.hanging(Text("  one two three four five six seven"), console).plain
    )
    assert "short" == showing.hanging(Text("short"), console).plain


def test_arrows_mean_the_same_everywhere() -> None:
    """The station is on the left of an arrow, the CSMS on its right, whoever writes it; a legend says so."""
    assert "station → csms" == showing._DIRECTIONS["station->csms"]
    assert "station ← csms" == showing._DIRECTIONS["csms->station"]
    known = specification(Version.V2_1).actions
    assert ["→", "←", "↔", "⇢"] == [
        showing._arrow(known[name])
        for name in ("Heartbeat", "Reset", "DataTransfer", "NotifyPeriodicEventStream")
    ]
    board = Board(Console(), ["1.6"], ["boot", "reset"], {"reset"})
    assert ["boot\n→", "reset\n←"] == [column.header for column in board.table().columns[1:]]
    for legend in (showing.LEGEND, str(board.table().caption)):
        assert "→ the station calls   ← the CSMS calls" in legend
