"""OCPP 1.2 and 1.5, which adds meter attributes, reservations, local lists, GetConfiguration and limits of length."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ocpp_core.model.messages import Request
from ocpp_core.model.versions import Version
from ocpp_core.translation.leaves import rounded
from ocpp_core.translation.losses import LossKind, LossReason
from ocpp_core.translation.rules import (
    RECEIVED_AT,
    REJECTED,
    Fill,
    Pair,
    Tokens,
    field,
    near,
    newer,
    only_newer,
    respond,
    status,
)
from ocpp_core.translation.runs import At, Run, Unfit
from ocpp_core.translation.samples import REGISTER, number
from ocpp_core.translation.steps import Step
from ocpp_core.translation.views import View

TOKENS = (
    # 1.2 has no reservation; Occupied keeps the connector in the operative class.
    Tokens("ChargePointStatus", down=near("Reserved", "Occupied")),
    # Mode3Error is the catch-all for faults of charging. A weak signal is none, and NoError would hide the others.
    Tokens(
        "ChargePointErrorCode",
        down={
            **near("GroundFailure OverCurrentFailure UnderVoltage OtherError", "Mode3Error"),
            **near("WeakSignal", "NoError"),
        },
    ),
)

_INT = (-(2**31), 2**31 - 1)


def _one_value(value: Any, at: At) -> Any:
    """1.2 has one integer, in Wh; it is a sample without attributes."""
    return [at.run.way.value_class("SampledValue")(value=str(value))]


def _register(samples: Any, at: At) -> Any:
    """The energy register of all phases at the outlet: all that 1.2 can say of a moment."""
    found = None
    for index, sample in enumerate(samples):
        place = (at.place, index, "")
        energy = _watt_hours(sample) if found is None else None
        if energy is None:
            at.run.dropped(place, sample)
            continue
        found = int(rounded(energy, Decimal(1), ROUND_HALF_EVEN))
        said = View(sample, at.run, place)
        said.use("value", "measurand", "location", "format", "unit")  # as 1.2 means it
        if sample.context == "Sample.Periodic":  # what a sample is that says nothing
            said.use("context")
        said.drop_rest()
        if found != energy:
            at.run.approximated(place, sample.value, found, LossReason.ROUNDED)
        elif sample.unit == "kWh":
            at.run.approximated(place, sample.value, found, LossReason.UNIT_CONVERTED)
        if not _INT[0] <= found <= _INT[1]:
            bound = _INT[0] if found < 0 else _INT[1]
            at.run.approximated(place, sample.value, bound, LossReason.OUT_OF_RANGE)
            found = bound
    if found is None:
        raise at.unfit(samples)
    return found


def _watt_hours(sample: Any) -> Decimal | None:
    is_register = sample.measurand in (None, REGISTER) and sample.location in (None, "Outlet")
    if not is_register or sample.format not in (None, "Raw") or sample.unit not in (None, "Wh", "kWh"):
        return None
    energy = number(sample.value)
    return energy * 1000 if energy is not None and sample.unit == "kWh" else energy


def _interval(at: At) -> int:
    return at.run.policy.heartbeat_interval


def _all_unknown(request: Request[Any], run: Run, why: Unfit | None) -> Any:
    asked: Any = request
    return respond(request, unknown_key=list(asked.key or ()))


PAIRS = (
    Pair(
        "BootNotificationResponse",
        field("currentTime", fill_up=RECEIVED_AT),
        field("heartbeatInterval", fill_up=Fill(_interval, LossKind.DEFAULTED)),
    ),
    Pair("StartTransactionRequest", newer("reservationId")),
    Pair("StopTransactionRequest", newer("transactionData")),
    Pair(
        "StatusNotificationRequest",
        newer("info"),
        newer("timestamp"),
        newer("vendorId"),
        newer("vendorErrorCode"),
    ),
    Pair("MeterValuesRequest", field("values", vital=True), newer("transactionId")),
    Pair("MeterValue", field("value", up=_one_value, down=_register)),
)

STEP = Step(
    older=Version.V1_2,
    newer=Version.V1_5,
    pairs=PAIRS,
    tokens=TOKENS,
    actions=[
        *only_newer("DataTransfer", status("UnknownVendorId")),
        *only_newer("GetConfiguration", _all_unknown),
        *only_newer("GetLocalListVersion", lambda request, run, why: respond(request, list_version=-1)),
        *only_newer("SendLocalList", status("NotSupported")),
        *only_newer("ReserveNow CancelReservation", REJECTED),
    ],
)
