"""Reads the facts of a version: from schemas/ where there are JSON schemas, from wsdl/ for 1.2 and 1.5."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from modelgen.facts import ActionFacts, ClassFacts, EnumFacts, FieldFacts, VersionFacts
from modelgen.tables import Tables

ROOT = Path(__file__).parent.parent.parent
VERSIONS = ("1.2", "1.5", "1.6", "2.0", "2.0.1", "2.1")

Schema = Mapping[str, Any]
Limits = dict[str, int | float | str]

_XS = "{http://www.w3.org/2001/XMLSchema}"
_JSON_TYPES = {"string": "str", "integer": "int", "number": "Decimal", "boolean": "bool"}
_XML_TYPES = {
    "string": "str",
    "anyURI": "str",
    "int": "int",
    "boolean": "bool",
    "dateTime": "datetime",
    "decimal": "Decimal",
}


def load_version(version: str) -> VersionFacts:
    """All facts of one version.

    Raises:
        MissingRow: A name, purpose or section is missing in tools/tables.
    """
    is_json = (ROOT / "schemas" / version).is_dir()
    folder = ROOT / ("schemas" if is_json else "wsdl") / version
    return (_JsonLoader if is_json else _WsdlLoader)(version, folder).load()


class _Loader:
    """What both sources have in common: definitions by name, turned into classes and enums."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        self.folder = folder
        self.tables = Tables(version)
        self.actions = tomllib.loads((folder / "actions.toml").read_text(encoding="utf-8"))
        self.names: dict[str, str] = {}
        self.enums: dict[str, EnumFacts] = {}
        self.types: dict[str, ClassFacts] = {}

    def load(self) -> VersionFacts:
        taken = {f"{action}{end}" for action in self.actions for end in ("Request", "Response")}
        taken |= {action for action, row in self.actions.items() if row.get("kind") == "SEND"}
        definitions = self.definitions()
        for definition in sorted(definitions):
            self.names[definition] = self.tables.class_name(definition, taken)
        for definition, values in definitions.items():
            if self.tokens(values):
                self.enums[definition] = self.enum(definition, self.tokens(values))
        for definition, values in definitions.items():
            if definition not in self.enums:
                self.types[definition] = self.data_type(definition, values)
        return VersionFacts(
            version=self.version,
            package=f"v{self.version.replace('.', '')}",
            source=str(self.folder.relative_to(ROOT)),
            enums=tuple(sorted(self.enums.values(), key=lambda enum: enum.name)),
            types=tuple(_sorted_by_use(self.types)),
            actions=tuple(self.action(name, row) for name, row in self.actions.items()),
            by_block=self.version.startswith("2"),
        )

    def definitions(self) -> dict[str, Any]:
        raise NotImplementedError

    def tokens(self, definition: Any) -> list[str]:
        raise NotImplementedError

    def data_type(self, name: str, definition: Any) -> ClassFacts:
        raise NotImplementedError

    def message(self, name: str, purpose: str) -> ClassFacts:
        raise NotImplementedError

    def action(self, name: str, row: Mapping[str, str]) -> ActionFacts:
        is_send = row.get("kind") == "SEND"
        answer = None if is_send else self.message(f"{name}Response", f"Answers `{name}Request`.")
        return ActionFacts(
            name=name,
            sent_by=row["sent_by"],
            block=row.get("profile") or row["block"],
            purpose=row["purpose"],
            is_send=is_send,
            request=self.message(name if is_send else f"{name}Request", row["purpose"]),
            response=answer,
        )

    def enum(self, definition: str, tokens: list[str]) -> EnumFacts:
        members, aliases = self.tables.members(self.names[definition], tokens)
        return EnumFacts(
            name=self.names[definition],
            definition=definition,
            members=members,
            aliases=aliases,
            purpose=self.tables.class_purpose(definition),
            section=self.tables.section(definition),
        )

    def field(self, definition: str, wire: str, type_: str, **facts: Any) -> FieldFacts:
        return FieldFacts(
            name=self.tables.attribute(wire),
            wire=wire,
            type=type_,
            additions=self.tables.additions(definition, wire, type_),
            purpose=self.tables.field_purpose(definition, wire),
            **facts,
        )

    def default(self, type_: str, token: str) -> str:
        """A default of the schema, as the docstring names it: members by their names."""
        enum = next((enum for enum in self.enums.values() if enum.name == type_), None)
        member = {token: name for name, token in enum.members}.get(token) if enum else None
        return f"`{type_}.{member}`" if member else f"`{token}`"


class _JsonLoader(_Loader):
    """JSON schemas: types.json and one file per message; beside a WSDL, which may ask for more."""

    def __init__(self, version: str, folder: Path) -> None:
        super().__init__(version, folder)
        self.soap_lists = set(_lists_with_items(version))

    def definitions(self) -> dict[str, Any]:
        return dict(self._read("types")["definitions"])

    def tokens(self, definition: Schema) -> list[str]:
        return list(definition.get("enum", ()))

    def data_type(self, name: str, definition: Schema) -> ClassFacts:
        return self._class(self.names[name], name, definition, self.tables.class_purpose(name))

    def message(self, name: str, purpose: str) -> ClassFacts:
        return self._class(name, name, self._read(name), purpose)

    def _read(self, name: str) -> Schema:
        schema: Schema = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        return schema

    def _class(self, name: str, definition: str, schema: Schema, purpose: str) -> ClassFacts:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        return ClassFacts(
            name=name,
            definition=definition,
            fields=tuple(
                self._field(definition, wire, facts, wire in required) for wire, facts in properties.items()
            ),
            uses=frozenset(_references(properties)),
            draft=4 if "draft-04" in schema.get("$schema", "") else 6,
            is_open=schema.get("additionalProperties", True) is not False,
            misspelt=self.tables.misspelt(definition),
            purpose=purpose,
            section=self.tables.section(definition),
        )

    def _field(self, definition: str, wire: str, schema: Schema, is_required: bool) -> FieldFacts:
        is_list = schema.get("type") == "array"
        item = schema["items"] if is_list else schema
        type_ = self._type(item)
        default = schema.get("default")
        limits = _json_limits(schema) | _json_limits(item)
        if is_list and f"{definition}.{wire}" in self.soap_lists and "min_items" not in limits:
            limits["soap_min_items"] = 1
        return self.field(
            definition,
            wire,
            type_,
            is_required=is_required,
            is_list=is_list,
            limits=limits,
            default=None if default is None else self.default(type_, str(default)),
        )

    def _type(self, schema: Schema) -> str:
        if "$ref" in schema:
            return self.names[schema["$ref"].rsplit("/", 1)[1]]
        if "type" not in schema:
            return "Any"
        if schema.get("format") == "date-time":
            return "datetime"
        return _JSON_TYPES[schema["type"]]


def _json_limits(schema: Schema) -> Limits:
    names = {
        "maxLength": "max_length",
        "minimum": "minimum",
        "maximum": "maximum",
        "multipleOf": "multiple_of",
        "minItems": "min_items",
        "maxItems": "max_items",
    }
    return {
        name: str(schema[keyword]) if keyword == "multipleOf" else schema[keyword]
        for keyword, name in names.items()
        if keyword in schema
    }


def _lists_with_items(version: str) -> Iterable[str]:
    """The lists that need an item in SOAP, as "Type.element"."""
    for path in (ROOT / "wsdl" / version).glob("*.wsdl"):
        for element in etree.parse(path).iterfind(
            f".//{_XS}complexType/{_XS}sequence/{_XS}element[@maxOccurs='unbounded']"
        ):
            if element.get("minOccurs", "1") != "0":
                owner = next(element.iterancestors(f"{_XS}complexType"))
                yield f"{owner.get('name')}.{element.get('name')}"


def _references(schema: Any) -> Iterable[str]:
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield schema["$ref"].rsplit("/", 1)[1]
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


class _WsdlLoader(_Loader):
    """WSDLs: types shared by both services are stated in each, and must agree."""

    def __init__(self, version: str, folder: Path) -> None:
        super().__init__(version, folder)
        self._simple: dict[str, etree._Element] = {}
        self._complex: dict[str, etree._Element] = {}
        for service in ("CentralSystemService", "ChargePointService"):
            schema = etree.parse(folder / f"{service}.wsdl").find(f".//{_XS}schema")
            assert schema is not None
            self._collect(schema, f"{_XS}simpleType", self._simple)
            self._collect(schema, f"{_XS}complexType", self._complex)
            for element in schema.iterfind(f".//{_XS}element"):
                inner = element.find(f"{_XS}complexType")
                if inner is not None:
                    owner = next(parent.get("name") for parent in element.iterancestors(f"{_XS}complexType"))
                    self._complex[f"{owner}.{element.get('name')}"] = inner

    def _collect(self, schema: etree._Element, tag: str, into: dict[str, etree._Element]) -> None:
        for definition in schema.iterfind(tag):
            name = str(definition.get("name"))
            if name in into and _text(into[name]) != _text(definition):
                raise ValueError(f"OCPP {self.version}: the two services disagree about {name}")
            into.setdefault(name, definition)

    def definitions(self) -> dict[str, Any]:
        enums = {name: facts for name, facts in self._simple.items() if self.tokens(facts)}
        types = {
            name: facts for name, facts in self._complex.items() if not name.endswith(("Request", "Response"))
        }
        return enums | types

    def tokens(self, definition: etree._Element) -> list[str]:
        return [
            str(token.get("value")) for token in definition.iterfind(f".//{_XS}restriction/{_XS}enumeration")
        ]

    def data_type(self, name: str, definition: etree._Element) -> ClassFacts:
        described = "SampledValue" if name == "MeterValue.value" else name
        return self._class(self.names[name], name, described, self.tables.class_purpose(described))

    def message(self, name: str, purpose: str) -> ClassFacts:
        return self._class(name, name, name, purpose)

    def _class(self, name: str, definition: str, described: str, purpose: str) -> ClassFacts:
        facts = self._complex[definition]
        uses: set[str] = set()
        return ClassFacts(
            name=name,
            definition=definition,
            fields=tuple(self._fields(definition, described, facts, uses)),
            uses=frozenset(uses),
            purpose=purpose,
            section=self.tables.section(definition),
        )

    def _fields(
        self, definition: str, described: str, facts: etree._Element, uses: set[str]
    ) -> Iterable[FieldFacts]:
        if facts.find(f"{_XS}simpleContent") is not None:
            yield self.field(described, "value", "str", is_required=True, xml="text")
        for element in facts.iterfind(f"{_XS}sequence/{_XS}element"):
            wire = str(element.get("name"))
            type_, limits = self._type(element.get("type") or f"tns:{definition}.{wire}", uses)
            is_required = element.get("minOccurs", "1") != "0"
            is_list = element.get("maxOccurs") == "unbounded"
            if is_list and is_required:
                limits["min_items"] = 1
            yield self.field(described, wire, type_, is_required=is_required, is_list=is_list, limits=limits)
        for attribute in facts.iterfind(f"{_XS}simpleContent/{_XS}extension/{_XS}attribute"):
            type_, limits = self._type(str(attribute.get("type")), uses)
            is_required = attribute.get("use") == "required"
            yield self.field(
                described,
                str(attribute.get("name")),
                type_,
                is_required=is_required,
                limits=limits,
                xml="attribute",
            )

    def _type(self, qualified: str, uses: set[str]) -> tuple[str, Limits]:
        prefix, _, name = qualified.partition(":")
        if prefix != "tns":
            # xs:int has 32 bits.
            return _XML_TYPES[name], {"minimum": -(2**31), "maximum": 2**31 - 1} if name == "int" else {}
        if name in self.names:
            uses.add(name)
            return self.names[name], {}
        restriction = self._simple[name].find(f"{_XS}restriction")
        assert restriction is not None
        type_, limits = self._type(str(restriction.get("base")), uses)
        length = restriction.find(f"{_XS}maxLength")
        return type_, limits if length is None else limits | {"max_length": int(str(length.get("value")))}


def _text(element: etree._Element) -> str:
    return etree.tostring(element, method="c14n2", strip_text=True).decode()


def _sorted_by_use(types: Mapping[str, ClassFacts]) -> list[ClassFacts]:
    """Each type after those it uses, otherwise by name: references point backwards."""
    done: dict[str, ClassFacts] = {}

    def place(definition: str) -> None:
        if definition in types and definition not in done:
            for used in sorted(types[definition].uses):
                place(used)
            done[definition] = types[definition]

    for definition in sorted(types, key=lambda name: types[name].name):
        place(definition)
    return list(done.values())
