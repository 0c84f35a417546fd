"""JSON text as anybody may write it: the same values in other spellings, and what is nearly JSON or nearly the same."""

import json
from decimal import Decimal
from random import Random
from typing import Any

_BLANKS = ("", " ", "\n", "\t", "\r\n", "  ")
#: What no JSON has between its parts, or what looks like nothing.
_NO_BLANKS = ("\x0b", "\x00", "\ufeff", "\xa0", "//", ",")
_WRONG_CHARACTERS = ("\x00", "\n", "\x1f", "\ud800", "\\", '"')
#: Numbers that are the same to some and not to others, or none at all.
_OTHER_NUMBERS = (
    "0", "-0", "-0.0", "1", "1.0", "1e0", "1E+0", "10e-1", "1.5", "-1", "01", "1.", ".5", "+1", "- 1", "0x1", "1_0",
    "16.1", "16.10", "16.1000000000000000000001", "0.1", "0.30000000000000004", "123456789012345", "1234567890123456",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
    "18446744073709551616", "1e22", "1e308", "1e309", "-1e400", "1e-323", "1e-400", "5e-324", "0e-900000000",
    "1e9999999999999999999999",
    "1e-7", "0.0000001", "NaN", "Infinity", "-Infinity", "9" * 309, "9" * 308, "1" * 5000, "0." + "0" * 400 + "1",
    '"1"', '"1.5"', '""', "true", "null",
)  # fmt: skip
_WRONG_VALUES = (*_OTHER_NUMBERS, "{}", "[]", '"x"', "[null]", '{"a":1}', "[" * 70 + "]" * 70)
_CUTS = (
    '"',
    "\\",
    ",",
    ":",
    "[",
    "]",
    "{",
    "}",
    " ",
    "0",
    "-",
    "e",
    ".",
    "\x00",
    "\ud800",
    "\ufeff",
    "ü",
    r"\u0022",
)


class Speller:
    """Writes JSON values as text.

    Args:
        random: What decides.
        wildness: How often something is not as a program writes it: 0 never, 1 everywhere.
    """

    def __init__(self, random: Random, wildness: float) -> None:
        self.random = random
        self.wildness = wildness

    def is_wild(self, share: float = 1) -> bool:
        return self.random.random() < self.wildness * share

    def text(self, value: Any) -> str:
        """The text of a value, spoilt by a character now and then."""
        written = self.value(value)
        if self.is_wild(0.5):
            at = self.random.randrange(len(written) + 1)
            written = written[:at] + self.random.choice(_CUTS) + written[at + self.random.randrange(2) :]
        return written

    def value(self, value: Any) -> str:
        blank = self.blank()
        if self.is_wild(0.1):
            return blank + self.random.choice(_WRONG_VALUES)
        match value:
            case dict():
                members = [(self.string(name), self.value(item)) for name, item in value.items()]
                if members and self.is_wild(0.3):
                    name, item = self.random.choice(members)
                    again = self.random.choice((item, self.random.choice(_WRONG_VALUES)))
                    members.insert(self.random.randrange(len(members) + 1), (name, again))
                inner = ",".join(f"{self.blank()}{name}{self.blank()}:{item}" for name, item in members)
                written = f"{{{inner}{self.blank()}}}"
            case list():
                written = f"[{','.join(map(self.value, value))}{self.blank()}]"
            case str():
                written = self.string(value)
            case bool() | None:
                written = json.dumps(value)
            case _:
                written = self.number(value)
        return f"{blank}{written}{self.blank()}"

    def blank(self) -> str:
        if not self.is_wild():
            return ""
        return self.random.choice(_NO_BLANKS if self.is_wild(0.05) else _BLANKS)

    def string(self, value: str) -> str:
        written = json.dumps(value, ensure_ascii=self.is_wild())[1:-1]
        if written and self.is_wild(0.2):
            at = self.random.randrange(len(written))
            other = f"\\u{ord(written[at]):04x}" if ord(written[at]) < 0x10000 else written[at]
            other = self.random.choice(_WRONG_CHARACTERS) if self.is_wild(0.2) else other
            written = written[:at] + other + written[at + 1 :]
        return f'"{written}"'

    def number(self, value: int | float | Decimal) -> str:
        usual = str(value) if isinstance(value, Decimal | int) else repr(value)
        if not self.is_wild():
            return usual
        point = "" if "." in usual else ".0"
        if "e" in usual.lower():
            return usual
        return self.random.choice(
            (
                usual, f"{usual}{point}", f"{usual}{point}0", f"{usual}e0", f"{usual}E+00", f"{usual}{point}e-0",
                f"{usual}{point}{'0' * 20}", f"{usual}{point}{'0' * 20}1", f'"{usual}"', f"-{usual}", f"0{usual}",
                f"{usual}e400", f"{usual}e-400", self.random.choice(_OTHER_NUMBERS),
            )
        )  # fmt: skip
