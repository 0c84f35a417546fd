"""Answers that cannot be used, and what they draw."""

import json

import pytest
from attrs import frozen

from connections import only_json, only_newest, only_soap, received
from ocpp_core.dispatch.connection import ErrorReceived, Ignored, ResultInvalid, ResultReceived
from ocpp_core.dispatch.outcomes import response_of
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import CallRejectedError
from ocpp_core.model.messages import CallError, CallResult, CallResultError
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Wire
from pair import Pair


@pytest.mark.parametrize("id", ["never", "-1"])
def test_unknown_ids_are_ignored_and_not_answered(pair: Pair, id: str) -> None:
    pending = pair.call()
    pair.heard()
    pair.say(CallResult(id, pair.scene.response(1)))
    pair.say(CallError(id, ErrorCode.INTERNAL, "?"))

    assert [Ignored, Ignored] == [type(event) for event in pair.events()]
    assert [] == pair.heard()
    assert pending.deadline == pair.here.next_timeout()


@only_soap
def test_s16_4_fault_that_does_not_say_what_it_answers_ends_the_only_call(pair: Pair) -> None:
    """HTTP has paired them, so that no refusal is lost, whatever is tolerated."""
    pending = pair.call()
    pair.heard()
    pair.say(CallError("", ErrorCode.INTERNAL, "?"))

    (event,) = pair.events()
    assert isinstance(event, ErrorReceived)
    assert (pending, ErrorCode.INTERNAL, "?") == (event.call, event.code, event.description)


@only_json
def test_error_in_another_form_ends_its_call_and_says_what_is_wrong_with_it(pair: Pair) -> None:
    pending = pair.call()
    pair.heard()
    pair.here.receive_message('[4,"here-1","SecurityError","Not you.","text"]')

    (event,) = pair.events()
    assert isinstance(event, ErrorReceived)
    assert [Tolerance.SHORT_CALLERROR] == [fault.rule for fault in event.violations]
    expected = ErrorReceived(
        pending, ErrorCode.SECURITY, "Not you.", {"#rest": ["text"]}, violations=event.violations
    )
    assert expected == event
    with pytest.raises(CallRejectedError) as caught:
        response_of(event)
    assert event.violations == caught.value.violations


def test_their_ids_are_not_ours(pair: Pair) -> None:
    """Both sides may choose the same id; the two directions know nothing of each other."""
    pending = pair.call(1)
    pair.asks(2, pending.id)
    call = received(pair)
    pair.heard()
    pair.here.reply(call, pair.scene.response(2))

    assert [CallResult(pending.id, pair.scene.response(2))] == pair.heard()

    pair.say(CallResult(pending.id, pair.scene.response(1)))

    assert [ResultReceived(pending, pair.scene.response(1))] == pair.events()


def test_j201_4_2_3_error_about_an_unreadable_id_leaves_the_call_to_its_answer(pair: Pair) -> None:
    pending = pair.call()
    pair.say(CallError("-1", ErrorCode.FRAME, "what?"))

    (event,) = pair.events()
    assert isinstance(event, Ignored)
    assert "'-1'" in event.reason
    assert "what?" in event.reason

    pair.say(CallResult(pending.id, pair.scene.response(1)))

    assert [ResultReceived(pending, pair.scene.response(1))] == pair.events()


@frozen
class BadAnswer:
    """An answer to the call "here-1" that cannot be used; whether 2.1 answers it."""

    text: str
    code: ErrorCode
    is_answered: bool


#: Before 2.1, none of them draws anything: an answer is never answered.
BAD_ANSWERS = {
    "payload-wrong": BadAnswer('[3,"here-1",{"status":7,"text":7}]', ErrorCode.TYPE_CONSTRAINT, True),
    "payload-no-object": BadAnswer('[3,"here-1",[]]', ErrorCode.STRUCTURE, True),
    "payload-broken": BadAnswer('[3,"here-1",{"status":', ErrorCode.FORMAT, True),
    "result-short": BadAnswer('[3,"here-1"]', ErrorCode.FRAME, True),
    "result-long": BadAnswer('[3,"here-1",{},{}]', ErrorCode.FRAME, True),
    "error-details-broken": BadAnswer('[4,"here-1","InternalError","",{', ErrorCode.FORMAT, False),
}


@only_json
@pytest.mark.parametrize("bad", BAD_ANSWERS.values(), ids=list(BAD_ANSWERS))
def test_j21_4_2_3_bad_answer_ends_its_call(pair: Pair, bad: BadAnswer) -> None:
    pending = pair.call()
    pair.heard()
    pair.here.receive_message(bad.text)

    (event,) = pair.events()
    assert isinstance(event, ResultInvalid)
    assert pending is event.call
    assert bad.code is event.error.code
    assert "here-1" == event.error.id
    assert pair.here.can_call

    names = pair.scene.here().specification.error_names[Wire.JSON]
    is_drawn = bad.is_answered and pair.scene.notification is not None
    heard = [json.loads(message)[:3] for message in pair.here.messages_to_send()]
    assert ([[5, "here-1", names[bad.code]]] if is_drawn else []) == heard


@only_newest
def test_bad_result_is_answered_with_where_it_is_bad(pair: Pair) -> None:
    pair.call()
    pair.heard()
    pair.here.receive_message('[3,"here-1",{}]')

    (frame,) = pair.heard()
    assert isinstance(frame, CallResultError)
    assert frame.description
    assert "required" == frame.details["violations"][0]["keyword"]


@only_json
@pytest.mark.parametrize("bad", BAD_ANSWERS.values(), ids=list(BAD_ANSWERS))
def test_bad_answer_to_nothing_is_ignored_and_not_answered(pair: Pair, bad: BadAnswer) -> None:
    pair.here.receive_message(bad.text)

    assert [Ignored] == [type(event) for event in pair.events()]
    assert [] == pair.heard()


@only_soap
def test_soap_result_of_another_action_ends_the_call_as_invalid(pair: Pair) -> None:
    """A result in SOAP says itself what it is."""
    pending = pair.call()
    pair.heard()
    pair.say(CallResult(pending.id, pair.scene.misplaced))

    (event,) = pair.events()
    assert isinstance(event, ResultInvalid)
    assert pending is event.call
    assert FrameKind.CALLRESULT is event.error.kind
    assert "ClearCacheResponse does not answer DataTransfer" in str(event.error)
    assert [] == pair.heard()


@only_soap
def test_soap_result_that_breaks_its_schema_ends_the_call_as_invalid(pair: Pair) -> None:
    pending = pair.call()
    pair.heard()
    text = pair.scene.there().encode(CallResult(pending.id, pair.scene.response(1)))
    pair.here.receive_message(text.replace(b">Accepted<", b">Perhaps<"))

    (event,) = pair.events()
    assert isinstance(event, ResultInvalid)
    assert pending is event.call
    assert [] == pair.heard()
