"""The messages that are measured, as CALL frames: at the start of a station, every minute, and all day."""

import json
from typing import Any, NamedTuple


class Message(NamedTuple):
    """One frame.

    Attributes:
        subject: What it is called in tables.
        version: Number of the OCPP version.
        text: The frame, written without blanks.
    """

    subject: str
    version: str
    text: str


class Mix(NamedTuple):
    """Several messages, as often as they come.

    Attributes:
        subject: What it is called in tables.
        messages: Each with how often.
    """

    subject: str
    messages: tuple[tuple[Message, int], ...]


def parts(subject: Message | Mix) -> tuple[tuple[Message, int], ...]:
    """The messages of a subject, each with how often it comes."""
    return ((subject, 1),) if isinstance(subject, Message) else subject.messages


def _call(subject: str, version: str, action: str, payload: dict[str, Any]) -> Message:
    id = "2f4e0c1a-6c52-4b3e-9b57-2f6d1f0f8a11"
    return Message(subject, version, json.dumps([2, id, action, payload], separators=(",", ":")))


def _sample(measurand: str, unit: str, value: str, phase: str | None = None) -> dict[str, str]:
    sample = {"value": value, "context": "Sample.Periodic", "measurand": measurand}
    return {**sample, **({"phase": phase} if phase else {}), "location": "Outlet", "unit": unit}


BOOT_NOTIFICATION = _call(
    "BootNotification 1.6",
    "1.6",
    "BootNotification",
    {
        "chargePointVendor": "Example Energy",
        "chargePointModel": "Duo 22",
        "chargePointSerialNumber": "EX-2200-000417",
        "firmwareVersion": "3.4.1-r2",
        "iccid": "8900000000000000007",
        "imsi": "001010123456789",
        "meterType": "DIN three-phase",
        "meterSerialNumber": "M-0099123",
    },
)

#: What a station with three phases sends every minute.
_SAMPLES = [
    _sample("Energy.Active.Import.Register", "Wh", "1843207"),
    _sample("Power.Active.Import", "W", "11038.4"),
    _sample("Current.Import", "A", "16.02", "L1"),
    _sample("Current.Import", "A", "15.98", "L2"),
    _sample("Current.Import", "A", "16.00", "L3"),
    _sample("Voltage", "V", "230.1", "L1-N"),
    _sample("Voltage", "V", "229.8", "L2-N"),
    _sample("Voltage", "V", "230.6", "L3-N"),
    _sample("Current.Offered", "A", "16"),
    _sample("Power.Offered", "W", "11040"),
    _sample("Temperature", "Celsius", "41"),
    _sample("SoC", "Percent", "63"),
]
_METER_VALUE = {"timestamp": "2026-01-31T12:00:00Z", "sampledValue": _SAMPLES}

METER_VALUES = _call(
    "MeterValues 1.6, 12 samples",
    "1.6",
    "MeterValues",
    {"connectorId": 1, "transactionId": 170234, "meterValue": [_METER_VALUE]},
)

TRANSACTION_EVENT = _call(
    "TransactionEvent 2.0.1",
    "2.0.1",
    "TransactionEvent",
    {
        "eventType": "Updated",
        "timestamp": "2026-01-31T12:00:00.250Z",
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 14,
        "offline": False,
        "transactionInfo": {
            "transactionId": "b6f7a0d2-52cf-4b0e-8c0c-1e51a6d1f9c3",
            "chargingState": "Charging",
            "timeSpentCharging": 840,
        },
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": "04A2B3C4D5E680", "type": "ISO14443"},
        "meterValue": [
            {
                "timestamp": "2026-01-31T12:00:00.250Z",
                "sampledValue": [
                    {
                        "value": 1843207.5,
                        "context": "Sample.Periodic",
                        "measurand": "Energy.Active.Import.Register",
                        "unitOfMeasure": {"unit": "Wh"},
                    },
                    {
                        "value": 11038.4,
                        "context": "Sample.Periodic",
                        "measurand": "Power.Active.Import",
                        "unitOfMeasure": {"unit": "W"},
                    },
                ],
            }
        ],
    },
)

MESSAGES = (BOOT_NOTIFICATION, METER_VALUES, TRANSACTION_EVENT)

# What is translated

METER_VALUES_OF_CONNECTOR = _call(
    "MeterValues 1.6, 12 samples, no transaction",
    "1.6",
    "MeterValues",
    {"connectorId": 1, "meterValue": [_METER_VALUE]},
)
METER_VALUES_2_0_1 = _call(
    "MeterValues 2.0.1, 11 samples",
    "2.0.1",
    "MeterValues",
    {
        "evseId": 1,
        "meterValue": [
            {
                "timestamp": "2026-01-31T12:00:00Z",
                "sampledValue": [
                    {name: one for name, one in sample.items() if name not in ("unit", "value")}
                    | {"value": float(sample["value"]), "unitOfMeasure": {"unit": sample["unit"]}}
                    for sample in _SAMPLES
                    if sample["measurand"] != "Temperature"  # 2.0.1 has none
                ],
            }
        ],
    },
)
AUTHORIZE = _call("Authorize 1.6", "1.6", "Authorize", {"idTag": "04A2B3C4D5E680"})
AUTHORIZE_2_0_1 = _call(
    "Authorize 2.0.1", "2.0.1", "Authorize", {"idToken": {"idToken": "04A2B3C4D5E680", "type": "ISO14443"}}
)
STATUS_NOTIFICATION = _call(
    "StatusNotification 1.6",
    "1.6",
    "StatusNotification",
    {
        "connectorId": 1,
        "errorCode": "NoError",
        "status": "Charging",
        "timestamp": "2026-01-31T12:00:00Z",
    },
)
STATUS_NOTIFICATION_2_0_1 = _call(
    "StatusNotification 2.0.1",
    "2.0.1",
    "StatusNotification",
    {"timestamp": "2026-01-31T12:00:00Z", "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1},
)
BOOT_NOTIFICATION_2_0_1 = _call(
    "BootNotification 2.0.1",
    "2.0.1",
    "BootNotification",
    {
        "reason": "PowerUp",
        "chargingStation": {
            "vendorName": "Example Energy",
            "model": "Duo 22",
            "serialNumber": "EX-2200-000417",
            "firmwareVersion": "3.4.1-r2",
            "modem": {"iccid": "8900000000000000007", "imsi": "001010123456789"},
        },
    },
)

# A day of a network

START_TRANSACTION = _call(
    "StartTransaction 1.6",
    "1.6",
    "StartTransaction",
    {"connectorId": 1, "idTag": "04A2B3C4D5E680", "meterStart": 1840000, "timestamp": "2026-01-31T12:00:00Z"},
)
STOP_TRANSACTION = _call(
    "StopTransaction 1.6",
    "1.6",
    "StopTransaction",
    {
        "transactionId": 170234,
        "idTag": "04A2B3C4D5E680",
        "meterStop": 1848250,
        "timestamp": "2026-01-31T12:45:00Z",
        "reason": "EVDisconnected",
    },
)
HEARTBEAT = _call("Heartbeat 1.6", "1.6", "Heartbeat", {})
HEARTBEAT_2_0_1 = _call("Heartbeat 2.0.1", "2.0.1", "Heartbeat", {})
TRANSACTION_STARTED = _call(
    "TransactionEvent 2.0.1, Started",
    "2.0.1",
    "TransactionEvent",
    {
        "eventType": "Started",
        "timestamp": "2026-01-31T12:00:00.250Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {
            "transactionId": "b6f7a0d2-52cf-4b0e-8c0c-1e51a6d1f9c3",
            "chargingState": "EVConnected",
        },
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": "04A2B3C4D5E680", "type": "ISO14443"},
    },
)
TRANSACTION_CHANGED = _call(
    "TransactionEvent 2.0.1, a change of state",
    "2.0.1",
    "TransactionEvent",
    {
        "eventType": "Updated",
        "timestamp": "2026-01-31T12:00:09.500Z",
        "triggerReason": "ChargingStateChanged",
        "seqNo": 1,
        "transactionInfo": {
            "transactionId": "b6f7a0d2-52cf-4b0e-8c0c-1e51a6d1f9c3",
            "chargingState": "SuspendedEV",
        },
    },
)

#: What two stations send on one day, one of 1.6 and one of 2.0.1, which is what a network of half and half receives.
#:
#: Each charges three times for 45 minutes and sends its meter every minute of that: 135 times. It sends a Heartbeat
#: every 15 minutes, of which four hours pass without one, as 2.0.1 lets a station leave out what another message has
#: said, and 1.6 does so in practice: 80. In 1.6 a session is an Authorize, a start, a stop and five statuses
#: (Preparing, Charging, SuspendedEV, Finishing, Available). In 2.0.1 it is an Authorize, an event at its start, four
#: that are as short as a change of state (three of these, and the end), and two statuses (Occupied, Available). Each
#: starts anew once in the day, which is often, and stands for the rare messages.
DAY = Mix(
    "a day of a network",
    (
        (BOOT_NOTIFICATION, 1),
        (HEARTBEAT, 80),
        (AUTHORIZE, 3),
        (START_TRANSACTION, 3),
        (STATUS_NOTIFICATION, 15),
        (METER_VALUES, 135),
        (STOP_TRANSACTION, 3),
        (BOOT_NOTIFICATION_2_0_1, 1),
        (HEARTBEAT_2_0_1, 80),
        (AUTHORIZE_2_0_1, 3),
        (TRANSACTION_STARTED, 3),
        (TRANSACTION_EVENT, 135),
        (STATUS_NOTIFICATION_2_0_1, 6),
        (TRANSACTION_CHANGED, 12),
    ),
)
