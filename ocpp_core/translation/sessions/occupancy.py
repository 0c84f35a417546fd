"""Occupied of 1.5, which 1.6 tells apart: a session knows whether a transaction runs there, or has just ended."""

from typing import Any

from ocpp_core.model.messages import Response
from ocpp_core.translation.sessions.layers import Asked, Steps

#: Connectors of which it is kept; a hostile station can name any number.
_MOST = 1_000


def start_transaction(asked: Asked) -> Steps:
    """It runs from when it is told, and has its number when the CSMS has answered."""
    _put(asked, asked.message.connector_id, "Charging")
    answer = yield from asked.carried()
    if isinstance(answer, Response):
        number: Any = answer
        _put(asked, asked.message.connector_id, "Charging", number.transaction_id)
    return answer


def stop_transaction(asked: Asked) -> Steps:
    """The vehicle may still be there."""
    number = asked.message.transaction_id
    for name, value in list(asked.state.records.all("use").items()):
        if value["number"] == number:
            _put(asked, int(name), "Finishing")
    return (yield from asked.carried())


def status_notification(asked: Asked) -> Steps:
    """Who is gone when the connector is free begins anew."""
    known = asked.state.records.get("use", str(asked.message.connector_id))
    if asked.message.status == "Available" and known is not None and known["status"] == "Finishing":
        asked.state.records.remove("use", str(asked.message.connector_id))
    return (yield from asked.carried())


def _put(asked: Asked, connector: int, status: str, number: int | None = None) -> None:
    asked.state.records.push("use", str(connector), {"status": status, "number": number}, _MOST)
