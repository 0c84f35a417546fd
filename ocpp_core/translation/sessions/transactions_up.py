"""Transactions of a station of 1.6 behind a CSMS of 2.0.1: its messages become events, numbered without a gap.

An event is kept until the CSMS has answered it, and those of a transaction are sent in their order: what the station
repeats is the same event again, and what it has given up goes before the next. `transactions_down` is the other way.
"""

from collections.abc import Generator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from msgspec.structs import replace as replaced

from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Payload, evolve
from ocpp_core.model.timestamps import write_timestamp
from ocpp_core.translation.leaves import in_milliseconds, milliseconds
from ocpp_core.translation.losses import LossKind, LossReason, Place
from ocpp_core.translation.runs import Unfit
from ocpp_core.translation.sessions import reasons
from ocpp_core.translation.sessions.effects import Answer
from ocpp_core.translation.sessions.emulations import final_cost
from ocpp_core.translation.sessions.layers import Asked, Steps
from ocpp_core.translation.sessions.records import moment_text, packed, unpacked
from ocpp_core.translation.sessions.registers import digest, register_sample, register_wh
from ocpp_core.translation.sessions.state import State, TransactionRecord
from ocpp_core.translation.steps import account
from ocpp_core.translation.views import View

#: Of all ids that are made of the content of a message; it is a constant, as the same content has to give the same id.
_NAMESPACE = UUID("6c1b4c0e-2d0b-5a53-9a52-0f5a4f2c8a77")
#: Digests of answered meter values that are kept, so that a repetition is no second event.
_SEEN = 16

#: Charging state by status, while a transaction runs. The other statuses are no charging state.
STATES = {
    "Available": "Idle",
    "Preparing": "EVConnected",
    "Charging": "Charging",
    "SuspendedEV": "SuspendedEV",
    "SuspendedEVSE": "SuspendedEVSE",
    "Finishing": "EVConnected",
}


#: The answer to what needed no message.
NOTHING = v201.TransactionEventResponse()

# Messages


def start_transaction(asked: Asked) -> Steps:
    """A4, A5, A6: the event Started, once for the same content."""
    request: v16.StartTransactionRequest = asked.message
    state: State = asked.state
    id = _id(
        state,
        request.connector_id,
        _utc(request.timestamp),
        request.id_tag,
        request.meter_start,
    )
    record = state.transaction(id)
    name = digest(request)
    if record is None:
        view = asked.view
        place = view.connector_id
        remote = state.started(view.id_tag, place, asked.now)
        status = state.outlet(place).status
        charging = STATES[status] if status in ("Charging", "SuspendedEV", "SuspendedEVSE") else "EVConnected"
        record = TransactionRecord(
            id=id,
            place=place,
            tag=view.id_tag,
            state=charging,
            remote_start_id=remote,
            reservation_id=view.reservation_id,
            meter_start=view.meter_start,
        )
        if view.reservation_id is not None:
            state.records.remove("reservation", str(view.reservation_id))
        _made(asked, "transactionInfo.transactionId", id, LossReason.ALLOCATED)
        _made(asked, "transactionInfo.chargingState", charging, LossReason.GUESSED)
        if remote is not None:
            _made(asked, "transactionInfo.remoteStartId", remote, LossReason.REMEMBERED)
        moment = in_milliseconds(view.timestamp, asked.run, view.place("timestamp", "timestamp"))
        begin = register_sample(view.meter_start, "Transaction.Begin")
        _queue(
            asked,
            record,
            name,
            "Started",
            "Authorized" if remote is None else "RemoteStart",
            moment,
            transaction_info=v201.Transaction(
                transaction_id=id, charging_state=v201.ChargingState(charging), remote_start_id=remote
            ),
            evse=_evse(asked, place),
            id_token=_token(asked, view.id_tag),
            reservation_id=view.reservation_id,
            meter_value=[v201.MeterValue(timestamp=moment, sampled_value=[begin])],
        )
    elif record.start_reply is not None:
        return unpacked(v16.StartTransactionResponse, record.start_reply)
    else:
        asked.again()
    answer = yield from _delivered(asked, id, name)
    return _stored(asked, id, answer, v16.StartTransactionResponse, "start_reply")


def meter_values(asked: Asked) -> Steps:
    """A7, A8: values of a transaction that runs are an event, others stay meter values."""
    request: v16.MeterValuesRequest = asked.message
    state: State = asked.state
    view = asked.view
    number = view.transaction_id
    record = None if number is None else state.transaction(state.newer_transaction(number))
    is_told = record is not None
    if record is None:
        if number is None or number < 1:  # what a station says that has no id yet
            record = state.running(view.connector_id)
        else:
            state.adopt(number)
    if record is None or record.is_ended:
        if number is not None:
            view.drop("transaction_id")
        return (yield from asked.carried(message=evolve(request, transaction_id=None)))
    name = digest(request)
    if name in record.seen:
        return asked.answered()
    if name in [one for one, _ in record.outbox]:
        asked.again()
    else:
        record = yield from _with_room(asked, record)
        if record is None:
            return OcppError(
                ErrorCode.GENERIC, "too many messages of this transaction wait for the other side"
            )
        if not is_told:
            _made(asked, "transactionInfo.transactionId", record.id, LossReason.REMEMBERED)
        values = _values(asked, view.meter_value, "meterValue")
        if not values:
            asked.run.losses.clear()
            asked.run.dropped(None, request, LossReason.SUPPRESSED)
            return asked.answered()
        if view.connector_id != record.place:  # that of the transaction counts
            view.drop("connector_id")
        _queue(
            asked,
            record,
            name,
            "Updated",
            _trigger(values),
            values[-1].timestamp,
            transaction_info=v201.Transaction(transaction_id=record.id),
            meter_value=values,
        )
    answer = yield from _delivered(asked, record.id, name)
    return asked.answered() if isinstance(answer, v201.TransactionEventResponse) else answer


def stop_transaction(asked: Asked) -> Steps:
    """A9, A10, A11: the event Ended, once. That of a transaction which nobody knows is sent all the same."""
    request: v16.StopTransactionRequest = asked.message
    state: State = asked.state
    view = asked.view
    number = view.transaction_id
    record = state.transaction(state.newer_transaction(number))
    if record is None:
        record = _unknown(asked, request)
    if record.stop_reply is not None:
        return unpacked(v16.StopTransactionResponse, record.stop_reply)
    if record.is_ended:
        asked.again()
    else:
        _end(asked, record)
    answer = yield from _delivered(asked, record.id, _END)
    return _stored(asked, record.id, answer, v16.StopTransactionResponse, "stop_reply")


#: Name of the last event in an outbox: there is one end, however it is repeated.
_END = "end"


def _unknown(asked: Asked, request: v16.StopTransactionRequest) -> TransactionRecord:
    """The record of a transaction whose beginning is not known: it began before the session, or its store is lost."""
    state: State = asked.state
    number = request.transaction_id
    parts: list[Any] = [number]
    if number < 1:  # what a station says that never had an id: the same for all of its transactions
        parts += [_utc(request.timestamp), request.meter_stop]
    else:
        state.adopt(number)
    id = _id(state, *parts)
    record = state.transaction(id)
    if record is None:
        _made(asked, "transactionInfo.transactionId", id, LossReason.ALLOCATED)
        record = TransactionRecord(id=id, number=number if number > 0 else None)
    return record


def _end(asked: Asked, record: TransactionRecord) -> None:
    """Puts the event Ended into the outbox."""
    view, state = asked.view, asked.state
    reason = view.reason
    stopped, trigger, is_same = reasons.UP.get(reason, reasons.OTHER_UP) if reason else reasons.NONE_UP
    if not is_same:
        asked.run.approximated(
            view.place("reason", "transactionInfo.stoppedReason"), reason, stopped, LossReason.COLLAPSED
        )
    if record.stop == "RemoteStop" and reason in (None, "Remote"):
        trigger = "RemoteStop"
    charging = None
    latest = state.running(record.place)
    status = state.outlet(record.place).status if latest is not None and latest.id == record.id else None
    if status == "Finishing":
        charging = "EVConnected"
    elif status == "Available" or reason == "EVDisconnected":
        charging = "Idle"
    if charging is not None:
        _made(asked, "transactionInfo.chargingState", charging, LossReason.REMEMBERED)
    moment = in_milliseconds(view.timestamp, asked.run, view.place("timestamp", "timestamp"))
    stop = view.meter_stop
    if record.meter_start is not None:
        asked.run.note("Transaction.Begin", str(record.meter_start))
    asked.run.note("Transaction.End", str(stop))
    values = _values(asked, view.transaction_data or [], "transactionData")
    if not any(_is_end(value, stop) for value in values):
        values.append(
            v201.MeterValue(timestamp=moment, sampled_value=[register_sample(stop, "Transaction.End")])
        )
    tag = view.id_tag
    _queue(
        asked,
        replaced(record, is_ended=True),
        _END,
        "Ended",
        trigger,
        moment,
        transaction_info=v201.Transaction(
            transaction_id=record.id,
            stopped_reason=None if stopped is None else v201.Reason(stopped),
            charging_state=None if charging is None else v201.ChargingState(charging),
        ),
        id_token=None if tag is None else _token(asked, tag),
        meter_value=values,
    )


def _is_end(value: v201.MeterValue, stop: int) -> bool:
    return register_wh(one for one in value.sampled_value if one.context == "Transaction.End") == Decimal(
        stop
    )


def charging_state(asked: Asked, record: TransactionRecord, status: str, moment: datetime) -> Steps:
    """A3: the event of a charging state that has changed."""
    state = STATES.get(status)
    if state is None or state == record.state:
        return NOTHING
    name = digest(asked.message)
    room = yield from _with_room(asked, record)
    if room is None:
        return None
    if state != status:
        where: Place = (None, "status", "transactionInfo.chargingState")
        asked.run.approximated(where, status, state, LossReason.COLLAPSED)
    _queue(
        asked,
        replaced(room, state=state),
        name,
        "Updated",
        "ChargingStateChanged",
        milliseconds(moment),
        transaction_info=v201.Transaction(transaction_id=record.id, charging_state=v201.ChargingState(state)),
    )
    return (yield from _delivered(asked, record.id, name))


# Events


def _queue(
    asked: Asked,
    record: TransactionRecord,
    name: str,
    kind: str,
    trigger: str,
    moment: datetime,
    **members: Any,
) -> None:
    """Puts an event into the outbox of its transaction, with the next number."""
    _made(asked, "seqNo", record.seq_no, LossReason.ALLOCATED)
    _made(asked, "triggerReason", trigger, LossReason.GUESSED)
    since = asked.state.since
    is_offline = since is not None and moment < milliseconds(since)
    if is_offline:
        _made(asked, "offline", True, LossReason.GUESSED)
    event = v201.TransactionEventRequest(
        event_type=v201.TransactionEvent(kind),
        trigger_reason=v201.TriggerReason(trigger),
        timestamp=moment,
        seq_no=record.seq_no,
        offline=True if is_offline else None,
        **members,
    )
    asked.state.keep_event(record.id, event)
    outbox = [*record.outbox, (name, record.seq_no)]
    asked.state.save(replaced(record, seq_no=record.seq_no + 1, outbox=outbox))


def _delivered(asked: Asked, id: str, name: str) -> Steps:
    """Sends what waits in the outbox of a transaction, in order, and gives the answer to the last event of this name.

    Nothing goes past an event that was not answered. One that the CSMS has refused twice is let go, but for the
    beginning, which is sent again until it is accepted or the end is.
    """
    record = asked.state.transaction(id)
    given: Answer = None
    waiting = [] if record is None else record.outbox
    # A status that comes again has the same name again.
    wanted = next((number for one, number in reversed(waiting) if one == name), None)
    for one, number in waiting:
        event = asked.state.event(id, number)
        answer = yield event
        if answer is None:
            return None
        if isinstance(answer, v201.TransactionEventResponse):
            _acknowledge(asked, id, one, event, answer)
        elif number != wanted and event.event_type == "Updated":
            _let_go(asked.state, id, number)
        if number == wanted:
            given = answer
    return given


def _with_room(asked: Asked, record: TransactionRecord) -> Generator[Any, Answer, TransactionRecord | None]:
    """The transaction, if there is room for another event of it; what waits is tried once more to make some."""
    most = asked.state.policy.most_waiting
    if len(record.outbox) < most:
        return record
    yield from _delivered(asked, record.id, "")
    found: TransactionRecord | None = asked.state.transaction(record.id)
    return found if found is not None and len(found.outbox) < most else None


def _let_go(state: State, id: str, number: int) -> TransactionRecord:
    record = state.transaction(id)
    assert record is not None, (
        "what a station sends is carried one after another, so nothing else has forgotten it"
    )
    return state.save(replaced(record, outbox=[one for one in record.outbox if one[1] != number]))


def _acknowledge(
    asked: Asked,
    id: str,
    name: str,
    event: v201.TransactionEventRequest,
    answer: v201.TransactionEventResponse,
) -> None:
    """Keeps what the CSMS has said of an event, and that it need not be sent again."""
    state: State = asked.state
    record = _let_go(state, id, event.seq_no)
    info = tag_info(asked, answer)
    match event.event_type:
        case "Started":
            number = state.new_number()
            reply = v16.StartTransactionResponse(
                transaction_id=number, id_tag_info=_permitted(asked, record, answer, info)
            )
            state.save(replaced(record, number=number, is_started=True, start_reply=packed(reply)))
        case "Ended":
            given = info if event.id_token is not None else None
            end = v16.StopTransactionResponse(id_tag_info=given)
            state.save(
                replaced(record, outbox=[], ended=moment_text(asked.now), stop_reply=packed(end), seen=[])
            )
            _reset_if_idle(asked)
        case _:
            state.save(replaced(record, seen=[*record.seen[1 - _SEEN :], name]))
            if info is not None and info.status != "Accepted" and record.number is not None:
                # 1.6 cannot say it in an answer to meter values.
                asked.aside(v16.RemoteStopTransactionRequest(transaction_id=record.number))


def _reset_if_idle(asked: Asked) -> None:
    """The reset that has waited for the last transaction to end."""
    records = asked.state.records
    kind = records.get("reset", "")
    if kind is not None and asked.state.running() is None:
        records.remove("reset", "")
        asked.aside(v16.ResetRequest(type=v16.ResetType(kind)))


def _permitted(
    asked: Asked, record: TransactionRecord, answer: v201.TransactionEventResponse, info: v16.IdTagInfo | None
) -> v16.IdTagInfo:
    """What the station is told of the token: 1.6 requires it to be told something."""
    place: Place = (None, "", "idTagInfo.status")
    if info is None:
        known = asked.state.hints.get("authorized", {}).get(record.tag.casefold())
        if known is not None:
            asked.run.made(place, known, LossReason.REMEMBERED)
        else:
            known = "Accepted"  # the CSMS lets the transaction run
            asked.run.made(place, known, LossReason.REQUIRED, LossKind.DEFAULTED)
        return v16.IdTagInfo(status=v16.AuthorizationStatus(known))
    given = answer.id_token_info
    allowed = None if given is None else given.evse_id
    if info.status == "Accepted" and allowed and record.place not in allowed:
        # The permission is for other EVSEs, which 1.6 cannot say.
        asked.run.approximated(
            (None, "idTokenInfo.status", "idTagInfo.status"), info.status, "Blocked", LossReason.COLLAPSED
        )
        return evolve(info, status=v16.AuthorizationStatus.BLOCKED)
    return info


def tag_info(asked: Asked, answer: v201.TransactionEventResponse) -> v16.IdTagInfo | None:
    """What an answer says of the token. All else that it says is lost."""
    run = asked.passage.run(asked.layer.back)
    view = View(answer, run)
    given = view.id_token_info
    info: v16.IdTagInfo | None = None
    if given is not None:
        where: Place = (None, "idTokenInfo", "idTagInfo")
        try:
            info = run.way.plan(v201.IdTokenInfo, v16.IdTagInfo)(given, run, where)
        except Unfit as unfit:
            run.dropped(where, given, unfit.reason)
            info = v16.IdTagInfo(status=v16.AuthorizationStatus.INVALID)  # no permission, whatever it is
    cost, stopped = view.total_cost, asked.message
    is_final = isinstance(stopped, v16.StopTransactionRequest) and isinstance(cost, Decimal)
    if is_final and asked.policy.has_cost_messages:
        run.approximated(view.place("total_cost"), cost, cost, LossReason.REENCODED)
        asked.aside(final_cost(stopped.transaction_id, cost))
    else:
        view.drop("total_cost")
    view.drop("charging_priority", "updated_personal_message", "custom_data")
    account(view, run)
    asked.passage.take(run)
    return info


# Fields


def _id(state: State, *parts: Any) -> str:
    return state.ids.transaction() or str(uuid5(_NAMESPACE, "\x00".join(map(str, (state.identity, *parts)))))


def _utc(value: datetime) -> str:
    """A moment, the same for every zone that it is told in; in its own, if it is none in UTC."""
    try:
        return write_timestamp(value.astimezone(UTC))
    except OverflowError:
        return write_timestamp(value)


def _made(asked: Asked, target: str, value: Any, reason: LossReason) -> None:
    asked.run.made((None, "", target), value, reason)


def _evse(asked: Asked, place: int | None) -> v201.EVSE | None:
    if place is None:  # which was tolerated
        return None
    _made(asked, "evse.connectorId", 1, LossReason.GUESSED)
    return v201.EVSE(id=place, connector_id=1)


def _token(asked: Asked, tag: str) -> v201.IdToken:
    """A token, as Authorize has it."""
    run = asked.run
    made = run.way.plan(v16.AuthorizeRequest, v201.AuthorizeRequest)(
        v16.AuthorizeRequest(id_tag=tag), run, None
    )
    token: v201.IdToken = made.id_token
    return token


def _values(asked: Asked, values: list[v16.MeterValue], wire: str) -> list[v201.MeterValue]:
    """Meter values, as far as 2.0.1 has them."""
    return asked.run.all_fitting(values, "MeterValue", (None, wire, "meterValue"))


def _trigger(values: list[v201.MeterValue]) -> str:
    """Why meter values were sent, by what they say of themselves; the first that applies."""
    samples = [one for value in values for one in value.sampled_value]
    contexts = {one.context for one in samples}
    if "Trigger" in contexts:
        return "Trigger"
    if any(one.signed_meter_value is not None for one in samples):
        return "SignedDataReceived"
    return "MeterValueClock" if "Sample.Clock" in contexts else "MeterValuePeriodic"


def _stored(asked: Asked, id: str, answer: Answer, cls: type[Payload], name: str) -> Answer:
    """The reply that was kept when the CSMS answered; what it has refused, or not answered, is told the station."""
    record = asked.state.transaction(id)
    text = None if record is None else getattr(record, name)
    if text is not None:
        reply: Any = unpacked(cls, text)
        return reply  # type: ignore[no-any-return]
    return answer if isinstance(answer, OcppError) else None
