"""The choices of a translation are looked at when they are made: a wrong one would be a message that nobody reads."""

from typing import Any

import pytest

from ocpp_core import v16, v201
from ocpp_core.translation.policies import IN_USE, TOKEN_TYPES, Policy


@pytest.mark.parametrize(
    "name, value",
    [
        ("heartbeat_interval", 0),
        ("heartbeat_interval", "900"),
        ("heartbeat_interval", True),
        ("heartbeat_interval", 2**31),
        ("occupied_as", "Occupied"),
        ("preparing_as", "Available"),
        ("preparing_as", ""),
        ("soft_reset", "Soft"),
        ("invalid_as", "Blocked"),
        ("token_types", {"A": "Card"}),
        ("token_types", {7: "Central"}),
        ("token_types", [("A", "Central")]),
        ("anonymous_id_tag", ""),
        ("anonymous_id_tag", "x" * 21),
        ("has_security_extension", "no"),
        ("allow_unsigned_firmware", 1),
        ("connectors", [(1, 1)]),
        ("connectors", {1: (1, 1), 3: (1, 2)}),
        ("connectors", {0: (1, 1)}),
        ("connectors", {1: (1, 1), 2: (1, 1)}),
        ("connectors", {1: (0, 1)}),
        ("connectors", {1: [1, 1]}),
        ("connectors", {1: (1, 1, 1)}),
        ("connectors", {1: ("1", 1)}),
    ],
)
def test_a_choice_that_there_is_not_is_the_fault_of_the_caller(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name}: .+ wanted, not "):
        Policy(**{name: value})


def test_the_tokens_are_those_of_the_versions() -> None:
    assert set(IN_USE) <= set(v16.ChargePointStatus)
    assert set(TOKEN_TYPES) == set(v201.IdTokenEnum)
    assert {"OnIdle", "Immediate"} <= set(v201.Reset)
    assert {"Invalid", "Unknown"} <= set(v201.AuthorizationStatus)
