"""What a station says, as it stands on the wire: the smallest sensible payload, and what a check is about.

A check gives that in the members of every version: a version gets those that it knows.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import Enumeration, shape
from ocpp_core.model.timestamps import write_timestamp
from ocpp_core.model.versions import Specification
from ocpp_core.testing.smallest import smallest

Json = dict[str, Any]


def timestamp(seconds: float = 0.0) -> str:
    """A moment some seconds from now, as it is written on the wire."""
    return write_timestamp(datetime.now(UTC) + timedelta(seconds=seconds), fixed=3)


def request(specification: Specification, action: str, members: Mapping[str, Any] | None = None) -> Json:
    """The smallest request of an action, with members set: those among them that the version knows.

    A member that is None is left out.
    """
    cls: type[Payload] = specification.request(action)
    return _merged(cls, smallest(cls, datetime.now(UTC)), members or {})


def response(specification: Specification, action: str, members: Mapping[str, Any] | None = None) -> Json:
    """The smallest response of an action, likewise."""
    cls: type[Payload] = specification.response(action)
    return _merged(cls, smallest(cls, datetime.now(UTC)), members or {})


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
