"""Checks of stations: vendors' data, files, certificates, messages on a display, customers."""

import json

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import claimed, frames, harmless, listen
from ocpp_core.conformance.checks.station_control import FAILED_UPDATES
from ocpp_core.conformance.checks.station_settings import reported
from ocpp_core.conformance.checks.steering import (
    ask,
    awaited,
    calls_from,
    coming,
    is_served,
    late,
    patience,
    quiet,
    triggered,
)
from ocpp_core.conformance.json_frames import Type
from ocpp_core.conformance.requests import is_first, timestamp
from ocpp_core.conformance.stages import Answer, Json, PeerCall, Stage
from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.testing.smallest import VENDOR

#: Where nothing is listening: what is sent there fails, and that is told.
_NOWHERE = "http://127.0.0.1:9/"
_HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "00" * 32,
    "issuerKeyHash": "11" * 32,
    "serialNumber": "1A2B",
}
_GARBAGE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
_MESSAGE = 47110
#: What is told of an update that has begun.
_FETCHING = ("Downloading", "Downloaded", "Installing", "Installed", "SignatureVerified")


# Vendors' data


@check("data-transfer.station-unknown-vendor")
async def unknown_vendor(stage: Stage) -> None:
    """Sends data of a vendor that nobody is."""
    answer = await ask(stage, "DataTransfer", {"vendorId": VENDOR, "data": None})
    status = stage.needed(answer).get("status")
    if status not in ("UnknownVendorId", "UnknownVendor"):
        stage.deviates("UnknownVendorId", str(status), marks=(answer.mark,))


@check("data-transfer.station-no-data")
async def no_data(stage: Stage) -> None:
    """Looks for data in the answer about an unknown vendor."""
    payload = stage.needed(await ask(stage, "DataTransfer", {"vendorId": VENDOR}))
    if payload.get("status") != "UnknownVendorId":
        stage.cannot_tell("the vendor is not unknown")
    if "data" in payload:
        stage.deviates("no data", "some")


# Files


def _log(id: int) -> Json:
    return {"requestId": id, "logType": "DiagnosticsLog", "log": {"remoteLocation": _NOWHERE}}


async def _log_statuses(stage: Stage, id: int) -> list[PeerCall]:
    answer = await ask(stage, "GetLog", _log(id))
    status = is_served(stage, answer, "log").get("status")
    if status not in ("Accepted", "AcceptedCanceled"):
        stage.cannot_tell(f"the upload was not accepted: {status}")
    found = []
    async for call in coming(stage, "LogStatusNotification", within=patience(stage)):
        found.append(call)
        if call.payload.get("status") not in ("Uploading", "Idle"):
            break
    return found


@check("log.told")
async def log_told(stage: Stage) -> None:
    """Has a log uploaded to where nobody is."""
    if not await _log_statuses(stage, 4730):
        stage.lacks("LogStatusNotification about the upload", "LogStatusNotification")


@check("log.request-id")
async def log_request_id(stage: Stage) -> None:
    """Looks at the request id of what is told."""
    for call in await _log_statuses(stage, 4731):
        if "requestId" not in call.payload and not is_first(stage.specification):
            stage.cannot_tell("it tells none, which another rule is about")
        if call.payload.get("requestId") != 4731:
            stage.deviates("requestId 4731", f"{call.payload.get('requestId')}", marks=(call.mark,))


@check("trigger.log-uploading")
async def trigger_log_uploading(stage: Stage) -> None:
    """Asks how an upload goes as soon as it has begun."""
    answer = await ask(stage, "GetLog", _log(4733))
    status = is_served(stage, answer, "log").get("status")
    if status not in ("Accepted", "AcceptedCanceled"):
        stage.cannot_tell(f"the upload was not accepted: {status}")
    first = await awaited(stage, "LogStatusNotification", within=patience(stage))
    if first.payload.get("status") != "Uploading":
        stage.cannot_tell("it does not tell that it uploads")
    before = len(stage.calls)
    answer = await triggered(stage, "LogStatusNotification")
    if stage.needed(answer).get("status") != "Accepted":
        stage.cannot_tell("the trigger was not accepted")
    async for call in calls_from(stage, before, "LogStatusNotification", within=late(stage)):
        if call.payload.get("status") == "Idle":
            stage.deviates("Uploading", "Idle", marks=(first.mark, call.mark))
        return


@check("diagnostics.told")
async def diagnostics_told(stage: Stage) -> None:
    """Has diagnostics uploaded to where nobody is."""
    answer = await ask(stage, "GetDiagnostics", {"location": _NOWHERE})
    if not is_served(stage, answer, "firmware").get("fileName"):
        stage.cannot_tell("it has nothing to upload")
    if await stage.expect("DiagnosticsStatusNotification", within=patience(stage)) is None:
        stage.deviates("DiagnosticsStatusNotification about the upload", "none", marks=(answer.mark,))


async def _ask_to_update(stage: Stage, *, seconds: float = 0, **beside: str) -> Answer:
    at = timestamp(seconds)
    firmware = {"location": _NOWHERE, "retrieveDateTime": at, **beside}
    members = {
        "location": _NOWHERE,
        "retrieveDate": at,
        "requestId": 4732,
        "retries": 0,
        "firmware": firmware,
    }
    return await ask(stage, "UpdateFirmware", members)


async def _update(stage: Stage, *, seconds: float = 0) -> Answer:
    answer = await _ask_to_update(stage, seconds=seconds)
    status = is_served(stage, answer, "firmware").get("status", "Accepted")
    if status != "Accepted":
        stage.cannot_tell(f"the update was not accepted: {status}")
    return answer


@check("firmware.told")
async def firmware_told(stage: Stage) -> None:
    """Has firmware fetched from where nobody is."""
    answer = await _update(stage)
    if await stage.expect("FirmwareStatusNotification", within=patience(stage)) is None:
        stage.deviates("FirmwareStatusNotification about the update", "none", marks=(answer.mark,))


@check("firmware.request-id")
async def firmware_request_id(stage: Stage) -> None:
    """Looks at the request id of what is told."""
    await _update(stage)
    call = await awaited(stage, "FirmwareStatusNotification", within=patience(stage))
    if "requestId" not in call.payload:
        stage.cannot_tell("it tells none, which another rule is about")
    if call.payload.get("requestId") != 4732:
        stage.deviates("requestId 4732", f"{call.payload.get('requestId')}", marks=(call.mark,))


@check("firmware.not-early")
async def firmware_not_early(stage: Stage) -> None:
    """Has firmware fetched in an hour."""
    await _update(stage, seconds=3600)
    async for call in coming(stage, "FirmwareStatusNotification", within=2 * stage.profile.silence):
        # It may know already that it cannot, or will not.
        if call.payload.get("status") in _FETCHING:
            stage.deviates("no download before its time", f"{call.payload.get('status')}", marks=(call.mark,))


async def _failed(stage: Stage) -> tuple[list[PeerCall], bool]:
    """What is told of an update that has to fail, and whether that is told."""
    await _update(stage)
    found = []
    async for call in coming(stage, "FirmwareStatusNotification", within=patience(stage)):
        found.append(call)
        if call.payload.get("status") in FAILED_UPDATES:
            return found, True
    return found, False


@check("firmware.failure-told")
async def firmware_failure_told(stage: Stage) -> None:
    """Has firmware fetched once from where nobody is, and waits to be told that it did not come."""
    found, has_failed = await _failed(stage)
    if not found:
        stage.cannot_tell("nothing is told of the update, which another rule is about")
    if not has_failed:
        marks = tuple(call.mark for call in found)
        stage.deviates("DownloadFailed", f"{found[-1].payload.get('status')}", marks=marks)


@check("trigger.firmware-last")
async def trigger_firmware_last(stage: Stage) -> None:
    """Asks how an update went that has failed."""
    found, has_failed = await _failed(stage)
    if not has_failed:
        stage.cannot_tell("it does not tell that the update has failed")
    answer = await triggered(stage, "FirmwareStatusNotification")
    if stage.needed(answer).get("status") != "Accepted":
        stage.cannot_tell("the trigger was not accepted")
    call = await awaited(stage, "FirmwareStatusNotification", within=late(stage))
    last, status = str(found[-1].payload.get("status")), str(call.payload.get("status"))
    # That nothing goes on is right too, by F06.
    if status not in (last, "Idle"):
        stage.deviates(f"{last}, or Idle", status, marks=(found[-1].mark, call.mark))


async def _update_signed_by_nobody(stage: Stage) -> Answer:
    answer = await _ask_to_update(stage, signingCertificate=_GARBAGE, signature="AAAA")
    is_served(stage, answer, "secure-firmware")
    return answer


@check("firmware.bad-certificate")
async def firmware_bad_certificate(stage: Stage) -> None:
    """Has firmware fetched whose certificate is none."""
    claimed(stage, "firmware.bad-certificate")
    answer = await _update_signed_by_nobody(stage)
    status = str(stage.needed(answer).get("status"))
    if status in ("Accepted", "AcceptedCanceled"):
        stage.deviates("InvalidCertificate", status, marks=(answer.mark,))
    if status != "InvalidCertificate":
        stage.cannot_tell(f"it may refuse all updates: {status}")


@check("firmware.bad-certificate-told")
async def firmware_bad_certificate_told(stage: Stage) -> None:
    """Waits for the event after it has found that a certificate is none."""
    before = len(stage.calls)
    answer = await _update_signed_by_nobody(stage)
    status = str(stage.needed(answer).get("status"))
    if status != "InvalidCertificate":
        stage.cannot_tell(f"it has not said that the certificate is invalid: {status}")
    async for call in calls_from(stage, before, "SecurityEventNotification", within=patience(stage)):
        if call.payload.get("type") == "InvalidFirmwareSigningCertificate":
            return
    stage.lacks(
        "the event InvalidFirmwareSigningCertificate", "SecurityEventNotification", marks=(answer.mark,)
    )


# Certificates


@check("certificate.delete-unknown")
async def delete_unknown(stage: Stage) -> None:
    """Deletes a certificate that there is not."""
    answer = await ask(stage, "DeleteCertificate", {"certificateHashData": _HASHES})
    status = is_served(stage, answer, "certificates").get("status")
    if status != "NotFound":
        stage.deviates("NotFound", str(status), marks=(answer.mark,))


@check("certificate.install-garbage")
async def install_garbage(stage: Stage) -> None:
    """Installs what is no certificate."""
    type = ("CentralSystemRootCertificate", "CSMSRootCertificate")
    answer = await ask(stage, "InstallCertificate", {"certificateType": type, "certificate": _GARBAGE})
    status = is_served(stage, answer, "certificates").get("status")
    if status == "Accepted":
        stage.deviates("Rejected, or Failed", str(status), marks=(answer.mark,))


@check("certificate.signed-garbage")
async def signed_garbage(stage: Stage) -> None:
    """Gives the station a certificate that is none."""
    members = {"certificateChain": _GARBAGE}
    answer = await ask(stage, "CertificateSigned", members)
    status = is_served(stage, answer, "certificates").get("status")
    if status != "Rejected":
        stage.deviates("Rejected", str(status), marks=(answer.mark,))


# Messages on a display


def _message(id: int = _MESSAGE, **members: object) -> Json:
    text = {"format": "UTF8", "content": "conformance"}
    return {"message": {"id": id, "priority": "NormalCycle", "message": text, **members}}


async def _shows(stage: Stage) -> None:
    status = is_served(stage, await ask(stage, "SetDisplayMessage", _message()), "display").get("status")
    if status != "Accepted":
        stage.cannot_tell(f"the message was not accepted: {status}")


async def _hide(stage: Stage) -> Answer:
    return await ask(stage, "ClearDisplayMessage", {"id": _MESSAGE})


@check("display.unknown-transaction")
async def display_unknown_transaction(stage: Stage) -> None:
    """Shows a message during a transaction that there is not."""
    members = _message(transactionId="no-such-transaction")
    answer = await ask(stage, "SetDisplayMessage", members)
    status = is_served(stage, answer, "display").get("status")
    if status == "Accepted":
        await _hide(stage)
        stage.deviates("UnknownTransaction", str(status), marks=(answer.mark,))


@check("display.clear-unknown")
async def display_clear_unknown(stage: Stage) -> None:
    """Clears a message that there is not."""
    answer = await ask(stage, "ClearDisplayMessage", {"id": 987654})
    status = is_served(stage, answer, "display").get("status")
    if status != "Unknown":
        stage.deviates("Unknown", str(status), marks=(answer.mark,))


@check("display.cleared")
async def display_cleared(stage: Stage) -> None:
    """Clears a message that there is."""
    await _shows(stage)
    answer = await _hide(stage)
    status = stage.needed(answer).get("status")
    if status != "Accepted":
        stage.deviates("Accepted, since it was set", str(status), marks=(answer.mark,))


@check("display.unknown")
async def display_unknown(stage: Stage) -> None:
    """Asks for a message that there is not."""
    answer = await ask(stage, "GetDisplayMessages", {"requestId": 4740, "id": [987654]})
    status = is_served(stage, answer, "display").get("status")
    if status != "Unknown":
        stage.deviates("Unknown", str(status), marks=(answer.mark,))


async def _display_report(stage: Stage, request_id: int, **wanted: object) -> list[PeerCall]:
    await _shows(stage)
    answer = await ask(stage, "GetDisplayMessages", {"requestId": request_id, **wanted})
    is_accepted = stage.needed(answer).get("status") == "Accepted"
    parts = await reported(stage, "NotifyDisplayMessages") if is_accepted else []
    await _hide(stage)
    if not is_accepted:
        stage.cannot_tell("it does not tell its messages")
    return parts


@check("display.reported")
async def display_reported(stage: Stage) -> None:
    """Sets a message, and asks for all."""
    if not await _display_report(stage, 4741):
        stage.deviates("a report after it was accepted", "none")


@check("display.report-id")
async def display_report_id(stage: Stage) -> None:
    """Looks at the request ids of a report of all messages, and of one by its id."""
    ways: tuple[tuple[int, Json], ...] = ((4742, {}), (4743, {"id": [_MESSAGE]}))
    for request_id, wanted in ways:
        for call in await _display_report(stage, request_id, **wanted):
            if call.payload.get("requestId") != request_id:
                got, place = f"{call.payload.get('requestId')}", ", ".join(wanted)
                stage.deviates(f"requestId {request_id}", got, place=place, marks=(call.mark,))
        # A part that comes after the last, which another rule is about, is not one of the next report.
        await quiet(stage)


# Customers


def _customer(id: int, **members: object) -> Json:
    return {"requestId": id, "report": True, "clear": False, "customerIdentifier": "nobody", **members}


@check("customer.reported")
async def customer_reported(stage: Stage) -> None:
    """Asks what is known of a customer of whom nothing is."""
    answer = await ask(stage, "CustomerInformation", _customer(4750))
    if is_served(stage, answer, "customer-information").get("status") != "Accepted":
        stage.cannot_tell("the report was not accepted")
    if await stage.expect("NotifyCustomerInformation", within=late(stage)) is None:
        stage.deviates("a report after it was accepted", "none", marks=(answer.mark,))


@check("customer.report-id")
async def customer_report_id(stage: Stage) -> None:
    """Looks at the request id of the report."""
    answer = await ask(stage, "CustomerInformation", _customer(4751))
    if is_served(stage, answer, "customer-information").get("status") != "Accepted":
        stage.cannot_tell("the report was not accepted")
    for call in await reported(stage, "NotifyCustomerInformation"):
        if call.payload.get("requestId") != 4751:
            stage.deviates("requestId 4751", f"{call.payload.get('requestId')}", marks=(call.mark,))


@check("customer.nobody")
async def customer_nobody(stage: Stage) -> None:
    """Asks about nobody."""
    answer = await ask(stage, "CustomerInformation", _customer(4752, customerIdentifier=None))
    status = is_served(stage, answer, "customer-information").get("status")
    if status == "Accepted":
        stage.deviates("Invalid", str(status), marks=(answer.mark,))


# Frames


@check("frame.answers-in-order")
async def answers_in_order(stage: Stage) -> None:
    """Calls twice at once, and looks at the order of the answers."""
    action, payload = harmless(stage)
    ids = [stage.new_id() for _ in range(2)]
    for id in ids:
        await stage.send(json.dumps([2, id, action, payload]))
    marks = [(await stage.answer_to(id)).mark for id in ids]
    if min(marks) < 0:
        stage.cannot_tell("it has not answered both")
    if marks != sorted(marks):
        stage.deviates("answers in the order of the calls", "the other order", marks=tuple(marks))


@check("frame.bad-result-unanswered")
async def bad_result_unanswered(stage: Stage) -> None:
    """Answers a heartbeat with what breaks its schema, and listens."""
    stage.responders["Heartbeat"] = lambda _: None
    answer = await triggered(stage, "Heartbeat")
    if stage.needed(answer).get("status") != "Accepted":
        stage.cannot_tell("it sends no heartbeat when asked")
    call = await awaited(stage, "Heartbeat")
    mark = len(stage.trace)
    await stage.send(json.dumps([3, call.id, {"currentTime": 5}]), note="broken: $.currentTime")
    await listen(stage)
    for frame in frames(stage, call.id, after=mark - 1):
        if frame[0] in (Type.CALL, Type.SEND):
            continue  # it asks once more, which may be under the same id
        stage.deviates("silence", f"a message of type {frame[0]}", marks=(call.mark,))


@check("connection.comes-back")
async def comes_back(stage: Stage) -> None:
    """Ends the connection, and waits for the next."""
    try:
        await stage.reconnect()
    except Inconclusive as reason:
        stage.deviates("another connection", str(reason))
