"""`translate`: what it gives back, what it asks for, and how steps are put together."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from ocpp_core import v12, v15, v16, v20, v21, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.model.messages import MISSING
from ocpp_core.model.passed import Misplaced
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version
from ocpp_core.payloads.conversion import from_wire, to_wire
from ocpp_core.translation import (
    Loss,
    LossKind,
    LossReason,
    NeedsSessionError,
    Policy,
    merge,
    steps,
    translate,
)
from ocpp_core.translation.losses import Translation, UnaccountedError, shown
from translations import RECEIVED_AT, carried

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def losses_of(found: Any) -> list[tuple[str, str, str]]:
    return [(loss.path, loss.kind.value, loss.reason.value) for loss in found.losses]


def test_a_version_is_translated_to_itself_as_it_is() -> None:
    message = v16.HeartbeatRequest()

    assert (message,) == translate(message, to="1.6").messages


def test_a_rename_is_no_loss() -> None:
    found = translate(
        v15.BootNotificationResponse(
            status=v15.RegistrationStatus.ACCEPTED, current_time=NOON, heartbeat_interval=60
        ),
        to="1.6",
    )

    assert (
        v16.BootNotificationResponse(status=v16.RegistrationStatus.ACCEPTED, current_time=NOON, interval=60)
        == found.message
    )
    assert () == found.losses


def test_what_has_no_place_is_named_with_its_path_its_value_and_its_step() -> None:
    found = translate(
        v15.StartTransactionRequest(
            connector_id=1, id_tag="A", timestamp=NOON, meter_start=5, reservation_id=17
        ),
        to=Version.V1_2,
    )

    assert (
        v12.StartTransactionRequest(connector_id=1, id_tag="A", timestamp=NOON, meter_start=5)
        == found.message
    )
    assert (
        Loss("$.reservationId", LossKind.DROPPED, 17, LossReason.NO_COUNTERPART, step="1.5->1.2"),
    ) == found.losses


def test_a_composition_names_each_loss_with_its_step() -> None:
    found = carried(
        v12.StatusNotificationRequest(
            connector_id=1,
            status=v12.ChargePointStatus.OCCUPIED,
            error_code=v12.ChargePointErrorCode.READER_FAILURE,
        ),
        "2.1",
    )

    assert (
        v21.StatusNotificationRequest(
            timestamp=RECEIVED_AT, connector_status=v21.ConnectorStatus.OCCUPIED, evse_id=1, connector_id=1
        )
        == found.message
    )
    assert [
        ("$.status", "1.5->1.6", "approximated"),
        ("$.connectorId", "1.6->2.0.1", "synthesised"),
        ("$.timestamp", "1.6->2.0.1", "synthesised"),
    ] == [
        (loss.path, loss.step, loss.kind.value)
        for loss in found.losses
        if loss.path not in ("$.status", "$.errorCode") or loss.step == "1.5->1.6"
    ]


def test_an_answer_on_the_way_comes_back_in_the_version_of_the_sender() -> None:
    """1.6 has no tariffs, and it is 2.0.1 that has not; 1.2 has no reservations, and it is 1.5 that says so."""
    tariffs = translate(v21.GetTariffsRequest(evse_id=1), to="1.6")
    reserve = v201.ReserveNowRequest(
        id=1,
        expiry_date_time=NOON,
        id_token=v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL),
        evse_id=1,
    )
    reservation = translate(reserve, to="1.2")

    assert v21.GetTariffsResponse(status=v21.TariffGetStatus.NO_TARIFF) == tariffs.answer
    assert () == tariffs.messages
    assert v201.ReserveNowResponse(status=v201.ReserveNowStatus.REJECTED) == reservation.answer


def test_what_goes_no_further_without_a_status_is_an_error() -> None:
    found = translate(v201.CostUpdatedRequest(total_cost=1, transaction_id="t"), to="1.5")  # type: ignore[arg-type]

    assert isinstance(found.answer, OcppError)
    assert ErrorCode.NOT_SUPPORTED == found.answer.code


def test_a_report_that_goes_no_further_is_one_loss_and_is_answered() -> None:
    request = v16.FirmwareStatusNotificationRequest(status=v16.FirmwareStatus.IDLE)
    found = translate(request, to="1.5")

    assert v16.FirmwareStatusNotificationResponse() == found.answer
    assert [("$", "dropped", "suppressed")] == losses_of(found)
    assert {"status": "Idle"} == found.losses[0].value


def test_a_send_that_goes_no_further_is_answered_by_nothing() -> None:
    message = v21.NotifyPeriodicEventStream(
        id=1, pending=0, basetime=NOON, data=[v21.StreamDataElement(t=Decimal(1), v="1")]
    )
    found = translate(message, to="2.0.1")

    assert ((), None) == (found.messages, found.answer)
    assert [("$", "dropped", "suppressed")] == losses_of(found)


@pytest.mark.parametrize(
    "message",
    [
        v16.StartTransactionRequest(connector_id=1, id_tag="A", timestamp=NOON, meter_start=0),
        v16.RemoteStopTransactionRequest(transaction_id=1),
        v16.MeterValuesRequest(connector_id=1, transaction_id=1, meter_value=[]),
        v16.GetConfigurationRequest(),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_needs_memory_asks_for_a_session(message: Any) -> None:
    with pytest.raises(NeedsSessionError) as raised:
        carried(message, "2.0.1")

    assert (message.__ocpp__.action, "1.6->2.0.1") == (raised.value.action, raised.value.step)
    assert "TranslationSession" in str(raised.value)


def test_time_is_an_argument() -> None:
    message = v16.StatusNotificationRequest(connector_id=1, error_code="NoError", status="Available")  # type: ignore[arg-type]

    with pytest.raises(LocalProtocolError, match="received_at"):
        translate(message, to="2.0.1")

    found: Any = translate(message, to="2.0.1", received_at=NOON.replace(microsecond=1999)).message
    assert NOON.replace(microsecond=1000) == found.timestamp


def test_ids_are_an_argument() -> None:
    message = v16.GetDiagnosticsRequest(location="ftp://files.example/")

    with pytest.raises(LocalProtocolError, match="new_id"):
        translate(message, to="2.0.1")

    found: Any = translate(message, to="2.0.1", new_id=lambda: 17).message
    assert 17 == found.request_id


def test_some_responses_take_their_request() -> None:
    request = v201.GetCompositeScheduleRequest(duration=600, evse_id=2)
    period = v16.ChargingSchedulePeriod(start_period=0, limit=16)  # type: ignore[arg-type]
    response = v16.GetCompositeScheduleResponse(
        status=v16.GetCompositeScheduleStatus.ACCEPTED,
        schedule_start=NOON,
        charging_schedule=v16.ChargingSchedule(
            charging_rate_unit=v16.ChargingRateUnit.A, charging_schedule_period=[period]
        ),
    )

    with pytest.raises(LocalProtocolError, match="request"):
        translate(response, to="2.0.1")
    with pytest.raises(LocalProtocolError, match=r"of OCPP 1\.6"):
        translate(response, to="2.0.1", request=v16.GetCompositeScheduleRequest(connector_id=2, duration=600))

    found: Any = translate(response, to="2.0.1", request=request).message
    assert (2, 600) == (found.schedule.evse_id, found.schedule.duration)


def test_a_response_goes_back_over_several_steps_with_the_request_as_each_step_saw_it() -> None:
    request = v21.GetInstalledCertificateIdsRequest(
        certificate_type=[v21.GetCertificateIdUse.MANUFACTURER_ROOT_CERTIFICATE]
    )
    hashes = v16.CertificateHashData(
        hash_algorithm=v16.HashAlgorithm.SHA256, issuer_name_hash="a", issuer_key_hash="b", serial_number="c"
    )
    response = v16.GetInstalledCertificateIdsResponse(
        status=v16.GetInstalledCertificateStatus.ACCEPTED, certificate_hash_data=[hashes]
    )

    found: Any = translate(
        response, to="2.1", request=request, policy=Policy(has_security_extension=True)
    ).message
    (chain,) = found.certificate_hash_data_chain
    assert "ManufacturerRootCertificate" == chain.certificate_type


def test_a_request_that_became_several_has_one_answer() -> None:
    request = v16.ClearChargingProfileRequest()
    found = translate(request, to="2.0.1")
    parts: list[Any] = []
    for part, status in enumerate(("Unknown", "Accepted", "Unknown")):
        response = v201.ClearChargingProfileResponse(status=v201.ClearChargingProfileStatus(status))
        parts += translate(response, to="1.6", request=request, part=part).messages

    assert 3 == len(found.messages)
    merged: Any = merge(parts, request, of="2.0.1")
    assert "Accepted" == merged.status


def test_there_is_no_such_part() -> None:
    request = v201.GetCompositeScheduleRequest(duration=1, evse_id=1)
    response = v15.HeartbeatResponse(current_time=NOON)
    info = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)

    with pytest.raises(LocalProtocolError):
        translate(response, to="2.0.1", request=request)
    with pytest.raises(LocalProtocolError):
        translate(
            v16.StartTransactionResponse(transaction_id=1, id_tag_info=info),
            to="2.1",
        )


def test_merging_what_was_not_parted_gives_the_first() -> None:
    response = v16.HeartbeatResponse(current_time=NOON)

    assert response == merge([response], v16.HeartbeatRequest(), of="2.1")
    assert response == merge([response], v16.HeartbeatRequest(), of="1.6")


# What tolerant reading lets through


def test_a_foreign_token_is_a_loss_or_a_refusal_and_no_exception() -> None:
    tolerant = Tolerance.TOLERANT
    profile = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
    rest = {"chargingProfileKind": "Recurring", "recurrencyKind": "Yearly", "chargingSchedule": schedule}
    optional = from_wire(
        v16.SetChargingProfileRequest,
        {"connectorId": 1, "csChargingProfiles": profile | rest},
        tolerance=tolerant,
    )
    required = from_wire(v16.ResetRequest, {"type": "Gentle"}, tolerance=tolerant)

    found = translate(optional, to="2.0.1")
    assert v16.SetChargingProfileResponse(status=v16.ChargingProfileStatus.REJECTED) == found.answer
    assert [("$.csChargingProfiles.recurrencyKind", "dropped", "no_counterpart")] == losses_of(found)
    assert v16.ResetResponse(status=v16.ResetStatus.REJECTED) == translate(required, to="2.0.1").answer


def test_a_member_of_a_tolerant_peer_is_named() -> None:
    message = from_wire(v16.AuthorizeRequest, {"idTag": "A", "colour": "red"}, tolerance=Tolerance.TOLERANT)
    found = translate(message, to="2.0.1")

    assert ("$.colour", "dropped", "extension") in losses_of(found)


def test_a_value_that_is_missing_or_of_another_type_is_a_refusal_and_no_exception() -> None:
    missing = v16.ChangeAvailabilityRequest(connector_id=MISSING, type=v16.AvailabilityType.INOPERATIVE)  # type: ignore[arg-type]
    wrong = v16.UnlockConnectorRequest(connector_id="one")  # type: ignore[arg-type]

    absent: Any = translate(missing, to="1.5").answer
    assert ErrorCode.OCCURRENCE_CONSTRAINT == absent.code
    answer: Any = translate(wrong, to="2.0.1").answer
    assert ErrorCode.TYPE_CONSTRAINT == answer.code


def test_customData_travels_through_2_0_as_an_extra_member_and_comes_back() -> None:
    message = v201.HeartbeatRequest(custom_data=v201.CustomData(vendor_id="x", extra={"a": [1]}))
    there = translate(message, to="2.0")

    assert v20.HeartbeatRequest(extra={"customData": {"vendorId": "x", "a": [1]}}) == there.message
    assert message == translate(there.message, to="2.0.1").message
    assert () == there.losses


def test_an_extra_member_of_2_0_is_no_member_of_2_0_1() -> None:
    message = v20.HeartbeatRequest(extra={"colour": "red", "customData": {"no": "vendor"}})
    found = translate(message, to="2.0.1")

    assert v201.HeartbeatRequest() == found.message
    assert [
        ("$.colour", "dropped", "extension"),
        ("$.customData", "dropped", "extension"),
    ] == losses_of(found)


def test_a_member_of_any_name_has_a_path_of_its_own() -> None:
    message = v20.HeartbeatRequest(extra={"": 1, "a b": 2, "c": 3})
    paths = [loss.path for loss in translate(message, to="2.0.1").losses]

    assert ["$['']", "$['a b']", "$.c"] == paths


def test_customData_is_one_loss_for_each_object_in_1_6() -> None:
    data = v201.CustomData(vendor_id="x")
    token = v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL, custom_data=data)
    found = translate(v201.AuthorizeRequest(id_token=token, custom_data=data), to="1.6")

    assert {"$.customData", "$.idToken.customData"} <= {loss.path for loss in found.losses}


def test_no_secret_is_in_a_loss() -> None:
    profile = v21.NetworkConnectionProfile(
        ocpp_interface=v21.OCPPInterface.WIRED0,
        ocpp_transport=v21.OCPPTransport.JSON,
        message_timeout=1,
        ocpp_csms_url="wss://csms.example",
        security_profile=2,
        basic_auth_password="do-not-show-me-x",
    )
    found = translate(v21.SetNetworkProfileRequest(configuration_slot=1, connection_data=profile), to="2.0.1")

    answer: Any = found.answer
    assert "Rejected" == answer.status
    assert "do-not-show-me" not in repr(found)
    assert ["$.connectionData.basicAuthPassword"] == [loss.path for loss in found.losses]


def test_what_stands_in_a_member_of_no_schema_may_be_a_misspelt_secret() -> None:
    """Neither its value is in a loss, nor a secret that its name has; that there was one is."""
    message = v20.HeartbeatRequest(extra={"valeu": "do-not-show-me-x", "password=do-not-show-me-x": 1})
    found = translate(message, to="2.0.1")

    assert "do-not-show-me" not in repr(found.losses)
    assert [("$.valeu", "***"), ("$[***]", "***")] == [(loss.path, loss.value) for loss in found.losses]


def test_what_was_tolerated_in_the_wrong_place_is_json_in_a_loss() -> None:
    message = from_wire(
        v21.LogStatusNotificationRequest, {"statusInfo": "text"}, tolerance=Tolerance.TOLERANT
    )
    (loss,) = translate(message, to="2.0.1").losses

    assert {"statusInfo": "needs StatusInfo of OCPP 2.1; got the text 'text'"} == json.loads(
        json.dumps(loss.value)
    )


# Strictness


def test_a_leaf_that_a_rule_by_hand_forgets_is_a_loss_or_in_tests_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ocpp_core.translation import engine
    from ocpp_core.translation.rules import Action, Written
    from ocpp_core.translation.runs import Outcome
    from ocpp_core.translation.steps import Step, directions

    forgetful = Step(
        older=Version.V1_5,
        newer=Version.V1_6,
        pairs=(),
        actions=[
            Action(
                older="Authorize",
                newer="Authorize",
                up=Written(lambda view, run, direction: Outcome((v16.AuthorizeRequest(id_tag="fixed"),))),
            )
        ],
    )
    up, down = directions(forgetful)
    monkeypatch.setattr(engine, "_module", lambda name: {up.source: up, down.source: down})
    engine.path.cache_clear()  # type: ignore[attr-defined]
    try:
        monkeypatch.setattr(steps, "strict", False)
        found = translate(v15.AuthorizeRequest(id_tag="A"), to="1.6")
        assert [("$.idTag", "dropped", "no_counterpart")] == losses_of(found)
        monkeypatch.setattr(steps, "strict", True)
        with pytest.raises(UnaccountedError):
            translate(v15.AuthorizeRequest(id_tag="A"), to="1.6")
    finally:
        engine.path.cache_clear()  # type: ignore[attr-defined]


def test_the_same_arguments_give_the_same_result() -> None:
    message = v16.UpdateFirmwareRequest(retrieve_date=NOON, location="http://files.example/f")
    ids = [count(1), count(1)]
    first, second = (translate(message, to="2.1", received_at=NOON, new_id=each.__next__) for each in ids)

    assert first == second
    assert to_wire(first.message) == to_wire(second.message)


def test_what_no_schema_has_is_not_shown_where_the_name_beside_it_is_lost() -> None:
    """What stands in customData may be the value of a setting that is named somewhere else."""
    data = v201.CustomData(vendor_id="V", extra={"x": "hunter2"})
    component = v201.Component(name="SecurityCtrlr", custom_data=data)
    event = v201.MeterValue(
        timestamp=NOON, sampled_value=[v201.SampledValue(value=Decimal(1))], custom_data=data
    )

    named = v16.DataTransferRequest(vendor_id="x", data="hunter2", extra={"key": "AuthorizationKey"})
    for value in (data, component, [event], event):
        assert "hunter2" not in str(shown("$.a", value))
        assert "V" in str(shown("$.a", value))
    # The name of a setting hides what stands beside it, although it is not shown itself.
    assert {"vendorId": "***", "data": "***", "key": "***"} == shown("$.a", named)
    assert "needs a text" in str(shown("$.a", Misplaced("a text", "7")))


def test_a_translation_equals_what_says_the_same_and_has_no_hash() -> None:
    found = translate(v16.HeartbeatRequest(), to="2.0.1")

    assert Translation((v201.HeartbeatRequest(),)) == found
    assert found != v201.HeartbeatRequest()
    assert found.is_exact
    with pytest.raises(TypeError, match="cannot be hashed"):
        hash(found)
