"""The first tier of envelopes: what it reads is what lxml and the XML Schema read, and the rest it leaves alone."""

import gc
import re
import tracemalloc
from typing import Any

import pytest
from attrs import NOTHING
from hypothesis import strategies as st

from envelopes import ADDRESSING, ALL_MESSAGES, ENVELOPE, XSI, SoapMessage, soap_messages
from ocpp_core import v16
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import Call, CallResult, Frame
from ocpp_core.model.shapes import Anything, Field, ListOf, Shape, Text
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.payloads.codegen import compiled
from ocpp_core.payloads.statements import Refused
from ocpp_core.soap import codec as codecs
from ocpp_core.soap import pieces, quick
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import UNSPECIFIED
from properties import for_all
from sample_envelopes import BOOT_ANSWER, BOOTED, CS_16, CSMS, NOON, STARTED, STATION, labels


def station(**more: Any) -> SoapCodec:
    return SoapCodec("1.6", role=STATION, identity="CP-1", address="http://a/", to="http://b/", **more)


def outcome(codec: SoapCodec, body: bytes) -> Any:
    """The frame, or why there is none."""
    try:
        return codec.decode(body)
    except FrameError as error:
        return str(error)


def first_tier(codec: SoapCodec, body: bytes) -> Frame | None:
    return codec._known_heads.read(body)


def written(message: SoapMessage, payload: Any) -> bytes:
    """As its sender writes it."""
    made = Call if message.is_request else CallResult
    writer = SoapCodec(message.version, role=Role.EITHER ^ message.reader, identity="CP-1")
    return writer.encode(made("m1", payload))


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_it_reads_what_lxml_reads(message: SoapMessage) -> None:
    """Of every class, with its smallest and its odd values."""
    reader = SoapCodec(message.version, role=message.reader)

    def check(payload: Any) -> None:
        body = written(message, payload)
        expected = SoapCodec(message.version, role=message.reader).decode(body)
        reader.decode(body)

        assert first_tier(reader, body) in (None, expected)
        assert expected == reader.decode(body)

    for_all(soap_messages(message.cls), 3, check)


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_text_between_elements_is_seen(message: SoapMessage) -> None:
    """Behind each tag, in each class: what the second tier refuses, the first does not read."""
    taught = SoapCodec(message.version, role=message.reader)

    def check(payload: Any) -> None:
        body = written(message, payload)
        taught.decode(body)
        for tag in re.finditer(b">", body):
            spoilt = body[: tag.end()] + b"x" + body[tag.end() :]

            assert outcome(SoapCodec(message.version, role=message.reader), spoilt) == outcome(taught, spoilt)

    for_all(soap_messages(message.cls), 2, check)


@pytest.mark.parametrize("odd", ["x", "&lol;", "\0", "\x1b", "]]>", "&", "\ufffe", "x" * 900_000])
def test_what_a_nested_element_holds_beside_elements_is_seen(odd: str) -> None:
    codec = SoapCodec("1.6", role=CSMS)
    meter = v16.MeterValuesRequest(
        connector_id=1,
        meter_value=[v16.MeterValue(timestamp=NOON, sampled_value=[v16.SampledValue(value="1")])],
    )
    body = station().encode(Call("m1", meter))
    codec.decode(body)
    spoilt = body.replace(b"meterValue>", b"meterValue>" + odd.encode(), 1)

    assert spoilt != body
    assert first_tier(codec, body) is not None
    assert first_tier(codec, spoilt) is None
    with pytest.raises(FrameError):
        codec.decode(spoilt)


#: What a peer may put into a text, in place of some of it or between.
ODD = (
    *(
        "<",
        ">",
        "</",
        "/>",
        "&",
        "&lt;",
        "&#0;",
        "]]>",
        "<!--x-->",
        "<![CDATA[x]]>",
        "<?x?>",
        "\r",
        "\0",
        "\x1f",
    ),
    *(
        " ",
        "\n",
        "'",
        '"',
        ":",
        "=",
        "/",
        "-1",
        "1.5",
        "+1",
        "\u0661",
        "\ufffe",
        "\xe9",
        "x" * 60,
        "null",
        "9" * 12,
    ),
    *(
        "ocpp:",
        "<ocpp:",
        "</ocpp:",
        "<ocpp:/",
        "env:",
        "Body",
        "Body>",
        "MessageID",
        "MessageID>",
        "Response",
    ),
    *("<ocpp:x></ocpp:x>", "<x/>", ' a=">"', " xmlns:ocpp='urn:x'", ' xmlns=""', "<env:Body>", "</env:Body>"),
    *("<wsa:MessageID>x</wsa:MessageID>", "<wsa:RelatesTo>x</wsa:RelatesTo>", "24:00:00Z", "+15:00", "0000-"),
)


def spoilt(draw: st.DrawFn, body: bytes) -> bytes:
    """Tags and texts of an envelope, some of them changed, moved or repeated."""
    tokens = re.split("(?=<)|(?<=>)", body.decode())
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(tokens) - 1))
        token = tokens[at]
        way = draw(st.sampled_from(("put", "instead", "inside", "behind", "out", "twice", "elsewhere")))
        if way == "put":
            tokens.insert(at, draw(st.sampled_from(ODD)))
        elif way == "instead":
            tokens[at] = draw(st.sampled_from(ODD))
        elif way == "inside":
            cut = draw(st.integers(0, len(token)))
            tokens[at] = token[:cut] + draw(st.sampled_from(ODD)) + token[cut:]
        elif way == "behind":
            tokens[at] = token + draw(st.sampled_from(ODD))
        elif way == "twice":
            tokens.insert(at, token)
        else:
            del tokens[at]
            if way == "elsewhere":
                tokens.insert(draw(st.integers(0, len(tokens))), token)
    return "".join(tokens).encode("utf-8", "replace")


ORIGINALS = [
    station().encode(Call("m1", BOOTED)),
    station().encode(Call("m1", STARTED)),
    station().encode(CallResult("m1", v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))),
    SoapCodec("1.6", role=CSMS).encode(CallResult("m1", BOOT_ANSWER)),
]


@pytest.mark.parametrize("original", ORIGINALS, ids=["boot", "start", "reset", "booted"])
def test_what_looks_like_what_was_read_is_read_anew(original: bytes) -> None:
    """Whatever a codec has seen, a frame or a refusal is what a codec gives that has seen nothing."""
    taken = 0

    @st.composite
    def pairs(draw: st.DrawFn) -> tuple[bytes, bytes]:
        first = spoilt(draw, original) if draw(st.booleans()) else original
        return first, spoilt(draw, first)

    def check(pair: tuple[bytes, bytes]) -> None:
        nonlocal taken
        for role in (CSMS, STATION):
            codec = SoapCodec("1.6", role=role)
            outcome(codec, pair[0])
            taken += first_tier(codec, pair[1]) is not None

            assert outcome(SoapCodec("1.6", role=role), pair[1]) == outcome(codec, pair[1])

    for_all(pairs(), 400, check)

    assert taken > 2


BOOT = station().encode(Call("m1", BOOTED)).decode()
ANSWER = SoapCodec("1.6", role=CSMS).encode(CallResult("m1", BOOT_ANSWER)).decode()
START, END = "<ocpp:bootNotificationRequest>", "</ocpp:bootNotificationRequest>"
PAYLOAD = BOOT.split(START)[1].split(END)[0]
TAIL = f"{END}</env:Body></env:Envelope>"


def cut(text: str, before: str) -> str:
    """A text up to the first of these, and from there another payload and the tail."""
    return text[: text.index(before) + len(before)] + PAYLOAD + TAIL


def with_(old: str, new: str, text: str = BOOT) -> str:
    assert old in text
    return text.replace(old, new, 1)


HIDDEN = f'<x:Body xmlns:x="urn:x">{START}{END}</x:Body>'
IN_HEADER = with_("</wsa:From>", f"{HIDDEN}</wsa:From>")
BEHIND_HEADER = with_("<env:Body>", f"{HIDDEN}<env:Body>")
COMMENTED = with_("<env:Body>", "<!----><!--Body--><env:Body>", with_("</wsa:From>", "<x/></wsa:From>"))
NAMED = with_("CP-1", "MessageID>m1")
UNNAMED = re.sub("<wsa:MessageID>.*</wsa:MessageID>", "", ANSWER)
BEFORE, BODY = BOOT.split("<env:Body>")
CONTENT = with_("Request>", f'Request xmlns="{CS_16}">', BODY.replace("ocpp:", ""))
#: Axis and CXF write elements without a prefix, some of them with an xmlns each.
BY_DEFAULT = f"{BEFORE}<env:Body>{CONTENT}"
SAID = with_("/anonymous", "/anonymous MessageID MessageID>q", UNNAMED)
RELATED = with_(
    START,
    START[:-1] + ' xmlns:x="Response">',
    with_("<wsa:From>", "<wsa:RelatesTo>r1</wsa:RelatesTo><wsa:From>"),
)
LATE_END = f"{END[:-1]}-->"
LATE_ENDS = f"{END}</env:Body></env:Envelope-->"
AS_PREFIX = re.sub(r"\benv(?=[:=])", "bootNotificationRequest", BY_DEFAULT)
AS_PREFIX_END = "</bootNotificationRequest></bootNotificationRequest:Body>"
FAR = with_("http://b/", "http://b/Body")

#: Two envelopes of which the second looks like the first, and means something else.
LOOK_ALIKES = {
    "a body in the header": (IN_HEADER, cut(IN_HEADER, START)),
    "a body behind the header": (BEHIND_HEADER, cut(BEHIND_HEADER, START)),
    "a body in a comment": (
        COMMENTED,
        COMMENTED.replace(START, "").replace(END, "").replace("ocpp:chargeP", "env:chargeP"),
    ),
    "an identity that names an id": (NAMED, with_("ID>m1", "ID>m2", NAMED)),
    "a receiver that names an id": (SAID, with_("ID>q", "ID>r", SAID)),
    "no id, and blanks": (f"\n{UNNAMED[39:]}", f"x{UNNAMED[39:]}"),
    "a request that relates to something": (RELATED, with_(">r1<", ">r2<", RELATED)),
    "two ids": (
        with_("<wsa:From>", "<wsa:MessageID>m1</wsa:MessageID><wsa:From>"),
        with_("<wsa:From>", "<wsa:MessageID>m1</wsa:MessageID><wsa:From>").replace(">m1<", ">m2<", 1),
    ),
    "an end in an attribute": (
        with_(START, START[:-1] + " xmlns:a='>' xmlns:b='1'>"),
        with_(START, START[:-1] + " xmlns:a='>' ocpp:b='1'>"),
    ),
    "an end in an attribute of the id": (
        with_("<wsa:MessageID>", "<wsa:MessageID xml:lang='>'>"),
        with_("<wsa:MessageID>", "<wsa:MessageID xml:lang='>' x>"),
    ),
    "an end in a hint of the schema": (
        with_(START, f"{START[:-1]} xmlns:i='{XSI}' i:schemaLocation='a>b c'>"),
        with_(START, f"{START[:-1]} xmlns:i='{XSI}' i:schemaLocation='a>"),
    ),
    "an end in a comment behind": (f"{BOOT}<!--{LATE_END}", cut(BOOT, START)[: -len(TAIL)] + LATE_END),
    "all ends in a comment behind": (
        f"{BOOT}<!-->{LATE_ENDS}",
        cut(BOOT, START)[: -len(TAIL)] + LATE_ENDS,
    ),
    "a prefix called as the body element": (AS_PREFIX, with_(AS_PREFIX_END, "", AS_PREFIX)),
    "a body in an address, and comments": (with_("<env:Header>", "<env:Header>" + "<!---->" * 3, FAR), FAR),
    "a tag that looks like an end": (BOOT, with_("</ocpp:chargePointModel>", "<ocpp:/chargePointModel>")),
    "an end that looks like a tag": (BOOT, with_("<ocpp:chargePointModel>", "</ocpp:chargePointModel>")),
    "another end": (BOOT, with_("</env:Envelope>", "</env:Envelopf>")),
    "two elements in the body": (BOOT, with_("</env:Body>", "<ocpp:x></ocpp:x></env:Body>")),
    "one element more": (BOOT, with_(END, f"<ocpp:x></ocpp:x>{END}")),
    "one element twice": (BOOT, with_(END, f"<ocpp:chargePointModel>M</ocpp:chargePointModel>{END}")),
    "an id of blanks": (BOOT, with_(">m1<", ">  <")),
    "an id with blanks": (BOOT, with_(">m1<", "> m2 <")),
    "no id": (BOOT, with_(">m1<", ">null<")),
    "an id that XML cannot hold": (BOOT, with_(">m1<", ">m\1<")),
    "another prefix of the same size": (BOOT, BOOT.replace("ocpp:chargePointModel", "evil:chargePointModel")),
    "text behind the elements": (BOOT, with_(END, f"x{END}")),
    "text before the elements": (BOOT, with_(START, f"{START}x")),
    "an entity": (BOOT, with_(">M<", ">&lt;<")),
    "an element too few": (BOOT, with_("<ocpp:chargePointModel>M</ocpp:chargePointModel>", "")),
    "no text": (BOOT, with_(">M<", "><")),
}


@pytest.mark.parametrize("first, second", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
def test_what_is_kept_is_said_of_nothing_else(first: str, second: str, tolerance: Tolerance) -> None:
    for role in (CSMS, STATION):
        codec = SoapCodec("1.6", role=role, tolerance=tolerance)
        outcome(codec, first.encode())
        expected = outcome(SoapCodec("1.6", role=role, tolerance=tolerance), second.encode())

        assert expected == outcome(codec, second.encode())


def test_what_was_tolerated_of_a_head_is_not_kept() -> None:
    body = with_("/anonymous", "/other").encode()
    codec = SoapCodec("1.6")

    assert ["reply_to_other"] == labels(codec.decode(body, tolerance=Tolerance.TOLERANT).violations)
    with pytest.raises(FrameError, match="is not anonymous"):
        codec.decode(body)


def test_a_head_on_which_tolerance_has_a_say_is_not_kept() -> None:
    body = with_("</env:Header>", '<x:FaultTo xmlns:x="urn:x">y</x:FaultTo></env:Header>').encode()
    codec = SoapCodec("1.6")

    assert () == codec.decode(body).violations
    seen = codec.decode(body, tolerance=Tolerance.TOLERANT)
    assert ["wrong_namespace", "address_as_text"] == labels(seen.violations)


def test_the_second_request_of_a_station_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    codec = SoapCodec("1.6")
    answers = SoapCodec("1.6", role=STATION)
    response = SoapCodec("1.6", role=CSMS).encode(CallResult("m1", BOOT_ANSWER))
    first: Any = codec.decode(BOOT.encode())
    answer: Any = answers.decode(response)
    monkeypatch.setattr(codecs, "read_xml", None)
    second: Any = codec.decode(BOOT.replace(">m1<", ">m2<").replace(">M<", ">N<").encode())
    # MessageID of an answer is made of that of its request.
    after: Any = answers.decode(response.replace(b">m1<", b">m2<"))

    assert (first.headers.identity, "m2", "m2", "N") == (
        second.headers.identity,
        second.id,
        second.headers.message_id,
        second.payload.charge_point_model,
    )
    assert ("m2", "m2", answer.payload) == (after.id, after.headers.relates_to, after.payload)


def test_a_namespace_by_default_is_known_too() -> None:
    codec = SoapCodec("1.6")
    body = BY_DEFAULT.encode()
    codec.decode(body)

    assert codec.decode(body) == first_tier(codec, body)


def test_an_answer_that_names_no_request_is_left_to_lxml() -> None:
    codec = SoapCodec("1.6", role=STATION)
    response = SoapCodec("1.6", role=CSMS).encode(CallResult("m1", BOOT_ANSWER))
    codec.decode(response)
    own = codec.decode(response).headers
    assert own is not None
    assert own.message_id is not None
    for id in (own.message_id, UNSPECIFIED, ""):
        body = response.replace(b">m1<", f">{id}<".encode())

        assert first_tier(codec, body) is None


def _held(codec: SoapCodec, bodies: list[bytes]) -> int:
    """Bytes that are there afterwards; those of what else grows in the process among them, at times."""
    tracemalloc.start()
    try:
        for body in bodies:
            codec.decode(body)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "address", ["http://b/", "http://b/" + "\N{ELECTRIC PLUG}" * 400], ids=["usual", "wide"]
)
def test_heads_are_kept_up_to_a_bound_of_bytes(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "MAX_KEPT", 200_000)
    codec = SoapCodec("1.6")
    bodies = [BOOT.replace("http://b/", address).replace("CP-1", f"CP-{n}").encode() for n in range(1_000)]
    for body in bodies:  # makes what is made once, coverage of it too
        SoapCodec("1.6").decode(body)
    held = min(_held(codec, bodies) for codec in (SoapCodec("1.6"), SoapCodec("1.6"), codec))

    assert len(codec._known_heads._known) > 10
    assert held < 300_000
    assert None is first_tier(codec, bodies[0])


@pytest.mark.parametrize("marks", range(8))
def test_marks_in_a_declaration_make_up_for_none_behind_it(marks: int) -> None:
    """Else a head would be learnt that ends inside the header, and what continues it so would be read."""

    def status(id: str, rest: str) -> bytes:
        return (
            f'<?xml version="1.0" {"<" * marks}?><e:Envelope xmlns:e="{ENVELOPE}" xmlns:w="{ADDRESSING}" '
            f'xmlns="{CS_16}"><e:Header><chargeBoxIdentity>CP1</chargeBoxIdentity><w:Action>/StatusNotification'
            f"</w:Action><w:MessageID>{id}</w:MessageID>Body<w:To>{rest}</statusNotificationRequest></e:Body>"
            "</e:Envelope>"
        ).encode()

    values = [("connectorId", 1), ("status", "Available"), ("errorCode", "NoError")]
    told = "".join(f"<{name}>{value}</{name}>" for name, value in values)
    codec = SoapCodec("1.6", role=CSMS)
    start = f"x{'>' * marks}</w:To></e:Header><e:Body><statusNotificationRequest>"
    outcome(codec, status("m1", start + told))
    spoilt = status("m2", told.replace("</", "</w:").replace("<", "<w:").replace("<w:/w:", "</w:"))

    assert first_tier(codec, spoilt) is None
    assert isinstance(outcome(codec, spoilt), str)


@pytest.mark.parametrize("old, new", [("CP-1", "C"), ("</env:Envelope>", " ")], ids=["head", "tail"])
def test_what_is_long_around_a_payload_is_not_kept(old: str, new: str) -> None:
    """A stranger could put a megabyte behind each head of two hundred letters."""
    codec = SoapCodec("1.6")
    long = with_(old, old + new * quick.LONGEST_HEAD).encode()

    assert codec.decode(long) == codec.decode(long)
    assert not codec._known_heads._known


def test_a_text_of_very_many_pieces_is_left_to_lxml() -> None:
    codec = SoapCodec("1.6")
    codec.decode(BOOT.encode())
    many = BOOT.replace(">M<", f">{'<a>' * pieces.MOST_PIECES}<").encode()

    assert None is first_tier(codec, many)


def test_what_is_larger_than_allowed_is_refused_all_the_same() -> None:
    codec = SoapCodec("1.6", max_size=len(BOOT))
    codec.decode(BOOT.encode())

    with pytest.raises(FrameError, match="at most"):
        codec.decode(BOOT.replace(">M<", ">MM<").encode())


LISTS: Any = ListOf(Text())


@pytest.mark.parametrize("kind", [Anything(), ListOf(LISTS)], ids=["anything", "lists"])
def test_what_has_no_element_is_left_to_lxml(kind: Any) -> None:
    """Free data, and lists of lists, are in no version that SOAP has."""
    cls = v16.AuthorizeRequest
    facts = Shape(cls, 4, (Field("id_tag", "idTag", kind, NOTHING),))
    read = compiled(pieces.reader_source(facts), "read", cls)

    with pytest.raises(Refused):
        read(["", "idTag>", "/idTag>", ""], 1)
