"""Profile files: what they may say, and what is said of those that say something else."""

import re
from pathlib import Path

import pytest

from ocpp_core.conformance.profiles import HOOKS, Profile
from ocpp_core.conformance.rules import rules

WHOLE = """
evses = 2
identities = ["CP1", "CP2"]
answer_within = 2
silence = 0.5

[features]
reservation = false

[tokens]
accepted = ["GOOD"]

[hooks]
trigger = "./trigger.sh"

[known]
"frame.long-id" = "mended in the next release"
"""


def test_a_profile_says_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    path.write_text(WHOLE)
    read = Profile.read(path)

    assert (2, ("CP1", "CP2"), 2.0, 0.5) == (read.evses, read.identities, read.answer_within, read.silence)
    assert {"reservation": False} == read.features
    assert {"accepted": ("GOOD",)} == read.tokens
    assert {"trigger": "./trigger.sh"} == read.hooks
    assert ["frame.long-id"] == list(read.known)


@pytest.mark.parametrize(
    "written, told",
    [
        ("evses =", "it is no TOML"),
        (f"evses = {'[' * 50_000}", "it is no TOML"),
        ("evse = 1", "'evse': no such key; did you mean evses?"),
        ("evses = 0", "evses = 0: a whole number from 1 to 1000 is needed"),
        ("evses = true", "evses = true: a whole number"),
        ("silence = -1", "silence = -1: a number of seconds"),
        ("features = 1", "features = 1: a table is needed"),
        ("[features]\nx = 1", "features.x = 1: true or false is needed"),
        ("[tokens]\nacepted = []", "tokens.acepted: no such key; did you mean accepted?"),
        ("[tokens]\naccepted = 'x'", "tokens.accepted = 'x': a list of texts is needed"),
        ("[tokens]\naccepted = ['a', '']", "tokens.accepted[1] = '': a text is needed"),
        ("[hooks]\ntriger = 'x'", "hooks.triger: no such key; did you mean trigger?"),
        ("[known]\n'frame.long-idd' = 'x'", "known.frame.long-idd: there is no such rule"),
    ],
)
def test_what_cannot_be_is_named_with_its_key_and_value(tmp_path: Path, written: str, told: str) -> None:
    path = tmp_path / "profile.toml"
    path.write_text(written)
    with pytest.raises(ValueError, match=re.escape(told)):
        Profile.read(path)


def test_a_profile_may_have_every_helper_that_a_rule_needs() -> None:
    needed = {
        need.removeprefix("helper:") for rule in rules().values() for need in rule.needs if "helper:" in need
    }

    assert set() == needed - HOOKS
