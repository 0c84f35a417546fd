"""What judges rules over what a station of 2.x tells, beside what both sides have said before.

Only what fits its schema is judged: other rules are about the rest. What was said before the trace began is not known,
and what may hang on it is not judged.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import answered, requests
from ocpp_core.conformance.traces import Direction
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown


def _asked(said: Said, action: str) -> bool:
    """Whether the kit asks for something."""
    return said.kind is Type.CALL and said.action == action and said.entry.direction is Direction.SENT


def _info(event: Json) -> Json:
    info: Json = event["transactionInfo"]
    return info


# Transactions


@overheard("transaction.remote-start-joins")
def _joins(heard: Heard) -> Iterator[Deviation | None]:
    right = {said.entry.number for said, _ in requests(heard, "TransactionEvent")}
    results = {said.entry.number for _, said in answered(heard, "RequestStartTransaction")}
    free: dict[str, int] = {}  # EVSEs of transactions that nobody is known to be authorised for
    asked: dict[str, set[str]] = {}
    for said in heard.said:
        payload = said.payload or {}
        if said.action == "BootNotification":
            free.clear()
        elif said.entry.number in right:
            id = _info(payload)["transactionId"]
            if _is_free(payload):
                free[id] = payload["evse"]["id"]
            elif payload["eventType"] != "Updated" or "idToken" in payload or payload.get("offline"):
                free.pop(id, None)
        elif _asked(said, "RequestStartTransaction"):
            asked[said.id] = {id for id, number in free.items() if number == payload.get("evseId")}
        elif said.entry.number in results and payload["status"] == "Accepted":
            wanted = asked[said.id] & free.keys()
            got = payload.get("transactionId", "none")
            if wanted:
                marks = (said.entry.number,)
                expected = f"transactionId {' or '.join(sorted(wanted))}"
                yield None if got in wanted else Deviation(shown(expected), shown(got), marks=marks)


def _is_free(event: Json) -> bool:
    """Whether an event tells of a transaction that has begun on an EVSE, and of nobody who may charge."""
    is_let = "idToken" in event or event["triggerReason"] in ("Authorized", "RemoteStart")
    return event["eventType"] == "Started" and "evse" in event and not is_let and not event.get("offline")


# Tariffs and costs


def _tariffs(said: Said) -> Iterator[Json]:
    """The tariffs that the kit gives."""
    if said.entry.direction is Direction.SENT and said.payload is not None:
        tariff = said.payload.get("tariff")
        if isinstance(tariff, dict) and isinstance(tariff.get("tariffId"), str):
            yield tariff


def _costs(heard: Heard) -> Iterator[tuple[Said, Json, Json]]:
    """Each cost that is told of a transaction for which one tariff was named, with that: one that the kit has given."""
    given: dict[str, Json | None] = {}
    named: dict[str, set[str]] = {}
    right = {said.entry.number for said, _ in requests(heard, "TransactionEvent")}
    for said in heard.said:
        for tariff in _tariffs(said):
            id = tariff["tariffId"]
            # Of two tariffs of one id nobody can tell which one counts.
            given[id] = tariff if given.get(id, tariff) == tariff else None
        if said.entry.number in right:
            event = said.payload or {}
            ids = named.setdefault(_info(event)["transactionId"], set())
            ids |= {_info(event)["tariffId"]} if "tariffId" in _info(event) else set()
            known = given.get(next(iter(ids))) if len(ids) == 1 else None
            if known is not None and "totalCost" in event.get("costDetails", {}):
                yield said, event["costDetails"]["totalCost"], known


@overheard("cost.currency")
def _currency(heard: Heard) -> Iterator[Deviation | None]:
    for said, cost, tariff in _costs(heard):
        wanted, got = tariff.get("currency"), cost["currency"]
        is_right = not isinstance(wanted, str) or wanted.upper() == got.upper()
        marks = (said.entry.number,)
        yield None if is_right else Deviation(f"the currency {shown(wanted)}", shown(got), marks=marks)


@overheard("cost.of-energy")
def _of_energy(heard: Heard) -> Iterator[Deviation | None]:
    for said, cost, tariff in _costs(heard):
        # What is least or most of all is told otherwise, and other prices may be added to these.
        if "energy" not in tariff or {"fixedFee", "chargingTime", "idleTime"} & tariff.keys():
            continue
        if cost["typeOfCost"] == "NormalCost":
            others = [name for name in ("fixed", "chargingTime", "idleTime") if _is_some(cost.get(name))]
            marks = (said.entry.number,)
            yield None if not others else Deviation("the cost of energy as energy", others[0], marks=marks)


def _is_some(price: Json | None) -> bool:
    return price is not None and any(Decimal(str(price.get(kind, 0))) for kind in ("exclTax", "inclTax"))


# Limits from outside


@overheard("charging-limit.schedules-told")
def _schedules_told(heard: Heard) -> Iterator[Deviation | None]:
    notices = {said.entry.number: notice for said, notice in requests(heard, "NotifyChargingLimit")}
    for said, known in zip(heard.said, heard.known, strict=False):
        notice = notices.get(said.entry.number)
        is_set = (
            known.value("SmartChargingCtrlr", "NotifyChargingLimitWithSchedules") or ""
        ).lower() == "true"
        if notice is not None and is_set:
            is_right = "chargingSchedule" in notice
            marks = (said.entry.number,)
            yield None if is_right else Deviation("the schedule of the limit", "none", marks=marks)


# What EVs need


@overheard("charging-needs.after-token")
def _after_token(heard: Heard) -> Iterator[Deviation | None]:
    right = {said.entry.number for said, _ in requests(heard, "TransactionEvent")}
    needs = {said.entry.number for said, _ in requests(heard, "NotifyEVChargingNeeds")}
    running: dict[
        int, tuple[str, bool]
    ] = {}  # by EVSE: what began in this trace, and whether a token was told
    for said in heard.said:
        payload = said.payload or {}
        if said.action == "BootNotification":
            running.clear()
        elif said.entry.number in right and "evse" in payload:
            number, id = payload["evse"]["id"], _info(payload)["transactionId"]
            before, was_told = running.pop(number, ("", False))
            if payload["eventType"] == "Started" or (id == before and payload["eventType"] == "Updated"):
                running[number] = id, (was_told and id == before) or "idToken" in payload
        elif said.entry.number in needs and payload["evseId"] in running:
            _, was_told = running[payload["evseId"]]
            marks = (said.entry.number,)
            yield None if was_told else Deviation("an event with the token before", "none", marks=marks)


def _selected(is_for_two_ways: bool, heard: Heard) -> Iterator[Deviation | None]:
    """Of EVs that also discharge the standard wants more."""
    needs = {said.entry.number for said, _ in requests(heard, "NotifyEVChargingNeeds")}
    told = {said.entry.number for said, _ in requests(heard, "NotifyEVChargingSchedule")}
    two_ways: dict[int, bool] = {}
    for said in heard.said:
        payload = said.payload or {}
        if said.entry.number in needs:
            two_ways[payload["evseId"]] = "v2xChargingParameters" in payload["chargingNeeds"]
        elif said.entry.number in told and two_ways.get(payload["evseId"]) is is_for_two_ways:
            is_right = "selectedChargingScheduleId" in payload
            marks = (said.entry.number,)
            yield None if is_right else Deviation("the selectedChargingScheduleId", "none", marks=marks)


for _rule, _two_ways in (
    ("charging-schedule.selected", False),
    ("charging-schedule.selected-two-ways", True),
):
    overheard(_rule)(partial(_selected, _two_ways))


# Battery swaps


@overheard("battery.same-request")
def _same_request(heard: Heard) -> Iterator[Deviation | None]:
    known: set[int] = set()
    brought: dict[str, int] = {}  # what a token has brought, and got nothing for yet
    right = {said.entry.number for said, _ in requests(heard, "BatterySwap")}
    for said in heard.said:
        payload = said.payload or {}
        if _asked(said, "RequestBatterySwap") and isinstance(payload.get("requestId"), int):
            known.add(payload["requestId"])
        elif said.entry.number in right:
            who, id = payload["idToken"]["idToken"].upper(), payload["requestId"]
            if payload["eventType"] == "BatteryIn":
                known.add(id)
                brought[who] = id
            elif who in brought:
                wanted, marks = brought.pop(who), (said.entry.number,)
                is_right = id in known
                yield None if is_right else Deviation(f"requestId {wanted}", str(id), marks=marks)
