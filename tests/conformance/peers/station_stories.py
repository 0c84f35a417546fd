"""Conversations with a station that are written down here, for rules that are judged over what was said."""

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from ocpp_core.conformance.hearing import Heard
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.requests import is_first, request, response
from ocpp_core.conformance.rules import rules
from ocpp_core.conformance.runner import load_checks
from ocpp_core.conformance.traces import Direction, Trace, What
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Wire

Json = dict[str, Any]

load_checks()

#: By which the clock of the station is before that of the trace.
_BEGAN = datetime(2026, 1, 31, 12, tzinfo=UTC)
#: Seconds that a message takes.
_MOMENT = 0.05


class Story:
    """What was said so far, by a station that is registered; all of it is right unless a caller makes it wrong."""

    def __init__(self, version: str, *, ids: Iterator[int] | None = None) -> None:
        self.specification = specification(version)
        self.is_first = is_first(self.specification)
        self.trace = Trace()
        self.at = 0.0
        self._ids = ids or itertools.count(1)
        self._numbers: dict[str, itertools.count[int]] = {}

    # Time and connections

    def waits(self, seconds: float) -> "Story":
        """Nothing is said for a while."""
        self.at += seconds
        return self

    def time(self, ago: float = 0.0) -> str:
        """Now, or a while ago, on the clock of the station."""
        moment = _BEGAN + timedelta(seconds=self.at - ago)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def loses(self, code: str = "1001", *, seconds: float = 1.0) -> "Story":
        """The station ends the connection, and comes again after a while."""
        self._add(Direction.RECEIVED, What.CLOSED, code)
        self.at += seconds
        return self._add(Direction.RECEIVED, What.OPENED, "again")

    def _add(self, direction: Direction, what: What, text: str) -> "Story":
        self.trace.add(self.at, direction, what, text)
        self.at += _MOMENT
        return self

    def _says(self, direction: Direction, *frame: Any) -> "Story":
        return self._add(direction, What.MESSAGE, json.dumps(frame))

    # Messages

    def asks(
        self,
        action: str,
        members: Json,
        result: Json | str,
        before: Callable[[], object] | None = None,
    ) -> "Story":
        """The CSMS asks; the station answers by a result, or by the code of an error; it may do something before."""
        id = f"kit-{next(self._ids)}"
        self._says(Direction.SENT, 2, id, action, request(self.specification, action, members))
        if before is not None:
            before()
        if isinstance(result, str):
            return self._says(Direction.RECEIVED, 4, id, result, "", {})
        return self._says(Direction.RECEIVED, 3, id, response(self.specification, action, result))

    def tells(self, action: str, members: Json, result: Json | None = None) -> "Story":
        """The station tells something; the CSMS answers."""
        id = f"station-{next(self._ids)}"
        self._says(Direction.RECEIVED, 2, id, action, request(self.specification, action, members))
        return self._says(Direction.SENT, 3, id, response(self.specification, action, result or {}))

    # What is told often

    def has(self, component: str, variable: str, value: str) -> "Story":
        """The station is asked for a variable."""
        named = {"component": {"name": component}, "variable": {"name": variable}}
        row = {**named, "attributeStatus": "Accepted", "attributeValue": value}
        return self.asks("GetVariables", {"getVariableData": [named]}, {"getVariableResult": [row]})

    def status(self, **members: Any) -> "Story":
        """The station tells the status of a connector."""
        told = {"evseId": 1, "connectorId": 1, "connectorStatus": "Occupied", "timestamp": self.time()}
        members = {**told, **members}
        return self.tells("StatusNotification", members)

    def boots(self, reason: str, status: str = "Accepted") -> "Story":
        """The station boots, and is answered so."""
        return self.tells("BootNotification", {"reason": reason}, {"status": status})

    def event(
        self,
        kind: str,
        trigger: str,
        *samples: Json,
        id: str = "transaction-1",
        ago: float = 0.0,
        **members: Any,
    ) -> "Story":
        """An event of a transaction; members of what it tells of it stand beside its own, and None leaves one out."""
        within = {name: members.pop(name, None) for name in ("chargingState", "stoppedReason")}
        info = {"transactionId": id, **{name: value for name, value in within.items() if value is not None}}
        reading = {"timestamp": self.time(ago), "sampledValue": list(samples)}
        is_due = trigger == "Authorized"
        told = {
            "eventType": kind,
            "triggerReason": trigger,
            "seqNo": next(self._numbers.setdefault(id, itertools.count())),
            "timestamp": self.time(ago),
            "transactionInfo": info,
            "evse": {"id": 1, "connectorId": 1},
            "idToken": {"idToken": "GOOD0001", "type": "ISO14443"} if is_due else None,
            "meterValue": [reading] if samples else None,
            **members,
        }
        return self.tells("TransactionEvent", told)

    def monitors(self, type: str, value: float = 10, severity: int = 5, id: int = 1) -> "Story":
        """A monitor of the power is set."""
        named = {"component": {"name": "Meter"}, "variable": {"name": "Power"}}
        wanted = {**named, "type": type, "value": value, "severity": severity}
        row = {**named, "type": type, "severity": severity, "status": "Accepted", "id": id}
        return self.asks(
            "SetVariableMonitoring", {"setMonitoringData": [wanted]}, {"setMonitoringResult": [row]}
        )

    def notices(self, trigger: str, value: str, *, ago: float = 0.0, **members: Any) -> "Story":
        """A monitor tells an event."""
        event = {
            "eventId": next(self._ids),
            "timestamp": self.time(ago),
            "trigger": trigger,
            "actualValue": value,
            "eventNotificationType": "CustomMonitor",
            "variableMonitoringId": 1,
            "component": {"name": "Meter"},
            "variable": {"name": "Power"},
            **members,
        }
        return self.tells(
            "NotifyEvent", {"generatedAt": self.time(), "seqNo": 0, "tbc": False, "eventData": [event]}
        )

    def found(self) -> set[str]:
        """The rules that are broken in it."""
        known = self.specification
        heard = Heard(self.trace, known, Role.CHARGE_POINT, Wire.JSON, was_registered=True)
        return {
            rule
            for rule, judge in OVERHEARD.items()
            if rules()[rule].binds(Role.CHARGE_POINT, known.version, Wire.JSON)
            if any(seen is not None for seen in judge(heard))
        }

    def kept(self, rule: str) -> bool:
        """Whether a rule is seen to be kept in it: to the end, and at least once."""
        heard = Heard(self.trace, self.specification, Role.CHARGE_POINT, Wire.JSON, was_registered=True)
        return {None} == set(OVERHEARD[rule](heard))


def sample(context: str | None = None, *, is_signed: bool = False, measurand: str | None = None) -> Json:
    """A value of the meter."""
    signed = {
        "signedMeterData": "AA==",
        "signingMethod": "ECDSA",
        "encodingMethod": "OCMF",
        "publicKey": "AA==",
    }
    told = {"context": context, "measurand": measurand, "signedMeterValue": signed if is_signed else None}
    return {"value": 1000, **{name: value for name, value in told.items() if value is not None}}
