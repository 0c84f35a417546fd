"""Sampled values of 1.6 and 2.0.1: text and numbers, units and multipliers, signed data. See `v16_v201`."""

import base64
import json
import re
from decimal import Decimal
from typing import Any

from ocpp_core.model.decimals import is_in_range, number_text, read_decimal
from ocpp_core.model.messages import evolve
from ocpp_core.translation.leaves import words
from ocpp_core.translation.losses import LossKind, LossReason, Place
from ocpp_core.translation.rules import Fill, Pair, field, ignore, newer, older
from ocpp_core.translation.runs import At, Pure, Run
from ocpp_core.translation.samples import REGISTER, number

#: What a value without unit means, where that is not Wh. Frequency has no unit in 1.6: the erratum says hertz.
_IMPLIED = {
    "Current.Export": "A",
    "Current.Import": "A",
    "Current.Offered": "A",
    "Voltage": "V",
    "Frequency": "Hz",
    "Power.Active.Export": "W",
    "Power.Active.Import": "W",
    "Power.Offered": "W",
    "Power.Reactive.Export": "var",
    "Power.Reactive.Import": "var",
    "SoC": "Percent",
}
_UNITS = words("Wh kWh varh kvarh W kW VA kVA var kvar A V K Celsius Fahrenheit Percent")
_PREFIXES = {"m": -3, "k": 3, "M": 6, "G": 9}
_BASES = words("Wh varh W VA var A V")

#: Members of signed data, by attribute of 2.0.1, and how much of each it holds.
_SIGNED = {
    "signed_meter_data": ("signedMeterData", 2500),
    "signing_method": ("signingMethod", 50),
    "encoding_method": ("encodingMethod", 50),
    "public_key": ("publicKey", 2500),
}
_SIGNED_MEMBERS = frozenset(wire for wire, _ in _SIGNED.values())
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)


def _implied_unit(at: At) -> str | None:
    """Without a unit it would be Wh in 2.0.1, whatever it is."""
    return _IMPLIED.get(at.source.measurand) if at.source.measurand is not None else None


def _power(sample: Any) -> tuple[str | None, int]:
    """Unit of 1.6 and the power of ten that a value of 2.0.1 is multiplied with; None for no unit."""
    measure = sample.unit_of_measure
    if measure is None:
        return None, 0
    unit, power = measure.unit, measure.multiplier or 0
    if unit is None or unit in _UNITS:
        return unit, power
    if unit == "Hz":
        return None, power
    if unit[:1] in _PREFIXES and unit[1:] in _BASES:
        return unit[1:], power + _PREFIXES[unit[0]]
    raise LookupError(unit)


def _value_down(value: Any, at: At) -> Any:
    """Exact text, without an exponent."""
    try:
        _, power = _power(at.source)
        if not -400 < power < 400:
            raise at.unfit(value, LossReason.OUT_OF_RANGE)
        found = read_decimal(value)
    except (LookupError, TypeError, ValueError):
        raise at.unfit(value) from None
    if power:
        sign, digits, exponent = found.as_tuple()
        assert isinstance(exponent, int)
        found = Decimal((sign, digits, exponent + power))
        if found and not is_in_range(found):
            raise at.unfit(value, LossReason.OUT_OF_RANGE)
    return number_text(found) if found else "0"


def _unit_down(value: Any, at: At) -> Any:
    """A unit with a prefix that 1.6 lacks becomes its base; what is no unit of 1.6 would read as Wh."""
    if value in _UNITS:
        return value
    try:
        unit, _ = _power(at.source)
    except LookupError:
        raise at.unfit(value) from None
    if value == "Hz":
        return unit
    return at.approximated(value, unit, LossReason.UNIT_CONVERTED)


# Signed data, up


def _key(sample: Any) -> tuple[Any, ...]:
    return sample.context, sample.measurand, sample.phase, sample.location


def _up(samples: Any, at: At) -> Any:
    """Samples of one moment; what is signed belongs to the value that says the same."""
    signed_ones = [index for index, sample in enumerate(samples) if sample.format == "SignedData"]
    made = _joined(samples, signed_ones, at) if signed_ones else _plain(samples, at)
    if not made:
        raise at.unfit(samples)
    return made


def _plain(samples: Any, at: At) -> list[Any]:
    return at.run.all_fitting(samples, "SampledValue", at.place)


def _joined(samples: Any, signed_ones: list[int], at: At) -> list[Any]:
    made: list[Any] = []
    keys: dict[Any, int] = {}
    for index, sample in enumerate(samples):
        if index not in signed_ones:
            plain = at.run.fitting(sample, "SampledValue", (at.place, index, len(made)))
            if plain is not None:
                keys.setdefault(_key(sample), len(made))
                made.append(plain)
    for index in signed_ones:
        sample = samples[index]
        number_ = keys.pop(_key(sample), None)
        here = (at.place, index, len(made) if number_ is None else number_)
        signed = _signed(sample, at.run, here)
        if signed is None:
            at.run.dropped(here, sample, LossReason.TOO_LONG)
        elif number_ is not None:
            made[number_] = evolve(made[number_], signed_meter_value=signed)
        else:
            raw = at.run.fitting(
                evolve(sample, value=_value_of(sample, at), format=None), "SampledValue", here
            )
            if raw is not None:
                at.run.made((here, "", "value"), raw.value, LossReason.GUESSED)
                made.append(evolve(raw, signed_meter_value=signed))
    return made


def _value_of(sample: Any, at: At) -> str:
    """The number that belongs to signed data alone: the register of the transaction, if the rule around it knows it."""
    is_register = (sample.measurand or REGISTER) == REGISTER and sample.unit in (None, "Wh")
    known: str = at.run.notes.get(str(sample.context), "0") if is_register else "0"
    return known


def _signed(sample: Any, run: Run, place: Place) -> Any:
    """The signed data of a sample: JSON text with its members, or bytes of which nothing more is known."""
    members = _members(sample.value)
    target: Place = (place, "value", "signedMeterValue")
    if members is None:
        is_hex = _HEX.fullmatch(sample.value)
        raw = bytes.fromhex(sample.value) if is_hex else sample.value.encode("utf-8", "surrogatepass")
        data = base64.b64encode(raw).decode()
        if len(data) > _SIGNED["signed_meter_data"][1]:
            return None
        run.approximated(
            (place, "value", "signedMeterValue.signedMeterData"), sample.value, data, LossReason.REENCODED
        )
        members = {"signedMeterData": data}
    elif set(members) - _SIGNED_MEMBERS:
        members = {wire: members[wire] for wire in members if wire in _SIGNED_MEMBERS}
        run.approximated(target, sample.value, members, LossReason.REENCODED)
    if any(len(members.get(wire, "")) > limit for wire, limit in _SIGNED.values()):
        return None
    for wire, _ in _SIGNED.values():
        if wire not in members:
            run.made((place, "", f"signedMeterValue.{wire}"), "", kind=LossKind.DEFAULTED)
    values = {name: members.get(wire, "") for name, (wire, _) in _SIGNED.items()}
    return run.way.value_class("SignedMeterValue")(**values)


def _members(text: str) -> dict[str, str] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, dict) or not isinstance(members.get("signedMeterData"), str):
        return None
    is_text = all(isinstance(one, str) for name, one in members.items() if name in _SIGNED_MEMBERS)
    return members if is_text else None


# Signed data, down


def _down(samples: Any, at: At) -> Any:
    """A signed value is two samples in 1.6: the number, and the text that signs it."""
    signed_ones = [sample for sample in samples if sample.signed_meter_value is not None]
    made = _parted(samples, at) if signed_ones else _plain(samples, at)
    if not made:
        raise at.unfit(samples)
    return made


def _parted(samples: Any, at: At) -> list[Any]:
    made: list[Any] = []
    for index, sample in enumerate(samples):
        plain = at.run.fitting(sample, "SampledValue", (at.place, index, len(made)))
        if plain is None:
            continue
        made.append(plain)
        signed = sample.signed_meter_value
        if signed is not None:
            place = ((at.place, index, len(made)), "signedMeterValue", "value")
            if signed.custom_data is not None:
                at.run.dropped((place, "customData", ""), signed.custom_data)
            members = {wire: getattr(signed, name) for name, (wire, _) in _SIGNED.items()}
            text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
            made.append(evolve(plain, value=text, format="SignedData"))
    return made


PAIRS = (
    Pair(
        "MeterValue",
        field("sampledValue", up=_up, down=_down),
    ),
    Pair(
        "SampledValue",
        field("value", up=Pure(number), down=_value_down),
        older("format", up=ignore),  # Raw; signed data is joined with what it signs
        field("measurand", vital=True),
        field(
            "unit",
            "unitOfMeasure.unit",
            down=_unit_down,
            fill_up=Fill(_implied_unit, reason=LossReason.GUESSED, starts=True),
            vital=True,
        ),
        newer("unitOfMeasure.multiplier", down=ignore),  # folded into the value
        newer("signedMeterValue", down=ignore),  # a sample of its own
    ),
)
