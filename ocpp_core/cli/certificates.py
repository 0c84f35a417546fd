"""Certificates on the command line: of a server that stations connect to, and of stations before their CSMS."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from ocpp_core.cli.showing import clean

_F = TypeVar("_F", bound=Callable[..., Any])

#: A file of certificates or keys.
PEM = click.Path(exists=True, dir_okay=False, path_type=Path)


def secured(command: _F) -> _F:
    """The options of a server with TLS; `server_context` takes them."""
    options: list[Callable[[_F], _F]] = [
        click.option(
            "--certificate",
            "own_certificate",
            type=PEM,
            help="PEM file of a certificate, with its key or beside --key. Stations connect by wss and https then.",
        ),
        click.option(
            "--key", "own_key", type=PEM, help="PEM file of the key of --certificate, not encrypted."
        ),
        click.option(
            "--client-ca",
            "client_authority",
            type=PEM,
            help="PEM file of the authorities that certify stations: each has to show a certificate then, with its "
            "identity as common name.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def server_context(
    certificate: Path | None, key: Path | None, client_authority: Path | None
) -> ssl.SSLContext | None:
    """The context with which stations connect by TLS; None without a certificate.

    Raises:
        click.UsageError: A file cannot be used, or is of no certificate.
    """
    if certificate is None:
        if key is not None:
            raise click.UsageError("--key: the key of which --certificate?")
        if client_authority is not None:
            raise click.UsageError(
                "--client-ca: stations show no certificate without TLS; give --certificate"
            )
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(context, "--certificate", certificate, key)
    if client_authority is not None:
        try:
            context.load_verify_locations(client_authority)
        except (OSError, ValueError) as error:
            raise click.UsageError(
                f"--client-ca: this certificate cannot be used: {clean(str(error))}"
            ) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def csms_context(
    url: str, authority: Path | None, certificate: Path | None, key: Path | None
) -> ssl.SSLContext | None:
    """The context of the connections to a CSMS; None if nothing is said of it.

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


def _load(context: ssl.SSLContext, option: str, certificate: Path, key: Path | None) -> None:
    try:
        # Without a password it would ask for one on the terminal.
        context.load_cert_chain(certificate, key, password=str)
    except (OSError, ValueError) as error:
        raise click.UsageError(
            f"{option}: this certificate or key cannot be used: {clean(str(error))}"
        ) from None
