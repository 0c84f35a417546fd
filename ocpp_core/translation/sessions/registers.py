"""Readings of the energy register, and digests of messages: what both directions of transactions need."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from ocpp_core import v201
from ocpp_core.model.messages import Payload
from ocpp_core.payloads.binding import REFUSALS, plain
from ocpp_core.payloads.texts import writer
from ocpp_core.translation.leaves import rounded
from ocpp_core.translation.samples import REGISTER

_PHASES = frozenset({"L1", "L2", "L3"})
_POWERS = {"Wh": 0, "kWh": 3, "MWh": 6, "GWh": 9}


def digest(message: Payload) -> str:
    """The same for the same content."""
    try:
        text = writer(type(message))(message)
    except REFUSALS:  # what has extra members, or was tolerated: slower, and the same each time too
        text = json.dumps(plain(message), sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def register_wh(samples: Iterable[v201.SampledValue]) -> Decimal | None:
    """What the energy register shows at one moment, in Wh: the total, else the sum of the phases."""
    readings = [one for one in samples if _is_register(one)]
    readings.sort(key=lambda one: one.location not in (None, "Outlet"))
    for one in readings:
        if one.phase is None:
            return _wh(one)
    phases = {str(one.phase): _wh(one) for one in reversed(readings) if one.phase in _PHASES}
    known = [value for value in phases.values() if value is not None]
    return sum(known, Decimal(0)) if known else None


def _is_register(sample: v201.SampledValue) -> bool:
    return (sample.measurand or REGISTER) == REGISTER and _wh(sample) is not None


def _wh(sample: v201.SampledValue) -> Decimal | None:
    measure = sample.unit_of_measure
    unit = "Wh" if measure is None or measure.unit is None else measure.unit
    power = 0 if measure is None or measure.multiplier is None else measure.multiplier
    value: Any = sample.value  # what was tolerated may be anything
    if unit not in _POWERS or not -99 < power < 99 or not isinstance(value, Decimal):
        return None
    return value.scaleb(power + _POWERS[unit])


def readings(
    values: Iterable[v201.MeterValue], context: str
) -> Iterator[tuple[bool, v201.MeterValue, Decimal]]:
    """The moments at which the register was read, with whether it was in this context."""
    for value in values:
        groups: dict[bool, list[v201.SampledValue]] = {}
        for one in value.sampled_value:
            groups.setdefault(one.context == context, []).append(one)
        for is_in_context, samples in groups.items():
            found = register_wh(samples)
            if found is not None:
                yield is_in_context, value, found


def whole_wh(value: Decimal) -> int:
    """The nearest number of Wh."""
    return int(rounded(value, Decimal(1), "ROUND_HALF_EVEN"))


def register_sample(value: int, context: str) -> v201.SampledValue:
    """A reading in Wh as a sample."""
    members: dict[str, Any] = {
        "value": Decimal(value),
        "context": v201.ReadingContext(context),
        "measurand": v201.Measurand(REGISTER),
        "unit_of_measure": v201.UnitOfMeasure(unit="Wh"),
    }
    return v201.SampledValue(**members)
