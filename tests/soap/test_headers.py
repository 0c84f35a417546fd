"""The header blocks of an envelope: what each says, and which call an answer belongs to."""

from typing import Any

import pytest
from lxml import etree

from envelopes import ANONYMOUS, ENVELOPE, envelope
from ocpp_core import v16
from ocpp_core.dispatch.connection import Connection
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import CallError, SoapHeaders
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.soap.codec import SoapCodec
from sample_envelopes import BOOT_RESPONSE, BOOTED, CP_16, CS_16, CSMS, STATION, address, boot, booted


@pytest.mark.parametrize("flag", ["true", "1", "false", "0", " true ", None])
def test_must_understand_may_be_spelt_as_any_boolean_or_be_missing(flag: str | None) -> None:
    attribute = "" if flag is None else f'env:mustUnderstand="{flag}"'
    known = {
        name: f"<{prefix}:{name} {attribute}>{text}</{prefix}:{name}>"
        for prefix, name, text in (
            ("ocpp", "chargeBoxIdentity", "CP1"),
            ("wsa", "Action", "/BootNotification"),
            ("wsa", "MessageID", "m1"),
            ("wsa", "To", "http://b/"),
        )
    }
    frame: Any = SoapCodec("1.6").decode(boot(**known))

    assert (BOOTED, ()) == (frame.payload, frame.violations)
    foreign = boot(To=f'<x:Security xmlns:x="urn:x" {attribute}/>')
    if flag is not None and flag.strip() in ("true", "1"):
        with pytest.raises(FrameError) as caught:
            SoapCodec("1.6").decode(foreign)
        assert ErrorCode.MUST_UNDERSTAND is caught.value.code
        # Its answer can relate to the request.
        assert ("m1", FrameKind.CALL) == (caught.value.id, caught.value.kind)
    else:
        assert BOOTED == SoapCodec("1.6").decode(foreign).payload  # type: ignore[union-attr]


SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


def test_the_fault_names_the_header_that_is_not_understood() -> None:
    """SOAP 1.2 part 1 §5.4.8."""
    codec = SoapCodec("1.6")
    peer: Any = Connection(codec, new_id=lambda: "1")
    peer.receive_message(
        boot(To=f'<s:Security xmlns:s="{SECURITY}" xmlns:e="{ENVELOPE}" e:mustUnderstand="1"/>')
    )
    (written,) = peer.messages_to_send()
    (block,) = etree.fromstring(written)[0].iterfind(f"{{{ENVELOPE}}}NotUnderstood")
    prefix, local = block.get("qname", "").split(":")

    assert (SECURITY, "Security") == (block.nsmap[prefix], local)
    # Who reads it need not understand it.
    fault: Any = SoapCodec("1.6", role=STATION).decode(written)
    assert (ErrorCode.MUST_UNDERSTAND, ()) == (fault.code, fault.violations)


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"violations": "Security"},
        {"violations": ["Security"]},
        {
            "violations": [
                {"keyword": "header"},
                {"path": "Security"},
                {"path": "{urn:x}a b"},
                {"path": "{urn:..."},
            ]
        },
    ],
)
def test_a_fault_names_no_header_that_it_does_not_know_in_full(details: Any) -> None:
    written = SoapCodec("1.6").encode(CallError("m1", ErrorCode.MUST_UNDERSTAND, "no", details))

    assert b"NotUnderstood" not in written


def test_all_headers_are_typed() -> None:
    written = boot(
        RelatesTo="<wsa:RelatesTo>m0</wsa:RelatesTo>",
        **address("FaultTo", "http://faults/"),
    )
    frame: Any = SoapCodec("1.6").decode(written)

    assert (
        SoapHeaders(
            identity="CP1",
            action="/BootNotification",
            message_id="m1",
            relates_to="m0",
            from_="http://192.0.2.1:8080/",
            reply_to=ANONYMOUS,
            to="http://192.0.2.9/ocpp",
            fault_to="http://faults/",
        )
        == frame.headers
    )
    assert "m1" == frame.id


def test_what_else_an_endpoint_reference_has_is_ignored() -> None:
    reference = "<wsa:From><wsa:ReferenceParameters/><wsa:Address>http://a/</wsa:Address></wsa:From>"
    frame: Any = SoapCodec("1.6").decode(boot(From=reference))

    assert ("http://a/", BOOTED, ()) == (frame.headers.from_, frame.payload, frame.violations)


def test_of_several_headers_that_are_tolerated_the_first_counts() -> None:
    written = boot()
    header = written[written.index(b"<env:Header>") : written.index(b"<env:Body>")]
    double = written.replace(header, header + header.replace(b"m1", b"m2"))
    frame = SoapCodec("1.6", tolerance=Tolerance.DUPLICATE_MEMBER).decode(double)

    assert b"m1" in header
    assert "m1" == frame.id
    with pytest.raises(FrameError, match="Header is there twice"):
        SoapCodec("1.6").decode(double)


def test_what_stands_where_a_header_is_missing_is_none() -> None:
    written = boot().replace(b"env:Header>", b"env:Other>")

    with pytest.raises(FrameError, match="MessageID is missing"):
        SoapCodec("1.6").decode(written)


@pytest.mark.parametrize("waiting, id", [((), ""), (("a",), "a"), (("a", "b"), "")])
def test_an_answer_that_does_not_say_what_it_relates_to_is_that_of_the_only_call(
    waiting: tuple[str, ...], id: str
) -> None:
    codec = SoapCodec("1.6", role=STATION, tolerance=Tolerance.TOLERANT)
    awaiting: Any = dict.fromkeys(waiting, v16.BootNotificationRequest)

    for written in (envelope("", BOOT_RESPONSE, CS_16), booted(RelatesTo="")):
        assert id == codec.decode(written, awaiting=awaiting).id


def test_own_id_in_relates_to_is_kept_if_nothing_better_is_known() -> None:
    codec = SoapCodec("1.6", role=STATION, tolerance=Tolerance.TOLERANT)
    written = booted(RelatesTo="<wsa:RelatesTo>r1</wsa:RelatesTo>")

    assert "r1" == codec.decode(written).id
    assert "m1" == codec.decode(written, awaiting={"m1": v16.BootNotificationRequest}).id


def test_a_refused_response_names_the_call_that_it_answers() -> None:
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6", role=STATION).decode(booted(BOOT_RESPONSE.replace("300", "often")))

    assert (FrameKind.CALLRESULT, "m1", "BootNotification", ErrorCode.TYPE_CONSTRAINT) == (
        caught.value.kind,
        caught.value.id,
        caught.value.action,
        caught.value.code,
    )


@pytest.mark.parametrize(
    "element, namespace", [("resetResponse", CS_16), ("resetResponse", "urn:other"), ("resetAnswer", CP_16)]
)
def test_an_answer_that_is_refused_for_its_name_keeps_the_id_of_its_call(
    element: str, namespace: str
) -> None:
    header = "<env:Header><wsa:MessageID>m9</wsa:MessageID><wsa:RelatesTo>m7</wsa:RelatesTo></env:Header>"
    written = envelope(
        header, f"<ocpp:{element}><ocpp:status>Accepted</ocpp:status></ocpp:{element}>", namespace
    )
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6", role=CSMS).decode(written, awaiting={"m7": v16.ResetRequest})

    assert (FrameKind.CALLRESULT, "m7") == (caught.value.kind, caught.value.id)


@pytest.mark.parametrize("ours, asked", [(None, ""), ("CP-2", "CP-2")])
def test_where_an_envelope_names_no_station_tolerance_is_asked_about_ours(
    ours: str | None, asked: str
) -> None:
    found: list[str] = []

    def tolerance(identity: str) -> Tolerance:
        found.append(identity)
        return Tolerance.TOLERANT

    frame: Any = SoapCodec("1.6", tolerance=tolerance, identity=ours).decode(boot(chargeBoxIdentity=""))

    assert BOOTED == frame.payload
    assert {asked} == set(found)
