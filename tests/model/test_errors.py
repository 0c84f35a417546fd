"""What the errors carry, and the sentence that each makes of it."""

import pickle
from typing import Any

import pytest

from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import (
    CallFailedError,
    CallRejectedError,
    CallResultInvalidError,
    CallTimeoutError,
    CannotConnectError,
    ConnectionLostError,
    FrameError,
    LocalProtocolError,
    NoAnswer,
    NoClientError,
    NoSuchAction,
    NotConnectedError,
    OcppError,
    PayloadError,
)
from ocpp_core.model.violations import violation

FAULTS = [violation(f"$.a[{index}]", "required", {}) for index in range(5)]
CALL: dict[str, Any] = {"kind": FrameKind.CALL, "code": ErrorCode.FORMAT}

SENTENCES: list[tuple[Exception, str]] = [
    (NoSuchAction("Fly", "1.6", ["Reset"]), "OCPP 1.6 has no action 'Fly'."),
    (NoSuchAction("Rest", "1.6", ["Reset"]), "OCPP 1.6 has no action 'Rest'. Did you mean 'Reset'?"),
    (
        NoSuchAction("reset", "1.6", ["Heartbeat", "Reset"]),
        "OCPP 1.6 has no action 'reset'. Action names are case sensitive: did you mean 'Reset'?",
    ),
    (NoSuchAction("\x1b[2J", "1.6"), r"OCPP 1.6 has no action '\x1b[2J'."),
    (FrameError("no", **CALL, id="\n"), r"CALL '\n': no"),
    (PayloadError("X", FAULTS[:1]), "X: $.a[0]: is missing"),
    (PayloadError("X", FAULTS[:3]), "X: $.a[0]: is missing; $.a[1]: is missing; $.a[2]: is missing"),
    (
        PayloadError("X", FAULTS[:4]),
        "X: $.a[0]: is missing; $.a[1]: is missing; $.a[2]: is missing; and 1 more",
    ),
    (
        PayloadError("X", FAULTS),
        "X: $.a[0]: is missing; $.a[1]: is missing; $.a[2]: is missing; and 2 more",
    ),
    (FrameError("no", **CALL, id="7", action="Reset"), "CALL '7' Reset: no"),
    (FrameError("no", **CALL, id=""), "CALL '': no"),
    (FrameError("no", **CALL), "CALL: no"),
    (FrameError("no", kind=FrameKind.UNKNOWN_TYPE, code=ErrorCode.MESSAGE_TYPE), "unknown type: no"),
    (CallFailedError("Reset"), "Reset had no response"),
    (CallRejectedError("Reset", ErrorCode.SECURITY), "Reset was refused with security"),
    (
        CallRejectedError("Reset", ErrorCode.FORMAT, written="FormationViolation", identity="CP-1"),
        "CP-1: Reset was refused with FormationViolation",
    ),
    (CallTimeoutError("Reset", identity="CP-1"), "CP-1: Reset was not answered in time"),
    (NotConnectedError("Reset"), "Reset was not sent: there is no connection"),
    (NotConnectedError("", identity="CP-1"), "CP-1: not connected: there is no connection"),
    (
        NotConnectedError("Reset", "it has gone", identity="CP-1\x1b"),
        r"CP-1\x1b: Reset was not sent: it has gone",
    ),
    (CannotConnectError("Reset", "no route"), "Reset was not sent: no route"),
    (
        NoClientError("CP-1"),
        "CP-1 cannot be called over SOAP: no client is configured; see `client` of SoapPeer and OcppApp.",
    ),
    (
        NoClientError(),
        "Nobody can be called over SOAP: no client is configured; see `client` of SoapPeer and OcppApp.",
    ),
    (CallRejectedError("Reset", ErrorCode.GENERIC, "why", spelling="Odd"), "Reset was refused with Odd: why"),
    (CallTimeoutError("Reset"), "Reset was not answered in time"),
    (ConnectionLostError("Reset"), "Reset: the connection ended before the answer"),
    (CallResultInvalidError("Reset", FrameError("no", **CALL)), "Reset was answered, but: CALL: no"),
]


@pytest.mark.parametrize("error, sentence", SENTENCES)
def test_an_error_makes_a_sentence(error: Exception, sentence: str) -> None:
    assert sentence == str(error)


def test_errors_of_calls_are_those_of_python_too() -> None:
    assert isinstance(CallTimeoutError("Reset"), TimeoutError)
    assert isinstance(ConnectionLostError("Reset"), ConnectionError)
    assert isinstance(CannotConnectError("Reset"), ConnectionError)


def test_not_connected_cannot_connect_no_client_and_lost_are_four_things() -> None:
    """Of the first two nobody has heard; the third is for the programmer; after the last nobody knows."""
    assert not issubclass(NotConnectedError, ConnectionLostError)
    assert not issubclass(ConnectionLostError, NotConnectedError)
    assert issubclass(CannotConnectError, NotConnectedError)
    assert issubclass(NoClientError, LocalProtocolError)


def test_where_nothing_was_tried_there_is_no_address_and_no_status() -> None:
    error = CannotConnectError("Reset", "why")

    assert ("", None) == (error.url, error.status)


ERRORS = [
    NotConnectedError("Reset", "why", identity="CP-1"),
    CannotConnectError("Reset", "why", identity="CP-1"),
    ConnectionLostError("Reset", identity="CP-1"),
    CallTimeoutError("Reset", identity="CP-1"),
    CallRejectedError("Reset", ErrorCode.FORMAT, "text", {"a": 1}, written="Odd", identity="CP-1"),
    LocalProtocolError("no", violations=FAULTS),
    NoClientError("CP-1"),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_errors_can_be_pickled(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))

    assert (type(error), str(error), vars(error)) == (type(again), str(again), vars(again))


#: What an OcppError is made of, and what is said of it.
NO_ERRORS: list[tuple[tuple[Any, ...], str]] = [
    (("boom",), "its code, such as ErrorCode.GENERIC; got the text 'boom'"),
    (("NotSupported",), "its code, such as ErrorCode.NOT_SUPPORTED; got the text 'NotSupported'"),
    ((KeyError("x"),), "such as ErrorCode.GENERIC; got a KeyError"),
    ((ErrorCode,), "got the class ErrorCode"),
    ((ErrorCode.GENERIC, "", "text"), "the details of an OcppError are a JSON object; got the text 'text'"),
]


@pytest.mark.parametrize("arguments, said", NO_ERRORS)
def test_an_error_of_a_handler_begins_with_its_code(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(TypeError) as info:
        OcppError(*arguments)

    assert said in str(info.value)


def rejected(details: Any) -> CallRejectedError:
    return CallRejectedError("Reset", ErrorCode.GENERIC, "", details)


def refusing(details: Any) -> OcppError:
    return OcppError(ErrorCode.GENERIC, "", details)


@pytest.mark.parametrize("make", [rejected, refusing])
def test_details_are_a_copy_and_empty_by_default(make: Any) -> None:
    details = {"a": 1}

    assert {} == make(None).details
    assert details == make(details).details
    assert details is not make(details).details


def test_what_a_handler_raises_keeps_what_it_says() -> None:
    error = OcppError(ErrorCode.INTERNAL, KeyError("gone"))  # type: ignore[arg-type]

    assert (ErrorCode.INTERNAL, "'gone'") == (error.code, error.description)
    assert (ErrorCode.SECURITY, "", {}) == (NoAnswer().code, NoAnswer().description, NoAnswer().details)


def test_the_fields_of_a_frame_that_cannot_be_used() -> None:
    given: dict[str, Any] = {
        "id": "7",
        "action": "Reset",
        "identity": "CP-1",
        "payload": {"a": 1},
        "violations": FAULTS[:2],
    }
    error = FrameError("no", **CALL, **given)

    assert [*given.values()] == [
        *(error.id, error.action, error.identity, error.payload),
        [*error.violations],
    ]
    assert [None, None, None, None, ()] == [getattr(FrameError("no", **CALL), name) for name in given]
