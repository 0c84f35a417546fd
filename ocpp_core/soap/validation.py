"""The verdict on an XML body: the XML Schema in the WSDL of the version, read by `lxml`, and its faults explained.

Faults point into the body by the same paths as on the JSON wire, ``$.meterValue[0].sampledValue[2].unit``, and carry
the line of the document.
"""

import re
import threading
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from lxml import etree

from ocpp_core._lazy import once
from ocpp_core.facts.folders import folder
from ocpp_core.model.messages import Payload
from ocpp_core.model.printing import LONG, printable
from ocpp_core.model.shapes import Field, ListOf, Nested, shape
from ocpp_core.model.versions import SERVICES, Role
from ocpp_core.model.violations import KEYWORD_CODES, MAX_FAULTS, Violation, member_path, violation
from ocpp_core.soap.text import split_name

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
_ABOUT = re.compile(r"Element '[^']*'(?:, attribute '([^']*)')?: ")
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


def broken_rules(
    element: etree._Element, rules: etree.XMLSchema, most: int = MAX_FAULTS
) -> list[etree._LogEntry]:
    """What libxml2 finds wrong with a body element, in document order; empty if its schema accepts it.

    Args:
        element: The child of the SOAP body.
        rules: The schema.
        most: How many faults are kept.
    """
    with _JUDGING:
        return [] if rules.validate(element) else list(islice(rules.error_log, most))


def explain(
    cls: type[Payload], element: etree._Element, entries: Iterable[etree._LogEntry]
) -> list[Violation]:
    """What `broken_rules` has found, in our terms: each place and rule once."""
    found: dict[tuple[str, str], Violation] = {}
    places = _Places(cls, element)
    for entry in entries:
        fault = _fault(places, entry)
        found.setdefault((fault.path, fault.keyword), fault)
    return list(found.values())


def explain_element(cls: type[Payload], element: etree._Element, rules: etree.XMLSchema) -> list[Violation]:
    """All faults of a body element, in document order; empty if its schema accepts it. Of very many, `MAX_FAULTS`."""
    return explain(cls, element, broken_rules(element, rules))


def _fault(places: "_Places", entry: etree._LogEntry) -> Violation:
    place = places.find(entry.path or "")
    path, element = place.path, place.element
    about = _ABOUT.match(entry.message)
    said = entry.message if about is None else entry.message[about.end() :]
    if entry.type_name == "SCHEMAV_ELEMENT_CONTENT":
        return _content_fault(place, said, entry.line)
    value = element.text
    keyword = _KEYWORDS.get(entry.type_name, "")
    if about is not None and about[1] is not None:
        path, value = member_path(path, split_name(about[1])[1]), element.get(about[1])
        keyword = keyword or ("additionalProperties" if "not allowed" in said else "type")
    keyword = keyword or ("format" if "xs:dateTime" in said else "type")
    return Violation(path, keyword, _sentence(said), KEYWORD_CODES[keyword], value, None, entry.line)


def _sentence(said: str) -> str:
    """What libxml2 says, without namespaces, and short."""
    return printable(_LONG_VALUE.sub(r"'\1...'", _NAMESPACE.sub("", said)).strip(), LONG)


def _content_fault(place: "_Place", said: str, line: int) -> Violation:
    """An element is missing, surplus, unknown or out of order."""
    path, element, fields = place.path, place.element, place.among
    found = _EXPECTED.search(said)
    expected = [split_name(name)[1] for name in found[1].split(", ")] if found is not None else []
    if said.startswith("Missing child"):
        # What is optional and could come before it is listed too.
        return violation(member_path(path, expected[-1]), "required", None, line=line)
    namespace, local = split_name(element.tag)
    if local not in fields:
        return violation(path, "additionalProperties", element.text, (local, list(fields)), line=line)
    parent = _parent(element)
    right, _ = split_name(parent.tag)
    if namespace != right:
        return violation(path, "namespace", namespace, right, line=line)
    missing = [name for name in expected if name in fields and _is_needed(fields[name])]
    if missing and not any(split_name(child.tag)[1] == missing[0] for child in parent):
        return violation(member_path(path.rpartition(".")[0], missing[0]), "required", None, line=line)
    return violation(path, "order", element.text, " or ".join(expected) or "no more of it", line=line)


def _is_needed(field: Field) -> bool:
    if isinstance(field.kind, ListOf):
        return bool(field.soap_min_items or field.kind.min_items)
    return field.is_required


class _Place(NamedTuple):
    """An element, its path in our terms, and the fields that may stand beside it and in it."""

    element: etree._Element
    path: str
    among: Mapping[str, Field]
    inside: Mapping[str, Field]


class _Places:
    """Finds the elements that libxml2 names by position: ``/*/*[2]/cs:value`` is the first value in the second child.

    What is found is kept, and children are listed once, however many of them are at fault.
    """

    def __init__(self, cls: type[Payload], body: etree._Element) -> None:
        fields = _fields(cls)
        self._body = _Place(body, "$", fields, fields)
        self._found: dict[str, _Place] = {}
        self._listed: dict[
            tuple[etree._Element, str], tuple[list[etree._Element], dict[etree._Element, int]]
        ] = {}

    def find(self, path: str) -> _Place:
        """The place that a path of libxml2 names."""
        above, _, step = path.rpartition("/")
        if not above:
            return self._body
        place = self._found.get(path)
        if place is None:
            place = self._found[path] = self._below(self.find(above), step)
        return place

    def _below(self, parent: _Place, step: str) -> _Place:
        """The child that ``*[2]`` or ``cs:value`` is."""
        name, _, position = step.partition("[")
        index = int(position.rstrip("]") or 1) - 1
        # libxml2 counts by the name with its prefix, and all of them where there is none.
        element = parent.element[index] if name == "*" else self._twins(parent.element, name)[0][index]
        local = split_name(element.tag)[1]
        path = member_path(parent.path, local)
        field = parent.inside.get(local)
        kind = None if field is None else field.kind
        if isinstance(kind, ListOf):
            kind = kind.item
            path = f"{path}[{self._twins(parent.element, _name(element))[1][element]}]"
        return _Place(element, path, parent.inside, _fields(kind.cls) if isinstance(kind, Nested) else {})

    def _twins(
        self, parent: etree._Element, name: str
    ) -> tuple[list[etree._Element], dict[etree._Element, int]]:
        """The children of a name with its prefix, and their numbers among them."""
        key = parent, name
        if key not in self._listed:
            named = [child for child in parent if name == _name(child)]
            self._listed[key] = named, {child: number for number, child in enumerate(named)}
        return self._listed[key]


@once
def _fields(cls: type[Payload]) -> Mapping[str, Field]:
    return shape(cls).by_wire


def _name(element: etree._Element) -> str:
    local = split_name(element.tag)[1]
    return f"{element.prefix}:{local}" if element.prefix else local


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    assert parent is not None
    return parent
