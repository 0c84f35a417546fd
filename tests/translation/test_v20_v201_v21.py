"""2.0, 2.0.1 and 2.1: encodings, reasons beside statuses, limits, items that are refused alone."""

import base64
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from ocpp_core import v20, v21, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.translation import engine, translate
from ocpp_core.translation.losses import Translation
from ocpp_core.translation.policies import DEFAULT_POLICY
from ocpp_core.translation.runs import Run
from translations import carried

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DER = bytes(range(100))
HEX = DER.hex().upper()
PEM = "\n".join(
    [
        "-----BEGIN CERTIFICATE-----",
        base64.b64encode(DER).decode()[:64],
        base64.b64encode(DER).decode()[64:128],
        base64.b64encode(DER).decode()[128:],
        "-----END CERTIFICATE-----",
    ]
)


def up(message: Any, to: str = "2.0.1", **more: Any) -> Any:
    return carried(message, to, **more).message


def reasons(found: Any) -> list[tuple[str, str, str]]:
    return [(loss.path, loss.kind.value, loss.reason.value) for loss in found.losses]


# 2.0: certificates


def test_a_certificate_is_hex_in_2_0_and_pem_in_2_0_1() -> None:
    older = v20.InstallCertificateRequest(
        certificate_type=v20.InstallCertificateUse.CSMS_ROOT_CERTIFICATE, certificate=HEX
    )
    newer = v201.InstallCertificateRequest(
        certificate_type=v201.InstallCertificateUse.CSMS_ROOT_CERTIFICATE, certificate=PEM
    )

    assert newer == up(older)
    assert older == up(newer, "2.0")
    assert [("$.certificate", "approximated", "reencoded")] == reasons(carried(older, "2.0.1"))


@pytest.mark.parametrize("text", ["", PEM, "no certificate"])
def test_what_is_no_hex_passes(text: str) -> None:
    use = v20.InstallCertificateUse.CSMS_ROOT_CERTIFICATE

    assert text == up(v20.InstallCertificateRequest(certificate_type=use, certificate=text)).certificate


def test_a_chain_is_several_texts_in_2_0() -> None:
    older = v20.CertificateSignedRequest(cert=[HEX, HEX[:80]])
    newer = up(older)

    assert PEM == newer.certificate_chain[: len(PEM)]
    assert older == up(newer, "2.0")


@pytest.mark.parametrize(
    "message",
    [
        v201.InstallCertificateRequest(
            certificate_type=v201.InstallCertificateUse.CSMS_ROOT_CERTIFICATE, certificate="x" * 801
        ),
        v201.InstallCertificateRequest(
            certificate_type=v201.InstallCertificateUse.CSMS_ROOT_CERTIFICATE, certificate=f"{PEM}\n{PEM}"
        ),
        v201.CertificateSignedRequest(certificate_chain="x" * 801),
    ],
    ids=["too long", "two", "chain"],
)
def test_a_certificate_that_does_not_fit_is_refused(message: Any) -> None:
    answer: Any = carried(message, "2.0").answer

    assert ("Rejected", "TooLargeElement") == (answer.status, answer.status_info.reason_code)


def test_a_chain_that_does_not_fit_is_refused() -> None:
    answer: Any = carried(v20.CertificateSignedRequest(cert=["x" * 800] * 13), "2.0.1").answer

    assert "Rejected" == answer.status


@pytest.mark.parametrize("status", list(v20.InstallCertificateStatus))
def test_why_a_certificate_was_not_installed_comes_back(status: Any) -> None:
    there = up(v20.InstallCertificateResponse(status=status))

    assert ("Accepted" if status == "Accepted" else "Failed") == there.status
    assert status == up(there, "2.0").status


# 2.0: statuses


@pytest.mark.parametrize("status", list(v20.SetVariableStatus))
def test_why_a_variable_was_not_set_comes_back(status: Any) -> None:
    result = v20.SetVariableResult(
        attribute_status=status, component=v20.Component(name="C"), variable=v20.Variable(name="V")
    )
    message = v20.SetVariablesResponse(set_variable_result=[result])
    request = v201.SetVariablesRequest(set_variable_data=[])
    there = up(message, request=request)
    back = carried(there, "2.0")

    assert message == back.message
    assert () == back.losses


def test_a_reason_in_words_is_named() -> None:
    info = v201.StatusInfo(reason_code="ValueOutOfRange", additional_info="by 2")
    other = v201.StatusInfo(reason_code="Other")
    results = [
        v201.SetVariableResult(
            attribute_status=v201.SetVariableStatus.REJECTED,
            component=v201.Component(name="C"),
            variable=v201.Variable(name="V"),
            attribute_status_info=each,
        )
        for each in (info, other)
    ]
    found: Any = carried(v201.SetVariablesResponse(set_variable_result=results), "2.0")

    assert ["OutOfRange", "Rejected"] == [one.attribute_status for one in found.message.set_variable_result]
    assert [
        ("$.setVariableResult[0].attributeStatusInfo.additionalInfo", "dropped", "no_counterpart"),
        ("$.setVariableResult[1].attributeStatusInfo", "dropped", "no_counterpart"),
    ] == reasons(found)


def event(**more: Any) -> v20.TransactionEventRequest:
    return v20.TransactionEventRequest(
        event_type=v20.TransactionEvent.ENDED,
        timestamp=NOON,
        seq_no=2,
        **more,
    )


def test_an_unlock_is_a_reason_in_2_0_and_a_trigger_in_2_0_1() -> None:
    message = event(
        trigger_reason=v20.TriggerReason.UNLOCK_COMMAND,
        transaction_data=v20.Transaction(id="t", stopped_reason=v20.Reason.UNLOCK_COMMAND),
        cable_max_current=Decimal("31.9"),
    )
    there = carried(message, "2.0.1")
    made: Any = there.message

    assert ("Remote", 31) == (made.transaction_info.stopped_reason, made.cable_max_current)
    back: Any = up(made, "2.0")
    assert "UnlockCommand" == back.transaction_data.stopped_reason


def test_the_evses_of_a_token_move() -> None:
    info = v20.IdTokenInfo(status=v20.AuthorizationStatus.ACCEPTED)
    message = v20.AuthorizeResponse(id_token_info=info, evse_id=[1, 2])
    there = carried(message, "2.0.1")
    made: Any = there.message

    assert [1, 2] == made.id_token_info.evse_id
    assert message == up(made, "2.0")
    assert () == there.losses


def test_install_and_update_are_two_actions_in_2_0() -> None:
    for older, action in (
        (v20.Get15118EVCertificateRequest, "Install"),
        (v20.Update15118EVCertificateRequest, "Update"),
    ):
        message = older(iso15118_schema_version="2", exi_request="e")

        assert action == up(message).action
        assert message == up(up(message), "2.0")


def test_an_exi_answer_that_does_not_fit_is_a_failure() -> None:
    response = v21.Get15118EVCertificateResponse(
        status=v21.Iso15118EVCertificateStatus.ACCEPTED, exi_response="x" * 5601
    )
    found: Any = translate(response, to="2.0.1")

    assert ("Failed", "") == (found.message.status, found.message.exi_response)
    assert ["$.status", "$.exiResponse"] == [loss.path for loss in found.losses]


def test_an_exi_request_that_does_not_fit_is_answered() -> None:
    request = v201.Get15118EVCertificateRequest(
        iso15118_schema_version="2", action=v201.CertificateAction.INSTALL, exi_request="x" * 5501
    )

    answer: Any = carried(request, "2.0").answer
    assert ("Failed", "") == (answer.status, answer.exi_response)


def test_2_0_reserves_an_evse_that_is_named() -> None:
    token = v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL)
    anywhere = v201.ReserveNowRequest(id=1, expiry_date_time=NOON, id_token=token)
    answer: Any = carried(anywhere, "2.0").answer

    assert ("Rejected", "UnsupportedParam") == (answer.status, answer.status_info.reason_code)


def test_the_value_of_a_variable_is_cut_between_items() -> None:
    result = v201.GetVariableResult(
        attribute_status=v201.GetVariableStatus.ACCEPTED,
        component=v201.Component(name="C"),
        variable=v201.Variable(name="V"),
        attribute_value=",".join(["items"] * 200),
    )
    made: Any = up(v201.GetVariablesResponse(get_variable_result=[result]), "2.0")

    assert ",".join(["items"] * 166) == made.get_variable_result[0].attribute_value


# 2.1


def profile(**more: Any) -> v21.ChargingProfile:
    period = v21.ChargingSchedulePeriod(start_period=0, **more)
    schedule = v21.ChargingSchedule(
        id=1, charging_rate_unit=v21.ChargingRateUnit.A, charging_schedule_period=[period]
    )
    return v21.ChargingProfile(
        id=1,
        stack_level=0,
        charging_profile_purpose=v21.ChargingProfilePurpose.TX_DEFAULT_PROFILE,
        charging_profile_kind=v21.ChargingProfileKind.ABSOLUTE,
        charging_schedule=[schedule],
    )


def set_profile(**more: Any) -> Any:
    request = v21.SetChargingProfileRequest(evse_id=1, charging_profile=profile(**more))
    return translate(request, to="2.0.1")


def test_the_smallest_limit_of_the_phases_is_the_limit() -> None:
    found = set_profile(limit=Decimal(16), limit_l2=Decimal(10), limit_l3=Decimal(20))
    (schedule,) = found.message.charging_profile.charging_schedule

    assert 10 == schedule.charging_schedule_period[0].limit


@pytest.mark.parametrize(
    "more",
    [{}, {"limit": Decimal(1), "operation_mode": v21.OperationMode.CENTRAL_FREQUENCY}],
    ids=["no limit", "another mode"],
)
def test_a_schedule_that_2_0_1_cannot_say_is_refused_in_a_command(more: dict[str, Any]) -> None:
    answer = set_profile(**more).answer

    assert ("Rejected", "UnsupportedParam") == (answer.status, answer.status_info.reason_code)


def test_and_left_out_of_a_report_as_a_whole() -> None:
    good, bad = profile(limit=Decimal(1)), profile()
    report = v21.ReportChargingProfilesRequest(
        request_id=1, charging_limit_source="CSO", evse_id=1, charging_profile=[bad, good]
    )
    found: Any = translate(report, to="2.0.1")

    assert 1 == len(found.message.charging_profile)
    assert [("$.chargingProfile[0]", "dropped", "no_counterpart")] == reasons(found)
    only = v21.ReportChargingProfilesRequest(
        request_id=1, charging_limit_source="CSO", evse_id=1, charging_profile=[bad]
    )
    assert v21.ReportChargingProfilesResponse() == translate(only, to="2.0.1").answer


def test_local_time_and_limits_by_charge_are_no_comfort() -> None:
    conditions: list[dict[str, Any]] = [
        {"use_local_time": True},
        {"limit_at_soc": v21.LimitAtSoC(soc=80, limit=Decimal(5))},
    ]
    for more in conditions:
        one = profile(limit=Decimal(1))
        schedule = v21.ChargingSchedule(
            id=1,
            charging_rate_unit=v21.ChargingRateUnit.A,
            charging_schedule_period=one.charging_schedule[0].charging_schedule_period,
            **more,
        )
        request = v21.SetChargingProfileRequest(
            evse_id=1,
            charging_profile=v21.ChargingProfile(
                id=1,
                stack_level=0,
                charging_profile_purpose=v21.ChargingProfilePurpose.TX_DEFAULT_PROFILE,
                charging_profile_kind=v21.ChargingProfileKind.ABSOLUTE,
                charging_schedule=[schedule],
            ),
        )
        answer: Any = translate(request, to="2.0.1").answer
        assert "Rejected" == answer.status


def test_a_number_out_of_range_is_refused_in_a_command_and_set_to_the_bound_in_a_report() -> None:
    command = translate(v201.CancelReservationRequest(reservation_id=-1), to="2.1")
    report: Any = translate(
        v201.ReservationStatusUpdateRequest(
            reservation_id=-1, reservation_update_status=v201.ReservationUpdateStatus.EXPIRED
        ),
        to="2.1",
    )

    assert isinstance(command.answer, OcppError)
    assert ErrorCode.PROPERTY_CONSTRAINT == command.answer.code
    assert "$.reservationId" in command.answer.description
    assert 0 == report.message.reservation_id
    assert [("$.reservationId", "approximated", "out_of_range")] == reasons(report)


def test_evse_0_is_no_evse_to_start_at() -> None:
    token = v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL)

    def start(evse: int) -> Any:
        return translate(
            v201.RequestStartTransactionRequest(id_token=token, remote_start_id=1, evse_id=evse), to="2.1"
        )

    assert None is start(0).message.evse_id
    assert isinstance(start(-1).answer, OcppError)


def variable(name: str, value: str) -> v21.SetVariableData:
    return v21.SetVariableData(
        attribute_value=value, component=v21.Component(name="C"), variable=v21.Variable(name=name)
    )


def test_items_that_do_not_fit_are_answered_alone_and_in_their_place() -> None:
    request = v21.SetVariablesRequest(
        set_variable_data=[variable("a", "x" * 1001), variable("b", "1"), variable("c", "x" * 1001)]
    )
    asked: Any = translate(request, to="2.0.1").message
    response = v201.SetVariablesResponse(
        set_variable_result=[
            v201.SetVariableResult(
                attribute_status=v201.SetVariableStatus.ACCEPTED,
                component=v201.Component(name="C"),
                variable=v201.Variable(name="b"),
            )
        ]
    )
    answer: Any = translate(response, to="2.1", request=request).message

    assert ["b"] == [one.variable.name for one in asked.set_variable_data]
    assert [("a", "Rejected"), ("b", "Accepted"), ("c", "Rejected")] == [
        (one.variable.name, one.attribute_status) for one in answer.set_variable_result
    ]


@pytest.mark.parametrize(
    "surplus",
    [{"type": "TargetDelta"}, {"periodicEventStream": {"interval": 1, "values": 2}}],
)
def test_a_monitor_of_2_1_is_refused_alone_and_answered_in_its_place(surplus: dict[str, Any]) -> None:
    plain = {
        "value": 1,
        "type": "UpperThreshold",
        "severity": 3,
        "component": {"name": "C"},
        "variable": {"name": "V"},
    }
    request = from_wire(v21.SetVariableMonitoringRequest, {"setMonitoringData": [plain | surplus, plain]})
    asked: Any = translate(request, to="2.0.1").message
    result = v201.SetMonitoringResult(
        status=v201.SetMonitoringStatus.ACCEPTED,
        id=7,
        type=v201.Monitor.UPPER_THRESHOLD,
        severity=3,
        component=v201.Component(name="C"),
        variable=v201.Variable(name="V"),
    )
    response = v201.SetVariableMonitoringResponse(set_monitoring_result=[result])
    answer: Any = translate(response, to="2.1", request=request).message

    assert 1 == len(asked.set_monitoring_data)
    assert ["UnsupportedMonitorType", "Accepted"] == [one.status for one in answer.set_monitoring_result]


def test_if_no_item_fits_they_are_all_answered() -> None:
    request = v21.SetVariablesRequest(set_variable_data=[variable("a", "x" * 1001)])
    answer: Any = translate(request, to="2.0.1").answer

    assert [("Rejected", "TooLargeElement")] == [
        (one.attribute_status, one.attribute_status_info.reason_code) for one in answer.set_variable_result
    ]


def test_a_sample_that_says_what_another_says_is_left_out() -> None:
    samples = [
        v21.SampledValue(value=Decimal(1), measurand=v21.Measurand("Current.Import.Offered")),
        v21.SampledValue(value=Decimal(2), measurand=v21.Measurand("Current.Offered")),
        v21.SampledValue(value=Decimal(3), measurand=v21.Measurand("Power.Import.Offered")),
        v21.SampledValue(value=Decimal(4), location=v21.Location.UPSTREAM),
    ]
    meter = v21.MeterValue(timestamp=NOON, sampled_value=samples)
    found: Any = translate(v21.MeterValuesRequest(evse_id=1, meter_value=[meter]), to="2.0.1")

    assert [(2, "Current.Offered"), (3, "Power.Offered")] == [
        (one.value, one.measurand) for one in found.message.meter_value[0].sampled_value
    ]
    assert [0, 3] == [int(loss.path[-2]) for loss in found.losses]


@pytest.mark.parametrize(
    "state, style, expected",
    [
        (v21.MessageState.SUSPENDED, v21.MessageFormat.UTF8, "NotSupportedState"),
        (None, v21.MessageFormat.QRCODE, "NotSupportedMessageFormat"),
    ],
)
def test_a_message_that_cannot_be_shown_as_meant_is_not_shown(state: Any, style: Any, expected: str) -> None:
    info = v21.MessageInfo(
        id=1,
        priority=v21.MessagePriority.ALWAYS_FRONT,
        state=state,
        message=v21.MessageContent(format=style, content="c"),
    )
    answer: Any = translate(v21.SetDisplayMessageRequest(message=info), to="2.0.1").answer

    assert expected == answer.status


def test_how_a_greeting_is_shown_is_comfort_and_refuses_no_list() -> None:
    greeting = v21.MessageContent(format=v21.MessageFormat.QRCODE, content="https://example.org/")
    info = v21.IdTokenInfo(status=v21.AuthorizationStatus.ACCEPTED, personal_message=greeting)
    entry = v21.AuthorizationData(id_token=v21.IdToken(id_token="A", type="Central"), id_token_info=info)
    found = carried(
        v21.SendLocalListRequest(
            version_number=1, update_type=v21.Update.FULL, local_authorization_list=[entry]
        ),
        "2.0.1",
    )

    message: Any = found.message
    assert "URI" == message.local_authorization_list[0].id_token_info.personal_message.format
    assert [
        (
            "$.localAuthorizationList[0].idTokenInfo.personalMessage.format",
            "approximated",
            "collapsed",
        )
    ] == reasons(found)


def test_no_alias_stands_in_a_list_of_2_0_1_either() -> None:
    """A reader of cards cannot produce it: the entry is left out."""
    tokens = ["A", 100 * "A"]
    entries = [v21.AuthorizationData(id_token=v21.IdToken(id_token=one, type="Central")) for one in tokens]
    found = carried(
        v21.SendLocalListRequest(
            version_number=1, update_type=v21.Update.FULL, local_authorization_list=entries
        ),
        "2.0.1",
    )

    message: Any = found.message
    assert ["A"] == [one.id_token.id_token for one in message.local_authorization_list]
    assert [("$.localAuthorizationList[1]", "dropped", "too_long")] == reasons(found)


def test_a_refusal_is_a_status_where_there_is_one_that_says_so() -> None:
    """No token of the list is as short as 2.0.1 has them, and an empty list would be another command."""
    entry = v21.AuthorizationData(id_token=v21.IdToken(id_token=100 * "A", type="Central"))
    message = v21.SendLocalListRequest(
        version_number=1, update_type=v21.Update.FULL, local_authorization_list=[entry]
    )
    answer: Any = carried(message, "2.0.1").answer

    assert "Failed" == answer.status


def test_sources_of_profiles_that_2_0_1_lacks_are_not_asked_for() -> None:
    def ask(*sources: str) -> Any:
        criterion = v21.ChargingProfileCriterion(charging_limit_source=list(sources))
        return translate(v21.GetChargingProfilesRequest(request_id=1, charging_profile=criterion), to="2.0.1")

    assert ["CSO"] == ask("CSO", "Moon").message.charging_profile.charging_limit_source
    assert "NoProfiles" == ask("Moon").answer.status


def test_certificates_and_tariffs_that_2_0_1_does_not_know_are_answered_one_by_one() -> None:
    hashes = v21.CertificateHashData(
        hash_algorithm=v21.HashAlgorithm.SHA256, issuer_name_hash="a", issuer_key_hash="b", serial_number="c"
    )
    one = v21.CertificateStatusRequestInfo(
        certificate_hash_data=hashes, source=v21.CertificateStatusSource.CRL, urls=["u"]
    )
    chain: Any = carried(
        v21.GetCertificateChainStatusRequest(certificate_status_requests=[one, one]), "2.0.1"
    ).answer
    tariffs: Any = carried(v21.ClearTariffsRequest(tariff_ids=["a", "b"]), "2.0.1").answer
    vat: Any = carried(v21.VatNumberValidationRequest(vat_number="V"), "2.0.1").answer

    assert ["Failed", "Failed"] == [one.status for one in chain.certificate_status]
    assert ["a", "b"] == [one.tariff_id for one in tariffs.clear_tariffs_result]
    assert ("Rejected", "V") == (vat.status, vat.vat_number)


def test_another_certificate_is_not_asked_for_instead() -> None:
    request = v21.SignCertificateRequest(
        csr="c", certificate_type=v21.CertificateSigningUse.V2G20_CERTIFICATE
    )

    assert (
        v21.SignCertificateResponse(status=v21.GenericStatus.REJECTED)
        == translate(request, to="2.0.1").answer
    )


def test_requests_are_numbered_where_2_0_did_not() -> None:
    ids = count(5)
    message = v20.GetReportRequest()
    made: Any = translate(message, to="2.0.1", new_id=ids.__next__).message

    assert 5 == made.request_id


# What has no place, as a whole


@pytest.mark.parametrize("way", ["up", "down"])
def test_what_is_no_base64_in_a_certificate_passes_as_it_is(way: str) -> None:
    text = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"
    cls: Any = v20.InstallCertificateRequest if way == "up" else v201.InstallCertificateRequest
    use: Any = v20.InstallCertificateUse if way == "up" else v201.InstallCertificateUse
    found = carried(
        cls(certificate_type=use("CSMSRootCertificate"), certificate=text), "2.0.1" if way == "up" else "2.0"
    )

    assert text == found.message.certificate  # type: ignore[attr-defined]
    assert () == found.losses


def test_certificates_of_types_that_2_0_does_not_have_are_not_found() -> None:
    kinds = [v201.GetCertificateIdUse.V2G_CERTIFICATE_CHAIN]
    found = carried(v201.GetInstalledCertificateIdsRequest(certificate_type=kinds), "2.0")

    status = v201.GetInstalledCertificateStatus.NOT_FOUND
    assert v201.GetInstalledCertificateIdsResponse(status=status) == found.answer
    assert [("$.certificateType[0]", "dropped", "no_counterpart")] == reasons(found)


def limited(mode: str, *, is_local: bool) -> v21.SetChargingProfileRequest:
    period = v21.ChargingSchedulePeriod(
        start_period=0, limit=Decimal(1), operation_mode=v21.OperationMode(mode)
    )
    schedule = v21.ChargingSchedule(
        id=1,
        charging_rate_unit=v21.ChargingRateUnit.A,
        charging_schedule_period=[period],
        use_local_time=is_local,
    )
    return v21.SetChargingProfileRequest(
        evse_id=1,
        charging_profile=v21.ChargingProfile(
            id=1,
            stack_level=0,
            charging_profile_purpose=v21.ChargingProfilePurpose.TX_DEFAULT_PROFILE,
            charging_profile_kind=v21.ChargingProfileKind.ABSOLUTE,
            charging_schedule=[schedule],
        ),
    )


@pytest.mark.parametrize(
    "mode, is_local, is_sent",
    [("ChargingOnly", False, True), ("CentralSetpoint", False, False), ("ChargingOnly", True, False)],
)
def test_a_schedule_that_2_0_1_would_follow_otherwise_is_refused(
    mode: str, is_local: bool, is_sent: bool
) -> None:
    found = carried(limited(mode, is_local=is_local), "2.0.1")

    assert is_sent == bool(found.messages)
    if not is_sent:
        assert isinstance(found.answer, v21.SetChargingProfileResponse)
        assert "Rejected" == found.answer.status


def test_results_are_carried_where_the_request_is_not_known() -> None:
    result = v201.SetMonitoringResult(
        status=v201.SetMonitoringStatus.ACCEPTED,
        id=3,
        type=v201.Monitor.DELTA,
        severity=5,
        component=v201.Component(name="C"),
        variable=v201.Variable(name="V"),
    )
    found = carried(v201.SetVariableMonitoringResponse(set_monitoring_result=[result]), "2.1")

    assert [3] == [one.id for one in found.message.set_monitoring_result]  # type: ignore[attr-defined]


def test_a_cost_is_a_whole_number_in_2_0_1() -> None:
    direction = engine.path("2.0", "2.0.1")[0]
    run = Run(direction.step, direction.way, DEFAULT_POLICY)
    plan = direction.way.plan(v20.Cost, v201.Cost)

    assert [2, 4] == [
        plan(
            v20.Cost(cost_kind=v20.CostKind.RENEWABLE_GENERATION_PERCENTAGE, amount=Decimal(amount)),
            run,
            None,
        ).amount
        for amount in ("2.5", "4")
    ]
    assert ["rounded"] == [loss.reason.value for loss in Translation((), None, tuple(run.losses)).losses]
