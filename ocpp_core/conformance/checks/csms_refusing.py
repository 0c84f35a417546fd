"""Checks of CSMSs: requests that break one rule of their schema.

They are systematic, where generated ones are many: each rule at every place where a small request can break it.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import token_of
from ocpp_core.conformance.refusals import RULES, fitting
from ocpp_core.conformance.requests import is_first, readings, request, token, transaction
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, Stage
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.shapes import (
    Boolean,
    Enumeration,
    Integer,
    ListOf,
    Nested,
    Number,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.versions import ERROR_CODES, ERROR_NAMES_SOAP, Wire

#: The sub-codes of SOAP; another one is the matter of another rule.
_OF_SOAP = frozenset(ERROR_NAMES_SOAP.values())
#: A payload, and where it is broken.
Broken = tuple[str, Json, str]


def _requests(stage: Stage) -> Iterator[tuple[str, Json]]:
    """Requests that every CSMS serves, with enough in them to break."""
    specification = stage.specification
    who = token(specification, token_of(stage))
    yield "BootNotification", request(specification, "BootNotification")
    yield "StatusNotification", request(specification, "StatusNotification")
    yield "Authorize", request(specification, "Authorize", who)
    yield "MeterValues", request(specification, "MeterValues", readings(specification, 1000))
    if is_first(specification):
        yield "StartTransaction", request(specification, "StartTransaction", who)
        yield "StopTransaction", request(specification, "StopTransaction")
    else:
        event = {**who, **transaction(specification, "kit"), **readings(specification, 1000)}
        yield "TransactionEvent", request(specification, "TransactionEvent", event)


def _places(cls: Any, payload: Json, path: str = "$") -> Iterator[tuple[Any, Json, str]]:
    """Each field that is in a payload, with the object that holds it and that object's path."""
    for field in shape(cls).fields:
        if field.wire not in payload:
            continue
        yield field, payload, path
        kind, value, inner = field.kind, payload[field.wire], f"{path}.{field.wire}"
        if isinstance(kind, ListOf) and value:
            kind, value, inner = kind.item, value[0], f"{inner}[0]"
        if isinstance(kind, Nested) and isinstance(value, dict):
            yield from _places(kind.cls, value, inner)


def _breaking(change: Callable[[Any, Json], bool]) -> Callable[[Stage], Iterator[Broken]]:
    """Every request broken at every place where a change can be made: it changes an object, or says that it cannot."""

    def broken(stage: Stage) -> Iterator[Broken]:
        for action, payload in _requests(stage):
            cls = stage.specification.request(action)
            for number in range(sum(1 for _ in _places(cls, payload))):
                copy = deepcopy(payload)
                field, holder, path = list(_places(cls, copy))[number]
                if change(field, holder):
                    yield action, copy, f"{path}.{field.wire}"

    return broken


def _without(field: Any, holder: Json) -> bool:
    if field.is_required:
        del holder[field.wire]
    return bool(field.is_required)


def _other_type(field: Any, holder: Json) -> bool:
    value = holder[field.wire]
    holder[field.wire] = 7 if isinstance(value, str | list | dict) else "seven"
    return True


def _wrong_types(stage: Stage) -> Iterator[Broken]:
    def of_xml(field: Any, holder: Json) -> bool:
        """In XML all is text: only of numbers and the like can it be of another type."""
        return isinstance(field.kind, Integer | Number | Boolean) and _other_type(field, holder)

    return _breaking(of_xml if stage.wire is Wire.SOAP else _other_type)(stage)


def _other_token(field: Any, holder: Json) -> bool:
    if isinstance(field.kind, Enumeration):
        holder[field.wire] = "NoSuchToken"
    return isinstance(field.kind, Enumeration)


def _too_long(field: Any, holder: Json) -> bool:
    # 2.x lets a station allow more than the schema does for a few members (FieldLength); none of them is here.
    if isinstance(field.kind, Text) and field.kind.max_length is not None and field.kind.max_length < 1000:
        holder[field.wire] = "x" * (field.kind.max_length + 1)
        return True
    return False


def _no_time(field: Any, holder: Json) -> bool:
    if isinstance(field.kind, Timestamp):
        holder[field.wire] = "222222017-10-27T19:10:11Z"
    return isinstance(field.kind, Timestamp)


def _too_short(field: Any, holder: Json) -> bool:
    if isinstance(field.kind, ListOf) and field.kind.min_items:
        holder[field.wire] = []
        return True
    return False


def _unknown_members(stage: Stage) -> Iterator[Broken]:
    # 2.0 leaves its objects open.
    for action, payload in _requests(stage):
        cls = stage.specification.request(action)
        if not shape(cls).is_open:
            yield action, {**payload, "noSuchMember": 1}, "$.noSuchMember"
        for field, holder, path in list(_places(cls, payload)):
            if isinstance(field.kind, Nested) and not shape(field.kind.cls).is_open:
                holder[field.wire]["noSuchMember"] = 1
                yield action, deepcopy(payload), f"{path}.{field.wire}.noSuchMember"
                del holder[field.wire]["noSuchMember"]


def _on_the_wire(stage: Stage, broken: Iterator[Broken]) -> Iterator[Broken]:
    """Those that are broken on this wire too: XML cannot break every rule that JSON can."""
    if stage.wire is Wire.JSON:
        yield from broken
        return
    from ocpp_core.conformance.envelopes import is_broken

    yield from (each for each in broken if is_broken(stage.specification, stage.role, *each[:2]))


async def _served_plainly(stage: Stage) -> frozenset[str]:
    """The actions among them whose right requests are answered by results: only of these refusals are judged."""
    found = set()
    for action, payload in _requests(stage):
        if (await stage.call(action, payload)).kind is AnswerKind.RESULT:
            found.add(action)
    if not found:
        stage.cannot_tell("no request is answered by a result")
    return frozenset(found)


def _fits(stage: Stage, answer: Answer, codes: frozenset[ErrorCode]) -> bool:
    """Whether a code says what is wrong; SOAP has one for all of it."""
    if stage.wire is Wire.SOAP:
        return answer.code == "ProtocolError" or answer.code not in _OF_SOAP
    # A code that nobody knows is the matter of another rule.
    return answer.code not in ERROR_CODES or ERROR_CODES[answer.code] in codes


def _register(keyword: str, broken: Callable[[Stage], Iterator[Broken]]) -> None:
    codes = fitting(keyword)

    @check(RULES[keyword])
    async def judge(stage: Stage) -> None:
        """Sends what breaks the rule, at each place, and wants it refused."""
        unanswered = 0
        plain = await _served_plainly(stage)
        for action, payload, place in _on_the_wire(stage, broken(stage)):
            if action not in plain:
                continue
            answer = await stage.call(action, payload, within=stage.profile.silence)
            if answer.kind is AnswerKind.RESULT:
                stage.deviates(
                    f"an error for {place}", answer, place=f"{action} {place}", marks=(answer.mark,)
                )
            if answer.kind is AnswerKind.ERROR and not _fits(stage, answer, codes):
                names = "ProtocolError" if stage.wire is Wire.SOAP else "an error that speaks of the payload"
                stage.deviates(
                    f"{names} for {place}", answer, place=f"{action} {place}", marks=(answer.mark,)
                )
            if answer.kind is AnswerKind.CLOSED:
                stage.cannot_tell("the connection was closed, which another rule is about")
            unanswered += answer.kind is AnswerKind.SILENCE
            if unanswered > 2:
                stage.cannot_tell("such requests are not answered, which another rule is about")
        if unanswered:
            stage.cannot_tell("a request was not answered, which another rule is about")


_register("required", _breaking(_without))
_register("additionalProperties", _unknown_members)
_register("type", _wrong_types)
_register("enum", _breaking(_other_token))
_register("maxLength", _breaking(_too_long))
_register("format", _breaking(_no_time))
_register("minItems", _breaking(_too_short))


async def _not_served(stage: Stage, text: str, id: str, place: str, expected: str) -> None:
    """What is sent as it is draws no result."""
    answer = await stage.exchange(text, id, note=f"broken: {place}", within=stage.profile.silence)
    if answer.kind is AnswerKind.RESULT:
        stage.deviates(expected, answer, place=place, marks=(answer.mark,))
    if answer.kind is AnswerKind.CLOSED:
        stage.cannot_tell("the connection was closed, which another rule is about")


@check("refuse.doubled-member")
async def doubled_member(stage: Stage) -> None:
    """Says twice who charges."""
    for action, payload in _requests(stage):
        text = json.dumps(payload)
        first = next(iter(payload))
        id = stage.new_id()
        doubled = f"{{{json.dumps(first)}: {json.dumps(payload[first])}, {text[1:]}"
        await _not_served(
            stage, f'[2,"{id}","{action}",{doubled}]', id, f"{action} $.{first} twice", "an error"
        )


@check("refuse.broken-text")
async def broken_text(stage: Stage) -> None:
    """Cuts calls short within their payloads."""
    for action, payload in _requests(stage):
        for cut in (1, 3):
            id = stage.new_id()
            text = json.dumps([2, id, action, payload])[:-cut]
            await _not_served(stage, text, id, f"{action} cut by {cut}", "an error, or silence")


@check("refuse.survives")
async def survives(stage: Stage) -> None:
    """Sends requests with all kinds of faults, and looks whether the connection goes on."""
    for broken in (_breaking(_without), _breaking(_too_long), _breaking(_other_type)):
        for action, payload, place in _some(_on_the_wire(stage, broken(stage))):
            answer = await stage.call(action, payload, within=stage.profile.silence)
            if answer.kind is AnswerKind.CLOSED:
                stage.deviates("an open connection", answer, place=f"{action} {place}", marks=(answer.mark,))
    last = await stage.call("Heartbeat", {})
    if last.kind is AnswerKind.CLOSED:
        stage.deviates("an open connection", last, marks=(last.mark,))


@check("refuse.not-silent")
async def not_silent(stage: Stage) -> None:
    """Sends requests with all kinds of faults, and waits for errors."""
    for broken in (_breaking(_without), _breaking(_other_token), _breaking(_other_type)):
        for action, payload, place in _some(_on_the_wire(stage, broken(stage))):
            answer = await stage.call(action, payload)
            if answer.kind is AnswerKind.CLOSED:
                stage.cannot_tell("the connection was closed, which another rule is about")
            if answer.kind is AnswerKind.SILENCE:
                stage.deviates(f"an error for {place}", answer, place=f"{action} {place}")


def _some(broken: Iterator[Broken]) -> Iterator[Broken]:
    """One of each action."""
    seen: set[str] = set()
    for each in broken:
        if each[0] not in seen:
            seen.add(each[0])
            yield each
