"""Charging profiles: those of a transaction by its id on either side, and what a station of 1.6 cannot report."""

from typing import Any

from ocpp_core import v16, v201
from ocpp_core.model.messages import evolve
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.sessions.layers import Asked, Steps
from ocpp_core.translation.sessions.records import packed, unpacked

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
                request_id=request.request_id,
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
