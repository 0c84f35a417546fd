"""Charging profiles: those of a transaction by its id on either side, and what a station of 1.6 cannot report."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace as replaced

from ocpp_core import v16, v201
from ocpp_core.model.messages import evolve
from ocpp_core.translation.leaves import milliseconds
from ocpp_core.translation.losses import LossKind, LossReason, Place
from ocpp_core.translation.sessions.layers import Asked, Steps
from ocpp_core.translation.sessions.records import moment_text, packed, unpacked
from ocpp_core.translation.sessions.state import State, TransactionRecord
from ocpp_core.translation.views import View

#: Profiles that are remembered of a station.
_MOST = 1_000


def set_charging_profile_up(asked: Asked) -> Steps:
    """1.6 to 2.0.1, where a profile of a transaction has to name it."""
    request: v16.SetChargingProfileRequest = asked.message
    profile = request.cs_charging_profiles
    if profile.charging_profile_purpose != "TxProfile" or profile.transaction_id is not None:
        return (yield from asked.carried())
    record = asked.state.running(request.connector_id)
    if record is None:
        return asked.answered(status="Rejected")
    id = record.id

    def named(made: v201.SetChargingProfileRequest) -> Any:
        asked.run.made((None, "", "chargingProfile.transactionId"), id, LossReason.REMEMBERED)
        return evolve(made, charging_profile=evolve(made.charging_profile, transaction_id=id))

    return (yield from asked.carried(named))


def set_charging_profile_down(asked: Asked) -> Steps:
    """2.0.1 to 1.6. It is kept, as 1.6 cannot be asked for its profiles."""
    request: v201.SetChargingProfileRequest = asked.message
    answer = yield from asked.carried()
    if getattr(answer, "status", None) == "Accepted":
        profile = evolve(request.charging_profile, extra={})
        value = {"evse": request.evse_id, "profile": packed(profile)}
        asked.state.records.push("profile", str(profile.id), value, _MOST)
    return answer


def notify_central_charging_needs(asked: Asked) -> Steps:
    """2.0 to 2.0.1: the schedules that the grid allows are a profile of the transaction that runs."""
    view = asked.view
    record = asked.state.running(view.evse_id)
    if record is None:
        return asked.answered(status="Rejected")
    moment = milliseconds(asked.now)
    number = asked.state.records.next_id("profile")
    made = asked.run.made
    for target, value, reason, kind in (
        ("id", number, LossReason.ALLOCATED, LossKind.SYNTHESISED),
        ("transactionId", record.id, LossReason.REMEMBERED, LossKind.SYNTHESISED),
        ("stackLevel", 0, LossReason.REQUIRED, LossKind.DEFAULTED),
        ("chargingProfilePurpose", "TxProfile", LossReason.REQUIRED, LossKind.DEFAULTED),
        ("chargingProfileKind", "Absolute", LossReason.REQUIRED, LossKind.DEFAULTED),
    ):
        made((None, "", f"chargingProfile.{target}"), value, reason, kind)
    profile = v201.ChargingProfile(
        id=number,
        transaction_id=record.id,
        stack_level=0,
        charging_profile_purpose=v201.ChargingProfilePurpose.TX_PROFILE,
        charging_profile_kind=v201.ChargingProfileKind.ABSOLUTE,
        charging_schedule=[
            _schedule(asked, one, index, moment) for index, one in enumerate(view.views("sa_schedule"))
        ],
    )
    request = v201.SetChargingProfileRequest(evse_id=view.evse_id, charging_profile=profile)
    answer = yield request
    if not isinstance(answer, v201.SetChargingProfileResponse):
        return answer
    return asked.answered(status=str(answer.status))


def _schedule(asked: Asked, view: View, index: int, moment: datetime) -> v201.ChargingSchedule:
    """What is allowed in watts, from now on."""
    path = f".chargingProfile.chargingSchedule[{index}]"
    asked.run.made((None, "", f"{path}.chargingRateUnit"), "W", kind=LossKind.DEFAULTED)
    asked.run.made((None, "", f"{path}.startSchedule"), moment, LossReason.TIME_OF_RECEIPT)
    periods = [(one.relative_time_interval, one.p_max) for one in view.p_max_schedule]
    tariff = view.sales_tariff
    if tariff is not None:
        place: Place = (None, f".saSchedule[{index}].salesTariff", f"{path}.salesTariff")
        tariff = asked.run.way.plan(type(tariff), v201.SalesTariff, True)(tariff, asked.run, place)
    last, _ = periods[-1]
    return v201.ChargingSchedule(
        id=view.sa_schedule_tuple_id,
        charging_rate_unit=v201.ChargingRateUnit.W,
        start_schedule=moment,
        duration=None if last.duration is None else last.start + last.duration,
        charging_schedule_period=[
            v201.ChargingSchedulePeriod(start_period=interval.start, limit=limit)
            for interval, limit in periods
        ],
        sales_tariff=tariff,
    )


def transaction_noted(asked: Asked) -> Steps:
    """2.0.1 to 2.0: which transaction runs at an EVSE is kept, for what 2.0 says of the EVSE alone."""
    request: v201.TransactionEventRequest = asked.message
    state: State = asked.state
    id = request.transaction_info.transaction_id
    record = state.transaction(id) or TransactionRecord(id=id)
    place = record.place if request.evse is None else request.evse.id
    # What comes after the end was said before it: on the way from 1.6, what waits goes before an end that is known.
    is_over = record.is_ended or request.event_type == "Ended"
    ended = moment_text(asked.now) if is_over else None
    if (record.place, record.is_ended) != (place, is_over) or state.transaction(id) is None:
        state.save(replaced(record, place=place, is_ended=is_over, ended=ended))
    return (yield from asked.carried())


def clear_charging_profile_down(asked: Asked) -> Steps:
    """2.0.1 to 1.6: what was cleared is forgotten."""
    request: v201.ClearChargingProfileRequest = asked.message
    answer = yield from asked.carried()
    if getattr(answer, "status", None) == "Accepted":
        for name, evse, profile in _profiles(asked):
            if _is_cleared(request, evse, profile):
                asked.state.records.remove("profile", name)
    return answer


def _is_cleared(request: v201.ClearChargingProfileRequest, evse: int, profile: v201.ChargingProfile) -> bool:
    if request.charging_profile_id is not None:
        return profile.id == request.charging_profile_id
    criteria = request.charging_profile_criteria
    return criteria is None or (
        criteria.evse_id in (None, evse)
        and criteria.stack_level in (None, profile.stack_level)
        and criteria.charging_profile_purpose in (None, profile.charging_profile_purpose)
    )


def get_charging_profiles(asked: Asked) -> Steps:
    """2.0.1: answered by what was set through the session, as 1.6 has no such question."""
    yield from ()
    request: v201.GetChargingProfilesRequest = asked.message
    id = asked.view.required("request_id")
    found: dict[int, list[v201.ChargingProfile]] = {}
    for _, evse, profile in _profiles(asked):
        if _is_wanted(request, evse, profile):
            found.setdefault(evse, []).append(profile)
    if not found:
        return asked.answered(status="NoProfiles")
    for number, (evse, profiles) in enumerate(found.items(), 1):
        asked.run.made((None, "", "chargingLimitSource"), "CSO", LossReason.REMEMBERED)
        asked.aside(
            v201.ReportChargingProfilesRequest(
                request_id=id,
                charging_limit_source=v201.ChargingLimitSource.CSO,
                evse_id=evse,
                charging_profile=profiles,
                tbc=True if number < len(found) else None,
            ),
        )
    return asked.answered(status="Accepted")


def _is_wanted(request: v201.GetChargingProfilesRequest, evse: int, profile: v201.ChargingProfile) -> bool:
    criterion = request.charging_profile
    ids, sources = criterion.charging_profile_id, criterion.charging_limit_source
    return (
        request.evse_id in (None, evse)
        and (not ids or profile.id in ids)
        and (not sources or "CSO" in sources)
        and criterion.stack_level in (None, profile.stack_level)
        and criterion.charging_profile_purpose in (None, profile.charging_profile_purpose)
    )


def _profiles(asked: Asked) -> list[tuple[str, int, v201.ChargingProfile]]:
    kept = asked.state.records.all("profile").items()
    return [(name, value["evse"], unpacked(v201.ChargingProfile, value["profile"])) for name, value in kept]
