"""Commands whose effect depends on what goes on: resets, triggers, locks and reservations, in both directions."""

from typing import Any

from ocpp_core import v16, v201
from ocpp_core.model.messages import evolve
from ocpp_core.translation.losses import LossReason, Place
from ocpp_core.translation.rules import best
from ocpp_core.translation.sessions.layers import Asked, Steps
from ocpp_core.translation.sessions.records import moment_text

# Reset


def reset_down(asked: Asked) -> Steps:
    """2.0.1 to 1.6: OnIdle waits here, as a reset of 1.6 ends transactions."""
    request: v201.ResetRequest = asked.message
    if request.type == "OnIdle" and request.evse_id is None and asked.state.running() is not None:
        asked.state.records.put("reset", "", "Soft")
        return asked.answered(status="Scheduled")
    asked.state.records.remove("reset", "")  # a later command counts
    answer = yield from asked.carried()
    if getattr(answer, "status", None) == "Accepted":
        asked.state.hints["boot"] = "RemoteReset"
    return answer


def reset_up(asked: Asked) -> Steps:
    """1.6 to 2.0.1, which does not tell the kind of reset in the reason of a transaction that it ends."""
    kind = str(asked.message.type)
    answer = yield from asked.carried()
    if getattr(answer, "status", None) == "Accepted":
        asked.state.hints["reset"] = kind
    return answer


# Triggers


def trigger_down(asked: Asked) -> Steps:
    """2.0.1 to 1.6: what is triggered is sent even if it says nothing new; no transaction, no event of it."""
    request: v201.TriggerMessageRequest = asked.message
    place = None if request.evse is None else request.evse.id
    wanted = request.requested_message
    if wanted == "TransactionEvent" and asked.state.running(place) is None:
        return asked.answered(status="Rejected")
    if wanted == "StatusNotification":
        _expect_status(asked, place)
    answer = yield from asked.carried()
    if wanted == "BootNotification" and getattr(answer, "status", None) == "Accepted":
        asked.state.hints["boot"] = "Triggered"
    return answer


def trigger_up(asked: Asked) -> Steps:
    """1.6 to 2.0.1: values of a transaction are events, and a status is that of one connector."""
    request: v16.TriggerMessageRequest = asked.message
    place = request.connector_id or None
    wanted = request.requested_message
    if wanted == "StatusNotification":
        _expect_status(asked, place)
        if place is None and len(asked.state.evses()) > 1:
            return (yield from _every_status(asked))

    def changed(made: v201.TriggerMessageRequest) -> Any:
        if wanted == "StatusNotification" and made.evse is None and asked.state.evses():
            return evolve(made, evse=_evse(asked, asked.state.evses()[0]))
        if wanted == "MeterValues" and place is not None and asked.state.running(place) is not None:
            where: Place = (None, "requestedMessage", "requestedMessage")
            asked.run.approximated(where, wanted, "TransactionEvent", LossReason.REMEMBERED)
            return evolve(made, requested_message=v201.MessageTrigger.TRANSACTION_EVENT)
        return made

    return (yield from asked.carried(changed))


def _every_status(asked: Asked) -> Steps:
    """One request for each connector: triggered, if one is."""
    asked.view.carried()
    answers: list[Any] = []
    for place in asked.state.evses():
        made = v201.TriggerMessageRequest(
            requested_message=v201.MessageTrigger.STATUS_NOTIFICATION, evse=_evse(asked, place)
        )
        answers.append(asked.returned((yield made), made))
    good = [one for one in answers if isinstance(one, v16.TriggerMessageResponse)]
    return best("Accepted", "Rejected", "NotImplemented")(good) if good else answers[0]


def _evse(asked: Asked, place: int) -> v201.EVSE:
    connector = asked.state.outlet(place).connector
    asked.run.made((None, "", "evse"), {"id": place, "connectorId": connector}, LossReason.REMEMBERED)
    return v201.EVSE(id=place, connector_id=connector)


def _expect_status(asked: Asked, place: int | None) -> None:
    """The next status is sent, whatever it says."""
    for number, outlet in asked.state.outlets.items():
        if place is None or number == place:
            outlet.is_triggered = True


# Locks


def unlock_up(asked: Asked) -> Steps:
    """1.6 to 2.0.1: of an EVSE with several connectors, the one in use."""

    def in_use(made: v201.UnlockConnectorRequest) -> Any:
        known = asked.state.outlet(made.evse_id).connector
        return evolve(made, connector_id=known)

    return (yield from asked.carried(in_use))


def unlock_down(asked: Asked) -> Steps:
    """2.0.1 to 1.6: NotSupported of a connector that there is says that it has no lock."""
    answer = yield from asked.carried()
    is_known = asked.message.evse_id in asked.state.outlets
    if isinstance(answer, v201.UnlockConnectorResponse) and answer.status == "UnknownConnector" and is_known:
        asked.run.made((None, "", "statusInfo"), "UnsupportedRequest", LossReason.REMEMBERED)
        return evolve(
            answer,
            status=v201.UnlockStatus.UNLOCK_FAILED,
            status_info=v201.StatusInfo(reason_code="UnsupportedRequest"),
        )
    return answer


# Reservations


def reserve_now_down(asked: Asked) -> Steps:
    """2.0.1 to 1.6, which does not report that a reservation is over: it is kept, to see it."""
    request: v201.ReserveNowRequest = asked.message
    id = asked.view.required("id")
    answer = yield from asked.carried()
    if getattr(answer, "status", None) == "Accepted":
        value = {"place": request.evse_id or 0, "until": moment_text(request.expiry_date_time)}
        asked.state.records.push("reservation", str(id), value, asked.policy.most_transactions)
    return answer


def cancel_reservation_down(asked: Asked) -> Steps:
    """2.0.1 to 1.6: what was cancelled is not over by itself."""
    answer = yield from asked.carried()
    if getattr(answer, "status", None) == "Accepted":
        asked.state.records.remove("reservation", str(asked.message.reservation_id))
    return answer
