"""Which frames are accepted, tolerated, refused or unpaired."""

from pathlib import Path
from typing import Any

import pytest

from command import cli, summary
from inputs import ANSWER, ENVELOPE, HEARTBEAT, HERTZ, an_object, found
from ocpp_core.cli.summary import MAX_ROWS, Summary
from ocpp_core.logs import judging
from ocpp_core.logs.judging import Judge, Judged, Verdict
from ocpp_core.logs.origins import CSMS_TO_STATION, STATION_TO_CSMS
from ocpp_core.logs.reading import Found
from ocpp_core.model.messages import Call, Frame
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Specification, Wire
from ocpp_core.v16 import HeartbeatRequest


def judge(*texts: str | Found, tolerance: Tolerance = Tolerance.STRICT) -> list[Judged]:
    judged = Judge(tolerance)
    return [judged.judge(Found("x", 1, one, "x", "1.6") if isinstance(one, str) else one) for one in texts]


def verdicts(*texts: str | Found, tolerance: Tolerance = Tolerance.STRICT) -> list[str]:
    return [str(one.verdict) for one in judge(*texts, tolerance=tolerance)]


def sent(text: str, direction: str = "", stream: str = "x") -> Found:
    return Found("x", 1, text, stream, "1.6", Wire.JSON, direction)


def test_result_is_judged_by_the_call_that_it_answers() -> None:
    assert ["accepted", "accepted", "refused"] == verdicts(HEARTBEAT, ANSWER, HERTZ.replace("18", "17"))
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


@pytest.mark.parametrize(
    "text, verdict",
    [('[4,"17"]', Verdict.TOLERATED), ('[4,"17","InternalError","",{', Verdict.REFUSED)],
    ids=["odd", "broken"],
)
def test_error_in_any_form_ends_its_call(text: str, verdict: Verdict) -> None:
    call, error, result = judge(HEARTBEAT, text, ANSWER)

    assert [Verdict.ACCEPTED, verdict, Verdict.UNPAIRED] == [
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

    assert (Tolerance.UNKNOWN_ENUM,) == one.allow
    assert [("$.meterValue[0].sampledValue[0].unit", "enum", Tolerance.UNKNOWN_ENUM)] == [
        (fault.path, fault.keyword, fault.rule) for fault in one.violations
    ]


def test_rule_of_a_frame_has_the_code_of_its_refusal() -> None:
    (one,) = judge('[2,17,"Heartbeat",{}]')

    assert (Tolerance.ID_NOT_STRING,) == one.allow
    assert [one.code] == [fault.code for fault in one.violations]
    assert "Heartbeat" == one.action


def test_misnamed_member_needs_one_rule() -> None:
    boot = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
    answer = '[3,"1",{"currentTime":"2026-01-31T12:00:00Z","heartbeatInterval":5,"status":"Accepted"}]'
    _, one = judge(boot, answer)

    assert [Tolerance.MISNAMED_MEMBER] * 2 == [fault.rule for fault in one.violations]
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

        def values(self, text: str) -> Any:
            return text

    judged = Judge(decoders=lambda version, wire: Soap() if wire is Wire.SOAP else "no")

    assert Verdict.ACCEPTED is judged.judge(Found("x", 1, ENVELOPE, "x", "1.5", Wire.SOAP)).verdict
    assert Verdict.NOT_JUDGED is judged.judge(sent(HEARTBEAT)).verdict


# Several stations in one log

BOOT = '[2,"17","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
REGISTERED = '[3,"17",{"status":"Accepted","currentTime":"2026-01-31T12:00:00Z","interval":300}]'
RESET = '[2,"17","Reset",{"type":"Hard"}]'
CLEAR = '[2,"17","ClearCache",{}]'
DONE = '[3,"17",{"status":"Accepted"}]'


def log(*lines: str) -> list[Judged]:
    judged = Judge()
    verdicts = []
    for one in found("\n".join(("connected", *lines))):
        one.version = "1.6"
        verdicts.append(judged.judge(one))
    return verdicts


def test_valid_answers_of_a_second_station_are_accepted() -> None:
    told = log(
        f"A <- {HEARTBEAT}", f"B <- {BOOT}", f"A -> {ANSWER}", f"B -> {REGISTERED}", f"B <- {HEARTBEAT}"
    )

    assert ["accepted"] * 5 == [one.verdict for one in told]
    assert ["A", "B", "A", "B", "B"] == [str(one.found.station) for one in told]


@pytest.mark.parametrize("answers", [(ANSWER, REGISTERED), (REGISTERED, ANSWER)], ids=["in order", "crossed"])
@pytest.mark.parametrize("way", ["", "recv ", "in "], ids=["nothing said", "direction said", "a word"])
def test_answers_go_to_the_call_that_they_fit_if_the_station_is_not_said(
    way: str, answers: tuple[str, str]
) -> None:
    back = {"": "", "recv ": "send ", "in ": "out "}[way]
    told = log(f"{way}{HEARTBEAT}", f"{way}{BOOT}", *(f"{back}{answer}" for answer in answers))

    assert ["accepted"] * 4 == [one.verdict for one in told]
    assert sorted(["BootNotification", "Heartbeat"]) == sorted(one.action for one in told[2:])


def test_an_answer_that_fits_several_calls_is_ambiguous() -> None:
    told = log(RESET, CLEAR, DONE, DONE)

    assert ["accepted", "accepted", "ambiguous", "ambiguous"] == [one.verdict for one in told]
    assert "may answer Reset, ClearCache" == told[2].reason
    assert 0 == cli("validate", "--version", "1.6", text="\n".join((RESET, CLEAR, DONE))).exit_code


def test_an_answer_that_fits_none_of_several_calls_is_refused() -> None:
    told = log(HEARTBEAT, BOOT, '[3,"17",{"x":1}]')

    assert ["accepted", "accepted", "refused"] == [one.verdict for one in told]


def test_as_many_answers_as_calls_are_paired() -> None:
    assert ["accepted"] * 4 + ["unpaired"] == [
        one.verdict for one in log(HEARTBEAT, HEARTBEAT, ANSWER, ANSWER, ANSWER)
    ]


def test_an_id_that_one_station_uses_again_is_that_of_its_last_call() -> None:
    told = log(f"A <- {RESET}", f"A <- {CLEAR}", f"A -> {DONE}")

    assert ("accepted", "ClearCache") == (told[2].verdict, told[2].action)


def test_direction_is_that_of_the_action_if_nothing_else_says_it() -> None:
    told = log(
        HEARTBEAT,
        ANSWER,
        f"CP-1 -> {RESET}",
        f"CP-1 <- {DONE}",
        f"recv {ANSWER}",
        '[2,"1","DataTransfer",{"vendorId":"V"}]',
        HERTZ,
        '[3,"18",{"a":1}]',
    )

    assert [
        STATION_TO_CSMS,
        CSMS_TO_STATION,
        CSMS_TO_STATION,
        STATION_TO_CSMS,
        "received",
        "",
        STATION_TO_CSMS,
        CSMS_TO_STATION,
    ] == [one.found.direction for one in told]


def test_calls_of_one_id_are_bounded() -> None:
    judged = Judge()
    for _ in range(3 * judging.MAX_SAME):
        judged.judge(sent(HEARTBEAT))

    assert 1 == judged.pending
