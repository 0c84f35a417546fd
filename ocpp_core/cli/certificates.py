"""Certificates on the command line: of a server that stations connect to, and of stations before their CSMS.

A key that is encrypted is refused: there is nobody to ask for its password.
"""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import click

from ocpp_core.cli.choices import Options, together
from ocpp_core.cli.showing import clean

#: A file of certificates or keys.
PEM = click.Path(exists=True, dir_okay=False, path_type=Path)


#: The options of a server with TLS; `secured_context` takes them.
secured: Options = together(
    click.option(
        "--certificate",
        "--cert",
        "own_certificate",
        type=PEM,
        help="PEM file of a certificate, with its key or beside --key. Stations connect by wss and https then.",
    ),
    click.option("--key", "own_key", type=PEM, help="PEM file of the key of --certificate, not encrypted."),
    click.option(
        "--client-ca",
        "client_authority",
        type=PEM,
        help="PEM file of the authorities that certify stations: each has to show a certificate then, with its "
        "identity as common name.",
    ),
)


def shown(addition: str = "") -> Options:
    """The options of one that shows a certificate of its own to a CSMS; `shown_files` takes them.

    Args:
        addition: What is to be said of the certificate besides.
    """
    return together(
        click.option(
            "--ca",
            "authority",
            type=PEM,
            help="PEM file of the authorities to trust, in place of those of the system.",
        ),
        click.option(
            "--cert",
            "--certificate",
            "certificate",
            type=PEM,
            help=f"PEM file of the certificate to show{addition}.",
        ),
        click.option("--key", type=PEM, help="PEM file of its key, not encrypted, if that is another."),
    )


def shown_files(certificate: Path | None, key: Path | None, authority: Path | None) -> "Files":
    """What the options of `shown` say."""
    return Files(certificate, key, authority, ("--cert", "--key", "--ca"))


def secured_context(
    certificate: Path | None, key: Path | None, authority: Path | None
) -> ssl.SSLContext | None:
    """`server_context` of the options of a command that is `secured`."""
    return server_context(Files(certificate, key, authority, ("--certificate", "--key", "--client-ca")))


class Files(NamedTuple):
    """What one end of TLS shows and trusts.

    Attributes:
        certificate: PEM file.
        key: PEM file; None if it is in that of the certificate.
        authority: PEM file of who certifies the other end.
        options: How the options are called that name these three.
    """

    certificate: Path | None
    key: Path | None
    authority: Path | None
    options: tuple[str, str, str]


def server_context(files: Files) -> ssl.SSLContext | None:
    """The context with which others connect by TLS, and show a certificate if there is an authority for it.

    Returns:
        None without a certificate.

    Raises:
        click.UsageError: A file cannot be used, or is of no certificate.
    """
    certificate, _, authority = files.options
    if files.certificate is None and files.authority is not None:
        raise click.UsageError(f"{authority}: stations show no certificate without TLS; give {certificate}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(context, files)
    if files.authority is not None:
        with _used(authority, "certificate", files.authority):
            context.load_verify_locations(files.authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return None if files.certificate is None else context


def client_context(files: Files, url: str, *schemes: str) -> ssl.SSLContext | None:
    """The context of the connections to a CSMS; None if nothing is said of it.

    Args:
        files: The authority stands in place of those that the system trusts.
        url: Of the CSMS.
        schemes: What it may be reached by.

    Raises:
        click.UsageError: There is no TLS in the URL, or a file cannot be used.
    """
    *given, options = files
    named = [option for option, file in zip(options, given, strict=True) if file is not None]
    if not named:
        return None
    if urlsplit(url).scheme not in schemes:
        raise click.UsageError(f"{', '.join(named)}: certificates are of a CSMS of {' or '.join(schemes)}")
    with _used(options[-1], "certificate", files.authority):
        context = ssl.create_default_context(cafile=files.authority)
    _load(context, files)
    return context


def _load(context: ssl.SSLContext, files: Files) -> None:
    certificate, key, _ = files.options
    if files.certificate is not None:
        with _used(certificate, "certificate or key", files.certificate):
            # Without a password it would ask for one on the terminal.
            context.load_cert_chain(files.certificate, files.key, password=str)
    elif files.key is not None:
        raise click.UsageError(f"{key}: the key of which {certificate}?")


@contextmanager
def _used(option: str, what: str, file: Path | None) -> Generator[None, None, None]:
    try:
        yield
    except (OSError, ValueError) as error:
        # OpenSSL names no file.
        told = f"{option}: this {what} cannot be used: {file}: {error}"
        raise click.UsageError(clean(told)) from None
