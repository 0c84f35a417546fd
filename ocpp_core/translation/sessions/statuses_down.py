"""Statuses of a station of 2.0.1 behind a CSMS of 1.6, which hears of connectors, transactions and problems at once."""

from datetime import datetime
from typing import Any

from ocpp_core import v16
from ocpp_core.model.errors import OcppError
from ocpp_core.translation.losses import LossKind, LossReason, Place
from ocpp_core.translation.sessions.effects import Answer
from ocpp_core.translation.sessions.layers import Asked, Steps
from ocpp_core.translation.sessions.state import Outlet
from ocpp_core.translation.sessions.transactions_down import status_of
from ocpp_core.translation.views import View

#: What an EVSE is, if its connectors are these: the first that any of them is.
_ORDER = ("Occupied", "Reserved", "Available", "Unavailable", "Faulted")
#: Connectors of an EVSE; a hostile station can name any number.
_MOST_CONNECTORS = 100
#: Characters of 1.6.
_INFO, _VENDOR_CODE = 50, 50


def status_notification(asked: Asked) -> Steps:
    """B11: what an EVSE is, told apart by its transaction. What the CSMS knows is not said again."""
    view = asked.view
    view.drop("custom_data")
    evse, connector = view.required("evse_id"), view.required("connector_id")
    if connector != 1:
        view.drop("connector_id")
    place: Place = (None, "connectorStatus", "status")
    status = str(view.connector_status)
    answer = yield from _told(asked, evse, connector, status, view.perhaps("timestamp"), place)
    if answer is _NOTHING:
        return asked.suppressed()
    return answer if answer is None or isinstance(answer, OcppError) else asked.answered()


def notify_event(asked: Asked) -> Steps:
    """Events of availability and of problems are statuses in 1.6. All others have no word there."""
    view = asked.view
    view.drop("generated_at", "seq_no", "tbc", "custom_data")
    answers: list[Answer] = []
    for number, data in enumerate(view.event_data):
        place: Place = ((None, "eventData", ""), number, "")
        one = View(data, asked.run, place)
        rule = _EVENTS.get((data.component.name, data.variable.name))
        if rule is None:
            asked.run.dropped(place, data)
            continue
        answers.append((yield from rule(asked, one, place)))
        one.drop_rest()
    if None in answers:
        return None
    if all(one is None or one is _NOTHING for one in answers):
        return asked.suppressed()
    return next((one for one in answers if isinstance(one, OcppError)), asked.answered())


#: The answer to what needed no message.
_NOTHING = v16.StatusNotificationResponse()


def _where(data: Any) -> tuple[int, int]:
    """EVSE and connector of an event; 0 is the station."""
    evse = data.component.evse
    return (0, 1) if evse is None else (evse.id, evse.connector_id or 1)


def _availability(asked: Asked, view: View, place: Place) -> Steps:
    evse, connector = _where(view.whole)
    view.use("component", "variable")
    where: Place = (place, "actualValue", "status")
    return (yield from _told(asked, evse, connector, view.actual_value, view.perhaps("timestamp"), where))


def _problem(asked: Asked, view: View, place: Place) -> Steps:
    """The last status again, with the error; it is over when it is cleared or not true any more."""
    evse, _ = _where(view.whole)
    view.use("component", "variable")
    outlet = asked.state.outlet(evse)
    code = view.tech_code
    error = "NoError"
    if not view.cleared and view.actual_value.lower() == "true":
        error = code if code in list(v16.ChargePointErrorCode) else "OtherError"
    info = view.tech_info
    if info is not None and len(info) > _INFO:
        asked.run.approximated((place, "techInfo", "info"), info, info[:_INFO], LossReason.TOO_LONG)
    outlet.error = error
    status = outlet.sent
    if status is None:
        status = "Available" if evse == 0 else "Faulted"
        asked.run.made((None, "", "status"), status, LossReason.GUESSED)
    return (
        yield from _sent(
            asked,
            outlet,
            v16.StatusNotificationRequest(
                connector_id=evse,
                status=v16.ChargePointStatus(status),
                error_code=v16.ChargePointErrorCode(error),
                info=None if info is None else info[:_INFO],
                vendor_error_code=code
                if code is not None and code != error and len(code) <= _VENDOR_CODE
                else None,
                timestamp=view.perhaps("timestamp"),
            ),
        )
    )


_EVENTS = {
    **{(name, "AvailabilityState"): _availability for name in ("Connector", "EVSE", "ChargingStation")},
    **{(name, "Problem"): _problem for name in ("Connector", "EVSE", "ChargingStation")},
}


def _told(
    asked: Asked, evse: int, connector: int, status: str, moment: datetime | None, place: Place
) -> Steps:
    """Tells the status of an EVSE, if it is another than before or was asked for."""
    if status not in _ORDER:  # which was tolerated
        asked.run.dropped(place, status)
        return _NOTHING
    outlet = asked.state.outlet(evse)
    if connector in outlet.connectors or len(outlet.connectors) < _MOST_CONNECTORS:
        outlet.connectors[connector] = status
    if status == "Occupied":
        outlet.connector = connector
    whole = next(one for one in _ORDER if one in outlet.connectors.values())
    if whole == "Available":
        outlet.is_after = False
    record = asked.state.running(evse) if evse else None
    new = whole
    if whole == "Occupied":
        new = (status_of(record) if record is not None else None) or (
            "Finishing" if outlet.is_after else asked.policy.preparing_as
        )
        asked.run.approximated(place, status, new, LossReason.COLLAPSED)
    elif whole != status:
        asked.run.approximated(place, status, new, LossReason.MERGED)
    if evse == 0 and new not in ("Available", "Unavailable", "Faulted"):  # 1.6 has no other for the station
        asked.run.approximated(place, status, "Available", LossReason.COLLAPSED)
        new = "Available"
    if outlet.sent == new and not outlet.is_triggered:
        return _NOTHING
    error = outlet.error
    if error == "NoError" and new == "Faulted":
        error = "OtherError"
    kind = LossKind.DEFAULTED if error == "NoError" else LossKind.SYNTHESISED
    asked.run.made((None, "", "errorCode"), error, LossReason.REQUIRED, kind)
    made = v16.StatusNotificationRequest(
        connector_id=evse,
        status=v16.ChargePointStatus(new),
        error_code=v16.ChargePointErrorCode(error),
        timestamp=moment,
    )
    return (yield from _sent(asked, outlet, made))


def _sent(asked: Asked, outlet: Outlet, made: v16.StatusNotificationRequest) -> Steps:
    outlet.is_triggered = False
    answer = yield made
    if answer is not None and not isinstance(answer, OcppError):
        outlet.sent = str(made.status)
    return answer


def boot_notification(asked: Asked) -> Steps:
    """What was known of the device is asked for anew."""
    asked.state.variables.clear()
    return (yield from asked.carried())
