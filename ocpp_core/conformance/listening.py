"""How the kit, as a CSMS, waits for a station over WebSocket, and keeps its connection from check to check."""

import asyncio
import http
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from ssl import SSLContext
from typing import cast

from attrs import evolve
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import NegotiationError
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from ocpp_core.conformance.json_stage import CLOSE_TIMEOUT, MAX_SIZE, OPEN_TIMEOUT, JsonStage, Line
from ocpp_core.conformance.stages import Opening
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.model.printing import SHORT, printable
from ocpp_core.transports._floods import BoundedServerConnection
from ocpp_core.transports._handshake import credentials_in, identity_in, is_password, offered_in

#: Kinds of refusals that are kept.
_MOST_REFUSED = 3


class Door(Line):
    """Where a station connects.

    Args:
        subprotocols: That are agreed to.
        identity: Of the station that is let in; None is the first that comes.
        password: That it has to know; None asks for none.
        hex_allowed: See `is_password`.
        patience: Seconds for a station to come, at first and after its connection was ended.

    Attributes:
        port: Where it listens.
        identity: Of the station that was let in.
        refused: Why others were not: the last of what was said to them, for whoever waits in vain.
    """

    def __init__(
        self,
        subprotocols: tuple[str, ...],
        *,
        identity: str | None = None,
        password: str | bytes | None = None,
        hex_allowed: bool = False,
        patience: float = 120.0,
    ) -> None:
        self.port: int = 0
        self.identity: str | None = identity
        self.refused: deque[str] = deque(maxlen=_MOST_REFUSED)
        self.is_registered: bool = False
        self._subprotocols = subprotocols
        self._password = password
        self._hex_allowed = hex_allowed
        self._patience = patience
        self._openings: dict[ServerConnection, Opening] = {}
        self._connection: ServerConnection | None = None
        self._arrived = asyncio.Event()
        self._stage: JsonStage | None = None
        self._is_awaited = False
        self._asked: frozenset[str] = frozenset()

    @asynccontextmanager
    async def listening(
        self, host: str, port: int, ssl: SSLContext | None = None
    ) -> AsyncGenerator["Door", None]:
        """Listens while the context lasts."""
        async with serve(
            self._serve,
            host,
            port,
            process_request=self._admit,
            select_subprotocol=self._select,
            compression=None,
            ping_interval=None,  # see `Dial`
            create_connection=cast(
                "type[ServerConnection]", partial(BoundedServerConnection, max_size=MAX_SIZE)
            ),
            max_size=MAX_SIZE,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            server_header=None,
            ssl=ssl,
        ) as server:
            self.port = _port(server)
            yield self

    async def wait(self) -> bool:
        """Waits until the station is there; False if it does not come."""
        try:
            async with asyncio.timeout(self._patience):
                await self._arrived.wait()
        except TimeoutError:
            return False
        return True

    # As a line

    async def opened(self, stage: JsonStage) -> Connection:
        """See `Line`."""
        self._stage = stage
        stage.earlier = self._asked
        stage.is_registered = stage.was_registered = self.is_registered
        if self._connection is not None and self._connection.state is not State.OPEN:
            self._lost(self._connection)
        self._is_awaited = True
        try:
            if not await self.wait():
                others = "".join(f"; refused {one}" for one in self.refused)
                raise Inconclusive(f"no station has connected in {self._patience:.0f} s{others}")
        finally:
            self._is_awaited = False
        connection = self._connection
        if connection is None:
            raise Inconclusive("the station has left as soon as it came")
        self._record(stage, connection)
        return connection

    async def left(self, stage: JsonStage, connection: Connection) -> None:
        """See `Line`."""
        self._stage = None
        self._asked |= frozenset(stage.asked)
        self.is_registered = stage.is_registered

    def _record(self, stage: JsonStage, connection: ServerConnection) -> None:
        opening = self._openings[connection]
        note = f"agreed on {opening.chosen or 'no subprotocol'}"
        text = f"GET {opening.path}, offering {', '.join(opening.offered) or 'nothing'}"
        entry = stage.record(Direction.RECEIVED, What.OPENED, text, note)
        stage.opening = evolve(opening, mark=entry.number)

    # The server

    def _admit(self, connection: ServerConnection, asked: Request) -> Response | None:
        status, why = self._judged(asked)
        if status is None:
            return None
        self._remember(asked, why)
        return connection.respond(status, f"{why}\n")

    def _remember(self, asked: Request | None, why: str) -> None:
        path = "" if asked is None else asked.path.partition("?")[0]  # what follows may be a secret
        told = f"{printable(path, SHORT)}: {why}"
        if told not in self.refused:  # they come again and again
            self.refused.append(told)

    def _judged(self, asked: Request) -> tuple[http.HTTPStatus | None, str]:
        try:
            identity = identity_in(asked.path)
        except ValueError as error:
            return http.HTTPStatus.NOT_FOUND, str(error)
        if self.identity not in (None, identity):
            return http.HTTPStatus.NOT_FOUND, f"only {self.identity} is tested here"
        if self._password is not None:
            given = credentials_in(asked.headers.get("Authorization", ""), identity)
            if given is None or not (
                given[0] == identity and is_password(given[1], self._password, hex_allowed=self._hex_allowed)
            ):
                return http.HTTPStatus.UNAUTHORIZED, "another password is needed"
        return None, ""

    def _select(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        chosen = next((name for name in offered if name in self._subprotocols), None)
        if chosen is None and offered:
            why = f"the subprotocol {' or '.join(self._subprotocols)} is needed"
            self._remember(connection.request, why)
            raise NegotiationError(why)
        return chosen

    async def _serve(self, connection: ServerConnection) -> None:
        asked = connection.request
        assert asked is not None
        headers = {name.lower(): value for name, value in asked.headers.raw_items()}
        offered = offered_in(asked.headers.get_all("Sec-WebSocket-Protocol"))
        chosen = None if connection.subprotocol is None else str(connection.subprotocol)
        self.identity = identity_in(asked.path)
        self._openings[connection] = Opening(asked.path, offered, chosen, 101, headers)
        replaced, self._connection = self._connection, connection
        if replaced is not None:
            replaced.transport.abort()
        stage = self._stage
        if stage is not None and not self._is_awaited:  # it has come back by itself
            self._record(stage, connection)
            stage.take(connection)
        self._arrived.set()
        try:
            await connection.wait_closed()
        finally:
            self._lost(connection)
            self._openings.pop(connection, None)

    def _lost(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
            self._arrived.clear()


def _port(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])
