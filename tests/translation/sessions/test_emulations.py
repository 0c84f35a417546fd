"""What 1.6 says by DataTransfer, if the policy says so: contracts and certificates of vehicles, and costs."""

import json
from decimal import Decimal
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting
from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.conversion import from_wire, to_wire
from ocpp_core.translation import Policy, Side
from ocpp_core.translation.sessions.emulations import COSTS, PLUG_AND_CHARGE

CONTRACT = v201.AuthorizeRequest(
    id_token=v201.IdToken(id_token="DE8AA1A2B3C4D5", type=v201.IdTokenEnum.EMAID), certificate="PEM"
)
CARD = v201.AuthorizeRequest(id_token=v201.IdToken(id_token="04AABBCC", type=v201.IdTokenEnum.ISO14443))
AUTHORIZED = v201.AuthorizeResponse(id_token_info=v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED))
OLD_AUTHORIZED = v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED))
EXI = v201.Get15118EVCertificateRequest(
    iso15118_schema_version="urn", action=v201.CertificateAction.INSTALL, exi_request="AA"
)
SIGN_V2G = v201.SignCertificateRequest(csr="CSR", certificate_type=v201.CertificateSigningUse.V2G_CERTIFICATE)
INSTALL = v201.InstallCertificateRequest(
    certificate_type=v201.InstallCertificateUse.V2G_ROOT_CERTIFICATE, certificate="PEM"
)
INSTALLED = v201.GetInstalledCertificateIdsRequest(
    certificate_type=[v201.GetCertificateIdUse.V2G_ROOT_CERTIFICATE]
)
ALL: dict[str, Any] = {"has_plug_and_charge": True, "has_cost_messages": True}


def transferred(status: str, data: Any = None) -> v16.DataTransferResponse:
    return v16.DataTransferResponse(
        status=v16.DataTransferStatus(status), data=None if data is None else json.dumps(data)
    )


def bridge(station: str, csms: str, station_serves: Any, csms_serves: Any, **policy: Any) -> Bridge:
    serves = {Side.STATION: accepting(**station_serves), Side.CSMS: accepting(**csms_serves)}
    return Bridge(station, csms, serves=serves, policy=Policy(**(policy or ALL)))


def new_station(answer: Any = None, **policy: Any) -> Bridge:
    answers = {"DataTransfer": answer, "Authorize": OLD_AUTHORIZED}
    return bridge("2.0.1", "1.6", {}, answers, **policy)


def old_station(answer: Any = None, **more: Any) -> Bridge:
    return bridge("1.6", "2.0.1", {"DataTransfer": answer}, more)


def test_a_contract_is_authorised_by_data_transfer_and_its_answer_comes_back() -> None:
    both = new_station(transferred("Accepted", to_wire(AUTHORIZED)))
    answer = both.station(CONTRACT)

    (sent,) = both.to_csms()

    assert (PLUG_AND_CHARGE, "Authorize") == (sent.vendor_id, sent.message_id)
    assert to_wire(CONTRACT) == json.loads(sent.data)
    assert AUTHORIZED == answer
    assert [("$", "approximated", "reencoded")] == both.lost()


def test_a_card_and_all_else_go_as_ever() -> None:
    both = new_station(transferred("Accepted"))
    both.station(CARD)
    both.station(v201.HeartbeatRequest())

    assert ["Authorize", "Heartbeat"] == [one.__ocpp__.action for one in both.to_csms()]


@pytest.mark.parametrize("policy", [{"has_cost_messages": True}, {"soft_reset": "OnIdle"}])
def test_it_is_off_unless_the_policy_says_so(policy: Any) -> None:
    both = new_station(transferred("Accepted", to_wire(AUTHORIZED)), **policy)
    both.station(CONTRACT)
    answer = both.station(EXI)

    assert ["Authorize"] == [one.__ocpp__.action for one in both.to_csms()]
    assert v201.Iso15118EVCertificateStatus.FAILED == answer.status


@pytest.mark.parametrize(
    "answer",
    [transferred("UnknownVendorId"), transferred("Accepted"), transferred("Accepted", {"status": 7})],
)
def test_what_is_not_accepted_is_refused_as_the_action_is(answer: Any) -> None:
    both = new_station(answer)

    assert v201.GenericStatus.REJECTED == both.station(SIGN_V2G).status
    assert "SignCertificate" == both.to_csms()[0].message_id


def test_hostile_text_is_no_answer() -> None:
    both = new_station(v16.DataTransferResponse(status=v16.DataTransferStatus.ACCEPTED, data="[" * 100_000))

    assert v201.GenericStatus.REJECTED == both.station(SIGN_V2G).status


def test_an_error_is_the_answer() -> None:
    both = new_station()
    both.serves[Side.CSMS] = lambda request: OcppError(ErrorCode.INTERNAL)

    assert isinstance(both.station(EXI), OcppError)


def test_what_breaks_its_schema_is_refused_and_not_sent() -> None:
    both = new_station()
    broken = from_wire(
        v201.SignCertificateRequest,
        {"csr": ["x"], "certificateType": "V2GCertificate"},
        tolerance=Tolerance.TOLERANT,
    )

    assert v201.GenericStatus.REJECTED == both.station(broken).status
    assert [] == both.to_csms()


@pytest.mark.parametrize(
    "request_, answer",
    [
        (INSTALL, v201.InstallCertificateResponse(status=v201.InstallCertificateStatus.ACCEPTED)),
        (
            INSTALLED,
            v201.GetInstalledCertificateIdsResponse(status=v201.GetInstalledCertificateStatus.NOT_FOUND),
        ),
        (
            v201.TriggerMessageRequest(requested_message=v201.MessageTrigger.SIGN_V2G_CERTIFICATE),
            v201.TriggerMessageResponse(status=v201.TriggerMessageStatus.ACCEPTED),
        ),
        (
            v201.CertificateSignedRequest(
                certificate_chain="PEM", certificate_type=v201.CertificateSigningUse.V2G_CERTIFICATE
            ),
            v201.CertificateSignedResponse(status=v201.CertificateSignedStatus.ACCEPTED),
        ),
    ],
)
def test_commands_about_vehicles_reach_a_station_of_1_6(request_: Any, answer: Any) -> None:
    both = old_station(transferred("Accepted", to_wire(answer)))

    assert answer == both.csms(request_)
    assert [request_.__ocpp__.action] == [one.message_id for one in both.to_station()]


def test_a_certificate_of_unknown_use_goes_where_the_extension_does_not() -> None:
    hashes = v201.CertificateHashData(
        hash_algorithm=v201.HashAlgorithm.SHA256, issuer_name_hash="a", issuer_key_hash="b", serial_number="c"
    )
    request = v201.DeleteCertificateRequest(certificate_hash_data=hashes)
    answer = v201.DeleteCertificateResponse(status=v201.DeleteCertificateStatus.ACCEPTED)
    both = old_station(transferred("Accepted", to_wire(answer)))

    assert answer == both.csms(request)


def opened(message_id: str | None, data: Any, vendor: str = PLUG_AND_CHARGE) -> v16.DataTransferRequest:
    return v16.DataTransferRequest(vendor_id=vendor, message_id=message_id, data=data)


def test_a_data_transfer_of_a_contract_is_the_request_of_2_0_1() -> None:
    both = old_station(Authorize=AUTHORIZED)
    answer = both.station(opened("Authorize", json.dumps(to_wire(CONTRACT))))

    assert [CONTRACT] == both.to_csms()
    assert "Accepted" == answer.status
    assert to_wire(AUTHORIZED) == json.loads(answer.data)


#: A number that even a `Decimal` cannot hold.
BEYOND = f"1e{'9' * 20}"


@pytest.mark.parametrize("data", [None, "x", "[]", '{"idToken": 7}', f'{{"idToken": {BEYOND}}}'])
def test_a_data_transfer_that_is_no_request_is_rejected(data: str | None) -> None:
    both = old_station()

    assert "Rejected" == both.station(opened("Authorize", data)).status
    assert [] == both.to_csms()


def test_an_error_of_the_other_side_is_that_of_the_data_transfer() -> None:
    both = old_station()
    both.serves[Side.CSMS] = lambda request: OcppError(ErrorCode.INTERNAL)

    assert isinstance(both.station(opened("Authorize", json.dumps(to_wire(CONTRACT)))), OcppError)


def test_an_answer_that_breaks_its_schema_is_a_rejection() -> None:
    broken = from_wire(
        v201.AuthorizeResponse,
        {"idTokenInfo": {"status": "Accepted", "cacheExpiryDateTime": ""}},
        tolerance=Tolerance.TOLERANT,
    )
    both = old_station(Authorize=broken)

    assert "Rejected" == both.station(opened("Authorize", json.dumps(to_wire(CONTRACT)))).status


@pytest.mark.parametrize(
    "request_",
    [opened("Other", "{}"), opened(None, "{}"), opened("Other", "{}", COSTS), opened("Authorize", "{}", "x")],
)
def test_other_data_transfers_pass_unchanged(request_: v16.DataTransferRequest) -> None:
    both = old_station(DataTransfer=v201.DataTransferResponse(status=v201.DataTransferStatus.ACCEPTED))

    answer = both.station(request_)

    (sent,) = both.to_csms()
    assert (request_.vendor_id, request_.message_id, "{}") == (sent.vendor_id, sent.message_id, sent.data)
    assert "Accepted" == answer.status


# Costs

STARTED = v16.StartTransactionRequest(connector_id=1, id_tag="A", timestamp=NOON, meter_start=100)


def charging_at_1_6(answer: Any, cost: Decimal | None = None) -> tuple[Bridge, int, str]:
    """A running transaction: its number, and its id in 2.0.1."""
    event = v201.TransactionEventResponse(
        total_cost=cost, id_token_info=v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED)
    )
    both = old_station(answer, TransactionEvent=event)
    number = both.station(STARTED).transaction_id
    (begun,) = both.to_csms()
    return both, number, begun.transaction_info.transaction_id


def test_a_cost_so_far_reaches_a_station_of_1_6() -> None:
    both, number, id = charging_at_1_6(transferred("Accepted"))
    answer = both.csms(v201.CostUpdatedRequest(total_cost=Decimal("1.25"), transaction_id=id))

    (sent,) = both.to_station()
    data = json.loads(sent.data)

    assert (COSTS, "RunningCost") == (sent.vendor_id, sent.message_id)
    assert (number, 1.25, 100) == (data["transactionId"], data["cost"], data["meterValue"])
    assert v201.CostUpdatedResponse() == answer


def test_a_cost_that_nobody_shows_is_not_supported() -> None:
    both, _, id = charging_at_1_6(transferred("UnknownVendorId"))
    answers = [
        both.csms(v201.CostUpdatedRequest(total_cost=Decimal(1), transaction_id=one)) for one in (id, "other")
    ]

    assert [ErrorCode.NOT_SUPPORTED] * 2 == [one.code for one in answers]


def test_no_answer_to_a_cost_is_none() -> None:
    both, _, id = charging_at_1_6(None)
    both.serves[Side.STATION] = lambda request: OcppError(ErrorCode.INTERNAL)
    answer = both.csms(v201.CostUpdatedRequest(total_cost=Decimal(1), transaction_id=id))

    assert ErrorCode.INTERNAL == answer.code


def test_without_the_note_a_cost_is_not_supported() -> None:
    both = bridge("1.6", "2.0.1", {}, {}, has_plug_and_charge=True)
    answer = both.csms(v201.CostUpdatedRequest(total_cost=Decimal(1), transaction_id="T"))

    assert ErrorCode.NOT_SUPPORTED == answer.code


def test_the_final_cost_follows_the_end() -> None:
    both, number, _ = charging_at_1_6(transferred("Accepted"), Decimal("3.5"))
    both.station(v16.StopTransactionRequest(transaction_id=number, timestamp=NOON, meter_stop=200))

    (sent,) = both.to_station()

    assert (COSTS, "FinalCost") == (sent.vendor_id, sent.message_id)
    assert {"transactionId": number, "cost": 3.5} == json.loads(sent.data)


def charging_at_2_0_1(**serves: Any) -> Bridge:
    started = v16.StartTransactionResponse(
        transaction_id=5, id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
    )
    both = bridge(
        "2.0.1",
        "1.6",
        serves,
        {"StartTransaction": started, "StatusNotification": v16.StatusNotificationResponse()},
    )
    both.station(
        v201.TransactionEventRequest(
            event_type=v201.TransactionEvent.STARTED,
            timestamp=NOON,
            trigger_reason=v201.TriggerReason.AUTHORIZED,
            seq_no=0,
            transaction_info=v201.Transaction(
                transaction_id="T-1", charging_state=v201.ChargingState.CHARGING
            ),
            evse=v201.EVSE(id=1, connector_id=1),
            id_token=CARD.id_token,
        )
    )
    both.to_csms()
    both.lost()
    return both


@pytest.mark.parametrize(
    "name, lost",
    [
        ("RunningCost", [("$.data.state", "dropped", "no_counterpart")]),
        (
            "FinalCost",
            [
                ("$.data.state", "dropped", "no_counterpart"),
                ("$.messageId", "approximated", "collapsed"),
            ],
        ),
    ],
)
def test_a_cost_of_1_6_reaches_a_station_of_2_0_1(name: str, lost: Any) -> None:
    both = charging_at_2_0_1(CostUpdated=v201.CostUpdatedResponse())
    answer = both.csms(opened(name, '{"transactionId": 5, "cost": 1.25, "state": "Charging"}', COSTS))

    assert [v201.CostUpdatedRequest(total_cost=Decimal("1.25"), transaction_id="T-1")] == both.to_station()
    assert "Accepted" == answer.status
    assert lost == both.lost()


@pytest.mark.parametrize("data", [None, "7", '{"transactionId": 6, "cost": 1}', '{"transactionId": 5}'])
def test_a_cost_of_nothing_is_rejected(data: str | None) -> None:
    both = charging_at_2_0_1()

    assert "Rejected" == both.csms(opened("RunningCost", data, COSTS)).status


def test_a_station_of_2_0_1_that_shows_no_cost_rejects_it() -> None:
    both = charging_at_2_0_1()
    both.serves[Side.STATION] = lambda request: OcppError(ErrorCode.NOT_IMPLEMENTED)
    answer = both.csms(opened("RunningCost", '{"transactionId": 5, "cost": 1}', COSTS))

    assert "Rejected" == answer.status


def test_a_station_of_2_0_1_that_does_not_answer_is_no_rejection() -> None:
    both = charging_at_2_0_1()
    both.serves[Side.STATION] = lambda request: None
    answer = both.csms(opened("RunningCost", '{"transactionId": 5, "cost": 1}', COSTS))

    assert isinstance(answer, OcppError)
