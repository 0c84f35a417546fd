"""What text shows of URLs and headers: not with what one logs in, and no query, which may be a signature.

By form, where `ocpp_core.model.secret_words` goes by names.
"""

import re
from unicodedata import normalize

from ocpp_core.model.printing import HIDDEN

#: Wide and small forms of the marks that URLs have; who reads them leniently takes one for the other.
_WIDE = {
    code: normalize("NFKC", chr(code))
    for code in range(0xFE10, 0xFFF0)
    if normalize("NFKC", chr(code)) in set("@:/?#&;=")
}
#: Where a URL begins behind its scheme. One slash is enough for many readers.
_SCHEME = re.compile(r":/{1,2}|//")
_AUTHORITY = re.compile(r"(?::/{1,2}|//)([^/?#\s]*)")
#: A host, perhaps with a port, and what a sentence may have behind it.
_HOST = re.compile(r"(?:\[[0-9A-Za-z:.%]*\]|[^:]*)(?::\d{0,5})?[^\w:]*")
_QUERY = re.compile(r"[?#](?=\S)|[&;](?=[\w.~-]{1,80}=)")
_QUERY_ALONE = re.compile(r"[?#](?=[^\s?#=&]{1,80}=)")
#: The value of a header that lets one in. What is no password is a word: "Basic charging".
_HEADER = re.compile(r"(?:[Bb]earer|BEARER)\s+(?=\S{8})|(?:[Bb]asic|BASIC)\s+(?=\S+[0-9A-Z=+/])(?=\S{6})")


def without_credentials(text: str) -> str:
    """The text with `HIDDEN` for whatever may be credentials in it.

    A password may hold any character, so all is hidden from the first place where one may begin to the last where it
    may end; and of a query all that follows.
    """
    plain = text if text.isascii() else text.translate(_WIDE)
    header = _HEADER.search(plain)
    if header:
        text, plain = f"{text[: header.end()]}{HIDDEN}", plain[: header.end()]
    scheme = _SCHEME.search(plain)
    begin = scheme.end() if scheme else 0
    end = plain.rfind("@")
    # "16 A @ 230 V" has no one in it; "user:word @host" may.
    if end > 0 and (scheme or ":" in plain[:end] or not plain[end - 1].isspace()):
        begin = begin if begin <= end else 0
        text, plain = f"{text[:begin]}{HIDDEN}{text[end:]}", f"{plain[:begin]}{HIDDEN}{plain[end:]}"
    else:
        for authority in _AUTHORITY.finditer(plain):
            if not _HOST.fullmatch(authority[1]):
                return f"{text[: authority.start(1)]}{HIDDEN}"
    query = (_QUERY if scheme else _QUERY_ALONE).search(plain, begin)
    return text if query is None else f"{text[: query.end()]}{HIDDEN}"
