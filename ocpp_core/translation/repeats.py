"""Samples that say under another name what a sample beside them says already."""

from typing import Any

from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.runs import At, ByHand


def _key(sample: Any, measurand: Any) -> tuple[Any, ...]:
    return measurand, sample.phase, sample.location, sample.context


def without_repeats(enum: str) -> ByHand:
    """Translates the samples of one moment, and leaves out those that become what another one is.

    Args:
        enum: Name of the enum of measurands.
    """

    def convert(samples: Any, at: At) -> Any:
        table = at.run.way.tables[(enum, enum)].entries
        there = {_key(one, one.measurand) for one in samples if one.measurand not in table}
        made: list[Any] = []
        for number, sample in enumerate(samples):
            place = (at.place, number, len(made))
            entry = table.get(sample.measurand)
            if entry is not None and _key(sample, getattr(entry, "token", entry)) in there:
                at.run.dropped(place, sample, LossReason.COLLAPSED)
                continue
            one = at.run.fitting(sample, "SampledValue", place)
            made += [] if one is None else [one]
        if not made:
            raise at.unfit(samples)
        return made

    return convert
