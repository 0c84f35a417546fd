"""Every fault is found, placed, ordered, and said in a sentence that helps. Verdicts are in test_verdicts.py."""

from decimal import Decimal
from typing import Any

import pytest

import toy
from classes import ALL_CLASSES
from ocpp_core import v12, v15, v16, v21, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import NoSuchAction, PayloadError
from ocpp_core.model.messages import Payload
from ocpp_core.model.versions import ERROR_NAMES_1_6_JSON, ERROR_NAMES_2_0_1, ERROR_NAMES_2_1
from ocpp_core.model.violations import KEYWORD_CODES, MAX_FAULTS, decisive, member_path
from ocpp_core.payloads.conversion import from_wire, validate
from ocpp_core.payloads.validation import explain, schema_of

NOW = "2026-01-31T12:00:00Z"
PERIOD = {"startPeriod": 0, "limit": 16}

#: What each rule draws on the wire of 1.6 and of 2.x.
CODES = {
    "type": ("TypeConstraintViolation", "TypeConstraintViolation"),
    "enum": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "maxLength": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "minimum": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "maximum": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "multipleOf": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "format": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "required": ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    "minItems": ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    "maxItems": ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    "additionalProperties": ("FormationViolation", "ProtocolError"),
    "depth": ("FormationViolation", "FormatViolation"),
}


@pytest.mark.parametrize("keyword", CODES)
def test_each_rule_draws_its_code(keyword: str) -> None:
    code = KEYWORD_CODES[keyword]

    assert CODES[keyword] == (ERROR_NAMES_1_6_JSON[code], ERROR_NAMES_2_0_1[code])
    assert ERROR_NAMES_2_0_1[code] == ERROR_NAMES_2_1[code]


#: A class, a payload with one fault, and what is said about it.
SENTENCES: list[tuple[type[Payload], Any, str]] = [
    (v16.AuthorizeRequest, {}, "$.idTag: is missing"),
    (v16.AuthorizeRequest, [], "$: must be an object, not []"),
    (v16.AuthorizeRequest, {"idTag": None}, "$.idTag: must be a string, not null"),
    (v16.AuthorizeRequest, {"idTag": True}, "$.idTag: must be a string, not true"),
    (v16.AuthorizeRequest, {"idTag": Decimal("1.50")}, "$.idTag: must be a string, not 1.50"),
    (
        v16.AuthorizeRequest,
        {"idTag": "x" * 21},
        f"$.idTag: has 21 characters, at most 20 are allowed: '{'x' * 21}'",
    ),
    (
        v16.AuthorizeRequest,
        {"idTag": "A", "id_tag": "B"},
        "$.id_tag: no such member here; did you mean 'idTag'?",
    ),
    (v16.AuthorizeRequest, {"idTag": "A", "": 0}, "$['']: no such member here"),
    (v16.ResetRequest, {"type": "hard"}, "$.type: 'hard' is none of Hard, Soft; did you mean 'Hard'?"),
    (v16.ResetRequest, {"type": "Warm-start"}, "$.type: 'Warm-start' is none of Hard, Soft"),
    (v16.ResetRequest, {"type": 1}, "$.type: must be a string, not 1"),
    (
        v16.SampledValue,
        {"value": "1", "unit": "kwh"},
        "$.unit: 'kwh' is none of Wh, kWh, varh, kvarh, W, kW, VA, kVA ...; did you mean 'kWh'?",
    ),
    (v16.CancelReservationRequest, {"reservationId": "1"}, "$.reservationId: must be an integer, not '1'"),
    (v16.CancelReservationRequest, {"reservationId": 1.0}, "$.reservationId: must be an integer, not 1.0"),
    (
        v201.CostUpdatedRequest,
        {"totalCost": "1", "transactionId": ""},
        "$.totalCost: must be a number, not '1'",
    ),
    (v16.KeyValue, {"key": "A", "readonly": 1}, "$.readonly: must be true or false, not 1"),
    (
        v16.ChargingSchedulePeriod,
        {"startPeriod": 0, "limit": 16.15},
        "$.limit: must be a multiple of 0.1, not 16.15",
    ),
    (
        v16.HeartbeatResponse,
        {"currentTime": "2026-01-31"},
        "$.currentTime: '2026-01-31' is not a date-time that OCPP allows: it is a date without a time",
    ),
    (
        v21.BatteryData,
        {"evseId": -1, "serialNumber": "A", "soC": 1, "soH": 1},
        "$.evseId: must be 0 or more, not -1",
    ),
    (
        v21.BatteryData,
        {"evseId": 1, "serialNumber": "A", "soC": Decimal("100.10"), "soH": 1},
        "$.soC: must be 100 or less, not 100.10",
    ),
    (v201.MeterValuesRequest, {"evseId": 1, "meterValue": []}, "$.meterValue: needs 1 or more items, has 0"),
    (v201.MeterValuesRequest, {"evseId": 1, "meterValue": {}}, "$.meterValue: must be a list, not {}"),
    (toy.TurnRequest, {"direction": "Left", "steps": [1] * 4}, "$.steps: may have 3 items, has 4"),
]


@pytest.mark.parametrize("cls, payload, sentence", SENTENCES, ids=lambda value: str(value)[:50])
def test_a_fault_is_said_in_a_sentence(cls: type[Payload], payload: Any, sentence: str) -> None:
    (fault,) = explain(cls, payload)

    assert sentence == str(fault)
    assert KEYWORD_CODES[fault.keyword] is fault.code
    assert fault.rule is None
    with pytest.raises(PayloadError) as caught:
        from_wire(cls, payload)
    assert f"{cls.__name__}: {sentence}" == str(caught.value)


@pytest.mark.parametrize(
    "cls, payload",
    [
        (v16.AuthorizeRequest, {"idTag": "x" * 100_000}),
        (v16.AuthorizeRequest, {"idTag": ["x" * 100_000] * 100}),
        (v16.AuthorizeRequest, {"idTag": {"x" * 100_000: 1}}),
        (v16.AuthorizeRequest, {"idTag": "A", "x": "x" * 100_000}),
        (v16.ResetRequest, {"type": "x" * 100_000}),
        (v16.HeartbeatResponse, {"currentTime": "9" * 100_000}),
        (v16.ChargingSchedulePeriod, {"startPeriod": 0, "limit": Decimal(f"0.{'1' * 100_000}")}),
        (v21.BatteryData, {"evseId": -(10**5000), "serialNumber": "A", "soC": 1, "soH": 1}),
        (
            v21.BatteryData,
            {"evseId": 1, "serialNumber": "A", "soC": Decimal(f"200.{'1' * 100_000}"), "soH": 1},
        ),
        (v16.AuthorizeRequest, {"idTag": 10**5000}),
    ],
    ids=[
        "text",
        "list",
        "object",
        "extra",
        "token",
        "timestamp",
        "step",
        "integer",
        "number",
        "integer as text",
    ],
)
def test_a_sentence_is_short_whatever_the_value(cls: type[Payload], payload: Any) -> None:
    (fault,) = explain(cls, payload)

    assert len(str(fault)) < 500


def test_faults_stand_in_document_order_and_what_is_missing_stands_last() -> None:
    payload = {
        "vendor": 1,
        "meterValue": [
            {"sampledValue": [{"unit": "Hz", "value": 1}, {"x": 1}], "timestamp": "now"},
            {"timestamp": NOW},
            None,
        ],
        "transactionId": "1",
    }
    expected = [
        ("$.vendor", "additionalProperties"),
        ("$.meterValue[0].sampledValue[0].unit", "enum"),
        ("$.meterValue[0].sampledValue[0].value", "type"),
        ("$.meterValue[0].sampledValue[1].x", "additionalProperties"),
        ("$.meterValue[0].sampledValue[1].value", "required"),
        ("$.meterValue[0].timestamp", "format"),
        ("$.meterValue[1].sampledValue", "required"),
        ("$.meterValue[2]", "type"),
        ("$.transactionId", "type"),
        ("$.connectorId", "required"),
    ]
    faults = explain(v16.MeterValuesRequest, payload)

    assert expected == [(fault.path, fault.keyword) for fault in faults]
    assert ErrorCode.TYPE_CONSTRAINT is decisive(faults)
    assert payload["vendor"] == faults[0].value
    assert "Hz" == faults[1].value


@pytest.mark.parametrize(
    "payload, code",
    [
        ({"idTag": 1, "vendor": 1}, ErrorCode.TYPE_CONSTRAINT),
        ({"vendor": 1}, ErrorCode.OCCURRENCE_CONSTRAINT),
        ({"idTag": "x" * 21, "vendor": 1}, ErrorCode.PROPERTY_CONSTRAINT),
        ({"idTag": "x", "vendor": 1}, ErrorCode.STRUCTURE),
    ],
)
def test_the_gravest_fault_decides_the_code(payload: Any, code: ErrorCode) -> None:
    with pytest.raises(PayloadError) as caught:
        from_wire(v16.AuthorizeRequest, payload)

    assert code is caught.value.code


def test_more_faults_than_anybody_reads_are_not_listed() -> None:
    payload = {"idTag": "A", **{f"m{number}": 0 for number in range(MAX_FAULTS + 1)}}

    assert MAX_FAULTS == len(explain(v16.AuthorizeRequest, payload))


@pytest.mark.parametrize(
    "member, path",
    [
        ("a", "$.a"),
        ("a_1", "$.a_1"),
        ("15118", "$['15118']"),
        ("a b", "$['a b']"),
        ("it's", '$["it\'s"]'),
        ("", "$['']"),
    ],
)
def test_paths_are_unambiguous(member: str, path: str) -> None:
    assert path == member_path("$", member)


def test_numbers_are_compared_exactly() -> None:
    for limit in (16.1, 0.1, 0.3, Decimal("16.1"), 1e22, 5):
        assert [] == explain(v16.ChargingSchedulePeriod, {**PERIOD, "limit": limit})
    for limit in (16.15, Decimal("16.1000000000000000000000001")):
        (fault,) = explain(v16.ChargingSchedulePeriod, {**PERIOD, "limit": limit})
        assert "multipleOf" == fault.keyword


def test_validate_goes_by_version_action_and_kind() -> None:
    assert [] == validate({"idTag": "A"}, "1.6", "Authorize")
    assert [] == validate({"idTagInfo": {"status": "Accepted"}}, "1.6", "Authorize", "response")
    assert ["$.idTag"] == [fault.path for fault in validate({}, "1.6", "Authorize")]
    assert ["$.idTagInfo"] == [fault.path for fault in validate({}, "1.6", "Authorize", "response")]
    assert ["$.idToken"] == [fault.path for fault in validate({}, "2.0.1", "Authorize")]
    assert ["$"] == [fault.path for fault in validate([], "2.0.1", "Heartbeat")]
    with pytest.raises(NoSuchAction):
        validate({}, "1.6", "authorize")
    with pytest.raises(NoSuchAction):
        validate({}, "2.1", "NotifyPeriodicEventStream", "response")
    with pytest.raises(LookupError):
        validate({}, "1.7", "Authorize")


def test_a_send_is_judged_like_a_request() -> None:
    assert [] != validate({}, "2.1", "NotifyPeriodicEventStream")


# 1.2 and 1.5 have no official schema.


def test_the_schema_of_a_version_without_one_comes_from_its_classes() -> None:
    assert {
        "type": "object",
        "properties": {
            "chargePointVendor": {"type": "string", "maxLength": 20},
            "chargePointModel": {"type": "string", "maxLength": 20},
            "chargePointSerialNumber": {"type": "string", "maxLength": 25},
            "chargeBoxSerialNumber": {"type": "string", "maxLength": 25},
            "firmwareVersion": {"type": "string", "maxLength": 50},
            "iccid": {"type": "string", "maxLength": 20},
            "imsi": {"type": "string", "maxLength": 20},
            "meterType": {"type": "string", "maxLength": 25},
            "meterSerialNumber": {"type": "string", "maxLength": 25},
        },
        "required": ["chargePointVendor", "chargePointModel"],
        "additionalProperties": False,
    } == schema_of(v15.BootNotificationRequest)


def test_faults_of_1_2_and_1_5() -> None:
    (fault,) = explain(v12.UnlockConnectorRequest, {"connectorId": 2**31})
    assert "$.connectorId: must be 2147483647 or less, not 2147483648" == str(fault)
    values = {"connectorId": 1, "values": [{"timestamp": NOW, "value": [{"value": "1", "unit": "Hz"}]}]}
    (fault,) = explain(v15.MeterValuesRequest, values)
    assert ("$.values[0].value[0].unit", "enum") == (fault.path, fault.keyword)
    assert ["$.idTag", "$.vendor"] == sorted(
        fault.path for fault in explain(v15.AuthorizeRequest, {"vendor": 1})
    )


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_every_schema_agrees_with_what_the_classes_say(cls: type[Payload]) -> None:
    """Names and cardinality at the top; test_verdicts.py compares the rest."""
    derived = schema_of(cls)
    faults = explain(cls, {})

    assert derived["required"] == [fault.path.partition(".")[2] or fault.path[3:-2] for fault in faults]
