"""Which texts and names speak of secrets, and which do not although they look like it."""

import pytest

from ocpp_core.model.secret_words import letters, names_a_secret, speaks_of_secrets, unescaped
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version

#: Settings, variables and members of the standard and of vendors that are no secrets.
NO_SECRETS = (
    "AuthorizationCacheEnabled",
    "AuthorizeRemoteTxRequests",
    "AuthCtrlr",
    "LocalAuthListEnabled",
    "MasterPassGroupId",
    "SecurityProfile",
    "StopTransactionOnInvalidId",
    "TokenReaderCtrlr",
    "idToken",
    "CertificateSignedMaxChain",
    "CpoName",
    "bypass",
    "spinning",
    "keyIndex",
    "connectorType",
    "publicKey",
)


@pytest.mark.parametrize("name", NO_SECRETS)
def test_what_is_no_secret_is_not_taken_for_one(name: str) -> None:
    assert not names_a_secret(name)


def test_no_action_is_taken_for_the_name_of_a_secret() -> None:
    assert [] == [
        action for version in Version for action in specification(version).actions if names_a_secret(action)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "self test pass",
        "connector passed",
        "no token",
        "the pin of the plug is bent",
        "100 % of 5 & more \\ less",
        "key: 60",
        "\u0905\u0927\u093f\u0915\u093e\u0930",
    ],
    ids=ascii,
)
def test_text_about_other_things_is_shown(text: str) -> None:
    assert not speaks_of_secrets(text)


@pytest.mark.parametrize(
    "text, plain",
    [
        ("%41%2542", "AB"),
        ("%C3%A4", "\u00e4"),
        ("%u0041", "A"),
        (r"\x41\u0042\u{43}\U00000044\105", "ABCDE"),
        ("&#65;&#x42;&amp;#67;", "ABC"),
        ("%zz &x; \\q", "%zz &x; \\q"),
        ("%" + 20 * "25" + "41", None),
        ("plain", "plain"),
    ],
)
def test_escapes_are_read(text: str, plain: str | None) -> None:
    assert plain == unescaped(text)


def test_what_is_escaped_without_end_may_be_anything() -> None:
    assert speaks_of_secrets("%" + 20 * "25" + "41")


@pytest.mark.parametrize(
    "text, plain",
    [
        ("Basic_Auth Pass-word2", "basicauthpassword2"),
        ("\uff30\u017f\u24dca\u0308\u0323\u00df\u200b", "psmass"),
        ("\u0130\u212a", "ik"),
        ("\ud800a", "a"),
    ],
    ids=ascii,
)
def test_letters_are_what_is_left_of_a_name(text: str, plain: str) -> None:
    assert plain == letters(text)
