"""Uploads of logs, which 1.x knows as diagnostics: what the steps about them have in common."""

from typing import Any

from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.rules import NEW_ID, Row, default, field, made, newer
from ocpp_core.translation.runs import At, ByHand


def _diagnostics_only(value: Any, at: At) -> None:
    """GetDiagnostics asks for the diagnostics log, and for no other."""
    if value != "DiagnosticsLog":
        raise at.unfit(value, code="UnsupportedParam")


def _accepted_if_file(at: At) -> Any:
    return "Rejected" if at.source.file_name is None else "Accepted"


def _file_if_accepted(value: Any, at: At) -> Any:
    """A file name says that there will be a file."""
    if at.source.status in ("Accepted", "AcceptedCanceled"):
        return value
    at.dropped(value)
    return None


#: GetDiagnostics and GetLog.
REQUEST = (
    field("location", "log.remoteLocation"),
    field("startTime", "log.oldestTimestamp"),
    field("stopTime", "log.latestTimestamp"),
    newer("logType", down=_diagnostics_only, fill=default("DiagnosticsLog")),
    newer("requestId", fill=NEW_ID),
)


def response(up: ByHand | None = None) -> tuple[Row, ...]:
    """Their responses; `up` converts the name of the file."""
    return (
        field("fileName", "filename", up=up, down=_file_if_accepted),
        newer("status", fill=made(_accepted_if_file, LossReason.GUESSED)),
    )
