"""Frames are cut out of whatever an input has around them."""

import io
import json
import time

import pytest

from command import cli, summary
from inputs import ANSWER, ENVELOPE, HEARTBEAT, an_object, found, frames
from ocpp_core.logs import reading
from ocpp_core.logs.origins import CSMS_TO_STATION
from ocpp_core.logs.reading import Reader
from ocpp_core.model.versions import Wire

LINES = {
    "frame": (HEARTBEAT, HEARTBEAT),
    "frame with blanks": (f"  {HEARTBEAT} \r", HEARTBEAT),
    "frame of an array": (f"{HEARTBEAT},", HEARTBEAT),
    "frame and the rest of a line": (f"{HEARTBEAT} took 5 ms [main]", HEARTBEAT),
    "frame with rubbish": (f"{HEARTBEAT}]", f"{HEARTBEAT}]"),
    "frame with a rubbish word": (f"{HEARTBEAT}ok", f"{HEARTBEAT}ok"),
    "frame of unknown type": ('[7,"17",{}]', '[7,"17",{}]'),
    "frame without a type": ('["2","17","Heartbeat",{}]', '["2","17","Heartbeat",{}]'),
    "spaced frame": ('[2, "17", "Heartbeat", {"a": [1, 2] }]', '[2, "17", "Heartbeat", {"a": [1, 2] }]'),
    "log": (f"2026-01-31 12:00:00,123 DEBUG [main] recv: {HEARTBEAT}", HEARTBEAT),
    "log that begins with a bracket": (f"[2026-01-31 12:00:00] [2, main] INFO {HEARTBEAT}", HEARTBEAT),
    "log with a trailing text": (f"INFO <- {HEARTBEAT} (took 5 ms)", HEARTBEAT),
    "log of Python bytes": (f"INFO <- b'{HEARTBEAT}'", HEARTBEAT),
    "log with an id that is a number": ('recv [2,17,"Heartbeat",{}]', '[2,17,"Heartbeat",{}]'),
    "log with an error": ('recv [4,"17","NotSupported","",{}]', '[4,"17","NotSupported","",{}]'),
    "log with a null payload": ('recv [3,"17",null] ok', '[3,"17",null]'),
    "object": (an_object(HEARTBEAT), HEARTBEAT),
    "object with a frame that is no text": (f'{{"frame": {HEARTBEAT}}}', HEARTBEAT),
    "object with decimals": ('{"frame": [3,"1",{"a":1.10}]}', '[3,"1",{"a":1.10}]'),
    "object with a frame of unknown type": ('{"frame": [7,"1",{}]}', '[7,"1",{}]'),
    "object with a frame nested without end": (f'{{"frame": {"[" * 400}{"]" * 400}}}', "[" * 400 + "]" * 400),
    "object of a log": (json.dumps({"level": "info", "msg": f"recv {HEARTBEAT} ok"}), HEARTBEAT),
    "object of a log, nested": (f'{{"event": {{"payload": {HEARTBEAT}}}}}', HEARTBEAT),
    "object of a log, quoted twice": (json.dumps({"log": json.dumps({"msg": HEARTBEAT})}), HEARTBEAT),
    "quoted in a log": (f"INFO message={json.dumps(f'got {HEARTBEAT}!')}", HEARTBEAT),
    "quoted and cut off": ('INFO message="got [2,\\"17\\",\\"Heartbeat\\",{', '[2,"17","Heartbeat",{'),
    "escaped, without a quote": ('INFO [2,\\"17\\",\\"Heartbeat\\",{}] x', '[2,"17","Heartbeat",{}]'),
    "broken in a log": ('recv [2,"17","Heartbeat",{"a":,}]', '[2,"17","Heartbeat",{"a":,}]'),
    "broken alone": ('[2,"17","Heartbeat",{"a":,}]', '[2,"17","Heartbeat",{"a":,}]'),
    "soap": (ENVELOPE, ENVELOPE),
    "soap in a log": (f"POST {ENVELOPE} 200", ENVELOPE),
    "soap, cut off": ("<Envelope ><Body>", "<Envelope ><Body>"),
}

NO_FRAMES = [
    "",
    "   ",
    "2026-01-31 connected",
    "[main] INFO connected",
    "[12:00:00] connected",
    "[2, main] connected",
    "[12,345] connected",
    "temperatures [2,3,4]",
    "{}",
    '{"frame": null}',
    '{"frame": 5}',
    '{"frame": "}',
    '{"msg": "connected [2] times"}',
    '"text"',
    "5",
    "<?xml version='1.0'?>",
    "<html>",
]


@pytest.mark.parametrize("line, frame", LINES.values(), ids=LINES)
@pytest.mark.parametrize("before", ["", "connected\n"], ids=["first", "later"])
def test_frame_is_cut_out_of_a_line(line: str, frame: str, before: str) -> None:
    assert [frame] == frames(before + line + "\n")


@pytest.mark.parametrize("line", NO_FRAMES)
def test_line_without_a_frame_is_skipped(line: str) -> None:
    reader = Reader()

    assert [] == list(reader.read(io.BytesIO(f"{line}\nconnected\n".encode()), "x"))
    assert (2 if line.strip() else 1) == reader.lines_skipped


def test_members_nested_without_end_do_no_harm() -> None:
    deep = "[" * 900 + "]" * 900

    assert [HEARTBEAT] == frames(f'{{"vendor": {deep}, "x": {deep}, "frame": {json.dumps(HEARTBEAT)}}}')
    assert (
        1
        == cli(
            "decode", "--version", "1.6", text=f'[2,"1","Authorize",{{"idTag":{deep}}}]\n[{deep}'
        ).exit_code
    )


def test_all_frames_of_a_line_are_found() -> None:
    assert [HEARTBEAT, ANSWER] == frames(f"recv {HEARTBEAT} sent {ANSWER}")


def test_lines_are_numbered_from_one() -> None:
    assert [2, 5] == [one.line for one in found(f"\n{HEARTBEAT}\n\nconnected\n{HEARTBEAT}")]


def test_byte_order_mark_is_skipped() -> None:
    assert [HEARTBEAT] == frames(b"\xef\xbb\xbf" + HEARTBEAT.encode())


def test_object_brings_what_is_known_about_its_frame() -> None:
    line = an_object(
        HEARTBEAT,
        version="2.0.1",
        direction="csms -> station",
        vendor="V",
        model="M",
        source="a.log",
        station="CP1",
    )
    (one,) = found(line)

    assert ("2.0.1", CSMS_TO_STATION, "CP1 V M") == (one.version, one.direction, str(one.station))


def test_object_with_members_of_wrong_types_is_read_all_the_same() -> None:
    (one,) = found(
        json.dumps({"frame": HEARTBEAT, "version": 1.6, "vendor": None, "direction": [], "source": {}})
    )

    assert ("", "", None) == (one.version, one.direction, one.station)


@pytest.mark.parametrize("wire", ["json", "soap"])
def test_soap_is_recognised_by_wire_or_by_its_beginning(wire: str) -> None:
    (one,) = found(an_object(ENVELOPE, wire=wire))

    assert Wire.SOAP is one.wire


DOCUMENTS = {
    "array": (f"[{HEARTBEAT},{ANSWER}]", [1, 1]),
    "array, a frame a line": (f"[\n{HEARTBEAT},\n{ANSWER}\n]\n", [2, 3]),
    "array over several lines": (json.dumps([json.loads(HEARTBEAT), json.loads(ANSWER)], indent=2), [2, 8]),
    "array of strings": (json.dumps([HEARTBEAT, ANSWER], indent=1), [2, 3]),
    "array of objects": (json.dumps([{"frame": HEARTBEAT}, {"frame": ANSWER}], indent=1), [2, 5]),
    "two frames over several lines": (
        "\n".join(json.dumps(json.loads(frame), indent=2) for frame in (HEARTBEAT, ANSWER)),
        [1, 7],
    ),
    "an object over several lines": (json.dumps({"frame": HEARTBEAT}, indent=2), [1]),
}


@pytest.mark.parametrize("text, lines", DOCUMENTS.values(), ids=DOCUMENTS)
def test_document_of_frames(text: str, lines: list[int]) -> None:
    expected = [json.loads(HEARTBEAT), json.loads(ANSWER)][: len(lines)]

    assert lines == [one.line for one in found(text)]
    assert expected == [json.loads(one.text) for one in found(text)]
    assert len(lines) == summary("--version", "1.6", text=text)["accepted"]


def test_document_keeps_the_text_of_its_frames() -> None:
    assert ['[2,"1","X",{"a":1.10,"a":2}]'] == frames('[\n[2,"1","X",{"a":1.10,"a":2}]\n]')


def test_broken_frame_over_several_lines_is_one_frame() -> None:
    text = '[\n  2,\n  "17",\n  "Heartbeat",\n  {"a":,}\n]\n'

    assert [text.strip()] == frames(text)
    assert 1 == summary("--version", "1.6", text=text)["refused"]


def test_xml_document_has_its_envelopes() -> None:
    body = ENVELOPE.replace("<S:Body/>", "\n<S:Body/>\n")
    one, other = found(f"<?xml version='1.0'?>\n{body}\n\n{body}\n")

    assert (2, 6) == (one.line, other.line)
    assert body == other.text


def test_json_document_without_frames_is_skipped() -> None:
    reader = Reader()

    assert [] == list(reader.read(io.BytesIO(b'{\n"a": 1\n}\n'), "x"))
    assert 1 == reader.lines_skipped


def test_large_array_is_read_line_by_line() -> None:
    count = 1 + reading.DOCUMENT_SIZE // len(HEARTBEAT)
    text = "[\n" + ",\n".join([HEARTBEAT] * count) + "\n]\n"

    assert count == len(frames(text))


def test_line_beyond_every_limit_does_not_cost_the_next_one() -> None:
    text = f'[2,"1","Heartbeat",{{"a":"{"x" * (2 * reading.LINE_SIZE)}"}}]\n{HEARTBEAT}\n'
    reader = Reader()
    one, other = reader.read(io.BytesIO(text.encode()), "x")

    assert HEARTBEAT == other.text
    assert reading.LINE_SIZE >= len(one.text)
    assert len(text) == reader.bytes_read


def test_many_openings_of_envelopes_take_no_time() -> None:
    started = time.monotonic()

    assert 1 == len(frames("<Envelope " * 90_000))
    assert 0 == len(frames("x" + '[2,\\"' * 90_000))
    assert 10 > time.monotonic() - started
