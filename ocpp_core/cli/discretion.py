"""Judged frames as they may be shown to anybody, without secrets: what the command writes goes into tickets."""

from typing import Any

from attrs import evolve

from ocpp_core.jsonrpc.text import write_json
from ocpp_core.logs.judging import Judged, decoder_for
from ocpp_core.logs.reading import Found
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import CallError, CallResultError, Frame, Payload, discreet_fields
from ocpp_core.model.messages import evolve as evolve_payload
from ocpp_core.model.printing import HIDDEN
from ocpp_core.model.secrets import hide
from ocpp_core.model.versions import Version


def without_secrets(judged: Judged) -> Judged:
    """The same verdict on the same frame, with `HIDDEN` in place of its secrets.

    The text of a frame becomes that of what can be read of it; nothing is left of one that cannot be read.
    """
    values = _values(judged.found)
    return evolve(
        judged,
        found=evolve(judged.found, text=_text(judged.found, values)),
        id=_as_in(values, 1, judged.id),
        action=_as_in(values, 2, judged.action),
        reason=_as_in(values, 2, judged.reason, judged.action),
        frame=None if judged.frame is None else _frame(judged.frame),
        violations=tuple(evolve(one, value=one.discreet_value) for one in judged.violations),
    )


def _values(found: Found) -> Any:
    """The values of a frame without secrets. They are the same in every version, and 1.6 has both wires."""
    decoder = decoder_for(Version.V1_6, found.wire)
    assert not isinstance(decoder, str)
    try:
        return hide(decoder.values(found.text))
    except FrameError:
        return None


def _text(found: Found, values: Any) -> str:
    if values is None:
        return f"({len(found.text)} characters that cannot be read; --show-secrets shows them)"
    return write_json(values)


def _as_in(values: Any, place: int, text: Any, said: str = "") -> Any:
    """What stands at a place of a frame, or quotes it, hidden if it is hidden there: it is shown in several places."""
    is_hidden = isinstance(values, list) and len(values) > place and values[place] == HIDDEN
    return HIDDEN if is_hidden and text and said in text else text


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
