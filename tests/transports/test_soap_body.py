"""Bodies of HTTP messages: media types, compression, bombs, status."""

import gzip
import zlib
from collections.abc import Callable
from functools import cache
from itertools import product

import pytest
from hypothesis import strategies as st

from bounds import memory
from ocpp_core.model.codes import ErrorCode
from ocpp_core.transports.soap_body import BodyRefused, http_status, read_body, write_body
from properties import for_all

SOAP = "application/soap+xml; charset=utf-8"
ENVELOPE = b'<?xml version="1.0" encoding="UTF-8"?>\n<e/>' + b" " * 3000
MEBIBYTE = 1_048_576


def raw_deflate(data: bytes) -> bytes:
    writer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return writer.compress(data) + writer.flush()


def as_it_is(data: bytes) -> bytes:
    return data


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("identity", as_it_is),
]
NAMES = ["gzip", "x-gzip", "deflate", "deflate raw", "identity"]


def status_of(
    data: bytes, content_encoding: str = "", max_size: int = MEBIBYTE, content_type: str = SOAP
) -> int:
    with pytest.raises(BodyRefused) as info:
        read_body(data, content_type=content_type, content_encoding=content_encoding, max_size=max_size)
    assert info.value.reason == str(info.value) != ""
    return info.value.status


# Media type


@pytest.mark.parametrize(
    "content_type",
    [
        "application/soap+xml",
        SOAP,
        'Application/SOAP+XML ; Charset="UTF-8"; action="/Heartbeat"',
        "application/soap+xml;action=x;charset=us-ascii",
    ],
)
def test_media_type_of_soap_is_read(content_type: str) -> None:
    assert b"<e/>" == read_body(b"<e/>", content_type=content_type)


@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/xml; charset=utf-8", "TEXT/XML;charset=utf8", ""]
)
def test_other_xml_is_read_if_asked(content_type: str) -> None:
    assert 415 == status_of(b"<e/>", content_type=content_type)
    assert b"<e/>" == read_body(b"<e/>", content_type=content_type, any_xml=True)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "application/json",
        "application/soap+xmlx",
        "multipart/related; type=application/soap+xml",
        "application/soap+xml; charset=utf-16",
        "text/xml; charset=iso-8859-1",
        "application/soap+xml; charset=utf-7",
    ],
)
def test_anything_else_is_415(content_type: str) -> None:
    with pytest.raises(BodyRefused) as info:
        read_body(b"<e/>", content_type=content_type, any_xml=True)

    assert 415 == info.value.status


@pytest.mark.parametrize(
    "content_type",
    [f"{SOAP}, {SOAP}", f"{SOAP}, text/html", "application/soap+xml,text/xml", f"{SOAP},", f", {SOAP}", ","],
)
def test_several_media_types_are_400(content_type: str) -> None:
    """Whoever reads but one of them may take another one than we do."""
    for any_xml in (False, True):
        with pytest.raises(BodyRefused) as info:
            read_body(b"<e/>", content_type=content_type, any_xml=any_xml)

        assert 400 == info.value.status


def test_a_comma_in_quotes_makes_no_second_media_type() -> None:
    assert b"<e/>" == read_body(b"<e/>", content_type='application/soap+xml; action="a,b"; charset="utf-8"')


# Compression


@pytest.mark.parametrize("name, pack", PACKERS, ids=NAMES)
def test_codings_are_read(name: str, pack: Callable[[bytes], bytes]) -> None:
    for spelling in (name, name.upper(), f" {name} ,", f"identity, {name}"):
        assert ENVELOPE == read_body(pack(ENVELOPE), content_type=SOAP, content_encoding=spelling)


@pytest.mark.parametrize("first, second", list(product(PACKERS, PACKERS)))
def test_two_codings_are_taken_off_in_turn(
    first: tuple[str, Callable[[bytes], bytes]], second: tuple[str, Callable[[bytes], bytes]]
) -> None:
    packed = second[1](first[1](ENVELOPE))

    assert ENVELOPE == read_body(packed, content_type=SOAP, content_encoding=f"{first[0]}, {second[0]}")


@pytest.mark.parametrize(
    "coding", ["br", "compress", "gzip, br", "gzip;q=1", "gzip gzip", "gzip, gzip, gzip"]
)
def test_other_codings_and_three_of_them_are_415(coding: str) -> None:
    assert 415 == status_of(gzip.compress(gzip.compress(gzip.compress(ENVELOPE))), coding)


BROKEN = {
    "nothing": ("gzip", b""),
    "nothing, deflate": ("deflate", b""),
    "not packed": ("gzip", ENVELOPE),
    "not packed, deflate": ("deflate", ENVELOPE),
    "cut off": ("gzip", gzip.compress(ENVELOPE)[:-1]),
    "cut off in the head": ("gzip", gzip.compress(ENVELOPE)[:5]),
    "cut off, deflate": ("deflate", zlib.compress(ENVELOPE)[:-1]),
    "cut off, raw": ("deflate", raw_deflate(ENVELOPE)[:-1]),
    "wrong checksum": ("gzip", gzip.compress(ENVELOPE)[:-8] + bytes(8)),
    "wrong checksum, deflate": ("deflate", zlib.compress(ENVELOPE)[:-4] + bytes(4)),
    "another member": ("gzip", gzip.compress(ENVELOPE) * 2),
    "something behind": ("gzip", gzip.compress(ENVELOPE) + b"\0"),
    "something behind, deflate": ("deflate", zlib.compress(ENVELOPE) + b"\0"),
    "gzip in place of deflate": ("deflate", gzip.compress(ENVELOPE)),
    "deflate in place of gzip": ("gzip", zlib.compress(ENVELOPE)),
    "inner one broken": ("gzip, deflate", zlib.compress(gzip.compress(ENVELOPE)[:-1])),
}


@pytest.mark.parametrize("coding, data", BROKEN.values(), ids=BROKEN)
def test_broken_compression_is_400(coding: str, data: bytes) -> None:
    assert 400 == status_of(data, coding)


# Size


@pytest.mark.parametrize("name, pack", PACKERS, ids=NAMES)
def test_limit_is_exact(name: str, pack: Callable[[bytes], bytes]) -> None:
    fits, does_not = pack(bytes(5000)), pack(bytes(5001))

    assert 5000 == len(read_body(fits, content_type=SOAP, content_encoding=name, max_size=5000))
    assert 413 == status_of(does_not, name, 5000)


def test_body_that_is_too_large_packed_is_not_unpacked() -> None:
    assert 413 == status_of(gzip.compress(b"x") + bytes(100), "gzip", 100)


HUGE = 64 * MEBIBYTE


@cache
def packed_zeros(bits: int, size: int = HUGE) -> bytes:
    writer = zlib.compressobj(9, wbits=bits)
    parts = [writer.compress(bytes(MEBIBYTE)) for _ in range(size // MEBIBYTE)]
    return b"".join([*parts, writer.flush()])


BOMBS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "gzip": lambda: ("gzip", packed_zeros(31)),
    "deflate": lambda: ("deflate", packed_zeros(15)),
    "deflate raw": lambda: ("deflate", packed_zeros(-15)),
    "gzip in gzip": lambda: ("gzip, gzip", gzip.compress(packed_zeros(31))),
    "gzip in deflate": lambda: ("gzip, deflate", zlib.compress(packed_zeros(31), 9)),
    "members of nothing": lambda: ("gzip", gzip.compress(b"") * 50_000),
    "deflate that breaks at its end": lambda: ("deflate", zlib.compress(bytes(MEBIBYTE))[:-4] + bytes(4)),
}


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("limit", [MEBIBYTE, 4 * MEBIBYTE])
def test_bombs_cost_no_more_than_the_limit_allows(make: Callable[[], tuple[str, bytes]], limit: int) -> None:
    """64 MiB of zeros in 64 KiB, or in less than 1 KiB when they are packed twice."""
    coding, data = make()

    # What is unpacked is put together from blocks, so it is there twice for a moment; and the rest of the input.
    with memory(3 * limit + 65_536):
        status = status_of(data, coding, limit)

    assert status in (400, 413)


# Writing


@pytest.mark.parametrize(
    "accept_encoding, coding",
    [
        ("", ""),
        ("gzip", "gzip"),
        ("deflate", "deflate"),
        ("deflate, gzip", "gzip"),
        ("GZIP;q=0.5, Deflate;q=0.8", "deflate"),
        ("gzip;q=0, deflate", "deflate"),
        ("gzip; q=0.0", ""),
        ("*", "gzip"),
        ("*;q=0", ""),
        ("gzip;q=0, *", "deflate"),
        ("identity", ""),
        ("identity;q=1, gzip;q=0.5", ""),
        ("identity;q=0.1, gzip;q=0.5", "gzip"),
        ("br, zstd", ""),
        ("gzip;q=2", ""),
        ("gzip;q=often", ""),
        (",;,=;q", ""),
    ],
)
def test_packs_what_the_peer_prefers(accept_encoding: str, coding: str) -> None:
    body, written = write_body(ENVELOPE, accept_encoding)

    assert coding == written
    assert ENVELOPE == read_body(body, content_type=SOAP, content_encoding=written)
    assert (len(body) < len(ENVELOPE)) is bool(coding)


def test_small_bodies_are_not_packed() -> None:
    assert (b"x" * 99, "") == write_body(b"x" * 99, "gzip", threshold=100)
    assert "gzip" == write_body(b"x" * 100, "gzip", threshold=100)[1]


def test_what_would_grow_is_not_packed() -> None:
    dense = zlib.compress(bytes(range(256)) * 8, 9)

    assert (dense, "") == write_body(dense, "gzip, deflate", threshold=0)


def test_packed_bytes_do_not_depend_on_the_clock() -> None:
    assert bytes(4) == write_body(ENVELOPE, "gzip")[0][4:8]


def test_deflate_is_written_with_the_head_of_zlib() -> None:
    assert ENVELOPE == zlib.decompress(write_body(ENVELOPE, "deflate")[0])


def test_anything_comes_back(record_property: Callable[[str, object], None]) -> None:
    def check(case: tuple[bytes, int, str]) -> None:
        part, times, accept = case
        data = part * times
        body, coding = write_body(data, accept, threshold=0)
        assert data == read_body(body, content_type=SOAP, content_encoding=coding, max_size=len(data) + 64)

    accepts = st.sampled_from(["", "gzip", "deflate", "*"]) | st.text(max_size=20)
    record_property("cases", for_all(st.tuples(st.binary(), st.integers(0, 200), accepts), 300, check))


def test_whatever_comes_in_is_read_or_refused(record_property: Callable[[str, object], None]) -> None:
    """Bytes and headers of any kind: the size holds, and nothing else is raised."""

    def check(case: tuple[bytes, int, str, str]) -> None:
        data, cut, content_type, coding = case
        data = data[: len(data) - cut % (len(data) + 1)]
        try:
            read = read_body(data, content_type=content_type, content_encoding=coding, max_size=500)
        except BodyRefused:
            return
        assert len(read) <= 500

    packed = [st.binary(max_size=800).map(pack) for _, pack in PACKERS]
    header = st.sampled_from([*NAMES, "gzip, deflate", ""]) | st.text(max_size=20)
    cases = st.tuples(st.one_of(packed), st.integers(0, 20), st.just(SOAP) | st.text(max_size=20), header)
    record_property("cases", for_all(cases, 500, check))


# Status


@pytest.mark.parametrize("code", ErrorCode)
def test_status_of_a_fault(code: ErrorCode) -> None:
    others = {
        ErrorCode.NOT_IMPLEMENTED,
        ErrorCode.NOT_SUPPORTED,
        ErrorCode.INTERNAL,
        ErrorCode.GENERIC,
        ErrorCode.ENVELOPE_VERSION,
        ErrorCode.OLD_ENVELOPE_VERSION,
        ErrorCode.MUST_UNDERSTAND,
    }

    assert (500 if code in others else 400) == http_status(code)
    assert 500 == http_status(code, sender_fault_status=500)


def test_status_of_a_response() -> None:
    assert 200 == http_status(None)
    assert 200 == http_status(None, sender_fault_status=500)
