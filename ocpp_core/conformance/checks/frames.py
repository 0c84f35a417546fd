"""Checks of frames of OCPP-J: what is asked wrongly, and how it is answered. For both roles."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import PATIENCE, UNSERVED, foreign, frames, harmless, listen
from ocpp_core.conformance.checks.steering import was_away
from ocpp_core.conformance.json_frames import error_codes
from ocpp_core.conformance.requests import request, response
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, PeerCall, Stage
from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.model.shapes import shape
from ocpp_core.model.versions import Role


def _goes_on(stage: Stage, answer: Answer, place: str) -> None:
    if answer.kind is AnswerKind.CLOSED:
        stage.deviates("an open connection", answer, place=place, marks=(answer.mark,))


def _is_spelt(stage: Stage, answer: Answer) -> None:
    """A code that the version does not have is the matter of another rule."""
    if answer.kind is AnswerKind.ERROR and answer.code not in error_codes(stage.specification):
        stage.cannot_tell(f"{answer.code} is no code of the version, which another rule is about")


async def _is_unserved(stage: Stage, answer: Answer, expected: str) -> None:
    _is_spelt(stage, answer)
    if answer.kind is AnswerKind.RESULT or (answer.kind is AnswerKind.ERROR and answer.code not in UNSERVED):
        stage.deviates(expected, answer, marks=(answer.mark,))
    if answer.kind is not AnswerKind.ERROR:
        stage.needed(answer)


@check("frame.unknown-action")
async def unknown_action(stage: Stage) -> None:
    """Asks for an action that no version has."""
    id = stage.new_id()
    answer = await stage.exchange(json.dumps([2, id, "MakeCoffee", {}]), id)
    await _is_unserved(stage, answer, "a CALLERROR NotImplemented or NotSupported")


@check("frame.action-case")
async def action_case(stage: Stage) -> None:
    """Asks for a known action in small letters."""
    action, payload = harmless(stage)
    id = stage.new_id()
    answer = await stage.exchange(json.dumps([2, id, action.lower(), payload]), id)
    if answer.kind is AnswerKind.RESULT:
        stage.deviates(f"an error for the action {action.lower()}", answer, marks=(answer.mark,))
    if answer.kind is not AnswerKind.ERROR:
        stage.needed(answer)


@check("frame.wrong-direction")
async def wrong_direction(stage: Stage) -> None:
    """Asks for what only the other side does."""
    action, payload = foreign(stage)
    await _is_unserved(stage, await stage.call(action, payload), "a CALLERROR NotSupported or NotImplemented")


@check("frame.codes-swapped")
async def codes_swapped(stage: Stage) -> None:
    """Asks for an action that nobody knows, and for ones that may not be served."""
    unknown = await stage.call("MakeCoffee", {})
    if unknown.code != "NotSupported":
        return
    known = await stage.call(*foreign(stage))
    if known.code == "NotImplemented":
        stage.deviates(
            "NotImplemented for what is unknown, NotSupported for what is not served",
            "the one for the other",
            marks=(unknown.mark, known.mark),
        )


@check("frame.survives-no-json")
async def survives_no_json(stage: Stage) -> None:
    """Sends all kinds of text, and calls after each."""
    action, payload = harmless(stage)
    for text in ("", "hello", "{}", "[]", "[2]", '"text"', "[[2]]", "[2,", "null", '[2,{},"x",{}]'):
        await stage.send(text, note="broken: no frame")
        answer = await stage.call(action, payload)
        _goes_on(stage, answer, text or "an empty message")
        stage.needed(answer, "the answer to a call after a broken frame")


async def _stands(stage: Stage) -> None:
    """What is odd about a call is judged only where a plain one is answered by a result."""
    stage.needed(await stage.call(*harmless(stage)), "the answer to a plain call")


async def _drawn(stage: Stage, frame: list[Any], id: str, place: str) -> None:
    answer = await stage.exchange(
        json.dumps(frame), id, note=f"broken: {place}", within=stage.profile.silence
    )
    if answer.kind is AnswerKind.RESULT:
        stage.deviates("an error, or silence", answer, place=place, marks=(answer.mark,))
    _goes_on(stage, answer, place)


@check("frame.wrong-count")
async def wrong_count(stage: Stage) -> None:
    """Calls with three elements, and with five."""
    action, payload = harmless(stage)
    for rest in ([action], [action, payload, {}]):
        id = stage.new_id()
        await _drawn(stage, [2, id, *rest], id, f"{len(rest) + 2} elements")


@check("frame.payload-no-object")
async def payload_no_object(stage: Stage) -> None:
    """Calls with what is no object."""
    action, payload = harmless(stage)
    for wrong in ([], [payload], "", "{}", 0, True):
        id = stage.new_id()
        await _drawn(stage, [2, id, action, wrong], id, json.dumps(wrong))


@check("frame.null-payload")
async def null_payload(stage: Stage) -> None:
    """Says nothing by null."""
    action, payload = harmless(stage)
    if payload:
        stage.does_not_apply("the version has no call without members that changes nothing")
    await _stands(stage)
    id = stage.new_id()
    answer = await stage.exchange(json.dumps([2, id, action, None]), id)
    if answer.kind is AnswerKind.ERROR:
        stage.deviates("a result, as for {}", answer, marks=(answer.mark,))
    stage.needed(answer)


async def _to_each(stage: Stage, odd: Mapping[str, tuple[Any, ...]]) -> list[tuple[str, Answer]]:
    """What comes for frames, given without their ids; they are sent at once, so that silence is waited for once."""

    async def exchanged(place: str, kind: int, *rest: Any) -> Answer:
        id = stage.new_id()
        text = json.dumps([kind, id, *rest])
        return await stage.exchange(text, id, note=place, within=stage.profile.silence)

    answers = await asyncio.gather(*(exchanged(place, *frame) for place, frame in odd.items()))
    for answer in answers:
        # Which of them has ended the connection, nobody can tell.
        _goes_on(stage, answer, ", ".join(odd))
    return list(zip(odd, answers, strict=True))


@check("frame.unknown-type")
async def unknown_type(stage: Stage) -> None:
    """Sends messages of types that the version does not have."""
    unknown = sorted({0, 1, 5, 6, 7, 99} - {*stage.specification.frame_kinds})
    for place, answer in await _to_each(stage, {f"type {kind}": (kind, "Foo", {}) for kind in unknown}):
        _is_spelt(stage, answer)
        is_told = answer.kind is AnswerKind.ERROR and answer.code == "MessageTypeNotSupported"
        may_tell = stage.specification.version in ("2.0", "2.0.1")
        if answer.kind is not AnswerKind.SILENCE and not (is_told and may_tell):
            wanted = "silence, or MessageTypeNotSupported" if may_tell else "silence"
            stage.deviates(wanted, answer, place=place, marks=(answer.mark,))


@check("frame.answers-unanswered")
async def answers_unanswered(stage: Stage) -> None:
    """Answers what was never asked."""
    answers: Mapping[str, tuple[Any, ...]] = {
        "an empty answer to nothing": (3, {}),
        "an error for nothing": (4, "GenericError", "", {}),
        "an answer to nothing": (3, {"status": "Accepted"}),
    }
    _are_silent(stage, await _to_each(stage, answers))


def _are_silent(stage: Stage, answers: list[tuple[str, Answer]]) -> None:
    for place, answer in answers:
        if answer.kind is not AnswerKind.SILENCE:
            stage.deviates("silence", answer, place=place, marks=(answer.mark,))


@check("frame.any-id")
async def any_id(stage: Stage) -> None:
    """Calls with ids that are no UUIDs."""
    await _stands(stage)
    action, payload = harmless(stage)
    stem = stage.new_id()[:8]
    for id in (
        f"{stem}-{'x' * 36}"[:36],
        f"{stem} /\\'<&>%22",
        f"{stem}-\u00e9\u0436",
        f"{stem}:{stem}",
        f"00{stem}",
    ):
        answer = await stage.exchange(json.dumps([2, id, action, payload]), id)
        if answer.kind is AnswerKind.ERROR:
            stage.deviates(f"a result for the id {id}", answer, place=id, marks=(answer.mark,))
        stage.needed(answer, f"the answer to the id {id}")


@check("frame.long-id")
async def long_id(stage: Stage) -> None:
    """Calls with an id of forty characters."""
    action, payload = harmless(stage)
    id = f"{stage.new_id()}{'x' * 40}"[:40]
    text = json.dumps([2, id, action, payload])
    answer = await stage.exchange(text, id, note="broken: a long id", within=stage.profile.silence)
    if answer.kind is AnswerKind.RESULT:
        stage.deviates("a CALLERROR", answer, marks=(answer.mark,))


@check("frame.open-id")
async def open_id(stage: Stage) -> None:
    """Sends two different calls under one id, at once.

    The second may meet the first's answer on its way, and then nothing is wrong: only a peer that has let the first
    stay open can be judged.
    """
    action, payload = harmless(stage)
    other, members = ("DataTransfer", {"vendorId": "org.example.conformance"})
    if stage.role is Role.CHARGE_POINT:
        other, members = "GetLocalListVersion", {}
    id = stage.new_id()
    await stage.send(json.dumps([2, id, other, members]))
    await stage.send(json.dumps([2, id, action, payload]), note="broken: an id that is in use")
    last = stage.trace[-1]
    first = await stage.answer_to(id)
    await stage.answer_to(id)
    answers = list(frames(stage, id, after=last.number))
    if first.mark < 0 or [answer[0] for answer in answers] != [3, 3]:
        return
    # However long the first took, the second may have been read after it. But an answer that came first and is
    # about the second call has met the first one open.
    facts = shape(stage.specification.response(action))
    required = {field.wire for field in facts.fields if field.is_required}
    is_second = bool(required) and required <= dict(answers[0][2]).keys()
    if not is_second:
        stage.cannot_tell("it may have answered the first before it saw the second")
    stage.deviates("a CALLERROR for one of the two", "two results", marks=(first.mark,))


@check("frame.retried-id")
async def retried_id(stage: Stage) -> None:
    """Sends a call again with its id, as after a lost answer."""
    action, payload = harmless(stage)
    id = stage.new_id()
    text = json.dumps([2, id, action, payload])
    stage.needed(await stage.exchange(text, id), "the answer to a call")
    await stage.send(text, note="the same again")
    answer = await stage.answer_to(id)
    if answer.kind is AnswerKind.SILENCE:
        stage.deviates("an answer to the call that was sent again", answer)


# What takes a call of the peer


def _askable(stage: Stage) -> tuple[str, str]:
    """Two calls that the peer can be got to make."""
    if stage.role is Role.CHARGE_POINT:
        return "Heartbeat", "StatusNotification"
    if "GetConfiguration" in stage.specification.actions:
        return "GetConfiguration", "ClearCache"
    return "GetVariables", "ClearCache"


async def _held(stage: Stage, action: str) -> PeerCall:
    """A call of the peer that waits for its answer."""
    stage.responders[action] = lambda _: None
    return await stage.provoke(action)


async def _release(stage: Stage, call: PeerCall) -> None:
    stage.responders.pop(call.action, None)
    await stage.send(json.dumps([3, call.id, response(stage.specification, call.action)]))


@check("frame.crossing-calls")
async def crossing_calls(stage: Stage) -> None:
    """Calls while a call of the peer is open, and right after its answer."""
    await _stands(stage)
    call = await _held(stage, _askable(stage)[0])
    for when in ("while a call of its own is open", "right after the answer to a call of its own"):
        answer = await stage.call(*harmless(stage))
        if answer.kind is AnswerKind.ERROR:
            stage.deviates(f"a result {when}", answer, place=when, marks=(call.mark, answer.mark))
        stage.needed(answer, f"the answer to a call {when}")
        if call.action in stage.responders:
            await _release(stage, call)


@check("frame.own-timeout")
async def own_timeout(stage: Stage) -> None:
    """Leaves a call of the peer unanswered, and has it make another; then answers the first, too late."""
    first, second = _askable(stage)
    late = await _held(stage, first)
    stage.responders[second] = lambda _: None
    try:
        call = await _patiently(stage, second)
    except Inconclusive:
        if was_away(stage, late.mark):
            stage.cannot_tell("it was away, and what it was asked meanwhile is lost")
        stage.deviates(
            f"another call after the {first} that was not answered",
            f"none in {PATIENCE * stage.profile.answer_within:.0f} s",
            marks=(late.mark,),
        )
    if await _once_more(stage, late, call) is None:
        stage.shows("frame.after-timeout")


async def _patiently(stage: Stage, action: str) -> PeerCall:
    """Has the peer make a call, however long its timeout is: within reason."""
    try:
        return await stage.provoke(action)
    except Inconclusive:
        call = await stage.expect(action, within=(PATIENCE - 1) * stage.profile.answer_within)
        if call is None:
            raise
        return call


async def _once_more(stage: Stage, late: PeerCall, call: PeerCall) -> PeerCall | None:
    """Answers a call too late, then the one that came after it; the same as that one, if it comes again."""
    await _release(stage, late)
    await _release(stage, call)
    again = await stage.expect(call.action, within=stage.profile.silence)
    # What says something else would have been said anyway.
    return again if again is not None and _without_time(again) == _without_time(call) else None


@check("frame.after-timeout")
async def after_timeout(stage: Stage) -> None:
    """Answers a call too late, after the next one has come, and then the next one."""
    first, second = _askable(stage)
    late = await _held(stage, first)
    stage.responders[second] = lambda _: None
    call = await _patiently(stage, second)
    again = await _once_more(stage, late, call)
    if again is not None:
        # What goes on saying the same would have said it anyway.
        if await stage.expect(second, within=stage.profile.silence) is not None:
            stage.cannot_tell(f"it says {second} all the time")
        stage.deviates("no second such call, since it was answered", second, marks=(call.mark, again.mark))


def _without_time(call: PeerCall) -> Json:
    return {name: value for name, value in call.payload.items() if name != "timestamp"}


# 2.1 alone


@check("frame.send-unanswered")
async def send_unanswered(stage: Stage) -> None:
    """Sends a stream that there is not, something that is no SEND, and one that breaks its schema."""
    stream = "NotifyPeriodicEventStream"
    sends: Mapping[str, tuple[Any, ...]] = {
        "a stream that there is not": (6, stream, request(stage.specification, stream)),
        "a SEND of what is a CALL": (6, "Heartbeat", {}),
        "a SEND that breaks its schema": (6, stream, {}),
    }
    _are_silent(stage, await _to_each(stage, sends))


@check("frame.bad-result-answered")
async def bad_result(stage: Stage) -> None:
    """Answers a call of the peer with what breaks its schema."""
    call = await _held(stage, _askable(stage)[0])
    facts = shape(stage.specification.response(call.action))
    broken: Json = {field.wire: 7 for field in facts.fields if field.is_required} or {"noSuchMember": 7}
    if call.action == "Heartbeat":
        broken = {"currentTime": "now"}
    stage.responders.pop(call.action, None)
    mark = len(stage.trace)
    await stage.send(json.dumps([3, call.id, broken]), note="broken: the answer")
    await listen(stage)
    told = [frame[0] for frame in frames(stage, call.id, after=mark - 1)]
    if 5 not in told:
        stage.deviates(
            "a CALLRESULTERROR", "silence" if not told else f"a message of type {told[0]}", marks=(call.mark,)
        )
