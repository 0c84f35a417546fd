"""What judges boots, and requests for certificates, over all that a station of 2.x has said."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from functools import partial

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import Wrong, each, requests
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown

#: What a boot is not for that follows an accepted Reset. That something else came between can be: what it was, or
#: that it is not known, may be told.
_NOT_BY_RESET = frozenset({"LocalReset", "PowerUp", "Triggered"})
#: A certificate signing request of PEM (RFC 7468 §7), by its older label too.
_PEM = re.compile(
    r"-----BEGIN (NEW )?CERTIFICATE REQUEST-----\s([A-Za-z0-9+/=\s]+)-----END \1?CERTIFICATE REQUEST-----"
)
#: The code of a connection that ended without a close frame (RFC 6455 §7.1.5).
_BROKEN_OFF = "1006"
#: Errors that say nothing of the form of what was asked, which other rules are about.
_UNWILLING = frozenset({"GenericError", "InternalError", "NotImplemented", "NotSupported"})
#: How a sequence begins, which a request is (ITU-T X.690).
_SEQUENCE = 0x30
#: What a trigger of each kind renews; left out, the type is ChargingStationCertificate.
_TYPES = {
    "SignChargingStationCertificate": "ChargingStationCertificate",
    "SignV2GCertificate": "V2GCertificate",
    "SignV2G20Certificate": "V2G20Certificate",
}


# Boots


@overheard("boot.reason-after-reset")
def _reason_after_reset(heard: Heard) -> Iterator[Deviation | None]:
    asked: set[str] = set()
    reset: Said | None = None
    boots = {said.entry.number for said, _ in requests(heard, "BootNotification")}
    for said in heard.said:
        payload = said.payload or {}
        is_sent = said.entry.direction is Direction.SENT
        if said.action == "Reset" and said.kind is Type.CALL and is_sent and heard.is_right(said):
            # The reset of an EVSE is no reason to boot.
            asked.update({said.id} if "evseId" not in payload else ())
        elif said.action == "Reset" and said.kind is Type.CALLRESULT and said.id in asked:
            reset = said if payload.get("status") in ("Accepted", "Scheduled") else reset
        elif said.action == "UpdateFirmware":
            reset = None  # whichever comes first
        elif reset is not None and said.entry.number in boots:
            marks = (reset.entry.number, said.entry.number)
            reason = payload["reason"]
            is_right = reason not in _NOT_BY_RESET
            yield None if is_right else Deviation("the reason RemoteReset", shown(reason), marks=marks)
            reset = None


@overheard("boot.open-while-pending")
def _open_while_pending(heard: Heard) -> Iterator[Deviation | None]:
    pending: Said | None = None
    said_at = {said.entry.number: said for said in heard.said}
    for entry in heard.trace:
        said = said_at.get(entry.number)
        if entry.what is What.CLOSED and pending is not None:
            # A connection that breaks without a close frame was not closed by anybody.
            if entry.direction is Direction.RECEIVED and not entry.text.startswith(_BROKEN_OFF):
                marks = (pending.entry.number, entry.number)
                yield Deviation("an open connection while Pending", "its end", marks=marks)
            pending = None
        elif said is not None and said.action == "Reset":
            pending = None  # whoever resets may leave
        elif said is not None and said.action == "BootNotification":
            if pending is not None and said.kind is Type.CALL:
                yield None
            is_pending = said.kind is Type.CALLRESULT and (said.payload or {}).get("status") == "Pending"
            pending = said if is_pending and heard.is_right(said) else None


@overheard("reset.answered")
def _reset_answered(heard: Heard) -> Iterator[Deviation | None]:
    registered = heard.was_registered
    asked: dict[str, Said] = {}
    running: set[str] = set()
    for said in heard.said:
        payload = said.payload or {}
        is_sent = said.entry.direction is Direction.SENT
        if said.action == "BootNotification" and said.kind is Type.CALLRESULT:
            registered = payload.get("status") == "Accepted"
        elif said.action == "TransactionEvent" and said.kind is Type.CALL and heard.is_right(said):
            id = payload["transactionInfo"]["transactionId"]
            (running.discard if payload["eventType"] == "Ended" else running.add)(id)
        elif said.action == "Reset" and is_sent and registered and heard.is_right(said):
            # Under one id there may be two calls.
            if said.id not in asked:
                asked[said.id] = said
        elif said.action == "Reset" and not is_sent and said.id in asked:
            request = asked[said.id]
            marks = (request.entry.number, said.entry.number)
            wanted = request.payload or {}
            is_at_once = wanted["type"] == "Immediate" and bool(running) and "evseId" not in wanted
            if said.kind is Type.CALLERROR and said.code in _UNWILLING:
                yield Deviation("an answer that says whether it resets", shown(said.code), marks=marks)
            elif is_at_once and payload.get("status") == "Scheduled":
                yield Deviation("Accepted, as it ends transactions at once", "Scheduled", marks=marks)
            elif said.kind is Type.CALLRESULT:
                yield None


# Certificates


def _request_form(payload: Json) -> Wrong:
    found = _PEM.search(payload["csr"])
    if found is None:
        return "a certificate signing request in PEM", shown(payload["csr"])
    try:
        is_sequence = b64decode("".join(found[2].split()), validate=True)[:1] == bytes([_SEQUENCE])
    except binascii.Error:
        is_sequence = False
    return None if is_sequence else ("a certificate signing request in PEM", "another content")


overheard("certificate.request-form")(partial(each, requests, "SignCertificate", _request_form))


@overheard("certificate.type-triggered")
def _type_triggered(heard: Heard) -> Iterator[Deviation | None]:
    asked: dict[str, str] = {}
    wanted = ""
    told: list[tuple[Said, str]] = []
    right = {said.entry.number for said, _ in requests(heard, "SignCertificate")}

    def judged() -> Iterator[Deviation | None]:
        # One of its own may have come between.
        if wanted and told:
            is_right = any(type == wanted for _, type in told)
            marks = tuple(said.entry.number for said, _ in told)
            types = ", ".join(type for _, type in told)
            yield None if is_right else Deviation(f"the certificateType {wanted}", types, marks=marks)

    for said in heard.said:
        payload = said.payload or {}
        if said.action == "TriggerMessage" and said.kind is Type.CALL and heard.is_right(said):
            asked[said.id] = _TYPES.get(payload["requestedMessage"], "")
        elif said.action == "TriggerMessage" and payload.get("status") == "Accepted" and asked.get(said.id):
            yield from judged()
            wanted, told = asked[said.id], []
        elif said.entry.number in right:
            told.append((said, payload.get("certificateType", "ChargingStationCertificate")))
    yield from judged()
