"""Faults: what each says, in whatever form it comes, and how ours are written.

Source: OCPP-S 1.6 §4; SOAP 1.2 part 1 §5.4 and appendix A; SOAP 1.1 §4.4.
"""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from lxml import etree

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import CallError
from ocpp_core.model.versions import ERROR_CODES, Wire
from ocpp_core.soap.envelopes import (
    CONTENT_TYPE,
    ENVELOPE,
    OLD_CONTENT_TYPE,
    OLD_ENVELOPE,
    Prefixes,
    first_text,
    local_name,
    readable,
)
from ocpp_core.soap.heads import Head
from ocpp_core.soap.operations import Vocabulary
from ocpp_core.soap.text import attribute_xml, split_name, text_xml
from ocpp_core.soap.tolerance import element_content

#: The first level of a fault, for codes that are not the sender's fault (OCPP-S 1.6 §4 table 1).
_FAULT_CODES = {
    ErrorCode.NOT_IMPLEMENTED: "Receiver",
    ErrorCode.NOT_SUPPORTED: "Receiver",
    ErrorCode.INTERNAL: "Receiver",
    ErrorCode.GENERIC: "Receiver",
    ErrorCode.ENVELOPE_VERSION: "VersionMismatch",
    ErrorCode.OLD_ENVELOPE_VERSION: "VersionMismatch",
    ErrorCode.MUST_UNDERSTAND: "MustUnderstand",
}
#: Faults whose first level says everything.
_BARE_FAULTS = {"VersionMismatch": ErrorCode.ENVELOPE_VERSION, "MustUnderstand": ErrorCode.MUST_UNDERSTAND}
#: Sub-codes of older stacks, read and never written.
_OLD_SUB_CODES = {"UrlMismatch": ErrorCode.IDENTITY}
#: A name with its namespace.
_QUALIFIED = re.compile(r"\{([^{}]+)\}([A-Za-z_][A-Za-z0-9._-]*)")
#: Who is to blame, in SOAP 1.2 and 1.1.
_SENDERS = ("Sender", "Client")


def fault_code(code: ErrorCode) -> str:
    """The first level of a fault: Sender, Receiver, VersionMismatch or MustUnderstand (SOAP 1.2 part 1 §5.4.6)."""
    return _FAULT_CODES.get(code, "Sender")


def content_type_of(code: ErrorCode | None) -> str:
    """The Content-Type of an answer: a fault with this code, or a response."""
    return OLD_CONTENT_TYPE if code is ErrorCode.OLD_ENVELOPE_VERSION else CONTENT_TYPE


def read_fault(element: etree._Element, head: Head, vocabulary: Vocabulary) -> CallError:
    """What a fault says. Only local names count: peers put codes into any namespace, and the words of 1.1 into 1.2."""
    parts = {split_name(child.tag)[1].lower(): child for child in element}
    code, sub_code = [*_codes(parts.get("code")), *_old_codes(parts.get("faultcode")), "", ""][:2]
    neutral = _BARE_FAULTS.get(code) or ERROR_CODES.get(sub_code) or _OLD_SUB_CODES.get(sub_code)
    if neutral is None:
        neutral = ErrorCode.PROTOCOL if code in _SENDERS else ErrorCode.GENERIC
    known = vocabulary.specification.error_names[Wire.SOAP].get(neutral)
    detail = parts.get("detail")
    content = "" if detail is None else element_content(detail)
    return CallError(
        head.id or "",
        neutral,
        first_text(parts.get("reason")) or first_text(parts.get("faultstring")),
        content if isinstance(content, dict) else {"#text": content} if content.strip() else {},
        spelling=None if sub_code in (known, "") else sub_code,
        headers=head.headers,
        violations=head.remarks,
    )


def _codes(code: etree._Element | None) -> list[str]:
    """The code of SOAP 1.2 and the one below it."""
    values = () if code is None else code.iter("{*}Value")
    return [local_name(value.text) for value in islice(values, 2)]


def _old_codes(code: etree._Element | None) -> list[str]:
    """The code of SOAP 1.1, whose parts have dots between them: ``Client.Authentication``."""
    return [] if code is None else local_name(code.text).split(".", 1)


def fault_xml(code: ErrorCode, name: str, description: str, prefixes: Prefixes) -> str:
    """The body element of a fault.

    Args:
        code: Of the error.
        name: How the version spells it.
        description: For people.
        prefixes: Of the envelope.
    """
    env, level = prefixes.envelope, fault_code(code)
    value = f"<{env}:Value>{env}:{level}</{env}:Value>"
    if level in ("Sender", "Receiver"):
        sub_code = f"<{env}:Value>{prefixes.ocpp}:{name}</{env}:Value>"
        value += f"<{env}:Subcode>{sub_code}</{env}:Subcode>"
    reason = f'<{env}:Text xml:lang="en">{_reason(code, description)}</{env}:Text>'
    parts = f"<{env}:Code>{value}</{env}:Code><{env}:Reason>{reason}</{env}:Reason>"
    return f"<{env}:Fault>{parts}</{env}:Fault>"


def not_understood(details: Mapping[str, Any], prefixes: Prefixes) -> str:
    """The header blocks that name those of the request that were not understood (SOAP 1.2 part 1 §5.4.8).

    Args:
        details: Of the error, as `summary_for_peer` makes them. What names no header in full is left out.
        prefixes: Of the envelope.
    """
    listed = details.get("violations")
    paths = (
        fault.get("path") for fault in (listed if isinstance(listed, list) else ()) if isinstance(fault, dict)
    )
    names = filter(None, (_QUALIFIED.fullmatch(str(path)) for path in paths))
    return "".join(
        f'<{prefixes.envelope}:NotUnderstood xmlns:of="{attribute_xml(name[1])}" qname="of:{name[2]}"/>'
        for name in names
    )


def old_fault_envelope(code: ErrorCode, description: str) -> bytes:
    """The fault for whoever speaks SOAP 1.1, in its own words: it understands no other (SOAP 1.2 part 1 §A)."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<old:Envelope xmlns:old="{OLD_ENVELOPE}" xmlns:env="{ENVELOPE}">'
        f"<old:Header>{Prefixes().upgrade()}</old:Header>"
        f"<old:Body><old:Fault><faultcode>old:{fault_code(code)}</faultcode>"
        f"<faultstring>{_reason(code, description)}</faultstring></old:Fault></old:Body></old:Envelope>"
    ).encode()


def _reason(code: ErrorCode, description: str) -> str:
    return text_xml(readable(description or code.replace("-", " ")))
