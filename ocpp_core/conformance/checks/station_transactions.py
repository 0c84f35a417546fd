"""Checks of stations: transactions that are started and stopped remotely, and what is told of them."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import listen, moment
from ocpp_core.conformance.checks.steering import (
    ATTEMPTS,
    AUTHORIZING,
    LENIENCY,
    PAUSE,
    SAMPLING,
    TELLING,
    Charge,
    ask,
    charging,
    coming,
    giving_ids,
    id_of,
    info_of,
    is_end,
    is_start,
    late,
    number_in,
    patience,
    place_in,
    readings_of,
    refusing,
    remote_start,
    token_in,
    told_of,
    wanted,
    was_away,
)
from ocpp_core.conformance.checks.transacting import UNKNOWN_ID
from ocpp_core.conformance.requests import is_first
from ocpp_core.conformance.stages import PeerCall, Stage

#: How far a clock may be off.
_NEAR = timedelta(minutes=5)
#: Seconds between two readings that are asked for.
_PERIOD = 1
#: Attempts that are set, and seconds in which another would come, with the pauses that are set here, and some more.
_ATTEMPTS = 2
_RETRIES = 5.0


def _marks(*calls: PeerCall) -> tuple[int, ...]:
    return tuple(call.mark for call in calls)


# How it begins


@check("transaction.follows-remote-start")
async def follows_remote_start(stage: Stage) -> None:
    """Starts one remotely, and waits for what tells so."""
    asked = wanted(stage)
    before = len(stage.calls)
    given = giving_ids(stage, asked)
    await stage.help("plug", connector=asked.connector)
    answer = await remote_start(stage, asked)
    if stage.needed(answer).get("status") != "Accepted":
        stage.cannot_tell("the remote start was not accepted")
    started = await told_of(stage, asked.is_begun, before, within=patience(stage))
    if started is None:
        stage.lacks("a transaction after an accepted remote start", *TELLING, marks=(answer.mark,))
    id = given if is_first(stage.specification) else id_of(started)
    charge = Charge(stage, asked, started, id, before)
    await charge.ask_to_stop()
    await told_of(stage, charge.is_its_end, before)
    await charge.unplug()


@check("transaction.told-once")
async def told_once(stage: Stage) -> None:
    """Counts what tells that one transaction began and ended."""
    async with charging(stage) as charge:
        await charge.stop()
        await listen(stage, 2 * stage.profile.silence)
        for fits, what in ((is_start, "start"), (is_end, "end")):
            found = [call for call in charge.told() if fits(call)]
            if len(found) > 1:
                if was_away(stage, found[0].mark):
                    stage.cannot_tell("it was away meanwhile, and may not have got the answer")
                stage.deviates(
                    f"one {what} of one transaction", f"{len(found)}", place=what, marks=_marks(*found)
                )


@check("transaction.remote-token")
async def remote_token(stage: Stage) -> None:
    """Compares who charges with who was said to."""
    async with charging(stage) as charge:
        await charge.stop()
        named = [token_in(call) for call in charge.told() if not is_end(call) and token_in(call) is not None]
        if named and charge.token.upper() not in named:
            stage.deviates(f"the token {charge.token}", f"{named[0]}", marks=_marks(charge.started))


@check("transaction.token-told")
async def token_told(stage: Stage) -> None:
    """Looks for any token at all."""
    async with charging(stage) as charge:
        await charge.stop()
        if all(token_in(call) is None for call in charge.told() if not is_end(call)):
            stage.lacks("an event that tells the token", *TELLING, marks=_marks(charge.started))


@check("transaction.remote-connector")
async def remote_connector(stage: Stage) -> None:
    """Starts one on the last connector."""
    async with charging(stage, connector=stage.profile.evses) as charge:
        payload = charge.started.payload
        place = payload.get("connectorId", place_in(charge.started).get("id"))
        if place is not None and place != charge.connector:
            stage.deviates(f"number {charge.connector}", f"{place}", marks=_marks(charge.started))


@check("transaction.evse-told")
async def evse_told(stage: Stage) -> None:
    """Looks for the EVSE and its connector in any event."""
    async with charging(stage) as charge:
        await charge.stop()
        evses = [place_in(call) for call in charge.told()]
        if not any("id" in evse and "connectorId" in evse for evse in evses):
            stage.lacks("an event that tells EVSE and connector", *TELLING, marks=_marks(charge.started))


@check("transaction.remote-start-id")
async def remote_start_id(stage: Stage) -> None:
    """Looks for the id of the remote start."""
    async with charging(stage) as charge:
        told = [info_of(call).get("remoteStartId") async for call in _following(charge)]
        if charge.wanted.remote_start_id not in told:
            stage.deviates(
                f"remoteStartId {charge.wanted.remote_start_id}", f"{told[0]}", marks=_marks(charge.started)
            )


@check("transaction.remote-start-trigger")
async def remote_start_trigger(stage: Stage) -> None:
    """Looks at the reasons of the events that follow."""
    async with charging(stage) as charge:
        told = [call.payload.get("triggerReason") async for call in _following(charge)]
        if None in told:
            stage.cannot_tell("it tells no triggerReason")
        if "RemoteStart" not in told:
            stage.deviates("triggerReason RemoteStart", f"{told[0]}", marks=_marks(charge.started))


async def _following(charge: Charge) -> AsyncIterator[PeerCall]:
    """What is told of a transaction: what is told already, and what comes soon if the cable began it."""
    for call in charge.told():
        yield call
    if charge.started.payload.get("triggerReason") == "CablePluggedIn":
        async for call in coming(charge.stage, *TELLING):
            if charge.is_own(call):
                yield call


@check("transaction.authorize-first")
async def authorize_first(stage: Stage) -> None:
    """Has remote starts authorised, and looks for Authorize of a token that no cache can know."""
    who = f"KIT{secrets.token_hex(6)}".upper()
    async with AUTHORIZING.at(stage, "true"), charging(stage, who=who) as charge:
        if token_in(charge.started) is None and not is_first(stage.specification):
            stage.cannot_tell("it began with the cable, before anybody was authorised")
        before = [call for call in stage.calls[charge.since :] if call.mark < charge.started.mark]
        if not any(call.action == "Authorize" for call in before):
            stage.deviates("Authorize before the transaction", "none", marks=_marks(charge.started))


@check("transaction.no-authorize")
async def no_authorize(stage: Stage) -> None:
    """Has remote starts not authorised, and looks for Authorize."""
    async with AUTHORIZING.at(stage, "false"), charging(stage) as charge:
        for call in stage.calls[charge.since :]:
            if call.action == "Authorize" and token_in(call) == charge.token.upper():
                stage.deviates("no Authorize", call.action, marks=_marks(call))


@check("transaction.busy-rejected")
async def busy_rejected(stage: Stage) -> None:
    """Starts another where one is running."""
    async with charging(stage):
        answer = await remote_start(stage, wanted(stage))
        if stage.needed(answer).get("status") != "Rejected":
            stage.deviates("Rejected, since one is running there", "Accepted", marks=(answer.mark,))


# How it goes on


def _in_order(charge: Charge) -> list[PeerCall]:
    """What was told of a transaction; what was told twice, since it was not answered, but once."""
    found: list[PeerCall] = []
    for call in charge.told():
        if id_of(call) == charge.id and all(call.payload != each.payload for each in found):
            found.append(call)
    return found


@check("transaction.begins-first")
async def begins_first(stage: Stage) -> None:
    """Looks for events before the start, or after the end, of a transaction."""
    async with charging(stage) as charge:
        if not is_start(charge.started):
            stage.cannot_tell("it had begun before, with the cable")
        await charge.stop()
        await listen(stage)
        own = _in_order(charge)
        for place, call in enumerate(own):
            kind = call.payload.get("eventType")
            if (place == 0) != (kind == "Started"):
                stage.deviates("Started first, and once", f"{kind} as number {place + 1}", marks=_marks(call))
            if kind == "Ended" and place + 1 < len(own):
                stage.deviates(
                    "nothing after Ended", f"{own[place + 1].payload.get('eventType')}", marks=_marks(call)
                )


@check("transaction.id-new")
async def id_new(stage: Stage) -> None:
    """Compares the ids of two transactions."""
    async with charging(stage) as first:
        await first.stop()
    async with charging(stage) as second:
        if first.id == second.id:
            stage.deviates("a new transaction id", "that of the one before", marks=_marks(second.started))


@check("transaction.meter-id")
async def meter_id(stage: Stage) -> None:
    """Looks at the transaction id of readings."""
    async with SAMPLING.at(stage, str(_PERIOD)), charging(stage) as charge:
        call = await _sampled(charge)
        if call is None:
            stage.cannot_tell("no readings came")
        if id_of(call) != charge.id:
            stage.deviates(
                f"the transaction id {charge.id}", f"{id_of(call)}", marks=_marks(charge.started, call)
            )


#: Why readings are made, if not from time to time.
_OTHERWISE = frozenset(
    {
        "Interruption.Begin",
        "Interruption.End",
        "Other",
        "Sample.Clock",
        "Transaction.Begin",
        "Transaction.End",
        "Trigger",
    }
)


def _is_periodic(charge: Charge, call: PeerCall) -> bool:
    """Whether it tells readings of a transaction that are made from time to time, and not by the clock."""
    if call.action == "MeterValues":
        contexts = {sample.get("context") for _, sample in readings_of(call)}
        return number_in(call) == charge.connector and bool(contexts - _OTHERWISE)
    return charge.is_own(call) and call.payload.get("triggerReason") == "MeterValuePeriodic"


async def _sampled(charge: Charge, within: float | None = None) -> PeerCall | None:
    """The next readings of a transaction that are made from time to time; None if none come."""
    stage = charge.stage
    names = ("MeterValues",) if is_first(stage.specification) else ("TransactionEvent", "MeterValues")
    within = 2 * _PERIOD + stage.profile.answer_within if within is None else within
    async for call in coming(stage, *names, within=within):
        if call.mark > charge.started.mark and _is_periodic(charge, call):
            return call
    return None


@check("transaction.sampled")
async def sampled(stage: Stage) -> None:
    """Asks for a reading every second."""
    async with SAMPLING.at(stage, str(_PERIOD)), charging(stage) as charge:
        if await _sampled(charge) is None:
            stage.lacks(f"readings every {_PERIOD} s", "MeterValues", *TELLING, marks=_marks(charge.started))


@check("transaction.not-sampled")
async def not_sampled(stage: Stage) -> None:
    """Asks for no readings, and waits for a few seconds."""
    async with SAMPLING.at(stage, "0"), charging(stage) as charge:
        call = await _sampled(charge, 3 * _PERIOD)
        if call is not None:
            stage.deviates("no periodic readings", call.action, marks=_marks(call))


@check("transaction.register")
async def register(stage: Stage) -> None:
    """Follows the energy register through a transaction, in the order in which it was read."""
    async with SAMPLING.at(stage, str(_PERIOD)), charging(stage) as charge:
        for _ in range(2):
            if await _sampled(charge) is None:
                stage.cannot_tell("no readings came")
        await charge.stop()
        # What is told once more, at the end, has the time of its reading.
        found: dict[tuple[datetime, float], PeerCall] = {}
        told = charge.told()
        for call in stage.calls[charge.since :]:
            for at, value in _registers(stage, call) if call in told or _is_periodic(charge, call) else ():
                found.setdefault((at, value), call)
        readings = sorted(found, key=lambda reading: reading[0])
        for first, last in pairwise(readings):
            if last[1] < first[1]:
                marks = _marks(found[first], found[last])
                stage.deviates(f"{first[1]:g} Wh or more", f"{last[1]:g} Wh", marks=marks)


#: Measured where the EV is, in Wh.
_REGISTER = ("Energy.Active.Import.Register", "Outlet")
_UNITS = {"Wh": 1.0, "kWh": 1000.0}


def _registers(stage: Stage, call: PeerCall) -> list[tuple[datetime, float]]:
    """What a call tells of the register: when it was read, and Wh."""
    found = []
    for reading, sample in readings_of(call):
        measure = sample.get("unitOfMeasure")
        measure = measure if isinstance(measure, dict) else sample
        kind = sample.get("measurand", _REGISTER[0]), sample.get("location", _REGISTER[1])
        if kind != _REGISTER or "phase" in sample:
            continue
        try:
            scale = _UNITS[measure.get("unit", "Wh")] * 10.0 ** measure.get("multiplier", 0)
            value = float(sample["value"]) * scale
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
        # To the mWh: who counts in kWh has rounded otherwise.
        found.append((moment(stage, reading.get("timestamp")), round(value, 3)))
    return found


@check("transaction.time")
async def time(stage: Stage) -> None:
    """Compares the times of a transaction with the present."""
    async with charging(stage) as charge:
        await charge.stop()
        for call in charge.told():
            off = abs(moment(stage, call.payload.get("timestamp")) - datetime.now(UTC))
            if off > _NEAR:
                stage.deviates(
                    "the present time", f"{call.payload['timestamp']}, {off} away", marks=_marks(call)
                )


# How it ends


@check("transaction.follows-remote-stop")
async def follows_remote_stop(stage: Stage) -> None:
    """Stops one remotely, and waits for what tells so: its end, or that it ends with the cable."""
    async with charging(stage) as charge:
        answer = await charge.ask_to_stop()
        if stage.needed(answer).get("status") != "Accepted":
            stage.deviates("Accepted, since it is running", str(answer.payload), marks=(answer.mark,))

        def is_stopped(call: PeerCall) -> bool:
            return charge.is_its_end(call) or (charge.is_own(call) and _is_stopping(call))

        stopped = await told_of(stage, is_stopped, charge.since, within=patience(stage))
        if stopped is None:
            stage.lacks(
                "the end of the transaction after an accepted remote stop", *TELLING, marks=(answer.mark,)
            )
        charge.ended = stopped if is_end(stopped) else None


def _is_stopping(call: PeerCall) -> bool:
    """Whether it tells that the energy has ended remotely, and the transaction has not."""
    return call.payload.get("triggerReason") == "RemoteStop" and not is_end(call)


@check("transaction.stop-id")
async def stop_id(stage: Stage) -> None:
    """Looks at the transaction id of the end."""
    async with charging(stage) as charge:
        ended = await charge.stop()
        if id_of(ended) != charge.id:
            stage.deviates(
                f"the transaction id {charge.id}", f"{id_of(ended)}", marks=_marks(charge.started, ended)
            )


@check("transaction.remote-stop-reason")
async def remote_stop_reason(stage: Stage) -> None:
    """Looks at the reason of the end."""
    async with charging(stage) as charge:
        ended = await charge.stop()
        if any(map(_is_stopping, charge.told())):
            stage.cannot_tell("it ends with the cable")
        reason = ended.payload.get("reason", info_of(ended).get("stoppedReason"))
        if reason != "Remote":
            stage.deviates("the reason Remote", f"{reason}", marks=_marks(ended))


@check("transaction.remote-stop-trigger")
async def remote_stop_trigger(stage: Stage) -> None:
    """Looks at what triggered the last event."""
    async with charging(stage) as charge:
        ended = await charge.stop()
        reason = ended.payload.get("triggerReason")
        if reason is None:
            stage.cannot_tell("it tells no triggerReason")
        if reason != "RemoteStop" and not any(map(_is_stopping, charge.told())):
            stage.deviates("triggerReason RemoteStop", f"{reason}", marks=_marks(ended))


@check("transaction.meter-stop")
async def meter_stop(stage: Stage) -> None:
    """Compares the meter at the end with that at the start."""
    async with charging(stage) as charge:
        ended = await charge.stop()
        start, stop = charge.started.payload.get("meterStart"), ended.payload.get("meterStop")
        if not isinstance(start, int) or not isinstance(stop, int):
            stage.cannot_tell("the meter is no whole number")
        if stop < start:
            stage.deviates(f"{start} or more", f"{stop}", marks=_marks(charge.started, ended))


@check("transaction.stop-time")
async def stop_time(stage: Stage) -> None:
    """Compares the time of the end with that of the start."""
    async with charging(stage) as charge:
        ended = await charge.stop()
        began = moment(stage, charge.started.payload.get("timestamp"))
        stopped = moment(stage, ended.payload.get("timestamp"))
        if stopped < began:
            stage.deviates(f"{began} or later", f"{stopped}", marks=_marks(charge.started, ended))


@check("transaction.unknown-stop")
async def unknown_stop(stage: Stage) -> None:
    """Stops a transaction that there is not."""
    first = is_first(stage.specification)
    action = "RemoteStopTransaction" if first else "RequestStopTransaction"
    answer = await ask(stage, action, {"transactionId": UNKNOWN_ID if first else "no-such-transaction"})
    if stage.needed(answer).get("status") != "Rejected":
        stage.deviates("Rejected, since nothing of that id runs", str(answer.payload), marks=(answer.mark,))


@check("transaction.not-authorized")
async def not_authorized(stage: Stage) -> None:
    """Says that the token is not good, when the transaction has begun."""
    if await LENIENCY.get(stage) not in (None, "", "0"):
        stage.cannot_tell("it gives some energy to such tokens, as was set")
    async with charging(stage, status="Invalid") as charge:
        if not is_first(stage.specification) and token_in(charge.started) is None:
            stage.cannot_tell("it has not told who charges, so nothing was said of the token")
        async for call in coming(stage, *TELLING, "StatusNotification", within=late(stage)):
            state = info_of(call).get("chargingState", call.payload.get("status"))
            if charge.is_own(call) and (is_end(call) or state in ("SuspendedEVSE", "EVConnected")):
                return
        stage.deviates(
            "the end of the transaction, or of its energy", "neither", marks=_marks(charge.started)
        )


# What has to arrive


@check("transaction.again-after-loss")
async def again_after_loss(stage: Stage) -> None:
    """Cuts the connection before the end of a transaction is answered."""
    async with charging(stage) as charge:
        name = "StopTransaction" if is_first(stage.specification) else "TransactionEvent"
        peaceful = stage.responders.pop(name, None)
        stage.responders[name] = lambda _: None
        if any(map(is_end, charge.told())):
            stage.cannot_tell("it has ended by itself, and that was answered")
        ended = await charge.stop()
        if peaceful is None:
            del stage.responders[name]
        else:
            stage.responders[name] = peaceful
        before = len(stage.calls)
        await stage.reconnect(abruptly=True)

        def is_the_same(call: PeerCall) -> bool:
            return is_end(call) and id_of(call) == id_of(ended)

        if await told_of(stage, is_the_same, before, within=patience(stage)) is None:
            stage.deviates(
                "what was not answered once more, on the next connection", "nothing", marks=_marks(ended)
            )


async def _refused(stage: Stage, times: int, most: int) -> list[PeerCall]:
    """The ends that come when the first so many are refused; no more are waited for than so many."""
    async with ATTEMPTS.at(stage, str(_ATTEMPTS)), PAUSE.at(stage, "1"), charging(stage) as charge:
        name = "StopTransaction" if is_first(stage.specification) else "TransactionEvent"
        refusing(stage, name, charge.is_its_end, times)
        await charge.stop()
        ends = [each for each in charge.told() if is_end(each)]
        async for call in coming(stage, name, within=_RETRIES + stage.profile.silence):
            if charge.is_its_end(call) and call not in ends:
                ends.append(call)
            if len(ends) == most:
                break
        return ends


@check("transaction.again-after-error")
async def again_after_error(stage: Stage) -> None:
    """Answers the end of a transaction with an error."""
    ends = await _refused(stage, 1, 2)
    if len(ends) < 2:
        stage.lacks("another attempt", *TELLING, marks=_marks(*ends))


@check("transaction.attempts")
async def attempts(stage: Stage) -> None:
    """Answers the end of a transaction with nothing but errors."""
    ends = await _refused(stage, 9, _ATTEMPTS + 1)
    if len(ends) > _ATTEMPTS:
        stage.deviates(f"{_ATTEMPTS} attempts, as was set", f"{len(ends)}", marks=_marks(*ends))


@check("transaction.order")
async def order(stage: Stage) -> None:
    """Refuses the start of a transaction once, stops it, and looks whether the end waits for the start."""
    async with ATTEMPTS.at(stage, "3"), PAUSE.at(stage, "2"):
        name = "StartTransaction" if is_first(stage.specification) else "TransactionEvent"
        asked, before = wanted(stage), len(stage.calls)
        given = giving_ids(stage, asked)
        refusing(stage, name, asked.is_begun)
        if "plug" in stage.profile.hooks:
            await stage.help("plug", connector=asked.connector)
        if stage.needed(await remote_start(stage, asked)).get("status") != "Accepted":
            stage.cannot_tell("the remote start was not accepted")
        first = await told_of(stage, asked.is_begun, before)
        if first is None:
            stage.cannot_tell("no transaction has begun")
        id = given if is_first(stage.specification) else id_of(first)
        charge = Charge(stage, asked, first, id, before)
        if not is_first(stage.specification):
            await charge.ask_to_stop()
        early: PeerCall | None = None
        async for call in coming(stage, *TELLING, "MeterValues", within=patience(stage)):
            if asked.is_begun(call):
                break
            # Readings by the clock name no transaction, and need not wait for one.
            if charge.is_own(call) and (call.action in TELLING or id_of(call) is not None):
                early = early or call
        else:
            stage.cannot_tell("the start did not come again")
        if early is not None:
            stage.deviates(
                "the start once more before anything else", early.action, marks=_marks(first, early)
            )
        if is_first(stage.specification):
            await charge.ask_to_stop()
        await told_of(stage, charge.is_its_end, before)
        await charge.unplug()


# What is told of it when asked


async def _status(stage: Stage, id: str | None) -> Any:
    return stage.needed(await ask(stage, "GetTransactionStatus", {"transactionId": id}))


@check("transaction.status-ongoing")
async def status_ongoing(stage: Stage) -> None:
    """Asks whether a transaction runs while it does."""
    async with charging(stage) as charge:
        status = await _status(stage, charge.id)
        if status.get("ongoingIndicator") is not True:
            stage.deviates("ongoingIndicator true", f"{status.get('ongoingIndicator')}")


@check("transaction.status-ended")
async def status_ended(stage: Stage) -> None:
    """Asks whether transactions run that do not."""
    async with charging(stage) as charge:
        await charge.stop()
    for id, what in ((charge.id, "one that has ended"), ("no-such-transaction", "an unknown one")):
        status = await _status(stage, id)
        if status.get("ongoingIndicator") is not False:
            stage.deviates(
                f"ongoingIndicator false for {what}", f"{status.get('ongoingIndicator')}", place=what
            )


@check("transaction.status-without-id")
async def status_without_id(stage: Stage) -> None:
    """Asks without an id."""
    status = await _status(stage, None)
    if "ongoingIndicator" in status:
        stage.deviates("no ongoingIndicator", f"{status['ongoingIndicator']}")


@check("transaction.queue-told")
async def queue_told(stage: Stage) -> None:
    """Asks while an event has no answer, and while none waits."""
    async with charging(stage) as charge:
        await charge.stop()
        await listen(stage)
        status = await _status(stage, None)
        if status.get("messagesInQueue") is not False:
            stage.deviates("messagesInQueue false when all was answered", f"{status.get('messagesInQueue')}")
