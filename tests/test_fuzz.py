"""`fuzz.py` finds nothing in a short run, and would find what leaves a receive path."""

import json
import random
from collections import Counter
from contextlib import suppress

import pytest
from attrs import evolve
from lxml import etree

from fuzz import TARGETS, left, main
from reshaping import reshaped_json, reshaped_xml


@pytest.mark.parametrize("wire", TARGETS)
def test_nothing_but_a_frame_error_leaves_a_receive_path(wire: str) -> None:
    counts: Counter[str] = Counter()

    assert [] == list(left(TARGETS[wire](), 300, 7, counts))
    assert {"read", "refused"} == set(counts)


def test_what_leaves_it_is_seen() -> None:
    target = TARGETS["json-1.6"]()

    def receive(written: bytes) -> list[str]:
        return [str(written, "ascii")]

    found = list(left(evolve(target, receive=receive), 300, 7, Counter()))

    assert found
    assert {UnicodeDecodeError} == {type(error) for _, error in found}


def test_a_wire_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["json-3.0"])

    assert 2 == caught.value.code
    assert "no wire json-3.0; there are json-1.2 " in capsys.readouterr().err


FRAME = b'[2,"17","Reset",{"type":"Hard","custom":[1,2]}]'
ENVELOPE = b"<e><h><a>1</a><b>2</b></h><c><d>3</d></c></e>"


@pytest.mark.parametrize(
    "expected",
    [
        '["17","Reset",{"type":"Hard","custom":[1,2]}]',
        '[2,2,"17","Reset",{"type":"Hard","custom":[1,2]}]',
        '[2,"17","Reset",{"type":"Hard","type":"Hard","custom":[1,2]}]',
        '[2,"17","Reset",{"type":"Hard"}]',
        '[2,"17","Reset",{}]',
        '[2,"Reset","17",{"type":"Hard","custom":[1,2]}]',
        '[2,"17","Reset",{"custom":[1,2],"type":"Hard"}]',
        '[2,"17","Reset",{"type":[1,2],"custom":"Hard"}]',
        '[2,"17","Reset",7]',
        '[2,"17","Reset"]',
    ],
)
def test_parts_of_a_frame_are_taken_doubled_mixed_and_swapped(expected: str) -> None:
    chance = random.Random(7)

    assert expected in {reshaped_json(chance, FRAME, b"[7]").decode() for _ in range(5000)}


@pytest.mark.parametrize(
    "expected",
    [
        "<e><c><d>3</d></c></e>",
        "<e><h><a>1</a><b>2</b></h></e>",
        "<e><h><a>1</a><b>2</b></h><c/></e>",
        "<e><h><a>1</a><b>2</b></h><c><d>3</d></c><c><d>3</d></c></e>",
        "<e><c><d>3</d></c><h><a>1</a><b>2</b></h></e>",
        "<e><h><a>1</a><d>3</d></h><c><b>2</b></c></e>",
        "<h><a>1</a><b>2</b></h>",
        "<e/>",
        "",
    ],
)
def test_parts_of_an_envelope_are_taken_doubled_mixed_and_swapped(expected: str) -> None:
    chance = random.Random(7)

    assert expected.encode() in {reshaped_xml(chance, ENVELOPE, b"<x><y/></x>") for _ in range(5000)}


def test_what_is_reshaped_is_json_and_xml_still() -> None:
    chance = random.Random(7)
    read = 0
    for _ in range(500):
        frame = reshaped_json(chance, FRAME, FRAME)
        with suppress(json.JSONDecodeError):  # of nothing, or two texts, if the whole was removed or doubled
            json.loads(frame)
            read += 1
        etree.fromstring(b"<holder>%b</holder>" % reshaped_xml(chance, ENVELOPE, ENVELOPE))

    assert read > 400
