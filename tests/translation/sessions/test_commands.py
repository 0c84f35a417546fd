"""Commands, jobs, reservations and profiles: what a session knows decides what they become."""

from decimal import Decimal
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting, at
from ocpp_core import v16, v201
from ocpp_core.translation import Policy, Side

TAG = "04AABBCC"
EXTENDED = Policy(has_security_extension=True)


OLD_STATION = {
    "CancelReservation": v16.CancelReservationResponse(status=v16.CancelReservationStatus.ACCEPTED),
    "ClearChargingProfile": v16.ClearChargingProfileResponse(status=v16.ClearChargingProfileStatus.ACCEPTED),
    "GetDiagnostics": v16.GetDiagnosticsResponse(file_name="log"),
    "RemoteStartTransaction": v16.RemoteStartTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED),
    "RemoteStopTransaction": v16.RemoteStopTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED),
    "ReserveNow": v16.ReserveNowResponse(status=v16.ReservationStatus.ACCEPTED),
    "Reset": v16.ResetResponse(status=v16.ResetStatus.ACCEPTED),
    "SetChargingProfile": v16.SetChargingProfileResponse(status=v16.ChargingProfileStatus.ACCEPTED),
    "TriggerMessage": v16.TriggerMessageResponse(status=v16.TriggerMessageStatus.ACCEPTED),
    "UnlockConnector": v16.UnlockConnectorResponse(status=v16.UnlockStatus.NOT_SUPPORTED),
    "UpdateFirmware": v16.UpdateFirmwareResponse(),
}
NEW_CSMS = {
    "BootNotification": v201.BootNotificationResponse(
        current_time=NOON, interval=300, status=v201.RegistrationStatus.ACCEPTED
    ),
    "FirmwareStatusNotification": v201.FirmwareStatusNotificationResponse(),
    "LogStatusNotification": v201.LogStatusNotificationResponse(),
    "NotifyEvent": v201.NotifyEventResponse(),
    "ReportChargingProfiles": v201.ReportChargingProfilesResponse(),
    "ReservationStatusUpdate": v201.ReservationStatusUpdateResponse(),
    "StatusNotification": v201.StatusNotificationResponse(),
    "TransactionEvent": v201.TransactionEventResponse(),
}
NEW_STATION = {
    "GetLog": v201.GetLogResponse(status=v201.LogStatus.ACCEPTED, filename="log"),
    "RequestStartTransaction": v201.RequestStartTransactionResponse(
        status=v201.RequestStartStopStatus.REJECTED
    ),
    "Reset": v201.ResetResponse(status=v201.ResetStatus.ACCEPTED),
    "SetChargingProfile": v201.SetChargingProfileResponse(status=v201.ChargingProfileStatus.ACCEPTED),
    "TriggerMessage": v201.TriggerMessageResponse(status=v201.TriggerMessageStatus.ACCEPTED),
    "UnlockConnector": v201.UnlockConnectorResponse(status=v201.UnlockStatus.UNLOCKED),
    "UpdateFirmware": v201.UpdateFirmwareResponse(status=v201.UpdateFirmwareStatus.REJECTED),
}
OLD_CSMS = {
    "DiagnosticsStatusNotification": v16.DiagnosticsStatusNotificationResponse(),
    "FirmwareStatusNotification": v16.FirmwareStatusNotificationResponse(),
    "LogStatusNotification": v16.LogStatusNotificationResponse(),
    "StartTransaction": v16.StartTransactionResponse(
        transaction_id=5, id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
    ),
    "StatusNotification": v16.StatusNotificationResponse(),
    "StopTransaction": v16.StopTransactionResponse(),
}


def old_station(**more: Any) -> Bridge:
    """A station of 1.6 behind a CSMS of 2.0.1."""
    serves = {Side.STATION: accepting(**{**OLD_STATION, **more}), Side.CSMS: accepting(**NEW_CSMS)}
    return Bridge("1.6", "2.0.1", serves=serves)


def new_station(policy: Policy | None = None, **more: Any) -> Bridge:
    """A station of 2.0.1 behind a CSMS of 1.6."""
    serves = {Side.STATION: accepting(**{**NEW_STATION, **more}), Side.CSMS: accepting(**OLD_CSMS)}
    return Bridge("2.0.1", "1.6", serves=serves, policy=policy)


def start(minute: float = 0, connector: int = 1) -> v16.StartTransactionRequest:
    return v16.StartTransactionRequest(
        connector_id=connector, id_tag=TAG, timestamp=at(minute), meter_start=0
    )


def stop(number: int, reason: str | None = None) -> v16.StopTransactionRequest:
    return v16.StopTransactionRequest(
        transaction_id=number,
        timestamp=at(9),
        meter_stop=1,
        reason=None if reason is None else v16.Reason(reason),
    )


def status(token: str, connector: int = 1) -> v16.StatusNotificationRequest:
    return v16.StatusNotificationRequest(
        connector_id=connector,
        status=v16.ChargePointStatus(token),
        error_code=v16.ChargePointErrorCode.NO_ERROR,
        timestamp=NOON,
    )


def boot() -> v16.BootNotificationRequest:
    return v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")


def charging() -> v201.TransactionEventRequest:
    return v201.TransactionEventRequest(
        event_type=v201.TransactionEvent.STARTED,
        timestamp=NOON,
        trigger_reason=v201.TriggerReason.AUTHORIZED,
        seq_no=0,
        transaction_info=v201.Transaction(transaction_id="T-1", charging_state=v201.ChargingState.CHARGING),
        evse=v201.EVSE(id=1, connector_id=1),
        id_token=v201.IdToken(id_token=TAG, type=v201.IdTokenEnum.ISO14443),
    )


def occupied(evse: int = 1, connector: int = 1, token: str = "Occupied") -> v201.StatusNotificationRequest:
    return v201.StatusNotificationRequest(
        evse_id=evse,
        connector_id=connector,
        connector_status=v201.ConnectorStatus(token),
        timestamp=NOON,
    )


# Remote starts and stops


def request_start(number: int = 7, **more: Any) -> v201.RequestStartTransactionRequest:
    token = v201.IdToken(id_token=TAG, type=v201.IdTokenEnum.ISO14443)
    return v201.RequestStartTransactionRequest(id_token=token, remote_start_id=number, **more)


def test_a_remote_start_is_known_again_in_its_transaction() -> None:
    both = old_station()
    both.csms(request_start(evse_id=1))

    both.restart()
    both.station(start(connector=2))
    both.station(start())

    other, started = both.to_csms()
    assert ("Authorized", None) == (other.trigger_reason, other.transaction_info.remote_start_id)
    assert ("RemoteStart", 7) == (started.trigger_reason, started.transaction_info.remote_start_id)


def test_a_remote_start_that_is_refused_is_forgotten() -> None:
    rejected = v16.RemoteStartTransactionResponse(status=v16.RemoteStartStopStatus.REJECTED)
    both = old_station(RemoteStartTransaction=rejected)
    both.csms(request_start())

    both.station(start())

    assert None is both.session.wake_at
    assert "Authorized" == both.to_csms()[0].trigger_reason


@pytest.mark.parametrize("is_woken", [True, False], ids=["woken", "not woken"])
def test_a_remote_start_that_comes_to_nothing_is_forgotten_in_time(is_woken: bool) -> None:
    both = old_station()
    both.csms(request_start())
    expires = both.session.wake_at

    both.tick(5)
    if is_woken:
        both.carry_out(both.session.woken(both.now))
    both.station(start(6))

    assert both.now == expires
    assert None is both.session.wake_at
    assert "Authorized" == both.to_csms()[0].trigger_reason


def test_a_remote_stop_goes_by_the_number_of_1_6() -> None:
    both = old_station()
    number = both.station(start()).transaction_id
    (started,) = both.to_csms()
    id = started.transaction_info.transaction_id

    known = both.csms(v201.RequestStopTransactionRequest(transaction_id=id))
    unknown = both.csms(v201.RequestStopTransactionRequest(transaction_id="another"))
    both.station(stop(number))

    assert ["Accepted", "Rejected"] == [known.status, unknown.status]
    assert "UnknownTxId" == unknown.status_info.reason_code
    assert [v16.RemoteStopTransactionRequest(transaction_id=number)] == both.to_station()
    assert "RemoteStop" == both.to_csms()[0].trigger_reason


def test_a_transaction_is_asked_for() -> None:
    both = old_station()
    number = both.station(start()).transaction_id
    id = both.to_csms()[0].transaction_info.transaction_id

    during = both.csms(v201.GetTransactionStatusRequest(transaction_id=id))
    both.station(stop(number))
    after = both.csms(v201.GetTransactionStatusRequest(transaction_id=id))
    nothing = both.csms(v201.GetTransactionStatusRequest())

    assert [(True, False), (False, False), (None, False)] == [
        (one.ongoing_indicator, one.messages_in_queue) for one in (during, after, nothing)
    ]


def test_a_refused_remote_start_of_1_6_is_forgotten() -> None:
    both = new_station()

    answer = both.csms(v16.RemoteStartTransactionRequest(id_tag=TAG))

    assert ("Rejected", None) == (answer.status, both.session.wake_at)


# Resets and triggers


def test_a_reset_when_idle_waits_for_the_last_transaction() -> None:
    both = old_station()
    numbers = [both.station(start(connector=one)).transaction_id for one in (1, 2)]

    answer = both.csms(v201.ResetRequest(type=v201.Reset.ON_IDLE))
    both.station(stop(numbers[0]))
    before = both.to_station()
    both.restart()
    both.station(stop(numbers[1]))

    assert ("Scheduled", []) == (answer.status, before)
    assert [v16.ResetRequest(type=v16.ResetType.SOFT)] == both.to_station()


def test_a_reset_at_once_counts_instead_of_one_that_waits() -> None:
    both = old_station()
    number = both.station(start()).transaction_id
    both.csms(v201.ResetRequest(type=v201.Reset.ON_IDLE))

    both.csms(v201.ResetRequest(type=v201.Reset.IMMEDIATE))
    both.station(stop(number, "HardReset"))

    assert [v16.ResetRequest(type=v16.ResetType.HARD)] == both.to_station()


@pytest.mark.parametrize(
    "command, reason",
    [
        (v201.ResetRequest(type=v201.Reset.IMMEDIATE), "RemoteReset"),
        (v201.TriggerMessageRequest(requested_message=v201.MessageTrigger.BOOT_NOTIFICATION), "Triggered"),
        (None, "Unknown"),
    ],
    ids=["reset", "trigger", "nothing"],
)
def test_a_boot_has_its_reason_if_it_was_asked_for(command: Any, reason: str) -> None:
    both = old_station()
    if command is not None:
        both.csms(command)
    both.lost()

    both.station(boot())
    both.station(boot())

    assert [reason, "Unknown"] == [one.reason for one in both.to_csms()]
    kinds = [kind for path, kind, _ in both.lost() if path == "$.reason"]
    assert ["defaulted" if command is None else "synthesised", "defaulted"] == kinds


def test_a_boot_after_an_update() -> None:
    both = old_station()
    both.station(v16.FirmwareStatusNotificationRequest(status=v16.FirmwareStatus.INSTALLING))

    both.station(boot())

    assert "FirmwareUpdate" == both.to_csms()[-1].reason


def test_a_triggered_status_is_sent_though_it_says_nothing_new() -> None:
    both = old_station()
    both.station(status("Available"))
    both.csms(
        v201.TriggerMessageRequest(
            requested_message=v201.MessageTrigger.STATUS_NOTIFICATION, evse=v201.EVSE(id=1, connector_id=1)
        )
    )

    both.station(status("Available"))
    both.station(status("Available"))

    assert 2 == len(both.to_csms())


def test_an_event_is_triggered_of_a_transaction_alone() -> None:
    both = old_station()
    trigger = v201.TriggerMessageRequest(
        requested_message=v201.MessageTrigger.TRANSACTION_EVENT, evse=v201.EVSE(id=1)
    )

    refused = both.csms(trigger)
    both.station(start())
    accepted = both.csms(trigger)

    assert ["Rejected", "Accepted"] == [refused.status, accepted.status]
    assert ["MeterValues"] == [one.requested_message for one in both.to_station()]


def test_values_of_a_transaction_are_triggered_as_an_event() -> None:
    both = new_station()
    trigger = v16.TriggerMessageRequest(requested_message=v16.MessageTrigger.METER_VALUES, connector_id=1)
    both.csms(trigger)
    both.station(charging())

    both.csms(trigger)

    assert ["MeterValues", "TransactionEvent"] == [one.requested_message for one in both.to_station()]


def test_the_status_of_all_is_triggered_one_by_one() -> None:
    answers = [v201.TriggerMessageStatus.REJECTED, v201.TriggerMessageStatus.ACCEPTED]
    both = new_station(TriggerMessage=lambda one: v201.TriggerMessageResponse(status=answers.pop()))
    for evse in (1, 2):
        both.station(occupied(evse))

    answer = both.csms(v16.TriggerMessageRequest(requested_message=v16.MessageTrigger.STATUS_NOTIFICATION))

    assert "Accepted" == answer.status
    assert [1, 2] == [one.evse.id for one in both.to_station()]


# Locks


def test_of_several_connectors_the_one_in_use_is_unlocked() -> None:
    both = new_station()
    both.station(occupied(1, 2))

    both.csms(v16.UnlockConnectorRequest(connector_id=1))

    assert [(1, 2)] == [(one.evse_id, one.connector_id) for one in both.to_station()]


def test_a_connector_without_a_lock_is_not_an_unknown_one() -> None:
    both = old_station()
    both.station(status("Available"))

    known, unknown = (both.csms(v201.UnlockConnectorRequest(evse_id=one, connector_id=1)) for one in (1, 2))

    assert ["UnlockFailed", "UnknownConnector"] == [known.status, unknown.status]


# Reservations


def reserve() -> v201.ReserveNowRequest:
    token = v201.IdToken(id_token=TAG, type=v201.IdTokenEnum.ISO14443)
    return v201.ReserveNowRequest(id=3, expiry_date_time=at(30), id_token=token, evse_id=1)


@pytest.mark.parametrize("minutes, expected", [(10, "Removed"), (31, "Expired")])
def test_a_reservation_that_is_over_by_itself_is_reported(minutes: float, expected: str) -> None:
    both = old_station()
    both.csms(reserve())
    both.station(status("Reserved"))
    both.to_csms()

    both.tick(minutes)
    both.station(status("Available"))

    *_, update = both.to_csms()
    assert (3, expected) == (update.reservation_id, update.reservation_update_status)


@pytest.mark.parametrize("way", ["cancelled", "used"])
def test_a_reservation_that_has_an_end_is_not_over_by_itself(way: str) -> None:
    both = old_station()
    both.csms(reserve())
    both.station(status("Reserved"))
    if way == "cancelled":
        both.csms(v201.CancelReservationRequest(reservation_id=3))
    else:
        both.station(
            v16.StartTransactionRequest(
                connector_id=1, id_tag=TAG, timestamp=NOON, meter_start=0, reservation_id=3
            )
        )
    both.to_csms()

    both.station(status("Available"))

    assert [] == [one for one in both.to_csms() if isinstance(one, v201.ReservationStatusUpdateRequest)]


# Logs and firmware


def get_log(number: int) -> v201.GetLogRequest:
    return v201.GetLogRequest(
        log=v201.LogParameters(remote_location="ftp://there"),
        log_type=v201.Log.DIAGNOSTICS_LOG,
        request_id=number,
    )


def test_a_report_of_1_6_is_that_of_the_job_that_was_asked_for() -> None:
    both = old_station()
    uploading = v16.DiagnosticsStatusNotificationRequest(status=v16.DiagnosticsStatus.UPLOADING)

    both.station(uploading)
    both.csms(get_log(41))
    both.restart()
    both.station(uploading)

    assert [None, 41] == [one.request_id for one in both.to_csms()]


def test_an_update_of_1_6_is_known_by_its_number() -> None:
    both = old_station()
    firmware = v201.Firmware(location="ftp://there", retrieve_date_time=NOON)
    both.csms(v201.UpdateFirmwareRequest(request_id=9, firmware=firmware))

    both.station(v16.FirmwareStatusNotificationRequest(status=v16.FirmwareStatus.DOWNLOADING))

    assert 9 == both.to_csms()[0].request_id


def test_jobs_of_a_csms_of_1_6_have_numbers_of_their_own() -> None:
    both = new_station()

    for _ in range(2):
        both.csms(v16.GetDiagnosticsRequest(location="ftp://there"))
        both.restart()

    assert [1, 2] == [one.request_id for one in both.to_station()]


def test_a_report_comes_in_the_words_of_the_question() -> None:
    """A peer with the extension may still have asked for diagnostics as plain 1.6 does."""
    both = new_station(EXTENDED)
    uploaded = v201.LogStatusNotificationRequest(status=v201.UploadLogStatus.UPLOADED, request_id=1)

    both.csms(v16.GetDiagnosticsRequest(location="ftp://there"))
    both.station(uploaded)
    both.csms(
        v16.GetLogRequest(
            log=v16.LogParameters(remote_location="ftp://there"),
            log_type=v16.Log.DIAGNOSTICS_LOG,
            request_id=2,
        )
    )
    both.station(uploaded)

    assert ["DiagnosticsStatusNotification", "LogStatusNotification"] == [
        one.__ocpp__.action for one in both.to_csms()
    ]


def test_a_status_of_firmware_is_not_said_twice() -> None:
    both = new_station(UpdateFirmware=v201.UpdateFirmwareResponse(status=v201.UpdateFirmwareStatus.ACCEPTED))
    both.csms(v16.UpdateFirmwareRequest(location="ftp://there", retrieve_date=NOON))
    tokens = ["Downloading", "DownloadPaused", "Downloading", "Downloaded", "SignatureVerified"]

    for token in tokens:
        both.station(v201.FirmwareStatusNotificationRequest(status=v201.FirmwareStatus(token), request_id=1))

    assert ["Downloading", "Downloaded"] == [one.status for one in both.to_csms()]
    assert ("$", "dropped", "suppressed") in both.lost()


def test_an_update_that_is_refused_is_seen() -> None:
    both = new_station()

    answer = both.csms(v16.UpdateFirmwareRequest(location="ftp://there", retrieve_date=NOON))

    assert v16.UpdateFirmwareResponse() == answer
    assert ["DownloadFailed"] == [one.status for one in both.to_csms()]


# Charging profiles


def profile(number: int, purpose: str, **more: Any) -> v201.ChargingProfile:
    return v201.ChargingProfile(
        id=number,
        stack_level=0,
        charging_profile_purpose=v201.ChargingProfilePurpose(purpose),
        charging_profile_kind=v201.ChargingProfileKind.ABSOLUTE,
        charging_schedule=[
            v201.ChargingSchedule(
                id=1,
                charging_rate_unit=v201.ChargingRateUnit.A,
                charging_schedule_period=[
                    v201.ChargingSchedulePeriod(start_period=0, limit=Decimal("16.123456789012345678"))
                ],
            )
        ],
        **more,
    )


def old_profile(number: int | None) -> v16.SetChargingProfileRequest:
    return v16.SetChargingProfileRequest(
        connector_id=1,
        cs_charging_profiles=v16.ChargingProfile(
            charging_profile_id=1,
            transaction_id=number,
            stack_level=0,
            charging_profile_purpose=v16.ChargingProfilePurpose.TX_PROFILE,
            charging_profile_kind=v16.ChargingProfileKind.RELATIVE,
            charging_schedule=v16.ChargingSchedule(
                charging_rate_unit=v16.ChargingRateUnit.A,
                charging_schedule_period=[v16.ChargingSchedulePeriod(start_period=0, limit=Decimal(16))],
            ),
        ),
    )


def test_a_profile_of_a_transaction_has_its_id_on_the_other_side() -> None:
    both = old_station()
    number = both.station(start()).transaction_id
    id = both.to_csms()[0].transaction_info.transaction_id

    answers = [
        both.csms(
            v201.SetChargingProfileRequest(
                evse_id=1, charging_profile=profile(1, "TxProfile", transaction_id=one)
            )
        )
        for one in (id, "another")
    ]

    assert ["Accepted", "Rejected"] == [one.status for one in answers]
    assert "TxNotFound" == answers[1].status_info.reason_code
    assert [number] == [one.cs_charging_profiles.transaction_id for one in both.to_station()]


@pytest.mark.parametrize("number", [5, None], ids=["named", "running"])
def test_a_profile_of_1_6_is_for_the_transaction_that_it_names_or_that_runs(number: int | None) -> None:
    both = new_station()
    before = both.csms(old_profile(number))
    both.station(charging())

    after = both.csms(old_profile(number))

    assert ["Rejected", "Accepted"] == [before.status, after.status]
    assert ["T-1"] == [one.charging_profile.transaction_id for one in both.to_station()]


def test_profiles_are_reported_as_they_were_set() -> None:
    both = old_station()
    first, second = profile(1, "TxDefaultProfile"), profile(2, "ChargingStationMaxProfile")
    both.csms(v201.SetChargingProfileRequest(evse_id=1, charging_profile=first))
    both.csms(v201.SetChargingProfileRequest(evse_id=0, charging_profile=second))
    both.restart()
    everything = v201.GetChargingProfilesRequest(
        request_id=4, charging_profile=v201.ChargingProfileCriterion()
    )

    accepted = both.csms(everything)
    reports = both.to_csms()
    both.csms(v201.ClearChargingProfileRequest(charging_profile_id=1))
    both.csms(everything)
    left = both.to_csms()
    other = v201.ChargingProfileCriterion(charging_profile_id=[3])
    unknown = both.csms(v201.GetChargingProfilesRequest(request_id=5, charging_profile=other))
    both.csms(v201.ClearChargingProfileRequest())
    none = both.csms(everything)

    assert ["Accepted", "NoProfiles", "NoProfiles"] == [accepted.status, unknown.status, none.status]
    assert [(1, [first], True), (0, [second], None)] == [
        (one.evse_id, one.charging_profile, one.tbc) for one in reports
    ]
    assert [[second]] == [one.charging_profile for one in left]


# Statuses of a station of 2.0.1


def test_B11_an_occupied_connector_is_told_apart_by_its_transaction() -> None:
    both = new_station()
    both.station(occupied())
    both.station(charging())
    both.station(occupied())
    ended = v201.TransactionEventRequest(
        event_type=v201.TransactionEvent.ENDED,
        timestamp=at(5),
        trigger_reason=v201.TriggerReason.STOP_AUTHORIZED,
        seq_no=1,
        transaction_info=v201.Transaction(
            transaction_id="T-1", charging_state=v201.ChargingState.EV_CONNECTED
        ),
    )
    both.station(ended)
    both.station(occupied())
    both.station(occupied(token="Available"))
    both.station(occupied())

    assert ["Preparing", "Charging", "Finishing", "Available", "Preparing"] == [
        one.status for one in both.to_csms() if isinstance(one, v16.StatusNotificationRequest)
    ]


def test_connectors_of_an_evse_have_one_status() -> None:
    both = new_station()

    for connector, token in ((1, "Unavailable"), (2, "Available"), (1, "Occupied"), (2, "Faulted")):
        both.station(occupied(1, connector, token))

    assert ["Unavailable", "Available", "Preparing"] == [one.status for one in both.to_csms()]


def event(name: str, variable: str, value: str, **more: Any) -> v201.EventData:
    evse = None if name == "ChargingStation" else v201.EVSE(id=1, connector_id=1)
    return v201.EventData(
        event_id=1,
        timestamp=NOON,
        trigger=v201.EventTrigger.ALERTING,
        actual_value=value,
        event_notification_type=v201.EventNotification.HARD_WIRED_NOTIFICATION,
        component=v201.Component(name=name, evse=evse),
        variable=v201.Variable(name=variable),
        **more,
    )


def notify(*events: v201.EventData) -> v201.NotifyEventRequest:
    return v201.NotifyEventRequest(generated_at=NOON, seq_no=0, event_data=list(events))


def test_events_of_availability_and_of_problems_are_statuses() -> None:
    both = new_station()

    both.station(
        notify(
            event("Connector", "AvailabilityState", "Available"),
            event("Connector", "Problem", "true", tech_code="GroundFailure", tech_info="wet"),
            event("FanController", "Problem", "true"),
            event("Connector", "Problem", "true", tech_code="E-77"),
            event("Connector", "Problem", "false", cleared=True),
            event("ChargingStation", "AvailabilityState", "Unavailable"),
        )
    )

    assert [
        (1, "Available", "NoError", None),
        (1, "Available", "GroundFailure", None),
        (1, "Available", "OtherError", "E-77"),
        (1, "Available", "NoError", None),
        (0, "Unavailable", "NoError", None),
    ] == [(one.connector_id, one.status, one.error_code, one.vendor_error_code) for one in both.to_csms()]
    assert ("$.eventData[2]", "dropped", "no_counterpart") in both.lost()


def test_events_that_1_6_has_no_word_for_are_a_loss() -> None:
    both = new_station()

    answer = both.station(notify(event("FanController", "Problem", "true")))

    assert (v201.NotifyEventResponse(), []) == (answer, both.to_csms())
    assert [("$", "dropped", "suppressed")] == both.lost()
