"""What stays in memory when an envelope has been read: nothing that a stranger can make grow."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

import hostile_table
from hostile_table import HEARTBEAT, envelope
from ocpp_core.model.errors import FrameError
from ocpp_core.soap import text
from ocpp_core.soap.codec import SoapCodec

#: Where new names stand, each refused or accepted; ``#`` is a number.
NAMES = {
    "elements": "<kept-e#/>",
    "attributes": "<a kept-a#=''/>",
    "prefixes": "<kept-p#:a xmlns:kept-p#='urn:u'/>",
    "namespaces": "<a xmlns='urn:kept-n#'/>",
    "unused declarations": "<a xmlns:p='urn:kept-d#'/>",
    "no XML": "<kept-x#></a>",
    "undeclared prefixes": "<kept-u#:a/>",
}


@pytest.mark.parametrize("item", NAMES.values(), ids=NAMES)
def test_names_of_strangers_are_kept_up_to_a_bound(item: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """lxml never forgets a name that a thread has read, also one in what is refused."""
    monkeypatch.setattr(text, "MAX_NAMES", 10_000)
    monkeypatch.setattr(text, "_READER", text._Reader())
    codec = SoapCodec("1.6")
    sizes = []
    for number in range(100):
        written = envelope("<heartbeatRequest/>", header=item.replace("#", str(number)))
        hostile_table.outcome(codec, written)
        SoapCodec.sniff(written)
        assert "m1" == codec.decode(HEARTBEAT).id
        sizes.append(etree.memory_debugger.dict_size())  # type: ignore[attr-defined]

    assert sizes[0] < sizes[10]
    assert sizes[50] == sizes[99]


def test_the_bound_is_the_one_that_the_security_page_names() -> None:
    page = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")

    assert f"has read {text.MAX_NAMES // 1_048_576} MiB of envelopes with names that were new" in page
    assert 0 == text.MAX_NAMES % 1_048_576


def test_what_is_read_apart_is_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    codec = SoapCodec("1.6")
    written = [HEARTBEAT, hostile_table.largest_valid(), b"<a>", envelope("<o:x/><y xml:space='?'/>")]

    def read(body: bytes) -> object:
        try:
            return codec.decode(body)
        except FrameError as error:
            return str(error)

    before = [read(body) for body in written]
    monkeypatch.setattr(text, "MAX_NAMES", -1)

    assert before == [read(body) for body in written]
