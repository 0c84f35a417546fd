"""Proves that our schemas and WSDLs state the same facts as the official files.

Both sides are read into trees of facts: references resolved, prose and keywords without effect left out,
lists whose order means nothing turned into sets. What remains must be equal, file by file and in both
directions. The keys of a tree are the steps of a path, so a difference names its place by itself:
`$.meterValue[].sampledValue[].unit#enum`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

from attrs import frozen

from ocpp_core.facts.folders import folder
from ocpp_core.facts.wsdl import ComplexType, Part, Service, SimpleType, read_wsdl

__all__ = [
    "DEVIATIONS",
    "Comparison",
    "Deviation",
    "Difference",
    "apply_deviations",
    "compare",
    "compare_schemas",
    "compare_wsdls",
    "read_messages",
]

JSON_VERSIONS = ("1.6", "2.0", "2.0.1", "2.1")
WSDL_VERSIONS = ("1.2", "1.5", "1.6")

Fact: TypeAlias = str | int | float | tuple[str, ...] | None
Tree: TypeAlias = "dict[str, Tree | Fact | frozenset[str]]"
Schema: TypeAlias = dict[str, Any]

#: Keywords that say nothing about which payloads are valid.
_ANNOTATIONS = frozenset({"$comment", "$id", "comment", "description", "id", "javaType", "title"})


@frozen
class Deviation:
    """Tokens that we allow where an official file does not, because an erratum says so."""

    version: str
    message: str
    path: str
    tokens: tuple[str, ...]
    source: str


DEVIATIONS: tuple[Deviation, ...] = (
    # MeterValues has both spellings; this file kept the misspelt one only, although the erratum
    # wants both read everywhere.
    Deviation(
        version="1.6",
        message="StopTransactionRequest",
        path="$.transactionData[].sampledValue[].unit",
        tokens=("Celsius",),
        source="OCPP-J 1.6 errata §2.1",
    ),
)


@frozen
class Difference:
    """One fact on which we and the official files disagree.

    `message` is a message (`BootNotificationRequest`) or a WSDL (`CentralSystemService.wsdl`). `path` ends in
    `#` and the keyword, unless a property, a type or a whole file (`$`) is missing. A side that says nothing
    has None; a side that has a thing which the other lacks altogether has "present".
    """

    version: str
    message: str
    path: str
    ours: Fact
    official: Fact

    def __str__(self) -> str:
        where = f"OCPP {self.version} {self.message}"
        if self.path == "$":
            return f"{where}: {'we lack this file' if self.ours is None else 'not among the official files'}"
        if isinstance(self.ours, tuple) and isinstance(self.official, tuple):
            lacking = [repr(item) for item in self.official if item not in self.ours]
            surplus = [repr(item) for item in self.ours if item not in self.official]
            told = [
                f"we {verb} {', '.join(items)}"
                for verb, items in (("lack", lacking), ("add", surplus))
                if items
            ]
            return f"{where} {self.path}: {'; '.join(told) or 'the order differs'}"
        ours, official = ("nothing" if side is None else repr(side) for side in (self.ours, self.official))
        return f"{where} {self.path}: ours {ours}, official {official}"


class Comparison(list[Difference]):
    """The differences found, and how many official files were looked at; empty means equal."""

    def __init__(
        self, differences: Iterable[Difference] = (), *, json_files: int = 0, wsdl_files: int = 0
    ) -> None:
        super().__init__(differences)
        self.json_files: int = json_files
        self.wsdl_files: int = wsdl_files

    def add(self, other: Comparison) -> None:
        """Takes over what another comparison found and counted."""
        self.extend(other)
        self.json_files += other.json_files
        self.wsdl_files += other.wsdl_files

    def summary(self) -> str:
        """Says how many files are equal: `521 of 521 JSON message files and 6 of 6 WSDLs equal`."""
        unequal = {(d.version, d.message) for d in self if d.path != "$" or d.ours is None}
        wsdls = sum(message.endswith(".wsdl") for _, message in unequal)
        counts = (
            (self.json_files, len(unequal) - wsdls, "JSON message files"),
            (self.wsdl_files, wsdls, "WSDLs"),
        )
        return (
            " and ".join(f"{total - bad} of {total} {what}" for total, bad, what in counts if total)
            + " equal"
        )


def compare(
    official: Path, ours: Path | None = None, *, deviations: Sequence[Deviation] = DEVIATIONS
) -> Comparison:
    """Compares our facts with an official download, for each version that the download holds.

    Args:
        official: A folder with `json/<version>/` and `wsdl/<version>/`, or some of these.
        ours: A folder with `schemas/` and `wsdl/`; those of this package if left out.
        deviations: Where we differ on purpose.

    Returns:
        Every difference, in the order of versions and file names; empty if all is equal.

    Raises:
        FileNotFoundError: `official` holds no version at all.
        ValueError: A file cannot be read; the text names it.
    """
    schemas = ours / "schemas" if ours else folder("schemas")
    wsdls = ours / "wsdl" if ours else folder("wsdl")
    result = Comparison()
    for version in JSON_VERSIONS:
        if any((official / "json" / version).glob("*.json")):
            result.add(
                compare_schemas(
                    version, official / "json" / version, schemas / version, deviations=deviations
                )
            )
    for version in WSDL_VERSIONS:
        if any((official / "wsdl" / version).glob("*.wsdl")):
            result.add(compare_wsdls(version, official / "wsdl" / version, wsdls / version))
    if not result.json_files and not result.wsdl_files:
        raise FileNotFoundError(f"{official} holds neither json/<version>/*.json nor wsdl/<version>/*.wsdl")
    return result


def compare_schemas(
    version: str, official: Path, ours: Path, *, deviations: Sequence[Deviation] = DEVIATIONS
) -> Comparison:
    """Compares the JSON message files of one version; both arguments are the folders that hold them."""
    theirs = read_messages(version, official)
    for name, document in theirs.items():
        apply_deviations(version, name, document, deviations)
    ours_read = read_messages(version, ours)
    return Comparison(
        _compare_files(version, _json_facts(ours_read, ours), _json_facts(theirs, official)),
        json_files=len(theirs),
    )


def compare_wsdls(version: str, official: Path, ours: Path) -> Comparison:
    """Compares the WSDLs of one version; both arguments are the folders that hold them."""
    theirs = {path.name: _service_facts(read_wsdl(path)) for path in sorted(official.glob("*.wsdl"))}
    ours_read = {path.name: _service_facts(read_wsdl(path)) for path in sorted(ours.glob("*.wsdl"))}
    return Comparison(_compare_files(version, ours_read, theirs), wsdl_files=len(theirs))


def read_messages(version: str, directory: Path) -> dict[str, Schema]:
    """Reads the message files of a folder, ours or official, by message name.

    The official 1.6 files are named after the action if they hold a request, and those of 2.0 end in `_v1p0`.
    """
    messages: dict[str, Schema] = {}
    for path in sorted(directory.glob("*.json")):
        name = path.stem.removesuffix("_v1p0")
        if name == "types":
            continue
        if version == "1.6" and not name.endswith(("Request", "Response")):
            name += "Request"
        messages[name] = _read_json(path)
    return dict(sorted(messages.items()))


def apply_deviations(
    version: str, message: str, document: Schema, deviations: Sequence[Deviation] = DEVIATIONS
) -> None:
    """Adds to an official document, in place, what we read into it on purpose."""
    for deviation in deviations:
        if (deviation.version, deviation.message) == (version, message):
            schema = document
            for step in deviation.path.removeprefix("$").replace("[]", ".[]").split(".")[1:]:
                schema = schema["items"] if step == "[]" else schema["properties"][step]
            schema["enum"] += [token for token in deviation.tokens if token not in schema["enum"]]


def _read_json(path: Path) -> Schema:
    try:
        return cast(
            "dict[str, Any]", json.loads(path.read_text("utf-8-sig"))
        )  # some official files have a BOM
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _json_facts(messages: Mapping[str, Schema], directory: Path) -> dict[str, Tree]:
    types = _read_json(directory / "types.json") if (directory / "types.json").is_file() else {}
    facts: dict[str, Tree] = {}
    for name, document in messages.items():
        try:
            facts[name] = _schema_facts(document, _resolver(document, types))
        except KeyError as error:
            raise ValueError(f"{directory}: {name} refers to {error}, which is not defined") from error
    return facts


def _resolver(document: Schema, types: Schema) -> Callable[[str], Schema]:
    """Finds definitions by reference. One that stands in `types.json` refers on to its neighbours there."""

    def resolve(reference: str) -> Schema:
        file, _, pointer = reference.partition("#")
        name = pointer.rpartition("/")[
            2
        ]  # 2.0 BootNotificationRequest has `#definitions/...`, with a slash missing
        home = types if file == "types.json" or "definitions" not in document else document
        return cast("Schema", home["definitions"][name])

    return resolve


def _schema_facts(schema: Schema, resolve: Callable[[str], Schema]) -> Tree:
    if "$ref" in schema:
        beside: Schema = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        schema = resolve(schema["$ref"]) | beside
    facts: Tree = {}
    for keyword, value in schema.items():
        match keyword:
            case "definitions":
                continue  # counts where it is referred to
            case _ if keyword in _ANNOTATIONS:
                continue
            case "properties":
                facts |= {f".{name}": _schema_facts(inner, resolve) for name, inner in value.items()}
            case "required":
                facts |= {f".{name}#required": True for name in value}
            case "items" if isinstance(value, dict):
                facts["[]"] = _schema_facts(cast("Schema", value), resolve)
            case "enum":
                facts["#enum"] = frozenset(value)
            case "additionalProperties" if value is True or schema.get("type", "object") != "object":
                continue  # says nothing
            case "additionalItems" if isinstance(schema.get("items", {}), dict):
                continue  # only an array of schemas beside it would give it a meaning
            case _:
                facts[f"#{keyword}"] = value
    return facts


def _service_facts(service: Service) -> Tree:
    types: Tree = {f".{name}": _simple_facts(simple) for name, simple in service.simple_types.items()}
    types |= {f".{name}": _complex_facts(complex_) for name, complex_ in service.complex_types.items()}
    return {
        "#targetNamespace": service.namespace,
        "#elementFormDefault": service.element_form_default,
        "#service": service.name,
        "#port": service.port,
        "#portType": service.port_type,
        "#binding": service.binding,
        "#transport": service.transport,
        "#UsingAddressing": service.using_addressing,
        ".operations": {
            f".{name}": {
                "#soapAction": operation.soap_action,
                "#style": operation.style,
                ".input": _part_facts(operation.input) | {"#Action": operation.input_action},
                ".output": _part_facts(operation.output) | {"#Action": operation.output_action},
                **({".header": _part_facts(operation.header)} if operation.header else {}),
            }
            for name, operation in service.operations.items()
        },
        ".elements": {f".{name}": {"#type": type_} for name, type_ in service.elements.items()},
        ".types": types,
    }


def _part_facts(part: Part) -> Tree:
    return {"#message": part.message, "#part": part.name, "#element": part.element, "#use": part.use}


def _simple_facts(simple: SimpleType) -> Tree:
    facts: Tree = {"#base": simple.base, "#enum": frozenset(simple.tokens)}
    facts |= {f"#{facet}": value for facet, value in simple.facets.items()}
    return facts


def _complex_facts(complex_: ComplexType) -> Tree:
    facts: Tree = {
        "#base": complex_.base,
        "#order": tuple(element.name for element in complex_.sequence),
    }
    for element in complex_.sequence:
        typed: Tree = (
            {"#type": element.type} if isinstance(element.type, str) else _complex_facts(element.type)
        )
        facts[f".{element.name}"] = {
            **typed,
            "#minOccurs": element.min_occurs,
            "#maxOccurs": element.max_occurs,
        }
    for attribute in complex_.attributes:
        facts[f"@{attribute.name}"] = {"#type": attribute.type, "#use": attribute.use}
    return facts


def _compare_files(
    version: str, ours: Mapping[str, Tree], official: Mapping[str, Tree]
) -> Iterator[Difference]:
    for name in sorted(ours.keys() | official.keys()):
        if name in ours and name in official:
            for path, mine, theirs in _compare_trees("$", ours[name], official[name]):
                yield Difference(version, name, path, mine, theirs)
        else:
            yield Difference(
                version, name, "$", *("present" if name in side else None for side in (ours, official))
            )


def _compare_trees(path: str, ours: Tree, official: Tree) -> Iterator[tuple[str, Fact, Fact]]:
    for key in dict.fromkeys([*official, *ours]):
        mine, theirs = ours.get(key), official.get(key)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            yield from _compare_trees(path + key, mine, theirs)
        elif mine != theirs or isinstance(mine, bool) is not isinstance(theirs, bool):  # False == 0
            yield path + key, _shown(mine), _shown(theirs)


def _shown(value: Tree | Fact | frozenset[str]) -> Fact:
    if isinstance(value, dict):
        return "present"
    return tuple(sorted(value)) if isinstance(value, frozenset) else value
