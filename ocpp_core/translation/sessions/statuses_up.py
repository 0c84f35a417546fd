"""Statuses of a station of 1.6 behind a CSMS of 2.0.1: connectors, charging states and problems, told apart."""

from datetime import datetime
from typing import Any

from ocpp_core import v16, v201
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import evolve
from ocpp_core.translation.leaves import in_milliseconds, milliseconds
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.sessions.effects import Answer
from ocpp_core.translation.sessions.layers import Asked, Steps
from ocpp_core.translation.sessions.records import moment as moment_of
from ocpp_core.translation.sessions.state import Outlet, State
from ocpp_core.translation.sessions.transactions_up import NOTHING, charging_state


def status_notification(asked: Asked) -> Steps:
    """A2, A3: what has changed of it, each as the message that 2.0.1 has for it."""
    request: v16.StatusNotificationRequest = asked.message
    state: State = asked.state
    view = asked.view
    outlet = state.outlet(view.connector_id)
    status = str(view.status)
    given = view.timestamp
    moment = milliseconds(asked.now)
    if given is not None:
        moment = in_milliseconds(given, asked.run, view.place("timestamp", "timestamp"))
    gone = _reservation_over(asked, outlet, status)
    outlet.status = status
    answers: list[Answer] = []
    record = state.running(request.connector_id) if request.connector_id else None
    if record is not None:
        answers.append((yield from charging_state(asked, record, status, moment)))
    answers.append((yield from _connector(asked, outlet, moment)))
    answers.append((yield from _problem(asked, outlet, moment)))
    if gone is not None:
        answers.append((yield gone))
    if None in answers:
        return None
    if all(one is NOTHING for one in answers):
        asked.run.losses.clear()
        asked.run.dropped(None, request, LossReason.SUPPRESSED)
    return next((one for one in answers if isinstance(one, OcppError)), asked.answered())


def _connector(asked: Asked, outlet: Outlet, moment: datetime) -> Steps:
    """The status of the connector, or of the station, if it is another than before or was asked for."""
    request: v16.StatusNotificationRequest = asked.message
    made: Any
    if request.connector_id == 0:
        sent = str(request.status)
        made = None
    else:
        plain = evolve(
            request,
            timestamp=request.timestamp and moment,
            error_code=v16.ChargePointErrorCode.NO_ERROR,
            info=None,
            vendor_id=None,
            vendor_error_code=None,
        )
        mark = len(asked.run.losses)
        plan = asked.run.way.plan(v16.StatusNotificationRequest, v201.StatusNotificationRequest)
        made = plan(plain, asked.run, None)
        sent = str(made.connector_status)
        if outlet.sent == sent and not outlet.is_triggered:
            del asked.run.losses[mark:]
    if outlet.sent == sent and not outlet.is_triggered:
        return NOTHING
    outlet.is_triggered = False
    answer = yield made or _event(asked, "AvailabilityState", sent, "Delta", moment)
    if answer is not None and not isinstance(answer, OcppError):
        outlet.sent = sent
    return answer


def _problem(asked: Asked, outlet: Outlet, moment: datetime) -> Steps:
    """The error code, which is an event of its own in 2.0.1."""
    view = asked.view
    code = str(view.error_code)
    if code == outlet.error:
        view.drop("info", "vendor_id", "vendor_error_code")
        return NOTHING
    is_over = code == "NoError"
    details: dict[str, Any] = {"cleared": True} if is_over else {"tech_code": code}
    if is_over:
        view.drop("info", "vendor_id", "vendor_error_code")
    else:
        details["tech_info"] = _tech_info(asked)
    answer = yield _event(asked, "Problem", "false" if is_over else "true", "Alerting", moment, **details)
    if answer is not None and not isinstance(answer, OcppError):
        outlet.error = code
    return answer


def _tech_info(asked: Asked) -> str | None:
    """What a station says of its error, in one text."""
    view = asked.view
    text: str = view.info or ""
    if view.vendor_id is not None or view.vendor_error_code is not None:
        text = f"{text} [{view.vendor_id or ''}:{view.vendor_error_code or ''}]"
        for name in ("info", "vendor_id", "vendor_error_code"):
            value = getattr(view, name)
            if value is not None:
                asked.run.approximated(
                    view.place(name, ".eventData[0].techInfo"), value, text, LossReason.MERGED
                )
    return text or view.info


def _event(
    asked: Asked, variable: str, value: str, trigger: str, moment: datetime, **details: Any
) -> v201.NotifyEventRequest:
    """A NotifyEvent of a connector or of the station."""
    request: v16.StatusNotificationRequest = asked.message
    number = asked.state.records.next_id("event")
    made = asked.run.made
    for target, one, reason in (
        ("eventId", number, LossReason.ALLOCATED),
        ("trigger", trigger, LossReason.GUESSED),
        ("eventNotificationType", "HardWiredNotification", LossReason.GUESSED),
    ):
        made((None, "", f".eventData[0].{target}"), one, reason)
    if asked.view.timestamp is None:
        made((None, "", ".eventData[0].timestamp"), moment, LossReason.TIME_OF_RECEIPT)
    made((None, "", "generatedAt"), moment, LossReason.REQUIRED)
    made((None, "", "seqNo"), 0, LossReason.REQUIRED)
    component = v201.Component(name="ChargingStation")
    if request.connector_id:
        made((None, "", ".eventData[0].component.evse.connectorId"), 1, LossReason.GUESSED)
        component = v201.Component(name="Connector", evse=v201.EVSE(id=request.connector_id, connector_id=1))
    data = v201.EventData(
        event_id=number,
        timestamp=moment,
        trigger=v201.EventTrigger(trigger),
        actual_value=value,
        event_notification_type=v201.EventNotification.HARD_WIRED_NOTIFICATION,
        component=component,
        variable=v201.Variable(name=variable),
        **details,
    )
    return v201.NotifyEventRequest(generated_at=moment, seq_no=0, event_data=[data])


def _reservation_over(
    asked: Asked, outlet: Outlet, status: str
) -> v201.ReservationStatusUpdateRequest | None:
    """A connector that is free again was neither used nor told to be: its reservation has run out."""
    if outlet.status != "Reserved" or status != "Available":
        return None
    records = asked.state.records
    for name, value in records.all("reservation").items():
        if value["place"] == asked.message.connector_id:
            records.remove("reservation", name)
            is_late = asked.now >= moment_of(value["until"])
            update = "Expired" if is_late else "Removed"
            asked.run.made((None, "", "reservationId"), int(name), LossReason.REMEMBERED)
            asked.run.made((None, "", "reservationUpdateStatus"), update, LossReason.GUESSED)
            return v201.ReservationStatusUpdateRequest(
                reservation_id=int(name), reservation_update_status=v201.ReservationUpdateStatus(update)
            )
    return None


def authorize(asked: Asked) -> Steps:
    """A1: as it is. What the CSMS says of the token is kept for a transaction that it says nothing of."""
    answer = yield from asked.carried()
    if isinstance(answer, v16.AuthorizeResponse):
        known = asked.state.hints.setdefault("authorized", {})
        known.pop(asked.message.id_tag.casefold(), None)
        known[asked.message.id_tag.casefold()] = str(answer.id_tag_info.status)
        while len(known) > asked.state.policy.most_transactions:
            del known[next(iter(known))]
    return answer


def boot_notification(asked: Asked) -> Steps:
    """A12: with the reason, if the session has an idea of it. Transactions are ended by the station itself."""
    hint = asked.state.hints.pop("boot", None)
    asked.state.hints["station"] = asked.message
    asked.state.variables.clear()

    def because(made: v201.BootNotificationRequest) -> Any:
        if hint is None:
            return made
        asked.filled("reason", hint, LossReason.REMEMBERED)
        return evolve(made, reason=v201.BootReason(hint))

    return (yield from asked.carried(because))
