"""What the generator knows of a version, free of any file format: classes, enums and actions with Python names."""

from typing import Any

from attrs import field, frozen


@frozen(kw_only=True)
class FieldFacts:
    """One field. `type` is a Python type expression without None.

    `limits` and `additions` are keyword arguments of `wire`: those of the schema, and what no schema says.
    """

    name: str
    wire: str
    type: str
    is_required: bool
    is_list: bool = False
    limits: dict[str, int | float | str] = field(factory=dict)
    additions: dict[str, Any] = field(factory=dict)
    xml: str = "element"
    default: str | None = None
    purpose: str = ""

    @property
    def is_anything(self) -> bool:
        return self.type == "Any"


@frozen(kw_only=True)
class EnumFacts:
    """One enum: `members` are (member name, token), `aliases` tokens that are only read."""

    name: str
    definition: str
    members: tuple[tuple[str, str], ...]
    aliases: dict[str, str] = field(factory=dict)
    purpose: str = ""
    section: str = ""


@frozen(kw_only=True)
class ClassFacts:
    """One data type or message."""

    name: str
    definition: str
    fields: tuple[FieldFacts, ...]
    uses: frozenset[str]  #: definitions of the types and enums of its fields
    draft: int = 6
    is_open: bool = False
    misspelt: tuple[str, ...] = ()
    purpose: str = ""
    section: str = ""


@frozen(kw_only=True)
class ActionFacts:
    """One action with its classes."""

    name: str
    sent_by: str
    block: str
    purpose: str
    is_send: bool
    request: ClassFacts
    response: ClassFacts | None


@frozen(kw_only=True)
class VersionFacts:
    """Everything that is generated for one version."""

    version: str
    package: str
    source: str
    enums: tuple[EnumFacts, ...]
    types: tuple[ClassFacts, ...]  #: each after those it uses
    actions: tuple[ActionFacts, ...]
    by_block: bool  #: messages stand in one module per functional block
