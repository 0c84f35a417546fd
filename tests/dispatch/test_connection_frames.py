"""What frames draw that cannot be used, and how those are told that were tolerated."""

import json

import pytest
from attrs import evolve

from connections import only_json, only_soap
from ocpp_core.dispatch.connection import (
    CallReceived,
    Connection,
    Ignored,
    NotificationReceived,
    ResultReceived,
)
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.messages import Call, CallError, CallResult
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import ERROR_NAMES_2_1, OWED_2_0_1, Wire
from owed_table import OWED
from pair import Pair, numbered
from toy import TOY, PingRequest, PingResponse

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
    pair.here.receive_message(b"<x/>")

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
