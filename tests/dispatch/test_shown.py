"""What is seen of codecs, routers and peers in a debugger and in a log."""

import pytest

from ocpp_core import JsonCodec, SoapCodec, v16
from ocpp_core.dispatch.peer import Peer
from ocpp_core.dispatch.router import Router


def router() -> Router:
    made = Router()
    made.on(v16.HeartbeatRequest)(lambda *_: None)  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize(
    "thing, expected",
    [
        (JsonCodec("1.6"), "<JsonCodec of OCPP 1.6>"),
        (SoapCodec("1.5"), "<SoapCodec of OCPP 1.5>"),
        (router(), "<Router, handlers: 1>"),
        (Peer(JsonCodec("2.1"), router(), lambda _: None, identity="CP-1"), "<Peer 'CP-1', OCPP 2.1>"),
    ],
)
def test_of_an_object_is_shown_what_tells_it_from_others(thing: object, expected: str) -> None:
    assert expected == repr(thing)
