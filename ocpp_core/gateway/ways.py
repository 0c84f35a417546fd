"""How a gateway is connected to a back-end as a station: over a WebSocket for each, or over SOAP."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.gateway.backends import Backend
from ocpp_core.links.ends import End
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.versions import Role, Wire

if TYPE_CHECKING:
    import httpx

#: Answers what a back-end asks of a station.
Receive = Callable[[Request[Any] | Notification], Awaitable[Response | None]]


class Ends(Protocol):
    """Who is told of the CSMS's end."""

    def connected(self, csms: End) -> None:
        """It is there, or there again."""
        ...

    def lost(self, csms: End) -> None:
        """It is gone."""
        ...

    async def receive(self, message: Request[Any] | Notification) -> Response | None:
        """It asks something of the station."""
        ...


class Way(Protocol):
    """To one back-end, for all stations."""

    def serving(self) -> AbstractAsyncContextManager[Any]:
        """Entered while the gateway runs."""
        ...

    def joined(
        self, station: Caller, ends: Ends, *, retries: Callable[[Exception], bool] | None
    ) -> AbstractAsyncContextManager[Any]:
        """Connects as this station while the context lasts.

        Args:
            station: As its handlers see it.
            ends: Is told of connections.
            retries: Says whether to go on after a first attempt that has failed; see `Connecting.retries`.

        Raises:
            CannotConnectError: It does not let the station in.
        """
        ...


class JsonWay:
    """A WebSocket for each station."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def serving(self) -> AbstractAsyncContextManager[Any]:
        """See `Way`."""
        return nullcontext()

    @asynccontextmanager
    async def joined(
        self, station: Caller, ends: Ends, *, retries: Callable[[Exception], bool] | None
    ) -> AsyncGenerator[None, None]:
        """See `Way`."""
        from ocpp_core.transports.websocket import Backoff, connect

        backend = self._backend
        credentials = None if backend.credentials is None else backend.credentials(station)
        router = Router(receives=Role.CHARGE_POINT)
        router.on_any(lambda message, _: ends.receive(message))
        options: dict[str, Any] = {
            "password": credentials,
            "retries": retries,
            # Stations begin with ten seconds. Ours wait for us meanwhile, and are given up after their patience.
            "backoff": Backoff(minimum=1.0, doublings=8, spread=2.0),
            # A station that comes back has to wait for the end of its last connection, and so has who ends the gateway.
            "close_timeout": 1.0,
            **backend.options,
        }
        if (context := backend.context_of(station)) is not None:
            options["ssl"] = context
        async with connect(
            backend.url,
            station.identity,
            router,
            backend.version,
            on_connect=ends.connected,
            on_disconnect=ends.lost,
            **options,
        ):
            yield


class SoapWay:
    """One service that the back-end calls for all stations, and one client that calls the back-end for them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._ends: dict[str, Ends] = {}
        self._client: httpx.AsyncClient | None = None
        self._address = ""
        options = dict(backend.options)
        self._client_given: httpx.AsyncClient | None = options.pop("client", None)
        self._reading = {name: options.pop(name) for name in ("tolerance", "max_size") if name in options}
        self._options = options

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None, None]:
        """See `Way`."""
        from ocpp_core.transports._http_client import new_client
        from ocpp_core.transports.asgi import OcppApp
        from ocpp_core.transports.serving import serving

        router = Router(receives=Role.CHARGE_POINT)
        router.on_any(self._receive)
        app = OcppApp(
            router, role=Role.CHARGE_POINT, accepts=[self._backend.version], **self._reading, **self._options
        )
        assert self._backend.listen is not None
        host, port = self._backend.listen
        async with AsyncExitStack() as stack:
            bound = await stack.enter_async_context(serving(app, host, port))
            self._address = self._backend.address or f"http://{f'[{host}]' if ':' in host else host}:{bound}/"
            client = self._client_given or await stack.enter_async_context(new_client())
            self._client = client
            yield

    @asynccontextmanager
    async def joined(
        self, station: Caller, ends: Ends, *, retries: Callable[[Exception], bool] | None
    ) -> AsyncGenerator[None, None]:
        """See `Way`. HTTP has no connection that could fail."""
        from ocpp_core.soap.codec import SoapCodec
        from ocpp_core.transports.soap_http import SoapPeer

        identity, backend = station.identity, self._backend
        codec = SoapCodec(backend.version, role=Role.CHARGE_POINT, address=self._address, **self._reading)
        calling = {name: self._options[name] for name in ("call_timeout",) if name in self._options}
        csms = SoapPeer(codec, identity, client=self._client, address=backend.url, **calling)
        self._ends[identity] = ends
        ends.connected(csms)
        try:
            yield
        finally:
            if self._ends.get(identity) is ends:  # a newer connection of the station may have taken its place
                del self._ends[identity]
            ends.lost(csms)

    async def _receive(self, message: Request[Any] | Notification, caller: Caller) -> Response | None:
        ends = self._ends.get(caller.identity)
        if ends is None:
            raise OcppError(ErrorCode.GENERIC, "the station is not connected")
        return await ends.receive(message)


def way_to(backend: Backend) -> Way:
    """The way to a back-end, by its wire."""
    return JsonWay(backend) if backend.wire is Wire.JSON else SoapWay(backend)
