"""What calls of the CSMS entail in the faultless station, after they were answered."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from conformance.peers.station_answers import INSTANCES, MOST, TYPES
from conformance.peers.station_following_blocks import FollowingBlocks
from ocpp_core.conformance.requests import readings, request

Json = dict[str, Any]

#: The kinds of monitors that are no thresholds, by their types; and that of all others, for no type.
_KINDS = {
    "": "ThresholdMonitoring",
    "Delta": "DeltaMonitoring",
    "Periodic": "PeriodicMonitoring",
    "PeriodicClockAligned": "PeriodicMonitoring",
}


class Following(FollowingBlocks):
    """What is done after a call was answered: a method for each action, called with the payload."""

    # They are the station's, which this is a part of.
    specification: Any
    version: str
    is_first: bool
    connectors: list[Any]
    queue: Any
    link: Any
    charge: Any
    authorize: Any
    lists: tuple[int, dict[str, Any]]
    cached: dict[str, str]
    stop: Any
    show: Any
    notify: Any
    quietly: Any
    call: Any
    idle_status: Any
    boot: Any
    report: Any
    event: Any
    now: Any
    variables: dict[tuple[str, str], list[Any]]
    monitors: dict[int, Json]
    goes_on: Json

    # What calls of the CSMS entail

    async def after_RemoteStartTransaction(self, payload: Json) -> None:
        connector = self.free(payload.get("connectorId"))
        if connector is not None:
            held = connector.reservation
            await self.charge(payload["idTag"], connector, None, held["reservationId"] if held else None)

    async def after_RequestStartTransaction(self, payload: Json) -> None:
        connector = self.free(payload.get("evseId"))
        if connector is not None:
            held = connector.reservation
            named, id = payload["idToken"], payload["remoteStartId"]
            is_known = named["type"] == "Central"
            await self.charge(
                named["idToken"], connector, id, held["id"] if held else None, is_known=is_known
            )

    def is_enabled(self, component: str) -> bool:
        """Whether what a component is for is switched on."""
        return str(self.variables[component, "Enabled"][0]) == "true"

    def running_at(self, payload: Json) -> Any:
        """The connector that a trigger is about, or any, if a transaction runs there."""
        number = payload.get("evse", {}).get("id")
        found = [each for each in self.connectors if each.transaction and number in (None, each.number)]
        return found[0] if found else None

    def free(self, number: int | None) -> Any:
        """A connector on which a transaction may begin: this one, or any."""
        for connector in self.connectors:
            if (
                number in (None, connector.number)
                and connector.is_operative
                and connector.transaction is None
            ):
                return connector
        return None

    # What people do

    async def presented(self, who: str, number: int) -> None:
        """Somebody presents a token of 2.x at a connector: the one that charges there ends that."""
        connector = self.connectors[number - 1]
        if connector.transaction is not None:
            if connector.transaction.token == who:
                await self.stop(connector, "Local", "StopAuthorized")
        elif self.is_let(who) or await self.authorize(who):
            await self.charge(who, connector, is_known=True)

    def is_let(self, who: str) -> bool:
        """Whether a token may charge by what is known of it."""
        listed = self.lists[1].get(who, {}).get("idTokenInfo", {}).get("status")
        known = listed or self.cached.get(who)
        return known == "Accepted" and str(self.variables["AuthCtrlr", "LocalPreAuthorization"][0]) == "true"

    async def after_RemoteStopTransaction(self, payload: Json) -> None:
        await self.stop_remotely(payload["transactionId"])

    async def after_RequestStopTransaction(self, payload: Json) -> None:
        await self.stop_remotely(payload["transactionId"])

    def running(self, id: Any) -> Any:
        """Where a transaction runs."""
        for connector in self.connectors:
            if connector.transaction is not None and connector.transaction.id == id:
                return connector
        return None

    async def stop_remotely(self, id: Any) -> None:
        """As the CSMS has asked."""
        connector = self.running(id)
        if connector is not None:
            await self.stop(connector, "Remote", "RemoteStop")

    async def after_Reset(self, payload: Json) -> None:
        is_hard = payload["type"] in ("Hard", "Immediate")
        if self.is_first:
            reason = "HardReset" if is_hard else "SoftReset"
        else:
            reason = "ImmediateReset"
            while not is_hard and any(each.transaction for each in self.connectors):
                await asyncio.sleep(0.1)
        for connector in self.connectors:
            await self.stop(connector, reason, "ResetCommand")
        while self.queue and self.queue[0].attempts == 0:
            await asyncio.sleep(0.1)
        self.boot_reason = "RemoteReset"
        self.ended_by_itself = True
        if self.link is not None:
            await self.link.close()

    async def after_ChangeAvailability(self, payload: Json) -> None:
        for connector in self.targets(payload):
            if connector.transaction is None:
                await self.show(connector, self.idle_status(connector))
        if self.is_first and not payload["connectorId"]:
            await self.notify(0)

    def targets(self, payload: Json) -> list[Any]:
        """The connectors that a change of availability is about; none for a number that there is not."""
        number = payload.get("connectorId", payload.get("evseId", payload.get("evse", {}).get("id", 0)))
        return [each for each in self.connectors if number in (0, each.number)]

    async def after_ReserveNow(self, payload: Json) -> None:
        for connector in self.connectors:
            if connector.reservation is payload:
                await self.show(connector, self.idle_status(connector))
                await self.expire(connector, payload)

    async def expire(self, connector: Any, payload: Json) -> None:
        """Sets a connector free when its reservation has run out."""
        end = datetime.fromisoformat(payload.get("expiryDate") or payload["expiryDateTime"])
        await asyncio.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()))
        if connector.reservation is payload:
            connector.reservation = None
            if connector.transaction is None:
                await self.show(connector, self.idle_status(connector))
            if not self.is_first:
                members = {"reservationId": payload["id"], "reservationUpdateStatus": "Expired"}
                await self.quietly("ReservationStatusUpdate", members)

    async def after_CancelReservation(self, payload: Json) -> None:
        for connector in self.connectors:
            if connector.transaction is None:
                await self.show(connector, self.idle_status(connector))

    async def after_UnlockConnector(self, payload: Json) -> None:
        for connector in self.targets(payload) if self.is_first else ():
            await self.stop(connector, "UnlockCommand", "")

    async def after_TriggerMessage(self, payload: Json) -> None:
        await self.triggered(payload)

    async def after_ExtendedTriggerMessage(self, payload: Json) -> None:
        await self.triggered(payload)

    async def triggered(self, payload: Json) -> None:
        """Sends what was asked for."""
        wanted = payload["requestedMessage"]
        number = payload.get("connectorId", payload.get("evse", {}).get("id"))
        if wanted == "StatusNotification":
            every = [*([0] if self.is_first else []), *(each.number for each in self.connectors)]
            for each in every if number is None or number not in every else [number]:
                await self.notify(each)
        elif wanted == "TransactionEvent":
            connector = self.running_at(payload)
            if connector is not None:
                self.report(
                    wanted, connector.transaction, self.event(connector.transaction, "Updated", "Trigger")
                )
        elif wanted == "MeterValues":
            await self.meter_now(number or 1)
        elif wanted == "BootNotification":
            await self.quietly(wanted, self.boot())
        elif wanted in (
            "FirmwareStatusNotification",
            "DiagnosticsStatusNotification",
            "LogStatusNotification",
        ):
            await self.quietly(wanted, self.goes_on if wanted.startswith("Log") else {"status": "Idle"})
        elif wanted == "Heartbeat":
            await self.quietly(wanted, {})
        elif wanted == "SignChargingStationCertificate":
            await self.sign()

    async def sign(self) -> None:
        """Asks for a certificate, and once more when one was promised: nobody here sends any."""
        members = request(self.specification, "SignCertificate", {"requestId": 1})
        answer = await self.call("SignCertificate", members)
        if answer["status"] == "Accepted":
            await asyncio.sleep(float(self.variables["SecurityCtrlr", "CertSigningWaitMinimum"][0]))
            await self.quietly("SignCertificate", {"requestId": 2})

    async def align(self) -> None:
        """Tells the meter's readings by the clock, in 2.x."""
        waited = 0.0
        while not self.is_first:
            await asyncio.sleep(0.5)
            interval = float(self.variables["AlignedDataCtrlr", "Interval"][0])
            waited = waited + 0.5 if interval else 0.0
            if interval and waited >= interval:
                waited = 0.0
                for connector in self.connectors:
                    await self.meter_now(connector.number, "Sample.Clock")

    async def meter_now(self, number: int, context: str = "Trigger") -> None:
        """Tells the meter's reading, and why."""
        connector = self.connectors[min(number, len(self.connectors)) - 1]
        written: Json = {"connectorId": connector.number, "evseId": connector.number}
        written |= readings(self.specification, connector.energy)
        for reading in written["meterValue"]:
            for sample in reading["sampledValue"]:
                sample["context"] = context
        if connector.transaction is not None and connector.transaction.is_known:
            written["transactionId"] = connector.transaction.id
        await self.quietly("MeterValues", written)

    # Reports of 2.x

    async def after_GetBaseReport(self, payload: Json) -> None:
        await self.report_variables(payload["requestId"], self.reportable())

    async def after_GetReport(self, payload: Json) -> None:
        asked = payload.get("componentVariable")
        names = self.selected(payload)
        rows = [
            row
            for row in self.reportable()
            if (row["component"]["name"], row["variable"]["name"]) in names
            if asked is None or any(self.is_asked(row, place) for place in asked)
        ]
        await self.report_variables(payload["requestId"], rows)

    def is_asked(self, row: Json, place: Json) -> bool:
        """Whether a row of a report is what was asked for; what is left out is any."""
        wanted, evse = place["component"], row["component"].get("evse", {})
        is_there = all(evse.get(name) == number for name, number in wanted.get("evse", {}).items())
        variable: Json = place.get("variable") or row["variable"]
        named = row["component"]["name"], row["variable"]["name"]
        return is_there and (wanted["name"], variable["name"]) == named

    def reportable(self) -> list[Json]:
        """A row for each variable, at each place where its component is."""
        return [
            {
                "component": component,
                "variable": {
                    "name": variable,
                    **({"instance": INSTANCES[variable]} if variable in INSTANCES else {}),
                },
                "variableAttribute": [
                    {
                        "value": "" if kind == "WriteOnly" else value,
                        "mutability": kind,
                        "persistence" if self.version == "2.0" else "persistent": True,
                        "constant": False,
                    }
                ],
                "variableCharacteristics": {
                    "dataType": TYPES.get(check, "string"),
                    "supportsMonitoring": True,
                    **({"maxLimit": MOST[variable]} if variable in MOST else {}),
                },
            }
            for (name, variable), (value, kind, check) in self.variables.items()
            for component in self.places(name)
        ]

    def places(self, name: str) -> list[Json]:
        """The components of a name: of each EVSE, of each connector, or the one that there is."""
        if name not in ("EVSE", "Connector"):
            return [{"name": name}]
        inside = {"connectorId": 1} if name == "Connector" else {}
        return [{"name": name, "evse": {"id": each.number, **inside}} for each in self.connectors]

    def selected(self, payload: Json) -> list[tuple[str, str]]:
        """The variables of the components that fit one of the criteria of a report, if it has some."""
        criteria = payload.get("componentCriteria")
        return [
            (component, variable)
            for component, variable in self.variables
            if not criteria or any(self._is_so(component, criterion) for criterion in criteria)
        ]

    def _is_so(self, component: str, criterion: str) -> bool:
        value, *_ = self.variables.get(
            (component, criterion), ["false" if criterion == "Problem" else "true"]
        )
        return str(value) == "true"

    async def report_variables(self, request_id: int, rows: list[Json]) -> None:
        """Tells variables, in parts."""
        parts = [rows[start : start + 4] for start in range(0, len(rows), 4)]
        for number, part in enumerate(parts):
            members = {
                "requestId": request_id,
                "seqNo": number,
                "tbc": number + 1 < len(parts),
                "reportData": part,
            }
            await self.quietly("NotifyReport", members)

    def monitored(self, payload: Json) -> dict[int, Json]:
        """The monitors that a report is asked for of."""
        places = payload.get("componentVariable")
        criteria = payload.get("monitoringCriteria", list(_KINDS.values()))
        return {
            id: monitor
            for id, monitor in self.monitors.items()
            if _KINDS.get(monitor["type"], _KINDS[""]) in criteria
            if places is None or any(self._fits(monitor, place) for place in places)
        }

    def _fits(self, monitor: Json, place: Json) -> bool:
        return all(monitor[name]["name"] == place[name]["name"] for name in place)

    async def after_GetMonitoringReport(self, payload: Json) -> None:
        data = [
            {
                "component": monitor["component"],
                "variable": monitor["variable"],
                "variableMonitoring": [
                    {
                        "id": id,
                        "transaction": False,
                        "value": monitor["value"],
                        "type": monitor["type"],
                        "severity": monitor["severity"],
                        **({"eventNotificationType": "CustomMonitor"} if self.version == "2.1" else {}),
                    }
                ],
            }
            for id, monitor in self.monitored(payload).items()
        ]
        await self.in_parts("NotifyMonitoringReport", payload["requestId"], "monitor", data)

    async def in_parts(self, action: str, request_id: int, name: str, data: list[Any]) -> None:
        """Tells a list, an item a message."""
        for number, item in enumerate(data):
            members = {"requestId": request_id, "seqNo": number, "tbc": number + 1 < len(data), name: [item]}
            await self.quietly(action, members)

    async def after_CustomerInformation(self, payload: Json) -> None:
        members = {"requestId": payload["requestId"], "seqNo": 0, "tbc": False, "data": "nothing"}
        await self.quietly("NotifyCustomerInformation", members)

    async def after_SetVariables(self, payload: Json) -> None:
        """Tells what monitors see of a change."""
        for id, monitor in list(self.monitors.items()):
            where = monitor["component"]["name"], monitor["variable"]["name"]
            value = str(self.variables[where][0])
            if monitor["type"] != "UpperThreshold" or not value.isdecimal():
                continue
            is_beyond = float(value) > monitor["value"]
            if is_beyond is not monitor.get("alerts", False):
                monitor["alerts"] = is_beyond
                await self.quietly("NotifyEvent", self.noticed(id, monitor, value))

    def noticed(self, id: int, monitor: Json, value: str) -> Json:
        """What a threshold tells, when it is exceeded and when that is over."""
        event = {
            "eventId": id,
            "timestamp": self.now(),
            "trigger": "Alerting",
            "actualValue": value,
            "cleared": not monitor["alerts"],
            "eventNotificationType": "CustomMonitor",
            "variableMonitoringId": id,
            "component": monitor["component"],
            "variable": monitor["variable"],
        }
        if self.version == "2.1":
            event["severity"] = monitor["severity"]
        return {"generatedAt": self.now(), "seqNo": 0, "tbc": False, "eventData": [event]}

    # Files

    async def after_GetLog(self, payload: Json) -> None:
        for status in ("Uploading", "UploadFailure"):
            told = {"requestId": payload["requestId"], "status": status}
            self.goes_on = told if status == "Uploading" else {"status": "Idle"}
            await self.quietly("LogStatusNotification", told)
            await asyncio.sleep(1.0)

    async def after_GetDiagnostics(self, payload: Json) -> None:
        for status in (("Uploading", "UploadFailed"), "UploadFailed"):
            await self.quietly("DiagnosticsStatusNotification", {"status": status})

    async def after_UpdateFirmware(self, payload: Json) -> None:
        wanted = payload.get("retrieveDate") or payload["firmware"].get("retrieveDateTime", "")
        at = datetime.fromisoformat(wanted)
        wait = (at - datetime.now(UTC)).total_seconds()
        if wait > 0:
            if not self.is_first:
                await self.tell_firmware(payload, "DownloadScheduled")
            await asyncio.sleep(wait)
        await self.tell_firmware(payload, "Downloading")
        await self.tell_firmware(payload, "DownloadFailed")

    async def tell_firmware(self, payload: Json, *statuses: str) -> None:
        """Tells how an update goes, by the first of these that its version knows; 1.2 and 1.5 have but the end."""
        members = {"requestId": payload.get("requestId"), "status": (*statuses, "DownloadFailed")}
        await self.quietly("FirmwareStatusNotification", members)
