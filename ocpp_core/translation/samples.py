"""Meter samples where a version knows no phases: what stands for all phases of a moment, and text that is a number."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from ocpp_core.model.decimals import is_in_range, number_text
from ocpp_core.model.messages import evolve
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.runs import At, ByHand

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?\s*")
#: Digits with which a number without an exponent is of a size that a double has.
_SHORT = 300
#: Whatever the user has set for this thread, what is no number is refused.
_STRICT = Context(traps=[InvalidOperation])

#: What a sample means that names no measurand, in all versions.
REGISTER = "Energy.Active.Import.Register"

#: Each family is one way to look at three phases.
_FAMILIES = ({"L1", "L2", "L3"}, {"L1-N", "L2-N", "L3-N"}, {"L1-L2", "L2-L3", "L3-L1"})


def number(text: Any) -> Decimal | None:
    """The number that the text of a sample is; None if it is none. A comma is no decimal point."""
    # Nearly all are digits with a point or without, which is quick to see.
    if text.__class__ is str and len(text) < _SHORT and not text.strip("0123456789."):
        try:
            return Decimal(text, _STRICT)
        except InvalidOperation:  # nothing at all, or more points than one
            return None
    match = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    value = Decimal(text)
    is_small = match[1] is None and len(text) < _SHORT
    return value if is_small or not value or is_in_range(value) else None


def by_phase(sampled: Callable[[Any, At, int, int], Any]) -> ByHand:
    """Translates the samples of one moment for a version without phases.

    A phase value without its phase would read as the total. Where the total is there, those of the phases are left out;
    else energy and power are added up, and of current and voltage the largest counts.

    Args:
        sampled: Translates one sample without a phase, from and to this number; it raises `Unfit` or returns None
            where there is no place for it.
    """

    def convert(samples: Any, at: At) -> Any:
        made: list[Any] = []
        for number_, sample, losses in _without_phases(samples, at):
            for loss in losses:
                loss(len(made))
            one = sampled(sample, at, number_, len(made))
            if one is not None:
                made.append(one)
        if not made:
            raise at.unfit(samples)
        return made

    return convert


def _without_phases(samples: Sequence[Any], at: At) -> Iterator[tuple[int, Any, list[Callable[[int], None]]]]:
    totals = {_measurand(one) for one in samples if one.phase is None}
    groups: dict[Any, list[int]] = {}
    for index, sample in enumerate(samples):
        if sample.phase is not None:
            groups.setdefault(_group(sample), []).append(index)
    for index, sample in enumerate(samples):
        if sample.phase is None:
            yield index, sample, []
            continue
        group = groups.pop(_group(sample), None)
        if group is None:  # counted with the first of its group
            continue
        total = None if _measurand(sample) in totals else _total([samples[one] for one in group])
        if total is None:
            for one in group:
                at.run.dropped((at.place, one, one), samples[one], LossReason.NO_COUNTERPART)
            continue
        merged = evolve(sample, value=number_text(total), phase=None)

        def note(target: int, group: list[int] = group, total: Decimal = total) -> None:
            for one in group:
                at.run.approximated(
                    (at.place, one, target), samples[one], number_text(total), LossReason.MERGED
                )

        yield index, merged, [note]


def _measurand(sample: Any) -> str:
    return str(sample.measurand or REGISTER)


def _group(sample: Any) -> tuple[Any, ...]:
    return _measurand(sample), sample.context, sample.location, sample.unit, sample.format


def _total(samples: Sequence[Any]) -> Decimal | None:
    """What stands for the phases; None if nothing can."""
    values = [number(one.value) for one in samples]
    phases = [str(one.phase) for one in samples]
    is_one_family = any(set(phases) <= family for family in _FAMILIES) and len(set(phases)) == len(phases)
    if not is_one_family or any(one is None for one in values) or samples[0].format == "SignedData":
        return None
    known = [one for one in values if one is not None]
    kind = _measurand(samples[0]).partition(".")[0]
    if kind in ("Current", "Voltage"):
        return max(known)
    if (
        kind in ("Energy", "Power")
        and _measurand(samples[0]) != "Power.Factor"
        and not phases[0].count("L") > 1
    ):
        return sum(known, Decimal(0))
    return None
