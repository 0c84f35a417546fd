"""The rules that software is held to, as data: the tables beside this module, read and looked up.

A rule is one sentence that a peer can be seen to keep or to break. What looks for it is a check (`checks`), under the
same id. Ids are dotted, name no version, and are never given to another rule.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import field, frozen

from ocpp_core.model.versions import Role, Wire


class Level(StrEnum):
    """How much the standard wants it."""

    MUST = "must"
    SHOULD = "should"  #: broken, it is told, and counts as a deviation only if the user is strict


class Kind(StrEnum):
    """What of the traffic a rule is about."""

    FRAME = "frame"  #: the frame, the envelope or the handshake
    PAYLOAD = "payload"  #: one message by itself
    SEQUENCE = "sequence"  #: which message follows, precedes or answers which
    TIMING = "timing"
    STATE = "state"  #: depends on what was asked or set before
    SECURITY = "security"


class Seen(StrEnum):
    """How a rule is observed."""

    ASKED = "asked"  #: a check asks for it, and judges what comes
    OVERHEARD = "overheard"  #: it is judged over everything that the peer has said, whoever asked
    GENERATED = "generated"  #: the check is repeated with generated messages; what fails is made smaller


@frozen(kw_only=True)
class Rule:
    """What software of a role has to do, in some versions, on some wires.

    Attributes:
        id: Dotted: ``frame.unknown-action``.
        sentence: What it says, in our words.
        roles: Who is held to it: `Role.CSMS`, `Role.CHARGE_POINT` or both.
        wires: Of these alone.
        versions: Of these alone, as the standard writes them.
        level: How much the standard wants it.
        levels: The same in versions where it is another.
        kind: What of the traffic it is about.
        seen: How it is observed.
        needs: What it takes beside the connection: features of the peer (``feature:reservation``), or helpers
            (``helper:card``). Without a feature the rule does not apply; without a helper nobody can tell.
        intrusive: The check changes what an operator would miss: it resets, updates or fills the peer.
        sources: Document and section, by version; "" is for all others.
        requirements: Ids of the standard's requirements, by version.
        cases: Ids of test cases of the certification that it touches.
    """

    id: str
    sentence: str
    roles: Role
    wires: frozenset[Wire]
    versions: frozenset[str]
    level: Level
    kind: Kind
    seen: Seen
    levels: Mapping[str, Level] = field(factory=dict)
    needs: tuple[str, ...] = ()
    intrusive: bool = False
    sources: Mapping[str, str] = field(factory=dict)
    requirements: Mapping[str, tuple[str, ...]] = field(factory=dict)
    cases: tuple[str, ...] = ()

    def binds(self, role: Role, version: str, wire: Wire) -> bool:
        """Whether software of a role is held to it in a version, on a wire."""
        return bool(self.roles & role) and version in self.versions and wire in self.wires

    def level_in(self, version: str) -> Level:
        """How much the standard wants it in a version."""
        return self.levels.get(version, self.level)


_ROLES = {"CSMS": Role.CSMS, "station": Role.CHARGE_POINT}


@cache
def rules() -> Mapping[str, Rule]:
    """All rules by their id, in the order of the tables."""
    found: dict[str, Rule] = {}
    for rule in _read():
        if rule.id in found:
            raise ValueError(f"two rules are called {rule.id}")
        found[rule.id] = rule
    return found


def selected(patterns: Sequence[str] = ("*",)) -> tuple[Rule, ...]:
    """The rules whose id fits one of the patterns: ``boot.*``, ``frame.unknown-action``."""
    return tuple(
        rule for rule in rules().values() if any(fnmatchcase(rule.id, pattern) for pattern in patterns)
    )


def patterns_in(said: Sequence[str]) -> tuple[str, ...]:
    """The patterns that somebody has written, several in one text with commas between them; all rules, if none.

    Raises:
        ValueError: One fits no rule.
    """
    patterns = tuple(pattern.strip() for text in said for pattern in text.split(","))
    for pattern in patterns:
        if not pattern or not selected([pattern]):
            raise ValueError(f"no rule is called so: {pattern or 'nothing'}")
    return patterns or ("*",)


def _read() -> Iterator[Rule]:
    """What the rows of a table have in common stands once, in its ``[defaults]``."""
    tables = files("ocpp_core.conformance") / "tables"
    for table in sorted(tables.iterdir(), key=lambda each: each.name):
        if table.name.endswith(".toml"):
            read = tomllib.loads(table.read_text(encoding="utf-8"))
            for row in read.get("rule", []):
                yield rule_of({**read.get("defaults", {}), **row})


def rule_of(row: Mapping[str, Any]) -> Rule:
    """The rule that a row describes: of a table, or of a report.

    Raises:
        KeyError, TypeError, ValueError: It describes none.
    """
    rest = dict(row)
    roles = Role(0)
    for name in rest.pop("roles"):
        roles |= _ROLES[name]
    return Rule(
        roles=roles,
        wires=frozenset(map(Wire, rest.pop("wires"))),
        versions=frozenset(rest.pop("versions")),
        level=Level(rest.pop("level")),
        levels={version: Level(level) for version, level in rest.pop("levels", {}).items()},
        kind=Kind(rest.pop("kind")),
        seen=Seen(rest.pop("seen")),
        needs=tuple(rest.pop("needs", ())),
        requirements={version: tuple(ids) for version, ids in rest.pop("requirements", {}).items()},
        cases=tuple(rest.pop("cases", ())),
        **rest,
    )
