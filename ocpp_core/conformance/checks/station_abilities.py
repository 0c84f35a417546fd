"""Checks of stations of 2.1: what they have to tell of what they can do."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import claimed
from ocpp_core.conformance.checks.steering import value_of
from ocpp_core.conformance.stages import Stage


@check("v2x.modes-told")
async def modes_told(stage: Stage) -> None:
    """Asks in which modes energy goes both ways."""
    claimed(stage, "v2x.modes-told")
    for variable in ("SupportedOperationModes", "SupportedEnergyTransferModes"):
        if not await value_of(stage, "V2XChargingCtrlr", variable):
            stage.deviates("the modes that it supports", "none", place=variable)


@check("battery.transaction-points")
async def transaction_points(stage: Stage) -> None:
    """Asks when the transactions of a slot begin and end."""
    claimed(stage, "battery.transaction-points")
    for variable in ("TxStartPoint", "TxStopPoint"):
        value = await value_of(stage, "TxCtrlr", variable)
        if value is None:
            stage.cannot_tell(f"it has no {variable}")
        if value != "EVConnected":
            stage.deviates("EVConnected", value, place=variable)
