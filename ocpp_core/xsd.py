"""The verdict on an XML body: the XML Schema in the WSDL of the version, read by `lxml`, and its faults explained.

Faults point into the body by the same paths as on the JSON wire, ``$.meterValue[0].sampledValue[2].unit``, and carry
the line of the document.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from ocpp_core._facts import folder
from ocpp_core._lazy import once
from ocpp_core.errors import Violation
from ocpp_core.messages import Payload
from ocpp_core.shapes import Field, ListOf, Nested, shape
from ocpp_core.validation import KEYWORD_CODES, member_path, violation
from ocpp_core.versions import Role

_SERVICES = {Role.CSMS: "CentralSystemService", Role.CHARGE_POINT: "ChargePointService"}
_SCHEMA = "{http://www.w3.org/2001/XMLSchema}schema"

#: What the error types of libxml2 mean; the rest is about the structure.
_KEYWORDS = {
    "SCHEMAV_CVC_ENUMERATION_VALID": "enum",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "maxLength",
    "SCHEMAV_CVC_FRACTIONDIGITS_VALID": "multipleOf",
    "SCHEMAV_CVC_TYPE_3_1_2": "type",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "text",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "text",
    "SCHEMAV_CVC_ELT_3_1": "nil",
    "SCHEMAV_CVC_ELT_1": "additionalProperties",
}
_NAMESPACE = re.compile(r"\{[^}]*\}")
_ABOUT = re.compile(r"^Element '[^']*'(?:, attribute '([^']*)')?: ")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( ([^ ,)]+)")
_STEP = re.compile(r"(?:[^/:\[]+:)?([^/:\[]+)(?:\[(\d+)\])?$")


@once
def schema(version: str, receiver: Role) -> etree.XMLSchema:
    """The XML Schema of one service.

    Args:
        version: Number of the OCPP version.
        receiver: Who serves it: `Role.CSMS` for CentralSystemService.
    """
    wsdl = etree.parse(folder("wsdl") / version / f"{_SERVICES[receiver]}.wsdl")
    found = wsdl.find(f".//{_SCHEMA}")
    assert found is not None
    # Written and read again, so that the prefixes of the WSDL come along.
    return etree.XMLSchema(etree.fromstring(etree.tostring(found)))


def explain_element(cls: type[Payload], element: etree._Element, rules: etree.XMLSchema) -> list[Violation]:
    """All faults of a body element, in document order; empty if its schema accepts it."""
    if rules.validate(element):
        return []
    found: dict[tuple[str, str], Violation] = {}
    for entry in rules.error_log:
        fault = _fault(cls, element, entry)
        found.setdefault((fault.path, fault.keyword), fault)
    return list(found.values())


def _fault(cls: type[Payload], body: etree._Element, entry: Any) -> Violation:
    path, element, fields = _locate(cls, body, entry.path or "")
    about = _ABOUT.match(entry.message)
    message = _NAMESPACE.sub("", _ABOUT.sub("", entry.message))[:300]
    value: Any = element.text
    keyword = _KEYWORDS.get(entry.type_name, "")
    if entry.type_name == "SCHEMAV_ELEMENT_CONTENT":
        return _content_fault(path, element, fields, message, entry.line)
    if about is not None and about[1] is not None:
        attribute = _NAMESPACE.sub("", about[1])
        path, value = member_path(path, attribute), element.get(about[1])
        keyword = keyword or ("additionalProperties" if "not allowed" in message else "type")
    keyword = keyword or ("format" if "xs:dateTime" in message else "type")
    return Violation(path, keyword, message, KEYWORD_CODES[keyword], value, "", entry.line)


def _content_fault(
    path: str, element: etree._Element, fields: Sequence[Field], message: str, line: int
) -> Violation:
    """An element is missing, surplus, unknown or out of order."""
    expected = _EXPECTED.search(message)
    name = expected[1] if expected is not None else "nothing"
    if message.startswith("Missing child"):
        return violation(member_path(path, name), "required", element, line=line)
    tag = etree.QName(element)
    known = [field.wire for field in fields]
    if tag.localname not in known:
        return violation(path, "additionalProperties", element.text, (tag.localname, known), line=line)
    parent = element.getparent()
    if parent is not None and tag.namespace != etree.QName(parent).namespace:
        return violation(path, "namespace", tag.namespace, etree.QName(parent).namespace, line=line)
    siblings = (
        []
        if parent is None
        else [etree.QName(child).localname for child in parent if isinstance(child.tag, str)]
    )
    if expected is not None and name not in siblings:
        return violation(member_path(path.rpartition(".")[0], name), "required", parent, line=line)
    if expected is None and not len(element):
        return violation(path, "order", element.text, "no more of it", line=line)
    return violation(path, "order", element.text, name, line=line)


def _locate(
    cls: type[Payload], body: etree._Element, path: str
) -> tuple[str, etree._Element, Sequence[Field]]:
    """The element that libxml2 names by position, its path in our terms, and the fields that its parent may have."""
    here, element = "$", body
    fields: Sequence[Field] = shape(cls).fields
    inside = fields
    for name, position in _steps(path):
        children = [child for child in element if isinstance(child.tag, str)]
        named = [child for child in children if name in ("*", etree.QName(child).localname)]
        if position >= len(named):
            break
        child = named[position]
        name = etree.QName(child).localname
        field = next((field for field in inside if field.wire == name), None)
        here = member_path(here, name)
        if field is not None and isinstance(field.kind, ListOf):
            twins = [twin for twin in children if twin.tag == child.tag]
            here = f"{here}[{twins.index(child)}]"
        kind = (
            field.kind.item if field is not None and isinstance(field.kind, ListOf) else field and field.kind
        )
        fields, inside = inside, shape(kind.cls).fields if isinstance(kind, Nested) else ()
        element = child
    return here, element, fields


def _steps(path: str) -> Iterator[tuple[str, int]]:
    """Name and position of each step below the body element: ``/*/*[2]/cs:value`` is ("*", 1), ("value", 0)."""
    for step in path.strip("/").split("/")[1:]:
        match = _STEP.match(step)
        if match is not None:
            yield match[1], int(match[2] or 1) - 1
