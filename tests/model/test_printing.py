"""How text and values of a peer are shown, and which known name is suggested for one that nobody knows."""

from decimal import Decimal
from typing import Any

import pytest

from ocpp_core.model.printing import LONG, SHORT, likely, printable, shown
from ocpp_core.model.specifications import specification

#: Characters of categories that are printable, of which nothing is seen.
UNSEEN = (
    "\u3164\u115f\u1160\u2800\u034f\ufe00\ufe0f\U000e0100\U000e01ef\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\uffa0"
    "\U00016fe4\U0001d159\u00ad\u200b\u2060\ufeff\u061c\u2028\u00a0\U0001d173\U0001bca0\ufff0\ufff8\U000e0fff"
)
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
        ("BootNotificationxxxx", "BootNotification"),
        ("BootNotificationxxxxx", None),
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


@pytest.mark.parametrize(
    "text, shown_as",
    [
        ("plain", "plain"),
        ("", ""),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb", r"a\nb"),
        ("\u202e", r"\u202e"),
        ("\U000e0001", r"\U000e0001"),
        *((character, ascii(character)[1:-1]) for character in UNSEEN),
        ("a\ufe0fb", r"a\ufe0fb"),
        ("ü \u0e01\u0e31 \u1100\u1161", "ü \u0e01\u0e31 \u1100\u1161"),
        ("x" * SHORT, "x" * SHORT),
        ("x" * (SHORT + 1), "x" * SHORT + "..."),
    ],
    ids=ascii,
)
def test_text_is_printable_and_short(text: str, shown_as: str) -> None:
    assert shown_as == printable(text)


def test_of_a_sentence_more_is_shown() -> None:
    assert "x" * LONG == printable("x" * LONG, LONG)
    assert "xx..." == printable("xxx", 2)


@pytest.mark.parametrize(
    "value, sentence",
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (1.5, "1.5"),
        (Decimal("1.50"), "1.50"),
        ("text", "'text'"),
        (r"DOMAIN\user", r"'DOMAIN\user'"),
        ("\x1b[2J", r"'\x1b[2J'"),
        ("x" * 100, f"'{'x' * 27}...{'x' * 28}'"),
        ({"a": 1}, "an object"),
        ({}, "{}"),
        ([1], "a list"),
        ((1,), "a list"),
        ([], "[]"),
        (2**180 - 1, str(2**180 - 1)),
        (2**180, "a very large number"),
    ],
)
def test_a_value_stands_in_a_sentence(value: Any, sentence: str) -> None:
    assert sentence == shown(value)


def test_a_name_of_one_letter_is_like_itself_in_another_case() -> None:
    assert "x" == likely("X", ["y", "x"])
