"""The end of a connection: what is lost, what is still told, and what nobody may say any more."""

from connections import only_json, received, refuses
from ocpp_core.dispatch.connection import (
    NEED_DATA,
    CallLost,
    CallTimedOut,
    Ignored,
    PendingCall,
    ResultReceived,
)
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import CallResult
from pair import Pair, state


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
    assert "before 1 of their calls had their turn" in ignored.reason


@only_json
def test_calls_that_were_held_are_told_of_in_one_sentence(pair: Pair) -> None:
    """There may be thousands, and each would be a line of the log."""
    for number in range(4):
        pair.asks(number)
    received(pair)
    pair.here.receive_eof()

    assert [Ignored("the connection ended before 3 of their calls had their turn")] == pair.events()


def test_events_are_values_and_calls_are_not(pair: Pair) -> None:
    """Two calls may look the same and are not."""
    one, other = (PendingCall("1", pair.scene.request(1), None) for _ in range(2))

    assert CallTimedOut(one) == CallTimedOut(one)
    assert CallTimedOut(one) != CallTimedOut(other)
