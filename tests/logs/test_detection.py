"""The version of frames that do not say it is found out."""

from pathlib import Path

import pytest

from command import cli, summary
from inputs import ANSWER, AUTHORIZE_2_0_1, HEARTBEAT, an_object
from ocpp_core.logs import detection as detecting
from ocpp_core.logs.detection import detect
from ocpp_core.logs.reading import Found

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
    lines = [an_object(HEARTBEAT)] * (detecting.SAMPLE_SIZE + 5) + [AUTHORIZE_2_0_1]

    assert {"1.6", "2.0.1"} == {row["version"] for row in summary(text="\n".join(lines))["actions"]}


@pytest.mark.parametrize("version", ["1.7", "x" * 500])
def test_version_that_there_is_not_is_not_judged(version: str) -> None:
    told = summary(text=an_object(HEARTBEAT, version=version))

    assert (1, 0) == (told["not_judged"], told["refused"])
