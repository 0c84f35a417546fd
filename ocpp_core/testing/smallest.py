"""The smallest sensible payload of every message of every version, as it stands on the wire.

It is made from the shape of its class, so there is no table per version: what the version requires is there and nothing
else, with values that make sense under their names.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Fold,
    Integer,
    ListOf,
    Nested,
    Number,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.timestamps import write_timestamp

#: The idToken of a peer of whose tokens nothing is known.
TOKEN = "CONFORMANCE-0001"
#: A vendor that nobody serves.
VENDOR = "org.example.conformance"

#: What texts say, by the name of their member.
_TEXTS: Mapping[str, str] = {
    "vendorId": VENDOR,
    "chargePointVendor": "Conformance",
    "chargePointModel": "Kit",
    "vendorName": "Conformance",
    "model": "Kit",
    "idTag": TOKEN,
    "idToken": TOKEN,
    "value": "1000",
    "currency": "EUR",
    "language": "en",
    "transactionId": "conformance",
    "responderURL": "http://ocsp.example.org/",
    "serialNumber": "1A2B",
    "issuerNameHash": "00" * 32,
    "issuerKeyHash": "11" * 32,
    "csr": "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n",
    "type": "ISO14443",
    "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
    "exiRequest": "gAA=",
    "vatNumber": "NL123456789B01",
    "location": "http://files.example.org/",
    "remoteLocation": "http://files.example.org/",
    "key": "HeartbeatInterval",
    "name": "HeartbeatInterval",
}
#: What enums say, where the first token of the standard would be odd.
_TOKENS: Mapping[str, tuple[str, ...]] = {
    "reason": ("PowerUp", "Local"),
    "errorCode": ("NoError",),
    "eventType": ("Started",),
    "triggerReason": ("Authorized",),
    "connectorStatus": ("Available",),
    "status": ("Available", "Installed", "Uploaded", "Accepted"),
    "type": ("ISO14443", "Central"),
    "chargingProfilePurpose": ("TxDefaultProfile",),
    "chargingLimitSource": ("EMS",),
    "operationalStatus": ("Operative",),
}
#: What whole numbers say.
_NUMBERS: Mapping[str, int] = {
    "seqNo": 0,
    "meterStart": 1000,
    "meterStop": 1000,
    "startPeriod": 0,
    "stackLevel": 0,
}


def smallest(cls: type[Payload], moment: datetime, draft: int | None = None) -> dict[str, Any]:
    """What a class requires, and nothing else; its times are all the same moment."""
    return {
        field.wire: _Smallest(field.wire, moment).of(field.kind)
        for field in shape(cls, draft).fields
        if field.is_required
    }


class _Smallest(Fold[Any]):
    """A small value of a kind that makes sense under a name."""

    def __init__(self, name: str, moment: datetime) -> None:
        self._name = name
        self._moment = moment

    def text(self, kind: Text) -> str:
        return _TEXTS.get(self._name, "x")[: kind.max_length]

    def integer(self, kind: Integer) -> int:
        return _NUMBERS.get(self._name, 1 if kind.minimum is None else max(1, int(kind.minimum)))

    def number(self, kind: Number) -> Any:
        return 1 if kind.minimum is None else max(1, int(kind.minimum))

    def boolean(self, kind: Boolean) -> bool:
        return False

    def timestamp(self, kind: Timestamp) -> str:
        return write_timestamp(self._moment, fixed=3)

    def enumeration(self, kind: Enumeration) -> str:
        known = list(map(str, kind.enum))
        return next((token for token in _TOKENS.get(self._name, ()) if token in known), known[0])

    def nested(self, kind: Nested) -> dict[str, Any]:
        return smallest(kind.cls, self._moment, kind.draft)

    def anything(self, kind: Anything) -> Any:
        return "x"

    def list_of(self, kind: ListOf) -> list[Any]:
        return [self.of(kind.item) for _ in range(max(1, kind.min_items or 0))]
