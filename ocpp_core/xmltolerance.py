"""Reads a body that its XML Schema refuses, as far as it can be typed: by local name, in any order.

The element is turned into the payload that it would be on the JSON wire, noting what only XML can do wrong; the rest is
the work of `ocpp_core.tolerance`, which is the same on both wires.
"""

from collections.abc import Callable
from typing import Any

from lxml import etree

from ocpp_core.errors import Violation
from ocpp_core.messages import Payload
from ocpp_core.shapes import (
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
from ocpp_core.tolerance import Tolerance, read_tolerantly
from ocpp_core.validation import member_path, violation
from ocpp_core.xmlbinding import read_boolean, read_date_time, read_number

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_INT = (-(2**31), 2**31 - 1)

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
        The message, and every deviation with the `rule` that accepts it.
    """
    found: list[Violation] = []

    def report(
        tolerance: Tolerance, path: str, keyword: str, node: etree._Element, value: Any, limit: Any = None
    ) -> None:
        found.append(violation(path, keyword, value, limit, tolerance.rule, node.sourceline))

    payload = _lift(cls, element, namespace, "$", report)
    message, deviations = read_tolerantly(cls, payload)
    return message, found + deviations


def _lift(
    cls: type[Payload], element: etree._Element, namespace: str, path: str, report: Report
) -> dict[str, Any]:
    """The JSON payload that an element stands for."""
    facts = shape(cls)
    order = {field.wire: position for position, field in enumerate(facts.fields)}
    payload: dict[str, Any] = {}
    strays: dict[str, str] = {}
    for name, value in element.attrib.items():
        local = etree.QName(name).localname
        field = facts.by_wire.get(local)
        if name.startswith(_XSI):
            continue
        if field is not None and field.xml == "attribute":
            payload[local] = value
        elif _lower_attribute(cls, local):
            report(Tolerance.ATTRIBUTE_PLACE, f"{path}.{local}", "place", element, value, "on the value")
            strays[local] = value
        else:
            payload[local] = value  # no member of this class, which the next step says
    last = -1
    for child in element:
        if not isinstance(child.tag, str):
            continue
        tag = etree.QName(child)
        here = member_path(path, tag.localname)
        if tag.namespace != namespace:
            tolerance = Tolerance.WRONG_NAMESPACE if tag.namespace else Tolerance.NO_NAMESPACE
            report(tolerance, here, "namespace", child, tag.namespace or "", namespace)
        field = facts.by_wire.get(tag.localname)
        if field is None:
            _add(payload, tag.localname, _anything(child))
            continue
        if field.xml != "element":
            report(Tolerance.ATTRIBUTE_PLACE, here, "place", child, child.text, "in an attribute")
        elif order[field.wire] < last:
            after = facts.fields[last].wire
            report(Tolerance.ELEMENT_ORDER, here, "order", child, child.text, f"it before {after}")
        else:
            last = order[field.wire]
        _lift_member(field, child, namespace, here, payload, report)
    for field in facts.fields:
        if field.xml == "text" and field.wire not in payload:
            payload[field.wire] = element.text or ""
        elif isinstance(field.kind, ListOf):
            _complete_list(field, payload, strays, path, element, report)
    if not any(field.xml == "text" for field in facts.fields) and (element.text or "").strip():
        report(Tolerance.EXTRA_MEMBER, path, "text", element, element.text)
    return payload


def _lift_member(
    field: Field, child: etree._Element, namespace: str, path: str, payload: dict[str, Any], report: Report
) -> None:
    is_list = isinstance(field.kind, ListOf)
    kind = field.kind.item if isinstance(field.kind, ListOf) else field.kind
    if is_list:
        path = f"{path}[{len(payload.get(field.wire, ()))}]"
    is_nil = child.get(f"{_XSI}nil", "") in ("true", "1")
    if is_nil or (not isinstance(kind, Text | Nested) and not (child.text or "").strip() and not len(child)):
        report(Tolerance.NIL_OR_EMPTY, path, "nil", child, child.text)
        return
    value = (
        _lift(kind.cls, child, namespace, path, report)
        if isinstance(kind, Nested)
        else _scalar(kind, child, path, report)
    )
    if is_list:
        payload.setdefault(field.wire, []).append(value)
    else:
        _add(payload, field.wire, value)


def _complete_list(
    field: Field,
    payload: dict[str, Any],
    strays: dict[str, str],
    path: str,
    element: etree._Element,
    report: Report,
) -> None:
    """No element at all is an empty list; attributes that stood one level too high go to its items."""
    items = payload.get(field.wire)
    if items is None:
        if field.soap_min_items:
            report(Tolerance.REQUIRED_MISSING, member_path(path, field.wire), "required", element, None)
        if field.is_required and not field.kind.min_items:  # type: ignore[union-attr]  # it is a list
            payload[field.wire] = []
        return
    for item in items:
        if isinstance(item, dict):
            for name, value in strays.items():
                item.setdefault(name, value)


def _scalar(kind: Kind, child: etree._Element, path: str, report: Report) -> Any:
    if len(child):
        return _anything(child)
    text = child.text or ""
    try:
        match kind:
            case Integer(minimum=minimum):
                number = int(text)
                if minimum is None and not _INT[0] <= number <= _INT[1]:
                    limit = _INT[1] if number > 0 else _INT[0]
                    report(
                        Tolerance.NUMBER_RANGE,
                        path,
                        "maximum" if number > 0 else "minimum",
                        child,
                        number,
                        limit,
                    )
                return number
            case Number():
                return read_number(text)
            case Boolean():
                return read_boolean(text) if text.strip() in ("true", "false", "1", "0") else text
            case Timestamp():
                return read_date_time(text)
            case Enumeration(enum=enum) if text != text.strip() and text.strip() in set(enum):
                report(Tolerance.WHITE_SPACE, path, "enum", child, text, list(enum))
                return text.strip()
            case _:
                return text
    except (ValueError, ArithmeticError):
        return text


def _anything(element: etree._Element) -> Any:
    """An element that no class describes, as JSON: text, or an object of its attributes, children and text."""
    text = element.text or ""
    content: dict[str, Any] = {
        f"@{etree.QName(name).localname}": value for name, value in element.attrib.items()
    }
    for child in element:
        if isinstance(child.tag, str):
            _add(content, etree.QName(child).localname, _anything(child))
    if not content:
        return text
    return {**content, "#text": text} if text.strip() else content


def _add(payload: dict[str, Any], name: str, value: Any) -> None:
    """Adds a member; one that is there already stays, and the next gets a number, so that nothing is lost."""
    position, key = 0, name
    while key in payload:
        position += 1
        key = f"{name}[{position}]"
    payload[key] = value


def _lower_attribute(cls: type[Payload], name: str) -> bool:
    """Whether an attribute belongs on the items of a list of the class, as in MeterValue of 1.5."""
    return any(
        inner.wire == name and inner.xml == "attribute"
        for field in shape(cls).fields
        if isinstance(field.kind, ListOf) and isinstance(field.kind.item, Nested)
        for inner in shape(field.kind.item.cls).fields
    )
