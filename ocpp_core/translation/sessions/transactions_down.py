"""Transactions of a station of 2.0.1 behind a CSMS of 1.6: its events become StartTransaction and what follows it.

A transaction of 2.0.1 may begin before anybody is known or a cable is there, that of 1.6 begins when energy may flow:
so StartTransaction waits for the event that makes it complete. `transactions_up` is the other way.
"""

from collections.abc import Generator
from decimal import Decimal
from typing import Any, TypeVar

from attrs import define, field
from msgspec.structs import replace as replaced

from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Response
from ocpp_core.translation.leaves import words
from ocpp_core.translation.losses import LossReason, Place
from ocpp_core.translation.missing import Missing
from ocpp_core.translation.runs import Unfit
from ocpp_core.translation.sessions import reasons
from ocpp_core.translation.sessions.effects import Answer
from ocpp_core.translation.sessions.layers import Asked, Steps
from ocpp_core.translation.sessions.records import moment_text, packed, unpacked
from ocpp_core.translation.sessions.registers import readings, whole_wh
from ocpp_core.translation.sessions.state import NO_EVENT, State, TransactionRecord
from ocpp_core.translation.views import View

A = TypeVar("A", bound=Response)

#: Answers that are kept for the events of a transaction: more than a station has under way.
_SEEN = 16
_CONNECTED = words("EVConnected Charging SuspendedEV SuspendedEVSE")
_CHARGING = words("Charging SuspendedEV SuspendedEVSE")
#: What the station may send, and 1.6 has no word for.
_UNSAID = ("offline", "number_of_phases_used", "cable_max_current", "custom_data")


@define
class _Event:
    """What has become of an event so far.

    Attributes:
        asked: It.
        values: Its meter values in 1.6.
        tag: Its token in 1.6.
        info: What the CSMS says of its token.
        is_answered: Whether the CSMS has been told of the token: by a start, a stop or by asking.
        is_sent: Whether anything was sent of it, or is to be sent later.
        said: The fields of which 1.6 was told, where that depends.
        request: As it came.
        state: What the session knows.
        info_view: What it says of the transaction.
        id: Of the transaction.
    """

    asked: Asked
    values: list[v16.MeterValue]
    tag: str | None = None
    info: v201.IdTokenInfo | None = None
    is_answered: bool = False
    is_sent: bool = False
    said: set[str] = field(factory=set)
    request: v201.TransactionEventRequest = field(init=False)
    state: State = field(init=False)
    info_view: View = field(init=False)
    id: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.request, self.state = self.asked.message, self.asked.state
        view = self.asked.view.view("transaction_info")
        if view is None:  # which was tolerated
            raise Unfit((None, "transactionInfo", ""), None, error=ErrorCode.OCCURRENCE_CONSTRAINT)
        self.info_view, self.id = view, view.transaction_id

    @property
    def is_end(self) -> bool:
        return bool(self.asked.view.event_type == "Ended")

    @property
    def record(self) -> TransactionRecord:
        """The transaction, as it is now."""
        return self.state.transaction(self.id) or TransactionRecord(id=self.id, seq_no=NO_EVENT)

    def change(self, **changes: Any) -> TransactionRecord:
        return self.state.save(replaced(self.record, **changes))


def transaction_event(asked: Asked) -> Steps:
    """B1 to B10: each step in its order, so that a repetition goes on where the last one was stopped."""
    event = _Event(asked, [])
    number = event.request.seq_no
    before = next((one for one in event.record.seen if one[0] == number), None)
    if before is not None and before[2]:  # B1
        return unpacked(v201.TransactionEventResponse, before[1])
    if before is not None:
        event.is_answered = True
        event.info = unpacked(v201.TransactionEventResponse, before[1]).id_token_info
    _noted(event)
    place: Place = (None, "meterValue", "meterValue")
    event.values = asked.run.all_fitting(asked.view.meter_value or (), "MeterValue", place)
    try:
        yield from _told(event)
    except _Failed as failed:
        return failed.answer
    _name_the_rest(event)
    _keep(event, is_done=True)
    return v201.TransactionEventResponse(id_token_info=event.info)


class _Failed(Exception):
    """The CSMS has refused something, or not answered: the station will say the same again."""

    def __init__(self, answer: OcppError | None) -> None:
        super().__init__(answer)
        self.answer = answer


def _told(event: _Event) -> Steps:
    """Tells the CSMS what it can be told."""
    is_begun = not event.record.is_started and _may_start(event)
    if is_begun:
        yield from _start(event)  # B3, B8
    if not event.is_end:
        yield from _status(event)  # B4
        yield from _meter_values(event, is_begun=is_begun)  # B5
    elif event.record.is_started and event.record.ended is None:
        yield from _stop(event)  # B7
    yield from _authorize(event)  # B6
    if event.is_end:
        event.state.outlet(event.record.place).is_after = bool(event.record.is_connected)
        yield from _status(event)  # B7, B9
        if event.record.ended is None:
            for one in event.record.buffer:
                event.asked.run.dropped((None, "meterValue", ""), unpacked(v16.MeterValue, one))
            event.change(ended=moment_text(event.asked.now), buffer=[])
    return None


def _accepted(request: Any, wanted: type[A]) -> Generator[Any, Answer, A]:
    """Sends what the transaction cannot go on without."""
    answer = yield request
    if isinstance(answer, wanted):
        return answer
    raise _Failed(answer if isinstance(answer, OcppError) else None)


def _name_the_rest(event: _Event) -> None:
    """Names what no message has said, now that it is known which were sent."""
    asked = event.asked
    if not event.is_sent:
        asked.run.losses.clear()
        asked.run.dropped(None, event.request, LossReason.SUPPRESSED)
        return
    info = event.info_view
    for view, name in (
        (asked.view, "timestamp"),
        (asked.view, "meter_value"),
        (info, "charging_state"),
        (info, "stopped_reason"),
    ):
        if name not in event.said:
            view.drop(name)


# What is known


def _noted(event: _Event) -> None:
    """B2: keeps what the event says, and names what 1.6 does not say."""
    asked, state, request = event.asked, event.state, event.request
    view = asked.view
    info = event.info_view
    view.drop(*_UNSAID, "seq_no", "trigger_reason")
    info.drop("time_spent_charging", "custom_data")
    record = event.record
    if record.seq_no != NO_EVENT and view.seq_no > record.seq_no + 1:
        asked.passage.missing.append(Missing(record.id, record.seq_no + 1, view.seq_no - 1))
    changes: dict[str, Any] = {"seq_no": max(record.seq_no, view.seq_no)}
    trigger = str(view.trigger_reason)
    evse = view.view("evse")
    if evse is not None:
        evse.drop("custom_data")
        if evse.connector_id not in (None, 1):
            evse.drop("connector_id")
        changes["place"] = evse.id
        if evse.connector_id is not None:
            state.outlet(evse.id).connector = evse.connector_id
    remote = info.remote_start_id
    if remote is not None:
        info.drop("remote_start_id")
        changes["remote_start_id"] = remote
        pending = state.records.get("start", str(remote))
        if pending is not None:
            changes.setdefault("tag", pending["tag"])
            state.records.remove("start", str(remote))
    if view.reservation_id is not None:
        changes["reservation_id"] = view.reservation_id
        if record.is_started and record.reservation_id != view.reservation_id:
            view.drop("reservation_id")  # its beginning is told
    tag = event.tag = None if view.id_token is None else _tag(asked, request.id_token)
    is_stop = trigger in reasons.STOPS
    if is_stop:
        changes["stop"] = trigger
        if trigger == "StopAuthorized" and tag is not None:
            changes["stop_tag"] = tag
    if tag is not None and not record.tag and not is_stop:
        changes["tag"] = tag
    changes |= _connection(
        record, info.charging_state, trigger, has_evse=evse is not None or record.place > 0
    )
    changes |= _registers(event, record)
    if event.is_end:
        changes["is_ended"] = True
    event.change(**changes)
    place = event.record.place
    if event.record.register is not None and place:
        state.outlet(place).register = event.record.register


def _connection(record: TransactionRecord, charging: Any, trigger: str, *, has_evse: bool) -> dict[str, Any]:
    """Whether a vehicle is there: by the charging state; where none was ever sent, by the trigger or the EVSE."""
    if charging is not None:
        state = str(charging)
        return {
            "state": state,
            "is_connected": state in _CONNECTED,
            "was_charging": record.was_charging or state == "Charging",
        }
    if record.state is not None:
        return {}
    if trigger in reasons.UNPLUGGED:
        return {"is_connected": False}
    if trigger in reasons.PLUGGED or (has_evse and record.is_connected is None):
        return {"is_connected": True}
    return {}


def _registers(event: _Event, record: TransactionRecord) -> dict[str, Any]:
    """The energy register, as the samples of the event have it."""
    found = list(readings(event.request.meter_value or (), "Transaction.Begin"))
    if not found:
        return {}
    changes: dict[str, Any] = {}
    exact = [value for is_begin, _, value in found if is_begin]
    if exact and not record.is_exact:
        changes |= {"begin": str(exact[0]), "is_exact": True}
    elif record.begin is None:
        changes["begin"] = str(found[0][2])
    last = Decimal(changes.get("register") or found[-1][2])
    changes["register"] = str(last)
    first = Decimal(changes.get("begin") or record.begin or last)
    if last > first:
        changes["was_charging"] = True
    return changes


def _may_start(event: _Event) -> bool:
    """Whether all is known that StartTransaction says."""
    record = event.record
    if not record.tag or not record.place:
        return False
    if event.is_end:  # B8, B10
        return record.was_charging
    is_read = record.begin is not None or record.state in _CHARGING
    return bool(record.is_connected) and is_read


# What is sent


def _start(event: _Event) -> Steps:
    """StartTransaction, the same each time: the CSMS may have one that it has not answered."""
    if event.record.start_request is None:
        event.change(start_request=packed(_start_request(event)))
    request = unpacked(v16.StartTransactionRequest, event.record.start_request or "")
    event.is_sent = True
    if request.timestamp == event.asked.view.timestamp:
        event.said.add("timestamp")
    answer = yield from _accepted(request, v16.StartTransactionResponse)
    event.change(number=answer.transaction_id, meter_start=request.meter_start, is_started=True)
    _answer(event, answer.id_tag_info)
    buffer = [unpacked(v16.MeterValue, one) for one in event.record.buffer]
    if buffer:
        yield from _metered(event, buffer)
        event.change(buffer=[])
    return None


def _start_request(event: _Event) -> v16.StartTransactionRequest:
    asked, record = event.asked, event.record
    view = asked.view
    known = record.begin or event.state.outlet(record.place).register
    start = 0 if known is None else whole_wh(Decimal(known))
    if known is None:
        asked.run.made((None, "", "meterStart"), 0, LossReason.GUESSED)
    elif Decimal(known) != start:
        asked.run.approximated((None, "meterValue", "meterStart"), known, start, LossReason.ROUNDED)
    if event.request.event_type != "Started":
        asked.run.approximated(
            view.place("timestamp", "timestamp"), view.timestamp, view.timestamp, LossReason.GUESSED
        )
    return v16.StartTransactionRequest(
        connector_id=record.place,
        id_tag=record.tag,
        timestamp=view.timestamp,
        meter_start=start,
        reservation_id=record.reservation_id,
    )


def _meter_values(event: _Event, *, is_begun: bool) -> Steps:
    record = event.record
    values = event.values
    if not values:
        event.said.add("meter_value")  # each of them was named
        return None
    if not record.is_started:
        kept = [*record.buffer, *(packed(one) for one in values)]
        most = event.state.policy.most_waiting
        for one in kept[:-most]:
            event.asked.run.dropped((None, "meterValue", ""), unpacked(v16.MeterValue, one))
        event.change(buffer=kept[-most:])
        event.is_sent = True
        event.said.add("meter_value")
        return None
    event.said.add("meter_value")
    if is_begun and len(values) == 1 and len(values[0].sampled_value) == 1 and record.begin is not None:
        return None  # it is in meterStart
    yield from _metered(event, values)
    return None


def _metered(event: _Event, values: list[v16.MeterValue]) -> Steps:
    """What the CSMS refuses of meter values it would refuse each time: the transaction goes on without."""
    record = event.record
    request = v16.MeterValuesRequest(
        connector_id=record.place, transaction_id=record.number, meter_value=values
    )
    event.is_sent = True
    answer = yield request
    if answer is None:
        raise _Failed(None)
    return answer


def _stop(event: _Event) -> Steps:
    """StopTransaction, the same each time."""
    if event.record.stop_request is None:
        event.change(stop_request=packed(_stop_request(event)))
    request = unpacked(v16.StopTransactionRequest, event.record.stop_request or "")
    event.is_sent = True
    event.said |= {"timestamp", "meter_value", "stopped_reason"}
    event.asked.view.use("timestamp")
    event.info_view.use("stopped_reason")
    answer = yield from _accepted(request, v16.StopTransactionResponse)
    event.change(ended=moment_text(event.asked.now), is_ended=True, buffer=[])
    _answer(event, answer.id_tag_info)
    return None


def _stop_request(event: _Event) -> v16.StopTransactionRequest:
    asked, record = event.asked, event.record
    view = asked.view
    assert record.number is not None
    ends = [
        value for is_end, _, value in readings(event.request.meter_value or (), "Transaction.End") if is_end
    ]
    known = ends[-1] if ends else None if record.register is None else Decimal(record.register)
    stop = whole_wh(known) if known is not None else record.meter_start or 0
    if known is None:
        asked.run.made((None, "", "meterStop"), stop, LossReason.GUESSED)
    elif known != stop:
        asked.run.approximated((None, "meterValue", "meterStop"), known, stop, LossReason.ROUNDED)
    tag = event.tag
    if tag is None and record.stop_tag is not None:
        tag = record.stop_tag
        asked.run.made((None, "", "idTag"), tag, LossReason.REMEMBERED)
    reason = _reason(event, event.info_view.stopped_reason)
    return v16.StopTransactionRequest(
        transaction_id=record.number,
        id_tag=tag,
        timestamp=view.timestamp,
        meter_stop=stop,
        reason=None if reason is None else v16.Reason(reason),
        transaction_data=event.values or None,
    )


def _reason(event: _Event, stopped: Any) -> str | None:
    if stopped is None:
        return None
    found = reasons.DOWN.get(stopped, str(stopped))
    if stopped == "Remote" and event.request.trigger_reason == "UnlockCommand":
        return "UnlockCommand"
    is_soft = stopped == "ImmediateReset" and event.state.hints.get("reset") == "Soft"
    found = "SoftReset" if is_soft else found
    if stopped in reasons.DOWN:
        place: Place = (None, "transactionInfo.stoppedReason", "reason")
        event.asked.run.approximated(place, stopped, found, LossReason.COLLAPSED)
    return found


def _authorize(event: _Event) -> Steps:
    """B6: a token that nobody was told of yet: a second card, or one that came before a vehicle."""
    tag = event.tag
    if tag is None or event.is_answered:
        return None
    event.is_sent = True
    answer = yield from _accepted(v16.AuthorizeRequest(id_tag=tag), v16.AuthorizeResponse)
    _answer(event, answer.id_tag_info)
    if answer.id_tag_info.status != "Accepted" and not event.record.is_started and event.record.tag == tag:
        event.change(tag="")  # nothing begins with it
    return None


def _status(event: _Event) -> Steps:
    """B4: the status that a charging state is, if the CSMS knows another."""
    record = event.record
    status = status_of(record)
    if status is None or not record.place:
        return None
    outlet = event.state.outlet(record.place)
    event.said.add("charging_state")
    if outlet.sent == status:
        return None
    if record.state in ("EVConnected", "Idle") and event.info_view.charging_state is not None:
        event.asked.run.approximated(
            (None, "transactionInfo.chargingState", "status"), record.state, status, LossReason.COLLAPSED
        )
    event.said.add("timestamp")
    answer = yield connector_status(event.asked, record.place, status, event.asked.view.timestamp)
    event.is_sent = True
    if answer is not None:
        outlet.sent = status
    return answer


def status_of(record: TransactionRecord) -> str | None:
    """The status of 1.6 that goes with a transaction; None if nothing is known, or no vehicle is there after it."""
    is_over = record.is_ended or record.stop is not None
    if record.is_ended:
        return "Finishing" if record.is_connected else None
    if record.state in _CHARGING:
        return record.state
    if record.state is None and not is_over:
        return None
    return "Finishing" if is_over else "Preparing"


def connector_status(asked: Asked, place: int, status: str, moment: Any) -> v16.StatusNotificationRequest:
    """A status of 1.6, with the problem that is open."""
    error = asked.state.outlet(place).error
    return v16.StatusNotificationRequest(
        connector_id=place,
        status=v16.ChargePointStatus(status),
        error_code=v16.ChargePointErrorCode(error),
        timestamp=moment,
    )


# Answers


def _answer(event: _Event, info: v16.IdTagInfo | None) -> None:
    """Keeps what the CSMS says of the token of an event, if it has one."""
    event.is_answered = True
    if info is not None and event.request.id_token is not None:
        asked = event.asked
        run = asked.passage.run(asked.layer.back)
        where: Place = (None, "idTagInfo", "idTokenInfo")
        try:
            event.info = run.way.plan(v16.IdTagInfo, v201.IdTokenInfo)(info, run, where)
        except Unfit as unfit:
            run.dropped(where, info, unfit.reason)
            # No permission, whatever it is: without a word the station would go on.
            event.info = v201.IdTokenInfo(status=v201.AuthorizationStatus.INVALID)
        asked.passage.take(run)
    _keep(event, is_done=False)


def _keep(event: _Event, *, is_done: bool) -> None:
    """Keeps the answer to an event, for when it comes again."""
    number = event.request.seq_no
    reply = packed(v201.TransactionEventResponse(id_token_info=event.info))
    seen = [one for one in event.record.seen if one[0] != number]
    event.change(seen=[*seen[1 - _SEEN :], [number, reply, is_done]])


def _tag(asked: Asked, token: Any) -> str:
    """An idTag, as Authorize has it."""
    run = asked.run
    made = run.way.plan(v201.AuthorizeRequest, v16.AuthorizeRequest)(
        v201.AuthorizeRequest(id_token=token), run, None
    )
    tag: str = made.id_tag
    return tag
