from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

import toy
from classes import ALL_CLASSES
from ocpp_core import v12, v15, v16, v20, v21, v201
from ocpp_core.model.messages import UNSET, DataType, Payload, datatype, wire
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Integer,
    Kind,
    ListOf,
    Nested,
    Number,
    Text,
    Timestamp,
    shape,
)

#: Class, wire name, what it holds, and whether it must be there.
FIELDS: list[tuple[type[Payload], str, Kind, bool]] = [
    (v16.BootNotificationRequest, "chargePointVendor", Text(20), True),
    (v16.BootNotificationRequest, "firmwareVersion", Text(50), False),
    (v16.SampledValue, "value", Text(), True),
    (v16.CancelReservationRequest, "reservationId", Integer(draft=4), True),
    (v16.GetLogRequest, "requestId", Integer(draft=6), True),
    (v16.ChargingSchedulePeriod, "limit", Number(multiple_of=Decimal("0.1")), True),
    (v16.KeyValue, "readonly", Boolean(), True),
    (v16.HeartbeatResponse, "currentTime", Timestamp(), True),
    (v16.ResetRequest, "type", Enumeration(v16.ResetType), True),
    (v16.AuthorizeResponse, "idTagInfo", Nested(v16.IdTagInfo, draft=4), True),
    (v16.MeterValuesRequest, "meterValue", ListOf(Nested(v16.MeterValue, draft=4)), True),
    (v16.GetConfigurationRequest, "key", ListOf(Text(50)), False),
    (v16.SignedUpdateFirmwareRequest, "firmware", Nested(v16.Firmware, draft=6), True),
    (v12.UnlockConnectorRequest, "connectorId", Integer(minimum=-(2**31), maximum=2**31 - 1), True),
    (v15.AuthorizeRequest, "idTag", Text(20), True),
    (v201.HeartbeatResponse, "currentTime", Timestamp(digits=3), True),
    (v201.HeartbeatResponse, "customData", Nested(v201.CustomData), False),
    (v201.DataTransferRequest, "data", Anything(), False),
    (v201.SetVariablesRequest, "setVariableData", ListOf(Nested(v201.SetVariableData), min_items=1), True),
    (v201.ChargingProfile, "chargingSchedule", ListOf(Nested(v201.ChargingSchedule), 1, 3), True),
    (v21.BatteryData, "soC", Number(minimum=0, maximum=100), True),
    (toy.TurnRequest, "steps", ListOf(Integer(minimum=1), 1, 3), False),
]


@pytest.mark.parametrize("cls, wire_name, kind, is_required", FIELDS, ids=lambda value: str(value)[:40])
def test_a_field_says_what_it_holds(
    cls: type[Payload], wire_name: str, kind: Kind, is_required: bool
) -> None:
    field = shape(cls).by_wire[wire_name]

    assert (kind, is_required) == (field.kind, field.is_required)


def test_the_draft_of_a_message_is_that_of_what_is_in_it() -> None:
    """A data type has no draft of its own: the file that it stands in decides what an integer is."""
    assert 4 == shape(v16.StartTransactionRequest).draft
    assert Integer(draft=4) == shape(v16.ChargingSchedulePeriod, 4).by_wire["startPeriod"].kind
    assert Integer(draft=6) == shape(v16.ChargingSchedulePeriod).by_wire["startPeriod"].kind
    profile = shape(v16.SetChargingProfileRequest).by_wire["csChargingProfiles"].kind
    assert isinstance(profile, Nested)
    schedule = shape(profile.cls, profile.draft).by_wire["chargingSchedule"].kind
    assert Nested(v16.ChargingSchedule, draft=4) == schedule


def test_absence_is_none_or_unset() -> None:
    assert shape(v16.StopTransactionRequest).by_wire["reason"].default is None
    assert shape(v201.DataTransferRequest).by_wire["data"].default is UNSET
    assert attrs.NOTHING is shape(v201.DataTransferRequest).by_wire["vendorId"].default


def test_open_and_closed() -> None:
    assert shape(v201.CustomData).is_open
    assert shape(v20.HeartbeatRequest).is_open
    assert not shape(v201.HeartbeatRequest).is_open
    assert not shape(v16.HeartbeatRequest).is_open


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_every_class_has_a_shape(cls: type[Payload]) -> None:
    facts = shape(cls)
    attributes = [attribute.name for attribute in attrs.fields(cls)]

    assert sorted(attributes) == sorted(["extra", *(field.name for field in facts.fields)])
    assert len(facts.fields) == len(facts.by_wire)
    assert shape(cls) is facts
    assert all(
        field.default is attrs.NOTHING or field.default is None or field.default is UNSET
        for field in facts.fields
    )
    assert all(isinstance(field.kind, Anything) == (field.default is UNSET) for field in facts.fields)


def test_a_type_without_a_wire_form_is_refused() -> None:
    @datatype("toy", "Odd")
    class Odd(DataType):
        numbers: set[int] | None = wire("numbers", default=None)

    @datatype("toy", "Odder")
    class Odder(DataType):
        number: complex = wire("number")

    for cls in (Odd, Odder):
        with pytest.raises(TypeError):
            shape(cls)


def test_annotations_may_be_given_in_any_way() -> None:
    @datatype("toy", "Plain")
    class Plain(DataType):
        moment: "datetime | None" = wire("moment", default=None)
        anything: Any = wire("anything", default=UNSET)
        numbers: list[Decimal] = wire("numbers", minimum=0)

    assert [Timestamp(), Anything(), ListOf(Number(minimum=0))] == [
        field.kind for field in shape(Plain).fields
    ]


def test_only_data_of_vendors_may_be_anything() -> None:
    """Every other field of every class has a type of its own, nested values and items of lists too."""

    def is_anything(kind: Kind) -> bool:
        return isinstance(kind.item if isinstance(kind, ListOf) else kind, Anything)

    anything = {
        (cls.__name__, field.name)
        for (cls,) in (each.values for each in ALL_CLASSES)
        for field in shape(cls).fields
        if is_anything(field.kind)
    }

    assert {("DataTransferRequest", "data"), ("DataTransferResponse", "data")} == anything
