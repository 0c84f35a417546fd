"""The exceptions of the library.

::

    ProtocolError                something does not follow the protocol
    +-- LocalProtocolError       you did it; nothing has changed and nothing was sent
    |   +-- NoSuchAction         this version has no such action
    |   +-- NoClientError        nothing was configured that could make the call
    +-- FrameError               the peer did it: a frame that cannot be used; carries the answer it deserves
    +-- PayloadError             a payload breaks its schema, met outside a connection
    CallFailedError              a call of ours had no response
    +-- CallRejectedError        the peer refused it; carries its code, description and details
    +-- CallTimeoutError         no answer in time
    +-- NotConnectedError        there is no connection, so that nothing was sent
    |   +-- CannotConnectError   none can be made; its cause says why
    +-- ConnectionLostError      the connection ended before the answer; the peer may have acted on the call
    +-- CallResultInvalidError   the answer cannot be used
    OcppError                    a handler raises it to refuse a call with an error of its choice
    +-- NoAnswer                 or to leave it without an answer

Each carries its facts as fields, as the peer wrote them; ``str`` and ``repr`` make the sentence a person reads, which
is printable, short and without secrets.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.passed import passed
from ocpp_core.model.printing import LONG, likely, printable
from ocpp_core.model.secrets import hide, told, told_value
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import Violation, decisive, tolerances

#: Characters of a sentence that has several faults in it.
_LONGEST = 4 * LONG


class _Discreet(Exception):
    """Shows its sentence, and not the values that it was made of."""

    def __str__(self) -> str:
        return printable(super().__str__(), _LONGEST)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class ProtocolError(_Discreet):
    """Something does not follow the protocol."""


class LocalProtocolError(ProtocolError):
    """The caller asked for what the protocol forbids. Nothing has changed and nothing was sent.

    Attributes:
        violations: The faults of a message that breaks its schema, as those of a `PayloadError`; otherwise empty.
    """

    def __init__(self, *said: Any, violations: Sequence[Violation] = ()) -> None:
        super().__init__(*said)
        self.violations: tuple[Violation, ...] = tuple(violations)


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
        sentence = f"OCPP {self.version} has no action {told_value(self.action)}."
        meant = likely(self.action, self.known)
        if meant is None:
            return sentence
        if meant.lower() == self.action.lower():
            return f"{sentence} Action names are case sensitive: did you mean {meant!r}?"
        return f"{sentence} Did you mean {meant!r}?"


class NoClientError(LocalProtocolError):
    """Nobody can be called, as nothing was configured to call with. That is to be mended in the program.

    Attributes:
        identity: Of the station that was to be called.
    """

    def __init__(self, identity: str = "") -> None:
        super().__init__(identity)
        self.identity = identity

    def __str__(self) -> str:
        whom = f"{printable(self.identity)} cannot" if self.identity else "Nobody can"
        return f"{whom} be called over SOAP: no client is configured; see `client` of SoapPeer and OcppApp."


class PayloadError(ProtocolError):
    """A payload breaks its schema.

    Attributes:
        name: Name of the class that it was to become, or was.
        violations: The faults in document order, each with the tolerance that would accept it; the first
            `MAX_FAULTS` of very many. What was tolerated before the message was refused is among them.
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


class Tolerated(Protocol):
    """What was read although it breaks rules: a frame."""

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The rules."""
        ...


class FrameError(ProtocolError):
    """A frame cannot be used.

    Attributes:
        reason: One sentence for people.
        kind: What the frame is, or was meant to be.
        id: Its message id, None if it cannot be read.
        code: What to answer, if the version's `owed` table says that an answer is due.
        action: Its action, None if it cannot be read or has none.
        violations: Broken rules, of the frame itself or of its payload, if it came so far.
        identity: Of the station, where the frame itself names it (SOAP).
        payload: The payload as it was parsed, whatever is wrong with it; None if it cannot be parsed or there is none.
    """

    #: Reads the frame once more with all tolerance there is. The codec sets it that has refused the frame.
    read_tolerantly: Callable[[], Tolerated] | None = None

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
        payload: Any = None,
    ) -> None:
        self.reason: str = printable(reason, _LONGEST)  # it quotes the peer, and goes back to it
        super().__init__(self.reason)
        self.kind = kind
        self.code = code
        self.id = id
        self.action = action
        self.violations: tuple[Violation, ...] = tuple(violations)
        self.identity = identity
        self.payload = payload

    @property
    def rules(self) -> tuple[Tolerance, ...]:
        """The tolerances that together would accept the frame; empty if nothing does.

        They are found out by reading it again, whenever they are asked for: ask while the call that a result answers
        still waits.
        """
        if self.read_tolerantly is None:
            return ()
        try:
            return tolerances(self.read_tolerantly().violations)
        except FrameError:
            return ()

    def __str__(self) -> str:
        name = self.kind.name.replace("_", " ").lower() if self.kind.value < 0 else self.kind.name
        about = f"{name} {told_value(self.id)}" if self.id is not None else name
        action = f" {told(self.action)}" if self.action else ""
        return f"{about}{action}: {self.reason}"


class CallFailedError(_Discreet):
    """A call of ours had no response.

    Attributes:
        action: What was called.
        identity: Of the station at the one end or the other; "" if it is not known.
    """

    def __init__(self, action: str, *details: Any, identity: str = "") -> None:
        super().__init__(action, *details)
        self.action = action
        self.identity = identity

    def __str__(self) -> str:
        sentence = self._sentence()
        return f"{printable(self.identity)}: {sentence}" if self.identity else sentence

    def _sentence(self) -> str:
        return f"{self.action} had no response"


class CallRejectedError(CallFailedError):
    """The peer refused the call: a CALLERROR or a fault came back.

    Attributes:
        code: In neutral terms.
        description: For people.
        details: A JSON object of the peer's choice.
        spelling: The code as the peer wrote it, if that is not how its version spells it.
        written: The code as the peer wrote it.
        violations: The rules that the refusal itself breaks, such as a CALLERROR without details.
    """

    def __init__(
        self,
        action: str,
        code: ErrorCode,
        description: str = "",
        details: Mapping[str, Any] | None = None,
        spelling: str | None = None,
        *,
        written: str = "",
        identity: str = "",
        violations: Sequence[Violation] = (),
    ) -> None:
        super().__init__(action, code, description, identity=identity)
        self.code = code
        self.description = description
        self.details: dict[str, Any] = dict(details or {})
        self.spelling = spelling
        self.written: str = written or spelling or str(code)
        self.violations: tuple[Violation, ...] = tuple(violations)

    def _sentence(self) -> str:
        # What a peer says of a key it may have quoted.
        text = f": {told(self.description, LONG)}" if self.description else ""
        return f"{self.action} was refused with {told(self.written)}{text}"


class CallTimeoutError(CallFailedError, TimeoutError):
    """No answer came in time. Whether the peer has acted on the call is not known."""

    def _sentence(self) -> str:
        return f"{self.action} was not answered in time"


class NotConnectedError(CallFailedError, ConnectionError):
    """There is no connection, so that nothing was sent: who has a connection may try again.

    Attributes:
        reason: What is known of it: that the station has never been here, or has announced no address ...
    """

    def __init__(self, action: str, reason: str = "", *, identity: str = "") -> None:
        super().__init__(action, reason, identity=identity)
        self.reason = reason

    def _sentence(self) -> str:
        what = f"{self.action} was not sent" if self.action else "not connected"
        return f"{what}: {told(self.reason or 'there is no connection', LONG)}"


class CannotConnectError(NotConnectedError):
    """A connection was tried for and could not be made; ``__cause__`` says why. Nothing was sent.

    Attributes:
        url: That was tried, without credentials.
        status: HTTP status of the refusal; None if there was no answer of HTTP.
    """

    def __init__(
        self, action: str, reason: str = "", *, url: str = "", status: int | None = None, identity: str = ""
    ) -> None:
        super().__init__(action, hide(reason), identity=identity)
        self.url: str = hide(url)
        self.status = status

    def __str__(self) -> str:
        if self.action:
            return super().__str__()
        return printable(f"{self.identity} cannot connect to {self.url}: {self.reason}", _LONGEST)


class ConnectionLostError(CallFailedError, ConnectionError):
    """The connection ended before the answer. Whether the peer has acted on the call is not known."""

    def _sentence(self) -> str:
        return f"{self.action}: the connection ended before the answer"


class CallResultInvalidError(CallFailedError):
    """The answer cannot be used; `error` says why."""

    def __init__(self, action: str, error: FrameError, *, identity: str = "") -> None:
        super().__init__(action, error, identity=identity)
        self.error = error

    def _sentence(self) -> str:
        return f"{self.action} was answered, but: {self.error}"


class OcppError(_Discreet):
    """A handler raises this to answer a call with an error.

    Attributes:
        code: What to tell the peer; spelt as its version spells it.
        description: For people; cut to 255 characters on the wire.
        details: A JSON object; keep it under 1 KiB, as small stations drop the connection on larger ones.

    Raises:
        TypeError: `code` is no `ErrorCode`, or `details` is no mapping.
    """

    def __init__(
        self, code: ErrorCode, description: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        _require_error(code, details)
        super().__init__(code, description)
        self.code = code
        self.description: str = str(description)  # another exception, for instance
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        text = f": {told(self.description, LONG)}" if self.description else ""
        return f"{self.code}{text}"


class NoAnswer(OcppError):
    """A handler raises this to leave a call without any answer, as OCPP 1.6 §4.2 has it of a rejected station.

    On the SOAP wire, where HTTP wants an answer, the peer is told the code after all.
    """

    def __init__(self, code: ErrorCode = ErrorCode.SECURITY, description: str = "") -> None:
        super().__init__(code, description)


def _require_error(code: Any, details: Any) -> None:
    if not isinstance(code, ErrorCode):
        meant = likely(code, [one.name for one in ErrorCode])
        example = f"ErrorCode.{meant or 'GENERIC'}"
        raise TypeError(
            f"the first argument of an OcppError is its code, such as {example}; got {passed(code)}"
        )
    if details is not None and not isinstance(details, Mapping):
        raise TypeError(f"the details of an OcppError are a JSON object; got {passed(details)}")
