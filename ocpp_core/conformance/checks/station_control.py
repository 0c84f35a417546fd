"""Checks of stations: what is triggered, availability, resets, locks and reservations."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import listen
from ocpp_core.conformance.checks.steering import (
    TELLING,
    ask,
    awaited,
    calls_from,
    charging,
    coming,
    forget,
    info_of,
    late,
    patience,
    placed,
    quiet,
    readings_of,
    rebooted,
    told_of,
    triggered,
    value_of,
)
from ocpp_core.conformance.requests import is_first
from ocpp_core.conformance.stages import Answer, PeerCall, Stage
from ocpp_core.conformance.traces import What

#: A number that no station gives to a connector.
_NO_CONNECTOR = 999
_RESERVATION = 47110
#: Seconds that a reservation lasts where its end is waited for.
_SHORT = 3


def status_of(call: PeerCall) -> str:
    """The status that a StatusNotification tells."""
    return str(call.payload.get("status", call.payload.get("connectorStatus")))


def number_of(call: PeerCall) -> int:
    """The number of the connector of 1.x, or of the EVSE of 2.x, that a call is about; -1 if it names none."""
    number = call.payload.get("evseId", call.payload.get("connectorId"))
    return number if isinstance(number, int) else -1


async def accepted(stage: Stage, answer: Answer, what: str) -> None:
    """Goes on only if something was accepted."""
    status = stage.needed(answer).get("status")
    if status != "Accepted":
        stage.cannot_tell(f"{what} was not accepted: {status}")


# What is triggered


@check("trigger.sent")
async def trigger_sent(stage: Stage) -> None:
    """Asks for a heartbeat and for a status, and waits for what was accepted."""
    for action in ("Heartbeat", "StatusNotification"):
        answer = await triggered(stage, action, placed(stage, 1) if action != "Heartbeat" else None)
        if stage.needed(answer).get("status") != "Accepted":
            continue
        if await stage.expect(action, within=late(stage)) is None:
            stage.deviates(f"{action}, since it was accepted", "none", place=action, marks=(answer.mark,))


@check("trigger.answered-first")
async def trigger_answered_first(stage: Stage) -> None:
    """Looks what comes first: the answer, or what was asked for; who says it after the answer too, says it anyway."""
    await quiet(stage)
    before = len(stage.calls)
    answer = await triggered(stage, "StatusNotification", placed(stage, 1))
    await accepted(stage, answer, "the trigger")
    early = [
        call
        for call in stage.calls[before:]
        if call.action == "StatusNotification" and number_of(call) == 1 and call.mark < answer.mark
    ]
    if not early:
        return
    async for call in coming(stage, "StatusNotification", within=late(stage)):
        if number_of(call) == 1 and call.mark > answer.mark:
            return
    stage.deviates(
        "the answer before what was asked for", early[0].action, marks=(early[0].mark, answer.mark)
    )


@check("trigger.every-connector")
async def trigger_every_connector(stage: Stage) -> None:
    """Asks for the status of all connectors."""
    answer = await triggered(stage, "StatusNotification")
    await accepted(stage, answer, "the trigger")
    wanted = set(range(stage.profile.evses + 1))
    async for call in coming(stage, "StatusNotification", within=late(stage)):
        wanted.discard(number_of(call))
        if not wanted:
            return
    if len(wanted) > stage.profile.evses:
        stage.cannot_tell("no status came")
    numbers = ", ".join(map(str, sorted(wanted)))
    stage.lacks(
        "a status of connector 0 and of every other",
        "StatusNotification",
        got=f"none of {numbers}",
        marks=(answer.mark,),
    )


@check("trigger.place-ignored")
async def trigger_place_ignored(stage: Stage) -> None:
    """Asks for a heartbeat of a connector."""
    answer = await triggered(stage, "Heartbeat", placed(stage, 1))
    is_accepted = stage.needed(answer).get("status") == "Accepted"
    if is_accepted and await stage.expect("Heartbeat", within=late(stage)) is not None:
        return
    plain = await triggered(stage, "Heartbeat")
    await accepted(stage, plain, "the trigger without a place")
    if await stage.expect("Heartbeat", within=late(stage)) is None:
        stage.cannot_tell("no heartbeat came without a place either")
    stage.deviates("a heartbeat, whatever the place", "none", marks=(answer.mark,))


@check("trigger.no-boot-when-accepted")
async def trigger_no_boot(stage: Stage) -> None:
    """Asks for a boot, though the station was accepted."""
    answer = await triggered(stage, "BootNotification")
    status = stage.needed(answer).get("status")
    if status == "Accepted":
        await stage.expect("BootNotification")
        stage.deviates("Rejected, since it was accepted", str(status), marks=(answer.mark,))


@check("trigger.meter-context")
async def trigger_meter_context(stage: Stage) -> None:
    """Asks for readings, and looks why they say that they were made."""
    answer = await triggered(stage, "MeterValues", placed(stage, 1))
    await accepted(stage, answer, "the trigger")
    first = await awaited(stage, "MeterValues", within=late(stage))
    contexts = [sample.get("context") for _, sample in readings_of(first)]
    if set(contexts) == {"Trigger"}:
        return
    # What it would have told anyway may come in between.
    async for call in coming(stage, "MeterValues", within=late(stage)):
        if {sample.get("context") for _, sample in readings_of(call)} == {"Trigger"}:
            return
    stage.deviates("context Trigger", ", ".join(map(str, contexts)) or "no reading", marks=(first.mark,))


async def _idle(stage: Stage, action: str, failures: frozenset[str] = frozenset()) -> None:
    answer = await triggered(stage, action)
    await accepted(stage, answer, "the trigger")
    call = await awaited(stage, action, within=late(stage))
    status = str(call.payload.get("status"))
    if status in failures:
        stage.cannot_tell(f"it tells how it went the last time: {status}")
    if status != "Idle":
        stage.deviates("Idle, since nothing goes on", status, marks=(call.mark,))


#: How an update ends that has failed. 2.x wants Idle where nothing goes on (F06), and the last status unless that is
#: Installed (L01): each is right.
FAILED_UPDATES = frozenset(
    {"DownloadFailed", "InstallationFailed", "InstallVerificationFailed", "InvalidSignature"}
)


@check("trigger.firmware-idle")
async def trigger_firmware_idle(stage: Stage) -> None:
    """Asks how the update goes when there is none."""
    first = is_first(stage.specification)
    await _idle(stage, "FirmwareStatusNotification", frozenset() if first else FAILED_UPDATES)


@check("trigger.custom-unknown")
async def trigger_custom_unknown(stage: Stage) -> None:
    """Asks for a message of somebody's own that nobody knows."""
    answer = await triggered(stage, "CustomTrigger", {"customTrigger": "org.example.conformance"})
    status = str(stage.needed(answer).get("status"))
    if status != "NotImplemented":
        stage.deviates("NotImplemented", status, marks=(answer.mark,))


@check("trigger.custom")
async def trigger_custom(stage: Stage) -> None:
    """Asks for a message of its own that it says it sends."""
    names = await value_of(stage, "CustomizationCtrlr", "CustomTriggers")
    name = (names or "").partition(",")[0].strip()
    if not name:
        stage.does_not_apply("it has none")
    answer = await triggered(stage, "CustomTrigger", {"customTrigger": name})
    status = str(stage.needed(answer).get("status"))
    if status == "NotImplemented":
        stage.deviates("Accepted, since it says that it has it", status, marks=(answer.mark,))


@check("trigger.upload-idle")
async def trigger_upload_idle(stage: Stage) -> None:
    """Asks how the upload goes when there is none."""
    first = stage.specification.version == "1.6"
    await _idle(stage, "DiagnosticsStatusNotification" if first else "LogStatusNotification")


# Availability


async def change_availability(stage: Stage, number: int, is_operative: bool) -> Answer:
    """Puts a connector, or with 0 the station, into service, or out of it."""
    await forget(stage)
    type = "Operative" if is_operative else "Inoperative"
    place = placed(stage, number)
    return await ask(stage, "ChangeAvailability", {**place, "type": type, "operationalStatus": type})


async def is_shown(stage: Stage, number: int, status: str, after: int) -> bool:
    """Whether a status of a connector is told."""
    async for call in calls_from(stage, after, "StatusNotification", "NotifyEvent", within=late(stage)):
        if call.action == "NotifyEvent":
            return True
        if (number_of(call), status_of(call)) == (number, status):
            return True
    return False


async def is_free(stage: Stage, after: int) -> bool:
    """Whether connector 1 is told to be in service again: what it is then depends on its cable."""
    async for call in calls_from(stage, after, "StatusNotification", "NotifyEvent", within=late(stage)):
        if _tells_service(call):
            return True
    return False


def _tells_service(call: PeerCall) -> bool:
    if call.action != "StatusNotification":
        return call.action == "NotifyEvent"
    return number_of(call) == 1 and status_of(call) not in ("Unavailable", "Reserved")


@check("availability.unknown-connector")
async def availability_unknown(stage: Stage) -> None:
    """Changes the availability of a connector that there is not."""
    answer = await change_availability(stage, _NO_CONNECTOR, False)
    status = stage.needed(answer).get("status")
    if status != "Rejected":
        stage.deviates("Rejected", str(status), marks=(answer.mark,))


@check("availability.same-again")
async def availability_same(stage: Stage) -> None:
    """Asks for what is so already, twice."""
    await accepted(stage, await change_availability(stage, 1, True), "Operative")
    answer = await change_availability(stage, 1, True)
    status = stage.needed(answer).get("status")
    if status != "Accepted":
        stage.deviates("Accepted, since it is so already", str(status), marks=(answer.mark,))


@check("availability.told")
async def availability_told(stage: Stage) -> None:
    """Takes a connector out of service, and puts it back."""
    before = len(stage.calls)
    answer = await change_availability(stage, 1, False)
    await accepted(stage, answer, "the change")
    was_shown = await is_shown(stage, 1, "Unavailable", before)
    before = len(stage.calls)
    back = await change_availability(stage, 1, True)
    if not was_shown:
        stage.lacks("a status Unavailable", "StatusNotification", place="Unavailable", marks=(answer.mark,))
    await accepted(stage, back, "the change back")
    if not await is_free(stage, before):
        stage.lacks(
            "a status that says that it is in service",
            "StatusNotification",
            place="in service",
            marks=(back.mark,),
        )


@check("availability.whole-station")
async def availability_whole(stage: Stage) -> None:
    """Takes the whole station out of service."""
    before = len(stage.calls)
    answer = await change_availability(stage, 0, False)
    await accepted(stage, answer, "the change")
    missing = [
        number
        for number in range(1, stage.profile.evses + 1)
        if not await is_shown(stage, number, "Unavailable", before)
    ]
    await change_availability(stage, 0, True)
    if len(missing) == stage.profile.evses:
        stage.cannot_tell("it tells no statuses")
    if missing:
        stage.deviates("Unavailable of every connector", f"not of {missing}", marks=(answer.mark,))


@check("availability.scheduled")
async def availability_scheduled(stage: Stage) -> None:
    """Takes a connector out of service while a transaction runs on it."""
    async with charging(stage) as charge:
        answer = await change_availability(stage, 1, False)
        status = stage.needed(answer).get("status")
        await charge.stop()
    await change_availability(stage, 1, True)
    if status != "Scheduled":
        stage.deviates("Scheduled, since a transaction runs", str(status), marks=(answer.mark,))


@check("availability.after-transaction")
async def availability_after(stage: Stage) -> None:
    """Looks whether a change that was scheduled is made."""
    async with charging(stage) as charge:
        before = len(stage.calls)
        if stage.needed(await change_availability(stage, 1, False)).get("status") != "Scheduled":
            stage.cannot_tell("the change was not scheduled")
        await charge.stop()
        was_shown = await is_shown(stage, 1, "Unavailable", before)
    await change_availability(stage, 1, True)
    if not was_shown:
        stage.lacks("Unavailable after the transaction", "StatusNotification", got="no such status")


@check("availability.survives")
async def availability_survives(stage: Stage) -> None:
    """Takes a connector out of service, and resets the station."""
    before = len(stage.calls)
    await accepted(stage, await change_availability(stage, 1, False), "the change")
    if not await is_shown(stage, 1, "Unavailable", before):
        stage.cannot_tell("it does not tell that it is unavailable")
    boot = await rebooted(stage, ("Accepted", 300))
    while (call := await awaited(stage, "StatusNotification")).mark < boot.mark or number_of(call) != 1:
        pass
    await change_availability(stage, 1, True)
    if status_of(call) != "Unavailable":
        stage.deviates("Unavailable after a boot too", status_of(call), marks=(call.mark,))


# Statuses


@check("status.connector-zero-tokens")
async def status_zero(stage: Stage) -> None:
    """Follows the statuses of connector 0 through a transaction."""
    async with charging(stage) as charge:
        await triggered(stage, "StatusNotification")
        await listen(stage)
        await charge.stop()
        await listen(stage)
        for call in stage.calls:
            if call.action != "StatusNotification" or number_of(call) != 0:
                continue
            if status_of(call) not in ("Available", "Unavailable", "Faulted"):
                stage.deviates(
                    "Available, Unavailable or Faulted for connector 0", status_of(call), marks=(call.mark,)
                )


#: From which statuses a connector may come to which, in 1.6.
_WAYS = {
    "Available": "Preparing Charging SuspendedEV SuspendedEVSE Reserved Unavailable Faulted",
    "Preparing": "Available Charging SuspendedEV SuspendedEVSE Finishing Faulted",
    "Charging": "Available SuspendedEV SuspendedEVSE Finishing Unavailable Faulted",
    "SuspendedEV": "Available Charging SuspendedEVSE Finishing Unavailable Faulted",
    "SuspendedEVSE": "Available Charging SuspendedEV Finishing Unavailable Faulted",
    "Finishing": "Available Preparing Unavailable Faulted",
    "Reserved": "Available Preparing Unavailable Faulted",
    "Unavailable": "Available Preparing Charging SuspendedEV SuspendedEVSE Faulted",
}


@check("status.transitions")
async def status_transitions(stage: Stage) -> None:
    """Follows the status of a connector through a transaction."""
    await triggered(stage, "StatusNotification", placed(stage, 1))
    await awaited(stage, "StatusNotification")
    async with charging(stage) as charge:
        await listen(stage)
        await charge.stop()
        await listen(stage, 2 * stage.profile.silence)
    last: PeerCall | None = None
    for call in stage.calls:
        if call.action != "StatusNotification" or number_of(call) != 1:
            continue
        # What changed while it was away need not be told.
        is_seen = last is not None and not any(
            entry.what is What.OPENED for entry in stage.trace[last.mark : call.mark]
        )
        if last is not None and is_seen and status_of(call) != status_of(last):
            ways = _WAYS.get(status_of(last))
            if ways is not None and status_of(call) not in ways.split():
                stage.deviates(
                    f"one of {ways} after {status_of(last)}", status_of(call), marks=(last.mark, call.mark)
                )
        last = call


@check("status.in-use")
async def status_in_use(stage: Stage) -> None:
    """Looks whether a connector on which a transaction runs is told to be in use."""
    await quiet(stage)
    before = len(stage.calls)
    async with charging(stage):
        last: PeerCall | None = None
        async for call in calls_from(stage, before, "StatusNotification", "NotifyEvent"):
            if _tells_use(call):
                return
            last = call if number_of(call) == 1 else last
        # It may have been so before, when a cable is in; who cannot be asked is held to what it has told last.
        if "TriggerMessage" in stage.specification.actions:
            await triggered(stage, "StatusNotification", placed(stage, 1))
            last = await awaited(stage, "StatusNotification")
        if last is None:
            stage.cannot_tell("it has told nothing since the transaction began")
        if number_of(last) == 1 and not _tells_use(last):
            stage.deviates("a status that says that it is in use", status_of(last), marks=(last.mark,))


def _tells_use(call: PeerCall) -> bool:
    if call.action != "StatusNotification":
        return call.action == "NotifyEvent"
    return number_of(call) == 1 and status_of(call) not in ("Available", "Reserved", "Unavailable")


# Resets


async def _reset(stage: Stage, type: tuple[str, ...]) -> Answer:
    return await ask(stage, "Reset", {"type": type})


@check("reset.boots")
async def reset_boots(stage: Stage) -> None:
    """Resets, and waits for a boot."""
    answer = await _reset(stage, ("Hard", "Immediate"))
    await accepted(stage, answer, "the reset")
    if await stage.expect("BootNotification", within=patience(stage)) is None:
        stage.deviates("BootNotification after an accepted reset", "none", marks=(answer.mark,))


async def _stopped_by(stage: Stage, type: tuple[str, ...], reasons: tuple[str, ...]) -> None:
    async with charging(stage) as charge:
        answer = await _reset(stage, type)
        await accepted(stage, answer, "the reset")
        ended = await told_of(stage, charge.is_its_end, charge.since, within=patience(stage))
        charge.ended = ended
        boot = await stage.expect("BootNotification", within=patience(stage))
        if ended is None and boot is None:
            stage.cannot_tell("it has not booted")
        if ended is None:
            stage.lacks("the end of the transaction", *TELLING, marks=(answer.mark,))
        reason = ended.payload.get("reason", info_of(ended).get("stoppedReason"))
        if reason not in reasons:
            stage.deviates(f"the reason {' or '.join(reasons)}", f"{reason}", marks=(ended.mark,))


@check("reset.soft-stops")
async def reset_soft(stage: Stage) -> None:
    """Resets softly while a transaction runs."""
    await _stopped_by(stage, ("Soft",), ("SoftReset",))


@check("reset.hard-stops")
async def reset_hard(stage: Stage) -> None:
    """Resets hard while a transaction runs."""
    await _stopped_by(stage, ("Hard", "Immediate"), ("HardReset", "ImmediateReset", "Reboot"))


@check("reset.on-idle-waits")
async def reset_on_idle(stage: Stage) -> None:
    """Resets when idle, while a transaction runs."""
    async with charging(stage) as charge:
        answer = await _reset(stage, ("OnIdle",))
        status = stage.needed(answer).get("status")
        early = await told_of(stage, charge.is_its_end, charge.since, within=2 * stage.profile.silence)
        if status in ("Scheduled", "Accepted"):
            if early is None:
                await charge.stop()
            await stage.expect("BootNotification", within=patience(stage))
        charge.ended = charge.ended or early
        if status not in ("Scheduled", "Rejected"):
            stage.deviates("Scheduled, since a transaction runs", str(status), marks=(answer.mark,))
        if status == "Scheduled" and early is not None:
            stage.deviates("the transaction to go on until it ends", "its end", marks=(early.mark,))


# Locks


async def _unlock(stage: Stage, number: int) -> Answer:
    place = {"evseId": number, "connectorId": number if is_first(stage.specification) else 1}
    return await ask(stage, "UnlockConnector", place)


@check("unlock.unknown-connector")
async def unlock_unknown(stage: Stage) -> None:
    """Unlocks what there is not."""
    answer = await _unlock(stage, _NO_CONNECTOR)
    status = stage.needed(answer).get("status")
    if status in ("Unlocked", "Accepted"):
        wanted = "NotSupported" if is_first(stage.specification) else "UnknownConnector"
        stage.deviates(wanted, str(status), marks=(answer.mark,))


@check("unlock.stops")
async def unlock_stops(stage: Stage) -> None:
    """Unlocks a connector on which a transaction runs: 1.6 has it stopped."""
    async with charging(stage) as charge:
        answer = await _unlock(stage, 1)
        if stage.needed(answer).get("status") != "Unlocked":
            stage.cannot_tell("it was not unlocked")
        ended = await told_of(stage, charge.is_its_end, charge.since, within=late(stage))
        if ended is None:
            stage.lacks("the end of the transaction", *TELLING, marks=(answer.mark,))
        charge.ended = ended
        if ended.payload.get("reason") != "UnlockCommand":
            stage.deviates("the reason UnlockCommand", f"{ended.payload.get('reason')}", marks=(ended.mark,))


@check("unlock.not-while-charging")
async def unlock_not(stage: Stage) -> None:
    """Unlocks a connector on which a transaction runs: 2.x refuses."""
    async with charging(stage):
        answer = await _unlock(stage, 1)
        status = stage.needed(answer).get("status")
        if status != "OngoingAuthorizedTransaction":
            stage.deviates("OngoingAuthorizedTransaction", str(status), marks=(answer.mark,))
