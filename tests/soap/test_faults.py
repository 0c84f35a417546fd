"""SOAP faults both ways, by the table of OCPP-S 1.6 §4 and beyond it."""

from typing import Any

import pytest
from lxml import etree

from envelopes import (
    ANONYMOUS,
    ENVELOPE,
    SOAP_VERSIONS,
    body_element,
    envelope,
    official_wsdl,
    response_header,
    zeep_client,
)
from ocpp_core import v16
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import CallError
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import FAULT_ACTION, OLD_ENVELOPE, UNSPECIFIED
from sample_envelopes import CS_16, CSMS, STATION, fault_envelope, labels, read

#: OCPP-S 1.6 §4 table 1, and one that is of SOAP itself: first level, second level, what they mean to us.
FAULT_TABLE = [
    ("Sender", "SecurityError", ErrorCode.SECURITY),
    ("Sender", "IdentityMismatch", ErrorCode.IDENTITY),
    ("Sender", "ProtocolError", ErrorCode.PROTOCOL),
    ("Receiver", "InternalError", ErrorCode.INTERNAL),
    ("Receiver", "NotSupported", ErrorCode.NOT_SUPPORTED),
    ("MustUnderstand", None, ErrorCode.MUST_UNDERSTAND),
]


@pytest.mark.parametrize("level, sub_code, code", FAULT_TABLE)
@pytest.mark.parametrize("version", SOAP_VERSIONS)
def test_faults_of_the_table_both_ways(
    version: str, level: str, sub_code: str | None, code: ErrorCode
) -> None:
    for role, other in ((STATION, CSMS), (CSMS, STATION)):
        written = SoapCodec(version, role=role, address="http://us/").encode(CallError("m1", code, "why"))
        element = body_element(written)
        namespace = specification(version).namespaces[role]
        values = [(value.text or "").partition(":")[::2] for value in element.iter(f"{{{ENVELOPE}}}Value")]

        assert [level, *([sub_code] if sub_code else [])] == [local for _, local in values]
        assert [ENVELOPE, namespace][: len(values)] == [element.nsmap[prefix] for prefix, _ in values]
        assert [("en", "why")] == [
            (text.get("{http://www.w3.org/XML/1998/namespace}lang"), text.text)
            for text in element.iter(f"{{{ENVELOPE}}}Text")
        ]
        for codec in (
            SoapCodec(version, role=other),
            SoapCodec(version, role=other, tolerance=Tolerance.TOLERANT),
        ):
            frame: Any = codec.decode(written)
            assert CallError is type(frame)
            assert frame.headers is not None
            assert ("m1", code, "why", {}, None, ()) == (
                frame.id,
                frame.code,
                frame.description,
                frame.details,
                frame.spelling,
                frame.violations,
            )
            assert (FAULT_ACTION, ANONYMOUS, "http://us/") == (
                frame.headers.action,
                frame.headers.to,
                frame.headers.from_,
            )


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_can_be_told_and_comes_back_as_one_of_the_table(code: ErrorCode) -> None:
    """OCPP-S 1.6 §4: what is wrong with a payload is a ProtocolError, whatever JSON calls it."""
    written = SoapCodec("1.6").encode(CallError("m1", code))
    frame: Any = SoapCodec("1.6", role=STATION).decode(written)
    root = etree.fromstring(written)
    beside = [
        root.text,
        *(text for part in root for text in (part.text, part.tail, *(one.tail for one in part))),
    ]
    known = {ErrorCode.ENVELOPE_VERSION, *(code for _, _, code in FAULT_TABLE)}

    assert frame.code in known
    assert code is frame.code or code not in known
    assert code.replace("-", " ") == frame.description
    assert {None} == {*beside}, "nothing stands between elements"


def test_zeep_reads_our_faults() -> None:
    zeep = pytest.importorskip("zeep")
    client = zeep_client(official_wsdl("1.6", CSMS))
    written = SoapCodec("1.6").encode(CallError("m1", ErrorCode.SECURITY, "not <you>"))

    with pytest.raises(zeep.exceptions.Fault) as caught:
        client.service._binding.process_error(etree.fromstring(written), None)

    assert "not <you>" == caught.value.message
    assert "env:Sender" == caught.value.code
    assert [etree.QName(CS_16, "SecurityError").text] == [str(code) for code in caught.value.subcodes]


@pytest.mark.parametrize(
    "level, sub_code, code, spelling",
    [
        ("Sender", "UrlMismatch", ErrorCode.IDENTITY, "UrlMismatch"),
        ("Sender", "Frobnicated", ErrorCode.PROTOCOL, "Frobnicated"),
        ("Receiver", "Frobnicated", ErrorCode.GENERIC, "Frobnicated"),
        ("Sender", None, ErrorCode.PROTOCOL, None),
        ("Receiver", None, ErrorCode.GENERIC, None),
        ("Sender", "", ErrorCode.PROTOCOL, None),
        ("DataEncodingUnknown", None, ErrorCode.GENERIC, None),
        # JSON names, which must not leak into SOAP, are understood.
        ("Receiver", "NotImplemented", ErrorCode.NOT_IMPLEMENTED, "NotImplemented"),
        ("Sender", "FormationViolation", ErrorCode.FORMAT, "FormationViolation"),
        ("MustUnderstand", "SecurityError", ErrorCode.MUST_UNDERSTAND, "SecurityError"),
        # The sub-code decides, even under the wrong code.
        ("Receiver", "SecurityError", ErrorCode.SECURITY, None),
    ],
)
def test_other_faults_are_understood_and_their_words_kept(
    level: str, sub_code: str | None, code: ErrorCode, spelling: str | None
) -> None:
    for prefix in ("ocpp:", "env:", "", "\n  undeclared:"):
        frame: Any = SoapCodec("1.6", role=STATION).decode(fault_envelope(level, sub_code, prefix=prefix))
        assert (code, spelling, ()) == (frame.code, frame.spelling, frame.violations)


def test_a_fault_may_be_in_the_namespace_of_any_version() -> None:
    for version in SOAP_VERSIONS:
        for namespace in (*specification(version).namespaces.values(), "urn:x"):
            written = fault_envelope("Sender", "SecurityError", namespace=namespace)
            assert ErrorCode.SECURITY is read(SoapCodec("1.6", role=STATION), written).code


@pytest.mark.parametrize(
    "detail, details",
    [
        ("", {}),
        ("<env:Detail/>", {}),
        ("<env:Detail>\n</env:Detail>", {}),
        ("<env:Detail>text</env:Detail>", {"#text": "text"}),
        ("<env:Detail><ocpp:a>1</ocpp:a><b>2</b></env:Detail>", {"a": "1", "b": "2"}),
        ("<env:Detail><a>1</a><a>2</a></env:Detail>", {"a": "1", "a[1]": "2"}),
        ('<env:Detail><a b="1"><c/>t</a></env:Detail>', {"a": {"@b": "1", "c": "", "#text": "t"}}),
    ],
)
def test_the_detail_of_a_fault_is_kept(detail: str, details: dict[str, Any]) -> None:
    frame: Any = SoapCodec("1.6", role=STATION).decode(fault_envelope("Sender", detail=detail))

    assert details == frame.details


def test_a_fault_without_code_or_reason_is_a_fault_all_the_same() -> None:
    frame: Any = SoapCodec("1.6", role=STATION).decode(envelope(response_header("x"), "<env:Fault/>", CS_16))

    assert ("m1", ErrorCode.GENERIC, "", {}) == (frame.id, frame.code, frame.description, frame.details)


@pytest.mark.parametrize(
    "header, rules",
    [
        ("", ["no_header"]),
        ("<env:Header><wsa:MessageID>m9</wsa:MessageID></env:Header>", ["relates_to"]),
        ("<env:Header><wsa:RelatesTo>null</wsa:RelatesTo></env:Header>", ["no_header"]),
        (f"<env:Header><wsa:RelatesTo>{UNSPECIFIED}</wsa:RelatesTo></env:Header>", []),
        (
            '<env:Header><x:a xmlns:x="urn:x" env:mustUnderstand="1"/></env:Header>',
            ["no_header", "must_understand"],
        ),
    ],
    ids=["no header", "no RelatesTo", "null", "unspecified", "unknown header"],
)
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
def test_a_fault_is_never_lost_for_its_form(tolerance: Tolerance, header: str, rules: list[str]) -> None:
    """HTTP has paired it with its call, and nobody answers it."""
    codec = SoapCodec("1.6", role=STATION, tolerance=tolerance)
    written = fault_envelope("Sender", "SecurityError", header=header)
    frame: Any = codec.decode(written, awaiting={"m7": v16.HeartbeatRequest})

    assert ("m7", ErrorCode.SECURITY, "why", rules) == (
        frame.id,
        frame.code,
        frame.description,
        labels(frame.violations),
    )


@pytest.mark.parametrize("awaiting", [{}, {"m7": v16.HeartbeatRequest, "m8": v16.HeartbeatRequest}])
def test_a_fault_that_says_of_no_call_and_could_be_of_none_or_several_has_no_id(awaiting: Any) -> None:
    written = fault_envelope("Sender", "SecurityError", header="")
    frame: Any = SoapCodec("1.6", role=STATION).decode(written, awaiting=awaiting)

    assert ("", ErrorCode.SECURITY) == (frame.id, frame.code)


#: A fault of SOAP 1.1: its code, what stands behind the code, and what that means to us.
OLD_FAULTS = [
    ("s:VersionMismatch", ErrorCode.ENVELOPE_VERSION, None),
    ("s:MustUnderstand", ErrorCode.MUST_UNDERSTAND, None),
    ("s:Client", ErrorCode.PROTOCOL, None),
    ("s:Server", ErrorCode.GENERIC, None),
    ("Client.SecurityError", ErrorCode.SECURITY, None),
    ("s:Server.Disk.Full", ErrorCode.GENERIC, "Disk.Full"),
]


@pytest.mark.parametrize("said, code, spelling", OLD_FAULTS)
def test_a_fault_of_soap_1_1_is_read(said: str, code: ErrorCode, spelling: str | None) -> None:
    """In its own envelope, or its words in the envelope of today."""
    words = f"<faultcode>{said}</faultcode><faultstring>why</faultstring><detail><a>1</a></detail>"
    body = f"<s:Body><s:Fault>{words}</s:Fault></s:Body>"
    old = f'<s:Envelope xmlns:s="{OLD_ENVELOPE}"><s:Header/>{body}</s:Envelope>'.encode()
    mixed = envelope("", f"<env:Fault>{words}</env:Fault>", CS_16)
    for written, rules in ((old, ["no_header", "old_fault"]), (mixed, ["no_header"])):
        codec = SoapCodec("1.6", role=STATION)
        frame: Any = codec.decode(written, awaiting={"m7": v16.HeartbeatRequest})

        assert ("m7", code, "why", {"a": "1"}, spelling, rules) == (
            frame.id,
            frame.code,
            frame.description,
            frame.details,
            frame.spelling,
            labels(frame.violations),
        )


def test_s12_a_whoever_speaks_soap_1_1_is_told_so_in_soap_1_1() -> None:
    """In its own words, with a header block that says what would be understood."""
    request = f'<s:Envelope xmlns:s="{OLD_ENVELOPE}"><s:Body><heartbeatRequest xmlns="{CS_16}"/></s:Body></s:Envelope>'
    codec = SoapCodec("1.6")
    with pytest.raises(FrameError) as caught:
        codec.decode(request.encode())
    assert ErrorCode.OLD_ENVELOPE_VERSION is caught.value.code

    fault = CallError("", caught.value.code, "why <you>")
    root = etree.fromstring(codec.encode(fault))

    assert f"{{{OLD_ENVELOPE}}}Envelope" == root.tag
    assert "VersionMismatch" == (root.findtext(".//faultcode") or "").split(":")[1]
    assert OLD_ENVELOPE == root.nsmap[(root.findtext(".//faultcode") or "").split(":")[0]]
    assert "why <you>" == root.findtext(".//faultstring")
    (supported,) = root.iter(f"{{{ENVELOPE}}}SupportedEnvelope")
    assert ENVELOPE == supported.nsmap[str(supported.get("qname")).split(":")[0]]
    assert "text/xml; charset=utf-8" == codec.content_type(fault)
    frame: Any = SoapCodec("1.6", role=STATION).decode(codec.encode(fault))
    assert (ErrorCode.ENVELOPE_VERSION, "why <you>") == (frame.code, frame.description)
