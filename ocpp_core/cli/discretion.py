"""Judged frames as they may be shown to anybody, without secrets: what the command writes goes into tickets."""

from typing import Any

from attrs import evolve

from ocpp_core.cli.judging import Judged, codec_for
from ocpp_core.cli.reading import Found
from ocpp_core.jsonrpc.text import write_json
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import CallError, CallResultError, Frame
from ocpp_core.model.messages import without_secrets as payload_without_secrets
from ocpp_core.model.secrets import discreet_error, discreet_path, hide
from ocpp_core.model.versions import Version


def without_secrets(judged: Judged) -> Judged:
    """The same verdict on the same frame, with `HIDDEN` in place of its secrets.

    The text of a frame becomes that of what can be read of it; nothing is left of one that cannot be read.
    """
    return evolve(
        judged,
        found=evolve(judged.found, text=_text(judged.found)),
        frame=None if judged.frame is None else _frame(judged.frame),
        action=hide(judged.action),
        id=hide(judged.id),
        violations=tuple(
            evolve(one, path=discreet_path(one.path), value=one.discreet_value) for one in judged.violations
        ),
    )


def _text(found: Found) -> str:
    """The values of a frame, as JSON. They are the same in every version, and 1.6 has both wires."""
    codec = codec_for(Version.V1_6, found.wire)
    assert not isinstance(codec, str)
    try:
        return write_json(hide(codec.values(found.text)))
    except FrameError:
        return f"({len(found.text)} characters that cannot be read; --show-secrets shows them)"


def _frame(frame: Frame) -> Frame:
    if isinstance(frame, CallError | CallResultError):
        description, details = discreet_error(frame.description, frame.details)
        spelling = hide(frame.spelling)
        return evolve(frame, id=hide(frame.id), description=description, details=details, spelling=spelling)
    payload: Any = payload_without_secrets(frame.payload)
    changed: Frame = evolve(frame, id=hide(frame.id), payload=payload)
    return changed
