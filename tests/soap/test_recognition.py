"""What is no envelope, no operation or of another version, and what tells the version."""

import pytest

from envelopes import ENVELOPE, SOAP_VERSIONS, envelope
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version
from ocpp_core.soap.codec import SoapCodec
from sample_envelopes import BOOT, CP_15, CS_15, CS_16, START, boot, fault_envelope, start


@pytest.mark.parametrize(
    "written, code",
    [
        (b"<a/>", ErrorCode.FRAME),
        (f'<a:Envelope xmlns:a="{ENVELOPE}"/>'.encode(), ErrorCode.FRAME),
        (envelope("", "", CS_16), ErrorCode.FRAME),
        (envelope("", BOOT + BOOT, CS_16), ErrorCode.FRAME),
        (b"no XML", ErrorCode.FORMAT),
        (
            boot().replace(ENVELOPE.encode(), b"http://schemas.xmlsoap.org/soap/envelope/"),
            ErrorCode.OLD_ENVELOPE_VERSION,
        ),
        (boot().replace(ENVELOPE.encode(), b"urn:envelope"), ErrorCode.ENVELOPE_VERSION),
    ],
)
def test_what_is_no_envelope_of_soap_1_2_is_unreadable(written: bytes, code: ErrorCode) -> None:
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6", tolerance=Tolerance.TOLERANT).decode(written)

    assert (FrameKind.UNREADABLE, None, code) == (caught.value.kind, caught.value.id, caught.value.code)
    assert SoapCodec.sniff(written) is None


@pytest.mark.parametrize(
    "name", ["frobnicateRequest", "signCertificateRequest", "chargeBoxIdentity", "BootNotificationRequest"]
)
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
def test_an_unknown_operation_is_not_implemented(name: str, tolerance: Tolerance) -> None:
    """Also what only JSON has, and what the XML Schema has an element for though it is no message."""
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(boot(f"<ocpp:{name}/>"), tolerance=tolerance)

    assert (FrameKind.CALL, "m1", ErrorCode.NOT_IMPLEMENTED) == (
        caught.value.kind,
        caught.value.id,
        caught.value.code,
    )


def test_the_version_is_told_by_the_namespace_of_the_body() -> None:
    for version in SOAP_VERSIONS:
        for namespace in specification(version).namespaces.values():
            for uri in (namespace, namespace.rstrip("/")):
                assert Version(version) is SoapCodec.sniff(envelope("", "<ocpp:anything/>", uri))


@pytest.mark.parametrize("namespace", ["urn:x", "1.6", "2.0.1", "ocpp1.6", "V1_6", "urn://Ocpp/Cs/2015/11/"])
def test_other_names_of_versions_are_no_namespaces(namespace: str) -> None:
    assert SoapCodec.sniff(envelope("", "<ocpp:anything/>", namespace)) is None


def test_no_version_is_told_of_a_fault_or_an_envelope_that_is_too_large() -> None:
    assert SoapCodec.sniff(fault_envelope("Sender")) is None
    assert SoapCodec.sniff(envelope("", "<x/>", CS_16)) is None
    assert SoapCodec.sniff(boot(), max_size=100) is None


@pytest.mark.parametrize("version", ["2.0", "2.0.1", "2.1"])
def test_versions_without_soap_are_refused(version: str) -> None:
    with pytest.raises(LocalProtocolError, match=f"OCPP {version} has no SOAP wire"):
        SoapCodec(version)


def test_a_codec_takes_a_specification_too() -> None:
    assert "1.5" == SoapCodec(specification("1.5")).specification.version


@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
@pytest.mark.parametrize("namespace", [CS_15, CP_15, CS_15.rstrip("/")])
def test_a_body_of_another_version_is_refused_however_tolerant_we_are(
    tolerance: Tolerance, namespace: str
) -> None:
    """Its elements mean something else there; `sniff` finds the codec that can read it."""
    written = start(
        START.replace(
            "<ocpp:startTransactionRequest", f'<ocpp:startTransactionRequest xmlns:ocpp="{namespace}"'
        )
    )
    with pytest.raises(FrameError, match="of another version") as caught:
        SoapCodec("1.6", tolerance=tolerance).decode(written)

    assert (ErrorCode.PROTOCOL, "m1") == (caught.value.code, caught.value.id)
    assert Version.V1_5 is SoapCodec.sniff(written)


def test_what_is_no_xml_is_said_with_the_reason() -> None:
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(b"<Envelope>")

    assert "line 1" in str(caught.value)
