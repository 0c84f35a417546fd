"""Throws spoilt frames and envelopes at the receive paths, and tells what leaves them that should not.

    python tests/fuzz.py --number 300000 --seed 7 json-2.0.1 soap-1.6

Each is a valid message, of every action of its version, with some bytes removed, repeated, moved, flipped or put in, or
with whole parts (members, items, elements, header blocks) taken away, doubled, moved, mixed or swapped, or both. It
goes through both codecs, strict and tolerant, and through a connection. Exits with 1 if anything but a frame or a
`FrameError` comes out, or what is answered is no message.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import cycle
from typing import Any

from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from lxml import etree
from rich.console import Console

from envelopes import soap_messages
from ocpp_core.dispatch.connection import Connection
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.errors import FrameError, LocalProtocolError
from ocpp_core.model.messages import Call, CallResult, Frame, Send, SoapHeaders
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Version
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.testing import messages
from reshaping import reshaped_json, reshaped_xml

#: Findings of a wire that are shown; one fault makes thousands.
_SHOWN = 10
MODES = (Tolerance.STRICT, Tolerance.TOLERANT)
_ID = "17"

#: What means something somewhere: in JSON, in numbers and times, in XML, on a terminal. Separated by blanks.
_WORDS = r"""
null true [] {} [[[[ ]]]] { } , : " \ \u0000 "\ud800" {"a":1,"a":2}
1e400 -0 1E-400 0E-900000000 -1 1.0 NaN Infinity 9999-12-31T24:00:00Z 0000-01-01T00:00:00Z 2026-01-31T12:00:60+99:99
< > & ' / = <!-- --> <![CDATA[ ]]> <? ?> <!DOCTYPE &amp; &#0; &#xD800; </e:Body> <e:Body> <e:Header/> <e:Fault/> <x/>
xmlns="" xmlns:e="urn:x" xmlns="a}b" a='1' e:mustUnderstand="1" xsi:nil='true' urn://Ocpp/Cs/2015/10 Response Request
"""
_UNSEEN = (
    " ",
    "\0",
    "\x1b[31m",
    "\x85",
    "\u202e",
    "\xa0",
    "\r\n",
    "é",
    "🔌",
    "\ud800",
    "\ufeff",
    "9" * 50,
    "0" * 5000,
)
PIECES = (
    *(piece.encode("utf-8", "surrogatepass") for piece in (*_WORDS.split(), *_UNSEEN)),
    *(b"\xff", b"\xc0\x80"),
)


@frozen
class Target:
    """A receive path.

    Attributes:
        seeds: Valid messages.
        reshaped: Changes the parts of one, with those of another at hand.
        receive: Takes one in each of its ways, and says what became of it. It raises what should not have been raised.
    """

    seeds: tuple[bytes, ...]
    reshaped: Callable[[random.Random, bytes, bytes], bytes]
    receive: Callable[[bytes], Iterable[str]]


def seeds(
    version: str,
    strategy: Callable[[Any], SearchStrategy[Any]],
    encode: Callable[[Frame], Any],
    headers: SoapHeaders | None = None,
) -> tuple[bytes, ...]:
    """Some requests and responses of each action, as they are written."""
    known = specification(version)
    written: list[bytes] = []

    def keep(frame: Frame) -> None:
        with suppress(LocalProtocolError):  # 1.6 has actions that are not in its WSDL
            text = encode(frame)
            written.append(text if isinstance(text, bytes) else text.encode())

    for action in known.actions.values():
        answer = [(CallResult, action.response_name)] if action.response_name else []
        for kind, name in [(Call if answer else Send, action.request_name), *answer]:
            some = strategy(known.load(name)).map(partial(kind, _ID, headers=headers))
            some_of(some, keep)
    return tuple(written)


def some_of(strategy: SearchStrategy[Any], take: Callable[[Any], None]) -> None:
    """A few values, always the same."""

    @settings(
        max_examples=4,
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType] - its metaclass
    )
    @given(strategy)
    def run(value: Any) -> None:
        take(value)

    run()


def of_json(version: str) -> Target:
    """A JSON wire."""
    codecs = [JsonCodec(version, tolerance=tolerance) for tolerance in MODES]
    actions = [action.name for action in specification(version).actions.values() if action.answered]
    turn = cycle(actions)

    def receive(written: bytes) -> Iterator[str]:
        text = written.decode("utf-8", "surrogateescape")
        for codec in codecs:
            awaiting = {_ID: specification(version).request(next(turn))}
            yield outcome(partial(codec.decode, text, awaiting=awaiting))
            for message in answers(Connection(codec, new_id=lambda: _ID), text):
                json.loads(message)

    return Target(seeds(version, messages, JsonCodec(version).encode), reshaped_json, receive)


def of_soap(version: str) -> Target:
    """A SOAP wire, both services of it."""
    codecs = [
        SoapCodec(version, role=role, tolerance=tolerance)
        for role in (Role.CSMS, Role.CHARGE_POINT)
        for tolerance in MODES
    ]

    def receive(written: bytes) -> Iterator[str]:
        SoapCodec.sniff(written)
        for codec in codecs:
            yield outcome(partial(codec.decode, written))
            for message in answers(Connection(codec, new_id=lambda: _ID), written):
                etree.fromstring(message)

    return Target(
        seeds(version, soap_messages, SoapCodec(version).encode, headers=SoapHeaders(identity="CP-1")),
        reshaped_xml,
        receive,
    )


TARGETS: dict[str, Callable[[], Target]] = {
    f"{wire}-{version}": partial(target, version)
    for version in Version
    for wire, target, has in (
        ("json", of_json, specification(version).subprotocol),
        ("soap", of_soap, specification(version).namespaces),
    )
    if has
}


def outcome(decode: Callable[[], Frame]) -> str:
    """Whether it is read. What an error says is asked for, too."""
    try:
        repr(decode())
    except FrameError as error:
        str(error)
        repr(error.violations)
        return "refused"
    return "read"


def answers(connection: Connection[Any], message: Any) -> list[Any]:
    """What a connection sends when this has come."""
    connection.receive_message(message)
    sent = connection.messages_to_send()
    for event in connection.events():
        repr(event)
    return sent


def changed(chance: random.Random, target: Target) -> bytes:
    """A valid message of the target, with some of its parts changed, or of its bytes, or both."""
    written = chance.choice(target.seeds)
    how = chance.choice(("parts", "bytes", "both"))
    if how != "bytes":
        written = target.reshaped(chance, written, chance.choice(target.seeds))
    return written if how == "parts" else spoilt(chance, written, target.seeds)


def spoilt(
    chance: random.Random, message: bytes, seeds: Sequence[bytes], pieces: Sequence[bytes] = PIECES
) -> bytes:
    """A message with some bytes changed; `pieces` are what is put in."""
    written = bytearray(message)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        start = chance.randrange(len(written) + 1)
        end = min(len(written), start + chance.choice((0, 0, 1, 1, 2, 5, 20, 100)))
        match chance.choice(("remove", "put", "put", "repeat", "flip", "move", "splice")):
            case "remove":
                del written[start:end]
            case "put":
                written[start:end] = chance.choice(pieces)
            case "repeat":
                written[start:start] = written[start:end] * chance.choice((1, 2, 20))
            case "move":
                piece = written[start:end]
                del written[start:end]
                place = chance.randrange(len(written) + 1)
                written[place:place] = piece
            case "splice":
                other = chance.choice(seeds)
                place = chance.randrange(len(other) + 1)
                written[start:end] = other[place : place + chance.randrange(40)]
            case _:
                for place in range(start, end):
                    written[place] ^= 1 << chance.randrange(8)
    return bytes(written)


def left(
    target: Target, number: int, seed: int, counts: Counter[str]
) -> Iterator[tuple[bytes, BaseException]]:
    """What came out of the receive path and should not have, with the message that did it."""
    chance = random.Random(seed)
    for _ in range(number):
        written = changed(chance, target)
        try:
            counts.update(target.receive(written))
        except Exception as error:
            yield written, error


def main(arguments: list[str] | None = None) -> int:
    """Parses the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--number", type=int, default=10_000, help="messages for each wire (%(default)s)")
    parser.add_argument("--seed", type=int, help="which; new ones every time by default")
    parser.add_argument("wires", nargs="*", metavar="WIRE", help=f"{' '.join(TARGETS)} (all by default)")
    given = parser.parse_args(arguments)
    if unknown := set(given.wires) - set(TARGETS):
        parser.error(f"no wire {' '.join(sorted(unknown))}; there are {' '.join(TARGETS)}")
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    console = Console(highlight=False, soft_wrap=True)
    failed = 0
    for name in given.wires or TARGETS:
        counts: Counter[str] = Counter()
        found = left(TARGETS[name](), given.number, seed, counts)
        wrong = 0
        for written, error in found:
            wrong += 1
            if wrong <= _SHOWN:
                console.print(
                    f"{name}: {type(error).__name__}: {error!s:.200} of {written!r:.400}", markup=False
                )
        said = ", ".join(f"{count:,} times {what}" for what, count in sorted(counts.items()))
        console.print(
            f"{name}: {given.number:,} messages, SEED={seed}: {said}; {wrong} left the receive path"
        )
        failed += wrong
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
