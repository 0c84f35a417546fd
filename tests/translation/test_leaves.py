"""Single values on their way from one kind to another, where no message of today has both."""

from decimal import Decimal
from typing import Any

import pytest

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.shapes import Boolean, Integer, Kind, Number
from ocpp_core.translation.leaves import Manner, leaf
from ocpp_core.translation.losses import Translation
from ocpp_core.translation.policies import DEFAULT_POLICY
from ocpp_core.translation.runs import Run, Unfit

PLACE = (None, "limit", "limit")
HUNDRED = Number(minimum=0, maximum=100)


def turned(source: Kind, target: Kind, value: Any, manner: Manner = Manner()) -> tuple[Any, list[Any]]:  # noqa: B008
    """What a value becomes, and what is lost of it."""
    convert, run = leaf(source, target, manner), Run("step", None, DEFAULT_POLICY)
    assert convert is not None
    made = convert(value, run, PLACE)
    return made, [
        (one.value, one.became, one.reason.value) for one in Translation((), None, tuple(run.losses)).losses
    ]


@pytest.mark.parametrize("value, nearest", [(Decimal(-1), 0), (Decimal(101), 100)])
def test_a_number_out_of_range_is_the_nearest_bound_in_a_report(value: Decimal, nearest: int) -> None:
    assert (Decimal(nearest), [(value, Decimal(nearest), "out_of_range")]) == turned(Number(), HUNDRED, value)


def test_a_number_out_of_range_is_refused_in_a_command() -> None:
    with pytest.raises(Unfit) as refused:
        turned(Number(), HUNDRED, Decimal(101), Manner(is_command=True))
    assert ErrorCode.PROPERTY_CONSTRAINT is refused.value.error


@pytest.mark.parametrize(
    "source, target, value",
    [
        pytest.param(Number(), Integer(), "many", id="integer"),
        pytest.param(Number(), HUNDRED, [], id="number"),
        pytest.param(Boolean(), Boolean(), 1, id="boolean"),
    ],
)
def test_what_is_not_of_its_kind_has_no_place(source: Kind, target: Kind, value: Any) -> None:
    with pytest.raises(Unfit) as refused:
        turned(source, target, value)
    assert ErrorCode.TYPE_CONSTRAINT is refused.value.error
