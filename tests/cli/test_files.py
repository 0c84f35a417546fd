"""Whole files: any content, examples, and traffic of the field."""

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from command import cli, objects, summary
from inputs import ANSWER, AUTHORIZE_2_0_1, ENVELOPE, HEARTBEAT, HERTZ, an_object
from ocpp_core.logs.reading import Reader

ROOT = Path(__file__).resolve().parents[2]
TRAFFIC = ROOT / "examples" / "traffic"
SAMPLES = ROOT.parent / "shared" / "samples" / "field_traffic.ndjson"

needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason=f"no field traffic: {SAMPLES} is not there")


# Any content

PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [
            HEARTBEAT,
            ANSWER,
            HERTZ,
            ENVELOPE,
            an_object(HERTZ),
            json.dumps({"msg": HERTZ}),
            "[2,",
            '"',
            "[",
            "{",
            "\n",
            "\\",
        ]
    ).map(str.encode),
)


@given(content=st.lists(PIECES, max_size=12).map(b"".join))
@pytest.mark.parametrize(
    "arguments", [["decode"], ["decode", "--json"], ["validate", "--tolerant"], ["validate", "--json"]]
)
def test_no_content_of_a_file_crashes(arguments: list[str], content: bytes) -> None:
    result = cli(*arguments, text=content)

    assert result.exit_code in (0, 1, 2)
    if "--json" in arguments:
        objects(result)


@example(content=b"\x1f\x8b")
@given(content=st.lists(PIECES, max_size=12).map(b"".join))
def test_every_frame_has_its_line_and_every_byte_is_counted(content: bytes) -> None:
    """Unless it says that it is packed with gzip, and is not."""
    reader = Reader()
    try:
        for one in reader.read(io.BytesIO(content), "x"):
            assert 1 <= one.line <= content.count(b"\n") + 1
    except OSError:
        assert content.startswith(b"\x1f\x8b")
    else:
        assert len(content) == reader.bytes_read


def test_cut_and_mixed_up_frames_are_judged() -> None:
    chance = random.Random(1)
    texts = [HEARTBEAT, ANSWER, HERTZ, AUTHORIZE_2_0_1, an_object(HERTZ), json.dumps({"msg": HERTZ})]

    def lines() -> Iterator[str]:
        for text in texts:
            for end in range(len(text)):
                yield text[:end]
                place = chance.randrange(len(text))
                yield text[:place] + chance.choice('[]{}",:\\2x') + text[place:]

    for arguments in (["decode"], ["validate", "--json", "--tolerant"]):
        assert 1 == cli(*arguments, "--version", "1.6", text="\n".join(lines())).exit_code


# Real traffic


def test_examples_are_accepted_but_for_the_invented_ones() -> None:
    told = summary(TRAFFIC)
    strict = objects(cli("validate", "--json", TRAFFIC))[:-1]
    tolerant = objects(cli("validate", "--json", "--tolerant", TRAFFIC))[:-1]
    notes = [json.loads(line)["note"] for line in (TRAFFIC / "deviations.ndjson").read_text().splitlines()]

    assert (92, 78, 14) == (told["frames"], told["accepted"], told["refused"])
    assert [("deviations.ndjson", line) for line in range(1, 15)] == [
        (Path(one["source"]).name, one["line"]) for one in strict
    ]
    assert [13, 14] == [one["line"] for one in tolerant if one["verdict"] == "refused"]
    assert len(notes) == len(strict) == len(tolerant)


@needs_samples
def test_field_traffic_is_accepted_or_explained() -> None:
    told = summary(SAMPLES)
    problems = objects(cli("validate", "--json", SAMPLES))[:-1]

    assert (208, {}) == (told["frames"], told["not_judged_reasons"])
    # The samples say so themselves: no JSON frame breaks its schema. Six answer calls that were not logged. The boot of
    # the SOAP station has two serial numbers of more than 25 characters.
    assert (201, 6, 1) == (told["accepted"], told["unpaired"], told["refused"])
    assert [["$.chargePointSerialNumber", "$.chargeBoxSerialNumber"]] == [
        [fault["path"] for fault in problem["violations"]] for problem in problems
    ]
    assert (201, 1, 0) == tuple(
        summary(SAMPLES, "--tolerant")[key] for key in ("accepted", "tolerated", "refused")
    )


@needs_samples
def test_field_traffic_decodes() -> None:
    result = cli("decode", "--tolerant", SAMPLES)
    told = objects(cli("decode", "--json", "--tolerant", SAMPLES))

    assert 0 == result.exit_code
    assert 208 == len(told)
    for one in told:
        if one["type"] in ("CALL", "CALLRESULT") and one["version"] != "1.5":
            frame = json.loads(json.loads(SAMPLES.read_text().splitlines()[one["line"] - 1])["frame"])
            assert frame[-1] == one["payload"]
