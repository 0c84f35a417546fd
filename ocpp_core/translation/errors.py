"""Error codes in another version or on another wire. Source: see `ErrorCode`, and docs/errors.md for the names."""

from collections.abc import Mapping

from attrs import evolve

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import CallError, CallResultError
from ocpp_core.model.secrets import hide
from ocpp_core.model.versions import ERROR_CODES
from ocpp_core.translation.losses import Loss, LossKind, LossReason

#: What comes nearest where there is no name that is read as the code. All others go by the name of their own.
_NEAR = {
    ErrorCode.IDENTITY: ErrorCode.SECURITY,
    ErrorCode.FRAME: ErrorCode.GENERIC,
    ErrorCode.MESSAGE_TYPE: ErrorCode.GENERIC,
}


def translate_error(
    error: CallError | CallResultError,
    source: Mapping[ErrorCode, str],
    target: Mapping[ErrorCode, str],
    step: str = "",
) -> tuple[CallError | CallResultError, tuple[Loss, ...]]:
    """The same error with a code that the other side has.

    What it was called stands before the description, if only a general code is left for it.

    Args:
        error: As it was read.
        source: Names of the codes where it comes from.
        target: Names of the codes where it goes.
        step: For the loss.

    Returns:
        The error, and the loss if the code will be read as another: ``$[2]`` is the code in its frame.
    """
    code = error.code
    written = error.spelling if error.spelling is not None else source.get(code, str(code))
    if code in target and ERROR_CODES.get(target[code]) is code and code is not ErrorCode.GENERIC:
        return evolve(error, spelling=None), ()
    near = _NEAR.get(code, code)
    near = near if near in target else ErrorCode.GENERIC
    name = target[near]
    if name == written:
        return evolve(error, spelling=None), ()
    description = error.description
    if near is ErrorCode.GENERIC:
        description = f"{written}: {description}" if description else written
    loss = Loss("$[2]", LossKind.APPROXIMATED, hide(written), LossReason.COLLAPSED, "$[2]", name, step)
    return evolve(error, code=near, description=description, spelling=None), (loss,)
