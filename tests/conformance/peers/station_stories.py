"""What stations and the CSMS say to each other, written down for rules that are judged over all that was said.

Nothing of it was ever on a wire.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from ocpp_core.conformance.hearing import Heard
from ocpp_core.conformance.learning import Learned
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.requests import request, response
from ocpp_core.conformance.rules import rules
from ocpp_core.conformance.runner import load_checks
from ocpp_core.conformance.traces import Direction, Trace, What
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Specification, Wire

Json = dict[str, Any]

load_checks()

#: When a story begins, on the clock of the station.
_BEGAN = datetime(2026, 1, 31, 12, tzinfo=UTC)
#: Seconds that a message takes.
_MOMENT = 0.05
#: What an event of a transaction says of that, and not of itself.
_OF_TRANSACTION = ("chargingState", "stoppedReason", "tariffId", "transactionLimit")


@frozen
class _Line:
    """What happened at a moment: a message that a version writes if it knows its action, or else a text."""

    at: float
    direction: Direction
    what: What
    action: str
    write: Callable[[Specification], str]


@frozen
class Story:
    """What a registered station and its CSMS have said; all of it is right unless a caller makes it wrong.

    A story is never changed: each method gives a longer one. It is told in any version: that leaves out the messages
    and members that it does not have.

    Attributes:
        id: Of every call; "" for one of its own each.
        at: Seconds since it began.
    """

    id: str = ""
    at: float = 0.0
    _lines: tuple[_Line, ...] = ()
    _events: tuple[str, ...] = ()
    _asked: tuple[str, str] = "", ""

    # Time and connections

    def waits(self, seconds: float) -> "Story":
        """Nothing is said for a while."""
        return evolve(self, at=self.at + seconds)

    def time(self, ago: float = 0.0) -> str:
        """Now, or a while ago, on the clock of the station."""
        moment = _BEGAN + timedelta(seconds=self.at - ago)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def loses(
        self, code: str = "1001", *, seconds: float = 1.0, by: Direction = Direction.RECEIVED
    ) -> "Story":
        """The station, or the CSMS, ends the connection; the station comes again after a while."""
        ended = self._add(by, What.CLOSED, "", lambda _: code)
        return ended.waits(seconds - _MOMENT)._add(Direction.RECEIVED, What.OPENED, "", lambda _: "again")

    def _add(
        self, direction: Direction, what: What, action: str, write: Callable[[Specification], str]
    ) -> "Story":
        line = _Line(self.at, direction, what, action, write)
        return evolve(self, at=self.at + _MOMENT, lines=(*self._lines, line))

    def _says(
        self, direction: Direction, action: str, frame: Callable[[Specification], list[Any]]
    ) -> "Story":
        return self._add(direction, What.MESSAGE, action, lambda known: json.dumps(frame(known)))

    # Messages

    def asked(self, action: str, members: Json) -> "Story":
        """The CSMS asks."""
        id = self.id or f"kit-{len(self._lines)}"
        story = self._says(
            Direction.SENT, action, lambda known: [2, id, action, request(known, action, members)]
        )
        return evolve(story, asked=(id, action))

    def answers(self, result: Json | str) -> "Story":
        """The station answers what it was asked last: by a result, or by the code of an error."""
        id, action = self._asked
        if isinstance(result, str):
            return self._says(Direction.RECEIVED, action, lambda _: [4, id, result, "", {}])
        return self._says(Direction.RECEIVED, action, lambda known: [3, id, response(known, action, result)])

    def asks(self, action: str, members: Json, result: Json | str) -> "Story":
        """The CSMS asks, and the station answers."""
        return self.asked(action, members).answers(result)

    def tells(
        self, action: str, members: Json | None = None, result: Json | None = None, *, ago: float = 0.0
    ) -> "Story":
        """The station tells something, of a while ago; the CSMS answers.

        A member that versions write otherwise inside is a function of the version.
        """
        id = self.id or f"station-{len(self._lines)}"
        told = {"timestamp": self.time(ago), "generatedAt": self.time(), **(members or {})}

        def written(known: Specification) -> list[Any]:
            here = {name: value(known) if callable(value) else value for name, value in told.items()}
            return [2, id, action, request(known, action, here)]

        story = self._says(Direction.RECEIVED, action, written)
        return story._says(Direction.SENT, action, lambda known: [3, id, response(known, action, result)])

    def sends(self, action: str, members: Json) -> "Story":
        """The station sends something that is not answered."""
        id = self.id or f"station-{len(self._lines)}"
        return self._says(
            Direction.RECEIVED, action, lambda known: [6, id, action, request(known, action, members)]
        )

    def says(self, *frame: Any) -> "Story":
        """The station says exactly this, in any version."""
        return self._says(Direction.RECEIVED, "", lambda _: list(frame))

    def spoils(self, text: str) -> "Story":
        """The CSMS says something that is no JSON,."""
        return self._add(Direction.SENT, What.MESSAGE, "", lambda _: text)

    # What is said often

    def has(self, component: str, variable: str, value: str, instance: str | None = None) -> "Story":
        """The station is asked for a variable."""
        named = place(component, variable)
        if instance is not None:
            named["variable"]["instance"] = instance
        row = {**named, "attributeStatus": "Accepted", "attributeValue": value}
        return self.asks("GetVariables", {"getVariableData": [named]}, {"getVariableResult": [row]})

    def sets(self, component: str, variable: str, value: str, status: str = "Accepted") -> "Story":
        """The station is told to set a variable."""
        named = place(component, variable)
        wanted, row = {**named, "attributeValue": value}, {**named, "attributeStatus": status}
        return self.asks("SetVariables", {"setVariableData": [wanted]}, {"setVariableResult": [row]})

    def status(self, **members: Any) -> "Story":
        """The station tells the status of a connector."""
        told = {"evseId": 1, "connectorId": 1, "connectorStatus": "Occupied", **members}
        return self.tells("StatusNotification", told)

    def boots(self, reason: str = "PowerUp", status: str = "Accepted") -> "Story":
        """The station boots, and is answered so."""
        return self.tells("BootNotification", {"reason": reason}, {"status": status})

    def event(
        self,
        kind: str,
        trigger: str,
        *samples: Json,
        id: str = "transaction-1",
        ago: float = 0.0,
        answer: Json | None = None,
        **members: Any,
    ) -> "Story":
        """An event of a transaction; members of what it tells of it stand beside its own, and None leaves one out."""
        told_of_it = {name: members.pop(name) for name in _OF_TRANSACTION if name in members}
        info = {name: value for name, value in told_of_it.items() if value is not None}
        reading = {"timestamp": self.time(ago), "sampledValue": list(samples)}
        told = {
            "eventType": kind,
            "triggerReason": trigger,
            "seqNo": self._events.count(id),
            "transactionInfo": {"transactionId": id, **info},
            "evse": {"id": 1, "connectorId": 1},
            "idToken": token() if trigger == "Authorized" else None,
            "meterValue": [reading] if samples else None,
            **members,
        }
        return evolve(self.tells("TransactionEvent", told, answer, ago=ago), events=(*self._events, id))

    def begins(self, **members: Any) -> "Story":
        """A transaction begins, and charges."""
        return self.event("Started", "Authorized", chargingState="Charging", **members)

    def plugs(self) -> "Story":
        """A transaction begins, for which nobody has shown a token."""
        return self.event("Started", "CablePluggedIn")

    def updates(self, trigger: str, *samples: Json, **members: Any) -> "Story":
        """It goes on."""
        return self.event("Updated", trigger, *samples, **members)

    def ends(self, trigger: str, *samples: Json, **members: Any) -> "Story":
        """It ends."""
        return self.event("Ended", trigger, *samples, **members)

    def monitors(
        self, type: str, value: float = 10, severity: int = 5, id: int = 1, **members: Any
    ) -> "Story":
        """A monitor of the power is set."""
        wanted = {**place("Meter", "Power"), "type": type, "value": value, "severity": severity, **members}
        row = {**place("Meter", "Power"), "type": type, "severity": severity, "status": "Accepted", "id": id}
        return self.asks(
            "SetVariableMonitoring", {"setMonitoringData": [wanted]}, {"setMonitoringResult": [row]}
        )

    def notices(self, trigger: str, value: str, *, ago: float = 0.0, **members: Any) -> "Story":
        """A monitor tells an event."""
        event = {
            "eventId": len(self._lines),
            "timestamp": self.time(ago),
            "trigger": trigger,
            "actualValue": value,
            "eventNotificationType": "CustomMonitor",
            "variableMonitoringId": 1,
            **place("Meter", "Power"),
            **members,
        }
        severity = {} if "severity" in members else {"severity": 5}

        def data(known: Specification) -> list[Json]:
            return [{**event, **severity} if "NotifyPeriodicEventStream" in known.actions else event]

        return self.tells("NotifyEvent", {"seqNo": 0, "eventData": data})

    # Who listens

    def heard(self, version: str, before: Learned | None = None) -> Heard:
        """What is heard of it, by who knew something before."""
        known, trace = specification(version), Trace()
        for line in self._lines:
            if not line.action or line.action in known.actions:
                trace.add(line.at, line.direction, line.what, line.write(known))
        return Heard(
            trace, known, Role.CHARGE_POINT, Wire.JSON, was_registered=True, before=before or Learned()
        )

    @property
    def actions(self) -> set[str]:
        """The actions of its messages."""
        return {line.action for line in self._lines} - {""}


@frozen
class Stories:
    """Stories that a rule of stations is about, by what they are in a few words.

    Attributes:
        rule: Its id; they are told in each version that it binds and that has what they tell.
        broken: They have one fault: they break this rule, and no other.
        kept: It is seen to be kept in them, and no rule is broken.
        odd: They might mislead, and break no rule.
        versions: Those that have what they tell; of other versions stations are heard by the same judges.
    """

    rule: str
    broken: Mapping[str, Story] = {}
    kept: Mapping[str, Story] = {}
    odd: Mapping[str, Story] = {}
    versions: frozenset[str] = frozenset({"1.6", "2.0.1", "2.1"})


def broken(heard: Heard) -> dict[str, str]:
    """All rules that are broken in what was heard of a station, and how."""
    return {
        rule: str(seen)
        for rule, judge in OVERHEARD.items()
        if rules()[rule].binds(Role.CHARGE_POINT, heard.specification.version, Wire.JSON)
        for seen in judge(heard)
        if seen is not None
    }


def place(component: str, variable: str, **members: Any) -> Json:
    """A variable, and what is said of it."""
    return {"component": {"name": component}, "variable": {"name": variable}, **members}


def token(who: str = "GOOD0001") -> Json:
    """Who charges."""
    return {"idToken": who, "type": "ISO14443"}


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
