"""The live demo: one CSMS on one port, eight stations on their real wires, and each calls the other."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from attrs import define, field, frozen
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ocpp_core.cli.csms import Csms
from ocpp_core.cli.hosting import online, serving
from ocpp_core.cli.showing import clean
from ocpp_core.cli.station import ID_TAG, ID_TOKEN, SETTINGS, Station, StepFailed
from ocpp_core.payloads import from_wire, to_wire
from ocpp_core.specifications import specification
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.asgi import OcppApp

#: Key of the station that has the security extension: it authenticates itself (security profile 1).
_KEY = "correct horse battery"
_HOST = "127.0.0.1"

#: Steps in their order; those of the CSMS call the station back.
_STEPS = ("boot", "security", "authorize", "config", "remote start", "start", "meter", "stop", "reset")
_SECONDS_PER_STEP = 10.0


@frozen
class _Wire:
    identity: str
    label: str
    version: str
    soap: bool = False
    secure: bool = False


_STATIONS = (
    _Wire("CP-12S", "1.2 SOAP", "1.2", soap=True),
    _Wire("CP-15S", "1.5 SOAP", "1.5", soap=True),
    _Wire("CP-16S", "1.6 SOAP", "1.6", soap=True),
    _Wire("CP-16J", "1.6 JSON", "1.6"),
    _Wire("CP-16JS", "1.6 JSON secured", "1.6", secure=True),
    _Wire("CS-20J", "2.0 JSON", "2.0"),
    _Wire("CS-201J", "2.0.1 JSON", "2.0.1"),
    _Wire("CS-21J", "2.1 JSON", "2.1"),
)

#: What the CSMS calls, by step and version: an action and its payload as it stands on the wire.
_READ = ("GetConfiguration", {"key": ["HeartbeatInterval"]})
_READ_2 = (
    "GetVariables",
    {
        "getVariableData": [
            {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        ]
    },
)
_START = ("RemoteStartTransaction", {"idTag": ID_TAG, "connectorId": 1})
_START_2 = ("RequestStartTransaction", {"idToken": ID_TOKEN, "remoteStartId": 7, "evseId": 1})
_CALLS: Mapping[str, Mapping[str, tuple[str, dict[str, Any]]]] = {
    "config": {
        "1.2": (
            "ChangeConfiguration",
            {"key": "HeartbeatInterval", "value": "300"},
        ),  # it cannot be read in 1.2
        "1.5": _READ,
        "1.6": _READ,
        "2.0": _READ_2,
        "2.0.1": _READ_2,
        "2.1": _READ_2,
    },
    "remote start": {
        **dict.fromkeys(("1.2", "1.5", "1.6"), _START),
        **dict.fromkeys(("2.0", "2.0.1", "2.1"), _START_2),
    },
    "reset": {
        **dict.fromkeys(("1.2", "1.5", "1.6"), ("Reset", {"type": "Soft"})),
        **dict.fromkeys(("2.0", "2.0.1", "2.1"), ("Reset", {"type": "OnIdle"})),
    },
}


@define
class _Board:
    """What is shown: a table that lives on a terminal, and lines elsewhere."""

    console: Console
    done: dict[str, dict[str, str]] = field(factory=dict)
    failures: list[str] = field(factory=list)

    def live(self) -> AbstractContextManager[Any]:
        if not self.console.is_terminal:
            return nullcontext()
        return Live(get_renderable=self.table, console=self.console, refresh_per_second=12)

    def mark(self, wire: _Wire, step: str, sign: str) -> None:
        self.done.setdefault(wire.identity, {})[step] = sign
        if not self.console.is_terminal and sign != "…":
            self.console.print(Text(f"{wire.label:<17}{sign} {step}"))

    def table(self) -> Table:
        table = Table(
            box=box.SIMPLE_HEAD,
            title="one CSMS, one port, eight stations",
            pad_edge=False,
            padding=(0, 1, 0, 0),
        )
        table.add_column("station", no_wrap=True)
        for step in _STEPS:
            is_ours = step in _CALLS
            table.add_column(step, justify="center", header_style="magenta" if is_ours else "blue")
        styles = {"✓": "green", "✗": "bold red", "…": "yellow", "-": "dim"}
        for wire in _STATIONS:
            done = self.done.get(wire.identity, {})
            signs = [done.get(step, "") for step in _STEPS]
            table.add_row(wire.label, *(Text(sign, styles.get(sign, "")) for sign in signs))
        table.caption = "blue: the station calls, magenta: the CSMS calls"
        return table


async def show(pace: float | None = None, console: Console | None = None) -> int:
    """Runs the demo.

    Args:
        pace: Seconds between the steps of a station.
        console: Where it is shown.

    Returns:
        The exit code: 0 if every step of every station has succeeded.
    """
    console = console or Console(highlight=False)
    if pace is None:
        pace = 0.3 if console.is_terminal else 0.0
    board, csms = _Board(console), Csms()
    app = OcppApp(csms.router, authenticate=_is_known, may_call=lambda _, address: f"//{_HOST}:" in address)
    started = time.perf_counter()
    async with serving(app, _HOST, 0) as port:
        console.print(Text(f"The CSMS listens on {_HOST}:{port}, for WebSocket and SOAP."))
        with board.live():
            await asyncio.gather(*(_visit(wire, port, app, board, pace) for wire in _STATIONS))
    _sum_up(board, csms, time.perf_counter() - started)
    return 1 if board.failures else 0


def _is_known(handshake: Handshake) -> bool:
    is_secure = any(wire.secure and wire.identity == handshake.identity for wire in _STATIONS)
    return not is_secure or handshake.has_password(_KEY)


async def _visit(wire: _Wire, port: int, app: OcppApp, board: _Board, pace: float) -> None:
    """A station from boot to reset. What fails is shown, and ends it."""
    station = Station(wire.version)
    url = f"http://{_HOST}:{port}/" if wire.soap else f"ws://{_HOST}:{port}"
    password = _KEY if wire.secure else None
    step = "boot"
    try:
        async with online(
            url, wire.identity, wire.version, station.router, soap=wire.soap, password=password
        ) as csms:
            for step in _STEPS:
                if step == "security" and not (wire.secure or wire.version.startswith("2")):
                    board.mark(wire, step, "-")
                    continue
                board.mark(wire, step, "…")
                async with asyncio.timeout(_SECONDS_PER_STEP):
                    if step in _CALLS:
                        await _call_back(step, wire, app, station)
                    else:
                        await station.do(step, csms)
                board.mark(wire, step, "✓")
                await asyncio.sleep(pace)
    except Exception as error:  # whatever it is, the demo has to show it
        board.mark(wire, step, "✗")
        board.failures.append(f"{wire.label}, {step}: {clean(str(error)) or type(error).__name__}")


async def _call_back(step: str, wire: _Wire, app: OcppApp, station: Station) -> None:
    """The CSMS calls the station at whatever it has, a WebSocket or an address."""
    action, payload = _CALLS[step][wire.version]
    request = from_wire(specification(wire.version).request(action), payload)
    answer = to_wire(await app.call(wire.identity, request))
    if "status" in answer and answer["status"] != "Accepted":
        raise StepFailed(f"{action} was answered {answer['status']!r}")
    if action in ("GetConfiguration", "GetVariables") and SETTINGS["HeartbeatInterval"] not in str(answer):
        raise StepFailed(f"{action} does not have the setting")
    if step != "config":
        await station.asked.get()  # the station has understood


def _sum_up(board: _Board, csms: Csms, seconds: float) -> None:
    console = board.console
    for failure in board.failures:
        console.print(Text(f"failed: {failure}", "bold red"))
    good = len(_STATIONS) - len(board.failures)
    received = sum(csms.received.values())
    calls = sum(sign == "✓" for done in board.done.values() for step, sign in done.items() if step in _CALLS)
    text = (
        f"{good} of {len(_STATIONS)} stations succeeded in {seconds:.1f} s: the CSMS answered {received} calls "
        f"and made {calls}; {csms.transactions['started']} transactions started, {csms.transactions['ended']} ended."
    )
    console.print(Text(text, "bold red" if board.failures else "bold green"), soft_wrap=True)
