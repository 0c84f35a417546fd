"""SEND and CALLRESULTERROR, which 2.1 has: notifications, and results that are refused."""

import json

from connections import only_newest, only_older, received, refuses
from ocpp_core.dispatch.connection import (
    PAUSED,
    REMEMBERED_ID,
    REMEMBERED_RESULTS,
    CallReceived,
    Connection,
    Ignored,
    NotificationReceived,
    ReplyRefused,
    ResultReceived,
    size_of,
)
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import Call, CallResult, CallResultError, Send
from ocpp_core.model.tolerance import Tolerance
from pair import SCENES, Pair


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

    (event,) = pair.events()
    assert NotificationReceived(pair.scene.notification(1)) == event
    assert isinstance(event, NotificationReceived)
    assert size_of(pair.scene.there().encode(Send("send", event.message))) == event.size
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
def test_refusal_of_a_reply_in_another_form_says_what_is_wrong_with_it(pair: Pair) -> None:
    id = pair.asks(1)
    pair.here.reply(received(pair), pair.scene.response(1))
    pair.here.receive_message(json.dumps([5, id, "FormatViolation", "What?"]))

    (event,) = pair.events()
    assert isinstance(event, ReplyRefused)
    assert ("What?", [Tolerance.SHORT_CALLERROR]) == (
        event.description,
        [fault.rule for fault in event.violations],
    )


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
def test_ids_as_long_as_a_frame_are_not_remembered(pair: Pair) -> None:
    """A tolerated one may be: a hundred of them would be a hundred frames."""
    codec = JsonCodec(pair.scene.here().specification, tolerance=Tolerance.TOLERANT)
    connection = Connection(codec, new_id=str)
    events: list[type] = []
    for length in (REMEMBERED_ID, REMEMBERED_ID + 1):
        call = json.loads(codec.encode(Call("x", pair.scene.request(1))))
        connection.receive_message(json.dumps([2, "x" * length, *call[2:]]))
        (event,) = connection.events()
        assert isinstance(event, CallReceived)
        connection.reply(event, pair.scene.response(1))
        connection.receive_message(json.dumps([5, "x" * length, "FormatViolation", "", {}]))
        events += [type(event) for event in connection.events()]

    assert [ReplyRefused, Ignored] == events


@only_newest
def test_only_refusals_of_the_latest_replies_are_told(pair: Pair) -> None:
    for number in range(REMEMBERED_RESULTS + 1):
        pair.asks(number)
        pair.here.reply(received(pair), pair.scene.response(number))
    pair.say(CallResultError("0", ErrorCode.FORMAT))
    pair.say(CallResultError("1", ErrorCode.FORMAT))

    assert [Ignored, ReplyRefused] == [type(event) for event in pair.events()]
