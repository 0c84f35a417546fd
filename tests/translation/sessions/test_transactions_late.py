"""Transactions whose messages come late, again or out of order: each event is one, whatever waits before it."""

from typing import Any

import pytest

from bridge import NOON, Bridge, accepting, at
from ocpp_core import v16, v20, v201
from ocpp_core.model.errors import OcppError
from ocpp_core.translation import Policy, Side

TAG = "04AABBCC"
EVENT = {"2.0": v20.TransactionEventResponse(), "2.0.1": v201.TransactionEventResponse()}
STATUS = {"2.0": v20.StatusNotificationResponse(), "2.0.1": v201.StatusNotificationResponse()}
CSMS = pytest.mark.parametrize("csms", list(EVENT))


class Patchy(Bridge):
    """A station of 1.6 whose CSMS answers while `hears` is set."""

    def __init__(self, csms: str, **more: Any) -> None:
        self.hears = True
        serves = {
            Side.STATION: accepting(),
            Side.CSMS: lambda one: (
                {"TransactionEvent": EVENT[csms], "StatusNotification": STATUS[csms]}[one.__ocpp__.action]
                if self.hears
                else None
            ),
        }
        super().__init__("1.6", csms, serves=serves, **more)

    def events(self) -> list[tuple[str, int]]:
        return [
            (str(one.event_type), one.seq_no)
            for one in self.to_csms()
            if one.__ocpp__.action == "TransactionEvent"
        ]


def start() -> v16.StartTransactionRequest:
    return v16.StartTransactionRequest(connector_id=1, id_tag=TAG, timestamp=NOON, meter_start=0)


def values(number: int, minute: float = 5) -> v16.MeterValuesRequest:
    value = v16.MeterValue(timestamp=at(minute), sampled_value=[v16.SampledValue(value="7")])
    return v16.MeterValuesRequest(connector_id=1, transaction_id=number, meter_value=[value])


def stop(number: int) -> v16.StopTransactionRequest:
    return v16.StopTransactionRequest(transaction_id=number, timestamp=at(9), meter_stop=9)


def status(token: str) -> v16.StatusNotificationRequest:
    return v16.StatusNotificationRequest(
        connector_id=1,
        status=v16.ChargePointStatus(token),
        error_code=v16.ChargePointErrorCode.NO_ERROR,
        timestamp=at(1),
    )


@CSMS
@pytest.mark.parametrize("is_killed", [False, True], ids=["going on", "killed"])
def test_a_transaction_ends_once_whatever_has_waited_before_its_end(csms: str, is_killed: bool) -> None:
    both = Patchy(csms)
    number = both.station(start()).transaction_id
    both.hears = False
    both.station(values(number))
    both.station(stop(number))
    both.station(stop(number))
    if is_killed:
        both.restart()
    both.hears = True
    both.to_csms()

    answer = both.station(stop(number))

    assert v16.StopTransactionResponse() == answer
    assert [("Updated", 1), ("Ended", 2)] == both.events()


@CSMS
def test_what_waits_is_said_again_as_it_was(csms: str) -> None:
    both = Patchy(csms)
    number = both.station(start()).transaction_id
    both.hears = False
    both.station(values(number))
    both.lost()
    both.station(values(number))

    assert [("Started", 0), ("Updated", 1), ("Updated", 1)] == both.events()
    assert [] == both.lost()


def test_a_status_that_finds_no_room_is_not_acknowledged() -> None:
    both = Patchy("2.0.1", policy=Policy(most_waiting=1))
    number = both.station(start()).transaction_id
    both.hears = False
    both.station(values(number))

    answer = both.station(status("Charging"))
    both.hears = True
    again = both.station(status("Charging"))

    assert isinstance(answer, OcppError)
    assert v16.StatusNotificationResponse() == again
    assert [("Started", 0), ("Updated", 1), ("Updated", 1), ("Updated", 1), ("Updated", 2)] == both.events()
