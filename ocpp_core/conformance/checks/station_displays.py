"""Checks of stations: what a display is asked to show, and what it tells of that, in 2.x."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.station_settings import most_of, reported
from ocpp_core.conformance.checks.steering import Setting, ask, is_served, quiet, value_of
from ocpp_core.conformance.stages import Answer, Json, Stage

_MESSAGE = 47120
#: Messages that are set at most to see that there are too many.
_MANY = 50
_TEXT = {"format": "UTF8", "content": "conformance"}


async def _set(stage: Stage, **members: object) -> Answer:
    message = {"id": _MESSAGE, "priority": "NormalCycle", "message": _TEXT, **members}
    return await ask(stage, "SetDisplayMessage", {"message": message})


async def _hide(stage: Stage) -> None:
    await ask(stage, "ClearDisplayMessage", {"id": _MESSAGE})


@asynccontextmanager
async def _shown(stage: Stage) -> AsyncGenerator[None, None]:
    """A message is shown meanwhile.

    Raises:
        Inconclusive, NotApplicable: It is not.
    """
    status = is_served(stage, await _set(stage), "display").get("status")
    if status != "Accepted":
        stage.cannot_tell(f"the message was not accepted: {status}")
    try:
        yield
    finally:
        await _hide(stage)


#: What a station may not know: the variable that lists what it knows, what there is in all versions, and the refusal.
_KINDS = {
    "priority": ("SupportedPriorities", ("InFront", "AlwaysFront"), "NotSupportedPriority"),
    "state": ("SupportedStates", ("Idle", "Unavailable", "Charging", "Faulted"), "NotSupportedState"),
    "format": ("SupportedFormats", ("URI", "HTML", "ASCII"), "NotSupportedMessageFormat"),
}


async def _unsupported(kind: str, stage: Stage) -> None:
    """Shows what the station says that it does not know."""
    variable, tokens, refusal = _KINDS[kind]
    known = await value_of(stage, "DisplayMessageCtrlr", variable)
    if not known:
        stage.cannot_tell(f"it does not tell its {variable}")
    values = known.replace(" ", "").split(",")
    foreign = next((token for token in tokens if token not in values), None)
    if foreign is None:
        stage.does_not_apply("it knows all that could be asked for")
    members = {"message": {**_TEXT, "format": foreign}} if kind == "format" else {kind: foreign}
    answer = await _set(stage, **members)
    status = is_served(stage, answer, "display").get("status")
    if status == "Accepted":
        await _hide(stage)
    if status != refusal:
        stage.deviates(f"{refusal} of {foreign}", str(status), marks=(answer.mark,))


for _kind in _KINDS:
    check(f"display.{_kind}")(partial(_unsupported, _kind))


async def _asked(stage: Stage, request_id: int, **members: object) -> Answer:
    return await ask(stage, "GetDisplayMessages", {"requestId": request_id, **members})


@check("display.listed")
async def display_listed(stage: Stage) -> None:
    """Asks for all messages while there is one."""
    async with _shown(stage):
        answer = await _asked(stage, 4743)
        status = stage.needed(answer).get("status")
        if status != "Accepted":
            stage.deviates("Accepted, since a message was set", str(status), marks=(answer.mark,))
        await reported(stage, "NotifyDisplayMessages")
        # What comes after the last part is judged too.
        await quiet(stage)


def _messages(payload: Json) -> list[Json]:
    listed: list[Json] = payload.get("messageInfo") or []
    return listed


@check("display.none")
async def display_none(stage: Stage) -> None:
    """Asks for messages where there are none: for all, and for those of a priority."""
    answer = await _asked(stage, 4748)
    status = is_served(stage, answer, "display").get("status")
    if status == "Accepted":
        parts = await reported(stage, "NotifyDisplayMessages")
        if not parts or parts[-1].payload.get("tbc"):
            stage.cannot_tell("it does not report them all")
        if any(_messages(call.payload) for call in parts):
            stage.cannot_tell("there are some")
        stage.deviates("Unknown, since there are none", "Accepted", marks=(answer.mark,))
    answer = await _asked(stage, 4749, priority="NormalCycle")
    status = str(stage.needed(answer).get("status"))
    if status != "Unknown":
        stage.deviates("Unknown, since there are none", status, place="priority", marks=(answer.mark,))


@check("display.found")
async def display_found(stage: Stage) -> None:
    """Asks for a message by its id and by its priority."""
    async with _shown(stage):
        ways: tuple[Json, ...] = ({"id": [_MESSAGE]}, {"priority": "NormalCycle"})
        for number, members in enumerate(ways):
            answer = await _asked(stage, 4744 + number, **members)
            place = ", ".join(members)
            status = stage.needed(answer).get("status")
            if status != "Accepted":
                got = str(status)
                stage.deviates("Accepted, since one fits", got, place=place, marks=(answer.mark,))
            parts = await reported(stage, "NotifyDisplayMessages")
            ids = {message.get("id") for call in parts for message in _messages(call.payload)}
            if parts and _MESSAGE not in ids:
                marks = tuple(call.mark for call in parts)
                stage.deviates("the message that fits", "others, or none", place=place, marks=marks)


@check("display.found-alone")
async def display_found_alone(stage: Stage) -> None:
    """Looks whether what was asked for by its id comes alone."""
    async with _shown(stage):
        other = {"id": _MESSAGE + 1, "priority": "NormalCycle", "message": _TEXT}
        answer = await ask(stage, "SetDisplayMessage", {"message": other})
        if stage.needed(answer).get("status") != "Accepted":
            stage.cannot_tell("a second message was not accepted")
        await _asked(stage, 4746, id=[_MESSAGE])
        parts = await reported(stage, "NotifyDisplayMessages")
        await ask(stage, "ClearDisplayMessage", {"id": _MESSAGE + 1})
        for call in parts:
            ids = [message.get("id") for message in _messages(call.payload)]
            if any(id != _MESSAGE for id in ids):
                stage.deviates(f"message {_MESSAGE} alone", "others beside it", marks=(call.mark,))


@check("display.replaced")
async def display_replaced(stage: Stage) -> None:
    """Sets a message under the id of another, and asks for it."""
    async with _shown(stage):
        answer = await _set(stage, message={**_TEXT, "content": "conformance, anew"})
        status = stage.needed(answer).get("status")
        if status != "Accepted":
            stage.deviates("Accepted, since it replaces the one before", str(status), marks=(answer.mark,))
        await _asked(stage, 4747, id=[_MESSAGE])
        for call in await reported(stage, "NotifyDisplayMessages"):
            for message in _messages(call.payload):
                text = message.get("message", {}).get("content")
                if message.get("id") == _MESSAGE and text == "conformance":
                    stage.deviates("the new text", "the one before", marks=(call.mark,))


@check("display.language")
async def display_language(stage: Stage) -> None:
    """Shows a text in more languages where the station has none to choose from."""
    if await value_of(stage, "DisplayMessageCtrlr", "Language") is not None:
        stage.does_not_apply("it knows languages")
    answer = await _set(stage, messageExtra=[{**_TEXT, "language": "nl"}])
    status = is_served(stage, answer, "display").get("status")
    if status == "Accepted":
        await _hide(stage)
        stage.deviates("Rejected, since it knows no languages", "Accepted", marks=(answer.mark,))


@check("display.full")
async def display_full(stage: Stage) -> None:
    """Shows one message more than its report says there can be."""
    most = await most_of(stage, Setting("DisplayMessages", "DisplayMessageCtrlr"), 4736)
    if most is None or not 0 < most <= _MANY:
        stage.cannot_tell("it does not tell how many messages there can be, or that is very many")
    ids = [_MESSAGE + number for number in range(int(most) + 1)]
    answers = [await _set(stage, id=id) for id in ids]
    for id in ids:
        await ask(stage, "ClearDisplayMessage", {"id": id})
    statuses = [is_served(stage, answer, "display").get("status") for answer in answers]
    if statuses[0] != "Accepted":
        stage.cannot_tell(f"the first message was not accepted: {statuses[0]}")
    if statuses[-1] == "Accepted":
        got = f"{statuses.count('Accepted')} messages"
        stage.deviates(f"Rejected, since there can be {most}", got, marks=(answers[-1].mark,))
