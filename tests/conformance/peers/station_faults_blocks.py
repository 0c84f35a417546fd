"""Stations with one fault each: profiles, displays, tariffs, DER controls, and what is heard of such things."""

import json
from collections.abc import Mapping
from typing import Any

from conformance.peers.station import Station
from conformance.peers.station_answers_blocks import REFUSALS
from conformance.peers.station_ways import (
    SECOND,
    THIRD,
    Change,
    Fault,
    always,
    before,
    behaving,
    both,
    edits,
    instead,
    results,
    says,
    without,
)

Json = dict[str, Any]
_Abilities = Mapping[tuple[str, str], str | None]


def _lenient(rule: str, abilities: _Abilities | None = None) -> Change:
    """Does not know a rule about what has to be refused; has some abilities otherwise, and those with None not."""

    def change(station: Station) -> None:
        station.lenient.add(rule)
        for place, value in (abilities or {}).items():
            if value is None:
                del station.variables[place]
            else:
                station.variables[place][0] = value

    return change


#: Of rules about what the faultless station can do, and what it cannot.
_ABILITIES: Mapping[str, _Abilities] = {
    "profile.priority-supported": {("SmartChargingCtrlr", "SupportedAdditionalPurposes"): None},
    "profile.dynamic-supported": {("SmartChargingCtrlr", "SupportsDynamicProfiles"): None},
    "profile.balancing-set": {("V2XChargingCtrlr", "SupportedOperationModes"): "LocalLoadBalancing"},
}
_OLDER = ("profile.max-whole-only", "profile.unit", "profile.one-default")
LENIENT = [
    Fault(f"does not know {rule}", rule, _lenient(rule, _ABILITIES.get(rule)), versions)
    for rules, versions in (
        (_OLDER, SECOND),
        ([rule for rule in REFUSALS if rule not in _OLDER], THIRD),
        (("display.priority", "display.state", "display.format"), SECOND),
        (("display.language",), THIRD),
    )
    for rule in rules
]


def _if(action: str, wanted: str, given: str) -> Change:
    return edits(action, lambda result, _: {"status": given} if result["status"] == wanted else None)


def limited_from_outside(station: Station) -> None:
    """Somebody else limits it."""
    period = {"startPeriod": 0, "limit": 20}
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    profile = {
        "id": 5,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargingStationExternalConstraints",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    }
    key = (0, 0, profile["chargingProfilePurpose"])
    station.profiles.append({"id": 5, "key": key, "evseId": 0, "chargingProfile": profile})


def _knows_no_profiles(station: Station) -> None:
    for place in [place for place in station.variables if place[0] == "SmartChargingCtrlr"]:
        del station.variables[place]
    results("SetChargingProfile", status="Rejected")(station)


def _event_of(kind: str, edit: Any) -> Change:
    """Changes the events of a kind."""

    def told(payload: Json) -> Json:
        if payload["eventType"] == kind:
            edit(payload)
        return payload

    return says("TransactionEvent", told)


def _unpriced(event: Json) -> None:
    event["transactionInfo"].pop("tariffId", None)


def _bare(result: Json) -> Json:
    return {name: value for name, value in result.items() if value is not None}


def _any_unit(station: Station, payload: Json) -> Json | None:
    payload["chargingRateUnit"] = "A"
    return None


async def _all_profiles(self: Station, payload: Json) -> None:
    await Station.after_GetChargingProfiles(
        self, {**payload, "evseId": None, "chargingProfile": {}, "requestId": payload["requestId"]}
    )


def _by_id_alone(station: Station, payload: Json) -> Json | None:
    return None if "chargingProfileId" in payload else {"status": "Accepted"}


def _after(payload: Json) -> Json:
    return {**payload, "activated": not payload["activated"]}


CHARGING_BLOCKS = [
    Fault(
        "clears limits from outside",
        "profile.external-kept",
        both(limited_from_outside, _lenient("profile.external-kept")),
        SECOND,
    ),
    Fault("rejects what it does not know", "profile.unsupported", _knows_no_profiles, SECOND),
    Fault("schedules in any unit", "composite.unit", before("GetCompositeSchedule", _any_unit), SECOND),
    Fault(
        "tells the profiles of all EVSEs",
        "profile.report-place",
        instead("GetChargingProfiles", _all_profiles),
        SECOND,
    ),
    Fault(
        "accepts to clear by place, and does not",
        "profile.cleared-by-place",
        before("ClearChargingProfile", _by_id_alone),
        SECOND,
    ),
    Fault(
        "starts with any profile",
        "profile.start-invalid",
        _lenient("profile.start-invalid"),
        SECOND,
    ),
    Fault(
        "updates what is not dynamic",
        "dynamic.others-kept",
        results("UpdateDynamicSchedule", always, status="Accepted"),
        THIRD,
    ),
    Fault(
        "updates no dynamic profile",
        "dynamic.updated",
        results("UpdateDynamicSchedule", always, status="Rejected"),
        THIRD,
    ),
    Fault("does not ask for updates", "dynamic.pulled", without("SetChargingProfile"), THIRD),
    Fault(
        "gives priority to nobody",
        "priority.unknown-transaction",
        _if("UsePriorityCharging", "Rejected", "Accepted"),
        THIRD,
    ),
    Fault(
        "gives priority without a profile",
        "priority.no-profile",
        _if("UsePriorityCharging", "NoProfile", "Accepted"),
        THIRD,
    ),
    Fault(
        "tells the priority the other way round",
        "priority.followed",
        says("NotifyPriorityCharging", _after),
        THIRD,
    ),
]


def _by_number(station: Station, payload: Json) -> Json | None:
    return {"status": "Unknown"} if "priority" in payload else None


def _all_is_nothing(station: Station, payload: Json) -> Json | None:
    return None if {"id", "priority", "state"} & payload.keys() else {"status": "Unknown"}


async def _all_messages(self: Station, payload: Json) -> None:
    await Station.after_GetDisplayMessages(self, {"requestId": payload["requestId"]})


def _keeps_first(station: Station, payload: Json) -> Json | None:
    return {"status": "Accepted"} if payload["message"]["id"] in station.displayed else None


DISPLAYS = [
    Fault("lists no messages", "display.listed", before("GetDisplayMessages", _all_is_nothing), SECOND),
    Fault("finds messages by id alone", "display.found", before("GetDisplayMessages", _by_number), SECOND),
    Fault(
        "tells all messages",
        "display.found-alone",
        instead("GetDisplayMessages", _all_messages),
        SECOND,
    ),
    Fault("keeps the first message", "display.replaced", before("SetDisplayMessage", _keeps_first), SECOND),
]


def _anywhere(station: Station, payload: Json) -> Json | None:
    return {"status": "Accepted"} if payload["evseId"] > 900 else None


def _first_lost(station: Station, payload: Json) -> Json | None:
    station.tariffs.pop(payload["tariff"]["tariffId"], None)
    return None


def _cleared(result: Json, _: Json) -> Json:
    return {"clearTariffsResult": [{**each, "status": "Rejected"} for each in result["clearTariffsResult"]]}


def _if_there(result: Json, _: Json) -> Json | None:
    is_there = "tariffId" in result["clearTariffsResult"][0]
    return _cleared(result, _) if is_there else None


def _if_not_there(result: Json, _: Json) -> Json | None:
    is_there = "tariffId" in result["clearTariffsResult"][0]
    return None if is_there else {"clearTariffsResult": [{"status": "Accepted"}]}


def _of_nobody(result: Json, _: Json) -> Json | None:
    other = [{"tariffId": "x", "tariffKind": "DriverTariff", "evseIds": [1]}]
    return {**result, "tariffAssignments": other} if result["status"] == "NoTariff" else None


TARIFFS = [
    Fault("tariffs of no EVSE", "tariff.unknown-evse", before("SetDefaultTariff", _anywhere), THIRD),
    Fault("replaces a tariff", "tariff.one-of-an-id", before("SetDefaultTariff", _first_lost), THIRD),
    Fault(
        "has no tariffs",
        "tariff.listed",
        results("GetTariffs", status="NoTariff", tariffAssignments=None),
        THIRD,
    ),
    Fault("clears no tariffs", "tariff.cleared", edits("ClearTariffs", _if_there), THIRD),
    Fault("clears any tariff", "tariff.clear-unknown", edits("ClearTariffs", _if_not_there), THIRD),
    Fault(
        "changes the tariff of nobody",
        "tariff.unknown-transaction",
        _if("ChangeTransactionTariff", "TxNotFound", "Accepted"),
        THIRD,
    ),
    Fault(
        "lists what it says that it has not",
        "tariff.told-if-there",
        edits("GetTariffs", _of_nobody),
        THIRD,
    ),
    Fault(
        "does not tell where tariffs are",
        "tariff.places-told",
        edits("GetTariffs", lambda result, _: _no_places(result)),
        THIRD,
    ),
]


def _knows_no_tariffs(station: Station) -> None:
    for place in [place for place in station.variables if place[0] == "TariffCostCtrlr"]:
        del station.variables[place]
    results("SetDefaultTariff", status="Rejected")(station)


def _without_conditions(station: Station) -> None:
    station.variables["TariffCostCtrlr", "ConditionsSupported[Tariff]"][0] = "false"
    station.lenient.add("tariff.conditions")


def _untimed(result: Json, _: Json) -> Json:
    found = [
        {name: value for name, value in each.items() if name != "validFrom"}
        for each in result.get("tariffAssignments", [])
    ]
    return {**result, **({"tariffAssignments": found} if found else {})}


def _by_id_only(station: Station, payload: Json) -> Json | None:
    return None if payload else {"clearTariffsResult": [{"status": "NoTariff"}]}


def _wherever(station: Station, payload: Json) -> Json | None:
    payload.pop("evseId", None)
    return None


def _any_currency(station: Station, payload: Json) -> Json | None:
    is_running = station.running(payload["transactionId"]) is not None
    return {"status": "Accepted"} if is_running and payload["tariff"]["currency"] == "SEK" else None


TARIFFS_IN_USE = [
    Fault("accepts no tariffs", "tariff.accepted", results("SetDefaultTariff", status="Rejected"), THIRD),
    Fault("does not tell when tariffs begin", "tariff.valid-from", edits("GetTariffs", _untimed), THIRD),
    Fault("clears tariffs by id alone", "tariff.all-cleared", before("ClearTariffs", _by_id_only), THIRD),
    Fault("clears tariffs wherever", "tariff.cleared-by-place", before("ClearTariffs", _wherever), THIRD),
    Fault("takes any number of prices", "tariff.elements", _lenient("tariff.elements"), THIRD),
    Fault("takes conditions that it does not have", "tariff.conditions", _without_conditions, THIRD),
    Fault("names no tariff", "tariff.named", _event_of("Started", _unpriced), THIRD),
    Fault(
        "tells no cost", "cost.told", _event_of("Ended", lambda event: event.pop("costDetails", None)), THIRD
    ),
    Fault(
        "changes the currency",
        "tariff.currency-kept",
        before("ChangeTransactionTariff", _any_currency),
        THIRD,
    ),
    Fault(
        "changes no tariff",
        "tariff.changed",
        _if("ChangeTransactionTariff", "Accepted", "Rejected"),
        THIRD,
    ),
    Fault("rejects tariffs that it does not know", "tariff.unsupported", _knows_no_tariffs, THIRD),
]


def _no_places(result: Json) -> Json:
    found = result.get("tariffAssignments", [])
    bare = [{name: value for name, value in each.items() if name != "evseIds"} for each in found]
    return {**result, **({"tariffAssignments": bare} if bare else {})}


def _named(id: str) -> Any:
    return lambda result, payload: {"status": "Accepted"} if payload.get("controlId") == id else None


def _without_default(result: Json, payload: Json) -> Json:
    is_it = payload["isDefault"] and result["status"] == "Accepted"
    return {"status": "Rejected"} if is_it else result


def _silent_default(result: Json, payload: Json) -> Json:
    return {**result, "supersededIds": None} if payload["isDefault"] else result


def _not_of_a_kind(station: Station, payload: Json) -> Json | None:
    return {"status": "NotFound"} if payload.keys() == {"requestId", "isDefault"} else None


def _clears_none(result: Json, payload: Json) -> Json:
    is_none = result["status"] == "NotFound" and "controlId" not in payload
    return {"status": "Accepted"} if is_none else result


def _not_by_type(station: Station, payload: Json) -> Json | None:
    return {"status": "Accepted"} if "controlType" in payload and not payload["isDefault"] else None


DER = [
    Fault("takes no default", "der.accepted", edits("SetDERControl", _without_default), THIRD),
    Fault(
        "does not tell which default is superseded",
        "der.superseded",
        edits("SetDERControl", lambda result, payload: _bare(_silent_default(result, payload))),
        THIRD,
    ),
    Fault("takes what contradicts itself", "der.refused", _lenient("der.refused"), THIRD),
    Fault(
        "does not find controls by their kind", "der.found", before("GetDERControl", _not_of_a_kind), THIRD
    ),
    Fault("clears what there is not", "der.clear-none", edits("ClearDERControl", _clears_none), THIRD),
    Fault("clears no type", "der.cleared", before("ClearDERControl", _not_by_type), THIRD),
    Fault(
        "reports any control", "der.none-reported", edits("GetDERControl", _named("no-such-control")), THIRD
    ),
    Fault(
        "clears any control", "der.clear-unknown", edits("ClearDERControl", _named("no-such-control")), THIRD
    ),
    Fault(
        "rejects what it does not support",
        "der.unsupported",
        _if("SetDERControl", "NotSupported", "Rejected"),
        THIRD,
    ),
    Fault("accepts a report of controls and sends none", "der.reported", without("GetDERControl"), THIRD),
    Fault(
        "another id of controls",
        "der.report-id",
        says("ReportDERControl", lambda payload: {**payload, "requestId": 1}),
        THIRD,
    ),
    Fault(
        "does not tell what is superseded",
        "der.superseded",
        results("SetDERControl", supersededIds=None),
        THIRD,
    ),
    Fault(
        "tells no end of a control",
        "der.start-told",
        says("NotifyDERStartStop", lambda payload: payload if payload["started"] else None),
        THIRD,
    ),
    Fault("follows any signal", "grid.no-curve", results("AFRRSignal", status="Accepted"), THIRD),
]


# What is heard


def _telling(action: str, members: Json) -> Change:
    """Says something once it was accepted."""

    async def begin(self: Station) -> None:
        await Station.begin(self)
        await self.quietly(action, members)

    return behaving(begin=begin)


def _costs(total: Json, **members: Any) -> Change:
    cost = {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", **total},
        "totalUsage": {"energy": 1, "chargingTime": 1, "idleTime": 0},
        **members,
    }
    return _event_of("Ended", lambda payload: payload.update(costDetails=cost))


_RIGHT = {"energy": {"exclTax": 1.0}, "total": {"exclTax": 1.0}}


def _needs(**members: Any) -> Change:
    needs = {"requestedEnergyTransfer": "DC", **members}
    return _telling("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})


_AC = {"energyAmount": 1, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 230}
_DC = {"evMaxCurrent": 100, "evMaxVoltage": 400}


def _of_another(trigger: str) -> Change:
    """Tells something of a transaction that began before the kit came."""
    about = {
        "triggerReason": trigger,
        "seqNo": 7,
        "evse": {"id": 2},
        "transactionInfo": {"transactionId": "old"},
    }
    return _telling("TransactionEvent", {"eventType": "Updated", **about})


def _refused_on(payload: Json) -> Json:
    if payload["eventType"] == "Updated":
        payload["transactionInfo"]["stoppedReason"] = "ReqEnergyTransferRejected"
    return payload


def _reads_ahead(payload: Json) -> Json:
    if payload["eventType"] == "Updated":
        late = json.loads(json.dumps(payload["meterValue"][0]))
        late["timestamp"] = "2999-01-01T00:00:00Z"
        late["sampledValue"] = [{"measurand": "SoC", "location": "EV", "value": 50}]
        payload["meterValue"].append(late)
    return payload


async def _more_profiles(self: Station, payload: Json) -> None:
    await Station.after_GetChargingProfiles(self, payload)
    for profile in self.profiles[:1]:
        members = {
            "requestId": payload["requestId"],
            "chargingLimitSource": "CSO",
            "evseId": payload.get("evseId", profile["evseId"]),
            "chargingProfile": [{**profile["chargingProfile"], "validTo": self.now()}],
        }
        await self.quietly("ReportChargingProfiles", members)


async def _more_messages(self: Station, payload: Json) -> None:
    await Station.after_GetDisplayMessages(self, payload)
    await self.quietly("NotifyDisplayMessages", {"requestId": payload["requestId"], "tbc": False})


async def _more_controls(self: Station, payload: Json) -> None:
    await Station.after_GetDERControl(self, payload)
    await self.quietly("ReportDERControl", {"requestId": payload["requestId"], "tbc": False})


async def _installs_at_once(self: Station, payload: Json) -> None:
    if payload["firmware"]["retrieveDateTime"] > self.now():
        return
    await self.tell_firmware(payload, "Downloading")
    await self.tell_firmware(payload, "Installing")
    await self.tell_firmware(payload, "InstallationFailed")


def _unnamed(payload: Json) -> Json:
    return {name: value for name, value in payload.items() if name != "requestId"}


def _contract(schema: str, **members: Any) -> Change:
    return _telling(
        "Get15118EVCertificate", {"iso15118SchemaVersion": schema, "action": "Install", **members}
    )


HEARD = [
    Fault(
        "a limit of its operator from outside",
        "charging-limit.from-outside",
        _telling("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "CSO"}}),
        SECOND,
    ),
    Fault(
        "a profile of a transaction from outside",
        "profile.from-outside",
        says("ReportChargingProfiles", lambda payload: {**payload, "chargingLimitSource": "EMS"}),
        SECOND,
    ),
    Fault(
        "tells on after the last part",
        "profile.report-parts",
        instead("GetChargingProfiles", _more_profiles),
        SECOND,
    ),
    Fault(
        "tells messages after the last part",
        "display.report-parts",
        instead("GetDisplayMessages", _more_messages),
        SECOND,
    ),
    Fault(
        "tells controls after the last part",
        "der.report-parts",
        instead("GetDERControl", _more_controls),
        THIRD,
    ),
    Fault(
        "an EV of two kinds",
        "charging-needs.one-kind",
        _needs(acChargingParameters=_AC, dcChargingParameters=_DC),
        SECOND,
    ),
    Fault("does not tell who controls", "charging-needs.control", _needs(v2xChargingParameters={}), THIRD),
    Fault(
        "ends what was not allowed as it pleases",
        "transaction.transfer-refused",
        says("TransactionEvent", _refused_on),
        THIRD,
    ),
    Fault("reads ahead", "transaction.readings-by-then", says("TransactionEvent", _reads_ahead), SECOND),
    Fault(
        "does not tell the mode",
        "transaction.mode-told",
        _of_another("OperationModeChanged"),
        THIRD,
    ),
    Fault("does not tell the tariff", "tariff.change-told", _of_another("TariffChanged"), THIRD),
    Fault("does not tell the cost", "cost.running", _of_another("RunningCost"), THIRD),
    Fault(
        "tells costs with tax alone",
        "cost.without-tax",
        _costs({"energy": {"inclTax": 1.0}, "total": {"inclTax": 1.0}}),
        THIRD,
    ),
    Fault("adds wrongly", "cost.total", _costs({**_RIGHT, "total": {"exclTax": 2.0}}), THIRD),
    Fault(
        "does not name the tariff of a period",
        "cost.periods-named",
        _costs(_RIGHT, chargingPeriods=[{"startPeriod": "2026-01-01T00:00:00Z"}]),
        THIRD,
    ),
    Fault(
        "does not name the update",
        "firmware.update-named",
        says("FirmwareStatusNotification", _unnamed),
        SECOND,
    ),
    Fault("installs what it has not", "firmware.steps", instead("UpdateFirmware", _installs_at_once), SECOND),
    Fault(
        "wants chains for an older EV",
        "certificate.chains-wanted",
        _contract("urn:iso:15118:2:2013:MsgDef", maximumContractCertificateChains=3),
        THIRD,
    ),
    Fault(
        "wants no chains for a newer EV",
        "certificate.chains-wanted",
        _contract("urn:iso:std:iso:15118:-20:CommonMessages"),
        THIRD,
    ),
]

BLOCK_FAULTS = [*LENIENT, *CHARGING_BLOCKS, *DISPLAYS, *TARIFFS, *TARIFFS_IN_USE, *DER, *HEARD]
