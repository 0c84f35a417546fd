"""The SOAP codec: every message both ways against the official XML Schema and zeep; verdicts on mutated bodies; headers,
faults and tolerated deviations.

What the peers of the field really send is in `test_soap_samples.py`, what attackers send in `test_soap_hostile.py`.
"""

import os
import pickle
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st
from lxml import etree

from envelopes import (
    ADDRESSING,
    ALL_MESSAGES,
    ANONYMOUS,
    ENVELOPE,
    MESSAGES,
    SOAP_VERSIONS,
    XSI,
    SoapMessage,
    body_element,
    envelope,
    is_officially_valid,
    leaves,
    needs_official_wsdl,
    official_wsdl,
    parsed_by_zeep,
    request_header,
    response_header,
    soap_messages,
    zeep_client,
    zeep_element,
    zeep_values,
)
from ocpp_core import v12, v15, v16
from ocpp_core._facts import folder
from ocpp_core.errors import ErrorCode, FrameError, FrameKind, LocalProtocolError, PayloadError, Violation
from ocpp_core.messages import (
    MISSING,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Payload,
    Send,
    SoapHeaders,
)
from ocpp_core.payloads import from_wire, to_wire
from ocpp_core.soap import CONTENT_TYPE, FAULT_ACTION, UNSPECIFIED, SoapCodec
from ocpp_core.specifications import specification
from ocpp_core.timestamps import WireTimestamp
from ocpp_core.tolerance import MAX_DEVIATIONS, Tolerance
from ocpp_core.validation import MAX_FAULTS
from ocpp_core.versions import ERROR_NAMES_SOAP, Role, Version
from ocpp_core.xmlbinding import read_date_time
from properties import for_all

Record = Callable[[str, object], None]

STATION, CSMS = Role.CHARGE_POINT, Role.CSMS
CS_15, CP_15 = "urn://Ocpp/Cs/2012/06/", "urn://Ocpp/Cp/2012/06/"
CS_16, CP_16 = "urn://Ocpp/Cs/2015/10/", "urn://Ocpp/Cp/2015/10/"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NOON_TEXT = "2026-01-31T12:00:00Z"

EXAMPLES = 8
#: Mutated envelopes of each message: 142 messages make 710 in the usual run and 21,300 in the deep one.
MUTATED, MUTATED_DEEP = 5, 150
deep = [
    pytest.mark.deep,
    pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1"),
]


def writer(message: SoapMessage) -> SoapCodec:
    """The codec of the side that sends a message."""
    role = Role.EITHER ^ message.reader
    return SoapCodec(
        message.version, role=role, identity="CP1", address="http://192.0.2.1:8080/", to="http://192.0.2.9/"
    )


def reader(message: SoapMessage, tolerance: Tolerance = Tolerance.STRICT) -> SoapCodec:
    return SoapCodec(message.version, role=message.reader, tolerance=tolerance)


def frame_of(message: SoapMessage, payload: Any) -> Call | CallResult:
    return Call("m1", payload) if message.is_request else CallResult("m1", payload)


# Every message, both ways --------------------------------------------------------------------------------------


def test_the_table_of_messages_is_that_of_the_wsdls() -> None:
    for version, services in {"1.2": (9, 9), "1.5": (10, 15), "1.6": (10, 19)}.items():
        for receiver, operations in zip((CSMS, STATION), services, strict=True):
            mine = [each for each in MESSAGES if (each.version, each.receiver) == (version, receiver)]
            needs_official_wsdl(version)
            declared = {
                element.get("name")
                for element in etree.parse(official_wsdl(version, receiver)).iterfind(
                    ".//{http://www.w3.org/2001/XMLSchema}schema/{http://www.w3.org/2001/XMLSchema}element"
                )
            }

            assert 2 * operations == len(mine)
            assert declared == {each.element for each in mine} | {"chargeBoxIdentity"}


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_what_we_write_is_valid_and_zeep_and_we_read_the_same(message: SoapMessage, record_property: Record) -> None:
    needs_official_wsdl(message.version)
    ours = folder("wsdl") / message.version / official_wsdl(message.version, message.receiver).name
    writes, reads = writer(message), reader(message)

    def check(payload: Any) -> None:
        written = writes.encode(frame_of(message, payload))
        element = body_element(written)
        frame = reads.decode(written)

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
    needs_official_wsdl(message.version)
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
        frame = reads.decode(etree.tostring(made))

        assert (payload, ()) == (frame.payload, frame.violations)
        if message.is_request:
            assert "CP1" == frame.headers.identity
            assert frame.id.startswith("urn:uuid:")
        else:
            assert "m1" == frame.id

    record_property("cases", for_all(soap_messages(message.cls), EXAMPLES, check))


@pytest.mark.parametrize("message", [each for each in ALL_MESSAGES if each.values[0].version == "1.6"])
def test_1_6_from_json_to_soap_and_back(message: SoapMessage, record_property: Record) -> None:
    def check(payload: Any) -> None:
        json = to_wire(payload)
        written = writer(message).encode(frame_of(message, from_wire(message.cls, json)))

        assert json == to_wire(reader(message).decode(written).payload)

    record_property("cases", for_all(soap_messages(message.cls), EXAMPLES, check))


def test_an_optional_list_that_is_empty_is_absent_in_soap() -> None:
    """The one thing that JSON tells apart and SOAP does not (OCPP-S and OCPP-J 1.6)."""
    message = message_of(v16.GetConfigurationRequest)
    written = writer(message).encode(Call("m1", v16.GetConfigurationRequest(key=[])))

    assert v16.GetConfigurationRequest(key=None) == reader(message).decode(written).payload


def test_lists_that_the_wsdl_wants_filled_are_refused_empty_though_json_allows_them() -> None:
    empty = v16.MeterValuesRequest(
        connector_id=1, meter_value=[v16.MeterValue(timestamp=NOON, sampled_value=[])]
    )
    assert to_wire(empty)

    with pytest.raises(PayloadError) as caught:
        writer(message_of(v16.MeterValuesRequest)).encode(Call("m1", empty))

    assert [("$.meterValue[0].sampledValue", "required")] == places(caught.value.violations)


def message_of(cls: type[Payload], receiver: Role | None = None) -> SoapMessage:
    return next(each for each in MESSAGES if each.cls is cls and receiver in (None, each.receiver))


def places(violations: Any) -> list[tuple[str, str]]:
    return [(fault.path, fault.keyword) for fault in violations]


# Verdicts on mutated bodies --------------------------------------------------------------------------------------

ODD_TEXTS = (
    *("", " ", "\n", "0", "1", "-1", "+1", " 1 ", "01", "1.0", "1.5", ".5", "5.", "1.55", "1e3", "0x1", "--1"),
    *("2147483647", "2147483648", "-2147483648", "-2147483649", "99999999999999999999", "0" * 30 + "1", "٣"),
    *("true", "false", "True", " true ", "0 ", "yes", "NaN", "INF", "null", "x", "x" * 21, "x" * 51, "x" * 501),
    *("Accepted", "accepted", " Accepted", "Accepted\n", "Hard", "Wh", "Celsius", "NoError", "Available"),
    *(NOON_TEXT, f" {NOON_TEXT}\n", "2026-01-31T12:00:00", "2026-01-31T12:00:00.1234567+14:00", "2026-01-31"),
    *("2026-01-31T12:00:00+14:01", "2026-01-31T24:00:00Z", "2026-01-31T24:00:01Z", "2026-02-30T12:00:00Z"),
    *("2026-01-31t12:00:00z", "2026-01-31T12:00Z", "2026-01-31T12:00:60Z", "2026-01-31T12:00:00-00:00"),
    *("2026-01-31T12:00:00.Z", "2026-01-31 12:00:00Z", "2024-02-29T23:59:59.9", "12026-01-31T12:00:00Z"),
    *("-2026-01-31T12:00:00Z", "0000-01-31T12:00:00Z", "9999-12-31T24:00:00Z", "http://[", "a b", "%zz", "\u00a01"),
)
ODD_NAMES = (
    *("status", "value", "values", "timestamp", "idTag", "idTagInfo", "key", "connectorId", "interval", "unit"),
    *("heartbeatInterval", "meterValue", "sampledValue", "transactionData", "x", "Status", "x-y.z", "transactionId"),
)
ROOT_NAMES = tuple(sorted({each.element for each in MESSAGES}))
NAMESPACES = ("", CS_15, CP_15, CS_16, CP_16, CS_15.rstrip("/"), CS_16.rstrip("/"), CP_16.rstrip("/"), "urn:x")
ATTRIBUTES = (
    *("unit", "context", "measurand", "location", "format", "phase", "status", "type", "x"),
    *(f"{{{XSI}}}{name}" for name in ("nil", "type", "schemaLocation", "x")),
    *("{urn:x}x", f"{{{ENVELOPE}}}encodingStyle", "{http://www.w3.org/XML/1998/namespace}lang"),
)
WAYS = (
    *("text", "text", "text", "remove", "duplicate", "swap", "move", "rename", "namespace", "attribute"),
    *("insert", "tail", "nest", "comment", "clear", "unattribute"),
)


@st.composite
def mutated(draw: st.DrawFn, message: SoapMessage) -> bytes:
    """An envelope of a valid message, with one to three changes to its body; some are still valid."""
    written = writer(message).encode(frame_of(message, draw(soap_messages(message.cls))))
    body = body_element(written)
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        nodes = [node for node in body.iter() if isinstance(node.tag, str)]
        node = draw(st.sampled_from(nodes))
        way = draw(st.sampled_from(WAYS))
        if node is body and way in ("remove", "duplicate", "swap", "move"):
            way = "rename"
        mutate(draw, way, node, nodes, message)
    root = etree.QName(body)
    # What the header says shall not decide: its identity is in the namespace of the body.
    known = specification(message.version).namespaces.values()
    namespace = root.namespace if root.namespace in known else message.namespace
    header = request_header(message.operation, RelatesTo="<wsa:RelatesTo>m0</wsa:RelatesTo>")
    text = etree.tostring(body).decode()
    if draw(st.booleans()) and "&" not in text:
        # The same text in a CDATA section is the same text.
        text = text.replace(">1<", "><![CDATA[1]]><").replace(">Accepted<", "><![CDATA[Acc]]>epted<")
    return envelope(header, text, str(namespace))


def mutate(draw: st.DrawFn, way: str, node: Any, nodes: list[Any], message: SoapMessage) -> None:
    parent = node.getparent()
    place = parent.index(node) if parent is not None else 0
    namespace = etree.QName(node).namespace
    match way:
        case "text":
            node.text = draw(st.sampled_from(ODD_TEXTS) | st.just(f" {node.text or ''}\n"))
        case "remove":
            parent.remove(node)
        case "duplicate":
            copy = etree.fromstring(etree.tostring(node, with_tail=False))
            parent.insert(draw(st.sampled_from((place, place + 1, len(parent)))), copy)
        case "swap":
            parent.insert(draw(st.integers(0, len(parent))), node)
        case "move":
            inside = set(node.iter())
            draw(st.sampled_from([other for other in nodes if other not in inside])).append(node)
        case "rename":
            name = draw(st.sampled_from(ROOT_NAMES if parent is None else ODD_NAMES))
            node.tag = f"{{{namespace}}}{name}" if namespace else name
        case "namespace":
            chosen = draw(st.sampled_from(NAMESPACES))
            for each in draw(st.sampled_from(([node], list(node.iter("*"))))):
                local = etree.QName(each).localname
                each.tag = f"{{{chosen}}}{local}" if chosen else local
        case "attribute":
            values = ("", "Wh", "true", "false", "1", "Sample.Clock", "ocpp:Authorize", "urn:x file:///x", " kWh")
            node.set(draw(st.sampled_from(ATTRIBUTES)), draw(st.sampled_from(values)))
        case "unattribute":
            node.attrib.clear()
        case "insert":
            name = draw(st.sampled_from(ODD_NAMES))
            made = etree.Element(f"{{{namespace}}}{name}" if namespace else name)
            made.text = draw(st.sampled_from(ODD_TEXTS))
            node.insert(draw(st.integers(0, len(node))), made)
        case "tail":
            if parent is not None:
                node.tail = draw(st.sampled_from(("x", " ", "\n\t", "\u00a0")))
        case "nest":
            copy = etree.fromstring(etree.tostring(node, with_tail=False))
            node.append(copy)
        case "comment":
            node.insert(0, etree.Comment("1"))
        case _:
            node.clear()


#: What only the header tells. The body is judged as strictly as ever.
HEADER_ONLY = Tolerance.ACTION_MISMATCH | Tolerance.ACTION_FORM


def official_verdict(message: SoapMessage, written: bytes) -> bool:
    element = body_element(written)
    receivers = {uri: receiver for receiver, uri in specification(message.version).namespaces.items()}
    namespace = str(etree.QName(element).namespace or "")
    if f"{namespace}/" in receivers:
        # Known exception 1: the standard itself prints the namespace without its slash, so that is read too.
        text = etree.tostring(element).decode().replace(f'"{namespace}"', f'"{namespace}/"')
        element, namespace = etree.fromstring(text), f"{namespace}/"
    receiver = receivers.get(namespace)
    return receiver is not None and is_officially_valid(message.version, receiver, element)


def has_a_year_that_python_cannot_hold(element: etree._Element) -> bool:
    """Known exception 2: XML Schema has years before 1 and after 9999; no `datetime` has."""
    odd = ("12026-01-31T12:00:00Z", "-2026-01-31T12:00:00Z", "0000-01-31T12:00:00Z", "9999-12-31T24:00:00Z")
    return any((node.text or "").strip() in odd for node in element.iter())


def agree_on_mutated(message: SoapMessage, examples: int) -> int:
    needs_official_wsdl(message.version)
    strict = reader(message, HEADER_ONLY)

    def check(written: bytes) -> None:
        expected = official_verdict(message, written)
        try:
            frame = strict.decode(written)
        except FrameError as error:
            frame = None
            if error.code is not ErrorCode.PROTOCOL and error.code is not ErrorCode.NOT_IMPLEMENTED:
                assert error.violations, "refused without saying why"

        if expected and has_a_year_that_python_cannot_hold(body_element(written)):
            assert frame is None
            return
        assert expected == (frame is not None)
        if frame is None:
            assert_tolerant_reading_loses_nothing(message, written)
        else:
            assert frame == strict.decode(written, tolerance=Tolerance.TOLERANT)
            # What was accepted can be written, and reads the same.
            again = SoapCodec(message.version, role=Role.EITHER ^ message.reader, identity="CP1")
            reread = strict.decode(again.encode(type(frame)(frame.id, frame.payload)))
            assert frame.payload == reread.payload

    return for_all(mutated(message), examples, check)


def assert_tolerant_reading_loses_nothing(message: SoapMessage, written: bytes) -> None:
    """Each text of a body that was read is in the message or beside it."""
    try:
        frame = reader(message).decode(written, tolerance=Tolerance.TOLERANT)
    except FrameError as error:
        assert ErrorCode.NOT_IMPLEMENTED is error.code or error.violations
        return

    assert "" not in [fault.rule for fault in frame.violations]
    assert frame.violations
    found = leaves([frame.payload, [fault.value for fault in frame.violations]])
    texts = {str(leaf) for leaf in found if isinstance(leaf, str)} | {
        leaf.text for leaf in found if isinstance(leaf, WireTimestamp)
    }
    values = [leaf for leaf in found if not isinstance(leaf, str)]
    for text in texts_in(body_element(written)):
        assert text in texts or text.strip() in texts or typed(text) in values, (text, frame)


def texts_in(element: etree._Element) -> list[str]:
    texts = []
    for node in element.iter("*"):
        texts += [value for name, value in node.attrib.items() if not str(name).startswith(f"{{{XSI}}}")]
        inner = "".join([node.text or "", *(child.tail or "" for child in node)])
        texts.append(inner)
    return [text for text in texts if text.strip()]


def typed(text: str) -> Any:
    """The value of a text that is a number, a boolean or a moment."""
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    for convert in (int, Decimal, read_date_time):
        try:
            return convert(text)
        except (ValueError, ArithmeticError):
            pass
    return ...


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_verdict_on_mutated_bodies(message: SoapMessage, record_property: Record) -> None:
    record_property("cases", agree_on_mutated(message, MUTATED))


@pytest.mark.parametrize("message", [pytest.param(*each.values, id=each.id, marks=deep) for each in ALL_MESSAGES])
def test_verdict_on_many_mutated_bodies(message: SoapMessage, record_property: Record) -> None:
    record_property("cases", agree_on_mutated(message, MUTATED_DEEP))
