"""Generated values go to the limits of their fields often, whichever version of Hypothesis draws them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from ocpp_core import v16, v21, v201
from ocpp_core.model.messages import Payload
from ocpp_core.testing import messages, payloads

#: How many are drawn, and with how many seeds.
_FEW = 24
_SEEDS = range(10)

LIMITS: dict[str, tuple[type[Payload], Callable[[Any], Any]]] = {
    "only text": (v16.AuthorizeRequest, lambda it: len(it.id_tag) == 20),
    "one text of many": (v16.BootNotificationRequest, lambda it: len(it.charge_point_vendor) == 20),
    "long text": (v201.NotifyCustomerInformationRequest, lambda it: len(it.data) == 512),
    "text of an item": (
        v201.SetVariablesRequest,
        lambda it: any(len(each.component.name) == 50 for each in it.set_variable_data),
    ),
    "number at its most": (v21.BatterySwapRequest, lambda it: it.battery_data[0].soc == 100),
    "number at its least": (v21.BatterySwapRequest, lambda it: it.battery_data[0].soc == 0),
    "integer at its least": (v21.BatterySwapRequest, lambda it: it.battery_data[0].evse_id == 0),
    "short list": (
        v201.SalesTariffEntry,
        lambda it: it.consumption_cost is not None and len(it.consumption_cost) == 3,
    ),
    "empty text": (v16.AuthorizeRequest, lambda it: it.id_tag == ""),
}


def drawn(strategy: Any, examples: int, number: int) -> list[Any]:
    found: list[Any] = []

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType] - its metaclass
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


@pytest.mark.parametrize("limit", LIMITS)
def test_two_dozen_values_meet_a_limit(limit: str) -> None:
    """With all seeds but one at most, and not seldom over all."""
    cls, is_met = LIMITS[limit]
    met = [sum(map(bool, map(is_met, drawn(messages(cls), _FEW, number)))) for number in _SEEDS]

    assert met.count(0) <= 1
    assert sum(met) >= _FEW * len(_SEEDS) / 20


def test_payloads_meet_limits_as_messages_do() -> None:
    met = [
        len(each["idTag"]) == 20
        for number in _SEEDS
        for each in drawn(payloads(v16.AuthorizeRequest), _FEW, number)
    ]

    assert sum(met) >= len(met) / 4


def test_what_fails_beyond_a_length_shrinks_to_that_length() -> None:
    smallest: list[str] = []

    @seed(1)
    @settings(max_examples=50, database=None, deadline=None, phases=[Phase.generate, Phase.shrink])
    @given(messages(v16.AuthorizeRequest))
    def fails(request: v16.AuthorizeRequest) -> None:
        if len(request.id_tag) > 15:
            smallest.append(request.id_tag)
            raise ValueError("too much")

    with pytest.raises(ValueError, match="too much"):
        fails()

    assert "0" * 16 == smallest[-1]


def test_what_fails_at_a_number_shrinks_to_that_number() -> None:
    smallest: list[Any] = []

    @seed(1)
    @settings(max_examples=50, database=None, deadline=None, phases=[Phase.generate, Phase.shrink])
    @given(messages(v21.BatteryData))
    def fails(data: v21.BatteryData) -> None:
        if data.soc > 90:
            smallest.append(data.soc)
            raise ValueError("too much")

    with pytest.raises(ValueError, match="too much"):
        fails()

    assert Decimal(91) == smallest[-1]
