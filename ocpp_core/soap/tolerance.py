"""Explains a body that its XML Schema refuses, and reads it as far as it can be typed: by local name, in any order.

The element is turned into the payload that it would be on the JSON wire, noting what only XML can do wrong; the rest is
the work of `ocpp_core.payloads.walk`, which is the same on both wires. So faults point into a body by the same paths,
``$.meterValue[0].sampledValue[2].unit``; they carry the line of the document where it is XML that is wrong.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen
from lxml import etree

from ocpp_core._lazy import once
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Field,
    Fold,
    Integer,
    Kind,
    ListOf,
    Nested,
    Number,
    Shape,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.timestamps import WireTimestamp, is_timestamp, read_timestamp
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import MAX_FAULTS, Deviations, TooMany, member_path
from ocpp_core.payloads.binding import MAX_DEPTH
from ocpp_core.payloads.walk import walk
from ocpp_core.soap.binding import read_boolean, read_date_time, read_number
from ocpp_core.soap.text import split_name

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
#: White space of XML; Python has more of it.
_BLANKS = " \t\n\r"
_INT = (-(2**31), 2**31 - 1)
_INTEGER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*", re.ASCII)
#: Kinds of values of which nothing is a value.
_MAY_BE_EMPTY = (Text, Nested)
#: Python reads no integer of more than 4300 digits.
_LONGEST_NUMBER = 4000


def read_element_tolerantly(
    cls: type[Payload], element: etree._Element, namespace: str, deviations: Deviations
) -> Any:
    """Builds a message from a body element.

    Args:
        cls: The class to build.
        element: The child of the SOAP body.
        namespace: Where its children should be.
        deviations: Is told every deviation, with the `rule` that accepts it.

    Returns:
        The message; None if a deviation is not allowed, or there are more than are looked for.
    """
    try:
        payload = _Lifting(namespace, deviations).element(cls, element, "$")
    except TooMany:
        return None
    return walk(cls, payload, deviations)


class _Odd:
    """What stands for a value when there is something to be said about its element, and for no value at all."""


_ODD: Final = _Odd()


@frozen
class _Member:
    """A field, and how its element is read if there is nothing odd about it.

    Attributes:
        field: Itself.
        position: Among the fields of its class; they stand in this order.
        kind: What one element holds.
        is_list: Whether there may be several.
        step: What the path to it ends with.
        read: From the text of an element without attributes and children; `_ODD` if that needs a second look. None for
            an object.
        tokens: Of an enum.
    """

    field: Field
    position: int
    kind: Kind
    is_list: bool
    step: str
    read: Callable[[str], Any] | None
    tokens: tuple[str, ...]

    @classmethod
    def of(cls, field: Field, position: int) -> "_Member":
        """The member for a field."""
        kind = field.kind.item if isinstance(field.kind, ListOf) else field.kind
        is_list = isinstance(field.kind, ListOf)
        tokens = tuple(map(str, kind.enum)) if isinstance(kind, Enumeration) else ()
        return cls(field, position, kind, is_list, member_path("", field.wire), _PLAIN.of(kind), tokens)


@frozen
class _Expected:
    """What should stand in the element of a class.

    Attributes:
        facts: The fields, as the JSON wire has them.
        elements: What is found in the right place, by its full name.
        by_wire: All fields, by their local names.
        misnamed: The local names that peers give to fields, and the right ones.
        lower_attributes: What belongs on the items of a list of the class, as in MeterValue of 1.5.
        lists: The members that are lists.
        text: The member that holds the text, if one does.
    """

    facts: Shape
    elements: Mapping[Any, _Member]
    by_wire: Mapping[str, _Member]
    misnamed: Mapping[str, str]
    lower_attributes: frozenset[str]
    lists: tuple[_Member, ...]
    text: _Member | None


@once
def _expected(cls: type[Payload], namespace: str) -> _Expected:
    facts = shape(cls)
    members = [_Member.of(field, position) for position, field in enumerate(facts.fields)]
    return _Expected(
        facts,
        {f"{{{namespace}}}{each.field.wire}": each for each in members if each.field.xml == "element"},
        {each.field.wire: each for each in members},
        facts.misnamed,
        frozenset(
            inner.wire
            for each in members
            if each.is_list and isinstance(each.kind, Nested)
            for inner in shape(each.kind.cls).fields
            if inner.xml == "attribute"
        ),
        tuple(each for each in members if each.is_list),
        next((each for each in members if each.field.xml == "text"), None),
    )


class _Lifting:
    """Turns elements into the JSON payloads that they stand for, one pass for each thing that XML can do wrong."""

    __slots__ = ("_deviations", "_namespace", "_room")

    def __init__(self, namespace: str, deviations: Deviations) -> None:
        self._namespace = namespace
        self._deviations = deviations
        # Of members that no class has, more are not looked at than it takes to refuse the message.
        self._room = deviations.most if Tolerance.EXTRA_MEMBER in deviations.allowed else MAX_FAULTS

    def element(self, cls: type[Payload], element: etree._Element, path: str) -> dict[str, Any]:
        """The members of an object.

        Raises:
            TooMany: From the collector of deviations; as all that follows.
        """
        expected = _expected(cls, self._namespace)
        members = _Members()
        is_bare = not len(element) and not element.attrib and not element.text
        if is_bare and not expected.lists and expected.text is None:
            return members.found
        strays = self._attributes(expected, element, path, members) if element.attrib else {}
        text = self._children(expected, element, path, members)
        if self._room < 0:  # there are enough to refuse the message
            return members.found
        for each in expected.lists:
            self._complete(each, members.found, strays, path, element)
        if text or expected.text is not None:
            self._text(expected, text, element, path, members)
        return members.found

    def _attributes(
        self, expected: _Expected, element: etree._Element, path: str, members: "_Members"
    ) -> dict[str, str]:
        """Adds the attributes; returns those that belong on the items of a list."""
        strays: dict[str, str] = {}
        for name, value in element.attrib.items():
            member = expected.by_wire.get(name)
            if member is not None and member.field.xml == "attribute":
                members.add(name, value)
            elif name == _NIL:
                self._report(Tolerance.NIL_OR_EMPTY, path, "nil", element, value)
            elif name in expected.lower_attributes:
                here = member_path(path, name)
                self._report(Tolerance.ATTRIBUTE_PLACE, here, "place", element, value, "on the value")
                strays[name] = value
            elif self._room < 0:  # as of elements: there are enough to refuse the message
                break
            else:
                self._unknown(f"@{split_name(name)[1]}", value, members)
        return strays

    def _children(self, expected: _Expected, element: etree._Element, path: str, members: "_Members") -> str:
        """Adds the elements; returns the text around them."""
        known = expected.elements
        texts = [element.text or ""]
        last = -1
        for child in element:
            if child.tail:
                texts.append(child.tail)
            member = known.get(child.tag)
            if member is None:
                member = self._stranger(expected, child, path, members)
                if member is None:
                    if self._room < 0:
                        break
                    continue
            if member.position >= last:
                last = member.position
            else:
                after = f"it before {expected.facts.fields[last].wire}"
                here = members.place(member, path)
                self._report(Tolerance.ELEMENT_ORDER, here, "order", child, child.text, after)
            self._member(member, child, path, members)
        return "".join(texts)

    def _stranger(
        self, expected: _Expected, child: etree._Element, path: str, members: "_Members"
    ) -> _Member | None:
        """The member that an element in another namespace is. What is none, or no element, is added here.

        A namespace that is inherited from the parent is wrong once, there.
        """
        namespace, local = split_name(child.tag)
        member = expected.by_wire.get(local)
        if namespace != self._namespace and namespace != _namespace_around(child):
            tolerance = Tolerance.WRONG_NAMESPACE if namespace else Tolerance.NO_NAMESPACE
            here = member_path(path, local) if member is None else members.place(member, path)
            self._report(tolerance, here, "namespace", child, namespace, self._namespace)
        if member is None:
            meant = expected.by_wire.get(expected.misnamed.get(local, ""))
            if meant is None:
                self._unknown(local, element_content(child), members)
            else:
                members.add(local, self._value(meant, child, member_path(path, local)))
            return None
        if member.field.xml == "element":
            return member
        here = path + member.step
        self._report(Tolerance.ATTRIBUTE_PLACE, here, "place", child, child.text, "in an attribute")
        self._member(member, child, path, members)
        return None

    def _unknown(self, name: str, value: Any, members: "_Members") -> None:
        """Adds what is no member of the class, as the JSON wire will say."""
        if self._room >= 0:
            self._room -= 1
            members.add(name, value)

    def _member(self, member: _Member, child: etree._Element, path: str, members: "_Members") -> None:
        value: Any = _ODD
        if member.read is not None and not len(child) and not child.attrib:
            value = member.read(child.text or "")
        if value is _ODD:
            value = self._value(member, child, members.place(member, path))
        if not member.is_list:
            if value is not _ODD:
                members.add(member.field.wire, value)
            return
        items = members.items(member.field.wire)
        if value is not _ODD:
            items.append(value)

    def _value(self, member: _Member, child: etree._Element, path: str) -> Any:
        """What an element stands for, after a second look; `_ODD` if it stands for nothing."""
        kind = member.kind
        is_empty = not isinstance(kind, _MAY_BE_EMPTY) and not len(child) and not (child.text or "").strip()
        if is_empty or (child.attrib and child.get(_NIL, "").strip() in ("true", "1")):
            self._report(Tolerance.NIL_OR_EMPTY, path, "nil", child, element_content(child))
            return _ODD
        if isinstance(kind, Nested):
            return self.element(kind.cls, child, path)
        if len(child):
            return element_content(child)
        self._attributes_of_scalar(child, path)
        text = child.text or ""
        match kind:
            case Integer(minimum=None) if len(text) <= _LONGEST_NUMBER and _INTEGER.fullmatch(text):
                number = int(text)
                if not _INT[0] <= number <= _INT[1]:
                    keyword, limit = ("maximum", _INT[1]) if number > 0 else ("minimum", _INT[0])
                    self._report(Tolerance.NUMBER_RANGE, path, keyword, child, number, limit)
                return number
            case Integer() if "." in text and _is_short(_DECIMAL, text):
                return self._decimal(text, child, path)
            case Timestamp():
                return self._timestamp(text, child, path)
            case Enumeration() if text.strip() in member.tokens:
                if text != text.strip():
                    self._report(Tolerance.WHITE_SPACE, path, "enum", child, text, member.tokens)
                return text.strip()
            case _:
                value = _ODD if member.read is None else member.read(text)
                return text if value is _ODD else value

    def _attributes_of_scalar(self, child: etree._Element, path: str) -> None:
        for name, value in child.attrib.items():
            if name == _NIL:
                self._report(Tolerance.NIL_OR_EMPTY, path, "nil", child, child.text or "")
            else:
                local = split_name(name)[1]
                here = member_path(path, f"@{local}")
                self._report(Tolerance.EXTRA_MEMBER, here, "additionalProperties", child, value, (local, ()))

    def _decimal(self, text: str, child: etree._Element, path: str) -> Any:
        """What stands for a number with a point where a whole one belongs; the walk judges what is not whole."""
        number = read_number(text)
        whole = int(number)
        if whole != number:
            return number
        self._report(Tolerance.FLOAT_AS_INT, path, "type", child, text, "integer")
        return whole

    def _timestamp(self, text: str, child: etree._Element, path: str) -> Any:
        try:
            moment = read_date_time(text)
        except ValueError:
            pass
        else:
            if text != text.strip():
                self._report(Tolerance.WHITE_SPACE, path, "format", child, text, "xs:dateTime")
            return moment
        if not is_timestamp(text):
            return text
        # Good for JSON: a small t or z, an offset of more than 14 hours.
        self._report(Tolerance.DATETIME_SHORT, path, "format", child, text, "xs:dateTime")
        return WireTimestamp.of(read_timestamp(text), text)

    def _complete(
        self,
        member: _Member,
        found: dict[str, Any],
        strays: dict[str, str],
        path: str,
        element: etree._Element,
    ) -> None:
        """No element at all is an empty list; attributes that stood one level too high go to its items."""
        field = member.field
        items = found.get(field.wire)
        if items is None:
            if field.soap_min_items:
                self._report(Tolerance.REQUIRED_MISSING, path + member.step, "required", element, None)
            if field.is_required and isinstance(field.kind, ListOf) and not field.kind.min_items:
                found[field.wire] = []
        elif strays:
            for item in items:
                if isinstance(item, dict):
                    for name, value in strays.items():
                        item.setdefault(name, value)

    def _text(
        self, expected: _Expected, text: str, element: etree._Element, path: str, members: "_Members"
    ) -> None:
        """Gives the text to the field that holds it. Beside elements it has no meaning."""
        if expected.text is not None and expected.text.field.wire not in members.found:
            members.add(expected.text.field.wire, text)
        elif text.strip(_BLANKS):
            self._report(Tolerance.EXTRA_MEMBER, path, "text", element, text)
        elif text and not expected.facts.fields:
            # Where nothing may stand, not even a line break may.
            self._report(Tolerance.WHITE_SPACE, path, "text", element, text)

    def _report(
        self, rule: Tolerance, path: str, keyword: str, node: etree._Element, value: Any, limit: Any = None
    ) -> None:
        self._deviations.report(rule, path, keyword, value, limit, node.sourceline)


def _namespace_around(child: etree._Element) -> str:
    """The namespace of its parent."""
    parent = child.getparent()
    return "" if parent is None else split_name(parent.tag)[0]


class _Plain(Fold[Callable[[str], Any] | None]):
    """What reads the text of an element that holds a kind; it gives `_ODD` for what it does not know at once."""

    def text(self, kind: Text) -> Callable[[str], Any]:
        return _as_it_is

    def integer(self, kind: Integer) -> Callable[[str], Any]:
        return _plain_integer if kind.minimum is None else _plain_number(_INTEGER, int)

    def number(self, kind: Number) -> Callable[[str], Any]:
        return _plain_number(_DECIMAL, read_number)

    def boolean(self, kind: Boolean) -> Callable[[str], Any]:
        return lambda text: read_boolean(text) if text.strip() in ("true", "false", "1", "0") else _ODD

    def timestamp(self, kind: Timestamp) -> Callable[[str], Any]:
        return _plain_timestamp

    def enumeration(self, kind: Enumeration) -> Callable[[str], Any]:
        tokens = {str(token): str(token) for token in kind.enum}
        return lambda text: tokens.get(text, _ODD)

    def nested(self, kind: Nested) -> None:
        return None

    def anything(self, kind: Anything) -> Callable[[str], Any]:
        return _as_it_is

    def list_of(self, kind: ListOf) -> Callable[[str], Any] | None:
        return self.of(kind.item)


_PLAIN = _Plain()


def _as_it_is(text: str) -> str:
    return text


def _plain_number(form: "re.Pattern[str]", read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: read(text) if _is_short(form, text) else _ODD


def _is_short(number: "re.Pattern[str]", text: str) -> bool:
    return len(text) <= _LONGEST_NUMBER and number.fullmatch(text) is not None


def _plain_integer(text: str) -> Any:
    number = int(text) if _is_short(_INTEGER, text) else _INT[0] - 1
    return number if _INT[0] <= number <= _INT[1] else _ODD


def _plain_timestamp(text: str) -> Any:
    # This is the same on the JSON wire, whose compiled decoders take it as text.
    return (
        text if text[-1:] == "Z" and len(text) == len("2026-01-31T12:00:00Z") and is_timestamp(text) else _ODD
    )


def element_content(element: etree._Element, depth: int = MAX_DEPTH) -> Any:
    """An element that no class describes, as JSON: text, or an object of its attributes, children and text.

    What is nested deeper than `depth` is left out: as a payload it is refused for its depth all the same.
    """
    text = element.text or ""
    attributes = element.attrib
    if not attributes and not len(element):
        return text
    members = _Members()
    for name, value in attributes.items():
        members.add(f"@{split_name(name)[1]}", value)
    for child in element if depth else ():
        # Most have nothing but text in them, and a call for each would take as long as all else.
        is_plain = not len(child) and not child.attrib
        content = child.text or "" if is_plain else element_content(child, depth - 1)
        members.add(split_name(child.tag)[1], content)
        if child.tail:
            text += child.tail
    if text.strip():
        members.found["#text"] = text
    return members.found


class _Members:
    """Members of a JSON object. One that is there twice gets a number, so that nothing is lost."""

    __slots__ = ("_twins", "found")

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self._twins: dict[str, int] | None = None

    def add(self, name: str, value: Any) -> None:
        """Adds a member."""
        if name not in self.found:
            self.found[name] = value
            return
        if self._twins is None:
            self._twins = {}
        count = self._twins[name] = self._twins.get(name, 0) + 1
        self.found[f"{name}[{count}]"] = value

    def place(self, member: _Member, path: str) -> str:
        """The path of the next element of a member."""
        here = path + member.step
        return f"{here}[{len(self.found.get(member.field.wire, ()))}]" if member.is_list else here

    def items(self, name: str) -> list[Any]:
        """The items of a member that is a list."""
        items: list[Any] = self.found.setdefault(name, [])
        return items
