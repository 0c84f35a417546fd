"""Charging profiles and schedules of 1.6 and 2.0.1. A limit is never raised. See `v16_v201`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ocpp_core.model.decimals import read_decimal
from ocpp_core.model.messages import Response
from ocpp_core.translation.leaves import ROUND_CEILING, rounded
from ocpp_core.translation.losses import LossReason, NeedsSessionError
from ocpp_core.translation.rules import (
    Pair,
    asked,
    best,
    drop_comfort,
    field,
    newer,
    older,
)
from ocpp_core.translation.runs import At, Outcome, Run
from ocpp_core.translation.schedules import NO_PERIODS, SCHEDULE_ID, composite_start, schedule_of


#: Step of the limits of 1.6.
_TENTH = Decimal("0.1")


def _of_transaction(value: Any, at: At) -> Any:
    """The ids of a transaction in both versions are known to a session only."""
    raise NeedsSessionError("SetChargingProfile", at.run.step)


def _rounded_up(value: Any, at: At) -> Any:
    exact = read_decimal(value)
    near = rounded(exact, _TENTH, ROUND_CEILING)
    return near if near == exact else at.approximated(value, near, LossReason.ROUNDED)


_START, _start_is_said = composite_start("charging_schedule")


def _is_said_twice(at: At) -> bool:
    return at.source.charging_profile_id is not None


def _criterion(value: Any, at: At) -> Any:
    """2.0.1 allows an id or criteria, and an id names one profile."""
    if _is_said_twice(at):
        at.dropped(value)
        return None
    return value


def _purpose(value: Any, at: At) -> Any:
    if _is_said_twice(at):
        at.dropped(value)
        return None
    known = {"ChargingStationMaxProfile": "ChargePointMaxProfile", "TxDefaultProfile": "", "TxProfile": ""}
    if value not in known:
        raise at.unfit(value)
    return known[value] or value


PAIRS = (
    Pair(
        "SetChargingProfileRequest",
        field("connectorId", "evseId"),
        field("csChargingProfiles", "chargingProfile"),
    ),
    Pair(
        "ChargingProfile",
        field("chargingProfileId", "id"),
        field("transactionId", up=_of_transaction, down=_of_transaction),
        field("chargingSchedule", up=schedule_of("charging_profile_id")),
    ),
    Pair(
        "ChargingSchedule",
        newer("id", fill=SCHEDULE_ID),
        field("chargingSchedulePeriod", fill_up=NO_PERIODS, whole=True),
        field("minChargingRate", down=_rounded_up),
        newer("salesTariff", command=drop_comfort),
    ),
    Pair("ChargingSchedulePeriod", newer("phaseToUse", command=drop_comfort)),
    Pair(
        "ClearChargingProfileRequest",
        field("id", "chargingProfileId"),
        field("connectorId", "chargingProfileCriteria.evseId", down=_criterion),
        field("chargingProfilePurpose", "chargingProfileCriteria.chargingProfilePurpose", down=_purpose),
        field("stackLevel", "chargingProfileCriteria.stackLevel", down=_criterion),
    ),
    Pair("GetCompositeScheduleRequest", field("connectorId", "evseId")),
    Pair(
        "GetCompositeScheduleResponse",
        field("connectorId", "schedule.evseId", fill_up=asked("evse_id")),
        field(
            "scheduleStart",
            "schedule.scheduleStart",
            fill_up=_START,
        ),
        field("chargingSchedule.duration", "schedule.duration", fill_up=asked("duration")),
        field("chargingSchedule.chargingRateUnit", "schedule.chargingRateUnit"),
        field("chargingSchedule.chargingSchedulePeriod", "schedule.chargingSchedulePeriod", whole=True),
        older("chargingSchedule.startSchedule", up=_start_is_said),
        older("chargingSchedule.minChargingRate"),
    ),
)

_PURPOSES = ("ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile")


def clear_up(view: Any, run: Run, direction: Any) -> Outcome:
    """2.0.1 has no request that clears all, and none with an id and criteria."""
    made = direction.carried(view.carried(), run, "ClearChargingProfile")
    if made.charging_profile_id is not None and made.charging_profile_criteria is not None:
        for name in ("connector_id", "charging_profile_purpose", "stack_level"):
            value = getattr(view, name)
            if value is not None:
                run.losses[:] = [loss for loss in run.losses if not loss.path.startswith(f"$.{_WIRE[name]}")]
                run.dropped(view.place(name), value)
        return Outcome((type(made)(charging_profile_id=made.charging_profile_id),))
    if made.charging_profile_id is None and made.charging_profile_criteria is None:
        place = (None, "", "chargingProfileCriteria.chargingProfilePurpose")
        run.made(place, list(_PURPOSES), LossReason.SPLIT)
        criteria = run.way.value_class("ClearChargingProfile")
        purposes = run.way.value_class("ChargingProfilePurpose")
        return Outcome(
            [
                type(made)(charging_profile_criteria=criteria(charging_profile_purpose=purposes(one)))
                for one in _PURPOSES
            ]
        )
    return Outcome((made,))


_WIRE = {
    "connector_id": "connectorId",
    "charging_profile_purpose": "chargingProfilePurpose",
    "stack_level": "stackLevel",
}


def clear_merged(responses: Sequence[Response]) -> Response:
    """Cleared, if anything was."""
    return best("Accepted", "Unknown")(responses)
