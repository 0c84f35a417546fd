"""What is not shown of a value: keys and passwords always, what tells who charges if that is asked for.

Which fields are secret is a fact of the model: ``wire(..., secret=True)``. Most of what is shown has no class, though:
answers whose call is not known, what a vendor invents, JSON in the string of a DataTransfer, a peer's own spelling.
There the names count (`ocpp_core.model.secret_words`), wherever they stand: of a member, of what it stands in, in a
text beside it or beside what it stands in, as the action of a frame. Whoever wants to see a secret reads the attribute
that holds it: nothing here changes a value.

What is in doubt is hidden. A text that speaks of a password is hidden as a whole, and so is what cannot be taken apart.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from math import inf
from typing import Any

import orjson
from attrs import frozen

from ocpp_core.model.credentials import without_credentials
from ocpp_core.model.printing import HIDDEN, SHORT, Hidden, printable, shown
from ocpp_core.model.secret_names import (
    ALONE,
    HARMLESS,
    HOLDERS,
    NAMES,
    PERHAPS,
    PERSONAL,
    SECRETS,
    SETTINGS,
    SWITCHES,
    TOKENS,
)
from ocpp_core.model.secret_words import (
    Name,
    ends_with_secret,
    heads_in,
    heads_of,
    is_short,
    letters,
    names_a_secret,
    speaks_of_persons,
    speaks_of_secrets,
    unescaped,
)

#: Objects and lists in each other that are shown. A schema has fewer, and no walk here may go as deep as a peer likes.
MAX_DEPTH = 64
#: How often JSON may stand in a string of JSON.
_MAX_QUOTES = 4
#: What is looked at of a text at its beginning and end, of which a sentence shows less.
_WINDOW = 4 * SHORT
#: Objects of a list of which it is looked whether one names what stands beside them.
_MOST_NAMING = 16

#: Text that may be the name of something. What is longer is none.
_NAME = re.compile(r"\s*[\w.-]{1,100}\s*")
#: What begins JSON, which is taken apart, and XML, which is not.
_JSON, _XML = ("{", "[", '"'), "<"
#: An object that has a password in it, wherever it stands; and what is secret beside one, as the key of a VPN is.
_HOLDER = "***"
_CONDITIONAL = {name for parent, name in SECRETS if parent != "*"}
#: Members that are the value of a setting, if its name stands beside them.
_VALUES = {name for _, name in PERHAPS} - NAMES
#: What `element_content` puts around a name: that of an attribute, and one that is there twice.
_DECORATION = re.compile(r"^@|\[\d+\]$")


def hide(value: Any, *, persons: bool = False, most: float = inf) -> Any:
    """The same value with `HIDDEN` in place of what is secret, in time and memory of its size.

    Args:
        value: As JSON has them: dict, list, str, numbers; whatever else there is, stays.
        persons: Hide what tells who charges too.
        most: Characters that will be shown of it. What is certain to stand behind them is left out.
    """
    hiding = _Hiding(persons, most)
    if isinstance(value, list | tuple) and len(value) > 2 and type(value[0]) is int and type(value[1]) is str:
        return hiding.frame(value)
    return hiding.value(value, _ROOT, MAX_DEPTH)


def discreet_repr(value: Any) -> str:
    """The `repr` of what a peer has chosen: an address with credentials in it, the details of an error."""
    return repr(hide(value))


@frozen
class _Where:
    """Where a value stands.

    Attributes:
        parent: Letters of the name of the member; of a list in it too.
        above: First parts of the words for secrets that are in the names of what it is in, however far up.
        beside: It stands beside the name of a secret, so that all may be its value that is not known to be none.
        is_name: It is what names a setting, as a component does: names in it are none of its values.
    """

    parent: str = "$"
    above: frozenset[str] = frozenset()
    beside: bool = False
    is_name: bool = False

    def of(self, member: Name, beside: bool, is_name: bool) -> "_Where":
        above = self.above | member.heads if member.heads else self.above
        return _Where(member.letters, above, beside, is_name)


_ROOT = _Where()


class _Hiding:
    """One walk through a value."""

    def __init__(self, persons: bool, left: float, quotes: int = _MAX_QUOTES) -> None:
        self._places = SECRETS | PERSONAL if persons else SECRETS
        self._persons = persons
        self._left = left
        self._quotes = quotes
        self._naming: dict[int, bool] = {}  # by identity: what is walked through stays as long as the walk

    def frame(self, items: list[Any] | tuple[Any, ...]) -> list[Any]:
        """A frame of OCPP-J: what its action or description names may be the value of anything behind."""
        number, id, *rest = items
        is_beside = any(
            type(item) is str and (self._names(item) or (_is_name(item) and is_short(item))) for item in rest
        )
        where = _Where(beside=is_beside)
        shown = [number, self.text(id)]
        for item in rest:
            if self._left < 0:
                break
            shown.append(self.value(item, _ROOT if type(item) is str else where, MAX_DEPTH - 1))
        return shown

    def value(self, value: Any, where: _Where, depth: int) -> Any:
        self._left -= 1  # nothing is shorter
        if value is None or isinstance(value, bool) or value == "":
            return value
        if isinstance(value, Mapping):
            return self.object(value, where, depth - 1) if depth else HIDDEN
        if isinstance(value, list | tuple):
            return self.array(value, where, depth - 1) if depth else HIDDEN
        if where.beside:
            return HIDDEN
        return self.text(value) if isinstance(value, str) else value

    def object(self, members: Mapping[Any, Any], where: _Where, depth: int) -> dict[str, Any]:
        names = [_name(member, where.parent) for member in members]
        if any(("*", name.letters) in SECRETS for name in names):
            where = _Where(_HOLDER, where.above, where.beside, where.is_name)
        is_direct, is_inner = self._settings(list(zip(names, members.values(), strict=True)), where.above)
        is_beside = where.beside or is_direct or is_inner
        is_value = is_direct or (where.beside and not where.is_name)
        shown: dict[str, Any] = {}
        for name, (member, item) in zip(names, members.items(), strict=True):
            if self._left < 0:
                break
            kept: Any
            is_name = not is_value and (name.letters in NAMES or (is_beside and self._names(item)))
            if self._is_secret(where, name, str(member), item) or (
                is_beside and not self._is_harmless(name.letters, item, is_value)
            ):
                kept = HIDDEN
            elif isinstance(item, str):
                kept = item if is_beside else self.text(item)
            elif name.letters in NAMES and isinstance(item, list | tuple) and depth:
                kept = [self._listed(one, where.of(name, is_beside, is_name), depth - 1) for one in item]
            else:
                beside = is_beside or (isinstance(item, Mapping) and name.is_short)
                kept = self.value(item, where.of(name, beside, is_name), depth)
            shown[self.text(str(member), is_name=True)] = kept
        return shown

    def _listed(self, item: Any, where: _Where, depth: int) -> Any:
        """One of a list of names."""
        return self.text(item) if _is_name(item) else self.value(item, where, depth)

    def _settings(
        self, members: list[tuple[Name, Any]], above: frozenset[str] = frozenset()
    ) -> tuple[bool, bool]:
        """Whether an object names a secret in its own texts, and whether something in it does."""
        is_direct = is_inner = False
        last: list[str] = []
        words: list[str] = []
        for name, item in members:
            if name.letters in ALONE:
                continue
            if isinstance(item, str):
                is_direct |= self._names(item) or (name.letters in NAMES and is_short(item))
            elif isinstance(item, Mapping | list | tuple):
                is_inner |= self._names(item)
            if name.letters in NAMES:
                for text in _texts_of(item):
                    (last if heads_of(text) else words).append(text)
        # The key of a VPN: the one word here, the other there.
        if any(heads_of(one) & (above | frozenset().union(*map(heads_in, words))) for one in last):
            is_inner = True
        return is_direct, is_inner

    def _names(self, item: Any, depth: int = MAX_DEPTH) -> bool:
        """Whether something names a secret whose value stands elsewhere."""
        if isinstance(item, str):
            return self._text_names(item)
        if not isinstance(item, Mapping | list | tuple):
            return False
        found = self._naming.get(id(item))
        if found is None:
            found = not depth or self._inside_names(item, depth - 1)
            self._naming[id(item)] = found
        return found

    def _inside_names(self, item: Any, depth: int) -> bool:
        if not isinstance(item, Mapping):
            texts = (one for one in item if isinstance(one, str))
            inner = islice((one for one in item if isinstance(one, Mapping | list | tuple)), _MOST_NAMING)
            return any(self._names(one) or is_short(one) for one in texts) or any(
                self._names(one, depth) and not _has_value(one) for one in inner
            )
        members = [(_name(name), one) for name, one in item.items()]
        for name, one in members:
            if name.letters not in ALONE:
                self._names(one, depth)  # which knows how deep it is
        return any(self._settings(members))

    def _text_names(self, text: str) -> bool:
        if not speaks_of_secrets(text):
            return False
        if _is_json(text):  # has names of its own, and their values
            try:
                inner = orjson.loads(text)
            except (orjson.JSONDecodeError, UnicodeEncodeError):
                return True
            return not self._quotes or _Hiding(self._persons, inf, self._quotes - 1)._names(inner)
        return True

    def _is_harmless(self, name: str, item: Any, is_value: bool) -> bool:
        """Whether a member beside the name of a secret is not its value; a container may be walked through then.

        Args:
            name: Letters of the member's name.
            item: What it has.
            is_value: Whether even names may be the value, as the secret has another name already.
        """
        if item is None or isinstance(item, bool) or item == "":
            return True
        if isinstance(item, str):
            if name in NAMES:
                return _is_name(item) and (not is_value or names_a_secret(item))
            return (name in HARMLESS and item.lower() in TOKENS) or (
                name in SWITCHES and item in ("true", "false")
            )
        if isinstance(item, list | tuple) and is_value:
            return name in ALONE or self._names(item)
        is_container = isinstance(item, Mapping | list | tuple)
        return is_container and (name in NAMES or name in ALONE or self._names(item))

    def _is_secret(self, where: _Where, name: Name, member: str, item: Any) -> bool:
        if item is None or isinstance(item, bool) or item == "":
            return False
        if ("*", name.letters) in self._places or (where.parent, name.letters) in self._places:
            return True
        if where.parent == _HOLDER and name.letters in _CONDITIONAL:
            return True
        if heads_of(name.letters) & where.above or name.speaks:
            return True
        # By other words a text or a number is hidden, and of what is more only what is a value in it.
        is_named = name.is_short or (self._persons and speaks_of_persons(member))
        return is_named and not isinstance(item, Mapping)

    def array(self, items: list[Any] | tuple[Any, ...], where: _Where, depth: int) -> list[Any]:
        # ["AuthorizationKey", "..."] may be a setting with its value.
        is_direct = any(isinstance(item, str) and names_a_secret(item) for item in items)
        is_inner = not is_direct and self._names(items, depth)
        beside = _Where(where.parent, where.above, True)
        shown = []
        for item in items:
            if self._left < 0:
                break
            is_beside = is_direct or (is_inner and not _has_name(item))
            shown.append(self.value(item, beside if is_beside else where, depth))
        return shown

    def text(self, text: str, *, is_name: bool = False) -> str:
        shown = self._shown(text, is_name)
        self._left -= len(shown)
        return shown

    def _shown(self, text: str, is_name: bool) -> str:
        if _NAME.fullmatch(text):
            return text if is_name or not speaks_of_secrets(text) or ends_with_secret(text) else HIDDEN
        if _is_json(text):
            inner = self._quoted(text)
            if inner is not None:
                return inner
        if text.lstrip()[:1] == _XML or speaks_of_secrets(text):
            return HIDDEN
        if self._persons and speaks_of_persons(text):
            return HIDDEN
        kept = without_credentials(text)
        plain = unescaped(text)
        if plain is None or (plain is not text and without_credentials(plain) != plain):
            return HIDDEN
        return kept

    def _quoted(self, text: str) -> str | None:
        """JSON in a string, taken apart; `HIDDEN` if it cannot be, and None if it is no JSON at all."""
        try:
            inner = orjson.loads(text)
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            return HIDDEN if '"' in text else None
        if not self._quotes:
            return HIDDEN
        deeper = _Hiding(self._persons, self._left, self._quotes - 1)
        return json.dumps(deeper.value(inner, _ROOT, MAX_DEPTH), ensure_ascii=False, separators=(",", ":"))


def _name(member: Any, parent: str = "") -> Name:
    plain = str(member)
    if plain == "#text":
        return Name(parent, False, False, frozenset())
    return Name.of(_DECORATION.sub("", plain) if plain[:1] == "@" or plain[-1:] == "]" else plain)


def _is_json(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:1] in _JSON


def _is_name(item: Any) -> bool:
    return isinstance(item, str) and _NAME.fullmatch(item) is not None


def _has_name(item: Any) -> bool:
    """Whether an object of a list is one that has a name of its own, and so not the value of another."""
    return isinstance(item, Mapping) and any(_name(name).letters in NAMES for name in item)


def _has_value(item: Any) -> bool:
    """Whether an object of a list is a setting with its value, so that none of the others is."""
    return isinstance(item, Mapping) and any(
        _name(name).letters in _VALUES and one is not None for name, one in item.items()
    )


def _texts_of(item: Any) -> Iterator[str]:
    """The letters of what names something: a text, or those of an object that name it."""
    if isinstance(item, str):
        yield letters(item)
    elif isinstance(item, Mapping):
        for name, text in item.items():
            if isinstance(text, str) and _name(name).letters in NAMES:
                yield letters(text)


_PLACES = SECRETS | PERHAPS
_MEMBER = re.compile(r"""\.(\w+)|\[(?:'([^']*)'|"([^"]*)")""")
#: Where names begin in a path that may hold anything.
_ODD = re.compile("\\[['\"]")


def is_secret_path(path: str) -> bool:
    """Whether what stands at a path of a payload may be secret: ``$.connectionData.apn.apnPassword``.

    Of a setting only the path is known, not which one it is; so all values of settings are.
    """
    if speaks_of_secrets(path):
        return True
    members = _members(path)
    return (
        members[-1] in HOLDERS
        or is_short(members[-1])
        or any(("*", name) in _PLACES or (parent, name) in _PLACES for parent, name in pairwise(members))
    )


def is_in_setting(path: str) -> bool:
    """Whether what stands at a path belongs to a setting, which may be a secret one."""
    return not SETTINGS.isdisjoint(_members(path)[:-1])


def _members(path: str) -> list[str]:
    return ["$", *(letters("".join(names)) for names in _MEMBER.findall(path))]


def discreet_path(path: str) -> str:
    """The path without what is secret in the names that a peer has chosen."""
    odd = _ODD.search(path)
    if odd is None:
        return path
    rest = path[odd.start() :]
    return path if hide(rest[2:]) == rest[2:] else f"{path[: odd.start()]}[{HIDDEN}]"


def discreet(path: str, value: Any) -> Any:
    """A value that broke a rule, for a sentence: `shown` shows nothing of it that is secret."""
    if is_secret_path(path):
        return Hidden(value)
    if type(value) is not str:
        return value
    kept = _sentence(value)
    return value if kept is value else Hidden(value, kept)


def told(text: str, most: int = SHORT) -> str:
    """Text of a peer in a sentence: `printable`, and nothing secret in it."""
    begin = text[: 2 * most]
    if len(text) > len(begin) and ("//" in begin or "@" in text):  # where its credentials end is not seen
        return HIDDEN
    kept: str = hide(begin)
    return printable(text if kept == begin else kept, most)


def told_value(value: Any) -> str:
    """A value in a sentence as `shown` has it, and nothing secret in it."""
    return shown(_sentence(value) if isinstance(value, str) else value)


def _sentence(text: str) -> str:
    """The text itself, if nothing is secret in what a sentence shows of it; else what may be shown."""
    if len(text) <= 2 * _WINDOW:
        kept: str = hide(text)
        return text if kept == text else kept
    begin, end = text[:_WINDOW], text[-_WINDOW:]
    is_seen = not ("//" in begin or "@" in text)  # where credentials end is not
    return text if is_seen and hide(begin) == begin and hide(end) == end else HIDDEN


def discreet_error(description: str, details: Any) -> tuple[str, Any]:
    """What a peer says of an error; if the one names a secret, the other may have it."""
    _, _, description, details = hide([0, "", description, details])
    return description, details
