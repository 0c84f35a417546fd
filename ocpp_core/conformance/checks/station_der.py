"""Checks of stations: controls of distributed energy resources, and signals of the grid, in 2.1."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.station_settings import reported
from ocpp_core.conformance.checks.steering import ask, coming, is_served, late, quiet, value_of, was_away
from ocpp_core.conformance.requests import timestamp
from ocpp_core.conformance.stages import Answer, Json, Stage

_CONTROL = "conformance-47140"
#: Full power: a control that limits nothing.
_KIND = "LimitMaxDischarge"
#: Seconds after which a control begins, and that it lasts, where that is waited for.
_SOON = 2
#: Seconds from now at which nobody will look any more.
_LATER = 30 * 86400


async def _set(stage: Stage, id: str = _CONTROL, *, priority: int = 100, seconds: int = _LATER) -> Answer:
    control = {
        "priority": priority,
        "pctMaxDischargePower": 100,
        "startTime": timestamp(seconds),
        "duration": _SOON,
    }
    members = {"isDefault": False, "controlId": id, "controlType": _KIND, "limitMaxDischarge": control}
    return await ask(stage, "SetDERControl", members)


async def _clear(stage: Stage, id: str = _CONTROL) -> Answer:
    return await ask(stage, "ClearDERControl", {"isDefault": False, "controlId": id})


async def _get(stage: Stage, request_id: int, id: str = _CONTROL) -> Answer:
    return await ask(stage, "GetDERControl", {"requestId": request_id, "controlId": id})


@asynccontextmanager
async def _controlled(stage: Stage, *, seconds: int = _LATER) -> AsyncGenerator[None, None]:
    """A control is there meanwhile.

    Raises:
        Inconclusive, NotApplicable: It is not.
    """
    status = is_served(stage, await _set(stage, seconds=seconds), "der").get("status")
    if status == "NotSupported":
        stage.does_not_apply(f"{_KIND} is not supported")
    if status != "Accepted":
        stage.cannot_tell(f"the control was not accepted: {status}")
    try:
        yield
    finally:
        await _clear(stage)


def _served(stage: Stage, answer: Answer) -> str:
    status = is_served(stage, answer, "der").get("status")
    if status == "NotSupported" and not stage.profile.features.get("der"):
        stage.does_not_apply("der is not supported, nor claimed by the profile")
    return str(status)


@check("der.none-reported")
async def none_reported(stage: Stage) -> None:
    """Asks for a control that there is not."""
    answer = await _get(stage, 4760, "no-such-control")
    status = _served(stage, answer)
    if status != "NotFound":
        stage.deviates("NotFound", status, marks=(answer.mark,))


@check("der.clear-unknown")
async def clear_unknown(stage: Stage) -> None:
    """Clears a control that there is not."""
    answer = await _clear(stage, "no-such-control")
    status = _served(stage, answer)
    if status != "NotFound":
        stage.deviates("NotFound", status, marks=(answer.mark,))


@check("der.unsupported")
async def unsupported(stage: Stage) -> None:
    """Asks for, clears and sets a control of a type that is not among those that are supported."""
    # What the one inverter does not know the other may.
    known = [await value_of(stage, name, "ModesSupported") for name in ("DCDERCtrlr", "ACDERCtrlr")]
    values = ",".join(filter(None, known)).replace(" ", "").split(",")
    if not any(values):
        stage.cannot_tell("it does not tell which controls it supports")
    droop = {
        "priority": 100,
        **{"overFreq": 50.5, "underFreq": 49.5, "overDroop": 5, "underDroop": 5, "responseTime": 5},
    }
    power_factor = {"priority": 100, "displacement": 1, "excitation": True}
    kinds: list[tuple[str, Json]] = [
        ("FreqDroop", {"freqDroop": droop}),
        ("FixedPFAbsorb", {"fixedPFAbsorb": power_factor}),
        ("FixedPFInject", {"fixedPFInject": power_factor}),
    ]
    kind, control = next((each for each in kinds if each[0] not in values), ("", {}))
    if not kind:
        stage.does_not_apply("it supports all that could be asked for")
    about: Json = {"controlType": kind, "isDefault": True}
    for action, members in (
        ("GetDERControl", {**about, "requestId": 4761}),
        ("ClearDERControl", about),
        ("SetDERControl", {**about, "controlId": _CONTROL, **control}),
    ):
        answer = await ask(stage, action, members)
        status = str(is_served(stage, answer, "der").get("status"))
        if status != "NotSupported":
            if action == "SetDERControl":
                await ask(stage, "ClearDERControl", {"isDefault": True, "controlId": _CONTROL})
            stage.deviates("NotSupported", status, place=action, marks=(answer.mark,))


def _ids(payload: Json) -> list[object]:
    return [each.get("id") for each in payload.get("limitMaxDischarge") or ()]


@check("der.reported")
async def der_reported(stage: Stage) -> None:
    """Sets a control, and asks for it by its id."""
    async with _controlled(stage):
        answer = await _get(stage, 4762)
        status = str(stage.needed(answer).get("status"))
        if status != "Accepted":
            stage.deviates("Accepted, since there is one", status, marks=(answer.mark,))
        parts = await reported(stage, "ReportDERControl")
        # What comes after the last part is judged too.
        await quiet(stage)
        if not any(_CONTROL in _ids(call.payload) for call in parts):
            stage.deviates("a report of the control", "none", marks=(answer.mark,))


@check("der.report-id")
async def der_report_id(stage: Stage) -> None:
    """Looks at the request id of the report."""
    async with _controlled(stage):
        await _get(stage, 4763)
        for call in await reported(stage, "ReportDERControl"):
            if call.payload.get("requestId") != 4763:
                stage.deviates("requestId 4763", f"{call.payload.get('requestId')}", marks=(call.mark,))


@check("der.superseded")
async def superseded(stage: Stage) -> None:
    """Sets a control, and another that goes before it."""
    other = f"{_CONTROL}-1"
    async with _controlled(stage):
        answer = await _set(stage, other, priority=10)
        await _clear(stage, other)
        payload = stage.needed(answer)
        if payload.get("status") != "Accepted":
            got = str(payload.get("status"))
            stage.deviates("Accepted, since it goes before the other", got, marks=(answer.mark,))
        if _CONTROL not in (payload.get("supersededIds") or ()):
            stage.deviates("the id of the control that it supersedes", "none", marks=(answer.mark,))


@check("der.start-told")
async def start_told(stage: Stage) -> None:
    """Sets a control that begins soon and does not last, and waits to be told of both."""
    since = len(stage.trace)
    async with _controlled(stage, seconds=_SOON):
        wanted = [True, False]
        async for call in coming(stage, "NotifyDERStartStop", within=2 * _SOON + late(stage)):
            if call.payload.get("controlId") != _CONTROL:
                continue
            if call.payload.get("started") is not wanted.pop(0):
                stage.deviates("the start, and then the end", "something else", marks=(call.mark,))
            if not wanted:
                return
        if was_away(stage, since):
            stage.cannot_tell("it was away, and may have been so at that moment")
        stage.deviates("NotifyDERStartStop of start and end", f"{2 - len(wanted)} of them")


@check("grid.no-curve")
async def no_curve(stage: Stage) -> None:
    """Sends a signal where nothing follows signals."""
    members = {"requestId": 4764, "chargingProfile": {}}
    answer = await ask(stage, "GetChargingProfiles", members)
    if is_served(stage, answer, "smart-charging").get("status") != "NoProfiles":
        stage.cannot_tell("it has profiles, one of which may follow signals")
    answer = await ask(stage, "AFRRSignal", {"timestamp": timestamp(), "signal": 1})
    status = is_served(stage, answer, "v2x").get("status")
    if status == "Accepted":
        stage.deviates("Rejected, since no curve is for signals", "Accepted", marks=(answer.mark,))
