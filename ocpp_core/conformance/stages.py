"""What a check stands on: a connection to the software under test, whatever its wire and its role."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from ssl import SSLContext
from typing import Any, NoReturn, Protocol

from attrs import field, frozen

from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.traces import Trace
from ocpp_core.model.versions import Role, Specification, Wire

Json = dict[str, Any]
#: Seconds a check waits unless it says otherwise: `Profile.answer_within`.
_USUAL = None


class AnswerKind(Enum):
    """What came for a call."""

    RESULT = "a result"
    ERROR = "an error"  #: CALLERROR, or a SOAP fault
    SILENCE = "no answer"
    CLOSED = "a closed connection"
    UNREADABLE = "something that is no answer"


@frozen
class Answer:
    """What the software under test did about a call.

    Attributes:
        kind: What came.
        payload: Of a result, as it stands on the wire (SOAP: as the JSON form of the same message).
        code: Of an error: as the version spells it on the wire; SOAP: the subcode. Of a close: the WebSocket close code
            or HTTP status.
        text: What is said beside the code.
        mark: Number of the entry in the trace; -1 for silence.
    """

    kind: AnswerKind
    payload: Json | None = None
    code: str = ""
    text: str = ""
    mark: int = -1

    def __str__(self) -> str:
        """For findings: ``a result``, ``an error NotImplemented``."""
        return f"{self.kind.value} {self.code}".strip()


@frozen
class PeerCall:
    """A call of the software under test.

    Attributes:
        id: Its message id.
        action: As it stands on the wire.
        payload: As it stands on the wire.
        mark: Number of the entry in the trace.
        at: Seconds since the trace began.
    """

    id: str
    action: str
    payload: Json
    mark: int
    at: float


@frozen
class Refused:
    """What a call of the software under test is answered with, if not with a payload.

    Attributes:
        code: As it stands on the wire.
        text: What is said beside it.
    """

    code: str
    text: str = ""


#: Answers a call of the software under test: with a payload, or an error; None, and it is not answered.
Responder = Callable[[PeerCall], Json | Refused | None]


@frozen
class Opening:
    """How a connection began, or failed to.

    Attributes:
        path: That was asked for.
        offered: Subprotocols, in order.
        chosen: The subprotocol that was agreed on, if any.
        status: Of the HTTP response; 0 if there was none.
        headers: Of the other side, with names in small letters.
        closed: Code with which a software that has agreed to nothing has ended it; "" if it stays.
        host: That was asked.
        certificate: Of the other side, as `ssl.SSLSocket.getpeercert` tells it; {} without TLS, or if it was not
            verified.
        mark: Number of the entry in the trace.
    """

    path: str
    offered: tuple[str, ...] = ()
    chosen: str | None = None
    status: int = 0
    headers: Mapping[str, str] = field(factory=dict)
    closed: str = ""
    host: str = ""
    certificate: Mapping[str, Any] = field(factory=dict)
    mark: int = -1


@frozen
class Encrypted:
    """How TLS began, or failed to.

    Attributes:
        version: That was agreed on; "" if the other side wants none of what was offered.
        cipher: The cipher suite, as OpenSSL calls it.
        mark: Number of the entry in the trace.
    """

    version: str
    cipher: str
    mark: int


class Stage(Protocol):
    """A connection to the software under test; what is said on it is kept, and judged when the check has ended.

    What the software asks meanwhile is answered as a peaceful peer would, unless `responders` say otherwise.
    """

    @property
    def role(self) -> Role:
        """Of the software under test."""
        ...

    @property
    def wire(self) -> Wire:
        """How it speaks."""
        ...

    @property
    def specification(self) -> Specification:
        """Of the version."""
        ...

    @property
    def profile(self) -> Profile:
        """What is known of the software."""
        ...

    @property
    def identity(self) -> str:
        """Of the station, be it ours or theirs."""
        ...

    @property
    def trace(self) -> Trace:
        """What was said."""
        ...

    @property
    def responders(self) -> dict[str, Responder]:
        """What a check wants answered otherwise, by action."""
        ...

    @property
    def opening(self) -> Opening:
        """How the present connection began."""
        ...

    @property
    def calls(self) -> list[PeerCall]:
        """What the software has asked so far on this stage, in order."""
        ...

    def new_id(self) -> str:
        """A message id that was not used before."""
        ...

    async def call(
        self, action: str, payload: Mapping[str, Any], *, id: str | None = None, within: float | None = _USUAL
    ) -> Answer:
        """Sends a call and waits for what comes. Never raises for what comes."""
        ...

    async def send(self, text: str | bytes, *, note: str = "") -> None:
        """Sends something as it is: a WebSocket message, or an HTTP body."""
        ...

    async def exchange(
        self, text: str | bytes, id: str, *, note: str = "", within: float | None = _USUAL
    ) -> Answer:
        """Sends something as it is and waits for the answer with an id (SOAP: for the HTTP response)."""
        ...

    async def exchange_in_parts(
        self, parts: Sequence[str], id: str, *, within: float | None = _USUAL
    ) -> Answer:
        """The same with one message in several frames of WebSocket. OCPP-J only."""
        ...

    async def exchange_packed(
        self, text: str, id: str, coding: str, *, within: float | None = _USUAL
    ) -> Answer:
        """The same with the body in a content coding of HTTP: ``gzip`` or ``deflate``. OCPP-S only."""
        ...

    async def ping(self, *, within: float | None = _USUAL) -> bool:
        """Whether a ping of WebSocket is answered by its pong in time. OCPP-J only."""
        ...

    async def hang_up(self) -> str:
        """Ends the connection in order: the code of the close frame that answers; "" if none does. OCPP-J only."""
        ...

    async def answer_to(self, id: str, *, within: float | None = _USUAL) -> Answer:
        """Waits for the answer with an id."""
        ...

    async def expect(self, *actions: str, within: float | None = _USUAL) -> PeerCall | None:
        """Waits for the next call of one of the actions that was not expected yet; None if none comes in time."""
        ...

    async def provoke(self, action: str, payload: Mapping[str, Any] | None = None) -> PeerCall:
        """Gets the software to send a call: by the protocol itself, by the user's hook, or by waiting.

        Raises:
            Inconclusive: It cannot be got to.
        """
        ...

    async def is_alive(self) -> bool:
        """Whether the software still answers on this connection."""
        ...

    async def reconnect(self, *, abruptly: bool = False) -> None:
        """Ends the connection and opens another; a station is given time to come back.

        Raises:
            Inconclusive: There is no other.
        """
        ...

    async def shake_hands(
        self,
        *,
        identity: str | None = None,
        password: str | bytes | None = None,
        username: str | None = None,
        offers: Sequence[str] | None = None,
    ) -> Opening:
        """Tries to open another connection to a CSMS in another way, and closes it at once. OCPP-J only.

        Args:
            identity: That is said instead of ours.
            password: That is said instead of ours; "" is none.
            username: That is said beside the password instead of the identity.
            offers: Subprotocols instead of that of the version.
        """
        ...

    async def encrypt(self, context: SSLContext) -> Encrypted:
        """Begins TLS with a CSMS on another connection, and ends it at once. OCPP-J only.

        Raises:
            NotApplicable: It is not reached over TLS.
            Inconclusive: This machine cannot offer what the context wants.
        """
        ...

    async def help(self, helper: str, **details: Any) -> None:
        """Has the user's hook do what no message can: ``card``, ``plug``, ``unplug``, ``power``.

        Raises:
            Inconclusive: There is no such hook, or it fails.
        """
        ...

    async def boot(self, **members: Any) -> Answer:
        """Of a CSMS: registers the played station. Of a station: waits for its boot, or triggers it."""
        ...

    # How a check ends

    def shows(self, rule: str) -> None:
        """Says that another rule was seen to be kept on the way, so that nobody waits for it again."""
        ...

    def deviates(
        self, expected: str, got: object, *, place: str = "", marks: tuple[int, ...] = ()
    ) -> NoReturn:
        """Ends the check: the rule is broken, as the messages at these marks show.

        Raises:
            Deviation: It is.
            Inconclusive: One of them is a request that breaks its schema, which another rule is about.
        """
        ...

    def lacks(
        self,
        expected: str,
        *actions: str,
        got: object = "none",
        place: str = "",
        marks: tuple[int, ...] = (),
    ) -> NoReturn:
        """Ends the check: what had to be told has not come.

        Args:
            expected: What had to come.
            actions: Of the requests that could have told it.
            got: What came instead.
            place: See `Deviation`.
            marks: What the expectation rests upon, the first of it at first.

        Raises:
            Deviation: Nothing of these actions that can be read has told it.
            Inconclusive: A request of these actions came that breaks its schema, which another rule is about: nobody
                knows what it would have told.
        """
        ...

    def cannot_tell(self, reason: str) -> NoReturn:
        """Ends the check: raises `Inconclusive`."""
        ...

    def does_not_apply(self, reason: str) -> NoReturn:
        """Ends the check: raises `NotApplicable`."""
        ...

    def needed(self, answer: Answer, what: str = "") -> Json:
        """The payload of a result that a check goes on with.

        Raises:
            Inconclusive: It is no result: another rule says so.
        """
        ...

    def known_token(self, kind: str = "accepted") -> str:
        """An idToken that the software knows as such.

        Raises:
            Inconclusive: The profile names none.
        """
        ...
