"""What an envelope says of itself before its payload is read: whose it is, what it is, and what is odd about that.

Nothing is refused here but what has no meaning at all; everything else is a remark, which `reading` judges.

Source: OCPP-S 1.6 §3, §8 and its errata sheet; WS-Addressing 1.0 core §3.
"""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import SoapHeaders
from ocpp_core.model.printing import SHORT, printable
from ocpp_core.model.secrets import told, told_value
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.values import value
from ocpp_core.model.versions import Role
from ocpp_core.model.violations import Violation
from ocpp_core.soap.envelopes import (
    ADDRESS,
    ADDRESSES,
    ADDRESSING,
    ADDRESSING_NAMESPACES,
    FAULT,
    HEADERS,
    MUST_UNDERSTAND,
    OLD_ENVELOPE,
    OLD_FAULT,
    UNSPECIFIED,
    holds_identity,
    is_anonymous,
    text_of,
)
from ocpp_core.soap.operations import Operation, Vocabulary, receiver, version_of
from ocpp_core.soap.text import split_name

NO_HEADERS = SoapHeaders()


@value
class Head:
    """All that an answer to an envelope needs to know about it.

    Attributes:
        kind: What it is, or was meant to be.
        id: Its own, or that of the request that it answers; None if it cannot be told.
        headers: What stands in its header.
        operation: What its body element stands for; None for a fault, and where that cannot be told.
        remarks: The rules that it breaks, in the order in which they are judged.
        is_usual: Whether it says the same whatever is tolerated.
    """

    kind: FrameKind
    id: str | None
    headers: SoapHeaders
    operation: Operation | None = None
    remarks: tuple[Violation, ...] = ()
    is_usual: bool = False

    def refusal(
        self, code: ErrorCode, reason: str, violations: tuple[Violation, ...] = (), **more: Any
    ) -> FrameError:
        """The error that says why the envelope cannot be used."""
        return FrameError(
            reason,
            kind=self.kind,
            code=code,
            id=self.id,
            action=None if self.operation is None else self.operation.action.name,
            violations=violations,
            identity=self.headers.identity,
            **more,
        )


def read_head(
    header: etree._Element | None,
    child: etree._Element,
    vocabulary: Vocabulary,
    allowed: Tolerance,
    waiting: tuple[str, ...],
    *,
    is_late: bool = False,
) -> Head:
    """Reads the header, and what the body element stands for.

    Args:
        header: None if there is none.
        child: The element in the body.
        vocabulary: The names of the version.
        allowed: What is accepted although it breaks a rule.
        waiting: Ids of the requests that wait for an answer.
        is_late: Whether blanks stand before the declaration of the document.

    Raises:
        FrameError: The element stands for nothing, or is of another version.
    """
    blocks = _Blocks(header, vocabulary, allowed)
    blocks.odd += _about_envelope(header, child)
    if is_late:
        blocks.odd.append(_remark(Tolerance.WHITE_SPACE, "<?xml", "has blanks before it"))
    headers = blocks.headers
    tag = child.tag
    operation = vocabulary.operations.get(tag)
    if tag in (FAULT, OLD_FAULT):
        return _head_of_fault(child, blocks, waiting)
    remarks = []
    if operation is None:
        operation, displaced = _displaced(child, headers, vocabulary, waiting)
        remarks.append(displaced)
    remarks += _about_request(blocks, operation) if operation.is_request else _about_answer(headers)
    remarks += blocks.odd
    remarks += _about_action(headers, operation)
    is_request = operation.is_request
    kind = FrameKind.CALL if is_request else FrameKind.CALLRESULT
    id = headers.message_id or "" if is_request else _answered(headers, waiting)
    return Head(kind, id, headers, operation, tuple(remarks), blocks.is_usual)


def _head_of_fault(child: etree._Element, blocks: "_Blocks", waiting: tuple[str, ...]) -> Head:
    remarks = list(_about_answer(blocks.headers))
    if child.tag == OLD_FAULT:
        remarks.append(_remark(Tolerance.OLD_FAULT, "Fault", "is that of SOAP 1.1", OLD_ENVELOPE))
    id = _answered(blocks.headers, waiting)
    return Head(FrameKind.CALLERROR, id, blocks.headers, None, (*remarks, *blocks.odd))


def is_printed(namespace: str | None, right: str) -> bool:
    """Whether a namespace only lacks its final slash: so the standard itself prints it (OCPP-S 1.6 §8 table 2)."""
    return right == f"{namespace}/"


def _about_envelope(header: etree._Element | None, child: etree._Element) -> Iterator[Violation]:
    """An envelope has a header and a body, in this order, and in these nothing but blocks and one element.

    Who stands before us, a proxy or a gate, may look at another of two, or at what we do not look at.
    (SOAP 1.2 part 1 §5)
    """
    body = child.getparent()
    root = None if body is None else body.getparent()
    assert body is not None
    assert root is not None
    texts = [root.text, body.text, body.tail, child.tail]
    if header is not None:
        texts += [header.text, header.tail, *(block.tail for block in header)]
    if any(text is not None and not text.isspace() for text in texts):
        yield _remark(Tolerance.EXTRA_MEMBER, "Envelope", "has text between its elements")
    parts = [part for part in (header, body) if part is not None]
    found = list(root)
    for other in found:
        local = split_name(other.tag)[1]
        if other not in parts and other.tag in [part.tag for part in parts]:
            yield _twice(local)
        elif other not in parts:
            yield _remark(Tolerance.EXTRA_MEMBER, local, "is no part of an envelope")
    if header is not None and found.index(header) > found.index(body):
        yield _remark(Tolerance.ELEMENT_ORDER, "Header", "stands behind the body")


class _Blocks:
    """The blocks of a header, those that are in an odd place or form included.

    Attributes:
        headers: What they say; of several of one name, the last, if that is tolerated.
        identity_namespace: Where the identity stands.
        odd: What is not as it should be.
        is_usual: Whether tolerance has no say in any of this.
    """

    def __init__(self, header: etree._Element | None, vocabulary: Vocabulary, allowed: Tolerance) -> None:
        self.identity_namespace = ""
        self.odd: list[Violation] = []
        self.is_usual = True
        self._allowed = allowed
        self._said: set[str] = set()
        values: dict[str, str | None] = {}
        blocks = vocabulary.blocks
        for block in () if header is None else header:
            tag = block.tag  # lxml makes it anew each time
            known = blocks.get(tag)
            if known is None:
                self._other(block, values)
                continue
            name, is_address = known
            self._say(name, split_name(tag)[1])
            values[name] = self._address(block) if is_address else self._text(block)
            if name == "identity":
                self.identity_namespace = split_name(tag)[0]
        self.headers = SoapHeaders(**values) if values else NO_HEADERS

    def _other(self, block: etree._Element, values: dict[str, str | None]) -> None:
        """An addressing header or the identity in an odd namespace, or a header that we have no use for."""
        self.is_usual = False
        namespace, local = split_name(block.tag)
        if holds_identity(block):
            self._say("identity", local)
            values["identity"] = self._text(block)
            self.identity_namespace = namespace
        elif namespace in ADDRESSING_NAMESPACES or (not namespace and local in HEADERS):
            if namespace != ADDRESSING:
                rule = Tolerance.ADDRESSING_NAMESPACE if namespace else Tolerance.NO_NAMESPACE
                self.odd.append(_remark(rule, local, _in_namespace(namespace), namespace))
            if local in HEADERS:
                self._say(HEADERS[local], local)
                values[HEADERS[local]] = self._content(block, local)
        elif local in HEADERS and (rule := self._foreign(namespace)) in self._allowed:
            self.odd.append(_remark(rule, local, _in_namespace(namespace), namespace))
            # A block in the right namespace goes before one that only sounds like it.
            values.setdefault(HEADERS[local], self._content(block, local))
        elif block.get(MUST_UNDERSTAND, "false").strip() in ("true", "1"):
            self.odd.append(
                _remark(
                    Tolerance.MUST_UNDERSTAND, f"{{{namespace}}}{local}", "is not understood", text_of(block)
                )
            )

    def _say(self, name: str, local: str) -> None:
        """Notes that a header is there, in whatever namespace; a block that only sounds like it counts for none."""
        if name in self._said:
            self.odd.append(_twice(local))
        self._said.add(name)

    def _content(self, block: etree._Element, local: str) -> str | None:
        return self._address(block) if local in ADDRESSES else self._text(block)

    def _text(self, block: etree._Element) -> str | None:
        """Its text in front of what does not belong there."""
        if len(block):
            self.odd.append(_remark(Tolerance.EXTRA_MEMBER, split_name(block.tag)[1], "has elements in it"))
        return text_of(block)

    @staticmethod
    def _foreign(namespace: str) -> Tolerance:
        """What accepts an addressing header in a namespace of which OCPP knows nothing."""
        is_addressing = "addressing" in namespace.lower()
        return Tolerance.ADDRESSING_NAMESPACE if is_addressing else Tolerance.WRONG_NAMESPACE

    def _address(self, block: etree._Element) -> str | None:
        """The address in an endpoint reference. What is no address at all counts as absent."""
        for child in block:
            if child.tag == ADDRESS or split_name(child.tag)[1] == "Address":
                return text_of(child)
        self.is_usual = False
        text = text_of(block)
        if text and Tolerance.ADDRESS_AS_TEXT in self._allowed:
            local = split_name(block.tag)[1]
            self.odd.append(_remark(Tolerance.ADDRESS_AS_TEXT, local, "has no Address in it", text))
            return text
        return None


def _displaced(
    child: etree._Element, headers: SoapHeaders, vocabulary: Vocabulary, waiting: tuple[str, ...]
) -> tuple[Operation, Violation]:
    """The operation that an element in an odd namespace is of, and what is odd."""
    namespace, local = split_name(child.tag)
    known = vocabulary.specification
    if version_of(child) not in (None, known.version):
        reason = f"{_in_namespace(namespace)}, which is of another version"
        fault = Violation(told(local), "namespace", reason, ErrorCode.PROTOCOL, namespace)
        head = Head(FrameKind.UNREADABLE, headers.message_id, headers)
        raise head.refusal(ErrorCode.PROTOCOL, str(fault), (fault,))
    meant = vocabulary.meant(local)
    if not meant:
        is_answer = headers.relates_to in waiting
        kind = FrameKind.CALLRESULT if is_answer else FrameKind.CALL
        head = Head(kind, headers.relates_to if is_answer else headers.message_id, headers)
        reason = f"OCPP {known.version} has no operation {told_value(local)}"
        raise head.refusal(ErrorCode.NOT_IMPLEMENTED, reason)
    one = next(iter(meant.values()))
    otherwise = vocabulary.role if one.is_request else Role.EITHER ^ vocabulary.role
    services = (service for service, right in known.namespaces.items() if is_printed(namespace, right))
    operation = meant[receiver(one.action, next(services, otherwise))]
    rule = Tolerance.WRONG_NAMESPACE if namespace else Tolerance.NO_NAMESPACE
    return operation, _remark(rule, local, _in_namespace(namespace), namespace)


def _answered(headers: SoapHeaders, waiting: tuple[str, ...]) -> str:
    """Which request an answer names, or must mean: HTTP has paired them already."""
    only = waiting[0] if len(waiting) == 1 else ""
    relates_to = headers.relates_to or ""
    return only or relates_to if relates_to in ("", UNSPECIFIED, headers.message_id) else relates_to


def _about_request(blocks: _Blocks, operation: Operation) -> Iterator[Violation]:
    headers = blocks.headers
    if not headers.message_id:
        yield _remark(Tolerance.NO_MESSAGE_ID, "MessageID", "is missing")
    if not headers.identity:
        yield _remark(Tolerance.NO_IDENTITY, "chargeBoxIdentity", "is missing")
    elif blocks.identity_namespace != operation.namespace:
        namespace = blocks.identity_namespace
        rule = Tolerance.WRONG_NAMESPACE if namespace else Tolerance.NO_NAMESPACE
        yield _remark(rule, "chargeBoxIdentity", _in_namespace(namespace), namespace)
    if headers.reply_to and not is_anonymous(headers.reply_to):
        yield _remark(Tolerance.REPLY_TO_OTHER, "ReplyTo", "is not anonymous", headers.reply_to)


def _about_answer(headers: SoapHeaders) -> Iterator[Violation]:
    """A peer that does not say what it answers can be tolerated."""
    relates_to = headers.relates_to
    if headers == NO_HEADERS:
        yield _remark(Tolerance.NO_HEADER, "Header", "is missing")
    elif not relates_to or relates_to == headers.message_id:
        yield _remark(Tolerance.RELATES_TO, "RelatesTo", "does not name a request", relates_to)


def _about_action(headers: SoapHeaders, operation: Operation) -> Iterator[Violation]:
    name, action = operation.name, headers.action
    if action is None:
        if headers != NO_HEADERS:
            yield _remark(Tolerance.NO_ACTION, "Action", "is missing")
        return
    if action == f"/{name}":
        return
    last = action.replace(":", "/").rsplit("/", 1)[-1]
    if last == name and action == name:
        yield _remark(Tolerance.ACTION_FORM, "Action", f"{told_value(action)} lacks its slash", action)
    elif last != name and last[:1].upper() + last[1:] == name:
        yield _remark(Tolerance.ACTION_FORM, "Action", f"{told_value(action)} is in lower case", action)
    elif last != name:
        reason = f"{told_value(action)} is not that of the body, /{name}"
        yield _remark(Tolerance.ACTION_MISMATCH, "Action", reason, action)


def _in_namespace(namespace: str) -> str:
    return f"is in the namespace {told_value(namespace)}" if namespace else "is in no namespace"


def _twice(local: str) -> Violation:
    return _remark(Tolerance.DUPLICATE_MEMBER, local, "is there twice")


def _remark(rule: Tolerance, name: str, reason: str, value: Any = None) -> Violation:
    code = ErrorCode.MUST_UNDERSTAND if rule is Tolerance.MUST_UNDERSTAND else ErrorCode.PROTOCOL
    # A fault names it in full, with its namespace.
    path = printable(name, 2 * SHORT if rule is Tolerance.MUST_UNDERSTAND else SHORT)
    return Violation(path, "header", reason, code, value, rule)
