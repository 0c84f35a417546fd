"""More CSMSs with one fault: what stations tell, what is refused, what a CSMS sends."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from conformance.peers import csms_ways as ways
from conformance.peers.csms import Csms, Session, now
from conformance.peers.csms_faults import FIRST, NEWEST, SECOND, Fault, closing_on_refusal, silent_on_refusal

Json = dict[str, Any]
BOTH = ("1.6", "2.0.1")
_START = now()

#: Rules which say that an action is answered by a result: a CSMS that does not serve it.
_UNSERVED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "status.answered": ("StatusNotification", BOTH),
    "event.answered": ("NotifyEvent", SECOND),
    "report.answered": ("NotifyReport", SECOND),
    "firmware.signed-status-answered": ("SignedFirmwareStatusNotification", FIRST),
    "firmware.publish-status-answered": ("PublishFirmwareStatusNotification", ("2.0.1",)),
    "security.event-answered": ("SecurityEventNotification", BOTH),
    "certificate.sign-answered": ("SignCertificate", BOTH),
    "certificate.status-answered": ("GetCertificateStatus", SECOND),
    "certificate.ev-answered": ("Get15118EVCertificate", SECOND),
    "monitoring.report-answered": ("NotifyMonitoringReport", SECOND),
    "customer-information.answered": ("NotifyCustomerInformation", SECOND),
    "display.messages-answered": ("NotifyDisplayMessages", SECOND),
    "reservation.status-answered": ("ReservationStatusUpdate", SECOND),
    "charging-limit.answered": ("ClearedChargingLimit", SECOND),
    "charging-profiles.reported": ("ReportChargingProfiles", SECOND),
    "charging-needs.answered": ("NotifyEVChargingNeeds", SECOND),
    "charging-schedule.answered": ("NotifyEVChargingSchedule", SECOND),
    "priority-charging.answered": ("NotifyPriorityCharging", NEWEST),
    "settlement.answered": ("NotifySettlement", NEWEST),
    "vat-number.answered": ("VatNumberValidation", NEWEST),
    "event-stream.opened": ("OpenPeriodicEventStream", NEWEST),
    "event-stream.closed": ("ClosePeriodicEventStream", NEWEST),
    "der.answered": ("ReportDERControl", NEWEST),
    "battery-swap.answered": ("BatterySwap", NEWEST),
}


def _refusing(text: str, *actions: str) -> Callable[[Csms], None]:
    """An error for requests that hold a word."""
    return ways.refusing(*actions, code="InternalError", when=lambda request: text in json.dumps(request))


def _following(action: str, **members: Any) -> Callable[[Csms], None]:
    """Says something else in the call that follows a call of the station; None leaves it out."""

    def queue(self: Session, called: str, payload: Json) -> None:
        if called == action:
            payload = {name: value for name, value in (payload | members).items() if value is not None}
        Session.queue(self, called, payload)

    return ways.behaving(queue=queue)


def _never(action: str) -> Callable[[Csms], None]:
    def queue(self: Session, called: str, payload: Json) -> None:
        if called != action:
            Session.queue(self, called, payload)

    return ways.behaving(queue=queue)


def _one_less(result: Json, _: Json) -> Json:
    return result | {"certificateStatus": result["certificateStatus"][:1]}


def _any_vendor(result: Json, _: Json) -> Json:
    return result | ({"status": "Accepted"} if result["status"] == "UnknownVendorId" else {})


_INFORMING = (
    *(
        Fault(f"does not serve {action}", rule, ways.refusing(action), versions)
        for rule, (action, versions) in _UNSERVED.items()
    ),
    Fault(
        "does not serve FirmwareStatusNotification",
        "firmware.status-answered",
        ways.refusing("FirmwareStatusNotification"),
        BOTH,
        known=("KB-01",),
    ),
    Fault(
        "does not know a firmware status",
        "firmware.status-answered",
        _refusing("InstallationFailed", "FirmwareStatusNotification"),
        BOTH,
    ),
    Fault(
        "does not serve DiagnosticsStatusNotification",
        "diagnostics.status-answered",
        ways.refusing("DiagnosticsStatusNotification"),
        FIRST,
    ),
    Fault(
        "does not serve LogStatusNotification",
        "log.status-answered",
        ways.refusing("LogStatusNotification"),
        BOTH,
    ),
    Fault("an error for a status", "status.every-token", _refusing("Faulted", "StatusNotification"), BOTH),
    Fault(
        "an error for an error code",
        "status.every-token",
        _refusing("WeakSignal", "StatusNotification"),
        FIRST,
    ),
    Fault(
        "an error for connector 0",
        "status.connector-zero",
        ways.refusing(
            "StatusNotification",
            code="PropertyConstraintViolation",
            when=lambda request: request["connectorId"] == 0,
        ),
        FIRST,
    ),
    Fault(
        "accepts what any vendor says",
        "data-transfer.unknown-vendor",
        ways.editing("DataTransfer", _any_vendor),
        BOTH,
    ),
    Fault(
        "data about an unknown vendor",
        "data-transfer.no-data",
        ways.saying("DataTransfer", data="who?"),
        FIRST,
    ),
    Fault(
        "an error for long data",
        "data-transfer.any-data",
        ways.refusing("DataTransfer", code="InternalError", when=lambda request: len(str(request)) > 5000),
        BOTH,
    ),
    Fault(
        "refuses customData",
        "custom-data.accepted",
        _refusing("customData", "Heartbeat", "Authorize"),
        SECOND,
    ),
    Fault(
        "an error for periodic events", "event.every-trigger", _refusing("Periodic", "NotifyEvent"), SECOND
    ),
    Fault(
        "no type in CertificateSigned",
        "certificate.signed-type",
        _following("CertificateSigned", certificateType=None),
        SECOND,
    ),
    Fault(
        "no requestId in CertificateSigned",
        "certificate.signed-request-id",
        _following("CertificateSigned", requestId=None),
        NEWEST,
    ),
    Fault(
        "Accepted without a result",
        "certificate.status-result",
        ways.saying("GetCertificateStatus", ocspResult=None),
        SECOND,
    ),
    Fault(
        "the status of one certificate of two",
        "certificate.chain-status",
        ways.editing("GetCertificateChainStatus", _one_less),
        NEWEST,
    ),
    Fault(
        "no profile after the needs of an EV",
        "charging-needs.profile",
        _never("SetChargingProfile"),
        ("2.1",),
    ),
    Fault(
        "accepts unknown profiles",
        "dynamic-schedule.unknown",
        ways.saying("PullDynamicScheduleUpdate", status="Accepted"),
        NEWEST,
    ),
    Fault("forgets the EVSE", "vat-number.evse", ways.saying("VatNumberValidation", evseId=None), NEWEST),
)


def _served_when(when: Callable[[Any, bool], bool]) -> Callable[[Csms], None]:
    def served(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
        return Session.served(self, frame, is_doubled and not when(frame, is_doubled))

    return ways.behaving(served=served)


async def _mends(self: Session, text: str) -> None:
    """Closes what was left open, and serves it."""
    for end in ("]", "}]", "}]}]", "]}]"):
        try:
            frame = json.loads(text + end)
        except ValueError:
            continue
        if isinstance(frame, list) and len(frame) == 4:
            await self.called(frame, False)
            return
    await Session.unreadable(self, text)


_REFUSING = (
    Fault(
        "serves requests that lack a member",
        "refuse.required",
        ways.accepting("required"),
        BOTH,
        known=("KB-96",),
    ),
    Fault(
        "serves requests with a member too many",
        "refuse.unknown-member",
        ways.accepting("additionalProperties"),
        BOTH,
        known=("KB-26",),
    ),
    Fault("serves requests with wrong types", "refuse.type", ways.accepting("type"), BOTH),
    Fault(
        "serves requests with unknown tokens", "refuse.enum", ways.accepting("enum"), BOTH, known=("KB-104",)
    ),
    Fault("serves requests with long texts", "refuse.length", ways.accepting("maxLength"), BOTH),
    Fault(
        "serves requests with times that are none",
        "refuse.timestamp",
        ways.accepting("format"),
        BOTH,
        known=("KB-28",),
    ),
    Fault("serves requests with empty lists", "refuse.items", ways.accepting("minItems"), ("2.0.1",)),
    Fault(
        "serves requests with doubled members",
        "refuse.doubled-member",
        _served_when(lambda *_: True),
        BOTH,
        known=("KB-26",),
    ),
    Fault("serves requests that are cut short", "refuse.broken-text", ways.behaving(unreadable=_mends), BOTH),
    Fault("closes when it refuses", "refuse.survives", closing_on_refusal, BOTH, known=("KB-12",)),
    Fault("is silent when it refuses", "refuse.not-silent", silent_on_refusal, BOTH),
    Fault(
        "InternalError for a missing member",
        "refuse.required",
        ways.misjudging("required", "InternalError"),
        BOTH,
    ),
    Fault("NotSupported for an unknown token", "refuse.enum", ways.misjudging("enum", "NotSupported"), BOTH),
    Fault("SecurityError for a wrong type", "refuse.type", ways.misjudging("type", "SecurityError"), BOTH),
    Fault(
        "Occurrence for a long text",
        "refuse.length",
        ways.misjudging("maxLength", "OccurenceConstraintViolation"),
        FIRST,
    ),
)


def _schedule_without_start(**members: Any) -> Callable[[Csms], None]:
    def edit(made: Json, _: Csms) -> None:
        ways.schedules_of(made)[0].pop("startSchedule")
        made["chargingProfile"].update(members)

    return ways.profile_with(edit)


def _two_schedules(made: Json, _: Csms) -> None:
    made["chargingProfile"]["chargingSchedule"] *= 2


def _dynamic_of_two(made: Json, _: Csms) -> None:
    made["chargingProfile"]["chargingProfileKind"] = "Dynamic"


def _late_first_period(made: Json, _: Csms) -> None:
    ways.schedules_of(made)[0]["chargingSchedulePeriod"][0]["startPeriod"] = 60


def _periods_back_to_front(made: Json, _: Csms) -> None:
    periods = ways.schedules_of(made)[0]["chargingSchedulePeriod"]
    periods += [{"startPeriod": 300, "limit": 10}]


def _relative_for_all(made: Json, _: Csms) -> None:
    made["evseId"] = 0
    made["chargingProfile"] |= {
        "chargingProfilePurpose": "ChargingStationMaxProfile",
        "chargingProfileKind": "Relative",
    }
    ways.schedules_of(made)[0].pop("startSchedule")


def _full_list(csms: Csms, **members: Any) -> Json:
    return {"listVersion": 1, "versionNumber": 1, "updateType": "Full", **members}


def _variable_twice(_: Csms) -> Json:
    item = {"component": {"name": "A"}, "variable": {"name": "B"}, "attributeValue": "1"}
    return {"setVariableData": [item, item | {"attributeType": "Actual"}]}


def _password(name: str) -> Callable[[Csms], Json]:
    item = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": name}, "attributeValue": "x"}
    return lambda _: {"setVariableData": [item]}


def _stream(_: Csms) -> Json:
    monitor = {
        "value": 1,
        "type": "Periodic",
        "severity": 5,
        "component": {"name": "A"},
        "variable": {"name": "B"},
        "periodicEventStream": {},
    }
    return {"setMonitoringData": [monitor]}


def _insists(self: Session, action: str, payload: Json) -> None:
    """Never sends the full list."""
    if payload.get("updateType") != "Full":
        Session.queue(self, action, payload)


_TX = {"chargingProfilePurpose": "TxProfile"}
_CURVE = [{"frequency": 50, "power": 0}]
_SENDING = (
    Fault(
        "a remote start with a default profile",
        "send.remote-start-purpose",
        ways.remote_start(chargingProfilePurpose="TxDefaultProfile"),
        BOTH,
    ),
    Fault(
        "a remote start with a transaction",
        "send.remote-start-transaction",
        ways.remote_start(transactionId=7),
        FIRST,
    ),
    Fault(
        "a remote start with a transaction, in 2.x",
        "send.remote-start-transaction",
        ways.remote_start(transactionId="7"),
        SECOND,
    ),
    Fault(
        "a remote start for connector 0",
        "send.remote-start-connector",
        ways.asking("RemoteStartTransaction", lambda _: {"connectorId": 0}),
        FIRST,
    ),
    Fault(
        "a profile for the station at connector 1",
        "send.station-max-profile",
        ways.placed(place=1, chargingProfilePurpose="ChargePointMaxProfile"),
        FIRST,
    ),
    Fault(
        "a profile for the station at EVSE 1",
        "send.station-max-profile",
        ways.placed(place=1, chargingProfilePurpose="ChargingStationMaxProfile"),
        SECOND,
    ),
    Fault(
        "a TxProfile at connector 0",
        "send.tx-profile-place",
        ways.placed(place=0, transactionId=7, **_TX),
        FIRST,
    ),
    Fault(
        "a TxProfile at EVSE 0",
        "send.tx-profile-place",
        ways.placed(place=0, transactionId="7", **_TX),
        SECOND,
    ),
    Fault("a TxProfile without a transaction", "send.tx-profile-transaction", ways.setting(**_TX), BOTH),
    Fault(
        "a profile for external systems",
        "send.external-constraints",
        ways.setting(chargingProfilePurpose="ChargingStationExternalConstraints"),
        SECOND,
    ),
    Fault("a first period at 60", "send.first-period", ways.profile_with(_late_first_period), BOTH),
    Fault("periods back to front", "send.period-order", ways.profile_with(_periods_back_to_front), BOTH),
    Fault(
        "recurrencyKind for an absolute profile",
        "send.recurrency",
        ways.setting(recurrencyKind="Daily"),
        FIRST,
    ),
    Fault(
        "a relative profile for the station",
        "send.max-profile-relative",
        ways.profile_with(_relative_for_all),
        SECOND,
    ),
    Fault("an absolute profile without a start", "send.schedule-start", _schedule_without_start(), SECOND),
    Fault(
        "a relative profile with a start",
        "send.relative-start",
        ways.setting(chargingProfileKind="Relative"),
        SECOND,
    ),
    Fault(
        "phaseToUse for three phases",
        "send.phase-to-use",
        ways.with_period(numberPhases=3, phaseToUse=1),
        SECOND,
    ),
    Fault("two schedules without any needs", "send.one-schedule", ways.profile_with(_two_schedules), SECOND),
    Fault(
        "a dynamic profile with two periods",
        "send.dynamic-schedule",
        ways.profile_with(_dynamic_of_two),
        NEWEST,
    ),
    Fault(
        "a setpoint with a limit",
        "send.central-setpoint",
        ways.with_period(operationMode="CentralSetpoint", setpoint=5),
        NEWEST,
    ),
    Fault(
        "a curve of one point",
        "send.local-frequency",
        ways.with_period(operationMode="LocalFrequency", limit=None, v2xBaseline=0, v2xFreqWattCurve=_CURVE),
        NEWEST,
    ),
    Fault("idle with a limit", "send.idle-period", ways.with_period(operationMode="Idle"), NEWEST),
    Fault(
        "clears what external systems have set",
        "send.clear-external",
        ways.asking(
            "ClearChargingProfile",
            lambda _: {
                "chargingProfileCriteria": {"chargingProfilePurpose": "ChargingStationExternalConstraints"}
            },
        ),
        SECOND,
    ),
    Fault(
        "clears without saying what",
        "send.clear-criteria",
        ways.asking("ClearChargingProfile", lambda _: {}),
        SECOND,
    ),
    Fault(
        "asks for profiles without saying which",
        "send.get-criteria",
        ways.asking("GetChargingProfiles", lambda _: {"chargingProfile": {}}),
        SECOND,
    ),
    Fault(
        "list version 0",
        "send.list-version",
        ways.asking("SendLocalList", lambda csms: _full_list(csms, listVersion=0, versionNumber=0)),
        BOTH,
    ),
    Fault(
        "a full list with a bare token",
        "send.full-list-info",
        ways.asking(
            "SendLocalList", lambda csms: _full_list(csms, localAuthorizationList=[{"idTag": "GOOD0001"}])
        ),
        FIRST,
    ),
    Fault("no full list after a mismatch", "send.list-after-failure", ways.behaving(queue=_insists), FIRST),
    Fault(
        "triggers a boot",
        "send.trigger-boot",
        ways.asking("TriggerMessage", lambda _: {"requestedMessage": "BootNotification"}),
        FIRST,
    ),
    Fault(
        "triggers a status of no connector",
        "send.trigger-connector",
        ways.asking("TriggerMessage", lambda _: {"requestedMessage": "StatusNotification"}),
        SECOND,
    ),
    Fault(
        "sets a variable twice", "send.variables-once", ways.asking("SetVariables", _variable_twice), SECOND
    ),
    Fault(
        "asks about nobody",
        "send.customer-reference",
        ways.asking("CustomerInformation", lambda _: {"report": True}),
        SECOND,
    ),
    Fault(
        "firmware without a certificate",
        "send.signing-certificate",
        ways.asking("UpdateFirmware", lambda _: {"firmware": {"location": "x", "retrieveDateTime": _START}}),
        SECOND,
    ),
    Fault(
        "a fragment in the address for logs",
        "send.log-location",
        ways.asking("GetLog", lambda _: {"log": {"remoteLocation": "https://x.example/#top"}}),
        NEWEST,
    ),
    Fault(
        "a stream without a rate", "send.stream-rate", ways.asking("SetVariableMonitoring", _stream), NEWEST
    ),
    Fault(
        "a password of letters",
        "send.password-variable",
        ways.asking("ChangeConfiguration", lambda _: {"key": "AuthorizationKey", "value": "secret"}),
        FIRST,
    ),
    Fault(
        "another variable for the password",
        "send.password-variable",
        ways.asking("SetVariables", _password("Password")),
        ("2.0.1",),
    ),
    Fault(
        "stops another transaction",
        "send.stop-transaction",
        ways.asking("RemoteStopTransaction", lambda _: {"transactionId": 99}),
        FIRST,
    ),
    Fault(
        "stops another transaction, in 2.x",
        "send.stop-transaction",
        ways.asking("RequestStopTransaction", lambda _: {"transactionId": "99"}),
        SECOND,
    ),
)

FAULTS: tuple[Fault, ...] = (*_INFORMING, *_REFUSING, *_SENDING)
