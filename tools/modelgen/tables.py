"""The tables that people keep by hand: names, purposes, sections. A missing row stops the generator."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent.parent / "tables"


class MissingRow(Exception):
    """A table has no row for something that the schemas have."""


def load(name: str) -> dict[str, Any]:
    """One table file."""
    return tomllib.loads((TABLES / f"{name}.toml").read_text(encoding="utf-8"))


class Tables:
    """All tables, as one version sees them."""

    def __init__(self, version: str) -> None:
        self.version = version
        self._attributes: dict[str, str] = load("names")["attributes"]
        self._tokens = load("tokens")
        self._classes: dict[str, str] = load("classes")["classes"]
        self._sections = load("sections")[version]
        self.modules: dict[str, str] = load("modules")["modules"]
        self.modules_of_actions: dict[str, str] = load("modules")["actions"]
        self.shared_modules: dict[str, str] = load("modules")["shared"]
        self._additions = load("additions")
        self._secrets = load("secrets")

    def attribute(self, wire: str) -> str:
        """Python name of a member."""
        try:
            return self._attributes[wire]
        except KeyError:
            raise MissingRow(f"tools/tables/names.toml has no row for {wire!r}") from None

    def additions(self, definition: str, wire: str, type_: str) -> dict[str, Any]:
        """What no schema says of a field: further keyword arguments of `wire`."""
        found: dict[str, Any] = {}
        if type_ == "datetime" and self.version in self._additions["fraction_digits"]:
            found["digits"] = self._additions["fraction_digits"][self.version]
        misnamed = self._additions["misnamed"].get(f"{self.version}.{definition}.{wire}")
        if misnamed is not None:
            found["misnamed"] = tuple(misnamed)
        field = f"{definition}.{wire}"
        if field in self._secrets["secrets"]["fields"]:
            found["secret"] = True
        elif field in self._secrets["settings"]:
            found["secret"] = self._secrets["settings"][field]
        if field in self._secrets["persons"]["fields"]:
            found["personal"] = True
        return found

    def misspelt(self, definition: str) -> tuple[str, ...]:
        """Tokens that a message writes as its file has them, although other messages do not."""
        return tuple(self._additions["misspelt"].get(f"{self.version}.{definition}", ()))

    def members(self, enum: str, tokens: list[str]) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
        """Member names of the tokens of an enum, and those tokens that are read as another."""
        aliases = {
            token: self._tokens["aliases"][f"{enum}.{token}"]
            for token in tokens
            if f"{enum}.{token}" in self._tokens.get("aliases", {})
        }
        by_enum = self._tokens["members"].get("by_enum", {})
        members = []
        for token in tokens:
            if token not in aliases:
                name = by_enum.get(f"{enum}.{token}") or self._tokens["members"].get(token)
                if name is None:
                    raise MissingRow(f"tools/tables/tokens.toml has no row for {token!r} of {enum}")
                members.append((name, token))
        return tuple(members), aliases

    def class_name(self, definition: str, taken: set[str]) -> str:
        """Python name of a definition: its own, less `EnumType` or `Type`, unless the table says otherwise."""
        named = self._classes.get(f"{self.version}.{definition}") or self._classes.get(definition)
        if named is None:
            suffix = next((suffix for suffix in ("EnumType", "Type") if definition.endswith(suffix)), "")
            named = definition.removesuffix(suffix)
        if named in taken:
            raise MissingRow(
                f"OCPP {self.version}: {definition} would be a second {named}; decide in classes.toml"
            )
        taken.add(named)
        return named

    def section(self, definition: str) -> str:
        """Where the standard defines it, as it stands in brackets in a docstring."""
        document: str = self._sections["document"]
        section: str | None = self._sections.get(definition)
        if section is None:
            return document
        return f"{document} {section}" if section.startswith(("§", "Part")) else section

    @cached_property
    def _purposes(self) -> list[dict[str, Any]]:
        files = sorted(
            TABLES.glob("purposes_1x*.toml" if self.version.startswith("1") else "purposes_2x*.toml")
        )
        return [load(file.stem) for file in files]

    def class_purpose(self, definition: str) -> str:
        """What a data type or enum is for."""
        for table in self._purposes:
            if definition in table.get("classes", {}):
                return str(table["classes"][definition])
        raise MissingRow(f"No purpose of {definition} (OCPP {self.version}) in tools/tables/purposes_*.toml")

    def field_purpose(self, definition: str, wire: str) -> str:
        """What a member is for: its own row, or the default row of the file that describes the class."""
        key = f"{definition}.{wire}"
        for table in self._purposes:
            if key in table["fields"]:
                return str(table["fields"][key])
        home = self._home(definition)
        if f"*.{wire}" in home["fields"]:
            return str(home["fields"][f"*.{wire}"])
        raise MissingRow(f"No purpose of {key} (OCPP {self.version}) in tools/tables/purposes_*.toml")

    def _home(self, definition: str) -> dict[str, Any]:
        named = (table for table in self._purposes if definition in table.get("classes", {}))
        messages = (table for table in self._purposes if not table.get("classes"))
        return next(named, None) or next(messages, None) or self._purposes[0]
