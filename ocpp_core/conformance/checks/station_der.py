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


async def _set(
    stage: Stage,
    id: str = _CONTROL,
    *,
    priority: int = 100,
    seconds: int | None = _LATER,
    is_default: bool = False,
    **members: object,
) -> Answer:
    """Sets a control: one that begins in so many seconds, or has no time."""
    at = {} if seconds is None else {"startTime": timestamp(seconds), "duration": _SOON}
    control = {"priority": priority, "pctMaxDischargePower": 100, **at}
    about = {"isDefault": is_default, "controlId": id, "controlType": _KIND, "limitMaxDischarge": control}
    return await ask(stage, "SetDERControl", {**about, **members})


async def _clear(stage: Stage, id: str = _CONTROL, *, is_default: bool = False) -> Answer:
    return await ask(stage, "ClearDERControl", {"isDefault": is_default, "controlId": id})


async def _get(stage: Stage, request_id: int, id: str = _CONTROL) -> Answer:
    return await ask(stage, "GetDERControl", {"requestId": request_id, "controlId": id})


@asynccontextmanager
async def _controlled(
    stage: Stage, *, seconds: int | None = _LATER, is_default: bool = False
) -> AsyncGenerator[None, None]:
    """A control is there meanwhile.

    Raises:
        Inconclusive, NotApplicable: It is not.
    """
    answer = await _set(stage, seconds=seconds, is_default=is_default)
    status = is_served(stage, answer, "der").get("status")
    if status == "NotSupported":
        stage.does_not_apply(f"{_KIND} is not supported")
    if status != "Accepted":
        stage.cannot_tell(f"the control was not accepted: {status}")
    try:
        yield
    finally:
        await _clear(stage, is_default=is_default)


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


async def _supported(stage: Stage) -> list[str]:
    """The types of controls that the station says it has: what the one inverter does not know the other may."""
    known = [await value_of(stage, name, "ModesSupported") for name in ("DCDERCtrlr", "ACDERCtrlr")]
    return ",".join(filter(None, known)).replace(" ", "").split(",")


@check("der.unsupported")
async def unsupported(stage: Stage) -> None:
    """Asks for, clears and sets a control of a type that is not among those that are supported."""
    values = await _supported(stage)
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
            stage.lacks("a report of the control", "ReportDERControl", marks=(answer.mark,))


@check("der.report-id")
async def der_report_id(stage: Stage) -> None:
    """Looks at the request id of the report."""
    async with _controlled(stage):
        await _get(stage, 4763)
        for call in await reported(stage, "ReportDERControl"):
            if call.payload.get("requestId") != 4763:
                stage.deviates("requestId 4763", f"{call.payload.get('requestId')}", marks=(call.mark,))


async def _is_free(stage: Stage, *, is_default: bool) -> bool:
    """Whether no control of the type is set."""
    about = {"requestId": 4765, "controlType": _KIND, "isDefault": is_default}
    return _served(stage, await ask(stage, "GetDERControl", about)) == "NotFound"


async def _has_none(stage: Stage, *, is_default: bool) -> None:
    """Goes on only if no control of the type is set."""
    if not await _is_free(stage, is_default=is_default):
        stage.cannot_tell("it may have such controls already")


@check("der.superseded")
async def superseded(stage: Stage) -> None:
    """Sets a control, and another that goes before it: for later, and as a default where there was none."""
    other = f"{_CONTROL}-1"
    for place, is_default, seconds in (("scheduled", False, _LATER), ("default", True, None)):
        if is_default and not await _is_free(stage, is_default=is_default):
            continue
        async with _controlled(stage, seconds=seconds, is_default=is_default):
            answer = await _set(stage, other, priority=10, seconds=seconds, is_default=is_default)
            await _clear(stage, other, is_default=is_default)
            payload = stage.needed(answer)
            if payload.get("status") != "Accepted":
                got = str(payload.get("status"))
                wanted = "Accepted, since it goes before the other"
                stage.deviates(wanted, got, place=place, marks=(answer.mark,))
            if _CONTROL not in (payload.get("supersededIds") or ()):
                wanted = "the id of the control that it supersedes"
                stage.deviates(wanted, "none", place=place, marks=(answer.mark,))


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


async def _is_supported(stage: Stage) -> None:
    """Goes on only if the station says that it has such controls."""
    if _KIND not in await _supported(stage):
        stage.does_not_apply(f"{_KIND} is not supported")


@check("der.accepted")
async def der_accepted(stage: Stage) -> None:
    """Sets a control of a type of which there is none: as a default, and for later."""
    await _is_supported(stage)
    for is_default, seconds in ((True, None), (False, _LATER)):
        await _has_none(stage, is_default=is_default)
        answer = await _set(stage, seconds=seconds, is_default=is_default)
        status = _served(stage, answer)
        await _clear(stage, is_default=is_default)
        if status != "Accepted":
            place = "default" if is_default else "scheduled"
            stage.deviates("Accepted, since there is none", status, place=place, marks=(answer.mark,))


@check("der.refused")
async def der_refused(stage: Stage) -> None:
    """Sets controls that contradict themselves: a default with a time, what has no times with one, and two at once."""
    await _is_supported(stage)
    droop = {"priority": 100, "overFreq": 50.5, "underFreq": 49.5, "overDroop": 5, "underDroop": 5}
    gradient = {"priority": 100, "gradient": 1, "softGradient": 1}
    gradients: Json = {"controlType": "Gradients", "gradient": gradient, "limitMaxDischarge": None}
    wrong: tuple[tuple[str, bool, Json], ...] = (
        ("a default with a time", True, {}),
        ("a gradient for later", False, gradients),
        ("two controls", False, {"freqDroop": {**droop, "responseTime": 5}}),
    )
    for place, is_default, members in wrong:
        answer = await _set(stage, is_default=is_default, **members)
        # Gradients may be something that it does not support.
        if is_served(stage, answer, "der").get("status") == "Accepted":
            await _clear(stage, is_default=is_default)
            stage.deviates("Rejected", "Accepted", place=place, marks=(answer.mark,))


@check("der.found")
async def der_found(stage: Stage) -> None:
    """Sets a control, and asks for it by its type, by its kind, and among all."""
    ways: tuple[Json, ...] = ({"controlType": _KIND}, {"isDefault": False}, {})
    async with _controlled(stage):
        for number, members in enumerate(ways):
            answer = await ask(stage, "GetDERControl", {"requestId": 4766 + number, **members})
            status = str(stage.needed(answer).get("status"))
            place = ", ".join(members) or "all"
            if status != "Accepted":
                stage.deviates("Accepted, since there is one", status, place=place, marks=(answer.mark,))
            parts = await reported(stage, "ReportDERControl")
            await quiet(stage)
            if parts and not any(_CONTROL in _ids(call.payload) for call in parts):
                stage.deviates("a report of the control", "others", place=place, marks=(answer.mark,))


@check("der.clear-none")
async def clear_none(stage: Stage) -> None:
    """Clears the controls of a type of which there is none."""
    await _is_supported(stage)
    await _has_none(stage, is_default=True)
    answer = await ask(stage, "ClearDERControl", {"isDefault": True, "controlType": _KIND})
    status = _served(stage, answer)
    if status != "NotFound":
        stage.deviates("NotFound", status, marks=(answer.mark,))


@check("der.cleared")
async def der_cleared(stage: Stage) -> None:
    """Sets a control, and clears it: by its id, by its type, and with all."""
    ways: tuple[Json, ...] = ({"controlId": _CONTROL}, {"controlType": _KIND}, {})
    for members in ways:
        async with _controlled(stage):
            answer = await ask(stage, "ClearDERControl", {"isDefault": False, **members})
            status = str(stage.needed(answer).get("status"))
            place = ", ".join(members) or "all"
            if status != "Accepted":
                stage.deviates("Accepted, since there is one", status, place=place, marks=(answer.mark,))
            again = await _get(stage, 4769)
            if stage.needed(again).get("status") != "NotFound":
                stage.deviates("the control to be gone", "there", place=place, marks=(again.mark,))


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
