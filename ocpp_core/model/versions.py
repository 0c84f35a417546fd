"""The versions of OCPP as data: what differs between them stands here, in tables that can be printed and compared.

A `Specification` says all that an engine (codec, connection, router) must know about one version. Engines contain no
``if version ==``; they look things up here. `ocpp_core.specification` leads from a version, a WebSocket subprotocol
or a SOAP namespace to its value.
"""

from collections.abc import Callable, Mapping
from enum import Enum, Flag, StrEnum, auto
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from ocpp_core._lazy import once
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import NoSuchAction
from ocpp_core.model.tolerance import Tolerance


class Version(StrEnum):
    """A version of OCPP, by its number as the standard writes it."""

    V1_2 = "1.2"
    V1_5 = "1.5"
    V1_6 = "1.6"
    V2_0 = "2.0"
    V2_0_1 = "2.0.1"
    V2_1 = "2.1"


class Role(Flag):
    """Who sends the request of an action. DataTransfer may come from `EITHER` side."""

    CHARGE_POINT = auto()  #: Charge Point (1.x), Charging Station (2.x)
    CSMS = auto()  #: Central System (1.x), CSMS (2.x)
    EITHER = CHARGE_POINT | CSMS


#: What receives the requests that the other side sends, as the WSDLs name it: `Role.CSMS` serves the first.
SERVICES: Mapping[Role, str] = MappingProxyType(
    {Role.CSMS: "CentralSystemService", Role.CHARGE_POINT: "ChargePointService"}
)


class Wire(Enum):
    """How messages travel."""

    JSON = "json"  #: OCPP-J: JSON arrays in WebSocket text messages
    SOAP = "soap"  #: OCPP-S: SOAP 1.2 envelopes over HTTP


@frozen(kw_only=True)
class Action:
    """One row of a version's action table.

    Attributes:
        name: As it stands on the wire, case sensitive.
        sent_by: Who may send the request.
        block: Feature profile (1.x) or functional block (2.x).
        answered: False for a SEND of 2.1, which has no response.
        purpose: One line in our words.
    """

    name: str
    sent_by: Role
    block: str
    answered: bool = True
    purpose: str = ""

    @property
    def request_name(self) -> str:
        """Name of the class of its request; a SEND message is named like its action (2.1 part 4 §4.2.4)."""
        return f"{self.name}Request" if self.answered else self.name

    @property
    def response_name(self) -> str | None:
        """Name of the class of its response; None for a SEND."""
        return f"{self.name}Response" if self.answered else None


@frozen(kw_only=True, eq=False, repr=False)
class Specification:
    """One version of OCPP: its actions and classes, and what its wires ask for. There is one of each.

    Attributes:
        version: The number, such as "2.0.1".
        actions: All actions by name; each version lists all of its own.
        load: Leads from the name of a class to the class, which is imported only then.
        subprotocol: What WebSocket peers negotiate; None where there is no JSON wire.
        namespaces: SOAP target namespace by the role that *receives*: `Role.CSMS` for CentralSystemService.
        error_names: Spelling of each error code, per wire. A code that is missing cannot be sent.
        owed: What a frame of the JSON wire that cannot be used draws; a kind that is not listed draws silence.
        frame_kinds: Message type numbers of the JSON wire.
        identities: Regular expression of the identities that a station may have; None where the standard sets no limit.
        compresses: Whether a CSMS has to offer permessage-deflate.
        has_key_passwords: Whether the Basic password is a key of raw bytes, which some stations send as the hex digits
            that set it.
        silent_while_rejected: Whether a rejected station does not respond at all, where others answer SecurityError.
        json_dialects: What is accepted on the JSON wire at any tolerance, as no standard says how it is written.
        not_while_pending: Actions that may not be sent to a station that is Pending.
    """

    version: str
    actions: Mapping[str, Action]
    load: Callable[[str], Any]
    subprotocol: str | None = None
    namespaces: Mapping[Role, str] = field(factory=dict)
    error_names: Mapping[Wire, Mapping[ErrorCode, str]] = field(factory=dict)
    owed: Mapping[FrameKind, FrameKind] = field(factory=dict)
    frame_kinds: Mapping[int, FrameKind] = field(factory=dict)
    identities: str | None = None
    compresses: bool = False
    has_key_passwords: bool = False
    silent_while_rejected: bool = False
    json_dialects: Tolerance = Tolerance.STRICT
    not_while_pending: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"specification({str(self.version)!r})"

    # There are as many as actions, and each message asks: what is not known is an error, which is not kept.
    @once
    def request(self, action: str) -> Any:
        """The request class of `action`, or its notification class for a SEND.

        Raises:
            NoSuchAction: This version does not know it.
        """
        return self.load(self.action(action).request_name)

    @once
    def response(self, action: str) -> Any:
        """The response class of `action`.

        Raises:
            NoSuchAction: This version does not know it, or it is a SEND and has no response.
        """
        name = self.action(action).response_name
        if name is None:
            raise NoSuchAction(f"{action}Response", self.version, ())
        return self.load(name)

    def action(self, name: str) -> Action:
        """The row of action `name`.

        Raises:
            NoSuchAction: This version does not know it; names are case sensitive.
        """
        try:
            return self.actions[name]
        except KeyError:
            raise NoSuchAction(name, self.version, tuple(self.actions)) from None


# What a frame that we cannot use draws. Sections: OCPP-J 1.6 and 2.0.1, 2.1 part 4.
#: 1.6 knows no id for a frame whose own cannot be read, and says to ignore unknown types (§4.1.3).
OWED_1_6 = MappingProxyType({FrameKind.CALL: FrameKind.CALLERROR})
#: "-1" stands for an unreadable id (§4.2.3); unknown types are answered (§4.4).
OWED_2_0_1 = MappingProxyType(
    {
        FrameKind.CALL: FrameKind.CALLERROR,
        FrameKind.UNREADABLE: FrameKind.CALLERROR,
        FrameKind.UNKNOWN_TYPE: FrameKind.CALLERROR,
    }
)
#: Unknown types are ignored again (§4.4); a result that cannot be used is answered (§4.2.3, part 2 FR.06).
OWED_2_1 = MappingProxyType(
    {
        FrameKind.CALL: FrameKind.CALLERROR,
        FrameKind.UNREADABLE: FrameKind.CALLERROR,
        FrameKind.CALLRESULT: FrameKind.CALLRESULTERROR,
    }
)

#: An HTTP exchange wants an answer, and a fault is the only one for what cannot be used (OCPP-S 1.6 errata §3.1).
OWED_SOAP = MappingProxyType({FrameKind.CALL: FrameKind.CALLERROR, FrameKind.UNREADABLE: FrameKind.CALLERROR})

#: Message types (OCPP-J 1.6 §4.1.3; 2.0.1 part 4 §4.1.3).
FRAME_KINDS = MappingProxyType({2: FrameKind.CALL, 3: FrameKind.CALLRESULT, 4: FrameKind.CALLERROR})
#: 2.1 part 4 §4.1.3 adds two.
FRAME_KINDS_2_1 = MappingProxyType({**FRAME_KINDS, 5: FrameKind.CALLRESULTERROR, 6: FrameKind.SEND})

_COMMON_NAMES = {
    ErrorCode.NOT_IMPLEMENTED: "NotImplemented",
    ErrorCode.NOT_SUPPORTED: "NotSupported",
    ErrorCode.INTERNAL: "InternalError",
    ErrorCode.PROTOCOL: "ProtocolError",
    ErrorCode.SECURITY: "SecurityError",
    ErrorCode.PROPERTY_CONSTRAINT: "PropertyConstraintViolation",
    ErrorCode.TYPE_CONSTRAINT: "TypeConstraintViolation",
    ErrorCode.GENERIC: "GenericError",
}
#: OCPP-J 1.6 §4.2.3 table 7. Two names are misspelt there and stay so (errata §5.1, §5.2).
ERROR_NAMES_1_6_JSON = MappingProxyType(
    {
        **_COMMON_NAMES,
        ErrorCode.FORMAT: "FormationViolation",
        ErrorCode.STRUCTURE: "FormationViolation",
        ErrorCode.OCCURRENCE_CONSTRAINT: "OccurenceConstraintViolation",
        ErrorCode.FRAME: "FormationViolation",
        ErrorCode.MESSAGE_ID: "GenericError",
    }
)
#: 2.0.1 part 4 §4.3 table 8.
ERROR_NAMES_2_0_1 = MappingProxyType(
    {
        **_COMMON_NAMES,
        ErrorCode.FORMAT: "FormatViolation",
        ErrorCode.STRUCTURE: "ProtocolError",
        ErrorCode.OCCURRENCE_CONSTRAINT: "OccurrenceConstraintViolation",
        ErrorCode.FRAME: "RpcFrameworkError",
        ErrorCode.MESSAGE_ID: "RpcFrameworkError",
        ErrorCode.MESSAGE_TYPE: "MessageTypeNotSupported",
    }
)
#: 2.1 part 4 §4.3 table 9: the same names, though nothing draws MessageTypeNotSupported any more.
ERROR_NAMES_2_1 = ERROR_NAMES_2_0_1
#: OCPP-S 1.6 §4 table 1; every fault of the payload is a ProtocolError there.
ERROR_NAMES_SOAP = MappingProxyType(
    {
        ErrorCode.NOT_IMPLEMENTED: "NotSupported",
        ErrorCode.NOT_SUPPORTED: "NotSupported",
        ErrorCode.INTERNAL: "InternalError",
        ErrorCode.GENERIC: "InternalError",
        ErrorCode.SECURITY: "SecurityError",
        ErrorCode.IDENTITY: "IdentityMismatch",
        ErrorCode.PROTOCOL: "ProtocolError",
        ErrorCode.FORMAT: "ProtocolError",
        ErrorCode.STRUCTURE: "ProtocolError",
        ErrorCode.TYPE_CONSTRAINT: "ProtocolError",
        ErrorCode.PROPERTY_CONSTRAINT: "ProtocolError",
        ErrorCode.OCCURRENCE_CONSTRAINT: "ProtocolError",
        ErrorCode.FRAME: "ProtocolError",
        ErrorCode.MESSAGE_ID: "ProtocolError",
    }
)

#: Every name that is understood, whoever sends it: peers mix up the spellings of the versions.
ERROR_CODES: Mapping[str, ErrorCode] = MappingProxyType(
    {
        **{name: code for code, name in _COMMON_NAMES.items()},
        "FormationViolation": ErrorCode.FORMAT,
        "FormatViolation": ErrorCode.FORMAT,
        "OccurenceConstraintViolation": ErrorCode.OCCURRENCE_CONSTRAINT,
        "OccurrenceConstraintViolation": ErrorCode.OCCURRENCE_CONSTRAINT,
        "RpcFrameworkError": ErrorCode.FRAME,
        "MessageTypeNotSupported": ErrorCode.MESSAGE_TYPE,
        "IdentityMismatch": ErrorCode.IDENTITY,
    }
)
