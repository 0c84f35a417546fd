"""Checks of stations: registration, heartbeats, and what follows a boot."""

from itertools import pairwise
from math import ceil

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import harmless
from ocpp_core.conformance.checks.steering import (
    awaited,
    coming,
    late,
    patience,
    rebooted,
    remote_start,
    since,
    wanted,
    was_away,
)
from ocpp_core.conformance.requests import is_first
from ocpp_core.conformance.stages import AnswerKind, PeerCall, Stage

#: An interval that is told where a station shall come again soon, in seconds.
_SOON = 2
#: An interval that can be measured.
_PERIOD = 3
#: How much too early something may be: clocks and networks.
_SLACK = 1.0
#: What floods: more boots than this in as many seconds.
_FLOOD = 4


@check("boot.first")
async def first(stage: Stage) -> None:
    """Looks at what comes first after a boot."""
    await rebooted(stage, ("Accepted", 300))
    asked = max(entry.number for entry in stage.trace if '"Reset"' in entry.text)
    opened = stage.opening.mark
    if opened < asked:
        stage.cannot_tell("it has booted on the same connection, on which it may end what it was at")
    call = next(call for call in stage.calls if call.mark > opened)
    if call.action != "BootNotification":
        stage.deviates(
            "BootNotification first after a boot", call.action, place=call.action, marks=(call.mark,)
        )


def _only_boots(stage: Stage, boot: PeerCall, until: PeerCall | None, when: str) -> None:
    for call in since(stage, boot):
        if until is not None and call.mark >= until.mark:
            return
        if call.action != "BootNotification":
            stage.deviates(
                f"no call but BootNotification {when}",
                call.action,
                place=call.action,
                marks=(boot.mark, call.mark),
            )


@check("boot.nothing-before-answer")
async def nothing_before_answer(stage: Stage) -> None:
    """Lets a boot wait for its answer."""
    boot = await rebooted(stage, None, ("Accepted", 300))
    again = await stage.expect("BootNotification", within=patience(stage))
    _only_boots(stage, boot, again, "before the first was answered")


async def _quiet(stage: Stage, status: str) -> None:
    boot = await rebooted(stage, (status, _SOON), ("Accepted", 300))
    again = await stage.expect("BootNotification", within=_SOON + 2 * stage.profile.silence)
    _only_boots(stage, boot, again, f"while {status}")


@check("boot.quiet-while-pending")
async def quiet_while_pending(stage: Stage) -> None:
    """Listens while the station is Pending."""
    await _quiet(stage, "Pending")


@check("boot.quiet-while-rejected")
async def quiet_while_rejected(stage: Stage) -> None:
    """Listens while the station is Rejected."""
    await _quiet(stage, "Rejected")


@check("boot.answers-while-pending")
async def answers_while_pending(stage: Stage) -> None:
    """Calls while the station is Pending."""
    # It may take as long as ever, and stays Pending meanwhile.
    await rebooted(stage, ("Pending", _SOON + ceil(stage.profile.answer_within)), ("Accepted", 300))
    answer = await stage.call(*harmless(stage))
    if answer.kind is AnswerKind.SILENCE:
        stage.deviates("an answer while Pending", answer)


@check("boot.no-start-while-pending")
async def no_start_while_pending(stage: Stage) -> None:
    """Asks for a transaction while the station is Pending."""
    await rebooted(stage, ("Pending", _SOON), ("Accepted", 300))
    answer = await remote_start(stage, wanted(stage))
    if stage.needed(answer).get("status") != "Rejected":
        stage.deviates("Rejected while Pending", str(answer.payload), marks=(answer.mark,))


async def _again(stage: Stage, status: str) -> None:
    boot = await rebooted(stage, (status, _SOON), ("Accepted", 300))
    within = _SOON + patience(stage)
    if await stage.expect("BootNotification", within=within) is None:
        stage.deviates(
            f"another boot after {status}, interval {_SOON}", f"none in {within:.0f} s", marks=(boot.mark,)
        )


@check("boot.again-after-pending")
async def again_after_pending(stage: Stage) -> None:
    """Waits for another boot after Pending."""
    await _again(stage, "Pending")


@check("boot.again-after-rejected")
async def again_after_rejected(stage: Stage) -> None:
    """Waits for another boot after Rejected."""
    await _again(stage, "Rejected")


@check("boot.not-early")
async def not_early(stage: Stage) -> None:
    """Measures the time between two boots."""
    boot = await rebooted(stage, ("Rejected", _PERIOD), ("Accepted", 300))
    again = await awaited(stage, "BootNotification", within=patience(stage))
    if again.at - boot.at < _PERIOD - _SLACK:
        stage.deviates(
            f"another boot after {_PERIOD} s",
            f"after {again.at - boot.at:.1f} s",
            marks=(boot.mark, again.mark),
        )


@check("boot.no-flood")
async def no_flood(stage: Stage) -> None:
    """Tells no interval, and counts."""
    boot = await rebooted(stage, ("Rejected", 0))
    for _ in range(_FLOOD):
        if await stage.expect("BootNotification", within=1.0) is None:
            break
    else:
        last = stage.calls[-1]
        stage.deviates(
            "a pause that does not flood",
            f"{_FLOOD + 1} boots in {last.at - boot.at:.1f} s",
            marks=(boot.mark, last.mark),
        )
    await _let_in(stage)


async def _let_in(stage: Stage) -> None:
    """Lets the station in again."""
    stage.responders.pop("BootNotification", None)
    await stage.expect("BootNotification", within=patience(stage))


@check("boot.again-unanswered")
async def again_unanswered(stage: Stage) -> None:
    """Answers the first boot with silence."""
    boot = await rebooted(stage, None, ("Accepted", 300))
    within = patience(stage)
    if await stage.expect("BootNotification", within=within) is None:
        stage.deviates(
            "another boot, since the first was not answered", f"none in {within:.0f} s", marks=(boot.mark,)
        )


@check("boot.statuses")
async def statuses(stage: Stage) -> None:
    """Waits for the status of every connector after a boot."""
    boot = await rebooted(stage, ("Accepted", 300))
    missing = set(range(0 if is_first(stage.specification) else 1, stage.profile.evses + 1))
    name = "connectorId" if is_first(stage.specification) else "evseId"
    async for call in coming(stage, "StatusNotification", "NotifyEvent", within=late(stage)):
        missing.discard(call.payload.get(name, -1))
        if not missing or call.action == "NotifyEvent":
            return
    if missing:
        stage.lacks(
            "a StatusNotification for each connector after a boot",
            "StatusNotification",
            got=f"none for {', '.join(map(str, sorted(missing)))}",
            marks=(boot.mark,),
        )


@check("boot.not-after-reconnecting")
async def not_after_reconnecting(stage: Stage) -> None:
    """Ends the connection, and looks whether the station boots for that alone."""
    await stage.reconnect()
    call = await stage.expect("BootNotification", within=2 * stage.profile.silence)
    if call is not None:
        stage.deviates("no BootNotification after a new connection", call.action, marks=(call.mark,))


# Heartbeats


@check("heartbeat.comes")
async def heartbeat_comes(stage: Stage) -> None:
    """Tells a short interval at a boot, and waits."""
    boot = await rebooted(stage, ("Accepted", _SOON))
    within = 2 * _SOON + stage.profile.answer_within
    if await stage.expect("Heartbeat", within=within) is None:
        ended = boot.at + within
        said = [boot.at, *(call.at for call in since(stage, boot)), ended]
        if max(later - earlier for earlier, later in pairwise(said)) <= _SOON + _SLACK:
            stage.cannot_tell("it says so much else that it need not send heartbeats")
        stage.deviates(
            f"a heartbeat {_SOON} s after the last message", f"none in {within:.0f} s", marks=(boot.mark,)
        )


@check("heartbeat.not-early")
async def heartbeat_not_early(stage: Stage) -> None:
    """Measures the time between two heartbeats."""
    await rebooted(stage, ("Accepted", _PERIOD))
    first = await awaited(stage, "Heartbeat", within=patience(stage))
    second = await awaited(stage, "Heartbeat", within=patience(stage))
    if second.at - first.at < _PERIOD - _SLACK:
        stage.deviates(
            f"{_PERIOD} s between heartbeats",
            f"{second.at - first.at:.1f} s",
            marks=(first.mark, second.mark),
        )


# Events


@check("security.event-once")
async def security_event_once(stage: Stage) -> None:
    """Compares what is told of security after a boot."""
    boot = await rebooted(stage, ("Accepted", 300))
    for _ in range(_FLOOD):
        if await stage.expect("SecurityEventNotification") is None:
            break
    told = [call for call in since(stage, boot) if call.action == "SecurityEventNotification"]
    if not told:
        stage.cannot_tell("nothing was told of security")
    for place, call in enumerate(told):
        same = [other for other in told[:place] if call.payload == other.payload]
        if same and not was_away(stage, same[0].mark):
            stage.deviates("each security event once", "one twice", marks=(call.mark,))
