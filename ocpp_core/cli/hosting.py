"""Real sockets for `simulate` and `demo`: a station's way to its CSMS, on either wire.

Needs the extras ``websockets``, ``server`` and ``soap``; imported only by the commands that do.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from ssl import SSLContext

from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.transports import soap_station
from ocpp_core.transports.websocket import Backoff, connect

#: Somebody is looking on, and the CSMS serves few.
_AT_A_DESK = Backoff(minimum=1.0, doublings=3, spread=0.5)


@asynccontextmanager
async def online(
    url: str,
    identity: str,
    version: str,
    router: Router,
    *,
    soap: bool = False,
    password: str | None = None,
    ssl: SSLContext | None = None,
    listen: str = "127.0.0.1",
    address: str | None = None,
    ping_interval: float | None = 20.0,
    close_timeout: float = 10.0,
    tolerance: Tolerance = Tolerance.STRICT,
    on_connect: Callable[[], None] | None = None,
    hooks: Sequence[Hooks] = (),
) -> AsyncGenerator[Caller, None]:
    """A station that is connected while the context lasts.

    Args:
        url: Of the CSMS: ``ws`` or ``wss``, or ``http`` or ``https`` with SOAP.
        identity: Of the station.
        version: That it speaks.
        router: Its handlers.
        soap: Speak SOAP: the station then listens too, on any free port, and announces the address.
        password: For Basic authentication.
        ssl: What is shown to a CSMS of ``wss`` or ``https``, and who is trusted; as the system has it otherwise.
        listen: Host that the station's SOAP service listens on.
        address: Where the station says that it listens, if that is not where it does.
        ping_interval: Seconds between pings of the WebSocket; None sends none.
        close_timeout: Seconds for the end of the WebSocket.
        tolerance: What is accepted of the CSMS.
        on_connect: Told of every new connection. With it the station connects again and again, at first and when its
            connection is lost, and calls wait for that. SOAP has no connections.
        hooks: Listen to both directions.

    Yields:
        The CSMS, to be called.

    Raises:
        OSError: It cannot be reached, or does not let the station in.
        LocalProtocolError: A station of this version cannot have this identity.
        ValueError: The CSMS cannot be told where the station listens.
    """
    if soap:
        async with soap_station.connect(
            url,
            identity,
            router,
            version,
            host=listen,
            address=address,
            password=password,
            ssl=ssl,
            tolerance=tolerance,
            hooks=hooks,
        ) as csms:
            yield csms
        return
    stays = on_connect is not None
    async with connect(
        url,
        identity,
        router,
        version,
        reconnect=stays,
        wait=stays,
        backoff=_AT_A_DESK,
        on_connect=None if on_connect is None else lambda _: on_connect(),
        password=password,
        ssl=ssl,
        ping_interval=ping_interval,
        close_timeout=close_timeout,
        tolerance=tolerance,
        hooks=hooks,
    ) as station:
        yield station
