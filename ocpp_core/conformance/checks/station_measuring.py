"""Checks of stations: what is measured and told of transactions, as it is configured or asked for (2.x)."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import sound
from ocpp_core.conformance.checks.steering import (
    ATTEMPTS,
    PAUSE,
    SAMPLING,
    TELLING,
    Setting,
    ask,
    charging,
    coming,
    forget,
    info_of,
    is_end,
    is_start,
    late,
    patience,
    place_in,
    placed,
    readings_of,
    refusing,
    told_of,
    triggered,
)
from ocpp_core.conformance.stages import PeerCall, Stage

_STARTED = Setting("TxStartedMeasurands", "SampledDataCtrlr")
_UPDATED = Setting("TxUpdatedMeasurands", "SampledDataCtrlr")
_ENDED = Setting("TxEndedMeasurands", "SampledDataCtrlr")
_ALIGNED = Setting("Measurands", "AlignedDataCtrlr")
_ALIGNING = Setting("Interval", "AlignedDataCtrlr")
#: Whether readings by the clock are told only while nothing is charged.
_IDLE_ONLY = Setting("SendDuringIdle", "AlignedDataCtrlr")
#: What every meter has; of others a station may have no value just then, whatever is configured.
_ENERGY = "Energy.Active.Import.Register"
#: Seconds between two readings that are asked for.
_PERIOD = 1


async def _configured(stage: Stage, setting: Setting) -> str:
    """What has to be measured: the energy, if that is configured, or "" for anything.

    Raises:
        Inconclusive: Nothing is.
    """
    measurands = [each.strip() for each in (await setting.get(stage) or "").split(",")]
    if not any(measurands):
        stage.cannot_tell(f"{setting.name_in(stage.specification)} is not set")
    return _ENERGY if _ENERGY in measurands else ""


def _is_measured(stage: Stage, call: PeerCall, measurand: str, context: str = "") -> bool:
    """Whether an event tells a value of a measurand, in a context; "" is any."""
    return any(
        measurand in ("", sample.get("measurand", _ENERGY)) and context in ("", sample.get("context"))
        for _, sample in readings_of(sound(stage, call))
    )


@check("transaction.begin-measured")
async def begin_measured(stage: Stage) -> None:
    """Looks at the readings of the first event."""
    measurand = await _configured(stage, _STARTED)
    async with charging(stage) as charge:
        if not is_start(charge.started) or not place_in(charge.started):
            stage.cannot_tell("it began before, or where is not known")
        if not _is_measured(stage, charge.started, measurand, "Transaction.Begin"):
            wanted = f"{measurand or 'readings'} in the context Transaction.Begin"
            stage.deviates(wanted, "none", marks=(charge.started.mark,))


@check("transaction.end-measured")
async def end_measured(stage: Stage) -> None:
    """Looks at the readings of the last event."""
    measurand = await _configured(stage, _ENDED)
    async with charging(stage) as charge:
        ended = await charge.stop()
        if not _is_measured(stage, ended, measurand, "Transaction.End"):
            wanted = f"{measurand or 'readings'} in the context Transaction.End"
            stage.deviates(wanted, "none", marks=(ended.mark,))


@check("transaction.update-measured")
async def update_measured(stage: Stage) -> None:
    """Asks for readings every second, and looks at the first."""
    measurand = await _configured(stage, _UPDATED)
    async with SAMPLING.at(stage, str(_PERIOD)), charging(stage) as charge:
        async for call in coming(stage, "TransactionEvent", within=late(stage)):
            if charge.is_own(call) and call.payload.get("triggerReason") == "MeterValuePeriodic":
                if not _is_measured(stage, call, measurand):
                    stage.deviates(measurand or "readings", "none", marks=(call.mark,))
                return
        stage.cannot_tell("no periodic event came, which another rule is about")


@check("trigger.transaction-event")
async def trigger_transaction_event(stage: Stage) -> None:
    """Asks for an event of a transaction, and looks at what it tells."""
    measurands = await _UPDATED.get(stage)
    async with charging(stage) as charge:
        answer = await triggered(stage, "TransactionEvent", placed(stage, charge.connector))
        if stage.needed(answer).get("status") != "Accepted":
            stage.cannot_tell("the trigger was not accepted")

        def is_it(call: PeerCall) -> bool:
            return charge.is_own(call) and call.payload.get("triggerReason") == "Trigger"

        call = await told_of(stage, is_it, charge.since, within=late(stage))
        if call is None:
            stage.lacks("an event with triggerReason Trigger", *TELLING, marks=(answer.mark,))
        if "chargingState" not in info_of(call):
            stage.deviates("the chargingState", "none", place="chargingState", marks=(call.mark,))
        if measurands and not call.payload.get("meterValue"):
            stage.deviates(f"readings of {measurands}", "none", place="meterValue", marks=(call.mark,))


@check("trigger.meter-values")
async def trigger_meter_values(stage: Stage) -> None:
    """Asks for readings, and looks for what is configured of them."""
    measurand = await _configured(stage, _ALIGNED)
    answer = await triggered(stage, "MeterValues", placed(stage, 1))
    if stage.needed(answer).get("status") != "Accepted":
        stage.cannot_tell("the trigger was not accepted")
    marks = [answer.mark]
    async for call in coming(stage, "MeterValues", within=late(stage)):
        marks.append(call.mark)
        # There may be several, and some that it would have told anyway.
        if _is_measured(stage, call, measurand):
            return
    got = "none" if len(marks) == 1 else "others"
    stage.deviates(f"MeterValues with {measurand or 'readings'}", got, marks=tuple(marks))


def _is_by_clock(call: PeerCall) -> bool:
    return any(sample.get("context") == "Sample.Clock" for _, sample in readings_of(call))


async def _aligned(stage: Stage) -> list[PeerCall]:
    """The readings that came when some were wanted every few seconds, until one that says so."""
    await _configured(stage, _ALIGNED)
    found: list[PeerCall] = []
    async with _ALIGNING.at(stage, str(_PERIOD)):
        await forget(stage)
        async for call in coming(stage, "MeterValues", "TransactionEvent", within=2 * late(stage)):
            if call.action == "MeterValues" or call.payload.get("triggerReason") == "MeterValueClock":
                found.append(sound(stage, call))
                if _is_by_clock(call):
                    break
    return found


@check("meter.aligned")
async def meter_aligned(stage: Stage) -> None:
    """Has readings made by the clock while nothing is charged."""
    if not await _aligned(stage):
        stage.lacks(f"MeterValues every {_PERIOD} s", "MeterValues")


@check("meter.aligned-context")
async def meter_aligned_context(stage: Stage) -> None:
    """Looks why readings by the clock say that they were made."""
    found = await _aligned(stage)
    if not found:
        stage.cannot_tell("no readings came, which another rule is about")
    if not any(map(_is_by_clock, found)):
        stage.deviates("context Sample.Clock", "others", marks=(found[0].mark,))


@check("transaction.aligned")
async def transaction_aligned(stage: Stage) -> None:
    """Has readings made by the clock during a transaction."""
    if await _IDLE_ONLY.get(stage) == "true":
        stage.does_not_apply("it tells none during transactions")
    async with charging(stage):
        if not await _aligned(stage):
            stage.lacks(
                f"MeterValues, or events of the transaction, every {_PERIOD} s", "MeterValues", *TELLING
            )


@check("transaction.waiting-told")
async def waiting_told(stage: Stage) -> None:
    """Refuses the end of a transaction once, and asks meanwhile whether something waits."""
    async with ATTEMPTS.at(stage, "3"), PAUSE.at(stage, "2"), charging(stage) as charge:
        refusing(stage, "TransactionEvent", charge.is_its_end)
        ended = await charge.stop()
        before = len(stage.calls)
        told = [
            (id, await ask(stage, "GetTransactionStatus", {"transactionId": id})) for id in (charge.id, None)
        ]
        again = await told_of(
            stage, lambda call: is_end(call) and charge.is_own(call), before, within=patience(stage)
        )
        if again is None:
            stage.cannot_tell("it was not sent again, so it may not have waited")
        for id, answer in told:
            status = stage.needed(answer).get("messagesInQueue")
            # Whoever answers slowly may have sent it by then.
            if answer.mark < again.mark and status is not True:
                place = "of all" if id is None else "of the transaction"
                marks = (ended.mark, answer.mark, again.mark)
                stage.deviates("messagesInQueue true", f"{status}", place=place, marks=marks)
