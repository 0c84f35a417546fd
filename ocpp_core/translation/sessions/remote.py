"""Transactions that are started and stopped by the CSMS, in both directions, and what it asks of them."""

from typing import Any

from msgspec.structs import replace as replaced

from ocpp_core import v16, v201
from ocpp_core.translation.losses import LossKind, LossReason
from ocpp_core.translation.sessions.layers import Asked, Steps
from ocpp_core.translation.sessions.state import State

# Starts


def request_start_transaction(asked: Asked) -> Steps:
    """2.0.1 to 1.6: the id of the start is kept for the transaction that begins with it."""
    request: v201.RequestStartTransactionRequest = asked.message
    profile = request.charging_profile
    if profile is not None and profile.transaction_id is not None:  # [F01.FR.11]
        return asked.answered(status="Rejected", status_info={"reason_code": "InvalidProfile"})
    id = asked.view.required("remote_start_id")

    def kept(made: v16.RemoteStartTransactionRequest) -> Any:
        asked.state.expect(id, made.id_tag, made.connector_id, asked.now)
        return made

    answer = yield from asked.carried(kept)
    _forgotten_if_refused(asked.state, id, answer)
    return answer


def remote_start_transaction(asked: Asked) -> Steps:
    """1.6 to 2.0.1: the start gets an id, by which its events are known."""
    request: v16.RemoteStartTransactionRequest = asked.message
    profile = request.charging_profile
    if profile is not None and profile.transaction_id is not None:
        return asked.answered(status="Rejected")
    ids: list[int] = []
    started: list[str] = []

    def kept(made: v201.RequestStartTransactionRequest) -> Any:
        ids.append(made.remote_start_id)
        asked.state.expect(made.remote_start_id, request.id_tag, made.evse_id, asked.now)
        return made

    def heard(answer: Any) -> None:
        if answer.transaction_id is not None:
            started.append(answer.transaction_id)

    answer = yield from asked.carried(kept, heard=heard)
    for number in ids:
        _forgotten_if_refused(asked.state, number, answer)
        for id in started:
            asked.state.bind(id, number)
    return answer


def _forgotten_if_refused(state: State, id: int, answer: Any) -> None:
    """No transaction will begin with a start that was refused. One that was not answered may yet."""
    if answer is not None and getattr(answer, "status", None) != "Accepted":
        state.records.remove("start", str(id))


# Stops


def request_stop_transaction(asked: Asked) -> Steps:
    """2.0.1 to 1.6: by the number of the transaction. What is not known is not stopped."""
    id = asked.view.transaction_id
    asked.view.drop("custom_data")
    record = asked.state.transaction(id)
    if record is None or record.number is None or record.is_ended:
        return asked.answered(status="Rejected", status_info={"reason_code": "UnknownTxId"})
    made = v16.RemoteStopTransactionRequest(transaction_id=record.number)
    answer = asked.returned((yield made), made)
    record = asked.state.transaction(id)
    if record is not None and getattr(answer, "status", None) == "Accepted":
        asked.state.save(replaced(record, stop="RemoteStop"))
    return answer


def remote_stop_transaction(asked: Asked) -> Steps:
    """1.6 to 2.0.1: by the id of the transaction. What is not known is not stopped."""
    id = asked.state.newer_transaction(asked.view.transaction_id)
    if id is None:
        return asked.answered(status="Rejected")
    made = v201.RequestStopTransactionRequest(transaction_id=id)
    return asked.returned((yield made), made)


# Questions


def get_transaction_status(asked: Asked) -> Steps:
    """2.0.1: answered by what is known of the transaction. What the station has not sent yet, nobody knows."""
    yield from ()
    id = asked.message.transaction_id
    record = asked.state.transaction(id)
    is_going_on = None if id is None else record is not None and not record.is_ended
    is_waiting = record is not None and bool(record.outbox)
    if not is_waiting:
        asked.run.made((None, "", "messagesInQueue"), False, LossReason.REQUIRED, LossKind.DEFAULTED)
    return asked.answered(ongoing_indicator=is_going_on, messages_in_queue=is_waiting)
