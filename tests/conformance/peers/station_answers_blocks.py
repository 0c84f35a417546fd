"""What the faultless station answers about charging profiles, displays, tariffs and DER controls where 2.x is strict.

What has to be refused stands in tables, so that a fault is a row that is left out: see `Station.lenient`.
"""

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
_ACCEPTED: Json = {"status": "Accepted"}
_REJECTED: Json = {"status": "Rejected"}


#: Messages that it can show at once.
_MOST_MESSAGES = 4


def _any(_: str) -> bool:
    return True


#: Variables of 2.x that stand for what the station can do.
ABILITIES: Mapping[tuple[str, str], tuple[str, str, Callable[[str], bool]]] = {
    place: (value, "ReadOnly", _any)
    for place, value in {
        ("SmartChargingCtrlr", "Enabled"): "true",
        ("SmartChargingCtrlr", "RateUnit"): "A",
        ("SmartChargingCtrlr", "SupportedAdditionalPurposes"): "PriorityCharging",
        ("SmartChargingCtrlr", "SupportsDynamicProfiles"): "true",
        ("SmartChargingCtrlr", "MaxExternalConstraintsId"): "9",
        ("DisplayMessageCtrlr", "SupportedFormats"): "UTF8",
        ("DisplayMessageCtrlr", "SupportedPriorities"): "NormalCycle,InFront",
        ("DisplayMessageCtrlr", "SupportedStates"): "Charging,Faulted",
        ("TariffCostCtrlr", "Enabled[Tariff]"): "true",
        ("TariffCostCtrlr", "Enabled[Cost]"): "true",
        ("TariffCostCtrlr", "MaxElements[Tariff]"): "3",
        ("TariffCostCtrlr", "ConditionsSupported[Tariff]"): "true",
        ("CustomizationCtrlr", "CustomTriggers"): "Weather,Noise",
        ("V2XChargingCtrlr", "SupportedOperationModes"): "ChargingOnly",
        ("V2XChargingCtrlr", "SupportedEnergyTransferModes"): "DC,DC_BPT",
        ("TxCtrlr", "TxStartPoint"): "EVConnected",
        ("TxCtrlr", "TxStopPoint"): "EVConnected",
        ("DCDERCtrlr", "ModesSupported"): "LimitMaxDischarge",
    }.items()
}


def can(station: Any, variable: str, value: str = "true", component: str = "SmartChargingCtrlr") -> bool:
    """Whether a variable has a value among its own."""
    row = station.variables.get((component, variable))
    return row is not None and value in row[0].split(",")


def _periods(profile: Json) -> list[Json]:
    return [
        period for schedule in profile["chargingSchedule"] for period in schedule["chargingSchedulePeriod"]
    ]


def _has(profile: Json, name: str) -> bool:
    return any(schedule.get(name) for schedule in profile["chargingSchedule"])


def _modes(profile: Json, mode: str) -> list[Json]:
    return [period for period in _periods(profile) if period.get("operationMode") == mode]


_LIMITS = ("limit", "dischargeLimit", "setpoint", "setpointReactive")


def _limited(periods: list[Json]) -> bool:
    return any(name in period for period in periods for name in _LIMITS)


def _is_beside(station: Any, number: int, profile: Json) -> bool:
    purpose, level = profile["chargingProfilePurpose"], profile["stackLevel"]
    return purpose == "TxDefaultProfile" and any(
        held["id"] != profile["id"]
        and held["key"][1:] == (level, purpose)
        and (held["evseId"] == 0) is not (number == 0)
        for held in station.profiles
    )


def _unit(station: Any, _: int, profile: Json) -> bool:
    return any(
        not can(station, "RateUnit", schedule["chargingRateUnit"]) for schedule in profile["chargingSchedule"]
    )


_Wrong = Callable[[Any, int, Json], bool]
#: What is wrong with a profile, by the rule that says so.
REFUSALS: Mapping[str, _Wrong] = {
    "profile.max-whole-only": lambda _, number, profile: (
        profile["chargingProfilePurpose"] == "ChargingStationMaxProfile" and number > 0
    ),
    "profile.unit": _unit,
    "profile.one-default": _is_beside,
    "profile.priority-lasts": lambda _, __, profile: (
        profile["chargingProfilePurpose"] == "PriorityCharging" and _has(profile, "duration")
    ),
    "profile.priority-charges": lambda _, __, profile: (
        profile["chargingProfilePurpose"] == "PriorityCharging"
        and any(period.get("operationMode", "ChargingOnly") != "ChargingOnly" for period in _periods(profile))
    ),
    "profile.priority-supported": lambda station, _, profile: (
        profile["chargingProfilePurpose"] == "PriorityCharging"
        and not can(station, "SupportedAdditionalPurposes", "PriorityCharging")
    ),
    "profile.delay-of-transactions": lambda _, __, profile: (
        not profile["chargingProfilePurpose"].startswith("Tx") and _has(profile, "randomizedDelay")
    ),
    "profile.dynamic-supported": lambda station, _, profile: (
        profile["chargingProfileKind"] == "Dynamic" and not can(station, "SupportsDynamicProfiles")
    ),
    "profile.dynamic-at-once": lambda _, __, profile: (
        profile["chargingProfileKind"] == "Dynamic" and len(_periods(profile)) > 1
    ),
    "profile.update-of-dynamic": lambda _, __, profile: (
        profile["chargingProfileKind"] != "Dynamic" and "dynUpdateInterval" in profile
    ),
    "profile.local-time-supported": lambda station, _, profile: (
        _has(profile, "useLocalTime") and not can(station, "SupportsLocalTime")
    ),
    "profile.delay-supported": lambda station, _, profile: (
        profile["chargingProfilePurpose"].startswith("Tx")
        and _has(profile, "randomizedDelay")
        and not can(station, "SupportsRandomizedDelay")
    ),
    "profile.soc-supported": lambda station, _, profile: (
        _has(profile, "limitAtSoC") and not can(station, "SupportsLimitAtSoC")
    ),
    "profile.sleep-supported": lambda station, _, profile: (
        any(period.get("evseSleep") for period in _periods(profile)) and not can(station, "SupportsEvseSleep")
    ),
    "profile.frequency-curve": lambda _, __, profile: any(
        len(period.get("v2xFreqWattCurve", ())) < 2 for period in _modes(profile, "LocalFrequency")
    ),
    "profile.frequency-limit": lambda _, __, profile: _limited(_modes(profile, "LocalFrequency")),
    "profile.balancing-supported": lambda station, _, profile: (
        bool(_modes(profile, "LocalLoadBalancing"))
        and not can(station, "SupportedOperationModes", "LocalLoadBalancing", "V2XChargingCtrlr")
    ),
    "profile.max-charges": lambda _, __, profile: (
        profile["chargingProfilePurpose"] == "ChargingStationMaxProfile"
        and bool(_modes(profile, "CentralSetpoint"))
    ),
    "profile.mode-supported": lambda station, _, profile: (
        profile["chargingProfilePurpose"] == "TxDefaultProfile"
        and bool(_modes(profile, "CentralSetpoint"))
        and not can(station, "SupportedOperationModes", "CentralSetpoint", "V2XChargingCtrlr")
    ),
    "profile.phases-of-transactions": lambda _, __, profile: (
        profile["chargingProfilePurpose"] != "TxProfile"
        and any("limit_L2" in period for period in _periods(profile))
    ),
    "profile.first-phase": lambda _, __, profile: any(
        "limit_L2" in period and "limit" not in period for period in _periods(profile)
    ),
    "profile.reserved-id": lambda station, _, profile: (
        profile["id"]
        <= int(station.variables.get(("SmartChargingCtrlr", "MaxExternalConstraintsId"), ["0"])[0])
    ),
    "profile.balancing-set": lambda station, _, profile: (
        bool(_modes(profile, "LocalLoadBalancing"))
        and can(station, "SupportedOperationModes", "LocalLoadBalancing", "V2XChargingCtrlr")
    ),
    "profile.idle-limit": lambda _, __, profile: _limited(_modes(profile, "Idle")),
}


def is_refused(station: Any, number: int, profile: Json) -> bool:
    """Whether a profile of 2.x has to be refused."""
    return any(
        is_wrong(station, number, profile)
        for rule, is_wrong in REFUSALS.items()
        if rule not in station.lenient
    )


def wanted_profiles(station: Any, payload: Json) -> list[Json]:
    """The profiles that GetChargingProfiles is about."""
    wanted = payload["chargingProfile"]
    return [
        each
        for each in station.profiles
        if payload.get("evseId") in (None, each["evseId"])
        and wanted.get("chargingProfilePurpose") in (None, each["key"][2])
        and each["id"] in wanted.get("chargingProfileId", [each["id"]])
    ]


def _get_profiles(station: Any, payload: Json) -> Json:
    return {"status": "Accepted" if wanted_profiles(station, payload) else "NoProfiles"}


def _update_dynamic(station: Any, payload: Json) -> Json:
    is_dynamic = any(
        each["id"] == payload["chargingProfileId"]
        and each["chargingProfile"]["chargingProfileKind"] == "Dynamic"
        for each in station.profiles
    )
    return _ACCEPTED if is_dynamic else _REJECTED


def _use_priority(station: Any, payload: Json) -> Json:
    connector = station.running(payload["transactionId"])
    if connector is None:
        return _REJECTED
    is_there = any(
        each["key"][2] == "PriorityCharging" and each["evseId"] in (0, connector.number)
        for each in station.profiles
    )
    return _ACCEPTED if is_there else {"status": "NoProfile"}


# Displays


def _set_message(station: Any, payload: Json) -> Json:
    message = payload["message"]
    id = message.get("transactionId")
    if id is not None and station.running(id) is None:
        return {"status": "UnknownTransaction"}
    for rule, token, variable, refusal in (
        ("display.priority", message["priority"], "SupportedPriorities", "NotSupportedPriority"),
        ("display.state", message.get("state"), "SupportedStates", "NotSupportedState"),
        ("display.format", message["message"]["format"], "SupportedFormats", "NotSupportedMessageFormat"),
    ):
        is_known = token is None or can(station, variable, token, "DisplayMessageCtrlr")
        if not is_known and rule not in station.lenient:
            return {"status": refusal}
    if "messageExtra" in message and "display.language" not in station.lenient:
        return _REJECTED
    is_new = message["id"] not in station.displayed
    if is_new and len(station.displayed) >= _MOST_MESSAGES and "display.full" not in station.lenient:
        return _REJECTED
    station.displayed[message["id"]] = message
    return _ACCEPTED


def wanted_messages(station: Any, payload: Json) -> list[Json]:
    """The messages that GetDisplayMessages is about."""
    return [
        message
        for id, message in station.displayed.items()
        if id in payload.get("id", [id])
        and payload.get("priority") in (None, message["priority"])
        and payload.get("state") in (None, message.get("state"))
    ]


def _get_messages(station: Any, payload: Json) -> Json:
    return {"status": "Accepted" if wanted_messages(station, payload) else "Unknown"}


# Tariffs


def _refusal(station: Any, tariff: Json) -> str:
    """Why a tariff is refused, wherever it is for; "" if it is not."""
    prices = tariff["energy"]["prices"]
    most = station.variables.get(("TariffCostCtrlr", "MaxElements[Tariff]"), ["0"])
    if len(prices) > int(most[0]) and "tariff.elements" not in station.lenient:
        return "TooManyElements"
    is_plain = not can(station, "ConditionsSupported[Tariff]", component="TariffCostCtrlr")
    is_wrong = is_plain and any("conditions" in price for price in prices)
    return "ConditionNotSupported" if is_wrong and "tariff.conditions" not in station.lenient else ""


def _set_tariff(station: Any, payload: Json) -> Json:
    tariff, number = payload["tariff"], payload["evseId"]
    if not 0 <= number <= len(station.connectors):
        return _REJECTED
    if tariff["tariffId"] in station.tariffs:
        return {"status": "DuplicateTariffId"}
    if refusal := _refusal(station, tariff):
        return {"status": refusal}
    station.tariffs[tariff["tariffId"]] = number, tariff
    return _ACCEPTED


def tariff_at(station: Any, number: int) -> Json | None:
    """The tariff of an EVSE."""
    return next((tariff for place, tariff in station.tariffs.values() if place in (0, number)), None)


def _get_tariffs(station: Any, payload: Json) -> Json:
    everywhere = [each.number for each in station.connectors]
    found = [
        {
            "tariffId": id,
            "tariffKind": "DefaultTariff",
            "evseIds": [number] if number else everywhere,
            **({"validFrom": tariff["validFrom"]} if "validFrom" in tariff else {}),
        }
        for id, (number, tariff) in station.tariffs.items()
        if payload["evseId"] == 0 or number in (0, payload["evseId"])
    ]
    return {**_ACCEPTED, "tariffAssignments": found} if found else {"status": "NoTariff"}


def _clear_tariffs(station: Any, payload: Json) -> Json:
    wanted = [
        id
        for id, (number, _) in station.tariffs.items()
        if id in payload.get("tariffIds", [id]) and payload.get("evseId", number) == number
    ]
    for id in wanted:
        del station.tariffs[id]
    found = [{"tariffId": id, "status": "Accepted"} for id in wanted]
    return {"clearTariffsResult": found or [{"status": "NoTariff"}]}


def _change_tariff(station: Any, payload: Json) -> Json:
    connector = station.running(payload["transactionId"])
    if connector is None:
        return {"status": "TxNotFound"}
    if refusal := _refusal(station, payload["tariff"]):
        return {"status": refusal}
    before = connector.transaction.tariff
    if before is not None and before["currency"] != payload["tariff"]["currency"]:
        return {"status": "NoCurrencyChange"}
    connector.transaction.tariff = payload["tariff"]
    return _ACCEPTED


# DER controls


def _is_supported(station: Any, payload: Json) -> bool:
    kind = payload.get("controlType")
    return kind is None or can(station, "ModesSupported", kind, "DCDERCtrlr")


def _contradicts_itself(payload: Json) -> bool:
    has_time = "startTime" in payload["limitMaxDischarge"]
    return (payload["isDefault"] and has_time) or "freqDroop" in payload


def _priority(control: Json) -> int:
    return int(control["limitMaxDischarge"]["priority"])


def _set_control(station: Any, payload: Json) -> Json:
    if not _is_supported(station, payload):
        return {"status": "NotSupported"}
    if _contradicts_itself(payload) and "der.refused" not in station.lenient:
        return _REJECTED
    over = [
        id
        for id, held in station.controls.items()
        if held["isDefault"] is payload["isDefault"] and _priority(held) > _priority(payload)
    ]
    station.controls[payload["controlId"]] = payload
    return {**_ACCEPTED, **({"supersededIds": over} if over else {})}


def wanted_controls(station: Any, payload: Json) -> list[Json]:
    """The controls that a request is about."""
    return [
        held
        for id, held in station.controls.items()
        if payload.get("controlId") in (None, id)
        and payload.get("controlType") in (None, held["controlType"])
        and payload.get("isDefault") in (None, held["isDefault"])
    ]


def _get_control(station: Any, payload: Json) -> Json:
    if not _is_supported(station, payload):
        return {"status": "NotSupported"}
    return _ACCEPTED if wanted_controls(station, payload) else {"status": "NotFound"}


def _clear_control(station: Any, payload: Json) -> Json:
    if not _is_supported(station, payload):
        return {"status": "NotSupported"}
    found = wanted_controls(station, payload)
    for held in found:
        del station.controls[held["controlId"]]
    return _ACCEPTED if found else {"status": "NotFound"}


BLOCKS: Mapping[str, Callable[[Any, Json], Json]] = {
    "AFRRSignal": lambda station, payload: _REJECTED,
    "ChangeTransactionTariff": _change_tariff,
    "ClearDERControl": _clear_control,
    "ClearTariffs": _clear_tariffs,
    "GetChargingProfiles": _get_profiles,
    "GetDERControl": _get_control,
    "GetDisplayMessages": _get_messages,
    "GetTariffs": _get_tariffs,
    "SetDefaultTariff": _set_tariff,
    "SetDERControl": _set_control,
    "SetDisplayMessage": _set_message,
    "UpdateDynamicSchedule": _update_dynamic,
    "UsePriorityCharging": _use_priority,
}
