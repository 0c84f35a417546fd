"""What a tolerant peer was allowed to say breaks no session: it goes no further, and what is right goes on after it."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import strategies as st

from bridge import NOON, Bridge, accepting
from ocpp_core import v16, v21, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError, PayloadError
from ocpp_core.model.messages import Response, evolve
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.payloads.conversion import from_wire, to_wire
from ocpp_core.testing import broken_payloads, messages
from ocpp_core.testing.mutations import is_breakable
from ocpp_core.translation import Side
from properties import for_all

TIME = "2026-01-31T12:00:00Z"
ACCEPTED = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
OLD_CSMS = {
    "Authorize": v16.AuthorizeResponse(id_tag_info=ACCEPTED),
    "MeterValues": v16.MeterValuesResponse(),
    "StartTransaction": v16.StartTransactionResponse(transaction_id=5, id_tag_info=ACCEPTED),
    "StatusNotification": v16.StatusNotificationResponse(),
    "StopTransaction": v16.StopTransactionResponse(),
}
NEW_CSMS = {
    "Authorize": v201.AuthorizeResponse(
        id_token_info=v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED)
    ),
    "NotifyEvent": v201.NotifyEventResponse(),
    "MeterValues": v201.MeterValuesResponse(),
    "StatusNotification": v201.StatusNotificationResponse(),
    "TransactionEvent": v201.TransactionEventResponse(),
}
EVENT = {
    "eventType": "Started",
    "timestamp": TIME,
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "T-1", "chargingState": "Charging"},
    "evse": {"id": 1, "connectorId": 1},
    "idToken": {"idToken": "04AABBCC", "type": "ISO14443"},
}
START = {"connectorId": 1, "idTag": "04AABBCC", "timestamp": TIME, "meterStart": 0}
STOP = {"transactionId": 1, "timestamp": TIME, "meterStop": 0}
STOP_WITH_DATA = {
    **STOP,
    "transactionData": [{"timestamp": TIME, "sampledValue": [{"value": "1", "context": "Transaction.End"}]}],
}
VALUES = {
    "connectorId": 1,
    "transactionId": 1,
    "meterValue": [{"timestamp": TIME, "sampledValue": [{"value": "1"}]}],
}
OLD_STATUS = {"connectorId": 1, "status": "Charging", "errorCode": "NoError", "timestamp": TIME}
NEW_STATUS = {"evseId": 1, "connectorId": 1, "connectorStatus": "Occupied", "timestamp": TIME}
NOTIFIED = {
    "eventId": 1,
    "timestamp": TIME,
    "trigger": "Alerting",
    "actualValue": "true",
    "techCode": "x",
    "techInfo": "y",
    "eventNotificationType": "HardWiredNotification",
    "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
    "variable": {"name": "Problem"},
}
NOTIFY = {"generatedAt": TIME, "seqNo": 0, "eventData": [NOTIFIED]}
ANYTHING = ["", "x", "9" * 40, -1, 2**70, 0.5, True, None, [], {}, [1], {"a": 1}]


def tolerated(cls: Any, payload: dict[str, Any]) -> Any:
    return from_wire(cls, payload, tolerance=Tolerance.TOLERANT)


def variants(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The payload with each of its members, and of those of its objects, as anything but what it has to be."""
    for name, value in payload.items():
        for wrong in ANYTHING:
            yield {**payload, name: wrong}
        yield {key: one for key, one in payload.items() if key != name}
        if isinstance(value, dict):
            yield from ({**payload, name: one} for one in variants(value))


def broken_by(bridge: Bridge, cls: Any, payload: dict[str, Any]) -> list[str]:
    """Sends all that may be wrong to a session whose process is killed each time; gives what was no answer."""
    found = []
    for wrong in variants(payload):
        try:
            message = from_wire(cls, wrong, tolerance=Tolerance.TOLERANT)
        except PayloadError:
            continue
        for _ in range(2):
            try:
                if bridge.station(message) is None:
                    found.append(f"{wrong} has no answer")
                bridge.restart()
            except Exception as error:  # whatever it is
                found.append(f"{wrong}: {error!r}"[:2000])
    return found


def old_csms() -> Bridge:
    serves = {Side.STATION: accepting(), Side.CSMS: accepting(**OLD_CSMS)}
    return Bridge("2.0.1", "1.6", serves=serves)


def new_csms() -> Bridge:
    serves = {Side.STATION: accepting(), Side.CSMS: accepting(**NEW_CSMS)}
    return Bridge("1.6", "2.0.1", serves=serves)


@pytest.mark.parametrize(
    "cls, payload",
    [
        (v201.TransactionEventRequest, EVENT),
        (v201.TransactionEventRequest, {**EVENT, "eventType": "Updated", "seqNo": 1}),
        (v201.TransactionEventRequest, {**EVENT, "eventType": "Ended", "seqNo": 2}),
        (v201.StatusNotificationRequest, NEW_STATUS),
        (v201.NotifyEventRequest, NOTIFY),
        (v16.StartTransactionRequest, START),
        (v16.MeterValuesRequest, VALUES),
        (v16.StopTransactionRequest, STOP),
        (v16.StopTransactionRequest, STOP_WITH_DATA),
        (v16.StatusNotificationRequest, OLD_STATUS),
        (v16.AuthorizeRequest, {"idTag": "04AABBCC"}),
    ],
)
def test_what_was_tolerated_breaks_no_session(cls: Any, payload: dict[str, Any]) -> None:
    bridge = old_csms() if cls.__ocpp__.version == "2.0.1" else new_csms()
    right = from_wire(cls, payload)
    bridge.station(right)

    assert [] == broken_by(bridge, cls, payload)
    assert isinstance(bridge.station(right), Response)


@pytest.mark.parametrize(
    "bridge, action, payload, message",
    [
        (old_csms, "StartTransaction", {"transactionId": 5, "idTagInfo": {"status": "Accepted"}}, EVENT),
        (old_csms, "Authorize", {"idTagInfo": {"status": "Accepted"}}, {**EVENT, "evse": None}),
        (old_csms, "StopTransaction", {"idTagInfo": {"status": "Accepted"}}, {**EVENT, "eventType": "Ended"}),
        (new_csms, "TransactionEvent", {"idTokenInfo": {"status": "Accepted"}}, START),
        (new_csms, "Authorize", {"idTokenInfo": {"status": "Accepted"}}, {"idTag": "04AABBCC"}),
    ],
)
def test_an_answer_that_was_tolerated_breaks_no_session(
    bridge: Callable[[], Bridge], action: str, payload: dict[str, Any], message: dict[str, Any]
) -> None:
    found = []
    message = {name: value for name, value in message.items() if value is not None}
    for wrong in variants(payload):
        both = bridge()
        csms = both.versions[Side.CSMS]
        try:
            answer = from_wire(specification(csms).response(action), wrong, tolerance=Tolerance.TOLERANT)
        except PayloadError:
            continue
        right, both.serves[Side.CSMS] = both.serves[Side.CSMS], accepting(**{action: answer})
        cls: Any = v201.TransactionEventRequest if csms == "1.6" else v16.StartTransactionRequest
        request = from_wire(
            v16.AuthorizeRequest if "idTag" in message and len(message) == 1 else cls, message
        )
        try:
            both.station(request)
            both.restart()
            both.serves[Side.CSMS] = right
            if both.station(request) is None:
                found.append(f"{wrong} has no answer")
        except Exception as error:
            found.append(f"{wrong}: {error!r}"[:2000])

    assert [] == found


# Between equals nothing is translated, and what was tolerated cannot be sent all the same.

CHARGING = {"chargingRateUnit": "kW", "chargingSchedulePeriod": []}


def equals(**station: Any) -> Bridge:
    boot = v16.BootNotificationResponse(
        status=v16.RegistrationStatus.ACCEPTED, current_time=NOON, interval=300
    )
    serves = {Side.STATION: accepting(**station), Side.CSMS: accepting(**OLD_CSMS, BootNotification=boot)}
    return Bridge("1.6", "1.6", serves=serves)


def test_between_equals_what_was_tolerated_in_a_request_is_a_loss() -> None:
    bridge = equals()
    boot = {"chargePointVendor": "V", "chargePointModel": "M", "junk": 1, "iccid": ["8949"]}

    assert isinstance(bridge.station(tolerated(v16.BootNotificationRequest, boot)), Response)
    assert [v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")] == bridge.to_csms()
    assert [("$.iccid", "dropped", "no_counterpart"), ("$.junk", "dropped", "extension")] == bridge.lost()


@pytest.mark.parametrize(
    "payload, answer, lost",
    [
        pytest.param(
            {"status": "Accepted", "junk": 1},
            v16.GetCompositeScheduleResponse(status=v16.GetCompositeScheduleStatus.ACCEPTED),
            ("$.junk", "dropped", "extension"),
            id="member",
        ),
        pytest.param(
            {"status": "Accepted", "connectorId": "x"},
            v16.GetCompositeScheduleResponse(status=v16.GetCompositeScheduleStatus.ACCEPTED),
            ("$.connectorId", "dropped", "no_counterpart"),
            id="type",
        ),
        pytest.param(
            {"status": "Accepted", "chargingSchedule": CHARGING},
            v16.GetCompositeScheduleResponse(status=v16.GetCompositeScheduleStatus.ACCEPTED),
            ("$.chargingSchedule", "dropped", "no_counterpart"),
            id="token",
        ),
    ],
)
def test_between_equals_what_was_tolerated_in_an_answer_is_a_loss(
    payload: dict[str, Any], answer: Response, lost: tuple[str, str, str]
) -> None:
    bridge = equals(GetCompositeSchedule=tolerated(v16.GetCompositeScheduleResponse, payload))

    assert answer == bridge.csms(v16.GetCompositeScheduleRequest(connector_id=1, duration=60))
    assert [lost] == bridge.lost()


def test_between_equals_an_answer_that_says_nothing_known_is_an_error() -> None:
    bridge = equals(Reset=tolerated(v16.ResetResponse, {"status": "Perhaps"}))

    answer = bridge.csms(v16.ResetRequest(type=v16.ResetType.HARD))

    assert isinstance(answer, OcppError)
    assert ErrorCode.INTERNAL is answer.code
    assert [("$", "dropped", "suppressed")] == bridge.lost()


def test_between_equals_a_command_is_not_sent_without_its_restriction() -> None:
    bridge = equals()
    command = {"connectorId": "x", "type": "Operative"}

    answer = bridge.csms(tolerated(v16.ChangeAvailabilityRequest, command))

    assert isinstance(answer, OcppError)
    assert ErrorCode.TYPE_CONSTRAINT is answer.code
    assert [] == bridge.to_station()


def test_between_equals_what_keeps_to_its_schema_passes_as_it_is() -> None:
    refusal = OcppError(ErrorCode.NOT_SUPPORTED, "no such thing")
    bridge = equals(Reset=refusal)
    request = v16.ResetRequest(type=v16.ResetType.HARD)
    status = from_wire(v16.StatusNotificationRequest, OLD_STATUS)

    assert OLD_CSMS["StatusNotification"] is bridge.station(status)
    assert status is bridge.to_csms()[0]
    assert refusal is bridge.csms(request)
    assert request is bridge.to_station()[0]
    assert [] == bridge.lost()


def test_between_equals_what_wants_no_answer_is_lost_if_it_says_nothing() -> None:
    stream = {"id": "x", "pending": 0, "basetime": TIME, "data": [{"t": 0, "v": "1"}]}
    bridge = Bridge("2.1", "2.1", serves={Side.STATION: accepting(), Side.CSMS: accepting()})
    bridge.carry_out(
        bridge.session.received(Side.STATION, tolerated(v21.NotifyPeriodicEventStream, stream), None, NOON)
    )

    assert [] == bridge.to_csms()
    assert [("$", "dropped", "suppressed")] == bridge.lost()


# What a command says is said again later: in reports, and in what begins with it.

TOKEN = {"idToken": "04AABBCC", "type": "ISO14443"}
#: CSMS, station, action, its payload, and the member that later messages repeat.
REPEATED = [
    ("2.0.1", "1.6", "GetBaseReport", {"reportBase": "FullInventory"}, "requestId"),
    ("2.0.1", "1.6", "GetReport", {}, "requestId"),
    (
        "2.0.1",
        "1.6",
        "GetLog",
        {"logType": "DiagnosticsLog", "log": {"remoteLocation": "ftp://x"}},
        "requestId",
    ),
    (
        "2.0.1",
        "1.6",
        "UpdateFirmware",
        {"firmware": {"location": "ftp://x", "retrieveDateTime": TIME}},
        "requestId",
    ),
    ("2.0.1", "1.6", "GetChargingProfiles", {"chargingProfile": {}}, "requestId"),
    ("2.0.1", "1.6", "RequestStartTransaction", {"idToken": TOKEN}, "remoteStartId"),
    ("2.0.1", "1.6", "ReserveNow", {"expiryDateTime": TIME, "idToken": TOKEN}, "id"),
    ("2.0.1", "2.0", "GetBaseReport", {"reportBase": "FullInventory"}, "requestId"),
    ("2.0.1", "2.0", "CustomerInformation", {"report": True, "clear": False}, "requestId"),
]


@pytest.mark.parametrize("number", [None, "x", 1.5, True])
@pytest.mark.parametrize("csms, station, action, payload, name", REPEATED)
def test_a_command_whose_number_could_not_be_repeated_is_refused(
    csms: str, station: str, action: str, payload: dict[str, Any], name: str, number: Any
) -> None:
    bridge = Bridge(station, csms, serves={Side.STATION: accepting(), Side.CSMS: accepting()})
    members = payload if number is None else {**payload, name: number}

    answer = bridge.csms(tolerated(specification(csms).request(action), members))

    assert isinstance(answer, OcppError)
    assert answer.code in (ErrorCode.TYPE_CONSTRAINT, ErrorCode.OCCURRENCE_CONSTRAINT)
    assert [] == bridge.to_station()


def test_a_report_of_nothing_known_is_refused() -> None:
    bridge = Bridge("1.6", "2.0.1", serves={Side.STATION: accepting(), Side.CSMS: accepting()})

    answer = bridge.csms(tolerated(v201.GetBaseReportRequest, {"requestId": 1, "reportBase": "Sometimes"}))

    assert isinstance(answer, OcppError)
    assert ErrorCode.PROPERTY_CONSTRAINT is answer.code
    assert [] == bridge.to_station()


#: Of each command, in `make test` and in the deep run.
FEW, MANY = 2, 100
#: What a station says that may repeat what a command has said.
SAID = [
    "NotifyReport",
    "NotifyMonitoringReport",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEvent",
    "NotifySettlement",
    "LogStatusNotification",
    "FirmwareStatusNotification",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "DiagnosticsStatusNotification",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StopTransaction",
    "SignCertificate",
    "TransactionEvent",
    "StatusNotification",
    "ReservationStatusUpdate",
]


def _accepting(version: str, data: Any) -> Callable[[Any], Any]:
    """A side that accepts all that can be accepted."""

    def serve(request: Any) -> Any:
        cls = specification(version).response(request.__ocpp__.action)
        drawn = data.draw(messages(cls))
        try:
            return from_wire(cls, to_wire(drawn) | {"status": "Accepted"})
        except PayloadError:
            return drawn

    return serve


def _said_by(side: Side, version: str) -> list[Any]:
    """The requests of a side."""
    role = Role.CSMS if side is Side.CSMS else Role.CHARGE_POINT
    actions = specification(version).actions.values()
    return [
        specification(version).request(one.name) for one in actions if one.answered and one.sent_by & role
    ]


def _check_after(bridge: Bridge, side: Side, cls: Any, payload: dict[str, Any], data: Any) -> None:
    try:
        request = tolerated(cls, payload)
    except PayloadError:
        return
    bridge.ask(side, request)
    tag = getattr(getattr(request, "id_token", None), "id_token", None)
    station, csms = bridge.versions[Side.STATION], bridge.versions[Side.CSMS]
    for action in SAID:
        if action in specification(station).actions:
            said = data.draw(messages(specification(station).request(action)))
            if action == "StartTransaction" and isinstance(tag, str) and len(tag) <= 20:
                said = evolve(said, id_tag=tag)
            bridge.restart()
            assert bridge.station(said) is not None
    for command in data.draw(st.lists(st.sampled_from(_said_by(Side.CSMS, csms)), min_size=2, max_size=2)):
        bridge.restart()
        bridge.csms(data.draw(messages(command)))


def _after(station: str, csms: str, side: Side, times: int) -> None:
    for cls in filter(is_breakable, _said_by(side, station if side is Side.STATION else csms)):

        def check(case: Any, cls: Any = cls) -> None:
            broken, data = case
            serves = {Side.STATION: _accepting(station, data), Side.CSMS: _accepting(csms, data)}
            _check_after(Bridge(station, csms, serves=serves), side, cls, broken.payload, data)

        for_all(st.tuples(broken_payloads(cls), st.data()), times, check)


PAIRS = [("1.6", "2.0.1"), ("2.0", "2.0.1"), ("2.0.1", "2.1"), ("2.0.1", "1.6"), ("2.0.1", "2.0")]


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("station, csms", PAIRS)
def test_after_what_was_tolerated_of_a_side_both_are_understood(station: str, csms: str, side: Side) -> None:
    _after(station, csms, side, FEW)


@pytest.mark.deep
@pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1")
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("station, csms", PAIRS)
def test_after_all_that_may_be_tolerated_of_a_side_both_are_understood(
    station: str, csms: str, side: Side
) -> None:
    _after(station, csms, side, MANY)


def test_a_type_of_token_that_there_is_not_is_not_remembered() -> None:
    """A transaction that begins with that token would not be understood."""
    bridge = new_csms()
    token = {"idToken": "04AABBCC", "type": "Sometimes"}
    reservation = {"id": 1, "expiryDateTime": TIME, "idToken": token}

    bridge.csms(tolerated(v201.ReserveNowRequest, reservation))

    assert isinstance(bridge.station(from_wire(v16.StartTransactionRequest, START)), Response)
    (event,) = bridge.to_csms()
    assert v201.IdToken(id_token="04AABBCC", type=v201.IdTokenEnum.ISO14443) == event.id_token
