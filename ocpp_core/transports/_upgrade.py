"""The head of a request that asks for a WebSocket: read and judged before anybody is asked who may come in.

Source: RFC 9112 §2-§5; RFC 6455 §4.2.1.
"""

import re
from base64 import b64decode

from attrs import frozen

from ocpp_core.transports.http_request import Headers

#: Bytes of a head, and headers in it.
MOST_HEAD = 16_384
MOST_HEADERS = 128

END = b"\r\n\r\n"

_REQUEST = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP/1\.1")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")


class UpgradeRefused(Exception):
    """It is no request for a WebSocket.

    Attributes:
        status: Of HTTP.
        reason: For people.
        headers: Of the response.
    """

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}


@frozen
class Head:
    """A head that could be read.

    Attributes:
        path: Raw.
        headers: All of them.
    """

    path: str
    headers: Headers


def read_head(head: bytes) -> Head:
    """Reads a head without its last two line ends.

    Raises:
        UpgradeRefused: It is none.
    """
    first, *lines = head.split(b"\r\n")
    request = _REQUEST.fullmatch(first)
    if request is None:
        raise UpgradeRefused(400, "no request of HTTP/1.1")
    if len(lines) > MOST_HEADERS:
        raise UpgradeRefused(400, f"more than {MOST_HEADERS} headers")
    headers = [_HEADER.fullmatch(line) for line in lines]
    if None in headers:
        raise UpgradeRefused(400, "a header that is none")
    pairs = [(match[1], match[2].rstrip(b" \t")) for match in headers if match is not None]
    if request[1] != b"GET":
        raise UpgradeRefused(405, "a WebSocket is asked for by GET", {"Allow": "GET"})
    return Head(request[2].decode("ascii"), Headers(pairs))


def key_of(headers: Headers, *, requires_connection: bool) -> str:
    """The key of a request for a WebSocket.

    Args:
        headers: Of the request.
        requires_connection: Whether it has to say ``Connection: Upgrade``, as it should.

    Raises:
        UpgradeRefused: It asks for no WebSocket, or not as it should.
    """
    upgrade = {"Upgrade": "websocket"}
    if requires_connection and "upgrade" not in _words(headers, "Connection"):
        raise UpgradeRefused(426, "no `Connection: Upgrade`", upgrade)
    if _words(headers, "Upgrade") != ["websocket"]:
        raise UpgradeRefused(426, "no `Upgrade: websocket`", upgrade)
    if headers.all("Transfer-Encoding") or headers.get("Content-Length", "0").strip("0"):
        raise UpgradeRefused(400, "a body, where there is none")
    if headers.all("Sec-WebSocket-Version") != ["13"]:
        raise UpgradeRefused(
            426, "another version of WebSocket than 13", {**upgrade, "Sec-WebSocket-Version": "13"}
        )
    keys = headers.all("Sec-WebSocket-Key")
    try:
        is_key = len(keys) == 1 and len(b64decode(keys[0], validate=True)) == 16
    except ValueError:
        is_key = False
    if not is_key:
        raise UpgradeRefused(400, "no key, or several")
    return keys[0]


def _words(headers: Headers, name: str) -> list[str]:
    return [word.strip().lower() for value in headers.all(name) for word in value.split(",")]
