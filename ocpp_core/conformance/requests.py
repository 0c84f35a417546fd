"""What a station says, as it stands on the wire: the smallest sensible payload of every message of every version.

A payload is made from the shape of its class, so there is no table per version: what the version requires is there and
nothing else, with values that make sense under their names. A check adds what it is about, in the members of every
version: a version gets those that it knows.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
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
from ocpp_core.model.versions import Specification

Json = dict[str, Any]

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


def timestamp(seconds: float = 0.0) -> str:
    """A moment some seconds from now, as it is written on the wire."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request(specification: Specification, action: str, members: Mapping[str, Any] | None = None) -> Json:
    """The smallest request of an action, with members set: those among them that the version knows.

    A member that is None is left out.
    """
    cls: type[Payload] = specification.request(action)
    return _merged(cls, smallest(cls), members or {})


def response(specification: Specification, action: str, members: Mapping[str, Any] | None = None) -> Json:
    """The smallest response of an action, likewise."""
    cls: type[Payload] = specification.response(action)
    return _merged(cls, smallest(cls), members or {})


def smallest(cls: type[Payload], draft: int | None = None) -> Json:
    """What a class requires, and nothing else."""
    return {
        field.wire: _Smallest(field.wire).of(field.kind)
        for field in shape(cls, draft).fields
        if field.is_required
    }


def _merged(cls: type[Payload], payload: Json, members: Mapping[str, Any]) -> Json:
    for field in shape(cls).fields:
        value = members.get(field.wire)
        if isinstance(value, tuple):  # tokens in order of preference
            known = set(map(str, field.kind.enum)) if isinstance(field.kind, Enumeration) else set(value)
            value = next((token for token in value if token in known), None)
        if value is not None:
            payload[field.wire] = value
        elif field.wire in members:
            payload.pop(field.wire, None)
    return payload


class _Smallest(Fold[Any]):
    """A small value of a kind that makes sense under a name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def text(self, kind: Text) -> str:
        return _TEXTS.get(self._name, "x")[: kind.max_length]

    def integer(self, kind: Integer) -> int:
        return _NUMBERS.get(self._name, 1 if kind.minimum is None else max(1, int(kind.minimum)))

    def number(self, kind: Number) -> Any:
        return 1 if kind.minimum is None else max(1, int(kind.minimum))

    def boolean(self, kind: Boolean) -> bool:
        return False

    def timestamp(self, kind: Timestamp) -> str:
        return timestamp()

    def enumeration(self, kind: Enumeration) -> str:
        known = list(map(str, kind.enum))
        return next((token for token in _TOKENS.get(self._name, ()) if token in known), known[0])

    def nested(self, kind: Nested) -> Json:
        return smallest(kind.cls, kind.draft)

    def anything(self, kind: Anything) -> Any:
        return "x"

    def list_of(self, kind: ListOf) -> list[Any]:
        return [self.of(kind.item) for _ in range(max(1, kind.min_items or 0))]


# What differs between the families


def is_first(specification: Specification) -> bool:
    """Whether it is a version in which the CSMS numbers the transactions: 1.x."""
    return "StartTransaction" in specification.actions


def token(specification: Specification, text: str, kind: str = "ISO14443") -> Json:
    """The members that name who charges, and nothing else in either family."""
    return {"idTag": text} if is_first(specification) else {"idToken": {"idToken": text, "type": kind}}


def token_info(payload: Mapping[str, Any]) -> Json:
    """What an answer says about a token; {} if it says nothing."""
    info = payload.get("idTagInfo", payload.get("idTokenInfo"))
    return info if isinstance(info, dict) else {}


_READINGS = {
    "1.2": lambda at, energy: {"values": [{"timestamp": at, "value": energy}]},
    "1.5": lambda at, energy: {"values": [{"timestamp": at, "value": [{"value": str(energy)}]}]},
    "1.6": lambda at, energy: {"meterValue": [{"timestamp": at, "sampledValue": [{"value": str(energy)}]}]},
}
#: Of a TransactionEvent: where the transaction stands, and the name of its id.
_TRANSACTION = {"2.0": ("transactionData", "id")}


def readings(specification: Specification, energy: int, *, at: str | None = None) -> Json:
    """The members that hold one reading of the energy meter, in Wh."""
    at = at or timestamp()
    written = _READINGS.get(specification.version)
    if written is not None:
        return written(at, energy)
    return {"meterValue": [{"timestamp": at, "sampledValue": [{"value": energy}]}]}


def transaction(specification: Specification, id: str, **members: Any) -> Json:
    """The member of a TransactionEvent that tells the transaction."""
    name, id_name = _TRANSACTION.get(specification.version, ("transactionInfo", "transactionId"))
    return {name: {id_name: id, **members}}
