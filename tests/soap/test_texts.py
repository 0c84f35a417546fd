"""The first tier of writing writes what the second does, or leaves it alone; and nothing that the WSDL refuses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from attrs import NOTHING
from lxml import etree

from envelopes import ALL_MESSAGES, SoapMessage, is_officially_valid, soap_messages
from ocpp_core import v16
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import Anything, Field, Shape, shape
from ocpp_core.payloads.binding import REFUSALS
from ocpp_core.payloads.codegen import compiled
from ocpp_core.payloads.statements import Refused
from ocpp_core.soap import texts
from ocpp_core.soap.binding import element_writer
from properties import for_all

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
#: What programs may put where something else belongs, and too much of it.
ODD: tuple[Any, ...] = (
    *("", " ", "x" * 20, "x" * 21, "x" * 26, "x" * 51, "x" * 256, "x" * 501, "x" * 100_001),
    *("\0", "\x0b", "\x1f", "\x7f", "\x85", "\ud800", "\ufffe", "\U0001f50c", "a<b", "a>b", "a&b", "]]>"),
    *("\r", "\n", "\t", "'", '"', "Accepted", "://", "%"),
    *(0, 1, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, True, 1.0, 1.05, float("nan")),
    *(
        Decimal("16.1"),
        Decimal("16.10"),
        Decimal("16.11"),
        Decimal("1E+25"),
        Decimal("NaN"),
        Decimal("0E-30"),
    ),
    *(NOON, NOON.replace(tzinfo=None), NOON.replace(year=1), NOON.replace(microsecond=1)),
    *(NOON.astimezone(timezone(timedelta(hours=16))), NOON.astimezone(timezone(timedelta(seconds=30)))),
    *(None, [], {}, [None], b"x"),
)


def first_tier(message: Payload) -> str | None:
    """What it writes of an element behind its name; None where the second tier has to look."""
    try:
        return texts.writer(type(message), "ocpp")(message)
    except REFUSALS:
        return None


def is_valid(message: SoapMessage, written: str) -> bool:
    name = f"ocpp:{message.element}"
    text = f'<{name} xmlns:ocpp="{message.namespace}"{written}</{name}>'
    try:
        element = etree.fromstring(text.encode())
    except (etree.XMLSyntaxError, ValueError):
        return False
    return is_officially_valid(message.version, message.receiver, element)


def places(made: Any) -> Iterator[tuple[Any, str]]:
    """Each object in a message with each of its members."""
    for field in shape(type(made)).fields:
        value = getattr(made, field.name)
        yield made, field.name
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, Payload):
                yield from places(inner)


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_it_writes_what_the_second_tier_does(message: SoapMessage) -> None:
    def check(made: Payload) -> None:
        expected = f">{element_writer(message.cls, 'ocpp')(made)}"

        assert first_tier(made) in (None, expected)

    for_all(soap_messages(message.cls), 5, check)


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_it_writes_nothing_that_the_schema_refuses(message: SoapMessage) -> None:
    """Every member of every message in turn holds everything odd."""
    refused: list[Any] = []

    def check(made: Payload) -> None:
        for place, name in places(made):
            usual = getattr(place, name)
            for odd in ODD:
                setattr(place, name, odd)
                written = first_tier(made)
                if written is not None and not is_valid(message, written):
                    refused.append((type(place).__name__, name, odd))
            setattr(place, name, usual)

    for_all(soap_messages(message.cls), 1, check)

    assert [] == refused


def test_it_carries_what_stations_send() -> None:
    sample = v16.SampledValue(value="1", unit=v16.UnitOfMeasure.CELSIUS)
    meter_value = v16.MeterValue(timestamp=NOON, sampled_value=[sample, v16.SampledValue(value="2")])
    samples = (
        "<ocpp:sampledValue><ocpp:value>1</ocpp:value><ocpp:unit>Celsius</ocpp:unit></ocpp:sampledValue>"
        "<ocpp:sampledValue><ocpp:value>2</ocpp:value></ocpp:sampledValue>"
    )

    assert (
        "><ocpp:connectorId>1</ocpp:connectorId><ocpp:meterValue><ocpp:timestamp>2026-01-31T12:00:00Z"
        f"</ocpp:timestamp>{samples}</ocpp:meterValue>"
    ) == first_tier(v16.MeterValuesRequest(connector_id=1, meter_value=[meter_value]))
    assert "><ocpp:key>a</ocpp:key>" == first_tier(v16.GetConfigurationRequest(key=["a"]))
    assert ">" == first_tier(v16.GetConfigurationRequest(key=[]))
    assert "><ocpp:idTag>\xe9</ocpp:idTag>" == first_tier(v16.AuthorizeRequest(id_tag="\xe9"))


def test_what_has_no_element_is_left_to_the_second_tier() -> None:
    """Free data is in no version that SOAP has."""
    cls = v16.AuthorizeRequest
    facts = Shape(cls, 4, (Field("id_tag", "idTag", Anything(), NOTHING),))
    write = compiled(texts.write_source(facts, "ocpp"), "write", cls)

    with pytest.raises(Refused):
        write(cls(id_tag="x"))
