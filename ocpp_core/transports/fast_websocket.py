"""OCPP-J over WebSocket for less CPU, where nothing has to be compressed. Needs the extra ``fast``.

`serve` and `connect` are those of `websocket`, over the library `picows`, with all options but ``compression=True``,
which is refused at start. `connect` follows no redirect, and takes no proxy from the environment.

Source: OCPP-J 1.6 §3, §5, §6; OCPP 2.0.1 and 2.1 part 4 §3, §5.
"""

from typing import Final

from ocpp_core.model.errors import CannotConnectError
from ocpp_core.transports._client import Connect, Station, is_passing
from ocpp_core.transports._handshake import Backoff
from ocpp_core.transports._library import Options, Settings
from ocpp_core.transports._picows import PICOWS
from ocpp_core.transports._server import Serve, Server
from ocpp_core.transports._socket import WebSocketPeer
from ocpp_core.transports.admission import ALL, Admission, AdmissionOptions, Handshake

serve: Final[Serve] = Serve(PICOWS)
connect: Final[Connect] = Connect(PICOWS)

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
