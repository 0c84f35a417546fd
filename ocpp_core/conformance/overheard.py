"""What judges rules over everything that the software has said, whoever asked: functions under the rule's id.

A judge goes through a conversation and yields a `Deviation` for each place where its rule was broken, and None for each
where it was kept. It never judges how the software takes what the kit has said wrongly on purpose.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ocpp_core.conformance.hearing import BROKEN, UNREADABLE, Frame, Heard, Said
from ocpp_core.conformance.json_frames import Type, error_codes
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.printing import shown
from ocpp_core.model.versions import Wire

Judge = Callable[[Heard], Iterator[Deviation | None]]

#: All judges by the id of their rule.
OVERHEARD: dict[str, Judge] = {}

MAX_ID = 36
#: What stands for an id that cannot be read, in 2.x.
NO_ID = "-1"
MAX_DESCRIPTION = 255
#: Seconds after which a call that is not answered may have ended by the sender's own timeout.
_AT_ONCE = 0.2


def overheard(rule: str) -> Callable[[Judge], Judge]:
    """Makes a function the judge of a rule."""

    def register(judge: Judge) -> Judge:
        if rule in OVERHEARD:
            raise ValueError(f"two judges for {rule}")
        OVERHEARD[rule] = judge
        return judge

    return register


def _wrong(expected: str, got: str, frame: Frame, place: str = "") -> Deviation:
    return Deviation(expected, got, place=place, marks=(frame.entry.number,))


# WebSocket

#: Codes with which the kit ends a connection on which what comes cannot be read (RFC 6455 §7.4.1).
_UNREADABLE_CODES = ("1002", "1007")


@overheard("connection.well-formed")
def _well_formed(heard: Heard) -> Iterator[Deviation | None]:
    for entry in heard.trace:
        if entry.what is What.CLOSED and entry.direction is Direction.SENT:
            code, _, why = entry.text.partition(" ")
            if code in _UNREADABLE_CODES:
                yield Deviation("frames of WebSocket", shown(why), marks=(entry.number,))
    yield from (None for _ in heard.received)


# Frames


@overheard("frame.json")
def _json(heard: Heard) -> Iterator[Deviation | None]:
    for frame in heard.received:
        if frame.entry.note == "binary":
            yield _wrong("a text message", "a binary message", frame)
        elif frame.value is UNREADABLE:
            yield _wrong("JSON", f"no JSON: {shown(frame.entry.text)}", frame)
        elif not isinstance(frame.value, list):
            yield _wrong("a JSON array", shown(frame.entry.text), frame)
        else:
            yield None


def _arrays(heard: Heard) -> Iterator[Frame]:
    return (frame for frame in heard.received if isinstance(frame.value, list))


@overheard("frame.type")
def _type(heard: Heard) -> Iterator[Deviation | None]:
    known = heard.specification.frame_kinds
    for frame in _arrays(heard):
        if frame.kind in known:
            yield None
        else:
            first = frame.value[0] if frame.value else "nothing"
            yield _wrong(f"one of the types {', '.join(map(str, known))}", shown(first), frame)


def _typed(heard: Heard, *kinds: Type) -> Iterator[Frame]:
    known = heard.specification.frame_kinds
    return (frame for frame in _arrays(heard) if frame.kind in known and (not kinds or frame.kind in kinds))


@overheard("frame.id-text")
def _id_text(heard: Heard) -> Iterator[Deviation | None]:
    known = heard.specification.frame_kinds
    ours: list[Any] = []
    for frame in heard.frames:
        if not isinstance(frame.value, list):
            continue
        id = frame.value[1] if len(frame.value) > 1 else None
        if not frame.is_received:
            ours.append(id)
        elif frame.kind not in known:
            continue
        # What the kit has asked under an id that is no text may be answered under the same.
        elif isinstance(id, str) or (frame.kind not in (Type.CALL, Type.SEND) and id in ours):
            yield None
        else:
            yield _wrong("an id that is a text", shown(id), frame)


@overheard("frame.id-length")
def _id_length(heard: Heard) -> Iterator[Deviation | None]:
    for frame in _typed(heard, Type.CALL, Type.SEND):
        if frame.id is not None:
            is_right = 1 <= len(frame.id) <= MAX_ID
            yield None if is_right else _wrong(f"1 to {MAX_ID} characters", str(len(frame.id)), frame)


@overheard("frame.id-new")
def _id_new(heard: Heard) -> Iterator[Deviation | None]:
    seen: dict[str, Frame] = {}
    for frame in _typed(heard, Type.CALL, Type.SEND):
        if frame.id is not None:
            first = seen.setdefault(frame.id, frame)
            # The same call again is a retry, which may keep its id.
            if first.value == frame.value:
                yield None
            else:
                marks = (first.entry.number, frame.entry.number)
                yield Deviation("an id for each call", f"{shown(frame.id)} for two", marks=marks)


@overheard("frame.call-shape")
def _call_shape(heard: Heard) -> Iterator[Deviation | None]:
    for frame in _typed(heard, Type.CALL, Type.SEND):
        match frame.value:
            case [_, _, str(), dict() | None]:
                yield None
            case _:
                yield _wrong("type, id, action, payload as an object", _outline(frame.value), frame)


@overheard("frame.result-shape")
def _result_shape(heard: Heard) -> Iterator[Deviation | None]:
    for frame in _typed(heard, Type.CALLRESULT):
        match frame.value:
            case [_, _, dict() | None]:
                yield None
            case _:
                yield _wrong("type, id, payload as an object", _outline(frame.value), frame)


@overheard("frame.error-shape")
def _error_shape(heard: Heard) -> Iterator[Deviation | None]:
    for frame in _typed(heard, Type.CALLERROR, Type.CALLRESULTERROR):
        match frame.value:
            case [_, _, str(), str(), dict()]:
                yield None
            case _:
                wanted = "type, id, code and description as texts, details as an object"
                yield _wrong(wanted, _outline(frame.value), frame)


_NAMES = {str: "text", dict: "object", list: "array", bool: "truth value", type(None): "null"}


def _outline(frame: list[Any]) -> str:
    kinds = [_NAMES.get(type(element), "number") for element in frame[:8]]
    return f"{len(frame)} elements: {', '.join(kinds)}"


@overheard("frame.error-code")
def _error_code(heard: Heard) -> Iterator[Deviation | None]:
    known = error_codes(heard.specification)
    for frame in _typed(heard, Type.CALLERROR, Type.CALLRESULTERROR):
        if len(frame.value) > 2 and isinstance(code := frame.value[2], str):
            yield None if code in known else _wrong("a code of the version", shown(code), frame, code)


@overheard("frame.error-description")
def _error_description(heard: Heard) -> Iterator[Deviation | None]:
    for frame in _typed(heard, Type.CALLERROR, Type.CALLRESULTERROR):
        if len(frame.value) > 3 and isinstance(text := frame.value[3], str):
            is_right = len(text) <= MAX_DESCRIPTION
            yield None if is_right else _wrong(f"at most {MAX_DESCRIPTION} characters", str(len(text)), frame)


# Who answers what


def _answers(heard: Heard) -> Iterator[tuple[Frame, Counter[str], Counter[str], bool]]:
    """Each answer with what was asked before it, what was answered before it, and whether something wrong was said."""
    known = heard.specification
    # Where there is an error for unknown types, they are answered; and who does not know the type cannot know that the
    # second element is the id.
    may_tell_type = ErrorCode.MESSAGE_TYPE in known.error_names[Wire.JSON]
    asked: Counter[str] = Counter(heard.earlier)
    answered: Counter[str] = Counter()
    is_spoilt = is_untyped = False
    for frame in heard.frames:
        if not frame.is_received:
            is_spoilt = is_spoilt or frame.entry.note.startswith(BROKEN) or frame.id is None
            is_untyped = is_untyped or (may_tell_type and frame.kind not in known.frame_kinds)
            if frame.id is not None:
                asked[frame.id] += 1
        elif frame.kind in (Type.CALLRESULT, Type.CALLERROR) and frame.id is not None:
            yield frame, asked, answered, is_spoilt or (is_untyped and frame.id == NO_ID)
            answered[frame.id] += 1


@overheard("frame.answer-id")
def _answer_id(heard: Heard) -> Iterator[Deviation | None]:
    for frame, asked, _, is_spoilt in _answers(heard):
        if asked[frame.id or ""]:
            yield None
        # What cannot be read has no id that could be given back.
        elif not (is_spoilt and frame.kind == Type.CALLERROR):
            yield _wrong("the id of a call", shown(frame.id), frame)


@overheard("frame.answered-once")
def _answered_once(heard: Heard) -> Iterator[Deviation | None]:
    unread = [frame.entry.number for frame in heard.frames if not frame.is_received and frame.id is None]
    for frame, asked, answered, _ in _answers(heard):
        id = frame.id or ""
        if asked[id]:
            # A retry of a call that was answered may be answered again, as may a call of before; and what could not be
            # read may have had this id.
            guessed = bisect(unread, frame.entry.number)
            is_right = answered[id] < asked[id] + guessed
            yield None if is_right else _wrong("one answer", f"{answered[id] + 1} answers", frame)


@overheard("frame.answered")
def _answered(heard: Heard) -> Iterator[Deviation | None]:
    registered = heard.was_registered
    answers = {said.id for said in heard.said if said.is_received}
    for said in heard.said:
        if not said.is_received and said.kind is Type.CALL:
            # Before it is registered a station may be left without an answer, and may leave without one.
            is_due = registered or said.action == "BootNotification"
            if is_due and _is_right(heard, said):
                if said.id in answers:
                    yield None
                elif said.id in heard.silent and not _is_garbled(heard, said.mark):
                    yield Deviation("an answer", "silence", place=said.action, marks=(said.mark,))
        elif said.action == "BootNotification" and said.kind is Type.CALLRESULT:
            registered = said.members.get("status") == "Accepted"


def _is_garbled(heard: Heard, after: int) -> bool:
    """Whether something has come since that may have been meant as the answer, and that other rules are about."""
    asked = {frame.id for frame in heard.frames if not frame.is_received}
    whole = {said.mark for said in heard.said}
    return any(
        frame.entry.number not in whole
        or (frame.kind not in (Type.CALL, Type.SEND) and frame.id not in asked)
        for frame in heard.received
        if frame.entry.number > after
    )


def _is_right(heard: Heard, said: Said) -> bool:
    """Whether a message of the kit is right, and of an action that its role sends."""
    return heard.is_right(said) and bool(heard.specification.actions[said.action].sent_by & ~heard.role)


def _in_turn(heard: Heard) -> Iterator[Deviation | None]:
    open_call: Frame | None = None
    events = {frame.entry.number: frame for frame in heard.frames}
    for entry in heard.trace:
        if entry.what is not What.MESSAGE:
            open_call = None
            continue
        frame = events[entry.number]
        if not frame.is_received:
            if open_call is not None and frame.id == open_call.id:
                open_call = None
        elif frame.kind == Type.CALL:
            if open_call is not None and frame.entry.at - open_call.entry.at < _AT_ONCE:
                marks = (open_call.entry.number, frame.entry.number)
                yield Deviation("a call after the answer to the last one", "two calls at once", marks=marks)
            else:
                yield None
            open_call = frame


for _rule in ("frame.one-call-open", "frame.calls-in-turn"):
    overheard(_rule)(_in_turn)


# Payloads

#: The classes of faults by their keywords, in the order in which they decide: of several faults the first names the
#: rule. (Of the order of elements, and of nil, there are rules of envelopes.)
_CLASSES = (
    ("type", frozenset({"type", "depth", "text"})),
    ("required", frozenset({"required", "minItems", "maxItems"})),
    ("value", frozenset({"enum", "maxLength", "minimum", "maximum", "multipleOf", "format", "characters"})),
    ("unknown-member", frozenset({"additionalProperties", "namespace", "place"})),
)


def _payloads(heard: Heard, kinds: tuple[Type, ...]) -> Iterator[Said]:
    """Each message of the software that has a schema."""
    for said in heard.said:
        if said.is_received and said.kind in kinds and said.payload is not None:
            action = heard.specification.actions.get(said.action)
            if action is not None and (said.kind is Type.SEND) is not action.answered:
                yield said


def _schema(
    name: str, keywords: frozenset[str], kinds: tuple[Type, ...], heard: Heard
) -> Iterator[Deviation | None]:
    for said in _payloads(heard, kinds):
        faults = heard.faults(said) if said.faults is None else said.faults
        decisive = next(
            (one for one, words in _CLASSES if any(fault.keyword in words for fault in faults)), ""
        )
        if decisive != name:
            yield None
            continue
        fault = next(fault for fault in faults if fault.keyword in keywords)
        yield Deviation(
            f"a {said.action} that fits its schema",
            str(fault),
            place=f"{said.action} {fault.path}",
            marks=(said.mark,),
        )


for _name, _keywords in _CLASSES:
    overheard(f"payload.answer-{_name}")(partial(_schema, _name, _keywords, (Type.CALLRESULT,)))
    overheard(f"payload.request-{_name}")(partial(_schema, _name, _keywords, (Type.CALL, Type.SEND)))


@overheard("payload.request-action")
def _request_action(heard: Heard) -> Iterator[Deviation | None]:
    for said in heard.said:
        if said.is_received and said.kind in (Type.CALL, Type.SEND):
            action = heard.specification.actions.get(said.action)
            if action is not None and action.sent_by & heard.role:
                yield None
            else:
                why = "an action of the version" if action is None else "an action that this role sends"
                yield Deviation(why, shown(said.action), place=said.action, marks=(said.mark,))
