"""Frames of the JSON wire as text, as either side may send them: every action of a version, every kind of frame."""

from collections.abc import Collection
from functools import cache, partial
from uuid import UUID

from hypothesis import strategies as st

from ocpp_core.model.codes import FrameKind
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Specification, Wire
from ocpp_core.testing.strategies import json_text, json_values, payloads

__all__ = ["frames"]

#: "-1" stands for an id that could not be read (2.0.1 part 4 §4.2.3).
_IDS = st.one_of(
    st.just("1"),
    # Not those of Hypothesis, which take four draws, and do not shrink.
    st.integers(0, 2**128 - 1).map(lambda number: str(UUID(int=number, version=4))),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=36).filter(lambda id: id != "-1"),
)
_DETAILS = st.one_of(
    st.just({}), st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), json_values(), max_size=3)
)
_DESCRIPTIONS = st.one_of(st.just(""), st.text(st.characters(codec="utf-8"), max_size=255))


def frames(
    version: str,
    *,
    kinds: Collection[FrameKind] = (),
    action: str | None = None,
    sent_by: Role = Role.EITHER,
) -> st.SearchStrategy[str]:
    """Valid frames of a version, as text.

    Each is valid by itself; whether it answers anything is another matter, which `exchanges` keeps. Shrunk, a frame is
    a call with the id "1" and a small payload.

    Args:
        version: One with a JSON wire, such as "2.0.1".
        kinds: Of frames; all that the version has, if none is given.
        action: Only frames of this action; error frames are of none.
        sent_by: Only calls, SENDs and results that this side may send.

    Raises:
        LocalProtocolError: The version has no JSON wire, or no frame is left.
        NoSuchAction: The version does not know the action.
    """
    known = specification(version)
    if Wire.JSON not in known.error_names:
        raise LocalProtocolError(f"OCPP {known.version} has no JSON wire")
    wanted = [kind for kind in known.frame_kinds.values() if not kinds or kind in kinds]
    named = known.actions if action is None else {action: known.action(action)}
    drawn: list[st.SearchStrategy[str]] = []
    for kind in wanted:
        if kind in (FrameKind.CALLERROR, FrameKind.CALLRESULTERROR):
            drawn += [] if action is not None else [_errors(known, kind)]
            continue
        if kind is FrameKind.CALLRESULT:
            names = [row.name for row in named.values() if row.answered and _answering(row.sent_by) & sent_by]
        else:
            is_call = kind is FrameKind.CALL
            names = [row.name for row in named.values() if row.answered == is_call and row.sent_by & sent_by]
        if names:
            of = partial(_frames_of, str(known.version), kind)
            drawn.append(st.sampled_from(names).flatmap(of) if len(names) > 1 else of(names[0]))
    if not drawn:
        raise LocalProtocolError(f"OCPP {known.version} has no such frame")
    return st.one_of(drawn)


def _answering(asking: Role) -> Role:
    """Who answers what a side may ask."""
    return (Role.EITHER ^ asking) or Role.EITHER


@cache
def _frames_of(version: str, kind: FrameKind, action: str) -> st.SearchStrategy[str]:
    if kind is FrameKind.CALLRESULT:
        answers = st.tuples(_IDS, payloads(version, action, "response"))
        return answers.map(lambda drawn: json_text([kind.value, *drawn]))
    asked = st.tuples(_IDS, payloads(version, action, "request"))
    return asked.map(lambda drawn: json_text([kind.value, drawn[0], action, drawn[1]]))


def _errors(known: Specification, kind: FrameKind) -> st.SearchStrategy[str]:
    names = st.sampled_from(sorted(known.error_names[Wire.JSON].values()))
    parts = st.tuples(_IDS, names, _DESCRIPTIONS, _DETAILS)
    return parts.map(lambda drawn: json_text([kind.value, *drawn]))
