"""1.6 and 2.0.1, without what needs memory: what has two forms in 1.6, and what has an answer here."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ocpp_core import v16, v201
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import evolve
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.translation import Policy, translate
from translations import carried

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
WITH_EXTENSION = Policy(has_security_extension=True)
UNSIGNED = Policy(allow_unsigned_firmware=True)


def up(message: Any, **more: Any) -> Any:
    return carried(message, "2.0.1", **more)


def down(message: Any, **more: Any) -> Any:
    return carried(message, "1.6", **more)


def reasons(found: Any) -> list[tuple[str, str, str]]:
    return [(loss.path, loss.kind.value, loss.reason.value) for loss in found.losses]


# Meter values


def signed_up(*texts: str, **more: Any) -> Any:
    samples = [
        v16.SampledValue(value=text, format=v16.ValueFormat.SIGNED_DATA, **more)
        if text.startswith(("{", "<"))
        else v16.SampledValue(value=text, **more)
        for text in texts
    ]
    values = [v16.MeterValue(timestamp=NOON, sampled_value=samples)]
    return up(v16.MeterValuesRequest(connector_id=1, meter_value=values))


def test_what_else_stands_beside_signed_data_is_a_loss_that_says_what_arrives() -> None:
    found = signed_up('{"signedMeterData":"x","more":1}')

    (loss,) = [one for one in found.losses if one.kind == "approximated"]
    assert ({"signedMeterData": "x"}, "reencoded") == (loss.became, loss.reason)
    assert "x" == found.message.meter_value[0].sampled_value[0].signed_meter_value.signed_meter_data


@pytest.mark.parametrize(
    "text", ['{"signedMeterData":1}', "{no json", '{"signedMeterData":"x","publicKey":1}', "{" * 5_000]
)
def test_signed_data_of_no_known_form_is_text_that_arrives_in_base64(text: str) -> None:
    text = text[:1_500]
    (sample,) = signed_up(text).message.meter_value[0].sampled_value

    assert text == base64.b64decode(sample.signed_meter_value.signed_meter_data).decode()


def test_signed_data_that_is_too_long_goes_and_takes_nothing_along() -> None:
    found = signed_up('{"signedMeterData":"' + "x" * 2_501 + '"}', "7")

    assert ["7"] == [str(one.value) for one in found.message.meter_value[0].sampled_value]
    assert ("$.meterValue[0].sampledValue[0]", "dropped", "too_long") in reasons(found)


def test_signed_data_of_what_2_0_1_does_not_measure_goes_with_it() -> None:
    found = signed_up('{"signedMeterData":"x"}', "7", measurand=v16.Measurand.TEMPERATURE)

    assert () == found.messages
    assert v16.MeterValuesResponse() == found.answer


def test_a_number_that_no_double_holds_is_no_number() -> None:
    measure = v201.UnitOfMeasure(unit="W", multiplier=500)
    samples = [
        v201.SampledValue(value=Decimal(1), unit_of_measure=measure),
        v201.SampledValue(value=Decimal(7)),
    ]
    values = [v201.MeterValue(timestamp=NOON, sampled_value=samples)]
    found = down(v201.MeterValuesRequest(evse_id=1, meter_value=values))

    assert ["7"] == [one.value for one in found.message.meter_value[0].sampled_value]
    assert [("$.meterValue[0].sampledValue[0]", "dropped", "out_of_range")] == reasons(found)


# Boot


def boot(**more: Any) -> v16.BootNotificationRequest:
    return v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M", **more)


def test_the_serial_number_of_the_box_stands_in_for_that_of_the_charge_point() -> None:
    alone, beside = (
        up(boot(charge_box_serial_number="B")),
        up(boot(charge_box_serial_number="B", charge_point_serial_number="P")),
    )

    assert ("B", "P") == tuple(one.message.charging_station.serial_number for one in (alone, beside))
    assert ("$.chargeBoxSerialNumber", "approximated", "merged") in reasons(alone)
    assert ("$.chargeBoxSerialNumber", "dropped", "no_counterpart") in reasons(beside)


def test_a_modem_is_there_if_anything_is_known_of_it() -> None:
    assert None is up(boot()).message.charging_station.modem
    assert v201.Modem(imsi="1") == up(boot(imsi="1")).message.charging_station.modem


def test_a_reason_is_not_known() -> None:
    assert [("$.reason", "defaulted", "required")] == reasons(up(boot()))


# Data


@pytest.mark.parametrize(
    "data, text",
    [
        ({"a": [1, None]}, '{"a":[1,null]}'),
        (None, "null"),
        (1.5, "1.5"),
        ("t", "t"),
        ([Decimal("2.50")], "[2.50]"),
        ({"wh": Decimal("0.12345678901234567891")}, '{"wh":0.12345678901234567891}'),
        (2**70, "1180591620717411303424"),
        ("é", "é"),
        (["é"], '["é"]'),
    ],
)
def test_any_json_is_text_in_1_6(data: Any, text: str) -> None:
    found = down(v201.DataTransferRequest(vendor_id="v", data=data))

    assert text == found.message.data
    assert (data == text) == (() == found.losses)


def test_json_that_no_wire_carries_is_a_loss() -> None:
    found = down(v201.DataTransferRequest(vendor_id="v", data=["\udc80"]))

    assert v16.DataTransferRequest(vendor_id="v") == found.message
    assert [("$.data", "dropped", "no_counterpart")] == reasons(found)


def test_text_is_not_parsed_on_the_way_up() -> None:
    assert '{"a":1}' == up(v16.DataTransferRequest(vendor_id="v", data='{"a":1}')).message.data


# Status


@pytest.mark.parametrize(
    "status, code, kind", [("Faulted", "OtherError", "synthesised"), ("Available", "NoError", "defaulted")]
)
def test_an_error_code_is_made_of_the_status(status: str, code: str, kind: str) -> None:
    message = v201.StatusNotificationRequest(
        timestamp=NOON, connector_status=v201.ConnectorStatus(status), evse_id=2, connector_id=1
    )
    found = down(message)

    assert (2, code) == (found.message.connector_id, found.message.error_code)
    assert [("$.errorCode", kind, "required")] == reasons(found)


def test_occupied_is_a_policy() -> None:
    message = v201.StatusNotificationRequest(
        timestamp=NOON, connector_status=v201.ConnectorStatus.OCCUPIED, evse_id=2, connector_id=2
    )
    found = down(message, policy=Policy(preparing_as="Charging"))

    assert "Charging" == found.message.status
    assert {"$.connectorId", "$.connectorStatus"} <= {loss.path for loss in found.losses}


def test_what_1_6_says_of_an_error_is_named() -> None:
    message = v16.StatusNotificationRequest(
        connector_id=1,
        status=v16.ChargePointStatus.FAULTED,
        error_code=v16.ChargePointErrorCode.GROUND_FAILURE,
        info="wet",
        timestamp=NOON,
    )
    paths = {loss.path for loss in up(message).losses if loss.kind == "dropped"}

    assert {"$.errorCode", "$.info"} == paths


# Commands


@pytest.mark.parametrize(
    "message, status",
    [
        (
            v201.ChangeAvailabilityRequest(
                operational_status=v201.OperationalStatus.OPERATIVE, evse=v201.EVSE(id=1, connector_id=2)
            ),
            "Rejected",
        ),
        (v201.UnlockConnectorRequest(evse_id=1, connector_id=2), "UnknownConnector"),
        (v201.ResetRequest(type=v201.Reset.IMMEDIATE, evse_id=1), "Rejected"),
        (
            v201.TriggerMessageRequest(requested_message=v201.MessageTrigger.SIGN_V2G_CERTIFICATE),
            "NotImplemented",
        ),
        (
            v201.GetLogRequest(
                log=v201.LogParameters(remote_location="ftp://x"),
                log_type=v201.Log.SECURITY_LOG,
                request_id=1,
            ),
            "Rejected",
        ),
        (v201.ClearDisplayMessageRequest(id=1), "Unknown"),
        (v201.SetMonitoringBaseRequest(monitoring_base=v201.MonitoringBase.ALL), "NotSupported"),
        (v201.UnpublishFirmwareRequest(checksum="c"), "NoFirmware"),
        (v201.CertificateSignedRequest(certificate_chain="c"), "Rejected"),
        (v201.GetInstalledCertificateIdsRequest(), "NotFound"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_would_be_wider_or_is_not_known_is_refused(message: Any, status: str) -> None:
    found = down(message)

    assert ((), status) == (found.messages, found.answer.status)


def test_a_reservation_for_a_kind_of_connector_takes_an_evse() -> None:
    token = v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL)

    def reserve(evse: int | None) -> Any:
        return down(
            v201.ReserveNowRequest(
                id=1,
                expiry_date_time=NOON,
                id_token=token,
                evse_id=evse,
                connector_type=v201.Connector.C_TYPE2,
            )
        )

    assert "Rejected" == reserve(None).answer.status
    assert ("$.connectorType", "dropped", "effect_changed") in reasons(reserve(1))


def test_a_soft_reset_is_a_policy() -> None:
    soft = v16.ResetRequest(type=v16.ResetType.SOFT)

    assert "OnIdle" == up(soft).message.type
    assert "Immediate" == up(soft, policy=Policy(soft_reset="Immediate")).message.type
    assert [("$.type", "approximated", "collapsed")] == reasons(up(soft))


def test_an_invalid_tag_is_a_policy() -> None:
    response = v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.INVALID))

    assert "Invalid" == up(response).message.id_token_info.status
    found = up(response, policy=Policy(invalid_as="Unknown"))
    assert "Unknown" == found.message.id_token_info.status


def firmware(**more: Any) -> v201.UpdateFirmwareRequest:
    return v201.UpdateFirmwareRequest(
        request_id=1, firmware=v201.Firmware(location="l", retrieve_date_time=NOON, **more)
    )


def test_signed_firmware_never_becomes_unsigned_by_itself() -> None:
    signed = firmware(signing_certificate="c", signature="s")

    assert ("Rejected", "UnsupportedParam") == (
        down(signed).answer.status,
        down(signed).answer.status_info.reason_code,
    )
    assert isinstance(down(signed, policy=WITH_EXTENSION).message, v16.SignedUpdateFirmwareRequest)
    plain = down(signed, policy=UNSIGNED)
    assert isinstance(plain.message, v16.UpdateFirmwareRequest)
    assert {"$.firmware.signature", "$.firmware.signingCertificate"} <= {loss.path for loss in plain.losses}


def test_1_6_never_installs_early() -> None:
    later, earlier = (down(firmware(install_date_time=one)) for one in (LATER, NOON))

    assert (LATER, NOON) == (later.message.retrieve_date, earlier.message.retrieve_date)
    assert ("$.firmware.retrieveDateTime", "approximated", "merged") in reasons(later)
    assert ("$.firmware.installDateTime", "dropped", "merged") in reasons(earlier)


def test_an_answer_to_plain_firmware_says_no_more_than_it_does() -> None:
    accepted = translate(v16.UpdateFirmwareResponse(), to="2.0.1")
    refused = down(v201.UpdateFirmwareResponse(status=v201.UpdateFirmwareStatus.REJECTED), request=None)

    assert "Accepted" == accepted.message.status  # type: ignore[attr-defined]
    assert [("$.status", "dropped", "no_counterpart")] == reasons(refused)


@pytest.mark.parametrize("name, status", [("f.zip", "Accepted"), (None, "Rejected")])
def test_a_file_name_says_that_there_is_a_file(name: str | None, status: str) -> None:
    log = v201.LogParameters(remote_location="ftp://x")
    request = v201.GetLogRequest(log=log, log_type=v201.Log.DIAGNOSTICS_LOG, request_id=1)
    response = v16.GetDiagnosticsResponse(file_name=name)

    assert status == up(response, request=request).message.status
    back = v201.GetLogResponse(status=v201.LogStatus.REJECTED, filename="f.zip")
    asked = v16.GetDiagnosticsRequest(location="ftp://x")
    assert v16.GetDiagnosticsResponse() == down(back, request=asked).message


@pytest.mark.parametrize(
    "trigger, plain, extended",
    [
        ("LogStatusNotification", "DiagnosticsStatusNotification", "LogStatusNotification"),
        ("SignChargingStationCertificate", None, "SignChargePointCertificate"),
        ("TransactionEvent", "MeterValues", "MeterValues"),
        ("Heartbeat", "Heartbeat", "Heartbeat"),
    ],
)
def test_the_extended_trigger_is_for_what_only_that_knows(
    trigger: str, plain: str | None, extended: str
) -> None:
    message = v201.TriggerMessageRequest(requested_message=v201.MessageTrigger(trigger))
    made = [getattr(one, "requested_message", None) for one in down(message).messages]

    assert ([plain] if plain else []) == made
    assert extended == down(message, policy=WITH_EXTENSION).message.requested_message


def test_a_trigger_for_a_status_is_for_a_connector() -> None:
    message = v16.TriggerMessageRequest(
        requested_message=v16.MessageTrigger.STATUS_NOTIFICATION, connector_id=2
    )

    assert v201.EVSE(id=2, connector_id=1) == up(message).message.evse


def test_installed_certificates_are_asked_for_one_type_at_a_time() -> None:
    found = down(v201.GetInstalledCertificateIdsRequest(), policy=WITH_EXTENSION)

    assert ["CentralSystemRootCertificate", "ManufacturerRootCertificate"] == [
        one.certificate_type for one in found.messages
    ]


def test_chains_of_another_type_are_named() -> None:
    hashes = v201.CertificateHashData(
        hash_algorithm=v201.HashAlgorithm.SHA256, issuer_name_hash="a", issuer_key_hash="b", serial_number="c"
    )
    chains = [
        v201.CertificateHashDataChain(
            certificate_hash_data=hashes,
            certificate_type=v201.GetCertificateIdUse(kind),
            child_certificate_hash_data=[hashes],
            custom_data=v201.CustomData(vendor_id="v"),
        )
        for kind in ("CSMSRootCertificate", "ManufacturerRootCertificate")
    ]
    plain = evolve(chains[0], child_certificate_hash_data=None, custom_data=None)
    response = v201.GetInstalledCertificateIdsResponse(
        status=v201.GetInstalledCertificateStatus.ACCEPTED, certificate_hash_data_chain=[*chains, plain]
    )
    asked = v16.GetInstalledCertificateIdsRequest(
        certificate_type=v16.CertificateUse.CENTRAL_SYSTEM_ROOT_CERTIFICATE
    )
    found = down(response, request=asked)

    assert 2 == len(found.message.certificate_hash_data)
    assert [
        ("$.certificateHashDataChain[0].childCertificateHashData", "dropped", "no_counterpart"),
        ("$.certificateHashDataChain[0].customData", "dropped", "no_counterpart"),
        ("$.certificateHashDataChain[1]", "dropped", "no_counterpart"),
    ] == reasons(found)


def test_a_certificate_that_a_tolerant_station_describes_by_half_goes_alone() -> None:
    good = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c"}
    half = {name: value for name, value in good.items() if name != "serialNumber"}
    response = from_wire(
        v16.GetInstalledCertificateIdsResponse,
        {"status": "Accepted", "certificateHashData": [half, good]},
        tolerance=Tolerance.TOLERANT,
    )
    asked = v201.GetInstalledCertificateIdsRequest(
        certificate_type=[v201.GetCertificateIdUse.CSMS_ROOT_CERTIFICATE]
    )
    found = up(response, request=asked, policy=WITH_EXTENSION)

    (chain,) = found.message.certificate_hash_data_chain
    assert "c" == chain.certificate_hash_data.serial_number
    assert ("$.certificateHashData[0]", "dropped", "required") in reasons(found)


def test_monitors_that_1_6_does_not_have_are_answered_one_by_one() -> None:
    cleared = down(v201.ClearVariableMonitoringRequest(id=[4, 5])).answer
    data = v201.SetMonitoringData(
        value=Decimal(1),
        type=v201.Monitor.DELTA,
        severity=3,
        component=v201.Component(name="C"),
        variable=v201.Variable(name="V"),
    )
    made = down(v201.SetVariableMonitoringRequest(set_monitoring_data=[data])).answer

    assert [(4, "NotFound"), (5, "NotFound")] == [
        (one.id, one.status) for one in cleared.clear_monitoring_result
    ]
    assert [("UnsupportedMonitorType", "Delta", 3)] == [
        (one.status, one.type, one.severity) for one in made.set_monitoring_result
    ]


def test_no_status_is_an_error() -> None:
    request = v201.GetChargingProfilesRequest(request_id=1, charging_profile=v201.ChargingProfileCriterion())

    assert isinstance(down(request).answer, OcppError)


# Profiles


def test_an_id_goes_alone() -> None:
    found = up(v16.ClearChargingProfileRequest(id=5, connector_id=1, stack_level=2))

    assert v201.ClearChargingProfileRequest(charging_profile_id=5) == found.message
    assert {"$.connectorId", "$.stackLevel"} == {loss.path for loss in found.losses}


def test_external_constraints_are_no_profile_of_1_6() -> None:
    criteria = v201.ClearChargingProfile(
        charging_profile_purpose=v201.ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
    )

    assert (
        "Unknown" == down(v201.ClearChargingProfileRequest(charging_profile_criteria=criteria)).answer.status
    )


def schedule(*limits: int) -> v16.ChargingSchedule:
    periods = [v16.ChargingSchedulePeriod(start_period=n, limit=Decimal(one)) for n, one in enumerate(limits)]
    return v16.ChargingSchedule(
        charging_rate_unit=v16.ChargingRateUnit.A, start_schedule=NOON, charging_schedule_period=periods
    )


def test_a_profile_has_the_id_of_its_schedule_and_an_empty_one_is_refused() -> None:
    def set_profile(one: v16.ChargingSchedule) -> Any:
        profile = v16.ChargingProfile(
            charging_profile_id=7,
            stack_level=0,
            charging_profile_purpose=v16.ChargingProfilePurpose.CHARGE_POINT_MAX_PROFILE,
            charging_profile_kind=v16.ChargingProfileKind.ABSOLUTE,
            charging_schedule=one,
        )
        return up(v16.SetChargingProfileRequest(connector_id=0, cs_charging_profiles=profile))

    (made,) = set_profile(schedule(1)).message.charging_profile.charging_schedule
    assert 7 == made.id
    assert (
        v16.SetChargingProfileResponse(status=v16.ChargingProfileStatus.REJECTED)
        == set_profile(schedule()).answer
    )


def test_a_composite_schedule_starts_when_its_schedule_does() -> None:
    request = v201.GetCompositeScheduleRequest(duration=60, evse_id=1)
    response = v16.GetCompositeScheduleResponse(
        status=v16.GetCompositeScheduleStatus.ACCEPTED, charging_schedule=schedule(6)
    )
    made = up(response, request=request).message

    assert (NOON, 60, 1) == (made.schedule.schedule_start, made.schedule.duration, made.schedule.evse_id)


def test_a_composite_schedule_starts_at_a_whole_millisecond() -> None:
    request = v201.GetCompositeScheduleRequest(duration=60, evse_id=1)
    exact = NOON.replace(microsecond=123456)
    response = v16.GetCompositeScheduleResponse(
        status=v16.GetCompositeScheduleStatus.ACCEPTED,
        charging_schedule=evolve(schedule(6), start_schedule=exact),
    )
    found = up(response, request=request)

    assert NOON.replace(microsecond=123000) == found.message.schedule.schedule_start
    assert ("$.chargingSchedule.startSchedule", "approximated", "rounded") in reasons(found)


def test_a_composite_schedule_of_nothing_is_none() -> None:
    request = v201.GetCompositeScheduleRequest(duration=60, evse_id=1)
    response = v16.GetCompositeScheduleResponse(
        status=v16.GetCompositeScheduleStatus.REJECTED, connector_id=1, charging_schedule=schedule()
    )
    found = up(response, request=request)

    assert None is found.message.schedule
    assert "$.connectorId" in {loss.path for loss in found.losses}


@pytest.mark.parametrize(
    "response, request_, code",
    [
        (
            v16.SetChargingProfileResponse(status=v16.ChargingProfileStatus.NOT_SUPPORTED),
            None,
            "UnsupportedRequest",
        ),
        (v16.SendLocalListResponse(status=v16.UpdateStatus.NOT_SUPPORTED), None, "NotEnabled"),
    ],
    ids=["profile", "list"],
)
def test_what_is_not_supported_says_so_beside_the_status(response: Any, request_: Any, code: str) -> None:
    assert code == up(response, request=request_).message.status_info.reason_code


def test_a_list_that_is_not_supported_has_version_0() -> None:
    found = up(v16.GetLocalListVersionResponse(list_version=-1))

    assert 0 == found.message.version_number
    assert [("$.listVersion", "approximated", "no_counterpart")] == reasons(found)


def test_security_events_have_the_names_of_their_version() -> None:
    message = v16.SecurityEventNotificationRequest(type="InvalidChargePointCertificate", timestamp=NOON)
    there = up(message)

    assert "InvalidChargingStationCertificate" == there.message.type
    assert message == down(there.message, policy=WITH_EXTENSION).message
    assert v201.SecurityEventNotificationResponse() == down(there.message).answer


def test_a_token_of_nobody_has_an_id_tag_of_its_own_wherever_it_stands() -> None:
    """It has no text to be carried, and that is said: in a list as in an Authorize."""
    nobody = v201.IdToken(id_token="", type=v201.IdTokenEnum.NO_AUTHORIZATION)
    entry = v201.AuthorizationData(id_token=nobody)
    listed = v201.SendLocalListRequest(
        version_number=1, update_type=v201.Update.DIFFERENTIAL, local_authorization_list=[entry]
    )

    for message, path, target in (
        (v201.AuthorizeRequest(id_token=nobody), "$.idToken.idToken", "$.idTag"),
        (listed, "$.localAuthorizationList[0].idToken.idToken", "$.localAuthorizationList[0].idTag"),
    ):
        assert [(path, "approximated", "", target, "NoAuthorization")] == [
            (one.path, one.kind, one.value, one.target, one.became) for one in carried(message, "1.6").losses
        ]


def test_a_vehicle_has_no_certificate_in_1_6() -> None:
    use = v201.CertificateSigningUse.V2G_CERTIFICATE
    found = down(v201.SignCertificateRequest(csr="csr", certificate_type=use), policy=WITH_EXTENSION)

    assert "Rejected" == found.answer.status
    assert () == found.messages
