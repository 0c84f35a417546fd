"""Histories make sense, our own CSMS serves all of them, and one that fails shrinks to little."""

import asyncio
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from ocpp_core import from_wire, specification, to_wire
from ocpp_core.cli.csms import Csms
from ocpp_core.testing import Step, exchanges, station_machine
from ocpp_core.transports.memory import pair
from properties import for_all, large_values_allowed, smallest

VERSIONS = ("1.2", "1.5", "1.6", "2.0", "2.0.1", "2.1")


async def served(version: str, steps: list[Step]) -> list[dict[str, Any]]:
    """The answers of our CSMS, over a new connection after each break."""
    csms, answers = Csms(), list[dict[str, Any]]()
    left = list(steps)
    while left:
        async with pair(version, csms=csms.router) as (peer, _):
            while left and left[0].action:
                answers.append(await _asked(peer, version, left[0], answers))
                left.pop(0)
        if left:
            answers.append({})
            left.pop(0)
    return answers


async def _asked(peer: Any, version: str, step: Step, answers: list[dict[str, Any]]) -> dict[str, Any]:
    request = from_wire(specification(version).request(step.action), step.filled(answers))
    return to_wire(await peer.call(request))


@pytest.mark.parametrize("version", VERSIONS)
def test_our_csms_serves_every_history(version: str) -> None:
    def check(steps: list[Step]) -> None:
        assert len(steps) == len(asyncio.run(served(version, steps)))

    for_all(exchanges(version), 25, check)


@pytest.mark.parametrize("version", VERSIONS)
def test_history_makes_sense(version: str) -> None:
    def check(steps: list[Step]) -> None:
        assert "BootNotification" == steps[0].action
        for number, step in enumerate(steps):
            for link in step.links.values():
                assert link.step < number
                assert "StartTransaction" == steps[link.step].action
            if step.action == "StopTransaction":
                assert step.links["transactionId"] not in [
                    each.links.get("transactionId") for each in steps[:number] if each.action == step.action
                ]

    for_all(exchanges(version), 50, check)


@pytest.mark.parametrize("version, action", [("1.6", "StopTransaction"), ("2.0.1", "TransactionEvent")])
def test_shrunk_history_is_short(version: str, action: str) -> None:
    def has(steps: list[Step]) -> bool:
        return action in [step.action for step in steps]

    shrunk = [step.action for step in smallest(exchanges(version), has)]

    assert ["BootNotification", "Authorize"] == shrunk[:2]
    assert action == shrunk[-1]
    assert len(shrunk) <= 5


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_machine_runs_against_our_csms(version: str) -> None:
    asked = set()

    class Machine(station_machine(version)):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.csms = Csms()

        def ask(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
            asked.add(action)
            return asyncio.run(self._ask(action, payload))

        async def _ask(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
            async with pair(version, csms=self.csms.router) as (peer, _):
                return to_wire(await peer.call(from_wire(specification(version).request(action), payload)))

    with large_values_allowed():
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=8, stateful_step_count=10, database=None, derandomize=True, deadline=None
            ),
        )

    assert {"BootNotification", "Authorize"} <= asked
