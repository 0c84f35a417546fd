"""Checks of stations: charging profiles of 2.x that have to be refused, and those that meet others."""

from functools import partial
from typing import Any

from attrs import field, frozen

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import UNSERVED, is_claimed, sound
from ocpp_core.conformance.checks.station_charging import (
    PROFILE_ID,
    clear_profile,
    composite,
    has_profile,
    is_set,
    profile_of,
    set_profile,
)
from ocpp_core.conformance.checks.station_settings import reported
from ocpp_core.conformance.checks.steering import (
    Setting,
    ask,
    charging,
    is_served,
    late,
    refused_unserved,
    remote_start,
    value_of,
    wanted,
)
from ocpp_core.conformance.requests import is_first, response
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, Stage

_OTHER = PROFILE_ID + 1
_CURVE = [{"frequency": 49.0, "power": 1000}, {"frequency": 51.0, "power": 0}]


@frozen(kw_only=True)
class _Wrong:
    """A profile that a station has to refuse.

    Attributes:
        why: In words.
        purpose: Of the profile.
        number: Of the EVSE.
        profile: Members of it.
        schedule: Members of its schedule.
        periods: Members of its periods; one that is None is taken out.
        unless: Variables that make it right: of SmartChargingCtrlr if no component is named.
        value: What such a variable then has among its values.
    """

    why: str
    purpose: str = "TxDefaultProfile"
    number: int = 1
    profile: Json = field(factory=dict)
    schedule: Json = field(factory=dict)
    periods: tuple[Json, ...] = ({},)
    unless: tuple[str, ...] = ()
    value: str = "true"

    def written(self, stage: Stage) -> Json:
        """As it stands on the wire."""
        made = profile_of(stage, self.purpose)
        (schedule,) = made["chargingSchedule"]
        (period,) = schedule["chargingSchedulePeriod"]
        periods: list[Json] = [
            {name: value for name, value in {**period, **changes}.items() if value is not None}
            for changes in self.periods
        ]
        changed = {**schedule, **self.schedule, "chargingSchedulePeriod": periods}
        return {**made, **self.profile, "chargingSchedule": [changed]}


_PRIORITY = "PriorityCharging"
_EXTERNAL = "ChargingStationExternalConstraints"
_SETPOINT: Json = {"operationMode": "CentralSetpoint", "setpoint": 10, "limit": None}
_DYNAMIC = {"chargingProfileKind": "Dynamic"}
_LOCAL: Json = {"operationMode": "LocalFrequency"}

_WRONG: dict[str, _Wrong] = {
    "profile.max-whole-only": _Wrong(
        why="it limits the whole station, and was set for an EVSE", purpose="ChargingStationMaxProfile"
    ),
    "profile.priority-lasts": _Wrong(
        why="priority charging has no duration", purpose=_PRIORITY, schedule={"duration": 600}
    ),
    "profile.priority-charges": _Wrong(
        why="priority charging does nothing but charge",
        purpose=_PRIORITY,
        periods=(_SETPOINT,),
    ),
    "profile.priority-supported": _Wrong(
        why="it does not support priority charging",
        purpose=_PRIORITY,
        unless=("SupportedAdditionalPurposes",),
        value=_PRIORITY,
    ),
    "profile.delay-of-transactions": _Wrong(
        why="what limits the whole station is not delayed at random",
        purpose="ChargingStationMaxProfile",
        number=0,
        schedule={"randomizedDelay": 60},
    ),
    "profile.dynamic-supported": _Wrong(
        why="it does not support dynamic profiles", profile=_DYNAMIC, unless=("SupportsDynamicProfiles",)
    ),
    "profile.dynamic-at-once": _Wrong(
        why="a dynamic profile has one period", profile=_DYNAMIC, periods=({}, {"startPeriod": 60})
    ),
    "profile.update-of-dynamic": _Wrong(
        why="only a dynamic profile is updated", profile={"dynUpdateInterval": 60}
    ),
    "profile.local-time-supported": _Wrong(
        why="it does not support local time",
        schedule={"useLocalTime": True},
        unless=("SupportsLocalTime", "SupportsUseLocalTime"),
    ),
    "profile.delay-supported": _Wrong(
        why="it does not support random delays",
        schedule={"randomizedDelay": 60},
        unless=("SupportsRandomizedDelay",),
    ),
    "profile.soc-supported": _Wrong(
        why="it does not support limits by the state of charge",
        schedule={"limitAtSoC": {"soc": 80, "limit": 6}},
        unless=("SupportsLimitAtSoC",),
    ),
    "profile.sleep-supported": _Wrong(
        why="its EVSEs do not sleep",
        periods=({"operationMode": "Idle", "evseSleep": True, "limit": None},),
        unless=("SupportsEvseSleep",),
    ),
    "profile.frequency-curve": _Wrong(
        why="the curve has less than two points",
        periods=({**_LOCAL, "limit": None, "v2xBaseline": 0, "v2xFreqWattCurve": _CURVE[:1]},),
    ),
    "profile.frequency-limit": _Wrong(
        why="what follows the frequency has no limit",
        periods=({**_LOCAL, "v2xBaseline": 0, "v2xFreqWattCurve": _CURVE},),
    ),
    "profile.balancing-supported": _Wrong(
        why="it does not balance loads",
        periods=({"operationMode": "LocalLoadBalancing", "limit": None},),
        unless=("V2XChargingCtrlr.SupportedOperationModes",),
        value="LocalLoadBalancing",
    ),
    "profile.max-charges": _Wrong(
        why="what limits the whole station does nothing but charge",
        purpose="ChargingStationMaxProfile",
        number=0,
        periods=(_SETPOINT,),
    ),
    "profile.mode-supported": _Wrong(
        why="it does not support that mode",
        periods=(_SETPOINT,),
        unless=("V2XChargingCtrlr.SupportedOperationModes",),
        value="CentralSetpoint",
    ),
    "profile.phases-of-transactions": _Wrong(
        why="limits by phase are of transactions alone", periods=({"limit_L2": 6},)
    ),
    "profile.idle-limit": _Wrong(why="what is idle has no limit", periods=({"operationMode": "Idle"},)),
}


def _status(stage: Stage, answer: Answer) -> Any:
    """What is said to a profile; an error that is not about the message as a whole refuses it too."""
    if answer.kind is AnswerKind.ERROR and answer.code not in UNSERVED:
        return answer.code
    return is_served(stage, answer, "smart-charging").get("status")


async def _refuses(stage: Stage, profile: Json, why: str, *, number: int) -> None:
    answer = await set_profile(stage, profile, number=number)
    status = _status(stage, answer)
    if status == "Accepted":
        await clear_profile(stage, profile["id"])
        stage.deviates(f"Rejected, since {why}", "Accepted", marks=(answer.mark,))


async def _look(wrong: _Wrong, stage: Stage) -> None:
    """Sets a profile that has to be refused."""
    for name in wrong.unless:
        component, _, variable = name.rpartition(".")
        values = await value_of(stage, component or "SmartChargingCtrlr", variable)
        if wrong.value in (values or "").replace(" ", "").split(","):
            stage.does_not_apply(f"it says so of itself: {variable}")
    await _refuses(stage, wrong.written(stage), wrong.why, number=wrong.number)


for _rule, _wrong in _WRONG.items():
    check(_rule)(partial(_look, _wrong))


@check("profile.first-phase")
async def first_phase(stage: Stage) -> None:
    """Sets a profile of a transaction with a limit of the second phase, and none of the first."""
    async with charging(stage) as charge:
        wrong = _Wrong(
            why="there is no limit of the first phase",
            purpose="TxProfile",
            profile={"transactionId": charge.id},
            periods=({"limit": None, "limit_L2": 6},),
        )
        await _refuses(stage, wrong.written(stage), wrong.why, number=charge.connector)


@check("profile.reserved-id")
async def reserved_id(stage: Stage) -> None:
    """Sets a profile under an id that is kept for limits from outside."""
    most = await value_of(stage, "SmartChargingCtrlr", "MaxExternalConstraintsId")
    if most is None or not most.isdecimal():
        stage.does_not_apply("it keeps no ids")
    profile = profile_of(stage, "TxDefaultProfile", id=int(most))
    await _refuses(stage, profile, f"ids to {most} are kept for limits from outside", number=1)


@check("profile.balancing-set")
async def balancing_set(stage: Stage) -> None:
    """Has loads balanced where it is not set from where to where."""
    values = await value_of(stage, "V2XChargingCtrlr", "SupportedOperationModes")
    if "LocalLoadBalancing" not in (values or "").replace(" ", "").split(","):
        stage.does_not_apply("it does not balance loads")
    bounds = ("UpperThreshold", "LowerThreshold", "UpperOffset", "LowerOffset")
    known = [await value_of(stage, "V2XChargingCtrlr", "LocalLoadBalancing", bound) for bound in bounds]
    if all(known):
        stage.does_not_apply("it is set from where to where")
    wrong = _Wrong(
        why="the thresholds are not set", periods=({"operationMode": "LocalLoadBalancing", "limit": None},)
    )
    await _refuses(stage, wrong.written(stage), wrong.why, number=wrong.number)


@check("profile.unsupported")
async def unsupported(stage: Stage) -> None:
    """Sets a profile where nothing is known of charging profiles."""
    if is_claimed(stage, "profile.unit"):
        stage.does_not_apply("the profile claims smart charging")
    if await _says_that_it_can(stage):
        stage.does_not_apply("it says that it can")
    answer = await set_profile(stage, profile_of(stage, "TxDefaultProfile"), number=1)
    # 1.6 has a status that says the same.
    if answer.payload is None or answer.payload.get("status") != "NotSupported":
        await refused_unserved(stage, answer, clear_profile)


async def _says_that_it_can(stage: Stage) -> bool:
    if is_first(stage.specification):
        told = await Setting("SupportedFeatureProfiles", "").get(stage)
        if told is None:
            stage.cannot_tell("it does not tell SupportedFeatureProfiles")
        return "SmartCharging" in told
    variables = ("Enabled", "Available", "RateUnit")
    return any([await value_of(stage, "SmartChargingCtrlr", each) is not None for each in variables])


@check("profile.external-kept")
async def external_kept(stage: Stage) -> None:
    """Clears limits from outside, by their id and by their purpose."""
    wanted_ones = {"chargingProfilePurpose": _EXTERNAL}
    members = {"requestId": 4726, "chargingProfile": wanted_ones}
    answer = await ask(stage, "GetChargingProfiles", members)
    if is_served(stage, answer, "smart-charging").get("status") != "Accepted":
        stage.does_not_apply("there are none")
    parts = [sound(stage, call) for call in await reported(stage, "ReportChargingProfiles")]
    ids = [profile["id"] for call in parts for profile in call.payload["chargingProfile"]]
    if not ids:
        stage.cannot_tell("it does not report them")
    ways: tuple[Json, ...] = (
        {"chargingProfileId": ids[0]},
        {"chargingProfileCriteria": wanted_ones},
    )
    for members in ways:
        answer = await ask(stage, "ClearChargingProfile", members)
        status = stage.needed(answer).get("status")
        if status != "Unknown":
            (place,) = members
            stage.deviates("Unknown", str(status), place=place, marks=(answer.mark,))


# Units


async def _foreign_unit(stage: Stage) -> str:
    """A unit that the station does not know."""
    known = await value_of(stage, "SmartChargingCtrlr", "RateUnit")
    if not known:
        stage.cannot_tell("it does not tell the units that it knows")
    foreign = {"A", "W"} - set(known.replace(" ", "").split(","))
    if len(foreign) != 1:
        stage.does_not_apply("it knows both units")
    return foreign.pop()


@check("profile.unit")
async def profile_unit(stage: Stage) -> None:
    """Sets a profile in a unit that is not configured."""
    unit = await _foreign_unit(stage)
    profile = profile_of(stage, "TxDefaultProfile")
    profile["chargingSchedule"][0]["chargingRateUnit"] = unit
    await _refuses(stage, profile, f"{unit} is not configured", number=1)


@check("composite.unit")
async def composite_unit(stage: Stage) -> None:
    """Asks for a schedule in a unit that is not configured."""
    unit = await _foreign_unit(stage)
    answer = await composite(stage, unit=unit)
    status = _status(stage, answer)
    if status == "Accepted":
        stage.deviates(f"Rejected, since {unit} is not configured", "Accepted", marks=(answer.mark,))


# Beside others


@check("profile.one-default")
async def one_default(stage: Stage) -> None:
    """Sets a default for an EVSE and for the whole station at one level, in both orders."""
    for first, second in ((1, 0), (0, 1)):
        await is_set(stage, profile_of(stage, "TxDefaultProfile"), number=first)
        other = profile_of(stage, "TxDefaultProfile", id=_OTHER)
        try:
            why = f"there is one of that level at EVSE {first}"
            await _refuses(stage, other, why, number=second)
        finally:
            await clear_profile(stage)


async def _parts(stage: Stage, id: int, number: int) -> None:
    wanted_ones = {"chargingProfilePurpose": "TxDefaultProfile"}
    members = {"requestId": id, "evseId": number, "chargingProfile": wanted_ones}
    answer = await ask(stage, "GetChargingProfiles", members)
    if stage.needed(answer).get("status") != "Accepted":
        stage.cannot_tell("the report was not accepted")
    for call in await reported(stage, "ReportChargingProfiles"):
        if call.payload.get("evseId") != number:
            stage.deviates(f"profiles of EVSE {number}", f"{call.payload.get('evseId')}", marks=(call.mark,))


@check("profile.report-place")
async def report_place(stage: Stage) -> None:
    """Sets two profiles in different places, and asks for those of one."""
    await has_profile(stage)
    try:
        await is_set(stage, profile_of(stage, "TxDefaultProfile", id=_OTHER, level=1), number=0)
        await _parts(stage, 4723, 1)
        await _parts(stage, 4724, 0)
    finally:
        await clear_profile(stage)
        await clear_profile(stage, _OTHER)


@check("profile.cleared-by-place")
async def cleared_by_place(stage: Stage) -> None:
    """Clears a profile by what it is, and then by its id."""
    await has_profile(stage)
    criteria = {"evseId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
    answer = await ask(stage, "ClearChargingProfile", {"chargingProfileCriteria": criteria})
    again = await clear_profile(stage)
    status = stage.needed(answer).get("status")
    if status != "Accepted":
        stage.deviates("Accepted, since there is one", str(status), marks=(answer.mark,))
    if stage.needed(again).get("status") == "Accepted":
        stage.deviates("the profile to be gone", "it could be cleared once more", marks=(again.mark,))


@check("profile.start-invalid")
async def start_invalid(stage: Stage) -> None:
    """Starts a transaction with a profile that is for no transaction."""
    # Without smart charging the profile is to be ignored.
    if await value_of(stage, "SmartChargingCtrlr", "Enabled") != "true":
        stage.cannot_tell("it does not say that smart charging is enabled")
    profile = profile_of(stage, "TxDefaultProfile")
    asked = wanted(stage)
    members = {"chargingProfile": profile}
    answer = await remote_start(stage, asked, members)
    if answer.kind is AnswerKind.ERROR:
        return
    if stage.needed(answer).get("status") == "Accepted":
        call = await stage.expect("TransactionEvent")
        if call is not None:
            id = call.payload.get("transactionInfo", {}).get("transactionId")
            await ask(stage, "RequestStopTransaction", {"transactionId": id})
        stage.deviates("Rejected, since its profile is for no transaction", "Accepted", marks=(answer.mark,))


# Dynamic profiles


async def _update(stage: Stage, id: int = PROFILE_ID) -> Answer:
    members = {"chargingProfileId": id, "scheduleUpdate": {"limit": 8}}
    return await ask(stage, "UpdateDynamicSchedule", members)


@check("dynamic.others-kept")
async def others_kept(stage: Stage) -> None:
    """Updates a profile that is not dynamic."""
    await has_profile(stage)
    answer = await _update(stage)
    await clear_profile(stage)
    if _status(stage, answer) == "Accepted":
        stage.deviates("Rejected, since the profile is not dynamic", "Accepted", marks=(answer.mark,))


async def _is_dynamic(stage: Stage, **members: object) -> None:
    profile = {**profile_of(stage, "TxDefaultProfile"), **_DYNAMIC, **members}
    await is_set(stage, profile)


@check("dynamic.updated")
async def dynamic_updated(stage: Stage) -> None:
    """Updates a dynamic profile."""
    await _is_dynamic(stage)
    answer = await _update(stage)
    await clear_profile(stage)
    status = is_served(stage, answer, "smart-charging").get("status")
    if status != "Accepted":
        stage.deviates("Accepted, since the profile is dynamic", str(status), marks=(answer.mark,))


@check("dynamic.pulled")
async def dynamic_pulled(stage: Stage) -> None:
    """Sets a dynamic profile that asks for updates, and waits for the first."""
    given = response(
        stage.specification,
        "PullDynamicScheduleUpdate",
        {"status": "Accepted", "scheduleUpdate": {"limit": 8}},
    )
    stage.responders["PullDynamicScheduleUpdate"] = lambda _: given
    await _is_dynamic(stage, dynUpdateInterval=2)
    call = await stage.expect("PullDynamicScheduleUpdate", within=2 + late(stage))
    await clear_profile(stage)
    if call is None:
        stage.deviates("PullDynamicScheduleUpdate", "none")
    if call.payload.get("chargingProfileId") != PROFILE_ID:
        got = f"{call.payload.get('chargingProfileId')}"
        stage.deviates(f"chargingProfileId {PROFILE_ID}", got, marks=(call.mark,))


# Priority


async def _use(stage: Stage, id: object, *, is_on: bool) -> Answer:
    members = {"transactionId": id, "activate": is_on}
    return await ask(stage, "UsePriorityCharging", members)


@check("priority.unknown-transaction")
async def priority_unknown(stage: Stage) -> None:
    """Gives priority to a transaction that there is not."""
    answer = await _use(stage, "no-such-transaction", is_on=True)
    status = is_served(stage, answer, "priority-charging").get("status")
    if status != "Rejected":
        stage.deviates("Rejected", str(status), marks=(answer.mark,))


@check("priority.no-profile")
async def priority_no_profile(stage: Stage) -> None:
    """Gives priority to a transaction where no profile is for that."""
    members = {"requestId": 4725, "chargingProfile": {"chargingProfilePurpose": _PRIORITY}}
    answer = await ask(stage, "GetChargingProfiles", members)
    if is_served(stage, answer, "smart-charging").get("status") != "NoProfiles":
        stage.cannot_tell("it may have such a profile")
    async with charging(stage) as charge:
        answer = await _use(stage, charge.id, is_on=True)
        status = is_served(stage, answer, "priority-charging").get("status")
        if status != "NoProfile":
            stage.deviates("NoProfile", str(status), marks=(answer.mark,))


async def _is_used(stage: Stage, id: object, *, is_on: bool, place: str) -> None:
    answer = await _use(stage, id, is_on=is_on)
    status = is_served(stage, answer, "priority-charging").get("status")
    if status != "Accepted":
        stage.deviates("Accepted", str(status), place=place, marks=(answer.mark,))
    call = await stage.expect("NotifyPriorityCharging", within=late(stage))
    if call is None:
        stage.deviates("NotifyPriorityCharging", "none", place=place, marks=(answer.mark,))
    if call.payload.get("transactionId") != id or call.payload.get("activated") is not is_on:
        stage.deviates(f"activated {str(is_on).lower()} of the transaction", "another", marks=(call.mark,))


@check("priority.followed")
async def priority_followed(stage: Stage) -> None:
    """Gives priority to a transaction, and takes it back."""
    await has_profile(stage, _PRIORITY)
    try:
        async with charging(stage) as charge:
            await _is_used(stage, charge.id, is_on=True, place="activate")
            await _is_used(stage, charge.id, is_on=False, place="deactivate")
    finally:
        await clear_profile(stage)
