"""A CSMS of every version for `serve` and `demo`: it accepts everyone and everything, and keeps count.

Payloads are written as they stand on the wire, so that one table serves all versions.
"""

from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import Any

from ocpp_core.dispatch.router import Router
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError, PayloadError
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Version
from ocpp_core.payloads.conversion import from_wire

#: What the seconds between heartbeats are called, where that is not "interval".
_INTERVAL = {"1.2": "heartbeatInterval", "1.5": "heartbeatInterval"}


def every(action: str) -> list[Any]:
    """The request classes of an action, of all versions that have it."""
    known = [specification(version) for version in Version]
    return [one.request(action) for one in known if action in one.actions]


def reply(request: Request[Any], payload: dict[str, Any]) -> Response:
    """The response to a request, in its version.

    Raises:
        PayloadError: It does not allow this payload.
    """
    definition = request.__ocpp__
    cls: type[Response] = specification(definition.version).response(definition.action or "")
    return from_wire(cls, payload)


def timestamp() -> str:
    """This moment, as it is written on the wire."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
        self._interval = interval
        self._ids = count(1)
        on = self.router.on
        on(*every("BootNotification"))(self._boot)
        on(*every("Heartbeat"))(lambda request, _: reply(request, {"currentTime": timestamp()}))
        on(*every("Authorize"))(lambda request, _: reply(request, _accepted(request)))
        on(*every("StartTransaction"))(self._start)
        on(*every("StopTransaction"))(self._stop)
        on(*every("TransactionEvent"))(self._transaction)
        on(*every("DataTransfer"))(lambda request, _: reply(request, {"status": "UnknownVendorId"}))
        self.router.on_any(self._anything)
        self.router.middleware(self._count)

    def _boot(self, request: Any, _: Any) -> Response:
        interval = _INTERVAL.get(request.__ocpp__.version, "interval")
        return reply(request, {"status": "Accepted", "currentTime": timestamp(), interval: self._interval})

    def _start(self, request: Any, _: Any) -> Response:
        self.transactions["started"] += 1
        return reply(request, {"transactionId": next(self._ids), **_accepted(request)})

    def _stop(self, request: Any, _: Any) -> Response:
        self.transactions["ended"] += 1
        return reply(request, {})

    def _transaction(self, request: Any, _: Any) -> Response:
        if request.event_type != "Updated":
            self.transactions[request.event_type.lower()] += 1
        return reply(request, _accepted(request) if request.id_token else {})

    def _anything(self, request: Any, _: Any) -> Response | None:
        """What only informs is answered by an empty response; nothing else is supported."""
        if isinstance(request, Notification):
            return None
        try:
            return reply(request, {})
        except PayloadError:
            raise OcppError(ErrorCode.NOT_SUPPORTED) from None

    async def _count(self, request: Request[Any], peer: Any, handle: Any) -> Response:
        self.received[request.__ocpp__.action or ""] += 1
        response: Response = await handle(request, peer)
        return response


def _accepted(request: Request[Any]) -> dict[str, Any]:
    is_old = hasattr(request, "id_tag")
    return {"idTagInfo" if is_old else "idTokenInfo": {"status": "Accepted"}}
