"""Heads of requests that ask for a WebSocket, and of those that do not."""

import pytest

from ocpp_core.transports._upgrade import Head, UpgradeRefused, key_of, read_head
from ocpp_core.transports.http_request import Headers

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ASKED = {
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "WebSocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


def head(**changed: str | None) -> Headers:
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return Headers([(name, value) for name, value in {**ASKED, **named}.items() if value is not None])


def test_a_head_is_read_and_its_values_are_without_blanks() -> None:
    read = read_head(b"GET /ocpp/CP-1?a=b HTTP/1.1\r\nHost: \t csms \t\r\nX-Empty:\r\nX-Latin: \xfc")

    assert "/ocpp/CP-1?a=b" == read.path
    assert {"host": "csms", "x-empty": "", "x-latin": "\xfc"} == dict(read.headers)


@pytest.mark.parametrize(
    "raw, status",
    [
        (b"", 400),
        (b"GET /CP-1", 400),
        (b"GET /CP-1 HTTP/1.0", 400),
        (b"GET  /CP-1 HTTP/1.1", 400),
        (b"GET /CP 1 HTTP/1.1", 400),
        (b"GET /CP-1\x00 HTTP/1.1", 400),
        (b"GET /CP-1 HTTP/1.1\r\n folded: yes", 400),
        (b"GET /CP-1 HTTP/1.1\r\nname : value", 400),
        (b"GET /CP-1 HTTP/1.1\r\nname", 400),
        (b"GET /CP-1 HTTP/1.1\r\nname: a\nother: b", 400),
        (b"GET /CP-1 HTTP/1.1\r\nname: a\x00", 400),
        (b"GET /CP-1 HTTP/1.1" + b"\r\na: b" * 129, 400),
        (b"POST /CP-1 HTTP/1.1", 405),
    ],
    ids=str,
)
def test_what_is_no_head_is_refused(raw: bytes, status: int) -> None:
    with pytest.raises(UpgradeRefused) as refused:
        read_head(raw)

    assert status == refused.value.status


def test_as_many_headers_as_are_allowed_are_read() -> None:
    read: Head = read_head(b"GET / HTTP/1.1" + b"\r\na: b" * 128)

    assert 128 == len(read.headers.all("a"))


def test_a_request_for_a_websocket_has_a_key() -> None:
    assert KEY == key_of(head(), requires_connection=True)
    assert KEY == key_of(head(Connection=None, Content_Length="0"), requires_connection=False)


@pytest.mark.parametrize(
    "changed, status",
    [
        ({"Connection": None}, 426),
        ({"Connection": "close"}, 426),
        ({"Upgrade": None}, 426),
        ({"Upgrade": "h2c"}, 426),
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Sec_WebSocket_Version": None}, 426),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Sec_WebSocket_Key": "c2hvcnQ="}, 400),
        ({"Sec_WebSocket_Key": "no base64!"}, 400),
        ({"Sec_WebSocket_Key": "\xfc"}, 400),
        ({"Content_Length": "5"}, 400),
        ({"Transfer_Encoding": "chunked"}, 400),
    ],
    ids=str,
)
def test_what_asks_for_no_websocket_is_refused(changed: dict[str, str | None], status: int) -> None:
    with pytest.raises(UpgradeRefused) as refused:
        key_of(head(**changed), requires_connection=True)

    assert status == refused.value.status


def test_two_keys_are_one_too_many() -> None:
    with pytest.raises(UpgradeRefused, match="several"):
        key_of(
            Headers([*ASKED.items(), ("sec-websocket-key", KEY)]),
            requires_connection=True,
        )
