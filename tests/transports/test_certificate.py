"""Certificates as text: read as `ssl` reads those of its own sockets."""

import ssl
from contextlib import suppress
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import strategies as st

from ocpp_core.transports._certificate import _values, read_certificate
from properties import for_all
from served import NOW


def certificate(
    names: list[list[x509.NameAttribute[str]]], *alternatives: x509.GeneralName, critical: bool = False
) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.RelativeDistinguishedName(one) for one in names])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, NOW, NOW)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def part(text: str, kind: Any = NameOID.COMMON_NAME, form: _ASN1Type | None = None) -> Any:
    return x509.NameAttribute(kind, text, form)


#: By what is particular about them.
PEMS = {
    "one name": certificate([[part("CP-1")]]),
    "no name": certificate([]),
    "several": certificate(
        [[part("Operator", NameOID.ORGANIZATION_NAME)], [part("SN-1", NameOID.SERIAL_NUMBER)], [part("CP-ü")]]
    ),
    "every part": certificate(
        [
            [part("XX" if kind is NameOID.COUNTRY_NAME else f"Part {number}", kind)]
            for number, kind in enumerate(
                (
                    NameOID.COMMON_NAME,
                    NameOID.SERIAL_NUMBER,
                    NameOID.COUNTRY_NAME,
                    NameOID.LOCALITY_NAME,
                    NameOID.STATE_OR_PROVINCE_NAME,
                    NameOID.ORGANIZATION_NAME,
                    NameOID.ORGANIZATIONAL_UNIT_NAME,
                )
            )
        ]
    ),
    "at once": certificate([[part("A"), part("NL", NameOID.COUNTRY_NAME)]]),
    "two common names": certificate([[part("A")], [part("B")]]),
    "BMP": certificate([[part("CP-1", form=_ASN1Type.BMPString)]]),
    "Universal": certificate([[part("CP-1", form=_ASN1Type.UniversalString)]]),
    "T61": certificate([[part("CP-1", form=_ASN1Type.T61String)]]),
    "IA5": certificate([[part("CP-1", form=_ASN1Type.IA5String)]]),
    "long": certificate([[part("x" * 64)], [part("y" * 64, NameOID.ORGANIZATION_NAME)]] * 3),
    "alternatives": certificate(
        [[part("CP-1")]],
        x509.DNSName("cp-1.example"),
        x509.UniformResourceIdentifier("urn:cp:1"),
        x509.RFC822Name("cp@example"),
        x509.RegisteredID(NameOID.COMMON_NAME),
        critical=True,
    ),
    "many alternatives": certificate([], *(x509.DNSName(f"cp-{n}.example") for n in range(99))),
    "unknown part": certificate([[part("x", NameOID.PSEUDONYM)], [part("CP-1")]]),
}


def by_ssl(pem: str) -> dict[str, Any]:
    """What the standard library reads of it, which lists authorities only; without what is nothing to us."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem)
    (facts,) = context.get_ca_certs()
    subject = tuple(tuple(pair for pair in names if pair[0] != "pseudonym") for names in facts["subject"])
    kept = tuple(pair for pair in facts.get("subjectAltName", ()) if pair[0] in ("DNS", "URI", "email"))
    return {"subject": subject, **({"subjectAltName": kept} if kept else {})}


@pytest.mark.parametrize("name", PEMS)
def test_names_are_read_as_ssl_reads_them(name: str) -> None:
    assert by_ssl(PEMS[name]) == read_certificate(PEMS[name])


@pytest.mark.parametrize(
    "data",
    [b"\x9f\x01\x00", b"\x30\x80\x00\x00", b"\x30\x85\x00\x00\x00\x00\x00", b"\x30\x02\x00", b"\x30"],
    ids=["long tag", "no length", "long length", "cut", "tag alone"],
)
def test_what_der_does_not_have_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"value|length"):
        list(_values(data))


def test_what_is_no_certificate_is_a_value_error(record_property: Any) -> None:
    der = bytearray(ssl.PEM_cert_to_DER_cert(PEMS["alternatives"]))

    def check(case: tuple[list[tuple[int, int]], int]) -> None:
        changes, length = case
        data = bytearray(der)
        for place, value in changes:
            data[place] = value
        with suppress(ValueError):
            read_certificate(ssl.DER_cert_to_PEM_cert(bytes(data[:length])))

    places = st.integers(0, len(der) - 1)
    cases = st.tuples(st.lists(st.tuples(places, st.integers(0, 255)), max_size=4), st.integers(0, len(der)))
    record_property("cases", for_all(cases, 500, check))


@pytest.mark.parametrize(
    "pem", ["", "CP-1", "-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----"]
)
def test_what_is_no_pem_is_a_value_error(pem: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the kinds of it do not matter
        read_certificate(pem)
