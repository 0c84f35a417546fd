"""Text that is cut to what the target holds, where its name alone does not say that it may be."""

from typing import Any

from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.runs import At, ByHand


def cut(limit: int) -> ByHand:
    """The beginning."""

    def convert(value: Any, at: At) -> Any:
        return value if len(value) <= limit else at.approximated(value, value[:limit], LossReason.TOO_LONG)

    return convert


def cut_list(limit: int) -> ByHand:
    """The beginning of a value that may be a list: it ends with a whole item."""

    def convert(value: Any, at: At) -> Any:
        if len(value) <= limit:
            return value
        short = value[:limit]
        if value[limit] != ",":
            short = short.rpartition(",")[0] or short
        return at.approximated(value, short, LossReason.TOO_LONG)

    return convert
