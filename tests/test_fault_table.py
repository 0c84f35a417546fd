"""The answers to broken frames are those that the standard asks for; see `fault_table` for the frames.

Source: OCPP-J 1.6 §4; OCPP 2.0.1 and 2.1 part 4 §4.1-§4.4; 1.6-J errata §5.
"""

import asyncio

import fault_table

#: By fault: what 1.6, 2.0, 2.0.1 and 2.1 answer; one text where all say the same. "-" is silence.
EXPECTED: dict[str, str | tuple[str, str, str, str]] = {
    "empty text": "-",
    "not JSON": ("-", "4 '-1' RpcFrameworkError", "4 '-1' RpcFrameworkError", "4 '-1' RpcFrameworkError"),
    "JSON, no array": (
        "-",
        "4 '-1' RpcFrameworkError",
        "4 '-1' RpcFrameworkError",
        "4 '-1' RpcFrameworkError",
    ),
    "empty array": ("-", "4 '-1' RpcFrameworkError", "4 '-1' RpcFrameworkError", "4 '-1' RpcFrameworkError"),
    "array too short: type only": (
        "-",
        "4 '-1' RpcFrameworkError",
        "4 '-1' RpcFrameworkError",
        "4 '-1' RpcFrameworkError",
    ),
    "array too short: no payload": (
        "4 '1' FormationViolation",
        "4 '1' RpcFrameworkError",
        "4 '1' RpcFrameworkError",
        "4 '1' RpcFrameworkError",
    ),
    "array too long": (
        "4 '1' FormationViolation",
        "4 '1' RpcFrameworkError",
        "4 '1' RpcFrameworkError",
        "4 '1' RpcFrameworkError",
    ),
    "unknown message type": ("-", "4 '1' MessageTypeNotSupported", "4 '1' MessageTypeNotSupported", "-"),
    "type is text": ("-", "4 '-1' RpcFrameworkError", "4 '-1' RpcFrameworkError", "4 '-1' RpcFrameworkError"),
    "CALLRESULTERROR for nothing": (
        "-",
        "4 '1' MessageTypeNotSupported",
        "4 '1' MessageTypeNotSupported",
        "-",
    ),
    "SEND of an unknown action": ("-", "4 '1' MessageTypeNotSupported", "4 '1' MessageTypeNotSupported", "-"),
    "numeric id": ("-", "4 '-1' RpcFrameworkError", "4 '-1' RpcFrameworkError", "4 '-1' RpcFrameworkError"),
    "id of 37 characters": (
        "4 'xxx...' GenericError",
        "4 'xxx...' RpcFrameworkError",
        "4 'xxx...' RpcFrameworkError",
        "4 'xxx...' RpcFrameworkError",
    ),
    "empty id": (
        "4 '' GenericError",
        "4 '' RpcFrameworkError",
        "4 '' RpcFrameworkError",
        "4 '' RpcFrameworkError",
    ),
    "action is a number": (
        "4 '1' FormationViolation",
        "4 '1' RpcFrameworkError",
        "4 '1' RpcFrameworkError",
        "4 '1' RpcFrameworkError",
    ),
    "unknown action": "4 '1' NotImplemented",
    "action in lower case": "4 '1' NotImplemented",
    "action without handler": "4 '1' NotSupported",
    "payload is null": "3 '1'",
    "payload is an array": (
        "4 '1' FormationViolation",
        "4 '1' ProtocolError",
        "4 '1' ProtocolError",
        "4 '1' ProtocolError",
    ),
    "missing value": (
        "4 '1' OccurenceConstraintViolation",
        "4 '1' OccurrenceConstraintViolation",
        "4 '1' OccurrenceConstraintViolation",
        "4 '1' OccurrenceConstraintViolation",
    ),
    "extra value": ("4 '1' FormationViolation", "3 '1'", "4 '1' ProtocolError", "4 '1' ProtocolError"),
    "mistyped value": "4 '1' TypeConstraintViolation",
    "over-long value": "4 '1' PropertyConstraintViolation",
    "unlisted value": "4 '1' PropertyConstraintViolation",
    "truncated payload": (
        "4 '1' FormationViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
    ),
    "NaN": (
        "4 '1' FormationViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
    ),
    "same member twice": (
        "4 '1' FormationViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
    ),
    "nested 5,000 deep": (
        "4 '1' FormationViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
    ),
    "result for an unknown id": "-",
    "error for an unknown id": "-",
    "duplicate id, same call": "3 '1'",
    "duplicate id, other call": (
        "4 '1' GenericError, 3 '1'",
        "4 '1' RpcFrameworkError, 3 '1'",
        "4 '1' RpcFrameworkError, 3 '1'",
        "4 '1' RpcFrameworkError, 3 '1'",
    ),
    "second call while one is open": "3 '1', 3 '2'",
    "frame of 2 MB": (
        "4 '1' FormationViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
        "4 '1' FormatViolation",
    ),
    "message of 10 MB": "close 1009",
    "binary message": "close 1003",
}


def test_every_fault_is_answered_as_its_version_asks() -> None:
    table = asyncio.run(fault_table.table())

    assert list(table) == list(EXPECTED)
    for name, row in table.items():
        expected = EXPECTED[name]
        wanted = (expected,) * 4 if isinstance(expected, str) else expected
        assert dict(zip(fault_table.VERSIONS, wanted, strict=True)) == row, name
