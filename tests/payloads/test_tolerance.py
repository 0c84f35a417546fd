"""Each deviation that peers show is refused, unless the tolerance names it; then its value is kept as the table says.

Those of frames (`FRAME`) are in jsonrpc/test_malformed.py, those of envelopes in soap/test_tolerance.py.
"""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest

from ocpp_core import v15, v16, v21, v201
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.messages import MISSING, Payload
from ocpp_core.model.timestamps import WireTimestamp
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import MAX_DEVIATIONS, MAX_FAULTS, Deviations
from ocpp_core.payloads.binding import MAX_DEPTH
from ocpp_core.payloads.conversion import from_wire, read, to_wire
from ocpp_core.payloads.walk import walk

FRAME = (
    Tolerance.ID_NOT_STRING
    | Tolerance.ID_TOO_LONG
    | Tolerance.ID_EMPTY
    | Tolerance.RESULT_WITH_ACTION
    | Tolerance.SHORT_CALLERROR
    | Tolerance.DUPLICATE_MEMBER
)
SOAP = Tolerance(
    sum(
        rule.value
        for rule in Tolerance
        if Tolerance.NO_HEADER.value <= rule.value <= Tolerance.OLD_FAULT.value
    )
)
AROUND = Tolerance.MEDIA_TYPE | Tolerance.KEY_AS_HEX | Tolerance.IDENTITY_FORM

NOW = "2026-01-31T12:00:00Z"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
METER_VALUE = {"timestamp": NOW, "sampledValue": [{"value": "1"}]}
LONG = "x" * 21


def meter_values(**members: Any) -> dict[str, Any]:
    return {"connectorId": 1, "meterValue": [METER_VALUE], **members}


def heartbeat(text: str) -> dict[str, Any]:
    return {"currentTime": text}


@attrs.frozen
class Case:
    """A payload with one deviation, and what becomes of it."""

    rule: Tolerance
    cls: type[Payload]
    payload: dict[str, Any]
    path: str
    keyword: str
    attribute: str
    held: Any
    text: str | None = None  # that a timestamp remembers


CASES = [
    Case(
        Tolerance.OPTIONAL_NULL,
        v16.StartTransactionRequest,
        {"connectorId": 1, "idTag": "A", "timestamp": NOW, "meterStart": 0, "reservationId": None},
        *("$.reservationId", "type", "reservation_id", None),
    ),
    Case(
        Tolerance.OPTIONAL_NULL,
        v201.HeartbeatRequest,
        {"customData": None},
        *("$.customData", "type", "custom_data", None),
    ),
    Case(
        Tolerance.REQUIRED_NULL, v16.AuthorizeRequest, {"idTag": None}, "$.idTag", "type", "id_tag", MISSING
    ),
    Case(Tolerance.REQUIRED_NULL, v16.ResetRequest, {"type": None}, "$.type", "type", "type", MISSING),
    Case(Tolerance.REQUIRED_MISSING, v16.AuthorizeRequest, {}, "$.idTag", "required", "id_tag", MISSING),
    Case(
        Tolerance.EXTRA_MEMBER,
        v16.AuthorizeRequest,
        {"idTag": "A", "vendor": {"a": [None, 1.5]}},
        *("$.vendor", "additionalProperties", "extra", {"vendor": {"a": [None, 1.5]}}),
    ),
    Case(
        Tolerance.EXTRA_MEMBER,
        v16.AuthorizeRequest,
        {"idTag": "A", "id tag": 1},
        *("$['id tag']", "additionalProperties", "extra", {"id tag": 1}),
    ),
    Case(
        Tolerance.MISNAMED_MEMBER,
        v16.BootNotificationResponse,
        {"status": "Accepted", "currentTime": NOW, "heartbeatInterval": 300},
        *("$.heartbeatInterval", "additionalProperties", "interval", 300),
    ),
    Case(
        Tolerance.UNKNOWN_ENUM,
        v16.ResetRequest,
        {"type": "Warm"},
        *("$.type", "enum", "type", v16.ResetType.foreign("Warm")),
    ),
    Case(
        Tolerance.UNKNOWN_ENUM,
        v16.ResetRequest,
        {"type": ""},
        "$.type",
        "enum",
        "type",
        v16.ResetType.foreign(""),
    ),
    Case(Tolerance.TOO_LONG, v16.AuthorizeRequest, {"idTag": LONG}, "$.idTag", "maxLength", "id_tag", LONG),
    Case(
        Tolerance.OBJECT_FOR_LIST,
        v16.MeterValuesRequest,
        meter_values(meterValue=METER_VALUE),
        *("$.meterValue", "type", "meter_value", [from_wire(v16.MeterValue, METER_VALUE)]),
    ),
    Case(
        Tolerance.FLAT_VALUE,
        v15.MeterValue,
        {"unit": "Wh", "timestamp": NOW, "value": "7"},
        *("$.value", "type", "value", [v15.SampledValue(value="7", unit=v15.UnitOfMeasure.WH)]),
    ),
    Case(
        Tolerance.LIST_SIZE,
        v201.MeterValuesRequest,
        {"evseId": 1, "meterValue": []},
        *("$.meterValue", "minItems", "meter_value", []),
    ),
    Case(
        Tolerance.LIST_SIZE,
        v201.ChargingProfile,
        {
            "id": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [],
        },
        *("$.chargingSchedule", "minItems", "charging_schedule", []),
    ),
    Case(
        Tolerance.NUMBER_AS_TEXT,
        v16.MeterValuesRequest,
        meter_values(connectorId="12"),
        *("$.connectorId", "type", "connector_id", 12),
    ),
    Case(
        Tolerance.NUMBER_AS_TEXT, v16.SampledValue, {"value": 604.213}, "$.value", "type", "value", "604.213"
    ),
    Case(Tolerance.NUMBER_AS_TEXT, v16.SampledValue, {"value": 7}, "$.value", "type", "value", "7"),
    Case(
        Tolerance.NUMBER_AS_TEXT,
        v16.SampledValue,
        {"value": Decimal("1.50")},
        *("$.value", "type", "value", "1.50"),
    ),
    Case(
        Tolerance.NUMBER_AS_TEXT,
        v201.CostUpdatedRequest,
        {"totalCost": "-1.50", "transactionId": "A"},
        *("$.totalCost", "type", "total_cost", Decimal("-1.50")),
    ),
    Case(
        Tolerance.BOOL_AS_TEXT,
        v16.KeyValue,
        {"key": "A", "readonly": "true"},
        *("$.readonly", "type", "readonly", True),
    ),
    Case(
        Tolerance.BOOL_AS_TEXT,
        v16.KeyValue,
        {"key": "A", "readonly": "false"},
        *("$.readonly", "type", "readonly", False),
    ),
    Case(
        Tolerance.FLOAT_AS_INT,
        v16.CancelReservationRequest,
        {"reservationId": 1.0},
        *("$.reservationId", "type", "reservation_id", 1),
    ),
    Case(
        Tolerance.FLOAT_AS_INT,
        v16.CancelReservationRequest,
        {"reservationId": Decimal("1E+2")},
        *("$.reservationId", "type", "reservation_id", 100),
    ),
    Case(
        Tolerance.NUMBER_RANGE,
        v21.BatteryData,
        {"evseId": -1, "serialNumber": "A", "soC": 1, "soH": 1},
        *("$.evseId", "minimum", "evse_id", -1),
    ),
    Case(
        Tolerance.NUMBER_RANGE,
        v21.BatteryData,
        {"evseId": 1, "serialNumber": "A", "soC": Decimal("100.01"), "soH": 1},
        *("$.soC", "maximum", "soc", Decimal("100.01")),
    ),
    Case(
        Tolerance.DECIMAL_STEP,
        v16.ChargingSchedulePeriod,
        {"startPeriod": 0, "limit": 16.15},
        *("$.limit", "multipleOf", "limit", Decimal("16.15")),
    ),
    Case(
        Tolerance.DECIMAL_STEP,
        v16.ChargingSchedulePeriod,
        {"startPeriod": 0, "limit": Decimal("16.1011")},
        *("$.limit", "multipleOf", "limit", Decimal("16.1011")),
    ),
    *(
        Case(
            Tolerance.FLOAT_NOISE,
            v16.ChargingSchedulePeriod,
            {"startPeriod": 0, "limit": value},
            *("$.limit", "multipleOf", "limit", Decimal(repr(value))),
        )
        # Sums of tenths, and 16.1 and 22080.1 by 32 bits.
        for value in (0.1 + 0.2, 15.999999999999998, 16.100000381469727, 22080.099609375, 16.099)
    ),
    *(
        Case(
            *(Tolerance.NUMBER_FOR_BOOL, v16.KeyValue, {"key": "A", "readonly": value}, "$.readonly", "type"),
            *("readonly", bool(value)),
        )
        for value in (0, 1)
    ),
    *(
        Case(
            Tolerance.BOOL_FOR_TEXT, v16.AuthorizeRequest, {"idTag": value}, "$.idTag", "type", "id_tag", held
        )
        for value, held in ((True, "true"), (False, "false"))
    ),
    *(
        Case(
            *(
                Tolerance.FRACTION_FOR_INT,
                v16.CancelReservationRequest,
                {"reservationId": value},
                "$.reservationId",
                "type",
            ),
            *("reservation_id", Decimal(str(value))),
        )
        for value in (1.5, -0.25, Decimal("1E-300"), 1e-7)
    ),
    *(
        Case(
            *(
                Tolerance.DATETIME_NAIVE,
                v16.HeartbeatResponse,
                heartbeat(text),
                "$.currentTime",
                "format",
                "current_time",
            ),
            *(held, text),
        )
        for text, held in [
            ("2026-01-31T12:00:00", NOON),
            ("2026-01-31t12:00:00", NOON),
            ("2026-01-31T12:00:00.5", NOON.replace(microsecond=500_000)),
        ]
    ),
    *(
        Case(
            *(
                Tolerance.DATETIME_FRACTION,
                v201.HeartbeatResponse,
                heartbeat(text),
                "$.currentTime",
                "format",
            ),
            *("current_time", held, text),
        )
        for text, held in [
            ("2026-01-31T12:00:00.1234Z", NOON.replace(microsecond=123_400)),
            ("2026-01-31T12:00:00.000000000Z", NOON),
            ("2026-01-31T12:00:00.123456789+00:00", NOON.replace(microsecond=123_456)),
        ]
    ),
    *(
        Case(
            *(
                Tolerance.DATETIME_SHORT,
                v16.HeartbeatResponse,
                heartbeat(text),
                "$.currentTime",
                "format",
                "current_time",
            ),
            *(held, text),
        )
        for text, held in [
            ("2026-01-31", NOON.replace(hour=0)),
            ("2026-01-31T12:00", NOON),
            ("2026-01-31T12:00Z", NOON),
            ("2026-01-31 12:00:00", NOON),
            ("2026-01-31 12:00:00Z", NOON),
            ("2026-01-31T13:00:00+0100", NOON.astimezone(timezone(timedelta(hours=1)))),
            (" 2026-01-31T12:00:00Z\n", NOON),
            ("20260131T120000Z", NOON),
        ]
    ),
    *(
        Case(
            *(
                Tolerance.DATETIME_UNREADABLE,
                v16.HeartbeatResponse,
                heartbeat(text),
                "$.currentTime",
                "format",
            ),
            *("current_time", text),
        )
        for text in [
            "",
            "yesterday",
            "0000-01-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-06-30T23:59:60Z",
            "9" * 10_000,
        ]
    ),
    *(
        Case(Tolerance.WRONG_TYPE, v16.AuthorizeRequest, {"idTag": value}, "$.idTag", "type", "id_tag", value)
        for value in [[], ["A"], {}, {"idTag": "A"}]
    ),
    *(
        Case(
            *(
                Tolerance.WRONG_TYPE,
                v16.CancelReservationRequest,
                {"reservationId": value},
                "$.reservationId",
                "type",
            ),
            *("reservation_id", value),
        )
        # Text that no integer writes as; some of it has hurt others: int() takes minutes for a megabyte, or raises.
        for value in [
            True,
            [],
            "",
            "x",
            "-0",
            "+1",
            " 1",
            "01",
            "1.0",
            "1_0",
            "١",  # noqa: RUF001
            "1E+2",
            "1" * 5000,
            "NaN",
        ]
    ),
    *(
        Case(
            Tolerance.WRONG_TYPE,
            v201.CostUpdatedRequest,
            {"totalCost": value, "transactionId": "A"},
            *("$.totalCost", "type", "total_cost"),
            value,
        )
        for value in [False, [], {}, "", "NaN", "Infinity", "1e2", "1E+999999999", "1" * 5000, " 1", "1,5"]
    ),
    *(
        Case(
            *(Tolerance.WRONG_TYPE, v16.KeyValue, {"key": "A", "readonly": value}, "$.readonly", "type"),
            *("readonly", value),
        )
        for value in (2, -1, 1.0, "True", "1")
    ),
    Case(Tolerance.WRONG_TYPE, v16.ResetRequest, {"type": ["Hard"]}, "$.type", "type", "type", ["Hard"]),
    Case(
        Tolerance.WRONG_TYPE,
        v16.HeartbeatResponse,
        {"currentTime": 1},
        "$.currentTime",
        "type",
        "current_time",
        1,
    ),
    Case(
        Tolerance.WRONG_TYPE,
        v16.MeterValuesRequest,
        meter_values(meterValue="x"),
        *("$.meterValue", "type", "meter_value", "x"),
    ),
    Case(
        Tolerance.WRONG_TYPE,
        v16.MeterValuesRequest,
        meter_values(meterValue=[None]),
        *("$.meterValue[0]", "type", "meter_value", [None]),
    ),
    Case(
        Tolerance.WRONG_TYPE,
        v201.HeartbeatRequest,
        {"customData": 1},
        "$.customData",
        "type",
        "custom_data",
        1,
    ),
    Case(
        Tolerance.WRONG_TYPE,
        v16.GetConfigurationRequest,
        {"key": {"a": 1}},
        *("$.key", "type", "key", {"a": 1}),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule.label}-{str(case.payload)[:60]}")
def test_the_rule_and_no_other_accepts_it(case: Case) -> None:
    for refusing in (Tolerance.STRICT, Tolerance.TOLERANT & ~case.rule, FRAME | SOAP):
        with pytest.raises(PayloadError) as caught:
            from_wire(case.cls, case.payload, tolerance=refusing)
        assert (case.path, case.keyword, case.rule) in [
            (fault.path, fault.keyword, fault.rule) for fault in caught.value.violations
        ]
    for accepting in (case.rule, Tolerance.TOLERANT):
        message, deviations = read(case.cls, case.payload, tolerance=accepting)
        held = getattr(message, case.attribute)

        assert [(case.path, case.keyword, case.rule)] == [(it.path, it.keyword, it.rule) for it in deviations]
        assert case.held == held
        assert type(held) in (type(case.held), WireTimestamp)
        assert case.text == getattr(held, "text", None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule.label}-{str(case.payload)[:60]}")
def test_what_was_tolerated_cannot_be_sent_unless_reading_has_mended_it(case: Case) -> None:
    message = from_wire(case.cls, case.payload, tolerance=Tolerance.TOLERANT)
    mended = (
        Tolerance.OPTIONAL_NULL
        | Tolerance.MISNAMED_MEMBER
        | Tolerance.OBJECT_FOR_LIST
        | Tolerance.FLAT_VALUE
        | Tolerance.NUMBER_AS_TEXT
        | Tolerance.BOOL_AS_TEXT
        | Tolerance.FLOAT_AS_INT
        | Tolerance.DATETIME_NAIVE
        | Tolerance.DATETIME_FRACTION
        | Tolerance.DATETIME_SHORT
        | Tolerance.NUMBER_FOR_BOOL
        | Tolerance.BOOL_FOR_TEXT
    )
    if case.rule in mended:
        from_wire(case.cls, to_wire(message))
        return
    with pytest.raises(PayloadError) as caught:
        to_wire(message)
    assert "binding" not in [fault.keyword for fault in caught.value.violations]
    assert case.path in [fault.path for fault in caught.value.violations]


def test_every_rule_of_payloads_has_a_case() -> None:
    assert {*Tolerance} == {*(case.rule for case in CASES), *FRAME, *SOAP, *AROUND}
    assert Tolerance.TOLERANT == ~Tolerance.STRICT
    assert "unknown_enum" == Tolerance.UNKNOWN_ENUM.label


def test_two_deviations_need_two_rules() -> None:
    payload = {"idTag": LONG, "vendor": 1}
    both = Tolerance.TOO_LONG | Tolerance.EXTRA_MEMBER
    for one in both:
        with pytest.raises(PayloadError) as caught:
            from_wire(v16.AuthorizeRequest, payload, tolerance=one)
        assert ["$.idTag", "$.vendor"] == [fault.path for fault in caught.value.violations]
    message, deviations = read(v16.AuthorizeRequest, payload, tolerance=both)

    assert v16.AuthorizeRequest(id_tag=LONG, extra={"vendor": 1}) == message
    assert [Tolerance.TOO_LONG, Tolerance.EXTRA_MEMBER] == [fault.rule for fault in deviations]


def test_deviations_stand_in_document_order() -> None:
    payload = {
        "meterValue": [{"sampledValue": [{"unit": "Hz", "value": 1}, {"x": 1}], "timestamp": "now"}],
        "vendor": 1,
    }
    _, deviations = read(v16.MeterValuesRequest, payload, tolerance=Tolerance.TOLERANT)

    assert [
        "$.meterValue[0].sampledValue[0].unit",
        "$.meterValue[0].sampledValue[0].value",
        "$.meterValue[0].sampledValue[1].x",
        "$.meterValue[0].sampledValue[1].value",
        "$.meterValue[0].timestamp",
        "$.vendor",
        "$.connectorId",
    ] == [fault.path for fault in deviations]


def test_a_converted_number_still_has_limits() -> None:
    _, deviations = read(
        v21.BatteryData,
        {
            "evseId": "-1",
            "serialNumber": 123456789012345678901234567890123456789012345678901,
            "soC": 1,
            "soH": 1,
        },
        tolerance=Tolerance.TOLERANT,
    )

    assert [
        ("$.evseId", Tolerance.NUMBER_AS_TEXT),
        ("$.evseId", Tolerance.NUMBER_RANGE),
        ("$.serialNumber", Tolerance.NUMBER_AS_TEXT),
        ("$.serialNumber", Tolerance.TOO_LONG),
    ] == [(fault.path, fault.rule) for fault in deviations]


def test_a_misnamed_member_beside_the_right_one_is_an_extra() -> None:
    payload = {"status": "Accepted", "currentTime": NOW, "heartbeatInterval": 300, "interval": 60}
    message, deviations = read(v16.BootNotificationResponse, payload, tolerance=Tolerance.TOLERANT)

    assert (60, {"heartbeatInterval": 300}) == (message.interval, message.extra)
    assert [Tolerance.EXTRA_MEMBER] == [fault.rule for fault in deviations]


def test_valid_payloads_have_no_deviations() -> None:
    message, deviations = read(v16.MeterValuesRequest, meter_values(), tolerance=Tolerance.TOLERANT)

    assert () == deviations
    assert from_wire(v16.MeterValuesRequest, meter_values()) == message


@pytest.mark.parametrize("payload", [[], "x", 1, None, True], ids=repr)
def test_what_is_no_object_is_never_read(payload: Any) -> None:
    with pytest.raises(PayloadError) as caught:
        from_wire(v16.HeartbeatRequest, payload, tolerance=Tolerance.TOLERANT)

    assert [("$", "type")] == [(fault.path, fault.keyword) for fault in caught.value.violations]


def test_what_is_nested_too_deep_is_never_read() -> None:
    deep: Any = None
    for _ in range(MAX_DEPTH):
        deep = [deep]
    with pytest.raises(PayloadError) as caught:
        from_wire(v16.AuthorizeRequest, {"idTag": "A", "vendor": deep}, tolerance=Tolerance.TOLERANT)

    assert [("$", "depth")] == [(fault.path, fault.keyword) for fault in caught.value.violations]


def test_too_many_deviations_are_never_read() -> None:
    allowed = {f"m{number}": 0 for number in range(MAX_DEVIATIONS)}
    message, deviations = read(v16.HeartbeatRequest, allowed, tolerance=Tolerance.TOLERANT)
    assert (allowed, MAX_DEVIATIONS) == (message.extra, len(deviations))

    with pytest.raises(PayloadError) as caught:
        from_wire(v16.HeartbeatRequest, {**allowed, "one": "more"}, tolerance=Tolerance.TOLERANT)

    assert MAX_DEVIATIONS + 1 == len(caught.value.violations)
    assert walk(v16.HeartbeatRequest, allowed, Deviations(Tolerance.TOLERANT, MAX_FAULTS)) is None


def test_the_fault_that_refuses_is_named_beside_what_is_tolerated() -> None:
    """A number in text is read on, and so it is seen that the text is too long; where it is not, it ends there."""
    payload = {"evseId": 1, "serialNumber": 10**50, "soC": 1, "soH": 1}
    told = {}
    for tolerance in (Tolerance.STRICT, Tolerance.NUMBER_AS_TEXT):
        with pytest.raises(PayloadError) as caught:
            from_wire(v21.BatteryData, payload, tolerance=tolerance)
        told[tolerance] = [fault.rule for fault in caught.value.violations]

    assert [Tolerance.NUMBER_AS_TEXT] == told[Tolerance.STRICT]
    assert [Tolerance.NUMBER_AS_TEXT, Tolerance.TOO_LONG] == told[Tolerance.NUMBER_AS_TEXT]


def test_a_number_that_is_not_whole_is_out_of_its_range_all_the_same() -> None:
    payload = {"evseId": -0.5, "serialNumber": "A", "soC": 1, "soH": 1}
    message, deviations = read(v21.BatteryData, payload, tolerance=Tolerance.TOLERANT)

    assert -0.5 == message.evse_id
    assert [("type", Tolerance.FRACTION_FOR_INT), ("minimum", Tolerance.NUMBER_RANGE)] == [
        (fault.keyword, fault.rule) for fault in deviations
    ]


@pytest.mark.parametrize("number", [10**5000, -(10**5000)], ids=["positive", "negative"])
def test_a_number_that_python_does_not_write_is_not_converted_to_text(number: int) -> None:
    message, deviations = read(v16.AuthorizeRequest, {"idTag": number}, tolerance=Tolerance.TOLERANT)
    held: Any = message.id_tag

    assert number == held
    assert [Tolerance.WRONG_TYPE] == [fault.rule for fault in deviations]


def test_a_misnamed_member_is_one_too_many_and_one_too_few_for_the_schema() -> None:
    payload = {"status": "Accepted", "currentTime": NOW, "heartbeatInterval": "x"}
    with pytest.raises(PayloadError) as caught:
        from_wire(v16.BootNotificationResponse, payload)

    assert [
        ("$.heartbeatInterval", "additionalProperties", Tolerance.MISNAMED_MEMBER),
        ("$.interval", "required", Tolerance.MISNAMED_MEMBER),
    ] == [(fault.path, fault.keyword, fault.rule) for fault in caught.value.violations]


def test_payloads_are_not_changed() -> None:
    payload = meter_values(meterValue=METER_VALUE, vendor=1, connectorId="1")
    before = repr(payload)
    from_wire(v16.MeterValuesRequest, payload, tolerance=Tolerance.TOLERANT)

    assert before == repr(payload)


@pytest.mark.parametrize("rule", Tolerance)
def test_a_rule_is_found_by_its_label_however_it_is_written(rule: Tolerance) -> None:
    spellings = {rule.label, rule.label.upper(), rule.label.replace("_", "-"), (rule.name or "").title()}

    assert {rule} == {Tolerance.named(spelling) for spelling in spellings}
    with pytest.raises(LookupError, match=f"did you mean '{rule.label}'"):
        Tolerance.named(rule.label + "s")
