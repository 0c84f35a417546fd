"""The live demo: ten stations on their real wires, and one CSMS, a process of its own; each calls the other.

In the first act the CSMS speaks with each station as that does. In the second its handlers and calls are written once,
for 2.0.1, and what cannot be translated is counted.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from tempfile import TemporaryFile
from typing import Any

from attrs import frozen
from rich.console import Console
from rich.text import Text

from ocpp_core.cli.demo_board import DONE, NOT_HERE, UNDER_WAY, Board
from ocpp_core.cli.demo_csms import PASSWORDS
from ocpp_core.cli.demo_process import COMMAND, CsmsFailed, CsmsProcess, running
from ocpp_core.cli.hosting import online
from ocpp_core.cli.obeying import ID_TAG, ID_TOKEN
from ocpp_core.cli.station import Simulator, StepFailed
from ocpp_core.conformance.answers import SETTINGS
from ocpp_core.model.versions import Version

#: Steps in their order; those of the CSMS call the station back.
_STEPS = ("boot", "security", "authorize", "config", "remote start", "start", "meter", "stop", "reset")
_SECONDS_PER_STEP = 10.0


@frozen
class _Wire:
    identity: str
    label: str
    version: str
    soap: bool = False


_STATIONS = (
    _Wire("CP-12S", "1.2 SOAP", "1.2", soap=True),
    _Wire("CP-15S", "1.5 SOAP", "1.5", soap=True),
    _Wire("CP-16S", "1.6 SOAP", "1.6", soap=True),
    _Wire("CP-12J", "1.2 JSON", "1.2"),
    _Wire("CP-15J", "1.5 JSON", "1.5"),
    _Wire("CP-16J", "1.6 JSON", "1.6"),
    _Wire("CP-16JS", "1.6 JSON secured", "1.6"),
    _Wire("CS-20J", "2.0 JSON", "2.0"),
    _Wire("CS-201J", "2.0.1 JSON", "2.0.1"),
    _Wire("CS-21J", "2.1 JSON", "2.1"),
)


@frozen
class _Call:
    """What the CSMS calls.

    Attributes:
        action: Of the request.
        payload: As it stands on the wire.
        said: What the answer has to say.
    """

    action: str
    payload: dict[str, Any]
    said: str = "Accepted"


_INTERVAL = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
_READ = _Call("GetConfiguration", {"key": ["HeartbeatInterval"]}, SETTINGS["HeartbeatInterval"])
_READ_2 = _Call("GetVariables", {"getVariableData": [_INTERVAL]}, SETTINGS["HeartbeatInterval"])
_WRITE = _Call("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"})
_WRITE_2 = _Call("SetVariables", {"setVariableData": [{**_INTERVAL, "attributeValue": "300"}]})
_START = _Call("RemoteStartTransaction", {"idTag": ID_TAG, "connectorId": 1})
_START_2 = _Call("RequestStartTransaction", {"idToken": ID_TOKEN, "remoteStartId": 7, "evseId": 1})
_RESET = _Call("Reset", {"type": "Soft"})
_RESET_2 = _Call("Reset", {"type": "OnIdle"})

_FIRST, _SECOND = ("1.2", "1.5", "1.6"), ("2.0", "2.0.1", "2.1")
_Calls = Mapping[str, Mapping[str, _Call]]


@frozen
class _Act:
    """What the demo shows with all stations.

    Attributes:
        title: In a line.
        calls: What the CSMS calls, by step and version of the station.
        speaks: The version of the handlers and calls of the CSMS; None is that of each station.
    """

    title: str
    calls: _Calls
    speaks: str | None = None


_ACTS = (
    _Act(
        "Each station is served in its own version.",
        {
            # In 1.2 it cannot be read.
            "config": {**dict.fromkeys(_FIRST, _READ), "1.2": _WRITE, **dict.fromkeys(_SECOND, _READ_2)},
            "remote start": {**dict.fromkeys(_FIRST, _START), **dict.fromkeys(_SECOND, _START_2)},
            "reset": {**dict.fromkeys(_FIRST, _RESET), **dict.fromkeys(_SECOND, _RESET_2)},
        },
    ),
    _Act(
        "The same stations; handlers and calls are written once, for 2.0.1.",
        {
            "config": {**dict.fromkeys(Version, _READ_2), "1.2": _WRITE_2},
            "remote start": dict.fromkeys(Version, _START_2),
            "reset": dict.fromkeys(Version, _RESET_2),
        },
        speaks="2.0.1",
    ),
)


async def show(
    pace: float | None = None, console: Console | None = None, command: Sequence[str] = COMMAND
) -> int:
    """Runs the demo.

    Args:
        pace: Seconds between the steps of a station.
        console: Where it is shown.
        command: What starts the CSMS.

    Returns:
        The exit code: 0 if every step of every station has succeeded.
    """
    console = console or Console(highlight=False)
    if pace is None:
        pace = 0.3 if console.is_terminal else 0.0
    code = 0
    for number, act in enumerate(_ACTS):
        if code == 0:
            console.print(*[""] * number, Text(act.title, "bold"), sep="\n")
            code = await _play(act, pace, console, command)
    return code


async def _play(act: _Act, pace: float, console: Console, command: Sequence[str]) -> int:
    """Shows an act; returns the exit code."""
    board = Board(
        console, [wire.label for wire in _STATIONS], _STEPS, act.calls, is_translated=bool(act.speaks)
    )
    started = time.perf_counter()
    console.print(Text("Starting a CSMS in a process of its own ..."))
    with TemporaryFile() as stderr:
        try:
            async with running(stderr, [*command, *([act.speaks] if act.speaks else [])]) as csms:
                console.print(
                    Text(f"The CSMS, process {csms.id}, serves WebSocket and SOAP on {csms.address}.")
                )
                with board.shown():
                    async with asyncio.TaskGroup() as visits:
                        for wire in _STATIONS:
                            visits.create_task(_visit(wire, act, csms, board, pace))
            board.sum_up(csms.totals, time.perf_counter() - started)
            code = 1 if board.failures else 0
        except CsmsFailed as error:
            board.complain(str(error))
            code = 1
        if code:
            stderr.seek(0)
            for line in stderr.read().decode(errors="replace").splitlines():
                board.quote(line)
    return code


async def _visit(wire: _Wire, act: _Act, csms: CsmsProcess, board: Board, pace: float) -> None:
    """A station from boot to reset. What fails is shown, and ends it."""
    station = Simulator(wire.version)
    url = f"http://{csms.address}/" if wire.soap else f"ws://{csms.address}"
    password = PASSWORDS.get(wire.identity)
    step = _STEPS[0]
    try:
        async with online(
            url, wire.identity, wire.version, station.router, soap=wire.soap, password=password
        ) as caller:
            for step in _STEPS:
                if step == "security" and not (password or wire.version.startswith("2")):
                    board.mark(wire.label, step, NOT_HERE)
                    continue
                board.mark(wire.label, step, UNDER_WAY)
                async with asyncio.timeout(_SECONDS_PER_STEP):
                    if step in act.calls:
                        await _call_back(step, wire, act, csms, station)
                    else:
                        await station.do(step, caller)
                    losses = await csms.losses(wire.identity) if act.speaks else []
                board.mark(wire.label, step, DONE, losses)
                await asyncio.sleep(pace)
    except TimeoutError:
        board.fail(wire.label, step, f"not done within {_SECONDS_PER_STEP:.0f} s")
    except Exception as error:  # whatever it is, the demo has to show it
        board.fail(wire.label, step, str(error) or type(error).__name__)


async def _call_back(step: str, wire: _Wire, act: _Act, csms: CsmsProcess, station: Simulator) -> None:
    """The CSMS calls the station at whatever it has, a WebSocket or an address."""
    call = act.calls[step][wire.version]
    answer = await csms.call(wire.identity, act.speaks or wire.version, call.action, call.payload)
    if call.said not in str(answer):
        raise StepFailed(f"{call.action} was answered {answer!r}")
    if step != "config":
        await station.asked.get()  # the station has understood
