"""Values of configuration keys and of variables: what becomes of one as the other.

A value is text on both sides. Up is from a key of 1.6 to its variable, whoever has the value: what is read from a
station of 1.6, and what is written to one of 2.0.1.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from attrs import frozen

from ocpp_core import v16, v201
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version
from ocpp_core.translation.configuration_keys import Key, Rule
from ocpp_core.translation.losses import LossReason, Place
from ocpp_core.translation.runs import Run, Unfit

#: Characters of a value in 1.6. In 2.0.1 the shortest limit is 1000.
MOST = 500


@frozen
class Site:
    """Where a value stands.

    Attributes:
        run: The step.
        place: Of the value.
        key: What it is the value of.
        limit: The most that the station allows (maxLimit of the variable), if that is known.
    """

    run: Run
    place: Place
    key: Key
    limit: int | None = None

    def became(self, value: str, made: str, reason: LossReason) -> str:
        """Notes that the value has changed, and gives what it has become."""
        self.run.approximated(self.place, value, made, reason)
        return made


_Convert = Callable[[str, Site], str]


def items(value: str) -> list[str]:
    """The items of a list."""
    return [item for part in value.split(",") if (item := part.strip())]


def _copy(value: str, site: Site) -> str:
    folded = value.strip().lower()
    return folded if site.key.data == "boolean" and folded in ("true", "false") else value


def _list(value: str, site: Site) -> str:
    return ",".join(items(value))


# Measurands: 1.6 may name a phase behind each.

_OLDER = {str(one) for one in v16.Measurand}
_NEWER = {str(one) for one in v201.Measurand}
#: A station of 2.1 has its own tokens in a list, which is text.
_NEWEST = _NEWER | {str(one) for one in specification(Version.V2_1).load("Measurand")}
_PHASES = {str(one) for one in v16.Phase}


def _without_phase(item: str) -> str:
    name, _, phase = item.rpartition(".")
    return name if phase in _PHASES and name in _OLDER else item


def _measurands_up(value: str, site: Site) -> str:
    plain = [_without_phase(item) for item in items(value)]
    # What neither version knows stays: the station judges it. To leave it out would turn off what was meant.
    kept = [one for one in plain if one not in _OLDER or one in _NEWER]
    return _shorter(value, plain, kept, site)


def _measurands_down(value: str, site: Site) -> str:
    there = items(value)
    return _shorter(value, there, [one for one in there if one in _OLDER or one not in _NEWEST], site)


def _shorter(value: str, found: list[str], kept: list[str], site: Site) -> str:
    made = ",".join(dict.fromkeys(kept))
    if len(kept) < len(found):
        return site.became(value, made, LossReason.NO_COUNTERPART)
    return made if made == _list(value, site) else site.became(value, made, LossReason.MERGED)


# Units of charging limits

_UNITS = {"Current": "A", "Power": "W"}
_QUANTITIES = {unit: quantity for quantity, unit in _UNITS.items()}


def _renamed(names: Mapping[str, str]) -> _Convert:
    return lambda value, site: ",".join(names.get(item, item) for item in items(value))


# Passwords

#: What a passwordString may have in it.
_PASSWORD = re.compile(r"[A-Za-z0-9*_=:+|@.-]*", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)
#: Characters of a password in 2.0.1, where its maxLimit is not known. 2.1 and the errata of 2025 allow 64.
_SHORTEST, _LONGEST = 16, 40
#: Bytes of a key in 1.6, which has two hex digits for each.
_BYTES = 20


def _password_up(value: str, site: Site) -> str:
    longest = site.limit or _LONGEST
    if _HEX.fullmatch(value):
        plain = bytes.fromhex(value).decode("latin-1")
        if _SHORTEST <= len(plain) <= longest and _PASSWORD.fullmatch(plain):
            return site.became(value, plain, LossReason.REENCODED)
    # A key that is random bytes is no text: its digits are the password then.
    if _SHORTEST <= len(value) <= longest and _PASSWORD.fullmatch(value):
        return value
    raise Unfit(site.place, value, LossReason.OUT_OF_RANGE, status="Rejected", code="InvalidValue")


def _password_down(value: str, site: Site) -> str:
    try:
        raw = value.encode()
    except UnicodeEncodeError:
        raise Unfit(site.place, value, status="Rejected", code="InvalidValue") from None
    if len(raw) > _BYTES:
        raise Unfit(site.place, value, LossReason.TOO_LONG, status="Rejected", code="TooLargeElement")
    return site.became(value, raw.hex().upper(), LossReason.REENCODED)


# The phases of each connector: ``0.RST, 1.RTS`` in 1.6; a variable of each in 2.x.

_ITEM = re.compile(r"(0|[1-9][0-9]{0,8})\.([A-Za-z]{1,20})", re.ASCII)
#: What a connector has no rotation for, or none that is known: a variable has no words for it.
_UNSAID = ("NotApplicable", "Unknown")


def rotations(value: str) -> dict[int, str]:
    """The items of a list, by connector.

    Raises:
        ValueError: It is no such list, or has a connector twice.
    """
    found: dict[int, str] = {}
    for item in items(value):
        match = _ITEM.fullmatch(item)
        if match is None or int(match[1]) in found:
            raise ValueError(value)
        found[int(match[1])] = match[2]
    return found


def rotation_list(rotation: Mapping[int, str]) -> str:
    """The list of these, by connector."""
    return ",".join(f"{number}.{name}" for number, name in sorted(rotation.items()))


def _rotation_up(value: str, site: Site) -> str:
    return site.became(value, "", LossReason.NO_COUNTERPART) if value in _UNSAID else value


def _rotation_down(value: str, site: Site) -> str:
    return value or site.became(value, "NotApplicable", LossReason.NO_COUNTERPART)


_UP: dict[Rule, _Convert] = {
    Rule.CSL: _list,
    Rule.MEASURANDS: _measurands_up,
    Rule.RATE_UNIT: _renamed(_UNITS),
    Rule.PASSWORD: _password_up,
    Rule.PHASE_ROTATION: _rotation_up,
}
_DOWN: dict[Rule, _Convert] = {
    Rule.CSL: _list,
    Rule.MEASURANDS: _measurands_down,
    Rule.RATE_UNIT: _renamed(_QUANTITIES),
    Rule.PASSWORD: _password_down,
    Rule.PHASE_ROTATION: _rotation_down,
}


def up(value: str, site: Site) -> str:
    """The value of a variable that a value of its key says.

    Raises:
        Unfit: A password that cannot be one in 2.0.1.
    """
    return _UP.get(site.key.rule, _copy)(value, site)


def down(value: str, site: Site) -> str:
    """The value of a key that a value of its variable says, of any length.

    Raises:
        Unfit: A password that is too long.
    """
    return _DOWN.get(site.key.rule, _copy)(value, site)


def fitting(value: str, site: Site) -> str | None:
    """A value that was read, as long as 1.6 can hold: a list is cut; None if it cannot be cut."""
    if len(value) <= MOST:
        return value
    short = value[: MOST + 1].rpartition(",")[0] if site.key.is_list else ""
    if not short:
        site.run.dropped(site.place, value, LossReason.TOO_LONG)
        return None
    return site.became(value, short, LossReason.TOO_LONG)


def parts(value: str, site: Site) -> Iterator[tuple[int | None, str]]:
    """The values to write that a value of a key becomes: by connector, None if the station has one.

    Raises:
        Unfit: It is no list of rotations.
    """
    if site.key.rule is not Rule.PHASE_ROTATION:
        yield None, up(value, site)
        return
    try:
        found = rotations(value)
    except ValueError:
        raise Unfit(site.place, value, status="Rejected", code="InvalidValue") from None
    for number, rotation in found.items():
        site.run.approximated(site.place, value, rotation, LossReason.SPLIT)
        yield number, up(rotation, site)
