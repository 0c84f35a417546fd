"""Judged frames as they may be shown to anybody: without secrets. What `decode` and `validate` write goes into tickets."""

from typing import Any

from attrs import evolve

from ocpp_core._lazy import once
from ocpp_core.cli.judging import Judged
from ocpp_core.cli.reading import Found
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.jsonrpc.text import write_json
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import CallError, CallResultError, Frame, Payload, discreet_fields
from ocpp_core.model.secrets import discreet, hide
from ocpp_core.model.versions import Version, Wire
from ocpp_core.soap.codec import SoapCodec


def without_secrets(judged: Judged) -> Judged:
    """The same verdict on the same frame, with `HIDDEN` in place of its secrets.

    The text of a frame becomes that of what can be read of it; nothing is left of one that cannot be read.
    """
    return evolve(
        judged,
        found=evolve(judged.found, text=_text(judged.found)),
        frame=None if judged.frame is None else _frame(judged.frame),
        violations=tuple(evolve(one, value=discreet(one.path, one.value)) for one in judged.violations),
    )


@once
def _json() -> JsonCodec:
    return JsonCodec(Version.V1_6)


@once
def _soap() -> SoapCodec:
    return SoapCodec(Version.V1_6)


def _text(found: Found) -> str:
    """The values of a frame, as JSON. They are the same in every version."""
    try:
        if found.wire is Wire.SOAP:
            return write_json(hide(_soap().values(found.text.encode("utf-8", "surrogateescape"))))
        return write_json(hide(_json().values(found.text)))
    except FrameError:
        return f"({len(found.text)} characters that cannot be read; --show-secrets shows them)"


def _frame(frame: Frame) -> Frame:
    if isinstance(frame, CallError | CallResultError):
        return evolve(frame, description=hide(frame.description), details=hide(frame.details))
    changed: Frame = evolve(frame, payload=_payload(frame.payload))
    return changed


def _payload(payload: Payload) -> Any:
    return evolve(payload, **{name: _value(value) for name, value in discreet_fields(payload)})


def _value(value: Any) -> Any:
    if isinstance(value, Payload):
        return _payload(value)
    if type(value) is list:
        return [_value(item) for item in value]
    return value
