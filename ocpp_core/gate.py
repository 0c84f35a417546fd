"""The boot gate: who may call whom before a BootNotification is accepted.

A gate is middleware, which judges the calls of the other side, and `Hooks`, which see our own calls:

    gate = BootGate()
    router.middleware(gate)
    async with serve(router, hooks=gate): ...

It is kept beside the router, so a router without one is open: for replays and tests.

Source: OCPP-J 1.6 errata §3.8 and OCPP 1.6 §4.2 (recommended); 2.0.1 and 2.1 part 2 FR.04, B01.FR.10, B02.FR.02,
B02.FR.09, B03.FR.07, B03.FR.08 (required).
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

from attrs import define, field

from ocpp_core.connection import CallOutcome, Event, ResultReceived
from ocpp_core.errors import ErrorCode, OcppError
from ocpp_core.messages import Request, Response
from ocpp_core.peer import Hooks, Peer
from ocpp_core.router import Answer, Handle
from ocpp_core.versions import NOT_WHILE_PENDING

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

    def book(self, response: Response) -> None:
        self.registration = _registration(response)
        if self.registration is not Registration.PENDING:
            self.asked_for.clear()


class _Gate(Hooks):
    """Passes what it hears on to other hooks."""

    def __init__(self, hooks: Hooks | None) -> None:
        self._hooks = hooks or Hooks()

    def frame(self, peer: Peer[Any], direction: str, size: int) -> None:
        self._hooks.frame(peer, direction, size)

    def call_ended(
        self, peer: Peer[Any], request: Request[Any], outcome: CallOutcome, seconds: float
    ) -> None:
        if isinstance(outcome, ResultReceived):
            self._learn(peer, request, outcome.response)
        self._hooks.call_ended(peer, request, outcome, seconds)

    def call_answered(self, peer: Peer[Any], request: Request[Any], answer: Answer, seconds: float) -> None:
        self._hooks.call_answered(peer, request, answer, seconds)

    def event(self, peer: Peer[Any], event: Event) -> None:
        self._hooks.event(peer, event)

    def _learn(self, peer: Any, request: Request[Any], response: Response) -> None:
        raise NotImplementedError


class BootGate(_Gate):
    """For a CSMS: stations that are not accepted get SecurityError for all but BootNotification.

    A station that is Pending may send what it was asked for with TriggerMessage, and since 2.0 the reports that
    GetBaseReport and GetReport ask for. The gate learns of that as the ``hooks`` of the peers.

    A station need not boot again on a new connection (2.0.1 part 4 §5.3), so an accepted identity stays accepted.

    Args:
        each_connection: Every connection has to boot anew.
        hooks: To be told what the gate is told.
    """

    def __init__(self, *, each_connection: bool = False, hooks: Hooks | None = None) -> None:
        super().__init__(hooks)
        self._each_connection = each_connection
        self._connections: WeakKeyDictionary[Any, _Station] = WeakKeyDictionary()
        self._accepted: set[str] = set()

    def registration(self, peer: Any) -> Registration:
        """Of the station at the other side of a connection."""
        return self._station(peer).registration

    def accept(self, identity: str) -> None:
        """Lets a station in that has been accepted before, by an earlier process for instance."""
        self._accepted.add(identity)

    def forget(self, identity: str) -> None:
        """The station has to boot again, on its next connection."""
        self._accepted.discard(identity)

    async def __call__(self, request: Request[Any], peer: Any, handle: Handle) -> Response:
        """As middleware."""
        station = self._station(peer)
        action = request.__ocpp__.action
        if action == _BOOT:
            response = await handle(request, peer)
            station.book(response)
            if station.registration is Registration.ACCEPTED and not self._each_connection:
                self._accepted.add(peer.identity)
            else:
                self._accepted.discard(peer.identity)
            return response
        is_asked_for = station.registration is Registration.PENDING and action in station.asked_for
        if station.registration is not Registration.ACCEPTED and not is_asked_for:
            raise OcppError(ErrorCode.SECURITY, "BootNotification has not been accepted")
        return await handle(request, peer)

    def _learn(self, peer: Any, request: Request[Any], response: Response) -> None:
        action = request.__ocpp__.action or ""
        if getattr(response, "status", None) != "Accepted":
            return
        if action in _TRIGGERS:
            wanted = str(getattr(request, "requested_message", ""))
            self._station(peer).asked_for.add(_TRIGGERED.get(wanted, wanted))
        elif action in _ASKED_FOR:
            self._station(peer).asked_for.add(_ASKED_FOR[action])

    def _station(self, peer: Any) -> _Station:
        station = self._connections.get(peer)
        if station is None:
            is_known = peer.identity in self._accepted
            station = _Station(Registration.ACCEPTED if is_known else Registration.UNKNOWN)
            self._connections[peer] = station
        return station


class StationGate(_Gate):
    """For a station: a CSMS that has rejected it gets SecurityError for every call, until it accepts.

    (1.6 wants silence in place of an answer, which would leave the CSMS waiting; we answer.) In 1.6 a Central System
    may not start or stop transactions while it has the Charge Point Pending. The gate learns the status as
    the ``hooks`` of the peer.

    Args:
        hooks: To be told what the gate is told.
    """

    def __init__(self, *, hooks: Hooks | None = None) -> None:
        super().__init__(hooks)
        self.registration: Registration = Registration.UNKNOWN

    async def __call__(self, request: Request[Any], peer: Any, handle: Handle) -> Response:
        """As middleware."""
        definition = request.__ocpp__
        if self.registration is Registration.REJECTED:
            raise OcppError(ErrorCode.SECURITY, "the CSMS has rejected this station")
        forbidden = NOT_WHILE_PENDING.get(definition.version, frozenset())
        if self.registration is Registration.PENDING and definition.action in forbidden:
            raise OcppError(ErrorCode.SECURITY, "not while BootNotification is pending")
        return await handle(request, peer)

    def _learn(self, peer: Any, request: Request[Any], response: Response) -> None:
        if request.__ocpp__.action == _BOOT:
            self.registration = _registration(response)


def _registration(response: Response) -> Registration:
    status = str(getattr(response, "status", ""))
    known = {one.value: one for one in Registration}
    return known.get(status, Registration.UNKNOWN)
