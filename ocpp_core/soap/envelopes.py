"""The parts of a SOAP envelope: names, header blocks, and the one element in the body.

Source: SOAP 1.2 part 1 §5; WS-Addressing 1.0 core §3; OCPP-S 1.6 §3.
"""

import re
from collections.abc import Iterable

import attrs
from attrs import frozen
from lxml import etree

from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError
from ocpp_core.model.secrets import told_value
from ocpp_core.soap.text import FORBIDDEN, split_name, text_xml

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
#: SOAP 1.1, in which nothing is read but faults.
OLD_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
#: Back in the same HTTP exchange (OCPP-S 1.6 §3.8).
ANONYMOUS = f"{ADDRESSING}/anonymous"
#: What an answer relates to if the request had no id (WS-Addressing 1.0 core §3.4).
UNSPECIFIED = f"{ADDRESSING}/unspecified"
FAULT_ACTION = f"{ADDRESSING}/fault"

#: SOAP 1.2 part 2 §7: media type of every message.
CONTENT_TYPE = "application/soap+xml; charset=utf-8"
#: SOAP 1.1 §6.
OLD_CONTENT_TYPE = "text/xml; charset=utf-8"

ADDRESS = f"{{{ADDRESSING}}}Address"
ADDRESSING_NAMESPACES = (ADDRESSING, "http://schemas.xmlsoap.org/ws/2004/08/addressing")
IN_ENVELOPE = f"{{{ENVELOPE}}}"
_BODY = f"{IN_ENVELOPE}Body"
FAULT, OLD_FAULT = f"{IN_ENVELOPE}Fault", f"{{{OLD_ENVELOPE}}}Fault"
#: Header and body of each kind of envelope, by the name of its root.
_PARTS: dict[object, tuple[str, str]] = {
    f"{{{namespace}}}Envelope": (f"{{{namespace}}}Header", f"{{{namespace}}}Body")
    for namespace in (ENVELOPE, OLD_ENVELOPE)
}
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
    """Header and body of an envelope; of SOAP 1.1 only if there is a fault in it."""
    header = body = None
    header_tag, body_tag = _PARTS.get(root.tag, (None, None))
    for child in root if body_tag else ():  # several times as fast as `find`
        if child.tag == body_tag and body is None:
            body = child
        elif child.tag == header_tag and header is None:
            header = child
    if body_tag == _BODY or (body is not None and body.find(OLD_FAULT) is not None):
        return header, body
    namespace, local = split_name(root.tag)
    version = ErrorCode.OLD_ENVELOPE_VERSION if namespace == OLD_ENVELOPE else ErrorCode.ENVELOPE_VERSION
    raise FrameError(
        f"not an envelope of SOAP 1.2, but {told_value(local)} of {told_value(namespace)}",
        kind=FrameKind.UNREADABLE,
        code=version if local == "Envelope" else ErrorCode.FRAME,
    )


def is_anonymous(address: str) -> bool:
    """Whether an address stands for the exchange itself, in WS-Addressing of whatever year."""
    return address.endswith("/anonymous") and "addressing" in address


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
    """What the text of a header states."""
    return stated(element.text or "")


def stated(text: str) -> str | None:
    """The text without the white space around it; what stands for nothing is None."""
    text = text.strip()
    return None if text in ("", "null") else text


def local_name(qualified: str | None) -> str:
    """The last part of a qualified name: Sender of ``env:Sender``."""
    return (qualified or "").strip().rsplit(":", 1)[-1]


def first_text(element: etree._Element | None) -> str:
    """The first text in an element that is more than white space; "" if there is none."""
    texts = () if element is None else element.itertext()
    return next((text.strip() for text in texts if text.strip()), "")


@frozen(cache_hash=True)
class Prefixes:
    """The prefixes of an envelope: some old peers look for those that they know.

    Raises:
        LocalProtocolError: One is no name, or is there twice.
    """

    envelope: str = "env"
    addressing: str = "wsa"
    ocpp: str = "ocpp"

    def __attrs_post_init__(self) -> None:
        names = {self.envelope, self.addressing, self.ocpp}
        if len(names) < len(attrs.fields(Prefixes)) or not all(map(_PREFIX.fullmatch, names)):
            raise LocalProtocolError(f"{self!r} are not three different prefixes of XML")

    def identity(self, value: str) -> str:
        """The header block that names the station. Raises as `block`."""
        return self._block(f"{self.ocpp}:chargeBoxIdentity", _required_xml(value), True)

    def block(self, name: str, value: str | None, *, must_understand: bool = False) -> str:
        """A block of WS-Addressing that holds text; nothing for None.

        Raises:
            LocalProtocolError: A character that XML cannot hold.
        """
        if value is None:
            return ""
        return self._block(f"{self.addressing}:{name}", _required_xml(value), must_understand)

    def address(self, name: str, value: str | None, *, must_understand: bool = False) -> str:
        """A block that holds an endpoint reference; nothing for None. Raises as `block`."""
        if value is None:
            return ""
        address = f"{self.addressing}:Address"
        content = f"<{address}>{_required_xml(value)}</{address}>"
        return self._block(f"{self.addressing}:{name}", content, must_understand)

    def _block(self, name: str, content: str, must_understand: bool) -> str:
        flag = f' {self.envelope}:mustUnderstand="true"' if must_understand else ""
        return f"<{name}{flag}>{content}</{name}>"

    def upgrade(self) -> str:
        """The block that says which envelope is understood (SOAP 1.2 part 1 §5.4.7)."""
        env = self.envelope
        return f'<{env}:Upgrade><{env}:SupportedEnvelope qname="{env}:Envelope"/></{env}:Upgrade>'

    def written(self, namespace: str, blocks: Iterable[str], body: str) -> bytes:
        """The whole envelope.

        Args:
            namespace: Of the service.
            blocks: Of its header.
            body: The element in its body.
        """
        env = self.envelope
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<{env}:Envelope xmlns:{env}="{ENVELOPE}" xmlns:{self.addressing}="{ADDRESSING}" '
            f'xmlns:{self.ocpp}="{namespace}"><{env}:Header>{"".join(blocks)}</{env}:Header>'
            f"<{env}:Body>{body}</{env}:Body></{env}:Envelope>"
        ).encode()


#: What begins with xml belongs to XML itself.
_PREFIX = re.compile(r"(?![Xx][Mm][Ll])[A-Za-z_][A-Za-z0-9._-]*")


def _required_xml(value: str) -> str:
    if FORBIDDEN.search(value):
        raise LocalProtocolError(f"{value!r} has a character that XML cannot hold")
    return text_xml(value)


def readable(text: str) -> str:
    """The text with question marks for what XML cannot hold."""
    return FORBIDDEN.sub("?", text)
