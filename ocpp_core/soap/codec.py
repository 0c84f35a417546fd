"""The OCPP-S binding: SOAP 1.2 envelopes to frames and back, for 1.2, 1.5 and 1.6.

Source: OCPP-S 1.6 §3-§8 and its errata sheet; the WSDLs of 1.2, 1.5 and 1.6; SOAP 1.2 parts 1 and 2; WS-Addressing 1.0.
The binding rules of 1.6 are applied to 1.2 and 1.5 too, whose own texts are not public.
"""

import uuid
from collections.abc import Mapping
from copy import copy
from functools import cached_property
from typing import Any, ClassVar, NoReturn, Self

from attrs import frozen
from lxml import etree

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
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import (
    ERROR_CODES,
    OWED_SOAP,
    SERVICES,
    Action,
    Role,
    Specification,
    Version,
    Wire,
)
from ocpp_core.model.violations import Violation, decisive
from ocpp_core.payloads.binding import REFUSALS, plain
from ocpp_core.payloads.conversion import allows
from ocpp_core.payloads.tolerance import ToleranceByStation, tolerance_of
from ocpp_core.payloads.validation import explain
from ocpp_core.soap.binding import ReadElement, element_reader, element_writer
from ocpp_core.soap.envelopes import (
    ADDRESS,
    ADDRESSES,
    ADDRESSING,
    ADDRESSING_NAMESPACES,
    ANONYMOUS,
    ANY_ANONYMOUS,
    BLOCKS,
    CONTENT_TYPE,
    ENVELOPE,
    FAULT,
    FAULT_ACTION,
    HEADERS,
    IN_ENVELOPE,
    MUST_UNDERSTAND,
    UNSPECIFIED,
    address_xml,
    block_xml,
    content_of,
    first_text,
    identity_of,
    is_identity,
    local_name,
    parts_of,
    readable,
    rename_all,
    text_of,
)
from ocpp_core.soap.text import FORBIDDEN, BrokenXml, read_xml, text_xml
from ocpp_core.soap.tolerance import element_content, read_element_tolerantly
from ocpp_core.soap.validation import explain_element, schema

_NO_HEADERS = SoapHeaders()

#: The first level of a fault, for codes that are not the sender's fault (OCPP-S 1.6 §4 table 1).
_FAULT_CODES = {
    ErrorCode.NOT_IMPLEMENTED: "Receiver",
    ErrorCode.NOT_SUPPORTED: "Receiver",
    ErrorCode.INTERNAL: "Receiver",
    ErrorCode.GENERIC: "Receiver",
    ErrorCode.ENVELOPE_VERSION: "VersionMismatch",
    ErrorCode.MUST_UNDERSTAND: "MustUnderstand",
}
#: Faults whose first level says everything.
_BARE_FAULTS = {"VersionMismatch": ErrorCode.ENVELOPE_VERSION, "MustUnderstand": ErrorCode.MUST_UNDERSTAND}
#: Sub-codes of older stacks, read and never written.
_OLD_SUB_CODES = {"UrlMismatch": ErrorCode.IDENTITY}


@frozen(slots=False)  # slots would leave no place for what is worked out once
class _Operation:
    """What a body element stands for. `service` is who receives the request."""

    specification: Specification
    action: Action
    is_request: bool
    service: Role

    @cached_property
    def cls(self) -> type[Payload]:
        loaded = self.specification.request if self.is_request else self.specification.response
        cls: type[Payload] = loaded(self.action.name)
        return cls

    @cached_property
    def namespace(self) -> str:
        return self.specification.namespaces[self.service]

    @cached_property
    def rules(self) -> etree.XMLSchema:
        return schema(self.specification.version, self.service)

    @cached_property
    def read(self) -> ReadElement:
        return element_reader(self.cls, self.namespace)


def fault_code(code: ErrorCode) -> str:
    """The first level of a fault: Sender, Receiver, VersionMismatch or MustUnderstand (SOAP 1.2 part 1 §5.4.6)."""
    return _FAULT_CODES.get(code, "Sender")


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
    ) -> None:
        known = version if isinstance(version, Specification) else specification(version)
        if Wire.SOAP not in known.error_names:
            raise LocalProtocolError(f"OCPP {known.version} has no SOAP wire")
        self.specification = known
        self.role = role
        self.tolerance = tolerance
        self.identity = identity
        self.address = address
        self.to = to
        self.qualified_actions = qualified_actions
        self.max_size = max_size
        self._operations = _operations(known)
        self._blocks = dict(BLOCKS)
        for namespace in known.namespaces.values():
            self._blocks[f"{{{namespace}}}chargeBoxIdentity"] = ("identity", False)

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
            child = content_of(parts_of(read_xml(body, max_size))[1])
        except (BrokenXml, FrameError):
            return None
        return _version_of(child)

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
        """
        reading = _Reading(self, self.tolerance if tolerance is None else tolerance, tuple(awaiting or ()))
        try:
            root = read_xml(body, self.max_size)
        except BrokenXml as error:
            raise FrameError(str(error), kind=FrameKind.UNREADABLE, code=ErrorCode.FORMAT) from None
        return reading.envelope(root)

    def values(self, body: bytes) -> Any:
        """An envelope as JSON would have it, by local names and whatever it means: for a log.

        Raises:
            FrameError: It is no XML, or none that SOAP allows. Nothing else is raised.
        """
        try:
            return element_content(read_xml(body, self.max_size))
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
        return CONTENT_TYPE

    def _request(self, frame: Call) -> bytes:
        headers = frame.headers or _NO_HEADERS
        service = self._service(frame.payload, Request, Role.EITHER ^ self.role)
        identity = headers.identity or self.identity
        if not frame.id or not identity:
            raise LocalProtocolError("a request in SOAP needs an id and the identity of the station")
        name = frame.payload.__ocpp__.action or ""
        return self._written(
            service,
            block_xml("ocpp:chargeBoxIdentity", identity, must_understand=True),
            block_xml("wsa:Action", headers.action or self._action(service, name), must_understand=True),
            block_xml("wsa:MessageID", frame.id),
            address_xml("wsa:From", headers.from_ or self.address),
            address_xml("wsa:ReplyTo", headers.reply_to or ANONYMOUS, must_understand=True),
            block_xml("wsa:To", headers.to or self.to, must_understand=True),
            body=self._payload(frame.payload, service),
        )

    def _response(self, frame: CallResult) -> bytes:
        headers = frame.headers or _NO_HEADERS
        service = self._service(frame.payload, Response, self.role)
        name = f"{frame.payload.__ocpp__.action}Response"
        return self._written(
            service,
            block_xml("wsa:Action", headers.action or self._action(service, name), must_understand=True),
            *self._answering(frame.id, headers),
            body=self._payload(frame.payload, service),
        )

    def _fault(self, frame: CallError) -> bytes:
        headers = frame.headers or _NO_HEADERS
        code = fault_code(frame.code)
        sub_code = ""
        if code in ("Sender", "Receiver"):
            name = self.specification.error_names[Wire.SOAP].get(frame.code, "InternalError")
            sub_code = f"<env:Subcode><env:Value>ocpp:{name}</env:Value></env:Subcode>"
        reason = readable(frame.description or frame.code.replace("-", " "))
        return self._written(
            self.role,
            block_xml("wsa:Action", headers.action or FAULT_ACTION, must_understand=True),
            *self._answering(frame.id, headers),
            body=(
                f"<env:Fault><env:Code><env:Value>env:{code}</env:Value>{sub_code}</env:Code>"
                f'<env:Reason><env:Text xml:lang="en">{text_xml(reason)}</env:Text></env:Reason></env:Fault>'
            ),
        )

    def _answering(self, id: str, headers: SoapHeaders) -> tuple[str, ...]:
        """The headers that relate an answer to its request."""
        relates_to = id or UNSPECIFIED
        # A codec draws no random number; an id made of the request's is as new as that one.
        made = uuid.uuid5(uuid.NAMESPACE_URL, f"{relates_to}#answer").urn
        return (
            block_xml("wsa:MessageID", headers.message_id or made),
            block_xml("wsa:RelatesTo", relates_to),
            address_xml("wsa:From", headers.from_ or self.address),
            block_xml("wsa:To", headers.to or ANONYMOUS, must_understand=True),
        )

    def _written(self, service: Role, *blocks: str, body: str) -> bytes:
        namespace = self.specification.namespaces[service]
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<env:Envelope xmlns:env="{ENVELOPE}" xmlns:wsa="{ADDRESSING}" xmlns:ocpp="{namespace}">'
            f"<env:Header>{''.join(blocks)}</env:Header><env:Body>{body}</env:Body></env:Envelope>"
        ).encode()

    def _payload(self, payload: Payload, service: Role) -> str:
        """The body element of a payload, seen to be valid."""
        cls = type(payload)
        tag = _element_name(cls.__ocpp__.name)
        namespace = self.specification.namespaces[service]
        try:
            inner = element_writer(cls, "ocpp")(payload)
        except REFUSALS:
            raise PayloadError(cls.__name__, _unwritable(payload)) from None
        text = f"<ocpp:{tag}>{inner}</ocpp:{tag}>"
        try:
            element = etree.fromstring(f'<ocpp:{tag} xmlns:ocpp="{namespace}">{inner}</ocpp:{tag}>')
        except (etree.XMLSyntaxError, ValueError):
            raise PayloadError(cls.__name__, [_unholdable(inner)]) from None
        faults = explain_element(cls, element, schema(self.specification.version, service))
        if faults:
            raise PayloadError(cls.__name__, faults)
        return text

    def _service(self, payload: Payload, kind: type[Payload], otherwise: Role) -> Role:
        """Who receives the request that a payload belongs to, and so whose namespace it has."""
        definition = payload.__ocpp__
        for service in (otherwise, Role.EITHER ^ otherwise):
            name = f"{{{self.specification.namespaces[service]}}}{_element_name(definition.name)}"
            is_known = definition.version == self.specification.version and name in self._operations
            if is_known and isinstance(payload, kind):
                return service
        raise LocalProtocolError(
            f"{type(payload).__name__} of OCPP {definition.version} is no {kind.__name__.lower()} of "
            f"OCPP {self.specification.version} in SOAP"
        )

    def _action(self, service: Role, name: str) -> str:
        if not self.qualified_actions:
            return f"/{name}"
        return f"{self.specification.namespaces[service]}{SERVICES[service]}/{name}"


class _Reading:
    """One envelope being read: what was tolerated in it so far, and what its header says."""

    __slots__ = (
        "action",
        "allowed",
        "codec",
        "found",
        "id",
        "identity",
        "identity_tag",
        "kind",
        "odd_blocks",
        "specification",
        "tolerance",
        "waiting",
    )

    def __init__(self, codec: SoapCodec, tolerance: ToleranceByStation, waiting: tuple[str, ...]) -> None:
        self.codec = codec
        self.specification = codec.specification
        self.tolerance = tolerance
        self.allowed = Tolerance.STRICT
        self.waiting = waiting
        self.found: list[Violation] = []
        self.odd_blocks: list[tuple[Tolerance, str, str, Any]] = []
        self.identity: str | None = None
        self.identity_tag = ""
        self.kind = FrameKind.UNREADABLE
        self.id: str | None = None
        self.action: str | None = None

    def envelope(self, root: etree._Element) -> Frame:
        header, body = parts_of(root)
        child = content_of(body)
        self.allowed = tolerance_of(self.tolerance, lambda: identity_of(header) or self.codec.identity or "")
        headers = self.headers(header)
        self.identity = headers.identity
        if child.tag == FAULT:
            self.kind = FrameKind.CALLERROR
            self.answer_id(headers)
            self.note_odd_blocks()
            return self.fault(child, headers)
        operation = self.operation(child, headers)
        self.action = operation.action.name
        if operation.is_request:
            self.kind, self.id = FrameKind.CALL, headers.message_id or ""
            self.request_headers(headers, operation)
        else:
            self.kind = FrameKind.CALLRESULT
            self.answer_id(headers)
        self.note_odd_blocks()
        self.check_action(headers, operation)
        payload = self.payload(operation, child)
        made: Any = Call if operation.is_request else CallResult
        frame: Frame = made(self.id, payload, headers=headers, violations=tuple(self.found))
        return frame

    # What is wrong

    def refuse(self, code: ErrorCode, reason: str, violations: tuple[Violation, ...] = ()) -> NoReturn:
        raise FrameError(
            reason,
            kind=self.kind,
            code=code,
            id=self.id,
            action=self.action,
            violations=violations,
            identity=self.identity,
        )

    def note(
        self, rule: Tolerance, path: str, reason: str, value: Any = None, *, always: bool = False
    ) -> None:
        """Records a deviation; refuses the envelope if neither the tolerance nor the standard accepts it."""
        code = ErrorCode.MUST_UNDERSTAND if rule is Tolerance.MUST_UNDERSTAND else ErrorCode.PROTOCOL
        if not always and rule not in self.allowed:
            self.refuse(code, f"{path} {reason}")
        self.found.append(Violation(path, "header", reason, code, value, rule))

    def note_odd_blocks(self) -> None:
        """Judges what is odd in the header, when it is known which request an answer would relate to."""
        for block in self.odd_blocks:
            self.note(*block)

    # The header

    def headers(self, header: etree._Element | None) -> SoapHeaders:
        values: dict[str, str | None] = {}
        blocks = self.codec._blocks
        for block in () if header is None else header:
            known = blocks.get(block.tag)
            if known is None:
                self.other_block(block, values)
            else:
                name, is_address = known
                values[name] = self.address(block) if is_address else text_of(block)
                if name == "identity":
                    self.identity_tag = str(block.tag)
        return SoapHeaders(**values)

    def other_block(self, block: etree._Element, values: dict[str, str | None]) -> None:
        """An addressing header or the identity in an odd namespace, or a header that we have no use for."""
        tag = etree.QName(block)
        local = tag.localname
        if is_identity(block):
            values["identity"] = text_of(block)
            self.identity_tag = str(block.tag)
        elif tag.namespace in ADDRESSING_NAMESPACES or (not tag.namespace and local in HEADERS):
            if tag.namespace != ADDRESSING:
                reason = f"is in the namespace {tag.namespace!r}"
                rule = Tolerance.ADDRESSING_NAMESPACE if tag.namespace else Tolerance.NO_NAMESPACE
                self.odd_blocks.append((rule, local, reason, tag.namespace))
            if local in HEADERS:
                values[HEADERS[local]] = self.address(block) if local in ADDRESSES else text_of(block)
        elif block.get(MUST_UNDERSTAND, "false").strip() in ("true", "1"):
            self.odd_blocks.append((Tolerance.MUST_UNDERSTAND, local, "is not understood", text_of(block)))

    def address(self, block: etree._Element) -> str | None:
        """The address in an endpoint reference. What is no address at all counts as absent."""
        for child in block:
            if child.tag == ADDRESS or etree.QName(child).localname == "Address":
                return text_of(child)
        text = text_of(block)
        if text and Tolerance.ADDRESS_AS_TEXT in self.allowed:
            local = etree.QName(block).localname
            self.odd_blocks.append((Tolerance.ADDRESS_AS_TEXT, local, "has no Address in it", text))
            return text
        return None

    def request_headers(self, headers: SoapHeaders, operation: _Operation) -> None:
        if not headers.message_id:
            self.note(Tolerance.NO_MESSAGE_ID, "MessageID", "is missing")
        if not headers.identity:
            self.note(Tolerance.NO_IDENTITY, "chargeBoxIdentity", "is missing")
        elif not self.identity_tag.startswith(f"{{{operation.namespace}}}"):
            namespace = etree.QName(self.identity_tag).namespace
            rule = Tolerance.WRONG_NAMESPACE if namespace else Tolerance.NO_NAMESPACE
            reason = f"is in the namespace {namespace!r}"
            is_printed = operation.namespace == f"{namespace}/"
            self.note(rule, "chargeBoxIdentity", reason, namespace, always=is_printed)
        if headers.reply_to and headers.reply_to not in ANY_ANONYMOUS:
            self.note(Tolerance.REPLY_TO_OTHER, "ReplyTo", "is not anonymous", headers.reply_to)

    def answered_id(self, headers: SoapHeaders) -> str:
        """Which request an answer names, or must mean: HTTP has paired them already."""
        only = self.waiting[0] if len(self.waiting) == 1 else ""
        relates_to = headers.relates_to or ""
        return only or relates_to if relates_to in ("", headers.message_id) else relates_to

    def answer_id(self, headers: SoapHeaders) -> None:
        """Takes the id of an answer. A peer that does not say what it answers can be tolerated."""
        self.id = self.answered_id(headers)
        relates_to = headers.relates_to
        if headers == _NO_HEADERS:
            self.note(Tolerance.NO_HEADER, "Header", "is missing")
        elif not relates_to or relates_to == headers.message_id:
            self.note(Tolerance.RELATES_TO, "RelatesTo", "does not name a request", relates_to)

    def check_action(self, headers: SoapHeaders, operation: _Operation) -> None:
        name = operation.action.name if operation.is_request else operation.action.response_name
        if headers.action is None:
            if headers != _NO_HEADERS:
                self.note(Tolerance.NO_ACTION, "Action", "is missing")
            return
        if headers.action == f"/{name}":
            return
        last = headers.action.replace(":", "/").rsplit("/", 1)[-1]
        if last == name and headers.action == name:
            self.note(Tolerance.ACTION_FORM, "Action", f"{headers.action!r} lacks its slash", headers.action)
        elif last != name and last[:1].upper() + last[1:] == name:
            self.note(Tolerance.ACTION_FORM, "Action", f"{headers.action!r} is in lower case", headers.action)
        elif last != name:
            reason = f"{headers.action!r} is not that of the body, /{name}"
            self.note(Tolerance.ACTION_MISMATCH, "Action", reason, headers.action)

    # The body

    def operation(self, child: etree._Element, headers: SoapHeaders) -> _Operation:
        """What the body element asks for, and whose service it belongs to."""
        return self.codec._operations.get(child.tag) or self.misnamed_operation(child, headers)

    def misnamed_operation(self, child: etree._Element, headers: SoapHeaders) -> _Operation:
        tag = etree.QName(child)
        namespaces = self.specification.namespaces
        if _version_of(child) not in (None, self.specification.version):
            self.id = headers.message_id
            reason = f"is in the namespace {tag.namespace!r}, which is of another version"
            fault = Violation(tag.localname, "namespace", reason, ErrorCode.PROTOCOL, tag.namespace)
            self.refuse(ErrorCode.PROTOCOL, str(fault), (fault,))
        meant = {
            role: operation
            for role, namespace in namespaces.items()
            if (operation := self.codec._operations.get(f"{{{namespace}}}{tag.localname}")) is not None
        }
        if not meant:
            is_answer = headers.relates_to in self.waiting
            self.kind = FrameKind.CALLRESULT if is_answer else FrameKind.CALL
            self.id = headers.relates_to if is_answer else headers.message_id
            reason = f"OCPP {self.specification.version} has no operation {tag.localname[:80]!r}"
            self.refuse(ErrorCode.NOT_IMPLEMENTED, reason)
        operation = next(iter(meant.values()))
        self.kind = FrameKind.CALL if operation.is_request else FrameKind.CALLRESULT
        self.id = headers.message_id if operation.is_request else self.answered_id(headers)
        self.action = operation.action.name
        otherwise = self.codec.role if operation.is_request else Role.EITHER ^ self.codec.role
        named = {namespace.rstrip("/"): role for role, namespace in namespaces.items()}
        service = named.get((tag.namespace or "").rstrip("/"))
        expected = _receiver(operation.action, service or otherwise)
        if not tag.namespace:
            self.note(Tolerance.NO_NAMESPACE, tag.localname, "has no namespace")
        else:
            # Without its final slash the standard itself prints it (OCPP-S 1.6 §8 table 2).
            reason = f"is in the namespace {tag.namespace!r}"
            is_printed = service is expected
            self.note(Tolerance.WRONG_NAMESPACE, tag.localname, reason, tag.namespace, always=is_printed)
            if namespaces[expected] == f"{tag.namespace}/":
                rename_all(child, tag.namespace, namespaces[expected])
        return meant[expected]

    def payload(self, operation: _Operation, child: etree._Element) -> Any:
        faults = explain_element(operation.cls, child, operation.rules)
        if not faults:
            try:
                return operation.read(child)
            except ValueError:
                pass  # valid, but a year or a number of digits that Python cannot hold
        deviations: list[Violation] = []
        if self.allowed or not faults:
            message, deviations = read_element_tolerantly(operation.cls, child, operation.namespace)
            # An empty message in another namespace has nothing else in it to deviate.
            is_explained = bool(deviations) or etree.QName(child).namespace != operation.namespace
            if (
                message is not None
                and is_explained
                and all(allows(self.allowed, each) for each in deviations)
            ):
                self.found += deviations
                return message
        violations = tuple(faults or deviations)
        reason = "; ".join(map(str, violations[:3])) + (" ..." if len(violations) > 3 else "")
        self.refuse(decisive(violations), reason, violations)

    def fault(self, element: etree._Element, headers: SoapHeaders) -> CallError:
        """A fault. Only the local names of its codes count: peers put them into any namespace."""
        code = local_name(element.findtext(f"{IN_ENVELOPE}Code/{IN_ENVELOPE}Value"))
        sub_code = local_name(element.findtext(f"{IN_ENVELOPE}Code/{IN_ENVELOPE}Subcode/{IN_ENVELOPE}Value"))
        reason = first_text(element.find(f"{IN_ENVELOPE}Reason"))
        neutral = _BARE_FAULTS.get(code) or ERROR_CODES.get(sub_code) or _OLD_SUB_CODES.get(sub_code)
        if neutral is None:
            neutral = ErrorCode.PROTOCOL if code == "Sender" else ErrorCode.GENERIC
        known = self.specification.error_names[Wire.SOAP].get(neutral)
        spelling = None if sub_code in (known, "") else sub_code
        detail = element.find(f"{IN_ENVELOPE}Detail")
        content = "" if detail is None else element_content(detail)
        details = content if isinstance(content, dict) else {"#text": content} if content.strip() else {}
        return CallError(
            self.id or "",
            neutral,
            reason,
            details,
            spelling=spelling,
            headers=headers,
            violations=tuple(self.found),
        )


def _version_of(child: etree._Element) -> Version | None:
    """The version whose namespace a body element has."""
    namespace = etree.QName(child).namespace or ""
    if not namespace.startswith("urn:"):  # `specification` goes by other names too, such as "2.0.1"
        return None
    try:
        return Version(specification(namespace).version)
    except LookupError:
        return None


def _operations(known: Specification) -> dict[Any, _Operation]:
    """What each body element stands for, by its full name."""
    operations = {}
    for action in known.actions.values():
        for service, namespace in known.namespaces.items():
            # The security extension of 1.6 has no SOAP form (whitepaper §1.4).
            if action.block != "Security" and _receiver(action, service) is service:
                for name, is_request in ((action.request_name, True), (action.response_name or "", False)):
                    operation = _Operation(known, action, is_request, service)
                    operations[f"{{{namespace}}}{_element_name(name)}"] = operation
    return operations


def _element_name(message: str) -> str:
    """The body element of a message: its name with a small first letter (WSDLs)."""
    return message[:1].lower() + message[1:]


def _receiver(action: Action, otherwise: Role) -> Role:
    return otherwise if action.sent_by is Role.EITHER else Role.EITHER ^ action.sent_by


def _unholdable(xml: str) -> Violation:
    """Why what was written is no XML: it has a character that XML cannot hold, or is too much of it."""
    found = FORBIDDEN.search(xml)
    character = found[0] if found is not None else None
    what = f"has the character {character!r}" if character else "has more text than a document may"
    reason = f"{what}, which XML cannot hold" if character else what
    return Violation("$", "characters", reason, ErrorCode.PROPERTY_CONSTRAINT, character)


def _unwritable(payload: Payload) -> list[Violation]:
    """Why a payload cannot be written at all: a value is not of its type."""
    faults = explain(type(payload), plain(payload))
    return faults or [Violation("$", "type", "a value has the wrong type", ErrorCode.TYPE_CONSTRAINT)]
