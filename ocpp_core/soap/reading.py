"""Reads envelopes: what their heads and bodies say, judged by what is tolerated of their sender."""

from typing import Any

from lxml import etree

from ocpp_core.model.messages import Call, CallResult, Frame
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import Deviations, Violation, decisive
from ocpp_core.payloads.tolerance import ToleranceByStation, tolerance_of
from ocpp_core.soap.binding import UNREADABLE
from ocpp_core.soap.envelopes import (
    content_of,
    identity_of,
    parts_of,
    rename_all,
)
from ocpp_core.soap.faults import read_fault
from ocpp_core.soap.heads import Head, is_printed, read_head
from ocpp_core.soap.operations import Operation, Vocabulary
from ocpp_core.soap.quick import KnownHeads
from ocpp_core.soap.text import Document, split_name
from ocpp_core.soap.tolerance import read_element_tolerantly
from ocpp_core.soap.validation import broken_rule


def read_envelope(
    body: bytes,
    document: Document,
    vocabulary: Vocabulary,
    known: KnownHeads,
    *,
    tolerance: ToleranceByStation,
    identity: str,
    waiting: tuple[str, ...],
) -> Frame:
    """Reads one envelope.

    Args:
        body: Its bytes.
        document: What was read of them. Namespaces in it may be changed.
        vocabulary: The names of the version.
        known: Where its head is kept, if others will have the same.
        tolerance: What is accepted although it breaks a rule.
        identity: The station to ask `tolerance` about where the envelope names none.
        waiting: Ids of the requests that wait for an answer.

    Raises:
        FrameError: It cannot be used.
    """
    header, content = parts_of(document.root)
    child = content_of(content)
    allowed = tolerance_of(tolerance, lambda: identity_of(header) or identity)
    head = read_head(header, child, vocabulary, allowed, waiting, is_late=document.is_late)
    if head.operation is None:
        # HTTP has paired it with its call, and nobody answers it: to refuse it for its form would only keep from the
        # caller what the peer has said.
        return read_fault(child, head, vocabulary)
    for remark in head.remarks:
        is_allowed = remark.rule is not None and remark.rule in allowed
        if not is_allowed and not _is_printed(remark, head.operation):
            raise head.refusal(remark.code, f"{remark.path} {remark.message}", (remark,))
    namespace = split_name(child.tag)[0]
    if namespace != head.operation.namespace:  # which has been said, and is allowed
        rename_all(child, namespace, head.operation.namespace)
    violations = head.remarks
    payload = _valid(child, head.operation, is_wide=document.is_wide)
    if payload is None:
        deviations = Deviations.of_message(len(body), allowed)
        payload = _tolerated(child, head, head.operation, deviations, is_wide=document.is_wide)
        violations = (*violations, *deviations.listed)
    else:
        known.learn(body, document.root, head)
    made: Any = Call if head.operation.is_request else CallResult
    frame: Frame = made(head.id, payload, headers=head.headers, violations=violations)
    return frame


def _is_printed(remark: Violation, operation: Operation) -> bool:
    return remark.rule is Tolerance.WRONG_NAMESPACE and is_printed(remark.value, operation.namespace)


def _valid(child: etree._Element, operation: Operation, *, is_wide: bool) -> Any:
    """The payload of an element that its schema accepts and that Python can hold; None if it is none.

    It is built first, on trust, and thrown away if the schema says no: to find many faults takes the schema several
    times as long as to find none, and most of what is wrong cannot be built.
    """
    try:
        payload = operation.read(child)
    except UNREADABLE:
        return None
    return payload if broken_rule(child, operation.rules, is_wide=is_wide) is None else None


def _tolerated(
    child: etree._Element, head: Head, operation: Operation, deviations: Deviations, *, is_wide: bool
) -> Any:
    """The payload of an element that cannot be read at once, if all that is wrong with it is allowed.

    Raises:
        FrameError: It is not.
    """
    message = read_element_tolerantly(operation.cls, child, operation.namespace, deviations)
    violations = tuple(deviations.listed)
    if message is not None and violations:
        return message
    if not violations:
        broken = broken_rule(child, operation.rules, is_wide=is_wide)
        violations = (broken,) if broken else ()
    reason = "; ".join(map(str, violations[:3])) + (" ..." if len(violations) > 3 else "")
    raise head.refusal(decisive(violations), reason, violations)
