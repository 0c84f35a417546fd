"""What a translation costs, in calls of Python functions: the same on every machine, however busy it is."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ocpp_core import v16, v201
from ocpp_core.model.messages import Payload
from ocpp_core.translation import translate
from ocpp_core.translation.policies import DEFAULT_POLICY
from ocpp_core.translation.runs import At, Pure, Run, Unfit
from ocpp_core.translation.samples import number

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def _calls(function: Callable[[], Any]) -> int:
    """How many functions it calls, when all that is made once is made."""
    function()
    found = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal found
        found += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return found


def _cost(message: Payload, to: str) -> int:
    return _calls(lambda: translate(message, to=to, received_at=NOON))


def _older(number: int) -> v16.MeterValuesRequest:
    sample = v16.SampledValue(
        value="230.1", measurand=v16.Measurand.VOLTAGE, unit=v16.UnitOfMeasure.V, phase=v16.Phase.L1_N
    )
    return v16.MeterValuesRequest(
        connector_id=1, meter_value=[v16.MeterValue(timestamp=NOON, sampled_value=[sample] * number)]
    )


def _newer(number: int) -> v201.MeterValuesRequest:
    sample = v201.SampledValue(
        value=Decimal("230.1"),
        measurand=v201.Measurand.VOLTAGE,
        unit_of_measure=v201.UnitOfMeasure(unit="V"),
        phase=v201.Phase.L1_N,
    )
    return v201.MeterValuesRequest(
        evse_id=1, meter_value=[v201.MeterValue(timestamp=NOON, sampled_value=[sample] * number)]
    )


@pytest.mark.parametrize(
    "make, to, most",
    [
        # The plan, the number, and the step of the loop.
        pytest.param(_older, "2.0.1", 3, id="up"),
        # The same; where rules written by hand stand, the value and the unit; and the number as text.
        pytest.param(_newer, "1.6", 9, id="down"),
    ],
)
def test_one_sample_more_costs_few_calls(make: Callable[[int], Payload], to: str, most: int) -> None:
    more = _cost(make(20), to) - _cost(make(10), to)

    assert 10 * most >= more


@pytest.mark.parametrize(
    "message, to, most",
    [
        pytest.param(
            v16.StatusNotificationRequest(
                connector_id=1,
                error_code=v16.ChargePointErrorCode.NO_ERROR,
                status=v16.ChargePointStatus.AVAILABLE,
                timestamp=NOON,
            ),
            "2.0.1",
            15,
            id="up",
        ),
        pytest.param(
            v201.StatusNotificationRequest(
                timestamp=NOON,
                connector_status=v201.ConnectorStatus.AVAILABLE,
                evse_id=1,
                connector_id=1,
            ),
            "1.6",
            15,
            id="down",
        ),
    ],
)
def test_a_status_costs_few_calls(message: Payload, to: str, most: int) -> None:
    assert most >= _cost(message, to)


def test_a_pure_conversion_is_one_by_hand_too() -> None:
    at = At(Run("1.6->2.0.1", None, DEFAULT_POLICY), (None, "value", "value"), None)

    assert Decimal("1.5") == Pure(number)("1.5", at)
    with pytest.raises(Unfit) as refused:
        Pure(number)("1,5", at)
    assert at.place == refused.value.place
