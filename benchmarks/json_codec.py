"""JSON frames: text to typed, validated objects and back, beside the PyPI package `ocpp` and bare parsers.

`measure` runs this file as a pyperf script, and pyperf runs each piece of work in processes of its own.

`JsonCodec.decode` builds a fully validated and typed message. `ocpp` does what its `route_message` does before it calls
a handler: parse, validate with `jsonschema`, rename members; nested values stay dicts. Its users run it as it comes,
which validates in a thread pool; the row "inline" has ``ASYNC_VALIDATION`` switched off. For writing, it does what its
`ChargePoint.call` does before it sends.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from contest import SHORT, compete, measurements, results
from npm import seconds_of
from report import Effort, Suite
from traffic import DAY, MESSAGES, Message, Mix

OURS = "ocpp_core"
THREADS = "ocpp, as it comes (thread pool)"
INLINE = "ocpp, inline"
STRUCTS = "msgspec.Struct: typed, checked, the floor"
PARSER = "orjson alone: untyped, unchecked"
NPM = "npm ocpp-rpc, Node: checked, untyped"

SUBJECTS: tuple[Message | Mix, ...] = (*MESSAGES, DAY)


def measure(effort: Effort) -> list[Suite]:
    """Measures reading and writing."""
    found = results(
        __file__,
        effort,
        values=SHORT * effort.values,
        min_time=0.05 / SHORT,
        beside=lambda: seconds_of(NPM, SUBJECTS),
    )
    return [_suite(direction, found) for direction in ("decode", "encode")]


def _suite(direction: str, found: dict[str, float]) -> Suite:
    return Suite(
        name=f"json_{direction}",
        title=f"JSON, {direction}: best time per frame, and how many times that of {OURS}",
        reference=OURS,
        measurements=measurements(direction, (*WORK, (direction, NPM)), SUBJECTS, found),
        targets={INLINE: 75, NPM: 0.91} if direction == "decode" else {INLINE: 60},
        mean_of=[message.subject for message in MESSAGES],
    )


# What is measured. Each function prepares one piece of work and returns it; only the returned function is timed.


def ours_decoding(message: Message) -> Callable[[], object]:
    from ocpp_core import JsonCodec

    decode, text = JsonCodec(message.version).decode, message.text
    return lambda: decode(text)


def ours_encoding(message: Message) -> Callable[[], object]:
    import orjson

    from ocpp_core import JsonCodec

    codec = JsonCodec(message.version)
    encode, frame = codec.encode, codec.decode(message.text)
    assert orjson.loads(message.text) == orjson.loads(encode(frame)), "all contenders shall write the same"
    return lambda: encode(frame)


def structs_decoding(message: Message) -> Callable[[], object]:
    """What the first tier builds on, as if its structs were what people want: members twice pass, and any number."""
    from msgspec.json import Decoder

    from ocpp_core import JsonCodec
    from ocpp_core.payloads.twins import twin

    payload: Any = twin(type(JsonCodec(message.version).decode(message.text).payload))  # type: ignore[union-attr]
    decode, text = Decoder(tuple[int, str, str, payload]).decode, message.text
    return lambda: decode(text)


def parser_decoding(message: Message) -> Callable[[], object]:
    import orjson

    loads, text = orjson.loads, message.text
    return lambda: loads(text)


def parser_encoding(message: Message) -> Callable[[], object]:
    import orjson

    dumps, value = orjson.dumps, orjson.loads(message.text)
    return lambda: dumps(value)


def ocpp_decoding(message: Message) -> Callable[[], object]:
    from ocpp.charge_point import camel_to_snake_case
    from ocpp.messages import unpack, validate_payload

    text, version = message.text, message.version

    async def decode() -> object:
        call = unpack(text)
        await validate_payload(call, version)
        return camel_to_snake_case(call.payload)

    return decode


def ocpp_encoding(message: Message) -> Callable[[], object]:
    from importlib import import_module

    import orjson
    from ocpp.charge_point import camel_to_snake_case, remove_nones, serialize_as_dict, snake_to_camel_case
    from ocpp.messages import Call, validate_payload

    version = message.version
    _, id, action, payload = orjson.loads(message.text)
    requests = import_module(f"ocpp.v{version.replace('.', '')}.call")
    request = getattr(requests, action)(**camel_to_snake_case(payload))

    async def encode() -> str:
        members = snake_to_camel_case(serialize_as_dict(request))
        call = Call(unique_id=id, action=action, payload=remove_nones(members))
        await validate_payload(call, version)
        text: str = call.to_json()
        return text

    assert orjson.loads(message.text) == orjson.loads(asyncio.run(encode())), (
        "all contenders shall write the same"
    )
    return encode


def inline(prepare: Callable[[Message], Callable[[], object]]) -> Callable[[Message], Callable[[], object]]:
    """The same work without the thread pool."""

    def prepared(message: Message) -> Callable[[], object]:
        import ocpp.messages

        ocpp.messages.ASYNC_VALIDATION = False
        return prepare(message)

    return prepared


WORK: dict[tuple[str, str], Callable[[Message], Any]] = {
    ("decode", OURS): ours_decoding,
    ("decode", THREADS): ocpp_decoding,
    ("decode", INLINE): inline(ocpp_decoding),
    ("decode", STRUCTS): structs_decoding,
    ("decode", PARSER): parser_decoding,
    ("encode", OURS): ours_encoding,
    ("encode", THREADS): ocpp_encoding,
    ("encode", INLINE): inline(ocpp_encoding),
    ("encode", PARSER): parser_encoding,
}


if __name__ == "__main__":
    compete(WORK, SUBJECTS, coroutines=(THREADS, INLINE))
