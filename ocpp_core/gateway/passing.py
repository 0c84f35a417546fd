"""What passes through a gateway, for whoever looks on."""

import logging
from typing import Any

from attrs import frozen

from ocpp_core.gateway.backends import Backend
from ocpp_core.model.errors import OcppError
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.translation.losses import Loss, Note, losses_in
from ocpp_core.translation.lost import worded
from ocpp_core.translation.missing import Missing
from ocpp_core.translation.sessions.effects import Side

_log = logger("losses")


@frozen(eq=False)
class Passed:
    """One message of a side, and what became of it.

    Attributes:
        identity: Of the station.
        backend: That is at the other end.
        side: Who has sent it.
        message: In the version of its sender; None if the session has sent something by itself.
        sent: To the other end for it, in the version of that; empty if it was answered here.
        answer: In the version of the sender; None if there is none to be.
        notes: The losses of both ways, before they are put into words.
        seconds: From when it came to its answer.
        missing: What it has shown not to have come.
    """

    identity: str
    backend: Backend
    side: Side
    message: Request[Any] | Notification | None
    sent: tuple[Request[Any] | Notification, ...]
    answer: Response | OcppError | None
    notes: tuple[Note, ...]
    seconds: float
    missing: tuple[Missing, ...] = ()

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Of both ways. They are put into words whenever they are asked for, which takes time for very many."""
        return losses_in(self.notes)


def log_losses(passed: Passed) -> None:
    """Writes what was lost, without the values; and what has not come."""
    for one in passed.missing:
        _log.warning("%s: %s", named(passed.identity), one)
    if not passed.notes or not _log.isEnabledFor(logging.INFO):
        return
    losses, more = worded(passed.notes)
    what = passed.message or next(iter(passed.sent), None)
    name = "" if what is None else f"{what.__ocpp__.version} {what.__ocpp__.action}"
    who = named(passed.identity)
    for loss in losses:
        _log.info("%s: %s: %s %s (%s)", who, name, loss.kind, loss.path, loss.reason)
    if more:
        _log.info("%s: %s: %d more", who, name, more)
