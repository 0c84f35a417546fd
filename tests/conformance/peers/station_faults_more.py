"""More stations with one fault each: remote control, reservations, profiles, lists, files, displays."""

import asyncio
from collections.abc import Callable
from typing import Any

from conformance.peers.station import Station
from conformance.peers.station_answers import Refused
from conformance.peers.station_ways import (
    FIRST,
    SECOND,
    Fault,
    after,
    before,
    behaving,
    by_version,
    edits,
    instead,
    nothing,
    other_request_id,
    results,
    says,
    without,
)

Json = dict[str, Any]


# Triggers


async def _not_when_triggered(self: Station, payload: Json) -> None:
    if payload["requestedMessage"] != "Heartbeat":
        await Station.triggered(self, payload)


async def _sent_first(self: Station, frame: list[Any]) -> None:
    if frame[2] == "TriggerMessage" and frame[3].get("requestedMessage") == "StatusNotification":
        self.spawn(self.triggered(frame[3]))
        await asyncio.sleep(0.02)
        await self.transmit([3, frame[1], {"status": "Accepted"}])
    else:
        await Station.called(self, frame)


async def _zero_only(self: Station, payload: Json) -> None:
    if payload["requestedMessage"] == "StatusNotification" and "connectorId" not in payload:
        await self.notify(0)
    else:
        await Station.triggered(self, payload)


def _heartbeat_of(payload: Json) -> bool:
    return payload["requestedMessage"] == "Heartbeat" and len(payload) > 1


def _refuses_place(station: Station, payload: Json) -> Json | None:
    return {"status": "Rejected"} if _heartbeat_of(payload) else None


def _context(payload: Json) -> Json:
    for reading in payload["meterValue"]:
        for sample in reading["sampledValue"]:
            if sample.get("context") == "Trigger":
                sample["context"] = "Sample.Periodic"
    return payload


TRIGGERS = [
    Fault("accepts triggers and sends nothing", "trigger.sent", behaving(triggered=_not_when_triggered)),
    Fault("sends before it answers", "trigger.answered-first", behaving(called=_sent_first)),
    Fault(
        "trigger answers for connector 0 only",
        "trigger.every-connector",
        behaving(triggered=_zero_only),
        FIRST,
        ("KB-65",),
    ),
    Fault(
        "refuses places that mean nothing", "trigger.place-ignored", before("TriggerMessage", _refuses_place)
    ),
    Fault(
        "boots when triggered",
        "trigger.no-boot-when-accepted",
        results(
            "TriggerMessage",
            lambda payload: payload["requestedMessage"] == "BootNotification",
            status="Accepted",
        ),
    ),
    Fault(
        "triggered readings as periodic ones", "trigger.meter-context", says("MeterValues", _context), FIRST
    ),
    Fault(
        "an update that there is not",
        "trigger.firmware-idle",
        says(
            "FirmwareStatusNotification",
            lambda payload: {**payload, "status": "Installed"} if payload["status"] == "Idle" else payload,
        ),
        FIRST,
    ),
    Fault(
        "an upload that there is not",
        "trigger.upload-idle",
        by_version(
            says(
                "DiagnosticsStatusNotification",
                lambda payload: {**payload, "status": "Uploaded"} if payload["status"] == "Idle" else payload,
            ),
            says(
                "LogStatusNotification",
                lambda payload: (
                    {"status": "Uploaded", "requestId": 1} if payload["status"] == "Idle" else payload
                ),
            ),
        ),
    ),
]


# Availability, statuses, resets, locks


def _no_targets(station: Station, payload: Json) -> Json | None:
    return None if station.targets(payload) else {"status": "Accepted"}


def _already(station: Station, payload: Json) -> Json | None:
    last, station.last_wish = getattr(station, "last_wish", None), payload  # type: ignore[attr-defined]
    return {"status": "Rejected"} if payload == last else None


def _first_alone(self: Station, payload: Json) -> list[Any]:
    found = Station.targets(self, payload)
    return found[:1] if len(found) > 1 else found


def _forgotten(station: Station, _: Json, __: Json) -> None:
    for connector in station.connectors:
        connector.becomes = None


def _forgets_at_boot(self: Station) -> None:
    for connector in self.connectors:
        connector.is_operative = True
    Station.rebooted(self)


def _status_zero(self: Station, number: int) -> Json:
    status = Station.status(self, number)
    if not number and any(connector.transaction for connector in self.connectors):
        status["status"] = ("Charging", "Occupied")
    return status


def _shows(status: str, *instead_of: str) -> Any:
    def edit(payload: Json) -> Json:
        for name in ("status", "connectorStatus"):
            if payload.get(name) in instead_of:
                payload[name] = status
        return payload

    return says("StatusNotification", edit)


def _stop_reason(reason: str, *instead_of: str) -> Any:
    def stop(payload: Json) -> Json:
        return {**payload, "reason": reason} if payload.get("reason") in instead_of else payload

    def event(payload: Json) -> Json:
        if payload["transactionInfo"].get("stoppedReason") in instead_of:
            payload["transactionInfo"]["stoppedReason"] = reason
        return payload

    return by_version(says("StopTransaction", stop), says("TransactionEvent", event))


async def _free_first(self: Station, payload: Json) -> None:
    for connector in self.targets(payload):
        if connector.reservation is not None:
            connector.status = "Available"
            await self.notify(connector.number)
    await Station.after_ChangeAvailability(self, payload)


async def _resets_when_idle(self: Station, payload: Json) -> None:
    if payload["type"] == "OnIdle":
        await Station.after_Reset(self, payload)


AVAILABILITY = [
    Fault(
        "any connector will do", "availability.unknown-connector", before("ChangeAvailability", _no_targets)
    ),
    Fault("rejects what is so already", "availability.same-again", before("ChangeAvailability", _already)),
    Fault("does not tell availability", "availability.told", without("ChangeAvailability")),
    Fault(
        "the whole station is its first connector",
        "availability.whole-station",
        behaving(targets=_first_alone),
    ),
    Fault(
        "out of service at once",
        "availability.scheduled",
        edits(
            "ChangeAvailability",
            lambda result, _: {**result, "status": "Accepted"} if result["status"] == "Scheduled" else None,
        ),
    ),
    Fault(
        "forgets what was scheduled",
        "availability.after-transaction",
        after("ChangeAvailability", _forgotten),
    ),
    Fault(
        "forgets at reboot", "availability.survives", behaving(rebooted=_forgets_at_boot), known=("KB-69",)
    ),
    Fault("connector 0 charges", "status.connector-zero-tokens", behaving(status=_status_zero), FIRST),
    Fault(
        "goes from status to status at will", "status.transitions", _shows("Finishing", "Preparing"), FIRST
    ),
    Fault(
        "says that what is in use is free",
        "status.in-use",
        _shows("Available", "Preparing", "Charging", "Finishing", "Occupied"),
    ),
    Fault(
        "accepts a reset and does nothing",
        "reset.boots",
        instead("Reset", _resets_when_idle),
        known=("XP-19",),
    ),
    Fault("another reason than a soft reset", "reset.soft-stops", _stop_reason("Other", "SoftReset"), FIRST),
    Fault(
        "another reason than a hard reset",
        "reset.hard-stops",
        _stop_reason("Local", "HardReset", "ImmediateReset"),
    ),
    Fault(
        "accepts a reset that has to wait",
        "reset.on-idle-waits",
        edits(
            "Reset",
            lambda result, _: {**result, "status": "Accepted"} if result["status"] == "Scheduled" else None,
        ),
        SECOND,
    ),
    Fault(
        "unlocks what there is not",
        "unlock.unknown-connector",
        results(
            "UnlockConnector",
            lambda payload: int(payload.get("evseId") or payload["connectorId"]) > 900,
            status="Unlocked",
        ),
    ),
    Fault("unlocks and charges on", "unlock.stops", without("UnlockConnector"), FIRST),
    Fault(
        "unlocks while charging",
        "unlock.not-while-charging",
        edits(
            "UnlockConnector",
            lambda result, _: (
                {"status": "Unlocked"} if result["status"] == "OngoingAuthorizedTransaction" else None
            ),
        ),
        SECOND,
    ),
]


# Reservations


def _unknown_reservation(payload: Json) -> bool:
    return bool(payload["reservationId"] == 987654)


def _answers_if(wanted: str, given: str) -> Callable[[Json, Json], Json | None]:
    return lambda result, _: {"status": given} if result["status"] == wanted else None


def _same_id(station: Station, payload: Json) -> Json | None:
    id = payload.get("reservationId", payload.get("id"))
    held = [connector.reservation for connector in station.connectors if connector.reservation]
    return (
        {"status": "Occupied"}
        if any(id == each.get("reservationId", each.get("id")) for each in held)
        else None
    )


def _reserves_anyway(station: Station, payload: Json) -> Json | None:
    return {"status": "Accepted"} if any(connector.transaction for connector in station.connectors) else None


def _for_anybody(action: str) -> Any:
    def handle(station: Station, payload: Json) -> Json | None:
        is_held = any(connector.reservation for connector in station.connectors)
        return {"status": "Accepted"} if is_held else None

    return before(action, handle)


def _no_reservation(payload: Json) -> Json:
    payload.pop("reservationId", None)
    return payload


RESERVATIONS = [
    Fault(
        "does not tell reservations",
        "reservation.shown",
        says("StatusNotification", lambda payload: None if "Reserved" in payload.values() else payload),
    ),
    Fault(
        "cancels unknown reservations",
        "reservation.cancel-unknown",
        results("CancelReservation", _unknown_reservation, status="Accepted"),
    ),
    Fault(
        "does not say that it cancels",
        "reservation.cancel",
        edits("CancelReservation", _answers_if("Accepted", "Rejected")),
    ),
    Fault("does not replace reservations", "reservation.replaced", before("ReserveNow", _same_id)),
    Fault("reserves what is in use", "reservation.occupied", before("ReserveNow", _reserves_anyway)),
    Fault(
        "reserves what is out of service",
        "reservation.unavailable",
        edits("ReserveNow", _answers_if("Unavailable", "Accepted")),
    ),
    Fault(
        "lets others in",
        "reservation.others-kept-out",
        by_version(_for_anybody("RemoteStartTransaction"), _for_anybody("RequestStartTransaction")),
    ),
    Fault(
        "does not tell which reservation ends",
        "reservation.used",
        by_version(says("StartTransaction", _no_reservation), says("TransactionEvent", _no_reservation)),
    ),
    Fault("reservations never end", "reservation.ends", behaving(expire=nothing)),
    Fault(
        "free before it is out of service",
        "reservation.to-unavailable",
        instead("ChangeAvailability", _free_first),
        SECOND,
        ("KB-68",),
    ),
    Fault(
        "reserves connector 0",
        "reservation.zero",
        results("ReserveNow", lambda payload: payload["connectorId"] == 0, status="Accepted"),
        FIRST,
    ),
]


# Profiles and lists


def _purpose(payload: Json) -> str:
    profile: Any = payload.get("csChargingProfiles", payload.get("chargingProfile", {}))
    return str(profile.get("chargingProfilePurpose"))


def _anywhere(station: Station, payload: Json) -> Json | None:
    return {"status": "Accepted"} if _is_nowhere(payload) else None


def _is_nowhere(payload: Json) -> bool:
    number: Any = payload.get("connectorId", payload.get("evseId"))
    return bool(number > 900)


def _unknown_by_id(result: Json, payload: Json) -> Json | None:
    is_hidden = result["status"] == "Accepted" and {"id", "chargingProfileId"} & payload.keys()
    return {"status": "Unknown"} if is_hidden else None


def _wrong_duration(result: Json, _: Json) -> Json:
    for name in ("chargingSchedule", "schedule"):
        if name in result:
            result[name]["duration"] = 30
    return result


def _no_limit(result: Json, _: Json) -> Json:
    for name in ("chargingSchedule", "schedule"):
        if name in result:
            result[name]["chargingSchedulePeriod"][0]["limit"] = 32
    return result


def _start_inside(result: Json, _: Json) -> Json:
    if "chargingSchedule" in result:
        result["chargingSchedule"]["startSchedule"] = result["scheduleStart"]
    return result


def _new_version(payload: Json) -> int:
    number: Any = payload.get("listVersion", payload.get("versionNumber"))
    return int(number)


def _keeps_version(station: Station, payload: Json) -> Json | None:
    if payload["updateType"] == "Differential" and _new_version(payload) > station.lists[0]:
        return {"status": "Accepted"}
    return None


def _sets_anyway(station: Station, payload: Json, result: Json) -> None:
    if result["status"] == "VersionMismatch":
        station.lists = (_new_version(payload), station.lists[1])


def _odd_empty(station: Station, payload: Json, _: Json) -> None:
    if not station.lists[1]:
        station.lists = (5, {})


def _more_versions(result: Json, _: Json) -> Json:
    return {name: value + 1 if value == 7 else value for name, value in result.items()}


def _rejects_what_breaks(station: Station) -> None:
    answer = station.answer

    def rejecting(action: str, payload: Json) -> Json | None:
        try:
            return answer(action, payload)
        except Refused:
            if action == "SetChargingProfile":
                return {"status": "Rejected"}
            raise

    station.answer = rejecting  # type: ignore[method-assign]


def _without_smart_charging(station: Station) -> None:
    station.settings["SupportedFeatureProfiles"][0] = "Core,RemoteTrigger"
    results("SetChargingProfile", status="Rejected")(station)


CHARGING = [
    Fault(
        "profiles of no transaction",
        "profile.transaction-needed",
        results("SetChargingProfile", lambda payload: _purpose(payload) == "TxProfile", status="Accepted"),
    ),
    Fault("profiles of no connector", "profile.unknown-connector", before("SetChargingProfile", _anywhere)),
    Fault("rejects tokens that there are not", "profile.bad-token", _rejects_what_breaks, FIRST),
    Fault("rejects what it does not know of", "profile.unsupported", _without_smart_charging, FIRST),
    Fault(
        "clears unknown profiles",
        "profile.clear-unknown",
        results("ClearChargingProfile", lambda payload: 987654 in payload.values(), status="Accepted"),
    ),
    Fault(
        "does not say that it clears",
        "profile.cleared",
        edits("ClearChargingProfile", _unknown_by_id),
    ),
    Fault(
        "schedules of no connector",
        "composite.unknown-connector",
        results("GetCompositeSchedule", _is_nowhere, status="Accepted"),
    ),
    Fault(
        "schedules that start inside", "composite.start", edits("GetCompositeSchedule", _start_inside), FIRST
    ),
    Fault(
        "schedules that are too short", "composite.duration", edits("GetCompositeSchedule", _wrong_duration)
    ),
    Fault("schedules without profiles", "composite.limit", edits("GetCompositeSchedule", _no_limit)),
    Fault(
        "has profiles of all ids",
        "profile.none-reported",
        edits("GetChargingProfiles", _answers_if("NoProfiles", "Accepted")),
        SECOND,
    ),
    Fault(
        "accepts a report of profiles and sends none",
        "profile.reported",
        without("GetChargingProfiles"),
        SECOND,
    ),
    Fault(
        "another id of the report of profiles",
        "profile.report-id",
        other_request_id("ReportChargingProfiles"),
        SECOND,
    ),
    Fault("another version of the list", "local-list.version", edits("GetLocalListVersion", _more_versions)),
    Fault(
        "keeps the version when the list changes",
        "local-list.differential",
        before("SendLocalList", _keeps_version),
    ),
    Fault(
        "takes older changes",
        "local-list.mismatch",
        edits("SendLocalList", _answers_if("VersionMismatch", "Accepted")),
    ),
    Fault(
        "takes the version that it refuses",
        "local-list.mismatch-unchanged",
        after("SendLocalList", _sets_anyway),
    ),
    Fault("an empty list of version 5", "local-list.empty", after("SendLocalList", _odd_empty)),
]


# Vendors' data, files, certificates, displays, customers


async def _at_once(self: Station, payload: Json) -> None:
    await self.tell_firmware(payload, "Downloading", "Downloaded")
    await self.tell_firmware(payload, "DownloadFailed")


INFORMING = [
    Fault(
        "accepts data of anybody",
        "data-transfer.station-unknown-vendor",
        results("DataTransfer", status="Accepted"),
    ),
    Fault(
        "data of unknown vendors",
        "data-transfer.station-no-data",
        results("DataTransfer", data="none"),
        FIRST,
    ),
    Fault("tells nothing of a log", "log.told", without("GetLog")),
    Fault(
        "another id of a log",
        "log.request-id",
        says("LogStatusNotification", lambda payload: {**payload, "requestId": 1}),
    ),
    Fault("tells nothing of diagnostics", "diagnostics.told", without("GetDiagnostics"), FIRST),
    Fault("tells nothing of an update", "firmware.told", without("UpdateFirmware")),
    Fault(
        "another id of an update",
        "firmware.request-id",
        says(
            "FirmwareStatusNotification",
            lambda payload: {**payload, "requestId": 1} if payload["status"] != "Idle" else payload,
        ),
        SECOND,
    ),
    Fault("fetches firmware at once", "firmware.not-early", instead("UpdateFirmware", _at_once)),
    Fault(
        "deletes unknown certificates",
        "certificate.delete-unknown",
        results("DeleteCertificate", status="Accepted"),
    ),
    Fault(
        "installs anything", "certificate.install-garbage", results("InstallCertificate", status="Accepted")
    ),
    Fault(
        "takes anything signed", "certificate.signed-garbage", results("CertificateSigned", status="Accepted")
    ),
    Fault(
        "messages for unknown transactions",
        "display.unknown-transaction",
        results(
            "SetDisplayMessage", lambda payload: "transactionId" in payload["message"], status="Accepted"
        ),
        SECOND,
    ),
    Fault(
        "clears unknown messages",
        "display.clear-unknown",
        results("ClearDisplayMessage", lambda payload: payload["id"] == 987654, status="Accepted"),
        SECOND,
    ),
    Fault(
        "does not say that it clears messages",
        "display.cleared",
        edits("ClearDisplayMessage", _answers_if("Accepted", "Unknown")),
        SECOND,
    ),
    Fault(
        "has all messages",
        "display.unknown",
        edits("GetDisplayMessages", _answers_if("Unknown", "Accepted")),
        SECOND,
    ),
    Fault(
        "accepts a report of messages and sends none",
        "display.reported",
        without("GetDisplayMessages"),
        SECOND,
    ),
    Fault("another id of messages", "display.report-id", other_request_id("NotifyDisplayMessages"), SECOND),
    Fault(
        "accepts a report of a customer and sends none",
        "customer.reported",
        without("CustomerInformation"),
        SECOND,
    ),
    Fault(
        "another id of a customer",
        "customer.report-id",
        other_request_id("NotifyCustomerInformation"),
        SECOND,
    ),
    Fault(
        "knows nobody",
        "customer.nobody",
        edits("CustomerInformation", _answers_if("Invalid", "Accepted")),
        SECOND,
    ),
]

MORE = [*TRIGGERS, *AVAILABILITY, *RESERVATIONS, *CHARGING, *INFORMING]
