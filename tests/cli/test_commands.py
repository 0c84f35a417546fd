"""`validate`, `decode`, `actions` and `schemas`: exit codes, and what they show."""

import json
from pathlib import Path
from typing import Any

import pytest

from command import cli, objects, process, summary
from inputs import ANSWER, ENVELOPE, HEARTBEAT, HERTZ, SOAP_HEARTBEAT, an_object
from ocpp_core.cli import showing
from ocpp_core.logs.origins import STATION_TO_CSMS
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version
from oracle import download

# Exit codes and inputs


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
        ["validate", "--version", "1.7"],
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
    assert (
        f"Error: no *.csv, *.json, *.jsonl, *.log, *.ndjson, *.tsv, *.txt, *.xml in {tmp_path}\n"
        == result.stderr
    )


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


@pytest.mark.parametrize(
    "arguments", [("validate",), ("decode",), ("decode", "--json"), ("validate", "--json")]
)
@pytest.mark.parametrize("text", ["", "connected\n", "\x00\x01\x02" * 99, '{"a":1}'])
def test_exit_code_2_no_frame_at_all(arguments: tuple[str, ...], text: str) -> None:
    result = cli(*arguments, text=text)

    assert 2 == result.exit_code
    assert "no frame found in" in result.stderr
    assert "--verbose lists the lines" in result.stderr
    assert "--verbose" not in cli(*arguments, "--verbose", text=text).stderr


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


# validate


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
        assert rule.label in told.replace("\n", " ")


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
            "ambiguous": 0,
            "not_judged": 0,
        }
    ]
    assert [("unknown_enum", 1)] == [(row["rule"], row["count"]) for row in last["summary"]["deviations"]]


def test_lines_without_a_frame_are_reported_only_if_asked() -> None:
    text = f"connected\n{HEARTBEAT}\n"

    assert "" == cli("validate", "--version", "1.6", text=text).stderr
    for arguments, what in (
        ((), "9 characters; --show-secrets shows them"),
        (("--show-secrets",), "connected"),
    ):
        result = cli("validate", "--verbose", "--version", "1.6", *arguments, text=text)
        assert f"<stdin>:1: no frame in: {what}\n" == result.stderr


# decode


def test_decode_shows_fields_by_attribute_name() -> None:
    result = cli("decode", "--version", "1.6", "--tolerant", text=HERTZ)

    assert (
        "tolerated  <stdin>:1  CALL  MeterValues  '18'  OCPP 1.6  station → csms\n"
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


# actions


def test_actions_matrix_has_all_actions_of_all_versions() -> None:
    shown = cli("actions").stdout

    cells = {line.split()[0]: line.split()[1:8] for line in shown.splitlines() if line.strip()}

    assert [*"→→→→→→", "Provisioning"] == cells["BootNotification"]
    assert [*"←←←←←←", "Provisioning"] == cells["Reset"]
    assert ["⇢", "Diagnostics"] == cells["NotifyPeriodicEventStream"][:2]
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


# schemas


def test_schemas_that_are_equal(tmp_path: Path) -> None:
    result = cli("schemas", "compare", download(tmp_path))

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
