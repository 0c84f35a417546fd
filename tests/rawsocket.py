"""Peers of a server that speak bytes, and stop when they like: not reading, not sending, never ending."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from websockets.frames import Frame, Opcode

#: Bytes that the kernel keeps for a peer that does not read; it takes more than we ask for.
KEPT = 4096


def upgrading(path: str = "/CP-1", subprotocol: str = "ocpp1.6", more: str = "") -> bytes:
    """A request for a WebSocket; `more` are headers, each with its line end."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Protocol: {subprotocol}\r\n{more}\r\n".encode()
    )


class RawSocket:
    """A connection of which every byte is ours."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._socket, data)

    async def receive(self, most: int = 65_536) -> bytes:
        """What comes next; b"" at the end of the connection, however it has ended."""
        try:
            return await self._loop.sock_recv(self._socket, most)
        except ConnectionError:
            return b""

    async def rest(self) -> bytes:
        """All that comes until the end of the connection."""
        data = b""
        while part := await self.receive():
            data += part
        return data

    async def upgrade(self, path: str = "/CP-1", subprotocol: str = "ocpp1.6", more: str = "") -> bytes:
        """Asks for a WebSocket; returns the head of the response, and reads nothing behind it."""
        await self.send(upgrading(path, subprotocol, more))
        head = b""
        while not head.endswith(b"\r\n\r\n") and (part := await self.receive(1)):
            head += part
        return head


@asynccontextmanager
async def raw_socket(port: int) -> AsyncGenerator[RawSocket, None]:
    """A connection to a port of this machine, with as little room in the kernel as it gives."""
    with socket.socket() as connected:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KEPT)
        connected.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connected, ("127.0.0.1", port))
        yield RawSocket(connected)


def frame(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, is_packed: bool = False) -> bytes:
    """A frame of a client."""
    first, *rest = Frame(opcode, data, fin=fin).serialize(mask=True)
    return bytes([first | 0x40 if is_packed else first, *rest])  # RSV1 (RFC 7692 §6)
