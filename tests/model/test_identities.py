"""What may be the identity of a station."""

import pytest

from ocpp_core import Version
from ocpp_core.model.identities import MAX_IDENTITY, is_identity, is_usable

#: Letters, marks and a symbol that are not seen.
UNSEEN = "\u3164\u115f\u2800\u034f\ufe0f\U000e0100\u17b4\u180b\uffa0\u00ad"
#: Identities, and whether a station of 1.x, a station of 2.x, and any station at all may have it.
IDENTITIES = [
    ("CP-1", True, True, True),
    ("a*-_=+|@.9", True, True, True),
    ("CS:7", True, False, True),
    ("CP 1", True, False, True),
    ("ü", True, False, True),
    ("...", True, True, True),
    ("x" * 48, True, True, True),
    ("x" * 49, True, False, True),
    ("x" * MAX_IDENTITY, True, False, True),
    ("x" * (MAX_IDENTITY + 1), False, False, False),
    ("x" * 7000, False, False, False),
    ("", False, False, False),
    (".", False, False, False),
    ("..", False, False, False),
    ("a/b", False, False, True),
    ("../a", False, False, True),
    ("CP-1 ", False, False, True),
    (" CP-1", False, False, True),
    ("CP-1\u00a0", False, False, False),
    ("a\nb", False, False, False),
    ("a\x1b[2J", False, False, False),
    ("a\u202eb", False, False, False),
    ("a\ud800", False, False, False),
    *((f"CP-1{character}", False, False, False) for character in UNSEEN),
]


@pytest.mark.parametrize("identity, in_1, in_2, usable", IDENTITIES, ids=ascii)
def test_what_may_be_an_identity(identity: str, in_1: bool, in_2: bool, usable: bool) -> None:
    assert usable == is_usable(identity)
    for version in Version:
        assert (in_2 if version >= "2.0" else in_1) == is_identity(identity, version)
    assert in_1 == is_identity(identity, None)
