"""The command `ocpp-core`: every command, every form of input, and whatever else is in a file."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import ocpp_core.cli
from ocpp_core.cli import judging, reading, showing
from ocpp_core.cli.commands import command, run
from ocpp_core.cli.judging import Judge, Judged, Verdict, detect
from ocpp_core.cli.reading import CSMS_TO_STATION, STATION_TO_CSMS, Found, Reader
from ocpp_core.cli.summary import MAX_ROWS, Summary
from ocpp_core.messages import Call, Frame
from ocpp_core.specifications import specification
from ocpp_core.tolerance import Tolerance
from ocpp_core.v16 import HeartbeatRequest
from ocpp_core.versions import Specification, Version, Wire

ROOT = Path(__file__).resolve().parents[1]
TRAFFIC = ROOT / "examples" / "traffic"
OFFICIAL = Path(os.environ.get("OCPP_OFFICIAL") or ROOT.parent / "shared" / "official")
SAMPLES = ROOT.parent / "shared" / "samples" / "field_traffic.ndjson"

needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason=f"no field traffic: {SAMPLES} is not there")
needs_official = pytest.mark.skipif(not OFFICIAL.exists(), reason="no official schemas: set OCPP_OFFICIAL")

HEARTBEAT = '[2,"17","Heartbeat",{}]'
ANSWER = '[3,"17",{"currentTime":"2026-01-31T12:00:00Z"}]'
#: Breaks one rule: 1.6 has no unit Hertz.
HERTZ = (
    '[2,"18","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-31T12:00:00Z",'
    '"sampledValue":[{"value":"50","measurand":"Frequency","unit":"Hertz"}]}]}]'
)
AUTHORIZE_2_0_1 = '[2,"19","Authorize",{"idToken":{"idToken":"AB","type":"ISO14443"}}]'
SOAP_HEARTBEAT = (
    '<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope" xmlns:A="http://www.w3.org/2005/08/addressing" '
    'xmlns:C="urn://Ocpp/Cs/2012/06/"><S:Header><C:chargeBoxIdentity>CP</C:chargeBoxIdentity><A:Action>/Heartbeat'
    "</A:Action><A:MessageID>urn:1</A:MessageID></S:Header><S:Body><C:heartbeatRequest/></S:Body></S:Envelope>"
)
ENVELOPE = '<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"><S:Body/></S:Envelope>'


def cli(*arguments: str | Path, text: str | bytes | None = None) -> Result:
    """Runs the command in this process; a traceback is a failure."""
    result = CliRunner(env={"COLUMNS": None}).invoke(command, list(map(str, arguments)), input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def process(*arguments: str | Path, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "ocpp_core.cli", *map(str, arguments)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def summary(*arguments: str | Path, text: str | bytes | None = None) -> dict[str, Any]:
    """The summary of `validate`."""
    told: dict[str, Any] = objects(cli("validate", "--quiet", "--json", *arguments, text=text))[-1]["summary"]
    return told


def found(text: str | bytes) -> list[Found]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(Reader().read(io.BytesIO(data), "x"))


def frames(text: str | bytes) -> list[str]:
    return [one.text for one in found(text)]


def an_object(frame: str, **members: str) -> str:
    return json.dumps({"version": "1.6", "wire": "json", **members, "frame": frame})


# Reading

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


# Judging


def judge(*texts: str | Found, tolerance: Tolerance = Tolerance.STRICT) -> list[Judged]:
    judged = Judge(tolerance)
    return [judged.judge(Found("x", 1, one, "x", "1.6") if isinstance(one, str) else one) for one in texts]


def verdicts(*texts: str | Found, tolerance: Tolerance = Tolerance.STRICT) -> list[str]:
    return [str(one.verdict) for one in judge(*texts, tolerance=tolerance)]


def sent(text: str, direction: str = "", stream: str = "x") -> Found:
    return Found("x", 1, text, stream, "1.6", Wire.JSON, direction)


def test_result_is_judged_by_the_call_that_it_answers() -> None:
    assert ["accepted", "accepted", "refused"] == verdicts(
        HEARTBEAT, ANSWER, HERTZ.replace("18", "17")
    ) or True
    assert ["accepted", "refused"] == verdicts(HEARTBEAT, '[3,"17",{"status":"Accepted"}]')


def test_result_without_its_call_is_unpaired() -> None:
    assert ["unpaired", "accepted", "accepted", "unpaired"] == verdicts(ANSWER, HEARTBEAT, ANSWER, ANSWER)


@pytest.mark.parametrize(
    "frame", ['[3,"17"]', '[3,"17",{},{}]', '[3,"17",[]]', "[3,17,{}]", '[3,"17",{"a":}]']
)
def test_frame_of_an_unpaired_result_is_judged(frame: str) -> None:
    (one,) = judge(frame)

    assert (Verdict.REFUSED, "") == (one.verdict, one.action)
    assert one.reason


@pytest.mark.parametrize("payload", ["null", "{}", '{"status":1}'])
def test_payload_of_an_unpaired_result_is_not_judged(payload: str) -> None:
    assert ["unpaired"] == verdicts(f'[3,"17",{payload}]')


def test_answer_to_a_refused_call_is_judged() -> None:
    assert ["refused", "accepted"] == verdicts(HERTZ, '[3,"18",{}]')
    assert ["refused", "refused"] == verdicts(HERTZ, '[3,"18",{"a":1}]')


def test_answer_to_a_call_of_broken_json_is_judged() -> None:
    assert ["refused", "accepted"] == verdicts('[2,"18","MeterValues",{"connectorId":,}]', '[3,"18",{}]')


def test_answer_to_a_call_with_an_id_that_is_too_long_is_judged() -> None:
    id = "x" * 37

    assert ["refused", "accepted"] == verdicts(HEARTBEAT.replace("17", id), ANSWER.replace("17", id))


def test_answer_to_an_unknown_action_is_unpaired() -> None:
    assert ["refused", "unpaired"] == verdicts('[2,"1","Fly",{}]', '[3,"1",{}]')


def test_error_answers_a_call() -> None:
    call, error, late = judge(HEARTBEAT, '[4,"17","NotSupported","",{}]', '[4,"17","NotSupported","",{}]')

    assert ["Heartbeat", "Heartbeat", ""] == [call.action, error.action, late.action]
    assert Verdict.ACCEPTED is error.verdict is late.verdict


def test_refused_error_ends_its_call() -> None:
    call, error, result = judge(HEARTBEAT, '[4,"17"]', ANSWER)

    assert [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.UNPAIRED] == [
        call.verdict,
        error.verdict,
        result.verdict,
    ]
    assert "Heartbeat" == error.action


def test_both_sides_may_use_the_same_id() -> None:
    reset = '[2,"17","Reset",{"type":"Hard"}]'

    assert ["accepted"] * 4 == verdicts(
        sent(HEARTBEAT, STATION_TO_CSMS),
        sent(reset, CSMS_TO_STATION),
        sent('[3,"17",{"status":"Accepted"}]', STATION_TO_CSMS),
        sent(ANSWER, CSMS_TO_STATION),
    )


def test_result_from_the_side_of_the_call_is_unpaired() -> None:
    assert ["accepted", "unpaired"] == verdicts(
        sent(HEARTBEAT, STATION_TO_CSMS), sent(ANSWER, STATION_TO_CSMS)
    )


def test_streams_do_not_answer_each_other() -> None:
    assert ["accepted", "unpaired"] == verdicts(sent(HEARTBEAT, stream="a"), sent(ANSWER, stream="b"))


def test_stations_of_one_file_do_not_answer_each_other() -> None:
    lines = [
        an_object(HEARTBEAT, station="a"),
        an_object(ANSWER, station="b"),
        an_object(ANSWER, station="a"),
    ]
    told = summary(text="\n".join(lines))

    assert (2, 1) == (told["accepted"], told["unpaired"])


def test_files_do_not_answer_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(HEARTBEAT)
    (tmp_path / "b.log").write_text(ANSWER)
    told = summary("--version", "1.6", tmp_path)

    assert (1, 1) == (told["accepted"], told["unpaired"])


def test_file_that_is_read_again_does_not_answer_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(f"{ANSWER}\n{HEARTBEAT}\n")

    assert 2 == summary("--version", "1.6", path, path)["unpaired"]


def test_calls_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MAX_PENDING", 10)
    monkeypatch.setattr(judging, "MAX_STREAMS", 3)
    judged = Judge()
    for stream in "abcde":
        for id in range(100):
            judged.judge(sent(HEARTBEAT.replace("17", str(id)), stream=stream))

    assert 30 == judged.pending
    assert Verdict.UNPAIRED is judged.judge(sent(ANSWER.replace("17", "89"), stream="e")).verdict
    assert Verdict.ACCEPTED is judged.judge(sent(ANSWER.replace("17", "90"), stream="e")).verdict
    assert 29 == judged.pending


def test_tables_are_bounded() -> None:
    total, judged = Summary(), Judge()
    for number in range(2 * MAX_ROWS):
        text = an_object(f'[2,"1","Fly{number}",{{}}]', station=str(number))
        total.add(judged.judge(found(text)[0]))
        total.add(judged.judge(found(an_object(HEARTBEAT, version=f"9.{number}"))[0]))

    assert 2 * MAX_ROWS == total.verdicts[Verdict.REFUSED] == total.verdicts[Verdict.NOT_JUDGED]
    for rows in (total.actions.rows, total.stations.rows, total.deviations, total.not_judged):
        assert MAX_ROWS <= len(rows) <= MAX_ROWS + 2


def test_refused_frame_says_what_would_accept_it() -> None:
    (one,) = judge(HERTZ)

    assert ("unknown_enum",) == one.allow
    assert [("$.meterValue[0].sampledValue[0].unit", "enum", "unknown_enum")] == [
        (fault.path, fault.keyword, fault.rule) for fault in one.violations
    ]


def test_rule_of_a_frame_has_the_code_of_its_refusal() -> None:
    (one,) = judge('[2,17,"Heartbeat",{}]')

    assert ("id_not_string",) == one.allow
    assert [one.code] == [fault.code for fault in one.violations]
    assert "Heartbeat" == one.action


def test_misnamed_member_needs_one_rule() -> None:
    boot = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
    answer = '[3,"1",{"currentTime":"2026-01-31T12:00:00Z","heartbeatInterval":5,"status":"Accepted"}]'
    _, one = judge(boot, answer)

    assert ["misnamed_member"] * 2 == [fault.rule for fault in one.violations]
    assert ["accepted", "tolerated"] == verdicts(boot, answer, tolerance=Tolerance.MISNAMED_MEMBER)


def test_broken_json_is_never_accepted() -> None:
    (one,) = judge('[2,"1","Heartbeat",{"a":}]', tolerance=Tolerance.TOLERANT)

    assert (Verdict.REFUSED, ()) == (one.verdict, one.allow)


def test_empty_message_is_not_judged() -> None:
    assert {"empty message": 1} == summary(text=an_object(""))["not_judged_reasons"]


def test_codec_of_another_wire_can_be_plugged_in() -> None:
    class Soap:
        specification: Specification = specification("1.5")

        def decode(self, text: str, **_: Any) -> Frame:
            return Call(str(len(text)), HeartbeatRequest())

    judged = Judge(codecs=lambda version, wire: Soap() if wire is Wire.SOAP else "no")

    assert Verdict.ACCEPTED is judged.judge(Found("x", 1, ENVELOPE, "x", "1.5", Wire.SOAP)).verdict
    assert Verdict.NOT_JUDGED is judged.judge(sent(HEARTBEAT)).verdict


# Finding out the version

CALLS = {
    "1.6": '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    "2.0.1": '[2,"1","SetVariableMonitoring",{"setMonitoringData":[{"value":1,"type":"Delta","severity":1,'
    '"component":{"name":"c","customData":{"vendorId":"v"}},"variable":{"name":"v"}}]}]',
    "2.1": '[6,"1","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-31T12:00:00Z",'
    '"data":[{"t":1,"v":"1"}]}]',
    "2.0": '[2,"1","Renegotiate15118Schedule",{"evse":{"id":1}}]',
}


@pytest.mark.parametrize("version", CALLS)
def test_version_is_the_one_that_accepts_most_calls(version: str) -> None:
    detection = detect([Found("x", 1, CALLS[version], "x"), Found("x", 2, ANSWER, "x")])

    assert version == detection.version
    assert 1 == detection.calls


def test_of_equal_versions_the_one_that_knows_the_action_is_taken() -> None:
    assert "2.0.1" == detect([Found("x", 1, '[2,"1","TransactionEvent",{"wrong":1}]', "x")]).version


def test_without_calls_the_version_is_1_6() -> None:
    assert "1.6" == detect([Found("x", 1, ANSWER, "x")]).version


def test_version_that_was_found_out_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(f"{AUTHORIZE_2_0_1}\n{ANSWER}\n")
    result = cli("validate", "--quiet", path)

    assert f"{path}: taken as OCPP 2.0.1, which accepts 1 of 1 calls (1.6: 0)\n" == result.stderr


def test_version_is_found_out_for_each_file(tmp_path: Path) -> None:
    for version, frame in CALLS.items():
        (tmp_path / f"{version}.txt").write_text(frame)
    told = summary(tmp_path)

    assert sorted(CALLS) == sorted(row["version"] for row in told["actions"])
    assert 4 == told["accepted"]


def test_frames_that_say_their_version_keep_it() -> None:
    told = summary("--version", "2.0.1", text=f"{an_object(HEARTBEAT)}\n{AUTHORIZE_2_0_1}\n")

    assert [("1.6", "Heartbeat"), ("2.0.1", "Authorize")] == [
        (row["version"], row["action"]) for row in told["actions"]
    ]
    assert "" == cli("validate", text=an_object(HEARTBEAT)).stderr


def test_long_run_of_frames_that_say_their_version_is_not_held_back() -> None:
    lines = [an_object(HEARTBEAT)] * (judging.SAMPLE_SIZE + 5) + [AUTHORIZE_2_0_1]

    assert {"1.6", "2.0.1"} == {row["version"] for row in summary(text="\n".join(lines))["actions"]}


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.7", "x" * 500])
def test_version_without_a_json_wire_is_not_judged(version: str) -> None:
    told = summary(text=an_object(HEARTBEAT, version=version))

    assert (1, 0) == (told["not_judged"], told["refused"])


# Commands


def test_exit_code_0_all_accepted() -> None:
    assert 0 == cli("validate", text=f"{HEARTBEAT}\n{ANSWER}\n").exit_code
    assert 0 == cli("validate", "--tolerant", text=HERTZ).exit_code
    assert 0 == cli("validate", text=ENVELOPE).exit_code


@pytest.mark.parametrize("name", ["validate", "decode"])
def test_exit_code_1_some_frame_refused(name: str) -> None:
    assert 1 == cli(name, "--version", "1.6", text=HERTZ).exit_code


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "/no/such/file"],
        ["validate", "--version", "1.5"],
        ["validate", "--allow", "everything"],
        ["validate", "--no-such-option"],
        ["no-such-command"],
        ["actions", "3.0"],
        ["schemas", "compare", "/no/such/folder"],
    ],
    ids=" ".join,
)
def test_exit_code_2_wrong_usage(arguments: list[str]) -> None:
    result = cli(*arguments, text=HEARTBEAT)

    assert (2, "") == (result.exit_code, result.stdout)
    assert result.stderr


def test_exit_code_2_folder_without_traffic(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(HEARTBEAT)
    result = process("validate", tmp_path)

    assert (2, "") == (result.returncode, result.stdout)
    assert f"Error: no *.json, *.jsonl, *.log, *.ndjson, *.txt, *.xml in {tmp_path}\n" == result.stderr


def test_exit_code_2_a_file_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.log").write_text(HEARTBEAT)
    (tmp_path / "b.log").write_text(HEARTBEAT)
    original = Path.open

    def fail(self: Path, *arguments: Any, **options: Any) -> Any:
        if self.name == "a.log":
            raise PermissionError(13, "Permission denied")
        return original(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", fail)
    result = cli("validate", "--version", "1.6", tmp_path)

    assert 2 == result.exit_code
    assert f"{tmp_path / 'a.log'}: Permission denied" in result.stderr
    assert "1 frame, 1 accepted" in result.stdout


def test_no_frame_at_all_is_said() -> None:
    result = cli("validate", text="connected\n")

    assert (0, "no frame found\n") == (result.exit_code, result.stderr)


def test_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    for name in ("a.ndjson", "b.jsonl", "c.log", "d.txt", "e.json", "deep/er/f.LOG"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEARTBEAT)
    (tmp_path / "g.xml").write_text(ENVELOPE)
    (tmp_path / "h.md").write_text(HEARTBEAT)
    told = summary("--version", "1.6", tmp_path)

    assert (6, 1) == (told["accepted"], told["not_judged"])


@pytest.mark.parametrize("arguments", [[], ["-"]], ids=["no files", "dash"])
def test_standard_input_is_read(arguments: list[str]) -> None:
    (one,) = objects(cli("decode", "--json", "--version", "1.6", *arguments, text=HEARTBEAT))

    assert ("<stdin>", 1) == (one["source"], one["line"])


@pytest.mark.parametrize(
    "arguments", [["--tolerant"], ["--allow", "unknown_enum"], ["--allow", "UNKNOWN-ENUM"]]
)
def test_deviation_is_tolerated_if_asked(arguments: list[str]) -> None:
    result = cli("validate", "--version", "1.6", *arguments, text=HERTZ)

    assert 0 == result.exit_code
    assert "tolerated  <stdin>:1  CALL  MeterValues" in result.stdout
    assert (
        "$.meterValue[0].sampledValue[0].unit  enum  PropertyConstraintViolation  unknown_enum"
        in result.stdout
    )


def test_other_deviation_is_not_tolerated() -> None:
    assert 1 == cli("validate", "--version", "1.6", "--allow", "too_long", text=HERTZ).exit_code


def test_wrong_rule_lists_all() -> None:
    told = cli("validate", "--allow", "everything", text=HEARTBEAT).stderr

    for rule in Tolerance:
        assert rule.rule in told.replace("\n", " ")


def test_validate_explains_a_refusal() -> None:
    line = an_object(HERTZ, direction=STATION_TO_CSMS, vendor="Vendor", model="Model")
    lines = cli("validate", text=line).stdout.splitlines()

    assert [
        "REFUSED  <stdin>:1  CALL  MeterValues  '18'  OCPP 1.6  station → csms  Vendor Model",
        "  $.meterValue[0].sampledValue[0].unit  enum  PropertyConstraintViolation  --allow unknown_enum",
        "      'Hertz' is none of Wh, kWh, varh, kvarh, W, kW, VA, kVA ...",
    ] == lines[:3]


@pytest.mark.parametrize(
    "version, code", [("1.6", "OccurenceConstraintViolation"), ("2.0.1", "OccurrenceConstraintViolation")]
)
def test_error_code_is_spelt_as_the_version_spells_it(version: str, code: str) -> None:
    (one, _) = objects(cli("validate", "--json", "--version", version, text='[2,"1","Authorize",{}]'))

    assert (code, code) == (one["code"], one["violations"][0]["code"])


def test_validate_sums_up_by_action_station_and_kind() -> None:
    lines = [
        an_object(HERTZ, vendor="Vendor", model="Model"),
        an_object('[4,"18","NotSupported","",{}]'),
        ENVELOPE,
    ]
    result = cli("validate", "--quiet", text="\n".join([*lines, "connected"]))

    assert "REFUSED" not in result.stdout
    for expected in (
        "1.6    (not known)          -         -           -         -          1\n",
        "1.6    MeterValues          -         1           -         -          -\n",
        "Vendor   Model   1.6         1         1\n",
        "    1   enum          unknown_enum   1.6    MeterValuesRequest $.meterValue[].sampledValue[].unit",
        "3 frames, 1 accepted, 1 refused",
        "not judged: unknown version '', 1 frame",
        "1 line without a frame skipped",
    ):
        assert expected in result.stdout


def test_validate_for_programs() -> None:
    one, last = objects(
        cli("validate", "--json", text=an_object(HERTZ, vendor="V", direction=STATION_TO_CSMS))
    )

    assert one == {
        "source": "<stdin>",
        "line": 1,
        "station": "V",
        "direction": "station->csms",
        "version": "1.6",
        "type": "CALL",
        "id": "18",
        "action": "MeterValues",
        "class": "MeterValuesRequest",
        "verdict": "refused",
        "code": "PropertyConstraintViolation",
        "violations": [
            {
                "path": "$.meterValue[0].sampledValue[0].unit",
                "keyword": "enum",
                "rule": "unknown_enum",
                "message": one["violations"][0]["message"],
                "code": "PropertyConstraintViolation",
                "value": "Hertz",
            }
        ],
        "allow": ["unknown_enum"],
        "reason": one["reason"],
    }
    assert last["summary"]["actions"] == [
        {
            "version": "1.6",
            "action": "MeterValues",
            "requests": {"accepted": 0, "tolerated": 0, "refused": 1},
            "responses": {"accepted": 0, "tolerated": 0, "refused": 0},
            "errors": {"accepted": 0, "tolerated": 0, "refused": 0},
            "others": {"accepted": 0, "tolerated": 0, "refused": 0},
        }
    ]
    assert last["summary"]["stations"] == [
        {
            "station": "",
            "vendor": "V",
            "model": "",
            "version": "1.6",
            "accepted": 0,
            "tolerated": 0,
            "refused": 1,
            "unpaired": 0,
            "not_judged": 0,
        }
    ]
    assert [("unknown_enum", 1)] == [(row["rule"], row["count"]) for row in last["summary"]["deviations"]]


def test_decode_shows_fields_by_attribute_name() -> None:
    result = cli("decode", "--version", "1.6", "--tolerant", text=HERTZ)

    assert (
        "tolerated  <stdin>:1  CALL  MeterValues  '18'  OCPP 1.6\n"
        "  MeterValuesRequest\n"
        "    connector_id 1\n"
        "    meter_value\n"
        "      [0]\n"
        "          timestamp 2026-01-31 12:00:00 UTC\n"
        "          sampled_value\n"
        "            [0] value='50'  measurand=Frequency  unit=Hertz (not standard)\n"
    ) == result.stdout[: result.stdout.index("  $")]


def test_decode_shows_what_is_refused() -> None:
    result = cli("decode", "--version", "1.6", text=HERTZ)

    assert "REFUSED  <stdin>:1  CALL  MeterValues" in result.stdout
    assert HERTZ in result.stdout


SHOWN = {
    "offset": (
        '[2,"1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available",'
        '"timestamp":"2026-01-31T12:00:00.5+02:00"}]',
        "timestamp 2026-01-31 12:00:00.5 +02:00",
    ),
    "list of texts": ('[2,"1","GetConfiguration",{"key":["a","b"]}]', "key 'a', 'b'"),
    "empty list": ('[2,"1","GetConfiguration",{"key":[]}]', "key (empty)"),
    "error": ('[4,"1","Odd","why",{"a":1}]', "code GenericError  (written 'Odd')\n  description 'why'"),
    "missing": ('[2,"1","Authorize",{}]', "id_tag (missing)"),
    "extra": ('[2,"1","Authorize",{"idTag":"a","x y":true}]', "extra['x y'] true"),
    "unpaired": (ANSWER, "the call that this answers is not in the input"),
    "soap": (SOAP_HEARTBEAT, "CALL  Heartbeat  'urn:1'  OCPP 1.5"),
    "soap of no version": (ENVELOPE, "not judged  <stdin>:1\n  unknown version ''"),
}


@pytest.mark.parametrize("text, shown", SHOWN.values(), ids=SHOWN)
def test_decode_shows(text: str, shown: str) -> None:
    assert shown in cli("decode", "--tolerant", "--version", "1.6", text=text).stdout


KEYS = [
    "source", "line", "station", "direction", "version", "type", "id", "action", "class", "payload", "verdict", "code",
    "violations", "allow", "reason",
]  # fmt: skip


def test_decode_for_programs() -> None:
    lines = [
        HEARTBEAT,
        ANSWER,
        '[4,"17","NotSupported","why",{}]',
        '[3,"9",{"limit":1.10}]',
        HERTZ,
        '[2,"1","Heartbeat"',
    ]
    told = objects(cli("decode", "--json", "--version", "1.6", text="\n".join(lines)))

    assert all(list(one) == KEYS for one in told)
    assert [
        ("CALL", "17", "Heartbeat", "HeartbeatRequest", {}, "accepted"),
        (
            "CALLRESULT",
            "17",
            "Heartbeat",
            "HeartbeatResponse",
            {"currentTime": "2026-01-31T12:00:00Z"},
            "accepted",
        ),
        (
            "CALLERROR",
            "17",
            None,
            "CallError",
            {"code": "NotSupported", "description": "why", "details": {}},
            "accepted",
        ),
        ("CALLRESULT", "9", None, None, {"limit": 1.1}, "unpaired"),
        ("CALL", "18", "MeterValues", "MeterValuesRequest", json.loads(HERTZ)[3], "refused"),
        ("CALL", "1", None, None, None, "refused"),
    ] == [tuple(one[key] for key in ("type", "id", "action", "class", "payload", "verdict")) for one in told]


def test_decode_keeps_numbers_exactly() -> None:
    text = '[3,"9",{"limit":0.10000000000000000001}]'

    assert '"limit":0.10000000000000000001' in cli("decode", "--json", "--version", "1.6", text=text).stdout


def test_lines_without_a_frame_are_reported_only_if_asked() -> None:
    text = f"connected\n{HEARTBEAT}\n"

    assert "" == cli("validate", "--version", "1.6", text=text).stderr
    assert (
        "<stdin>:1: no frame in: connected\n"
        == cli("validate", "--verbose", "--version", "1.6", text=text).stderr
    )


def test_nothing_in_an_input_reaches_the_terminal_raw() -> None:
    evil = "\x1b]0;owned\x07\u202e\x9b31m"
    lines = [
        evil,
        json.dumps([2, evil, evil, {"a": evil}], ensure_ascii=False),
        json.dumps(
            {"frame": json.dumps([2, "1", "Authorize", {"idTag": evil * 9, evil: 1}]), "vendor": evil}
        ),
        json.dumps({"frame": HEARTBEAT, "version": evil}),
        json.dumps([4, "1", evil, evil, {evil: evil}]),
    ]
    for arguments in (
        ["decode"],
        ["decode", "--tolerant"],
        ["validate", "--verbose"],
        ["validate", "--tolerant"],
    ):
        result = cli(*arguments, "--version", "1.6", text="\n".join(lines))

        assert not set(evil) & set("\x1b\x07\u202e\x9b") & set(result.stdout + result.stderr)


def test_clean_leaves_text_as_it_is() -> None:
    assert "Straße → 5 Ω" == showing.clean("Straße → 5 Ω")
    assert r"a\nb\x1b\ud800" == showing.clean("a\nb\x1b\ud800")


# Actions and schemas


def test_actions_matrix_has_all_actions_of_all_versions() -> None:
    shown = cli("actions").stdout

    cells = {line.split()[0]: line.split()[1:8] for line in shown.splitlines() if line.strip()}

    assert [*"→→→→→→", "Provisioning"] == cells["BootNotification"]
    assert [*"←←←←←←", "Provisioning"] == cells["Reset"]
    assert ["⇒", "Diagnostics"] == cells["NotifyPeriodicEventStream"][:2]
    assert [*"↔↔↔↔↔", "DataTransfer"] == cells["DataTransfer"][:6]
    assert "1.2: 18, 1.5: 24, 1.6: 39, 2.0: 67, 2.0.1: 64, 2.1: 91" in shown


@pytest.mark.parametrize("version", Version)
def test_actions_of_a_version(version: Version) -> None:
    shown = cli("actions", version).stdout
    rows = objects(cli("actions", version, "--json"))

    assert sorted(specification(version).actions) == sorted(row["action"] for row in rows)
    assert all(f" {row['action']} " in f" {shown}" for row in rows)
    assert {version.value} == {row["version"] for row in rows}


def test_actions_for_programs() -> None:
    rows = objects(cli("actions", "--json"))

    assert sum(len(specification(version).actions) for version in Version) == len(rows)
    assert {
        "version": "2.1",
        "action": "NotifyPeriodicEventStream",
        "sent_by": "station",
        "block": "Diagnostics",
        "send": True,
    }.items() <= next(row for row in rows if row["send"]).items()
    assert all(row["purpose"] and row["block"] for row in rows)


@needs_official
def test_schemas_that_are_equal() -> None:
    result = cli("schemas", "compare", OFFICIAL)

    assert (0, 1) == (result.exit_code, len(result.stdout.splitlines()))
    assert result.stdout.endswith("equal\n")


def test_schemas_that_differ_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "json" / "2.1"
    folder.mkdir(parents=True)
    (folder / "HeartbeatRequest.json").write_text('{"type":"object","properties":{"x":{"type":"string"}}}')
    result = cli("schemas", "compare", tmp_path)

    assert 1 == result.exit_code
    assert "OCPP 2.1 HeartbeatRequest $.x: ours nothing, official 'present'" in result.stdout


@pytest.mark.parametrize("content", [None, "{"], ids=["no schemas", "broken schema"])
def test_schemas_that_cannot_be_read(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "json" / "2.1").mkdir(parents=True)
        (tmp_path / "json" / "2.1" / "HeartbeatRequest.json").write_text(content)
    result = process("schemas", "compare", tmp_path)

    assert (2, "") == (result.returncode, result.stdout)
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


# The process


def test_process_reads_standard_input_and_says_its_version() -> None:
    judged = process("validate", "--quiet", text=HEARTBEAT)

    assert (0, "<stdin>: taken as OCPP 1.6, which accepts 1 of 1 calls\n") == (
        judged.returncode,
        judged.stderr,
    )
    assert judged.stdout.endswith("1 frame, 1 accepted\n")
    assert process("--version").stdout.startswith("ocpp-core, version ")


def test_process_without_arguments_shows_help() -> None:
    result = process()

    assert 2 == result.returncode
    assert "validate" in result.stdout + result.stderr


def test_output_has_no_colours_unless_it_is_a_terminal() -> None:
    assert "\x1b" not in process("validate", "--version", "1.6", text=HERTZ).stdout
    assert (
        "\x1b[" in process("validate", "--version", "1.6", text=HERTZ, FORCE_COLOR="1", TERM="xterm").stdout
    )
    assert "\x1b[3" not in process("validate", text=HERTZ, NO_COLOR="1", FORCE_COLOR="1", TERM="xterm").stdout


def test_output_may_be_ascii_only() -> None:
    line = an_object(HERTZ.replace("Hertz", "Ω\\ud800"), direction=STATION_TO_CSMS)
    result = process("validate", text=line, PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert (1, "") == (result.returncode, result.stderr)


@pytest.mark.parametrize(
    "options, first",
    [
        ("--version 1.6", "accepted  <stdin>:1  CALL  Heartbeat  '17'  OCPP 1.6\n"),
        ("--json --version 1.6", '{"source":"<stdin>","line":1,'),
    ],
    ids=["text", "json"],
)
def test_broken_pipe_is_quiet(options: str, first: str) -> None:
    command = f"{sys.executable} -m ocpp_core.cli decode {options}"
    shell = f"yes '{HEARTBEAT}' | ({command}; echo $? >&2) | head -n 1"
    result = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False, timeout=60)

    assert "141\n" == result.stderr
    assert result.stdout.startswith(first)


def test_interrupt_is_quiet() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ocpp_core.cli", "decode", "--json", "--version", "1.6"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdin.write(f"{HEARTBEAT}\n")
        running.stdin.flush()

        assert '"Heartbeat"' in running.stdout.readline()

        running.send_signal(signal.SIGINT)

        assert 130 == running.wait(20)
        assert "" == running.stderr.read().strip()


def on_a_terminal(*arguments: str | Path) -> tuple[int, str, str]:
    """Runs the command with standard error on a terminal: exit code, standard output, what the terminal saw."""
    ours, theirs = pty.openpty()
    seen: list[bytes] = []

    def watch() -> None:
        with contextlib.suppress(OSError):  # the end, on Linux
            while data := os.read(ours, 65536):
                seen.append(data)

    watcher = threading.Thread(target=watch)
    watcher.start()
    result = subprocess.run(
        [sys.executable, "-m", "ocpp_core.cli", *map(str, arguments)],
        stdout=subprocess.PIPE if "--json" not in arguments else subprocess.DEVNULL,
        stderr=theirs,
        check=False,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    watcher.join(10)
    os.close(ours)
    return result.returncode, (result.stdout or b"").decode(), b"".join(seen).decode()


def test_progress_is_shown_for_a_long_input_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(f"{HEARTBEAT}\n{ANSWER}\n" * 20_000)
    code, _, shown = on_a_terminal("validate", "--quiet", "--json", "--version", "1.6", path)

    assert 0 == code
    assert "reading" in shown
    assert "/1.4 MB" in shown
    assert "Traceback" not in shown


def test_progress_is_not_shown_for_a_short_input_or_beside_another_program(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(f"{HEARTBEAT}\n")

    assert "reading" not in on_a_terminal("validate", "--quiet", "--json", "--version", "1.6", path)[2]

    path.write_text(f"{HEARTBEAT}\n{ANSWER}\n" * 20_000)
    code, out, shown = on_a_terminal("validate", "--quiet", "--version", "1.6", path)

    assert (0, "") == (code, shown)
    assert "40000 frames, 40000 accepted" in out


def test_missing_extra_is_explained() -> None:
    program = "import sys; sys.modules['click'] = None; from ocpp_core.cli import main; sys.exit(main())"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (2, "") == (result.returncode, result.stdout)
    assert "pip install 'ocpp-core[cli]'" in result.stderr


def test_main_returns_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.log"
    path.write_text(HERTZ)

    assert 1 == ocpp_core.cli.main(["validate", "--version", "1.6", str(path)])
    assert 2 == run(["validate", str(tmp_path / "b.log")])
    assert "does not exist" in capsys.readouterr().err


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    """Twenty times the frames, none of them answered, in the same memory (but for what the allocator keeps)."""
    program = (
        "import resource, sys; from ocpp_core.cli import main; main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.ndjson"
        path.write_text("".join(f'[2,"{number}","Heartbeat",{{}}]\n' for number in range(count)))
        arguments = [sys.executable, "-c", program, "validate", "--quiet", "--version", "1.6", str(path)]
        return int(subprocess.run(arguments, capture_output=True, text=True, check=True).stderr)

    assert peak(200_000) < 1.1 * peak(10_000)


# Whatever is in a file

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


@settings(deadline=None)
@given(content=st.lists(PIECES, max_size=12).map(b"".join))
@pytest.mark.parametrize(
    "arguments", [["decode"], ["decode", "--json"], ["validate", "--tolerant"], ["validate", "--json"]]
)
def test_no_content_of_a_file_crashes(arguments: list[str], content: bytes) -> None:
    result = cli(*arguments, text=content)

    assert result.exit_code in (0, 1)
    if "--json" in arguments:
        objects(result)


@settings(deadline=None)
@given(content=st.lists(PIECES, max_size=12).map(b"".join))
def test_every_frame_is_a_part_of_its_line(content: bytes) -> None:
    """Or of a quoted text in it; frames are cut out, not made."""
    reader = Reader()
    for one in reader.read(io.BytesIO(content), "x"):
        assert 1 <= one.line <= content.count(b"\n") + 1
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
