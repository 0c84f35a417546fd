"""Which known name is suggested for one that nobody knows."""

import pytest

from ocpp_core.model.printing import SHORT, likely
from ocpp_core.model.specifications import specification

ACTIONS = tuple(specification("2.1").actions)


@pytest.mark.parametrize(
    "name, meant",
    [
        ("heartbeat", "Heartbeat"),
        ("HEARTBEAT", "Heartbeat"),
        ("boot_notification", "BootNotification"),
        ("Boot Notification", "BootNotification"),
        ("BootNotificatoin", "BootNotification"),
        ("BootNotifcation", "BootNotification"),
        ("BootNotificationn", "BootNotification"),
        ("Heartbeet", "Heartbeat"),
        ("MeterValuse", "MeterValues"),
        ("NotifyEvChargingNeds", "NotifyEVChargingNeeds"),
        ("SetVariable", "SetVariables"),
        ("GetVariable", "GetVariables"),
        ("Boot", None),
        ("Fly", None),
        ("", None),
        ("_", None),
        ("x" * (SHORT + 1), None),
        ("Heartbeat" + " " * SHORT, None),
        (7, None),
        (None, None),
    ],
    ids=repr,
)
def test_a_slip_is_recognised(name: object, meant: str | None) -> None:
    assert meant == likely(name, ACTIONS)


def test_the_nearest_is_suggested() -> None:
    assert "abcdx" == likely("abcde", ["abxyz", "abcdx", "abcxy"])


def test_short_names_are_not_alike_because_they_are_short() -> None:
    assert likely("Wx", ["kWh", "W", "varh"]) == "W"
    assert likely("Wxy", ["kWh", "W", "varh"]) is None
