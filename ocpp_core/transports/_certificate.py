"""Whom a certificate names: subject and alternative names, read from PEM.

`ssl` does this for a socket of its own only; an ASGI server hands over the certificate as text. The server below has
verified it, and here no more than names is read, by the rules of DER: what is not understood is refused.

Source: RFC 5280 §4.1, §4.2.1.6; X.690 §8.1, §10.1.
"""

import ssl
from collections.abc import Iterator
from typing import Any

#: How `ssl.SSLSocket.getpeercert` calls the parts of a name (X.520), by their object identifiers.
_PARTS = {
    b"\x55\x04\x03": "commonName",
    b"\x55\x04\x05": "serialNumber",
    b"\x55\x04\x06": "countryName",
    b"\x55\x04\x07": "localityName",
    b"\x55\x04\x08": "stateOrProvinceName",
    b"\x55\x04\x0a": "organizationName",
    b"\x55\x04\x0b": "organizationalUnitName",
}
#: The same for alternative names that are text, by their tags.
_ALTERNATIVES = {0x81: "email", 0x82: "DNS", 0x86: "URI"}
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"

_SEQUENCE, _SET, _OBJECT_ID, _OCTETS, _VERSION, _EXTENSIONS = 0x30, 0x31, 0x06, 0x04, 0xA0, 0xA3
#: Kinds of text: UTF-8, Printable, T61, IA5, Universal, BMP.
_CHARSETS = {
    0x0C: "utf-8",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


def read_certificate(pem: str) -> dict[str, Any]:
    """``subject`` and, if there are any, ``subjectAltName``, in the form of `ssl.SSLSocket.getpeercert`.

    Raises:
        ValueError: It is no certificate.
    """
    certificate = _first(ssl.PEM_cert_to_DER_cert(pem), _SEQUENCE)
    fields = list(_values(_first(certificate, _SEQUENCE)))
    if fields and fields[0][0] == _VERSION:
        del fields[0]
    if len(fields) < 6 or fields[4][0] != _SEQUENCE:
        raise ValueError("a certificate has a subject")
    found: dict[str, Any] = {"subject": tuple(_relative_names(fields[4][1]))}
    extensions = next((content for tag, content in fields[5:] if tag == _EXTENSIONS), None)
    alternatives = tuple(_alternatives(extensions)) if extensions is not None else ()
    return {**found, "subjectAltName": alternatives} if alternatives else found


def _relative_names(name: bytes) -> Iterator[tuple[tuple[str, str], ...]]:
    for one in _contents(name, _SET):
        pairs = [list(_values(pair)) for pair in _contents(one, _SEQUENCE)]
        yield tuple((_PARTS[pair[0][1]], _text(*pair[1])) for pair in pairs if _is_part(pair))


def _is_part(pair: list[tuple[int, bytes]]) -> bool:
    if len(pair) != 2 or pair[0][0] != _OBJECT_ID:
        raise ValueError("a part of a name is a kind and a value")
    return pair[0][1] in _PARTS


def _text(tag: int, content: bytes) -> str:
    if tag not in _CHARSETS:
        raise ValueError("a part of a name is text")
    return content.decode(_CHARSETS[tag])


def _alternatives(extensions: bytes) -> Iterator[tuple[str, str]]:
    for extension in _contents(_first(extensions, _SEQUENCE), _SEQUENCE):
        parts = dict(_values(extension))  # a kind, whether it is critical, and what it says
        if parts.get(_OBJECT_ID) == _ALTERNATIVE_NAMES:
            for tag, content in _values(_first(parts.get(_OCTETS, b""), _SEQUENCE)):
                if tag in _ALTERNATIVES:
                    yield _ALTERNATIVES[tag], content.decode("ascii")


def _first(data: bytes, tag: int) -> bytes:
    found, content = next(_values(data), (None, b""))
    if found != tag:
        raise ValueError(f"a value of the kind {tag:#x} belongs here, not {found}")
    return content


def _contents(data: bytes, tag: int) -> Iterator[bytes]:
    """What is in values that follow each other and are all of one kind."""
    for found, content in _values(data):
        if found != tag:
            raise ValueError(f"a value of the kind {tag:#x} belongs here, not {found:#x}")
        yield content


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each value. DER has definite lengths only; no certificate has a tag of several bytes."""
    start = 0
    while start < len(data):
        tag, length, start = data[start], data[start + 1] if start + 1 < len(data) else 0xFF, start + 2
        if length >= 0x80:
            size = length & 0x7F
            if not 0 < size <= 4:
                raise ValueError("a length that DER does not have")
            length = int.from_bytes(data[start : start + size])
            start += size
        if tag & 0x1F == 0x1F or start + length > len(data):
            raise ValueError("a value that goes beyond its end")
        yield tag, data[start : start + length]
        start += length
