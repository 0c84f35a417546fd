"""Checks of stations: what their reports select, and which monitors they take (2.x)."""

import json
from collections.abc import Iterable, Mapping

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.station_settings import (
    base_report,
    known_variable,
    monitoring,
    named,
    reported,
    set_monitors,
    silent_threshold,
    threshold,
)
from ocpp_core.conformance.checks.steering import ATTEMPTS, ask, calls_from, is_served, late
from ocpp_core.conformance.stages import Json, PeerCall, Stage

#: Variables by which components can be selected, and whether one without such a variable is selected too.
_CRITERIA: Mapping[str, bool] = {"Active": True, "Available": True, "Enabled": True, "Problem": False}
#: What a summary tells, and of which components.
_STATE = "AvailabilityState"
_STATED = frozenset({"ChargingStation", "Connector", "EVSE"})
#: Of several criteria one has to fit.
_SEVERAL = ("Enabled", "Problem")
#: The other kinds of monitors, with the types that each is of.
_KINDS: Mapping[str, frozenset[str]] = {
    "DeltaMonitoring": frozenset({"Delta"}),
    "PeriodicMonitoring": frozenset({"Periodic", "PeriodicClockAligned"}),
}
#: A change, and a period in seconds, that do not come about while somebody looks.
_RARELY = 1000
#: What has no order, so that nothing of it can be beyond a threshold.
_UNORDERED = frozenset({"boolean", "string", "MemberList", "OptionList", "SequenceList"})


# Variables


@check("variable.without-instance")
async def without_instance(stage: Stage) -> None:
    """Asks for a variable that has an instance, without it."""
    if await ATTEMPTS.get(stage) is None:
        stage.cannot_tell(f"it has no {ATTEMPTS.name_in(stage.specification)}")
    place = {"component": {"name": ATTEMPTS.component}, "variable": {"name": ATTEMPTS.variable}}
    answer = await ask(stage, "GetVariables", {"getVariableData": [place]})
    rows = stage.needed(answer).get("getVariableResult", [])
    if not rows or rows[0].get("attributeStatus") != "Accepted":
        return
    parts = await base_report(stage, 4780)
    told = [
        row for call in parts for row in call.payload.get("reportData") or () if named(row) == named(place)
    ]
    if not told or any("instance" not in row["variable"] for row in told):
        stage.cannot_tell("it may have one without an instance too")
    stage.deviates(
        "UnknownVariable, since there is none without an instance", "Accepted", marks=(answer.mark,)
    )


def _components(parts: Iterable[PeerCall]) -> dict[str, dict[str, bool]]:
    """The components of a report, and which of the criteria each is told to fit."""
    found: dict[str, dict[str, bool]] = {}
    for call in parts:
        for row in call.payload.get("reportData") or ():
            fits = found.setdefault(json.dumps(row["component"], sort_keys=True), {})
            for attribute in row["variableAttribute"] if row["variable"]["name"] in _CRITERIA else ():
                if attribute.get("type", "Actual") == "Actual" and "value" in attribute:
                    fits[row["variable"]["name"]] = attribute["value"].lower() == "true"
    return found


@check("report.criteria")
async def criteria(stage: Stage) -> None:
    """Asks for components by each criterion, and by two, and compares them with a full report."""
    inventory = _components(await base_report(stage, 4781))
    if not inventory:
        stage.cannot_tell("no full report came, which another rule is about")
    is_seen = False
    for number, wanted in enumerate([*((name,) for name in _CRITERIA), _SEVERAL]):
        answer = await ask(
            stage, "GetReport", {"requestId": 4782 + number, "componentCriteria": list(wanted)}
        )
        status = is_served(stage, answer, "custom-report").get("status")
        if status not in ("Accepted", "EmptyResultSet"):
            continue  # it need not know all of them
        parts = await reported(stage, "NotifyReport") if status == "Accepted" else []
        if status == "Accepted" and not parts:
            stage.cannot_tell("no report came, which another rule is about")
        is_seen = True
        due = {
            component
            for component, fits in inventory.items()
            if any(fits.get(name, _CRITERIA[name]) for name in wanted)
        }
        got = _components(parts).keys() & inventory.keys()
        for bad, what in ((got - due, "components that fit alone"), (due - got, "all components that fit")):
            if bad:
                verb = "too" if bad & got else "missing"
                marks = (answer.mark, *(call.mark for call in parts))
                place = ", ".join(wanted)
                stage.deviates(f"{what} {place}", f"{min(bad)} {verb}", place=place, marks=marks)
    if not is_seen:
        stage.cannot_tell("it knows none of the criteria")


#: What tells components of one name apart: instance, EVSE, connector.
_Place = tuple[str, int, int]


def _places(parts: Iterable[PeerCall]) -> dict[str, set[_Place]]:
    """Where the components of each name are, by a report."""
    found: dict[str, set[_Place]] = {}
    for call in parts:
        for row in call.payload.get("reportData") or ():
            component = row["component"]
            evse = component.get("evse", {})
            place = component.get("instance", ""), evse.get("id", 0), evse.get("connectorId", 0)
            found.setdefault(component["name"], set()).add(place)
    return found


@check("report.every-place")
async def every_place(stage: Stage) -> None:
    """Asks for a component that there is several times by its name, and by its EVSE."""
    inventory = _places(await base_report(stage, 4787))
    name, places = max(
        inventory.items(),
        key=lambda item: (any(connector for *_, connector in item[1]), len(item[1])),
        default=("", set[_Place]()),
    )
    if len(places) < 2:
        stage.cannot_tell("no full report has a component several times")
    evse = min(place[1] for place in places)
    asked: list[Json] = [{}, *([{"evse": {"id": evse}}] if evse else [])]
    for number, wanted in enumerate(asked):
        members = {"componentVariable": [{"component": {"name": name, **wanted}}]}
        answer = await ask(stage, "GetReport", {"requestId": 4788 + number, **members})
        if is_served(stage, answer, "custom-report").get("status") != "Accepted":
            stage.cannot_tell("the report was not accepted")
        parts = await reported(stage, "NotifyReport")
        if not parts:
            stage.cannot_tell("no report came, which another rule is about")
        due = {place for place in places if not wanted or place[1] == evse}
        missing = due - _places(parts).get(name, set())
        if missing:
            marks = (answer.mark, *(call.mark for call in parts))
            where = f" of EVSE {evse}" if wanted else ""
            stage.deviates(f"{len(due)} of {name}{where}", f"{len(due - missing)}", place=where, marks=marks)


@check("report.summary")
async def summary(stage: Stage) -> None:
    """Looks for the states of a full report in a summary."""

    async def states(number: int, base: str) -> tuple[set[str], tuple[int, ...]]:
        parts = await base_report(stage, number, base)
        if not parts:
            stage.cannot_tell("no report came, which another rule is about")
        told = [row for call in parts for row in call.payload.get("reportData") or ()]
        found = {
            json.dumps(row["component"], sort_keys=True)
            for row in told
            if row["variable"]["name"] == _STATE and row["component"]["name"] in _STATED
        }
        return found, tuple(call.mark for call in parts)

    due, _ = await states(4807, "FullInventory")
    if not due:
        stage.cannot_tell(f"a full report tells no {_STATE}")
    got, marks = await states(4808, "SummaryInventory")
    if due - got:
        stage.deviates(f"the {_STATE} of {min(due - got)} too", "not that", marks=marks)


# Reports of monitors


async def _monitors(stage: Stage, number: int, members: Json) -> tuple[dict[int, str], tuple[int, ...]]:
    """The monitors of a report, by id and type, and where it stands; none if it says that there are none.

    Raises:
        Inconclusive: There is no report.
    """
    answer = await ask(stage, "GetMonitoringReport", {"requestId": number, **members})
    status = is_served(stage, answer, "monitoring").get("status")
    if status == "EmptyResultSet":
        return {}, (answer.mark,)
    if status != "Accepted":
        stage.cannot_tell("the report was not accepted")
    parts = await reported(stage, "NotifyMonitoringReport")
    if not parts:
        stage.cannot_tell("no report came, which another rule is about")
    found = {
        monitor["id"]: monitor["type"]
        for call in parts
        for row in call.payload.get("monitor") or ()
        for monitor in row["variableMonitoring"]
    }
    return found, (answer.mark, *(call.mark for call in parts))


@check("monitor.report-kinds")
async def report_kinds(stage: Stage) -> None:
    """Sets monitors of each of the other kinds beside a threshold, and asks for them by their kind."""
    beside = await silent_threshold(stage)
    async with monitoring(stage, beside):
        for number, (kind, types) in enumerate(_KINDS.items()):
            async with monitoring(stage, {**beside, "value": _RARELY, "type": min(types)}) as id:
                found, marks = await _monitors(stage, 4790 + number, {"monitoringCriteria": [kind]})
            others = set(found.values()) - types
            if others:
                stage.deviates(f"monitors of {kind} alone", min(others), place=kind, marks=marks)
            if id not in found:
                stage.deviates(f"the {min(types)} monitor {id} too", "not that", place=kind, marks=marks)


@check("monitor.report-whole")
async def report_whole(stage: Stage) -> None:
    """Asks for the monitors of a component, and of a variable whatever its instance."""
    item = await silent_threshold(stage)
    several = threshold(ATTEMPTS.place, value=_RARELY, type="Delta")
    asked = (
        (item, {"component": item["component"]}),
        (several, {**ATTEMPTS.place, "variable": {"name": ATTEMPTS.variable}}),
    )
    for number, (wanted, place) in enumerate(asked):
        async with monitoring(stage, wanted) as id:
            found, marks = await _monitors(stage, 4795 + number, {"componentVariable": [place]})
        if id not in found:
            what = "instance" if "variable" in place else "variable"
            stage.deviates(f"the monitors of every {what}", f"not {id}", place=what, marks=marks)


# Which monitors are taken


async def _characteristics(stage: Stage, number: int) -> list[tuple[Json, Json]]:
    """The variables that can be monitored, each with what the full report says of its values."""
    return [
        ({"component": row["component"], "variable": row["variable"]}, row["variableCharacteristics"])
        for call in await base_report(stage, number)
        for row in call.payload.get("reportData") or ()
        if row.get("variableCharacteristics", {}).get("supportsMonitoring")
    ]


async def _not_taken(stage: Stage, item: Json, why: str) -> None:
    rows, answer = await set_monitors(stage, item)
    if rows and rows[0].get("status") == "Accepted":
        if "id" in rows[0]:
            await ask(stage, "ClearVariableMonitoring", {"id": [rows[0]["id"]]})
        stage.deviates(f"no such monitor, {why}", "Accepted", marks=(answer.mark,))


@check("monitor.beyond-range")
async def beyond_range(stage: Stage) -> None:
    """Sets a threshold that a variable can never reach."""
    known = await _characteristics(stage, 4797)
    place, most = next(((place, told["maxLimit"]) for place, told in known if "maxLimit" in told), ({}, 0))
    if not place:
        stage.cannot_tell("its report tells no maxLimit of a variable that can be monitored")
    await _not_taken(stage, threshold(place, value=float(most) + 1), f"beyond {most}")


@check("monitor.unfit-type")
async def unfit_type(stage: Stage) -> None:
    """Sets a threshold of what has no order."""
    known = await _characteristics(stage, 4798)
    place, kind = next(
        ((place, told["dataType"]) for place, told in known if told["dataType"] in _UNORDERED), ({}, "")
    )
    if not place:
        stage.cannot_tell("its report tells no variable without an order that can be monitored")
    await _not_taken(stage, threshold(place), f"on a {kind}")


# What they tell


async def _told(stage: Stage, since: int, id: int, *, is_over: bool) -> bool:
    """Whether a monitor tells that it alerts, or that this is over, in the calls from a number on."""
    async for call in calls_from(stage, since, "NotifyEvent", within=late(stage)):
        for event in call.payload.get("eventData") or ():
            if event.get("variableMonitoringId") == id and event.get("cleared", False) is is_over:
                return True
    return False


@check("monitor.alerts")
async def alerts(stage: Stage) -> None:
    """Has a variable exceed the threshold of a monitor, and come back."""
    known = await known_variable(stage)
    item = await silent_threshold(stage)
    async with monitoring(stage, {**item, "severity": 0}) as id:
        since = len(stage.calls)
        async with known.at(stage, str(item["value"] + 1)):
            if not await _told(stage, since, id, is_over=False):
                stage.lacks("an event once the value is beyond the threshold", "NotifyEvent", place="beyond")
        if not await _told(stage, since, id, is_over=True):
            stage.lacks("an event once the value is back", "NotifyEvent", place="back")
