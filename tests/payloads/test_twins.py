"""Reading payloads from text at once: what is taken, and what is left to the second tier."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest

from ocpp_core import v15, v16, v20, v201
from ocpp_core.model.messages import NOTHING_EXTRA, DataType, Payload, datatype, wire
from ocpp_core.payloads.binding import REFUSALS, source
from ocpp_core.payloads.texts import decimal_text, writer
from ocpp_core.payloads.twins import reader, twin
from toy import NUMBER, Note, PingRequest, TurnRequest

BOOT = '"chargePointVendor":"V","chargePointModel":"M"'
LIMIT = '{"connectorId":1,"status":"Accepted","chargingSchedule":%s}'
SCHEDULE = '{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":%s}]}'


def read(cls: type[Payload], text: str) -> Any:
    reading = reader(cls)

    assert reading is not None
    return reading(text)


def limit(number: str) -> Any:
    found = read(v16.GetCompositeScheduleResponse, LIMIT % SCHEDULE % number)
    return found.charging_schedule.charging_schedule_period[0].limit


def test_a_message_is_read_down_to_its_last_value() -> None:
    sample = '{"value":"7","unit":"Wh","phase":"L1-N"}'
    text = (
        '{ "connectorId" : 1, "meterValue": [\n{"timestamp":"2026-01-31T12:00:00.25+01:00","sampledValue":['
        f'{sample},{sample}]}},{{"sampledValue":[],"timestamp":"2026-01-31T12:00:00Z"}}] }}\n'
    )
    value = v16.SampledValue(value="7", unit=v16.UnitOfMeasure.WH, phase=v16.Phase.L1_N)
    at = datetime(2026, 1, 31, 12, 0, 0, 250_000, timezone(timedelta(hours=1)))
    found = read(v16.MeterValuesRequest, text)

    assert [at, datetime(2026, 1, 31, 12, tzinfo=UTC)] == [one.timestamp for one in found.meter_value]
    assert [[value, value], []] == [one.sampled_value for one in found.meter_value]
    assert (1, None, NOTHING_EXTRA) == (found.connector_id, found.transaction_id, found.extra)
    assert found.meter_value[0].sampled_value[0].unit is v16.UnitOfMeasure.WH


@pytest.mark.parametrize(
    "cls, text",
    [
        pytest.param(v16.BootNotificationRequest, f'{{{BOOT},"chargePointModel":"M"}}', id="twice, the same"),
        pytest.param(v16.BootNotificationRequest, f'{{{BOOT},"iccid":"1","iccid":"2"}}', id="twice, other"),
        pytest.param(v16.ResetRequest, '{"type":"Hard","type":"Hard"}', id="token twice"),
        pytest.param(v16.UnlockConnectorRequest, '{"connectorId":1,"connectorId":1}', id="number twice"),
        pytest.param(
            v201.ReserveNowRequest,
            '{"id":1,"expiryDateTime":"2026-01-31T12:00:00Z","idToken":{"idToken":"A","type":"Central"},'
            '"idToken":{"idToken":"A","type":"Central"}}',
            id="object twice",
        ),
        pytest.param(v16.BootNotificationRequest, f'{{{BOOT},"x":1}}', id="one too many"),
        pytest.param(v16.ResetRequest, r'{"type":"\u0048ard"}', id="escape"),
        pytest.param(v16.BootNotificationRequest, '{"chargePointVendor":"V"}', id="one too few"),
        pytest.param(v16.BootNotificationRequest, f'{{{BOOT},"iccid":null}}', id="null"),
        pytest.param(v16.BootNotificationRequest, f'{{{BOOT},"iccid":"{"1" * 21}"}}', id="too long"),
        pytest.param(v16.BootNotificationRequest, f'{{{BOOT},"iccid":"\ud800"}}', id="lone surrogate"),
        pytest.param(v16.BootNotificationRequest, f'{{{BOOT},"iccid":"\x00"}}', id="NUL"),
        pytest.param(v16.BootNotificationRequest, f"\ufeff{{{BOOT}}}", id="byte order mark"),
        pytest.param(v16.UnlockConnectorRequest, '{"connectorId":1.0}', id="1.0, draft 4"),
        pytest.param(v201.UnlockConnectorRequest, '{"connectorId":1.0,"evseId":1}', id="1.0, draft 6"),
        pytest.param(v16.UnlockConnectorRequest, '{"connectorId":9223372036854775808}', id="65 bits"),
        pytest.param(v16.UnlockConnectorRequest, f'{{"connectorId":{"9" * 309}}}', id="beyond a double"),
        pytest.param(v16.UnlockConnectorRequest, f'{{"connectorId":{"9" * 5000}}}', id="beyond what Python reads"),
        pytest.param(v16.ResetRequest, '{"type":"hard"}', id="no token"),
        pytest.param(v16.SampledValue, '{"value":"1","unit":"Celcius"}', id="misspelt token"),
        pytest.param(v16.HeartbeatResponse, '{"currentTime":"2026-01-31T12:00:00"}', id="naive"),
        pytest.param(v16.HeartbeatResponse, '{"currentTime":"2026-01-31T24:00:00Z"}', id="hour 24"),
        pytest.param(v16.HeartbeatResponse, '{"currentTime":"2026-02-30T12:00:00Z"}', id="no such day"),
        pytest.param(v201.HeartbeatResponse, '{"currentTime":"2026-01-31T12:00:00.1234Z"}', id="4 digits, 2.x"),
        pytest.param(v201.DataTransferRequest, '{"vendorId":"V","data":1}', id="free data"),
        pytest.param(v201.HeartbeatRequest, '{"customData":{"vendorId":"V"}}', id="CustomData"),
        pytest.param(v201.GetReportRequest, '{"requestId":1,"componentCriteria":[]}', id="empty list"),
        pytest.param(v20.HeartbeatRequest, '{"x":1}', id="open"),
        pytest.param(TurnRequest, '{"direction":"Left","steps":[0]}', id="item too small"),
        pytest.param(TurnRequest, '{"direction":"Left","steps":[1,1,1,1]}', id="too many items"),
        pytest.param(PingRequest, '{"text":"A","note":{"author":"B"}}', id="open in closed"),
    ],
)  # fmt: skip
def test_this_is_left_to_the_second_tier(cls: type[Payload], text: str) -> None:
    with pytest.raises(REFUSALS):
        read(cls, text)


@pytest.mark.parametrize(
    "cls, text",
    [
        (v16.UnlockConnectorRequest, '{"connectorId":9223372036854775807}'),
        (v16.HeartbeatResponse, '{"currentTime":"2026-01-31t12:00:00.123456789z"}'),
        (v201.DataTransferRequest, '{"vendorId":"V"}'),
        (v20.HeartbeatRequest, "{}"),
        (Note, '{"author":"Zoë 🔌"}'),
        (TurnRequest, '{"direction":"Left","steps":[1,2,3]}'),
        (v15.HeartbeatRequest, " { } "),
        (v201.GetBaseReportRequest, '{"requestId":-0,"reportBase":"FullInventory"}'),
    ],
)
def test_this_is_not(cls: type[Payload], text: str) -> None:
    assert type(read(cls, text)) is cls


@pytest.mark.parametrize(
    "number", ["16.1", "16.10", "16.00", "16", "-0", "0", "0.1", "1234567890123.4", "-16.1", "100", "20.0"]
)
def test_a_decimal_is_that_of_the_second_tier(number: str) -> None:
    expected = Decimal(number) if "." not in number else Decimal(repr(float(number)))

    assert (expected, str(expected + 0)) == (limit(number), str(limit(number) + 0))


@pytest.mark.parametrize(
    "number",
    [
        "16.11",
        '"16.1"',
        "1e2",
        "1e400",
        "0e-900000000",
        "1e-7",
        "0.1000000000000000055",
        "9" * 400,
        "true",
        "NaN",
    ],
)
def test_a_decimal_that_no_float_holds_or_has_an_exponent_is_left(number: str) -> None:
    with pytest.raises(REFUSALS):
        limit(number)


@pytest.mark.parametrize("number", ["1e400", "1e2", "1e9999999999999999999999"])
def test_the_decimal_context_of_the_program_changes_nothing(number: str) -> None:
    with localcontext(Context(traps=[], capitals=0, prec=2)):
        assert "1234.5" == str(limit("1234.5"))
        assert "1234.5" == decimal_text(Decimal("1234.5"))
        with pytest.raises(REFUSALS):
            limit(number)
        with pytest.raises(REFUSALS):
            decimal_text(Decimal(number))


@datatype(NUMBER, "Demanding")
class Demanding(DataType):
    data: Any = wire("data")


@datatype(NUMBER, "Lists")
class Lists(DataType):
    numbers: list[Decimal] = wire("numbers", maximum=20)
    moments: list[datetime] | None = wire("moments", default=None)
    flags: list[bool] | None = wire("flags", default=None)
    words: list[str] | None = wire("words", max_length=3, default=None)
    anything: list[Any] | None = wire("anything", default=None)
    demanding: Demanding | None = wire("demanding", default=None)


def test_a_class_that_must_have_free_data_has_no_twin() -> None:
    assert twin(Demanding) is None
    assert reader(Demanding) is None
    assert "def read" not in source(Demanding)


def test_lists_of_what_has_to_be_converted() -> None:
    text = '{"numbers":[1,16.10],"moments":["2026-01-31T12:00:00Z"],"flags":[true],"words":["a","b"]}'
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)

    assert Lists(
        numbers=[Decimal(1), Decimal("16.1")], moments=[moment], flags=[True], words=["a", "b"]
    ) == read(Lists, text)
    assert text.replace("16.10", "16.1") == writer(Lists)(read(Lists, text))


@pytest.mark.parametrize(
    "members",
    ['"numbers":[21]', '"numbers":["1"]', '"numbers":[],"words":["abcd"]', '"numbers":[],"words":["a"],"words":["a"]',
     '"numbers":[],"flags":[1]', '"numbers":[],"moments":["x"]', '"numbers":[],"anything":[]',
     '"numbers":[],"demanding":{"data":1}'],
)  # fmt: skip
def test_lists_of_what_is_not_taken(members: str) -> None:
    with pytest.raises(REFUSALS):
        read(Lists, f"{{{members}}}")
