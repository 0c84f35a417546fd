"""Checks of stations: what is measured and told of transactions, as it is configured or asked for (2.x)."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import sound
from ocpp_core.conformance.checks.steering import (
    ATTEMPTS,
    PAUSE,
    SAMPLING,
    Setting,
    ask,
    charging,
    coming,
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
            stage.deviates("an event with triggerReason Trigger", "none", marks=(answer.mark,))
        if "chargingState" not in info_of(call):
            stage.deviates("the chargingState", "none", place="chargingState", marks=(call.mark,))
        if measurands and not call.payload.get("meterValue"):
            stage.deviates(f"readings of {measurands}", "none", place="meterValue", marks=(call.mark,))


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
