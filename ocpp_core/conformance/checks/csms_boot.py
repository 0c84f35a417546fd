"""Checks of CSMSs: registration, heartbeats and clocks."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

from ocpp_core.conformance.checks import Start, check
from ocpp_core.conformance.checks.asking import ask, moment, served, told
from ocpp_core.conformance.requests import request
from ocpp_core.conformance.stages import AnswerKind, Json, Stage
from ocpp_core.model.shapes import Nested, Shape, Text, shape

#: How far a clock may be off: what a certificate would bear, and less than any time zone.
_NEAR = timedelta(minutes=5)
#: Seconds between two looks at the clock of a CSMS, and how far they may be off: milliseconds may be missing.
_PAUSE = 1.3
_SLACK = 1.1


async def _booted(stage: Stage) -> Json:
    return stage.needed(await ask(stage, "BootNotification"), "the answer to BootNotification")


@check("boot.answered", start=Start.CONNECTED)
async def answered(stage: Stage) -> None:
    """Boots."""
    await served(stage, "boot.answered", "BootNotification")


@check("boot.again", start=Start.CONNECTED)
async def again(stage: Stage) -> None:
    """Boots twice."""
    first = await _booted(stage)
    answer = await ask(stage, "BootNotification")
    if answer.kind is AnswerKind.ERROR:
        stage.deviates("a result, as for the first BootNotification", answer, marks=(answer.mark,))
    second = stage.needed(answer)
    # It may have become Accepted meanwhile: an operator may have let the station in.
    if first.get("status") == "Accepted" != second.get("status"):
        stage.deviates("Accepted, as the first time", f"{second.get('status')}", marks=(answer.mark,))


@check("boot.all-members", start=Start.CONNECTED)
async def all_members(stage: Stage) -> None:
    """Boots with every text as long as it may be."""
    await _booted(stage)
    await stage.reconnect()
    cls = stage.specification.request("BootNotification")
    answer = await stage.call(
        "BootNotification", _filled(shape(cls), request(stage.specification, "BootNotification"))
    )
    if answer.kind is AnswerKind.ERROR:
        stage.deviates("a result", answer, marks=(answer.mark,))
    stage.needed(answer)


def _filled(facts: Shape, payload: Json) -> Json:
    """Every text, as long as it may be; serial numbers and the like in letters and digits."""
    for field in facts.fields:
        if isinstance(field.kind, Text):
            payload[field.wire] = ("A1" * 128)[: field.kind.max_length or 50]
        elif isinstance(field.kind, Nested) and field.wire != "customData":
            payload[field.wire] = _filled(shape(field.kind.cls), payload.get(field.wire, {}))
    return payload


async def _is_present(stage: Stage, action: str) -> None:
    """The time of an answer is that of the moment."""
    payload, mark = await told(stage, action)
    time = moment(stage, payload.get("currentTime"))
    off = abs(time - datetime.now(UTC))
    if off > _NEAR:
        stage.deviates("the present time", f"{payload['currentTime']}, {off} away", marks=(mark,))


async def _has_zone(stage: Stage, action: str) -> None:
    """The time of an answer says its offset: as it stands in the envelope."""
    _, mark = await told(stage, action)
    written = re.search(r"currentTime>\s*([^<\s]+)", stage.trace[mark].text)
    if written is None:
        stage.cannot_tell("there is no time in the answer")
    if not re.search(r"(Z|[+-]\d\d:\d\d)$", written[1]):
        stage.deviates("a time with its offset, or Z", written[1], marks=(mark,))


@check("boot.time", start=Start.CONNECTED)
async def boot_time(stage: Stage) -> None:
    """Compares the time with ours."""
    await _is_present(stage, "BootNotification")


@check("boot.time-zone", start=Start.CONNECTED)
async def boot_time_zone(stage: Stage) -> None:
    """Looks for the offset."""
    await _has_zone(stage, "BootNotification")


@check("boot.interval", start=Start.CONNECTED)
async def interval(stage: Stage) -> None:
    """Looks at the interval, which 1.2 and 1.5 call otherwise."""
    payload = await _booted(stage)
    seconds = payload.get("interval", payload.get("heartbeatInterval"))
    if seconds is None:
        stage.cannot_tell("the answer has no interval")
    if not isinstance(seconds, int | float):
        stage.cannot_tell("the interval is no number")
    if seconds < 0:
        stage.deviates("an interval of 0 or more seconds", f"{seconds}")


@check("boot.reconnected")
async def reconnected(stage: Stage) -> None:
    """Comes back without another boot."""
    if stage.needed(await ask(stage, "BootNotification")).get("status") != "Accepted":
        stage.cannot_tell("this station is not accepted")
    stage.needed(await ask(stage, "Heartbeat"), "the answer to a heartbeat before")
    await stage.reconnect()
    answer = await ask(stage, "Heartbeat")
    if answer.kind is AnswerKind.ERROR:
        stage.deviates("a result, since the station was accepted", answer, marks=(answer.mark,))
    stage.needed(answer)


async def _unaccepted(stage: Stage, *statuses: str) -> str:
    status = (await _booted(stage)).get("status")
    if status not in statuses:
        stage.cannot_tell(f"this station is {status} at once: it takes one that is {' or '.join(statuses)}")
    return str(status)


async def _refuses(stage: Stage) -> None:
    """A call before acceptance is refused."""
    status = await _unaccepted(stage, "Pending", "Rejected")
    answer = await ask(stage, "StatusNotification")
    if answer.kind is AnswerKind.RESULT or (
        answer.kind is AnswerKind.ERROR and answer.code != "SecurityError"
    ):
        stage.deviates(f"SecurityError, since the station is {status}", answer, marks=(answer.mark,))
    if answer.kind is not AnswerKind.ERROR:
        stage.needed(answer)


check("boot.before-acceptance", start=Start.CONNECTED)(_refuses)
check("boot.not-accepted", start=Start.CONNECTED)(_refuses)


@check("boot.triggered", start=Start.CONNECTED)
async def triggered(stage: Stage) -> None:
    """Sends what the CSMS has asked for while the station is Pending."""
    await _unaccepted(stage, "Pending")
    call = await stage.provoke("TriggerMessage", {"requestedMessage": "StatusNotification"})
    asked = call.payload.get("requestedMessage")
    if asked not in ("StatusNotification", "Heartbeat", "MeterValues", "FirmwareStatusNotification"):
        stage.cannot_tell(f"it asked for {asked}")
    answer = await ask(stage, asked)
    if answer.kind is AnswerKind.ERROR:
        stage.deviates(
            f"a result for the {asked} that it had asked for", answer, marks=(call.mark, answer.mark)
        )
    stage.needed(answer)


@check("boot.pending-open", start=Start.CONNECTED)
async def pending_open(stage: Stage) -> None:
    """Waits after Pending, and boots once more."""
    await _unaccepted(stage, "Pending")
    await stage.expect(within=stage.profile.silence)
    answer = await ask(stage, "BootNotification")
    if answer.kind is AnswerKind.CLOSED:
        stage.deviates("an open connection while Pending", answer, marks=(answer.mark,))
    stage.needed(answer)


async def _sends_none(stage: Stage, status: str, *actions: str) -> None:
    await _unaccepted(stage, status)
    call = await stage.expect(*actions, within=stage.profile.silence)
    if call is not None:
        stage.deviates(f"no such call while {status}", call.action, place=call.action, marks=(call.mark,))


@check("boot.rejected-quiet", start=Start.CONNECTED)
async def rejected_quiet(stage: Stage) -> None:
    """Listens for a while after Rejected."""
    await _sends_none(stage, "Rejected")


@check("boot.pending-no-remote-start", start=Start.CONNECTED)
async def pending_no_remote_start(stage: Stage) -> None:
    """Listens for a while after Pending."""
    await _sends_none(stage, "Pending", "RemoteStartTransaction", "RemoteStopTransaction")


@check("heartbeat.answered")
async def heartbeat_answered(stage: Stage) -> None:
    """Beats."""
    await served(stage, "heartbeat.answered", "Heartbeat")


@check("heartbeat.time")
async def heartbeat_time(stage: Stage) -> None:
    """Compares the time with ours."""
    await _is_present(stage, "Heartbeat")


@check("heartbeat.time-zone")
async def heartbeat_time_zone(stage: Stage) -> None:
    """Looks for the offset."""
    await _has_zone(stage, "Heartbeat")


@check("heartbeat.clock")
async def heartbeat_clock(stage: Stage) -> None:
    """Looks at the clock twice, a little more than a second apart."""

    async def look() -> tuple[datetime, datetime, int]:
        payload, mark = await told(stage, "Heartbeat")
        return moment(stage, payload.get("currentTime")), datetime.now(UTC), mark

    theirs, ours, first = await look()
    await asyncio.sleep(_PAUSE)
    theirs_later, ours_later, second = await look()
    passed, passed_here = (theirs_later - theirs).total_seconds(), (ours_later - ours).total_seconds()
    if abs(passed - passed_here) > _SLACK:
        stage.deviates(
            f"about {passed_here:.1f} s between two heartbeats",
            f"{passed:.1f} s",
            marks=(first, second),
        )
