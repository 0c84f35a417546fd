"""The commands: what they take, and what becomes of it."""

import io
import os
import shutil
import stat
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click
from rich.console import Console, RenderableType
from rich.text import Text

from ocpp_core.cli import conforming, live, relay, showing, translating
from ocpp_core.cli.choices import F, read_moment, read_policy, read_rules, together
from ocpp_core.cli.discretion import translated_without_secrets, without_secrets
from ocpp_core.cli.progress import progress
from ocpp_core.cli.summary import Summary, spelled
from ocpp_core.cli.summary import as_json as summary_as_json
from ocpp_core.jsonrpc.text import BrokenJson, read_json, write_json
from ocpp_core.logs.detection import CANDIDATES, Detection, with_version
from ocpp_core.logs.judging import Judge, Judged, Verdict
from ocpp_core.logs.reading import Found, Reader
from ocpp_core.logs.sources import expand
from ocpp_core.logs.translating import LogTranslator, Translated
from ocpp_core.model.messages import CallError, CallResultError
from ocpp_core.model.printing import printable_json
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version
from ocpp_core.translation.policies import Policy

#: Exit codes.
ACCEPTED, REFUSED, UNREADABLE, INTERRUPTED, UNHEARD = 0, 1, 2, 130, 141

#: How wide tables are where there is no terminal to ask.
_WIDTH = 120

#: Characters of ``Error: Invalid value for '--option': ``, about.
_BEGINNING = 40


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    # Python has none where the process was started without: whatever is written goes nowhere.
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # whatever the input holds and the terminal lacks
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # As in `ocpp-core decode ... | head`; rich makes the one of the other.
        code = UNHEARD
    except OSError as error:  # such as a full disk: input that cannot be read is told where it is read
        with suppress(OSError):
            print(f"Error: cannot write: {error.strerror or error}", file=sys.stderr)
        code = UNREADABLE
    for stream in (sys.stdout, sys.stderr):
        _give_up(stream)
    return code


def _run(arguments: Sequence[str] | None) -> int:
    """The exit code of the command; what it raises comes from writing."""
    try:
        code: int | None = command.main(arguments, prog_name=_name(), standalone_mode=False)
    except click.ClickException as error:
        # It quotes names of files, and whatever else was typed or found; for click it is final.
        vars(error)["message"] = "\n".join(_fitted(showing.clean(line)) for line in error.message.split("\n"))
        error.show()
        return UNREADABLE
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    return code or ACCEPTED


def _fitted(line: str) -> str:
    """A line of an error as the terminal is wide; its first line has a beginning that click writes."""
    if not _is_terminal(sys.stderr):
        return line
    broken = textwrap.wrap(
        line,
        shutil.get_terminal_size().columns,
        initial_indent=" " * _BEGINNING,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(broken)[_BEGINNING:]


def _name() -> str:
    """How the command was called: hints shall name what there is."""
    name = Path(sys.argv[0]).name
    return "ocpp-core" if name != "__main__.py" else "python -m ocpp_core.cli"


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def _give_up(stream: TextIO) -> None:
    """What cannot be written of a stream goes nowhere, also when the interpreter tries it again at its end."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _version() -> str:
    try:
        return version("ocpp-core")
    except PackageNotFoundError:
        return "(not installed)"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(_version(), prog_name="ocpp-core")
def command() -> None:
    """Reads, judges and explains OCPP traffic.

    Exit codes: 0 everything is accepted, 1 something is refused, 2 wrong usage, or nothing that can be read.
    """


for _live in (*live.COMMANDS, relay.gateway, conforming.conform):
    command.add_command(_live)


_FILES_HELP = """
    FILES are files, folders (all .ndjson .jsonl .log .txt .json .xml .csv .tsv below them, also packed: .log.gz) or -
    for standard input, which is read if there are none. Frames are found wherever they stand: alone on a line, in the
    member `frame` of a JSON object, in the lines of a log, in the rows of a table, in a JSON array, or over several
    lines. Station and direction are read from what stands beside a frame.
    """


def _traffic(function: F, version: str = "--version") -> F:
    """The arguments of all commands that read frames; `version` is the option that says it of them."""
    options = together(
        click.argument("files", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path)),
        click.option(
            version,
            "ocpp",
            type=click.Choice([candidate.value for candidate in sorted(CANDIDATES)]),
            help="OCPP version of frames that do not say it. Without it, it is found out, for each file.",
        ),
        click.option(
            "--tolerant", is_flag=True, help="Accept whatever can be typed, and report it as tolerated."
        ),
        click.option(
            "--allow",
            multiple=True,
            metavar="RULE",
            callback=read_rules,
            help="Accept one kind of deviation. May be repeated; a wrong RULE lists them all.",
        ),
        click.option("--json", "for_programs", is_flag=True, help="Write JSON objects, one a line."),
        click.option(
            "--show-secrets",
            is_flag=True,
            help="Show keys, passwords and what cannot be read, which are hidden otherwise.",
        ),
        click.option("--verbose", is_flag=True, help="Report the lines in which no frame was found."),
    )
    function = options(function)
    function.__doc__ = f"{function.__doc__}\n{_FILES_HELP}"
    return function


@command.command()
@_traffic
@click.pass_context
def decode(context: click.Context, /, for_programs: bool, **options: Any) -> None:
    """Shows each frame as a typed message."""
    traffic = _Traffic(**options)
    out = _console()
    total = Summary()
    # The messages themselves show how far it is; a bar would only run through them.
    for judged in traffic.judged(show_progress=not _is_terminal(sys.stdout)):
        shown = traffic.shown(judged)
        total.add(shown)
        if for_programs:
            sys.stdout.write(f"{_as_json_line(shown)}\n")
        else:
            _print(out, *showing.message(shown))
            _print(out, Text())
    if not for_programs:
        _print(out, *showing.totals(total, traffic.reader.lines_skipped))
    context.exit(traffic.exit_code(total))


@command.command()
@_traffic
@click.option("--quiet", is_flag=True, help="Only the summary.")
@click.pass_context
def validate(context: click.Context, /, for_programs: bool, quiet: bool, **options: Any) -> None:
    """Judges every frame, explains each deviation, and sums up."""
    traffic = _Traffic(**options)
    # On one and the same terminal, the bar must know of the lines above it.
    out = traffic.errors if _is_terminal(sys.stdout) and _is_terminal(sys.stderr) else _console()
    total = Summary()
    add = total.add
    reported = () if quiet else (Verdict.REFUSED, Verdict.TOLERATED)
    for judged in traffic.judged(show_progress=True):
        # Of what is accepted no text of its own is counted, so that nothing needs to be hidden.
        shown = judged if judged.verdict is Verdict.ACCEPTED else traffic.shown(judged)
        add(shown)
        if judged.verdict in reported:
            if for_programs:
                sys.stdout.write(f"{_write_json(showing.as_json(shown))}\n")
            else:
                _print(out, showing.headline(shown), *showing.problems(shown))
    skipped = traffic.reader.lines_skipped
    if for_programs:
        sys.stdout.write(f"{_write_json({'summary': summary_as_json(total, skipped)})}\n")
    else:
        console = _console()
        _print(console, *showing.summary_tables(total, skipped, console.width))
    context.exit(traffic.exit_code(total))


@command.command()
@partial(_traffic, version="--from")
@click.option(
    "--to",
    required=True,
    type=click.Choice([one.value for one in Version]),
    help="OCPP version to translate to.",
)
@click.option(
    "--policy",
    multiple=True,
    metavar="NAME=VALUE",
    callback=read_policy,
    help="Decide something differently, such as soft_reset=Immediate. May be repeated; a wrong NAME lists them all.",
)
@click.option(
    "--received-at",
    metavar="TIME",
    callback=read_moment,
    help="The time of frames beside which none stands, such as 2026-01-31T12:00:00Z; required times that a frame "
    "lacks become it. Now, if it is not said.",
)
@click.option("--quiet", is_flag=True, help="Only the summary.")
@click.pass_context
def translate(
    context: click.Context,
    /,
    to: str,
    policy: Policy,
    received_at: datetime,
    for_programs: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Says in another version what each frame says, and names what is lost.

    What went before is remembered of each station: transactions, settings, jobs. What depends on more than the input
    tells is named and left out; exit code 1 tells of it, and of frames that cannot be read.
    """
    traffic = _Traffic(**options)
    translator = LogTranslator(to, received_at=received_at, policy=policy)
    out = _console()
    counts = translating.Counts()
    for judged in traffic.judged(show_progress=quiet or not _is_terminal(sys.stdout)):
        translated = traffic.translated(translator.translate(judged))
        counts.add(translated)
        if quiet:
            continue
        if for_programs:
            sys.stdout.write(f"{_write_json(translating.as_json(translated))}\n")
        else:
            _print(out, *translating.message(translated), Text())
    skipped = traffic.reader.lines_skipped
    if for_programs:
        told = {"summary": translating.counts_as_json(counts, skipped)}
        sys.stdout.write(f"{_write_json(told)}\n")
    else:
        _print(out, *translating.tables(counts, skipped, out.width))
    context.exit(traffic.exit_code(counts.judged) or (REFUSED if counts.refused else ACCEPTED))


@command.command()
@click.argument("version", required=False, type=click.Choice([one.value for one in Version]))
@click.option("--json", "for_programs", is_flag=True, help="Write JSON objects, one a line.")
def actions(version: str | None, for_programs: bool) -> None:
    """Lists the actions of all versions, or of one in detail."""
    specifications = [specification(one) for one in ([version] if version else Version)]
    if for_programs:
        for one in specifications:
            for action in one.actions.values():
                row = {
                    "version": one.version,
                    "action": action.name,
                    "sent_by": showing.sender(action),
                    "block": action.block,
                    "send": not action.answered,
                    "purpose": action.purpose,
                }
                sys.stdout.write(f"{_write_json(row)}\n")
    elif version:
        _print(_console(), *showing.actions_of(specifications[0]))
    else:
        console = _console()
        _print(console, *showing.actions_matrix(specifications, console.width))


@command.group()
def schemas() -> None:
    """Looks after the schemas that everything is derived from."""


@schemas.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_context
def compare(context: click.Context, /, folder: Path) -> None:
    """Compares our schemas and WSDLs with an official download.

    DIR has the folders json/VERSION and wsdl/VERSION, or some of them. Exits with 0 if both state the same facts, else
    with 1, and names each difference.
    """
    from ocpp_core.facts import equivalence

    try:
        result = equivalence.compare(folder)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    for difference in result:
        click.echo(showing.clean(str(difference)))
    click.echo(result.summary())
    context.exit(REFUSED if result else ACCEPTED)


class _Traffic:
    """The frames of all sources, judged one after the other."""

    def __init__(
        self,
        files: Sequence[Path],
        ocpp: str | None,
        tolerant: bool,
        allow: Tolerance,
        verbose: bool,
        show_secrets: bool,
    ) -> None:
        self.errors = _console(stderr=True)
        self.reader = Reader(self._say_skipped if verbose else None)
        self._ocpp = ocpp
        self._judge = Judge(Tolerance.TOLERANT if tolerant else allow)
        self._is_verbose = verbose
        self._shows_secrets = show_secrets
        self._failed = False
        try:
            self._files = list(expand(files)) if files else [Path("-")]
        except OSError as error:
            raise click.ClickException(str(error)) from None

    def judged(self, *, show_progress: bool) -> Iterator[Judged]:
        """All frames with their verdicts. What happens on the way is said on standard error."""
        is_shown = show_progress and not _is_pipe(sys.stdout)
        bar = (
            progress(self.errors, self._size(), lambda: self.reader.bytes_read) if is_shown else nullcontext()
        )
        judge = self._judge.judge
        with bar:
            for path in self._files:
                self._judge.forget()
                try:
                    with _opened(path) as file:
                        source = "<stdin>" if path == Path("-") else str(path)
                        for found in self._with_version(self.reader.read(file, source), source):
                            yield judge(found)
                except OSError as error:
                    self._failed = True
                    self._say(f"{path}: {error.strerror or error}")

    def shown(self, judged: Judged) -> Judged:
        """A frame as it is to be shown."""
        return judged if self._shows_secrets else without_secrets(judged)

    def translated(self, translated: Translated) -> Translated:
        """A translated frame as it is to be shown."""
        return translated if self._shows_secrets else translated_without_secrets(translated)

    def exit_code(self, total: Summary) -> int:
        """What the command ends with."""
        if not total.frames and not self._failed:
            lines = self.reader.lines_skipped
            self._say(f"no frame found in {lines} line{'' if lines == 1 else 's'}")
            self._say(
                'A frame is JSON such as [2,"17","Heartbeat",{}], or a SOAP envelope, anywhere in a line.'
            )
            if not self._is_verbose:
                self._say("--verbose lists the lines that were passed over.")
        if self._failed or not total.frames:
            return UNREADABLE
        return REFUSED if total.verdicts[Verdict.REFUSED] else ACCEPTED

    def _with_version(self, frames: Iterator[Found], source: str) -> Iterator[Found]:
        def told(detection: Detection) -> None:
            self._say(f"{source}: {detection}")

        return with_version(frames, self._ocpp, told)

    def _size(self) -> int | None:
        try:
            return None if Path("-") in self._files else sum(path.stat().st_size for path in self._files)
        except OSError:
            return None

    def _say(self, text: str) -> None:
        _print(self.errors, Text(showing.clean(text)))

    def _say_skipped(self, source: str, line: int, text: str) -> None:
        what = text[:100] if self._shows_secrets else f"{len(text)} characters; --show-secrets shows them"
        self._say(f"{source}:{line}: no frame in: {what}")


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    if path != Path("-"):
        return path.open("rb")
    if _is_terminal(sys.stdin):
        click.echo("reading frames from the terminal, until Ctrl-D", err=True)
    return nullcontext(sys.stdin.buffer)


def _as_json_line(judged: Judged) -> str:
    """A decoded frame for programs, with its payload as it was sent."""
    payload: Any = None
    frame = judged.frame
    if isinstance(frame, CallError | CallResultError):
        name = spelled(judged, frame.code)
        payload = {
            "code": frame.spelling if frame.spelling is not None else name,
            "description": frame.description,
            "details": frame.details,
        }
    elif showing.kind_has_payload(judged.kind):
        try:
            parts = read_json(judged.found.text, duplicates=True)
        except BrokenJson:
            parts = None
        payload = parts[-1] if isinstance(parts, list) and len(parts) > 2 else None
    return _write_json(showing.as_json(judged, payload, with_payload=True))


def _write_json(value: dict[str, Any]) -> str:
    try:
        text = write_json(value)
    except TypeError:  # a lone surrogate: bytes of the input that are no UTF-8
        text = write_json(_writable(value))
    return printable_json(text)


def _writable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_writable(name): _writable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value


def _console(*, stderr: bool = False) -> Console:
    """A console that leaves text as it is, and is wide enough for tables where there is no terminal."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH
    return console


def _print(console: Console, *lines: RenderableType) -> None:
    texts: list[Text] = []
    for line in lines:
        if isinstance(line, Text):
            texts.append(line)
            continue
        if texts:
            _print_texts(console, texts)
            texts = []
        console.print(line)
    if texts:
        _print_texts(console, texts)


def _print_texts(console: Console, texts: Iterable[Text]) -> None:
    if console.is_terminal:
        console.print(Text("\n").join(showing.hanging(text, console) for text in texts))
    else:  # no colours, each line whole, and much faster
        console.file.write("".join(f"{text.plain}\n" for text in texts))


def _is_terminal(stream: Any) -> bool:
    return bool(stream.isatty())


def _is_pipe(stream: Any) -> bool:
    """Whether another program, such as a pager, reads it and may be using the terminal."""
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):
        return False
