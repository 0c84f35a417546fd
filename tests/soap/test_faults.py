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
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import CallError
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import FAULT_ACTION
from sample_envelopes import CS_16, CSMS, STATION, fault_envelope, labels, read

#: OCPP-S 1.6 §4 table 1, and the two faults that are of SOAP itself: first level, second level, what they mean to us.
FAULT_TABLE = [
    ("Sender", "SecurityError", ErrorCode.SECURITY),
    ("Sender", "IdentityMismatch", ErrorCode.IDENTITY),
    ("Sender", "ProtocolError", ErrorCode.PROTOCOL),
    ("Receiver", "InternalError", ErrorCode.INTERNAL),
    ("Receiver", "NotSupported", ErrorCode.NOT_SUPPORTED),
    ("VersionMismatch", None, ErrorCode.ENVELOPE_VERSION),
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
    frame: Any = SoapCodec("1.6", role=STATION).decode(SoapCodec("1.6").encode(CallError("m1", code)))
    known = {code for _, _, code in FAULT_TABLE}

    assert frame.code in known
    assert code is frame.code or code not in known
    assert code.replace("-", " ") == frame.description


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


def test_a_fault_without_headers_is_tolerated_as_any_answer() -> None:
    written = fault_envelope("Sender", "SecurityError", header="")
    codec = SoapCodec("1.6", role=STATION)

    with pytest.raises(FrameError) as caught:
        codec.decode(written)
    frame: Any = codec.decode(written, awaiting={"m7": v16.HeartbeatRequest}, tolerance=Tolerance.TOLERANT)

    assert FrameKind.CALLERROR is caught.value.kind
    assert ("m7", ErrorCode.SECURITY, ["no_header"]) == (
        frame.id,
        frame.code,
        labels(frame.violations),
    )
