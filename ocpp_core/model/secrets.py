"""What is not shown of a value: keys and passwords always, what tells who charges if that is asked for.

Which fields are secret is a fact of the model: ``wire(..., secret=True)``. Most of what is shown has no class, though:
answers whose call is not known, what a vendor invents, JSON in the string of a DataTransfer, a peer's own spelling.
There the names count (`ocpp_core.model.secret_names`), compared without case, wherever they stand. Whoever wants to see
a secret reads the attribute that holds it: nothing here changes a value.

What is in doubt is hidden. A text that speaks of a password is hidden as a whole, and so is what cannot be taken apart.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import pairwise
from math import inf
from typing import Any

import orjson

from ocpp_core.model.printing import HIDDEN, Hidden
from ocpp_core.model.secret_names import (
    HARMLESS,
    HOLDERS,
    NAMES,
    PERHAPS,
    PERSONAL,
    PERSONAL_WORDS,
    SECRETS,
    WORDS,
)

#: Objects and lists in each other that are shown. A schema has fewer, and no walk here may go as deep as a peer likes.
MAX_DEPTH = 64
#: How often JSON may stand in a string of JSON.
_MAX_QUOTES = 4


def _pattern(words: Iterable[str]) -> "re.Pattern[str]":
    # Between the parts of a name may stand what is no letter: PRIVATE KEY, authorization_key, a mark of no width.
    # In small letters, as what is searched: a pattern that ignores case takes thirty times as long.
    return re.compile("|".join(r"[\W_]*".join(word.split()) for word in words))


def _shortest(names: Iterable[str]) -> list[str]:
    """Those that have no other one in them: what has none of these in it has none of all."""
    kept: list[str] = []
    for name in sorted(names, key=len):
        if not any(other in name for other in kept):
            kept.append(name)
    return kept


_SECRET = _pattern(WORDS)
_PERSON = _pattern(PERSONAL_WORDS)
#: What every name of a secret ends with. To look for them is quicker than for the pattern, and most text has none.
_ROOTS = _shortest(word.split()[-1] for word in WORDS)
#: Text that may be the name of something. What is longer is none.
_NAME = re.compile(r"\s*[\w.-]{1,100}\s*")
#: What begins JSON, which is taken apart, and XML, which is not.
_JSON, _XML = ("{", "[", '"'), "<"
_STRUCTURED = (*_JSON, _XML)
#: An object that has a password in it, wherever it stands; and what is secret beside one, as the key of a VPN is.
_HOLDER = "***"
_CONDITIONAL = {name for parent, name in SECRETS if parent != "*"}
#: Escapes behind which a name may hide: of JSON, of XML, of URLs.
_ESCAPED = re.compile(r"\\u00|&#|%[46][1-9a-f]|%[57][0-9a]", re.IGNORECASE)
#: What `element_content` puts around a name: that of an attribute, and one that is there twice.
_DECORATION = re.compile(r"^@|\[\d+\]$")


def speaks_of_secrets(text: str) -> bool:
    """Whether a text has the name of something secret in it."""
    small = text.lower()
    return any(root in small for root in _ROOTS) and _SECRET.search(small) is not None


def hide(value: Any, *, persons: bool = False, most: float = inf) -> Any:
    """The same value with `HIDDEN` in place of what is secret, in time and memory of its size.

    Args:
        value: As JSON has them: dict, list, str, numbers; whatever else there is, stays.
        persons: Hide what tells who charges too.
        most: Characters that will be shown of it. What is certain to stand behind them is left out.
    """
    return _Hiding(persons, most).value(value, "$", MAX_DEPTH)


def discreet_repr(value: Any) -> str:
    """The `repr` of what a peer has chosen: an address with credentials in it, the details of an error."""
    return repr(hide(value))


class _Hiding:
    """One walk through a value."""

    def __init__(self, persons: bool, left: float, quotes: int = _MAX_QUOTES) -> None:
        self._places = SECRETS | PERSONAL if persons else SECRETS
        self._persons = persons
        self._left = left
        self._quotes = quotes

    def value(self, value: Any, parent: str, depth: int) -> Any:
        self._left -= 1  # nothing is shorter
        if type(value) is str:
            return self.text(value)
        if isinstance(value, Mapping):
            return self.object(value, parent, depth - 1) if depth else HIDDEN
        if isinstance(value, list | tuple):
            return self.array(value, parent, depth - 1) if depth else HIDDEN
        return value

    def object(self, members: Mapping[Any, Any], parent: str, depth: int) -> dict[str, Any]:
        is_beside = _hidden_beside(members.values())
        if any(("*", str(name).lower()) in SECRETS for name in members):
            parent = _HOLDER
        shown: dict[str, Any] = {}
        for name, item in members.items():
            if self._left < 0:
                break
            plain = _DECORATION.sub("", str(name)).lower() if name != "#text" else parent
            if item is None or isinstance(item, bool) or item == "":
                kept = item
            elif self._is_secret(parent, plain, item) or (
                is_beside(item) and plain not in HARMLESS and not (plain in NAMES and _is_name(item))
            ):
                kept = HIDDEN
            elif plain in NAMES and isinstance(item, list | tuple) and depth:
                kept = [self.value(one, plain, depth - 1) for one in item]
            else:
                kept = self.value(item, plain, depth)
            shown[self.text(str(name))] = kept
        return shown

    def _is_secret(self, parent: str, name: str, item: Any) -> bool:
        if ("*", name) in self._places or (parent, name) in self._places:
            return True
        if parent == _HOLDER and name in _CONDITIONAL:
            return True
        # By the words of its name a text or a number is hidden, and of what is more only what stands behind a secret's.
        return self._is_named(name) and (speaks_of_secrets(name) or not isinstance(item, Mapping | list))

    def _is_named(self, text: str) -> bool:
        return speaks_of_secrets(text) or (self._persons and _PERSON.search(text.lower()) is not None)

    def array(self, items: list[Any] | tuple[Any, ...], parent: str, depth: int) -> list[Any]:
        # ["AuthorizationKey", "..."] may be a setting with its value. A frame is a list too, but has an object in it.
        is_flat = not any(isinstance(item, Mapping | list | tuple) for item in items)
        if is_flat and any(type(item) is str and speaks_of_secrets(item) for item in items):
            return [HIDDEN] * len(items)
        return [self.value(item, parent, depth) for item in items if self._left >= 0]

    def text(self, text: str) -> str:
        shown = self._shown(text)
        self._left -= len(shown)
        return shown

    def _shown(self, text: str) -> str:
        if _NAME.fullmatch(text):
            return text
        if text.lstrip("\ufeff \t\r\n")[:1] in _JSON:
            inner = self._quoted(text)
            if inner is not None:
                return inner
        if text.lstrip()[:1] == _XML or self._is_named(text) or _ESCAPED.search(text):
            return HIDDEN
        return _without_credentials(text)

    def _quoted(self, text: str) -> str | None:
        """JSON in a string, taken apart; `HIDDEN` if it cannot be, and None if it is no JSON at all."""
        try:
            inner = orjson.loads(text)
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            return HIDDEN if '"' in text else None
        if not self._quotes:
            return HIDDEN
        deeper = _Hiding(self._persons, self._left, self._quotes - 1)
        return json.dumps(deeper.value(inner, "$", MAX_DEPTH), ensure_ascii=False, separators=(",", ":"))


def _hidden_beside(items: Collection[Any]) -> Callable[[Any], bool]:
    """Which of the items of an object are hidden, because one of them names a secret setting."""
    if _has_name(items):
        return lambda item: True
    # `variable` of 2.x is an object that has the name in it.
    naming = {id(item) for item in items if isinstance(item, Mapping) and _has_name(item.values())}
    return lambda item: bool(naming) and id(item) not in naming


def _has_name(items: Iterable[Any]) -> bool:
    """Whether one of these texts names a secret setting. JSON in a string has names of its own."""
    return any(
        type(item) is str and speaks_of_secrets(item) and item.lstrip()[:1] not in _STRUCTURED
        for item in items
    )


def _is_name(item: Any) -> bool:
    return type(item) is str and _NAME.fullmatch(item) is not None


def _without_credentials(text: str) -> str:
    """A URL without who and with what one logs in, and without its query, which may be a signature.

    From the first place where the credentials may begin to the last where they may end: they may hold any character.
    """
    begin = text.find("//") + 2
    end = text.rfind("@")
    if begin > 1:
        if end >= begin:
            text = f"{text[:begin]}{HIDDEN}{text[end:]}"
        query = text.find("?", begin)
        if query >= 0 and not text[query + 1 :].isspace() and " " not in text[:query]:
            text = f"{text[: query + 1]}{HIDDEN}"
    elif ":" in text[: max(end, 0)]:
        text = f"{HIDDEN}{text[end:]}"
    return text


_PLACES = SECRETS | PERHAPS
#: Most paths have none of these in them, and are done with at once: sentences are made of what is refused.
_IN_PATHS = _shortest([*_ROOTS, *HOLDERS, *(name for _, name in _PLACES)])
_MEMBER = re.compile(r"\.(\w+)|\['([^']*)'\]")


def is_secret_path(path: str) -> bool:
    """Whether what stands at a path of a payload may be secret: ``$.connectionData.apn.apnPassword``.

    Of a setting only the path is known, not which one it is; so all values of settings are.
    """
    small = path.lower()
    if not any(part in small for part in _IN_PATHS):
        return False
    if speaks_of_secrets(path):
        return True
    members = ["$", *(plain or odd for plain, odd in _MEMBER.findall(small))]
    return members[-1] in HOLDERS or any(
        ("*", name) in _PLACES or (parent, name) in _PLACES for parent, name in pairwise(members)
    )


#: What is looked at of a text of which a sentence shows the beginning.
_WINDOW = 2_000


def discreet(path: str, value: Any) -> Any:
    """A value that broke a rule, for a sentence: `shown` shows nothing of it that is secret."""
    if is_secret_path(path):
        return Hidden(value)
    if type(value) is not str or _NAME.fullmatch(value):
        return value
    begin = value[:_WINDOW]
    if len(value) > _WINDOW and "//" in begin:  # where its credentials end is not seen
        return Hidden(value)
    kept = hide(begin)
    return value if kept is begin or kept == begin else Hidden(value, kept)
