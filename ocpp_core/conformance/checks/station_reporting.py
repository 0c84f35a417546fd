"""Checks of stations: what is in their reports of variables and monitors (2.x)."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.station_settings import (
    base_report,
    known_variable,
    monitoring,
    named,
    reported,
    set_monitors,
    silent_threshold,
)
from ocpp_core.conformance.checks.steering import ATTEMPTS, ask, is_served
from ocpp_core.conformance.stages import Json, PeerCall, Stage

#: Types of monitors that are thresholds.
_THRESHOLDS = frozenset({"UpperThreshold", "LowerThreshold"})


# Variables


def _rows(parts: list[PeerCall], name: str) -> Iterator[tuple[Json, PeerCall]]:
    """Each row of a report, with the part in which it stands."""
    for call in parts:
        for row in call.payload.get(name) or ():
            yield row, call


async def _report_of(stage: Stage, id: int, place: Json) -> list[PeerCall]:
    """A report of some variables.

    Raises:
        Inconclusive: It is not accepted.
    """
    answer = await ask(stage, "GetReport", {"requestId": id, "componentVariable": [place]})
    if is_served(stage, answer, "custom-report").get("status") != "Accepted":
        stage.cannot_tell("the report was not accepted")
    return await reported(stage, "NotifyReport")


@check("report.custom-comes")
async def custom_comes(stage: Stage) -> None:
    """Asks for a report of one variable, and waits for it."""
    if not await _report_of(stage, 4760, (await known_variable(stage)).place):
        stage.deviates("a report after it was accepted", "none")


@check("report.characteristics")
async def characteristics(stage: Stage) -> None:
    """Looks for the characteristics of a variable in a report of it."""
    place = (await known_variable(stage)).place
    for row, call in _rows(await _report_of(stage, 4761, place), "reportData"):
        if "variableCharacteristics" not in row:
            stage.deviates("variableCharacteristics", "none", marks=(call.mark,))


@check("report.whole-component")
async def whole_component(stage: Stage) -> None:
    """Asks for a report of a component, without a variable."""
    place = (await known_variable(stage)).place
    parts = await _report_of(stage, 4762, {"component": place["component"]})
    if not parts:
        stage.cannot_tell("no report came, which another rule is about")
    if all(named(row) != named(place) for row, _ in _rows(parts, "reportData")):
        stage.deviates(
            f"every variable of it, {place['variable']['name']} too",
            "not that",
            marks=tuple(call.mark for call in parts),
        )


@check("report.every-instance")
async def every_instance(stage: Stage) -> None:
    """Asks for a report of a variable that has an instance, without it."""
    if await ATTEMPTS.get(stage) is None:
        stage.cannot_tell(f"it has no {ATTEMPTS.name_in(stage.specification)}")
    place = {"component": {"name": ATTEMPTS.component}, "variable": {"name": ATTEMPTS.variable}}
    parts = await _report_of(stage, 4763, place)
    if not parts:
        stage.cannot_tell("no report came, which another rule is about")
    found = {row["variable"].get("instance") for row, _ in _rows(parts, "reportData")}
    if ATTEMPTS.instance not in found:
        marks = tuple(call.mark for call in parts)
        stage.deviates(f"the instance {ATTEMPTS.instance} too", "not that", marks=marks)


@check("report.configuration")
async def configuration(stage: Stage) -> None:
    """Asks for all that can be set, and looks for what has just been set."""
    known = await known_variable(stage)
    value = await known.get(stage)
    if value is None or await known.set(stage, value) != "Accepted":
        stage.cannot_tell(f"{known.name_in(stage.specification)} cannot be set")
    parts = await base_report(stage, 4764, "ConfigurationInventory")
    if not parts:
        stage.cannot_tell("no report came, which another rule is about")
    if all(named(row) != named(known.place) for row, _ in _rows(parts, "reportData")):
        stage.deviates(
            f"{known.name_in(stage.specification)}, which can be set",
            "not that",
            marks=tuple(call.mark for call in parts),
        )


# Monitors


@asynccontextmanager
async def _monitor(stage: Stage) -> AsyncGenerator[tuple[Json, int], None]:
    """A monitor that is set for a while: the place of its variable, and its id.

    Raises:
        Inconclusive: None can be set.
    """
    item = await silent_threshold(stage)
    async with monitoring(stage, item) as id:
        yield {"component": item["component"], "variable": item["variable"]}, id


async def _monitors_of(stage: Stage, id: int, **members: Any) -> list[PeerCall]:
    """A report of monitors.

    Raises:
        Inconclusive: It is not accepted.
    """
    answer = await ask(stage, "GetMonitoringReport", {"requestId": id, **members})
    if is_served(stage, answer, "monitoring").get("status") != "Accepted":
        stage.cannot_tell("the report was not accepted")
    return await reported(stage, "NotifyMonitoringReport")


def _told(parts: list[PeerCall]) -> Iterator[tuple[Json, Json, PeerCall]]:
    """Each monitor of a report, with its row and the part in which it stands."""
    for row, call in _rows(parts, "monitor"):
        for monitor in row.get("variableMonitoring") or ():
            yield monitor, row, call


@check("monitor.duplicate")
async def duplicate(stage: Stage) -> None:
    """Sets a monitor of the type and severity of one that is there."""
    async with _monitor(stage):
        rows, answer = await set_monitors(stage, await silent_threshold(stage))
        status = rows[0].get("status") if rows else None
        if status == "Accepted" and "id" in rows[0]:
            await ask(stage, "ClearVariableMonitoring", {"id": [rows[0]["id"]]})
        # It may have room for no more, which is a reason as good.
        if status == "Accepted":
            stage.deviates("Duplicate", str(status), marks=(answer.mark,))


@check("monitor.report-comes")
async def monitor_report_comes(stage: Stage) -> None:
    """Asks for all monitors, of which there is one."""
    async with _monitor(stage):
        answer = await ask(stage, "GetMonitoringReport", {"requestId": 4770})
        status = is_served(stage, answer, "monitoring").get("status")
        if status == "Rejected":
            stage.cannot_tell("it does not report just now")
        if status != "Accepted":
            stage.deviates("Accepted, since there is a monitor", str(status), marks=(answer.mark,))
        if not await reported(stage, "NotifyMonitoringReport"):
            stage.deviates("a report after it was accepted", "none", marks=(answer.mark,))


@check("monitor.report-request-id")
async def monitor_report_request_id(stage: Stage) -> None:
    """Looks at the request id of each part."""
    async with _monitor(stage):
        for call in await _monitors_of(stage, 4771):
            if call.payload.get("requestId") != 4771:
                stage.deviates("requestId 4771", f"{call.payload.get('requestId')}", marks=(call.mark,))


@check("monitor.report-sequence")
async def monitor_report_sequence(stage: Stage) -> None:
    """Looks at the sequence numbers of the parts."""
    async with _monitor(stage):
        for place, call in enumerate(await _monitors_of(stage, 4772)):
            if call.payload.get("seqNo") != place:
                stage.deviates(f"seqNo {place}", f"{call.payload.get('seqNo')}", marks=(call.mark,))


@check("monitor.report-all")
async def monitor_report_all(stage: Stage) -> None:
    """Looks for a monitor in a report of all."""
    async with _monitor(stage) as (_, id):
        parts = await _monitors_of(stage, 4773)
        if parts and all(monitor.get("id") != id for monitor, _, _ in _told(parts)):
            stage.deviates(f"the monitor {id} too", "not that", marks=tuple(call.mark for call in parts))


@check("monitor.report-asked-only")
async def monitor_report_asked_only(stage: Stage) -> None:
    """Asks for the monitors of one variable."""
    async with _monitor(stage) as (place, _):
        for _, row, call in _told(await _monitors_of(stage, 4774, componentVariable=[place])):
            if named(row) != named(place):
                stage.deviates(f"{named(place)} alone", f"{named(row)}", marks=(call.mark,))


@check("monitor.report-criteria")
async def monitor_report_criteria(stage: Stage) -> None:
    """Asks for thresholds alone."""
    async with _monitor(stage) as (_, id):
        parts = await _monitors_of(stage, 4775, monitoringCriteria=["ThresholdMonitoring"])
        told = list(_told(parts))
        for monitor, _, call in told:
            if monitor.get("type") not in _THRESHOLDS:
                stage.deviates("thresholds alone", f"{monitor.get('type')}", marks=(call.mark,))
        if parts and all(monitor.get("id") != id for monitor, _, _ in told):
            marks = tuple(call.mark for call in parts)
            stage.deviates(f"the threshold {id} too", "not that", marks=marks)


@check("monitor.report-empty")
async def monitor_report_empty(stage: Stage) -> None:
    """Asks for the monitors of what no station has."""
    place = {"component": {"name": "NoSuchThing"}}
    answer = await ask(stage, "GetMonitoringReport", {"requestId": 4776, "componentVariable": [place]})
    status = is_served(stage, answer, "monitoring").get("status")
    if status == "Accepted":
        stage.deviates("EmptyResultSet", str(status), marks=(answer.mark,))


@check("monitor.level-range")
async def monitor_level_range(stage: Stage) -> None:
    """Sets the level to a severity that there is not."""
    answer = await ask(stage, "SetMonitoringLevel", {"severity": 10})
    status = is_served(stage, answer, "monitoring").get("status")
    if status == "Accepted":
        await ask(stage, "SetMonitoringLevel", {"severity": 9})
        stage.deviates("Rejected", str(status), marks=(answer.mark,))
