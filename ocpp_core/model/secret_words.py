r"""Whether a text names something secret, however it is written.

Peers write one name in many ways: ``AuthorizationKey``, ``authorization_key``, with a mark of no width in it, in
letters of full width, behind ``%41`` or ``\x41``. So names are compared by their letters and digits alone (`letters`),
once as they stand and once without escapes. The words are those of ``tools/tables/secrets.toml`` and whatever
`add_secret_names` has added.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from unicodedata import normalize

from attrs import define, field, frozen

from ocpp_core.model.secret_names import PERSONAL_WORDS, SHORT, WORDS

#: Text that is taken apart at once. `normalize` sorts the accents of a letter, in the square of their number.
_CHUNK = 256
_NO_LETTER = re.compile(r"[\W_]+")
_ASCII_NO_LETTER = {code: None for code in range(128) if not chr(code).isalnum()}
#: Of URLs, of programs and of XML. In JSON of JSON there may be several in each other.
_ESCAPE = re.compile(
    r"(?P<bytes>(?:%[0-9a-f]{2})+)"
    r"|(?:%u|\\[xu]\{?|&#x)0{0,6}(?P<hex>[0-9a-f]{2})[};]?"
    r"|\\(?P<octal>[0-7]{2,3})"
    r"|&#0{0,6}(?P<decimal>[0-9]{2,3});?"
    r"|&amp;",
    re.IGNORECASE,
)
_MOST_ESCAPES = 8
#: A name of which it is asked what its last word is.
_LONGEST_NAME = 100
_LAST_WORD = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?=[\W\d_]*$)")
#: Names of fewer letters are no words: they stand in too much by chance.
_FEWEST_LETTERS = 6


def letters(text: str) -> str:
    """The letters and digits of a text, without case, accents and the variants that Unicode has of them."""
    return _without_marks(_plain(text))


def _without_marks(plain: str) -> str:
    return plain.translate(_ASCII_NO_LETTER) if plain.isascii() else _NO_LETTER.sub("", plain)


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    chunks = (text[begin : begin + _CHUNK] for begin in range(0, len(text), _CHUNK))
    return "".join(normalize("NFKD", chunk) for chunk in chunks).casefold()


def unescaped(text: str) -> str | None:
    """The text with characters for its escapes; None if there are escapes of escapes of escapes, and no end of it."""
    for _ in range(_MOST_ESCAPES):
        if not ("%" in text or "\\" in text or "&" in text):
            return text
        before, text = text, _ESCAPE.sub(_unescape, text)
        if text == before:
            return text
    return None


def _unescape(found: "re.Match[str]") -> str:
    octets = found["bytes"]
    if octets:
        return bytes.fromhex(octets.replace("%", "")).decode("utf-8", "replace")
    for name, base in (("hex", 16), ("octal", 8), ("decimal", 10)):
        if found[name]:
            return chr(int(found[name], base))
    return "&"


def shortest(names: Iterable[str]) -> list[str]:
    """Those that have no other one in them: what has none of these in it has none of all."""
    kept: list[str] = []
    for name in sorted(names, key=len):
        if not any(other in name for other in kept):
            kept.append(name)
    return kept


@define
class _Vocabulary:
    """The words by which secrets are known.

    Attributes:
        words: Letters that are in the name of a secret.
        roots: What they end with. To look for these is quicker, and most text has none.
        short: Names that are secret as a whole, or as the last word of another.
        in_text: These, where something is said to be what they name.
        heads: By the last part of a word what stands before it, in the same name or in that of what it is in.
    """

    words: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    short: frozenset[str] = frozenset()
    in_text: "re.Pattern[str]" = _NO_LETTER
    heads: Mapping[str, frozenset[str]] = field(factory=dict)

    def add(self, words: Iterable[str], short: Iterable[str]) -> None:
        parts = [[letters(part) for part in word.split()] for word in words]
        heads: dict[str, frozenset[str]] = dict(self.heads)
        for *first, last in parts:
            if first:
                heads[last] = heads.get(last, frozenset()) | {"".join(first)}
        self.heads = heads
        self.words = (*self.words, *("".join(each) for each in parts))
        self.roots = tuple(shortest((*self.roots, *(each[-1] for each in parts))))
        self.short |= {letters(name) for name in short}
        alternatives = "|".join(sorted(self.short))
        self.in_text = re.compile(rf"(?<![a-z0-9])(?:{alternatives})(?:\W{{0,5}}[:=]|\W{{1,3}}\d)")


_known = _Vocabulary()
_known.add(WORDS, SHORT)
_PERSONAL = tuple(map(letters, PERSONAL_WORDS))


def add_secret_names(*names: str) -> None:
    """Hides what goes by these names too, in every log, error and ``repr`` of this process, from now on.

    For what a vendor calls its secrets: settings, members of a payload, messages of a DataTransfer. A name counts
    without case and marks, and within longer names and texts: ``"Maintenance Code"`` hides what is called
    ``acme.maintenance_code2``. One of fewer than six letters counts as a whole, or as the last word of a name.

    Raises:
        ValueError: A name has no letter.
    """
    plain = [letters(name) for name in names]
    if not all(plain):
        raise ValueError("a name needs letters or digits")
    words = [name for name in plain if len(name) >= _FEWEST_LETTERS]
    _known.add(words, set(plain).difference(words))
    _again.cache_clear()


def speaks_of_secrets(text: str) -> bool:
    """Whether a text has the name of something secret in it."""
    if _speaks(text):
        return True
    plain = unescaped(text)
    return plain is None or (plain is not text and _speaks(plain))


def _speaks(text: str) -> bool:
    plain = _plain(text)
    if any(name in plain for name in _known.short) and _known.in_text.search(plain):
        return True
    plain = _without_marks(plain)
    return any(root in plain for root in _known.roots) and any(word in plain for word in _known.words)


def names_a_secret(name: str) -> bool:
    """Whether a name is that of something secret. In a name short words count too, which in a text mean nothing."""
    return speaks_of_secrets(name) or is_short(name)


def is_short(name: str) -> bool:
    """Whether a name is, or ends with, a short word such as ``pin``."""
    if len(name) > _LONGEST_NAME:
        return False
    plain = unescaped(name) or ""
    last = _LAST_WORD.search(normalize("NFKC", plain))
    known = _known.short
    return (last is not None and last[0].lower() in known) or letters(plain).rstrip("0123456789") in known


def ends_with_secret(name: str) -> bool:
    """Whether a text may be nothing but the name of a secret, which then ends with one of the words."""
    return letters(name).rstrip("0123456789").endswith(_known.words)


@frozen
class Name:
    """What is to be known of the name of a member.

    Attributes:
        letters: What it is compared by.
        speaks: `speaks_of_secrets`.
        is_short: `is_short`.
        heads: `heads_in` its letters.
    """

    letters: str
    speaks: bool
    is_short: bool
    heads: frozenset[str]

    @classmethod
    def of(cls, member: str) -> "Name":
        """Those that are met again and again are judged once."""
        return _again(member) if len(member) <= _LONGEST_NAME else _judged(member)


def _judged(member: str) -> Name:
    plain = letters(member)
    return Name(plain, speaks_of_secrets(member), is_short(member), heads_in(plain))


_again = lru_cache(512)(_judged)


def heads_in(name: str) -> frozenset[str]:
    """The first parts of words that the letters of a name have in them."""
    return frozenset(head for heads in _known.heads.values() for head in heads if head in name)


def heads_of(last: str) -> frozenset[str]:
    """The first parts of words of which these letters are the last part."""
    return _known.heads.get(last, frozenset())


def speaks_of_persons(text: str) -> bool:
    """Whether a text has the name of what tells who charges in it."""
    plain = letters(text)
    return any(word in plain for word in _PERSONAL)
