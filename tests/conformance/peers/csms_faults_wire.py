"""CSMSs with one fault each, in what WebSocket asks of them."""

from collections.abc import Callable
from typing import Any

from websockets.frames import Opcode

from conformance.peers import csms_ways as ways
from conformance.peers.csms import Csms, Session
from conformance.peers.csms_faults import Fault
from conformance.peers.sockets import COMPRESSED, deaf_to_parts, without_sent

Json = dict[str, Any]


def _on_sockets(change: Callable[[Any], None]) -> Callable[[Csms], None]:
    """Changes the protocol of each connection."""

    def being(base: type[Session]) -> type[Session]:
        class Faulty(base):  # type: ignore[misc,valid-type]
            def __init__(self, csms: Csms, connection: Any) -> None:
                super().__init__(csms, connection)
                change(connection.protocol)

        return Faulty

    return ways.being(being)


def _agrees_unasked(csms: Csms) -> None:
    csms.extensions = "permessage-deflate"


def _compresses_unasked(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
    """The second answer to a heartbeat."""
    payload = Session.served(self, frame, is_doubled)
    if frame[2] == "Heartbeat":
        beats = self.__dict__["beats"] = getattr(self, "beats", 0) + 1
        if beats == 2:
            self.connection.transport.write(COMPRESSED)
            return None
    return payload


WIRE: tuple[Fault, ...] = (
    Fault("agrees on compression unasked", "handshake.extensions", _agrees_unasked),
    Fault("answers no pings", "connection.ping-answered", _on_sockets(without_sent(Opcode.PONG))),
    Fault("answers no close frames", "connection.close-answered", _on_sockets(without_sent(Opcode.CLOSE))),
    Fault("ignores messages in parts", "connection.fragments", _on_sockets(deaf_to_parts)),
    Fault("compresses unasked", "connection.well-formed", ways.behaving(served=_compresses_unasked)),
)
