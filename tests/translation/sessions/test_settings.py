"""The configuration through a session: what is learned on the way is not asked twice, and reports are waited for."""

from datetime import timedelta
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting
from configured import Keys, Variables, get_of, pairs, set_of, texts
from ocpp_core import v16, v201
from ocpp_core.translation import Side
from ocpp_core.translation.configuration import Target
from ocpp_core.translation.sessions import Call, Reply

KEYS = {"HeartbeatInterval": "300", "NumberOfConnectors": "1"}
VARIABLES = {Target("OCPPCommCtrlr", "HeartbeatInterval"): "300"}


def old_station() -> tuple[Bridge, Keys]:
    station = Keys(dict(KEYS))
    csms = accepting(NotifyReport=v201.NotifyReportResponse())
    return Bridge("1.6", "2.0.1", serves={Side.STATION: station, Side.CSMS: csms}), station


def new_station() -> tuple[Bridge, Variables]:
    station = Variables(dict(VARIABLES))
    return Bridge("2.0.1", "1.6", serves={Side.STATION: station, Side.CSMS: accepting()}), station


def test_variables_of_a_station_of_1_6_are_set_and_read() -> None:
    both, station = old_station()

    written = both.csms(set_of(("OCPPCommCtrlr/HeartbeatInterval", "60"), ("NoCtrlr/Nothing", "1")))
    read = both.csms(get_of("OCPPCommCtrlr/HeartbeatInterval"))

    assert ["Accepted", "UnknownComponent"] == [one.attribute_status for one in written.set_variable_result]
    assert (["60"], "60") == (texts(read), station.values["HeartbeatInterval"])


@pytest.mark.parametrize(
    "said, is_set, seconds",
    [
        ("90", False, 150),
        ("90", True, 300),
        *((odd, False, 300) for odd in ("0", "-5", "soon", "999999999999999999999")),
    ],
)
def test_a_remote_start_waits_as_long_as_its_station(said: str, is_set: bool, seconds: int) -> None:
    old, keys = old_station()
    keys.values["ConnectionTimeOut"] = said
    accepted = v16.RemoteStartTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED)
    configuration = old.serves[Side.STATION]
    old.serves[Side.STATION] = lambda request: (
        accepted if isinstance(request, v16.RemoteStartTransactionRequest) else configuration(request)
    )
    token = v201.IdToken(id_token="04A2", type=v201.IdTokenEnum.ISO14443)

    old.csms(get_of("TxCtrlr/EVConnectionTimeOut"))
    if is_set:
        old.csms(set_of(("OCPPCommCtrlr/HeartbeatInterval", "60")))
    old.csms(v201.RequestStartTransactionRequest(id_token=token, remote_start_id=7))

    assert old.now + timedelta(seconds=seconds) == old.session.wake_at


def test_what_a_station_has_said_of_itself_is_read_without_asking() -> None:
    both, station = old_station()
    both.serves[Side.CSMS] = accepting(
        BootNotification=v201.BootNotificationResponse(
            current_time=NOON, interval=1, status=v201.RegistrationStatus.ACCEPTED
        )
    )
    both.station(v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M"))

    read = both.csms(get_of("ChargingStation/VendorName"))

    assert (["V"], []) == (texts(read), station.seen)


def test_a_report_of_a_station_of_1_6_follows_its_answer() -> None:
    both, _ = old_station()

    answer = both.csms(v201.GetBaseReportRequest(request_id=3, report_base=v201.ReportBase.FULL_INVENTORY))

    reports = both.to_csms()
    assert "Accepted" == answer.status
    assert {3} == {one.request_id for one in reports}
    assert "HeartbeatInterval" in {data.variable.name for one in reports for data in one.report_data}


def test_keys_of_a_station_of_2_x_are_set_and_read() -> None:
    both, station = new_station()

    written = both.csms(v16.ChangeConfigurationRequest(key="HeartbeatInterval", value="60"))
    read = both.csms(v16.GetConfigurationRequest(key=["heartbeatinterval", "NoKey"]))

    assert "Accepted" == written.status
    assert {"heartbeatinterval": "60"} == pairs(read)
    assert ["NoKey"] == read.unknown_key
    assert "60" == station.values[Target("OCPPCommCtrlr", "HeartbeatInterval").folded]


def test_what_a_request_may_hold_is_asked_once() -> None:
    both, station = new_station()
    keys = v16.GetConfigurationRequest(key=["HeartbeatInterval", "ConnectionTimeOut"])

    both.csms(keys)
    first = len(station.seen)
    both.csms(keys)

    assert first - 1 == len(station.seen) - first


# All keys


def report(number: int, seq_no: int, tbc: bool, value: str = "300") -> v201.NotifyReportRequest:
    return v201.NotifyReportRequest(
        request_id=number,
        generated_at=NOON,
        seq_no=seq_no,
        tbc=tbc,
        report_data=[
            v201.ReportData(
                component=v201.Component(name="OCPPCommCtrlr"),
                variable=v201.Variable(name=("HeartbeatInterval", "ResetRetries")[seq_no]),
                variable_attribute=[v201.VariableAttribute(value=value)],
            )
        ],
    )


def waiting() -> tuple[Bridge, int]:
    """A CSMS of 1.6 waits for all keys."""
    both, _ = new_station()
    (call,) = both.session.received(Side.CSMS, v16.GetConfigurationRequest(), "all", NOON)
    assert isinstance(call, Call)
    request: Any = call.request
    accepted = v201.GetBaseReportResponse(status=v201.GenericDeviceModelStatus.ACCEPTED)
    assert [] == both.session.answered(call.call, accepted, NOON)
    return both, request.request_id


def test_all_keys_are_there_with_the_last_part_of_the_report() -> None:
    both, number = waiting()

    both.session.received(Side.STATION, report(number, 0, tbc=True), 1, NOON)
    effects = both.session.received(Side.STATION, report(number, 1, tbc=False, value="3"), 2, NOON)

    answered, told = effects
    assert isinstance(told, Reply)
    assert isinstance(answered, Reply)
    assert (2, "all") == (answered.call, told.call)
    assert {"HeartbeatInterval": "300", "ResetRetries": "3"}.items() <= pairs(told.answer).items()


def test_who_waits_for_a_report_too_long_is_told_what_is_known() -> None:
    both, number = waiting()
    both.session.received(Side.STATION, report(number, 0, tbc=True), 1, NOON)

    expires = both.session.wake_at
    early = both.session.woken(NOON + timedelta(seconds=59))
    (told,) = both.session.woken(NOON + timedelta(seconds=60))

    assert NOON + timedelta(seconds=60) == expires
    assert [] == early
    assert isinstance(told, Reply)
    assert {"HeartbeatInterval": "300"}.items() <= pairs(told.answer).items()
    assert None is both.session.wake_at


def test_a_report_that_nobody_has_asked_for_is_kept_in_mind() -> None:
    both, station = new_station()

    answer = both.station(report(99, 0, tbc=False))
    both.serves[Side.STATION] = lambda request: v201.GetBaseReportResponse(
        status=v201.GenericDeviceModelStatus.NOT_SUPPORTED
    )
    keys = both.csms(v16.GetConfigurationRequest())

    assert v201.NotifyReportResponse() == answer
    assert {"HeartbeatInterval": "300"}.items() <= pairs(keys).items()
    assert [] == station.seen
