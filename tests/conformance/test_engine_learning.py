"""What is learned of a station from what is said: its variables and monitors, and what it was asked for."""

import asyncio
from typing import Any, cast

import pytest

from conformance.peers.station_stories import Story, place
from ocpp_core.conformance.budgets import Budget
from ocpp_core.conformance.checks import CHECKS, Check, Start
from ocpp_core.conformance.grounds import Ground, Target
from ocpp_core.conformance.hearing import Heard
from ocpp_core.conformance.learning import Learned, Monitor
from ocpp_core.conformance.rules import rules
from ocpp_core.conformance.runner import Run
from ocpp_core.conformance.verdicts import Verdict
from ocpp_core.model.versions import Role
from played import QUICK

Json = dict[str, Any]


def learned(story: Story, version: str = "2.0.1", before: Learned | None = None) -> Learned:
    """What is known at the end of a story."""
    return story.heard(version, before).known[-1]


@pytest.mark.parametrize(
    "status, expected", [("Accepted", "5"), ("Rejected", "60"), ("RebootRequired", None)]
)
def test_a_variable_is_what_was_told_last_and_what_was_set(status: str, expected: str | None) -> None:
    where = ("SampledDataCtrlr", "TxUpdatedInterval")
    story = Story().has(*where, "60").sets(*where, "5", status)

    assert expected == learned(story).value("sampleddatactrlr", "TXUPDATEDINTERVAL")


def test_a_report_tells_variables_and_what_can_only_be_written() -> None:
    told = {"variableAttribute": [{"value": "Authorized, EVConnected"}, {"type": "Target", "value": "none"}]}
    hidden = {"variableAttribute": [{"value": "", "mutability": "WriteOnly"}]}
    data = [
        {**place("TxCtrlr", "TxStopPoint"), **told},
        {**place("SecurityCtrlr", "BasicAuthPassword"), **hidden},
        {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}, **told},
    ]
    story = Story().tells("NotifyReport", {"requestId": 1, "seqNo": 0, "reportData": data})

    assert {"Authorized", "EVConnected"} == learned(story, "2.1").members("TxCtrlr", "TxStopPoint")
    assert {("securityctrlr", "", "basicauthpassword", "")} == learned(story, "2.1").hidden
    assert 1 == len(learned(story, "2.1").values)


def test_monitors_come_and_go() -> None:
    story = Story().monitors("Delta", 3, 7)

    assert {1: Monitor("Delta", 3.0, 7)} == learned(story).monitors

    story = story.asks(
        "ClearVariableMonitoring",
        {"id": [1]},
        {"clearMonitoringResult": [{"id": 1, "status": "Accepted"}]},
    )

    assert {} == learned(story).monitors


def test_a_report_of_monitors_tells_them_until_another_base_is_set() -> None:
    monitoring = [{"id": 4, "transaction": False, "value": 5, "type": "UpperThreshold", "severity": 2}]
    for each in monitoring:
        each["eventNotificationType"] = "CustomMonitor"
    rows = [place("Meter", "Power", variableMonitoring=monitoring)]
    story = Story().tells("NotifyMonitoringReport", {"requestId": 1, "seqNo": 0, "monitor": rows})

    assert {4: Monitor("UpperThreshold", 5.0, 2)} == learned(story, "2.1").monitors

    story = story.asks("SetMonitoringBase", {"monitoringBase": "HardWiredOnly"}, {"status": "Accepted"})

    assert {} == learned(story, "2.1").monitors


def test_what_was_known_before_is_known_still() -> None:
    before = learned(Story().has("TxCtrlr", "TxStopPoint", "Authorized"))
    story = Story().asks("ClearCache", {}, {"status": "Accepted"})

    assert "Authorized" == learned(story, before=before).value("TxCtrlr", "TxStopPoint")
    assert {"GetVariables", "ClearCache"} == learned(story, before=before).asked


def test_an_answer_to_one_of_two_calls_under_an_id_tells_nothing() -> None:
    story = (
        Story(id="kit-1").asks("GetVariables", {}, "NotSupported").has("TxCtrlr", "TxStopPoint", "Authorized")
    )

    assert None is learned(story).value("TxCtrlr", "TxStopPoint")


def test_nothing_is_learned_of_versions_whose_messages_say_it_otherwise() -> None:
    story = Story().tells("NotifyReport")

    assert Learned() == learned(story, "2.0")


class Told:
    """A stage on which a story was told."""

    identity = "CP1"
    shown = ()

    def __init__(self, story: Story) -> None:
        self.story = story

    async def be_registered(self) -> None:
        """It is."""

    async def close(self) -> None:
        """There is nothing to close."""

    def heard(self) -> Heard:
        """The story."""
        return self.story.heard(Telling.target.version)


class Telling:
    """A ground with a story for each stage."""

    target = Target(role=Role.CHARGE_POINT, version="2.0.1")

    def __init__(self, *stories: Story) -> None:
        self.stories = iter(stories)

    async def stage(self) -> Told:
        """The next story."""
        return Told(next(self.stories))


def test_what_was_learned_on_one_stage_is_known_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(_: Any) -> None:
        pass

    id = "frame.unknown-action"
    monkeypatch.setitem(CHECKS, id, Check(id, nothing, Start.CONNECTED))
    goes_on = Story().event("Started", "Authorized").event("Updated", "EVCommunicationLost")
    goes_on = goes_on.event("Updated", "CablePluggedIn")
    ground = Telling(Story().has("TxCtrlr", "TxStopPoint", "EVConnected"), goes_on)
    run = Run(profile=QUICK, intrusive=False, seed=7, budget=Budget(), told=lambda _: None)
    asyncio.run(run.all(cast(Ground, ground), [rules()[id], rules()["transaction.stop-point"]]))

    assert [Verdict.CONFORMING, Verdict.DEVIATING] == [each.verdict for each in run.outcomes]
