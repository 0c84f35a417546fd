"""A station on a WebSocket, of whichever server, and how its handlers wait for `on_connect`."""

import asyncio
from typing import Any

from ocpp_core.dispatch.peer import Peer
from ocpp_core.dispatch.router import Answer, Router
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.versions import Version
from ocpp_core.transports._handshake import GOING_AWAY
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.mending import MendingCodec

#: Seconds in which a connection that is replaced may be closed in good form.
BRIEFLY = 1.0


class SocketPeer(Peer[str]):
    """A `Peer` on an open WebSocket: what `websocket.serve` and `OcppApp` have in common.

    Attributes:
        handshake: What the station said to open it; on the station's side, what it asked for and got.
        version: That is spoken.
        is_replaced: Whether a newer connection of the same identity has taken its place. `on_disconnect` reads it.
    """

    def __init__(
        self,
        router: Router,
        handshake: Handshake,
        *,
        max_frame: int,
        handlers_wait: bool = False,
        **options: Any,
    ) -> None:
        assert handshake.version is not None
        self.handshake = handshake
        self.version: Version = handshake.version
        self.is_replaced: bool = False
        self._waiting_router = _Waiting(router) if handlers_wait else None
        plain = JsonCodec(
            handshake.version,
            tolerance=handshake.tolerance,
            max_size=max_frame,
            fraction_digits=handshake.style.fraction_digits,
        )
        codec = plain if handshake.mend is None else MendingCodec(plain, handshake.mend)
        super().__init__(
            codec, self._waiting_router or router, self._send_text, identity=handshake.identity, **options
        )

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        raise NotImplementedError

    @property
    def close_code(self) -> int | None:
        """Of the WebSocket; None while it is open."""
        raise NotImplementedError

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Lets handlers end and answers go out for up to the ``grace``, then closes the WebSocket."""
        raise NotImplementedError

    def abort(self) -> None:
        """Cuts the connection at once, without a Close frame: some stations that get one stay away for good.

        What waits to be sent is lost; handlers have their ``grace``.
        """
        raise NotImplementedError

    async def give_way(self) -> None:
        """Ends for a newer connection of the same identity, which waits for this one's end.

        Most of those that are replaced have long been gone, so that the Close frame has `BRIEFLY`, and not as long as
        another would have.
        """
        self.is_replaced = True
        await Peer.close(self)
        closing = asyncio.ensure_future(self.close(GOING_AWAY, "connected again"))
        try:
            await asyncio.wait({closing}, timeout=BRIEFLY)
        finally:
            self.abort()
            await closing

    @property
    def is_held(self) -> bool:
        """Whether handlers wait for `on_connect`."""
        return self._waiting_router is not None and not self._waiting_router.welcomed.is_set()

    def welcome(self, is_welcome: bool) -> None:
        """Lets handlers run that had to wait for `on_connect`; if that has failed, they never run."""
        if self._waiting_router is not None:
            self._waiting_router.is_welcome = is_welcome
            self._waiting_router.welcomed.set()

    async def _send_text(self, text: str) -> None:
        raise NotImplementedError


class _Waiting(Router):
    """A router whose handlers run once the station has been welcomed.

    Attributes:
        welcomed: Set when that is decided.
        is_welcome: How; if not, calls are answered InternalError and notifications dropped.
    """

    def __init__(self, router: Router) -> None:
        super().__init__()
        self.welcomed = asyncio.Event()
        self.is_welcome = False
        self._router = router

    async def handle(self, request: Request[Any], caller: Any) -> Answer:
        await self.welcomed.wait()
        if not self.is_welcome:
            return Answer(error=OcppError(ErrorCode.INTERNAL))
        return await self._router.handle(request, caller)

    async def notify(self, message: Notification, caller: Any) -> None:
        await self.welcomed.wait()
        if self.is_welcome:
            await self._router.notify(message, caller)

    async def run_after(self, request: Request[Any], response: Response, caller: Any) -> None:
        await self._router.run_after(request, response, caller)
