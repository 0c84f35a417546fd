"""Reads an OCPP WSDL into plain values.

The reader knows exactly the WSDL, SOAP binding and XSD constructs that OCPP uses. Anything else stops it, so
that no fact can be overlooked: not by the importer, which writes from these values, nor by the comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from attrs import frozen
from lxml import etree

__all__ = [
    "NAMESPACES",
    "Attribute",
    "ComplexType",
    "Element",
    "Operation",
    "Part",
    "Service",
    "SimpleType",
    "UnreadableWsdl",
    "read_wsdl",
]

NAMESPACES = {
    "wsdl": "http://schemas.xmlsoap.org/wsdl/",
    "soap12": "http://schemas.xmlsoap.org/wsdl/soap12/",
    "wsaw": "http://www.w3.org/2006/05/addressing/wsdl",
    "wsp": "http://schemas.xmlsoap.org/ws/2004/09/policy",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "xs": "http://www.w3.org/2001/XMLSchema",
}

#: Element -> (its attributes, its children). Whatever is not listed is refused.
_GRAMMAR: dict[str, tuple[str, str]] = {
    "wsdl:definitions": (
        "targetNamespace",
        "wsp:Policy wsdl:types wsdl:message wsdl:portType wsdl:binding wsdl:service",
    ),
    "wsp:Policy": ("wsu:Id", "wsp:ExactlyOne"),
    "wsp:ExactlyOne": ("", "wsp:All"),
    "wsp:All": ("", "wsaw:UsingAddressing"),
    "wsaw:UsingAddressing": ("", ""),
    "wsdl:types": ("", "xs:schema"),
    "xs:schema": ("targetNamespace elementFormDefault", "xs:simpleType xs:complexType xs:element"),
    "xs:simpleType": ("name", "xs:restriction"),
    "xs:restriction": ("base", "xs:enumeration xs:maxLength xs:fractionDigits"),
    "xs:enumeration": ("value", ""),
    "xs:maxLength": ("value", ""),
    "xs:fractionDigits": ("value", ""),
    "xs:complexType": ("name", "xs:sequence xs:simpleContent"),
    "xs:sequence": ("", "xs:element"),
    "xs:element": ("name type minOccurs maxOccurs", "xs:complexType"),
    "xs:simpleContent": ("", "xs:extension"),
    "xs:extension": ("base", "xs:attribute"),
    "xs:attribute": ("name type use", ""),
    "wsdl:message": ("name", "wsdl:part"),
    "wsdl:part": ("name element", ""),
    "wsdl:portType": ("name", "wsdl:operation"),
    "wsdl:operation": ("name", "wsdl:input wsdl:output soap12:operation"),
    "wsdl:input": ("message wsaw:Action", "soap12:header soap12:body"),
    "wsdl:output": ("message wsaw:Action", "soap12:header soap12:body"),
    "wsdl:binding": ("name type", "wsp:PolicyReference soap12:binding wsdl:operation"),
    "wsp:PolicyReference": ("URI", ""),
    "soap12:binding": ("transport style", ""),
    "soap12:operation": ("soapAction style", ""),
    "soap12:header": ("use message part", ""),
    "soap12:body": ("use", ""),
    "wsdl:service": ("name", "wsdl:port"),
    "wsdl:port": ("name binding", "soap12:address"),
    "soap12:address": ("location", ""),
}


Node: TypeAlias = etree._Element  # pyright: ignore[reportPrivateUsage]  # lxml has no public name for it

_ACTION = f"{{{NAMESPACES['wsaw']}}}Action"
_POLICY_ID = f"{{{NAMESPACES['wsu']}}}Id"


class UnreadableWsdl(ValueError):
    """A WSDL holds something that this reader does not know, or lacks something that it needs."""


@frozen
class Element:
    """A member of a sequence.

    `type` is `xs:...`, `tns:...` or an anonymous type; `max_occurs` None means unbounded.
    """

    name: str
    type: str | ComplexType
    min_occurs: int = 1
    max_occurs: int | None = 1


@frozen
class Attribute:
    """An XML attribute of a type with text content."""

    name: str
    type: str
    use: str = "optional"


@frozen
class ComplexType:
    """Either a sequence of elements, or text of type `base` with attributes."""

    sequence: tuple[Element, ...] = ()
    base: str | None = None
    attributes: tuple[Attribute, ...] = ()


@frozen
class SimpleType:
    """A restriction of `base`: its facets, and the tokens if it is an enumeration."""

    base: str
    facets: Mapping[str, str]
    tokens: tuple[str, ...]


@frozen
class Part:
    """The one part of a WSDL message, and how the binding uses it."""

    message: str
    name: str
    element: str
    use: str


@frozen
class Operation:
    """One operation; `header` is what its input carries as SOAP header, the actions are `wsaw:Action`."""

    input: Part
    output: Part
    header: Part | None
    input_action: str | None
    output_action: str | None
    soap_action: str
    style: str


@frozen
class Service:
    """Everything that one WSDL says, less its prose and the address of the service."""

    name: str
    port: str
    port_type: str
    binding: str
    transport: str
    using_addressing: bool
    namespace: str
    element_form_default: str
    operations: Mapping[str, Operation]
    elements: Mapping[str, str]
    simple_types: Mapping[str, SimpleType]
    complex_types: Mapping[str, ComplexType]


def read_wsdl(path: Path) -> Service:
    """Reads one WSDL file.

    Raises:
        UnreadableWsdl: It is not XML, or holds a construct that OCPP does not use.
    """
    try:
        parser = etree.XMLParser(
            remove_comments=True, remove_pis=True, resolve_entities=False, no_network=True
        )
        root = etree.parse(path, parser).getroot()
        _Reader(root).check(root)
        return _Reader(root).service()
    except (etree.XMLSyntaxError, UnreadableWsdl, KeyError) as error:
        raise UnreadableWsdl(f"{path}: {error}") from error


class _Reader:
    def __init__(self, root: Node) -> None:
        self._root = root
        self._namespace = root.get("targetNamespace", "")
        self._messages = {message.get("name", ""): message for message in _all(root, "wsdl:message")}

    def check(self, node: Node) -> None:
        """Refuses whatever `_GRAMMAR` does not list, and drops annotations on the way."""
        tag = _short(node.tag)
        if tag not in _GRAMMAR:
            raise UnreadableWsdl(f"line {node.sourceline}: {tag} is not known")
        attributes, children = (words.split() for words in _GRAMMAR[tag])
        for name in map(_short, node.attrib):
            if name not in attributes:
                raise UnreadableWsdl(f"line {node.sourceline}: {tag} has attribute {name}")
        for child in list(node):
            if _short(child.tag) in ("xs:annotation", "wsdl:documentation"):
                node.remove(child)
            elif _short(child.tag) not in children:
                raise UnreadableWsdl(f"line {child.sourceline}: {_short(child.tag)} inside {tag}")
            else:
                self.check(child)

    def service(self) -> Service:
        schema = _one(self._root, "wsdl:types/xs:schema")
        port_type, binding = _one(self._root, "wsdl:portType"), _one(self._root, "wsdl:binding")
        service = _one(self._root, "wsdl:service")
        port = _one(service, "wsdl:port")
        if self._name(port, "binding") != f"tns:{binding.get('name')}":
            raise UnreadableWsdl("the port does not refer to the binding")
        if self._name(binding, "type") != f"tns:{port_type.get('name')}":
            raise UnreadableWsdl("the binding does not refer to the port type")
        soap = {node.attrib["name"]: node for node in _all(binding, "wsdl:operation")}
        plain = {node.attrib["name"]: node for node in _all(port_type, "wsdl:operation")}
        if soap.keys() != plain.keys():
            raise UnreadableWsdl(
                f"operations not in port type and binding: {sorted(soap.keys() ^ plain.keys())}"
            )
        transport = _one(binding, "soap12:binding")
        return Service(
            name=service.attrib["name"],
            port=port.attrib["name"],
            port_type=port_type.attrib["name"],
            binding=binding.attrib["name"],
            transport=transport.attrib["transport"],
            using_addressing=self._using_addressing(binding),
            namespace=self._same_namespace(schema),
            element_form_default=schema.get("elementFormDefault", "unqualified"),
            operations={
                name: self._operation(plain[name], soap[name], transport.get("style", "document"))
                for name in plain
            },
            elements={node.attrib["name"]: self._name(node, "type") for node in _all(schema, "xs:element")},
            simple_types={node.attrib["name"]: self._simple(node) for node in _all(schema, "xs:simpleType")},
            complex_types={
                node.attrib["name"]: self._complex(node) for node in _all(schema, "xs:complexType")
            },
        )

    def _same_namespace(self, schema: Node) -> str:
        if schema.get("targetNamespace") != self._namespace:
            raise UnreadableWsdl("the schema has another target namespace than the service")
        return self._namespace

    def _using_addressing(self, binding: Node) -> bool:
        policies = {
            f"#{policy.get(_POLICY_ID)}"
            for policy in _all(self._root, "wsp:Policy")
            if _all(policy, "wsp:ExactlyOne/wsp:All/wsaw:UsingAddressing")
        }
        return any(node.get("URI") in policies for node in _all(binding, "wsp:PolicyReference"))

    def _operation(self, plain: Node, soap: Node, style: str) -> Operation:
        given, answered = _one(plain, "wsdl:input"), _one(plain, "wsdl:output")
        headers = [
            self._part(header, header.get("use", ""), header.get("part"))
            for header in _all(soap, "wsdl:input/soap12:header")
        ]
        if len(headers) > 1 or _all(soap, "wsdl:output/soap12:header"):
            raise UnreadableWsdl(f"operation {plain.get('name')}: more headers than one on the input")
        bound = _one(soap, "soap12:operation")
        return Operation(
            input=self._part(given, _one(soap, "wsdl:input/soap12:body").get("use", "")),
            output=self._part(answered, _one(soap, "wsdl:output/soap12:body").get("use", "")),
            header=headers[0] if headers else None,
            input_action=given.get(_ACTION),
            output_action=answered.get(_ACTION),
            soap_action=bound.attrib["soapAction"],
            style=bound.get("style", style),
        )

    def _part(self, node: Node, use: str, name: str | None = None) -> Part:
        message = self._name(node, "message").removeprefix("tns:")
        part = _one(self._messages[message], "wsdl:part")
        if name is not None and name != part.get("name"):
            raise UnreadableWsdl(f"message {message} has no part {name}")
        return Part(message, part.attrib["name"], self._name(part, "element").removeprefix("tns:"), use)

    def _simple(self, node: Node) -> SimpleType:
        restriction = _one(node, "xs:restriction")
        return SimpleType(
            base=self._name(restriction, "base"),
            facets={
                _short(facet.tag).removeprefix("xs:"): facet.attrib["value"]
                for facet in restriction
                if _short(facet.tag) != "xs:enumeration"
            },
            tokens=tuple(token.attrib["value"] for token in _all(restriction, "xs:enumeration")),
        )

    def _complex(self, node: Node) -> ComplexType:
        extensions = _all(node, "xs:simpleContent/xs:extension")
        return ComplexType(
            sequence=tuple(self._element(element) for element in _all(node, "xs:sequence/xs:element")),
            base=self._name(extensions[0], "base") if extensions else None,
            attributes=tuple(
                Attribute(
                    attribute.attrib["name"], self._name(attribute, "type"), attribute.get("use", "optional")
                )
                for extension in extensions
                for attribute in _all(extension, "xs:attribute")
            ),
        )

    def _element(self, node: Node) -> Element:
        inner = _all(node, "xs:complexType")
        most = node.get("maxOccurs", "1")
        return Element(
            name=node.attrib["name"],
            type=self._complex(inner[0]) if inner else self._name(node, "type"),
            min_occurs=int(node.get("minOccurs", "1")),
            max_occurs=None if most == "unbounded" else int(most),
        )

    def _name(self, node: Node, attribute: str) -> str:
        """Resolves a qualified name, whatever its prefix, to `xs:...` or `tns:...`."""
        prefix, _, local = node.attrib[attribute].rpartition(":")
        namespace = node.nsmap.get(prefix or None)
        if namespace == NAMESPACES["xs"]:
            return f"xs:{local}"
        if namespace == self._namespace:
            return f"tns:{local}"
        raise UnreadableWsdl(f"line {node.sourceline}: {node.get(attribute)} is of a foreign namespace")


def _short(tag: object) -> str:
    name = etree.QName(str(tag))
    prefixes: Iterator[str] = (prefix for prefix, uri in NAMESPACES.items() if uri == name.namespace)
    prefix = next(prefixes, name.namespace)
    return f"{prefix}:{name.localname}" if prefix else name.localname


def _all(node: Node, path: str) -> list[Node]:
    return node.findall(path, NAMESPACES)


def _one(node: Node, path: str) -> Node:
    found = _all(node, path)
    if len(found) != 1:
        raise UnreadableWsdl(f"line {node.sourceline}: {len(found)} {path} where one is expected")
    return found[0]
