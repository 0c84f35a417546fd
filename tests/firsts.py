"""What a station says first, in the versions that the peers of `tests/interop` speak."""

from typing import Any

from ocpp_core import v16, v201

BOOTS: dict[str, Any] = {
    "1.6": v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M"),
    "2.0.1": v201.BootNotificationRequest(
        reason=v201.BootReason.POWER_UP,
        charging_station=v201.ChargingStation(model="M", vendor_name="V"),
    ),
}
HEARTBEATS: dict[str, Any] = {"1.6": v16.HeartbeatRequest(), "2.0.1": v201.HeartbeatRequest()}
