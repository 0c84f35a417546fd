"""Checks of stations of 2.x: what they are told of cost and payment; numbered requests, event streams."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import ask, served
from ocpp_core.conformance.checks.station_certificates import ROOT
from ocpp_core.conformance.checks.station_settings import monitoring, silent_threshold
from ocpp_core.conformance.checks.steering import calls_from, charging, is_served, late, value_of
from ocpp_core.conformance.stages import Stage

#: Seconds between the values of a monitor that nobody waits for, and how they shall come.
_RARELY = 1000
_PARAMS = {"interval": 600, "values": 10}
#: A number that no station has given to a request.
_NUMBER = 474_747


@check("cost.update-answered")
async def update_answered(stage: Stage) -> None:
    """Tells what a transaction costs."""
    async with charging(stage) as charge:
        members = {"totalCost": 1.5, "transactionId": str(charge.id)}
        await served(stage, "cost.update-answered", "CostUpdated", members)


@check("payment.begin-answered")
async def begin_answered(stage: Stage) -> None:
    """Tells that somebody begins to pay on a page of the web."""
    members = {"evseId": 1, "timeout": 1}
    await served(stage, "payment.begin-answered", "NotifyWebPaymentStarted", members)


@check("certificate.unknown-request")
async def unknown_request(stage: Stage) -> None:
    """Gives the station a certificate for a request that it has not made."""
    members = {"certificateChain": ROOT, "requestId": _NUMBER}
    answer = await ask(stage, "CertificateSigned", members)
    status = is_served(stage, answer, "certificates").get("status")
    if status != "Rejected":
        wanted = f"Rejected, as it has made no request {_NUMBER}"
        stage.deviates(wanted, str(status), marks=(answer.mark,))


@check("stream.opened")
async def opened(stage: Stage) -> None:
    """Sets a monitor whose values shall come as a stream."""
    most = await value_of(stage, "MonitoringCtrlr", "MaxPeriodicEventStreams")
    if not most or not most.isdecimal() or not int(most):
        stage.cannot_tell("it does not say that it has event streams")
    item = {**await silent_threshold(stage), "type": "Periodic", "value": _RARELY}
    since = len(stage.calls)
    async with monitoring(stage, {**item, "periodicEventStream": _PARAMS}) as id:
        async for call in calls_from(stage, since, "OpenPeriodicEventStream", within=late(stage)):
            if call.payload.get("constantStreamData", {}).get("variableMonitoringId") == id:
                return
    stage.deviates(f"the stream of monitor {id} to be opened", "nothing of it")
