"""The stage on the JSON wire: a raw WebSocket, and frames that are made and read here.

Needs the extra ``websockets``.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ssl import SSLContext
from typing import Any

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from ocpp_core.conformance.conversation import Conversation
from ocpp_core.conformance.json_frames import ANSWERS, Json, Type, call, frame_in, written
from ocpp_core.conformance.stages import Answer, AnswerKind, Encrypted, Opening, PeerCall, Refused
from ocpp_core.conformance.traces import Direction, Entry, What
from ocpp_core.model.printing import printable

#: Bytes of a message of the software; one that is larger ends the connection.
MAX_SIZE = 8 * 1024 * 1024
#: Seconds for a handshake, and for an orderly end.
OPEN_TIMEOUT = 10.0
CLOSE_TIMEOUT = 2.0


class Line(ABC):
    """How a stage gets at its connections."""

    @abstractmethod
    async def opened(self, stage: "JsonStage") -> Connection:
        """The next connection, once its opening has been recorded.

        Raises:
            Inconclusive: There is none.
        """

    async def tried(
        self,
        stage: "JsonStage",
        *,
        identity: str | None,
        password: str | bytes | None,
        username: str | None,
        offers: Sequence[str] | None,
    ) -> Opening:
        """What becomes of an attempt to connect in another way."""
        stage.does_not_apply("it is the station that connects")

    async def encrypted(self, stage: "JsonStage", context: SSLContext) -> Encrypted:
        """What becomes of an attempt to begin TLS in another way."""
        stage.does_not_apply("it is the station that connects")

    @abstractmethod
    async def left(self, stage: "JsonStage", connection: Connection) -> None:
        """A stage has ended; a connection that serves the next one stays."""


class JsonStage(Conversation):
    """A `Stage` over OCPP-J.

    Args:
        line: Gives connections.
        facts: See `Conversation`.
    """

    def __init__(self, line: Line, **facts: Any) -> None:
        super().__init__(**facts)
        self._line = line
        self._connection: Connection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> "JsonStage":
        """Takes its connection.

        Raises:
            Inconclusive: There is none.
        """
        self.take(await self._line.opened(self))
        return self

    def take(self, connection: Connection) -> None:
        """Reads from a connection from now on."""
        if self._reader is not None:
            self._reader.cancel()
        self._connection = connection
        self._end = None
        self._reader = asyncio.create_task(self._read(connection), name="conformance reader")
        self._tell()

    async def close(self) -> None:
        """Ends the stage; what the line keeps stays connected."""
        await self._end_answering()
        await self._stop_reading()
        if self._connection is not None:
            await self._line.left(self, self._connection)

    async def reconnect(self, *, abruptly: bool = False) -> None:
        """See `Stage`."""
        connection = self._connection
        if connection is not None:
            await self._stop_reading()
            if abruptly:
                connection.transport.abort()
            await end(connection)
            self.record(Direction.SENT, What.CLOSED, "cut" if abruptly else "1000")
        self.take(await self._line.opened(self))

    async def shake_hands(
        self,
        *,
        identity: str | None = None,
        password: str | bytes | None = None,
        username: str | None = None,
        offers: Sequence[str] | None = None,
    ) -> Opening:
        """See `Stage`."""
        return await self._line.tried(
            self, identity=identity, password=password, username=username, offers=offers
        )

    async def encrypt(self, context: SSLContext) -> Encrypted:
        """See `Stage`."""
        return await self._line.encrypted(self, context)

    async def exchange_in_parts(
        self, parts: Sequence[str], id: str, *, within: float | None = None
    ) -> Answer:
        """See `Stage`."""
        self._will_ask(id)
        entry = self.record(Direction.SENT, What.MESSAGE, "".join(parts), f"in {len(parts)} frames")
        if self._connection is None:
            self._came_end("", "there is no connection", entry.number)
        else:
            with suppress(ConnectionClosed):
                await self._connection.send(parts)
        return await self.answer_to(id, within=within)

    async def ping(self, *, within: float | None = None) -> bool:
        """See `Stage`."""
        self.record(Direction.SENT, What.CONTROL, "ping")
        try:
            async with asyncio.timeout(self.profile.answer_within if within is None else within):
                assert self._connection is not None, "a stage that is open has one"
                await (await self._connection.ping())
        except (ConnectionClosed, TimeoutError):
            return False
        self.record(Direction.RECEIVED, What.CONTROL, "pong")
        return True

    async def hang_up(self) -> str:
        """See `Stage`."""
        await self._stop_reading()
        connection = self._connection
        assert connection is not None, "a stage that is open has one"
        self.record(Direction.SENT, What.CLOSED, str(CloseCode.NORMAL_CLOSURE.value))
        await end(connection)
        code = connection.close_code
        if code in (None, CloseCode.ABNORMAL_CLOSURE):
            return ""
        self.record(Direction.RECEIVED, What.CLOSED, str(code))
        return str(code)

    # Inside

    async def _stop_reading(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait((self._reader,))
            self._reader = None

    async def _read(self, connection: Connection) -> None:
        try:
            while not self.is_given_up:
                message = await connection.recv()
                note = "" if isinstance(message, str) else "binary"
                entry = self.record(Direction.RECEIVED, What.MESSAGE, message, note)
                if isinstance(message, str):
                    self._received(message, entry)
            connection.transport.abort()
        except ConnectionClosed as closed:
            said = closed.rcvd
            if closed.sent is not None and not closed.rcvd_then_sent:
                # What is no WebSocket message, or too large a one, the library does not take; it may be answered.
                why = f"{closed.sent.code} {closed.sent.reason}".strip()
                self.record(Direction.SENT, What.CLOSED, why)
                self.give_up(f"its messages cannot be read: {printable(why)}")
                return
            code, reason = ("1006", "") if said is None else (str(said.code), said.reason)
            entry = self.record(Direction.RECEIVED, What.CLOSED, f"{code} {reason}".strip())
            self._came_end(code, reason, entry.number)

    def _received(self, text: str, entry: Entry) -> None:
        frame = frame_in(text)
        if frame is None or not isinstance(id := frame[1], str):
            return
        if frame[0] in ANSWERS:
            self._came_answer(id, _answer_in(frame, entry.number))
        elif frame[0] in (Type.CALL, Type.SEND) and len(frame) > 2 and isinstance(frame[2], str):
            payload = frame[3] if len(frame) > 3 and isinstance(frame[3], dict) else {}
            peer_call = PeerCall(id, frame[2], payload, entry.number, entry.at)
            self._came_call(peer_call, answered=frame[0] == Type.CALL)

    async def _transmit(self, text: str | bytes, note: str) -> None:
        entry = self.record(Direction.SENT, What.MESSAGE, text, note)
        if self._connection is None:
            self._came_end("", "there is no connection", entry.number)
            return
        # Of a connection that has ended, the reader tells.
        with suppress(ConnectionClosed):
            await self._connection.send(text)

    async def _answer(self, call: PeerCall, answer: Json | Refused) -> None:
        if isinstance(answer, Refused):
            await self._transmit(written(Type.CALLERROR, call.id, answer.code, answer.text, {}), "")
        else:
            await self._transmit(written(Type.CALLRESULT, call.id, answer), "")

    def _written(self, id: str, action: str, payload: Mapping[str, Any]) -> str:
        return call(id, action, payload)


def _answer_in(frame: list[Any], mark: int) -> Answer:
    match frame:
        case [Type.CALLRESULT, _, dict() as payload]:
            return Answer(AnswerKind.RESULT, payload, mark=mark)
        case [Type.CALLRESULT, _, None]:
            return Answer(AnswerKind.RESULT, {}, mark=mark)
        case [Type.CALLERROR, _, str() as code, *rest]:
            text = rest[0] if rest and isinstance(rest[0], str) else ""
            return Answer(AnswerKind.ERROR, code=code, text=text, mark=mark)
        case _:
            return Answer(AnswerKind.UNREADABLE, mark=mark)


async def end(connection: Connection) -> None:
    """Closes a connection, and does not wait for ever."""
    with suppress(ConnectionClosed, OSError):
        await connection.close()
