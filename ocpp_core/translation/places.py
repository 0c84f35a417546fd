"""Connectors and EVSEs, idTags and tokens: what 1.6 and 2.0.1 have in most of their messages. See `v16_v201`.

Connector N of 1.6 is EVSE N of 2.0.1, with one connector; 0 is the whole station, which 2.0.1 says with no EVSE.
"""

from string import hexdigits
from typing import Any

from ocpp_core.translation.leaves import alias
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.rules import Fill, Row, drop, field, implied, made, newer
from ocpp_core.translation.runs import At

# Connectors


def zero_is_none(value: Any, at: At) -> Any:
    """The whole station has no EVSE."""
    return value or None


def first_connector(value: Any, at: At) -> None:
    """Of an EVSE, connector 1 is all that 1.6 knows."""
    if value != 1:
        at.dropped(value)


def first_connector_only(status: str | None = None) -> Any:
    """A command for another connector of the EVSE would reach all of them in 1.6, and is refused."""

    def convert(value: Any, at: At) -> None:
        if value != 1:
            raise at.unfit(value, status=status, code="UnsupportedParam")

    return convert


#: The connector of an EVSE, where 2.0.1 requires one: by default an EVSE has one.
CONNECTOR = made(lambda at: 1, LossReason.GUESSED)
#: A connector that may be 0 for the whole station, and an optional EVSE.
STATION_OR_EVSE: dict[str, Any] = {"up": zero_is_none, "fill_down": implied(0)}

# Tokens

#: Bytes of UIDs, in hex digits: 4 or 7 of ISO 14443, 8 of ISO 15693.
_TYPES: dict[int, str] = {8: "ISO14443", 14: "ISO14443", 16: "ISO15693"}
#: Characters of an idTag.
TAG = 20
# See `runs`: an enum takes long to find a member.
_REMEMBERED, _GUESSED = LossReason.REMEMBERED, LossReason.GUESSED


def token(
    older: str, name: str, attribute: str, *, kind: Fill | None = None, keep: bool = False
) -> tuple[Row, ...]:
    """The rows of an idTag and a token.

    Args:
        older: Name of the idTag.
        name: Name of the token.
        attribute: Python name of the token.
        kind: The type of the token, if it is not guessed.
        keep: No alias stands for a token that is too long: a reader of cards cannot produce it.
    """
    source = {"idTag": "id_tag", "parentIdTag": "parent_id_tag"}[older]

    def up(value: Any, at: At) -> Any:
        run = at.run
        known = None if run.memory is None else run.memory.token(value)
        if known is not None:  # the alias of a longer one, or the same in another spelling
            return value if known[0].casefold() == value.casefold() else known[0]
        is_anonymous = kind is None and run.policy.token_type(value) == "NoAuthorization"
        return "" if is_anonymous else value

    def down(value: Any, at: At) -> Any:
        tag = shortened(value, at)
        if at.run.memory is not None:
            at.run.memory.learn(tag, value, str(getattr(at.source, attribute).type))
        return tag

    def shortened(value: Any, at: At) -> Any:
        if value == "" and getattr(at.source, attribute).type == "NoAuthorization":
            return at.approximated(value, at.run.policy.anonymous_id_tag[:TAG], LossReason.REENCODED)
        if len(value) <= TAG:
            return value
        if keep:
            raise at.unfit(value, LossReason.TOO_LONG)
        return at.approximated(value, alias(value, TAG), LossReason.TOO_LONG)

    def type_down(value: Any, at: At) -> None:
        if value != "NoAuthorization" or getattr(at.source, attribute).id_token != "":
            at.dropped(value)

    def type_up(at: At) -> str:
        """As the user says, else as it was before, else by the length: 1.6 does not know it."""
        run, tag = at.run, getattr(at.source, source) or ""
        before = None if run.memory is None else run.memory.token(tag)
        remembered = None if before is None else before[1]
        found = run.policy.token_type(tag) or remembered
        if not found:
            found = _TYPES.get(len(tag))
            if found is None or tag.strip(hexdigits):
                found = "Central"
        run.made(at.place, found, _REMEMBERED if found == remembered else _GUESSED)
        return found

    guessed = Fill(type_up, reason=None)
    return (
        field(older, f"{name}.idToken", up=up, down=down),
        newer(f"{name}.type", down=type_down, fill=kind or guessed),
        newer(f"{name}.additionalInfo", down=drop),
    )


#: A group has no card.
CENTRAL = made(lambda at: "Central", LossReason.GUESSED)
