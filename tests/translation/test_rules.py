"""Every action, field and token of every version has a rule in each direction."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import oracle
from classes import package
from ocpp_core.model.messages import Token
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version
from ocpp_core.translation import engine
from ocpp_core.translation.rules import Local, Memory, Near, Written
from ocpp_core.translation.steps import Direction
from translations import ADJACENT, classes_in, enums_in, gaps

PAIRS = pytest.mark.parametrize("older, newer", ADJACENT, ids=[f"{a}-{b}" for a, b in ADJACENT])
FACTS = Path(oracle.OFFICIAL).parent / "facts" / "translation"


@PAIRS
def test_every_action_field_and_token_has_a_rule(older: str, newer: str) -> None:
    assert () == gaps(older, newer)


@PAIRS
def test_no_rule_is_about_what_there_is_not(older: str, newer: str) -> None:
    """A misspelt class, enum or token would be a rule that never speaks."""
    module = engine._module(engine._STEPS[Version(older), Version(newer)])
    unknown: list[str] = []
    for one in module.values():
        source, target = package(one.source), package(one.target)
        for names in (*one.way.pairs, *one.way.tables):
            unknown += [
                name for name, home in zip(names, (source, target), strict=True) if not hasattr(home, name)
            ]
        for rule in one.rules.values():
            unknown += [] if rule.source in specification(one.source).actions else [rule.source]
            unknown += (
                [] if not rule.target or rule.target in specification(one.target).actions else [rule.target]
            )
        for (_, name), table in one.way.tables.items():
            enum: Any = getattr(target, name, None)
            if enum is None:
                continue
            tokens = {str(token) for token in enum}
            meant = [entry.token if isinstance(entry, Near) else entry for entry in table.entries.values()]
            unknown += [f"{name}.{one}" for one in meant if one is not None and one not in tokens]

    # Where one side is a string the enum stands for both.
    strings = {
        "IdTokenEnum",
        "ChargingLimitSource",
        "Connector",
        "EncodingMethod",
        "SignatureMethod",
        "SecurityEvent",
    }
    assert set() == {name for name in unknown if name not in strings}


@PAIRS
def test_tokens_that_are_the_same_need_no_row(older: str, newer: str) -> None:
    """A row about a token that both sides have says that it means something else there."""
    other_meaning = {
        ("1.5->1.6", "ChargePointStatus", "Occupied"),
        ("2.0->2.0.1", "InstallCertificateUse", "CSOSubCA1"),
    }
    found = set()
    for one in engine._module(engine._STEPS[Version(older), Version(newer)]).values():
        for (first, second), table in one.way.tables.items():
            enum: type[Token] | None = getattr(package(one.target), second, None)
            for token in table.entries:
                if enum is not None and token in list(enum):
                    found.add((one.step, first, token))

    assert found <= other_meaning


# Kinds, beside those of the facts (section 1.1). DataTransfer counts once here, though either side sends it.

#: As `kind` below sees it.
COUNTS = {
    "1.2->1.5": {"copy": 13, "mapped": 5},
    "1.5->1.2": {"copy": 13, "mapped": 5, "local": 6},
    "1.5->1.6": {"copy": 12, "mapped": 12},
    "1.6->1.5": {"copy": 12, "mapped": 12, "emulated": 3, "local": 12},
    "1.6->2.0.1": {"copy": 6, "mapped": 21, "emulated": 12},
    "2.0.1->1.6": {"copy": 5, "mapped": 17, "emulated": 15, "local": 27},
    "2.0->2.0.1": {"copy": 19, "mapped": 45, "emulated": 1, "local": 2},
    "2.0.1->2.0": {"copy": 19, "mapped": 43, "emulated": 2},
    "2.0.1->2.1": {"copy": 28, "mapped": 36},
    "2.1->2.0.1": {"copy": 31, "mapped": 33, "local": 27},
}
STEPS = pytest.mark.parametrize("step", COUNTS)

#: Why the facts may call an action by another kind: (theirs, ours).
DIFFERENCES = {
    (
        "mapped",
        "copy",
    ): "only a limit differs, or an extra member, or JSON for text: the kinds of the fields tell",
    ("copy", "mapped"): "a row or a token of the other direction, or of the response",
    ("mapped", "emulated"): "another name, a rule by hand, or memory",
    ("emulated", "mapped"): "what needs no memory of it",
    ("emulated", "local"): "the session, or the emulation by DataTransfer, which is off",
}


def kind(direction: Direction, rule: Any) -> str:
    """A rule in the words of the facts."""
    match rule.how:
        case Local():
            return "local"
        case Memory() | Written():
            return "emulated"
        case _ if rule.source != rule.target:
            return "emulated"
        case _:
            pass
    back = engine.path(direction.target, direction.source)[0]
    source, target = specification(direction.source), specification(direction.target)
    found = [(direction.way, source.request(rule.source), target.request(rule.target))]
    if source.actions[rule.source].answered:
        found.append((back.way, target.response(rule.target), source.response(rule.source)))
    for way, first, second in found:
        names = {(one.__name__, other.__name__) for one in classes_in(first) for other in classes_in(second)}
        if names & set(way.pairs) or enums_in(first) & {name for name, _ in way.tables}:
            return "mapped"
    return "copy"


@STEPS
def test_kinds_are_so_many(step: str) -> None:
    direction = engine.path(*step.split("->"))[0]

    assert COUNTS[step] == dict(Counter(kind(direction, rule) for rule in direction.rules.values()))


@pytest.mark.skipif(not FACTS.is_dir(), reason="the facts are not here")
@STEPS
def test_kinds_are_those_of_the_facts_or_have_a_reason(step: str) -> None:
    actions = tomllib.loads((FACTS / "actions.toml").read_text(encoding="utf-8"))["action"]
    theirs = {one["action"]: one["kind"] for one in actions if one["step"] == step}
    direction = engine.path(*step.split("->"))[0]
    ours = {name: kind(direction, rule) for name, rule in direction.rules.items()}

    assert theirs.keys() == ours.keys()
    different = {(theirs[name], ours[name]) for name in ours if theirs[name] != ours[name]}
    assert different <= DIFFERENCES.keys()


#: Answered here, where the facts have a session or an emulation that is off.
ANSWERED_HERE = {
    ("2.0->2.0.1", "NotifyCentralChargingNeeds"),
    ("2.0.1->1.6", "CostUpdated"),
    ("2.0.1->1.6", "Get15118EVCertificate"),
    ("2.0.1->1.6", "GetCertificateStatus"),
    ("2.0.1->1.6", "NotifyReport"),
}


@pytest.mark.skipif(not FACTS.is_dir(), reason="the facts are not here")
def test_what_is_answered_here_is_what_the_facts_answer_locally() -> None:
    actions = tomllib.loads((FACTS / "actions.toml").read_text(encoding="utf-8"))["action"]
    theirs = {(one["step"], one["action"]) for one in actions if one["kind"] == "local"}
    ours = {
        (step, rule.source)
        for step in COUNTS
        for rule in engine.path(*step.split("->"))[0].rules.values()
        if isinstance(rule.how, Local)
    }

    assert set() == theirs - ours
    assert ANSWERED_HERE == ours - theirs


# Tokens, beside those of the facts


def _facts() -> list[Any]:
    if not FACTS.is_dir():
        return []
    return [
        pytest.param(path, id=path.stem.removeprefix("enums_")) for path in sorted(FACTS.glob("enums_*.toml"))
    ]


@pytest.mark.parametrize("path", _facts())
def test_tokens_become_what_the_facts_say(path: Path) -> None:
    """Each table of the facts has a table here with the same entries; equal tokens are found by themselves."""
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    different: list[str] = []
    for direction, (source, target) in {
        "up": (facts["older"], facts["newer"]),
        "down": (facts["newer"], facts["older"]),
    }.items():
        tables = engine.path(source, target)[0].way.tables
        ours = {
            (token, entry.token if isinstance(entry, Near) else entry, isinstance(entry, Near))
            for table in tables.values()
            for token, entry in table.entries.items()
        }
        for enum in facts["enum"]:
            if (f"{source}->{target}", enum["name"]) in BY_HAND:
                continue
            for row in enum.get(direction, ()):
                wanted = (row["from"], row.get("to"), row["loss"] == "approximated")
                if wanted not in ours:
                    different.append(f"{source}->{target} {enum['name']}: {wanted}")

    assert [] == different


#: Enums that no table has, because a rule by hand or a session decides.
BY_HAND = {
    ("1.5->1.6", "ChargePointStatus"),  # a policy
    ("1.6->1.5", "ReadingContext"),  # the default, which is not written
    ("1.6->2.0.1", "ChargePointStatus (in a transaction)"),
    ("2.0.1->1.6", "ChargePointStatus (in a transaction)"),
    ("2.0.1->1.6", "ChargePointStatus"),  # a policy
    ("1.6->2.0.1", "ConfigurationStatus"),  # configuration is for a session
    ("2.0.1->1.6", "ConfigurationStatus"),
    ("1.6->2.0.1", "Reason"),  # transactions are for a session
    ("2.0.1->1.6", "Reason"),
    ("1.6->2.0.1", "ResetType"),  # a policy
    ("1.6->2.0.1", "UnitOfMeasure"),  # a string in 2.0.1
    ("2.0.1->1.6", "UnitOfMeasure"),
    ("1.6->2.0.1", "SecurityEvent (string)"),
    ("2.0.1->1.6", "SecurityEvent (string)"),
    ("2.0.1->2.0", "SecurityEvent"),  # what 2.0 does not list has no place
    ("2.1->2.0.1", "ConnectorEnumType"),  # the same
}
