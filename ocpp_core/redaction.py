"""What a log of frames must not show: keys and passwords always, tokens of drivers if asked."""

import re
from typing import Any

from attrs import frozen

_HIDDEN = r"\g<1>***\g<2>"

# The values of settings that are secret, on both wires. Text is searched, not parsed: a broken frame has secrets too.
_SECRET_KEYS = "AuthorizationKey|BasicAuthPassword"
_SECRETS = (
    # {"key":"AuthorizationKey","value":"..."} and {"key":...,"readonly":...,"value":"..."}
    re.compile(
        rf'("key"\s*:\s*"(?:{_SECRET_KEYS})"[^{{}}]*?"value"\s*:\s*")(?:[^"\\]|\\.)*(")', re.IGNORECASE
    ),
    re.compile(
        rf'("value"\s*:\s*")(?:[^"\\]|\\.)*("[^{{}}]*?"key"\s*:\s*"(?:{_SECRET_KEYS})")', re.IGNORECASE
    ),
    # {"attributeValue":"...","component":...,"variable":{"name":"BasicAuthPassword"}}, in either order
    re.compile(
        r'("attributeValue"\s*:\s*")(?:[^"\\]|\\.)*("(?:(?!"attributeValue").)*?"name"\s*:\s*"BasicAuthPassword")',
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(
        r'("name"\s*:\s*"BasicAuthPassword"(?:(?!"name").)*?"attributeValue"\s*:\s*")(?:[^"\\]|\\.)*(")',
        re.IGNORECASE | re.DOTALL,
    ),
    # {"basicAuthPassword":"..."} of SetNetworkProfile, {"password":"..."} of APN and VPN
    re.compile(r'("(?:basicAuthPassword|apnPassword|password)"\s*:\s*")(?:[^"\\]|\\.)*(")'),
    re.compile(
        rf"(<(?:\w+:)?key>\s*(?:{_SECRET_KEYS})\s*</(?:\w+:)?key>(?:(?!<(?:\w+:)?value>).)*<(?:\w+:)?value>)[^<]*(<)",
        re.IGNORECASE | re.DOTALL,
    ),
)
_TOKENS = (
    re.compile(r'("(?:idTag|parentIdTag|idToken)"\s*:\s*")(?:[^"\\]|\\.)*(")'),
    re.compile(r"(<(?:\w+:)?(?:idTag|parentIdTag)>)[^<]*(<)"),
)


@frozen(kw_only=True)
class Redaction:
    """How frames are shown in a log.

    Attributes:
        id_tokens: Hide idTags and idTokens too.
        max_length: Characters that are shown of a frame.
    """

    id_tokens: bool = False
    max_length: int = 4_000

    def apply(self, message: Any) -> str:
        """The text of a frame without its secrets."""
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
        text = text[: 4 * self.max_length]  # searched further than shown, so that no secret is cut in two
        for pattern in (*_SECRETS, *(_TOKENS if self.id_tokens else ())):
            text = pattern.sub(_HIDDEN, text)
        return text[: self.max_length]
