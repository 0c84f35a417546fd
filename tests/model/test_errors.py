"""What the errors carry, and the sentence that each makes of it."""

from typing import Any

import pytest

from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import (
    CallFailedError,
    CallRejectedError,
    CallResultInvalidError,
    CallTimeoutError,
    ConnectionLostError,
    FrameError,
    NoAnswer,
    NoSuchAction,
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
