"""A station on a WebSocket, of whichever server, and how its handlers wait for `on_connect`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from functools import partial
from typing import Any, TypeVar

from ocpp_core.dispatch.connection import DEFAULT, Default
from ocpp_core.dispatch.peer import TIDYING, Peer
from ocpp_core.dispatch.router import Answer, Router
from ocpp_core.dispatch.steps import own_task
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.links.interpreter import Interpreter, Speech
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.versions import Version
from ocpp_core.transports._handshake import GOING_AWAY
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.mending import MendingCodec

R = TypeVar("R", bound=Response)

#: Seconds in which a connection that is replaced may be closed in good form.
BRIEFLY = 1.0


class SocketPeer(Peer[str]):
    """A `Peer` on an open WebSocket: what `websocket.serve` and `OcppApp` have in common.

    Where the server `speaks` a version, `call` and `notify` take messages of that one, whatever the station speaks.

    Attributes:
        handshake: What the station said to open it; on the station's side, what it asked for and got.
        version: That is spoken with the station.
        is_replaced: Whether a newer connection of the same identity has taken its place. `on_disconnect` reads it.
    """

    __slots__ = ("_interpreter", "_waiting_router", "handshake", "is_replaced", "version")

    def __init__(
        self,
        router: Router,
        handshake: Handshake,
        *,
        max_frame: int,
        handlers_wait: bool = False,
        speech: Speech | None = None,
        **options: Any,
    ) -> None:
        assert handshake.version is not None
        self.handshake: Handshake = handshake
        self.version: Version = handshake.version
        self.is_replaced: bool = False
        plain = JsonCodec(
            handshake.version,
            tolerance=handshake.tolerance,
            max_size=max_frame,
            fraction_digits=handshake.style.fraction_digits,
        )
        codec = plain if handshake.mend is None else MendingCodec(plain, handshake.mend)
        super().__init__(codec, router, self._send_text, identity=handshake.identity, **options)
        self._interpreter: Interpreter | None = None
        if speech is not None and speech.version is not self.version:
            self._router = self._interpreter = Interpreter(
                speech,
                router,
                self,
                partial(Peer.call, self),
                observer=self._observer,
                patience=TIDYING * self._grace,
            )
        self._waiting_router: _Waiting | None = None
        if handlers_wait:
            self._router = self._waiting_router = _Waiting(self._router)

    async def call(self, request: Request[R], *, timeout: float | Default | None = DEFAULT) -> R:
        """See `Peer.call`, and `Interpreter.call` where the server speaks another version than the station."""
        if self._interpreter is None:
            return await super().call(request, timeout=timeout)
        return await self._interpreter.call(request, timeout)

    async def notify(self, message: Notification) -> None:
        """See `Peer.notify`, and `Interpreter.tell`."""
        if self._interpreter is None:
            await super().notify(message)
        else:
            await self._interpreter.tell(message)

    async def run(self, messages: AsyncIterator[str]) -> None:
        """See `Peer.run`."""
        try:
            await super().run(messages)
        finally:
            if self._interpreter is not None:
                await self._interpreter.close()

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

    def _send_text(self, text: str) -> Awaitable[None] | None:
        """Sends a frame: None if it has been sent, or what is to be awaited for that."""
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

    def begin(self, request: Request[Any], caller: Any) -> Answer | Awaitable[Answer]:
        if self.is_welcome:
            return self._router.begin(request, caller)
        return self._handle(request, caller)

    async def _handle(self, request: Request[Any], caller: Any) -> Answer:
        await self._decided()
        if not self.is_welcome:
            return Answer(error=OcppError(ErrorCode.INTERNAL))
        return await self._router.handle(request, caller)

    def has_hooks(self, request: Request[Any]) -> bool:
        return self._router.has_hooks(request)

    async def notify(self, message: Notification, caller: Any) -> None:
        await self._decided()
        if self.is_welcome:
            await self._router.notify(message, caller)

    async def run_after(self, request: Request[Any], response: Response, caller: Any) -> None:
        await self._router.run_after(request, response, caller)

    async def _decided(self) -> None:
        if not self.welcomed.is_set():
            await own_task()
            await self.welcomed.wait()
