"""The commands that talk: `serve`, `simulate` and `demo`. What they need beyond the extra ``cli`` is loaded late."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext, redirect_stderr, suppress
from datetime import datetime
from functools import partial
from math import isnan
from operator import methodcaller
from pathlib import Path
from ssl import SSLContext
from typing import Any, NoReturn, TextIO, cast

import click
from rich.console import Console
from rich.text import Text

from ocpp_core.cli.certificates import client_context, secured, secured_context, shown, shown_files
from ocpp_core.cli.choices import Options, read_aliases, read_rules, together
from ocpp_core.cli.csms import Csms
from ocpp_core.cli.outlet import Outlet, left_out
from ocpp_core.cli.showing import LEGEND, TO_CSMS, TO_STATION, UNANSWERED, clean, fitted
from ocpp_core.cli.station import Simulator, StepFailed
from ocpp_core.dispatch.connection import CallOutcome, Event, Ignored, NotificationReceived
from ocpp_core.dispatch.hooks import Hooks, Refused
from ocpp_core.dispatch.outcomes import response_of
from ocpp_core.dispatch.router import Answer
from ocpp_core.model.errors import CallFailedError, LocalProtocolError
from ocpp_core.model.extras import install
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.secrets import hide
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.urls import is_url
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.payloads.binding import plain
from ocpp_core.payloads.tolerance import DEFAULT_TOLERANCE

_VERSIONS = click.Choice([version.value for version in Version])
#: How much of a payload a line shows.
_LONGEST = 100
#: Seconds for the end of a connection to a CSMS that says nothing any more: whoever ends a command waits for it.
CLOSE_TIMEOUT = 1.0
#: Seconds for a reader to read what is left, of a command that shall end.
_PATIENCE = 1.0
#: The exit code that shells give to what SIGTERM has ended.
_TERMINATED = 143


def run(work: Callable[["Output"], Coroutine[Any, Any, int]], *, is_endless: bool = False) -> int:
    """Runs a command to its end; says what to install if an extra is missing.

    SIGTERM, by which service managers end a process, lets it close its connections as Ctrl-C does. Nobody who does not
    read what it writes, be it lines or the log, holds it up.

    Args:
        work: What it does, and writes; its exit code.
        is_endless: Whether it goes on until told to end, which is success then.

    Raises:
        click.ClickException: An extra is missing, or the network does not do what is asked of it.
        OSError: Its output cannot be written: a BrokenPipeError if nobody reads it any more.
    """
    output, log = Output(), Outlet(sys.stderr)
    code: int | None = None
    try:
        with redirect_stderr(cast(TextIO, log)):
            code = asyncio.run(_until_told(output, work(output)))
    except ImportError as error:
        missing = error.__cause__ or error  # which names one extra of several
        raise click.ClickException(
            f"{missing}. This command needs more extras:\n  {install('cli,websockets,server,soap')}"
        ) from None
    except (OSError, CallFailedError, LocalProtocolError, StepFailed) as error:
        raise click.ClickException(clean(str(error))) from None
    finally:
        for outlet in (output.outlet, log):
            # What has come to its end by itself is as patient as any program; what is to end, ends.
            outlet.end(None if code is not None else _PATIENCE)
    if output.outlet.failure is not None:
        raise output.outlet.failure
    if code is not None:
        return code
    return 0 if is_endless else _TERMINATED


async def _until_told(output: "Output", work: Coroutine[Any, Any, int]) -> int | None:
    """Does something until its end, or until there is no use in going on: None then.

    That is when the process is told to end, or what it writes can be read by nobody.
    """
    loop, doing = asyncio.get_running_loop(), asyncio.create_task(work)
    is_told = False

    def tell(_: object = None) -> None:
        nonlocal is_told
        is_told = True
        doing.cancel()  # it closes its connections before the loop ends

    def tell_from_thread(_: OSError) -> None:
        with suppress(RuntimeError):  # it is at its end
            loop.call_soon_threadsafe(tell)

    output.outlet.failed = tell_from_thread
    with suppress(NotImplementedError):  # Windows has no such thing
        loop.add_signal_handler(signal.SIGTERM, tell)
    try:
        return await doing
    except asyncio.CancelledError:
        if is_told:
            return None
        raise


async def forever() -> NoReturn:
    """Waits until the process is told to end."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


@asynccontextmanager
async def served(
    app: Any, host: str, port: int, ping_interval: float, tls: SSLContext | None
) -> AsyncGenerator[int, None]:
    """Serves an `OcppApp` while the context lasts; at its end stations are told that the server goes away.

    Args:
        app: To be served.
        host: Where to listen.
        port: The same.
        ping_interval: Seconds between pings of a WebSocket; 0 sends none.
        tls: Of the server, if stations connect by that.

    Yields:
        The port.

    Raises:
        OSError: It cannot listen there.
    """
    from ocpp_core.transports.serving import serving

    async with serving(app, host, port, ssl=tls, ws_ping_interval=ping_interval or None) as bound:
        try:
            yield bound
        finally:  # uvicorn would close with 1012, and leave calls that wait without an answer
            await app.close()


def addresses(host: str, port: int, tls: SSLContext | None) -> str:
    """Where stations find what listens there."""
    shown, secure = host or "0.0.0.0", "" if tls is None else "s"
    shown = f"[{shown}]" if ":" in shown else shown
    return f"ws{secure}://{shown}:{port}/IDENTITY and http{secure}://{shown}:{port}/"


class Output(Console):
    """Where lines go. It never waits for whoever reads them.

    Attributes:
        outlet: Below it.
    """

    def __init__(self) -> None:
        self.outlet: Outlet = Outlet(sys.stdout, say=self._say)
        super().__init__(
            file=cast(TextIO, self.outlet), highlight=False, markup=False, emoji=False, soft_wrap=True
        )

    def message(self, text: Text) -> None:
        """Writes a message."""
        self.print(fitted(text, self))

    def _say(self, missing: int) -> None:
        self.message(Text(left_out(missing), "bold red"))


class _Log(Hooks):
    """Writes a line per message. An arrow has the station on its left and the CSMS on its right, on either side.

    Args:
        side: Whose log it is.
        output: Where.
    """

    def __init__(self, side: Role, output: Output) -> None:
        self.output = output
        self._theirs, self._ours = (TO_CSMS, TO_STATION) if side is Role.CSMS else (TO_STATION, TO_CSMS)

    def begin(self) -> None:
        """Says what the arrows mean."""
        self.output.message(Text(LEGEND, "dim"))

    def call_answered(self, peer: Any, request: Any, answer: Answer, seconds: float) -> None:
        if answer.response is not None:
            outcome = _shown(answer.response)
        else:
            outcome = Text(str(answer.error and answer.error.code), "bold red")
        self._call(self._theirs, peer, request, outcome, seconds)

    def call_ended(self, peer: Any, request: Any, outcome: CallOutcome, seconds: float) -> None:
        try:
            shown = _shown(response_of(outcome))
        except CallFailedError as error:
            shown = Text(clean(str(error)), "bold red")
        self._call(self._ours, peer, request, shown, seconds)

    def event(self, peer: Any, event: Event) -> None:
        match event:
            case Ignored(reason=reason, error=error):
                self.remark(peer, clean(reason), () if error is None else error.rules)
            case NotificationReceived(message=message):
                self._line(UNANSWERED, peer, message.__ocpp__.version, _title(message))
            case _:  # calls have their own hooks
                pass

    def refused(self, refused: Refused) -> None:
        self.output.message(Text.assemble(now(), (clean(str(refused)), "bold red")))

    def remark(self, peer: Any, text: str, rules: Sequence[Tolerance] = ()) -> None:
        """Says what is no message, and what would accept it if it can be accepted."""
        line = Text(text, "bold red")
        for rule in rules:
            line.append(f"  --allow {rule.label}", "not bold dim")
        self._line("✗", peer, "", line)

    def _call(self, arrow: str, peer: Any, request: Request[Any], outcome: Text, seconds: float) -> None:
        line = Text.assemble(_title(request), " | ", outcome, (f"  {seconds * 1000:.0f} ms", "dim"))
        self._line(arrow, peer, request.__ocpp__.version, line)

    def _line(self, arrow: str, peer: Any, version: str, text: Text) -> None:
        line = Text.assemble(
            now(),
            (f"{clean(peer.identity, 50):<10} ", "cyan"),
            (f"{version:<5} {arrow} ", "blue"),
            text,
        )
        self.output.message(line)


def now() -> tuple[str, str]:
    """The time of day, for the beginning of a line."""
    return f"{datetime.now():%H:%M:%S} ", "dim"


class _Aloud(logging.Handler):
    """Writes as lines what no message speaks of: how a connection fares, and when it is tried again to boot."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        self._output.message(Text.assemble(now(), (clean(record.getMessage()), "dim")))


@contextmanager
def aloud(output: Output, *names: str) -> Generator[None, None, None]:
    """Has loggers write lines while the context lasts."""
    handler, logs = _Aloud(output), {log: log.level for log in map(logger, names)}
    for log in logs:
        log.addHandler(handler)
        log.setLevel(logging.INFO)
    try:
        yield
    finally:
        for log, level in logs.items():
            log.setLevel(level)
            log.removeHandler(handler)


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
    known = [version.value for version in Version]
    names = known if value is None else [name.strip() for name in value.split(",")]
    for name in names:
        if name not in known:
            raise click.BadParameter(f"no such version: {name}")
    return names


def read_number(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    """A number that is one.

    Raises:
        click.BadParameter: It is not.
    """
    if value is not None and isnan(value):  # which is in every range
        raise click.BadParameter("not a number")
    return value


def _ping_interval(text: str) -> Options:
    """The option of that name."""
    return click.option(
        "--ping-interval",
        type=click.FloatRange(0, 86_400),
        callback=read_number,
        default=20.0,
        show_default=True,
        help=text,
    )


#: The options of a server: who may connect, and what is accepted of them.
admitting: Options = together(
    click.option(
        "--accept",
        callback=_versions,
        metavar="VERSIONS",
        help="Versions to serve, with commas between them; all by default.",
    ),
    click.option(
        "--default-version",
        type=_VERSIONS,
        help="Version of stations that offer no subprotocol; they are turned away without it.",
    ),
    click.option(
        "--alias",
        "aliases",
        multiple=True,
        metavar="NAME=VERSION",
        callback=read_aliases,
        help="Version meant by a subprotocol that is not its own, as OCPP1.6=1.6. May be repeated.",
    ),
    _ping_interval("Seconds between pings; 0 sends none, for stations that never answer one."),
    click.option(
        "--tolerance",
        "--allow",  # as the commands call it that read frames, and as they suggest it
        multiple=True,
        metavar="RULE",
        callback=read_rules,
        help="Accept one kind of deviation beyond the harmless. May be repeated; a wrong RULE lists all.",
    ),
    click.option("--tolerant", is_flag=True, help="Accept whatever can be typed."),
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=9000,
    show_default=True,
    help="The same; 0 is any free port.",
)
@click.option("--password", help="For Basic authentication: wanted of every station.")
@secured
@admitting
@click.pass_context
def serve(
    context: click.Context,
    host: str,
    port: int,
    password: str | None,
    own_certificate: Path | None,
    own_key: Path | None,
    client_authority: Path | None,
    accept: Sequence[str],
    default_version: str | None,
    aliases: dict[str, str],
    ping_interval: float,
    tolerance: Tolerance,
    tolerant: bool,
) -> None:
    """Serves a CSMS to try stations against, until Ctrl-C or SIGTERM.

    It lets every station in that says who it is, shows the --password if there is one, and speaks a version that is
    served; accepts every token and transaction; and writes a line per message, and one per station that is turned away.
    WebSocket stations connect to ws://HOST:PORT/IDENTITY, SOAP stations post to http://HOST:PORT/.
    """
    tls = secured_context(own_certificate, own_key, client_authority)

    async def work(output: Output) -> int:
        from ocpp_core.transports.asgi import OcppApp

        csms, log = Csms(), _Log(Role.CSMS, output)
        app = OcppApp(
            csms.router,
            authenticate=None if password is None else methodcaller("has_password", password),
            accepts=accept,
            default_version=default_version,
            aliases=aliases,
            tolerance=Tolerance.TOLERANT if tolerant else DEFAULT_TOLERANCE | tolerance,
            hooks=[log],
        )
        with aloud(output, "stations"):
            async with served(app, host, port, ping_interval, tls) as bound:
                output.print(f"serving {addresses(host, bound, tls)}")
                output.print(f"OCPP {', '.join(accept)}")
                log.begin()
                await forever()

    context.exit(run(work, is_endless=True))


@click.command()
@click.argument("url")
@click.option("--version", "ocpp", required=True, type=_VERSIONS, help="OCPP version to speak.")
@click.option("--identity", default="CP-1", show_default=True, help="Of the station.")
@click.option("--password", help="For Basic authentication.")
@shown()
@click.option("--soap", is_flag=True, help="Speak SOAP, as 1.2, 1.5 and 1.6 may; so does a URL of http.")
@click.option("--listen", default="127.0.0.1", show_default=True, help="Host of the station's SOAP service.")
@click.option("--address", help="Where that says that it is, if not on the host of --listen.")
@_ping_interval("Seconds between pings of the WebSocket; 0 sends none, for a CSMS that never answers one.")
@click.option("--tolerant", is_flag=True, help="Accept whatever can be typed.")
@click.option(
    "--stay",
    is_flag=True,
    help="Stay, send heartbeats and obey, until Ctrl-C; connect and boot again if need be.",
)
@click.pass_context
def simulate(
    context: click.Context,
    url: str,
    ocpp: str,
    identity: str,
    password: str | None,
    certificate: Path | None,
    key: Path | None,
    authority: Path | None,
    soap: bool,
    listen: str,
    address: str | None,
    ping_interval: float,
    tolerant: bool,
    stay: bool,
) -> None:
    """Runs a station against the CSMS at URL.

    It boots, authorizes, and charges once. Meanwhile it answers Reset, GetConfiguration, GetVariables and remote
    starts; with --stay it also does what they ask for, and outlives restarts of the CSMS.
    """
    wires = specification(ocpp).error_names
    if soap and Wire.SOAP not in wires:
        raise click.UsageError(f"OCPP {ocpp} has no SOAP wire")
    is_soap = soap or (Wire.SOAP in wires and url.lower().startswith("http"))
    schemes = ("http", "https") if is_soap else ("ws", "wss")
    if not is_url(url, schemes):
        raise click.UsageError(f"OCPP {ocpp} needs a URL of {' or '.join(schemes)} here, with a host")
    tls = client_context(shown_files(certificate, key, authority), url, schemes[-1])

    async def work(output: Output) -> int:
        from ocpp_core.cli.hosting import online

        station, log = Simulator(ocpp), _Log(Role.CHARGE_POINT, output)
        log.begin()
        with aloud(output, "websocket", "boot") if stay else nullcontext():
            async with online(
                url,
                identity,
                ocpp,
                station.router,
                soap=is_soap,
                password=password,
                ssl=tls,
                listen=listen,
                address=address,
                ping_interval=ping_interval or None,
                close_timeout=CLOSE_TIMEOUT,
                tolerance=Tolerance.TOLERANT if tolerant else DEFAULT_TOLERANCE,
                on_connect=partial(station.asked.put_nowait, "boot") if stay else None,
                hooks=[log, station.gate],
            ) as csms:
                if stay:
                    await station.stay(csms, lambda failure: log.remark(csms, clean(failure)))
                await station.do("boot", csms)
                await station.visit(csms)
        return 0

    context.exit(run(work, is_endless=stay))


@click.command()
@click.option(
    "--pace",
    type=click.FloatRange(0, 3600),
    callback=read_number,
    help="Seconds per step; 0.3 on a terminal, else none.",
)
@click.pass_context
def demo(context: click.Context, pace: float | None) -> None:
    """Shows a CSMS and ten stations, every version on each of its wires, over real sockets of this machine."""

    async def work(output: Output) -> int:
        from ocpp_core.cli.demo import show

        return await show(pace, Console(file=output.file, highlight=False))

    context.exit(run(work))


COMMANDS = (serve, simulate, demo)
