"""A CSMS of every version for `serve` and `demo`: it accepts every station, token and transaction, and keeps count."""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ocpp_core.conformance.answers import Answer, registering, reply, text
from ocpp_core.dispatch.router import Caller, Router
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
#: Starts of transactions that are remembered, of all stations: the last ones.
_REMEMBERED = 1000


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
        self._starts: dict[bytes, Response] = {}
        self._answers: Mapping[str, Answer] = registering(interval)
        self.router.on_any(self._answer)

    def _answer(self, request: Request[Any] | Notification, peer: Caller) -> Response | None:
        action = request.__ocpp__.action or ""
        self.received[action] += 1
        if isinstance(request, Notification):
            return None
        members = plain(request)
        start = b""
        if action == "StartTransaction":
            # A station whose answer was lost asks again with the same words: that is no second transaction.
            start = sha256(repr((peer.identity, members)).encode()).digest()
            if start in self._starts:
                return self._starts[start]
        mark = _MARKS.get((action, text(members, "eventType")))
        if mark is not None:
            self.transactions[mark] += 1
        response = reply(request, self._answers.get(action, {}))
        if start:
            self._starts[start] = response
            if len(self._starts) > _REMEMBERED:
                del self._starts[next(iter(self._starts))]
        return response
