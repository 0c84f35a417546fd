"""What the versions of 2.x leave out between each other, and a session remembers."""

from decimal import Decimal
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting, at
from ocpp_core import v20, v21, v201
from ocpp_core.model.errors import OcppError
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.translation import Side


def bridge(station: str, csms: str, to_station: dict[str, Any], to_csms: dict[str, Any]) -> Bridge:
    serves = {Side.STATION: accepting(**to_station), Side.CSMS: accepting(**to_csms)}
    return Bridge(station, csms, serves=serves)


def report(number: int | None) -> v20.NotifyReportRequest:
    return v20.NotifyReportRequest(
        request_id=number,
        generated_at=NOON,
        tbc=False,
        seq_no=0,
        report_data=[
            v20.ReportData(
                component=v20.Component(name="C"),
                variable=v20.Variable(name="V"),
                variable_attribute=[v20.VariableAttribute(value="1", persistence=True, constant=False)],
            )
        ],
    )


def test_a_report_without_a_number_is_that_of_the_last_request() -> None:
    both = bridge(
        "2.0",
        "2.0.1",
        {"GetReport": v20.GetReportResponse(status=v20.GenericDeviceModelStatus.ACCEPTED)},
        {"NotifyReport": v201.NotifyReportResponse()},
    )
    both.station(report(None))
    both.csms(v201.GetReportRequest(request_id=12))
    both.restart()
    both.lost()

    both.station(report(None))
    both.station(report(5))

    assert [0, 12, 5] == [one.request_id for one in both.to_csms()]
    assert [("$.requestId", "synthesised", "remembered")] == both.lost()


def test_a_certificate_is_for_the_last_request() -> None:
    both = bridge(
        "2.1",
        "2.0.1",
        {"CertificateSigned": v21.CertificateSignedResponse(status=v21.CertificateSignedStatus.ACCEPTED)},
        {"SignCertificate": v201.SignCertificateResponse(status=v201.GenericStatus.ACCEPTED)},
    )
    both.station(v21.SignCertificateRequest(csr="csr", request_id=8))

    for _ in range(2):
        both.csms(v201.CertificateSignedRequest(certificate_chain="chain"))

    assert [8, None] == [one.request_id for one in both.to_station()]


def test_a_certificate_that_is_refused_is_still_waited_for() -> None:
    status = [v21.CertificateSignedStatus.ACCEPTED, v21.CertificateSignedStatus.REJECTED]
    both = bridge(
        "2.1",
        "2.0.1",
        {"CertificateSigned": lambda one: v21.CertificateSignedResponse(status=status.pop())},
        {"SignCertificate": v201.SignCertificateResponse(status=v201.GenericStatus.ACCEPTED)},
    )
    both.station(v21.SignCertificateRequest(csr="csr", request_id=8))

    for _ in range(2):
        both.csms(v201.CertificateSignedRequest(certificate_chain="chain"))

    assert [8, 8] == [one.request_id for one in both.to_station()]


def monitoring(number: int) -> v20.NotifyEventRequest:
    return v20.NotifyEventRequest(
        generated_at=NOON,
        tbc=False,
        seq_no=0,
        event_data=[
            v20.EventData(
                event_id=1,
                timestamp=NOON,
                trigger=v20.EventTrigger.ALERTING,
                actual_value="1",
                cleared=False,
                component=v20.Component(name="C"),
                variable=v20.Variable(name="V"),
                variable_monitoring_event=v20.VariableMonitoring(
                    id=number,
                    value=Decimal(1),
                    type=v20.Monitor.DELTA,
                    severity=5,
                    transaction=False,
                ),
            )
        ],
    )


def test_a_monitor_that_the_csms_has_set_is_its_own() -> None:
    result: dict[str, Any] = {"component": v20.Component(name="C"), "variable": v20.Variable(name="V")}
    both = bridge(
        "2.0",
        "2.0.1",
        {
            "SetVariableMonitoring": v20.SetVariableMonitoringResponse(
                set_monitoring_result=[
                    v20.SetMonitoringResult(
                        id=3,
                        status=v20.SetMonitoringStatus.ACCEPTED,
                        type=v20.Monitor.DELTA,
                        severity=5,
                        **result,
                    )
                ]
            ),
            "ClearVariableMonitoring": v20.ClearVariableMonitoringResponse(
                clear_monitoring_result=[
                    v20.ClearMonitoringResult(id=3, status=v20.ClearMonitoringStatus.ACCEPTED)
                ]
            ),
        },
        {"NotifyEvent": v201.NotifyEventResponse()},
    )
    wanted = v201.SetMonitoringData(
        value=Decimal(1),
        type=v201.Monitor.DELTA,
        severity=5,
        component=v201.Component(name="C"),
        variable=v201.Variable(name="V"),
    )
    both.csms(v201.SetVariableMonitoringRequest(set_monitoring_data=[wanted]))
    both.restart()

    both.station(monitoring(3))
    both.station(monitoring(4))
    both.csms(v201.ClearVariableMonitoringRequest(id=[3]))
    both.station(monitoring(3))

    assert ["CustomMonitor", "PreconfiguredMonitor", "PreconfiguredMonitor"] == [
        one.event_data[0].event_notification_type for one in both.to_csms()
    ]


def needs(evse: int, tariff: v20.SalesTariff | None = None) -> v20.NotifyCentralChargingNeedsRequest:
    interval = v20.RelativeTimeInterval(start=0, duration=600)
    return v20.NotifyCentralChargingNeedsRequest(
        evse_id=evse,
        sa_schedule=[
            v20.SASchedule(
                sa_schedule_tuple_id=2,
                sales_tariff=tariff,
                p_max_schedule=[v20.PMaxSchedule(relative_time_interval=interval, p_max=Decimal(11000))],
            )
        ],
    )


def transaction(kind: str, seq_no: int) -> v201.TransactionEventRequest:
    return v201.TransactionEventRequest(
        event_type=v201.TransactionEvent(kind),
        timestamp=at(seq_no),
        trigger_reason=v201.TriggerReason.AUTHORIZED,
        seq_no=seq_no,
        transaction_info=v201.Transaction(transaction_id="T-1"),
        evse=v201.EVSE(id=1) if seq_no == 0 else None,
    )


def test_charging_needs_are_a_profile_of_the_transaction_that_runs() -> None:
    both = bridge(
        "2.0.1",
        "2.0",
        {"SetChargingProfile": v201.SetChargingProfileResponse(status=v201.ChargingProfileStatus.ACCEPTED)},
        {"TransactionEvent": v20.TransactionEventResponse()},
    )
    before = both.csms(needs(1))
    both.station(transaction("Started", 0))
    both.restart()
    during = both.csms(needs(1))
    both.station(transaction("Ended", 1))
    after = both.csms(needs(1))

    assert ["Rejected", "Accepted", "Rejected"] == [one.status for one in (before, during, after)]
    (request,) = both.to_station()
    (schedule,) = request.charging_profile.charging_schedule
    assert ("T-1", "TxProfile", 0) == (
        request.charging_profile.transaction_id,
        request.charging_profile.charging_profile_purpose,
        request.charging_profile.stack_level,
    )
    assert (2, "W", NOON, 600, 11000) == (
        schedule.id,
        schedule.charging_rate_unit,
        schedule.start_schedule,
        schedule.duration,
        schedule.charging_schedule_period[0].limit,
    )


def test_charging_needs_bring_their_prices_and_have_no_answer_without_the_station() -> None:
    both = bridge("2.0.1", "2.0", {}, {"TransactionEvent": v20.TransactionEventResponse()})
    both.station(transaction("Started", 0))
    entry = v20.SalesTariffEntry(relative_time_interval=v20.RelativeTimeInterval(start=0), e_price_level=1)

    answer = both.csms(needs(1, v20.SalesTariff(id=3, sales_tariff_entry=[entry])))

    (request,) = both.to_station()
    (schedule,) = request.charging_profile.charging_schedule
    assert (3, 1) == (schedule.sales_tariff.id, schedule.sales_tariff.sales_tariff_entry[0].e_price_level)
    assert isinstance(answer, OcppError)


@pytest.mark.parametrize("verdict", ["InvalidCertificate", "RevokedCertificate"])
def test_a_certificate_that_a_station_of_2_0_1_refuses_is_reported_to_a_csms_of_2_0(verdict: str) -> None:
    answer = v201.UpdateFirmwareResponse(status=v201.UpdateFirmwareStatus(verdict))
    serves = {
        Side.STATION: accepting(UpdateFirmware=answer),
        Side.CSMS: accepting(FirmwareStatusNotification=v20.FirmwareStatusNotificationResponse()),
    }
    both = Bridge("2.0.1", "2.0", serves=serves)
    firmware = v20.Firmware(location="ftp://there", retrieve_date_time=NOON)

    told = both.csms(v20.UpdateFirmwareRequest(request_id=9, firmware=firmware))

    assert v20.UpdateFirmwareStatus.REJECTED == told.status
    assert [
        v20.FirmwareStatusNotificationRequest(status=v20.FirmwareStatus(verdict), request_id=9)
    ] == both.to_csms()


def test_an_update_that_is_accepted_reports_nothing_at_once() -> None:
    answer = v201.UpdateFirmwareResponse(status=v201.UpdateFirmwareStatus.ACCEPTED)
    both = Bridge(
        "2.0.1", "2.0", serves={Side.STATION: accepting(UpdateFirmware=answer), Side.CSMS: accepting()}
    )
    firmware = v20.Firmware(location="ftp://there", retrieve_date_time=NOON)
    both.csms(v20.UpdateFirmwareRequest(request_id=9, firmware=firmware))

    assert [] == both.to_csms()


def happened(number: int | None) -> v201.NotifyEventRequest:
    data = v201.EventData(
        event_id=1,
        timestamp=NOON,
        trigger=v201.EventTrigger.ALERTING,
        actual_value="1",
        variable_monitoring_id=number,
        event_notification_type=v201.EventNotification.CUSTOM_MONITOR,
        component=v201.Component(name="C"),
        variable=v201.Variable(name="V"),
    )
    return v201.NotifyEventRequest(generated_at=NOON, seq_no=0, event_data=[data])


def test_2_0_is_told_of_an_event_which_monitor_has_seen_it() -> None:
    """2.0.1 says its id alone; what the CSMS has set, and what a report has said, is remembered."""
    about: dict[str, Any] = {"component": v201.Component(name="C"), "variable": v201.Variable(name="V")}
    kind: dict[str, Any] = {"type": v201.Monitor.UPPER_THRESHOLD, "severity": 5}
    accepted = v201.SetMonitoringStatus.ACCEPTED
    both = bridge(
        "2.0.1",
        "2.0",
        {
            "SetVariableMonitoring": v201.SetVariableMonitoringResponse(
                set_monitoring_result=[
                    v201.SetMonitoringResult(id=3, status=accepted, **kind, **about),
                    v201.SetMonitoringResult(status=v201.SetMonitoringStatus.REJECTED, **kind, **about),
                ]
            ),
            "ClearVariableMonitoring": v201.ClearVariableMonitoringResponse(
                clear_monitoring_result=[
                    v201.ClearMonitoringResult(id=3, status=v201.ClearMonitoringStatus.ACCEPTED)
                ]
            ),
        },
        {
            "NotifyEvent": v20.NotifyEventResponse(),
            "NotifyMonitoringReport": v20.NotifyMonitoringReportResponse(),
        },
    )
    wanted = v20.SetMonitoringData(
        value=Decimal("23.50"),
        type=v20.Monitor.UPPER_THRESHOLD,
        severity=5,
        transaction=True,
        component=v20.Component(name="C"),
        variable=v20.Variable(name="V"),
    )
    both.csms(v20.SetVariableMonitoringRequest(set_monitoring_data=[wanted, wanted]))
    preset = v201.VariableMonitoring(
        id=9, transaction=False, value=Decimal(7), type=v201.Monitor.DELTA, severity=2
    )
    monitored = v201.MonitoringData(variable_monitoring=[preset], **about)
    both.station(
        v201.NotifyMonitoringReportRequest(request_id=1, seq_no=0, generated_at=NOON, monitor=[monitored])
    )
    both.restart()
    both.to_csms()
    both.lost()

    for number in (3, 9, 4, None):
        both.station(happened(number))
    both.csms(v20.ClearVariableMonitoringRequest(id=[3]))
    both.station(happened(3))

    assert [
        v20.VariableMonitoring(
            id=3, value=Decimal("23.50"), type=v20.Monitor.UPPER_THRESHOLD, severity=5, transaction=True
        ),
        v20.VariableMonitoring(id=9, value=Decimal(7), type=v20.Monitor.DELTA, severity=2, transaction=False),
        None,
        None,
        None,
    ] == [one.event_data[0].variable_monitoring_event for one in both.to_csms()]
    lost = both.lost()
    assert 2 == lost.count(("$.eventData[0].variableMonitoringId", "dropped", "no_counterpart"))
    assert 2 == lost.count(("$.eventData[0].variableMonitoringEvent.severity", "synthesised", "remembered"))


def test_a_monitor_that_a_tolerant_peer_describes_wrongly_is_not_remembered() -> None:
    both = bridge(
        "2.0.1",
        "2.0",
        {},
        {
            "NotifyEvent": v20.NotifyEventResponse(),
            "NotifyMonitoringReport": v20.NotifyMonitoringReportResponse(),
        },
    )
    for wrong in ({"type": "Sideways"}, {"value": "warm"}):
        described = {"id": 9, "transaction": False, "value": 7, "type": "Delta", "severity": 2, **wrong}
        about = {"component": {"name": "C"}, "variable": {"name": "V"}, "variableMonitoring": [described]}
        payload = {"requestId": 1, "seqNo": 0, "generatedAt": "2026-01-31T12:00:00Z", "monitor": [about]}
        both.station(from_wire(v201.NotifyMonitoringReportRequest, payload, tolerance=Tolerance.TOLERANT))
    both.to_csms()
    both.station(happened(9))

    assert [None] == [one.event_data[0].variable_monitoring_event for one in both.to_csms()]
