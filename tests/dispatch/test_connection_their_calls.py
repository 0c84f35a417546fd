"""Calls of theirs: answered once, held while one is at work, and known by their ids."""

from functools import partial
from typing import Any

import pytest

from connections import only_json, only_soap, received, refuses
from ocpp_core.dispatch.connection import (
    NEED_DATA,
    PAUSED,
    TYPED,
    CallReceived,
    CallTimedOut,
    Connection,
    Ignored,
    ResultReceived,
    size_of,
)
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.messages import Call, CallError, CallResult
from ocpp_core.model.tolerance import Tolerance
from pair import Pair

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


def test_bound_on_nothing_is_the_callers_fault(pair: Pair) -> None:
    with pytest.raises(LocalProtocolError, match="max_held_bytes is 0"):
        Pair(pair.scene, max_held_bytes=0)


# --- room --------------------------------------------------------------------------------------------------------


def text_of(pair: Pair, number: int) -> Any:
    return pair.scene.there().encode(Call(f"{pair.scene.ids}{number}", pair.scene.request(number)))


@only_json
def test_held_calls_take_their_text_and_those_at_work_many_times_that(pair: Pair) -> None:
    assert (0, 0) == (pair.here.held, pair.here.held_bytes)

    for number in range(3):
        pair.asks(number)
    first = received(pair)
    size = size_of(text_of(pair, 1))

    assert (2, TYPED * size + 2 * size) == (pair.here.held, pair.here.held_bytes)

    pair.here.reply(first, pair.scene.response(1))

    assert (2, 2 * size) == (pair.here.held, pair.here.held_bytes)

    second = received(pair)

    assert (1, TYPED * size + size) == (pair.here.held, pair.here.held_bytes)
    assert size == second.size

    pair.here.receive_eof()

    assert (0, 0) == (pair.here.held, pair.here.held_bytes)


def test_driver_is_told_when_to_read_no_more_and_when_to_go_on(pair: Pair) -> None:
    """At the bound exactly, reading stops; with a byte less it would go on."""
    size = size_of(text_of(pair, 1))
    for most, can_receive in ((TYPED * size + 1, True), (TYPED * size, False)):
        pair = Pair(pair.scene, max_held_bytes=most)
        assert pair.here.can_receive

        pair.asks(1)
        call = received(pair)

        assert can_receive == pair.here.can_receive

        pair.here.drop(call)

        assert pair.here.can_receive


def test_reading_goes_on_while_a_call_of_ours_waits(pair: Pair) -> None:
    """Its answer may come behind theirs. Its end, here by its timeout, stops the reading again."""
    pair = Pair(pair.scene, max_held_bytes=1)
    pair.asks(1)
    received(pair)

    assert (False, False) == (pair.here.awaits_answer, pair.here.can_receive)

    pair.call(7)

    assert (True, True) == (pair.here.awaits_answer, pair.here.can_receive)

    pair.here.handle_timeout(105.0)

    assert (False, False) == (pair.here.awaits_answer, pair.here.can_receive)


def test_driver_that_heeds_the_bound_never_sees_a_call_refused(pair: Pair) -> None:
    """However small the bound is: of what is too much, one message is taken, and then no more."""
    pair = Pair(pair.scene, max_held_bytes=1)
    for number in range(20):
        assert pair.here.can_receive
        pair.asks(number)
        assert not pair.here.can_receive
        call = received(pair)
        pair.here.reply(call, pair.scene.response(number))

    assert ["CallResult"] * 20 == [type(frame).__name__ for frame in pair.heard()]


@only_json
def test_held_call_is_kept_as_it_came(pair: Pair) -> None:
    """Typed objects would take many times as much."""
    pair.asks(1)
    first = received(pair)
    pair.asks(2)

    assert [text_of(pair, 2)] == [message for message, _ in pair.here._held.values()]

    pair.here.drop(first)

    assert (pair.scene.request(2), ()) == ((second := received(pair)).request, second.violations)


def test_what_was_tolerated_in_a_held_call_comes_with_it() -> None:
    tolerant = JsonCodec("1.6", tolerance=Tolerance.TOLERANT)
    connection = Connection(tolerant, new_id=str)
    for number in (1, 2):
        connection.receive_message(f'[2,{number},"Heartbeat",{{"more":1}}]')
    (first,) = connection.events()
    assert isinstance(first, CallReceived)
    connection.drop(first)
    (second,) = connection.events()

    assert isinstance(second, CallReceived)
    assert 2 == len(second.violations)
    assert [str(each) for each in first.violations] == [
        str(each).replace("2", "1") for each in second.violations
    ]


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
