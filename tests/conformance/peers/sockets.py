"""Faults in what WebSocket asks for, put into the protocol of a connection of the library ``websockets``."""

from collections.abc import Callable
from typing import Any

from websockets.frames import Frame, Opcode

#: A text frame with the bit of compression set, of a server and of a client.
COMPRESSED = b"\xc1\x02[]"
COMPRESSED_MASKED = b"\xc1\x82\0\0\0\0[]"


def without_sent(opcode: Opcode) -> Callable[[Any], None]:
    """Sends no frames of a kind."""

    def change(protocol: Any) -> None:
        send = protocol.send_frame

        def sent(frame: Frame) -> None:
            if frame.opcode is not opcode:
                send(frame)

        protocol.send_frame = sent

    return change


def deaf_to_parts(protocol: Any) -> None:
    """Drops messages that come in several frames."""
    receive = protocol.recv_frame

    def received(frame: Frame) -> None:
        if frame.fin and frame.opcode is not Opcode.CONT:
            receive(frame)

    protocol.recv_frame = received
