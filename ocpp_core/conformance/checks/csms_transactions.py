"""Checks of CSMSs: transactions of either family, and meter values."""

from collections.abc import Iterator
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import ask, claimed
from ocpp_core.conformance.checks.transacting import UNKNOWN_ID, Transaction
from ocpp_core.conformance.requests import is_first, readings, timestamp, token_info
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, Stage
from ocpp_core.model.shapes import Enumeration, Kind, ListOf, Nested, shape

_DAY = 24 * 3600.0


def _wants_result(stage: Stage, answer: Answer, what: str) -> Json:
    """For rules that say that something is answered by a result."""
    if answer.kind is AnswerKind.ERROR:
        stage.deviates(f"a result for {what}", answer, place=what, marks=(answer.mark,))
    return stage.needed(answer, what)


async def _ends_well(stage: Stage) -> None:
    """What is odd about an end is judged only where plain ones are answered by results."""
    played = Transaction.of(stage)
    await played.begun()
    stage.needed(await played.stop(), "the answer to a plain end of a transaction")


async def _meters_well(stage: Stage) -> None:
    """Likewise of meter values."""
    answer = await ask(stage, "MeterValues", readings(stage.specification, 1000))
    stage.needed(answer, "the answer to plain MeterValues")


@check("transaction.started")
async def started(stage: Stage) -> None:
    """Starts a transaction of a token that is known, and of one that is not."""
    _wants_result(stage, await Transaction.of(stage).start(), "the start of a transaction")
    unknown = Transaction.of(stage, "NO-SUCH-TOKEN-9F3E")
    _wants_result(stage, await unknown.start(), "the start of a transaction of an unknown token")


@check("transaction.stopped")
async def stopped(stage: Stage) -> None:
    """Plays a whole transaction."""
    played = Transaction.of(stage)
    await played.begun()
    _wants_result(stage, await played.stop(), "the end of a transaction")


async def _start_of(stage: Stage, text: str) -> tuple[str, int]:
    played = Transaction.of(stage, text)
    answer = await played.start()
    return _status(stage, answer), answer.mark


def _status(stage: Stage, answer: Answer) -> str:
    """What the answer to a start says of the token, in a word that the version has."""
    status = token_info(stage.needed(answer, "the answer to the start")).get("status")
    kind: Any = (
        shape(stage.specification.response("Authorize"))
        .by_wire["idTagInfo" if is_first(stage.specification) else "idTokenInfo"]
        .kind
    )
    known: Any = shape(kind.cls).by_wire["status"].kind
    if status not in set(map(str, known.enum)):
        stage.cannot_tell("the answer says nothing of the token that could be read")
    return str(status)


@check("transaction.accepted")
async def accepted(stage: Stage) -> None:
    """Starts with a token that may charge."""
    status, mark = await _start_of(stage, stage.known_token())
    if status != "Accepted":
        stage.deviates("the status Accepted", status, marks=(mark,))


@check("transaction.token-checked")
async def token_checked(stage: Stage) -> None:
    """Starts with a token that is blocked."""
    status, mark = await _start_of(stage, stage.known_token("blocked"))
    if status == "Accepted":
        stage.deviates("a status other than Accepted for a blocked token", status, marks=(mark,))


@check("transaction.token-judged")
async def token_judged(stage: Stage) -> None:
    """Looks for idTokenInfo."""
    answer = await Transaction.of(stage).start()
    payload = stage.needed(answer, "the answer to the start")
    if "idTokenInfo" not in payload:
        stage.deviates("idTokenInfo in the answer to an event with a token", "none", marks=(answer.mark,))


@check("transaction.no-authorization")
async def no_authorization(stage: Stage) -> None:
    """Starts without anybody having been asked."""
    answer = await Transaction(stage).start(
        triggerReason=("CablePluggedIn",), idToken={"idToken": "", "type": "NoAuthorization"}
    )
    status = _status(stage, answer)
    if status != "Accepted":
        stage.deviates("the status Accepted for NoAuthorization", status, marks=(answer.mark,))


@check("transaction.ids-differ")
async def ids_differ(stage: Stage) -> None:
    """Plays one transaction, then starts two at different meter values."""
    seen: dict[Any, int] = {}
    for number in range(3):
        played = Transaction.of(stage)
        answer = await played.start()
        if token_info(stage.needed(answer, "the answer to StartTransaction")).get("status") != "Accepted":
            stage.cannot_tell("the transaction was not accepted")
        if played.id is None:
            stage.cannot_tell("the answer to StartTransaction has no transaction id")
        if played.id in seen:
            stage.deviates(
                "another id for another transaction",
                f"{played.id} again",
                marks=(seen[played.id], answer.mark),
            )
        seen[played.id] = answer.mark
        if number == 0:
            await played.stop()


@check("transaction.start-repeated")
async def start_repeated(stage: Stage) -> None:
    """Sends a start twice, as after a lost answer."""
    first, second = Transaction.of(stage), Transaction.of(stage)
    at = timestamp()
    await first.begun(at=at, energy=4000)
    answer = await second.start(at=at, energy=4000)
    stage.needed(answer, "the answer to a StartTransaction that was sent again")
    if first.id != second.id:
        stage.deviates(f"the id {first.id} again", second.id, marks=(answer.mark,))


@check("transaction.stop-unknown")
async def stop_unknown(stage: Stage) -> None:
    """Ends transactions that there are not; -1 is what stations write that never got an id."""
    await _ends_well(stage)
    played = Transaction.of(stage)
    for id in (UNKNOWN_ID, 0, -1) if played.is_first else (f"kit-{stage.new_id()}"[:36],):
        played.id = id
        _wants_result(stage, await played.stop(), "the end of an unknown transaction")


@check("transaction.stop-without-token")
async def stop_without_token(stage: Stage) -> None:
    """Ends a transaction that nobody has ended with a token."""
    await _ends_well(stage)
    played = Transaction.of(stage)
    await played.begun()
    played.token = ""
    answer = await played.stop(reason="EVDisconnected", stoppedReason="EVDisconnected")
    _wants_result(stage, answer, "the end without a token")


@check("transaction.stop-odd")
async def stop_odd(stage: Stage) -> None:
    """Ends transactions with odd readings and times."""
    await _ends_well(stage)
    oddities: tuple[Json, ...] = ({"energy": 10}, {"at": timestamp(-400 * _DAY)})
    for oddity in oddities:
        played = Transaction.of(stage)
        await played.begun()
        _wants_result(stage, await played.stop(**oddity), "an odd end of a transaction")


@check("transaction.stop-repeated")
async def stop_repeated(stage: Stage) -> None:
    """Ends a transaction twice, as after a lost answer."""
    played = Transaction.of(stage)
    await played.begun()
    at = timestamp()
    stage.needed(await played.stop(at=at), "the answer to the end")
    played.seq_no = max(0, played.seq_no - 1)
    _wants_result(stage, await played.stop(at=at), "an end that was sent again")


@check("transaction.stop-reasons")
async def stop_reasons(stage: Stage) -> None:
    """Ends transactions for each reason."""
    await _ends_well(stage)
    name = "reason" if is_first(stage.specification) else "stoppedReason"
    reasons = [
        *_tokens(stage, "StopTransaction", "reason"),
        *_tokens(stage, "TransactionEvent", "stoppedReason"),
    ]
    for reason in (None, *reasons):
        played = Transaction.of(stage)
        await played.begun()
        named: Json = {} if reason is None else {name: reason}
        answer = await played.stop(**named)
        _wants_result(stage, answer, f"an end for the reason {reason}")


@check("transaction.old")
async def old(stage: Stage) -> None:
    """Tells a transaction of yesterday."""
    await _ends_well(stage)
    played = Transaction.of(stage)
    offline = {} if played.is_first else {"offline": True}
    _wants_result(stage, await played.start(at=timestamp(-_DAY), **offline), "a start of yesterday")
    if played.id is None:
        stage.cannot_tell("the answer to StartTransaction has no transaction id")
    _wants_result(stage, await played.stop(at=timestamp(-_DAY + 600), **offline), "an end of yesterday")


@check("transaction.times")
async def times(stage: Stage) -> None:
    """Writes times in the ways that are allowed."""
    now = timestamp()
    seconds = now[:19]
    for at in (seconds + "Z", now, seconds + "+02:00", seconds + ".5-05:00"):
        _wants_result(stage, await Transaction.of(stage).start(at=at), f"a start at {at}")


@check("transaction.updated")
async def updated(stage: Stage) -> None:
    """Tells of a transaction whose start the CSMS has not seen."""
    played = Transaction(stage, id=f"kit-{stage.new_id()}"[:36], seq_no=3)
    _wants_result(
        stage, await played.event("Updated", ("MeterValuePeriodic",)), "an event of an unknown transaction"
    )


@check("transaction.event-repeated")
async def event_repeated(stage: Stage) -> None:
    """Sends an event twice, as after a lost answer."""
    played = Transaction.of(stage)
    await played.begun()
    at = timestamp()
    stage.needed(await played.event("Updated", ("MeterValuePeriodic",), at=at), "the answer to an event")
    played.seq_no -= 1
    answer = await played.event("Updated", ("MeterValuePeriodic",), at=at)
    _wants_result(stage, answer, "an event that was sent again")


@check("transaction.triggers")
async def triggers(stage: Stage) -> None:
    """Tells of an event for each reason."""
    played = Transaction.of(stage)
    await played.begun()
    for reason in _tokens(stage, "TransactionEvent", "triggerReason"):
        answer = await played.event("Updated", (reason,))
        _wants_result(stage, answer, f"an event with the reason {reason}")


@check("transaction.total-cost")
async def total_cost(stage: Stage) -> None:
    """Looks for what a transaction has cost."""
    claimed(stage, "transaction.total-cost")
    played = Transaction.of(stage)
    await played.begun()
    answer = await played.stop()
    payload = stage.needed(answer, "the answer to the end")
    if "totalCost" not in payload:
        stage.deviates("totalCost in the answer to the end", "none", marks=(answer.mark,))


# Meter values


@check("meter.answered")
async def meter_answered(stage: Stage) -> None:
    """Tells a reading outside any transaction."""
    answer = await ask(stage, "MeterValues", readings(stage.specification, 1000))
    _wants_result(stage, answer, "MeterValues")


@check("meter.unknown-transaction")
async def meter_unknown(stage: Stage) -> None:
    """Tells readings of transactions that there are not."""
    await _meters_well(stage)
    for id in (UNKNOWN_ID, -1):
        answer = await ask(stage, "MeterValues", {**readings(stage.specification, 1000), "transactionId": id})
        _wants_result(stage, answer, "MeterValues of an unknown transaction")


@check("meter.every-measurand")
async def meter_every_measurand(stage: Stage) -> None:
    """Tells one reading for each token that a reading may have."""
    await _meters_well(stage)
    written = readings(stage.specification, 1000)
    items = list(_sampled(stage, written))
    list_name, inner = ("values", "value") if "values" in written else ("meterValue", "sampledValue")
    written[list_name] = [{"timestamp": timestamp(), inner: items}]
    _wants_result(stage, await ask(stage, "MeterValues", written), "MeterValues with every token")


def _sampled(stage: Stage, written: Json) -> Iterator[Json]:
    """A reading for each token of each member of a reading."""
    cls = stage.specification.request("MeterValues")
    for name in ("values", "value") if "values" in written else ("meterValue", "sampledValue"):
        kind: Any = shape(cls).by_wire[name].kind
        cls = kind.item.cls
    value: Any = "20" if stage.specification.version in ("1.5", "1.6") else 20
    for field in shape(cls).fields:
        if isinstance(field.kind, Enumeration):
            for token in field.kind.enum:
                # What is signed is not a number; and how Celsius is spelt is the matter of another rule.
                if str(token) not in ("SignedData", "Celsius"):
                    yield {"value": value, field.wire: str(token)}


@check("meter.celsius")
async def meter_celsius(stage: Stage) -> None:
    """Tells temperatures in both spellings."""
    await _meters_well(stage)
    for unit in ("Celsius", "Celcius"):
        sampled = {"value": "20", "measurand": "Temperature", "unit": unit}
        written = {"meterValue": [{"timestamp": timestamp(), "sampledValue": [sampled]}]}
        _wants_result(stage, await ask(stage, "MeterValues", written), f"MeterValues in {unit}")


def _tokens(stage: Stage, action: str, member: str) -> list[str]:
    """The tokens of a member of a request, which may be of an object in it; none if the version has no such thing."""
    if action not in stage.specification.actions:
        return []
    return list(_tokens_in(stage.specification.request(action), member))


def _tokens_in(cls: Any, member: str) -> Iterator[str]:
    for field in shape(cls).fields:
        kind: Kind = field.kind.item if isinstance(field.kind, ListOf) else field.kind
        if field.wire == member and isinstance(kind, Enumeration):
            yield from map(str, kind.enum)
        elif isinstance(kind, Nested) and field.wire.startswith("transaction"):
            yield from _tokens_in(kind.cls, member)
