"""SOAP envelopes: bytes to typed, validated objects and back, beside zeep and bare lxml.

`measure` runs this file as a pyperf script, and pyperf runs each piece of work in processes of its own.

`SoapCodec` reads and writes text, and checks what the XML Schema checks on the way; it has read the head before, as
with every envelope of a station but the first. lxml parses, and its schema validates; when it writes, the tree is
there. zeep does what its client does with an answer: it parses, and builds values that it does not check; and what it
does before it posts, with the same header. The schema is equal to the official one.
"""

from collections.abc import Callable
from typing import Any

from contest import compete, measurements, results
from report import Effort, Suite
from traffic import BOOT_NOTIFICATION, METER_VALUES, Message

OURS = "ocpp_core"
ZEEP = "zeep: values, unchecked"
SCHEMA = "lxml and XML Schema: untyped"
PARSER = "lxml alone: untyped, unchecked"
WRITER = "lxml and XML Schema: a tree that is there"

MESSAGES = (BOOT_NOTIFICATION, METER_VALUES)
STATION, ADDRESS = "EX-000417", "http://cs.example/ocpp"


def measure(effort: Effort) -> list[Suite]:
    """Measures reading and writing."""
    # Many short measurements: on a busy machine some of them are left alone.
    found = results(__file__, effort, values=effort.values * 10, min_time=0.005)
    return [_suite("decode", found), _suite("encode", found)]


def _suite(direction: str, found: dict[str, float]) -> Suite:
    return Suite(
        name=f"soap_{direction}",
        title=f"SOAP, {direction}: best time per envelope, and how many times that of {OURS}",
        reference=OURS,
        measurements=measurements(direction, WORK, MESSAGES, found),
        # Ours shall take at most 1.5 times as long as parsing and validating, and as validating and writing.
        targets={SCHEMA: 1 / 1.5, (ZEEP, METER_VALUES.subject): 8}
        if direction == "decode"
        else {WRITER: 1 / 1.5},
    )


# What is measured. Each function prepares one piece of work and returns it; only the returned function is timed.


def _codec() -> Any:
    from ocpp_core import SoapCodec

    return SoapCodec("1.6", identity=STATION, address="http://192.0.2.7:8080/", to=ADDRESS)


def _frame(message: Message) -> Any:
    from ocpp_core import JsonCodec

    return JsonCodec("1.6").decode(message.text)


def _envelope(message: Message) -> bytes:
    frame, codec = _frame(message), _codec()
    body: bytes = codec.encode(frame)
    assert frame.payload == codec.decode(body).payload, "all contenders shall read the same"
    return body


def ours_decoding(message: Message) -> Callable[[], object]:
    decode, body = _codec().decode, _envelope(message)
    return lambda: decode(body)


def ours_encoding(message: Message) -> Callable[[], object]:
    encode, frame = _codec().encode, _frame(message)
    return lambda: encode(frame)


def schema_decoding(message: Message) -> Callable[[], object]:
    from lxml.etree import fromstring

    from ocpp_core import Role
    from ocpp_core.soap.validation import schema

    body, validate = _envelope(message), schema("1.6", Role.CSMS).validate

    def decode() -> object:
        element = fromstring(body).find("{http://www.w3.org/2003/05/soap-envelope}Body")[0]
        if not validate(element):
            raise ValueError
        return element

    assert decode() is not None
    return decode


def parser_decoding(message: Message) -> Callable[[], object]:
    from lxml.etree import fromstring

    body = _envelope(message)
    return lambda: fromstring(body)


def parser_encoding(message: Message) -> Callable[[], object]:
    from lxml.etree import fromstring, tostring

    root = fromstring(_envelope(message))
    return lambda: tostring(root, xml_declaration=True, encoding="utf-8")


def schema_encoding(message: Message) -> Callable[[], object]:
    from lxml.etree import fromstring, tostring

    from ocpp_core import Role
    from ocpp_core.soap.validation import schema

    root, validate = fromstring(_envelope(message)), schema("1.6", Role.CSMS).validate
    element = root.find("{http://www.w3.org/2003/05/soap-envelope}Body")[0]

    def encode() -> bytes:
        if not validate(element):
            raise ValueError
        return tostring(root, xml_declaration=True, encoding="utf-8")

    return encode


def _zeep(message: Message) -> tuple[Any, str, Any]:
    from ocpp_core.adapters.zeep_client import zeep_client

    client = zeep_client(
        "1.6", "CentralSystemService", ADDRESS, STATION, from_address="http://192.0.2.7:8080/"
    )
    frame = _frame(message)
    return client, frame.payload.__ocpp__.action, frame.payload


def zeep_decoding(message: Message) -> Callable[[], object]:
    from zeep.loader import parse_xml

    from ocpp_core.adapters.zeep_client import from_zeep

    client, action, payload = _zeep(message)
    operation, body = client.service._binding.get(action), _envelope(message)

    def decode() -> object:
        root = parse_xml(body, client.transport, settings=client.settings)
        return operation.input.deserialize(root)

    assert payload == from_zeep(type(payload), decode()), "all contenders shall read the same"
    return decode


def zeep_encoding(message: Message) -> Callable[[], object]:
    from zeep.wsdl.utils import etree_to_string

    from ocpp_core.adapters.zeep_client import to_zeep

    client, action, payload = _zeep(message)
    binding, values = client.service._binding, to_zeep(payload)

    def encode() -> bytes:
        envelope, _ = binding._create(action, (), values, client=client)
        text: bytes = etree_to_string(envelope)
        return text

    assert payload == _codec().decode(encode()).payload, "all contenders shall write the same"
    return encode


WORK: dict[tuple[str, str], Callable[[Message], Callable[[], object]]] = {
    ("decode", OURS): ours_decoding,
    ("decode", ZEEP): zeep_decoding,
    ("decode", SCHEMA): schema_decoding,
    ("decode", PARSER): parser_decoding,
    ("encode", OURS): ours_encoding,
    ("encode", ZEEP): zeep_encoding,
    ("encode", WRITER): schema_encoding,
    ("encode", PARSER): parser_encoding,
}


if __name__ == "__main__":
    compete(WORK, MESSAGES)
