"""The station's end of OCPP-S: it calls its CSMS, and listens for what that calls.

Needs the extras ``soap`` and ``server``.

Source: OCPP-S 1.6 §3.7 and §5 (a station announces where it listens, in From, and is called there).
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from ipaddress import ip_address
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, Unpack

from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.peer import PeerOptions
from ocpp_core.dispatch.router import Router
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.identities import require_identity
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.payloads.tolerance import DEFAULT_TOLERANCE
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.transports._handshake import authorization_of, require_tls
from ocpp_core.transports._http_client import new_client
from ocpp_core.transports._options import PASSWORD, STATION, check, instance_of, require_of_peer
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving
from ocpp_core.transports.soap_http import OF_CALLS, SoapPeer
from ocpp_core.transports.styles import STYLE, USUAL, Style

if TYPE_CHECKING:
    import httpx


class SoapConnectOptions(PeerOptions, total=False):
    """Options of `connect`, beside where it listens."""

    tolerance: Tolerance
    max_size: int
    style: Style


@asynccontextmanager
async def connect(
    url: str,
    identity: str,
    router: Router,
    version: str,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    address: str | None = None,
    password: str | bytes | None = None,
    ssl: SSLContext | None = None,
    client: "httpx.AsyncClient | None" = None,
    **options: Unpack[SoapConnectOptions],
) -> AsyncGenerator[SoapPeer, None]:
    """A station that calls its CSMS, and listens for it, while the context lasts.

    HTTP has no connection that could be lost, so nothing is sent before the first call; `ocpp_core.dispatch.booted`
    boots, on this wire as on the other.

    Args:
        url: Of the CSMS: ``http`` or ``https``.
        identity: Of the station.
        router: Handlers of the station.
        version: That is spoken.
        host: Where the station listens.
        port: The same; 0 is any that is free.
        address: Where it says that it listens; that must be said where `host` is no address to call, such as 0.0.0.0,
            and behind a proxy. The CSMS that listens to nobody else's word may refuse one that is not the station's.
        password: For security profiles 1 and 2: text, or the bytes of AuthorizationKey.
        ssl: For security profiles 2 and 3 (with the station's certificate loaded); a URL of ``https`` is needed.
        client: An ``httpx.AsyncClient`` for the calls, with TLS and credentials of its own; otherwise one is made.
        options: See `Peer`, of which those count that have a meaning without a connection, and `SoapCodec`. The
            ``tolerance``, by default that of all clients, and the ``style`` are those of both directions.

    Yields:
        The CSMS, to be called.

    Raises:
        LocalProtocolError: The version has no SOAP wire, or does not allow the identity; `ssl` is given for a URL
            without TLS, or `password` or `ssl` beside a `client`.
        OSError: It cannot listen there.
        TypeError: There is no such option.
        ValueError: The address that is listened at is none to be called at, and no other is given.
    """
    check(STATION, locals())
    known = specification(version)
    if Wire.SOAP not in known.error_names:
        raise LocalProtocolError(f"OCPP {known.version} has no SOAP wire")
    require_identity(identity, Version(known.version))
    if address is None and _is_everywhere(host):
        raise ValueError(f"a CSMS cannot call {host}: say by `address` where it finds the station")
    check({"password": PASSWORD.or_none, "ssl": instance_of(SSLContext).or_none}, locals())
    require_tls(url, ssl)
    if client is not None and (password is not None or ssl is not None):
        raise LocalProtocolError("options password, ssl: the client that is given has its own")
    authorization = None if password is None else {"Authorization": authorization_of(identity, password)}
    others: dict[str, Any] = dict(options)
    reading = {name: others.pop(name) for name in ("tolerance", "max_size") if name in others}
    reading.setdefault("tolerance", DEFAULT_TOLERANCE)
    check({"style": STYLE}, others)
    style: Style = others.pop("style", USUAL)
    require_of_peer(others, SoapConnectOptions.__annotations__)
    observer = Observer(others.get("hooks", ()), others.get("redaction"))
    app = OcppApp(
        router,
        role=Role.CHARGE_POINT,
        identity=identity,
        accepts=[version],
        styles=lambda _: style,
        **reading,
        **others,
    )
    calling = {name: others[name] for name in OF_CALLS if name in others}
    async with (
        serving(app, host, port) as bound,
        new_client(ssl, authorization) if client is None else nullcontext(client) as posting,
    ):
        codec = SoapCodec(
            version,
            role=Role.CHARGE_POINT,
            address=address or f"http://{_in_url(host)}:{bound}/",
            **style.of_envelopes,
            **reading,
        )
        yield SoapPeer(codec, identity, client=posting, address=url, observer=observer, **calling)


def _is_everywhere(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:  # a name
        return not host


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
