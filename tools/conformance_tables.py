"""What the pages of the conformance kit have of the tables: rules, coverage of requirements, what is not checked."""

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from ocpp_core.conformance.reports.report import group_of
from ocpp_core.conformance.rules import Rule, Seen, rules
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Version, Wire

TABLES = Path(__file__).parent / "tables"

#: What the rows of the requirements are called on the page.
DOCUMENTS = {"1.6": "1.6", "soap": "OCPP-S", "2.0.1": "2.0.1", "2.1": "2.1"}
#: Who is bound: the roles of a requirement that bind software of one.
BOUND = {"CSMS": ("CSMS", "both"), "station": ("station", "both")}
#: A letter, or a document and its chapter; FR alone is what holds for all blocks.
_BLOCK = re.compile(r"FR|[JOS]\d\d-\d+|[A-Z]")
_ROLES = {"CSMS": Role.CSMS, "station": Role.CHARGE_POINT}


@frozen
class Requirement:
    """A requirement of the standard, as tags.

    Attributes:
        versions: Keys of `DOCUMENTS`.
        id: As the standard has it; for 1.6 and OCPP-S ours.
        role: ``station``, ``CSMS``, ``both``, ``controller``.
        level: ``shall``, ``should``, ``may``.
        kind: As `ocpp_core.conformance.rules.Kind`, or ``internal``.
        wire: Whether a peer sees it: ``yes``, ``partly``, ``no``.
    """

    versions: tuple[str, ...]
    id: str
    role: str
    level: str
    kind: str
    wire: str

    @property
    def block(self) -> str:
        """The functional block; for 1.6 and OCPP-S the document and its chapter."""
        return _BLOCK.match(self.id)[0]  # type: ignore[index]


@cache
def requirements() -> tuple[Requirement, ...]:
    """All of them, in the order of the documents."""
    with (TABLES / "requirements.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Requirement(tuple(row.pop("versions").split()), **row) for row in csv.DictReader(file))


@cache
def checked() -> Mapping[str, Mapping[str, tuple[Rule, ...]]]:
    """The rules by document and id of requirement."""
    found: dict[str, dict[str, tuple[Rule, ...]]] = {key: {} for key in DOCUMENTS}
    for rule in rules().values():
        for key, ids in rule.requirements.items():
            for id in ids:
                found[key][id] = (*found[key].get(id, ()), rule)
    return found


def visible(document: str, subject: str, *wires: str) -> list[Requirement]:
    """The requirements of a document that a peer can see of software of a role: ``yes``, ``partly``, or both."""
    return [
        one
        for one in requirements()
        if document in one.versions
        and one.wire in (wires or ("yes", "partly"))
        and one.role in BOUND[subject]
    ]


def is_checked(document: str, one: Requirement, subject: str) -> bool:
    """Whether a rule for software of a role goes back to a requirement in a document."""
    return any(rule.roles & _ROLES[subject] for rule in checked()[document].get(one.id, ()))


def unchecked(document: str, subject: str) -> list[Requirement]:
    """What a peer can see, wholly or partly, and no rule goes back to."""
    return [one for one in visible(document, subject) if not is_checked(document, one, subject)]


# Why not


@cache
def unchecked_table() -> Mapping[str, Any]:
    """The reasons and the rows."""
    return tomllib.loads((TABLES / "unchecked.toml").read_text(encoding="utf-8"))


def reason_of(one: Requirement, subject: str) -> str:
    """The key of the reason why a requirement is not checked of software of a role."""
    tags = {"role": subject, "level": one.level, "kind": one.kind, "wire": one.wire}
    reason: str = next(row["reason"] for row in unchecked_table()["row"] if _fits(row, one, tags))
    return reason


def _fits(row: Mapping[str, Any], one: Requirement, tags: Mapping[str, str]) -> bool:
    has_tags = all(value == row[tag] for tag, value in tags.items() if tag in row)
    return has_tags and ("ids" not in row or any(fnmatchcase(one.id, pattern) for pattern in row["ids"]))


# Parts of the pages


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def conformance_counts() -> str:
    """How many rules bind whom, in which version and on which wire."""
    columns = [(subject, wire) for subject in _ROLES for wire in Wire]
    head = ["", *(f"{subject}, {wire.name}" for subject, wire in columns)]
    rows = [
        [version.value, *(_count(_binding(subject, version, wire)) for subject, wire in columns)]
        for version in Version
    ]
    return table(head, rows)


def _binding(subject: str, version: str, wire: Wire) -> list[Rule]:
    if wire not in specification(version).error_names:
        return []
    return [rule for rule in rules().values() if rule.binds(_ROLES[subject], version, wire)]


def _count(found: list[Rule]) -> str:
    return str(len(found)) if found else "-"


def conformance_ways() -> str:
    """How many rules are observed in which way, and what they take."""
    known = list(rules().values())
    ways = [(str(seen), [rule for rule in known if rule.seen is seen]) for seen in Seen]
    needs = sorted({need for rule in known for need in rule.needs})
    taking = [(f"needs `{need}`", [rule for rule in known if need in rule.needs]) for need in needs]
    intrusive = [("only with `--intrusive`", [rule for rule in known if rule.intrusive])]
    rows = [
        [name, *(_count([rule for rule in found if role & rule.roles]) for role in _ROLES.values())]
        for name, found in (*ways, *taking, *intrusive, ("all", known))
    ]
    return table(["", "of a CSMS", "of a station"], rows)


def conformance_share() -> str:
    """Of the requirements that are seen on the wire, how many have a check."""
    head = ["", "seen on the wire", "checked", "share", "seen partly", "checked"]
    rows = []
    for document, subject in _columns():
        wholly, partly = (
            _share(document, subject, visible(document, subject, wire)) for wire in ("yes", "partly")
        )
        rows.append([f"{DOCUMENTS[document]}, {subject}", *wholly, *partly[:2]])
    return table(head, rows)


def _columns() -> list[tuple[str, str]]:
    return [(document, subject) for document in DOCUMENTS for subject in BOUND]


def _share(document: str, subject: str, found: list[Requirement]) -> list[str]:
    count = sum(is_checked(document, one, subject) for one in found)
    return [str(len(found)), str(count), f"{count / len(found):.0%}" if found else "-"]


def conformance_blocks() -> str:
    """The same by block, of what is seen wholly."""
    parts = []
    for document, name in DOCUMENTS.items():
        cells: dict[str, list[str]] = {}
        for place, subject in enumerate(BOUND):
            by_block: dict[str, list[Requirement]] = {}
            for one in visible(document, subject, "yes"):
                by_block.setdefault(one.block, []).append(one)
            for block, found in by_block.items():
                row = cells.setdefault(block, ["-"] * 4)
                row[2 * place : 2 * place + 2] = _share(document, subject, found)[:2]
        head = ["block", "CSMS: seen", "checked", "station: seen", "checked"]
        rows = ([block, *row] for block, row in sorted(cells.items()))
        parts.append(f"### {name}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def conformance_unchecked() -> str:
    """How many requirements are not checked for which reason."""
    counts = [
        [reason_of(one, subject) for one in unchecked(document, subject)] for document, subject in _columns()
    ]
    rows = [
        [f"**{row['key']}**: {row['sentence']}", *(str(found.count(row["key"]) or "-") for found in counts)]
        for row in unchecked_table()["reason"]
    ]
    return table(
        ["why not", *(f"{DOCUMENTS[document]}, {subject}" for document, subject in _columns())], rows
    )


def conformance_unchecked_ids() -> str:
    """Which requirements are not checked, by document, role and reason."""
    parts = []
    for document, subject in _columns():
        by_reason: dict[str, list[str]] = {row["key"]: [] for row in unchecked_table()["reason"]}
        for one in unchecked(document, subject):
            by_reason[reason_of(one, subject)].append(one.id)
        lines = [f"- **{key}**: {', '.join(_runs(ids))}" for key, ids in by_reason.items() if ids]
        parts.append(
            f"### Not checked: {DOCUMENTS[document]}, {subject}\n\n" + "\n".join(lines or ["Nothing."])
        )
    return "\n\n".join(parts)


def _runs(ids: list[str]) -> Iterator[str]:
    """Ids of one use case or section in one word: ``E01.FR.01 02 05``."""
    last = ""
    said: list[str] = []
    for id in ids:
        head, number = _parted(id)
        if head != last and said:
            yield " ".join(said)
            said = []
        said.append(number if said else id)
        last = head
    if said:
        yield " ".join(said)


def _parted(id: str) -> tuple[str, str]:
    at = max(id.rfind("."), id.rfind("-")) + 1
    return id[:at], id[at:]


def conformance_cases() -> str:
    """Which checks touch a test case of the certification."""
    touching: dict[str, list[str]] = {}
    for rule in rules().values():
        for case in rule.cases:
            touching.setdefault(case, []).append(f"`{rule.id}`")
    rows = ([case, ", ".join(found)] for case, found in sorted(touching.items()))
    return table(["test case", "touched by"], rows)


def conformance_rules() -> str:
    """All rules by group."""
    groups: dict[str, list[Rule]] = {}
    for rule in rules().values():
        groups.setdefault(group_of(rule), []).append(rule)
    head = ["rule", "what it says", "binds", "how", "source"]
    return "\n\n".join(
        f"## {group}\n\n{table(head, map(_rule_row, found))}" for group, found in sorted(groups.items())
    )


def _rule_row(rule: Rule) -> list[str]:
    who = " and ".join(name for name, role in _ROLES.items() if role & rule.roles)
    how = [rule.level.value, *(f"{level.value} in {version}" for version, level in rule.levels.items())]
    how += [rule.kind.value, rule.seen.value, *(f"needs `{need}`" for need in rule.needs)]
    how += ["intrusive"] if rule.intrusive else []
    return [
        f"`{rule.id}`",
        rule.sentence,
        f"{who}; {_versions(rule)}; {', '.join(wire.name for wire in Wire if wire in rule.wires)}",
        ", ".join(how),
        _source(rule),
    ]


def _versions(rule: Rule) -> str:
    names = [version.value for version in Version if version in rule.versions]
    return "all" if len(names) == len(Version) else ", ".join(names)


def _source(rule: Rule) -> str:
    said = [f"{version}: {where}" if version else where for version, where in rule.sources.items()]
    ids = sorted({id for ids in rule.requirements.values() for id in ids})
    return "; ".join([*said, *([f"({', '.join(ids)})"] if ids else [])])


PARTS = {
    part.__name__: part
    for part in (
        conformance_counts,
        conformance_ways,
        conformance_share,
        conformance_blocks,
        conformance_unchecked,
        conformance_unchecked_ids,
        conformance_cases,
        conformance_rules,
    )
}
