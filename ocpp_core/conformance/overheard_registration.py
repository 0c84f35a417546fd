"""What judges boots, and requests for certificates, over all that a station of 2.x has said."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from functools import partial

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import Wrong, course, each, judged, requests
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
    for said in heard.said:
        payload = said.members
        if heard.asks(said, "Reset"):
            # The reset of an EVSE is no reason to boot.
            asked.update({said.id} if "evseId" not in payload else ())
        elif said.action == "Reset" and said.kind is Type.CALLRESULT and said.id in asked:
            reset = said if payload.get("status") in ("Accepted", "Scheduled") else reset
        elif said.action == "UpdateFirmware":
            reset = None  # whichever comes first
        elif reset is not None and heard.tells(said, "BootNotification"):
            reason = payload["reason"]
            yield judged(reason not in _NOT_BY_RESET, "the reason RemoteReset", shown(reason), reset, said)
            reset = None


@overheard("boot.open-while-pending")
def _open_while_pending(heard: Heard) -> Iterator[Deviation | None]:
    pending: Said | None = None
    for entry, said in course(heard):
        if entry.what is What.CLOSED and pending is not None:
            # A connection that breaks without a close frame was not closed by anybody.
            if entry.direction is Direction.RECEIVED and not entry.text.startswith(_BROKEN_OFF):
                marks = (pending.mark, entry.number)
                yield Deviation("an open connection while Pending", "its end", marks=marks)
            pending = None
        elif said is not None and said.action == "Reset":
            pending = None  # whoever resets may leave
        elif said is not None and said.action == "BootNotification":
            if pending is not None and said.kind is Type.CALL:
                yield None
            is_pending = said.kind is Type.CALLRESULT and said.members.get("status") == "Pending"
            pending = said if is_pending and heard.is_right(said) else None


@overheard("reset.answered")
def _reset_answered(heard: Heard) -> Iterator[Deviation | None]:
    registered = heard.was_registered
    asked: dict[str, Said] = {}
    running: set[str] = set()
    for said in heard.said:
        payload = said.members
        if said.action == "BootNotification" and said.kind is Type.CALLRESULT:
            registered = payload.get("status") == "Accepted"
        elif heard.tells(said, "TransactionEvent"):
            id = payload["transactionInfo"]["transactionId"]
            (running.discard if payload["eventType"] == "Ended" else running.add)(id)
        elif registered and heard.asks(said, "Reset"):
            # Under one id there may be two calls.
            asked.setdefault(said.id, said)
        elif said.action == "Reset" and said.is_received and said.id in asked:
            wanted, marks = asked[said.id].members, (asked[said.id].mark, said.mark)
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


def _request_numbered(payload: Json) -> Wrong:
    return None if "requestId" in payload else ("a requestId, to know what is signed for it", "none")


overheard("certificate.request-numbered")(partial(each, requests, "SignCertificate", _request_numbered))


@overheard("certificate.type-triggered")
def _type_triggered(heard: Heard) -> Iterator[Deviation | None]:
    asked: dict[str, str] = {}
    wanted = ""
    told: list[Said] = []

    def answer() -> Iterator[Deviation | None]:
        # One of its own may have come between.
        if wanted and told:
            types = [each.members.get("certificateType", "ChargingStationCertificate") for each in told]
            yield judged(wanted in types, f"the certificateType {wanted}", ", ".join(types), *told)

    for said in heard.said:
        is_accepted = said.action == "TriggerMessage" and said.members.get("status") == "Accepted"
        if heard.asks(said, "TriggerMessage"):
            asked[said.id] = _TYPES.get(said.members["requestedMessage"], "")
        elif is_accepted and asked.get(said.id):
            yield from answer()
            wanted, told = asked[said.id], []
        elif heard.tells(said, "SignCertificate"):
            told.append(said)
    yield from answer()
