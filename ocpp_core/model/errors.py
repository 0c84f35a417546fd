"""Error codes, violations and the exceptions of the library.

::

    ProtocolError                something does not follow the protocol
    +-- LocalProtocolError       you did it; nothing has changed and nothing was sent
    |   +-- NoSuchAction         this version has no such action
    +-- FrameError               the peer did it: a frame that cannot be used; carries the answer it deserves
    +-- PayloadError             a payload breaks its schema, met outside a connection
    CallFailedError              a call of ours had no response
    +-- CallRejectedError        the peer refused it; carries its code, description and details
    +-- CallTimeoutError         no answer in time
    +-- ConnectionLostError      the connection ended first
    +-- CallResultInvalidError   the answer cannot be used
    OcppError                    a handler raises it to refuse a call with an error of its choice
    +-- NoAnswer                 or to leave it without an answer

Each carries its facts as fields; ``str`` makes the sentence a person reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from enum import Enum, StrEnum
from typing import Any

from attrs import field, frozen


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
    ENVELOPE_VERSION = "envelope-version"  #: SOAP: not an envelope of SOAP 1.2
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


@frozen
class Violation:
    """One broken rule, at one place of a payload or frame.

    Attributes:
        path: Where, in wire names: ``$.meterValue[0].sampledValue[2].unit``.
        keyword: The rule, named as in JSON Schema: ``enum``, ``maxLength``, ``required``, ``format`` ...
        message: One sentence for people, naming rule and value.
        code: What a peer would be told.
        value: The value that broke it; for a missing member the object that lacks it.
        rule: Name of the `Tolerance` rule that accepts it, in lower case; "" if none does.
        line: Line of an XML document; None on the JSON wire, whose frames have one line.
    """

    path: str
    keyword: str
    message: str
    code: ErrorCode
    value: Any = field(default=None, repr=False)
    rule: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path} (line {self.line})"
        return f"{where}: {self.message}"


class ProtocolError(Exception):
    """Something does not follow the protocol."""


class LocalProtocolError(ProtocolError):
    """The caller asked for what the protocol forbids. Nothing has changed and nothing was sent."""


#: How much of a name that a peer sent is shown, and compared with ours.
_LONGEST_NAME = 60


class NoSuchAction(LocalProtocolError):
    """A version has no action of that name.

    Attributes:
        action: The name that was asked for.
        version: The version that lacks it.
        known: The actions of that version.
    """

    def __init__(self, action: str, version: str, known: Iterable[str] = ()) -> None:
        super().__init__(action, version)
        self.action = action
        self.version = version
        self.known: tuple[str, ...] = tuple(known)

    def __str__(self) -> str:
        action = self.action[:_LONGEST_NAME]
        sentence = f"OCPP {self.version} has no action {action!r}."
        same_letters = [name for name in self.known if name.lower() == self.action.lower()]
        if same_letters:
            return f"{sentence} Action names are case sensitive: did you mean {same_letters[0]!r}?"
        close = get_close_matches(action, self.known, 1)
        return f"{sentence} Did you mean {close[0]!r}?" if close else sentence


class PayloadError(ProtocolError):
    """A payload breaks its schema.

    Attributes:
        name: Name of the class that it was to become, or was.
        violations: Every fault, in document order.
    """

    def __init__(self, name: str, violations: Sequence[Violation]) -> None:
        super().__init__(name, tuple(violations))
        self.name = name
        self.violations: tuple[Violation, ...] = tuple(violations)

    @property
    def code(self) -> ErrorCode:
        """The one code that a peer would be sent; see `decisive`."""
        return decisive(self.violations)

    def __str__(self) -> str:
        faults = "; ".join(str(violation) for violation in self.violations[:3])
        more = f"; and {len(self.violations) - 3} more" if len(self.violations) > 3 else ""
        return f"{self.name}: {faults}{more}"


class FrameError(ProtocolError):
    """A frame cannot be used.

    Attributes:
        reason: One sentence for people.
        kind: What the frame is, or was meant to be.
        id: Its message id, None if it cannot be read.
        code: What to answer, if the version's `owed` table says that an answer is due.
        action: Its action, None if it cannot be read or has none.
        violations: Broken rules of its payload, if it came so far.
        identity: Of the station, where the frame itself names it (SOAP).
    """

    def __init__(
        self,
        reason: str,
        *,
        kind: FrameKind,
        code: ErrorCode,
        id: str | None = None,
        action: str | None = None,
        violations: Sequence[Violation] = (),
        identity: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.code = code
        self.id = id
        self.action = action
        self.violations: tuple[Violation, ...] = tuple(violations)
        self.identity = identity

    def __str__(self) -> str:
        name = self.kind.name.replace("_", " ").lower() if self.kind.value < 0 else self.kind.name
        about = f"{name} {self.id[:_LONGEST_NAME]!r}" if self.id is not None else name
        action = f" {self.action[:_LONGEST_NAME]}" if self.action else ""
        return f"{about}{action}: {self.reason}"


class CallFailedError(Exception):
    """A call of ours had no response.

    Attributes:
        action: What was called.
    """

    def __init__(self, action: str, *details: Any) -> None:
        super().__init__(action, *details)
        self.action = action

    def __str__(self) -> str:
        return f"{self.action} had no response"


class CallRejectedError(CallFailedError):
    """The peer refused the call: a CALLERROR or a fault came back.

    Attributes:
        code: In neutral terms.
        description: For people.
        details: A JSON object of the peer's choice.
        spelling: The code as the peer wrote it, if that is not how its version spells it.
    """

    def __init__(
        self,
        action: str,
        code: ErrorCode,
        description: str = "",
        details: Mapping[str, Any] | None = None,
        spelling: str | None = None,
    ) -> None:
        super().__init__(action, code, description)
        self.code = code
        self.description = description
        self.details: dict[str, Any] = dict(details or {})
        self.spelling = spelling

    def __str__(self) -> str:
        text = f": {self.description}" if self.description else ""
        return f"{self.action} was refused with {self.spelling or self.code}{text}"


class CallTimeoutError(CallFailedError, TimeoutError):
    """No answer came in time. Whether the peer has acted on the call is not known."""

    def __str__(self) -> str:
        return f"{self.action} was not answered in time"


class ConnectionLostError(CallFailedError, ConnectionError):
    """The connection ended before the answer. Whether the peer has acted on the call is not known."""

    def __str__(self) -> str:
        return f"{self.action}: the connection ended before the answer"


class CallResultInvalidError(CallFailedError):
    """The answer cannot be used; `error` says why."""

    def __init__(self, action: str, error: FrameError) -> None:
        super().__init__(action, error)
        self.error = error

    def __str__(self) -> str:
        return f"{self.action} was answered, but: {self.error}"


class OcppError(Exception):
    """A handler raises this to answer a call with an error.

    Attributes:
        code: What to tell the peer; spelt as its version spells it.
        description: For people; cut to 255 characters on the wire.
        details: A JSON object; keep it under 1 KiB, as small stations drop the connection on larger ones.
    """

    def __init__(
        self, code: ErrorCode, description: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(code, description)
        self.code = code
        self.description: str = str(description)  # another exception, for instance
        self.details: dict[str, Any] = dict(details or {})


class NoAnswer(OcppError):
    """A handler raises this to leave a call without any answer, as OCPP 1.6 §4.2 has it of a rejected station.

    On the SOAP wire, where HTTP wants an answer, the peer is told the code after all.
    """

    def __init__(self, code: ErrorCode = ErrorCode.SECURITY, description: str = "") -> None:
        super().__init__(code, description)


#: Which class of fault decides the code of a payload with several. A wrong type makes all other checks meaningless; an
#: unknown member beside a missing one is usually one misspelling, and the missing one tells the peer more.
_PRECEDENCE = (
    ErrorCode.TYPE_CONSTRAINT,
    ErrorCode.OCCURRENCE_CONSTRAINT,
    ErrorCode.PROPERTY_CONSTRAINT,
    ErrorCode.STRUCTURE,
)


def decisive(violations: Iterable[Violation]) -> ErrorCode:
    """The one error code that answers a payload with these violations."""
    codes = {violation.code for violation in violations}
    return next((code for code in _PRECEDENCE if code in codes), ErrorCode.FORMAT)


#: A CALLERROR beyond this size has made small stations drop the connection.
_MOST_BYTES = 1024
_MOST_VIOLATIONS = 10


def summary_for_peer(violations: Sequence[Violation]) -> dict[str, Any]:
    """The details of a CALLERROR: where and which rule, no values; small enough for small stations."""
    listed = []
    size = 0
    for violation in violations[:_MOST_VIOLATIONS]:
        size += len(violation.path) + len(violation.keyword) + 30
        if size > _MOST_BYTES:
            break
        listed.append({"path": violation.path, "keyword": violation.keyword})
    return {"violations": listed} if listed else {}
