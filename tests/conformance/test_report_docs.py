"""What the page of the kit shows of files is so."""

import re
import tomllib
from pathlib import Path

from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.rules import rule_of, rules

PAGE = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")


def shown_toml(heading: str) -> str:
    """The first block below a heading that is TOML."""
    section = PAGE.partition(f"\n## {heading}\n")[2]
    found = re.search(r"^ *```text\n(.*?)^ *```$", section, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_profile_that_is_shown_is_one() -> None:
    profile = Profile.of(tomllib.loads(shown_toml("The profile")))

    assert (2, 10.0, ("CP-1", "CP-2")) == (profile.evses, profile.answer_within, profile.identities)
    assert {"authorize.letter-case": "ticket 17, next release"} == profile.known


def test_the_rule_that_is_shown_is_that_of_the_table() -> None:
    (row,) = tomllib.loads(shown_toml("How to write a rule"))["rule"]

    assert rules()["boot.interval"] == rule_of(row)
