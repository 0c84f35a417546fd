"""Checks of CSMSs: what stations tell and ask beside boots, tokens and transactions."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import ask, served, sound, token_of, told
from ocpp_core.conformance.requests import request, token
from ocpp_core.conformance.stages import AnswerKind, Json, Stage
from ocpp_core.model.shapes import Enumeration, shape
from ocpp_core.testing.smallest import VENDOR

Members = Mapping[str, Any]

#: Rules which say no more than that something is answered by a result: what is sent.
_ANSWERED: Mapping[str, tuple[tuple[str, Members], ...]] = {
    "status.answered": (("StatusNotification", {}),),
    "status.connector-zero": (("StatusNotification", {"connectorId": 0}),),
    "data-transfer.any-data": (
        ("DataTransfer", {}),
        ("DataTransfer", {"messageId": "x", "data": "text " * 2000}),
        ("DataTransfer", {"messageId": "x", "data": '{"a": ["\\u00fc", null]}'}),
    ),
    "firmware.publish-status-answered": (("PublishFirmwareStatusNotification", {}),),
    "security.event-answered": (("SecurityEventNotification", {"type": "StartupOfTheDevice"}),),
    "certificate.sign-answered": (("SignCertificate", {}),),
    "certificate.status-answered": (("GetCertificateStatus", {}),),
    "certificate.ev-answered": (("Get15118EVCertificate", {}),),
    "event.answered": (("NotifyEvent", {}),),
    "report.answered": (
        ("NotifyReport", {"seqNo": 0, "tbc": True}),
        ("NotifyReport", {"seqNo": 1, "tbc": False}),
    ),
    "monitoring.report-answered": (("NotifyMonitoringReport", {}),),
    "customer-information.answered": (("NotifyCustomerInformation", {}),),
    "display.messages-answered": (("NotifyDisplayMessages", {}),),
    "reservation.status-answered": (("ReservationStatusUpdate", {}),),
    "charging-limit.answered": (("NotifyChargingLimit", {}), ("ClearedChargingLimit", {})),
    "charging-profiles.reported": (("ReportChargingProfiles", {}),),
    "charging-needs.answered": (("NotifyEVChargingNeeds", {}),),
    "charging-schedule.answered": (("NotifyEVChargingSchedule", {}),),
    "priority-charging.answered": (("NotifyPriorityCharging", {}),),
    "settlement.answered": (("NotifySettlement", {}),),
    "vat-number.answered": (("VatNumberValidation", {}),),
    "event-stream.opened": (("OpenPeriodicEventStream", {}),),
    "event-stream.closed": (("ClosePeriodicEventStream", {}),),
    "der.answered": (("NotifyDERAlarm", {}), ("NotifyDERStartStop", {}), ("ReportDERControl", {})),
    "battery-swap.answered": (("BatterySwap", {}),),
}
#: The same, once for every token of the version: where the tokens stand.
_EVERY_TOKEN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "status.every-token": (
        ("StatusNotification", "status"),
        ("StatusNotification", "errorCode"),
        ("StatusNotification", "connectorStatus"),
    ),
    "firmware.status-answered": (("FirmwareStatusNotification", "status"),),
    "firmware.signed-status-answered": (("SignedFirmwareStatusNotification", "status"),),
    "diagnostics.status-answered": (("DiagnosticsStatusNotification", "status"),),
    "log.status-answered": (("LogStatusNotification", "status"),),
}


#: What has to be answered by a result before these can be judged: its plainest form has a rule of its own.
_PLAIN: Mapping[str, str] = {
    "status.connector-zero": "StatusNotification",
    "status.every-token": "StatusNotification",
    "event.every-trigger": "NotifyEvent",
}


async def _stands(stage: Stage, rule: str) -> None:
    if rule in _PLAIN:
        stage.needed(await ask(stage, _PLAIN[rule]), f"the answer to a plain {_PLAIN[rule]}")


def _register(rule: str, said: Iterable[tuple[str, Members]]) -> None:
    @check(rule)
    async def judge(stage: Stage) -> None:
        """Says it, and wants a result."""
        await _stands(stage, rule)
        for action, members in said:
            await served(stage, rule, action, members)


def _register_every_token(rule: str, places: Iterable[tuple[str, str]]) -> None:
    @check(rule)
    async def judge(stage: Stage) -> None:
        """Says it with every token, and wants results."""
        await _stands(stage, rule)
        for action, member in places:
            for said in _tokens(stage, action, member):
                # An id that belongs to what was asked for makes some statuses complete.
                members = {member: said, "requestId": 1}
                await served(stage, rule, action, members, place=f"{action} {said}")


def _tokens(stage: Stage, action: str, member: str) -> Iterator[str]:
    if action in stage.specification.actions:
        field = shape(stage.specification.request(action)).by_wire.get(member)
        if field is not None and isinstance(field.kind, Enumeration):
            yield from map(str, field.kind.enum)


for _rule, _said in _ANSWERED.items():
    _register(_rule, _said)
for _rule, _places in _EVERY_TOKEN.items():
    _register_every_token(_rule, _places)


@check("data-transfer.unknown-vendor")
async def unknown_vendor(stage: Stage) -> None:
    """Speaks for a vendor that nobody serves."""
    payload, mark = await told(stage, "DataTransfer", {"vendorId": VENDOR, "messageId": "nothing"})
    if payload["status"] != "UnknownVendorId":
        stage.deviates("the status UnknownVendorId", payload["status"], marks=(mark,))


@check("data-transfer.no-data")
async def no_data(stage: Stage) -> None:
    """Looks for data about an unknown vendor."""
    answer = await ask(stage, "DataTransfer", {"vendorId": VENDOR, "data": "x"})
    payload = stage.needed(answer, "the answer to DataTransfer")
    if payload.get("status") != "UnknownVendorId":
        stage.cannot_tell("it seems to know the vendor")
    if "data" in payload:
        stage.deviates("no data", payload["data"], marks=(answer.mark,))


@check("data-transfer.unknown-message")
async def unknown_message(stage: Stage) -> None:
    """Speaks for a vendor for whom the CSMS has spoken, in words that it cannot know."""
    call = await stage.provoke("DataTransfer")
    vendor = call.payload.get("vendorId")
    if not call.payload.get("messageId"):
        stage.cannot_tell("this vendor has no message ids")
    payload, mark = await told(
        stage, "DataTransfer", {"vendorId": vendor, "messageId": f"no-such-{stage.new_id()[:8]}"}
    )
    if payload["status"] == "UnknownVendorId":
        stage.cannot_tell("it does not know the vendor when a station speaks for it")
    if payload["status"] != "UnknownMessageId":
        stage.deviates("the status UnknownMessageId", payload["status"], marks=(call.mark, mark))


@check("custom-data.accepted")
async def custom_data(stage: Stage) -> None:
    """Says something with customData, at the top and within."""
    for action, plain in (("Heartbeat", {}), ("Authorize", token(stage.specification, token_of(stage)))):
        stage.needed(await ask(stage, action, plain), f"the answer to a plain {action}")
    custom = {"vendorId": VENDOR, "anything": {"a": [1, "b"]}}
    await served(stage, "custom-data.accepted", "Heartbeat", {"customData": custom})
    who = token(stage.specification, token_of(stage))["idToken"] | {"customData": custom}
    await served(stage, "custom-data.accepted", "Authorize", {"idToken": who, "customData": custom})


@check("event.every-trigger")
async def every_trigger(stage: Stage) -> None:
    """Notifies of events of every kind."""
    await _stands(stage, "event.every-trigger")
    cls: Any = stage.specification.request("NotifyEvent")
    data: Any = shape(cls).by_wire["eventData"].kind
    for member in {"trigger", "eventNotificationType"} & shape(data.item.cls).by_wire.keys():
        kind: Any = shape(data.item.cls).by_wire[member].kind
        for said in kind.enum:
            answer = await ask(stage, "NotifyEvent", _event(stage, {member: str(said)}))
            if answer.kind is AnswerKind.ERROR:
                stage.deviates(f"a result for {member} {said}", answer, place=str(said), marks=(answer.mark,))
            stage.needed(answer, "the answer to NotifyEvent")


def _event(stage: Stage, members: Json) -> Json:
    event: Json = request(stage.specification, "NotifyEvent")
    event["eventData"][0].update(members)
    return event


# Certificates


async def _signed(stage: Stage, members: Members) -> Json:
    """What CertificateSigned says after SignCertificate."""
    payload = stage.needed(await ask(stage, "SignCertificate", members), "the answer to SignCertificate")
    if payload.get("status") != "Accepted":
        stage.cannot_tell(f"SignCertificate is answered {payload.get('status')}")
    call = await stage.expect("CertificateSigned")
    if call is None:
        stage.cannot_tell("no CertificateSigned has come")
    return sound(stage, call).payload


@check("certificate.signed-type")
async def signed_type(stage: Stage) -> None:
    """Asks for a certificate of a type."""
    kind = "ChargingStationCertificate"
    payload = await _signed(stage, {"certificateType": kind})
    if payload.get("certificateType") != kind:
        stage.deviates(f"certificateType {kind}", payload.get("certificateType"))


@check("certificate.signed-request-id")
async def signed_request_id(stage: Stage) -> None:
    """Asks for a certificate under a number."""
    payload = await _signed(stage, {"requestId": 4711})
    if payload.get("requestId") != 4711:
        stage.deviates("requestId 4711", payload.get("requestId"))


@check("certificate.status-result")
async def status_result(stage: Stage) -> None:
    """Asks about a certificate."""
    answer = await ask(stage, "GetCertificateStatus")
    payload = stage.needed(answer, "the answer to GetCertificateStatus")
    if payload.get("status") != "Accepted":
        stage.cannot_tell("the CSMS could not find out")
    if "ocspResult" not in payload:
        stage.deviates("ocspResult beside Accepted", "none", marks=(answer.mark,))


async def _remaining(stage: Stage) -> tuple[int, int]:
    """How many contracts remain after a certificate for an EV; where it is told, or should be."""
    payload, mark = await told(stage, "Get15118EVCertificate", {"maximumContractCertificateChains": 3})
    if payload["status"] != "Accepted":
        stage.cannot_tell(f"the certificate is answered {payload['status']}")
    remaining = payload.get("remainingContracts")
    return -1 if remaining is None else remaining, mark


@check("certificate.ev-remaining")
async def ev_remaining(stage: Stage) -> None:
    """Asks for certificates of several contracts."""
    remaining, mark = await _remaining(stage)
    if remaining < 0:
        stage.deviates("remainingContracts", "none", marks=(mark,))


@check("certificate.ev-next")
async def ev_next(stage: Stage) -> None:
    """Asks for the certificates of several contracts, one after the other."""
    remaining, first = await _remaining(stage)
    if remaining < 1:
        stage.cannot_tell("there are no more contracts")
    following, mark = await _remaining(stage)
    if following != remaining - 1:
        stage.deviates(f"remainingContracts {remaining - 1}", following, marks=(first, mark))


@check("certificate.chain-status")
async def chain_status(stage: Stage) -> None:
    """Asks about two certificates."""
    asked = [_certificate(number) for number in ("01", "02")]
    written = [
        {"certificateHashData": each, "source": "OCSP", "urls": ["http://ocsp.example.org/"]}
        for each in asked
    ]
    answer = await ask(stage, "GetCertificateChainStatus", {"certificateStatusRequests": written})
    items = stage.needed(answer, "the answer to GetCertificateChainStatus").get("certificateStatus")
    told = [item.get("certificateHashData") for item in items or () if isinstance(item, dict)]
    numbers = sorted(each.get("serialNumber", "") for each in told if isinstance(each, dict))
    if numbers != ["01", "02"]:
        stage.deviates(
            "the status of the certificates 01 and 02", ", ".join(numbers) or "none", marks=(answer.mark,)
        )


def _certificate(number: str) -> Json:
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "00" * 32,
        "issuerKeyHash": "11" * 32,
        "serialNumber": number,
    }
