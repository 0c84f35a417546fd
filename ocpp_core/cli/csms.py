"""A CSMS of every version for `serve` and `demo`: it accepts every station, token and transaction, and keeps count."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ocpp_core.conformance.answers import Answer, registering, reply, text
from ocpp_core.dispatch.router import Router
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.versions import Role
from ocpp_core.payloads.binding import plain

#: What begins and ends a transaction: an action, and in 2.x the eventType of its TransactionEvent.
_MARKS = {
    ("StartTransaction", ""): "started",
    ("StopTransaction", ""): "ended",
    ("TransactionEvent", "Started"): "started",
    ("TransactionEvent", "Ended"): "ended",
}


class Csms:
    """The handlers, and what they have seen.

    Attributes:
        router: To be served.
        received: Requests by action.
        transactions: Of all stations that have been started, and how many of them have ended.
    """

    def __init__(self, *, interval: int = 300) -> None:
        self.router: Router = Router(receives=Role.CSMS)
        self.received: Counter[str] = Counter()
        self.transactions: Counter[str] = Counter()
        self._answers: Mapping[str, Answer] = registering(interval)
        self.router.on_any(self._answer)

    def _answer(self, request: Request[Any] | Notification, _: Any) -> Response | None:
        action = request.__ocpp__.action or ""
        self.received[action] += 1
        mark = _MARKS.get((action, text(plain(request), "eventType")))
        if mark is not None:
            self.transactions[mark] += 1
        return None if isinstance(request, Notification) else reply(request, self._answers.get(action, {}))
