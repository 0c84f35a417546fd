"""Mistakes of other translators that ours does not make: facts, section 5. Those about memory are in `sessions`."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ocpp_core import v12, v15, v16, v201
from ocpp_core.model.messages import Payload
from ocpp_core.translation import LossKind, Policy, translate
from translations import carried

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
WITH_EXTENSION = Policy(has_security_extension=True)


def lost(found: Any) -> dict[str, Any]:
    """What was lost of the source, by path."""
    kinds = (LossKind.DROPPED, LossKind.APPROXIMATED)
    return {loss.path: loss.became for loss in found.losses if loss.kind in kinds}


def up(message: Payload, **more: Any) -> Any:
    return carried(message, "2.0.1", **more).message


def down(message: Payload, **more: Any) -> Any:
    return carried(message, "1.6", **more).message


def values(*samples: v16.SampledValue) -> v16.MeterValuesRequest:
    meter = v16.MeterValue(timestamp=NOON, sampled_value=list(samples))
    return v16.MeterValuesRequest(connector_id=1, meter_value=[meter])


def values_201(*samples: v201.SampledValue) -> v201.MeterValuesRequest:
    meter = v201.MeterValue(timestamp=NOON, sampled_value=list(samples))
    return v201.MeterValuesRequest(evse_id=1, meter_value=[meter])


def test_sampled_values_are_numbers_and_the_unit_and_the_phase_arrive() -> None:
    sample = v16.SampledValue(
        value="230.10", measurand=v16.Measurand.VOLTAGE, phase=v16.Phase.L1_N, unit=v16.UnitOfMeasure.V
    )
    (made,) = up(values(sample)).meter_value[0].sampled_value

    assert (Decimal("230.10"), "L1-N", "V") == (made.value, made.phase, made.unit_of_measure.unit)


def test_UploadFailed_is_UploadFailure_in_a_log_status() -> None:
    status = v16.DiagnosticsStatus.UPLOAD_FAILED

    assert "UploadFailure" == up(v16.DiagnosticsStatusNotificationRequest(status=status)).status


def test_ids_of_requests_are_no_constants() -> None:
    ids = iter((7, 8))
    message = v16.GetDiagnosticsRequest(location="ftp://files.example/")
    made = [translate(message, to="2.0.1", new_id=ids.__next__).message for _ in range(2)]

    assert [7, 8] == [one.request_id for one in made]  # type: ignore[attr-defined]


def test_connector_0_is_the_station_and_connector_n_is_evse_n() -> None:
    inoperative = v16.AvailabilityType.INOPERATIVE
    station = up(v16.ChangeAvailabilityRequest(connector_id=0, type=inoperative))
    connector = up(v16.ChangeAvailabilityRequest(connector_id=3, type=inoperative))
    status = v16.StatusNotificationRequest(
        connector_id=0,
        error_code=v16.ChargePointErrorCode.NO_ERROR,
        status=v16.ChargePointStatus.AVAILABLE,
    )
    of_station = carried(status, "2.0.1")

    assert (None, v201.EVSE(id=3)) == (station.evse, connector.evse)
    assert ((), v16.StatusNotificationResponse()) == (of_station.messages, of_station.answer)


def test_no_connector_is_made_up_for_the_station() -> None:
    token = v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL)
    message = v201.ReserveNowRequest(id=1, expiry_date_time=NOON, id_token=token)

    assert 0 == down(message).connector_id


@pytest.mark.parametrize(
    "tag, kind",
    [
        ("04A2B3C4", "ISO14443"),
        ("04A2B3C4D5E6F7", "ISO14443"),
        ("E0040150ABCD1234", "ISO15693"),
        ("04A2B3C", "Central"),
        ("04A2B3CG", "Central"),
        ("", "Central"),
        ("NoAuthorization", "NoAuthorization"),
    ],
)
def test_the_type_of_a_tag_is_guessed_by_its_bytes(tag: str, kind: str) -> None:
    found = carried(v16.AuthorizeRequest(id_tag=tag), "2.0.1")
    token: Any = found.message

    assert kind == token.id_token.type
    assert "$.idToken.type" in [loss.path for loss in found.losses]


def test_the_type_of_a_tag_is_a_policy() -> None:
    policy = Policy(token_types={"abc": "Local"})

    assert "Local" == up(v16.AuthorizeRequest(id_tag="ABC"), policy=policy).id_token.type


@pytest.mark.parametrize("status", list(v201.AuthorizationStatus))
def test_every_authorisation_has_an_answer_and_no_refusal_becomes_an_acceptance(status: Any) -> None:
    info = v201.IdTokenInfo(
        status=status,
        cache_expiry_date_time=NOON,
        group_id_token=v201.IdToken(id_token="G", type=v201.IdTokenEnum.CENTRAL),
    )
    made = down(v201.AuthorizeResponse(id_token_info=info)).id_tag_info

    assert (status == "Accepted") == (made.status == "Accepted")
    assert (NOON, "G") == (made.expiry_date, made.parent_id_tag)


def test_what_is_dropped_of_an_authorisation_is_named() -> None:
    info = v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED, evse_id=[1], charging_priority=3)
    found = carried(v201.AuthorizeResponse(id_token_info=info), "1.6")

    assert {"$.idTokenInfo.evseId", "$.idTokenInfo.chargingPriority"} == set(lost(found))


def test_a_time_is_not_moved() -> None:
    message = v16.ReserveNowRequest(connector_id=1, expiry_date=NOON, id_tag="A", reservation_id=1)

    assert NOON == up(message).expiry_date_time


@pytest.mark.parametrize(
    "value, unit, multiplier, expected",
    [
        ("1.5", "kWh", None, ("1.5", "kWh")),
        ("1.5", "Wh", 3, ("1500", "Wh")),
        ("1234567.891", "mA", None, ("1234.567891", "A")),
        ("0.0021", "MW", None, ("2100", "W")),
        ("50.02", "Hz", None, ("50.02", None)),
        ("7", None, -2, ("0.07", None)),
    ],
)
def test_units_and_multipliers_are_counted_and_fractions_kept(
    value: str, unit: str | None, multiplier: int | None, expected: tuple[str, str | None]
) -> None:
    sample = v201.SampledValue(
        value=Decimal(value), unit_of_measure=v201.UnitOfMeasure(unit=unit, multiplier=multiplier)
    )
    (made,) = down(values_201(sample)).meter_value[0].sampled_value

    assert expected == (made.value, made.unit)


def test_an_unknown_unit_never_arrives_as_watt_hours() -> None:
    odd = v201.SampledValue(value=Decimal(1), unit_of_measure=v201.UnitOfMeasure(unit="furlong"))
    good = v201.SampledValue(value=Decimal(2))
    found = carried(values_201(odd, good), "1.6")
    message: Any = found.message

    assert ["2"] == [one.value for one in message.meter_value[0].sampled_value]
    assert {"$.meterValue[0].sampledValue[0]"} == set(lost(found))


def test_an_absent_unit_of_a_voltage_does_not_mean_watt_hours() -> None:
    sample = v16.SampledValue(value="230", measurand=v16.Measurand.VOLTAGE)
    (made,) = up(values(sample)).meter_value[0].sampled_value

    assert "V" == made.unit_of_measure.unit


def test_signed_data_is_never_dropped_while_the_format_says_it_is_there() -> None:
    signed = v201.SignedMeterValue(
        signed_meter_data="AAEC", signing_method="ECDSA", encoding_method="OCMF", public_key="K"
    )
    sample = v201.SampledValue(value=Decimal(5), signed_meter_value=signed)
    request = down(values_201(sample))
    raw, text = request.meter_value[0].sampled_value

    assert ("5", None) == (raw.value, raw.format)
    assert "SignedData" == text.format
    assert values_201(sample) == up(request)


def test_signed_data_of_another_form_is_base64_and_its_number_is_not_known() -> None:
    sample = v16.SampledValue(value="00FF", format=v16.ValueFormat.SIGNED_DATA)
    found = carried(values(sample), "2.0.1")
    message: Any = found.message
    (made,) = message.meter_value[0].sampled_value

    assert ("AP8=", Decimal(0)) == (made.signed_meter_value.signed_meter_data, made.value)
    assert "$.meterValue[0].sampledValue[0].value" in lost(found)


def test_signed_data_that_is_too_long_is_named() -> None:
    long = v16.SampledValue(value="F" * 6000, format=v16.ValueFormat.SIGNED_DATA)
    found = carried(values(v16.SampledValue(value="1"), long), "2.0.1")

    assert {"$.meterValue[0].sampledValue[1]"} == set(lost(found))


@pytest.mark.parametrize("value", ["1,5", "", "abc", "0x10", "1e999999999", "NaN", "٣"])
def test_text_that_is_no_number_is_a_sample_less_and_not_a_message_less(value: str) -> None:
    found = carried(values(v16.SampledValue(value=value), v16.SampledValue(value=" 1.5e3 ")), "2.0.1")
    message: Any = found.message

    assert [Decimal(1500)] == [one.value for one in message.meter_value[0].sampled_value]
    assert {"$.meterValue[0].sampledValue[0]"} == set(lost(found))


def test_one_measurand_without_counterpart_does_not_take_the_others_along() -> None:
    warm = v16.SampledValue(value="40", measurand=v16.Measurand.TEMPERATURE)
    found = carried(values(warm, v16.SampledValue(value="1")), "2.0.1")
    message: Any = found.message

    assert [None] == [one.measurand for one in message.meter_value[0].sampled_value]
    assert {"$.meterValue[0].sampledValue[0]"} == set(lost(found))
    assert v16.MeterValuesResponse() == carried(values(warm), "2.0.1").answer


@pytest.mark.parametrize("status", list(v201.FirmwareStatus))
def test_every_firmware_status_has_an_answer(status: Any) -> None:
    found = carried(v201.FirmwareStatusNotificationRequest(status=status, request_id=1), "1.6")

    assert bool(found.messages) == (status != "DownloadScheduled")
    assert bool(found.messages) != bool(found.answer)


@pytest.mark.parametrize(
    "status, expected",
    [("Unlocked", "Unlocked"), ("UnlockFailed", "UnlockFailed"), ("NotSupported", "UnknownConnector")],
)
def test_each_answer_to_an_unlock_is_its_own(status: str, expected: str) -> None:
    request = v201.UnlockConnectorRequest(evse_id=1, connector_id=1)
    response = v16.UnlockConnectorResponse(status=v16.UnlockStatus(status))

    assert expected == up(response, request=request).status


@pytest.mark.parametrize("status", list(v15.ChargePointStatus))
def test_every_status_of_1_5_has_a_place_in_1_6_and_keeps_what_it_says(status: Any) -> None:
    message = v15.StatusNotificationRequest(
        connector_id=1,
        status=status,
        error_code=v15.ChargePointErrorCode.MODE3_ERROR,
        info="warm",
        vendor_id="V",
        vendor_error_code="E",
    )
    made: Any = translate(message, to="1.6").message

    assert ("EVCommunicationError", "warm", "V", "E") == (
        made.error_code,
        made.info,
        made.vendor_id,
        made.vendor_error_code,
    )
    assert status == translate(made, to="1.5").message.status  # type: ignore[attr-defined]


def test_only_tokens_of_1_5_go_to_a_peer_of_1_5() -> None:
    pending = v16.BootNotificationResponse(
        status=v16.RegistrationStatus.PENDING, current_time=NOON, interval=5
    )
    reboot = v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus.REBOOT_REQUIRED)
    volts = values(v16.SampledValue(value="1", measurand=v16.Measurand.VOLTAGE, unit=v16.UnitOfMeasure.V))
    meter: Any = translate(volts, to="1.5").message

    assert "Rejected" == translate(pending, to="1.5").message.status  # type: ignore[attr-defined]
    assert "Accepted" == translate(reboot, to="1.5").message.status  # type: ignore[attr-defined]
    assert "Volt" == meter.values[0].value[0].unit


def test_an_entry_without_information_means_remove_and_stays_so() -> None:
    entry = v201.AuthorizationData(id_token=v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL))
    message = v201.SendLocalListRequest(
        version_number=2, update_type=v201.Update.DIFFERENTIAL, local_authorization_list=[entry]
    )

    assert [v16.AuthorizationData(id_tag="A")] == down(message).local_authorization_list
    made: Any = carried(message, "1.5").message
    assert [v15.AuthorisationData(id_tag="A")] == made.local_authorisation_list


def test_a_token_that_no_card_can_say_is_left_out_of_the_list_and_aliased_elsewhere() -> None:
    long = v201.IdToken(id_token="X" * 36, type=v201.IdTokenEnum.CENTRAL)
    short = v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL)
    message = v201.SendLocalListRequest(
        version_number=2,
        update_type=v201.Update.FULL,
        local_authorization_list=[v201.AuthorizationData(id_token=each) for each in (long, short)],
    )
    found = carried(message, "1.6")
    made: Any = found.message
    alone = down(v201.AuthorizeRequest(id_token=long)).id_tag

    assert ["A"] == [one.id_tag for one in made.local_authorization_list]
    assert "$.localAuthorizationList[0]" in lost(found)
    assert (20, "~") == (len(alone), alone[0])


def test_a_full_list_of_which_nothing_is_left_is_refused_and_not_an_empty_one() -> None:
    long = v201.IdToken(id_token="X" * 36, type=v201.IdTokenEnum.CENTRAL)
    message = v201.SendLocalListRequest(
        version_number=2,
        update_type=v201.Update.FULL,
        local_authorization_list=[v201.AuthorizationData(id_token=long)],
    )
    answer: Any = carried(message, "1.6").answer

    assert "Failed" == answer.status


def test_a_hash_error_is_a_failure() -> None:
    response = v15.SendLocalListResponse(status=v15.UpdateStatus.HASH_ERROR, hash="h")
    found = translate(response, to="1.6")

    assert v16.SendLocalListResponse(status=v16.UpdateStatus.FAILED) == found.message
    assert {"$.status": "Failed", "$.hash": None} == lost(found)


@pytest.mark.parametrize(
    "code, expected",
    [("WeakSignal", "NoError"), ("GroundFailure", "Mode3Error"), ("OtherError", "Mode3Error")],
)
def test_a_weak_signal_is_no_fault_of_the_vehicle(code: str, expected: str) -> None:
    message = v15.StatusNotificationRequest(
        connector_id=1,
        status=v15.ChargePointStatus.RESERVED,
        error_code=v15.ChargePointErrorCode(code),
    )

    assert (
        v12.StatusNotificationRequest(
            connector_id=1,
            status=v12.ChargePointStatus.OCCUPIED,
            error_code=v12.ChargePointErrorCode(expected),
        )
        == translate(message, to="1.2").message
    )


@pytest.mark.parametrize("limit, expected", [("16.09", "16"), ("16.1", "16.1"), ("-0.01", "-0.1")])
def test_a_limit_is_never_raised(limit: str, expected: str) -> None:
    period = v201.ChargingSchedulePeriod(start_period=0, limit=Decimal(limit))
    schedule = v201.ChargingSchedule(
        id=1,
        charging_rate_unit=v201.ChargingRateUnit.A,
        charging_schedule_period=[period],
        min_charging_rate=Decimal("5.01"),
    )
    profile = v201.ChargingProfile(
        id=1,
        stack_level=0,
        charging_profile_purpose=v201.ChargingProfilePurpose.TX_DEFAULT_PROFILE,
        charging_profile_kind=v201.ChargingProfileKind.ABSOLUTE,
        charging_schedule=[schedule],
    )
    made = down(v201.SetChargingProfileRequest(evse_id=1, charging_profile=profile)).cs_charging_profiles

    assert Decimal(expected) == made.charging_schedule.charging_schedule_period[0].limit
    assert Decimal("5.1") == made.charging_schedule.min_charging_rate


def test_the_old_name_of_an_action_has_a_rule_in_each_direction() -> None:
    """A rule under one name that never matches under the other, and passes the message as it is."""
    message = v16.DiagnosticsStatusNotificationRequest(status=v16.DiagnosticsStatus.UPLOADED)

    assert isinstance(up(message), v201.LogStatusNotificationRequest)
    assert message == down(up(message))
    extended = down(up(message), policy=WITH_EXTENSION)
    assert isinstance(extended, v16.LogStatusNotificationRequest)
