"""What went wrong, and with what: error codes and kinds of frames, in neutral terms."""

from enum import Enum, StrEnum


class ErrorCode(StrEnum):
    """What went wrong, in neutral terms. How each version spells it on each wire is data in `ocpp_core.model.versions`.

    Source: OCPP-J 1.6 §4.2.3 table 7; 2.0.1 part 4 §4.3 table 8; 2.1 part 4 §4.3 table 9; OCPP-S 1.6 §4 table 1.
    """

    NOT_IMPLEMENTED = "not-implemented"  #: the action is not known in this version
    NOT_SUPPORTED = "not-supported"  #: the action is known, but nobody here serves it
    INTERNAL = "internal"  #: the receiver failed
    PROTOCOL = "protocol"  #: what a peer calls ProtocolError
    SECURITY = "security"  #: not allowed
    FORMAT = "format"  #: the payload cannot be parsed, or is too large
    STRUCTURE = "structure"  #: the payload parses, but is not built like this message: an unknown member
    TYPE_CONSTRAINT = "type-constraint"  #: a member has the wrong JSON type
    PROPERTY_CONSTRAINT = "property-constraint"  #: a value outside its enum, length, range, step or format
    OCCURRENCE_CONSTRAINT = "occurrence-constraint"  #: a member is missing; a list is too short or too long
    FRAME = "frame"  #: the envelope around the payload is wrong
    MESSAGE_ID = "message-id"  #: the message id is too long, empty or already in use
    MESSAGE_TYPE = "message-type"  #: the message type number is unknown
    IDENTITY = "identity"  #: SOAP: the message is for another station
    ENVELOPE_VERSION = "envelope-version"  #: SOAP: an envelope of neither SOAP 1.2 nor 1.1
    OLD_ENVELOPE_VERSION = "old-envelope-version"  #: SOAP: an envelope of SOAP 1.1, and is answered in one
    MUST_UNDERSTAND = "must-understand"  #: SOAP: a header that must be understood and is not
    GENERIC = "generic"  #: anything else


class FrameKind(Enum):
    """What a frame is, or was meant to be. The value is the message type of OCPP-J where there is one."""

    CALL = 2
    CALLRESULT = 3
    CALLERROR = 4
    CALLRESULTERROR = 5  #: since 2.1
    SEND = 6  #: since 2.1
    UNKNOWN_TYPE = -1  #: well formed, but of a type that this version does not know
    UNREADABLE = -2  #: type or id cannot be read
    EMPTY = -3  #: no text at all; some stations send it, and every version ignores it
