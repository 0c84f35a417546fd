"""Occupied of 1.5 and 1.2 in 1.6: by the transaction that the session knows of."""

from typing import Any

import pytest

from bridge import Bridge, accepting, at
from ocpp_core import v12, v15, v16
from ocpp_core.translation import Policy, Side

ANSWERS = {
    "StatusNotification": v16.StatusNotificationResponse(),
    "StartTransaction": v16.StartTransactionResponse(
        transaction_id=5, id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
    ),
    "StopTransaction": v16.StopTransactionResponse(),
}


def station(version: str = "1.5") -> Bridge:
    serves = {Side.STATION: accepting(), Side.CSMS: accepting(**ANSWERS)}
    # What a session knows goes before what is assumed without one.
    return Bridge(version, "1.6", serves=serves, policy=Policy(occupied_as="SuspendedEV"))


def status(of: Any, token: str, connector: int = 1) -> Any:
    return of.StatusNotificationRequest(
        connector_id=connector,
        status=of.ChargePointStatus(token),
        error_code=of.ChargePointErrorCode.NO_ERROR,
    )


def start(of: Any, connector: int = 1) -> Any:
    return of.StartTransactionRequest(connector_id=connector, id_tag="tag", timestamp=at(1), meter_start=0)


def stop(of: Any, number: int = 5) -> Any:
    return of.StopTransactionRequest(transaction_id=number, timestamp=at(2), meter_stop=1)


def statuses(both: Bridge) -> list[str]:
    return [str(one.status) for one in both.to_csms() if isinstance(one, v16.StatusNotificationRequest)]


@pytest.mark.parametrize("version, of", [("1.5", v15), ("1.2", v12)])
def test_occupied_is_told_apart_by_the_transaction(version: str, of: Any) -> None:
    both = station(version)
    for message in (
        status(of, "Occupied"),
        start(of),
        status(of, "Occupied"),
        status(of, "Occupied", 2),
        stop(of),
        status(of, "Occupied"),
        status(of, "Available"),
        status(of, "Occupied"),
    ):
        both.station(message)

    assert ["Preparing", "Charging", "Preparing", "Finishing", "Available", "Preparing"] == statuses(both)


def test_it_is_known_after_a_restart() -> None:
    both = station()
    both.station(start(v15))
    both.restart()
    both.station(status(v15, "Occupied"))

    assert ["Charging"] == statuses(both)


def test_a_transaction_without_an_answer_runs_all_the_same() -> None:
    both = station()
    both.serves[Side.CSMS] = lambda request: None
    both.station(start(v15))
    both.serves[Side.CSMS] = accepting(**ANSWERS)
    both.station(status(v15, "Available"))
    both.station(status(v15, "Occupied"))
    both.station(stop(v15, 7))
    both.station(status(v15, "Occupied"))

    assert ["Available", "Charging", "Charging"] == statuses(both)
