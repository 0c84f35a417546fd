"""Who has called whom, who answers, and who listens: what drives handlers on either wire.

`Connection` is the state machine, without I/O; `Router` finds the handler; `Peer` drives both on asyncio. Gates and
`Tracing` are hooks and middleware that one may add; `booted` is what a station does first. All events of a `Connection`
are here too.
"""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.dispatch.boot import Booted as Booted
    from ocpp_core.dispatch.boot import booted as booted
    from ocpp_core.dispatch.connection import DEFAULT as DEFAULT
    from ocpp_core.dispatch.connection import NEED_DATA as NEED_DATA
    from ocpp_core.dispatch.connection import PAUSED as PAUSED
    from ocpp_core.dispatch.connection import CallLost as CallLost
    from ocpp_core.dispatch.connection import CallOutcome as CallOutcome
    from ocpp_core.dispatch.connection import CallReceived as CallReceived
    from ocpp_core.dispatch.connection import CallTimedOut as CallTimedOut
    from ocpp_core.dispatch.connection import Codec as Codec
    from ocpp_core.dispatch.connection import Connection as Connection
    from ocpp_core.dispatch.connection import Default as Default
    from ocpp_core.dispatch.connection import ErrorReceived as ErrorReceived
    from ocpp_core.dispatch.connection import Event as Event
    from ocpp_core.dispatch.connection import Idle as Idle
    from ocpp_core.dispatch.connection import Ignored as Ignored
    from ocpp_core.dispatch.connection import NotificationReceived as NotificationReceived
    from ocpp_core.dispatch.connection import PendingCall as PendingCall
    from ocpp_core.dispatch.connection import ReplyRefused as ReplyRefused
    from ocpp_core.dispatch.connection import ResultInvalid as ResultInvalid
    from ocpp_core.dispatch.connection import ResultReceived as ResultReceived
    from ocpp_core.dispatch.gate import BootGate as BootGate
    from ocpp_core.dispatch.gate import Registration as Registration
    from ocpp_core.dispatch.gate import StationGate as StationGate
    from ocpp_core.dispatch.hooks import Hooks as Hooks
    from ocpp_core.dispatch.hooks import Observer as Observer
    from ocpp_core.dispatch.hooks import Refused as Refused
    from ocpp_core.dispatch.peer import Peer as Peer
    from ocpp_core.dispatch.peer import PeerOptions as PeerOptions
    from ocpp_core.dispatch.redaction import Redaction as Redaction
    from ocpp_core.dispatch.router import Answer as Answer
    from ocpp_core.dispatch.router import Caller as Caller
    from ocpp_core.dispatch.router import Handle as Handle
    from ocpp_core.dispatch.router import LoneCaller as LoneCaller
    from ocpp_core.dispatch.router import Middleware as Middleware
    from ocpp_core.dispatch.router import Router as Router
    from ocpp_core.dispatch.state import PerConnection as PerConnection
    from ocpp_core.dispatch.state import PerIdentity as PerIdentity
    from ocpp_core.dispatch.tracing import Tracing as Tracing
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "boot": "Booted booted",
            "connection": """
                DEFAULT NEED_DATA PAUSED CallLost CallOutcome CallReceived CallTimedOut
                Codec Connection Default ErrorReceived Event Idle Ignored
                NotificationReceived PendingCall ReplyRefused ResultInvalid ResultReceived
            """,
            "gate": "BootGate Registration StationGate",
            "hooks": "Hooks Observer Refused",
            "peer": "Peer PeerOptions",
            "redaction": "Redaction",
            "router": "Answer Caller Handle LoneCaller Middleware Router",
            "state": "PerConnection PerIdentity",
            "tracing": "Tracing",
        },
    )
