"""Stations with one fault each in what is asked of them about reservations, readings, displays and firmware, in 2.x."""

from typing import Any

from conformance.peers.station import Station
from conformance.peers.station_ways import (
    SECOND,
    THIRD,
    Fault,
    before,
    behaving,
    nothing,
    results,
    says,
)

Json = dict[str, Any]


def _reserves_in_any_case(station: Station, payload: Json) -> Json | None:
    return None if station.is_enabled("ReservationCtrlr") else {"status": "Accepted"}


def _needs_a_place(station: Station, payload: Json) -> Json | None:
    return None if "evseId" in payload else {"status": "Rejected"}


def _needs_no_place(station: Station) -> None:
    del station.variables["ReservationCtrlr", "NonEvseSpecific"]
    before("ReserveNow", lambda _, payload: None if "evseId" in payload else {"status": "Accepted"})(station)


def _lets_groups_in(station: Station, payload: Json) -> Json | None:
    return {"status": "Accepted"} if "groupIdToken" in payload else None


def _cancels_silently(station: Station, payload: Json) -> Json | None:
    """Of the connector nothing is told until something else happens there."""
    for connector in station.connectors:
        held = connector.reservation
        if held is not None and held["id"] == payload["reservationId"]:
            connector.reservation = None
            connector.status = "Available"
            return {"status": "Accepted"}
    return None


async def _measures_power(self: Station, number: int, context: str = "Trigger") -> None:
    sample = {"value": 1, "measurand": "Power.Active.Import", "context": context}
    reading = {"timestamp": self.now(), "sampledValue": [sample]}
    await self.quietly("MeterValues", {"evseId": number, "meterValue": [reading]})


async def _reads_without_reason(self: Station, number: int, context: str = "Trigger") -> None:
    await Station.meter_now(self, number, "Sample.Periodic" if context == "Sample.Clock" else context)


async def _reads_idle_only(self: Station, number: int, context: str = "Trigger") -> None:
    if context == "Trigger" or all(each.transaction is None for each in self.connectors):
        await Station.meter_now(self, number, context)


async def _reads_charging_only(self: Station, number: int, context: str = "Trigger") -> None:
    if context == "Trigger" or any(each.transaction is not None for each in self.connectors):
        await Station.meter_now(self, number, context)


def _finds_nothing(station: Station, payload: Json) -> Json | None:
    if station.displayed or {"id", "priority", "state"} & payload.keys():
        return None
    members = {"requestId": payload["requestId"], "tbc": False}
    station.spawn(station.quietly("NotifyDisplayMessages", members))
    return {"status": "Accepted"}


async def _other_id_of_some(self: Station, payload: Json) -> None:
    id = payload["requestId"]
    await Station.after_GetDisplayMessages(self, {**payload, "requestId": id + 1 if "id" in payload else id})


def _downloads_for_ever(payload: Json) -> Json | None:
    return None if payload["status"] == "DownloadFailed" else payload


def _is_busy(payload: Json) -> Json:
    return {"status": "Downloading", "requestId": 4732} if payload["status"] == "Idle" else payload


def _never_idle(station: Station) -> None:
    """After an update it is said to go on, whoever asks."""

    async def failed(self: Station, payload: Json) -> None:
        await Station.after_UpdateFirmware(self, payload)
        says("FirmwareStatusNotification", _is_busy)(self)

    behaving(after_UpdateFirmware=failed)(station)


def _is_never_uploading(station: Station) -> None:
    async def triggered(self: Station, payload: Json) -> None:
        self.goes_on = {"status": "Idle"}
        await Station.triggered(self, payload)

    behaving(triggered=triggered)(station)


def _shows_any_number(station: Station) -> None:
    station.lenient.add("display.full")


def _lists_none(station: Station) -> None:
    before("GetInstalledCertificateIds", lambda *_: {"status": "NotFound"})(station)


def _keeps_certificates(station: Station, payload: Json) -> Json | None:
    is_there = any(
        each["certificateHashData"] == payload["certificateHashData"] for each in station.certificates
    )
    return {"status": "Accepted"} if is_there else None


def _tells_no_modes(station: Station) -> None:
    del station.variables["V2XChargingCtrlr", "SupportedEnergyTransferModes"]


def _swaps_otherwise(station: Station) -> None:
    station.variables["TxCtrlr", "TxStopPoint"][0] = "PowerPathClosed"


ASKED_BLOCKS = [
    Fault("does not know that it uploads", "trigger.log-uploading", _is_never_uploading, SECOND),
    Fault("shows any number of messages", "display.full", _shows_any_number, SECOND),
    Fault("lists no certificates", "certificate.installed", _lists_none, SECOND),
    Fault(
        "keeps its certificates",
        "certificate.deleted",
        before("DeleteCertificate", _keeps_certificates),
        SECOND,
    ),
    Fault(
        "knows all that is asked for",
        "trigger.custom-unknown",
        results("TriggerMessage", lambda payload: "customTrigger" in payload, status="Accepted"),
        THIRD,
    ),
    Fault(
        "does not know what is its own",
        "trigger.custom",
        results("TriggerMessage", lambda payload: "customTrigger" in payload, status="NotImplemented"),
        THIRD,
    ),
    Fault("ends the transactions of slots otherwise", "battery.transaction-points", _swaps_otherwise, THIRD),
    Fault("does not tell its modes", "v2x.modes-told", _tells_no_modes, THIRD),
    Fault(
        "reserves though it is switched off",
        "reservation.disabled",
        before("ReserveNow", _reserves_in_any_case),
        SECOND,
    ),
    Fault(
        "reserves no EVSE without its number, though it says so",
        "reservation.anywhere",
        before("ReserveNow", _needs_a_place),
        SECOND,
    ),
    Fault("reserves anything, though it does not say so", "reservation.nowhere", _needs_no_place, SECOND),
    Fault(
        "lets other groups in",
        "reservation.other-groups-kept-out",
        before("RequestStartTransaction", _lets_groups_in),
        SECOND,
    ),
    Fault(
        "does not tell the end of a reservation",
        "reservation.end-told",
        says("ReservationStatusUpdate", lambda _: None),
        SECOND,
    ),
    Fault(
        "tells another end of a reservation",
        "reservation.end-told",
        says("ReservationStatusUpdate", lambda payload: {**payload, "reservationUpdateStatus": "Removed"}),
        SECOND,
    ),
    Fault(
        "cancels silently",
        "reservation.cancel-shown",
        before("CancelReservation", _cancels_silently),
        SECOND,
    ),
    Fault("reads power alone", "trigger.meter-values", behaving(meter_now=_measures_power), SECOND),
    Fault("has no clock", "meter.aligned", behaving(meter_now=_reads_charging_only), SECOND),
    Fault(
        "does not say that the clock was the reason",
        "meter.aligned-context",
        behaving(meter_now=_reads_without_reason),
        SECOND,
    ),
    Fault("stops its clock", "transaction.aligned", behaving(meter_now=_reads_idle_only), SECOND),
    Fault("reports nothing", "display.none", before("GetDisplayMessages", _finds_nothing), SECOND),
    Fault(
        "another id of some messages",
        "display.report-id",
        behaving(after_GetDisplayMessages=_other_id_of_some),
        SECOND,
    ),
    Fault(
        "does not tell that it got nothing",
        "firmware.failure-told",
        says("FirmwareStatusNotification", _downloads_for_ever),
        SECOND,
    ),
    Fault("updates itself for ever", "trigger.firmware-last", _never_idle, SECOND),
    Fault(
        "takes firmware of anybody",
        "firmware.bad-certificate",
        results("UpdateFirmware", lambda payload: "signature" in payload["firmware"], status="Accepted"),
        SECOND,
    ),
    Fault(
        "does not tell that firmware was signed by nobody",
        "firmware.bad-certificate-told",
        behaving(tell_security=nothing),
        SECOND,
    ),
]
