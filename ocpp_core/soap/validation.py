"""The verdict on an XML body: the XML Schema in the WSDL of the version, read by `lxml`, and its faults explained.

Faults point into the body by the same paths as on the JSON wire, ``$.meterValue[0].sampledValue[2].unit``, and carry
the line of the document.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from lxml import etree

from ocpp_core._lazy import once
from ocpp_core.facts.folders import folder
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import Field, ListOf, Nested, shape
from ocpp_core.model.versions import SERVICES, Role
from ocpp_core.model.violations import KEYWORD_CODES, MAX_FAULTS, Violation, member_path, violation

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
#: A schema and its log of errors are shared by all threads.
_JUDGING = threading.Lock()
_NAMESPACE = re.compile(r"\{[^}]*\}")
_LONG_VALUE = re.compile(r"'([^']{60})[^']*(?:'|$)")
_ABOUT = re.compile(r"^Element '[^']*'(?:, attribute '([^']*)')?: ")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( ([^)]*) \)")


@once
def schema(version: str, receiver: Role) -> etree.XMLSchema:
    """The XML Schema of one service.

    Args:
        version: Number of the OCPP version.
        receiver: Who serves it: `Role.CSMS` for CentralSystemService.
    """
    wsdl = etree.parse(folder("wsdl") / version / f"{SERVICES[receiver]}.wsdl")
    found = wsdl.find(f".//{_SCHEMA}")
    assert found is not None
    # Written and read again, so that the prefixes of the WSDL come along.
    return etree.XMLSchema(etree.fromstring(etree.tostring(found)))


def explain_element(cls: type[Payload], element: etree._Element, rules: etree.XMLSchema) -> list[Violation]:
    """All faults of a body element, in document order; empty if its schema accepts it. Of very many, `MAX_FAULTS`."""
    with _JUDGING:
        if rules.validate(element):
            return []
        entries = list(islice(rules.error_log, MAX_FAULTS))
    found: dict[tuple[str, str], Violation] = {}
    places = _Places(cls, element)
    for entry in entries:
        fault = _fault(places, entry)
        found.setdefault((fault.path, fault.keyword), fault)
    return list(found.values())


def _fault(places: "_Places", entry: Any) -> Violation:
    path, element, fields = places.find(entry.path or "")
    about = _ABOUT.match(entry.message)
    message = _LONG_VALUE.sub(r"'\1...'", _NAMESPACE.sub("", _ABOUT.sub("", entry.message)))[:300]
    value: Any = element.text
    keyword = _KEYWORDS.get(entry.type_name, "")
    if entry.type_name == "SCHEMAV_ELEMENT_CONTENT":
        return _content_fault(path, element, fields, message, entry.line)
    if about is not None and about[1] is not None:
        attribute = _NAMESPACE.sub("", about[1])
        path, value = member_path(path, attribute), element.get(about[1])
        keyword = keyword or ("additionalProperties" if "not allowed" in message else "type")
    keyword = keyword or ("format" if "xs:dateTime" in message else "type")
    return Violation(path, keyword, message, KEYWORD_CODES[keyword], value, None, entry.line)


def _content_fault(
    path: str, element: etree._Element, fields: Sequence[Field], message: str, line: int
) -> Violation:
    """An element is missing, surplus, unknown or out of order."""
    found = _EXPECTED.search(message)
    expected = found[1].split(", ") if found is not None else []
    if message.startswith("Missing child"):
        # What is optional and could come before it is listed too.
        return violation(member_path(path, expected[-1]), "required", None, line=line)
    tag = etree.QName(element)
    known = [field.wire for field in fields]
    if tag.localname not in known:
        return violation(path, "additionalProperties", element.text, (tag.localname, known), line=line)
    parent = _parent(element)
    if tag.namespace != etree.QName(parent).namespace:
        return violation(path, "namespace", tag.namespace, etree.QName(parent).namespace, line=line)
    siblings = [etree.QName(child).localname for child in parent]
    missing = [field.wire for field in fields if field.wire in expected and _is_needed(field)]
    if missing and missing[0] not in siblings:
        return violation(member_path(path.rpartition(".")[0], missing[0]), "required", None, line=line)
    return violation(path, "order", element.text, " or ".join(expected) or "no more of it", line=line)


def _is_needed(field: Field) -> bool:
    if isinstance(field.kind, ListOf):
        return bool(field.soap_min_items or field.kind.min_items)
    return field.is_required


class _Places:
    """Finds the elements that libxml2 names by position: ``/*/*[2]/cs:value`` is the first value in the second child.

    Children are listed once, however many of them are at fault.
    """

    def __init__(self, cls: type[Payload], body: etree._Element) -> None:
        self._cls = cls
        self._body = body
        self._listed: dict[tuple[etree._Element, str], list[etree._Element]] = {}

    def find(self, path: str) -> tuple[str, etree._Element, Sequence[Field]]:
        """The element, its path in our terms, and the fields that its parent may have."""
        here, element = "$", self._body
        fields: Sequence[Field] = shape(self._cls).fields
        inside = fields
        for step, position in _steps(path):
            element = self._children(element, step)[position]
            name = etree.QName(element).localname
            field = next((field for field in inside if field.wire == name), None)
            kind = None if field is None else field.kind
            here = member_path(here, name)
            if isinstance(kind, ListOf):
                kind = kind.item
                twins = self._children(_parent(element), _name(element))
                here = f"{here}[{twins.index(element)}]"
            fields, inside = inside, shape(kind.cls).fields if isinstance(kind, Nested) else ()
        return here, element, fields

    def _children(self, element: etree._Element, name: str) -> list[etree._Element]:
        """The children of a name, as libxml2 counts them: with their prefix; all of them for ``*``."""
        key = element, name
        if key not in self._listed:
            self._listed[key] = [child for child in element if name in ("*", _name(child))]
        return self._listed[key]


def _name(element: etree._Element) -> str:
    local = etree.QName(element).localname
    return f"{element.prefix}:{local}" if element.prefix else local


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def _steps(path: str) -> Iterator[tuple[str, int]]:
    """Name and position of each step below the body element: ``/*/*[2]/cs:value`` is ("*", 1), ("cs:value", 0)."""
    for step in path.strip("/").split("/")[1:]:
        name, _, position = step.partition("[")
        yield name, int(position.rstrip("]") or 1) - 1
