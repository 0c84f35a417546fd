"""An ordinary day of a station and its CSMS, as it stands on the wire, for peers of other makers; who watches it."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from ocpp_core.cli.station import Simulator
from ocpp_core.dispatch.connection import CallReceived, Event, NotificationReceived, ResultReceived
from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.router import Caller
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Request
from ocpp_core.model.specifications import specification
from ocpp_core.payloads.conversion import from_wire

#: As Python's isoformat() writes a moment: six digits after the second, and no Z.
SIX_DIGITS = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC).isoformat()

Turn = tuple[str, dict[str, Any]]

_ACCEPTED: dict[str, Any] = {"status": "Accepted"}
_TOKEN = {"idToken": "04A2B3C4", "type": "ISO14443"}
_CLOCK = {"component": {"name": "ClockCtrlr"}, "variable": {"name": "DateTime"}}
_HEARTBEAT_VARIABLE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}


def _first(time: str) -> list[Turn]:
    """What a station of 1.6 says."""
    reading = {"timestamp": time, "sampledValue": [{"value": "12.5", "unit": "kWh"}]}
    return [
        ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}),
        ("Heartbeat", {}),
        (
            "StatusNotification",
            {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": time},
        ),
        ("Authorize", {"idTag": "04A2B3C4"}),
        ("StartTransaction", {"connectorId": 1, "idTag": "04A2B3C4", "meterStart": 0, "timestamp": time}),
        ("MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": [reading]}),
        ("StopTransaction", {"transactionId": 1, "meterStop": 12500, "timestamp": time, "reason": "Local"}),
        ("DataTransfer", {"vendorId": "V", "messageId": "M", "data": "any text"}),
    ]


def _second(time: str) -> list[Turn]:
    """What a station of 2.0.1 or 2.1 says."""

    def event(type: str, trigger: str, number: int) -> Turn:
        reading = {"timestamp": time, "sampledValue": [{"value": 12.5 * number}]}
        return "TransactionEvent", {
            "eventType": type,
            "timestamp": time,
            "triggerReason": trigger,
            "seqNo": number,
            "transactionInfo": {"transactionId": "TX-1"},
            "evse": {"id": 1, "connectorId": 1},
            "idToken": _TOKEN,
            "meterValue": [reading],
        }

    return [
        (
            "BootNotification",
            {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}},
        ),
        ("Heartbeat", {}),
        (
            "StatusNotification",
            {"timestamp": time, "connectorStatus": "Available", "evseId": 1, "connectorId": 1},
        ),
        ("Authorize", {"idToken": _TOKEN}),
        event("Started", "Authorized", 0),
        event("Updated", "MeterValuePeriodic", 1),
        event("Ended", "StopAuthorized", 2),
        ("DataTransfer", {"vendorId": "V", "messageId": "M", "data": {"any": ["JSON", 1]}}),
    ]


_FIRST_ASKED: list[Turn] = [
    ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
    ("RemoteStartTransaction", {"idTag": "04A2B3C4", "connectorId": 1}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ("ChangeAvailability", {"connectorId": 1, "type": "Operative"}),
    ("UnlockConnector", {"connectorId": 1}),
    ("Reset", {"type": "Soft"}),
]
_SECOND_ASKED: list[Turn] = [
    ("GetVariables", {"getVariableData": [_CLOCK]}),
    ("SetVariables", {"setVariableData": [{**_HEARTBEAT_VARIABLE, "attributeValue": "300"}]}),
    ("RequestStartTransaction", {"evseId": 1, "remoteStartId": 7, "idToken": _TOKEN}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ("ChangeAvailability", {"operationalStatus": "Operative"}),
    ("UnlockConnector", {"evseId": 1, "connectorId": 1}),
    ("Reset", {"type": "OnIdle"}),
]

VERSIONS = ("1.6", "2.0.1", "2.1")


def said_by_station(version: str, time: str = SIX_DIGITS) -> list[Turn]:
    return _first(time) if version == "1.6" else _second(time)


def said_by_csms(version: str) -> list[Turn]:
    return _FIRST_ASKED if version == "1.6" else _SECOND_ASKED


def answers_of_csms(version: str, time: str = SIX_DIGITS) -> dict[str, Any]:
    """What a CSMS of another maker answers, by action."""
    common = {
        "BootNotification": {"currentTime": time, "interval": 300, **_ACCEPTED},
        "Heartbeat": {"currentTime": time},
        "StatusNotification": {},
        "DataTransfer": _ACCEPTED,
    }
    if version == "1.6":
        info = {"idTagInfo": {**_ACCEPTED, "expiryDate": time}}
        start = {"transactionId": 1, **info}
        transaction: dict[str, Any] = {"StartTransaction": start, "MeterValues": {}, "StopTransaction": info}
        return {**common, "Authorize": info, **transaction}
    info = {"idTokenInfo": {**_ACCEPTED, "cacheExpiryDateTime": time}}
    return {**common, "Authorize": info, "TransactionEvent": info}


def answers_of_station(version: str, time: str = SIX_DIGITS) -> dict[str, Any]:
    """What a station of another maker answers, by action."""
    common = dict.fromkeys(("Reset", "TriggerMessage", "ChangeAvailability"), _ACCEPTED)
    unlocked = {"UnlockConnector": {"status": "Unlocked"}}
    if version == "1.6":
        settings = [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
        configuration = {"GetConfiguration": {"configurationKey": settings}, "ChangeConfiguration": _ACCEPTED}
        return {**common, **unlocked, **configuration, "RemoteStartTransaction": _ACCEPTED}
    got = {**_CLOCK, "attributeStatus": "Accepted", "attributeValue": time}
    set = {**_HEARTBEAT_VARIABLE, "attributeStatus": "Accepted"}
    variables = {"GetVariables": {"getVariableResult": [got]}, "SetVariables": {"setVariableResult": [set]}}
    return {**common, **unlocked, **variables, "RequestStartTransaction": _ACCEPTED}


def request(version: str, turn: Turn) -> Request[Any]:
    action, payload = turn
    made: Request[Any] = from_wire(specification(version).request(action), payload)
    return made


async def call_all(peer: Caller, version: str, turns: list[Turn]) -> list[str]:
    """The actions that were answered, by a response."""
    answered = []
    for turn in turns:
        response = await peer.call(request(version, turn))
        answered.append(response.__ocpp__.action or "")
    return answered


def our_station(version: str) -> Any:
    """The router of a station that answers everything."""
    return Simulator(version).router


class Watching(Hooks):
    """Notes what was refused, on either side, and what was reported as harmless.

    Attributes:
        wrong: Whatever was not a request that was answered by a response.
        harmless: Deviations by the label of their rule.
    """

    def __init__(self) -> None:
        self.wrong: list[Any] = []
        self.harmless: Counter[str] = Counter()

    def event(self, peer: Caller, event: Event) -> None:
        if isinstance(event, CallReceived | NotificationReceived | ResultReceived):
            self.harmless.update(found.rule.label for found in event.violations if found.rule)
        else:
            self.wrong.append(event)

    def call_answered(self, peer: Caller, request: Request[Any], answer: Any, seconds: float) -> None:
        if isinstance(answer, OcppError):
            self.wrong.append(answer)

    def refused(self, refused: Any) -> None:
        self.wrong.append(refused)
