"""What type checkers know of a message that was read: everything, nested values too. Checked, never run."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_type

from ocpp_core import Tolerance, Violation, evolve, from_wire, read, to_wire, v16, v21, v201, validate
from ocpp_core.model.messages import Unset

payload: Mapping[str, Any] = {}

# The class that goes in comes out.
assert_type(from_wire(v16.ResetRequest, {"type": "Hard"}), v16.ResetRequest)
assert_type(from_wire(v201.EVSE, {"id": 1}), v201.EVSE)
assert_type(from_wire(v21.NotifyPeriodicEventStream, payload), v21.NotifyPeriodicEventStream)
assert_type(
    read(v16.ResetRequest, payload, tolerance=Tolerance.TOLERANT),
    tuple[v16.ResetRequest, tuple[Violation, ...]],
)
assert_type(to_wire(v16.ResetRequest(type=v16.ResetType.HARD)), dict[str, Any])
assert_type(validate(payload, "1.6", "Reset", "response"), list[Violation])

# Nested values, lists, enums, moments and decimals.
meter_values = from_wire(v16.MeterValuesRequest, payload)
assert_type(meter_values.connector_id, int)
assert_type(meter_values.transaction_id, int | None)
assert_type(meter_values.meter_value, list[v16.MeterValue])
assert_type(meter_values.meter_value[0].timestamp, datetime)
assert_type(meter_values.meter_value[0].sampled_value[0].unit, v16.UnitOfMeasure | None)

event = from_wire(v201.TransactionEventRequest, payload)
assert_type(event.event_type, v201.TransactionEvent)
assert_type(event.transaction_info.charging_state, v201.ChargingState | None)
assert_type(event.evse, v201.EVSE | None)
assert_type(event.custom_data, v201.CustomData | None)
if event.meter_value is not None:
    assert_type(event.meter_value[0].sampled_value[0].value, Decimal)

# Any JSON value may stand in the data of DataTransfer; None is null there, and UNSET is absence.
transfer = from_wire(v201.DataTransferRequest, payload)
if not isinstance(transfer.data, Unset):
    assert_type(transfer.data, Any)

# What the class has no field for.
assert_type(event.extra, Mapping[str, Any])

# A changed copy is of the same class.
changed = evolve(meter_values, connector_id=2)
assert_type(changed, v16.MeterValuesRequest)
