"""What a call of ours ended with: a response, or the error that its caller gets."""

from ocpp_core.dispatch.connection import (
    CallOutcome,
    CallTimedOut,
    ErrorReceived,
    ResultInvalid,
    ResultReceived,
)
from ocpp_core.model.errors import (
    CallRejectedError,
    CallResultInvalidError,
    CallTimeoutError,
    ConnectionLostError,
)
from ocpp_core.model.messages import Response


def response_of(outcome: CallOutcome, identity: str = "") -> Response:
    """The response that a call of ours ended with. The codec has seen that it is the one of the request.

    Args:
        outcome: Of the call.
        identity: Of the station, for the error.

    Raises:
        CallFailedError: One of its kinds; it ended without.
    """
    action = outcome.call.request.__ocpp__.action or ""
    match outcome:
        case ResultReceived(response=response):
            return response
        case ErrorReceived():
            raise CallRejectedError(
                action,
                outcome.code,
                outcome.description,
                outcome.details,
                outcome.spelling,
                written=outcome.written,
                identity=identity,
                violations=outcome.violations,
            )
        case CallTimedOut():
            raise CallTimeoutError(action, identity=identity)
        case ResultInvalid(error=error):
            raise CallResultInvalidError(action, error, identity=identity)
        case _:
            raise ConnectionLostError(action, identity=identity)
