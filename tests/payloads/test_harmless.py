"""`Tolerance.HARMLESS`: what can only mean one thing is read as that, and nothing else is accepted by it.

Its rules of frames and envelopes are held to their tables in jsonrpc/test_malformed.py and soap/test_tolerance.py.
"""

from typing import Any

import pytest

from ocpp_core import v15, v16, v201
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.messages import Payload
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.conversion import from_wire, read, to_wire

NOW = "2026-01-31T12:00:00Z"
READING = {"timestamp": NOW, "sampledValue": [{"value": "7"}]}
BOOTED = {"status": "Accepted", "currentTime": NOW}
SETTING = {"key": "A", "readonly": True}

#: What peers send, and what it means; in both directions.
MEANINGS: list[tuple[Tolerance, type[Payload], dict[str, Any], dict[str, Any]]] = [
    (
        Tolerance.OPTIONAL_NULL,
        v16.RemoteStartTransactionRequest,
        {"idTag": "A", "connectorId": None},
        {"idTag": "A"},
    ),
    (
        Tolerance.MISNAMED_MEMBER,
        v16.BootNotificationResponse,
        {**BOOTED, "heartbeatInterval": 300},
        {**BOOTED, "interval": 300},
    ),
    (
        Tolerance.OBJECT_FOR_LIST,
        v16.MeterValuesRequest,
        {"connectorId": 1, "meterValue": READING},
        {"connectorId": 1, "meterValue": [READING]},
    ),
    (
        Tolerance.FLAT_VALUE,
        v15.MeterValue,
        {"timestamp": NOW, "value": "7", "unit": "Wh"},
        {"timestamp": NOW, "value": [{"value": "7", "unit": "Wh"}]},
    ),
    (Tolerance.NUMBER_AS_TEXT, v16.UnlockConnectorRequest, {"connectorId": "2"}, {"connectorId": 2}),
    (Tolerance.NUMBER_AS_TEXT, v16.SampledValue, {"value": 604.213}, {"value": "604.213"}),
    (Tolerance.BOOL_AS_TEXT, v16.KeyValue, {**SETTING, "readonly": "true"}, SETTING),
    (Tolerance.FLOAT_AS_INT, v16.UnlockConnectorRequest, {"connectorId": 2.0}, {"connectorId": 2}),
    (Tolerance.NUMBER_FOR_BOOL, v16.KeyValue, {**SETTING, "readonly": 1}, SETTING),
    (Tolerance.BOOL_FOR_TEXT, v16.KeyValue, {**SETTING, "value": False}, {**SETTING, "value": "false"}),
]

#: What is kept with more digits than may be sent: its value is beyond doubt, and nothing is rounded.
KEPT: list[tuple[Tolerance, type[Payload], dict[str, Any]]] = [
    (
        Tolerance.DATETIME_FRACTION,
        v201.HeartbeatResponse,
        {"currentTime": "2026-01-31T12:00:00.123456+00:00"},
    ),
    (Tolerance.FLOAT_NOISE, v16.ChargingSchedulePeriod, {"startPeriod": 0, "limit": 0.1 + 0.2}),
]

#: What may be meant otherwise, breaks what handlers may rely on, or asks for something.
DOUBTFUL: list[tuple[type[Payload], dict[str, Any]]] = [
    (v16.AuthorizeRequest, {}),
    (v16.AuthorizeRequest, {"idTag": None}),
    (v16.AuthorizeRequest, {"idTag": "A", "vendor": 1}),
    (v16.AuthorizeRequest, {"idTag": "x" * 21}),
    (v16.AuthorizeRequest, {"idTag": []}),
    (v16.ResetRequest, {"type": "hard"}),
    (v16.UnlockConnectorRequest, {"connectorId": 1.5}),
    (v16.UnlockConnectorRequest, {"connectorId": "02"}),
    (v16.KeyValue, {**SETTING, "readonly": 2}),
    (v16.ChargingSchedulePeriod, {"startPeriod": 0, "limit": 16.15}),
    (v16.HeartbeatResponse, {"currentTime": "2026-01-31T12:00:00"}),
    (v16.HeartbeatResponse, {"currentTime": "2026-01-31 12:00Z"}),
    (v201.GetVariablesRequest, {"getVariableData": []}),
]


@pytest.mark.parametrize("rule, cls, payload, meant", MEANINGS)
def test_what_can_only_mean_one_thing_is_read_as_that(
    rule: Tolerance, cls: type[Payload], payload: dict[str, Any], meant: dict[str, Any]
) -> None:
    with pytest.raises(PayloadError):
        from_wire(cls, payload)
    message, found = read(cls, payload, tolerance=Tolerance.HARMLESS)

    assert from_wire(cls, meant) == message
    assert meant == to_wire(message)
    assert [rule] == [fault.rule for fault in found]


@pytest.mark.parametrize("rule, cls, payload", KEPT)
def test_digits_that_say_no_more_are_kept(
    rule: Tolerance, cls: type[Payload], payload: dict[str, Any]
) -> None:
    with pytest.raises(PayloadError):
        from_wire(cls, payload)
    message, found = read(cls, payload, tolerance=Tolerance.HARMLESS)

    assert [rule] == [fault.rule for fault in found]
    assert message == read(cls, payload, tolerance=rule)[0]


@pytest.mark.parametrize("cls, payload", DOUBTFUL)
def test_what_may_be_meant_otherwise_is_refused(cls: type[Payload], payload: dict[str, Any]) -> None:
    from_wire(cls, payload, tolerance=Tolerance.TOLERANT)
    with pytest.raises(PayloadError):
        from_wire(cls, payload, tolerance=Tolerance.HARMLESS)


def test_each_harmless_rule_of_payloads_has_its_meaning() -> None:
    payloads = {rule for rule in Tolerance if rule.value <= Tolerance.WRONG_TYPE.value} | {
        Tolerance.NUMBER_FOR_BOOL,
        Tolerance.BOOL_FOR_TEXT,
        Tolerance.FRACTION_FOR_INT,
        Tolerance.FLOAT_NOISE,
        Tolerance.FLAT_VALUE,
    }

    assert payloads & {*Tolerance.HARMLESS} == {row[0] for row in (*MEANINGS, *KEPT)}


def test_the_frames_of_a_station_in_python_are_read() -> None:
    """As `datetime.isoformat()` writes them in 2.x."""
    text = (
        '[2,"1","SecurityEventNotification",{"type":"Boot","timestamp":"2026-01-31T12:00:00.123456+00:00"}]'
    )
    frame = JsonCodec("2.0.1", tolerance=Tolerance.HARMLESS).decode(text)

    assert [Tolerance.DATETIME_FRACTION] == [fault.rule for fault in frame.violations]
