"""The command `conform`: tests somebody's CSMS or station. What it needs beyond the extra ``cli`` is loaded late."""

import asyncio
import io
import signal
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

import attrs
import click
from rich.console import Console
from rich.text import Text

from ocpp_core.cli.certificates import client_context, server_context, shown, shown_files
from ocpp_core.cli.live import read_number, run
from ocpp_core.cli.relay import read_listen
from ocpp_core.cli.showing import clean
from ocpp_core.conformance.hooks import aside
from ocpp_core.conformance.profiles import HOOKS, Profile
from ocpp_core.conformance.rules import Level, Rule, patterns_in, rules, selected
from ocpp_core.model.versions import Role, Version, Wire

if TYPE_CHECKING:
    from ocpp_core.conformance.budgets import Budget
    from ocpp_core.conformance.grounds import Target

_ROLES = {"csms": Role.CSMS, "station": Role.CHARGE_POINT}
_FILE = click.Path(dir_okay=False, path_type=Path)
#: By which a process is told to end.
_ENDS = (signal.SIGINT, signal.SIGTERM)
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _read_patterns(_: click.Context, __: click.Parameter, values: Sequence[str]) -> Sequence[str]:
    try:
        return patterns_in(values)
    except ValueError as error:
        raise click.BadParameter(f"{error}; --list has them all") from None


def _read_profile(_: click.Context, __: click.Parameter, value: Path | None) -> tuple[Profile, str]:
    """The profile, and the name of its file."""
    if value is None:
        return Profile(), ""
    try:
        return Profile.read(value), str(value)
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{value}: {error}") from None


def _writable(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """A path that can be written: it is better told before the run than after it."""
    if value is not None and not value.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {value.parent} for {value.name}")
    return value


def _explained(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    if value not in rules():
        raise click.BadParameter(f"no rule is called so: {value}; --list has them all")
    _write(_explanation(rules()[value]))
    context.exit()


@click.command()
@click.argument("url", required=False)
@click.option(
    "--version",
    "ocpp",
    type=click.Choice([version.value for version in Version]),
    help="OCPP version to speak.",
)
@click.option(
    "--role",
    type=click.Choice(list(_ROLES)),
    default="csms",
    show_default=True,
    help="What is tested: the kit plays the other.",
)
@click.option(
    "--wire",
    type=click.Choice([wire.value for wire in Wire]),
    help="How it speaks; by default as the URL says, or JSON.",
)
@click.option(
    "--listen",
    default="127.0.0.1:9000",
    show_default=True,
    metavar="[HOST]:PORT",
    callback=read_listen,
    help="Where a station connects, and where a CSMS that speaks SOAP calls back. Port 0 is any that is free.",
)
@click.option("--address", metavar="URL", help="What the other is told of that, if it is behind a proxy.")
@click.option("--identity", help="Of the station, be it played or tested.")
@click.option("--password", help="For Basic authentication: said to a CSMS, wanted of a station.")
@shown("; with --role station the listener speaks TLS")
@click.option(
    "--profile", metavar="FILE", type=_FILE, callback=_read_profile, help="What the other claims, TOML."
)
@click.option(
    "--rules",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    callback=_read_patterns,
    help="Only these: boot.*, frame.unknown-action. Several with commas, or repeated.",
)
@click.option("--intrusive", is_flag=True, help="Look also for what resets, updates or fills the other.")
@click.option("--strict", is_flag=True, help="What only should be counts as a deviation.")
@click.option("--ask", is_flag=True, help="Ask on the terminal for what no hook of the profile does.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Makes the same generated messages again.")
@click.option(
    "--time",
    "seconds",
    type=click.FloatRange(1, 1e6),
    callback=read_number,
    help="Seconds that it may take, and uses for generated messages; a replay too.",
)
@click.option("--junit", type=_FILE, callback=_writable, help="Write the report as JUnit XML.")
@click.option("--json", type=_FILE, callback=_writable, help="Write the report as JSON.")
@click.option("--html", type=_FILE, callback=_writable, help="Write the report as one page.")
@click.option("--replay", type=_THERE, help="Replay one finding, from a file that a run has written.")
@click.option(
    "--replays",
    type=click.Path(file_okay=False, path_type=Path),
    callback=_writable,
    help="Write such files to this folder.",
)
@click.option(
    "--show-secrets",
    is_flag=True,
    help="Write keys and passwords, and into replays who charges, which are hidden otherwise.",
)
@click.option("--list", "is_list", is_flag=True, help="List the rules, and test nothing.")
@click.option(
    "--explain",
    metavar="ID",
    callback=_explained,
    is_eager=True,
    help="Say what a rule says, and test nothing.",
)
@click.pass_context
def conform(context: click.Context, /, **options: Any) -> None:
    """Tests somebody's CSMS, at a URL, or somebody's station, which is to connect.

    ocpp-core conform ws://127.0.0.1:8080/ocpp --version 2.0.1

    ocpp-core conform --role station --listen 127.0.0.1:9000 --version 1.6

    Exit codes: 0 no deviation was seen, 1 some were, 2 it could not be run, or not to its end. Ctrl-C ends it, and what
    was seen so far is reported. It is no certification.
    """
    role = _ROLES[options["role"]]
    if options["is_list"]:
        _list(_listed(options, role), options["ocpp"])
        return
    if options["replay"] is not None:
        context.exit(run(lambda _: _replay(options)))
    target, (profile, name) = _target(options, role), _profile(options)
    context.exit(run(lambda _: _conform(target, profile, name, options)))


# What is tested


def _profile(options: Mapping[str, Any]) -> tuple[Profile, str]:
    """The profile, with what is asked for on the terminal, and the name of its file."""
    profile, name = options["profile"]
    if options["ask"]:
        profile = attrs.evolve(profile, hooks={**{hook: _asker(hook) for hook in HOOKS}, **profile.hooks})
    return profile, name


def _target(options: Mapping[str, Any], role: Role) -> "Target":
    from ocpp_core.conformance.grounds import Target

    version, url = options["ocpp"], options["url"] or ""
    if version is None:
        raise click.UsageError("Missing option '--version'.")
    wire = _wire(options)
    if role is Role.CSMS and not url:
        raise click.UsageError("Missing argument 'URL': where is the CSMS?")
    if role is Role.CHARGE_POINT and url and wire is Wire.JSON:
        raise click.UsageError("URL: it is the station that connects; --listen says where")
    host, port = options["listen"]
    target = Target(
        role=role,
        version=version,
        wire=wire,
        url=url,
        host=host,
        port=port,
        address=options["address"],
        identity=options["identity"],
        password=options["password"],
        ssl=_tls(options, role, url),
    )
    if target.fault is not None:
        raise click.UsageError(target.fault)
    return target


def _wire(options: Mapping[str, Any]) -> Wire:
    if options["wire"] is not None:
        return Wire(options["wire"])
    return Wire.SOAP if (options["url"] or "").startswith("http") else Wire.JSON


def _tls(options: Mapping[str, Any], role: Role, url: str) -> SSLContext | None:
    files = shown_files(options["certificate"], options["key"], options["authority"])
    return client_context(files, url, "wss", "https") if role is Role.CSMS else server_context(files)


def _asker(name: str) -> Callable[[dict[str, Any]], Any]:
    async def ask(told: dict[str, Any]) -> None:
        what = ", ".join(f"{key} {value}" for key, value in told.items() if key != "hook" and value)
        said = f"Please do: {name} ({clean(what, 500)}), then press Enter"
        click.echo(said, err=True)  # a whole line: under a progress bar, Rich keeps back what ends in none
        if not await aside(_line):
            raise EOFError("there is nobody to ask")

    return ask


def _line() -> object:
    """What is typed. It is read without a buffer: the end of the process would have to wait for its lock."""
    try:
        keyboard = io.FileIO(sys.stdin.fileno(), closefd=False)
    except (OSError, ValueError):  # it stands for no file
        return sys.stdin.readline()
    return keyboard.readline()


# The run


async def _conform(target: "Target", profile: Profile, name: str, options: Mapping[str, Any]) -> int:
    from ocpp_core.conformance.budgets import Budget
    from ocpp_core.conformance.reports import as_json, as_junit, as_page
    from ocpp_core.conformance.reports.terminal import print_report
    from ocpp_core.conformance.runner import conform

    board, is_shown = _Board(), options["show_secrets"]
    budget = Budget(options["seconds"])
    try:
        with _stopping(budget, board):
            report = await conform(
                target,
                profile=profile,
                patterns=options["patterns"],
                intrusive=options["intrusive"],
                strict=options["strict"],
                seed=options["seed"],
                budget=budget,
                told=board.told,
                profile_name=name,
            )
    except ValueError as error:
        raise click.ClickException(clean(str(error))) from None
    finally:
        board.close()
    try:
        if options["replays"] is not None:
            from ocpp_core.conformance.replays import with_replays

            try:
                report = with_replays(report, options["replays"], show_secrets=is_shown)
            except OSError as error:
                raise click.UsageError(f"--replays: {error}") from None
        for option, write in (("json", as_json), ("junit", as_junit), ("html", as_page)):
            if options[option] is not None:
                _save(options[option], write(report, show_secrets=is_shown), f"--{option}")
    finally:  # what was seen shall not be lost with a disk that is full
        print_report(report, Console(highlight=False, markup=False, emoji=False), show_secrets=is_shown)
    return report.exit_code


@contextmanager
def _stopping(budget: "Budget", board: "_Board") -> Generator[None, None, None]:
    """Has Ctrl-C, and SIGTERM, stop what is done; the second one ends the process as it does any other."""
    loop = asyncio.get_running_loop()

    def restore() -> None:
        for each in _ENDS:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(each)

    def stop() -> None:
        restore()
        board.say("stopping, to tell what was seen; once more, and it ends without")
        budget.stop()

    for each in _ENDS:
        with suppress(NotImplementedError):  # Windows has no such thing
            loop.add_signal_handler(each, stop)
    try:
        yield
    finally:
        restore()


def _save(path: Path, written: str | bytes, option: str) -> None:
    try:
        path.write_bytes(written if isinstance(written, bytes) else written.encode("utf-8"))
    except OSError as error:
        raise click.UsageError(f"{option}: cannot write {path}: {error.strerror or error}") from None


async def _replay(options: Mapping[str, Any]) -> int:
    from ocpp_core.conformance.budgets import Budget
    from ocpp_core.conformance.replays import Replay, replayed

    try:
        replay = Replay.read(options["replay"])
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--replay: {options['replay']}: {clean(str(error))}") from None
    said = {
        **options,
        "ocpp": options["ocpp"] or replay.version,
        "wire": options["wire"] or replay.wire.value,
    }
    target, board, budget = _target(said, replay.role), _Board(), Budget(options["seconds"])
    profile, intrusive = _profile(options)[0], options["intrusive"]
    try:
        with _stopping(budget, board):
            result = await replayed(
                replay, target, profile, intrusive=intrusive, budget=budget, told=board.told
            )
    finally:
        board.close()
    _write(f"{result.state.value}: {replay.rule}: {clean(result.told, 1000)}")
    return result.exit_code


class _Board:
    """What is told while the kit runs, on standard error: a line that changes where there is a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._status = self._console.status("") if self._console.is_terminal else None
        self._total = self._done = self._wrong = 0

    def told(self, event: Any) -> None:
        """Shows how far it has come."""
        from ocpp_core.conformance.runner import Began, Listening
        from ocpp_core.conformance.verdicts import Verdict

        match event:
            case Listening(address=address):
                self._console.print(Text(f"testing at {clean(address, 200)}"), soft_wrap=True)
                if self._status is not None:
                    self._status.update(Text("waiting for it"))
                    self._status.start()
                return
            case Began(rules=begun):
                self._total = len(begun)
            case _:
                self._done += 1
                self._wrong += event.outcome.verdict is Verdict.DEVIATING
        if self._status is not None:
            rule = "" if isinstance(event, Began) else event.outcome.rule.id
            self._status.update(
                Text(f"{self._done} of {self._total} rules, {self._wrong} deviations  {rule}")
            )

    def say(self, text: str) -> None:
        """Writes a line beside it."""
        self._console.print(Text(text), soft_wrap=True)

    def close(self) -> None:
        """Ends the line."""
        if self._status is not None:
            self._status.stop()


# Rules


def _listed(options: Mapping[str, Any], role: Role) -> Sequence[Rule]:
    """The rules of a selection; of all roles, wires and versions that are not named."""
    named = click.get_current_context().get_parameter_source
    is_default = named("role") is click.core.ParameterSource.DEFAULT
    return [
        rule
        for rule in selected(options["patterns"])
        if (is_default or rule.roles & role)
        and (options["ocpp"] is None or options["ocpp"] in rule.versions)
        and (options["wire"] is None or Wire(options["wire"]) in rule.wires)
    ]


def _list(found: Sequence[Rule], version: str | None) -> None:
    for rule in found:
        level = "" if rule.level_in(version or "") is Level.MUST else " (should)"
        _write(f"{rule.id:<36} {rule.sentence}{level}")


def _other_levels(rule: Rule) -> list[str]:
    return [f"{level.value} in {version}" for version, level in rule.levels.items()]


def _explanation(rule: Rule) -> str:
    sides = [name for name, role in _ROLES.items() if rule.roles & role]
    lines = [
        rule.id,
        f"  {rule.sentence}",
        f"  level:        {', '.join([rule.level.value, *_other_levels(rule)])}",
        f"  of:           {', '.join(sides)}",
        f"  versions:     {', '.join(sorted(rule.versions))}",
        f"  wires:        {', '.join(sorted(wire.value for wire in rule.wires))}",
        f"  seen:         {rule.seen.value}{', intrusive' if rule.intrusive else ''}",
    ]
    if rule.needs:
        lines.append(f"  needs:        {', '.join(rule.needs)}")
    for version, source in rule.sources.items():
        lines.append(f"  source:       {source}{f' (OCPP {version})' if version else ''}")
    for version, ids in rule.requirements.items():
        lines.append(f"  requirements: {', '.join(ids)} ({version})")
    if rule.cases:
        lines.append(f"  touches:      {', '.join(rule.cases)}")
    return "\n".join(lines)


def _write(text: str) -> None:
    Console(highlight=False, markup=False, emoji=False).print(Text(text), soft_wrap=True)
