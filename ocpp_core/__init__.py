"""OCPP 1.2, 1.5, 1.6, 2.0, 2.0.1 and 2.1 as one typed message model, on both wires, without I/O.

The messages of a version are attributes of its package: ``ocpp_core.v16.BootNotificationRequest``. Everything is loaded
on first use; importing `ocpp_core` alone loads no version.
"""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

#: Of this package, as its distribution has it.
__version__ = "0.1.0"

if TYPE_CHECKING:
    from ocpp_core import v12 as v12
    from ocpp_core import v15 as v15
    from ocpp_core import v16 as v16
    from ocpp_core import v20 as v20
    from ocpp_core import v21 as v21
    from ocpp_core import v201 as v201
    from ocpp_core.dispatch.connection import Connection as Connection
    from ocpp_core.dispatch.hooks import Hooks as Hooks
    from ocpp_core.dispatch.peer import Peer as Peer
    from ocpp_core.dispatch.redaction import Redaction as Redaction
    from ocpp_core.dispatch.router import Router as Router
    from ocpp_core.jsonrpc.codec import JsonCodec as JsonCodec
    from ocpp_core.model.codes import ErrorCode as ErrorCode
    from ocpp_core.model.codes import FrameKind as FrameKind
    from ocpp_core.model.errors import CallFailedError as CallFailedError
    from ocpp_core.model.errors import CallRejectedError as CallRejectedError
    from ocpp_core.model.errors import CallResultInvalidError as CallResultInvalidError
    from ocpp_core.model.errors import CallTimeoutError as CallTimeoutError
    from ocpp_core.model.errors import CannotConnectError as CannotConnectError
    from ocpp_core.model.errors import ConnectionLostError as ConnectionLostError
    from ocpp_core.model.errors import FrameError as FrameError
    from ocpp_core.model.errors import LocalProtocolError as LocalProtocolError
    from ocpp_core.model.errors import NoAnswer as NoAnswer
    from ocpp_core.model.errors import NoClientError as NoClientError
    from ocpp_core.model.errors import NoSuchAction as NoSuchAction
    from ocpp_core.model.errors import NotConnectedError as NotConnectedError
    from ocpp_core.model.errors import OcppError as OcppError
    from ocpp_core.model.errors import PayloadError as PayloadError
    from ocpp_core.model.errors import ProtocolError as ProtocolError
    from ocpp_core.model.messages import MISSING as MISSING
    from ocpp_core.model.messages import UNSET as UNSET
    from ocpp_core.model.messages import Call as Call
    from ocpp_core.model.messages import CallError as CallError
    from ocpp_core.model.messages import CallResult as CallResult
    from ocpp_core.model.messages import CallResultError as CallResultError
    from ocpp_core.model.messages import Frame as Frame
    from ocpp_core.model.messages import Notification as Notification
    from ocpp_core.model.messages import Request as Request
    from ocpp_core.model.messages import Response as Response
    from ocpp_core.model.messages import Send as Send
    from ocpp_core.model.messages import SoapHeaders as SoapHeaders
    from ocpp_core.model.messages import evolve as evolve
    from ocpp_core.model.secret_words import add_secret_names as add_secret_names
    from ocpp_core.model.specifications import specification as specification
    from ocpp_core.model.tolerance import Tolerance as Tolerance
    from ocpp_core.model.versions import Action as Action
    from ocpp_core.model.versions import Role as Role
    from ocpp_core.model.versions import Specification as Specification
    from ocpp_core.model.versions import Version as Version
    from ocpp_core.model.versions import Wire as Wire
    from ocpp_core.model.violations import Violation as Violation
    from ocpp_core.payloads.conversion import from_wire as from_wire
    from ocpp_core.payloads.conversion import read as read
    from ocpp_core.payloads.conversion import to_wire as to_wire
    from ocpp_core.payloads.conversion import validate as validate
    from ocpp_core.soap.codec import SoapCodec as SoapCodec
    from ocpp_core.translation.engine import merge as merge
    from ocpp_core.translation.engine import translate as translate
    from ocpp_core.translation.losses import Loss as Loss
    from ocpp_core.translation.losses import LossKind as LossKind
    from ocpp_core.translation.losses import LossReason as LossReason
    from ocpp_core.translation.losses import NeedsSessionError as NeedsSessionError
    from ocpp_core.translation.losses import Translation as Translation
    from ocpp_core.translation.policies import Policy as Policy
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "dispatch.connection": "Connection",
            "model.errors": """
                CallFailedError CallRejectedError CallResultInvalidError CallTimeoutError
                CannotConnectError ConnectionLostError FrameError LocalProtocolError NoAnswer
                NoClientError NoSuchAction NotConnectedError OcppError PayloadError ProtocolError
            """,
            "dispatch.hooks": "Hooks",
            "jsonrpc.codec": "JsonCodec",
            "model.messages": """
                MISSING UNSET Call CallError CallResult CallResultError Frame Notification Request
                Response Send SoapHeaders evolve
            """,
            "payloads.conversion": "from_wire read to_wire validate",
            "dispatch.peer": "Peer",
            "dispatch.redaction": "Redaction",
            "dispatch.router": "Router",
            "soap.codec": "SoapCodec",
            "translation.engine": "merge translate",
            "translation.losses": "Loss LossKind LossReason NeedsSessionError Translation",
            "translation.policies": "Policy",
            "model.secret_words": "add_secret_names",
            "model.specifications": "specification",
            "model.tolerance": "Tolerance",
            "model.violations": "Violation",
            "model.codes": "ErrorCode FrameKind",
            "model.versions": "Action Role Specification Version Wire",
        },
        packages="v12 v15 v16 v20 v201 v21",
    )
