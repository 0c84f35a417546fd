"""An ASGI application behind uvicorn, set up as SECURITY.md asks for, inside a program that has a loop of its own.

Needs the extra ``server``. Who runs the command ``uvicorn`` gives it the same options there.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ocpp_core.model.extras import needed

with needed("ocpp_core.transports.serving", "uvicorn", "server"):
    import uvicorn

#: What is not uvicorn's own choice: SECURITY.md, "Behind uvicorn", says why.
SAFE: dict[str, Any] = {
    "ws": "wsproto",
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


@asynccontextmanager
async def serving(app: Any, host: str, port: int, **options: Any) -> AsyncGenerator[int, None]:
    """Serves an application while the context lasts.

    Args:
        app: An `OcppApp`, or an application that has one mounted.
        host: Address or name to listen at.
        port: 0 is any that is free.
        options: Of ``uvicorn.Config``, beside those of `SAFE` or in their place: ``ssl_certfile`` and the like.

    Yields:
        The port.

    Raises:
        OSError: It cannot listen there.
    """
    config = uvicorn.Config(app, **{**SAFE, **options})
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
        await running
        listener.close()
