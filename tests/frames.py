"""Frames of every version and their texts, both ways; and what codecs make of a text."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ocpp_core import v12, v15, v16, v20, v21, v201
from ocpp_core.jsonrpc.codec import UNREADABLE_ID, JsonCodec
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import Call, CallError, CallResult, CallResultError, Frame, Request, Send
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Specification
from toy import TOY, Direction, Note, PingRequest, PingResponse, Tick, TurnRequest, TurnResponse

VERSIONS = ("1.2", "1.5", "1.6", "2.0", "2.0.1", "2.1")
#: Those that have the frame layer of OCPP-J 1.6.
FIRST = ("1.2", "1.5", "1.6")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

_STATION_201 = v201.ChargingStation(model="M1", vendor_name="V")
_BOOTED: dict[str, Any] = {"current_time": NOON, "interval": 300}

FRAMES: dict[str, list[tuple[Frame, str]]] = {
    "1.2": [
        (
            Call(
                "17",
                v12.MeterValuesRequest(connector_id=1, values=[v12.MeterValue(timestamp=NOON, value=12)]),
            ),
            '[2,"17","MeterValues",{"connectorId":1,"values":[{"timestamp":"2026-01-31T12:00:00Z","value":12}]}]',
        ),
        (
            CallResult("17", v12.HeartbeatResponse(current_time=NOON)),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z"}]',
        ),
        (
            CallError("17", ErrorCode.OCCURRENCE_CONSTRAINT, "d"),
            '[4,"17","OccurenceConstraintViolation","d",{}]',
        ),
    ],
    "1.5": [
        (
            Call(
                "17",
                v15.MeterValuesRequest(
                    connector_id=1,
                    transaction_id=7,
                    values=[
                        v15.MeterValue(
                            timestamp=NOON,
                            value=[v15.SampledValue(value="12.5", unit=v15.UnitOfMeasure.KWH)],
                        )
                    ],
                ),
            ),
            '[2,"17","MeterValues",{"connectorId":1,"transactionId":7,"values":[{"timestamp":"2026-01-31T12:00:00Z",'
            '"value":[{"value":"12.5","unit":"kWh"}]}]}]',
        ),
        (
            CallResult("17", v15.HeartbeatResponse(current_time=NOON)),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z"}]',
        ),
        (CallError("17", ErrorCode.FORMAT, "d"), '[4,"17","FormationViolation","d",{}]'),
    ],
    "1.6": [
        (Call("17", v16.HeartbeatRequest()), '[2,"17","Heartbeat",{}]'),
        (
            Call("a" * 36, v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="Zoë 🔌")),
            f'[2,"{"a" * 36}","BootNotification",{{"chargePointVendor":"V","chargePointModel":"Zoë 🔌"}}]',
        ),
        (
            Call(
                "18",
                v16.MeterValuesRequest(
                    connector_id=1,
                    meter_value=[
                        v16.MeterValue(
                            timestamp=NOON,
                            sampled_value=[
                                v16.SampledValue(value="0230.10", unit=v16.UnitOfMeasure.V),
                                v16.SampledValue(value='{"a":[1]}', format=v16.ValueFormat.SIGNED_DATA),
                            ],
                        )
                    ],
                ),
            ),
            '[2,"18","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-31T12:00:00Z","sampledValue":'
            '[{"value":"0230.10","unit":"V"},{"value":"{\\"a\\":[1]}","format":"SignedData"}]}]}]',
        ),
        (
            CallResult("17", v16.HeartbeatResponse(current_time=NOON)),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z"}]',
        ),
        (
            CallResult(
                "18",
                v16.BootNotificationResponse(**_BOOTED, status=v16.RegistrationStatus.ACCEPTED),
            ),
            '[3,"18",{"status":"Accepted","currentTime":"2026-01-31T12:00:00Z","interval":300}]',
        ),
        (CallError("17", ErrorCode.NOT_IMPLEMENTED), '[4,"17","NotImplemented","",{}]'),
        (
            CallError("x" * 60, ErrorCode.OCCURRENCE_CONSTRAINT, "Schade!", {"a": [1, 0.5, None, {}]}),
            f'[4,"{"x" * 60}","OccurenceConstraintViolation","Schade!",{{"a":[1,0.5,null,{{}}]}}]',
        ),
    ],
    "2.0": [
        (
            Call(
                "17",
                v20.BootNotificationRequest(
                    charging_station=v20.ChargingStation(model="M1", vendor_name="V", extra={"color": "red"}),
                    reason=v20.BootReason.POWER_UP,
                ),
            ),
            '[2,"17","BootNotification",'
            '{"chargingStation":{"model":"M1","vendorName":"V","color":"red"},"reason":"PowerUp"}]',
        ),
        (
            CallResult("17", v20.BootNotificationResponse(**_BOOTED, status=v20.RegistrationStatus.PENDING)),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z","interval":300,"status":"Pending"}]',
        ),
        (
            CallError("17", ErrorCode.OCCURRENCE_CONSTRAINT, "d"),
            '[4,"17","OccurrenceConstraintViolation","d",{}]',
        ),
    ],
    "2.0.1": [
        (
            Call(
                "17",
                v201.BootNotificationRequest(
                    charging_station=_STATION_201,
                    reason=v201.BootReason.POWER_UP,
                    custom_data=v201.CustomData(vendor_id="V", extra={"level": {"deep": [1, None]}}),
                ),
            ),
            '[2,"17","BootNotification",{"customData":{"vendorId":"V","level":{"deep":[1,null]}},'
            '"chargingStation":{"model":"M1","vendorName":"V"},"reason":"PowerUp"}]',
        ),
        (
            Call("18", v201.DataTransferRequest(vendor_id="V", data=None)),
            '[2,"18","DataTransfer",{"data":null,"vendorId":"V"}]',
        ),
        (
            CallResult(
                "17", v201.BootNotificationResponse(**_BOOTED, status=v201.RegistrationStatus.REJECTED)
            ),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z","interval":300,"status":"Rejected"}]',
        ),
        (
            CallError(UNREADABLE_ID, ErrorCode.FRAME, "no id"),
            '[4,"-1","RpcFrameworkError","no id",{}]',
        ),
    ],
    "2.1": [
        (Call("17", v21.HeartbeatRequest()), '[2,"17","Heartbeat",{}]'),
        (
            CallResult("17", v21.HeartbeatResponse(current_time=NOON)),
            '[3,"17",{"currentTime":"2026-01-31T12:00:00Z"}]',
        ),
        (
            CallError("17", ErrorCode.FORMAT, "d", {"a": "b"}),
            '[4,"17","FormatViolation","d",{"a":"b"}]',
        ),
        (CallResultError("17", ErrorCode.FRAME, "d"), '[5,"17","RpcFrameworkError","d",{}]'),
        (
            Send(
                "18",
                v21.NotifyPeriodicEventStream(
                    id=1, pending=0, basetime=NOON, data=[v21.StreamDataElement(t=Decimal("0.5"), v="230.1")]
                ),
            ),
            '[6,"18","NotifyPeriodicEventStream",{"data":[{"t":0.5,"v":"230.1"}],"id":1,"pending":0,'
            '"basetime":"2026-01-31T12:00:00Z"}]',
        ),
    ],
    "toy": [
        (
            Call(
                "17",
                PingRequest(text="a:b", number=Decimal("1.25"), note=Note(author="A", extra={"b": [True]})),
            ),
            '[2,"17","Ping",{"text":"a:b","number":1.25,"note":{"author":"A","b":[true]}}]',
        ),
        (
            Call("18", TurnRequest(direction=Direction.LEFT, steps=[1, 2])),
            '[2,"18","Turn",{"direction":"Left","steps":[1,2]}]',
        ),
        (CallResult("17", PingResponse(text="")), '[3,"17",{"text":""}]'),
        (CallResult("18", TurnResponse()), '[3,"18",{}]'),
        (CallError("17", ErrorCode.GENERIC), '[4,"17","GenericError","",{}]'),
        (CallResultError("17", ErrorCode.TYPE_CONSTRAINT), '[5,"17","TypeConstraintViolation","",{}]'),
        (Send("19", Tick(count=0)), '[6,"19","Tick",{"count":0}]'),
    ],
}
SPECIFICATIONS: dict[str, str | Specification] = {**{version: version for version in VERSIONS}, "toy": TOY}
ROWS = [
    pytest.param(version, frame, text, id=f"{version}-{type(frame).__name__}-{number}")
    for version, rows in FRAMES.items()
    for number, (frame, text) in enumerate(rows)
]
every_row = pytest.mark.parametrize("version, frame, text", ROWS)
every_version = pytest.mark.parametrize("version", VERSIONS)


def codec(version: str, tolerance: Tolerance = Tolerance.STRICT, max_size: int = 1_048_576) -> JsonCodec:
    return JsonCodec(SPECIFICATIONS[version], tolerance=tolerance, max_size=max_size)


def awaiting(version: str) -> dict[str, type[Request[Any]]]:
    """The calls that the results among the `FRAMES` of a version answer."""
    known = codec(version).specification
    return {
        frame.id: known.request(frame.payload.__ocpp__.action or "")
        for frame, _ in FRAMES[version]
        if isinstance(frame, CallResult)
    }


def refusal(
    version: str,
    text: str,
    tolerance: Tolerance = Tolerance.STRICT,
    calls: Mapping[str, type[Request[Any]]] | None = None,
) -> FrameError:
    with pytest.raises(FrameError) as caught:
        codec(version, tolerance).decode(text, awaiting=calls)
    return caught.value


def answer(version: str, error: FrameError, pending: Any = ()) -> list[Any] | None:
    """What is sent for a frame that cannot be used, up to the error code; None for silence."""
    owed = codec(version).specification.owed.get(error.kind)
    if owed is None or (owed is FrameKind.CALLRESULTERROR and error.id not in pending):
        return None
    made = CallError if owed is FrameKind.CALLERROR else CallResultError
    text = codec(version).encode(made(UNREADABLE_ID if error.id is None else error.id, error.code))
    frame: list[Any] = json.loads(text)
    assert ["", {}] == frame[3:]
    return frame[:3]


def nested(levels: int, innermost: str = "") -> str:
    return "[" * levels + innermost + "]" * levels


READERS = {version: codec(version) for version in FRAMES}
