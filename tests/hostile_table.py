"""Envelopes that attack: what becomes of each, and what that costs beside the largest valid envelope.

``python tests/hostile_table.py`` prints the table; `soap/test_hostile.py` holds each line of it to its bounds.
"""

from __future__ import annotations

import codecs
import ctypes
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bounds import undisturbed
from ocpp_core.model.errors import FrameError
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.soap.codec import SoapCodec

LIMIT = 1_048_576
#: Above the limits of libxml2 itself: what is refused there is refused by those.
HUGE = 64 * LIMIT

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
NAMESPACE = "urn://Ocpp/Cp/2015/10/"
CS = "urn://Ocpp/Cs/2015/10/"
HEADER = (
    "<h:chargeBoxIdentity>CP1</h:chargeBoxIdentity><w:Action>/{}</w:Action><w:MessageID>m1</w:MessageID>"
    "<w:RelatesTo>m0</w:RelatesTo>"
)


class Attack(NamedTuple):
    """One line of the table.

    Attributes:
        make: Makes the bytes; not before they are wanted.
        refused: What the refusal says; None if the envelope is read.
        limit: What `max_size` is, and so what the memory is compared with.
    """

    make: Callable[[], bytes]
    refused: str | None
    limit: int = LIMIT


def envelope(
    body: str, *, action: str = "Heartbeat", namespace: str = CS, header: str = "", prolog: str = ""
) -> bytes:
    """An envelope in which the namespace of the body has no prefix."""
    return (
        f'{prolog}<e:Envelope xmlns:e="{ENVELOPE}" xmlns:w="http://www.w3.org/2005/08/addressing"'
        f' xmlns:h="{namespace}" xmlns="{namespace}"><e:Header>{HEADER.format(action)}{header}</e:Header>'
        f"<e:Body>{body}</e:Body></e:Envelope>"
    ).encode()


HEARTBEAT = envelope("<heartbeatRequest/>")


def filled(item: str, room: int = LIMIT - 1000) -> str:
    """As many of an item as there is room for; ``#`` in it is a number."""
    if "#" not in item:
        return item * (room // len(item))
    sized = item.replace("#", "123456")
    return "".join(item.replace("#", f"{number:06}") for number in range(room // len(sized)))


def data_transfer(data: str) -> bytes:
    body = f"<dataTransferRequest><vendorId>V</vendorId><data>{data}</data></dataTransferRequest>"
    return envelope(body, action="DataTransfer", namespace=NAMESPACE)


def configuration(keys: str) -> bytes:
    body = f"<getConfigurationRequest>{keys}</getConfigurationRequest>"
    return envelope(body, action="GetConfiguration", namespace=NAMESPACE)


def meter_values(values: str) -> bytes:
    body = f"<meterValuesRequest><connectorId>1</connectorId>{values}</meterValuesRequest>"
    return envelope(body, action="MeterValues")


ATTRIBUTE, DECLARATION = ' a#=""', ' xmlns:a#="b"'
SAMPLE = "<sampledValue><value>#</value><unit>Wh</unit></sampledValue>"


def samples(sample: str = SAMPLE) -> str:
    """Readings, a hundred in each MeterValue."""
    hundred = f"<meterValue><timestamp>2026-01-31T12:00:00Z</timestamp>{sample * 100}</meterValue>"
    return filled(hundred.replace("#", "1"))


def largest_valid() -> bytes:
    """What everything is compared with: a valid envelope of the largest size, with many small values in it."""
    return meter_values(samples())


def transfer(prolog: str, data: str = "x") -> bytes:
    return data_transfer(data).replace(b"<e:Env", f"{prolog}<e:Env".encode(), 1)


def billion_laughs() -> str:
    levels = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY l0 "lol">{levels}]>'


def undeclared(said: bytes) -> bytes:
    return b"<?xml %b?>" % said + HEARTBEAT


def declared(encoding: str, body: bytes = HEARTBEAT) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + body


DTD, PI, NO_XML = "has a document type", "has a processing instruction", "not XML"
SIZE, NUL, UTF_16, OTHER, WIDE = (
    "bytes, at most",
    "has a NUL byte",
    "is in UTF-16",
    "only UTF-8 is read",
    "elements in it",
)

ATTACKS: dict[str, Attack] = {
    # Entities and what else a document type can do
    "document type": Attack(lambda: transfer("<!DOCTYPE e:Envelope>"), DTD),
    "document type of another file": Attack(
        lambda: transfer('<!DOCTYPE x SYSTEM "file:///etc/passwd">'), DTD
    ),
    "document type of another host": Attack(
        lambda: transfer('<!DOCTYPE x PUBLIC "a" "http://127.0.0.1:9/x.dtd">'), DTD
    ),
    "internal entity": Attack(lambda: transfer('<!DOCTYPE x [<!ENTITY a "b">]>', "&a;"), DTD),
    "external entity, file": Attack(
        lambda: transfer('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;"), DTD
    ),
    "external entity, endless device": Attack(
        lambda: transfer('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///dev/zero">]>', "&a;"), DTD
    ),
    "external entity, host": Attack(
        lambda: transfer('<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:9/">]>', "&a;"), DTD
    ),
    "parameter entity": Attack(
        lambda: transfer('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/e.dtd"> %p;]>'), DTD
    ),
    "billion laughs": Attack(lambda: transfer(billion_laughs(), "&l9;"), DTD),
    "billion laughs in an attribute": Attack(
        lambda: transfer(billion_laughs()).replace(b"<vendorId>", b'<vendorId a="&l9;">'), DTD
    ),
    "quadratic blow-up": Attack(
        lambda: transfer(f'<!DOCTYPE x [<!ENTITY a "{"x" * 100_000}">]>', "&a;" * 100_000), DTD
    ),
    "default attribute from a document type": Attack(
        lambda: transfer('<!DOCTYPE x [<!ATTLIST data a CDATA "b">]>'), DTD
    ),
    "document type behind a comment": Attack(lambda: transfer("<!-- <!DOCTYPE --><!DOCTYPE x>"), DTD),
    "document type in small letters": Attack(lambda: transfer("<!doctype x>"), NO_XML),
    "entity that nobody declared": Attack(lambda: data_transfer("&a;"), NO_XML),
    "document type in CDATA is text": Attack(lambda: data_transfer("<![CDATA[<!DOCTYPE x><?pi?>]]>"), None),
    "document type in a comment is none": Attack(lambda: data_transfer("<!--<!DOCTYPE x><?pi?>-->x"), None),
    "comments without end": Attack(lambda: data_transfer(filled("<!--")) + b"<?", NO_XML),
    "CDATA sections without end": Attack(lambda: data_transfer(filled("<![CDATA[")) + b"<?", NO_XML),
    "comment within comment": Attack(lambda: data_transfer("<!-- <!-- --> -->"), NO_XML),
    # Instructions and inclusions
    "instruction before": Attack(lambda: transfer('<?xml-stylesheet href="http://127.0.0.1:9/"?>'), PI),
    "instruction inside": Attack(lambda: data_transfer("<?php exit?>"), PI),
    "instruction behind": Attack(lambda: HEARTBEAT + b"<?pi?>", PI),
    "second XML declaration": Attack(lambda: declared("UTF-8", declared("UTF-16")), PI),
    "XInclude": Attack(
        lambda: data_transfer(
            '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
        ),
        "must be a string",
    ),
    "location of another schema": Attack(
        lambda: envelope(
            '<heartbeatRequest xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
            f'i:schemaLocation="{CS} file:///dev/zero" i:noNamespaceSchemaLocation="http://127.0.0.1:9/"/>'
        ),
        None,
    ),
    # Depth, width, size
    "100,000 nested elements": Attack(lambda: data_transfer("<a>" * 100_000 + "</a>" * 100_000), NO_XML),
    "nested without end": Attack(lambda: data_transfer(filled("<a>")), NO_XML),
    "nested 240 deep, unknown": Attack(
        lambda: data_transfer("<a>" * 240 + "</a>" * 240), "nested deeper than 64 levels"
    ),
    "nested 240 deep in the header": Attack(
        lambda: envelope("<heartbeatRequest/>", header="<a>" * 240 + "</a>" * 240), None
    ),
    "10,000 attributes": Attack(
        lambda: envelope(f"<heartbeatRequest {filled(ATTRIBUTE, 100_000)}/>"), "more than 250 attributes"
    ),
    "as many attributes as fit": Attack(
        lambda: envelope(f"<heartbeatRequest {filled(ATTRIBUTE)}/>"), "more than 250 attributes"
    ),
    "the same attribute twice": Attack(lambda: envelope('<heartbeatRequest a="" a=""/>'), NO_XML),
    "10 MB attribute": Attack(lambda: envelope(f'<heartbeatRequest a="{"x" * 10**7}"/>'), SIZE),
    "10 MB attribute, larger limit": Attack(
        lambda: envelope(f'<heartbeatRequest a="{"x" * 10_000_001}"/>'), NO_XML, HUGE
    ),
    "1 MB attribute": Attack(
        lambda: envelope(f'<heartbeatRequest a="{filled("x")}"/>'), "no such member here"
    ),
    "10 MB text": Attack(lambda: data_transfer("x" * 10**7), SIZE),
    "10 MB text, larger limit": Attack(lambda: data_transfer("x" * 10_000_001), NO_XML, HUGE),
    "1 MB text where it may stand": Attack(lambda: data_transfer(filled("x")), None),
    "1 MB text where 50 letters may": Attack(
        lambda: configuration(f"<key>{filled('x')}</key>"), "at most 50 are allowed"
    ),
    "1 MB element name": Attack(lambda: envelope(f"<{filled('x')}/>"), NO_XML),
    "1 MB prefix": Attack(lambda: envelope(f"<{filled('x')}:a/>"), NO_XML),
    "49 kB element name": Attack(lambda: envelope(f"<{filled('x', 49_000)}/>"), "has no operation"),
    "50 MB envelope": Attack(lambda: configuration(filled("<key>k</key>", 50 * LIMIT)), SIZE),
    "8 MB envelope, larger limit": Attack(
        lambda: configuration(filled("<key>k</key>", 8 * LIMIT)), WIDE, HUGE
    ),
    "entity references of characters": Attack(lambda: data_transfer("&#120;" * 174_000), None),
    # Numbers of things
    "as many valid keys as one element may hold": Attack(
        lambda: configuration("<key>k</key>" * 10_000), None
    ),
    "10,000 keys, all too long": Attack(
        lambda: configuration(f"<key>{'x' * 51}</key>" * 10_000), "at most 50 are allowed"
    ),
    "as many keys as fit": Attack(lambda: configuration(filled("<key/>")), WIDE),
    "10,000 elements of one unknown name": Attack(
        lambda: configuration("<x/>" * 10_000), "no such member here"
    ),
    "10,000 elements of unknown names": Attack(
        lambda: configuration(filled("<chargePoin#/>", 160_000)), "no such member here"
    ),
    "readings without number, each wrong": Attack(
        lambda: meter_values(
            samples("<sampledValue><value>1</value><unit>Energy.Activ</unit></sampledValue>")
        ),
        "is none of Wh",
    ),
    "unknown elements in each reading": Attack(
        lambda: meter_values(samples("<sampledValue><value>1</value><valeu/></sampledValue>")),
        "no such member here",
    ),
    "elements in no namespace": Attack(
        lambda: meter_values(samples('<sampledValue xmlns=""><value>1</value></sampledValue>')),
        "is in no namespace",
    ),
    "as many blocks in the header as fit": Attack(
        lambda: envelope("<heartbeatRequest/>", header=filled("<a/>")), WIDE
    ),
    "10,000 blocks of WS-Addressing of 2004": Attack(
        lambda: envelope(
            "<heartbeatRequest/>",
            header='<w:To xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"/>' * 9_900,
        ),
        "is in the namespace",
    ),
    "elements in the body": Attack(lambda: envelope("<heartbeatRequest/>" * 10_000), "the body has 10000"),
    "namespace declarations": Attack(lambda: envelope(f"<heartbeatRequest {filled(DECLARATION)}/>"), None),
    "namespace declared anew at each level": Attack(
        lambda: data_transfer(
            "".join(f'<p{level}:a xmlns:p{level}="{"u" * 3000}{level}">' for level in range(240))
            + "".join(f"</p{level}:a>" for level in reversed(range(240)))
        ),
        "nested deeper than 64 levels",
    ),
    "namespace of each child": Attack(
        lambda: configuration(filled('<a#:key xmlns:a#="b#"/>', 250_000)), "is in the namespace"
    ),
    # Encodings
    "UTF-8, with a mark": Attack(lambda: codecs.BOM_UTF8 + HEARTBEAT, None),
    "declared in UTF-8": Attack(lambda: declared("UTF-8"), None),
    "declared in small letters, before blanks": Attack(lambda: declared("utf-8") + b" \r\n", None),
    "declared behind blanks": Attack(lambda: b" \r\n" + declared("utf-8"), "has blanks before it"),
    "UTF-16 with a mark": Attack(lambda: HEARTBEAT.decode().encode("utf-16"), UTF_16),
    "UTF-16 without a mark": Attack(lambda: HEARTBEAT.decode().encode("utf-16-be"), NUL),
    "UTF-16, and declared so": Attack(lambda: declared("UTF-16").decode().encode("utf-16"), UTF_16),
    "UTF-16, declared so, without a mark": Attack(
        lambda: declared("UTF-16").decode().encode("utf-16-le"), UTF_16
    ),
    "UTF-32": Attack(lambda: HEARTBEAT.decode().encode("utf-32"), NUL),
    "declared in UTF-16, but UTF-8": Attack(lambda: declared("UTF-16"), OTHER),
    "UTF-7": Attack(
        lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-' + HEARTBEAT, OTHER
    ),
    "UTF-7 without a declaration": Attack(lambda: b"+ADwAIQ-DOCTYPE x+AD4-" + HEARTBEAT, NO_XML),
    "EBCDIC": Attack(lambda: declared("cp037").decode().encode("cp037"), NO_XML),
    "EBCDIC, declared in ASCII": Attack(lambda: declared("cp037"), OTHER),
    "declared in latin-1, but UTF-8": Attack(lambda: declared("ISO-8859-1", data_transfer("ü")), OTHER),
    "declared in UTF-8, but latin-1": Attack(
        lambda: declared("UTF-8", data_transfer("ü").replace("ü".encode(), b"\xfc")), NO_XML
    ),
    **{
        f"no declaration: {said!r}": Attack(partial(undeclared, said), "its declaration is none")
        for said in (
            *(b'version="1.\xb0"', b"\xe3gf ", b"", b"gf ", b'version="9" <a <b ', b'version="2.0"'),
            *(b'version="1.0" standalone="x"', b'version="1.0" encoding=\'utf-8"', b'version="1.0" <<<<<'),
            *(b'version="1.0"encoding="utf-8"', b'encoding="utf-8"', b'version="1.0" \f'),
            b'version="1.0" xencoding="utf-8" encoding="utf-16"',
        )
    },
    "a form feed before the root": Attack(lambda: b"\f" + HEARTBEAT, NO_XML),
    "a declaration with all that it may have": Attack(
        lambda: b"<?xml\tversion = '1.1'\r\nencoding= \"UTF-8\" standalone ='yes' ?>" + HEARTBEAT, None
    ),
    "UTF-8 that is too long": Attack(lambda: data_transfer("x").replace(b"x", b"\xc0\xbcscript"), NO_XML),
    "half a surrogate": Attack(lambda: data_transfer("?").replace(b"?", b"\xed\xa0\x80"), NO_XML),
    "NUL": Attack(lambda: data_transfer("?").replace(b"?", b"\0"), NUL),
    "NUL as a character reference": Attack(lambda: data_transfer("&#0;"), NO_XML),
    "control character": Attack(lambda: data_transfer("\x1b"), NO_XML),
    "control character as a reference": Attack(lambda: data_transfer("&#x1b;"), NO_XML),
    "no character at all": Attack(lambda: data_transfer("\ufffe"), NO_XML),
    # Values
    "integer of 5,000 digits": Attack(
        lambda: meter_values("").replace(b">1<", f">{'1' * 5000}<".encode()), "must be an integer"
    ),
    "integer of a million zeros": Attack(
        lambda: meter_values("").replace(b">1<", f">{filled('0')}<".encode()), "must be an integer"
    ),
    "decimal of 5,000 digits": Attack(lambda: charging_limit("9" * 5000), None),
    "decimal with an exponent": Attack(lambda: charging_limit("1e999999999"), "must be a number"),
    "decimal of a million decimals": Attack(lambda: charging_limit(f"0.{filled('1')}"), "must be a number"),
    "time of a million digits": Attack(
        lambda: meter_values(
            f"<meterValue><timestamp>2026-01-31T12:00:00.{filled('1')}Z</timestamp><sampledValue><value>1</value>"
            "</sampledValue></meterValue>"
        ),
        None,
    ),
    # No envelopes
    "nothing": Attack(lambda: b"", NO_XML),
    "blanks": Attack(lambda: b" " * LIMIT, NO_XML),
    "only a mark": Attack(lambda: codecs.BOM_UTF8, NO_XML),
    "login page": Attack(
        lambda: b"<!DOCTYPE html><html><head><title>Login</title></head><body><form></body></html>", DTD
    ),
    "login page without document type": Attack(
        lambda: b"<html><body><form action='/login'><input></form></body></html>", NO_XML
    ),
    "login page that is XML": Attack(
        lambda: b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', "not an envelope"
    ),
    "JSON": Attack(lambda: b'[2,"m1","Heartbeat",{}]', NO_XML),
    "gzip": Attack(lambda: b"\x1f\x8b\x08\x00" + b"\xff" * 100, NUL),
}


def charging_limit(limit: str) -> bytes:
    body = (
        "<setChargingProfileRequest><connectorId>1</connectorId><csChargingProfiles><chargingProfileId>1"
        "</chargingProfileId><stackLevel>0</stackLevel><chargingProfilePurpose>TxProfile</chargingProfilePurpose>"
        "<chargingProfileKind>Absolute</chargingProfileKind><chargingSchedule><chargingRateUnit>A"
        "</chargingRateUnit><chargingSchedulePeriod><startPeriod>0</startPeriod>"
        f"<limit>{limit}</limit></chargingSchedulePeriod></chargingSchedule></csChargingProfiles>"
        "</setChargingProfileRequest>"
    )
    return envelope(body, action="SetChargingProfile", namespace=NAMESPACE)


# Measuring


class Measured(NamedTuple):
    """What became of an envelope. Seconds of the processor; bytes that the process grew by at most."""

    refusal: str | None
    seconds: float
    memory: int


def measure(written: bytes, limit: int, tolerance: Tolerance) -> Measured:
    """Reads an envelope and says what that cost. Memory is that of the whole process, so also what libxml2 takes."""
    role = Role.CHARGE_POINT if NAMESPACE.encode() in written else Role.CSMS
    codec = SoapCodec("1.6", role=role, tolerance=tolerance, max_size=limit)
    with undisturbed():
        for warm_up in (HEARTBEAT, configuration("<key>k</key>"), meter_values("<x/>"), data_transfer("x")):
            outcome(codec, warm_up)
        # The C library returns free memory, so that using it again counts; the kernel forgets what was used before.
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        before = _peak()
        start = time.process_time()
        refusal = outcome(codec, written)
        seconds = time.process_time() - start
        return Measured(refusal, seconds, _peak() - before)


def outcome(codec: SoapCodec, written: bytes) -> str | None:
    """What the refusal says, None if the envelope is read. Anything else than `FrameError` goes through."""
    try:
        codec.decode(written)
    except FrameError as error:
        return str(error)
    return None


def _peak() -> int:
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    """Prints the table."""
    basis = measure(largest_valid(), LIMIT, Tolerance.STRICT)
    assert basis.refusal is None, basis.refusal
    print(
        f"Largest valid envelope: {len(largest_valid()):,} bytes, {basis.seconds * 1000:.0f} ms, "
        f"{basis.memory / 2**20:.1f} MiB at most\n"
    )
    print("| input | bytes | limit | outcome | time, strict / tolerant | of the valid one | peak memory |")
    print("| --- | ---: | ---: | --- | ---: | ---: | ---: |")
    for name, attack in ATTACKS.items():
        written = attack.make()
        strict = measure(written, attack.limit, Tolerance.STRICT)
        tolerant = measure(written, attack.limit, Tolerance.TOLERANT)
        slowest = max(strict.seconds, tolerant.seconds)
        said = "read" if strict.refusal is None else f"refused: {strict.refusal}"
        if strict.refusal is not None and tolerant.refusal is None:
            said = f"tolerated; strict: {strict.refusal}"
        print(
            f"| {name} | {len(written):,} | {attack.limit // LIMIT} MiB | {_short(said)} | "
            f"{strict.seconds * 1000:.1f} / {tolerant.seconds * 1000:.1f} ms | {slowest / basis.seconds:.2f} | "
            f"{max(strict.memory, tolerant.memory) / 2**20:.1f} MiB |"
        )


def _short(text: str) -> str:
    text = " ".join(text.replace("|", "/").split())
    return text if len(text) <= 90 else f"{text[:87]}..."


if __name__ == "__main__":
    main()
