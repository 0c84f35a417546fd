"""Charging schedules, of which 1.6 and 2.0 have one and 2.0.1 up to three with an id each."""

from typing import Any

from ocpp_core.translation.leaves import milliseconds
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.rules import RECEIVED_AT, Fill, made
from ocpp_core.translation.runs import At, ByHand


def schedule_of(attribute: str) -> ByHand:
    """The schedule of a profile, whose id, in this attribute, becomes that of the schedule."""

    def convert(value: Any, at: At) -> Any:
        at.run.note("profile", getattr(at.source, attribute))
        plan = at.run.way.plan(type(value), at.run.way.value_class("ChargingSchedule"), at.is_command)
        return [plan(value, at.run, (at.place, "", 0))]

    return convert


def _no_periods(at: At) -> Any:
    raise at.unfit(None, LossReason.REQUIRED, code="InvalidSchedule")


#: Id of a schedule, in a profile or outside of one.
SCHEDULE_ID: Fill = made(lambda at: at.run.notes.get("profile", 1), LossReason.ALLOCATED)
#: There is no schedule without periods in 2.0.1.
NO_PERIODS: Fill = made(_no_periods, LossReason.REQUIRED)


def composite_start(attribute: str) -> tuple[Fill, ByHand]:
    """When a composite schedule starts that does not say so: when its schedule does, else now.

    Args:
        attribute: Dotted name of the schedule.

    Returns:
        What to write, and what to do with the start of the schedule.
    """
    *outer, inner = attribute.split(".")

    def holder(at: At) -> Any:
        source = at.source
        for name in outer:
            source = getattr(source, name) if source is not None else None
        return source

    def start(at: At) -> Any:
        one = holder(at)
        schedule = getattr(one, inner) if one is not None else None
        if schedule is not None and schedule.start_schedule is not None:
            return milliseconds(schedule.start_schedule)
        return RECEIVED_AT.make(at)

    def said(value: Any, at: At) -> None:
        one = holder(at)
        is_said = getattr(one, "start_date_time" if outer else "schedule_start") is not None
        if is_said or not getattr(one, inner).charging_schedule_period:
            at.dropped(value)
        elif milliseconds(value) != value:
            at.approximated(value, milliseconds(value), LossReason.ROUNDED)

    return made(start, LossReason.TIME_OF_RECEIPT), said
