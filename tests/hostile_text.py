"""What a peer writes to command a terminal, to forge lines of a log, or to fill it; and what may come out of that."""

from typing import Any, Self

#: Raw escape sequences, line breaks, C1, marks of direction and of no width, text of a title, a megabyte.
PIECES = {
    "escape": "\x1b[2J\x1b]0;owned\x07\x1bPtmux;\x1b\\\x1bk title\x1b\\",
    "lines": "a\r\n2026-01-31 12:00:00 CRITICAL forged\n\x0b\x0c\x85\u2028\u2029",
    "c1": "".join(map(chr, range(0x80, 0xA0))),
    "c0": "".join(map(chr, range(0x20))) + "\x7f",
    "directions": "\u202e\u202d\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    "no width": "\u200b\u200c\u200d\u2060\ufeff\u00ad\U000e0041",
    "surrogates": "\ud800\udfff",
    "markup": "[bold red]x[/] [link=file:///etc/passwd]y[/link] :bomb:",
    "percent": "%s %d %(name)s {0} {name}",
    "blanks": "\u3000\xa0\u2003",
    "unseen": "\u3164\u115f\u1160\u2800\u034f\ufe0f\U000e0100\u17b4\u17b5\u180b\uffa0",
}
MEGABYTE = 1_000_000
ALL = "".join(PIECES.values())
LONG = ALL + "\x1b" * MEGABYTE + "x" * MEGABYTE


class Hostile(Exception):
    """Stands for anything that a log call may name: each attribute and item of it, and its text, is hostile."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__(LONG)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__ocpp__":
            raise AttributeError(name)
        return Hostile()

    def __getitem__(self, _: object) -> Self:
        return self

    def __call__(self, *_: Any, **__: Any) -> Self:
        return self

    def __str__(self) -> str:
        return LONG

    __repr__ = __str__

    def __format__(self, _: str) -> str:
        return LONG


def wrong_in(text: str, longest: int) -> str:
    """What text of ours may not have in it; "" if it is harmless. Lines may end, and no more than that.

    Args:
        text: As it comes out, with every line of it.
        longest: Characters that all of it may have.
    """
    if len(text) > longest:
        return f"{len(text)} characters"
    bad = {
        character for character in text if not character.isprintable() or character in PIECES["unseen"]
    } - {"\n"}
    return f"has {sorted(map(ascii, bad))}" if bad else ""
