"""What a tolerant peer was allowed to say is a loss, travels on or is refused, and never an exception."""

import os
from typing import Any

import pytest

from classes import BREAKABLE_CLASSES
from ocpp_core import v15, v16, v21, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, OcppError, PayloadError
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.testing import broken_payloads
from ocpp_core.translation import engine
from ocpp_core.translation.losses import Translation
from properties import for_all
from translations import RECEIVED_AT, carried, check_output

#: Of each request, of each response, and of each in the deep run.
EXAMPLES, FEW, MANY = 8, 2, int(os.environ.get("OCPP_TOLERATED", "500"))
MESSAGES = [
    each for each in BREAKABLE_CLASSES if issubclass(each.values[0], Request | Response | Notification)
]


def _check(cls: type[Payload], broken: Any) -> None:
    source = cls.__ocpp__.version
    try:
        message = from_wire(cls, broken.payload, tolerance=Tolerance.TOLERANT)
    except PayloadError:
        return
    for target in (source, *engine._neighbours(Version(source))):
        try:
            found = carried(message, target)
        except LocalProtocolError:
            assert target != source, "in its own version nothing is needed to say it again"
            continue
        check_output(found, target, source)


@pytest.mark.parametrize("cls", MESSAGES)
def test_what_was_tolerated_is_no_exception(cls: type[Payload]) -> None:
    number = FEW if issubclass(cls, Response) else EXAMPLES
    for_all(broken_payloads(cls), number, lambda broken: _check(cls, broken))


@pytest.mark.deep
@pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes many minutes; set OCPP_DEEP=1")
@pytest.mark.parametrize("cls", MESSAGES)
def test_what_was_tolerated_is_no_exception_ever(cls: type[Payload]) -> None:
    for_all(broken_payloads(cls), MANY, lambda broken: _check(cls, broken))


def _lost(cls: type[Payload], payload: Any, target: str) -> tuple[Translation, list[tuple[str, str]]]:
    found = carried(from_wire(cls, payload, tolerance=Tolerance.TOLERANT), target)
    check_output(found, target, cls.__ocpp__.version)
    return found, [(one.path, one.kind.value) for one in found.losses]


STATUS = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
FIRMWARE = {"location": "", "retrieveDateTime": "2026-01-31T12:00:00Z"}


@pytest.mark.parametrize(
    "cls, payload, target, path",
    [
        # Each of these is read by a rule written by hand.
        (
            v201.UpdateFirmwareRequest,
            {"requestId": 0, "firmware": {**FIRMWARE, "retrieveDateTime": ""}},
            "1.6",
            "$.firmware.retrieveDateTime",
        ),
        (v16.ClearChargingProfileRequest, {"connectorId": ""}, "2.0.1", "$.connectorId"),
        (
            v16.TriggerMessageRequest,
            {"connectorId": "x", "requestedMessage": "BootNotification"},
            "2.0.1",
            "$.connectorId",
        ),
        (
            v16.ChangeAvailabilityRequest,
            {"connectorId": "x", "type": "Operative"},
            "2.0.1",
            "$.connectorId",
        ),
    ],
)
def test_a_command_with_a_scalar_of_another_type_is_refused_by_name(
    cls: type[Payload], payload: Any, target: str, path: str
) -> None:
    found, lost = _lost(cls, payload, target)

    assert () == found.messages
    assert [(path, "dropped")] == lost


@pytest.mark.parametrize(
    "cls, payload, target, path",
    [
        (
            v16.ClearChargingProfileRequest,
            {"chargingProfilePurpose": "CHARGEPOINTMAXPROFILE"},
            "2.0.1",
            "$.chargingProfilePurpose",
        ),
        (
            v16.MeterValuesRequest,
            {
                "connectorId": 0,
                "meterValue": [
                    {
                        "timestamp": "2026-01-31T12:00:00Z",
                        "sampledValue": [{"value": ""}, {"value": "", "context": "INTERRUPTION.BEGIN"}],
                    }
                ],
            },
            "1.5",
            "$.meterValue[0].sampledValue[1].context",
        ),
    ],
)
def test_a_token_that_there_is_not_goes_through_no_rule_written_by_hand(
    cls: type[Payload], payload: Any, target: str, path: str
) -> None:
    _, lost = _lost(cls, payload, target)

    assert (path, "dropped") in lost


def test_a_report_without_its_place_goes_no_further_and_is_named() -> None:
    found, lost = _lost(v16.StatusNotificationRequest, {**STATUS, "connectorId": ""}, "2.0.1")

    assert () == found.messages
    assert [("$", "dropped")] == lost


def test_a_report_has_a_time_in_place_of_what_is_none() -> None:
    found, lost = _lost(v16.StatusNotificationRequest, {**STATUS, "timestamp": ""}, "2.0.1")

    assert RECEIVED_AT == found.message.timestamp  # type: ignore[attr-defined]
    assert [("$.timestamp", "dropped"), ("$.connectorId", "synthesised"), ("$.timestamp", "synthesised")] == (
        lost
    )


def test_what_stands_in_for_another_field_is_looked_at_too() -> None:
    boot = {"chargePointVendor": "V", "chargePointModel": "M", "chargeBoxSerialNumber": ["S"]}
    found, lost = _lost(v16.BootNotificationRequest, boot, "2.0.1")

    assert found.message.charging_station.serial_number is None  # type: ignore[attr-defined]
    assert ("$.chargeBoxSerialNumber", "dropped") in lost


def test_what_is_left_out_anyhow_refuses_no_command() -> None:
    firmware = {**FIRMWARE, "signingCertificate": None}
    found, lost = _lost(v201.UpdateFirmwareRequest, {"requestId": "", "firmware": firmware}, "1.6")

    assert 1 == len(found.messages)
    assert ("$.requestId", "dropped") in lost


def _metering(**sample: Any) -> dict[str, Any]:
    """A good sample behind one that is not."""
    samples = [sample, {"value": 7}]
    return {"evseId": 1, "meterValue": [{"timestamp": "2026-01-31T12:00:00Z", "sampledValue": samples}]}


@pytest.mark.parametrize("target", ["1.6", "2.1"])
@pytest.mark.parametrize(
    "sample",
    [
        pytest.param({"value": "x"}, id="text"),
        pytest.param({"value": True}, id="boolean"),
        pytest.param({"unitOfMeasure": {"unit": "furlong"}}, id="no_value"),
    ],
)
def test_a_sample_that_is_none_goes_alone(sample: dict[str, Any], target: str) -> None:
    found, lost = _lost(v201.MeterValuesRequest, _metering(**sample), target)

    (value,) = found.message.meter_value  # type: ignore[attr-defined]
    assert ["7"] == [str(one.value) for one in value.sampled_value]
    assert [("$.meterValue[0].sampledValue[0]", "dropped")] == lost


def test_what_is_no_boolean_is_left_out() -> None:
    report = {"requestId": 1, "generatedAt": "2026-01-31T12:00:00Z", "seqNo": 0, "tbc": "x"}
    found, lost = _lost(v201.NotifyReportRequest, report, "2.1")

    assert found.message.tbc is None  # type: ignore[attr-defined]
    assert [("$.tbc", "dropped")] == lost


@pytest.mark.parametrize(
    "cls, payload, target",
    [
        (v16.AuthorizeResponse, {"idTagInfo": {"status": "Perhaps"}}, "2.0.1"),
        (v201.ResetResponse, {"status": "Perhaps"}, "1.6"),
        (v201.AuthorizeResponse, {"idTokenInfo": {"status": ["Accepted"]}}, "1.6"),
    ],
)
def test_an_answer_that_says_nothing_known_is_an_error(cls: type[Payload], payload: Any, target: str) -> None:
    """It shall not become the acceptance of anything."""
    found, lost = _lost(cls, payload, target)

    assert () == found.messages
    assert isinstance(found.answer, OcppError)
    assert ErrorCode.INTERNAL is found.answer.code
    assert [("$", "dropped")] == lost


def test_an_answer_that_says_nothing_known_goes_no_further_on_a_longer_way() -> None:
    found, _ = _lost(v15.AuthorizeResponse, {"idTagInfo": {"status": "Perhaps"}}, "2.1")

    assert () == found.messages
    assert isinstance(found.answer, OcppError)


def test_in_its_own_version_it_can_be_sent_too() -> None:
    sample = {"value": "1", "junk": 1, "context": "Sometimes"}
    values = {
        "connectorId": 1,
        "meterValue": [{"timestamp": "2026-01-31T12:00:00Z", "sampledValue": [sample]}],
    }
    found, lost = _lost(v16.MeterValuesRequest, values, "1.6")

    assert [v16.SampledValue(value="1")] == found.message.meter_value[0].sampled_value  # type: ignore[attr-defined]
    assert [(f"$.meterValue[0].sampledValue[0].{name}", "dropped") for name in ("context", "junk")] == lost


def test_in_its_own_version_an_answer_that_says_nothing_known_is_an_error() -> None:
    request = v16.ResetRequest(type=v16.ResetType.HARD)
    answer = from_wire(v16.ResetResponse, {"status": "Perhaps"}, tolerance=Tolerance.TOLERANT)
    alone, after = carried(answer, "1.6"), carried(answer, "1.6", request=request)

    assert () == alone.messages == after.messages
    assert isinstance(after.answer, OcppError)
    assert alone.losses == after.losses


def test_a_status_that_there_is_not_is_a_report_without_a_counterpart() -> None:
    status = {
        "timestamp": "2026-01-31T12:00:00Z",
        "connectorStatus": "Perhaps",
        "evseId": 1,
        "connectorId": 1,
    }
    found, lost = _lost(v201.StatusNotificationRequest, status, "1.6")

    assert v201.StatusNotificationResponse() == found.answer
    assert [("$", "dropped")] == lost


GOOD: dict[str, Any] = {"component": {"name": "C"}, "variable": {"name": "V"}}
MONITOR: dict[str, Any] = {**GOOD, "value": 1, "type": "UpperThreshold", "severity": 3}
VALUE: dict[str, Any] = {**GOOD, "attributeValue": "1", "attributeType": "Actual"}
ONE_BY_ONE = {
    "setMonitoringData": (v21.SetVariableMonitoringRequest, MONITOR),
    "setVariableData": (v21.SetVariablesRequest, VALUE),
}


@pytest.mark.parametrize("items", ONE_BY_ONE)
@pytest.mark.parametrize(
    "broken",
    [
        {"component": 7},
        {"component": {}},
        {"component": {"name": "C", "evse": {"id": "one"}}},
        {"variable": {"name": "V" * 60}},
        {"severity": "high", "attributeValue": None},
        {"type": "Sometimes", "attributeType": "Sometimes"},
        # Refused for itself, and no result could say of what.
        {"type": "TargetDelta", "attributeValue": "x" * 1001, "component": 7},
    ],
)
def test_a_command_of_which_an_item_is_broken_is_not_done_in_part(items: str, broken: Any) -> None:
    """No answer could say what became of that item; and without a member it may name something else."""
    cls, good = ONE_BY_ONE[items]
    item = good | {name: broken[name] for name in broken.keys() & good.keys()}
    found, _ = _lost(cls, {items: [good, item]}, "2.0.1")

    assert () == found.messages
    assert isinstance(found.answer, OcppError)


@pytest.mark.parametrize("items", ONE_BY_ONE)
def test_a_command_of_which_an_item_is_no_object_is_not_done_in_part(items: str) -> None:
    cls, good = ONE_BY_ONE[items]
    found, _ = _lost(cls, {items: [good, 7]}, "2.0.1")

    assert () == found.messages
    assert isinstance(found.answer, OcppError)
