"""The first tier of envelopes: what it reads is what lxml and the XML Schema read, and the rest it leaves alone."""

import re
from typing import Any

import pytest
from attrs import NOTHING
from hypothesis import strategies as st

from envelopes import ALL_MESSAGES, SoapMessage, soap_messages
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
from sample_envelopes import BOOT_ANSWER, BOOTED, CS_16, CSMS, STARTED, STATION


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


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_it_reads_what_lxml_reads(message: SoapMessage) -> None:
    """Of every class, with its smallest and its odd values."""
    made = Call if message.is_request else CallResult
    writer = SoapCodec(message.version, role=Role.EITHER ^ message.reader, identity="CP-1")
    reader = SoapCodec(message.version, role=message.reader)

    def check(payload: Any) -> None:
        body = writer.encode(made("m1", payload))
        expected = SoapCodec(message.version, role=message.reader).decode(body)
        reader.decode(body)

        assert first_tier(reader, body) in (None, expected)
        assert expected == reader.decode(body)

    for_all(soap_messages(message.cls), 3, check)


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
#: Two envelopes, the first valid, of which the second begins with the same text and means something else.
LOOK_ALIKES = {
    "a header in the header": (
        BOOT.replace("<wsa:MessageID>", "<env:Header></env:Header><wsa:MessageID>"),
        BOOT.replace("<wsa:MessageID>", "<env:Header></env:Header><wsa:MessageID>").replace("CP-1", "CP-2"),
    ),
    "two ids": (
        BOOT.replace("<wsa:From>", "<wsa:MessageID>m1</wsa:MessageID><wsa:From>"),
        BOOT.replace("<wsa:From>", "<wsa:MessageID>m1</wsa:MessageID><wsa:From>").replace(">m1<", ">m2<", 1),
    ),
    "an id that names itself": (
        BOOT.replace("http://a/", "MessageID>m1").replace("<wsa:MessageID>", "<wsa:MessageID >"),
        BOOT.replace("http://a/", "MessageID>m2").replace("<wsa:MessageID>", "<wsa:MessageID >"),
    ),
    "an end in an attribute": (
        BOOT.replace(
            "<ocpp:bootNotificationRequest>", "<ocpp:bootNotificationRequest xmlns:a='>' xmlns:b='1'>"
        ),
        BOOT.replace(
            "<ocpp:bootNotificationRequest>", "<ocpp:bootNotificationRequest xmlns:a='>' ocpp:b='1'>"
        ),
    ),
    "a tag that looks like an end": (
        BOOT,
        BOOT.replace("</ocpp:chargePointModel>", "<ocpp:/chargePointModel>"),
    ),
    "an end that looks like a tag": (
        BOOT,
        BOOT.replace("<ocpp:chargePointModel>", "</ocpp:chargePointModel>"),
    ),
    "two elements in the body": (BOOT, BOOT.replace("</env:Body>", "<ocpp:x></ocpp:x></env:Body>")),
    "two bodies": (
        BOOT.replace("</env:Envelope>", "<env:Body></env:Body></env:Envelope>"),
        BOOT.replace("</env:Envelope>", "<env:Body></env:Body></env:Envelope>").replace(">M<", ">N<"),
    ),
    "a body in the header": (
        BOOT.replace("<wsa:From>", "<x:Body xmlns:x='urn:x'><ocpp:y></ocpp:y></x:Body><wsa:From>"),
        BOOT.replace("<wsa:From>", "<x:Body xmlns:x='urn:x'><ocpp:y></ocpp:y></x:Body><wsa:From>").replace(
            "CP-1", "CP-2"
        ),
    ),
    "an id of blanks": (BOOT, BOOT.replace(">m1<", ">  <")),
    "an id with blanks": (BOOT, BOOT.replace(">m1<", "> m2 <")),
    "no id": (BOOT, BOOT.replace(">m1<", ">null<")),
    "an id that XML cannot hold": (BOOT, BOOT.replace(">m1<", ">m\1<")),
    "another number of the same size": (BOOT, BOOT.replace("ocpp:chargePointModel", "evil:chargePointModel")),
    "text behind the elements": (BOOT, BOOT.replace("</ocpp:boot", "x</ocpp:boot")),
    "text before the elements": (BOOT, BOOT.replace("<ocpp:chargePointVendor", "x<ocpp:chargePointVendor")),
    "an entity": (BOOT, BOOT.replace(">M<", ">&lt;<")),
    "nothing in it": (BOOT, BOOT.replace("<ocpp:chargePointModel>M</ocpp:chargePointModel>", "")),
    "no text": (BOOT, BOOT.replace(">M<", "><")),
}


@pytest.mark.parametrize("first, second", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
def test_what_is_kept_is_said_of_nothing_else(first: str, second: str, tolerance: Tolerance) -> None:
    codec = SoapCodec("1.6", tolerance=tolerance)
    outcome(codec, first.encode())

    assert outcome(SoapCodec("1.6", tolerance=tolerance), second.encode()) == outcome(codec, second.encode())


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
    """Axis and CXF write elements without a prefix, some of them with an xmlns each."""
    codec = SoapCodec("1.6")
    before, after = BOOT.split("<ocpp:boot")
    body = f"{before}<boot{after}".replace("Request>", f'Request xmlns="{CS_16}">', 1)
    head, content = body.split("<env:Body>")
    body = f"{head}<env:Body>{content.replace('ocpp:', '')}"
    codec.decode(body.encode())

    assert codec.decode(body.encode()) == first_tier(codec, body.encode())


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


def test_heads_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "MAX_KEPT", 10 * len(BOOT))
    codec = SoapCodec("1.6")
    kept = []
    for number in range(100):
        codec.decode(BOOT.replace("CP-1", f"CP-{number}").encode())
        kept.append(len(codec._known_heads._known))

    assert 20 > max(kept) >= 10
    assert None is first_tier(codec, BOOT.replace("CP-1", "CP-0").encode())


def test_a_long_head_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    codec = SoapCodec("1.6")
    long = BOOT.replace("CP-1", "C" * quick.LONGEST_HEAD).encode()

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


@pytest.mark.parametrize("kind", [Anything(), ListOf(ListOf(Text()))], ids=["anything", "lists"])
def test_what_has_no_element_is_left_to_lxml(kind: Any) -> None:
    """Free data, and lists of lists, are in no version that SOAP has."""
    cls = v16.AuthorizeRequest
    facts = Shape(cls, 4, (Field("id_tag", "idTag", kind, NOTHING),))
    read = compiled(pieces.reader_source(facts), "read", cls)

    with pytest.raises(Refused):
        read(["", "idTag>", "/idTag>", ""], 1)
