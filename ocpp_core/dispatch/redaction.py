"""What a log of frames must not show: keys and passwords always, tokens of drivers if asked."""

import re
from typing import Any

from attrs import frozen

_HIDDEN = r"\g<1>***\g<2>"

# The values of settings that are secret, on both wires. Text is searched, not parsed: a broken frame has secrets too.
_SECRET_KEYS = "AuthorizationKey|BasicAuthPassword"
# A value ends at its quote, or where the text does. JSON inside a string of JSON has its quotes escaped.
_VALUE = r'(?:[^"\\]|\\.)*'
_END = r'("|\\?$)'
_FLAGS = re.IGNORECASE | re.DOTALL


def _pattern(text: str) -> "re.Pattern[str]":
    return re.compile(text, _FLAGS)


_SECRETS = (
    # {"key":"AuthorizationKey","value":"..."} and {"key":...,"readonly":...,"value":"..."}
    _pattern(rf'("key"\s*:\s*"(?:{_SECRET_KEYS})"[^{{}}]*?"value"\s*:\s*"){_VALUE}{_END}'),
    _pattern(rf'("value"\s*:\s*"){_VALUE}("[^{{}}]*?"key"\s*:\s*"(?:{_SECRET_KEYS})")'),
    # {"attributeValue":"...","component":...,"variable":{"name":"BasicAuthPassword"}}, in either order; reports have
    # {"variableAttribute":[{"value":"..."}]}
    _pattern(
        rf'("(?:attributeValue|value)"\s*:\s*"){_VALUE}("(?:(?!"(?:attributeValue|value)").)*?"name"\s*:\s*"(?:{_SECRET_KEYS})")'
    ),
    _pattern(
        rf'("name"\s*:\s*"(?:{_SECRET_KEYS})"(?:(?!"name").)*?"(?:attributeValue|value)"\s*:\s*"){_VALUE}{_END}'
    ),
    # {"basicAuthPassword":"..."} of SetNetworkProfile, {"password":"..."} of APN and VPN; the same in DataTransfer
    _pattern(rf'("(?:basicAuthPassword|apnPassword|password|authorizationKey)"\s*:\s*"){_VALUE}{_END}'),
    _pattern(
        r'(\\"(?:basicAuthPassword|apnPassword|password|authorizationKey)\\"\s*:\s*\\")(?:[^"\\]|\\[^"])*(\\"|$)'
    ),
    # {"vpn":{"key":"...", ...}}: the shared secret
    _pattern(rf'("vpn"\s*:\s*\{{[^{{}}]*?"key"\s*:\s*"){_VALUE}{_END}'),
    _pattern(
        rf"(<(?:\w+:)?key>\s*(?:{_SECRET_KEYS})\s*</(?:\w+:)?key>(?:(?!<(?:\w+:)?value>).)*<(?:\w+:)?value>)[^<]*(<|$)"
    ),
)
_TOKENS = (
    _pattern(rf'("(?:idTag|parentIdTag|idToken)"\s*:\s*"){_VALUE}{_END}'),
    _pattern(r"(<(?:\w+:)?(?:idTag|parentIdTag)>)[^<]*(<|$)"),
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
