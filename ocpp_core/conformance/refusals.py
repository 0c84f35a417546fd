"""What a payload that breaks its schema may be refused with, and which rule is about it: for all that sends such."""

from collections.abc import Mapping

from ocpp_core.model.codes import ErrorCode

#: Codes that may be said of any payload that breaks its schema. How they are spelt is another rule.
_PAYLOAD = frozenset(
    {
        ErrorCode.FORMAT,
        ErrorCode.STRUCTURE,
        ErrorCode.PROTOCOL,
        ErrorCode.PROPERTY_CONSTRAINT,
        ErrorCode.GENERIC,
    }
)
_TYPE = _PAYLOAD | {ErrorCode.TYPE_CONSTRAINT}
_OCCURRENCE = _PAYLOAD | {ErrorCode.OCCURRENCE_CONSTRAINT}

#: What stands in the place of a keyword when it ended the connection.
CLOSED = "closed"
#: By keyword of a schema, the rule that asks systematically whether it is kept.
RULES: Mapping[str, str] = {
    "required": "refuse.required",
    "minItems": "refuse.items",
    "maxItems": "refuse.items",
    "additionalProperties": "refuse.unknown-member",
    "type": "refuse.type",
    "enum": "refuse.enum",
    "maxLength": "refuse.length",
    "format": "refuse.timestamp",
    CLOSED: "refuse.survives",
}


def fitting(keyword: str) -> frozenset[ErrorCode]:
    """The codes that fit a payload which breaks its schema there."""
    return _OCCURRENCE if keyword in ("required", "minItems", "maxItems") else _TYPE
