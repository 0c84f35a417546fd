"""Names and their namespaces: what is wrong with them is a `FrameError`, whatever else the parser has to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile_table import HEARTBEAT, envelope
from ocpp_core.dispatch.connection import Connection
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.soap.codec import SoapCodec

XML = "http://www.w3.org/XML/1998/namespace"

#: Elements whose names or declarations break a rule of Namespaces in XML 1.0.
BROKEN = {
    "undeclared prefix of an element": "<o:x/>",
    "undeclared prefix of an attribute": '<x o:y=""/>',
    "prefix declared to be nothing": '<x xmlns:o=""/>',
    "prefix declared to be nothing, and used": '<x xmlns:o=""><o:y/></x>',
    "one attribute by two prefixes": '<x xmlns:o="urn:u" xmlns:p="urn:u" o:y="" p:y=""/>',
    "xml is another namespace": '<x xmlns:xml="urn:u"/>',
    "another prefix is xml": f'<x xmlns:o="{XML}"/>',
    "xml without a prefix": f'<x xmlns="{XML}"/>',
    "xmlns is declared": '<x xmlns:xmlns="urn:u"/>',
    "another prefix is xmlns": '<x xmlns:o="http://www.w3.org/2000/xmlns/"/>',
    "two colons": '<a:b:c xmlns:a="urn:u"/>',
    "two colons in an attribute": '<x xmlns:a="urn:u" a:b:c=""/>',
    "colon first": "<:x/>",
    "colon last": '<a: xmlns:a="urn:u"/>',
    "digit behind the colon": '<a:1 xmlns:a="urn:u"/>',
    "digit for a prefix": '<x xmlns:1="urn:u"/>',
    "namespace that is no URI": '<x xmlns="a}b"/>',
    "namespace of a prefix that is no URI": '<x xmlns:o="{}"/>',
    "one id twice": '<x xml:id="i"><y xml:id="i"/></x>',
    "id that is no name": '<x xml:id="1 2"/>',
}
#: What libxml2 only warns about.
WARNED = {"of space": '<x xml:space="?"/>', "of nothing": ""}

PLACES: Mapping[str, Callable[[str], bytes]] = {
    "payload": lambda xml: envelope(f"<heartbeatRequest>{xml}</heartbeatRequest>"),
    "body": envelope,
    "header": lambda xml: envelope("<heartbeatRequest/>", header=xml),
    "behind the body": lambda xml: HEARTBEAT.replace(b"</e:Body>", f"</e:Body>{xml}".encode()),
    "fault": lambda xml: envelope(
        f"<e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code><e:Detail>{xml}</e:Detail></e:Fault>"
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("warned", WARNED)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_name_that_breaks_a_rule_is_no_xml(broken: str, warned: str, place: str) -> None:
    written = PLACES[place](BROKEN[broken] + WARNED[warned])
    for role in (Role.CSMS, Role.CHARGE_POINT):
        for tolerance in (Tolerance.STRICT, Tolerance.TOLERANT):
            with pytest.raises(FrameError, match="not XML") as caught:
                SoapCodec("1.6", role=role, tolerance=tolerance).decode(written)
            assert (FrameKind.UNREADABLE, ErrorCode.FORMAT) == (caught.value.kind, caught.value.code)
    assert SoapCodec.sniff(written) is None


def test_what_is_only_warned_about_is_read() -> None:
    written = envelope("<heartbeatRequest/>", header=WARNED["of space"])

    assert SoapCodec("1.6").decode(written).id == "m1"
    assert "1.6" == SoapCodec.sniff(written)


def test_a_connection_answers_what_hides_an_error_behind_a_warning() -> None:
    """The sighting: the parser's exception is made of its last message, and that is the warning."""
    written = HEARTBEAT.replace(b"<heartbeatRequest/></e:Body>", b'<o:x/></e:Body><e:y xml:space="?"/>')
    connection = Connection(SoapCodec("1.6"), new_id=lambda: "m2")
    connection.receive_message(written)
    (answer,) = connection.messages_to_send()

    assert b"env:Sender" in answer
    assert b"ocpp:ProtocolError" in answer


@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
@given(names=st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=3), min_size=1, max_size=4))
def test_whatever_the_names_only_a_frame_error_is_raised(tolerance: Tolerance, names: list[str]) -> None:
    inside = "".join(f"<{name}/><x {name}='' xmlns:{name}='{name}'/>" for name in names)
    written = [place(xml) for place in PLACES.values() for xml in (inside, f'{inside}<x xml:space="?"/>')]
    codec = SoapCodec("1.6", tolerance=tolerance)
    for each in written:
        SoapCodec.sniff(each)
        with suppress(FrameError):
            codec.decode(each)


def test_an_error_in_one_document_is_not_held_against_the_next() -> None:
    codec = SoapCodec("1.6")
    with pytest.raises(FrameError):
        codec.decode(envelope(f"<o:x/>{WARNED['of space']}"))

    assert codec.decode(HEARTBEAT).id == "m1"


@pytest.mark.parametrize("name", ["namespace", "action", "operation", "block"])
def test_a_refusal_quotes_no_more_than_a_little_of_what_the_peer_wrote(name: str) -> None:
    """The sighting: a namespace of 900 kB came back in the fault."""
    long = "n" * 40_000
    written = {
        "namespace": envelope("<heartbeatRequest/>", namespace=f"urn:{long}"),
        "action": envelope("<heartbeatRequest/>", action=long),
        "operation": envelope(f"<{long}/>"),
        "block": envelope("<heartbeatRequest/>", header=f'<{long} e:mustUnderstand="1"/>'),
    }[name]
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(written)

    assert len(caught.value.reason) < 300
    assert caught.value.reason.isprintable()
