"""The command `gateway`. What it needs beyond the extra ``cli`` is loaded late."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from rich.text import Text

from ocpp_core.cli.certificates import PEM, Files, client_context, secured, secured_context
from ocpp_core.cli.live import (
    Output,
    addresses,
    admitting,
    aloud,
    forever,
    now,
    read_number,
    run,
    served,
)
from ocpp_core.cli.showing import LEGEND, clean
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.urls import is_url
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.payloads.tolerance import DEFAULT_TOLERANCE

_VERSIONS = click.Choice([version.value for version in Version])
_Network = IPv4Network | IPv6Network


def read_listen(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, int] | None:
    """A host and a port: ``127.0.0.1:9000``.

    Raises:
        click.BadParameter: It is none.
    """
    if value is None:
        return None
    host, colon, port = value.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise click.BadParameter(f"not a host, : and a port: {value}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _read_networks(_: click.Context, __: click.Parameter, values: Sequence[str]) -> Sequence[_Network]:
    try:
        return [ip_network(value) for value in values]
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _read_mirrors(_: click.Context, __: click.Parameter, values: Sequence[str]) -> list[tuple[str, str]]:
    """Versions and URLs; a version is empty where it is not said."""
    known = [version.value for version in Version]
    found = []
    for value in values:
        version, equals, url = value.partition("=")
        if not equals or "://" in version:  # it is of the address itself
            found.append(("", value))
        elif version in known:
            found.append((version, url))
        else:
            raise click.BadParameter(f"no such version: {version}")
    return found


def _require_url(option: str, url: str, version: str) -> None:
    """Makes sure that there can be a back-end of this version.

    Raises:
        click.UsageError: It is no URL of one.
    """
    schemes = {Wire.JSON: ("ws", "wss"), Wire.SOAP: ("http", "https")}
    wanted = [
        scheme for wire in schemes if wire in specification(version).error_names for scheme in schemes[wire]
    ]
    if not is_url(url, wanted):
        raise click.UsageError(f"{option}: OCPP {version} needs a URL of {' or '.join(wanted)}, with a host")


@click.command()
@click.option(
    "--listen",
    default="127.0.0.1:9000",
    show_default=True,
    metavar="[HOST]:PORT",
    callback=read_listen,
    help="Where stations connect; without a host everywhere. Port 0 is any that is free.",
)
@secured
@click.option("--csms", "url", required=True, metavar="URL", help="The CSMS, of ws, wss, http or https.")
@click.option("--csms-version", required=True, type=_VERSIONS, help="OCPP version that it speaks.")
@click.option(
    "--csms-listen",
    metavar="HOST:PORT",
    callback=read_listen,
    help="Where a CSMS that speaks SOAP calls the stations.",
)
@click.option("--csms-address", metavar="URL", help="What it is told of that, if it is behind a proxy.")
@click.option(
    "--csms-ca",
    "authority",
    type=PEM,
    help="PEM file of the authorities, in place of those of the system, that certify a CSMS of wss.",
)
@click.option(
    "--csms-certificate",
    "certificate",
    type=PEM,
    help="PEM file of a certificate that all stations show to a CSMS of wss, with its key or beside --csms-key.",
)
@click.option("--csms-key", "key", type=PEM, help="PEM file of the key of --csms-certificate, not encrypted.")
@click.option(
    "--store",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File in which transactions and the like outlive a restart; made if there is none.",
)
@click.option(
    "--mirror",
    "mirrors",
    multiple=True,
    metavar="[VERSION=]URL",
    callback=_read_mirrors,
    help="A further back-end that hears what stations send and decides nothing. May be repeated.",
)
@click.option(
    "--mirror-may",
    "allows",
    multiple=True,
    metavar="ACTION",
    help="What mirrors may ask of stations; nothing without it. May be repeated.",
)
@click.option(
    "--may-call",
    "networks",
    multiple=True,
    metavar="NETWORK",
    callback=_read_networks,
    help="Where SOAP stations may be called, as 10.0.0.0/8; nowhere without it. May be repeated.",
)
@click.option(
    "--patience",
    type=click.FloatRange(0.1, 3600),
    callback=read_number,
    default=20.0,
    show_default=True,
    help="Seconds that stations are kept while the CSMS is away.",
)
@admitting
@click.pass_context
def gateway(
    context: click.Context,
    listen: tuple[str, int],
    own_certificate: Path | None,
    own_key: Path | None,
    client_authority: Path | None,
    url: str,
    csms_version: str,
    csms_listen: tuple[str, int] | None,
    csms_address: str | None,
    authority: Path | None,
    certificate: Path | None,
    key: Path | None,
    file: Path | None,
    mirrors: list[tuple[str, str]],
    allows: Sequence[str],
    networks: Sequence[_Network],
    patience: float,
    accept: Sequence[str],
    default_version: str | None,
    aliases: dict[str, str],
    ping_interval: float,
    tolerance: Tolerance,
    tolerant: bool,
) -> None:
    """Stands between stations of any version and a CSMS of one, until Ctrl-C or SIGTERM.

    Each station is connected to the CSMS under its own identity, with the password that it shows. A line is written for
    whatever passes, with what was lost; on a terminal, a table below counts it.
    """
    _require_url("--csms", url, csms_version)
    is_soap = urlsplit(url).scheme.startswith("http")
    if is_soap and csms_listen is None:
        raise click.UsageError("--csms: a CSMS that speaks SOAP calls stations; say by --csms-listen where")
    if not is_soap and (csms_listen is not None or csms_address is not None):
        raise click.UsageError(
            "--csms-listen, --csms-address: only a CSMS that speaks SOAP calls stations there"
        )
    if allows and not mirrors:
        raise click.UsageError("--mirror-may: there is no mirror")
    others = [(version or csms_version, mirror) for version, mirror in mirrors]
    for version, mirror in others:
        _require_url("--mirror", mirror, version)
        if urlsplit(mirror).scheme.startswith("http"):
            raise click.UsageError("--mirror: a URL of ws or wss is needed")
        _require_actions(allows, version)
    if len({url, *(mirror for _, mirror in others)}) <= len(others):
        raise click.UsageError("--mirror: this back-end is there already")

    files = Files(certificate, key, authority, ("--csms-certificate", "--csms-key", "--csms-ca"))
    tls = client_context(files, url, "wss")
    own_tls = secured_context(own_certificate, own_key, client_authority)

    async def work(output: Output, store: Any) -> int:
        from ocpp_core.cli.relay_board import RelayBoard
        from ocpp_core.gateway import Backend, Gateway, Passed

        board = RelayBoard(output, {mirror: f"m{number}" for number, (_, mirror) in enumerate(others, 1)})
        accepted = Tolerance.TOLERANT if tolerant else DEFAULT_TOLERANCE | tolerance

        def watch(passed: Passed) -> None:
            board.add(passed)
            output.message(Text.assemble(now(), board.line(passed)))

        reading = {"tolerance": accepted}
        csms = Backend(
            url=url,
            version=csms_version,
            listen=csms_listen,
            address=csms_address,
            tls=tls,
            options=reading,
        )
        looking_on = [
            Backend(name=mirror, url=mirror, version=version, allows=allows, options=reading)
            for version, mirror in others
        ]
        host, port = listen
        relay = Gateway(csms, mirrors=looking_on, store=store, patience=patience, watch=watch)
        app = relay.app(
            accepts=accept,
            default_version=default_version,
            aliases=aliases,
            tolerance=accepted,
            may_call=partial(_is_within, networks),
        )
        with aloud(output, "gateway", "admission", "stations", "websocket"):
            async with relay, served(app, host, port, ping_interval, own_tls) as bound:
                output.print(f"serving {addresses(host, bound, own_tls)}")
                output.print(f"OCPP {', '.join(accept)} before OCPP {csms_version} at {csms.name}")
                for number, one in enumerate(looking_on, 1):
                    output.print(f"m{number}, which looks on: OCPP {one.version} at {one.name}")
                output.message(Text(LEGEND, "dim"))
                with board.shown():
                    await forever()

    with _stored(file) as store:
        code = run(lambda output: work(output, store), is_endless=True)
    context.exit(code)


def _require_actions(names: Sequence[str], version: str) -> None:
    """Makes sure that a back-end of this version can ask for all of them.

    Raises:
        click.UsageError: One is no action of a CSMS.
    """
    known = specification(version).actions
    for name in names:
        if name not in known or known[name].sent_by is Role.CHARGE_POINT:
            raise click.UsageError(
                f"--mirror-may: OCPP {version} has no call of a CSMS of this name: {clean(name)}"
            )


def _stored(file: Path | None) -> Any:
    """The store in a file, as a context.

    Raises:
        click.UsageError: It cannot be used.
    """
    import sqlite3
    from contextlib import closing

    from ocpp_core.translation.sessions import SqliteStore, StateError

    if file is None:
        return nullcontext()
    try:
        return closing(SqliteStore(file, alone=True))
    except sqlite3.OperationalError as error:
        is_taken = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
        why = (
            "another process has it, and one gateway at a time may use it" if is_taken else clean(str(error))
        )
        raise click.UsageError(f"--store: {clean(str(file))}: {why}") from None
    except (StateError, sqlite3.Error) as error:
        raise click.UsageError(f"--store: {clean(str(file))}: {clean(str(error))}") from None


def _is_within(networks: Sequence[_Network], _: str, address: str) -> bool:
    """Whether an address is that of a machine in one of the networks; names are in none."""
    try:
        found = ip_address(urlsplit(address).hostname or "")
    except ValueError:
        return False
    return any(found in network for network in networks)
