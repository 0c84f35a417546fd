"""How the kit, as a station, connects to a CSMS under test over WebSocket."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve, frozen
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from ocpp_core.conformance.json_stage import CLOSE_TIMEOUT, MAX_SIZE, OPEN_TIMEOUT, JsonStage, Line, end
from ocpp_core.conformance.stages import Encrypted, Opening
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.transports._floods import BoundedClientConnection
from ocpp_core.transports._handshake import authorization_of, url_of

#: Why OpenSSL offers nothing: it has none of what is wanted.
_OF_THIS_MACHINE = frozenset({"NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE"})


@frozen(kw_only=True)
class Dial(Line):
    """Connects to a CSMS, anew for every stage.

    Attributes:
        url: Of the endpoint; the identity is added to it.
        identity: Of the played station.
        password: For Basic authentication.
        ssl: For ``wss``; None takes what the system trusts.
        subprotocols: That are offered.
    """

    url: str
    identity: str
    subprotocols: tuple[str, ...]
    password: str | bytes | None = None
    ssl: SSLContext | None = None

    async def opened(self, stage: JsonStage) -> Connection:
        """See `Line`."""
        opening, connection = await self._connected(
            stage, self.identity, self.identity, self.password, self.subprotocols
        )
        stage.opening = opening
        if connection is None:
            if not opening.status:
                raise Inconclusive(f"the CSMS is not reached: {stage.trace[opening.mark].note}")
            raise Inconclusive(f"the CSMS does not let {self.identity} in: HTTP {opening.status}")
        return connection

    async def tried(
        self,
        stage: JsonStage,
        *,
        identity: str | None,
        password: str | bytes | None,
        username: str | None,
        offers: Sequence[str] | None,
    ) -> Opening:
        """See `Line`."""
        identity = self.identity if identity is None else identity
        opening, connection = await self._connected(
            stage,
            identity,
            identity if username is None else username,
            self.password if password is None else password or None,
            self.subprotocols if offers is None else tuple(offers),
        )
        if connection is not None:
            # Whoever has agreed to nothing has to end it; nobody else is waited for.
            if opening.chosen is None:
                closed = await _ended_within(connection, stage.profile.silence)
                opening = evolve(opening, closed=closed)
                if closed:
                    stage.record(Direction.RECEIVED, What.CLOSED, closed, "the other connection")
            await end(connection)
        return opening

    async def encrypted(self, stage: JsonStage, context: SSLContext) -> Encrypted:
        """See `Line`."""
        where = urlsplit(self.url)
        if where.scheme != "wss":
            stage.does_not_apply("it is not reached over TLS")
        note, version, cipher = "", "", ""
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                _, writer = await asyncio.open_connection(where.hostname, where.port or 443, ssl=context)
        except (OSError, TimeoutError) as error:
            if getattr(error, "reason", None) in _OF_THIS_MACHINE:
                stage.cannot_tell(f"this machine cannot offer it: {error}")
            note = _missed(error)
        else:
            agreed = writer.get_extra_info("ssl_object")
            version, cipher = agreed.version(), agreed.cipher()[0]
            note = f"agreed on {version}, {cipher}"
            writer.transport.abort()
        entry = stage.record(Direction.SENT, What.OPENED, f"TLS with {where.netloc}", note)
        return Encrypted(version, cipher, entry.number)

    async def left(self, stage: JsonStage, connection: Connection) -> None:
        """See `Line`."""
        await end(connection)

    async def _connected(
        self,
        stage: JsonStage,
        identity: str,
        username: str,
        password: str | bytes | None,
        offers: tuple[str, ...],
    ) -> tuple[Opening, ClientConnection | None]:
        """What became of an attempt, and the connection if there is one."""
        url = url_of(self.url, identity)
        path = url.partition("://")[2].partition("/")[2]
        said = f"GET /{path} as {username}, offering {', '.join(offers) or 'nothing'}"
        headers: dict[str, str] = {}
        if password is not None:
            headers["Authorization"] = authorization_of(username, password)
        secure: dict[str, Any] = {"ssl": self.ssl} if self.ssl is not None else {}
        status, got, chosen, note, connection = 0, {}, None, "", None
        certificate: Mapping[str, Any] = {}
        try:
            connection = await connect(
                url,
                subprotocols=[Subprotocol(name) for name in offers] or None,
                additional_headers=headers,
                compression=None,
                # Whether pings are answered is a rule of its own, and no reason to end the connection.
                ping_interval=None,
                proxy=None,
                create_connection=_Lenient,
                max_size=MAX_SIZE,
                open_timeout=OPEN_TIMEOUT,
                close_timeout=CLOSE_TIMEOUT,
                user_agent_header="ocpp_core conformance",
                **secure,
            )
        except InvalidStatus as refused:
            status, got = refused.response.status_code, _headers(refused.response.headers)
            note = f"HTTP {status}"
        except (InvalidHandshake, InvalidMessage, OSError, TimeoutError) as error:
            note = _missed(error)
        except InvalidURI as error:
            raise ValueError(str(error)) from None
        else:
            assert connection.response is not None
            status, got = 101, _headers(connection.response.headers)
            chosen = None if connection.subprotocol is None else str(connection.subprotocol)
            note = f"agreed on {chosen or 'no subprotocol'}"
            certificate = connection.transport.get_extra_info("peercert") or {}
        entry = stage.record(Direction.SENT, What.OPENED, said, note)
        opening = Opening(
            f"/{path}",
            offers,
            chosen,
            status,
            got,
            host=urlsplit(url).hostname or "",
            certificate=certificate,
            mark=entry.number,
        )
        return opening, connection


class _Lenient(BoundedClientConnection):
    """Goes on if an extension is agreed on that was not offered: a rule of its own is about that."""

    def __init__(self, protocol: ClientProtocol, **options: Any) -> None:
        super().__init__(protocol, max_size=MAX_SIZE, **options)
        protocol.process_extensions = lambda headers: []  # type: ignore[method-assign]


async def _ended_within(connection: Connection, seconds: float) -> str:
    """The code of the close frame that the CSMS sends in time; "" if it sends none."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await connection.wait_closed()
    return "" if connection.close_code is None else str(connection.close_code)


def _missed(error: BaseException) -> str:
    """Why there is no connection; some errors have a name and no text."""
    return f"no connection: {str(error) or type(error).__name__}"


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    raw = getattr(headers, "raw_items", headers.items)
    return {name.lower(): value for name, value in raw()}
