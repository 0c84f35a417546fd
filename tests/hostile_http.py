"""HTTP requests and handshakes that attack: what becomes of each, and what that costs beside a valid one of its size.

``python tests/hostile_http.py`` prints the table; `transports/test_hostile_http.py` holds each line of it to its bound.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import time
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bounds import undisturbed
from ocpp_core import Role, v16
from ocpp_core.model.messages import Call
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import CONTENT_TYPE
from ocpp_core.transports.asgi import OcppApp
from served import BOOTS, csms

LIMIT = 1_048_576
#: Bytes that servers take of all headers, and of a path.
HEADERS = 65_536
#: How often the time of a valid one something may take, and how often its memory.
MOST = 10.0
#: Times of one exchange; the least counts.
RUNS = 5

Headers = list[tuple[bytes, bytes]]
Event = dict[str, Any]


class Exchange(NamedTuple):
    """What a server hands to the application.

    Attributes:
        scope: Of ASGI.
        events: That are received, in order.
        size: Bytes that the peer has sent, or that what it has sent would unpack to.
    """

    scope: dict[str, Any]
    events: list[Event]
    size: int


class Attack(NamedTuple):
    """One line of the table.

    Attributes:
        make: Makes the exchange; not before it is wanted.
        drawn: HTTP status that is answered; 101 for a handshake that is completed.
    """

    make: Callable[[], Exchange]
    drawn: int


class Measured(NamedTuple):
    """What became of an exchange. Seconds of the processor; bytes of Python at most."""

    drawn: int
    seconds: float
    memory: int


# Making


def post(body: bytes, *headers: tuple[bytes, bytes], parts: int = 1, unpacked: int = 0) -> Exchange:
    """A POST of an envelope."""
    named: Headers = [(b"host", b"csms"), *headers]
    if not any(name == b"content-type" for name, _ in headers):
        named.append((b"content-type", CONTENT_TYPE.encode()))
    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "headers": named}
    step = -(-len(body) // parts) or 1
    pieces = [body[start : start + step] for start in range(0, len(body), step)] or [b""]
    events = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    events[-1]["more_body"] = False
    return Exchange(scope, events, _bytes(named) + max(len(body), unpacked))


def handshake(
    path: bytes = b"/CP-1", *headers: tuple[bytes, bytes], offers: Sequence[str] = ("ocpp1.6",)
) -> Exchange:
    """A handshake, and then the end of the connection."""
    named: Headers = [(b"host", b"csms"), (b"sec-websocket-protocol", ", ".join(offers).encode()), *headers]
    scope = {
        "type": "websocket",
        "path": path.decode("latin-1"),
        "raw_path": path,
        "headers": named,
        "subprotocols": list(offers),
        "extensions": {"websocket.http.response": {}},
    }
    return Exchange(scope, [{"type": "websocket.connect"}], _bytes(named) + len(path))


def _bytes(headers: Headers) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers)


def envelope(size: int = 0) -> bytes:
    """A valid request of about this size."""
    codec = SoapCodec("1.6", role=Role.CHARGE_POINT, identity="CP-1", to="http://csms/")
    if not size:
        return codec.encode(Call("urn:1", BOOTS["1.6"]))
    return codec.encode(Call("urn:1", v16.DataTransferRequest(vendor_id="V", data="x" * (size - 2000))))


def bomb(pack: Callable[[bytes], bytes], size: int) -> bytes:
    return pack(b" " * size)


def basic(text: bytes) -> tuple[bytes, bytes]:
    return (b"authorization", b"Basic " + base64.b64encode(text))


MANY = [(b"x-%d" % number, b"x") for number in range(5000)]
GZIP, DEFLATE = (b"content-encoding", b"gzip"), (b"content-encoding", b"deflate")

POSTS: dict[str, Attack] = {
    "wrong media type": Attack(lambda: post(envelope(LIMIT), (b"content-type", b"text/html")), 415),
    "media type without end": Attack(lambda: post(b"<", (b"content-type", b";charset=" * 7000)), 415),
    "media types without end": Attack(lambda: post(b"<", (b"content-type", b"," * HEADERS)), 400),
    "quotes in a media type": Attack(lambda: post(b"<", (b"content-type", b'"' * (HEADERS - 1))), 415),
    "media type many times": Attack(
        lambda: post(envelope(), *[(b"content-type", CONTENT_TYPE.encode())] * 1000), 400
    ),
    "codings without end": Attack(lambda: post(b"<", (b"content-encoding", b"gzip," * 13_000)), 415),
    "coding many times": Attack(lambda: post(b"<", *[GZIP] * 2500), 415),
    "identity without end": Attack(lambda: post(envelope(), (b"content-encoding", b"identity," * 7000)), 415),
    "unknown coding": Attack(lambda: post(b"<", (b"content-encoding", b"x" * HEADERS)), 415),
    "accepts without end": Attack(lambda: post(envelope(), (b"accept-encoding", b"a;q=0.5," * 8000)), 200),
    "blanks in what it accepts": Attack(
        lambda: post(envelope(), (b"accept-encoding", b"gzip;q=1" + b" " * 60_000 + b"x")), 200
    ),
    "packed bomb": Attack(lambda: post(bomb(gzip.compress, 64 * LIMIT), GZIP, unpacked=LIMIT), 413),
    "packed bomb, deflate": Attack(
        lambda: post(bomb(zlib.compress, 64 * LIMIT), DEFLATE, unpacked=LIMIT), 413
    ),
    "packed bomb in a bomb": Attack(
        lambda: post(
            gzip.compress(bomb(gzip.compress, 512 * LIMIT)),
            (b"content-encoding", b"gzip, gzip"),
            unpacked=LIMIT,
        ),
        413,
    ),
    "packed blanks": Attack(lambda: post(bomb(gzip.compress, LIMIT), GZIP, unpacked=LIMIT), 400),
    "packed rubbish": Attack(lambda: post(b"\x1f\x8b" + b"x" * LIMIT, GZIP), 413),
    "as large as may be, no gzip": Attack(lambda: post(b"x" * LIMIT, DEFLATE), 400),
    "without end": Attack(lambda: post(b"x" * 8 * LIMIT, parts=128), 413),
    "in chunks of a byte": Attack(lambda: post(b"x" * 100_000, parts=100_000), 400),
    "empty chunks": Attack(lambda: _with_empty_chunks(post(b"x"), 10_000), 400),
    "thousands of headers": Attack(lambda: post(envelope(), *MANY), 200),
    "binary headers": Attack(lambda: post(envelope(), (b"\xff" * 100, b"\xff" * HEADERS)), 200),
}

HANDSHAKES: dict[str, Attack] = {
    "huge path": Attack(lambda: handshake(b"/" + b"a" * HEADERS), 404),
    "path of slashes": Attack(lambda: handshake(b"/" * HEADERS + b"CP-1"), 101),
    "path of escapes": Attack(lambda: handshake(b"/" + b"%41" * 21_000), 404),
    "path of broken escapes": Attack(lambda: handshake(b"/" + b"%" * HEADERS), 404),
    "path of escaped slashes": Attack(lambda: handshake(b"/" + b"%2f" * 21_000), 404),
    "path of bytes that are no UTF-8": Attack(lambda: handshake(b"/" + b"%ff" * 21_000), 404),
    "path without a name": Attack(lambda: handshake(b"/" * HEADERS), 404),
    "question marks": Attack(lambda: handshake(b"/CP-1" + b"?" * HEADERS), 101),
    "thousands of subprotocols": Attack(lambda: handshake(offers=["x"] * 20_000 + ["ocpp1.6"]), 101),
    "thousands of unknown versions": Attack(lambda: handshake(offers=["ocpp9.9"] * 7000), 101),
    "one huge subprotocol": Attack(lambda: handshake(offers=["ocpp" * 16_000]), 101),
    "huge authorization": Attack(lambda: handshake(b"/CP-1", basic(b"CP-1:" + b"x" * 48_000)), 101),
    "huge user name": Attack(lambda: handshake(b"/CP-1", basic(b"\xff" * 48_000 + b":x")), 401),
    "colons in the authorization": Attack(lambda: handshake(b"/CP-1", basic(b":" * 48_000)), 401),
    "authorization that is no base64": Attack(
        lambda: handshake(b"/CP-1", (b"authorization", b"Basic " + b"=" * HEADERS)), 101
    ),
    "authorization without an end": Attack(
        lambda: handshake(b"/CP-1", (b"authorization", b"Basic" + b" " * HEADERS)), 101
    ),
    "thousands of headers": Attack(lambda: handshake(b"/CP-1", *MANY), 101),
}


def _with_empty_chunks(exchange: Exchange, number: int) -> Exchange:
    chunks = [{"type": "http.request", "body": b"", "more_body": True}] * number
    return exchange._replace(events=[*chunks, *exchange.events], size=exchange.size + 6 * number)


def valid_like(exchange: Exchange) -> Exchange:
    """A valid exchange of the same kind and size, in as many events."""
    if exchange.scope["type"] == "websocket":
        return handshake(b"/" + b"a" * exchange.size + b"/CP-1")
    return post(envelope(max(min(exchange.size, LIMIT), 4000)), parts=len(exchange.events))


# Measuring


def application() -> OcppApp:
    router = csms()
    router.on(v16.DataTransferRequest)(
        lambda *_: v16.DataTransferResponse(status=v16.DataTransferStatus.ACCEPTED)
    )
    return OcppApp(router)


def measure(exchange: Exchange) -> Measured:
    """Serves an exchange a few times, and says what one of them cost."""
    app = application()
    level = logging.getLogger("ocpp_core").level
    logging.getLogger("ocpp_core").setLevel(logging.CRITICAL)
    try:
        with undisturbed():
            drawn = asyncio.run(_serve(app, exchange))
            seconds = min(asyncio.run(_seconds(app, exchange)) for _ in range(RUNS))
            tracemalloc.start()
            asyncio.run(_serve(app, exchange))
            memory = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    finally:
        logging.getLogger("ocpp_core").setLevel(level)
    return Measured(drawn, seconds, memory)


async def _seconds(app: OcppApp, exchange: Exchange) -> float:
    start = time.process_time()
    await _serve(app, exchange)
    return time.process_time() - start


async def _serve(app: OcppApp, exchange: Exchange) -> int:
    events = iter(exchange.events)
    drawn: list[int] = []

    async def receive() -> Any:
        return next(events, {"type": "websocket.disconnect", "code": 1006})

    async def send(event: Any) -> None:
        if event["type"] == "websocket.accept":
            drawn.append(101)
        elif "status" in event:
            drawn.append(event["status"])

    await app(exchange.scope, receive, send)
    return drawn[0]


def ratios(exchange: Exchange, found: Measured) -> tuple[float, float]:
    """How often the time, and the memory, of a valid exchange of the same size."""
    valid = measure(valid_like(exchange))
    assert valid.drawn in (101, 200), valid
    return found.seconds / valid.seconds, found.memory / valid.memory


def main() -> None:
    """Prints the table."""
    print("| exchange | bytes | drawn | time | of a valid one | memory | of a valid one |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for kind, attacks in (("POST", POSTS), ("handshake", HANDSHAKES)):
        for name, attack in attacks.items():
            exchange = attack.make()
            found = measure(exchange)
            seconds, memory = ratios(exchange, found)
            cost = f"{found.seconds * 1000:.2f} ms | {seconds:.1f} | {found.memory / 1024:,.0f} KiB | {memory:.1f}"
            print(f"| {kind}: {name} | {exchange.size:,} | {found.drawn} | {cost} |")


if __name__ == "__main__":
    main()
