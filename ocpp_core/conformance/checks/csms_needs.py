"""Checks of CSMSs: what an EV needs, the profile that it gets for that, and what it makes of it."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import PATIENCE, listen, patiently, sound, told
from ocpp_core.conformance.checks.transacting import Transaction
from ocpp_core.conformance.requests import request, timestamp, token
from ocpp_core.conformance.stages import Json, PeerCall, Stage
from ocpp_core.model.shapes import shape

#: How many entries of a schedule the played EV bears.
_TUPLES = 3
#: What an EV tells by ISO 15118-2.
_AC: Json = {
    "requestedEnergyTransfer": "AC_three_phase",
    "acChargingParameters": {
        "energyAmount": 20000,
        "evMinCurrent": 6,
        "evMaxCurrent": 32,
        "evMaxVoltage": 400,
    },
}
#: The same by ISO 15118-20, in either mode of control. It says nothing of its phases, and does not give back.
_SCHEDULED: Json = {
    "requestedEnergyTransfer": "AC_three_phase",
    "controlMode": "ScheduledControl",
    "v2xChargingParameters": {
        "minChargePower": 1400,
        "maxChargePower": 11000,
        "evTargetEnergyRequest": 20000,
    },
}
_DYNAMIC: Json = {**_SCHEDULED, "controlMode": "DynamicControl"}
_NONE = ("Rejected", "NoChargingProfile")


def _ways(stage: Stage) -> tuple[Json, ...]:
    """How an EV can tell its needs in the version."""
    written: Any = shape(stage.specification.request("NotifyEVChargingNeeds")).by_wire["chargingNeeds"].kind
    return (_AC, _SCHEDULED, _DYNAMIC) if "controlMode" in shape(written.cls).by_wire else (_AC,)


async def _says(stage: Stage, needs: Json) -> tuple[str, int]:
    """Tells needs; the status that they are answered, and where."""
    written = request(
        stage.specification, "NotifyEVChargingNeeds", {"evseId": 1, "maxScheduleTuples": _TUPLES}
    )
    written["chargingNeeds"] = {**needs, "departureTime": timestamp(8 * 3600)}
    answer = await stage.call("NotifyEVChargingNeeds", written)
    payload = stage.needed(answer, "the answer to NotifyEVChargingNeeds")
    return str(payload.get("status")), answer.mark


async def _promised(stage: Stage, needs: Json) -> int:
    """Tells needs for which a profile is promised at once; where."""
    status, mark = await _says(stage, needs)
    if status != "Accepted":
        stage.cannot_tell(f"the needs are answered {status}")
    return mark


async def _comes(stage: Stage) -> PeerCall | None:
    return await patiently(stage, "SetChargingProfile")


async def _has_to_come(stage: Stage, asked: int, what: str = "a") -> PeerCall:
    call = await _comes(stage)
    if call is None:
        wait = PATIENCE * stage.profile.answer_within
        stage.deviates(f"{what} SetChargingProfile within {wait:.0f} s", "none", marks=(asked,))
    return call


async def _profile(stage: Stage, needs: Json) -> tuple[Json, PeerCall]:
    """The profile that comes for needs, for rules about what is in it."""
    await Transaction.of(stage).begun()
    await _promised(stage, needs)
    call = await _comes(stage)
    if call is None:
        stage.cannot_tell("no profile has come, which another rule is about")
    return _read(stage, call), call


def _read(stage: Stage, call: PeerCall) -> Json:
    profile: Json = sound(stage, call).payload["chargingProfile"]
    return profile


def _periods(profile: Json) -> Iterator[Json]:
    for schedule in profile["chargingSchedule"]:
        yield from schedule["chargingSchedulePeriod"]


@check("charging-needs.profile")
async def needs_profile(stage: Stage) -> None:
    """Tells what an EV needs, in each way, and waits for the profile."""
    for needs in _ways(stage):
        played = Transaction.of(stage)
        await played.begun()
        asked = await _promised(stage, needs)
        call = await _has_to_come(stage, asked)
        profile = _read(stage, call)
        if profile["chargingProfilePurpose"] != "TxProfile" or profile.get("transactionId") != played.id:
            got = f"{profile['chargingProfilePurpose']} for {profile.get('transactionId')}"
            stage.deviates(f"a TxProfile for {played.id}", got, marks=(asked, call.mark))
        count = len(profile["chargingSchedule"])
        if count > _TUPLES:
            stage.deviates("at most three schedules", str(count), marks=(asked, call.mark))


@check("charging-needs.periods")
async def needs_periods(stage: Stage) -> None:
    """Counts the periods of the profile that comes."""
    for needs in _ways(stage):
        profile, call = await _profile(stage, needs)
        for schedule in profile["chargingSchedule"]:
            count = len(schedule["chargingSchedulePeriod"])
            if count > _TUPLES:
                stage.deviates(f"at most {_TUPLES} periods in a schedule", str(count), marks=(call.mark,))


@check("charging-needs.one-schedule")
async def needs_one_schedule(stage: Stage) -> None:
    """Counts the schedules of the profile that comes."""
    profile, call = await _profile(stage, _AC)
    count = len(profile["chargingSchedule"])
    if count > 1:
        stage.deviates("one schedule", str(count), marks=(call.mark,))


@check("charging-needs.dynamic")
async def needs_dynamic(stage: Stage) -> None:
    """Counts the schedules of the profile for an EV that is controlled dynamically."""
    profile, call = await _profile(stage, _DYNAMIC)
    count = len(profile["chargingSchedule"])
    if count != 1:
        stage.deviates("one schedule for dynamic control", str(count), marks=(call.mark,))


@check("charging-needs.charging-only")
async def needs_charging_only(stage: Stage) -> None:
    """Looks at the modes for an EV that does not give back."""
    profile, call = await _profile(stage, _SCHEDULED)
    for period in _periods(profile):
        mode = period.get("operationMode", "ChargingOnly")
        if mode != "ChargingOnly":
            stage.deviates("the mode ChargingOnly, or none", str(mode), marks=(call.mark,))


@check("charging-needs.phase-limits")
async def needs_phase_limits(stage: Stage) -> None:
    """Looks at the limits for an EV that has said nothing of its phases."""
    profile, call = await _profile(stage, _SCHEDULED)
    for period in _periods(profile):
        if named := sorted({"limit_L2", "limit_L3"} & period.keys()):
            stage.deviates("no limits of phases", ", ".join(named), marks=(call.mark,))


@check("charging-needs.none")
async def needs_none(stage: Stage) -> None:
    """Tells needs for which no profile is promised, and waits whether one comes."""
    await Transaction.of(stage).begun()
    await listen(stage)
    status, asked = await _says(stage, _AC)
    if status not in _NONE:
        stage.cannot_tell(f"the needs are answered {status}")
    await listen(stage)
    for call in stage.calls:
        profile = call.payload.get("chargingProfile")
        is_tx = isinstance(profile, dict) and profile.get("chargingProfilePurpose") == "TxProfile"
        if call.action == "SetChargingProfile" and is_tx and call.mark > asked:
            stage.deviates(f"no TxProfile after {status}", "one", marks=(asked, call.mark))


@check("charging-needs.processing")
async def needs_processing(stage: Stage) -> None:
    """Tells needs for which a profile is promised for later, and waits for it."""
    await Transaction.of(stage).begun()
    status, asked = await _says(stage, _AC)
    if status != "Processing":
        stage.cannot_tell(f"the needs are answered {status}")
    await _has_to_come(stage, asked)


@check("charging-needs.again")
async def needs_again(stage: Stage) -> None:
    """Tells other needs within the same transaction, as after a renegotiation."""
    for needs in _ways(stage):
        await _profile(stage, needs)
        asked = await _promised(stage, needs)
        await _has_to_come(stage, asked, "another")


@check("charging-needs.energy-transfer")
async def energy_transfer(stage: Stage) -> None:
    """Asks for an energy transfer that the driver is not allowed."""
    played = Transaction.of(stage)
    payload, allowing = await told(stage, "Authorize", token(stage.specification, played.token))
    allowed = payload.get("allowedEnergyTransfer")
    if not allowed:
        stage.cannot_tell("it does not say which energy transfers are allowed")
    await played.begun()
    other = next((each for each in _TRANSFERS if each not in allowed), None)
    if other is None:
        stage.cannot_tell("it allows every energy transfer")
    status, mark = await _says(stage, {**_SCHEDULED, "requestedEnergyTransfer": other})
    if status != "Rejected":
        stage.deviates(f"Rejected for {other}", status, marks=(allowing, mark))


#: Energy transfers, those first that few are allowed.
_TRANSFERS = ("DC_BPT", "AC_BPT", "DC_ACDP", "WPT", "AC_two_phase")


async def _answered(stage: Stage, factor: float) -> tuple[str, int]:
    """What is said of a schedule of the EV: that which it was given, with limits so many times as high."""
    profile, _ = await _profile(stage, _AC)
    schedule = deepcopy(profile["chargingSchedule"][0])
    for period in schedule["chargingSchedulePeriod"]:
        if "limit" not in period:
            stage.cannot_tell("the profile has no limits")
        period["limit"] = period["limit"] * factor + (factor > 1)
    members = {"evseId": 1, "timeBase": timestamp(), "chargingSchedule": schedule}
    payload, mark = await told(stage, "NotifyEVChargingSchedule", members)
    return str(payload["status"]), mark


@check("charging-schedule.within")
async def schedule_within(stage: Stage) -> None:
    """Tells the schedule of an EV that follows the profile."""
    status, mark = await _answered(stage, 1)
    if status != "Accepted":
        stage.deviates("Accepted for the schedule that it has sent", status, marks=(mark,))


@check("charging-schedule.beyond")
async def schedule_beyond(stage: Stage) -> None:
    """Tells the schedule of an EV that takes more than the profile allows."""
    status, mark = await _answered(stage, 2)
    if status != "Rejected":
        stage.deviates("Rejected for a schedule beyond its limits", status, marks=(mark,))


@check("dynamic-schedule.unknown")
async def dynamic_schedule(stage: Stage) -> None:
    """Asks for an update of a profile that there is not."""
    payload, mark = await told(stage, "PullDynamicScheduleUpdate", {"chargingProfileId": 2147480000})
    if payload["status"] != "Rejected":
        stage.deviates("the status Rejected", payload["status"], marks=(mark,))


@check("dynamic-schedule.known")
async def dynamic_schedule_known(stage: Stage) -> None:
    """Asks for an update of a dynamic profile that was set."""
    call = await stage.provoke("SetChargingProfile", {"chargingProfileKind": "Dynamic"})
    profile = call.payload.get("chargingProfile")
    if not isinstance(profile, dict) or profile.get("chargingProfileKind") != "Dynamic":
        stage.cannot_tell("it has set a profile that is not Dynamic")
    # The answer to its call is on the way: a CSMS need not know its profile before.
    await listen(stage)
    payload, mark = await told(stage, "PullDynamicScheduleUpdate", {"chargingProfileId": profile.get("id")})
    if payload["status"] != "Accepted" or not payload.get("scheduleUpdate"):
        got = payload["status"] if payload["status"] != "Accepted" else "Accepted without them"
        stage.deviates("Accepted, and limits or setpoints", got, marks=(call.mark, mark))
