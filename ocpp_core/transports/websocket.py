"""OCPP-J over WebSocket: `serve` for a CSMS, `connect` for a station. Needs the extra ``websockets``.

Rules of who may connect are in `admission`, their pure parts in `_handshake`; `_server` and `_client` do the rest.

Source: OCPP-J 1.6 §3, §5, §6; OCPP 2.0.1 and 2.1 part 4 §3, §5.
"""

from ocpp_core.model.errors import CannotConnectError
from ocpp_core.transports._client import Station, connect, is_passing
from ocpp_core.transports._handshake import Backoff
from ocpp_core.transports._server import Server, serve
from ocpp_core.transports._socket import Options, Settings, WebSocketPeer
from ocpp_core.transports.admission import ALL, Admission, AdmissionOptions, Handshake

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
