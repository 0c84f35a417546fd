"""OCPP-J over WebSocket: `serve` for a CSMS, `connect` for a station. Needs the extra ``websockets``.

Rules of who may connect are in `admission`, their pure parts in `_handshake`; `_server` and `_client` do the rest, over
what `_websockets` makes of the library. `fast_websocket` is the same over another.

Source: OCPP-J 1.6 §3, §5, §6; OCPP 2.0.1 and 2.1 part 4 §3, §5.
"""

from typing import Final

from ocpp_core.model.errors import CannotConnectError
from ocpp_core.transports._client import Connect, Station, is_passing
from ocpp_core.transports._handshake import Backoff
from ocpp_core.transports._library import Options, Settings
from ocpp_core.transports._server import Serve, Server
from ocpp_core.transports._socket import WebSocketPeer
from ocpp_core.transports._websockets import WEBSOCKETS
from ocpp_core.transports.admission import ALL, Admission, AdmissionOptions, Handshake

serve: Final[Serve] = Serve(WEBSOCKETS)
connect: Final[Connect] = Connect(WEBSOCKETS)

__all__ = [
    "ALL",
    "Admission",
    "AdmissionOptions",
    "Backoff",
    "CannotConnectError",
    "Handshake",
    "Options",
    "Server",
    "Settings",
    "Station",
    "WebSocketPeer",
    "connect",
    "is_passing",
    "serve",
]
