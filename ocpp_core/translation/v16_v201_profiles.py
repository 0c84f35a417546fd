"""Charging profiles and schedules of 1.6 and 2.0.1. A limit is never raised. See `v16_v201`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ocpp_core.model.decimals import read_decimal
from ocpp_core.model.messages import Response, evolve
from ocpp_core.translation.leaves import ROUND_CEILING, rounded
from ocpp_core.translation.losses import LossReason, NeedsSessionError
from ocpp_core.translation.rules import (
    Pair,
    Row,
    asked,
    best,
    drop_comfort,
    field,
    newer,
    older,
)
from ocpp_core.translation.runs import At, ByHand, Memory, Outcome, Run
from ocpp_core.translation.schedules import NO_PERIODS, SCHEDULE_ID, composite_start, schedule_of

#: Step of the limits of 1.6.
_TENTH = Decimal("0.1")


def _transaction_up(value: Any, at: At) -> Any:
    """The ids of a transaction in both versions are known to a session only."""
    return _of_transaction(value, at, _memory(at).newer_transaction(value))


def _transaction_down(value: Any, at: At) -> Any:
    return _of_transaction(value, at, _memory(at).older_transaction(value))


def _of_transaction(value: Any, at: At, found: Any) -> Any:
    if found is None:
        raise at.unfit(value, status="Rejected", code="TxNotFound")
    return found


def _memory(at: At) -> Memory:
    if at.run.memory is None:
        raise NeedsSessionError("SetChargingProfile", at.run.step)
    return at.run.memory


def _rounded_up(value: Any, at: At) -> Any:
    exact = read_decimal(value)
    near = rounded(exact, _TENTH, ROUND_CEILING)
    return near if near == exact else at.approximated(value, near, LossReason.ROUNDED)


_START, _start_is_said = composite_start("charging_schedule")


def _unless(identifier: str, convert: ByHand | None = None) -> ByHand:
    """A criterion: 2.0.1 allows an id or criteria, and an id, in this attribute, names one profile."""

    def criterion(value: Any, at: At) -> Any:
        if getattr(at.source, identifier) is not None:
            at.dropped(value)
            return None
        return convert(value, at) if convert is not None else value

    return criterion


_PURPOSE_NAMES = {"ChargePointMaxProfile": "ChargingStationMaxProfile"}
_OLDER_PURPOSES = {new: old for old, new in _PURPOSE_NAMES.items()}


def _purpose_up(value: Any, at: At) -> Any:
    return _PURPOSE_NAMES.get(value, value)


def _purpose_down(value: Any, at: At) -> Any:
    if value not in _PURPOSES:
        raise at.unfit(value)
    return _OLDER_PURPOSES.get(value, value)


def _criterion(older: str, newer: str, up: ByHand | None = None, down: ByHand | None = None) -> Row:
    return field(
        older,
        f"chargingProfileCriteria.{newer}",
        up=_unless("id", up),
        down=_unless("charging_profile_id", down),
    )


_PURPOSES = ("ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile")

PAIRS = (
    Pair(
        "SetChargingProfileRequest",
        field("connectorId", "evseId"),
        field("csChargingProfiles", "chargingProfile"),
    ),
    Pair(
        "ChargingProfile",
        field("chargingProfileId", "id"),
        field("transactionId", up=_transaction_up, down=_transaction_down),
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
        _criterion("connectorId", "evseId"),
        _criterion("chargingProfilePurpose", "chargingProfilePurpose", _purpose_up, _purpose_down),
        _criterion("stackLevel", "stackLevel"),
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


def clear_up(view: Any, run: Run, direction: Any) -> Outcome:
    """2.0.1 has no request that clears all: it is one for each purpose."""
    made = direction.carried(view.carried(), run, "ClearChargingProfile")
    if made.charging_profile_id is not None or made.charging_profile_criteria is not None:
        return Outcome((made,))
    place = (None, "", "chargingProfileCriteria.chargingProfilePurpose")
    run.made(place, list(_PURPOSES), LossReason.SPLIT)
    criteria = run.way.value_class("ClearChargingProfile")
    purpose = run.way.value_class("ChargingProfilePurpose")
    return Outcome(
        [
            evolve(made, charging_profile_criteria=criteria(charging_profile_purpose=purpose(one)))
            for one in _PURPOSES
        ]
    )


def clear_merged(responses: Sequence[Response]) -> Response:
    """Cleared, if anything was."""
    return best("Accepted", "Unknown")(responses)
