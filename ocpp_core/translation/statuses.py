"""Statuses that lose their reason on the way to 2.0.1, which says it beside them."""

from collections.abc import Callable, Mapping
from typing import Any

from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.runs import At, ByHand


def explained(
    status: str, reasons: Mapping[str, str], *, info: str = "status_info", wire: str = "statusInfo"
) -> Callable[[dict[str, Any], At], None]:
    """Writes the reason beside a status that has lost it.

    Args:
        status: Attribute of the status in the source.
        reasons: Reason codes by the token of the source.
        info: Attribute of the target that holds the reason.
        wire: Its name on the wire.
    """

    def last(members: dict[str, Any], at: At) -> None:
        reason = reasons.get(getattr(at.source, status))
        if reason is not None:
            members[info] = at.run.way.value_class("StatusInfo")(reason_code=reason)
            at.run.made((at.place, "", wire), reason, LossReason.SPLIT)

    return last


def restored(info: str, reasons: Mapping[str, str]) -> ByHand:
    """The status that the source of `explained` has for the reason beside it."""
    tokens = {reason: token for token, reason in reasons.items()}

    def convert(value: Any, at: At) -> Any:
        found = getattr(at.source, info)
        return tokens.get(found.reason_code, value) if value == "Rejected" and found is not None else value

    return convert


def unless_restored(status: str, reasons: Mapping[str, str]) -> ByHand:
    """Of a reason that became a status nothing is lost but what else is said."""

    def convert(value: Any, at: At) -> None:
        if getattr(at.source, status) != "Rejected" or value.reason_code not in reasons.values():
            at.dropped(value)
            return
        for name, part in (("additionalInfo", value.additional_info), ("customData", value.custom_data)):
            if part is not None:
                at.run.dropped((at.place, name, ""), part)

    return convert
