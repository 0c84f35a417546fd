"""Stations with one fault each in what is heard of them whatever was asked: events, and results about variables."""

import json
from typing import Any

from conformance.peers.station import Connector, Queued, Station
from conformance.peers.station_ways import SECOND, Change, Fault, behaving, items, says

Json = dict[str, Any]


async def _stops_as_authorized(self: Station, connector: Connector, reason: str, trigger: str) -> None:
    await Station.stop(self, connector, reason, "Authorized" if trigger == "Deauthorized" else trigger)


def state_changes(state: str | None) -> Any:
    """What tells, once a transaction is known, that its state has changed: to this, or to nothing that it says."""

    async def told(self: Station, item: Queued, answer: Json) -> None:
        await Station.told(self, item, answer)
        if item.is_start and not item.transaction.is_over:
            made = self.event(item.transaction, "Updated", "ChargingStateChanged")

            def written() -> Json:
                event = made()
                del event["transactionInfo"]["chargingState"]
                if state is not None:
                    event["transactionInfo"]["chargingState"] = state
                return event

            self.report("TransactionEvent", item.transaction, written)

    return told


def _typed(payload: Json) -> Json:
    if "idToken" in payload:
        payload["idToken"]["type"] = "NoAuthorization"
    return payload


async def _without_reason(self: Station, connector: Connector, reason: str, trigger: str) -> None:
    """As a driver would have ended it, whoever has."""
    await Station.stop(self, connector, "Local" if trigger == "Deauthorized" else reason, trigger)


def noticing(*numbers: int, kind: str = "HardWiredNotification", **members: Any) -> Change:
    """Tells events after it was accepted, under these numbers."""

    async def begin(self: Station) -> None:
        await Station.begin(self)
        for id, number in enumerate(numbers):
            event = {
                "eventId": id,
                "timestamp": self.now(),
                "trigger": "Alerting",
                "actualValue": "1",
                "eventNotificationType": kind,
                "component": {"name": "ChargingStation"},
                "variable": {"name": "Problem"},
                **members,
            }
            notice = {"generatedAt": self.now(), "seqNo": number, "tbc": False, "eventData": [event]}
            await self.quietly("NotifyEvent", notice)

    return behaving(begin=begin)


def _other_attribute(rows: list[Json]) -> list[Json]:
    return [{**row, "attributeType": "MaxSet"} for row in rows]


def _target_as_actual(rows: list[Json]) -> list[Json]:
    return [{name: value for name, value in row.items() if name != "attributeType"} for row in rows]


def _without_value(rows: list[Json]) -> list[Json]:
    return [
        {
            name: value
            for name, value in row.items()
            if name != "attributeValue" or row["variable"]["name"] != "AuthorizeRemoteStart"
        }
        for row in rows
    ]


def _without_instance(rows: list[Json]) -> list[Json]:
    rows = json.loads(json.dumps(rows))
    for row in rows:
        row["variable"].pop("instance", None)
    return rows


OVERHEARD_FAULTS = [
    Fault(
        "ends because somebody may charge",
        "transaction.trigger-possible",
        behaving(stop=_stops_as_authorized),
        SECOND,
    ),
    Fault(
        "tells a change of state without the state",
        "transaction.state-told",
        behaving(told=state_changes(None)),
        SECOND,
    ),
    Fault(
        "says of what was not a driver that it was",
        "transaction.stop-told",
        behaving(stop=_without_reason),
        SECOND,
    ),
    Fault("names who needs no token", "transaction.no-token-empty", says("TransactionEvent", _typed), SECOND),
    Fault("numbers events on", "event.sequence", noticing(0, 1, 2), SECOND),
    Fault("does not name the monitor", "event.monitor-named", noticing(0, kind="HardWiredMonitor"), SECOND),
    Fault(
        "does not name the upload",
        "log.upload-named",
        says(
            "LogStatusNotification",
            lambda payload: {name: value for name, value in payload.items() if name != "requestId"},
        ),
        SECOND,
    ),
    Fault(
        "tells another attribute than was set",
        "variable.attribute-same",
        items("SetVariables", "setVariableResult", _other_attribute),
        SECOND,
    ),
    Fault(
        "tells a target as the actual value",
        "variable.attribute-same",
        items("GetVariables", "getVariableResult", _target_as_actual),
        SECOND,
    ),
    Fault(
        "tells no value",
        "variable.value-told",
        items("GetVariables", "getVariableResult", _without_value),
        SECOND,
    ),
    Fault(
        "does not name instances",
        "variable.same-instance",
        items("GetVariables", "getVariableResult", _without_instance),
        SECOND,
    ),
]
