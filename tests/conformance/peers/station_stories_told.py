"""Stories with one fault each, the same without it, and those that are odd and right."""

from collections.abc import Callable
from typing import Any

from conformance.peers.station_stories import Story, sample

_ENERGY = "Energy.Active.Import.Register"
_CSR = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n"
_READING = {"timestamp": "2026-01-31T12:00:00Z", "sampledValue": [{"value": "1000"}]}
Json = dict[str, Any]
Tell = Callable[[Story], object]


def _begun(story: Story, **members: Any) -> Story:
    return story.event("Started", "Authorized", chargingState="Charging", **members)


def _unplaced(story: Story) -> Story:
    story.has("SampledDataCtrlr", "TxStartedMeasurands", _ENERGY)
    return story.event("Started", "Authorized", evse=None)


def _stopping_at(points: str, story: Story) -> Story:
    return _begun(story.has("TxCtrlr", "TxStopPoint", points))


def _away(story: Story) -> Story:
    """A transaction, in which the station was not there for a while."""
    return _begun(story).status().loses(seconds=10.0).status()


def _alerting(story: Story, type: str = "UpperThreshold") -> Story:
    return story.monitors(type).waits(10.0)


def _level(story: Story, severity: int) -> Story:
    return story.asks("SetMonitoringLevel", {"severity": severity}, {"status": "Accepted"}).waits(10.0)


def _cleared(story: Story) -> Story:
    results = {"clearMonitoringResult": [{"id": 1, "status": "Accepted"}]}
    return story.monitors("UpperThreshold").asks("ClearVariableMonitoring", {"id": [1]}, results)


def _secret(story: Story, value: str) -> Story:
    where: dict[str, Any] = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    return story.notices("Delta", value, **where)


def _base(story: Story, status: str, *, id: int = 1) -> Story:
    report = {"requestId": 1, "seqNo": 0, "tbc": False}
    story.asks("GetBaseReport", {"requestId": id, "reportBase": "SummaryInventory"}, {"status": status})
    return story.tells("NotifyReport", report)


def _reset(story: Story, status: str = "Accepted", **members: Any) -> Story:
    return story.asks("Reset", {"type": "Immediate", **members}, {"status": status})


def _signing(story: Story, wanted: str) -> Story:
    return story.asks("TriggerMessage", {"requestedMessage": wanted}, {"status": "Accepted"})


def _sign(story: Story, type: str | None = None, csr: str = _CSR) -> Story:
    return story.tells("SignCertificate", {"csr": csr, "certificateType": type}, {"status": "Accepted"})


def _getting_logs(story: Story) -> Story:
    for id, status in ((1, "Accepted"), (2, "AcceptedCanceled")):
        story.asks("GetLog", {"requestId": id, "logType": "SecurityLog"}, {"status": status})
    return story


def _log(story: Story, status: str, id: int = 2) -> Story:
    return story.tells("LogStatusNotification", {"requestId": id, "status": status})


def signing_begins(story: Story, *samples: Json) -> Story:
    """What is to be signed of the begin of a transaction; 2.1 alone can be told to."""
    for name in ("SignReadings", "SignStartedReadings"):
        story.has("SampledDataCtrlr", name, "true")
    return story.event("Started", "Authorized", *samples)


def _authorizes(story: Story, who: str = "good0001") -> Story:
    token = {"idTag": who, "idToken": {"idToken": who, "type": "ISO14443"}}
    return story.tells("Authorize", token)


def _charges(story: Story) -> Story:
    if story.is_first:
        return story.tells("StartTransaction", {"idTag": "GOOD0001", "timestamp": story.time()})
    return _begun(story)


def _stops(story: Story) -> Story:
    if story.is_first:
        told = {"idTag": "GOOD0001", "timestamp": story.time(), "transactionId": 1}
        return story.tells("StopTransaction", told)
    who = {"idToken": "GOOD0001", "type": "ISO14443"}
    return story.event("Ended", "StopAuthorized", idToken=who)


def _resetting(story: Story, *, is_late: bool) -> Story:
    stop = {"idTag": "GOOD0001", "timestamp": story.time(), "transactionId": 1, "reason": "HardReset"}
    _charges(story)

    def stops() -> Story:
        return story.tells("StopTransaction", stop)

    story.asks("Reset", {"type": "Hard"}, {"status": "Accepted"}, None if is_late else stops)
    return stops() if is_late else story


#: A rule, and two tellings that differ in one thing: in the first it is broken, in the second it is seen to be kept.
STORIES: list[tuple[str, Tell, Tell]] = [
    (
        "transaction.readings-at-end",
        lambda story: _begun(story.has("SampledDataCtrlr", "TxEndedMeasurands", _ENERGY)).event(
            "Ended", "StopAuthorized", sample("Sample.Periodic")
        ),
        lambda story: _begun(story.has("SampledDataCtrlr", "TxEndedMeasurands", _ENERGY)).event(
            "Ended", "StopAuthorized", sample("Transaction.End")
        ),
    ),
    (
        "transaction.readings-offline",
        lambda story: _begun(story.has("SampledDataCtrlr", "TxUpdatedMeasurands", _ENERGY)).event(
            "Updated", "MeterValuePeriodic", sample(measurand="Voltage"), offline=True
        ),
        lambda story: _begun(story.has("SampledDataCtrlr", "TxUpdatedMeasurands", _ENERGY)).event(
            "Updated", "MeterValuePeriodic", sample(), offline=True
        ),
    ),
    (
        "transaction.begin-measured-late",
        lambda story: _unplaced(story).event("Updated", "ChargingStateChanged", chargingState="Charging"),
        lambda story: _unplaced(story).event(
            "Updated", "ChargingStateChanged", sample("Transaction.Begin"), chargingState="Charging"
        ),
    ),
    (
        "transaction.signed",
        lambda story: _begun(story.has("SampledDataCtrlr", "SignReadings", "true")).event(
            "Ended", "StopAuthorized", sample("Transaction.End")
        ),
        lambda story: _begun(story.has("SampledDataCtrlr", "SignReadings", "true")).event(
            "Ended", "StopAuthorized", sample("Transaction.End", is_signed=True)
        ),
    ),
    (
        "transaction.numbered-offline",
        lambda story: _begun(story, offline=True).event("Updated", "MeterValueClock", seqNo=0, offline=True),
        lambda story: _begun(story, offline=True).event("Updated", "MeterValueClock", seqNo=5, offline=True),
    ),
    (
        "log.cancel-told",
        lambda story: _log(_log(_getting_logs(story), "Uploading"), "UploadFailure"),
        lambda story: _log(_log(_getting_logs(story), "AcceptedCanceled", 1), "UploadFailure"),
    ),
    (
        "status.communication-error",
        lambda story: story.status(errorCode="EVCommunicationError", status="Charging"),
        lambda story: story.status(errorCode="EVCommunicationError", status="SuspendedEV"),
    ),
    (
        "meter.not-empty",
        lambda story: story.tells("MeterValues", {"meterValue": []}),
        lambda story: story.tells("MeterValues", {"meterValue": [_READING]}),
    ),
    (
        "reset.answered-first",
        lambda story: _resetting(story, is_late=False),
        lambda story: _resetting(story, is_late=True),
    ),
    (
        "transaction.stop-unasked",
        lambda story: _stops(_authorizes(_charges(story))),
        lambda story: _stops(_charges(_authorizes(story))),
    ),
    (
        "transaction.authorized-told",
        lambda story: story.event("Started", "CablePluggedIn").event("Updated", "Authorized", idToken=None),
        lambda story: story.event("Started", "CablePluggedIn").event("Updated", "Authorized"),
    ),
    (
        "transaction.reason-fits",
        lambda story: _begun(story).event("Ended", "EVConnectTimeout", stoppedReason="PowerLoss"),
        lambda story: _begun(story).event("Ended", "EVConnectTimeout", stoppedReason="Timeout"),
    ),
    (
        "transaction.fault-told",
        lambda story: _begun(story).event(
            "Ended", "ChargingStateChanged", chargingState="EVConnected", stoppedReason="GroundFault"
        ),
        lambda story: _begun(story).event("Ended", "AbnormalCondition", stoppedReason="GroundFault"),
    ),
    (
        "transaction.asked-for",
        lambda story: _begun(story).event("Updated", "UnlockCommand"),
        lambda story: _begun(
            story.asks("UnlockConnector", {"evseId": 1, "connectorId": 1}, {"status": "Unlocked"})
        ).event("Updated", "UnlockCommand"),
    ),
    (
        "transaction.energy-ends",
        lambda story: _begun(story).event("Updated", "Deauthorized").event("Updated", "MeterValueClock"),
        lambda story: (
            _begun(story)
            .event("Updated", "Deauthorized")
            .event("Updated", "ChargingStateChanged", chargingState="EVConnected")
        ),
    ),
    (
        "transaction.stop-point",
        lambda story: (
            _stopping_at("EVConnected", story)
            .event("Updated", "EVCommunicationLost", chargingState="Idle")
            .event("Updated", "CablePluggedIn")
        ),
        lambda story: _stopping_at("EVConnected", story).event("Ended", "EVCommunicationLost"),
    ),
    (
        "transaction.offline-told",
        lambda story: _away(story).event("Updated", "MeterValueClock", ago=5.0),
        lambda story: _away(story).event("Updated", "MeterValueClock", ago=5.0, offline=True),
    ),
    (
        "event.trigger-of-monitor",
        lambda story: _alerting(story, "Delta").notices("Periodic", "12"),
        lambda story: _alerting(story, "Delta").notices("Delta", "12"),
    ),
    (
        "event.beyond-threshold",
        lambda story: _alerting(story).notices("Alerting", "10"),
        lambda story: _alerting(story).notices("Alerting", "11").notices("Alerting", "10", cleared=True),
    ),
    ("event.hidden", lambda story: _secret(story, "hunter2"), lambda story: _secret(story, "")),
    (
        "event.severity",
        lambda story: _level(_alerting(story), 4).notices("Alerting", "11"),
        lambda story: _level(_alerting(story), 5).notices("Alerting", "11"),
    ),
    (
        "event.not-of-cleared",
        lambda story: _cleared(story).notices("Alerting", "9", cleared=True),
        lambda story: _cleared(story.waits(9.0)).notices("Alerting", "9", cleared=True, ago=5.0),
    ),
    (
        "report.only-if-accepted",
        lambda story: _base(story, "NotSupported"),
        lambda story: _base(story, "Accepted"),
    ),
    (
        "boot.reason-after-reset",
        lambda story: _reset(story).loses().boots("PowerUp"),
        lambda story: _reset(story).loses().boots("RemoteReset"),
    ),
    (
        "boot.open-while-pending",
        lambda story: story.boots("PowerUp", "Pending").loses().boots("PowerUp"),
        lambda story: story.boots("PowerUp", "Pending").boots("PowerUp"),
    ),
    (
        "reset.answered",
        lambda story: _reset(_begun(story), "Scheduled"),
        lambda story: _reset(_begun(story)),
    ),
    (
        "certificate.request-form",
        lambda story: _sign(story, csr="MAA="),
        _sign,
    ),
    (
        "certificate.type-triggered",
        lambda story: _sign(_signing(story, "SignV2GCertificate")),
        lambda story: _sign(_signing(story, "SignV2GCertificate"), "V2GCertificate"),
    ),
]


#: What might mislead, and is right.
ODD: dict[str, Tell] = {
    "a token for another connector, a while before": lambda story: _stops(
        _authorizes(_charges(story)).waits(5.0)
    ),
    "somebody else was asked about": lambda story: _stops(_authorizes(_charges(story), "OTHER")),
    "goes on uploading what was not cancelled": lambda story: _log(
        story.asks("GetLog", {"requestId": 2, "logType": "SecurityLog"}, {"status": "Accepted"}), "Uploaded"
    ),
    "ends with the cable, and tells both": lambda story: (
        _stopping_at("EVConnected", story)
        .event("Updated", "EVCommunicationLost", chargingState="Idle")
        .event("Ended", "ChargingStateChanged", chargingState="Idle")
    ),
    "unplugged for a while, as it may be": lambda story: (
        _stopping_at("EVConnected", story.has("TxCtrlr", "StopTxOnEVSideDisconnect", "false"))
        .event("Updated", "EVCommunicationLost", chargingState="Idle")
        .event("Updated", "CablePluggedIn")
    ),
    "some energy without authorisation, as was set": lambda story: (
        _begun(story.has("TxCtrlr", "StopTxOnInvalidId", "false"))
        .event("Updated", "Deauthorized")
        .event("Updated", "MeterValueClock")
    ),
    "another stop point from the next transaction on": lambda story: (
        _begun(story)
        .has("TxCtrlr", "TxStopPoint", "EVConnected")
        .event("Updated", "EVCommunicationLost", chargingState="Idle")
        .event("Updated", "CablePluggedIn")
    ),
    "told of the fault before": lambda story: (
        _begun(story)
        .event("Updated", "AbnormalCondition", chargingState="SuspendedEVSE")
        .event("Ended", "EVCommunicationLost", stoppedReason="GroundFault")
    ),
    "not charging when it was not authorised": lambda story: (
        story.event("Started", "Authorized", chargingState="EVConnected")
        .event("Updated", "Deauthorized")
        .event("Updated", "MeterValueClock")
    ),
    "begun before anybody listened": lambda story: story.event("Updated", "RemoteStop").event(
        "Ended", "EVCommunicationLost", stoppedReason="GroundFault"
    ),
    "asked for while nobody listened": lambda story: _begun(story, offline=True).event(
        "Ended", "RemoteStop", stoppedReason="Remote"
    ),
    "waited before the connection was lost": lambda story: _away(story).event(
        "Updated", "MeterValueClock", ago=11.0
    ),
    "another clock after a connection": lambda story: (
        _begun(story).status().loses(seconds=60.0).event("Updated", "MeterValueClock", ago=30.0)
    ),
    "charges where nobody knows, from the first": lambda story: (
        story.has("SampledDataCtrlr", "TxStartedMeasurands", _ENERGY)
        .event("Started", "Authorized", evse=None, chargingState="Charging")
        .event("Updated", "MeterValueClock", chargingState="Charging")
    ),
    "alerted just before the level was set": lambda story: (
        _alerting(story)
        .asks("SetMonitoringLevel", {"severity": 4}, {"status": "Accepted"})
        .notices("Alerting", "11")
    ),
    "a level that was refused": lambda story: (
        _alerting(story)
        .asks("SetMonitoringLevel", {"severity": 4}, {"status": "Rejected"})
        .waits(10.0)
        .notices("Alerting", "11")
    ),
    "a threshold of what is no number": lambda story: _alerting(story).notices("Alerting", "hot"),
    "a monitor by the maker": lambda story: story.notices(
        "Periodic", "12", eventNotificationType="HardWiredMonitor"
    ),
    "reset for an update": lambda story: (
        _reset(story)
        .asks("UpdateFirmware", {"requestId": 1}, {"status": "Accepted"})
        .loses()
        .boots("PowerUp")
    ),
    "a reset of one EVSE": lambda story: _reset(story, evseId=1).loses().boots("PowerUp"),
    "a reset that was refused": lambda story: _reset(story, "Rejected").loses().boots("PowerUp"),
    "a reset that is put off, as it may be": lambda story: _reset(story, "Scheduled"),
    "a connection that broke": lambda story: story.boots("PowerUp", "Pending").loses("1006").boots("PowerUp"),
    "a reset while Pending": lambda story: (
        _reset(story.boots("PowerUp", "Pending")).loses().boots("RemoteReset")
    ),
    "the older label": lambda story: _sign(
        story, csr=_CSR.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
    ),
    "a certificate of its own between": lambda story: _sign(
        _sign(_signing(story, "SignV2GCertificate")), "V2GCertificate"
    ),
}
