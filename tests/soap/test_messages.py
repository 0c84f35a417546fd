"""Every SOAP message both ways: what we write is valid and zeep reads the same, and what zeep builds we read."""

from typing import Any

import pytest
from lxml import etree

from envelopes import (
    ALL_MESSAGES,
    ENVELOPE,
    MESSAGES,
    SoapMessage,
    body_element,
    envelope,
    is_officially_valid,
    official_wsdl,
    parsed_by_zeep,
    response_header,
    soap_messages,
    zeep_client,
    zeep_element,
    zeep_values,
)
from ocpp_core import v16
from ocpp_core.facts.folders import folder
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.messages import Call
from ocpp_core.payloads.conversion import from_wire, to_wire
from ocpp_core.soap.codec import SoapCodec
from properties import for_all
from sample_envelopes import CSMS, NOON, STATION, Record, frame_of, message_of, places, read, reader, writer

EXAMPLES = 8


def test_the_table_of_messages_is_that_of_the_wsdls() -> None:
    for version, services in {"1.2": (9, 9), "1.5": (10, 15), "1.6": (10, 19)}.items():
        for receiver, operations in zip((CSMS, STATION), services, strict=True):
            mine = [each for each in MESSAGES if (each.version, each.receiver) == (version, receiver)]
            declared = {
                element.get("name")
                for element in etree.parse(official_wsdl(version, receiver)).iterfind(
                    ".//{http://www.w3.org/2001/XMLSchema}schema/{http://www.w3.org/2001/XMLSchema}element"
                )
            }

            assert 2 * operations == len(mine)
            assert declared == {each.element for each in mine} | {"chargeBoxIdentity"}


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_what_we_write_is_valid_and_zeep_and_we_read_the_same(
    message: SoapMessage, record_property: Record
) -> None:
    ours = folder("wsdl") / message.version / official_wsdl(message.version, message.receiver).name
    writes, reads = writer(message), reader(message)

    def check(payload: Any) -> None:
        written = writes.encode(frame_of(message, payload))
        element = body_element(written)
        frame: Any = reads.decode(written)

        assert is_officially_valid(message.version, message.receiver, element)
        for wsdl in (official_wsdl(message.version, message.receiver), ours):
            assert zeep_values(payload) == parsed_by_zeep(wsdl, message, element)
        assert type(frame_of(message, payload)) is type(frame)
        assert ("m1", payload, ()) == (frame.id, frame.payload, frame.violations)
        # Equal to the last digit, which a datetime does not compare.
        assert written == writes.encode(frame_of(message, frame.payload))
        assert SoapCodec.sniff(written) == message.version

    record_property("cases", for_all(soap_messages(message.cls), EXAMPLES, check))


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_what_zeep_builds_we_read(message: SoapMessage, record_property: Record) -> None:
    wsdl = official_wsdl(message.version, message.receiver)
    client, element = zeep_client(wsdl), zeep_element(wsdl, message)
    reads = reader(message)

    def check(payload: Any) -> None:
        values = zeep_values(payload, for_building=True)
        if message.is_request:
            made = client.create_message(
                client.service, message.operation, _soapheaders={"ChargeBoxIdentity": "CP1"}, **values
            )
        else:
            header = response_header(message.operation)
            made = etree.fromstring(envelope(header, "", message.namespace))
            element.render(made.find(f"{{{ENVELOPE}}}Body"), element(**values))
        frame: Any = reads.decode(etree.tostring(made))

        assert (payload, ()) == (frame.payload, frame.violations)
        if message.is_request:
            assert "CP1" == frame.headers.identity
            assert frame.id.startswith("urn:uuid:")
        else:
            assert "m1" == frame.id

    record_property("cases", for_all(soap_messages(message.cls), EXAMPLES, check))


@pytest.mark.parametrize("message", [each for each in ALL_MESSAGES if str(each.id).startswith("1.6")])
def test_1_6_from_json_to_soap_and_back(message: SoapMessage, record_property: Record) -> None:
    def check(payload: Any) -> None:
        json = to_wire(payload)
        written = writer(message).encode(frame_of(message, from_wire(message.cls, json)))

        assert json == to_wire(read(reader(message), written).payload)

    record_property("cases", for_all(soap_messages(message.cls), EXAMPLES, check))


def test_an_optional_list_that_is_empty_is_absent_in_soap() -> None:
    """The one thing that JSON tells apart and SOAP does not (OCPP-S and OCPP-J 1.6)."""
    message = message_of(v16.GetConfigurationRequest)
    written = writer(message).encode(Call("m1", v16.GetConfigurationRequest(key=[])))

    assert v16.GetConfigurationRequest(key=None) == read(reader(message), written).payload


def test_lists_that_the_wsdl_wants_filled_are_refused_empty_though_json_allows_them() -> None:
    empty = v16.MeterValuesRequest(
        connector_id=1, meter_value=[v16.MeterValue(timestamp=NOON, sampled_value=[])]
    )
    assert to_wire(empty)

    with pytest.raises(PayloadError) as caught:
        writer(message_of(v16.MeterValuesRequest)).encode(Call("m1", empty))

    assert [("$.meterValue[0].sampledValue", "required")] == places(caught.value.violations)
