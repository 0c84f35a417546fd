"""Envelopes of OCPP-S as the kit reads them to judge their form: with lxml, and nothing of the library's codec."""

import re
from collections.abc import Iterator

from attrs import frozen
from lxml import etree

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{ADDRESSING}/anonymous"


def local(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return etree.QName(element).localname


def space(element: etree._Element) -> str:
    """The namespace of an element; "" if it has none."""
    return etree.QName(element).namespace or ""


def root_of(text: str) -> etree._Element | None:
    """The root of a document; None if it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


@frozen
class Envelope:
    """A document that was read; what it lacks is "" or None.

    Attributes:
        root: Its root, an envelope or not.
        text: As it came.
    """

    root: etree._Element
    text: str = ""

    @property
    def is_envelope(self) -> bool:
        """Whether it is one of SOAP 1.2."""
        return bool(self.root.tag == f"{{{ENVELOPE}}}Envelope")

    def header(self, name: str) -> str | None:
        """The text of a header of WS-Addressing, or of the address within it."""
        found = self.root.find(f"{{{ENVELOPE}}}Header/{{{ADDRESSING}}}{name}")
        if found is None:
            return None
        inner = found.find(f"{{{ADDRESSING}}}Address")
        return ((found if inner is None else inner).text or "").strip()

    def ocpp_headers(self) -> Iterator[etree._Element]:
        """The header blocks of OCPP."""
        for block in self.root.iterfind(f"{{{ENVELOPE}}}Header/*"):
            if isinstance(block.tag, str) and local(block).lower() == "chargeboxidentity":
                yield block

    @property
    def identities(self) -> list[str]:
        """What they name."""
        return [(block.text or "").strip() for block in self.ocpp_headers()]

    @property
    def content(self) -> etree._Element | None:
        """The one element in the body."""
        body = self.root.find(f"{{{ENVELOPE}}}Body")
        children = [] if body is None else [child for child in body if isinstance(child.tag, str)]
        return children[0] if len(children) == 1 else None

    @property
    def operation(self) -> str:
        """What is asked for, with a capital first letter; "" if it is no request."""
        name = "" if self.content is None else local(self.content)
        return f"{name[:1].upper()}{name[1:]}".removesuffix("Request") if name.endswith("Request") else ""
