"""The boot gate: who may call whom before a BootNotification is accepted.

A gate is middleware, which judges the messages of the other side, and `Hooks`, which see our own calls:

    gate = BootGate()
    router.middleware(gate)
    async with serve(router, hooks=[gate]): ...

It is kept beside the router, so a router without one is open: for replays and tests.

Source: OCPP-J 1.6 errata §3.8 and OCPP 1.6 §4.2 (recommended); 2.0.1 and 2.1 part 2 FR.04, B01.FR.10, B02.FR.02,
B02.FR.09, B03.FR.07, B03.FR.08 (required).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

from attrs import define, field

from ocpp_core.dispatch.connection import CallOutcome, ResultReceived
from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.router import Answer, Handle
from ocpp_core.model.bounded import Bounded
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, NoAnswer, OcppError
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.versions import Specification

_log = logger("gate")

_BOOT = "BootNotification"
#: Actions that a station may send because it was asked to; TriggerMessage names the action itself.
_ASKED_FOR: Mapping[str, str] = {"GetBaseReport": "NotifyReport", "GetReport": "NotifyReport"}
_TRIGGERS = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})
#: What TriggerMessage calls otherwise than the action that it triggers.
_TRIGGERED: Mapping[str, str] = {
    "SignChargePointCertificate": "SignCertificate",
    "SignChargingStationCertificate": "SignCertificate",
    "SignV2GCertificate": "SignCertificate",
    "SignV2G20Certificate": "SignCertificate",
    "SignCombinedCertificate": "SignCertificate",
}


class Registration(Enum):
    """What the last BootNotification of a station was answered with."""

    UNKNOWN = None
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


@define
class _Station:
    registration: Registration = Registration.UNKNOWN
    asked_for: set[str] = field(factory=set)

    def book(self, registration: Registration) -> None:
        self.registration = registration
        if self.registration is not Registration.PENDING:
            self.asked_for.clear()


class BootGate(Hooks):
    """For a CSMS: stations that are not accepted get SecurityError for all but BootNotification.

    A station that is Pending may send what it was asked for with TriggerMessage, and since 2.0 the reports that
    GetBaseReport and GetReport ask for. The gate learns of that as the ``hooks`` of the peers.

    What CustomTrigger of 2.1 asks for is the vendor's secret, so that it opens nothing.

    A station need not boot again on a new connection (2.0.1 part 4 §5.3), so an accepted identity stays accepted.

    Identities are kept for that, of stations whose BootNotification a handler has accepted and of no one else. Where a
    handler accepts whoever asks, strangers can fill this and so drive out a station that is silent, so let the
    transport prove who connects. Who is driven out loses little: an open connection stays accepted, and the next one
    has to boot.

    Args:
        each_connection: Every connection has to boot anew.
        max_stations: Identities that stay accepted; the one that was silent longest is forgotten.
    """

    def __init__(self, *, each_connection: bool = False, max_stations: int = 100_000) -> None:
        self._each_connection = each_connection
        self._connections: WeakKeyDictionary[Any, _Station] = WeakKeyDictionary()
        self._accepted: Bounded[str, None] = Bounded(max_stations)

    def registration(self, peer: Any) -> Registration:
        """Of the station at the other side of a connection."""
        return self._station(peer).registration

    def accept(self, identity: str) -> None:
        """Lets a station in that has been accepted before, by an earlier process for instance."""
        self._accepted[identity] = None
        self._accepted.move_to_end(identity)

    def forget(self, identity: str) -> None:
        """The station has to boot again, on its next connection."""
        self._accepted.pop(identity, None)

    async def __call__(self, message: Request[Any] | Notification, peer: Any, handle: Handle) -> Any:
        """As middleware."""
        station = self._station(peer)
        if peer.identity in self._accepted:
            self._accepted.move_to_end(peer.identity)
        action = message.__ocpp__.action
        if action == _BOOT:
            response = await handle(message, peer)
            self._book(peer, _registration(response))
            return response
        is_asked_for = station.registration is Registration.PENDING and action in station.asked_for
        if station.registration is not Registration.ACCEPTED and not is_asked_for:
            raise OcppError(ErrorCode.SECURITY, "BootNotification has not been accepted")
        return await handle(message, peer)

    def call_answered(self, peer: Any, request: Request[Any], answer: Answer, seconds: float) -> None:
        """As `Hooks`: a response to a BootNotification that could not be sent has accepted nobody."""
        if request.__ocpp__.action == _BOOT and isinstance(answer.cause, LocalProtocolError):
            self._book(peer, Registration.UNKNOWN)

    def call_ended(self, peer: Any, request: Request[Any], outcome: CallOutcome, seconds: float) -> None:
        """As `Hooks`: learns what the station is asked for."""
        if isinstance(outcome, ResultReceived):
            self._ask(peer, request, outcome.response)

    def translated(self, peer: Any, direction: str, request: Request[Any], answer: Answer) -> None:
        """As `Hooks`: as middleware it sees messages in the version of the handlers, so what it learns counts there."""
        if direction == "in":
            self.call_answered(peer, request, answer, 0.0)
        elif answer.response is not None:
            self._ask(peer, request, answer.response)

    def _ask(self, peer: Any, request: Request[Any], response: Response) -> None:
        action = request.__ocpp__.action or ""
        if getattr(response, "status", None) != "Accepted":
            return
        if action in _TRIGGERS:
            wanted = str(getattr(request, "requested_message", ""))
            self._station(peer).asked_for.add(_TRIGGERED.get(wanted, wanted))
        elif action in _ASKED_FOR:
            self._station(peer).asked_for.add(_ASKED_FOR[action])

    def _book(self, peer: Any, registration: Registration) -> None:
        self._station(peer).book(registration)
        if registration is Registration.ACCEPTED and not self._each_connection:
            self.accept(peer.identity)
        else:
            self.forget(peer.identity)

    def _station(self, peer: Any) -> _Station:
        station = self._connections.setdefault(peer, _Station())
        if station.registration is Registration.UNKNOWN and peer.identity in self._accepted:
            station.registration = Registration.ACCEPTED
        return station


class StationGate(Hooks):
    """For a station: what a CSMS calls is refused with SecurityError while that has rejected it.

    In 1.6 it draws no answer at all then, and a Central System may not start or stop transactions while it has the
    Charge Point Pending. The gate learns the status as the ``hooks`` of the peer:

        gate = StationGate()
        router.middleware(gate)
        async with connect(url, identity, router, "2.0.1", hooks=[gate]): ...
    """

    def __init__(self) -> None:
        self.registration: Registration = Registration.UNKNOWN
        self._is_heard = False  # nor has anybody been told

    async def __call__(self, message: Request[Any] | Notification, peer: Any, handle: Handle) -> Any:
        """As middleware."""
        if not self._is_heard:
            self._is_heard = True
            _log.warning(
                "a StationGate that is none of the hooks lets everything through: connect(..., hooks=[gate])"
            )
        known: Specification = peer.specification
        if self.registration is Registration.REJECTED:
            refusal = NoAnswer if known.silent_while_rejected else OcppError
            raise refusal(ErrorCode.SECURITY, "the CSMS has rejected this station")
        is_forbidden = message.__ocpp__.action in known.not_while_pending
        if self.registration is Registration.PENDING and is_forbidden:
            raise OcppError(ErrorCode.SECURITY, "not while BootNotification is pending")
        return await handle(message, peer)

    def handling(self, peer: Any, message: Request[Any] | Notification) -> AbstractContextManager[Any]:
        """As `Hooks`."""
        self._is_heard = True
        return super().handling(peer, message)

    def call_ended(self, peer: Any, request: Request[Any], outcome: CallOutcome, seconds: float) -> None:
        """As `Hooks`: learns what the CSMS thinks of this station."""
        if isinstance(outcome, ResultReceived) and request.__ocpp__.action == _BOOT:
            self.registration = _registration(outcome.response)


def _registration(response: Response) -> Registration:
    status = str(getattr(response, "status", ""))
    known = {one.value: one for one in Registration}
    return known.get(status, Registration.UNKNOWN)
