"""The parts of a SOAP envelope: names, header blocks, and the one element in the body.

Source: SOAP 1.2 part 1 §5; WS-Addressing 1.0 core §3; OCPP-S 1.6 §3.
"""

from lxml import etree

from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError
from ocpp_core.model.secrets import told
from ocpp_core.soap.text import FORBIDDEN, split_name, text_xml

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
#: Back in the same HTTP exchange (OCPP-S 1.6 §3.8).
ANONYMOUS = f"{ADDRESSING}/anonymous"
#: The same, also in the draft of WS-Addressing of 2004.
ANY_ANONYMOUS = (ANONYMOUS, "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous")
#: What an answer relates to if the request had no id (WS-Addressing 1.0 core §3.4).
UNSPECIFIED = f"{ADDRESSING}/unspecified"
FAULT_ACTION = f"{ADDRESSING}/fault"

#: SOAP 1.2 part 2 §7: media type of every message.
CONTENT_TYPE = "application/soap+xml; charset=utf-8"

ADDRESS = f"{{{ADDRESSING}}}Address"
ADDRESSING_NAMESPACES = (ADDRESSING, "http://schemas.xmlsoap.org/ws/2004/08/addressing")
IN_ENVELOPE = f"{{{ENVELOPE}}}"
_ENVELOPE, _HEADER, _BODY, FAULT = (
    f"{IN_ENVELOPE}Envelope",
    f"{IN_ENVELOPE}Header",
    f"{IN_ENVELOPE}Body",
    f"{IN_ENVELOPE}Fault",
)
MUST_UNDERSTAND = f"{IN_ENVELOPE}mustUnderstand"

#: Addressing headers, and the field of `SoapHeaders` that each fills.
HEADERS = {
    "Action": "action",
    "MessageID": "message_id",
    "RelatesTo": "relates_to",
    "From": "from_",
    "ReplyTo": "reply_to",
    "To": "to",
    "FaultTo": "fault_to",
}
ADDRESSES = ("From", "ReplyTo", "FaultTo")
#: The same by full name, and whether it is an endpoint reference.
BLOCKS: dict[str, tuple[str, bool]] = {
    f"{{{ADDRESSING}}}{local}": (name, local in ADDRESSES) for local, name in HEADERS.items()
}


def parts_of(root: etree._Element) -> tuple[etree._Element | None, etree._Element | None]:
    """Header and body of an envelope."""
    if root.tag != _ENVELOPE:
        namespace, local = split_name(root.tag)
        is_old = local == "Envelope"
        raise FrameError(
            f"not an envelope of SOAP 1.2, but {told(local)!r} of {told(namespace)!r}",
            kind=FrameKind.UNREADABLE,
            code=ErrorCode.ENVELOPE_VERSION if is_old else ErrorCode.FRAME,
        )
    header = body = None
    for child in root:  # several times as fast as `find`
        if child.tag == _BODY and body is None:
            body = child
        elif child.tag == _HEADER and header is None:
            header = child
    return header, body


def holds_identity(block: etree._Element) -> bool:
    """Whether a header block holds the identity of the station, in whatever namespace and case."""
    return split_name(block.tag)[1].lower() == "chargeboxidentity"


def identity_of(header: etree._Element | None) -> str:
    """The identity that a header holds, the last if there are several; "" if there is none."""
    blocks = [block for block in (() if header is None else header) if holds_identity(block)]
    return text_of(blocks[-1]) or "" if blocks else ""


def content_of(body: etree._Element | None) -> etree._Element:
    """The one element in a body."""
    if body is None or len(body) != 1:
        reason = f"the body has {0 if body is None else len(body)} elements in place of one"
        raise FrameError(reason, kind=FrameKind.UNREADABLE, code=ErrorCode.FRAME)
    return body[0]


def rename_all(element: etree._Element, old: str, new: str) -> None:
    """Moves an element and all in it from one namespace to another."""
    for inner in element.iter(f"{{{old}}}*"):
        inner.tag = f"{{{new}}}{split_name(inner.tag)[1]}"


def text_of(element: etree._Element) -> str | None:
    """The text of a header without the white space around it; what stands for nothing is None."""
    text = (element.text or "").strip()
    return None if text in ("", "null") else text


def local_name(qualified: str | None) -> str:
    """The last part of a qualified name: Sender of ``env:Sender``."""
    return (qualified or "").strip().rsplit(":", 1)[-1]


def first_text(element: etree._Element | None) -> str:
    """The first text in an element that is more than white space; "" if there is none."""
    texts = () if element is None else element.itertext()
    return next((text.strip() for text in texts if text.strip()), "")


def block_xml(name: str, value: str | None, *, must_understand: bool = False) -> str:
    """A header block that holds text; nothing for None.

    Raises:
        LocalProtocolError: A character that XML cannot hold.
    """
    return "" if value is None else _block(name, _required_xml(value), must_understand)


def address_xml(name: str, value: str | None, *, must_understand: bool = False) -> str:
    """A header block that holds an endpoint reference; nothing for None. Raises as `block_xml`."""
    if value is None:
        return ""
    return _block(name, f"<wsa:Address>{_required_xml(value)}</wsa:Address>", must_understand)


def _block(name: str, content: str, must_understand: bool) -> str:
    flag = ' env:mustUnderstand="true"' if must_understand else ""
    return f"<{name}{flag}>{content}</{name}>"


def _required_xml(value: str) -> str:
    if FORBIDDEN.search(value):
        raise LocalProtocolError(f"{value!r} has a character that XML cannot hold")
    return text_xml(value)


def readable(text: str) -> str:
    """The text with question marks for what XML cannot hold."""
    return FORBIDDEN.sub("?", text)
