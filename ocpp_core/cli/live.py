"""The commands that talk: `serve`, `simulate` and `demo`. What they need beyond the extra ``cli`` is loaded late."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from math import isnan
from typing import Any
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.text import Text

from ocpp_core.cli.csms import Csms
from ocpp_core.cli.showing import clean
from ocpp_core.cli.station import Simulator, StepFailed
from ocpp_core.dispatch.connection import CallOutcome, Event, Ignored, NotificationReceived
from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.peer import response_of
from ocpp_core.dispatch.router import Answer
from ocpp_core.model.errors import CallFailedError, LocalProtocolError
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.secrets import hide
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version, Wire
from ocpp_core.payloads.binding import plain

_VERSIONS = click.Choice([version.value for version in Version])
#: How much of a payload a line shows.
_LONGEST = 100


def _run(work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Runs a command to its end; says what to install if an extra is missing.

    Raises:
        click.ClickException: An extra is missing, or the network does not do what is asked of it.
    """
    try:
        return asyncio.run(work())
    except ImportError as error:
        hint = "Install the extras: pip install 'ocpp-core[cli,websockets,server,soap]'"
        raise click.ClickException(f"{error}. {hint}") from None
    except BrokenPipeError:
        raise
    except (OSError, CallFailedError, LocalProtocolError, StepFailed) as error:
        raise click.ClickException(clean(str(error))) from None


class _Output(Console):
    """Where lines go. Once nobody reads them any more, it is silent and says so."""

    def __init__(self) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self.unheard = asyncio.Event()

    def on_broken_pipe(self) -> None:
        self.quiet = True
        self.unheard.set()


class _Log(Hooks):
    """Writes a line per message."""

    def __init__(self) -> None:
        self.output = _Output()

    def call_answered(self, peer: Any, request: Any, answer: Answer, seconds: float) -> None:
        if answer.response is not None:
            outcome = _shown(answer.response)
        else:
            outcome = Text(str(answer.error and answer.error.code), "bold red")
        self._call("→", peer, request, outcome, seconds)

    def call_ended(self, peer: Any, request: Any, outcome: CallOutcome, seconds: float) -> None:
        try:
            shown = _shown(response_of(outcome))
        except CallFailedError as error:
            shown = Text(clean(str(error)), "bold red")
        self._call("←", peer, request, shown, seconds)

    def event(self, peer: Any, event: Event) -> None:
        match event:
            case Ignored():
                self._line("✗", peer, "", Text(clean(event.reason), "bold red"))
            case NotificationReceived(message=message):
                self._line("→", peer, message.__ocpp__.version, _title(message))
            case _:  # calls have their own hooks
                pass

    def _call(self, arrow: str, peer: Any, request: Request[Any], outcome: Text, seconds: float) -> None:
        line = Text.assemble(_title(request), " ⇒ ", outcome, (f"  {seconds * 1000:.0f} ms", "dim"))
        self._line(arrow, peer, request.__ocpp__.version, line)

    def _line(self, arrow: str, peer: Any, version: str, text: Text) -> None:
        line = Text.assemble(
            (f"{datetime.now():%H:%M:%S} ", "dim"),
            (f"{clean(peer.identity, 50):<10} ", "cyan"),
            (f"{version:<5} {arrow} ", "blue"),
            text,
        )
        self.output.print(line)


async def _heard(work: Callable[[_Log], Coroutine[Any, Any, int]]) -> int:
    """Does something that writes lines, as long as somebody reads them.

    Raises:
        BrokenPipeError: Nobody does any more.
    """
    log = _Log()
    doing, unheard = asyncio.create_task(work(log)), asyncio.create_task(log.output.unheard.wait())
    try:
        await asyncio.wait({doing, unheard}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        is_done = doing.done()
        unheard.cancel()
        doing.cancel()  # and let it close its connections before the loop ends
        await asyncio.gather(doing, unheard, return_exceptions=True)
    if not is_done:
        raise BrokenPipeError
    return doing.result()


def _title(message: Request[Any] | Notification) -> Text:
    return Text.assemble((message.__ocpp__.action or "", "bold"), (f" {_short(message)}", "dim"))


def _shown(response: Response) -> Text:
    return Text(_short(response) or "answered", "green")


def _short(message: Payload) -> str:
    members = hide(plain(message), most=_LONGEST)  # it may be tolerated, and not what may be sent
    return clean(" ".join(f"{name}={_plain(value)}" for name, value in members.items()), _LONGEST)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _versions(_: click.Context, __: click.Parameter, value: str | None) -> Sequence[str]:
    names = [name.strip() for name in value.split(",")] if value else [version.value for version in Version]
    for name in names:
        if name not in [version.value for version in Version]:
            raise click.BadParameter(f"no such version: {name}")
    return names


def _number(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and isnan(value):  # which is in every range
        raise click.BadParameter("not a number")
    return value


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=9000,
    show_default=True,
    help="The same; 0 is any free port.",
)
@click.option(
    "--accept",
    callback=_versions,
    metavar="VERSIONS",
    help="Versions to serve, with commas between them; all by default.",
)
@click.option("--tolerant", is_flag=True, help="Accept whatever can be typed.")
@click.pass_context
def serve(context: click.Context, host: str, port: int, accept: Sequence[str], tolerant: bool) -> None:
    """Serves a CSMS to try stations against, until Ctrl-C.

    It accepts every station, token and transaction, and writes a line per message. WebSocket stations connect to
    ws://HOST:PORT/IDENTITY, SOAP stations post to http://HOST:PORT/.
    """

    async def work(log: _Log) -> int:
        from ocpp_core.cli.hosting import serving
        from ocpp_core.transports.asgi import OcppApp

        csms = Csms()
        tolerance = Tolerance.TOLERANT if tolerant else Tolerance.STRICT
        app = OcppApp(csms.router, accepts=accept, tolerance=tolerance, hooks=[log])
        async with serving(app, host, port) as bound:
            click.echo(
                f"serving {', '.join(accept)} on ws://{host}:{bound}/IDENTITY and http://{host}:{bound}/"
            )
            sys.stdout.flush()
            await asyncio.Event().wait()
        return 0

    context.exit(_run(partial(_heard, work)))


@click.command()
@click.argument("url")
@click.option("--version", "ocpp", required=True, type=_VERSIONS, help="OCPP version to speak.")
@click.option("--identity", default="CP-1", show_default=True, help="Of the station.")
@click.option("--password", help="For Basic authentication of the WebSocket.")
@click.option("--soap", is_flag=True, help="Speak SOAP, as 1.2, 1.5 and 1.6 may; so does a URL of http.")
@click.option("--listen", default="127.0.0.1", show_default=True, help="Host of the station's SOAP service.")
@click.option("--stay", is_flag=True, help="Stay online, send heartbeats and obey, until Ctrl-C.")
@click.pass_context
def simulate(
    context: click.Context,
    url: str,
    ocpp: str,
    identity: str,
    password: str | None,
    soap: bool,
    listen: str,
    stay: bool,
) -> None:
    """Runs a station against the CSMS at URL.

    It boots, authorizes, and charges once. Meanwhile it answers Reset, GetConfiguration, GetVariables and remote
    starts; with --stay it also does what they ask for.
    """
    wires = specification(ocpp).error_names
    if soap and Wire.SOAP not in wires:
        raise click.UsageError(f"OCPP {ocpp} has no SOAP wire")
    is_soap = soap or (Wire.SOAP in wires and url.lower().startswith("http"))
    schemes = ("http", "https") if is_soap else ("ws", "wss")
    if not _is_url(url, schemes):
        raise click.UsageError(f"OCPP {ocpp} needs a URL of {' or '.join(schemes)} here, with a host")

    async def work(log: _Log) -> int:
        from ocpp_core.cli.hosting import online

        station = Simulator(ocpp)
        async with online(
            url, identity, ocpp, station.router, soap=is_soap, password=password, listen=listen, hooks=[log]
        ) as csms:
            interval = _interval(await station.do("boot", csms))
            for name in ("status", "authorize"):
                await station.do(name, csms)
            await station.charge(csms)
            await station.do("heartbeat", csms)
            while stay:
                asked = "heartbeat"
                with suppress(TimeoutError):
                    asked = await asyncio.wait_for(station.asked.get(), interval)
                if asked == "start":
                    await station.charge(csms)
                else:
                    await station.do("boot" if asked == "reset" else asked, csms)
        return 0

    context.exit(_run(partial(_heard, work)))


def _is_url(url: str, schemes: Sequence[str]) -> bool:
    """Whether a client could make something of it; they fail in many ways on what is none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        is_port = parts.port != 0
    except ValueError:
        return False
    return parts.scheme in schemes and bool(host) and is_port and not parts.fragment


def _interval(boot: Any) -> int:
    """Seconds between heartbeats; the station chooses where the CSMS does not (0)."""
    return int(getattr(boot, "interval", None) or getattr(boot, "heartbeat_interval", None) or 300)


@click.command()
@click.option(
    "--pace",
    type=click.FloatRange(0, 3600),
    callback=_number,
    help="Seconds per step; 0.3 on a terminal, else none.",
)
@click.pass_context
def demo(context: click.Context, pace: float | None) -> None:
    """Shows a CSMS and eight stations, every version on its real wire, over real sockets of this machine."""

    async def work() -> int:
        from ocpp_core.cli.demo import show

        return await show(pace)

    context.exit(_run(work))


COMMANDS = (serve, simulate, demo)
