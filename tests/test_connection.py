"""Who may call, who owes an answer, and what a peer's faults draw. `test_connection_machine.py` has the invariants."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import strategies as st

from ocpp_core.connection import (
    NEED_DATA,
    PAUSED,
    REMEMBERED_RESULTS,
    CallLost,
    CallReceived,
    CallTimedOut,
    Connection,
    ErrorReceived,
    Event,
    Ignored,
    NotificationReceived,
    PendingCall,
    ReplyRefused,
    ResultInvalid,
    ResultReceived,
)
from ocpp_core.errors import ErrorCode, FrameKind, LocalProtocolError
from ocpp_core.jsonrpc import JsonCodec
from ocpp_core.messages import Call, CallError, CallResult, CallResultError, Send
from ocpp_core.specifications import specification
from ocpp_core.tolerance import Tolerance
from ocpp_core.versions import ERROR_NAMES_2_1, OWED_2_0_1, Wire
from pair import SCENES, Pair, numbered, state
from properties import for_all
from toy import TOY, PingRequest, PingResponse

JSON = [name for name in SCENES if not name.endswith("soap")]
SOAP = [name for name in SCENES if name.endswith("soap")]
#: Those that have SEND and CALLRESULTERROR.
NEWEST = ["2.1-json", "toy"]
OLDER = [name for name in SCENES if name not in NEWEST]

only_json = pytest.mark.parametrize("pair", JSON, indirect=True)
only_soap = pytest.mark.parametrize("pair", SOAP, indirect=True)
only_newest = pytest.mark.parametrize("pair", NEWEST, indirect=True)
only_older = pytest.mark.parametrize("pair", OLDER, indirect=True)


def received(pair: Pair) -> CallReceived:
    """The one event is a call of theirs."""
    (event,) = pair.events()
    assert isinstance(event, CallReceived)
    return event


def refuses(connection: Connection[Any], act: Callable[[], object]) -> str:
    """Sees that something is the caller's fault and changes nothing; returns what the caller is told."""
    before = state(connection)
    with pytest.raises(LocalProtocolError) as caught:
        act()

    assert before == state(connection)

    return str(caught.value)


# --- our calls ---------------------------------------------------------------------------------------------------


def test_call_is_sent_and_waits_for_its_answer(pair: Pair) -> None:
    pending = pair.call()

    assert [Call(pending.id, pair.scene.request(1))] == pair.heard()
    assert [] == pair.heard()
    assert [] == pair.events()
    assert 105.0 == pending.deadline == pair.here.next_timeout()


@only_json
def test_j16_4_1_1_second_call_raises_and_changes_nothing(pair: Pair) -> None:
    pair.call(1)

    assert not pair.here.can_call
    assert "an earlier call still waits" in refuses(pair.here, lambda: pair.call(2))


@only_soap
def test_s16_3_2_several_calls_may_wait_and_be_answered_in_any_order(pair: Pair) -> None:
    first, second, third = pair.call(1), pair.call(2), pair.call(3)
    pair.pump()
    calls = [event for event in pair.there.events() if isinstance(event, CallReceived)]

    assert pair.here.can_call
    assert [first.id, second.id, third.id] == [call.id for call in calls]
    assert tuple(calls) == pair.there.unanswered

    pair.there.reply(calls[2], pair.scene.response(3))
    pair.there.reject(calls[0], ErrorCode.INTERNAL)
    pair.there.reply(calls[1], pair.scene.response(2))
    pair.pump()

    assert [third, first, second] == [getattr(event, "call", None) for event in pair.events()]


def test_j16_4_2_2_result_ends_call_and_frees_turn(pair: Pair) -> None:
    pending = pair.call()
    pair.pump()
    (call,) = pair.there.events()
    assert isinstance(call, CallReceived)
    pair.there.reply(call, pair.scene.response(1))
    pair.pump()

    assert [ResultReceived(pending, pair.scene.response(1))] == pair.events()
    assert pair.here.can_call
    assert pair.here.next_timeout() is None


def test_j16_4_2_3_error_ends_call_and_frees_turn(pair: Pair) -> None:
    pending = pair.call()
    pair.pump()
    (call,) = pair.there.events()
    assert isinstance(call, CallReceived)
    pair.there.reject(call, ErrorCode.SECURITY, "Not you.")
    pair.pump()

    assert [ErrorReceived(pending, ErrorCode.SECURITY, "Not you.", {})] == pair.events()
    assert pair.here.can_call


@only_json
def test_details_and_foreign_spelling_of_an_error_arrive(pair: Pair) -> None:
    pending = pair.call()
    pair.here.receive_message(f'[4,"{pending.id}","OwnError","text",{{"a":1}}]')

    assert [ErrorReceived(pending, ErrorCode.GENERIC, "text", {"a": 1}, "OwnError")] == pair.events()


def test_what_cannot_be_sent_does_not_cost_the_turn(pair: Pair) -> None:
    for request in (pair.scene.unwritable[0], pair.scene.foreign[0]):
        refuses(pair.here, partial(pair.here.call, request, now=0.0))

    assert pair.here.can_call
    assert [] == pair.here.messages_to_send()


def test_request_is_no_notification_and_no_response(pair: Pair) -> None:
    response: Any = pair.scene.response(1)

    refuses(pair.here, lambda: pair.here.call(response, now=0.0))
    if pair.scene.notification is not None:
        notification: Any = pair.scene.notification(1)
        request: Any = pair.scene.request(1)

        refuses(pair.here, lambda: pair.here.call(notification, now=0.0))
        refuses(pair.here, lambda: pair.here.notify(request))


@only_soap
def test_id_in_use_is_refused(pair: Pair) -> None:
    """Where calls wait for their turn, none can meet another; in SOAP it would take its answer."""
    connection = Connection(pair.scene.here(), new_id=lambda: "urn:example:1")
    connection.call(pair.scene.request(1), now=0.0)

    assert "in use" in refuses(connection, lambda: connection.call(pair.scene.request(2), now=0.0))


@only_json
@pytest.mark.parametrize("id", ["", "x" * 37, "-1"])
def test_j201_4_1_4_ids_of_ours_follow_the_rules(pair: Pair, id: str) -> None:
    connection = Connection(pair.scene.here(), new_id=lambda: id)

    refuses(connection, lambda: connection.call(pair.scene.request(1), now=0.0))


# --- the clock ---------------------------------------------------------------------------------------------------


def test_j16_4_1_1_call_ends_by_its_timeout(pair: Pair) -> None:
    pending = pair.call()
    pair.here.handle_timeout(104.9)

    assert [] == pair.events()
    assert 105.0 == pair.here.next_timeout()

    pair.here.handle_timeout(105.0)

    assert [CallTimedOut(pending)] == pair.events()
    assert pair.here.next_timeout() is None
    assert pair.here.can_call

    pair.here.handle_timeout(1e9)

    assert [] == pair.events()


@pytest.mark.parametrize(
    "of_connection, of_call, expected",
    [(5.0, 7.0, 107.0), (None, 7.0, 107.0), (5.0, None, None), (None, None, None), (5.0, 0.0, 100.0)],
)
def test_timeout_of_a_call_is_its_own(
    pair: Pair, of_connection: float | None, of_call: float | None, expected: float | None
) -> None:
    pair = Pair(pair.scene, call_timeout=of_connection)
    pending = pair.call(timeout=of_call)

    assert expected == pending.deadline == pair.here.next_timeout()


def test_timeout_is_that_of_the_connection_unless_given(pair: Pair) -> None:
    assert 105.0 == Pair(pair.scene, call_timeout=5.0).call().deadline
    assert Pair(pair.scene, call_timeout=None).call().deadline is None

    connection = Connection(pair.scene.here(), new_id=numbered(pair.scene.ids))

    assert 130.0 == connection.call(pair.scene.request(1), now=100.0).deadline


def test_call_without_timeout_waits_for_the_end(pair: Pair) -> None:
    pending = pair.call(timeout=None)
    pair.here.handle_timeout(1e18)

    assert [] == pair.events()

    pair.here.receive_eof()

    assert [CallLost(pending)] == pair.events()


@only_soap
def test_next_timeout_is_the_earliest(pair: Pair) -> None:
    for_ever, late, early = pair.call(timeout=None), pair.call(timeout=9.0), pair.call(timeout=3.0)

    assert 103.0 == pair.here.next_timeout()

    pair.here.handle_timeout(103.0)

    assert [CallTimedOut(early)] == pair.events()
    assert 109.0 == pair.here.next_timeout()

    pair.here.handle_timeout(200.0)

    assert [CallTimedOut(late)] == pair.events()

    pair.say(CallResult(for_ever.id, pair.scene.response(1)))

    assert [ResultReceived(for_ever, pair.scene.response(1))] == pair.events()


def test_clock_may_come_later_than_the_answer(pair: Pair) -> None:
    pending = pair.call()
    pair.say(CallResult(pending.id, pair.scene.response(1)))
    pair.here.handle_timeout(1e9)

    assert [ResultReceived(pending, pair.scene.response(1))] == pair.events()


def test_j16_4_1_1_late_answers_are_ignored_and_not_answered(pair: Pair) -> None:
    pending = pair.call()
    pair.heard()
    pair.here.handle_timeout(105.0)
    pair.events()
    pair.say(CallResult(pending.id, pair.scene.response(1)))
    pair.say(CallError(pending.id, ErrorCode.INTERNAL, "late"))

    assert [Ignored, Ignored] == [type(event) for event in pair.events()]
    assert [] == pair.heard()


def test_late_answer_does_not_end_the_next_call(pair: Pair) -> None:
    first = pair.call(1)
    pair.here.handle_timeout(105.0)
    second = pair.call(2)
    pair.say(CallResult(first.id, pair.scene.response(1)))
    pair.say(CallResult(second.id, pair.scene.response(2)))

    assert [CallTimedOut(first), ResultReceived(second, pair.scene.response(2))] == [
        event for event in pair.events() if not isinstance(event, Ignored)
    ]


# --- answers that cannot be used ---------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["never", "-1", ""])
def test_unknown_ids_are_ignored_and_not_answered(pair: Pair, id: str) -> None:
    pending = pair.call()
    pair.heard()
    pair.say(CallResult(id, pair.scene.response(1)))
    pair.say(CallError(id, ErrorCode.INTERNAL, "?"))

    assert [Ignored, Ignored] == [type(event) for event in pair.events()]
    assert [] == pair.heard()
    assert pending.deadline == pair.here.next_timeout()


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
    "error-short": BadAnswer('[4,"here-1"]', ErrorCode.FRAME, False),
    "error-long": BadAnswer('[4,"here-1","InternalError","",{},{}]', ErrorCode.FRAME, False),
    "error-code-no-text": BadAnswer('[4,"here-1",7,"",{}]', ErrorCode.FRAME, False),
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


# --- their calls -------------------------------------------------------------------------------------------------


def test_call_of_theirs_is_answered_by_a_reply(pair: Pair) -> None:
    id = pair.asks(1)
    call = received(pair)

    assert (id, pair.scene.request(1), ()) == (call.id, call.request, call.violations)
    assert (call,) == pair.here.unanswered

    pair.here.reply(call, pair.scene.response(1))

    assert [CallResult(id, pair.scene.response(1))] == pair.heard()
    assert not pair.here.unanswered
    assert [] == pair.events()


def test_call_of_theirs_is_answered_by_a_rejection(pair: Pair) -> None:
    id = pair.asks(1)
    pair.here.reject(received(pair), ErrorCode.NOT_SUPPORTED, "Not here.")

    assert [CallError(id, ErrorCode.NOT_SUPPORTED, "Not here.", {})] == pair.heard()
    assert not pair.here.unanswered


@only_json
def test_rejection_takes_details(pair: Pair) -> None:
    id = pair.asks(1)
    pair.here.reject(received(pair), ErrorCode.INTERNAL, "Sorry.", {"try": [1, None]})

    assert [CallError(id, ErrorCode.INTERNAL, "Sorry.", {"try": [1, None]})] == pair.heard()


def test_o16_4_2_call_of_theirs_may_be_left_unanswered(pair: Pair) -> None:
    pair.asks(1)
    call = received(pair)
    pair.here.drop(call)

    assert [] == pair.heard()
    assert not pair.here.unanswered
    assert "wants no answer" in refuses(pair.here, lambda: pair.here.drop(call))


@only_json
def test_dropping_a_call_frees_the_turn_of_the_next(pair: Pair) -> None:
    ids = [pair.asks(1), pair.asks(2)]
    pair.here.drop(received(pair))

    assert ids[1] == received(pair).id


@only_soap
def test_s16_3_3_headers_of_an_envelope_come_with_the_call(pair: Pair) -> None:
    id = pair.asks(1)
    call = received(pair)

    assert call.headers is not None
    assert ("CP 1", id) == (call.headers.identity, call.headers.message_id)


def test_call_is_answered_once(pair: Pair) -> None:
    pair.asks(1)
    call = received(pair)
    pair.here.reply(call, pair.scene.response(1))

    refuses(pair.here, lambda: pair.here.reply(call, pair.scene.response(1)))
    refuses(pair.here, lambda: pair.here.reject(call, ErrorCode.INTERNAL))


def test_call_of_another_connection_cannot_be_answered(pair: Pair) -> None:
    other = Pair(pair.scene)
    id = pair.asks(1)
    pair.events()
    other.asks(1, id)
    call = received(other)

    refuses(pair.here, lambda: pair.here.reply(call, pair.scene.response(1)))
    refuses(pair.here, lambda: pair.here.reject(call, ErrorCode.INTERNAL))


def test_reply_that_cannot_be_sent_leaves_the_call_unanswered(pair: Pair) -> None:
    pair.asks(1)
    call = received(pair)
    for response in (pair.scene.misplaced, pair.scene.unwritable[1], pair.scene.foreign[1]):
        refuses(pair.here, partial(pair.here.reply, call, response))

    assert (call,) == pair.here.unanswered

    pair.here.reply(call, pair.scene.response(1))

    assert 1 == len(pair.heard())


@only_json
def test_rejection_that_cannot_be_sent_leaves_the_call_unanswered(pair: Pair) -> None:
    pair.asks(1)
    call = received(pair)

    refuses(pair.here, lambda: pair.here.reject(call, ErrorCode.IDENTITY))
    refuses(pair.here, lambda: pair.here.reject(call, ErrorCode.INTERNAL, details={"a": object()}))
    refuses(pair.here, lambda: pair.here.reject(call, ErrorCode.INTERNAL, "\ud800"))
    assert (call,) == pair.here.unanswered


@only_json
def test_j16_4_1_1_second_call_of_theirs_is_held_until_the_first_is_answered(pair: Pair) -> None:
    """It may have given up the first, so a second one is no fault."""
    ids = [pair.asks(1), pair.asks(2), pair.asks(3)]
    first = received(pair)

    assert PAUSED is pair.here.next_event()
    assert (first,) == pair.here.unanswered

    pair.here.reply(first, pair.scene.response(1))
    second = received(pair)

    assert PAUSED is pair.here.next_event()

    pair.here.reject(second, ErrorCode.GENERIC)
    third = received(pair)

    assert NEED_DATA is pair.here.next_event()
    assert ids == [first.id, second.id, third.id]


@only_json
def test_j16_4_1_1_answers_overtake_calls_that_are_held(pair: Pair) -> None:
    """Otherwise a handler that calls back would wait for an answer that waits for the handler."""
    pair.asks(1)
    call = received(pair)
    pending = pair.call(7)
    pair.asks(2)
    pair.asks(3)
    pair.say(CallResult(pending.id, pair.scene.response(7)))

    assert [ResultReceived(pending, pair.scene.response(7))] == pair.events()
    assert PAUSED is pair.here.next_event()

    pair.here.reply(call, pair.scene.response(1))

    assert pair.scene.request(2) == received(pair).request


@only_json
def test_everything_else_overtakes_calls_that_are_held(pair: Pair) -> None:
    pair.asks(1)
    pending = pair.call(7)
    pair.asks(2)
    pair.here.handle_timeout(105.0)
    pair.say(CallError("-1", ErrorCode.FRAME))

    first, second, third = pair.events()
    assert isinstance(first, CallReceived)
    assert CallTimedOut(pending) == second
    assert isinstance(third, Ignored)
    assert PAUSED is pair.here.next_event()


def test_j16_4_1_1_calls_of_both_sides_may_cross(pair: Pair) -> None:
    ours = pair.here.call(pair.scene.request(1), now=0.0)
    theirs = pair.there.call(pair.scene.request(2), now=0.0)
    pair.pump()
    to_us = received(pair)
    (to_them,) = pair.there.events()
    assert isinstance(to_them, CallReceived)
    pair.here.reply(to_us, pair.scene.response(2))
    pair.there.reply(to_them, pair.scene.response(1))
    pair.pump()

    assert [ResultReceived(ours, pair.scene.response(1))] == pair.events()
    assert [ResultReceived(theirs, pair.scene.response(2))] == list(pair.there.events())


def test_handler_may_call_its_caller_back(pair: Pair) -> None:
    outer = pair.there.call(pair.scene.request(1), now=0.0)
    pair.pump()
    call = received(pair)
    inner = pair.call(2)
    pair.pump()
    (called_back,) = pair.there.events()
    assert isinstance(called_back, CallReceived)
    pair.there.reply(called_back, pair.scene.response(2))
    pair.pump()

    assert [ResultReceived(inner, pair.scene.response(2))] == pair.events()

    pair.here.reply(call, pair.scene.response(1))
    pair.pump()

    assert [ResultReceived(outer, pair.scene.response(1))] == list(pair.there.events())


@pytest.mark.parametrize("is_taken", [True, False], ids=["first-at-work", "first-not-taken-yet"])
def test_one_call_too_many_is_refused(pair: Pair, is_taken: bool) -> None:
    pair.asks(0)
    if is_taken:
        received(pair)
    ids = [pair.asks(number) for number in range(1, 6)]

    errors = [frame for frame in pair.heard() if isinstance(frame, CallError)]
    code = ErrorCode.INTERNAL if pair.scene.ids else ErrorCode.GENERIC  # SOAP has one name for both
    assert [(id, code) for id in ids[3:]] == [(error.id, error.code) for error in errors]
    assert all("wait for their answer already" in error.description for error in errors)

    while pair.events() or pair.here.unanswered:
        for call in pair.here.unanswered:
            pair.here.reply(call, pair.scene.response(1))
    assert [pair.scene.ids + "0", *ids[:3]] == [frame.id for frame in pair.heard()]


def test_no_call_need_be_held(pair: Pair) -> None:
    pair = Pair(pair.scene, max_held_calls=0)
    pair.asks(1)
    pair.asks(2)

    assert ["CallError"] == [type(frame).__name__ for frame in pair.heard()]

    first = next(event for event in pair.events() if isinstance(event, CallReceived))
    pair.here.reply(first, pair.scene.response(1))
    pair.asks(3)

    assert pair.scene.request(3) == received(pair).request


# --- their ids ---------------------------------------------------------------------------------------------------


def test_j201_4_1_4_call_sent_again_while_at_work_is_answered_once(pair: Pair) -> None:
    id = pair.asks(1)
    call = received(pair)
    pair.asks(1, id)

    (event,) = pair.events()
    assert isinstance(event, Ignored)
    assert "was sent again" in event.reason
    assert [] == pair.heard()

    pair.here.reply(call, pair.scene.response(1))

    assert [CallResult(id, pair.scene.response(1))] == pair.heard()
    assert [] == pair.events()


@only_json
def test_call_sent_again_while_held_is_answered_once(pair: Pair) -> None:
    pair.asks(1)
    id = pair.asks(2)
    pair.asks(2)
    first, ignored = pair.events()
    assert isinstance(first, CallReceived)
    assert isinstance(ignored, Ignored)
    pair.here.reply(first, pair.scene.response(1))

    assert id == received(pair).id
    assert NEED_DATA is pair.here.next_event()


def test_j16_4_1_4_id_of_a_call_at_work_with_other_content_is_refused(pair: Pair) -> None:
    id = pair.asks(1)
    call = received(pair)
    pair.asks(2, id)

    (event,) = pair.events()
    assert isinstance(event, Ignored)
    assert event.error is not None
    assert ErrorCode.MESSAGE_ID is event.error.code

    (frame,) = pair.heard()
    assert isinstance(frame, CallError)
    assert id == frame.id
    assert (call,) == pair.here.unanswered


@only_json
def test_j16_4_1_4_id_of_a_held_call_with_other_content_is_refused(pair: Pair) -> None:
    pair.asks(1)
    held = pair.asks(2)
    pair.asks(3, held)

    (frame,) = pair.heard()
    assert isinstance(frame, CallError)
    assert held == frame.id


def test_j201_4_1_4_id_of_a_call_that_was_answered_is_a_new_call(pair: Pair) -> None:
    """A retry may keep its id."""
    id = pair.asks(1)
    pair.here.reply(received(pair), pair.scene.response(1))
    pair.asks(1, id)

    assert id == received(pair).id


# --- what a frame draws that cannot be used ----------------------------------------------------------------------

#: A frame, and what it draws in 1.6, in 2.0 and 2.0.1, and in 2.1: id and code of a CALLERROR, or silence.
OWED = {
    "empty": ("", None, None, None),
    "no-json": ("{", None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "no-array": ("{}", None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "type-only": ("[2]", None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "type-no-integer": ('["2","17","Heartbeat",{}]', None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "call-id-no-text": ('[2,17,"Heartbeat",{}]', None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "call-id-empty": ('[2,"","Heartbeat",{}]', " GenericError", " RpcFrameworkError", " RpcFrameworkError"),
    "call-id-too-long": (
        f'[2,"{"x" * 37}","Heartbeat",{{}}]',
        f"{'x' * 37} GenericError",
        f"{'x' * 37} RpcFrameworkError",
        f"{'x' * 37} RpcFrameworkError",
    ),
    "call-short": (
        '[2,"17","Heartbeat"]',
        "17 FormationViolation",
        "17 RpcFrameworkError",
        "17 RpcFrameworkError",
    ),
    "call-action-no-text": (
        '[2,"17",7,{}]',
        "17 FormationViolation",
        "17 RpcFrameworkError",
        "17 RpcFrameworkError",
    ),
    "call-action-unknown": (
        '[2,"17","Heartbeet",{}]',
        "17 NotImplemented",
        "17 NotImplemented",
        "17 NotImplemented",
    ),
    "call-payload-broken": (
        '[2,"17","Heartbeat",{"a":',
        "17 FormationViolation",
        "17 FormatViolation",
        "17 FormatViolation",
    ),
    "call-payload-no-object": (
        '[2,"17","Heartbeat",[]]',
        "17 FormationViolation",
        "17 ProtocolError",
        "17 ProtocolError",
    ),
    "call-member-missing": (
        '[2,"17","DataTransfer",{}]',
        "17 OccurenceConstraintViolation",
        "17 OccurrenceConstraintViolation",
        "17 OccurrenceConstraintViolation",
    ),
    "call-of-a-send": (
        '[2,"17","NotifyPeriodicEventStream",{}]',
        "17 NotImplemented",
        "17 NotImplemented",
        "17 NotSupported",
    ),
    "unknown-type": ('[7,"17",{}]', None, "17 MessageTypeNotSupported", None),
    "unknown-type-id-no-text": ("[7,17]", None, "-1 MessageTypeNotSupported", None),
    "type-5": ('[5,"17","GenericError","",{}]', None, "17 MessageTypeNotSupported", None),
    "type-5-broken": ('[5,"17"]', None, "17 MessageTypeNotSupported", None),
    "type-6-broken": ('[6,"17","NotifyPeriodicEventStream",{}]', None, "17 MessageTypeNotSupported", None),
    "type-6-unknown": ('[6,"17","Heartbeat",{}]', None, "17 MessageTypeNotSupported", None),
    "result-id-no-text": ("[3,17,{}]", None, None, None),
    "error-id-no-text": ('[4,17,"GenericError","",{}]', None, None, None),
}
OWED_CASES = [
    pytest.param(version, text, answer, id=f"{name}-{version}")
    for name, (text, in_16, in_201, in_21) in OWED.items()
    for version, answer in {"1.6": in_16, "2.0": in_201, "2.0.1": in_201, "2.1": in_21}.items()
]


@pytest.mark.parametrize("version, text, answer", OWED_CASES)
def test_bad_frame_draws_what_the_version_owes_it(version: str, text: str, answer: str | None) -> None:
    connection = Connection(JsonCodec(version), new_id=numbered(""))
    connection.receive_message(text)

    frames = [json.loads(message) for message in connection.messages_to_send()]
    assert ([] if answer is None else [[4, *answer.split(" ")]]) == [frame[:3] for frame in frames]

    assert [Ignored] == [type(event) for event in connection.events()]


@pytest.mark.parametrize("version", ["2.0", "2.0.1", "2.1"])
def test_answers_of_two_connections_never_go_on_for_ever(version: str) -> None:
    """What one side answers to a bad frame, the other side ignores."""
    for text, *_ in OWED.values():
        here, there = (Connection(JsonCodec(version), new_id=numbered("")) for _ in range(2))
        here.receive_message(text)
        for message in here.messages_to_send():
            there.receive_message(message)

        assert [] == there.messages_to_send()


def test_bad_call_of_theirs_says_where_it_is_bad() -> None:
    codec = JsonCodec("1.6")
    connection = Connection(codec, new_id=numbered(""))
    connection.receive_message('[2,"17","DataTransfer",{"vendorId":7,"data":null}]')

    (frame,) = map(codec.decode, connection.messages_to_send())
    assert isinstance(frame, CallError)
    assert ["$.vendorId", "$.data"] == [fault["path"] for fault in frame.details["violations"]]


@only_soap
def test_s16_4_bad_envelope_draws_a_fault(pair: Pair) -> None:
    good = pair.scene.there().encode(Call("urn:example:17", pair.scene.request(1)))
    pair.here.receive_message(good.replace(b"vendorId", b"vendor"))

    (frame,) = pair.heard()
    assert isinstance(frame, CallError)
    assert "urn:example:17" == frame.id


@only_soap
def test_envelope_without_a_readable_id_draws_a_fault_about_no_request(pair: Pair) -> None:
    pair.here.receive_message(b"<Envelope/>")

    (frame,) = pair.heard()
    assert isinstance(frame, CallError)
    assert "http://www.w3.org/2005/08/addressing/unspecified" == frame.id


@only_json
def test_bad_call_of_theirs_with_an_id_of_ours_ends_nothing(pair: Pair) -> None:
    pending = pair.call()
    pair.here.receive_message(f'[2,"{pending.id}","Nonsense",{{}}]')

    assert [Ignored] == [type(event) for event in pair.events()]
    assert pending.deadline == pair.here.next_timeout()


def tolerant(*ids: str) -> Connection[str]:
    """A connection that lets nearly everything pass."""
    return Connection(JsonCodec(TOY, tolerance=Tolerance.TOLERANT), new_id=iter(ids).__next__)


def test_what_was_tolerated_comes_with_the_event() -> None:
    connection = tolerant("1")
    pending = connection.call(PingRequest(text="1"), now=0.0)
    for text in (
        '[2,"1","Ping",{"text":"12345678901"}]',
        '[3,"1",{"text":"12345678901"}]',
        '[6,"2","Tick",{"count":"7"}]',
    ):
        connection.receive_message(text)
    call, result, notification = connection.events()

    assert isinstance(call, CallReceived)
    assert ["$.text"] == [fault.path for fault in call.violations]
    assert isinstance(result, ResultReceived)
    assert pending is result.call
    assert ["$.text"] == [fault.path for fault in result.violations]
    assert isinstance(notification, NotificationReceived)
    assert ["$.count"] == [fault.path for fault in notification.violations]


def test_id_that_is_a_number_goes_back_as_that_number() -> None:
    """No version allows it; some stations send it, and know their ids only as they wrote them."""
    connection = tolerant("17")
    connection.receive_message('[2,18,"Ping",{"text":"1"}]')
    (call,) = connection.events()
    assert isinstance(call, CallReceived)
    connection.reply(call, PingResponse(text="1"))

    assert ['[3,18,{"text":"1"}]'] == connection.messages_to_send()

    pending = connection.call(PingRequest(text="1"), now=0.0)
    connection.receive_message('[3,17,{"text":"1"}]')
    (result,) = connection.events()

    assert isinstance(result, ResultReceived)
    assert pending is result.call


def test_bad_frame_does_not_end_the_connection(pair: Pair) -> None:
    pending = pair.call()
    rubbish = "{" if isinstance(pair.here.messages_to_send()[0], str) else b"<"
    pair.here.receive_message(rubbish)
    pair.say(CallResult(pending.id, pair.scene.response(1)))

    assert ResultReceived(pending, pair.scene.response(1)) in pair.events()
    assert not pair.here.closed


def test_answer_that_cannot_be_written_is_noted() -> None:
    """A version that owes an answer has a name for its code. If one had not, there would be silence."""
    names = dict(ERROR_NAMES_2_1)
    del names[ErrorCode.MESSAGE_TYPE]
    known = evolve(TOY, owed=OWED_2_0_1, error_names={Wire.JSON: names})
    connection = Connection(JsonCodec(known), new_id=numbered(""))
    connection.receive_message('[7,"17"]')

    assert [] == connection.messages_to_send()

    unwritten, ignored = connection.events()
    assert isinstance(unwritten, Ignored)
    assert "no answer can be written" in unwritten.reason
    assert isinstance(ignored, Ignored)
    assert ignored.error is not None
    assert FrameKind.UNKNOWN_TYPE is ignored.error.kind


# --- 2.1: SEND and CALLRESULTERROR -------------------------------------------------------------------------------


@only_newest
def test_j21_4_2_4_send_takes_no_turn_and_wants_no_answer(pair: Pair) -> None:
    assert pair.scene.notification is not None
    pair.call()
    pair.here.notify(pair.scene.notification(1))
    pair.here.notify(pair.scene.notification(2))
    pair.pump()
    call, first, second = pair.there.events()

    assert isinstance(call, CallReceived)
    assert [NotificationReceived(pair.scene.notification(number)) for number in (1, 2)] == [first, second]
    assert (call,) == pair.there.unanswered
    assert [] == pair.there.messages_to_send()
    assert 105.0 == pair.here.next_timeout()


@only_newest
def test_send_overtakes_calls_that_are_held(pair: Pair) -> None:
    assert pair.scene.notification is not None
    pair.asks(1)
    pair.events()
    pair.asks(2)
    pair.say(Send("send", pair.scene.notification(1)))

    assert [NotificationReceived(pair.scene.notification(1))] == pair.events()
    assert PAUSED is pair.here.next_event()


@only_newest
def test_send_that_cannot_be_sent_raises_and_changes_nothing(pair: Pair) -> None:
    assert pair.scene.notification is not None
    good, wrong = pair.scene.notification(1), pair.scene.notification(-1)

    refuses(pair.here, lambda: pair.here.notify(wrong))

    pair.here.receive_eof()

    refuses(pair.here, lambda: pair.here.notify(good))


@only_older
def test_there_is_no_send_before_2_1(pair: Pair) -> None:
    newest = SCENES["2.1-json"]().notification
    assert newest is not None

    refuses(pair.here, lambda: pair.here.notify(newest(1)))


def result_of(pair: Pair, number: int = 1) -> ResultReceived:
    """A result that has come to us."""
    pending = pair.call(number)
    pair.say(CallResult(pending.id, pair.scene.response(number)))
    (event,) = pair.events()
    assert isinstance(event, ResultReceived)
    pair.here.messages_to_send()
    return event


@only_newest
def test_j21_4_2_3_result_may_be_refused_once(pair: Pair) -> None:
    result = result_of(pair)
    pair.here.refuse(result, ErrorCode.FORMAT, "No such tariff.")

    assert [CallResultError(result.call.id, ErrorCode.FORMAT, "No such tariff.")] == pair.heard()

    refuses(pair.here, lambda: pair.here.refuse(result, ErrorCode.FORMAT))


@only_newest
def test_result_may_be_refused_while_the_next_call_waits(pair: Pair) -> None:
    result = result_of(pair)
    pending = pair.call(2)
    pair.here.refuse(result, ErrorCode.FORMAT)
    pair.say(CallResult(pending.id, pair.scene.response(2)))

    assert [ResultReceived(pending, pair.scene.response(2))] == pair.events()


@only_newest
def test_refusal_that_cannot_be_sent_may_be_tried_again(pair: Pair) -> None:
    result = result_of(pair)
    refuses(pair.here, lambda: pair.here.refuse(result, ErrorCode.IDENTITY))
    pair.here.refuse(result, ErrorCode.FORMAT)

    assert 1 == len(pair.heard())


@only_newest
def test_only_the_latest_results_can_be_refused(pair: Pair) -> None:
    results = [result_of(pair, number) for number in range(REMEMBERED_RESULTS + 1)]

    refuses(pair.here, lambda: pair.here.refuse(results[0], ErrorCode.FORMAT))
    pair.here.refuse(results[1], ErrorCode.FORMAT)


@only_newest
def test_result_cannot_be_refused_after_the_end(pair: Pair) -> None:
    result = result_of(pair)
    pair.here.receive_eof()

    refuses(pair.here, lambda: pair.here.refuse(result, ErrorCode.FORMAT))


@only_older
def test_result_cannot_be_refused_before_2_1(pair: Pair) -> None:
    result = result_of(pair)

    refuses(pair.here, lambda: pair.here.refuse(result, ErrorCode.FORMAT))


@only_newest
def test_j21_4_2_3_refusal_of_our_reply_is_told_once(pair: Pair) -> None:
    result = pair.there.call(pair.scene.request(1), now=0.0)
    pair.pump()
    pair.here.reply(received(pair), pair.scene.response(1))
    pair.pump()
    (event,) = pair.there.events()
    assert isinstance(event, ResultReceived)
    pair.there.refuse(event, ErrorCode.FORMAT, "What?")
    pair.pump()

    assert [ReplyRefused(result.id, ErrorCode.FORMAT, "What?", {})] == pair.events()

    pair.say(CallResultError(result.id, ErrorCode.FORMAT, "What?"))

    assert [Ignored] == [type(event) for event in pair.events()]
    assert [] == pair.heard()


@only_newest
def test_refusal_of_what_was_no_reply_is_ignored(pair: Pair) -> None:
    pair.asks(1, "rejected")
    pair.here.reject(received(pair), ErrorCode.INTERNAL)
    pair.heard()
    pending = pair.call()
    pair.heard()
    for id in ("rejected", "never", pending.id):
        pair.say(CallResultError(id, ErrorCode.FORMAT))

    assert [Ignored] * 3 == [type(event) for event in pair.events()]
    assert [] == pair.heard()
    assert not pair.here.can_call


@only_newest
def test_only_refusals_of_the_latest_replies_are_told(pair: Pair) -> None:
    for number in range(REMEMBERED_RESULTS + 1):
        pair.asks(number)
        pair.here.reply(received(pair), pair.scene.response(number))
    pair.say(CallResultError("0", ErrorCode.FORMAT))
    pair.say(CallResultError("1", ErrorCode.FORMAT))

    assert [Ignored, ReplyRefused] == [type(event) for event in pair.events()]


# --- the end -----------------------------------------------------------------------------------------------------


def test_calls_are_lost_at_the_end(pair: Pair) -> None:
    pending = pair.call()
    pair.here.receive_eof()

    assert pair.here.closed
    assert [CallLost(pending)] == pair.events()
    assert NEED_DATA is pair.here.next_event()
    assert pair.here.next_timeout() is None

    pair.here.handle_timeout(1e9)

    assert [] == pair.events()


def test_second_end_is_harmless(pair: Pair) -> None:
    pair.call()
    pair.here.receive_eof()
    before = state(pair.here)
    pair.here.receive_eof()

    assert before == state(pair.here)


def test_nothing_is_sent_and_nothing_taken_after_the_end(pair: Pair) -> None:
    pending = pair.call()
    pair.here.receive_eof()
    pair.events()
    pair.say(CallResult(pending.id, pair.scene.response(1)))
    pair.asks(1)

    assert [] == pair.here.messages_to_send()
    assert [] == pair.events()


def test_nothing_may_be_said_after_the_end(pair: Pair) -> None:
    pair.asks(1)
    call = received(pair)
    pair.here.receive_eof()

    assert not pair.here.can_call
    assert not pair.here.unanswered
    assert "ended" in refuses(pair.here, pair.call)
    refuses(pair.here, lambda: pair.here.reply(call, pair.scene.response(1)))
    refuses(pair.here, lambda: pair.here.reject(call, ErrorCode.INTERNAL))


def test_what_happened_before_the_end_is_still_told(pair: Pair) -> None:
    pending = pair.call()
    pair.say(CallResult(pending.id, pair.scene.response(1)))
    pair.asks(1)
    pair.here.receive_eof()

    told, ignored = pair.events()
    assert ResultReceived(pending, pair.scene.response(1)) == told
    assert isinstance(ignored, Ignored)
    assert "before call" in ignored.reason


def test_events_are_values_and_calls_are_not(pair: Pair) -> None:
    """Two calls may look the same and are not."""
    one, other = (PendingCall("1", pair.scene.request(1), None) for _ in range(2))

    assert CallTimedOut(one) == CallTimedOut(one)
    assert CallTimedOut(one) != CallTimedOut(other)


# --- what it does not need ---------------------------------------------------------------------------------------


def test_connections_run_in_threads_without_an_event_loop(pair: Pair) -> None:
    """Each connection belongs to one thread at a time; the codec may belong to all."""
    here, there = pair.scene.here(), pair.scene.there()
    scene = evolve(pair.scene, here=lambda: here, there=lambda: there)

    def work(_: int) -> list[Event]:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        one, events = Pair(scene), list[Event]()
        for number in range(20):
            one.call(number)
            one.pump()
            (call,) = one.there.events()
            assert isinstance(call, CallReceived)
            one.there.reply(call, scene.response(number))
            one.pump()
            events += one.events()
        return events

    with ThreadPoolExecutor(4) as threads:
        for events in threads.map(work, range(4)):
            assert [scene.response(number) for number in range(20)] == [
                getattr(event, "response", None) for event in events
            ]


def test_the_same_inputs_draw_the_same_outputs() -> None:
    """A recorded connection can be replayed, as time and ids come from outside."""
    texts = [text for text, *_ in OWED.values()] + [
        '[2,"17","Heartbeat",{}]',
        '[3,"1",{"status":"Accepted"}]',
        '[4,"1","GenericError","",{}]',
        '[2,"18","DataTransfer",{"vendorId":"v"}]',
    ]

    def outputs(version: str, inputs: list[str | float]) -> list[str]:
        connection = Connection(JsonCodec(version), new_id=numbered(""), call_timeout=5.0)
        request = specification(version).request("ClearCache")()
        found: list[Any] = []
        for step in inputs:
            if isinstance(step, str):
                connection.receive_message(step)
            else:
                connection.handle_timeout(step)
                if connection.can_call:
                    found.append(connection.call(request, now=step))
            found += [*connection.messages_to_send(), *connection.events(), connection.next_timeout()]
        return [repr(each) for each in found]

    def check(inputs: list[str | float]) -> None:
        for version in ("1.6", "2.0.1", "2.1"):
            assert outputs(version, inputs) == outputs(version, inputs)

    for_all(st.lists(st.sampled_from(texts) | st.floats(0, 100)), 50, check)
