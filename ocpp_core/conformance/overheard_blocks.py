"""What judges rules over all that a station of 2.x has said of charging, tariffs, cost, firmware and certificates.

Only what fits its schema is judged: other rules are about the rest.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import Wrong, each, judged, requests, results
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown
from ocpp_core.model.timestamps import read_timestamp

#: The operator of the stations: whoever else limits them does so from outside.
_OWN = "CSO"
#: Who is outside for certain; others may be installers that set what the operator could.
_OUTSIDE = frozenset({"EMS", "SO"})
#: What a profile is for that was set from outside.
_FROM_OUTSIDE = frozenset({"ChargingStationExternalConstraints", "LocalGeneration"})
#: In which modes locally generated energy can be used.
_LOCAL_MODES = frozenset({"ChargingOnly", "ExternalLimits"})
_ISO_15118_2 = "urn:iso:15118:2:"
_ISO_15118_20 = "urn:iso:std:iso:15118:-20:"
#: Clocks are read one after the other.
_READING = timedelta(seconds=1)
#: Sums are rounded, each part by itself.
_ROUNDING = Decimal("0.02")
_PARTS = ("fixed", "energy", "chargingTime", "idleTime", "reservationTime", "reservationFixed")
#: Why readings were made that have triggered an event.
_PERIODS = {"MeterValueClock": "Sample.Clock", "MeterValuePeriodic": "Sample.Periodic"}


# Charging


def _limit_from_outside(payload: Json) -> Wrong:
    source = payload["chargingLimit"]["chargingLimitSource"]
    return ("another source than the operator", _OWN) if source == _OWN else None


def _profile_from_outside(payload: Json) -> Wrong:
    for profile in payload["chargingProfile"] if payload["chargingLimitSource"] in _OUTSIDE else ():
        purpose = profile["chargingProfilePurpose"]
        if purpose not in _FROM_OUTSIDE:
            return "a purpose of what is set from outside", shown(purpose)
    return None


def _modes_of_local_generation(payload: Json) -> Wrong:
    for profile in payload["chargingProfile"]:
        if profile["chargingProfilePurpose"] != "LocalGeneration":
            continue
        for schedule in profile["chargingSchedule"]:
            for period in schedule["chargingSchedulePeriod"]:
                mode = period.get("operationMode", "ChargingOnly")
                if mode not in _LOCAL_MODES:
                    return "a mode of operation of local generation", shown(mode)
    return None


def _needs(payload: Json) -> Json:
    needs: Json = payload["chargingNeeds"]
    return needs


def _needs_of_one_kind(payload: Json) -> Wrong:
    names = ("acChargingParameters", "dcChargingParameters", "v2xChargingParameters")
    kinds = [name for name in names if name in _needs(payload)]
    return ("parameters of one kind", " and ".join(kinds)) if len(kinds) > 1 else None


def _control_told(payload: Json) -> Wrong:
    needs = _needs(payload)
    is_wrong = "v2xChargingParameters" in needs and "controlMode" not in needs
    return ("the controlMode beside v2xChargingParameters", "none") if is_wrong else None


def _local_generation(payload: Json) -> Wrong:
    limit = payload["chargingLimit"]
    source = limit["chargingLimitSource"]
    # That the operator is no source of limits is another rule.
    is_wrong = limit.get("isLocalGeneration") and source not in ("EMS", "Other", _OWN)
    return ("EMS or Other as the source of local generation", shown(source)) if is_wrong else None


# Transactions


def _contexts(payload: Json) -> Wrong:
    """Readings of an event that was triggered by a reading say so; of a set that is split, each part does."""
    wanted = _PERIODS.get(payload["triggerReason"])
    found = {
        sample.get("context", "Sample.Periodic")
        for reading in payload.get("meterValue", ())
        for sample in reading["sampledValue"]
    }
    is_right = wanted is None or not found or found & {wanted, "Other"}
    return None if is_right else (f"readings in the context {wanted}", ", ".join(sorted(found)))


def _with_info(trigger: str, member: str, payload: Json) -> Wrong:
    is_due = payload["triggerReason"] == trigger
    is_there = member in payload["transactionInfo"]
    return (f"the {member} of {trigger}", "none") if is_due and not is_there else None


def _with_cost(payload: Json) -> Wrong:
    is_wrong = payload["triggerReason"] == "RunningCost" and "costDetails" not in payload
    return ("the costDetails of RunningCost", "none") if is_wrong else None


def _transfer_refused(payload: Json) -> Wrong:
    if payload["transactionInfo"].get("stoppedReason") != "ReqEnergyTransferRejected":
        return None
    told = payload["eventType"], payload["triggerReason"]
    wanted = "Ended", "AbnormalCondition"
    return (", ".join(wanted), ", ".join(told)) if told != wanted else None


def _readings_by_then(payload: Json) -> Wrong:
    readings = payload.get("meterValue", [])
    if payload["eventType"] == "Ended" or len(readings) < 2:
        return None
    last = max(read_timestamp(reading["timestamp"]) for reading in readings)
    is_wrong = last > read_timestamp(payload["timestamp"]) + _READING
    return ("readings until the event", "a later one") if is_wrong else None


def _cost(payload: Json) -> Json:
    """What is told of the cost, unless the station says that it could not be calculated."""
    cost: Json = payload.get("costDetails", {})
    return {} if cost.get("failureToCalculate") else cost


def _cost_without_tax(payload: Json) -> Wrong:
    total = _cost(payload).get("totalCost", {})
    bare = [name for name in _PARTS if name in total and "exclTax" not in total[name]]
    return (f"the exclTax of {bare[0]}", "none") if bare else None


def _rounding(amount: Decimal) -> Decimal:
    """What an amount may be off; some currencies have no cents."""
    digits = amount.as_tuple().exponent
    return max(_ROUNDING, Decimal(1).scaleb(digits)) if isinstance(digits, int) else _ROUNDING


def _cost_total(payload: Json) -> Wrong:
    total = _cost(payload).get("totalCost", {})
    for kind in ("exclTax", "inclTax"):
        parts = [total[name] for name in _PARTS if name in total]
        if kind not in total.get("total", {}) or any(kind not in part for part in parts):
            continue
        wanted = sum((Decimal(str(part[kind])) for part in parts), Decimal(0))
        got = Decimal(str(total["total"][kind]))
        if abs(wanted - got) > _rounding(got) * max(1, len(parts)):
            return f"a total {kind} of {wanted}", str(got)
    return None


def _taxed(price: Json) -> Decimal:
    """What a price without tax is with its taxes: each layer is of what the layers below it have come to."""
    amount = Decimal(str(price["exclTax"]))
    rates = price["taxRates"]
    for layer in sorted({rate.get("stack", 0) for rate in rates}):
        percent = sum(Decimal(str(rate["tax"])) for rate in rates if rate.get("stack", 0) == layer)
        amount += amount * percent / 100
    return amount


def _cost_taxes(payload: Json) -> Wrong:
    total = _cost(payload).get("totalCost", {})
    for name in _PARTS:
        price = total.get(name, {})
        if {"exclTax", "inclTax", "taxRates"} <= price.keys():
            wanted, got = _taxed(price), Decimal(str(price["inclTax"]))
            if abs(wanted - got) > _rounding(got):
                return f"{wanted:.2f} with the taxes of {name}", str(got)
    return None


def _periods_named(payload: Json) -> Wrong:
    bare = any("tariffId" not in period for period in _cost(payload).get("chargingPeriods", ()))
    return ("the tariffId of each period", "none") if bare else None


# Tariffs


def _tariffs_there(payload: Json) -> Wrong:
    is_there, is_told = payload["status"] == "Accepted", "tariffAssignments" in payload
    if is_there is is_told or payload["status"] == "Rejected":
        return None
    return ("tariffs", "none") if is_there else ("no tariffs", "some")


def _places_told(payload: Json) -> Wrong:
    bare = any(not each.get("evseIds") for each in payload.get("tariffAssignments", ()))
    return ("the EVSEs of each tariff", "none") if bare else None


# Firmware and certificates


def _update_named(payload: Json) -> Wrong:
    is_wrong = payload["status"] != "Idle" and "requestId" not in payload
    return ("the requestId of the update", "none") if is_wrong else None


def _chains_wanted(payload: Json) -> Wrong:
    schema, is_told = payload["iso15118SchemaVersion"].lower(), "maximumContractCertificateChains" in payload
    if schema.startswith(_ISO_15118_2) and is_told:
        return "no maximumContractCertificateChains for ISO 15118-2", "one"
    if schema.startswith(_ISO_15118_20) and payload["action"] == "Install" and not is_told:
        return "the maximumContractCertificateChains for ISO 15118-20", "none"
    return None


for _rule, _source, _action, _judge in (
    ("charging-limit.from-outside", requests, "NotifyChargingLimit", _limit_from_outside),
    ("charging-limit.local-generation", requests, "NotifyChargingLimit", _local_generation),
    ("profile.from-outside", requests, "ReportChargingProfiles", _profile_from_outside),
    ("profile.local-generation-modes", requests, "ReportChargingProfiles", _modes_of_local_generation),
    ("charging-needs.one-kind", requests, "NotifyEVChargingNeeds", _needs_of_one_kind),
    ("charging-needs.control", requests, "NotifyEVChargingNeeds", _control_told),
    ("transaction.transfer-refused", requests, "TransactionEvent", _transfer_refused),
    ("transaction.readings-by-then", requests, "TransactionEvent", _readings_by_then),
    ("transaction.reading-context", requests, "TransactionEvent", _contexts),
    ("cost.running", requests, "TransactionEvent", _with_cost),
    ("cost.without-tax", requests, "TransactionEvent", _cost_without_tax),
    ("cost.total", requests, "TransactionEvent", _cost_total),
    ("cost.taxes", requests, "TransactionEvent", _cost_taxes),
    ("cost.periods-named", requests, "TransactionEvent", _periods_named),
    ("tariff.told-if-there", results, "GetTariffs", _tariffs_there),
    ("tariff.places-told", results, "GetTariffs", _places_told),
    ("firmware.update-named", requests, "FirmwareStatusNotification", _update_named),
    ("certificate.chains-wanted", requests, "Get15118EVCertificate", _chains_wanted),
):
    overheard(_rule)(partial(each, _source, _action, _judge))

for _rule, _trigger, _member in (
    ("transaction.mode-told", "OperationModeChanged", "operationMode"),
    ("tariff.change-told", "TariffChanged", "tariffId"),
):
    overheard(_rule)(partial(each, requests, "TransactionEvent", partial(_with_info, _trigger, _member)))


# Reports in parts


def _no_part_after_the_last(request: str, report: str, heard: Heard) -> Iterator[Deviation | None]:
    ended: dict[int, Said] = {}
    asked: Counter[int] = Counter()
    for said in heard.said:
        payload = said.members
        id = payload.get("requestId")
        if said.kind is not Type.CALL or not isinstance(id, int):
            continue
        if not said.is_received:
            asked[id] += said.action == request
        # Of what was asked for twice under one id the parts may be mixed.
        elif heard.tells(said, report) and asked[id] == 1:
            last = ended.get(id, said)
            # The same again is a retry.
            is_right = last.members == payload
            yield judged(is_right, "tbc in every part but the last", "a part after the last", last, said)
            if not payload.get("tbc"):
                ended[id] = said


for _rule, _request, _report in (
    ("profile.report-parts", "GetChargingProfiles", "ReportChargingProfiles"),
    ("display.report-parts", "GetDisplayMessages", "NotifyDisplayMessages"),
    ("der.report-parts", "GetDERControl", "ReportDERControl"),
):
    overheard(_rule)(partial(_no_part_after_the_last, _request, _report))
