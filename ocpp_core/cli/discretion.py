"""Judged frames as they may be shown to anybody, without secrets: what the command writes goes into tickets."""

from typing import Any

from attrs import evolve

from ocpp_core.jsonrpc.text import write_json
from ocpp_core.logs.judging import Judged, decoder_for
from ocpp_core.logs.reading import Found
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import CallError, CallResultError, Frame, Payload, discreet_fields
from ocpp_core.model.messages import evolve as evolve_payload
from ocpp_core.model.secrets import hide
from ocpp_core.model.versions import Version


def without_secrets(judged: Judged) -> Judged:
    """The same verdict on the same frame, with `HIDDEN` in place of its secrets.

    The text of a frame becomes that of what can be read of it; nothing is left of one that cannot be read.
    """
    return evolve(
        judged,
        found=evolve(judged.found, text=_text(judged.found)),
        id=hide(
            judged.id
        ),  # a peer may put anything there, and what is one thing in a frame is one everywhere
        action=hide(judged.action),
        frame=None if judged.frame is None else _frame(judged.frame),
        violations=tuple(evolve(one, value=one.discreet_value) for one in judged.violations),
    )


def _text(found: Found) -> str:
    """The values of a frame, as JSON. They are the same in every version, and 1.6 has both wires."""
    decoder = decoder_for(Version.V1_6, found.wire)
    assert not isinstance(decoder, str)
    try:
        return write_json(hide(decoder.values(found.text)))
    except FrameError:
        return f"({len(found.text)} characters that cannot be read; --show-secrets shows them)"


def _frame(frame: Frame) -> Frame:
    if isinstance(frame, CallError | CallResultError):
        return evolve(frame, description=hide(frame.description), details=hide(frame.details))
    changed: Frame = evolve(frame, payload=_payload(frame.payload))
    return changed


def _payload(payload: Payload) -> Any:
    return evolve_payload(payload, **{name: _value(value) for name, value in discreet_fields(payload)})


def _value(value: Any) -> Any:
    if isinstance(value, Payload):
        return _payload(value)
    if type(value) is list:
        return [_value(item) for item in value]
    return value
