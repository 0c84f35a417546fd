"""Reads a body that its XML Schema refuses, as far as it can be typed: by local name, in any order.

The element is turned into the payload that it would be on the JSON wire, noting what only XML can do wrong; the rest is
the work of `ocpp_core.payloads.tolerance`, which is the same on both wires.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from lxml import etree

from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import (
    Boolean,
    Enumeration,
    Field,
    Integer,
    Kind,
    ListOf,
    Nested,
    Number,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.timestamps import WireTimestamp, is_timestamp, read_timestamp
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import MAX_DEVIATIONS, Violation, member_path, violation
from ocpp_core.payloads.tolerance import TooManyDeviations, read_tolerantly
from ocpp_core.soap.binding import read_boolean, read_date_time, read_number

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_NIL = f"{_XSI}nil"
#: White space of XML; Python has more of it.
_BLANKS = " \t\n\r"
_INT = (-(2**31), 2**31 - 1)
_INTEGER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*", re.ASCII)

Report = Callable[..., None]


def read_element_tolerantly(
    cls: type[Payload], element: etree._Element, namespace: str
) -> tuple[Any, list[Violation]]:
    """Builds a message from a body element.

    Args:
        cls: The class to build.
        element: The child of the SOAP body.
        namespace: Where its children should be.

    Returns:
        The message, and every deviation with the `rule` that accepts it. The message is None if there are too many.
    """
    found: list[Violation] = []

    def report(
        tolerance: Tolerance, path: str, keyword: str, node: etree._Element, value: Any, limit: Any = None
    ) -> None:
        if len(found) == MAX_DEVIATIONS:
            raise TooManyDeviations
        found.append(violation(path, keyword, value, limit, tolerance, node.sourceline))

    try:
        payload = _lift(cls, element, namespace, "$", report)
    except TooManyDeviations:
        return None, found
    message, deviations = read_tolerantly(cls, payload)
    return message, found + deviations


def _lift(
    cls: type[Payload], element: etree._Element, namespace: str, path: str, report: Report
) -> dict[str, Any]:
    """The JSON payload that an element stands for."""
    facts = shape(cls)
    order = {field.wire: position for position, field in enumerate(facts.fields)}
    misnamed = shape(cls).misnamed
    members = _Members()
    strays: dict[str, str] = {}
    for name, value in element.attrib.items():
        local = etree.QName(name).localname
        field = facts.by_wire.get(name)
        if field is not None and field.xml == "attribute":
            members.add(name, value)
        elif name == _NIL:
            report(Tolerance.NIL_OR_EMPTY, path, "nil", element, value)
        elif _lower_attribute(cls, name):
            report(Tolerance.ATTRIBUTE_PLACE, f"{path}.{name}", "place", element, value, "on the value")
            strays[name] = value
        else:
            members.add(f"@{local}", value)  # no member of this class, which the next step says
    last = -1
    for child in element:
        tag = etree.QName(child)
        here = member_path(path, tag.localname)
        if tag.namespace != namespace:
            tolerance = Tolerance.WRONG_NAMESPACE if tag.namespace else Tolerance.NO_NAMESPACE
            report(tolerance, here, "namespace", child, tag.namespace or "", namespace)
        field = facts.by_wire.get(tag.localname)
        if field is None:
            meant = facts.by_wire.get(misnamed.get(tag.localname, ""))
            value = element_content(child) if meant is None else _scalar(meant.kind, child, here, report)
            members.add(tag.localname, value)
            continue
        if field.xml != "element":
            report(Tolerance.ATTRIBUTE_PLACE, here, "place", child, child.text, "in an attribute")
        elif order[field.wire] < last:
            after = facts.fields[last].wire
            report(Tolerance.ELEMENT_ORDER, here, "order", child, child.text, f"it before {after}")
        else:
            last = order[field.wire]
        _lift_member(field, child, namespace, here, members, report)
    text = _text(element)
    for field in facts.fields:
        if field.xml == "text" and field.wire not in members:
            members.add(field.wire, text)
            text = ""
        elif isinstance(field.kind, ListOf):
            _complete_list(field, members, strays, path, element, report)
    if text.strip(_BLANKS):
        report(Tolerance.EXTRA_MEMBER, path, "text", element, text)
    elif text and not facts.fields:
        # Where nothing may stand, not even a line break may.
        report(Tolerance.WHITE_SPACE, path, "text", element, text)
    return dict(members)


def _lift_member(
    field: Field, child: etree._Element, namespace: str, path: str, members: "_Members", report: Report
) -> None:
    kind = field.kind
    if isinstance(kind, ListOf):
        kind = kind.item
        path = f"{path}[{len(members.get(field.wire, ()))}]"
    is_empty = not isinstance(kind, Text | Nested) and not len(child) and not (child.text or "").strip()
    if is_empty or child.get(_NIL, "").strip() in ("true", "1"):
        report(Tolerance.NIL_OR_EMPTY, path, "nil", child, element_content(child))
        return
    value = (
        _lift(kind.cls, child, namespace, path, report)
        if isinstance(kind, Nested)
        else _scalar(kind, child, path, report)
    )
    if isinstance(field.kind, ListOf):
        members.setdefault(field.wire, []).append(value)
    else:
        members.add(field.wire, value)


def _complete_list(
    field: Field,
    members: "_Members",
    strays: dict[str, str],
    path: str,
    element: etree._Element,
    report: Report,
) -> None:
    """No element at all is an empty list; attributes that stood one level too high go to its items."""
    items = members.get(field.wire)
    if items is None:
        if field.soap_min_items:
            report(Tolerance.REQUIRED_MISSING, member_path(path, field.wire), "required", element, None)
        if field.is_required and not field.kind.min_items:  # type: ignore[union-attr]  # it is a list
            members.add(field.wire, [])
        return
    for item in items:
        if isinstance(item, dict):
            for name, value in strays.items():
                item.setdefault(name, value)


def _scalar(kind: Kind, child: etree._Element, path: str, report: Report) -> Any:
    if len(child):
        return element_content(child)
    text = child.text or ""
    for name, value in child.attrib.items():
        if name == _NIL:
            report(Tolerance.NIL_OR_EMPTY, path, "nil", child, text)
        else:
            local = etree.QName(name).localname
            report(
                Tolerance.EXTRA_MEMBER,
                f"{path}['@{local}']",
                "additionalProperties",
                child,
                value,
                (local, ()),
            )
    match kind:
        case Integer(minimum=minimum) if len(text) <= _LONGEST_NUMBER and _INTEGER.fullmatch(text):
            number = int(text)
            if minimum is None and not _INT[0] <= number <= _INT[1]:
                keyword, limit = ("maximum", _INT[1]) if number > 0 else ("minimum", _INT[0])
                report(Tolerance.NUMBER_RANGE, path, keyword, child, number, limit)
            return number
        case Number() if len(text) <= _LONGEST_NUMBER and _DECIMAL.fullmatch(text):
            return read_number(text)
        case Boolean() if text.strip() in ("true", "false", "1", "0"):
            return read_boolean(text)
        case Timestamp():
            return _timestamp(text, child, path, report)
        case Enumeration(enum=enum) if text != text.strip() and text.strip() in set(enum):
            report(Tolerance.WHITE_SPACE, path, "enum", child, text, list(enum))
            return text.strip()
        case _:
            return text


#: Python reads no integer of more than 4300 digits.
_LONGEST_NUMBER = 4000


def _timestamp(text: str, child: etree._Element, path: str, report: Report) -> Any:
    try:
        moment = read_date_time(text)
    except ValueError:
        pass
    else:
        if text != text.strip():
            report(Tolerance.WHITE_SPACE, path, "format", child, text, "xs:dateTime")
        return moment
    if not is_timestamp(text):
        return text
    # Good for JSON: a small t or z, an offset of more than 14 hours.
    report(Tolerance.DATETIME_SHORT, path, "format", child, text, "xs:dateTime")
    return WireTimestamp.of(read_timestamp(text), text)


def element_content(element: etree._Element) -> Any:
    """An element that no class describes, as JSON: text, or an object of its attributes, children and text."""
    text = _text(element)
    content = _Members()
    for name, value in element.attrib.items():
        content.add(f"@{etree.QName(name).localname}", value)
    for child in element:
        content.add(etree.QName(child).localname, element_content(child))
    if not content:
        return text
    return {**content, "#text": text} if text.strip() else dict(content)


def _text(element: etree._Element) -> str:
    """All text right inside an element, also between and behind its children."""
    return "".join([element.text or "", *(child.tail or "" for child in element)])


class _Members(dict[str, Any]):
    """Members of a JSON object. One that is there twice gets a number, so that nothing is lost."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, value: Any) -> None:
        """Adds a member."""
        count = self._counts[name]
        self._counts[name] += 1
        self[f"{name}[{count}]" if count else name] = value


def _lower_attribute(cls: type[Payload], name: str) -> bool:
    """Whether an attribute belongs on the items of a list of the class, as in MeterValue of 1.5."""
    return any(
        inner.wire == name and inner.xml == "attribute"
        for field in shape(cls).fields
        if isinstance(field.kind, ListOf) and isinstance(field.kind.item, Nested)
        for inner in shape(field.kind.item.cls).fields
    )
