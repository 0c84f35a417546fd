"""What the software under test claims to support and what helps there are, as a file."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ocpp_core.conformance.hooks import Hook
from ocpp_core.conformance.rules import rules
from ocpp_core.model.printing import likely, printable, shown


@frozen(kw_only=True)
class Profile:
    """What is known of the software under test before anything is asked.

    Attributes:
        features: What it claims, and what it denies: ``reservation``, ``smart-charging``, ``C-23`` of the standard's
            list. What is not named is taken as there if the wire shows it.
        tokens: idTokens that it knows, by what it thinks of them: ``accepted``, ``blocked``, ``expired``, ``unknown``;
            ``group`` is one that may charge and belongs to a group. Of 2.x, ``elsewhere`` may charge at no EVSE of
            the station, ``evse-type`` at none of this type, ``some-evses`` at some; of 2.1, ``prepaid`` has an
            account with money in it, ``no-credit`` one without, and ``tariff`` a tariff of its own.
        evses: How many EVSEs the station has; for a CSMS, how many the played one has.
        identities: Of stations that a CSMS knows, in the order to use them; the first is the usual one.
        hooks: Commands or URLs that help: ``trigger``, ``card``, ``plug``, ``power``, by name.
        answer_within: Seconds in which an answer is waited for.
        silence: Seconds without an answer after which there is none.
        known: Deviations that are known already: rule id to reason.
    """

    features: Mapping[str, bool] = field(factory=dict)
    tokens: Mapping[str, tuple[str, ...]] = field(factory=dict)
    evses: int = 1
    identities: tuple[str, ...] = ()
    hooks: Mapping[str, Hook] = field(factory=dict)
    answer_within: float = 5.0
    silence: float = 1.0
    known: Mapping[str, str] = field(factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Profile":
        """Reads a profile.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is no TOML, or says what no profile says: which key and which value is told.
        """
        try:
            written = tomllib.loads(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise ValueError("it is no UTF-8") from None
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise ValueError(f"it is no TOML: {error}") from None
        return cls.of(written)

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> "Profile":
        """The profile that a file says.

        Raises:
            ValueError: It says what no profile says.
        """
        for key in written:
            if key not in _KEYS:
                raise ValueError(
                    f"{shown(key)}: no such key{_guess(key, _KEYS)}; there are {', '.join(_KEYS)}"
                )
        return cls(**{key: _KEYS[key](key, value) for key, value in written.items()})


def _guess(name: str, known: Iterable[str]) -> str:
    meant = likely(name, known)
    return "" if meant is None else f"; did you mean {meant}?"


def _wrong(key: str, value: Any, wanted: str) -> ValueError:
    return ValueError(f"{printable(key)} = {shown(value)}: {wanted} is needed")


def _table(read: Callable[[str, Any], Any], names: frozenset[str] | None = None) -> Callable[[str, Any], Any]:
    """Reads a table, each value of it in the same way."""

    def of(key: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(key, value, "a table")
        for name in value:
            if names is not None and name not in names:
                known = ", ".join(sorted(names))
                raise ValueError(
                    f"{key}.{printable(name)}: no such key{_guess(name, names)}; there are {known}"
                )
        return {name: read(f"{key}.{name}", each) for name, each in value.items()}

    return of


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(key, value, "true or false")
    return value


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(key, value, "a text")
    return value


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _wrong(key, value, "a list of texts")
    return tuple(_text(f"{key}[{place}]", each) for place, each in enumerate(value))


def _seconds(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MOST_SECONDS:
        raise _wrong(key, value, f"a number of seconds above 0, at most {_MOST_SECONDS}")
    return float(value)


def _evses(key: str, value: Any) -> int:
    if type(value) is not int or not 1 <= value <= _MOST_EVSES:
        raise _wrong(key, value, f"a whole number from 1 to {_MOST_EVSES}")
    return value


def _known(key: str, value: Any) -> Mapping[str, str]:
    reasons: Mapping[str, str] = _table(_text)(key, value)
    for rule in reasons:
        if rule not in rules():
            raise ValueError(f"{key}.{printable(rule)}: there is no such rule{_guess(rule, rules())}")
    return reasons


_MOST_SECONDS = 3600
_MOST_EVSES = 1000
#: What a check may know of a token.
_TOKENS = frozenset(
    {
        *("accepted", "blocked", "expired", "invalid", "concurrent", "unknown", "parent", "group"),
        *("elsewhere", "evse-type", "some-evses", "prepaid", "no-credit", "tariff"),
    }
)
#: What a helper may do, by its name.
HOOKS = frozenset({"trigger", "card", "plug", "unplug", "power", "fault", "local", "state"})

#: What a profile may say, and how it is read.
_KEYS: Mapping[str, Callable[[str, Any], Any]] = {
    "features": _table(_flag),
    "tokens": _table(_texts, _TOKENS),
    "evses": _evses,
    "identities": _texts,
    "hooks": _table(_text, HOOKS),
    "answer_within": _seconds,
    "silence": _seconds,
    "known": _known,
}
