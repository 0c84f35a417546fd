"""Writes schemas/ and wsdl/: our own statement of the facts, from an official OCPP download.

    python tools/import_official.py ../shared/official

Names, types, limits, cardinalities and tokens are facts and are taken over; prose, arrangement and keywords
without effect are not. The same download always gives the same bytes. Whatever this tool does not know stops
it, and so does a name that would stand for two definitions: tools/tables/inline_names.toml decides those.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from ocpp_core.facts.equivalence import apply_deviations, read_messages
from ocpp_core.facts.wsdl import NAMESPACES, ComplexType, Element, Part, Service, SimpleType, read_wsdl

ROOT = Path(__file__).resolve().parent.parent
TABLES = Path(__file__).resolve().parent / "tables" / "inline_names.toml"
JSON_VERSIONS = ("1.6", "2.0", "2.0.1", "2.1")
WSDL_VERSIONS = ("1.2", "1.5", "1.6")
SERVICES = ("CentralSystemService", "ChargePointService")
WIDTH = 110

#: The keywords we write, in the order we write them.
KEYWORDS = (
    *(
        "$schema",
        "$ref",
        "type",
        "enum",
        "format",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "multipleOf",
    ),
    *("items", "minItems", "maxItems", "properties", "required", "additionalProperties", "default"),
)
DROPPED = frozenset({"$id", "comment", "definitions", "description", "id", "javaType", "title"})

Schema = dict[str, Any]


class ImportStopped(Exception):
    """The download holds something that a person has to decide on first."""


# JSON -------------------------------------------------------------------------------------------------------


class Names:
    """Answers how the definition at a place of a message is called, and how its properties are ordered."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._names: Mapping[str, str] = table.get("names", {})
        self._variants: Mapping[str, Mapping[str, list[str]]] = table.get("variants", {})

    def inline(self, message: str, path: str) -> str:
        """Names the inline enum or object at a path like `$.meterValue[].sampledValue[]`."""
        name = self._names.get(f"{message} {path}") or self._derived(message, path)
        if name is None:
            raise ImportStopped(
                f"{message} {path}: no name for what stands inline here; add one to {TABLES.name}"
            )
        return name

    def variant(self, message: str, name: str) -> str:
        """Says what an official definition name becomes in one message; nearly always itself."""
        others = self._variants.get(name, {})
        return next((other for other, messages in others.items() if message in messages), name)

    def ordered(self, message: str, path: str, properties: Schema) -> Schema:
        """Puts the properties of an object into the order in which we write them."""
        return properties

    def _derived(self, message: str, path: str) -> str | None:
        return None


class NamesFromNextVersion(Names):
    """2.0: a place without a name has one in 2.0.1."""

    def __init__(self, table: Mapping[str, Any], messages: Mapping[str, Schema]) -> None:
        super().__init__(table)
        self._messages = messages

    def _derived(self, message: str, path: str) -> str | None:
        properties = self._messages.get(message, {}).get("properties", {})
        reference = properties.get(path.removeprefix("$."), {}).get("$ref")
        return reference.rpartition("/")[2] if reference else None


class NamesFromWsdl(Names):
    """1.6: the WSDL names the type of each element, and its sequences give the order."""

    def __init__(self, table: Mapping[str, Any], services: Iterable[Service]) -> None:
        super().__init__(table)
        self._types = {name: type_ for service in services for name, type_ in service.complex_types.items()}

    def ordered(self, message: str, path: str, properties: Schema) -> Schema:
        type_ = self._type(message, path)
        if type_ is None:
            return properties
        order = [element.name for element in type_.sequence]
        if set(order) != set(properties):
            raise ImportStopped(f"{message} {path}: WSDL and JSON differ in {set(order) ^ set(properties)}")
        return {name: properties[name] for name in order}

    def _derived(self, message: str, path: str) -> str | None:
        parent, _, name = path.removesuffix("[]").rpartition(".")
        type_ = self._type(message, parent)
        for element in type_.sequence if type_ else ():
            if element.name == name and isinstance(element.type, str):
                return element.type.removeprefix("tns:")
        return None

    def _type(self, message: str, path: str) -> ComplexType | None:
        if path == "$":
            return self._types.get(message)  # None for the security extension, which has no SOAP form
        name = self._derived(message, path)
        return self._types.get(name) if name else None


class Restatement:
    """The message files of one version in our form: `messages` refer to `definitions`."""

    def __init__(self, version: str, official: Mapping[str, Schema], names: Names) -> None:
        self.messages: dict[str, Schema] = {}
        self.definitions: dict[str, Schema] = {}
        self._version = version
        self._names = names
        self._first_seen: dict[str, str] = {}
        for message, document in official.items():
            self._message, self._local = message, document.get("definitions", {})
            self._lifted: set[str] = set()
            apply_deviations(version, message, document)
            self.messages[message] = self._restate(document, "$", "types.json")

    def _restate(self, schema: Schema, path: str, home: str) -> Schema:
        """Restates a schema that stays where it is. `home` is the file part of references from here."""
        facts: Schema = {}
        for keyword, value in schema.items():
            if keyword == "$ref":
                name = value.rpartition("/")[2]
                facts |= self._refer(self._names.variant(self._message, name), self._local[name], path, home)
            elif keyword == "properties":
                if value:
                    facts[keyword] = {
                        name: self._part(inner, f"{path}.{name}", home)
                        for name, inner in self._names.ordered(self._message, path, value).items()
                    }
            elif keyword == "items" and isinstance(value, dict):
                facts[keyword] = self._part(value, f"{path}[]", home)
            elif keyword == "additionalProperties" and (value is True or schema.get("type") != "object"):
                pass  # open is what an object is anyway; on anything else it has no effect
            elif keyword == "additionalItems" and isinstance(schema.get("items"), dict):
                pass
            elif keyword in KEYWORDS:
                facts[keyword] = int(value) if isinstance(value, float) and value.is_integer() else value
            elif keyword not in DROPPED:
                raise ImportStopped(f"{self._version} {self._message} {path}: keyword {keyword} is not known")
        if "required" in facts:
            order = [*facts.get("properties", {}), *facts["required"]]
            facts["required"] = sorted(facts["required"], key=order.index)
        return {keyword: facts[keyword] for keyword in KEYWORDS if keyword in facts}

    def _part(self, schema: Schema, path: str, home: str) -> Schema:
        """Restates a property or an item; an enum or object that stands inline becomes a definition."""
        if "enum" in schema or schema.get("type") == "object":
            return self._refer(self._names.inline(self._message, path), schema, path, home)
        return self._restate(schema, path, home)

    def _refer(self, name: str, schema: Schema, path: str, home: str) -> Schema:
        """Lifts a definition out of the message and returns the reference to it, with its default."""
        if name not in self._lifted:
            self._lifted.add(name)
            body = self._restate(schema, path, "")
            body.pop("default", None)
            first = self._first_seen.setdefault(name, self._message)
            if not same(self.definitions.setdefault(name, body), body):
                raise ImportStopped(
                    f"{self._version}: {name} is one thing in {first} and another in {self._message} {path};"
                    f" {TABLES.name} must decide\n  {self.definitions[name]}\n  {body}"
                )
        beside = {"default": schema["default"]} if "default" in schema else {}
        return {"$ref": f"{home}#/definitions/{name}"} | beside


def same(one: Any, other: Any) -> bool:
    """Says whether two schemas state the same facts; the order of tokens and required names means nothing."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            set(one[key]) == set(other[key]) if key in ("enum", "required") else same(one[key], other[key])
            for key in one
        )
    return bool(one == other)


def pretty(value: Any, indent: int = 0, key: str = "") -> str:
    """Lays JSON out: what is short stays on one line, but each property and each definition has its own."""
    flat = json.dumps(value, ensure_ascii=False)
    named = key in ("properties", "definitions") or (isinstance(value, dict) and "properties" in value)
    fits = indent + len(json.dumps(key)) + 2 + len(flat) + 1 <= WIDTH
    if not isinstance(value, dict | list) or not value or (fits and not named and key != "$"):
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        lines = [
            f"{inner}{json.dumps(name)}: {pretty(part, indent + 2, name)}" for name, part in value.items()
        ]
        opening, closing = "{}"
    else:
        lines = [f"{inner}{pretty(part, indent + 2)}" for part in value]
        opening, closing = "[]"
    return "\n".join((opening, ",\n".join(lines), " " * indent + closing))


# WSDL -------------------------------------------------------------------------------------------------------


class WsdlWriter:
    """Builds the document for one service, everything in alphabetical order."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._root = etree.Element(
            f"{{{NAMESPACES['wsdl']}}}definitions",
            {"targetNamespace": service.namespace},
            nsmap={**NAMESPACES, "tns": service.namespace},
        )

    def document(self) -> bytes:
        """Writes the WSDL; its service address is a placeholder."""
        service, root = self._service, self._root
        if service.using_addressing:
            policy = add(root, "wsp:Policy", {"wsu:Id": "Addressing"})
            add(add(add(policy, "wsp:ExactlyOne"), "wsp:All"), "wsaw:UsingAddressing")
        self._types()
        self._messages()
        self._port_type()
        self._binding()
        port = add(
            add(root, "wsdl:service", name=service.name),
            "wsdl:port",
            name=service.port,
            binding=f"tns:{service.binding}",
        )
        add(port, "soap12:address", location="http://localhost/")
        etree.indent(root, "  ")
        text = etree.tostring(root, encoding="unicode").replace(
            " xmlns:", "\n    xmlns:"
        )  # only the root has these
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()

    def _types(self) -> None:
        service = self._service
        schema = add(
            add(self._root, "wsdl:types"),
            "xs:schema",
            targetNamespace=service.namespace,
            elementFormDefault=service.element_form_default,
        )
        for name, type_name in sorted(service.elements.items()):
            add(schema, "xs:element", name=name, type=type_name)
        for name, simple in sorted(service.simple_types.items()):
            self._simple_type(add(schema, "xs:simpleType", name=name), simple)
        for name, complex_ in sorted(service.complex_types.items()):
            self._complex_type(add(schema, "xs:complexType", name=name), complex_)

    def _simple_type(self, node: etree._Element, simple: SimpleType) -> None:
        restriction = add(node, "xs:restriction", base=simple.base)
        for facet, value in simple.facets.items():
            add(restriction, f"xs:{facet}", value=value)
        for token in simple.tokens:
            add(restriction, "xs:enumeration", value=token)

    def _complex_type(self, node: etree._Element, complex_: ComplexType) -> None:
        if complex_.base:
            extension = add(add(node, "xs:simpleContent"), "xs:extension", base=complex_.base)
            for attribute in complex_.attributes:
                add(extension, "xs:attribute", name=attribute.name, type=attribute.type, use=attribute.use)
        elif complex_.sequence:
            sequence = add(node, "xs:sequence")
            for element in complex_.sequence:
                self._element(sequence, element)

    def _element(self, sequence: etree._Element, element: Element) -> None:
        node = add(sequence, "xs:element", name=element.name)
        if isinstance(element.type, str):
            node.set("type", element.type)
        else:
            self._complex_type(add(node, "xs:complexType"), element.type)
        if element.min_occurs != 1:
            node.set("minOccurs", str(element.min_occurs))
        if element.max_occurs != 1:
            node.set("maxOccurs", "unbounded" if element.max_occurs is None else str(element.max_occurs))

    def _parts(self) -> Iterator[Part]:
        for operation in self._service.operations.values():
            yield operation.input
            yield operation.output
            if operation.header:
                yield operation.header

    def _messages(self) -> None:
        for message, part in sorted({part.message: part for part in self._parts()}.items()):
            add(
                add(self._root, "wsdl:message", name=message),
                "wsdl:part",
                name=part.name,
                element=f"tns:{part.element}",
            )

    def _port_type(self) -> None:
        port_type = add(self._root, "wsdl:portType", name=self._service.port_type)
        for name, operation in sorted(self._service.operations.items()):
            node = add(port_type, "wsdl:operation", name=name)
            for tag, part, action in (
                ("wsdl:input", operation.input, operation.input_action),
                ("wsdl:output", operation.output, operation.output_action),
            ):
                add(
                    node,
                    tag,
                    {"wsaw:Action": action} if action is not None else {},
                    message=f"tns:{part.message}",
                )

    def _binding(self) -> None:
        service = self._service
        binding = add(self._root, "wsdl:binding", name=service.binding, type=f"tns:{service.port_type}")
        if service.using_addressing:
            add(binding, "wsp:PolicyReference", URI="#Addressing")
        add(binding, "soap12:binding", transport=service.transport)
        for name, operation in sorted(service.operations.items()):
            node = add(binding, "wsdl:operation", name=name)
            add(node, "soap12:operation", soapAction=operation.soap_action, style=operation.style)
            given = add(node, "wsdl:input")
            if header := operation.header:
                add(given, "soap12:header", message=f"tns:{header.message}", part=header.name, use=header.use)
            add(given, "soap12:body", use=operation.input.use)
            add(add(node, "wsdl:output"), "soap12:body", use=operation.output.use)


def add(
    parent: etree._Element, tag: str, qualified: Mapping[str, str] | None = None, /, **attributes: str
) -> etree._Element:
    """Appends a child; names are written with a prefix of `NAMESPACES`."""
    return etree.SubElement(
        parent, clark(tag), {clark(name): value for name, value in (qualified or {}).items()} | attributes
    )


def clark(name: str) -> str:
    """Turns `xs:element` into lxml's `{namespace}element`."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


# The whole --------------------------------------------------------------------------------------------------


def restate(official: Path) -> dict[str, bytes]:
    """Returns every file that we make from a download: relative path -> content."""
    tables = tomllib.loads(TABLES.read_text("utf-8"))
    services = {
        version: {name: read_wsdl(official / "wsdl" / version / f"{name}.wsdl") for name in SERVICES}
        for version in WSDL_VERSIONS
    }
    read = {version: read_messages(version, official / "json" / version) for version in JSON_VERSIONS}
    names = {
        "1.6": NamesFromWsdl(tables.get("1.6", {}), services["1.6"].values()),
        "2.0": NamesFromNextVersion(tables.get("2.0", {}), read["2.0.1"]),
    }
    files: dict[str, bytes] = {}
    for version in JSON_VERSIONS:
        if not read[version]:
            raise ImportStopped(f"{official / 'json' / version} holds no message files")
        ours = Restatement(version, read[version], names.get(version, Names(tables.get(version, {}))))
        for name, message in ours.messages.items():
            files[f"schemas/{version}/{name}.json"] = f"{pretty(message, key='$')}\n".encode()
        types = {"definitions": dict(sorted(ours.definitions.items()))}
        files[f"schemas/{version}/types.json"] = f"{pretty(types, key='$')}\n".encode()
    for version, both in services.items():
        for name, service in both.items():
            files[f"wsdl/{version}/{name}.wsdl"] = WsdlWriter(service).document()
    return files


def write(files: Mapping[str, bytes], into: Path) -> None:
    """Writes the files and removes message files and WSDLs that are no longer among them."""
    for pattern in ("schemas/*/*.json", "wsdl/*/*.wsdl"):
        for old in into.glob(pattern):
            if old.relative_to(into).as_posix() not in files:
                old.unlink()
    for name, content in files.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main() -> int:
    """Runs the command line."""
    default = Path(os.environ.get("OCPP_OFFICIAL") or ROOT.parent / "shared" / "official")
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, nargs="?", default=default, help="the official download")
    parser.add_argument(
        "--into", type=Path, default=ROOT, help="where schemas/ and wsdl/ are written (the project)"
    )
    arguments = parser.parse_args()
    try:
        files = restate(arguments.directory)
    except (ImportStopped, OSError, ValueError) as error:
        print(f"import_official: {error}", file=sys.stderr)
        return 1
    write(files, arguments.into)
    print(f"{len(files)} files written to {arguments.into}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
