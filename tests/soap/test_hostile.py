"""Whatever bytes come: a frame or `FrameError`, in time and memory that the largest valid envelope bounds.

The attacks are those of `hostile_table.py`, which also prints what they cost.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from hypothesis import strategies as st

import hostile_table
from fuzz import spoilt
from hostile_table import ATTACKS, LIMIT, Attack, Measured, largest_valid, measure, outcome
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.printing import SHORT
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.text import MAX_ATTRIBUTES, MAX_CHILDREN
from properties import for_all

MODES = [pytest.param(Tolerance.STRICT, id="strict"), pytest.param(Tolerance.TOLERANT, id="tolerant")]
#: Times the processor time of the largest valid envelope. The most that was measured is 20, for 10,000 deviations.
MOST_TIME = 60
#: Times the limit of the size. The most that was measured is 45; the tree of the largest valid envelope takes 13.
MOST_MEMORY = 80


@pytest.fixture(scope="module")
def basis() -> Measured:
    written = largest_valid()
    found = [measure(written, LIMIT, Tolerance.STRICT) for _ in range(3)]

    assert [None] * 3 == [each.refusal for each in found]
    assert LIMIT - 10_000 < len(written) <= LIMIT
    return min(found, key=lambda each: each.seconds)


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in ATTACKS.items()])
def test_an_attack_is_read_or_refused_at_a_price_that_is_bounded(attack: Attack, basis: Measured) -> None:
    written = attack.make()
    for tolerance in (Tolerance.STRICT, Tolerance.TOLERANT):
        measured = measure(written, attack.limit, tolerance)

        if tolerance is Tolerance.STRICT:
            assert (attack.refused is None) == (measured.refusal is None), measured.refusal
            assert (attack.refused or "") in (measured.refusal or "")
        room = max(LIMIT, min(len(written), attack.limit))
        assert measured.seconds < MOST_TIME * basis.seconds * room / LIMIT
        assert measured.memory < MOST_MEMORY * room
        assert SoapCodec.sniff(written, max_size=attack.limit) in ("1.6", None)


@pytest.mark.parametrize(
    "item",
    ["<key>{0}</key>", "<x/>", '<key x="1"/>', "<!--", "&amp;", '<a xmlns="urn:{0}"/>', "<![CDATA[{0}"],
)
def test_no_time_grows_with_the_square_of_a_number(item: str, basis: Measured) -> None:
    """Not a stopwatch: what is quadratic takes hundreds of times as long."""
    written = hostile_table.configuration(item.replace("{0}", "x" * 51) * 8000) + b"<!-- ? -->"
    seconds = min(measure(written, LIMIT, Tolerance.TOLERANT).seconds for _ in range(2))

    assert seconds < 12 * basis.seconds


def test_nothing_of_another_file_or_host_is_read(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    for prolog, data in (
        (f'<!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]>', "&a;"),
        ("", f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'),
    ):
        written = hostile_table.transfer(prolog, data)
        for tolerance in (Tolerance.STRICT, Tolerance.TOLERANT):
            codec = SoapCodec("1.6", role=Role.CHARGE_POINT, tolerance=tolerance)
            try:
                said = repr(codec.decode(written))
            except FrameError as error:
                said = f"{error} {error.violations!r}"
            assert "the secret" not in said


@pytest.mark.parametrize("tolerance", MODES)
def test_the_limit_of_the_size_is_exact(tolerance: Tolerance) -> None:
    written = hostile_table.HEARTBEAT
    fits = SoapCodec("1.6", tolerance=tolerance, max_size=len(written))
    tight = SoapCodec("1.6", tolerance=tolerance, max_size=len(written) - 1)

    assert outcome(fits, written) is None
    with pytest.raises(
        FrameError, match=f"has {len(written)} bytes, at most {len(written) - 1} are"
    ) as caught:
        tight.decode(written)
    assert (FrameKind.UNREADABLE, ErrorCode.FORMAT, None) == (
        caught.value.kind,
        caught.value.code,
        caught.value.id,
    )


@pytest.mark.parametrize(
    "item, is_attribute", [("<key>k</key>", False), (" a#='1'", True)], ids=["elements", "attributes"]
)
def test_the_limit_of_the_width_is_exact(item: str, is_attribute: bool) -> None:
    def written(count: int) -> bytes:
        items = "".join(item.replace("#", str(number)) for number in range(count))
        if is_attribute:
            return hostile_table.envelope(f"<heartbeatRequest{items}/>")
        return hostile_table.configuration(items)

    codec = SoapCodec("1.6", role=Role.CSMS if is_attribute else Role.CHARGE_POINT)
    limit = MAX_ATTRIBUTES if is_attribute else MAX_CHILDREN

    assert f"more than {limit}" not in (outcome(codec, written(limit)) or "")
    assert f"more than {limit}" in (outcome(codec, written(limit + 1)) or "")


VALID = [
    hostile_table.HEARTBEAT,
    hostile_table.declared("UTF-8", hostile_table.data_transfer("ü<![CDATA[<&]]><!-- c -->&#x78;")),
    hostile_table.charging_limit("16.1"),
    hostile_table.meter_values(
        "<meterValue><timestamp>2026-01-31T12:00:00.5+02:00</timestamp><sampledValue><value>1</value>"
        "<unit>Wh</unit></sampledValue></meterValue>"
    ),
    hostile_table.envelope(
        "<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>h:SecurityError</e:Value></e:Subcode>"
        '</e:Code><e:Reason><e:Text xml:lang="en">no</e:Text></e:Reason><e:Detail><a>1</a></e:Detail></e:Fault>'
    ),
]


@pytest.mark.parametrize("written", VALID)
@pytest.mark.parametrize("tolerance", MODES)
def test_an_envelope_cut_short_anywhere_is_unreadable(written: bytes, tolerance: Tolerance) -> None:
    codec = SoapCodec("1.6", role=Role.EITHER ^ Role.CSMS, tolerance=tolerance)
    codec.decode(written)
    for length in range(len(written)):
        with pytest.raises(FrameError) as caught:
            codec.decode(written[:length])
        assert FrameKind.UNREADABLE is caught.value.kind


@pytest.mark.parametrize("tolerance", MODES)
def test_random_bytes_are_refused(tolerance: Tolerance, record_property: Any) -> None:
    codec = SoapCodec("1.6", tolerance=tolerance)

    def check(written: bytes) -> None:
        assert outcome(codec, written) is not None
        assert SoapCodec.sniff(written) is None

    record_property("cases", for_all(st.binary(max_size=300), 300, check))


#: Spoilt envelopes of each version, each read by four codecs.
SPOILT = 5000 if os.environ.get("OCPP_DEEP") == "1" else 400

#: What is of a meaning somewhere in XML.
PIECES = (
    *(
        b"<",
        b">",
        b"&",
        b"'",
        b'"',
        b"/",
        b"=",
        b":",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?",
        b"?>",
        b"\0",
    ),
    *(
        b"<!DOCTYPE x>",
        b"&amp;",
        b"&#0;",
        b"&#x10FFFF;",
        b"&#xD800;",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
    ),
    *(
        b"</e:Body>",
        b"<e:Body>",
        b"<e:Header/>",
        b"<e:Fault/>",
        b"</e:Envelope>",
        b"<x/>",
        b"<a xmlns='a}b'/>",
    ),
    *(
        b' xmlns="urn:x"',
        b' xmlns=""',
        b' xmlns:e="urn:x"',
        b' xmlns:x="{}"',
        b" a='1'",
        b' e:mustUnderstand="1"',
    ),
    *(
        b"9999-12-31T24:00:00Z",
        b"0000-01-01T00:00:00Z",
        b"1e999",
        b"9" * 50,
        b"0" * 5000,
        b"-",
        b"\xc2\xa0",
        b"\r\n",
    ),
    *(
        b"w:",
        b"h:",
        b"xsi:nil='true'",
        b"%",
        b"urn://Ocpp/Cs/2015/10",
        b"Response",
        b"Request",
        b"\x1b",
        b"\x85",
    ),
)


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_spoilt_envelopes_are_read_or_refused_and_nothing_else_is_raised(
    version: str, record_property: Any
) -> None:
    codecs = [
        SoapCodec(version, role=role, tolerance=tolerance)
        for role in (Role.CSMS, Role.CHARGE_POINT)
        for tolerance in (Tolerance.STRICT, Tolerance.TOLERANT)
    ]

    def check(written: bytes) -> None:
        for codec in codecs:
            outcome(codec, written)
        assert SoapCodec.sniff(written) in ("1.2", "1.5", "1.6", None)

    spoilt_ones = st.integers(0, 2**32).map(
        lambda seed: spoilt(random.Random(seed), VALID[seed % len(VALID)], VALID, PIECES)
    )
    record_property("cases", for_all(spoilt_ones, SPOILT, check))


def test_what_the_parser_says_is_cut_where_it_quotes_without_end() -> None:
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(b"<a><%b:z/></a>" % (b"y" * 300))
    told = str(caught.value).removeprefix("unreadable: not XML: ")

    assert 2 * SHORT - 10 < len(told) <= 2 * SHORT + 10
    assert told.startswith("Namespace prefix yyy")
