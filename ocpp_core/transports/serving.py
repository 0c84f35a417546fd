"""An ASGI application behind uvicorn, set up as SECURITY.md asks for, inside a program that has a loop of its own.

Needs the extra ``server``. Who runs the command ``uvicorn`` gives it the same options there.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from ssl import DER_cert_to_PEM_cert, SSLContext
from typing import Any

from ocpp_core.model.extras import needed
from ocpp_core.transports._reading import read_less_at_once
from ocpp_core.transports._tls import Tls
from ocpp_core.transports.asgi import OcppApp

with needed("ocpp_core.transports.serving", "uvicorn", "server"):
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.protocols.websockets.wsproto_impl import WSProtocol


class _HandingOver:
    """Hands certificates of stations over to the application, as the extension ``tls`` of ASGI has them.

    It stands before a protocol of uvicorn, which does not; and which has as much read at once as asyncio likes.
    """

    app: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        read_less_at_once(transport)
        super().connection_made(transport)  # type: ignore[misc]  # of the protocol
        secured = transport.get_extra_info("ssl_object")
        if secured is not None:
            self.app = _with_certificate(self.app, secured.getpeercert(binary_form=True))


class _WebSocket(_HandingOver, WSProtocol):
    """A WebSocket of a station."""


class _Http(_HandingOver, H11Protocol):
    """A connection of a station; with TLS it begins once the handshake is done.

    Args:
        tls: Makes that.
        options: Of the protocol of uvicorn.
    """

    def __init__(self, *, tls: Tls | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._tls = tls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._tls is not None and transport.get_extra_info("sslcontext") is None:
            self._tls.start(transport, self)
            return
        super().connection_made(transport)


def _with_certificate(app: Any, certificate: bytes | None) -> Any:
    """The application of one connection."""
    chain = [] if certificate is None else [DER_cert_to_PEM_cert(certificate)]
    tls = {"client_cert_chain": chain, "client_cert_name": None, "client_cert_error": None}

    async def with_tls(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "extensions": {**scope.get("extensions", {}), "tls": tls}}, receive, send)

    return with_tls


#: What is not uvicorn's own choice: SECURITY.md, "Behind uvicorn", says why.
SAFE: dict[str, Any] = {
    "http": _Http,
    "ws": _WebSocket,
    "ws_max_size": 4_194_304,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": 2,
    "log_config": None,
    "access_log": False,
}


class _Server(uvicorn.Server):
    """Several may run in one process, so none of them takes the signals: Ctrl-C belongs to the program."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _unheard(remote: Any, reason: str) -> None:
    """Of another application."""


@asynccontextmanager
async def serving(
    app: Any,
    host: str,
    port: int,
    *,
    ssl: SSLContext | None = None,
    open_timeout: float = 10.0,
    **options: Any,
) -> AsyncGenerator[int, None]:
    """Serves an application while the context lasts.

    The application sees the certificates of stations that TLS has verified (``CERT_REQUIRED`` or ``CERT_OPTIONAL``, and
    the operator's authority among those of the context).

    Args:
        app: An `OcppApp`, or an application that has one mounted. An `OcppApp` is told of handshakes of TLS that fail.
        host: Address or name to listen at.
        port: 0 is any that is free.
        ssl: Of the server, for TLS.
        open_timeout: Seconds for a handshake of TLS.
        options: Of ``uvicorn.Config``, beside those of `SAFE` or in their place. With ``ssl_certfile`` and the like in
            place of `ssl`, nobody is told of handshakes that fail; with another ``ws``, no certificates of WebSocket
            stations are handed over.

    Yields:
        The port.

    Raises:
        OSError: It cannot listen there.
    """
    chosen = {**SAFE, **options}
    tls = None
    if ssl is not None:
        tls = Tls(
            ssl,
            open_timeout=open_timeout,
            close_timeout=chosen["timeout_graceful_shutdown"],
            failed=app.tls_failed if isinstance(app, OcppApp) else _unheard,
        )
        chosen["http"] = partial(_Http, tls=tls)
    config = uvicorn.Config(app, **chosen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        if tls is not None:
            tls.close()
        await running
        listener.close()
