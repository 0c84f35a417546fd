"""Checks of stations: while they are refused, when they come back; networks, certificates, customers (2.x)."""

from math import ceil

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import harmless, listen
from ocpp_core.conformance.checks.steering import (
    OFFLINE,
    Setting,
    ask,
    is_served,
    late,
    quiet,
    rebooted,
    triggered,
    value_of,
    was_away,
)
from ocpp_core.conformance.requests import response
from ocpp_core.conformance.stages import AnswerKind, Stage

#: Seconds after which a certificate shall be asked for again.
_PAUSE = 1
_WAITING = Setting("CertSigningWaitMinimum", "SecurityCtrlr")
#: Seconds without a connection that are longer than any check.
_LONG = 3600


@check("boot.refuses-while-rejected")
async def refuses_while_rejected(stage: Stage) -> None:
    """Calls while the station is Rejected."""
    boot = await rebooted(stage, ("Rejected", 2 + ceil(stage.profile.answer_within)), ("Accepted", 300))
    answer = await stage.call(*harmless(stage))
    if answer.kind is AnswerKind.CLOSED or was_away(stage, boot.mark):
        stage.cannot_tell("it has closed the connection, as it may")
    if answer.code != "SecurityError":
        stage.deviates("SecurityError while Rejected", answer, marks=(boot.mark, answer.mark))


@check("status.not-all-again")
async def not_all_again(stage: Stage) -> None:
    """Ends the connection for a moment, where only a long time without one is worth statuses."""
    if stage.profile.evses < 2:
        stage.cannot_tell("with one EVSE nobody can tell whether its status has changed")
    async with OFFLINE.at(stage, str(_LONG)):
        await quiet(stage)
        await stage.reconnect()
        since = len(stage.calls)
        await listen(stage, 2 * stage.profile.silence)
        told = [call for call in stage.calls[since:] if call.action == "StatusNotification"]
        if any(call.action == "BootNotification" for call in stage.calls[since:]):
            stage.cannot_tell("it has booted, which another rule is about")
        if {call.payload.get("evseId") for call in told} >= set(range(1, stage.profile.evses + 1)):
            wanted = "the statuses that have changed, after less than OfflineThreshold"
            stage.deviates(wanted, "all of them", marks=tuple(call.mark for call in told))


@check("network.same-priority")
async def same_priority(stage: Stage) -> None:
    """Sets the order of network profiles to what it is."""
    order = await value_of(stage, "OCPPCommCtrlr", "NetworkConfigurationPriority")
    if not order:
        stage.cannot_tell("it has no order of network profiles")
    place = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
    answer = await ask(stage, "SetVariables", {"setVariableData": [{**place, "attributeValue": order}]})
    rows = stage.needed(answer).get("setVariableResult", [])
    status = rows[0].get("attributeStatus") if rows else None
    if status is not None and status not in ("Accepted", "RebootRequired"):
        stage.deviates("Accepted, as that is how it is", str(status), marks=(answer.mark,))


@check("certificate.asked-again")
async def asked_again(stage: Stage) -> None:
    """Accepts a request for a certificate, and sends none."""
    accepted = response(stage.specification, "SignCertificate", {"status": "Accepted"})
    stage.responders["SignCertificate"] = lambda _: accepted
    async with _WAITING.at(stage, str(_PAUSE)):
        answer = await triggered(stage, "SignChargingStationCertificate")
        if stage.needed(answer).get("status") != "Accepted":
            stage.cannot_tell("it asks for no certificate when it is told to")
        first = await stage.expect("SignCertificate", within=late(stage))
        if first is None:
            stage.cannot_tell("it has not asked for a certificate, which another rule is about")
        if await stage.expect("SignCertificate", within=_PAUSE + late(stage)) is None:
            stage.deviates("another request, as no certificate came", "none", marks=(first.mark,))


async def _told_of_clearing(stage: Stage, number: int, *, report: bool) -> None:
    """Has everything about nobody reported, then cleared, with a report or without, and waits for what tells so."""
    for id, clear in ((number, False), (number + 1, True)):
        wanted = {"report": report or not clear, "clear": clear, "customerIdentifier": "nobody"}
        answer = await ask(stage, "CustomerInformation", {"requestId": id, **wanted})
        if is_served(stage, answer, "customer-information").get("status") != "Accepted":
            stage.cannot_tell("it was not accepted")
        if await stage.expect("NotifyCustomerInformation", within=late(stage)) is None:
            if not clear:
                stage.cannot_tell("it tells nothing of customers, which another rule is about")
            stage.deviates("NotifyCustomerInformation", "none", marks=(answer.mark,))


@check("customer.cleared-told")
async def cleared_told(stage: Stage) -> None:
    """Has it cleared without a report."""
    await _told_of_clearing(stage, 4753, report=False)


@check("customer.cleared-reported")
async def cleared_reported(stage: Stage) -> None:
    """Has it cleared, and reported."""
    await _told_of_clearing(stage, 4755, report=True)
