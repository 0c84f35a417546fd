"""The command `gateway`. What it needs beyond the extra ``cli`` is loaded late."""

import ssl
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from rich.text import Text

from ocpp_core.cli.live import (
    Output,
    admitting,
    aloud,
    forever,
    heard,
    is_url,
    now,
    read_number,
    run,
    served,
)
from ocpp_core.cli.showing import LEGEND, clean
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.payloads.tolerance import DEFAULT_TOLERANCE

_VERSIONS = click.Choice([version.value for version in Version])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
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
        found.append((version, url) if equals and version in known else ("", value))
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
@click.option(
    "--certificate",
    "own_certificate",
    type=_FILE,
    help="PEM file of a certificate, with its key or beside --key. Stations connect by wss and https then.",
)
@click.option("--key", "own_key", type=_FILE, help="PEM file of the key of --certificate, not encrypted.")
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
    type=_FILE,
    help="PEM file of the authorities, in place of those of the system, that certify a CSMS of wss.",
)
@click.option(
    "--csms-certificate",
    "certificate",
    type=_FILE,
    help="PEM file of a certificate that all stations show to a CSMS of wss, with its key or beside --csms-key.",
)
@click.option(
    "--csms-key", "key", type=_FILE, help="PEM file of the key of --csms-certificate, not encrypted."
)
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
    if urlsplit(url).scheme.startswith("http") and csms_listen is None:
        raise click.UsageError("--csms: a CSMS that speaks SOAP calls stations; say by --csms-listen where")
    others = [(version or csms_version, mirror) for version, mirror in mirrors]
    for version, mirror in others:
        _require_url("--mirror", mirror, version)
        if urlsplit(mirror).scheme.startswith("http"):
            raise click.UsageError("--mirror: a URL of ws or wss is needed")
        _require_actions(allows, version)
    if len({url, *(mirror for _, mirror in others)}) <= len(others):
        raise click.UsageError("--mirror: this back-end is there already")

    tls = _tls(url, authority, certificate, key)
    own_tls = _own_tls(own_certificate, own_key)

    async def work(output: Output, store: Any) -> int:
        from ocpp_core.cli.relay_board import RelayBoard
        from ocpp_core.gateway import Backend, Gateway, Passed

        board = RelayBoard(output, {mirror: f"m{number}" for number, (_, mirror) in enumerate(others, 1)})
        accepted = Tolerance.TOLERANT if tolerant else DEFAULT_TOLERANCE | tolerance

        def watch(passed: Passed) -> None:
            board.add(passed)
            output.message(Text.assemble(now(), board.line(passed)))

        csms = Backend(
            url=url,
            version=csms_version,
            listen=csms_listen,
            address=csms_address,
            tls=tls,
            options={"tolerance": accepted},
        )
        looking_on = [
            Backend(name=mirror, url=mirror, version=version, allows=allows, options={"tolerance": accepted})
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
        with aloud(output, "gateway", "admission"):
            async with relay, served(app, host, port, ping_interval, **own_tls) as bound:
                shown, secure = host or "0.0.0.0", "s" if own_tls else ""
                click.echo(
                    f"serving ws{secure}://{shown}:{bound}/IDENTITY and http{secure}://{shown}:{bound}/"
                )
                click.echo(f"OCPP {', '.join(accept)} before OCPP {csms_version} at {csms.name}")
                for number, one in enumerate(looking_on, 1):
                    click.echo(f"m{number}, which looks on: OCPP {one.version} at {one.name}")
                sys.stdout.flush()
                output.message(Text(LEGEND, "dim"))
                with board.shown():
                    await forever()

    async def relayed(store: Any) -> int:
        output = Output()
        return await heard(output, work(output, store))

    with _stored(file) as store:
        code = run(partial(relayed, store), is_endless=True)
    context.exit(code)


def _tls(
    url: str, authority: Path | None, certificate: Path | None, key: Path | None
) -> ssl.SSLContext | None:
    """The context of the connections to the CSMS; None if nothing is said of it.

    Raises:
        click.UsageError: There is no TLS in the URL, or a file cannot be used.
    """
    if authority is None and certificate is None and key is None:
        return None
    if urlsplit(url).scheme != "wss":
        raise click.UsageError("--csms: certificates are of a CSMS of wss")
    if certificate is None and key is not None:
        raise click.UsageError("--csms-key: the key of which --csms-certificate?")
    try:
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--csms-ca: this certificate cannot be used: {clean(str(error))}") from None
    if certificate is not None:
        _load(context, "--csms-certificate", certificate, key)
    return context


def _own_tls(certificate: Path | None, key: Path | None) -> dict[str, Path | None]:
    """The options of uvicorn with which stations connect by TLS; none without a certificate.

    Raises:
        click.UsageError: A file cannot be used.
    """
    if certificate is None:
        if key is not None:
            raise click.UsageError("--key: the key of which --certificate?")
        return {}
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), "--certificate", certificate, key)
    return {"ssl_certfile": certificate, "ssl_keyfile": key}


def _load(context: ssl.SSLContext, option: str, certificate: Path, key: Path | None) -> None:
    """Loads a certificate and its key.

    Raises:
        click.UsageError: They cannot be used.
    """
    try:
        # Without a password it would ask for one on the terminal.
        context.load_cert_chain(certificate, key, password=str)
    except (OSError, ValueError) as error:
        raise click.UsageError(
            f"{option}: this certificate or key cannot be used: {clean(str(error))}"
        ) from None


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
