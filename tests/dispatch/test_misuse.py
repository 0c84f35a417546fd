"""What a program does wrong: an error says at once what was given and what is wanted, and nothing has changed."""

import datetime
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from loops import asynchronous
from ocpp_core import Connection, JsonCodec, LocalProtocolError, Peer, Router, SoapCodec, Version, v16, v21
from ocpp_core.dispatch.router import LoneCaller
from ocpp_core.model.specifications import specification
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.memory import pair
from ocpp_core.transports.soap_http import SoapPeer

NOW = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
HEARTBEAT = v16.HeartbeatResponse(current_time=NOW)
STREAM = v21.NotifyPeriodicEventStream(id=1, pending=0, basetime=NOW, data=[])

#: What is called with; the error; its sentence behind "call() takes a request, such as v16.HeartbeatRequest(); got ".
NO_REQUESTS: dict[str, tuple[Any, type[Exception], str]] = {
    "name": ("Heartbeat", TypeError, "the text 'Heartbeat'"),
    "class": (
        v16.HeartbeatRequest,
        TypeError,
        "the class HeartbeatRequest; its fields belong in parentheses behind it",
    ),
    "dict": ({"action": "Heartbeat"}, TypeError, "a dict"),
    "None": (None, TypeError, "None"),
    "response": (HEARTBEAT, LocalProtocolError, "a HeartbeatResponse, which is what a handler returns"),
    "notification": (
        STREAM,
        LocalProtocolError,
        "a NotifyPeriodicEventStream, which wants no answer: notify() sends it",
    ),
    "data type": (v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED), LocalProtocolError, "an IdTagInfo"),
}


async def nowhere(_: Any) -> None:
    raise AssertionError("sent")


async def over_a_connection(request: Any) -> None:
    Connection(JsonCodec("1.6"), new_id=str).call(request, now=0.0)


#: Whatever calls, whether or not there is a connection.
CALLERS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "Connection": over_a_connection,
    "Peer": lambda request: Peer(JsonCodec("1.6"), Router(), nowhere).call(request),
    "SoapPeer": lambda request: SoapPeer(SoapCodec("1.6"), "CP-1").call(request),
    "OcppApp": lambda request: OcppApp(Router()).call("CP-1", request),
    "LoneCaller": lambda request: LoneCaller("CP-1", specification("1.6")).call(request),
}


@pytest.mark.parametrize("given, error, said", NO_REQUESTS.values(), ids=NO_REQUESTS)
@pytest.mark.parametrize("call", CALLERS.values(), ids=CALLERS)
@asynchronous
async def test_what_is_no_request_is_named(call: Any, given: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as info:
        await call(given)

    assert f"call() takes a request, such as v16.HeartbeatRequest(); got {said}" == str(info.value)


@asynchronous
async def test_what_is_no_notification_is_named() -> None:
    peer: Any = Peer(JsonCodec("2.1"), Router(), nowhere)

    with pytest.raises(TypeError, match="got the class NotifyPeriodicEventStream; its fields belong"):
        await peer.notify(v21.NotifyPeriodicEventStream)
    with pytest.raises(
        LocalProtocolError, match=r"got a HeartbeatRequest, which wants an answer: call\(\) sends it"
    ):
        await peer.notify(v21.HeartbeatRequest())


#: What takes a codec.
WANT_CODECS: dict[str, Callable[[Any], Any]] = {
    "Connection": lambda codec: Connection(codec, new_id=str),
    "Peer": lambda codec: Peer(codec, Router(), nowhere),
    "SoapPeer": lambda codec: SoapPeer(codec, "CP-1"),
    "answer": lambda codec: Router().answer('[2,"1","Heartbeat",{}]', codec=codec).send(None),
}


@pytest.mark.parametrize(
    "given, said",
    [
        ("1.6", "the text '1.6'"),
        (Version.V1_6, "the text '1.6'"),
        (JsonCodec, "the class JsonCodec"),
        (None, "None"),
    ],
    ids=["number", "version", "class", "None"],
)
@pytest.mark.parametrize("make", WANT_CODECS.values(), ids=WANT_CODECS)
def test_a_version_is_no_codec(make: Any, given: Any, said: str) -> None:
    with pytest.raises(TypeError) as info:
        make(given)

    assert f'a codec is needed, such as JsonCodec("1.6"); got {said}' == str(info.value)


@asynchronous
async def test_a_request_that_breaks_its_schema_says_all_that_is_wrong_with_it() -> None:
    """As a web back-end answers 422 with it."""
    nothing: Any = None
    request = v16.ReserveNowRequest(
        connector_id=1, expiry_date=datetime.datetime(2026, 1, 31), id_tag="x" * 21, reservation_id=nothing
    )

    async with pair("1.6", station=Router()) as (_, csms):
        with pytest.raises(LocalProtocolError) as info:
            await csms.call(request)
    again = pickle.loads(pickle.dumps(info.value))

    assert [
        ("$.expiryDate", "needs an aware datetime; got a naive datetime"),
        ("$.idTag", f"has 21 characters, at most 20 are allowed: '{'x' * 21}'"),
        ("$.reservationId", "is missing"),
    ] == [(fault.path, fault.message) for fault in info.value.violations]
    assert str(info.value) == str(again)
    assert info.value.violations == again.violations
    assert () == LocalProtocolError("x").violations
