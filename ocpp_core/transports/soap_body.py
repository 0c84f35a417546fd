"""Bodies of HTTP messages on the SOAP wire: media type, compression, size and status. No I/O, no other libraries.

Source: OCPP-S 1.6 §3.1, §6.1; SOAP 1.2 part 2 §7; RFC 9110 §8.3, §8.4, §12.5.3, §15.5. OCPP-S says nothing of HTTP
status codes: a fault has the one that SOAP gives it.
"""

import gzip
import re
import zlib
from collections.abc import Iterator

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import ProtocolError
from ocpp_core.soap.faults import fault_code

#: SOAP 1.2 part 2 §7.1.
SOAP_XML = "application/soap+xml"
#: What peers send in its place.
OTHER_XML = ("text/xml", "application/xml")

#: Codings that may be applied to one body; nobody has a reason for more than one.
MAX_CODINGS = 2

#: Items of a header that are looked at; ten codings have names.
MOST_LISTED = 32

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]*)", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")
_WEIGHT = re.compile(r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$", re.IGNORECASE)

#: How zlib is told what it reads: gzip; deflate, which is zlib by the standard and raw where peers got it wrong.
_FORMATS = {
    "gzip": (31,),
    "x-gzip": (31,),
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),
}


class BodyRefused(ProtocolError):
    """The body of an HTTP request or response cannot be used.

    Attributes:
        status: HTTP status to answer with: 400, 413 or 415.
        reason: One sentence for people.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


def read_body(
    data: bytes,
    *,
    content_type: str,
    content_encoding: str = "",
    max_size: int = 1_048_576,
    any_xml: bool = False,
) -> bytes:
    """Takes an envelope out of the body of an HTTP message, unpacking it no further than allowed.

    Args:
        data: The body as it was received.
        content_type: Header of that name, "" if there is none; several are joined with commas (RFC 9110 §5.3), and
            refused then, as two readers might take different ones.
        content_encoding: Header of that name, "" if there is none; several are joined with commas, and all count.
        max_size: Bytes that the envelope may have, packed and unpacked. It bounds memory and time too: of what would
            unpack to more, no more than this is unpacked.
        any_xml: Take other media types of XML, and a body without any.

    Raises:
        BodyRefused: Of another media type, charset or coding (415); too large (413); broken compression, or several
            media types (400).
    """
    _check_type(content_type, any_xml)
    codings = [name for name in _list(content_encoding) if name != "identity"]
    if len(codings) > MAX_CODINGS or not set(codings) <= set(_FORMATS):
        raise BodyRefused(415, f"the content encoding {content_encoding[:80]!r} is not read")
    _check_size(data, max_size)
    for name in reversed(codings):  # the last was applied last
        data = _unpacked(data, name, max_size)
    return data


def write_body(data: bytes, accept_encoding: str = "", *, threshold: int = 1024) -> tuple[bytes, str]:
    """Packs an envelope, if the peer has offered to unpack it and it is worth while (OCPP-S 1.6 §6.1).

    Args:
        data: An envelope.
        accept_encoding: Header of the request, "" if it has none.
        threshold: Bytes below which nothing is packed: it would become larger, or hardly smaller.

    Returns:
        The body, and the Content-Encoding that it has now; "" for none.
    """
    if len(data) < threshold:
        return data, ""
    weights = dict(_weights(accept_encoding))
    others = weights.get("*", 0.0)
    at_least = weights.get("identity", 0.0)
    name = max(("gzip", "deflate"), key=lambda name: weights.get(name, others))
    weight = weights.get(name, others)
    if not weight or weight < at_least:
        return data, ""
    packed = gzip.compress(data, mtime=0) if name == "gzip" else zlib.compress(data)
    return (packed, name) if len(packed) < len(data) else (data, "")


def http_status(code: ErrorCode | None, *, sender_fault_status: int = 400) -> int:
    """The HTTP status of an answer (SOAP 1.2 part 2 §7.5.2, table 20).

    Faults of the sender are 400. All others are 500, VersionMismatch as well: it is the sender who has written an
    envelope of another version, but that table wants 500 for it.

    Args:
        code: That of a `CallError`; None for a response.
        sender_fault_status: 500 for peers that read a fault only with that status, and report a bare 400 otherwise.
    """
    if code is None:
        return 200
    return sender_fault_status if fault_code(code) == "Sender" else 500


def _check_type(content_type: str, any_xml: bool) -> None:
    if "," in content_type and "," in _QUOTED.sub("", content_type):
        raise BodyRefused(400, "there are several content types")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != SOAP_XML and not (any_xml and media_type in (*OTHER_XML, "")):
        raise BodyRefused(415, f"the media type {media_type[:80]!r} is not {SOAP_XML}")
    charset = _CHARSET.search(content_type)
    if charset is not None and charset[1].lower() not in _CHARSETS:
        raise BodyRefused(415, f"the charset {charset[1][:80]!r} is not UTF-8")


def _check_size(data: bytes, max_size: int) -> None:
    if len(data) > max_size:
        raise BodyRefused(413, f"the body has more than {max_size} bytes")


def _unpacked(data: bytes, name: str, max_size: int) -> bytes:
    for bits in _FORMATS[name]:
        reader = zlib.decompressobj(bits)
        try:
            # One byte more tells what is too large; zlib stops there, with the rest unread.
            unpacked = reader.decompress(data, max_size + 1)
        except zlib.error:
            continue
        _check_size(unpacked, max_size)
        if not reader.eof:
            raise BodyRefused(400, f"the {name} body ends too early")
        if reader.unused_data:
            raise BodyRefused(400, f"something follows the {name} body")
        return unpacked
    raise BodyRefused(400, f"the body is no {name}")


def _weights(header: str) -> Iterator[tuple[str, float]]:
    """Codings with their weights; what has a weight that cannot be read is as good as not offered."""
    for item in _list(header):
        name, semicolon, _ = item.partition(";")
        weight = _WEIGHT.search(item)
        yield name.strip(), float(weight[1]) if weight is not None else 0.0 if semicolon else 1.0


def _list(header: str) -> Iterator[str]:
    """Its items. Those beyond `MOST_LISTED` are the last one, all together: it is the name of nothing."""
    return (item.strip().lower() for item in header.split(",", MOST_LISTED) if item.strip())
