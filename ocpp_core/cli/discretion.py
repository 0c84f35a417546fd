"""Judged frames as they may be shown to anybody, without secrets: what the command writes goes into tickets."""

from functools import partial
from typing import Any

from attrs import asdict, evolve

from ocpp_core.jsonrpc.text import write_json
from ocpp_core.logs.judging import Judged, decoder_for
from ocpp_core.logs.reading import Found
from ocpp_core.logs.translating import Translated, write
from ocpp_core.model.errors import FrameError, LocalProtocolError, OcppError, PayloadError
from ocpp_core.model.messages import CallError, CallResultError, Frame, Response, SoapHeaders
from ocpp_core.model.messages import without_secrets as payload_without_secrets
from ocpp_core.model.printing import HIDDEN
from ocpp_core.model.secrets import discreet_error, discreet_path, hide
from ocpp_core.model.versions import Version, Wire


def without_secrets(judged: Judged) -> Judged:
    """The same verdict on the same frame, with `HIDDEN` in place of its secrets.

    The text of a frame becomes that of what can be read of it; nothing is left of one that cannot be read.
    """
    values = _values(judged.found)
    return evolve(
        judged,
        found=evolve(judged.found, text=_text(judged.found, values)),
        id=_as_in(values, 1, hide(judged.id)),
        action=_as_in(values, 2, hide(judged.action)),
        reason=_as_in(values, 2, judged.reason, judged.action),
        frame=None if judged.frame is None else _frame(judged.frame),
        violations=tuple(
            evolve(one, path=discreet_path(one.path), value=one.discreet_value) for one in judged.violations
        ),
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
        description, details = discreet_error(frame.description, frame.details)
        told = {"description": description, "details": details, "spelling": hide(frame.spelling)}
        return evolve(frame, id=hide(frame.id), headers=_headers(frame.headers), **told)
    payload: Any = payload_without_secrets(frame.payload)
    changed: Frame = evolve(frame, id=hide(frame.id), payload=payload, headers=_headers(frame.headers))
    return changed


def _headers(headers: SoapHeaders | None) -> SoapHeaders | None:
    return headers and SoapHeaders(**hide(asdict(headers)))


def translated_without_secrets(translated: Translated) -> Translated:
    """The same frame in the other version, with `HIDDEN` in place of its secrets; and so is what it was made of."""
    return evolve(
        translated,
        judged=without_secrets(translated.judged),
        frames=tuple(map(_frame, translated.frames)),
        texts=tuple(
            map(partial(_shown_text, translated), translated.frames, translated.texts, translated.ways)
        ),
        answer=_answer(translated.answer),
    )


def _shown_text(translated: Translated, frame: Frame, text: str, way: str) -> str:
    """The text of a frame, as it is if it has no secret."""
    decoder = decoder_for(Version.V1_6, translated.wire)
    assert not isinstance(decoder, str)
    values = decoder.values(text)
    hidden = hide(values)
    if hidden == values:
        return text
    if translated.wire is Wire.JSON:
        return write_json(hidden)
    try:
        return write(_frame(frame), translated.to, translated.wire, way)
    except (PayloadError, LocalProtocolError):
        return f"({len(text)} characters with a secret in them; --show-secrets shows them)"


def _answer(answer: Response | OcppError | None) -> Response | OcppError | None:
    if isinstance(answer, OcppError):
        return OcppError(answer.code, *discreet_error(answer.description, answer.details))
    return None if answer is None else payload_without_secrets(answer)
