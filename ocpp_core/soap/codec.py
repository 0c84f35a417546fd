"""The OCPP-S binding: SOAP 1.2 envelopes to frames and back, for 1.2, 1.5 and 1.6.

Source: OCPP-S 1.6 §3-§8 and its errata sheet; the WSDLs of 1.2, 1.5 and 1.6; SOAP 1.2 parts 1 and 2; WS-Addressing 1.0.
The binding rules of 1.6 are applied to 1.2 and 1.5 too, whose own texts are not public.
"""

import uuid
from collections.abc import Mapping
from copy import copy
from functools import partial
from typing import Any, ClassVar, Self

from lxml import etree

from ocpp_core._lazy import kept, once
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError, PayloadError
from ocpp_core.model.messages import (
    Call,
    CallError,
    CallResult,
    Frame,
    Payload,
    Request,
    Response,
    SoapHeaders,
)
from ocpp_core.model.passed import passed
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import OWED_SOAP, SERVICES, Role, Specification, Version, Wire
from ocpp_core.model.violations import Deviations, Violation, violation
from ocpp_core.payloads.binding import REFUSALS, plain
from ocpp_core.payloads.conversion import allowed_digits
from ocpp_core.payloads.tolerance import ToleranceByStation
from ocpp_core.payloads.validation import explain
from ocpp_core.soap.binding import element_writer
from ocpp_core.soap.envelopes import (
    ANONYMOUS,
    CONTENT_TYPE,
    FAULT_ACTION,
    UNSPECIFIED,
    Prefixes,
    content_of,
    parts_of,
)
from ocpp_core.soap.faults import content_type_of, fault_xml, not_understood, old_fault_envelope
from ocpp_core.soap.heads import NO_HEADERS
from ocpp_core.soap.operations import Vocabulary, element_name, operations_of, version_of
from ocpp_core.soap.quick import KnownHeads
from ocpp_core.soap.reading import read_envelope
from ocpp_core.soap.text import FORBIDDEN, BrokenXml, read_xml
from ocpp_core.soap.texts import writer
from ocpp_core.soap.tolerance import element_content, read_element_tolerantly
from ocpp_core.soap.validation import broken_rule, schema


def _require_bytes(body: Any) -> None:
    if not isinstance(body, bytes):
        raise TypeError(f"an envelope is bytes, as HTTP has it; got {passed(body)}")


_USUAL = Prefixes()
#: Heads of requests that are kept. Their addresses are those of peers.
MOST_HEADS = 256


class SoapCodec:
    """Reads and writes the envelopes of one version.

    An envelope, and what it becomes:

    ==================================  ==========================================
    body ``<bootNotificationRequest>``  `Call` with a request; its id is MessageID
    body ``<...Response>``              `CallResult`; its id is RelatesTo
    body ``<Fault>``                    `CallError`; its id is RelatesTo
    ==================================  ==========================================

    In payloads: `datetime` <-> xs:dateTime, aware, read as UTC where no zone is given; `Decimal` <-> xs:decimal; enum
    member <-> its token; None <-> no element; list <-> repeated element, where no element is an empty list.

    Args:
        version: `Version.V1_2`, `V1_5` or `V1_6`.
        role: The side that this codec works for. It decides which service's DataTransfer is meant, and what namespace a
            fault has.
        tolerance: What is accepted although it breaks a rule; a function decides it for each station, by its identity
            in the header, or `identity` for answers, which have none. What is sent never breaks one.
        identity: Of the station, written into requests whose ``headers`` do not name one.
        address: Where we listen for requests: written as From.
        to: Address of the peer: written as To of requests.
        qualified_actions: Write ``namespace + Service/Op`` as Action in place of ``/Op``.
        max_size: Bytes that an envelope may have.
        fraction_digits: 0 or 3: timestamps are written with so many digits after the second, for peers that read one
            form only. None writes them as they are.
        prefixes: What envelopes are written with.
    """

    #: SOAP answers inside the HTTP exchange, so any number of calls may be under way (OCPP-S 1.6 §3.2).
    max_outstanding: ClassVar[int | None] = None
    #: What an answer names in place of an id that could not be read: it then relates to `UNSPECIFIED`.
    unreadable_id: ClassVar[str] = ""
    #: What an envelope that cannot be used draws.
    owed: Mapping[FrameKind, FrameKind] = OWED_SOAP

    def __init__(
        self,
        version: str | Specification,
        *,
        role: Role = Role.CSMS,
        tolerance: ToleranceByStation = Tolerance.STRICT,
        identity: str | None = None,
        address: str | None = None,
        to: str | None = None,
        qualified_actions: bool = False,
        max_size: int = 1_048_576,
        fraction_digits: int | None = None,
        prefixes: Prefixes = _USUAL,
    ) -> None:
        known = version if isinstance(version, Specification) else specification(version)
        if Wire.SOAP not in known.error_names:
            raise LocalProtocolError(f"OCPP {known.version} has no SOAP wire")
        self.specification = known
        #: How this version spells errors on this wire.
        self.error_names: Mapping[ErrorCode, str] = known.error_names[Wire.SOAP]
        self.role = role
        self.tolerance = tolerance
        self.identity = identity
        self.address = address
        self.to = to
        self.qualified_actions = qualified_actions
        self.max_size = max_size
        self.fraction_digits: int | None = allowed_digits(fraction_digits)
        self.prefixes = prefixes
        self._vocabulary = Vocabulary.of(known, role)
        self._known_heads = KnownHeads()

    def __repr__(self) -> str:
        return f"<SoapCodec of OCPP {self.specification.version}>"

    def addressed(self, identity: str, to: str) -> Self:
        """The same codec for requests about one station and to one address."""
        codec = copy(self)
        codec.identity, codec.to = identity, to
        return codec

    @staticmethod
    def sniff(body: bytes, *, max_size: int = 1_048_576) -> Version | None:
        """The version of an envelope by the namespace of its body, so that one endpoint can serve all.

        Returns:
            None if it cannot be told: not an envelope, a fault, an empty body or a namespace of no version.
        """
        try:
            child = content_of(parts_of(read_xml(body, max_size).root)[1])
        except (BrokenXml, FrameError):
            return None
        return version_of(child)

    # Reading

    def decode(
        self,
        body: bytes,
        *,
        awaiting: Mapping[str, type[Request[Any]]] | None = None,
        tolerance: Tolerance | None = None,
    ) -> Frame:
        """Reads one envelope.

        Args:
            body: Of an HTTP request or response, not compressed.
            awaiting: Request classes of the calls that wait for an answer, by id. Only needed for a peer whose answers
                do not say what they relate to: with one call waiting, that is the one.
            tolerance: In place of the codec's own.

        Returns:
            The frame, with what was tolerated in its ``violations``, and with its ``headers``.

        Raises:
            FrameError: It cannot be used. Nothing else is raised, whatever the bytes.
            TypeError: `body` is no bytes: text has lost the encoding that its envelope declares.
        """
        _require_bytes(body)
        seen = self._known_heads.read(body) if len(body) <= self.max_size else None
        if seen is not None:
            return seen
        try:
            document = read_xml(body, self.max_size)
        except BrokenXml as error:
            raise FrameError(str(error), kind=FrameKind.UNREADABLE, code=ErrorCode.FORMAT) from None
        try:
            return read_envelope(
                body,
                document,
                self._vocabulary,
                self._known_heads,
                tolerance=self.tolerance if tolerance is None else tolerance,
                identity=self.identity or "",
                waiting=tuple(awaiting or ()),
            )
        except FrameError as error:
            error.read_tolerantly = partial(
                self.decode, body, awaiting=awaiting, tolerance=Tolerance.TOLERANT
            )
            raise

    def values(self, body: bytes) -> Any:
        """An envelope as JSON would have it, by local names and whatever it means: for a log.

        Raises:
            FrameError: It is no XML, or none that SOAP allows. Nothing else is raised.
            TypeError: `body` is no bytes.
        """
        _require_bytes(body)
        try:
            return element_content(read_xml(body, self.max_size).root)
        except BrokenXml as error:
            raise FrameError(str(error), kind=FrameKind.UNREADABLE, code=ErrorCode.FORMAT) from None

    # Writing

    def encode(self, frame: Frame) -> bytes:
        """Writes one envelope, checking everything in it.

        Raises:
            PayloadError: The payload breaks its schema.
            LocalProtocolError: SOAP, or this version, has no such frame or message; or an address or id has characters
                that XML cannot hold.
        """
        match frame:
            case Call():
                return self._request(frame)
            case CallResult():
                return self._response(frame)
            case CallError():
                return self._fault(frame)
            case _:
                raise LocalProtocolError(f"SOAP has no {type(frame).__name__}")

    def content_type(self, frame: Frame) -> str:
        """The Content-Type of an envelope; that of a request names its action (SOAP 1.2 part 2 §7.1)."""
        if isinstance(frame, Call):
            return f'{CONTENT_TYPE}; action="/{frame.payload.__ocpp__.action}"'
        return content_type_of(frame.code if isinstance(frame, CallError) else None)

    def _request(self, frame: Call) -> bytes:
        headers = frame.headers or NO_HEADERS
        service = _service(self.specification, self.role, type(frame.payload), Request)
        identity = headers.identity or self.identity
        if not frame.id or not identity:
            raise LocalProtocolError("a request in SOAP needs an id and the identity of the station")
        before, after = _around_id(
            self.prefixes,
            identity,
            headers.action or self._action(service, frame.payload.__ocpp__.action or ""),
            headers.from_ or self.address,
            headers.reply_to or ANONYMOUS,
            headers.to or self.to,
        )
        return self._written(
            service,
            before,
            self.prefixes.block("MessageID", frame.id),
            after,
            body=self._payload(frame.payload, service),
        )

    def _response(self, frame: CallResult) -> bytes:
        headers = frame.headers or NO_HEADERS
        service = _service(self.specification, self.role, type(frame.payload), Response)
        name = f"{frame.payload.__ocpp__.action}Response"
        return self._written(
            service,
            self.prefixes.block(
                "Action", headers.action or self._action(service, name), must_understand=True
            ),
            *self._answering(frame.id, headers),
            body=self._payload(frame.payload, service),
        )

    def _fault(self, frame: CallError) -> bytes:
        headers = frame.headers or NO_HEADERS
        if frame.code is ErrorCode.OLD_ENVELOPE_VERSION:
            return old_fault_envelope(frame.code, frame.description)
        name = self.error_names.get(frame.code, "InternalError")
        return self._written(
            self.role,
            self.prefixes.block("Action", headers.action or FAULT_ACTION, must_understand=True),
            *self._answering(frame.id, headers),
            self.prefixes.upgrade() if frame.code is ErrorCode.ENVELOPE_VERSION else "",
            not_understood(frame.details, self.prefixes) if frame.code is ErrorCode.MUST_UNDERSTAND else "",
            body=fault_xml(frame.code, name, frame.description, self.prefixes),
        )

    def _answering(self, id: str, headers: SoapHeaders) -> tuple[str, ...]:
        """The headers that relate an answer to its request."""
        relates_to = id or UNSPECIFIED
        # A codec draws no random number; an id made of the request's is as new as that one.
        made = uuid.uuid5(uuid.NAMESPACE_URL, f"{relates_to}#answer").urn
        return (
            self.prefixes.block("MessageID", headers.message_id or made),
            self.prefixes.block("RelatesTo", relates_to),
            self.prefixes.address("From", headers.from_ or self.address),
            self.prefixes.block("To", headers.to or ANONYMOUS, must_understand=True),
        )

    def _written(self, service: Role, *blocks: str, body: str) -> bytes:
        return self.prefixes.written(self.specification.namespaces[service], blocks, body)

    def _payload(self, payload: Payload, service: Role) -> str:
        """The body element of a payload, seen to be valid."""
        cls = type(payload)
        name = f"{self.prefixes.ocpp}:{element_name(cls.__ocpp__.name)}"
        try:
            return f"<{name}{writer(cls, self.prefixes.ocpp, self.fraction_digits)(payload)}</{name}>"
        except REFUSALS:
            pass  # the second tier writes more, and says what nobody may write
        namespace = self.specification.namespaces[service]
        try:
            inner = element_writer(cls, self.prefixes.ocpp, self.fraction_digits)(payload)
        except REFUSALS:
            raise PayloadError(cls.__name__, _unwritable(payload)) from None
        try:
            text = f'<{name} xmlns:{self.prefixes.ocpp}="{namespace}">{inner}</{name}>'
            element = etree.fromstring(text.encode())
        except (etree.XMLSyntaxError, ValueError):
            raise PayloadError(cls.__name__, [_unholdable(inner)]) from None
        broken = broken_rule(element, schema(self.specification.version, service))
        if broken is not None:
            deviations = Deviations(Tolerance.STRICT)
            read_element_tolerantly(cls, element, namespace, deviations)
            raise PayloadError(cls.__name__, deviations.listed or [broken])
        return f"<{name}>{inner}</{name}>"

    def _action(self, service: Role, name: str) -> str:
        if not self.qualified_actions:
            return f"/{name}"
        return f"{self.specification.namespaces[service]}{SERVICES[service]}/{name}"


def _unholdable(xml: str) -> Violation:
    """Why what was written is no XML: it has a character that XML cannot hold, or is too much of it."""
    found = FORBIDDEN.search(xml)
    if found is not None:
        return violation("$", "characters", found[0])
    return Violation("$", "characters", "has more text than a document may", ErrorCode.PROPERTY_CONSTRAINT)


def _unwritable(payload: Payload) -> list[Violation]:
    """Why a payload cannot be written at all: a value is not of its type."""
    faults = explain(type(payload), plain(payload))
    return faults or [Violation("$", "type", "a value has the wrong type", ErrorCode.TYPE_CONSTRAINT)]


@once
def _service(known: Specification, role: Role, cls: type[Payload], kind: type[Payload]) -> Role:
    """Who receives the request that a message belongs to, and so whose namespace it has.

    Args:
        known: The version that is written.
        role: Of who writes.
        cls: Of the message.
        kind: `Request` or `Response`, as which it is sent.
    """
    usual = role if kind is Response else Role.EITHER ^ role
    definition = cls.__ocpp__
    for service in (usual, Role.EITHER ^ usual):
        name = f"{{{known.namespaces[service]}}}{element_name(definition.name)}"
        is_known = definition.version == known.version and name in operations_of(known)
        if is_known and issubclass(cls, kind):
            return service
    raise LocalProtocolError(
        f"{cls.__name__} of OCPP {definition.version} is no {kind.__name__.lower()} of OCPP {known.version} in SOAP"
    )


@partial(kept, most=MOST_HEADS)
def _around_id(
    prefixes: Prefixes, identity: str, action: str, from_: str | None, reply_to: str, to: str | None
) -> tuple[str, str]:
    """The blocks before and behind the id of a request: many requests have the same."""
    return (
        prefixes.identity(identity) + prefixes.block("Action", action, must_understand=True),
        prefixes.address("From", from_)
        + prefixes.address("ReplyTo", reply_to, must_understand=True)
        + prefixes.block("To", to, must_understand=True),
    )
