"""Our calls: whose turn it is, how they end, and when they time out."""

from functools import partial
from typing import Any

import pytest

from connections import only_json, only_soap, refuses
from ocpp_core.dispatch.connection import (
    CallLost,
    CallReceived,
    CallTimedOut,
    Connection,
    ErrorReceived,
    Ignored,
    ResultReceived,
)
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import Call, CallError, CallResult
from pair import Pair, numbered

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
