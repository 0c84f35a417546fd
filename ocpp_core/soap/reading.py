"""Reads envelopes: what their heads and bodies say, judged by what is tolerated of their sender."""

from contextlib import suppress
from typing import Any

from lxml import etree

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import Call, CallError, CallResult, Frame
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import ERROR_CODES, Wire
from ocpp_core.model.violations import MAX_DEVIATIONS, MAX_FAULTS, Deviations, Violation, decisive
from ocpp_core.payloads.tolerance import ToleranceByStation, tolerance_of
from ocpp_core.soap.envelopes import (
    IN_ENVELOPE,
    content_of,
    first_text,
    identity_of,
    local_name,
    parts_of,
    rename_all,
)
from ocpp_core.soap.heads import Head, is_printed, read_head
from ocpp_core.soap.operations import Operation, Vocabulary
from ocpp_core.soap.text import split_name
from ocpp_core.soap.tolerance import element_content, read_element_tolerantly
from ocpp_core.soap.validation import broken_rules, explain

#: Faults whose first level says everything.
_BARE_FAULTS = {"VersionMismatch": ErrorCode.ENVELOPE_VERSION, "MustUnderstand": ErrorCode.MUST_UNDERSTAND}
#: Sub-codes of older stacks, read and never written.
_OLD_SUB_CODES = {"UrlMismatch": ErrorCode.IDENTITY}
#: A message must not have us say more about it than it says itself. A reading of a meter takes 60 bytes or more with
#: its tags: each may deviate in two ways, and the message is still tolerated.
_BYTES_OF_A_DEVIATION = 32
_BYTES_OF_A_FAULT = 64


def read_envelope(
    root: etree._Element,
    vocabulary: Vocabulary,
    *,
    size: int,
    tolerance: ToleranceByStation,
    identity: str,
    waiting: tuple[str, ...],
) -> Frame:
    """Reads one envelope.

    Args:
        root: Its outermost element; namespaces in it may be changed.
        vocabulary: The names of the version.
        size: Bytes that it has.
        tolerance: What is accepted although it breaks a rule.
        identity: The station to ask `tolerance` about where the envelope names none.
        waiting: Ids of the requests that wait for an answer.

    Raises:
        FrameError: It cannot be used.
    """
    header, body = parts_of(root)
    child = content_of(body)
    allowed = tolerance_of(tolerance, lambda: identity_of(header) or identity)
    head = read_head(header, child, vocabulary, allowed, waiting)
    for remark in head.remarks:
        is_allowed = remark.rule is not None and remark.rule in allowed
        if not is_allowed and not _is_printed(remark, head.operation):
            raise head.refusal(remark.code, f"{remark.path} {remark.message}")
    if head.operation is None:
        return _fault(child, head, vocabulary)
    payload, deviations = _payload(child, head, head.operation, allowed, size)
    made: Any = Call if head.operation.is_request else CallResult
    frame: Frame = made(head.id, payload, headers=head.headers, violations=(*head.remarks, *deviations))
    return frame


def _is_printed(remark: Violation, operation: Operation | None) -> bool:
    return (
        remark.rule is Tolerance.WRONG_NAMESPACE
        and operation is not None
        and is_printed(remark.value, operation.namespace)
    )


def _payload(
    child: etree._Element, head: Head, operation: Operation, allowed: Tolerance, size: int
) -> tuple[Any, list[Violation]]:
    namespace, _ = split_name(child.tag)
    if is_printed(namespace, operation.namespace):
        rename_all(child, namespace, operation.namespace)
        namespace = operation.namespace
    entries = broken_rules(child, operation.rules, min(MAX_FAULTS, 10 + size // _BYTES_OF_A_FAULT))
    if not entries:
        # Valid all the same may be a year, or a number of digits, that Python cannot hold.
        with suppress(ValueError):
            return operation.read(child), []
    deviations = Deviations(allowed, min(MAX_DEVIATIONS, 100 + size // _BYTES_OF_A_DEVIATION))
    if allowed or not entries:
        message = read_element_tolerantly(operation.cls, child, operation.namespace, deviations)
        # An empty message in another namespace has nothing else in it to deviate.
        is_explained = bool(deviations.listed) or namespace != operation.namespace
        if message is not None and is_explained and deviations.are_allowed:
            return message, deviations.listed
    violations = tuple(explain(operation.cls, child, entries) if entries else deviations.listed)
    reason = "; ".join(map(str, violations[:3])) + (" ..." if len(violations) > 3 else "")
    raise head.refusal(decisive(violations), reason, violations)


def _fault(element: etree._Element, head: Head, vocabulary: Vocabulary) -> CallError:
    """A fault. Only the local names of its codes count: peers put them into any namespace."""
    code = local_name(element.findtext(f"{IN_ENVELOPE}Code/{IN_ENVELOPE}Value"))
    sub_code = local_name(element.findtext(f"{IN_ENVELOPE}Code/{IN_ENVELOPE}Subcode/{IN_ENVELOPE}Value"))
    reason = first_text(element.find(f"{IN_ENVELOPE}Reason"))
    neutral = _BARE_FAULTS.get(code) or ERROR_CODES.get(sub_code) or _OLD_SUB_CODES.get(sub_code)
    if neutral is None:
        neutral = ErrorCode.PROTOCOL if code == "Sender" else ErrorCode.GENERIC
    known = vocabulary.specification.error_names[Wire.SOAP].get(neutral)
    detail = element.find(f"{IN_ENVELOPE}Detail")
    content = "" if detail is None else element_content(detail)
    return CallError(
        head.id or "",
        neutral,
        reason,
        content if isinstance(content, dict) else {"#text": content} if content.strip() else {},
        spelling=None if sub_code in (known, "") else sub_code,
        headers=head.headers,
        violations=head.remarks,
    )
